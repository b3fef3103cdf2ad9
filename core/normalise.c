/* normalise.c: layer_norm and rms_norm, over the last axes of a tensor.
 *
 * With h = g weight, x' = (x - mean) / s and s = sqrt(variance + eps), all over one row:
 *
 *     dx = (h - mean(h) - x' mean(h x')) / s        dweight = the rows' sum of g x'        dbias = that of g
 *
 * (Ba, Kiros, Hinton 2016; rms_norm has no mean, and dx no mean(h): Zhang, Sennrich 2019.) One kernel does each way in
 * one pass over the rows. The same composed of ops serves second derivatives and devices without the kernel. */
#include "engine.h"

#include <float.h>
#include <math.h>

/* What both ways know of one call. */
typedef struct norm {
    tm_op op;
    int64_t shape[2]; /* rows, and elements of one */
    double eps;
    bool centred;
} norm;

static bool has_shape(const tm_tensor *x, const tm_list *size, const char *op, const char *what, tm_dtype dtype) {
    if (x == TM_NONE) return true;
    if (x->rank == size->n && !memcmp(x->shape, size->v, sizeof(int64_t) * (size_t)size->n) && x->dtype == dtype)
        return true;
    tm_fail(TM_MISUSE, "%s: %s is %s of shape %s; expected %s of shape %s, the shape to normalise", op, what,
            tm_dtype_name(x->dtype), tm_shape_text(x), tm_dtype_name(dtype), tm_shape_words(size->n, size->v));
    return false;
}

static bool fits(tm_op op, const tm_args *a) {
    const tm_tensor *x = a->in[0];
    const tm_list *size = &a->list[0];
    const char *name = tm_name(op);
    if (!tm_takes_float(name, x)) return false;
    if (size->n < 1 || size->n > x->rank ||
        memcmp(x->shape + x->rank - size->n, size->v, sizeof(int64_t) * (size_t)size->n)) {
        tm_fail(TM_MISUSE, "%s: x has shape %s; expected its last axes to have the shape to normalise, %s", name,
                tm_shape_text(x), tm_shape_words(size->n, size->v));
        return false;
    }
    return has_shape(a->in[1], size, name, "weight", x->dtype) && has_shape(a->in[2], size, name, "bias", x->dtype);
}

static norm norm_of(tm_op op, const tm_tensor *x, const tm_list *size, double eps) {
    norm m = {.op = op, .eps = eps, .centred = op == TM_OP_layer_norm};
    m.shape[0] = tm_product(x->rank - size->n, x->shape);
    m.shape[1] = tm_product(size->n, size->v);
    if (isnan(eps)) m.eps = x->dtype == TM_FLOAT64 ? DBL_EPSILON : FLT_EPSILON; /* left out: as PyTorch's rms_norm */
    return m;
}

static tm_tensor *as_rows(const norm *m, tm_tensor *x) { return tm_reshape(x, 2, m->shape); }

static tm_tensor *as_line(const norm *m, tm_tensor *x) { return tm_reshape(x, 1, &m->shape[1]); }

/* --- composed of ops ---------------------------------------------------------------------------------------------- */

static tm_tensor *row_mean(const norm *m, tm_tensor *x) {
    return tm_mul(tm_sum(x, 1, (int64_t[1]){1}, true), tm_scalar(1 / (double)m->shape[1]));
}

/* x', and 1 / s as a column. */
static tm_tensor *standardised(const norm *m, tm_tensor *x, tm_tensor **inverse) {
    if (m->centred) x = tm_sub(x, row_mean(m, x));
    *inverse = tm_apply1(TM_OP_rsqrt, tm_add(row_mean(m, tm_mul(x, x)), tm_scalar(m->eps)));
    return tm_mul(x, *inverse);
}

static tm_tensor *composed(const norm *m, tm_tensor *x, tm_tensor *weight, tm_tensor *bias) {
    tm_tensor *inverse, *y = standardised(m, as_rows(m, x), &inverse);
    if (weight != TM_NONE) y = tm_mul(y, as_line(m, weight));
    if (bias != TM_NONE) y = tm_add(y, as_line(m, bias));
    return tm_reshape(y, x->rank, x->shape);
}

static void composed_gradients(tm_rule *c, const norm *m, tm_tensor *x, tm_tensor *weight, tm_tensor *out[3]) {
    const int64_t rows[1] = {0};
    tm_tensor *g = as_rows(m, c->g), *inverse, *y = standardised(m, as_rows(m, x), &inverse);
    tm_tensor *h = weight ? tm_mul(g, as_line(m, weight)) : g;
    if (need(c, 0)) {
        tm_tensor *dx = tm_sub(h, tm_mul(y, row_mean(m, tm_mul(h, y))));
        out[0] = tm_mul(m->centred ? tm_sub(dx, row_mean(m, h)) : dx, inverse);
    }
    if (need(c, 1)) out[1] = tm_sum(tm_mul(g, y), 1, rows, false);
    if (need(c, 2)) out[2] = tm_sum(g, 1, rows, false);
}

/* --- by the kernel ------------------------------------------------------------------------------------------------ */

