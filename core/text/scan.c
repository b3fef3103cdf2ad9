/* scan.c: steps of cleaning in one pass over the bytes.
 *
 * What the steps mean is said by patterns (clean.c has them); each sees what those before it left:
 *
 *     lower         every character becomes its lower case
 *     tags          <[^>]{1,65535}>            becomes a space
 *     urls          http\S+|www\.\S+           becomes a space
 *     digits        \d+                        becomes a space
 *     letters       [^\pL']+                   becomes a space
 *     apostrophes   (?<!\w)'|'(?!\w)           becomes a space
 *     words         white space divides words; those shorter than `least` go, one space stands between the others
 *
 * Since everything that goes becomes white space, and the last step squeezes white space, the scan only has to tell for
 * each character whether it belongs to a word or ends one. A tag needs a look ahead for its end, an address for its
 * fifth character, an apostrophe for the next one; a part of a document ends before what the next part may decide. */
#include "parts.h"

#include <string.h>

enum { COPY, ENDS, TAG, ADDRESS, APOSTROPHE, HIGH }; /* kinds of bytes */
enum { NO, YES, UNSURE };                            /* the part ends too early to tell */

#define TAG_MOST 65535
#define WINDOW ((size_t)4 * TAG_MOST + 1) /* bytes in which the end of a tag is looked for */

typedef struct scan {
    const tm_scan_rules *rules;
    const char *p, *end;
    bool last;
    char *out, *word;            /* where the word that was begun stands in the output */
    const char *begun;           /* and in the text */
    uint32_t chars;              /* it has in former parts */
    size_t extra;                /* bytes in it that continue a character */
    bool after_word;             /* what out[-1] would say, had the former part not been given away */
    const char *until, *closing; /* how far a '>' was looked for, and the one that was found */
} scan;

static bool is_ascii_word(unsigned char c) {
    return (unsigned)(c | 32) - 'a' < 26 || (unsigned)c - '0' < 10 || c == '_';
}
static bool is_ascii_space(unsigned char c) { return c == ' ' || (unsigned)c - 9 < 5 || (unsigned)c - 28 < 4; }

void tm_scan_prepare(tm_scan_rules *r) {
    for (int c = 0; c < 256; c++) {
        bool letter = (unsigned)(c | 32) - 'a' < 26;
        r->kind[c] = c >= 128 ? HIGH : COPY;
        if (c < 128 && r->letters && !letter && c != '\'') r->kind[c] = ENDS;
        if (is_ascii_space((unsigned char)c) || (r->digits && (unsigned)c - '0' < 10)) r->kind[c] = ENDS;
    }
    if (r->tags) r->kind['<'] = TAG;
    if (r->apostrophes) r->kind['\''] = APOSTROPHE;
    if (r->urls) r->kind['h'] = r->kind['w'] = ADDRESS;
    if (r->urls && r->folds_urls) r->kind['H'] = r->kind['W'] = ADDRESS;
    if (r->least < 1) r->least = 1;
}

/* --- looking ahead ------------------------------------------------------------------------------------------ */

/* The first '>' from q on, or NULL; *to is how far was looked. Questions come in order, so no byte is looked at twice.
 */
static const char *closing(scan *s, const char *q, const char **to) {
    const char *most = (size_t)(s->end - q) > WINDOW ? q + WINDOW : s->end;
    if (s->closing && q > s->closing) s->closing = NULL, s->until = q;
    if (!s->until || q > s->until) s->until = q;
    if (!s->closing && s->until < most) {
        s->closing = memchr(s->until, '>', (size_t)(most - s->until));
        s->until = s->closing ? s->closing : most;
    }
    *to = most;
    return s->closing && s->closing < most ? s->closing : NULL;
}

static bool is_short_enough(const char *from, const char *to) {
    size_t chars = 0;
    if ((size_t)(to - from) <= TAG_MOST) return true;
    for (; from < to; from++) chars += !tm_continues(*from);
    return chars <= TAG_MOST;
}

