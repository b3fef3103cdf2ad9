/* index.c: slices of a tensor chosen by ids. The indexed axis leads the iteration; ids walk along it. */
#include "engine.h"

bool tm_ids_usable(tm_op op, const tm_tensor *ids) {
    if (!ids->weak && !tm_dtype_is_float(ids->dtype) && ids->dtype != TM_BOOL) return true;
    tm_fail(TM_MISUSE,
            "%s: ids must be integers (int64, int32 or uint8), got %s of shape %s; tenmo.ids{...} makes them",
            tm_name(op), ids->weak ? "a number" : tm_dtype_name(ids->dtype), tm_shape_text(ids));
    return false;
}

static bool ids_fit(tm_op op, const tm_tensor *ids) {
    if (!ids->weak && ids->rank == 1 && !tm_dtype_is_float(ids->dtype) && ids->dtype != TM_BOOL) return true;
    tm_fail(TM_MISUSE,
            "%s: ids must be a list of integers (int64, int32 or uint8), got %s of shape %s; tenmo.ids{...} makes one",
            tm_name(op), ids->weak ? "a number" : tm_dtype_name(ids->dtype), tm_shape_text(ids));
    return false;
}

/* Strides with `axis` first, the others behind it in order. */
static void lead(int rank, int axis, const int64_t *from, int64_t *to) {
    to[0] = from[axis];
    for (int i = 0, k = 1; i < rank; i++)
        if (i != axis) to[k++] = from[i];
}

/* A call over `line` (a tensor with one slice for each id) and `table` (which has them all). */
static void index_call(tm_call *call, tm_op op, tm_tensor *line, int line_arg, tm_tensor *table, int table_arg,
                       int axis, tm_tensor *ids) {
    int64_t stride[TM_MAX_RANK];
    tm_call_init(call, op, 0, tm_dtype_is_float(table->dtype) ? table->dtype : TM_INT64);
    call->rank = line->rank;
    lead(line->rank, axis, line->shape, call->shape);
    lead(line->rank, axis, line->stride, stride);
    tm_set_arg(call, line_arg, line, call->rank, stride);
    lead(table->rank, axis, table->stride, stride);
    tm_set_arg(call, table_arg, table, call->rank, stride);
    int64_t along[TM_MAX_RANK] = {ids->stride[0]};
    tm_set_arg(call, 2, ids, call->rank, along);
    call->value[0].i = table->shape[axis];
}

/* --- index_select --------------------------------------------------------------------------------------------- */

static bool ids_exist(tm_op op, int64_t n, tm_tensor *ids);

