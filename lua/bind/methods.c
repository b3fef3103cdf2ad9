/* methods.c: the methods of a tensor that aren't rows of the op table. */
#include "bind.h"

#include <string.h>

/* --- what it is --------------------------------------------------------------------------------------------------- */

static int number(lua_State *L, int64_t value) {
    lua_pushnumber(L, (lua_Number)value);
    return 1;
}

static int boolean(lua_State *L, bool value) {
    lua_pushboolean(L, value);
    return 1;
}

static int method_numel(lua_State *L) { return number(L, tm_numel(bind_self(L, "numel"))); }
static int method_dim(lua_State *L) { return number(L, tm_rank(bind_self(L, "dim"))); }
static int method_offset(lua_State *L) { return number(L, tm_offset(bind_self(L, "offset"))); }
static int method_version(lua_State *L) { return number(L, tm_version(bind_self(L, "version"))); }
static int method_is_contiguous(lua_State *L) { return boolean(L, tm_is_contiguous(bind_self(L, "is_contiguous"))); }
static int method_is_leaf(lua_State *L) { return boolean(L, tm_is_leaf(bind_self(L, "is_leaf"))); }

static int method_same_storage(lua_State *L) {
    tm_tensor *x = bind_self(L, "same_storage");
    return boolean(L, tm_same_storage(x, bind_tensor_at(L, 2, "same_storage", "other")));
}

