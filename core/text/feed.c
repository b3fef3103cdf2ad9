/* feed.c: a text of any length, cleaned as it comes.
 *
 * Where each line is a document, whole lines are shared out to threads, a block of them to each, and put together in
 * order: so the bytes are the same for any number of threads. The one pass of the scan doesn't even need whole lines;
 * patterns do, and a document that is longer than they may see is an error. */
#define _GNU_SOURCE
#include "engine.h"
#include "parts.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK ((size_t)64 << 10)  /* lines for one thread at a time, about so many bytes */
#define SCANNED ((size_t)1 << 20) /* a line that has grown so long goes through the scan in parts */

struct tm_feed {
    const tm_cleaner *cleaner;
    bool lines, one_scan, protects;
    size_t longest;
    tm_bytes raw; /* a character that has begun */
    tm_bytes in;  /* valid text that waits */
    tm_bytes out;
    tm_scan scan; /* inside a document that comes in parts */
    bool inside;
    int64_t line; /* lines before `in` */
    size_t seen;  /* bytes of the text before `raw` */
    int threads;
    tm_worker *workers;
    bool failed;
};

tm_feed *tm_feed_new(const tm_cleaner *c, bool lines, size_t longest) {
    tm_feed *f = tm_new(sizeof *f);
    if (!f) return NULL;
    *f = (tm_feed){.cleaner = c, .lines = lines, .longest = longest, .threads = tm_set_threads(0)};
    f->one_scan = c->n == 1 && c->pass[0].kind == TM_PASS_SCAN;
    f->workers = tm_workers_new(c, f->threads);
    if (f->workers) return f;
    tm_delete(f);
    return NULL;
}

void tm_feed_free(tm_feed *f) {
    if (!f) return;
    tm_workers_free(f->workers, f->threads);
    tm_bytes_free(&f->raw);
    tm_bytes_free(&f->in);
    tm_bytes_free(&f->out);
    tm_delete(f);
}

static bool no_memory(tm_feed *f) {
    f->failed = true;
    return tm_fail(TM_MEMORY, "clean: out of memory");
}

/* --- what comes in ---------------------------------------------------------------------------------------------- */

/* Bytes at the end that may be a character's beginning: up to 3. */
static size_t begun(const char *text, size_t n) {
    for (size_t k = 1; k <= 3 && k <= n; k++) {
        unsigned char c = (unsigned char)text[n - k];
        if (c < 0x80) return 0;
        if (c >= 0xC0) {
            size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
            return length > k && tm_utf8_broken(text + n - k, k) == k ? k : 0;
        }
    }
    return 0;
}

static bool take_valid(tm_feed *f, const char *text, size_t n) {
    size_t bad = n;
    if (!tm_needs_protection(f->cleaner->invalid, text, n)) {
        if (!tm_bytes_add(&f->in, text, n)) return no_memory(f);
    } else if (!tm_protect(f->cleaner->invalid, text, n, &f->in, &bad)) {
        return no_memory(f);
    } else if (f->cleaner->invalid == TM_INVALID_ERROR && bad < n) {
        f->failed = true;
        return tm_fail(
            TM_OUTSIDE,
            "clean: the text isn't UTF-8: byte 0x%02x at position %zu; the cleaner's option invalid = 'keep' "
            "or 'replace' says what is to become of such bytes",
            (unsigned char)text[bad], f->seen + bad + 1);
    } else {
        f->protects = f->cleaner->invalid == TM_INVALID_KEEP;
    }
    f->seen += n;
    return true;
}

/* Whole characters join what waits; the beginning of one stays behind for the next piece. */
static bool take(tm_feed *f, const char *text, size_t n, bool last) {
    if (f->raw.n || last) { /* the piece completes a character, or never will */
        if (!tm_bytes_add(&f->raw, text, n)) return no_memory(f);
        text = f->raw.at;
        n = f->raw.n;
    }
    size_t rest = last ? 0 : begun(text, n);
    if (!take_valid(f, text, n - rest)) return false;
    char held[4];
    for (size_t i = 0; i < rest; i++) held[i] = text[n - rest + i];
    f->raw.n = 0;
    return tm_bytes_add(&f->raw, held, rest) || no_memory(f);
}

static void drop(tm_feed *f, size_t n) {
    f->in.n -= n;
    if (f->in.n) memmove(f->in.at, f->in.at + n, f->in.n);
}

/* --- parts of a document, through the scan ------------------------------------------------------------------------ */

/* The next n bytes of what waits; returns how many the scan took. */
static bool scan_part(tm_feed *f, size_t from, size_t n, bool last, size_t *used) {
    size_t written;
    if (!tm_bytes_reserve(&f->out, TM_SCAN_ROOM(n))) return no_memory(f);
    *used =
        tm_scan_part(&f->cleaner->pass[0].rules, &f->scan, f->in.at + from, n, last, f->out.at + f->out.n, &written);
    f->out.n += written;
    f->inside = !last;
    if (last) f->scan = (tm_scan){0};
    return true;
}

/* --- whole documents ---------------------------------------------------------------------------------------------- */

