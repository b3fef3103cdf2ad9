/* bind.h: what the files of the binding share.
 *
 * A tensor is a userdata, the box, that points to an engine tensor and owns one reference to it.
 * Two habits keep everything safe, whatever a script does:
 *   - All that may allocate Lua memory (and so run a finalizer, which may run any Lua code) comes before
 *     the arguments are read: bind_enter, bind_place, bind_new_box, then read, then call the engine.
 *   - Between tm_scope_open and tm_scope_close nothing calls Lua, because Lua's errors are jumps.
 * Every function runs with the tensors' metatable as its environment (LUA_ENVIRONINDEX), so that reaching
 * it costs nothing. The metatable's number keys, below, hold what the binding keeps for itself. */
#ifndef TENMO_BIND_H
#define TENMO_BIND_H

#include "tenmo.h"

#include <lauxlib.h>
#include <lua.h>

enum {
    BIND_METHODS = 1,
    BIND_SCOPE,
    BIND_PINS,
    BIND_OWNERS,
    BIND_INT64,
    BIND_OPTIMIZER,
    BIND_GUARD,
    BIND_REGEX,
    BIND_OUTPUT,
    BIND_OWNED
};

typedef struct bind_box {
    tm_tensor *x;  /* NULL: emptied */
    bool by_scope; /* tenmo.scope emptied it */
} bind_box;

/* A piece of memory that holds boxes, and starts at a multiple of its size: pool.c. */
#define BIND_CHUNK ((size_t)1 << 16)
typedef struct bind_chunk {
    void *memory;
    struct bind_chunk *next;
    uint8_t is_box[BIND_CHUNK / 64]; /* for each slot of a cache line */
} bind_chunk;

/* All chunks of the process, in a hash table by address. */
typedef struct bind_chunks {
    bind_chunk **table;
    size_t mask, n;
    size_t header; /* bytes in front of a userdata: the slot starts there */
} bind_chunks;

#pragma GCC visibility push(hidden)

/* pool.c */
extern bind_chunks bind_all;
bind_box *bind_pool_box(lua_State *L); /* pushes a userdata in a slot; no metatable yet */
void bind_pool_close(lua_State *L);    /* the state closes */

static inline size_t bind_chunk_hash(uintptr_t chunk) { return chunk / BIND_CHUNK * 0x9E3779B1u >> 4; }

/* The chunk that an address lies in, or NULL. */
static inline bind_chunk *bind_chunk_of(const void *at) {
    uintptr_t chunk = (uintptr_t)at & ~(uintptr_t)(BIND_CHUNK - 1);
    if (!bind_all.table) return NULL;
    for (size_t i = bind_chunk_hash(chunk);; i++) {
        bind_chunk *c = bind_all.table[i & bind_all.mask];
        if (!c || (uintptr_t)c == chunk) return c;
    }
}

/* box.c */
bind_box *bind_new_box(lua_State *L);        /* pushes an empty box */
void bind_fill(bind_box *box, tm_tensor *x); /* takes a reference of its own to x */
void bind_empty(bind_box *box);
tm_tensor *bind_self(lua_State *L, const char *name); /* argument 1 of a method; raises if it isn't a tensor */
tm_tensor *bind_tensor_at(lua_State *L, int i, const char *name, const char *argument);
int bind_release(lua_State *L); /* tenmo.release(x, ...) */
int bind_scope(lua_State *L);   /* tenmo.scope(f, ...) */

/* The box at index i, or NULL if something else is there. Where it lies tells it from any other userdata. */
static inline bind_box *bind_box_at(lua_State *L, int i) {
    char *at = lua_touserdata(L, i);
    if (!at) return NULL;
    at -= bind_all.header;
    bind_chunk *c = bind_chunk_of(at);
    size_t offset = (uintptr_t)at % BIND_CHUNK;
    return c && offset % 64 == 0 && c->is_box[offset / 64] ? (bind_box *)(at + bind_all.header) : NULL;
}

