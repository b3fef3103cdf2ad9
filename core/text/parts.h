/* parts.h: what the files of core/text share. */
#ifndef TM_TEXT_PARTS_H
#define TM_TEXT_PARTS_H

#include "text.h"
#include "text/tokens.h"
#include "text/utf8.h"

/* --- characters (unicode.c) ---------------------------------------------------------------------------- */

/* What a character is, as bits. The tables are PCRE2's, so that a scan by hand and a pattern agree. */
enum { TM_IS_WORD = 1, TM_IS_DIGIT = 2, TM_IS_LETTER = 4, TM_IS_SPACE = 8 };
#define TM_CLASSES 0x32400 /* characters from here on are nothing */
extern uint8_t *tm_class_table;
extern uint32_t *tm_lower_table; /* of the same length */
bool tm_unicode_start(void);     /* builds both, once; main thread */

static inline unsigned tm_class_of(uint32_t c) { return c < TM_CLASSES ? tm_class_table[c] : 0; }
static inline uint32_t tm_lower_of(uint32_t c) { return c < TM_CLASSES ? tm_lower_table[c] : c; }

/* The character at t, which is valid UTF-8, and how many bytes it has. */
static inline uint32_t tm_char_at(const char *text, int *length) {
    const unsigned char *t = (const unsigned char *)text;
    if (t[0] < 0x80) return *length = 1, t[0];
    if (t[0] < 0xE0) return *length = 2, (t[0] & 0x1Fu) << 6 | (t[1] & 0x3Fu);
    if (t[0] < 0xF0) return *length = 3, (t[0] & 0x0Fu) << 12 | (t[1] & 0x3Fu) << 6 | (t[2] & 0x3Fu);
    return *length = 4, (t[0] & 0x07u) << 18 | (t[1] & 0x3Fu) << 12 | (t[2] & 0x3Fu) << 6 | (t[3] & 0x3Fu);
}

static inline bool tm_continues(char c) { return (c & 0xC0) == 0x80; } /* inside a character */

/* --- the steps that merge, as one scan (scan.c) ----------------------------------------------------------- */

typedef struct tm_scan_rules {
    bool lower, folds_urls, tags, urls, digits, letters, apostrophes; /* folds_urls: lower comes before urls */
    uint32_t least; /* characters of the shortest word that stays; at least 1 */
    uint8_t kind[256];
} tm_scan_rules;

/* Where a scan stands inside a document. All zero at its start. */
typedef struct tm_scan {
    uint32_t chars;  /* of the word that was begun, as far as `least` needs to know */
    bool after_word; /* the last character of that word is a \w */
    bool in_url;
    bool any; /* a word was written: the next one needs a space in front */
} tm_scan;

void tm_scan_prepare(tm_scan_rules *rules);
/* Scans a part of a document; writes to `to`, which has room for TM_SCAN_ROOM(n) bytes; *written says how many. Returns
 * how many bytes were used: all of them when this is the last part, else all but what the next part may decide. */
#define TM_SCAN_ROOM(n)                                                                                                \
    (2 * (n) + 16) /* lower case may take more bytes than upper case, and a space may come first                       \
                    */
#define TM_SCAN_AHEAD ((size_t)4 * 65535 + 64) /* more than this is never left over */
size_t tm_scan_part(const tm_scan_rules *rules, tm_scan *state, const char *text, size_t n, bool last, char *to,
                    size_t *written);

/* --- a cleaner's passes (clean.c) ----------------------------------------------------------------------------- */

typedef struct tm_pass {
    enum { TM_PASS_SCAN, TM_PASS_LOWER, TM_PASS_PATTERN } kind;
    int steps;
    tm_scan_rules rules;
    tm_regex *regex;
    char *with;
    size_t with_n;
} tm_pass;

struct tm_cleaner {
    tm_invalid invalid;
    int n;
    tm_pass pass[];
};

/* What one thread needs, and how its work ended. */
typedef struct tm_worker {
    const tm_cleaner *cleaner;
    tm_bytes from, to, whole; /* between passes; of one document */
    tm_matcher **matcher;     /* one for each pass, NULL where it needs none */
    tm_matcher *gave_up;      /* the one whose match did */
    bool no_memory;
} tm_worker;
tm_worker *tm_workers_new(const tm_cleaner *c, int n);
void tm_workers_free(tm_worker *w, int n);
/* One document of valid UTF-8; what comes out is added to `out`. false: w tells why. Any thread. */
bool tm_clean_document(tm_worker *w, const char *text, size_t n, tm_bytes *out);
/* Report what stopped a worker: who begins the message. Returns NULL. */
void *tm_worker_fail(const tm_worker *w, const char *who);

/* Bytes that aren't UTF-8 become U+FFFD, or (keep) a private character each that tm_unprotect turns back. Adds to `out`
 * what is text by then; *bad is where the first such byte stood, n if there was none. Any thread. */
bool tm_protect(tm_invalid invalid, const char *text, size_t n, tm_bytes *out, size_t *bad);
void tm_unprotect(char *text, size_t *n);
bool tm_needs_protection(tm_invalid invalid, const char *text, size_t n);

#endif
