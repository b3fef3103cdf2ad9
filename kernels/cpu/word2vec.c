/* word2vec.c: the update of word2vec (Mikolov et al. 2013), in place, for a stretch of a corpus.
 *
 * For each word of a sentence: a window of inputs (the words around it), and outputs with labels: the word itself
 * against a few others (negative sampling), or the turns on its path through the Huffman tree (hierarchical softmax).
 * With X the inputs' rows, or for CBOW their mean, and O the outputs':
 *
 *     G = lr * (labels - sigmoid(X O'))        X += G O        O += G' X
 *
 * Skip-gram takes the outputs once for the whole window, as Ji et al. ("Parallelizing Word2Vec in shared and
 * distributed memory", 2016) do: so the vectors become small matrix products, whose rows stay in registers and in the
 * nearest cache.
 *
 * Threads take chunks of sentences as they come and write without locks (Niu et al., "Hogwild!", 2011): an update may
 * be lost where two meet, and the result depends on chance. `deterministic` computes on one thread. The draws of a
 * sentence come from a generator of its own, seeded by Philox with seed, pass and sentence. */
#include "ids.h"
#include "threads.h"
#include "vectors.h"

#include "../philox.h"

#include <stdlib.h>
#include <string.h>

enum { OUTS = 6, MOST_INPUTS = 2 * 127, MOST_OUTPUTS = 66, CHUNK_WORDS = 4096 };
enum { IN, OUT, TOKENS, STARTS, KEEP, NOISE };
enum { FROM, TO, LR, SLOPE, SEED, PASS, WINDOW, FLAGS };

/* --- the generator of a sentence ---------------------------------------------------------------------------------- */

