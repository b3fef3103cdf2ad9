/* cuda_emulator_runtime.cpp: a stand-in for the calls of the CUDA runtime that kernels/cuda makes. See cuda_emulator.h.
 *
 * A stream is a list of things to do; synchronising does them. A capture records them instead, and a graph is such a
 * record. */
#include "cuda_emulator_parts.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

typedef std::function<void()> action;

struct tm_emulator_graph {
    std::vector<action> actions;
    bool broken = false;
};

struct tm_emulator_exec {
    std::vector<action> actions;
};

struct tm_emulator_stream {
    std::deque<action> actions;
    tm_emulator_graph *capture = nullptr;
};

struct tm_emulator_event {
    tm_emulator_stream *stream = nullptr; /* where it was recorded last; NULL: never */
    uint64_t recorded = 0, passed = 0;
};

static cudaError_t last_error;
static std::string unchecked;           /* the kernel after whose launch nobody has looked for an error yet */
static std::map<char *, size_t> pinned; /* host memory by cudaMallocHost */

static cudaError_t failed(cudaError_t error) { return last_error = error; }

/* --- errors ----------------------------------------------------------------------------------------------------- */

const char *cudaGetErrorString(cudaError_t error) {
    switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInvalidResourceHandle: return "invalid resource handle";
    case cudaErrorNotReady: return "device not ready";
    case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated: return "operation failed due to a previous error during capture";
    }
    return "unrecognized error code";
}

cudaError_t cudaPeekAtLastError() {
    unchecked.clear();
    return last_error;
}

cudaError_t cudaGetLastError() {
    const cudaError_t error = cudaPeekAtLastError();
    last_error = cudaSuccess;
    return error;
}

/* --- the device ------------------------------------------------------------------------------------------------- */

cudaError_t cudaGetDeviceCount(int *count) {
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) { return device ? failed(cudaErrorNoDevice) : cudaSuccess; }

/* Few multiprocessors, so that grids are small and a thread goes through its loop more than once. */
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device) {
    if (device) return failed(cudaErrorNoDevice);
    *properties = cudaDeviceProp();
    snprintf(properties->name, sizeof properties->name, "emulated on the CPU");
    properties->major = 8;
    properties->multiProcessorCount = 2;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version) {
    *version = 0;
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
    tm_emulator_memory_left(free, total);
    return cudaSuccess;
}

/* --- streams and events ----------------------------------------------------------------------------------------- */

static const size_t LONGEST = 1000; /* actions that wait; a GPU's queue is as long */

static void do_first(cudaStream_t stream) {
    const action what = std::move(stream->actions.front());
    stream->actions.pop_front();
    what();
}

static void add(cudaStream_t stream, action what) {
    if (!stream) tm_emulator_die("the default stream is used; everything belongs on a stream of its own");
    if (stream->capture) {
        stream->capture->actions.push_back(std::move(what));
        return;
    }
    stream->actions.push_back(std::move(what));
    if (stream->actions.size() > LONGEST) do_first(stream);
}

static std::vector<cudaStream_t> streams;

static void do_everything() {
    for (cudaStream_t stream : streams)
        while (!stream->actions.empty()) do_first(stream);
}

/* What waits spoils a capture. */
static bool spoils(cudaStream_t stream) {
    if (!stream || !stream->capture) return false;
    stream->capture->broken = true;
    failed(cudaErrorStreamCaptureUnsupported);
    return true;
}

static bool any_spoiled() {
    bool any = false;
    for (cudaStream_t stream : streams) any |= spoils(stream);
    return any;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
    streams.push_back(*stream = new tm_emulator_stream);
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    if (spoils(stream)) return last_error;
    while (!stream->actions.empty()) do_first(stream);
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
    *event = new tm_emulator_event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    event->stream = stream;
    const uint64_t number = ++event->recorded;
    add(stream, [event, number] { event->passed = number; });
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    if (spoils(event->stream)) return last_error;
    const uint64_t wanted = event->recorded;
    while (event->passed < wanted) do_first(event->stream);
    return cudaSuccess;
}

/* --- memory ----------------------------------------------------------------------------------------------------- */

cudaError_t cudaMalloc(void **data, size_t bytes) {
    *data = tm_emulator_allocate(bytes);
    return *data || !bytes ? cudaSuccess : failed(cudaErrorMemoryAllocation);
}

