/* decomposition.c: matrices taken apart. */
#include "engine.h"

/* values ascending and, in the columns of the second result, vectors of length 1. */
void tm_forward_eigh(const tm_args *a, tm_result *r);
void tm_forward_eigh(const tm_args *a, tm_result *r) {
    tm_tensor *x = a->in[0];
    if (!tm_dtype_is_float(x->dtype)) {
        tm_fail(TM_MISUSE, "eigh: expected float32 or float64, got %s; cast first with x:float()",
                tm_dtype_name(x->dtype));
        return;
    }
    if (x->rank < 2 || x->shape[x->rank - 1] != x->shape[x->rank - 2]) {
        tm_fail(TM_MISUSE, "eigh: expected symmetric matrices (..., n, n), got shape %s", tm_shape_text(x));
        return;
    }
    tm_tensor *vectors = tm_clone(x), *values = tm_empty_on(tm_device_of(x), x->rank - 1, x->shape, x->dtype);
    if (!vectors || !values) return;
    int64_t n = x->shape[x->rank - 1];
    tm_call call;
    tm_call_init(&call, TM_OP_eigh, 0, x->dtype);
    call.rank = 2;
    call.shape[0] = n ? x->numel / (n * n) : 0;
    call.shape[1] = n;
    tm_set_arg(&call, TM_OUT, values, 2, (int64_t[2]){n, 1});
    tm_set_arg(&call, 1, vectors, 2, (int64_t[2]){n * n, n});
    if (x->numel && !tm_run(&call)) return;
    r->out = values;
    r->second = vectors;
}
