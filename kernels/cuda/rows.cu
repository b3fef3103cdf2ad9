/* rows.cu: slices picked by id: index_select, gather_normalize.
 *
 * The first dimension of the iteration runs over the ids. x has as its first stride the stride of the indexed axis. A
 * wrong id is recorded; what it would have picked is 0. */
#include "elements.h"
#include "packs.h"

typedef struct slices_plan {
    tm_space space;        /* one slice */
    int64_t slices, bound; /* ids, and how many slices there are to pick from */
    tm_arg out, x, ids;
    tm_numbers numbers;
    tm_watch watch;
} slices_plan;

static slices_plan plan_for(tm_call *call) {
    slices_plan p;
    p.space = tm_space_of(call, 1, call->rank);
    p.slices = call->shape[0];
    p.bound = call->value[0].i;
    p.out = tm_cuda_operand(call, 0);
    p.x = tm_cuda_operand(call, 1);
    p.ids = tm_cuda_operand(call, 2);
    p.numbers = tm_numbers_of(call);
    p.watch = tm_watch_of(call);
    return p;
}

TM_DEVICE int64_t id_at(const slices_plan &p, int64_t i) {
    return tm_load<int64_t>(p.ids.data, p.ids.dtype, i * p.ids.stride[0]);
}

/* --- index_select and gather_normalize: a thread for each element ----------------------------------------------- */

/* Elements are only moved, as words of their size. */
template <class W> __global__ void select_rows(TM_PARAM slices_plan p) {
    for (int64_t i = tm_first(); i < p.slices * p.space.n; i += tm_stride()) {
        const int64_t slice = i / p.space.n, inner = i - slice * p.space.n, id = id_at(p, slice);
        const int64_t to = slice * p.out.stride[0] + tm_offset(p.space, p.out, inner);
        const int64_t from = id * p.x.stride[0] + tm_offset(p.space, p.x, inner);
        ((W *)p.out.data)[to] = tm_id_fits(p.watch, id, p.bound) ? ((const W *)p.x.data)[from] : 0;
    }
}

typedef struct packs_plan {
    int64_t slices, bound, packs, from, to; /* of a slice, and from one slice to the next */
    int narrow;
    tm_arg out, x, ids;
    tm_watch watch;
} packs_plan;

/* Slices that are aligned runs, in packs of 16 bytes. */
static __global__ void select_packs(TM_PARAM packs_plan p) {
    for (int64_t i = tm_first(); i < p.slices * p.packs; i += tm_stride()) {
        int64_t slice = i;
        const int64_t inner = tm_divide(&slice, p.packs, p.narrow);
        const int64_t id = tm_load<int64_t>(p.ids.data, p.ids.dtype, slice * p.ids.stride[0]);
        tm_pack<uint32_t> pack = {{0, 0, 0, 0}};
        if (tm_id_fits(p.watch, id, p.bound)) pack = ((const tm_pack<uint32_t> *)p.x.data)[id * p.from + inner];
        ((tm_pack<uint32_t> *)p.out.data)[slice * p.to + inner] = pack;
    }
}

/* (x - mean) / std; the engine gives 1 / std. */
static __global__ void normalize_rows(TM_PARAM slices_plan p) {
    const float mean = (float)tm_float(p.numbers, 1), scale = (float)tm_float(p.numbers, 2);
    for (int64_t i = tm_first(); i < p.slices * p.space.n; i += tm_stride()) {
        const int64_t slice = i / p.space.n, inner = i - slice * p.space.n, id = id_at(p, slice);
        const int64_t to = slice * p.out.stride[0] + tm_offset(p.space, p.out, inner);
        const int64_t from = id * p.x.stride[0] + tm_offset(p.space, p.x, inner);
        float x = mean;
        if (tm_id_fits(p.watch, id, p.bound)) x = tm_load<float>(p.x.data, p.x.dtype, from);
        tm_store(p.out.data, p.out.dtype, to, (x - mean) * scale);
    }
}

static int bytes_of(tm_dtype dtype) {
    switch (dtype) {
    case TM_BOOL:
    case TM_UINT8: return 1;
    case TM_FLOAT16:
    case TM_BFLOAT16: return 2;
    case TM_INT32:
    case TM_FLOAT32: return 4;
    default: return 8;
    }
}

/* 0 if slices don't move in packs. */
static int plan_packs(tm_call *call, packs_plan *p) {
    const int64_t bytes = bytes_of(call->arg[0].dtype), size = tm_space_of(call, 1, call->rank).n * bytes;
    if (size % 16) return 0;
    for (int k = 0; k < 2; k++) {
        const tm_arg *arg = &call->arg[k];
        if (!tm_is_aligned(arg->data) || arg->stride[0] * bytes % 16 || !tm_is_run(call, arg, 1, call->rank)) return 0;
    }
    p->slices = call->shape[0];
    p->bound = call->value[0].i;
    p->packs = size / 16;
    p->to = call->arg[0].stride[0] * bytes / 16;
    p->from = call->arg[1].stride[0] * bytes / 16;
    p->narrow = p->slices * p->packs <= UINT32_MAX;
    p->out = tm_cuda_operand(call, 0);
    p->x = tm_cuda_operand(call, 1);
    p->ids = tm_cuda_operand(call, 2);
    p->watch = tm_watch_of(call);
    return 1;
}

void tm_cuda_index_select(tm_call *call) {
    packs_plan packs;
    if (plan_packs(call, &packs)) {
        const int64_t n = packs.slices * packs.packs;
        TM_LAUNCH(call, select_packs, tm_cuda_blocks(n, TM_THREADS), TM_THREADS, packs);
        return;
    }
    const slices_plan p = plan_for(call);
    const unsigned blocks = tm_cuda_blocks(p.slices * p.space.n, TM_THREADS);
    switch (bytes_of(call->arg[0].dtype)) {
    case 1: TM_LAUNCH(call, select_rows<uint8_t>, blocks, TM_THREADS, p); break;
    case 2: TM_LAUNCH(call, select_rows<uint16_t>, blocks, TM_THREADS, p); break;
    case 4: TM_LAUNCH(call, select_rows<uint32_t>, blocks, TM_THREADS, p); break;
    default: TM_LAUNCH(call, select_rows<uint64_t>, blocks, TM_THREADS, p);
    }
}

void tm_cuda_gather_normalize(tm_call *call) {
    const slices_plan p = plan_for(call);
    TM_LAUNCH(call, normalize_rows, tm_cuda_blocks(p.slices * p.space.n, TM_THREADS), TM_THREADS, p);
}
