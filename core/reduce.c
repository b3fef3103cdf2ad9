/* reduce.c: sum, mean, prod, max, min, argmax over all axes or some. */
#include "engine.h"

#include <math.h>

/* --- which axes -------------------------------------------------------------------------------------------- */

typedef struct axes {
    bool reduced[TM_MAX_RANK];
    int rank;                   /* of the result */
    int64_t shape[TM_MAX_RANK]; /* of the result */
    int64_t kept[TM_MAX_RANK];  /* the same with size 1 where reduced */
} axes;

static void finish_axes(const tm_tensor *x, bool keepdim, axes *s) {
    s->rank = 0;
    for (int i = 0; i < x->rank; i++) {
        s->kept[i] = s->reduced[i] ? 1 : x->shape[i];
        if (keepdim || !s->reduced[i]) s->shape[s->rank++] = s->kept[i];
    }
}

/* From a list of axes; an absent or empty one means all. */
static bool axes_of_list(const char *op, const tm_tensor *x, const tm_list *list, bool keepdim, axes *s) {
    bool all = list->n <= 0;
    for (int i = 0; i < x->rank; i++) s->reduced[i] = all;
    for (int i = 0; i < list->n; i++) {
        int axis = tm_axis(op, list->v[i], x->rank);
        if (axis < 0) return false;
        if (s->reduced[axis]) {
            tm_fail(TM_MISUSE, "%s: axis %d is named twice", op, axis + 1);
            return false;
        }
        s->reduced[axis] = true;
    }
    finish_axes(x, keepdim, s);
    return true;
}

/* One axis, or all when it is absent. */
static bool axes_of_one(const char *op, const tm_tensor *x, int64_t axis, bool keepdim, axes *s) {
    tm_list list = {.n = axis == TM_ABSENT ? 0 : 1, .v = {axis}};
    return axes_of_list(op, x, &list, keepdim, s);
}

/* --- the call -------------------------------------------------------------------------------------------------- */

/* Kept dimensions first, then the reduced ones, along which the results have stride 0. */
static bool run(tm_op op, tm_dtype compute, const axes *s, tm_tensor *out, tm_tensor *x, tm_tensor *ids,
                tm_value factor) {
    tm_call call;
    tm_call_init(&call, op, 0, compute);
    int64_t along[TM_MAX_RANK], result[TM_MAX_RANK], step = 1;
    int at = x->rank;
    for (int pass = 1; pass >= 0; pass--)
        for (int i = x->rank - 1; i >= 0; i--) {
            if (s->reduced[i] != (bool)pass) continue;
            call.shape[--at] = x->shape[i];
            along[at] = x->stride[i];
            result[at] = pass ? 0 : step;
            if (!pass) step *= x->shape[i];
            call.reduced += (uint8_t)pass;
        }
    call.rank = x->rank;
    tm_set_arg(&call, TM_OUT, out, call.rank, result);
    tm_set_arg(&call, 1, x, call.rank, along);
    if (ids) tm_set_arg(&call, 2, ids, call.rank, result);
    call.value[0] = factor;
    tm_merge(&call);
    return tm_run(&call);
}

/* --- sum, mean, prod ---------------------------------------------------------------------------------------------- */

/* The total of no elements. */
static double of_nothing(tm_op op) { return op == TM_OP_mean ? NAN : op == TM_OP_prod ? 1 : 0; }

static void total(tm_op op, const tm_args *a, tm_result *r, tm_dtype dtype) {
    tm_tensor *x = a->in[0];
    axes s;
    if (!axes_of_list(tm_name(op), x, &a->list[0], a->value[0].i, &s)) return;
    tm_tensor *out = tm_empty_on(tm_device_of(x), s.rank, s.shape, dtype);
    if (!out) return;
    double n = 1;
    for (int i = 0; i < x->rank; i++)
        if (s.reduced[i]) n *= (double)x->shape[i];
    if (x->numel == 0) {
        if (tm_fill(out, of_nothing(op))) r->out = out;
        return;
    }
    tm_value factor = {.f = op == TM_OP_mean ? 1 / n : 1};
    if (run(op, tm_dtype_is_float(dtype) ? dtype : TM_INT64, &s, out, x, NULL, factor)) r->out = out;
}