static bool too_long(tm_feed *f) {
    f->failed = true;
    if (f->lines)
        return tm_fail(TM_OUTSIDE,
                       "clean: line %lld is longer than %zu bytes, and this cleaner's patterns have to see it whole "
                       "(option 'longest')",
                       (long long)f->line + 1, f->longest);
    return tm_fail(
        TM_OUTSIDE,
        "clean: the text is longer than %zu bytes, and this cleaner's patterns have to see it whole; are its "
        "lines documents (lines = true)? Else raise the option 'longest'",
        f->longest);
}

static bool give_up(tm_feed *f, const tm_worker *w, int64_t line) {
    char who[64] = "clean";
    if (f->lines) snprintf(who, sizeof who, "clean: line %lld", (long long)line + 1);
    f->failed = true;
    return tm_worker_fail(w, who);
}

typedef struct block {
    const char *text;
    size_t n;
    tm_bytes out;
    int64_t lines; /* done */
    tm_worker *failed;
} block;

/* The lines of a block, each with the '\n' that ends it; the last line of a text may lack one. */
static void clean_block(tm_worker *w, block *b) {
    const char *p = b->text, *end = p + b->n;
    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((stop ? stop : end) - p);
        if (!tm_clean_document(w, p, n, &b->out) || (stop && !tm_bytes_add(&b->out, "\n", 1))) {
            w->no_memory = !w->gave_up;
            b->failed = w;
            return;
        }
        p += n + (stop != NULL);
        b->lines++;
    }
}

/* Cut whole lines into blocks of about the same size. */
static int cut(block *blocks, int most, const char *text, size_t n) {
    int count = 0;
    size_t size = n / (size_t)most > BLOCK ? n / (size_t)most : BLOCK;
    while (n) {
        const char *stop = n > size && count < most - 1 ? memchr(text + size - 1, '\n', n - size + 1) : NULL;
        size_t bytes = stop ? (size_t)(stop - text) + 1 : n;
        blocks[count++] = (block){.text = text, .n = bytes};
        text += bytes;
        n -= bytes;
    }
    return count;
}

static bool gather(tm_feed *f, block *blocks, int n) {
    bool good = true;
    for (int i = 0; i < n; i++) {
        if (good && blocks[i].failed) good = give_up(f, blocks[i].failed, f->line + blocks[i].lines);
        if (good && !tm_bytes_add(&f->out, blocks[i].out.at, blocks[i].out.n)) good = no_memory(f);
        if (good) f->line += blocks[i].lines;
        tm_bytes_free(&blocks[i].out);
    }
    return good;
}

static bool clean_lines(tm_feed *f, size_t n) {
    enum { MOST = 64 };
    block blocks[MOST];
    int count = cut(blocks, MOST, f->in.at, n), threads = count < f->threads ? count : f->threads;
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (int i = 0; i < count; i++) clean_block(&f->workers[omp_get_thread_num()], &blocks[i]);
    return gather(f, blocks, count);
}

/* --- the two kinds of texts --------------------------------------------------------------------------------------- */

/* A line that comes in parts goes on up to its end, if that is there. */
static bool go_on(tm_feed *f, bool last, size_t *used) {
    const char *stop = memchr(f->in.at, '\n', f->in.n);
    size_t n = stop ? (size_t)(stop - f->in.at) : f->in.n;
    if (!scan_part(f, 0, n, stop || last, used)) return false;
    if (!stop) return true;
    *used = n + 1;
    f->line++;
    return tm_bytes_add(&f->out, "\n", 1) || no_memory(f);
}

static size_t whole_lines(const tm_feed *f, bool last) {
    if (last || !f->in.n) return f->in.n;
    const char *stop = memrchr(f->in.at, '\n', f->in.n);
    return stop ? (size_t)(stop - f->in.at) + 1 : 0;
}

static bool add_lines(tm_feed *f, bool last) {
    size_t used = 0;
    if (f->inside) {
        if (!f->in.n && !last) return true;
        if (!go_on(f, last, &used)) return false;
        drop(f, used);
        if (f->inside) return true;
    }
    size_t n = whole_lines(f, last);
    if (n && !clean_lines(f, n)) return false;
    drop(f, n);
    if (f->one_scan && f->in.n >= SCANNED) {
        if (!scan_part(f, 0, f->in.n, false, &used)) return false;
        drop(f, used);
    }
    return f->in.n <= f->longest || f->one_scan || too_long(f);
}

static bool add_whole(tm_feed *f, bool last) {
    size_t used = f->in.n;
    if (f->one_scan) {
        if (!scan_part(f, 0, f->in.n, last, &used)) return false;
    } else {
        if (f->in.n > f->longest) return too_long(f);
        if (!last) return true;
        if (!tm_clean_document(&f->workers[0], f->in.at, f->in.n, &f->out)) return give_up(f, &f->workers[0], 0);
    }
    drop(f, used);
    return true;
}

const char *tm_feed_add(tm_feed *f, const char *text, size_t n, bool last, size_t *written) {
    if (f->failed) return tm_fail(TM_MISUSE, "clean: this text ended with an error");
    f->out.n = 0;
    if (!take(f, text, n, last) || !(f->lines ? add_lines(f, last) : add_whole(f, last))) return NULL;
    if (f->protects) tm_unprotect(f->out.at, &f->out.n);
    *written = f->out.n;
    return f->out.at ? f->out.at : "";
}
