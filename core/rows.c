/* rows.c: gradients kept as rows.
 *
 * A step over a batch of text uses a few thousand rows of a table of hundreds of thousands. The gradient of such a leaf
 * is a list of ids and a row for each (tm_rows), if the op was asked for it (sparse) and a leaf collects it. Only
 * leaves hold rows; between nodes, and where gradients are recorded, all gradients are dense.
 *
 * Equal ids are merged when they arrive: sorted, summed in the order in which they came, whatever the number of
 * threads. x.grad makes the dense gradient when somebody looks at it. The rows stay what the optimizer uses, unless the
 * dense one has been written to since: then that counts. */
#include "engine.h"

void tm_rows_release(tm_tensor *x) {
    tm_rows *rows = x->rows;
    if (!rows) return;
    x->rows = NULL;
    tm_release(rows->ids);
    tm_release(rows->values);
    tm_delete(rows);
}

bool tm_has_grad(const tm_tensor *x) { return x->grad || x->rows; }

const tm_rows *tm_rows_of(const tm_tensor *x) {
    if (!x->rows || (x->grad && tm_version(x->grad) != x->rows->version)) return NULL;
    return x->rows;
}

bool tm_grad_rows(const tm_tensor *x, tm_tensor **ids, tm_tensor **values) {
    const tm_rows *rows = tm_rows_of(x);
    *ids = rows ? rows->ids : NULL;
    *values = rows ? rows->values : NULL;
    return rows != NULL;
}

/* --- dense on demand ------------------------------------------------------------------------------------------ */

static tm_tensor *dense(const tm_tensor *x) {
    bool was = tm_set_recording(false);
    int scope = tm_scope_open();
    tm_tensor *y = tm_empty_on(tm_device_of(x), x->rank, x->shape, x->dtype);
    if (!y || !tm_fill(y, 0) || !tm_add_rows(y, x->rows->ids, x->rows->values)) y = NULL;
    tm_retain(y);
    tm_scope_close(scope);
    tm_set_recording(was);
    return y;
}

tm_tensor *tm_grad(const tm_tensor *x) {
    if (!x->rows || x->grad) return x->grad;
    tm_tensor *leaf = (tm_tensor *)x, *y = dense(x);
    if (!y) return NULL;
    leaf->rows->version = tm_version(y);
    leaf->grad = y;
    return y;
}

/* --- merging ---------------------------------------------------------------------------------------------------- */

/* Row from[i] of source (NULL: row i) belongs to id i, n of them. *ids and *values become the ids without repeats,
 * rising, and their sums. */
static bool merge(tm_tensor **ids, tm_tensor **values, tm_tensor *source, tm_tensor *from) {
    int64_t n = (*ids)->numel, width = source->shape[1], shape[2] = {n, width}, one = 1;
    const tm_device *device = tm_device_of(source);
    tm_tensor *rows = tm_empty_on(device, 2, shape, source->dtype), *each = tm_empty_on(device, 1, &n, TM_INT64);
    tm_tensor *count = tm_empty_on(device, 1, &one, TM_INT64);
    if (!rows || !each || !count) return false;
    tm_call call;
    tm_call_init(&call, TM_OP_embedding, 1, source->dtype);
    call.rank = 2;
    call.shape[0] = n;
    call.shape[1] = width;
    tm_set_arg(&call, 0, rows, 2, rows->stride);
    tm_set_arg(&call, 1, source, 2, source->stride);
    tm_set_arg(&call, 2, *ids, 2, (int64_t[2]){(*ids)->stride[0], 0});
    tm_set_arg(&call, 3, each, 2, (int64_t[2]){1, 0});
    tm_set_arg(&call, 4, count, 2, (int64_t[2]){0, 0});
    if (from) tm_set_arg(&call, 5, from, 2, (int64_t[2]){from->stride[0], 0});
    if (n && !tm_run(&call)) return false;
    shape[0] = n ? tm_element_int(count, 0) : 0;
    *ids = tm_view_of(each, 1, shape, each->stride, 0);
    *values = tm_view_of(rows, 2, shape, rows->stride, 0);
    return *ids && *values;
}

static tm_tensor *joined(tm_tensor *a, tm_tensor *b) {
    tm_args args;
    tm_args_init(&args, TM_OP_cat);
    args.many = (tm_tensor *[2]){a, b};
    args.n_many = 2;
    return tm_apply(TM_OP_cat, &args, NULL);
}

/* --- from a rule to a leaf ---------------------------------------------------------------------------------------- */

bool takes_rows(tm_rule *c, int i) {
    const tm_edge *e = &c->node->edge[i];
    return c->takes_rows && !tm_recording() && e->leaf && !e->leaf->hooks &&
           tm_device_of(c->g)->kernel[TM_OP_embedding][1];
}

void give_rows(tm_rule *c, int i, tm_tensor *ids, tm_tensor *source, tm_tensor *from) {
    tm_tensor *values = NULL;
    if (!ids || !source || !(source = tm_cast(source, c->node->edge[i].dtype)) || !merge(&ids, &values, source, from)) {
        c->failed = true;
        return;
    }
    c->gradient[i] = tm_retain(values);
    c->row_ids = tm_retain(ids);
}

static bool set_rows(tm_tensor *leaf, tm_tensor *ids, tm_tensor *values) {
    tm_rows *rows = tm_new(sizeof *rows);
    if (!rows) return false;
    *rows = (tm_rows){tm_retain(ids), tm_retain(values), 0};
    tm_rows_release(leaf);
    leaf->rows = rows;
    return true;
}

/* What is there already comes first in each sum. */
bool tm_collect_rows(tm_tensor *leaf, tm_tensor *ids, tm_tensor *values) {
    const tm_rows *there = tm_rows_of(leaf);
    if (!there && leaf->grad) {
        tm_rows_release(leaf); /* written to since */
        if (leaf->grad->storage->refs > 1 || !tm_is_contiguous(leaf->grad)) {
            tm_tensor *own = tm_clone(leaf->grad);
            if (!own) return false;
            tm_release(leaf->grad);
            leaf->grad = tm_retain(own);
        }
        tm_touch(leaf->grad);
        return tm_add_rows(leaf->grad, ids, values);
    }
    if (there) {
        tm_tensor *all = joined(there->values, values);
        ids = joined(there->ids, ids);
        if (!all || !ids || !merge(&ids, &values, all, NULL)) return false;
    }
    if (!set_rows(leaf, ids, values)) return false;
    tm_release(leaf->grad);
    leaf->grad = NULL;
    return true;
}
