/* wordpiece.c: BERT's tokenizer (Devlin et al., 2019, tokenization.py): the text is normalised and divided into words,
 * and a word into the longest tokens that fit, from the left; those inside a word begin with ##. A word that doesn't
 * come out is one unknown token.
 *
 * Normalising follows Hugging Face's BertNormalizer: control characters go, Chinese characters stand alone, accents
 * go (decomposed, without what is a nonspacing mark), letters become small. Categories, decompositions and small
 * letters are utf8proc's. A byte that isn't UTF-8 stays, so that its word is unknown rather than another word. */
#include "engine.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

#define PREFIX "##"
#define MOST_LETTERS 100 /* of a word that is looked at */

/* --- making ------------------------------------------------------------------------------------------------------- */

bool tm_tokenizer_init_wordpiece(tm_tokenizer *t) {
    tm_wordpiece *w = &t->wordpiece;
    size_t n = (size_t)tm_words_size(t->tokens);
    *w = (tm_wordpiece){.inner = tm_words_new(), .inner_id = malloc((n + 1) * sizeof *w->inner_id), .how = TM_UNCASED};
    if (!w->inner || !w->inner_id) return tm_out_of_memory("no room for tokens");
    for (size_t id = 0; id < n; id++) {
        tm_text token = tm_words_word(t->tokens, (int64_t)id);
        if (token.n > w->longest) w->longest = token.n;
        if (token.n <= 2 || memcmp(token.at, PREFIX, 2)) continue;
        int64_t at = tm_words_add(w->inner, token.at + 2, token.n - 2, 0);
        if (at < 0) return false;
        w->inner_id[at] = (int64_t)id;
    }
    return true;
}

void tm_wordpiece_free(tm_wordpiece *w) {
    tm_words_free(w->inner);
    free(w->inner_id);
}

void tm_tokenizer_set_normaliser(tm_tokenizer *t, unsigned how) {
    tm_forget_encoders(t);
    t->wordpiece.how = how;
}

/* --- characters --------------------------------------------------------------------------------------------------- */

/* CJK Unified Ideographs, as BERT lists them. */
static bool is_chinese(uint32_t c) {
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static bool is_control(uint32_t c) {
    if (c == '\t' || c == '\n' || c == '\r') return false;
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF || k == UTF8PROC_CATEGORY_CO;
}

static bool is_punctuation(uint32_t c) {
    if (c < 128) return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

/* --- words to ids ------------------------------------------------------------------------------------------------- */

static bool continues(char c) { return (c & 0xC0) == 0x80; }

/* The longest token at the start of the rest, and its bytes; -1: none. */
static int64_t longest_token(const tm_tokenizer *t, tm_text rest, bool inside, size_t *n) {
    const tm_wordpiece *w = &t->wordpiece;
    for (*n = rest.n < w->longest ? rest.n : w->longest; *n; --*n) {
        if (*n < rest.n && continues(rest.at[*n])) continue;
        int64_t id = tm_words_find(inside ? w->inner : t->tokens, rest.at, *n);
        if (id >= 0) return inside ? w->inner_id[id] : id;
    }
    return -1;
}

static size_t letters(tm_text word) {
    size_t n = 0;
    for (size_t i = 0; i < word.n; i++) n += !continues(word.at[i]);
    return n;
}

static bool divide_word(tm_encoder *e, tm_text word, size_t *n) {
    if (!tm_piece_reserve(&e->piece, word.n)) return false;
    *n = 0;
    size_t length;
    int64_t id = letters(word) > MOST_LETTERS ? -1 : 0;
    for (size_t at = 0; id >= 0 && at < word.n; at += length) {
        id = longest_token(e->t, (tm_text){word.at + at, word.n - at}, at > 0, &length);
        e->piece.ids[(*n)++] = (uint32_t)id;
    }
    if (id >= 0) return true;
    if (e->t->unknown < 0) return tm_text_fail(TM_MISUSE, "encode: there is no id for unknown words");
    e->piece.ids[0] = (uint32_t)e->t->unknown;
    *n = 1;
    return true;
}

/* The word that was put together is over. */
static bool flush(tm_encoder *e, const tm_encoding *how, tm_ids *ids) {
    tm_text word = {e->scratch.at, e->scratch.n};
    e->scratch.n = 0;
    if (!word.n) return true;
    if (!tm_ids_reserve(ids, word.n) || !tm_encode_piece(e, word, divide_word, ids)) return false;
    if (how->skip_unknown && ids->v[ids->n - 1] == e->t->unknown) ids->n--;
    return true;
}

/* --- text to words ------------------------------------------------------------------------------------------------ */

static bool add_character(tm_encoder *e, uint32_t c) {
    char bytes[4];
    return tm_bytes_add(&e->scratch, bytes, tm_utf8_put(bytes, c));
}

/* Punctuation is a word of its own. */
static bool add_normal(tm_encoder *e, uint32_t c, const tm_encoding *how, tm_ids *ids) {
    if (tm_is_white(c)) return flush(e, how, ids);
    if (!is_punctuation(c)) return add_character(e, c);
    return flush(e, how, ids) && add_character(e, c) && flush(e, how, ids);
}

static bool add_small(tm_encoder *e, uint32_t c, const tm_encoding *how, tm_ids *ids) {
    if (!(e->t->wordpiece.how & TM_LOWERCASE)) return add_normal(e, c, how, ids);
    if (c == 0x130)
        return add_normal(e, 'i', how, ids) && add_normal(e, 0x307, how, ids); /* the one that becomes two */
    return add_normal(e, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c), how, ids);
}

static bool add_stripped(tm_encoder *e, uint32_t c, const tm_encoding *how, tm_ids *ids) {
    if (!(e->t->wordpiece.how & TM_STRIP_ACCENTS)) return add_small(e, c, how, ids);
    utf8proc_int32_t parts[8];
    int before = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)c, parts, 8, UTF8PROC_DECOMPOSE, &before);
    for (utf8proc_ssize_t i = 0; i < n && i < 8; i++)
        if (utf8proc_category(parts[i]) != UTF8PROC_CATEGORY_MN && !add_small(e, (uint32_t)parts[i], how, ids))
            return false;
    return true;
}

