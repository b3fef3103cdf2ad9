/* reduce.cu: sum, mean, max, min, argmax over the last `reduced` dimensions.
 *
 * The reduced elements of an output are cut into chunks whose size depends on the shape alone. Where the outputs lie
 * side by side in memory (column sums) a block takes 32 of them and goes down the rows; elsewhere a warp (few elements)
 * or a block (many) takes one. If there are several chunks, a second kernel joins what they left, in order. A thread
 * adds up at most a few hundred elements in float before they join a double. No atomics: the same bits each time. */
#include "elements.h"
#include "groups.h"

#define CHUNK 16384     /* elements of a chunk along one output */
#define CHUNK_ROWS 1024 /* rows of a chunk of columns */
#define FEW 1024        /* elements that a warp takes */
#define ROWS 8          /* rows that a block of columns reads at a time */

enum { SUM, MAX, MIN };

/* What a sum is kept in. */
template <class T> struct total { typedef double type; };
template <> struct total<int64_t> { typedef int64_t type; };

typedef struct reduce_plan {
    tm_space kept, reduced;
    tm_arg x, out, ids;
    int64_t chunk, chunks;
    void *parts;      /* [chunk][output] values of 8 bytes, then ids likewise; NULL if there is one chunk */
    int value, index; /* which results are wanted */
    tm_numbers numbers;
} reduce_plan;

/* --- results so far --------------------------------------------------------------------------------------------- */

TM_DEVICE int64_t plus(int64_t a, int64_t b) { return tm_add_i64(a, b); }
TM_DEVICE float plus(float a, float b) { return a + b; }
TM_DEVICE double plus(double a, double b) { return a + b; }

struct adding {
    template <class V> __device__ V operator()(V a, V b) const { return plus(a, b); }
};

/* The best so far and where it is. */
template <class T> struct best {
    T value;
    int64_t id; /* -1: nothing yet */
};

/* Does (x, i) replace b? NaN beats everything, then the better value, then the smaller id. */
template <int KIND, class T> TM_DEVICE int beats(T x, int64_t i, const best<T> &b) {
    if (b.id < 0 || i < 0) return i >= 0;
    const int nan_x = tm_is_nan(x), nan_b = tm_is_nan(b.value);
    if (nan_x | nan_b) return nan_x & (!nan_b | (i < b.id));
    if (x == b.value) return i < b.id;
    return KIND == MAX ? x > b.value : x < b.value;
}

/* A group agrees on the best: value and id travel as two words. */
template <int KIND, class T> TM_DEVICE best<T> warp_best(best<T> b) {
    for (int by = TM_WARP / 2; by > 0; by /= 2) {
        const T x = __shfl_xor_sync(TM_ALL_LANES, b.value, by);
        const int64_t i = __shfl_xor_sync(TM_ALL_LANES, b.id, by);
        if (beats<KIND>(x, i, b)) b.value = x, b.id = i;
    }
    return b;
}

template <int GROUP, int KIND, class T> TM_DEVICE best<T> group_best(best<T> b) {
    b = warp_best<KIND>(b);
    if (GROUP == TM_WARP) return b;
    TM_SHARED(T, value, TM_THREADS / TM_WARP);
    TM_SHARED(int64_t, id, TM_THREADS / TM_WARP);
    __syncthreads(); /* those of the output before have been read */
    if (threadIdx.x % TM_WARP == 0) {
        value[threadIdx.x / TM_WARP] = b.value;
        id[threadIdx.x / TM_WARP] = b.id;
    }
    __syncthreads();
    for (int w = 0; w < TM_THREADS / TM_WARP; w++) {
        const T x = value[w];
        const int64_t i = id[w];
        if (beats<KIND>(x, i, b)) b.value = x, b.id = i;
    }
    return b;
}

/* --- results ---------------------------------------------------------------------------------------------------- */

TM_DEVICE float scaled(double sum, double factor, float) { return (float)(sum * factor); }
TM_DEVICE double scaled(double sum, double factor, double) { return sum * factor; }
TM_DEVICE int64_t scaled(int64_t sum, double, int64_t) { return sum; }

