/* convolve.c: convolutions of one to three axes, their transposes, and the gradient of their weights.
 *
 * The three are each other's gradients. In the terms of the forward direction, with x, w and y and what flows back
 * into any of them:
 *     conv(x, w) = y        conv_transpose(y, w) = x        conv_weight(x, y) = w
 * Each is linear in its two inputs, and the gradient by one of them is the op of the three that gives it. So
 * derivatives of any order run in the same kernels. */
#include "windows.h"

/* --- reading the arguments ---------------------------------------------------------------------------------------- */

static bool read_options(tm_windows *g, int64_t groups, const tm_list *stride, const tm_list *padding,
                         const tm_list *dilation) {
    g->groups = groups;
    if (groups < 1) return tm_fail(TM_MISUSE, "%s: groups is %lld; at least 1", g->op, (long long)groups);
    return tm_windows_read(g, stride, padding, dilation);
}

/* padding = 'same': so much that a stride of 1 keeps the size; of an odd number of places the last is behind. */
static bool pad_same(tm_windows *g, const tm_list *padding) {
    if (padding->n != TM_WORD_LIST(0)) return true;
    for (int d = g->skip; d < TM_WINDOW_AXES; d++) {
        int64_t total = g->dilation[d] * (g->k[d] - 1);
        if (g->stride[d] != 1)
            return tm_fail(TM_MISUSE,
                           "%s: padding = 'same' keeps the size of x, which a stride of %lld can't; use 1, or "
                           "say how much padding there is",
                           g->op, (long long)g->stride[d]);
        g->padding[d] = total / 2;
        g->behind[d] = total % 2;
    }
    return true;
}

/* Float tensors of one dtype, and x of the right rank: a batch, or a single one. */
static bool is_usable(const tm_windows *g, const tm_tensor *x, const tm_tensor *w, const char *second) {
    if (x->weak || w->weak)
        tm_fail(TM_MISUSE, "%s: expected tensors, got a number", g->op);
    else if (!tm_dtype_is_float(x->dtype) || x->dtype != w->dtype)
        tm_fail(TM_MISUSE,
                "%s: expected two float32 or two float64 tensors, got %s and %s; cast one with :to('float32')", g->op,
                tm_dtype_name(x->dtype), tm_dtype_name(w->dtype));
    else if (x->rank != g->axes + 2 && x->rank != g->axes + 1)
        tm_fail(TM_MISUSE, "%s: x has shape %s; expected (N, C, %s), or (C, %s) without a batch", g->op,
                tm_shape_text(x), tm_windows_layout(g), tm_windows_layout(g));
    else if (w->rank != g->axes + 2)
        tm_fail(TM_MISUSE, "%s: %s has shape %s; expected %d axes", g->op, second, tm_shape_text(w), g->axes + 2);
    return tm_error() == TM_OK;
}

static bool bias_fits(const tm_windows *g, const tm_tensor *bias, int64_t channels, tm_dtype dtype) {
    if (bias == TM_NONE || (bias->rank == 1 && bias->shape[0] == channels && bias->dtype == dtype)) return true;
    return tm_fail(TM_MISUSE, "%s: bias is %s of shape %s; expected %s of shape (%lld)", g->op,
                   tm_dtype_name(bias->dtype), tm_shape_text(bias), tm_dtype_name(dtype), (long long)channels);
}

/* --- the call ----------------------------------------------------------------------------------------------------- */

static int64_t volume(const int64_t *size) { return size[0] * size[1] * size[2]; }

/* The iteration is (n, groups, co, y's axes | ci, taps): see kernels/cpu/convolve.c. */
static void set_x(tm_call *call, int slot, const tm_windows *g, tm_tensor *x) {
    int64_t stride[TM_MAX_DIMS] = {g->groups * g->ci * volume(g->x), g->ci * volume(g->x)};
    stride[6] = volume(g->x);
    tm_windows_strides(g, stride + 3, stride + 7);
    tm_set_arg(call, slot, x, TM_MAX_DIMS, stride);
}

static void set_y(tm_call *call, int slot, const tm_windows *g, tm_tensor *y) {
    int64_t v = volume(g->y);
    int64_t stride[TM_MAX_DIMS] = {g->groups * g->co * v, g->co * v, v, g->y[1] * g->y[2], g->y[2], 1};
    tm_set_arg(call, slot, y, TM_MAX_DIMS, stride);
}