/* error.c */
int bind_error(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
int bind_raise(lua_State *L, int scope) __attribute__((noreturn)); /* the engine's error, after closing the scope */
int bind_outside(lua_State *L, int scope);     /* nil, message for TM_OUTSIDE; raises anything else */
const char *bind_type_at(lua_State *L, int i); /* "a tensor", "nil", "number 1.5": for messages */
/* The candidate nearest to a misspelt name, or NULL if none is near. next(context, i) gives them until NULL. */
typedef const char *(*bind_names)(const void *context, int i);
const char *bind_nearest(const char *name, bind_names next, const void *context);
const char *bind_nearest_dtype(const char *name);
extern volatile bool bind_started; /* the engine runs */
void bind_interrupt(lua_State *L); /* for a signal handler: stop the engine and interpreted Lua code */
void bind_forget_interrupt(lua_State *L);

/* place.c */
void bind_place(lua_State *L);                       /* tm_here becomes the person's line */
extern bool bind_all_places;                         /* every call notes its line, not only those that are recorded */
bool bind_where(lua_State *L, char *text, size_t n); /* "mnist.lua:31: ", or false */
void bind_forget_places(void);

/* collect.c */
void bind_enter(lua_State *L); /* first in every function that reaches the engine; may collect */
void bind_collect_start(void);
void bind_collect_limit(lua_State *L);
void bind_note_death(void);
void bind_leave_state(lua_State *L);
int64_t bind_collections(void);
int bind_collector(lua_State *L); /* tenmo.debug.collector */

/* arguments.c */
typedef struct bind_call {
    const tm_row *row;
    tm_args args;
    tm_tensor **many;             /* room for the tensors of a variadic row */
    bind_box *box[TM_MAX_INPUTS]; /* those of the first arguments that are tensors (binder.c) */
    double weak[TM_MAX_INPUTS];   /* numbers given where a tensor may stand */
    unsigned is_weak;             /* bit i: input i is such a number */
    bool takes_weak;
    unsigned given;       /* bit i: item i was given */
    int at[TM_MAX_ITEMS]; /* where on the stack the items given by position stand; 0: in the options */
    int top;              /* the last positional argument */
} bind_call;
void bind_read_arguments(lua_State *L, bind_call *call, int top);
int bind_count_tensors(lua_State *L, int top); /* how many a variadic row may be given */
bool bind_is_options(lua_State *L, int i);
bool bind_read_int(lua_State *L, int i, int64_t *value);
/* Options of functions that aren't rows: returns the index of the options table at i (0: absent), checking names. */
int bind_options(lua_State *L, int i, const char *name, const char *const *known);
bool bind_option_bool(lua_State *L, int options, const char *name, const char *option, bool preset);
double bind_option_number(lua_State *L, int options, const char *name, const char *option, double preset);
tm_dtype bind_option_dtype(lua_State *L, int options, const char *name, tm_dtype preset);
tm_dtype bind_dtype_at(lua_State *L, int i, const char *name);
const char *bind_device_word(lua_State *L, int i, const char *name);         /* the string at i, if it names a device */
const char *bind_option_device(lua_State *L, int options, const char *name); /* "cpu" if it was left out */
int bind_axis(lua_State *L, int i, const char *name, const char *label, int rank);

/* index.c */
typedef struct bind_index {
    tm_list start, size, step;
    int64_t drop; /* bit i: axis i goes */
} bind_index;
void bind_read_index(lua_State *L, int i, const char *name, const tm_tensor *x, bind_index *index);
bool bind_index_has_tensor(lua_State *L, int i); /* ids or masks: lua/tenmo/ops/indexing.lua reads those */
void bind_index_all(const tm_tensor *x, bind_index *index);
void bind_index_row(const tm_tensor *x, int64_t row, bind_index *index);
void bind_index_args(tm_op op, const bind_index *index, tm_args *args);

/* binder.c */
tm_tensor *bind_weak_scalar(double value);
int bind_apply_in_place(lua_State *L, bind_box *box, tm_op op, const tm_args *args, int scope);
void bind_push_function(lua_State *L, tm_op op);
bool bind_push_in_place(lua_State *L, tm_op op);
void bind_operator(lua_State *L, tm_op op); /* pushes the metamethod */

/* tensor.c, methods.c, convert.c, autograd.c */
void bind_tensor_metatable(lua_State *L, int metatable, int methods);
void bind_methods(void);
int bind_push_sizes(lua_State *L, int n, const int64_t *sizes); /* a table of them; returns 1 */
int bind_to_table(lua_State *L);
int bind_item(lua_State *L);
int bind_from_table(lua_State *L); /* tenmo.tensor */
int bind_ids(lua_State *L);        /* tenmo.ids */
void bind_autograd(void);
void bind_bytes(void);          /* bytes.c: from_bytes, tobytes */
extern size_t bind_owners_gone; /* owners of borrowed memory that may go: bind_forget_owners */
void bind_forget_owners(lua_State *L);
int bind_arguments(lua_State *L); /* signature.c: tenmo.arguments */
int bind_settle(lua_State *L);    /* tenmo._settle */

/* names.c: functions of the module, methods, or both, each made when it is first named */
enum { BIND_FUNCTION = 1, BIND_METHOD = 2 };
void bind_offer(const luaL_Reg *list, int where);
void bind_push_finders(lua_State *L, int module, int methods);

int bind_word2vec(lua_State *L); /* word2vec.c: tenmo.word2vec_pass */
/* callbacks.c: Lua functions that backward calls */
void bind_callbacks(void);
lua_State *bind_set_running(lua_State *L);              /* the state to call them on; returns what it was */
extern bool bind_callbacks_gone;                        /* some are no longer needed ... */
void bind_forget_callbacks(lua_State *L, bool closing); /* ... and are let go of here */

/* fields.c: fields of the table on the stack's top */
void bind_number_field(lua_State *L, const char *name, double value);
void bind_text_field(lua_State *L, const char *name, const char *text); /* NULL: no field */
void bind_bool_field(lua_State *L, const char *name, bool value);
void bind_address_field(lua_State *L, const char *name, const void *at);
void bind_line_field(lua_State *L, const tm_place *place); /* line = "mnist.lua:31", if that is known */

/* optimizer.c, rows.c, debug.c, profile.c, paths.c */
void bind_optimizers(lua_State *L); /* pushes tenmo.optim */
int bind_rows(lua_State *L);        /* tenmo.rows */
const char *bind_class_of(tm_op op);
void bind_debug(lua_State *L);              /* pushes tenmo.debug */
void bind_capture(lua_State *L, int debug); /* capture.c: tenmo.debug.recorder */
int bind_profile(lua_State *L);             /* tenmo.debug.profile */
int bind_profiled(lua_State *L);            /* tenmo.debug.profiled */
int bind_trace(lua_State *L);               /* trace.c: tenmo.debug.trace, traced, mark, buffer */
int bind_traced(lua_State *L);
void bind_trace_close(void); /* the record ends; its Lua state may be going */
int bind_trace_mark(lua_State *L);
int bind_buffer(lua_State *L);
int bind_tape(lua_State *L);             /* tape.c: x:tape() */
bool bind_trace_ended(void);             /* was the error just caught the end of a traced step? then no more come */
void bind_text(lua_State *L);            /* text.c: pushes tenmo._text, of which lua/tenmo/text makes what people see */
void bind_clean(lua_State *L, int text); /* clean.c */
void bind_regex(lua_State *L, int text); /* regex.c: what tenmo.regex is made of */
struct tm_regex_options bind_regex_options(lua_State *L, int i);
/* owned.c: objects of the engine in userdata. kind: a static text, told by its address */
void bind_own_kind(lua_State *L, const char *kind, int methods);       /* once for each kind */
void **bind_own(lua_State *L, const char *kind, void (*free)(void *)); /* pushes one, and says where its object goes */
void *bind_owned_at(lua_State *L, int i, const char *kind);            /* NULL: something else, or freed */
void bind_free_owned(lua_State *L, int i, const char *kind);
/* output.c: bytes that grow outside of Lua's heap; the userdata gives them back, also when an error jumps away */
typedef struct bind_output {
    char *data;
    size_t n, room;
} bind_output;
bind_output *bind_new_output(lua_State *L); /* pushes one */
void bind_write(lua_State *L, bind_output *out, const char *text, size_t n);
int bind_tokens(lua_State *L); /* text_tokens.c: the module 'tenmo.bind.tokens' */
typedef enum bind_folder { BIND_LUA, BIND_SCRIPTS, BIND_DATA } bind_folder;
const char *bind_path(bind_folder folder); /* where the Lua modules, programs, data lie; "" if unknown */
/* Every function of a list becomes a field of the table at that index. */
void bind_register(lua_State *L, int table, const luaL_Reg *list);

#pragma GCC visibility pop

__attribute__((visibility("default"))) int luaopen_tenmo(lua_State *L);

#endif
