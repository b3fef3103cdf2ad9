/* product.c: matrix products. Vectors become matrices, batches broadcast, transposes are strides. */
#include "engine.h"

/* --- matmul -------------------------------------------------------------------------------------------------- */

static void mismatch(const tm_tensor *x, const tm_tensor *w, int64_t m, int64_t n) {
    bool transposed = w->rank == 2 && w->shape[1] == m;
    tm_fail(TM_MISUSE, "matmul: %s x %s: inner sizes differ (%lld and %lld)%s", tm_shape_text(x), tm_shape_text(w),
            (long long)m, (long long)n, transposed ? "; did you mean b:t()?" : "");
}

static bool product_dtype(const char *op, const tm_tensor *x, const tm_tensor *w) {
    if (x->weak || w->weak) {
        tm_fail(TM_MISUSE, "%s: expected tensors, got a number; * multiplies by one", op);
        return false;
    }
    if (tm_dtype_is_float(x->dtype) && x->dtype == w->dtype) return true;
    tm_fail(TM_MISUSE, "%s: expected two float32 or two float64 tensors, got %s and %s; cast one with :to('float32')",
            op, tm_dtype_name(x->dtype), tm_dtype_name(w->dtype));
    return false;
}

/* The batch axes of x and w, broadcast; true if they fit. */
static bool batch_shape(const tm_tensor *x, const tm_tensor *w, int *rank, int64_t *shape) {
    tm_tensor bx = {.rank = x->rank > 2 ? x->rank - 2 : 0}, bw = {.rank = w->rank > 2 ? w->rank - 2 : 0};
    memcpy(bx.shape, x->shape, sizeof bx.shape);
    memcpy(bw.shape, w->shape, sizeof bw.shape);
    return tm_broadcast_shape("matmul (batch axes)", 2, (tm_tensor *[]){&bx, &bw}, rank, shape);
}

/* Batch strides of an operand, and its strides along its two matrix axes. */
static void batch_strides(const tm_tensor *x, int rank, int64_t *stride) {
    int own = x->rank > 2 ? x->rank - 2 : 0;
    for (int i = 0; i < rank; i++) {
        int k = i - (rank - own);
        stride[i] = k < 0 || x->shape[k] == 1 ? 0 : x->stride[k];
    }
}

/* Integers are multiplied and added exactly (they wrap), a block of columns of x and rows of w after another: there is
 * no kernel, and no need for speed. */
enum { BLOCK = 1 << 20 };

static bool both_integers(const tm_tensor *x, const tm_tensor *w) {
    return !x->weak && !w->weak && x->dtype == w->dtype && !tm_dtype_is_float(x->dtype) && x->dtype != TM_BOOL;
}

static tm_tensor *integer_product(tm_tensor *x, tm_tensor *w, int rank, const int64_t *shape) {
    tm_tensor *y = tm_full_on(tm_device_of(x), rank, shape, 0, x->dtype);
    x = x->rank == 1 ? tm_unsqueezed(x, -2) : x;
    w = w->rank == 1 ? tm_unsqueezed(w, -1) : w;
    if (!x || !w || !y) return NULL;
    int64_t k = x->shape[x->rank - 1], block = BLOCK / (y->numel + 1) + 1, middle = -2;
    for (int64_t start = 0; y && y->numel && start < k; start += block) {
        int64_t size = k - start < block ? k - start : block;
        tm_tensor *left = tm_unsqueezed(tm_part_of(x, x->rank - 1, start, size), -1);  /* (..., m, size, 1) */
        tm_tensor *right = tm_unsqueezed(tm_part_of(w, w->rank - 2, start, size), -3); /* (..., 1, size, n) */
        tm_tensor *part = tm_sum(tm_mul(left, right), 1, &middle, false);
        y = tm_add(y, tm_reshape(tm_cast(part, y->dtype), rank, shape));
    }
    return y;
}

