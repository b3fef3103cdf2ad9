/* bags.cu: embedding_bag: rows of a table by id, their mean, sum or maximum for each bag of ids; all is contiguous.
 *
 * A thread has one column of one bag and goes through its ids in order, the threads of a row side by side. A bag that
 * doesn't begin where it may is recorded, as is a wrong id, and what it would have read is left out. */
#include "elements.h"

enum { BAG_MEAN, BAG_SUM, BAG_MAX };

typedef struct bags_plan {
    void *out;
    const void *weight;
    const int64_t *id, *start;
    int64_t *winner, *count; /* count: part 1's */
    int64_t bags, width, words, n;
    int mode;
    tm_watch watch;
} bags_plan;

/* Where a bag begins, or ends where the next one begins; inside 0 .. n whatever stands there. Bags begin with 0, never
 * fall and stay below the number of ids. */
TM_DEVICE int64_t bag_start(const bags_plan &p, int64_t bag) {
    if (bag == p.bags) return p.n;
    const int64_t start = p.start[bag], before = bag ? p.start[bag - 1] : 0;
    if (start >= before && start <= p.n && (bag || start == 0)) return start < 0 ? 0 : start;
    tm_tell(p.watch, TM_FAULT_BAG, bag, p.n);
    return start < 0 ? 0 : start > p.n ? p.n : start;
}

template <class T> TM_DEVICE T bag_element(const bags_plan &p, int64_t i, int64_t column) {
    return tm_id_fits(p.watch, p.id[i], p.words) ? ((const T *)p.weight)[p.id[i] * p.width + column] : 0;
}

template <class T> __global__ void sum_bags(TM_PARAM bags_plan p) {
    for (int64_t i = tm_first(); i < p.bags * p.width; i += tm_stride()) {
        const int64_t bag = i / p.width, column = i - bag * p.width;
        const int64_t from = bag_start(p, bag), to = bag_start(p, bag + 1);
        T sum = 0;
        for (int64_t k = from; k < to; k++) sum += bag_element<T>(p, k, column);
        ((T *)p.out)[i] = p.mode == BAG_SUM || to - from < 2 ? sum : sum * ((T)1 / (T)(to - from));
    }
}

/* The first of equals wins; NaN wins over numbers. */
template <class T> __global__ void max_bags(TM_PARAM bags_plan p) {
    for (int64_t i = tm_first(); i < p.bags * p.width; i += tm_stride()) {
        const int64_t bag = i / p.width, column = i - bag * p.width;
        const int64_t from = bag_start(p, bag), to = bag_start(p, bag + 1);
        T most = 0;
        int64_t winner = -1;
        for (int64_t k = from; k < to; k++) {
            const T x = bag_element<T>(p, k, column);
            if (winner >= 0 && !(x > most) && !(tm_is_nan(x) && !tm_is_nan(most))) continue;
            most = x;
            winner = p.id[k];
        }
        ((T *)p.out)[i] = most;
        p.winner[i] = winner;
    }
}

/* The bag that each id is in, the last that begins at or before it, and how many ids each bag has. */
static __global__ void find_bags(TM_PARAM bags_plan p) {
    int64_t *bag_of = (int64_t *)p.out;
    for (int64_t i = tm_first(); i < p.n || i < p.bags; i += tm_stride()) {
        if (i < p.bags) p.count[i] = bag_start(p, i + 1) - bag_start(p, i);
        int64_t from = 0, to = p.bags;
        while (i < p.n && to - from > 1) {
            const int64_t half = (from + to) / 2;
            if (p.start[half] <= i)
                from = half;
            else
                to = half;
        }
        if (i < p.n) bag_of[i] = from;
    }
}

/* values: 0 rows of the table, 1 mode, 2 ids */
static bags_plan bags_plan_for(tm_call *call) {
    bags_plan p;
    p.out = call->arg[0].data;
    p.weight = call->arg[1].data;
    p.count = (int64_t *)call->arg[1].data;
    p.id = (const int64_t *)call->arg[2].data;
    p.start = (const int64_t *)call->arg[3].data;
    p.winner = (int64_t *)call->arg[4].data;
    p.bags = call->shape[0];
    p.width = call->shape[1];
    p.words = call->value[0].i;
    p.mode = (int)call->value[1].i;
    p.n = call->value[2].i;
    p.watch = tm_watch_of(call);
    return p;
}

template <class T> static void bag(tm_call *call) {
    const bags_plan p = bags_plan_for(call);
    const unsigned blocks = tm_cuda_blocks(p.bags * p.width, TM_THREADS);
    if (p.bags * p.width == 0) return;
    if (p.mode == BAG_MAX)
        TM_LAUNCH(call, max_bags<T>, blocks, TM_THREADS, p);
    else
        TM_LAUNCH(call, sum_bags<T>, blocks, TM_THREADS, p);
}

void tm_cuda_embedding_bag(tm_call *call) {
    if (call->compute == TM_FLOAT64)
        bag<double>(call);
    else
        bag<float>(call);
}

void tm_cuda_embedding_bags(tm_call *call) {
    const bags_plan p = bags_plan_for(call);
    const int64_t n = p.n > p.bags ? p.n : p.bags;
    if (n) TM_LAUNCH(call, find_bags, tm_cuda_blocks(n, TM_THREADS), TM_THREADS, p);
}
