/* pool.c: the largest element of each window and where it lies in its plane; gradients back to those places.
 *
 * The iteration is (planes, y's 3 axes | the window's); x's strides say how far they move through it. values: padding
 * of the 3 axes, sizes of x along them. Everything is contiguous. A task is a plane. */
#include "threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct pool {
    tm_call *call;
    int64_t y[3], k[3], x[3], step[3], spread[3], pad[3];
    int64_t y_volume, x_volume;
} pool;

static pool read_pool(tm_call *call, const tm_arg *x) {
    pool p = {.call = call, .y_volume = 1, .x_volume = 1};
    for (int d = 2; d >= 0; d--) {
        p.y[d] = call->shape[1 + d];
        p.k[d] = call->shape[4 + d];
        p.pad[d] = call->value[d].i;
        p.x[d] = call->value[3 + d].i;
        p.step[d] = x->stride[1 + d] / p.x_volume;
        p.spread[d] = x->stride[4 + d] / p.x_volume;
        p.y_volume *= p.y[d];
        p.x_volume *= p.x[d];
    }
    return p;
}

/* The windows first .. last-1 along an axis whose tap k is inside x. */
static void inside(const pool *p, int d, int64_t k, int64_t *first, int64_t *last) {
    const int64_t before = p->pad[d] - k * p->spread[d], end = p->x[d] + before;
    *first = before > 0 ? (before + p->step[d] - 1) / p->step[d] : 0;
    *last = end > 0 ? tm_smaller(p->y[d], (end + p->step[d] - 1) / p->step[d]) : 0;
}

/* The first tap of a window that is inside x; all of those behind it are until one is beyond x's end. */
static int64_t first_tap(const pool *p, int d, int64_t u) {
    const int64_t before = p->pad[d] - u * p->step[d];
    return before > 0 ? (before + p->spread[d] - 1) / p->spread[d] : 0;
}

#define LARGEST(T, S)                                                                                                  \
    /* One tap of a row of windows. A NaN wins, the last of several. */                                                \
    static inline void tap_##S(T *restrict best, int32_t *restrict id, const T *restrict x, int64_t n, int64_t step,   \
                               int32_t at) {                                                                           \
        for (int64_t j = 0; j < n; j++) {                                                                              \
            const T v = x[j * step], b = best[j];                                                                      \
            const int32_t old = id[j], place = at + (int32_t)(j * step);                                               \
            const int wins = (v > b) | (v != v) | (old < 0);                                                           \
            best[j] = wins ? v : b;                                                                                    \
            id[j] = wins ? place : old;                                                                                \
        }                                                                                                              \
    }                                                                                                                  \
    static void row_##S(const pool *p, T *best, int32_t *id, const T *x, int64_t u0, int64_t u1) {                     \
        for (int64_t j = 0; j < p->y[2]; j++) best[j] = -(T)INFINITY, id[j] = -1;                                      \
        for (int64_t k0 = first_tap(p, 0, u0); k0 < p->k[0]; k0++) {                                                   \
            const int64_t h0 = u0 * p->step[0] + k0 * p->spread[0] - p->pad[0];                                        \
            if (h0 >= p->x[0]) break;                                                                                  \
            for (int64_t k1 = first_tap(p, 1, u1); k1 < p->k[1]; k1++) {                                               \
                const int64_t h1 = u1 * p->step[1] + k1 * p->spread[1] - p->pad[1];                                    \
                if (h1 >= p->x[1]) break;                                                                              \
                for (int64_t k2 = 0, first, last; k2 < p->k[2]; k2++) {                                                \
                    inside(p, 2, k2, &first, &last);                                                                   \
                    const int64_t h2 = first * p->step[2] + k2 * p->spread[2] - p->pad[2];                             \
                    const int64_t at = (h0 * p->x[1] + h1) * p->x[2] + h2, n = last - first;                           \
                    if (n <= 0) continue;                                                                              \
                    if (p->step[2] == 1)                                                                               \
                        tap_##S(best + first, id + first, x + at, n, 1, (int32_t)at);                                  \
                    else if (p->step[2] == 2)                                                                          \
                        tap_##S(best + first, id + first, x + at, n, 2, (int32_t)at);                                  \
                    else                                                                                               \
                        tap_##S(best + first, id + first, x + at, n, p->step[2], (int32_t)at);                         \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    static void largest_##S(const pool *p, int64_t plane, int32_t *spare) {                                            \
        T *best = (T *)p->call->arg[0].data + plane * p->y_volume;                                                     \
        const T *x = (const T *)p->call->arg[1].data + plane * p->x_volume;                                            \
        int32_t *ids = p->call->arg[2].data ? (int32_t *)p->call->arg[2].data + plane * p->y_volume : NULL;            \
        for (int64_t u = 0; u < p->y[0] * p->y[1]; u++)                                                                \
            row_##S(p, best + u * p->y[2], ids ? ids + u * p->y[2] : spare, x, u / p->y[1], u % p->y[1]);              \
    }                                                                                                                  \
    static void back_##S(const pool *p, int64_t plane) {                                                               \
        T *x = (T *)p->call->arg[0].data + plane * p->x_volume;                                                        \
        const T *g = (const T *)p->call->arg[1].data + plane * p->y_volume;                                            \
        const int32_t *ids = (const int32_t *)p->call->arg[2].data + plane * p->y_volume;                              \
        memset(x, 0, (size_t)p->x_volume * sizeof(T));                                                                 \
        for (int64_t i = 0; i < p->y_volume; i++) x[ids[i]] += g[i];                                                   \
    }
LARGEST(float, f32)
LARGEST(double, f64)

static void largest_range(void *self, int64_t from, int64_t to) {
    const pool *p = self;
    int32_t *spare = malloc((size_t)p->y[2] * sizeof *spare);
    if (!spare) {
        p->call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
        return;
    }
    for (int64_t i = from; i < to; i++) (p->call->compute == TM_FLOAT32 ? largest_f32 : largest_f64)(p, i, spare);
    free(spare);
}

static void back_range(void *self, int64_t from, int64_t to) {
    const pool *p = self;
    for (int64_t i = from; i < to; i++) (p->call->compute == TM_FLOAT32 ? back_f32 : back_f64)(p, i);
}

static void run(pool *p, tm_tasks task) {
    const int64_t planes = p->call->shape[0], work = planes * (p->x_volume + p->y_volume);
    tm_share(task, p, planes, tm_threads_for(planes, work >= TM_SHARE_BYTES / 4));
}

/* args: y, x, ids (int32) or none */
void tm_max_pool(tm_call *call) {
    pool p = read_pool(call, &call->arg[1]);
    run(&p, largest_range);
}

/* args: x's gradient, y's, ids */
void tm_max_pool_back(tm_call *call) {
    pool p = read_pool(call, &call->arg[0]);
    run(&p, back_range);
}