/* Of integers and bool as int64. */
static tm_dtype widened(const tm_tensor *x) { return tm_dtype_is_float(x->dtype) ? x->dtype : TM_INT64; }

FORWARD(sum) { total(TM_OP_sum, a, r, widened(a->in[0])); }

/* For a device without the kernel. */
static tm_tensor *composed_mean(const tm_args *a, tm_tensor *x) {
    tm_args b = *a;
    tm_tensor *sum = tm_apply(TM_OP_sum, &b, NULL);
    return sum ? tm_mul(sum, tm_scalar((double)sum->numel / (double)x->numel)) : NULL;
}

FORWARD(mean) {
    tm_tensor *x = a->in[0];
    if (!tm_takes_float("mean", x)) return;
    if (x->numel && !tm_has_kernel(tm_device_of(x), TM_OP_mean, 0))
        r->out = composed_mean(a, x);
    else
        total(TM_OP_mean, a, r, x->dtype);
}

/* Half of an axis times the other half, until one is left; and what was odd. */
static tm_tensor *halved(tm_tensor *x, int axis) {
    tm_tensor *odd = NULL;
    while (x && x->shape[axis] > 1) {
        const int64_t half = x->shape[axis] / 2;
        tm_tensor *last = x->shape[axis] % 2 ? tm_part_of(x, axis, 2 * half, 1) : NULL;
        x = tm_mul(tm_part_of(x, axis, 0, half), tm_part_of(x, axis, half, half));
        if (last) odd = odd ? tm_mul(odd, last) : last;
    }
    return odd ? tm_mul(x, odd) : x;
}

/* For a device without the kernel. */
static tm_tensor *composed_prod(const tm_args *a, tm_tensor *x) {
    axes s;
    if (!axes_of_list("prod", x, &a->list[0], a->value[0].i, &s)) return NULL;
    tm_tensor *y = tm_cast(x, widened(x));
    for (int i = 0; y && i < x->rank; i++)
        if (s.reduced[i]) y = halved(y, i);
    return tm_reshape(y, s.rank, s.shape);
}

FORWARD(prod) {
    tm_tensor *x = a->in[0];
    if (x->numel && !tm_has_kernel(tm_device_of(x), TM_OP_prod, 0))
        r->out = composed_prod(a, x);
    else
        total(TM_OP_prod, a, r, widened(x));
}

/* g as if the reduction had kept its axes, repeated along them. */
static tm_tensor *spread(tm_rule *c, const axes *s, tm_tensor *g) {
    const tm_edge *e = &c->node->edge[0];
    return tm_expand(tm_reshape(g, e->rank, s->kept), e->rank, e->shape);
}

static bool axes_of_node(const tm_node *node, axes *s) {
    const tm_edge *e = &node->edge[0];
    tm_tensor shape = {.rank = e->rank};
    memcpy(shape.shape, e->shape, sizeof e->shape);
    if (tm_row_of(node->op)->n_lists) return axes_of_list(tm_name(node->op), &shape, &node->list[0], false, s);
    return axes_of_one(tm_name(node->op), &shape, node->value[0].i, false, s);
}

BACKWARD(sum) {
    axes s;
    if (axes_of_node(c->node, &s)) give(c, 0, spread(c, &s, c->g));
}

BACKWARD(mean) {
    axes s;
    if (!axes_of_node(c->node, &s)) return;
    double n = 1;
    for (int i = 0; i < c->node->edge[0].rank; i++)
        if (s.reduced[i]) n *= (double)c->node->edge[0].shape[i];
    give(c, 0, spread(c, &s, tm_mul(c->g, tm_scalar(1 / n))));
}

/* The reduced axes, as sum takes them. */
static int reduced_axes(const axes *s, int rank, int64_t *which) {
    int n = 0;
    for (int i = 0; i < rank; i++)
        if (s->reduced[i]) which[n++] = i;
    return n;
}

/* With p the product of what is not 0, the product of all but x_i is p / x_i without a zero; with one zero it is p for
 * that one and 0 for the rest; with more, 0. What is differentiated again needs those zeros as numbers of x: the sum of
 * all zeros of an output is that of the one, or, less the element itself, the other of two. */
