/* convolve_windows.cu: around the products of convolutions: windows unrolled into matrices and rolled up again, what is
 * done behind a product, and sums of many small ones.
 *
 * A thread takes one column and one channel and goes through the taps, so neighbours read and write neighbours. No
 * element is written twice: rolling up, each element of x gathers its copies, tap by tap. */
#include "convolve.h"

#define FINISHED 512 /* elements of a plane that a warp takes, at most */
#define PIECE_ROWS 8 /* of a block that sums pieces */

/* --- unrolling -------------------------------------------------------------------------------------------------- */

typedef struct unrolling {
    tm_convolution g;
    tm_columns columns;
    int64_t channels, n;
    int narrow;
} unrolling;

/* Which image and place column r of a matrix is; 0: none, it only fills the row. */
TM_DEVICE int find_column(const unrolling &u, int64_t matrix, int64_t r, int64_t *image, int64_t *place) {
    if (!u.columns.joined) {
        *image = matrix;
        *place = r;
        return r < u.g.y_volume;
    }
    *image = matrix * u.columns.row + r;
    *place = tm_divide(image, u.g.y_volume, *image <= UINT32_MAX);
    return *image < u.g.n;
}

/* One channel's taps at a place, `row` elements apart. */
template <class T>
TM_DEVICE void unroll_place(const tm_convolution &g, const T *plane, int64_t place, T *to, int64_t row) {
    const int u2 = (int)tm_divide(&place, g.y[2], 1), u1 = (int)tm_divide(&place, g.y[1], 1);
    const int from0 = (int)place * g.step[0] - g.pad[0], from1 = u1 * g.step[1] - g.pad[1],
              from2 = u2 * g.step[2] - g.pad[2];
    for (int k0 = 0; k0 < g.k[0]; k0++)
        for (int k1 = 0; k1 < g.k[1]; k1++) {
            const int at0 = from0 + k0 * g.spread[0], at1 = from1 + k1 * g.spread[1];
            const int inside = (unsigned)at0 < (unsigned)g.x[0] && (unsigned)at1 < (unsigned)g.x[1];
            const int64_t line = ((int64_t)at0 * g.x[1] + at1) * g.x[2];
            for (int k2 = 0; k2 < g.k[2]; k2++, to += row) {
                const int at2 = from2 + k2 * g.spread[2];
                *to = inside && (unsigned)at2 < (unsigned)g.x[2] ? plane[line + at2] : 0;
            }
        }
}

template <class T> __global__ void unroll_windows(TM_PARAM unrolling u, const T *x, T *to) {
    for (int64_t i = tm_first(); i < u.n; i += tm_stride()) {
        int64_t matrix = i, image, place;
        const int64_t r = tm_divide(&matrix, u.columns.row, u.narrow), plane = matrix;
        const int64_t channel = tm_divide(&matrix, u.channels, u.narrow);
        T *first = to + plane * u.g.taps * u.columns.row + r;
        if (find_column(u, u.columns.first + matrix, r, &image, &place))
            unroll_place(u.g, x + (image * u.channels + channel) * u.g.x_volume, place, first, u.columns.row);
        else
            for (int k = 0; k < u.g.taps; k++) first[k * u.columns.row] = 0;
    }
}

void tm_cuda_unroll(tm_call *call, const tm_convolution *g, const tm_columns *columns, const void *x, void *to) {
    unrolling u = {*g, *columns, (int64_t)g->groups * g->ci, 0, 0};
    u.n = columns->count * u.channels * columns->row;
    u.narrow = u.n <= UINT32_MAX;
    const unsigned blocks = tm_cuda_blocks(u.n, TM_THREADS);
    if (call->compute == TM_FLOAT32)
        TM_LAUNCH(call, unroll_windows<float>, blocks, TM_THREADS, u, (const float *)x, (float *)to);
    else
        TM_LAUNCH(call, unroll_windows<double>, blocks, TM_THREADS, u, (const double *)x, (double *)to);
}

/* --- rolling up ------------------------------------------------------------------------------------------------- */

/* The window whose tap number k is at `at`, along an axis; -1: none. */
TM_DEVICE int window_of(int at, int k, int spread, int step, int windows) {
    const int from = at - k * spread;
    if (step == 1) return from < windows ? from : -1;
    const int u = from / step;
    return from >= 0 && u * step == from && u < windows ? u : -1;
}

/* The sum of a channel's copies of the element at a place of x. */
template <class T> TM_DEVICE T roll_place(const tm_convolution &g, int64_t place, const T *from, int64_t row) {
    const int at2 = (int)tm_divide(&place, g.x[2], 1) + g.pad[2], at1 = (int)tm_divide(&place, g.x[1], 1) + g.pad[1],
              at0 = (int)place + g.pad[0];
    T sum = 0;
    for (int k0 = 0; k0 < g.k[0]; k0++) {
        const int u0 = window_of(at0, k0, g.spread[0], g.step[0], g.y[0]);
        for (int k1 = 0; k1 < g.k[1] && u0 >= 0; k1++) {
            const int u1 = window_of(at1, k1, g.spread[1], g.step[1], g.y[1]);
            const T *line = from + (int64_t)(k0 * g.k[1] + k1) * g.k[2] * row + ((int64_t)u0 * g.y[1] + u1) * g.y[2];
            for (int k2 = 0; k2 < g.k[2] && u1 >= 0; k2++, line += row) {
                const int u2 = window_of(at2, k2, g.spread[2], g.step[2], g.y[2]);
                if (u2 >= 0) sum += line[u2];
            }
        }
    }
    return sum;
}

