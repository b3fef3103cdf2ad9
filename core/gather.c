/* gather.c: elements chosen by ids along an axis (gather), and put there (scatter_reduce): one id for each element. */
#include "engine.h"

#include <math.h>

static bool ids_fit(tm_op op, const tm_tensor *x, int axis, const tm_tensor *ids, const tm_tensor *source) {
    if (!tm_ids_usable(op, ids)) return false;
    bool fits = ids->rank == x->rank && (!source || source->rank == x->rank);
    for (int i = 0; fits && i < x->rank; i++)
        fits = (i == axis || ids->shape[i] <= x->shape[i]) && (!source || ids->shape[i] <= source->shape[i]);
    if (fits) return true;
    tm_fail(TM_MISUSE,
            "%s: ids have shape %s, x %s%s%s: ids need as many axes, and at most as many elements along each of them "
            "but axis %d of x",
            tm_name(op), tm_shape_text(ids), tm_shape_text(x), source ? ", source " : "",
            source ? tm_shape_text(source) : "", axis + 1);
    return false;
}

/* A call over the ids, the axis last. arg 1 walks the elements beside the ids, `whole` is all of x or y. */
static bool run(tm_op op, int part, tm_tensor *whole, int whole_arg, tm_tensor *beside, int beside_arg, int axis,
                tm_tensor *ids, int64_t mode) {
    tm_tensor *operand[3] = {NULL, NULL, ids};
    operand[whole_arg] = whole;
    operand[beside_arg] = beside;
    tm_call call;
    tm_call_init(&call, op, part, tm_dtype_compute(whole->dtype));
    call.rank = ids->rank ? ids->rank : 1;
    call.reduced = 1;
    call.shape[call.rank - 1] = ids->rank ? ids->shape[axis] : 1;
    for (int i = 0, k = 0; i < ids->rank; i++)
        if (i != axis) call.shape[k++] = ids->shape[i];
    for (int slot = 0; slot < 3; slot++) {
        int64_t stride[TM_MAX_RANK] = {0};
        for (int i = 0, k = 0; i < ids->rank; i++) stride[i == axis ? call.rank - 1 : k++] = operand[slot]->stride[i];
        tm_set_arg(&call, slot, operand[slot], call.rank, stride);
    }
    call.value[0].i = whole->rank ? whole->shape[axis] : 1;
    call.value[1].i = mode;
    return tm_run(&call);
}

static int axis_of(tm_op op, const tm_tensor *x, int64_t axis) {
    return x->rank == 0 && (axis == -1 || axis == 0) ? 0 : tm_axis(tm_name(op), axis, x->rank);
}

/* --- gather ------------------------------------------------------------------------------------------------------ */

FORWARD(gather) {
    tm_tensor *x = a->in[0], *ids = a->in[1];
    int axis = axis_of(TM_OP_gather, x, a->value[0].i);
    if (axis < 0 || !ids_fit(TM_OP_gather, x, axis, ids, NULL)) return;
    tm_tensor *y = tm_empty_on(tm_device_of(x), ids->rank, ids->shape, x->dtype);
    if (y && (y->numel == 0 || run(TM_OP_gather, 0, x, 1, y, 0, axis, ids, 0))) r->out = y;
}

static tm_tensor *gathered(tm_tensor *x, int64_t axis, tm_tensor *ids) {
    tm_args a;
    tm_args_init(&a, TM_OP_gather);
    a.in[0] = x;
    a.in[1] = ids;
    a.value[0].i = axis;
    return tm_apply(TM_OP_gather, &a, NULL);
}

BACKWARD(gather) {
    const tm_edge *e = &c->node->edge[0];
    tm_tensor *zeros = tm_full(e->rank, e->shape, 0, c->g->dtype);
    give(c, 0, tm_scatter(zeros, c->node->value[0].i, kept(c, 1), c->g, TM_SCATTER_SUM));
}

/* --- scatter_reduce ----------------------------------------------------------------------------------------------- */

tm_tensor *tm_scatter(tm_tensor *x, int64_t axis, tm_tensor *ids, tm_tensor *source, int mode) {
    tm_args a;
    tm_args_init(&a, TM_OP_scatter_reduce);
    a.in[0] = x;
    a.in[1] = ids;
    a.in[2] = source;
    a.value[0].i = axis;
    a.value[1].i = mode;
    a.value[2].i = true;
    return tm_apply(TM_OP_scatter_reduce, &a, NULL);
}

/* What changes nothing that is put to it. */
static double neutral(int64_t mode, tm_dtype dtype) {
    const bool most = mode == TM_SCATTER_AMAX;
    if (most || mode == TM_SCATTER_AMIN) return dtype == TM_BOOL ? !most : most ? -INFINITY : INFINITY;
    return mode == TM_SCATTER_PROD;
}

