/* reduce_loops.h: the innermost loops of the reductions, for the compute type that TM_SUFFIX names.
 *
 * reduce.c includes this file once a type, with TOTAL: the type that sums are carried in (double for float,
 * so that an error doesn't grow with the number of elements). A sum of up to STRETCH elements is made in
 * LANES interleaved partial sums, which are folded in halves; the order depends on the number of elements
 * alone. */

#define T TM_PASTE(tm, TM_SUFFIX)
#define NAME(name) TM_PASTE(name, TM_SUFFIX)

/* The sum of x[0 .. n-1], n a multiple of LANES. */
static TOTAL NAME(sum_stretch)(const void *from, int64_t n) {
    const T *x = from;
    T lane[LANES];
    for (int j = 0; j < LANES; j++) lane[j] = x[j];
    for (int64_t i = LANES; i < n; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] = add(lane[j], x[i + j]);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++) lane[j] = add(lane[j], lane[j + half]);
    return (TOTAL)lane[0];
}

/* sum[j] += x[j]: a row into the sums of its columns. */
static void NAME(sum_row)(void *to, const void *from, int64_t n) {
    T *sum = to;
    const T *x = from;
    for (int64_t j = 0; j < n; j++) sum[j] = add(sum[j], x[j]);
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
static void NAME(sum_finish)(void *to, const void *from, double factor, int64_t n) {
    T *y = to;
    const TOTAL *total = from;
    for (int64_t j = 0; j < n; j++) y[j] = (T)SCALED(total[j], factor);
}

/* Is x to replace the best so far? NaN replaces everything but NaN. */
#define BETTER(x, best) ((sign > 0 ? (x) > (best) : (x) < (best)) | (TM_WORD(nan)(x) & !TM_WORD(nan)(best)))

/* Vectors of the processor (vectors.h), and the mask that a comparison of two gives. */
typedef MASK NAME(mask) __attribute__((vector_size(VECTOR_BYTES)));
#define VEC TM_PASTE(vec, TM_SUFFIX)
#define PER_VEC TM_PASTE(WIDTH, TM_SUFFIX)
#define VECS (LANES / PER_VEC) /* vectors that hold the lanes */

static int NAME(any)(NAME(mask) mask) {
    int64_t words[VECTOR_BYTES / 8], any = 0;
    memcpy(words, &mask, sizeof words);
    for (int i = 0; i < VECTOR_BYTES / 8; i++) any |= words[i];
    return any != 0;
}

/* The first of x[0 .. n-1] that is `value`, or, if value is NaN, that is NaN. */
static int64_t NAME(first_of)(const T *x, int64_t n, T value) {
    const int64_t nan = TM_WORD(nan)(value) ? -1 : 0;
    int64_t i = 0;
    for (; i < n; i += LANES) {
        NAME(mask) found = {0};
        _Pragma("GCC unroll 32") for (int j = 0; j < VECS; j++) {
            const VEC v = TM_PASTE(load, TM_SUFFIX)(x + i + j * PER_VEC);
            found |= (v == value) | (IS_NAN(v) & (MASK)nan);
        }
        if (NAME(any)(found)) break;
    }
    for (; i < n; i++)
        if ((x[i] == value) | (TM_WORD(nan)(value) & TM_WORD(nan)(x[i]))) return i;
    return 0;
}

/* The best of x[0 .. n-1] and its first position; n a multiple of LANES. Whether a NaN passes is watched beside. */
#define BEST_STRETCH(name, OVER, BETTER)                                                                               \
    static int64_t name(const void *from, int64_t n, void *best) {                                                     \
        const T *x = from;                                                                                             \
        VEC vec[VECS];                                                                                                 \
        NAME(mask) nan = {0};                                                                                          \
        _Pragma("GCC unroll 32") for (int j = 0; j < VECS; j++) vec[j] = TM_PASTE(load, TM_SUFFIX)(x + j * PER_VEC);   \
        for (int64_t i = 0; i < n; i += LANES) {                                                                       \
            _Pragma("GCC unroll 32") for (int j = 0; j < VECS; j++) {                                                  \
                const VEC v = TM_PASTE(load, TM_SUFFIX)(x + i + j * PER_VEC);                                          \
                vec[j] = BETTER(v, vec[j]);                                                                            \
                nan |= IS_NAN(v);                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
        _Pragma("GCC unroll 32") for (int j = 1; j < VECS; j++) vec[0] = BETTER(vec[j], vec[0]);                       \
        T lane[PER_VEC];                                                                                               \
        memcpy(lane, vec, sizeof lane);                                                                                \
        for (int j = 1; j < PER_VEC; j++) lane[0] = lane[j] OVER lane[0] ? lane[j] : lane[0];                          \
        if (NAME(any)(nan)) lane[0] = QUIET_NAN;                                                                       \
        memcpy(best, lane, sizeof *lane);                                                                              \
        return NAME(first_of)(x, n, lane[0]);                                                                          \
    }
BEST_STRETCH(NAME(max_stretch), >, TM_PASTE(most, TM_SUFFIX))
BEST_STRETCH(NAME(min_stretch), <, TM_PASTE(least, TM_SUFFIX))
#undef VEC
#undef PER_VEC
#undef VECS

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
#undef IS_NAN
