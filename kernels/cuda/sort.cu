/* sort.cu: sort, topk and the k-th smallest along the last dimension: elements become keys, which are sorted
 * (sorting.h), and those that are wanted are fetched from where they came.
 *
 * A key is as wide as the element, and its order is the element's: the sign bit of an integer is flipped; of a float,
 * whose bits order like those of a signed magnitude, all bits if it is negative, else the sign. NaN becomes the largest
 * key, -0 the key of 0. Largest first means all bits flipped. */
#include "sorting.h"

#include "elements.h"

typedef struct order_plan {
    tm_space all, kept; /* elements; lines */
    tm_arg x, out, ids;
    int64_t n, k, nth; /* of a line: elements, results; the result if it is one: from 1, 0: the middle one, -1: all */
    int bits, bytes, last, largest, skip_nan;
    tm_sorting sorting;
} order_plan;

/* --- keys ------------------------------------------------------------------------------------------------------- */

/* `bits` of a float, of which `infinity` has the largest that is no NaN. */
TM_DEVICE uint64_t float_key(uint64_t x, int bits, uint64_t infinity) {
    const uint64_t sign = (uint64_t)1 << (bits - 1), all = sign | (sign - 1);
    if ((x & ~sign) > infinity) return all;
    if (x == sign) x = 0;
    return x & sign ? all & ~x : x | sign;
}

TM_DEVICE uint64_t order_key(const void *x, int dtype, int64_t i) {
    switch (dtype) {
    case TM_BOOL:
    case TM_UINT8: return ((const uint8_t *)x)[i];
    case TM_INT32: return ((const uint32_t *)x)[i] ^ (uint32_t)1 << 31;
    case TM_INT64: return ((const uint64_t *)x)[i] ^ (uint64_t)1 << 63;
    case TM_FLOAT16: return float_key(((const uint16_t *)x)[i], 16, 0x7c00);
    case TM_BFLOAT16: return float_key(((const uint16_t *)x)[i], 16, 0x7f80);
    case TM_FLOAT32: return float_key(((const uint32_t *)x)[i], 32, 0x7f800000);
    default: return float_key(((const uint64_t *)x)[i], 64, (uint64_t)0x7ff << 52);
    }
}

template <class K> __global__ void make_order_keys(TM_PARAM order_plan p) {
    const uint64_t flip = p.largest ? ~(uint64_t)0 >> (64 - p.bits) : 0;
    for (int64_t i = tm_first(); i < p.all.n; i += tm_stride())
        ((K *)p.sorting.key[0])[i] = (K)(flip ^ order_key(p.x.data, p.x.dtype, tm_offset(p.all, p.x, i)));
}

/* --- results ---------------------------------------------------------------------------------------------------- */

/* The place of the median among the sorted keys of a line, the last of which, if all their bits are set, are NaN. */
template <class K> TM_DEVICE int64_t middle_place(const order_plan &p, const K *key) {
    int64_t numbers = p.x.dtype >= TM_FLOAT16 ? 0 : p.n;
    for (int64_t end = p.n; numbers < end;) {
        const int64_t half = (numbers + end) / 2;
        if (key[half] == (K)(~(uint64_t)0 >> (64 - p.bits)))
            end = half;
        else
            numbers = half + 1;
    }
    return numbers < p.n && !p.skip_nan ? numbers : numbers ? (numbers - 1) / 2 : 0;
}

TM_DEVICE void move_element(void *to, int64_t i, const void *from, int64_t j, int bytes) {
    switch (bytes) {
    case 1: ((uint8_t *)to)[i] = ((const uint8_t *)from)[j]; break;
    case 2: ((uint16_t *)to)[i] = ((const uint16_t *)from)[j]; break;
    case 4: ((uint32_t *)to)[i] = ((const uint32_t *)from)[j]; break;
    default: ((uint64_t *)to)[i] = ((const uint64_t *)from)[j];
    }
}

template <class K> __global__ void fetch_in_order(TM_PARAM order_plan p) {
    for (int64_t i = tm_first(); i < p.kept.n * p.k; i += tm_stride()) {
        int64_t line = i;
        const int64_t j = tm_divide(&line, p.k, p.all.narrow);
        int64_t place = p.nth > 0 ? p.nth - 1 : j;
        if (p.nth == 0) place = middle_place(p, (const K *)p.sorting.key[0] + line * p.n);
        const int64_t id = p.sorting.at[0][line * p.n + place];
        const int64_t from = tm_offset(p.kept, p.x, line) + id * p.x.stride[p.last];
        const int64_t to = tm_offset(p.kept, p.out, line) + j * p.out.stride[p.last];
        if (p.out.data) move_element(p.out.data, to, p.x.data, from, p.bytes);
        if (p.ids.data)
            tm_store(p.ids.data, p.ids.dtype, tm_offset(p.kept, p.ids, line) + j * p.ids.stride[p.last], id);
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

template <class K> static void order_lines(tm_call *call, order_plan &p) {
    TM_LAUNCH(call, make_order_keys<K>, tm_cuda_blocks(p.all.n, TM_THREADS), TM_THREADS, p);
    tm_cuda_sort_keys(call, &p.sorting, p.bits);
    if (call->fault.kind) return;
    TM_LAUNCH(call, fetch_in_order<K>, tm_cuda_blocks(p.kept.n * p.k, TM_THREADS), TM_THREADS, p);
}

static void order(tm_call *call, int64_t k, int64_t nth, int largest, int skip_nan) {
    static const int bytes[TM_DTYPES] = {1, 1, 4, 8, 2, 2, 4, 8};
    order_plan p;
    p.last = call->rank - 1;
    p.all = tm_space_of(call, 0, call->rank);
    p.kept = tm_space_of(call, 0, p.last);
    p.x = tm_cuda_operand(call, 1);
    p.out = tm_cuda_operand(call, 0);
    p.ids = tm_cuda_operand(call, 2);
    p.n = call->shape[p.last];
    p.k = k;
    p.nth = nth;
    p.bytes = bytes[p.x.dtype];
    p.bits = 8 * p.bytes;
    p.largest = largest;
    p.skip_nan = skip_nan;
    if (p.all.n == 0 || k == 0) return;
    const int wide = p.bits > 32;
    void *room = tm_cuda_scratch(call, tm_cuda_sort_bytes(p.kept.n, p.n, wide));
    if (!room) return;
    p.sorting = tm_cuda_sorting_in(room, p.kept.n, p.n, wide);
    if (wide)
        order_lines<uint64_t>(call, p);
    else
        order_lines<uint32_t>(call, p);
}

/* values: 0 largest first */
void tm_cuda_sort(tm_call *call) { order(call, call->shape[call->rank - 1], -1, call->value[0].i != 0, 0); }

/* values: 0 largest first, 1 k */
void tm_cuda_topk(tm_call *call) { order(call, call->value[1].i, -1, call->value[0].i != 0, 0); }

/* values: 0 k, from 1, or 0 for the median; 1 skip NaN */
void tm_cuda_order_statistic(tm_call *call) { order(call, 1, call->value[0].i, 0, call->value[1].i != 0); }
