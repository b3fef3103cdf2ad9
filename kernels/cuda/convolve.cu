/* convolve.cu: convolutions: forward, back into x, and the weights' gradient.
 *
 * Large ones are products of cuBLASLt: the windows of a few images at a time, as many as scratch memory may hold, are a
 * matrix for each of them (convolve_windows.cu), and one batched product makes
 *     forward   y = W windows, then bias and ReLU
 *     back      windows = W' y, which are rolled up into x
 *     weights   a W for each matrix, y windows', of which the sum is taken, always in the same order
 * Small ones are made by one kernel (convolve_direct.cu). */
#include "convolve.h"
#include "gemm.h"

#include <cstring>

#define SCRATCH_BYTES ((int64_t)64 << 20) /* of a call, about: more gains nothing, less stays in a large cache */
#define MOST_BATCHES 65535                /* of a product */
#define DIRECT_TERMS 64                   /* of a sum, at most, or so few outputs: a product would be silly */
#define DIRECT_OUTS 4
#define LEAST_ROW 256 /* places that one product of the weights' gradient sums over, and at most: */
#define MOST_ROW 4096

/* --- geometry --------------------------------------------------------------------------------------------------- */

static int is_too_large(const tm_call *call, const tm_convolution *g) {
    const int64_t most = INT32_MAX;
    double x = 1, y = 1, taps = 1;
    int large = call->shape[2] > most || call->shape[6] > most || call->shape[1] > most;
    for (int d = 0; d < 3; d++) {
        x *= (double)call->value[3 + d].i;
        y *= (double)call->shape[3 + d];
        taps *= (double)call->shape[7 + d];
        large |= (double)call->value[3 + d].i + 2 * (double)call->value[d].i + (double)g->step[d] > (double)most;
    }
    return large || x > (double)most || y > (double)most || taps > (double)most;
}

/* 0: there is more along an axis, or in a plane, than these kernels count to. */
static int read_geometry(tm_call *call, const tm_arg *x, tm_convolution *g) {
    int64_t unit = 1;
    for (int d = 2; d >= 0; d--) {
        g->y[d] = (int)call->shape[3 + d];
        g->k[d] = (int)call->shape[7 + d];
        g->pad[d] = (int)call->value[d].i;
        g->x[d] = (int)call->value[3 + d].i;
        g->step[d] = (int)(x->stride[3 + d] / unit);
        g->spread[d] = (int)(x->stride[7 + d] / unit);
        unit *= call->value[3 + d].i;
    }
    g->n = call->shape[0];
    g->groups = (int)call->shape[1];
    g->co = (int)call->shape[2];
    g->ci = (int)call->shape[6];
    g->taps = g->k[0] * g->k[1] * g->k[2];
    g->x_volume = g->x[0] * g->x[1] * g->x[2];
    g->y_volume = g->y[0] * g->y[1] * g->y[2];
    if (!is_too_large(call, g)) return 1;
    tm_cuda_refuse("a convolution with more than 2^31 - 1 elements in a plane, or along a padded axis");
    call->fault.kind = TM_FAULT_DEVICE;
    return 0;
}

static tm_convolve read_call(tm_call *call, int x, int y, int w) {
    tm_convolve c;
    memset((void *)&c, 0, sizeof c);
    c.call = call;
    c.x = call->arg[x].data;
    c.y = call->arg[y].data;
    c.w = call->arg[w].data;
    c.out = call->arg[0].data;
    return c;
}

/* Is x the matrix of its own windows? */
static int is_unrolled(const tm_convolution *g) {
    int is = 1;
    for (int d = 0; d < 3; d++) is &= g->k[d] == 1 && g->step[d] == 1 && g->pad[d] == 0 && g->x[d] == g->y[d];
    return is;
}

/* --- products --------------------------------------------------------------------------------------------------- */

static int64_t bytes_of(const tm_convolve *c) { return c->call->compute == TM_FLOAT64 ? 8 : 4; }

