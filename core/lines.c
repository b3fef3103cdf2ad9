/* lines.c: ops along one axis, line by line: running sums and extremes, sort, topk, the k-th. A tensor of one number is
 * a line.
 */
#include "engine.h"

/* The call over x with `axis` last; the results have `size` elements along it. ids may be NULL. */
static bool run(tm_op op, tm_tensor *x, int axis, int64_t size, tm_tensor *y, tm_tensor *ids, const tm_value *value) {
    if (x->numel == 0 || size == 0) return true;
    tm_tensor *const operand[] = {y, x, ids};
    tm_call call;
    tm_call_init(&call, op, 0, tm_dtype_compute(x->dtype));
    call.rank = x->rank ? x->rank : 1;
    call.reduced = 1;
    call.shape[call.rank - 1] = x->rank ? x->shape[axis] : 1;
    for (int i = 0, k = 0; i < x->rank; i++)
        if (i != axis) call.shape[k++] = x->shape[i];
    for (int slot = 0; slot < 3; slot++) {
        if (!operand[slot]) continue;
        int64_t stride[TM_MAX_RANK] = {1};
        for (int i = 0, k = 0; i < x->rank; i++) stride[i == axis ? call.rank - 1 : k++] = operand[slot]->stride[i];
        tm_set_arg(&call, slot, operand[slot], call.rank, stride);
    }
    for (int i = 0; value && i < 2; i++) call.value[i] = value[i];
    return tm_run(&call);
}

static int axis_of(tm_op op, const tm_tensor *x, int64_t axis) {
    return x->rank == 0 && (axis == -1 || axis == 0) ? 0 : tm_axis(tm_name(op), axis, x->rank);
}

static bool is_number(tm_op op, const tm_tensor *x) {
    if (x->dtype != TM_BOOL) return true;
    tm_fail(TM_MISUSE, "%s: expected floats or integers, got bool; cast first, for example x:to('int64')", tm_name(op));
    return false;
}

/* --- running sums and products: integers and bool give int64 -------------------------------------------------- */

static void running(tm_op op, const tm_args *a, tm_result *r) {
    tm_tensor *x = a->in[0];
    int axis = axis_of(op, x, a->value[0].i);
    if (axis < 0) return;
    tm_dtype dtype = tm_dtype_is_float(x->dtype) ? x->dtype : TM_INT64;
    tm_tensor *y = tm_empty_on(tm_device_of(x), x->rank, x->shape, dtype);
    if (y && run(op, x, axis, x->rank ? x->shape[axis] : 1, y, NULL, NULL)) r->out = y;
}

FORWARD(cumsum) { running(TM_OP_cumsum, a, r); }
FORWARD(cumprod) { running(TM_OP_cumprod, a, r); }
FORWARD(logcumsumexp) {
    if (tm_takes_float("logcumsumexp", a->in[0])) running(TM_OP_logcumsumexp, a, r);
}

static tm_tensor *along(tm_op op, tm_tensor *x, int64_t axis) {
    if (!x) return NULL;
    tm_args a;
    tm_args_init(&a, op);
    a.in[0] = x;
    a.value[0].i = axis;
    return tm_apply(op, &a, NULL);
}

static tm_tensor *flipped(tm_tensor *x, int64_t axis) {
    if (!x || x->rank == 0) return x;
    tm_args a;
    tm_args_init(&a, TM_OP_flip);
    a.in[0] = x;
    a.list[0] = (tm_list){.n = 1, .v = {axis}};
    return tm_apply(TM_OP_flip, &a, NULL);
}

/* The same from the end. */
static tm_tensor *reversed(tm_op op, tm_tensor *x, int64_t axis) {
    return flipped(along(op, flipped(x, axis), axis), axis);
}

BACKWARD(cumsum) { give(c, 0, reversed(TM_OP_cumsum, c->g, c->node->value[0].i)); }

/* dx_i = the sum over j >= i of g_j y_j / x_i. Where x has zeros, y is 0 from the first on: only that one still
 * depends on what follows, through the products without it. */
BACKWARD(cumprod) {
    int64_t axis = c->node->value[0].i;
    tm_tensor *x = kept(c, 0), *y = kept_output(c), *nothing = tm_scalar_int(0), *one = tm_scalar_int(1);
    tm_tensor *zero = tm_eq(x, nothing), *zeros = along(TM_OP_cumsum, zero, axis);
    tm_tensor *first = tm_logical_and(zero, tm_eq(zeros, one));
    tm_tensor *before = reversed(TM_OP_cumsum, tm_mul(c->g, y), axis);
    tm_tensor *without = along(TM_OP_cumprod, tm_where(first, one, x), axis);
    tm_tensor *after = tm_where(tm_ge(zeros, one), tm_mul(c->g, without), nothing);
    after = tm_where(first, reversed(TM_OP_cumsum, after, axis), nothing);
    give(c, 0, tm_where(tm_eq(zeros, nothing), tm_div(before, tm_where(zero, one, x)), after));
}

