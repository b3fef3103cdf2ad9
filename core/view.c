/* view.c: ops that look at the same bytes through another shape: reshape, transpose, expand, slice ...
 * Each gradient is the view undone. */
#include "engine.h"

/* --- reshape, view ----------------------------------------------------------------------------------------- */

/* The wanted shape with its -1 worked out. */
static bool solve_shape(tm_op op, const tm_tensor *x, const tm_list *wanted, int64_t *shape) {
    int unknown = -1;
    int64_t known = 1;
    for (int i = 0; i < wanted->n; i++) {
        shape[i] = wanted->v[i];
        if (shape[i] == -1 && unknown < 0) {
            unknown = i;
            continue;
        }
        if (shape[i] < 0 || __builtin_mul_overflow(known, shape[i], &known)) {
            tm_fail(TM_MISUSE, "%s: shape %s: sizes must be 0 or more, and one of them may be -1", tm_name(op),
                    tm_shape_words(wanted->n, wanted->v));
            return false;
        }
    }
    if (unknown >= 0 && known > 0 && x->numel % known == 0) {
        shape[unknown] = x->numel / known;
        return true;
    }
    if (unknown < 0 && known == x->numel) return true;
    tm_fail(TM_MISUSE, "%s: %s has %lld elements, which don't fit shape %s", tm_name(op), tm_shape_text(x),
            (long long)x->numel, tm_shape_words(wanted->n, wanted->v));
    return false;
}

/* Strides that show x's bytes in the new shape, if there are any. Runs of old axes that are walked as one are
 * split over runs of new axes with the same product. */
static bool reshaped_strides(const tm_tensor *x, int rank, const int64_t *shape, int64_t *stride) {
    int64_t old_shape[TM_MAX_RANK], old_stride[TM_MAX_RANK];
    int n = 0;
    for (int i = 0; i < x->rank; i++) {
        if (x->shape[i] == 1) continue;
        if (n && old_stride[n - 1] == x->stride[i] * x->shape[i]) {
            old_shape[n - 1] *= x->shape[i];
            old_stride[n - 1] = x->stride[i];
        } else {
            old_shape[n] = x->shape[i];
            old_stride[n++] = x->stride[i];
        }
    }
    int64_t left = 1, step = 1;
    for (int i = rank - 1; i >= 0; i--) {
        if (shape[i] != 1 && left == 1) {
            if (!n) return false;
            left = old_shape[--n];
            step = old_stride[n];
        }
        stride[i] = step;
        if (left % shape[i]) return false;
        left /= shape[i];
        step *= shape[i];
    }
    return left == 1 && n == 0;
}

static tm_tensor *reshaped(tm_op op, tm_tensor *x, const tm_list *wanted) {
    int64_t shape[TM_MAX_RANK], stride[TM_MAX_RANK];
    if (wanted->n == TM_ABSENT_LIST)
        return tm_fail(TM_MISUSE, "%s: needs a shape, for example x:%s(2, -1)", tm_name(op), tm_name(op));
    if (!solve_shape(op, x, wanted, shape)) return NULL;
    if (x->numel == 0) return tm_empty_on(tm_device_of(x), wanted->n, shape, x->dtype);
    if (x->weak && !(x = tm_clone(x))) return NULL;
    if (reshaped_strides(x, wanted->n, shape, stride)) return tm_view_of(x, wanted->n, shape, stride, x->offset);
    if (op == TM_OP_view)
        return tm_fail(
            TM_MISUSE,
            "view: %s with strides %s can't be seen as %s without a copy; use reshape, which copies where it must",
            tm_shape_text(x), tm_shape_words(x->rank, x->stride), tm_shape_words(wanted->n, shape));
    tm_tensor *y = tm_clone(x);
    if (!y || !reshaped_strides(y, wanted->n, shape, stride)) return NULL;
    y = tm_view_of(y, wanted->n, shape, stride, 0);
    if (y) y->is_view = false; /* the copy is its own */
    return y;
}

static void reshape_rule(tm_rule *c) { give(c, 0, tm_reshape(c->g, c->node->edge[0].rank, c->node->edge[0].shape)); }

FORWARD(reshape) { r->out = reshaped(TM_OP_reshape, a->in[0], &a->list[0]); }
FORWARD(view) { r->out = reshaped(TM_OP_view, a->in[0], &a->list[0]); }
BACKWARD(reshape) { reshape_rule(c); }
BACKWARD(view) { reshape_rule(c); }

static tm_tensor *apply_list(tm_op op, tm_tensor *x, int n, const int64_t *v) {
    tm_args a;
    tm_args_init(&a, op);
    a.in[0] = x;
    a.list[0].n = n;
    for (int i = 0; i < n; i++) a.list[0].v[i] = v[i];
    return x ? tm_apply(op, &a, NULL) : NULL;
}

