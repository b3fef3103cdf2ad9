/* softmax.c: softmax, log_softmax and cross_entropy over the last dimension, with their gradients.
 *
 * Rows of up to SHORT elements are spread over lanes, LANES rows at a time; longer rows are worked on one by
 * one, where they lie if they are contiguous and of the compute type (softmax_loops.h). Which of the two depends
 * on the row's length alone. */
#include "ids.h"
#include "load.h"
#include "threads.h"
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

#include "../vocabulary.h"

#define LANES 16
#define SHORT 32       /* elements of a row that shares its tile with others */
#define TASK_ROWS 64   /* rows of a task while they are short */
#define TASK_SIZE 8192 /* elements of a task otherwise */
#define ON_STACK 2048  /* elements of a row that need no memory from the heap */
#define EXPS 16        /* vectors of exps that are made before they are added up */

/* k vectors of LANES elements of the operands; a list of pieces ends with one of none. */
typedef struct piece {
    const void *x, *w;
    void *y;
    int64_t k;
} piece;

#define TM_SUFFIX f32
#include "softmax_loops.h"
#undef TM_SUFFIX
#define TM_SUFFIX f64
#include "softmax_loops.h"
#undef TM_SUFFIX

typedef char lanes[LANES * 8] __attribute__((aligned(64))); /* one number of either type for each lane */

/* The loops by type: 0 float, 1 double. */
static const struct {
    void (*spread)(void *tile, const void *rows, int64_t n, int64_t c);
    void (*gather)(void *rows, const void *tile, int64_t n, int64_t c);
    void (*fill)(void *x, double value, int64_t n);
    void (*softmax)(const piece *piece, int fold, int logarithm);
    void (*gradient)(const piece *pieces, int fold, int logarithm);
    double (*loss)(const piece *piece, int fold, const int64_t *id, int64_t n, void *losses, void *lses);
    void (*loss_gradient)(const piece *pieces, int fold, const int64_t *id, int64_t n, const void *lses,
                          const void *scales);
} loops[2] = {
    {spread_f32, gather_f32, fill_f32, softmax_f32, gradient_f32, loss_f32, loss_gradient_f32},
    {spread_f64, gather_f64, fill_f64, softmax_f64, gradient_f64, loss_f64, loss_gradient_f64},
};

/* Where a task's rows stand while they are worked on. */
typedef struct room {
    char *tile; /* two tiles: for operands that can't be worked on where they lie */
    piece piece[3];
    lanes rest[3]; /* the padded ends of long rows */
} room;

typedef struct plan plan;

struct plan {
    tm_call *call;
    int type, logarithm, fold;
    tm_space space;
    int64_t rows, c;     /* rows and their length */
    int64_t group;       /* rows of a tile */
    int64_t task, tasks; /* rows of a task; tasks */
    int64_t bytes;       /* of an element */
    int64_t size;        /* of a tile in bytes */
    void (*work)(const plan *p, int64_t first, int64_t n, room *room, int64_t task);
    double *sums; /* cross_entropy: a task's losses */
    int failed;   /* a task found no memory */
};

/* --- rows in and out of pieces --------------------------------------------------------------------------------- */

static int is_direct(const plan *p, const tm_arg *arg) {
    return arg->dtype == p->call->compute && tm_is_run(arg, 0, p->space.rank, p->space.shape);
}

/* Row `first`: its whole vectors and the rest, which is filled up with `beyond`. Loaded into a tile unless direct. */
static void load_long(const plan *p, const tm_arg *arg, int64_t first, char *tile, double beyond, char *rest,
                      const void **whole) {
    const int64_t size = p->c / LANES * LANES, over = p->c - size;
    *whole = tile;
    if (is_direct(p, arg)) {
        *whole = tm_at(arg, first * p->c);
    } else {
        tm_spot spot;
        tm_spot_set(&spot, p->space, first * p->c);
        tm_load(tile, p->call->compute, arg, p->space, &spot, p->c);
    }
    memcpy(rest, (const char *)*whole + size * p->bytes, (size_t)(over * p->bytes));
    loops[p->type].fill(rest + over * p->bytes, beyond, LANES - over);
}

/* Rows first .. first+n-1, spread over a tile. */
static void load_short(const plan *p, const tm_arg *arg, int64_t first, int64_t n, char *tile) {
    char scratch[SHORT * LANES * 8] __attribute__((aligned(64)));
    const void *rows = scratch;
    if (is_direct(p, arg)) {
        rows = tm_at(arg, first * p->c);
    } else {
        tm_spot spot;
        tm_spot_set(&spot, p->space, first * p->c);
        tm_load(scratch, p->call->compute, arg, p->space, &spot, n * p->c);
    }
    loops[p->type].spread(tile, rows, n, p->c);
}

