/* cuda_emulator.h: enough of CUDA to run the kernels of kernels/cuda on a CPU, strictly and loudly.
 *
 * A .cu file compiles as C++ with this header instead of cuda_runtime.h. Each thread of a block is a fiber; blocks and
 * threads run in a random order that TENMO_CUDA_SEED decides. What a GPU might forgive ends the process, with a line
 * on stderr that names kernel, block and thread, and exit code 70:
 *
 *   - a barrier that not all threads reach, or that threads reach at different lines; a shuffle likewise
 *   - reading shared memory that nobody has written; two threads at one word of it, one of them writing, without a
 *     barrier between them; an index outside the array
 *   - touching what isn't device memory: allocations stand between guard pages, right before one where the seed is
 *     odd and right behind one where it is even (elsewhere a changed byte is found afterwards); blocks given back stay
 * closed
 *   - host code touching device memory: it is unreadable but while a kernel or a copy runs
 *   - launching a kernel without having looked for the error of the launch before (the stale launch error)
 *
 * Device memory starts as NaN. Work is done as late as possible: at the next synchronisation, as on a busy GPU. Streams
 * are in order; events, graphs and pinned memory are there; copies check their pointers. What isn't declared here may
 * not be used in a kernel: no float atomics, no partial masks, no dynamic shared memory.
 *
 * Shared memory is declared by TM_SHARED(type, name, n), which is `__shared__ type name[n]` under nvcc. */
#ifndef TM_CUDA_EMULATOR_H
#define TM_CUDA_EMULATOR_H

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

#define TM_CUDA_EMULATED 1
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

/* --- where a thread is ------------------------------------------------------------------------------------------ */

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

extern dim3 threadIdx, blockIdx, blockDim, gridDim;
static const int warpSize = 32;

/* --- what stops the process ------------------------------------------------------------------------------------- */

/* Says what is wrong, with kernel, block and thread where one runs; exit code 70. */
[[noreturn]] void tm_emulator_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- threads of a block ----------------------------------------------------------------------------------------- */

void tm_emulator_barrier(const char *file, int line);
uint64_t tm_emulator_shuffle(uint64_t value, int from, const char *file, int line); /* from: lane, -1: this lane's */
unsigned tm_emulator_ballot(int yes, const char *file, int line);
int tm_emulator_lane();
int tm_emulator_thread();        /* its number in the block */
uint32_t tm_emulator_interval(); /* between barriers; differs from block to block */
uint64_t tm_emulator_block();    /* the number of this block's run */
void tm_emulator_take_shared(size_t bytes);

#define __syncthreads() tm_emulator_barrier(__FILE__, __LINE__)
static inline void __threadfence() {}

template <class T>
static inline T tm_emulator_shuffle_of(unsigned mask, T value, int from, const char *file, int line) {
    static_assert(sizeof(T) <= 8, "one word at a time");
    if (mask != 0xffffffffu)
        tm_emulator_die("%s:%d: a shuffle with mask %08x; only the full mask is allowed", file, line, mask);
    uint64_t word = 0;
    memcpy(&word, &value, sizeof value);
    word = tm_emulator_shuffle(word, from, file, line);
    memcpy(&value, &word, sizeof value);
    return value;
}

/* Lanes from which a shuffle would reach beyond the warp keep their own value, as on a GPU. */
#define __shfl_sync(mask, value, lane) tm_emulator_shuffle_of(mask, value, (lane)&31, __FILE__, __LINE__)
#define __shfl_xor_sync(mask, value, by)                                                                               \
    tm_emulator_shuffle_of(mask, value, tm_emulator_lane() ^ (by), __FILE__, __LINE__)
#define __shfl_down_sync(mask, value, by)                                                                              \
    tm_emulator_shuffle_of(mask, value, tm_emulator_lane() + (int)(by) < 32 ? tm_emulator_lane() + (int)(by) : -1,     \
                           __FILE__, __LINE__)

/* Bit k: what lane k says. */
static inline unsigned tm_emulator_ballot_of(unsigned mask, int yes, const char *file, int line) {
    if (mask != 0xffffffffu)
        tm_emulator_die("%s:%d: a vote with mask %08x; only the full mask is allowed", file, line, mask);
    return tm_emulator_ballot(yes, file, line);
}
#define __ballot_sync(mask, yes) tm_emulator_ballot_of(mask, (yes) != 0, __FILE__, __LINE__)
static inline int __popc(unsigned bits) { return __builtin_popcount(bits); }

/* --- shared memory ---------------------------------------------------------------------------------------------- */

enum { TM_NOBODY = -1, TM_SEVERAL = -2 };

/* One element and who touched it in which interval between two barriers. */
template <class T> struct tm_shared_cell {
    T value;
    uint32_t written, read; /* intervals; 0: never */
    int writer, reader;
};

