/* index_add.cu: slices added to those that ids name: out[id] += alpha * x, repeated ids in their order.
 *
 * The ids are sorted, stably (sorting.h), so that those of one slice stand side by side, in their order. Whoever stands
 * at the first of them adds up them all: no atomics, and the sum of the CPU to the bit. A slice of several elements is
 * cut into strips of 32, a warp for each, whose lanes have BATCH elements under way. Of shorter slices a warp takes 32
 * sorted ids; wherever a slice begins among them, all lanes fetch what belongs to it, and each adds the values that
 * the others pass on. */
#include "sorting.h"

#include "elements.h"

#define BATCH 8
#define SHORT 8 /* elements of a slice whose ids a warp looks at together */

typedef struct add_plan {
    tm_space slice;
    int64_t n, strips; /* ids; of a slice */
    uint32_t bound;    /* of the ids: wrong ones are sorted as this */
    int runs;          /* slices are contiguous */
    tm_arg out, x;
    tm_numbers numbers;
    const uint32_t *id, *at; /* sorted, and where in the call each came from */
} add_plan;

TM_DEVICE float plus_times(float y, float a, float x) { return tm_add_f32(y, tm_mul_f32(a, x)); }
TM_DEVICE double plus_times(double y, double a, double x) { return tm_add_f64(y, tm_mul_f64(a, x)); }
TM_DEVICE int64_t plus_times(int64_t y, int64_t a, int64_t x) { return tm_add_i64(y, tm_mul_i64(a, x)); }
TM_DEVICE float number_as(double a, float) { return tm_num_f32(a); }
TM_DEVICE double number_as(double a, double) { return tm_num_f64(a); }
TM_DEVICE int64_t number_as(double a, int64_t) { return tm_num_i64(a); }

/* y as it would be read again. */
TM_DEVICE float as_stored(int dtype, float y) {
    return dtype == TM_FLOAT16 ? tm_from_f16(tm_to_f16(y)) : dtype == TM_BFLOAT16 ? tm_from_bf16(tm_to_bf16(y)) : y;
}
TM_DEVICE double as_stored(int, double y) { return y; }
TM_DEVICE int64_t as_stored(int, int64_t y) { return y; }

/* Element e of a slice, whose number is i. */
TM_DEVICE int64_t place_in(const add_plan &p, const tm_arg &arg, int64_t i, int64_t e) {
    return i * arg.stride[0] + (p.runs ? e : tm_offset(p.slice, arg, e));
}

template <class T> TM_DEVICE T source_at(const add_plan &p, uint32_t at, int64_t e) {
    return tm_load<T>(p.x.data, p.x.dtype, place_in(p, p.x, at, e));
}

/* Is position i the first of its slice's? */
TM_DEVICE int begins(const add_plan &p, int64_t i) {
    return i < p.n && p.id[i] < p.bound && (i == 0 || p.id[i - 1] != p.id[i]);
}

/* Task t is strip t % strips of what begins at position t / strips, if something does. */
template <class T> __global__ void add_strips(TM_PARAM add_plan p) {
    const T alpha = number_as(tm_float(p.numbers, 1), T());
    for (int64_t task = tm_first() / TM_WARP; task < p.n * p.strips; task += tm_stride() / TM_WARP) {
        const int64_t first = task / p.strips, e = (task - first * p.strips) * TM_WARP + threadIdx.x % TM_WARP;
        if (e >= p.slice.n || !begins(p, first)) continue;
        const uint32_t id = p.id[first];
        const int64_t to = place_in(p, p.out, id, e);
        T y = tm_load<T>(p.out.data, p.out.dtype, to);
        for (int64_t i = first, more = 1; more; i += BATCH) {
            T x[BATCH];
            int mine[BATCH];
            TM_UNROLL for (int k = 0; k < BATCH; k++) {
                mine[k] = i + k < p.n && p.id[i + k] == id;
                x[k] = mine[k] ? source_at<T>(p, p.at[i + k], e) : 0;
            }
            TM_UNROLL for (int k = 0; k < BATCH; k++) {
                if (mine[k]) y = as_stored(p.out.dtype, plus_times(y, alpha, x[k]));
            }
            more = mine[BATCH - 1];
        }
        tm_store(p.out.data, p.out.dtype, to, y);
    }
}

