/* clip.c: the norm of all gradients (call->slot) together, and all of them scaled by one factor.
 *
 * Each is cut into chunks, whose parts of the norm are found in double and joined in order. */
#include "threads.h"
#include "vectors.h"

#include <math.h>
#include <stdlib.h>

#define CHUNK 2048
#define LANES 32 /* of a sum, whatever the vectors are */

typedef struct pass {
    const tm_call *call;
    double p, factor; /* of the norm; of the scaling */
    double *part;     /* of the norm, of each chunk */
} pass;

VEC_INLINE vec_f64 as_doubles_f32(const float *x) { return widened_f32(x); }
VEC_INLINE vec_f64 as_doubles_f64(const double *x) { return load_f64(x); }

#define LOOPS(T, S)                                                                                                    \
    static double squares_##S(const T *x, int64_t n) {                                                                 \
        vec_f64 sum[LANES / WIDTH_f64] = {0};                                                                          \
        double lane[LANES], rest = 0;                                                                                  \
        int64_t i = 0;                                                                                                 \
        for (; i + LANES <= n; i += LANES) _Pragma("GCC unroll 16") for (int j = 0; j < LANES / WIDTH_f64; j++) {      \
                const vec_f64 v = as_doubles_##S(x + i + j * WIDTH_f64);                                               \
                sum[j] += v * v;                                                                                       \
            }                                                                                                          \
        for (; i < n; i++) rest += (double)x[i] * (double)x[i];                                                        \
        memcpy(lane, sum, sizeof lane);                                                                                \
        for (int half = LANES / 2; half > 0; half /= 2)                                                                \
            for (int j = 0; j < half; j++) lane[j] += lane[j + half];                                                  \
        return lane[0] + rest;                                                                                         \
    }                                                                                                                  \
    /* The largest of the sizes, NaN before all; else the sum of their powers. */                                      \
    static double sizes_##S(const T *x, int64_t n, double p) {                                                         \
        double total = 0;                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            const double size = fabs((double)x[i]);                                                                    \
            if (isinf(p))                                                                                              \
                total = size > total || size != size ? size : total;                                                   \
            else                                                                                                       \
                total += p == 1 ? size : pow(size, p);                                                                 \
        }                                                                                                              \
        return total;                                                                                                  \
    }                                                                                                                  \
    static void scale_##S(T *x, int64_t n, T factor) {                                                                 \
        for (int64_t i = 0; i < n; i++) x[i] *= factor;                                                                \
    }
LOOPS(float, f32)
LOOPS(double, f64)

/* Work on chunk c, which is elements from .. from+n-1 of a slot. */
static void measure(const pass *p, const tm_slot *slot, int64_t from, int64_t n, int64_t c) {
    const float *a = (const float *)slot->grad + from;
    const double *b = (const double *)slot->grad + from;
    if (slot->dtype == TM_FLOAT64)
        p->part[c] = p->p == 2 ? squares_f64(b, n) : sizes_f64(b, n, p->p);
    else
        p->part[c] = p->p == 2 ? squares_f32(a, n) : sizes_f32(a, n, p->p);
}

static void scale(const pass *p, const tm_slot *slot, int64_t from, int64_t n) {
    if (slot->dtype == TM_FLOAT64)
        scale_f64((double *)(uintptr_t)slot->grad + from, n, p->factor);
    else
        scale_f32((float *)(uintptr_t)slot->grad + from, n, (float)p->factor);
}

static int64_t chunks_of(const tm_slot *slot) { return (slot->n + CHUNK - 1) / CHUNK; }

/* Chunks from .. to-1, counted over all slots. */
static void run_chunks(void *self, int64_t from, int64_t to) {
    const pass *p = self;
    int64_t first = 0; /* of the slot */
    for (int64_t s = 0; s < p->call->n_slots && first < to; s++) {
        const tm_slot *slot = &p->call->slot[s];
        const int64_t end = first + chunks_of(slot);
        for (int64_t c = from > first ? from : first; c < end && c < to; c++) {
            const int64_t start = (c - first) * CHUNK, n = tm_smaller(CHUNK, slot->n - start);
            if (p->call->part == 0)
                measure(p, slot, start, n, c);
            else
                scale(p, slot, start, n);
        }
        first = end;
    }
}

static void share(pass *p, int64_t chunks) {
    tm_share(run_chunks, p, chunks, tm_threads_for(chunks, chunks * CHUNK * 4 >= TM_SHARE_BYTES));
}

static void find_norm(pass *p, int64_t chunks, const tm_arg *out) {
    double total = 0;
    share(p, chunks);
    for (int64_t c = 0; c < chunks; c++) {
        const double part = p->part[c];
        if (isinf(p->p))
            total = part > total || part != part ? part : total;
        else
            total += part;
    }
    if (p->p == 2) total = sqrt(total);
    if (p->p != 1 && p->p != 2 && !isinf(p->p)) total = pow(total, 1 / p->p);
    if (out->dtype == TM_FLOAT64)
        *(double *)out->data = total;
    else
        *(float *)out->data = (float)total;
}

/* The factor is max_norm / norm where that is below 1; else nothing has to be touched. */
static void scale_all(pass *p, int64_t chunks, const tm_arg *norm) {
    const double size = norm->dtype == TM_FLOAT64 ? *(double *)norm->data : (double)*(float *)norm->data;
    p->factor = p->call->value[0].f / (size + 1e-6);
    if (!(p->factor >= 1)) share(p, chunks);
}

void tm_clip_norm(tm_call *call) {
    pass p = {.call = call};
    int64_t chunks = 0;
    for (int64_t s = 0; s < call->n_slots; s++) chunks += chunks_of(&call->slot[s]);
    if (call->part == 1) {
        scale_all(&p, chunks, &call->arg[1]);
        return;
    }
    p.p = call->value[0].f;
    p.part = malloc((size_t)(chunks + 1) * sizeof *p.part);
    if (!p.part) {
        call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
        return;
    }
    find_norm(&p, chunks, &call->arg[0]);
    free(p.part);
}
