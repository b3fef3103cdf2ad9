/* convolve.h: a convolution's geometry as its kernels see it, and the ways to make one.
 *
 * All have three axes; what a row lacks in front has size 1. In the terms of the forward direction:
 *     y[n, o, u] = sum over c, k of w[o, c, k] x[n, c, u * step + k * spread - pad]
 *
 * The windows of x are a matrix of (ci * taps) rows, one for each (c, k), with one column for each place u. */
#ifndef TM_CUDA_CONVOLVE_H
#define TM_CUDA_CONVOLVE_H

#include "cuda.h"

typedef struct tm_convolution {
    int64_t n;
    int groups, co, ci; /* channels of y and of x in a group */
    int y[3], x[3], k[3], step[3], spread[3], pad[3];
    int taps, y_volume, x_volume;
} tm_convolution;

/* Which columns a matrix of windows has, and how long its rows are. */
typedef struct tm_columns {
    int64_t first, count, row; /* matrices first .. first + count - 1 */
    int joined; /* 0: a matrix is an image's. 1: matrix i has the places row * i .. row * i + row - 1 of all images */
} tm_columns;

/* One of y, x, w, from the two others. What is absent is NULL. */
typedef struct tm_convolve {
    tm_call *call;
    tm_convolution g;
    const void *x, *y, *w, *bias;
    void *out;
    int relu;
} tm_convolve;

/* convolve_direct.cu: y, or x if `back`, in one launch without scratch memory. 0: images are too large for it. */
int tm_cuda_convolve_directly(const tm_convolve *c, int back);
/* w, where x has one channel in a group. 0: it has more, or images are too large, or so much scratch is not enough. */
int tm_cuda_weigh_directly(const tm_convolve *c, int64_t scratch_bytes);

/* convolve_windows.cu. Matrices lie side by side: (count, all channels, taps, row). */
void tm_cuda_unroll(tm_call *call, const tm_convolution *g, const tm_columns *columns, const void *x, void *to);
/* x from the windows: each element is the sum of its copies, plus bias. */
void tm_cuda_roll(const tm_convolve *c, const tm_columns *columns, const void *from);
/* y = relu(y + bias) for planes of `volume` elements, of `channels` channels. */
void tm_cuda_finish_planes(const tm_convolve *c, int64_t planes, int channels, int volume, void *y);
/* to = the sum of `pieces` runs of n elements, plus what is there if `add`. */
void tm_cuda_sum_pieces(tm_call *call, int64_t pieces, int64_t n, const void *from, void *to, int add);

#endif
