/* select.c: what is found by looking at elements: where they are not 0, where values belong in sorted lines. */
#include "engine.h"

#define CHUNK 8192 /* elements that are counted together */

/* --- nonzero ------------------------------------------------------------------------------------------------------ */

static bool run_nonzero(int part, tm_tensor *out, tm_tensor *x, tm_tensor *starts, int64_t columns) {
    static const int64_t one[TM_MAX_RANK] = {0};
    tm_call call;
    tm_call_init(&call, TM_OP_nonzero, part, tm_dtype_compute(x->dtype));
    call.rank = x->rank;
    memcpy(call.shape, x->shape, sizeof x->shape);
    tm_set_arg(&call, 0, out, x->rank, one);
    tm_set_arg(&call, 1, x, x->rank, x->stride);
    if (starts) tm_set_arg(&call, 2, starts, x->rank, one);
    call.value[0].i = columns;
    call.value[1].i = CHUNK;
    return tm_run(&call);
}

FORWARD(nonzero) {
    tm_tensor *x = a->in[0];
    const tm_device *device = tm_device_of(x);
    bool flat = a->value[0].i != 0;
    int64_t chunks = (x->numel + CHUNK - 1) / CHUNK, shape[2] = {0, x->rank};
    tm_tensor *starts = tm_empty_on(device, 1, (int64_t[]){chunks + 1}, TM_INT64);
    if (!starts || (x->numel && !run_nonzero(0, starts, x, NULL, 0))) return;
    if (x->numel) shape[0] = tm_element_int(starts, chunks);
    if (tm_error() != TM_OK) return;
    tm_tensor *y = tm_empty_on(device, flat ? 1 : 2, shape, TM_INT64);
    if (y && (y->numel == 0 || run_nonzero(1, y, x, starts, flat ? 0 : x->rank))) r->out = y;
}

/* --- searchsorted ------------------------------------------------------------------------------------------------ */

static bool lines_fit(const tm_tensor *sorted, const tm_tensor *values) {
    bool fits = sorted->rank == 1 || (sorted->rank && sorted->rank == values->rank);
    for (int i = 0; fits && i < sorted->rank - 1; i++) fits = sorted->shape[i] == values->shape[i];
    if (fits) return true;
    tm_fail(
        TM_MISUSE,
        "searchsorted: sorted has shape %s, values %s; sorted is one line for all values, or has a line for each of "
        "theirs: the same shape but for the last axis",
        tm_shape_text(sorted), tm_shape_text(values));
    return false;
}

static tm_tensor *packed(tm_tensor *x, tm_dtype dtype) {
    x = x->dtype == dtype ? x : tm_cast(x, dtype);
    return !x || x->contiguous ? x : tm_clone(x);
}

FORWARD(searchsorted) {
    tm_tensor *sorted = a->in[0], *values = a->in[1];
    if (!lines_fit(sorted, values)) return;
    tm_dtype compute = tm_dtype_compute(tm_promote(sorted->dtype, values->dtype));
    tm_tensor *y = tm_empty_on(tm_device_of(values), values->rank, values->shape, TM_INT64);
    if (!(sorted = packed(sorted, compute)) || !(values = packed(values, compute)) || !y) return;
    if (y->numel == 0) {
        r->out = y;
        return;
    }
    static const int64_t whole[2] = {0, 1};
    int64_t n = sorted->shape[sorted->rank - 1];
    tm_call call;
    tm_call_init(&call, TM_OP_searchsorted, 0, compute);
    call.rank = 2;
    call.shape[1] = sorted->rank == 1 ? y->numel : y->shape[y->rank - 1];
    call.shape[0] = y->numel / call.shape[1];
    tm_set_arg(&call, 0, y, 2, whole);
    tm_set_arg(&call, 1, values, 2, whole);
    tm_set_arg(&call, 2, sorted, 2, whole);
    call.value[0].i = n;
    call.value[1].i = sorted->rank == 1 ? 0 : n;
    call.value[2].i = a->value[0].i;
    if (tm_run(&call)) r->out = y;
}
