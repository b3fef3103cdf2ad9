/* normalise.cu: layer_norm and rms_norm, over rows that lie side by side; core/normalise.c has the formulas.
 *
 * A warp holds a row of up to 4 KiB in registers (2 KiB where it isn't aligned), a block one eight times as long; a
 * longer row passes in pieces, once more for each step. The gradients of weight and bias are sums down columns: a block
 * takes 32 columns of a chunk of the rows, cut by the shape alone, and a second kernel joins the chunks, in order. */
#include "elements.h"
#include "groups.h"
#include "packs.h"

#define TASKS 512 /* that fill a device */
#define ROWS 8    /* rows that a block of columns reads at a time */
#define BATCH 4   /* rows that a thread has under way */

typedef struct norm_plan {
    int64_t rows, n;
    int centred, packed; /* the mean is taken off; rows move in packs */
    tm_numbers numbers;  /* eps */
    void *out;           /* or NULL: not asked for */
    const void *g, *x, *weight, *bias;
    void *stats;           /* of each row its mean and 1 / s */
    int64_t chunk, chunks; /* of rows, for sums down columns */
    double *parts;         /* [chunk][2 n]: of weight, of bias */
    void *sums;            /* [2 n] */
} norm_plan;

TM_DEVICE float inverse_root(double x, float) { return (float)(1 / tm_sqrt_f64(x)); }
TM_DEVICE double inverse_root(double x, double) { return 1 / tm_sqrt_f64(x); }

#define EACH_ROW(i) TM_EACH_ROW(H, i, p.rows)
#define EACH_PIECE(from, size) TM_EACH_PIECE(H, from, size, p.n)
#define IN_PIECES TM_IN_PIECES(H, p.n)

/* --- rows ------------------------------------------------------------------------------------------------------- */

/* held = held * weight + bias, where there are such: lines as long as the row. */
template <class H>
TM_DEVICE void scale_row(H &held, const typename H::T *weight, const typename H::T *bias, int64_t n) {
    typedef typename H::T T;
    TM_UNROLL for (int k = 0; k < H::PACKS; k++) {
        T factor[H::WIDE], summand[H::WIDE];
        if (k * H::WIDE * H::GROUP >= n) continue;
        if (weight) H::load_pack(factor, weight, 1, k, (int)n);
        if (bias) H::load_pack(summand, bias, 1, k, (int)n);
        TM_UNROLL for (int w = 0; w < H::WIDE; w++) {
            T &v = held.v[k * H::WIDE + w];
            if (weight) v *= factor[w];
            if (bias) v += summand[w];
        }
    }
}

/* y = (x - mean) / s * weight + bias */
template <class H> __global__ __launch_bounds__(TM_THREADS, H::BLOCKS) void normalise_rows(TM_PARAM norm_plan p) {
    typedef typename H::T T;
    const double eps = tm_float(p.numbers, 0);
    EACH_ROW(i) {
        const T *x = (const T *)p.x + i * p.n, *weight = (const T *)p.weight, *bias = (const T *)p.bias;
        H held;
        T mean = 0, square = 0;
        EACH_PIECE(from, size) {
            held.load(x + from, 1, size);
            if (p.centred) H::each((int)size, [&](int k, int) { mean += held.v[k]; });
        }
        if (p.centred) mean = tm_group_join<H::GROUP>(mean, tm_plus()) / (T)p.n;
        EACH_PIECE(from, size) {
            if (IN_PIECES) held.load(x + from, 1, size);
            H::each((int)size, [&](int k, int) {
                held.v[k] -= mean;
                square += held.v[k] * held.v[k];
            });
        }
        const T inverse = inverse_root((double)tm_group_join<H::GROUP>(square, tm_plus()) / (double)p.n + eps, T());
        EACH_PIECE(from, size) {
            if (IN_PIECES) held.load(x + from, 1, size);
            H::each((int)size, [&](int k, int) { held.v[k] = (IN_PIECES ? held.v[k] - mean : held.v[k]) * inverse; });
            scale_row(held, weight ? weight + from : weight, bias ? bias + from : bias, size);
            held.store((T *)p.out + i * p.n + from, 1, size);
        }
        if (threadIdx.x % H::GROUP == 0) {
            ((T *)p.stats)[2 * i] = mean;
            ((T *)p.stats)[2 * i + 1] = inverse;
        }
    }
}