/* The table is made of a copy: x may be released by a finalizer that making it runs. */
int bind_push_sizes(lua_State *L, int n, const int64_t *sizes) {
    int64_t copy[TM_MAX_DIMS];
    for (int i = 0; i < n; i++) copy[i] = sizes[i];
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushnumber(L, (lua_Number)copy[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* One of them, or all as a table. */
static int sizes(lua_State *L, const char *name, const int64_t *(*of)(const tm_tensor *)) {
    tm_tensor *x = bind_self(L, name);
    if (lua_isnoneornil(L, 2)) return bind_push_sizes(L, tm_rank(x), of(x));
    return number(L, of(x)[bind_axis(L, 2, name, "argument 2 ('axis')", tm_rank(x))]);
}

static int method_size(lua_State *L) { return sizes(L, "size", tm_shape); }
static int method_stride(lua_State *L) { return sizes(L, "stride", tm_strides); }

/* --- copies and conversions --------------------------------------------------------------------------------------- */

typedef tm_tensor *(*make_fn)(tm_tensor *x, const void *context);

/* Common to those that make a tensor from x alone; x itself comes back where nothing had to be done. */
static int made(lua_State *L, const char *name, make_fn make, const void *context) {
    bind_enter(L);
    if (tm_recording()) bind_place(L);
    bind_box *box = bind_new_box(L);
    tm_tensor *x = bind_self(L, name);
    int scope = tm_scope_open();
    tm_tensor *y = make(x, context);
    if (!y) bind_raise(L, scope);
    if (y == x)
        lua_pushvalue(L, 1);
    else
        bind_fill(box, y);
    tm_scope_close(scope);
    return 1;
}

static tm_tensor *make_contiguous(tm_tensor *x, const void *context) {
    (void)context;
    return tm_contiguous(x);
}

static tm_tensor *make_detached(tm_tensor *x, const void *context) {
    (void)context;
    return tm_detach(x);
}

static tm_tensor *make_clone(tm_tensor *x, const void *context) {
    (void)context;
    return tm_copy(x);
}

static tm_tensor *make_cast(tm_tensor *x, const void *dtype) {
    return tm_dtype_of(x) == *(const tm_dtype *)dtype ? x : tm_cast(x, *(const tm_dtype *)dtype);
}

static int method_contiguous(lua_State *L) { return made(L, "contiguous", make_contiguous, NULL); }
static int method_detach(lua_State *L) { return made(L, "detach", make_detached, NULL); }
static int method_clone(lua_State *L) { return made(L, "clone", make_clone, NULL); }

static int cast(lua_State *L, const char *name, tm_dtype dtype) { return made(L, name, make_cast, &dtype); }
static int method_float(lua_State *L) { return cast(L, "float", TM_FLOAT32); }
static int method_half(lua_State *L) { return cast(L, "half", TM_FLOAT16); }
static int method_bfloat16(lua_State *L) { return cast(L, "bfloat16", TM_BFLOAT16); }
static int method_double(lua_State *L) { return cast(L, "double", TM_FLOAT64); }
static int method_long(lua_State *L) { return cast(L, "long", TM_INT64); }
static int method_int(lua_State *L) { return cast(L, "int", TM_INT32); }
static int method_byte(lua_State *L) { return cast(L, "byte", TM_UINT8); }
static int method_bool(lua_State *L) { return cast(L, "bool", TM_BOOL); }

/* --- to another device ------------------------------------------------------------------------------------ */

typedef struct goal {
    const char *device; /* NULL: where it is */
    bool casts, detach;
    tm_dtype dtype;
} goal;

/* Without history if that is asked for; a cast comes where the bytes are fewer, that is, first. */
static tm_tensor *make_moved(tm_tensor *x, const void *context) {
    const goal *to = context;
    bool recording = tm_recording();
    if (to->detach) tm_set_recording(false);
    tm_tensor *y = to->casts ? tm_cast(x, to->dtype) : x;
    if (to->device) y = tm_to(y, to->device);
    if (to->detach) tm_set_recording(recording);
    return y == x && to->detach ? tm_detach(x) : y;
}

/* The words at `from` .. `last`: a device, a dtype, or one of each. */
static void read_goal(lua_State *L, int from, int last, goal *to) {
    for (int i = from; i <= last; i++) {
        const char *device = lua_type(L, i) == LUA_TSTRING ? bind_device_word(L, i, "to") : NULL;
        if (device ? to->device != NULL : to->casts)
            bind_error(L, "to: argument %d names a second %s", i, device ? "device" : "dtype");
        if (device) {
            to->device = device;
        } else {
            to->dtype = bind_dtype_at(L, i, "to");
            to->casts = true;
        }
    }
}

/* x:to('cuda'), x:to('float64'), x:to('cuda', 'float64'), x:to('cuda', {detach = true}) */
static int method_to(lua_State *L) {
    static const char *const known[] = {"detach", NULL};
    goal to = {0};
    int last = lua_gettop(L), options = last > 2 && lua_istable(L, last) ? bind_options(L, last, "to", known) : 0;
    to.detach = bind_option_bool(L, options, "to", "detach", false);
    if (options) last--;
    bind_self(L, "to");
    read_goal(L, 2, last < 2 ? 2 : last, &to);
    return made(L, "to", make_moved, &to);
}

static int moved(lua_State *L, const char *device) { return made(L, device, make_moved, &(goal){.device = device}); }

static int method_cpu(lua_State *L) { return moved(L, tm_device_known(0)); }
static int method_cuda(lua_State *L) { return moved(L, tm_device_known(1)); }

/* x:to_('cuda'): x's own bytes move, and its gradient; whoever holds x sees it there. */
static int method_move(lua_State *L) {
    bind_enter(L);
    bind_place(L);
    tm_tensor *x = bind_self(L, "to_");
    const char *device = lua_type(L, 2) == LUA_TSTRING ? bind_device_word(L, 2, "to_") : NULL;
    if (!device) bind_error(L, "to_: argument 2 expects a device, 'cpu' or 'cuda', got %s", bind_type_at(L, 2));
    if (!tm_move(x, device)) bind_raise(L, -1);
    lua_settop(L, 1);
    return 1;
}

/* --- rows ----------------------------------------------------------------------------------------------------- */

/* x:at(id): the row of that id, counted from 0 */
static tm_tensor *make_row(tm_tensor *x, const void *context) {
    tm_args args;
    tm_args_init(&args, TM_OP_slice);
    args.in[0] = x;
    bind_index index;
    bind_index_row(x, *(const int64_t *)context, &index);
    bind_index_args(TM_OP_slice, &index, &args);
    return tm_apply(TM_OP_slice, &args, NULL);
}

static int method_at(lua_State *L) {
    tm_tensor *x = bind_self(L, "at");
    int64_t id;
    if (!bind_read_int(L, 2, &id))
        bind_error(L, "at: argument 2 ('id') expects a whole number, got %s", bind_type_at(L, 2));
    if (tm_rank(x) == 0) bind_error(L, "at: the tensor has no axes; x:item() reads its number");
    if (id < 0 || id >= tm_size(x, 0))
        bind_error(L,
                   "at: id %lld is out of range; ids count from 0, and here run to %lld (x[i] takes positions from 1)",
                   (long long)id, (long long)tm_size(x, 0) - 1);
    return made(L, "at", make_row, &id);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* Write the tensor at stack index i, or the number if i is 0, over all of x. */
static int write_all(lua_State *L, const char *name, int i, double value) {
    bind_enter(L);
    bind_place(L);
    tm_args args;
    tm_args_init(&args, TM_OP_assign_slice);
    args.in[0] = bind_self(L, name);
    bind_index index;
    bind_index_all(args.in[0], &index);
    bind_index_args(TM_OP_assign_slice, &index, &args);
    if (i) args.in[1] = bind_tensor_at(L, i, name, "src");
    int scope = tm_scope_open();
    if (i) args.in[1] = tm_to(args.in[1], tm_device_name(args.in[0]));
    if (!i) args.in[1] = bind_weak_scalar(value);
    return bind_apply_in_place(L, bind_box_at(L, 1), TM_OP_assign_slice, &args, scope);
}

static int method_copy_(lua_State *L) { return write_all(L, "copy_", 2, 0); }
static int method_zero_(lua_State *L) { return write_all(L, "zero_", 0, 0); }

static int method_fill_(lua_State *L) {
    if (lua_type(L, 2) != LUA_TNUMBER)
        bind_error(L, "fill_: argument 2 ('value') expects a number, got %s", bind_type_at(L, 2));
    return write_all(L, "fill_", 0, lua_tonumber(L, 2));
}

static const luaL_Reg list[] = {
    {"numel", method_numel},
    {"dim", method_dim},
    {"size", method_size},
    {"stride", method_stride},
    {"offset", method_offset},
    {"version", method_version},
    {"is_leaf", method_is_leaf},
    {"is_contiguous", method_is_contiguous},
    {"same_storage", method_same_storage},
    {"contiguous", method_contiguous},
    {"detach", method_detach},
    {"clone", method_clone},
    {"to", method_to},
    {"to_", method_move},
    {"cpu", method_cpu},
    {"cuda", method_cuda},
    {"float", method_float},
    {"double", method_double},
    {"half", method_half},
    {"bfloat16", method_bfloat16},
    {"long", method_long},
    {"int", method_int},
    {"byte", method_byte},
    {"bool", method_bool},
    {"at", method_at},
    {"copy_", method_copy_},
    {"zero_", method_zero_},
    {"fill_", method_fill_},
    {"item", bind_item},
    {"totable", bind_to_table},
    {NULL, NULL},
};

void bind_methods(void) { bind_offer(list, BIND_METHOD); }
