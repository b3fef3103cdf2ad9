/* trace.c: tenmo.debug.trace, all that the engine tells about a step: kernels, nodes, gradients, one weight's update.
 *
 * trace(true) begins a new record, trace(false) ends it, traced() gives it as a list of tables in the order of what
 * happened. mark(number) puts the caller's own between. trace('step') also ends the script behind the first step of
 * an optimizer: with an error that bind_trace_ended knows. */
#include "bind.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLE = 4, INPUTS = 4, MOST = 20000, PRELUDE = 2000 };

typedef enum kind { KERNEL, NODE, BACKWARD, VISIT, GIVE, DONE, MARK } kind;
static const char *const kinds[] = {"kernel", "node", "backward", "visit", "give", "done", "mark"};

typedef struct event {
    kind kind;
    tm_place place;
    /* KERNEL */
    tm_call call; /* data pointers are names only: nobody follows them later */
    tm_work work;
    int64_t ns;
    double sample[SAMPLE]; /* the first numbers of the output */
    int samples;
    tm_slot slot;                            /* of the parameter that is told */
    int64_t at;                              /* its element with the largest gradient */
    double weight[2], gradient, state[2][2]; /* [0] before, [1] after */
    /* NODE, BACKWARD, VISIT, GIVE */
    int64_t node, to; /* to: the receiving node, 0 for a leaf or for nobody */
    const void *leaf; /* the receiving leaf's bytes */
    int edge;
    bool first;
    char shape[64];
    double norm; /* of the gradient: its largest magnitude */
    tm_op op;
    int used; /* gradients that meet at the node */
    bool keeps_output, keeps_extra;
    int inputs; /* of which the first INPUTS are told */
    struct input {
        int64_t maker;
        const void *leaf;
        bool kept;
        char shape[48];
    } input[INPUTS];
    /* MARK */
    int mark;
} event;

static struct {
    event *events;
    size_t n, room;
    struct timespec started;
    lua_State *L;
    bool on, ends, ended, recorded; /* recorded: the tape has begun, and nothing is forgotten any more */
    int64_t lost;
} trace;

static event *add(kind kind) {
    if (!trace.recorded && trace.n == PRELUDE) trace.n = 0; /* what a script does before it trains may be long */
    if (trace.n == trace.room && trace.n < MOST) {
        size_t room = trace.room ? 2 * trace.room : 256;
        event *events = realloc(trace.events, room * sizeof *events);
        if (events) trace.events = events, trace.room = room;
    }
    if (trace.n == trace.room) {
        trace.lost++;
        return NULL;
    }
    event *e = &trace.events[trace.n++];
    memset(e, 0, sizeof *e);
    e->kind = kind;
    e->place = tm_here;
    return e;
}

/* --- what the engine tells ---------------------------------------------------------------------------------------- */

static double number_at(const void *data, tm_dtype dtype, int64_t i) {
    switch (dtype) {
    case TM_BOOL:
    case TM_UINT8: return ((const uint8_t *)data)[i];
    case TM_INT32: return ((const int32_t *)data)[i];
    case TM_INT64: return (double)((const int64_t *)data)[i];
    case TM_FLOAT16:
    case TM_BFLOAT16: return tm_half_value(dtype, ((const uint16_t *)data)[i]);
    case TM_FLOAT32: return (double)((const float *)data)[i];
    default: return ((const double *)data)[i];
    }
}

/* Element i of n at an address of a device, and on the host a copy of all of them, to be freed; NULL: no memory. */
static double number_on(const tm_device *device, const void *data, tm_dtype dtype, int64_t i) {
    int64_t room = 0;
    size_t size = tm_dtype_size(dtype);
    if (!device || !device->remote) return number_at(data, dtype, i);
    tm_fetch(device, &room, (const char *)data + (size_t)i * size, size);
    return number_at(&room, dtype, 0);
}

static void *copy_of(const tm_device *device, const void *data, tm_dtype dtype, int64_t n) {
    void *copy = malloc((size_t)n * tm_dtype_size(dtype) + 1);
    if (copy && n) tm_fetch(device, copy, data, (size_t)n * tm_dtype_size(dtype));
    return copy;
}

static double magnitude(double x) { return x < 0 ? -x : x; }

