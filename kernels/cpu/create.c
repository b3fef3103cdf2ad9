/* create.c: tensors from nothing: full, arange, rand, randn, randint, randperm.
 *
 * Random elements come from Philox (../philox.h): element i takes its words from a counter made of i and the
 * stream, so a draw can be cut anywhere. Counters are computed GROUPS at a time, which vectorises. */
#include "load.h"
#include "threads.h"

#include "../philox.h"
#include <math.h>
#include <string.h>

#include "../vocabulary.h"
#undef log /* here the names are the C library's */
#undef sqrt
#undef sin
#undef cos

#define GROUPS 64 /* counters at a time: 256 words */
#define WORDS (4 * GROUPS)

/* Elements of one output, by blocks of TM_BLOCK. */
typedef void (*block_maker)(const tm_call *call, int64_t from, void *block);

typedef struct maker {
    tm_call *call;
    block_maker make; /* fills TM_BLOCK elements */
    tm_dtype made;    /* of this type */
    int run;          /* is the output contiguous? */
    int64_t n;
} maker;

static void make_range(void *self, int64_t first, int64_t last) {
    const maker *m = self;
    const tm_arg *out = &m->call->arg[0];
    for (int64_t b = first; b < last; b++) {
        char block[TM_BLOCK * 8] __attribute__((aligned(64)));
        const int64_t from = b * TM_BLOCK, count = tm_smaller(TM_BLOCK, m->n - from);
        if (m->run && out->dtype == m->made && count == TM_BLOCK) {
            m->make(m->call, from, tm_at(out, from));
            continue;
        }
        m->make(m->call, from, block);
        if (m->run) {
            tm_store_run(block, m->made, tm_at(out, from), out->dtype, 1, count);
        } else {
            const tm_space space = {m->call->rank, m->call->shape};
            tm_spot spot;
            tm_spot_set(&spot, space, from);
            tm_store(block, m->made, out, space, &spot, count);
        }
    }
}

/* Make every block of the output and store it. */
static void make_blocks(tm_call *call, block_maker make, tm_dtype made, int costly) {
    maker m = {call, make, made, tm_is_run(&call->arg[0], 0, call->rank, call->shape),
               tm_numel_of(call->rank, call->shape)};
    const int64_t blocks = (m.n + TM_BLOCK - 1) / TM_BLOCK;
    const int enough = costly ? m.n >= 4 * TM_SHARE_COSTLY : m.n * 8 >= TM_SHARE_BYTES;
    tm_share(make_range, &m, blocks, tm_threads_for(blocks, enough));
}

/* --- full and arange ---------------------------------------------------------------------------------------------- */

static void full_exact(const tm_call *call, int64_t from, void *block) {
    (void)from;
    int64_t *y = block;
    for (int i = 0; i < TM_BLOCK; i++) y[i] = call->value[0].i;
}

static void full_float(const tm_call *call, int64_t from, void *block) {
    (void)from;
    float *y = block;
    for (int i = 0; i < TM_BLOCK; i++) y[i] = (float)call->value[0].f;
}

static void full_double(const tm_call *call, int64_t from, void *block) {
    (void)from;
    double *y = block;
    for (int i = 0; i < TM_BLOCK; i++) y[i] = call->value[0].f;
}

void tm_full(tm_call *call) {
    if (call->value[1].i)
        make_blocks(call, full_exact, TM_INT64, 0);
    else if (call->arg[0].dtype == TM_FLOAT32)
        make_blocks(call, full_float, TM_FLOAT32, 0);
    else
        make_blocks(call, full_double, TM_FLOAT64, 0);
}

static void arange_exact(const tm_call *call, int64_t from, void *block) {
    int64_t *y = block;
    for (int i = 0; i < TM_BLOCK; i++) y[i] = tm_add_i64(call->value[2].i, tm_mul_i64(from + i, call->value[3].i));
}

static void arange_double(const tm_call *call, int64_t from, void *block) {
    double *y = block;
    for (int i = 0; i < TM_BLOCK; i++) y[i] = call->value[0].f + (double)(from + i) * call->value[1].f;
}

void tm_arange(tm_call *call) {
    if (call->value[4].i == 1)
        make_blocks(call, arange_exact, TM_INT64, 0);
    else
        make_blocks(call, arange_double, TM_FLOAT64, 0);
}

/* --- random numbers ----------------------------------------------------------------------------------------------- */

/* GROUPS counters from `group` on: word[w][j] is word w of counter group + j. */
static void words_of(const tm_call *call, uint64_t group, uint32_t word[4][GROUPS]) {
    const uint64_t seed = (uint64_t)call->value[0].i, stream = (uint64_t)call->value[1].i;
    for (int j = 0; j < GROUPS; j++) {
        const tm_philox_words w = tm_philox(seed, stream, group + (uint64_t)j);
        word[0][j] = w.v[0];
        word[1][j] = w.v[1];
        word[2][j] = w.v[2];
        word[3][j] = w.v[3];
    }
}