static const char *part_of(const tm_convolve *c, const void *data, int64_t elements) {
    return (const char *)data + elements * bytes_of(c);
}

/* One product of a batch after another, MOST_BATCHES at a time. */
static void multiply(const tm_convolve *c, tm_gemm gemm) {
    const tm_epilogue none = {NULL, 0};
    gemm.dtype = c->call->compute;
    for (int64_t left = gemm.batches; left > 0 && !c->call->fault.kind; left -= gemm.batches) {
        int fused;
        gemm.batches = left < MOST_BATCHES ? left : MOST_BATCHES;
        tm_cuda_count(c->call);
        if (tm_cuda_gemm(&gemm, &none, &fused)) c->call->fault.kind = TM_FAULT_DEVICE;
        gemm.a = part_of(c, gemm.a, gemm.batches * gemm.a_step);
        gemm.b = part_of(c, gemm.b, gemm.batches * gemm.b_step);
        gemm.c = (void *)part_of(c, gemm.c, gemm.batches * gemm.c_step);
    }
    tm_cuda.work.way = "cuBLASLt";
}

/* A product of W for each group of each image: how far groups are apart in W, in the other operand and the result. */
typedef struct grouped {
    tm_gemm gemm;
    int64_t images, groups, w_group, b_group, c_group;
} grouped;

/* One batch goes over the images or over the groups, whichever are more. */
static void multiply_groups(const tm_convolve *c, const grouped *p) {
    tm_gemm gemm = p->gemm;
    const int over_images = p->images >= p->groups;
    gemm.batches = over_images ? p->images : p->groups;
    gemm.a_step = over_images ? 0 : p->w_group;
    gemm.b_step = p->b_group * (over_images ? p->groups : 1);
    gemm.c_step = p->c_group * (over_images ? p->groups : 1);
    const int64_t rest = over_images ? p->groups : p->images;
    for (int64_t i = 0; i < rest && !c->call->fault.kind; i++) {
        gemm.a = part_of(c, p->gemm.a, over_images ? i * p->w_group : 0);
        gemm.b = part_of(c, p->gemm.b, i * p->b_group * (over_images ? 1 : p->groups));
        gemm.c = (void *)part_of(c, p->gemm.c, i * p->c_group * (over_images ? 1 : p->groups));
        multiply(c, gemm);
    }
}

/* --- forward and back ------------------------------------------------------------------------------------------- */

/* Matrices that are made at once. */
static int64_t matrices_at_once(int64_t bytes_each, int64_t all) {
    const int64_t fitting = SCRATCH_BYTES / (bytes_each > 0 ? bytes_each : 1);
    return fitting >= all ? all : fitting > 0 ? fitting : 1;
}

static int64_t rounded_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

static int is_direct(int64_t terms, int outs) { return terms <= DIRECT_TERMS || outs <= DIRECT_OUTS; }

/* y of some images, from their windows. */
static void forward_images(const tm_convolve *c, int64_t first, int64_t images, int64_t row, const void *windows) {
    const tm_convolution *g = &c->g;
    const int64_t terms = (int64_t)g->ci * g->taps, plane = (int64_t)g->co * g->y_volume;
    grouped p;
    memset((void *)&p, 0, sizeof p);
    p.images = images;
    p.groups = g->groups;
    p.w_group = g->co * terms;
    p.b_group = terms * row;
    p.c_group = plane;
    p.gemm.m = g->co;
    p.gemm.n = g->y_volume;
    p.gemm.k = p.gemm.a_lead = terms;
    p.gemm.b_lead = row;
    p.gemm.c_lead = g->y_volume;
    p.gemm.a = c->w;
    p.gemm.b = windows;
    p.gemm.c = (void *)part_of(c, c->out, first * g->groups * plane);
    multiply_groups(c, &p);
    if ((c->bias || c->relu) && !c->call->fault.kind)
        tm_cuda_finish_planes(c, images * g->groups * g->co, g->groups * g->co, g->y_volume, p.gemm.c);
}

