/* convert.c: from Lua's numbers and tables to tensors, and back. */
#include "bind.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- to Lua ------------------------------------------------------------------------------------------------------ */

#define EXACT ((int64_t)1 << 53) /* doubles hold every integer up to here */

static bool fits(int64_t value) { return value >= -EXACT && value <= EXACT; }

/* Element i in row-major order: a number, or a boolean of a bool tensor (in Lua 0 counts as true). */
static void push_element(lua_State *L, const tm_tensor *x, int64_t i, const char *name) {
    tm_dtype dtype = tm_dtype_of(x);
    if (dtype == TM_BOOL) {
        lua_pushboolean(L, tm_element_int(x, i) != 0);
        return;
    }
    if (dtype != TM_INT64) {
        lua_pushnumber(L, tm_element(x, i));
        return;
    }
    int64_t value = tm_element_int(x, i);
    if (!fits(value))
        bind_error(L,
                   "%s: %lld doesn't fit a Lua number, which is exact up to 2^53; x:item('int64') gives an int64 cdata",
                   name, (long long)value);
    lua_pushnumber(L, (lua_Number)value);
}

/* Halves make the int64 in Lua, since the C API knows no cdata. */
static int push_int64(lua_State *L, int64_t value) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_INT64);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        if (luaL_loadstring(L, "local int64 = require('ffi').typeof('int64_t')\n"
                               "return function(high, low) return int64(high) * 4294967296LL + int64(low) end"))
            lua_error(L);
        lua_call(L, 0, 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, LUA_ENVIRONINDEX, BIND_INT64);
    }
    lua_pushnumber(L, (lua_Number)(value >> 32));
    lua_pushnumber(L, (lua_Number)(value & 0xffffffff));
    lua_call(L, 2, 1);
    return 1;
}

/* x with its bytes where they can be read, kept whole by the box at the stack's top. */
static tm_tensor *on_host(lua_State *L, bind_box *held, tm_tensor *x) {
    int scope = tm_scope_open();
    tm_tensor *host = tm_on_host(x);
    if (!host) bind_raise(L, scope);
    bind_fill(held, host);
    tm_scope_close(scope);
    return host;
}

/* x:item(), x:item('int64') */
int bind_item(lua_State *L) {
    bool late = tm_late; /* only then may x have to be copied */
    lua_settop(L, 2);
    if (late) bind_enter(L);
    bind_box *held = late ? bind_new_box(L) : NULL;
    tm_tensor *x = bind_self(L, "item");
    if (tm_numel(x) != 1)
        bind_error(L, "item: the tensor of shape %s has %lld elements; item reads a tensor of one", tm_shape_text(x),
                   (long long)tm_numel(x));
    bool exact = !lua_isnoneornil(L, 2);
    if (exact && (lua_type(L, 2) != LUA_TSTRING || strcmp(lua_tostring(L, 2), "int64")))
        bind_error(L, "item: argument 2 can only be 'int64', got %s", bind_type_at(L, 2));
    if (exact && tm_dtype_is_float(tm_dtype_of(x)))
        bind_error(L, "item: a %s tensor holds no int64; use x:long():item('int64')", tm_dtype_name(tm_dtype_of(x)));
    if (late)
        x = on_host(L, held, x);
    else
        tm_capture_refuse("item reads a number");
    if (!tm_is_intact(x)) bind_raise(L, -1);
    if (exact) return push_int64(L, tm_element_int(x, 0));
    push_element(L, x, 0, "item");
    return 1;
}

/* Axis `axis` of x from element *i on. */
static void push_axis(lua_State *L, const tm_tensor *x, int axis, int64_t *i) {
    if (axis == tm_rank(x)) {
        push_element(L, x, (*i)++, "totable");
        return;
    }
    int64_t n = tm_size(x, axis);
    lua_createtable(L, n < 1 << 26 ? (int)n : 0, 0);
    for (int64_t k = 1; k <= n; k++) {
        push_axis(L, x, axis + 1, i);
        lua_rawseti(L, -2, (int)k);
    }
}

int bind_to_table(lua_State *L) {
    bind_box *held = bind_new_box(L); /* keeps x whole, whatever the finalizers do that making tables runs */
    tm_tensor *x = bind_self(L, "totable");
    if (tm_numel(x) > 1 << 27)
        bind_error(L, "totable: %lld elements are too many for Lua tables", (long long)tm_numel(x));
    x = on_host(L, held, x);
    int64_t i = 0;
    push_axis(L, x, 0, &i);
    if (!tm_is_intact(x)) bind_raise(L, -1);
    return 1;
}

/* --- from Lua ----------------------------------------------------------------------------------------------------- */

typedef struct reader {
    const char *name;
    int rank;
    int64_t shape[TM_MAX_RANK];
    int64_t at[TM_MAX_RANK]; /* where we are, 1-based, for messages */
    bool only_booleans;
    tm_dtype dtype;
    char *out;
} reader;

/* "[2][3]", the first `depth` places. */
static const char *place(const reader *r, int depth) {
    static char text[TM_MAX_RANK * 22];
    char *at = text;
    *at = 0;
    for (int i = 0; i < depth; i++)
        at += snprintf(at, (size_t)(text + sizeof text - at), "[%lld]", (long long)r->at[i]);
    return *text ? text : "the value";
}

