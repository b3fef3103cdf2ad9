/* load.c: every conversion and every walk over strides, once. See load.h. */
#include "load.h"

#include "../vocabulary.h"

typedef uint8_t tm_u8;
typedef uint8_t tm_b8;
typedef int32_t tm_i32;

/* --- one element: to_<type>_<compute type> ------------------------------------------------------------ */

#define SAME(x) (x)
#define TO_F32(x) ((float)(x))
#define TO_F64(x) ((double)(x))
#define TO_I64(x) ((int64_t)(x))
#define TRUTH(x) ((uint8_t)((x) != 0))
#define WRAP_U8(x) ((uint8_t)(x))
#define WRAP_I32(x) ((int32_t)(uint32_t)(x))

TM_INLINE int64_t saturate_f32(float x) { return tm_saturate_f64((double)x); }

/* Clamped first, so that the conversion itself is always defined. */
TM_INLINE int32_t narrow_i32(double x) {
    double inside = x > 2147483647.0 ? 2147483647.0 : x;
    inside = inside < -2147483648.0 ? -2147483648.0 : inside;
    return (int32_t)(inside != inside ? 0 : inside);
}

TM_INLINE uint8_t narrow_u8(double x) {
    double inside = x > 255 ? 255 : x;
    inside = inside < 0 ? 0 : inside;
    return (uint8_t)(int32_t)(inside != inside ? 0 : inside);
}

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

/* clang-format off */
LOAD(f32, b8, TRUTH)    LOAD(f64, b8, TRUTH)    LOAD(i64, b8, TRUTH)
LOAD(f32, u8, TO_F32)   LOAD(f64, u8, TO_F64)   LOAD(i64, u8, TO_I64)
LOAD(f32, i32, TO_F32)  LOAD(f64, i32, TO_F64)  LOAD(i64, i32, TO_I64)
LOAD(f32, i64, TO_F32)  LOAD(f64, i64, TO_F64)  LOAD(i64, i64, SAME)
LOAD(f32, f32, SAME)    LOAD(f64, f32, TO_F64)  LOAD(i64, f32, saturate_f32)
LOAD(f32, f64, TO_F32)  LOAD(f64, f64, SAME)    LOAD(i64, f64, tm_saturate_f64)

STORE(f32, b8, TRUTH)         STORE(f64, b8, TRUTH)           STORE(i64, b8, TRUTH)
STORE(f32, u8, narrow_u8)     STORE(f64, u8, narrow_u8)       STORE(i64, u8, WRAP_U8)
STORE(f32, i32, narrow_i32)   STORE(f64, i32, narrow_i32)     STORE(i64, i32, WRAP_I32)
STORE(f32, i64, saturate_f32) STORE(f64, i64, tm_saturate_f64) STORE(i64, i64, SAME)
STORE(f32, f32, SAME)         STORE(f64, f32, TO_F32)         STORE(i64, f32, TO_F32)
STORE(f32, f64, TO_F64)       STORE(f64, f64, SAME)           STORE(i64, f64, TO_F64)

#define RUNS(verb, C) {verb##_##C##_b8, verb##_##C##_u8, verb##_##C##_i32, verb##_##C##_i64, verb##_##C##_f32, verb##_##C##_f64}
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
