/* word2vec_loop.c: the loop of Mikolov's word2vec.c, written plainly, as a ruler for word2vec.lua: one pair after
 * another, a table of noise, a table of sigmoids, threads that write without locks.
 *
 *     word2vec_loop TOKENS cbow|skip_gram THREADS [EPOCHS]
 *
 * TOKENS: int32 in the machine's order; -1 ends a sentence. Prints one line of JSON. */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DIM = 100, WINDOW = 5, NEGATIVES = 5, TABLE = 10000000, STEPS = 1000, LONGEST = 4096 };
#define MOST 6.0f

static int32_t *tokens, *noise;
static int64_t n_tokens, n_words, total;
static float *in, *out, *keep, sigmoid[STEPS];
static int threads, skip_gram, epochs;

static void read_tokens(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) exit(fprintf(stderr, "%s: can't be read\n", path));
    fseek(file, 0, SEEK_END);
    n_tokens = ftell(file) / 4;
    rewind(file);
    tokens = malloc((size_t)n_tokens * 4);
    if (fread(tokens, 4, (size_t)n_tokens, file) != (size_t)n_tokens) exit(1);
    fclose(file);
    for (int64_t i = 0; i < n_tokens; i++)
        if (tokens[i] >= n_words) n_words = tokens[i] + 1;
}

static void prepare(void) {
    int64_t *count = calloc((size_t)n_words, sizeof *count);
    for (int64_t i = 0; i < n_tokens; i++)
        if (tokens[i] >= 0) count[tokens[i]]++, total++;
    double sum = 0, so_far = 0;
    for (int64_t w = 0; w < n_words; w++) sum += pow((double)count[w], 0.75);
    noise = malloc(TABLE * sizeof *noise);
    for (int64_t i = 0, w = 0; i < TABLE; i++) {
        while (w < n_words - 1 && (double)i / TABLE >= (so_far + pow((double)count[w], 0.75)) / sum)
            so_far += pow((double)count[w++], 0.75);
        noise[i] = (int32_t)w;
    }
    in = malloc((size_t)n_words * DIM * 4);
    out = calloc((size_t)n_words * DIM, 4);
    keep = malloc((size_t)n_words * 4);
    uint64_t r = 1;
    for (int64_t i = 0; i < n_words * DIM; i++) {
        r = r * 25214903917 + 11;
        in[i] = ((float)(r & 0xFFFF) / 65536 - 0.5f) / DIM;
    }
    for (int64_t w = 0; w < n_words; w++)
        keep[w] =
            (float)((sqrt((double)count[w] / (1e-3 * (double)total)) + 1) * 1e-3 * (double)total / (double)count[w]);
    for (int i = 0; i < STEPS; i++) {
        const double e = exp((i / (double)STEPS * 2 - 1) * MOST);
        sigmoid[i] = (float)(e / (e + 1));
    }
    free(count);
}

/* One input vector against the word and its negatives; error receives what x is to gain. */
static void compare(const float *x, float *error, int32_t word, float lr, uint64_t *r) {
    memset(error, 0, DIM * 4);
    for (int k = 0; k <= NEGATIVES; k++) {
        *r = *r * 25214903917 + 11;
        const int32_t target = k ? noise[(*r >> 16) % TABLE] : word;
        if (k && target == word) continue;
        float *o = out + (int64_t)target * DIM, f = 0;
        for (int d = 0; d < DIM; d++) f += x[d] * o[d];
        const float label = !k;
        const float p = f > MOST ? 1 : f < -MOST ? 0 : sigmoid[(int)((f + MOST) * (STEPS / MOST / 2) * 0.999f)];
        const float g = (label - p) * lr;
        for (int d = 0; d < DIM; d++) error[d] += g * o[d];
        for (int d = 0; d < DIM; d++) o[d] += g * x[d];
    }
}

static void train_word(const int32_t *s, int n, int at, float lr, uint64_t *r) {
    float mean[DIM] = {0}, error[DIM];
    *r = *r * 25214903917 + 11;
    const int reach = WINDOW - (int)(*r >> 16) % WINDOW;
    int used = 0;
    for (int i = at - reach < 0 ? 0 : at - reach; i <= at + reach && i < n; i++) {
        float *x = in + (int64_t)s[i] * DIM;
        if (i == at) continue;
        used++;
        if (skip_gram) {
            compare(x, error, s[at], lr, r);
            for (int d = 0; d < DIM; d++) x[d] += error[d];
        } else
            for (int d = 0; d < DIM; d++) mean[d] += x[d];
    }
    if (skip_gram || !used) return;
    for (int d = 0; d < DIM; d++) mean[d] /= (float)used;
    compare(mean, error, s[at], lr, r);
    for (int i = at - reach < 0 ? 0 : at - reach; i <= at + reach && i < n; i++)
        for (int d = 0; i != at && d < DIM; d++) in[(int64_t)s[i] * DIM + d] += error[d];
}

static void *work(void *self) {
    const int64_t me = (int64_t)self, from = n_tokens * me / threads, to = n_tokens * (me + 1) / threads;
    const float first = skip_gram ? 0.025f : 0.05f;
    int32_t s[LONGEST];
    uint64_t r = (uint64_t)me + 1;
    for (int epoch = 0; epoch < epochs; epoch++)
        for (int64_t i = from; i < to;) {
            int n = 0;
            const float done = ((float)epoch + (float)(i - from) / (float)(to - from)) / (float)epochs;
            for (; i < to && tokens[i] >= 0; i++) {
                r = r * 25214903917 + 11;
                if (n < LONGEST && (float)(r >> 16 & 0xFFFF) / 65536 < keep[tokens[i]]) s[n++] = tokens[i];
            }
            i++;
            for (int at = 0; at < n; at++) train_word(s, n, at, first * (1 - done) + 1e-6f, &r);
        }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 4) return fprintf(stderr, "word2vec_loop TOKENS cbow|skip_gram THREADS [EPOCHS]\n"), 1;
    pthread_t thread[64];
    struct timespec begin, end;
    skip_gram = !strcmp(argv[2], "skip_gram");
    threads = atoi(argv[3]);
    epochs = argc > 4 ? atoi(argv[4]) : 5;
    if (threads < 1 || threads > 64) return 1;
    read_tokens(argv[1]);
    prepare();
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int64_t t = 0; t < threads; t++) pthread_create(&thread[t], NULL, work, (void *)t);
    for (int t = 0; t < threads; t++) pthread_join(thread[t], NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) * 1e-9;
    printf("{\"program\": \"loop\", \"kind\": \"%s\", \"threads\": %d, \"words_per_s\": %.0f}\n", argv[2], threads,
           (double)total * epochs / seconds);
    return 0;
}
