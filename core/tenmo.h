/* tenmo.h: the engine's public face. Tensors, ops, autograd, optimizers, random numbers, data files.
 *
 * A C program uses the engine through this header alone; so does the Lua binding. One thread at a time
 * calls it (kernels use threads of their own).
 *
 * Ownership. Every function that returns a new tensor gives it to the innermost open scope, which
 * releases it when it closes. Keep one with tm_retain, give it back with tm_release:
 *
 *     int scope = tm_scope_open();
 *     tm_tensor *y = tm_relu(tm_add(x, bias));       NULL falls through: one check at the end is enough
 *     if (!y) fprintf(stderr, "%s\n", tm_error_message());
 *     tm_retain(y);
 *     tm_scope_close(scope);
 *
 * Errors. A function that fails returns NULL (or false) and records why; the first error sticks until
 * tm_error_clear. An op that is given NULL returns NULL. An input left out is TM_NONE, never NULL. */
#ifndef TENMO_H
#define TENMO_H

#include "kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TENMO_VERSION "0.1.0"

#pragma GCC visibility push(default) /* the rest of the library is compiled with hidden symbols */

typedef struct tm_tensor tm_tensor;
typedef struct tm_node tm_node; /* of the tape */
typedef struct tm_optimizer tm_optimizer;

extern tm_tensor tm_none;
#define TM_NONE (&tm_none)

/* --- errors (error.c) ------------------------------------------------------------------------------ */

typedef enum tm_error_kind {
    TM_OK,
    TM_MISUSE,      /* wrong arguments: the caller can mend it */
    TM_MEMORY,      /* no memory, or TENMO_MEMORY_LIMIT reached */
    TM_OUTSIDE,     /* the outside world: a file is missing or malformed */
    TM_INTERRUPTED, /* Ctrl-C was pressed */
} tm_error_kind;

/* Record an error unless one is already recorded. Returns NULL, so that a caller can return it. */
void *tm_fail(tm_error_kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));
tm_error_kind tm_error(void);       /* TM_OK if nothing is wrong */
const char *tm_error_message(void); /* "" if nothing is wrong */
void tm_error_clear(void);

/* --- where we are in the person's script ------------------------------------------------------------ */

/* The position that nodes and errors carry. The binding sets it before each call; a C program may.
 * file must stay valid (string literals, tm_intern). */
typedef struct tm_place {
    const char *file; /* NULL: unknown */
    int line;
} tm_place;
extern tm_place tm_here;
const char *tm_intern(const char *text); /* a copy that lives as long as the process; NULL: no memory */

/* --- memory (memory.c) -------------------------------------------------------------------------------- */

/* Of one device. allocations and blocks are counted for the whole engine, in the CPU's. */
typedef struct tm_memory {
    int64_t live;        /* bytes in tensors now */
    int64_t cached;      /* bytes kept for reuse */
    int64_t peak;        /* the largest live since tm_memory_reset_peak */
    int64_t limit;       /* 0: what the machine has */
    int64_t allocations; /* requests for tensor bytes so far, reused or not */
    int64_t blocks;      /* engine objects alive: tensors, storages, nodes, arrays */
} tm_memory;
tm_memory tm_memory_now(void);              /* of the CPU */
tm_memory tm_memory_of(const char *device); /* zeros for one that isn't there */
int64_t tm_memory_weight(void);             /* what is alive, as a collector should count it: see memory.c */
void tm_memory_reset_peak(void);
void tm_memory_set_limit(const char *device, int64_t bytes);
void tm_memory_sweep(bool begins); /* a collector gives back what died, the youngest first; false: it is done */
void tm_memory_trim(void);         /* give cached bytes back */
bool tm_memory_set_cache(bool on); /* off: every release goes to the system (for fault specs); what it was */
/* Called when an allocation fails; true means "something was freed, try once more". */
void tm_memory_on_failure(bool (*reclaim)(void));
/* Fault injection: the n-th allocation from now fails (1 is the next), and with `onwards` every later one.
 * 0 turns it off. Returns how many allocations there were since the last call. */
