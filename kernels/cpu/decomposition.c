/* decomposition.c: eigh, by LAPACK, which comes with OpenBLAS, on one thread. Arg 1 holds the matrices and gets their
 * vectors. LAPACK counts by columns: our lower triangle is its upper one, and its columns of vectors are our rows. */
#include "blas.h"
#include "names.h"

#include <stdlib.h>
#include <string.h>

#define EIGH(T, S, SYEVD)                                                                                              \
    static void turn_##S(T *x, int64_t n) {                                                                            \
        for (int64_t i = 0; i < n; i++)                                                                                \
            for (int64_t j = 0; j < i; j++) {                                                                          \
                const T swap = x[i * n + j];                                                                           \
                x[i * n + j] = x[j * n + i];                                                                           \
                x[j * n + i] = swap;                                                                                   \
            }                                                                                                          \
    }                                                                                                                  \
    /* One matrix after another; what LAPACK could not take apart is NaN. */                                           \
    static int eigh_##S(tm_call *call, const tm_blas *blas) {                                                          \
        T *x = call->arg[1].data, *values = call->arg[0].data, size;                                                   \
        const int n = (int)call->shape[1], ask = -1;                                                                   \
        int wanted, info;                                                                                              \
        blas->SYEVD("V", "U", &n, x, &n, values, &size, &ask, &wanted, &ask, &info);                                   \
        const int room = (int)size + 1;                                                                                \
        T *work = malloc((size_t)room * sizeof *work + (size_t)wanted * sizeof wanted);                                \
        if (!work) return 0;                                                                                           \
        int *whole = (int *)(work + room);                                                                             \
        for (int64_t b = 0; b < call->shape[0]; b++, x += (int64_t)n * n, values += n) {                               \
            int bad = 0;                                                                                               \
            for (int64_t i = 0; i < (int64_t)n * n; i++) bad |= !(x[i] - x[i] == 0);                                   \
            info = 1;                                                                                                  \
            if (!bad) blas->SYEVD("V", "U", &n, x, &n, values, work, &room, whole, &wanted, &info);                    \
            for (int64_t i = 0; info && i < n; i++) values[i] = (T)__builtin_nan("");                                  \
            for (int64_t i = 0; info && i < (int64_t)n * n; i++) x[i] = (T)__builtin_nan("");                          \
            turn_##S(x, n);                                                                                            \
        }                                                                                                              \
        free(work);                                                                                                    \
        return 1;                                                                                                      \
    }
/* clang-format off */
EIGH(float, f32, ssyevd)
EIGH(double, f64, dsyevd)
/* clang-format on */

void tm_eigh(tm_call *call) {
    const tm_blas *blas = tm_blas_load();
    if (!blas || !blas->ssyevd || !blas->dsyevd)
        call->fault.kind = TM_FAULT_LIBRARY;
    else if (!(call->compute == TM_FLOAT64 ? eigh_f64 : eigh_f32)(call, blas))
        call->fault.kind = TM_FAULT_MEMORY;
}
