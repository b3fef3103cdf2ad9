/* convolve.c: convolutions of one to three axes: forward, back into x, and the weights' gradient.
 *
 * The iteration is (images, groups, outputs, y's 3 axes | inputs, 3 taps); x's strides say how far an output and a tap
 * move through it. values: padding of the 3 axes, sizes of x along them, ReLU. Everything is contiguous.
 * A task is an image (or a block of its outputs, or a run of images for the weights); the order of each sum depends on
 * the shape alone. */
#include "convolve.h"
#include "threads.h"
#include "vectors.h"

#include <stdlib.h>
#include <string.h>

typedef float tm_f32;
typedef double tm_f64;

/* As in tiles.c. */
#if VECTOR_BYTES == 64
#define TAP_ROWS 8
#define FOUR_ROWS 6 /* of a tile of four vectors */
#else
#define TAP_ROWS 4
#define FOUR_ROWS 2
#endif
#define TAP_VECTORS 3

#define TAP_DEPTH 384                  /* the longest k that is taken at once */
#define STRIP 384                      /* elements of a row of a product, about */
#define WEIGHED 128                    /* places of y that are turned at once, about */
#define AHEAD 1024                     /* bytes: what is copied is asked for so early; it is read only once */
#define MOST_PIECES 16                 /* of the images, for the weights' gradient */
#define PIECE_BYTES (32 * 1024 * 1024) /* of all pieces together */

/* How many rows of this width are taken at once. */
static int64_t strip_of(int64_t wide) { return wide < STRIP ? STRIP / (wide ? wide : 1) : 1; }

/* How many rows of a plane of y are turned at once: the plane is cut evenly. */
static int64_t weighed_at_once(const tm_geometry *g) {
    const int64_t strips = tm_smaller(g->y[1], (g->y[1] * g->y[2] - 1) / WEIGHED + 1);
    return (g->y[1] + strips - 1) / strips;
}

/* Scratch memory; zeroed where asked. */
static void *room_for(tm_convolution *s, int64_t n, size_t bytes, int zero) {
    const size_t size = ((size_t)n * bytes + 127) & ~(size_t)63;
    void *room = aligned_alloc(64, size);
    if (!room) s->failed = 1;
    return room && zero ? memset(room, 0, size) : room;
}

/* Where tap k of a channel lies: its phase, and the position within it. */
static int64_t place_tap(const tm_geometry *g, int64_t k, int64_t *at) {
    const int64_t index[3] = {k / g->k[2] / g->k[1], k / g->k[2] % g->k[1], k % g->k[2]};
    int64_t phase = 0;
    for (int d = 0; d < 3; d++) {
        at[d] = index[d] * g->spread[d] / g->step[d];
        phase = phase * g->step[d] + index[d] * g->spread[d] % g->step[d];
    }
    return phase;
}

/* How far the last tap reaches within its phase. */
static int64_t reach_of(const tm_geometry *g) {
    return (g->reach[0] * g->size[1] + g->reach[1]) * g->size[2] + g->reach[2];
}

/* The positions of a phase that are inside x. 0: none. */
static int phase_range(const tm_geometry *g, const int64_t *phase, int64_t *first, int64_t *last) {
    for (int d = 0; d < 3; d++) {
        const int64_t before = g->pad[d] - phase[d], end = g->x[d] + before;
        first[d] = before > 0 ? (before + g->step[d] - 1) / g->step[d] : 0;
        last[d] = end > 0 ? tm_smaller(g->size[d], (end + g->step[d] - 1) / g->step[d]) : 0;
        if (last[d] <= first[d]) return 0;
    }
    return 1;
}

/* Is every element of x reached by some tap? */
static int is_reached(const tm_geometry *g) {
    int all = g->co > 0;
    for (int d = 0; d < 3; d++) {
        const int64_t taps = (g->k[d] - 1) * g->spread[d] + 1;
        all &= g->size[d] * g->step[d] - g->pad[d] >= g->x[d] && g->step[d] <= taps &&
               (g->step[d] == 1 || g->spread[d] == 1);
    }
    return all;
}

#define TM_SUFFIX f32
#include "convolve_loops.h"
#undef TM_SUFFIX
#define TM_SUFFIX f64
#include "convolve_loops.h"
#undef TM_SUFFIX

#define RANGE(name)                                                                                                    \
    static void name##_range(void *self, int64_t from, int64_t to) {                                                   \
        tm_convolution *s = self;                                                                                      \
        (s->call->compute == TM_FLOAT32 ? name##_f32 : name##_f64)(s, from, to);                                       \
    }
RANGE(forward)
RANGE(backward)
RANGE(weigh)
static void add_pieces_range(void *self, int64_t from, int64_t to) {
    const tm_convolution *s = self;
    (s->call->compute == TM_FLOAT32 ? add_pieces_f32 : add_pieces_f64)(s, from, to);
}

/* --- the call ----------------------------------------------------------------------------------------------------- */

