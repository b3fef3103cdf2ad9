/* softmax.cu: softmax, log_softmax and cross_entropy over the last dimension, with their gradients.
 *
 * A warp takes a row of up to 1024 elements, a block a longer one: largest, sum of exponentials, result, each a walk
 * over the row. Partial sums are made by lane and joined by a fixed pattern. */
#include "elements.h"
#include "groups.h"

#define FEW 1024 /* elements of a row that a warp takes */

typedef struct softmax_plan {
    tm_space rows; /* the dimensions before the last */
    int64_t c;     /* elements of a row */
    tm_arg arg[5];
    int last; /* the last dimension's number */
    int logarithm;
    tm_numbers numbers;
    tm_watch watch;
    double *losses; /* cross_entropy: one a row, where their sum is wanted */
} softmax_plan;

/* A row of an operand. */
typedef struct row {
    const tm_arg *arg;
    int64_t base, step;
} row;

TM_DEVICE row row_of(const softmax_plan &p, int k, int64_t number) {
    row r;
    r.arg = &p.arg[k];
    r.base = tm_offset(p.rows, p.arg[k], number);
    r.step = p.last < 0 ? 0 : p.arg[k].stride[p.last];
    return r;
}

template <class T> TM_DEVICE T get(const row &r, int64_t j) {
    return tm_load<T>(r.arg->data, r.arg->dtype, r.base + j * r.step);
}

template <class T> TM_DEVICE void put(const row &r, int64_t j, T x) {
    tm_store(r.arg->data, r.arg->dtype, r.base + j * r.step, x);
}

/* --- mathematics ------------------------------------------------------------------------------------------------ */

/* exp(x) for x <= 0; what is too small for a normal number is 0. */
TM_DEVICE float exp_below(float x) { return x < -87.0f ? 0 : tm_exp_f32(x); }
TM_DEVICE double exp_below(double x) { return x < -708.0 ? 0 : tm_exp_f64(x); }
TM_DEVICE float log_of(float x) { return tm_log_f32(x); }
TM_DEVICE double log_of(double x) { return tm_log_f64(x); }

/* largest = max(x), sum = sum(exp(x - largest)) of a row. A NaN needs no care in the first: its exp spoils the sum. */
template <int GROUP, class T> TM_DEVICE void exp_sum(const row &x, int64_t c, int lane, T *largest, T *sum) {
    T most = get<T>(x, lane < c ? lane : 0), total = 0;
    for (int64_t j = lane + GROUP; j < c; j += GROUP) {
        const T e = get<T>(x, j);
        most = e > most ? e : most;
    }
    most = tm_group_join<GROUP>(most, tm_most());
    for (int64_t j = lane; j < c; j += GROUP) total += exp_below(get<T>(x, j) - most);
    *largest = most;
    *sum = tm_group_join<GROUP>(total, tm_plus());
}

/* The rows of a group. */
#define EACH_ROW(i) for (int64_t i = tm_first() / GROUP; i < p.rows.n; i += tm_stride() / GROUP)

/* --- softmax and log_softmax ------------------------------------------------------------------------------------ */

/* y = exp(x - max) / sum, or x - max - log(sum); operands: y x */
template <int GROUP, class T> __global__ void softmax_rows(TM_PARAM softmax_plan p) {
    const int lane = (int)threadIdx.x % GROUP;
    EACH_ROW(i) {
        const row y = row_of(p, 0, i), x = row_of(p, 1, i);
        T largest, sum;
        exp_sum<GROUP>(x, p.c, lane, &largest, &sum);
        sum = p.logarithm ? log_of(sum) : 1 / sum;
        for (int64_t j = lane; j < p.c; j += GROUP) {
            const T e = get<T>(x, j) - largest;
            put(y, j, p.logarithm ? e - sum : exp_below(e) * sum);
        }
    }
}

