/* product.c: matmul and linear: C[..., m, n] = sum over k of A[..., m, k] B[..., k, n], plus bias, then ReLU.
 *
 * Each product of the batch is cut into pieces, and each piece goes to one of four kernels:
 *   broadcast tiles (tiles.c)  where B's rows are contiguous (NN, and TN: a weight's gradient)
 *   turned tiles (tiles.c)     where B's columns are, and k is short or m large: B's columns are turned into rows
 *   dot tiles (tiles.c)        where A's rows and B's columns are (NT: a layer's forward)
 *   OpenBLAS on one thread     where the product is so large that packing pays off
 * Which kernel, which pieces and in what order an element is summed depend on the shape and the strides alone, so
 * the bits are the same for any number of threads. Operands that no kernel can read are copied first. */
#include "product.h"
#include "blas.h"
#include "load.h"
#include "threads.h"
#include "vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef tm_product_args product;

/* Multiply-adds from which OpenBLAS is faster than our tiles, by how A and B lie: NN, TN, NT; float32, then float64.
 * Measured by scripts/bench/border.lua (its output stands in the README there). The wide registers of AVX-512 keep our
 * tiles ahead much longer; below AVX2 (no FMA) OpenBLAS, which chooses by the processor, is soon ahead. */
enum { NN, TN, NT, FORMS };
#if VECTOR_BYTES == 64
static const double border[2][FORMS] = {{1.5e9, 1.5e9, 1.5e9}, {1.5e9, 1.5e9, 1.5e9}};
#elif VECTOR_BYTES == 32
static const double border[2][FORMS] = {{1.4e8, 3e7, 4e8}, {5e7, 2.5e7, 2e8}};
#else
static const double border[2][FORMS] = {{1.6e4, 1.6e4, 1.6e4}, {1.6e4, 1.6e4, 1.6e4}};
#endif

/* B's columns are turned where A's rows pay for it: few where k is short, so that a dot tile's fold weighs, and with
 * the wide registers of AVX-512 many where it is longer. */
#define TURNED_ROWS 16
#define TURNED_SHORT 256
#define TURNED_MANY_ROWS 128

static int turning_pays(const product *p) {
    return p->n > 1 && (p->k <= TURNED_SHORT ? p->m >= TURNED_ROWS : p->k <= TM_TURNED_K && p->m >= TURNED_MANY_ROWS);
}

typedef struct plan {
    tm_call call; /* a copy, whose operands may be replaced by copies */
    product first;
    const tm_blas *library;
    tm_space space; /* of the batch dimensions */
    int64_t batches;
    int64_t rows, columns; /* pieces of one product */
    int dot, turned, blas;
    int a_turned, b_turned; /* as OpenBLAS is told: transposed, and how far rows are apart */
    int64_t a_lead, b_lead;
    void *copy[3];
} plan;

static const void *element(const product *p, const void *data, int64_t i) {
    return (const char *)data + i * tm_bytes_of(p->dtype);
}

/* --- OpenBLAS ---------------------------------------------------------------------------------------------------- */

/* How OpenBLAS can read a matrix: one stride is 1, the other at least the length of what it steps over. The
 * stride of a dimension of one element doesn't matter. Returns 0 if it can't. */
static int readable(int64_t row, int64_t col, int64_t rows, int64_t cols, int *turned, int64_t *lead) {
    if ((col == 1 || cols == 1) && (row >= cols || rows == 1)) {
        *turned = 0;
        *lead = rows == 1 ? cols : row;
        return *lead <= INT32_MAX;
    }
    if ((row == 1 || rows == 1) && (col >= rows || cols == 1)) {
        *turned = 1;
        *lead = cols == 1 ? rows : col;
        return *lead <= INT32_MAX;
    }
    return 0;
}

static int blas_can(plan *s) {
    const product *p = &s->first;
    return p->m <= INT32_MAX && p->n <= INT32_MAX && p->k <= INT32_MAX && p->c_row >= p->n && p->c_row <= INT32_MAX &&
           readable(p->a_row, p->a_col, p->m, p->k, &s->a_turned, &s->a_lead) &&
           readable(p->b_row, p->b_col, p->k, p->n, &s->b_turned, &s->b_lead);
}

