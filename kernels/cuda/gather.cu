/* gather.cu: elements by ids along the last dimension of the iteration, which is that of the ids: gather,
 * scatter_reduce.
 *
 * Where several ids of a line are the same, what they put has an order. Short lines, and lines that are many, have a
 * thread each, which goes along them. Of others the ids are sorted, stably (sorting.h): what goes to one place then
 * stands side by side, in order, and is put by the thread of the first, or, where there is much of it, by its warp, 32
 * at a time, always in the same way. A wrong id is recorded; what it would have read is 0. */
#include "sorting.h"

#include "elements.h"
#include "groups.h"

#define SHORT_LINE 32
#define MANY_LINES 65536

enum { PUT_SUM, PUT_PROD, PUT_AMAX, PUT_AMIN, PUT_SET }; /* as the words of scatter_reduce's signature */

typedef struct gather_plan {
    tm_space all, kept;
    tm_arg whole, beside, ids; /* along the axis an id chooses from `whole`; `beside` has one element for each id */
    int64_t n, bound;          /* ids of a line; elements of `whole` along the axis */
    int last, mode;
    tm_sorting sorting;
    tm_watch watch;
} gather_plan;

/* --- gather: a thread for each id ------------------------------------------------------------------------------- */

template <class W> __global__ void gather_elements(TM_PARAM gather_plan p) {
    for (int64_t i = tm_first(); i < p.all.n; i += tm_stride()) {
        int64_t line = i;
        const int64_t k = tm_divide(&line, p.n, p.all.narrow);
        const int64_t at = tm_offset(p.kept, p.ids, line) + k * p.ids.stride[p.last];
        const int64_t to = tm_offset(p.kept, p.beside, line) + k * p.beside.stride[p.last];
        const int64_t id = tm_load<int64_t>(p.ids.data, p.ids.dtype, at);
        const int64_t from = tm_offset(p.kept, p.whole, line) + id * p.whole.stride[p.last];
        ((W *)p.beside.data)[to] = tm_id_fits(p.watch, id, p.bound) ? ((const W *)p.whole.data)[from] : 0;
    }
}

/* --- scatter_reduce --------------------------------------------------------------------------------------------- */

TM_DEVICE float put_sum(float a, float b) { return a + b; }
TM_DEVICE double put_sum(double a, double b) { return a + b; }
TM_DEVICE int64_t put_sum(int64_t a, int64_t b) { return tm_add_i64(a, b); }
TM_DEVICE float put_product(float a, float b) { return a * b; }
TM_DEVICE double put_product(double a, double b) { return a * b; }
TM_DEVICE int64_t put_product(int64_t a, int64_t b) { return tm_mul_i64(a, b); }

struct putting {
    int mode;
    template <class T> __device__ T operator()(T a, T b) const {
        switch (mode) {
        case PUT_SUM: return put_sum(a, b);
        case PUT_PROD: return put_product(a, b);
        case PUT_AMAX: return tm_is_nan(a) || a > b ? a : b;
        case PUT_AMIN: return tm_is_nan(a) || a < b ? a : b;
        default: return b;
        }
    }
};

/* A thread for each line. */
template <class T> __global__ void put_lines(TM_PARAM gather_plan p) {
    const putting put = {p.mode};
    for (int64_t line = tm_first(); line < p.kept.n; line += tm_stride()) {
        const int64_t whole = tm_offset(p.kept, p.whole, line), beside = tm_offset(p.kept, p.beside, line);
        const int64_t ids = tm_offset(p.kept, p.ids, line);
        for (int64_t k = 0; k < p.n; k++) {
            const int64_t id = tm_load<int64_t>(p.ids.data, p.ids.dtype, ids + k * p.ids.stride[p.last]);
            if (!tm_id_fits(p.watch, id, p.bound)) continue;
            const int64_t to = whole + id * p.whole.stride[p.last];
            const T x = tm_load<T>(p.beside.data, p.beside.dtype, beside + k * p.beside.stride[p.last]);
            tm_store(p.whole.data, p.whole.dtype, to, put(tm_load<T>(p.whole.data, p.whole.dtype, to), x));
        }
    }
}

/* The line of the k-th sorted id: k counts through all lines. */
TM_DEVICE int64_t line_of(const gather_plan &p, int64_t k) {
    tm_divide(&k, p.n, p.all.narrow);
    return k;
}

/* What the k-th of the sorted ids puts. */
template <class T> TM_DEVICE T put_by(const gather_plan &p, int64_t k) {
    const int64_t at = p.sorting.at[0][k] * p.beside.stride[p.last];
    return tm_load<T>(p.beside.data, p.beside.dtype, tm_offset(p.kept, p.beside, line_of(p, k)) + at);
}

template <class K> TM_DEVICE int64_t place_to_put(const gather_plan &p, int64_t k) {
    const int64_t id = (int64_t)((const K *)p.sorting.key[0])[k];
    return tm_offset(p.kept, p.whole, line_of(p, k)) + id * p.whole.stride[p.last];
}

