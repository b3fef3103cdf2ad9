/* cuda.h: what the files of this folder share: launches, operands as kernels take them, numbers, faults.
 *
 * Each file compiles under nvcc, and as C++ under spec/support/cuda_emulator.h. So kernels keep to what both know: no
 * library of kernels, no inline PTX, full-mask shuffles only, integer atomics only, no thread that returns before a
 * barrier. Shared memory is declared by TM_SHARED, and kernels start by TM_LAUNCH, which looks for an error at once. */
#ifndef TM_CUDA_H
#define TM_CUDA_H

#ifdef __CUDACC__
#include <cuda_runtime.h>
#define TM_SHARED(type, name, n) __shared__ type name[n]
#define TM_PARAM const __grid_constant__
#define TM_INLINE static __host__ __device__ __forceinline__
#define TM_UNROLL _Pragma("unroll")
#define TM_ROLLED _Pragma("unroll 1")
#else
#include "cuda_emulator.h"
#define TM_PARAM const
#define TM_UNROLL
#define TM_ROLLED
#endif
#define TM_DEVICE static __device__ __forceinline__

#include "../kernel.h"

#define TM_THREADS 256 /* of a block, unless a kernel has its reasons */
#define TM_WARP 32
#define TM_ALL_LANES 0xffffffffu

/* --- the device's state (device.cu, stream.cu) ------------------------------------------------------------------- */

/* The first thing that went wrong in a kernel, in device memory. */
typedef struct tm_cuda_record {
    unsigned taken, kind; /* a tm_fault_kind */
    int64_t id, bound;
    uint64_t ticket;
} tm_cuda_record;

typedef struct tm_cuda_state {
    cudaStream_t stream;
    int multiprocessors, major; /* of the device; its compute capability's first number */
    tm_cuda_record *record;
    tm_work work;         /* pieces: launches of the last call */
    uint64_t last_ticket; /* the call that work is about */
} tm_cuda_state;

extern tm_cuda_state tm_cuda;

/* Keeps the words for tm_remote.failure; returns the error's number, 0 for none. */
int tm_cuda_failed(cudaError_t error, const char *doing);
int tm_cuda_refuse(const char *format, ...); /* the same in words of our own; returns -1 */
const char *tm_cuda_failure(void);

/* Memory for the length of a call; NULL, with the fault set, if there is none. Once a call. */
void *tm_cuda_scratch(tm_call *call, size_t bytes);
int tm_cuda_upload(void *to, const void *from, size_t bytes);

/* stream.cu gives these to device.cu. */
const tm_remote *tm_cuda_remote(void);
int tm_cuda_start_stream(void);
int tm_cuda_put_off(void *data); /* a block given back while a capture runs is kept until its end; 0: none runs */

/* --- launches -------------------------------------------------------------------------------------------------------
 */

/* Blocks of `size` for n elements: enough to fill the device a few times over; a kernel's loop takes the rest. */
unsigned tm_cuda_blocks(int64_t n, int64_t size);
void tm_cuda_count(tm_call *call); /* one launch more for this call */
/* Counts the launch, and sets call->fault if it failed. */
void tm_cuda_launched(tm_call *call, const char *kernel);
const char *tm_cuda_title(const tm_call *call, const char *kernel); /* what the emulator calls it */