/* More elements of a padded x, or of the weights, than could be counted. */
static int is_too_large(const tm_geometry *g) {
    double padded = (double)(g->ci > g->co ? g->ci : g->co),
           weights = (double)g->ci * (double)g->co * (double)g->groups;
    for (int d = 0; d < 3; d++) {
        padded *= (double)g->step[d] * (double)g->size[d];
        weights *= (double)g->k[d];
    }
    return padded > 0x1p48 || weights > 0x1p48;
}

static void read_axes(tm_convolution *s) {
    const tm_call *call = s->call;
    tm_geometry *g = &s->g;
    *g = (tm_geometry){.n = call->shape[0],
                       .groups = call->shape[1],
                       .co = call->shape[2],
                       .ci = call->shape[6],
                       .taps = 1,
                       .y_volume = 1,
                       .x_volume = 1,
                       .volume = 1,
                       .phases = 1};
    for (int d = 2; d >= 0; d--) {
        g->y[d] = call->shape[3 + d];
        g->k[d] = call->shape[7 + d];
        g->pad[d] = call->value[d].i;
        g->x[d] = call->value[3 + d].i;
        g->step[d] = s->x.stride[3 + d] / g->x_volume;
        g->spread[d] = s->x.stride[7 + d] / g->x_volume;
        g->reach[d] = (g->k[d] - 1) * g->spread[d] / g->step[d];
        g->size[d] = g->y[d] + g->reach[d];
        g->x_volume *= g->x[d], g->y_volume *= g->y[d];
    }
}

static int read_geometry(tm_convolution *s) {
    tm_geometry *g = &s->g;
    read_axes(s);
    s->relu = s->call->value[6].i == 1;
    if (is_too_large(g)) return s->failed = 1, 0;
    for (int d = 0; d < 3; d++) g->volume *= g->size[d], g->taps *= g->k[d], g->phases *= g->step[d];
    s->tap = room_for(s, g->ci * g->taps, sizeof *s->tap, 0);
    for (int64_t c = 0, i = 0; s->tap && c < g->ci; c++)
        for (int64_t k = 0, at[3]; k < g->taps; k++) {
            const int64_t phase = place_tap(g, k, at);
            s->tap[i++] = (c * g->phases + phase) * g->volume + (at[0] * g->size[1] + at[1]) * g->size[2] + at[2];
        }
    return s->tap != NULL;
}

static int threads_for(const tm_convolution *s, int64_t tasks) {
    const tm_geometry *g = &s->g;
    const double work = (double)(g->n * g->groups * g->co) * (double)(g->y_volume * g->ci * g->taps);
    return tm_threads_for(tasks, work >= TM_SHARE_PRODUCT);
}

static void finish(tm_convolution *s) {
    if (s->failed) s->call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
    free(s->tap);
    free(s->scratch);
}

/* y: call->arg y, x, w, bias. A few images are cut along their outputs too. */
void tm_convolve(tm_call *call) {
    tm_convolution s = {.call = call, .out = call->arg[0], .x = call->arg[1], .w = call->arg[2], .bias = call->arg[3]};
    if (read_geometry(&s)) {
        const int64_t images = s.g.n * s.g.groups;
        s.blocks = images >= 2 * tm_cpu_threads ? 1 : tm_smaller(tm_cpu_threads, (s.g.co + TAP_ROWS - 1) / TAP_ROWS);
        tm_share(forward_range, &s, images * s.blocks, threads_for(&s, images * s.blocks));
    }
    finish(&s);
}

/* x: call->arg x, y, w, bias */
void tm_convolve_back(tm_call *call) {
    tm_convolution s = {.call = call, .out = call->arg[0], .y = call->arg[1], .w = call->arg[2], .bias = call->arg[3]};
    s.x = s.out;
    if (read_geometry(&s)) {
        const tm_geometry *g = &s.g;
        const int f32 = call->compute == TM_FLOAT32;
        s.scratch = room_for(&s, g->groups * g->co * g->ci * g->taps, f32 ? sizeof(float) : sizeof(double), 0);
        if (s.scratch) {
            (f32 ? turn_weights_f32 : turn_weights_f64)(&s);
            tm_share(backward_range, &s, g->n * g->groups, threads_for(&s, g->n * g->groups));
        }
    }
    finish(&s);
}

/* w: call->arg w, x, y */
void tm_convolve_weigh(tm_call *call) {
    tm_convolution s = {.call = call, .out = call->arg[0], .x = call->arg[1], .y = call->arg[2]};
    if (read_geometry(&s)) {
        const tm_geometry *g = &s.g;
        const int64_t n = g->groups * g->co * g->ci * g->taps, bytes = call->compute == TM_FLOAT32 ? 4 : 8;
        const int64_t fitting = PIECE_BYTES / (n * bytes + 1);
        s.pieces = tm_smaller(tm_smaller(g->n, MOST_PIECES), fitting > 2 ? fitting : 2);
        s.scratch = room_for(&s, s.pieces * n, (size_t)bytes, 0);
        if (s.scratch) {
            tm_share(weigh_range, &s, s.pieces * g->groups, threads_for(&s, s.pieces * g->groups));
            if (!s.failed) tm_share(add_pieces_range, &s, g->groups * g->co, threads_for(&s, g->groups * g->co));
        }
    }
    finish(&s);
}
