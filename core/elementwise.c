/* elementwise.c: one path for every elementwise op: dtypes, broadcasting, the call. */
#include "engine.h"

#include <math.h>

/* --- dtypes --------------------------------------------------------------------------------------------------- */

static bool integral(double v) { return v == floor(v) && fabs(v) < 0x1p63; }

typedef struct types {
    tm_dtype compute, out;
} types;

/* The common dtype of the inputs from `first` on: that of the tensors; a number only lifts integers to float32
 * when it has a fraction, and bool to int64. Numbers alone keep what they are, float64 or int64. An infinite one, which
 * is how a limit is left out, lifts nothing. */
static tm_dtype common_dtype(tm_op op, int n, const tm_args *a, int first) {
    int common = -1;
    bool fraction = false, number = false;
    for (int i = first; i < n; i++) {
        const tm_tensor *x = a->in[i];
        if (x->weak) {
            bool infinite = x->dtype == TM_FLOAT64 && isinf(x->scalar.f);
            number |= !infinite;
            fraction |= x->dtype == TM_FLOAT64 && !infinite;
        } else {
            common = common < 0 ? (int)x->dtype : (int)tm_promote((tm_dtype)common, x->dtype);
        }
    }
    const tm_row *row = tm_row_of(op);
    for (int i = 0; i < row->n_items; i++) { /* the numbers of hardtanh */
        if (row->item[i].type != TM_ITEM_NUM) continue;
        double v = a->value[row->item[i].slot].f;
        fraction |= isfinite(v) && !integral(v);
    }
    if (common < 0) /* a rule's number from numbers; but where(condition, 0.5, 2) is a person's */
        return !fraction && tm_entries[op].klass != CLASS_FLOAT ? TM_INT64 : first ? TM_FLOAT32 : TM_FLOAT64;
    if (tm_dtype_is_float(common)) return common;
    if (fraction) return TM_FLOAT32;
    return number && common == TM_BOOL ? TM_INT64 : (tm_dtype)common;
}

static bool resolve(tm_op op, int n, const tm_args *a, types *t) {
    tm_class class = tm_entries[op].klass;
    tm_dtype common = common_dtype(op, n, a, class == CLASS_SELECT ? 1 : 0);
    if (class == CLASS_FLOAT && !tm_dtype_is_float(common)) common = TM_FLOAT32;
    if ((class == CLASS_NUMBER || class == CLASS_INTEGER) && common == TM_BOOL) {
        tm_fail(TM_MISUSE, "%s: is not defined for bool; cast first, for example x:to('int64')", tm_name(op));
        return false;
    }
    if ((class == CLASS_BITS || class == CLASS_INTEGER) && tm_dtype_is_float(common)) {
        tm_fail(TM_MISUSE, "%s: is for integers%s, got %s; cast first, for example x:to('int64')", tm_name(op),
                class == CLASS_BITS ? " and bool" : "", tm_dtype_name(common));
        return false;
    }
    t->compute = tm_dtype_compute(common);
    t->out = class == CLASS_COMPARE || class == CLASS_LOGIC ? TM_BOOL : common;
    return true;
}

/* --- the call ----------------------------------------------------------------------------------------------------- */

static bool same_layout(const tm_tensor *x, const tm_tensor *y) {
    return x->rank == y->rank && x->offset == y->offset && !memcmp(x->shape, y->shape, sizeof(int64_t) * x->rank) &&
           !memcmp(x->stride, y->stride, sizeof(int64_t) * x->rank);
}

/* An input that overlaps what is written, but not element by element, is copied first. */
static tm_tensor *apart(tm_tensor *x, const tm_tensor *into) {
    if (!into || !tm_same_storage(x, into) || (same_layout(x, into) && x->dtype == into->dtype)) return x;
    return tm_clone(x);
}

/* Can all operands be walked as one line: contiguous, or a single element? */
static bool is_flat(tm_tensor *const operand[TM_MAX_ARGS]) {
    for (int k = 0; k < TM_MAX_ARGS; k++) {
        const tm_tensor *x = operand[k];
        if (x && x->numel != 1 && !(x->contiguous && x->numel == operand[TM_OUT]->numel)) return false;
    }
    return true;
}

static void flat_args(tm_call *call, tm_tensor *const operand[TM_MAX_ARGS]) {
    call->rank = 1;
    call->shape[0] = operand[TM_OUT]->numel;
    for (int k = 0; k < TM_MAX_ARGS; k++) {
        const tm_tensor *x = operand[k];
        tm_arg *arg = &call->arg[k];
        arg->data = x ? tm_data(x) : NULL;
        if (!x) continue;
        arg->dtype = x->dtype;
        arg->by_value = !x->storage;
        arg->owner = x->storage;
        arg->stride[0] = x->numel == 1 ? 0 : 1;
    }
}

