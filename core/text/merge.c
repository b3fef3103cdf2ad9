/* merge.c: byte-pair encoding (Gage, 1994; Sennrich, Haddow, Birch, 2016): in a piece of text, the pair of neighbours
 * that was learned first is merged, the leftmost of equals first, until no pair is left that was learned.
 *
 * A short piece is an array, looked through for the least pair at every merge. A long one is a linked list with a heap
 * of pairs, some of which are stale when they come out: n log n, so that a megabyte without a space is no trap. */
#include "engine.h"
#include "text/bpe.h"

#include <stdlib.h>

#define SHORT 96 /* bytes */

bool tm_bpe_init(tm_bpe *b) {
    enum { SLOTS = 1024 };
    *b = (tm_bpe){.table = malloc(SLOTS * sizeof *b->table), .mask = SLOTS - 1};
    if (!b->table) return tm_out_of_memory("no room for merges");
    memset(b->table, 0xFF, SLOTS * sizeof *b->table);
    for (int i = 0; i < 256; i++) b->byte_id[i] = -1;
    return true;
}

void tm_bpe_free(tm_bpe *b) {
    free(b->table);
    free(b->merges);
}

static void put(tm_bpe *b, tm_pair pair) {
    size_t i = tm_mix(pair.key, 0x9E3779B97F4A7C15u);
    while (b->table[i & b->mask].key != TM_NO_MERGE) i++;
    b->table[i & b->mask] = pair;
}

static bool grow_table(tm_bpe *b) {
    size_t old = b->mask + 1;
    tm_pair *before = b->table, *table = malloc(2 * old * sizeof *table);
    if (!table) return tm_out_of_memory("no room for merges");
    memset(table, 0xFF, 2 * old * sizeof *table);
    b->table = table;
    b->mask = 2 * old - 1;
    for (size_t i = 0; i < old; i++)
        if (before[i].key != TM_NO_MERGE) put(b, before[i]);
    free(before);
    return true;
}

bool tm_bpe_add_merge(tm_bpe *b, uint32_t left, uint32_t right, uint32_t id) {
    uint64_t key = tm_pair_key(left, right);
    if (2 * b->filled >= b->mask && !grow_table(b)) return false;
    if (!tm_grow(&b->merges, &b->room, b->n + 1, sizeof *b->merges)) return false;
    if (tm_find_merge(b, key) == TM_NO_MERGE) {
        put(b, (tm_pair){key, (uint64_t)b->n << 32 | id});
        b->filled++;
    }
    b->merges[b->n++] = key;
    return true;
}

/* --- short pieces ------------------------------------------------------------------------------------------------ */

static size_t merge_short(const tm_bpe *b, uint32_t *ids, tm_ranked *merges, size_t n) {
    for (size_t i = 0; i + 1 < n; i++) merges[i] = tm_find_merge(b, tm_pair_key(ids[i], ids[i + 1]));
    while (n > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < n; i++)
            if (merges[i] < merges[best]) best = i;
        if (merges[best] == TM_NO_MERGE) break;
        ids[best] = (uint32_t)merges[best];
        n--;
        memmove(ids + best + 1, ids + best + 2, (n - best - 1) * sizeof *ids);
        if (best + 1 < n) {
            memmove(merges + best + 1, merges + best + 2, (n - best - 2) * sizeof *merges);
            merges[best] = tm_find_merge(b, tm_pair_key(ids[best], ids[best + 1]));
        }
        if (best) merges[best - 1] = tm_find_merge(b, tm_pair_key(ids[best - 1], ids[best]));
    }
    return n;
}

/* --- long pieces ------------------------------------------------------------------------------------------------- */

typedef struct tm_candidate {
    tm_ranked merge;
    uint32_t at, behind; /* the ids that were neighbours when it was pushed */
    uint64_t key;
} candidate;

static bool less(const candidate *x, const candidate *y) {
    uint64_t a = x->merge >> 32, b = y->merge >> 32;
    return a < b || (a == b && x->at < y->at);
}

