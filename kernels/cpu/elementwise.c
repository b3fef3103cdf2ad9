/* elementwise.c: every elementwise op, value and gradients.
 *
 * The loops (elementwise_loops.h) know nothing but contiguous blocks of one type. Around them, this file
 * walks the iteration in row-major order, a block of TM_BLOCK elements at a time. An operand that is already
 * contiguous and of the compute type passes its own pointer; one that never moves is filled into a block
 * once; everything else (strides, broadcasts, other dtypes, the last few elements) goes through tm_load and
 * tm_store. So an element's bits don't depend on its layout or its place. Within a block everything is read
 * before anything is written: the output may be the memory of an input of the same layout. */
#include "load.h"
#include "threads.h"

#include <string.h>

#include "../vocabulary.h"

#define INPUTS (TM_MAX_ARGS) /* lanes are numbered as operands are: TM_X .. TM_G */
#define LONG_BLOCK (1 << 14) /* elements handed to a loop at once when no operand needs a scratch block */
#define BLOCK_BYTES (TM_BLOCK * 8)

/* What one loop works on. Absent operands point to a block of zeros. */
typedef struct tm_lanes {
    void *out;
    const void *in[INPUTS];
    double number[2]; /* the row's p0 and p1 */
} tm_lanes;

typedef void (*tm_loop)(int64_t n, const tm_lanes *lanes);

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

typedef enum way {
    ABSENT,
    DIRECT, /* contiguous and of the compute type: its own pointer */
    FIXED,  /* one element for the whole call: a block filled once */
    LOADED, /* through a scratch block */
} way;

typedef struct plan {
    const tm_call *call;
    tm_loop loop;
    tm_space space;
    int64_t bytes; /* of one element of the compute type */
    way way[TM_MAX_ARGS];
    int scratch; /* does any operand need spots and scratch blocks? */
    int across;  /* the dimension that a transposed operand runs along; -1: none */
} plan;

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

typedef char scratch_block[BLOCK_BYTES] __attribute__((aligned(64)));

static const scratch_block zeros;

/* Elements from .. from+n-1 where a scratch block is needed: n is at most TM_BLOCK. */
static void run_block(const plan *p, tm_lanes *lanes, scratch_block *scratch, int64_t from, int64_t n) {
    const tm_call *call = p->call;
    const int whole = n % 16 == 0;
    tm_spot spot;
    tm_spot_set(&spot, p->space, from);
    for (int k = TM_X; k <= TM_G; k++) {
        if (p->way[k] == DIRECT && whole) {
            lanes->in[k] = tm_at(&call->arg[k], from);
        } else if (p->way[k] == DIRECT || p->way[k] == LOADED) {
            if (p->way[k] == DIRECT)
                memcpy(scratch[k], tm_at(&call->arg[k], from), (size_t)(n * p->bytes));
            else
                tm_load(scratch[k], call->compute, &call->arg[k], p->space, &spot, n);
            if (!whole) tm_pad(scratch[k], call->compute, n);
            lanes->in[k] = scratch[k];
        }
    }
    const int direct = p->way[TM_OUT] == DIRECT;
    lanes->out = direct && whole ? tm_at(&call->arg[TM_OUT], from) : scratch[TM_OUT];
    p->loop((n + 15) & ~(int64_t)15, lanes);
    if (direct && !whole)
        memcpy(tm_at(&call->arg[TM_OUT], from), scratch[TM_OUT], (size_t)(n * p->bytes));
    else if (!direct)
        tm_store(scratch[TM_OUT], call->compute, &call->arg[TM_OUT], p->space, &spot, n);
}

/* What stays the same for all blocks: numbers, absent operands, those that are filled once. */
static void start_lanes(const plan *p, tm_lanes *lanes, scratch_block *scratch) {
    const tm_call *call = p->call;
    *lanes = (tm_lanes){.number = {call->value[0].f, call->value[1].f}};
    for (int k = TM_X; k <= TM_G; k++) {
        lanes->in[k] = zeros;
        if (p->way[k] == FIXED) {
            tm_load_run(scratch[k], call->compute, call->arg[k].data, call->arg[k].dtype, 0, TM_BLOCK);
            lanes->in[k] = scratch[k];
        }
    }
}

