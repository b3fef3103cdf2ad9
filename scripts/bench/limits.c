/* limits.c: what this machine allows. Prints JSON lines {"key":..,"threads":..,"ws":..,"value":..}.
 *
 *     gcc -O3 -march=native -ffast-math -fopenmp limits.c -o limits -lm     (-mprefer-vector-width=512 where it helps)
 *     OMP_NUM_THREADS=2 ./limits                       everything, about a minute: what limit.py reads
 *     OMP_NUM_THREADS=2 ./limits peak                  fma_gflops
 *     OMP_NUM_THREADS=2 ./limits bandwidth BYTES...    bw_* in GB/s at these working sets
 *
 * A memory figure is that of plain stores or of stores that bypass the cache (_nt); take the better one. */
#define _GNU_SOURCE
#include <immintrin.h>
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#if defined __AVX512F__
enum { WIDTH = 16 };
#define STREAM(p, v) _mm512_stream_ps(p, (__m512)(v))
#elif defined __AVX__
enum { WIDTH = 8 };
#define STREAM(p, v) _mm256_stream_ps(p, (__m256)(v))
#else
enum { WIDTH = 4 };
#define STREAM(p, v) _mm_stream_ps(p, (__m128)(v))
#endif
typedef float vec __attribute__((vector_size(WIDTH * 4), may_alias));
#define AT(p, i) (*(vec *)((p) + (i)))

