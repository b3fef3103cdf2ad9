/* mask.cu: what flows back into a linear layer or a convolution, in one pass over it: the gradient behind the ReLU, and
 * the bias's.
 *
 *     out = y > 0 ? g : 0        bias = the sum of out over all but the columns, or the channels
 *
 * A linear layer: a block takes 32 columns and goes down the rows, ROWS at a time; a thread adds up at most FLUSH of
 * them in the tensor's own type before they join a double. A convolution: a warp takes a piece of a plane, and the
 * pieces' sums are added up by a second launch. */
#include "groups.h"

#define ROWS 8
#define FLUSH 32
#define PIECE 2048 /* elements of a plane, at most */

/* Everything is contiguous. out and y are absent where there is no ReLU, bias where there is none. */
template <class T>
__global__ void mask_columns(int64_t rows, int64_t columns, int64_t step, T *out, const T *g, const T *y, T *bias) {
    TM_SHARED(double, part, ROWS *TM_WARP);
    for (int64_t first = (int64_t)blockIdx.x * TM_WARP; first < columns; first += (int64_t)gridDim.x * TM_WARP) {
        const int64_t j = first + threadIdx.x;
        double total = 0;
        T sum = 0;
        int added = 0;
        for (int64_t i = threadIdx.y; i < rows && j < columns; i += ROWS) {
            T flow = g[i * step + j];
            if (y) {
                flow = y[i * step + j] > 0 ? flow : 0;
                out[i * step + j] = flow;
            }
            sum += flow;
            if (++added % FLUSH == 0) total += (double)sum, sum = 0;
        }
        part[threadIdx.y * TM_WARP + threadIdx.x] = total + (double)sum;
        __syncthreads();
        if (threadIdx.y == 0 && bias && j < columns) {
            double all = part[threadIdx.x];
            for (int r = 1; r < ROWS; r++) all += part[r * TM_WARP + threadIdx.x];
            bias[j] = (T)all;
        }
        __syncthreads(); /* part has been read */
    }
}

template <class T> static void launch(tm_call *call) {
    const int64_t columns = call->shape[1];
    TM_LAUNCH(call, mask_columns<T>, tm_cuda_blocks(columns, TM_WARP), dim3(TM_WARP, ROWS), call->shape[0], columns,
              call->arg[1].stride[0], (T *)call->arg[0].data, (const T *)call->arg[1].data,
              (const T *)call->arg[2].data, (T *)call->arg[3].data);
}

void tm_cuda_mask(tm_call *call) {
    if (call->compute == TM_FLOAT32)
        launch<float>(call);
    else
        launch<double>(call);
}

/* --- planes ------------------------------------------------------------------------------------------------------- */

typedef struct masked_planes {
    int64_t pieces, channels, elements; /* of all planes: (images, channels, pieces of a plane) */
    int64_t of_plane;
} masked_planes;

/* Everything is contiguous. sum: one for each piece, or NULL. */
template <class T> __global__ void mask_planes(masked_planes p, T *out, const T *g, const T *y, double *sum) {
    const int lane = (int)threadIdx.x % TM_WARP;
    for (int64_t first = tm_first() - threadIdx.x; first < p.pieces * TM_WARP; first += tm_stride()) {
        const int64_t piece = (first + threadIdx.x) / TM_WARP, plane = piece / p.of_plane;
        int64_t begin = (piece - plane * p.of_plane) * PIECE, end = begin + PIECE;
        begin += plane * p.elements;
        end = piece < p.pieces ? plane * p.elements + (end < p.elements ? end : p.elements) : 0;
        T part[4] = {0, 0, 0, 0};
        for (int64_t i = begin + lane; i < end; i += 4 * TM_WARP) {
            T flow[4]; /* four rounds are read before the first is written */
            for (int r = 0; r < 4; r++) {
                const int64_t at = i + r * TM_WARP;
                flow[r] = at < end && (!y || y[at] > 0) ? g[at] : 0;
            }
            for (int r = 0; r < 4; r++) {
                const int64_t at = i + r * TM_WARP;
                if (y && at < end) out[at] = flow[r];
                part[r] += flow[r];
            }
        }
        const double all =
            tm_warp_join((double)part[0] + (double)part[1] + (double)part[2] + (double)part[3], tm_plus());
        if (sum && lane == 0 && piece < p.pieces) sum[piece] = all;
    }
}

/* A warp adds up the pieces of a channel. */
template <class T> __global__ void add_planes(masked_planes p, const double *sum, T *bias) {
    const int lane = (int)threadIdx.x % TM_WARP;
    const int64_t of_channel = p.pieces / p.channels; /* in all images */
    for (int64_t first = tm_first() - threadIdx.x; first < p.channels * TM_WARP; first += tm_stride()) {
        const int64_t channel = (first + threadIdx.x) / TM_WARP;
        double total = 0;
        for (int64_t i = lane; i < of_channel && channel < p.channels; i += TM_WARP) {
            const int64_t image = i / p.of_plane;
            total += sum[(image * p.channels + channel) * p.of_plane + i - image * p.of_plane];
        }
        total = tm_warp_join(total, tm_plus());
        if (lane == 0 && channel < p.channels) bias[channel] = (T)total;
    }
}

template <class T> static void launch_planes(tm_call *call, const masked_planes &p, double *sum) {
    TM_LAUNCH(call, mask_planes<T>, tm_cuda_blocks(p.pieces * TM_WARP, TM_THREADS), TM_THREADS, p,
              (T *)call->arg[0].data, (const T *)call->arg[1].data, (const T *)call->arg[2].data, sum);
    if (sum)
        TM_LAUNCH(call, add_planes<T>, tm_cuda_blocks(p.channels * TM_WARP, TM_THREADS), TM_THREADS, p,
                  (const double *)sum, (T *)call->arg[3].data);
}

/* The same over (images, channels, elements of a plane). */
void tm_cuda_mask_planes(tm_call *call) {
    masked_planes p;
    p.channels = call->shape[1];
    p.elements = call->shape[2];
    p.of_plane = (p.elements + PIECE - 1) / PIECE;
    p.pieces = call->shape[0] * p.channels * p.of_plane;
    double *sum = NULL;
    if (call->arg[3].data) sum = (double *)tm_cuda_scratch(call, (size_t)p.pieces * sizeof *sum);
    if (call->fault.kind) return;
    (call->compute == TM_FLOAT32 ? launch_planes<float> : launch_planes<double>)(call, p, sum);
}
