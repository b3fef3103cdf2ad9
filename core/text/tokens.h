/* tokens.h: from text to ids and back. Part of the engine's public face, beside tenmo.h.
 *
 * Text is bytes: any bytes, with zeros or without valid UTF-8. Ids count from 0. Functions that fail return NULL, false
 * or -1 and record why (tm_error_message). Nothing here knows tensors. */
#ifndef TENMO_TOKENS_H
#define TENMO_TOKENS_H

#include "tenmo.h"

#pragma GCC visibility push(default)

typedef struct tm_text {
    const char *at;
    size_t n;
} tm_text;

/* A growing list of ids. Start with {0}; free with tm_ids_free. */
typedef struct tm_ids {
    int64_t *v;
    size_t n, room;
} tm_ids;
bool tm_ids_reserve(tm_ids *ids, size_t more); /* room for so many more */
void tm_ids_free(tm_ids *ids);

/* Growing bytes, for text that is put together. */
typedef struct tm_bytes {
    char *at;
    size_t n, room;
} tm_bytes;
bool tm_bytes_reserve(tm_bytes *to, size_t more); /* room for so many more */
bool tm_bytes_add(tm_bytes *to, const char *at, size_t n);
void tm_bytes_free(tm_bytes *bytes);

/* --- words (words.c): byte strings, each with an id in order of arrival, and a count ------------------------- */

typedef struct tm_words tm_words;
tm_words *tm_words_new(void);
void tm_words_free(tm_words *w); /* NULL is fine */
int64_t tm_words_size(const tm_words *w);
int64_t tm_words_find(const tm_words *w, const char *word, size_t n); /* -1: it isn't there */
/* The id of a word, which is added if it is new; its count grows. -1: no memory. */
int64_t tm_words_add(tm_words *w, const char *word, size_t n, int64_t count);
/* An entry that find never finds, whatever it is called: unknown words, special tokens. */
int64_t tm_words_add_hidden(tm_words *w, const char *name, size_t n, int64_t count);
tm_text tm_words_word(const tm_words *w, int64_t id); /* valid until the next word is added */
int64_t tm_words_count(const tm_words *w, int64_t id);
void tm_words_set_count(tm_words *w, int64_t id, int64_t count);
/* The next word of a text: what stands between white space (Unicode's). n == 0: there is none. */
tm_text tm_next_word(tm_text *rest);
/* Count a document's words, and its runs of 2 .. ngrams words joined by a space, except words in stop (may be NULL). */
bool tm_words_count_text(tm_words *w, tm_text text, int ngrams, const tm_words *stop);

/* Count the characters of a text; a byte that is no valid UTF-8 counts as one. */
bool tm_words_count_characters(tm_words *w, tm_text text);

typedef enum tm_order { TM_BY_WORD, TM_BY_COUNT, TM_AS_SEEN } tm_order;
/* Append to `to` the words of `from` with at least min_count, at most `most` of them (the most frequent; ties: the
 * lesser bytes; -1: all), in that order. What isn't taken is added to *left, n-grams excepted. */
bool tm_words_select(tm_words *to, const tm_words *from, int64_t min_count, int64_t most, tm_order order,
                     int64_t *left);

/* --- tokenizers (tokenizer.c) ------------------------------------------------------------------------------------ */

typedef struct tm_tokenizer tm_tokenizer;
typedef enum tm_tokenizer_kind { TM_WORDS, TM_CHARACTERS, TM_BYTES, TM_BPE, TM_WORDPIECE } tm_tokenizer_kind;

