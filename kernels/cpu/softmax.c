/* softmax.c: softmax, log_softmax and cross_entropy over the last dimension, with their gradients.
 *
 * Rows of up to SHORT elements are spread over lanes, LANES rows at a time; longer rows are worked on one by
 * one (softmax_loops.h). Which of the two depends on the row's length alone. */
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
    void (*softmax)(void *tile, void *scratch, int64_t k, int fold, int logarithm);
    void (*gradient)(void *g, const void *y, int64_t k, int fold, int logarithm);
    double (*loss)(const void *tile, void *scratch, int64_t k, int fold, const int64_t *id, int64_t n, void *losses,
                   void *lses);
    void (*loss_gradient)(void *tile, int64_t k, int fold, const int64_t *id, int64_t n, const void *lses,
                          const void *scales);
} loops[2] = {
    {spread_f32, gather_f32, fill_f32, softmax_f32, gradient_f32, loss_f32, loss_gradient_f32},
    {spread_f64, gather_f64, fill_f64, softmax_f64, gradient_f64, loss_f64, loss_gradient_f64},
};

typedef struct plan plan;

struct plan {
    tm_call *call;
    int type, logarithm, fold;
    tm_space space;
    int64_t rows, c;     /* rows and their length */
    int64_t k;           /* vectors of a tile */
    int64_t group;       /* rows of a tile */
    int64_t task, tasks; /* rows of a task; tasks */
    int64_t bytes;       /* of an element */
    int64_t size;        /* of a tile in bytes */
    void (*work)(const plan *p, int64_t first, int64_t n, char *tile, int64_t task);
    double *sums; /* cross_entropy: a task's losses */
    int failed;   /* a task found no memory */
};

/* --- rows in and out of tiles ---------------------------------------------------------------------------------- */

/* Rows first .. first+n-1 of an operand; a long row is filled up with `beyond`. scratch follows the tile. */
static void load_tile(const plan *p, const tm_arg *arg, int64_t first, int64_t n, char *tile, double beyond) {
    char scratch[SHORT * LANES * 8] __attribute__((aligned(64)));
    tm_spot spot;
    tm_spot_set(&spot, p->space, first * p->c);
    if (p->fold) {
        tm_load(tile, p->call->compute, arg, p->space, &spot, p->c);
        loops[p->type].fill(tile + p->c * p->bytes, beyond, p->k * LANES - p->c);
        return;
    }
    const void *rows = scratch;
    if (arg->dtype == p->call->compute && tm_is_run(arg, 0, p->space.rank, p->space.shape))
        rows = tm_at(arg, first * p->c);
    else
        tm_load(scratch, p->call->compute, arg, p->space, &spot, n * p->c);
    loops[p->type].spread(tile, rows, n, p->c);
}

static void store_tile(const plan *p, const tm_arg *arg, int64_t first, int64_t n, const char *tile) {
    char scratch[SHORT * LANES * 8] __attribute__((aligned(64)));
    const void *rows = tile;
    if (!p->fold) {
        loops[p->type].gather(scratch, tile, n, p->c);
        rows = scratch;
    }
    tm_spot spot;
    tm_spot_set(&spot, p->space, first * p->c);
    tm_store(rows, p->call->compute, arg, p->space, &spot, n * p->c);
}

/* --- tasks ----------------------------------------------------------------------------------------------------- */

static int run_task(const plan *p, int64_t task) {
    char stack[2 * ON_STACK * 8] __attribute__((aligned(64)));
    char *tile = stack;
    if (2 * p->size > (int64_t)sizeof stack && !(tile = aligned_alloc(64, (size_t)(2 * p->size)))) return 0;
    const int64_t end = tm_smaller(p->rows, (task + 1) * p->task);
    for (int64_t first = task * p->task; first < end; first += p->group)
        p->work(p, first, tm_smaller(p->group, end - first), tile, task);
    if (tile != stack) free(tile);
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
    p.k = p.fold ? (p.c + LANES - 1) / LANES : p.c;
    p.size = (p.k * LANES * p.bytes + 63) & ~(int64_t)63;
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

static void softmax_work(const plan *p, int64_t first, int64_t n, char *tile, int64_t task) {
    (void)task;
    load_tile(p, &p->call->arg[1], first, n, tile, -INFINITY);
    loops[p->type].softmax(tile, tile + p->size, p->k, p->fold, p->logarithm);
    store_tile(p, &p->call->arg[0], first, n, tile);
}

static void gradient_work(const plan *p, int64_t first, int64_t n, char *tile, int64_t task) {
    (void)task;
    char *y = tile + p->size;
    load_tile(p, &p->call->arg[1], first, n, tile, 0);
    load_tile(p, &p->call->arg[2], first, n, y, 0);
    loops[p->type].gradient(tile, y, p->k, p->fold, p->logarithm);
    store_tile(p, &p->call->arg[0], first, n, tile);
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

static void loss_work(const plan *p, int64_t first, int64_t n, char *tile, int64_t task) {
    const tm_call *call = p->call;
    int64_t id[LANES];
    lanes losses, lses;
    load_rows(&call->arg[2], TM_INT64, first, n, id);
    load_tile(p, &call->arg[1], first, n, tile, -INFINITY);
    p->sums[task] += loops[p->type].loss(tile, tile + p->size, p->k, p->fold, id, n, losses, lses);
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

static void loss_gradient_work(const plan *p, int64_t first, int64_t n, char *tile, int64_t task) {
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
    load_tile(p, &call->arg[2], first, n, tile, 0);
    if (p->fold) { /* one row: all lanes are its own */
        for (int l = 1; l < LANES; l++) {
            memcpy(lse + l * p->bytes, lse, (size_t)p->bytes);
            memcpy(scale + l * p->bytes, scale, (size_t)p->bytes);
        }
    }
    loops[p->type].loss_gradient(tile, p->k, p->fold, id, n, lse, scale);
    store_tile(p, &call->arg[0], first, n, tile);
}

void tm_cross_entropy_gradient(tm_call *call) {
    plan p = plan_for(call);
    p.work = loss_gradient_work;
    if (tm_ids_fit(call, &call->arg[3], call->arg[3].stride[0], p.rows, p.c)) run(&p);
}