int64_t tm_memory_inject(int64_t n, bool onwards);

/* --- scopes (scope.c) -------------------------------------------------------------------------------- */

int tm_scope_open(void);
void tm_scope_close(int scope); /* releases what the scope owns, and scopes left open inside it */

tm_tensor *tm_retain(tm_tensor *x); /* NULL and TM_NONE pass through */
void tm_release(tm_tensor *x);

/* --- dtypes (dtype.c) -------------------------------------------------------------------------------- */

const char *tm_dtype_name(tm_dtype dtype); /* "float32" */
bool tm_dtype_from_name(const char *name, tm_dtype *dtype);
size_t tm_dtype_size(tm_dtype dtype);
bool tm_dtype_is_float(tm_dtype dtype);
bool tm_dtype_is_half(tm_dtype dtype);     /* float16 or bfloat16: stored as such, computed in float32 */
tm_dtype tm_dtype_compute(tm_dtype dtype); /* TM_INT64, TM_FLOAT32 or TM_FLOAT64 */
tm_dtype tm_promote(tm_dtype a, tm_dtype b);
double tm_half_value(tm_dtype dtype, uint16_t half); /* one element of a half dtype (half.c) */
uint16_t tm_half_of(tm_dtype dtype, double value);   /* the nearest one */

/* --- tensors (tensor.c) ------------------------------------------------------------------------------ */

/* A fresh tensor with unset elements. shape holds `rank` sizes, each >= 0. */
tm_tensor *tm_empty(int rank, const int64_t *shape, tm_dtype dtype);
/* A copy of n = product of shape elements at data, of that dtype. */
tm_tensor *tm_from_data(int rank, const int64_t *shape, tm_dtype dtype, const void *data);
/* A view of memory that somebody else owns; release(owner) is called once when the last view goes. */
tm_tensor *tm_from_borrowed(int rank, const int64_t *shape, tm_dtype dtype, void *data, void (*release)(void *owner),
                            void *owner);
/* Weak scalars: numbers that never widen the dtype of the tensor they meet. */
tm_tensor *tm_scalar(double value);
tm_tensor *tm_scalar_int(int64_t value);

int tm_rank(const tm_tensor *x);
int64_t tm_size(const tm_tensor *x, int axis); /* axis 0 .. rank-1 */
const int64_t *tm_shape(const tm_tensor *x);
const int64_t *tm_strides(const tm_tensor *x); /* in elements */
int64_t tm_numel(const tm_tensor *x);
tm_dtype tm_dtype_of(const tm_tensor *x);
const char *tm_device_name(const tm_tensor *x);
bool tm_is_contiguous(const tm_tensor *x);
bool tm_same_storage(const tm_tensor *x, const tm_tensor *y);
void *tm_data(const tm_tensor *x);       /* the first element */
int64_t tm_offset(const tm_tensor *x);   /* of the first element in its storage, in elements */
uint32_t tm_version(const tm_tensor *x); /* raised by every write in place */
tm_tensor *tm_contiguous(tm_tensor *x);  /* x itself, or a copy; recorded */
/* Read one element of a tensor of one element. */
bool tm_item(const tm_tensor *x, double *value);
bool tm_item_int(const tm_tensor *x, int64_t *value);
/* Element i in row-major order, for printing and tables. */
double tm_element(const tm_tensor *x, int64_t i);
int64_t tm_element_int(const tm_tensor *x, int64_t i);
/* x with its bytes where the host can read them: x itself on the CPU, else a copy. Everything that was asked of x's
 * device has run then; what went wrong there fails here. No history. */
tm_tensor *tm_on_host(tm_tensor *x);
/* Write one text for x as people like to read it; needs a buffer function, so that nothing is truncated. */
typedef void (*tm_write_fn)(void *to, const char *text, size_t n);
void tm_print(const tm_tensor *x, tm_write_fn write, void *to);
/* "(64, 784)" into a small rotating buffer: for messages only. */
const char *tm_shape_text(const tm_tensor *x);

/* --- ops (table.c, apply.c) --------------------------------------------------------------------------- */

