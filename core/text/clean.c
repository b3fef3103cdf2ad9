/* clean.c: a cleaner's steps as passes, and the passes over documents, on all threads.
 *
 * Every step is a pattern and what replaces its matches (but for lower case, and words, which squeeze white space).
 * Steps in the order of the scan (scan.c) that end in words become one pass of it. */
#include "engine.h"
#include "parts.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

/* unicode.c lists them. */
#define NO_SPACE                                                                                                       \
    "[^\\t-\\r\\x1c-\\x20\\x85\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}]"

static const char *const patterns[] = {
    [TM_STEP_TAGS] = "<[^>]{1,65535}+>",
    [TM_STEP_URLS] = "http" NO_SPACE "++|www\\." NO_SPACE "++",
    [TM_STEP_DIGITS] = "\\d++",
    [TM_STEP_LETTERS] = "[^\\pL']++",
    [TM_STEP_APOSTROPHES] = "(?<!\\w)'|'(?!\\w)",
};

/* --- steps become passes ------------------------------------------------------------------------------------- */

/* Where a step stands in the order of the scan. Lower case may come anywhere, words come last, alone or repeated. */
static bool follows(tm_step_kind next, tm_step_kind before) {
    if (next == TM_STEP_REPLACE || before == TM_STEP_REPLACE) return false;
    if (next == TM_STEP_WORDS) return true;
    return before != TM_STEP_WORDS && (next == TM_STEP_LOWER || next > before);
}

/* How many steps from the first on are one pass of the scan; 0: the first isn't. */
static int mergeable(int n, const tm_step *steps, bool merge) {
    tm_step_kind before = steps[0].kind;
    int last = before == TM_STEP_WORDS;
    if (!merge || before == TM_STEP_REPLACE) return last;
    for (int i = 1; i < n && follows(steps[i].kind, before); i++) {
        if (steps[i].kind == TM_STEP_WORDS) last = i + 1;
        if (steps[i].kind != TM_STEP_LOWER) before = steps[i].kind;
    }
    return last;
}

static void scan_pass(tm_pass *p, int n, const tm_step *steps) {
    tm_scan_rules *r = &p->rules;
    bool *const rules[] = {
        [TM_STEP_LOWER] = &r->lower,   [TM_STEP_TAGS] = &r->tags,       [TM_STEP_URLS] = &r->urls,
        [TM_STEP_DIGITS] = &r->digits, [TM_STEP_LETTERS] = &r->letters, [TM_STEP_APOSTROPHES] = &r->apostrophes};
    p->kind = TM_PASS_SCAN;
    p->steps = n;
    for (int i = 0; i < n; i++) {
        if (steps[i].kind != TM_STEP_WORDS)
            *rules[steps[i].kind] = true;
        else if (steps[i].least > r->least)
            r->least = steps[i].least;
        if (steps[i].kind == TM_STEP_URLS) r->folds_urls = r->lower;
    }
    tm_scan_prepare(r);
}

static bool pattern_pass(tm_pass *p, const tm_step *step) {
    bool own = step->kind == TM_STEP_REPLACE;
    const char *with = own ? step->with : " ", *pattern = own ? step->pattern : patterns[step->kind];
    p->kind = TM_PASS_PATTERN;
    p->steps = 1;
    p->with_n = own ? step->with_n : 1;
    p->with = tm_new(p->with_n + 1);
    if (!p->with) return false;
    memcpy(p->with, with, p->with_n);
    p->regex = tm_regex_new(pattern, own ? step->pattern_n : strlen(pattern), own ? &step->options : NULL);
    return p->regex != NULL;
}

static bool add_pass(tm_cleaner *c, int *at, int n, const tm_step *steps, bool merge) {
    tm_pass *p = &c->pass[c->n++];
    int merged = mergeable(n - *at, steps + *at, merge);
    const tm_step *step = &steps[*at];
    *at += merged ? merged : 1;
    if (merged) return scan_pass(p, merged, step), true;
    if (step->kind != TM_STEP_LOWER) return pattern_pass(p, step);
    *p = (tm_pass){.kind = TM_PASS_LOWER, .steps = 1};
    return true;
}

tm_cleaner *tm_cleaner_new(int n, const tm_step *steps, tm_invalid invalid, bool merge) {
    if (!tm_unicode_start()) return NULL;
    size_t bytes = sizeof(tm_cleaner) + (size_t)n * sizeof(tm_pass);
    tm_cleaner *c = tm_new(bytes);
    if (!c) return NULL;
    memset(c, 0, bytes);
    c->invalid = invalid;
    bool good = true;
    for (int at = 0; good && at < n;) good = add_pass(c, &at, n, steps, merge);
    if (good) return c;
    tm_cleaner_free(c);
    return NULL;
}