/* How many ids are the same from the k-th on, `most` at most; 0: the k-th isn't the first, or is a wrong one. */
template <class K> TM_DEVICE int64_t same_from(const gather_plan &p, int64_t k, int64_t most) {
    const K *key = (const K *)p.sorting.key[0];
    const int64_t end = (line_of(p, k) + 1) * p.n;
    if (k >= p.all.n || key[k] == (K)p.bound || (k > end - p.n && key[k - 1] == key[k])) return 0;
    int64_t n = 1;
    while (n < most && k + n < end && key[k + n] == key[k]) n++;
    return n;
}

/* Each lane looks at one of 32 sorted ids. */
template <class T, class K> __global__ void put_sorted(TM_PARAM gather_plan p) {
    const putting put = {p.mode};
    const int lane = (int)(threadIdx.x % TM_WARP);
    const K *key = (const K *)p.sorting.key[0];
    for (int64_t first = tm_first() / TM_WARP * TM_WARP; first < p.all.n; first += tm_stride()) {
        const int64_t n = same_from<K>(p, first + lane, 2 * TM_WARP);
        if (n > 0 && n < 2 * TM_WARP) {
            const int64_t to = place_to_put<K>(p, first + lane);
            T y = tm_load<T>(p.whole.data, p.whole.dtype, to);
            for (int64_t k = 0; k < n; k++) y = put(y, put_by<T>(p, first + lane + k));
            tm_store(p.whole.data, p.whole.dtype, to, y);
        }
        unsigned many = __ballot_sync(TM_ALL_LANES, n == 2 * TM_WARP);
        for (int l = 0; l < TM_WARP; l++) {
            if (!(many >> l & 1)) continue;
            int64_t k = first + l;
            const int64_t to = place_to_put<K>(p, k), end = (line_of(p, k) + 1) * p.n;
            const K id = key[k];
            T y = tm_load<T>(p.whole.data, p.whole.dtype, to);
            for (; k + TM_WARP <= end && key[k + TM_WARP - 1] == id; k += TM_WARP)
                y = put(y, tm_warp_join(put_by<T>(p, k + lane), put));
            for (; k < end && key[k] == id; k++) y = put(y, put_by<T>(p, k));
            if (lane == 0) tm_store(p.whole.data, p.whole.dtype, to, y);
        }
    }
}

