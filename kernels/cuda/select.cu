/* select.cu: what is found by looking at elements: where they are not 0; where values belong in sorted lines.
 *
 * How many elements are not 0 decides a result's size, so nonzero takes two calls, between which the engine reads one
 * number: the first counts those of each chunk and sums the counts up, the second writes each chunk's from there on. */
#include "elements.h"
#include "scans.h"

typedef struct nonzero_plan {
    tm_space space;
    tm_arg x;
    int64_t *out;                   /* first call: where each chunk's results start, behind them how many there are */
    const int64_t *starts;          /* second call: the same */
    int64_t chunk, chunks, columns; /* columns: ids in a row of the result, 0: one of the flattened x */
} nonzero_plan;

/* --- nonzero ---------------------------------------------------------------------------------------------------- */

TM_DEVICE int is_not_zero(const nonzero_plan &p, int64_t i, int64_t to) {
    if (i >= to) return 0;
    const int64_t at = tm_offset(p.space, p.x, i);
    if (p.x.dtype == TM_FLOAT64) return ((const double *)p.x.data)[at] != 0;
    if (p.x.dtype >= TM_FLOAT16) return tm_load<float>(p.x.data, p.x.dtype, at) != 0;
    return tm_load<int64_t>(p.x.data, p.x.dtype, at) != 0;
}

/* A block for each chunk. */
static __global__ void count_not_zero(TM_PARAM nonzero_plan p) {
    for (int64_t c = blockIdx.x; c < p.chunks; c += gridDim.x) {
        const int64_t end = (c + 1) * p.chunk, to = end < p.space.n ? end : p.space.n;
        unsigned mine = 0, all;
        for (int64_t i = c * p.chunk + threadIdx.x; i < to; i += TM_THREADS) mine += (unsigned)is_not_zero(p, i, to);
        tm_block_before(mine, &all);
        if (threadIdx.x == 0) p.out[c] = all;
    }
}

/* One warp: counts become starts. */
static __global__ void sum_not_zero(TM_PARAM nonzero_plan p) {
    const int lane = (int)threadIdx.x;
    int64_t sum = 0;
    for (int64_t from = 0; from < p.chunks; from += TM_WARP) {
        const int64_t c = from + lane, count = c < p.chunks ? p.out[c] : 0;
        const int64_t upto = tm_warp_scan(count, tm_plus());
        if (c < p.chunks) p.out[c] = sum + upto - count;
        sum += __shfl_sync(TM_ALL_LANES, upto, TM_WARP - 1);
    }
    if (lane == 0) p.out[p.chunks] = sum;
}

/* A block for each chunk, 256 elements at a time. */
static __global__ void write_not_zero(TM_PARAM nonzero_plan p) {
    for (int64_t c = blockIdx.x; c < p.chunks; c += gridDim.x) {
        const int64_t end = (c + 1) * p.chunk, to = end < p.space.n ? end : p.space.n;
        int64_t at = p.starts[c];
        unsigned all;
        for (int64_t from = c * p.chunk; from < to; from += TM_THREADS, at += all) {
            int64_t id = from + threadIdx.x;
            const int is = is_not_zero(p, id, to);
            const unsigned before = tm_block_before((unsigned)is, &all);
            if (is && !p.columns) p.out[at + before] = id;
            for (int d = p.space.rank; is && p.columns && d-- > 0;)
                p.out[(at + before) * p.columns + d] = tm_divide(&id, p.space.shape[d], p.space.narrow);
        }
    }
}

static nonzero_plan nonzero_plan_for(tm_call *call) {
    nonzero_plan p;
    p.space = tm_space_of(call, 0, call->rank);
    p.x = tm_cuda_operand(call, 1);
    p.out = (int64_t *)call->arg[0].data;
    p.starts = (const int64_t *)call->arg[2].data;
    p.columns = call->value[0].i;
    p.chunk = call->value[1].i;
    p.chunks = (p.space.n + p.chunk - 1) / p.chunk;
    return p;
}

void tm_cuda_nonzero_count(tm_call *call) {
    const nonzero_plan p = nonzero_plan_for(call);
    TM_LAUNCH(call, count_not_zero, tm_cuda_blocks(p.chunks, 1), TM_THREADS, p);
    TM_LAUNCH(call, sum_not_zero, 1, TM_WARP, p);
}

void tm_cuda_nonzero(tm_call *call) {
    const nonzero_plan p = nonzero_plan_for(call);
    TM_LAUNCH(call, write_not_zero, tm_cuda_blocks(p.chunks, 1), TM_THREADS, p);
}

/* --- searchsorted: a thread for each value ---------------------------------------------------------------------- */

/* All is contiguous. */
typedef struct search_plan {
    const void *sorted, *values;
    int64_t *out;
    int64_t count, size, n, step; /* values, of a line; elements of a sorted line, from one line to the next */
    int right;
} search_plan;

/* Does a stand before v? NaN is greater than every number. */
template <class T> TM_DEVICE int stands_before(T a, T v, int right) {
    return right ? a <= v || tm_is_nan(v) : a < v || (tm_is_nan(v) && !tm_is_nan(a));
}

template <class T> __global__ void search_values(TM_PARAM search_plan p) {
    for (int64_t i = tm_first(); i < p.count; i += tm_stride()) {
        const T *line = (const T *)p.sorted + (p.step ? i / p.size * p.step : 0), v = ((const T *)p.values)[i];
        int64_t from = 0, to = p.n;
        while (from < to) {
            const int64_t half = (from + to) / 2;
            if (stands_before(line[half], v, p.right))
                from = half + 1;
            else
                to = half;
        }
        p.out[i] = from;
    }
}

/* values: 0 elements of a sorted line, 1 from one line to the next (0: there is one for all), 2 right */
void tm_cuda_searchsorted(tm_call *call) {
    const search_plan p = {call->arg[2].data,
                           call->arg[1].data,
                           (int64_t *)call->arg[0].data,
                           call->shape[0] * call->shape[1],
                           call->shape[1],
                           call->value[0].i,
                           call->value[1].i,
                           call->value[2].i != 0};
    const unsigned blocks = tm_cuda_blocks(p.count, TM_THREADS);
    if (call->compute == TM_FLOAT32)
        TM_LAUNCH(call, search_values<float>, blocks, TM_THREADS, p);
    else if (call->compute == TM_FLOAT64)
        TM_LAUNCH(call, search_values<double>, blocks, TM_THREADS, p);
    else
        TM_LAUNCH(call, search_values<int64_t>, blocks, TM_THREADS, p);
}