static bool add_any(tm_encoder *e, uint32_t c, const tm_encoding *how, tm_ids *ids) {
    unsigned normaliser = e->t->wordpiece.how;
    if (normaliser & TM_CLEAN && (c == 0 || c == 0xFFFD || is_control(c))) return true; /* U+0085 too */
    if (tm_is_white(c)) return flush(e, how, ids);
    if (!(normaliser & TM_CHINESE) || !is_chinese(c)) return add_stripped(e, c, how, ids);
    return flush(e, how, ids) && add_stripped(e, c, how, ids) && flush(e, how, ids);
}

bool tm_encode_wordpiece(tm_encoder *e, tm_text text, const tm_encoding *how, tm_ids *ids) {
    const char *end = text.at + text.n;
    bool small = e->t->wordpiece.how & TM_LOWERCASE, good = true;
    e->scratch.n = 0;
    for (const char *at = text.at; good && at < end;) {
        unsigned char byte = (unsigned char)*at;
        if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z')) {
            char letter = (char)(small && byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
            good = tm_bytes_add(&e->scratch, &letter, 1);
            at++;
            continue;
        }
        uint32_t c;
        size_t n = tm_utf8_next(at, end, &c);
        good = c == TM_NOT_UTF8 ? tm_bytes_add(&e->scratch, at, 1) : add_any(e, c, how, ids);
        at += n;
    }
    return good && flush(e, how, ids);
}

/* --- ids to text -------------------------------------------------------------------------------------------------- */

/* No space stands before a part of a word, nor before . , ! and ?, as in Hugging Face's decoder. */
bool tm_decode_wordpiece(tm_text token, bool first, tm_bytes *to) {
    bool inside = token.n > 2 && !memcmp(token.at, PREFIX, 2) && !first;
    bool joins = first || inside || (token.n && strchr(".,!?", token.at[0]) && token.at[0]);
    if (!joins && !tm_bytes_add(to, " ", 1)) return false;
    return tm_bytes_add(to, token.at + (inside ? 2 : 0), token.n - (inside ? 2 : 0));
}
