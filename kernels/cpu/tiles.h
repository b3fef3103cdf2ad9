/* tiles.h: register tiles of a matrix product, for the type that TM_SUFFIX names. Included by tiles.c.
 *
 * The kernels keep a tile of C in registers while they walk along k, and read A and B where they are; only where k
 * is short are B's columns turned into rows first. Functions with constant rows and columns are inlined, so that the
 * tile's loops unroll. */

#define T TM_PASTE(tm, TM_SUFFIX)
#define VEC TM_PASTE(vec, TM_SUFFIX)
#define DO(name) TM_PASTE(name, TM_SUFFIX)
#define LANES TM_PASTE(WIDTH, TM_SUFFIX)
#define FOUR TM_PASTE(four, TM_SUFFIX)
#define BITS TM_PASTE(bits, TM_SUFFIX)

/* --- B's rows are contiguous: an element of A times a piece of a row of B ----------------------------------------- */

/* C's tile of `rows` x `vectors` at c; `tail` elements of the last vector exist (LANES: all of them). An
 * element's sum is made in the order of k. */
VEC_INLINE void DO(broadcast_tile)(const tm_product_args *p, const T *a, const T *b, T *c, const T *bias,
                                   const int rows, const int vectors, const int whole, const int64_t tail) {
    VEC sum[BROADCAST_ROWS][BROADCAST_VECTORS];
    const int64_t a_row = p->a_row, a_col = p->a_col, b_row = p->b_row;
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++) sum[i][j] = DO(splat)(0);
    for (int64_t k = p->k; k > 0; k--, a += a_col, b += b_row) {
        VEC row[BROADCAST_VECTORS];
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++)
            row[j] = whole || j < vectors - 1 ? DO(load)(b + j * LANES) : DO(load_part)(b + j * LANES, tail);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            const VEC x = DO(splat)(a[i * a_row]);
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++) sum[i][j] = DO(fma)(x, row[j], sum[i][j]);
        }
    }
#pragma GCC unroll 8
    for (int j = 0; j < vectors; j++) {
        const int all = whole || j < vectors - 1;
        VEC add = DO(splat)(0);
        if (bias) add = all ? DO(load)(bias + j * LANES) : DO(load_part)(bias + j * LANES, tail);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            VEC y = sum[i][j];
            if (bias) y += add;
            if (p->relu) y = DO(positive)(y);
            if (all)
                DO(store)(c + i * p->c_row + j * LANES, y);
            else
                DO(store_part)(c + i * p->c_row + j * LANES, y, tail);
        }
    }
}

/* A column of tiles, from the top row to the last one. */
VEC_INLINE void DO(broadcast_column)(const tm_product_args *p, int64_t n, const int vectors, const int whole,
                                     const int64_t tail) {
    const T *b = (const T *)p->b + n, *bias = p->bias ? (const T *)p->bias + n : NULL;
    int64_t i = 0;
#define TILES(rows)                                                                                                    \
    for (; i + rows <= p->m; i += rows) DO(broadcast_tile)                                                             \
    (p, (const T *)p->a + i * p->a_row, b, (T *)p->c + i * p->c_row + n, bias, rows, vectors, whole, tail);
    TILES(BROADCAST_ROWS)
    TILES(BROADCAST_ROWS / 2)
    TILES(1)
#undef TILES
}

static void DO(broadcast)(const tm_product_args *p) {
    int64_t n = 0;
    for (; n + BROADCAST_VECTORS * LANES <= p->n; n += BROADCAST_VECTORS * LANES)
        DO(broadcast_column)(p, n, BROADCAST_VECTORS, 1, LANES);
    const int64_t left = p->n - n, vectors = (left + LANES - 1) / LANES, tail = left - (vectors - 1) * LANES;
    if (vectors == 1)
        DO(broadcast_column)(p, n, 1, 0, tail);
    else if (vectors == 2)
        DO(broadcast_column)(p, n, 2, 0, tail);
#if BROADCAST_VECTORS > 2
    else if (vectors == 3)
        DO(broadcast_column)(p, n, 3, 0, tail);
#endif
}

/* --- rows of A against rows of B' (columns of B), both contiguous ------------------------------------------------- */

/* C's tile of `rows` x 4 at row i, column j, from position `from` of k up to `to`. Rows and columns beyond the matrix
 * repeat its last one and are not stored. An element's sum has LANES partial sums, which are folded in halves. */
VEC_INLINE void DO(dot_tile)(const tm_product_args *p, int64_t i, int64_t j, const int rows, int64_t from, int64_t to) {
    const T *a[DOT_ROWS], *b[DOT_COLUMNS];
    VEC sum[DOT_ROWS][DOT_COLUMNS];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) a[r] = (const T *)p->a + tm_smaller(i + r, p->m - 1) * p->a_row;