/* Elements from .. to-1, by one thread. */
static void run_range(const plan *p, int64_t from, int64_t to) {
    const tm_call *call = p->call;
    scratch_block scratch[TM_MAX_ARGS];
    tm_lanes lanes;
    start_lanes(p, &lanes, scratch);
    if (!p->scratch) {
        for (int64_t n; (n = tm_smaller(LONG_BLOCK, (to - from) & ~(int64_t)15)) > 0; from += n) {
            for (int k = TM_X; k <= TM_G; k++)
                if (p->way[k] == DIRECT) lanes.in[k] = tm_at(&call->arg[k], from);
            lanes.out = tm_at(&call->arg[TM_OUT], from);
            p->loop(n, &lanes);
        }
    }
    for (int64_t n; from < to; from += n) {
        n = tm_smaller(TM_BLOCK, to - from);
        run_block(p, &lanes, scratch, from, n);
    }
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
                memcpy(scratch[k], arg->data, (size_t)(n * bytes));
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
        memcpy(out->data, scratch[TM_OUT], (size_t)(n * bytes));
    else
        tm_store_run(scratch[TM_OUT], compute, out->data, out->dtype, 1, n);
}

/* Does every operand walk the one dimension there is with stride 1 or 0? */
static int is_line(const tm_call *call) {
    if (call->rank != 1 || call->shape[0] > TM_BLOCK) return 0;
    for (int k = 0; k < TM_MAX_ARGS; k++)
        if (call->arg[k].data && (uint64_t)call->arg[k].stride[0] > 1) return 0;
    return call->arg[TM_OUT].stride[0] == 1;
}

/* --- an operand that lies across ------------------------------------------------------------------------------ */

#define SIDE 16 /* rows and columns of a tile: TM_BLOCK elements */

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

/* to[i][j] = from[j][i], for `rows` rows of `columns` elements in `to`; constant bounds for a whole tile. */
#define TURN(name, T)                                                                                                  \
    static void name(void *restrict to, const void *restrict from, int64_t rows, int64_t columns) {                    \
        T *restrict y = to;                                                                                            \
        const T *restrict x = from;                                                                                    \
        if (rows == SIDE && columns == SIDE)                                                                           \
            for (int i = 0; i < SIDE; i++)                                                                             \
                for (int j = 0; j < SIDE; j++) y[i * SIDE + j] = x[j * SIDE + i];                                      \
        else                                                                                                           \
            for (int64_t i = 0; i < rows; i++)                                                                         \
                for (int64_t j = 0; j < columns; j++) y[i * columns + j] = x[j * rows + i];                            \
    }
TURN(turn_4, uint32_t)
TURN(turn_8, uint64_t)

/* Whole rows of a tile of 4- or 8-byte elements, `step` bytes apart: no calls for 16 elements at a time. */
static void move_rows(char *to, int64_t to_step, const char *from, int64_t step, int64_t bytes) {
    if (bytes == 4)
        for (int i = 0; i < SIDE; i++) memcpy(to + i * to_step, from + i * step, SIDE * 4);
    else
        for (int i = 0; i < SIDE; i++) memcpy(to + i * to_step, from + i * step, SIDE * 8);
}

/* Load a tile, or its rows of the compute type as they are. */
static void load_tile(const plan *p, char *to, const tm_arg *tile, const int64_t shape[2]) {
    const tm_spot origin = {{0}};
    if (tile->dtype == p->call->compute && tile->stride[1] == 1 && shape[0] == SIDE && shape[1] == SIDE)
        move_rows(to, SIDE * p->bytes, tile->data, tile->stride[0] * p->bytes, p->bytes);
    else
        tm_load(to, p->call->compute, tile, (tm_space){2, shape}, &origin, shape[0] * shape[1]);
}

static void store_tile(const plan *p, const char *from, const tm_arg *tile, const int64_t shape[2]) {
    const tm_spot origin = {{0}};
    if (tile->dtype == p->call->compute && tile->stride[1] == 1 && shape[0] == SIDE && shape[1] == SIDE)
        move_rows(tile->data, tile->stride[0] * p->bytes, from, SIDE * p->bytes, p->bytes);
    else
        tm_store(from, p->call->compute, tile, (tm_space){2, shape}, &origin, shape[0] * shape[1]);
}

/* An operand as a tile sees it: two dimensions, from its element at `spot`. */
static tm_arg tile_of(const plan *p, const tm_arg *arg, const tm_spot *spot, int across) {
    return (tm_arg){.data = tm_at(arg, tm_spot_offset(spot, p->space, arg)),
                    .stride = {arg->stride[across], arg->stride[p->space.rank - 1]},
                    .dtype = arg->dtype};
}

