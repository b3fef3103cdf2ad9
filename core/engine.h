/* engine.h: what the files of core/ share. Nobody outside core/ includes it. */
#ifndef TM_ENGINE_H
#define TM_ENGINE_H

#include "tenmo.h"

#include <string.h>

/* --- memory.c: every allocation of the engine passes here, so that faults can be injected ------------- */

void *tm_new(size_t bytes);   /* an engine object; NULL: recorded as TM_MEMORY */
void tm_delete(void *object); /* NULL is fine */

/* The bytes of tensors, counted. One storage serves all views of it. */
typedef struct tm_storage {
    int32_t refs;
    uint32_t version;       /* raised by every write in place */
    size_t bytes, capacity; /* asked for; got */
    void *data;
    const tm_device *device;
    void (*release)(void *owner); /* of borrowed memory, else NULL */
    void *owner;
    tm_place made;              /* the line, as far as it was known: see tm_here */
    tm_place written;           /* the last write in place */
    tm_place replaced;          /* the recorded write that made another storage current; line 0: none */
    struct tm_storage *next;    /* in the cache */
    struct tm_plan *plan;       /* the capture whose bytes they are, else NULL */
    struct tm_storage *sibling; /* the next of that plan */
    int32_t serial;             /* of the allocation within a recording, from 1; 0: made outside */
    int32_t held;               /* recordings that may use the bytes again: they stay when refs is 0 */
} tm_storage;
tm_storage *tm_storage_new(const tm_device *device, size_t bytes);
tm_storage *tm_storage_borrow(const tm_device *device, void *data, size_t bytes, void (*release)(void *), void *owner);
void tm_storage_release(tm_storage *s);
void tm_storage_hold(tm_storage *s);   /* the bytes stay where they are, whoever lets go of them */
void tm_storage_drop(tm_storage *s);   /* hold undone */
void tm_storage_settle(tm_storage *s); /* let go by a recording: if nobody uses it, its bytes go */

/* --- tensors: a view (shape, strides, offset, dtype) on a counted storage ------------------------------ */

typedef struct tm_rows tm_rows;

struct tm_tensor {
    int32_t refs;
    uint8_t dtype, rank;
    bool requires_grad; /* a leaf that collects its gradient */
    bool retains_grad;  /* an intermediate that was asked to */
    bool is_view;       /* made by a view op: it may share its bytes */
    bool weak;          /* a Lua number: takes no part in promotion, and has no storage */
    bool contiguous;    /* row-major without gaps */
    int64_t numel, offset;
    int64_t shape[TM_MAX_RANK], stride[TM_MAX_RANK];
    tm_storage *storage;
    tm_node *node; /* what made it, if that was recorded */
    tm_tensor *grad;
    struct tm_hook *hooks; /* of a leaf; those of an intermediate hang on its node */
    tm_rows *rows;         /* or: its gradient as rows (rows.c); grad then is NULL or was made of them */
    tm_tensor *link;       /* in the list of tensors to free */
    tm_value scalar;       /* of a weak scalar */
};

/* A header with this shape and contiguous strides, no storage yet; joins the open scope. */
tm_tensor *tm_header(int rank, const int64_t *shape, tm_dtype dtype);
/* Another view of x's storage. offset in elements from the storage's start. */
tm_tensor *tm_view_of(tm_tensor *x, int rank, const int64_t *shape, const int64_t *stride, int64_t offset);
tm_tensor *tm_alias(tm_tensor *x);            /* the same view under a new header, without history */
tm_tensor *tm_empty_like(const tm_tensor *x); /* of x's shape, dtype and device */
tm_tensor *tm_empty_on(const tm_device *device, int rank, const int64_t *shape, tm_dtype dtype);
void tm_touch(tm_tensor *x);     /* x was written in place: raise the version, note the line */
bool tm_scope_add(tm_tensor *x); /* the open scope owns one reference; false: no memory */
bool tm_scope_reserve(void);
bool tm_is_expanded(const tm_tensor *x); /* several indices share one address: a stride is 0 */
bool tm_may_overlap(const tm_tensor *x); /* expanded, or windows that overlap */

/* --- ops ------------------------------------------------------------------------------------------------ */

/* What a forward function gives back. extra is kept for the rule and never shown. */
typedef struct tm_result {
    tm_tensor *out, *second, *extra;
    unsigned keeps; /* starts as the row's; a forward function may drop what this call won't need */
} tm_result;