/* dx_i = e^x_i times the sum over j >= i of g_j e^-y_j, as logarithms, for the positive and the negative g apart. */
static tm_tensor *one_sign(tm_tensor *x, tm_tensor *y, tm_tensor *g, int64_t axis) {
    tm_tensor *is = tm_gt(g, tm_scalar_int(0)), *logarithm = tm_log(tm_where(is, g, tm_scalar_int(1)));
    tm_tensor *terms = tm_where(is, tm_sub(logarithm, y), tm_scalar(-__builtin_inf()));
    return tm_exp(tm_add(reversed(TM_OP_logcumsumexp, terms, axis), x));
}

BACKWARD(logcumsumexp) {
    int64_t axis = c->node->value[0].i;
    tm_tensor *x = kept(c, 0), *y = kept_output(c);
    give(c, 0, tm_sub(one_sign(x, y, c->g, axis), one_sign(x, y, tm_neg(c->g), axis)));
}

/* --- values and the ids that they come from -------------------------------------------------------------------- */

/* Results with `size` elements along the axis. */
static void chosen(tm_op op, const tm_args *a, tm_result *r, int axis, int64_t size, const tm_value *value) {
    tm_tensor *x = a->in[0];
    int64_t shape[TM_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    if (x->rank) shape[axis] = size;
    tm_tensor *y = tm_empty_on(tm_device_of(x), x->rank, shape, x->dtype);
    tm_tensor *ids = tm_empty_on(tm_device_of(x), x->rank, shape, TM_INT64);
    if (!y || !ids || !run(op, x, axis, size, y, ids, value)) return;
    r->out = y;
    r->second = r->extra = ids;
}

static void extremes(tm_op op, const tm_args *a, tm_result *r) {
    tm_tensor *x = a->in[0];
    int axis = axis_of(op, x, a->value[0].i);
    if (axis >= 0 && is_number(op, x)) chosen(op, a, r, axis, x->rank ? x->shape[axis] : 1, NULL);
}

FORWARD(cummax) { extremes(TM_OP_cummax, a, r); }
FORWARD(cummin) { extremes(TM_OP_cummin, a, r); }

FORWARD(sort) {
    tm_tensor *x = a->in[0];
    int axis = axis_of(TM_OP_sort, x, a->value[0].i);
    if (axis >= 0) chosen(TM_OP_sort, a, r, axis, x->rank ? x->shape[axis] : 1, (tm_value[2]){a->value[1], {0}});
}

FORWARD(topk) {
    tm_tensor *x = a->in[0];
    int axis = axis_of(TM_OP_topk, x, a->value[1].i);
    int64_t k = a->value[0].i, n = axis < 0 ? 0 : x->rank ? x->shape[axis] : 1;
    if (axis < 0) return;
    if (k < 0 || k > n)
        tm_fail(TM_MISUSE, "topk: k is %lld; axis %d of shape %s has %lld elements to choose from", (long long)k,
                axis + 1, tm_shape_text(x), (long long)n);
    else
        chosen(TM_OP_topk, a, r, axis, k, (tm_value[2]){a->value[2], {.i = k}});
}

FORWARD(order_statistic) {
    tm_tensor *x = a->in[0];
    int axis = axis_of(TM_OP_order_statistic, x, a->value[1].i);
    int64_t k = a->value[0].i, n = axis < 0 ? 0 : x->rank ? x->shape[axis] : 1;
    if (axis < 0) return;
    if (k < 0 || k > n || n == 0)
        tm_fail(TM_MISUSE, "order_statistic: k is %lld; axis %d of shape %s has %lld elements to choose from",
                (long long)k, axis + 1, tm_shape_text(x), (long long)n);
    else
        chosen(TM_OP_order_statistic, a, r, axis, 1, (tm_value[2]){a->value[0], a->value[2]});
}

/* Each element of g goes to where its value came from. */
static void back_to_ids(tm_rule *c, int64_t axis) {
    const tm_edge *e = &c->node->edge[0];
    tm_tensor *g = c->g, *ids = c->node->extra, *zeros = tm_full(e->rank, e->shape, 0, g->dtype);
    if (e->rank == 0) {
        give(c, 0, g);
        return;
    }
    give(c, 0, tm_scatter(zeros, axis, ids, g, TM_SCATTER_SUM));
}

BACKWARD(cummax) { back_to_ids(c, c->node->value[0].i); }
BACKWARD(cummin) { back_to_ids(c, c->node->value[0].i); }
BACKWARD(sort) { back_to_ids(c, c->node->value[0].i); }
BACKWARD(order_statistic) { back_to_ids(c, c->node->value[1].i); }
BACKWARD(topk) { back_to_ids(c, c->node->value[1].i); }
