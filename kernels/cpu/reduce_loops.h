/* reduce_loops.h: the innermost loops of the reductions, for the compute type that TM_SUFFIX names.
 *
 * reduce.c includes this file once a type, with TOTAL: the type that sums and products are carried in (double for
 * float, so that an error doesn't grow with the number of elements, and a product may pass through what float can't
 * hold). A sum of up to STRETCH elements is made in LANES interleaved partial sums, which are folded in halves; the
 * order depends on the number of elements alone. So is a product, all of it in TOTAL. */

#define T TM_PASTE(tm, TM_SUFFIX)
#define NAME(name) TM_PASTE(name, TM_SUFFIX)

/* Vectors of the processor (vectors.h), and the mask that a comparison of two gives. */
typedef MASK NAME(mask) __attribute__((vector_size(VECTOR_BYTES)));
#define VEC TM_PASTE(vec, TM_SUFFIX)
#define LOAD TM_PASTE(load, TM_SUFFIX)
#define PER_VEC TM_PASTE(WIDTH, TM_SUFFIX)
#define VECS (LANES / PER_VEC) /* vectors that hold the lanes */
#define UNROLL _Pragma("GCC unroll 32")

/* The sum of x[0 .. n-1], n a multiple of LANES, and of the LANES elements at `rest`, if there are any. */
static TOTAL NAME(sum_stretch)(const void *from, int64_t n, const void *rest) {
    const T *x = n ? from : rest;
    VEC vec[VECS];
    UNROLL for (int j = 0; j < VECS; j++) vec[j] = LOAD(x + j * PER_VEC);
    for (int64_t i = LANES; i < n; i += LANES)
        UNROLL for (int j = 0; j < VECS; j++) vec[j] = PLUS(vec[j], LOAD(x + i + j * PER_VEC));
    if (n && rest) UNROLL for (int j = 0; j < VECS; j++) vec[j] = PLUS(vec[j], LOAD((const T *)rest + j * PER_VEC));
    UNROLL for (int half = VECS / 2; half > 0; half /= 2) UNROLL for (int j = 0; j < half; j++) vec[j] =
        PLUS(vec[j], vec[j + half]);
    T lane[PER_VEC];
    memcpy(lane, vec, sizeof lane);
    UNROLL for (int half = PER_VEC / 2; half > 0; half /= 2) UNROLL for (int j = 0; j < half; j++) lane[j] =
        add(lane[j], lane[j + half]);
    return (TOTAL)lane[0];
}

/* sum[j] += x[j]: a row into the sums of its columns. */
static void NAME(sum_row)(void *to, const void *from, int64_t n) {
    T *sum = to;
    const T *x = from;
    for (int64_t j = 0; j < n; j++) sum[j] = add(sum[j], x[j]);
}

/* Four rows at once, one after the other in each column. */
static void NAME(sum_rows)(void *to, const void *const from[4], int64_t n) {
    T *restrict sum = to;
    const T *restrict a = from[0], *restrict b = from[1], *restrict c = from[2], *restrict d = from[3];
    for (int64_t j = 0; j < n; j++) sum[j] = add(add(add(add(sum[j], a[j]), b[j]), c[j]), d[j]);
}

/* total[j] += sum[j]; sum[j] = 0. */
static void NAME(sum_flush)(void *to, void *from, int64_t n) {
    TOTAL *total = to;
    T *sum = from;
    for (int64_t j = 0; j < n; j++) {
        total[j] += (TOTAL)sum[j];
        sum[j] = 0;
    }
}

/* total[j] as the result's type, times a factor. */
static void NAME(total_finish)(void *to, const void *from, double factor, int64_t n) {
    T *y = to;
    const TOTAL *total = from;
    for (int64_t j = 0; j < n; j++) y[j] = (T)SCALED(total[j], factor);
}

static const T NAME(one) = 1;

/* *total times x[0 .. n-1], n a multiple of LANES, and the LANES elements at `rest`, if there are any. WIDE loads a
 * vector of elements as WIDE_VEC, TOTALs or what multiplies like them. */
static void NAME(prod_stretch)(void *total, const void *from, int64_t n, const void *rest) {
    const T *x = n ? from : rest;
    WIDE_VEC vec[LANES / WIDTH_f64];
    UNROLL for (int j = 0; j < LANES / WIDTH_f64; j++) vec[j] = WIDE(x + j * WIDTH_f64);
    for (int64_t i = LANES; i < n; i += LANES)
        UNROLL for (int j = 0; j < LANES / WIDTH_f64; j++) vec[j] *= WIDE(x + i + j * WIDTH_f64);
    x = rest;
    if (n && x) UNROLL for (int j = 0; j < LANES / WIDTH_f64; j++) vec[j] *= WIDE(x + j * WIDTH_f64);
    UNROLL for (int half = LANES / WIDTH_f64 / 2; half > 0; half /= 2) UNROLL for (int j = 0; j < half; j++) vec[j] *=
        vec[j + half];
    TOTAL lane[WIDTH_f64];
    memcpy(lane, vec, sizeof lane);
    UNROLL for (int half = WIDTH_f64 / 2; half > 0; half /= 2) UNROLL for (int j = 0; j < half; j++) lane[j] *=
        lane[j + half];
    *(TOTAL *)total *= lane[0];
}

/* total[j] *= x[j]. */
static void NAME(prod_row)(void *to, const void *from, int64_t n) {
    TOTAL *restrict total = to;
    const T *restrict x = from;
    for (int64_t j = 0; j < n; j++) total[j] *= (TOTAL)x[j];
}

