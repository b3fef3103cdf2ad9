/* cuda_emulator_parts.h: what the three sources of the emulator share: threads, memory, runtime. */
#ifndef TM_CUDA_EMULATOR_PARTS_H
#define TM_CUDA_EMULATOR_PARTS_H

#include "cuda_emulator.h"

/* --- threads ---------------------------------------------------------------------------------------------------- */

uint64_t tm_emulator_seed();                    /* TENMO_CUDA_SEED, 1 */
const char *tm_emulator_running();              /* the kernel or library that runs now; NULL: host code */
int tm_emulator_where(char *text, size_t size); /* "kernel k, block (0, 0, 0), thread (1, 0, 0)", or "" */
void tm_emulator_run(const char *name, dim3 blocks, dim3 threads, const std::function<void()> &body);

/* --- memory ----------------------------------------------------------------------------------------------------- */

void *tm_emulator_allocate(size_t bytes);                   /* NULL: no memory */
bool tm_emulator_release(void *data);                       /* false: it isn't the start of an allocation */
bool tm_emulator_is_device(const void *data, size_t bytes); /* does all of it lie inside one allocation? */
void tm_emulator_open(const void *data);                    /* the allocation around data, until tm_emulator_close */
void tm_emulator_close(); /* all that were opened; looks for bytes changed around them */
void tm_emulator_memory_left(size_t *free, size_t *total);

#endif