/* Does a tag begin at p, which is a '<'? Then *after is behind it. */
static int tag_at(scan *s, const char *p, const char **after) {
    const char *to, *found = closing(s, p + 1, &to);
    if (!found) return to == s->end && !s->last && (size_t)(to - p) <= WINDOW ? UNSURE : NO;
    *after = found + 1;
    return found > p + 1 && is_short_enough(p + 1, found) ? YES : NO;
}

/* Does white space stand at p, as far as the steps up to tags make it? */
static int space_at(scan *s, const char *p) {
    unsigned char c = (unsigned char)*p;
    const char *after;
    int length;
    if (c == '<' && s->rules->tags) return tag_at(s, p, &after);
    if (c < 128) return is_ascii_space(c);
    return (tm_class_of(tm_char_at(p, &length)) & TM_IS_SPACE) != 0;
}

/* Does an address begin at p, which is an h or a w? */
static int address_at(scan *s, const char *p) {
    size_t n = (size_t)(s->end - p);
    unsigned char fold = s->rules->folds_urls ? 32 : 0;
    const char *begins = (*p | fold) == 'h' ? "http" : "www.";
    for (size_t i = 0; i < 4; i++) {
        if (i == n) return s->last ? NO : UNSURE;
        unsigned char c = (unsigned char)p[i];
        if (((unsigned)(c | 32) - 'a' < 26 ? c | fold : c) != (unsigned char)begins[i]) return NO;
    }
    if (n == 4) return s->last ? NO : UNSURE;
    int space = space_at(s, p + 4);
    return space == UNSURE ? UNSURE : !space;
}

/* Does a \w stand at p, as far as the steps up to letters leave it? */
static int word_at(scan *s, const char *p) {
    const tm_scan_rules *r = s->rules;
    int length;
    if (p == s->end) return s->last ? NO : UNSURE;
    unsigned char c = (unsigned char)*p;
    if (r->kind[c] == ENDS || r->kind[c] == APOSTROPHE) return NO;
    if (r->kind[c] == ADDRESS) {
        int address = address_at(s, p);
        return address == UNSURE ? UNSURE : !address;
    }
    if (c < 128) return is_ascii_word(c);
    uint32_t u = tm_char_at(p, &length);
    unsigned class = tm_class_of(r->lower ? tm_lower_of(u) : u);
    if ((r->digits && class & TM_IS_DIGIT) || (r->letters && !(class & TM_IS_LETTER))) return NO;
    return (class & TM_IS_WORD) != 0;
}

/* Is the last character that was written to the word a \w? */
static bool behind_word(const scan *s) {
    int length;
    if (s->out == s->word) return s->after_word;
    const char *p = s->out - 1;
    if (!(*p & 0x80)) return is_ascii_word((unsigned char)*p);
    while (tm_continues(*p)) p--;
    return (tm_class_of(tm_char_at(p, &length)) & TM_IS_WORD) != 0;
}

/* --- the scan --------------------------------------------------------------------------------------------------- */

static uint32_t chars_of_word(const scan *s) {
    size_t chars = s->chars + (size_t)(s->out - s->word) - s->extra;
    return chars < s->rules->least ? (uint32_t)chars : s->rules->least;
}

/* A space behind a word that stays; what is behind the last word is taken back in the end. */
static inline void end_word(scan *s) {
    if (s->out != s->word || s->chars) {
        if (s->chars + (size_t)(s->out - s->word) - s->extra >= s->rules->least)
            *s->out++ = ' ';
        else
            s->out = s->word;
    }
    s->word = s->out;
    s->extra = s->chars = 0;
    s->after_word = false;
}

static void copy_high(scan *s) {
    const tm_scan_rules *r = s->rules;
    int length;
    uint32_t c = tm_char_at(s->p, &length);
    if (r->lower) c = tm_lower_of(c);
    unsigned class = tm_class_of(c);
    if (class & TM_IS_SPACE || (r->digits && class & TM_IS_DIGIT) || (r->letters && !(class & TM_IS_LETTER))) {
        end_word(s);
    } else {
        size_t bytes = tm_utf8_put(s->out, c);
        s->out += bytes;
        s->extra += bytes - 1;
    }
    s->p += length;
}

