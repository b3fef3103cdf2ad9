/* tokenizer.c: what all tokenizers have in common: special tokens, batches on threads, decoding; and the kinds that
 * need little more than a vocabulary: words, characters, bytes. */
#include "text/tokenizer.h"
#include "engine.h"
#include "text/utf8.h"

#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool tm_text_fail(tm_error_kind kind, const char *format, ...) {
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
#pragma omp critical(tm_text_fail)
    tm_fail(kind, "%s", message);
    return false;
}

/* --- making ------------------------------------------------------------------------------------------------------ */

tm_tokenizer *tm_tokenizer_new(tm_tokenizer_kind kind, tm_words *tokens) {
    tm_tokenizer *t = calloc(1, sizeof *t);
    if (!t) {
        tm_words_free(tokens);
        tm_text_fail(TM_MEMORY, "out of memory: no room for a tokenizer");
        return NULL;
    }
    t->kind = kind;
    t->tokens = tokens;
    t->unknown = -1;
    t->ngrams = 1;
    bool good = kind == TM_BPE ? tm_tokenizer_init_bpe(t) : kind != TM_WORDPIECE || tm_tokenizer_init_wordpiece(t);
    if (good) return t;
    tm_tokenizer_free(t);
    return NULL;
}

void tm_forget_encoders(tm_tokenizer *t) {
    for (int i = 0; i < t->n_encoders; i++) {
        tm_bytes_free(&t->encoders[i].scratch);
        tm_encoder_free(&t->encoders[i]);
        free(t->encoders[i].words);
    }
    free(t->encoders);
    t->encoders = NULL;
    t->n_encoders = 0;
}

void tm_tokenizer_free(tm_tokenizer *t) {
    if (!t) return;
    tm_forget_encoders(t);
    tm_words_free(t->tokens);
    tm_words_free(t->stop);
    if (t->kind == TM_BPE) tm_bpe_free(&t->bpe);
    if (t->kind == TM_WORDPIECE) tm_wordpiece_free(&t->wordpiece);
    tm_ids_free(&t->before);
    tm_ids_free(&t->behind);
    tm_regex_free(t->split.regex);
    free(t->specials);
    free(t);
}

tm_tokenizer_kind tm_tokenizer_kind_of(const tm_tokenizer *t) { return t->kind; }
const tm_words *tm_tokenizer_tokens(const tm_tokenizer *t) { return t->tokens; }
int64_t tm_tokenizer_size(const tm_tokenizer *t) { return tm_words_size(t->tokens); }
int64_t tm_tokenizer_unknown(const tm_tokenizer *t) { return t->unknown; }
int tm_tokenizer_specials(const tm_tokenizer *t) { return (int)t->n_specials; }
int64_t tm_tokenizer_special(const tm_tokenizer *t, int i) { return t->specials[i]; }
int tm_tokenizer_ngrams(const tm_tokenizer *t) { return t->ngrams; }
const tm_words *tm_tokenizer_stop(const tm_tokenizer *t) { return t->stop; }

void tm_tokenizer_set_words(tm_tokenizer *t, int ngrams, tm_words *stop) {
    tm_words_free(t->stop);
    t->ngrams = ngrams < 1 ? 1 : ngrams > TM_MAX_NGRAMS ? TM_MAX_NGRAMS : ngrams;
    t->stop = stop;
}

bool tm_tokenizer_set_unknown(tm_tokenizer *t, int64_t id) {
    if (id < -1 || id >= tm_tokenizer_size(t))
        return tm_text_fail(TM_MISUSE, "the id %lld of unknown text is not in the vocabulary", (long long)id);
    tm_forget_encoders(t);
    t->unknown = id;
    return true;
}

bool tm_tokenizer_is_special(const tm_tokenizer *t, int64_t id) {
    for (size_t i = 0; i < t->n_specials; i++)
        if (t->specials[i] == id) return true;
    return false;
}

bool tm_tokenizer_mark_special(tm_tokenizer *t, int64_t id) {
    if (tm_tokenizer_is_special(t, id)) return true;
    if (!tm_grow(&t->specials, &t->special_room, t->n_specials + 1, sizeof *t->specials)) return false;
    t->specials[t->n_specials++] = id;
    return true;
}