#define EPILOGUE(T, name)                                                                                              \
    static void name(const product *p) {                                                                               \
        const T *bias = p->bias;                                                                                       \
        T *c = p->c;                                                                                                   \
        for (int64_t i = 0; i < p->m; i++, c += p->c_row) {                                                            \
            for (int64_t j = 0; bias && j < p->n; j++) c[j] += bias[j];                                                \
            for (int64_t j = 0; p->relu && j < p->n; j++) c[j] = c[j] <= 0 ? 0 : c[j];                                 \
        }                                                                                                              \
    }
EPILOGUE(float, epilogue_f32)
EPILOGUE(double, epilogue_f64)

static void blas(const plan *s, const product *p) {
    const enum CBLAS_TRANSPOSE at = s->a_turned ? CblasTrans : CblasNoTrans;
    const enum CBLAS_TRANSPOSE bt = s->b_turned ? CblasTrans : CblasNoTrans;
    const blasint m = (blasint)p->m, n = (blasint)p->n, k = (blasint)p->k;
    const blasint lda = (blasint)s->a_lead, ldb = (blasint)s->b_lead, ldc = (blasint)p->c_row;
    if (p->dtype == TM_FLOAT32) {
        s->library->sgemm(CblasRowMajor, at, bt, m, n, k, 1, p->a, lda, p->b, ldb, 0, p->c, ldc);
        epilogue_f32(p);
    } else {
        s->library->dgemm(CblasRowMajor, at, bt, m, n, k, 1, p->a, lda, p->b, ldb, 0, p->c, ldc);
        epilogue_f64(p);
    }
}

/* --- pieces ------------------------------------------------------------------------------------------------------- */

#define PIECE_WORK 100000 /* multiply-adds that a piece has at least */
#define MOST_PIECES 16

/* OpenBLAS's sums depend on the shape that it is given, so its pieces depend on the product's shape alone. */
static void cut_for_blas(plan *s, double work) {
    int64_t rows = s->first.m, columns = s->first.n; /* of a piece */
    for (double pieces = 2; pieces <= MOST_PIECES && work / pieces >= PIECE_WORK; pieces *= 2) {
        if (columns >= rows && columns >= 32)
            s->columns *= 2, columns /= 2;
        else if (rows >= 32)
            s->rows *= 2, rows /= 2;
    }
}

/* Our tiles make an element's sum in the same order wherever they lie, so a product of theirs is cut for the threads
 * that there are. A layer's is cut along its units, forward (the columns of x W') and for its weights' gradient (the
 * rows of g' x), as the optimizer's pass is: so a thread meets the same part of the weights at every step, and finds
 * it in its cache. */
static void cut_for_tiles(plan *s, double work) {
    const product *p = &s->first;
    const double most = work / PIECE_WORK;
    const int64_t threads = tm_cpu_threads < most ? tm_cpu_threads : (int64_t)most;
    const int by_rows = !s->dot && (p->a_col != 1 || p->m >= p->n);
    if (threads < 2 || s->batches >= threads) return;
    if (by_rows)
        s->rows = tm_smaller(threads, (p->m + 15) / 16);
    else
        s->columns = tm_smaller(threads, (p->n + 15) / 16);
}

/* Into how many rows and columns of pieces a product is cut. */
static void cut(plan *s) {
    const double work = (double)s->first.m * (double)s->first.n * (double)s->first.k;
    s->rows = s->columns = 1;
    if (s->blas)
        cut_for_blas(s, work);
    else
        cut_for_tiles(s, work);
}

/* Where piece i of `size` cut into `pieces` starts: a multiple of 16. */
static int64_t piece(int64_t size, int64_t pieces, int64_t i) {
    return i == pieces ? size : size * i / pieces / 16 * 16;
}

