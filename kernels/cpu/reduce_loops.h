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
    for (int j = 0; j < LANES; j++)
        lane[j] = x[j];
    for (int64_t i = LANES; i < n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lane[j] = add(lane[j], x[i + j]);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            lane[j] = add(lane[j], lane[j + half]);
    return (TOTAL)lane[0];
}

/* sum[j] += x[j]: a row into the sums of its columns. */
static void NAME(sum_row)(void *to, const void *from, int64_t n) {
    T *sum = to;
    const T *x = from;
    for (int64_t j = 0; j < n; j++)
        sum[j] = add(sum[j], x[j]);
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
    for (int64_t j = 0; j < n; j++)
        y[j] = (T)SCALED(total[j], factor);
}

/* Is x to replace the best so far? NaN replaces everything but NaN. */
#define BETTER(x, best) \
    ((sign > 0 ? (x) > (best) : (x) < (best)) | (TM_WORD(nan)(x) & !TM_WORD(nan)(best)))

/* The best of x[0 .. n-1] and its first position; n a multiple of LANES. */
#define BEST_STRETCH(name, direction) \
    static int64_t name(const void *from, int64_t n, void *best_to) { \
        enum { sign = direction }; \
        const T *x = from; \
        T lane[LANES]; \
        for (int j = 0; j < LANES; j++) \
            lane[j] = x[j]; \
        for (int64_t i = LANES; i < n; i += LANES) \
            for (int j = 0; j < LANES; j++) \
                lane[j] = sign > 0 ? maximum(lane[j], x[i + j]) : minimum(lane[j], x[i + j]); \
        for (int half = LANES / 2; half > 0; half /= 2) \
            for (int j = 0; j < half; j++) \
                lane[j] = sign > 0 ? maximum(lane[j], lane[j + half]) : minimum(lane[j], lane[j + half]); \
        const T best = lane[0]; \
        *(T *)best_to = best; \
        for (int64_t i = 0; i < n; i += LANES) { \
            int found = 0; \
            for (int j = 0; j < LANES; j++) \
                found |= (x[i + j] == best) | TM_WORD(nan)(x[i + j]); \
            for (int j = 0; found && j < LANES; j++) \
                if ((x[i + j] == best) | TM_WORD(nan)(x[i + j])) \
                    return i + j; \
        } \
        return 0; \
    }
BEST_STRETCH(NAME(max_stretch), 1)
BEST_STRETCH(NAME(min_stretch), -1)

/* A row into the best of its columns: best[j], id[j] = x[j], row where x[j] is better. */
#define BEST_ROW(name, direction) \
    static void name(void *best_to, int64_t *restrict id, const void *from, int64_t row, int64_t n) { \
        enum { sign = direction }; \
        T *restrict best = best_to; \
        const T *restrict x = from; \
        for (int64_t j = 0; j < n; j++) { \
            const int better = BETTER(x[j], best[j]); \
            id[j] = better ? row : id[j]; \
            best[j] = better ? x[j] : best[j]; \
        } \
    }
BEST_ROW(NAME(max_row), 1)
BEST_ROW(NAME(min_row), -1)

/* The best of another chunk into the best so far. */
#define BEST_JOIN(name, direction) \
    static void name(void *best_to, int64_t *id, const void *from, const int64_t *other, int64_t n) { \
        enum { sign = direction }; \
        T *best = best_to; \
        const T *x = from; \
        for (int64_t j = 0; j < n; j++) { \
            const int better = BETTER(x[j], best[j]); \
            id[j] = better ? other[j] : id[j]; \
            best[j] = better ? x[j] : best[j]; \
        } \
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
