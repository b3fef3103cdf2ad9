/* stream.c: the bytes of a file, plain or compressed (gz, bz2, xz), as they come. zlib, libbz2 and liblzma do the work;
 * what is common to them is here: which it is, members one after another, and an end that comes too early. */
#include "engine.h"
#include "text.h"

#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#define XZ_MEMORY                                                                                                      \
    ((uint64_t)512 << 20) /* more than the strongest setting asks for (65 MiB), less than a hostile file may */

typedef enum kind { PLAIN, GZ, BZ2, XZ } kind;
static const char *const names[] = {"plain", "gz", "bz2", "xz"};
enum { GOES_ON, MEMBER_ENDS, BROKEN, NO_MEMORY, TOO_LARGE }; /* what a step of a decoder says */

struct tm_stream {
    char *path;
    FILE *file;
    kind kind;
    z_stream z;
    bz_stream b;
    lzma_stream x;
    bool open;   /* the decoder has something to end */
    bool inside; /* a member was begun and has not ended */
    bool eof, failed;
    char *at; /* what was read and not used */
    size_t left;
    char buffer[1 << 16];
};

static bool outside(tm_stream *s, const char *what) {
    s->failed = true;
    return tm_fail(TM_OUTSIDE, "'%s' %s", s->path, what);
}

static bool failed_call(tm_stream *s, const char *what) {
    s->failed = true;
    return tm_fail(TM_OUTSIDE, "'%s' %s: %s", s->path, what, strerror(errno ? errno : EIO));
}

static bool no_memory(tm_stream *s) {
    s->failed = true;
    return tm_fail(TM_MEMORY, "out of memory while '%s' was read", s->path);
}

static bool fill(tm_stream *s) {
    if (s->left || s->eof) return true;
    errno = 0;
    s->left = fread(s->buffer, 1, sizeof s->buffer, s->file);
    s->at = s->buffer;
    if (s->left < sizeof s->buffer && ferror(s->file)) return failed_call(s, "can't be read");
    s->eof = s->left == 0;
    return true;
}

/* --- the decoders ------------------------------------------------------------------------------------------- */

static bool begin_member(tm_stream *s) {
    bool good = true;
    if (s->kind == GZ) good = (s->open ? inflateReset(&s->z) : inflateInit2(&s->z, 15 + 16)) == Z_OK;
    if (s->kind == BZ2) {
        if (s->open) BZ2_bzDecompressEnd(&s->b);
        s->b = (bz_stream){0};
        good = BZ2_bzDecompressInit(&s->b, 0, 0) == BZ_OK;
    }
    if (s->kind == XZ) {
        if (!s->open) s->x = (lzma_stream)LZMA_STREAM_INIT;
        good = lzma_stream_decoder(&s->x, XZ_MEMORY, 0) == LZMA_OK;
    }
    s->open = s->inside = good;
    return good || no_memory(s);
}

static int step_gz(tm_stream *s, char *to, size_t room, size_t *made) {
    s->z.next_in = (Bytef *)s->at;
    s->z.avail_in = (uInt)s->left;
    s->z.next_out = (Bytef *)to;
    s->z.avail_out = (uInt)room;
    int code = inflate(&s->z, Z_NO_FLUSH);
    s->at = (char *)s->z.next_in;
    s->left = s->z.avail_in;
    *made = room - s->z.avail_out;
    if (code == Z_STREAM_END) return MEMBER_ENDS;
    return code == Z_OK || code == Z_BUF_ERROR ? GOES_ON : code == Z_MEM_ERROR ? NO_MEMORY : BROKEN;
}

static int step_bz2(tm_stream *s, char *to, size_t room, size_t *made) {
    s->b.next_in = s->at;
    s->b.avail_in = (unsigned)s->left;
    s->b.next_out = to;
    s->b.avail_out = (unsigned)room;
    int code = BZ2_bzDecompress(&s->b);
    s->at = s->b.next_in;
    s->left = s->b.avail_in;
    *made = room - s->b.avail_out;
    if (code == BZ_STREAM_END) return MEMBER_ENDS;
    return code == BZ_OK ? GOES_ON : code == BZ_MEM_ERROR ? NO_MEMORY : BROKEN;
}

static int step_xz(tm_stream *s, char *to, size_t room, size_t *made) {
    s->x.next_in = (uint8_t *)s->at;
    s->x.avail_in = s->left;
    s->x.next_out = (uint8_t *)to;
    s->x.avail_out = room;
    lzma_ret code = lzma_code(&s->x, LZMA_RUN);
    s->at = (char *)s->x.next_in;
    s->left = s->x.avail_in;
    *made = room - s->x.avail_out;
    if (code == LZMA_STREAM_END) return MEMBER_ENDS;
    if (code == LZMA_MEMLIMIT_ERROR) return TOO_LARGE;
    return code == LZMA_OK || code == LZMA_BUF_ERROR ? GOES_ON : code == LZMA_MEM_ERROR ? NO_MEMORY : BROKEN;
}