static product piece_of(const plan *s, const product *whole, int64_t i) {
    product p = *whole;
    const int64_t r = i / s->columns, c = i % s->columns;
    const int64_t m0 = piece(p.m, s->rows, r), n0 = piece(p.n, s->columns, c);
    p.m = piece(whole->m, s->rows, r + 1) - m0;
    p.n = piece(whole->n, s->columns, c + 1) - n0;
    p.a = element(&p, p.a, m0 * p.a_row);
    p.b = element(&p, p.b, n0 * p.b_col);
    p.c = (void *)element(&p, p.c, m0 * p.c_row + n0);
    p.bias = p.bias ? element(&p, p.bias, n0) : NULL;
    return p;
}

static void run_task(const plan *s, int64_t task) {
    const int64_t pieces = s->rows * s->columns;
    product p = s->first;
    tm_spot spot;
    tm_spot_set(&spot, s->space, task / pieces);
    p.c = (void *)element(&p, p.c, tm_spot_offset(&spot, s->space, &s->call.arg[0]));
    p.a = element(&p, p.a, tm_spot_offset(&spot, s->space, &s->call.arg[1]));
    p.b = element(&p, p.b, tm_spot_offset(&spot, s->space, &s->call.arg[2]));
    p = piece_of(s, &p, task % pieces);
    if (p.m == 0 || p.n == 0) return;
    if (s->blas)
        blas(s, &p);
    else if (s->turned)
        tm_tiles_turned(&p);
    else if (s->dot)
        tm_tiles_dot(&p);
    else
        tm_tiles_broadcast(&p);
}

static void run_tasks(void *self, int64_t from, int64_t to) {
    for (int64_t task = from; task < to; task++) run_task(self, task);
}

static void run(plan *s) {
    const product *p = &s->first;
    const int64_t tasks = s->batches * s->rows * s->columns;
    const double work = (double)s->batches * (double)p->m * (double)p->n * (double)p->k;
    tm_share(run_tasks, s, tasks, tm_threads_for(tasks, work >= TM_SHARE_PRODUCT));
    tm_cpu_work.way = s->blas ? "OpenBLAS" : s->dot && !s->turned ? "tiles of dot products" : "broadcasting tiles";
}

/* --- operands ----------------------------------------------------------------------------------------------------- */

static void swap(int64_t *a, int64_t *b) {
    const int64_t old = *a;
    *a = *b;
    *b = old;
}

/* Replace an operand by a contiguous copy, with k (A) or n (B) as its innermost dimension; what the batch repeats
 * is copied once. `other` is the dimension of the product that it doesn't have. Returns 0 if there is no memory. */
static int copy_operand(plan *s, int operand, int other) {
    const int rank = s->call.rank;
    tm_arg from = s->call.arg[operand], to = {.dtype = from.dtype};
    int64_t shape[TM_MAX_DIMS], n = 1;
    memcpy(shape, s->call.shape, sizeof shape);
    if (operand == 2) { /* ..., m, k, n */
        swap(&shape[rank - 2], &shape[rank - 1]);
        swap(&from.stride[rank - 2], &from.stride[rank - 1]);
    }
    for (int d = rank; d-- > 0; n *= shape[d]) {
        const int absent = d == other || (d < rank - 3 && from.stride[d] == 0);
        shape[d] = absent ? 1 : shape[d];
        to.stride[d] = absent ? 0 : n;
    }
    to.data = s->copy[operand] = aligned_alloc(64, (size_t)((n * tm_bytes_of(from.dtype) + 63) & ~(int64_t)63));
    if (!to.data) return 0;
    const tm_space space = {rank, shape};
    tm_spot spot = {{0}};
    for (int64_t size, i = 0; i < n; i += size, tm_spot_move(&spot, space, size)) {
        size = tm_smaller(TM_BLOCK, n - i);
        tm_load(tm_at(&to, i), from.dtype, &from, space, &spot, size);
    }
    if (operand == 2) swap(&to.stride[rank - 2], &to.stride[rank - 1]);
    s->call.arg[operand] = to;
    return 1;
}

