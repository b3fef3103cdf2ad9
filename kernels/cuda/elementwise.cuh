/* elementwise.cuh: one kernel, in two forms, for each formula of ops.def and the compute type that TM_SUFFIX names.
 *
 *   line   every operand of the compute type (the result may be bool) and contiguous, or one element
 *   walk   anything: strides, broadcasts, other dtypes; the position is divided into coordinates once for all operands
 *
 * A number given by value travels as a launch parameter, as does the 0 of an operand that is absent. */
#include "elements.h"
#include "elementwise.h"

#define TYPE_(suffix) tm_##suffix
#define TYPE_OF(suffix) TYPE_(suffix)
#define SPACE_(suffix) tm_cuda_##suffix
#define SPACE_OF(suffix) SPACE_(suffix)
#define SPACE SPACE_OF(TM_SUFFIX)

/* The three files use the same names for types and kernels of their own: a namespace each keeps them apart. */
namespace SPACE {

typedef TYPE_OF(TM_SUFFIX) T;

enum { INPUTS = TM_MAX_ARGS };

typedef struct line_plan {
    int64_t n;
    void *out;
    int truth;            /* the result is bool */
    const T *in[INPUTS];  /* NULL: the constant */
    int64_t step[INPUTS]; /* 1 or 0 */
    T constant[INPUTS];
    tm_numbers numbers;
} line_plan;

typedef struct walk_plan {
    tm_space space;
    tm_arg arg[INPUTS];
    T constant[INPUTS];
    tm_numbers numbers;
} walk_plan;

/* --- kernels
 * ---------------------------------------------------------------------------------------------------------- */

template <class F> __global__ void line(TM_PARAM line_plan p) {
    const T p0 = num(tm_float(p.numbers, 0)), p1 = num(tm_float(p.numbers, 1));
    for (int64_t i = tm_first(); i < p.n; i += tm_stride()) {
#define IN(k) (p.in[k] ? p.in[k][i * p.step[k]] : p.constant[k])
        const T y = F::at(IN(TM_X), IN(TM_W), IN(TM_V), IN(TM_Y), IN(TM_G), p0, p1);
#undef IN
        if (p.truth)
            ((uint8_t *)p.out)[i] = y != 0;
        else
            ((T *)p.out)[i] = y;
    }
}

template <class F> __global__ void walk(TM_PARAM walk_plan p) {
    const T p0 = num(tm_float(p.numbers, 0)), p1 = num(tm_float(p.numbers, 1));
    for (int64_t i = tm_first(); i < p.space.n; i += tm_stride()) {
        int64_t position = i, out = 0, x = 0, w = 0, v = 0, y = 0, g = 0;
        for (int d = p.space.rank; d-- > 0;) {
            const int64_t at = tm_divide(&position, p.space.shape[d], p.space.narrow);
            out += at * p.arg[TM_OUT].stride[d];
            x += at * p.arg[TM_X].stride[d];
            w += at * p.arg[TM_W].stride[d];
            v += at * p.arg[TM_V].stride[d];
            y += at * p.arg[TM_Y].stride[d];
            g += at * p.arg[TM_G].stride[d];
        }
#define IN(k, at) (p.arg[k].data ? tm_load<T>(p.arg[k].data, p.arg[k].dtype, at) : p.constant[k])
        const T result = F::at(IN(TM_X, x), IN(TM_W, w), IN(TM_V, v), IN(TM_Y, y), IN(TM_G, g), p0, p1);
#undef IN
        tm_store(p.arg[TM_OUT].data, p.arg[TM_OUT].dtype, out, result);
    }
}

/* --- launchers
 * -------------------------------------------------------------------------------------------------------- */

/* The operands for `line`; 0 if they don't fit it. */
static int plan_line(const tm_call *call, line_plan *p) {
    const tm_arg *out = &call->arg[TM_OUT];
    p->n = tm_space_of(call, 0, call->rank).n;
    p->out = out->data;
    p->truth = out->dtype == TM_BOOL;
    if (!(p->truth || out->dtype == tm_type<T>::dtype) || !tm_is_run(call, out, 0, call->rank)) return 0;
    for (int k = TM_X; k < INPUTS; k++) {
        const tm_arg *arg = &call->arg[k];
        p->in[k] = NULL;
        p->step[k] = 0;
        p->constant[k] = 0;
        if (!arg->data) continue;
        if (arg->by_value) {
            p->constant[k] = tm_load<T>(arg->data, arg->dtype, 0);
            continue;
        }
        int moves = 0;
        for (int d = 0; d < call->rank; d++) moves |= arg->stride[d] != 0 && call->shape[d] != 1;
        if (arg->dtype != tm_type<T>::dtype || (moves && !tm_is_run(call, arg, 0, call->rank))) return 0;
        p->in[k] = (const T *)arg->data;
        p->step[k] = moves;
    }
    p->numbers = tm_numbers_of(call);
    return 1;
}

static void plan_walk(const tm_call *call, walk_plan *p) {
    p->space = tm_space_of(call, 0, call->rank);
    p->numbers = tm_numbers_of(call);
    for (int k = TM_OUT; k < INPUTS; k++) {
        const tm_arg *from = &call->arg[k];
        tm_arg *arg = &p->arg[k];
        *arg = tm_arg();
        p->constant[k] = 0;
        if (from->data && from->by_value) p->constant[k] = tm_load<T>(from->data, from->dtype, 0);
        if (!from->data || from->by_value) continue;
        arg->data = from->data;
        arg->dtype = from->dtype;
        for (int d = 0; d < call->rank; d++) arg->stride[d] = from->stride[d];
    }
}

template <class F> static void run(tm_call *call) {
    line_plan l;
    if (plan_line(call, &l)) {
        TM_LAUNCH(call, line<F>, tm_cuda_blocks(l.n, TM_THREADS), TM_THREADS, l);
        return;
    }
    walk_plan p;
    plan_walk(call, &p);
    TM_LAUNCH(call, walk<F>, tm_cuda_blocks(p.space.n, TM_THREADS), TM_THREADS, p);
}

/* --- the formulas ----------------------------------------------------------------------------------------------- */

/* PICK(IS_<keeps>, TEXT, )(text): nothing where keeps is CONST, else the text. */
#define IS_CONST ~, NOTHING,
#define NOTHING(...)
#define TEXT(...) __VA_ARGS__
#define SECOND(first, second, ...) second
#define PICK(...) SECOND(__VA_ARGS__)

/* Gradients are float: under i64 they come out empty, as do rules with CONST. Bits are int64. */
#if TM_SUFFIX_IS_INTEGER
#define GRADIENT(name, part, keeps, formula)
#define VALUE_FLOAT(name, formula)
#define VALUE_BITS(name, formula) LOOP(name, 0, formula)
#else
#define GRADIENT(name, part, keeps, formula) PICK(IS_##keeps, TEXT, )(LOOP(name, part, formula))
#define VALUE_FLOAT(name, formula) LOOP(name, 0, formula)
#define VALUE_BITS(name, formula)
#endif
#define VALUE_NUMBER(name, formula) LOOP(name, 0, formula)
#define VALUE_ANY(name, formula) LOOP(name, 0, formula)
#define VALUE_COMPARE(name, formula) LOOP(name, 0, formula)
#define VALUE_LOGIC(name, formula) LOOP(name, 0, formula)
#define VALUE_SELECT(name, formula) LOOP(name, 0, formula)
#define VALUE_INTEGER VALUE_BITS

#define UNARY(name, signature, class, value, kx, gx, domain, doc) VALUE_##class(name, value) GRADIENT(name, 1, kx, gx)
#define BINARY(name, signature, class, value, kx, gx, kw, gw, domain, doc)                                             \
    VALUE_##class(name, value) GRADIENT(name, 1, kx, gx) GRADIENT(name, 2, kw, gw)
#define TERNARY(name, signature, class, value, kx, gx, kw, gw, kv, gv, domain, doc)                                    \
    VALUE_##class(name, value) GRADIENT(name, 1, kx, gx) GRADIENT(name, 2, kw, gw) GRADIENT(name, 3, kv, gv)

#define LOOP(name, part, formula)                                                                                      \
    struct formula_##name##_##part {                                                                                   \
        TM_DEVICE T at(T x, T w, T v, T y, T g, T p0, T p1) {                                                          \
            (void)x, (void)w, (void)v, (void)y, (void)g, (void)p0, (void)p1;                                           \
            return formula;                                                                                            \
        }                                                                                                              \
    };
#define TM_UNARY UNARY
#define TM_BINARY BINARY
#define TM_TERNARY TERNARY
#include "../ops.def"
#undef LOOP

/* The table of this type. */
#define LOOP(name, part, formula) table[TM_OP_##name][part] = run<formula_##name##_##part>;
static void fill(tm_cuda_runner table[TM_OPS][TM_MAX_PARTS]) {
#define TM_UNARY UNARY
#define TM_BINARY BINARY
#define TM_TERNARY TERNARY
#include "../ops.def"
}
#undef LOOP

} // namespace SPACE