int64_t tm_tokenizer_find_special(const tm_tokenizer *t, const char *name, size_t n) {
    for (size_t i = 0; i < t->n_specials; i++) {
        tm_text word = tm_words_word(t->tokens, t->specials[i]);
        if (word.n == n && !memcmp(word.at, name, n)) return t->specials[i];
    }
    return -1;
}

int64_t tm_tokenizer_add_special(tm_tokenizer *t, const char *name, size_t n) {
    int64_t id = tm_tokenizer_find_special(t, name, n);
    if (id >= 0) return id;
    id = tm_words_add_hidden(t->tokens, name, n, 0);
    return id < 0 || !tm_tokenizer_mark_special(t, id) ? -1 : id;
}

static bool add_ids(tm_ids *to, const tm_ids *ids) {
    if (!tm_ids_reserve(to, ids->n)) return false;
    for (size_t i = 0; i < ids->n; i++) tm_push_id(to, ids->v[i]);
    return true;
}

bool tm_tokenizer_set_around(tm_tokenizer *t, const int64_t *before, size_t n_before, const int64_t *behind,
                             size_t n_behind) {
    t->before.n = t->behind.n = 0;
    return add_ids(&t->before, &(tm_ids){(int64_t *)before, n_before, n_before}) &&
           add_ids(&t->behind, &(tm_ids){(int64_t *)behind, n_behind, n_behind});
}

const tm_ids *tm_tokenizer_around(const tm_tokenizer *t, bool behind) { return behind ? &t->behind : &t->before; }

/* --- words, characters, bytes ------------------------------------------------------------------------------------- */

static bool push_unknown(tm_encoder *e, const tm_encoding *how, tm_ids *ids) {
    if (how->skip_unknown) return true;
    tm_push_id(ids, e->t->unknown);
    return true;
}

static bool list_words(tm_encoder *e, tm_text text) {
    const tm_words *stop = e->t->stop;
    tm_text word;
    e->n_words = 0;
    while ((word = tm_next_word(&text)).n) {
        if (stop && tm_words_find(stop, word.at, word.n) >= 0) continue;
        if (!tm_grow(&e->words, &e->word_room, e->n_words + 1, sizeof *e->words)) return false;
        e->words[e->n_words++] = word;
    }
    return true;
}

/* The runs of `length` words that have an id. */
static bool encode_runs(tm_encoder *e, int length, tm_ids *ids) {
    for (size_t i = 0; i + (size_t)length <= e->n_words; i++) {
        if (!tm_run_of_words(e->words + i, length, &e->scratch)) return false;
        int64_t id = tm_words_find(e->t->tokens, e->scratch.at, e->scratch.n);
        if (id < 0) continue;
        if (!tm_ids_reserve(ids, 1)) return false;
        tm_push_id(ids, id);
    }
    return true;
}

static bool encode_words(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids) {
    if (!list_words(e, text) || !tm_ids_reserve(ids, e->n_words)) return false;
    for (size_t i = 0; i < e->n_words; i++) {
        int64_t id = tm_words_find(e->t->tokens, e->words[i].at, e->words[i].n);
        if (id >= 0)
            tm_push_id(ids, id);
        else if (e->t->unknown < 0 && !how->skip_unknown)
            return tm_text_fail(
                TM_MISUSE, "encode: the word '%.*s' is not in the vocabulary, and there is no id for unknown words",
                (int)(e->words[i].n < 40 ? e->words[i].n : 40), e->words[i].at);
        else
            push_unknown(e, how, ids);
    }
    for (int length = 2; length <= e->t->ngrams; length++)
        if (!encode_runs(e, length, ids)) return false;
    return true;
}

