/* convolve_direct.cu: convolutions without matrices: for few channels, groups of few, windows of few elements.
 *
 * Forward and back look alike: each place of the result sums sources over taps. A thread makes OUTS channels of PLACES
 * places, TM_THREADS apart, so that a weight, read from shared memory, serves all its places, and an element of the
 * source all its channels. Taps are taken TAPS at a time: where each leads to, in shared memory, and which of them have
 * a source, as bits, are worked out once for all channels. */
#include "convolve.h"
#include "groups.h"

#define TAPS 32                                 /* the bits of a word */
#define WEIGH_PLACES 8                          /* of a thread, for the weights' gradient */
#define MOST_PLACES (WEIGH_PLACES * TM_THREADS) /* of a block */
#define WEIGHTS 64                              /* sets of OUTS weights that lie in shared memory at a time */

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

/* What a kernel is made for, in one type, and how many blocks a multiprocessor shall hold. */
template <class T, int OUTS, int PLACES, int BACK> struct direct_way {
    typedef T type;
    enum { outs = OUTS, places = PLACES, back = BACK, blocks = sizeof(T) == 4 ? 3 : OUTS * PLACES == 32 ? 1 : 2 };
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

/* What a block makes: channels first_out .. of a group, at places first_place .. */
typedef struct direct_part {
    int64_t first_place, first_image, group;
    int first_out;
} direct_part;

template <class W> TM_DEVICE direct_part part_of_block(const direct_sizes &s, int64_t block) {
    direct_part part;
    const int narrow = s.blocks <= UINT32_MAX;
    part.first_out = (int)tm_divide(&block, s.out_blocks, narrow) * W::outs;
    part.group = tm_divide(&block, s.g.groups, narrow);
    part.first_place = block * (TM_THREADS * W::places);
    part.first_image = part.first_place;
    tm_divide(&part.first_image, s.volume, s.places <= UINT32_MAX);
    return part;
}

/* One tap's line of the tables: far and remains along the axes, lead through the whole plane, in bytes. */
template <class W, class A, class B>
TM_DEVICE void write_tap(const direct_sizes &s, int tap, int i, A &along, B &lead) {
    const int k[3] = {tap / s.g.k[2] / s.g.k[1], tap / s.g.k[2] % s.g.k[1], tap % s.g.k[2]};
    int total = 0;
    for (int d = 0; d < 3; d++) {
        int far, remains;
        lead_along<W>(s, d, k[d], &far, &remains);
        along[i * 6 + d] = far;
        along[i * 6 + 3 + d] = remains;
        total = total * s.from[d] + far;
    }
    lead[i] = total * (int)sizeof(typename W::type);
}

/* Bit k: tap k of a place has a source. *begin: where that of a tap that leads nowhere would be, in bytes from the
 * group's first channel in the block's first image; with what a tap adds 32 bits are enough, and never below 0. */
template <class W, class A>
TM_DEVICE uint32_t find_sources(const direct_sizes &s, int64_t first_image, int64_t place, int taps, A &along,
                                uint32_t *begin) {
    int at[3], start[3], rest[3];
    const int64_t image = find_place(s, place, at);
    int offset = 0;
    uint32_t has = 0;
    for (int d = 0; d < 3; d++) {
        begin_along<W>(s, d, at[d], &start[d], &rest[d]);
        offset = offset * s.from[d] + start[d];
    }
    offset += (int)(image - first_image) * s.g.groups * s.sources * s.from_volume;
    *begin = (uint32_t)offset * (uint32_t)sizeof(typename W::type);
    for (int k = 0; k < taps && place < s.places; k++) {
        uint32_t fits = 1;
        for (int d = 0; d < 3; d++)
            fits &= (unsigned)(start[d] + along[k * 6 + d]) < (unsigned)s.from[d] &&
                    (!W::back || rest[d] == along[k * 6 + 3 + d]);
        has |= fits << k;
    }
    return has;
}

/* The weights of a source and tap for the block's channels. */
template <class W>
TM_DEVICE direct_weights<typename W::type, W::outs> weights_of(const direct_sizes &s, const direct_part &part,
                                                               const typename W::type *w, int source, int tap) {
    direct_weights<typename W::type, W::outs> set;
    const int64_t at = part.group * s.outs * s.sources * s.g.taps + source * s.source_step + tap;
    for (int j = 0; j < W::outs; j++)
        set.of[j] = part.first_out + j < s.outs ? w[at + (part.first_out + j) * s.out_step] : 0;
    return set;
}

/* A thread's channels at a place. */
template <class W>
TM_DEVICE void store_place(const direct_sizes &s, const direct_part &part, int64_t place, const typename W::type *sum,
                           const typename W::type *bias, typename W::type *out) {
    typedef typename W::type T;
    if (place >= s.places) return;
    int64_t image = place;
    const int64_t inner = tm_divide(&image, s.volume, s.places <= UINT32_MAX);
    const int64_t channel = part.group * s.outs + part.first_out;
    T *to = out + (image * s.g.groups * s.outs + channel) * s.volume + inner;
    for (int j = 0; j < W::outs; j++) {
        if (part.first_out + j >= s.outs) continue;
        const T x = bias ? sum[j] + bias[channel + j] : sum[j];
        to[(int64_t)j * s.volume] = s.relu && x <= 0 ? 0 : x;
    }
}

template <class W>
__global__ void __launch_bounds__(TM_THREADS, W::blocks)
    convolve_directly(TM_PARAM direct_sizes s, const typename W::type *from, const typename W::type *w,
                      const typename W::type *bias, typename W::type *out) {
    typedef typename W::type T;
    typedef direct_weights<T, W::outs> weights;
    TM_SHARED(int, along, TAPS * 6);
    TM_SHARED(int, lead, TAPS);
    TM_SHARED(weights, weight, WEIGHTS);
    const int tid = (int)threadIdx.x;
    for (int64_t block = blockIdx.x; block < s.blocks; block += gridDim.x) {
        const direct_part part = part_of_block<W>(s, block);
        const char *source =
            (const char *)(from + (part.first_image * s.g.groups + part.group) * s.sources * s.from_volume);
        T sum[W::places][W::outs];
        for (int p = 0; p < W::places; p++)
            for (int j = 0; j < W::outs; j++) sum[p][j] = 0;
        for (int first_tap = 0; first_tap < s.g.taps; first_tap += TAPS) {
            const int taps = s.g.taps - first_tap < TAPS ? s.g.taps - first_tap : TAPS, terms = s.sources * taps;
            __syncthreads(); /* the tables have been read */
            if (tid < taps) write_tap<W>(s, first_tap + tid, tid, along, lead);
            __syncthreads();
            uint32_t has[W::places];
            uint32_t begin[W::places];
            for (int p = 0; p < W::places; p++)
                has[p] = find_sources<W>(s, part.first_image, part.first_place + tid + p * TM_THREADS, taps, along,
                                         &begin[p]);
            uint32_t plane = 0;
            for (int done = 0, k = 0; done < terms; done += WEIGHTS) {
                const int now = terms - done < WEIGHTS ? terms - done : WEIGHTS;
                __syncthreads(); /* the weights have been read */
                if (tid < now)
                    weight[tid] = weights_of<W>(s, part, w, (done + tid) / taps, first_tap + (done + tid) % taps);
                __syncthreads();
                for (int i = 0; i < now; i++) {
                    const weights set = weight[i];
                    const uint32_t to = plane + (uint32_t)lead[k];
                    for (int p = 0; p < W::places; p++) {
                        const T x = has[p] >> k & 1 ? *(const T *)(source + (begin[p] + to)) : 0;
                        for (int j = 0; j < W::outs; j++) sum[p][j] = fused(set.of[j], x, sum[p][j]);
                    }
                    if (++k == taps) k = 0, plane += (uint32_t)s.from_volume * (uint32_t)sizeof(T);
                }
            }
        }
        for (int p = 0; p < W::places; p++)
            store_place<W>(s, part, part.first_place + tid + p * TM_THREADS, sum[p], bias, out);
    }
}

/* --- the weights' gradient -------------------------------------------------------------------------------------- */

/* A block takes one channel of y at some places and makes a sum for each tap; x has one channel in a group. A warp adds
 * up its lanes for each tap, the block its warps when all taps are through. */
template <class W>
__global__ void __launch_bounds__(TM_THREADS, 2) weigh_directly(TM_PARAM direct_sizes s, const typename W::type *x,
                                                                const typename W::type *y, typename W::type *pieces) {
    typedef typename W::type T;
    TM_SHARED(int, along, TAPS * 6);
    TM_SHARED(int, lead, TAPS);
    TM_SHARED(T, of_warp, TAPS * TM_THREADS / TM_WARP);
    const int tid = (int)threadIdx.x, warp = tid / TM_WARP;
    for (int64_t block = blockIdx.x; block < s.blocks; block += gridDim.x) {
        const direct_part part = part_of_block<W>(s, block);
        const char *source = (const char *)(x + (part.first_image * s.g.groups + part.group) * s.from_volume);
        T flow[W::places];
        for (int p = 0; p < W::places; p++) {
            int64_t image = part.first_place + tid + p * TM_THREADS;
            const int inside = image < s.places;
            const int64_t place = tm_divide(&image, s.volume, s.places <= UINT32_MAX);
            const int64_t channel = (image * s.g.groups + part.group) * s.outs + part.first_out;
            flow[p] = inside ? y[channel * s.volume + place] : 0;
        }
        for (int first_tap = 0; first_tap < s.g.taps; first_tap += TAPS) {
            const int taps = s.g.taps - first_tap < TAPS ? s.g.taps - first_tap : TAPS;
            __syncthreads(); /* tables and sums have been read */
            if (tid < taps) write_tap<W>(s, first_tap + tid, tid, along, lead);
            __syncthreads();
            uint32_t has[W::places], begin[W::places];
            for (int p = 0; p < W::places; p++)
                has[p] = find_sources<W>(s, part.first_image, part.first_place + tid + p * TM_THREADS, taps, along,
                                         &begin[p]);
            for (int k = 0; k < taps; k++) {
                const uint32_t to = (uint32_t)lead[k];
                T sum = 0;
                for (int p = 0; p < W::places; p++)
                    sum = fused(flow[p], has[p] >> k & 1 ? *(const T *)(source + (begin[p] + to)) : 0, sum);
                sum = tm_warp_join(sum, tm_plus());
                if (tid % TM_WARP == 0) of_warp[k * (TM_THREADS / TM_WARP) + warp] = sum;
            }
            __syncthreads();
            if (tid < taps) {
                T sum = 0;
                for (int i = 0; i < TM_THREADS / TM_WARP; i++) sum += of_warp[tid * (TM_THREADS / TM_WARP) + i];
                pieces[block * s.g.taps + first_tap + tid] = sum;
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

/* What a block sees of the source is counted in 32 bits of bytes. */
static int counts(const direct_sizes *s) {
    const int64_t seen = MOST_PLACES / s->volume + 2, images = seen < s->g.n ? seen : s->g.n;
    return (double)images * s->g.groups * s->sources * s->from_volume * 8 <= INT32_MAX &&
           (double)s->sources * TAPS <= INT32_MAX;
}

int tm_cuda_convolve_directly(const tm_convolve *c, int back) {
    direct_sizes s = sizes_of(c, back);
    if (!counts(&s)) return 0;
    const int is_float = c->call->compute == TM_FLOAT32;
    if (back)
        (is_float ? choose_way<float, 1> : choose_way<double, 1>)(c, &s);
    else
        (is_float ? choose_way<float, 0> : choose_way<double, 0>)(c, &s);
    return 1;
}

template <class T> static void launch_weigh(const tm_convolve *c, const direct_sizes &s, void *pieces) {
    typedef direct_way<T, 1, WEIGH_PLACES, 0> way;
    const unsigned blocks = (unsigned)(s.blocks < INT32_MAX ? s.blocks : INT32_MAX);
    TM_LAUNCH(c->call, weigh_directly<way>, blocks, TM_THREADS, s, (const T *)c->x, (const T *)c->y, (T *)pieces);
}

int tm_cuda_weigh_directly(const tm_convolve *c, int64_t scratch_bytes) {
    direct_sizes s = sizes_of(c, 0);
    const int64_t places = WEIGH_PLACES * TM_THREADS, pieces = (s.places + places - 1) / places;
    const int64_t n = (int64_t)s.g.groups * s.g.co * s.g.taps, bytes = pieces * n * 8;
    if (s.g.ci != 1 || !counts(&s) || bytes > scratch_bytes) return 0;
    s.out_blocks = s.outs;
    s.blocks = pieces * s.g.groups * s.outs;
    void *room = pieces > 1 ? tm_cuda_scratch(c->call, (size_t)bytes) : c->out;
    if (!room) return 1;
    (c->call->compute == TM_FLOAT32 ? launch_weigh<float> : launch_weigh<double>)(c, s, room);
    if (pieces > 1 && !c->call->fault.kind) tm_cuda_sum_pieces(c->call, pieces, n, room, c->out, 0);
    return 1;
}
