/* convert.h: one element from any dtype to a compute type and back, for any device.
 *
 * A float that becomes an integer loses its fraction and saturates, NaN is 0; an integer that becomes a narrower one
 * wraps; anything but 0 is true. TM_LOADS and TM_STORES list every pair: what a device makes of LOAD(compute type,
 * dtype, conversion) and STORE(compute type, dtype, conversion) is its own affair. Include vocabulary.h's way: last. */
#ifndef TM_CONVERT_H
#define TM_CONVERT_H

#include "vocabulary.h"

typedef uint8_t tm_u8;
typedef uint8_t tm_b8;
typedef int32_t tm_i32;

#define TM_SAME(x) (x)
#define TM_TO_F32(x) ((float)(x))
#define TM_TO_F64(x) ((double)(x))
#define TM_TO_I64(x) ((int64_t)(x))
#define TM_TRUTH(x) ((uint8_t)((x) != 0))
#define TM_WRAP_U8(x) ((uint8_t)(x))
#define TM_WRAP_I32(x) ((int32_t)(uint32_t)(x))

TM_INLINE int64_t tm_saturate_f32(float x) { return tm_saturate_f64((double)x); }

/* Clamped first, so that the conversion itself is always defined. */
TM_INLINE int32_t tm_narrow_i32(double x) {
    double inside = x > 2147483647.0 ? 2147483647.0 : x;
    inside = inside < -2147483648.0 ? -2147483648.0 : inside;
    return (int32_t)(inside != inside ? 0 : inside);
}

TM_INLINE uint8_t tm_narrow_u8(double x) {
    double inside = x > 255 ? 255 : x;
    inside = inside < 0 ? 0 : inside;
    return (uint8_t)(int32_t)(inside != inside ? 0 : inside);
}

/* clang-format off */
#define TM_LOADS(LOAD)                                                                                                 \
    LOAD(f32, b8, TM_TRUTH)    LOAD(f64, b8, TM_TRUTH)    LOAD(i64, b8, TM_TRUTH)                                      \
    LOAD(f32, u8, TM_TO_F32)   LOAD(f64, u8, TM_TO_F64)   LOAD(i64, u8, TM_TO_I64)                                     \
    LOAD(f32, i32, TM_TO_F32)  LOAD(f64, i32, TM_TO_F64)  LOAD(i64, i32, TM_TO_I64)                                    \
    LOAD(f32, i64, TM_TO_F32)  LOAD(f64, i64, TM_TO_F64)  LOAD(i64, i64, TM_SAME)                                      \
    LOAD(f32, f32, TM_SAME)    LOAD(f64, f32, TM_TO_F64)  LOAD(i64, f32, tm_saturate_f32)                              \
    LOAD(f32, f64, TM_TO_F32)  LOAD(f64, f64, TM_SAME)    LOAD(i64, f64, tm_saturate_f64)

#define TM_STORES(STORE)                                                                                               \
    STORE(f32, b8, TM_TRUTH)         STORE(f64, b8, TM_TRUTH)           STORE(i64, b8, TM_TRUTH)                       \
    STORE(f32, u8, tm_narrow_u8)     STORE(f64, u8, tm_narrow_u8)       STORE(i64, u8, TM_WRAP_U8)                     \
    STORE(f32, i32, tm_narrow_i32)   STORE(f64, i32, tm_narrow_i32)     STORE(i64, i32, TM_WRAP_I32)                   \
    STORE(f32, i64, tm_saturate_f32) STORE(f64, i64, tm_saturate_f64)   STORE(i64, i64, TM_SAME)                       \
    STORE(f32, f32, TM_SAME)         STORE(f64, f32, TM_TO_F32)         STORE(i64, f32, TM_TO_F32)                     \
    STORE(f32, f64, TM_TO_F64)       STORE(f64, f64, TM_SAME)           STORE(i64, f64, TM_TO_F64)
/* clang-format on */

#endif
