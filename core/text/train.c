/* train.c: learning the merges of byte-pair encoding.
 *
 * Pieces are arrays of ids. Every pair has its count and a list of the pieces where it was seen, some of which no
 * longer have it. A heap holds pairs by count; an entry whose count is no longer right is thrown away, because whenever
 * a count changes the pair is pushed anew or, having shrunk, when it comes out. A merge touches only the pieces that
 * its pair is in. */
#include "engine.h"
#include "text/tokenizer.h"

#include <stdlib.h>

typedef struct pair {
    uint64_t key;
    int64_t count;
    uint32_t *pieces; /* where it was seen */
    size_t n, room;
    bool noted; /* among `changed` */
} pair;

typedef struct waiting {
    int64_t count;
    uint64_t key;
} waiting;

typedef struct trainer {
    tm_tokenizer *t;
    uint32_t *ids; /* of all pieces */
    size_t *start, *length;
    int64_t *count;
    size_t n_pieces;
    pair *pairs;
    size_t n_pairs, pair_room;
    uint32_t *table; /* of pairs, by key; UINT32_MAX: empty */
    size_t mask;
    waiting *heap;
    size_t n_heap, heap_room;
    uint64_t *changed; /* pairs that grew during the merge in progress */
    size_t n_changed, changed_room;
} trainer;

/* --- pairs -------------------------------------------------------------------------------------------------------- */

static bool rehash(trainer *r) {
    size_t slots = r->table ? 2 * (r->mask + 1) : 4096;
    free(r->table);
    r->table = malloc(slots * sizeof *r->table);
    if (!r->table) return tm_out_of_memory("no room to train");
    memset(r->table, 0xFF, slots * sizeof *r->table);
    r->mask = slots - 1;
    for (size_t k = 0; k < r->n_pairs; k++) {
        size_t i = tm_mix(r->pairs[k].key, 0x9E3779B97F4A7C15u);
        while (r->table[i & r->mask] != UINT32_MAX) i++;
        r->table[i & r->mask] = (uint32_t)k;
    }
    return true;
}

/* NULL: no memory. */
static pair *pair_of(trainer *r, uint64_t key) {
    if ((!r->table || 2 * r->n_pairs >= r->mask) && !rehash(r)) return NULL;
    size_t i = tm_mix(key, 0x9E3779B97F4A7C15u);
    for (; r->table[i & r->mask] != UINT32_MAX; i++)
        if (r->pairs[r->table[i & r->mask]].key == key) return &r->pairs[r->table[i & r->mask]];
    if (!tm_grow(&r->pairs, &r->pair_room, r->n_pairs + 1, sizeof *r->pairs)) return NULL;
    r->table[i & r->mask] = (uint32_t)r->n_pairs;
    r->pairs[r->n_pairs] = (pair){.key = key};
    return &r->pairs[r->n_pairs++];
}

/* The pair was seen in the piece, once more. */
static bool see(trainer *r, uint64_t key, uint32_t piece) {
    pair *p = pair_of(r, key);
    if (!p) return false;
    p->count += r->count[piece];
    if (!p->noted) {
        if (!tm_grow(&r->changed, &r->changed_room, r->n_changed + 1, sizeof *r->changed)) return false;
        r->changed[r->n_changed++] = key;
        p->noted = true;
    }
    if (p->n && p->pieces[p->n - 1] == piece) return true;
    if (!tm_grow(&p->pieces, &p->room, p->n + 1, sizeof *p->pieces)) return false;
    p->pieces[p->n++] = piece;
    return true;
}

/* --- the heap ----------------------------------------------------------------------------------------------------- */

static bool before(waiting x, waiting y) { return x.count > y.count || (x.count == y.count && x.key < y.key); }

static bool push(trainer *r, waiting w) {
    if (!tm_grow(&r->heap, &r->heap_room, r->n_heap + 1, sizeof *r->heap)) return false;
    size_t i = r->n_heap++;
    for (; i && before(w, r->heap[(i - 1) / 2]); i = (i - 1) / 2) r->heap[i] = r->heap[(i - 1) / 2];
    r->heap[i] = w;
    return true;
}

static waiting pop(trainer *r) {
    waiting top = r->heap[0], last = r->heap[--r->n_heap];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < r->n_heap; i = child) {
        if (child + 1 < r->n_heap && before(r->heap[child + 1], r->heap[child])) child++;
        if (!before(r->heap[child], last)) break;
        r->heap[i] = r->heap[child];
    }
    r->heap[i] = last;
    return top;
}

static bool push_changed(trainer *r) {
    for (size_t i = 0; i < r->n_changed; i++) {
        pair *p = pair_of(r, r->changed[i]);
        if (!p || !push(r, (waiting){p->count, p->key})) return false;
        p->noted = false;
    }
    r->n_changed = 0;
    return true;
}

/* The most frequent pair; its count is 0 if there is none. */
static bool best_pair(trainer *r, waiting *best) {
    while (r->n_heap) {
        *best = pop(r);
        pair *p = pair_of(r, best->key);
        if (!p) return false;
        if (p->count == best->count) return true;
        if (p->count > 0 && p->count < best->count && !push(r, (waiting){p->count, p->key})) return false;
    }
    best->count = 0;
    return true;
}

/* --- merging ------------------------------------------------------------------------------------------------------ */

/* Every pair of the piece is counted (sign 1) or taken back (sign -1); of new ones, those with the id `made` are noted.
 */