/* flow = g weight and unit = (x - mean) / s of one piece. */
template <class H>
TM_DEVICE void look_back(const norm_plan &p, H &flow, H &unit, int64_t row, int64_t from, int64_t size) {
    typedef typename H::T T;
    const T *stats = (const T *)p.stats + 2 * row, *weight = (const T *)p.weight;
    const T mean = stats[0], inverse = stats[1];
    flow.load((const T *)p.g + row * p.n + from, 1, size);
    unit.load((const T *)p.x + row * p.n + from, 1, size);
    scale_row(flow, weight ? weight + from : weight, (const T *)NULL, size);
    H::each((int)size, [&](int k, int) { unit.v[k] = (unit.v[k] - mean) * inverse; });
}

/* dx = (h - mean(h) - x' mean(h x')) / s; mean(h) counts only where x' is centred. */
template <class H> __global__ __launch_bounds__(TM_THREADS, H::BLOCKS) void norm_gradient_rows(TM_PARAM norm_plan p) {
    typedef typename H::T T;
    EACH_ROW(i) {
        const T inverse = ((const T *)p.stats)[2 * i + 1];
        H flow, unit;
        T mean = 0, along = 0;
        EACH_PIECE(from, size) {
            look_back(p, flow, unit, i, from, size);
            H::each((int)size, [&](int k, int) {
                mean += flow.v[k];
                along += flow.v[k] * unit.v[k];
            });
        }
        mean = tm_group_join<H::GROUP>(mean, tm_plus()) / (T)p.n;
        along = tm_group_join<H::GROUP>(along, tm_plus()) / (T)p.n;
        if (!p.centred) mean = 0;
        EACH_PIECE(from, size) {
            if (IN_PIECES) look_back(p, flow, unit, i, from, size);
            H::each((int)size, [&](int k, int) { flow.v[k] = (flow.v[k] - mean - unit.v[k] * along) * inverse; });
            flow.store((T *)p.out + i * p.n + from, 1, size);
        }
    }
}

/* --- sums down columns ------------------------------------------------------------------------------------------ */

/* The ROWS values of each of 32 columns made one; threads of the first row get it. */
TM_DEVICE double join_column(double value) {
    TM_SHARED(double, part, TM_THREADS);
    const int me = (int)threadIdx.x;
    __syncthreads(); /* those of the sum before have been read */
    part[me] = value;
    __syncthreads();
    if (me >= TM_WARP) return 0;
    for (int r = 1; r < ROWS; r++) value += part[r * TM_WARP + me];
    return value;
}

/* dweight = sum(g x'), dbias = sum(g) of a chunk of the rows. Task t is chunk t % chunks of 32 columns. */
template <class T> __global__ void norm_sums(TM_PARAM norm_plan p) {
    const int64_t blocks = (p.n + TM_WARP - 1) / TM_WARP;
    const T *g = (const T *)p.g, *x = (const T *)p.x, *stats = (const T *)p.stats;
    for (int64_t task = blockIdx.x; task < blocks * p.chunks; task += gridDim.x) {
        const int64_t block = task / p.chunks, chunk = task - block * p.chunks, first = chunk * p.chunk;
        const int64_t last = first + p.chunk < p.rows ? first + p.chunk : p.rows;
        const int64_t j = block * TM_WARP + threadIdx.x % TM_WARP;
        double weight = 0, bias = 0;
        for (int64_t i = first + threadIdx.x / TM_WARP; i < last && j < p.n; i += BATCH * ROWS) {
            T product = 0, sum = 0;
            TM_UNROLL for (int k = 0; k < BATCH; k++) {
                const int64_t row = i + k * ROWS;
                if (row >= last) continue;
                const T flow = g[row * p.n + j];
                product += flow * ((x[row * p.n + j] - stats[2 * row]) * stats[2 * row + 1]);
                sum += flow;
            }
            weight += (double)product;
            bias += (double)sum;
        }
        weight = join_column(weight);
        bias = join_column(bias);
        if (threadIdx.x < TM_WARP && j < p.n) {
            p.parts[chunk * 2 * p.n + j] = weight;
            p.parts[chunk * 2 * p.n + p.n + j] = bias;
        }
    }
}

