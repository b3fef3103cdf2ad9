/* tokenizer.h: what a tokenizer consists of, for the files of core/text that make ids. */
#ifndef TM_TEXT_TOKENIZER_H
#define TM_TEXT_TOKENIZER_H

#include "text/bpe.h"
#include "text/split.h"
#include "text/words.h"

/* A short piece that came before, and its ids: most text is made of few pieces. One cache line. */
typedef struct tm_cached {
    uint64_t hash;
    char piece[22];
    uint8_t n_bytes, n_ids; /* n_bytes 0: empty */
    uint32_t ids[8];
} tm_cached;
#define TM_CACHED 32768

/* What one thread needs while it encodes; kept from call to call. */
typedef struct tm_encoder {
    struct tm_tokenizer *t;
    tm_bytes scratch;
    tm_text *words; /* of the document */
    size_t n_words, word_room;
    tm_piece piece; /* BPE */
    tm_cached *cache;
    tm_matcher *matcher;
} tm_encoder;

struct tm_tokenizer {
    tm_tokenizer_kind kind;
    tm_words *tokens;
    int64_t unknown; /* -1: none */
    int64_t *specials;
    size_t n_specials, special_room;
    int ngrams;
    tm_words *stop;
    tm_bpe bpe;
    tm_splitter split;
    tm_encoder *encoders; /* one for each thread */
    int n_encoders;
};

/* bpe.c */
bool tm_tokenizer_init_bpe(tm_tokenizer *t); /* finds the bytes' tokens; GPT-2's pattern */
bool tm_encode_bpe(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids);
bool tm_encoder_init_bpe(tm_encoder *e);
void tm_encoder_free_bpe(tm_encoder *e);

typedef bool (*tm_encode_fn)(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids);

/* Append one id, for which there is room. */
static inline void tm_push_id(tm_ids *ids, int64_t id) { ids->v[ids->n++] = id; }

#endif