static void rand_float(const tm_call *call, int64_t from, void *block) {
    uint32_t w[4][GROUPS];
    float *restrict y = block;
    words_of(call, (uint64_t)from / 4, w);
    for (int j = 0; j < GROUPS; j++)
        for (int k = 0; k < 4; k++) y[4 * j + k] = tm_philox_float(w[k][j]);
}

static void rand_double(const tm_call *call, int64_t from, void *block) {
    uint32_t w[4][GROUPS];
    double *restrict y = block;
    for (int half = 0; half < 2; half++, y += 2 * GROUPS) {
        words_of(call, (uint64_t)from / 2 + (uint64_t)half * GROUPS, w);
        for (int j = 0; j < GROUPS; j++) {
            y[2 * j] = tm_philox_double(w[0][j], w[1][j]);
            y[2 * j + 1] = tm_philox_double(w[2][j], w[3][j]);
        }
    }
}

/* Box and Muller: sqrt(-2 log u) times the cosine and the sine of 2 pi v, u in (0, 1]. */
static void randn_float(const tm_call *call, int64_t from, void *block) {
    uint32_t w[4][GROUPS];
    float *restrict y = block;
    words_of(call, (uint64_t)from / 4, w);
    for (int pair = 0; pair < 2; pair++) {
        float radius[GROUPS], c[GROUPS], s[GROUPS];
        for (int j = 0; j < GROUPS; j++) radius[j] = sqrtf(-2 * logf(tm_philox_float(w[2 * pair][j]) + 0x1p-24f));
        for (int j = 0; j < GROUPS; j++) c[j] = cosf(6.283185307f * tm_philox_float(w[2 * pair + 1][j]));
        for (int j = 0; j < GROUPS; j++) s[j] = sinf(6.283185307f * tm_philox_float(w[2 * pair + 1][j]));
        for (int j = 0; j < GROUPS; j++) {
            y[4 * j + 2 * pair] = radius[j] * c[j];
            y[4 * j + 2 * pair + 1] = radius[j] * s[j];
        }
    }
}

static void randn_double(const tm_call *call, int64_t from, void *block) {
    uint32_t w[4][GROUPS];
    double *restrict y = block;
    for (int half = 0; half < 2; half++, y += 2 * GROUPS) {
        double radius[GROUPS], c[GROUPS], s[GROUPS];
        words_of(call, (uint64_t)from / 2 + (uint64_t)half * GROUPS, w);
        for (int j = 0; j < GROUPS; j++) radius[j] = sqrt(-2 * log(tm_philox_double(w[0][j], w[1][j]) + 0x1p-53));
        for (int j = 0; j < GROUPS; j++) c[j] = cos(6.283185307179586 * tm_philox_double(w[2][j], w[3][j]));
        for (int j = 0; j < GROUPS; j++) s[j] = sin(6.283185307179586 * tm_philox_double(w[2][j], w[3][j]));
        for (int j = 0; j < GROUPS; j++) {
            y[2 * j] = radius[j] * c[j];
            y[2 * j + 1] = radius[j] * s[j];
        }
    }
}

static void randint_block(const tm_call *call, int64_t from, void *block) {
    const uint64_t range = (uint64_t)call->value[3].i;
    uint32_t w[4][GROUPS];
    int64_t *restrict y = block;
    for (int half = 0; half < 2; half++, y += 2 * GROUPS) {
        words_of(call, (uint64_t)from / 2 + (uint64_t)half * GROUPS, w);
        for (int j = 0; j < GROUPS; j++) {
            y[2 * j] = tm_add_i64(call->value[2].i, (int64_t)tm_philox_below(w[0][j], w[1][j], range));
            y[2 * j + 1] = tm_add_i64(call->value[2].i, (int64_t)tm_philox_below(w[2][j], w[3][j], range));
        }
    }
}

static void randperm_block(const tm_call *call, int64_t from, void *block) {
    const tm_philox_words w = tm_philox((uint64_t)call->value[0].i, (uint64_t)call->value[1].i, 0);
    const int64_t n = call->value[2].i;
    const tm_philox_shuffle shuffle = tm_philox_shuffle_start(((uint64_t)w.v[0] << 32) | w.v[1], n);
    int64_t *y = block;
    for (int64_t i = 0; i < TM_BLOCK; i++) y[i] = from + i < n ? tm_philox_shuffle_at(&shuffle, from + i) : 0;
}

static int is_double(const tm_call *call) { return call->arg[0].dtype == TM_FLOAT64; }

void tm_rand(tm_call *call) {
    make_blocks(call, is_double(call) ? rand_double : rand_float, is_double(call) ? TM_FLOAT64 : TM_FLOAT32, 1);
}

void tm_randn(tm_call *call) {
    make_blocks(call, is_double(call) ? randn_double : randn_float, is_double(call) ? TM_FLOAT64 : TM_FLOAT32, 1);
}

void tm_randint(tm_call *call) { make_blocks(call, randint_block, TM_INT64, 1); }

void tm_randperm(tm_call *call) { make_blocks(call, randperm_block, TM_INT64, 1); }
