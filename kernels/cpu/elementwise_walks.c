/* elementwise_walks.c: the ways of an elementwise call through its iteration. See elementwise.c. */
#include "elementwise.h"

#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#define LONG_BLOCK (1 << 14) /* elements handed to a loop at once when no operand needs a scratch block */

/* --- blocks in row-major order ---------------------------------------------------------------------------------- */

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

/* --- past the caches ---------------------------------------------------------------------------------------------- */

#define STREAM_BLOCK 1024 /* elements between the loop and memory: they stay in the first-level cache */

/* A multiple of 64 bytes to an address that is one too. */
static void stream(char *to, const char *from, int64_t bytes) {
#if defined(__AVX512F__)
    for (int64_t i = 0; i < bytes; i += 64) _mm512_stream_si512((void *)(to + i), _mm512_load_si512(from + i));
#elif defined(__AVX__)
    for (int64_t i = 0; i < bytes; i += 32)
        _mm256_stream_si256((void *)(to + i), _mm256_load_si256((const void *)(from + i)));
#elif defined(__SSE2__)
    for (int64_t i = 0; i < bytes; i += 16)
        _mm_stream_si128((void *)(to + i), _mm_load_si128((const void *)(from + i)));
#else
    memcpy(to, from, (size_t)bytes);
#endif
}

/* Whole blocks of a result that goes past the caches; returns where they end. */
static int64_t stream_range(const plan *p, tm_lanes *lanes, int64_t from, int64_t to) {
    char block[STREAM_BLOCK * 8] __attribute__((aligned(64)));
    const tm_call *call = p->call;
    lanes->out = block;
    for (; from + STREAM_BLOCK <= to; from += STREAM_BLOCK) {
        for (int k = TM_X; k <= TM_G; k++)
            if (p->way[k] == DIRECT) lanes->in[k] = tm_at(&call->arg[k], from);
        p->loop(STREAM_BLOCK, lanes);
        stream(tm_at(&call->arg[TM_OUT], from), block, STREAM_BLOCK * p->bytes);
    }
#ifdef __SSE2__
    _mm_sfence(); /* what was streamed is seen by other threads before what follows */
#endif
    return from;
}

/* A multiple of 16 elements where no operand needs a scratch block. */
static void run_direct(const plan *p, tm_lanes *lanes, int64_t from, int64_t n) {
    const tm_call *call = p->call;
    for (int k = TM_X; k <= TM_G; k++)
        if (p->way[k] == DIRECT) lanes->in[k] = tm_at(&call->arg[k], from);
    lanes->out = tm_at(&call->arg[TM_OUT], from);
    p->loop(n, lanes);
}

/* Elements from .. to-1, by one thread. */
static void run_range(const plan *p, int64_t from, int64_t to) {
    scratch_block scratch[TM_MAX_ARGS];
    tm_lanes lanes;
    start_lanes(p, &lanes, scratch);
    if (p->streams) from = stream_range(p, &lanes, from, to);
    if (!p->scratch) {
        const int64_t whole = (to - from) & ~(int64_t)15;
        for (int64_t done = 0, n; (n = tm_smaller(LONG_BLOCK, whole - done)) > 0; done += n)
            run_direct(p, &lanes, p->backwards ? from + whole - done - n : from + done, n);
        from += whole;
    }
    for (int64_t n; from < to; from += n) {
        n = tm_smaller(TM_BLOCK, to - from);
        run_block(p, &lanes, scratch, from, n);
    }
}

/* --- an operand that lies across ------------------------------------------------------------------------------ */

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

void tm_walk_blocks(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    const int64_t n = tm_numel_of(p->space.rank, p->space.shape);
    run_range(p, from * TM_BLOCK, tm_smaller(n, to * TM_BLOCK));
}

void tm_walk_bands(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    run_bands(p, p->across, from, to);
}

/* --- long rows -------------------------------------------------------------------------------------------------- */

