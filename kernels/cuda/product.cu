/* product.cu: matmul and linear: C[..., m, n] = sum over k of A[..., m, k] B[..., k, n], plus bias, then ReLU.
 *
 * The products themselves are cuBLASLt's (gemm.cu). Here: operands that it can't read are copied first, batch
 * dimensions that lie evenly become one call, and an epilogue that it didn't do is a kernel. */
#include "gemm.h"

#include <cstring>

typedef struct product {
    tm_call *call;
    tm_gemm gemm; /* the first of the batch */
    tm_epilogue epilogue;
    tm_arg a, b, bias; /* those of the call, or of copies */
    int outer;         /* batch dimensions that are walked here, one gemm after another */
} product;

/* --- the epilogue ----------------------------------------------------------------------------------------------- */

/* c = relu(c + bias) for rows x n elements, c_lead apart; `empty`: there was nothing to sum, c is 0 before. */
template <class T>
__global__ void finish(int64_t rows, int64_t n, int64_t lead, T *c, const T *bias, int64_t step, int relu, int empty) {
    for (int64_t i = tm_first(); i < rows * n; i += tm_stride()) {
        const int64_t row = i / n, column = i - row * n;
        T x = empty ? 0 : c[row * lead + column];
        if (bias) x += bias[column * step];
        c[row * lead + column] = relu && x <= 0 ? 0 : x;
    }
}

static void launch_finish(tm_call *call, const tm_gemm *g, const tm_epilogue *e, int64_t step, int empty) {
    const unsigned blocks = tm_cuda_blocks(g->m * g->n, TM_THREADS);
    if (g->dtype == TM_FLOAT32)
        TM_LAUNCH(call, finish<float>, blocks, TM_THREADS, g->m, g->n, g->c_lead, (float *)g->c, (const float *)e->bias,
                  step, e->relu, empty);
    else
        TM_LAUNCH(call, finish<double>, blocks, TM_THREADS, g->m, g->n, g->c_lead, (double *)g->c,
                  (const double *)e->bias, step, e->relu, empty);
}

/* --- operands --------------------------------------------------------------------------------------------------- */

/* Can it be read as a matrix? One stride is 1, the other at least the length of what it steps over. The stride of a
 * dimension of one element doesn't matter. */
static int readable(int64_t row, int64_t col, int64_t rows, int64_t cols, int *turned, int64_t *lead) {
    if ((col == 1 || cols == 1) && (row >= cols || rows == 1)) {
        *turned = 0;
        *lead = rows == 1 ? cols : row;
        return 1;
    }
    if ((row == 1 || rows == 1) && (col >= rows || cols == 1)) {
        *turned = 1;
        *lead = cols == 1 ? rows : col;
        return 1;
    }
    return 0;
}

static int take_a(product *p) {
    const int m = p->call->rank - 3, k = m + 2;
    return readable(p->a.stride[m], p->a.stride[k], p->gemm.m, p->gemm.k, &p->gemm.a_turned, &p->gemm.a_lead);
}

static int take_b(product *p) {
    const int n = p->call->rank - 2, k = n + 1;
    return readable(p->b.stride[k], p->b.stride[n], p->gemm.k, p->gemm.n, &p->gemm.b_turned, &p->gemm.b_lead);
}

/* A copy of an operand whose dimensions `first` and `second` are its rows and columns (one, if they are the same), with
 * the last of them innermost; what the batch repeats is copied once. Returns its bytes. */
static int64_t plan_copy(const tm_call *call, int operand, int first, int second, tm_call *copy) {
    const tm_arg *from = &call->arg[operand];
    tm_arg *to = &copy->arg[TM_OUT];
    memset(copy, 0, sizeof *copy);
    copy->op = TM_OP_copy;
    copy->compute = call->compute;
    copy->rank = call->rank;
    copy->ticket = call->ticket;
    copy->arg[TM_X] = *from;
    to->dtype = from->dtype;
    int64_t n = 1;
    for (int d = call->rank; d-- > 0; n *= copy->shape[d]) {
        const int absent = d >= call->rank - 3 ? d != first && d != second : from->stride[d] == 0;
        copy->shape[d] = absent ? 1 : call->shape[d];
        to->stride[d] = absent ? 0 : n;
    }
    return n * (call->compute == TM_FLOAT64 ? 8 : 4);
}

/* The operand becomes its copy, which lies at `to`. */
static void run_copy(product *p, tm_arg *operand, tm_call *copy, void *to) {
    copy->arg[TM_OUT].data = to;
    tm_cuda_elementwise(copy);
    if (copy->fault.kind) p->call->fault = copy->fault;
    *operand = copy->arg[TM_OUT];
}

