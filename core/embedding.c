/* embedding.c: rows of a table by id, one by one or in bags. Their gradients are rows too, if asked for (rows.c). */
#include "engine.h"

/* inputs: ids, weight, offsets */
enum { IDS, WEIGHT, OFFSETS };

static bool table_fits(tm_op op, const tm_tensor *weight) {
    if (!weight->weak && weight->rank == 2) return true;
    tm_fail(TM_MISUSE, "%s: weight is the table, one row for each id (words, width); got shape %s", tm_name(op),
            tm_shape_text(weight));
    return false;
}

/* Without history, as a list. */
static tm_tensor *flat(tm_tensor *x) { return tm_reshape(x, 1, &x->numel); }

/* --- embedding ---------------------------------------------------------------------------------------------------- */

static bool padding_fits(int64_t padding, const tm_tensor *weight) {
    if (padding == TM_ABSENT || (padding >= 0 && padding < weight->shape[0])) return true;
    tm_fail(TM_MISUSE, "embedding: padding_idx is an id, 0 to %lld here; got %lld", (long long)weight->shape[0] - 1,
            (long long)padding);
    return false;
}

FORWARD(embedding) {
    tm_tensor *ids = a->in[IDS], *weight = a->in[WEIGHT];
    if (!tm_ids_usable(TM_OP_embedding, ids) || !table_fits(TM_OP_embedding, weight)) return;
    if (!padding_fits(a->value[0].i, weight)) return;
    if (ids->rank == TM_MAX_RANK) {
        tm_fail(TM_MISUSE, "embedding: ids of shape %s: the result would have more than %d axes", tm_shape_text(ids),
                TM_MAX_RANK);
        return;
    }
    int64_t shape[TM_MAX_RANK];
    memcpy(shape, ids->shape, sizeof shape);
    shape[ids->rank] = weight->shape[1];
    tm_tensor *y = tm_empty_on(tm_device_of(weight), ids->rank + 1, shape, weight->dtype), *list = flat(ids);
    if (!y || !list) return;
    tm_call call;
    tm_call_init(&call, TM_OP_embedding, 0, tm_dtype_is_float(weight->dtype) ? weight->dtype : TM_INT64);
    call.rank = 2;
    call.shape[0] = list->numel;
    call.shape[1] = weight->shape[1];
    tm_set_arg(&call, TM_OUT, y, 2, (int64_t[2]){weight->shape[1], 1});
    tm_set_arg(&call, 1, weight, 2, weight->stride);
    tm_set_arg(&call, 2, list, 2, (int64_t[2]){list->stride[0], 0});
    call.value[0].i = weight->shape[0];
    if (y->numel == 0 || tm_run(&call)) r->out = y;
}

/* g as (n, width), 0 where the id is the padding's. */
static tm_tensor *row_gradients(tm_rule *c, tm_tensor *ids) {
    int64_t n = ids->numel, padding = c->node->value[0].i, width = c->node->edge[WEIGHT].shape[1];
    tm_tensor *g = tm_reshape(c->g, 2, (int64_t[2]){n, width});
    if (padding == TM_ABSENT) return g;
    tm_tensor *is_padding = tm_reshape(tm_eq(ids, tm_scalar_int(padding)), 2, (int64_t[2]){n, 1});
    return tm_where(is_padding, tm_scalar_int(0), g);
}

/* The gradient of the table: rows, or rows added to zeros. from: see give_rows. */
static void give_table(tm_rule *c, bool sparse, tm_tensor *ids, tm_tensor *source, tm_tensor *from) {
    const tm_edge *e = &c->node->edge[WEIGHT];
    if (sparse && takes_rows(c, WEIGHT)) {
        give_rows(c, WEIGHT, ids, source, from);
        return;
    }
    if (from) source = tm_with_ids(TM_OP_index_select, source, 0, from, TM_NONE, 0);
    tm_tensor *zeros = tm_full(e->rank, e->shape, 0, c->g->dtype);
    give(c, WEIGHT, tm_with_ids(TM_OP_index_add, zeros, 0, ids, source, 1));
}

BACKWARD(embedding) {
    if (!need(c, WEIGHT)) return;
    tm_tensor *ids = kept(c, IDS);
    if (!ids || !(ids = flat(ids))) return;
    give_table(c, c->node->value[1].i, ids, row_gradients(c, ids), NULL);
}

/* --- embedding_bag ------------------------------------------------------------------------------------------------ */

enum { MEAN, SUM, MAX };

static bool bags_fit(const tm_args *a) {
    const tm_tensor *ids = a->in[IDS], *weight = a->in[WEIGHT], *offsets = a->in[OFFSETS];
    if (!table_fits(TM_OP_embedding_bag, weight)) return false;
    if (!tm_dtype_is_float(weight->dtype))
        tm_fail(TM_MISUSE, "embedding_bag: expected a table of float32 or float64, got %s",
                tm_dtype_name(weight->dtype));
    else if (offsets != TM_NONE && ids->rank != 1)
        tm_fail(TM_MISUSE, "embedding_bag: with offsets ids are one list, got shape %s", tm_shape_text(ids));
    else if (offsets == TM_NONE && ids->rank != 2)
        tm_fail(TM_MISUSE,
                "embedding_bag: ids have shape %s; expected (bags, n), or a list and the offsets of its bags",
                tm_shape_text(ids));
    else if (offsets != TM_NONE && offsets->numel == 0 && ids->numel > 0)
        tm_fail(TM_MISUSE, "embedding_bag: there are %lld ids and no offsets", (long long)ids->numel);
    return tm_error() == TM_OK;
}