#define TM_MAX_INPUTS 4
#define TM_MAX_LISTS 5
#define TM_MAX_ITEMS 10

typedef struct tm_list {
    int n;
    int64_t v[TM_MAX_RANK];
} tm_list;

/* What an op is called with. `many` and `n_many` hold the inputs of a row whose signature ends in "...".
 * Axes are 0-based here; TM_ABSENT marks an integer option (or list.n == TM_ABSENT_LIST) that was left out. */
typedef struct tm_args {
    tm_tensor *in[TM_MAX_INPUTS];
    tm_tensor *const *many;
    int n_many;
    tm_value value[TM_MAX_VALUES];
    tm_list list[TM_MAX_LISTS];
} tm_args;
#define TM_ABSENT INT64_MIN
#define TM_ABSENT_LIST (-1)
#define TM_WORD_LIST(position)                                                                                         \
    (-2 - (position)) /* list.n where a word stands for a list: its position in the choices */

/* The item types of a signature. */
typedef enum tm_item_type {
    TM_ITEM_TENSOR,
    TM_ITEM_TENSORS,
    TM_ITEM_NUM,
    TM_ITEM_INT,
    TM_ITEM_BOOL,
    TM_ITEM_AXIS,
    TM_ITEM_AXES,
    TM_ITEM_INTS,
    TM_ITEM_SHAPE,
    TM_ITEM_DTYPE,
    TM_ITEM_CHOICE,
    TM_ITEM_INDEX,
} tm_item_type;

typedef struct tm_item_info {
    const char *name; /* interned */
    tm_item_type type;
    bool optional; /* may be left out */
    bool named;    /* stands after |: may come in the options table */
    int slot;      /* index into in[], value[] or list[] (INDEX: list[slot .. slot+2] start, size, step; value[] dropped
                      axes) */
    int value_slot;      /* INDEX only: the value that holds the bit mask of axes to drop */
    tm_value preset;     /* what stands for it when it is left out */
    const char *choices; /* CHOICE: "mean/sum/none"; the value is the position, from 0. INTS: words that may stand for
                            them, as in "ints/same/valid"; or NULL */
} tm_item_info;

typedef struct tm_row {
    const char *name, *signature, *doc, *domain, *formula; /* formula: "" unless elementwise */
    const char *rule[TM_MAX_INPUTS];                       /* texts of the gradient rules; NULL if none */
    int n_items, n_inputs, n_values, n_lists;
    bool variadic, elementwise, differentiable, internal;
    bool has_presets; /* elementwise: an input may be left out, and a number stands for it */
    int choice;       /* elementwise: the value whose word picks another row, or -1 */
    tm_op chosen[4];  /* the row for each of its words */
    tm_item_info item[TM_MAX_ITEMS];
} tm_row;

bool tm_start(void); /* once, before anything else; false: see tm_error_message */
const tm_row *tm_row_of(tm_op op);
int tm_find_op(const char *name);           /* -1 if there is none */
void tm_args_init(tm_args *args, tm_op op); /* inputs TM_NONE, options at their presets */
/* The same for a row that is none of the table's: what a function written in Lua is called with. The texts are copied
 * and kept for good. false: no memory, or more items than a row can have. */
bool tm_row_read(tm_row *row, const char *name, const char *signature);
void tm_args_preset(tm_args *args, const tm_row *row);

/* Apply an op. Returns its first output; *second (may be NULL) gets the second where there is one. */
tm_tensor *tm_apply(tm_op op, const tm_args *args, tm_tensor **second);
/* Apply and write the result into x (the first input): the op_ forms. Unrecorded it writes x's storage and
 * returns x; recorded it returns a new tensor that the caller puts in x's place. */
tm_tensor *tm_apply_in_place(tm_op op, const tm_args *args);

tm_tensor *tm_apply1(tm_op op, tm_tensor *x);
tm_tensor *tm_apply2(tm_op op, tm_tensor *x, tm_tensor *w);
tm_tensor *tm_apply3(tm_op op, tm_tensor *x, tm_tensor *w, tm_tensor *v);

