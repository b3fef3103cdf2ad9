/* mask.cu: what flows back into a linear layer, in one pass over it: the gradient behind the ReLU, and the bias's.
 *
 *     out = y > 0 ? g : 0        bias = the sum of out's rows
 *
 * A block takes 32 columns and goes down the rows, ROWS at a time; a thread adds up at most FLUSH of them in the
 * tensor's own type before they join a double. */
#include "cuda.h"

#define ROWS 8
#define FLUSH 32

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
