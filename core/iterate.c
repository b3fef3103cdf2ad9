/* iterate.c: from tensors to the iteration that a kernel walks. */
#include "engine.h"

void tm_call_init(tm_call *call, tm_op op, int part, tm_dtype compute) {
    call->device = NULL;
    call->op = op;
    call->part = (uint8_t)part;
    call->rank = call->reduced = call->padded = 0;
    call->compute = compute;
    for (int i = 0; i < TM_MAX_ARGS; i++) call->arg[i].data = NULL;
    memset(call->value, 0, sizeof call->value);
    call->slot = NULL;
    call->n_slots = 0;
    call->ticket = 0;
    call->live = NULL;
    call->fault = (tm_fault){0};
}

void tm_set_arg(tm_call *call, int slot, tm_tensor *x, int rank, const int64_t *stride) {
    tm_arg *arg = &call->arg[slot];
    arg->data = tm_data(x);
    arg->dtype = x->dtype;
    arg->by_value = !x->storage;
    arg->owner = x->storage;
    if (x->storage) call->device = x->storage->device;
    for (int i = 0; i < rank; i++) arg->stride[i] = stride[i];
}

void tm_broadcast_strides(const tm_tensor *x, int rank, int64_t *stride) {
    int skip = rank - x->rank;
    for (int i = 0; i < rank; i++) stride[i] = i < skip || x->shape[i - skip] == 1 ? 0 : x->stride[i - skip];
}

bool tm_broadcast_shape(const char *op, int n, tm_tensor *const *x, int *rank, int64_t *shape) {
    int most = 0;
    for (int k = 0; k < n; k++)
        if (x[k]->rank > most) most = x[k]->rank;
    for (int i = 0; i < most; i++) shape[i] = 1;
    for (int k = 0; k < n; k++)
        for (int i = 0; i < x[k]->rank; i++) {
            int64_t size = x[k]->shape[i], *s = &shape[most - x[k]->rank + i];
            if (*s == size || size == 1) continue;
            if (*s == 1) {
                *s = size;
                continue;
            }
            const tm_tensor *other = x[k == 0 ? 1 : 0];
            for (int j = 0; j < k; j++)
                if (x[j]->rank >= x[k]->rank - i && x[j]->shape[x[j]->rank - x[k]->rank + i] == *s) other = x[j];
            tm_fail(TM_MISUSE,
                    "%s: shapes %s and %s don't broadcast: sizes %lld and %lld of axis %d from the end differ, and "
                    "neither is 1",
                    op, tm_shape_text(other), tm_shape_text(x[k]), (long long)*s, (long long)size, x[k]->rank - i);
            return false;
        }
    *rank = most;
    return true;
}

/* Two neighbours join when every operand steps from the end of the inner one to the next of the outer one. */
static bool joinable(const tm_call *call, int outer, int inner) {
    for (int k = 0; k < TM_MAX_ARGS; k++) {
        const tm_arg *arg = &call->arg[k];
        if (arg->data && arg->stride[outer] != arg->stride[inner] * call->shape[inner]) return false;
    }
    return true;
}

static void move(tm_call *call, int from, int to) {
    call->shape[to] = call->shape[from];
    for (int k = 0; k < TM_MAX_ARGS; k++)
        if (call->arg[k].data) call->arg[k].stride[to] = call->arg[k].stride[from];
}

/* Compact dimensions first .. last-1 to start at `to`; returns where they end. */
static int merge_range(tm_call *call, int first, int last, int to) {
    int start = to;
    for (int i = first; i < last; i++) {
        if (call->shape[i] == 1) continue;
        if (to > start && joinable(call, to - 1, i)) {
            int64_t size = call->shape[to - 1] * call->shape[i];
            move(call, i, to - 1);
            call->shape[to - 1] = size;
        } else {
            move(call, i, to++);
        }
    }
    return to;
}

void tm_merge(tm_call *call) {
    int border = call->rank - call->reduced;
    int kept = merge_range(call, 0, border, 0);
    int end = merge_range(call, border, call->rank, kept);
    call->rank = (uint8_t)end;
    call->reduced = (uint8_t)(end - kept);
}
