/* stream.cu: the one stream: copies, synchronisation, and captures that become graphs.
 *
 * Bytes from the host go through a ring of pinned buffers, so that upload returns at once and copies keep the order of
 * the stream. A buffer is used again when the copy from it has passed (an event tells). What a capture uploads stays in
 * buffers of its own, since each replay copies it anew. */
#include "cuda.h"

#include <cstdlib>
#include <cstring>
#include <vector>

#define RING 4
#define RING_BYTES ((size_t)1 << 20)

typedef struct ring_buffer {
    void *data;
    cudaEvent_t passed;
} ring_buffer;

struct tm_graph {
    cudaGraphExec_t exec;
    void *live_at;
    void *scratch; /* of its calls, one after another; one of `device` */
    size_t scratch_bytes;
    std::vector<void *> device, pinned; /* freed with it */
    std::vector<void *> given_back;     /* while it was recorded */
};

static ring_buffer ring[RING];
static int next_buffer;
static tm_cuda_record *told; /* pinned: the record as the host sees it */
static void *scratch;
static size_t scratch_bytes;
static tm_graph *capture; /* NULL: none runs */

/* --- the start -------------------------------------------------------------------------------------------------- */

int tm_cuda_start_stream(void) {
    if (tm_cuda_failed(cudaStreamCreateWithFlags(&tm_cuda.stream, cudaStreamNonBlocking), "making a stream")) return 0;
    for (int i = 0; i < RING; i++)
        if (tm_cuda_failed(cudaMallocHost(&ring[i].data, RING_BYTES), "pinned memory") ||
            tm_cuda_failed(cudaEventCreateWithFlags(&ring[i].passed, cudaEventDisableTiming), "making an event"))
            return 0;
    return !tm_cuda_failed(cudaMallocHost((void **)&told, sizeof *told), "pinned memory") &&
           !tm_cuda_failed(cudaMalloc((void **)&tm_cuda.record, sizeof *told), "memory for the record of faults") &&
           !tm_cuda_failed(cudaMemsetAsync(tm_cuda.record, 0, sizeof *told, tm_cuda.stream), "clearing the record");
}

/* --- copies ----------------------------------------------------------------------------------------------------- */

static int copy_async(void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
    return tm_cuda_failed(cudaMemcpyAsync(to, from, bytes, kind, tm_cuda.stream), "copying");
}

/* Into a buffer that lives as long as the graph. */
static int upload_captured(void *to, const void *from, size_t bytes) {
    void *held = NULL;
    const int failed = tm_cuda_failed(cudaMallocHost(&held, bytes), "pinned memory");
    if (failed) return failed;
    capture->pinned.push_back(held);
    memcpy(held, from, bytes);
    return copy_async(to, held, bytes, cudaMemcpyHostToDevice);
}

int tm_cuda_upload(void *to, const void *from, size_t bytes) {
    if (!bytes) return 0;
    if (capture) return upload_captured(to, from, bytes);
    for (size_t done = 0, size; done < bytes; done += size) {
        ring_buffer *b = &ring[next_buffer];
        next_buffer = (next_buffer + 1) % RING;
        size = bytes - done < RING_BYTES ? bytes - done : RING_BYTES;
        int failed = tm_cuda_failed(cudaEventSynchronize(b->passed), "waiting for a copy");
        if (failed) return failed;
        memcpy(b->data, (const char *)from + done, size);
        failed = copy_async((char *)to + done, b->data, size, cudaMemcpyHostToDevice);
        if (failed) return failed;
        failed = tm_cuda_failed(cudaEventRecord(b->passed, tm_cuda.stream), "marking a copy");
        if (failed) return failed;
    }
    return 0;
}

static int refuse_in_capture(const char *what) {
    return capture ? tm_cuda_refuse("%s can't be recorded: the host would have to wait", what) : 0;
}

static int wait(void) { return tm_cuda_failed(cudaStreamSynchronize(tm_cuda.stream), "waiting for the device"); }

/* By way of the ring, which is free after each wait. */
static int download(void *to, const void *from, size_t bytes) {
    int failed = bytes ? refuse_in_capture("reading from the device") : 0;
    for (size_t done = 0, size; !failed && done < bytes; done += size) {
        size = bytes - done < RING_BYTES ? bytes - done : RING_BYTES;
        failed = copy_async(ring[0].data, (const char *)from + done, size, cudaMemcpyDeviceToHost);
        if (!failed) failed = wait();
        if (!failed) memcpy((char *)to + done, ring[0].data, size);
    }
    return failed;
}