FORWARD(matmul) {
    tm_tensor *x = a->in[0], *w = a->in[1];
    bool integers = both_integers(x, w);
    if (!integers && !product_dtype("matmul", x, w)) return;
    if (!x->rank || !w->rank) {
        tm_fail(TM_MISUSE, "matmul: %s x %s: both need at least one axis; * multiplies element by element",
                tm_shape_text(x), tm_shape_text(w));
        return;
    }
    bool vx = x->rank == 1, vw = w->rank == 1;
    int64_t m = vx ? 1 : x->shape[x->rank - 2], k = x->shape[x->rank - 1];
    int64_t k2 = w->shape[vw ? 0 : w->rank - 2], n = vw ? 1 : w->shape[w->rank - 1];
    if (k != k2) {
        mismatch(x, w, k, k2);
        return;
    }
    int batch, rank;
    int64_t shape[TM_MAX_DIMS];
    if (!batch_shape(x, w, &batch, shape)) return;
    rank = batch;
    if (!vx) shape[rank++] = m;
    if (!vw) shape[rank++] = n;
    if (integers) {
        r->out = integer_product(x, w, rank, shape);
        return;
    }
    tm_tensor *y = tm_empty_on(tm_device_of(x), rank, shape, x->dtype);
    if (!y) return;

    int64_t sx[TM_MAX_DIMS], sw[TM_MAX_DIMS], sy[TM_MAX_DIMS];
    tm_call call;
    tm_call_init(&call, TM_OP_matmul, 0, x->dtype);
    memcpy(call.shape, shape, sizeof(int64_t) * batch);
    batch_strides(x, batch, sx);
    batch_strides(w, batch, sw);
    memcpy(sy, y->stride, sizeof(int64_t) * batch);
    int64_t *dims = call.shape + batch;
    dims[0] = m;
    dims[1] = n;
    dims[2] = k;
    memcpy(sx + batch, (int64_t[3]){vx ? 0 : x->stride[x->rank - 2], 0, x->stride[x->rank - 1]}, 3 * sizeof(int64_t));
    memcpy(sw + batch, (int64_t[3]){0, vw ? 0 : w->stride[w->rank - 1], w->stride[vw ? 0 : w->rank - 2]},
           3 * sizeof(int64_t));
    memcpy(sy + batch, (int64_t[3]){n, 1, 0}, 3 * sizeof(int64_t));
    call.rank = (uint8_t)(batch + 3);
    call.reduced = 1;
    tm_set_arg(&call, 0, y, call.rank, sy);
    tm_set_arg(&call, 1, x, call.rank, sx);
    tm_set_arg(&call, 2, w, call.rank, sw);
    if (y->numel == 0 || tm_run(&call)) r->out = y;
}

tm_tensor *tm_matmul(tm_tensor *x, tm_tensor *w) { return tm_apply2(TM_OP_matmul, x, w); }

tm_tensor *tm_unsqueezed(tm_tensor *x, int at) {
    tm_args a;
    tm_args_init(&a, TM_OP_unsqueeze);
    a.in[0] = x;
    a.value[0].i = at;
    return x ? tm_apply(TM_OP_unsqueeze, &a, NULL) : NULL;
}

tm_tensor *tm_turned(tm_tensor *x) {
    if (!x) return NULL;
    tm_args a;
    tm_args_init(&a, TM_OP_transpose);
    a.in[0] = x;
    a.value[0].i = x->rank - 2;
    a.value[1].i = x->rank - 1;
    return tm_apply(TM_OP_transpose, &a, NULL);
}

static tm_tensor *sum_batches(tm_tensor *x, int rank, const int64_t *shape) {
    return x ? tm_sum_to(x, rank, shape) : NULL;
}

/* y = x w:  dx = g wᵀ,  dw = xᵀ g.  A vector is a matrix of one row (x) or one column (w). */
BACKWARD(matmul) {
    const tm_edge *ex = &c->node->edge[0], *ew = &c->node->edge[1];
    bool vx = ex->rank == 1, vw = ew->rank == 1;
    tm_tensor *g = c->g;
    if (vw) g = tm_unsqueezed(g, -1);
    if (vx) g = tm_unsqueezed(g, -2);
    int64_t column[2] = {ew->shape[0], 1}, row[2] = {1, ex->shape[0]};
    if (need(c, 0)) {
        tm_tensor *w = vw ? tm_unsqueezed(kept(c, 1), -1) : kept(c, 1);
        tm_tensor *dx = sum_batches(tm_matmul(g, tm_turned(w)), vx ? 2 : ex->rank, vx ? row : ex->shape);
        give(c, 0, tm_reshape(dx, ex->rank, ex->shape));
    }
    if (need(c, 1)) {
        tm_tensor *x = vx ? tm_unsqueezed(kept(c, 0), 1) : kept(c, 0);
        tm_tensor *dw = sum_batches(tm_matmul(tm_turned(x), g), vw ? 2 : ew->rank, vw ? column : ew->shape);
        give(c, 1, tm_reshape(dw, ew->rank, ew->shape));
    }
}