static bool heap_push(tm_piece *p, size_t *n, candidate c) {
    if (!tm_grow(&p->heap, &p->heap_room, *n + 1, sizeof *p->heap)) return false;
    size_t i = (*n)++;
    for (; i && less(&c, &p->heap[(i - 1) / 2]); i = (i - 1) / 2) p->heap[i] = p->heap[(i - 1) / 2];
    p->heap[i] = c;
    return true;
}

static candidate heap_pop(candidate *heap, size_t *n) {
    candidate top = heap[0], last = heap[--*n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < *n; i = child) {
        if (child + 1 < *n && less(&heap[child + 1], &heap[child])) child++;
        if (!less(&heap[child], &last)) break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}

#define END UINT32_MAX

static bool consider(const tm_bpe *b, tm_piece *p, size_t *heap, uint32_t at) {
    uint32_t behind = p->behind[at];
    if (behind == END) return true;
    uint64_t key = tm_pair_key(p->ids[at], p->ids[behind]);
    tm_ranked merge = tm_find_merge(b, key);
    return merge == TM_NO_MERGE || heap_push(p, heap, (candidate){merge, at, behind, key});
}

/* Does the pair still stand where it stood? An id that was merged away has behind == itself. */
static bool stands(const tm_piece *p, const candidate *c) {
    return p->behind[c->at] == c->behind && p->behind[c->behind] != c->behind &&
           tm_pair_key(p->ids[c->at], p->ids[c->behind]) == c->key;
}

static bool long_room(tm_piece *p, size_t n) {
    size_t room = p->long_room;
    if (!tm_grow(&p->before, &room, n, sizeof *p->before)) return false;
    return tm_grow(&p->behind, &p->long_room, n, sizeof *p->behind);
}

static bool merge_long(const tm_bpe *b, tm_piece *p, size_t *length) {
    size_t n = *length, heap = 0;
    if (n >= END) return tm_out_of_memory("a piece of text of 4 GB can't be merged");
    if (!long_room(p, n)) return false;
    for (size_t i = 0; i < n; i++) {
        p->before[i] = i ? (uint32_t)i - 1 : END;
        p->behind[i] = i + 1 < n ? (uint32_t)i + 1 : END;
    }
    for (size_t i = 0; i < n; i++)
        if (!consider(b, p, &heap, (uint32_t)i)) return false;
    while (heap) {
        candidate c = heap_pop(p->heap, &heap);
        if (!stands(p, &c)) continue;
        uint32_t next = p->behind[c.behind];
        p->ids[c.at] = (uint32_t)c.merge;
        p->behind[c.at] = next;
        p->behind[c.behind] = c.behind;
        if (next != END) p->before[next] = c.at;
        if (!consider(b, p, &heap, c.at)) return false;
        if (p->before[c.at] != END && !consider(b, p, &heap, p->before[c.at])) return false;
    }
    *length = 0;
    for (uint32_t i = 0; i != END; i = p->behind[i]) p->ids[(*length)++] = p->ids[i];
    return true;
}

bool tm_piece_reserve(tm_piece *p, size_t n) {
    size_t room = p->room;
    return tm_grow(&p->ids, &room, n, sizeof *p->ids) && tm_grow(&p->merges, &p->room, n, sizeof *p->merges);
}

void tm_piece_free(tm_piece *p) {
    free(p->ids);
    free(p->merges);
    free(p->heap);
    free(p->before);
    free(p->behind);
    *p = (tm_piece){0};
}

bool tm_bpe_merge(const tm_bpe *b, tm_piece *p, tm_text piece, size_t *n) {
    if (!tm_piece_reserve(p, piece.n)) return false;
    for (size_t i = 0; i < piece.n; i++) {
        int64_t id = b->byte_id[(unsigned char)piece.at[i]];
        if (id < 0)
            return tm_text_fail(TM_MISUSE, "encode: this vocabulary has no token for byte 0x%02X",
                                (unsigned char)piece.at[i]);
        p->ids[i] = (uint32_t)id;
    }
    *n = piece.n;
    if (piece.n > SHORT) return merge_long(b, p, n);
    *n = merge_short(b, p->ids, p->merges, piece.n);
    return true;
}
