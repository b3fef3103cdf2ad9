/* convolve.h: a convolution's geometry as its three kernels see it, and the product that they are made of.
 *
 * All have three axes; what a row lacks in front has size 1. In the terms of the forward direction:
 *     y[n, o, u] = sum over c, k of w[o, c, k] x[n, c, u * step + k * spread - pad]
 *
 * The padded x is kept apart by phase: position h is element h / step of phase h % step. Within a phase neighbours of
 * y read neighbours of x whatever the step is, and a plane of y is one run of positions q over the phase's rows, a few
 * of them, at the rows' ends, unused: x's element for (c, k) is at tap(c, k) + q. So nothing is unrolled (im2col). */
#ifndef TM_CONVOLVE_H
#define TM_CONVOLVE_H

#include "names.h"

/* C (m, n) = or += the sum over k of A[a_row[i] + a_col[k]] B[b_row[k] + j]. Tables count elements. */
typedef struct tm_tap_product {
    int64_t m, n, k;
    const void *a, *b;
    const int64_t *a_row, *a_col, *b_row;
    void *c;
    int64_t c_row;
    int add;
} tm_tap_product;

typedef struct tm_geometry {
    int64_t n, groups, co, ci; /* images; channels of y and of x in a group */
    int64_t y[3], x[3], k[3], step[3], spread[3], pad[3];
    int64_t reach[3];                                 /* of the last tap, within its phase */
    int64_t size[3];                                  /* of a phase of x */
    int64_t taps, y_volume, x_volume, volume, phases; /* volume: of a phase */
} tm_geometry;

typedef struct tm_convolution {
    tm_call *call;
    tm_geometry g;
    tm_arg out, x, y, w, bias; /* out is one of the three */
    int relu, failed;
    int64_t *tap;   /* (ci * taps) */
    int64_t blocks; /* of output channels: tasks of an image and a group */
    int64_t pieces; /* sums of weights that are added up at the end */
    void *scratch;  /* weights turned, or those sums */
} tm_convolution;

#endif
