/* reduce_table.h: the loops of reduce_loops.h for every type, as the table that reduce.c calls them by. */
#include "names.h"
#include "vectors.h"

#include "../vocabulary.h"

#define LANES 64

/* Is any bit of a vector set? */
typedef int64_t words __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t naturals __attribute__((vector_size(VECTOR_BYTES)));

static inline int any(words w) {
#if VECTOR_BYTES == 64
    return _mm512_test_epi64_mask((__m512i)w, (__m512i)w) != 0;
#elif VECTOR_BYTES == 32
    return !_mm256_testz_si256((__m256i)w, (__m256i)w);
#else
    return (w[0] | w[1]) != 0;
#endif
}

VEC_INLINE naturals load_u64(const int64_t *p) { return (naturals)load_i64(p); }

#define TM_SUFFIX f32
#define TOTAL double
#define WIDE_VEC vec_f64
#define WIDE widened_f32
#define SCALED(total, factor) ((total) * (factor))
#define PLUS(a, b) ((a) + (b))
#define MASK int32_t
#define IS_NAN(v) ((v) != (v))
#define QUIET_NAN NAN
#include "reduce_loops.h"
#undef TM_SUFFIX
#define TM_SUFFIX f64
#define TOTAL double
#define WIDE_VEC vec_f64
#define WIDE load_f64
#define SCALED(total, factor) ((total) * (factor))
#define PLUS(a, b) ((a) + (b))
#define MASK int64_t
#define IS_NAN(v) ((v) != (v))
#define QUIET_NAN NAN
#include "reduce_loops.h"
#undef TM_SUFFIX
#define TM_SUFFIX i64
#define TOTAL uint64_t
#define WIDE_VEC naturals
#define WIDE load_u64
#define SCALED(total, factor) ((void)(factor), (total))
#define PLUS(a, b) ((vec_i64)((naturals)(a) + (naturals)(b))) /* wraps */
#define MASK int64_t
#define IS_NAN(v) ((v) ^ (v))
#define QUIET_NAN 0 /* never */
#include "reduce_loops.h"
#undef TM_SUFFIX

enum { SUM, PROD, MAX, MIN, KINDS };

static const struct {
    double (*sum_stretch_float)(const void *x, int64_t n, const void *rest);
    void (*sum_row)(void *sum, const void *x, int64_t n);
    void (*sum_rows)(void *sum, const void *const x[4], int64_t n);
    void (*sum_flush)(void *total, void *sum, int64_t n);
    const void *one;
    void (*prod_stretch)(void *total, const void *x, int64_t n, const void *rest);
    void (*prod_row)(void *total, const void *x, int64_t n);
    void (*prod_rows)(void *total, const void *const x[4], int64_t n);
    void (*total_finish)(void *y, const void *total, double factor, int64_t n);
    int64_t (*first_of)(const void *x, int64_t n, const void *value);
    void (*best_stretch[KINDS])(const void *x, int64_t n, const void *rest, void *best);
    void (*best_row[KINDS])(void *best, int64_t *restrict id, const void *x, int64_t row, int64_t n);
    void (*best_join[KINDS])(void *best, int64_t *id, const void *x, const int64_t *other, int64_t n);
} loops[TM_TYPES] = {
#define LOOPS(S, stretch)                                                                                              \
    {                                                                                                                  \
        stretch, sum_row_##S, sum_rows_##S, sum_flush_##S, &one_##S, prod_stretch_##S, prod_row_##S, prod_rows_##S,    \
            total_finish_##S, first_of_##S, {NULL, NULL, max_stretch_##S, min_stretch_##S},                            \
            {NULL, NULL, max_row_##S, min_row_##S}, {                                                                  \
            NULL, NULL, max_join_##S, min_join_##S                                                                     \
        }                                                                                                              \
    }
    LOOPS(f32, sum_stretch_f32),
    LOOPS(f64, sum_stretch_f64),
    LOOPS(i64, NULL),
};