/* How many elements each place of a mean has, 1 where there is none. */
static tm_tensor *counted(const tm_tensor *x, int64_t axis, tm_tensor *ids, bool include_self) {
    tm_dtype dtype = tm_dtype_is_float(x->dtype) ? x->dtype : TM_INT64;
    tm_tensor *self = tm_full_on(tm_device_of(ids), x->rank, x->shape, include_self, dtype);
    tm_tensor *each = tm_full_on(tm_device_of(ids), ids->rank, ids->shape, 1, dtype);
    if (!self || !each) return NULL;
    return tm_maximum(tm_scatter(self, axis, ids, each, TM_SCATTER_SUM), tm_scalar_int(1));
}

static bool fits(const tm_args *a, int axis) {
    tm_tensor *x = a->in[0], *ids = a->in[1], *source = a->in[2];
    if (axis < 0 || !ids_fit(TM_OP_scatter_reduce, x, axis, ids, source)) return false;
    if (source->dtype != x->dtype)
        return tm_fail(TM_MISUSE, "scatter_reduce: source is %s, x %s; cast one: source:to('%s')",
                       tm_dtype_name(source->dtype), tm_dtype_name(x->dtype), tm_dtype_name(x->dtype));
    if (a->value[1].i == TM_SCATTER_MEAN && x->dtype == TM_BOOL)
        return tm_fail(TM_MISUSE,
                       "scatter_reduce: expected floats or integers for a mean, got bool; cast first: x:float()");
    return true;
}

/* Into y, which may be x itself. */
static bool scattered(const tm_args *a, tm_tensor *y) {
    tm_tensor *x = a->in[0], *ids = a->in[1], *source = a->in[2];
    const int64_t mode = a->value[1].i;
    const bool include_self = a->value[2].i || mode == TM_SCATTER_SET;
    int axis = axis_of(TM_OP_scatter_reduce, x, a->value[0].i);
    if (!fits(a, axis)) return false;
    if (ids->numel == 0) return true;
    if (tm_same_storage(ids, y) && !(ids = tm_clone(ids))) return false; /* they are read while y is written */
    if (tm_same_storage(source, y) && !(source = tm_clone(source))) return false;
    if (!include_self) {
        tm_tensor *nothing = tm_full_on(tm_device_of(x), ids->rank, ids->shape, neutral(mode, x->dtype), x->dtype);
        if (!nothing || !run(TM_OP_scatter_reduce, 0, y, 0, nothing, 1, axis, ids, TM_SCATTER_SET)) return false;
    }
    if (mode != TM_SCATTER_MEAN) return run(TM_OP_scatter_reduce, 0, y, 0, source, 1, axis, ids, mode);
    if (!run(TM_OP_scatter_reduce, 0, y, 0, source, 1, axis, ids, TM_SCATTER_SUM)) return false;
    tm_tensor *count = counted(x, axis, ids, include_self);
    tm_tensor *mean = tm_dtype_is_float(x->dtype) ? tm_div(y, count) : tm_div_floor(y, count);
    return mean && tm_write(y, mean);
}

FORWARD(scatter_reduce) {
    tm_tensor *y = tm_clone(a->in[0]);
    if (y && scattered(a, y)) r->out = y;
}

void tm_scatter_into(const tm_args *a);
void tm_scatter_into(const tm_args *a) { scattered(a, a->in[0]); }

/* The part of the source that ids reach: its gradient is 0 elsewhere. */
static tm_tensor *reached(tm_rule *c, tm_tensor *x, const int64_t *shape) {
    tm_args a;
    tm_args_init(&a, TM_OP_slice);
    a.in[0] = x;
    for (int i = 0; i < c->node->edge[2].rank; i++) {
        a.list[0].v[i] = 0;
        a.list[1].v[i] = shape[i];
        a.list[2].v[i] = 1;
    }
    a.list[0].n = a.list[1].n = a.list[2].n = c->node->edge[2].rank;
    return tm_apply(TM_OP_slice, &a, NULL);
}

static void give_source(tm_rule *c, tm_tensor *gradient, const int64_t *shape) {
    const tm_edge *e = &c->node->edge[2];
    bool whole = gradient && !memcmp(e->shape, shape, sizeof(int64_t) * e->rank);
    if (whole || !gradient) {
        give(c, 2, gradient);
        return;
    }
    tm_args a;
    tm_args_init(&a, TM_OP_assign_slice);
    a.in[0] = tm_full(e->rank, e->shape, 0, gradient->dtype);
    a.in[1] = gradient;
    for (int i = 0; i < e->rank; i++) {
        a.list[0].v[i] = 0;
        a.list[1].v[i] = shape[i];
        a.list[2].v[i] = 1;
    }
    a.list[0].n = a.list[1].n = a.list[2].n = e->rank;
    give(c, 2, tm_apply(TM_OP_assign_slice, &a, NULL));
}

/* g where an element of the source stayed, and 0 where a later one of the same id wrote over it: who came last is found
 * by putting numbers. */
static tm_tensor *last_ones(tm_rule *c, tm_tensor *g, int64_t axis, tm_tensor *ids) {
    tm_args a;
    tm_args_init(&a, TM_OP_arange);
    a.value[0].f = (double)ids->numel;
    a.value[4].i = tm_device_index(tm_device_of(ids));
    tm_tensor *order = tm_reshape(tm_apply(TM_OP_arange, &a, NULL), ids->rank, ids->shape);
    tm_tensor *winner = tm_full(c->node->rank, c->node->shape, 0, TM_INT64);
    winner = tm_scatter(winner, axis, ids, order, TM_SCATTER_SET);
    return tm_where(tm_eq(gathered(winner, axis, ids), order), g, tm_scalar_int(0));
}

