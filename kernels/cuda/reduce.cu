/* reduce.cu: sum, mean, prod, max, min, argmax, argmin over the last `reduced` dimensions.
 *
 * The reduced elements of an output are cut into chunks: as many as make TASKS of them over all outputs, by the shape
 * alone. Where the outputs lie side by side in memory (column sums) a block takes 32 of them and goes down the rows;
 * elsewhere a warp (few elements) or a block (many) takes one, in packs of 16 bytes where they lie in one run. If there
 * are several chunks, a second kernel joins what they left, in order. A thread adds up a batch of BATCH loads, which
 * are all under way at a time, before it joins a double. No atomics: the same bits each time. */
#include "elements.h"
#include "groups.h"
#include "packs.h"

#define TASKS 512  /* that fill a device */
#define LEAST 4096 /* elements of a chunk along one output, at least */
#define ROWS 8     /* rows that a block of columns reads at a time */
#define FEW 1024   /* elements that a warp takes */
#define BATCH 4

enum { SUM, PROD, MAX, MIN };

typedef struct reduce_plan {
    tm_space kept, reduced;
    tm_arg x, out, ids;
    int run, packed; /* an output's elements lie in one run; of x's own type and aligned */
    int64_t chunk, chunks;
    void *parts;      /* [chunk][output] values of 8 bytes, then ids likewise; NULL if there is one chunk */
    int value, index; /* which results are wanted */
    tm_numbers numbers;
} reduce_plan;

/* --- results so far --------------------------------------------------------------------------------------------- */

/* What a sum or a product is kept in. */
template <class T> struct total { typedef double type; };
template <> struct total<int64_t> { typedef int64_t type; };

/* A total (whose id isn't looked at), or the best and where it is; -1: nothing yet. */
template <class V> struct so_far {
    V value;
    int64_t id;
};

template <int KIND> TM_DEVICE float both(float a, float b) { return KIND == SUM ? a + b : a * b; }
template <int KIND> TM_DEVICE double both(double a, double b) { return KIND == SUM ? a + b : a * b; }
template <int KIND> TM_DEVICE int64_t both(int64_t a, int64_t b) {
    return KIND == SUM ? tm_add_i64(a, b) : tm_mul_i64(a, b);
}

TM_DEVICE float scaled(double sum, double factor, float) { return (float)(sum * factor); }
TM_DEVICE double scaled(double sum, double factor, double) { return sum * factor; }
TM_DEVICE int64_t scaled(int64_t sum, double, int64_t) { return sum; }

/* Sums, whose batches are added up in T, and products, each of whose factors is a double at once: they may pass through
 * what a float can't hold. */
template <int KIND, class A> struct totalling {
    typedef A T;
    typedef typename total<T>::type V;
    static const int indexed = 0;

    static __device__ so_far<V> nothing() { return {KIND == SUM ? (V)0 : (V)1, 0}; }

    template <int N> static __device__ void take(so_far<V> &r, const T (&x)[N], int64_t, int64_t) {
        if (KIND == PROD) {
            TM_UNROLL for (int k = 0; k < N; k++) r.value = both<KIND>(r.value, (V)x[k]);
            return;
        }
        T sum = x[0];
        TM_UNROLL for (int k = 1; k < N; k++) sum = both<KIND>(sum, x[k]);
        r.value = both<KIND>(r.value, (V)sum);
    }

    static __device__ void join(so_far<V> &r, const so_far<V> &other) { r.value = both<KIND>(r.value, other.value); }

    static __device__ void finish(const reduce_plan &p, int64_t output, const so_far<V> &r) {
        const double factor = KIND == SUM ? tm_float(p.numbers, 0) : 1;
        tm_store(p.out.data, p.out.dtype, tm_offset(p.kept, p.out, output), scaled(r.value, factor, T()));
    }
};

