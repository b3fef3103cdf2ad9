/* threads.c: the threads that share a kernel's work.
 *
 * Each of them waits for a share at a place of its own: one cache line, which the thread that runs the program fills in
 * and then offers. Whoever turns OFFERED into TAKEN computes the share, be it the one it was meant for or, where that
 * one sleeps or another program has its core, the program's thread when it has done its own. So nobody waits for a
 * share that nobody has begun, and a share goes to the same thread at every step while the cores are free.
 *
 * A worker spins for about a millisecond, then it sleeps. To hand out work and to collect it takes about 0.1 us on two
 * cores that share a cache; a parallel region of libgomp takes 0.45, and a small step has ten of them. */
#define _GNU_SOURCE
#include "threads.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST 256       /* threads that share */
#define LONG 40000     /* looks at a place before its worker sleeps */
#define PATIENCE 2000  /* looks before the core is offered to others */
#define LINE_BYTES 128 /* processors fetch lines of 64 bytes in pairs */

enum { DONE, OFFERED, TAKEN };

typedef struct worker {
    _Alignas(LINE_BYTES) _Atomic uint32_t share; /* DONE, OFFERED or TAKEN, and what it is: */
    tm_tasks run;
    void *self;
    int64_t from, to;
    _Alignas(LINE_BYTES) _Atomic uint32_t asleep;
} worker;

static worker crew[MOST]; /* the first place stays empty: that share is the caller's */
static int hired = 1;
static _Atomic int looks;
static _Atomic uint32_t sharing;

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int take(worker *w) {
    uint32_t offered = OFFERED;
    return atomic_compare_exchange_strong_explicit(&w->share, &offered, TAKEN, memory_order_acquire,
                                                   memory_order_relaxed);
}

static void compute(worker *w) {
    w->run(w->self, w->from, w->to);
    atomic_store_explicit(&w->share, DONE, memory_order_release);
}

/* --- a worker ---------------------------------------------------------------------------------------------------- */

/* Until it is woken, which follows each offer that may have been made before `asleep` was seen. */
static void sleep_until_offered(worker *w) {
    atomic_store(&w->asleep, 1);
    while (atomic_load(&w->asleep) && atomic_load(&w->share) != OFFERED)
        syscall(SYS_futex, &w->asleep, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
    atomic_store(&w->asleep, 0);
}

/* After PATIENCE looks the core is offered to others now and then: the program's thread may be waiting for it. */
static void look_for_offer(worker *w) {
    const int most = atomic_load_explicit(&looks, memory_order_relaxed);
    for (int looked = 0; looked < most; looked++) {
        if (atomic_load_explicit(&w->share, memory_order_relaxed) == OFFERED) return;
        relax();
        if (looked > PATIENCE && looked % 64 == 0) sched_yield();
    }
    sleep_until_offered(w);
}

static void *work(void *place) {
    worker *w = place;
    for (;;) {
        look_for_offer(w);
        if (take(w)) compute(w);
    }
    return NULL;
}

/* Workers that wait would only be in the way where there are more threads than cores, or where the user says so as for
 * OpenMP. */
static int looks_of(int threads) {
    const char *policy = getenv("OMP_WAIT_POLICY");
    cpu_set_t cores;
    if (policy && !strcasecmp(policy, "passive")) return 0;
    return !sched_getaffinity(0, sizeof cores, &cores) && CPU_COUNT(&cores) < threads ? 0 : LONG;
}

static int start(worker *w) {
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all); /* what a person or the system sends is for the program's thread; faults come to their own */
    for (int i = 0; i < 4; i++) sigdelset(&all, (int[]){SIGBUS, SIGSEGV, SIGFPE, SIGILL}[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed && !pthread_detach(thread);
}

/* Where the system has no thread to give, fewer share. */
static int hire(int threads) {
    static int last;
    if (tm_cpu_threads != last) atomic_store(&looks, looks_of(tm_cpu_threads));
    last = tm_cpu_threads;
    if (threads > MOST) threads = MOST;
    while (hired < threads && start(&crew[hired])) hired++;
    return hired < threads ? hired : threads;
}

/* --- the program's thread ---------------------------------------------------------------------------------------- */

static void offer(int threads) {
    for (int t = 1; t < threads; t++) atomic_store_explicit(&crew[t].share, OFFERED, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    for (int t = 1; t < threads; t++)
        if (atomic_load_explicit(&crew[t].asleep, memory_order_relaxed)) {
            atomic_store(&crew[t].asleep, 0);
            syscall(SYS_futex, &crew[t].asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
        }
}

static void wait_for(worker *w) {
    for (int looked = 0; atomic_load_explicit(&w->share, memory_order_acquire) != DONE; looked++)
        if (looked < PATIENCE)
            relax();
        else
            sched_yield();
}

void tm_share_out(tm_tasks run, void *self, int64_t n, int threads) {
    if (atomic_exchange(&sharing, 1)) { /* a share that shares, or a second thread of the program */
        run(self, 0, n);
        return;
    }
    threads = hire(threads);
    for (int t = 1; t < threads; t++) {
        worker *w = &crew[t];
        w->run = run, w->self = self, w->from = n * t / threads, w->to = n * (t + 1) / threads;
    }
    offer(threads);
    run(self, 0, n / threads);
    for (int t = threads; --t > 0;)
        if (take(&crew[t])) compute(&crew[t]);
    for (int t = threads; --t > 0;) wait_for(&crew[t]);
    atomic_store(&sharing, 0);
}
