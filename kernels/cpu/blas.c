/* blas.c: see blas.h. */
#include "blas.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tm_blas blas;
static void *library;

/* Sets a variable of the environment that isn't set; 1 if it did. */
static int lend(const char *name, const char *value) { return value && !getenv(name) && !setenv(name, value, 1); }

/* OpenBLAS reads these variables while it is loaded: how many threads it starts, and for which processor it computes if
 * not for the one it finds (NULL). They are put back afterwards, for the programs that a script may start. */
static void open_library(const char *processor) {
    const int threads = lend("OPENBLAS_NUM_THREADS", "1"), core = lend("OPENBLAS_CORETYPE", processor);
    library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (threads) unsetenv("OPENBLAS_NUM_THREADS");
    if (core) unsetenv("OPENBLAS_CORETYPE");
}

/* For a processor that it doesn't know, one that is newer than itself, OpenBLAS takes its oldest kernels, those for
 * Prescott. Then this is a better choice; NULL where there is none, or the user made one. */
static const char *better_than(const char *core) {
#ifdef __x86_64__
    if (strcmp(core, "Prescott") || getenv("OPENBLAS_CORETYPE")) return NULL;
    if (__builtin_cpu_supports("x86-64-v4")) return "SkylakeX";
    if (__builtin_cpu_supports("x86-64-v3")) return "Haswell";
#endif
    (void)core;
    return NULL;
}

static const char *core_name(void) {
    char *(*core)(void) = library ? (char *(*)(void))dlsym(library, "openblas_get_corename") : NULL;
    return core ? core() : "";
}

static void open_best(void) {
    open_library(NULL);
    const char *better = better_than(core_name());
    if (better && !dlclose(library)) open_library(better);
}

/* "OpenBLAS 0.3.21 NO_LAPACKE ...": the first two words, and the name of the processor it has kernels for. */
static void describe(const char *config, const char *core) {
    char version[40];
    snprintf(version, sizeof version, "%s", config);
    char *end = strchr(version, ' ');
    end = end ? strchr(end + 1, ' ') : NULL;
    if (end) *end = 0;
    snprintf(blas.description, sizeof blas.description, "%s %s", version, core);
}

static int load(void) {
    open_best();
    if (!library) return 0;
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    char *(*config)(void) = (char *(*)(void))dlsym(library, "openblas_get_config");
    blas.sgemm = (__typeof__(cblas_sgemm) *)dlsym(library, "cblas_sgemm");
    blas.dgemm = (__typeof__(cblas_dgemm) *)dlsym(library, "cblas_dgemm");
    if (!set_threads || !config || !blas.sgemm || !blas.dgemm) return 0;
    set_threads(1);
    describe(config(), core_name());
    return 1;
}

const tm_blas *tm_blas_load(void) {
    static int state; /* 0: not tried, 1: there, -1: missing */
    if (!state) state = load() ? 1 : -1;
    return state > 0 ? &blas : NULL;
}

void *tm_blas_symbol(const char *name) { return tm_blas_load() ? dlsym(library, name) : NULL; }
