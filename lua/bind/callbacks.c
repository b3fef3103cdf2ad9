/* callbacks.c: Lua functions that backward calls: hooks on gradients, and the rules of operators written in Lua.
 *
 * The function lies in Lua's registry, for as long as the hook or the node lives. Those may end in the middle of a
 * collection, where Lua can't be called: so what goes is only noted, and let go of when the next call comes in. The
 * function runs protected, on the state that called backward; its error becomes that of backward. */
#include "bind.h"

#include <stdlib.h>
#include <string.h>

typedef struct callback {
    const void *registry; /* of the Lua state that it belongs to */
    int function;         /* its reference there */
    struct callback *next;
} callback;

static lua_State *running; /* where backward was called from */
static callback *gone;     /* their functions are to be let go of */
bool bind_callbacks_gone;

/* --- life and death ------------------------------------------------------------------------------------------- */

static void let_go(void *self) {
    callback *c = self;
    c->next = gone;
    gone = c;
    bind_callbacks_gone = true;
}

void bind_forget_callbacks(lua_State *L, bool closing) {
    const void *registry = lua_topointer(L, LUA_REGISTRYINDEX);
    for (callback **p = &gone; *p;) {
        callback *c = *p;
        if (c->registry != registry) {
            p = &c->next;
            continue;
        }
        *p = c->next;
        if (!closing) luaL_unref(L, LUA_REGISTRYINDEX, c->function);
        free(c);
    }
    bind_callbacks_gone = gone != NULL;
}

/* The function at index i, as the engine calls it. */
static tm_callback new_callback(lua_State *L, int i,
                                bool (*call)(void *, tm_tensor *, int, const bool *, tm_tensor **)) {
    lua_pushvalue(L, i);
    int function = luaL_ref(L, LUA_REGISTRYINDEX);
    callback *c = malloc(sizeof *c);
    if (!c) {
        luaL_unref(L, LUA_REGISTRYINDEX, function);
        bind_error(L, "out of memory: no room to note a function");
    }
    *c = (callback){lua_topointer(L, LUA_REGISTRYINDEX), function, NULL};
    return (tm_callback){call, let_go, c};
}

lua_State *bind_set_running(lua_State *L) {
    lua_State *was = running;
    running = L;
    return was;
}

/* --- calling ---------------------------------------------------------------------------------------------------- */

typedef struct visit {
    const callback *callback;
    tm_tensor *g, **out;
    int n;
    const bool *needed;
} visit;

static void push_box(lua_State *L, tm_tensor *x) { bind_fill(bind_new_box(L), x); }

/* What the function returned for input i, at stack index `at`; NULL for nil and, as `wanted and ...` gives it, false.
 */
static tm_tensor *returned(lua_State *L, int at, const char *what, int i) {
    bind_box *box = bind_box_at(L, at);
    if (!lua_toboolean(L, at)) return NULL;
    if (!box || !box->x) luaL_error(L, "%s %d: expected a tensor or nil, got %s", what, i, bind_type_at(L, at));
    return box->x;
}

static int protected_hook(lua_State *L) {
    visit *v = lua_touserdata(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, v->callback->function);
    push_box(L, v->g);
    lua_call(L, 1, 1);
    v->out[0] = returned(L, -1, "hook's result", 1);
    return 1; /* on the stack it is safe until it was retained */
}

/* backward(needed, g, y) gives a gradient for each input, nil where it has none. */
static int protected_rule(lua_State *L) {
    visit *v = lua_touserdata(L, 1);
    luaL_checkstack(L, v->n + 8, "operator");
    lua_rawgeti(L, LUA_REGISTRYINDEX, v->callback->function);
    lua_createtable(L, v->n, 0);
    for (int i = 0; i < v->n; i++) {
        lua_pushboolean(L, v->needed[i]);
        lua_rawseti(L, -2, i + 1);
    }
    push_box(L, v->g);
    push_box(L, v->out[v->n]);
    lua_call(L, 3, v->n);
    for (int i = 0; i < v->n; i++) v->out[i] = returned(L, lua_gettop(L) - v->n + 1 + i, "backward's result", i + 1);
    return v->n;
}

static bool failed(lua_State *L) {
    const char *message = lua_tostring(L, -1);
    tm_fail(TM_MISUSE, "%s", message ? message : "a function that backward called raised something that is no text");
    return false;
}

