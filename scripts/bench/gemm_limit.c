/* gemm_limit.c: OpenBLAS at the products of ops_bench.json. Prints JSON lines
 * {"key":..,"threads":..,"ns":..,"gflops":..}.
 *
 *     gcc -O2 gemm_limit.c -o gemm_limit -lopenblas -lm && OPENBLAS_NUM_THREADS=2 ./gemm_limit */
#include <cblas.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct product {
    const char *key;
    int ta, tb, m, n, k, batch; /* batch 0: a matrix times a vector */
} product;

static const product products[] = {
    {"mm_64x784x128", 0, 0, 64, 128, 784, 1}, {"mm_256", 0, 0, 256, 256, 256, 1},
    {"mm_1024", 0, 0, 1024, 1024, 1024, 1},   {"bmm_32x64", 0, 0, 64, 64, 64, 32},
    {"mm_nt_256", 0, 1, 256, 256, 256, 1},    {"mm_tn_256", 1, 0, 256, 256, 256, 1},
    {"mm_64x128x10", 0, 0, 64, 10, 128, 1},   {"mm_tn_784x64x128", 1, 0, 784, 128, 64, 1},
    {"mv_1024", 0, 0, 1024, 1, 1024, 0},
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return (x > y) - (x < y);
}

static float *filled(size_t n) {
    float *p = aligned_alloc(64, (n * sizeof *p + 63) & ~(size_t)63);
    uint32_t r = 7;
    for (size_t i = 0; i < n; i++) r = r * 1664525u + 1013904223u, p[i] = (float)(int32_t)r * 0x1p-31f;
    return p;
}

static void multiply(const product *p, const float *a, const float *b, float *c) {
    enum CBLAS_TRANSPOSE ta = p->ta ? CblasTrans : CblasNoTrans, tb = p->tb ? CblasTrans : CblasNoTrans;
    if (!p->batch) cblas_sgemv(CblasRowMajor, ta, p->m, p->k, 1, a, p->k, b, 1, 0, c, 1);
    for (int i = 0; i < p->batch; i++)
        cblas_sgemm(CblasRowMajor, ta, tb, p->m, p->n, p->k, 1, a + (size_t)i * p->m * p->k, p->ta ? p->m : p->k,
                    b + (size_t)i * p->k * p->n, p->tb ? p->k : p->n, 0, c + (size_t)i * p->m * p->n, p->n);
}

/* The median ns of 9 samples of about 15 ms. */
static double measure(const product *p) {
    size_t batch = p->batch ? p->batch : 1;
    float *a = filled(batch * p->m * p->k), *b = filled(batch * p->k * p->n), *c = filled(batch * p->m * p->n);
    double sample[9], took = 0;
    long n = 1;
    multiply(p, a, b, c);
    for (; took < 5e6; n *= 2) {
        double t = now();
        for (long i = 0; i < n; i++) multiply(p, a, b, c);
        took = now() - t;
    }
    n = (long)(n / 2 * 15e6 / took) + 1;
    for (int s = 0; s < 9; s++) {
        double t = now();
        for (long i = 0; i < n; i++) multiply(p, a, b, c);
        sample[s] = (now() - t) / n;
    }
    qsort(sample, 9, sizeof *sample, by_value);
    free(a), free(b), free(c);
    return sample[4];
}

int main(void) {
    const char *threads = getenv("OPENBLAS_NUM_THREADS");
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        const product *p = &products[i];
        double ns = measure(p), flops = 2.0 * p->m * p->n * p->k * (p->batch ? p->batch : 1);
        printf("{\"key\":\"%s\",\"threads\":%d,\"ns\":%.0f,\"gflops\":%.1f}\n", p->key, threads ? atoi(threads) : 0, ns,
               flops / ns);
        fflush(stdout);
    }
    return 0;
}
