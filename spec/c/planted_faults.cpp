/* planted_faults.cpp: kernels that are wrong, each in one way that the emulated device has to catch.
 *
 *     planted_faults NAME        runs one; the spec looks at the message and the exit code
 *
 * "nothing" is right, so that the others are caught for what they do wrong. */
#include "cuda_emulator.h"

#include <cstdio>
#include <cstdlib>

enum { N = 256 };

static cudaStream_t stream;

static std::function<void()> bind(void (*kernel)(float *), float *x) {
    return [=] { kernel(x); };
}

#define RUN(kernel, x) tm_emulator_launch(#kernel, dim3(2), dim3(64), stream, bind(kernel, x))

/* --- kernels ---------------------------------------------------------------------------------------------------- */

__global__ void sum_right(float *x) {
    TM_SHARED(float, part, 64);
    part[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    for (unsigned half = 32; half > 0; half /= 2) {
        if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) x[128 + blockIdx.x] = part[0];
}

__global__ void reads_behind(float *x) { x[threadIdx.x] = x[N + threadIdx.x]; }

__global__ void writes_before(float *x) { x[-1] = 1; }

__global__ void barrier_missing(float *x) {
    TM_SHARED(float, part, 64);
    part[threadIdx.x] = 0;
    __syncthreads();
    part[threadIdx.x] = x[threadIdx.x];
    x[threadIdx.x] = part[63 - threadIdx.x];
}

/* What one iteration reads the next one writes. */
__global__ void second_barrier_missing(float *x) {
    TM_SHARED(float, part, 64);
    for (int i = 0; i < 2; i++) {
        part[threadIdx.x] = x[threadIdx.x];
        __syncthreads();
        x[threadIdx.x] = part[63 - threadIdx.x];
    }
}

__global__ void barrier_skipped(float *x) {
    if (threadIdx.x == 5) return;
    __syncthreads();
    x[threadIdx.x] = 1;
}

__global__ void barriers_differ(float *x) {
    if (threadIdx.x < 32)
        __syncthreads();
    else
        __syncthreads();
    x[threadIdx.x] = 1;
}

__global__ void shuffle_skipped(float *x) {
    if (threadIdx.x % 32 == 7) return;
    x[threadIdx.x] = __shfl_xor_sync(0xffffffffu, x[threadIdx.x], 1);
}

__global__ void mask_partial(float *x) { x[threadIdx.x] = __shfl_xor_sync(0xffffu, x[threadIdx.x], 1); }

__global__ void shared_unset(float *x) {
    TM_SHARED(float, part, 64);
    if (threadIdx.x != 9) part[threadIdx.x] = 1;
    __syncthreads();
    x[threadIdx.x] = part[threadIdx.x];
}

__global__ void shared_too_far(float *x) {
    TM_SHARED(float, part, 64);
    part[threadIdx.x + 1] = x[threadIdx.x];
}

__global__ void fills(float *x) { x[threadIdx.x] = 3; }

/* --- what the host does with them ------------------------------------------------------------------------------- */

static float *make(void) {
    void *data = nullptr;
    if (cudaMalloc(&data, N * sizeof(float))) exit(2);
    cudaMemsetAsync(data, 0, N * sizeof(float), stream);
    return (float *)data;
}

static int run(void (*kernel)(float *), const char *name) {
    float *x = make();
    tm_emulator_launch(name, dim3(2), dim3(64), stream, bind(kernel, x));
    const cudaError_t error = cudaGetLastError();
    cudaStreamSynchronize(stream);
    return error;
}

static int nothing(void) { return run(sum_right, "sum_right"); }

static int host_reads(void) {
    volatile float *x = make();
    return x[3] == 1;
}

static int host_writes(void) {
    volatile float *x = make();
    cudaStreamSynchronize(stream);
    x[0] = 1;
    return 0;
}

static int given_back(void) {
    float *x = make(), *y = make();
    cudaFree(x);
    RUN(fills, x);
    cudaGetLastError();
    cudaStreamSynchronize(stream);
    cudaFree(y);
    return 0;
}

/* 2048 threads are too many: the launch fails, and nobody looks. */
static int launch_error(void) {
    float *x = make();
    tm_emulator_launch("fills", dim3(1), dim3(2048), stream, bind(fills, x));
    RUN(sum_right, x);
    return 0;
}

static int copy_outside(void) {
    float *x = make(), y[N] = {0};
    const cudaError_t error = cudaMemcpyAsync(x + 1, y, sizeof y, cudaMemcpyHostToDevice, stream);
    printf("%s\n", cudaGetErrorString(error));
    return 0;
}

/* A pinned buffer that is written again before the copy from it has run. */
static int pinned_too_early(void) {
    float *x = make(), *pinned = nullptr, y[1] = {0};
    cudaMallocHost((void **)&pinned, sizeof y);
    pinned[0] = 1;
    cudaMemcpyAsync(x, pinned, sizeof y, cudaMemcpyHostToDevice, stream);
    pinned[0] = 2;
    cudaMemcpyAsync(y, x, sizeof y, cudaMemcpyDeviceToHost, stream);
    printf("%g\n", (double)y[0]);
    cudaFreeHost(pinned);
    return 0;
}

#define KERNEL(name)                                                                                                   \
    {                                                                                                                  \
#name, [] { return run(name, #name); }                                                                         \
    }

static const struct {
    const char *name;
    int (*run)(void);
} faults[] = {
    {"nothing", nothing},
    KERNEL(reads_behind),
    KERNEL(writes_before),
    KERNEL(barrier_missing),
    KERNEL(second_barrier_missing),
    KERNEL(barrier_skipped),
    KERNEL(barriers_differ),
    KERNEL(shuffle_skipped),
    KERNEL(mask_partial),
    KERNEL(shared_unset),
    KERNEL(shared_too_far),
    {"host_reads", host_reads},
    {"host_writes", host_writes},
    {"given_back", given_back},
    {"launch_error", launch_error},
    {"copy_outside", copy_outside},
    {"pinned_too_early", pinned_too_early},
};

int main(int argc, char **argv) {
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    for (const auto &fault : faults)
        if (argc == 2 && !strcmp(argv[1], fault.name)) return fault.run();
    fprintf(stderr, "usage: planted_faults NAME\n");
    return 2;
}
