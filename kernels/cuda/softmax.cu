/* softmax.cu: softmax, log_softmax and cross_entropy over the last dimension, with their gradients.
 *
 * A warp holds a row of up to 4 KiB in registers (2 KiB where it isn't aligned), a block one eight times as long: it is
 * read once and written once. A longer row passes in pieces, once more for each step. Partial sums are made by lane and
 * joined by a fixed pattern. */
#include "elements.h"
#include "groups.h"
#include "packs.h"

typedef struct softmax_plan {
    tm_space rows; /* the dimensions before the last */
    int64_t c;     /* elements of a row */
    tm_arg arg[5];
    int last;   /* the last dimension's number */
    int packed; /* rows move in packs */
    int logarithm;
    tm_numbers numbers;
    tm_watch watch;
    double *losses; /* cross_entropy: one a row, where their sum is wanted */
} softmax_plan;

/* A row of an operand, whose elements are of the call's type. */
template <class T> struct row {
    T *data;
    int64_t step;
};

template <class T> TM_DEVICE row<T> row_of(const softmax_plan &p, int k, int64_t number) {
    row<T> r;
    r.data = (T *)p.arg[k].data + tm_offset(p.rows, p.arg[k], number);
    r.step = p.last < 0 ? 0 : p.arg[k].stride[p.last];
    return r;
}

/* --- mathematics ------------------------------------------------------------------------------------------------ */

/* exp(x) for x <= 0; what is too small for a normal number is 0. */
TM_DEVICE float exp_below(float x) { return x < -87.0f ? 0 : tm_exp_f32(x); }
TM_DEVICE double exp_below(double x) { return x < -708.0 ? 0 : tm_exp_f64(x); }
TM_DEVICE float log_of(float x) { return tm_log_f32(x); }
TM_DEVICE double log_of(double x) { return tm_log_f64(x); }

/* --- rows and their pieces -------------------------------------------------------------------------------------- */

#define EACH_ROW(i) TM_EACH_ROW(H, i, p.rows.n)
#define EACH_PIECE(from, n) TM_EACH_PIECE(H, from, n, p.c)
#define IN_PIECES TM_IN_PIECES(H, p.c)

template <class H> TM_DEVICE void load(H *held, const row<typename H::T> &r, int64_t from, int64_t n) {
    held->load(r.data + from * r.step, r.step, n);
}

template <class H> TM_DEVICE void store(const H &held, const row<typename H::T> &r, int64_t from, int64_t n) {
    held.store(r.data + from * r.step, r.step, n);
}

/* largest = max(x), sum = sum(exp(x - largest)) of a row; the sum of the pieces so far shrinks when a larger element
 * comes. A NaN needs no care in the first: its exp spoils the sum. Where all is -inf so far, exp takes it as it is. */
template <class H>
TM_DEVICE void exp_sum(const softmax_plan &p, H *held, const row<typename H::T> &x, typename H::T *largest,
                       typename H::T *sum) {
    typedef typename H::T T;
    T most = -(T)INFINITY, total = 0;
    EACH_PIECE(from, n) {
        load(held, x, from, n);
        const T before = most;
        H::each((int)n, [&](int i, int) { most = held->v[i] > most ? held->v[i] : most; });
        most = tm_group_join<H::GROUP>(most, tm_most());
        const T shift = most == -(T)INFINITY ? 0 : most;
        if (from) total *= exp_below(before - shift);
        H::each((int)n, [&](int i, int) { total += exp_below(held->v[i] - shift); });
    }
    *largest = most;
    *sum = tm_group_join<H::GROUP>(total, tm_plus());
}

/* --- softmax and log_softmax ------------------------------------------------------------------------------------ */

/* y = exp(x - max) / sum, or x - max - log(sum); operands: y x */
template <class H> __global__ void softmax_rows(TM_PARAM softmax_plan p) {
    typedef typename H::T T;
    EACH_ROW(number) {
        const row<T> y = row_of<T>(p, 0, number), x = row_of<T>(p, 1, number);
        H held;
        T largest, sum;
        exp_sum(p, &held, x, &largest, &sum);
        sum = p.logarithm ? log_of(sum) : 1 / sum;
        EACH_PIECE(from, n) {
            if (IN_PIECES) load(&held, x, from, n);
            H::each((int)n, [&](int i, int) {
                const T e = held.v[i] - largest;
                held.v[i] = p.logarithm ? e - sum : exp_below(e) * sum;
            });
            store(held, y, from, n);
        }
    }
}

/* softmax: y (g - sum(g y)); log_softmax: g - exp(y) sum(g); operands: out g y */
template <class H> __global__ __launch_bounds__(TM_THREADS, H::BLOCKS) void gradient_rows(TM_PARAM softmax_plan p) {
    typedef typename H::T T;
    EACH_ROW(number) {
        const row<T> out = row_of<T>(p, 0, number), g = row_of<T>(p, 1, number), y = row_of<T>(p, 2, number);
        H flow, held;
        T sum = 0;
        EACH_PIECE(from, n) {
            load(&flow, g, from, n);
            load(&held, y, from, n);
            H::each((int)n, [&](int i, int) { sum += p.logarithm ? flow.v[i] : flow.v[i] * held.v[i]; });
        }
        sum = tm_group_join<H::GROUP>(sum, tm_plus());
        EACH_PIECE(from, n) {
            if (IN_PIECES) load(&flow, g, from, n), load(&held, y, from, n);
            H::each((int)n, [&](int i, int) {
                const T e = flow.v[i], s = held.v[i];
                flow.v[i] = p.logarithm ? e - exp_below(s) * sum : s * (e - sum);
            });
            store(flow, out, from, n);
        }
    }
}

