/* mask.c: what flows back into a linear layer or a convolution, in one pass over it: the gradient behind the ReLU, and
 * the bias's.
 *
 *     out = y > 0 ? g : 0        bias = the sum of out over all but the columns, or the channels
 *
 * Rows are added up in float for at most ROWS of them, then in double, in an order that depends on the shape alone.
 * A linear layer's task is a block of columns, a convolution's a plane, taken as rows of LINE elements. */
#include "threads.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 256
#define ROWS 32
#define LINE 64

/* A convolution's call, and the sum of each plane. */
typedef struct planes {
    const tm_call *call;
    double *sum;
} planes;

/* out and y are absent where there is no ReLU, sum where there is no bias. Every element is read before its place is
 * written, so out may be g; GCC is told, or it would expect a store to change what it hasn't read yet. */
#define MASK(T, S)                                                                                                     \
    static void mask_row_##S(T *out, T *restrict sum, const T *g, const T *y, int64_t n) {                             \
        _Pragma("GCC ivdep") for (int64_t j = 0; j < n; j++) {                                                         \
            const T flow = g[j], x = y[j] > 0 ? flow : 0;                                                              \
            out[j] = x;                                                                                                \
            sum[j] += x;                                                                                               \
        }                                                                                                              \
    }                                                                                                                  \
    static void add_row_##S(T *restrict sum, const T *restrict g, int64_t n) {                                         \
        for (int64_t j = 0; j < n; j++) sum[j] += g[j];                                                                \
    }                                                                                                                  \
    static void mask_##S(const tm_call *call, int64_t first, int64_t n) {                                              \
        const int64_t rows = call->shape[0], row = call->arg[1].stride[0];                                             \
        const T *g = (const T *)call->arg[1].data + first;                                                             \
        const T *y = call->arg[2].data ? (const T *)call->arg[2].data + first : NULL;                                  \
        T *out = call->arg[0].data ? (T *)call->arg[0].data + first : NULL;                                            \
        T sum[COLUMNS] = {0};                                                                                          \
        double total[COLUMNS] = {0};                                                                                   \
        for (int64_t i = 0; i < rows; i++) {                                                                           \
            if (y)                                                                                                     \
                mask_row_##S(out + i * row, sum, g + i * row, y + i * row, n);                                         \
            else                                                                                                       \
                add_row_##S(sum, g + i * row, n);                                                                      \
            if (i % ROWS < ROWS - 1 && i + 1 < rows) continue;                                                         \
            for (int64_t j = 0; j < n; j++) {                                                                          \
                total[j] += sum[j];                                                                                    \
                sum[j] = 0;                                                                                            \
            }                                                                                                          \
        }                                                                                                              \
        T *bias = call->arg[3].data ? (T *)call->arg[3].data + first : NULL;                                           \
        for (int64_t j = 0; bias && j < n; j++) bias[j] = (T)total[j];                                                 \
    }                                                                                                                  \
    static double plane_##S(T *out, const T *g, const T *y, int64_t n) {                                               \
        T sum[LINE] = {0};                                                                                             \
        double total[LINE] = {0};                                                                                      \
        for (int64_t i = 0, rows = 1; i < n; i += LINE, rows++) {                                                      \
            const int64_t left = n - i;                                                                                \
            if (y && left >= LINE)                                                                                     \
                mask_row_##S(out + i, sum, g + i, y + i, LINE);                                                        \
            else if (y)                                                                                                \
                mask_row_##S(out + i, sum, g + i, y + i, left);                                                        \
            else                                                                                                       \
                add_row_##S(sum, g + i, tm_smaller(LINE, left));                                                       \
            if (rows % ROWS && left > LINE) continue;                                                                  \
            for (int64_t j = 0; j < LINE; j++) {                                                                       \
                total[j] += sum[j];                                                                                    \
                sum[j] = 0;                                                                                            \
            }                                                                                                          \
        }                                                                                                              \
        for (int64_t half = LINE / 2; half; half /= 2)                                                                 \
            for (int64_t j = 0; j < half; j++) total[j] += total[j + half];                                            \
        return total[0];                                                                                               \
    }                                                                                                                  \
    static void planes_##S(const planes *p, int64_t from, int64_t to) {                                                \
        const int64_t n = p->call->shape[2];                                                                           \
        const T *g = p->call->arg[1].data, *y = p->call->arg[2].data;                                                  \
        T *out = p->call->arg[0].data;                                                                                 \
        for (int64_t i = from; i < to; i++)                                                                            \
            p->sum[i] = y ? plane_##S(out + i * n, g + i * n, y + i * n, n) : plane_##S(NULL, g + i * n, NULL, n);     \
    }                                                                                                                  \
    static void add_planes_##S(const planes *p) {                                                                      \
        const int64_t channels = p->call->shape[1];                                                                    \
        T *bias = p->call->arg[3].data;                                                                                \
        for (int64_t j = 0; bias && j < channels; j++) {                                                               \
            double total = 0;                                                                                          \
            for (int64_t i = 0; i < p->call->shape[0]; i++) total += p->sum[i * channels + j];                         \
            bias[j] = (T)total;                                                                                        \
        }                                                                                                              \
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

static void planes_range(void *self, int64_t from, int64_t to) {
    const planes *p = self;
    (p->call->compute == TM_FLOAT32 ? planes_f32 : planes_f64)(p, from, to);
}

/* The same over (images, channels, elements of a plane). */
void tm_mask_planes(tm_call *call) {
    const int64_t n = call->shape[0] * call->shape[1], bytes = n * call->shape[2] * tm_bytes_of(call->compute);
    planes p = {call, malloc((size_t)n * sizeof(double))};
    if (p.sum) {
        tm_share(planes_range, &p, n, tm_threads_for(n, bytes >= TM_SHARE_BYTES));
        (call->compute == TM_FLOAT32 ? add_planes_f32 : add_planes_f64)(&p);
    } else
        call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
    free(p.sum);
}
