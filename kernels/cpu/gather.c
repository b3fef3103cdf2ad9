/* gather.c: elements by ids along the last dimension of the iteration, which is that of the ids.
 *
 * Lines along the axis don't meet, so they are shared among threads; within one, elements go in order, so that sums and
 * what is set last don't depend on who does it. */
#include "ids.h"
#include "load.h"
#include "threads.h"

#include <string.h>

enum { TM_SUM, TM_PROD, TM_AMAX, TM_AMIN, TM_SET }; /* as the words of scatter_reduce's signature */

typedef struct walk {
    const tm_call *call;
    const tm_arg *whole, *beside; /* along the axis an id chooses from `whole`; `beside` has one element for each id */
    int put;                      /* into whole; else into beside */
} walk;

/* to = from, or what is made of both. */
#define COMBINE(T, S, ADD, MUL)                                                                                        \
    static inline void combine_##S(T *to, T from, int64_t mode) {                                                      \
        const T a = *to;                                                                                               \
        switch (mode) {                                                                                                \
        case TM_SUM: *to = ADD; break;                                                                                 \
        case TM_PROD: *to = MUL; break;                                                                                \
        case TM_AMAX: *to = a != a || a > from ? a : from; break;                                                      \
        case TM_AMIN: *to = a != a || a < from ? a : from; break;                                                      \
        default: *to = from;                                                                                           \
        }                                                                                                              \
    }
COMBINE(float, f32, a + from, a *from)
COMBINE(double, f64, a + from, a *from)
COMBINE(int64_t, i64, (int64_t)((uint64_t)a + (uint64_t)from), (int64_t)((uint64_t)a *(uint64_t)from))

static void combine(const tm_call *call, void *to, tm_dtype to_dtype, const void *from, tm_dtype from_dtype) {
    char a[8] __attribute__((aligned(8))), b[8] __attribute__((aligned(8)));
    const tm_dtype type = call->compute;
    tm_load_run(a, type, to, to_dtype, 0, 1);
    tm_load_run(b, type, from, from_dtype, 0, 1);
    if (type == TM_FLOAT32) {
        float v;
        memcpy(&v, b, sizeof v);
        combine_f32((float *)a, v, call->value[1].i);
    } else if (type == TM_FLOAT64) {
        double v;
        memcpy(&v, b, sizeof v);
        combine_f64((double *)a, v, call->value[1].i);
    } else {
        int64_t v;
        memcpy(&v, b, sizeof v);
        combine_i64((int64_t *)a, v, call->value[1].i);
    }
    tm_store_run(a, type, to, to_dtype, 0, 1);
}

#define MOVE(T)                                                                                                        \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        T *across = (T *)whole + id[i] * along, *own = (T *)beside + i * step;                                         \
        if (w->put)                                                                                                    \
            *across = *own;                                                                                            \
        else                                                                                                           \
            *own = *across;                                                                                            \
    }

static void run_ids(const walk *w, char *whole, char *beside, const int64_t *id, int64_t n) {
    const int last = w->call->rank - 1;
    const int64_t along = w->whole->stride[last], step = w->beside->stride[last];
    const int64_t bytes = tm_bytes_of(w->whole->dtype);
    const int moves = !w->put || w->call->value[1].i == TM_SET;
    if (moves && bytes == 4) {
        MOVE(uint32_t)
    } else if (moves && bytes == 8) {
        MOVE(uint64_t)
    } else if (moves && bytes == 2) {
        MOVE(uint16_t)
    } else if (moves) {
        MOVE(uint8_t)
    } else if (w->call->value[1].i == TM_SUM && w->call->compute == TM_FLOAT32 && bytes == 4) {
        for (int64_t i = 0; i < n; i++) ((float *)whole)[id[i] * along] += ((float *)beside)[i * step];
    } else {
        for (int64_t i = 0; i < n; i++)
            combine(w->call, whole + id[i] * along * bytes, w->whole->dtype, beside + i * step * bytes,
                    w->beside->dtype);
    }
}

static void run_lines(void *self, int64_t from, int64_t to) {
    const walk *w = self;
    const tm_call *call = w->call;
    const tm_arg *ids = &call->arg[2];
    const int last = call->rank - 1;
    const tm_space kept = {last, call->shape};
    const int64_t bytes = tm_bytes_of(w->whole->dtype), size = call->shape[last];
    int64_t block[TM_BLOCK];
    tm_spot spot;
    tm_spot_set(&spot, kept, from);
    for (int64_t k = from; k < to; k++, tm_spot_move(&spot, kept, 1)) {
        char *whole = tm_at(w->whole, tm_spot_offset(&spot, kept, w->whole));
        char *beside = tm_at(w->beside, tm_spot_offset(&spot, kept, w->beside));
        const int64_t start = tm_spot_offset(&spot, kept, ids);
        for (int64_t i = 0, n; i < size; i += n) {
            n = tm_smaller(TM_BLOCK, size - i);
            tm_load_run(block, TM_INT64, tm_at(ids, start + i * ids->stride[last]), ids->dtype, ids->stride[last], n);
            run_ids(w, whole, beside + i * w->beside->stride[last] * bytes, block, n);
        }
    }
}

static int ids_in_range(tm_call *call) {
    const tm_space space = {call->rank, call->shape};
    const int64_t n = tm_numel_of(call->rank, call->shape), bound = call->value[0].i;
    int64_t block[TM_BLOCK];
    tm_spot spot;
    tm_spot_set(&spot, space, 0);
    for (int64_t i = 0, size; i < n; i += size, tm_spot_move(&spot, space, size)) {
        size = tm_smaller(TM_BLOCK, n - i);
        tm_load(block, TM_INT64, &call->arg[2], space, &spot, size);
        for (int64_t k = 0; k < size; k++) {
            if (block[k] >= 0 && block[k] < bound) continue;
            call->fault = (tm_fault){.kind = TM_FAULT_ID, .id = block[k], .bound = bound};
            return 0;
        }
    }
    return 1;
}

static void run(tm_call *call, int whole, int beside) {
    walk w = {call, &call->arg[whole], &call->arg[beside], whole == 0};
    if (!ids_in_range(call)) return;
    const int64_t count = tm_numel_of(call->rank - 1, call->shape), n = count * call->shape[call->rank - 1];
    tm_share(run_lines, &w, count, tm_threads_for(count, n * 16 >= TM_SHARE_BYTES));
}

void tm_gather(tm_call *call) { run(call, 1, 0); }
void tm_scatter_reduce(tm_call *call) { run(call, 0, 1); }
