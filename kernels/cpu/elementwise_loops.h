/* elementwise_loops.h: one loop for each formula of ops.def, for the compute type that TM_SUFFIX names.
 *
 * elementwise.c includes this file once a type. n is a multiple of 16 and every operand is a contiguous
 * block of the compute type, so a vectorised loop has no scalar tail, whose bits might differ. The output
 * may be one of the inputs, at the same position. */

#define T TM_PASTE(tm, TM_SUFFIX)

#define LOOP_(name, formula)                                                                                           \
    static void name(int64_t n, const tm_lanes *lanes) {                                                               \
        const T p0 = num(lanes->number[0]), p1 = num(lanes->number[1]);                                                \
        const T *X = lanes->in[TM_X], *W = lanes->in[TM_W], *V = lanes->in[TM_V];                                      \
        const T *Y = lanes->in[TM_Y], *G = lanes->in[TM_G];                                                            \
        T *out = lanes->out;                                                                                           \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) {                                                         \
            const T x = X[i], w = W[i], v = V[i], y = Y[i], g = G[i];                                                  \
            (void)x, (void)w, (void)v, (void)y, (void)g, (void)p0, (void)p1;                                           \
            out[i] = formula;                                                                                          \
        }                                                                                                              \
    }

/* Gradients are float: under i64 they come out empty, as do rules with CONST. Bits are int64. */
#if TM_SUFFIX_IS_INTEGER
#define GRADIENT(name, part, keeps, formula)
#define VALUE_FLOAT(name, formula)
#define VALUE_BITS(name, formula) LOOP(name, 0, formula)
#else
#define GRADIENT(name, part, keeps, formula) TM_PICK(TM_IS_##keeps, TM_TEXT, )(LOOP(name, part, formula))
#define VALUE_FLOAT(name, formula) LOOP(name, 0, formula)
#define VALUE_BITS(name, formula)
#endif
#define VALUE_NUMBER(name, formula) LOOP(name, 0, formula)
#define VALUE_ANY(name, formula) LOOP(name, 0, formula)
#define VALUE_COMPARE(name, formula) LOOP(name, 0, formula)
#define VALUE_LOGIC(name, formula) LOOP(name, 0, formula)
#define VALUE_SELECT(name, formula) LOOP(name, 0, formula)
#define VALUE_INTEGER VALUE_BITS

#define TM_UNARY(name, signature, class, value, kx, gx, domain, doc)                                                   \
    VALUE_##class(name, value) GRADIENT(name, 1, kx, gx)
#define TM_BINARY(name, signature, class, value, kx, gx, kw, gw, domain, doc)                                          \
    VALUE_##class(name, value) GRADIENT(name, 1, kx, gx) GRADIENT(name, 2, kw, gw)
#define TM_TERNARY(name, signature, class, value, kx, gx, kw, gw, kv, gv, domain, doc)                                 \
    VALUE_##class(name, value) GRADIENT(name, 1, kx, gx) GRADIENT(name, 2, kw, gw) GRADIENT(name, 3, kv, gv)
#define LOOP(name, part, formula) LOOP_(TM_LOOP_NAME(name, part), formula)
#include "../ops.def"
#undef LOOP
#undef LOOP_

/* The same rows once more, as the table of these loops. */
#define TM_UNARY(name, signature, class, value, kx, gx, domain, doc)                                                   \
    VALUE_##class(name, value) GRADIENT(name, 1, kx, gx)
#define TM_BINARY(name, signature, class, value, kx, gx, kw, gw, domain, doc)                                          \
    VALUE_##class(name, value) GRADIENT(name, 1, kx, gx) GRADIENT(name, 2, kw, gw)
#define TM_TERNARY(name, signature, class, value, kx, gx, kw, gw, kv, gv, domain, doc)                                 \
    VALUE_##class(name, value) GRADIENT(name, 1, kx, gx) GRADIENT(name, 2, kw, gw) GRADIENT(name, 3, kv, gv)
#define LOOP(name, part, formula) [TM_OP_##name][part] = TM_LOOP_NAME(name, part),
static const tm_loop TM_PASTE(loops, TM_SUFFIX)[TM_OPS][TM_MAX_PARTS] = {
#include "../ops.def"
};

#undef LOOP
#undef T
#undef GRADIENT
#undef VALUE_FLOAT
#undef VALUE_NUMBER
#undef VALUE_ANY
#undef VALUE_COMPARE
#undef VALUE_LOGIC
#undef VALUE_SELECT
#undef VALUE_BITS
#undef VALUE_INTEGER