/* keeps: bits for inputs 0..2, the output, and "the other inputs" (products). */
enum { KEEP_NONE = 0, KEEP_X = 1, KEEP_W = 2, KEEP_V = 4, KEEP_Y = 8, KEEP_OTHERS = 16, KEEP_CONST = 32 };

typedef enum tm_class {
    CLASS_NONE,
    CLASS_FLOAT,
    CLASS_NUMBER,
    CLASS_ANY,
    CLASS_COMPARE,
    CLASS_LOGIC,
    CLASS_SELECT,
    CLASS_BITS,
    CLASS_INTEGER,
} tm_class;

typedef struct tm_rule tm_rule;
typedef void (*tm_forward_fn)(const tm_args *a, tm_result *r);
typedef void (*tm_backward_fn)(tm_rule *c);
/* A recorded rule: the gradient of one input, composed of ops. */
typedef tm_tensor *(*tm_recorded_fn)(tm_tensor *x, tm_tensor *w, tm_tensor *v, tm_tensor *y, tm_tensor *g,
                                     const tm_value *p);

typedef struct tm_entry {
    tm_class klass;
    tm_forward_fn forward;         /* NULL for elementwise rows */
    tm_backward_fn backward;       /* NULL: not differentiable, or elementwise */
    unsigned keeps[TM_MAX_INPUTS]; /* elementwise: per gradient; structured: keeps[0] */
    tm_recorded_fn recorded[TM_MAX_INPUTS];
    bool pass[TM_MAX_INPUTS]; /* the rule is `g` itself */
    bool plain;               /* elementwise, with a result of the inputs' dtype: see tm_is_plain */
    bool settles;             /* elementwise, with options or inputs that may be left out: see apply.c */
} tm_entry;
extern tm_entry tm_entries[TM_OPS];
/* The two functions of a structured row, declared for table.c and defined in one breath. */
#define FORWARD(name)                                                                                                  \
    void tm_forward_##name(const tm_args *a, tm_result *r);                                                            \
    void tm_forward_##name(const tm_args *a, tm_result *r)
#define BACKWARD(name)                                                                                                 \
    void tm_backward_##name(tm_rule *c);                                                                               \
    void tm_backward_##name(tm_rule *c)
void tm_rules_install(void); /* rules.c: the recorded rules */

const char *tm_name(tm_op op);
int tm_parts(tm_op op);      /* how many kernels the row names; 0: a view, or composed */
extern const char *tm_doing; /* the op in progress, for messages; "tensor" between ops */
/* Contiguous tensors of one shape, dtype and device, which are also the result's: nothing has to be worked out. */
bool tm_is_plain(tm_op op, const tm_args *a);
tm_tensor *tm_plain(tm_op op, const tm_args *a, tm_tensor *into); /* into: NULL, or input 0 */
/* The elementwise engine. into: where to write, or NULL for a fresh tensor. */
tm_tensor *tm_elementwise(tm_op op, const tm_args *a, tm_tensor *into);
/* Part 1.. of an elementwise row: the gradient of input `which`, in the output's shape. */
tm_tensor *tm_elementwise_gradient(tm_op op, int which, tm_tensor *const in[3], tm_tensor *y, tm_tensor *g,
                                   const tm_value *p);
/* into += x, no history; into is contiguous and owned by the caller alone. */
bool tm_accumulate(tm_tensor *into, tm_tensor *x);
bool tm_write(tm_tensor *into, tm_tensor *x); /* copy with conversion and broadcasting, no history */
tm_tensor *tm_clone(tm_tensor *x);            /* a contiguous copy, no history */
bool tm_fill(tm_tensor *x, double value);
tm_tensor *tm_full_on(const tm_device *device, int rank, const int64_t *shape, double value, tm_dtype dtype);

/* --- recorded ops that rules are written with -------------------------------------------------------------------- */

tm_tensor *tm_turned(tm_tensor *x);             /* the last two axes exchanged (product.c) */
tm_tensor *tm_unsqueezed(tm_tensor *x, int at); /* an axis of size 1 put in, 0-based or negative (product.c) */
tm_tensor *tm_part_of(tm_tensor *x, int axis, int64_t start, int64_t size); /* a range of an axis (view.c) */

/* --- iterations (iterate.c) ------------------------------------------------------------------------------ */

void tm_call_init(tm_call *call, tm_op op, int part, tm_dtype compute);
void tm_set_arg(tm_call *call, int slot, tm_tensor *x, int rank, const int64_t *stride);
/* Strides of x over a shape of `rank` dimensions that it is broadcast to. */
void tm_broadcast_strides(const tm_tensor *x, int rank, int64_t *stride);
bool tm_broadcast_shape(const char *op, int n, tm_tensor *const *x, int *rank, int64_t *shape);
/* Drop dimensions of size 1 and join neighbours that every operand walks as one; the last call->reduced
 * dimensions stay apart from the others. */
