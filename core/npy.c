/* npy.c: NumPy's files of one array (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), mapped.
 *
 *     "\x93NUMPY" MAJOR MINOR LENGTH     LENGTH: 2 bytes in version 1, 4 in 2 and 3, little-endian
 *     {'descr': '<i4', 'fortran_order': False, 'shape': (3, 4), }
 *     elements, row-major */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER 4096 /* bytes that a header of one array never needs */

static const struct {
    const char *name;
    tm_dtype dtype;
} types[] = {{"|u1", TM_UINT8}, {"<i4", TM_INT32}, {"<i8", TM_INT64}, {"<f4", TM_FLOAT32}, {"<f8", TM_FLOAT64}};

typedef struct header {
    const char *path;
    char text[HEADER + 1];
    int64_t offset; /* of the elements */
    tm_dtype dtype;
    int rank;
    int64_t shape[TM_MAX_RANK];
} header;

static bool __attribute__((format(printf, 2, 3))) wrong(const header *h, const char *format, ...) {
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return tm_fail(TM_OUTSIDE, "map: '%s' %s", h->path, what);
}

/* The text behind 'key': in the header, or NULL. */
static const char *value_of(const header *h, const char *key) {
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s':", key);
    const char *at = strstr(h->text, quoted);
    if (!at) return NULL;
    at += strlen(quoted);
    while (*at == ' ') at++;
    return at;
}

static bool read_text(header *h, int fd) {
    unsigned char b[12];
    ssize_t n = pread(fd, b, sizeof b, 0);
    if (n < 12 || memcmp(b, "\x93NUMPY", 6)) return wrong(h, "is no .npy file");
    int start = b[6] == 1 ? 10 : 12;
    int64_t length = b[6] == 1 ? b[8] | b[9] << 8 : (int64_t)b[8] | b[9] << 8 | b[10] << 16 | (int64_t)b[11] << 24;
    if (b[6] < 1 || b[6] > 3) return wrong(h, "is a .npy file of version %d; known are 1 to 3", b[6]);
    if (length > HEADER) return wrong(h, "has a header of %lld bytes, which no plain array needs", (long long)length);
    n = pread(fd, h->text, (size_t)length, start);
    if (n != length) return wrong(h, "ends inside its header");
    h->offset = start + length;
    return true;
}

static bool read_type(header *h) {
    const char *descr = value_of(h, "descr");
    for (size_t i = 0; descr && i < sizeof types / sizeof *types; i++)
        if (*descr == '\'' && !strncmp(descr + 1, types[i].name, 3) && descr[4] == '\'') {
            h->dtype = types[i].dtype;
            return true;
        }
    return wrong(h, "has elements of type %.5s; known are '|u1', '<i4', '<i8', '<f4', '<f8'",
                 descr ? descr : "nobody says");
}

static bool read_shape(header *h) {
    const char *order = value_of(h, "fortran_order"), *at = value_of(h, "shape");
    if (!order || !at || *at++ != '(') return wrong(h, "has a header without shape or order");
    while (*at && *at != ')') {
        char *end;
        long long size = strtoll(at, &end, 10);
        if (end == at || size < 0 || (*end != ',' && *end != ')')) return wrong(h, "has a damaged shape");
        if (h->rank == TM_MAX_RANK) return wrong(h, "has more than %d axes", TM_MAX_RANK);
        h->shape[h->rank++] = size;
        at = end + (*end == ',');
        while (*at == ' ') at++;
    }
    if (strncmp(order, "False", 5) && h->rank > 1)
        return wrong(h, "has its elements in Fortran's order, column by column");
    return true;
}

static bool check_length(const header *h, int64_t found) {
    int64_t bytes = tm_product(h->rank, h->shape);
    if (bytes < 0 || __builtin_mul_overflow(bytes, (int64_t)tm_dtype_size(h->dtype), &bytes))
        return wrong(h, "claims an impossible shape: %s", tm_shape_words(h->rank, h->shape));
    if (h->offset % (int64_t)tm_dtype_size(h->dtype)) return wrong(h, "has its elements at an odd place");
    if (found == h->offset + bytes) return true;
    return wrong(h, "is %s: its header promises %s %s, %lld bytes of elements; the file has %lld",
                 found < h->offset + bytes ? "cut short" : "too long", tm_shape_words(h->rank, h->shape),
                 tm_dtype_name(h->dtype), (long long)bytes, (long long)(found - h->offset));
}

tm_tensor *tm_map_npy(const char *path) {
    header h = {.path = path};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status))
        return wrong(&h, "can't be opened: %s", strerror(errno)), fd < 0 ? 0 : close(fd), NULL;
    bool good = S_ISREG(status.st_mode)
                    ? read_text(&h, fd) && read_type(&h) && read_shape(&h) && check_length(&h, status.st_size)
                    : wrong(&h, "is not a regular file");
    if (!good) return close(fd), NULL;
    if (tm_product(h.rank, h.shape) == 0) return close(fd), tm_empty(h.rank, h.shape, h.dtype);
    return tm_map(fd, path, h.offset, h.rank, h.shape, h.dtype);
}
