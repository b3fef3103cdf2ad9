/* strided.c: views that pick elements of x by strides of their own (diagonal, unfold, as_strided), and flip.
 *
 * A picture says where the elements of such a view lie, as strides over some walk through x. Laid over x's own strides
 * it gives the view; laid over row-major order it gives the ids at which index_add puts the gradient back: elements
 * that the view shows twice collect both. */
#include "engine.h"

typedef struct picture {
    int rank;
    int64_t offset, shape[TM_MAX_RANK], stride[TM_MAX_RANK];
} picture;

/* What a picture is laid over: x, or the shape of an input in row-major order. */
typedef struct ground {
    int rank;
    const int64_t *shape, *stride;
} ground;

typedef bool (*draw_fn)(const ground *x, const tm_value *value, const tm_list *list, picture *p);

static void view(tm_op op, draw_fn draw, const tm_args *a, tm_result *r) {
    tm_tensor *x = a->in[0];
    picture p;
    if (x->weak) x = tm_clone(x);
    if (!x || !draw(&(ground){x->rank, x->shape, x->stride}, a->value, a->list, &p)) return;
    if (p.rank > TM_MAX_RANK)
        tm_fail(TM_MISUSE, "%s: a tensor has at most %d axes, not %d", tm_name(op), TM_MAX_RANK, p.rank);
    else
        r->out = tm_view_of(x, p.rank, p.shape, p.stride, x->offset + p.offset);
}