static inline uint64_t draw(uint64_t *state) { /* SplitMix64 (Steele, Lea and Flood 2014) */
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline int64_t below(uint64_t bits, int64_t n) { return (int64_t)((bits >> 32) * (uint64_t)n >> 32); }

/* --- one window as products --------------------------------------------------------------------------------------- */

/* g[i][j] = x[i] . o[j], for two inputs at once and OUTS outputs. */
VEC_INLINE void dots(float *g, const float *a, const float *b, float *const *o, int64_t width) {
    vec_f32 p[OUTS], q[OUTS];
    for (int j = 0; j < OUTS; j++) p[j] = q[j] = splat_f32(0);
    for (int64_t k = 0; k < width; k += WIDTH_f32) {
        const vec_f32 x = load_f32(a + k), y = load_f32(b + k);
        for (int j = 0; j < OUTS; j++) {
            const vec_f32 w = load_f32(o[j] + k);
            p[j] = fma_f32(x, w, p[j]);
            q[j] = fma_f32(y, w, q[j]);
        }
    }
    sum4_f32(g, p[0], p[1], p[2], p[3]);
    sum4_f32(g + 4, p[4], p[5], q[0], q[1]);
    sum4_f32(g + 8, q[2], q[3], q[4], q[5]);
}

/* o[j] += sum over i of g[i][j] x[i], and to[i] = from[i] + sum over j of g[i][j] o[j], as o was. */
VEC_INLINE void update(const float *g, float *const *x, int64_t m, float *const *o, int64_t width, float *const *from,
                       float *const *to) {
    for (int64_t k = 0; k < width; k += WIDTH_f32) {
        vec_f32 was[OUTS], now[OUTS];
        for (int j = 0; j < OUTS; j++) was[j] = now[j] = load_f32(o[j] + k);
        for (int64_t i = 0; i < m; i++) {
            const vec_f32 xi = load_f32(x[i] + k);
            vec_f32 d = load_f32(from[i] + k);
            for (int j = 0; j < OUTS; j++) {
                const vec_f32 s = splat_f32(g[i * OUTS + j]);
                d = fma_f32(s, was[j], d);
                now[j] = fma_f32(s, xi, now[j]);
            }
            store_f32(to[i] + k, d);
        }
        for (int j = 0; j < OUTS; j++) store_f32(o[j] + k, now[j]);
    }
}

/* g = scale * (label - 1 / (1 + exp(-g))), n of them, a multiple of 16. exp is 2^whole times a polynomial (Taylor's, of
 * degree 6: the error is below 2 units in the last place of a float). */
static void errors(float *restrict g, const float *restrict label, const float *restrict scale, int64_t n) {
    const float round = 0x1.8p23f;
    for (int64_t i = 0; i < n; i++) {
        const float t = (g[i] > 40 ? 40 : g[i] < -40 ? -40 : g[i]) * -0x1.715476p0f;
        const float whole = (t + round) - round, r = t - whole;
        float e = 0x1.430912p-13f;
        e = e * r + 0x1.5d87fep-10f;
        e = e * r + 0x1.3b2ab6p-7f;
        e = e * r + 0x1.c6b08ep-5f;
        e = e * r + 0x1.ebfbe0p-3f;
        e = e * r + 0x1.62e430p-1f;
        e = e * r + 1;
        union {
            int32_t i;
            float f;
        } power = {((int32_t)whole + 127) << 23};
        g[i] = scale[i] * (label[i] - 1 / (1 + e * power.f));
    }
}

/* --- a thread's work ---------------------------------------------------------------------------------------------- */

typedef struct task {
    int32_t in[MOST_INPUTS], out[MOST_OUTPUTS];
    float label[MOST_OUTPUTS], times[MOST_OUTPUTS]; /* times: an output that was drawn twice counts twice */
    int64_t m, k;
} task;

typedef struct worker {
    const tm_call *call;
    int64_t width, left, right, negatives, words;
    float *in, *out, lr;
    uint64_t state;
    int32_t *kept; /* the sentence without what subsampling took */
    float *mean, *change, *zero;
    float g[MOST_INPUTS * OUTS + 32], label[MOST_INPUTS * OUTS + 32], scale[MOST_INPUTS * OUTS + 32];
    task tasks[2];
} worker;

static int has(const tm_call *call, int64_t flag) { return (call->value[FLAGS].i & flag) != 0; }

/* The rows of outputs first .. first+OUTS-1; where there are none, zeros that nobody sees. */
static void rows_of(const worker *w, const task *t, int64_t first, float **o) {
    for (int j = 0; j < OUTS; j++)
        o[j] = first + j < t->k ? w->out + t->out[first + j] * w->call->arg[OUT].stride[0] : w->zero;
}

/* What multiplies each of m x OUTS products, and what they should have been. */
static void spread(worker *w, const task *t, int64_t first, int64_t m) {
    float label[OUTS], scale[OUTS];
    for (int j = 0; j < OUTS; j++) {
        label[j] = first + j < t->k ? t->label[first + j] : 0;
        scale[j] = first + j < t->k ? t->times[first + j] * w->lr : 0;
    }
    for (int64_t i = 0; i < m; i++) {
        memcpy(w->label + i * OUTS, label, sizeof label);
        memcpy(w->scale + i * OUTS, scale, sizeof scale);
    }
}

/* The products of m inputs with OUTS outputs, as errors in w->g. */
static void compare(worker *w, const task *t, float *const *x, int64_t m, int64_t first, float *const *o) {
    for (int64_t i = 0; i < m; i += 2) dots(w->g + i * OUTS, x[i], x[i + 1 < m ? i + 1 : i], o, w->width);
    spread(w, t, first, m);
    errors(w->g, w->label, w->scale, (m * OUTS + 15) & ~INT64_C(15));
}

/* change[i] receives what x[i] is to gain; x stays as it is until all outputs have been seen. */
static void train(worker *w, const task *t, float *const *x, int64_t m, float *const *change) {
    float *o[OUTS];
    for (int64_t first = 0; first < t->k; first += OUTS) {
        rows_of(w, t, first, o);
        compare(w, t, x, m, first, o);
        update(w->g, x, m, o, w->width, change, change);
    }
}

static void add_row(float *restrict y, const float *restrict x, float scale, int64_t width) {
    for (int64_t k = 0; k < width; k++) y[k] += scale * x[k];
}

static float *input_row(const worker *w, const task *t, int64_t i) {
    return w->in + t->in[i] * w->call->arg[IN].stride[0];
}

static void train_cbow(worker *w, const task *t) {
    float *x[1] = {w->mean}, *change[1] = {w->change};
    const size_t bytes = (size_t)w->width * sizeof(float);
    memset(w->mean, 0, bytes);
    memset(w->change, 0, bytes);
    for (int64_t i = 0; i < t->m; i++) add_row(w->mean, input_row(w, t, i), 1, w->width);
    const float scale = 1 / (float)t->m;
    for (int64_t k = 0; k < w->width; k++) w->mean[k] *= scale;
    train(w, t, x, 1, change);
    const float share = has(w->call, TM_WORD2VEC_EXACT) ? scale : 1;
    for (int64_t i = 0; i < t->m; i++) add_row(input_row(w, t, i), w->change, share, w->width);
}

static void train_skip_gram(worker *w, const task *t) {
    float *x[MOST_INPUTS], *change[MOST_INPUTS], *o[OUTS];
    for (int64_t i = 0; i < t->m; i++) x[i] = input_row(w, t, i);
    if (t->k <= OUTS) {
        rows_of(w, t, 0, o);
        compare(w, t, x, t->m, 0, o);
        update(w->g, x, t->m, o, w->width, x, x);
        return;
    }
    memset(w->change, 0, (size_t)(t->m * w->width) * sizeof(float));
    for (int64_t i = 0; i < t->m; i++) change[i] = w->change + i * w->width;
    train(w, t, x, t->m, change);
    for (int64_t i = 0; i < t->m; i++) add_row(x[i], change[i], 1, w->width);
}

/* --- what is trained ---------------------------------------------------------------------------------------------- */

/* A word of the noise distribution, by Walker's alias method: an entry is a threshold (low half) and another id. */
static int32_t noise_word(worker *w) {
    const uint64_t bits = draw(&w->state);
    const int64_t id = below(bits, w->words);
    const uint64_t entry = ((const uint64_t *)w->call->arg[NOISE].data)[id];
    return (uint32_t)bits < (uint32_t)entry ? (int32_t)id : (int32_t)(entry >> 32);
}

static void add_output(task *t, int32_t id, float label) {
    t->out[t->k] = id;
    t->label[t->k] = label;
    t->times[t->k++] = 1;
}

/* The word and others; a draw of the word itself is dropped. */
static void draw_outputs(worker *w, task *t, int32_t word) {
    t->k = 0;
    add_output(t, word, 1);
    for (int64_t n = 0; n < w->negatives; n++) {
        const int32_t id = noise_word(w);
        int64_t j = 0;
        while (j < t->k && t->out[j] != id) j++;
        if (j == t->k)
            add_output(t, id, 0);
        else if (j)
            t->times[j]++;
    }
}

/* The inner nodes on the way to the word; a turn is 2 * node + code. */
static void path_outputs(worker *w, task *t, int32_t word) {
    const int32_t *path = w->call->arg[NOISE].data;
    t->k = 0;
    for (int32_t i = path[word]; i < path[word + 1]; i++) add_output(t, path[i] >> 1, (float)(1 - (path[i] & 1)));
}

static void fetch_row(const float *row, int64_t width) {
    for (int64_t k = 0; k < width; k += 16) __builtin_prefetch(row + k, 1);
}

/* The window around position `at` of n kept words, and its outputs, whose rows are asked for. */
static void prepare(worker *w, task *t, int64_t at, int64_t n) {
    const int64_t most = w->left > w->right ? w->left : w->right;
    const int64_t less = has(w->call, TM_WORD2VEC_WHOLE) ? 0 : below(draw(&w->state), most);
    const int64_t first = at - (w->left > less ? w->left - less : 0),
                  last = at + (w->right > less ? w->right - less : 0);
    t->m = 0;
    for (int64_t i = first < 0 ? 0 : first; i <= last && i < n; i++)
        if (i != at) t->in[t->m++] = w->kept[i];
    if (!t->m) return;
    if (has(w->call, TM_WORD2VEC_TREE))
        path_outputs(w, t, w->kept[at]);
    else
        draw_outputs(w, t, w->kept[at]);
    for (int64_t j = 0; j < t->k; j++) fetch_row(w->out + t->out[j] * w->call->arg[OUT].stride[0], w->width);
    fetch_row(input_row(w, t, t->m - 1), w->width);
}

/* Frequent words are left out by chance. */
static int64_t keep_words(worker *w, const int32_t *token, int64_t n) {
    const float *keep = w->call->arg[KEEP].data;
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        w->kept[kept] = token[i];
        kept += !keep || (float)(draw(&w->state) >> 40) * 0x1p-24f < keep[token[i]];
    }
    return kept;
}

