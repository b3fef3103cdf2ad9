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

/* Up to MOST elements of a row. v[i] of a lane is element place(i), if there is one. */
template <int GROUP, class T> struct tm_held {
    static const int WIDE = 16 / (int)sizeof(T), PACKS = 8, N = WIDE * PACKS, MOST = GROUP * N;
    T v[N];

    static __device__ int place(int i, int packed) {
        const int lane = (int)threadIdx.x % GROUP;
        return packed ? (i / WIDE * GROUP + lane) * WIDE + i % WIDE : i * GROUP + lane;
    }

    /* use(i, place(i)) for the row's n elements; the test that all lanes pass alike spares short rows most of it. */
    template <class F> static __device__ void each(int n, int packed, F use) {
        TM_UNROLL for (int k = 0; k < PACKS; k++) {
            if (k * WIDE * GROUP >= n) continue;
            TM_UNROLL for (int i = k * WIDE; i < (k + 1) * WIDE; i++) {
                const int j = place(i, packed);
                if (j < n) use(i, j);
            }
        }
    }

    __device__ void load(const T *x, int64_t step, int n, int packed) {
        TM_UNROLL for (int k = 0; k < PACKS; k++) {
            const int j = place(k * WIDE, 1);
            if (!packed) {
                TM_UNROLL for (int i = k * WIDE; i < (k + 1) * WIDE; i++) if (place(i, 0) < n) v[i] =
                    x[place(i, 0) * step];
            } else if (j < n) {
                const tm_pack<T> pack = *(const tm_pack<T> *)(x + j);
                TM_UNROLL for (int i = 0; i < WIDE; i++) v[k * WIDE + i] = pack.v[i];
            }
        }
    }

    __device__ void store(T *y, int64_t step, int n, int packed) const {
        TM_UNROLL for (int k = 0; k < PACKS; k++) {
            const int j = place(k * WIDE, 1);
            if (!packed) {
                TM_UNROLL for (int i = k * WIDE; i < (k + 1) * WIDE; i++) if (place(i, 0) < n) y[place(i, 0) * step] =
                    v[i];
            } else if (j < n) {
                tm_pack<T> pack;
                TM_UNROLL for (int i = 0; i < WIDE; i++) pack.v[i] = v[k * WIDE + i];
                *(tm_pack<T> *)(y + j) = pack;
            }
        }
    }
};

/* Rows of up to this many elements are a warp's, longer ones a block's. */
template <class T> struct tm_rows {
    static const int OF_WARP = tm_held<TM_WARP, T>::MOST, OF_BLOCK = tm_held<TM_THREADS, T>::MOST;
};

#endif
