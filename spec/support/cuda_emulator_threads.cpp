/* cuda_emulator_threads.cpp: the threads of a kernel as fibers, barriers and shuffles. See cuda_emulator.h.
 *
 * Blocks run one after another in random order. A block's threads are taken from a list in random order; each runs
 * until it waits or ends. A thread that never waits needs no stack of its own: the next one takes it over. */
#include "cuda_emulator_parts.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>
#ifndef __x86_64__
#include <ucontext.h>
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

dim3 threadIdx, blockIdx, blockDim, gridDim;

static const size_t STACK = 256 << 10;
static const unsigned MOST_THREADS = 1024;
static const size_t MOST_SHARED = 48 << 10;

/* --- random order ----------------------------------------------------------------------------------------------- */

uint64_t tm_emulator_seed() {
    static const char *text = getenv("TENMO_CUDA_SEED");
    return text && *text ? strtoull(text, nullptr, 10) : 1;
}

/* splitmix64 (Steele, Lea and Flood 2014) */
static uint64_t random_word() {
    static uint64_t state = tm_emulator_seed();
    uint64_t z = (state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static void shuffle(std::vector<int> &list, size_t from) {
    for (size_t n = list.size() - from; n > 1; n--) std::swap(list[from + n - 1], list[from + random_word() % n]);
}

/* --- fibers ----------------------------------------------------------------------------------------------------- */

enum state { READY, AT_BARRIER, AT_SHUFFLE, ENDED };

struct fiber {
    state now;
    dim3 at; /* threadIdx */
    const char *file;
    int line;       /* where it waits */
    unsigned turns; /* shuffles so far */
    int stack;      /* -1: none yet */
};

struct stack {
    char *bottom;
#ifdef __x86_64__
    void *top; /* the stack pointer while the fiber waits */
#else
    ucontext_t context;
#endif
};

struct warp {
    unsigned waiting;
    uint64_t word[2][32]; /* of this turn and the next: a lane may be one ahead */
};

static struct {
    const char *name; /* of the kernel; NULL while host code runs */
    const std::function<void()> *body;
    std::vector<fiber> fibers;
    std::vector<warp> warps;
    std::vector<stack> stacks;
    std::vector<int> free_stacks, ready;
    int self; /* the thread that runs; -1: none */
    unsigned at_barrier, ended;
    uint32_t interval;
    uint64_t block;
    size_t shared;
#ifdef __x86_64__
    void *scheduler;
#else
    ucontext_t scheduler;
#endif
    void *fake;         /* the address sanitizer's idea of the scheduler's stack */
    const void *bottom; /* of the scheduler's stack */
    size_t size;
} em = {};

#ifdef __x86_64__
/* Saves the registers that a function must preserve on the stack, and that stack's pointer in *save; goes on where
 * `load` was saved. */
extern "C" void tm_emulator_switch(void **save, void *load);
asm(R"(
.text
.globl tm_emulator_switch
.hidden tm_emulator_switch
.type tm_emulator_switch, @function
tm_emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size tm_emulator_switch, .-tm_emulator_switch
)");
#endif

static stack &stack_of(int thread) { return em.stacks[(size_t)em.fibers[(size_t)thread].stack]; }

/* From the scheduler to a thread. */
static void enter(int thread) {
    stack &s = stack_of(thread);
    em.self = thread;
    threadIdx = em.fibers[(size_t)thread].at;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&em.fake, s.bottom, STACK);
#endif
#ifdef __x86_64__
    tm_emulator_switch(&em.scheduler, s.top);
#else
    swapcontext(&em.scheduler, &s.context);
#endif
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(em.fake, nullptr, nullptr);
#endif
    em.self = -1;
}

/* From a thread to the scheduler. */
static void leave(bool for_good) {
    stack &s = stack_of(em.self);
#ifdef __SANITIZE_ADDRESS__
    void *fake = nullptr;
    __sanitizer_start_switch_fiber(for_good ? nullptr : &fake, em.bottom, em.size);
#endif
    (void)for_good;
#ifdef __x86_64__
    tm_emulator_switch(&s.top, em.scheduler);
#else
    swapcontext(&s.context, &em.scheduler);
#endif
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fake, &em.bottom, &em.size);
#endif
}

