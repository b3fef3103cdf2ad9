/* reduce.c: sum, mean, prod, max, min, argmax over the last `reduced` dimensions.
 *
 * The iteration is cut into tasks: some outputs (KEPT_...) times a chunk of the reduced elements. Where a run of
 * outputs lies side by side in memory (column sums) a task walks down rows and keeps one sum a column; else
 * (row sums) it reduces one output after another, a stretch of contiguous elements at a time. The cut
 * depends on the shape alone, and the parts of an output are joined in order, so threads don't change a bit. */
#include "load.h"
#include "reduce_table.h"
#include "threads.h"

#include <stdlib.h>
#include <string.h>

#define STRETCH 2048    /* elements summed in float before they join a double */
#define ROWS 32         /* rows of columns summed likewise */
#define SIDE 4          /* of them that are read side by side */
#define KEPT_WIDE 1024  /* outputs of a task: totals of columns, whose rows are then read in long runs */
#define KEPT_BLOCK 256  /* the best of columns, of which positions are kept too; totals of narrow ones; few elements */
#define KEPT_FEW 16     /* all others */
#define FEW 32          /* reduced elements of an output that is turned into a column */
#define FEW_OUTPUTS 64  /* outputs that are turned together */
#define NARROW 64       /* columns of which several rows are summed side by side */
#define CHUNK (1 << 15) /* elements of a task along one output */
#define CHUNK_ROWS 1024 /* rows of a task */
#define CHUNK_WIDE 256  /* where it has KEPT_WIDE outputs */

/* columns[j][i] = rows[i][j] for n rows of c elements, as words of 4 or 8 bytes; the rest of a column is 0. Rows in the
 * outer loop, or GCC would gather their elements. */
#define TURN(name, T)                                                                                                  \
    static void name(void *restrict to, const void *restrict from, int64_t n, int64_t c) {                             \
        T *restrict columns = to;                                                                                      \
        const T *restrict rows = from;                                                                                 \
        if (n < FEW_OUTPUTS) memset(to, 0, (size_t)(c * FEW_OUTPUTS) * sizeof(T));                                     \
        for (int64_t i = 0; i < n; i++)                                                                                \
            for (int64_t j = 0; j < c; j++) columns[j * FEW_OUTPUTS + i] = rows[i * c + j];                            \
    }
TURN(turn_4, uint32_t)
TURN(turn_8, uint64_t)

/* --- the plan ------------------------------------------------------------------------------------------------- */

typedef char cells[KEPT_WIDE * 8] __attribute__((aligned(64))); /* a total or a best for each output of a task */

/* What a task leaves for its outputs. */
typedef struct partial {
    cells value; /* sums and products: TOTAL; else the best, of the compute type */
    int64_t id[KEPT_WIDE];
} partial;

typedef struct plan {
    const tm_call *call;
    const tm_arg *x, *out, *ids;
    int kind, type;
    int columns; /* outputs lie side by side */
    int narrow;  /* and they are few totals, and their rows follow one another in memory */
    int few;     /* or: there are many of them, of few elements each */
    tm_space space, kept;
    int64_t bytes; /* of the compute type */
    int64_t n_kept, n_reduced;
    int64_t width;         /* of the last kept dimension, if columns; else n_kept */
    int64_t block, blocks; /* outputs of a task; blocks of outputs */
    int64_t chunk, chunks; /* reduced elements of a task; chunks of them */
    char *parts;           /* results of chunks: [chunk][output] values, then ids */
} plan;

/* Block b of the outputs: where it starts and how many it has. */
static int64_t block_start(const plan *p, int64_t b, int64_t *n) {
    const int64_t across = (p->width + p->block - 1) / p->block;
    const int64_t column = b % across * p->block;
    *n = tm_smaller(p->block, p->width - column);
    return b / across * p->width + column;
}

/* A total is a sum or a product; the others look for the best. */
static int is_total(const plan *p) { return p->kind == SUM || p->kind == PROD; }

/* n totals of nothing yet. */
static void begin(const plan *p, cells totals, int64_t n) {
    const double one = 1;
    const uint64_t one_u64 = 1;
    memset(totals, 0, (size_t)n * 8);
    for (int64_t j = 0; p->kind == PROD && j < n; j++)
        memcpy(totals + j * 8, p->type == TM_I64 ? (const void *)&one_u64 : &one, 8);
}

