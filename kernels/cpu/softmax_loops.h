/* softmax_loops.h: the loops of softmax.c, for the compute type that TM_SUFFIX names.
 *
 * They see vectors of LANES elements, in pieces that lie where they lie. Short rows are spread so that each lane
 * is a row of its own: one piece of C vectors. A long row fills all lanes: one piece of C / LANES vectors, and one
 * for the padded rest; then what the lanes found is folded into one value, which every lane gets. */

#define T TM_PASTE(tm, TM_SUFFIX)
#define NAME(name) TM_PASTE(name, TM_SUFFIX)

#define VEC TM_PASTE(vec, TM_SUFFIX)
#define PER_VEC TM_PASTE(WIDTH, TM_SUFFIX)
#define LOAD TM_PASTE(load, TM_SUFFIX)
#define STORE TM_PASTE(store, TM_SUFFIX)
#define MOST TM_PASTE(most, TM_SUFFIX)
#define VECS (LANES / PER_VEC) /* vectors of the processor that hold the lanes */
/* For each of them, v, and its first lane, l. (GCC's own vectors of all lanes go through memory where the processor's
 * are shorter.) */
#define EACH_VEC _Pragma("GCC unroll 8") for (int v = 0, l = 0; v < VECS; v++, l += PER_VEC)

/* tile[j][i] = rows[i][j]; lanes without a row get 0. */
static void NAME(spread)(void *to, const void *from, int64_t n, int64_t c) {
    T *tile = to;
    const T *rows = from;
    if (n < LANES) memset(tile, 0, (size_t)(c * LANES) * sizeof *tile);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < c; j++) tile[j * LANES + i] = rows[i * c + j];
}

static void NAME(gather)(void *to, const void *from, int64_t n, int64_t c) {
    T *rows = to;
    const T *tile = from;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < c; j++) rows[i * c + j] = tile[j * LANES + i];
}

static void NAME(fill)(void *to, double value, int64_t n) {
    T *x = to;
    for (int64_t i = 0; i < n; i++) x[i] = (T)value;
}

/* Every lane gets the largest, or the sum, of all lanes. */
static void NAME(fold_max)(T *lane) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++) lane[l] = lane[l] > lane[l + half] ? lane[l] : lane[l + half];
    for (int l = 1; l < LANES; l++) lane[l] = lane[0];
}

static void NAME(fold_sum)(T *lane) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++) lane[l] = lane[l] + lane[l + half];
    for (int l = 1; l < LANES; l++) lane[l] = lane[0];
}

/* exp(x) for x <= 0; what is too small for a normal number is 0. The library's exp leaves its fast path for such x,
 * and a masked score, -inf, is one of them. */
TM_INLINE T NAME(exp_below)(T x) {
    const T least = sizeof(T) == 4 ? (T)-87 : (T)-708;
    const T e = exp(maximum(x, least));
    return x < least ? 0 : e;
}

/* The largest of each lane. Four at a time, so that one comparison needn't wait for the last. */
static void NAME(max_lanes)(const piece *piece, T *largest) {
    enum { CHAINS = 4 };
    VEC most[CHAINS][VECS];
    for (int c = 0; c < CHAINS; c++) EACH_VEC most[c][v] = LOAD((const T *)piece->x + l);
    for (; piece->k; piece++) {
        const T *x = piece->x;
        int64_t j = 0;
        for (; j + CHAINS <= piece->k; j += CHAINS)
            for (int c = 0; c < CHAINS; c++) EACH_VEC most[c][v] = MOST(LOAD(x + (j + c) * LANES + l), most[c][v]);
        for (; j < piece->k; j++) EACH_VEC most[0][v] = MOST(LOAD(x + j * LANES + l), most[0][v]);
    }
    for (int c = 1; c < CHAINS; c++) EACH_VEC most[0][v] = MOST(most[c][v], most[0][v]);
    memcpy(largest, most[0], sizeof most[0]);
}

/* largest = max(x) (a NaN needs no care here: its exp spoils the sum, as it should), sum = sum(exp(x - largest)),
 * and y = the exps if they are kept. A call of exp empties the registers, so sums are made a block later. */
static void NAME(exp_sum)(const piece *piece, int keep, int fold, T *largest, T *sum) {
    T block[EXPS * LANES] __attribute__((aligned(64)));
    NAME(max_lanes)(piece, largest);
    if (fold) NAME(fold_max)(largest);
    VEC total[VECS] = {{0}};
    for (; piece->k; piece++)
        for (int64_t n, from = 0; from < piece->k; from += n) {
            const T *x = (const T *)piece->x + from * LANES;
            T *y = keep ? (T *)piece->y + from * LANES : block;
            n = tm_smaller(EXPS, piece->k - from);
            for (int64_t j = 0; j < n; j++)
#pragma GCC ivdep
                for (int l = 0; l < LANES; l++) y[j * LANES + l] = NAME(exp_below)(x[j * LANES + l] - largest[l]);
            for (int64_t j = 0; j < n; j++) EACH_VEC total[v] += LOAD(y + j * LANES + l);
        }
    memcpy(sum, total, sizeof total);
    if (fold) NAME(fold_sum)(sum);
}