void tm_cleaner_free(tm_cleaner *c) {
    for (int i = 0; c && i < c->n; i++) {
        tm_regex_free(c->pass[i].regex);
        tm_delete(c->pass[i].with);
    }
    tm_delete(c);
}

int tm_cleaner_passes(const tm_cleaner *c) { return c->n; }
int tm_cleaner_pass_steps(const tm_cleaner *c, int pass) { return c->pass[pass].steps; }

/* --- workers ---------------------------------------------------------------------------------------------------- */

static bool prepare(tm_worker *w, const tm_cleaner *c) {
    size_t bytes = (size_t)(c->n + 1) * sizeof *w->matcher;
    w->cleaner = c;
    w->matcher = tm_new(bytes);
    if (!w->matcher) return false;
    memset(w->matcher, 0, bytes);
    for (int i = 0; i < c->n; i++)
        if (c->pass[i].regex && !(w->matcher[i] = tm_matcher_new(c->pass[i].regex))) return false;
    return true;
}

tm_worker *tm_workers_new(const tm_cleaner *c, int n) {
    tm_worker *w = tm_new((size_t)n * sizeof *w);
    if (!w) return NULL;
    memset(w, 0, (size_t)n * sizeof *w);
    for (int i = 0; i < n; i++)
        if (!prepare(&w[i], c)) {
            tm_workers_free(w, n);
            return NULL;
        }
    return w;
}

void tm_workers_free(tm_worker *w, int n) {
    for (int i = 0; w && i < n; i++) {
        for (int k = 0; w[i].matcher && k < w[i].cleaner->n; k++) tm_matcher_free(w[i].matcher[k]);
        tm_delete(w[i].matcher);
        tm_bytes_free(&w[i].from);
        tm_bytes_free(&w[i].to);
        tm_bytes_free(&w[i].whole);
    }
    tm_delete(w);
}

void *tm_worker_fail(const tm_worker *w, const char *who) {
    if (w->gave_up) return tm_matcher_fail(w->gave_up, who);
    return tm_fail(TM_MEMORY, "%s: out of memory", who);
}

/* --- passes ------------------------------------------------------------------------------------------------------ */

static bool scan_document(const tm_pass *p, const char *text, size_t n, tm_bytes *out) {
    tm_scan state = {0};
    size_t written;
    if (!tm_bytes_reserve(out, TM_SCAN_ROOM(n))) return false;
    tm_scan_part(&p->rules, &state, text, n, true, out->at + out->n, &written);
    out->n += written;
    return true;
}

static bool lower_document(const char *text, size_t n, tm_bytes *out) {
    if (!tm_bytes_reserve(out, 2 * n + 4)) return false;
    char *to = out->at + out->n;
    int length;
    for (size_t i = 0; i < n; i += (size_t)length) to += tm_utf8_put(to, tm_lower_of(tm_char_at(text + i, &length)));
    out->n = (size_t)(to - out->at);
    return true;
}

static bool replace_document(tm_worker *w, int pass, const char *text, size_t n, tm_bytes *out) {
    const tm_pass *p = &w->cleaner->pass[pass];
    tm_matcher *m = w->matcher[pass];
    const size_t *o = tm_matcher_offsets(m);
    size_t from = 0;
    for (bool empty = false; tm_regex_match(m, text, n, from, empty); empty = o[0] == o[1], from = o[1])
        if (!tm_bytes_add(out, text + from, o[0] - from) || !tm_bytes_add(out, p->with, p->with_n)) return false;
    if (tm_matcher_code(m)) w->gave_up = m;
    return !w->gave_up && tm_bytes_add(out, text + from, n - from);
}

static bool run_pass(tm_worker *w, int pass, const char *text, size_t n, tm_bytes *out) {
    const tm_pass *p = &w->cleaner->pass[pass];
    if (p->kind == TM_PASS_SCAN) return scan_document(p, text, n, out);
    return p->kind == TM_PASS_LOWER ? lower_document(text, n, out) : replace_document(w, pass, text, n, out);
}

/* Each pass reads what the one before wrote; the last adds to what is there. */
bool tm_clean_document(tm_worker *w, const char *text, size_t n, tm_bytes *out) {
    int passes = w->cleaner->n;
    for (int i = 0; i < passes; i++) {
        w->to.n = 0;
        if (!run_pass(w, i, text, n, i == passes - 1 ? out : &w->to)) return w->no_memory = !w->gave_up, false;
        tm_bytes other = w->from;
        w->from = w->to;
        w->to = other;
        text = w->from.at;
        n = w->from.n;
    }
    if (passes || tm_bytes_add(out, text, n)) return true;
    return w->no_memory = true, false;
}