/* The element of the first parameter whose gradient is the largest: its numbers before the kernel. */
static void choose_weight(event *e, const tm_call *call) {
    e->slot = call->slot[0];
    const tm_slot *s = &e->slot;
    void *grad = s->n ? copy_of(call->device, s->grad, s->dtype, s->n) : NULL;
    if (!grad) return;
    for (int64_t i = 0; i < s->n; i++)
        if (magnitude(number_at(grad, s->dtype, i)) > magnitude(number_at(grad, s->dtype, e->at))) e->at = i;
    e->gradient = number_at(grad, s->dtype, e->at);
    free(grad);
    if (s->ids) {
        int64_t row = 0;
        tm_fetch(call->device, &row, s->ids + e->at / s->width, sizeof row);
        e->at = row * s->width + e->at % s->width;
    }
    e->weight[0] = number_on(call->device, s->param, s->dtype, e->at);
    for (int k = 0; k < 2; k++)
        if (s->state[k]) e->state[k][0] = number_on(call->device, s->state[k], s->dtype, e->at);
}

static bool is_update(const tm_call *call) { return call->n_slots && call->op != TM_OP_clip_norm; }

static void before(void *self, const tm_call *call) {
    (void)self;
    event *e = add(KERNEL);
    if (e && is_update(call)) choose_weight(e, call);
    clock_gettime(CLOCK_MONOTONIC, &trace.started);
}

/* Ends the script: runs between two of its instructions, and again behind each pcall that caught the error. */
static void stop(lua_State *L, lua_Debug *ar) {
    (void)ar;
    trace.ended = true;
    lua_pushliteral(L, "the first step was traced; the run ends here");
    lua_error(L);
}

static void sample_output(event *e, const tm_call *call) {
    const tm_arg *out = &call->arg[TM_OUT];
    int64_t n = out->data ? 1 : 0;
    for (int i = 0; i < call->rank; i++)
        if (out->stride[i]) n *= call->shape[i];
    e->samples = n < SAMPLE ? (int)n : SAMPLE;
    int inner = call->rank - 1;
    while (inner > 0 && !out->stride[inner]) inner--;
    int64_t stride = call->rank ? out->stride[inner] : 0;
    if (call->rank && e->samples > call->shape[inner]) e->samples = (int)call->shape[inner];
    for (int i = 0; i < e->samples; i++) e->sample[i] = number_on(call->device, out->data, out->dtype, i * stride);
}