/* The ids, in row-major order of x's n elements, of what the picture shows. */
static tm_tensor *ids_of(const picture *p) {
    tm_tensor *ids = tm_full(p->rank, p->shape, (double)p->offset, TM_INT64);
    for (int i = 0; i < p->rank; i++) {
        int64_t line[TM_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
        line[i] = p->shape[i];
        tm_args a;
        tm_args_init(&a, TM_OP_arange);
        a.value[0].f = (double)p->shape[i];
        tm_tensor *along = tm_reshape(tm_apply(TM_OP_arange, &a, NULL), p->rank, line);
        ids = tm_add(ids, tm_mul(along, tm_scalar_int(p->stride[i])));
    }
    return ids ? tm_reshape(ids, 1, (int64_t[1]){-1}) : NULL;
}

static void lay_back(draw_fn draw, tm_rule *c) {
    const tm_edge *e = &c->node->edge[0];
    int64_t stride[TM_MAX_RANK], n = 1;
    for (int i = e->rank - 1; i >= 0; n *= e->shape[i--]) stride[i] = n;
    picture p;
    if (!draw(&(ground){e->rank, e->shape, stride}, c->node->value, c->node->list, &p)) return;
    tm_args a;
    tm_args_init(&a, TM_OP_index_add);
    a.in[0] = tm_full(1, &n, 0, c->g->dtype);
    a.in[1] = ids_of(&p);
    a.in[2] = tm_reshape(c->g, 1, (int64_t[1]){c->g->numel});
    a.value[0].i = 0;
    a.value[1].f = 1;
    give(c, 0, tm_reshape(tm_apply(TM_OP_index_add, &a, NULL), e->rank, e->shape));
}

#define VIEW(name)                                                                                                     \
    void tm_forward_##name(const tm_args *a, tm_result *r);                                                            \
    void tm_backward_##name(tm_rule *c);                                                                               \
    void tm_forward_##name(const tm_args *a, tm_result *r) { view(TM_OP_##name, draw_##name, a, r); }                  \
    void tm_backward_##name(tm_rule *c) { lay_back(draw_##name, c); }

/* --- diagonal: values offset, axis1, axis2 ------------------------------------------------------------------- */

static bool draw_diagonal(const ground *x, const tm_value *value, const tm_list *list, picture *p) {
    (void)list;
    int64_t offset = value[0].i;
    int one = tm_axis("diagonal", value[1].i, x->rank), two = one < 0 ? -1 : tm_axis("diagonal", value[2].i, x->rank);
    if (two < 0) return false;
    if (one == two) {
        tm_fail(TM_MISUSE, "diagonal: needs two axes, got axis %d twice", one + 1);
        return false;
    }
    p->rank = 0;
    p->offset = 0;
    for (int i = 0; i < x->rank; i++) {
        if (i == one || i == two) continue;
        p->shape[p->rank] = x->shape[i];
        p->stride[p->rank++] = x->stride[i];
    }
    int64_t rows = x->shape[one] - (offset < 0 ? -offset : 0), columns = x->shape[two] - (offset > 0 ? offset : 0);
    int64_t n = rows < columns ? rows : columns;
    if (n > 0) p->offset = offset > 0 ? offset * x->stride[two] : -offset * x->stride[one];
    p->shape[p->rank] = n > 0 ? n : 0;
    p->stride[p->rank++] = x->stride[one] + x->stride[two];
    return true;
}

VIEW(diagonal)

/* --- unfold: values axis, size, step ----------------------------------------------------------------------------- */

static bool draw_unfold(const ground *x, const tm_value *value, const tm_list *list, picture *p) {
    (void)list;
    int axis = tm_axis("unfold", value[0].i, x->rank);
    int64_t size = value[1].i, step = value[2].i;
    if (axis < 0) return false;
    if (size < 0 || size > x->shape[axis] || step < 1) {
        tm_fail(TM_MISUSE,
                "unfold: windows of %lld elements every %lld along axis %d, which has %lld: the size must be in 0 .. "
                "%lld, the step at least 1",
                (long long)size, (long long)step, axis + 1, (long long)x->shape[axis], (long long)x->shape[axis]);
        return false;
    }
    p->rank = x->rank + 1;
    p->offset = 0;
    if (p->rank > TM_MAX_RANK) return true; /* refused by view */
    memcpy(p->shape, x->shape, sizeof(int64_t) * (size_t)x->rank);
    memcpy(p->stride, x->stride, sizeof(int64_t) * (size_t)x->rank);
    p->shape[axis] = (x->shape[axis] - size) / step + 1;
    p->stride[axis] = x->stride[axis] * step;
    p->shape[x->rank] = size;
    p->stride[x->rank] = x->stride[axis];
    return true;
}

VIEW(unfold)

/* --- as_strided: lists shape, strides; value offset --------------------------------------------------------------- */

static bool draw_as_strided(const ground *x, const tm_value *value, const tm_list *list, picture *p) {
    const tm_list *shape = &list[0], *stride = &list[1];
    int64_t n = tm_product(x->rank, x->shape), last = value[0].i, step = 1;
    int rank = shape->n < 0 ? 0 : shape->n;
    bool fits = stride->n == rank || (rank == 0 && stride->n < 0), row_major = true, some = true;
    for (int i = x->rank - 1; i >= 0; step *= x->shape[i--])
        row_major &= x->shape[i] == 1 || x->stride[i] == step || n == 0;
    *p = (picture){.rank = rank, .offset = value[0].i};
    for (int i = 0; fits && i < rank; i++) {
        int64_t span;
        p->shape[i] = shape->v[i];
        p->stride[i] = stride->v[i];
        fits = shape->v[i] >= 0 && stride->v[i] >= 0;
        some &= shape->v[i] != 0;
        if (fits && some &&
            (__builtin_mul_overflow(shape->v[i] - 1, stride->v[i], &span) || __builtin_add_overflow(last, span, &last)))
            fits = false;
    }
    if (!row_major) {
        tm_fail(TM_MISUSE,
                "as_strided: counts x's elements in row-major order, and x, of shape %s, doesn't lie so; use "
                "x:contiguous() first",
                tm_shape_words(x->rank, x->shape));
    } else if (!fits || p->offset < 0 || (some && last >= n)) {
        tm_fail(TM_MISUSE,
                "as_strided: shape %s with strides %s from element %lld on doesn't stay inside the %lld elements of x "
                "(each axis needs a size and a stride, both 0 or more)",
                tm_shape_words(rank, shape->v), tm_shape_words(stride->n < 0 ? 0 : stride->n, stride->v),
                (long long)p->offset, (long long)n);
    } else {
        if (!some) p->offset = 0;
        return true;
    }
    return false;
}

VIEW(as_strided)

/* --- flip --------------------------------------------------------------------------------------------------------- */

/* A copy of a view that walks backwards: such strides never leave this file. */
FORWARD(flip) {
    tm_tensor *x = a->in[0];
    int64_t stride[TM_MAX_RANK], offset = x->offset;
    bool turned[TM_MAX_RANK] = {false};
    for (int k = 0; k < a->list[0].n; k++) {
        int axis = tm_axis("flip", a->list[0].v[k], x->rank);
        if (axis < 0) return;
        turned[axis] = true;
    }
    for (int i = 0; i < x->rank; i++) {
        stride[i] = turned[i] ? -x->stride[i] : x->stride[i];
        if (turned[i] && x->numel) offset += (x->shape[i] - 1) * x->stride[i];
    }
    r->out = tm_clone(x->weak ? x : tm_view_of(x, x->rank, x->shape, stride, offset));
}

BACKWARD(flip) {
    tm_args a;
    tm_args_init(&a, TM_OP_flip);
    a.in[0] = c->g;
    a.list[0] = c->node->list[0];
    give(c, 0, tm_apply(TM_OP_flip, &a, NULL));
}