static void wait_as(state why, const char *file, int line) {
    fiber &f = em.fibers[(size_t)em.self];
    f.now = why;
    f.file = file;
    f.line = line;
    leave(false);
}

static void fiber_main() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(nullptr, &em.bottom, &em.size);
#endif
    (*em.body)();
    em.fibers[(size_t)em.self].now = ENDED;
    leave(true);
    abort();
}

static void new_stack() {
    const size_t guard = (size_t)sysconf(_SC_PAGESIZE);
    char *start = (char *)mmap(nullptr, STACK + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) tm_emulator_die("no memory for the stack of a thread");
    mprotect(start, guard, PROT_NONE);
    stack s = {};
    s.bottom = start + guard;
    em.stacks.push_back(s);
    em.free_stacks.push_back((int)em.stacks.size() - 1);
}

/* A stack on which the thread starts at fiber_main. */
static void give_stack(int thread) {
    if (em.free_stacks.empty()) new_stack();
    em.fibers[(size_t)thread].stack = em.free_stacks.back();
    em.free_stacks.pop_back();
    stack &s = stack_of(thread);
#ifdef __x86_64__
    /* as tm_emulator_switch leaves it: six registers, and where to return to. A function expects its stack 8 bytes
     * below a multiple of 16. */
    void **top = (void **)(s.bottom + STACK - 8);
    *--top = (void *)fiber_main;
    for (int i = 0; i < 6; i++) *--top = nullptr;
    s.top = top;
#else
    getcontext(&s.context);
    s.context.uc_stack.ss_sp = s.bottom;
    s.context.uc_stack.ss_size = STACK;
    s.context.uc_link = nullptr;
    makecontext(&s.context, fiber_main, 0);
#endif
}

/* --- what threads ask for --------------------------------------------------------------------------------------- */

int tm_emulator_thread() {
    if (em.self < 0) tm_emulator_die("shared memory, a barrier or a shuffle outside a kernel");
    return em.self;
}
int tm_emulator_lane() { return tm_emulator_thread() & 31; }
uint32_t tm_emulator_interval() { return em.interval; }
uint64_t tm_emulator_block() { return em.block; }

void tm_emulator_take_shared(size_t bytes) {
    em.shared += bytes;
    if (em.shared > MOST_SHARED) tm_emulator_die("%zu bytes of shared memory; a block has %zu", em.shared, MOST_SHARED);
}

static bool same_place(const fiber &a, const fiber &b) { return a.line == b.line && !strcmp(a.file, b.file); }

/* Of several threads that wait for each other, are all at one place in the source? */
static void check_places(const char *what, unsigned first, unsigned n) {
    const fiber &a = em.fibers[first];
    for (unsigned i = first + 1; i < first + n; i++) {
        const fiber &b = em.fibers[i];
        if (!same_place(a, b))
            tm_emulator_die("threads meet at different %ss: thread %u at %s:%d, thread %u at %s:%d", what, first,
                            a.file, a.line, i, b.file, b.line);
    }
}

static void make_ready(unsigned first, unsigned n) {
    const size_t from = em.ready.size();
    for (unsigned i = first; i < first + n; i++) {
        em.fibers[i].now = READY;
        em.ready.push_back((int)i);
    }
    shuffle(em.ready, from);
}

void tm_emulator_barrier(const char *file, int line) {
    tm_emulator_thread();
    em.at_barrier++;
    wait_as(AT_BARRIER, file, line);
}

/* What each lane of the warp gives. */
static const uint64_t *exchange(uint64_t value, const char *file, int line) {
    const int self = tm_emulator_thread();
    const unsigned turn = em.fibers[(size_t)self].turns++ & 1;
    em.warps[(size_t)self / 32].word[turn][self & 31] = value;
    em.warps[(size_t)self / 32].waiting++;
    wait_as(AT_SHUFFLE, file, line);
    return em.warps[(size_t)self / 32].word[turn];
}

uint64_t tm_emulator_shuffle(uint64_t value, int from, const char *file, int line) {
    return exchange(value, file, line)[from < 0 ? tm_emulator_lane() : from];
}

unsigned tm_emulator_ballot(int yes, const char *file, int line) {
    const uint64_t *word = exchange((uint64_t)yes, file, line);
    unsigned bits = 0;
    for (int lane = 0; lane < 32; lane++) bits |= (unsigned)word[lane] << lane;
    return bits;
}