static void set_w(tm_call *call, int slot, const tm_windows *g, tm_tensor *w) {
    int64_t v = volume(g->k);
    int64_t stride[TM_MAX_DIMS] = {0, g->co * g->ci * v, g->ci * v, 0, 0, 0, v, g->k[1] * g->k[2], g->k[2], 1};
    tm_set_arg(call, slot, w, TM_MAX_DIMS, stride);
}

static void start_call(tm_call *call, tm_op op, const tm_windows *g, tm_dtype dtype) {
    tm_call_init(call, op, 0, dtype);
    call->rank = TM_MAX_DIMS;
    call->reduced = 4;
    const int64_t shape[TM_MAX_DIMS] = {g->n,    g->groups, g->co,   g->y[0], g->y[1],
                                        g->y[2], g->ci,     g->k[0], g->k[1], g->k[2]};
    memcpy(call->shape, shape, sizeof shape);
    for (int d = 0; d < TM_WINDOW_AXES; d++) {
        call->value[d].i = g->padding[d];
        call->value[TM_WINDOW_AXES + d].i = g->x[d];
    }
}

static bool is_empty(const tm_windows *g) { return g->n == 0 || g->co == 0 || g->ci == 0; }

/* --- conv --------------------------------------------------------------------------------------------------------- */

/* With one window along an axis the stride moves nothing, and the kernels keep a phase of x for each step of it. */
static bool without_idle_strides(tm_windows *g) {
    for (int d = 0; d < TM_WINDOW_AXES; d++)
        if (g->y[d] == 1) g->stride[d] = 1;
    return true;
}

/* Sizes of y from those of x. */
static bool y_sizes(tm_windows *g, const tm_tensor *x, const tm_tensor *w) {
    for (int d = 0; d < TM_WINDOW_AXES; d++) {
        int64_t window = g->dilation[d] * (g->k[d] - 1) + 1, padded = g->x[d] + 2 * g->padding[d] + g->behind[d];
        if (padded < window || g->k[d] < 1)
            return tm_fail(
                TM_MISUSE,
                "%s: x %s, weight %s: a window is %lld long there, and x, padded, only %lld; pad more, or use "
                "smaller weights",
                g->op, tm_shape_text(x), tm_shape_text(w), (long long)window, (long long)padded);
        if (g->x[d] < 1) return tm_windows_over_nothing(g, x);
        g->y[d] = (padded - window) / g->stride[d] + 1;
    }
    return true;
}

static bool conv_geometry(tm_windows *g, const tm_tensor *x, const tm_tensor *w, const tm_tensor *bias,
                          const tm_list *padding) {
    if (!is_usable(g, x, w, "weight")) return false;
    int64_t channels = x->shape[1];
    g->n = x->shape[0];
    g->ci = w->shape[1];
    g->co = w->shape[0] / g->groups;
    tm_windows_sizes(g, g->x, x);
    tm_windows_sizes(g, g->k, w);
    if (channels != g->ci * g->groups)
        return tm_fail(TM_MISUSE,
                       "%s: x %s has %lld channels, and weight %s in %lld group%s takes %lld: weight is (out, in / "
                       "groups, %s)",
                       g->op, tm_shape_text(x), (long long)channels, tm_shape_text(w), (long long)g->groups,
                       g->groups == 1 ? "" : "s", (long long)(g->ci * g->groups), tm_windows_layout(g));
    if (w->shape[0] % g->groups)
        return tm_fail(TM_MISUSE, "%s: weight %s has %lld outputs, which %lld groups can't share", g->op,
                       tm_shape_text(w), (long long)w->shape[0], (long long)g->groups);
    return pad_same(g, padding) && y_sizes(g, x, w) && bias_fits(g, bias, w->shape[0], x->dtype) &&
           without_idle_strides(g);
}

/* A tensor like the op's input, with or without a batch axis, of other channels and sizes. */
static tm_tensor *new_result(const tm_args *a, const tm_windows *g, int64_t channels, const int64_t *sizes) {
    const tm_tensor *x = a->in[0];
    int64_t shape[TM_MAX_RANK] = {g->n, channels};
    memcpy(shape + 2, sizes + g->skip, sizeof(int64_t) * (size_t)g->axes);
    return tm_empty_on(tm_device_of(x), x->rank, shape + (g->axes + 2 - x->rank), x->dtype);
}

