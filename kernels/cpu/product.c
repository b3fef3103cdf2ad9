/* product.c: matmul and linear: C[..., m, n] = sum over k of A[..., m, k] B[..., k, n], plus bias, then ReLU.
 *
 * The outputs are cut into tiles whose sizes depend on the shape alone, and an element's sum is made in an
 * order that depends on the shape alone. So the bits are the same for any number of threads. */
#include "load.h"
#include "threads.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* One matrix product of a batch. Strides are in elements. */
typedef struct product {
    tm_dtype dtype;
    int64_t m, n, k;
    const void *a, *b;
    int64_t a_row, a_col, b_row, b_col; /* A is (m, k), B is (k, n) */
    void *c;
    int64_t c_row;
    const void *bias; /* n elements side by side, or NULL */
    int relu;
} product;

static const void *element(const product *p, const void *data, int64_t i) {
    return (const char *)data + i * tm_bytes_of(p->dtype);
}

/* --- bias and ReLU ------------------------------------------------------------------------------------------------ */

#define EPILOGUE(T, name) \
    static void name(T *c, int64_t row, int64_t m, int64_t n, const T *bias, int relu) { \
        for (int64_t i = 0; i < m; i++, c += row) { \
            for (int64_t j = 0; bias && j < n; j++) \
                c[j] += bias[j]; \
            for (int64_t j = 0; relu && j < n; j++) \
                c[j] = c[j] <= 0 ? 0 : c[j]; \
        } \
    }
EPILOGUE(float, epilogue_f32)
EPILOGUE(double, epilogue_f64)

static void epilogue(const product *p) {
    if (!p->bias && !p->relu)
        return;
    if (p->dtype == TM_FLOAT32)
        epilogue_f32(p->c, p->c_row, p->m, p->n, p->bias, p->relu);
    else
        epilogue_f64(p->c, p->c_row, p->m, p->n, p->bias, p->relu);
}

/* --- OpenBLAS, on one thread ---------------------------------------------------------------------------------------- */

static void blas(const product *p) {
    const int ta = p->a_col != 1, tb = p->b_col != 1;
    const enum CBLAS_TRANSPOSE at = ta ? CblasTrans : CblasNoTrans, bt = tb ? CblasTrans : CblasNoTrans;
    const blasint m = (blasint)p->m, n = (blasint)p->n, k = (blasint)p->k;
    const blasint lda = (blasint)(ta ? p->a_col : p->a_row), ldb = (blasint)(tb ? p->b_col : p->b_row);
    const blasint ldc = (blasint)p->c_row;
    if (p->dtype == TM_FLOAT32)
        cblas_sgemm(CblasRowMajor, at, bt, m, n, k, 1, p->a, lda, p->b, ldb, 0, p->c, ldc);
    else
        cblas_dgemm(CblasRowMajor, at, bt, m, n, k, 1, p->a, lda, p->b, ldb, 0, p->c, ldc);
}

/* --- tiles ----------------------------------------------------------------------------------------------------------- */

#define TILE_WORK 600000 /* multiply-adds from which a product is cut in two */

/* How many tiles the rows and the columns are cut into. */
static void grid(int64_t m, int64_t n, int64_t k, int64_t *rows, int64_t *columns) {
    const double work = (double)m * (double)n * (double)k;
    int64_t tiles = work < TILE_WORK ? 1 : work < 64 * TILE_WORK ? 2 : 8;
    *rows = *columns = 1;
    while (tiles > 1) {
        if (m / *rows > n / *columns)
            *rows *= 2;
        else
            *columns *= 2;
        tiles /= 2;
    }
}

/* Piece i of `size` cut into `pieces`, whose bounds are multiples of 16. */
static int64_t piece(int64_t size, int64_t pieces, int64_t i) {
    return i == pieces ? size : size * i / pieces / 16 * 16;
}

static product tile_of(const product *whole, int64_t rows, int64_t columns, int64_t i) {
    product p = *whole;
    const int64_t r = i / columns, c = i % columns;
    const int64_t m0 = piece(p.m, rows, r), n0 = piece(p.n, columns, c);
    p.m = piece(whole->m, rows, r + 1) - m0;
    p.n = piece(whole->n, columns, c + 1) - n0;
    p.a = element(&p, p.a, m0 * p.a_row);
    p.b = element(&p, p.b, n0 * p.b_col);
    p.c = (void *)element(&p, p.c, m0 * p.c_row + n0);
    if (p.bias)
        p.bias = element(&p, p.bias, n0);
    return p;
}

static void run_tile(const product *p) {
    if (p->m == 0 || p->n == 0)
        return;
    if (p->k == 0)
        for (int64_t i = 0; i < p->m; i++)
            memset((void *)element(p, p->c, i * p->c_row), 0, (size_t)(p->n * tm_bytes_of(p->dtype)));
    else
        blas(p);
    epilogue(p);
}

/* --- batches ----------------------------------------------------------------------------------------------------------- */

typedef struct batch {
    const tm_call *call;
    product first;
    tm_space space;  /* of the batch dimensions */
    int64_t n, rows, columns;
} batch;

static void run_task(const batch *b, int64_t task) {
    const int64_t tiles = b->rows * b->columns;
    product p = b->first;
    tm_spot spot;
    tm_spot_set(&spot, b->space, task / tiles);
    p.c = (void *)element(&p, p.c, tm_spot_offset(&spot, b->space, &b->call->arg[0]));
    p.a = element(&p, p.a, tm_spot_offset(&spot, b->space, &b->call->arg[1]));
    p.b = element(&p, p.b, tm_spot_offset(&spot, b->space, &b->call->arg[2]));
    const product tile = tile_of(&p, b->rows, b->columns, task % tiles);
    run_tile(&tile);
}

