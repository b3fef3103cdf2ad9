/* optimize.cu: SGD and Adam, all parameters in one launch.
 *
 * The parameters are cut into chunks, a block for each (slots.h). The table of slots is uploaded before the launch; a
 * block finds its slot by halving. In a captured call the numbers and each slot's step come from `live`. */
#include "elements.h"
#include "slots.h"

#undef pow /* here the names are the device library's */
#undef sqrt

#include <cstring>
#include <vector>

typedef struct optimize_plan {
    tm_slots slots;
    tm_numbers numbers;
} optimize_plan;

TM_DEVICE float root(float x) { return tm_sqrt_f32(x); }
TM_DEVICE double root(double x) { return tm_sqrt_f64(x); }

TM_DEVICE double step_of(const optimize_plan &p, int64_t s) {
    return p.numbers.live ? p.numbers.live[TM_MAX_VALUES + s].f : p.slots.slot[s].slot.step;
}

/* Where element i of the gradient belongs in the parameter: a gradient of rows has only some of its rows. */
TM_DEVICE int64_t place_of(const tm_slot &s, int64_t i) {
    return s.ids ? s.ids[i / s.width] * s.width + i % s.width : i;
}

/* --- SGD -------------------------------------------------------------------------------------------------------- */

/* g += wd p; b = mu b + g (b = g at first); p -= lr (nesterov ? g + mu b : b). Elements from .. to-1. */
template <class T>
TM_DEVICE void sgd_chunk(const optimize_plan &plan, const tm_slot &s, double step, int64_t from, int64_t to) {
    T *p = (T *)s.param, *b = (T *)s.state[0];
    const T *grad = (const T *)s.grad;
    const T lr = (T)tm_float(plan.numbers, 0), mu = (T)tm_float(plan.numbers, 1), wd = (T)tm_float(plan.numbers, 2);
    const int first = step <= 1, nesterov = tm_integer(plan.numbers, 3) != 0;
    for (int64_t i = from + threadIdx.x; i < to; i += TM_THREADS) {
        const int64_t at = place_of(s, i);
        const T g = wd != 0 || first || nesterov || !b ? grad[i] + wd * p[at] : grad[i];
        if (!b) {
            p[at] -= lr * g;
            continue;
        }
        const T v = first ? g : mu * b[at] + g;
        b[at] = v;
        p[at] -= lr * (nesterov ? g + mu * v : v);
    }
}

/* --- Adam ------------------------------------------------------------------------------------------------------- */

typedef struct adam_factors {
    double step, correct; /* lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t) */
} adam_factors;

/* m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g g; p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps).
 * Decay is added to g, or, decoupled, taken from p (Kingma and Ba 2015; Loshchilov and Hutter 2019). */
template <class T>
TM_DEVICE void adam_chunk(const optimize_plan &plan, const tm_slot &s, adam_factors f, int64_t from, int64_t to) {
    T *p = (T *)s.param, *m = (T *)s.state[0], *v = (T *)s.state[1];
    const T *grad = (const T *)s.grad;
    const double lr = tm_float(plan.numbers, 0), beta1 = tm_float(plan.numbers, 1), beta2 = tm_float(plan.numbers, 2);
    const double decay = tm_float(plan.numbers, 4);
    const int decoupled = tm_integer(plan.numbers, 5) != 0;
    const T b1 = (T)beta1, c1 = (T)(1 - beta1), b2 = (T)beta2, c2 = (T)(1 - beta2), eps = (T)tm_float(plan.numbers, 3);
    const T wd = (T)(decoupled ? 0 : decay), keep = (T)(decoupled ? 1 - lr * decay : 1);
    const T step = (T)f.step, correct = (T)f.correct;
    for (int64_t i = from + threadIdx.x; i < to; i += TM_THREADS) {
        const int64_t at = place_of(s, i);
        const T g = grad[i] + wd * p[at];
        m[at] = b1 * m[at] + c1 * g;
        v[at] = b2 * v[at] + c2 * g * g;
        p[at] = keep * p[at] - step * m[at] / (root(v[at]) * correct + eps);
    }
}

