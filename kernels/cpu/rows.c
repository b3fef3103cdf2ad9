/* rows.c: slices picked by id: index_select, gather_normalize, index_add, index_copy.
 *
 * The first dimension of the iteration runs over the ids. Of the operands, x (or the output of index_add and
 * index_copy) has as its first stride the stride of the indexed axis: an id's slice starts at id * stride. All ids are
 * checked before anything is written. */
#include "ids.h"
#include "load.h"
#include "threads.h"

#include <string.h>

#include "../vocabulary.h"

typedef struct plan {
    const tm_call *call;
    const tm_arg *ids;
    tm_space inner;  /* a slice */
    int64_t n, size; /* slices, elements of one */
    int64_t bytes;   /* of one element, where elements are only moved */
    int runs;        /* are slices of operands 0 and 1 contiguous (and, to be added, of the compute type)? */
} plan;

static plan plan_for(const tm_call *call, const tm_arg *ids) {
    plan p = {.call = call, .ids = ids, .n = call->shape[0]};
    p.inner = (tm_space){call->rank - 1, call->shape + 1};
    p.size = tm_numel_of(p.inner.rank, p.inner.shape);
    return p;
}

static int64_t id_at(const plan *p, int64_t i) {
    int64_t id;
    tm_load_run(&id, TM_INT64, tm_at(p->ids, i * p->ids->stride[0]), p->ids->dtype, 0, 1);
    return id;
}

/* An operand as a slice sees it: its dimensions but the first, from its slice number i. */
static tm_arg slice_of(const plan *p, const tm_arg *arg, int64_t i) {
    tm_arg slice = {.data = tm_at(arg, i * arg->stride[0]), .dtype = arg->dtype};
    memcpy(slice.stride, arg->stride + 1, (size_t)p->inner.rank * sizeof *slice.stride);
    return slice;
}

/* Ids from .. from+n-1, as int64. */
static void ids_at(const plan *p, int64_t from, int64_t n, int64_t *id) {
    tm_load_run(id, TM_INT64, tm_at(p->ids, from * p->ids->stride[0]), p->ids->dtype, p->ids->stride[0], n);
}

static int is_run(const plan *p, const tm_arg *slice) { return tm_is_run(slice, 0, p->inner.rank, p->inner.shape); }

/* --- index_select ------------------------------------------------------------------------------------------------ */

/* n elements a stride apart, as bytes. */
static void move_run(char *to, int64_t to_stride, const char *from, int64_t stride, int64_t n, int64_t bytes) {
    if (to_stride == 1 && stride == 1) {
        memcpy(to, from, (size_t)(n * bytes));
    } else if (bytes == 8) {
        for (int64_t i = 0; i < n; i++) memcpy(to + i * to_stride * 8, from + i * stride * 8, 8);
    } else if (bytes == 4) {
        for (int64_t i = 0; i < n; i++) memcpy(to + i * to_stride * 4, from + i * stride * 4, 4);
    } else if (bytes == 2) {
        for (int64_t i = 0; i < n; i++) memcpy(to + i * to_stride * 2, from + i * stride * 2, 2);
    } else {
        for (int64_t i = 0; i < n; i++) to[i * to_stride] = from[i * stride];
    }
}

static void move_slice(const plan *p, const tm_arg *to, const tm_arg *from) {
    if (is_run(p, to) && is_run(p, from)) {
        memcpy(to->data, from->data, (size_t)(p->size * p->bytes));
        return;
    }
    const int last = p->inner.rank - 1; /* a slice without dimensions is a run */
    const int64_t row = p->inner.shape[last];
    tm_spot spot = {{0}};
    for (int64_t done = 0; done < p->size; done += row, tm_spot_move(&spot, p->inner, row))
        move_run(tm_at(to, tm_spot_offset(&spot, p->inner, to)), to->stride[last],
                 tm_at(from, tm_spot_offset(&spot, p->inner, from)), from->stride[last], row, p->bytes);
}

