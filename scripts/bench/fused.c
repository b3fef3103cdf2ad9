/* MNIST MLP 784-128-32-10 (cross-entropy, batch 64, SGD lr 0.01 momentum 0.9, He init) by hand in C.
   Weights are kept input-major ([in][out]; W1 as four panels [784][32]); every product is a register tile of 8 rows x
   NV*16 columns. Each thread takes half of a batch's rows through forward and backward, then half of the weight rows,
   where the weight gradient stays in registers and goes straight into the momentum update. Two barriers per step.
   build: gcc -O3 -march=native -ffast-math -fopenmp fused.c -o fused -lz -lm
   usage: OMP_NUM_THREADS=2 ./fused [EPOCHS] */
#include "mnist_load.h"
#include <math.h>
#include <omp.h>
#include <sys/resource.h>
#define B 64
#define NTR 60000
#define NTE 10000
typedef float v16 __attribute__((vector_size(64), aligned(4)));
typedef int v16i __attribute__((vector_size(64), aligned(4)));
#define AL __attribute__((aligned(64)))
static float W1[784 * 128] AL, W2[128 * 32] AL, W3[32 * 16] AL, b1[128] AL, b2[32] AL, b3[16] AL;
static float V1[784 * 128] AL, V2[128 * 32] AL, V3[32 * 16] AL, c1[128] AL, c2[32] AL, c3[16] AL;
static float X[B * 784] AL, H1[B * 128] AL, H2[B * 32] AL, D1[B * 128] AL, D2[B * 32] AL, D3[B * 16] AL;
static float W2T[2][32 * 128] AL, W3T[2][16 * 32] AL; /* one copy a thread: written where it is read */

/* acc[8][NV] = A(8 x K) * Bm(K x NV*16); A's element (i,k) at A[i*ar + k*ak] */
#define MULTILE(NV)                                                                                                    \
    v16 acc[8][NV];                                                                                                    \
    for (int i = 0; i < 8; i++)                                                                                        \
        for (int j = 0; j < NV; j++) acc[i][j] = (v16){0};                                                             \
    for (int k = 0; k < K; k++) {                                                                                      \
        v16 bv[NV];                                                                                                    \
        _Pragma("GCC unroll 8") for (int j = 0; j < NV; j++) bv[j] = *(const v16 *)(Bm + k * ldb + 16 * j);            \
        _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++) {                                                          \
            float s = A[i * ar + k * ak];                                                                              \
            _Pragma("GCC unroll 8") for (int j = 0; j < NV; j++) acc[i][j] += s * bv[j];                               \
        }                                                                                                              \
    }

/* C rows r0..r1 = epilogue(A*Bm): EPI 0 none, 1 bias, 2 bias+ReLU, 3 mask by M>0 */
#define GEMM(NAME, NV)                                                                                                 \
    static inline __attribute__((always_inline)) void NAME(int r0, int r1, int N, int K, const float *A0, int ar,      \
                                                           int ak, const float *B0, int bs, int ldb, float *C,         \
                                                           int ldc, int epi, const float *bias, const float *M) {      \
        for (int n = 0; n < N; n += 16 * NV)                                                                           \
            for (int r = r0; r < r1; r += 8) {                                                                         \
                const float *A = A0 + (long)r * ar, *Bm = B0 + (long)n * bs;                                           \
                MULTILE(NV)                                                                                            \
                _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++)                                                    \
                    _Pragma("GCC unroll 8") for (int j = 0; j < NV; j++) {                                             \
                    v16 x = acc[i][j];                                                                                 \
                    int o = (r + i) * ldc + n + 16 * j;                                                                \
                    if (epi == 1 || epi == 2) x += *(const v16 *)(bias + n + 16 * j);                                  \
                    if (epi == 2) x = (v16)((v16i)x & (x > 0));                                                        \
                    if (epi == 3) x = (v16)((v16i)x & (*(const v16 *)(M + o) > 0));                                    \
                    *(v16 *)(C + o) = x;                                                                               \
                }                                                                                                      \
            }                                                                                                          \
    }
