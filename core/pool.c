/* pool.c: the largest element of each window. */
#include "windows.h"

/* values: ceil_mode, return_indices; lists: size, stride, padding, dilation */
enum { CEIL, INDICES };

static int64_t volume(const int64_t *size) { return size[0] * size[1] * size[2]; }

/* Has every window an element of x along axis d? One that begins in the padding in front may leap over a short x. */
static bool hold_elements(const tm_windows *g, int d, const tm_tensor *x) {
    for (int64_t before = g->padding[d]; before > 0 && g->x[d] < g->dilation[d]; before -= g->stride[d]) {
        int64_t first = (g->dilation[d] - before % g->dilation[d]) % g->dilation[d];
        if (first >= g->x[d])
            return tm_fail(TM_MISUSE,
                           "%s: x %s: dilation %lld leaps from the padding over all %lld elements there; use less of "
                           "either",
                           g->op, tm_shape_text(x), (long long)g->dilation[d], (long long)g->x[d]);
    }
    return true;
}

/* How many windows there are along an axis. A last one that is cut off counts with ceil_mode, if it begins inside x or
 * the padding in front (PyTorch's rule). */
static bool count_windows(tm_windows *g, const tm_tensor *x, bool up) {
    for (int d = 0; d < TM_WINDOW_AXES; d++) {
        int64_t window = g->dilation[d] * (g->k[d] - 1) + 1, room = g->x[d] + 2 * g->padding[d] - window;
        if (2 * g->padding[d] > g->k[d])
            return tm_fail(TM_MISUSE, "%s: padding %lld is more than half of the window's %lld", g->op,
                           (long long)g->padding[d], (long long)g->k[d]);
        if (room < 0 && !(up && room > -g->stride[d]))
            return tm_fail(TM_MISUSE, "%s: x %s: a window is %lld long there, and x, padded, only %lld", g->op,
                           tm_shape_text(x), (long long)window, (long long)(g->x[d] + 2 * g->padding[d]));
        g->y[d] = (room + (up ? g->stride[d] - 1 : 0)) / g->stride[d] + 1;
        if (up && (g->y[d] - 1) * g->stride[d] >= g->x[d] + g->padding[d]) g->y[d]--;
        if (g->y[d] < 1 || g->x[d] < 1) return tm_windows_over_nothing(g, x);
        if (!hold_elements(g, d, x)) return false;
    }
    return true;
}

static bool read_pool(tm_windows *g, const tm_tensor *x, const tm_value *value, const tm_list *list) {
    if (!tm_takes_float(g->op, x)) return false;
    const tm_list *stride = list[1].n > 0 ? &list[1] : &list[0]; /* windows side by side, unless told */
    if (!tm_windows_size(g, &list[0]) || !tm_windows_read(g, stride, &list[2], &list[3])) return false;
    if (x->rank != g->axes + 2 && x->rank != g->axes + 1)
        return tm_fail(TM_MISUSE, "%s: x has shape %s; expected (N, C, %s), or (C, %s) without a batch", g->op,
                       tm_shape_text(x), tm_windows_layout(g), tm_windows_layout(g));
    g->n = tm_product(x->rank - g->axes, x->shape);
    tm_windows_sizes(g, g->x, x);
    if ((double)g->x[0] * (double)g->x[1] * (double)g->x[2] > INT32_MAX)
        return tm_fail(TM_MISUSE,
                       "%s: x %s has more elements along the axes that windows move over than ids count to, %d", g->op,
                       tm_shape_text(x), INT32_MAX);
    return count_windows(g, x, value[CEIL].i);
}

/* The iteration is (planes, y's axes | the window's). */
static void start_call(tm_call *call, tm_op op, int part, const tm_windows *g, tm_dtype dtype) {
    tm_call_init(call, op, part, dtype);
    call->rank = 7;
    call->reduced = 3;
    call->shape[0] = g->n;
    for (int d = 0; d < TM_WINDOW_AXES; d++) {
        call->shape[1 + d] = g->y[d];
        call->shape[4 + d] = g->k[d];
        call->value[d].i = g->padding[d];
        call->value[TM_WINDOW_AXES + d].i = g->x[d];
    }
}

static void set_x(tm_call *call, int slot, const tm_windows *g, tm_tensor *x) {
    int64_t stride[TM_MAX_DIMS] = {volume(g->x)};
    tm_windows_strides(g, stride + 1, stride + 4);
    tm_set_arg(call, slot, x, 7, stride);
}