/* Each elementwise op as a C function: tm_add(x, w), tm_relu(x) ... (options: through tm_apply). */
#define TM_UNARY(name, ...)                                                                                            \
    static inline tm_tensor *tm_##name(tm_tensor *x) { return tm_apply1(TM_OP_##name, x); }
#define TM_BINARY(name, ...)                                                                                           \
    static inline tm_tensor *tm_##name(tm_tensor *x, tm_tensor *w) { return tm_apply2(TM_OP_##name, x, w); }
#define TM_TERNARY(name, ...)                                                                                          \
    static inline tm_tensor *tm_##name(tm_tensor *x, tm_tensor *w, tm_tensor *v) {                                     \
        return tm_apply3(TM_OP_##name, x, w, v);                                                                       \
    }
#include "ops.def"

tm_tensor *tm_matmul(tm_tensor *x, tm_tensor *w);
tm_tensor *tm_cast(tm_tensor *x, tm_dtype dtype);
tm_tensor *tm_full(int rank, const int64_t *shape, double value, tm_dtype dtype);
tm_tensor *tm_reshape(tm_tensor *x, int rank, const int64_t *shape);
tm_tensor *tm_expand(tm_tensor *x, int rank, const int64_t *shape);
tm_tensor *tm_permute(tm_tensor *x, int rank, const int64_t *order);
tm_tensor *tm_sum(tm_tensor *x, int n_axes, const int64_t *axes, bool keepdim); /* n_axes 0: all */
tm_tensor *tm_prod(tm_tensor *x, int n_axes, const int64_t *axes, bool keepdim);
tm_tensor *tm_sum_to(tm_tensor *x, int rank, const int64_t *shape); /* undo broadcasting */

/* The bytes behind x: where they are, how many were asked for and got, how many tensors share them. */
typedef struct tm_buffer {
    const void *data;
    size_t bytes, capacity;
    int views;
    tm_place made; /* the line that asked for it; that of the last recorded op unless every call notes its line */
} tm_buffer;
tm_buffer tm_buffer_of(const tm_tensor *x);

/* --- autograd (autograd.c) ---------------------------------------------------------------------------- */

bool tm_requires_grad(const tm_tensor *x);
bool tm_set_requires_grad(tm_tensor *x, bool on); /* leaves of a float dtype only */
bool tm_is_leaf(const tm_tensor *x);
tm_tensor *tm_grad(const tm_tensor *x); /* NULL if there is none; owned by x */
/* The gradient as rows, if it is kept so: which rows of x have one (each id once, rising), and those rows. */
bool tm_grad_rows(const tm_tensor *x, tm_tensor **ids, tm_tensor **values);
bool tm_set_grad(tm_tensor *x, tm_tensor *grad); /* NULL clears */
bool tm_retain_grad(tm_tensor *x);               /* ask for the gradient of an intermediate */
tm_tensor *tm_detach(tm_tensor *x);              /* the same bytes without history */
void tm_own(tm_tensor *x);                       /* x is no view any more: nothing else that can be reached is there */
bool tm_recording(void);
bool tm_set_recording(bool on); /* returns what it was (no_grad) */
/* d(root)/d(leaves), added to each leaf's grad. seed: NULL for a root of one element. */
bool tm_backward(tm_tensor *root, tm_tensor *seed, bool retain_graph, bool create_graph);
/* The same for chosen inputs: out[i] gets d(root)/d(inputs[i]), NULL where root doesn't depend on it.
 * Nothing is added to any grad. Owned by the open scope. */
bool tm_gradients(tm_tensor *root, tm_tensor *seed, int n, tm_tensor *const *inputs, tm_tensor **out, bool retain_graph,
                  bool create_graph);
int64_t tm_nodes_alive(void);

/* --- what backward calls (callbacks.c) ------------------------------------------------------------------- */