/* A block for the row holds this many elements of the compute type. */
static int64_t room_of(const plan *p) { return (int64_t)sizeof(scratch_block) / p->bytes; }

static row_plan plan_rows(const plan *p) {
    const int last = p->space.rank - 1;
    const tm_arg *out = &p->call->arg[TM_OUT];
    row_plan rows = {.block = SEGMENT, .apart = 1};
    for (int k = 0; k < TM_MAX_ARGS; k++) {
        const tm_arg *arg = &p->call->arg[k];
        if (p->way[k] == FIXED) rows.block = TM_BLOCK;
        if (p->way[k] != DIRECT && p->way[k] != LOADED) continue;
        if (k != TM_OUT && arg->owner == out->owner) rows.apart = 0;
        rows.gait[k] = arg->stride[last] == 0 && k != TM_OUT                      ? STAYS
                       : arg->stride[last] == 1 && arg->dtype == p->call->compute ? MOVES
                                                                                  : HOPS;
        if (rows.gait[k] == HOPS) rows.apart = 0;
        if (rows.gait[k] == STAYS) rows.stays = 1;
        if (rows.gait[k] == MOVES && k != TM_OUT) rows.moving[rows.n_moving++] = k;
        if (rows.gait[k] != MOVES) rows.block = tm_smaller(rows.block, room_of(p));
    }
    if (!rows.apart && rows.block != SEGMENT) rows.block = TM_BLOCK;
    return rows;
}

/* Is the call a copy of one dtype whose rows are contiguous on both sides? */
static int only_moves(const tm_call *call) {
    const tm_arg *out = &call->arg[TM_OUT], *x = &call->arg[TM_X];
    const int last = call->rank - 1;
    return call->op == TM_OP_copy && call->part == 0 && out->dtype == x->dtype && out->stride[last] == 1 &&
           x->stride[last] == 1;
}

/* Elements of a row from which on going row by row pays. A row costs about 12 ns, a block that is filled for it as much
 * again, and so does a padded rest; blocks, which run on over the ends of rows, are put together from pieces. */
#define LONG_ROW 256
#define WHOLE_ROW 160 /* where there is no rest */
#define APART_ROW 96  /* where it needs no padding */
#define STAYS_ROW 192 /* where it needs none, but a filled block */
#define LONG_MOVE 48  /* where it is only moved */

int tm_rows_pay(plan *p) {
    const tm_call *call = p->call;
    if (!call->rank) return 0;
    const int64_t row = call->shape[call->rank - 1];
    p->rows = plan_rows(p);
    p->moves = only_moves(call);
    if (p->moves) return row >= LONG_MOVE;
    if (!p->rows.apart) return row >= (row % 16 ? LONG_ROW : WHOLE_ROW);
    return row >= (p->rows.stays ? STAYS_ROW : APART_ROW);
}

/* n elements at at[], a multiple of 16 or fewer. */
static void run_part(const plan *p, tm_lanes *lanes, scratch_block *scratch, char *const *at, int64_t n) {
    const tm_call *call = p->call;
    const int last = p->space.rank - 1, whole = n % 16 == 0;
    for (int k = TM_X; k <= TM_G; k++) {
        if (p->rows.gait[k] == MOVES && whole) {
            lanes->in[k] = at[k];
        } else if (p->rows.gait[k] == MOVES || p->rows.gait[k] == HOPS) {
            const tm_arg *arg = &call->arg[k];
            if (p->rows.gait[k] == MOVES)
                memcpy(scratch[k], at[k], (size_t)(n * p->bytes));
            else
                tm_load_run(scratch[k], call->compute, at[k], arg->dtype, arg->stride[last], n);
            if (!whole) tm_pad(scratch[k], call->compute, n);
            lanes->in[k] = scratch[k];
        }
    }
    const tm_arg *out = &call->arg[TM_OUT];
    const int direct = p->rows.gait[TM_OUT] == MOVES;
    lanes->out = direct && whole ? at[TM_OUT] : scratch[TM_OUT];
    p->loop((n + 15) & ~(int64_t)15, lanes);
    if (direct && !whole)
        memcpy(at[TM_OUT], scratch[TM_OUT], (size_t)(n * p->bytes));
    else if (!direct)
        tm_store_run(scratch[TM_OUT], call->compute, at[TM_OUT], out->dtype, out->stride[last], n);
}