static void after(void *self, const tm_call *call, const tm_work *work) {
    (void)self;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (trace.ends && is_update(call)) lua_sethook(trace.L, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
    if (!trace.n || trace.lost) return;
    event *e = &trace.events[trace.n - 1];
    e->ns = (now.tv_sec - trace.started.tv_sec) * 1000000000 + now.tv_nsec - trace.started.tv_nsec;
    e->call = *call;
    e->work = *work;
    if (!is_update(call)) {
        sample_output(e, call);
        return;
    }
    const tm_slot *s = &e->slot;
    if (!s->n) return;
    e->weight[1] = number_on(call->device, s->param, s->dtype, e->at);
    for (int k = 0; k < 2; k++)
        if (s->state[k]) e->state[k][1] = number_on(call->device, s->state[k], s->dtype, e->at);
}

/* The largest magnitude in a view, NaN if there is one. */
static double largest(const tm_tensor *x) {
    const int64_t *shape = tm_shape(x), *stride = tm_strides(x);
    int64_t at[TM_MAX_RANK] = {0}, place = 0;
    double most = 0;
    int64_t span = tm_numel(x) ? 1 : 0;
    for (int i = 0; span && i < tm_rank(x); i++) span += (shape[i] - 1) * stride[i];
    const tm_device *device = tm_device_of(x);
    void *copy = device->remote ? copy_of(device, tm_data(x), tm_dtype_of(x), span) : NULL;
    const void *data = copy ? copy : tm_data(x);
    if (device->remote && !copy) return NAN;
    for (int64_t n = tm_numel(x); n > 0; n--) {
        double m = magnitude(number_at(data, tm_dtype_of(x), place));
        if (m > most || m != m) most = m;
        for (int axis = tm_rank(x) - 1; axis >= 0; axis--) {
            place += stride[axis];
            if (++at[axis] < shape[axis]) break;
            place -= stride[axis] * shape[axis];
            at[axis] = 0;
        }
    }
    free(copy);
    return most;
}

static void copy_text(char *to, size_t n, const char *text) {
    strncpy(to, text, n - 1);
    to[n - 1] = 0;
}

/* Shapes as messages write them. */
static void shape_words(char *to, size_t n, int rank, const int64_t *shape) {
    size_t at = (size_t)snprintf(to, n, "(");
    for (int i = 0; i < rank && at < n; i++)
        at += (size_t)snprintf(to + at, n - at, "%s%lld", i ? ", " : "", (long long)shape[i]);
    if (at < n) snprintf(to + at, n - at, ")");
}

static void note_node(event *e, const tm_node *node, const tm_tape_node *facts) {
    e->op = facts->op;
    e->used = facts->used;
    e->keeps_output = facts->keeps_output;
    e->keeps_extra = facts->keeps_extra;
    e->inputs = facts->n_inputs;
    shape_words(e->shape, sizeof e->shape, facts->rank, facts->shape);
    for (int i = 0; i < e->inputs && i < INPUTS; i++) {
        tm_tape_input input = tm_tape_input_of(node, i);
        e->input[i].maker = input.maker ? tm_tape_node_of(input.maker).number : 0;
        e->input[i].leaf = input.leaf ? tm_data(input.leaf) : NULL;
        e->input[i].kept = input.kept;
        shape_words(e->input[i].shape, sizeof e->input[i].shape, input.rank, input.shape);
    }
}

static void tape(void *self, tm_note note, const tm_node *node, int edge, const tm_tensor *gradient, bool first) {
    (void)self;
    static const kind kind_of[] = {[TM_NOTE_NODE] = NODE,
                                   [TM_NOTE_BACKWARD] = BACKWARD,
                                   [TM_NOTE_VISIT] = VISIT,
                                   [TM_NOTE_GIVE] = GIVE,
                                   [TM_NOTE_DONE] = DONE};
    event *e = add(kind_of[note]);
    if (!e || !node) return;
    trace.recorded = true;
    tm_tape_node facts = tm_tape_node_of(node);
    e->node = facts.number;
    e->place = facts.place;
    e->edge = edge;
    e->first = first;
    if (note == TM_NOTE_NODE || note == TM_NOTE_VISIT) note_node(e, node, &facts);
    if (gradient) {
        e->norm = largest(gradient);
        copy_text(e->shape, sizeof e->shape, tm_shape_text(gradient));
    }
    if (note != TM_NOTE_GIVE) return;
    tm_tape_input input = tm_tape_input_of(node, edge);
    e->to = input.maker ? tm_tape_node_of(input.maker).number : 0;
    e->leaf = input.leaf ? tm_data(input.leaf) : NULL;
}

static tm_sink sink = {.before = before, .after = after, .tape = tape};

/* --- what Lua asks ------------------------------------------------------------------------------------------------ */

void bind_trace_close(void) {
    if (trace.on) tm_unlisten(&sink);
    free(trace.events);
    trace.events = NULL;
    trace.n = trace.room = 0;
    trace.on = trace.ends = false;
}

int bind_trace(lua_State *L) {
    bool on = lua_toboolean(L, 1);
    if (!on) {
        bind_trace_close();
        return 0;
    }
    trace.n = 0;
    trace.lost = 0;
    trace.ended = trace.recorded = false;
    trace.L = L;
    trace.ends = lua_type(L, 1) == LUA_TSTRING;
    if (!trace.on) tm_listen(&sink);
    trace.on = true;
    return 0;
}

/* mark(number): the caller knows what it means. */
int bind_trace_mark(lua_State *L) {
    event *e = trace.on ? add(MARK) : NULL;
    if (e) e->mark = (int)lua_tointeger(L, 1);
    return 0;
}

bool bind_trace_ended(void) {
    bool ended = trace.ended;
    if (ended) lua_sethook(trace.L, NULL, 0, 0);
    trace.ended = false;
    return ended;
}

static void numbers_field(lua_State *L, const char *name, int n, const double *values) {
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushnumber(L, values[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, name);
}

static void push_operands(lua_State *L, const tm_call *call) {
    lua_newtable(L);
    for (int a = 0, n = 0; a < TM_MAX_ARGS; a++) {
        if (!call->arg[a].data) continue;
        lua_createtable(L, 0, 3);
        bind_number_field(L, "slot", a);
        bind_address_field(L, "address", call->arg[a].data);
        bind_text_field(L, "dtype", tm_dtype_name(call->arg[a].dtype));
        lua_rawseti(L, -2, ++n);
    }
    lua_setfield(L, -2, "operands");
}

/* The kernel of an optimizer: how many parameters, and one weight in numbers. */
static void push_update(lua_State *L, const event *e) {
    lua_createtable(L, 0, 10);
    bind_number_field(L, "parameters", (double)e->call.n_slots);
    bind_number_field(L, "at", (double)e->at);
    bind_number_field(L, "step", e->slot.step);
    bind_number_field(L, "gradient", e->gradient);
    bind_address_field(L, "address", e->slot.param);
    bind_text_field(L, "dtype", tm_dtype_name(e->slot.dtype));
    numbers_field(L, "weight", 2, e->weight);
    if (e->slot.state[0]) numbers_field(L, "state1", 2, e->state[0]);
    if (e->slot.state[1]) numbers_field(L, "state2", 2, e->state[1]);
    double values[6];
    for (int i = 0; i < 6; i++)
        values[i] = i == (e->call.op == TM_OP_sgd ? 3 : 5) ? (double)e->call.value[i].i : e->call.value[i].f;
    numbers_field(L, "values", e->call.op == TM_OP_sgd ? 4 : 6, values);
    lua_setfield(L, -2, "update");
}

static void push_kernel(lua_State *L, const event *e) {
    const tm_call *call = &e->call;
    bind_text_field(L, "op", tm_row_of(call->op)->name);
    bind_number_field(L, "part", call->part);
    bind_number_field(L, "reduced", call->reduced);
    bind_text_field(L, "compute", tm_dtype_name(call->compute));
    bind_push_sizes(L, call->rank, call->shape);
    lua_setfield(L, -2, "shape");
    bind_number_field(L, "ns", (double)e->ns);
    bind_number_field(L, "pieces", (double)e->work.pieces);
    bind_number_field(L, "threads", e->work.threads);
    bind_text_field(L, "way", e->work.way);
    numbers_field(L, "sample", e->samples, e->sample);
    push_operands(L, call);
    if (is_update(call)) push_update(L, e);
}

static void push_tape_node(lua_State *L, const event *e) {
    bind_text_field(L, "op", tm_row_of(e->op)->name);
    bind_number_field(L, "used", e->used);
    bind_bool_field(L, "keeps_output", e->keeps_output);
    bind_bool_field(L, "keeps_extra", e->keeps_extra);
    lua_createtable(L, INPUTS, 0);
    for (int i = 0; i < e->inputs && i < INPUTS; i++) {
        lua_createtable(L, 0, 4);
        bind_number_field(L, "maker", (double)e->input[i].maker);
        if (e->input[i].leaf) bind_address_field(L, "leaf", e->input[i].leaf);
        bind_bool_field(L, "kept", e->input[i].kept);
        bind_text_field(L, "shape", e->input[i].shape);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "inputs");
}

static void push_event(lua_State *L, const event *e) {
    lua_createtable(L, 0, 16);
    bind_text_field(L, "kind", kinds[e->kind]);
    bind_line_field(L, &e->place);
    if (e->kind == KERNEL) {
        push_kernel(L, e);
    } else if (e->kind == MARK) {
        bind_number_field(L, "mark", e->mark);
    } else {
        bind_number_field(L, "node", (double)e->node);
        bind_number_field(L, "input", e->edge + 1);
        bind_number_field(L, "to", (double)e->to);
        if (e->leaf) bind_address_field(L, "leaf", e->leaf);
        bind_bool_field(L, "first", e->first);
        if (e->kind == NODE || e->kind == VISIT) push_tape_node(L, e);
        if (e->shape[0]) bind_text_field(L, "shape", e->shape);
        bind_number_field(L, "largest", e->norm);
    }
}

/* traced(): the events, and how many found no room. */
int bind_traced(lua_State *L) {
    lua_createtable(L, (int)trace.n, 0);
    for (size_t i = 0; i < trace.n; i++) {
        push_event(L, &trace.events[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_pushnumber(L, (lua_Number)trace.lost);
    return 2;
}

/* --- a tensor's bytes --------------------------------------------------------------------------------------------- */

/* buffer(x): address, bytes, how many views share it, its version; the view itself has fields for the rest. */
int bind_buffer(lua_State *L) {
    const tm_tensor *x = bind_tensor_at(L, 1, "buffer", "x");
    tm_buffer b = tm_buffer_of(x);
    lua_createtable(L, 0, 8);
    bind_address_field(L, "address", b.data);
    bind_address_field(L, "first", tm_data(x));
    bind_number_field(L, "bytes", (double)b.bytes);
    bind_number_field(L, "capacity", (double)b.capacity);
    bind_number_field(L, "views", b.views);
    if (bind_all_places && b.made.file) bind_line_field(L, &b.made);
    bind_number_field(L, "version", (double)tm_version(x));
    size_t n = tm_numel(x) ? tm_dtype_size(tm_dtype_of(x)) : 0;
    char raw[SAMPLE * sizeof(double)];
    n *= tm_numel(x) < SAMPLE || !tm_is_contiguous(x) ? 1 : SAMPLE;
    if (n && !tm_fetch(tm_device_of(x), raw, tm_data(x), n)) bind_raise(L, -1);
    lua_pushlstring(L, raw, n);
    lua_setfield(L, -2, "raw");
    return 1;
}