/* Takes over `tokens`, whose ids become the tokenizer's, also if it fails. */
tm_tokenizer *tm_tokenizer_new(tm_tokenizer_kind kind, tm_words *tokens);
void tm_tokenizer_free(tm_tokenizer *t);
tm_tokenizer_kind tm_tokenizer_kind_of(const tm_tokenizer *t);
const tm_words *tm_tokenizer_tokens(const tm_tokenizer *t);
int64_t tm_tokenizer_size(const tm_tokenizer *t);
/* The id of what text without a token of its own becomes; -1: such text is an error. */
bool tm_tokenizer_set_unknown(tm_tokenizer *t, int64_t id);
int64_t tm_tokenizer_unknown(const tm_tokenizer *t);
/* Tokens that stand for no text. They come out of encode only where they are allowed. */
int64_t tm_tokenizer_add_special(tm_tokenizer *t, const char *name, size_t n);        /* a new id */
bool tm_tokenizer_mark_special(tm_tokenizer *t, int64_t id);                          /* one that is there */
int64_t tm_tokenizer_find_special(const tm_tokenizer *t, const char *name, size_t n); /* -1: none */
int tm_tokenizer_specials(const tm_tokenizer *t);
int64_t tm_tokenizer_special(const tm_tokenizer *t, int i); /* the id of special i */
bool tm_tokenizer_is_special(const tm_tokenizer *t, int64_t id);
/* WORDS: runs of up to ngrams words have ids too; words in stop are left out of every text (taken over). */
void tm_tokenizer_set_words(tm_tokenizer *t, int ngrams, tm_words *stop);
int tm_tokenizer_ngrams(const tm_tokenizer *t);
const tm_words *tm_tokenizer_stop(const tm_tokenizer *t); /* NULL: none */

/* BPE. Its tokens are bytes; the specials are marked before it is used. Without a pattern of its own it has GPT-2's. */
bool tm_tokenizer_set_pattern(tm_tokenizer *t, const char *pattern, size_t n);
void tm_tokenizer_set_whole(tm_tokenizer *t, bool whole); /* a piece that is a token is taken as it is */
/* Two tokens become one; earlier merges come first. false: recorded, also if a token isn't there. */
bool tm_tokenizer_add_merge(tm_tokenizer *t, tm_text left, tm_text right);
int64_t tm_tokenizer_merges(const tm_tokenizer *t);
void tm_tokenizer_merge(const tm_tokenizer *t, int64_t rank, int64_t *left, int64_t *right);
/* Count a document's pieces. */
bool tm_tokenizer_count_pieces(tm_tokenizer *t, tm_text text, tm_words *pieces);
/* Learn up to so many merges from pieces and their counts: each time the pair of neighbours that is the most frequent;
 * of equals the one with the lesser left id, then the lesser right id. It stops where none comes min_count times. */
bool tm_tokenizer_train(tm_tokenizer *t, const tm_words *pieces, int64_t merges, int64_t min_count);

/* WordPiece. Which steps normalise a text; TM_UNCASED is what a new one has. */
enum { TM_CLEAN = 1, TM_CHINESE = 2, TM_STRIP_ACCENTS = 4, TM_LOWERCASE = 8, TM_UNCASED = 15 };
void tm_tokenizer_set_normaliser(tm_tokenizer *t, unsigned how);

/* Special tokens that stand before and behind a text, where asked for ([CLS] ... [SEP]). */
bool tm_tokenizer_set_around(tm_tokenizer *t, const int64_t *before, size_t n_before, const int64_t *behind,
                             size_t n_behind);
const tm_ids *tm_tokenizer_around(const tm_tokenizer *t, bool behind);

typedef struct tm_encoding {
    bool around;            /* with the special tokens around it */
    int64_t longest;        /* at most so many ids, those around it included; 0: all */
    bool skip_unknown;      /* leave out what has no token */
    int n_allowed;          /* the specials that are recognised in the text */
    const int64_t *allowed; /* their ids */
} tm_encoding;
/* Append the ids of a text. */
bool tm_encode(tm_tokenizer *t, tm_text text, const tm_encoding *how, tm_ids *ids);
/* Many texts, on all threads: ids of text i are out->v[offsets[i] .. offsets[i + 1] - 1]; offsets has n + 1 elements.
 */
bool tm_encode_batch(tm_tokenizer *t, int64_t n, const tm_text *texts, const tm_encoding *how, tm_ids *out,
                     int64_t *offsets);
/* Append the text of ids; special tokens are written or left out. */
bool tm_decode(const tm_tokenizer *t, const int64_t *ids, size_t n, bool specials, tm_bytes *to);

#pragma GCC visibility pop

#endif
