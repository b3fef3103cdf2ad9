/* rows.cu: slices picked by id: index_select, gather_normalize, index_add.
 *
 * The first dimension of the iteration runs over the ids. Of the operands, x (or the output of index_add) has as its
 * first stride the stride of the indexed axis. A wrong id is recorded; what it would have picked is 0. */
#include "elements.h"

typedef struct slices_plan {
    tm_space space;        /* one slice */
    int64_t slices, bound; /* ids, and how many slices there are to pick from */
    tm_arg out, x, ids;
    tm_numbers numbers;
    tm_watch watch;
} slices_plan;

static slices_plan plan_for(tm_call *call) {
    slices_plan p;
    p.space = tm_space_of(call, 1, call->rank);
    p.slices = call->shape[0];
    p.bound = call->value[0].i;
    p.out = tm_cuda_operand(call, 0);
    p.x = tm_cuda_operand(call, 1);
    p.ids = tm_cuda_operand(call, 2);
    p.numbers = tm_numbers_of(call);
    p.watch = tm_watch_of(call);
    return p;
}

TM_DEVICE int64_t id_at(const slices_plan &p, int64_t i) {
    return tm_load<int64_t>(p.ids.data, p.ids.dtype, i * p.ids.stride[0]);
}

/* --- index_select and gather_normalize: a thread for each element ----------------------------------------------- */

/* Elements are only moved, as words of their size. */
template <class W> __global__ void select_rows(TM_PARAM slices_plan p) {
    for (int64_t i = tm_first(); i < p.slices * p.space.n; i += tm_stride()) {
        const int64_t slice = i / p.space.n, inner = i - slice * p.space.n, id = id_at(p, slice);
        const int64_t to = slice * p.out.stride[0] + tm_offset(p.space, p.out, inner);
        const int64_t from = id * p.x.stride[0] + tm_offset(p.space, p.x, inner);
        ((W *)p.out.data)[to] = tm_id_fits(p.watch, id, p.bound) ? ((const W *)p.x.data)[from] : 0;
    }
}

/* (x - mean) / std; the engine gives 1 / std. */
static __global__ void normalize_rows(TM_PARAM slices_plan p) {
    const float mean = (float)tm_float(p.numbers, 1), scale = (float)tm_float(p.numbers, 2);
    for (int64_t i = tm_first(); i < p.slices * p.space.n; i += tm_stride()) {
        const int64_t slice = i / p.space.n, inner = i - slice * p.space.n, id = id_at(p, slice);
        const int64_t to = slice * p.out.stride[0] + tm_offset(p.space, p.out, inner);
        const int64_t from = id * p.x.stride[0] + tm_offset(p.space, p.x, inner);
        float x = mean;
        if (tm_id_fits(p.watch, id, p.bound)) x = tm_load<float>(p.x.data, p.x.dtype, from);
        tm_store(p.out.data, p.out.dtype, to, (x - mean) * scale);
    }
}

void tm_cuda_index_select(tm_call *call) {
    const slices_plan p = plan_for(call);
    const unsigned blocks = tm_cuda_blocks(p.slices * p.space.n, TM_THREADS);
    switch (call->arg[0].dtype) {
    case TM_BOOL:
    case TM_UINT8: TM_LAUNCH(call, select_rows<uint8_t>, blocks, TM_THREADS, p); break;
    case TM_INT32:
    case TM_FLOAT32: TM_LAUNCH(call, select_rows<uint32_t>, blocks, TM_THREADS, p); break;
    case TM_FLOAT16:
    case TM_BFLOAT16: TM_LAUNCH(call, select_rows<uint16_t>, blocks, TM_THREADS, p); break;
    default: TM_LAUNCH(call, select_rows<uint64_t>, blocks, TM_THREADS, p);
    }
}

void tm_cuda_gather_normalize(tm_call *call) {
    const slices_plan p = plan_for(call);
    TM_LAUNCH(call, normalize_rows, tm_cuda_blocks(p.slices * p.space.n, TM_THREADS), TM_THREADS, p);
}