/* NaN beats everything, then the better value, then the smaller id. */
template <int KIND, class A> struct choosing {
    typedef A T;
    typedef T V;
    static const int indexed = 1;

    static __device__ so_far<V> nothing() { return {0, -1}; }

    static __device__ int better(T x, T than) {
        return (KIND == MAX ? x > than : x < than) | (tm_is_nan(x) & !tm_is_nan(than));
    }

    /* Ids rise from one element to the next, so the first of equals stays. */
    template <int N> static __device__ void take(so_far<V> &r, const T (&x)[N], int64_t id, int64_t step) {
        TM_UNROLL for (int k = 0; k < N; k++) {
            if (r.id < 0 || better(x[k], r.value)) r.value = x[k], r.id = id + k * step;
        }
    }

    static __device__ void join(so_far<V> &r, const so_far<V> &other) {
        const int equal = !better(other.value, r.value) & !better(r.value, other.value);
        const int wins = equal ? other.id < r.id : better(other.value, r.value);
        if (other.id >= 0 && (r.id < 0 || wins)) r = other;
    }

    static __device__ void finish(const reduce_plan &p, int64_t output, const so_far<V> &r) {
        if (p.value) tm_store(p.out.data, p.out.dtype, tm_offset(p.kept, p.out, output), r.value);
        if (p.index) tm_store(p.ids.data, p.ids.dtype, tm_offset(p.kept, p.ids, output), r.id);
    }
};

/* --- parts ------------------------------------------------------------------------------------------------------ */

template <class R> TM_DEVICE so_far<typename R::V> part_of(const reduce_plan &p, int64_t at) {
    typedef typename R::V V;
    so_far<V> r = R::nothing();
    r.value = *(const V *)((const int64_t *)p.parts + at);
    if (R::indexed) r.id = ((const int64_t *)p.parts)[p.chunks * p.kept.n + at];
    return r;
}

template <class R>
TM_DEVICE void leave(const reduce_plan &p, int64_t output, int64_t chunk, const so_far<typename R::V> &r) {
    if (p.chunks == 1) {
        R::finish(p, output, r);
        return;
    }
    const int64_t at = chunk * p.kept.n + output;
    *(typename R::V *)((int64_t *)p.parts + at) = r.value;
    if (R::indexed) ((int64_t *)p.parts)[p.chunks * p.kept.n + at] = r.id;
}

/* The rows of a block's COLUMNS (1 or 32) columns made one; those of the first row get it. Threads stand row by row. */
template <class R> TM_DEVICE void join_rows(so_far<typename R::V> &r, int columns) {
    TM_SHARED(typename R::V, value, TM_THREADS);
    TM_SHARED(int64_t, id, R::indexed ? TM_THREADS : 1);
    const int me = (int)threadIdx.x;
    __syncthreads(); /* those of the task before have been read */
    value[me] = r.value;
    if (R::indexed) id[me] = r.id;
    for (int half = TM_THREADS / 2; half >= columns; half /= 2) {
        __syncthreads();
        if (me >= half) continue;
        const so_far<typename R::V> other = {value[me + half], R::indexed ? (int64_t)id[me + half] : 0};
        R::join(r, other);
        value[me] = r.value;
        if (R::indexed) id[me] = r.id;
    }
}

template <class R> TM_DEVICE void join_warp(so_far<typename R::V> &r) {
    for (int by = TM_WARP / 2; by > 0; by /= 2) {
        so_far<typename R::V> other = r;
        other.value = __shfl_xor_sync(TM_ALL_LANES, r.value, by);
        if (R::indexed) other.id = __shfl_xor_sync(TM_ALL_LANES, r.id, by);
        R::join(r, other);
    }
}

/* --- along an output -------------------------------------------------------------------------------------------- */

/* Elements from .. to-1 of an output that begins at base, shared among the lanes of a group. */
template <int GROUP, class R>
TM_DEVICE void take_packs(const reduce_plan &p, int64_t base, int64_t from, int64_t to, so_far<typename R::V> &r) {
    typedef typename R::T T;
    const int W = 16 / (int)sizeof(T);
    const T *x = (const T *)p.x.data + base;
    const tm_pack<T> *packs = (const tm_pack<T> *)x;
    const int64_t end = to / W, lane = threadIdx.x % GROUP;
    int64_t i = from / W + lane;
    for (; i + (BATCH - 1) * GROUP < end; i += BATCH * GROUP) {
        tm_pack<T> pack[BATCH];
        TM_UNROLL for (int k = 0; k < BATCH; k++) pack[k] = packs[i + k * GROUP];
        TM_UNROLL for (int k = 0; k < BATCH; k++) R::take(r, pack[k].v, (i + k * GROUP) * W, 1);
    }
    for (; i < end; i += GROUP) {
        const tm_pack<T> pack = packs[i];
        R::take(r, pack.v, i * W, 1);
    }
    if (end * W + lane < to) {
        const T rest[1] = {x[end * W + lane]};
        R::take(r, rest, end * W + lane, 1);
    }
}

