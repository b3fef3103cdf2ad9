/* linalg_loops.h: the functions of linalg.c for the type that TM_SUFFIX names. */

#define NAME(name) TM_PASTE(name, TM_SUFFIX)
#define T NAME(tm)
#define LAPACK (&s->lapack->TM_SUFFIX)

/* --- in and out --------------------------------------------------------------------------------------------------- */

static T *NAME(at)(const matrices *s, int operand, int64_t i) {
    return (T *)s->call->arg[operand].data + begin(s, operand, i);
}

/* to[r * to_row + c * to_column] = from[r * row + c * column] */
static void NAME(turn)(T *to, int64_t to_row, int64_t to_column, const T *from, int64_t row, int64_t column,
                       int64_t rows, int64_t columns) {
    for (int64_t c0 = 0; c0 < columns; c0 += SIDE)
        for (int64_t r0 = 0; r0 < rows; r0 += SIDE)
            for (int64_t c = c0; c < tm_smaller(c0 + SIDE, columns); c++)
                for (int64_t r = r0; r < tm_smaller(r0 + SIDE, rows); r++)
                    to[r * to_row + c * to_column] = from[r * row + c * column];
}

/* Matrix i of an operand, its columns side by side. */
static void NAME(take)(T *to, const matrices *s, int operand, int64_t i, int64_t rows, int64_t columns) {
    const int64_t *stride = s->call->arg[operand].stride + s->batch.rank;
    NAME(turn)(to, 1, rows, NAME(at)(s, operand, i), stride[0], stride[1], rows, columns);
}

/* Columns side by side as matrix i of the result. */
static void NAME(put)(const T *from, const matrices *s, int64_t i, int64_t rows, int64_t columns) {
    const int64_t *stride = s->call->arg[0].stride + s->batch.rank;
    NAME(turn)(NAME(at)(s, 0, i), stride[0], stride[1], from, 1, rows, rows, columns);
}

/* The matrix as it comes in, if it is finite: LAPACK's iterations may not end for others. */
static int NAME(take_finite)(T *to, const matrices *s, int64_t i) {
    const int64_t size = (int64_t)s->m * s->n;
    int bad = 0;
    NAME(take)(to, s, 1, i, s->m, s->n);
    for (int64_t j = 0; j < size; j++) bad |= !(to[j] - to[j] == 0);
    if (bad) fail(s, TM_FAULT_CONVERGENCE, i, 0);
    return !bad;
}

/* --- square matrices ---------------------------------------------------------------------------------------------- */

/* The right-hand side of matrix i; the unit matrix where there is none. */
static void NAME(take_rhs)(T *to, const matrices *s, int64_t i) {
    if (s->call->arg[2].data) {
        NAME(take)(to, s, 2, i, s->n, s->rhs);
        return;
    }
    memset(to, 0, (size_t)s->n * (size_t)s->n * sizeof *to);
    for (int64_t j = 0; j < s->n; j++) to[j * s->n + j] = 1;
}

/* solve and inv */
static void NAME(solve)(const matrices *s) {
    const size_t n = (size_t)s->n;
    T *a = scratch(s, n * (n + (size_t)s->rhs) * sizeof *a), *b = a + n * n;
    int *pivots = scratch(s, n * sizeof *pivots), info;
    for (int64_t i = 0; good(s) && i < s->n_batch; i++) {
        NAME(take)(a, s, 1, i, s->n, s->n);
        LAPACK->getrf(&s->n, &s->n, a, &s->n, pivots, &info);
        if (info) {
            fail(s, TM_FAULT_SINGULAR, i, info);
            break;
        }
        NAME(take_rhs)(b, s, i);
        LAPACK->getrs("N", &s->n, &s->rhs, a, &s->n, pivots, b, &s->n, &info);
        NAME(put)(b, s, i, s->n, s->rhs);
    }
    free(pivots);
    free(a);
}

static void NAME(solve_triangular)(const matrices *s) {
    const size_t n = (size_t)s->n;
    T *a = scratch(s, n * (n + (size_t)s->rhs) * sizeof *a), *b = a + n * n;
    int info;
    for (int64_t i = 0; good(s) && i < s->n_batch; i++) {
        NAME(take)(a, s, 1, i, s->n, s->n);
        NAME(take_rhs)(b, s, i);
        LAPACK->trtrs(s->uplo, "N", s->diag, &s->n, &s->rhs, a, &s->n, b, &s->n, &info);
        if (info)
            fail(s, TM_FAULT_SINGULAR, i, info);
        else
            NAME(put)(b, s, i, s->n, s->rhs);
    }
    free(a);
}

