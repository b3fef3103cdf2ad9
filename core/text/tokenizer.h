/* tokenizer.h: what a tokenizer consists of, for the files of core/text that make ids. */
#ifndef TM_TEXT_TOKENIZER_H
#define TM_TEXT_TOKENIZER_H

#include "text/words.h"

/* What one thread needs while it encodes; kept from call to call. */
typedef struct tm_encoder {
    struct tm_tokenizer *t;
    tm_bytes scratch;
    tm_text *words; /* of the document */
    size_t n_words, word_room;
} tm_encoder;

struct tm_tokenizer {
    tm_tokenizer_kind kind;
    tm_words *tokens;
    int64_t unknown; /* -1: none */
    int64_t *specials;
    size_t n_specials, special_room;
    int ngrams;
    tm_words *stop;
    tm_encoder *encoders; /* one for each thread */
    int n_encoders;
};

typedef bool (*tm_encode_fn)(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids);

/* Append one id, for which there is room. */
static inline void tm_push_id(tm_ids *ids, int64_t id) { ids->v[ids->n++] = id; }
/* tm_fail from any thread; false. */
bool tm_text_fail(tm_error_kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
