/* elementwise.c: every elementwise op, value and gradients.
 *
 * The loops (elementwise_loops.h) know nothing but contiguous blocks of one type. Around them, a call walks the
 * iteration (elementwise_walks.c): in blocks of TM_BLOCK elements in row-major order, row by row if rows are long
 * and an operand isn't contiguous, or in tiles if one is transposed. An operand that is contiguous and of the
 * compute type passes its own pointer; one that never moves is filled into a block once; everything else (strides,
 * broadcasts, other dtypes, the last few elements) goes through tm_load and tm_store. So an element's bits don't
 * depend on its layout or its place. Within a block everything is read before anything is written: the output may
 * be the memory of an input of the same layout. */
#include "elementwise.h"

#include "../divides.h"

#include <string.h>

#include "../vocabulary.h"

#define STREAM_BYTES ((int64_t)24 << 20)
#define TURN_BYTES ((int64_t)256 << 10)

/* TM_PICK(TM_IS_<keeps>, TM_TEXT, )(text): nothing where keeps is CONST, else the text. */
#define TM_IS_CONST ~, TM_NOTHING,
#define TM_NOTHING(...)
#define TM_TEXT(...) __VA_ARGS__
#define TM_SECOND(first, second, ...) second
#define TM_PICK(...) TM_SECOND(__VA_ARGS__)

#define TM_LOOP_NAME__(name, part, suffix) loop_##name##_##part##_##suffix
#define TM_LOOP_NAME_(name, part, suffix) TM_LOOP_NAME__(name, part, suffix)
#define TM_LOOP_NAME(name, part) TM_LOOP_NAME_(name, part, TM_SUFFIX)

#define TM_SUFFIX_IS_INTEGER 0
#define TM_SUFFIX f32
#include "elementwise_loops.h"
#undef TM_SUFFIX
#define TM_SUFFIX f64
#include "elementwise_loops.h"
#undef TM_SUFFIX
#undef TM_SUFFIX_IS_INTEGER
#define TM_SUFFIX_IS_INTEGER 1
#define TM_SUFFIX i64
#include "elementwise_loops.h"
#undef TM_SUFFIX

/* --- one call --------------------------------------------------------------------------------------------- */

static way way_of(const tm_call *call, int operand) {
    const tm_arg *arg = &call->arg[operand];
    if (!arg->data) return ABSENT;
    if (arg->dtype == call->compute && tm_is_run(arg, 0, call->rank, call->shape)) return DIRECT;
    for (int d = 0; d < call->rank; d++)
        if (arg->stride[d] && call->shape[d] != 1) return LOADED;
    return operand == TM_OUT ? LOADED : FIXED;
}

static const tm_loop *loops_of(tm_dtype compute, tm_op op) {
    return compute == TM_FLOAT64 ? loops_f64[op] : compute == TM_INT64 ? loops_i64[op] : loops_f32[op];
}

typedef struct pair {
    int64_t first, second;
} pair;

/* memcpy of a few bytes, a multiple of 4, without the call: the first and the last 2^k of them, which may overlap. */
static inline void copy_few(void *to, const void *from, size_t n) {
#define ENDS(type)                                                                                                     \
    if (n >= sizeof(type)) {                                                                                           \
        type first, last;                                                                                              \
        memcpy(&first, from, sizeof first);                                                                            \
        memcpy(&last, (const char *)from + n - sizeof last, sizeof last);                                              \
        memcpy(to, &first, sizeof first);                                                                              \
        memcpy((char *)to + n - sizeof last, &last, sizeof last);                                                      \
        return;                                                                                                        \
    }
    if (n > 2 * sizeof(pair)) {
        memcpy(to, from, n);
        return;
    }
    ENDS(pair)
    ENDS(int64_t)
    ENDS(int32_t)
#undef ENDS
}

/* One short line: the most common call by far, and one whose time is all in the preparation. Elements that lie
 * side by side and fill the block pass their pointer; the rest goes through a block on the stack. */
