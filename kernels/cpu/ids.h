/* ids.h: operands that hold ids. */
#ifndef TM_IDS_H
#define TM_IDS_H

#include "load.h"

/* Are all n ids, `stride` elements apart, inside 0 .. bound-1? If not, the first wrong one is reported. */
static inline int tm_ids_fit(tm_call *call, const tm_arg *ids, int64_t stride, int64_t n, int64_t bound) {
    int64_t block[TM_BLOCK];
    for (int64_t from = 0; from < n; from += TM_BLOCK) {
        const int64_t size = tm_smaller(TM_BLOCK, n - from);
        tm_load_run(block, TM_INT64, tm_at(ids, from * stride), ids->dtype, stride, size);
        int wrong = 0;
        for (int64_t i = 0; i < size; i++) wrong |= (uint64_t)block[i] >= (uint64_t)bound;
        for (int64_t i = 0; wrong && i < size; i++) {
            if ((uint64_t)block[i] >= (uint64_t)bound) {
                call->fault = (tm_fault){.kind = TM_FAULT_ID, .id = block[i], .bound = bound};
                return 0;
            }
        }
    }
    return 1;
}

#endif
