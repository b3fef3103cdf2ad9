/* slots.h: the parameters or gradients of one pass (call->slot) on the device,
 * cut into chunks that blocks share. */
#ifndef TM_CUDA_SLOTS_H
#define TM_CUDA_SLOTS_H

#include "cuda.h"

#define TM_CHUNK 2048 /* elements, of one slot */

typedef struct tm_placed {
    tm_slot slot;
    int64_t first_chunk;
} tm_placed;

typedef struct tm_slots {
    const tm_placed *slot;
    int64_t n, chunks;
} tm_slots;

/* Uploads the table into scratch memory, behind `room` bytes for the caller (a
 * multiple of 16), which is returned in *scratch. 0 if that failed. */
int tm_cuda_place_slots(tm_call *call, size_t room, tm_slots *slots, void **scratch);
int64_t tm_cuda_chunks_of(const tm_call *call);

/* The last slot that starts at the chunk or before. */
TM_DEVICE int64_t tm_slot_of(const tm_slots &slots, int64_t chunk) {
    int64_t low = 0, high = slots.n;
    while (high - low > 1) {
        const int64_t middle = (low + high) / 2;
        if (slots.slot[middle].first_chunk <= chunk)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Elements from .. to-1 of slot s are a block's. */
#define TM_EACH_CHUNK(slots, s, from, to)                                                                              \
    for (int64_t chunk = blockIdx.x, s = 0, from = 0, to = 0;                                                          \
         chunk < (slots).chunks &&                                                                                     \
         (s = tm_slot_of(slots, chunk), from = (chunk - (slots).slot[s].first_chunk) * TM_CHUNK,                       \
         to = from + TM_CHUNK < (slots).slot[s].slot.n ? from + TM_CHUNK : (slots).slot[s].slot.n, 1);                 \
         chunk += gridDim.x)

#endif
