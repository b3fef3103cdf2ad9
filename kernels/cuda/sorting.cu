/* sorting.cu: keys in order, stably: radix sort by digits of 8 bits, from the last on (Knuth, vol. 3, 5.2.5).
 *
 * A block holds a tile: each warp a stretch of it, each lane every 32nd key of the stretch. For a digit, the lanes of a
 * warp that have the same are found by eight votes; how many of the warp's keys had it before stands in shared memory.
 * That gives each key its place in the tile by digit, where the block puts it. A line that fits a tile is sorted by one
 * block, digit after digit. A longer one takes three launches a digit: each tile counts its digits; the counts are
 * summed up in the order digit, tile; each tile, put in order by itself, is written where its digits begin, in runs. */
#include "sorting.h"

#include "elements.h"
#include "scans.h"

#define DIGIT 8
#define DIGITS 256 /* as many as a block has threads: thread d looks after digit d */
#define FEW TM_WARP

/* Keys of a thread, of a tile: of lines that take several; a tile of a short line may have fewer (ITEMS). */
template <class K> struct tile_of {
    enum { ITEMS = 16, SIZE = ITEMS * TM_THREADS };
};
template <> struct tile_of<uint64_t> {
    enum { ITEMS = 8, SIZE = ITEMS * TM_THREADS };
};

template <class K> struct keys_plan {
    int64_t lines, n, tiles;
    const K *from;
    K *to;
    const uint32_t *at; /* NULL: where the keys lie */
    uint32_t *to_at, *counts, *totals;
    int shift, bits;
};

/* --- a tile ----------------------------------------------------------------------------------------------------- */

template <class K> TM_DEVICE unsigned digit_of(K key, int shift) { return (unsigned)(key >> shift) & (DIGITS - 1); }

/* Where the thread's i-th key stands in the tile. */
template <int ITEMS> TM_DEVICE int place_of(int i) {
    return (int)(threadIdx.x / TM_WARP) * ITEMS * TM_WARP + i * TM_WARP + (int)(threadIdx.x % TM_WARP);
}

/* The lanes with this digit. */
TM_DEVICE unsigned same_digit(unsigned digit) {
    unsigned same = TM_ALL_LANES;
    for (int b = 0; b < DIGIT; b++) {
        const unsigned set = __ballot_sync(TM_ALL_LANES, digit >> b & 1);
        same &= digit >> b & 1 ? set : ~set;
    }
    return same;
}

/* rank: how many keys of the warp with the same digit stand before each. of_warp[warp][digit]: how many keys of the
 * warps before have it. Returns how many of the tile have digit number threadIdx.x. */
template <class K, int ITEMS, class S>
TM_DEVICE unsigned rank_keys(const K (&key)[ITEMS], unsigned (&rank)[ITEMS], int shift, S &of_warp) {
    const unsigned lane = threadIdx.x % TM_WARP, row = threadIdx.x / TM_WARP * DIGITS;
    for (int w = 0; w < TM_WARPS; w++) of_warp[w * DIGITS + threadIdx.x] = 0u;
    __syncthreads();
    TM_UNROLL
    for (int i = 0; i < ITEMS; i++) rank[i] = same_digit(digit_of(key[i], shift)); /* the lanes; votes overlap */
    TM_UNROLL
    for (int i = 0; i < ITEMS; i++) {
        const unsigned digit = digit_of(key[i], shift), same = rank[i], lower = same & ((1u << lane) - 1);
        const unsigned before = of_warp[row + digit];
        __syncthreads();
        if (!lower) of_warp[row + digit] = before + (unsigned)__popc(same);
        __syncthreads();
        rank[i] = before + (unsigned)__popc(lower);
    }
    unsigned sum = 0;
    for (int w = 0; w < TM_WARPS; w++) {
        const unsigned count = of_warp[w * DIGITS + threadIdx.x];
        of_warp[w * DIGITS + threadIdx.x] = sum;
        sum += count;
    }
    return sum;
}

