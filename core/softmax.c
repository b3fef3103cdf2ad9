/* softmax.c: softmax, its logarithm, and cross-entropy. Each has a fused gradient kernel and the same rule
 * composed of ops, which is what a second derivative walks through. */
#include "engine.h"

/* The iteration has the axis last; x decides its length. */
static void along_axis(tm_call *call, const tm_tensor *x, int axis, int64_t *order) {
    call->rank = x->rank;
    call->reduced = 1;
    int k = 0;
    for (int i = 0; i < x->rank; i++)
        if (i != axis) order[k++] = i;
    order[k] = axis;
    for (int i = 0; i < x->rank; i++) call->shape[i] = x->shape[order[i]];
}

static void set_ordered(tm_call *call, int slot, tm_tensor *x, const int64_t *order) {
    int64_t stride[TM_MAX_RANK];
    for (int i = 0; i < x->rank; i++) stride[i] = x->stride[order[i]];
    tm_set_arg(call, slot, x, x->rank, stride);
}

/* --- softmax and log_softmax ------------------------------------------------------------------------------- */

/* For a device without the kernel: exp(x - max) / sum, and x - max - log(sum). */
static tm_tensor *composed(tm_op op, tm_tensor *x, int axis) {
    tm_args a;
    tm_args_init(&a, TM_OP_max);
    a.in[0] = x;
    a.value[0].i = axis;
    a.value[1].i = true;
    tm_tensor *shifted = tm_sub(x, tm_apply(TM_OP_max, &a, NULL)), *e = tm_exp(shifted);
    tm_tensor *total = e ? tm_sum(e, 1, (int64_t[1]){axis}, true) : NULL;
    return op == TM_OP_softmax ? tm_div(e, total) : tm_sub(shifted, tm_log(total));
}

static void normalized(tm_op op, const tm_args *a, tm_result *r) {
    tm_tensor *x = a->in[0];
    if (!tm_takes_float(tm_name(op), x)) return;
    int axis = tm_axis(tm_name(op), a->value[0].i, x->rank);
    if (axis >= 0 && x->numel && !tm_has_kernel(tm_device_of(x), op, 0)) {
        r->out = composed(op, x, axis);
        return;
    }
    tm_tensor *y = axis < 0 ? NULL : tm_empty_on(tm_device_of(x), x->rank, x->shape, x->dtype);
    if (!y) return;
    int64_t order[TM_MAX_RANK];
    tm_call call;
    tm_call_init(&call, op, 0, x->dtype);
    along_axis(&call, x, axis, order);
    set_ordered(&call, 0, y, order);
    set_ordered(&call, 1, x, order);
    if (y->numel == 0 || tm_run(&call)) r->out = y;
}

void tm_forward_softmax(const tm_args *a, tm_result *r);
void tm_forward_log_softmax(const tm_args *a, tm_result *r);
void tm_forward_softmax(const tm_args *a, tm_result *r) { normalized(TM_OP_softmax, a, r); }
void tm_forward_log_softmax(const tm_args *a, tm_result *r) { normalized(TM_OP_log_softmax, a, r); }

static tm_tensor *fused_gradient(tm_rule *c, int axis) {
    tm_tensor *y = kept_output(c), *g = c->g,
              *out = y ? tm_empty_on(tm_device_of(g), g->rank, g->shape, g->dtype) : NULL;
    if (!out) return NULL;
    int64_t order[TM_MAX_RANK];
    tm_call call;
    tm_call_init(&call, c->node->op, 1, g->dtype);
    along_axis(&call, out, axis, order);
    set_ordered(&call, 0, out, order);
    set_ordered(&call, 1, g, order);
    set_ordered(&call, 2, y, order);
    return out->numel == 0 || tm_run(&call) ? out : NULL;
}

/* softmax: dx = y (g - sum(g y));  log_softmax: dx = g - exp(y) sum(g). */
static void normalized_rule(tm_rule *c) {
    int axis = tm_axis("softmax", c->node->value[0].i, c->node->rank);
    if (!tm_recording() && tm_has_kernel(tm_device_of(c->g), c->node->op, 1)) {
        give(c, 0, fused_gradient(c, axis));
        return;
    }
    tm_tensor *y = kept_output(c), *g = c->g;
    int64_t along[1] = {axis};
    if (c->node->op == TM_OP_softmax)
        give(c, 0, tm_mul(y, tm_sub(g, tm_sum(tm_mul(g, y), 1, along, true))));
    else
        give(c, 0, tm_sub(g, tm_mul(tm_exp(y), tm_sum(g, 1, along, true))));
}

void tm_backward_softmax(tm_rule *c);
void tm_backward_log_softmax(tm_rule *c);
void tm_backward_softmax(tm_rule *c) { normalized_rule(c); }
void tm_backward_log_softmax(tm_rule *c) { normalized_rule(c); }

/* --- cross_entropy ---------------------------------------------------------------------------------------------- */