#ifdef __CUDACC__
#define TM_LAUNCH(call, kernel, blocks, threads, ...)                                                                  \
    do {                                                                                                               \
        auto tm_chosen = kernel;                                                                                       \
        tm_chosen<<<blocks, threads, 0, tm_cuda.stream>>>(__VA_ARGS__);                                                \
        tm_cuda_launched(call, #kernel);                                                                               \
    } while (0)
#else

/* The arguments are evaluated now, the kernel runs later. */
template <class... P, class... A> std::function<void()> tm_cuda_bind(void (*kernel)(P...), A... argument) {
    return [=] { kernel(argument...); };
}
#define TM_LAUNCH(call, kernel, blocks, threads, ...)                                                                  \
    do {                                                                                                               \
        tm_emulator_launch(tm_cuda_title(call, #kernel), blocks, threads, tm_cuda.stream,                              \
                           tm_cuda_bind(kernel, __VA_ARGS__));                                                         \
        tm_cuda_launched(call, #kernel);                                                                               \
    } while (0)
#endif

/* --- a call's numbers -----------------------------------------------------------------------------------------------
 */

/* Those of the call, or, in a captured one, those that lie at `live` when the graph is replayed. */
typedef struct tm_numbers {
    tm_value value[TM_MAX_VALUES];
    const tm_value *live;
} tm_numbers;

static inline tm_numbers tm_numbers_of(const tm_call *call) {
    tm_numbers numbers;
    for (int i = 0; i < TM_MAX_VALUES; i++) numbers.value[i] = call->value[i];
    numbers.live = call->live;
    return numbers;
}

TM_DEVICE double tm_float(const tm_numbers &numbers, int i) {
    return numbers.live ? numbers.live[i].f : numbers.value[i].f;
}

TM_DEVICE int64_t tm_integer(const tm_numbers &numbers, int i) {
    return numbers.live ? numbers.live[i].i : numbers.value[i].i;
}

/* --- faults
 * ------------------------------------------------------------------------------------------------------------ */

typedef struct tm_watch {
    tm_cuda_record *record;
    uint64_t ticket;
} tm_watch;

static inline tm_watch tm_watch_of(const tm_call *call) {
    tm_watch watch = {tm_cuda.record, call->ticket};
    return watch;
}

/* The first fault is recorded, of several in one call any. */
TM_DEVICE void tm_tell(const tm_watch &watch, tm_fault_kind kind, int64_t id, int64_t bound) {
    if (atomicCAS(&watch.record->taken, 0u, 1u) != 0) return;
    watch.record->kind = kind;
    watch.record->id = id;
    watch.record->bound = bound;
    watch.record->ticket = watch.ticket;
}

/* Is the id inside 0 .. bound-1? */
TM_DEVICE int tm_id_fits(const tm_watch &watch, int64_t id, int64_t bound) {
    if ((uint64_t)id < (uint64_t)bound) return 1;
    tm_tell(watch, TM_FAULT_ID, id, bound);
    return 0;
}

/* Is the divisor not 0? */
TM_DEVICE int tm_divisor_fits(const tm_watch &watch, int64_t divisor) {
    if (divisor != 0) return 1;
    tm_tell(watch, TM_FAULT_ZERO, 0, 0);
    return 0;
}

/* --- where a thread is
 * ------------------------------------------------------------------------------------------------- */

TM_DEVICE int64_t tm_first(void) { return (int64_t)blockIdx.x * blockDim.x + threadIdx.x; }
TM_DEVICE int64_t tm_stride(void) { return (int64_t)gridDim.x * blockDim.x; }

/* --- the iteration
 * -------------------------------------------------------------------------------------------------------- */

/* Dimensions first .. rank-1 of a call. Below 2^32 elements positions are divided in 32 bits, which is much faster. */
typedef struct tm_space {
    int rank, first, narrow;
    int64_t n, shape[TM_MAX_DIMS];
} tm_space;

static inline tm_space tm_space_of(const tm_call *call, int first, int rank) {
    tm_space space;
    space.rank = rank;
    space.first = first;
    space.n = 1;
    for (int d = 0; d < TM_MAX_DIMS; d++) space.shape[d] = d < rank ? call->shape[d] : 1;
    for (int d = first; d < rank; d++) space.n *= call->shape[d];
    space.narrow = space.n <= UINT32_MAX;
    return space;
}

/* position = outer * size + inner; returns inner. */
TM_DEVICE int64_t tm_divide(int64_t *position, int64_t size, int narrow) {
    int64_t outer;
    if (narrow)
        outer = (uint32_t)*position / (uint32_t)size;
    else
        outer = *position / size;
    const int64_t inner = *position - outer * size;
    *position = outer;
    return inner;
}

/* Where the position-th element of a space is in an operand, in elements. */
TM_DEVICE int64_t tm_offset(const tm_space &space, const tm_arg &arg, int64_t position) {
    int64_t offset = 0;
    for (int d = space.rank; d-- > space.first;) {
        if (d == space.first) {
            offset += position * arg.stride[d];
            break;
        }
        offset += tm_divide(&position, space.shape[d], space.narrow) * arg.stride[d];
    }
    return offset;
}

/* Do the operand's dimensions first .. rank-1 make one contiguous run? */
static inline int tm_is_run(const tm_call *call, const tm_arg *arg, int first, int rank) {
    int64_t expected = 1;
    for (int d = rank; d-- > first; expected *= call->shape[d])
        if (call->shape[d] != 1 && arg->stride[d] != expected) return 0;
    return 1;
}

/* Operand k for a kernel: what lies behind a call's rank is set to 0. A number in host memory is refused here. */
tm_arg tm_cuda_operand(tm_call *call, int k);

/* --- the kernels
 * ---------------------------------------------------------------------------------------------------------- */

/* Here the formatter never comes to rest. */
/* clang-format off */
#define TM_KERNELS(F)                                                                                                  \
    F(reduce_sum) F(reduce_prod) F(reduce_max) F(reduce_min) F(reduce_argmax) F(reduce_argmin)                         \
    F(product) F(mask) F(mask_planes)                                                                                  \
    F(conv) F(conv_back) F(conv_weight) F(max_pool) F(max_pool_back)                                                   \
    F(softmax) F(softmax_gradient) F(cross_entropy) F(cross_entropy_gradient) F(normalise) F(normalise_gradient)       \
    F(index_select) F(index_add) F(gather_normalize)                                                                   \
    F(full) F(arange) F(rand) F(randn) F(randint) F(randperm)                                                          \
    F(sort) F(topk) F(order_statistic) F(cumsum) F(cumprod) F(cummax) F(cummin) F(logcumsumexp)                        \
    F(gather) F(scatter_reduce) F(index_copy) F(nonzero_count) F(nonzero) F(searchsorted)                              \
    F(embedding_bag) F(embedding_bags)                                                                                 \
    F(sgd) F(adam) F(clip_norm)
/* clang-format on */
#define TM_DECLARE(name) void tm_cuda_##name(tm_call *call);
TM_KERNELS(TM_DECLARE)
#undef TM_DECLARE
void tm_cuda_elementwise(tm_call *call);
void tm_cuda_elementwise_fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]);

#endif