/* The pieces of rows first .. first+n-1: x, w and room for out; w and out may be absent. The ends of long rows are
 * filled up with `beyond`. */
static const piece *enter(const plan *p, int64_t first, int64_t n, room *room, const tm_arg *x, const tm_arg *w,
                          const tm_arg *out, double beyond) {
    piece *piece = room->piece;
    char *second = room->tile + p->size;
    memset(room->piece, 0, sizeof room->piece);
    piece[0].y = room->tile; /* where x is, if it isn't direct: every loop allows that */
    piece[0].k = p->c / LANES;
    if (!p->fold) {
        load_short(p, x, first, n, room->tile);
        if (w) load_short(p, w, first, n, second);
        piece[0].x = room->tile, piece[0].w = second, piece[0].k = p->c;
        return piece;
    }
    load_long(p, x, first, room->tile, beyond, room->rest[0], &piece[0].x);
    if (w) load_long(p, w, first, second, beyond, room->rest[1], &piece[0].w);
    if (out && is_direct(p, out)) piece[0].y = tm_at(out, first * p->c);
    if (p->c % LANES) piece[1] = (struct piece){room->rest[0], room->rest[1], room->rest[2], 1};
    return piece;
}

/* What the loops left in y goes to where out's rows are. */
static void leave(const plan *p, int64_t first, int64_t n, room *room, const tm_arg *out) {
    char scratch[SHORT * LANES * 8] __attribute__((aligned(64)));
    const int64_t size = p->c / LANES * LANES;
    char *rows = room->piece[0].y;
    if (p->fold) {
        memcpy(rows + size * p->bytes, room->rest[2], (size_t)((p->c - size) * p->bytes));
        if (is_direct(p, out)) return;
    } else {
        loops[p->type].gather(scratch, rows, n, p->c);
        rows = scratch;
    }
    tm_spot spot;
    tm_spot_set(&spot, p->space, first * p->c);
    tm_store(rows, p->call->compute, out, p->space, &spot, n * p->c);
}

/* --- tasks ----------------------------------------------------------------------------------------------------- */

static int run_task(const plan *p, int64_t task) {
    char stack[2 * ON_STACK * 8] __attribute__((aligned(64)));
    room room;
    room.tile = stack;
    if (2 * p->size > (int64_t)sizeof stack && !(room.tile = aligned_alloc(64, (size_t)(2 * p->size)))) return 0;
    const int64_t end = tm_smaller(p->rows, (task + 1) * p->task);
    for (int64_t first = task * p->task; first < end; first += p->group)
        p->work(p, first, tm_smaller(p->group, end - first), &room, task);
    if (room.tile != stack) free(room.tile);
    return 1;
}

static plan plan_for(tm_call *call) {
    plan p = {.call = call, .type = call->compute == TM_FLOAT64};
    p.logarithm = call->op == TM_OP_log_softmax;
    p.space = (tm_space){call->rank, call->shape};
    p.c = call->rank ? call->shape[call->rank - 1] : 1;
    p.rows = call->rank ? tm_numel_of(call->rank - 1, call->shape) : 1;
    p.bytes = tm_bytes_of(call->compute);
    p.fold = p.c > SHORT;
    p.size = ((p.fold ? p.c : p.c * LANES) * p.bytes + 63) & ~(int64_t)63;
    p.group = p.fold ? 1 : LANES;
    p.task = p.fold ? (TASK_SIZE + p.c - 1) / p.c : TASK_ROWS;
    p.tasks = p.c ? (p.rows + p.task - 1) / p.task : 0;
    return p;
}

static void run_tasks(void *self, int64_t from, int64_t to) {
    plan *p = self;
    for (int64_t task = from; task < to; task++)
        if (!run_task(p, task)) __atomic_store_n(&p->failed, 1, __ATOMIC_RELAXED);
}

static void run(plan *p) {
    const int threads = tm_threads_for(p->tasks, p->rows * p->c >= TM_SHARE_COSTLY);
    tm_share(run_tasks, p, p->tasks, threads);
    if (p->failed) p->call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
}

/* --- softmax and log_softmax ----------------------------------------------------------------------------------- */

