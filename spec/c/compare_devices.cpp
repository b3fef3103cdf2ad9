/* compare_devices.cpp: the kernels of a plugin against the CPU's, call by call, without the engine.
 *
 *     compare_devices PLUGIN [SEED]
 *
 * Every row of the table that both have gets calls of random shapes, strides and dtypes. Results have to agree within
 * the bounds below; those that DESIGN promises, and everything integral, to the bit. The last line counts, as test.sh
 * reads. */
#include "contract.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <vector>

extern "C" const tm_device *tm_cpu_device(void);

/* Bounds: of what is larger, 1 or the value. Sums and products are made in another order, and the device's mathematics
 * is its own. */
static const double BOUND_F32 = 2e-5, BOUND_F64 = 1e-11;

static const tm_device *cpu, *gpu;
static int passed, failed;

/* --- random things ---------------------------------------------------------------------------------------------- */

static uint64_t state = 1;

static uint64_t word(void) {
    uint64_t z = (state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static int64_t below(int64_t n) { return (int64_t)(word() % (uint64_t)n); }
static double uniform(double low, double high) { return low + (high - low) * (double)(word() >> 11) * 0x1p-53; }

/* --- operands --------------------------------------------------------------------------------------------------- */

static const int bytes_of[TM_DTYPES] = {1, 1, 4, 8, 2, 2, 4, 8};

/* A half's value, and a half below a normal number or equal to it: sign, exponent, fraction. */
static double half_value(tm_dtype dtype, uint16_t h) {
    const int fraction = dtype == TM_FLOAT16 ? 10 : 7, bias = dtype == TM_FLOAT16 ? 15 : 127;
    const int exponent = (h & 0x7fff) >> fraction, last = dtype == TM_FLOAT16 ? 31 : 255;
    const double part = (double)(h & ((1 << fraction) - 1)) / (1 << fraction);
    double size = exponent ? ldexp(1 + part, exponent - bias) : ldexp(part, 1 - bias);
    if (exponent == last) size = part != 0 ? NAN : INFINITY;
    return h & 0x8000 ? -size : size;
}

static uint16_t half_of(tm_dtype dtype, double x) {
    const int fraction = dtype == TM_FLOAT16 ? 10 : 7, bias = dtype == TM_FLOAT16 ? 15 : 127;
    int exponent;
    const double part = frexp(fabs(x), &exponent); /* x = part 2^exponent, part from 1/2 to 1 */
    const uint16_t sign = x < 0 ? 0x8000 : 0;
    if (std::isnan(x)) return 0x7fff;
    if (x == 0 || exponent - 1 + bias < 1) return sign;
    return (uint16_t)(sign | (exponent - 1 + bias) << fraction | (int)((2 * part - 1) * (1 << fraction)));
}

static double get(const void *data, tm_dtype dtype, int64_t i) {
    switch (dtype) {
    case TM_BOOL:
    case TM_UINT8: return ((const uint8_t *)data)[i];
    case TM_INT32: return ((const int32_t *)data)[i];
    case TM_INT64: return (double)((const int64_t *)data)[i];
    case TM_FLOAT16:
    case TM_BFLOAT16: return half_value(dtype, ((const uint16_t *)data)[i]);
    case TM_FLOAT32: return ((const float *)data)[i];
    default: return ((const double *)data)[i];
    }
}

static void put(void *data, tm_dtype dtype, int64_t i, double x) {
    switch (dtype) {
    case TM_BOOL: ((uint8_t *)data)[i] = x > 0.5; break;
    case TM_UINT8: ((uint8_t *)data)[i] = (uint8_t)x; break;
    case TM_INT32: ((int32_t *)data)[i] = (int32_t)x; break;
    case TM_INT64: ((int64_t *)data)[i] = (int64_t)x; break;
    case TM_FLOAT16:
    case TM_BFLOAT16: ((uint16_t *)data)[i] = half_of(dtype, x); break;
    case TM_FLOAT32: ((float *)data)[i] = (float)x; break;
    default: ((double *)data)[i] = x;
    }
}

/* What a call reads or writes: the same bytes for both devices. */
struct block {
    std::vector<char> host, back; /* before and, for the CPU, after; what the plugin's device gave */
    void *remote = nullptr;
    tm_dtype dtype;
    int64_t n;
};

static std::vector<block *> blocks;

static block *make(tm_dtype dtype, int64_t n, double low, double high) {
    block *b = new block;
    b->dtype = dtype;
    b->n = n;
    b->host.resize((size_t)(n * bytes_of[dtype]));
    for (int64_t i = 0; i < n; i++) put(b->host.data(), dtype, i, uniform(low, high));
    blocks.push_back(b);
    return b;
}

struct test {
    const char *name = "";
    tm_call call;
    block *arg[TM_MAX_ARGS] = {};
    int64_t offset[TM_MAX_ARGS] = {};
    bool exact = false;
    double loose = 1; /* times the bound */
    std::vector<tm_slot> slots;
    std::vector<block *> slot_block[5]; /* param grad state0 state1 ids */
    test() { memset((void *)&call, 0, sizeof call); }
};

/* An operand over the call's shape: contiguous, with its dimensions exchanged, with holes, or repeated along some of
 * them. What is written isn't repeated, but along the last `skip` dimensions. */
static void operand(test *t, int k, tm_dtype dtype, double low, double high, bool written, unsigned along = ~0u) {
    tm_call *c = &t->call;
    int order[TM_MAX_DIMS], rank = c->rank;
    for (int d = 0; d < rank; d++) order[d] = d;
    if (below(2))
        for (int d = rank; d > 1; d--) std::swap(order[d - 1], order[below(d)]);
    const int64_t hole = below(4) ? 1 : 2;
    int64_t n = hole;
    for (int i = rank; i-- > 0;) {
        const int d = order[i];
        const bool walks = along >> d & 1, repeats = !walks || (!written && below(6) == 0);
        c->arg[k].stride[d] = repeats ? 0 : n;
        if (!repeats) n *= c->shape[d];
    }
    t->offset[k] = below(4) ? 0 : below(9);
    t->arg[k] = make(dtype, n + t->offset[k], low, high);
    c->arg[k].dtype = dtype;
}

/* One that is contiguous over the dimensions in `along`. */
static void line(test *t, int k, tm_dtype dtype, double low, double high, unsigned along = ~0u) {
    tm_call *c = &t->call;
    int64_t n = 1;
    for (int d = c->rank; d-- > 0;) {
        c->arg[k].stride[d] = along >> d & 1 ? n : 0;
        if (along >> d & 1) n *= c->shape[d];
    }
    t->arg[k] = make(dtype, n, low, high);
    c->arg[k].dtype = dtype;
}

/* --- running ---------------------------------------------------------------------------------------------------- */

static bool differ(const test *t, const block *b) {
    if (b->dtype < TM_FLOAT16 || t->exact) return b->host != b->back;
    const double bound = t->loose * (b->dtype == TM_FLOAT64    ? BOUND_F64
                                     : b->dtype == TM_FLOAT32  ? BOUND_F32
                                     : b->dtype == TM_BFLOAT16 ? 0x1p-7
                                                               : 0x1p-10);
    for (int64_t i = 0; i < b->n; i++) {
        const double x = get(b->host.data(), b->dtype, i), y = get(b->back.data(), b->dtype, i);
        if (std::isnan(x) && std::isnan(y)) continue;
        if (!(fabs(x - y) <= bound * fmax(1, fabs(x))) && x != y) return true;
    }
    return false;
}

static void fail(const test *t, const char *what) {
    failed++;
    printf("%s part %d, compute %d, shape (", t->name, t->call.part, t->call.compute);
    for (int d = 0; d < t->call.rank; d++) printf("%s%lld", d ? ", " : "", (long long)t->call.shape[d]);
    printf("): %s\n", what);
}

static tm_fault run_remote(test *t, tm_call call) {
    for (int k = 0; k < TM_MAX_ARGS; k++)
        if (t->arg[k] && !call.arg[k].by_value)
            call.arg[k].data = (char *)t->arg[k]->remote + t->offset[k] * bytes_of[call.arg[k].dtype];
    std::vector<tm_slot> slots = t->slots;
    for (size_t s = 0; s < slots.size(); s++) {
        slots[s].param = t->slot_block[0][s]->remote;
        slots[s].grad = t->slot_block[1][s]->remote;
        for (int k = 0; k < 2; k++)
            if (slots[s].state[k]) slots[s].state[k] = t->slot_block[2 + k][s]->remote;
        if (slots[s].ids) slots[s].ids = (const int64_t *)t->slot_block[4][s]->remote;
    }
    call.slot = slots.data();
    gpu->kernel[call.op][call.part](&call);
    tm_fault late;
    memset(&late, 0, sizeof late);
    if (gpu->remote->synchronize(&late)) fail(t, gpu->remote->failure());
    if (call.fault.kind) return call.fault;
    return late;
}

static void run(test *t) {
    static uint64_t ticket;
    tm_call call = t->call;
    call.ticket = ++ticket;
    for (block *b : blocks) {
        b->remote = gpu->allocate(b->host.size() ? b->host.size() : 1);
        gpu->remote->upload(b->remote, b->host.data(), b->host.size());
    }
    for (int k = 0; k < TM_MAX_ARGS; k++)
        if (t->arg[k]) call.arg[k].data = t->arg[k]->host.data() + t->offset[k] * bytes_of[call.arg[k].dtype];
    const tm_fault fault = run_remote(t, call);
    call.slot = t->slots.data();
    cpu->kernel[call.op][call.part](&call);
    bool wrong = false;
    if (fault.kind != call.fault.kind || (fault.kind && (fault.ticket != ticket || fault.bound != call.fault.bound))) {
        fail(t, "another fault");
        printf("  kind %d, %s\n", fault.kind, fault.kind == TM_FAULT_DEVICE ? gpu->remote->failure() : "");
        wrong = true;
    }
    for (block *b : blocks) {
        b->back.resize(b->host.size());
        gpu->remote->download(b->back.data(), b->remote, b->host.size());
        if (!wrong && !fault.kind && differ(t, b)) {
            fail(t, "results differ");
            for (int64_t i = 0; i < b->n && getenv("SHOW"); i++)
                printf("  %lld: %.9g %.9g\n", (long long)i, get(b->host.data(), b->dtype, i),
                       get(b->back.data(), b->dtype, i));
            wrong = true;
        }
        gpu->release(b->remote, b->host.size());
        delete b;
    }
    blocks.clear();
    passed += !wrong;
}

/* --- elementwise ------------------------------------------------------------------------------------------------ */

static void random_shape(test *t, int most) {
    t->call.rank = (uint8_t)below(most + 1);
    int64_t n = 1;
    for (int d = 0; d < t->call.rank; n *= t->call.shape[d++])
        t->call.shape[d] = 1 + below(below(4) || n > 200 ? 7 : 70);
}

enum { CLASS_FLOAT, CLASS_NUMBER, CLASS_ANY, CLASS_COMPARE, CLASS_LOGIC, CLASS_SELECT, CLASS_BITS, CLASS_INTEGER };
#define FLOAT CLASS_FLOAT
#define NUMBER CLASS_NUMBER
#define ANY CLASS_ANY
#define COMPARE CLASS_COMPARE
#define LOGIC CLASS_LOGIC
#define SELECT CLASS_SELECT
#define BITS CLASS_BITS
#define INTEGER CLASS_INTEGER

static void elementwise(tm_op op, const char *name, int klass, int inputs, int part) {
    if (!cpu->kernel[op][part] || !gpu->kernel[op][part]) return;
    const bool floats = part || klass == CLASS_FLOAT;
    for (int i = 0; i < 8; i++) {
        test t;
        t.name = name;
        random_shape(&t, 4);
        t.call.op = op;
        t.call.part = (uint8_t)part;
        const bool bits = klass == CLASS_BITS || klass == CLASS_INTEGER;
        t.call.compute = floats || (!bits && below(2)) ? (below(2) ? TM_FLOAT32 : TM_FLOAT64) : TM_INT64;
        t.call.value[0].f = 0.25;
        t.call.value[1].f = 0.75;
        const tm_dtype plain = t.call.compute;
        tm_dtype out = plain;
        if (op == TM_OP_copy) out = (tm_dtype)below(TM_DTYPES);
        if (!part && (klass == CLASS_COMPARE || klass == CLASS_LOGIC)) out = TM_BOOL;
        operand(&t, TM_OUT, out, 0, 1, true);
        const bool whole = plain == TM_INT64;
        for (int k = TM_X; k < TM_X + inputs; k++) {
            const tm_dtype other = (tm_dtype)below(whole ? TM_FLOAT16 : TM_DTYPES);
            operand(&t, k, below(3) ? plain : other, whole ? 0 : 0.1, whole ? 4 : 0.9, false);
            double numbers[2] = {0.5, 3};
            if (below(8)) continue;
            tm_arg *arg = &t.call.arg[k]; /* a number in host memory */
            for (int d = 0; d < t.call.rank; d++) arg->stride[d] = 0;
            t.offset[k] = 0;
            arg->by_value = 1;
            put(t.arg[k]->host.data(), arg->dtype, 0, numbers[whole]);
        }
        if (part) operand(&t, TM_Y, plain, 0.1, 0.9, false), operand(&t, TM_G, plain, -1, 1, false);
        run(&t);
    }
}

static void all_elementwise(void) {
#define TM_UNARY(name, signature, class, value, kx, gx, domain, doc)                                                   \
    for (int part = 0; part < 2; part++) elementwise(TM_OP_##name, #name, class, 1, part);
#define TM_BINARY(name, signature, class, value, kx, gx, kw, gw, domain, doc)                                          \
    for (int part = 0; part < 3; part++) elementwise(TM_OP_##name, #name, class, 2, part);
#define TM_TERNARY(name, signature, class, value, kx, gx, kw, gw, kv, gv, domain, doc)                                 \
    for (int part = 0; part < 4; part++) elementwise(TM_OP_##name, #name, class, 3, part);
#include "ops.def"
}

/* An operand over the call's shape that is contiguous, stays along dimension `stays`, or stands across: its last two
 * dimensions lie exchanged. */
static void laid(test *t, int k, tm_dtype dtype, double high, int stays, bool across) {
    tm_call *c = &t->call;
    const int last = c->rank - 1;
    line(t, k, dtype, 0.1, high, ~(stays >= 0 ? 1u << stays : 0));
    if (!across || last < 1) return;
    c->arg[k].stride[last] = c->shape[last - 1];
    c->arg[k].stride[last - 1] = 1;
}

/* Lines with and without a rest behind their packs, rows beside columns and numbers, matrices turned: the ways that
 * large calls go. */
static void laid_out(tm_op op, int inputs, tm_dtype first, tm_dtype compute, tm_dtype result) {
    for (int i = 0; i < 12; i++) {
        test t;
        t.name = "laid out";
        t.call.op = op;
        t.call.compute = compute;
        t.call.rank = (uint8_t)(i % 3 == 0 ? 1 : 2 + below(2));
        for (int d = 0; d < t.call.rank; d++) t.call.shape[d] = i % 3 == 1 ? 8 * (1 + below(4)) : 1 + below(90);
        if (t.call.rank == 1) t.call.shape[0] = 1 + below(3000);
        if (t.call.rank == 3) t.call.shape[0] = 1 + below(3);
        laid(&t, TM_OUT, result, 1, -1, false);
        for (int k = TM_X; k < TM_X + inputs; k++)
            laid(&t, k, k == TM_X ? first : compute, 0.9, i % 3 == 1 ? (int)below(t.call.rank + 1) - 1 : -1,
                 i % 3 == 2 && below(2));
        if (i % 4 == 3) /* a view that begins between packs */
            for (int k = TM_OUT; k <= TM_X; k++)
                t.offset[k] = 1, t.arg[k]->n++,
                t.arg[k]->host.resize(t.arg[k]->host.size() + bytes_of[t.arg[k]->dtype]);
        run(&t);
    }
}

static void all_laid_out(void) {
    for (tm_dtype type : {TM_FLOAT32, TM_FLOAT64, TM_INT64}) {
        laid_out(TM_OP_add, 2, type, type, type);
        laid_out(TM_OP_where, 3, TM_BOOL, type, type);
        laid_out(TM_OP_lt, 2, type, type, TM_BOOL);
        laid_out(TM_OP_mul, 2, TM_BOOL, type, type);
        laid_out(TM_OP_copy, 1, type, type, type);
        laid_out(TM_OP_copy, 1, TM_BOOL, type, TM_BOOL);
        laid_out(TM_OP_copy, 1, TM_INT32, type, TM_UINT8);
    }
    laid_out(TM_OP_exp, 1, TM_FLOAT32, TM_FLOAT32, TM_FLOAT32);
    laid_out(TM_OP_add, 2, TM_FLOAT16, TM_FLOAT32, TM_BFLOAT16);
    laid_out(TM_OP_mul, 2, TM_BFLOAT16, TM_FLOAT32, TM_FLOAT16);
    laid_out(TM_OP_copy, 1, TM_UINT8, TM_FLOAT32, TM_FLOAT32);
}

/* --- reductions ------------------------------------------------------------------------------------------------- */

static bool is_best(tm_op op) { return op != TM_OP_sum && op != TM_OP_mean && op != TM_OP_prod; }

static void reduction(tm_op op, const char *name, test *t) {
    t->name = name;
    t->call.op = op;
    t->call.compute = op == TM_OP_mean || below(3) ? (below(2) ? TM_FLOAT32 : TM_FLOAT64) : TM_INT64;
    t->call.value[0].f = op == TM_OP_mean ? 0.125 : 1;
    const unsigned kept = (1u << (t->call.rank - t->call.reduced)) - 1;
    const bool whole = t->call.compute == TM_INT64, ids = op == TM_OP_argmax || op == TM_OP_argmin;
    const double low = whole ? 0 : op == TM_OP_prod ? 0.99 : -1, high = whole ? 200 : op == TM_OP_prod ? 1.01 : 1;
    operand(t, 1, whole ? (tm_dtype)below(TM_FLOAT16) : t->call.compute, low, high, false);
    if (is_best(op)) /* so few values that some are equal */
        for (int64_t k = 0, n = t->arg[1]->n; k < n; k++) {
            void *x = t->arg[1]->host.data();
            put(x, t->call.arg[1].dtype, k, floor(8 * get(x, t->call.arg[1].dtype, k)) / 8);
        }
    if (op == TM_OP_max || op == TM_OP_min) line(t, 2, TM_INT64, 0, 1, kept);
    line(t, 0, ids ? TM_INT64 : t->call.compute, 0, 1, kept);
    if (!whole && below(4) == 0) put(t->arg[1]->host.data(), t->call.compute, below(t->arg[1]->n), NAN);
    run(t);
}

static void reductions(tm_op op, const char *name) {
    for (int i = 0; i < 40; i++) {
        test t;
        random_shape(&t, 4);
        if (i % 8 == 0 && t.call.rank) t.call.shape[below(t.call.rank)] = 1500 + below(20000);
        int64_t n = 1;
        for (int d = 0; d < t.call.rank; d++) n *= t.call.shape[d];
        if (n > 100000) continue;
        t.call.reduced = (uint8_t)below(t.call.rank + 1);
        reduction(op, name, &t);
    }
    /* All of a tensor, rows and columns: of several chunks, and with a rest behind the packs. */
    for (int i = 0; i < 6; i++) {
        test t;
        t.call.rank = 2;
        t.call.reduced = (uint8_t)(1 + i % 2);
        t.call.shape[0] = i % 2 ? 1 + below(300) : 1 + below(60);
        t.call.shape[1] = i % 2 ? 1 + below(300) : 2 * below(2) + 4 * below(400) + 1;
        reduction(op, name, &t);
    }
}

/* --- softmax, losses -------------------------------------------------------------------------------------------- */

static void softmax(tm_op op, const char *name, int part) {
    for (int i = 0; i < 20; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        t.call.part = (uint8_t)part;
        t.call.compute = below(2) ? TM_FLOAT32 : TM_FLOAT64;
        t.call.rank = (uint8_t)(1 + below(3));
        t.call.reduced = 1;
        for (int d = 0; d < t.call.rank; d++) t.call.shape[d] = 1 + below(20);
        if (i % 4 == 0) t.call.shape[t.call.rank - 1] = 900 + below(2000);
        if (i % 10 == 0) t.call.rank = 1, t.call.shape[0] = 4 * below(6000) + below(2); /* pieces of a row */
        if (t.call.shape[0] < 1) t.call.shape[0] = 1;
        operand(&t, 0, t.call.compute, 0, 1, true);
        operand(&t, 1, t.call.compute, -3, 3, false);
        if (part) operand(&t, 2, t.call.compute, -2, 1, false), t.loose = 10; /* differences of sums */
        for (int64_t k = 0; !part && i % 3 == 0 && k < t.arg[1]->n / 2; k++)  /* what is masked, and first in its row */
            put(t.arg[1]->host.data(), t.call.compute, k, -INFINITY);
        run(&t);
    }
}

/* Everything is contiguous; what may be left out is, at times. */
static void normalise(tm_op op, const char *name, int part) {
    for (int i = 0; i < 16; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        t.call.part = (uint8_t)part;
        t.call.compute = below(2) ? TM_FLOAT32 : TM_FLOAT64;
        t.call.rank = 2;
        t.call.shape[0] = 1 + below(i % 4 ? 20 : 300);
        t.call.shape[1] = i % 8 == 1 ? 700 + below(9000) : 1 + below(2) + 4 * below(20); /* in pieces, in packs */
        if (i % 8 == 1) t.call.shape[0] = 1 + below(3);
        t.call.value[0].f = 1e-5;
        t.loose = part ? 10 : 1; /* differences of sums */
        const unsigned along = 2, both = 3;
        const tm_dtype type = t.call.compute;
        const bool weighted = below(3), summed = below(3);
        if (!part || !summed || below(3)) line(&t, 0, type, 0, 1, both);
        line(&t, 1, type, -1, 1, both);
        if (part) line(&t, 2, type, -1, 1, both);
        if (weighted) line(&t, part ? 3 : 2, type, 0.5, 2, along);
        if (!part && below(2)) line(&t, 3, type, -1, 1, along);
        const int64_t n = t.call.shape[1];
        t.call.shape[1] = 2;
        line(&t, 4, type, 0.5, 1, both);
        t.call.arg[4].stride[1] = 0;
        t.call.shape[1] = part && summed ? 2 * n : n;
        if (part && summed) line(&t, 5, type, 0, 1, along);
        t.call.shape[1] = n;
        run(&t);
    }
}

static void cross_entropy(int part) {
    for (int i = 0; i < 30; i++) {
        test t;
        t.name = "cross_entropy";
        t.call.op = TM_OP_cross_entropy;
        t.call.part = (uint8_t)part;
        t.call.compute = below(2) ? TM_FLOAT32 : TM_FLOAT64;
        t.call.rank = 2;
        t.call.reduced = 1;
        t.call.shape[0] = 1 + below(70);
        t.call.shape[1] = 1 + below(i % 4 ? 40 : 1500);
        t.call.value[0].f = 1.0 / 7;
        const unsigned rows = 1, scalar = 0;
        const double most = (double)t.call.shape[1] + (i % 7 ? 0 : 1); /* one id may be wrong */
        line(&t, part ? 3 : 2, below(2) ? TM_INT64 : TM_INT32, 0, most, rows);
        if (part) {
            operand(&t, 0, t.call.compute, 0, 1, true);
            line(&t, 1, t.call.compute, -1, 1, below(2) ? rows : scalar);
            operand(&t, 2, t.call.compute, -3, 3, false);
            line(&t, 4, t.call.compute, 3, 4, rows);
        } else {
            line(&t, 0, t.call.compute, 0, 1, below(2) ? rows : scalar);
            operand(&t, 1, t.call.compute, -3, 3, false);
            line(&t, 3, t.call.compute, 0, 1, rows);
        }
        run(&t);
    }
}

/* --- rows by id ------------------------------------------------------------------------------------------------- */

static void rows(tm_op op, const char *name) {
    for (int i = 0; i < 40; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        random_shape(&t, 3);
        if (!t.call.rank) t.call.rank = 1, t.call.shape[0] = 5;
        if (t.call.rank > 1 && i % 3 == 0) t.call.shape[t.call.rank - 1] = 16; /* rows of whole packs */
        const int64_t n = t.call.shape[0], bound = 1 + below(50);
        const tm_dtype dtype = op == TM_OP_index_select ? (tm_dtype)below(TM_DTYPES)
                               : below(3)               ? TM_FLOAT32
                                                        : (op == TM_OP_index_add ? TM_FLOAT64 : TM_UINT8);
        t.exact = op == TM_OP_index_add;
        t.call.compute = dtype >= TM_FLOAT32 ? dtype : dtype >= TM_FLOAT16 ? TM_FLOAT32 : TM_INT64;
        t.call.value[0].i = bound;
        t.call.value[1].f = 0.5;
        t.call.value[2].f = 0.25;
        const int table = op == TM_OP_index_add ? 0 : 1, list = 1 - table;
        operand(&t, list, list == 0 && op == TM_OP_gather_normalize ? TM_FLOAT32 : dtype, 0, 90, list == 0);
        t.call.shape[0] = bound; /* the table has as many slices as there are ids to choose from */
        operand(&t, table, dtype, 0, 90, true);
        t.call.shape[0] = n;
        line(&t, 2, TM_INT64, 0, (double)bound + (i % 7 ? 0 : 1), 1);
        run(&t);
    }
}

/* Many ids of few slices, so that they repeat; short slices and long ones. */
static void repeated_rows(void) {
    for (int i = 0; i < 12; i++) {
        test t;
        t.name = "index_add";
        t.call.op = TM_OP_index_add;
        t.exact = true;
        const tm_dtype types[] = {TM_FLOAT32, TM_FLOAT64, TM_INT64, TM_BOOL, TM_FLOAT16};
        const tm_dtype dtype = types[below(5)];
        const int64_t n = 1 + below(i % 4 ? 300 : 9000), bound = 1 + below(below(2) ? 5 : 3000);
        t.call.compute = dtype == TM_FLOAT16 ? TM_FLOAT32 : dtype >= TM_FLOAT16 ? dtype : TM_INT64;
        t.call.value[0].i = bound;
        t.call.value[1].f = dtype < TM_FLOAT16 ? 1 : 0.7;
        t.call.rank = (uint8_t)(1 + below(3));
        for (int d = 1; d < t.call.rank; d++) t.call.shape[d] = 1 + below(i % 2 ? 3 : 40 / t.call.rank);
        t.call.shape[0] = n;
        operand(&t, 1, dtype, -1, 1, false);
        t.call.shape[0] = bound;
        operand(&t, 0, dtype, -1, 1, true);
        t.call.shape[0] = n;
        line(&t, 2, below(2) ? TM_INT64 : TM_INT32, 0, (double)bound, 1);
        run(&t);
    }
}

/* --- products --------------------------------------------------------------------------------------------------- */

static void products(tm_op op, const char *name) {
    for (int i = 0; i < 80; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        const int batch = op == TM_OP_matmul ? (int)below(3) : 0;
        t.call.rank = (uint8_t)(batch + 3);
        t.call.reduced = 1;
        t.call.compute = below(2) ? TM_FLOAT32 : TM_FLOAT64;
        for (int d = 0; d < t.call.rank; d++) t.call.shape[d] = 1 + below(d < batch ? 4 : 30);
        if (below(15) == 0) t.call.shape[t.call.rank - 1] = 0;
        const unsigned all = (1u << batch) - 1, m = 1u << batch, n = m << 1, k = m << 2;
        line(&t, 0, t.call.compute, 0, 1, all | m | n);
        operand(&t, 1, t.call.compute, -1, 1, false, all | m | k);
        operand(&t, 2, t.call.compute, -1, 1, false, all | n | k);
        if (op == TM_OP_linear && below(2)) operand(&t, 3, t.call.compute, -1, 1, false, n);
        t.call.value[0].i = op == TM_OP_linear && below(2);
        run(&t);
    }
}

static void masks(void) {
    for (int i = 0; i < 20; i++) {
        test t;
        t.name = "linear";
        t.call.op = TM_OP_linear;
        t.call.part = 1;
        t.call.rank = 2;
        t.call.compute = below(2) ? TM_FLOAT32 : TM_FLOAT64;
        t.call.shape[0] = 1 + below(300);
        t.call.shape[1] = 1 + below(90);
        const bool relu = below(2), bias = !relu || below(2);
        line(&t, 1, t.call.compute, -1, 1, 3);
        if (relu) line(&t, 2, t.call.compute, -1, 1, 3), line(&t, 0, t.call.compute, 0, 1, 3);
        if (bias) line(&t, 3, t.call.compute, 0, 1, 2);
        run(&t);
    }
}

/* --- windows ---------------------------------------------------------------------------------------------------- */

/* A line whose strides are given: a tensor of `n` elements. */
static void given(test *t, int k, tm_dtype dtype, int64_t n, const std::vector<int64_t> &stride) {
    for (size_t d = 0; d < stride.size(); d++) t->call.arg[k].stride[d] = stride[d];
    t->arg[k] = make(dtype, n, -1, 1);
    t->call.arg[k].dtype = dtype;
}

/* Sizes along the axes of x, y and a window, the first ones of which may be idle. */
struct windows {
    int64_t x[3], y[3], k[3], step[3], spread[3], pad[3], x_volume = 1, y_volume = 1, taps = 1;
    std::vector<int64_t> along_y, along_k; /* how far they move through x */
};

static void walk_along(windows *w) {
    w->along_y.resize(3), w->along_k.resize(3);
    for (int d = 2; d >= 0; d--) {
        w->along_y[d] = w->step[d] * w->x_volume;
        w->along_k[d] = w->spread[d] * w->x_volume;
        w->x_volume *= w->x[d], w->y_volume *= w->y[d], w->taps *= w->k[d];
    }
}

static windows random_windows(int axes, int64_t most_k, int64_t most_x, bool pool) {
    windows w;
    for (int d = 2; d >= 0; d--) {
        const bool idle = d < 3 - axes;
        w.k[d] = idle ? 1 : 1 + below(most_k);
        w.step[d] = idle ? 1 : 1 + (below(2) ? 0 : below(4));
        w.spread[d] = idle ? 1 : 1 + (below(2) ? 0 : below(3));
        const int64_t reach = (w.k[d] - 1) * w.spread[d] + 1;
        w.pad[d] = idle ? 0 : below(pool ? w.k[d] / 2 + 1 : reach + 1);
        const int64_t least = std::max<int64_t>(1, reach - 2 * w.pad[d]);
        w.x[d] = idle ? 1 : std::max(least, pool ? w.spread[d] : 1) + below(most_x);
        w.y[d] = (w.x[d] + 2 * w.pad[d] - reach) / w.step[d] + 1;
        if (pool && !idle && below(3) == 0 && w.y[d] * w.step[d] < w.x[d] + w.pad[d]) w.y[d]++; /* one is cut off */
        if (w.y[d] == 1) w.step[d] = 1;
    }
    walk_along(&w);
    return w;
}

/* Two axes: y is size by size, a window k by k, padded by as much. */
static windows square_windows(int64_t size, int64_t k) {
    windows w;
    for (int d = 0; d < 3; d++) {
        w.y[d] = d ? size : 1, w.k[d] = d ? k : 1, w.pad[d] = w.k[d] - 1, w.x[d] = w.y[d] - w.k[d] + 1;
        w.step[d] = w.spread[d] = 1;
    }
    walk_along(&w);
    return w;
}

static bool is_back(tm_op op) { return op >= TM_OP_conv_transpose1d && op <= TM_OP_conv_transpose3d; }

/* channels: of x, of y, in a group; groups. */
static void convolution(tm_op op, const char *name, const int64_t *channels, int64_t n, const windows &w) {
    const bool back = is_back(op), weigh = op == TM_OP_conv_weight;
    const int at_x = back ? 0 : 1, at_y = weigh ? 2 : back ? 1 : 0, at_w = weigh ? 0 : 2;
    const int64_t ci = channels[0], co = channels[1], groups = channels[2];
    const int64_t shape[10] = {n, groups, co, w.y[0], w.y[1], w.y[2], ci, w.k[0], w.k[1], w.k[2]};
    const std::vector<int64_t> &u = w.along_y, &k = w.along_k;
    test t;
    t.name = name;
    t.call.op = op;
    const tm_dtype dtype = t.call.compute = below(3) ? TM_FLOAT32 : TM_FLOAT64;
    t.call.rank = 10, t.call.reduced = 4;
    memcpy(t.call.shape, shape, sizeof shape);
    for (int d = 0; d < 3; d++) t.call.value[d].i = w.pad[d], t.call.value[3 + d].i = w.x[d];
    given(&t, at_x, dtype, n * groups * ci * w.x_volume,
          {groups * ci * w.x_volume, ci * w.x_volume, 0, u[0], u[1], u[2], w.x_volume, k[0], k[1], k[2]});
    given(&t, at_y, dtype, n * groups * co * w.y_volume,
          {groups * co * w.y_volume, co * w.y_volume, w.y_volume, w.y[1] * w.y[2], w.y[2], 1});
    given(&t, at_w, dtype, groups * co * ci * w.taps,
          {0, co * ci * w.taps, ci * w.taps, 0, 0, 0, w.taps, w.k[1] * w.k[2], w.k[2], 1});
    if (!weigh && below(2) && back) given(&t, 3, dtype, groups * ci, {0, ci, 0, 0, 0, 0, 1});
    if (!weigh && below(2) && !back) given(&t, 3, dtype, groups * co, {0, co, 1});
    t.call.value[6].i = !back && !weigh && below(2);
    t.loose = weigh ? 30 : 5; /* sums of many */
    run(&t);
}

/* Few channels and many, groups of one and of some, one window, windows of one element, and no channels to sum over. */
static void convolutions(tm_op op, const char *name, int axes) {
    static const int64_t most_k[] = {40, 6, 4},
                         channels[][3] = {{1, 9, 1}, {1, 1, 6}, {3, 4, 2}, {5, 9, 1},  {20, 33, 1},
                                          {9, 7, 3}, {8, 8, 5}, {6, 1, 2}, {1, 10, 1}, {40, 11, 1}};
    for (int i = 0; i < 50; i++) {
        int64_t c[3] = {channels[i % 10][0], channels[i % 10][1], channels[i % 10][2]};
        if (is_back(op)) std::swap(c[0], c[1]);
        if (op != TM_OP_conv_weight && below(40) == 0) c[is_back(op)] = 0;
        const int64_t n = 1 + below(i % 3 ? 4 : 40), most_x = i % 4 == 0 && axes < 3 ? 30 : 6;
        convolution(op, name, c, n,
                    i % 12 == 11 ? square_windows(9, 1) : random_windows(axes, most_k[axes - 1], most_x, false));
    }
}

/* More windows than are unrolled at once. */
static void long_convolutions(void) {
    const int64_t channels[3] = {40, 6, 1}, turned[3] = {6, 40, 1};
    convolution(TM_OP_conv2d, "conv", channels, 40, square_windows(24, 5));
    convolution(TM_OP_conv_transpose2d, "conv_transpose", channels, 40, square_windows(24, 5));
    convolution(TM_OP_conv_weight, "conv_weight", channels, 40, square_windows(24, 5));
    convolution(TM_OP_conv_weight, "conv_weight", turned, 2500, square_windows(7, 5));
}

/* A place of x that the window with this number holds. */
static int64_t place_in(const windows &w, int64_t number) {
    const int64_t u[3] = {number / w.y[2] / w.y[1], number / w.y[2] % w.y[1], number % w.y[2]};
    int64_t place = 0;
    for (int d = 0; d < 3; d++) {
        int64_t at;
        do at = u[d] * w.step[d] - w.pad[d] + below(w.k[d]) * w.spread[d];
        while (at < 0 || at >= w.x[d]);
        place = place * w.x[d] + at;
    }
    return place;
}

static void pool(tm_op op, const char *name, int axes, int part) {
    for (int i = 0; i < 30; i++) {
        const windows w = random_windows(axes, axes == 3 ? 3 : 4, axes == 1 ? 60 : 9, true);
        test t;
        t.name = name;
        t.call.op = op;
        t.call.part = (uint8_t)part;
        t.call.compute = below(2) ? TM_FLOAT32 : TM_FLOAT64;
        t.call.rank = 7, t.call.reduced = 3;
        t.exact = true;
        const int64_t n = 1 + below(20), shape[7] = {n, w.y[0], w.y[1], w.y[2], w.k[0], w.k[1], w.k[2]};
        memcpy(t.call.shape, shape, sizeof shape);
        for (int d = 0; d < 3; d++) t.call.value[d].i = w.pad[d], t.call.value[3 + d].i = w.x[d];
        const std::vector<int64_t> &u = w.along_y, &k = w.along_k;
        const std::vector<int64_t> y_stride = {w.y_volume, w.y[1] * w.y[2], w.y[2], 1};
        given(&t, part ? 0 : 1, t.call.compute, n * w.x_volume, {w.x_volume, u[0], u[1], u[2], k[0], k[1], k[2]});
        given(&t, part ? 1 : 0, t.call.compute, n * w.y_volume, y_stride);
        if (part || below(2)) given(&t, 2, TM_INT32, n * w.y_volume, y_stride);
        block *x = t.arg[1];
        for (int64_t j = 0; j < x->n && !part; j++) { /* equals, NaN, -infinity */
            if (below(2)) put(x->host.data(), x->dtype, j, (double)below(3));
            if (below(20) == 0) put(x->host.data(), x->dtype, j, below(2) ? NAN : -INFINITY);
        }
        for (int64_t j = 0; part && j < n * w.y_volume; j++) /* any place that the window holds */
            put(t.arg[2]->host.data(), TM_INT32, j, (double)place_in(w, j % w.y_volume));
        run(&t);
    }
}

static void masked_planes(tm_op op, const char *name) {
    for (int i = 0; i < 20; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        t.call.part = 1;
        t.call.rank = 3;
        t.call.compute = below(2) ? TM_FLOAT32 : TM_FLOAT64;
        t.call.shape[0] = 1 + below(9);
        t.call.shape[1] = 1 + below(40);
        t.call.shape[2] = 1 + below(i % 6 ? 200 : 5000);
        t.loose = 10;
        const bool relu = below(2), bias = !relu || below(2);
        line(&t, 1, t.call.compute, -1, 1, 7);
        if (relu) line(&t, 2, t.call.compute, -1, 1, 7), line(&t, 0, t.call.compute, 0, 1, 7);
        if (bias) line(&t, 3, t.call.compute, 0, 1, 2);
        run(&t);
    }
}

static void all_windows(void) {
    const tm_op conv[] = {TM_OP_conv1d, TM_OP_conv2d, TM_OP_conv3d};
    const tm_op back[] = {TM_OP_conv_transpose1d, TM_OP_conv_transpose2d, TM_OP_conv_transpose3d};
    const tm_op most[] = {TM_OP_max_pool1d, TM_OP_max_pool2d, TM_OP_max_pool3d};
    for (int axes = 1; axes <= 3; axes++) {
        convolutions(conv[axes - 1], "conv", axes);
        convolutions(back[axes - 1], "conv_transpose", axes);
        convolutions(TM_OP_conv_weight, "conv_weight", axes);
        masked_planes(conv[axes - 1], "conv");
        for (int part = 0; part < 2; part++) pool(most[axes - 1], "max_pool", axes, part);
    }
    long_convolutions();
}

/* --- from nothing ----------------------------------------------------------------------------------------------- */

static void create(tm_op op, const char *name, bool exact) {
    for (int i = 0; i < 12; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        t.call.rank = 1;
        t.call.shape[0] = 1 + below(3000);
        t.exact = exact;
        tm_dtype dtype = (tm_dtype)(TM_FLOAT32 + below(2));
        if (op == TM_OP_full || op == TM_OP_arange) dtype = (tm_dtype)below(TM_DTYPES);
        if (op == TM_OP_randint) dtype = (tm_dtype)(TM_UINT8 + below(TM_DTYPES - 1));
        if (op == TM_OP_randperm) dtype = TM_INT64;
        line(&t, 0, dtype, 0, 1, 1);
        tm_value *v = t.call.value;
        v[0].i = below(1000), v[1].i = below(1000), v[2].i = below(100), v[3].i = 1 + below(100);
        if (op == TM_OP_full && (v[1].i = below(2)) == 0) v[0].f = 2.5;
        if (op == TM_OP_arange && (v[4].i = below(2)) == 0) v[0].f = 0.5, v[1].f = 0.25;
        if (op == TM_OP_randperm) v[2].i = t.call.shape[0];
        run(&t);
    }
}

/* --- optimizers ------------------------------------------------------------------------------------------------- */

static void optimizers(tm_op op, const char *name) {
    for (int i = 0; i < 24; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        tm_value *v = t.call.value;
        v[0].f = 0.1;
        if (op == TM_OP_sgd)
            v[1].f = below(2) ? 0.9 : 0, v[2].f = below(2) ? 0.01 : 0, v[3].i = v[1].f > 0 && below(2);
        else
            v[1].f = 0.9, v[2].f = 0.999, v[3].f = 1e-8, v[4].f = below(2) ? 0.01 : 0, v[5].i = below(2);
        const int states = op == TM_OP_adam ? 2 : v[1].f > 0;
        for (int s = 0; s < 1 + below(5); s++) {
            tm_slot slot;
            memset(&slot, 0, sizeof slot);
            slot.dtype = below(2) ? TM_FLOAT32 : TM_FLOAT64;
            slot.n = below(5000);
            slot.step = (double)(1 + below(4));
            const bool sparse = below(3) == 0; /* every second row of the parameter has a gradient */
            if (sparse) slot.width = 1 + below(7), slot.n -= slot.n % slot.width;
            for (int k = 0; k < 4; k++) {
                const int64_t n = sparse && k != 1 ? 2 * slot.n : slot.n;
                t.slot_block[k].push_back(k < 2 + states ? make(slot.dtype, n, k == 1 ? -1 : 0.1, 1) : nullptr);
            }
            t.slot_block[4].push_back(sparse ? make(TM_INT64, slot.n / slot.width, 0, 1) : nullptr);
            for (int64_t r = 0; sparse && r < slot.n / slot.width; r++)
                put(t.slot_block[4].back()->host.data(), TM_INT64, r, (double)(2 * r));
            if (sparse) slot.ids = (const int64_t *)t.slot_block[4].back()->host.data();
            slot.param = t.slot_block[0].back()->host.data();
            slot.grad = t.slot_block[1].back()->host.data();
            for (int k = 0; k < states; k++) slot.state[k] = t.slot_block[2 + k].back()->host.data();
            t.slots.push_back(slot);
        }
        t.call.n_slots = (int64_t)t.slots.size();
        run(&t);
    }
}

/* --- along lines ------------------------------------------------------------------------------------------------ */

/* Shapes with short lines and long ones; the last dimension is the line. */
static void lines_shape(test *t, int i) {
    random_shape(t, 3);
    if (!t->call.rank) t->call.rank = 1;
    int64_t *line = &t->call.shape[t->call.rank - 1], others = 1;
    for (int d = 0; d + 1 < t->call.rank; d++) others *= t->call.shape[d];
    *line = 1 + below(i % 3 ? 40 : 1500);
    if (i % 8 == 7 && others < 20) *line = 3000 + below(30000 / others);
    t->call.reduced = 1;
}

static tm_dtype compute_of(tm_dtype dtype) {
    return dtype < TM_FLOAT16 ? TM_INT64 : dtype == TM_FLOAT64 ? TM_FLOAT64 : TM_FLOAT32;
}

/* Values with ties, both zeros, infinities and NaN; the same bits wanted. */
static void in_order(tm_op op, const char *name) {
    for (int i = 0; i < 40; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        t.exact = true;
        lines_shape(&t, i);
        const tm_dtype dtype = (tm_dtype)below(TM_DTYPES);
        const int64_t n = t.call.shape[t.call.rank - 1], k = op == TM_OP_sort ? n : below(n + 1);
        const bool few = below(2);
        t.call.compute = compute_of(dtype);
        operand(&t, 1, dtype, dtype == TM_BOOL || dtype == TM_UINT8 ? 0 : -9, few ? 2 : 90, false);
        for (int64_t e = 0; dtype >= TM_FLOAT16 && e < t.arg[1]->n; e++) {
            const double odd[] = {0, -0.0, INFINITY, -INFINITY, NAN};
            if (few) put(t.arg[1]->host.data(), dtype, e, floor(get(t.arg[1]->host.data(), dtype, e)));
            if (below(9) == 0 && (dtype == TM_FLOAT32 || dtype == TM_FLOAT64))
                put(t.arg[1]->host.data(), dtype, e, odd[below(5)]);
        }
        t.call.value[0].i = op == TM_OP_order_statistic ? k : below(2);
        t.call.value[1].i = op == TM_OP_order_statistic ? below(2) : k;
        t.call.shape[t.call.rank - 1] = op == TM_OP_order_statistic ? 1 : k;
        if (k || op == TM_OP_order_statistic) operand(&t, 0, dtype, 0, 1, true), operand(&t, 2, TM_INT64, 0, 1, true);
        t.call.shape[t.call.rank - 1] = n;
        if (t.arg[0]) run(&t);
    }
}

/* The norm of a few gradients, and their scaling by a factor that is below 1 or not. */
static void clip_norm(int part) {
    for (int i = 0; i < 16; i++) {
        test t;
        t.name = "clip_norm";
        t.call.op = TM_OP_clip_norm;
        t.call.part = (uint8_t)part;
        const double p[] = {2, 1, 3, INFINITY};
        t.call.value[0].f = part ? (below(2) ? 0.5 : 10) : p[below(4)];
        line(&t, part, (tm_dtype)(TM_FLOAT32 + below(2)), 1, 2, 0);
        for (int s = 0; s < below(5); s++) {
            tm_slot slot;
            memset(&slot, 0, sizeof slot);
            slot.dtype = (tm_dtype)(TM_FLOAT32 + below(2));
            slot.n = below(9000);
            t.slot_block[0].push_back(make(slot.dtype, 1, 0, 1));
            t.slot_block[1].push_back(make(slot.dtype, slot.n, -1, 1));
            if (slot.n && below(8) == 0) put(t.slot_block[1].back()->host.data(), slot.dtype, below(slot.n), NAN);
            slot.grad = t.slot_block[1].back()->host.data();
            t.slots.push_back(slot);
        }
        t.call.n_slots = (int64_t)t.slots.size();
        run(&t);
    }
}

static void scans(tm_op op, const char *name) {
    const bool best = op == TM_OP_cummax || op == TM_OP_cummin, product = op == TM_OP_cumprod;
    for (int i = 0; i < 40; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        lines_shape(&t, i);
        tm_dtype dtype = (tm_dtype)below(TM_DTYPES);
        if (best && dtype == TM_BOOL) dtype = TM_UINT8;
        if (op == TM_OP_logcumsumexp) dtype = (tm_dtype)(TM_FLOAT32 + below(2));
        t.call.compute = compute_of(dtype);
        const bool whole = dtype < TM_FLOAT16;
        operand(&t, 1, dtype, product ? 0.9 : whole ? 0 : -2, product && !whole ? 1.1 : 5, false);
        for (int k = (int)below(3); !whole && k-- > 0;) {
            const double odd[] = {0, INFINITY, -INFINITY, NAN};
            put(t.arg[1]->host.data(), dtype, below(t.arg[1]->n), odd[dtype < TM_FLOAT32 ? 0 : below(4)]);
        }
        operand(&t, 0, best || !whole ? dtype : TM_INT64, 0, 1, true);
        if (best) operand(&t, 2, TM_INT64, 0, 1, true);
        run(&t);
    }
}

/* --- elements by ids -------------------------------------------------------------------------------------------- */

enum { MODE_SUM, MODE_PROD, MODE_SET = 4, MODES };

static void by_ids(tm_op op, const char *name) {
    const bool puts = op == TM_OP_scatter_reduce;
    for (int i = 0; i < 60; i++) {
        test t;
        t.name = name;
        t.call.op = op;
        lines_shape(&t, i);
        const tm_dtype dtype = (tm_dtype)below(TM_DTYPES);
        const int mode = puts ? (int)below(MODES) : 0, beside = puts, whole = 1 - beside;
        const bool half = dtype == TM_FLOAT16 || dtype == TM_BFLOAT16, rounds = half && puts && mode <= MODE_PROD;
        const int64_t n = t.call.shape[t.call.rank - 1], bound = 1 + (rounds ? 40 : below(i % 4 ? 50 : 3));
        const double low = mode == MODE_PROD ? 0.95 : 0, high = mode == MODE_PROD ? 1.05 : 9;
        if (rounds) t.loose = 60; /* the CPU rounds at each id, the device once */
        t.call.compute = compute_of(dtype);
        t.call.value[0].i = bound;
        t.call.value[1].i = mode;
        operand(&t, beside, dtype, low, high, !puts);
        operand(&t, 2, below(2) ? TM_INT64 : TM_UINT8, 0, (double)bound + (i % 7 ? 0 : 1), false);
        t.call.shape[t.call.rank - 1] = bound;
        operand(&t, whole, dtype, low, high, puts);
        t.call.shape[t.call.rank - 1] = n;
        run(&t);
    }
}

static void index_copies(void) {
    for (int i = 0; i < 40; i++) {
        test t;
        t.name = "index_copy";
        t.call.op = TM_OP_index_copy;
        random_shape(&t, 3);
        if (!t.call.rank) t.call.rank = 1;
        t.call.shape[0] = 1 + below(t.call.rank == 1 && i % 3 ? 9000 : 60);
        const int64_t n = t.call.shape[0], bound = 1 + below(50);
        const tm_dtype dtype = (tm_dtype)below(TM_DTYPES);
        t.exact = true;
        t.call.compute = compute_of(dtype);
        t.call.value[0].i = bound;
        operand(&t, 1, dtype, 0, 90, false);
        t.call.shape[0] = bound;
        operand(&t, 0, dtype, 0, 90, true);
        t.call.shape[0] = n;
        line(&t, 2, TM_INT32, 0, (double)bound + (i % 7 ? 0 : 1), 1);
        run(&t);
    }
}

/* A list, whatever the call's shape is. */
static void list(test *t, int k, tm_dtype dtype, int64_t n, double low, double high) {
    t->arg[k] = make(dtype, n, low, high);
    t->call.arg[k].dtype = dtype;
}

static void bags(int part) {
    for (int i = 0; i < 40; i++) {
        test t;
        t.name = "embedding_bag";
        t.call.op = TM_OP_embedding_bag;
        t.call.part = (uint8_t)part;
        t.call.rank = (uint8_t)(2 - part);
        const int64_t bags = 1 + below(30), width = 1 + below(80), words = 1 + below(20), n = below(300);
        const tm_dtype dtype = (tm_dtype)(TM_FLOAT32 + below(2));
        t.call.compute = part ? TM_INT64 : dtype;
        t.call.shape[0] = bags;
        if (!part) t.call.shape[1] = width;
        t.call.value[0].i = words;
        t.call.value[1].i = below(3);
        t.call.value[2].i = n;
        list(&t, 0, part ? TM_INT64 : dtype, part ? n : bags * width, 0, 1);
        list(&t, 1, part ? TM_INT64 : dtype, part ? bags : words * width, -1, 1);
        if (!part) list(&t, 2, TM_INT64, n, 0, (double)words + (i % 7 || i % 9 == 0 ? 0 : 1));
        if (!part && t.call.value[1].i == 2) list(&t, 4, TM_INT64, bags * width, 0, 1);
        list(&t, 3, TM_INT64, bags, 0, 1);
        int64_t *start = (int64_t *)t.arg[3]->host.data(), at = 0;
        for (int64_t b = 0; b < bags; start[b++] = at)
            at = b && n > at ? at + below((n - at) / (b == 1 ? 1 : 3) + 1) : at;
        if (i % 9 == 0) start[below(bags)] = n + 1;
        run(&t);
    }
}

/* --- finding ---------------------------------------------------------------------------------------------------- */

static void nonzero(int part) {
    for (int i = 0; i < 40; i++) {
        test t;
        t.name = "nonzero";
        t.call.op = TM_OP_nonzero;
        t.call.part = (uint8_t)part;
        lines_shape(&t, i);
        t.call.reduced = 0;
        const tm_dtype dtype = (tm_dtype)below(TM_DTYPES);
        t.call.compute = compute_of(dtype);
        operand(&t, 1, dtype, 0, 1.9, false);
        int64_t n = 1, chunk = 1 + below(2000), count = 0;
        for (int d = 0; d < t.call.rank; d++) n *= t.call.shape[d];
        const int64_t chunks = (n + chunk - 1) / chunk, columns = below(2) ? t.call.rank : 0;
        t.call.value[0].i = part ? columns : 0;
        t.call.value[1].i = chunk;
        for (int64_t e = 0; dtype >= TM_FLOAT16 && e < t.arg[1]->n; e++)
            if (below(2)) put(t.arg[1]->host.data(), dtype, e, 0);
        std::vector<int64_t> starts;
        for (int64_t e = 0; e < n; e++) { /* the elements in their order */
            int64_t at = t.offset[1], rest = e;
            for (int d = t.call.rank; d-- > 0; rest /= t.call.shape[d])
                at += rest % t.call.shape[d] * t.call.arg[1].stride[d];
            if (e % chunk == 0) starts.push_back(count);
            count += get(t.arg[1]->host.data(), dtype, at) != 0;
        }
        starts.push_back(count);
        list(&t, 0, TM_INT64, part ? count * (columns ? columns : 1) : chunks + 1, 0, 1);
        if (part) list(&t, 2, TM_INT64, chunks + 1, 0, 1);
        for (size_t c = 0; part && c < starts.size(); c++) ((int64_t *)t.arg[2]->host.data())[c] = starts[c];
        if (count || !part) run(&t);
    }
}

static void searches(void) {
    for (int i = 0; i < 40; i++) {
        test t;
        t.name = "searchsorted";
        t.call.op = TM_OP_searchsorted;
        t.call.rank = 2;
        t.call.shape[0] = 1 + below(20);
        t.call.shape[1] = 1 + below(90);
        const tm_dtype types[] = {TM_INT64, TM_FLOAT32, TM_FLOAT64}, dtype = types[below(3)];
        const int64_t lines = below(2) ? t.call.shape[0] : 1, n = below(300);
        t.call.compute = dtype;
        t.call.value[0].i = n;
        t.call.value[1].i = lines > 1 ? n : 0;
        t.call.value[2].i = below(2);
        list(&t, 0, TM_INT64, t.call.shape[0] * t.call.shape[1], 0, 1);
        list(&t, 1, dtype, t.call.shape[0] * t.call.shape[1], -2, 12);
        list(&t, 2, dtype, lines * n, 0, 1);
        for (int64_t e = 0; e < lines * n; e++) /* ascending, with ties, NaN behind them */
            put(t.arg[2]->host.data(), dtype, e, dtype != TM_INT64 && e % n > n - 3 ? NAN : floor(10. * (e % n) / n));
        if (dtype != TM_INT64 && below(2)) put(t.arg[1]->host.data(), dtype, below(t.arg[1]->n), NAN);
        run(&t);
    }
}

/* --- captures --------------------------------------------------------------------------------------------------- */

/* A draw and a step of Adam as one graph, replayed with other numbers each time, beside the CPU's calls one by one. */
static void captures(void) {
    enum { N = 3000, STEPS = 4 };
    test t;
    t.name = "a captured step";
    block *b[4]; /* param grad m v */
    for (int k = 0; k < 4; k++) b[k] = make(TM_FLOAT32, N, 0.1, 1);
    for (block *each : blocks) {
        each->remote = gpu->allocate(each->host.size());
        gpu->remote->upload(each->remote, each->host.data(), each->host.size());
    }
    tm_value live[2][TM_MAX_VALUES + 1]; /* of the draw, of Adam */
    memset(live, 0, sizeof live);
    tm_value *live_at = (tm_value *)gpu->allocate(sizeof live);
    tm_call draw, adam;
    memset((void *)&draw, 0, sizeof draw);
    draw.op = TM_OP_rand;
    draw.rank = 1;
    draw.shape[0] = N;
    draw.compute = draw.arg[0].dtype = TM_FLOAT32;
    draw.arg[0].stride[0] = 1;
    memset((void *)&adam, 0, sizeof adam);
    adam.op = TM_OP_adam;
    adam.value[1].f = 0.9, adam.value[2].f = 0.999, adam.value[3].f = 1e-8;
    tm_slot host, remote;
    memset(&host, 0, sizeof host);
    host.n = N;
    host.dtype = TM_FLOAT32;
    remote = host;
    host.param = b[0]->host.data(), host.grad = b[1]->host.data();
    remote.param = b[0]->remote, remote.grad = b[1]->remote;
    for (int k = 0; k < 2; k++) host.state[k] = b[2 + k]->host.data(), remote.state[k] = b[2 + k]->remote;

    bool good = gpu->remote->capture_begin(live_at) == 0;
    tm_call call = draw;
    call.arg[0].data = b[1]->remote;
    call.live = live_at;
    gpu->kernel[call.op][0](&call);
    call = adam;
    {
        tm_slot gone = remote; /* what a call points to need not outlive it */
        call.slot = &gone;
        call.n_slots = 1;
        call.live = live_at + TM_MAX_VALUES + 1;
        gpu->kernel[call.op][0](&call);
        memset((void *)&gone, 0xFF, sizeof gone);
    }
    tm_graph *graph = good ? gpu->remote->capture_end() : nullptr;
    good = graph != nullptr;
    for (int step = 1; good && step <= STEPS; step++) {
        draw.value[0].i = 7, draw.value[1].i = step;
        adam.value[0].f = 0.1 / step;
        host.step = step;
        memcpy(live[0], draw.value, sizeof draw.value);
        memcpy(live[1], adam.value, sizeof adam.value);
        live[1][TM_MAX_VALUES].f = step;
        good = gpu->remote->replay(graph, live, sizeof live) == 0;
        call = draw;
        call.arg[0].data = b[1]->host.data();
        cpu->kernel[call.op][0](&call);
        call = adam;
        call.slot = &host;
        call.n_slots = 1;
        cpu->kernel[call.op][0](&call);
    }
    if (!good) fail(&t, gpu->remote->failure());
    for (block *each : blocks) {
        each->back.resize(each->host.size());
        gpu->remote->download(each->back.data(), each->remote, each->host.size());
        if (good && differ(&t, each)) fail(&t, "results differ"), good = false;
        gpu->release(each->remote, each->host.size());
        delete each;
    }
    blocks.clear();
    gpu->remote->forget(graph);
    gpu->release(live_at, sizeof live);
    passed += good;
}

/* What would have to wait can't be recorded: that fails in words, and the device goes on. */
static void captures_refused(void) {
    test t;
    t.name = "a capture that waits";
    char byte = 1, back = 0;
    void *x = gpu->allocate(64);
    bool good = gpu->remote->capture_begin(x) == 0 && gpu->remote->upload(x, &byte, 1) == 0;
    good = good && gpu->remote->download(&back, x, 1) != 0 && strstr(gpu->remote->failure(), "can't be recorded");
    tm_graph *graph = gpu->remote->capture_end();
    gpu->remote->forget(graph);
    good =
        good && graph && gpu->remote->upload(x, &byte, 1) == 0 && gpu->remote->download(&back, x, 1) == 0 && back == 1;
    gpu->release(x, 64);
    if (!good) fail(&t, gpu->remote->failure());
    passed += good;
}

/* More than there is: NULL, and the device goes on. */
static void no_memory(void) {
    test t;
    t.name = "no memory";
    size_t free = 0, total = 0;
    gpu->remote->available(&free, &total);
    void *x = gpu->allocate(total + 64), *y = gpu->allocate(64);
    const bool good = !x && y && strstr(gpu->remote->failure(), "out of memory");
    if (y) gpu->release(y, 64);
    if (!good) fail(&t, gpu->remote->failure());
    passed += good;
}

/* ---------------------------------------------------------------------------------------------------------------- */

static const tm_device *open_plugin(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *why = dlerror();
    if (!library) return fprintf(stderr, "%s\n", why), nullptr;
    typedef const tm_device *plugin(const char **);
    const tm_device *device = ((plugin *)dlsym(library, "tm_device_plugin"))(&why);
    if (!device) fprintf(stderr, "%s\n", why);
    return device;
}

int main(int argc, char **argv) {
    if (argc < 2 || !(gpu = open_plugin(argv[1]))) return 2;
    if (argc > 2) state = strtoull(argv[2], nullptr, 10);
    cpu = tm_cpu_device();
    if (gpu->contract != cpu->contract) return fprintf(stderr, "another contract\n"), 2;
    printf("%s: %s\n", gpu->name, gpu->describe());
    all_elementwise();
    all_laid_out();
    reductions(TM_OP_sum, "sum");
    reductions(TM_OP_mean, "mean");
    reductions(TM_OP_max, "max");
    reductions(TM_OP_min, "min");
    reductions(TM_OP_argmax, "argmax");
    reductions(TM_OP_prod, "prod");
    reductions(TM_OP_amax, "amax");
    reductions(TM_OP_amin, "amin");
    reductions(TM_OP_argmin, "argmin");
    for (int part = 0; part < 2; part++) {
        softmax(TM_OP_softmax, "softmax", part);
        softmax(TM_OP_log_softmax, "log_softmax", part);
        cross_entropy(part);
        normalise(TM_OP_layer_norm, "layer_norm", part);
        normalise(TM_OP_rms_norm, "rms_norm", part);
    }
    rows(TM_OP_index_select, "index_select");
    rows(TM_OP_index_add, "index_add");
    repeated_rows();
    rows(TM_OP_gather_normalize, "gather_normalize");
    products(TM_OP_matmul, "matmul");
    products(TM_OP_linear, "linear");
    masks();
    all_windows();
    create(TM_OP_full, "full", true);
    create(TM_OP_arange, "arange", true);
    create(TM_OP_rand, "rand", true);
    create(TM_OP_randint, "randint", true);
    create(TM_OP_randperm, "randperm", true);
    create(TM_OP_randn, "randn", false);
    optimizers(TM_OP_sgd, "sgd");
    optimizers(TM_OP_adam, "adam");
    clip_norm(0);
    clip_norm(1);
    in_order(TM_OP_sort, "sort");
    in_order(TM_OP_topk, "topk");
    in_order(TM_OP_order_statistic, "order_statistic");
    scans(TM_OP_cumsum, "cumsum");
    scans(TM_OP_cumprod, "cumprod");
    scans(TM_OP_cummax, "cummax");
    scans(TM_OP_cummin, "cummin");
    scans(TM_OP_logcumsumexp, "logcumsumexp");
    by_ids(TM_OP_gather, "gather");
    by_ids(TM_OP_scatter_reduce, "scatter_reduce");
    index_copies();
    for (int part = 0; part < 2; part++) bags(part), nonzero(part);
    searches();
    captures();
    captures_refused();
    no_memory();
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed > 0;
}
