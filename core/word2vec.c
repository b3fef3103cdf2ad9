/* word2vec.c: checks what the kernel of that name is given, and calls it. */
#include "engine.h"

static bool fits(const tm_tensor *x, const char *what, tm_dtype dtype, int rank) {
    if (x->dtype == dtype && x->rank == rank && x->contiguous) return true;
    tm_fail(TM_MISUSE, "word2vec: %s are %s of shape %s; expected %s with %d axes, contiguous", what,
            tm_dtype_name(x->dtype), tm_shape_text(x), tm_dtype_name(dtype), rank);
    return false;
}

static bool tensors_fit(const tm_word2vec *w) {
    bool tree = w->flags & TM_WORD2VEC_TREE;
    return fits(w->inputs, "inputs", TM_FLOAT32, 2) && fits(w->outputs, "outputs", TM_FLOAT32, 2) &&
           fits(w->tokens, "tokens", TM_INT32, 1) && fits(w->starts, "starts", TM_INT64, 1) &&
           fits(w->noise, "noise", tree ? TM_INT32 : TM_INT64, 1) && (!w->keep || fits(w->keep, "keep", TM_FLOAT32, 1));
}

static bool sizes_fit(const tm_word2vec *w) {
    int64_t words = w->inputs->shape[0], width = w->inputs->shape[1];
    bool tree = w->flags & TM_WORD2VEC_TREE;
    if (width == 0 || width % 16 || w->outputs->shape[1] != width)
        tm_fail(TM_MISUSE, "word2vec: inputs %s and outputs %s: expected equal widths, a multiple of 16",
                tm_shape_text(w->inputs), tm_shape_text(w->outputs));
    else if (tree ? w->noise->numel <= words : w->noise->numel != words || w->outputs->shape[0] != words)
        tm_fail(TM_MISUSE, "word2vec: inputs %s, outputs %s, noise %s don't go together", tm_shape_text(w->inputs),
                tm_shape_text(w->outputs), tm_shape_text(w->noise));
    else if (w->keep && w->keep->numel != words)
        tm_fail(TM_MISUSE, "word2vec: keep has %lld elements; expected one for each of the %lld words",
                (long long)w->keep->numel, (long long)words);
    else if (w->from < 0 || w->from > w->to || w->to >= w->starts->numel)
        tm_fail(TM_MISUSE, "word2vec: sentences %lld to %lld; there are %lld", (long long)w->from, (long long)w->to,
                (long long)w->starts->numel - 1);
    else if (w->left < 0 || w->left > 127 || w->right < 0 || w->right > 127 || w->left + w->right == 0)
        tm_fail(TM_MISUSE, "word2vec: a window of %d and %d words; expected 0 to 127 each, and one at least", w->left,
                w->right);
    else if (w->negatives < 0 || w->negatives > 64 || (!tree && w->negatives == 0))
        tm_fail(TM_MISUSE, "word2vec: %d negative samples; expected 1 to 64", w->negatives);
    return tm_error() == TM_OK;
}

static void set_values(const tm_word2vec *w, tm_call *call) {
    call->value[0].i = w->from;
    call->value[1].i = w->to;
    call->value[2].f = w->lr;
    call->value[3].f = w->slope;
    call->value[4].i = w->seed;
    call->value[5].i = w->pass;
    call->value[6].i = w->left << 16 | w->right;
    call->value[7].i = (int64_t)w->negatives << 8 | w->flags;
}

bool tm_word2vec_train(const tm_word2vec *w) {
    if (tm_error() != TM_OK || !tensors_fit(w) || !sizes_fit(w)) return false;
    if (w->from == w->to) return true;
    tm_call call;
    tm_call_init(&call, TM_OP_word2vec, 0, TM_FLOAT32);
    call.rank = 5;
    call.shape[0] = w->inputs->shape[0];
    call.shape[1] = w->inputs->shape[1];
    call.shape[2] = w->tokens->numel;
    call.shape[3] = w->noise->numel;
    call.shape[4] = w->outputs->shape[0];
    tm_tensor *each[] = {w->inputs, w->outputs, w->tokens, w->starts, w->keep, w->noise};
    for (int i = 0; i < 6; i++)
        if (each[i]) tm_set_arg(&call, i, each[i], each[i]->rank, each[i]->stride);
    set_values(w, &call);
    bool done = tm_run(&call);
    tm_touch(w->inputs);
    tm_touch(w->outputs);
    return done;
}