static tm_tensor *convolved(tm_op op, int axes, const tm_args *a) {
    tm_windows g = {.op = tm_name(op), .axes = axes};
    tm_tensor *x = tm_as_batch(a->in[0], axes), *w = a->in[1], *bias = a->in[2];
    if (!x || !read_options(&g, a->value[0].i, &a->list[0], &a->list[1], &a->list[2]) ||
        !conv_geometry(&g, x, w, bias, &a->list[1]))
        return NULL;
    tm_tensor *y = new_result(a, &g, g.co * g.groups, g.y);
    x = tm_contiguous(x);
    w = tm_contiguous(w);
    if (bias != TM_NONE) bias = tm_contiguous(bias);
    if (!x || !w || !bias || !y) return NULL;
    tm_call call;
    start_call(&call, op, &g, x->dtype);
    call.value[6].i = a->value[1].i;
    set_y(&call, 0, &g, y);
    set_x(&call, 1, &g, x);
    set_w(&call, 2, &g, w);
    if (bias != TM_NONE) tm_set_arg(&call, 3, bias, TM_MAX_DIMS, (int64_t[TM_MAX_DIMS]){0, g.co, 1});
    return y->numel == 0 || tm_run(&call) ? y : NULL;
}

static void forward_conv(tm_op op, int axes, const tm_args *a, tm_result *r) {
    r->out = convolved(op, axes, a);
    if (!a->value[1].i) r->keeps &= ~(unsigned)KEEP_Y;
}

/* The sum over all axes but the channels'. */
static tm_tensor *bias_gradient(tm_tensor *g) {
    int64_t axes[TM_MAX_RANK], n = 0;
    for (int i = 0; g && i < g->rank; i++)
        if (i != 1) axes[n++] = i;
    return g ? tm_sum(g, (int)n, axes, false) : NULL;
}

/* *g where the ReLU let y pass, and the bias's gradient if it is needed: in one pass, or with a history composed. */
static void back_to_product(tm_rule *c, int axes, tm_tensor **g, tm_tensor **bias) {
    bool relu = c->node->value[1].i;
    if (!tm_recording() && (*g)->contiguous && (*g)->numel && tm_has_kernel(tm_device_of(*g), c->node->op, 1)) {
        int64_t n = (*g)->shape[0], channels = (*g)->shape[1];
        tm_masked(c, relu, 3, (int64_t[3]){n, channels, (*g)->numel / n / channels}, g, bias);
        return;
    }
    if (relu) {
        tm_tensor *zero = tm_scalar_int(0), *y = tm_as_batch(kept_output(c), axes);
        *g = tm_where(tm_gt(y, zero), *g, zero);
    }
    *bias = need(c, 2) ? bias_gradient(*g) : NULL;
}

static const tm_op conv_ops[] = {TM_OP_conv1d, TM_OP_conv2d, TM_OP_conv3d};
static const tm_op transpose_ops[] = {TM_OP_conv_transpose1d, TM_OP_conv_transpose2d, TM_OP_conv_transpose3d};

/* A list as read_axes makes it: one number for each axis of the row. */
static tm_list list_of(const tm_windows *g, const int64_t *v) {
    tm_list list = {.n = g->axes};
    memcpy(list.v, v + g->skip, sizeof(int64_t) * (size_t)g->axes);
    return list;
}

static tm_tensor *conv_by(const tm_windows *g, tm_tensor *x, tm_tensor *w) {
    tm_args a;
    tm_args_init(&a, conv_ops[g->axes - 1]);
    a.in[0] = x;
    a.in[1] = w;
    a.value[0].i = g->groups;
    a.list[0] = list_of(g, g->stride);
    a.list[1] = list_of(g, g->padding);
    a.list[2] = list_of(g, g->dilation);
    return x && w ? tm_apply(conv_ops[g->axes - 1], &a, NULL) : NULL;
}

/* To an x with these sizes: they decide how much of what the stride leaves over there is. */
static tm_tensor *transpose_by(tm_windows *g, tm_tensor *y, tm_tensor *w, const int64_t *x_shape) {
    if (!y || !w) return NULL;
    int64_t more[TM_WINDOW_AXES] = {0};
    for (int i = 0, d = g->skip; i < g->axes; i++, d++) {
        int64_t least =
            (y->shape[2 + i] - 1) * g->stride[d] - 2 * g->padding[d] + g->dilation[d] * (w->shape[2 + i] - 1) + 1;
        more[d] = x_shape[i] - least;
    }
    tm_args a;
    tm_args_init(&a, transpose_ops[g->axes - 1]);
    a.in[0] = y;
    a.in[1] = w;
    a.value[0].i = g->groups;
    a.list[0] = list_of(g, g->stride);
    a.list[1] = list_of(g, g->padding);
    a.list[2] = list_of(g, more);
    a.list[3] = list_of(g, g->dilation);
    return tm_apply(transpose_ops[g->axes - 1], &a, NULL);
}

