/* text.h: text in the engine. What works on bytes and knows no tensors; a public header like tenmo.h, whose rules for
 * errors hold here too: NULL or false means that tm_error_message says why.
 *
 * Only functions marked "any thread" may run beside others; they report by what they return, never through tm_fail. */
#ifndef TENMO_TEXT_H
#define TENMO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

/* --- UTF-8 (utf8.c) ------------------------------------------------------------------------------------- */

/* How many bytes from the start are whole, valid characters (RFC 3629: no overlong forms, no surrogates). Any thread.
 */
size_t tm_utf8_valid(const char *text, size_t n);
/* How many bytes at the start can't be read as a character, where no valid one stands: the longest beginning of one, or
 * a single byte; each such piece becomes one U+FFFD (Unicode 15, section 3.9). 0: a valid character. Any thread. */
size_t tm_utf8_broken(const char *text, size_t n);

/* --- regular expressions (regex.c) ------------------------------------------------------------------------- */

typedef struct tm_regex tm_regex;     /* a compiled pattern: never changes, threads may share it */
typedef struct tm_matcher tm_matcher; /* what one thread needs to match with it */

typedef struct tm_regex_options {
    bool caseless, multiline, dotall, extended, ungreedy, anchored, dollar_endonly;
    bool bytes;     /* one character is one byte, and only ASCII has letters, digits and spaces */
    bool ascii;     /* UTF-8, but \w \d \s \b and [:classes:] know ASCII only */
    bool lenient;   /* bytes that aren't UTF-8 match nothing instead of being the caller's mistake */
    uint32_t steps; /* a match that needs more ends with an error; 0: 10 million */
    uint32_t depth; /* the same for how deeply it nests, where PCRE2 has no JIT; 0: 100,000 */
    uint32_t heap;  /* KiB that one match may take; 0: 20,000 */
} tm_regex_options;

/* Compile. The error of a pattern that isn't one shows it with a caret below the place. options: NULL for all 0. */
tm_regex *tm_regex_new(const char *pattern, size_t n, const tm_regex_options *options);
void tm_regex_free(tm_regex *r);        /* after its matchers */
int tm_regex_groups(const tm_regex *r); /* without the whole match */
bool tm_regex_has_jit(const tm_regex *r);
/* The i-th name, from 0, and the group that it names; NULL when there are no more. */
const char *tm_regex_name(const tm_regex *r, int i, int *group);

tm_matcher *tm_matcher_new(const tm_regex *r);
void tm_matcher_free(tm_matcher *m);

/* Find the first match at or after `from` <= n. true: the offsets stand in tm_matcher_offsets. false: none, or
 * tm_matcher_code isn't 0 and the match was given up. not_empty: an empty match at `from` doesn't count, so that
 *     for (size_t at = 0; tm_regex_match(m, text, n, at, empty); empty = o[0] == o[1], at = o[1]) ...
 * sees every match once. The text has to be valid UTF-8 unless the pattern is lenient or of bytes. Any thread. */
bool tm_regex_match(tm_matcher *m, const char *text, size_t n, size_t from, bool not_empty);
/* Start and end of the whole match, then of each group; TM_UNSET twice for a group that took no part. */
#define TM_UNSET (~(size_t)0)
const size_t *tm_matcher_offsets(const tm_matcher *m);
int tm_matcher_code(const tm_matcher *m); /* why the last match was given up; 0: it wasn't */
/* Record that as an error. Returns NULL. `who` begins the message. */
void *tm_matcher_fail(const tm_matcher *m, const char *who);

/* --- cleaning (clean.c, feed.c) ------------------------------------------------------------------------------ */

typedef enum tm_step_kind {
    TM_STEP_LOWER,
    TM_STEP_TAGS,
    TM_STEP_URLS,
    TM_STEP_DIGITS,
    TM_STEP_LETTERS,
    TM_STEP_APOSTROPHES,
    TM_STEP_WORDS,  /* at least `least` characters long, with one space between them */
    TM_STEP_REPLACE /* what `pattern` matches by `with` */
} tm_step_kind;

typedef struct tm_step {
    tm_step_kind kind;
    uint32_t least;
    const char *pattern, *with;
    size_t pattern_n, with_n;
    tm_regex_options options;
} tm_step;

typedef enum tm_invalid { TM_INVALID_ERROR, TM_INVALID_KEEP, TM_INVALID_REPLACE } tm_invalid; /* what isn't UTF-8 */

typedef struct tm_cleaner tm_cleaner; /* never changes; threads share it */
typedef struct tm_cleaned tm_cleaned; /* the texts that came out */
typedef struct tm_feed tm_feed;       /* a text that comes in pieces */

/* merge: steps become one pass where they can. The result is the same either way. */
tm_cleaner *tm_cleaner_new(int n, const tm_step *steps, tm_invalid invalid, bool merge);
void tm_cleaner_free(tm_cleaner *c);
int tm_cleaner_passes(const tm_cleaner *c);
int tm_cleaner_pass_steps(const tm_cleaner *c, int pass); /* how many steps it does */

/* Clean n texts on all threads; NULL: a text isn't UTF-8, or a pattern gave up. */
tm_cleaned *tm_clean(const tm_cleaner *c, int64_t n, const char *const *text, const size_t *length);
const char *tm_cleaned_text(const tm_cleaned *r, int64_t i, size_t *length);
void tm_cleaned_free(tm_cleaned *r);

/* A text of any length, in pieces of any length, in bounded memory. lines: each line is a document; else all of it is
 * one. Documents that patterns have to see whole may have up to `longest` bytes. */
tm_feed *tm_feed_new(const tm_cleaner *c, bool lines, size_t longest); /* c has to live longer */
/* What is certain by now, valid until the next call; NULL: an error. `last` ends the text. */
const char *tm_feed_add(tm_feed *f, const char *text, size_t n, bool last, size_t *written);
void tm_feed_free(tm_feed *f);

/* --- files (stream.c) ------------------------------------------------------------------------------------------ */

typedef struct tm_stream tm_stream;
/* A file that is read from its start, plain or compressed: gz, bz2 and xz are told by how they begin. NULL with
 * TM_OUTSIDE where it can't be opened. */
tm_stream *tm_stream_open(const char *path);
int64_t tm_stream_read(tm_stream *s, char *to, size_t n); /* n bytes, fewer at the end; -1: damaged or cut short */
const char *tm_stream_kind(const tm_stream *s);           /* "plain", "gz", "bz2" or "xz" */
void tm_stream_close(tm_stream *s);

#pragma GCC visibility pop

#endif
