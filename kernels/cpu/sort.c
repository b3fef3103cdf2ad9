/* sort.c: sort, topk and the k-th smallest along the last dimension, stable, with ids.
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

/* --- the k-th smallest -------------------------------------------------------------------------------------------
 *
 * How many keys have each first digit tells which of them the k-th has; those that share it are looked at further,
 * digit by digit, until few are left, which are sorted. They stay in their order, so of equal elements the k-th is the
 * one that sort would put there. */

#define FEW 64
#define SHORT_DIGIT 7 /* of lines for which counting longer digits costs more than it brings */
#define SHORT_LINE 4096

/* The digit of the k-th key; *k becomes its number among those that share it. */
static uint64_t digit_of_kth(const int64_t *count, int64_t *k) {
    uint64_t digit = 0;
    for (; *k >= count[digit]; digit++) *k -= count[digit];
    return digit;
}

/* The k-th (from 0) of n keys in a, whose digits above `shift` are equal; b is room for FEW. */
static keyed kth_key(keyed *a, keyed *b, int64_t n, int64_t k, int shift, int digit) {
    while (n > FEW && shift > 0) {
        int64_t count[VALUES] = {0}, kept = 0;
        shift = shift > digit ? shift - digit : 0;
        const uint64_t mask = (UINT64_C(1) << digit) - 1;
        for (int64_t i = 0; i < n; i++) count[a[i].key >> shift & mask]++;
        const uint64_t wanted = digit_of_kth(count, &k);
        for (int64_t i = 0; i < n; i++) {
            a[kept] = a[i];
            kept += (a[kept].key >> shift & mask) == wanted;
        }
        n = kept;
    }
    return shift > 0 ? sort_keys(a, b, n)[k] : a[k]; /* without a digit left, they are equal */
}

/* The first digit of a line, whose keys have `bits`: those that share it with the k-th come into a; returns how many.
 */
#define FIRST_DIGIT(S, T)                                                                                              \
    static int64_t first_digit_##S(const void *from, int64_t n, int64_t *k, int shift, keyed *a) {                     \
        const T *x = from;                                                                                             \
        int64_t count[VALUES] = {0}, kept = 0;                                                                         \
        for (int64_t i = 0; i < n; i++) count[key_##S(x[i]) >> shift]++;                                               \
        const uint64_t wanted = digit_of_kth(count, k);                                                                \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            a[kept] = (keyed){key_##S(x[i]), i};                                                                       \
            kept += a[kept].key >> shift == wanted;                                                                    \
        }                                                                                                              \
        return kept;                                                                                                   \
    }
FIRST_DIGIT(f32, float)
FIRST_DIGIT(f64, double)
FIRST_DIGIT(i64, int64_t)
static int64_t (*const first_digit[TM_TYPES])(const void *, int64_t, int64_t *, int,
                                              keyed *) = {first_digit_f32, first_digit_f64, first_digit_i64};

/* How many elements of a line are numbers. */
static int64_t numbers_in(const lines *l, const void *x) {
    int64_t numbers = 0;
    if (l->type == TM_I64) return l->n;
    for (int64_t i = 0; i < l->n; i++)
        numbers += l->type == TM_F32 ? ((const float *)x)[i] == ((const float *)x)[i]
                                     : ((const double *)x)[i] == ((const double *)x)[i];
    return numbers;
}

/* The place of the median in order, where NaN comes last. */
static int64_t middle_of(const lines *l, const void *x) {
    const int64_t numbers = numbers_in(l, x);
    const int skip = l->call->value[1].i != 0;
    return numbers < l->n && !skip ? numbers : numbers ? (numbers - 1) / 2 : 0;
}

/* values: 0 k, from 1, or 0 for the median; 1 skip NaN */
static void select_line(const lines *l, const void *x, void *y, int64_t *ids, void *room) {
    keyed *a = room;
    const int digit = l->n < SHORT_LINE ? SHORT_DIGIT : DIGIT, shift = (l->type == TM_F32 ? 32 : 64) - digit;
    int64_t k = l->call->value[0].i ? l->call->value[0].i - 1 : middle_of(l, x), n = l->n;
    if (n <= FEW)
        make_keys(l->type, x, n, 0, a + FEW);
    else
        n = first_digit[l->type](x, n, &k, shift, a + FEW);
    ids[0] = kth_key(a + FEW, a, n, k, shift, digit).id;
    memcpy(y, (const char *)x + ids[0] * l->bytes, (size_t)l->bytes);
}

void tm_select(tm_call *call) {
    const int64_t n = call->shape[call->rank - 1];
    lines_share(call, select_line, 1, (n + 1 + FEW) * (int64_t)sizeof(keyed), 1);
}
