/* threads.h: how work is spread over threads.
 *
 * Work is always cut by its shape alone, never by the number of threads, and each piece is computed in the
 * same order whoever takes it. So results have the same bits for any number of threads. */
#ifndef TM_THREADS_H
#define TM_THREADS_H

#include "names.h"

/* The number that set_threads asked for; device.c owns it. */
extern int tm_cpu_threads;

extern tm_work tm_cpu_work; /* device.c too: what the last call did, for whoever listens */

/* Below this many bytes of cheap work a second thread costs more than it brings. Measured when to share and to collect
 * took 0.5 us, in which one core moves some 50 kB in cache; with threads.c it takes 0.1, so they could be lower. */
#define TM_SHARE_BYTES (192 * 1024)
/* The same in evaluations of exp, log, tanh or pow, and in multiply-adds. */
#define TM_SHARE_COSTLY 4096
#define TM_SHARE_PRODUCT 200000

/* Threads for `pieces` pieces of work: 1 when the work is too small to share. */
static inline int tm_threads_for(int64_t pieces, int enough) {
    if (!enough || pieces < 2 || tm_cpu_threads < 2) return 1;
    return pieces < tm_cpu_threads ? (int)pieces : tm_cpu_threads;
}

/* Tasks from .. to-1 of what self describes. */
typedef void (*tm_tasks)(void *self, int64_t from, int64_t to);

/* Hand n tasks to that many threads, each a contiguous share (threads.c). */
void tm_share_out(tm_tasks run, void *self, int64_t n, int threads);

static inline void tm_share(tm_tasks run, void *self, int64_t n, int threads) {
    tm_cpu_work.pieces = n;
    tm_cpu_work.threads = threads;
    if (threads == 1)
        run(self, 0, n);
    else
        tm_share_out(run, self, n, threads);
}

#endif
