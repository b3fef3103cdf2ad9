/* embedding.c: bags of rows, and the gradients of tables as rows.
 *
 * embedding_bag       a bag's rows, summed in order; averaged; or their maximum, with the id that each element is from
 * embedding_bag, 1    for each id its bag, for each bag how many ids it has
 * embedding, 1        rows that belong to equal ids, summed in the order in which they came: a stable radix sort of the
 *                     ids says which. Threads share the results, so a sum has one order. */
#include "ids.h"
#include "threads.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD 6 /* rows that are asked for before their turn */

enum { MEAN, SUM, MAX };

/* --- bags --------------------------------------------------------------------------------------------------------- */

/* Bags begin with 0, never fall and stay below the number of ids. */
static int bags_fit(tm_call *call, const int64_t *start, int64_t bags, int64_t n) {
    int64_t before = 0;
    for (int64_t b = 0; b < bags; before = start[b++]) {
        if (start[b] >= before && start[b] <= n && (b || start[b] == 0)) continue;
        call->fault = (tm_fault){.kind = TM_FAULT_BAG, .id = b, .bound = n};
        return 0;
    }
    return 1;
}

typedef struct bags {
    const tm_call *call;
    const int64_t *id, *start;
    int64_t n, mode;
} bags;

static void fetch(const char *row, int64_t bytes) {
    for (int64_t k = 0; k < bytes; k += 64) __builtin_prefetch(row + k);
}