/* n slices of `row` bytes. Inlined where row is a constant, a copy is one move and not a call. */
static inline __attribute__((always_inline)) void copy_slices(char *restrict y, int64_t y_step, const char *restrict x,
                                                              int64_t step, const int64_t *restrict id, int64_t n,
                                                              size_t row) {
    for (int64_t i = 0; i < n; i++) memcpy(y + i * y_step, x + id[i] * step, row);
}

/* Contiguous slices, of one element perhaps: labels. */
static void select_runs(const plan *p, int64_t from, int64_t to) {
    const tm_arg *out = &p->call->arg[0], *x = &p->call->arg[1];
    const int64_t step = x->stride[0] * p->bytes, y_step = out->stride[0] * p->bytes;
    const size_t row = (size_t)(p->size * p->bytes);
    int64_t id[TM_BLOCK];
    for (int64_t n; from < to; from += n) {
        n = tm_smaller(TM_BLOCK, to - from);
        ids_at(p, from, n, id);
        char *y = tm_at(out, from * out->stride[0]);
        switch (row) {
        case 1: copy_slices(y, y_step, x->data, step, id, n, 1); break;
        case 4: copy_slices(y, y_step, x->data, step, id, n, 4); break;
        case 8: copy_slices(y, y_step, x->data, step, id, n, 8); break;
        case 16: copy_slices(y, y_step, x->data, step, id, n, 16); break;
        case 32: copy_slices(y, y_step, x->data, step, id, n, 32); break;
        case 64: copy_slices(y, y_step, x->data, step, id, n, 64); break;
        default: copy_slices(y, y_step, x->data, step, id, n, row);
        }
    }
}

static void select_range(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    if (p->runs) {
        select_runs(p, from, to);
        return;
    }
    for (int64_t i = from; i < to; i++) {
        const tm_arg out = slice_of(p, &p->call->arg[0], i), x = slice_of(p, &p->call->arg[1], id_at(p, i));
        move_slice(p, &out, &x);
    }
}

#define AHEAD 4      /* rows */
#define FETCHED 4096 /* bytes of a row, at most; behind them the processor has seen where it goes */

/* --- gather_normalize --------------------------------------------------------------------------------------------- */

static void normalize(float *restrict y, const float *x, float mean, float scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = (x[i] - mean) * scale;
}

static void normalize_bytes(float *restrict y, const uint8_t *restrict x, float mean, float scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = ((float)x[i] - mean) * scale;
}

static void normalize_slice(const plan *p, const tm_arg *out, const tm_arg *x) {
    const float mean = (float)p->call->value[1].f, scale = (float)p->call->value[2].f;
    float block[TM_BLOCK], y[TM_BLOCK];
    tm_spot spot = {{0}};
    for (int64_t n, i = 0; i < p->size; i += n, tm_spot_move(&spot, p->inner, n)) {
        n = tm_smaller(TM_BLOCK, p->size - i);
        tm_load(block, TM_FLOAT32, x, p->inner, &spot, n);
        normalize(y, block, mean, scale, n);
        tm_store(y, TM_FLOAT32, out, p->inner, &spot, n);
    }
}

/* Rows of bytes. Those of a shuffled batch lie far apart in main memory: a row is asked for while the rows before it
 * are worked on. */
static void normalize_rows(const plan *p, int64_t from, int64_t to) {
    const float mean = (float)p->call->value[1].f, scale = (float)p->call->value[2].f;
    const tm_arg *out = &p->call->arg[0], *x = &p->call->arg[1];
    const uint8_t *bytes = x->data;
    const int64_t step = x->stride[0], fetched = tm_smaller(p->size, FETCHED);
    int64_t id[TM_BLOCK];
    for (int64_t n; from < to; from += n) {
        n = tm_smaller(TM_BLOCK, to - from);
        ids_at(p, from, n, id);
        for (int64_t i = 0; i < n; i++) {
            const uint8_t *next = bytes + id[tm_smaller(i + AHEAD, n - 1)] * step;
            for (int64_t k = 0; k < fetched; k += 64) __builtin_prefetch(next + k);
            normalize_bytes(tm_at(out, (from + i) * out->stride[0]), bytes + id[i] * step, mean, scale, p->size);
        }
    }
}

