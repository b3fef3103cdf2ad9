/* linalg.c: square systems, determinants and decompositions, which the device's LAPACK computes.
 *
 * The tape knows one result of an op. So what has several is one tensor of rows that belong together (qr_rows,
 * eigh_rows, svd_rows), lua/tenmo/ops/linalg.lua cuts it up, and the rules here meet one gradient for all. */
#include "engine.h"

#include <float.h>
#include <math.h>

/* --- what may come in --------------------------------------------------------------------------------------------- */

static int64_t size_at(const tm_tensor *x, int from_end) { return x->shape[x->rank - from_end]; }

static bool matrices(tm_op op, const tm_tensor *x) {
    if (!tm_takes_float(tm_name(op), x)) return false;
    if (x->rank < 2)
        tm_fail(TM_MISUSE, "%s: expected a matrix or a batch of them (..., m, n), got shape %s", tm_name(op),
                tm_shape_text(x));
    else if (size_at(x, 1) > INT32_MAX || size_at(x, 2) > INT32_MAX)
        tm_fail(TM_MISUSE, "%s: LAPACK counts rows and columns in 31 bits, got shape %s", tm_name(op),
                tm_shape_text(x));
    else
        return true;
    return false;
}

static bool square(tm_op op, const tm_tensor *x) {
    if (!matrices(op, x)) return false;
    if (size_at(x, 1) == size_at(x, 2)) return true;
    tm_fail(TM_MISUSE, "%s: expected square matrices (..., n, n), got shape %s%s", tm_name(op), tm_shape_text(x),
            op == TM_OP_inv || op == TM_OP_solve ? "; lstsq and pinv take others" : "");
    return false;
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

/* An operand over the call's batch: its last `axes` axes are its matrix, or, 1, a column; turned: the matrix's axes
 * are exchanged. */
static void set_operand(tm_call *call, int slot, tm_tensor *x, int axes, bool turned) {
    int64_t stride[TM_MAX_DIMS];
    int batch = call->rank - 2, own = x->rank - axes;
    for (int i = 0; i < batch; i++) {
        int k = i - (batch - own);
        stride[i] = k < 0 || x->shape[k] == 1 ? 0 : x->stride[k];
    }
    stride[batch] = axes ? x->stride[own] : 0;
    stride[batch + 1] = axes == 2 ? x->stride[own + 1] : 0;
    if (turned) {
        int64_t row = stride[batch];
        stride[batch] = stride[batch + 1];
        stride[batch + 1] = row;
    }
    tm_set_arg(call, slot, x, call->rank, stride);
}

static void init_call(tm_call *call, tm_op op, const tm_tensor *x, int batch, const int64_t *shape) {
    tm_call_init(call, op, 0, x->dtype);
    call->rank = (uint8_t)(batch + 2);
    memcpy(call->shape, shape, sizeof(int64_t) * (size_t)batch);
    call->shape[batch] = size_at(x, 2);
    call->shape[batch + 1] = size_at(x, 1);
}

/* An op of one tensor, whose result has x's batch, then `axes` axes of these sizes. */
static void unary(tm_op op, int part, tm_tensor *x, int axes, const int64_t *sizes, bool upper, tm_result *r) {
    int64_t shape[TM_MAX_RANK];
    int batch = x->rank - 2;
    memcpy(shape, x->shape, sizeof shape);
    for (int i = 0; i < axes; i++) shape[batch + i] = sizes[i];
    tm_tensor *y = tm_empty_on(tm_device_of(x), batch + axes, shape, x->dtype);
    tm_tensor *sign = op == TM_OP_logabsdet ? tm_empty_on(tm_device_of(x), batch, shape, x->dtype) : NULL;
    if (!y || (op == TM_OP_logabsdet && !sign)) return;
    tm_call call;
    init_call(&call, op, x, batch, shape);
    call.part = (uint8_t)part;
    set_operand(&call, TM_OUT, y, axes, false);
    set_operand(&call, 1, x, 2, false);
    if (sign) set_operand(&call, 2, sign, 0, false);
    call.value[0].i = size_at(x, 1);
    call.value[1].i = upper;
    if (y->numel && !tm_run(&call)) return;
    r->out = y;
    r->second = sign;
}

/* --- systems ------------------------------------------------------------------------------------------------------ */

/* As PyTorch has it: b is a vector for each matrix if it has the shape of a without its last axis. */
static bool is_vector(int rank, const int64_t *shape, int b_rank, const int64_t *b_shape) {
    return b_rank == 1 || (b_rank == rank - 1 && !memcmp(shape, b_shape, sizeof(int64_t) * (size_t)b_rank));
}

static bool system_fits(tm_op op, const tm_tensor *a, const tm_tensor *b, bool left, bool vector) {
    if (!square(op, a)) return false;
    const char *name = tm_name(op), *texts = left ? "rows" : "columns";
    if (b->dtype != a->dtype) {
        tm_fail(TM_MISUSE, "%s: expected two float32 or two float64 tensors, got %s and %s; cast one with :to('%s')",
                name, tm_dtype_name(a->dtype), tm_dtype_name(b->dtype), tm_dtype_name(a->dtype));
        return false;
    }
    if (vector && (!left || op == TM_OP_solve_triangular)) {
        tm_fail(TM_MISUSE, "%s: b has shape %s: expected matrices (..., %s); b:unsqueeze(%d) makes a vector one", name,
                tm_shape_text(b), left ? "n, k" : "k, n", left ? -1 : -2);
        return false;
    }
    if (b->rank && size_at(b, left && !vector ? 2 : 1) == size_at(a, 1)) return true;
    tm_fail(TM_MISUSE, "%s: a %s and b %s: b needs %lld %s, as many as a has", name, tm_shape_text(a), tm_shape_text(b),
            (long long)size_at(a, 1), texts);
    return false;
}

/* The batch axes of both, broadcast, then b's own. */
static int system_shape(const tm_tensor *a, const tm_tensor *b, int own, int64_t *shape) {
    tm_tensor ba = {.rank = (uint8_t)(a->rank - 2)}, bb = {.rank = (uint8_t)(b->rank - own)};
    int batch;
    memcpy(ba.shape, a->shape, sizeof ba.shape);
    memcpy(bb.shape, b->shape, sizeof bb.shape);
    if (!tm_broadcast_shape(tm_doing, 2, (tm_tensor *[]){&ba, &bb}, &batch, shape)) return -1;
    for (int i = 0; i < own; i++) shape[batch + i] = b->shape[b->rank - own + i];
    return batch;
}

/* x a = b is a' x' = b'. */
static void solve(tm_op op, const tm_args *args, bool left, bool upper, bool unit, tm_result *r) {
    tm_tensor *a = args->in[0], *b = args->in[1];
    bool vector = op == TM_OP_solve ? is_vector(a->rank, a->shape, b->rank, b->shape) : b->rank == 1;
    int64_t shape[TM_MAX_DIMS];
    int own = vector ? 1 : 2, batch;
    if (!system_fits(op, a, b, left, vector) || (batch = system_shape(a, b, own, shape)) < 0) return;
    tm_tensor *x = tm_empty_on(tm_device_of(a), batch + own, shape, a->dtype);
    if (!x) return;
    tm_call call;
    init_call(&call, op, a, batch, shape);
    set_operand(&call, TM_OUT, x, own, !left);
    set_operand(&call, 1, a, 2, !left);
    set_operand(&call, 2, b, own, !left);
    call.value[0].i = vector ? 1 : size_at(b, left ? 1 : 2);
    call.value[1].i = upper == left;
    call.value[2].i = unit;
    if (x->numel == 0 || tm_run(&call)) r->out = x;
}

FORWARD(solve) { solve(TM_OP_solve, a, a->value[0].i, false, false, r); }

FORWARD(solve_triangular) { solve(TM_OP_solve_triangular, a, a->value[1].i, a->value[0].i, a->value[2].i, r); }

static tm_tensor *solved(tm_tensor *a, tm_tensor *b, bool left) {
    tm_args args;
    tm_args_init(&args, TM_OP_solve);
    args.in[0] = a;
    args.in[1] = b;
    args.value[0].i = left;
    return tm_apply(TM_OP_solve, &args, NULL);
}

static tm_tensor *solved_triangular(tm_tensor *a, tm_tensor *b, bool upper, bool left, bool unit) {
    tm_args args;
    tm_args_init(&args, TM_OP_solve_triangular);
    args.in[0] = a;
    args.in[1] = b;
    args.value[0].i = upper;
    args.value[1].i = left;
    args.value[2].i = unit;
    return tm_apply(TM_OP_solve_triangular, &args, NULL);
}

/* a x = b: db = a'^-1 g, da = -db x'.  x a = b: db = g a'^-1, da = -x' db. */
static tm_tensor *matrix_gradient(tm_tensor *x, tm_tensor *gb, bool left) {
    return tm_neg(left ? tm_matmul(gb, tm_turned(x)) : tm_matmul(tm_turned(x), gb));
}

BACKWARD(solve) {
    const tm_edge *ea = &c->node->edge[0], *eb = &c->node->edge[1];
    bool left = c->node->value[0].i, vector = is_vector(ea->rank, ea->shape, eb->rank, eb->shape);
    tm_tensor *a = kept(c, 0), *x = kept_output(c), *g = c->g;
    if (vector) {
        g = tm_unsqueezed(g, -1);
        x = tm_unsqueezed(x, -1);
    }
    tm_tensor *gb = solved(tm_turned(a), g, left);
    if (need(c, 0)) give(c, 0, matrix_gradient(x, gb, left));
    if (need(c, 1)) give(c, 1, vector ? tm_reshape(gb, c->node->rank, c->node->shape) : gb);
}

/* --- masks of a matrix -------------------------------------------------------------------------------------------- */

static tm_tensor *count_to(const tm_tensor *x, int64_t n) {
    tm_args a;
    tm_args_init(&a, TM_OP_arange);
    a.value[0].f = (double)n;
    a.value[4].i = tm_device_index(tm_device_of(x));
    return tm_apply(TM_OP_arange, &a, NULL);
}

/* True where compare(row, column) holds, over the last two axes of x. */
static tm_tensor *where_rows(tm_op compare, const tm_tensor *x) {
    if (!x) return NULL;
    return tm_apply2(compare, tm_unsqueezed(count_to(x, size_at(x, 2)), -1), count_to(x, size_at(x, 1)));
}

/* x where compare(row, column) holds, else 0. */
static tm_tensor *masked(tm_tensor *x, tm_op compare) { return tm_where(where_rows(compare, x), x, tm_scalar(0)); }

/* A vector on the diagonal of a matrix. */
static tm_tensor *on_diagonal(tm_tensor *x) {
    if (!x) return NULL;
    tm_tensor *n = count_to(x, size_at(x, 1)), *line = tm_unsqueezed(x, -2);
    return tm_where(tm_eq(tm_unsqueezed(n, -1), n), line, tm_scalar(0));
}

/* x diag(scales), diag(scales) x */
static tm_tensor *scaled_columns(tm_tensor *x, tm_tensor *scales) { return tm_mul(x, tm_unsqueezed(scales, -2)); }
static tm_tensor *scaled_rows(tm_tensor *scales, tm_tensor *x) { return tm_mul(tm_unsqueezed(scales, -1), x); }

static tm_tensor *or_one(tm_tensor *x) { return tm_where(tm_eq(x, tm_scalar(0)), tm_scalar(1), x); }

/* da is that of a system; of a triangular matrix only that triangle counts. */
BACKWARD(solve_triangular) {
    bool upper = c->node->value[0].i, left = c->node->value[1].i, unit = c->node->value[2].i;
    tm_tensor *gb = solved_triangular(tm_turned(kept(c, 0)), c->g, !upper, left, unit);
    tm_op inside = upper ? (unit ? TM_OP_lt : TM_OP_le) : (unit ? TM_OP_gt : TM_OP_ge);
    if (need(c, 0)) give(c, 0, masked(matrix_gradient(kept_output(c), gb, left), inside));
    if (need(c, 1)) give(c, 1, gb);
}

/* --- inverse and determinant -------------------------------------------------------------------------------------- */

FORWARD(inv) {
    tm_tensor *x = a->in[0];
    if (square(TM_OP_inv, x)) unary(TM_OP_inv, 0, x, 2, x->shape + x->rank - 2, false, r);
}

/* y = x^-1: dx = -y' g y' */
BACKWARD(inv) {
    tm_tensor *y = tm_turned(kept_output(c));
    give(c, 0, tm_neg(tm_matmul(tm_matmul(y, c->g), y)));
}

/* A determinant of no rows is the product of nothing. */
static void determinant(tm_op op, tm_tensor *x, tm_result *r) {
    if (!square(op, x)) return;
    if (size_at(x, 1)) {
        unary(op, 0, x, 0, NULL, false, r);
        return;
    }
    r->out = tm_full_on(tm_device_of(x), x->rank - 2, x->shape, op == TM_OP_det, x->dtype);
    if (op == TM_OP_logabsdet) r->second = tm_full_on(tm_device_of(x), x->rank - 2, x->shape, 1, x->dtype);
}

FORWARD(det) { determinant(TM_OP_det, a->in[0], r); }
FORWARD(logabsdet) { determinant(TM_OP_logabsdet, a->in[0], r); }

/* d log|det x| = tr(x^-1 dx) */
static tm_tensor *times_inverse(tm_tensor *g, tm_tensor *x) {
    return tm_mul(tm_unsqueezed(tm_unsqueezed(g, -1), -1), tm_turned(tm_apply1(TM_OP_inv, x)));
}

/* Without a history by a kernel, which takes singular matrices too. */
BACKWARD(det) {
    tm_tensor *x = kept(c, 0);
    tm_result r = {0};
    if (tm_recording()) {
        give(c, 0, times_inverse(tm_mul(c->g, kept_output(c)), x));
        return;
    }
    if (x) unary(TM_OP_det, 1, x, 2, x->shape + x->rank - 2, false, &r);
    give(c, 0, tm_mul(tm_unsqueezed(tm_unsqueezed(c->g, -1), -1), r.out));
}

BACKWARD(logabsdet) { give(c, 0, times_inverse(c->g, kept(c, 0))); }

/* --- Cholesky ----------------------------------------------------------------------------------------------------- */

FORWARD(cholesky) {
    tm_tensor *x = a->in[0];
    if (square(TM_OP_cholesky, x)) unary(TM_OP_cholesky, 0, x, 2, x->shape + x->rank - 2, a->value[0].i, r);
}

static tm_tensor *symmetric(tm_tensor *x) { return tm_mul(tm_add(x, tm_turned(x)), tm_scalar(0.5)); }

/* The lower triangle, the diagonal halved. */
static tm_tensor *lower_half(tm_tensor *x) {
    return tm_sub(masked(x, TM_OP_ge), tm_mul(masked(x, TM_OP_eq), tm_scalar(0.5)));
}

/* dx = sym(L'^-1 half(L' g) L^-1); Murray, "Differentiation of the Cholesky decomposition" (2016). */
BACKWARD(cholesky) {
    bool upper = c->node->value[0].i;
    tm_tensor *l = upper ? tm_turned(kept_output(c)) : kept_output(c), *lt = tm_turned(l);
    tm_tensor *g = upper ? tm_turned(c->g) : c->g;
    tm_tensor *half = solved_triangular(lt, lower_half(tm_matmul(lt, g)), true, true, false);
    give(c, 0, symmetric(solved_triangular(l, half, false, false, false)));
}

/* --- decompositions as rows --------------------------------------------------------------------------------------- */

/* Elements start .. start + size - 1 of each row. */
static tm_tensor *part(tm_tensor *rows, int64_t start, int64_t size) {
    return rows ? tm_part_of(rows, rows->rank - 1, start, size) : NULL;
}

/* The first element of each row. */
static tm_tensor *first_of(tm_tensor *rows) {
    int64_t last = -1;
    return tm_sum(part(rows, 0, 1), 1, &last, false);
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

FORWARD(qr_rows) {
    tm_tensor *x = a->in[0];
    if (!matrices(TM_OP_qr_rows, x)) return;
    int64_t m = size_at(x, 2), n = size_at(x, 1);
    unary(TM_OP_qr_rows, 0, x, 2, (int64_t[2]){smaller(m, n), m + n}, false, r);
}

/* The symmetric matrix whose lower triangle is x's. */
static tm_tensor *mirrored(tm_tensor *x) { return tm_add(masked(x, TM_OP_ge), tm_turned(masked(x, TM_OP_gt))); }

/* m >= n: dx = (gq + q sym) r'^-1 with sym the symmetric matrix whose lower triangle is that of r gr' - gq' q
 * (Walter and Lehmann, 2010); qt is q'. */
static tm_tensor *tall_gradient(tm_tensor *qt, tm_tensor *rm, tm_tensor *gq, tm_tensor *gr) {
    tm_tensor *m = tm_sub(tm_matmul(rm, tm_turned(gr)), tm_matmul(tm_turned(gq), tm_turned(qt)));
    tm_tensor *sym = mirrored(m);
    tm_tensor *sum = tm_add(gq, tm_matmul(tm_turned(qt), sym));
    return solved_triangular(tm_turned(rm), sum, false, false, false);
}

/* m < n: x = [a b] and r = [u v] with a = q u, b = q v. So v = q' b: gb = q gv, and b gv' joins gq. */
BACKWARD(qr_rows) {
    const tm_edge *e = &c->node->edge[0];
    int64_t m = e->shape[e->rank - 2], n = e->shape[e->rank - 1], k = smaller(m, n);
    tm_tensor *y = kept_output(c), *qt = part(y, 0, m), *gq = tm_turned(part(c->g, 0, m));
    tm_tensor *u = part(y, m, k), *gu = part(c->g, m, k);
    if (m >= n) {
        give(c, 0, tall_gradient(qt, u, gq, gu));
        return;
    }
    tm_tensor *q = tm_turned(qt), *gv = part(c->g, m + k, n - k), *b = tm_matmul(q, part(y, m + k, n - k));
    tm_tensor *ga = tall_gradient(qt, u, tm_add(gq, tm_matmul(b, tm_turned(gv))), gu), *gb = tm_matmul(q, gv);
    tm_tensor *both[2] = {ga, gb};
    tm_args a;
    tm_args_init(&a, TM_OP_cat);
    a.many = both;
    a.n_many = 2;
    a.value[0].i = -1;
    give(c, 0, ga && gb ? tm_apply(TM_OP_cat, &a, NULL) : NULL);
}

FORWARD(eigh_rows) {
    tm_tensor *x = a->in[0];
    if (!square(TM_OP_eigh_rows, x)) return;
    int64_t n = size_at(x, 1);
    unary(TM_OP_eigh_rows, 0, x, 2, (int64_t[2]){n, 1 + n}, false, r);
}

/* x / e without the diagonal and without what is equal, where a result that is well defined doesn't depend on x. */
static tm_tensor *over(tm_tensor *x, tm_tensor *e) {
    return tm_where(tm_eq(e, tm_scalar(0)), tm_scalar(0), tm_div(x, or_one(e)));
}

/* dx = v (diag(gl) + (v' gv) / e) v' with e[i][j] = l[j] - l[i]; the rows hold v'. (Giles, 2008) */
BACKWARD(eigh_rows) {
    int64_t n = c->node->edge[0].shape[c->node->edge[0].rank - 1];
    tm_tensor *y = kept_output(c), *l = first_of(y), *vt = part(y, 1, n);
    tm_tensor *e = tm_sub(tm_unsqueezed(l, -2), tm_unsqueezed(l, -1));
    tm_tensor *turning = over(tm_matmul(vt, tm_turned(part(c->g, 1, n))), e);
    tm_tensor *inner = tm_add(turning, on_diagonal(first_of(c->g)));
    give(c, 0, tm_matmul(tm_turned(vt), tm_matmul(inner, vt)));
}

FORWARD(svd_rows) {
    tm_tensor *x = a->in[0];
    if (!matrices(TM_OP_svd_rows, x)) return;
    int64_t m = size_at(x, 2), n = size_at(x, 1);
    unary(TM_OP_svd_rows, 0, x, 2, (int64_t[2]){smaller(m, n), 1 + m + n}, false, r);
}

static tm_tensor *skew(tm_tensor *x) { return tm_sub(x, tm_turned(x)); }

/* What of g lies outside the columns that vt has as rows: g - v v' g. */
static tm_tensor *outside(tm_tensor *g, tm_tensor *vt) { return tm_sub(g, tm_matmul(tm_turned(vt), tm_matmul(vt, g))); }

/* dx = u (skew(u' gu) / e s + s skew(v' gv) / e + diag(gs)) v' + (1 - u u') gu / s v' + u / s gv' (1 - v v')
 * with e[i][j] = s[j]^2 - s[i]^2 (Townsend, "Differentiating the singular value decomposition", 2016). */
BACKWARD(svd_rows) {
    const tm_edge *x = &c->node->edge[0];
    int64_t m = x->shape[x->rank - 2], n = x->shape[x->rank - 1];
    tm_tensor *y = kept_output(c), *s = first_of(y), *ut = part(y, 1, m), *vt = part(y, 1 + m, n);
    tm_tensor *gu = tm_turned(part(c->g, 1, m)), *gv = tm_turned(part(c->g, 1 + m, n));
    tm_tensor *squares = tm_square(s), *one_over = tm_reciprocal(or_one(s));
    tm_tensor *e = tm_sub(tm_unsqueezed(squares, -2), tm_unsqueezed(squares, -1));
    tm_tensor *of_u = scaled_columns(over(skew(tm_matmul(ut, gu)), e), s);
    tm_tensor *of_v = scaled_rows(s, over(skew(tm_matmul(vt, gv)), e));
    tm_tensor *inner = tm_add(tm_add(of_u, of_v), on_diagonal(first_of(c->g)));
    tm_tensor *gx = tm_matmul(tm_turned(ut), tm_matmul(inner, vt));
    if (m > n) gx = tm_add(gx, tm_matmul(scaled_columns(outside(gu, ut), one_over), vt));
    if (n > m) gx = tm_add(gx, tm_matmul(tm_turned(ut), tm_turned(scaled_columns(outside(gv, vt), one_over))));
    give(c, 0, gx);
}

/* --- the pseudoinverse -------------------------------------------------------------------------------------------- */

/* rtol or atol as it stands beside the singular values: a number, or one for each matrix. */
static tm_tensor *tolerance(const tm_tensor *x, tm_tensor *t, const char *name) {
    if (t->weak) return t;
    bool fits = t->rank <= x->rank - 2;
    for (int i = 0; fits && i < t->rank; i++)
        fits = t->shape[i] == 1 || t->shape[i] == x->shape[x->rank - 2 - t->rank + i];
    if (!fits)
        return tm_fail(TM_MISUSE, "pinv: %s has shape %s, x %s; expected a number, or one for each matrix", name,
                       tm_shape_text(t), tm_shape_text(x));
    return tm_unsqueezed(tm_cast(t, x->dtype), -1);
}

/* Up to where singular values count as 0, for each matrix. */
static tm_tensor *least_of(const tm_args *a, tm_tensor *sizes) {
    tm_tensor *x = a->in[0], *rtol = a->in[1], *atol = a->in[2], *nothing = tm_scalar_int(0);
    int64_t m = size_at(x, 2), n = size_at(x, 1);
    double epsilon = x->dtype == TM_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
    if (atol != TM_NONE && !(atol = tolerance(x, atol, "atol"))) return NULL;
    if (rtol != TM_NONE && !(rtol = tolerance(x, rtol, "rtol"))) return NULL;
    if (rtol == TM_NONE) {
        rtol = tm_scalar((double)(m > n ? m : n) * epsilon);
        if (atol != TM_NONE) rtol = tm_where(tm_gt(atol, nothing), nothing, rtol);
    }
    tm_args b;
    tm_args_init(&b, TM_OP_amax);
    b.in[0] = sizes;
    b.value[0].i = true;
    b.list[0] = (tm_list){.n = 1, .v = {-1}};
    tm_tensor *least = sizes ? tm_mul(tm_apply(TM_OP_amax, &b, NULL), rtol) : NULL;
    return atol == TM_NONE ? least : tm_maximum(least, atol);
}

/* v diag(1 / s) u', where s counts, or with eigenvalues v diag(1 / s) v'; a composition, but for its rule, which needs
 * no derivative of u and v. */
FORWARD(pinv) {
    tm_tensor *x = a->in[0];
    const bool hermitian = a->value[0].i;
    if (!(hermitian ? square : matrices)(TM_OP_pinv, x)) return;
    int64_t m = size_at(x, 2), n = size_at(x, 1);
    if (!x->numel) {
        r->out = tm_clone(tm_turned(x));
        return;
    }
    tm_tensor *rows = tm_apply1(hermitian ? TM_OP_eigh_rows : TM_OP_svd_rows, x), *s = first_of(rows);
    tm_tensor *sizes = hermitian ? tm_abs(s) : s, *least = least_of(a, sizes);
    tm_tensor *scales = tm_where(tm_gt(sizes, least), tm_reciprocal(or_one(s)), tm_scalar(0));
    tm_tensor *ut = part(rows, 1, m), *vt = hermitian ? ut : part(rows, 1 + m, n);
    r->out = tm_matmul(scaled_columns(tm_turned(vt), scales), ut);
}

/* While the rank stays: dx = -p' g p' + (1 - x p) g' p p' + p' p g' (1 - p x) for y = p and g turned as x is.
 * (Golub and Pereyra, 1973) */
BACKWARD(pinv) {
    const bool hermitian = c->node->value[0].i;
    tm_tensor *x = kept(c, 0), *p = kept_output(c), *pt = tm_turned(p), *gt = tm_turned(c->g);
    if (hermitian) x = mirrored(x);
    tm_tensor *direct = tm_matmul(tm_matmul(pt, c->g), pt);
    tm_tensor *a = tm_matmul(tm_sub(gt, tm_matmul(x, tm_matmul(p, gt))), tm_matmul(p, pt));
    tm_tensor *b = tm_matmul(tm_matmul(pt, p), tm_sub(gt, tm_matmul(tm_matmul(gt, p), x)));
    tm_tensor *dx = tm_sub(tm_add(a, b), direct);
    give(c, 0, hermitian ? symmetric(dx) : dx);
}
