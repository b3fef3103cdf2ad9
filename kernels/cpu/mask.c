/* mask.c: what flows back into a linear layer, in one pass over it: the gradient behind the ReLU, and the bias's.
 *
 *     out = y > 0 ? g : 0        bias = the sum of out's rows
 *
 * Rows are added up in float for at most ROWS of them, then in double, in an order that depends on the shape alone.
 * A task is a block of columns. */
#include "threads.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 256
#define ROWS 32

/* out and y are absent where there is no ReLU, sum where there is no bias. */
#define MASK(T, S)                                                                                                     \
    static void mask_##S(const tm_call *call, int64_t first, int64_t n) {                                              \
        const int64_t rows = call->shape[0], row = call->arg[1].stride[0];                                             \
        const T *g = (const T *)call->arg[1].data + first;                                                             \
        const T *y = call->arg[2].data ? (const T *)call->arg[2].data + first : NULL;                                  \
        T *out = call->arg[0].data ? (T *)call->arg[0].data + first : NULL;                                            \
        double total[COLUMNS] = {0};                                                                                   \
        for (int64_t from = 0; from < rows; from += ROWS) {                                                            \
            T sum[COLUMNS] = {0};                                                                                      \
            const int64_t to = tm_smaller(rows, from + ROWS);                                                          \
            for (int64_t i = from; i < to; i++) {                                                                      \
                const T *gi = g + i * row, *yi = y ? y + i * row : NULL;                                               \
                T *oi = out ? out + i * row : NULL;                                                                    \
                if (y)                                                                                                 \
                    for (int64_t j = 0; j < n; j++) {                                                                  \
                        const T x = yi[j] > 0 ? gi[j] : 0;                                                             \
                        oi[j] = x;                                                                                     \
                        sum[j] += x;                                                                                   \
                    }                                                                                                  \
                else                                                                                                   \
                    for (int64_t j = 0; j < n; j++) sum[j] += gi[j];                                                   \
            }                                                                                                          \
            for (int64_t j = 0; j < n; j++) total[j] += sum[j];                                                        \
        }                                                                                                              \
        T *bias = call->arg[3].data ? (T *)call->arg[3].data + first : NULL;                                           \
        for (int64_t j = 0; bias && j < n; j++) bias[j] = (T)total[j];                                                 \
    }
MASK(float, f32)
MASK(double, f64)

static void mask_range(void *self, int64_t from, int64_t to) {
    const tm_call *call = self;
    for (int64_t b = from; b < to; b++) {
        const int64_t first = b * COLUMNS, n = tm_smaller(COLUMNS, call->shape[1] - first);
        if (call->compute == TM_FLOAT32)
            mask_f32(call, first, n);
        else
            mask_f64(call, first, n);
    }
}

/* g, y and out are contiguous (rows, columns); bias is contiguous. */
void tm_mask(tm_call *call) {
    const int64_t blocks = (call->shape[1] + COLUMNS - 1) / COLUMNS;
    const int64_t bytes = call->shape[0] * call->shape[1] * tm_bytes_of(call->compute);
    tm_share(mask_range, call, blocks, tm_threads_for(blocks, bytes >= TM_SHARE_BYTES));
}