template <class T> TM_DEVICE void finish_sum(const reduce_plan &p, int64_t output, typename total<T>::type sum) {
    tm_store(p.out.data, p.out.dtype, tm_offset(p.kept, p.out, output), scaled(sum, tm_float(p.numbers, 0), T()));
}

template <class T> TM_DEVICE void finish_best(const reduce_plan &p, int64_t output, best<T> b) {
    if (p.value) tm_store(p.out.data, p.out.dtype, tm_offset(p.kept, p.out, output), b.value);
    if (p.index) tm_store(p.ids.data, p.ids.dtype, tm_offset(p.kept, p.ids, output), b.id);
}

template <class T>
TM_DEVICE void leave_sum(const reduce_plan &p, int64_t output, int64_t chunk, typename total<T>::type sum) {
    if (p.chunks == 1)
        finish_sum<T>(p, output, sum);
    else
        ((typename total<T>::type *)p.parts)[chunk * p.kept.n + output] = sum;
}

template <class T> TM_DEVICE void leave_best(const reduce_plan &p, int64_t output, int64_t chunk, best<T> b) {
    if (p.chunks == 1) {
        finish_best(p, output, b);
        return;
    }
    const int64_t at = chunk * p.kept.n + output;
    *(T *)((int64_t *)p.parts + at) = b.value;
    ((int64_t *)p.parts)[p.chunks * p.kept.n + at] = b.id;
}

/* --- along an output -------------------------------------------------------------------------------------------- */

/* Task t is chunk t % chunks of output t / chunks. */
template <int GROUP, class T> __global__ void sum_rows(TM_PARAM reduce_plan p) {
    const int lane = (int)threadIdx.x % GROUP;
    for (int64_t task = tm_first() / GROUP; task < p.kept.n * p.chunks; task += tm_stride() / GROUP) {
        const int64_t output = task / p.chunks, chunk = task - output * p.chunks, from = chunk * p.chunk;
        const int64_t to = from + p.chunk < p.reduced.n ? from + p.chunk : p.reduced.n;
        const int64_t base = tm_offset(p.kept, p.x, output);
        T sum = 0;
        for (int64_t i = from + lane; i < to; i += GROUP)
            sum = plus(sum, tm_load<T>(p.x.data, p.x.dtype, base + tm_offset(p.reduced, p.x, i)));
        const typename total<T>::type all = tm_group_join<GROUP>((typename total<T>::type)sum, adding());
        if (lane == 0) leave_sum<T>(p, output, chunk, all);
    }
}

template <int GROUP, int KIND, class T> __global__ void best_rows(TM_PARAM reduce_plan p) {
    const int lane = (int)threadIdx.x % GROUP;
    for (int64_t task = tm_first() / GROUP; task < p.kept.n * p.chunks; task += tm_stride() / GROUP) {
        const int64_t output = task / p.chunks, chunk = task - output * p.chunks, from = chunk * p.chunk;
        const int64_t to = from + p.chunk < p.reduced.n ? from + p.chunk : p.reduced.n;
        const int64_t base = tm_offset(p.kept, p.x, output);
        best<T> b = {0, -1};
        for (int64_t i = from + lane; i < to; i += GROUP) {
            const T x = tm_load<T>(p.x.data, p.x.dtype, base + tm_offset(p.reduced, p.x, i));
            if (beats<KIND>(x, i, b)) b.value = x, b.id = i;
        }
        b = group_best<GROUP, KIND>(b);
        if (lane == 0) leave_best(p, output, chunk, b);
    }
}

/* --- down columns ----------------------------------------------------------------------------------------------- */

