/* vocabulary.h: the words that the formulas of ops.def are written in, for one element.
 *
 * Every word is an inline function for each type that a formula can be evaluated in: tm_add_f32,
 * tm_add_f64, tm_add_i64. The words themselves are macros that pick the type from TM_SUFFIX, so the same
 * text compiles for whichever type TM_SUFFIX names at that place:
 *
 *     #define TM_SUFFIX f32
 *     ... mul(g, sub(num(1), square(y))) ...
 *
 * Include this file last: words such as exp and log hide the C library's functions of that name.
 *
 * No word branches, so a loop over a formula is vectorised: both sides of where() are evaluated, and a
 * condition is the number 0 or 1. Integers wrap, and nothing here can raise a signal. */
#ifndef TM_VOCABULARY_H
#define TM_VOCABULARY_H

#include <math.h>
#include <stdint.h>

#ifndef TM_INLINE
#define TM_INLINE static inline __attribute__((always_inline, unused))
#endif

/* glibc has vector versions of these (libmvec, errors below 4 ulp) but shows them only under -ffast-math.
 * With these declarations GCC calls them from vectorised loops. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
#if !defined(__cplusplus) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 35)
#define TM_VECTOR_1(name)                                                                                              \
    __attribute__((simd("notinbranch"))) double name(double);                                                          \
    __attribute__((simd("notinbranch"))) float name##f(float);
#define TM_VECTOR_2(name)                                                                                              \
    __attribute__((simd("notinbranch"))) double name(double, double);                                                  \
    __attribute__((simd("notinbranch"))) float name##f(float, float);
/* clang-format off */
TM_VECTOR_1(exp) TM_VECTOR_1(exp2) TM_VECTOR_1(expm1)
TM_VECTOR_1(log) TM_VECTOR_1(log2) TM_VECTOR_1(log10) TM_VECTOR_1(log1p)
TM_VECTOR_1(sin) TM_VECTOR_1(cos) TM_VECTOR_1(tan) TM_VECTOR_1(asin) TM_VECTOR_1(acos) TM_VECTOR_1(atan)
TM_VECTOR_1(sinh) TM_VECTOR_1(cosh) TM_VECTOR_1(tanh) TM_VECTOR_1(asinh) TM_VECTOR_1(acosh) TM_VECTOR_1(atanh)
TM_VECTOR_1(erf) TM_VECTOR_1(erfc)
TM_VECTOR_2(pow) TM_VECTOR_2(atan2) TM_VECTOR_2(hypot)
/* clang-format on */
#undef TM_VECTOR_1
#undef TM_VECTOR_2
#endif
#endif

                typedef float tm_f32;
typedef double tm_f64;
typedef int64_t tm_i64;

/* Is it NaN? In the formulas' types, so that the question costs one comparison, and none for integers. */
TM_INLINE int tm_nan_f32(tm_f32 a) { return a != a; }
TM_INLINE int tm_nan_f64(tm_f64 a) { return a != a; }
TM_INLINE int tm_nan_i64(tm_i64 a) { return (void)a, 0; }

#include "special.h"

/* What has the same text for every type. A comparison with NaN is false, so maximum and minimum ask for
 * NaN in the first operand and let the comparison pick it from the second. */
