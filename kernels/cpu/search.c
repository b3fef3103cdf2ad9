/* search.c: where values belong in sorted lines. All operands are contiguous; shape is lines, values of each.
 *
 * values: 0 elements of a sorted line, 1 from one line to the next (0: there is one for all), 2 right */
#include "threads.h"

/* The first element that is not less than v (right: that is greater), by halving without branches. NaN is greater than
 * every number. */
#define SEARCH(T, S)                                                                                                   \
    static inline int below_##S(T a, T v, int right) {                                                                 \
        return right ? a <= v || v != v : a < v || (v != v && a == a);                                                 \
    }                                                                                                                  \
    static int64_t place_##S(const T *line, int64_t n, T v, int right) {                                               \
        const T *at = line;                                                                                            \
        if (!n) return 0;                                                                                              \
        for (int64_t half; n > 1; n -= half) {                                                                         \
            half = n / 2;                                                                                              \
            at += below_##S(at[half - 1], v, right) ? half : 0;                                                        \
        }                                                                                                              \
        return at - line + below_##S(*at, v, right);                                                                   \
    }                                                                                                                  \
    static void search_##S(void *self, int64_t from, int64_t to) {                                                     \
        const tm_call *call = self;                                                                                    \
        const int64_t size = call->shape[1], n = call->value[0].i, step = call->value[1].i;                            \
        const T *lines = call->arg[2].data, *v = call->arg[1].data;                                                    \
        int64_t *y = call->arg[0].data;                                                                                \
        for (int64_t i = from; i < to; i++)                                                                            \
            y[i] = place_##S(step ? lines + i / size * step : lines, n, v[i], call->value[2].i != 0);                  \
    }
SEARCH(float, f32)
SEARCH(double, f64)
SEARCH(int64_t, i64)

void tm_searchsorted(tm_call *call) {
    static const tm_tasks search[TM_TYPES] = {search_f32, search_f64, search_i64};
    const int64_t n = call->shape[0] * call->shape[1];
    tm_share(search[tm_type_of(call->compute)], call, n, tm_threads_for(n, n >= TM_SHARE_COSTLY));
}