/* clang-format off */
GEMM(gemm2, 2)
GEMM(gemm1, 1)
/* clang-format on */

/* weight rows r0..r1: V = mu V + A^T D; W -= lr V, the gradient never leaving the registers */
#define UPD(NAME, NV)                                                                                                  \
    static inline __attribute__((always_inline)) void NAME(int r0, int r1, int N, int K, const float *A0, int ak,      \
                                                           const float *D, int ldb, float *W0, float *V0, int ws,      \
                                                           int wl, float lr, float mu) {                               \
        const int ar = 1;                                                                                              \
        for (int r = r0; r < r1; r += 8)                                                                               \
            for (int n = 0; n < N; n += 16 * NV) {                                                                     \
                const float *A = A0 + r, *Bm = D + n;                                                                  \
                MULTILE(NV)                                                                                            \
                _Pragma("GCC unroll 8") for (int i = 0; i < 8; i++)                                                    \
                    _Pragma("GCC unroll 8") for (int j = 0; j < NV; j++) {                                             \
                    long o = (long)n * ws + (r + i) * wl + 16 * j;                                                     \
                    v16 *w = (v16 *)(W0 + o), *v = (v16 *)(V0 + o);                                                    \
                    v16 g = mu * *v + acc[i][j];                                                                       \
                    *v = g;                                                                                            \
                    *w -= lr * g;                                                                                      \
                }                                                                                                      \
            }                                                                                                          \
    }
/* clang-format off */
UPD(upd2, 2)
UPD(upd1, 1)
/* clang-format on */

static void bias_upd(int n, int K, const float *D, float *b, float *c, float lr, float mu) {
    for (int j = 0; j < n; j++) {
        float g = 0;
        for (int k = 0; k < K; k++) g += D[k * n + j];
        c[j] = mu * c[j] + g;
        b[j] -= lr * c[j];
    }
}
static void gather(const unsigned char *img, const int *idx, int r0, int r1) {
    const float s = 1 / 255.f / 0.3081f, o = -0.1307f / 0.3081f;
    for (int r = r0; r < r1; r++) {
        const unsigned char *p = img + 784L * idx[r];
        for (int k = 0; k < 784; k++) X[r * 784 + k] = p[k] * s + o;
    }
}
static void forward(int r0, int r1) {
    gemm2(r0, r1, 128, 784, X, 784, 1, W1, 784, 32, H1, 128, 2, b1, 0);
    gemm2(r0, r1, 32, 128, H1, 128, 1, W2, 1, 32, H2, 32, 2, b2, 0);
    gemm1(r0, r1, 16, 32, H2, 32, 1, W3, 1, 16, D3, 16, 1, b3, 0);
}
static unsigned long long rs = 88172645463325252ull;
static unsigned rnd(void) {
    rs ^= rs << 13;
    rs ^= rs >> 7;
    rs ^= rs << 17;
    return rs >> 32;
}
static float gauss(void) {
    double u = (rnd() + 1.0) / 4294967297.0, w = rnd() / 4294967296.0;
    return sqrt(-2 * log(u)) * cos(2 * M_PI * w);
}
static void he(float *w, int in, int out, int ld) {
    for (int i = 0; i < in; i++)
        for (int j = 0; j < ld; j++) w[i * ld + j] = j < out ? gauss() * sqrtf(2.f / in) : 0;
}

