/* bpe.c: the tokenizer that merges bytes: text, pieces, ids. */
#include "engine.h"
#include "text/tokenizer.h"

#include <stdlib.h>

/* --- making ------------------------------------------------------------------------------------------------------- */

bool tm_tokenizer_init_bpe(tm_tokenizer *t) {
    t->split.classes = tm_character_classes();
    if (!tm_bpe_init(&t->bpe) || !t->split.classes) return false;
    for (int i = 0; i < 256; i++) {
        char byte = (char)i;
        t->bpe.byte_id[i] = tm_words_find(t->tokens, &byte, 1);
    }
    return true;
}

bool tm_tokenizer_set_pattern(tm_tokenizer *t, const char *pattern, size_t n) {
    tm_regex *regex = tm_regex_new(pattern, n, &(tm_regex_options){.lenient = true});
    if (!regex) return false;
    tm_forget_encoders(t);
    tm_regex_free(t->split.regex);
    t->split.regex = regex;
    return true;
}

void tm_tokenizer_set_whole(tm_tokenizer *t, bool whole) {
    tm_forget_encoders(t);
    t->bpe.whole = whole;
}

static int64_t token_of(tm_tokenizer *t, tm_text token) {
    int64_t id = tm_words_find(t->tokens, token.at, token.n);
    if (id < 0)
        tm_text_fail(TM_MISUSE, "'%.*s' is merged, but it is no token", (int)(token.n < 40 ? token.n : 40), token.at);
    return id;
}

bool tm_tokenizer_add_merge(tm_tokenizer *t, tm_text left, tm_text right) {
    tm_forget_encoders(t);
    tm_bytes both = {0};
    int64_t a = token_of(t, left), b = a < 0 ? -1 : token_of(t, right), id = -1;
    if (b >= 0 && tm_bytes_add(&both, left.at, left.n) && tm_bytes_add(&both, right.at, right.n))
        id = token_of(t, (tm_text){both.at, both.n});
    tm_bytes_free(&both);
    return id >= 0 && tm_bpe_add_merge(&t->bpe, (uint32_t)a, (uint32_t)b, (uint32_t)id);
}

int64_t tm_tokenizer_merges(const tm_tokenizer *t) { return (int64_t)t->bpe.n; }

void tm_tokenizer_merge(const tm_tokenizer *t, int64_t rank, int64_t *left, int64_t *right) {
    *left = (int64_t)(t->bpe.merges[rank] >> 32);
    *right = (int64_t)(uint32_t)t->bpe.merges[rank];
}

bool tm_encoder_init(tm_encoder *e) {
    e->cache = calloc(TM_CACHED, sizeof *e->cache);
    if (!e->cache) return tm_out_of_memory("no room to encode");
    e->matcher = e->t->split.regex ? tm_matcher_new(e->t->split.regex) : NULL;
    return e->matcher || !e->t->split.regex;
}

void tm_encoder_free(tm_encoder *e) {
    tm_piece_free(&e->piece);
    free(e->cache);
    tm_matcher_free(e->matcher);
}

/* --- encoding ----------------------------------------------------------------------------------------------------- */

static bool merge_piece(tm_encoder *e, tm_text piece, size_t *n) {
    const tm_tokenizer *t = e->t;
    int64_t whole = t->bpe.whole ? tm_words_find(t->tokens, piece.at, piece.n) : -1;
    if (whole < 0) return tm_bpe_merge(&t->bpe, &e->piece, piece, n);
    if (!tm_piece_reserve(&e->piece, 1)) return false;
    e->piece.ids[0] = (uint32_t)whole;
    *n = 1;
    return true;
}

static void remember(tm_cached *slot, uint64_t hash, tm_text piece, const uint32_t *ids, size_t n) {
    if (n > sizeof slot->ids / sizeof *slot->ids) return;
    *slot = (tm_cached){.hash = hash, .n_bytes = (uint8_t)piece.n, .n_ids = (uint8_t)n};
    memcpy(slot->piece, piece.at, piece.n);
    memcpy(slot->ids, ids, n * sizeof *ids);
}

bool tm_encode_piece(tm_encoder *e, tm_text piece, tm_divide_fn divide, tm_ids *ids) {
    bool is_short = piece.n <= sizeof e->cache->piece;
    uint64_t hash = is_short ? tm_hash_long(piece.at, piece.n) : 0;
    tm_cached *slot = &e->cache[hash % TM_CACHED];
    int64_t *to = ids->v + ids->n;
    if (is_short && slot->hash == hash && slot->n_bytes == piece.n && !memcmp(slot->piece, piece.at, piece.n)) {
        for (size_t i = 0; i < slot->n_ids; i++) to[i] = slot->ids[i];
        ids->n += slot->n_ids;
        return true;
    }
    size_t n;
    if (!divide(e, piece, &n)) return false;
    for (size_t i = 0; i < n; i++) to[i] = e->piece.ids[i];
    ids->n += n;
    if (is_short) remember(slot, hash, piece, e->piece.ids, n);
    return true;
}

bool tm_encode_bpe(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids) {
    (void)how;
    tm_split split = {.how = &e->t->split, .matcher = e->matcher, .text = text};
    tm_text piece;
    while ((piece = tm_next_piece(&split)).n)
        if (!tm_ids_reserve(ids, piece.n) || !tm_encode_piece(e, piece, merge_piece, ids)) return false;
    return !split.failed;
}

bool tm_tokenizer_count_pieces(tm_tokenizer *t, tm_text text, tm_words *pieces) {
    tm_matcher *m = t->split.regex ? tm_matcher_new(t->split.regex) : NULL;
    if (t->split.regex && !m) return false;
    tm_split split = {.how = &t->split, .matcher = m, .text = text};
    tm_text piece;
    bool good = true;
    while (good && (piece = tm_next_piece(&split)).n) good = tm_words_add(pieces, piece.at, piece.n, 1) >= 0;
    tm_matcher_free(m);
    return good && !split.failed;
}
