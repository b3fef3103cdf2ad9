/* windows.h: windows that move over the last one to three axes of a tensor: what convolutions and pools share. */
#ifndef TM_WINDOWS_H
#define TM_WINDOWS_H

#include "engine.h"

#define TM_WINDOW_AXES 3

/* What a row was told, and the sizes: of x, of the result y, of a window k. All have three axes; one that the row lacks
 * has size 1, and stands in front. */
typedef struct tm_windows {
    const char *op;
    int axes, skip;            /* of the row; TM_WINDOW_AXES - axes */
    int64_t n, groups, co, ci; /* convolutions: x and y have groups * ci and groups * co channels. Pools: n planes */
    int64_t x[TM_WINDOW_AXES], y[TM_WINDOW_AXES], k[TM_WINDOW_AXES];
    int64_t stride[TM_WINDOW_AXES], padding[TM_WINDOW_AXES], dilation[TM_WINDOW_AXES];
    int64_t
        behind[TM_WINDOW_AXES]; /* padding there beyond that in front: 0, or 1 where 'same' asks for an odd number */
} tm_windows;

/* A number for all axes, or one for each, at least `least`. false: it isn't, after tm_fail. */
bool tm_windows_axes(const tm_windows *g, const char *name, const tm_list *list, int64_t least, int64_t preset,
                     int64_t *to);
/* A window's size, k, which has to be given; op and axes are set. */
bool tm_windows_size(tm_windows *g, const tm_list *size);
/* Stride, padding and dilation; op and axes are set. */
bool tm_windows_read(tm_windows *g, const tm_list *stride, const tm_list *padding, const tm_list *dilation);
/* The last axes of x. */
void tm_windows_sizes(const tm_windows *g, int64_t *to, const tm_tensor *x);
/* false, after tm_fail: x has no elements along these axes. */
bool tm_windows_over_nothing(const tm_windows *g, const tm_tensor *x);
/* How far a step of y and a step within a window move through a contiguous x. */
void tm_windows_strides(const tm_windows *g, int64_t *along_y, int64_t *along_k);
const char *tm_windows_layout(const tm_windows *g); /* "H, W" */

/* (C, ...) as a batch of one, of axes + 2 axes. */
tm_tensor *tm_as_batch(tm_tensor *x, int axes);

#endif