static void set_y(tm_call *call, int slot, const tm_windows *g, tm_tensor *y) {
    tm_set_arg(call, slot, y, 7, (int64_t[7]){volume(g->y), g->y[1] * g->y[2], g->y[2], 1});
}

static void forward(tm_op op, int axes, const tm_args *a, tm_result *r) {
    tm_windows g = {.op = tm_name(op), .axes = axes};
    tm_tensor *x = a->in[0];
    if (!read_pool(&g, x, a->value, a->list)) return;
    int64_t shape[TM_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    memcpy(shape + x->rank - axes, g.y + g.skip, sizeof(int64_t) * (size_t)axes);
    tm_tensor *y = tm_empty_on(tm_device_of(x), x->rank, shape, x->dtype);
    bool wanted = a->value[INDICES].i || tm_requires_grad(x); /* recording rests in here */
    tm_tensor *ids = wanted ? tm_empty_on(tm_device_of(x), x->rank, shape, TM_INT32) : NULL;
    if (!y || (wanted && !ids) || !(x = tm_contiguous(x))) return;
    tm_call call;
    start_call(&call, op, 0, &g, x->dtype);
    set_y(&call, 0, &g, y);
    set_x(&call, 1, &g, x);
    if (ids) set_y(&call, 2, &g, ids);
    if (y->numel && !tm_run(&call)) return;
    if (a->value[INDICES].i && !(r->second = tm_cast(ids, TM_INT64))) return;
    r->extra = ids;
    r->out = y;
}

/* g added to zeros at the places that won, in a kernel. */
static tm_tensor *scattered(tm_rule *c, const tm_windows *g, tm_tensor *dy) {
    const tm_edge *e = &c->node->edge[0];
    tm_tensor *dx = tm_empty_on(tm_device_of(dy), e->rank, e->shape, dy->dtype);
    if (!dx || !(dy = tm_contiguous(dy))) return NULL;
    tm_call call;
    start_call(&call, c->node->op, 1, g, dy->dtype);
    set_x(&call, 0, g, dx);
    set_y(&call, 1, g, dy);
    set_y(&call, 2, g, c->node->extra);
    return dx->numel == 0 || tm_run(&call) ? dx : NULL;
}

/* The same composed of ops: the places, counted through the whole of x. */
static tm_tensor *added(tm_rule *c, const tm_windows *g, tm_tensor *dy) {
    const tm_edge *e = &c->node->edge[0];
    int64_t n = tm_product(e->rank, e->shape), column[2] = {g->n, 1}, planes[2] = {g->n, volume(g->y)}, all[1] = {-1};
    tm_args a;
    tm_args_init(&a, TM_OP_arange);
    a.value[0].f = (double)g->n;
    tm_tensor *first = tm_mul(tm_apply(TM_OP_arange, &a, NULL), tm_scalar_int(volume(g->x)));
    tm_tensor *ids = tm_reshape(tm_cast(c->node->extra, TM_INT64), 2, planes);
    ids = tm_reshape(tm_add(ids, tm_reshape(first, 2, column)), 1, all);
    dy = tm_reshape(dy, 1, all);
    tm_tensor *zeros = tm_full(1, &n, 0, c->g->dtype);
    if (!ids || !dy || !zeros) return NULL;
    return tm_reshape(tm_with_ids(TM_OP_index_add, zeros, 0, ids, dy, 1), e->rank, e->shape);
}

static void backward(int axes, tm_rule *c) {
    const tm_edge *e = &c->node->edge[0];
    tm_windows g = {.op = tm_name(c->node->op), .axes = axes};
    tm_tensor x = {.rank = e->rank, .dtype = e->dtype};
    memcpy(x.shape, e->shape, sizeof e->shape);
    if (!read_pool(&g, &x, c->node->value, c->node->list)) return;
    bool composed = tm_recording() || c->g->numel == 0;
    give(c, 0, composed ? added(c, &g, c->g) : scattered(c, &g, c->g));
}

#define ROWS(n)                                                                                                        \
    void tm_forward_max_pool##n##d(const tm_args *a, tm_result *r);                                                    \
    void tm_backward_max_pool##n##d(tm_rule *c);                                                                       \
    void tm_forward_max_pool##n##d(const tm_args *a, tm_result *r) { forward(TM_OP_max_pool##n##d, n, a, r); }         \
    void tm_backward_max_pool##n##d(tm_rule *c) { backward(n, c); }
ROWS(1)
ROWS(2)
ROWS(3)