static bool encode_characters(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids) {
    if (!tm_ids_reserve(ids, text.n)) return false;
    const char *end = text.at + text.n;
    for (const char *at = text.at; at < end;) {
        uint32_t code;
        size_t n = tm_utf8_next(at, end, &code);
        int64_t id = tm_words_find(e->t->tokens, at, n);
        if (id >= 0)
            tm_push_id(ids, id);
        else if (e->t->unknown < 0 && !how->skip_unknown)
            return code == TM_NOT_UTF8
                       ? tm_text_fail(
                             TM_MISUSE,
                             "encode: byte %02X at %lld, no valid UTF-8, is not among the %lld characters known",
                             (unsigned char)*at, (long long)(at - text.at) + 1, (long long)tm_tokenizer_size(e->t))
                       : tm_text_fail(TM_MISUSE,
                                      "encode: the character '%.*s' (U+%04X) at byte %lld is not among the %lld "
                                      "characters known",
                                      (int)n, at, code, (long long)(at - text.at) + 1,
                                      (long long)tm_tokenizer_size(e->t));
        else
            push_unknown(e, how, ids);
        at += n;
    }
    return true;
}

static bool encode_bytes(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids) {
    (void)e, (void)how;
    if (!tm_ids_reserve(ids, text.n)) return false;
    for (size_t i = 0; i < text.n; i++) tm_push_id(ids, (unsigned char)text.at[i]);
    return true;
}

/* --- encoding ----------------------------------------------------------------------------------------------------- */

static const tm_encode_fn encode_of[] = {
    [TM_WORDS] = encode_words, [TM_CHARACTERS] = encode_characters,  [TM_BYTES] = encode_bytes,
    [TM_BPE] = tm_encode_bpe,  [TM_WORDPIECE] = tm_encode_wordpiece,
};

/* The first allowed special token in the text, the longest where several begin; -1: none. */
static int64_t first_special(const tm_tokenizer *t, tm_text text, const tm_encoding *how, tm_text *found) {
    bool begins[256] = {false};
    for (int i = 0; i < how->n_allowed; i++) {
        tm_text name = tm_words_word(t->tokens, how->allowed[i]);
        if (name.n) begins[(unsigned char)name.at[0]] = true;
    }
    int64_t best = -1;
    for (const char *at = text.at, *end = at + text.n; at < end && best < 0; at++) {
        if (!begins[(unsigned char)*at]) continue;
        *found = (tm_text){at, 0};
        for (int i = 0; i < how->n_allowed; i++) {
            tm_text name = tm_words_word(t->tokens, how->allowed[i]);
            if (name.n <= found->n || name.n > (size_t)(end - at) || memcmp(at, name.at, name.n)) continue;
            found->n = name.n;
            best = how->allowed[i];
        }
    }
    return best;
}

static bool encode_parts(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids) {
    tm_encode_fn encode = encode_of[e->t->kind];
    while (how->n_allowed) {
        tm_text found;
        int64_t id = first_special(e->t, text, how, &found);
        if (id < 0) break;
        if (!encode(e, (tm_text){text.at, (size_t)(found.at - text.at)}, how, ids) || !tm_ids_reserve(ids, 1))
            return false;
        tm_push_id(ids, id);
        const char *behind = found.at + found.n;
        text = (tm_text){behind, (size_t)(text.at + text.n - behind)};
    }
    return encode(e, text, how, ids);
}

/* A text that is too long loses its end, but not what stands around it. */
static bool encode_with(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids) {
    static const tm_ids none = {0};
    const tm_ids *before = how->around ? &e->t->before : &none, *behind = how->around ? &e->t->behind : &none;
    size_t begin = ids->n, around = before->n + behind->n;
    if (!add_ids(ids, before) || !encode_parts(e, text, how, ids)) return false;
    if (how->longest > 0) {
        size_t room = (size_t)how->longest > around ? (size_t)how->longest - behind->n : before->n;
        if (ids->n - begin > room) ids->n = begin + room;
    }
    return add_ids(ids, behind);
}

static tm_encoder *encoders(tm_tokenizer *t, int n) {
    if (n <= t->n_encoders) return t->encoders;
    tm_encoder *more = realloc(t->encoders, (size_t)n * sizeof *more);
    if (!more) return tm_text_fail(TM_MEMORY, "out of memory: no room to encode"), NULL;
    t->encoders = more;
    for (; t->n_encoders < n; t->n_encoders++) {
        tm_encoder *e = &more[t->n_encoders];
        *e = (tm_encoder){.t = t};
        if (t->kind >= TM_BPE && !tm_encoder_init(e)) return tm_encoder_free(e), NULL;
    }
    return more;
}

