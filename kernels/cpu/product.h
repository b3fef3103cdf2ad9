/* product.h: one matrix product, as product.c, tiles.c and OpenBLAS are given it. */
#ifndef TM_PRODUCT_H
#define TM_PRODUCT_H

#include "names.h"

#define tm_tiles_broadcast TM_LEVEL(tm_tiles_broadcast)
#define tm_tiles_dot TM_LEVEL(tm_tiles_dot)
#define tm_tiles_turned TM_LEVEL(tm_tiles_turned)

/* C (m, n) = A (m, k) B (k, n), plus bias, then ReLU. Strides are in elements; C's columns are 1 apart. */
typedef struct tm_product_args {
    tm_dtype dtype;
    int64_t m, n, k;
    const void *a, *b;
    int64_t a_row, a_col, b_row, b_col;
    void *c;
    int64_t c_row;
    const void *bias; /* n elements side by side, or NULL */
    int relu;
} tm_product_args;

/* Register tiles (tiles.c). An element's sum is made in the same order wherever its tile lies, so a product may
 * be cut anywhere. */
void tm_tiles_broadcast(const tm_product_args *p); /* b_col is 1 */
void tm_tiles_dot(const tm_product_args *p);       /* a_col and b_row are 1 */
#define TM_TURNED_K (VECTOR_BYTES == 64 ? 1024 : 256)
void tm_tiles_turned(const tm_product_args *p); /* b_row is 1, k at most TM_TURNED_K */

#endif
