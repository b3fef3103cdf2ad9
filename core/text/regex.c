/* regex.c: PCRE2 with its JIT, behind a few functions.
 *
 * A pattern is compiled once, to machine code where PCRE2 can; its limits travel in a match context of its own. What
 * changes during a match, the offsets and the JIT's stack, belongs to a matcher, one for each thread. Texts are
 * checked by whoever calls, so PCRE2 doesn't look through them again at every match. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "engine.h"
#include "text.h"

#include <pcre2.h>
#include <stdio.h>

#define STEPS 10000000u
#define DEPTH 100000u
#define HEAP 20000u
#define STACK_AT_START ((size_t)32 << 10)
#define STACK_MOST ((size_t)1 << 20)

struct tm_regex {
    pcre2_code *code;
    bool jit;
    tm_regex_options options;
};

struct tm_matcher {
    const tm_regex *regex;
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    int code;
};

/* --- compiling -------------------------------------------------------------------------------------------- */

static uint32_t flags_of(const tm_regex_options *o) {
    uint32_t flags = PCRE2_NEVER_BACKSLASH_C;        /* it could stop inside a character */
    flags |= o->bytes ? PCRE2_NEVER_UTF : PCRE2_UTF; /* (*UTF) in a pattern would ask for checked texts */
    if (!o->bytes && !o->ascii) flags |= PCRE2_UCP;
    if (!o->bytes && o->lenient) flags |= PCRE2_MATCH_INVALID_UTF;
    if (o->caseless) flags |= PCRE2_CASELESS;
    if (o->multiline) flags |= PCRE2_MULTILINE;
    if (o->dotall) flags |= PCRE2_DOTALL;
    if (o->extended) flags |= PCRE2_EXTENDED;
    if (o->ungreedy) flags |= PCRE2_UNGREEDY;
    if (o->anchored) flags |= PCRE2_ANCHORED;
    if (o->dollar_endonly) flags |= PCRE2_DOLLAR_ENDONLY;
    return flags;
}

static bool continues(char c) { return (c & 0xC0) == 0x80; } /* inside a character of UTF-8 */

/* The line of the pattern around the place, at most 60 bytes of it, and a caret below the place. */
static void show_place(const char *pattern, size_t n, size_t at, char *text, size_t room) {
    enum { AROUND = 30 };
    size_t first = at > AROUND ? at - AROUND : 0, last = n - at > AROUND ? at + AROUND : n, columns = 0;
    for (size_t i = at; i > first; i--)
        if (pattern[i - 1] == '\n') first = i;
    while (first < at && continues(pattern[first])) first++;
    for (size_t i = at; i < last; i++)
        if (pattern[i] == '\n') last = i;
    while (last > at && last < n && continues(pattern[last])) last--;
    for (size_t i = first; i < at; i++) columns += !continues(pattern[i]);
    bool clipped = first && pattern[first - 1] != '\n', goes_on = last < n && pattern[last] != '\n';
    int written = snprintf(text, room, "\n    %s", clipped ? "..." : "");
    if (clipped) columns += 3;
    for (size_t i = first; i < last; i++) { /* zeros and tabs would move the caret */
        unsigned char c = (unsigned char)pattern[i];
        text[written++] = c < 32 ? ' ' : pattern[i];
    }
    snprintf(text + written, room - (size_t)written, "%s\n    %*s", goes_on ? "..." : "", (int)columns + 1, "^");
}

static void *bad_pattern(const char *pattern, size_t n, int code, size_t at) {
    PCRE2_UCHAR why[256];
    char place[256];
    if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED)
        return tm_fail(TM_MEMORY, "regex: out of memory while the pattern was compiled");
    pcre2_get_error_message(code, why, sizeof why);
    size_t valid = tm_utf8_valid(pattern, n);
    if (code < 0 && valid < n) { /* the pattern itself is no UTF-8, so there's no showing it */
        return tm_fail(TM_MISUSE, "regex: the pattern isn't valid UTF-8: byte 0x%02x at position %zu",
                       (unsigned char)pattern[valid], valid + 1);
    }
    show_place(pattern, n, at > n ? n : at, place, sizeof place);
    return tm_fail(TM_MISUSE, "regex: %s at position %zu of the pattern:%s", (char *)why, at + 1, place);
}

/* PCRE2 says at run time whether it has a JIT, and a system may forbid memory that can be executed: then it interprets.
 */
static bool compile(tm_regex *r, const char *pattern, size_t n) {
    int code;
    size_t at;
    r->code = pcre2_compile((PCRE2_SPTR)pattern, n, flags_of(&r->options), &code, &at, NULL);
    if (!r->code) return bad_pattern(pattern, n, code, at) != NULL;
    r->jit = pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE) == 0;
    return true;
}