/* Rows of n elements, at most SIDE, into the totals of their outputs; of sums they go to `sums`, of which the first
 * `flush` join the totals then. */
static void add_rows(const plan *p, cells totals, cells sums, const void *const *x, int64_t rows, int64_t n,
                     int64_t flush) {
    void *to = p->kind == PROD ? totals : sums;
    if (rows == SIDE)
        (p->kind == PROD ? loops[p->type].prod_rows : loops[p->type].sum_rows)(to, x, n);
    else
        for (int64_t i = 0; i < rows; i++)
            (p->kind == PROD ? loops[p->type].prod_row : loops[p->type].sum_row)(to, x[i], n);
    if (flush && p->kind == SUM) loops[p->type].sum_flush(totals, sums, flush);
}

/* More totals of the same outputs. */
static void join_totals(const plan *p, char *totals, const char *others, int64_t n) {
    const int type = p->type == TM_I64 ? TM_I64 : TM_F64;
    (p->kind == PROD ? loops[type].prod_row : loops[type].sum_row)(totals, others, n);
}

/* --- one output after another ------------------------------------------------------------------------------ */

typedef char lanes[LANES * 8] __attribute__((aligned(64)));

/* The last n of a stretch as LANES elements: filled up with zeros or, in a product, ones; where a best doesn't mind to
 * meet elements twice, with those before them; a short stretch with its first. */
static const void *fill_rest(const plan *p, lanes rest, const char *from, int64_t n, int64_t before) {
    if (!is_total(p) && before) return from - (LANES - n) * p->bytes;
    if (p->kind == SUM)
        memset(rest, 0, sizeof(lanes));
    else
        tm_load_run(rest, p->call->compute, p->kind == PROD ? loops[p->type].one : from, p->call->compute, 0, LANES);
    memcpy(rest, from, (size_t)(n * p->bytes));
    return rest;
}

/* n elements, from number i of the reduced ones on, into the result of output k. The position of a best is looked for
 * only where somebody asks for it and it isn't beaten already. */
static void reduce_stretch(const plan *p, const char *x, int64_t n, int64_t i, partial *result, int64_t k) {
    lanes block;
    const int64_t whole = n / LANES * LANES;
    const void *rest = n > whole ? fill_rest(p, block, x + whole * p->bytes, n - whole, whole) : NULL;
    if (p->kind == SUM) {
        if (p->type == TM_I64)
            *(uint64_t *)(result->value + k * 8) += sum_stretch_i64(x, whole, rest);
        else
            *(double *)(result->value + k * 8) += loops[p->type].sum_stretch_float(x, whole, rest);
        return;
    }
    if (p->kind == PROD) {
        loops[p->type].prod_stretch(result->value + k * 8, x, whole, rest);
        return;
    }
    char best[8] __attribute__((aligned(8))), *cell = result->value + k * p->bytes;
    const int64_t unknown = -1;
    loops[p->type].best_stretch[p->kind](x, whole, rest, best);
    if (result->id[k] == unknown)
        memcpy(cell, best, (size_t)p->bytes);
    else
        loops[p->type].best_join[p->kind](cell, &result->id[k], best, &unknown, 1);
    if (result->id[k] == unknown) result->id[k] = i + (p->ids ? loops[p->type].first_of(x, n, best) : 0);
}

static void reduce_rows(const plan *p, int64_t first, int64_t n, int64_t from, int64_t to, partial *result) {
    char scratch[STRETCH * 8] __attribute__((aligned(64)));
    const int direct = p->call->compute == p->x->dtype && tm_is_run(p->x, p->kept.rank, p->space.rank, p->space.shape);
    tm_spot output;
    tm_spot_set(&output, p->kept, first);
    if (is_total(p)) begin(p, result->value, n);
    for (int64_t k = 0; k < n; k++, tm_spot_move(&output, p->kept, 1)) {
        const int64_t start = tm_spot_offset(&output, p->kept, p->x);
        result->id[k] = -1;
        for (int64_t size, i = from; i < to; i += size) {
            const char *x = direct ? tm_at(p->x, start + i) : scratch;
            size = tm_smaller(STRETCH, to - i);
            if (!direct) {
                tm_spot spot;
                tm_spot_set(&spot, p->space, (first + k) * p->n_reduced + i);
                tm_load(scratch, p->call->compute, p->x, p->space, &spot, size);
            }
            reduce_stretch(p, x, size, i, result, k);
        }
    }
}