BACKWARD(prod) {
    const tm_edge *e = &c->node->edge[0];
    axes s;
    tm_tensor *x = kept(c, 0), *nothing = tm_scalar_int(0);
    if (!x || !axes_of_node(c->node, &s)) return;
    int64_t which[TM_MAX_RANK];
    int n = reduced_axes(&s, e->rank, which);
    tm_tensor *zero = tm_eq(x, nothing), *others = tm_where(zero, tm_scalar_int(1), x);
    tm_tensor *zeros = tm_sum(zero, n, which, true), *one = tm_eq(zeros, tm_scalar_int(1));
    tm_tensor *share = tm_mul(tm_reshape(c->g, e->rank, s.kept), tm_prod(others, n, which, true));
    tm_tensor *to_zero = tm_where(one, share, nothing), *to_others = tm_where(tm_eq(zeros, nothing), share, nothing);
    if (tm_recording()) {
        tm_tensor *sum = tm_sum(tm_where(zero, x, nothing), n, which, true), *two = tm_eq(zeros, tm_scalar_int(2));
        to_others = tm_add(to_others, tm_mul(to_zero, sum));
        to_zero = tm_add(to_zero, tm_mul(tm_where(two, share, nothing), tm_sub(sum, x)));
    }
    give(c, 0, tm_where(zero, to_zero, tm_div(to_others, others)));
}

/* --- max, min, argmax --------------------------------------------------------------------------------------------- */

static bool not_empty(tm_op op, const tm_tensor *x, const axes *s) {
    for (int i = 0; i < x->rank; i++)
        if (s->reduced[i] && x->shape[i] == 0) {
            tm_fail(TM_MISUSE, "%s: a tensor of shape %s has no elements to choose from", tm_name(op),
                    tm_shape_text(x));
            return false;
        }
    return true;
}

static void extreme(tm_op op, const tm_args *a, tm_result *r, bool values, bool ids) {
    tm_tensor *x = a->in[0], *out = NULL, *at = NULL;
    axes s;
    if (!axes_of_one(tm_name(op), x, a->value[0].i, a->value[1].i, &s) || !not_empty(op, x, &s)) return;
    if (values && !(out = tm_empty_on(tm_device_of(x), s.rank, s.shape, x->dtype))) return;
    if (ids && !(at = tm_empty_on(tm_device_of(x), s.rank, s.shape, TM_INT64))) return;
    tm_dtype compute = tm_dtype_is_float(x->dtype) ? x->dtype : TM_INT64;
    tm_value unused = {0};
    if (x->numel && !run(op, compute, &s, values ? out : at, x, values ? at : NULL, unused)) return;
    r->out = values ? out : at;
    if (values) r->second = r->extra = at;
    if (at) r->keeps = KEEP_NONE; /* the ids say all */
}

/* Over axes, without ids: equal ones share the gradient. */
static void shared_extreme(tm_op op, const tm_args *a, tm_result *r) {
    tm_tensor *x = a->in[0];
    axes s;
    tm_value unused = {0};
    if (!axes_of_list(tm_name(op), x, &a->list[0], a->value[0].i, &s) || !not_empty(op, x, &s)) return;
    tm_tensor *out = tm_empty_on(tm_device_of(x), s.rank, s.shape, x->dtype);
    if (out && (x->numel == 0 || run(op, tm_dtype_compute(x->dtype), &s, out, x, NULL, unused))) r->out = out;
}

void tm_forward_amax(const tm_args *a, tm_result *r);
void tm_forward_amin(const tm_args *a, tm_result *r);
void tm_forward_argmin(const tm_args *a, tm_result *r);
void tm_forward_amax(const tm_args *a, tm_result *r) { shared_extreme(TM_OP_amax, a, r); }
void tm_forward_amin(const tm_args *a, tm_result *r) { shared_extreme(TM_OP_amin, a, r); }
void tm_forward_argmin(const tm_args *a, tm_result *r) { extreme(TM_OP_argmin, a, r, false, true); }