/* The same everywhere that ids name. */
static tm_tensor *filled(tm_tensor *x, int64_t axis, tm_tensor *ids, double value) {
    return x ? tm_scatter(x, axis, ids, tm_full(ids->rank, ids->shape, value, x->dtype), TM_SCATTER_SET) : NULL;
}

static bool includes_self(const tm_rule *c) { return c->node->value[2].i; }

/* x's gradient is lost where it was set, or left out. */
static void give_x(tm_rule *c, tm_tensor *gradient, int64_t axis, tm_tensor *ids) {
    const bool set = c->node->value[1].i == TM_SCATTER_SET;
    give(c, 0, set || !includes_self(c) ? filled(gradient, axis, ids, 0) : gradient);
}

/* x as the source found it. */
static tm_tensor *found(tm_rule *c, int64_t axis, tm_tensor *ids) {
    tm_tensor *x = kept(c, 0);
    return !x || includes_self(c) ? x : filled(x, axis, ids, neutral(c->node->value[1].i, x->dtype));
}

/* Sums and what is set: where the source went its gradient comes from. */
static void set_rule(tm_rule *c, tm_tensor *g, tm_tensor *ids, int64_t axis, bool set) {
    if (need(c, 0)) give_x(c, g, axis, ids);
    if (!need(c, 2)) return;
    g = gathered(g, axis, ids);
    give_source(c, set && g ? last_ones(c, g, axis, ids) : g, ids->shape);
}

/* The largest and the smallest: shared by all that equal the result. */
static void extreme_rule(tm_rule *c, tm_tensor *ids, int64_t axis) {
    tm_tensor *y = kept_output(c), *x = found(c, axis, ids), *source = reached(c, kept(c, 2), ids->shape);
    if (!source) {
        c->failed = true;
        return;
    }
    tm_dtype dtype = c->g->dtype;
    tm_tensor *from_x = tm_cast(tm_eq(x, y), dtype);
    tm_tensor *from_source = tm_cast(tm_eq(source, gathered(y, axis, ids)), dtype);
    tm_tensor *count = tm_maximum(tm_scatter(from_x, axis, ids, from_source, TM_SCATTER_SUM), tm_scalar_int(1));
    tm_tensor *share = tm_div(c->g, count);
    if (need(c, 0)) give_x(c, tm_mul(share, from_x), axis, ids);
    if (need(c, 2)) give_source(c, tm_mul(gathered(share, axis, ids), from_source), ids->shape);
}

/* A product divided by the factor; where a slot has zeros, only a single zero has a gradient: the product of the rest.
 */
static void product_rule(tm_rule *c, tm_tensor *ids, int64_t axis) {
    tm_tensor *nothing = tm_scalar_int(0), *one = tm_scalar_int(1);
    tm_tensor *x = found(c, axis, ids), *source = reached(c, kept(c, 2), ids->shape);
    if (!x || !source) {
        c->failed = true;
        return;
    }
    tm_dtype dtype = c->g->dtype;
    tm_tensor *x_zero = tm_eq(x, nothing), *source_zero = tm_eq(source, nothing);
    tm_tensor *x_rest = tm_where(x_zero, one, x), *source_rest = tm_where(source_zero, one, source);
    tm_tensor *rest = tm_scatter(x_rest, axis, ids, source_rest, TM_SCATTER_PROD);
    tm_tensor *zeros = tm_scatter(tm_cast(x_zero, dtype), axis, ids, tm_cast(source_zero, dtype), TM_SCATTER_SUM);
    tm_tensor *g = tm_mul(c->g, rest);
    if (need(c, 0)) {
        tm_tensor *others = tm_sub(zeros, tm_cast(x_zero, dtype));
        give_x(c, tm_where(tm_eq(others, nothing), tm_div(g, x_rest), nothing), axis, ids);
    }
    if (need(c, 2)) {
        tm_tensor *others = tm_sub(gathered(zeros, axis, ids), tm_cast(source_zero, dtype));
        give_source(c, tm_where(tm_eq(others, nothing), tm_div(gathered(g, axis, ids), source_rest), nothing),
                    ids->shape);
    }
}

BACKWARD(scatter_reduce) {
    tm_tensor *ids = kept(c, 1);
    int64_t axis = c->node->value[0].i, mode = c->node->value[1].i;
    if (!ids) return;
    if (mode == TM_SCATTER_PROD)
        product_rule(c, ids, axis);
    else if (mode == TM_SCATTER_AMAX || mode == TM_SCATTER_AMIN)
        extreme_rule(c, ids, axis);
    else if (mode == TM_SCATTER_MEAN)
        set_rule(c, tm_div(c->g, counted(c->g, axis, ids, includes_self(c))), ids, axis, false);
    else
        set_rule(c, c->g, ids, axis, mode == TM_SCATTER_SET);
}