/* --- columns ------------------------------------------------------------------------------------------------- */

/* The best of the columns, with rows from number r on. */
static void choose_rows(const plan *p, partial *result, const void *const *x, int64_t rows, int64_t r, int first,
                        int64_t n) {
    if (first) {
        memcpy(result->value, x[0], (size_t)(n * p->bytes));
        for (int64_t j = 0; j < n; j++) result->id[j] = r;
    }
    for (int64_t i = first; i < rows; i++) loops[p->type].best_row[p->kind](result->value, result->id, x[i], r + i, n);
}

static void reduce_columns(const plan *p, int64_t first, int64_t n, int64_t from, int64_t to, partial *result) {
    cells scratch[SIDE], sums;
    const int direct = p->x->dtype == p->call->compute;
    const tm_space down = {p->space.rank - p->kept.rank, p->space.shape + p->kept.rank};
    tm_spot start, row;
    tm_spot_set(&start, p->kept, first);
    tm_spot_set(&row, down, from);
    tm_arg column = *p->x; /* the operand as the rows see it */
    memcpy(column.stride, p->x->stride + p->kept.rank, (size_t)down.rank * sizeof *column.stride);
    const int64_t base = tm_spot_offset(&start, p->kept, p->x);
    if (is_total(p)) begin(p, result->value, n);
    if (p->kind == SUM) memset(sums, 0, sizeof sums);
    for (int64_t rows, r = from; r < to; r += rows) {
        const void *x[SIDE];
        rows = tm_smaller(SIDE, to - r);
        for (int64_t i = 0; i < rows; i++, tm_spot_move(&row, down, 1)) {
            x[i] = tm_at(p->x, base + tm_spot_offset(&row, down, &column));
            if (direct) continue;
            tm_load_run(scratch[i], p->call->compute, x[i], p->x->dtype, 1, n);
            x[i] = scratch[i];
        }
        if (is_total(p))
            add_rows(p, result->value, sums, x, rows, n, r + rows == to || (r + rows - from) % ROWS == 0 ? n : 0);
        else
            choose_rows(p, result, x, rows, r, r == from, n);
    }
}

/* Totals of a few columns: as many rows as fit into the cells are one long row. Its totals are joined at the end. */
static void reduce_narrow(const plan *p, int64_t first, int64_t n, int64_t from, int64_t to, partial *result) {
    cells scratch, sums, totals;
    const int64_t beside = n <= KEPT_BLOCK / 16 ? KEPT_BLOCK / n / 16 * 16 : KEPT_BLOCK / n; /* whole vectors */
    const int direct = p->x->dtype == p->call->compute;
    tm_spot start;
    tm_spot_set(&start, p->kept, first);
    const int64_t base = tm_spot_offset(&start, p->kept, p->x);
    memset(sums, 0, sizeof sums);
    begin(p, totals, KEPT_BLOCK);
    for (int64_t rows, calls = 1; from < to; from += rows, calls++) {
        const void *x = tm_at(p->x, base + from * n);
        rows = tm_smaller(beside, to - from);
        if (!direct) {
            tm_load_run(scratch, p->call->compute, x, p->x->dtype, 1, rows * n);
            x = scratch;
        }
        add_rows(p, totals, sums, &x, 1, rows * n, calls % ROWS == 0 || from + rows == to ? beside * n : 0);
    }
    begin(p, result->value, n);
    for (int64_t r = 0; r < beside; r++) join_totals(p, result->value, totals + r * n * 8, n);
}

/* --- many outputs of few elements each -------------------------------------------------------------------------- */

