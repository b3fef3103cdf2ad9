/* pool.cu: the largest element of each window and where it lies in its plane; gradients back to those places.
 *
 * The iteration is (planes, y's 3 axes | the window's), as on the CPU, and so is the choice: the first of equals, the
 * last NaN. Going back, each element of x gathers from the windows that it may have won, in their order. */
#include "cuda.h"

typedef struct pooling {
    int y[3], k[3], x[3], step[3], spread[3], pad[3];
    int y_volume, x_volume, narrow;
    int64_t n; /* elements of the result */
} pooling;

/* Coordinates of an element; what is left of its number is the plane. */
TM_DEVICE int64_t find_element(int64_t i, int volume, const int *size, int narrow, int *at) {
    int64_t inner = tm_divide(&i, volume, narrow);
    at[2] = (int)tm_divide(&inner, size[2], 1);
    at[1] = (int)tm_divide(&inner, size[1], 1);
    at[0] = (int)inner;
    return i;
}

/* The first tap of a window that is inside x; `begin` is where the window begins. */
TM_DEVICE int first_tap(int begin, int spread) { return begin < 0 ? (spread - 1 - begin) / spread : 0; }

template <class T> __global__ void max_windows(TM_PARAM pooling p, const T *x, T *y, int32_t *ids) {
    for (int64_t i = tm_first(); i < p.n; i += tm_stride()) {
        int at[3], first[3];
        const T *plane = x + find_element(i, p.y_volume, p.y, p.narrow, at) * p.x_volume;
        for (int d = 0; d < 3; d++) {
            at[d] = at[d] * p.step[d] - p.pad[d];
            first[d] = first_tap(at[d], p.spread[d]);
        }
        T best = 0;
        int won = -1;
        for (int k0 = first[0]; k0 < p.k[0] && at[0] + k0 * p.spread[0] < p.x[0]; k0++)
            for (int k1 = first[1]; k1 < p.k[1] && at[1] + k1 * p.spread[1] < p.x[1]; k1++) {
                const int row = ((at[0] + k0 * p.spread[0]) * p.x[1] + at[1] + k1 * p.spread[1]) * p.x[2];
                for (int k2 = first[2]; k2 < p.k[2] && at[2] + k2 * p.spread[2] < p.x[2]; k2++) {
                    const int place = row + at[2] + k2 * p.spread[2];
                    const T v = plane[place];
                    if (won < 0 || v > best || v != v) best = v, won = place;
                }
            }
        y[i] = best;
        if (ids) ids[i] = won;
    }
}

/* The first and the last window that may hold a place, along an axis. */
TM_DEVICE void windows_over(const pooling &p, int d, int at, int *first, int *last) {
    const int end = at + p.pad[d], begin = end - (p.k[d] - 1) * p.spread[d];
    *first = begin > 0 ? (begin + p.step[d] - 1) / p.step[d] : 0;
    *last = end / p.step[d];
    if (*last >= p.y[d]) *last = p.y[d] - 1;
}

template <class T> __global__ void max_windows_back(TM_PARAM pooling p, const T *g, const int32_t *ids, T *x) {
    for (int64_t i = tm_first(); i < p.n; i += tm_stride()) {
        int at[3], first[3], last[3];
        const int64_t plane = find_element(i, p.x_volume, p.x, p.narrow, at);
        const int self = (int)(i - plane * p.x_volume);
        for (int d = 0; d < 3; d++) windows_over(p, d, at[d], &first[d], &last[d]);
        T sum = 0;
        for (int u0 = first[0]; u0 <= last[0]; u0++)
            for (int u1 = first[1]; u1 <= last[1]; u1++) {
                const int64_t row = plane * p.y_volume + (int64_t)(u0 * p.y[1] + u1) * p.y[2];
                for (int u2 = first[2]; u2 <= last[2]; u2++)
                    if (ids[row + u2] == self) sum += g[row + u2];
            }
        x[i] = sum;
    }
}

/* 0: positions are beyond what the kernels count in; x itself is smaller, says core. */
static int read_pooling(tm_call *call, const tm_arg *x, pooling *p) {
    int64_t x_volume = 1, y_volume = 1;
    int fits = 1;
    for (int d = 2; d >= 0; d--) {
        p->y[d] = (int)call->shape[1 + d];
        p->k[d] = (int)call->shape[4 + d];
        p->pad[d] = (int)call->value[d].i;
        p->x[d] = (int)call->value[3 + d].i;
        p->step[d] = (int)(x->stride[1 + d] / x_volume);
        p->spread[d] = (int)(x->stride[4 + d] / x_volume);
        x_volume *= call->value[3 + d].i;
        y_volume *= call->shape[1 + d];
        fits &= call->value[3 + d].i + 2 * call->value[d].i + p->step[d] + p->spread[d] <= INT32_MAX;
    }
    p->x_volume = (int)x_volume;
    p->y_volume = (int)y_volume;
    if (fits && x_volume <= INT32_MAX && y_volume <= INT32_MAX) return 1;
    tm_cuda_refuse("max_pool with more than 2^31 - 1 elements in a plane, or along a padded axis with a step");
    call->fault.kind = TM_FAULT_DEVICE;
    return 0;
}

template <class T> static void launch_pool(tm_call *call, const pooling &p) {
    TM_LAUNCH(call, max_windows<T>, tm_cuda_blocks(p.n, TM_THREADS), TM_THREADS, p, (const T *)call->arg[1].data,
              (T *)call->arg[0].data, (int32_t *)call->arg[2].data);
}

template <class T> static void launch_pool_back(tm_call *call, const pooling &p) {
    TM_LAUNCH(call, max_windows_back<T>, tm_cuda_blocks(p.n, TM_THREADS), TM_THREADS, p, (const T *)call->arg[1].data,
              (const int32_t *)call->arg[2].data, (T *)call->arg[0].data);
}

/* args: y, x, ids (int32) or none */
void tm_cuda_max_pool(tm_call *call) {
    pooling p;
    if (!read_pooling(call, &call->arg[1], &p)) return;
    p.n = call->shape[0] * p.y_volume;
    p.narrow = p.n <= UINT32_MAX;
    (call->compute == TM_FLOAT32 ? launch_pool<float> : launch_pool<double>)(call, p);
}

/* args: x's gradient, y's, ids */
void tm_cuda_max_pool_back(tm_call *call) {
    pooling p;
    if (!read_pooling(call, &call->arg[0], &p)) return;
    p.n = call->shape[0] * p.x_volume;
    p.narrow = p.n <= UINT32_MAX;
    (call->compute == TM_FLOAT32 ? launch_pool_back<float> : launch_pool_back<double>)(call, p);
}
