/* elementwise.h: what elementwise.c (which loop, which operands) and elementwise_walks.c (in which order) share. */
#ifndef TM_ELEMENTWISE_H
#define TM_ELEMENTWISE_H

#include "load.h"
#include "threads.h"

#define tm_walk_blocks TM_LEVEL(tm_walk_blocks)
#define tm_walk_bands TM_LEVEL(tm_walk_bands)
#define tm_rows_pay TM_LEVEL(tm_rows_pay)
#define tm_walk_rows TM_LEVEL(tm_walk_rows)

#define INPUTS (TM_MAX_ARGS) /* lanes are numbered as operands are: TM_X .. TM_G */
#define BLOCK_BYTES (TM_BLOCK * 8)
#define SIDE 16      /* rows and columns of a tile: TM_BLOCK elements */
#define SEGMENT 4096 /* elements of a long row that make a task */

typedef char scratch_block[BLOCK_BYTES] __attribute__((aligned(64)));

static const scratch_block zeros;

/* What one loop works on. Absent operands point to a block of zeros. */
typedef struct tm_lanes {
    void *out;
    const void *in[INPUTS];
    double number[2]; /* the row's p0 and p1 */
} tm_lanes;

typedef void (*tm_loop)(int64_t n, const tm_lanes *lanes);

typedef enum way {
    ABSENT,
    DIRECT, /* contiguous and of the compute type: its own pointer */
    FIXED,  /* one element for the whole call: a block filled once */
    LOADED, /* through a scratch block */
} way;

/* How an operand goes along a row. */
typedef enum gait {
    NOT_AT_ALL,
    MOVES, /* side by side and of the compute type: its own pointer, but for the padded rest */
    STAYS, /* one element for the row: a block filled once a row */
    HOPS,  /* through a block */
} gait;

typedef struct row_plan {
    gait gait[TM_MAX_ARGS];
    int64_t block;                     /* elements handed to the loop at once */
    int moving[TM_MAX_ARGS], n_moving; /* the inputs that move */
    int stays;                         /* does one of them stay? */
    int apart;                         /* all move or stay, and the result is none of them: see run_apart */
} row_plan;

typedef struct plan {
    const tm_call *call;
    tm_loop loop;
    tm_space space;
    int64_t bytes; /* of one element of the compute type */
    way way[TM_MAX_ARGS];
    int scratch;      /* does any operand need spots and scratch blocks? */
    int streams;      /* is the result too large for the caches? Then it goes past them */
    int backwards;    /* its blocks are walked from the last to the first */
    int across;       /* the dimension that a transposed operand runs along; -1: none */
    int moves;        /* rows are only moved: a copy of one dtype, with both sides contiguous along the row */
    int64_t segments; /* of a row */
    row_plan rows;    /* how rows are walked */
} plan;

/* Tasks from .. to-1 of a plan: blocks of TM_BLOCK elements in row-major order; */
void tm_walk_blocks(void *plan, int64_t from, int64_t to);
/* bands, SIDE elements of the dimension across and all of the last; */
void tm_walk_bands(void *plan, int64_t from, int64_t to);
/* segments of rows, where those pay, which notes in the plan how they are walked. */
int tm_rows_pay(plan *p);
void tm_walk_rows(void *plan, int64_t from, int64_t to);

#endif