enum { MEAN, SUM, EACH }; /* the order of the choices in ops.def */

static bool classes_fit(const tm_tensor *x, const tm_tensor *ids) {
    if (!tm_takes_float("cross_entropy", x)) return false;
    if (x->rank != 2 || ids->rank != 1 || ids->shape[0] != x->shape[0]) {
        tm_fail(
            TM_MISUSE,
            "cross_entropy: scores %s, ids %s: expected (N, C) and (N), a row of scores and a class id for each sample",
            tm_shape_text(x), tm_shape_text(ids));
        return false;
    }
    if (tm_dtype_is_float(ids->dtype) || ids->dtype == TM_BOOL) {
        tm_fail(TM_MISUSE, "cross_entropy: ids must be integers (int64, int32 or uint8), got %s; cast with ids:long()",
                tm_dtype_name(ids->dtype));
        return false;
    }
    return true;
}

static double factor_of(int64_t reduction, int64_t rows) { return reduction == MEAN ? 1.0 / (double)rows : 1; }

/* A vector over the rows of the iteration (N, C). */
static void set_rows(tm_call *call, int slot, tm_tensor *x) {
    int64_t stride[2] = {x->rank ? x->stride[0] : 0, 0};
    tm_set_arg(call, slot, x, 2, stride);
}

static void score_call(tm_call *call, int part, tm_tensor *x, int64_t reduction) {
    tm_call_init(call, TM_OP_cross_entropy, part, x->dtype);
    call->rank = 2;
    call->reduced = 1;
    call->shape[0] = x->shape[0];
    call->shape[1] = x->shape[1];
    call->value[0].f = factor_of(reduction, x->shape[0]);
}

/* The log of the sum of exponentials of each row is kept for the gradient. */
FORWARD(cross_entropy) {
    tm_tensor *x = a->in[0], *ids = a->in[1];
    if (!classes_fit(x, ids)) return;
    int64_t reduction = a->value[0].i;
    if (x->numel == 0 && (x->shape[0] || reduction == MEAN)) {
        tm_fail(TM_MISUSE, "cross_entropy: scores %s have no %s", tm_shape_text(x),
                x->shape[0] ? "classes" : "rows to take the mean over");
        return;
    }
    tm_tensor *loss = tm_empty_on(tm_device_of(x), reduction == EACH, x->shape, x->dtype);
    tm_tensor *lse = tm_empty_on(tm_device_of(x), 1, x->shape, x->dtype);
    if (!loss || !lse) return;
    tm_call call;
    score_call(&call, 0, x, reduction);
    set_rows(&call, 0, loss);
    tm_set_arg(&call, 1, x, 2, x->stride);
    set_rows(&call, 2, ids);
    set_rows(&call, 3, lse);
    if (x->numel == 0 ? !tm_fill(loss, 0) : !tm_run(&call)) return;
    r->out = loss;
    r->extra = lse;
    r->keeps = KEEP_X | KEEP_W;
}

static tm_tensor *fused_scores(tm_rule *c, tm_tensor *x, tm_tensor *ids, int64_t reduction) {
    tm_tensor *out = x && ids ? tm_empty_on(tm_device_of(x), 2, x->shape, x->dtype) : NULL;
    if (!out) return NULL;
    tm_call call;
    score_call(&call, 1, x, reduction);
    tm_set_arg(&call, 0, out, 2, out->stride);
    set_rows(&call, 1, c->g);
    tm_set_arg(&call, 2, x, 2, x->stride);
    set_rows(&call, 3, ids);
    set_rows(&call, 4, c->node->extra);
    return out->numel == 0 || tm_run(&call) ? out : NULL;
}

static tm_tensor *class_positions(int64_t n) {
    tm_args a;
    tm_args_init(&a, TM_OP_arange);
    a.value[0].f = (double)n;
    return tm_apply(TM_OP_arange, &a, NULL);
}

/* dx = (softmax(x) - onehot(ids)) g / N. */
BACKWARD(cross_entropy) {
    tm_tensor *x = kept(c, 0), *ids = kept(c, 1), *g = c->g;
    int64_t reduction = c->node->value[0].i;
    if (!tm_recording() && tm_has_kernel(tm_device_of(g), TM_OP_cross_entropy, 1)) {
        give(c, 0, fused_scores(c, x, ids, reduction));
        return;
    }
    if (!x || !ids) return;
    int64_t column[2] = {x->shape[0], 1};
    tm_tensor *onehot = tm_cast(tm_eq(tm_reshape(ids, 2, column), class_positions(x->shape[1])), x->dtype);
    tm_tensor *p = tm_apply1(TM_OP_softmax, x);
    if (reduction == EACH) g = tm_reshape(g, 2, column);
    give(c, 0, tm_mul(tm_mul(tm_sub(p, onehot), g), tm_scalar(factor_of(reduction, x->shape[0]))));
}
