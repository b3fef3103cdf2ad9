/* convolve_direct.cu: convolutions without matrices: for few channels, groups of few, windows of few elements.
 *
 * Forward and back look alike: each place of the result sums sources over taps. A thread makes OUTS channels of PLACES
 * places, TM_THREADS apart, so that a weight, read from shared memory, serves all its places, and an element of the
 * source all its channels. Taps are taken TAPS at a time: where each leads to, in shared memory, and which of them have
 * a source, as bits, are worked out once for all channels. */
#include "convolve.h"

#define TAPS 32    /* the bits of a word */
#define WEIGHTS 64 /* sets of OUTS weights that lie in shared memory at a time */

/* The result's channels and planes, and those of what it is made from. */
typedef struct direct_sizes {
    tm_convolution g;
    int64_t places; /* of all images */
    int outs, sources;
    int size[3], from[3]; /* of a plane of the result, of the source */
    int volume, from_volume;
    int64_t out_step, source_step; /* in the weights, from one channel to the next */
    int64_t blocks;
    int out_blocks, relu;
} direct_sizes;

/* The types of a kernel, in one. */
template <class T, int OUTS, int PLACES, int BACK> struct direct_way {
    typedef T type;
    enum { outs = OUTS, places = PLACES, back = BACK };
};

/* The weights of one source and tap for a thread's channels: read as 16 bytes or more. */
template <class T, int N> struct alignas(sizeof(T) * N < 16 ? sizeof(T) * N : 16) direct_weights { T of[N]; };

TM_DEVICE float fused(float a, float b, float c) { return fmaf(a, b, c); }
TM_DEVICE double fused(double a, double b, double c) { return fma(a, b, c); }

/* From the source of a place to that of tap k, along an axis: how far, and, going back, what remains: only places with
 * the same remainder have a window with that tap. */
template <class W> TM_DEVICE void lead_along(const direct_sizes &s, int axis, int k, int *far, int *remains) {
    const int way = k * s.g.spread[axis];
    *far = W::back ? -(way / s.g.step[axis]) : way;
    *remains = W::back ? way % s.g.step[axis] : 0;
}

/* Where a place begins, along an axis. */
template <class W> TM_DEVICE void begin_along(const direct_sizes &s, int axis, int at, int *begin, int *remains) {
    const int padded = at + s.g.pad[axis];
    *begin = W::back ? padded / s.g.step[axis] : at * s.g.step[axis] - s.g.pad[axis];
    *remains = W::back ? padded - *begin * s.g.step[axis] : 0;
}

/* The image of a place, and its coordinates. */
TM_DEVICE int64_t find_place(const direct_sizes &s, int64_t place, int *at) {
    int64_t inner = tm_divide(&place, s.volume, s.places <= UINT32_MAX);
    at[2] = (int)tm_divide(&inner, s.size[2], 1);
    at[1] = (int)tm_divide(&inner, s.size[1], 1);
    at[0] = (int)inner;
    return place;
}

