/* pool.c: the largest element of each window and where it lies in its plane; gradients back to those places.
 *
 * The iteration is (planes, y's 3 axes | the window's); x's strides say how far they move through it. values: padding
 * of the 3 axes, sizes of x along them. Everything is contiguous. A task is a plane. */
#include "threads.h"
#include "vectors.h"

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

/* The windows first .. last-1 along the last axis have all their taps inside x. */
static void inside(const pool *p, int64_t *first, int64_t *last) {
    const int64_t end = p->x[2] + p->pad[2] - (p->k[2] - 1) * p->spread[2];
    *first = (p->pad[2] + p->step[2] - 1) / p->step[2];
    *last = end > 0 ? tm_smaller(p->y[2], (end + p->step[2] - 1) / p->step[2]) : 0;
}

/* The first tap of a window that is inside x; all of those behind it are until one is beyond x's end. */
static int64_t first_tap(const pool *p, int d, int64_t u) {
    const int64_t before = p->pad[d] - u * p->step[d];
    return before > 0 ? (before + p->spread[d] - 1) / p->spread[d] : 0;
}

/* The rows of x that a row of windows begins with are asked for early, AHEAD bytes before they are read: their loads
 * would wait longer than all else takes. */
#define AHEAD 1024
static inline void ask_ahead(const pool *p, const void *row, size_t bytes) {
    const char *at = (const char *)row + AHEAD;
    __builtin_prefetch(at);
    __builtin_prefetch(at + (size_t)p->x[2] * bytes);
}