static int copy(void *to, const void *from, size_t bytes) {
    return bytes ? copy_async(to, from, bytes, cudaMemcpyDeviceToDevice) : 0;
}

/* --- synchronisation -------------------------------------------------------------------------------------------- */

static int synchronize(tm_fault *fault) {
    fault->kind = TM_FAULT_NONE;
    int failed = refuse_in_capture("waiting for the device");
    if (!failed) failed = copy_async(told, tm_cuda.record, sizeof *told, cudaMemcpyDeviceToHost);
    if (!failed) failed = wait();
    if (failed || !told->taken) return failed;
    fault->kind = (tm_fault_kind)told->kind;
    fault->id = told->id;
    fault->bound = told->bound;
    fault->ticket = told->ticket;
    return tm_cuda_failed(cudaMemsetAsync(tm_cuda.record, 0, sizeof *told, tm_cuda.stream), "clearing the record");
}

static void available(size_t *free, size_t *total) {
    *free = *total = 0;
    tm_cuda_failed(cudaMemGetInfo(free, total), "cudaMemGetInfo");
}

/* --- scratch memory --------------------------------------------------------------------------------------------- */

/* The calls follow one another on the stream, so one piece of memory serves them all: one for the calls that run at
 * once, and one for each graph, whose calls may run whenever it is replayed. */
void *tm_cuda_scratch(tm_call *call, size_t bytes) {
    void **held = capture ? &capture->scratch : &scratch;
    size_t *size = capture ? &capture->scratch_bytes : &scratch_bytes;
    if (bytes <= *size) return *held;
    void *fresh = NULL;
    bytes += bytes / 2;
    if (tm_cuda_failed(cudaMalloc(&fresh, bytes), "scratch memory")) {
        call->fault.kind = TM_FAULT_MEMORY;
        return NULL;
    }
    if (capture)
        capture->device.push_back(fresh);
    else
        tm_cuda_failed(cudaFree(*held), "cudaFree"); /* waits until its last call has run */
    *held = fresh;
    *size = bytes;
    return fresh;
}

/* --- captures --------------------------------------------------------------------------------------------------- */

int tm_cuda_put_off(void *data) {
    if (!capture) return 0;
    capture->given_back.push_back(data);
    return 1;
}

static void forget(tm_graph *graph) {
    if (!graph) return;
    wait(); /* it may run */
    if (graph->exec) tm_cuda_failed(cudaGraphExecDestroy(graph->exec), "forgetting a graph");
    for (void *data : graph->device) tm_cuda_failed(cudaFree(data), "cudaFree");
    for (void *data : graph->pinned) tm_cuda_failed(cudaFreeHost(data), "cudaFreeHost");
    delete graph;
}

static int capture_begin(void *live_at) {
    if (capture) return tm_cuda_refuse("a capture runs already");
    const int failed =
        tm_cuda_failed(cudaStreamBeginCapture(tm_cuda.stream, cudaStreamCaptureModeRelaxed), "capturing");
    if (failed) return failed;
    capture = new tm_graph();
    capture->live_at = live_at;
    return 0;
}

static tm_graph *capture_end(void) {
    if (!capture) return tm_cuda_refuse("no capture runs"), nullptr;
    tm_graph *made = capture;
    cudaGraph_t graph = NULL;
    int failed = tm_cuda_failed(cudaStreamEndCapture(tm_cuda.stream, &graph), "ending a capture");
    capture = NULL;
    if (!failed) failed = tm_cuda_failed(cudaGraphInstantiate(&made->exec, graph, 0), "making a graph");
    if (graph) cudaGraphDestroy(graph);
    for (void *data : made->given_back) tm_cuda_failed(cudaFree(data), "cudaFree");
    made->given_back.clear();
    if (!failed) return made;
    forget(made);
    return nullptr;
}

static int replay(tm_graph *graph, const void *live, size_t bytes) {
    if (capture) return tm_cuda_refuse("a graph can't be replayed while a capture runs");
    const int failed = bytes ? tm_cuda_upload(graph->live_at, live, bytes) : 0;
    return failed ? failed : tm_cuda_failed(cudaGraphLaunch(graph->exec, tm_cuda.stream), "replaying a graph");
}

const tm_remote *tm_cuda_remote(void) {
    static tm_remote remote;
    remote.upload = tm_cuda_upload;
    remote.download = download;
    remote.copy = copy;
    remote.synchronize = synchronize;
    remote.failure = tm_cuda_failure;
    remote.available = available;
    remote.capture_begin = capture_begin;
    remote.capture_end = capture_end;
    remote.replay = replay;
    remote.forget = forget;
    return &remote;
}
