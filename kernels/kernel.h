/* kernel.h: the contract between the engine and a device.
 *
 * Every op reaches a device as one tm_call: an n-dimensional iteration space and a few operands that
 * walk it with strides. A stride of 0 repeats an operand along that dimension (broadcasting); the last
 * `reduced` dimensions are those that a reduction or a product sums over. So one struct describes an
 * addition, a column sum, a batched product and a gather alike, and whatever listens at tm_run (trace,
 * profiler, capture) understands them all.
 *
 * The engine has checked shapes, dtypes and ranges before it calls, has allocated the outputs and has
 * merged dimensions where the operands allow it. Kernels may rely on that. What only the bytes can tell
 * (an id out of range) a kernel reports through call->fault.
 *
 * This file knows nothing above it: no tensors, no tape, no Lua. */
#ifndef TM_KERNEL_H
#define TM_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define TM_MAX_RANK 8   /* dimensions of a tensor, and of an iteration that is not a product */
#define TM_MAX_DIMS 10  /* dimensions of an iteration: a batched product has up to 7 + 3 */
#define TM_MAX_ARGS 6   /* operands of one call */
#define TM_MAX_VALUES 8 /* numbers that a call may take */
#define TM_MAX_PARTS 4  /* kernels of one op: part 0 is the value, the others its gradients */
#define TM_BLOCK 256    /* elements of a CPU block; a partial block is padded, so vector bodies see no tail */

/* Element types. The order is the order of promotion: of two types the later one wins, except that
 * uint8 with any integer gives that integer, and float16 with bfloat16 gives float32. bool is one byte, 0 or 1. */
typedef enum tm_dtype {
    TM_BOOL,
    TM_UINT8,
    TM_INT32,
    TM_INT64,
    TM_FLOAT16, /* stored only: formulas are evaluated in float32 */
    TM_BFLOAT16,
    TM_FLOAT32,
    TM_FLOAT64,
    TM_DTYPES,
} tm_dtype;

/* The ops: one enumerator for each row of ops.def, TM_OP_add and so on. */
typedef enum tm_op {
#define TM_ROW(name) TM_OP_##name,
#include "rows.h"
    TM_OPS,
} tm_op;

typedef union tm_value {
    int64_t i;
    double f;
} tm_value;

/* One operand: its first element, its strides over the iteration in elements, its element type.
 * data is NULL for an operand that is absent. */
typedef struct tm_arg {
    void *data;
    int64_t stride[TM_MAX_DIMS];
    tm_dtype dtype;
    uint8_t by_value; /* a single number in host memory: a device with memory of its own copies it when it is called */
    void *owner;      /* the engine's: whose bytes these are; NULL: a number */
} tm_arg;

/* One parameter of an optimizer's pass: everything is contiguous, of the parameter's dtype, n elements. */
typedef struct tm_slot {
    void *param;
    const void *grad;
    void *state[2]; /* SGD: momentum buffer or NULL, NULL. Adam: first and second moment */
    int64_t n;
    tm_dtype dtype;
    double step; /* Adam: this parameter's step number, from 1. SGD: 1 at the first step (the buffer is set) */
    /* NULL, or: the gradient holds only these rows of the parameter, `width` elements each, every id once; n counts
     * their elements. A device that has embedding's part 1 has to heed it. */
    const int64_t *ids;
    int64_t width;
} tm_slot;

/* What a kernel found wrong in the bytes. */
typedef enum tm_fault_kind {
    TM_FAULT_NONE,
    TM_FAULT_ID,         /* an id is outside 0 .. bound-1 */
    TM_FAULT_BAG,        /* bag number id doesn't begin between the begin of the one before and bound, the end of all */
    TM_FAULT_MEMORY,     /* no scratch memory */
    TM_FAULT_ZERO,       /* an integer was divided by zero */
    TM_FAULT_LIBRARY,    /* a library that the kernel needs is not there */
    TM_FAULT_SINGULAR,   /* pivot number id, from 1, is 0; bound: which matrix, from 1, or 0 where there is but one */
    TM_FAULT_INDEFINITE, /* the leading minor of order id is not positive; bound: which matrix */
    TM_FAULT_CONVERGENCE, /* no decomposition was found; id: the matrix is finite all the same; bound: which matrix */
    TM_FAULT_DEVICE,      /* the device's own software refused or failed: see tm_remote.failure */
} tm_fault_kind;

typedef struct tm_fault {
    tm_fault_kind kind;
    int64_t id, bound;
    uint64_t ticket; /* of the call that was at fault; a remote device tells only at its next synchronisation */
} tm_fault;

