/* clip.cu: the norm of all gradients (call->slot) together, and all of them scaled by one factor.
 *
 * Each is cut into chunks, a block for each; their parts of the norm are doubles, which one block joins, in order. */
#include "elements.h"
#include "groups.h"
#include "slots.h"

typedef struct clip_plan {
    tm_slots slots;
    tm_numbers numbers; /* p of the norm; what it may be at most */
    double *parts;      /* of each chunk */
    tm_arg norm;
} clip_plan;

/* NaN before all, then the larger. */
struct larger {
    __device__ double operator()(double a, double b) const { return a > b || a != a ? a : b; }
};

/* One more element, of this size, for a norm's part. */
TM_DEVICE double grown(double part, double size, double p) {
    if (p == 2) return part + size * size;
    if (p == 1) return part + size;
    return p == INFINITY ? larger()(size, part) : part + tm_pow_f64(size, p);
}

TM_DEVICE double joined(double part, double p) {
    return p == INFINITY ? tm_group_join<TM_THREADS>(part, larger()) : tm_group_join<TM_THREADS>(part, tm_plus());
}

static __global__ void measure(TM_PARAM clip_plan plan) {
    const double p = tm_float(plan.numbers, 0);
    TM_EACH_CHUNK(plan.slots, s, from, to) {
        const tm_slot &slot = plan.slots.slot[s].slot;
        double part = 0;
        for (int64_t i = from + threadIdx.x; i < to; i += TM_THREADS)
            part = grown(part, tm_abs_f64(tm_load<double>(slot.grad, slot.dtype, i)), p);
        part = joined(part, p);
        if (threadIdx.x == 0) plan.parts[chunk] = part;
    }
}

/* One block. */
static __global__ void join_norm(TM_PARAM clip_plan plan) {
    const double p = tm_float(plan.numbers, 0);
    double total = 0;
    for (int64_t c = threadIdx.x; c < plan.slots.chunks; c += TM_THREADS)
        total = p == INFINITY ? larger()(plan.parts[c], total) : total + plan.parts[c];
    total = joined(total, p);
    if (p == 2) total = tm_sqrt_f64(total);
    if (p != 1 && p != 2 && p != INFINITY) total = tm_pow_f64(total, 1 / p);
    if (threadIdx.x == 0) tm_store(plan.norm.data, plan.norm.dtype, 0, total);
}

template <class T> TM_DEVICE void scale_chunk(T *x, T factor, int64_t from, int64_t to) {
    for (int64_t i = from + threadIdx.x; i < to; i += TM_THREADS) x[i] *= factor;
}

/* The factor is max_norm / norm where that is below 1; else nothing has to be touched. */
static __global__ void scale_all(TM_PARAM clip_plan plan) {
    const double norm = tm_load<double>(plan.norm.data, plan.norm.dtype, 0);
    const double factor = tm_float(plan.numbers, 0) / (norm + 1e-6);
    TM_EACH_CHUNK(plan.slots, s, from, to) {
        const tm_slot &slot = plan.slots.slot[s].slot;
        if (factor >= 1) continue;
        if (slot.dtype == TM_FLOAT64)
            scale_chunk((double *)slot.grad, factor, from, to);
        else
            scale_chunk((float *)slot.grad, (float)factor, from, to);
    }
}

void tm_cuda_clip_norm(tm_call *call) {
    clip_plan p;
    void *parts;
    const size_t room = call->part ? 0 : ((size_t)tm_cuda_chunks_of(call) * sizeof(double) + 15) / 16 * 16;
    if (!tm_cuda_place_slots(call, room, &p.slots, &parts)) return;
    p.parts = (double *)parts;
    p.numbers = tm_numbers_of(call);
    p.norm = tm_cuda_operand(call, call->part ? 1 : 0);
    const unsigned blocks = tm_cuda_blocks(p.slots.chunks, 1);
    if (call->part) {
        if (blocks) TM_LAUNCH(call, scale_all, blocks, TM_THREADS, p);
        return;
    }
    if (blocks) TM_LAUNCH(call, measure, blocks, TM_THREADS, p);
    TM_LAUNCH(call, join_norm, 1, TM_THREADS, p);
}
