/* convolve_loops.h: the loops of convolve.c, for the type that TM_SUFFIX names. */

#define T TM_PASTE(tm, TM_SUFFIX)
#define VEC TM_PASTE(vec, TM_SUFFIX)
#define DO(name) TM_PASTE(name, TM_SUFFIX)
#define LANES TM_PASTE(WIDTH, TM_SUFFIX)

/* --- the product -------------------------------------------------------------------------------------------------- */

/* A tile of C in registers; an element's sum is made in the order of k wherever its tile lies. `tail` elements of the
 * last vector exist. */
VEC_INLINE void DO(tap_tile)(const tm_tap_product *p, int64_t i, int64_t j, const int rows, const int vectors,
                             const int whole, const int64_t tail) {
    const T *a[TAP_ROWS], *b = (const T *)p->b + j;
    const int64_t *a_col = p->a_col, *b_row = p->b_row;
    VEC sum[TAP_ROWS][TAP_VECTORS + 1];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
        a[r] = (const T *)p->a + p->a_row[i + r];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) sum[r][v] = DO(splat)(0);
    }
    for (int64_t k = 0; k < p->k; k++) {
        VEC row[TAP_VECTORS + 1];
        const T *from = b + b_row[k];
        const int64_t at = a_col[k];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            row[v] = whole || v < vectors - 1 ? DO(load)(from + v * LANES) : DO(load_part)(from + v * LANES, tail);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            const VEC x = DO(splat)(a[r][at]);
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) sum[r][v] = DO(fma)(x, row[v], sum[r][v]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
        T *c = (T *)p->c + (i + r) * p->c_row + j;
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            T *to = c + v * LANES;
            const int all = whole || v < vectors - 1;
            VEC y = sum[r][v];
            VEC before = DO(splat)(0);
            if (p->add && all) before = DO(load)(to);
            if (p->add && !all) before = DO(load_part)(to, tail);
            y += before;
            if (all)
                DO(store)(to, y);
            else
                DO(store_part)(to, y, tail);
        }
    }
}

VEC_INLINE void DO(tap_column)(const tm_tap_product *p, int64_t j, const int vectors, const int whole, int64_t tail) {
    const int rows = vectors > TAP_VECTORS ? FOUR_ROWS : TAP_ROWS;
    int64_t i = 0;
    for (; i + rows <= p->m; i += rows) DO(tap_tile)(p, i, j, rows, vectors, whole, tail);
    for (; i + rows / 2 <= p->m; i += rows / 2) DO(tap_tile)(p, i, j, rows / 2, vectors, whole, tail);
    for (; i < p->m; i++) DO(tap_tile)(p, i, j, 1, vectors, whole, tail);
}

/* Four vectors at the end are taken at once: three would leave one, which is slow. */
static void DO(tap_part)(const tm_tap_product *p) {
    for (int64_t j = 0; j < p->n;) {
        const int64_t left = (p->n - j + LANES - 1) / LANES;
        const int64_t take = left <= TAP_VECTORS + 1 ? left : TAP_VECTORS, tail = p->n - j - (take - 1) * LANES;
        if (tail >= LANES) {
            if (take == 1) DO(tap_column)(p, j, 1, 1, LANES);
            if (take == 2) DO(tap_column)(p, j, 2, 1, LANES);
            if (take == 3) DO(tap_column)(p, j, 3, 1, LANES);
            if (take == 4) DO(tap_column)(p, j, 4, 1, LANES);
        } else {
            if (take == 1) DO(tap_column)(p, j, 1, 0, tail);
            if (take == 2) DO(tap_column)(p, j, 2, 0, tail);
            if (take == 3) DO(tap_column)(p, j, 3, 0, tail);
            if (take == 4) DO(tap_column)(p, j, 4, 0, tail);
        }
        j += take * LANES;
    }
}

/* A long k is taken in equal parts, whose rows of B and of A fit the first-level cache together. */
static void DO(tap_product)(const tm_tap_product *p) {
    const int64_t parts = (p->k - 1) / TAP_DEPTH + 1;
    for (int64_t i = 0; i < parts; i++) {
        const int64_t from = p->k * i / parts;
        tm_tap_product q = *p;
        q.k = p->k * (i + 1) / parts - from;
        q.a_col += from, q.b_row += from;
        q.add |= i > 0;
        DO(tap_part)(&q);
    }
}

