/* capture.c: tenmo.debug.recorder, what lua/tenmo/capture.lua records and replays a step with. */
#include "bind.h"

typedef struct holder {
    tm_capture *c;
} holder;

static holder *self(lua_State *L) {
    holder *h = lua_touserdata(L, 1);
    bool ours = h && lua_getmetatable(L, 1) && (lua_rawequal(L, -1, lua_upvalueindex(1)));
    if (!ours || !h->c) bind_error(L, "recorder: expects a recorder before the colon");
    lua_pop(L, 1);
    return h;
}

/* begin(): what runs from here is recorded. false: something else is being recorded. */
static int begin(lua_State *L) {
    bind_enter(L);
    bool done = tm_capture_begin(self(L)->c);
    if (tm_error() != TM_OK) bind_raise(L, -1);
    lua_pushboolean(L, done);
    return 1;
}

/* finish(): can it be replayed? and why not; nil: not yet known */
static int finish(lua_State *L) {
    tm_capture *c = self(L)->c;
    lua_pushboolean(L, tm_capture_end(c));
    lua_pushstring(L, tm_capture_why(c));
    return 2;
}

/* abandon(): the step has failed */
static int abandon(lua_State *L) {
    tm_capture_abandon(self(L)->c);
    return 0;
}

/* feed(fixed, x): copy x; false if it doesn't look like fixed */
static int feed(lua_State *L) {
    bind_enter(L);
    self(L);
    tm_tensor *fixed = bind_tensor_at(L, 2, "feed", "fixed"), *x = bind_tensor_at(L, 3, "feed", "x");
    bool fits = tm_capture_feed(fixed, x);
    if (tm_error() != TM_OK) bind_raise(L, -1);
    lua_pushboolean(L, fits);
    return 1;
}

/* replay(): true; or false and why the step can't be replayed any more */
static int replay(lua_State *L) {
    bind_enter(L);
    bind_place(L);
    tm_capture *c = self(L)->c;
    bool done = tm_capture_replay(c);
    if (!done && tm_error() != TM_OK) bind_raise(L, -1);
    lua_pushboolean(L, done);
    lua_pushstring(L, done ? NULL : tm_capture_why(c));
    return 2;
}

static int collect(lua_State *L) {
    holder *h = lua_touserdata(L, 1);
    if (h) tm_capture_free(h->c);
    if (h) h->c = NULL;
    return 0;
}

/* Upvalue 1: the metatable of recorders. */
static int recorder(lua_State *L) {
    bind_enter(L);
    holder *h = lua_newuserdata(L, sizeof *h);
    h->c = NULL;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, -2);
    if (!(h->c = tm_capture_new())) bind_raise(L, -1);
    return 1;
}

static const luaL_Reg methods[] = {
    {"begin", begin},   {"finish", finish}, {"abandon", abandon}, {"feed", feed},
    {"replay", replay}, {"__gc", collect},  {NULL, NULL},
};

/* The functions share their metatable as upvalue. */
void bind_capture(lua_State *L, int debug) {
    lua_newtable(L);
    int metatable = lua_gettop(L);
    for (const luaL_Reg *m = methods; m->name; m++) {
        lua_pushvalue(L, metatable);
        lua_pushcclosure(L, m->func, 1);
        lua_setfield(L, metatable, m->name);
    }
    lua_pushvalue(L, metatable);
    lua_setfield(L, metatable, "__index");
    lua_pushcclosure(L, recorder, 1);
    lua_setfield(L, debug, "recorder");
}
