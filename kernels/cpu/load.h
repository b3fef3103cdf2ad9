/* load.h: between operands of any layout and dtype, and contiguous blocks of the compute type.
 *
 * A position in an iteration is a row-major coordinate (tm_spot). tm_load gathers `n` consecutive elements
 * of an operand from there, crossing rows, and converts them; tm_store does the reverse. */
#ifndef TM_LOAD_H
#define TM_LOAD_H

#include "names.h"

#define tm_spot_set TM_LEVEL(tm_spot_set)
#define tm_spot_move TM_LEVEL(tm_spot_move)
#define tm_spot_offset TM_LEVEL(tm_spot_offset)
#define tm_load TM_LEVEL(tm_load)
#define tm_store TM_LEVEL(tm_store)
#define tm_pad TM_LEVEL(tm_pad)
#define tm_load_run TM_LEVEL(tm_load_run)
#define tm_store_run TM_LEVEL(tm_store_run)

typedef struct tm_space {
    int rank;
    const int64_t *shape;
} tm_space;

typedef struct tm_spot {
    int64_t at[TM_MAX_DIMS];
} tm_spot;

void tm_spot_set(tm_spot *spot, tm_space space, int64_t flat);                  /* the flat-th element */
void tm_spot_move(tm_spot *spot, tm_space space, int64_t n);                    /* n elements on */
int64_t tm_spot_offset(const tm_spot *spot, tm_space space, const tm_arg *arg); /* in elements */

/* n elements from spot on. The conversions: a float that becomes an integer loses its fraction and
 * saturates, NaN is 0; an integer that becomes a narrower one wraps; anything but 0 is true. */
void tm_load(void *block, tm_dtype compute, const tm_arg *arg, tm_space space, const tm_spot *spot, int64_t n);
void tm_store(const void *block, tm_dtype compute, const tm_arg *arg, tm_space space, const tm_spot *spot, int64_t n);

/* The same for n elements that lie a constant stride apart. */
void tm_load_run(void *block, tm_dtype compute, const void *from, tm_dtype dtype, int64_t stride, int64_t n);
void tm_store_run(const void *block, tm_dtype compute, void *to, tm_dtype dtype, int64_t stride, int64_t n);

/* Fill up elements n .. up to a multiple of 16 with ones; returns that multiple. */
int64_t tm_pad(void *block, tm_dtype compute, int64_t n);

static inline int64_t tm_numel_of(int rank, const int64_t *shape) {
    int64_t n = 1;
    for (int d = 0; d < rank; d++) n *= shape[d];
    return n;
}

/* Does the operand walk dimensions first .. rank-1 as one contiguous run? */
static inline int tm_is_run(const tm_arg *arg, int first, int rank, const int64_t *shape) {
    int64_t expected = 1;
    for (int d = rank; d-- > first; expected *= shape[d])
        if (shape[d] != 1 && arg->stride[d] != expected) return 0;
    return 1;
}

/* Element i of an operand. */
static inline void *tm_at(const tm_arg *arg, int64_t i) { return (char *)arg->data + i * tm_bytes_of(arg->dtype); }

#endif