template <class R> TM_DEVICE typename R::T element(const reduce_plan &p, int64_t base, int64_t i) {
    const int64_t at = p.run ? i : tm_offset(p.reduced, p.x, i);
    return tm_load<typename R::T>(p.x.data, p.x.dtype, base + at);
}

/* The same of any dtype and strides, `step` elements apart. */
template <class R>
TM_DEVICE void take_elements(const reduce_plan &p, int64_t base, int64_t i, int64_t to, int64_t step,
                             so_far<typename R::V> &r) {
    typedef typename R::T T;
    for (; i + (BATCH - 1) * step < to; i += BATCH * step) {
        T x[BATCH];
        TM_UNROLL for (int k = 0; k < BATCH; k++) x[k] = element<R>(p, base, i + k * step);
        R::take(r, x, i, step);
    }
    for (; i < to; i += step) {
        const T x[1] = {element<R>(p, base, i)};
        R::take(r, x, i, step);
    }
}

/* Task t is chunk t % chunks of output t / chunks. */
template <int GROUP, class R> __global__ void reduce_runs(TM_PARAM reduce_plan p) {
    const int lane = (int)threadIdx.x % GROUP;
    for (int64_t task = tm_first() / GROUP; task < p.kept.n * p.chunks; task += tm_stride() / GROUP) {
        const int64_t output = task / p.chunks, chunk = task - output * p.chunks, from = chunk * p.chunk;
        const int64_t to = from + p.chunk < p.reduced.n ? from + p.chunk : p.reduced.n;
        const int64_t base = tm_offset(p.kept, p.x, output);
        so_far<typename R::V> r = R::nothing();
        if (p.packed)
            take_packs<GROUP, R>(p, base, from, to, r);
        else
            take_elements<R>(p, base, from + lane, to, GROUP, r);
        if (GROUP == TM_WARP)
            join_warp<R>(r);
        else
            join_rows<R>(r, 1);
        if (lane == 0) leave<R>(p, output, chunk, r);
    }
}

/* --- down columns ----------------------------------------------------------------------------------------------- */

/* A block of ROWS rows of 32 threads, one for each output. Task t is chunk t % chunks of 32 outputs. */
template <class R> __global__ void reduce_columns(TM_PARAM reduce_plan p) {
    const int64_t blocks = (p.kept.n + TM_WARP - 1) / TM_WARP, row = threadIdx.x / TM_WARP;
    for (int64_t task = blockIdx.x; task < blocks * p.chunks; task += gridDim.x) {
        const int64_t block = task / p.chunks, chunk = task - block * p.chunks, from = chunk * p.chunk;
        const int64_t output = block * TM_WARP + threadIdx.x % TM_WARP;
        const int64_t to = from + p.chunk < p.reduced.n ? from + p.chunk : p.reduced.n;
        so_far<typename R::V> r = R::nothing();
        if (output < p.kept.n) take_elements<R>(p, tm_offset(p.kept, p.x, output), from + row, to, ROWS, r);
        join_rows<R>(r, TM_WARP);
        if (row == 0 && output < p.kept.n) leave<R>(p, output, chunk, r);
    }
}

/* --- joining chunks --------------------------------------------------------------------------------------------- */