template <class T> __global__ void norm_join(TM_PARAM norm_plan p) {
    const int64_t n = 2 * p.n;
    for (int64_t first = (int64_t)blockIdx.x * TM_WARP; first < n; first += (int64_t)gridDim.x * TM_WARP) {
        const int64_t j = first + threadIdx.x % TM_WARP;
        double sum = 0;
        for (int64_t c = threadIdx.x / TM_WARP; c < p.chunks && j < n; c += ROWS) sum += p.parts[c * n + j];
        sum = join_column(sum);
        if (threadIdx.x < TM_WARP && j < n) ((T *)p.sums)[j] = (T)sum;
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

static int64_t parts_of(int64_t n, int64_t size) { return (n + size - 1) / size; }

/* The plan without its operands, for those from 0 to 4. */
static norm_plan plan_for(const tm_call *call) {
    norm_plan p = norm_plan();
    p.rows = call->shape[0];
    p.n = call->shape[1];
    p.centred = call->op == TM_OP_layer_norm;
    p.numbers = tm_numbers_of(call);
    p.packed = p.n * (call->compute == TM_FLOAT64 ? 8 : 4) % 16 == 0;
    for (int k = 0; k < 4; k++) p.packed = p.packed && tm_is_aligned(call->arg[k].data);
    p.out = call->arg[0].data;
    p.stats = call->arg[4].data;
    return p;
}

#define LAUNCH(kernel) TM_LAUNCH_ROWS(call, kernel, p.rows, p.n, p.packed, p)

void tm_cuda_normalise(tm_call *call) {
    norm_plan p = plan_for(call);
    p.x = call->arg[1].data;
    p.weight = call->arg[2].data;
    p.bias = call->arg[3].data;
    LAUNCH(normalise_rows);
}

template <class T> static void launch_sums(tm_call *call, norm_plan p) {
    const int64_t blocks = parts_of(p.n, TM_WARP), wanted = blocks < TASKS ? parts_of(TASKS, blocks) : 1;
    p.chunk = parts_of(parts_of(p.rows, wanted), ROWS * BATCH) * ROWS * BATCH;
    p.chunks = parts_of(p.rows, p.chunk);
    p.parts = (double *)tm_cuda_scratch(call, (size_t)(p.chunks * 2 * p.n) * sizeof(double));
    if (!p.parts) return;
    TM_LAUNCH(call, norm_sums<T>, tm_cuda_blocks(blocks * p.chunks, 1), TM_THREADS, p);
    TM_LAUNCH(call, norm_join<T>, tm_cuda_blocks(parts_of(2 * p.n, TM_WARP), 1), TM_THREADS, p);
}

void tm_cuda_normalise_gradient(tm_call *call) {
    norm_plan p = plan_for(call);
    p.g = call->arg[1].data;
    p.x = call->arg[2].data;
    p.weight = call->arg[3].data;
    p.sums = call->arg[5].data;
    if (p.out) LAUNCH(norm_gradient_rows);
    if (!p.sums) return;
    if (call->compute == TM_FLOAT32)
        launch_sums<float>(call, p);
    else
        launch_sums<double>(call, p);
}
