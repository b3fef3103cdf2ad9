/* idx.c: read IDX files, the format of MNIST (http://yann.lecun.com/exdb/mnist).
 *
 *     0 0 TYPE RANK     four bytes
 *     SIZE ...          RANK of them, 32 bits, big-endian
 *     elements          row-major, big-endian
 *
 * A file may be gz: zlib's gzread reads both kinds. What the header claims is compared with the size of the file
 * before anything is allocated: exactly where the file is plain, and by deflate's best ratio where it is gz. */
#include "engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <zlib.h>

#define BEST_RATIO 1032 /* deflate can't do better: zlib's technical notes */
#define CHUNK (1 << 26) /* gzread counts in int */

static const struct {
    int code;
    tm_dtype dtype;
} types[] = {{0x08, TM_UINT8}, {0x0c, TM_INT32}, {0x0d, TM_FLOAT32}, {0x0e, TM_FLOAT64}};

typedef struct reader {
    const char *path;
    gzFile file;
    int64_t file_size;
    tm_dtype dtype;
    int rank;
    int64_t shape[TM_MAX_RANK];
    int64_t bytes; /* of all elements */
} reader;

static bool __attribute__((format(printf, 2, 3))) outside(const reader *r, const char *format, ...) {
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    tm_fail(TM_OUTSIDE, "read_idx: '%s' %s", r->path, what);
    return false;
}

/* Read n bytes. Returns how many there were, -1 for an error that is recorded. */
static int64_t read_bytes(reader *r, void *to, int64_t n) {
    int64_t done = 0;
    while (done < n) {
        unsigned want = n - done < CHUNK ? (unsigned)(n - done) : CHUNK;
        int got = gzread(r->file, (char *)to + done, want);
        if (got > 0) done += got;
        if (got == (int)want) continue;
        int code;
        const char *why = gzerror(r->file, &code);
        if (!strncmp(why, r->path, strlen(r->path))) why += strlen(r->path) + 2; /* zlib says "path: why" */
        if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) break;  /* the end, or a cut gz stream */
        if (code == Z_MEM_ERROR)
            tm_fail(TM_MEMORY, "read_idx: out of memory while '%s' was read", r->path);
        else
            outside(r, "is damaged: %s", code == Z_ERRNO ? strerror(errno) : why);
        return -1;
    }
    return done;
}

static int64_t big_endian(const unsigned char *b) { return (int64_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3]; }

static bool open_file(reader *r) {
    struct stat status;
    if (stat(r->path, &status)) return outside(r, "can't be opened: %s", strerror(errno));
    if (S_ISDIR(status.st_mode)) return outside(r, "is a folder, not a file");
    if (!S_ISREG(status.st_mode)) return outside(r, "is not a regular file");
    r->file_size = status.st_size;
    errno = 0;
    r->file = gzopen(r->path, "rb");
    if (r->file) return true;
    if (errno == 0 || errno == ENOMEM) return tm_fail(TM_MEMORY, "read_idx: out of memory") != NULL;
    return outside(r, "can't be opened: %s", strerror(errno));
}

static bool read_magic(reader *r) {
    unsigned char b[4];
    int64_t n = read_bytes(r, b, 4);
    if (n < 0) return false;
    if (n < 4) return outside(r, "is not an IDX file: it has %d bytes", (int)n);
    if (b[0] || b[1]) return outside(r, "is not an IDX file: it begins with %02x %02x, expected 00 00", b[0], b[1]);
    r->rank = b[3];
    if (r->rank > TM_MAX_RANK) return outside(r, "has %d axes; a tensor has at most %d", r->rank, TM_MAX_RANK);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == b[2]) {
            r->dtype = types[i].dtype;
            return true;
        }
    return outside(r, "has elements of type 0x%02x; known are 08 uint8, 0c int32, 0d float32, 0e float64", b[2]);
}

static bool read_sizes(reader *r) {
    unsigned char b[4 * TM_MAX_RANK];
    int64_t n = read_bytes(r, b, 4 * r->rank);
    if (n < 0) return false;
    if (n < 4 * r->rank)
        return outside(r, "ends inside its header: %d bytes, expected %d", 4 + (int)n, 4 + 4 * r->rank);
    for (int i = 0; i < r->rank; i++) r->shape[i] = big_endian(b + 4 * i);
    int64_t numel = tm_product(r->rank, r->shape);
    if (numel < 0 || __builtin_mul_overflow(numel, (int64_t)tm_dtype_size(r->dtype), &r->bytes))
        return outside(r, "claims an impossible shape: %s", tm_shape_words(r->rank, r->shape));
    return true;
}

/* found < 0: less than promised, nobody counted how much. */
static bool wrong_length(reader *r, int64_t found) {
    char count[32] = "fewer";
    if (found > r->bytes)
        snprintf(count, sizeof count, "more");
    else if (found >= 0)
        snprintf(count, sizeof count, "%lld", (long long)found);
    return outside(r, "is %s: its header promises %s %s, %lld bytes of elements; the file has %s",
                   found > r->bytes ? "too long" : "cut short", tm_shape_words(r->rank, r->shape),
                   tm_dtype_name(r->dtype), (long long)r->bytes, count);
}

/* Could a file of this size hold what its header promises? */
static bool check_length(reader *r) {
    int64_t header = 4 + 4 * r->rank;
    if (gzdirect(r->file)) {
        int64_t found = r->file_size - header;
        return found == r->bytes || wrong_length(r, found);
    }
    return r->bytes / BEST_RATIO <= r->file_size || wrong_length(r, -1);
}

static void to_host_order(void *data, int64_t n, size_t size) {
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ || size == 1) return;
    for (int64_t i = 0; i < n; i++) {
        if (size == 4) ((uint32_t *)data)[i] = __builtin_bswap32(((uint32_t *)data)[i]);
        if (size == 8) ((uint64_t *)data)[i] = __builtin_bswap64(((uint64_t *)data)[i]);
    }
}

/* All elements may be there, and the checksum behind them not. */
static bool complete(reader *r) {
    int code = gzclose_r(r->file);
    r->file = NULL;
    return code != Z_BUF_ERROR || outside(r, "is cut short: the end of its gz stream is missing");
}

static tm_tensor *read_elements(reader *r) {
    tm_tensor *x = tm_empty(r->rank, r->shape, r->dtype);
    if (!x) return NULL;
    tm_capture_refuse("a file is read");
    int64_t found = read_bytes(r, tm_data(x), r->bytes);
    if (found < 0) return NULL;
    char more; /* asking beyond the end makes zlib compare its checksum too */
    int64_t rest = found < r->bytes ? 0 : read_bytes(r, &more, 1);
    if (rest < 0 || (found + rest != r->bytes && !wrong_length(r, found + rest)) || !complete(r)) return NULL;
    to_host_order(tm_data(x), tm_numel(x), tm_dtype_size(r->dtype));
    return x;
}

tm_tensor *tm_read_idx(const char *path) {
    reader r = {.path = path};
    tm_tensor *x = NULL;
    if (open_file(&r) && read_magic(&r) && read_sizes(&r) && check_length(&r)) x = read_elements(&r);
    if (r.file) gzclose_r(r.file);
    return x;
}