/* n elements, step apart, as one vector. */
#define PICK(T, S, EVEN...)                                                                                            \
    VEC_INLINE vec_##S pick_##S(const T *x, int64_t n, int64_t step) {                                                 \
        if (step == 1) return load_part_##S(x, n);                                                                     \
        if (step == 2) {                                                                                               \
            const int64_t all = 2 * n - 1, low = tm_smaller(all, WIDTH_##S);                                           \
            const vec_##S a = load_part_##S(x, low), b = load_part_##S(x + low, all - low);                            \
            return __builtin_shufflevector(a, b, EVEN);                                                                \
        }                                                                                                              \
        T part[WIDTH_##S] = {0};                                                                                       \
        for (int64_t i = 0; i < n; i++) part[i] = x[i * step];                                                         \
        return load_##S(part);                                                                                         \
    }
#if VECTOR_BYTES == 64
#define COUNT_f32 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define EVEN_f32 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define COUNT_f64 0, 1, 2, 3, 4, 5, 6, 7
#define EVEN_f64 0, 2, 4, 6, 8, 10, 12, 14
#elif VECTOR_BYTES == 32
#define COUNT_f32 0, 1, 2, 3, 4, 5, 6, 7
#define EVEN_f32 0, 2, 4, 6, 8, 10, 12, 14
#define COUNT_f64 0, 1, 2, 3
#define EVEN_f64 0, 2, 4, 6
#else
#define COUNT_f32 0, 1, 2, 3
#define EVEN_f32 0, 2, 4, 6
#define COUNT_f64 0, 1
#define EVEN_f64 0, 2
#endif
PICK(float, f32, EVEN_f32)
PICK(double, f64, EVEN_f64)

/* n ids; nobody may want them. */
VEC_INLINE void put_ids_f32(int32_t *to, index_f32 id, int64_t n) {
    if (!to) return;
#if VECTOR_BYTES == 64
    _mm512_mask_storeu_epi32(to, (__mmask16)((1u << n) - 1), (__m512i)id);
#elif VECTOR_BYTES == 32
    _mm256_maskstore_epi32(to, first_words(n), (__m256i)id);
#else
    for (int64_t i = 0; i < n; i++) to[i] = id[i];
#endif
}

VEC_INLINE void put_ids_f64(int32_t *to, index_f64 id, int64_t n) {
    for (int64_t i = 0; to && i < n; i++) to[i] = (int32_t)id[i];
}

/* `windows` neighbours whose taps are inside x along the last axis; along the others from `first` on until x ends. A
 * NaN wins, the last of several. */
#define LARGEST(T, S, ID)                                                                                              \
    VEC_INLINE void windows_##S(const pool *p, T *y, int32_t *id, const T *x, const int64_t *at, const int64_t *first, \
                                int64_t windows, const int64_t step) {                                                 \
        const index_##S count = {COUNT_##S};                                                                           \
        vec_##S best = splat_##S(-(T)INFINITY);                                                                        \
        index_##S won = count - count - 1;                                                                             \
        for (int64_t k0 = first[0]; k0 < p->k[0] && at[0] + k0 * p->spread[0] < p->x[0]; k0++)                         \
            for (int64_t k1 = first[1]; k1 < p->k[1] && at[1] + k1 * p->spread[1] < p->x[1]; k1++) {                   \
                const int64_t row = (at[0] + k0 * p->spread[0]) * p->x[1] + at[1] + k1 * p->spread[1];                 \
                for (int64_t k2 = first[2]; k2 < p->k[2] && at[2] + k2 * p->spread[2] < p->x[2]; k2++) {               \
                    const int64_t place = row * p->x[2] + at[2] + k2 * p->spread[2];                                   \
                    const vec_##S v = pick_##S(x + place, windows, step);                                              \
                    const index_##S wins = (v > best) | (v != v) | (won < 0);                                          \
                    best = (vec_##S)(((index_##S)v & wins) | ((index_##S)best & ~wins));                               \
                    won = ((count * (ID)step + (ID)place) & wins) | (won & ~wins);                                     \
                }                                                                                                      \
            }                                                                                                          \
        store_part_##S(y, best, windows);                                                                              \
        put_ids_##S(id, won, windows);                                                                                 \
    }                                                                                                                  \
    static void row_##S(const pool *p, T *y, int32_t *id, const T *x, int64_t u0, int64_t u1) {                        \
        int64_t from, to;                                                                                              \
        inside(p, &from, &to);                                                                                         \
        for (int64_t u2 = 0; u2 < p->y[2];) {                                                                          \
            const int whole = u2 >= from && u2 < to;                                                                   \
            const int64_t n = whole ? tm_smaller(to - u2, WIDTH_##S) : 1, u[3] = {u0, u1, u2};                         \
            int64_t at[3], first[3];                                                                                   \
            ask_ahead(p, x + (u0 * p->step[0] * p->x[1] + u1 * p->step[1]) * p->x[2], sizeof(T));                      \
            for (int d = 0; d < 3; d++) at[d] = u[d] * p->step[d] - p->pad[d], first[d] = first_tap(p, d, u[d]);       \
            if (p->step[2] == 2)                                                                                       \
                windows_##S(p, y + u2, id ? id + u2 : NULL, x, at, first, n, 2);                                       \
            else                                                                                                       \
                windows_##S(p, y + u2, id ? id + u2 : NULL, x, at, first, n, p->step[2]);                              \
            u2 += n;                                                                                                   \
        }                                                                                                              \
    }                                                                                                                  \
    static void largest_##S(const pool *p, int64_t plane) {                                                            \
        T *y = (T *)p->call->arg[0].data + plane * p->y_volume;                                                        \
        const T *x = (const T *)p->call->arg[1].data + plane * p->x_volume;                                            \
        int32_t *id = p->call->arg[2].data ? (int32_t *)p->call->arg[2].data + plane * p->y_volume : NULL;             \
        for (int64_t u = 0; u < p->y[0] * p->y[1]; u++, y += p->y[2], id += id ? p->y[2] : 0)                          \
            row_##S(p, y, id, x, u / p->y[1], u % p->y[1]);                                                            \
    }                                                                                                                  \
    static void back_##S(const pool *p, int64_t plane) {                                                               \
        T *x = (T *)p->call->arg[0].data + plane * p->x_volume;                                                        \
        const T *g = (const T *)p->call->arg[1].data + plane * p->y_volume;                                            \
        const int32_t *ids = (const int32_t *)p->call->arg[2].data + plane * p->y_volume;                              \
        memset(x, 0, (size_t)p->x_volume * sizeof(T));                                                                 \
        for (int64_t i = 0; i < p->y_volume; i++) x[ids[i]] += g[i];                                                   \
    }
LARGEST(float, f32, int32_t)
LARGEST(double, f64, int64_t)

static void largest_range(void *self, int64_t from, int64_t to) {
    const pool *p = self;
    for (int64_t i = from; i < to; i++) (p->call->compute == TM_FLOAT32 ? largest_f32 : largest_f64)(p, i);
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