tm_tensor *tm_reshape(tm_tensor *x, int rank, const int64_t *shape) {
    return apply_list(TM_OP_reshape, x, rank, shape);
}
tm_tensor *tm_expand(tm_tensor *x, int rank, const int64_t *shape) { return apply_list(TM_OP_expand, x, rank, shape); }
tm_tensor *tm_permute(tm_tensor *x, int rank, const int64_t *order) {
    return apply_list(TM_OP_permute, x, rank, order);
}

/* --- axes in another order ---------------------------------------------------------------------------------------- */

static tm_tensor *reordered(tm_tensor *x, const int *order) {
    int64_t shape[TM_MAX_RANK], stride[TM_MAX_RANK];
    for (int i = 0; i < x->rank; i++) {
        shape[i] = x->shape[order[i]];
        stride[i] = x->stride[order[i]];
    }
    return tm_view_of(x, x->rank, shape, stride, x->offset);
}

static tm_tensor *exchanged(tm_tensor *x, int one, int two) {
    int order[TM_MAX_RANK];
    for (int i = 0; i < x->rank; i++) order[i] = i == one ? two : i == two ? one : i;
    return reordered(x, order);
}

FORWARD(transpose) {
    tm_tensor *x = a->in[0];
    int one = tm_axis("transpose", a->value[0].i, x->rank),
        two = one < 0 ? -1 : tm_axis("transpose", a->value[1].i, x->rank);
    if (two >= 0) r->out = exchanged(x, one, two);
}

BACKWARD(transpose) {
    tm_args a;
    tm_args_init(&a, TM_OP_transpose);
    a.in[0] = c->g;
    a.value[0] = c->node->value[0];
    a.value[1] = c->node->value[1];
    give(c, 0, tm_apply(TM_OP_transpose, &a, NULL));
}

FORWARD(t) {
    tm_tensor *x = a->in[0];
    if (x->rank > 2) {
        tm_fail(TM_MISUSE, "t: expected a matrix, got shape %s; x:transpose(-2, -1) exchanges the last two axes",
                tm_shape_text(x));
        return;
    }
    r->out = x->rank == 2 ? exchanged(x, 0, 1) : tm_alias(x);
}

BACKWARD(t) { give(c, 0, tm_apply1(TM_OP_t, c->g)); }

/* The order as 0-based axes, from 1-based or negative ones. */
static bool read_order(const tm_list *list, int rank, int *order) {
    unsigned seen = 0;
    for (int i = 0; i < rank && i < list->n; i++) {
        int64_t axis = list->v[i];
        order[i] = (int)(axis < 0 ? axis + rank : axis - 1);
        if (axis == 0 || axis > rank || axis < -rank || seen & 1u << order[i]) break;
        seen |= 1u << order[i];
    }
    if (list->n == rank && seen == (1u << rank) - 1) return true;
    tm_fail(TM_MISUSE, "permute: expected each of the axes 1..%d once, got %s", rank,
            list->n < 0 ? "nothing" : tm_shape_words(list->n, list->v));
    return false;
}

FORWARD(permute) {
    int order[TM_MAX_RANK];
    if (read_order(&a->list[0], a->in[0]->rank, order)) r->out = reordered(a->in[0], order);
}

BACKWARD(permute) {
    int order[TM_MAX_RANK], rank = c->node->edge[0].rank;
    int64_t back[TM_MAX_RANK];
    if (!read_order(&c->node->list[0], rank, order)) return;
    for (int i = 0; i < rank; i++) back[order[i]] = i + 1;
    give(c, 0, tm_permute(c->g, rank, back));
}

/* --- axes of size 1 ----------------------------------------------------------------------------------------------- */

FORWARD(squeeze) {
    tm_tensor *x = a->in[0];
    int64_t shape[TM_MAX_RANK], stride[TM_MAX_RANK];
    bool all = a->list[0].n == TM_ABSENT_LIST, named[TM_MAX_RANK] = {false};
    int n = 0;
    for (int k = 0; k < a->list[0].n; k++) {
        int axis = tm_axis("squeeze", a->list[0].v[k], x->rank);
        if (axis < 0) return;
        named[axis] = true;
    }
    for (int i = 0; i < x->rank; i++) {
        if (x->shape[i] == 1 && (all || named[i])) continue;
        shape[n] = x->shape[i];
        stride[n++] = x->stride[i];
    }
    r->out = tm_view_of(x, n, shape, stride, x->offset);
}