static tm_tensor *weight_by(const tm_windows *g, tm_tensor *x, tm_tensor *y, const int64_t *w_shape) {
    tm_args a;
    tm_args_init(&a, TM_OP_conv_weight);
    a.in[0] = x;
    a.in[1] = y;
    a.value[0].i = g->groups;
    a.list[0] = (tm_list){.n = g->axes};
    memcpy(a.list[0].v, w_shape + 2, sizeof(int64_t) * (size_t)g->axes);
    a.list[1] = list_of(g, g->stride);
    a.list[2] = list_of(g, g->padding);
    a.list[3] = list_of(g, g->dilation);
    return x && y ? tm_apply(TM_OP_conv_weight, &a, NULL) : NULL;
}

/* Give the gradient of input 0, which may have been a single one. */
static void give_x(tm_rule *c, tm_tensor *dx) {
    const tm_edge *e = &c->node->edge[0];
    give(c, 0, dx ? tm_reshape(dx, e->rank, e->shape) : NULL);
}

/* Of two tensors one, along an axis. */
static tm_tensor *joined(tm_tensor *first, tm_tensor *second, int axis) {
    if (!first || !second) return NULL;
    tm_args a;
    tm_args_init(&a, TM_OP_cat);
    a.many = (tm_tensor *[2]){first, second};
    a.n_many = 2;
    a.value[0].i = axis;
    return tm_apply(TM_OP_cat, &a, NULL);
}

/* Where padding was odd: the same convolution with one place more in front, whose first result nobody saw. */
static tm_tensor *evened(tm_windows *g, tm_tensor *dy) {
    for (int d = 0; dy && d < g->axes; d++) {
        if (!g->behind[g->skip + d]) continue;
        int64_t shape[TM_MAX_RANK];
        memcpy(shape, dy->shape, sizeof shape);
        shape[2 + d] = 1;
        dy = joined(tm_full(dy->rank, shape, 0, dy->dtype), dy, 2 + d);
        g->padding[g->skip + d]++;
        g->behind[g->skip + d] = 0;
    }
    return dy;
}

static void backward_conv(int axes, tm_rule *c) {
    const tm_node *node = c->node;
    tm_windows g = {.op = tm_name(node->op), .axes = axes};
    read_options(&g, node->value[0].i, &node->list[0], &node->list[1], &node->list[2]);
    tm_tensor *dy = tm_as_batch(c->g, axes), *bias = NULL;
    if (!dy) return;
    back_to_product(c, axes, &dy, &bias);
    const tm_edge *x = &node->edge[0];
    memcpy(g.k + g.skip, node->edge[1].shape + 2, sizeof(int64_t) * (size_t)axes);
    pad_same(&g, &node->list[1]);
    dy = evened(&g, dy);
    if (need(c, 0)) give_x(c, transpose_by(&g, dy, kept(c, 1), x->shape + x->rank - axes));
    if (need(c, 1)) give(c, 1, weight_by(&g, tm_as_batch(kept(c, 0), axes), dy, node->edge[1].shape));
    if (need(c, 2)) give(c, 2, bias);
}

/* --- conv_transpose: lists stride, padding, output_padding, dilation ---------------------------------------------- */