/* While one window is trained, the rows of the next are on their way. */
static void train_sentence(worker *w, int64_t s) {
    const int64_t *start = w->call->arg[STARTS].data;
    const tm_philox_words words =
        tm_philox((uint64_t)w->call->value[SEED].i, (uint64_t)w->call->value[PASS].i, (uint64_t)s);
    w->state = (uint64_t)words.v[0] << 32 | words.v[1];
    w->lr = (float)(w->call->value[LR].f + w->call->value[SLOPE].f * (double)start[s]);
    const int64_t n = keep_words(w, (const int32_t *)w->call->arg[TOKENS].data + start[s], start[s + 1] - start[s]);
    if (n) prepare(w, &w->tasks[0], 0, n);
    for (int64_t i = 0; i < n; i++) {
        const task *t = &w->tasks[i & 1];
        if (i + 1 < n) prepare(w, &w->tasks[(i + 1) & 1], i + 1, n);
        if (t->m && has(w->call, TM_WORD2VEC_SKIP_GRAM))
            train_skip_gram(w, t);
        else if (t->m)
            train_cbow(w, t);
    }
}

/* --- what only the bytes tell ------------------------------------------------------------------------------------- */

static int refuse(tm_call *call, int64_t id, int64_t bound) {
    call->fault = (tm_fault){.kind = TM_FAULT_ID, .id = id, .bound = bound};
    return 0;
}

