/* scan.cu: cumsum, cumprod, logcumsumexp, cummax, cummin along the last dimension.
 *
 * A group walks along a line: a warp, or, where lines are long, a block, each of whose warps takes a stretch. A lane
 * has every 32nd element of the stretch; 32 side by side are joined by shuffles, then those of the stretch, then the
 * warps'. A few very long lines are cut into chunks, by the shape alone, and take three launches: what each chunk comes
 * to; what stands before each; the chunks themselves. Sums and products of float32 are carried in double. */
#include "elements.h"
#include "scans.h"

#define ITEMS 8                   /* of a lane at a time */
#define STRETCH (TM_WARP * ITEMS) /* of a warp */
#define STEP (TM_WARPS * STRETCH) /* of a block */
#define MANY_LINES 512            /* they fill the device without being cut */
#define MOST_CHUNKS 1024

typedef struct scan_plan {
    tm_space kept;
    tm_arg x, out, ids;
    int64_t n, chunk, chunks;
    int last;
    void *parts; /* [line][chunk]: what it comes to, then what stands before it */
} scan_plan;

/* --- what is carried: V; from element number i; earlier and later joined; the result ------------------------------ */

template <class T> struct carried { typedef double type; };
template <> struct carried<int64_t> { typedef int64_t type; };

template <class T> struct running_value {
    typedef T type;
    typedef typename carried<T>::type V;
    TM_DEVICE V of(T x, int64_t) { return (V)x; }
    TM_DEVICE void give(const scan_plan &p, int64_t to, int64_t, V v) { tm_store(p.out.data, p.out.dtype, to, (T)v); }
};

TM_DEVICE double scan_plus(double a, double b) { return a + b; }
TM_DEVICE int64_t scan_plus(int64_t a, int64_t b) { return tm_add_i64(a, b); }
TM_DEVICE double scan_times(double a, double b) { return a * b; }
TM_DEVICE int64_t scan_times(int64_t a, int64_t b) { return tm_mul_i64(a, b); }

template <class T> struct running_sum : running_value<T> {
    typedef typename running_value<T>::V V;
    TM_DEVICE V none() { return 0; }
    __device__ V operator()(V a, V b) const { return scan_plus(a, b); }
};

template <class T> struct running_product : running_value<T> {
    typedef typename running_value<T>::V V;
    TM_DEVICE V none() { return 1; }
    __device__ V operator()(V a, V b) const { return scan_times(a, b); }
};

/* log(e^a + e^b) = max + log(1 + e^(min - max)); equal infinities stay. */
template <class T> struct running_log_sum : running_value<T> {
    TM_DEVICE double none() { return -INFINITY; }
    __device__ double operator()(double a, double b) const {
        const double most = a > b || a != a ? a : b, least = a > b || a != a ? b : a;
        return most == least && most - most != 0 ? most : most + tm_log1p_f64(tm_exp_f64(least - most));
    }
};

/* The best so far and where it is; -1: nothing yet. */
template <class T> struct leader {
    T value;
    int64_t id;
};

template <class T> TM_DEVICE leader<T> tm_from_lane(leader<T> v, int lane) {
    const leader<T> other = {__shfl_sync(TM_ALL_LANES, v.value, lane), __shfl_sync(TM_ALL_LANES, v.id, lane)};
    return other;
}

/* The last of equal ones counts, and NaN beats all. */
template <class T, int MOST> struct running_best {
    typedef T type;
    typedef leader<T> V;
    TM_DEVICE V none() {
        const V v = {0, -1};
        return v;
    }
    TM_DEVICE V of(T x, int64_t i) {
        const V v = {x, i};
        return v;
    }
    __device__ V operator()(V a, V b) const {
        if (a.id < 0 || b.id < 0) return b.id < 0 ? a : b;
        if (tm_is_nan(a.value) || tm_is_nan(b.value)) return tm_is_nan(b.value) ? b : a;
        return (MOST ? b.value >= a.value : b.value <= a.value) ? b : a;
    }
    TM_DEVICE void give(const scan_plan &p, int64_t to, int64_t to_id, V v) {
        if (p.out.data) tm_store(p.out.data, p.out.dtype, to, v.value);
        if (p.ids.data) tm_store(p.ids.data, p.ids.dtype, to_id, v.id);
    }
};

/* --- kernels ---------------------------------------------------------------------------------------------------- */

/* of_warp: what each warp of a group's has. Returns what those before this one have, and joins all of them to `carry`.
 */
template <int GROUP, class P> TM_DEVICE typename P::V before_warp(typename P::V own, typename P::V *carry) {
    typedef typename P::V V;
    const P join = P();
    V before = *carry;
    if (GROUP == TM_WARP) {
        *carry = join(before, own);
        return before;
    }
    TM_SHARED(V, of_warp, TM_WARPS);
    const int warp = (int)(threadIdx.x / TM_WARP);
    __syncthreads(); /* those of the step before have been read */
    if (threadIdx.x % TM_WARP == 0) of_warp[warp] = own;
    __syncthreads();
    for (int w = 0; w < TM_WARPS; w++) {
        const V other = of_warp[w];
        if (w < warp) before = join(before, other);
        *carry = join(*carry, other);
    }
    return before;
}