static void softmax_work(const plan *p, int64_t first, int64_t n, room *room, int64_t task) {
    (void)task;
    const tm_arg *out = &p->call->arg[0];
    loops[p->type].softmax(enter(p, first, n, room, &p->call->arg[1], NULL, out, -INFINITY), p->fold, p->logarithm);
    leave(p, first, n, room, out);
}

static void gradient_work(const plan *p, int64_t first, int64_t n, room *room, int64_t task) {
    (void)task;
    const tm_arg *arg = p->call->arg;
    loops[p->type].gradient(enter(p, first, n, room, &arg[1], &arg[2], &arg[0], 0), p->fold, p->logarithm);
    leave(p, first, n, room, &arg[0]);
}

void tm_softmax(tm_call *call) {
    plan p = plan_for(call);
    p.work = softmax_work;
    run(&p);
}

void tm_softmax_gradient(tm_call *call) {
    plan p = plan_for(call);
    p.work = gradient_work;
    run(&p);
}

/* --- cross_entropy: (N, C) ------------------------------------------------------------------------------------- */

/* n numbers of an operand over the rows, from row `first` on. */
static void load_rows(const tm_arg *arg, tm_dtype compute, int64_t first, int64_t n, void *to) {
    const int64_t stride = arg->stride[0];
    tm_load_run(to, compute, tm_at(arg, first * stride), arg->dtype, stride, n);
}

static void store_rows(const plan *p, const tm_arg *arg, int64_t first, int64_t n, const void *from) {
    const int64_t stride = arg->stride[0];
    tm_store_run(from, p->call->compute, tm_at(arg, first * stride), arg->dtype, stride, n);
}

static void loss_work(const plan *p, int64_t first, int64_t n, room *room, int64_t task) {
    const tm_call *call = p->call;
    int64_t id[LANES];
    lanes losses, lses;
    load_rows(&call->arg[2], TM_INT64, first, n, id);
    const piece *rows = enter(p, first, n, room, &call->arg[1], NULL, NULL, -INFINITY);
    p->sums[task] += loops[p->type].loss(rows, p->fold, id, n, losses, lses);
    if (call->arg[0].data && call->arg[0].stride[0]) store_rows(p, &call->arg[0], first, n, losses);
    if (call->arg[3].data) store_rows(p, &call->arg[3], first, n, lses);
}

void tm_cross_entropy(tm_call *call) {
    double few[64] = {0};
    plan p = plan_for(call);
    p.work = loss_work;
    p.sums = few;
    if (!tm_ids_fit(call, &call->arg[2], call->arg[2].stride[0], p.rows, p.c)) return;
    if (p.tasks > 64 && !(p.sums = calloc((size_t)p.tasks, sizeof *p.sums))) {
        call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
        return;
    }
    run(&p);
    if (call->arg[0].data && !call->arg[0].stride[0]) {
        double total = 0;
        for (int64_t task = 0; task < p.tasks; task++) total += p.sums[task];
        total *= call->value[0].f;
        tm_store_run(&total, TM_FLOAT64, call->arg[0].data, call->arg[0].dtype, 1, 1);
    }
    if (p.sums != few) free(p.sums);
}

static void loss_gradient_work(const plan *p, int64_t first, int64_t n, room *room, int64_t task) {
    (void)task;
    const tm_call *call = p->call;
    int64_t id[LANES];
    double g[LANES];
    lanes lse = {0}, scale = {0};
    load_rows(&call->arg[3], TM_INT64, first, n, id);
    load_rows(&call->arg[1], TM_FLOAT64, first, n, g);
    load_rows(&call->arg[4], call->compute, first, n, lse);
    for (int64_t i = 0; i < n; i++) g[i] *= call->value[0].f;
    tm_store_run(g, TM_FLOAT64, scale, call->compute, 1, n);
    if (p->fold) { /* one row: all lanes are its own */
        for (int l = 1; l < LANES; l++) {
            memcpy(lse + l * p->bytes, lse, (size_t)p->bytes);
            memcpy(scale + l * p->bytes, scale, (size_t)p->bytes);
        }
    }
    const piece *rows = enter(p, first, n, room, &call->arg[2], NULL, &call->arg[0], 0);
    loops[p->type].loss_gradient(rows, p->fold, id, n, lse, scale);
    leave(p, first, n, room, &call->arg[0]);
}

void tm_cross_entropy_gradient(tm_call *call) {
    plan p = plan_for(call);
    p.work = loss_gradient_work;
    if (tm_ids_fit(call, &call->arg[3], call->arg[3].stride[0], p.rows, p.c)) run(&p);
}