/* A block of 32 x ROWS threads: x is an output, y a row. Task t is chunk t % chunks of 32 outputs. */
template <class T> __global__ void sum_columns(TM_PARAM reduce_plan p) {
    typedef typename total<T>::type S;
    TM_SHARED(S, part, ROWS * TM_WARP);
    const int64_t blocks = (p.kept.n + TM_WARP - 1) / TM_WARP;
    for (int64_t task = blockIdx.x; task < blocks * p.chunks; task += gridDim.x) {
        const int64_t block = task / p.chunks, chunk = task - block * p.chunks, from = chunk * p.chunk;
        const int64_t output = block * TM_WARP + threadIdx.x;
        const int64_t to = from + p.chunk < p.reduced.n ? from + p.chunk : p.reduced.n;
        T sum = 0;
        if (output < p.kept.n) {
            const int64_t base = tm_offset(p.kept, p.x, output);
            for (int64_t i = from + threadIdx.y; i < to; i += ROWS)
                sum = plus(sum, tm_load<T>(p.x.data, p.x.dtype, base + tm_offset(p.reduced, p.x, i)));
        }
        part[threadIdx.y * TM_WARP + threadIdx.x] = (S)sum;
        __syncthreads();
        if (threadIdx.y == 0 && output < p.kept.n) {
            S all = part[threadIdx.x];
            for (int r = 1; r < ROWS; r++) all = plus(all, (S)part[r * TM_WARP + threadIdx.x]);
            leave_sum<T>(p, output, chunk, all);
        }
        __syncthreads(); /* part has been read */
    }
}

template <int KIND, class T> __global__ void best_columns(TM_PARAM reduce_plan p) {
    TM_SHARED(T, value, ROWS * TM_WARP);
    TM_SHARED(int64_t, id, ROWS * TM_WARP);
    const int64_t blocks = (p.kept.n + TM_WARP - 1) / TM_WARP;
    for (int64_t task = blockIdx.x; task < blocks * p.chunks; task += gridDim.x) {
        const int64_t block = task / p.chunks, chunk = task - block * p.chunks, from = chunk * p.chunk;
        const int64_t output = block * TM_WARP + threadIdx.x;
        const int64_t to = from + p.chunk < p.reduced.n ? from + p.chunk : p.reduced.n;
        const int me = (int)(threadIdx.y * TM_WARP + threadIdx.x);
        best<T> b = {0, -1};
        if (output < p.kept.n) {
            const int64_t base = tm_offset(p.kept, p.x, output);
            for (int64_t i = from + threadIdx.y; i < to; i += ROWS) {
                const T x = tm_load<T>(p.x.data, p.x.dtype, base + tm_offset(p.reduced, p.x, i));
                if (beats<KIND>(x, i, b)) b.value = x, b.id = i;
            }
        }
        value[me] = b.value;
        id[me] = b.id;
        __syncthreads();
        if (threadIdx.y == 0 && output < p.kept.n) {
            for (int r = 1; r < ROWS; r++) {
                const T x = value[r * TM_WARP + threadIdx.x];
                const int64_t i = id[r * TM_WARP + threadIdx.x];
                if (beats<KIND>(x, i, b)) b.value = x, b.id = i;
            }
            leave_best(p, output, chunk, b);
        }
        __syncthreads(); /* value and id have been read */
    }
}

/* --- joining chunks --------------------------------------------------------------------------------------------- */

template <class T> __global__ void join_sums(TM_PARAM reduce_plan p) {
    typedef typename total<T>::type S;
    for (int64_t output = tm_first(); output < p.kept.n; output += tm_stride()) {
        S sum = 0;
        for (int64_t c = 0; c < p.chunks; c++) sum = plus(sum, ((const S *)p.parts)[c * p.kept.n + output]);
        finish_sum<T>(p, output, sum);
    }
}