static void normalize_range(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    if (p->runs && p->call->arg[1].dtype == TM_UINT8) {
        normalize_rows(p, from, to);
        return;
    }
    for (int64_t i = from; i < to; i++) {
        const tm_arg out = slice_of(p, &p->call->arg[0], i), x = slice_of(p, &p->call->arg[1], id_at(p, i));
        normalize_slice(p, &out, &x);
    }
}

/* --- both --------------------------------------------------------------------------------------------------------- */

static void run(tm_call *call, tm_tasks range) {
    plan p = plan_for(call, &call->arg[2]);
    p.bytes = tm_bytes_of(call->arg[0].dtype);
    const tm_arg out = slice_of(&p, &call->arg[0], 0), x = slice_of(&p, &call->arg[1], 0);
    p.runs = is_run(&p, &out) && is_run(&p, &x);
    if (!tm_ids_fit(call, p.ids, p.ids->stride[0], p.n, call->value[0].i) || !p.size) return;
    const int moved = (int)(p.bytes + tm_bytes_of(call->arg[1].dtype));
    const int threads = tm_threads_for(p.n, p.n * p.size * moved >= TM_SHARE_BYTES);
    tm_share(range, &p, p.n, threads);
}

void tm_index_select(tm_call *call) { run(call, select_range); }

void tm_gather_normalize(tm_call *call) { run(call, normalize_range); }

/* --- index_add ---------------------------------------------------------------------------------------------------- */

/* add: y += alpha * x for a run. add_slices: the same for n runs of `size` elements; where one lies follows from its
 * id. A slice may be one element (counts, a column of weights): then all the time would be in what surrounds it. */
#define ADD(S)                                                                                                         \
    static inline                                                                                                      \
        __attribute__((always_inline)) void add_run_##S(tm_##S *y, const tm_##S *x, tm_##S factor, int64_t n) {        \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < n; i++) y[i] = tm_add_##S(y[i], tm_mul_##S(factor, x[i]));        \
    }                                                                                                                  \
    static void add_##S(void *y, const void *x, double alpha, int64_t n) { add_run_##S(y, x, tm_num_##S(alpha), n); }  \
    static void add_slices_##S(void *to, int64_t step, const void *from, int64_t x_step, const int64_t *id,            \
                               double alpha, int64_t n, int64_t size) {                                                \
        tm_##S *y = to;                                                                                                \
        const tm_##S *x = from, factor = tm_num_##S(alpha);                                                            \
        if (size == 1)                                                                                                 \
            for (int64_t i = 0; i < n; i++) add_run_##S(y + id[i] * step, x + i * x_step, factor, 1);                  \
        else                                                                                                           \
            for (int64_t i = 0; i < n; i++) add_run_##S(y + id[i] * step, x + i * x_step, factor, size);               \
    }
/* clang-format off */
ADD(f32) ADD(f64) ADD(i64)
    /* clang-format on */

    static const struct {
    void (*run)(void *y, const void *x, double alpha, int64_t n);
    void (*slices)(void *y, int64_t step, const void *x, int64_t x_step, const int64_t *id, double alpha, int64_t n,
                   int64_t size);
} adds[TM_TYPES] = {{add_f32, add_slices_f32}, {add_f64, add_slices_f64}, {add_i64, add_slices_i64}};

