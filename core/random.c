/* random.c: the state of the random numbers: a seed, and how many draws there were.
 *
 * The numbers themselves come from kernels/philox.h. Each draw (one call of rand, randn, randint, randperm) takes
 * the next stream, so an element depends on the seed, on the number of its draw and on its position alone. */
#include "engine.h"
#include "philox.h"

static struct {
    uint64_t seed, stream;
} state; /* the seed is 0 until somebody sets one: the same script, the same numbers */

void tm_seed(uint64_t seed) { tm_set_random_state(seed, 0); }

void tm_random_state(uint64_t *seed, uint64_t *stream) {
    *seed = state.seed;
    *stream = state.stream;
}

void tm_set_random_state(uint64_t seed, uint64_t stream) {
    state.seed = seed;
    state.stream = stream;
}

int64_t tm_shuffle(uint64_t key, int64_t n, int64_t position) {
    if (position >= 0 && position < n) return tm_philox_permute(key, n, position);
    tm_fail(TM_MISUSE, "shuffle: position %lld is not one of 0 .. %lld", (long long)position, (long long)n - 1);
    return -1;
}