/* A function of the caller's, that backward calls. It may apply ops; it must not walk the graph that is being walked,
 * and reports failure by tm_fail and false. release, which may be NULL, is called once, when nothing needs self any
 * more: that may be in the middle of a garbage collection, so it may only note it.
 * call of a hook: g is the gradient, out[0] may be set to what is to replace it.
 * call of a rule: g is the gradient of the op's result, out[n] the result itself; set out[i], of the shape of input i,
 * for each i of the n inputs with needed[i], or leave it NULL where there is no gradient.
 * What is set is a reference of its own (tm_retain), which the engine takes over. */
typedef struct tm_callback {
    bool (*call)(void *self, tm_tensor *g, int n, const bool *needed, tm_tensor **out);
    void (*release)(void *self);
    void *self;
} tm_callback;
/* Call it whenever the gradient of x is known: of a leaf with what one walk adds to it, of an intermediate before it
 * flows on. Returns the hook's number, 0 if it failed (callback.release is then not called). */
int64_t tm_add_hook(tm_tensor *x, tm_callback callback);
bool tm_remove_hook(tm_tensor *x, int64_t number); /* false: there is no such hook */
/* y, made without recording, as the result of an op of the caller's, by name (a literal, or interned), with this rule.
 * A new tensor on y's bytes; a plain one, and the rule is released at once, if nothing has to be recorded. */
tm_tensor *tm_record_operator(const char *name, int n, tm_tensor *const *inputs, tm_tensor *y, tm_callback rule);
/* Look for NaN in every result and every gradient: the op that makes the first one is an error that names its line.
 * Slow. Returns what it was. */
bool tm_check_nan(bool on);

/* The tape as it can be looked at. A node is known by its number, counted from 1 since the start. */
typedef struct tm_tape_node {
    int64_t number;
    tm_op op;
    tm_place place;
    const char *name; /* of the op */
    int used;         /* edges that led to it when a walk last counted them: so many gradients meet here */
    int n_inputs;
    bool keeps_output; /* the rule reads the result */
    bool keeps_extra;  /* the kernel kept something for its gradient */
    bool freed;        /* backward has been here */
    tm_dtype dtype;    /* of the result */
    int rank;
    const int64_t *shape;
} tm_tape_node;
typedef struct tm_tape_input {
    const tm_node *maker;  /* NULL: no op made it, or nothing behind it needs a gradient */
    const tm_tensor *leaf; /* where its gradient is collected, or NULL */
    bool kept;             /* the rule reads it */
    tm_dtype dtype;
    int rank;
    const int64_t *shape;
} tm_tape_input;
const tm_node *tm_maker(const tm_tensor *x); /* the node that made x, or NULL */
tm_tape_node tm_tape_node_of(const tm_node *node);
tm_tape_input tm_tape_input_of(const tm_node *node, int i);
/* Visit the nodes behind root in the order in which backward would. false: no memory, or the graph was freed. */
bool tm_tape(const tm_tensor *root, void (*visit)(void *self, const tm_node *node), void *self);
/* A node that is held can be looked at whatever becomes of its graph; freed, it has no makers and leaves any more. */
void tm_tape_hold(const tm_node *node);
void tm_tape_drop(const tm_node *node);

/* --- optimizers (optimizer.c) -------------------------------------------------------------------------- */

typedef enum tm_optimizer_kind { TM_SGD, TM_ADAM } tm_optimizer_kind;
typedef struct tm_settings {
    double lr, momentum, weight_decay, beta1, beta2, eps;
    bool nesterov, decoupled; /* decoupled: AdamW */
} tm_settings;
/* params: leaves that require a gradient; retained by the optimizer. NULL on misuse. */
tm_optimizer *tm_optimizer_new(tm_optimizer_kind kind, int n, tm_tensor *const *params, const tm_settings *settings);
void tm_optimizer_free(tm_optimizer *o);
tm_settings *tm_optimizer_settings(tm_optimizer *o); /* readable and writable between steps */
bool tm_optimizer_step(tm_optimizer *o);
void tm_optimizer_zero_grad(tm_optimizer *o);
int tm_optimizer_count(const tm_optimizer *o);
tm_tensor *tm_optimizer_param(const tm_optimizer *o, int i);
bool tm_optimizer_updated(const tm_optimizer *o, int i);          /* did the last step reach parameter i? */
tm_tensor *tm_optimizer_state(tm_optimizer *o, int i, int which); /* NULL before the first step; which: 0, 1 */
bool tm_optimizer_set_state(tm_optimizer *o, int i, int which, tm_tensor *state);
int64_t tm_optimizer_steps(const tm_optimizer *o, int i); /* steps that reached parameter i */
void tm_optimizer_set_steps(tm_optimizer *o, int i, int64_t steps);