bool tm_encode(tm_tokenizer *t, tm_text text, const tm_encoding *how, tm_ids *ids) {
    tm_encoder *e = encoders(t, 1);
    return e && encode_with(e, text, how, ids);
}

/* Where the texts of each part begin, so that the parts have about equally many bytes. */
static void divide(int64_t n, const tm_text *texts, int parts, int64_t *first) {
    size_t all = 0, so_far = 0;
    for (int64_t i = 0; i < n; i++) all += texts[i].n;
    int part = 0;
    first[part++] = 0;
    for (int64_t i = 0; i < n && part < parts; i++) {
        so_far += texts[i].n;
        while (part < parts && so_far >= all / (size_t)parts * (size_t)part) first[part++] = i + 1;
    }
    while (part <= parts) first[part++] = n;
}

static bool encode_part(tm_encoder *e, int64_t from, int64_t to, const tm_text *texts, const tm_encoding *how,
                        tm_ids *ids, int64_t *offsets) {
    for (int64_t i = from; i < to; i++) {
        offsets[i] = (int64_t)ids->n;
        if (!encode_with(e, texts[i], how, ids)) return false;
    }
    return true;
}

/* The parts' ids become one list. */
static bool join(int parts, const int64_t *first, tm_ids *part, tm_ids *out, int64_t *offsets) {
    for (int p = 0; p < parts; p++) {
        if (!tm_ids_reserve(out, part[p].n)) return false;
        for (int64_t i = first[p]; i < first[p + 1]; i++) offsets[i] += (int64_t)out->n;
        if (part[p].n) memcpy(out->v + out->n, part[p].v, part[p].n * sizeof *out->v);
        out->n += part[p].n;
    }
    offsets[first[parts]] = (int64_t)out->n;
    return true;
}

bool tm_encode_batch(tm_tokenizer *t, int64_t n, const tm_text *texts, const tm_encoding *how, tm_ids *out,
                     int64_t *offsets) {
    enum { MOST = 256 };
    int threads = tm_set_threads(0), parts = threads > MOST ? MOST : threads;
    if (parts > n) parts = n > 0 ? (int)n : 1;
    tm_encoder *e = encoders(t, parts);
    int64_t first[MOST + 1];
    tm_ids part[MOST] = {{0}};
    bool good = e != NULL;
    if (good) divide(n, texts, parts, first);
#pragma omp parallel for num_threads(parts) schedule(static, 1) reduction(&& : good) if (parts > 1)
    for (int p = 0; p < parts; p++)
        good = good && encode_part(&e[p], first[p], first[p + 1], texts, how, &part[p], offsets);
    good = good && join(parts, first, part, out, offsets);
    for (int p = 0; p < parts; p++) tm_ids_free(&part[p]);
    return good;
}

/* --- decoding ----------------------------------------------------------------------------------------------------- */

/* A run of words repeats words that stand in the text already. */
static bool is_run(const tm_tokenizer *t, tm_text word, int64_t id) {
    return t->ngrams > 1 && memchr(word.at, ' ', word.n) && !tm_tokenizer_is_special(t, id);
}

bool tm_decode(const tm_tokenizer *t, const int64_t *ids, size_t n, bool specials, tm_bytes *to) {
    int64_t size = tm_tokenizer_size(t);
    size_t begin = to->n;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] < 0 || ids[i] >= size)
            return tm_text_fail(TM_MISUSE, "decode: id %lld is out of range; ids count from 0, and here run to %lld",
                                (long long)ids[i], (long long)size - 1);
        tm_text word = tm_words_word(t->tokens, ids[i]);
        if (!specials && t->n_specials && tm_tokenizer_is_special(t, ids[i])) continue;
        if (t->kind == TM_WORDPIECE) {
            if (!tm_decode_wordpiece(word, to->n == begin, to)) return false;
            continue;
        }
        if (t->kind == TM_WORDS && is_run(t, word, ids[i])) continue;
        if (t->kind == TM_WORDS && to->n > begin && !tm_bytes_add(to, " ", 1)) return false;
        if (!tm_bytes_add(to, word.at, word.n)) return false;
    }
    return true;
}
