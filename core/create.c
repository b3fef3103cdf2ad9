/* create.c: tensors from nothing: a value, a count, random numbers. */
#include "engine.h"

#include <math.h>

/* The iteration of a fresh tensor: one contiguous line. */
static void line_call(tm_call *call, tm_op op, tm_tensor *x) {
    static const int64_t one = 1;
    tm_call_init(call, op, 0, tm_dtype_compute(x->dtype));
    tm_set_arg(call, TM_OUT, x, 1, &one);
    call->rank = 1;
    call->shape[0] = x->numel;
}

static bool run_line(tm_call *call, tm_tensor *x) { return x->numel == 0 || tm_run(call); }

/* value[0].f, and exactly in value[0].i where value[1].i says that it is an integer. */
static void set_value(tm_call *call, double value) {
    call->value[1].i = value == floor(value) && fabs(value) < 0x1p63;
    if (call->value[1].i)
        call->value[0].i = (int64_t)value;
    else
        call->value[0].f = value;
}

bool tm_fill(tm_tensor *x, double value) {
    if (!x) return false;
    tm_call call;
    line_call(&call, TM_OP_full, x);
    set_value(&call, value);
    return run_line(&call, x);
}

/* Of a device option; 0, which is also what stands for it where it is left out, is the CPU, but in a rule. */
static const tm_device *chosen(int64_t device) {
    return device == 0 && tm_working_on ? tm_working_on : tm_device_at(device);
}

static tm_tensor *fresh(tm_op op, const tm_list *shape, int64_t dtype, int64_t device) {
    if (shape->n == TM_ABSENT_LIST) return tm_fail(TM_MISUSE, "%s: needs a shape", tm_name(op));
    const tm_device *on = chosen(device);
    return on ? tm_empty_on(on, shape->n, shape->v, (tm_dtype)dtype) : NULL;
}

static tm_tensor *fresh_line(int64_t n, tm_dtype dtype, int64_t device) {
    const tm_device *on = chosen(device);
    return on ? tm_empty_on(on, 1, &n, dtype) : NULL;
}

static tm_tensor *leaf(tm_tensor *x, bool requires_grad) {
    return x && requires_grad && !tm_set_requires_grad(x, true) ? NULL : x;
}

FORWARD(full) {
    tm_tensor *x = fresh(TM_OP_full, &a->list[0], a->value[1].i, a->value[3].i);
    if (tm_fill(x, a->value[0].f)) r->out = leaf(x, a->value[2].i);
}

tm_tensor *tm_full_on(const tm_device *device, int rank, const int64_t *shape, double value, tm_dtype dtype) {
    tm_tensor *x = tm_empty_on(device, rank, shape, dtype);
    return tm_fill(x, value) ? x : NULL;
}

tm_tensor *tm_full(int rank, const int64_t *shape, double value, tm_dtype dtype) {
    return tm_full_on(tm_working_on ? tm_working_on : tm_cpu(), rank, shape, value, dtype);
}

/* --- arange ------------------------------------------------------------------------------------------------- */

static bool integral(double v) { return v == floor(v) && fabs(v) < 0x1p63; }

FORWARD(arange) {
    double first = a->value[0].f, last = a->value[1].f, step = a->value[2].f;
    if (isnan(last)) {
        last = first;
        first = 0;
    }
    if (isnan(step)) step = 1;
    if (step && (last - first) / step < 0) {
        tm_fail(TM_MISUSE, "arange: step %g leads away from %g, where it starts at %g", step, last, first);
        return;
    }
    double n = ceil((last - first) / step);
    if (step == 0 || !isfinite(n)) {
        tm_fail(TM_MISUSE, "arange: from %g to %g with step %g is not a finite number of steps", first, last, step);
        return;
    }
    bool whole = integral(first) && integral(step);
    int64_t count = n > 0 ? (n < 0x1p62 ? (int64_t)n : INT64_MAX) : 0;
    tm_dtype dtype = a->value[3].i != TM_ABSENT ? (tm_dtype)a->value[3].i
                     : whole && integral(last)  ? TM_INT64
                                                : TM_FLOAT32;
    tm_tensor *x = fresh_line(count, dtype, a->value[4].i);
    if (!x) return;
    tm_call call;
    line_call(&call, TM_OP_arange, x);
    call.value[0].f = first;
    call.value[1].f = step;
    call.value[4].i = whole;
    if (whole) {
        call.value[2].i = (int64_t)first;
        call.value[3].i = (int64_t)step;
    }
    if (run_line(&call, x)) r->out = x;
}

