/* tiles.c: matrix products in register tiles of our own: small and middle-sized ones, where they are faster than
 * OpenBLAS (product.c decides). Measured on Zen 5: about 90 % of the peak while B fits the second-level cache. */
#include "product.h"
#include "vectors.h"

typedef float tm_f32;
typedef double tm_f64;

/* A tile fills the registers: 32 of 64 bytes, 16 of 32, 16 of 16. */
#if VECTOR_BYTES == 64
#define BROADCAST_ROWS 8
#define BROADCAST_VECTORS 3
#define DOT_ROWS 4
#elif VECTOR_BYTES == 32
#define BROADCAST_ROWS 4
#define BROADCAST_VECTORS 3
#define DOT_ROWS 3
#else
#define BROADCAST_ROWS 4
#define BROADCAST_VECTORS 2
#define DOT_ROWS 2
#endif
#define DOT_COLUMNS 4
#define DOT_BLOCK_BYTES (20 * 1024) /* of A, beside four rows of B */
#define DOT_PART_BYTES 4096         /* of a row, where rows are longer */

/* The four sums of a row of a dot tile. */
typedef float four_f32 __attribute__((vector_size(16)));
typedef double four_f64 __attribute__((vector_size(32)));
typedef int32_t bits_f32 __attribute__((vector_size(16)));
typedef int64_t bits_f64 __attribute__((vector_size(32)));

/* max(y, 0); NaN stays. */
VEC_INLINE vec_f32 positive_f32(vec_f32 y) {
    typedef int32_t bits __attribute__((vector_size(VECTOR_BYTES)));
    return (vec_f32)((bits)y & ~(bits)(y <= 0));
}

VEC_INLINE vec_f64 positive_f64(vec_f64 y) {
    typedef int64_t bits __attribute__((vector_size(VECTOR_BYTES)));
    return (vec_f64)((bits)y & ~(bits)(y <= 0));
}

#define TM_SUFFIX f32
#include "tiles.h"
#undef TM_SUFFIX
#define TM_SUFFIX f64
#include "tiles.h"
#undef TM_SUFFIX

void tm_tiles_broadcast(const tm_product_args *p) { (p->dtype == TM_FLOAT32 ? broadcast_f32 : broadcast_f64)(p); }

void tm_tiles_dot(const tm_product_args *p) { (p->dtype == TM_FLOAT32 ? dot_f32 : dot_f64)(p); }

void tm_tiles_turned(const tm_product_args *p) { (p->dtype == TM_FLOAT32 ? turned_f32 : turned_f64)(p); }
