/* Load the MNIST IDX gz files with zlib: labels and images as bytes. Link with -lz. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>
static unsigned char *idx_load(const char *name, int skip, long n) {
    const char *dir = getenv("MNIST_DIR");
    char p[512];
    snprintf(p, sizeof p, "%s/%s.gz", dir ? dir : ".", name);
    gzFile f = gzopen(p, "rb");
    unsigned char *b = malloc(n + skip);
    if (!f || gzread(f, b, n + skip) != n + skip) {
        fprintf(stderr, "cannot read %s\n", p);
        exit(1);
    }
    gzclose(f);
    memmove(b, b + skip, n);
    return b;
}
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}
static int cmpd(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return (x > y) - (x < y);
}
