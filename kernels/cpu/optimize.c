/* optimize.c: SGD and Adam, one pass over all parameters (call->slot).
 *
 * The parameters are cut into chunks; each thread takes a contiguous range of them, the same at every step, so
 * that its share stays in its cache. */
#include "names.h"
#include "threads.h"

#include "../vocabulary.h"

#define CHUNK 2048

#define TM_SUFFIX f32
#include "optimize_loops.h"
#undef TM_SUFFIX
#define TM_SUFFIX f64
#include "optimize_loops.h"
#undef TM_SUFFIX

typedef void (*update)(const tm_call *call, const tm_slot *slot, int64_t from, int64_t n);

static int64_t chunks_of(const tm_slot *slot) { return (slot->n + CHUNK - 1) / CHUNK; }

typedef struct pass {
    const tm_call *call;
    update f32, f64;
} pass;

/* Elements from .. from+n-1 of a gradient of rows: row by row, each where its id says. */
static void update_rows(const tm_call *call, const tm_slot *slot, update f, int64_t from, int64_t n) {
    const int64_t bytes = tm_bytes_of(slot->dtype), width = slot->width;
    for (int64_t size; n > 0; from += size, n -= size) {
        const int64_t row = from / width, away = (slot->ids[row] - row) * width * bytes;
        size = tm_smaller(n, (row + 1) * width - from);
        tm_slot one = *slot;
        one.param = (char *)slot->param + away;
        for (int k = 0; k < 2; k++)
            if (slot->state[k]) one.state[k] = (char *)slot->state[k] + away;
        f(call, &one, from, size);
    }
}

/* Chunks from .. to-1, counted over all slots. */
static void update_range(void *self, int64_t from, int64_t to) {
    const pass *p = self;
    const tm_call *call = p->call;
    int64_t first = 0; /* of the slot */
    for (int64_t s = 0; s < call->n_slots && first < to; s++) {
        const tm_slot *slot = &call->slot[s];
        const int64_t end = first + chunks_of(slot);
        const int64_t a = (from > first ? from - first : 0) * CHUNK;
        const int64_t b = tm_smaller(slot->n, (tm_smaller(to, end) - first) * CHUNK);
        const update f = slot->dtype == TM_FLOAT64 ? p->f64 : p->f32;
        if (a < b && slot->ids)
            update_rows(call, slot, f, a, b - a);
        else if (a < b)
            f(call, slot, a, b - a);
        first = end;
    }
}

static void run(const tm_call *call, update f32, update f64) {
    pass p = {call, f32, f64};
    int64_t chunks = 0;
    for (int64_t s = 0; s < call->n_slots; s++) chunks += chunks_of(&call->slot[s]);
    tm_share(update_range, &p, chunks, tm_threads_for(chunks, chunks * CHUNK * 16 >= 2 * TM_SHARE_BYTES));
}

void tm_sgd(tm_call *call) { run(call, sgd_f32, sgd_f64); }

void tm_adam(tm_call *call) { run(call, adam_f32, adam_f64); }