/* What a lane has to add to slice `id` from a position on: how many lanes have something, and its own. */
template <class T> TM_DEVICE int fetch(const add_plan &p, uint32_t id, int64_t i, int64_t e, T *x) {
    i += threadIdx.x % TM_WARP;
    const int mine = i < p.n && p.id[i] == id;
    *x = mine ? source_at<T>(p, p.at[i], e) : 0;
    return __popc(__ballot_sync(TM_ALL_LANES, mine));
}

/* Element e of what begins at position i; while values are added the next ones come. */
template <class T> TM_DEVICE void add_element(const add_plan &p, int64_t i, int64_t e, T alpha) {
    const uint32_t id = p.id[i];
    const int64_t to = place_in(p, p.out, id, e);
    T y = tm_load<T>(p.out.data, p.out.dtype, to), x, next;
    for (int count = fetch(p, id, i, e, &x), after; count; count = after, x = next) {
        i += TM_WARP;
        after = count == TM_WARP ? fetch(p, id, i, e, &next) : 0;
        for (int k = 0; k < count; k++)
            y = as_stored(p.out.dtype, plus_times(y, alpha, __shfl_sync(TM_ALL_LANES, x, k)));
    }
    if (threadIdx.x % TM_WARP == 0) tm_store(p.out.data, p.out.dtype, to, y);
}

template <class T> __global__ void add_short(TM_PARAM add_plan p) {
    const T alpha = number_as(tm_float(p.numbers, 1), T());
    for (int64_t base = tm_first() / TM_WARP * TM_WARP; base < p.n; base += tm_stride()) {
        unsigned first = __ballot_sync(TM_ALL_LANES, begins(p, base + threadIdx.x % TM_WARP));
        for (int k = 0; first >> k; k++) {
            for (int64_t e = 0; e < p.slice.n && (first >> k & 1); e++) add_element(p, base + k, e, alpha);
            if (k == TM_WARP - 1) break;
        }
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

static int has_runs(const tm_call *call, int k) { return tm_is_run(call, &call->arg[k], 1, call->rank); }

template <class T> static void launch(tm_call *call, const add_plan &p) {
    if (p.slice.n < SHORT)
        TM_LAUNCH(call, add_short<T>, tm_cuda_blocks(p.n, TM_THREADS), TM_THREADS, p);
    else
        TM_LAUNCH(call, add_strips<T>, tm_cuda_blocks(p.n * p.strips * TM_WARP, TM_THREADS), TM_THREADS, p);
}

void tm_cuda_index_add(tm_call *call) {
    add_plan p;
    const int64_t bound = call->value[0].i;
    p.slice = tm_space_of(call, 1, call->rank);
    p.n = call->shape[0];
    p.strips = (p.slice.n + TM_WARP - 1) / TM_WARP;
    p.bound = (uint32_t)bound;
    p.runs = has_runs(call, 0) && has_runs(call, 1);
    p.out = tm_cuda_operand(call, 0);
    p.x = tm_cuda_operand(call, 1);
    p.numbers = tm_numbers_of(call);
    void *room = tm_cuda_scratch(call, tm_cuda_sort_bytes(1, p.n, 0));
    if (!room) return;
    tm_sorting s = tm_cuda_sorting_in(room, 1, p.n, 0);
    tm_cuda_sort_ids(call, &s, 2, 0, 1, bound);
    if (call->fault.kind) return;
    p.id = (const uint32_t *)s.key[0];
    p.at = s.at[0];
    if (call->compute == TM_FLOAT32)
        launch<float>(call, p);
    else if (call->compute == TM_FLOAT64)
        launch<double>(call, p);
    else
        launch<int64_t>(call, p);
}
