/* gather.c: elements by ids along the last dimension of the iteration, which is that of the ids.
 *
 * Lines along the axis don't meet, so they are shared among threads. Within one, what is put goes in order, so that
 * sums and what is set last don't depend on who does it; what is read is cut into pieces. */
#include "ids.h"
#include "load.h"
#include "threads.h"

#include <string.h>

enum { TM_SUM, TM_PROD, TM_AMAX, TM_AMIN, TM_SET }; /* as the words of scatter_reduce's signature */

typedef struct walk {
    const tm_call *call;
    const tm_arg *whole, *beside; /* along the axis an id chooses from `whole`; `beside` has one element for each id */
    int put;                      /* into whole; else into beside */
    int64_t pieces;               /* of each line; 1 where elements of a line may meet */
    int wrong;                    /* is there an id out of range? */
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

/* n ids from a place on: where they lie, or converted. */
static const int64_t *ids_at(const tm_arg *ids, int64_t at, int64_t stride, int64_t n, int64_t block[TM_BLOCK]) {
    const void *from = tm_at(ids, at);
    if (ids->dtype == TM_INT64 && stride == 1) return from;
    tm_load_run(block, TM_INT64, from, ids->dtype, stride, n);
    return block;
}

/* Elements from .. to-1 of the line at a spot. */
static void run_line(const walk *w, const tm_spot *spot, tm_space kept, int64_t from, int64_t to) {
    const tm_arg *ids = &w->call->arg[2];
    const int64_t bytes = tm_bytes_of(w->whole->dtype), step = w->beside->stride[kept.rank] * bytes;
    const int64_t start = tm_spot_offset(spot, kept, ids), stride = ids->stride[kept.rank];
    char *whole = tm_at(w->whole, tm_spot_offset(spot, kept, w->whole));
    char *beside = tm_at(w->beside, tm_spot_offset(spot, kept, w->beside));
    int64_t block[TM_BLOCK];
    for (int64_t i = from, n; i < to; i += n) {
        n = tm_smaller(TM_BLOCK, to - i);
        run_ids(w, whole, beside + i * step, ids_at(ids, start + i * stride, stride, n, block), n);
    }
}

/* Task k is piece k % pieces of line k / pieces. */
static void run_pieces(void *self, int64_t from, int64_t to) {
    const walk *w = self;
    const tm_space kept = {w->call->rank - 1, w->call->shape};
    const int64_t size = w->call->shape[kept.rank];
    tm_spot spot;
    tm_spot_set(&spot, kept, from / w->pieces);
    for (int64_t k = from; k < to; k++) {
        const int64_t piece = k % w->pieces;
        run_line(w, &spot, kept, size * piece / w->pieces, size * (piece + 1) / w->pieces);
        if (piece + 1 == w->pieces) tm_spot_move(&spot, kept, 1);
    }
}

/* Blocks of ids from .. to-1, counted through all of them: is one of them wrong? */
static void check_blocks(void *self, int64_t from, int64_t to) {
    walk *w = self;
    const tm_call *call = w->call;
    const tm_arg *ids = &call->arg[2];
    const tm_space space = {call->rank, call->shape};
    const int64_t n = tm_numel_of(call->rank, call->shape);
    const int run = ids->dtype == TM_INT64 && tm_is_run(ids, 0, call->rank, call->shape);
    const uint64_t bound = (uint64_t)call->value[0].i;
    int64_t block[TM_BLOCK];
    tm_spot spot;
    tm_spot_set(&spot, space, from * TM_BLOCK);
    for (int64_t i = from * TM_BLOCK, size; i < n && i < to * TM_BLOCK; i += size, tm_spot_move(&spot, space, size)) {
        const int64_t *id = run ? (const int64_t *)tm_at(ids, i) : block;
        int wrong = 0;
        size = tm_smaller(TM_BLOCK, n - i);
        if (!run) tm_load(block, TM_INT64, ids, space, &spot, size);
        for (int64_t k = 0; k < size; k++) wrong |= (uint64_t)id[k] >= bound;
        if (wrong) __atomic_store_n(&w->wrong, 1, __ATOMIC_RELAXED);
    }
}

/* The first id that is wrong, for the message. */
static void find_wrong(tm_call *call) {
    const tm_space space = {call->rank, call->shape};
    const int64_t n = tm_numel_of(call->rank, call->shape), bound = call->value[0].i;
    int64_t id = 0;
    tm_spot spot;
    tm_spot_set(&spot, space, 0);
    for (int64_t i = 0; i < n; i++, tm_spot_move(&spot, space, 1)) {
        tm_load(&id, TM_INT64, &call->arg[2], space, &spot, 1);
        if (id < 0 || id >= bound) break;
    }
    call->fault = (tm_fault){.kind = TM_FAULT_ID, .id = id, .bound = bound};
}

#define PIECE 4096 /* elements of a line that are read by themselves */

static void run(tm_call *call, int whole, int beside) {
    walk w = {.call = call, .whole = &call->arg[whole], .beside = &call->arg[beside], .put = whole == 0, .pieces = 1};
    const int64_t size = call->shape[call->rank - 1], count = tm_numel_of(call->rank - 1, call->shape);
    const int64_t n = count * size, blocks = (n + TM_BLOCK - 1) / TM_BLOCK;
    const int enough = n * 16 >= TM_SHARE_BYTES;
    tm_share(check_blocks, &w, blocks, tm_threads_for(blocks, enough));
    if (w.wrong) {
        find_wrong(call);
        return;
    }
    if (!w.put && size > PIECE) w.pieces = (size + PIECE - 1) / PIECE;
    tm_share(run_pieces, &w, count * w.pieces, tm_threads_for(count * w.pieces, enough));
}

void tm_gather(tm_call *call) { run(call, 1, 0); }
void tm_scatter_reduce(tm_call *call) { run(call, 0, 1); }
