/* device.c: the CPU as a device. Chooses the ISA level, says what it runs on, and owns memory and threads.
 *
 * The other files of this folder are compiled once for each level; this one is not. TENMO_ISA=base, v2, v3 or
 * v4 forces a level (at most what the processor has). */
#define _GNU_SOURCE
#include "../contract.h"
#include "../kernel.h"

#include "blas.h"
#include "device.h"
#include "threads.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

int tm_cpu_threads = 1;
tm_work tm_cpu_work;

/* --- levels ------------------------------------------------------------------------------------------------- */

typedef void fill_function(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]);

typedef struct level {
    const char *name;  /* what TENMO_ISA says */
    const char *title; /* what people read */
    fill_function *fill;
} level;

#if defined(__x86_64__)
fill_function tm_cpu_fill_base, tm_cpu_fill_v2, tm_cpu_fill_v3, tm_cpu_fill_v4;
static const level levels[] = {
    {"base", "SSE2 (x86-64)", tm_cpu_fill_base},
    {"v2", "SSE4.2 (x86-64-v2)", tm_cpu_fill_v2},
    {"v3", "AVX2 (x86-64-v3)", tm_cpu_fill_v3},
    {"v4", "AVX-512 (x86-64-v4)", tm_cpu_fill_v4},
};

static int best_level(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return 3;
    if (__builtin_cpu_supports("x86-64-v3")) return 2;
    return __builtin_cpu_supports("x86-64-v2") ? 1 : 0;
}
#else
fill_function tm_cpu_fill_base;
static const level levels[] = {{"base", "portable", tm_cpu_fill_base}};

static int best_level(void) { return 0; }
#endif

static const level *choose_level(void) {
    const int best = best_level();
    const char *wish = getenv("TENMO_ISA");
    for (int i = 0; wish && i <= best; i++)
        if (!strcmp(wish, levels[i].name)) return &levels[i];
    return &levels[best];
}

/* --- memory --------------------------------------------------------------------------------------------------- */

/* A large buffer stands on huge pages of its own: fewer faults and misses of the address cache. */
static void *allocate_large(size_t bytes) {
    const size_t size = (bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    if (size < bytes || size + HUGE_PAGE < size) return NULL;
    char *start = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return NULL;
    const size_t before = (HUGE_PAGE - ((uintptr_t)start & (HUGE_PAGE - 1))) & (HUGE_PAGE - 1);
    if (before) munmap(start, before);
    if (HUGE_PAGE - before) munmap(start + before + size, HUGE_PAGE - before);
    madvise(start + before, size, MADV_HUGEPAGE); /* a wish: refusing it is no failure */
    return start + before;
}

static void *allocate(size_t bytes) {
    if (bytes >= HUGE_PAGE) return allocate_large(bytes);
    return aligned_alloc(64, bytes ? (bytes + 63) & ~(size_t)63 : 64);
}

static void release(void *data, size_t bytes) {
    if (bytes >= HUGE_PAGE)
        munmap(data, (bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
    else
        free(data);
}

/* --- threads and the description -------------------------------------------------------------------------------- */

static const level *chosen;

static const char *describe(void) {
    static char text[160];
    const tm_blas *blas = tm_blas_load();
    snprintf(text, sizeof text, "%s, %s, %d thread%s", chosen->title, blas ? blas->description : "no OpenBLAS",
             tm_cpu_threads, tm_cpu_threads == 1 ? "" : "s");
    return text;
}

static int set_threads(int threads) {
    if (threads > 0) tm_cpu_threads = threads;
    return tm_cpu_threads;
}

static tm_device device = {
    .name = "cpu",
    .describe = describe,
    .allocate = allocate,
    .release = release,
    .set_threads = set_threads,
    .work = &tm_cpu_work,
};

const tm_device *tm_cpu_device(void) {
    if (!chosen) {
        chosen = choose_level();
        chosen->fill(device.kernel);
        device.contract = tm_contract();
        set_threads(omp_get_max_threads());
    }
    return &device;
}