static void shared_rule(tm_rule *c) {
    const tm_edge *e = &c->node->edge[0];
    axes s;
    if (!axes_of_node(c->node, &s)) return;
    int64_t which[TM_MAX_RANK];
    int n = reduced_axes(&s, e->rank, which);
    tm_tensor *chosen = tm_eq(kept(c, 0), tm_reshape(kept_output(c), e->rank, s.kept));
    tm_tensor *count = n ? tm_cast(tm_sum(chosen, n, which, true), c->g->dtype) : tm_scalar_int(1);
    tm_tensor *share = tm_div(tm_reshape(c->g, e->rank, s.kept), count);
    give(c, 0, tm_where(chosen, share, tm_scalar_int(0)));
}

void tm_backward_amax(tm_rule *c);
void tm_backward_amin(tm_rule *c);
void tm_backward_amax(tm_rule *c) { shared_rule(c); }
void tm_backward_amin(tm_rule *c) { shared_rule(c); }

void tm_forward_max(const tm_args *a, tm_result *r);
void tm_forward_min(const tm_args *a, tm_result *r);
void tm_forward_argmax(const tm_args *a, tm_result *r);
void tm_forward_max(const tm_args *a, tm_result *r) { extreme(TM_OP_max, a, r, true, a->value[0].i != TM_ABSENT); }
void tm_forward_min(const tm_args *a, tm_result *r) { extreme(TM_OP_min, a, r, true, a->value[0].i != TM_ABSENT); }
void tm_forward_argmax(const tm_args *a, tm_result *r) { extreme(TM_OP_argmax, a, r, false, true); }

/* Along an axis the gradient goes to the element that was chosen: where its id is the position.
 * Over everything it is shared by all elements that equal the result. */
static void extreme_rule(tm_rule *c) {
    const tm_edge *e = &c->node->edge[0];
    axes s;
    if (!axes_of_node(c->node, &s)) return;
    tm_tensor *chosen;
    if (c->node->extra) {
        int axis = tm_axis("max", c->node->value[0].i, e->rank);
        int64_t line[TM_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
        line[axis] = e->shape[axis];
        tm_args a;
        tm_args_init(&a, TM_OP_arange);
        a.value[0].f = (double)e->shape[axis];
        tm_tensor *positions = tm_reshape(tm_apply(TM_OP_arange, &a, NULL), e->rank, line);
        chosen = tm_eq(tm_reshape(c->node->extra, e->rank, s.kept), positions);
        give(c, 0, tm_where(chosen, tm_reshape(c->g, e->rank, s.kept), tm_scalar_int(0)));
        return;
    }
    chosen = tm_eq(kept(c, 0), kept_output(c));
    tm_tensor *share = tm_div(c->g, tm_cast(tm_sum(chosen, 0, NULL, false), c->g->dtype));
    give(c, 0, tm_where(chosen, share, tm_scalar_int(0)));
}

void tm_backward_max(tm_rule *c);
void tm_backward_min(tm_rule *c);
void tm_backward_max(tm_rule *c) { extreme_rule(c); }
void tm_backward_min(tm_rule *c) { extreme_rule(c); }

/* --- for C callers and rules -------------------------------------------------------------------------------------- */

static tm_tensor *total_of(tm_op op, tm_tensor *x, int n_axes, const int64_t *which, bool keepdim) {
    tm_args a;
    tm_args_init(&a, op);
    a.in[0] = x;
    a.value[0].i = keepdim;
    a.list[0].n = n_axes ? n_axes : TM_ABSENT_LIST;
    for (int i = 0; i < n_axes; i++) a.list[0].v[i] = which[i];
    return tm_apply(op, &a, NULL);
}

tm_tensor *tm_sum(tm_tensor *x, int n_axes, const int64_t *which, bool keepdim) {
    return total_of(TM_OP_sum, x, n_axes, which, keepdim);
}

tm_tensor *tm_prod(tm_tensor *x, int n_axes, const int64_t *which, bool keepdim) {
    return total_of(TM_OP_prod, x, n_axes, which, keepdim);
}

tm_tensor *tm_sum_to(tm_tensor *x, int rank, const int64_t *shape) {
    if (!x) return NULL;
    int64_t which[TM_MAX_RANK];
    int n = 0, skip = x->rank - rank;
    for (int i = 0; i < x->rank; i++)
        if (i < skip || (shape[i - skip] == 1 && x->shape[i] != 1)) which[n++] = i;
    if (n) x = tm_sum(x, n, which, true);
    return skip ? tm_reshape(x, rank, shape) : x;
}