/* Copies what cuBLASLt can't read; 0 if that failed. */
static int take_operands(product *p) {
    const int m = p->call->rank - 3, n = m + 1, k = m + 2;
    tm_arg *operand[3] = {&p->a, &p->b, &p->bias};
    int64_t bytes[3] = {0, 0, 0}, total = 0;
    tm_call copy[3];
    if (!take_a(p)) bytes[0] = plan_copy(p->call, 1, m, k, &copy[0]);
    if (!take_b(p)) bytes[1] = plan_copy(p->call, 2, n, k, &copy[1]);
    if (p->bias.data && p->bias.stride[n] != 1 && p->gemm.n > 1) bytes[2] = plan_copy(p->call, 3, n, n, &copy[2]);
    for (int i = 0; i < 3; i++) total += (bytes[i] + 255) / 256 * 256;
    char *room = total ? (char *)tm_cuda_scratch(p->call, (size_t)total) : NULL;
    if (total && !room) return 0;
    for (int i = 0; i < 3; room += (bytes[i] + 255) / 256 * 256, i++)
        if (bytes[i]) run_copy(p, operand[i], &copy[i], room);
    return take_a(p) && take_b(p) && !p->call->fault.kind;
}

/* --- the batch -------------------------------------------------------------------------------------------------- */

/* As many of the innermost batch dimensions as lie evenly in all three operands are one call of the library. */
static void take_batch(product *p) {
    const tm_call *call = p->call;
    const tm_arg *arg[3] = {&call->arg[0], &p->a, &p->b};
    int64_t *step[3] = {&p->gemm.c_step, &p->gemm.a_step, &p->gemm.b_step};
    p->outer = call->rank - 3;
    p->gemm.batches = 1;
    while (p->outer > 0 && p->gemm.batches * call->shape[p->outer - 1] <= 65535) {
        const int d = p->outer - 1;
        int even = 1;
        for (int i = 0; i < 3 && p->gemm.batches > 1 && call->shape[d] > 1; i++)
            even &= arg[i]->stride[d] == *step[i] * p->gemm.batches;
        if (!even) break;
        for (int i = 0; i < 3 && p->gemm.batches == 1; i++) *step[i] = call->shape[d] > 1 ? arg[i]->stride[d] : 0;
        p->gemm.batches *= call->shape[d];
        p->outer--;
    }
    if (p->gemm.batches == 1) p->gemm.a_step = p->gemm.b_step = p->gemm.c_step = 0;
}

/* The number-th gemm of the walk over the outer dimensions. */
static tm_gemm gemm_at(const product *p, int64_t number) {
    const int64_t bytes = p->gemm.dtype == TM_FLOAT64 ? 8 : 4;
    int64_t a = 0, b = 0, c = 0;
    for (int d = p->outer; d-- > 0;) {
        const int64_t at = number % p->call->shape[d];
        number /= p->call->shape[d];
        a += at * p->a.stride[d];
        b += at * p->b.stride[d];
        c += at * p->call->arg[0].stride[d];
    }
    tm_gemm g = p->gemm;
    g.a = (const char *)p->a.data + a * bytes;
    g.b = (const char *)p->b.data + b * bytes;
    g.c = (char *)p->call->arg[0].data + c * bytes;
    return g;
}

static void run(product *p) {
    int64_t outer = 1;
    for (int d = 0; d < p->outer; d++) outer *= p->call->shape[d];
    for (int64_t i = 0; i < outer && !p->call->fault.kind; i++) {
        const tm_gemm g = gemm_at(p, i);
        int fused = 0;
        tm_cuda_count(p->call);
        if (tm_cuda_gemm(&g, &p->epilogue, &fused))
            p->call->fault.kind = TM_FAULT_DEVICE;
        else if (!fused && (p->epilogue.bias || p->epilogue.relu))
            launch_finish(p->call, &g, &p->epilogue, 1, 0); /* only linear has an epilogue, and no batch */
    }
    tm_cuda.work.way = "cuBLASLt";
}

/* Nothing to sum: 0, plus bias, then ReLU. C is contiguous. */
static void run_empty(product *p) {
    tm_gemm g = p->gemm;
    for (int d = 0; d < p->call->rank - 3; d++) g.m *= p->call->shape[d];
    g.c = p->call->arg[0].data;
    g.c_lead = g.n;
    launch_finish(p->call, &g, &p->epilogue, p->bias.stride[p->call->rank - 2], 1);
}

void tm_cuda_product(tm_call *call) {
    const int m = call->rank - 3;
    product p;
    memset(&p, 0, sizeof p);
    p.call = call;
    p.a = tm_cuda_operand(call, 1);
    p.b = tm_cuda_operand(call, 2);
    p.bias = tm_cuda_operand(call, 3);
    p.gemm.dtype = call->compute;
    p.gemm.m = call->shape[m];
    p.gemm.n = call->shape[m + 1];
    p.gemm.k = call->shape[m + 2];
    p.gemm.c_lead = p.gemm.m == 1 ? p.gemm.n : call->arg[0].stride[m];
    p.epilogue.bias = p.bias.data;
    p.epilogue.relu = call->value[0].i == 1;
    if (call->fault.kind) return;
    if (p.gemm.k == 0) {
        run_empty(&p);
        return;
    }
    if (!take_operands(&p)) return;
    p.epilogue.bias = p.bias.data;
    take_batch(&p);
    run(&p);
}