template <class T> __global__ void roll_windows(TM_PARAM unrolling u, const T *from, const T *bias, T *x) {
    T *first = x + u.columns.first * u.channels * u.g.x_volume;
    for (int64_t i = tm_first(); i < u.n; i += tm_stride()) {
        int64_t plane = i;
        const int64_t place = tm_divide(&plane, u.g.x_volume, u.narrow);
        const T sum = roll_place(u.g, place, from + plane * u.g.taps * u.columns.row, u.columns.row);
        first[i] = bias ? sum + bias[tm_divide(&plane, u.channels, u.narrow)] : sum;
    }
}

void tm_cuda_roll(const tm_convolve *c, const tm_columns *columns, const void *from) {
    unrolling u = {c->g, *columns, (int64_t)c->g.groups * c->g.ci, 0, 0};
    u.n = columns->count * u.channels * c->g.x_volume;
    u.narrow = u.n <= UINT32_MAX;
    const unsigned blocks = tm_cuda_blocks(u.n, TM_THREADS);
    if (c->call->compute == TM_FLOAT32)
        TM_LAUNCH(c->call, roll_windows<float>, blocks, TM_THREADS, u, (const float *)from, (const float *)c->bias,
                  (float *)c->out);
    else
        TM_LAUNCH(c->call, roll_windows<double>, blocks, TM_THREADS, u, (const double *)from, (const double *)c->bias,
                  (double *)c->out);
}

/* --- behind a product ------------------------------------------------------------------------------------------- */

/* A warp takes a piece of a plane, so that nothing is divided for each element. */
template <class T>
__global__ void finish_planes(int64_t pieces, int of_plane, int channels, int volume, const T *bias, int relu, T *y) {
    for (int64_t i = tm_first(); i < pieces * TM_WARP; i += tm_stride()) {
        int64_t plane = i / TM_WARP;
        const int begin = (int)tm_divide(&plane, of_plane, pieces <= UINT32_MAX) * FINISHED;
        const int end = volume - begin < FINISHED ? volume : begin + FINISHED;
        const T more = bias ? bias[plane % channels] : 0;
        T *to = y + plane * volume;
        for (int at = begin + (int)(i % TM_WARP); at < end; at += TM_WARP) {
            const T value = bias ? to[at] + more : to[at];
            to[at] = relu && value <= 0 ? 0 : value;
        }
    }
}

void tm_cuda_finish_planes(const tm_convolve *c, int64_t planes, int channels, int volume, void *y) {
    const int of_plane = (volume - 1) / FINISHED + 1;
    const int64_t pieces = planes * of_plane;
    const unsigned blocks = tm_cuda_blocks(pieces * TM_WARP, TM_THREADS);
    if (c->call->compute == TM_FLOAT32)
        TM_LAUNCH(c->call, finish_planes<float>, blocks, TM_THREADS, pieces, of_plane, channels, volume,
                  (const float *)c->bias, c->relu, (float *)y);
    else
        TM_LAUNCH(c->call, finish_planes<double>, blocks, TM_THREADS, pieces, of_plane, channels, volume,
                  (const double *)c->bias, c->relu, (double *)y);
}

/* A block takes 32 elements and goes through the pieces, PIECE_ROWS at a time. */
template <class T> __global__ void sum_pieces(int64_t pieces, int64_t n, const T *from, T *to, int add) {
    TM_SHARED(double, part, PIECE_ROWS *TM_WARP);
    for (int64_t first = (int64_t)blockIdx.x * TM_WARP; first < n; first += (int64_t)gridDim.x * TM_WARP) {
        const int64_t j = first + threadIdx.x;
        double sum = 0;
        for (int64_t i = threadIdx.y; i < pieces && j < n; i += PIECE_ROWS) sum += (double)from[i * n + j];
        part[threadIdx.y * TM_WARP + threadIdx.x] = sum;
        __syncthreads();
        if (threadIdx.y == 0 && j < n) {
            double all = add ? (double)to[j] : 0;
            for (int r = 0; r < PIECE_ROWS; r++) all += part[r * TM_WARP + threadIdx.x];
            to[j] = (T)all;
        }
        __syncthreads(); /* part has been read */
    }
}

void tm_cuda_sum_pieces(tm_call *call, int64_t pieces, int64_t n, const void *from, void *to, int add) {
    const unsigned blocks = tm_cuda_blocks(n, TM_WARP);
    const dim3 threads(TM_WARP, PIECE_ROWS);
    if (call->compute == TM_FLOAT32)
        TM_LAUNCH(call, sum_pieces<float>, blocks, threads, pieces, n, (const float *)from, (float *)to, add);
    else
        TM_LAUNCH(call, sum_pieces<double>, blocks, threads, pieces, n, (const double *)from, (double *)to, add);
}