/* Scales gradients by one factor, so that their p-norm together is at most max_norm (clip.c). Returns the norm that
 * they had; TM_NONE where no kernel takes them: several devices or dtypes, strides. */
tm_tensor *tm_clip_norm(int n, tm_tensor *const *gradients, double max_norm, double p);

/* --- random numbers (random.c) --------------------------------------------------------------------------- */

/* Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11): the draw of an element
 * depends on the seed, on the number of the draw (its stream) and on the element, on nothing else. */
void tm_seed(uint64_t seed);
void tm_random_state(uint64_t *seed, uint64_t *stream);
void tm_set_random_state(uint64_t seed, uint64_t stream);
/* A keyed bijection of 0 .. n-1: position -> id, without a table (shuffles). n >= 1, position < n. */
int64_t tm_shuffle(uint64_t key, int64_t n, int64_t position);

/* --- word2vec (word2vec.c) ------------------------------------------------------------------------------------- */

/* A stretch of a corpus; kernel.h says what each tensor holds. */
typedef struct tm_word2vec {
    tm_tensor *inputs, *outputs, *tokens, *starts, *noise;
    tm_tensor *keep;    /* NULL: all words are kept */
    int64_t from, to;   /* sentences */
    double lr, slope;   /* at token 0, and what each token adds */
    int64_t seed, pass; /* of the draws */
    int left, right;    /* words of a window, 127 each at most */
    int negatives;      /* 64 at most */
    unsigned flags;     /* TM_WORD2VEC_... */
} tm_word2vec;
bool tm_word2vec_train(const tm_word2vec *w);

/* --- data files (idx.c) ------------------------------------------------------------------------------------ */

/* An IDX file (LeCun's format; plain or gz), as a tensor of its shape: uint8, int32, float32 or float64.
 * NULL with TM_OUTSIDE for a missing, malformed or truncated file. */
tm_tensor *tm_read_idx(const char *path);

/* --- bytes of files (files.c) ------------------------------------------------------------------------------ */

/* Elements that lie in a file from a byte offset on, a multiple of their size: mapped, so that they are read when they
 * are first looked at, and written to memory alone. NULL with TM_OUTSIDE where the file has too few. Once the file has
 * become shorter, every op on the tensor fails (map.c). */
tm_tensor *tm_map_file(const char *path, int64_t offset, int rank, const int64_t *shape, tm_dtype dtype);
bool tm_is_intact(const tm_tensor *x); /* for who reads elements past the ops; false: recorded */
/* Exactly `room` bytes out of n bytes of a deflated zip member; false: they are damaged. */
bool tm_inflate(void *to, size_t room, const void *from, size_t n);
uint32_t tm_crc32(const void *data, size_t n);

/* --- the machine (device.c, run.c) --------------------------------------------------------------------------- */

int tm_set_threads(int threads); /* returns how many will be used; 0 asks */

/* Devices. The CPU is always there; another one is a plugin beside the engine, opened when it is first asked for.
 * Kernels of a device with memory of its own run behind the program. What goes wrong there is told where the program
 * waits for it: tm_on_host, tm_item, tm_element, tm_synchronize. The inputs of an op are on one device. */
