/* bpe.h: byte-pair encoding, for the files of core/text. */
#ifndef TM_TEXT_BPE_H
#define TM_TEXT_BPE_H

#include "text/words.h"

/* What a pair of neighbours becomes: its rank in the upper half, the id in the lower one, so that the least value is
 * merged first. TM_NO_MERGE: nothing. */
typedef uint64_t tm_ranked;
#define TM_NO_MERGE UINT64_MAX

typedef struct tm_pair {
    uint64_t key; /* left id, right id */
    tm_ranked merge;
} tm_pair;

typedef struct tm_bpe {
    tm_pair *table; /* open addressing, at most half full */
    size_t mask, filled;
    uint64_t *merges; /* keys by rank */
    size_t n, room;
    int64_t byte_id[256]; /* -1: this byte has no token */
    bool whole;           /* a piece that is a token is taken as it is (Hugging Face's ignore_merges) */
} tm_bpe;

static inline uint64_t tm_pair_key(uint64_t left, uint64_t right) { return left << 32 | right; }

static inline tm_ranked tm_find_merge(const tm_bpe *b, uint64_t key) {
    for (size_t i = tm_mix(key, 0x9E3779B97F4A7C15u);; i++) {
        const tm_pair *p = &b->table[i & b->mask];
        if (p->key == key) return p->merge;
        if (p->key == TM_NO_MERGE) return TM_NO_MERGE;
    }
}

bool tm_bpe_init(tm_bpe *b);
void tm_bpe_free(tm_bpe *b);
/* The pair left, right becomes id; its rank is the number of merges so far. */
bool tm_bpe_add_merge(tm_bpe *b, uint32_t left, uint32_t right, uint32_t id);

/* Room for merging one piece. */
typedef struct tm_piece {
    uint32_t *ids;
    tm_ranked *merges;
    size_t room;
    struct tm_candidate *heap;
    uint32_t *before, *behind;
    size_t long_room, heap_room;
} tm_piece;
bool tm_piece_reserve(tm_piece *p, size_t n);
void tm_piece_free(tm_piece *p);
/* Merge the bytes of a piece; the ids stand in p->ids, their number in *n. false: recorded. */
bool tm_bpe_merge(const tm_bpe *b, tm_piece *p, tm_text piece, size_t *n);

#endif
