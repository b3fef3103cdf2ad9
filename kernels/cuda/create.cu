/* create.cu: tensors from nothing: full, arange, rand, randn, randint, randperm.
 *
 * Random elements come from Philox (../philox.h), by the same counters as on the CPU: uniform numbers, integers and
 * permutations have the same bits; normal ones differ by what logarithm, sine and cosine differ. */
#include "elements.h"

#include "../philox.h"
#undef log /* here the names are the device library's */
#undef sqrt
#undef sin
#undef cos

/* The position-th element of the result, from a value of the kernel's type. */
#define PUT(position, value) tm_store(out.data, out.dtype, tm_offset(space, out, position), value)

/* --- full and arange -------------------------------------------------------------------------------------------- */

static __global__ void full_exact(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    const int64_t value = tm_integer(numbers, 0);
    for (int64_t i = tm_first(); i < space.n; i += tm_stride()) PUT(i, value);
}

static __global__ void full_float(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    const double value = tm_float(numbers, 0);
    for (int64_t i = tm_first(); i < space.n; i += tm_stride()) PUT(i, value);
}

static __global__ void arange_exact(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    const int64_t first = tm_integer(numbers, 2), step = tm_integer(numbers, 3);
    for (int64_t i = tm_first(); i < space.n; i += tm_stride()) PUT(i, tm_add_i64(first, tm_mul_i64(i, step)));
}

static __global__ void arange_float(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    const double first = tm_float(numbers, 0), step = tm_float(numbers, 1);
    for (int64_t i = tm_first(); i < space.n; i += tm_stride()) PUT(i, first + (double)i * step);
}

/* --- random numbers --------------------------------------------------------------------------------------------- */

/* One Philox counter makes four floats, or two numbers of 64 bits; a thread makes a group of them. */
TM_DEVICE tm_philox_words words_of(const tm_numbers &numbers, int64_t group) {
    return tm_philox((uint64_t)tm_integer(numbers, 0), (uint64_t)tm_integer(numbers, 1), (uint64_t)group);
}

static __global__ void rand_float(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    for (int64_t group = tm_first(); group * 4 < space.n; group += tm_stride()) {
        const tm_philox_words w = words_of(numbers, group);
        for (int k = 0; k < 4 && group * 4 + k < space.n; k++) PUT(group * 4 + k, tm_philox_float(w.v[k]));
    }
}

static __global__ void rand_double(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    for (int64_t group = tm_first(); group * 2 < space.n; group += tm_stride()) {
        const tm_philox_words w = words_of(numbers, group);
        for (int k = 0; k < 2 && group * 2 + k < space.n; k++)
            PUT(group * 2 + k, tm_philox_double(w.v[2 * k], w.v[2 * k + 1]));
    }
}

/* Box and Muller: sqrt(-2 log u) times the cosine and the sine of 2 pi v, u in (0, 1]. */
static __global__ void randn_float(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    for (int64_t group = tm_first(); group * 4 < space.n; group += tm_stride()) {
        const tm_philox_words w = words_of(numbers, group);
        for (int k = 0; k < 4 && group * 4 + k < space.n; k++) {
            const float u = tm_philox_float(w.v[k & 2]) + 0x1p-24f, v = tm_philox_float(w.v[(k & 2) + 1]);
            const float angle = 6.283185307f * v;
            PUT(group * 4 + k, sqrtf(-2 * logf(u)) * (k & 1 ? sinf(angle) : cosf(angle)));
        }
    }
}

static __global__ void randn_double(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    for (int64_t group = tm_first(); group * 2 < space.n; group += tm_stride()) {
        const tm_philox_words w = words_of(numbers, group);
        const double u = tm_philox_double(w.v[0], w.v[1]) + 0x1p-53, v = tm_philox_double(w.v[2], w.v[3]);
        const double radius = sqrt(-2 * log(u)), angle = 6.283185307179586 * v;
        for (int k = 0; k < 2 && group * 2 + k < space.n; k++)
            PUT(group * 2 + k, radius * (k ? sin(angle) : cos(angle)));
    }
}

static __global__ void randint_kernel(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    const int64_t low = tm_integer(numbers, 2);
    const uint64_t range = (uint64_t)tm_integer(numbers, 3);
    for (int64_t group = tm_first(); group * 2 < space.n; group += tm_stride()) {
        const tm_philox_words w = words_of(numbers, group);
        for (int k = 0; k < 2 && group * 2 + k < space.n; k++)
            PUT(group * 2 + k, tm_add_i64(low, (int64_t)tm_philox_below(w.v[2 * k], w.v[2 * k + 1], range)));
    }
}

static __global__ void randperm_kernel(TM_PARAM tm_space space, TM_PARAM tm_arg out, TM_PARAM tm_numbers numbers) {
    const tm_philox_words w = words_of(numbers, 0);
    const tm_philox_shuffle shuffle =
        tm_philox_shuffle_start(((uint64_t)w.v[0] << 32) | w.v[1], tm_integer(numbers, 2));
    for (int64_t i = tm_first(); i < space.n; i += tm_stride()) PUT(i, tm_philox_shuffle_at(&shuffle, i));
}

/* --- launchers -------------------------------------------------------------------------------------------------- */

#define MAKE(kernel, each)                                                                                             \
    do {                                                                                                               \
        const tm_space space = tm_space_of(call, 0, call->rank);                                                       \
        const unsigned blocks = tm_cuda_blocks((space.n + (each)-1) / (each), TM_THREADS);                             \
        TM_LAUNCH(call, kernel, blocks, TM_THREADS, space, tm_cuda_operand(call, 0), tm_numbers_of(call));             \
    } while (0)

static int is_double(const tm_call *call) { return call->arg[0].dtype == TM_FLOAT64; }

void tm_cuda_full(tm_call *call) {
    if (call->value[1].i)
        MAKE(full_exact, 1);
    else
        MAKE(full_float, 1);
}

void tm_cuda_arange(tm_call *call) {
    if (call->value[4].i == 1)
        MAKE(arange_exact, 1);
    else
        MAKE(arange_float, 1);
}

void tm_cuda_rand(tm_call *call) {
    if (is_double(call))
        MAKE(rand_double, 2);
    else
        MAKE(rand_float, 4);
}

void tm_cuda_randn(tm_call *call) {
    if (is_double(call))
        MAKE(randn_double, 2);
    else
        MAKE(randn_float, 4);
}

void tm_cuda_randint(tm_call *call) { MAKE(randint_kernel, 2); }

void tm_cuda_randperm(tm_call *call) { MAKE(randperm_kernel, 1); }