#define BAG(T)                                                                                                         \
    static void sum_##T(const bags *p, T *restrict y, int64_t width, int64_t from, int64_t to) {                       \
        const T *weight = p->call->arg[1].data;                                                                        \
        memset(y, 0, (size_t)width * sizeof *y);                                                                       \
        for (int64_t i = from; i < to; i++) {                                                                          \
            const T *x = weight + p->id[i] * width;                                                                    \
            fetch((const char *)(weight + p->id[tm_smaller(i + AHEAD, p->n - 1)] * width), width *(int64_t)sizeof *x); \
            for (int64_t k = 0; k < width; k++) y[k] += x[k];                                                          \
        }                                                                                                              \
        if (p->mode == SUM || to - from < 2) return;                                                                   \
        const T scale = (T)1 / (T)(to - from);                                                                         \
        for (int64_t k = 0; k < width; k++) y[k] *= scale;                                                             \
    }                                                                                                                  \
    /* The first of equals wins; NaN wins over numbers. */                                                             \
    static void max_##T(const bags *p, T *restrict y, int64_t *restrict winner, int64_t width, int64_t from,           \
                        int64_t to) {                                                                                  \
        const T *weight = p->call->arg[1].data;                                                                        \
        for (int64_t k = 0; k < width; k++) {                                                                          \
            y[k] = from < to ? weight[p->id[from] * width + k] : 0;                                                    \
            winner[k] = from < to ? p->id[from] : -1;                                                                  \
        }                                                                                                              \
        for (int64_t i = from + 1; i < to; i++) {                                                                      \
            const T *x = weight + p->id[i] * width;                                                                    \
            for (int64_t k = 0; k < width; k++) {                                                                      \
                const int better = x[k] > y[k] || (x[k] != x[k] && y[k] == y[k]);                                      \
                y[k] = better ? x[k] : y[k];                                                                           \
                winner[k] = better ? p->id[i] : winner[k];                                                             \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    static void bags_##T(void *self, int64_t first, int64_t last) {                                                    \
        const bags *p = self;                                                                                          \
        const int64_t count = p->call->shape[0], width = p->call->shape[1];                                            \
        for (int64_t b = first; b < last; b++) {                                                                       \
            T *y = (T *)p->call->arg[0].data + b * width;                                                              \
            const int64_t from = p->start[b], to = b + 1 < count ? p->start[b + 1] : p->n;                             \
            if (p->mode == MAX)                                                                                        \
                max_##T(p, y, (int64_t *)p->call->arg[4].data + b * width, width, from, to);                           \
            else                                                                                                       \
                sum_##T(p, y, width, from, to);                                                                        \
        }                                                                                                              \
    }
BAG(float)
BAG(double)

void tm_embedding_bag(tm_call *call) {
    bags p = {call, call->arg[2].data, call->arg[3].data, call->value[2].i, call->value[1].i};
    if (!bags_fit(call, p.start, call->shape[0], p.n)) return;
    if (p.n && !tm_ids_fit(call, &call->arg[2], 1, p.n, call->value[0].i)) return;
    const int64_t bytes = p.n * call->shape[1] * tm_bytes_of(call->arg[0].dtype);
    tm_share(call->compute == TM_FLOAT64 ? bags_double : bags_float, &p, call->shape[0],
             tm_threads_for(call->shape[0], bytes >= TM_SHARE_BYTES));
}

void tm_embedding_bags(tm_call *call) {
    int64_t *bag = call->arg[0].data, *count = call->arg[1].data;
    const int64_t *start = call->arg[3].data, n = call->value[2].i, size = call->shape[0];
    if (!bags_fit(call, start, size, n)) return;
    for (int64_t b = 0; b < size; b++) {
        const int64_t end = b + 1 < size ? start[b + 1] : n;
        count[b] = end - start[b];
        for (int64_t i = start[b]; i < end; i++) bag[i] = b;
    }
}

/* --- rows of equal ids -------------------------------------------------------------------------------------------- */

typedef struct place {
    int64_t id, at; /* the id, and where it came */
} place;

/* By id, stable: 11 bits at a time, from the lowest. Returns which of the two arrays has the result. */
static place *sort_places(place *a, place *b, int64_t n, int64_t largest) {
    enum { BITS = 11, BUCKETS = 1 << BITS };
    for (int shift = 0; shift < 63 && largest >> shift; shift += BITS) {
        int64_t first[BUCKETS] = {0}, sum = 0;
        for (int64_t i = 0; i < n; i++) first[a[i].id >> shift & (BUCKETS - 1)]++;
        for (int k = 0; k < BUCKETS; k++) {
            const int64_t count = first[k];
            first[k] = sum;
            sum += count;
        }
        for (int64_t i = 0; i < n; i++) b[first[a[i].id >> shift & (BUCKETS - 1)]++] = a[i];
        place *swap = a;
        a = b;
        b = swap;
    }
    return a;
}

typedef struct merging {
    const tm_call *call;
    const place *sorted;
    const int64_t *begin; /* of each id's places; one more at the end */
} merging;

#define MERGE(T)                                                                                                       \
    static void merge_##T(void *self, int64_t first, int64_t last) {                                                   \
        const merging *p = self;                                                                                       \
        const tm_arg *x = &p->call->arg[1];                                                                            \
        const int64_t width = p->call->shape[1];                                                                       \
        for (int64_t r = first; r < last; r++) {                                                                       \
            T *restrict y = (T *)p->call->arg[0].data + r * width;                                                     \
            for (int64_t i = p->begin[r]; i < p->begin[r + 1]; i++) {                                                  \
                const T *row = (const T *)x->data + p->sorted[i].at * x->stride[0];                                    \
                const int adds = i > p->begin[r];                                                                      \
                for (int64_t k = 0; k < width; k++)                                                                    \
                    y[k] = adds ? y[k] + row[k * x->stride[1]] : row[k * x->stride[1]];                                \
            }                                                                                                          \
        }                                                                                                              \
    }
MERGE(float)
MERGE(double)

/* The places of n ids: where each one's row lies in the source. Returns the largest id. */
static int64_t read_places(const tm_call *call, place *to) {
    const tm_arg *ids = &call->arg[2], *from = &call->arg[5];
    int64_t largest = 0;
    for (int64_t i = 0; i < call->shape[0]; i++) {
        to[i].at = i;
        tm_load_run(&to[i].id, TM_INT64, tm_at(ids, i * ids->stride[0]), ids->dtype, 0, 1);
        if (from->data) to[i].at = ((const int64_t *)from->data)[i * from->stride[0]];
        if (to[i].id > largest) largest = to[i].id;
    }
    return largest;
}

void tm_merge_rows(tm_call *call) {
    const int64_t n = call->shape[0];
    place *room = malloc((size_t)n * 2 * sizeof *room + ((size_t)n + 1) * sizeof(int64_t));
    if (!room) {
        call->fault.kind = TM_FAULT_MEMORY;
        return;
    }
    int64_t *begin = (int64_t *)(room + 2 * n), *id = call->arg[3].data, count = 0;
    const place *sorted = sort_places(room, room + n, n, read_places(call, room));
    for (int64_t i = 0; i < n; i++) {
        if (i && sorted[i].id == sorted[i - 1].id) continue;
        id[count] = sorted[i].id;
        begin[count++] = i;
    }
    begin[count] = n;
    *(int64_t *)call->arg[4].data = count;
    merging p = {call, sorted, begin};
    const int64_t bytes = n * call->shape[1] * 2 * tm_bytes_of(call->arg[0].dtype);
    tm_share(call->compute == TM_FLOAT64 ? merge_double : merge_float, &p, count,
             tm_threads_for(count, bytes >= TM_SHARE_BYTES));
    free(room);
}