#define TM_COMMON_WORDS(T, S)                                                                                          \
    TM_INLINE T tm_sign_##S(T a) { return tm_nan_##S(a) ? a : (T)((a > 0) - (a < 0)); }                                \
    TM_INLINE T tm_maximum_##S(T a, T b) {                                                                             \
        T m = a > b ? a : b;                                                                                           \
        return tm_nan_##S(a) ? a : m;                                                                                  \
    }                                                                                                                  \
    TM_INLINE T tm_minimum_##S(T a, T b) {                                                                             \
        T m = a < b ? a : b;                                                                                           \
        return tm_nan_##S(a) ? a : m;                                                                                  \
    }                                                                                                                  \
    TM_INLINE T tm_fmax_##S(T a, T b) { return tm_nan_##S(a) || a < b ? b : a; }                                       \
    TM_INLINE T tm_fmin_##S(T a, T b) { return tm_nan_##S(a) || a > b ? b : a; }                                       \
    TM_INLINE T tm_eq_##S(T a, T b) { return a == b ? 1 : 0; }                                                         \
    TM_INLINE T tm_ne_##S(T a, T b) { return a != b ? 1 : 0; }                                                         \
    TM_INLINE T tm_lt_##S(T a, T b) { return a < b ? 1 : 0; }                                                          \
    TM_INLINE T tm_le_##S(T a, T b) { return a <= b ? 1 : 0; }                                                         \
    TM_INLINE T tm_gt_##S(T a, T b) { return a > b ? 1 : 0; }                                                          \
    TM_INLINE T tm_ge_##S(T a, T b) { return a >= b ? 1 : 0; }                                                         \
    TM_INLINE T tm_logical_and_##S(T a, T b) { return (a != 0) & (b != 0) ? 1 : 0; }                                   \
    TM_INLINE T tm_logical_or_##S(T a, T b) { return (a != 0) | (b != 0) ? 1 : 0; }                                    \
    TM_INLINE T tm_where_##S(T condition, T a, T b) { return condition != 0 ? a : b; }

/* L is the suffix of the C library's functions for T: f, or nothing. */
#define TM_FLOAT_WORDS(T, S, L)                                                                                        \
    TM_COMMON_WORDS(T, S)                                                                                              \
    TM_INLINE T tm_num_##S(double a) { return (T)a; }                                                                  \
    TM_INLINE T tm_add_##S(T a, T b) { return a + b; }                                                                 \
    TM_INLINE T tm_sub_##S(T a, T b) { return a - b; }                                                                 \
    TM_INLINE T tm_mul_##S(T a, T b) { return a * b; }                                                                 \
    TM_INLINE T tm_div_##S(T a, T b) { return a / b; }                                                                 \
    TM_INLINE T tm_neg_##S(T a) { return -a; }                                                                         \
    TM_INLINE T tm_square_##S(T a) { return a * a; }                                                                   \
    TM_INLINE T tm_abs_##S(T a) { return fabs##L(a); }                                                                 \
    TM_INLINE T tm_sqrt_##S(T a) { return sqrt##L(a); }                                                                \
    TM_INLINE T tm_pow_##S(T a, T b) { return pow##L(a, b); }                                                          \
    TM_INLINE T tm_exp_##S(T a) { return exp##L(a); }                                                                  \
    TM_INLINE T tm_log_##S(T a) { return log##L(a); }                                                                  \
    TM_INLINE T tm_log1p_##S(T a) { return log1p##L(a); }                                                              \
    TM_INLINE T tm_tanh_##S(T a) { return tanh##L(a); }                                                                \
    TM_INLINE T tm_sigmoid_##S(T a) { return 1 / (1 + exp##L(-a)); }                                                   \
    TM_INLINE T tm_softplus_##S(T a) { return tm_maximum_##S(a, 0) + log1p##L(exp##L(-fabs##L(a))); }                  \
    TM_INLINE T tm_exp2_##S(T a) { return exp2##L(a); }                                                                \
    TM_INLINE T tm_expm1_##S(T a) { return expm1##L(a); }                                                              \
    TM_INLINE T tm_log2_##S(T a) { return log2##L(a); }                                                                \
    TM_INLINE T tm_log10_##S(T a) { return log10##L(a); }                                                              \
    TM_INLINE T tm_sin_##S(T a) { return sin##L(a); }                                                                  \
    TM_INLINE T tm_cos_##S(T a) { return cos##L(a); }                                                                  \
    TM_INLINE T tm_tan_##S(T a) { return tan##L(a); }                                                                  \
    TM_INLINE T tm_asin_##S(T a) { return asin##L(a); }                                                                \
    TM_INLINE T tm_acos_##S(T a) { return acos##L(a); }                                                                \
    TM_INLINE T tm_atan_##S(T a) { return atan##L(a); }                                                                \
    TM_INLINE T tm_atan2_##S(T a, T b) { return atan2##L(a, b); }                                                      \
    TM_INLINE T tm_sinh_##S(T a) { return sinh##L(a); }                                                                \
    TM_INLINE T tm_cosh_##S(T a) { return cosh##L(a); }                                                                \
    TM_INLINE T tm_asinh_##S(T a) { return asinh##L(a); }                                                              \
    TM_INLINE T tm_acosh_##S(T a) { return acosh##L(a); }                                                              \
    TM_INLINE T tm_atanh_##S(T a) { return atanh##L(a); }                                                              \
    TM_INLINE T tm_erf_##S(T a) { return erf##L(a); }                                                                  \
    TM_INLINE T tm_erfc_##S(T a) { return erfc##L(a); }                                                                \
    TM_INLINE T tm_hypot_##S(T a, T b) { return hypot##L(a, b); }                                                      \
    TM_INLINE T tm_copysign_##S(T a, T b) { return copysign##L(a, b); }                                                \
    TM_INLINE T tm_signbit_##S(T a) { return copysign##L((T)1, a) < 0 ? 1 : 0; }                                       \
    TM_INLINE T tm_isnan_##S(T a) { return a != a ? 1 : 0; }                                                           \
    TM_INLINE T tm_isinf_##S(T a) { return fabs##L(a) == (T)INFINITY ? 1 : 0; }                                        \
    TM_INLINE T tm_isfinite_##S(T a) { return fabs##L(a) < (T)INFINITY ? 1 : 0; }                                      \
    TM_INLINE T tm_floor_##S(T a) { return floor##L(a); }                                                              \
    TM_INLINE T tm_ceil_##S(T a) { return ceil##L(a); }                                                                \
    TM_INLINE T tm_trunc_##S(T a) { return trunc##L(a); }                                                              \
    TM_INLINE T tm_round_##S(T a) { return rint##L(a); } /* to even */                                                 \
    TM_INLINE T tm_fmod_##S(T a, T b) { return fmod##L(a, b); }                                                        \
    TM_INLINE T tm_remainder_##S(T a, T b) {                                                                           \
        const T rest = fmod##L(a, b);                                                                                  \
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;                                                   \
    }                                                                                                                  \
    TM_INLINE T tm_div_trunc_##S(T a, T b) { return trunc##L(a / b); }                                                 \
    /* By way of the remainder, so that it goes with it: floor(1 / 0.1) is 10, div_floor(1, 0.1) is 9. */              \
    TM_INLINE T tm_div_floor_##S(T a, T b) {                                                                           \
        const T rest = fmod##L(a, b), whole = (a - rest) / b;                                                          \
        const T below = rest != 0 && (rest < 0) != (b < 0) ? whole - 1 : whole;                                        \
        const T down = floor##L(below), near = below - down > (T)0.5 ? down + 1 : down;                                \
        return b == 0 ? a / b : below == 0 ? copysign##L((T)0, a / b) : near;                                          \
    }

