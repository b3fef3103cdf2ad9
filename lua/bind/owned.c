/* owned.c: an object of the engine inside a userdata, which frees it when it is collected, or when an error jumps away.
 */
#include "bind.h"

typedef struct owned {
    const char *kind;
    void *object;
    void (*free)(void *);
} owned;

static int collect(lua_State *L) {
    owned *o = lua_touserdata(L, 1);
    if (o->object) o->free(o->object);
    o->object = NULL;
    return 0;
}

static owned *owned_at(lua_State *L, int i, const char *kind) {
    owned *o = lua_touserdata(L, i);
    return o && lua_objlen(L, i) == sizeof *o && o->kind == kind ? o : NULL;
}

void **bind_own(lua_State *L, const char *kind, void (*free)(void *)) {
    owned *o = lua_newuserdata(L, sizeof *o);
    *o = (owned){kind, NULL, free};
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_OWNED);
    lua_pushstring(L, kind);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    lua_setmetatable(L, -2);
    return &o->object;
}

void *bind_owned_at(lua_State *L, int i, const char *kind) {
    owned *o = owned_at(L, i, kind);
    return o ? o->object : NULL;
}

void bind_free_owned(lua_State *L, int i, const char *kind) {
    owned *o = owned_at(L, i, kind);
    if (o && o->object) o->free(o->object);
    if (o) o->object = NULL;
}

/* A metatable for that kind; its methods are at index `methods`, 0: none. */
void bind_own_kind(lua_State *L, const char *kind, int methods) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_OWNED);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawseti(L, LUA_ENVIRONINDEX, BIND_OWNED);
    }
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushstring(L, kind);
    lua_setfield(L, -2, "__metatable");
    if (methods) {
        lua_pushvalue(L, methods);
        lua_setfield(L, -2, "__index");
    }
    lua_setfield(L, -2, kind);
    lua_pop(L, 1);
}