static void forward_by_products(const tm_convolve *c) {
    const tm_convolution *g = &c->g;
    if (is_unrolled(g)) {
        forward_images(c, 0, g->n, g->y_volume, c->x);
        return;
    }
    const int64_t row = rounded_up(g->y_volume, 4), channels = (int64_t)g->groups * g->ci;
    const int64_t each = channels * g->taps * row * bytes_of(c), images = matrices_at_once(each, g->n);
    void *windows = tm_cuda_scratch(c->call, (size_t)(images * each));
    for (int64_t i = 0; i < g->n && !c->call->fault.kind; i += images) {
        const tm_columns columns = {i, images < g->n - i ? images : g->n - i, row, 0};
        tm_cuda_unroll(c->call, g, &columns, c->x, windows);
        forward_images(c, i, columns.count, row, windows);
    }
}

/* args: y, x, w, bias or none; value 6: ReLU */
void tm_cuda_conv(tm_call *call) {
    tm_convolve c = read_call(call, 1, 0, 2);
    c.bias = call->arg[3].data;
    c.relu = call->value[6].i == 1;
    if (!read_geometry(call, &call->arg[1], &c.g)) return;
    if (!is_direct((int64_t)c.g.ci * c.g.taps, c.g.co) || !tm_cuda_convolve_directly(&c, 0)) forward_by_products(&c);
}

/* The windows of x of some images, from their y. */
static void windows_of_images(const tm_convolve *c, int64_t first, int64_t images, int64_t row, void *windows) {
    const tm_convolution *g = &c->g;
    const int64_t terms = (int64_t)g->ci * g->taps, plane = (int64_t)g->co * g->y_volume;
    grouped p;
    memset((void *)&p, 0, sizeof p);
    p.images = images;
    p.groups = g->groups;
    p.w_group = g->co * terms;
    p.b_group = plane;
    p.c_group = terms * row;
    p.gemm.m = p.gemm.a_lead = terms;
    p.gemm.n = p.gemm.b_lead = g->y_volume;
    p.gemm.k = g->co;
    p.gemm.c_lead = row;
    p.gemm.a_turned = 1;
    p.gemm.a = c->w;
    p.gemm.b = part_of(c, c->y, first * g->groups * plane);
    p.gemm.c = windows;
    multiply_groups(c, &p);
}

static void back_by_products(const tm_convolve *c) {
    const tm_convolution *g = &c->g;
    const int64_t channels = (int64_t)g->groups * g->ci;
    if (is_unrolled(g)) {
        windows_of_images(c, 0, g->n, g->y_volume, c->out);
        if (c->bias && !c->call->fault.kind)
            tm_cuda_finish_planes(c, g->n * channels, (int)channels, g->x_volume, c->out);
        return;
    }
    const int64_t row = rounded_up(g->y_volume, 4);
    const int64_t each = channels * g->taps * row * bytes_of(c), images = matrices_at_once(each, g->n);
    void *windows = tm_cuda_scratch(c->call, (size_t)(images * each));
    for (int64_t i = 0; i < g->n && !c->call->fault.kind; i += images) {
        const tm_columns columns = {i, images < g->n - i ? images : g->n - i, row, 0};
        windows_of_images(c, i, columns.count, row, windows);
        if (!c->call->fault.kind) tm_cuda_roll(c, &columns, windows);
    }
}

/* args: x, y, w, bias or none */
void tm_cuda_conv_back(tm_call *call) {
    tm_convolve c = read_call(call, 0, 1, 2);
    c.bias = call->arg[3].data;
    if (!read_geometry(call, &call->arg[0], &c.g)) return;
    if (!is_direct((int64_t)c.g.co * c.g.taps, c.g.ci) || !tm_cuda_convolve_directly(&c, 1)) back_by_products(&c);
}

/* --- the weights' gradient -------------------------------------------------------------------------------------- */