static int T;
static volatile float sink;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}
static int by_value(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return (x > y) - (x < y);
}
static void *large(size_t n) {
    size_t page = 2 << 20;
    uintptr_t p = (uintptr_t)mmap(0, n + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *a = (void *)((p + page - 1) & ~(page - 1));
    madvise(a, n, MADV_HUGEPAGE);
    return memset(a, 0, n);
}
static void tell(const char *key, size_t ws, double value) {
    printf("{\"key\":\"%s\",\"threads\":%d,\"ws\":%zu,\"value\":%.6g}\n", key, T, ws, value);
    fflush(stdout);
}

/* OUT: the median ns of one BODY, calibrated to 5 ms a sample, 7 samples. */
#define SPIN(N, BODY)                                                                                                  \
    for (long r_ = 0; r_ < (N); r_++) {                                                                                \
        BODY;                                                                                                          \
    }
#define TIME(OUT, BODY)                                                                                                \
    do {                                                                                                               \
        SPIN(2, BODY)                                                                                                  \
        long reps_ = 1;                                                                                                \
        double took_ = 0, sample_[7];                                                                                  \
        for (;; reps_ *= 2) {                                                                                          \
            double t_ = now();                                                                                         \
            SPIN(reps_, BODY)                                                                                          \
            took_ = now() - t_;                                                                                        \
            if (took_ > 2e6 || reps_ > 100000000) break;                                                               \
        }                                                                                                              \
        reps_ = (long)(reps_ * 5e6 / took_) + 1;                                                                       \
        for (int s_ = 0; s_ < 7; s_++) {                                                                               \
            double t_ = now();                                                                                         \
            SPIN(reps_, BODY)                                                                                          \
            sample_[s_] = (now() - t_) / reps_;                                                                        \
        }                                                                                                              \
        qsort(sample_, 7, sizeof *sample_, by_value);                                                                  \
        OUT = sample_[3];                                                                                              \
    } while (0)

/* --- memory -------------------------------------------------------------------------------------------- */

enum { READ, WRITE, COPY, TRIAD, UPDATE, KINDS };
static const struct {
    const char *name;
    int arrays, moves;
} kinds[] = {{"read", 1, 1}, {"write", 1, 1}, {"copy", 2, 2}, {"triad", 3, 3}, {"update", 2, 3}};

#define EACH for (size_t i = 0; i < n; i += WIDTH)
static __attribute__((noinline)) void move(int kind, int stream, float *c, const float *a, const float *b, size_t n) {
    vec s = (vec){0} + 1.01f, r0 = {0}, r1 = {0}, r2 = {0}, r3 = {0};
    switch (2 * kind + stream) {
    case 2 * READ:
        for (size_t i = 0; i + 4 * WIDTH <= n; i += 4 * WIDTH) {
            r0 += AT(a, i), r1 += AT(a, i + WIDTH), r2 += AT(a, i + 2 * WIDTH), r3 += AT(a, i + 3 * WIDTH);
        }
        r0 += r1 + r2 + r3;
        for (int i = 0; i < WIDTH; i++) sink = r0[i];
        break;
    case 2 * WRITE: EACH AT(c, i) = s; break;
    case 2 * WRITE + 1: EACH STREAM(c + i, s); break;
    case 2 * COPY: EACH AT(c, i) = AT(a, i); break;
    case 2 * COPY + 1: EACH STREAM(c + i, AT(a, i)); break;
    case 2 * TRIAD: EACH AT(c, i) = AT(a, i) + s * AT(b, i); break;
    case 2 * TRIAD + 1: EACH STREAM(c + i, AT(a, i) + s * AT(b, i)); break;
    case 2 * UPDATE: EACH AT(c, i) = AT(c, i) + 1e-9f * AT(a, i); break;
    }
    if (stream) _mm_sfence();
}

/* The team moves n elements an array, each thread its slice. */
static void team(int kind, int stream, float *c, const float *a, const float *b, size_t n) {
#pragma omp parallel if (T > 1)
    {
        size_t t = (size_t)omp_get_thread_num(), slice = (n / (size_t)T + 63) & ~(size_t)63, lo = t * slice;
        size_t hi = lo + slice < n ? lo + slice : n;
        if (lo < hi) move(kind, stream, c + lo, a + lo, b + lo, hi - lo);
    }
}

static void bandwidth(size_t ws) {
    float *p = large(ws);
    for (int kind = 0; kind < KINDS; kind++) {
        size_t n = ws / 4 / (size_t)kinds[kind].arrays & ~(size_t)63;
        float *a = p, *b = p + n, *c = p + n * (size_t)(kinds[kind].arrays - 1);
        for (int stream = 0; stream < (kind == READ || kind == UPDATE ? 1 : 2); stream++) {
            double ns;
            TIME(ns, team(kind, stream, c, a, b, n));
            char key[40];
            sprintf(key, "bw_%s%s", kinds[kind].name, stream ? "_nt" : "");
            tell(key, ws, 4.0 * (double)n * kinds[kind].moves / ns);
        }
    }
    munmap(p, ws);
}

/* --- arithmetic on a block in the first cache, ns an element for the whole team ------------------------- */

/* One polynomial exp (6 terms, Cody-Waite reduction): what a kernel written by hand reaches. */
static inline __attribute__((always_inline)) float poly_exp(float x) {
    x = x > 88.f ? 88.f : x < -87.f ? -87.f : x;
    float k = rintf(x * 1.44269504f), r = x - k * 0.693359375f;
    r = r + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f, p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f, p = p * r + 5.0000001201e-1f, p = p * r * r + r + 1.f;
    union {
        int i;
        float f;
    } u = {((int)k + 127) << 23};
    return p * u.f;
}
/* Abramowitz and Stegun 7.1.26 */
static inline __attribute__((always_inline)) float poly_erf(float x) {
    float a = x < 0 ? -x : x, t = 1.f / (1.f + .3275911f * a), y = 1.061405429f;
    y = y * t - 1.453152027f, y = y * t + 1.421413741f, y = y * t - .284496736f, y = y * t + .254829592f;
    y = 1.f - y * t * poly_exp(-a * a);
    return x < 0 ? -y : y;
}
#define LOOP(NAME, EXPR)                                                                                               \
    static __attribute__((noinline)) void NAME(float *restrict y, const float *restrict x, int n) {                    \
        for (int i = 0; i < n; i++) {                                                                                  \
            float v = x[i];                                                                                            \
            y[i] = EXPR;                                                                                               \
        }                                                                                                              \
    }
LOOP(lib_exp, expf(v))
LOOP(lib_tanh, tanhf(v))
LOOP(lib_gelu, 0.5f * v * (1.f + erff(v * 0.70710678f)))
LOOP(lib_sigmoid, 1.f / (1.f + expf(-v)))
LOOP(lib_relu, v > 0 ? v : 0)
LOOP(own_exp, poly_exp(v))
LOOP(own_tanh, 1.f - 2.f / (poly_exp(2.f * v) + 1.f))
LOOP(own_gelu, 0.5f * v * (1.f + poly_erf(v * 0.70710678f)))
LOOP(own_sigmoid, 1.f / (1.f + poly_exp(-v)))

static void compute(void) {
    enum { N = 4096 };
    static const struct {
        const char *key;
        void (*f)(float *, const float *, int);
    } loops[] = {{"ew_exp", lib_exp},         {"ew_exp_poly", own_exp},
                 {"ew_tanh", lib_tanh},       {"ew_tanh_poly", own_tanh},
                 {"ew_gelu", lib_gelu},       {"ew_gelu_poly", own_gelu},
                 {"ew_sigmoid", lib_sigmoid}, {"ew_sigmoid_poly", own_sigmoid},
                 {"ew_relu", lib_relu}};
    for (size_t k = 0; k < sizeof loops / sizeof *loops; k++) {
        double worst = 0;
#pragma omp parallel reduction(max : worst)
        {
            float *x = aligned_alloc(64, 2 * N * 4), *y = x + N;
            for (int i = 0; i < N; i++) x[i] = (float)(i % 200) * .05f - 5;
            TIME(worst, loops[k].f(y, x, N));
            sink = y[7];
            free(x);
        }
        tell(loops[k].key, N * 8, worst / N / T);
    }
}

/* 12 independent chains of fused multiply-adds: 16 registers hold them and the two constants. */
static __attribute__((noinline)) void chains(void) {
    vec a = (vec){0} + .9999f, b = (vec){0} + 1e-4f, r[12];
    for (int j = 0; j < 12; j++) r[j] = b + (float)j;
    for (int k = 0; k < 1000; k++) {
#pragma GCC unroll 12
        for (int j = 0; j < 12; j++) r[j] = r[j] * a + b;
    }
    for (int j = 1; j < 12; j++) r[0] += r[j];
    sink = r[0][0];
}
static void peak(void) {
    double worst = 0;
#pragma omp parallel reduction(max : worst)
    TIME(worst, chains());
    tell("fma_gflops", 0, 2.0 * 12 * 1000 * WIDTH / worst * T);
}

/* --- random numbers and sorting ------------------------------------------------------------------------ */

/* xoshiro128+, 16 side by side */
typedef uint32_t words __attribute__((vector_size(64)));
static __attribute__((noinline)) void xoshiro(words s[4], float *o, int n) {
    words a = s[0], b = s[1], c = s[2], d = s[3];
    for (int i = 0; i < n; i += 16) {
        words r = (a + d) >> 8, t = b << 9;
        c ^= a, d ^= b, b ^= c, a ^= d, c ^= t, d = d << 11 | d >> 21;
        for (int j = 0; j < 16; j++) o[i + j] = (float)(int32_t)r[j] * 0x1p-24f;
    }
    s[0] = a, s[1] = b, s[2] = c, s[3] = d;
}
static __attribute__((noinline)) void box_muller(float *restrict o, const float *restrict u, int n) {
    int h = n / 2; /* three loops, so that each finds a vector routine */
    for (int i = 0; i < h; i++) o[i] = sqrtf(-2.f * logf(1.f - u[i]));
    for (int i = 0; i < h; i++) o[i + h] = o[i] * sinf(6.2831853f * u[i + h]);
    for (int i = 0; i < h; i++) o[i] = o[i] * cosf(6.2831853f * u[i + h]);
}
static void random_numbers(void) {
    enum { N = 8192 };
    double uniform = 0, normal = 0;
#pragma omp parallel reduction(max : uniform, normal)
    {
        float *u = aligned_alloc(64, N * 8), *o = u + N;
        words s[4];
        for (int i = 0; i < 64; i++) s[i / 16][i % 16] = 0x1234567u * (uint32_t)(i + 1) + 77;
        TIME(uniform, xoshiro(s, u, N));
        TIME(normal, box_muller(o, u, N));
        sink = o[5];
        free(u);
    }
    tell("rng_xoshiro", N * 4, uniform / N / T);
    tell("rng_boxmuller_only", N * 8, normal / N / T);
}

/* Radix sort of n float keys with an int64 payload, 3 passes of 11 bits, one thread. */
static __attribute__((noinline)) void radix(const float *x, float *ov, int64_t *oi, int n, uint64_t *A, uint64_t *B) {
    static uint32_t h[3][2048];
    memset(h, 0, sizeof h);
    for (int i = 0; i < n; i++) {
        uint32_t b;
        memcpy(&b, x + i, 4);
        b ^= (uint32_t)((int32_t)b >> 31) | 0x80000000u;
        A[i] = (uint64_t)b << 32 | (uint32_t)i;
        h[0][b & 2047]++, h[1][b >> 11 & 2047]++, h[2][b >> 22]++;
    }
    for (int p = 0; p < 3; p++) {
        uint32_t s = 0;
        for (int k = 0; k < 2048; k++) {
            uint32_t c = h[p][k];
            h[p][k] = s, s += c;
        }
        for (int i = 0; i < n; i++) B[h[p][A[i] >> (32 + 11 * p) & 2047]++] = A[i];
        uint64_t *t = A;
        A = B, B = t;
    }
    for (int i = 0; i < n; i++) {
        uint32_t b = (uint32_t)(A[i] >> 32);
        b ^= b & 0x80000000u ? 0x80000000u : 0xFFFFFFFFu;
        memcpy(ov + i, &b, 4);
        oi[i] = (uint32_t)A[i];
    }
}
static void sorting(void) {
    enum { N = 1000000 };
    float *x = large(N * 4), *ov = large(N * 4);
    void *oi = large(N * 8), *A = large(N * 8), *B = large(N * 8);
    uint32_t s = 1;
    for (int i = 0; i < N; i++) s = s * 1664525u + 1013904223u, x[i] = (float)(int32_t)s * 1e-9f;
    double ns;
    TIME(ns, radix(x, ov, oi, N, A, B));
    for (int i = 1; i < N; i++)
        if (ov[i - 1] > ov[i]) exit(1);
    tell("radix_sort_1e6_ns", 0, ns);
}

int main(int argc, char **argv) {
    T = omp_get_max_threads();
    if (argc > 1 && !strcmp(argv[1], "bandwidth")) {
        for (int i = 2; i < argc; i++) bandwidth(strtoull(argv[i], NULL, 10));
    } else if (argc > 1) {
        peak();
    } else {
        for (size_t ws = 1 << 12; ws <= 256 << 20; ws *= ws < 1 << 20 ? 4 : 2) bandwidth(ws);
        compute(), peak(), random_numbers();
        if (T == 1) sorting();
    }
    return 0;
}
