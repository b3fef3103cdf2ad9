/* windows.c: see windows.h. */
#include "windows.h"

bool tm_windows_axes(const tm_windows *g, const char *name, const tm_list *list, int64_t least, int64_t preset,
                     int64_t *to) {
    static const char *const more[] = {"", ", or two: for rows and columns",
                                       ", or three: for planes, rows and columns"};
    for (int d = 0; d < TM_WINDOW_AXES; d++) to[d] = preset;
    if (list->n <= 0) return true; /* {} in a call may have meant no options */
    bool fits = list->n == 1 || list->n == g->axes;
    for (int i = 0; fits && i < g->axes; i++) {
        to[g->skip + i] = list->v[list->n == 1 ? 0 : i];
        fits = to[g->skip + i] >= least && to[g->skip + i] <= INT32_MAX;
    }
    if (!fits)
        tm_fail(TM_MISUSE, "%s: %s is one number%s, %lld or more; got %s", g->op, name, more[g->axes - 1],
                (long long)least, tm_shape_words(list->n, list->v));
    return fits;
}

bool tm_windows_size(tm_windows *g, const tm_list *size) {
    g->skip = TM_WINDOW_AXES - g->axes;
    if (size->n > 0) return tm_windows_axes(g, "size", size, 1, 1, g->k);
    return tm_fail(TM_MISUSE, "%s: expected the size of a window, got an empty list", g->op);
}

bool tm_windows_read(tm_windows *g, const tm_list *stride, const tm_list *padding, const tm_list *dilation) {
    g->skip = TM_WINDOW_AXES - g->axes;
    for (int d = 0; d < g->skip; d++) g->x[d] = g->y[d] = g->k[d] = 1;
    return tm_windows_axes(g, "stride", stride, 1, 1, g->stride) &&
           tm_windows_axes(g, "padding", padding, 0, 0, g->padding) &&
           tm_windows_axes(g, "dilation", dilation, 1, 1, g->dilation);
}

void tm_windows_sizes(const tm_windows *g, int64_t *to, const tm_tensor *x) {
    for (int i = 0; i < g->axes; i++) to[g->skip + i] = x->shape[x->rank - g->axes + i];
}

bool tm_windows_over_nothing(const tm_windows *g, const tm_tensor *x) {
    return tm_fail(TM_MISUSE, "%s: x %s has no elements along the axes that windows move over", g->op,
                   tm_shape_text(x));
}

void tm_windows_strides(const tm_windows *g, int64_t *along_y, int64_t *along_k) {
    int64_t unit = 1;
    for (int d = TM_WINDOW_AXES - 1; d >= 0; unit *= g->x[d--]) {
        along_y[d] = g->stride[d] * unit;
        along_k[d] = g->dilation[d] * unit;
    }
}

const char *tm_windows_layout(const tm_windows *g) {
    static const char *const names[] = {"L", "H, W", "D, H, W"};
    return names[g->axes - 1];
}

tm_tensor *tm_as_batch(tm_tensor *x, int axes) {
    if (!x || x->rank != axes + 1) return x;
    int64_t shape[TM_MAX_RANK] = {1};
    memcpy(shape + 1, x->shape, sizeof(int64_t) * (size_t)x->rank);
    return tm_reshape(x, x->rank + 1, shape);
}