int main(int argc, char **argv) {
    double T0 = now(), t[256];
    int ne = argc > 1 ? atoi(argv[1]) : 15;
    if (argc > 2) rs += 1000003ull * atoi(argv[2]);
    const float lr = 0.01f, mu = 0.9f;
    unsigned char *xi = idx_load("train-images-idx3-ubyte", 16, 784L * NTR),
                  *yi = idx_load("train-labels-idx1-ubyte", 8, NTR);
    unsigned char *xt = idx_load("t10k-images-idx3-ubyte", 16, 784L * NTE),
                  *yt = idx_load("t10k-labels-idx1-ubyte", 8, NTE);
    he(W1, 784, 128, 128);
    he(W2, 128, 32, 32);
    he(W3, 32, 10, 16);
    static int perm[NTR];
    for (int i = 0; i < NTR; i++) perm[i] = i;
    double loss = 0;
    int nt = omp_get_max_threads();
    if (nt > 2) nt = 2;
    for (int e = 0; e < ne; e++) {
        double t0 = now();
        loss = 0;
        for (int i = NTR - 1; i > 0; i--) {
            int j = (unsigned long long)rnd() * (i + 1) >> 32, s = perm[i];
            perm[i] = perm[j];
            perm[j] = s;
        }
#pragma omp parallel num_threads(nt) reduction(+ : loss)
        {
            int id = omp_get_thread_num();
            for (int i0 = 0; i0 < NTR; i0 += B) {
                int b = NTR - i0 < B ? NTR - i0 : B, r0 = b / nt * id, r1 = r0 + b / nt;
                const int *ix = perm + i0;
                gather(xi, ix, r0, r1);
                forward(r0, r1);
                for (int r = r0; r < r1; r++) { /* softmax cross-entropy and its gradient, in place */
                    float *z = D3 + r * 16, m = z[0], s = 0;
                    int y = yi[ix[r]];
                    for (int j = 1; j < 10; j++) m = z[j] > m ? z[j] : m;
                    float zy = z[y] - m;
                    for (int j = 0; j < 10; j++) s += z[j] = expf(z[j] - m);
                    for (int j = 0; j < 10; j++) z[j] /= s * b;
                    z[y] -= 1.f / b;
                    loss += logf(s) - zy;
                }
                float *w3 = W3T[id], *w2 = W2T[id];
                for (int k = 0; k < 32; k++)
                    for (int j = 0; j < 16; j++) w3[j * 32 + k] = W3[k * 16 + j];
                gemm2(r0, r1, 32, 10, D3, 16, 1, w3, 1, 32, D2, 32, 3, 0, H2);
                for (int k = 0; k < 128; k++)
                    for (int j = 0; j < 32; j++) w2[j * 128 + k] = W2[k * 32 + j];
                gemm2(r0, r1, 128, 32, D2, 32, 1, w2, 1, 128, D1, 128, 3, 0, H1);
                if (nt > 1) {
#pragma omp barrier
                }
                upd2(784 / nt * id, 784 / nt * (id + 1), 128, b, X, 784, D1, 128, W1, V1, 784, 32, lr, mu);
                upd2(128 / nt * id, 128 / nt * (id + 1), 32, b, H1, 128, D2, 32, W2, V2, 1, 32, lr, mu);
                if (id == 0) {
                    upd1(0, 32, 16, b, H2, 32, D3, 16, W3, V3, 1, 16, lr, mu);
                    bias_upd(16, b, D3, b3, c3, lr, mu);
                }
                if (id == nt - 1) {
                    bias_upd(128, b, D1, b1, c1, lr, mu);
                    bias_upd(32, b, D2, b2, c2, lr, mu);
                }
                if (nt > 1) {
#pragma omp barrier
                }
                if (e == 0 && i0 == 0 && id == 0) printf("first step done %.3f s after main()\n", now() - T0);
            }
        }
        t[e] = now() - t0;
    }
    int ok = 0, ix[B];
    double last = t[ne - 1];
    (void)last;
    for (int i0 = 0; i0 < NTE; i0 += 8) {
        for (int r = 0; r < 8; r++) ix[r] = i0 + r;
        gather(xt, ix, 0, 8);
        forward(0, 8);
        for (int r = 0; r < 8; r++) {
            int a = 0;
            for (int j = 1; j < 10; j++)
                if (D3[r * 16 + j] > D3[r * 16 + a]) a = j;
            ok += a == yt[i0 + r];
        }
    }
    qsort(t, ne, sizeof *t, cmpd);
    struct rusage ru;
    getrusage(RUSAGE_SELF, &ru);
    printf("fused C, threads %d: s/epoch median %.4f min %.4f max %.4f (n=%d), loss %.4f, test acc %.2f%%, peak RSS "
           "%ld MiB\n",
           nt, t[ne / 2], t[0], t[ne - 1], ne, loss / NTR, ok / 100.0, ru.ru_maxrss / 1024);
}
