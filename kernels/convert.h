/* convert.h: one element from any dtype to a compute type and back, for any device.
 *
 * A float that becomes an integer loses its fraction and saturates, NaN is 0; an integer that becomes a narrower one
 * wraps; anything but 0 is true. TM_LOADS and TM_STORES list every pair: what a device makes of LOAD(compute type,
 * dtype, conversion) and STORE(compute type, dtype, conversion) is its own affair. Include vocabulary.h's way: last. */
#ifndef TM_CONVERT_H
#define TM_CONVERT_H

#include <string.h>

#include "vocabulary.h"

typedef uint8_t tm_u8;
typedef uint8_t tm_b8;
typedef int32_t tm_i32;
typedef uint16_t tm_f16;  /* IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction */
typedef uint16_t tm_bf16; /* the upper half of a float32 */

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

/* --- half precision: without branches, so that loops are vectorised, with the same bits on every device --------------
 * To half: rounded to the nearest, halves to the even one; NaN stays NaN, what is too large is infinite. */

TM_INLINE uint32_t tm_bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

TM_INLINE float tm_float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The fraction in its new place, with an exponent that is too small by 112: a product mends it, subnormals too. */
TM_INLINE float tm_from_f16(tm_f16 h) {
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, bits = (uint32_t)(h & 0x7fff) << 13;
    const uint32_t finite = tm_bits_of(tm_float_of(bits) * 0x1p112f), special = bits | 0x7f800000;
    return tm_float_of(sign | ((h & 0x7fff) < 0x7c00 ? finite : special));
}

/* Normal results: the exponent is rebased and half a unit less a tie's bit added before the cut. Subnormal ones: adding
 * 0.5 lets the sum's own rounding do it, since its last place is that of the smallest half. */
TM_INLINE tm_f16 tm_to_f16(float x) {
    const uint32_t bits = tm_bits_of(x), size = bits & 0x7fffffff, sign = (bits >> 16) & 0x8000;
    const uint32_t normal = (size - ((uint32_t)112 << 23) + 0xfff + ((size >> 13) & 1)) >> 13;
    const uint32_t small = tm_bits_of(tm_float_of(size) + 0.5f) - 0x3f000000;
    const uint32_t special = size > 0x7f800000 ? 0x7e00 : 0x7c00;
    const uint32_t half = size < 0x38800000 ? small : size < 0x47800000 ? normal : special;
    return (tm_f16)(sign | half);
}

TM_INLINE float tm_from_bf16(tm_bf16 h) { return tm_float_of((uint32_t)h << 16); }

TM_INLINE tm_bf16 tm_to_bf16(float x) {
    const uint32_t bits = tm_bits_of(x);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16, nan = (bits >> 16) | 0x40;
    return (tm_bf16)((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
}

/* A double as a float whose last bit says whether anything was lost, so that a second rounding errs nowhere
 * (Boldo and Melquiond, "When double rounding is odd", 2005). */
TM_INLINE float tm_odd_f64(double x) {
    const float near = (float)x;
    const uint32_t bits = tm_bits_of(near);
    const int lost = (double)near != x && x == x, up = (x > (double)near) == (near >= 0);
    const uint32_t odd = bits & 1 ? bits : up ? bits + 1 : bits - 1;
    return lost && fabs(x) < 0x1p127 && fabs(x) > 0x1p-126 ? tm_float_of(odd) : near;
}

#define TM_F64_FROM_F16(h) ((double)tm_from_f16(h))
#define TM_F64_FROM_BF16(h) ((double)tm_from_bf16(h))
#define TM_I64_FROM_F16(h) tm_saturate_f64((double)tm_from_f16(h))
#define TM_I64_FROM_BF16(h) tm_saturate_f64((double)tm_from_bf16(h))
#define TM_F16_FROM_F64(x) tm_to_f16(tm_odd_f64(x))
#define TM_BF16_FROM_F64(x) tm_to_bf16(tm_odd_f64(x))
#define TM_F16_FROM_I64(x) tm_to_f16(tm_odd_f64((double)(x)))
#define TM_BF16_FROM_I64(x) tm_to_bf16(tm_odd_f64((double)(x)))

/* clang-format off */
#define TM_LOADS(LOAD)                                                                                                 \
    LOAD(f32, b8, TM_TRUTH)    LOAD(f64, b8, TM_TRUTH)    LOAD(i64, b8, TM_TRUTH)                                      \
    LOAD(f32, u8, TM_TO_F32)   LOAD(f64, u8, TM_TO_F64)   LOAD(i64, u8, TM_TO_I64)                                     \
    LOAD(f32, i32, TM_TO_F32)  LOAD(f64, i32, TM_TO_F64)  LOAD(i64, i32, TM_TO_I64)                                    \
    LOAD(f32, i64, TM_TO_F32)  LOAD(f64, i64, TM_TO_F64)  LOAD(i64, i64, TM_SAME)                                      \
    LOAD(f32, f16, tm_from_f16)  LOAD(f64, f16, TM_F64_FROM_F16)  LOAD(i64, f16, TM_I64_FROM_F16)                      \
    LOAD(f32, bf16, tm_from_bf16) LOAD(f64, bf16, TM_F64_FROM_BF16) LOAD(i64, bf16, TM_I64_FROM_BF16)                  \
    LOAD(f32, f32, TM_SAME)    LOAD(f64, f32, TM_TO_F64)  LOAD(i64, f32, tm_saturate_f32)                              \
    LOAD(f32, f64, TM_TO_F32)  LOAD(f64, f64, TM_SAME)    LOAD(i64, f64, tm_saturate_f64)

#define TM_STORES(STORE)                                                                                               \
    STORE(f32, b8, TM_TRUTH)         STORE(f64, b8, TM_TRUTH)           STORE(i64, b8, TM_TRUTH)                       \
    STORE(f32, u8, tm_narrow_u8)     STORE(f64, u8, tm_narrow_u8)       STORE(i64, u8, TM_WRAP_U8)                     \
    STORE(f32, i32, tm_narrow_i32)   STORE(f64, i32, tm_narrow_i32)     STORE(i64, i32, TM_WRAP_I32)                   \
    STORE(f32, i64, tm_saturate_f32) STORE(f64, i64, tm_saturate_f64)   STORE(i64, i64, TM_SAME)                       \
    STORE(f32, f16, tm_to_f16)       STORE(f64, f16, TM_F16_FROM_F64)   STORE(i64, f16, TM_F16_FROM_I64)               \
    STORE(f32, bf16, tm_to_bf16)     STORE(f64, bf16, TM_BF16_FROM_F64) STORE(i64, bf16, TM_BF16_FROM_I64)             \
    STORE(f32, f32, TM_SAME)         STORE(f64, f32, TM_TO_F32)         STORE(i64, f32, TM_TO_F32)                     \
    STORE(f32, f64, TM_TO_F64)       STORE(f64, f64, TM_SAME)           STORE(i64, f64, TM_TO_F64)
/* clang-format on */

#endif
