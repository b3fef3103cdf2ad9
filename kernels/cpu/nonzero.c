/* nonzero.c: which elements are not 0. How many there are decides the result's size, so it takes two calls.
 *
 * The elements are cut into chunks. The first call counts: operand 0 becomes where each chunk's results start, and
 * behind them how many there are in all. The second one writes each chunk's results from there on. */
#include "load.h"
#include "threads.h"

#include <string.h>

typedef struct walk {
    const tm_call *call;
    tm_space space;
    int64_t n, chunk;
    int bytes; /* is x contiguous, and its elements of one byte? */
} walk;

/* values: 0 ids in a row of the result (0: ids of the flattened x), 1 elements of a chunk */
static walk walk_of(const tm_call *call) {
    walk w = {.call = call, .space = {call->rank, call->shape}, .chunk = call->value[1].i};
    w.n = tm_numel_of(call->rank, call->shape);
    w.bytes = tm_bytes_of(call->arg[1].dtype) == 1 && tm_is_run(&call->arg[1], 0, call->rank, call->shape);
    return w;
}

/* flag[i] = x[from + i] != 0. The spot stands at `from`. */
static void read_flags(const walk *w, int64_t from, const tm_spot *spot, int64_t n, uint8_t *restrict flag) {
    const tm_call *call = w->call;
    char block[TM_BLOCK * 8] __attribute__((aligned(64)));
    if (w->bytes) {
        const uint8_t *x = (const uint8_t *)call->arg[1].data + from;
        for (int64_t i = 0; i < n; i++) flag[i] = x[i] != 0;
        return;
    }
    tm_load(block, call->compute, &call->arg[1], w->space, spot, n);
    if (call->compute == TM_FLOAT32)
        for (int64_t i = 0; i < n; i++) flag[i] = ((const float *)block)[i] != 0;
    else if (call->compute == TM_FLOAT64)
        for (int64_t i = 0; i < n; i++) flag[i] = ((const double *)block)[i] != 0;
    else
        for (int64_t i = 0; i < n; i++) flag[i] = ((const int64_t *)block)[i] != 0;
}

static void count_chunks(void *self, int64_t from, int64_t to) {
    const walk *w = self;
    int64_t *starts = w->call->arg[0].data;
    uint8_t flag[TM_BLOCK];
    for (int64_t c = from; c < to; c++) {
        const int64_t end = tm_smaller((c + 1) * w->chunk, w->n);
        int64_t count = 0;
        tm_spot spot;
        tm_spot_set(&spot, w->space, c * w->chunk);
        for (int64_t n, i = c * w->chunk; i < end; i += n) {
            n = tm_smaller(TM_BLOCK, end - i);
            read_flags(w, i, &spot, n, flag);
            int32_t some = 0;
            for (int64_t k = 0; k < n; k++) some += flag[k];
            count += some;
            if (!w->bytes) tm_spot_move(&spot, w->space, n);
        }
        starts[c] = count;
    }
}

static int64_t share(walk *w, tm_tasks run) {
    const int64_t chunks = (w->n + w->chunk - 1) / w->chunk;
    tm_share(run, w, chunks, tm_threads_for(chunks, w->n * 2 >= TM_SHARE_BYTES));
    return chunks;
}

void tm_nonzero_count(tm_call *call) {
    walk w = walk_of(call);
    const int64_t chunks = share(&w, count_chunks);
    int64_t *starts = call->arg[0].data, total = 0;
    for (int64_t c = 0; c <= chunks; c++) {
        const int64_t count = c < chunks ? starts[c] : 0;
        starts[c] = total;
        total += count;
    }
}

/* The coordinates of the element with this row-major id. */
static void write_row(const walk *w, int64_t id, int64_t *row) {
    for (int d = w->space.rank; d-- > 0;) {
        const int64_t size = w->space.shape[d];
        row[d] = id % size;
        id /= size;
    }
}

/* Without a branch on what can't be foreseen: each id is written, and counts if its flag is set. */
static int64_t found_ids(const uint8_t *flag, int64_t from, int64_t n, int64_t *id) {
    int64_t found = 0;
    for (int64_t k = 0; k < n; k++) {
        id[found] = from + k;
        found += flag[k];
    }
    return found;
}

static void write_chunks(void *self, int64_t from, int64_t to) {
    const walk *w = self;
    const int64_t columns = w->call->value[0].i, *starts = w->call->arg[2].data;
    int64_t *out = w->call->arg[0].data, id[TM_BLOCK + 1];
    uint8_t flag[TM_BLOCK];
    for (int64_t c = from; c < to; c++) {
        const int64_t end = tm_smaller((c + 1) * w->chunk, w->n);
        int64_t at = starts[c];
        tm_spot spot;
        tm_spot_set(&spot, w->space, c * w->chunk);
        for (int64_t n, i = c * w->chunk; i < end; i += n) {
            n = tm_smaller(TM_BLOCK, end - i);
            read_flags(w, i, &spot, n, flag);
            if (!w->bytes) tm_spot_move(&spot, w->space, n);
            const int64_t found = found_ids(flag, i, n, id);
            for (int64_t k = 0; columns && k < found; k++) write_row(w, id[k], out + (at + k) * columns);
            if (!columns) memcpy(out + at, id, (size_t)found * sizeof *id);
            at += found;
        }
    }
}

void tm_nonzero(tm_call *call) {
    walk w = walk_of(call);
    share(&w, write_chunks);
}