/* axis is the position of the new axis: 1 .. rank + 1, or -1 for behind the last. */
FORWARD(unsqueeze) {
    tm_tensor *x = a->in[0];
    int64_t axis = a->value[0].i, shape[TM_MAX_RANK + 1], stride[TM_MAX_RANK + 1];
    int at = (int)(axis < 0 ? axis + x->rank + 1 : axis - 1);
    if (axis == 0 || axis > x->rank + 1 || axis < -x->rank - 1) {
        tm_fail(
            TM_MISUSE,
            "unsqueeze: position %lld is out of range; a new axis of a tensor with %d can stand at 1..%d or -%d..-1",
            (long long)axis, x->rank, x->rank + 1, x->rank + 1);
        return;
    }
    for (int i = 0; i < x->rank; i++) {
        shape[i + (i >= at)] = x->shape[i];
        stride[i + (i >= at)] = x->stride[i];
    }
    shape[at] = 1;
    stride[at] = at < x->rank ? x->shape[at] * x->stride[at] : 1;
    r->out = tm_view_of(x, x->rank + 1, shape, stride, x->offset);
}

BACKWARD(squeeze) { reshape_rule(c); }
BACKWARD(unsqueeze) { reshape_rule(c); }

/* --- expand ------------------------------------------------------------------------------------------------------- */

FORWARD(expand) {
    tm_tensor *x = a->in[0];
    const tm_list *wanted = &a->list[0];
    int64_t shape[TM_MAX_RANK], stride[TM_MAX_RANK];
    int skip = wanted->n - x->rank;
    if (skip < 0) {
        tm_fail(TM_MISUSE, "expand: shape %s has fewer axes than the tensor's %s",
                wanted->n < 0 ? "()" : tm_shape_words(wanted->n, wanted->v), tm_shape_text(x));
        return;
    }
    for (int i = 0; i < wanted->n; i++) {
        int64_t old = i < skip ? 1 : x->shape[i - skip];
        shape[i] = wanted->v[i] == -1 && i >= skip ? old : wanted->v[i];
        stride[i] = old == 1 && shape[i] != 1 ? 0 : i < skip ? 0 : x->stride[i - skip];
        if (shape[i] < 0 || (old != 1 && shape[i] != old)) {
            tm_fail(TM_MISUSE, "expand: %s can't become %s: only axes of size 1, and new ones in front, can grow",
                    tm_shape_text(x), tm_shape_words(wanted->n, wanted->v));
            return;
        }
    }
    if (x->weak) x = tm_clone(x);
    if (x) r->out = tm_view_of(x, wanted->n, shape, stride, x->offset);
}

BACKWARD(expand) { give(c, 0, c->g); } /* give() sums over what was repeated */

/* --- slices ------------------------------------------------------------------------------------------------------- */

/* lists: start (0-based), size, step of each axis; value[0]: bits of the axes that a single position drops. */
static tm_tensor *sliced(tm_tensor *x, const tm_list *list, int64_t dropped) {
    int64_t shape[TM_MAX_RANK], stride[TM_MAX_RANK], offset = x->offset;
    int n = 0;
    for (int i = 0; i < x->rank; i++) {
        int64_t start = list[0].v[i], size = list[1].v[i], step = list[2].v[i];
        if (start < 0 || size < 0 || step < 1 || (size > 0 && start + (size - 1) * step >= x->shape[i]))
            return tm_fail(TM_MISUSE,
                           "slice: axis %d has size %lld; the range starts at %lld and takes %lld elements %lld apart",
                           i + 1, (long long)x->shape[i], (long long)start + 1, (long long)size, (long long)step);
        if (size) offset += start * x->stride[i];
        if (dropped >> i & 1) continue;
        shape[n] = size;
        stride[n++] = x->stride[i] * step;
    }
    return tm_view_of(x, n, shape, stride, offset);
}

static bool ranges_match(const char *op, const tm_tensor *x, const tm_list *list) {
    if (list[0].n == x->rank && list[1].n == x->rank && list[2].n == x->rank) return true;
    tm_fail(TM_MISUSE, "%s: the index speaks of %d axes, the tensor has %d", op, list[0].n < 0 ? 0 : list[0].n,
            x->rank);
    return false;
}

FORWARD(slice) {
    if (ranges_match("slice", a->in[0], a->list)) r->out = sliced(a->in[0], a->list, a->value[0].i);
}

static tm_tensor *with_index(tm_op op, const tm_node *from, tm_tensor *x, tm_tensor *value) {
    tm_args a;
    tm_args_init(&a, op);
    a.in[0] = x;
    a.in[1] = value;
    a.value[0] = from->value[0];
    memcpy(a.list, from->list, 3 * sizeof(tm_list));
    return tm_apply(op, &a, NULL);
}

/* g laid into zeros. */
BACKWARD(slice) {
    const tm_edge *e = &c->node->edge[0];
    give(c, 0, with_index(TM_OP_assign_slice, c->node, tm_full(e->rank, e->shape, 0, c->g->dtype), c->g));
}