/* --- many documents ---------------------------------------------------------------------------------------------- */

struct tm_cleaned {
    int64_t n;
    tm_bytes text[];
};

typedef struct job {
    const tm_cleaner *cleaner;
    tm_worker *worker;
    const char *const *text;
    const size_t *length;
    tm_cleaned *result;
    int64_t failed; /* the first document that did; n: none */
    tm_worker *why;
    size_t bad; /* where it isn't UTF-8, SIZE_MAX: it was something else */
} job;

static bool protected_document(job *j, tm_worker *w, int64_t i, tm_bytes *out, size_t *bad) {
    tm_invalid invalid = j->cleaner->invalid;
    const char *text = j->text[i];
    size_t n = j->length[i];
    if (!tm_needs_protection(invalid, text, n)) return tm_clean_document(w, text, n, out);
    tm_bytes safe = {0};
    bool good = tm_protect(invalid, text, n, &safe, bad);
    if (!good) w->no_memory = true;
    if (good && invalid == TM_INVALID_ERROR && *bad < n) {
        tm_bytes_free(&safe);
        return false;
    }
    *bad = SIZE_MAX;
    good = good && tm_clean_document(w, safe.at, safe.n, out);
    if (good && invalid == TM_INVALID_KEEP) tm_unprotect(out->at, &out->n);
    tm_bytes_free(&safe);
    return good;
}

static void one_document(job *j, tm_worker *w, int64_t i) {
    size_t bad = SIZE_MAX;
    if (w->gave_up || w->no_memory) return; /* a document before this one failed */
    w->whole.n = 0;
    bool good = protected_document(j, w, i, &w->whole, &bad);
    if (good) { /* no more room than it needs */
        good = tm_bytes_add(&j->result->text[i], w->whole.at, w->whole.n);
        w->no_memory = !good;
    }
    if (good) return;
#pragma omp critical(tm_clean)
    if (i < j->failed) {
        j->failed = i;
        j->bad = bad;
        j->why = w;
    }
}

static void *report(const job *j) {
    char who[64] = "clean";
    if (j->result->n > 1) snprintf(who, sizeof who, "clean: text %lld", (long long)j->failed + 1);
    if (j->bad == SIZE_MAX) return tm_worker_fail(j->why, who);
    return tm_fail(TM_MISUSE,
                   "%s isn't UTF-8: byte 0x%02x at position %zu; the cleaner's option invalid = 'keep' or 'replace' "
                   "says what is to become of such bytes",
                   j->result->n > 1 ? who : "clean: the text", (unsigned char)j->text[j->failed][j->bad], j->bad + 1);
}

static int threads_for(int64_t n, const size_t *length) {
    size_t bytes = 0;
    for (int64_t i = 0; i < n; i++) bytes += length[i];
    int threads = bytes < 65536 ? 1 : tm_set_threads(0);
    return n < threads ? (int)(n > 0 ? n : 1) : threads;
}

tm_cleaned *tm_clean(const tm_cleaner *c, int64_t n, const char *const *text, const size_t *length) {
    int threads = threads_for(n, length);
    size_t bytes = sizeof(tm_cleaned) + (size_t)n * sizeof(tm_bytes);
    tm_cleaned *r = tm_new(bytes);
    tm_worker *workers = r ? tm_workers_new(c, threads) : NULL;
    if (!workers) return tm_delete(r), NULL;
    memset(r, 0, bytes);
    r->n = n;
    job j = {c, workers, text, length, r, n, NULL, 0};
#pragma omp parallel for schedule(dynamic, 16) num_threads(threads) if (threads > 1)
    for (int64_t i = 0; i < n; i++) one_document(&j, &workers[omp_get_thread_num()], i);
    if (j.failed < n) {
        report(&j);
        tm_cleaned_free(r);
        r = NULL;
    }
    tm_workers_free(workers, threads);
    return r;
}

const char *tm_cleaned_text(const tm_cleaned *r, int64_t i, size_t *length) {
    *length = r->text[i].n;
    return r->text[i].at ? r->text[i].at : "";
}

void tm_cleaned_free(tm_cleaned *r) {
    for (int64_t i = 0; r && i < r->n; i++) tm_bytes_free(&r->text[i]);
    tm_delete(r);
}