static bool transpose_geometry(tm_windows *g, const tm_tensor *y, const tm_tensor *w, const tm_tensor *bias,
                               const tm_list *output_padding) {
    int64_t more[TM_WINDOW_AXES];
    if (!is_usable(g, y, w, "weight") || !tm_windows_axes(g, "output_padding", output_padding, 0, 0, more))
        return false;
    g->n = y->shape[0];
    g->ci = w->shape[1];
    g->co = w->shape[0] / g->groups;
    tm_windows_sizes(g, g->y, y);
    tm_windows_sizes(g, g->k, w);
    if (y->shape[1] != w->shape[0] || w->shape[0] % g->groups)
        return tm_fail(TM_MISUSE,
                       "%s: x %s, weight %s, groups %lld: expected weight (in, out / groups, %s) with as many inputs "
                       "as x has channels, shared by the groups",
                       g->op, tm_shape_text(y), tm_shape_text(w), (long long)g->groups, tm_windows_layout(g));
    for (int d = g->skip; d < TM_WINDOW_AXES; d++) {
        g->x[d] = (g->y[d] - 1) * g->stride[d] - 2 * g->padding[d] + g->dilation[d] * (g->k[d] - 1) + 1 + more[d];
        if (more[d] >= g->stride[d] && more[d] >= g->dilation[d] && more[d])
            return tm_fail(TM_MISUSE, "%s: output_padding is %lld; it must be smaller than stride or dilation", g->op,
                           (long long)more[d]);
        if (g->x[d] < 1 || g->k[d] < 1 || g->y[d] < 1)
            return tm_fail(TM_MISUSE, "%s: x %s, weight %s: with padding %lld nothing is left of the result", g->op,
                           tm_shape_text(y), tm_shape_text(w), (long long)g->padding[d]);
    }
    return bias_fits(g, bias, g->ci * g->groups, y->dtype) && without_idle_strides(g);
}

static tm_tensor *transposed(tm_op op, int axes, const tm_args *a) {
    tm_windows g = {.op = tm_name(op), .axes = axes};
    tm_tensor *y = tm_as_batch(a->in[0], axes), *w = a->in[1], *bias = a->in[2];
    if (!y || !read_options(&g, a->value[0].i, &a->list[0], &a->list[1], &a->list[3]) ||
        !transpose_geometry(&g, y, w, bias, &a->list[2]))
        return NULL;
    tm_tensor *x = new_result(a, &g, g.ci * g.groups, g.x);
    y = tm_contiguous(y);
    w = tm_contiguous(w);
    if (bias != TM_NONE) bias = tm_contiguous(bias);
    if (!x || !w || !bias || !y) return NULL;
    tm_call call;
    start_call(&call, op, &g, y->dtype);
    set_x(&call, 0, &g, x);
    set_y(&call, 1, &g, y);
    set_w(&call, 2, &g, w);
    if (bias != TM_NONE) tm_set_arg(&call, 3, bias, TM_MAX_DIMS, (int64_t[TM_MAX_DIMS]){0, g.ci, 0, 0, 0, 0, 1});
    return x->numel == 0 || tm_run(&call) ? x : NULL;
}

/* Where output_padding is a stride or more, one window more fits into the result than there are elements of x. */
static tm_tensor *cropped(tm_tensor *y, int axes, const int64_t *sizes) {
    for (int d = 0; y && d < axes; d++) {
        int axis = y->rank - axes + d;
        if (y->shape[axis] > sizes[d]) y = tm_part_of(y, axis, 0, sizes[d]);
    }
    return y;
}

/* And y with zeros for those windows. */
static tm_tensor *filled_up(const tm_windows *g, tm_tensor *y, const tm_tensor *x, const int64_t *k) {
    for (int d = 0; y && x && d < g->axes; d++) {
        int axis = y->rank - g->axes + d, of = g->skip + d;
        int64_t room = x->shape[axis] + 2 * g->padding[of] - g->dilation[of] * (k[d] - 1) - 1, shape[TM_MAX_RANK];
        memcpy(shape, y->shape, sizeof shape);
        shape[axis] = room / g->stride[of] + 1 - y->shape[axis];
        if (shape[axis] <= 0) continue;
        y = joined(y, tm_full(y->rank, shape, 0, y->dtype), axis);
    }
    return y;
}

static void backward_transpose(int axes, tm_rule *c) {
    const tm_node *node = c->node;
    tm_windows g = {.op = tm_name(node->op), .axes = axes};
    read_options(&g, node->value[0].i, &node->list[0], &node->list[1], &node->list[3]);
    tm_tensor *dx = tm_as_batch(c->g, axes);
    const tm_edge *x = &node->edge[0];
    if (need(c, 0)) give_x(c, cropped(conv_by(&g, dx, kept(c, 1)), axes, x->shape + x->rank - axes));
    if (need(c, 1)) {
        const tm_edge *w = &node->edge[1];
        tm_tensor *y = filled_up(&g, tm_as_batch(kept(c, 0), axes), dx, w->shape + w->rank - axes);
        give(c, 1, weight_by(&g, dx, y, w->shape));
    }
    if (need(c, 2)) give(c, 2, bias_gradient(dx));
}