template <class T, int N> struct tm_shared {
    tm_shared_cell<T> cell[N];
    uint64_t block = 0;
    const char *name;

    explicit tm_shared(const char *name) : name(name) {}

    /* Each thread passes here; the first of a block finds what a GPU leaves there: anything. */
    void enter() {
        if (block == tm_emulator_block()) return;
        block = tm_emulator_block();
        memset((void *)cell, 0xA5, sizeof cell);
        for (int i = 0; i < N; i++) cell[i].written = cell[i].read = 0;
        tm_emulator_take_shared(N * sizeof(T));
    }

    struct place {
        tm_shared *array;
        int64_t i;

        operator T() const { return array->read(i); }
        T operator=(T value) const { return array->write(i, value); }
        T operator=(const place &other) const { return array->write(i, (T)other); }
        T operator+=(T value) const { return array->write(i, array->read(i) + value); }
    };

    place operator[](int64_t i) {
        if (i < 0 || i >= N) tm_emulator_die("element %lld of shared array '%s', which has %d", (long long)i, name, N);
        return place{this, i};
    }

    T read(int64_t i) {
        tm_shared_cell<T> *c = &cell[i];
        const uint32_t now = tm_emulator_interval();
        const int self = tm_emulator_thread();
        if (!c->written)
            tm_emulator_die("reads element %lld of shared array '%s', which nobody has written", (long long)i, name);
        if (c->written == now && c->writer != self) missing(i, "reads", "wrote", c->writer);
        c->reader = c->read == now && c->reader != self ? (int)TM_SEVERAL : self;
        c->read = now;
        return c->value;
    }

    T write(int64_t i, T value) {
        tm_shared_cell<T> *c = &cell[i];
        const uint32_t now = tm_emulator_interval();
        const int self = tm_emulator_thread();
        if (c->written == now && c->writer != self) missing(i, "writes", "wrote", c->writer);
        if (c->read == now && c->reader != self) missing(i, "writes", "read", c->reader);
        c->written = now;
        c->writer = self;
        return c->value = value;
    }

    void missing(int64_t i, const char *does, const char *did, int other) {
        if (other == TM_SEVERAL)
            tm_emulator_die("a barrier is missing: %s element %lld of shared array '%s', which other threads %s since "
                            "the last one",
                            does, (long long)i, name, did);
        tm_emulator_die("a barrier is missing: %s element %lld of shared array '%s', which thread %d %s since the last "
                        "one",
                        does, (long long)i, name, other, did);
    }
};

/* Blocks run one after another, so one array serves them all; a template's copies have one each. */
#define TM_SHARED(type, name, n)                                                                                       \
    static tm_shared<type, n> name(#name);                                                                             \
    name.enter()

/* --- atomics: integers only ------------------------------------------------------------------------------------- */

#define TM_ATOMICS(type)                                                                                               \
    static inline type atomicAdd(type *at, type value) {                                                               \
        const type old = *at;                                                                                          \
        *at = (type)(old + value);                                                                                     \
        return old;                                                                                                    \
    }                                                                                                                  \
    static inline type atomicCAS(type *at, type expected, type value) {                                                \
        const type old = *at;                                                                                          \
        if (old == expected) *at = value;                                                                              \
        return old;                                                                                                    \
    }
TM_ATOMICS(unsigned)
TM_ATOMICS(unsigned long long)
#undef TM_ATOMICS

/* --- the runtime ------------------------------------------------------------------------------------------------ */

typedef enum cudaError {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidResourceHandle = 400,
    cudaErrorNotReady = 600,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorStreamCaptureInvalidated = 901,
} cudaError_t;

typedef enum cudaMemcpyKind {
    cudaMemcpyHostToDevice = 1,
    cudaMemcpyDeviceToHost = 2,
    cudaMemcpyDeviceToDevice = 3
} cudaMemcpyKind;

typedef enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed = 2 } cudaStreamCaptureMode;

typedef struct tm_emulator_stream *cudaStream_t;
typedef struct tm_emulator_event *cudaEvent_t;
typedef struct tm_emulator_graph *cudaGraph_t;
typedef struct tm_emulator_exec *cudaGraphExec_t;

typedef struct cudaDeviceProp {
    char name[256];
    int major, minor, multiProcessorCount;
} cudaDeviceProp;

enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2 };

const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();
cudaError_t cudaPeekAtLastError();
cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device);
cudaError_t cudaRuntimeGetVersion(int *version);
cudaError_t cudaMemGetInfo(size_t *free, size_t *total);
cudaError_t cudaMalloc(void **data, size_t bytes); /* TENMO_CUDA_MEMORY: how many bytes there are, 2 GiB */
cudaError_t cudaFree(void *data);
cudaError_t cudaMallocHost(void **data, size_t bytes);
cudaError_t cudaFreeHost(void *data);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);

/* kernel<<<blocks, threads, 0, stream>>>(arguments), whose values `body` has caught. */
void tm_emulator_launch(const char *name, dim3 blocks, dim3 threads, cudaStream_t stream, std::function<void()> body);
/* What a library does on a stream: runs as one thread that may touch device memory. */
void tm_emulator_enqueue(const char *name, cudaStream_t stream, std::function<void()> body);

#endif