static void run_line(const tm_call *call, int64_t n) {
    static const float ones_f32[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const double ones_f64[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const int64_t ones_i64[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    scratch_block scratch[TM_MAX_ARGS];
    tm_lanes lanes = {.number = {call->value[0].f, call->value[1].f}};
    const tm_dtype compute = call->compute;
    const int64_t bytes = tm_bytes_of(compute), full = (n + 15) & ~(int64_t)15;
    for (int k = TM_X; k <= TM_G; k++) {
        const tm_arg *arg = &call->arg[k];
        const int line = arg->stride[0] == 1, same = arg->dtype == compute;
        lanes.in[k] = arg->data && line && same && n == full ? arg->data : scratch[k];
        if (!arg->data) {
            lanes.in[k] = zeros;
        } else if (!line) {
            tm_load_run(scratch[k], compute, arg->data, arg->dtype, 0, full);
        } else if (lanes.in[k] == scratch[k]) {
            char *last = scratch[k] + (full - 16) * bytes;
            if (compute == TM_FLOAT32)
                memcpy(last, ones_f32, sizeof ones_f32);
            else
                memcpy(last, compute == TM_FLOAT64 ? (const void *)ones_f64 : ones_i64, sizeof ones_f64);
            if (same)
                copy_few(scratch[k], arg->data, (size_t)(n * bytes));
            else
                tm_load_run(scratch[k], compute, arg->data, arg->dtype, 1, n);
        }
    }
    const tm_arg *out = &call->arg[TM_OUT];
    const int direct = out->dtype == compute && n == full;
    lanes.out = direct ? out->data : scratch[TM_OUT];
    loops_of(compute, call->op)[call->part](full, &lanes);
    if (direct) return;
    if (out->dtype == compute)
        copy_few(out->data, scratch[TM_OUT], (size_t)(n * bytes));
    else
        tm_store_run(scratch[TM_OUT], compute, out->data, out->dtype, 1, n);
}

/* The same where all operands are of the compute type and may be read, and written, up to the end of the block. What
 * lies there is nobody's, and anything: so not for formulas that take long for some numbers, or refuse them. */
static void run_padded(const tm_call *call) {
    tm_lanes lanes = {call->arg[TM_OUT].data, {NULL}, {call->value[0].f, call->value[1].f}};
    for (int k = TM_X; k <= TM_G; k++) lanes.in[k] = call->arg[k].data ? call->arg[k].data : zeros;
    loops_of(call->compute, call->op)[call->part]((call->shape[0] + 15) & ~(int64_t)15, &lanes);
}

/* Does every operand walk the one dimension there is with stride 1 or 0? */
static int is_line(const tm_call *call) {
    if (call->rank != 1 || call->shape[0] > TM_BLOCK) return 0;
    for (int k = 0; k < TM_MAX_ARGS; k++)
        if (call->arg[k].data && (uint64_t)call->arg[k].stride[0] > 1) return 0;
    return call->arg[TM_OUT].stride[0] == 1;
}

/* --- a call --------------------------------------------------------------------------------------------------- */

/* Ops whose formula calls the mathematics library: a second thread pays off much earlier. */
static unsigned char costly[TM_OPS][TM_MAX_PARTS];

/* If an input runs along another dimension than the last (a transposed matrix), reading it in the order of the
 * iteration would touch a cache line for each element. Then the iteration goes by tiles of SIDE x SIDE over that
 * dimension and the last. Returns the dimension, or -1. */
static int across_of(const plan *p, int64_t n) {
    const tm_call *call = p->call;
    const int last = call->rank - 1;
    if (last < 1 || n < 16 * TM_BLOCK || call->shape[last] < SIDE) return -1;
    for (int k = TM_X; k <= TM_G; k++)
        for (int d = 0; p->way[k] == LOADED && d < last; d++)
            if (call->arg[k].stride[d] == 1 && call->arg[k].stride[last] > 1 && call->shape[d] >= SIDE) return d;
    return -1;
}

/* A result that outgrows the caches is written past them, which spares reading its lines first. In place there is
 * nothing to spare: they have been read. */
static int streams(const plan *p, int64_t n) {
    const void *out = p->call->arg[TM_OUT].data;
    if (p->scratch || p->way[TM_OUT] != DIRECT || n * p->bytes < STREAM_BYTES || (uintptr_t)out % 64) return 0;
    for (int k = TM_X; k <= TM_G; k++)
        if (p->call->arg[k].data == out) return 0;
    return 1;
}

/* Every other call goes through its blocks from the last to the first: what the call before left in the caches is
 * then met first, be it the same operands or its result. */
static int turns(const plan *p, int64_t n) {
    static int backwards;
    if (p->scratch || n * p->bytes < TURN_BYTES) return 0;
    return backwards ^= 1;
}

/* Ops that divide: an integer by 0 is found before anything is written. */
static unsigned char divides[TM_OPS];

static int has_zero(const tm_call *call, int operand) {
    const tm_arg *arg = &call->arg[operand];
    const tm_space space = {call->rank, call->shape};
    const int64_t n = way_of(call, operand) == FIXED ? 1 : tm_numel_of(call->rank, call->shape);
    int64_t block[TM_BLOCK];
    int found = 0;
    for (int64_t from = 0; from < n && !found; from += TM_BLOCK) {
        const int64_t size = tm_smaller(TM_BLOCK, n - from);
        tm_spot spot;
        tm_spot_set(&spot, space, from);
        tm_load(block, TM_INT64, arg, space, &spot, size);
        for (int64_t i = 0; i < size; i++) found |= block[i] == 0;
    }
    return found;
}

void tm_elementwise(tm_call *call) {
    if (call->padded && call->shape[0] <= TM_BLOCK && call->compute != TM_INT64 && !costly[call->op][call->part]) {
        run_padded(call);
        return;
    }
    if (divides[call->op] && call->compute == TM_INT64 && has_zero(call, TM_W)) {
        call->fault.kind = TM_FAULT_ZERO;
        return;
    }
    if (is_line(call)) {
        run_line(call, call->shape[0]);
        return;
    }
    plan p = {.call = call, .loop = loops_of(call->compute, call->op)[call->part]};
    p.space = (tm_space){call->rank, call->shape};
    p.bytes = tm_bytes_of(call->compute);
    int64_t moved = 0;
    for (int k = 0; k < TM_MAX_ARGS; k++) {
        p.way[k] = way_of(call, k);
        p.scratch |= p.way[k] == LOADED || p.way[k] == FIXED;
        moved += p.way[k] == DIRECT || p.way[k] == LOADED;
    }
    const int64_t n = tm_numel_of(call->rank, call->shape);
    p.streams = streams(&p, n);
    p.backwards = turns(&p, n);
    const int enough = costly[call->op][call->part] ? n >= TM_SHARE_COSTLY : n * moved * p.bytes >= TM_SHARE_BYTES;
    const int threads = tm_threads_for(n / TM_BLOCK, enough);
    p.across = p.scratch ? across_of(&p, n) : -1;
    if (p.across >= 0) {
        const int64_t rows = tm_numel_of(call->rank - 1, call->shape) / call->shape[p.across];
        tm_share(tm_walk_bands, &p, rows * ((call->shape[p.across] + SIDE - 1) / SIDE), threads);
    } else if (p.scratch && n && tm_rows_pay(&p)) {
        const int64_t row = call->shape[call->rank - 1];
        p.segments = (row + SEGMENT - 1) / SEGMENT;
        tm_share(tm_walk_rows, &p, n / row * p.segments, threads);
    } else {
        tm_share(tm_walk_blocks, &p, (n + TM_BLOCK - 1) / TM_BLOCK, threads);
    }
}

/* --- the table ---------------------------------------------------------------------------------------------- */

static int contains(const char *formula, const char *const *words) {
    for (; *words; words++)
        if (strstr(formula, *words)) return 1;
    return 0;
}

static unsigned char calls_library(const char *formula) {
    static const char *const words[] = {"exp",    "log",        "pow(",       "sigmoid(", "softplus(", "sin(",
                                        "cos(",   "tan(",       "atan2(",     "sinh(",    "cosh(",     "tanh(",
                                        "asinh(", "acosh(",     "atanh(",     "erf",      "gamma(",    "hypot(",
                                        "fmod(",  "remainder(", "div_floor(", NULL};
    return (unsigned char)contains(formula, words);
}

void tm_elementwise_fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]) {
#define ROW(name, part, formula)                                                                                       \
    if (part == 0) divides[TM_OP_##name] = (unsigned char)tm_formula_divides(formula);                                 \
    if (loops_f32[TM_OP_##name][part] || loops_i64[TM_OP_##name][part]) {                                              \
        kernel[TM_OP_##name][part] = tm_elementwise;                                                                   \
        costly[TM_OP_##name][part] = calls_library(formula);                                                           \
    }
#define TM_UNARY(name, signature, class, value, kx, gx, domain, doc) ROW(name, 0, #value) ROW(name, 1, #gx)
#define TM_BINARY(name, signature, class, value, kx, gx, kw, gw, domain, doc)                                          \
    ROW(name, 0, #value) ROW(name, 1, #gx) ROW(name, 2, #gw)
#define TM_TERNARY(name, signature, class, value, kx, gx, kw, gw, kv, gv, domain, doc)                                 \
    ROW(name, 0, #value) ROW(name, 1, #gx) ROW(name, 2, #gw) ROW(name, 3, #gv)
#include "../ops.def"
#undef ROW
}