static void strided_args(tm_call *call, tm_tensor *const operand[TM_MAX_ARGS]) {
    const tm_tensor *out = operand[TM_OUT];
    int64_t stride[TM_MAX_RANK];
    call->rank = out->rank;
    memcpy(call->shape, out->shape, sizeof(int64_t) * out->rank);
    for (int k = 0; k < TM_MAX_ARGS; k++) {
        if (!operand[k]) continue;
        tm_broadcast_strides(operand[k], out->rank, stride);
        tm_set_arg(call, k, operand[k], out->rank, stride);
    }
    tm_merge(call);
}

/* Fill and run a call over the shape of out; operand[slot] is NULL where absent. */
static bool run(tm_op op, int part, tm_dtype compute, tm_tensor *const operand[TM_MAX_ARGS], const tm_value *p) {
    if (operand[TM_OUT]->numel == 0) return true;
    tm_call call;
    tm_call_init(&call, op, part, compute);
    call.device = operand[TM_OUT]->storage->device;
    if (is_flat(operand))
        flat_args(&call, operand);
    else
        strided_args(&call, operand);
    for (int i = 0; p && i < tm_row_of(op)->n_values; i++) call.value[i] = p[i];
    return tm_run(&call);
}

/* Is every input of the shape of the first? Then there is nothing to broadcast. */
static bool same_shapes(int n, const tm_args *a) {
    const tm_tensor *x = a->in[0];
    for (int i = 1; i < n; i++)
        if (a->in[i]->rank != x->rank || memcmp(a->in[i]->shape, x->shape, sizeof(int64_t) * x->rank)) return false;
    return true;
}

static tm_tensor *destination(tm_op op, int n, const tm_args *a, tm_dtype dtype, tm_tensor *into) {
    int rank = a->in[0]->rank;
    int64_t broadcast[TM_MAX_RANK];
    const int64_t *shape = a->in[0]->shape;
    if (!same_shapes(n, a)) {
        if (!tm_broadcast_shape(tm_name(op), n, a->in, &rank, broadcast)) return NULL;
        shape = broadcast;
    }
    if (!into) return tm_empty_on(tm_device_among(n, a->in), rank, shape, dtype);
    if (rank != into->rank || memcmp(shape, into->shape, sizeof(int64_t) * rank))
        return tm_fail(TM_MISUSE, "%s_: the result has shape %s, and x has %s; a write in place keeps the shape",
                       tm_name(op), tm_shape_words(rank, shape), tm_shape_text(into));
    if (tm_dtype_is_float(dtype) > tm_dtype_is_float(into->dtype) || (into->dtype == TM_BOOL && dtype != TM_BOOL))
        return tm_fail(TM_MISUSE,
                       "%s_: the result is %s and can't be kept in x, which is %s; use x:%s(...) for a new tensor",
                       tm_name(op), tm_dtype_name(dtype), tm_dtype_name(into->dtype), tm_name(op));
    return into;
}

/* --- the plain case -------------------------------------------------------------------------------------------- */

static bool is_current(const tm_tensor *x) { return x->storage && (!x->storage->replaced.line || tm_in_backward); }

bool tm_is_plain(tm_op op, const tm_args *a) {
    const tm_tensor *x = a->in[0];
    if (!tm_entries[op].plain || !x || !x->contiguous || !is_current(x)) return false;
    const tm_row *row = tm_row_of(op);
    if (!tm_dtype_is_float(x->dtype)) {
        if (row->n_values || x->dtype == TM_BOOL) return false; /* values may have fractions */
        if (tm_entries[op].klass == CLASS_FLOAT) return false;
    }
    for (int i = 1; i < row->n_inputs; i++) {
        const tm_tensor *w = a->in[i];
        if (!w || w->dtype != x->dtype || !w->contiguous || w->rank != x->rank || !is_current(w)) return false;
        if (w->storage->device != x->storage->device) return false;
        for (int k = 0; k < x->rank; k++)
            if (w->shape[k] != x->shape[k]) return false;
    }
    return true;
}

static void plain_arg(tm_call *call, int slot, const tm_tensor *x) {
    tm_arg *arg = &call->arg[slot];
    arg->data = tm_data(x);
    arg->dtype = x->dtype;
    arg->by_value = 0; /* plain operands have bytes of their own */
    arg->owner = x->storage;
    arg->stride[0] = 1;
}

/* Behind x's elements its storage has room that nobody uses: up to a multiple of 16? */
static bool is_padded(const tm_tensor *x) {
    const size_t size = tm_dtype_size(x->dtype), n = (size_t)x->numel, full = (n + 15) & ~(size_t)15;
    return x->offset == 0 && n * size == x->storage->bytes && full * size <= x->storage->capacity;
}

