/* normalise_loops.h: the loops of normalise.c, for the type T that TM_SUFFIX names. */

#define DO(name) TM_PASTE(name, TM_SUFFIX)
#define VEC TM_PASTE(vec, TM_SUFFIX)
#define LANES TM_PASTE(WIDTH, TM_SUFFIX)
#define LOAD DO(load)
#define PART DO(load_part)

VEC_INLINE T DO(total)(const VEC *chain) {
    T four[4];
    DO(sum4)(four, chain[0], chain[1], chain[2], chain[3]);
    return (four[0] + four[1]) + (four[2] + four[3]);
}

/* v with 0 in the lanes from n on. */
VEC_INLINE VEC DO(first)(VEC v, int64_t n) {
    T rest[LANES];
    DO(store)(rest, v);
    return PART(rest, n);
}

/* EACH(load, n) is run for whole vectors at j, chain after chain, then for the n elements that are left. */
#define WALK(EACH)                                                                                                     \
    {                                                                                                                  \
        int64_t j = 0;                                                                                                 \
        for (; j + CHAINS * LANES <= n; j += CHAINS * LANES) {                                                         \
            EACH(0, j, 0)                                                                                              \
            EACH(1, j + LANES, 0)                                                                                      \
            EACH(2, j + 2 * LANES, 0)                                                                                  \
            EACH(3, j + 3 * LANES, 0)                                                                                  \
        }                                                                                                              \
        for (; j + LANES <= n; j += LANES) EACH(0, j, 0)                                                               \
        if (j < n) EACH(1, j, n - j)                                                                                   \
    }
#define READ(from, j, part) ((part) ? PART((from) + (j), part) : LOAD((from) + (j)))

/* The mean of n elements (0 unless centred) and 1 / sqrt(their variance about it + eps). */
static void DO(measure)(const T *x, int64_t n, int centred, double eps, T *mean, T *inverse) {
    VEC sum[CHAINS] = {{0}};
    *mean = 0;
    if (centred) {
#define EACH(c, j, part)                                                                                               \
    { sum[c] += READ(x, j, part); }
        WALK(EACH)
#undef EACH
        *mean = DO(total)(sum) / (T)n;
        for (int c = 0; c < CHAINS; c++) sum[c] = DO(splat)(0);
    }
    const VEC middle = DO(splat)(*mean);
#define EACH(c, j, part)                                                                                               \
    {                                                                                                                  \
        VEC d = READ(x, j, part) - middle;                                                                             \
        if (part) d = DO(first)(d, part);                                                                              \
        sum[c] = DO(fma)(d, d, sum[c]);                                                                                \
    }
    WALK(EACH)
#undef EACH
    *inverse = (T)(1 / sqrt((double)DO(total)(sum) / (double)n + eps));
}

VEC_INLINE void DO(put)(T *to, VEC v, int64_t part) {
    if (part)
        DO(store_part)(to, v, part);
    else
        DO(store)(to, v);
}

/* y = (x - mean) * inverse * weight + bias */
static void DO(apply)(T *y, const T *x, const T *weight, const T *bias, int64_t n, T mean, T inverse) {
    const VEC middle = DO(splat)(mean), scale = DO(splat)(inverse);
#define EACH(c, j, part)                                                                                               \
    {                                                                                                                  \
        VEC v = (READ(x, j, part) - middle) * scale;                                                                   \
        if (weight) v *= READ(weight, j, part);                                                                        \
        if (bias) v += READ(bias, j, part);                                                                            \
        DO(put)(y + (j), v, part);                                                                                     \
    }
    WALK(EACH)
#undef EACH
}