/* n elements, a multiple of 16, from number i of a row on. */
static void run_stretch(const plan *p, tm_lanes *lanes, char *const *at, int64_t i, int64_t n) {
    for (int m = 0; m < p->rows.n_moving; m++) lanes->in[p->rows.moving[m]] = at[p->rows.moving[m]] + i * p->bytes;
    lanes->out = at[TM_OUT] + i * p->bytes;
    p->loop(n, lanes);
}

/* A row of 16 elements at least, of which the first and the last 16 may be computed twice, since they are written over
 * no input: so there is no rest, and what lies between is written by whole cache lines. */
static void run_apart(const plan *p, tm_lanes *lanes, char *const *at, int64_t n) {
    int64_t i = (int64_t)(-(uintptr_t)at[TM_OUT] % 64) / p->bytes;
    if (i) run_stretch(p, lanes, at, 0, 16);
    for (int64_t size; (size = tm_smaller(p->rows.block, (n - i) & ~(int64_t)15)) > 0; i += size)
        run_stretch(p, lanes, at, i, size);
    if (i < n) run_stretch(p, lanes, at, n - 16, 16);
}

/* n elements of a row, whose operands start at at[]. */
static void run_row(const plan *p, tm_lanes *lanes, scratch_block *scratch, char **at, int64_t n) {
    const tm_call *call = p->call;
    const int last = p->space.rank - 1;
    if (p->moves) {
        memcpy(at[TM_OUT], at[TM_X], (size_t)(n * tm_bytes_of(call->arg[TM_OUT].dtype)));
        return;
    }
    for (int k = TM_X; k <= TM_G; k++) {
        if (p->rows.gait[k] != STAYS) continue;
        tm_load_run(scratch[k], call->compute, at[k], call->arg[k].dtype, 0, tm_smaller(p->rows.block, (n + 15) & ~15));
        lanes->in[k] = scratch[k];
    }
    if (p->rows.apart && n >= 16) {
        run_apart(p, lanes, at, n);
        return;
    }
    for (int64_t size; n > 0; n -= size) {
        size = n < 16 ? n : tm_smaller(p->rows.block, n & ~(int64_t)15);
        run_part(p, lanes, scratch, at, size);
        for (int k = 0; k < TM_MAX_ARGS; k++)
            if (p->rows.gait[k] == MOVES || p->rows.gait[k] == HOPS)
                at[k] += size * call->arg[k].stride[last] * tm_bytes_of(call->arg[k].dtype);
    }
}

void tm_walk_rows(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    const tm_call *call = p->call;
    const int last = call->rank - 1;
    const tm_space outer = {last, call->shape};
    scratch_block scratch[TM_MAX_ARGS];
    tm_lanes lanes;
    tm_spot spot;
    start_lanes(p, &lanes, scratch);
    tm_spot_set(&spot, outer, from / p->segments);
    for (int64_t task = from, segment = from % p->segments; task < to; task++) {
        char *at[TM_MAX_ARGS] = {NULL};
        for (int k = 0; k < TM_MAX_ARGS; k++) {
            const tm_arg *arg = &call->arg[k];
            if (p->rows.gait[k] != NOT_AT_ALL)
                at[k] = tm_at(arg, tm_spot_offset(&spot, outer, arg) + segment * SEGMENT * arg->stride[last]);
        }
        run_row(p, &lanes, scratch, at, tm_smaller(SEGMENT, call->shape[last] - segment * SEGMENT));
        if (++segment < p->segments) continue;
        segment = 0;
        tm_spot_move(&spot, outer, 1);
    }
}