/* y as if it were x, with windows of one element. */
static tm_convolution only_places(const tm_convolution *g) {
    tm_convolution flat = *g;
    flat.ci = g->co;
    for (int d = 0; d < 3; d++) {
        flat.x[d] = g->y[d];
        flat.k[d] = flat.step[d] = flat.spread[d] = 1;
        flat.pad[d] = 0;
    }
    flat.taps = 1;
    flat.x_volume = g->y_volume;
    return flat;
}

/* An image's places are summed by one product where that is long enough for the sums to weigh less than the windows do,
 * and there are enough images. Elsewhere all images' places are cut evenly, for which y is copied too. */
static tm_columns plan_columns(const tm_convolution *g) {
    const int64_t least = 2 * (int64_t)g->co > LEAST_ROW ? 2 * (int64_t)g->co : LEAST_ROW;
    const int64_t terms = (int64_t)g->ci * g->taps;
    const int64_t tiles = g->n * g->groups * ((g->co + 63) / 64) * ((terms + 63) / 64);
    tm_columns columns = {0, g->n, g->y_volume, 0};
    if (2 * (int64_t)g->y_volume >= least && (g->y_volume <= MOST_ROW || tiles >= 2 * tm_cuda.multiprocessors))
        return columns;
    columns.joined = 1;
    columns.row = rounded_up(least, 32);
    columns.count = (g->n * g->y_volume + columns.row - 1) / columns.row;
    return columns;
}

/* The weights of each matrix: y (co, row) times its windows, turned. */
static void weigh_matrices(const tm_convolve *c, const tm_columns *columns, const void *y, const void *windows,
                           void *pieces) {
    const tm_convolution *g = &c->g;
    tm_gemm gemm;
    memset((void *)&gemm, 0, sizeof gemm);
    gemm.batches = columns->count * g->groups;
    gemm.m = g->co;
    gemm.n = gemm.c_lead = (int64_t)g->ci * g->taps;
    gemm.k = gemm.a_lead = gemm.b_lead = columns->row;
    gemm.b_turned = 1;
    gemm.a = y;
    gemm.b = windows;
    gemm.c = pieces;
    gemm.a_step = gemm.m * columns->row;
    gemm.b_step = gemm.n * columns->row;
    gemm.c_step = gemm.m * gemm.n;
    multiply(c, gemm);
}

/* args: w, x, y */
void tm_cuda_conv_weight(tm_call *call) {
    tm_convolve c = read_call(call, 1, 2, 0);
    tm_convolution *g = &c.g;
    if (!read_geometry(call, &call->arg[1], g) || tm_cuda_weigh_directly(&c, SCRATCH_BYTES)) return;
    const tm_columns all = plan_columns(g);
    const tm_convolution places = only_places(g);
    const int given = is_unrolled(g) && !all.joined;
    const int64_t x_rows = (int64_t)g->groups * g->ci * g->taps, y_rows = (int64_t)g->groups * g->co;
    const int64_t windows = given ? 0 : x_rows * all.row, copied = all.joined ? y_rows * all.row : 0;
    const int64_t piece = x_rows * g->co, each = windows + copied + piece;
    const int64_t count = matrices_at_once(each * bytes_of(&c), all.count);
    void *room = tm_cuda_scratch(call, (size_t)(count * each * bytes_of(&c)));
    void *y_room = (void *)part_of(&c, room, count * windows), *pieces = (void *)part_of(&c, y_room, count * copied);
    for (int64_t i = 0; i < all.count && !call->fault.kind; i += count) {
        const tm_columns some = {i, count < all.count - i ? count : all.count - i, all.row, all.joined};
        const void *x = part_of(&c, c.x, i * x_rows * all.row), *y = part_of(&c, c.y, i * y_rows * all.row);
        if (!given) tm_cuda_unroll(call, g, &some, c.x, room);
        if (all.joined) tm_cuda_unroll(call, &places, &some, c.y, y_room);
        weigh_matrices(&c, &some, all.joined ? y_room : y, given ? x : room, pieces);
        if (!call->fault.kind) tm_cuda_sum_pieces(call, some.count, piece, pieces, c.out, i > 0);
    }
}
