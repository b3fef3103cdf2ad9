/* normalise.c: layer_norm and rms_norm, over rows that lie side by side; core/normalise.c has the formulas.
 *
 * A row passes through the first-level cache once each way. A task is a fixed share of the rows; for the gradients of
 * weight and bias it adds up its rows in float for ROWS of them, then in double, and the tasks' sums are added in
 * order: the bits depend on the shape alone. */
#include "threads.h"
#include "vectors.h"

#include <math.h>
#include <stdlib.h>

#define TASKS 16  /* at most, where sums over rows are made */
#define ROWS 32   /* rows whose sums are made in float; a task has as many at least */
#define CHAINS 4  /* sums that don't wait for each other */
#define SIZE 8192 /* elements of a task at least */

typedef struct plan {
    const tm_call *call;
    int centred;
    int64_t rows, n, task; /* rows of a task */
    double *sums;          /* tasks x 2 x n: of weight and of bias; NULL: not asked for */
    void *line;            /* tasks x 2 x n of the compute type */
} plan;

#define TM_SUFFIX f32
#define T float
#include "normalise_loops.h"
#undef T
#undef TM_SUFFIX
#define TM_SUFFIX f64
#define T double
#include "normalise_loops.h"
#undef T
#undef TM_SUFFIX

static plan plan_for(const tm_call *call) {
    plan p = {.call = call, .centred = call->op == TM_OP_layer_norm, .rows = call->shape[0], .n = call->shape[1]};
    p.task = SIZE / p.n + 1;
    return p;
}

static void run(plan *p, tm_tasks tasks) {
    const int64_t n = (p->rows + p->task - 1) / p->task;
    tm_share(tasks, p, n, tm_threads_for(n, p->rows * p->n * tm_bytes_of(p->call->compute) >= TM_SHARE_BYTES));
}

void tm_normalise(tm_call *call) {
    plan p = plan_for(call);
    run(&p, call->compute == TM_FLOAT32 ? normalise_tasks_f32 : normalise_tasks_f64);
}

/* The tasks' sums, and what they become. */
static void finish_sums(const plan *p, int64_t tasks) {
    const tm_arg *out = &p->call->arg[5];
    for (int64_t t = 1; t < tasks; t++)
        for (int64_t j = 0; j < 2 * p->n; j++) p->sums[j] += p->sums[t * 2 * p->n + j];
    for (int64_t j = 0; j < 2 * p->n; j++)
        if (out->dtype == TM_FLOAT32)
            ((float *)out->data)[j] = (float)p->sums[j];
        else
            ((double *)out->data)[j] = p->sums[j];
}

void tm_normalise_gradient(tm_call *call) {
    plan p = plan_for(call);
    if (call->arg[5].data) {
        p.task = (p.rows + TASKS - 1) / TASKS;
        if (p.task < ROWS) p.task = ROWS;
        const int64_t tasks = (p.rows + p.task - 1) / p.task;
        p.sums = calloc((size_t)(tasks * 2 * p.n), 2 * sizeof *p.sums);
        if (!p.sums) {
            call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
            return;
        }
        p.line = p.sums + tasks * 2 * p.n;
    }
    run(&p, call->compute == TM_FLOAT32 ? gradient_tasks_f32 : gradient_tasks_f64);
    if (p.sums) finish_sums(&p, (p.rows + p.task - 1) / p.task);
    free(p.sums);
}