/* May the result be written over x? Not where another input holds some of its bytes at other places. */
static bool writes_over(int n, const tm_args *a, const tm_tensor *into) {
    if (into != a->in[0]) return false;
    for (int i = 1; i < n; i++)
        if (tm_same_storage(a->in[i], into) && tm_data(a->in[i]) != tm_data(into)) return false;
    return true;
}

tm_tensor *tm_plain(tm_op op, const tm_args *a, tm_tensor *into) {
    const tm_row *row = tm_row_of(op);
    tm_tensor *x = a->in[0], *y = into ? into : tm_empty_like(x);
    if (!y || y->numel == 0) return y;
    tm_call call;
    tm_call_init(&call, op, 0, tm_dtype_compute(x->dtype));
    call.device = y->storage->device;
    call.rank = 1;
    call.shape[0] = x->numel;
    plain_arg(&call, TM_OUT, y);
    call.padded = call.compute == x->dtype && is_padded(y);
    for (int i = 0; i < row->n_inputs; i++) {
        plain_arg(&call, TM_X + i, a->in[i]);
        call.padded = call.padded && is_padded(a->in[i]);
    }
    for (int i = 0; i < row->n_values; i++) call.value[i] = a->value[i];
    return tm_run(&call) ? y : NULL;
}

tm_tensor *tm_elementwise(tm_op op, const tm_args *a, tm_tensor *into) {
    int n = tm_row_of(op)->n_inputs;
    if (tm_is_plain(op, a) && (!into || writes_over(n, a, into))) return tm_plain(op, a, into);
    types t;
    if (!resolve(op, n, a, &t)) return NULL;
    tm_tensor *operand[TM_MAX_ARGS] = {destination(op, n, a, t.out, into)};
    if (!operand[TM_OUT]) return NULL;
    for (int i = 0; i < n; i++)
        if (!(operand[TM_X + i] = apart(a->in[i], into))) return NULL;
    return run(op, 0, t.compute, operand, a->value) ? operand[TM_OUT] : NULL;
}

tm_tensor *tm_elementwise_gradient(tm_op op, int which, tm_tensor *const in[3], tm_tensor *y, tm_tensor *g,
                                   const tm_value *p) {
    tm_tensor *out = tm_empty_on(tm_device_of(g), g->rank, g->shape, g->dtype);
    if (!out) return NULL;
    tm_tensor *operand[TM_MAX_ARGS] = {out, in[0], in[1], in[2], y, g};
    return run(op, which + 1, tm_dtype_compute(g->dtype), operand, p) ? out : NULL;
}

/* --- copies, fills and sums that leave no history ----------------------------------------------------------------- */

/* The type that a conversion passes through: int64 where the source has no fraction, else the wider float. */
static tm_dtype conversion_type(tm_dtype from, tm_dtype to) {
    if (!tm_dtype_is_float(from)) return TM_INT64;
    return from == TM_FLOAT64 || to == TM_FLOAT64 ? TM_FLOAT64 : TM_FLOAT32;
}

bool tm_write(tm_tensor *into, tm_tensor *x) {
    if (!into || !x) return false;
    if (!(x = apart(x, into))) return false;
    tm_tensor *operand[TM_MAX_ARGS] = {into, x};
    return run(TM_OP_copy, 0, conversion_type(x->dtype, into->dtype), operand, NULL);
}

tm_tensor *tm_clone(tm_tensor *x) {
    tm_tensor *y = x ? tm_empty_on(tm_device_of(x), x->rank, x->shape, x->dtype) : NULL;
    return y && tm_write(y, x) ? y : NULL;
}

bool tm_accumulate(tm_tensor *into, tm_tensor *x) {
    tm_tensor *operand[TM_MAX_ARGS] = {into, into, x};
    return run(TM_OP_add, 0, tm_dtype_compute(into->dtype), operand, NULL);
}

/* --- casts -------------------------------------------------------------------------------------------------------- */

FORWARD(cast) {
    tm_tensor *x = a->in[0];
    tm_tensor *y = tm_empty_on(tm_device_of(x), x->rank, x->shape, (tm_dtype)a->value[0].i);
    if (y && tm_write(y, x)) r->out = y;
}

BACKWARD(cast) { give(c, 0, c->g); }

tm_tensor *tm_cast(tm_tensor *x, tm_dtype dtype) {
    if (!x || x->dtype == dtype) return x;
    tm_args a;
    tm_args_init(&a, TM_OP_cast);
    a.in[0] = x;
    a.value[0].i = dtype;
    return tm_apply(TM_OP_cast, &a, NULL);
}

tm_tensor *tm_contiguous(tm_tensor *x) { return !x || tm_is_contiguous(x) ? x : tm_copy(x); }
