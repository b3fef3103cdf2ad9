/* scans.h: what the threads before one have, joined in their order. Include it where V fits a shuffle (8 bytes), or
 * give it an overload of tm_from_lane. `join(earlier, later)` has to be associative, but for rounding. */
#ifndef TM_CUDA_SCANS_H
#define TM_CUDA_SCANS_H

#include "groups.h"

#define TM_WARPS (TM_THREADS / TM_WARP)

template <class V> TM_DEVICE V tm_from_lane(V value, int lane) { return __shfl_sync(TM_ALL_LANES, value, lane); }

/* Of the lanes up to this one. */
template <class V, class J> TM_DEVICE V tm_warp_scan(V value, J join) {
    const int lane = (int)(threadIdx.x % TM_WARP);
    for (int by = 1; by < TM_WARP; by *= 2) {
        const V before = tm_from_lane(value, lane - by);
        if (lane >= by) value = join(before, value);
    }
    return value;
}

/* Sums of the threads before this one, and of all; every thread of a block of TM_THREADS calls. */
TM_DEVICE unsigned tm_block_before(unsigned value, unsigned *all) {
    TM_SHARED(unsigned, of_warp, TM_WARPS);
    const unsigned lane = threadIdx.x % TM_WARP, warp = threadIdx.x / TM_WARP;
    const unsigned upto = tm_warp_scan(value, tm_plus());
    unsigned before = 0;
    __syncthreads(); /* the result of the call before has been read */
    if (lane == TM_WARP - 1) of_warp[warp] = upto;
    __syncthreads();
    *all = 0;
    for (unsigned w = 0; w < TM_WARPS; w++) {
        const unsigned sum = of_warp[w];
        if (w < warp) before += sum;
        *all += sum;
    }
    return before + upto - value;
}

#endif