/* --- linear: y = x weightᵀ + bias, and its ReLU ------------------------------------------------------------------- */

static bool linear_fits(const tm_tensor *x, const tm_tensor *w, const tm_tensor *bias) {
    if (!product_dtype("linear", x, w)) return false;
    int64_t inputs = w->rank == 2 || w->rank == 1 ? w->shape[w->rank - 1] : -1;
    if (inputs < 0)
        return tm_fail(TM_MISUSE, "linear: weight has shape %s; expected (out, in), or (in)", tm_shape_text(w));
    if (x->rank < 1 || x->shape[x->rank - 1] != inputs) {
        tm_fail(TM_MISUSE, "linear: x %s, weight %s: expected x (..., %lld) for a weight of shape (out, in)",
                tm_shape_text(x), tm_shape_text(w), (long long)inputs);
        return false;
    }
    if (w->rank == 1 && bias != TM_NONE && bias->rank == 0 && !bias->weak && bias->dtype == w->dtype) return true;
    if (w->rank == 1 && bias != TM_NONE)
        return tm_fail(TM_MISUSE,
                       "linear: bias is %s of shape %s; a weight of shape %s has one output, so expected %s "
                       "of shape ()",
                       tm_dtype_name(bias->dtype), tm_shape_text(bias), tm_shape_text(w), tm_dtype_name(w->dtype));
    if (bias == TM_NONE || (bias->rank == 1 && bias->shape[0] == w->shape[0] && bias->dtype == w->dtype)) return true;
    tm_fail(TM_MISUSE, "linear: bias is %s of shape %s; expected %s of shape (%lld)", tm_dtype_name(bias->dtype),
            tm_shape_text(bias), tm_dtype_name(w->dtype), (long long)w->shape[0]);
    return false;
}

/* x as rows: any leading axes become one. */
static tm_tensor *as_rows(tm_tensor *x) {
    int64_t last = x ? x->shape[x->rank - 1] : 0;
    int64_t rows = last ? x->numel / last : tm_product(x ? x->rank - 1 : 0, x ? x->shape : NULL);
    return x && x->rank != 2 ? tm_reshape(x, 2, (int64_t[2]){rows, last}) : x;
}

/* A weight of one output, without an axis for it, as one with it. */
static tm_tensor *as_matrix(tm_tensor *w) {
    return w && w->rank == 1 ? tm_reshape(w, 2, (int64_t[2]){1, w->shape[0]}) : w;
}

/* What flows back to rows (n, outputs). */
static tm_tensor *flow_as_rows(tm_tensor *g, bool one_output) {
    return g && one_output ? tm_reshape(g, 2, (int64_t[2]){g->numel, 1}) : as_rows(g);
}

/* The same composed of ops, for a device without the kernel. */
static tm_tensor *composed_linear(const tm_args *a, int rank, const int64_t *shape) {
    tm_tensor *y = tm_matmul(as_rows(a->in[0]), tm_apply1(TM_OP_t, as_matrix(a->in[1])));
    if (a->in[2] != TM_NONE) y = tm_add(y, a->in[2]);
    if (a->value[0].i) y = tm_relu(y);
    return rank == 2 && a->in[1]->rank == 2 ? y : tm_reshape(y, rank, shape);
}