/* The outputs are turned into columns, FEW_OUTPUTS at a time. */
static void reduce_few(const plan *p, int64_t first, int64_t n, int64_t from, int64_t to, partial *result) {
    char rows[FEW * FEW_OUTPUTS * 8] __attribute__((aligned(64))), columns[sizeof rows] __attribute__((aligned(64)));
    cells sums;
    const int64_t few = p->n_reduced;
    const int direct = p->x->dtype == p->call->compute && tm_is_run(p->x, 0, p->space.rank, p->space.shape);
    (void)from, (void)to;
    if (is_total(p)) begin(p, result->value, KEPT_BLOCK);
    if (p->kind == SUM) memset(sums, 0, sizeof sums);
    for (int64_t k = 0; k < n; k += FEW_OUTPUTS) {
        const int64_t outputs = tm_smaller(FEW_OUTPUTS, n - k), flat = (first + k) * few;
        const void *x = rows;
        tm_spot spot;
        tm_spot_set(&spot, p->space, flat);
        if (direct)
            x = tm_at(p->x, flat);
        else
            tm_load(rows, p->call->compute, p->x, p->space, &spot, outputs * few);
        (p->bytes == 4 ? turn_4 : turn_8)(columns, x, outputs, few);
        for (int64_t r = 0; r < few; r++) {
            const char *row = columns + r * FEW_OUTPUTS * p->bytes;
            char *best = result->value + k * p->bytes;
            if (p->kind == PROD) {
                loops[p->type].prod_row(result->value + k * 8, row, outputs);
            } else if (p->kind == SUM) {
                loops[p->type].sum_row(sums, row, FEW_OUTPUTS);
            } else if (r == 0) {
                memcpy(best, row, (size_t)(outputs * p->bytes));
                memset(result->id + k, 0, (size_t)outputs * sizeof *result->id);
            } else {
                loops[p->type].best_row[p->kind](best, result->id + k, row, r, outputs);
            }
        }
        if (p->kind == SUM) loops[p->type].sum_flush(result->value + k * 8, sums, outputs);
    }
}

/* --- tasks --------------------------------------------------------------------------------------------------- */

static void reduce_part(const plan *p, int64_t first, int64_t n, int64_t chunk, partial *result) {
    const int64_t from = chunk * p->chunk, to = tm_smaller(p->n_reduced, from + p->chunk);
    (p->narrow    ? reduce_narrow
     : p->columns ? reduce_columns
     : p->few     ? reduce_few
                  : reduce_rows)(p, first, n, from, to, result);
}

/* Write the finished results of outputs first .. first+n-1. */
static void finish(const plan *p, int64_t first, int64_t n, partial *result) {
    tm_spot spot;
    tm_spot_set(&spot, p->kept, first);
    if (p->out && is_total(p)) {
        cells y;
        loops[p->type].total_finish(y, result->value, p->call->value[0].f, n);
        tm_store(y, p->call->compute, p->out, p->kept, &spot, n);
    } else if (p->out) {
        tm_store(result->value, p->call->compute, p->out, p->kept, &spot, n);
    }
    if (p->ids) tm_store(result->id, TM_INT64, p->ids, p->kept, &spot, n);
}

/* The place of a chunk's results for an output. */
static char *part_value(const plan *p, int64_t chunk, int64_t output) {
    return p->parts + (chunk * p->n_kept + output) * 8;
}

static int64_t *part_id(const plan *p, int64_t chunk, int64_t output) {
    return (int64_t *)p->parts + p->chunks * p->n_kept + chunk * p->n_kept + output;
}

static void run_task(const plan *p, int64_t task) {
    partial result;
    int64_t n;
    const int64_t first = block_start(p, task / p->chunks, &n), chunk = task % p->chunks;
    reduce_part(p, first, n, chunk, &result);
    if (p->chunks == 1) {
        finish(p, first, n, &result);
        return;
    }
    memcpy(part_value(p, chunk, first), result.value, (size_t)(n * (is_total(p) ? 8 : p->bytes)));
    if (!is_total(p)) memcpy(part_id(p, chunk, first), result.id, (size_t)n * sizeof *result.id);
}

/* Join the chunks of a block of outputs, in order. Values stand 8 bytes an output apart, but within a block
 * they are packed as the task left them. */
