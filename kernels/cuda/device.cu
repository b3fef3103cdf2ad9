/* device.cu: CUDA as a device: the plugin's one symbol, what it runs on, memory, errors.
 *
 * Memory comes from cudaMalloc and not from the stream's own pool: the engine keeps what its tensors give back, so
 * calls are few, and they stay legal while a capture runs. The engine hands a block out again at once, which is right
 * because everything happens on one stream. */
#include "cuda.h"

#include "../contract.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define BLOCKS_PER_MULTIPROCESSOR 16 /* of 256 threads: twice what fits at a time */

tm_cuda_state tm_cuda;

/* --- errors ----------------------------------------------------------------------------------------------------- */

static char failure_text[400] = "nothing has failed";

const char *tm_cuda_failure(void) { return failure_text; }

int tm_cuda_failed(cudaError_t error, const char *doing) {
    if (error == cudaSuccess) return 0;
    snprintf(failure_text, sizeof failure_text, "%s: %s", doing, cudaGetErrorString(error));
    cudaGetLastError(); /* it has been told */
    return (int)error;
}

int tm_cuda_refuse(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(failure_text, sizeof failure_text, format, list);
    va_end(list);
    return -1;
}

/* --- launches --------------------------------------------------------------------------------------------------- */

unsigned tm_cuda_blocks(int64_t n, int64_t size) {
    const int64_t most = (int64_t)tm_cuda.multiprocessors * BLOCKS_PER_MULTIPROCESSOR, blocks = (n + size - 1) / size;
    return (unsigned)(blocks < most ? blocks : most);
}

static const char *const op_names[] = {
#define TM_ROW(name) #name,
#include "../rows.h"
};

const char *tm_cuda_title(const tm_call *call, const char *kernel) {
    static char text[200];
    snprintf(text, sizeof text, "%s of %s, part %d", kernel, op_names[call->op], call->part);
    return text;
}

void tm_cuda_count(tm_call *call) {
    tm_cuda.work.pieces = call->ticket == tm_cuda.last_ticket ? tm_cuda.work.pieces + 1 : 1;
    tm_cuda.last_ticket = call->ticket;
}

void tm_cuda_launched(tm_call *call, const char *kernel) {
    tm_cuda_count(call);
    if (tm_cuda_failed(cudaGetLastError(), kernel)) call->fault.kind = TM_FAULT_DEVICE;
}

tm_arg tm_cuda_operand(tm_call *call, int k) {
    const tm_arg *from = &call->arg[k];
    tm_arg arg;
    memset(&arg, 0, sizeof arg);
    if (!from->data) return arg;
    if (from->by_value) {
        tm_cuda_refuse("%s: expected a tensor on the device, got a number", op_names[call->op]);
        call->fault.kind = TM_FAULT_DEVICE;
        return arg;
    }
    arg.data = from->data;
    arg.dtype = from->dtype;
    for (int d = 0; d < call->rank; d++) arg.stride[d] = from->stride[d];
    return arg;
}

/* --- memory ----------------------------------------------------------------------------------------------------- */

static void *allocate(size_t bytes) {
    void *data = NULL;
    return tm_cuda_failed(cudaMalloc(&data, bytes ? bytes : 64), "cudaMalloc") ? NULL : data;
}

static void release(void *data, size_t bytes) {
    (void)bytes;
    if (!tm_cuda_put_off(data)) tm_cuda_failed(cudaFree(data), "cudaFree");
}

/* --- the device ------------------------------------------------------------------------------------------------- */

static char description[400];

static const char *describe(void) { return description; }

static int set_threads(int threads) {
    (void)threads;
    return 1;
}

static void write_description(const cudaDeviceProp *p) {
    size_t free = 0, total = 0;
    int version = 0;
    cudaMemGetInfo(&free, &total);
    cudaRuntimeGetVersion(&version);
#ifdef TM_CUDA_EMULATED
    const char *seed = getenv("TENMO_CUDA_SEED");
    snprintf(description, sizeof description, "%s, seed %s, %.1f GB", p->name, seed && *seed ? seed : "1",
             (double)total / 1e9);
#else
    snprintf(description, sizeof description, "%s, CUDA %d.%d, compute capability %d.%d, %.1f GB", p->name,
             version / 1000, version % 1000 / 10, p->major, p->minor, (double)total / 1e9);
#endif
}