#define TM_DEVICES 2
const char *tm_device_known(int i);                 /* the name of the i-th, from 0: "cpu"; NULL beyond the last */
const char *tm_describe_device(const char *name);   /* one line; NULL: it can't be used */
const char *tm_device_absent(const char *name);     /* why it can't be used; NULL: it can */
tm_tensor *tm_to(tm_tensor *x, const char *device); /* x itself if it is there, else a copy; recorded */
bool tm_move(tm_tensor *x, const char *device);     /* a leaf's own bytes, and its gradient's */
bool tm_synchronize(const char *device);            /* wait until everything has run */
const tm_device *tm_device_of(const tm_tensor *x);
/* Bytes at an address of a device, for sinks; NULL is the CPU. */
bool tm_fetch(const tm_device *device, void *to, const void *from, size_t bytes);
extern bool tm_late; /* set tm_here before every call: a device runs behind the program, or a step is recorded */
/* NODE: the tape has a new node. BACKWARD: a walk begins at this node. VISIT: a node's gradient is complete and its
 * rule will run. GIVE: the rule gave this gradient to its input `edge`; `first`: the receiver had none yet.
 * DONE: the walk has ended; it comes without a node. */
typedef enum tm_note { TM_NOTE_NODE, TM_NOTE_BACKWARD, TM_NOTE_VISIT, TM_NOTE_GIVE, TM_NOTE_DONE } tm_note;
/* Everything that runs passes tm_run; a sink listens. Sinks must not call ops. */
typedef struct tm_sink {
    void (*before)(void *self, const tm_call *call); /* each of these may be NULL */
    void (*after)(void *self, const tm_call *call, const tm_work *work);
    void (*tape)(void *self, tm_note note, const tm_node *node, int edge, const tm_tensor *gradient, bool first);
    /* A device that runs by itself was handed a captured step of so many calls, which before and after tell next. */
    void (*launch)(void *self, const tm_device *device, int calls);
    void *self;
    struct tm_sink *next; /* set by tm_listen */
} tm_sink;
void tm_listen(tm_sink *sink);
void tm_unlisten(tm_sink *sink);
/* Since the start. bytes: requested for tensors. launches: what was handed to a device that runs by itself: a kernel,
 * or a captured step as a whole. */
typedef struct tm_counts {
    int64_t kernels, nodes, allocations, bytes, launches;
} tm_counts;
tm_counts tm_counts_now(void);
void tm_interrupt(void);        /* from a signal handler: the next kernel fails with TM_INTERRUPTED */
void tm_forget_interrupt(void); /* somebody else has told the person */
/* For specs: an op with a composed form takes it, as on a device that lacks this kernel. */
void tm_hide_kernel(tm_op op, int part, bool hide);

/* --- capture (capture.c) ------------------------------------------------------------------------------------- */

/* A step recorded once and replayed: the same calls on the same bytes, without tape, allocation or caller. A step is
 * code of the caller's between begin and end, which runs as always and is recorded; end gives true once two recordings
 * agree, and from then on replay does what the step would. Learning rate, step numbers and random numbers are asked for
 * anew; inputs are tensors of the caller's that stay, into which feed copies. Results are the tensors that the last
 * recorded step left. Optimizers outlive the capture. What can't be replayed goes on being run by the caller:
 *
 *     if (!tm_capture_ready(c) || !tm_capture_feed(x, batch) || !tm_capture_replay(c)) {
 *         if (tm_error() != TM_OK) ...             the replay failed
 *         bool records = tm_capture_begin(c);      false: another one records
 *         ... the step ...
 *         if (records) tm_capture_end(c);
 *     } */
typedef struct tm_capture tm_capture;
tm_capture *tm_capture_new(void);
void tm_capture_free(tm_capture *c);
bool tm_capture_begin(tm_capture *c);
bool tm_capture_end(tm_capture *c);
void tm_capture_abandon(tm_capture *c); /* instead of end: the step failed */
bool tm_capture_ready(const tm_capture *c);
const char *tm_capture_why(const tm_capture *c); /* why it isn't; NULL: it is, or nobody knows yet */
bool tm_capture_feed(tm_tensor *fixed,
                     tm_tensor *x);    /* false: x is of another shape, dtype or device, or has history */
bool tm_capture_replay(tm_capture *c); /* false without an error: the step has become another one */
/* What is being recorded can't be replayed, and why. Nothing if nobody records. */
void tm_capture_refuse(const char *why);

#pragma GCC visibility pop

#endif
