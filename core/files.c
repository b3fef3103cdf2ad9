/* files.c: bytes of files: mapped into memory as a tensor, inflated, and their checksum. */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static void *failed(int fd, const char *path, const char *what) {
    tm_fail(TM_OUTSIDE, "'%s': %s", path, what);
    if (fd >= 0) close(fd);
    return NULL;
}

tm_tensor *tm_map_file(const char *path, int64_t offset, int rank, const int64_t *shape, tm_dtype dtype) {
    int64_t numel = tm_product(rank, shape), size = (int64_t)tm_dtype_size(dtype), bytes;
    if (numel < 0 || __builtin_mul_overflow(numel, size, &bytes) || offset < 0 || offset % size)
        return tm_fail(TM_MISUSE, "map_file: the shape is too large, or offset %lld is no multiple of %lld bytes",
                       (long long)offset, (long long)size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) return failed(fd, path, strerror(errno));
    if (!S_ISREG(st.st_mode)) return failed(fd, path, "is no file whose bytes can be mapped");
    if (st.st_size - offset < bytes) return failed(fd, path, "has fewer bytes than the tensor needs: was it cut off?");
    if (bytes) return tm_map(fd, path, offset, rank, shape, dtype);
    close(fd);
    return tm_empty(rank, shape, dtype);
}

/* zlib counts in unsigned int: larger texts go in pieces. */
static unsigned piece(size_t n) { return n < UINT_MAX ? (unsigned)n : UINT_MAX; }

bool tm_inflate(void *to, size_t room, const void *from, size_t n) {
    z_stream z = {0};
    if (inflateInit2(&z, -15) != Z_OK) return false; /* the bare format of zip members */
    unsigned char *out = to;
    z.next_in = (Bytef *)(uintptr_t)from; /* only read */
    int state = Z_OK;
    while (state == Z_OK) {
        unsigned in_now = piece(n), out_now = piece(room);
        z.avail_in = in_now;
        z.next_out = out;
        z.avail_out = out_now;
        state = inflate(&z, Z_NO_FLUSH);
        n -= in_now - z.avail_in;
        room -= out_now - z.avail_out;
        out += out_now - z.avail_out;
        if (in_now == z.avail_in && out_now == z.avail_out && state == Z_OK) break; /* stuck */
    }
    inflateEnd(&z);
    return state == Z_STREAM_END && room == 0;
}

uint32_t tm_crc32(const void *data, size_t n) { return (uint32_t)crc32_z(0, data, n); }