/* --- index_add -------------------------------------------------------------------------------------------------- */

TM_DEVICE float plus_times(float y, float a, float x) { return tm_add_f32(y, tm_mul_f32(a, x)); }
TM_DEVICE double plus_times(double y, double a, double x) { return tm_add_f64(y, tm_mul_f64(a, x)); }
TM_DEVICE int64_t plus_times(int64_t y, int64_t a, int64_t x) { return tm_add_i64(y, tm_mul_i64(a, x)); }
TM_DEVICE float number_as(double a, float) { return tm_num_f32(a); }
TM_DEVICE double number_as(double a, double) { return tm_num_f64(a); }
TM_DEVICE int64_t number_as(double a, int64_t) { return tm_num_i64(a); }

/* Does the id stand at none of the positions before? The lanes of a warp look at 32 of them at a time. */
TM_DEVICE int is_first(const slices_plan &p, int64_t position, int64_t id, int lane) {
    int seen = 0;
    for (int64_t j = 0; j < position; j += TM_WARP) {
        seen = j + lane < position && id_at(p, j + lane) == id;
        for (int by = TM_WARP / 2; by > 0; by /= 2) seen |= __shfl_xor_sync(TM_ALL_LANES, seen, by);
        if (seen) break;
    }
    return !seen;
}

/* y += alpha * source, slice `source`; a lane takes every 32nd element. */
template <class T> TM_DEVICE void add_slice(const slices_plan &p, int64_t id, int64_t source, T alpha, int lane) {
    for (int64_t e = lane; e < p.space.n; e += TM_WARP) {
        const int64_t to = id * p.out.stride[0] + tm_offset(p.space, p.out, e);
        const int64_t from = source * p.x.stride[0] + tm_offset(p.space, p.x, e);
        const T x = tm_load<T>(p.x.data, p.x.dtype, from), y = tm_load<T>(p.out.data, p.out.dtype, to);
        tm_store(p.out.data, p.out.dtype, to, plus_times(y, alpha, x));
    }
}

/* A warp for each id. Where the id stands for the first time, its warp adds all slices with that id, in the order of
 * the ids: no atomics, and the sum of the CPU to the bit. To look through the ids takes (number of ids)^2 / 64 steps of
 * a warp. */
template <class T> __global__ void add_rows(TM_PARAM slices_plan p) {
    const int lane = (int)(threadIdx.x % TM_WARP);
    const T alpha = number_as(tm_float(p.numbers, 1), T());
    for (int64_t i = tm_first() / TM_WARP; i < p.slices; i += tm_stride() / TM_WARP) {
        const int64_t id = id_at(p, i);
        if (!tm_id_fits(p.watch, id, p.bound) || !is_first(p, i, id, lane)) continue;
        for (int64_t j = i; j < p.slices; j += TM_WARP) {
            unsigned mine = j + lane < p.slices && id_at(p, j + lane) == id ? 1u << lane : 0;
            for (int by = TM_WARP / 2; by > 0; by /= 2) mine |= __shfl_xor_sync(TM_ALL_LANES, mine, by);
            for (int k = 0; k < TM_WARP && mine >> k; k++)
                if (mine >> k & 1) add_slice(p, id, j + k, alpha, lane);
        }
    }
}

void tm_cuda_index_add(tm_call *call) {
    const slices_plan p = plan_for(call);
    const unsigned blocks = tm_cuda_blocks(p.slices * TM_WARP, TM_THREADS);
    if (call->compute == TM_FLOAT32)
        TM_LAUNCH(call, add_rows<float>, blocks, TM_THREADS, p);
    else if (call->compute == TM_FLOAT64)
        TM_LAUNCH(call, add_rows<double>, blocks, TM_THREADS, p);
    else
        TM_LAUNCH(call, add_rows<int64_t>, blocks, TM_THREADS, p);
}