/* The C function below runs with the environment of the one that called backward, as all of the binding's do. */
static bool run(lua_CFunction function, visit *v) {
    lua_State *L = running;
    int top = lua_gettop(L);
    if (!lua_checkstack(L, 4)) return tm_fail(TM_MEMORY, "out of memory: Lua's stack is full");
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, v);
    bool ok = !lua_pcall(L, 1, v->n, 0) || failed(L);
    for (int i = 0; i < v->n; i++) v->out[i] = ok ? tm_retain(v->out[i]) : NULL;
    lua_settop(L, top);
    return ok;
}

static bool call_hook(void *self, tm_tensor *g, int n, const bool *needed, tm_tensor **out) {
    return run(protected_hook, &(visit){self, g, out, n, needed});
}

static bool call_rule(void *self, tm_tensor *g, int n, const bool *needed, tm_tensor **out) {
    return run(protected_rule, &(visit){self, g, out, n, needed});
}

/* --- what Lua sees ------------------------------------------------------------------------------------------------ */

static void expect_function(lua_State *L, int i, const char *name, const char *argument) {
    if (!lua_isfunction(L, i))
        bind_error(L, "%s: argument %d ('%s') expects a function, got %s", name, i, argument, bind_type_at(L, i));
}

/* x:register_hook(f): f(g) sees the gradient of x when it is known, and may return another. Returns a function that
 * takes the hook away again. */
static int remove_hook(lua_State *L) {
    bind_box *box = bind_box_at(L, lua_upvalueindex(1));
    bool removed = box && box->x && tm_remove_hook(box->x, (int64_t)lua_tonumber(L, lua_upvalueindex(2)));
    lua_pushboolean(L, removed);
    return 1;
}

static int method_register_hook(lua_State *L) {
    bind_enter(L);
    tm_tensor *x = bind_self(L, "register_hook");
    expect_function(L, 2, "register_hook", "f");
    tm_callback callback = new_callback(L, 2, call_hook);
    int64_t number = tm_add_hook(x, callback);
    if (!number) {
        callback.release(callback.self);
        bind_raise(L, -1);
    }
    lua_pushvalue(L, 1);
    lua_pushnumber(L, (lua_Number)number);
    lua_pushcclosure(L, remove_hook, 2);
    return 1;
}

/* _operator(name, y, inputs, rule): y, made without recording, as the result of an op with this rule. */
static int record_operator(lua_State *L) {
    bind_enter(L);
    bind_place(L);
    bind_box *box = bind_new_box(L);
    tm_tensor *y = bind_tensor_at(L, 2, lua_tostring(L, 1), "result");
    int n = (int)lua_objlen(L, 3);
    tm_tensor **inputs = lua_newuserdata(L, sizeof *inputs * (size_t)(n + 1));
    tm_callback callback = new_callback(L, 4, call_rule);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, 3, i + 1);
        bind_box *input = bind_box_at(L, -1);
        inputs[i] = input && input->x ? input->x : NULL;
        lua_pop(L, 1);
        if (!inputs[i]) {
            callback.release(callback.self);
            bind_error(L, "%s: input %d is no tensor, or a released one", lua_tostring(L, 1), i + 1);
        }
    }
    const char *name = tm_intern(lua_tostring(L, 1));
    int scope = tm_scope_open();
    tm_tensor *result = tm_record_operator(name ? name : "operator", n, inputs, y, callback);
    if (!result) bind_raise(L, scope);
    bind_fill(box, result);
    tm_scope_close(scope);
    lua_pushvalue(L, 5);
    return 1;
}

/* check_nan(on): look for the first NaN in results and gradients; returns how it was. */
static int check_nan(lua_State *L) {
    if (!lua_isboolean(L, 1)) bind_error(L, "check_nan: argument 1 expects a boolean, got %s", bind_type_at(L, 1));
    lua_pushboolean(L, tm_check_nan(lua_toboolean(L, 1)));
    return 1;
}

static const luaL_Reg functions[] = {{"check_nan", check_nan}, {"_operator", record_operator}, {NULL, NULL}};
static const luaL_Reg methods[] = {{"register_hook", method_register_hook}, {NULL, NULL}};

void bind_callbacks(void) {
    bind_offer(functions, BIND_FUNCTION);
    bind_offer(methods, BIND_METHOD);
}