/* Puts the keys into `held` by their digit; begin[digit]: where it begins there. */
template <class K, int ITEMS, class S, class B, class H, class A>
TM_DEVICE void order_tile(const K (&key)[ITEMS], const uint32_t (&at)[ITEMS], int shift, S &of_warp, B &begin, H &held,
                          A &held_at) {
    unsigned rank[ITEMS], all;
    const unsigned count = rank_keys(key, rank, shift, of_warp), before = tm_block_before(count, &all);
    begin[threadIdx.x] = before;
    __syncthreads();
    TM_UNROLL
    for (int i = 0; i < ITEMS; i++) {
        const unsigned digit = digit_of(key[i], shift);
        const unsigned place = begin[digit] + of_warp[threadIdx.x / TM_WARP * DIGITS + digit] + rank[i];
        held[place] = key[i];
        held_at[place] = at[i];
    }
    __syncthreads();
}

/* A tile's keys, behind the line's end the largest: they stay last. */
template <class K, int ITEMS>
TM_DEVICE void load_keys(const keys_plan<K> &p, int64_t line, int64_t tile, K (&key)[ITEMS], uint32_t (&at)[ITEMS]) {
    TM_UNROLL
    for (int i = 0; i < ITEMS; i++) {
        const int64_t k = tile * ITEMS * TM_THREADS + place_of<ITEMS>(i);
        key[i] = k < p.n ? p.from[line * p.n + k] : ~(K)0;
        at[i] = k < p.n && p.at ? p.at[line * p.n + k] : (uint32_t)k;
    }
}

/* --- short lines ------------------------------------------------------------------------------------------------ */

/* A warp for each line: a lane counts the keys that stand before its own. */
template <class K> __global__ void sort_few_keys(TM_PARAM keys_plan<K> p) {
    const int lane = (int)(threadIdx.x % TM_WARP);
    for (int64_t line = tm_first() / TM_WARP; line < p.lines; line += tm_stride() / TM_WARP) {
        const K key = lane < p.n ? p.from[line * p.n + lane] : ~(K)0;
        int before = 0;
        for (int k = 0; k < p.n; k++) {
            const K other = __shfl_sync(TM_ALL_LANES, key, k);
            before += other < key || (other == key && k < lane);
        }
        if (lane >= p.n) continue;
        p.to[line * p.n + before] = key;
        p.to_at[line * p.n + before] = (uint32_t)lane;
    }
}

/* A block for each line. */
template <class K, int ITEMS> __global__ void sort_tiles(TM_PARAM keys_plan<K> p) {
    TM_SHARED(unsigned, of_warp, TM_WARPS *DIGITS);
    TM_SHARED(unsigned, begin, DIGITS);
    TM_SHARED(K, held, ITEMS * TM_THREADS);
    TM_SHARED(uint32_t, held_at, ITEMS * TM_THREADS);
    for (int64_t line = blockIdx.x; line < p.lines; line += gridDim.x) {
        K key[ITEMS];
        uint32_t at[ITEMS];
        load_keys(p, line, 0, key, at);
        for (int shift = 0; shift < p.bits; shift += DIGIT) {
            order_tile(key, at, shift, of_warp, begin, held, held_at);
            TM_UNROLL
            for (int i = 0; i < ITEMS; i++) {
                key[i] = held[place_of<ITEMS>(i)];
                at[i] = held_at[place_of<ITEMS>(i)];
            }
        }
        TM_UNROLL
        for (int i = 0; i < ITEMS; i++) {
            if (place_of<ITEMS>(i) >= p.n) continue;
            p.to[line * p.n + place_of<ITEMS>(i)] = key[i];
            p.to_at[line * p.n + place_of<ITEMS>(i)] = at[i];
        }
    }
}

/* --- long lines ------------------------------------------------------------------------------------------------- */

/* counts[line][digit][tile] */
template <class K> __global__ void count_digits(TM_PARAM keys_plan<K> p) {
    TM_SHARED(unsigned, of_warp, TM_WARPS *DIGITS);
    for (int64_t task = blockIdx.x; task < p.lines * p.tiles; task += gridDim.x) {
        const int64_t line = task / p.tiles, tile = task - line * p.tiles;
        K key[tile_of<K>::ITEMS];
        uint32_t at[tile_of<K>::ITEMS];
        unsigned rank[tile_of<K>::ITEMS];
        load_keys(p, line, tile, key, at);
        p.counts[(line * DIGITS + threadIdx.x) * p.tiles + tile] = rank_keys(key, rank, p.shift, of_warp);
    }
}