static void NAME(prod_rows)(void *to, const void *const from[4], int64_t n) {
    TOTAL *restrict total = to;
    const T *restrict a = from[0], *restrict b = from[1], *restrict c = from[2], *restrict d = from[3];
    for (int64_t j = 0; j < n; j++) total[j] = total[j] * (TOTAL)a[j] * (TOTAL)b[j] * (TOTAL)c[j] * (TOTAL)d[j];
}

/* Is x to replace the best so far? NaN replaces everything but NaN. */
#define BETTER(x, best) ((sign > 0 ? (x) > (best) : (x) < (best)) | (TM_WORD(nan)(x) & !TM_WORD(nan)(best)))

/* The first of x[0 .. n-1] that is `value`, or, if value is NaN, that is NaN. */
static int64_t NAME(first_of)(const void *from, int64_t n, const void *wanted) {
    const T *x = from, value = *(const T *)wanted;
    const int nan = TM_WORD(nan)(value);
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        NAME(mask) found = {0};
        if (nan)
            UNROLL for (int j = 0; j < VECS; j++) found |= IS_NAN(LOAD(x + i + j * PER_VEC));
        else
            UNROLL for (int j = 0; j < VECS; j++) found |= LOAD(x + i + j * PER_VEC) == value;
        if (any((words)found)) break;
    }
    for (; i + PER_VEC <= n; i += PER_VEC) {
        const VEC v = LOAD(x + i);
        if (any((words)(nan ? IS_NAN(v) : v == value))) break;
    }
    for (; i < n; i++)
        if ((x[i] == value) | (nan & TM_WORD(nan)(x[i]))) return i;
    return 0;
}

/* The best of x[0 .. n-1], n a multiple of LANES, and of the LANES elements at `rest`, if there are any. Whether a NaN
 * passes is watched beside. */
#define BEST_STRETCH(name, OVER, BETTER)                                                                               \
    static void name(const void *from, int64_t n, const void *rest, void *best) {                                      \
        const T *x = n ? from : rest;                                                                                  \
        VEC vec[VECS];                                                                                                 \
        NAME(mask) nan = {0};                                                                                          \
        UNROLL for (int j = 0; j < VECS; j++) vec[j] = LOAD(x + j * PER_VEC);                                          \
        for (int64_t i = 0; i < n + (rest ? LANES : 0); i += LANES) {                                                  \
            const T *at = i < n ? x + i : (const T *)rest;                                                             \
            UNROLL for (int j = 0; j < VECS; j++) {                                                                    \
                const VEC v = LOAD(at + j * PER_VEC);                                                                  \
                vec[j] = BETTER(v, vec[j]);                                                                            \
                nan |= IS_NAN(v);                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        UNROLL for (int half = VECS / 2; half > 0; half /= 2) UNROLL for (int j = 0; j < half; j++) vec[j] =           \
            BETTER(vec[j + half], vec[j]);                                                                             \
        T lane[PER_VEC];                                                                                               \
        memcpy(lane, vec, sizeof lane);                                                                                \
        UNROLL for (int half = PER_VEC / 2; half > 0; half /= 2) UNROLL for (int j = 0; j < half; j++) lane[j] =       \
            lane[j + half] OVER lane[j] ? lane[j + half] : lane[j];                                                    \
        if (any((words)nan)) lane[0] = QUIET_NAN;                                                                      \
        memcpy(best, lane, sizeof *lane);                                                                              \
    }
BEST_STRETCH(NAME(max_stretch), >, TM_PASTE(most, TM_SUFFIX))
BEST_STRETCH(NAME(min_stretch), <, TM_PASTE(least, TM_SUFFIX))
#undef VEC
#undef LOAD
#undef PER_VEC
#undef VECS
#undef UNROLL

/* A row into the best of its columns: best[j], id[j] = x[j], row where x[j] is better. */
#define BEST_ROW(name, direction)                                                                                      \
    static void name(void *best_to, int64_t *restrict id, const void *from, int64_t row, int64_t n) {                  \
        enum { sign = direction };                                                                                     \
        T *restrict best = best_to;                                                                                    \
        const T *restrict x = from;                                                                                    \
        for (int64_t j = 0; j < n; j++) {                                                                              \
            const int better = BETTER(x[j], best[j]);                                                                  \
            id[j] = better ? row : id[j];                                                                              \
            best[j] = better ? x[j] : best[j];                                                                         \
        }                                                                                                              \
    }
BEST_ROW(NAME(max_row), 1)
BEST_ROW(NAME(min_row), -1)

/* The best of another chunk into the best so far. */
#define BEST_JOIN(name, direction)                                                                                     \
    static void name(void *best_to, int64_t *id, const void *from, const int64_t *other, int64_t n) {                  \
        enum { sign = direction };                                                                                     \
        T *best = best_to;                                                                                             \
        const T *x = from;                                                                                             \
        for (int64_t j = 0; j < n; j++) {                                                                              \
            const int better = BETTER(x[j], best[j]);                                                                  \
            id[j] = better ? other[j] : id[j];                                                                         \
            best[j] = better ? x[j] : best[j];                                                                         \
        }                                                                                                              \
    }
BEST_JOIN(NAME(max_join), 1)
BEST_JOIN(NAME(min_join), -1)

#undef BETTER
#undef BEST_STRETCH
#undef BEST_ROW
#undef BEST_JOIN
#undef NAME
#undef T
#undef TOTAL
#undef SCALED
#undef QUIET_NAN
#undef MASK
#undef PLUS
#undef WIDE
#undef WIDE_VEC
#undef IS_NAN
