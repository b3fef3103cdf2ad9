/* elementwise.cuh: one kernel, in two forms, for each formula of ops.def and the compute type that TM_SUFFIX names.
 *
 *   packs  every operand of the compute type, a half or a byte; along the last dimension it stays or moves in packs, as
 *          many elements as 16 bytes of the compute type are; a line may have a rest behind them, rows are whole packs
 *   walk   anything: strides, broadcasts, other dtypes; the position is divided into coordinates once for all operands
 *
 * Where an operand stands across (x + y:t()), the walk goes by tiles of 32 x 32, so that what it reads of that operand
 * is read again, from the first cache, by the rows that follow. A number given by value travels as a launch parameter,
 * as does the 0 of an operand that is absent. */
#include "elements.h"
#include "elementwise.h"
#include "packs.h"

#define TYPE_(suffix) tm_##suffix
#define TYPE_OF(suffix) TYPE_(suffix)
#define SPACE_(suffix) tm_cuda_##suffix
#define SPACE_OF(suffix) SPACE_(suffix)
#define SPACE SPACE_OF(TM_SUFFIX)

/* The three files use the same names for types and kernels of their own: a namespace each keeps them apart. */
namespace SPACE {

typedef TYPE_OF(TM_SUFFIX) T;

#define TM_IS_SINGLE (tm_type<T>::dtype == TM_FLOAT32)

enum { INPUTS = TM_MAX_ARGS, WIDE = 16 / sizeof(T), TILE = 32, ROWS = TM_THREADS / TILE };

typedef struct plan {
    tm_space space; /* of elements, or of packs: strides are those from one to the next */
    tm_arg arg[INPUTS];
    T constant[INPUTS];
    tm_numbers numbers;
    int moves[INPUTS];     /* packs: the operand doesn't stay along the last dimension */
    int last;              /* packs: how many elements of the last one there are */
    int across, each;      /* walk: by tiles; elements of a thread, one after another */
    int64_t blocks, tiles; /* walk: how many in all, and side by side */
    int64_t rows, columns; /* walk: sizes of the last two dimensions */
} plan;

/* Where operands stand. */
typedef struct places {
    int64_t at[INPUTS];
} places;

/* --- kernels ------------------------------------------------------------------------------------------------------ */

TM_DEVICE places moved(const plan &p, places a, int64_t by, int d) {
    TM_UNROLL for (int k = 0; k < INPUTS; k++) a.at[k] += by * p.arg[k].stride[d];
    return a;
}

/* Of a position in the first `rank` dimensions. */
TM_DEVICE places places_of(const plan &p, int64_t position, int rank) {
    places a = {};
    for (int d = rank; d-- > 1;) a = moved(p, a, tm_divide(&position, p.space.shape[d], p.space.narrow), d);
    return rank ? moved(p, a, position, 0) : a;
}

/* WIDE elements of one byte each, or of two. */
struct alignas(WIDE) bytes {
    uint8_t v[WIDE];
};
struct alignas(2 * WIDE) halves {
    uint16_t v[WIDE];
};

TM_DEVICE T from_byte(int dtype, uint8_t x) { return dtype == TM_BOOL ? (T)(x != 0) : (T)x; }

/* Halves are computed as float alone. */
TM_DEVICE T from_half(int dtype, uint16_t x) {
    return TM_IS_SINGLE ? (T)(dtype == TM_FLOAT16 ? tm_from_f16(x) : tm_from_bf16(x)) : 0;
}
TM_DEVICE uint16_t to_half(int dtype, T x) {
    return TM_IS_SINGLE ? dtype == TM_FLOAT16 ? tm_to_f16((float)x) : tm_to_bf16((float)x) : 0;
}

/* How many bytes an element has that packs takes (the result: but uint8); 0: it doesn't. */
TM_INLINE int size_in_packs(int dtype) {
    if (dtype == TM_BOOL || dtype == TM_UINT8) return 1;
    if (dtype == TM_FLOAT16 || dtype == TM_BFLOAT16) return TM_IS_SINGLE ? 2 : 0;
    return dtype == tm_type<T>::dtype ? sizeof(T) : 0;
}

TM_DEVICE T one(const tm_arg &arg, int64_t at) {
    const int size = size_in_packs(arg.dtype);
    if (size == 1) return from_byte(arg.dtype, ((const uint8_t *)arg.data)[at]);
    return size == 2 ? from_half(arg.dtype, ((const uint16_t *)arg.data)[at]) : ((const T *)arg.data)[at];
}

/* `count` elements of operand k, WIDE where they are a whole pack. */
TM_DEVICE void take(const plan &p, int k, int64_t at, int count, T *v) {
    const tm_arg &arg = p.arg[k];
    if (!arg.data || !p.moves[k] || count < WIDE) {
        TM_UNROLL for (int i = 0; i < WIDE; i++) v[i] =
            arg.data && i < count ? one(arg, at + i * p.moves[k]) : p.constant[k];
    } else if (size_in_packs(arg.dtype) == 1) {
        const bytes few = *(const bytes *)((const uint8_t *)arg.data + at);
        TM_UNROLL for (int i = 0; i < WIDE; i++) v[i] = from_byte(arg.dtype, few.v[i]);
    } else if (size_in_packs(arg.dtype) == 2) {
        const halves few = *(const halves *)((const uint16_t *)arg.data + at);
        TM_UNROLL for (int i = 0; i < WIDE; i++) v[i] = from_half(arg.dtype, few.v[i]);
    } else {
        const tm_pack<T> pack = *(const tm_pack<T> *)((const T *)arg.data + at);
        TM_UNROLL for (int i = 0; i < WIDE; i++) v[i] = pack.v[i];
    }
}

TM_DEVICE void put(const tm_arg &out, int64_t at, int count, const T *v) {
    const int size = size_in_packs(out.dtype);
    bytes few;
    halves half;
    tm_pack<T> pack;
    TM_UNROLL for (int i = 0; i < WIDE; i++) {
        pack.v[i] = v[i];
        half.v[i] = to_half(out.dtype, v[i]);
        few.v[i] = v[i] != 0;
        if (i >= count || count == WIDE) continue;
        if (size == 1)
            ((uint8_t *)out.data)[at + i] = few.v[i];
        else if (size == 2)
            ((uint16_t *)out.data)[at + i] = half.v[i];
        else
            ((T *)out.data)[at + i] = v[i];
    }
    if (count < WIDE) return;
    if (size == 1)
        *(bytes *)((uint8_t *)out.data + at) = few;
    else if (size == 2)
        *(halves *)((uint16_t *)out.data + at) = half;
    else
        *(tm_pack<T> *)((T *)out.data + at) = pack;
}

template <class F> __global__ void packs(TM_PARAM plan p) {
    const T p0 = num(tm_float(p.numbers, 0)), p1 = num(tm_float(p.numbers, 1));
    for (int64_t i = tm_first(); i < p.space.n; i += tm_stride()) {
        const places a = places_of(p, i, p.space.rank);
        const int count = i == p.space.n - 1 ? p.last : WIDE;
        T x[WIDE], w[WIDE], v[WIDE], y[WIDE], g[WIDE];
        take(p, TM_X, a.at[TM_X], count, x);
        take(p, TM_W, a.at[TM_W], count, w);
        take(p, TM_V, a.at[TM_V], count, v);
        take(p, TM_Y, a.at[TM_Y], count, y);
        take(p, TM_G, a.at[TM_G], count, g);
        TM_UNROLL for (int j = 0; j < WIDE; j++) x[j] = F::at(x[j], w[j], v[j], y[j], g[j], p0, p1);
        put(p.arg[TM_OUT], a.at[TM_OUT], count, x);
    }
}

template <class F> __global__ void walk(TM_PARAM plan p) {
    const T p0 = num(tm_float(p.numbers, 0)), p1 = num(tm_float(p.numbers, 1));
    const int me = (int)threadIdx.x, last = p.space.rank - 1;
    for (int64_t block = blockIdx.x; block < p.blocks; block += gridDim.x) {
        int64_t outer = block;
        const int64_t left = p.across ? tm_divide(&outer, p.tiles, p.space.narrow) * TILE + me % TILE : 0;
        const int64_t top = p.across ? tm_divide(&outer, (p.rows + TILE - 1) / TILE, p.space.narrow) * TILE : 0;
        TM_ROLLED for (int k = 0; k < p.each; k++) {
            const int64_t i = (block * p.each + k) * TM_THREADS + me, row = top + k * ROWS + me / TILE;
            places a;
            if (p.across ? left >= p.columns || row >= p.rows : i >= p.space.n) continue;
            if (p.across)
                a = moved(p, moved(p, places_of(p, outer, last - 1), row, last - 1), left, last);
            else
                a = places_of(p, i, last + 1);
#define IN(k) (p.arg[k].data ? tm_load<T>(p.arg[k].data, p.arg[k].dtype, a.at[k]) : p.constant[k])
            const T result = F::at(IN(TM_X), IN(TM_W), IN(TM_V), IN(TM_Y), IN(TM_G), p0, p1);
#undef IN
            tm_store(p.arg[TM_OUT].data, p.arg[TM_OUT].dtype, a.at[TM_OUT], result);
        }
    }
}

/* --- launchers ---------------------------------------------------------------------------------------------------- */

static plan plan_for(const tm_call *call) {
    plan p = plan();
    p.space = tm_space_of(call, 0, call->rank);
    p.numbers = tm_numbers_of(call);
    for (int k = TM_OUT; k < INPUTS; k++) {
        const tm_arg *from = &call->arg[k];
        if (from->data && from->by_value) p.constant[k] = tm_load<T>(from->data, from->dtype, 0);
        if (!from->data || from->by_value) continue;
        p.arg[k].data = from->data;
        p.arg[k].dtype = from->dtype;
        for (int d = 0; d < call->rank; d++) p.arg[k].stride[d] = call->shape[d] == 1 ? 0 : from->stride[d];
    }
    return p;
}

/* Does operand k move in packs, or stay, along the last dimension? */
static int fits_packs(const plan *p, int k) {
    const tm_arg *arg = &p->arg[k];
    const int last = p->space.rank - 1;
    const int64_t step = last < 0 ? 0 : arg->stride[last], size = size_in_packs(arg->dtype);
    if (!arg->data) return 1;
    if (!size || (k == TM_OUT && arg->dtype == TM_UINT8)) return 0;
    if (step == 0) return k != TM_OUT || p->space.n == 1;
    int good = step == 1 && (uintptr_t)arg->data % (WIDE * size) == 0;
    for (int d = 0; d < last; d++) good &= arg->stride[d] % WIDE == 0;
    return good;
}

/* The plan in packs; 0, and nothing has changed, if not all operands fit. */
static int into_packs(plan *p) {
    const int last = p->space.rank - 1;
    const int64_t size = last < 0 ? 1 : p->space.shape[last], count = (size + WIDE - 1) / WIDE;
    if (last > 0 && size % WIDE) return 0;
    for (int k = TM_OUT; k < INPUTS; k++)
        if (!fits_packs(p, k)) return 0;
    for (int k = TM_OUT; k < INPUTS && last >= 0; k++) {
        p->moves[k] = p->arg[k].stride[last] == 1;
        p->arg[k].stride[last] *= WIDE;
    }
    p->last = (int)(size - (count - 1) * WIDE);
    p->space.n = size ? p->space.n / size * count : 0;
    if (last >= 0) p->space.shape[last] = count;
    return 1;
}

/* Does an input go down columns where the result goes along rows? */
static int stands_across(const plan *p) {
    const int last = p->space.rank - 1;
    int across = 0;
    if (last < 1 || p->space.shape[last] < TILE || p->space.shape[last - 1] < ROWS) return 0;
    for (int k = TM_X; k < INPUTS; k++) across |= p->arg[k].stride[last] > 1 && p->arg[k].stride[last - 1] == 1;
    return across && p->arg[TM_OUT].stride[last] == 1;
}

static void into_walk(plan *p) {
    const int last = p->space.rank - 1;
    p->across = stands_across(p);
    p->each = p->across ? TILE / ROWS : 1;
    p->blocks = (p->space.n + TM_THREADS - 1) / TM_THREADS;
    if (!p->across) return;
    p->columns = p->space.shape[last];
    p->rows = p->space.shape[last - 1];
    p->tiles = (p->columns + TILE - 1) / TILE;
    p->blocks = p->space.n / (p->rows * p->columns) * p->tiles * ((p->rows + TILE - 1) / TILE);
}

/* A block for each TM_THREADS packs: so short that none should take what another has left. */
static unsigned all_blocks(int64_t packs) {
    const int64_t blocks = (packs + TM_THREADS - 1) / TM_THREADS;
    return (unsigned)(blocks < INT32_MAX ? blocks : INT32_MAX);
}

template <class F> static void run(tm_call *call) {
    plan p = plan_for(call);
    if (into_packs(&p)) {
        TM_LAUNCH(call, packs<F>, all_blocks(p.space.n), TM_THREADS, p);
        return;
    }
    into_walk(&p);
    TM_LAUNCH(call, walk<F>, tm_cuda_blocks(p.blocks, 1), TM_THREADS, p);
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
