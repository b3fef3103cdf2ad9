/* lapack.c: see lapack.h. */
#include "lapack.h"

#include "blas.h"

#include <stddef.h>

static tm_lapack lapack;

#define LOAD(type, prefix, name) ((lapack.type.name = (__typeof__(lapack.type.name))tm_blas_symbol(prefix #name "_")))
#define LOAD_F32(T, name, parameters) &&LOAD(f32, "s", name)
#define LOAD_F64(T, name, parameters) &&LOAD(f64, "d", name)

const tm_lapack *tm_lapack_load(void) {
    static int state; /* 0: not tried, 1: there, -1: missing */
    if (!state) state = 1 TM_LAPACK(float, LOAD_F32) TM_LAPACK(double, LOAD_F64) ? 1 : -1;
    return state > 0 ? &lapack : NULL;
}