/* clang-format off */
TM_FLOAT_WORDS(tm_f32, f32, f)
TM_FLOAT_WORDS(tm_f64, f64, )
TM_COMMON_WORDS(tm_i64, i64)
/* clang-format on */

/* --- int64: through uint64_t, whose overflow is defined --------------------------------------------- */

/* A float as an integer: the fraction is dropped, what is too large saturates, NaN is 0. */
TM_INLINE tm_i64 tm_saturate_f64(double a) {
    double inside = a < -0x1p63 ? -0x1p63 : a;
    inside = inside >= 0x1p63 ? 0 : inside;
    inside = inside != inside ? 0 : inside;
    return a >= 0x1p63 ? INT64_MAX : (tm_i64)inside;
}

TM_INLINE tm_i64 tm_num_i64(double a) { return tm_saturate_f64(a); }
TM_INLINE tm_i64 tm_add_i64(tm_i64 a, tm_i64 b) { return (tm_i64)((uint64_t)a + (uint64_t)b); }
TM_INLINE tm_i64 tm_sub_i64(tm_i64 a, tm_i64 b) { return (tm_i64)((uint64_t)a - (uint64_t)b); }
TM_INLINE tm_i64 tm_mul_i64(tm_i64 a, tm_i64 b) { return (tm_i64)((uint64_t)a * (uint64_t)b); }
TM_INLINE tm_i64 tm_neg_i64(tm_i64 a) { return (tm_i64)(0 - (uint64_t)a); }
TM_INLINE tm_i64 tm_square_i64(tm_i64 a) { return tm_mul_i64(a, a); }
TM_INLINE tm_i64 tm_abs_i64(tm_i64 a) { return a < 0 ? tm_neg_i64(a) : a; }