/* softmax: y = exp(x - max) / sum; log_softmax: y = x - max - log(sum). y may be x. */
static void NAME(softmax)(const piece *piece, int fold, int logarithm) {
    T largest[LANES], sum[LANES];
    NAME(exp_sum)(piece, !logarithm, fold, largest, sum);
    for (int l = 0; l < LANES; l++) sum[l] = logarithm ? log(sum[l]) : 1 / sum[l];
    for (; piece->k; piece++) {
        const T *x = piece->x;
        T *y = piece->y;
        if (logarithm)
            for (int64_t j = 0; j < piece->k; j++)
                EACH_VEC STORE(y + j * LANES + l, (LOAD(x + j * LANES + l) - LOAD(largest + l)) - LOAD(sum + l));
        else
            for (int64_t j = 0; j < piece->k; j++)
                EACH_VEC STORE(y + j * LANES + l, LOAD(y + j * LANES + l) * LOAD(sum + l));
    }
}

/* softmax: y (g - sum(g y)); log_softmax: g - exp(y) sum(g); with x as g and w as y. The result may be x. */
static void NAME(gradient)(const piece *pieces, int fold, int logarithm) {
    T sum[LANES];
    VEC total[VECS] = {{0}};
    for (const piece *piece = pieces; piece->k; piece++) {
        const T *g = piece->x, *y = piece->w;
        if (logarithm)
            for (int64_t j = 0; j < piece->k; j++) EACH_VEC total[v] += LOAD(g + j * LANES + l);
        else
            for (int64_t j = 0; j < piece->k; j++)
                EACH_VEC total[v] += LOAD(g + j * LANES + l) * LOAD(y + j * LANES + l);
    }
    memcpy(sum, total, sizeof total);
    if (fold) NAME(fold_sum)(sum);
    for (const piece *piece = pieces; piece->k; piece++) {
        const T *g = piece->x, *y = piece->w;
        T *out = piece->y;
        if (!logarithm)
            for (int64_t j = 0; j < piece->k; j++)
                EACH_VEC STORE(out + j * LANES + l,
                               LOAD(y + j * LANES + l) * (LOAD(g + j * LANES + l) - LOAD(sum + l)));
        else
            for (int64_t j = 0; j < piece->k; j++)
#pragma GCC ivdep
                for (int l = 0; l < LANES; l++)
                    out[j * LANES + l] = g[j * LANES + l] - NAME(exp_below)(y[j * LANES + l]) * sum[l];
    }
}

/* Element i of a row in pieces: of its x or of its y. */
static T *NAME(element)(const piece *piece, int of_y, int64_t i) {
    for (; i >= piece->k * LANES; piece++) i -= piece->k * LANES;
    return (T *)(of_y ? piece->y : piece->x) + i;
}

/* For each of n rows the loss log(sum) - (x[id] - max), and lse = max + log(sum). Returns the losses' sum.
 * A long row comes alone: n is 1 and lane 0 speaks for it. */
static double NAME(loss)(const piece *piece, int fold, const int64_t *id, int64_t n, void *losses, void *lses) {
    T *loss = losses, *lse = lses, largest[LANES], sum[LANES];
    double total = 0;
    NAME(exp_sum)(piece, 0, fold, largest, sum);
    for (int l = 0; l < LANES; l++) sum[l] = log(sum[l]);
    for (int64_t i = 0; i < n; i++) {
        const T chosen = *NAME(element)(piece, 0, fold ? id[i] : id[i] * LANES + i);
        loss[i] = sum[i] - (chosen - largest[i]);
        lse[i] = largest[i] + sum[i];
        total += (double)loss[i];
    }
    return total;
}

/* y = (exp(x - lse) - onehot(id)) * scale; y may be x. */
static void NAME(loss_gradient)(const piece *pieces, int fold, const int64_t *id, int64_t n, const void *lses,
                                const void *scales) {
    const T *lse = lses;
    for (const piece *piece = pieces; piece->k; piece++) {
        const T *x = piece->x;
        T *y = piece->y;
        for (int64_t j = 0; j < piece->k; j++)
#pragma GCC ivdep
            for (int l = 0; l < LANES; l++) y[j * LANES + l] = NAME(exp_below)(x[j * LANES + l] - lse[l]);
    }
    for (int64_t i = 0; i < n; i++) *NAME(element)(pieces, 1, fold ? id[i] : id[i] * LANES + i) -= 1;
    const T *scale = scales;
    for (const piece *piece = pieces; piece->k; piece++)
        for (int64_t j = 0; j < piece->k; j++) {
            T *y = (T *)piece->y + j * LANES;
            EACH_VEC STORE(y + l, LOAD(y + l) * LOAD(scale + l));
        }
}

#undef NAME
#undef VEC
#undef PER_VEC
#undef LOAD
#undef STORE
#undef MOST
#undef VECS
#undef EACH_VEC
#undef T
