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
TM_VECTOR_1(exp)
TM_VECTOR_1(log)
TM_VECTOR_1(log1p)
TM_VECTOR_1(tanh)
__attribute__((simd("notinbranch"))) double pow(double, double);
__attribute__((simd("notinbranch"))) float powf(float, float);
#undef TM_VECTOR_1
#endif
#endif

typedef float tm_f32;
typedef double tm_f64;
typedef int64_t tm_i64;

/* Is it NaN? In the formulas' types, so that the question costs one comparison, and none for integers. */
TM_INLINE int tm_nan_f32(tm_f32 a) { return a != a; }
TM_INLINE int tm_nan_f64(tm_f64 a) { return a != a; }
TM_INLINE int tm_nan_i64(tm_i64 a) { return (void)a, 0; }

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
    TM_INLINE T tm_sigmoid_##S(T a) { return 1 / (1 + exp##L(-a)); }

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