static int start(void) {
    cudaDeviceProp properties;
    int devices = 0;
    if (tm_cuda_failed(cudaGetDeviceCount(&devices), "looking for a GPU")) return 0;
    if (!devices) return tm_cuda_failed(cudaErrorNoDevice, "looking for a GPU"), 0;
    if (tm_cuda_failed(cudaSetDevice(0), "cudaSetDevice") ||
        tm_cuda_failed(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties"))
        return 0;
    tm_cuda.multiprocessors = properties.multiProcessorCount;
    tm_cuda.major = properties.major;
    write_description(&properties);
    return tm_cuda_start_stream();
}

static void fill(tm_kernel kernel[TM_OPS][TM_MAX_PARTS]) {
    tm_cuda_elementwise_fill(kernel);
    kernel[TM_OP_sum][0] = tm_cuda_reduce_sum;
    kernel[TM_OP_mean][0] = tm_cuda_reduce_sum;
    kernel[TM_OP_max][0] = tm_cuda_reduce_max;
    kernel[TM_OP_min][0] = tm_cuda_reduce_min;
    kernel[TM_OP_argmax][0] = tm_cuda_reduce_argmax;
    kernel[TM_OP_prod][0] = tm_cuda_reduce_prod;
    kernel[TM_OP_amax][0] = tm_cuda_reduce_max;
    kernel[TM_OP_amin][0] = tm_cuda_reduce_min;
    kernel[TM_OP_argmin][0] = tm_cuda_reduce_argmin;
    kernel[TM_OP_matmul][0] = tm_cuda_product;
    kernel[TM_OP_linear][0] = tm_cuda_product;
    kernel[TM_OP_linear][1] = tm_cuda_mask;
    kernel[TM_OP_conv1d][0] = tm_cuda_conv;
    kernel[TM_OP_conv1d][1] = tm_cuda_mask_planes;
    kernel[TM_OP_conv_transpose1d][0] = tm_cuda_conv_back;
    kernel[TM_OP_max_pool1d][0] = tm_cuda_max_pool;
    kernel[TM_OP_max_pool1d][1] = tm_cuda_max_pool_back;
    kernel[TM_OP_conv2d][0] = tm_cuda_conv;
    kernel[TM_OP_conv2d][1] = tm_cuda_mask_planes;
    kernel[TM_OP_conv_transpose2d][0] = tm_cuda_conv_back;
    kernel[TM_OP_max_pool2d][0] = tm_cuda_max_pool;
    kernel[TM_OP_max_pool2d][1] = tm_cuda_max_pool_back;
    kernel[TM_OP_conv3d][0] = tm_cuda_conv;
    kernel[TM_OP_conv3d][1] = tm_cuda_mask_planes;
    kernel[TM_OP_conv_transpose3d][0] = tm_cuda_conv_back;
    kernel[TM_OP_max_pool3d][0] = tm_cuda_max_pool;
    kernel[TM_OP_max_pool3d][1] = tm_cuda_max_pool_back;
    kernel[TM_OP_conv_weight][0] = tm_cuda_conv_weight;
    kernel[TM_OP_layer_norm][0] = tm_cuda_normalise;
    kernel[TM_OP_layer_norm][1] = tm_cuda_normalise_gradient;
    kernel[TM_OP_rms_norm][0] = tm_cuda_normalise;
    kernel[TM_OP_rms_norm][1] = tm_cuda_normalise_gradient;
    kernel[TM_OP_softmax][0] = tm_cuda_softmax;
    kernel[TM_OP_softmax][1] = tm_cuda_softmax_gradient;
    kernel[TM_OP_log_softmax][0] = tm_cuda_softmax;
    kernel[TM_OP_log_softmax][1] = tm_cuda_softmax_gradient;
    kernel[TM_OP_cross_entropy][0] = tm_cuda_cross_entropy;
    kernel[TM_OP_cross_entropy][1] = tm_cuda_cross_entropy_gradient;
    kernel[TM_OP_index_select][0] = tm_cuda_index_select;
    kernel[TM_OP_index_add][0] = tm_cuda_index_add;
    kernel[TM_OP_embedding][0] = tm_cuda_index_select;
    kernel[TM_OP_gather_normalize][0] = tm_cuda_gather_normalize;
    kernel[TM_OP_full][0] = tm_cuda_full;
    kernel[TM_OP_arange][0] = tm_cuda_arange;
    kernel[TM_OP_rand][0] = tm_cuda_rand;
    kernel[TM_OP_randn][0] = tm_cuda_randn;
    kernel[TM_OP_randint][0] = tm_cuda_randint;
    kernel[TM_OP_randperm][0] = tm_cuda_randperm;
    kernel[TM_OP_clip_norm][0] = tm_cuda_clip_norm;
    kernel[TM_OP_clip_norm][1] = tm_cuda_clip_norm;
    kernel[TM_OP_sgd][0] = tm_cuda_sgd;
    kernel[TM_OP_adam][0] = tm_cuda_adam;
    kernel[TM_OP_sort][0] = tm_cuda_sort;
    kernel[TM_OP_topk][0] = tm_cuda_topk;
    kernel[TM_OP_order_statistic][0] = tm_cuda_order_statistic;
    kernel[TM_OP_cumsum][0] = tm_cuda_cumsum;
    kernel[TM_OP_cumprod][0] = tm_cuda_cumprod;
    kernel[TM_OP_cummax][0] = tm_cuda_cummax;
    kernel[TM_OP_cummin][0] = tm_cuda_cummin;
    kernel[TM_OP_logcumsumexp][0] = tm_cuda_logcumsumexp;
    kernel[TM_OP_gather][0] = tm_cuda_gather;
    kernel[TM_OP_scatter_reduce][0] = tm_cuda_scatter_reduce;
    kernel[TM_OP_index_copy][0] = tm_cuda_index_copy;
    kernel[TM_OP_nonzero][0] = tm_cuda_nonzero_count;
    kernel[TM_OP_nonzero][1] = tm_cuda_nonzero;
    kernel[TM_OP_searchsorted][0] = tm_cuda_searchsorted;
    kernel[TM_OP_embedding_bag][0] = tm_cuda_embedding_bag;
    kernel[TM_OP_embedding_bag][1] = tm_cuda_embedding_bags;
}

static tm_device device;

/* The plugin's one symbol: the device, or NULL and in *why one line for people. */
extern "C" __attribute__((visibility("default"))) const tm_device *tm_device_plugin(const char **why) {
    if (device.name) return &device;
    if (!start()) {
        *why = failure_text;
        return NULL;
    }
    fill(device.kernel);
    device.describe = describe;
    device.contract = tm_contract();
    device.allocate = allocate;
    device.release = release;
    device.set_threads = set_threads;
    device.work = &tm_cuda.work;
    device.remote = tm_cuda_remote();
    device.name = "cuda";
    return &device;
}
