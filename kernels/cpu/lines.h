/* lines.h: ops along one axis: each line of the iteration's last dimension by itself.
 *
 * A line is copied into a contiguous block of the compute type, worked on there, and stored; so every layout and dtype
 * comes the same way. Lines are handed to threads whole. */
#ifndef TM_LINES_H
#define TM_LINES_H

#include "load.h"
#include "threads.h"

#include <stdlib.h>

typedef struct lines lines;
/* Work on one line: x has n elements of the compute type; y and ids, where the op gives them, have room for `most`. */
typedef void (*line_fn)(const lines *l, const void *x, void *y, int64_t *ids, void *room);

struct lines {
    tm_call *call;
    line_fn run;
    int type;        /* of the compute type, TM_F32 ... */
    int64_t n, most; /* elements of a line of x; of a line of the results */
    int64_t bytes;   /* of the compute type */
    int64_t room;    /* bytes that run needs besides */
    tm_space kept;
    int failed;
};

static inline void lines_run(void *self, int64_t from, int64_t to) {
    lines *l = self;
    const tm_call *call = l->call;
    const tm_arg *out = &call->arg[0], *in = &call->arg[1], *ids = &call->arg[2];
    const int last = call->rank - 1;
    const int64_t block = (l->n + 16) * 8, results = (l->most + 16) * 8;
    char *room = malloc((size_t)(block + 2 * results + l->room));
    if (!room) {
        l->failed = 1;
        return;
    }
    char *x = room, *y = room + block, *at = y + results;
    tm_spot spot;
    tm_spot_set(&spot, l->kept, from);
    for (int64_t k = from; k < to; k++, tm_spot_move(&spot, l->kept, 1)) {
        const void *line = tm_at(in, tm_spot_offset(&spot, l->kept, in));
        const int direct = in->dtype == call->compute && in->stride[last] == 1;
        if (!direct) tm_load_run(x, call->compute, line, in->dtype, in->stride[last], l->n);
        l->run(l, direct ? line : x, y, (int64_t *)at, at + results);
        if (out->data)
            tm_store_run(y, call->compute, tm_at(out, tm_spot_offset(&spot, l->kept, out)), out->dtype,
                         out->stride[last], l->most);
        if (ids->data)
            tm_store_run(at, TM_INT64, tm_at(ids, tm_spot_offset(&spot, l->kept, ids)), ids->dtype, ids->stride[last],
                         l->most);
    }
    free(room);
}

/* most: elements of a line of the results; room: bytes for each line in work; costly: is an element more than a few
 * instructions? */
static inline void lines_share(tm_call *call, line_fn run, int64_t most, int64_t room, int costly) {
    lines l = {.call = call, .run = run, .type = tm_type_of(call->compute), .most = most, .room = room};
    l.n = call->shape[call->rank - 1];
    l.bytes = tm_bytes_of(call->compute);
    l.kept = (tm_space){call->rank - 1, call->shape};
    const int64_t count = tm_numel_of(l.kept.rank, l.kept.shape), bytes = count * l.n * l.bytes * (costly ? 16 : 1);
    tm_share(lines_run, &l, count, tm_threads_for(count, bytes >= TM_SHARE_BYTES));
    if (l.failed) call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
}

#endif