static void DO(normalise_tasks)(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    const tm_arg *arg = p->call->arg;
    const int64_t last = tm_smaller(p->rows, to * p->task), n = p->n;
    for (int64_t i = from * p->task; i < last; i++) {
        const T *x = (const T *)arg[1].data + i * n;
        T *stats = (T *)arg[4].data + 2 * i;
        DO(measure)(x, n, p->centred, p->call->value[0].f, &stats[0], &stats[1]);
        DO(apply)((T *)arg[0].data + i * n, x, arg[2].data, arg[3].data, n, stats[0], stats[1]);
    }
}

/* One row on the way back. means: of h and of h x'; dweight and dbias (NULL: not asked for) grow by the row's part. */
static void DO(look_back)(const T *g, const T *x, const T *weight, T *dweight, T *dbias, int64_t n, const T *stats,
                          T *means) {
    const VEC middle = DO(splat)(stats[0]), scale = DO(splat)(stats[1]);
    VEC sum[CHAINS] = {{0}}, product[CHAINS] = {{0}};
#define EACH(c, j, part)                                                                                               \
    {                                                                                                                  \
        const VEC flow = READ(g, j, part), unit = (READ(x, j, part) - middle) * scale;                                 \
        VEC h = flow;                                                                                                  \
        if (weight) h *= READ(weight, j, part);                                                                        \
        sum[c] += h;                                                                                                   \
        product[c] = DO(fma)(h, unit, product[c]);                                                                     \
        if (dweight) DO(put)(dweight + (j), DO(fma)(flow, unit, READ(dweight, j, part)), part);                        \
        if (dbias) DO(put)(dbias + (j), READ(dbias, j, part) + flow, part);                                            \
    }
    WALK(EACH)
#undef EACH
    means[0] = DO(total)(sum) / (T)n;
    means[1] = DO(total)(product) / (T)n;
}

/* dx = (h - mean(h) - x' mean(h x')) * inverse; mean(h) counts only where x' is centred. */
static void DO(give_back)(T *dx, const T *g, const T *x, const T *weight, int64_t n, const T *stats, const T *means,
                          int centred) {
    const VEC middle = DO(splat)(stats[0]), scale = DO(splat)(stats[1]);
    const VEC mean = DO(splat)(centred ? means[0] : 0), along = DO(splat)(means[1]);
#define EACH(c, j, part)                                                                                               \
    {                                                                                                                  \
        const VEC flow = READ(g, j, part), unit = (READ(x, j, part) - middle) * scale;                                 \
        VEC h = flow;                                                                                                  \
        if (weight) h *= READ(weight, j, part);                                                                        \
        DO(put)(dx + (j), (h - mean - unit * along) * scale, part);                                                    \
    }
    WALK(EACH)
#undef EACH
}

static void DO(flush)(double *sums, T *line, int64_t n) {
    for (int64_t j = 0; j < n; j++) {
        sums[j] += (double)line[j];
        line[j] = 0;
    }
}

static void DO(gradient_tasks)(void *self, int64_t from, int64_t to) {
    const plan *p = self;
    const tm_arg *arg = p->call->arg;
    const int64_t n = p->n;
    for (int64_t task = from; task < to; task++) {
        const int64_t first = task * p->task, last = tm_smaller(p->rows, first + p->task);
        T *line = p->sums ? (T *)p->line + task * 2 * n : NULL, means[2];
        for (int64_t i = first; i < last; i++) {
            const T *g = (const T *)arg[1].data + i * n, *x = (const T *)arg[2].data + i * n;
            const T *stats = (const T *)arg[4].data + 2 * i;
            DO(look_back)(g, x, arg[3].data, line, line ? line + n : NULL, n, stats, means);
            if (arg[0].data) DO(give_back)((T *)arg[0].data + i * n, g, x, arg[3].data, n, stats, means, p->centred);
            if (line && ((i - first) % ROWS == ROWS - 1 || i + 1 == last))
                DO(flush)(p->sums + task * 2 * n, line, 2 * n);
        }
    }
}

#undef READ
#undef WALK
#undef PART
#undef LOAD
#undef LANES
#undef VEC
#undef DO