/* --- conv_weight: lists size, stride, padding, dilation ----------------------------------------------------------- */

static bool weight_geometry(tm_windows *g, const tm_tensor *x, const tm_tensor *y, const tm_list *size) {
    if (!is_usable(g, x, y, "grad") || !tm_windows_size(g, size)) return false;
    g->n = x->shape[0];
    g->ci = x->shape[1] / g->groups;
    g->co = y->shape[1] / g->groups;
    tm_windows_sizes(g, g->x, x);
    bool fits = y->shape[0] == g->n && g->ci * g->groups == x->shape[1] && g->co * g->groups == y->shape[1];
    for (int d = 0; fits && d < TM_WINDOW_AXES; d++) {
        if (g->x[d] < 1) return tm_windows_over_nothing(g, x);
        int64_t room = g->x[d] + 2 * g->padding[d] - g->dilation[d] * (g->k[d] - 1) - 1;
        g->y[d] = room / g->stride[d] + 1;
        fits = room >= 0 && (d < g->skip || g->y[d] == y->shape[2 + d - g->skip]);
    }
    if (fits) return without_idle_strides(g);
    return tm_fail(TM_MISUSE, "conv_weight: x %s, grad %s, size %s: grad isn't the shape that such a convolution gives",
                   tm_shape_text(x), tm_shape_text(y), tm_shape_words(g->axes, g->k + g->skip));
}

FORWARD(conv_weight) {
    tm_tensor *x = a->in[0], *y = a->in[1];
    tm_windows g = {.op = "conv_weight", .axes = x->rank - 2};
    if (g.axes < 1 || g.axes > TM_WINDOW_AXES) {
        tm_fail(TM_MISUSE, "conv_weight: x has shape %s; expected (N, C, ...) with one to three axes more",
                tm_shape_text(x));
        return;
    }
    if (!read_options(&g, a->value[0].i, &a->list[1], &a->list[2], &a->list[3]) ||
        !weight_geometry(&g, x, y, &a->list[0]))
        return;
    int64_t shape[TM_MAX_RANK] = {g.co * g.groups, g.ci};
    memcpy(shape + 2, g.k + g.skip, sizeof(int64_t) * (size_t)g.axes);
    if (is_empty(&g)) {
        r->out = tm_full_on(tm_device_of(x), g.axes + 2, shape, 0, x->dtype);
        return;
    }
    tm_tensor *w = tm_empty_on(tm_device_of(x), g.axes + 2, shape, x->dtype);
    x = tm_contiguous(x);
    y = tm_contiguous(y);
    if (!w || !x || !y) return;
    tm_call call;
    start_call(&call, TM_OP_conv_weight, &g, x->dtype);
    set_w(&call, 0, &g, w);
    set_x(&call, 1, &g, x);
    set_y(&call, 2, &g, y);
    if (tm_run(&call)) r->out = w;
}

BACKWARD(conv_weight) {
    const tm_node *node = c->node;
    tm_windows g = {.op = "conv_weight", .axes = node->rank - 2};
    read_options(&g, node->value[0].i, &node->list[1], &node->list[2], &node->list[3]);
    if (need(c, 0)) give(c, 0, transpose_by(&g, kept(c, 1), c->g, node->edge[0].shape + 2));
    if (need(c, 1)) give(c, 1, conv_by(&g, kept(c, 0), c->g));
}

/* --- the rows ----------------------------------------------------------------------------------------------------- */

#define ROWS(n)                                                                                                        \
    void tm_forward_conv##n##d(const tm_args *a, tm_result *r);                                                        \
    void tm_backward_conv##n##d(tm_rule *c);                                                                           \
    void tm_forward_conv_transpose##n##d(const tm_args *a, tm_result *r);                                              \
    void tm_backward_conv_transpose##n##d(tm_rule *c);                                                                 \
    void tm_forward_conv##n##d(const tm_args *a, tm_result *r) { forward_conv(TM_OP_conv##n##d, n, a, r); }            \
    void tm_backward_conv##n##d(tm_rule *c) { backward_conv(n, c); }                                                   \
    void tm_forward_conv_transpose##n##d(const tm_args *a, tm_result *r) {                                             \
        r->out = transposed(TM_OP_conv_transpose##n##d, n, a);                                                         \
    }                                                                                                                  \
    void tm_backward_conv_transpose##n##d(tm_rule *c) { backward_transpose(n, c); }
ROWS(1)
ROWS(2)
ROWS(3)