static void run_batch(const batch *b) {
    const product *p = &b->first;
    const int64_t tasks = b->n * b->rows * b->columns;
    const double work = (double)b->n * (double)p->m * (double)p->n * (double)p->k;
    const int threads = tm_threads_for(tasks, work >= 2 * TM_SHARE_PRODUCT);
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
    for (int64_t task = 0; task < tasks; task++)
        run_task(b, task);
}

/* --- operands that need a copy --------------------------------------------------------------------------------------- */

/* Can OpenBLAS read it? One of the strides is 1 and the other at least the row's length. */
static int readable(int64_t row, int64_t col, int64_t rows, int64_t cols) {
    return (col == 1 && row >= cols) || (row == 1 && col >= rows);
}

/* Strides along a dimension of one element don't matter; give them the value that suits. */
static void settle(int64_t *row, int64_t *col, int64_t rows, int64_t cols) {
    if (cols == 1 && *row != 1)
        *col = 1;
    else if (cols == 1)
        *col = rows;
    if (rows == 1 && *col == 1)
        *row = cols;
    else if (rows == 1 && *row != 1)
        *row = 1;
}

/* A contiguous copy of an operand of the whole batch, put in its place; NULL if there is no memory. */
static void *copy_operand(tm_call *call, int operand, int skipped) {
    tm_arg *arg = &call->arg[operand];
    int64_t shape[TM_MAX_DIMS], n = 1;
    tm_arg from = *arg, to = {.dtype = arg->dtype};
    const int rank = call->rank;
    for (int d = rank; d-- > 0;) {
        shape[d] = d == skipped || arg->stride[d] == 0 ? 1 : call->shape[d];
        to.stride[d] = shape[d] == 1 && arg->stride[d] == 0 ? 0 : n;
        n *= shape[d];
    }
    to.data = aligned_alloc(64, (size_t)((n * tm_bytes_of(arg->dtype) + 63) & ~(int64_t)63));
    if (!to.data)
        return NULL;
    const tm_space space = {rank, shape};
    tm_spot spot;
    for (int64_t i = 0; i < n; i += TM_BLOCK) {
        char block[TM_BLOCK * 8];
        const int64_t size = tm_smaller(TM_BLOCK, n - i);
        tm_spot_set(&spot, space, i);
        tm_load(block, arg->dtype, &from, space, &spot, size);
        tm_store_run(block, arg->dtype, tm_at(&to, i), arg->dtype, 1, size);
    }
    *arg = to;
    return to.data;
}

/* --- the call ------------------------------------------------------------------------------------------------------------ */

static product first_of(const tm_call *call) {
    const int m = call->rank - 3, n = m + 1, k = m + 2;
    const tm_arg *c = &call->arg[0], *a = &call->arg[1], *b = &call->arg[2];
    return (product){
        .dtype = call->compute, .m = call->shape[m], .n = call->shape[n], .k = call->shape[k],
        .a = a->data, .a_row = a->stride[m], .a_col = a->stride[k],
        .b = b->data, .b_row = b->stride[k], .b_col = b->stride[n],
        .c = c->data, .c_row = c->stride[m],
        .relu = call->value[0].i == 1,
    };
}

void tm_product(tm_call *original) {
    tm_call call = *original;
    batch b = {.call = &call, .first = first_of(&call), .space = {call.rank - 3, call.shape}};
    product *p = &b.first;
    void *copies[3] = {NULL};
    int fine = 1;
    b.n = tm_numel_of(b.space.rank, call.shape);
    if (b.n * p->m * p->n == 0)
        return;
    settle(&p->a_row, &p->a_col, p->m, p->k);
    settle(&p->b_row, &p->b_col, p->k, p->n);
    if (p->k && !readable(p->a_row, p->a_col, p->m, p->k)) {
        fine &= !!(copies[0] = copy_operand(&call, 1, call.rank - 2));
        p->a_row = call.arg[1].stride[call.rank - 3], p->a_col = call.arg[1].stride[call.rank - 1];
        settle(&p->a_row, &p->a_col, p->m, p->k);
    }
    if (p->k && !readable(p->b_row, p->b_col, p->k, p->n)) {
        fine &= !!(copies[1] = copy_operand(&call, 2, call.rank - 3));
        p->b_row = call.arg[2].stride[call.rank - 1], p->b_col = call.arg[2].stride[call.rank - 2];
        settle(&p->b_row, &p->b_col, p->k, p->n);
    }
    p->a = call.arg[1].data, p->b = call.arg[2].data;
    const tm_arg *bias = &call.arg[3];
    if (bias->data && (p->bias = bias->data) && bias->stride[call.rank - 2] != 1) {
        fine &= !!(p->bias = copies[2] = malloc((size_t)(p->n * tm_bytes_of(p->dtype))));
        if (copies[2])
            tm_load_run(copies[2], p->dtype, bias->data, bias->dtype, bias->stride[call.rank - 2], p->n);
    }
    if (p->c_row == 0 || p->m == 1)
        p->c_row = p->n;
    grid(p->m, p->n, p->k, &b.rows, &b.columns);
    if (fine)
        run_batch(&b);
    else
        original->fault = (tm_fault){.kind = TM_FAULT_MEMORY};
    for (int i = 0; i < 3; i++)
        free(copies[i]);
}
