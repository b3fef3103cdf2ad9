/* The GEMMs of one epoch of the MNIST MLP (784-128-32-10, batch 64, 937 full batches + one of 32) in
   OpenBLAS and nothing else: forward, weight gradients, input gradients of layers 2 and 3.
   build: gcc -O3 -march=native floor.c -o floor -lopenblas -lm
   usage: floor THREADS [EPOCHS] [hot] [acc] [mnist]
   hot: the same batch every step, so that no image comes from main memory; acc: beta 1, the outputs zeroed by memset
   first (beta 0 makes OpenBLAS clear them itself); mnist: 81% of X one constant, as the images are, and half of H zero
 */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
void openblas_set_num_threads(int);
char *openblas_get_config(void);
char *openblas_get_corename(void);
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}
static int cmpd(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return (x > y) - (x < y);
}
static float *rnd(long n) {
    float *p = aligned_alloc(64, (n * 4 + 63) / 64 * 64);
    for (long i = 0; i < n; i++) p[i] = rand() / (float)RAND_MAX - 0.5f;
    return p;
}
static int acc;
static void gemm(int ta, int tb, int M, int N, int K, const float *A, const float *B, float *C) {
    if (acc) memset(C, 0, sizeof(float) * M * N);
    cblas_sgemm(CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, M, N, K, 1, A,
                ta ? M : K, B, tb ? K : N, acc, C, N);
}
#define NT(...) gemm(0, 1, __VA_ARGS__)
#define TN(...) gemm(1, 0, __VA_ARGS__)
#define NN(...) gemm(0, 0, __VA_ARGS__)
static void relu(float *p, int n) {
    for (int i = 0; i < n; i++) p[i] = p[i] > 0 ? p[i] : 0;
}
int main(int c, char **v) {
    int nt = c > 1 ? atoi(v[1]) : 1, ne = c > 2 ? atoi(v[2]) : 9, hot = 0, mn = 0, N = 60000;
    for (int i = 3; i < c; i++) hot |= !strcmp(v[i], "hot"), mn |= !strcmp(v[i], "mnist"), acc |= !strcmp(v[i], "acc");
    openblas_set_num_threads(nt);
    float *X = rnd((long)N * 784), *W1 = rnd(128 * 784), *W2 = rnd(32 * 128), *W3 = rnd(10 * 32), *G1 = rnd(128 * 784),
          *G2 = rnd(32 * 128), *G3 = rnd(10 * 32);
    float *H1 = rnd(64 * 128), *H2 = rnd(64 * 32), *Z = rnd(64 * 10), *D1 = rnd(64 * 128), *D2 = rnd(64 * 32);
    if (mn)
        for (long i = 0; i < (long)N * 784; i++)
            if (rand() % 100 < 81) X[i] = -0.4242f;
    double t[64];
    if (ne > 64) ne = 64;
    for (int e = -1; e < ne; e++) {
        double t0 = now();
        for (int i = 0; i < N; i += 64) {
            int b = N - i < 64 ? N - i : 64;
            float *x = hot ? X : X + (long)i * 784;
            NT(b, 128, 784, x, W1, H1);
            if (mn) relu(H1, b * 128);
            NT(b, 32, 128, H1, W2, H2);
            if (mn) relu(H2, b * 32);
            NT(b, 10, 32, H2, W3, Z);
            TN(10, 32, b, Z, H2, G3);
            NN(b, 32, 10, Z, W3, D2);
            TN(32, 128, b, D2, H1, G2);
            NN(b, 128, 32, D2, W2, D1);
            TN(128, 784, b, D1, x, G1);
        }
        if (e >= 0) t[e] = now() - t0;
    }
    qsort(t, ne, sizeof *t, cmpd);
    printf("floor%s%s%s: %s, core %s, threads %d: s/epoch median %.4f min %.4f max %.4f (n=%d), %.1f GFLOP/s\n",
           hot ? " hot" : "", acc ? " acc" : "", mn ? " mnist" : "", openblas_get_config(), openblas_get_corename(), nt,
           t[ne / 2], t[0], t[ne - 1], ne, 2.0 * N * (784 * 128 * 2 + 128 * 32 * 3 + 32 * 10 * 3) / t[ne / 2] / 1e9);
}