tm_regex *tm_regex_new(const char *pattern, size_t n, const tm_regex_options *options) {
    tm_regex *r = tm_new(sizeof *r);
    if (!r) return NULL;
    *r = (tm_regex){.options = options ? *options : (tm_regex_options){0}};
    if (!r->options.steps) r->options.steps = STEPS;
    if (!r->options.depth) r->options.depth = DEPTH;
    if (!r->options.heap) r->options.heap = HEAP;
    if (compile(r, pattern, n)) return r;
    tm_delete(r);
    return NULL;
}

void tm_regex_free(tm_regex *r) {
    if (!r) return;
    pcre2_code_free(r->code);
    tm_delete(r);
}

static uint32_t info(const tm_regex *r, uint32_t what) {
    uint32_t value = 0;
    pcre2_pattern_info(r->code, what, &value);
    return value;
}

int tm_regex_groups(const tm_regex *r) { return (int)info(r, PCRE2_INFO_CAPTURECOUNT); }

bool tm_regex_has_jit(const tm_regex *r) { return r->jit; }

/* An entry of the table: the group in two bytes, then the name with its zero. */
const char *tm_regex_name(const tm_regex *r, int i, int *group) {
    PCRE2_SPTR table;
    if (i < 0 || (uint32_t)i >= info(r, PCRE2_INFO_NAMECOUNT)) return NULL;
    pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &table);
    table += (uint32_t)i * info(r, PCRE2_INFO_NAMEENTRYSIZE);
    *group = table[0] << 8 | table[1];
    return (const char *)table + 2;
}

/* --- matching ----------------------------------------------------------------------------------------------- */

static bool prepare(tm_matcher *m) {
    const tm_regex_options *o = &m->regex->options;
    m->data = pcre2_match_data_create_from_pattern(m->regex->code, NULL);
    m->context = pcre2_match_context_create(NULL);
    if (!m->data || !m->context) return false;
    pcre2_set_match_limit(m->context, o->steps);
    pcre2_set_depth_limit(m->context, o->depth);
    pcre2_set_heap_limit(m->context, o->heap);
    if (!m->regex->jit) return true;
    m->stack = pcre2_jit_stack_create(STACK_AT_START, STACK_MOST, NULL);
    if (!m->stack) return false;
    pcre2_jit_stack_assign(m->context, NULL, m->stack);
    return true;
}

tm_matcher *tm_matcher_new(const tm_regex *r) {
    tm_matcher *m = tm_new(sizeof *m);
    if (!m) return NULL;
    *m = (tm_matcher){.regex = r};
    if (prepare(m)) return m;
    tm_matcher_free(m);
    return tm_fail(TM_MEMORY, "regex: out of memory: no room to match in");
}

void tm_matcher_free(tm_matcher *m) {
    if (!m) return;
    if (m->stack) pcre2_jit_stack_free(m->stack);
    pcre2_match_context_free(m->context);
    pcre2_match_data_free(m->data);
    tm_delete(m);
}

bool tm_regex_match(tm_matcher *m, const char *text, size_t n, size_t from, bool not_empty) {
    const tm_regex *r = m->regex;
    uint32_t flags = not_empty ? PCRE2_NOTEMPTY_ATSTART : 0;
    /* A lenient pattern has to pass pcre2_match, which finds the parts that are UTF-8. */
    int code = r->jit && !r->options.lenient
                   ? pcre2_jit_match(r->code, (PCRE2_SPTR)text, n, from, flags, m->data, m->context)
                   : pcre2_match(r->code, (PCRE2_SPTR)text, n, from,
                                 r->options.lenient ? flags : flags | PCRE2_NO_UTF_CHECK, m->data, m->context);
    m->code = code < 0 && code != PCRE2_ERROR_NOMATCH ? code : 0;
    return code > 0;
}

const size_t *tm_matcher_offsets(const tm_matcher *m) { return pcre2_get_ovector_pointer(m->data); }

int tm_matcher_code(const tm_matcher *m) { return m->code; }

void *tm_matcher_fail(const tm_matcher *m, const char *who) {
    const tm_regex_options *o = &m->regex->options;
    PCRE2_UCHAR why[256];
    switch (m->code) {
    case PCRE2_ERROR_MATCHLIMIT:
        return tm_fail(TM_MISUSE,
                       "%s: the match was given up after %u steps; does the pattern repeat what repeats? "
                       "(option 'steps' sets the limit)",
                       who, o->steps);
    case PCRE2_ERROR_JIT_STACKLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        return tm_fail(TM_MISUSE, "%s: the match was given up: it needs more than the memory it may take", who);
    case PCRE2_ERROR_DEPTHLIMIT:
        return tm_fail(TM_MISUSE, "%s: the match was given up: it nests more than %u deep (option 'depth')", who,
                       o->depth);
    case PCRE2_ERROR_NOMEMORY: return tm_fail(TM_MEMORY, "%s: out of memory in a match", who);
    default: pcre2_get_error_message(m->code, why, sizeof why); return tm_fail(TM_MISUSE, "%s: %s", who, (char *)why);
    }
}