/* Offsets as int64; of equal bags they are 0, n, 2n ... */
static tm_tensor *offsets_of(tm_tensor *ids, tm_tensor *offsets) {
    if (offsets != TM_NONE) return tm_contiguous(tm_cast(offsets, TM_INT64));
    tm_args a;
    tm_args_init(&a, TM_OP_arange);
    a.value[0].f = (double)ids->shape[0];
    return tm_mul(tm_apply(TM_OP_arange, &a, NULL), tm_scalar_int(ids->shape[1]));
}

static void set_list(tm_call *call, int arg, tm_tensor *x) { tm_set_arg(call, arg, x, 1, x->stride); }

FORWARD(embedding_bag) {
    tm_tensor *ids = a->in[IDS], *weight = a->in[WEIGHT];
    const tm_tensor *offsets = a->in[OFFSETS];
    if (!tm_ids_usable(TM_OP_embedding_bag, ids)) return;
    if (offsets != TM_NONE && (offsets->rank != 1 || !tm_ids_usable(TM_OP_embedding_bag, offsets))) {
        tm_fail(TM_MISUSE, "embedding_bag: offsets are one list of integers, got shape %s", tm_shape_text(offsets));
        return;
    }
    if (!bags_fit(a)) return;
    tm_tensor *list = tm_contiguous(flat(tm_cast(ids, TM_INT64))), *starts = offsets_of(ids, a->in[OFFSETS]);
    if (!list || !starts || !(weight = tm_contiguous(weight))) return;
    int64_t shape[2] = {starts->numel, weight->shape[1]};
    tm_tensor *y = tm_empty_on(tm_device_of(weight), 2, shape, weight->dtype);
    tm_tensor *winners = a->value[0].i == MAX ? tm_empty_on(tm_device_of(weight), 2, shape, TM_INT64) : NULL;
    if (!y || (a->value[0].i == MAX && !winners)) return;
    tm_call call;
    tm_call_init(&call, TM_OP_embedding_bag, 0, weight->dtype);
    call.rank = 2;
    memcpy(call.shape, shape, sizeof shape);
    tm_set_arg(&call, TM_OUT, y, 2, y->stride);
    tm_set_arg(&call, 1, weight, 2, weight->stride);
    set_list(&call, 2, list);
    set_list(&call, 3, starts);
    if (winners) tm_set_arg(&call, 4, winners, 2, winners->stride);
    call.value[0].i = weight->shape[0];
    call.value[1].i = a->value[0].i;
    call.value[2].i = list->numel;
    if (starts->numel && !tm_run(&call)) return;
    r->out = y;
    r->extra = winners;
}

/* The bag that each id is in, and how many ids each bag has. */
static bool bags_of(tm_rule *c, tm_tensor *list, tm_tensor *starts, tm_tensor **bags, tm_tensor **counts) {
    *bags = tm_empty_on(tm_device_of(c->g), 1, &list->numel, TM_INT64);
    *counts = tm_empty_on(tm_device_of(c->g), 1, &starts->numel, TM_INT64);
    if (!*bags || !*counts) return false;
    tm_call call;
    tm_call_init(&call, TM_OP_embedding_bag, 1, TM_INT64);
    call.rank = 1;
    call.shape[0] = starts->numel;
    set_list(&call, 0, *bags);
    set_list(&call, 1, *counts);
    set_list(&call, 3, starts);
    call.value[2].i = list->numel;
    return tm_run(&call);
}

/* Each element of a maximum came from one row: element (winner, column) of the table. */
static void give_winners(tm_rule *c) {
    const tm_edge *e = &c->node->edge[WEIGHT];
    int64_t width = e->shape[1], size = e->shape[0] * width;
    tm_args a;
    tm_args_init(&a, TM_OP_arange);
    a.value[0].f = (double)width;
    tm_tensor *columns = tm_apply(TM_OP_arange, &a, NULL);
    tm_tensor *won = tm_ge(c->node->extra, tm_scalar_int(0)); /* -1: of an empty bag */
    tm_tensor *winners = tm_maximum(c->node->extra, tm_scalar_int(0));
    tm_tensor *places = tm_add(tm_mul(winners, tm_scalar_int(width)), columns),
              *g = tm_where(won, c->g, tm_scalar_int(0));
    if (!places || !g) return give(c, WEIGHT, NULL);
    tm_tensor *table = tm_with_ids(TM_OP_index_add, tm_full(1, &size, 0, c->g->dtype), 0, flat(places), flat(g), 1);
    give(c, WEIGHT, tm_reshape(table, 2, e->shape));
}

BACKWARD(embedding_bag) {
    if (!need(c, WEIGHT)) return;
    int64_t mode = c->node->value[0].i;
    if (mode == MAX) return give_winners(c);
    tm_tensor *ids = kept(c, IDS), *offsets = c->node->n_edges > OFFSETS ? kept(c, OFFSETS) : TM_NONE;
    if (!ids || !offsets) return give(c, WEIGHT, NULL);
    tm_tensor *list = flat(tm_cast(ids, TM_INT64)), *starts = offsets_of(ids, offsets), *bags, *counts, *g = c->g;
    if (!list || !starts) return give(c, WEIGHT, NULL);
    if (starts->numel == 0) return give(c, WEIGHT, tm_full(2, c->node->edge[WEIGHT].shape, 0, g->dtype));
    if (!bags_of(c, list, starts, &bags, &counts)) return give(c, WEIGHT, NULL);
    if (mode == MEAN) {
        counts = tm_maximum(tm_cast(counts, g->dtype), tm_scalar_int(1));
        g = tm_div(g, tm_reshape(counts, 2, (int64_t[2]){starts->numel, 1}));
    }
    give_table(c, c->node->value[1].i, list, g, bags);
}
