/* packs.h: 16 bytes at a time, and rows that a warp or a block holds in registers.
 *
 * A row is read once and written once. Where its ends are aligned a lane moves packs of 16 bytes, elsewhere
 * neighbouring lanes move neighbouring elements: either way whole lines of memory. */
#ifndef TM_CUDA_PACKS_H
#define TM_CUDA_PACKS_H

#include "cuda.h"

template <class T> struct alignas(16) tm_pack { T v[16 / sizeof(T)]; };

static inline int tm_is_aligned(const void *data) { return (uintptr_t)data % 16 == 0; }

/* Can every row of an operand be moved in packs? `size` elements of `bytes` each, along the call's last dimension. */
static inline int tm_has_packed_rows(const tm_call *call, const tm_arg *arg, int64_t size, int64_t bytes) {
    if (!arg->data) return 1;
    int good = tm_is_aligned(arg->data) && size * bytes % 16 == 0;
    for (int d = 0; d < call->rank - 1; d++) good &= call->shape[d] == 1 || arg->stride[d] * bytes % 16 == 0;
    return good && (size == 1 || arg->stride[call->rank - 1] == 1);
}

/* Up to MOST elements of a row, for kernels that are made for H = tm_held<TM_WARP or TM_THREADS, in packs?, type>: v[i]
 * of a lane is element place(i), if there is one. */
template <int LANES, int PACKED, class A> struct tm_held {
    typedef A T;
    static const int GROUP = LANES, WIDE = 16 / (int)sizeof(T), PACKS = PACKED ? 8 : 4, N = WIDE * PACKS;
    static const int MOST = GROUP * N, BLOCKS = PACKED && sizeof(T) == 4 ? 2 : 1; /* at a time */
    T v[N];

    static __device__ int place(int i) {
        const int lane = (int)threadIdx.x % GROUP;
        return PACKED ? (i / WIDE * GROUP + lane) * WIDE + i % WIDE : i * GROUP + lane;
    }

    /* use(i, place(i)) for the row's n elements; the test that all lanes pass alike spares short rows most of it. */
    template <class F> static __device__ void each(int n, F use) {
        TM_UNROLL for (int k = 0; k < PACKS; k++) {
            if (k * WIDE * GROUP >= n) continue;
            TM_UNROLL for (int i = k * WIDE; i < (k + 1) * WIDE; i++) {
                if (place(i) < n) use(i, place(i));
            }
        }
    }

    /* Pack k of the row: element place(k * WIDE + w) is part[w], where there is one. */
    static __device__ void load_pack(T *part, const T *x, int64_t step, int k, int n) {
        if (PACKED && place(k * WIDE) < n) {
            const tm_pack<T> pack = *(const tm_pack<T> *)(x + place(k * WIDE));
            TM_UNROLL for (int w = 0; w < WIDE; w++) part[w] = pack.v[w];
        }
        TM_UNROLL for (int w = 0; w < WIDE; w++) {
            const int at = place(k * WIDE + w);
            if (!PACKED && at < n) part[w] = x[at * step];
        }
    }

    static __device__ void store_pack(const T *part, T *y, int64_t step, int k, int n) {
        tm_pack<T> pack;
        TM_UNROLL for (int w = 0; w < WIDE; w++) {
            const int at = place(k * WIDE + w);
            pack.v[w] = part[w];
            if (!PACKED && at < n) y[at * step] = part[w];
        }
        if (PACKED && place(k * WIDE) < n) *(tm_pack<T> *)(y + place(k * WIDE)) = pack;
    }

    __device__ void load(const T *x, int64_t step, int64_t n) {
        TM_UNROLL for (int k = 0; k < PACKS; k++) load_pack(v + k * WIDE, x, step, k, (int)n);
    }

    __device__ void store(T *y, int64_t step, int64_t n) const {
        TM_UNROLL for (int k = 0; k < PACKS; k++) store_pack(v + k * WIDE, y, step, k, (int)n);
    }
};

/* The rows of a kernel's groups. */
#define TM_EACH_ROW(H, i, rows) for (int64_t i = tm_first() / H::GROUP; i < rows; i += tm_stride() / H::GROUP)

/* The pieces of a row of n elements: `size` from `from` on. There is one but where a row is longer than a block holds:
 * then it is to be read again for each step, since its pieces take each other's place. */
#define TM_EACH_PIECE(H, from, size, n)                                                                                \
    for (int64_t from = 0, size; size = n - from < H::MOST ? n - from : H::MOST, from < n; from += H::MOST)
#define TM_IN_PIECES(H, n) (n > H::MOST)

/* How long a row may be that a warp holds. */
static inline int64_t tm_warp_holds(const tm_call *call, int packed) {
    if (call->compute == TM_FLOAT32)
        return packed ? tm_held<TM_WARP, 1, float>::MOST : tm_held<TM_WARP, 0, float>::MOST;
    return packed ? tm_held<TM_WARP, 1, double>::MOST : tm_held<TM_WARP, 0, double>::MOST;
}

/* A kernel for the type and length of the call's rows: a warp's, or longer ones, a block's. */
#define TM_LAUNCH_HELD(call, kernel, GROUP, T, rows, packed, ...)                                                      \
    do {                                                                                                               \
        const unsigned tm_blocks = tm_cuda_blocks((rows)*GROUP, TM_THREADS);                                           \
        if (packed)                                                                                                    \
            TM_LAUNCH(call, (kernel<tm_held<GROUP, 1, T>>), tm_blocks, TM_THREADS, __VA_ARGS__);                       \
        else                                                                                                           \
            TM_LAUNCH(call, (kernel<tm_held<GROUP, 0, T>>), tm_blocks, TM_THREADS, __VA_ARGS__);                       \
    } while (0)
#define TM_LAUNCH_ROWS(call, kernel, rows, n, packed, ...)                                                             \
    do {                                                                                                               \
        const int tm_single = (call)->compute == TM_FLOAT32, tm_long = (n) > tm_warp_holds(call, packed);              \
        if (tm_single && tm_long)                                                                                      \
            TM_LAUNCH_HELD(call, kernel, TM_THREADS, float, rows, packed, __VA_ARGS__);                                \
        else if (tm_single)                                                                                            \
            TM_LAUNCH_HELD(call, kernel, TM_WARP, float, rows, packed, __VA_ARGS__);                                   \
        else if (tm_long)                                                                                              \
            TM_LAUNCH_HELD(call, kernel, TM_THREADS, double, rows, packed, __VA_ARGS__);                               \
        else                                                                                                           \
            TM_LAUNCH_HELD(call, kernel, TM_WARP, double, rows, packed, __VA_ARGS__);                                  \
    } while (0)

#endif
