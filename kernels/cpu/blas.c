/* blas.c: see blas.h. */
#include "blas.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tm_blas blas;
static void *library;

/* OpenBLAS starts its threads while it is loaded, as many as this variable says. It is put back afterwards, for the
 * programs that a script may start. */
static void open_library(void) {
    const char *name = "OPENBLAS_NUM_THREADS";
    const int set = getenv(name) != NULL;
    if (!set) setenv(name, "1", 1);
    library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!set) unsetenv(name);
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
    open_library();
    if (!library) return 0;
    void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
    char *(*config)(void) = (char *(*)(void))dlsym(library, "openblas_get_config");
    char *(*core)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
    blas.sgemm = (__typeof__(cblas_sgemm) *)dlsym(library, "cblas_sgemm");
    blas.dgemm = (__typeof__(cblas_dgemm) *)dlsym(library, "cblas_dgemm");
    if (!set_threads || !config || !core || !blas.sgemm || !blas.dgemm) return 0;
    set_threads(1);
    describe(config(), core());
    return 1;
}

const tm_blas *tm_blas_load(void) {
    static int state; /* 0: not tried, 1: there, -1: missing */
    if (!state) state = load() ? 1 : -1;
    return state > 0 ? &blas : NULL;
}

void *tm_blas_symbol(const char *name) { return tm_blas_load() ? dlsym(library, name) : NULL; }