static bool count_piece(trainer *r, uint32_t piece, int sign, uint32_t made) {
    const uint32_t *ids = r->ids + r->start[piece];
    for (size_t i = 0; i + 1 < r->length[piece]; i++) {
        uint64_t key = tm_pair_key(ids[i], ids[i + 1]);
        if (sign > 0 && (made == UINT32_MAX || ids[i] == made || ids[i + 1] == made)) {
            if (!see(r, key, piece)) return false;
            continue;
        }
        pair *p = pair_of(r, key);
        if (!p) return false;
        p->count += sign * r->count[piece];
    }
    return true;
}

static bool has_pair(const trainer *r, uint32_t piece, uint64_t key) {
    const uint32_t *ids = r->ids + r->start[piece];
    for (size_t i = 0; i + 1 < r->length[piece]; i++)
        if (tm_pair_key(ids[i], ids[i + 1]) == key) return true;
    return false;
}

static bool merge_in(trainer *r, uint32_t piece, uint64_t key, uint32_t made) {
    if (!has_pair(r, piece, key)) return true;
    if (!count_piece(r, piece, -1, UINT32_MAX)) return false;
    uint32_t *ids = r->ids + r->start[piece];
    size_t to = 0, n = r->length[piece];
    for (size_t i = 0; i < n; i++) {
        bool here = i + 1 < n && tm_pair_key(ids[i], ids[i + 1]) == key;
        ids[to++] = here ? made : ids[i];
        i += here;
    }
    r->length[piece] = to;
    return count_piece(r, piece, 1, made);
}

/* The id of two tokens joined, a new one unless such a token is there already. */
static int64_t joined(tm_tokenizer *t, uint64_t key) {
    tm_bytes both = {0};
    int64_t id = -1;
    for (int side = 0; side < 2; side++) {
        tm_text token = tm_words_word(t->tokens, (int64_t)(side ? (uint32_t)key : key >> 32));
        if (!tm_bytes_add(&both, token.at, token.n)) return tm_bytes_free(&both), -1;
    }
    id = tm_words_add(t->tokens, both.at, both.n, 0);
    tm_bytes_free(&both);
    return id;
}

static bool merge_everywhere(trainer *r, waiting best) {
    int64_t made = joined(r->t, best.key);
    if (made < 0) return false;
    if (!tm_bpe_add_merge(&r->t->bpe, (uint32_t)(best.key >> 32), (uint32_t)best.key, (uint32_t)made)) return false;
    tm_words_set_count(r->t->tokens, made, tm_words_count(r->t->tokens, made) + best.count);
    size_t at = (size_t)(pair_of(r, best.key) - r->pairs);
    uint32_t *pieces = r->pairs[at].pieces; /* merging may move the pairs, and see this one again */
    size_t n = r->pairs[at].n;
    r->pairs[at].pieces = NULL;
    r->pairs[at].n = r->pairs[at].room = 0;
    bool good = true;
    for (size_t i = 0; good && i < n; i++) good = merge_in(r, pieces[i], best.key, (uint32_t)made);
    free(pieces);
    return good && push_changed(r);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static bool add_piece(trainer *r, size_t i, tm_text piece, size_t *at) {
    r->start[i] = *at;
    r->length[i] = piece.n;
    for (size_t k = 0; k < piece.n; k++) {
        int64_t id = r->t->bpe.byte_id[(unsigned char)piece.at[k]];
        if (id < 0) return tm_text_fail(TM_MISUSE, "train: a byte has no token");
        r->ids[(*at)++] = (uint32_t)id;
    }
    return true;
}

static bool start(trainer *r, const tm_words *pieces) {
    size_t n = (size_t)tm_words_size(pieces), bytes = 0, at = 0;
    for (size_t i = 0; i < n; i++) bytes += tm_words_word(pieces, (int64_t)i).n;
    r->n_pieces = n;
    r->ids = malloc((bytes + 1) * sizeof *r->ids);
    r->start = malloc((n + 1) * sizeof *r->start);
    r->length = malloc((n + 1) * sizeof *r->length);
    r->count = malloc((n + 1) * sizeof *r->count);
    if (!r->ids || !r->start || !r->length || !r->count) return tm_out_of_memory("no room to train");
    for (size_t i = 0; i < n; i++) {
        r->count[i] = tm_words_count(pieces, (int64_t)i);
        if (!add_piece(r, i, tm_words_word(pieces, (int64_t)i), &at)) return false;
        if (!count_piece(r, (uint32_t)i, 1, UINT32_MAX)) return false;
    }
    return push_changed(r);
}

static void finish(trainer *r) {
    for (size_t i = 0; i < r->n_pairs; i++) free(r->pairs[i].pieces);
    free(r->ids);
    free(r->start);
    free(r->length);
    free(r->count);
    free(r->pairs);
    free(r->table);
    free(r->heap);
    free(r->changed);
}

bool tm_tokenizer_train(tm_tokenizer *t, const tm_words *pieces, int64_t merges, int64_t min_count) {
    trainer r = {.t = t};
    tm_forget_encoders(t);
    bool good = start(&r, pieces);
    waiting best;
    for (int64_t i = 0; good && i < merges; i++) {
        good = !tm_stopped() && best_pair(&r, &best);
        if (!good || best.count < min_count || best.count < 1) break;
        good = merge_everywhere(&r, best);
    }
    finish(&r);
    return good;
}
