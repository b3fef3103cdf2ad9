/* tensor.c: what a tensor looks like to Lua: fields, x[...], operators, print. */
#include "bind.h"

#include <string.h>

/* --- fields --------------------------------------------------------------------------------------------------- */

/* Each reads x itself, after it has allocated what it needs. */
static int get_shape(lua_State *L) {
    tm_tensor *x = bind_self(L, "shape");
    return bind_push_sizes(L, tm_rank(x), tm_shape(x));
}

static int get_dtype(lua_State *L) {
    lua_pushstring(L, tm_dtype_name(tm_dtype_of(bind_self(L, "dtype"))));
    return 1;
}

static int get_device(lua_State *L) {
    lua_pushstring(L, tm_device_name(bind_self(L, "device")));
    return 1;
}

static int get_grad(lua_State *L) {
    bind_box *box = bind_new_box(L);
    tm_tensor *grad = tm_grad(bind_self(L, "grad"));
    if (grad)
        bind_fill(box, grad);
    else if (tm_error() != TM_OK)
        bind_raise(L, -1);
    else
        lua_pushnil(L);
    return 1;
}

static int get_requires_grad(lua_State *L) {
    lua_pushboolean(L, tm_requires_grad(bind_self(L, "requires_grad")));
    return 1;
}

static void set_grad(lua_State *L, tm_tensor *x) {
    tm_tensor *grad = NULL;
    if (bind_box_at(L, 3))
        grad = bind_tensor_at(L, 3, "x.grad = v", "v");
    else if (!lua_isnil(L, 3))
        bind_error(L, "x.grad can be set to a tensor or nil, got %s", bind_type_at(L, 3));
    if (!tm_set_grad(x, grad)) bind_raise(L, -1);
}

static void set_requires_grad(lua_State *L, tm_tensor *x) {
    if (!lua_isboolean(L, 3)) bind_error(L, "x.requires_grad can be true or false, got %s", bind_type_at(L, 3));
    if (!tm_set_requires_grad(x, lua_toboolean(L, 3))) bind_raise(L, -1);
}

static const struct field {
    const char *name;
    int (*get)(lua_State *L);
    void (*set)(lua_State *L, tm_tensor *x); /* the value is at 3 */
} fields[] = {
    {"shape", get_shape, NULL},
    {"dtype", get_dtype, NULL},
    {"device", get_device, NULL},
    {"grad", get_grad, set_grad},
    {"requires_grad", get_requires_grad, set_requires_grad},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static const struct field *find_field(const char *name) {
    for (int i = 0; i < FIELDS; i++)
        if (!strcmp(fields[i].name, name)) return &fields[i];
    return NULL;
}

/* The method whose name is nearest, and the fields. context: the state, with the methods on top. */
static const char *known_name(const void *context, int i) {
    lua_State *L = (lua_State *)context;
    if (i < FIELDS) {
        if (i == 0) lua_pushnil(L); /* where the walk over the methods starts */
        return fields[i].name;
    }
    if (!lua_next(L, -2)) return NULL;
    lua_pop(L, 1);
    return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
}

static int no_such_name(lua_State *L, const char *name) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_METHODS);
    if (luaL_getmetafield(L, -1, "make_all")) lua_call(L, 0, 0);
    const char *near = bind_nearest(name, known_name, L);
    if (near) bind_error(L, "a tensor has no field or method '%.40s'; did you mean '%s'?", name, near);
    bind_error(L, "a tensor has no field or method '%.40s'", name);
}

/* --- x.name and x[...] -------------------------------------------------------------------------------------------- */

static tm_tensor *slice(tm_tensor *x, const void *context) {
    tm_args args;
    tm_args_init(&args, TM_OP_slice);
    args.in[0] = x;
    bind_index_args(TM_OP_slice, context, &args);
    return tm_apply(TM_OP_slice, &args, NULL);
}

/* Ids or masks in the index: a method in Lua takes what is on the stack. */
static int call_method(lua_State *L, const char *name, int results) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_METHODS);
    lua_getfield(L, -1, name);
    lua_replace(L, -2);
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, results);
    return results;
}

static int get_positions(lua_State *L) {
    if (bind_index_has_tensor(L, 2)) return call_method(L, "index_get", 1);
    bind_enter(L);
    if (tm_recording()) bind_place(L);
    bind_box *box = bind_new_box(L);
    tm_tensor *x = bind_self(L, "x[...]");
    bind_index index;
    bind_read_index(L, 2, "x[...]", x, &index);
    int scope = tm_scope_open();
    tm_tensor *y = slice(x, &index);
    if (!y) bind_raise(L, scope);
    bind_fill(box, y);
    tm_scope_close(scope);
    return 1;
}

/* Upvalue 1: the methods. One that is named for the first time is made by library.lua, behind their __index. */
static int get(lua_State *L) {
    if (lua_type(L, 2) != LUA_TSTRING) return get_positions(L);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1)) return 1;
    const char *name = lua_tostring(L, 2);
    const struct field *field = find_field(name);
    if (field) return field->get(L);
    lua_pushvalue(L, 2);
    lua_gettable(L, lua_upvalueindex(1));
    return lua_isnil(L, -1) ? no_such_name(L, name) : 1;
}