void tm_assign(const tm_args *a);
void tm_assign(const tm_args *a) {
    tm_tensor *x = a->in[0], *value = a->in[1];
    if (!ranges_match("assignment", x, a->list)) return;
    tm_tensor *part = sliced(x, a->list, a->value[0].i);
    int64_t shape[TM_MAX_RANK];
    int rank;
    if (!part || !value || !tm_broadcast_shape("assignment", 2, (tm_tensor *[]){part, value}, &rank, shape)) return;
    if (rank != part->rank || memcmp(shape, part->shape, sizeof(int64_t) * rank)) {
        tm_fail(TM_MISUSE, "assignment: a value of shape %s doesn't fit the selected part, which has shape %s",
                tm_shape_text(value), tm_shape_text(part));
        return;
    }
    if (!tm_dtype_is_float(part->dtype) && tm_dtype_is_float(value->dtype) &&
        (!value->weak || part->dtype == TM_BOOL)) {
        tm_fail(
            TM_MISUSE,
            "assignment: the value is %s and would lose its fraction in x, which is %s; cast it first: value:to('%s')",
            tm_dtype_name(value->dtype), tm_dtype_name(part->dtype), tm_dtype_name(part->dtype));
        return;
    }
    if (!tm_dtype_is_float(part->dtype) && value->weak && value->dtype == TM_FLOAT64) {
        tm_fail(TM_MISUSE, "assignment: %g would lose its fraction in x, which is %s", value->scalar.f,
                tm_dtype_name(part->dtype));
        return;
    }
    tm_write(part, value);
}

FORWARD(assign_slice) {
    tm_args copy = *a;
    if (!(copy.in[0] = tm_clone(a->in[0]))) return;
    tm_assign(&copy);
    if (tm_error() == TM_OK) r->out = copy.in[0];
}

BACKWARD(assign_slice) {
    if (need(c, 0)) give(c, 0, with_index(TM_OP_assign_slice, c->node, c->g, tm_scalar_int(0)));
    if (need(c, 1)) give(c, 1, with_index(TM_OP_slice, c->node, c->g, TM_NONE));
}

/* --- cat ---------------------------------------------------------------------------------------------------------- */

static bool cat_fits(tm_tensor *const *xs, int n, int axis, int64_t *total, tm_dtype *dtype) {
    const tm_tensor *x = xs[0];
    *total = 0;
    *dtype = x->dtype;
    for (int k = 0; k < n; k++) {
        *dtype = tm_promote(*dtype, xs[k]->dtype);
        bool fits = xs[k]->rank == x->rank;
        for (int i = 0; fits && i < x->rank; i++) fits = i == axis || xs[k]->shape[i] == x->shape[i];
        if (!fits) {
            tm_fail(TM_MISUSE, "cat: tensor %d has shape %s, the first %s; all sizes but that of axis %d must agree",
                    k + 1, tm_shape_text(xs[k]), tm_shape_text(x), axis + 1);
            return false;
        }
        *total += xs[k]->shape[axis];
    }
    return true;
}

tm_tensor *tm_part_of(tm_tensor *y, int axis, int64_t start, int64_t size) {
    if (!y) return NULL;
    tm_args a;
    tm_args_init(&a, TM_OP_slice);
    a.in[0] = y;
    for (int i = 0; i < y->rank; i++) {
        a.list[0].v[i] = i == axis ? start : 0;
        a.list[1].v[i] = i == axis ? size : y->shape[i];
        a.list[2].v[i] = 1;
    }
    a.list[0].n = a.list[1].n = a.list[2].n = y->rank;
    return tm_apply(TM_OP_slice, &a, NULL);
}

FORWARD(cat) {
    if (a->n_many == 0) {
        tm_fail(TM_MISUSE, "cat: expected a list with at least one tensor");
        return;
    }
    int64_t total, shape[TM_MAX_RANK], start = 0;
    tm_dtype dtype;
    tm_tensor *x = a->many[0];
    int axis = tm_axis("cat", a->value[0].i, x->rank);
    if (axis < 0 || !cat_fits(a->many, a->n_many, axis, &total, &dtype)) return;
    memcpy(shape, x->shape, sizeof shape);
    shape[axis] = total;
    tm_tensor *y = tm_empty_on(tm_device_of(x), x->rank, shape, dtype);
    for (int k = 0; y && k < a->n_many; start += a->many[k++]->shape[axis])
        if (!tm_write(tm_part_of(y, axis, start, a->many[k]->shape[axis]), a->many[k])) return;
    r->out = y;
}

BACKWARD(cat) {
    int axis = tm_axis("cat", c->node->value[0].i, c->node->rank);
    int64_t start = 0;
    for (int k = 0; k < c->node->n_edges; start += c->node->edge[k++].shape[axis])
        if (need(c, k)) give(c, k, tm_part_of(c->g, axis, start, c->node->edge[k].shape[axis]));
}