FORWARD(linear) {
    tm_tensor *x = a->in[0], *w = a->in[1], *bias = a->in[2];
    if (!linear_fits(x, w, bias)) return;
    if (!a->value[0].i) r->keeps &= ~(unsigned)KEEP_Y;
    int64_t shape[TM_MAX_RANK];
    const int rank = w->rank == 1 ? x->rank - 1 : x->rank;
    memcpy(shape, x->shape, sizeof shape);
    if (w->rank == 2) shape[rank - 1] = w->shape[0];
    if (!tm_has_kernel(tm_device_of(x), TM_OP_linear, 0)) {
        r->out = composed_linear(a, rank, shape);
        return;
    }
    tm_tensor *y = tm_empty_on(tm_device_of(x), rank, shape, x->dtype), *rows = as_rows(x);
    if (!y || !rows || !(w = as_matrix(w))) return;
    tm_call call;
    tm_call_init(&call, TM_OP_linear, 0, x->dtype);
    call.rank = 3;
    call.reduced = 1;
    call.shape[0] = rows->shape[0];
    call.shape[1] = w->shape[0];
    call.shape[2] = w->shape[1];
    tm_set_arg(&call, 0, y, 3, (int64_t[3]){w->shape[0], 1, 0});
    tm_set_arg(&call, 1, rows, 3, (int64_t[3]){rows->stride[0], 0, rows->stride[1]});
    tm_set_arg(&call, 2, w, 3, (int64_t[3]){0, w->stride[0], w->stride[1]});
    if (bias != TM_NONE) tm_set_arg(&call, 3, bias, 3, (int64_t[3]){0, bias->rank ? bias->stride[0] : 0, 0});
    call.value[0].i = a->value[0].i;
    if (y->numel == 0 || tm_run(&call)) r->out = y;
}

void tm_masked(tm_rule *c, bool relu, int rank, const int64_t *shape, tm_tensor **g, tm_tensor **bias) {
    tm_tensor *flow = *g, *y = NULL, *out = NULL, *sum = NULL;
    *g = *bias = NULL;
    int64_t places = rank == 3 ? shape[2] : 1, stride[3] = {shape[1] * places, places, 1}, one[3] = {0, 1, 0};
    tm_call call;
    tm_call_init(&call, c->node->op, 1, flow->dtype);
    call.rank = (uint8_t)rank;
    memcpy(call.shape, shape, (size_t)rank * sizeof *shape);
    tm_set_arg(&call, 1, flow, rank, stride);
    if (relu) {
        if (!(y = kept_output(c)) || !(out = tm_empty_on(tm_device_of(flow), flow->rank, flow->shape, flow->dtype)))
            return;
        tm_set_arg(&call, 2, y, rank, stride);
        tm_set_arg(&call, 0, out, rank, stride);
    }
    if (need(c, 2)) {
        if (!(sum = tm_empty_on(tm_device_of(flow), 1, shape + 1, flow->dtype))) return;
        tm_set_arg(&call, 3, sum, rank, one);
    }
    if ((out || sum) && !tm_run(&call)) return;
    *g = out ? out : flow;
    *bias = sum;
}

/* The same composed of ops: with a history, or for a gradient that isn't contiguous. */
static void composed_mask(tm_rule *c, tm_tensor **g, tm_tensor **bias) {
    tm_tensor *zero = tm_scalar_int(0), *y = c->node->value[0].i ? kept_output(c) : NULL;
    if (y) *g = tm_where(tm_gt(flow_as_rows(y, c->node->edge[1].rank == 1), zero), *g, zero);
    *bias = need(c, 2) ? tm_sum(*g, 1, (int64_t[1]){0}, false) : NULL;
}

/* Behind the ReLU g passes where y > 0; then dx = g W, dW = gᵀ x, db = the sum of g's rows. */
BACKWARD(linear) {
    const bool one_output = c->node->edge[1].rank == 1;
    tm_tensor *g = flow_as_rows(c->g, one_output), *bias = NULL;
    if (!g) return;
    if (tm_recording() || !g->contiguous || g->numel == 0 || !tm_has_kernel(tm_device_of(g), TM_OP_linear, 1))
        composed_mask(c, &g, &bias);
    else
        tm_masked(c, c->node->value[0].i, 2, g->shape, &g, &bias);
    const tm_edge *x = &c->node->edge[0];
    if (need(c, 0)) give(c, 0, tm_reshape(tm_matmul(g, as_matrix(kept(c, 1))), x->rank, x->shape));
    if (need(c, 1)) {
        tm_tensor *dw = tm_matmul(tm_turned(g), as_rows(kept(c, 0)));
        give(c, 1, one_output ? tm_reshape(dw, 1, c->node->edge[1].shape) : dw);
    }
    if (need(c, 2)) give(c, 2, one_output ? tm_reshape(bias, 0, c->node->edge[2].shape) : bias);
}