/* The tile of rows x columns elements at spot. */
static void run_tile(const plan *p, tm_lanes *lanes, scratch_block *scratch, const tm_spot *spot, int across,
                     const int64_t shape[2]) {
    const tm_call *call = p->call;
    const int64_t n = shape[0] * shape[1], turned[2] = {shape[1], shape[0]};
    for (int k = TM_X; k <= TM_G; k++) {
        if (p->way[k] != DIRECT && p->way[k] != LOADED) continue;
        tm_arg tile = tile_of(p, &call->arg[k], spot, across);
        if (tile.stride[0] == 1 && tile.stride[1] > 1) {
            scratch_block columns;
            tile.stride[0] = tile.stride[1];
            tile.stride[1] = 1;
            load_tile(p, columns, &tile, turned);
            (p->bytes == 4 ? turn_4 : turn_8)(scratch[k], columns, shape[0], shape[1]);
        } else {
            load_tile(p, scratch[k], &tile, shape);
        }
        tm_pad(scratch[k], call->compute, n);
        lanes->in[k] = scratch[k];
    }
    lanes->out = scratch[TM_OUT];
    p->loop((n + 15) & ~(int64_t)15, lanes);
    const tm_arg out = tile_of(p, &call->arg[TM_OUT], spot, across);
    store_tile(p, scratch[TM_OUT], &out, shape);
}

/* Bands from .. to-1 by one thread; a band is SIDE elements of the dimension across, and all of the last. */
static void run_bands(const plan *p, int across, int64_t from, int64_t to) {
    const tm_call *call = p->call;
    const int last = call->rank - 1;
    scratch_block scratch[TM_MAX_ARGS];
    tm_lanes lanes;
    start_lanes(p, &lanes, scratch);
    int64_t bands[TM_MAX_DIMS];
    memcpy(bands, call->shape, sizeof bands);
    bands[across] = (call->shape[across] + SIDE - 1) / SIDE;
    for (int64_t band = from; band < to; band++) {
        tm_spot spot;
        tm_spot_set(&spot, (tm_space){last, bands}, band);
        spot.at[across] *= SIDE;
        int64_t shape[2] = {tm_smaller(SIDE, call->shape[across] - spot.at[across]), 0};
        for (int64_t j = 0; j < call->shape[last]; j += shape[1]) {
            shape[1] = tm_smaller(SIDE, call->shape[last] - j);
            spot.at[last] = j;
            run_tile(p, &lanes, scratch, &spot, across, shape);
        }
    }
}

/* --- a call --------------------------------------------------------------------------------------------------- */

/* Ops whose formula calls the mathematics library: a second thread pays off much earlier. */
static unsigned char costly[TM_OPS][TM_MAX_PARTS];

/* Blocks, or bands, from .. to-1. */
static void run_blocks(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    const int64_t n = tm_numel_of(p->space.rank, p->space.shape);
    run_range(p, from * TM_BLOCK, tm_smaller(n, to * TM_BLOCK));
}

static void run_banded(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    run_bands(p, p->across, from, to);
}

void tm_elementwise(tm_call *call) {
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
    const int enough = costly[call->op][call->part] ? n >= TM_SHARE_COSTLY : n * moved * p.bytes >= TM_SHARE_BYTES;
    const int threads = tm_threads_for(n / TM_BLOCK, enough);
    p.across = p.scratch ? across_of(&p, n) : -1;
    if (p.across >= 0) {
        const int64_t rows = tm_numel_of(call->rank - 1, call->shape) / call->shape[p.across];
        tm_share(run_banded, &p, rows * ((call->shape[p.across] + SIDE - 1) / SIDE), threads);
    } else {
        tm_share(run_blocks, &p, (n + TM_BLOCK - 1) / TM_BLOCK, threads);
    }
}

/* --- the table ---------------------------------------------------------------------------------------------- */

static unsigned char calls_library(const char *formula) {
    static const char *const words[] = {"exp(", "log(", "log1p(", "tanh(", "pow(", "sigmoid("};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(formula, words[i])) return 1;
    return 0;
}

void tm_elementwise_fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]) {
#define ROW(name, part, formula)                                                                                       \
    if (loops_f32[TM_OP_##name][part]) {                                                                               \
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
