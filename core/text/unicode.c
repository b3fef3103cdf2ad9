/* unicode.c: letters, digits, word characters, spaces and lower case, from PCRE2's tables.
 *
 * The tables are made when they are first needed, by matching the characters one after another: so they are those of
 * the Unicode version that the patterns use, whatever version of PCRE2 is there. White space is that of Python, whose
 * rules people bring along: Unicode's White_Space, and the separators 0x1c to 0x1f. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine.h"
#include "parts.h"

#include <pcre2.h>
#include <stdlib.h>

uint8_t *tm_class_table;
uint32_t *tm_lower_table;

/* All characters below the limit, in order. */
static char *all_characters(size_t *n) {
    char *text = malloc((size_t)4 * TM_CLASSES), *to = text;
    for (uint32_t c = 0; text && c < TM_CLASSES; c++)
        if (c < 0xD800 || c > 0xDFFF) to += tm_utf8_put(to, c);
    *n = (size_t)(to - text);
    return text;
}

/* Calls see(text, n) for every match of the pattern. */
static bool each_match(const char *pattern, const char *text, size_t n, void (*see)(const char *text, size_t n)) {
    tm_regex *r = tm_regex_new(pattern, strlen(pattern), NULL);
    tm_matcher *m = r ? tm_matcher_new(r) : NULL;
    for (size_t at = 0; m && tm_regex_match(m, text, n, at, false); at = tm_matcher_offsets(m)[1])
        see(text + tm_matcher_offsets(m)[0], tm_matcher_offsets(m)[1] - tm_matcher_offsets(m)[0]);
    bool good = m && !tm_matcher_code(m);
    if (m && !good) tm_matcher_fail(m, "text");
    tm_matcher_free(m);
    tm_regex_free(r);
    return good;
}

static void mark(const char *text, size_t n, uint8_t class) {
    int length;
    for (size_t i = 0; i < n; i += (size_t)length) tm_class_table[tm_char_at(text + i, &length)] |= class;
}
static void mark_word(const char *text, size_t n) { mark(text, n, TM_IS_WORD); }
static void mark_digit(const char *text, size_t n) { mark(text, n, TM_IS_DIGIT); }
static void mark_letter(const char *text, size_t n) { mark(text, n, TM_IS_LETTER); }

static void mark_spaces(void) {
    static const uint16_t spaces[][2] = {{0x09, 0x0D},     {0x1C, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},
                                         {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
                                         {0x205F, 0x205F}, {0x3000, 0x3000}};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        for (uint32_t c = spaces[i][0]; c <= spaces[i][1]; c++) tm_class_table[c] |= TM_IS_SPACE;
}

/* --- lower case ------------------------------------------------------------------------------------------ */

/* One character becomes one: the simple mapping. PCRE2 maps letters; numerals and letters in circles lie at a fixed
 * distance from theirs, and the dotted capital I loses its dot. */
static void lower_others(void) {
    for (uint32_t c = 0x2160; c <= 0x216F; c++) tm_lower_table[c] = c + 16;
    for (uint32_t c = 0x24B6; c <= 0x24CF; c++) tm_lower_table[c] = c + 26;
    tm_lower_table[0x130] = 'i';
}

/* A run of capitals and the same in lower case, character by character. */
static bool lower_run(pcre2_code *all, const char *text, size_t n) {
    PCRE2_SIZE room = 2 * n + 16;
    char *to = malloc(room);
    int code = !to ? PCRE2_ERROR_NOMEMORY
                   : pcre2_substitute(all, (PCRE2_SPTR)text, n, 0, PCRE2_SUBSTITUTE_EXTENDED, NULL, NULL,
                                      (PCRE2_SPTR) "\\L$0", 4, (PCRE2_UCHAR *)to, &room);
    int from, into;
    for (size_t i = 0, k = 0; code > 0 && i < n; i += (size_t)from, k += (size_t)into)
        tm_lower_table[tm_char_at(text + i, &from)] = tm_char_at(to + k, &into);
    free(to);
    return code > 0 || tm_fail(TM_MEMORY, "text: out of memory for the table of lower case");
}

static bool fill_lower(const char *text, size_t n) {
    int code;
    PCRE2_SIZE at;
    for (uint32_t c = 0; c < TM_CLASSES; c++) tm_lower_table[c] = c;
    pcre2_code *all = pcre2_compile((PCRE2_SPTR) "(?s).*", 6, PCRE2_UTF | PCRE2_UCP, &code, &at, NULL);
    bool good = all && lower_run(all, text, n);
    pcre2_code_free(all);
    lower_others();
    return good || tm_fail(TM_MEMORY, "text: out of memory for the table of lower case");
}

static bool fill(void) {
    size_t n;
    char *text = all_characters(&n);
    if (!text) return tm_fail(TM_MEMORY, "text: out of memory for the table of characters");
    bool good = each_match("\\w+", text, n, mark_word) && each_match("\\d+", text, n, mark_digit) &&
                each_match("\\pL+", text, n, mark_letter) && fill_lower(text, n);
    mark_spaces();
    free(text);
    return good;
}

bool tm_unicode_start(void) {
    if (tm_class_table) return true;
    tm_class_table = calloc(TM_CLASSES, sizeof *tm_class_table);
    tm_lower_table = malloc(TM_CLASSES * sizeof *tm_lower_table);
    if (tm_class_table && tm_lower_table && fill()) return true;
    free(tm_class_table);
    free(tm_lower_table);
    tm_class_table = NULL;
    tm_lower_table = NULL;
    return tm_fail(TM_MEMORY, "text: out of memory for the table of characters");
}
