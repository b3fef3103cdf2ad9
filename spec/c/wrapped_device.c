/* wrapped_device.c: the CPU's kernels as a device with memory of its own, for the specs of core: same bits as the CPU.
 *
 * It lies as late as the contract allows: calls and copies are only noted, and run at the next download or
 * synchronisation. Its memory can't be touched while no kernel runs. */
#define _GNU_SOURCE
#include "contract.h"
#include "kernel.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

const tm_device *tm_cpu_device(void);

#define ROOM ((size_t)1 << 30) /* bytes of the device */
#define HUGE ((size_t)2 << 20)
#define SLOTS 64

typedef struct job {
    struct job *next;
    tm_kernel kernel; /* NULL: a copy of bytes */
    tm_call call;
    double number[TM_MAX_ARGS];
    tm_slot slot[SLOTS];
    void *to;
    const void *from;
    size_t bytes;
    unsigned char own[]; /* of an upload */
} job;

struct tm_graph {
    job *first;
};

static char *memory;
static size_t used;
static struct free_block {
    struct free_block *next;
    void *data;
    size_t bytes;
} * free_blocks;
static job *first, **last = &first;
static tm_fault fault;
static bool capturing;
static tm_value *live_area;
static const char *failed = "nothing";
static tm_device device;

static void open_memory(bool on) { mprotect(memory, ROOM, on ? PROT_READ | PROT_WRITE : PROT_NONE); }

/* --- running ------------------------------------------------------------------------------------------- */

static void run_job(job *j) {
    if (!j->kernel) {
        memcpy(j->to, j->from ? j->from : j->own, j->bytes);
        return;
    }
    tm_call call = j->call;
    for (int i = 0; i < TM_MAX_ARGS; i++)
        if (call.arg[i].data && call.arg[i].by_value) call.arg[i].data = &j->number[i];
    call.slot = j->slot;
    if (call.live) {
        memcpy(call.value, call.live, sizeof call.value);
        for (int64_t i = 0; i < call.n_slots; i++) j->slot[i].step = call.live[TM_MAX_VALUES + i].f;
    }
    j->kernel(&call);
    if (call.fault.kind && !fault.kind) {
        fault = call.fault;
        fault.ticket = call.ticket;
    }
}

static void run_all(job *j) {
    open_memory(true);
    for (; j; j = j->next) run_job(j);
    open_memory(false);
}

static void forget_jobs(job *j) {
    while (j) {
        job *next = j->next;
        free(j);
        j = next;
    }
}

static void flush(void) {
    job *jobs = first;
    first = NULL;
    last = &first;
    run_all(jobs);
    forget_jobs(jobs);
}

static job *add(size_t own) {
    job *j = calloc(1, sizeof *j + own);
    if (!j) abort();
    *last = j;
    last = &j->next;
    return j;
}

static void wrapped(tm_call *call) {
    if (call->n_slots > SLOTS) {
        call->fault.kind = TM_FAULT_DEVICE;
        failed = "too many parameters";
        return;
    }
    job *j = add(0);
    j->call = *call;
    j->kernel = tm_cpu_device()->kernel[call->op][call->part];
    for (int i = 0; i < TM_MAX_ARGS; i++)
        if (call->arg[i].data && call->arg[i].by_value) memcpy(&j->number[i], call->arg[i].data, sizeof(double));
    if (call->n_slots) memcpy(j->slot, call->slot, (size_t)call->n_slots * sizeof *call->slot);
}

/* --- the contract ---------------------------------------------------------------------------------------- */

static void *allocate(size_t bytes) {
    for (struct free_block **p = &free_blocks; *p; p = &(*p)->next)
        if ((*p)->bytes == bytes) {
            struct free_block *b = *p;
            void *data = b->data;
            *p = b->next;
            free(b);
            return data;
        }
    if (bytes > ROOM - used) return NULL;
    used += bytes;
    return memory + used - bytes;
}

static void release(void *data, size_t bytes) {
    struct free_block *b = malloc(sizeof *b);
    if (!b) return;
    *b = (struct free_block){free_blocks, data, bytes};
    free_blocks = b;
}

static int copy(void *to, const void *from, size_t bytes) {
    job *j = add(0);
    j->to = to, j->from = from, j->bytes = bytes;
    return 0;
}

static int upload(void *to, const void *from, size_t bytes) {
    job *j = add(bytes);
    j->to = to, j->bytes = bytes;
    memcpy(j->own, from, bytes);
    return 0;
}

static int download(void *to, const void *from, size_t bytes) {
    if (capturing) return failed = "a copy to the host can't be captured", 1;
    flush();
    open_memory(true);
    memcpy(to, from, bytes);
    open_memory(false);
    return 0;
}

static int synchronize(tm_fault *found) {
    if (capturing) return failed = "waiting can't be captured", 1;
    flush();
    *found = fault;
    fault = (tm_fault){0};
    return 0;
}

static const char *failure(void) { return failed; }

static void available(size_t *free_bytes, size_t *total) {
    *free_bytes = ROOM - used;
    *total = ROOM;
}

static int capture_begin(void *live_at) {
    flush();
    live_area = live_at;
    capturing = true;
    return 0;
}

static tm_graph *capture_end(void) {
    tm_graph *graph = malloc(sizeof *graph);
    capturing = false;
    if (graph) graph->first = first;
    first = NULL;
    last = &first;
    return graph;
}

static int replay(tm_graph *graph, const void *live, size_t bytes) {
    flush();
    open_memory(true);
    if (bytes) memcpy(live_area, live, bytes);
    open_memory(false);
    run_all(graph->first);
    return 0;
}

static void forget(tm_graph *graph) {
    forget_jobs(graph->first);
    free(graph);
}

static const char *describe(void) { return "emulated: the CPU's kernels behind a curtain"; }

static const tm_remote remote = {
    .upload = upload,
    .download = download,
    .copy = copy,
    .synchronize = synchronize,
    .failure = failure,
    .available = available,
    .capture_begin = capture_begin,
    .capture_end = capture_end,
    .replay = replay,
    .forget = forget,
};
static tm_work work;

__attribute__((visibility("default"))) const tm_device *tm_device_plugin(const char **why) {
    memory = mmap(NULL, ROOM + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return *why = "no memory", NULL;
    memory += -(uintptr_t)memory % HUGE;
    madvise(memory, ROOM, MADV_HUGEPAGE); /* open_memory then has few pages to go through */
    device = (tm_device){
        .name = "cuda",
        .describe = describe,
        .contract = tm_contract(),
        .allocate = allocate,
        .release = release,
        .work = &work,
        .remote = &remote,
    };
    for (int op = 0; op < TM_OPS; op++)
        for (int part = 0; part < TM_MAX_PARTS; part++)
            if (tm_cpu_device()->kernel[op][part]) device.kernel[op][part] = wrapped;
    return &device;
}