void tm_merge(tm_call *call);
bool tm_run(tm_call *call); /* run.c: the one choke point */
extern bool tm_has_maps;    /* map.c: are files mapped? then each call has to find them as long as they were */
bool tm_call_is_intact(const tm_call *call);
tm_tensor *tm_map(int fd, const char *path, int64_t offset, int rank, const int64_t *shape, tm_dtype dtype);
/* A call whose numbers change from step to step. refresh sets them, now and at each replay of the call; false: self
 * isn't any more what it was when the call was recorded. done, which may be NULL, comes when it has run. */
typedef struct tm_live {
    bool (*refresh)(void *self, tm_call *call);
    void (*done)(void *self, const tm_call *call);
} tm_live;
bool tm_run_live(tm_call *call, const tm_live *live, void *self);
bool tm_run_again(tm_call *call); /* what tm_run does once nothing speaks against it */
bool tm_stopped(void);            /* was Ctrl-C pressed? Then that is the error */
extern tm_sink *tm_sinks;
void tm_tell(tm_note note, const tm_node *node, int edge, const tm_tensor *gradient, bool first);
extern tm_counts tm_count;

/* --- the tape (autograd.c) -------------------------------------------------------------------------------- */

typedef struct tm_edge {
    tm_node *node;    /* made the input */
    tm_tensor *leaf;  /* or: the leaf that collects */
    tm_tensor *kept;  /* the input itself, when the rule reads it */
    uint32_t version; /* of what is kept, when it was kept */
    const tm_device *device;
    uint8_t dtype, rank;
    bool weak;
    int64_t shape[TM_MAX_RANK];
} tm_edge;

struct tm_node {
    int32_t refs, fan_in;
    tm_op op;
    uint8_t rank, dtype, n_edges;
    bool freed;     /* backward has been here and the graph was not retained */
    bool walked;    /* a walk that has not ended is going over it */
    uint64_t mark;  /* the walk that saw it last */
    int64_t number; /* counted from 1 since the start */
    int32_t used;   /* edges that led to it when a walk last counted them */
    tm_place place;
    tm_tensor *out; /* not owned: the output while it lives */
    tm_tensor *kept_out, *extra, *grad;
    uint32_t out_version;
    tm_node *link, *all; /* worklists */
    const char *name;    /* the op's, or the caller's name for an op of its own */
    struct tm_hook *hooks;
    tm_callback rule; /* of an op of the caller's */
    tm_value *value;  /* the options, behind the edges */
    tm_list *list;
    int64_t shape[TM_MAX_RANK];
    tm_edge edge[];
};
void tm_node_release(tm_node *node);
void tm_node_empty(tm_node *node); /* drop what it kept, and whom it points to */
/* Count for each node behind root how many edges lead to it, depth first. `all` lists them, each retained, by
 * node->all. false: the graph was freed; the list stands as far as it went. */
bool tm_count_fan_in(tm_node *root, tm_node **all);
bool tm_record(tm_op op, const tm_args *a, tm_result *r);
bool tm_any_requires_grad(tm_op op, const tm_args *a);
extern bool tm_in_backward;

/* What a rule sees. */
struct tm_rule {
    tm_node *node;
    tm_tensor *g;
    tm_tensor **gradient; /* one for each edge */
    tm_tensor *row_ids;   /* the gradient given last is rows at these ids: give_rows */
    bool takes_rows;      /* leaves collect in this walk */
    bool failed;
};
typedef struct tm_hook {
    tm_callback callback;
    int64_t number;
    struct tm_hook *next;
} tm_hook;
void tm_hooks_release(tm_hook *hooks);
bool tm_run_hooks(tm_hook *hooks, tm_tensor **grad);
void tm_run_operator(tm_rule *c);
bool tm_nan_made(const tm_args *a, tm_tensor *y);
bool tm_nan_in_gradient(tm_tensor *g, tm_tensor *gradient);

bool need(tm_rule *c, int i);       /* is the gradient of input i wanted? */
tm_tensor *kept(tm_rule *c, int i); /* input i, if kept */
tm_tensor *kept_output(tm_rule *c);
/* With part 1 of the node's op, in one pass: g behind the ReLU, if there is one, and the bias's gradient, if input 2
 * needs it. shape: rows and columns, or images, channels and places; g is contiguous. Both NULL: it failed (product.c)
 */