typedef struct tm_call {
    const struct tm_device *device; /* whose memory the operands lie in; NULL: the host's */
    tm_op op;
    uint8_t part;     /* which kernel of the row: 0 the value, 1.. a gradient */
    uint8_t rank;     /* dimensions of the iteration; 0 means one element */
    uint8_t reduced;  /* how many of them, counted from the last, are summed over */
    uint8_t padded;   /* one line, of which up to a multiple of 16 elements may be read, and written, in each operand */
    tm_dtype compute; /* the type that the formula is evaluated in: TM_INT64, TM_FLOAT32 or TM_FLOAT64 */
    int64_t shape[TM_MAX_DIMS];
    tm_arg arg[TM_MAX_ARGS];
    tm_value value[TM_MAX_VALUES];
    tm_slot *slot; /* optimizers, and clip_norm, which knows gradients alone */
    int64_t n_slots;
    uint64_t ticket; /* the number of this call, counted by the engine from 1 */
    /* NULL, or, while a remote device captures: where in its memory the call's numbers will lie whenever the graph is
     * replayed: value[0 .. TM_MAX_VALUES-1], then the step number of each slot. The kernel reads them there. */
    const tm_value *live;
    tm_fault fault; /* out */
} tm_call;

/* Operand positions of an elementwise call. A value reads X, W, V; a gradient also Y and G and writes
 * the gradient of one input to OUT (part 1: of x, 2: of w, 3: of v). What a rule does not use is absent. */
enum { TM_OUT, TM_X, TM_W, TM_V, TM_Y, TM_G };

/* word2vec. Operands: the tables of inputs and outputs (float32, rows a multiple of 16 elements apart, as wide, zeros
 * behind the vector), tokens (int32), where sentences start in them (int64, one more at the end), absent or for each
 * word the chance that it is kept (float32), and the noise: for each word an entry of an alias table (threshold in the
 * low half, other id in the high half), or with TREE int32: for each word where its path starts, one more at the end,
 * then the paths, 2 * node + code for each turn. shape: words, width, tokens, elements of the paths, rows of the
 * outputs. values: the first sentence, the one behind the last, lr at token 0, what each token adds to it, seed, pass,
 * window << 16 on the left | window on the right, and the number of negative samples << 8 | these flags: */
enum {
    TM_WORD2VEC_SKIP_GRAM = 1,
    TM_WORD2VEC_TREE = 2,           /* hierarchical softmax */
    TM_WORD2VEC_WHOLE = 4,          /* windows are not shortened by chance */
    TM_WORD2VEC_EXACT = 8,          /* CBOW: the gradient of the mean, and not as much for each word of a window */
    TM_WORD2VEC_DETERMINISTIC = 16, /* on one thread */
};

/* A kernel computes the whole call and reports through call->fault. */
typedef void (*tm_kernel)(tm_call *call);

/* How a kernel went about its last call, for whoever listens: in how many pieces, on how many threads, by which of its
 * ways ("tiles", "OpenBLAS"; NULL where it has one). The engine sets 1 piece, 1 thread and NULL before. */
typedef struct tm_work {
    int64_t pieces;
    int threads;
    const char *way;
} tm_work;

/* What a device adds whose memory the host can't read. Calls and copies happen in the order in which they are asked
 * for (one stream); a kernel returns before it has run. Functions that return int give 0, or the number of an error
 * whose text failure() then has. */
typedef struct tm_graph tm_graph;
typedef struct tm_remote {
    int (*upload)(void *to, const void *from, size_t bytes);   /* from the host, whose bytes may change afterwards */
    int (*download)(void *to, const void *from, size_t bytes); /* to the host; waits until the bytes are there */
    int (*copy)(void *to, const void *from, size_t bytes);     /* within the device */
    /* Wait until everything has run. The first fault since the last synchronisation, if there was one. */
    int (*synchronize)(tm_fault *fault);
    const char *(*failure)(void);                   /* what the last error was, in the words of the device's software */
    void (*available)(size_t *free, size_t *total); /* bytes */
    /* From capture_begin on, calls and copies are recorded and not run; capture_end gives the recording (NULL: it could
     * not be recorded, see failure). replay runs it whole, in stream order, with `bytes` bytes at `live` (host memory)
     * written to live_at (device memory; the area that the calls' live pointers lie in) before its first call. */
    int (*capture_begin)(void *live_at);
    tm_graph *(*capture_end)(void);
    int (*replay)(tm_graph *graph, const void *live, size_t bytes);
    void (*forget)(tm_graph *graph);
} tm_remote;

/* A device: its kernels and its memory. The CPU fills one; a plugin fills another.
 * An empty kernel means that the engine takes the composed form of the op, if it has one. */
typedef struct tm_device {
    const char *name;              /* "cpu" */
    const char *(*describe)(void); /* one line for people: ISA level, library versions, threads */
    uint64_t contract;             /* tm_contract() of the headers that it was built with */
    tm_kernel kernel[TM_OPS][TM_MAX_PARTS];
    void *(*allocate)(size_t bytes); /* aligned to 64; NULL when there is no memory */
    void (*release)(void *data, size_t bytes);
    int (*set_threads)(int threads); /* returns how many it will use; 0 asks */
    tm_work *work;
    const tm_remote *remote; /* NULL: its memory is the host's, and a kernel has run when it returns */
} tm_device;

/* What a plugin exports, under this name: opens its device, once. NULL: there is none to use, and *why says so in a
 * line for people. The engine compares `contract` before it looks at anything behind it. */
#define TM_PLUGIN_SYMBOL "tm_device_plugin"
typedef const tm_device *(*tm_device_plugin_fn)(const char **why);

#endif