/* A block takes 32 outputs, whose parts lie side by side, or, where there are but few, one. */
template <class R> __global__ void join_parts(TM_PARAM reduce_plan p) {
    const int columns = p.kept.n < TM_WARP ? 1 : TM_WARP, rows = TM_THREADS / columns;
    const int row = (int)threadIdx.x / columns, column = (int)threadIdx.x % columns;
    for (int64_t first = (int64_t)blockIdx.x * columns; first < p.kept.n; first += (int64_t)gridDim.x * columns) {
        const int64_t output = first + column;
        so_far<typename R::V> r = R::nothing();
        for (int64_t c = row; c < p.chunks && output < p.kept.n; c += rows)
            R::join(r, part_of<R>(p, c * p.kept.n + output));
        join_rows<R>(r, columns);
        if (row == 0 && output < p.kept.n) R::finish(p, output, r);
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

/* Do outputs lie side by side, so that going down columns reads memory in order? */
static int has_columns(const tm_call *call) {
    const int last = call->rank - call->reduced - 1, inner = call->rank - 1;
    if (last < 0 || inner == last || call->arg[1].stride[last] != 1) return 0;
    return call->arg[1].stride[inner] != 1 && call->shape[last] >= 8;
}

static int64_t parts_of(int64_t n, int64_t size) { return (n + size - 1) / size; }

/* How many reduced elements a task takes: a multiple of 16, so that chunks begin where packs do. */
static int64_t chunk_of(const reduce_plan *p, int columns) {
    const int64_t least = columns ? ROWS * BATCH : LEAST;
    const int64_t outputs = columns ? parts_of(p->kept.n, TM_WARP) : p->kept.n;
    const int64_t wanted = outputs < TASKS ? parts_of(TASKS, outputs) : 1;
    const int64_t chunk = parts_of(parts_of(p->reduced.n, wanted), 16) * 16;
    return chunk < least ? least : chunk;
}

/* Do all outputs' elements lie in aligned runs of the compute type? */
static int is_packed(const tm_call *call, int border) {
    const tm_arg *x = &call->arg[1];
    const int64_t bytes = call->compute == TM_FLOAT32 ? 4 : 8;
    int good = x->dtype == call->compute && tm_is_aligned(x->data);
    for (int d = 0; d < border; d++) good &= call->shape[d] == 1 || x->stride[d] * bytes % 16 == 0;
    return good;
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
    p->run = tm_is_run(call, &call->arg[1], border, call->rank);
    p->packed = p->run && is_packed(call, border);
    p->chunk = chunk_of(p, columns);
    p->chunks = p->reduced.n ? parts_of(p->reduced.n, p->chunk) : 1;
    p->parts = NULL;
    if (p->chunks > 1) p->parts = tm_cuda_scratch(call, (size_t)(p->chunks * p->kept.n) * 16);
    return p->chunks == 1 || p->parts;
}

template <class R> static void launch_as(tm_call *call, const reduce_plan &p, int columns) {
    const int64_t tasks = p.kept.n * p.chunks;
    if (columns)
        TM_LAUNCH(call, reduce_columns<R>, tm_cuda_blocks(parts_of(p.kept.n, TM_WARP) * p.chunks, 1), TM_THREADS, p);
    else if (p.reduced.n <= FEW)
        TM_LAUNCH(call, (reduce_runs<TM_WARP, R>), tm_cuda_blocks(tasks * TM_WARP, TM_THREADS), TM_THREADS, p);
    else
        TM_LAUNCH(call, (reduce_runs<TM_THREADS, R>), tm_cuda_blocks(tasks, 1), TM_THREADS, p);
    if (p.chunks == 1) return;
    const int64_t joined = p.kept.n < TM_WARP ? p.kept.n : parts_of(p.kept.n, TM_WARP);
    TM_LAUNCH(call, join_parts<R>, tm_cuda_blocks(joined, 1), TM_THREADS, p);
}

template <class T> static void launch(tm_call *call, const reduce_plan &p, int columns, int kind) {
    switch (kind) {
    case SUM: launch_as<totalling<SUM, T>>(call, p, columns); break;
    case PROD: launch_as<totalling<PROD, T>>(call, p, columns); break;
    case MAX: launch_as<choosing<MAX, T>>(call, p, columns); break;
    default: launch_as<choosing<MIN, T>>(call, p, columns);
    }
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

void tm_cuda_reduce_prod(tm_call *call) { reduce(call, PROD, 0, -1); }

void tm_cuda_reduce_max(tm_call *call) { reduce(call, MAX, 0, 2); }

void tm_cuda_reduce_min(tm_call *call) { reduce(call, MIN, 0, 2); }

void tm_cuda_reduce_argmax(tm_call *call) { reduce(call, MAX, -1, 0); }

void tm_cuda_reduce_argmin(tm_call *call) { reduce(call, MIN, -1, 0); }