/* Inside an address: on to the white space behind it. false: the part ends first. */
static bool skip_address(scan *s) {
    for (; s->p < s->end; s->p++) {
        int space = tm_continues(*s->p) ? NO : space_at(s, s->p);
        if (space == UNSURE) return false;
        if (space) return true;
    }
    return false;
}

/* Is p simply copied? An h or w is, unless what begins an address follows. */
static inline bool is_copied(const uint8_t *kind, const char *p, const char *end) {
    uint8_t k = kind[(unsigned char)*p];
    if (k != ADDRESS) return k == COPY;
    return p + 1 < end && (p[1] | 32) != 't' && (p[1] | 32) != 'w';
}

/* Bytes that are copied, the first in any case, and may be letters to fold. */
static inline void copy_run(scan *s) {
    const uint8_t *kind = s->rules->kind;
    const char *p = s->p, *end = s->end;
    char *out = s->out;
    if (s->rules->lower) do {
            unsigned char c = (unsigned char)*p++;
            *out++ = (char)((unsigned)c - 'A' < 26 ? c | 32 : c);
        } while (p < end && is_copied(kind, p, end));
    else
        do *out++ = *p++;
        while (p < end && is_copied(kind, p, end));
    s->p = p;
    s->out = out;
}

/* One character that isn't simply copied. false: the next part decides. */
static bool special(scan *s, bool *in_url) {
    const char *after = s->p + 1;
    int answer;
    switch (s->rules->kind[(unsigned char)*s->p]) {
    case TAG:
        answer = tag_at(s, s->p, &after);
        if (answer == NO) after = s->p + 1, answer = s->rules->letters ? YES : NO;
        break;
    case ADDRESS:
        answer = address_at(s, s->p);
        *in_url = answer == YES;
        if (*in_url) after = s->p + 4;
        break;
    case APOSTROPHE:
        answer = behind_word(s) ? word_at(s, s->p + 1) : NO;
        if (answer != UNSURE) answer = !answer;
        break;
    default: return copy_high(s), true;
    }
    if (answer == UNSURE) return false;
    if (answer == YES)
        end_word(s), s->p = after;
    else
        copy_run(s);
    return true;
}

static void scan_all(scan *s, bool *in_url) {
    const uint8_t *kind = s->rules->kind;
    while (s->p < s->end) {
        if (*in_url && !skip_address(s)) return;
        *in_url = false;
        if (s->out == s->word && !s->chars) s->begun = s->p;
        if (is_copied(kind, s->p, s->end))
            copy_run(s);
        else if (kind[(unsigned char)*s->p] == ENDS)
            end_word(s), s->p++;
        else if (!special(s, in_url))
            return;
    }
}

/* The space in front that a former part's word asked for, and the one behind the last word, don't count as written. */
static size_t written_by(const scan *s, const char *to, tm_scan *state) {
    if (s->out != s->word || s->chars) {
        state->any = true;
        return (size_t)(s->out - to);
    }
    if (s->out == to) return 0;
    state->any = true;
    return (size_t)(s->out - to) - 1;
}

size_t tm_scan_part(const tm_scan_rules *rules, tm_scan *state, const char *text, size_t n, bool last, char *to,
                    size_t *written) {
    scan s = {.rules = rules,
              .p = text,
              .end = text + n,
              .last = last,
              .out = to,
              .begun = text,
              .chars = state->chars,
              .after_word = state->after_word};
    if (state->any && !state->chars) *s.out++ = ' ';
    s.word = s.out;
    scan_all(&s, &state->in_url);
    if (last) {
        end_word(&s);
    } else if (chars_of_word(&s) < rules->least) { /* it may turn out to be too short: begin it anew */
        if (s.out != s.word) s.p = s.begun;
        s.out = s.word;
        s.extra = 0;
    }
    state->chars = last ? 0 : chars_of_word(&s);
    state->after_word = state->chars && behind_word(&s);
    s.chars = state->chars;
    *written = written_by(&s, to, state);
    return (size_t)(s.p - text);
}