static void join_chunks(const plan *p, int64_t block) {
    partial result;
    int64_t n;
    const int64_t first = block_start(p, block, &n);
    memcpy(result.value, part_value(p, 0, first), (size_t)n * 8);
    if (!is_total(p)) memcpy(result.id, part_id(p, 0, first), (size_t)n * 8);
    for (int64_t chunk = 1; chunk < p->chunks; chunk++) {
        if (is_total(p))
            join_totals(p, result.value, part_value(p, chunk, first), n);
        else
            loops[p->type].best_join[p->kind](result.value, result.id, part_value(p, chunk, first),
                                              part_id(p, chunk, first), n);
    }
    finish(p, first, n, &result);
}

/* Columns that are few, and whose rows follow one another? */
static int is_narrow(const plan *p) {
    const int last = p->kept.rank - 1;
    return is_total(p) && p->space.rank == last + 2 && p->kept.shape[last] > 1 && p->kept.shape[last] <= NARROW &&
           p->x->stride[last + 1] == p->kept.shape[last] && p->n_reduced >= NARROW;
}

/* Do outputs lie side by side, so that going down columns reads memory in order? */
static int has_columns(const plan *p) {
    const int last = p->kept.rank - 1, inner = p->space.rank - 1;
    if (last < 0 || inner == last || p->x->stride[last] != 1) return 0;
    return p->x->stride[inner] != 1 && (p->kept.shape[last] >= 8 || is_narrow(p));
}

static void cut(plan *p) {
    p->columns = has_columns(p);
    p->narrow = p->columns && is_narrow(p);
    p->width = p->columns ? p->kept.shape[p->kept.rank - 1] : p->n_kept;
    p->few = !p->columns && p->n_reduced <= FEW && p->n_kept >= 16;
    const int wide = p->columns && !p->narrow && is_total(p);
    p->block = wide ? KEPT_WIDE : p->columns || p->few ? KEPT_BLOCK : KEPT_FEW;
    p->chunk = wide ? CHUNK_WIDE : p->columns ? CHUNK_ROWS : CHUNK;
    p->chunks = (p->n_reduced + p->chunk - 1) / p->chunk;
    p->blocks = p->width ? (p->width + p->block - 1) / p->block * (p->n_kept / p->width) : 0;
}

static void run_tasks(void *self, int64_t from, int64_t to) {
    for (int64_t task = from; task < to; task++) run_task(self, task);
}

static void reduce(tm_call *call, int kind, const tm_arg *out, const tm_arg *ids) {
    plan p = {.call = call, .x = &call->arg[1], .kind = kind, .type = tm_type_of(call->compute)};
    p.out = out && out->data ? out : NULL;
    p.ids = ids && ids->data ? ids : NULL;
    p.space = (tm_space){call->rank, call->shape};
    p.kept = (tm_space){call->rank - call->reduced, call->shape};
    p.bytes = tm_bytes_of(call->compute);
    p.n_kept = tm_numel_of(p.kept.rank, call->shape);
    p.n_reduced = tm_numel_of(call->reduced, call->shape + p.kept.rank);
    cut(&p);
    if (p.chunks > 1) {
        p.parts = malloc((size_t)(p.chunks * p.n_kept) * 16);
        if (!p.parts) {
            call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
            return;
        }
    }
    const int64_t tasks = p.blocks * p.chunks;
    tm_share(run_tasks, &p, tasks, tm_threads_for(tasks, p.n_kept * p.n_reduced * p.bytes >= TM_SHARE_BYTES));
    if (p.chunks > 1) {
        for (int64_t block = 0; block < p.blocks; block++) join_chunks(&p, block);
        free(p.parts);
    }
}

void tm_reduce_sum(tm_call *call) { reduce(call, SUM, &call->arg[0], NULL); }

void tm_reduce_prod(tm_call *call) { reduce(call, PROD, &call->arg[0], NULL); }

void tm_reduce_max(tm_call *call) { reduce(call, MAX, &call->arg[0], &call->arg[2]); }

void tm_reduce_min(tm_call *call) { reduce(call, MIN, &call->arg[0], &call->arg[2]); }

void tm_reduce_argmax(tm_call *call) { reduce(call, MAX, NULL, &call->arg[0]); }

void tm_reduce_argmin(tm_call *call) { reduce(call, MIN, NULL, &call->arg[0]); }
