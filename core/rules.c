/* rules.c: the gradient rules of ops.def once more, on tensors. The text that kernels/cpu compiles as a loop is
 * compiled here as a function that applies ops, so what it does is recorded and can be differentiated again. */
#include "engine.h"

#define num(c) tm_scalar(c)
#define p0 tm_scalar(p[0].f)
#define p1 tm_scalar(p[1].f)
#define add(a, b) tm_add(a, b)
#define sub(a, b) tm_sub(a, b)
#define mul(a, b) tm_mul(a, b)
#define div(a, b) tm_div(a, b)
#define pow(a, b) tm_pow(a, b)
#define neg(a) tm_neg(a)
#define abs(a) tm_abs(a)
#define sign(a) tm_sign(a)
#define square(a) tm_square(a)
#define exp(a) tm_exp(a)
#define log(a) tm_log(a)
#define log1p(a) tm_log1p(a)
#define sqrt(a) tm_sqrt(a)
#define sigmoid(a) tm_sigmoid(a)
#define tanh(a) tm_tanh(a)
#define maximum(a, b) tm_maximum(a, b)
#define minimum(a, b) tm_minimum(a, b)
#define rsqrt(a) tm_rsqrt(a)
#define exp2(a) tm_exp2(a)
#define expm1(a) tm_expm1(a)
#define sin(a) tm_sin(a)
#define cos(a) tm_cos(a)
#define tan(a) tm_tan(a)
#define sinh(a) tm_sinh(a)
#define cosh(a) tm_cosh(a)
#define erf(a) tm_erf(a)
#define digamma(a) tm_digamma(a)
#define lgamma(a) tm_lgamma(a)
#define softplus(a) tm_softplus(a)
#define floor(a) tm_floor(a)
#define trunc(a) tm_trunc(a)
#define hypot(a, b) tm_hypot(a, b)
#define div_floor(a, b) tm_div_floor(a, b)
#define div_trunc(a, b) tm_div_trunc(a, b)
#define polygamma(a, b) tm_polygamma(a, b)
#define xlogy(a, b) tm_xlogy(a, b)
#define copysign(a, b) tm_copysign(a, b)
#define where(c, a, b) tm_where(c, a, b)
#define eq(a, b) tm_eq(a, b)
#define ne(a, b) tm_ne(a, b)
#define lt(a, b) tm_lt(a, b)
#define le(a, b) tm_le(a, b)
#define gt(a, b) tm_gt(a, b)
#define ge(a, b) tm_ge(a, b)
#define logical_and(a, b) tm_logical_and(a, b)
#define logical_or(a, b) tm_logical_or(a, b)

#define RULE(name, letter, text)                                                                                       \
    static tm_tensor *rule_##name##_##letter(tm_tensor *x, tm_tensor *w, tm_tensor *v, tm_tensor *y, tm_tensor *g,     \
                                             const tm_value *p) {                                                      \
        (void)x, (void)w, (void)v, (void)y, (void)g, (void)p;                                                          \
        return text;                                                                                                   \
    }
#define TM_UNARY(name, sig, class, value, kx, gx, ...) RULE(name, x, gx)
#define TM_BINARY(name, sig, class, value, kx, gx, kw, gw, ...) RULE(name, x, gx) RULE(name, w, gw)
#define TM_TERNARY(name, sig, class, value, kx, gx, kw, gw, kv, gv, ...)                                               \
    RULE(name, x, gx) RULE(name, w, gw) RULE(name, v, gv)
#include "ops.def"

void tm_rules_install(void) {
#define SET(name, i, letter) tm_entries[TM_OP_##name].recorded[i] = rule_##name##_##letter;
#define TM_UNARY(name, ...) SET(name, 0, x)
#define TM_BINARY(name, ...) SET(name, 0, x) SET(name, 1, w)
#define TM_TERNARY(name, ...) SET(name, 0, x) SET(name, 1, w) SET(name, 2, v)
#include "ops.def"
}