static tm_tensor *selected(tm_op op, tm_tensor *x, int axis, tm_tensor *ids, tm_dtype dtype, double mean,
                           double scale) {
    int64_t shape[TM_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    shape[axis] = ids->shape[0];
    tm_tensor *y = tm_empty_on(tm_device_of(x), x->rank, shape, dtype);
    if (!y) return NULL;
    tm_call call;
    index_call(&call, op, y, TM_OUT, x, 1, axis, ids);
    call.value[1].f = mean;
    call.value[2].f = scale;
    if (y->numel) return tm_run(&call) ? y : NULL;
    return ids_exist(op, x->shape[axis], ids) ? y : NULL;
}

/* Slices without elements are not read, so wrong ids would go by unseen: they are looked up in a table of as many. */
static bool ids_exist(tm_op op, int64_t n, tm_tensor *ids) {
    if (ids->numel == 0) return true;
    if (n == 0) {
        tm_fail(TM_MISUSE, "%s: x has no slices along this axis, so there is none with an id; ids have shape %s",
                tm_name(op), tm_shape_text(ids));
        return false;
    }
    tm_tensor *places = tm_full_on(tm_device_of(ids), 1, &n, 0, TM_INT64);
    return places && selected(op, places, 0, ids, TM_INT64, 0, 1);
}

FORWARD(index_select) {
    tm_tensor *x = a->in[0], *ids = a->in[1];
    int axis = tm_axis("index_select", a->value[0].i, x->rank);
    if (axis < 0 || !ids_fit(TM_OP_index_select, ids)) return;
    r->out = selected(TM_OP_index_select, x, axis, ids, x->dtype, 0, 0);
}

tm_tensor *tm_with_ids(tm_op op, tm_tensor *x, int64_t axis, tm_tensor *ids, tm_tensor *source, double alpha) {
    tm_args a;
    tm_args_init(&a, op);
    a.in[0] = x;
    a.in[1] = ids;
    a.in[2] = source;
    a.value[0].i = axis;
    a.value[1].f = alpha;
    return tm_apply(op, &a, NULL);
}

BACKWARD(index_select) {
    const tm_edge *e = &c->node->edge[0];
    tm_tensor *zeros = tm_full(e->rank, e->shape, 0, c->g->dtype);
    give(c, 0, tm_with_ids(TM_OP_index_add, zeros, c->node->value[0].i, kept(c, 1), c->g, 1));
}

/* For a device without the kernel. */
static tm_tensor *composed_gather(const tm_args *a) {
    tm_tensor *rows = tm_with_ids(TM_OP_index_select, a->in[0], 0, a->in[1], TM_NONE, 0);
    rows = tm_sub(tm_cast(rows, TM_FLOAT32), tm_scalar(a->value[0].f));
    return tm_mul(rows, tm_scalar(1 / a->value[1].f));
}

FORWARD(gather_normalize) {
    tm_tensor *x = a->in[0], *ids = a->in[1];
    if (x->rank == 0) {
        tm_fail(TM_MISUSE, "gather_normalize: a tensor of one number has no rows");
        return;
    }
    if (!ids_fit(TM_OP_gather_normalize, ids)) return;
    if (a->value[1].f == 0) {
        tm_fail(TM_MISUSE, "gather_normalize: std must not be 0");
        return;
    }
    if (!tm_has_kernel(tm_device_of(x), TM_OP_gather_normalize, 0))
        r->out = composed_gather(a);
    else
        r->out = selected(TM_OP_gather_normalize, x, 0, ids, TM_FLOAT32, a->value[0].f, 1 / a->value[1].f);
}

/* --- index_add ---------------------------------------------------------------------------------------------------- */

/* source must look like x with as many slices along the axis as there are ids, or be one slice of the first axis. */
static bool source_fits(tm_op op, const tm_tensor *x, int axis, const tm_tensor *ids, const tm_tensor *source) {
    bool one = axis == 0 && source->rank == x->rank - 1;
    bool fits = !source->weak && source->dtype == x->dtype && (one || source->rank == x->rank);
    for (int i = 0; fits && i < source->rank; i++)
        fits = source->shape[i] == (one ? x->shape[i + 1] : i == axis ? ids->shape[0] : x->shape[i]);
    if (fits) return true;
    int64_t shape[TM_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    shape[axis] = ids->shape[0];
    tm_fail(TM_MISUSE, "%s: source is %s of shape %s; expected %s of shape %s (x with one slice for each id)%s",
            tm_name(op), tm_dtype_name(source->dtype), tm_shape_text(source), tm_dtype_name(x->dtype),
            tm_shape_words(x->rank, shape), axis || source->rank == x->rank ? "" : ", or one slice for all ids");
    return false;
}

/* y += alpha * source at the ids; index_copy: y = source there. */
static bool put_slices(tm_op op, tm_tensor *y, int axis, tm_tensor *ids, tm_tensor *source, double alpha) {
    if (source->rank < y->rank) {
        int64_t shape[TM_MAX_RANK];
        memcpy(shape, y->shape, sizeof shape);
        shape[0] = ids->shape[0];
        if (!(source = tm_expand(source, y->rank, shape))) return false;
    }
    if (source->numel == 0) return true;
    tm_call call;
    index_call(&call, op, source, 1, y, TM_OUT, axis, ids);
    call.value[1].f = alpha;
    return tm_run(&call);
}

bool tm_add_rows(tm_tensor *into, tm_tensor *ids, tm_tensor *source) {
    return put_slices(TM_OP_index_add, into, 0, ids, source, 1);
}

static int axis_of(tm_op op, const tm_args *a) {
    int axis = tm_axis(tm_name(op), a->value[0].i, a->in[0]->rank);
    return axis >= 0 && ids_fit(op, a->in[1]) && source_fits(op, a->in[0], axis, a->in[1], a->in[2]) ? axis : -1;
}

static void put_into_copy(tm_op op, const tm_args *a, tm_result *r) {
    int axis = axis_of(op, a);
    tm_tensor *y = axis < 0 ? NULL : tm_clone(a->in[0]);
    if (y && put_slices(op, y, axis, a->in[1], a->in[2], a->value[1].f)) r->out = y;
}

FORWARD(index_add) { put_into_copy(TM_OP_index_add, a, r); }

/* The same into x's own bytes. */
void tm_index_put_into(tm_op op, const tm_args *a);
void tm_index_put_into(tm_op op, const tm_args *a) {
    int axis = axis_of(op, a);
    if (axis < 0) return;
    tm_tensor *ids = a->in[1], *source = a->in[2];
    if (tm_same_storage(source, a->in[0])) source = tm_clone(source);
    if (tm_same_storage(ids, a->in[0])) ids = tm_clone(ids); /* they are read while x is written */
    if (source && ids) put_slices(op, a->in[0], axis, ids, source, a->value[1].f);
}

BACKWARD(index_add) {
    if (need(c, 0)) give(c, 0, c->g);
    if (!need(c, 2)) return;
    tm_tensor *rows = tm_with_ids(TM_OP_index_select, c->g, c->node->value[0].i, kept(c, 1), TM_NONE, 0);
    give(c, 2, tm_mul(rows, tm_scalar(c->node->value[1].f)));
}

/* --- index_copy --------------------------------------------------------------------------------------------------- */

FORWARD(index_copy) { put_into_copy(TM_OP_index_copy, a, r); }

/* 0 for the slices of g that a later id of the same value wrote over: who came last is found by putting numbers. */
static tm_tensor *last_ones(tm_rule *c, tm_tensor *rows, int axis, tm_tensor *ids) {
    int64_t n = ids->shape[0], shape[TM_MAX_RANK];
    tm_args a;
    tm_args_init(&a, TM_OP_arange);
    a.value[0].f = (double)n;
    tm_tensor *order = tm_apply(TM_OP_arange, &a, NULL);
    tm_tensor *winner = tm_full(1, &c->node->shape[axis], 0, TM_INT64);
    winner = tm_with_ids(TM_OP_index_copy, winner, 0, ids, order, 0);
    for (int i = 0; i < TM_MAX_RANK; i++) shape[i] = i == axis ? n : 1;
    tm_tensor *won = tm_eq(tm_with_ids(TM_OP_index_select, winner, 0, ids, TM_NONE, 0), order);
    return tm_where(tm_reshape(won, rows ? rows->rank : 1, shape), rows, tm_scalar_int(0));
}

/* What is replaced has no gradient. */
BACKWARD(index_copy) {
    int64_t axis = c->node->value[0].i;
    tm_tensor *ids = kept(c, 1);
    if (!ids) return;
    tm_tensor *rows = tm_with_ids(TM_OP_index_select, c->g, axis, ids, TM_NONE, 0);
    if (need(c, 0)) {
        tm_tensor *zeros = rows ? tm_full(rows->rank, rows->shape, 0, c->g->dtype) : NULL;
        give(c, 0, tm_with_ids(TM_OP_index_copy, c->g, axis, ids, zeros, 0));
    }
    if (need(c, 2)) give(c, 2, last_ones(c, rows, axis < 0 ? (int)axis + c->node->rank : (int)axis, ids));
}