/* x is a contiguous (rows, elements), a line one row of it, stats a (rows, 2). */
static void set_rows(tm_call *call, int slot, tm_tensor *x) {
    tm_set_arg(call, slot, x, 2, (int64_t[2]){call->shape[1], 1});
}
static void set_line(tm_call *call, int slot, tm_tensor *x) { tm_set_arg(call, slot, x, 2, (int64_t[2]){0, 1}); }
static void set_stats(tm_call *call, int slot, tm_tensor *x) { tm_set_arg(call, slot, x, 2, (int64_t[2]){2, 0}); }

static void start(tm_call *call, const norm *m, int part, tm_dtype dtype) {
    tm_call_init(call, m->op, part, dtype);
    call->rank = 2;
    memcpy(call->shape, m->shape, sizeof m->shape);
    call->value[0].f = m->eps;
}

static tm_tensor *contiguous_line(tm_tensor *x) { return x == TM_NONE ? NULL : tm_contiguous(x); }

static void normalised(tm_op op, const tm_args *a, tm_result *r) {
    tm_tensor *x = a->in[0], *weight = a->in[1], *bias = a->in[2];
    if (!fits(op, a)) return;
    norm m = norm_of(op, x, &a->list[0], a->value[0].f);
    if (x->numel == 0 || !tm_has_kernel(tm_device_of(x), op, 0)) {
        r->out = composed(&m, x, weight, bias);
        return;
    }
    tm_tensor *y = tm_empty_on(tm_device_of(x), x->rank, x->shape, x->dtype);
    tm_tensor *stats = tm_empty_on(tm_device_of(x), 2, (int64_t[2]){m.shape[0], 2}, x->dtype);
    if (!y || !stats || !(x = tm_contiguous(x))) return;
    tm_call call;
    start(&call, &m, 0, x->dtype);
    set_rows(&call, 0, y);
    set_rows(&call, 1, x);
    if ((weight = contiguous_line(weight))) set_line(&call, 2, weight);
    if ((bias = contiguous_line(bias))) set_line(&call, 3, bias);
    set_stats(&call, 4, stats);
    if (tm_error() != TM_OK || !tm_run(&call)) return;
    r->out = y;
    r->extra = stats;
}

static void fused_gradients(tm_rule *c, const norm *m, tm_tensor *x, tm_tensor *weight, tm_tensor *out[3]) {
    tm_tensor *g = tm_contiguous(c->g), *sums = NULL;
    const tm_device *device = tm_device_of(c->g);
    if (need(c, 0)) out[0] = tm_empty_on(device, x->rank, x->shape, c->g->dtype);
    if (need(c, 1) || need(c, 2)) sums = tm_empty_on(device, 2, (int64_t[2]){2, m->shape[1]}, c->g->dtype);
    x = tm_contiguous(x);
    if (weight) weight = tm_contiguous(weight);
    if (tm_error() != TM_OK) return;
    tm_call call;
    start(&call, m, 1, c->g->dtype);
    if (out[0]) set_rows(&call, 0, out[0]);
    set_rows(&call, 1, g);
    set_rows(&call, 2, x);
    if (weight) set_line(&call, 3, weight);
    set_stats(&call, 4, c->node->extra);
    if (sums) set_line(&call, 5, sums);
    if (!tm_run(&call)) return;
    if (need(c, 1)) out[1] = tm_part_of(sums, 0, 0, 1);
    if (need(c, 2)) out[2] = tm_part_of(sums, 0, 1, 1);
}

/* In the input's shape; itself where it has it, so that a leaf may take its bytes over. */
static tm_tensor *as_input(const tm_edge *e, tm_tensor *x) {
    const bool fits = !x || (x->rank == e->rank && !memcmp(x->shape, e->shape, sizeof(int64_t) * e->rank));
    return fits ? x : tm_reshape(x, e->rank, e->shape);
}

static void rule(tm_rule *c) {
    tm_node *node = c->node;
    tm_tensor *x = kept(c, 0), *weight = NULL, *out[3] = {NULL};
    if (node->n_edges > 1 && node->edge[1].rank && !(weight = kept(c, 1))) x = NULL;
    if (!x) return give(c, 0, NULL);
    norm m = norm_of(node->op, x, &node->list[0], node->value[0].f);
    if (tm_recording() || !node->extra || !tm_has_kernel(tm_device_of(c->g), node->op, 1))
        composed_gradients(c, &m, x, weight, out);
    else
        fused_gradients(c, &m, x, weight, out);
    for (int i = 0; i < 3; i++)
        if (need(c, i)) give(c, i, as_input(&node->edge[i], out[i]));
}

void tm_forward_layer_norm(const tm_args *a, tm_result *r);
void tm_forward_rms_norm(const tm_args *a, tm_result *r);
void tm_backward_layer_norm(tm_rule *c);
void tm_backward_rms_norm(tm_rule *c);
void tm_forward_layer_norm(const tm_args *a, tm_result *r) { normalised(TM_OP_layer_norm, a, r); }
void tm_forward_rms_norm(const tm_args *a, tm_result *r) { normalised(TM_OP_rms_norm, a, r); }
void tm_backward_layer_norm(tm_rule *c) { rule(c); }
void tm_backward_rms_norm(tm_rule *c) { rule(c); }