/* The bias as n elements side by side. */
static int take_bias(plan *s) {
    product *p = &s->first;
    const tm_arg *bias = &s->call.arg[3];
    const int64_t stride = bias->stride[s->call.rank - 2];
    p->bias = bias->data;
    if (!bias->data || stride == 1 || p->n == 1) return 1;
    p->bias = s->copy[0] = malloc((size_t)(p->n * tm_bytes_of(p->dtype)));
    if (p->bias) tm_load_run(s->copy[0], p->dtype, bias->data, bias->dtype, stride, p->n);
    return p->bias != NULL;
}

/* A matrix times a vector is a vector times the transposed matrix, whose outputs are columns and lie side by
 * side. */
static void turn_vector(tm_call *call) {
    const int m = call->rank - 3, n = m + 1;
    if (call->shape[n] != 1 || call->shape[m] == 1 || call->arg[0].stride[m] != 1 || call->arg[3].data) return;
    const tm_arg a = call->arg[1];
    call->arg[1] = call->arg[2];
    call->arg[2] = a;
    swap(&call->shape[m], &call->shape[n]);
    for (int i = 0; i < 3; i++) swap(&call->arg[i].stride[m], &call->arg[i].stride[n]);
}

static void take_operands(plan *s) {
    const tm_call *call = &s->call;
    const int m = call->rank - 3, n = m + 1, k = m + 2;
    const tm_arg *c = &call->arg[0], *a = &call->arg[1], *b = &call->arg[2];
    product *p = &s->first;
    p->dtype = call->compute;
    p->m = call->shape[m], p->n = call->shape[n], p->k = call->shape[k];
    p->c = c->data, p->c_row = p->m == 1 ? p->n : c->stride[m];
    p->a = a->data, p->a_row = a->stride[m], p->a_col = a->stride[k];
    p->b = b->data, p->b_row = b->stride[k], p->b_col = b->stride[n];
    p->relu = call->value[0].i == 1;
}

/* From how many multiply-adds on OpenBLAS is to be asked; TENMO_PRODUCT=tiles or openblas, for border.lua, decides too.
 */
static double border_of(const product *p) {
    const char *wish = getenv("TENMO_PRODUCT");
    if (wish) return strcmp(wish, "openblas") ? INFINITY : 0;
    const int form = p->b_row == 1 && p->b_col != 1 ? NT : p->a_row == 1 && p->a_col != 1 ? TN : NN;
    return border[p->dtype == TM_FLOAT64][form];
}

/* Choose the kernel, copying what it couldn't read. */
static int choose(plan *s) {
    product *p = &s->first;
    const int rank = s->call.rank;
    const double work = (double)p->m * (double)p->n * (double)p->k;
    s->blas = p->m > 1 && p->n > 1 && work > border_of(p) && blas_can(s) && (s->library = tm_blas_load());
    if (s->blas) return 1;
    const int a_rows = p->a_col == 1 || p->k == 1, b_columns = p->b_row == 1 || p->k == 1;
    const int b_rows = p->b_col == 1 || p->n == 1;
    int fine = 1;
    s->dot = b_columns && (!b_rows || (p->n == 1 && a_rows));
    s->turned = s->dot && turning_pays(p);
    if (s->dot && !s->turned && !a_rows)
        fine = copy_operand(s, 1, rank - 2);
    else if (!s->dot && !b_rows)
        fine = copy_operand(s, 2, rank - 3);
    take_operands(s);
    return fine;
}

void tm_product(tm_call *call) {
    plan s = {.call = *call, .space = {call->rank - 3, call->shape}}; /* turning leaves the batch as it is */
    s.batches = tm_numel_of(s.space.rank, call->shape);
    turn_vector(&s.call);
    take_operands(&s);
    if (s.batches * s.first.m * s.first.n == 0) return;
    if (choose(&s) && take_bias(&s)) {
        cut(&s);
        run(&s);
    } else {
        call->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
    }
    for (int i = 0; i < 3; i++) free(s.copy[i]);
}