static int starts_fit(tm_call *call, int64_t *longest) {
    const int64_t *start = call->arg[STARTS].data, from = call->value[FROM].i, to = call->value[TO].i;
    *longest = 0;
    for (int64_t s = from; s < to; s++) {
        if (start[s] < 0 || start[s + 1] < start[s] || start[s + 1] > call->shape[2])
            return refuse(call, start[s + 1], call->shape[2] + 1);
        if (start[s + 1] - start[s] > *longest) *longest = start[s + 1] - start[s];
    }
    return 1;
}

static int noise_fits(tm_call *call) {
    const int64_t words = call->shape[0], size = call->shape[3], outputs = call->shape[4];
    if (!has(call, TM_WORD2VEC_TREE)) {
        const uint64_t *entry = call->arg[NOISE].data;
        for (int64_t i = 0; i < words; i++)
            if ((int64_t)(entry[i] >> 32) >= words) return refuse(call, (int64_t)(entry[i] >> 32), words);
        return 1;
    }
    const int32_t *path = call->arg[NOISE].data;
    for (int64_t i = 0; i < words; i++)
        if (path[i] <= words || path[i + 1] < path[i] || path[i + 1] > size || path[i + 1] - path[i] > MOST_OUTPUTS)
            return refuse(call, path[i + 1], size + 1);
    for (int64_t i = words + 1; i < size; i++)
        if (path[i] < 0 || path[i] >> 1 >= outputs) return refuse(call, path[i] >> 1, outputs);
    return 1;
}

static int fits(tm_call *call, int64_t *longest) {
    const int64_t *start = call->arg[STARTS].data;
    if (!starts_fit(call, longest) || !noise_fits(call)) return 0;
    tm_arg tokens = call->arg[TOKENS];
    tokens.data = tm_at(&tokens, start[call->value[FROM].i]);
    return tm_ids_fit(call, &tokens, 1, start[call->value[TO].i] - start[call->value[FROM].i], call->shape[0]);
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

/* Sentences from .. are cut into chunks of about CHUNK_WORDS words; begin[] gets where each begins, and the end. */
static int64_t cut(const tm_call *call, int64_t *begin) {
    const int64_t *start = call->arg[STARTS].data;
    int64_t chunks = 0, s = call->value[FROM].i;
    while (s < call->value[TO].i) {
        begin[chunks++] = s;
        const int64_t first = start[s];
        do s++;
        while (s < call->value[TO].i && start[s] - first < CHUNK_WORDS);
    }
    begin[chunks] = s;
    return chunks;
}

static worker *new_worker(const tm_call *call, int64_t longest) {
    const int64_t width = call->shape[1], change = has(call, TM_WORD2VEC_SKIP_GRAM) ? MOST_INPUTS : 1;
    const size_t floats = (size_t)((2 + change) * width), head = (sizeof(worker) + 63) & ~(size_t)63;
    const size_t bytes = head + floats * sizeof(float) + (size_t)(longest + 1) * sizeof(int32_t);
    worker *w = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    if (!w) return NULL;
    memset(w, 0, head + floats * sizeof(float));
    w->call = call;
    w->width = width;
    w->words = call->shape[0];
    w->left = call->value[WINDOW].i >> 16 & 127;
    w->right = call->value[WINDOW].i & 127;
    w->negatives = call->value[FLAGS].i >> 8;
    w->in = call->arg[IN].data;
    w->out = call->arg[OUT].data;
    w->zero = (float *)((char *)w + head);
    w->mean = w->zero + width;
    w->change = w->mean + width;
    w->kept = (int32_t *)(w->change + change * width);
    return w;
}

void tm_word2vec(tm_call *call) {
    int64_t longest;
    if (!fits(call, &longest)) return;
    int64_t *begin = malloc((size_t)(call->value[TO].i - call->value[FROM].i + 1) * sizeof *begin);
    const int64_t chunks = begin ? cut(call, begin) : 0;
    const int threads = tm_threads_for(chunks, !has(call, TM_WORD2VEC_DETERMINISTIC));
    int failed = !begin;
    tm_cpu_work.pieces = chunks;
    tm_cpu_work.threads = threads;
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        worker *w = failed ? NULL : new_worker(call, longest);
        if (!w) {
#pragma omp atomic write
            failed = 1;
        }
#pragma omp for schedule(dynamic)
        for (int64_t c = 0; c < chunks; c++)
            for (int64_t s = begin[c]; w && s < begin[c + 1]; s++) train_sentence(w, s);
        free(w);
    }
    if (failed) call->fault.kind = TM_FAULT_MEMORY;
    free(begin);
}