/* --- random ---------------------------------------------------------------------------------------------------- */

/* Each draw takes the next stream, so that its elements depend on the seed and on how many draws went before. */
static bool next_stream(void *self, tm_call *call) {
    (void)self;
    uint64_t seed, stream;
    tm_random_state(&seed, &stream);
    tm_set_random_state(seed, stream + 1);
    call->value[0].i = (int64_t)seed;
    call->value[1].i = (int64_t)stream;
    return true;
}

static bool draw(tm_call *call, tm_tensor *x) {
    if (x->numel == 0) return next_stream(NULL, call);
    static const tm_live live = {next_stream, NULL};
    return tm_run_live(call, &live, NULL);
}

static void random_floats(tm_op op, const tm_args *a, tm_result *r) {
    tm_dtype dtype = (tm_dtype)a->value[0].i;
    if (!tm_dtype_is_float(dtype)) {
        tm_fail(TM_MISUSE, "%s: expected dtype float32 or float64, got %s; randint draws integers", tm_name(op),
                tm_dtype_name(dtype));
        return;
    }
    tm_tensor *x = fresh(op, &a->list[0], dtype, a->value[2].i);
    if (!x) return;
    tm_call call;
    line_call(&call, op, x);
    if (draw(&call, x)) r->out = leaf(x, a->value[1].i);
}

/* As a half, a number just below 1 would be rounded to 1: it becomes the largest below. */
FORWARD(rand) {
    random_floats(TM_OP_rand, a, r);
    if (!r->out || !tm_dtype_is_half(r->out->dtype)) return;
    tm_args limit;
    tm_args_init(&limit, TM_OP_minimum);
    limit.in[0] = r->out;
    limit.in[1] = tm_scalar(r->out->dtype == TM_FLOAT16 ? 1 - 0x1p-11 : 1 - 0x1p-8);
    bool leaf = r->out->requires_grad;
    r->out->requires_grad = false;
    r->out = tm_elementwise(TM_OP_minimum, &limit, r->out);
    if (r->out) r->out->requires_grad = leaf;
}
FORWARD(randn) { random_floats(TM_OP_randn, a, r); }

FORWARD(randint) {
    int64_t low = a->value[0].i, high = a->value[1].i;
    uint64_t range = (uint64_t)high - (uint64_t)low;
    if (low >= high) {
        tm_fail(TM_MISUSE, "randint: low must be less than high, got %lld and %lld; high itself is never drawn",
                (long long)low, (long long)high);
        return;
    }
    tm_tensor *x = fresh(TM_OP_randint, &a->list[0], a->value[2].i, a->value[3].i);
    if (!x) return;
    tm_call call;
    line_call(&call, TM_OP_randint, x);
    call.value[2].i = low;
    call.value[3].i = (int64_t)range;
    if (draw(&call, x)) r->out = x;
}

FORWARD(randperm) {
    int64_t n = a->value[0].i;
    if (n < 0) {
        tm_fail(TM_MISUSE, "randperm: n must be 0 or more, got %lld", (long long)n);
        return;
    }
    tm_tensor *x = fresh_line(n, TM_INT64, a->value[1].i);
    if (!x) return;
    tm_call call;
    line_call(&call, TM_OP_randperm, x);
    call.value[2].i = n;
    if (draw(&call, x)) r->out = x;
}
