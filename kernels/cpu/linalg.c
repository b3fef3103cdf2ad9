/* linalg.c: what LAPACK computes, one matrix of the batch after another, on one thread.
 *
 * A call's shape is the batch, then rows and columns of what comes in; the last two strides of every operand are those
 * of its own matrix, whatever its size. LAPACK wants columns side by side, so a matrix is copied there and its result
 * back. values: 0 columns of the right-hand side, 1 upper, 2 unitriangular. */
#include "lapack.h"
#include "load.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef float tm_f32;
typedef double tm_f64;

enum { SIDE = 32 }; /* of the squares in which a matrix is turned, so that their lines stay in the cache */

typedef struct matrices {
    tm_call *call;
    const tm_lapack *lapack;
    tm_space batch;
    int64_t n_batch;
    int m, n, k; /* rows, columns, the smaller of both */
    int rhs;     /* columns of a right-hand side */
    const char *uplo, *diag;
} matrices;

/* Where matrix i of an operand begins, in elements. */
static int64_t begin(const matrices *s, int operand, int64_t i) {
    tm_spot spot;
    tm_spot_set(&spot, s->batch, i);
    return tm_spot_offset(&spot, s->batch, &s->call->arg[operand]);
}

/* Matrix i is at fault; to people they count from 1. */
static void fail(const matrices *s, tm_fault_kind kind, int64_t i, int64_t id) {
    s->call->fault = (tm_fault){.kind = kind, .id = id, .bound = s->n_batch > 1 ? i + 1 : 0};
}

static int good(const matrices *s) { return s->call->fault.kind == TM_FAULT_NONE; }

/* The room that LAPACK asks for; in float32 it may have been rounded. */
static int room_for(double asked) { return (int)(asked * 1.000001) + 1; }

/* Scratch memory; without any that is the call's fault. */
static void *scratch(const matrices *s, size_t bytes) {
    void *room = malloc(bytes ? bytes : 1);
    if (!room) s->call->fault.kind = TM_FAULT_MEMORY;
    return room;
}

#define TM_SUFFIX f32
#include "linalg_loops.h"
#undef TM_SUFFIX
#define TM_SUFFIX f64
#include "linalg_loops.h"
#undef TM_SUFFIX

void tm_linalg(tm_call *call) {
    const int rank = call->rank - 2;
    matrices s = {.call = call, .lapack = tm_lapack_load(), .batch = {rank, call->shape}};
    if (!s.lapack) {
        call->fault.kind = TM_FAULT_LIBRARY;
        return;
    }
    s.n_batch = tm_numel_of(rank, call->shape);
    s.m = (int)call->shape[rank];
    s.n = (int)call->shape[rank + 1];
    s.k = s.m < s.n ? s.m : s.n;
    s.rhs = (int)call->value[0].i;
    s.uplo = call->value[1].i ? "U" : "L";
    s.diag = call->value[2].i ? "U" : "N";
    if (call->compute == TM_FLOAT64)
        run_f64(&s);
    else
        run_f32(&s);
}