/* --- a block ---------------------------------------------------------------------------------------------------- */

static void after_turn(int thread) {
    fiber &f = em.fibers[(size_t)thread];
    const unsigned n = (unsigned)em.fibers.size(), w = (unsigned)thread / 32;
    if (f.now == ENDED) {
        em.ended++;
        em.free_stacks.push_back(f.stack);
        f.stack = -1;
    } else if (f.now == AT_SHUFFLE && em.warps[w].waiting == 32) {
        check_places("shuffle", w * 32, 32);
        em.warps[w].waiting = 0;
        make_ready(w * 32, 32);
    } else if (f.now == AT_BARRIER && em.at_barrier == n) {
        check_places("barrier", 0, n);
        em.at_barrier = 0;
        em.interval++;
        make_ready(0, n);
    }
}

/* Nobody can go on, and not all have ended. */
[[noreturn]] static void stuck() {
    const unsigned n = (unsigned)em.fibers.size();
    for (unsigned i = 0; i < n; i++) {
        const fiber &f = em.fibers[i];
        if (f.now == ENDED) continue;
        const char *what = f.now == AT_BARRIER ? "barrier" : "shuffle";
        for (unsigned k = 0; k < n; k++) {
            const fiber &other = em.fibers[k];
            if (other.now == f.now && same_place(f, other)) continue;
            em.self = (int)i;
            threadIdx = f.at;
            if (other.now == ENDED)
                tm_emulator_die("waits at a %s that not all threads reach (%s:%d): thread %u has ended", what, f.file,
                                f.line, k);
            tm_emulator_die("waits at a %s that not all threads reach (%s:%d): thread %u waits at %s:%d", what, f.file,
                            f.line, k, other.file, other.line);
        }
        tm_emulator_die("waits at a %s (%s:%d) in a warp of fewer than 32 threads", what, f.file, f.line);
    }
    abort();
}

static void run_block(dim3 threads) {
    const unsigned n = threads.x * threads.y * threads.z;
    em.fibers.assign(n, fiber());
    em.warps.assign((n + 31) / 32, warp());
    em.at_barrier = em.ended = 0;
    em.interval++;
    em.block++;
    em.shared = 0;
    for (unsigned i = 0; i < n; i++) {
        em.fibers[i].at = dim3(i % threads.x, i / threads.x % threads.y, i / threads.x / threads.y);
        em.fibers[i].stack = -1;
    }
    em.ready.clear();
    make_ready(0, n);
    while (!em.ready.empty()) {
        const int thread = em.ready.back();
        em.ready.pop_back();
        if (em.fibers[(size_t)thread].stack < 0) give_stack(thread);
        enter(thread);
        after_turn(thread);
    }
    if (em.ended != n) stuck();
}

void tm_emulator_run(const char *name, dim3 blocks, dim3 threads, const std::function<void()> &body) {
    em.name = name;
    em.body = &body;
    em.self = -1;
    gridDim = blocks;
    blockDim = threads;
    std::vector<int> order(blocks.x * blocks.y * blocks.z);
    for (size_t i = 0; i < order.size(); i++) order[i] = (int)i;
    shuffle(order, 0);
    for (int b : order) {
        const unsigned i = (unsigned)b;
        blockIdx = dim3(i % blocks.x, i / blocks.x % blocks.y, i / blocks.x / blocks.y);
        run_block(threads);
    }
    tm_emulator_close();
    em.name = nullptr;
}

/* --- errors ----------------------------------------------------------------------------------------------------- */

const char *tm_emulator_running() { return em.name; }

int tm_emulator_where(char *text, size_t size) {
    if (!em.name) return snprintf(text, size, "host code");
    if (em.self < 0) return snprintf(text, size, "kernel %s", em.name);
    return snprintf(text, size, "kernel %s, block (%u, %u, %u), thread (%u, %u, %u)", em.name, blockIdx.x, blockIdx.y,
                    blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z);
}

void tm_emulator_die(const char *format, ...) {
    char where[400], what[600];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    tm_emulator_where(where, sizeof where);
    fprintf(stderr, "emulated CUDA: %s: %s\n", where, what);
    fflush(stderr);
    _exit(70);
}
