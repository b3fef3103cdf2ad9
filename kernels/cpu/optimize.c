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
        if (a < b) (slot->dtype == TM_FLOAT64 ? p->f64 : p->f32)(call, slot, a, b - a);
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