/* What is whole stays, and what is finite is. */
TM_INLINE tm_i64 tm_floor_i64(tm_i64 a) { return a; }
TM_INLINE tm_i64 tm_ceil_i64(tm_i64 a) { return a; }
TM_INLINE tm_i64 tm_trunc_i64(tm_i64 a) { return a; }
TM_INLINE tm_i64 tm_round_i64(tm_i64 a) { return a; }
TM_INLINE tm_i64 tm_isnan_i64(tm_i64 a) { return (void)a, 0; }
TM_INLINE tm_i64 tm_isinf_i64(tm_i64 a) { return (void)a, 0; }
TM_INLINE tm_i64 tm_isfinite_i64(tm_i64 a) { return (void)a, 1; }
TM_INLINE tm_i64 tm_signbit_i64(tm_i64 a) { return a < 0 ? 1 : 0; }

/* Division: the smallest integer by -1 wraps to itself. A zero divisor is reported before a loop runs; here it gives 0,
 * so that padding and masked elements raise no signal. */
TM_INLINE tm_i64 tm_div_trunc_i64(tm_i64 a, tm_i64 b) {
    const tm_i64 y = a / (b == 0 || b == -1 ? 1 : b);
    return b == 0 ? 0 : b == -1 ? tm_neg_i64(a) : y;
}
TM_INLINE tm_i64 tm_fmod_i64(tm_i64 a, tm_i64 b) { return a % (b == 0 || b == -1 ? 1 : b); }
TM_INLINE tm_i64 tm_remainder_i64(tm_i64 a, tm_i64 b) {
    const tm_i64 rest = tm_fmod_i64(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
TM_INLINE tm_i64 tm_div_floor_i64(tm_i64 a, tm_i64 b) {
    const tm_i64 y = tm_div_trunc_i64(a, b), rest = tm_fmod_i64(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? y - 1 : y;
}

TM_INLINE tm_i64 tm_bitwise_and_i64(tm_i64 a, tm_i64 b) { return a & b; }
TM_INLINE tm_i64 tm_bitwise_or_i64(tm_i64 a, tm_i64 b) { return a | b; }
TM_INLINE tm_i64 tm_bitwise_xor_i64(tm_i64 a, tm_i64 b) { return a ^ b; }

/* By how many bits there aren't: to the left nothing is left, to the right the sign. */
TM_INLINE tm_i64 tm_shift_left_i64(tm_i64 a, tm_i64 b) {
    return (uint64_t)b < 64 ? (tm_i64)((uint64_t)a << ((uint64_t)b & 63)) : 0;
}
TM_INLINE tm_i64 tm_shift_right_i64(tm_i64 a, tm_i64 b) { return a >> ((uint64_t)b < 63 ? b : 63); }

/* By squaring, modulo 2^64. A negative exponent gives the reciprocal without its fraction: 0, but 1 for 1
 * and +-1 for -1. 0 to a negative power is 0. */
TM_INLINE tm_i64 tm_pow_i64(tm_i64 a, tm_i64 b) {
    if (b < 0) return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
    uint64_t power = 1, factor = (uint64_t)a;
    for (; b; b >>= 1, factor *= factor)
        if (b & 1) power *= factor;
    return (tm_i64)power;
}

/* --- the words ---------------------------------------------------------------------------------------- */

#define TM_WORD_(name, suffix) tm_##name##_##suffix
#define TM_WORD_OF(name, suffix) TM_WORD_(name, suffix)
#define TM_WORD(name) TM_WORD_OF(name, TM_SUFFIX)

#undef isnan /* macros of math.h */
#undef isinf
#undef isfinite
#undef signbit

#define num(a) TM_WORD(num)(a)
#define add(a, b) TM_WORD(add)(a, b)
#define sub(a, b) TM_WORD(sub)(a, b)
#define mul(a, b) TM_WORD(mul)(a, b)
#define div(a, b) TM_WORD(div)(a, b)
#define pow(a, b) TM_WORD(pow)(a, b)
#define neg(a) TM_WORD(neg)(a)
#define abs(a) TM_WORD(abs)(a)
#define sign(a) TM_WORD(sign)(a)
#define square(a) TM_WORD(square)(a)
#define exp(a) TM_WORD(exp)(a)
#define log(a) TM_WORD(log)(a)
#define log1p(a) TM_WORD(log1p)(a)
#define sqrt(a) TM_WORD(sqrt)(a)
#define tanh(a) TM_WORD(tanh)(a)
#define sigmoid(a) TM_WORD(sigmoid)(a)
#define exp2(a) TM_WORD(exp2)(a)
#define expm1(a) TM_WORD(expm1)(a)
#define log2(a) TM_WORD(log2)(a)
#define log10(a) TM_WORD(log10)(a)
#define sin(a) TM_WORD(sin)(a)
#define cos(a) TM_WORD(cos)(a)
#define tan(a) TM_WORD(tan)(a)
#define asin(a) TM_WORD(asin)(a)
#define acos(a) TM_WORD(acos)(a)
#define atan(a) TM_WORD(atan)(a)
#define sinh(a) TM_WORD(sinh)(a)
#define cosh(a) TM_WORD(cosh)(a)
#define asinh(a) TM_WORD(asinh)(a)
#define acosh(a) TM_WORD(acosh)(a)
#define atanh(a) TM_WORD(atanh)(a)
#define erf(a) TM_WORD(erf)(a)
#define erfc(a) TM_WORD(erfc)(a)
#define erfinv(a) TM_WORD(erfinv)(a)
#define lgamma(a) TM_WORD(lgamma)(a)
#define digamma(a) TM_WORD(digamma)(a)
#define softplus(a) TM_WORD(softplus)(a)
#define signbit(a) TM_WORD(signbit)(a)
#define isnan(a) TM_WORD(isnan)(a)
#define isinf(a) TM_WORD(isinf)(a)
#define isfinite(a) TM_WORD(isfinite)(a)
#define floor(a) TM_WORD(floor)(a)
#define ceil(a) TM_WORD(ceil)(a)
#define trunc(a) TM_WORD(trunc)(a)
#define round(a) TM_WORD(round)(a)
#define atan2(a, b) TM_WORD(atan2)(a, b)
#define hypot(a, b) TM_WORD(hypot)(a, b)
#define copysign(a, b) TM_WORD(copysign)(a, b)
#define fmod(a, b) TM_WORD(fmod)(a, b)
#define remainder(a, b) TM_WORD(remainder)(a, b)
#define div_trunc(a, b) TM_WORD(div_trunc)(a, b)
#define div_floor(a, b) TM_WORD(div_floor)(a, b)
#define fmax(a, b) TM_WORD(fmax)(a, b)
#define fmin(a, b) TM_WORD(fmin)(a, b)
#define polygamma(a, b) TM_WORD(polygamma)(a, b)
#define bitwise_and(a, b) TM_WORD(bitwise_and)(a, b)
#define bitwise_or(a, b) TM_WORD(bitwise_or)(a, b)
#define bitwise_xor(a, b) TM_WORD(bitwise_xor)(a, b)
#define shift_left(a, b) TM_WORD(shift_left)(a, b)
#define shift_right(a, b) TM_WORD(shift_right)(a, b)
#define maximum(a, b) TM_WORD(maximum)(a, b)
#define minimum(a, b) TM_WORD(minimum)(a, b)
#define eq(a, b) TM_WORD(eq)(a, b)
#define ne(a, b) TM_WORD(ne)(a, b)
#define lt(a, b) TM_WORD(lt)(a, b)
#define le(a, b) TM_WORD(le)(a, b)
#define gt(a, b) TM_WORD(gt)(a, b)
#define ge(a, b) TM_WORD(ge)(a, b)
#define logical_and(a, b) TM_WORD(logical_and)(a, b)
#define logical_or(a, b) TM_WORD(logical_or)(a, b)
#define logical_not(a) TM_WORD(eq)(a, 0)
#define where(condition, a, b) TM_WORD(where)(condition, a, b)

#endif