/* --- cross_entropy: (N, C) -------------------------------------------------------------------------------------- */

/* The id of row i, or -1, with the fault recorded. */
TM_DEVICE int64_t id_of(const softmax_plan &p, int k, int64_t i) {
    const int64_t id = tm_load<int64_t>(p.arg[k].data, p.arg[k].dtype, i * p.arg[k].stride[0]);
    return tm_id_fits(p.watch, id, p.c) ? id : -1;
}

/* loss = log(sum) - (x[id] - max), lse = max + log(sum); operands: loss x ids lse */
template <class H> __global__ void loss_rows(TM_PARAM softmax_plan p) {
    typedef typename H::T T;
    EACH_ROW(i) {
        const row<T> x = row_of<T>(p, 1, i);
        const int64_t id = id_of(p, 2, i);
        H held;
        T largest, sum;
        exp_sum(p, &held, x, &largest, &sum);
        sum = log_of(sum);
        if (threadIdx.x % H::GROUP == 0) {
            const T loss = sum - (x.data[(id < 0 ? 0 : id) * x.step] - largest);
            if (p.losses)
                p.losses[i] = (double)loss;
            else if (p.arg[0].data)
                tm_store(p.arg[0].data, p.arg[0].dtype, i * p.arg[0].stride[0], loss);
            if (p.arg[3].data) tm_store(p.arg[3].data, p.arg[3].dtype, i * p.arg[3].stride[0], largest + sum);
        }
    }
}

/* One block adds up the losses of all rows. */
static __global__ void loss_total(TM_PARAM softmax_plan p) {
    double sum = 0;
    for (int64_t i = threadIdx.x; i < p.rows.n; i += TM_THREADS) sum += p.losses[i];
    sum = tm_group_join<TM_THREADS>(sum, tm_plus());
    if (threadIdx.x == 0) tm_store(p.arg[0].data, p.arg[0].dtype, 0, sum * tm_float(p.numbers, 0));
}

/* (exp(x - lse) - onehot(id)) * g * factor; operands: out g x ids lse */
template <class H> __global__ void loss_gradient_rows(TM_PARAM softmax_plan p) {
    typedef typename H::T T;
    EACH_ROW(number) {
        const row<T> out = row_of<T>(p, 0, number), x = row_of<T>(p, 2, number);
        const int64_t id = id_of(p, 3, number);
        const double g = tm_load<double>(p.arg[1].data, p.arg[1].dtype, number * p.arg[1].stride[0]);
        const T lse = tm_load<T>(p.arg[4].data, p.arg[4].dtype, number * p.arg[4].stride[0]);
        const T scale = (T)(g * tm_float(p.numbers, 0));
        H held;
        EACH_PIECE(from, n) {
            const int here = id >= from && id < from + n ? (int)(id - from) : -1;
            load(&held, x, from, n);
            H::each((int)n, [&](int i, int j) {
                const T e = exp_below(held.v[i] - lse);
                held.v[i] = (j == here ? e - 1 : e) * scale;
            });
            store(held, out, from, n);
        }
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

/* Operands a, b and c (which may be one) are rows. */
static softmax_plan plan_for(tm_call *call, int a, int b, int c) {
    const int64_t bytes = call->compute == TM_FLOAT64 ? 8 : 4;
    softmax_plan p;
    p.last = call->rank - 1;
    p.rows = tm_space_of(call, 0, call->rank ? call->rank - 1 : 0);
    p.c = call->rank ? call->shape[call->rank - 1] : 1;
    for (int k = 0; k < 5; k++) p.arg[k] = tm_cuda_operand(call, k);
    p.packed = call->rank > 0;
    for (int k : {a, b, c}) p.packed = p.packed && tm_has_packed_rows(call, &call->arg[k], p.c, bytes);
    p.logarithm = call->op == TM_OP_log_softmax;
    p.numbers = tm_numbers_of(call);
    p.watch = tm_watch_of(call);
    p.losses = NULL;
    return p;
}

#define LAUNCH(kernel) TM_LAUNCH_ROWS(call, kernel, p.rows.n, p.c, p.packed, p)

void tm_cuda_softmax(tm_call *call) {
    const softmax_plan p = plan_for(call, 0, 1, 1);
    LAUNCH(softmax_rows);
}

void tm_cuda_softmax_gradient(tm_call *call) {
    const softmax_plan p = plan_for(call, 0, 1, 2);
    LAUNCH(gradient_rows);
}

void tm_cuda_cross_entropy(tm_call *call) {
    softmax_plan p = plan_for(call, 1, 1, 1);
    const int total = call->arg[0].data && !call->arg[0].stride[0];
    if (total && !(p.losses = (double *)tm_cuda_scratch(call, (size_t)p.rows.n * sizeof(double)))) return;
    LAUNCH(loss_rows);
    if (total) TM_LAUNCH(call, loss_total, 1, TM_THREADS, p);
}

void tm_cuda_cross_entropy_gradient(tm_call *call) {
    const softmax_plan p = plan_for(call, 0, 2, 2);
    LAUNCH(loss_gradient_rows);
}
