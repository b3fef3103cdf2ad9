/* sort.c: sort and topk along the last dimension, stable, with ids.
 *
 * An element becomes an unsigned key whose order is the element's: the sign bit of an integer is flipped; of a float,
 * whose bits order like those of a signed magnitude, all bits if it is negative, else the sign. NaN becomes the largest
 * key, -0 the key of 0. Largest first means all bits flipped. Short lines are sorted by insertion, others by
 * counting digits of 11 bits, from the last on, digits that all keys share skipped (radix sort; Knuth, vol. 3, 5.2.5).
 */
#include "lines.h"

#include <string.h>

#define SHORT 24
#define DIGIT 11
#define VALUES (1 << DIGIT)

typedef struct keyed {
    uint64_t key;
    int64_t id;
} keyed;

static uint64_t key_f32(float v) {
    uint32_t bits;
    if (v != v) return UINT32_MAX;
    v += 0.0f; /* -0 to 0 */
    memcpy(&bits, &v, sizeof bits);
    return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

static uint64_t key_f64(double v) {
    uint64_t bits;
    if (v != v) return UINT64_MAX;
    v += 0.0;
    memcpy(&bits, &v, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static uint64_t key_i64(int64_t v) { return (uint64_t)v ^ UINT64_C(1) << 63; }

static uint64_t key_of(int type, const void *x, int64_t i, int largest) {
    const uint64_t flip = !largest ? 0 : type == TM_F32 ? UINT32_MAX : UINT64_MAX;
    return flip ^ (type == TM_F32   ? key_f32(((const float *)x)[i])
                   : type == TM_F64 ? key_f64(((const double *)x)[i])
                                    : key_i64(((const int64_t *)x)[i]));
}

static void make_keys(int type, const void *x, int64_t n, int largest, keyed *to) {
    for (int64_t i = 0; i < n; i++) to[i] = (keyed){key_of(type, x, i, largest), i};
}

static void insert(keyed *a, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        const keyed one = a[i];
        int64_t k = i;
        for (; k > 0 && a[k - 1].key > one.key; k--) a[k] = a[k - 1];
        a[k] = one;
    }
}

/* Sorts a; b is room for as many. Returns the one that holds the result. */
static keyed *sort_keys(keyed *a, keyed *b, int64_t n) {
    if (n <= SHORT) {
        insert(a, n);
        return a;
    }
    uint64_t all = UINT64_MAX, any = 0;
    for (int64_t i = 0; i < n; i++) {
        all &= a[i].key;
        any |= a[i].key;
    }
    for (int shift = 0; shift < 64; shift += DIGIT) {
        int64_t start[VALUES + 1] = {0};
        if (!((all ^ any) >> shift & (VALUES - 1))) continue;
        for (int64_t i = 0; i < n; i++) start[(a[i].key >> shift & (VALUES - 1)) + 1]++;
        for (int v = 1; v <= VALUES; v++) start[v] += start[v - 1];
        for (int64_t i = 0; i < n; i++) b[start[a[i].key >> shift & (VALUES - 1)]++] = a[i];
        keyed *t = a;
        a = b;
        b = t;
    }
    return a;
}

/* values: 0 largest first */
static void sort_line(const lines *l, const void *x, void *y, int64_t *ids, void *room) {
    keyed *a = room;
    make_keys(l->type, x, l->n, l->call->value[0].i != 0, a);
    a = sort_keys(a, a + l->n, l->n);
    for (int64_t i = 0; i < l->n; i++) {
        ids[i] = a[i].id;
        memcpy((char *)y + i * l->bytes, (const char *)x + a[i].id * l->bytes, (size_t)l->bytes);
    }
}

void tm_sort(tm_call *call) {
    const int64_t n = call->shape[call->rank - 1];
    lines_share(call, sort_line, n, 2 * n * (int64_t)sizeof(keyed), 1);
}

/* A heap of the k best so far, the worst of them on top: most elements lose against it at once. Of equal keys the
 * earlier one is better. */
static int worse(const keyed *a, const keyed *b) { return a->key != b->key ? a->key > b->key : a->id > b->id; }

static void sink(keyed *heap, int64_t k, int64_t i) {
    const keyed one = heap[i];
    for (int64_t child; (child = 2 * i + 1) < k; i = child) {
        if (child + 1 < k && worse(&heap[child + 1], &heap[child])) child++;
        if (!worse(&heap[child], &one)) break;
        heap[i] = heap[child];
    }
    heap[i] = one;
}

/* Could one of n elements have a better key than `worst`? Numbers are compared, not keys: many at once, and yes for
 * NaN. */
#define PROMISING(S, T)                                                                                                \
    static int promising_##S(const void *from, int64_t n, const void *worst, int largest) {                            \
        const T *x = from, w = *(const T *)worst;                                                                      \
        int any = 0;                                                                                                   \
        if (largest)                                                                                                   \
            for (int64_t i = 0; i < n; i++) any |= !(x[i] <= w);                                                       \
        else                                                                                                           \
            for (int64_t i = 0; i < n; i++) any |= !(x[i] >= w);                                                       \
        return any;                                                                                                    \
    }
PROMISING(f32, float)
PROMISING(f64, double)
PROMISING(i64, int64_t)
static int (*const promising[TM_TYPES])(const void *, int64_t, const void *, int) = {promising_f32, promising_f64,
                                                                                     promising_i64};

#define STRETCH 256 /* elements that are passed over together */

static void take_better(const lines *l, const void *x, int64_t from, int64_t to, keyed *heap, int64_t k) {
    for (int64_t i = from; i < to; i++) {
        const uint64_t key = key_of(l->type, x, i, l->call->value[0].i != 0);
        if (key >= heap[0].key) continue;
        heap[0] = (keyed){key, i};
        sink(heap, k, 0);
    }
}

/* values: 0 largest first, 1 k */
static void topk_line(const lines *l, const void *x, void *y, int64_t *ids, void *room) {
    const int64_t k = l->most;
    const int largest = l->call->value[0].i != 0;
    keyed *heap = room;
    make_keys(l->type, x, k, largest, heap);
    for (int64_t i = k / 2; i-- > 0;) sink(heap, k, i);
    for (int64_t n, i = k; k && i < l->n; i += n) {
        n = tm_smaller(STRETCH, l->n - i);
        const char *at = (const char *)x + i * l->bytes, *worst = (const char *)x + heap[0].id * l->bytes;
        if (promising[l->type](at, n, worst, largest)) take_better(l, x, i, i + n, heap, k);
    }
    for (int64_t n = k; n > 1; n--) { /* the worst one to the end, and so on */
        const keyed last = heap[n - 1];
        heap[n - 1] = heap[0];
        heap[0] = last;
        sink(heap, n - 1, 0);
    }
    for (int64_t i = 0; i < k; i++) {
        ids[i] = heap[i].id;
        memcpy((char *)y + i * l->bytes, (const char *)x + heap[i].id * l->bytes, (size_t)l->bytes);
    }
}

void tm_topk(tm_call *call) {
    const int64_t k = call->value[1].i;
    lines_share(call, topk_line, k, k * (int64_t)sizeof(keyed), 1);
}
