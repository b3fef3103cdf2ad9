/* scan.c: cumsum, cumprod, cummax, cummin, logcumsumexp along the last dimension.
 *
 * Sums and products of float32 are carried in double. A long line is cut into PIECES: first the total of each is found,
 * then all are walked side by side, so that one addition doesn't wait for the one before. The cut depends on the
 * length alone. */
#include "lines.h"

#include <math.h>

#define PIECES 8
#define LONG 256

#define SCAN(name, T, A, ZERO, OP)                                                                                     \
    static A name##_total(const T *x, int64_t n) {                                                                     \
        A part[4] = {ZERO, ZERO, ZERO, ZERO};                                                                          \
        int64_t i = 0;                                                                                                 \
        for (; i + 4 <= n; i += 4)                                                                                     \
            for (int k = 0; k < 4; k++) part[k] = OP(part[k], (A)x[i + k]);                                            \
        for (; i < n; i++) part[0] = OP(part[0], (A)x[i]);                                                             \
        return OP(OP(part[0], part[1]), OP(part[2], part[3]));                                                         \
    }                                                                                                                  \
    static void name(const lines *l, const void *from, void *to, int64_t *ids, void *room) {                           \
        const T *x = from;                                                                                             \
        T *y = to;                                                                                                     \
        const int64_t size = l->n < LONG ? 0 : l->n / PIECES;                                                          \
        A carry[PIECES], total = ZERO;                                                                                 \
        (void)ids, (void)room;                                                                                         \
        for (int p = 0; size && p < PIECES; p++) {                                                                     \
            carry[p] = total;                                                                                          \
            if (p + 1 < PIECES) total = OP(total, name##_total(x + p * size, size));                                   \
        }                                                                                                              \
        for (int64_t i = 0; i < size; i++)                                                                             \
            for (int p = 0; p < PIECES; p++) y[p * size + i] = (T)(carry[p] = OP(carry[p], (A)x[p * size + i]));       \
        total = size ? carry[PIECES - 1] : ZERO;                                                                       \
        for (int64_t i = size * PIECES; i < l->n; i++) y[i] = (T)(total = OP(total, (A)x[i]));                         \
    }
#define PLUS(a, b) ((a) + (b))
#define TIMES(a, b) ((a) * (b))
SCAN(sum_f32, float, double, 0, PLUS)
SCAN(sum_f64, double, double, 0, PLUS)
SCAN(sum_i64, uint64_t, uint64_t, 0, PLUS) /* wraps */
SCAN(product_f32, float, double, 1, TIMES)
SCAN(product_f64, double, double, 1, TIMES)
SCAN(product_i64, uint64_t, uint64_t, 1, TIMES)

void tm_cumsum(tm_call *call) {
    static const line_fn runs[TM_TYPES] = {sum_f32, sum_f64, sum_i64};
    lines_share(call, runs[tm_type_of(call->compute)], call->shape[call->rank - 1], 0, 0);
}

void tm_cumprod(tm_call *call) {
    static const line_fn runs[TM_TYPES] = {product_f32, product_f64, product_i64};
    lines_share(call, runs[tm_type_of(call->compute)], call->shape[call->rank - 1], 0, 0);
}

/* The last of equal ones is the one whose id counts, and NaN beats all. */
#define BEST(name, T, BETTER)                                                                                          \
    static void name(const lines *l, const void *from, void *to, int64_t *ids, void *room) {                           \
        const T *x = from;                                                                                             \
        T *y = to, best = l->n ? x[0] : 0;                                                                             \
        int64_t id = 0;                                                                                                \
        (void)room;                                                                                                    \
        for (int64_t i = 0; i < l->n; i++) {                                                                           \
            if (x[i] BETTER best || x[i] != x[i]) {                                                                    \
                best = x[i];                                                                                           \
                id = i;                                                                                                \
            }                                                                                                          \
            y[i] = best;                                                                                               \
            ids[i] = id;                                                                                               \
        }                                                                                                              \
    }
BEST(max_f32, float, >=)
BEST(max_f64, double, >=)
BEST(max_i64, int64_t, >=)
BEST(min_f32, float, <=)
BEST(min_f64, double, <=)
BEST(min_i64, int64_t, <=)

void tm_cummax(tm_call *call) {
    static const line_fn runs[TM_TYPES] = {max_f32, max_f64, max_i64};
    lines_share(call, runs[tm_type_of(call->compute)], call->shape[call->rank - 1], 0, 0);
}

void tm_cummin(tm_call *call) {
    static const line_fn runs[TM_TYPES] = {min_f32, min_f64, min_i64};
    lines_share(call, runs[tm_type_of(call->compute)], call->shape[call->rank - 1], 0, 0);
}

/* log(e^a + e^b) = max + log(1 + e^(min - max)); equal infinities stay. */
static double log_plus(double a, double b) {
    const double most = a > b || a != a ? a : b, least = a > b || a != a ? b : a;
    return most == least && isinf(most) ? most : most + log1p(exp(least - most));
}

#define LOG_SCAN(name, T)                                                                                              \
    static void name(const lines *l, const void *from, void *to, int64_t *ids, void *room) {                           \
        const T *x = from;                                                                                             \
        T *y = to;                                                                                                     \
        double total = -INFINITY;                                                                                      \
        (void)ids, (void)room;                                                                                         \
        for (int64_t i = 0; i < l->n; i++) y[i] = (T)(total = log_plus(total, x[i]));                                  \
    }
LOG_SCAN(log_f32, float)
LOG_SCAN(log_f64, double)

void tm_logcumsumexp(tm_call *call) {
    lines_share(call, call->compute == TM_FLOAT64 ? log_f64 : log_f32, call->shape[call->rank - 1], 0, 1);
}