/* x[index] = value */
static int set_positions(lua_State *L) {
    if (bind_index_has_tensor(L, 2)) return call_method(L, "index_put_", 0);
    bind_enter(L);
    bind_place(L);
    tm_args args;
    tm_args_init(&args, TM_OP_assign_slice);
    args.in[0] = bind_self(L, "x[...] = v");
    bind_index index;
    bind_read_index(L, 2, "x[...] = v", args.in[0], &index);
    bind_index_args(TM_OP_assign_slice, &index, &args);
    bool weak = lua_type(L, 3) == LUA_TNUMBER;
    if (!weak) {
        bind_box *value = bind_box_at(L, 3);
        if (!value) bind_error(L, "x[...] = v: v is a number or a tensor, got %s", bind_type_at(L, 3));
        args.in[1] = bind_tensor_at(L, 3, "x[...] = v", "v");
    }
    int scope = tm_scope_open();
    if (weak) args.in[1] = bind_weak_scalar(lua_tonumber(L, 3));
    return bind_apply_in_place(L, bind_box_at(L, 1), TM_OP_assign_slice, &args, scope);
}

static int set(lua_State *L) {
    if (lua_type(L, 2) != LUA_TSTRING) return set_positions(L);
    const char *name = lua_tostring(L, 2);
    const struct field *field = find_field(name);
    bind_enter(L);
    tm_tensor *x = bind_self(L, name);
    if (!field) bind_error(L, "a tensor has no field '%.40s' to set; there are grad and requires_grad", name);
    if (!field->set) bind_error(L, "x.%s can't be set; x:reshape(...), x:to(dtype) give a new tensor", name);
    field->set(L, x);
    return 0;
}

/* --- print -------------------------------------------------------------------------------------------------------- */

/* Filled in two passes, so that no Lua memory is asked for while the engine prints. */
typedef struct text {
    char *at;
    size_t n, room;
} text;

static void write_text(void *to, const char *piece, size_t n) {
    text *t = to;
    if (t->at && n > t->room - t->n) n = t->room - t->n; /* x changed in between */
    if (t->at) memcpy(t->at + t->n, piece, n);
    t->n += n;
}

static int to_string(lua_State *L) {
    bind_enter(L);
    bind_box *held = bind_new_box(L), *box = bind_box_at(L, 1);
    if (!box || !box->x) {
        lua_pushstring(L, box ? "tensor (released)" : "tensor");
        return 1;
    }
    bind_fill(held, box->x);
    text t = {0};
    tm_print(held->x, write_text, &t);
    if (!tm_is_intact(held->x)) bind_raise(L, -1);
    t.at = lua_newuserdata(L, t.n + 1);
    t.room = t.n;
    t.n = 0;
    tm_print(held->x, write_text, &t);
    if (tm_error() != TM_OK) bind_raise(L, -1);
    lua_pushlstring(L, t.at, t.n);
    return 1;
}

/* --- operators ---------------------------------------------------------------------------------------------------- */

static int length(lua_State *L) {
    tm_tensor *x = bind_self(L, "#x");
    if (tm_rank(x) == 0) bind_error(L, "#x: the tensor has no axes; it is a single number");
    lua_pushnumber(L, (lua_Number)tm_size(x, 0));
    return 1;
}

static int less(lua_State *L) {
    bind_error(L,
               "tensors can't be compared with < or <=, which give one boolean; x:lt(y), x:le(y), x:gt(y) and x:ge(y) "
               "compare element by element");
}

static int concatenate(lua_State *L) {
    bind_error(L, "a tensor can't be joined with ..; tostring(x) makes text of it, tenmo.cat(x, y) joins tensors");
}

static int call_tensor(lua_State *L) {
    bind_error(L, "a tensor is not a function; x[...] takes positions, x:at(id) an id");
}

/* An operator without a row is the method of that name, which may come from Lua. */
static int modulo(lua_State *L) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_METHODS);
    lua_getfield(L, -1, "remainder");
    if (lua_isnil(L, -1)) bind_error(L, "%% between tensors needs the op 'remainder', which isn't there yet");
    lua_insert(L, 1);
    lua_settop(L, 3);
    lua_call(L, 2, 1);
    return 1;
}

static const luaL_Reg metamethods[] = {
    {"__tostring", to_string}, {"__len", length}, {"__lt", less},      {"__le", less}, {"__concat", concatenate},
    {"__call", call_tensor},   {"__mod", modulo}, {"__newindex", set}, {NULL, NULL},
};

void bind_tensor_metatable(lua_State *L, int metatable, int methods) {
    static const struct {
        const char *name;
        tm_op op;
    } operators[] = {
        {"__add", TM_OP_add}, {"__sub", TM_OP_sub}, {"__mul", TM_OP_mul},
        {"__div", TM_OP_div}, {"__pow", TM_OP_pow}, {"__unm", TM_OP_neg},
    };
    bind_register(L, metatable, metamethods);
    lua_pushvalue(L, methods);
    lua_pushcclosure(L, get, 1);
    lua_setfield(L, metatable, "__index");
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        bind_operator(L, operators[i].op);
        lua_setfield(L, metatable, operators[i].name);
    }
    lua_pushliteral(L, "tenmo.tensor"); /* what getmetatable shows instead of the metatable */
    lua_setfield(L, metatable, "__metatable");
}