/* The shape, from the first element at each depth. The value stands on the stack's top. */
static void measure(lua_State *L, reader *r) {
    int top = lua_gettop(L);
    while (lua_istable(L, -1)) {
        if (r->rank == TM_MAX_RANK) bind_error(L, "%s: tables are nested deeper than %d", r->name, TM_MAX_RANK);
        int64_t n = (int64_t)lua_objlen(L, -1);
        r->shape[r->rank++] = n;
        if (n == 0) break;
        lua_rawgeti(L, -1, 1);
    }
    r->only_booleans = lua_isboolean(L, -1);
    lua_settop(L, top);
}

static int64_t whole(lua_State *L, const reader *r, double v, double low, double high) {
    if (v >= low && v <= high && v == floor(v)) return (int64_t)v;
    bind_error(L, "%s: %s is %s, which %s can't hold", r->name, place(r, r->rank), bind_type_at(L, -1),
               tm_dtype_name(r->dtype));
}

static void write_element(lua_State *L, reader *r) {
    double v = lua_isboolean(L, -1) ? lua_toboolean(L, -1) : lua_tonumber(L, -1);
    if (lua_type(L, -1) != LUA_TNUMBER && !lua_isboolean(L, -1)) {
        const char *hint = bind_box_at(L, -1) ? "; tenmo.cat and x:clone() make tensors from tensors" : "";
        bind_error(L, "%s: %s is %s, expected a number%s", r->name, place(r, r->rank), bind_type_at(L, -1), hint);
    }
    switch (r->dtype) {
    case TM_FLOAT16:
    case TM_BFLOAT16: *(uint16_t *)r->out = tm_half_of(r->dtype, v); break;
    case TM_FLOAT32: *(float *)r->out = (float)v; break;
    case TM_FLOAT64: *(double *)r->out = v; break;
    case TM_INT64: *(int64_t *)r->out = whole(L, r, v, -0x1p63, 0x1p63 - 1024); break;
    case TM_INT32: *(int32_t *)r->out = (int32_t)whole(L, r, v, INT32_MIN, INT32_MAX); break;
    case TM_UINT8: *(uint8_t *)r->out = (uint8_t)whole(L, r, v, 0, UINT8_MAX); break;
    default: *(uint8_t *)r->out = whole(L, r, v, 0, 1) != 0;
    }
    r->out += tm_dtype_size(r->dtype);
}

/* Axis `depth`, whose value stands on the stack's top. */
static void read_axis(lua_State *L, reader *r, int depth) {
    bool table = lua_istable(L, -1);
    if (depth == r->rank && !table) {
        write_element(L, r);
        return;
    }
    if (depth == r->rank || !table)
        bind_error(L, "%s: the table is ragged: %s is %s, but %s", r->name, place(r, depth),
                   table ? "a table" : bind_type_at(L, -1),
                   table ? "its neighbours are numbers" : "its neighbours are tables");
    int64_t n = (int64_t)lua_objlen(L, -1);
    if (n != r->shape[depth])
        bind_error(L, "%s: the table is ragged: %s has size %lld, but its neighbours have size %lld", r->name,
                   place(r, depth), (long long)n, (long long)r->shape[depth]);
    for (int64_t k = 1; k <= n; k++) {
        r->at[depth] = k;
        lua_rawgeti(L, -1, (int)k);
        read_axis(L, r, depth + 1);
        lua_pop(L, 1);
    }
}

/* Names, or holes, in the outermost table are a slip: options go into a table of their own. */
static void check_no_names(lua_State *L, const char *name) {
    if (!lua_istable(L, 1)) return;
    size_t entries = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) entries++;
    if (entries == lua_objlen(L, 1)) return;
    bind_error(L,
               "%s: argument 1 expects a number or nested tables of numbers, got a table with names or holes; options "
               "come second",
               name);
}

/* The box of the result is made first; the elements go straight into its bytes, which nobody else sees yet. */
static int from_table(lua_State *L, const char *name, tm_dtype preset) {
    static const char *const known[] = {"dtype", "requires_grad", "device", NULL};
    reader r = {.name = name};
    if (lua_isnoneornil(L, 1) || bind_box_at(L, 1))
        bind_error(L, "%s: argument 1 expects a number or nested tables of numbers, got %s%s", name, bind_type_at(L, 1),
                   bind_box_at(L, 1) ? "; x:clone() copies a tensor" : "");
    check_no_names(L, name);
    int options = bind_options(L, 2, name, known);
    lua_pushvalue(L, 1);
    measure(L, &r);
    r.dtype = bind_option_dtype(L, options, name,
                                preset != TM_FLOAT32 ? preset
                                : r.only_booleans    ? TM_BOOL
                                                     : TM_FLOAT32);
    bool requires_grad = bind_option_bool(L, options, name, "requires_grad", false);
    const char *device = bind_option_device(L, options, name);
    bind_enter(L);
    bind_box *box = bind_new_box(L);
    int scope = tm_scope_open();
    tm_tensor *x = tm_empty(r.rank, r.shape, r.dtype);
    if (!x || (requires_grad && !tm_set_requires_grad(x, true))) bind_raise(L, scope);
    bind_fill(box, x);
    tm_scope_close(scope);
    tm_capture_refuse("a tensor is made of numbers");
    r.out = tm_data(x);
    lua_pushvalue(L, 1);
    luaL_checkstack(L, TM_MAX_RANK + 4, name);
    read_axis(L, &r, 0);
    lua_pop(L, 1);
    if (strcmp(device, tm_device_name(x)) && !tm_move(x, device)) bind_raise(L, -1);
    return 1;
}

int bind_from_table(lua_State *L) { return from_table(L, "tensor", TM_FLOAT32); }
int bind_ids(lua_State *L) { return from_table(L, "ids", TM_INT64); }