void tm_masked(tm_rule *c, bool relu, int rank, const int64_t *shape, tm_tensor **g, tm_tensor **bias);
void give(tm_rule *c, int i, tm_tensor *gradient); /* summed and cast to the input's shape and dtype */

/* --- gradients as rows (rows.c) ---------------------------------------------------------------------------------- */

/* The gradient of a large table of which few rows were used: each id once, rising, and its row (n, width). */
struct tm_rows {
    tm_tensor *ids, *values;
    uint32_t version; /* of the leaf's dense gradient when it was made of these rows */
};
bool takes_rows(tm_rule *c, int i); /* may input i's gradient be given as rows? */
/* source (m, width): row from[i] of it (NULL: row i) belongs to id i. */
void give_rows(tm_rule *c, int i, tm_tensor *ids, tm_tensor *source, tm_tensor *from);
bool tm_collect_rows(tm_tensor *leaf, tm_tensor *ids, tm_tensor *values);
const tm_rows *tm_rows_of(const tm_tensor *x); /* NULL: dense, or written to since */
void tm_rows_release(tm_tensor *x);
bool tm_has_grad(const tm_tensor *x);
/* into[ids] += source, without history */
bool tm_add_rows(tm_tensor *into, tm_tensor *ids, tm_tensor *source);
bool tm_ids_usable(tm_op op, const tm_tensor *ids); /* integers? if not, tm_fail */
/* gather.c: x with source put where ids say along an axis; modes as the words of scatter_reduce's signature */
enum { TM_SCATTER_SUM, TM_SCATTER_PROD, TM_SCATTER_AMAX, TM_SCATTER_AMIN, TM_SCATTER_SET, TM_SCATTER_MEAN };
tm_tensor *tm_scatter(tm_tensor *x, int64_t axis, tm_tensor *ids, tm_tensor *source, int mode);
tm_tensor *tm_with_ids(tm_op op, tm_tensor *x, int64_t axis, tm_tensor *ids, tm_tensor *source, double alpha);

/* --- small helpers for shapes -------------------------------------------------------------------------------- */

static inline bool tm_recorded_needed(const tm_tensor *x) { return x->requires_grad || x->node; }
int64_t tm_product(int rank, const int64_t *shape);  /* -1: overflow or a negative size */
int tm_axis(const char *op, int64_t axis, int rank); /* 0-based or negative; -1 after tm_fail */
const char *tm_shape_words(int rank, const int64_t *shape);
bool tm_takes_float(const char *op, const tm_tensor *x); /* else an error: x is a number, or of another dtype */

/* --- devices (device.c, remote.c) -------------------------------------------------------------------------------- */

const tm_device *tm_cpu(void);
const tm_device *tm_device_at(int64_t i); /* the i-th; NULL after tm_fail. What isn't a number of a device is the CPU */
const tm_device *tm_device_named(const char *name);
int tm_device_index(const tm_device *device);
const char *tm_device_title(const tm_device *device);           /* for messages: "cuda (emulated)" */
tm_tensor *tm_to_device(tm_tensor *x, const tm_device *device); /* x itself if it is there; recorded */
/* A contiguous copy on another device, without history. A capture isn't told: what is moved once, and not by each step,
 * makes only this recording another one. */
tm_tensor *tm_transferred(tm_tensor *x, const tm_device *device);
bool tm_wait(const tm_device *device); /* until all has run; late faults fail here */
void tm_number_call(tm_call *call);
bool tm_has_kernel(const tm_device *device, tm_op op, int part);
/* While a structured op or a rule runs: where its input or its gradient is. tm_empty, tm_full and constructors without
 * a device make their tensors there, and ops of numbers alone their results. NULL: on the CPU. */
extern const tm_device *tm_working_on;
/* The device of the first of n inputs that isn't a number. */
const tm_device *tm_device_among(int n, tm_tensor *const *x);

/* --- capture (capture.c) ----------------------------------------------------------------------------------------- */

extern struct tm_plan *tm_recorder; /* what runs is noted here; NULL: nobody records */
void tm_capture_call(const tm_call *call, const tm_live *live, void *self);
void tm_capture_write(tm_storage *s);                                     /* a write in place */
void tm_capture_gradient(tm_tensor *leaf, bool reads);                    /* leaf's gradient is set, or added to */
tm_storage *tm_capture_storage(const tm_device *device, size_t capacity); /* a free one of the plan's own, or NULL */
void tm_capture_adopt(tm_storage *s);                                     /* a new one joins the plan */
bool tm_capture_find(uint64_t ticket, tm_op *op, tm_place *place);

#endif