/* The product of the pivots; or, with a second result, the sum of their logarithms, and the sign. */
static void NAME(multiply)(const matrices *s, const T *a, const int *pivots, int64_t i) {
    const int logarithm = s->call->op == TM_OP_logabsdet;
    double value = logarithm ? 0 : 1, sign = 1;
    T product = 1;
    for (int j = 0; j < s->n; j++) {
        const T pivot = a[(int64_t)j * s->n + j];
        if (pivots[j] != j + 1) sign = -sign;
        product *= pivot;
        if (!logarithm) continue;
        value += log(fabs((double)pivot));
        sign = pivot > 0 ? sign : pivot < 0 ? -sign : pivot == 0 ? 0 : pivot;
    }
    *NAME(at)(s, 0, i) = logarithm ? (T)value : (T)sign * product;
    if (logarithm) *NAME(at)(s, 2, i) = (T)sign;
}

static void NAME(determinant)(const matrices *s) {
    const size_t n = (size_t)s->n;
    T *a = scratch(s, n * n * sizeof *a);
    int *pivots = scratch(s, n * sizeof *pivots), info;
    for (int64_t i = 0; good(s) && i < s->n_batch; i++) {
        NAME(take)(a, s, 1, i, s->n, s->n);
        LAPACK->getrf(&s->n, &s->n, a, &s->n, pivots, &info); /* a singular one has a pivot of 0: that is fine here */
        NAME(multiply)(s, a, pivots, i);
    }
    free(pivots);
    free(a);
}

/* The largest pivot times epsilon where a pivot is 0: so the matrix is as near as rounding would leave it, and what
 * comes of its inverse below is right even for matrices that have none. Returns the product of the pivots. */
static double NAME(repair)(const matrices *s, T *a, const int *pivots) {
    T most = 0;
    double product = 1;
    for (int64_t j = 0; j < s->n; j++) most = fmax(most, fabs(a[j * s->n + j]));
    for (int64_t j = 0; j < s->n; j++) {
        T *pivot = &a[j * s->n + j];
        if (*pivot == 0) *pivot = (most > 0 ? most : 1) * (sizeof(T) == 4 ? FLT_EPSILON : DBL_EPSILON);
        product *= pivots[j] == j + 1 ? *pivot : -*pivot;
    }
    return product;
}

/* d det x / d x = det x (x^-1)' */
static void NAME(cofactors)(const matrices *s) {
    const size_t n = (size_t)s->n;
    T *a = scratch(s, 2 * n * n * sizeof *a), *b = a + n * n;
    int *pivots = scratch(s, n * sizeof *pivots), info;
    for (int64_t i = 0; good(s) && i < s->n_batch; i++) {
        NAME(take)(a, s, 1, i, s->n, s->n);
        LAPACK->getrf(&s->n, &s->n, a, &s->n, pivots, &info);
        const double product = NAME(repair)(s, a, pivots);
        NAME(take_rhs)(b, s, i);
        LAPACK->getrs("T", &s->n, &s->rhs, a, &s->n, pivots, b, &s->n, &info);
        for (size_t j = 0; j < n * n; j++) b[j] = (T)(product * b[j]);
        NAME(put)(b, s, i, s->n, s->n);
    }
    free(pivots);
    free(a);
}

static void NAME(cholesky)(const matrices *s) {
    const int64_t n = s->n;
    T *a = scratch(s, (size_t)n * (size_t)n * sizeof *a);
    int info;
    for (int64_t i = 0; good(s) && i < s->n_batch; i++) {
        NAME(take)(a, s, 1, i, n, n);
        LAPACK->potrf(s->uplo, &s->n, a, &s->n, &info);
        if (info) fail(s, TM_FAULT_INDEFINITE, i, info);
        for (int64_t column = 0; column < n; column++)
            for (int64_t row = 0; row < n; row++)
                if (*s->uplo == 'U' ? row > column : row < column) a[column * n + row] = 0;
        if (!info) NAME(put)(a, s, i, n, n);
    }
    free(a);
}

/* --- decompositions, as rows -------------------------------------------------------------------------------------- */