template <class W>
__global__ void __launch_bounds__(TM_THREADS, 1)
    convolve_directly(TM_PARAM direct_sizes s, const typename W::type *from, const typename W::type *w,
                      const typename W::type *bias, typename W::type *out) {
    typedef typename W::type T;
    typedef direct_weights<T, W::outs> weights_of_tap;
    TM_SHARED(int, far, TAPS * 3);
    TM_SHARED(int, remains, TAPS * 3);
    TM_SHARED(int, lead, TAPS);
    TM_SHARED(weights_of_tap, weight, WEIGHTS);
    const int tid = (int)threadIdx.x;
    for (int64_t block = blockIdx.x; block < s.blocks; block += gridDim.x) {
        int64_t group = block;
        const int first_out = (int)tm_divide(&group, s.out_blocks, s.blocks <= UINT32_MAX) * W::outs;
        int64_t first_place = group;
        group = tm_divide(&first_place, s.g.groups, s.blocks <= UINT32_MAX);
        first_place = first_place * (TM_THREADS * W::places) + tid;
        T sum[W::places][W::outs];
        for (int p = 0; p < W::places; p++)
            for (int j = 0; j < W::outs; j++) sum[p][j] = 0;

        for (int first_tap = 0; first_tap < s.g.taps; first_tap += TAPS) {
            const int taps = s.g.taps - first_tap < TAPS ? s.g.taps - first_tap : TAPS;
            __syncthreads(); /* the tables have been read */
            if (tid < taps) {
                const int tap = first_tap + tid,
                          k[3] = {tap / s.g.k[2] / s.g.k[1], tap / s.g.k[2] % s.g.k[1], tap % s.g.k[2]};
                int total = 0;
                for (int d = 0; d < 3; d++) {
                    int way, rest;
                    lead_along<W>(s, d, k[d], &way, &rest);
                    far[tid * 3 + d] = way;
                    remains[tid * 3 + d] = rest;
                    total = total * s.from[d] + way;
                }
                lead[tid] = total;
            }
            __syncthreads();
            uint32_t has[W::places];  /* bit k: tap k has a source */
            int64_t begin[W::places]; /* where that of a tap that leads nowhere is */
            for (int p = 0; p < W::places; p++) {
                int at[3], start[3], rest[3];
                const int64_t place = first_place + p * TM_THREADS, image = find_place(s, place, at);
                has[p] = 0;
                begin[p] = 0;
                for (int d = 0; d < 3; d++) {
                    begin_along<W>(s, d, at[d], &start[d], &rest[d]);
                    begin[p] = begin[p] * s.from[d] + start[d];
                }
                begin[p] += (image * s.g.groups + group) * s.sources * s.from_volume;
                for (int k = 0; k < taps && place < s.places; k++) {
                    uint32_t fits = 1;
                    for (int d = 0; d < 3; d++)
                        fits &= (unsigned)(start[d] + far[k * 3 + d]) < (unsigned)s.from[d] &&
                                (!W::back || rest[d] == remains[k * 3 + d]);
                    has[p] |= fits << k;
                }
            }

            const int64_t terms = (int64_t)s.sources * taps;
            int64_t plane = 0;
            int k = 0;
            for (int64_t done = 0; done < terms; done += WEIGHTS) {
                const int now = terms - done < WEIGHTS ? (int)(terms - done) : WEIGHTS;
                __syncthreads(); /* the weights have been read */
                if (tid < now) {
                    const int64_t source = (done + tid) / taps, tap = first_tap + (done + tid) % taps;
                    weights_of_tap set;
                    for (int j = 0; j < W::outs; j++) {
                        const int64_t at = group * s.outs * s.sources * s.g.taps + source * s.source_step + tap;
                        set.of[j] = first_out + j < s.outs ? w[at + (first_out + j) * s.out_step] : 0;
                    }
                    weight[tid] = set;
                }
                __syncthreads();
                for (int i = 0; i < now; i++) {
                    const weights_of_tap set = weight[i];
                    const int64_t to = plane + lead[k];
                    for (int p = 0; p < W::places; p++) {
                        const T x = has[p] >> k & 1 ? from[begin[p] + to] : 0;
                        for (int j = 0; j < W::outs; j++) sum[p][j] = fused(set.of[j], x, sum[p][j]);
                    }
                    if (++k == taps) k = 0, plane += s.from_volume;
                }
            }
        }

        for (int p = 0; p < W::places; p++) {
            int64_t image = first_place + p * TM_THREADS;
            if (image >= s.places) continue;
            const int64_t place = tm_divide(&image, s.volume, s.places <= UINT32_MAX);
            const int64_t channel = group * s.outs + first_out;
            T *to = out + (image * s.g.groups * s.outs + channel) * s.volume + place;
            for (int j = 0; j < W::outs; j++) {
                if (first_out + j >= s.outs) continue;
                const T x = bias ? sum[p][j] + bias[channel + j] : sum[p][j];
                to[(int64_t)j * s.volume] = s.relu && x <= 0 ? 0 : x;
            }
        }
    }
}

/* --- the launch ------------------------------------------------------------------------------------------------- */

static direct_sizes sizes_of(const tm_convolve *c, int back) {
    const tm_convolution *g = &c->g;
    direct_sizes s;
    s.g = *g;
    s.outs = back ? g->ci : g->co;
    s.sources = back ? g->co : g->ci;
    s.volume = back ? g->x_volume : g->y_volume;
    s.from_volume = back ? g->y_volume : g->x_volume;
    s.out_step = back ? g->taps : (int64_t)g->ci * g->taps;
    s.source_step = back ? (int64_t)g->ci * g->taps : g->taps;
    for (int d = 0; d < 3; d++) {
        s.size[d] = back ? g->x[d] : g->y[d];
        s.from[d] = back ? g->y[d] : g->x[d];
    }
    s.places = g->n * s.volume;
    s.relu = c->relu;
    return s;
}

template <class W> static void launch_directly(const tm_convolve *c, direct_sizes *s) {
    typedef typename W::type T;
    const int64_t each = TM_THREADS * W::places, most = INT32_MAX;
    s->out_blocks = (s->outs + W::outs - 1) / W::outs;
    s->blocks = (s->places + each - 1) / each * s->g.groups * s->out_blocks;
    const unsigned blocks = (unsigned)(s->blocks < most ? s->blocks : most);
    TM_LAUNCH(c->call, convolve_directly<W>, blocks, TM_THREADS, *s, (const T *)(W::back ? c->y : c->x),
              (const T *)c->w, (const T *)c->bias, (T *)c->out);
}

/* Several places a thread only if there are blocks for the whole device then. */
template <class T, int BACK> static void choose_way(const tm_convolve *c, direct_sizes *s) {
    const int64_t wide = s->places * s->g.groups * ((s->outs + 7) / 8) / (4 * TM_THREADS);
    if (s->outs == 1)
        launch_directly<direct_way<T, 1, 4, BACK>>(c, s);
    else if (s->outs <= 4)
        launch_directly<direct_way<T, 4, 4, BACK>>(c, s);
    else if (wide >= tm_cuda.multiprocessors)
        launch_directly<direct_way<T, 8, 4, BACK>>(c, s);
    else
        launch_directly<direct_way<T, 8, 1, BACK>>(c, s);
}

void tm_cuda_convolve_directly(const tm_convolve *c, int back) {
    direct_sizes s = sizes_of(c, back);
    const int is_float = c->call->compute == TM_FLOAT32;
    if (back)
        (is_float ? choose_way<float, 1> : choose_way<double, 1>)(c, &s);
    else
        (is_float ? choose_way<float, 0> : choose_way<double, 0>)(c, &s);
}
