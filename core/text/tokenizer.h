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
typedef struct tm_wordpiece {
    tm_words *inner;   /* the tokens inside words, without their ## */
    int64_t *inner_id; /* their ids */
    size_t longest;    /* bytes of the longest token */
    unsigned how;      /* TM_LOWERCASE ... */
} tm_wordpiece;

typedef struct tm_encoder {
    struct tm_tokenizer *t;
    tm_bytes scratch;
    tm_text *words; /* of the document */
    size_t n_words, word_room;
    tm_piece piece; /* BPE, WordPiece */
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
    tm_wordpiece wordpiece;
    tm_ids before, behind; /* special tokens around a text */
    tm_encoder *encoders;  /* one for each thread */
    int n_encoders;
};

/* What threads remember of texts goes: the tokenizer is about to change. */
void tm_forget_encoders(tm_tokenizer *t);
/* bpe.c */
bool tm_tokenizer_init_bpe(tm_tokenizer *t); /* finds the bytes' tokens; GPT-2's pattern */
/* Append the ids of a piece, for which there is room, from the cache or as `divide` leaves them in e->piece.ids. */
typedef bool (*tm_divide_fn)(tm_encoder *e, tm_text piece, size_t *n);
bool tm_encode_piece(tm_encoder *e, tm_text piece, tm_divide_fn divide, tm_ids *ids);
bool tm_encode_bpe(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids);
bool tm_encoder_init(tm_encoder *e); /* of tokenizers that divide pieces */
void tm_encoder_free(tm_encoder *e);
/* wordpiece.c */
bool tm_tokenizer_init_wordpiece(tm_tokenizer *t);
void tm_wordpiece_free(tm_wordpiece *w);
bool tm_encode_wordpiece(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids);
bool tm_decode_wordpiece(tm_text token, bool first, tm_bytes *to);

typedef bool (*tm_encode_fn)(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids);

/* Append one id, for which there is room. */
static inline void tm_push_id(tm_ids *ids, int64_t id) { ids->v[ids->n++] = id; }

#endif