template <int KIND, class T> __global__ void join_bests(TM_PARAM reduce_plan p) {
    for (int64_t output = tm_first(); output < p.kept.n; output += tm_stride()) {
        best<T> b = {0, -1};
        for (int64_t c = 0; c < p.chunks; c++) {
            const int64_t at = c * p.kept.n + output, i = ((const int64_t *)p.parts)[p.chunks * p.kept.n + at];
            const T x = *(const T *)((const int64_t *)p.parts + at);
            if (beats<KIND>(x, i, b)) b.value = x, b.id = i;
        }
        finish_best(p, output, b);
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

/* Do outputs lie side by side, so that going down columns reads memory in order? */
static int has_columns(const tm_call *call) {
    const int last = call->rank - call->reduced - 1, inner = call->rank - 1;
    if (last < 0 || inner == last || call->arg[1].stride[last] != 1) return 0;
    return call->arg[1].stride[inner] != 1 && call->shape[last] >= 8;
}

/* The plan; 0 if there is no memory for the parts. */
static int plan_for(tm_call *call, int columns, int out, int ids, reduce_plan *p) {
    const int border = call->rank - call->reduced;
    p->kept = tm_space_of(call, 0, border);
    p->reduced = tm_space_of(call, border, call->rank);
    p->x = tm_cuda_operand(call, 1);
    p->value = out >= 0 && call->arg[out].data != NULL;
    p->index = ids >= 0 && call->arg[ids].data != NULL;
    p->out = tm_cuda_operand(call, out >= 0 ? out : 0);
    p->ids = tm_cuda_operand(call, ids >= 0 ? ids : 0);
    p->numbers = tm_numbers_of(call);
    p->chunk = columns ? CHUNK_ROWS : CHUNK;
    p->chunks = p->reduced.n ? (p->reduced.n + p->chunk - 1) / p->chunk : 1;
    p->parts = NULL;
    if (p->chunks > 1) p->parts = tm_cuda_scratch(call, (size_t)(p->chunks * p->kept.n) * 16);
    return p->chunks == 1 || p->parts;
}

static dim3 column_threads(void) { return dim3(TM_WARP, ROWS); }

template <class T> static void launch_sum(tm_call *call, const reduce_plan &p, int columns) {
    const int64_t tasks = p.kept.n * p.chunks;
    if (columns)
        TM_LAUNCH(call, sum_columns<T>, tm_cuda_blocks(tasks, TM_WARP), column_threads(), p);
    else if (p.reduced.n <= FEW)
        TM_LAUNCH(call, (sum_rows<TM_WARP, T>), tm_cuda_blocks(tasks * TM_WARP, TM_THREADS), TM_THREADS, p);
    else
        TM_LAUNCH(call, (sum_rows<TM_THREADS, T>), tm_cuda_blocks(tasks, 1), TM_THREADS, p);
    if (p.chunks > 1) TM_LAUNCH(call, join_sums<T>, tm_cuda_blocks(p.kept.n, TM_THREADS), TM_THREADS, p);
}

template <int KIND, class T> static void launch_best(tm_call *call, const reduce_plan &p, int columns) {
    const int64_t tasks = p.kept.n * p.chunks;
    if (columns)
        TM_LAUNCH(call, (best_columns<KIND, T>), tm_cuda_blocks(tasks, TM_WARP), column_threads(), p);
    else if (p.reduced.n <= FEW)
        TM_LAUNCH(call, (best_rows<TM_WARP, KIND, T>), tm_cuda_blocks(tasks * TM_WARP, TM_THREADS), TM_THREADS, p);
    else
        TM_LAUNCH(call, (best_rows<TM_THREADS, KIND, T>), tm_cuda_blocks(tasks, 1), TM_THREADS, p);
    if (p.chunks > 1) TM_LAUNCH(call, (join_bests<KIND, T>), tm_cuda_blocks(p.kept.n, TM_THREADS), TM_THREADS, p);
}

template <class T> static void launch(tm_call *call, const reduce_plan &p, int columns, int kind) {
    if (kind == SUM)
        launch_sum<T>(call, p, columns);
    else if (kind == MAX)
        launch_best<MAX, T>(call, p, columns);
    else
        launch_best<MIN, T>(call, p, columns);
}

static void reduce(tm_call *call, int kind, int out, int ids) {
    const int columns = has_columns(call);
    reduce_plan p;
    if (!plan_for(call, columns, out, ids, &p)) return;
    if (call->compute == TM_FLOAT32)
        launch<float>(call, p, columns, kind);
    else if (call->compute == TM_FLOAT64)
        launch<double>(call, p, columns, kind);
    else
        launch<int64_t>(call, p, columns, kind);
}

void tm_cuda_reduce_sum(tm_call *call) { reduce(call, SUM, 0, -1); }

void tm_cuda_reduce_max(tm_call *call) { reduce(call, MAX, 0, 2); }

void tm_cuda_reduce_min(tm_call *call) { reduce(call, MIN, 0, 2); }

void tm_cuda_reduce_argmax(tm_call *call) { reduce(call, MAX, -1, 0); }