/* softmax: y (g - sum(g y)); log_softmax: g - exp(y) sum(g); operands: out g y */
template <int GROUP, class T> __global__ void gradient_rows(TM_PARAM softmax_plan p) {
    const int lane = (int)threadIdx.x % GROUP;
    EACH_ROW(i) {
        const row out = row_of(p, 0, i), g = row_of(p, 1, i), y = row_of(p, 2, i);
        T sum = 0;
        for (int64_t j = lane; j < p.c; j += GROUP) {
            const T e = get<T>(g, j);
            sum += p.logarithm ? e : e * get<T>(y, j);
        }
        sum = tm_group_join<GROUP>(sum, tm_plus());
        for (int64_t j = lane; j < p.c; j += GROUP) {
            const T e = get<T>(g, j), s = get<T>(y, j);
            put(out, j, p.logarithm ? e - exp_below(s) * sum : s * (e - sum));
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
template <int GROUP, class T> __global__ void loss_rows(TM_PARAM softmax_plan p) {
    const int lane = (int)threadIdx.x % GROUP;
    EACH_ROW(i) {
        const row x = row_of(p, 1, i);
        const int64_t id = id_of(p, 2, i);
        T largest, sum;
        exp_sum<GROUP>(x, p.c, lane, &largest, &sum);
        sum = log_of(sum);
        if (lane == 0) {
            const T loss = sum - (get<T>(x, id < 0 ? 0 : id) - largest);
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
template <int GROUP, class T> __global__ void loss_gradient_rows(TM_PARAM softmax_plan p) {
    const int lane = (int)threadIdx.x % GROUP;
    EACH_ROW(i) {
        const row out = row_of(p, 0, i), x = row_of(p, 2, i);
        const int64_t id = id_of(p, 3, i);
        const double g = tm_load<double>(p.arg[1].data, p.arg[1].dtype, i * p.arg[1].stride[0]);
        const T lse = tm_load<T>(p.arg[4].data, p.arg[4].dtype, i * p.arg[4].stride[0]);
        const T scale = (T)(g * tm_float(p.numbers, 0));
        for (int64_t j = lane; j < p.c; j += GROUP) {
            const T e = exp_below(get<T>(x, j) - lse);
            put(out, j, (j == id ? e - 1 : e) * scale);
        }
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

static softmax_plan plan_for(tm_call *call) {
    softmax_plan p;
    p.last = call->rank - 1;
    p.rows = tm_space_of(call, 0, call->rank ? call->rank - 1 : 0);
    p.c = call->rank ? call->shape[call->rank - 1] : 1;
    for (int k = 0; k < 5; k++) p.arg[k] = tm_cuda_operand(call, k);
    p.logarithm = call->op == TM_OP_log_softmax;
    p.numbers = tm_numbers_of(call);
    p.watch = tm_watch_of(call);
    p.losses = NULL;
    return p;
}

/* The kernel for the row's length and the call's type. */
#define LAUNCH(kernel)                                                                                                 \
    do {                                                                                                               \
        const int wide = p.c > FEW;                                                                                    \
        const unsigned blocks = wide ? tm_cuda_blocks(p.rows.n, 1) : tm_cuda_blocks(p.rows.n * TM_WARP, TM_THREADS);   \
        if (call->compute == TM_FLOAT32 && wide)                                                                       \
            TM_LAUNCH(call, (kernel<TM_THREADS, float>), blocks, TM_THREADS, p);                                       \
        else if (call->compute == TM_FLOAT32)                                                                          \
            TM_LAUNCH(call, (kernel<TM_WARP, float>), blocks, TM_THREADS, p);                                          \
        else if (wide)                                                                                                 \
            TM_LAUNCH(call, (kernel<TM_THREADS, double>), blocks, TM_THREADS, p);                                      \
        else                                                                                                           \
            TM_LAUNCH(call, (kernel<TM_WARP, double>), blocks, TM_THREADS, p);                                         \
    } while (0)

void tm_cuda_softmax(tm_call *call) {
    const softmax_plan p = plan_for(call);
    LAUNCH(softmax_rows);
}

void tm_cuda_softmax_gradient(tm_call *call) {
    const softmax_plan p = plan_for(call);
    LAUNCH(gradient_rows);
}

void tm_cuda_cross_entropy(tm_call *call) {
    softmax_plan p = plan_for(call);
    const int total = call->arg[0].data && !call->arg[0].stride[0];
    if (total && !(p.losses = (double *)tm_cuda_scratch(call, (size_t)p.rows.n * sizeof(double)))) return;
    LAUNCH(loss_rows);
    if (total) TM_LAUNCH(call, loss_total, 1, TM_THREADS, p);
}

void tm_cuda_cross_entropy_gradient(tm_call *call) {
    const softmax_plan p = plan_for(call);
    LAUNCH(loss_gradient_rows);
}
