/* map.c: the bytes of a file as a tensor's, read when they are needed.
 *
 * The mapping is private: a write in place stays in memory. What a program can't rule out is that somebody makes the
 * file shorter while it is mapped; reading what is gone raises SIGBUS. So a handler puts empty pages there, and whoever
 * read them is told: each kernel that touched a mapped tensor, and each function that reads elements for Lua, looks
 * afterwards whether the file still has the bytes. It costs nothing where no file is mapped. What is written into the
 * file at the same length can't be noticed. */
#define _GNU_SOURCE
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct mapping {
    char *at;
    size_t bytes; /* the file has to have so many */
    int fd;
    volatile sig_atomic_t lost;
    struct mapping *next;
    char path[];
} mapping;

static mapping *maps; /* the handler reads it; it changes on the engine's thread, which then reads no mapped bytes */
bool tm_has_maps;
static struct sigaction before;

static size_t page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* Runs on the thread that read what is gone, which goes on with zeros. */
static void on_bus_error(int number, siginfo_t *info, void *context) {
    int saved = errno;
    char *at = info->si_addr;
    for (mapping *m = maps; m; m = m->next) {
        if (at < m->at || at >= m->at + m->bytes) continue;
        char *from = (char *)((uintptr_t)at / page() * page());
        m->lost = 1;
        mmap(from, (size_t)(m->at + m->bytes - from), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
             -1, 0);
        errno = saved;
        return;
    }
    if (before.sa_flags & SA_SIGINFO && before.sa_sigaction)
        before.sa_sigaction(number, info, context);
    else
        sigaction(SIGBUS, &before, NULL); /* not ours: it happens again, as it would have without us */
}

static bool listen_for_losses(void) {
    static bool listens;
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (!listens) listens = sigaction(SIGBUS, &action, &before) == 0;
    return listens;
}

static void unmap(void *owner) {
    mapping *gone = owner;
    for (mapping **p = &maps; *p; p = &(*p)->next)
        if (*p == gone) {
            *p = gone->next;
            break;
        }
    tm_has_maps = maps != NULL;
    munmap(gone->at, gone->bytes);
    close(gone->fd);
    tm_delete(gone);
}

static bool is_whole(const tm_storage *s) {
    const mapping *m = s->owner;
    struct stat status;
    if (!m->lost && fstat(m->fd, &status) == 0 && (size_t)status.st_size >= m->bytes) return true;
    tm_fail(TM_OUTSIDE, "%s: the file '%s' has become shorter, or can't be read, since it was mapped", tm_doing,
            m->path);
    return false;
}

bool tm_is_intact(const tm_tensor *x) {
    return !tm_has_maps || !x->storage || x->storage->release != unmap || is_whole(x->storage);
}

bool tm_call_is_intact(const tm_call *call) {
    for (int i = 0; i < TM_MAX_ARGS; i++) {
        const tm_storage *s = call->arg[i].data && !call->arg[i].by_value ? call->arg[i].owner : NULL;
        if (s && s->release == unmap && !is_whole(s)) return false;
    }
    return true;
}

static void *failed(const char *path, const char *what) {
    return tm_fail(TM_OUTSIDE, "map: '%s' can't be %s: %s", path, what, strerror(errno));
}

tm_tensor *tm_map(int fd, const char *path, int64_t offset, int rank, const int64_t *shape, tm_dtype dtype) {
    size_t n = strlen(path) + 1;
    mapping *m = tm_new(sizeof *m + n);
    if (!m) return close(fd), NULL;
    *m = (mapping){.bytes = (size_t)offset + (size_t)tm_product(rank, shape) * tm_dtype_size(dtype), .fd = fd};
    memcpy(m->path, path, n);
    m->at = listen_for_losses() ? mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (m->at == MAP_FAILED) {
        failed(path, "mapped");
        close(fd);
        tm_delete(m);
        return NULL;
    }
    m->next = maps;
    maps = m;
    tm_has_maps = true;
    tm_tensor *x = tm_from_borrowed(rank, shape, dtype, m->at + offset, unmap, m);
    if (!x) unmap(m);
    return x;
}