cudaError_t cudaFree(void *data) {
    if (!data) return cudaSuccess;
    if (any_spoiled()) return last_error;
    do_everything();
    return tm_emulator_release(data) ? cudaSuccess : failed(cudaErrorInvalidValue);
}

cudaError_t cudaMallocHost(void **data, size_t bytes) {
    *data = malloc(bytes);
    if (!*data) return failed(cudaErrorMemoryAllocation);
    pinned[(char *)*data] = bytes;
    return cudaSuccess;
}

cudaError_t cudaFreeHost(void *data) {
    if (any_spoiled()) return last_error;
    do_everything();
    if (!pinned.erase((char *)data)) return failed(cudaErrorInvalidValue);
    free(data);
    return cudaSuccess;
}

static bool is_pinned(const void *data, size_t bytes) {
    auto after = pinned.upper_bound((char *)data);
    if (after == pinned.begin()) return false;
    --after;
    return (const char *)data + bytes <= after->first + after->second;
}

static void copy_now(void *to, const void *from, size_t bytes) {
    tm_emulator_open(to);
    tm_emulator_open(from);
    memcpy(to, from, bytes);
    tm_emulator_close();
}

/* Pinned host memory is read or written when the stream gets there; of other memory a copy is made at once, and a copy
 * to it waits, as the runtime does. */
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
    if (!bytes) return cudaSuccess;
    if (tm_emulator_is_device(to, bytes) != to_device || tm_emulator_is_device(from, bytes) != from_device)
        return failed(cudaErrorInvalidValue);
    const void *host = to_device ? from : to;
    const bool later = (to_device && from_device) || stream->capture || is_pinned(host, bytes);
    if (later) {
        add(stream, [=] { copy_now(to, from, bytes); });
        return cudaSuccess;
    }
    if (!to_device) {
        add(stream, [=] { copy_now(to, from, bytes); });
        return cudaStreamSynchronize(stream);
    }
    auto held = std::make_shared<std::vector<char>>((const char *)from, (const char *)from + bytes);
    add(stream, [=] { copy_now(to, held->data(), bytes); });
    return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream) {
    if (!bytes) return cudaSuccess;
    if (!tm_emulator_is_device(to, bytes)) return failed(cudaErrorInvalidValue);
    add(stream, [=] {
        tm_emulator_open(to);
        memset(to, value, bytes);
        tm_emulator_close();
    });
    return cudaSuccess;
}

/* --- kernels ---------------------------------------------------------------------------------------------------- */

static bool fits(dim3 blocks, dim3 threads) {
    const uint64_t n = (uint64_t)threads.x * threads.y * threads.z;
    return n >= 1 && n <= 1024 && threads.z <= 64 && blocks.x >= 1 && blocks.x <= INT32_MAX && blocks.y >= 1 &&
           blocks.y <= 65535 && blocks.z >= 1 && blocks.z <= 65535;
}

void tm_emulator_launch(const char *name, dim3 blocks, dim3 threads, cudaStream_t stream, action body) {
    if (!unchecked.empty())
        tm_emulator_die(
            "a stale launch error: nobody has looked whether the launch of %s failed%s, and now %s is launched",
            unchecked.c_str(), last_error ? " (it did)" : "", name);
    unchecked = name;
    if (!fits(blocks, threads)) {
        failed(cudaErrorInvalidConfiguration);
        return;
    }
    const std::string held = name;
    add(stream, [=] { tm_emulator_run(held.c_str(), blocks, threads, body); });
}

void tm_emulator_enqueue(const char *name, cudaStream_t stream, action body) {
    add(stream, [=] { tm_emulator_run(name, dim3(), dim3(), body); });
}

/* --- graphs ----------------------------------------------------------------------------------------------------- */

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    if (stream->capture) return failed(cudaErrorStreamCaptureUnsupported);
    stream->capture = new tm_emulator_graph;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    *graph = stream->capture;
    if (!*graph) return failed(cudaErrorInvalidValue);
    stream->capture = nullptr;
    if (!(*graph)->broken) return cudaSuccess;
    delete *graph;
    *graph = nullptr;
    return failed(cudaErrorStreamCaptureInvalidated);
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long) {
    *exec = new tm_emulator_exec;
    (*exec)->actions = graph->actions;
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    for (const action &what : exec->actions) add(stream, what);
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    do_everything();
    delete exec;
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
