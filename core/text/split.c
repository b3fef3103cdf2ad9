/* split.c: a text in pieces.
 *
 * GPT-2's pattern is
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * (Radford et al., 2019, encoder.py). It takes a character's class and one of context, so it is written out here, ten
 * times as fast as a regular expression; which characters are letters and numbers PCRE2 says. Any other pattern runs
 * on PCRE2. What isn't UTF-8 counts as a character that is no letter, number or space. */
#include "text/split.h"
#include "engine.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

#include <stdlib.h>

#define CHARACTERS 0x110000

/* --- classes ------------------------------------------------------------------------------------------------------ */

static void mark_run(uint8_t *classes, tm_text all, const size_t *offsets, uint8_t class) {
    const char *at = all.at + offsets[0], *end = all.at + offsets[1];
    for (uint32_t c; at < end; classes[c] = class) at += tm_utf8_next(at, end, &c);
}

static bool mark_class(uint8_t *classes, tm_text all, const char *pattern, uint8_t class) {
    tm_regex *regex = tm_regex_new(pattern, strlen(pattern), NULL);
    tm_matcher *m = regex ? tm_matcher_new(regex) : NULL;
    for (size_t at = 0; m && tm_regex_match(m, all.at, all.n, at, false); at = tm_matcher_offsets(m)[1])
        mark_run(classes, all, tm_matcher_offsets(m), class);
    bool good = m && !tm_matcher_code(m);
    if (m && !good) tm_matcher_fail(m, "tokenizer");
    tm_matcher_free(m);
    tm_regex_free(regex);
    return good;
}

/* A text of every character, which the patterns run over. */
static bool mark_all(uint8_t *classes) {
    char *all = malloc((size_t)CHARACTERS * 4);
    if (!all) return tm_out_of_memory("no room for the classes of characters");
    size_t n = 0;
    for (uint32_t c = 0; c < CHARACTERS; c++)
        if (c < 0xD800 || c > 0xDFFF) n += tm_utf8_put(all + n, c);
    bool good = mark_class(classes, (tm_text){all, n}, "\\p{L}+", TM_LETTER) &&
                mark_class(classes, (tm_text){all, n}, "\\p{N}+", TM_NUMBER);
    free(all);
    for (uint32_t c = 0; c < 0x3001; c++)
        if (tm_is_white(c)) classes[c] = TM_SPACE;
    return good;
}

const uint8_t *tm_character_classes(void) {
    static uint8_t *made;
    if (made) return made;
    uint8_t *classes = calloc(CHARACTERS, 1);
    if (!classes) return tm_out_of_memory("no room for the classes of characters"), NULL;
    if (mark_all(classes)) return made = classes;
    free(classes);
    return NULL;
}

/* --- GPT-2's pattern ---------------------------------------------------------------------------------------------- */

/* The class of the character at `at`, and its bytes. */
static inline uint8_t class_at(const uint8_t *classes, const char *at, const char *end, size_t *n) {
    unsigned char byte = (unsigned char)*at;
    *n = 1;
    if (byte < 0x80) return classes[byte];
    uint32_t c;
    *n = tm_utf8_next(at, end, &c);
    return c == TM_NOT_UTF8 ? TM_OTHER : classes[c];
}

/* Where the run of characters of this class ends. */
static inline const char *end_of_run(const uint8_t *classes, const char *at, const char *end, uint8_t class) {
    size_t n;
    while (at < end && class_at(classes, at, end, &n) == class) at += n;
    return at;
}

/* 's 't 'm 'd 're 've 'll: how many bytes; 0: none of them. */
static inline size_t contraction(const char *at, const char *end) {
    if (end - at < 2) return 0;
    char c = at[1];
    if (c == 's' || c == 't' || c == 'm' || c == 'd') return 2;
    if (end - at < 3) return 0;
    return (at[2] == 'e' && (c == 'r' || c == 'v')) || (c == 'l' && at[2] == 'l') ? 3 : 0;
}

/* White space up to the end; else its last character goes with what follows, or stands alone. */
static const char *end_of_space(const uint8_t *classes, const char *at, const char *end) {
    const char *last = at;
    size_t n;
    for (const char *p = at; p < end; p += n) {
        if (class_at(classes, p, end, &n) != TM_SPACE) return last > at ? last : p;
        last = p;
    }
    return end;
}

static const char *end_of_piece(const uint8_t *classes, const char *at, const char *end) {
    size_t n;
    if (*at == '\'' && (n = contraction(at, end))) return at + n;
    const char *body = at + (*at == ' ' && at + 1 < end);
    uint8_t class = class_at(classes, body, end, &n);
    if (class == TM_SPACE) return end_of_space(classes, at, end);
    return end_of_run(classes, body + n, end, class);
}

/* --- any pattern -------------------------------------------------------------------------------------------------- */

/* The next match that isn't empty; behind the last one, what is left. */
static bool find_match(tm_split *s) {
    if (s->to > s->at) return true;
    if (tm_regex_match(s->matcher, s->text.at, s->text.n, s->at, true)) {
        const size_t *o = tm_matcher_offsets(s->matcher);
        s->from = o[0];
        s->to = o[1];
        if (s->to > s->from) return true;
    }
    s->from = s->to = s->text.n;
    if (!tm_matcher_code(s->matcher)) return true;
#pragma omp critical(tm_text_fail)
    tm_matcher_fail(s->matcher, "encode");
    s->failed = true;
    return false;
}

tm_text tm_next_piece(tm_split *s) {
    size_t from = s->at;
    if (from >= s->text.n) return (tm_text){s->text.at + from, 0};
    if (!s->how->regex) {
        const char *end = s->text.at + s->text.n;
        s->at = (size_t)(end_of_piece(s->how->classes, s->text.at + from, end) - s->text.at);
    } else {
        if (!find_match(s)) return (tm_text){s->text.at, 0};
        s->at = from < s->from ? s->from : s->to;
    }
    return (tm_text){s->text.at + from, s->at - from};
}