/* Task t is chunk t % chunks of line t / chunks. TOTALS: only what each chunk comes to is wanted. */
template <int GROUP, bool TOTALS, class P> __global__ void scan_lines(TM_PARAM scan_plan p) {
    typedef typename P::V V;
    typedef typename P::type T;
    const P join = P();
    const int lane = (int)(threadIdx.x % TM_WARP), warp = (int)(threadIdx.x % GROUP) / TM_WARP;
    for (int64_t task = tm_first() / GROUP; task < p.kept.n * p.chunks; task += tm_stride() / GROUP) {
        const int64_t line = task / p.chunks, from = (task - line * p.chunks) * p.chunk;
        const int64_t to = from + p.chunk < p.n ? from + p.chunk : p.n;
        const int64_t x = tm_offset(p.kept, p.x, line), out = tm_offset(p.kept, p.out, line);
        const int64_t ids = tm_offset(p.kept, p.ids, line);
        V carry = !TOTALS && p.chunks > 1 ? ((const V *)p.parts)[task] : P::none();
        for (int64_t at = from; at < to; at += GROUP * ITEMS) {
            const int64_t first = at + warp * STRETCH + lane;
            V v[ITEMS], own = P::none();
            TM_UNROLL
            for (int i = 0; i < ITEMS; i++) {
                const int64_t k = first + i * TM_WARP;
                v[i] = k < to ? P::of(tm_load<T>(p.x.data, p.x.dtype, x + k * p.x.stride[p.last]), k) : P::none();
            }
            TM_UNROLL
            for (int i = 0; i < ITEMS; i++) {
                v[i] = join(own, tm_warp_scan(v[i], join));
                own = tm_from_lane(v[i], TM_WARP - 1);
            }
            const V before = before_warp<GROUP, P>(own, &carry);
            TM_UNROLL
            for (int i = 0; i < ITEMS; i++) {
                const int64_t k = first + i * TM_WARP;
                if (!TOTALS && k < to)
                    P::give(p, out + k * p.out.stride[p.last], ids + k * p.ids.stride[p.last], join(before, v[i]));
            }
        }
        if (TOTALS && threadIdx.x % GROUP == 0) ((V *)p.parts)[task] = carry;
    }
}

/* A warp for each line: what its chunks come to becomes what stands before each. */
template <class P> __global__ void scan_parts(TM_PARAM scan_plan p) {
    typedef typename P::V V;
    const P join = P();
    const int lane = (int)(threadIdx.x % TM_WARP);
    for (int64_t line = tm_first() / TM_WARP; line < p.kept.n; line += tm_stride() / TM_WARP) {
        V *part = (V *)p.parts + line * p.chunks, sum = P::none();
        for (int64_t from = 0; from < p.chunks; from += TM_WARP) {
            const int64_t c = from + lane;
            const V upto = tm_warp_scan(c < p.chunks ? part[c] : P::none(), join);
            const V before = tm_from_lane(upto, lane - 1);
            if (c < p.chunks) part[c] = lane ? join(sum, before) : sum;
            sum = join(sum, tm_from_lane(upto, TM_WARP - 1));
        }
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

static int64_t chunk_of(int64_t lines, int64_t n) {
    const int64_t steps = (n + STEP - 1) / STEP;
    if (lines >= MANY_LINES || steps <= 4) return n;
    return (steps + MOST_CHUNKS - 1) / MOST_CHUNKS * STEP;
}

template <class P> static void scan(tm_call *call) {
    scan_plan p;
    p.last = call->rank - 1;
    p.n = call->shape[p.last];
    p.kept = tm_space_of(call, 0, p.last);
    p.x = tm_cuda_operand(call, 1);
    p.out = tm_cuda_operand(call, 0);
    p.ids = tm_cuda_operand(call, 2);
    p.parts = NULL;
    if (p.n == 0 || p.kept.n == 0) return;
    p.chunk = chunk_of(p.kept.n, p.n);
    p.chunks = (p.n + p.chunk - 1) / p.chunk;
    const int64_t tasks = p.kept.n * p.chunks;
    const unsigned blocks = tm_cuda_blocks(tasks, 1), by_warp = tm_cuda_blocks(p.kept.n * TM_WARP, TM_THREADS);
    if (p.n <= STRETCH) {
        TM_LAUNCH(call, (scan_lines<TM_WARP, false, P>), by_warp, TM_THREADS, p);
        return;
    }
    if (p.chunks > 1) {
        p.parts = tm_cuda_scratch(call, (size_t)tasks * sizeof(typename P::V));
        if (!p.parts) return;
        TM_LAUNCH(call, (scan_lines<TM_THREADS, true, P>), blocks, TM_THREADS, p);
        TM_LAUNCH(call, scan_parts<P>, by_warp, TM_THREADS, p);
    }
    TM_LAUNCH(call, (scan_lines<TM_THREADS, false, P>), blocks, TM_THREADS, p);
}

void tm_cuda_cumsum(tm_call *call) {
    if (call->compute == TM_FLOAT32)
        scan<running_sum<float>>(call);
    else if (call->compute == TM_FLOAT64)
        scan<running_sum<double>>(call);
    else
        scan<running_sum<int64_t>>(call);
}

void tm_cuda_cumprod(tm_call *call) {
    if (call->compute == TM_FLOAT32)
        scan<running_product<float>>(call);
    else if (call->compute == TM_FLOAT64)
        scan<running_product<double>>(call);
    else
        scan<running_product<int64_t>>(call);
}

void tm_cuda_logcumsumexp(tm_call *call) {
    if (call->compute == TM_FLOAT32)
        scan<running_log_sum<float>>(call);
    else
        scan<running_log_sum<double>>(call);
}

template <int MOST> static void scan_best(tm_call *call) {
    if (call->compute == TM_FLOAT32)
        scan<running_best<float, MOST>>(call);
    else if (call->compute == TM_FLOAT64)
        scan<running_best<double, MOST>>(call);
    else
        scan<running_best<int64_t, MOST>>(call);
}

void tm_cuda_cummax(tm_call *call) { scan_best<1>(call); }

void tm_cuda_cummin(tm_call *call) { scan_best<0>(call); }
