/* sorting.h: unsigned keys put in order, stably, line by line; with each goes its position in its line.
 *
 *     const size_t mine = ...;                                    what the call needs besides
 *     char *room = tm_cuda_scratch(call, mine + tm_cuda_sort_bytes(lines, n, 0));
 *     tm_sorting s = tm_cuda_sorting_in(room + mine, lines, n, 0);         mine: a multiple of 16
 *     ... a kernel writes s.key[0]: keys of line l from l * n on
 *     tm_cuda_sort_keys(call, &s, bits);                          how many of the lower bits may differ
 *     ... s.key[0] is in order, and s.at[0][l * n + k] is where the k-th key of line l came from
 *
 * tm_cuda_sort_ids does all of it for ids: wrong ones are recorded and come last, with the key `bound`. Launches: one
 * where lines are short (4096 keys of 32 bits, 2048 of 64), else three for every 8 bits. Pointers are fixed when the
 * call is made, so a captured one is replayed as it is. */
#ifndef TM_CUDA_SORTING_H
#define TM_CUDA_SORTING_H

#include "cuda.h"

typedef struct tm_sorting {
    int64_t lines, n;
    int wide;         /* keys of 64 bits; else of 32 */
    void *key[2];     /* [line][n]; the second is room */
    uint32_t *at[2];  /* likewise: positions in the line */
    uint32_t *counts; /* [line][digit][tile], then [line][digit]: of long lines */
} tm_sorting;

size_t tm_cuda_sort_bytes(int64_t lines, int64_t n, int wide);
tm_sorting tm_cuda_sorting_in(void *memory, int64_t lines, int64_t n, int wide);
void tm_cuda_sort_keys(tm_call *call, tm_sorting *s, int bits);

/* Ids over the iteration's dimensions first .. rank-1, the last of which is the line: keys of 32 bits for a bound up
 * to 2^32 - 1. */
void tm_cuda_sort_ids(tm_call *call, tm_sorting *s, int arg, int first, int rank, int64_t bound);

#endif