/* Elements from .. to-1 of one slice, of any layout and dtype. */
static void add_slice(const plan *p, const tm_arg *out, const tm_arg *source, int64_t from, int64_t to) {
    const tm_dtype compute = p->call->compute;
    char x[TM_BLOCK * 8] __attribute__((aligned(64))), y[TM_BLOCK * 8] __attribute__((aligned(64)));
    tm_spot spot;
    tm_spot_set(&spot, p->inner, from);
    for (int64_t n; from < to; from += n, tm_spot_move(&spot, p->inner, n)) {
        n = tm_smaller(TM_BLOCK, to - from);
        tm_load(y, compute, out, p->inner, &spot, n);
        tm_load(x, compute, source, p->inner, &spot, n);
        adds[tm_type_of(compute)].run(y, x, p->call->value[1].f, n);
        tm_store(y, compute, out, p->inner, &spot, n);
    }
}

/* Elements from .. to-1 of every slice, in the order of the ids. */
static void add_columns(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    const tm_arg *out = &p->call->arg[0], *x = &p->call->arg[1];
    int64_t id[TM_BLOCK];
    for (int64_t n, i = 0; i < p->n; i += n) {
        n = tm_smaller(TM_BLOCK, p->n - i);
        ids_at(p, i, n, id);
        if (p->runs) {
            adds[tm_type_of(p->call->compute)].slices(tm_at(out, from), out->stride[0],
                                                      tm_at(x, i * x->stride[0] + from), x->stride[0], id,
                                                      p->call->value[1].f, n, to - from);
            continue;
        }
        for (int64_t k = 0; k < n; k++) {
            const tm_arg slice = slice_of(p, out, id[k]), source = slice_of(p, x, i + k);
            add_slice(p, &slice, &source, from, to);
        }
    }
}

/* Threads share the elements of a slice, not the slices: repeated ids accumulate in order. */
void tm_index_add(tm_call *call) {
    plan p = plan_for(call, &call->arg[2]);
    if (!tm_ids_fit(call, p.ids, p.ids->stride[0], p.n, call->value[0].i) || !p.size) return;
    const tm_arg out = slice_of(&p, &call->arg[0], 0), x = slice_of(&p, &call->arg[1], 0);
    p.runs = out.dtype == call->compute && x.dtype == call->compute && is_run(&p, &out) && is_run(&p, &x);
    const int64_t bytes = p.n * p.size * 3 * tm_bytes_of(call->arg[0].dtype);
    const int threads = tm_threads_for(p.size / 16, bytes >= TM_SHARE_BYTES);
    tm_share(add_columns, &p, p.size, threads);
}

/* --- index_copy --------------------------------------------------------------------------------------------------- */

/* Threads share the slices of out: each takes the ids that lie in its part, in order, so the last of equal ids stays.
 */
static void copy_range(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    const tm_arg *out = &p->call->arg[0], *source = &p->call->arg[1];
    const size_t row = (size_t)(p->size * p->bytes);
    int64_t id[TM_BLOCK];
    for (int64_t n, i = 0; i < p->n; i += n) {
        n = tm_smaller(TM_BLOCK, p->n - i);
        ids_at(p, i, n, id);
        for (int64_t k = 0; k < n; k++) {
            if (id[k] < from || id[k] >= to) continue;
            if (p->runs) {
                memcpy(tm_at(out, id[k] * out->stride[0]), tm_at(source, (i + k) * source->stride[0]), row);
                continue;
            }
            const tm_arg slice = slice_of(p, out, id[k]), one = slice_of(p, source, i + k);
            move_slice(p, &slice, &one);
        }
    }
}

void tm_index_copy(tm_call *call) {
    plan p = plan_for(call, &call->arg[2]);
    const int64_t bound = call->value[0].i;
    p.bytes = tm_bytes_of(call->arg[0].dtype);
    const tm_arg out = slice_of(&p, &call->arg[0], 0), source = slice_of(&p, &call->arg[1], 0);
    p.runs = is_run(&p, &out) && is_run(&p, &source);
    if (!tm_ids_fit(call, p.ids, p.ids->stride[0], p.n, bound) || !p.size) return;
    tm_share(copy_range, &p, bound, tm_threads_for(bound, p.n * p.size * 2 * p.bytes >= TM_SHARE_BYTES));
}