#pragma GCC unroll 8
    for (int c = 0; c < DOT_COLUMNS; c++) b[c] = (const T *)p->b + tm_smaller(j + c, p->n - 1) * p->b_col;
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
        for (int c = 0; c < DOT_COLUMNS; c++) sum[r][c] = DO(splat)(0);
#define STEP(LOAD)                                                                                                     \
    {                                                                                                                  \
        VEC x[DOT_ROWS];                                                                                               \
        _Pragma("GCC unroll 8") for (int r = 0; r < rows; r++) x[r] = LOAD(a[r]);                                      \
        _Pragma("GCC unroll 8") for (int c = 0; c < DOT_COLUMNS; c++) {                                                \
            const VEC y = LOAD(b[c]);                                                                                  \
            _Pragma("GCC unroll 8") for (int r = 0; r < rows; r++) sum[r][c] = DO(fma)(x[r], y, sum[r][c]);            \
        }                                                                                                              \
    }
#define WHOLE(from) DO(load)((from) + k)
#define PART(from) DO(load_part)((from) + k, to - k)
    int64_t k = from;
    for (; k + LANES <= to; k += LANES) STEP(WHOLE)
    if (k < to) STEP(PART)
#undef STEP
#undef WHOLE
#undef PART
    const int64_t last_row = tm_smaller(rows, p->m - i), columns = tm_smaller(DOT_COLUMNS, p->n - j);
    const int last = to == p->k;
    FOUR add = {0};
    if (p->bias && last) memcpy(&add, (const T *)p->bias + j, (size_t)columns * sizeof(T));
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
        FOUR y;
        DO(sum4)((T *)&y, sum[r][0], sum[r][1], sum[r][2], sum[r][3]);
        if (r >= last_row) break;
        T *c = (T *)p->c + (i + r) * p->c_row + j;
        if (from) {
            FOUR before = {0};
            memcpy(&before, c, (size_t)columns * sizeof(T));
            y += before;
        }
        y += add;
        if (p->relu && last) y = (FOUR)((BITS)y & ~(BITS)(y <= 0));
        if (columns == DOT_COLUMNS)
            memcpy(c, &y, sizeof y);
        else
            memcpy(c, &y, (size_t)columns * sizeof(T));
    }
}

/* A block of A's rows stays in the first-level cache while B streams past it. Where k is long, that is done for one
 * part of it after the other, so that the block has several rows and B's part fits the second-level cache. */
static void DO(dot)(const tm_product_args *p) {
    if (p->m == 1) {
        for (int64_t j = 0; j < p->n; j += DOT_COLUMNS) DO(dot_tile)(p, 0, j, 1, 0, p->k);
        return;
    }
    const int64_t parts = (p->k * (int64_t)sizeof(T) - 1) / DOT_PART_BYTES + 1;
    const int64_t part = p->k < parts ? p->k : ((p->k + parts - 1) / parts + LANES - 1) / LANES * LANES;
    const int64_t fitting = DOT_BLOCK_BYTES / (int64_t)sizeof(T) / (part + 1) / DOT_ROWS * DOT_ROWS;
    const int64_t block = fitting > DOT_ROWS ? fitting : DOT_ROWS;
    int64_t k = 0;
    do {
        const int64_t end = tm_smaller(k + part, p->k);
        for (int64_t from = 0; from < p->m; from += block) {
            const int64_t to = tm_smaller(from + block, p->m);
            for (int64_t j = 0; j < p->n; j += DOT_COLUMNS)
                for (int64_t i = from; i < to; i += DOT_ROWS) DO(dot_tile)(p, i, j, DOT_ROWS, k, end);
        }
        k = end;
    } while (k < p->k);
}

/* --- the same where folding the sums of dot tiles takes longer than turning B ------------------------------------ */

#include "turn_loops.h"

static void DO(turned)(const tm_product_args *p) {
    enum { COLUMNS = BROADCAST_VECTORS * LANES };
    T panel[TM_TURNED_K][COLUMNS] __attribute__((aligned(64)));
    tm_product_args q = *p;
    q.b = panel;
    q.b_row = COLUMNS;
    for (int64_t n = 0; n < p->n; n += COLUMNS) {
        const T *b = (const T *)p->b + n * p->b_col;
        q.n = tm_smaller(COLUMNS, p->n - n);
        for (int64_t j = 0; j < q.n; j += LANES)
            for (int64_t k = 0; k < p->k; k += LANES) DO(turn)
        (&panel[k][j], COLUMNS, b + j * p->b_col + k, p->b_col, tm_smaller(LANES, q.n - j),
         tm_smaller(LANES, p->k - k));
        q.c = (T *)p->c + n;
        q.bias = p->bias ? (const T *)p->bias + n : NULL;
        DO(broadcast)(&q);
    }
}

#undef T
#undef VEC
#undef DO
#undef LANES
#undef FOUR
#undef BITS