/* Of ids that are the same the last one puts. */
template <class W, class K> __global__ void set_sorted(TM_PARAM gather_plan p) {
    const K *key = (const K *)p.sorting.key[0];
    for (int64_t k = tm_first(); k < p.all.n; k += tm_stride()) {
        if (key[k] == (K)p.bound || (k + 1 < (line_of(p, k) + 1) * p.n && key[k + 1] == key[k])) continue;
        const int64_t at = p.sorting.at[0][k] * p.beside.stride[p.last];
        ((W *)p.whole.data)[place_to_put<K>(p, k)] =
            ((const W *)p.beside.data)[tm_offset(p.kept, p.beside, line_of(p, k)) + at];
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

static gather_plan gather_plan_for(tm_call *call, int whole, int beside) {
    gather_plan p;
    p.last = call->rank - 1;
    p.all = tm_space_of(call, 0, call->rank);
    p.kept = tm_space_of(call, 0, p.last);
    p.n = call->shape[p.last];
    p.bound = call->value[0].i;
    p.mode = (int)call->value[1].i;
    p.whole = tm_cuda_operand(call, whole);
    p.beside = tm_cuda_operand(call, beside);
    p.ids = tm_cuda_operand(call, 2);
    p.watch = tm_watch_of(call);
    return p;
}

void tm_cuda_gather(tm_call *call) {
    const gather_plan p = gather_plan_for(call, 1, 0);
    const unsigned blocks = tm_cuda_blocks(p.all.n, TM_THREADS);
    switch (p.whole.dtype) {
    case TM_BOOL:
    case TM_UINT8: TM_LAUNCH(call, gather_elements<uint8_t>, blocks, TM_THREADS, p); break;
    case TM_FLOAT16:
    case TM_BFLOAT16: TM_LAUNCH(call, gather_elements<uint16_t>, blocks, TM_THREADS, p); break;
    case TM_INT32:
    case TM_FLOAT32: TM_LAUNCH(call, gather_elements<uint32_t>, blocks, TM_THREADS, p); break;
    default: TM_LAUNCH(call, gather_elements<uint64_t>, blocks, TM_THREADS, p);
    }
}

template <class K> static void set_by_key(tm_call *call, const gather_plan &p) {
    const unsigned blocks = tm_cuda_blocks(p.all.n, TM_THREADS);
    switch (p.whole.dtype) {
    case TM_BOOL:
    case TM_UINT8: TM_LAUNCH(call, (set_sorted<uint8_t, K>), blocks, TM_THREADS, p); break;
    case TM_FLOAT16:
    case TM_BFLOAT16: TM_LAUNCH(call, (set_sorted<uint16_t, K>), blocks, TM_THREADS, p); break;
    case TM_INT32:
    case TM_FLOAT32: TM_LAUNCH(call, (set_sorted<uint32_t, K>), blocks, TM_THREADS, p); break;
    default: TM_LAUNCH(call, (set_sorted<uint64_t, K>), blocks, TM_THREADS, p);
    }
}

template <class T> static void put(tm_call *call, gather_plan &p) {
    const int wide = p.bound >= UINT32_MAX;
    if (p.n <= SHORT_LINE || p.kept.n >= MANY_LINES) {
        TM_LAUNCH(call, put_lines<T>, tm_cuda_blocks(p.kept.n, TM_THREADS), TM_THREADS, p);
        return;
    }
    void *room = tm_cuda_scratch(call, tm_cuda_sort_bytes(p.kept.n, p.n, wide));
    if (!room) return;
    p.sorting = tm_cuda_sorting_in(room, p.kept.n, p.n, wide);
    tm_cuda_sort_ids(call, &p.sorting, 2, 0, call->rank, p.bound);
    if (call->fault.kind) return;
    if (p.mode == PUT_SET)
        wide ? set_by_key<uint64_t>(call, p) : set_by_key<uint32_t>(call, p);
    else if (wide)
        TM_LAUNCH(call, (put_sorted<T, uint64_t>), tm_cuda_blocks(p.all.n, TM_THREADS), TM_THREADS, p);
    else
        TM_LAUNCH(call, (put_sorted<T, uint32_t>), tm_cuda_blocks(p.all.n, TM_THREADS), TM_THREADS, p);
}

void tm_cuda_scatter_reduce(tm_call *call) {
    gather_plan p = gather_plan_for(call, 0, 1);
    if (p.all.n == 0) return;
    if (call->compute == TM_FLOAT32)
        put<float>(call, p);
    else if (call->compute == TM_FLOAT64)
        put<double>(call, p);
    else
        put<int64_t>(call, p);
}

/* --- index_copy: slices along the first dimension, which is that of the ids ------------------------------------- */

typedef struct copy_plan {
    tm_space slice;
    tm_arg out, source;
    int64_t n, bound;
    tm_sorting sorting;
} copy_plan;

/* A thread for each element of a slice; of slices with the same id the last one is copied. */
template <class W, class K> __global__ void copy_slices(TM_PARAM copy_plan p) {
    const K *key = (const K *)p.sorting.key[0];
    for (int64_t i = tm_first(); i < p.n * p.slice.n; i += tm_stride()) {
        int64_t k = i;
        const int64_t inner = tm_divide(&k, p.slice.n, p.n * p.slice.n <= UINT32_MAX);
        if (key[k] == (K)p.bound || (k + 1 < p.n && key[k + 1] == key[k])) continue;
        const int64_t to = (int64_t)key[k] * p.out.stride[0] + tm_offset(p.slice, p.out, inner);
        const int64_t from = p.sorting.at[0][k] * p.source.stride[0] + tm_offset(p.slice, p.source, inner);
        ((W *)p.out.data)[to] = ((const W *)p.source.data)[from];
    }
}

template <class K> static void copy_by_key(tm_call *call, const copy_plan &p) {
    const unsigned blocks = tm_cuda_blocks(p.n * p.slice.n, TM_THREADS);
    switch (p.out.dtype) {
    case TM_BOOL:
    case TM_UINT8: TM_LAUNCH(call, (copy_slices<uint8_t, K>), blocks, TM_THREADS, p); break;
    case TM_FLOAT16:
    case TM_BFLOAT16: TM_LAUNCH(call, (copy_slices<uint16_t, K>), blocks, TM_THREADS, p); break;
    case TM_INT32:
    case TM_FLOAT32: TM_LAUNCH(call, (copy_slices<uint32_t, K>), blocks, TM_THREADS, p); break;
    default: TM_LAUNCH(call, (copy_slices<uint64_t, K>), blocks, TM_THREADS, p);
    }
}

void tm_cuda_index_copy(tm_call *call) {
    copy_plan p;
    p.slice = tm_space_of(call, 1, call->rank);
    p.out = tm_cuda_operand(call, 0);
    p.source = tm_cuda_operand(call, 1);
    p.n = call->shape[0];
    p.bound = call->value[0].i;
    const int wide = p.bound >= UINT32_MAX;
    if (p.n == 0 || p.slice.n == 0) return;
    void *room = tm_cuda_scratch(call, tm_cuda_sort_bytes(1, p.n, wide));
    if (!room) return;
    p.sorting = tm_cuda_sorting_in(room, 1, p.n, wide);
    tm_cuda_sort_ids(call, &p.sorting, 2, 0, 1, p.bound);
    if (call->fault.kind) return;
    wide ? copy_by_key<uint64_t>(call, p) : copy_by_key<uint32_t>(call, p);
}
