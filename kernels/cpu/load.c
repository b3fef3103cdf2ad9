/* load.c: every conversion and every walk over strides, once. See load.h. */
#include "load.h"

#include "../convert.h"

/* --- runs ----------------------------------------------------------------------------------------------- */

typedef void (*load_run)(void *restrict to, const void *restrict from, int64_t stride, int64_t n);
typedef void (*store_run)(void *restrict to, const void *restrict from, int64_t stride, int64_t n);

#define LOAD(C, D, CONVERT)                                                                                            \
    static void load_##C##_##D(void *restrict to, const void *restrict from, int64_t stride, int64_t n) {              \
        tm_##C *restrict y = to;                                                                                       \
        const tm_##D *restrict x = from;                                                                               \
        if (stride == 1) {                                                                                             \
            for (int64_t i = 0; i < n; i++) y[i] = CONVERT(x[i]);                                                      \
        } else if (stride == 0) {                                                                                      \
            const tm_##C c = CONVERT(x[0]);                                                                            \
            for (int64_t i = 0; i < n; i++) y[i] = c;                                                                  \
        } else {                                                                                                       \
            for (int64_t i = 0; i < n; i++) y[i] = CONVERT(x[i * stride]);                                             \
        }                                                                                                              \
    }

#define STORE(C, D, CONVERT)                                                                                           \
    static void store_##C##_##D(void *restrict to, const void *restrict from, int64_t stride, int64_t n) {             \
        tm_##D *restrict y = to;                                                                                       \
        const tm_##C *restrict x = from;                                                                               \
        if (stride == 1) {                                                                                             \
            for (int64_t i = 0; i < n; i++) y[i] = CONVERT(x[i]);                                                      \
        } else {                                                                                                       \
            for (int64_t i = 0; i < n; i++) y[i * stride] = CONVERT(x[i]);                                             \
        }                                                                                                              \
    }

TM_LOADS(LOAD)
TM_STORES(STORE)

/* clang-format off */
#define RUNS(verb, C) {verb##_##C##_b8, verb##_##C##_u8, verb##_##C##_i32, verb##_##C##_i64, verb##_##C##_f16, verb##_##C##_bf16, verb##_##C##_f32, verb##_##C##_f64}
static const load_run loads[TM_TYPES][TM_DTYPES] = {RUNS(load, f32), RUNS(load, f64), RUNS(load, i64)};
static const store_run stores[TM_TYPES][TM_DTYPES] = {RUNS(store, f32), RUNS(store, f64), RUNS(store, i64)};
/* clang-format on */

void tm_load_run(void *block, tm_dtype compute, const void *from, tm_dtype dtype, int64_t stride, int64_t n) {
    loads[tm_type_of(compute)][dtype](block, from, stride, n);
}

void tm_store_run(const void *block, tm_dtype compute, void *to, tm_dtype dtype, int64_t stride, int64_t n) {
    stores[tm_type_of(compute)][dtype](to, block, stride, n);
}

/* --- walks ---------------------------------------------------------------------------------------------- */

void tm_spot_set(tm_spot *spot, tm_space space, int64_t flat) {
    for (int d = space.rank; d-- > 0;) {
        const int64_t outer = flat / space.shape[d];
        spot->at[d] = flat - outer * space.shape[d];
        flat = outer;
    }
}

void tm_spot_move(tm_spot *spot, tm_space space, int64_t n) {
    for (int d = space.rank; n && d-- > 0;) {
        const int64_t sum = spot->at[d] + n;
        n = sum < space.shape[d] ? 0 : sum / space.shape[d];
        spot->at[d] = sum - n * space.shape[d];
    }
}

int64_t tm_spot_offset(const tm_spot *spot, tm_space space, const tm_arg *arg) {
    int64_t offset = 0;
    for (int d = 0; d < space.rank; d++) offset += spot->at[d] * arg->stride[d];
    return offset;
}

/* Hand out the runs of n elements from a spot: along the last dimension, then on to the next row. */
#define WALK(STEP)                                                                                                     \
    const int last = space.rank - 1;                                                                                   \
    int64_t offset = tm_spot_offset(spot, space, arg);                                                                 \
    if (last < 0) {                                                                                                    \
        const int64_t stride = 0, run = n;                                                                             \
        STEP;                                                                                                          \
        return;                                                                                                        \
    }                                                                                                                  \
    const int64_t stride = arg->stride[last], size = space.shape[last];                                                \
    tm_spot here = *spot;                                                                                              \
    for (;;) {                                                                                                         \
        const int64_t run = tm_smaller(n, size - here.at[last]);                                                       \
        STEP;                                                                                                          \
        if ((n -= run) == 0) return;                                                                                   \
        offset -= here.at[last] * stride;                                                                              \
        here.at[last] = 0;                                                                                             \
        for (int d = last - 1; d >= 0; d--) {                                                                          \
            offset += arg->stride[d];                                                                                  \
            if (++here.at[d] < space.shape[d]) break;                                                                  \
            offset -= here.at[d] * arg->stride[d];                                                                     \
            here.at[d] = 0;                                                                                            \
        }                                                                                                              \
    }

void tm_load(void *block, tm_dtype compute, const tm_arg *arg, tm_space space, const tm_spot *spot, int64_t n) {
    const load_run load = loads[tm_type_of(compute)][arg->dtype];
    char *to = block;
    const int64_t bytes = tm_bytes_of(compute);
    WALK(load(to, tm_at(arg, offset), stride, run); to += run * bytes)
}

void tm_store(const void *block, tm_dtype compute, const tm_arg *arg, tm_space space, const tm_spot *spot, int64_t n) {
    const store_run store = stores[tm_type_of(compute)][arg->dtype];
    const char *from = block;
    const int64_t bytes = tm_bytes_of(compute);
    WALK(store(tm_at(arg, offset), from, stride, run); from += run * bytes)
}

int64_t tm_pad(void *block, tm_dtype compute, int64_t n) {
    const int64_t full = (n + 15) & ~(int64_t)15;
    for (int64_t i = n; i < full; i++) {
        if (compute == TM_FLOAT32)
            ((float *)block)[i] = 1;
        else if (compute == TM_FLOAT64)
            ((double *)block)[i] = 1;
        else
            ((int64_t *)block)[i] = 1;
    }
    return full;
}
