/* turn_loops.h: a square of elements turned in registers, for T, VEC, DO and LANES of the file that includes this. */

/* to[c][r] = from[r][c], a square of LANES rows and columns of which some exist; rows that don't are 0. Each round
 * interleaves the upper half of the rows with the lower: it moves the highest bit of the row to the lowest of the
 * column, and the column's to the row. */
VEC_INLINE void DO(turn)(T *to, int64_t to_row, const T *from, int64_t from_row, int64_t rows, int64_t columns) {
    VEC x[LANES], y[LANES];
    DO(index) low, high;
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++) {
        low[i] = i / 2 + i % 2 * LANES;
        high[i] = low[i] + LANES / 2;
        x[i] = i >= rows          ? DO(splat)(0)
               : columns == LANES ? DO(load)(from + i * from_row)
                                  : DO(load_part)(from + i * from_row, columns);
    }
#pragma GCC unroll 4
    for (int round = 1; round < LANES; round *= 2) {
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++) y[i] = __builtin_shuffle(x[i / 2], x[i / 2 + LANES / 2], i % 2 ? high : low);
        memcpy(x, y, sizeof x);
    }
#pragma GCC unroll 16
    for (int i = 0; i < LANES; i++)
        if (i < columns) DO(store)(to + i * to_row, x[i]);
}
