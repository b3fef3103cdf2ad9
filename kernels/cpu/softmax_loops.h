/* softmax_loops.h: the loops of softmax.c, for the compute type that TM_SUFFIX names.
 *
 * A tile is k vectors of LANES elements. Short rows are spread so that each lane is a row of its own
 * (k = C); a long row fills all lanes (k = C / LANES, padded), and then what the lanes found is folded into
 * one value, which every lane gets. */

#define T TM_PASTE(tm, TM_SUFFIX)
#define NAME(name) TM_PASTE(name, TM_SUFFIX)

/* A vector of all lanes, on any processor: GCC cuts it into what there is. */
typedef T NAME(wide) __attribute__((vector_size(LANES * sizeof(T)), aligned(sizeof(T)), may_alias));
#define WIDE NAME(wide)
#define LANES_OF(p) (*(WIDE *)(p))
#define VEC TM_PASTE(vec, TM_SUFFIX)
#define PER_VEC TM_PASTE(WIDTH, TM_SUFFIX)
#define LOAD TM_PASTE(load, TM_SUFFIX)

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

/* largest = max(x) (a NaN needs no care here: its exp spoils the sum, as it should), y = exp(x - largest),
 * sum = sum(y); y may be x. One pass each: a call of exp empties the registers. */
static void NAME(exp_sum)(const T *x, T *y, int64_t k, int fold, T *largest, T *sum) {
    VEC most[LANES / PER_VEC];
    for (int v = 0; v < LANES / PER_VEC; v++) most[v] = LOAD(x + v * PER_VEC);
    for (int64_t j = 1; j < k; j++)
        for (int v = 0; v < LANES / PER_VEC; v++)
            most[v] = TM_PASTE(most, TM_SUFFIX)(LOAD(x + j * LANES + v * PER_VEC), most[v]);
    memcpy(largest, most, sizeof most);
    if (fold) NAME(fold_max)(largest);
    for (int64_t j = 0; j < k; j++)
#pragma GCC ivdep
        for (int l = 0; l < LANES; l++) y[j * LANES + l] = NAME(exp_below)(x[j * LANES + l] - largest[l]);
    WIDE total = {0};
    for (int64_t j = 0; j < k; j++) total += *(const WIDE *)(y + j * LANES);
    LANES_OF(sum) = total;
    if (fold) NAME(fold_sum)(sum);
}

/* softmax: exp(x - max) / sum; log_softmax: x - max - log(sum). In place; scratch is a tile more. */
static void NAME(softmax)(void *tile, void *scratch, int64_t k, int fold, int logarithm) {
    T *x = tile, largest[LANES], sum[LANES];
    NAME(exp_sum)(x, logarithm ? scratch : x, k, fold, largest, sum);
    for (int l = 0; l < LANES; l++) sum[l] = logarithm ? log(sum[l]) : 1 / sum[l];
    for (int64_t j = 0; j < k; j++)
        for (int l = 0; l < LANES; l++)
            x[j * LANES + l] = logarithm ? (x[j * LANES + l] - largest[l]) - sum[l] : x[j * LANES + l] * sum[l];
}

/* softmax: y (g - sum(g y)); log_softmax: g - exp(y) sum(g). Into g. */
static void NAME(gradient)(void *g_tile, const void *y_tile, int64_t k, int fold, int logarithm) {
    T *g = g_tile, sum[LANES];
    const T *y = y_tile;
    WIDE total = {0};
    for (int64_t j = 0; j < k; j++) {
        const WIDE v = *(const WIDE *)(g + j * LANES);
        if (logarithm)
            total += v;
        else
            total += v * *(const WIDE *)(y + j * LANES);
    }
    LANES_OF(sum) = total;
    if (fold) NAME(fold_sum)(sum);
    if (logarithm)
        for (int64_t j = 0; j < k; j++)
#pragma GCC ivdep
            for (int l = 0; l < LANES; l++) g[j * LANES + l] -= NAME(exp_below)(y[j * LANES + l]) * sum[l];
    else
        for (int64_t j = 0; j < k; j++)
            for (int l = 0; l < LANES; l++) g[j * LANES + l] = y[j * LANES + l] * (g[j * LANES + l] - sum[l]);
}

/* For each of n rows the loss log(sum) - (x[id] - max), and lse = max + log(sum). Returns the losses' sum.
 * A long row is a tile by itself: n is 1 and lane 0 speaks for it. */
static double NAME(loss)(const void *tile, void *scratch, int64_t k, int fold, const int64_t *id, int64_t n,
                         void *losses, void *lses) {
    const T *x = tile;
    T *loss = losses, *lse = lses, largest[LANES], sum[LANES];
    double total = 0;
    NAME(exp_sum)(x, scratch, k, fold, largest, sum);
    for (int l = 0; l < LANES; l++) sum[l] = log(sum[l]);
    for (int64_t i = 0; i < n; i++) {
        const T chosen = fold ? x[id[i]] : x[id[i] * LANES + i];
        loss[i] = sum[i] - (chosen - largest[i]);
        lse[i] = largest[i] + sum[i];
        total += (double)loss[i];
    }
    return total;
}

/* (exp(x - lse) - onehot(id)) * scale, in place. */
static void NAME(loss_gradient)(void *tile, int64_t k, int fold, const int64_t *id, int64_t n, const void *lses,
                                const void *scales) {
    T *x = tile;
    const T *lse = lses, *scale = scales;
    for (int64_t j = 0; j < k; j++)
#pragma GCC ivdep
        for (int l = 0; l < LANES; l++) x[j * LANES + l] = NAME(exp_below)(x[j * LANES + l] - lse[l]);
    for (int64_t i = 0; i < n; i++) x[fold ? id[i] : id[i] * LANES + i] -= 1;
    for (int64_t j = 0; j < k; j++)
        for (int l = 0; l < LANES; l++) x[j * LANES + l] *= scale[l];
}

#undef NAME
#undef WIDE
#undef LANES_OF
#undef VEC
#undef PER_VEC
#undef LOAD
#undef T