/* A block for each digit of each line: its counts become those of the tiles before. */
static __global__ void sum_digit_counts(uint32_t *counts, uint32_t *totals, int64_t rows, int64_t tiles) {
    for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
        unsigned sum = 0, all;
        for (int64_t first = 0; first < tiles; first += TM_THREADS, sum += all) {
            const int64_t t = first + threadIdx.x;
            const unsigned count = t < tiles ? counts[row * tiles + t] : 0, before = tm_block_before(count, &all);
            if (t < tiles) counts[row * tiles + t] = sum + before;
        }
        if (threadIdx.x == 0) totals[row] = sum;
    }
}

template <class K> __global__ void move_tiles(TM_PARAM keys_plan<K> p) {
    TM_SHARED(unsigned, of_warp, TM_WARPS *DIGITS);
    TM_SHARED(unsigned, begin, DIGITS);
    TM_SHARED(unsigned, target, DIGITS); /* where the digit begins in the line, less where it begins in the tile */
    TM_SHARED(K, held, tile_of<K>::SIZE);
    TM_SHARED(uint32_t, held_at, tile_of<K>::SIZE);
    for (int64_t task = blockIdx.x; task < p.lines * p.tiles; task += gridDim.x) {
        const int64_t line = task / p.tiles, tile = task - line * p.tiles, row = line * DIGITS + threadIdx.x;
        K key[tile_of<K>::ITEMS];
        uint32_t at[tile_of<K>::ITEMS];
        unsigned all;
        load_keys(p, line, tile, key, at);
        order_tile(key, at, p.shift, of_warp, begin, held, held_at);
        const unsigned before = tm_block_before(p.totals[row], &all);
        target[threadIdx.x] = before + p.counts[row * p.tiles + tile] - begin[threadIdx.x];
        __syncthreads();
        const int64_t left = p.n - tile * tile_of<K>::SIZE;
        for (int k = (int)threadIdx.x; k < tile_of<K>::SIZE && k < left; k += TM_THREADS) {
            const K one = held[k];
            const uint32_t to = target[digit_of(one, p.shift)] + (uint32_t)k;
            p.to[line * p.n + to] = one;
            p.to_at[line * p.n + to] = held_at[k];
        }
        __syncthreads(); /* what is shared has been read */
    }
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

static int64_t tiles_of(int64_t n, int wide) {
    const int64_t size = wide ? (int)tile_of<uint64_t>::SIZE : (int)tile_of<uint32_t>::SIZE;
    return (n + size - 1) / size;
}

static size_t rounded(size_t bytes) { return (bytes + 15) / 16 * 16; }

size_t tm_cuda_sort_bytes(int64_t lines, int64_t n, int wide) {
    const size_t keys = (size_t)(lines * n), tiles = (size_t)tiles_of(n, wide);
    return 2 * rounded(keys * (wide ? 8 : 4)) + 2 * rounded(keys * 4) +
           (tiles > 1 ? (size_t)lines * DIGITS * (tiles + 1) * 4 : 0);
}

tm_sorting tm_cuda_sorting_in(void *memory, int64_t lines, int64_t n, int wide) {
    const size_t keys = (size_t)(lines * n);
    tm_sorting s;
    char *room = (char *)memory;
    s.lines = lines;
    s.n = n;
    s.wide = wide;
    for (int i = 0; i < 2; i++, room += rounded(keys * (wide ? 8 : 4))) s.key[i] = room;
    for (int i = 0; i < 2; i++, room += rounded(keys * 4)) s.at[i] = (uint32_t *)room;
    s.counts = (uint32_t *)room;
    return s;
}

static void swap_halves(tm_sorting *s) {
    void *key = s->key[0];
    uint32_t *at = s->at[0];
    s->key[0] = s->key[1];
    s->at[0] = s->at[1];
    s->key[1] = key;
    s->at[1] = at;
}

template <class K> static void sort_short_lines(tm_call *call, const keys_plan<K> &p) {
    const unsigned blocks = tm_cuda_blocks(p.lines, 1);
    if (p.n <= TM_THREADS)
        TM_LAUNCH(call, (sort_tiles<K, 1>), blocks, TM_THREADS, p);
    else if (p.n <= 4 * TM_THREADS)
        TM_LAUNCH(call, (sort_tiles<K, 4>), blocks, TM_THREADS, p);
    else
        TM_LAUNCH(call, (sort_tiles<K, tile_of<K>::ITEMS>), blocks, TM_THREADS, p);
}

template <class K> static void sort_keys(tm_call *call, tm_sorting *s, int bits) {
    const int64_t tiles = tiles_of(s->n, s->wide), rows = s->lines * DIGITS;
    keys_plan<K> p = {s->lines, s->n, tiles, NULL, NULL, NULL, NULL, s->counts, s->counts + rows * tiles, 0, bits};
    for (int shift = 0; shift == 0 || (tiles > 1 && shift < bits); shift += DIGIT, swap_halves(s)) {
        p.from = (const K *)s->key[0];
        p.to = (K *)s->key[1];
        p.at = shift ? s->at[0] : NULL;
        p.to_at = s->at[1];
        p.shift = shift;
        if (s->n <= FEW) {
            TM_LAUNCH(call, sort_few_keys<K>, tm_cuda_blocks(s->lines * TM_WARP, TM_THREADS), TM_THREADS, p);
        } else if (tiles == 1) {
            sort_short_lines(call, p);
        } else {
            TM_LAUNCH(call, count_digits<K>, tm_cuda_blocks(s->lines * tiles, 1), TM_THREADS, p);
            TM_LAUNCH(call, sum_digit_counts, tm_cuda_blocks(rows, 1), TM_THREADS, p.counts, p.totals, rows, tiles);
            TM_LAUNCH(call, move_tiles<K>, tm_cuda_blocks(s->lines * tiles, 1), TM_THREADS, p);
        }
    }
}

void tm_cuda_sort_keys(tm_call *call, tm_sorting *s, int bits) {
    if (s->lines == 0 || s->n == 0) return;
    if (s->n > UINT32_MAX) {
        tm_cuda_refuse("a line of %lld elements is too long to be sorted", (long long)s->n);
        call->fault.kind = TM_FAULT_DEVICE;
    } else if (s->wide) {
        sort_keys<uint64_t>(call, s, bits);
    } else {
        sort_keys<uint32_t>(call, s, bits);
    }
}

/* --- ids -------------------------------------------------------------------------------------------------------- */

typedef struct id_keys_plan {
    tm_space space;
    tm_arg ids;
    int64_t bound;
    void *key;
    int wide;
    tm_watch watch;
} id_keys_plan;

static __global__ void make_id_keys(TM_PARAM id_keys_plan p) {
    for (int64_t i = tm_first(); i < p.space.n; i += tm_stride()) {
        int64_t id = tm_load<int64_t>(p.ids.data, p.ids.dtype, tm_offset(p.space, p.ids, i));
        if (!tm_id_fits(p.watch, id, p.bound)) id = p.bound;
        if (p.wide)
            ((uint64_t *)p.key)[i] = (uint64_t)id;
        else
            ((uint32_t *)p.key)[i] = (uint32_t)id;
    }
}

void tm_cuda_sort_ids(tm_call *call, tm_sorting *s, int arg, int first, int rank, int64_t bound) {
    id_keys_plan p = {
        tm_space_of(call, first, rank), tm_cuda_operand(call, arg), bound, s->key[0], s->wide, tm_watch_of(call)};
    int bits = 1;
    while (bits < 63 && bound >> bits) bits++;
    TM_LAUNCH(call, make_id_keys, tm_cuda_blocks(p.space.n, TM_THREADS), TM_THREADS, p);
    tm_cuda_sort_keys(call, s, bits);
}