static int step_plain(tm_stream *s, char *to, size_t room, size_t *made) {
    *made = s->left < room ? s->left : room;
    memcpy(to, s->at, *made);
    s->at += *made;
    s->left -= *made;
    return GOES_ON;
}

static int step(tm_stream *s, char *to, size_t room, size_t *made) {
    if (room > (size_t)1 << 30) room = (size_t)1 << 30;
    switch (s->kind) {
    case GZ: return step_gz(s, to, room, made);
    case BZ2: return step_bz2(s, to, room, made);
    case XZ: return step_xz(s, to, room, made);
    default: return step_plain(s, to, room, made);
    }
}

/* Between members: the next one, or the end. Zeros may follow, as tapes and xz have them. false: an error. */
static bool next_member(tm_stream *s, bool *ended) {
    *ended = false;
    for (;;) {
        if (!fill(s)) return false;
        if (s->eof) return *ended = true;
        if (*s->at) return begin_member(s);
        s->at++;
        s->left--;
    }
}

static bool explain(tm_stream *s, int why) {
    char text[64];
    if (why == NO_MEMORY) return no_memory(s);
    if (why == TOO_LARGE) return outside(s, "asks for more memory to unpack it than xz files may take (512 MiB)");
    snprintf(text, sizeof text, "is damaged: this is no %s data", names[s->kind]);
    return outside(s, text);
}

int64_t tm_stream_read(tm_stream *s, char *to, size_t n) {
    size_t got = 0, made;
    if (s->failed) return outside(s, "ended with an error before"), -1;
    while (got < n) {
        bool ended;
        if (s->kind != PLAIN && !s->inside) {
            if (!next_member(s, &ended)) return -1;
            if (ended) break;
        }
        if (!fill(s)) return -1;
        if (s->eof && s->kind == PLAIN) break;
        size_t before = s->left;
        int code = step(s, to + got, n - got, &made);
        got += made;
        if (code == MEMBER_ENDS) s->inside = false;
        if (code >= BROKEN) return explain(s, code), -1;
        if (code == GOES_ON && s->eof && !made && before == 0) return outside(s, "is cut short"), -1;
    }
    return (int64_t)got;
}

/* --- open and close ---------------------------------------------------------------------------------------------- */

static void find_kind(tm_stream *s) {
    static const struct {
        kind kind;
        size_t n;
        const char *magic;
    } magics[] = {{GZ, 2, "\x1F\x8B"}, {BZ2, 3, "BZh"}, {XZ, 6, "\xFD\x37zXZ\0"}};
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (s->left >= magics[i].n && !memcmp(s->at, magics[i].magic, magics[i].n)) s->kind = magics[i].kind;
    if (s->kind == BZ2 && (s->left < 10 || memcmp(s->at + 4, "1AY&SY", 6))) { /* a text may begin with BZh */
        bool empty = s->left >= 10 && !memcmp(s->at + 4, "\x17\x72\x45\x38\x50\x90", 6);
        if (!empty) s->kind = PLAIN;
    }
}

static bool open_file(tm_stream *s) {
    struct stat status;
    s->file = fopen(s->path, "rb");
    if (!s->file || fstat(fileno(s->file), &status)) return failed_call(s, "can't be opened");
    if (S_ISDIR(status.st_mode)) return outside(s, "is a folder, not a file");
    setvbuf(s->file, NULL, _IONBF, 0);
    return fill(s);
}

tm_stream *tm_stream_open(const char *path) {
    tm_stream *s = tm_new(sizeof *s);
    if (!s) return NULL;
    memset(s, 0, offsetof(tm_stream, buffer));
    s->path = strdup(path);
    if (!s->path) {
        tm_delete(s);
        return tm_fail(TM_MEMORY, "out of memory while '%s' was opened", path);
    }
    if (open_file(s)) return find_kind(s), s;
    tm_stream_close(s);
    return NULL;
}

const char *tm_stream_kind(const tm_stream *s) { return names[s->kind]; }

void tm_stream_close(tm_stream *s) {
    if (!s) return;
    if (s->open && s->kind == GZ) inflateEnd(&s->z);
    if (s->open && s->kind == BZ2) BZ2_bzDecompressEnd(&s->b);
    if (s->open && s->kind == XZ) lzma_end(&s->x);
    if (s->file) fclose(s->file);
    free(s->path);
    tm_delete(s);
}