/* Row i: column i of Q (m), row i of R (n). */
static void NAME(qr)(const matrices *s) {
    const int64_t m = s->m, n = s->n, k = s->k, width = m + n;
    T size[2], *none = size;
    int ask = -1, info;
    LAPACK->geqrf(&s->m, &s->n, none, &s->m, none, &size[0], &ask, &info);
    LAPACK->orgqr(&s->m, &s->k, &s->k, none, &s->m, none, &size[1], &ask, &info);
    const int room = room_for(size[0] > size[1] ? size[0] : size[1]);
    T *a = scratch(s, (size_t)(m * n + k + room) * sizeof *a), *tau = a + m * n, *work = tau + k;
    for (int64_t i = 0; good(s) && i < s->n_batch; i++) {
        T *rows = NAME(at)(s, 0, i);
        NAME(take)(a, s, 1, i, m, n);
        LAPACK->geqrf(&s->m, &s->n, a, &s->m, tau, work, &room, &info);
        for (int64_t r = 0; r < k; r++)
            for (int64_t c = 0; c < n; c++) rows[r * width + m + c] = c < r ? 0 : a[c * m + r];
        LAPACK->orgqr(&s->m, &s->k, &s->k, a, &s->m, tau, work, &room, &info);
        for (int64_t r = 0; r < k; r++) memcpy(rows + r * width, a + r * m, (size_t)m * sizeof *a);
    }
    free(a);
}

/* Row i: eigenvalue i, then its vector (n). */
static void NAME(eigh)(const matrices *s) {
    const int64_t n = s->n, width = n + 1;
    T size, none = 0;
    int ask = -1, wanted, info;
    LAPACK->syevd("V", "L", &s->n, &none, &s->n, &none, &size, &ask, &wanted, &ask, &info);
    const int room = room_for(size);
    T *a = scratch(s, (size_t)(n * n + n + room) * sizeof *a), *values = a + n * n, *work = values + n;
    int *whole = scratch(s, (size_t)wanted * sizeof *whole);
    for (int64_t i = 0; good(s) && i < s->n_batch && NAME(take_finite)(a, s, i); i++) {
        T *rows = NAME(at)(s, 0, i);
        LAPACK->syevd("V", "L", &s->n, a, &s->n, values, work, &room, whole, &wanted, &info);
        if (info) fail(s, TM_FAULT_CONVERGENCE, i, 1);
        for (int64_t r = 0; r < n; r++) {
            rows[r * width] = values[r];
            memcpy(rows + r * width + 1, a + r * n, (size_t)n * sizeof *a);
        }
    }
    free(whole);
    free(a);
}

/* Row i: singular value i, column i of U (m), column i of V (n). */
static void NAME(svd)(const matrices *s) {
    const int64_t m = s->m, n = s->n, k = s->k, width = 1 + m + n;
    T size, none = 0;
    int ask = -1, info;
    LAPACK->gesdd("S", &s->m, &s->n, &none, &s->m, &none, &none, &s->m, &none, &s->k, &size, &ask, &info, &info);
    const int room = room_for(size);
    T *a = scratch(s, (size_t)(m * n + k * width + room) * sizeof *a), *values = a + m * n, *u = values + k;
    T *vt = u + m * k, *work = vt + k * n;
    int *whole = scratch(s, 8 * (size_t)k * sizeof *whole);
    for (int64_t i = 0; good(s) && i < s->n_batch && NAME(take_finite)(a, s, i); i++) {
        T *rows = NAME(at)(s, 0, i);
        LAPACK->gesdd("S", &s->m, &s->n, a, &s->m, values, u, &s->m, vt, &s->k, work, &room, whole, &info);
        if (info) fail(s, TM_FAULT_CONVERGENCE, i, 1);
        for (int64_t r = 0; r < k; r++) {
            rows[r * width] = values[r];
            memcpy(rows + r * width + 1, u + r * m, (size_t)m * sizeof *a);
        }
        NAME(turn)(rows + 1 + m, width, 1, vt, 1, k, k, n);
    }
    free(whole);
    free(a);
}

static void NAME(run)(const matrices *s) {
    switch (s->call->op) {
    case TM_OP_solve:
    case TM_OP_inv: NAME(solve)(s); break;
    case TM_OP_solve_triangular: NAME(solve_triangular)(s); break;
    case TM_OP_det:
    case TM_OP_logabsdet: (s->call->part ? NAME(cofactors) : NAME(determinant))(s); break;
    case TM_OP_cholesky: NAME(cholesky)(s); break;
    case TM_OP_qr_rows: NAME(qr)(s); break;
    case TM_OP_eigh_rows: NAME(eigh)(s); break;
    default: NAME(svd)(s);
    }
}

#undef NAME
#undef T
#undef LAPACK