TM_DEVICE adam_factors factors_of(const optimize_plan &p, double t) {
    const double lr = tm_float(p.numbers, 0), beta1 = tm_float(p.numbers, 1), beta2 = tm_float(p.numbers, 2);
    adam_factors f;
    f.step = lr / (1 - pow(beta1, t));
    f.correct = 1 / sqrt(1 - pow(beta2, t));
    return f;
}

/* --- kernels ---------------------------------------------------------------------------------------------------- */

static __global__ void sgd(TM_PARAM optimize_plan p) {
    TM_EACH_CHUNK(p.slots, s, from, to) {
        const tm_slot &slot = p.slots.slot[s].slot;
        if (slot.dtype == TM_FLOAT64)
            sgd_chunk<double>(p, slot, step_of(p, s), from, to);
        else
            sgd_chunk<float>(p, slot, step_of(p, s), from, to);
    }
}

/* The powers are dear, so one thread works them out for its block. */
static __global__ void adam(TM_PARAM optimize_plan p) {
    TM_SHARED(double, shared, 2);
    TM_EACH_CHUNK(p.slots, s, from, to) {
        const tm_slot &slot = p.slots.slot[s].slot;
        if (threadIdx.x == 0) {
            const adam_factors f = factors_of(p, step_of(p, s));
            shared[0] = f.step;
            shared[1] = f.correct;
        }
        __syncthreads();
        adam_factors f;
        f.step = shared[0];
        f.correct = shared[1];
        if (slot.dtype == TM_FLOAT64)
            adam_chunk<double>(p, slot, f, from, to);
        else
            adam_chunk<float>(p, slot, f, from, to);
        __syncthreads(); /* shared has been read */
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

int64_t tm_cuda_chunks_of(const tm_call *call) {
    int64_t chunks = 0;
    for (int64_t s = 0; s < call->n_slots; s++) chunks += (call->slot[s].n + TM_CHUNK - 1) / TM_CHUNK;
    return chunks;
}

int tm_cuda_place_slots(tm_call *call, size_t room, tm_slots *slots, void **scratch) {
    std::vector<tm_placed> placed((size_t)call->n_slots);
    slots->n = call->n_slots;
    slots->chunks = 0;
    for (int64_t s = 0; s < call->n_slots; s++) {
        placed[(size_t)s].slot = call->slot[s];
        placed[(size_t)s].first_chunk = slots->chunks;
        slots->chunks += (call->slot[s].n + TM_CHUNK - 1) / TM_CHUNK;
    }
    const size_t bytes = placed.size() * sizeof(tm_placed);
    if (!(*scratch = tm_cuda_scratch(call, room + bytes))) return 0;
    slots->slot = (const tm_placed *)((char *)*scratch + room);
    if (bytes && tm_cuda_upload((char *)*scratch + room, placed.data(), bytes)) {
        call->fault.kind = TM_FAULT_DEVICE;
        return 0;
    }
    return 1;
}

/* The plan; 0 if that failed or there is nothing to do. */
static int plan_for(tm_call *call, optimize_plan *p) {
    void *scratch;
    p->numbers = tm_numbers_of(call);
    return tm_cuda_chunks_of(call) && tm_cuda_place_slots(call, 0, &p->slots, &scratch);
}

void tm_cuda_sgd(tm_call *call) {
    optimize_plan p;
    if (plan_for(call, &p)) TM_LAUNCH(call, sgd, tm_cuda_blocks(p.slots.chunks, 1), TM_THREADS, p);
}

void tm_cuda_adam(tm_call *call) {
    optimize_plan p;
    if (plan_for(call, &p)) TM_LAUNCH(call, adam, tm_cuda_blocks(p.slots.chunks, 1), TM_THREADS, p);
}