/* --- into and out of the padded form ------------------------------------------------------------------------------ */

/* One row, `n` elements: to[(i + pad) / step] of phase (i + pad) % step, phases `volume` apart. If rows are written in
 * the order in which they lie (`rising`), zeros that come after one do no harm. */
static void DO(spread_row)(T *to, const T *from, int64_t n, int64_t pad, int64_t step, int64_t size, int64_t volume,
                           int rising) {
    if (step == 1) {
        n = tm_smaller(n, size - pad);
        for (int64_t i = 0; i < n; i += LANES) {
            const int64_t part = tm_smaller(LANES, n - i);
            __builtin_prefetch((const char *)(from + i) + AHEAD);
            if (rising)
                DO(store)(to + pad + i, DO(load_part)(from + i, part));
            else
                DO(store_part)(to + pad + i, DO(load_part)(from + i, part), part);
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = (i + pad) / step;
        if (at < size) to[(i + pad) % step * volume + at] = from[i];
    }
}

/* The channels of one image and group, padded and apart by phase. What lies around them is 0 already. */
static void DO(take_x)(const tm_geometry *g, T *to, const T *x) {
    const int64_t row = g->size[2], plane = row * g->size[1];
    for (int64_t c = 0; c < g->ci; c++, to += g->phases * g->volume)
        for (int64_t i = 0; i < g->x[0]; i++)
            for (int64_t j = 0; j < g->x[1]; j++, x += g->x[2]) {
                const int64_t h = i + g->pad[0], v = j + g->pad[1];
                const int64_t first = h / g->step[0], second = v / g->step[1];
                if (first >= g->size[0] || second >= g->size[1]) continue;
                const int64_t phase = (h % g->step[0] * g->step[1] + v % g->step[1]) * g->step[2];
                DO(spread_row)
                (to + phase * g->volume + first * plane + second * row, x, g->x[2], g->pad[2], g->step[2], row,
                 g->volume, g->phases == 1);
            }
}

/* `rows` rows of a product's result, `width` elements each and `wide` apart, with the bias and the ReLU. */
static void DO(put_rows)(T *to, int64_t apart, const T *from, int64_t wide, int64_t rows, int64_t width, T bias,
                         int relu) {
    const VEC add = DO(splat)(bias), zero = DO(splat)(0);
    for (; rows > 0; rows--, to += apart, from += wide)
        for (int64_t i = 0; i < width; i += LANES) {
            const int64_t n = tm_smaller(LANES, width - i);
            VEC y = DO(load_part)(from + i, n) + add;
            if (relu) y = DO(most)(zero, y); /* a NaN stays */
            DO(store_part)(to + i, y, n);
        }
}

static T DO(bias_of)(const tm_convolution *s, int64_t channel) {
    return s->bias.data ? ((const T *)s->bias.data)[channel] : 0;
}

/* --- forward ------------------------------------------------------------------------------------------------------ */

/* A plane of y, some rows at a time, for the channels from .. to-1 of a group. */
static void DO(forward_plane)(const tm_convolution *s, const T *x, T *tile, int64_t image, int64_t group, int64_t plane,
                              int64_t from, int64_t to, const int64_t *a_row, const int64_t *a_col) {
    const tm_geometry *g = &s->g;
    const int64_t depth = g->ci * g->taps, wide = g->size[2], most = strip_of(wide), outputs = to - from;
    T *y = (T *)s->out.data + ((image * g->groups + group) * g->co + from) * g->y_volume + plane * g->y[1] * g->y[2];
    for (int64_t row = 0; row < g->y[1]; row += most) {
        const int64_t rows = tm_smaller(most, g->y[1] - row), n = (rows - 1) * wide + g->y[2];
        const tm_tap_product p = {outputs,
                                  n,
                                  depth,
                                  (const T *)s->w.data + (group * g->co + from) * depth,
                                  x + (plane * g->size[1] + row) * wide,
                                  a_row,
                                  a_col,
                                  s->tap,
                                  tile,
                                  n,
                                  0};
        DO(tap_product)(&p);
        for (int64_t c = 0; c < outputs; c++) DO(put_rows)
        (y + c * g->y_volume + row * g->y[2], g->y[2], tile + c * n, wide, rows, g->y[2],
         DO(bias_of)(s, group * g->co + from + c), s->relu);
    }
}

static void DO(forward)(tm_convolution *s, int64_t from, int64_t to) {
    const tm_geometry *g = &s->g;
    const int64_t depth = g->ci * g->taps, per_image = g->groups * s->blocks;
    T *x = room_for(s, g->ci * g->phases * g->volume, sizeof(T), 1);
    T *tile = room_for(s, ((g->co - 1) / s->blocks + 1) * strip_of(g->size[2]) * g->size[2], sizeof(T), 0);
    int64_t *a_row = room_for(s, g->co, sizeof(int64_t), 0), *a_col = room_for(s, depth, sizeof(int64_t), 0);
    if (x && tile && a_row && a_col) {
        for (int64_t i = 0; i < g->co; i++) a_row[i] = i * depth;
        for (int64_t k = 0; k < depth; k++) a_col[k] = k;
        for (int64_t t = from, last = -1; t < to; t++) {
            const int64_t image = t / per_image, group = t / s->blocks % g->groups, block = t % s->blocks;
            if (t / s->blocks != last)
                DO(take_x)(g, x, (const T *)s->x.data + (image * g->groups + group) * g->ci * g->x_volume);
            last = t / s->blocks;
            for (int64_t plane = 0; plane < g->y[0]; plane++) DO(forward_plane)
            (s, x, tile, image, group, plane, g->co * block / s->blocks, g->co * (block + 1) / s->blocks, a_row, a_col);
        }
    }
    free(x), free(tile), free(a_row), free(a_col);
}

/* --- backward into x: every phase of x is a convolution, by the taps that reach it, of y with a margin ------------ */

/* The weights of a phase as (ci, co * its taps), phase after phase, group after group. */
static void DO(turn_weights)(const tm_convolution *s) {
    const tm_geometry *g = &s->g;
    T *to = s->scratch;
    for (int64_t group = 0; group < g->groups; group++)
        for (int64_t phase = 0; phase < g->phases; phase++)
            for (int64_t c = 0; c < g->ci; c++)
                for (int64_t o = 0; o < g->co; o++) {
                    const T *w = (const T *)s->w.data + ((group * g->co + o) * g->ci + c) * g->taps;
                    for (int64_t k = 0; k < g->taps; k++)
                        if (s->tap[k] / g->volume == phase) *to++ = w[k];
                }
}

/* y's channels of one image and group in the form of a phase of x, `reach` zeros before each row, plane and channel:
 * those after it are before the next. */
static void DO(take_y)(const tm_geometry *g, T *to, const T *y) {
    for (int64_t o = 0; o < g->co; o++, to += g->volume)
        for (int64_t i = 0; i < g->y[0]; i++)
            for (int64_t j = 0; j < g->y[1]; j++, y += g->y[2]) DO(spread_row)
    (to + ((i + g->reach[0]) * g->size[1] + j + g->reach[1]) * g->size[2], y, g->y[2], g->reach[2], 1, g->size[2], 0,
     1);
}

typedef struct DO(back) {
    T *y, *tile;
    int64_t *a_row, *a_col, *b_row;
} DO(back);

/* One plane of a phase of x: rows first[1] .. last[1]-1 of it. */
static void DO(back_plane)(const tm_convolution *s, const DO(back) * b, const T *w, T *x, int64_t plane, int64_t depth,
                           const int64_t *phase, const int64_t *first, const int64_t *last, int64_t channel) {
    const tm_geometry *g = &s->g;
    const int64_t wide = g->size[2], high = g->size[1], most = strip_of(wide);
    const int64_t width = last[2] - first[2], i = plane * g->step[0] + phase[0] - g->pad[0];
    for (int64_t row = first[1]; row < last[1]; row += most) {
        const int64_t rows = tm_smaller(most, last[1] - row), n = (rows - 1) * wide + width;
        const tm_tap_product p = {g->ci,    n,        depth,    w,       b->y + (plane * high + row) * wide + first[2],
                                  b->a_row, b->a_col, b->b_row, b->tile, n,
                                  0};
        DO(tap_product)(&p);
        for (int64_t c = 0; c < g->ci; c++) {
            const T bias = DO(bias_of)(s, channel + c);
            const int64_t j = row * g->step[1] + phase[1] - g->pad[1];
            const int64_t k = first[2] * g->step[2] + phase[2] - g->pad[2];
            T *to = x + ((c * g->x[0] + i) * g->x[1] + j) * g->x[2] + k;
            const T *from = b->tile + c * n;
            if (g->step[2] == 1) {
                DO(put_rows)(to, g->x[2] * g->step[1], from, wide, rows, width, bias, 0);
                continue;
            }
            for (int64_t r = 0; r < rows; r++, to += g->x[2] * g->step[1], from += wide)
                for (int64_t q = 0; q < width; q++) to[q * g->step[2]] = from[q] + bias;
        }
    }
}

/* What no tap reaches is the bias alone. */
static void DO(fill_x)(const tm_convolution *s, T *x, int64_t channel) {
    for (int64_t c = 0; c < s->g.ci; c++) {
        const T bias = DO(bias_of)(s, channel + c);
        for (int64_t i = 0; i < s->g.x_volume; i++) *x++ = bias;
    }
}

/* B's rows for a phase: y's element for (o, tap) is `reach` less the tap's place within the phase behind q. */
static int64_t DO(phase_rows)(const tm_convolution *s, int64_t *b_row, int64_t phase) {
    const tm_geometry *g = &s->g;
    int64_t depth = 0;
    for (int64_t k = 0; k < g->taps && g->co > 0; k++)
        if (s->tap[k] / g->volume == phase) b_row[depth++] = reach_of(g) - s->tap[k] % g->volume;
    for (int64_t o = 1; o < g->co; o++)
        for (int64_t k = 0; k < depth; k++) b_row[o * depth + k] = b_row[k] + o * g->volume;
    return g->co * depth;
}

static void DO(back_image)(const tm_convolution *s, const DO(back) * b, int64_t image, int64_t group) {
    const tm_geometry *g = &s->g;
    const T *w = (const T *)s->scratch + group * g->ci * g->co * g->taps;
    const int64_t channel = group * g->ci;
    T *x = (T *)s->out.data + (image * g->groups * g->ci + channel) * g->x_volume;
    DO(take_y)(g, b->y, (const T *)s->y.data + (image * g->groups + group) * g->co * g->y_volume);
    if (!is_reached(g)) DO(fill_x)(s, x, channel);
    for (int64_t phase = 0; phase < g->phases; phase++) {
        const int64_t at[3] = {phase / g->step[2] / g->step[1], phase / g->step[2] % g->step[1], phase % g->step[2]};
        int64_t first[3], last[3];
        const int64_t depth = DO(phase_rows)(s, b->b_row, phase);
        for (int64_t c = 0; c < g->ci; c++) b->a_row[c] = c * depth;
        if (depth && phase_range(g, at, first, last))
            for (int64_t plane = first[0]; plane < last[0]; plane++)
                DO(back_plane)(s, b, w, x, plane, depth, at, first, last, channel);
        w += g->ci * depth;
    }
}

static void DO(backward)(tm_convolution *s, int64_t from, int64_t to) {
    const tm_geometry *g = &s->g;
    const int64_t depth = g->co * g->taps;
    DO(back)
    b = {.y = room_for(s, g->co * g->volume + reach_of(g), sizeof(T), 1),
         .tile = room_for(s, g->ci * strip_of(g->size[2]) * g->size[2], sizeof(T), 0),
         .a_row = room_for(s, g->ci, sizeof(int64_t), 0),
         .a_col = room_for(s, depth, sizeof(int64_t), 0),
         .b_row = room_for(s, depth, sizeof(int64_t), 0)};
    if (b.y && b.tile && b.a_row && b.a_col && b.b_row) {
        for (int64_t k = 0; k < depth; k++) b.a_col[k] = k;
        for (int64_t t = from; t < to; t++) DO(back_image)(s, &b, t / g->groups, t % g->groups);
    }
    free(b.y), free(b.tile), free(b.a_row), free(b.a_col), free(b.b_row);
}

/* --- the weights' gradient ---------------------------------------------------------------------------------------- */

#include "turn_loops.h"

/* Some rows of a plane of y as (positions, co), rows of which are `wide` apart: whole vectors. */
static void DO(turn_y)(const tm_geometry *g, T *to, int64_t wide, const T *y, int64_t n) {
    for (int64_t q = 0; q < n; q += LANES)
        for (int64_t o = 0; o < g->co; o += LANES) DO(turn)
    (to + q * wide + o, wide, y + o * g->y_volume + q, g->y_volume, tm_smaller(LANES, g->co - o),
     tm_smaller(LANES, n - q));
}

/* The sum of some images, of one group: (ci * taps, co). */
static void DO(weigh_piece)(const tm_convolution *s, int64_t piece, int64_t group, T *x, T *y, int64_t wide,
                            int64_t *a_col, const int64_t *b_row) {
    const tm_geometry *g = &s->g;
    const int64_t depth = g->ci * g->taps, most = weighed_at_once(g), width = g->y[2];
    T *sum = (T *)s->scratch + (piece * g->groups + group) * depth * g->co;
    int add = 0;
    for (int64_t image = g->n * piece / s->pieces; image < g->n * (piece + 1) / s->pieces; image++) {
        const T *from = (const T *)s->y.data + (image * g->groups + group) * g->co * g->y_volume;
        DO(take_x)(g, x, (const T *)s->x.data + (image * g->groups + group) * g->ci * g->x_volume);
        for (int64_t plane = 0; plane < g->y[0]; plane++)
            for (int64_t row = 0; row < g->y[1]; row += most, add = 1) {
                const int64_t rows = tm_smaller(most, g->y[1] - row), n = rows * width;
                DO(turn_y)(g, y, wide, from + (plane * g->y[1] + row) * width, n);
                for (int64_t q = 0; q < n; q++)
                    a_col[q] = (plane * g->size[1] + row + q / width) * g->size[2] + q % width;
                const tm_tap_product p = {depth, g->co, n, x, y, s->tap, a_col, b_row, sum, g->co, add};
                DO(tap_product)(&p);
            }
    }
}

static void DO(weigh)(tm_convolution *s, int64_t from, int64_t to) {
    const tm_geometry *g = &s->g;
    const int64_t strip = weighed_at_once(g) * g->y[2], wide = (g->co + LANES - 1) / LANES * LANES;
    T *x = room_for(s, g->ci * g->phases * g->volume, sizeof(T), 1), *y = room_for(s, strip * wide, sizeof(T), 0);
    int64_t *a_col = room_for(s, strip, sizeof(int64_t), 0), *b_row = room_for(s, strip, sizeof(int64_t), 0);
    if (x && y && a_col && b_row) {
        for (int64_t q = 0; q < strip; q++) b_row[q] = q * wide;
        for (int64_t t = from; t < to; t++) DO(weigh_piece)(s, t / g->groups, t % g->groups, x, y, wide, a_col, b_row);
    }
    free(x), free(y), free(a_col), free(b_row);
}

/* The pieces' sums together, turned back: rows from .. to-1 of (groups * co, ci * taps). */
static void DO(add_pieces)(const tm_convolution *s, int64_t from, int64_t to) {
    const tm_geometry *g = &s->g;
    const int64_t depth = g->ci * g->taps, apart = g->groups * depth * g->co;
    for (int64_t r = from; r < to; r++) {
        const T *sum = (const T *)s->scratch + r / g->co * depth * g->co + r % g->co;
        T *w = (T *)s->out.data + r * depth;
        for (int64_t k = 0; k < depth; k++) {
            T total = 0;
            for (int64_t piece = 0; piece < s->pieces; piece++) total += sum[piece * apart + k * g->co];
            w[k] = total;
        }
    }
}

#undef T
#undef VEC
#undef DO
#undef LANES
