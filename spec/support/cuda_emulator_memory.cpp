/* cuda_emulator_memory.cpp: device memory that only kernels and copies can touch. See cuda_emulator.h.
 *
 * An allocation is a few pages that nobody may touch, between two that never open. The first access of a kernel raises
 * a signal, whose handler opens the allocation; when the kernel has ended, what was opened is closed. The bytes stand
 * at the end of their pages (at the start, if the seed is even); what is left of the pages holds a pattern that is
 * looked at when they close. */
#include "cuda_emulator_parts.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <execinfo.h>
#include <map>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

static const size_t ALIGNMENT = 64;
static const unsigned char PATTERN = 0xFF; /* NaN in either float */
static const size_t KEPT = 64;             /* blocks given back whose addresses stay closed */
static const size_t MOST = 16000;          /* blocks: each takes up to three of the 65530 mappings of a Linux process */

struct region {
    char *pages; /* between the guards */
    size_t size; /* of the pages */
    char *data;
    size_t bytes;
    bool open, given_back;
};

static std::map<uintptr_t, region> regions; /* by the address of their last byte, guard included */
static std::vector<uintptr_t> opened;
static std::deque<uintptr_t> given_back;
static size_t in_use;

static size_t page() {
    static const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    return size;
}

static size_t limit() {
    static const char *text = getenv("TENMO_CUDA_MEMORY");
    return text && *text ? (size_t)strtoull(text, nullptr, 10) : (size_t)2 << 30;
}

void tm_emulator_memory_left(size_t *free, size_t *total) {
    *total = limit();
    *free = *total - in_use;
}

/* The region around an address, guards included; NULL: there is none. */
static region *around(const void *address) {
    auto found = regions.lower_bound((uintptr_t)address);
    if (found == regions.end()) return nullptr;
    region *r = &found->second;
    return (uintptr_t)address >= (uintptr_t)(r->pages - page()) ? r : nullptr;
}

static uintptr_t key_of(const region *r) { return (uintptr_t)(r->pages + r->size + page() - 1); }

/* --- the handler ------------------------------------------------------------------------------------------------ */

static struct sigaction before;

static bool writes(const void *context) {
#if defined(__x86_64__) && defined(__linux__)
    return ((const ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & 2;
#else
    (void)context;
    return false;
#endif
}

[[noreturn]] static void die_outside(const region *r, const char *at, bool writing) {
    const char *does = writing ? "writes" : "reads", *gone = r->given_back ? " that was given back" : "";
    const long long before = r->data - at, behind = at - (r->data + r->bytes);
    if (before > 0) tm_emulator_die("%s %lld bytes before a block of %zu bytes%s", does, before, r->bytes, gone);
    if (behind >= 0)
        tm_emulator_die("%s %lld bytes behind the end of a block of %zu bytes%s", does, behind, r->bytes, gone);
    tm_emulator_die("%s byte %lld of a block of %zu bytes%s", does, -before, r->bytes, gone);
}

[[noreturn]] static void die_host(const region *r, const char *at, bool writing) {
    void *frame[16];
    const int n = backtrace(frame, 16);
    fprintf(stderr,
            "emulated CUDA: host code %s device memory: byte %lld of a block of %zu bytes; only kernels and copies "
            "may\n",
            writing ? "writes" : "reads", (long long)(at - r->data), r->bytes);
    backtrace_symbols_fd(frame + 2, n > 2 ? n - 2 : 0, STDERR_FILENO);
    _exit(70);
}

static void on_fault(int number, siginfo_t *info, void *context) {
    char *at = (char *)info->si_addr;
    region *r = around(at);
    const bool inside = r && at >= r->pages && at < r->pages + r->size;
    if (r && !tm_emulator_running()) die_host(r, at, writes(context));
    if (inside && !r->open && !r->given_back) {
        tm_emulator_open(at);
        return;
    }
    if (r) die_outside(r, at, writes(context));
    if (tm_emulator_running())
        tm_emulator_die("%s at %p, where there is no device memory", writes(context) ? "writes" : "reads", (void *)at);
    sigaction(number, &before, nullptr); /* not ours: the access happens again, and goes where it went before */
}

static void install() {
    static bool done;
    if (done) return;
    done = true;
    static char alternate[64 << 10];
    stack_t stack = {};
    stack.ss_sp = alternate;
    stack.ss_size = sizeof alternate;
    stack_t old;
    if (!sigaltstack(nullptr, &old) && (old.ss_flags & SS_DISABLE)) sigaltstack(&stack, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &action, &before);
}

/* --- opening and closing ---------------------------------------------------------------------------------------- */

void tm_emulator_open(const void *data) {
    region *r = around(data);
    if (!r || r->open || r->given_back) return;
    mprotect(r->pages, r->size, PROT_READ | PROT_WRITE);
    r->open = true;
    opened.push_back(key_of(r));
}

static void check_slack(const char *from, const char *to, const region *r, const char *side) {
    for (; from < to; from++)
        if ((unsigned char)*from != PATTERN) tm_emulator_die("somebody wrote %s a block of %zu bytes", side, r->bytes);
}

void tm_emulator_close() {
    for (uintptr_t key : opened) {
        region *r = &regions[key];
        check_slack(r->pages, r->data, r, "before");
        check_slack(r->data + r->bytes, r->pages + r->size, r, "behind");
        mprotect(r->pages, r->size, PROT_NONE);
        r->open = false;
    }
    opened.clear();
}

/* --- allocations ------------------------------------------------------------------------------------------------ */

void *tm_emulator_allocate(size_t bytes) {
    install();
    if (!bytes || bytes > limit() - in_use || regions.size() >= MOST) return nullptr;
    const size_t size = (bytes + page() - 1) / page() * page();
    char *start = (char *)mmap(nullptr, size + 2 * page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return nullptr;
    if (mprotect(start + page(), size, PROT_READ | PROT_WRITE)) {
        munmap(start, size + 2 * page());
        return nullptr;
    }
    region r = {};
    r.pages = start + page();
    r.size = size;
    r.bytes = bytes;
    r.data = tm_emulator_seed() % 2 ? r.pages + (size - bytes) / ALIGNMENT * ALIGNMENT : r.pages;
    memset(r.pages, PATTERN, size);
    mprotect(r.pages, size, PROT_NONE);
    regions[key_of(&r)] = r;
    in_use += bytes;
    return r.data;
}

bool tm_emulator_release(void *data) {
    region *r = around(data);
    if (!r || r->data != data || r->given_back) return false;
    in_use -= r->bytes;
    r->given_back = true;
    madvise(r->pages, r->size, MADV_DONTNEED);
    given_back.push_back(key_of(r));
    if (given_back.size() > KEPT) {
        region *oldest = &regions[given_back.front()];
        munmap(oldest->pages - page(), oldest->size + 2 * page());
        regions.erase(given_back.front());
        given_back.pop_front();
    }
    return true;
}

bool tm_emulator_is_device(const void *data, size_t bytes) {
    const region *r = around(data);
    const char *at = (const char *)data;
    return r && !r->given_back && at >= r->data && bytes <= r->bytes && at <= r->data + (r->bytes - bytes);
}
