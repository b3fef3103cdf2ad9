/* groups.h: values of several threads made one, in an order that never changes.
 *
 * A group is a warp (TM_WARP threads) or a whole block (TM_THREADS). Every thread of the group calls, and every thread
 * gets the result. `join(a, b)` need not be commutative in floating point: lanes are paired by the same pattern each
 * time. */
#ifndef TM_CUDA_GROUPS_H
#define TM_CUDA_GROUPS_H

#include "cuda.h"

template <class V, class J> TM_DEVICE V tm_warp_join(V value, J join) {
    for (int by = TM_WARP / 2; by > 0; by /= 2) {
        const V other = __shfl_xor_sync(TM_ALL_LANES, value, by);
        value = threadIdx.x & by ? join(other, value) : join(value, other); /* both of a pair get the same bits */
    }
    return value;
}

/* GROUP is TM_WARP or TM_THREADS; threads of a group are consecutive in x. */
template <int GROUP, class V, class J> TM_DEVICE V tm_group_join(V value, J join) {
    value = tm_warp_join(value, join);
    if (GROUP == TM_WARP) return value;
    TM_SHARED(V, of_warp, TM_THREADS / TM_WARP);
    __syncthreads(); /* the result of the join before has been read */
    if (threadIdx.x % TM_WARP == 0) of_warp[threadIdx.x / TM_WARP] = value;
    __syncthreads();
    value = of_warp[0];
    for (int i = 1; i < TM_THREADS / TM_WARP; i++) value = join(value, (V)of_warp[i]);
    return value;
}

struct tm_plus {
    template <class V> __device__ V operator()(V a, V b) const { return a + b; }
};

struct tm_most {
    template <class V> __device__ V operator()(V a, V b) const { return a > b ? a : b; }
};

#endif
