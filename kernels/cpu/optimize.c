/* optimize.c: SGD and Adam, one pass over all parameters (call->slot).
 *
 * Each thread takes a contiguous part of each parameter, the same at every step, so that it stays in its cache: the one
 * whose gradient it made, since a weight's product is cut along its rows too (product.c). */
#include "names.h"
#include "threads.h"

#include "../vocabulary.h"

#define LINE 16 /* elements */

#define TM_SUFFIX f32
#include "optimize_loops.h"
#undef TM_SUFFIX
#define TM_SUFFIX f64
#include "optimize_loops.h"
#undef TM_SUFFIX

typedef void (*update)(const tm_call *call, const tm_slot *slot, int64_t from, int64_t n);

typedef struct pass {
    const tm_call *call;
    update f32, f64;
    int64_t threads;
} pass;

/* Elements from .. from+n-1 of a gradient of rows: row by row, each where its id says. */
static void update_rows(const tm_call *call, const tm_slot *slot, update f, int64_t from, int64_t n) {
    const int64_t bytes = tm_bytes_of(slot->dtype), width = slot->width;
    for (int64_t size; n > 0; from += size, n -= size) {
        const int64_t row = from / width, away = (slot->ids[row] - row) * width * bytes;
        size = tm_smaller(n, (row + 1) * width - from);
        tm_slot one = *slot;
        one.param = (char *)slot->param + away;
        for (int k = 0; k < 2; k++)
            if (slot->state[k]) one.state[k] = (char *)slot->state[k] + away;
        f(call, &one, from, size);
    }
}

/* Where a thread's share of n elements starts: at a cache line's, and so that small slots are one thread's. */
static int64_t share(int64_t n, int64_t threads, int64_t t) {
    return tm_smaller(n, (n * t / threads + LINE - 1) / LINE * LINE);
}

/* The shares from .. to-1 of every slot. */
static void update_shares(void *self, int64_t from, int64_t to) {
    const pass *p = self;
    for (int64_t s = 0; s < p->call->n_slots; s++) {
        const tm_slot *slot = &p->call->slot[s];
        const int64_t first = share(slot->n, p->threads, from), n = share(slot->n, p->threads, to) - first;
        const update f = slot->dtype == TM_FLOAT64 ? p->f64 : p->f32;
        if (n > 0 && slot->ids)
            update_rows(p->call, slot, f, first, n);
        else if (n > 0)
            f(p->call, slot, first, n);
    }
}

static void run(const tm_call *call, update f32, update f64) {
    int64_t n = 0;
    for (int64_t s = 0; s < call->n_slots; s++) n += call->slot[s].n;
    const int threads = tm_threads_for(n, n * 16 >= 2 * TM_SHARE_BYTES);
    pass p = {call, f32, f64, threads};
    tm_share(update_shares, &p, threads, threads);
}

void tm_sgd(tm_call *call) { run(call, sgd_f32, sgd_f64); }

void tm_adam(tm_call *call) { run(call, adam_f32, adam_f64); }
