/* box.c: the userdata that stands for a tensor, and who empties it: the collector (pool.c), tenmo.release,
 * tenmo.scope. */
#include "bind.h"

#include <string.h>

/* --- making and emptying -------------------------------------------------------------------------------- */

/* tenmo.scope: how many are open, and how many boxes the innermost has noted. */
static struct { int depth, noted; } scopes;

/* The innermost tenmo.scope remembers the boxes that are made in it, weakly. */
static void note(lua_State *L) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_SCOPE);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, ++scopes.noted);
    lua_pop(L, 1);
}

bind_box *bind_new_box(lua_State *L) {
    bind_box *box = bind_pool_box(L);
    lua_pushvalue(L, LUA_ENVIRONINDEX);
    lua_setmetatable(L, -2);
    if (scopes.depth) note(L);
    return box;
}

void bind_fill(bind_box *box, tm_tensor *x) {
    tm_tensor *old = box->x;
    box->x = tm_retain(x);
    tm_release(old);
}

void bind_empty(bind_box *box) {
    tm_tensor *x = box->x;
    box->x = NULL;
    tm_release(x);
}

/* --- reading ----------------------------------------------------------------------------------------------- */

tm_tensor *bind_tensor_at(lua_State *L, int i, const char *name, const char *argument) {
    bind_box *box = bind_box_at(L, i);
    if (!box) bind_error(L, "%s: argument %d ('%s') expects a tensor, got %s", name, i, argument, bind_type_at(L, i));
    if (!box->x)
        bind_error(L, "%s: argument %d ('%s'): this tensor was released%s", name, i, argument,
                   box->by_scope ? " by tenmo.scope" : "");
    return box->x;
}

tm_tensor *bind_self(lua_State *L, const char *name) {
    bind_box *box = bind_box_at(L, 1);
    if (box && box->x) return box->x;
    if (box) bind_error(L, "%s: this tensor was released%s", name, box->by_scope ? " by tenmo.scope" : "");
    if (strpbrk(name, "[#")) bind_error(L, "%s: expects x to be a tensor, got %s", name, bind_type_at(L, 1));
    bind_error(L, "%s: expects a tensor before the colon, as in x:%s(), got %s", name, name, bind_type_at(L, 1));
}

/* --- tenmo.release ----------------------------------------------------------------------------------------- */

int bind_release(lua_State *L) {
    int n = lua_gettop(L);
    bind_enter(L);
    for (int i = 1; i <= n; i++) {
        bind_box *box = bind_box_at(L, i);
        if (box)
            bind_empty(box);
        else if (!lua_isnil(L, i))
            bind_error(L, "release: argument %d expects a tensor, got %s", i, bind_type_at(L, i));
    }
    return 0;
}

/* --- tenmo.scope --------------------------------------------------------------------------------------------- */

/* Mark the value on the stack's top as returned: a box, or a table with boxes anywhere in it. Pops it. */
static void keep(lua_State *L, int kept, int depth) {
    bool table = lua_istable(L, -1);
    if ((!table && !bind_box_at(L, -1)) || depth > 100) {
        lua_pop(L, 1);
        return;
    }
    lua_pushvalue(L, -1);
    lua_rawget(L, kept);
    bool seen = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!seen) {
        lua_pushvalue(L, -1);
        lua_pushboolean(L, 1);
        lua_rawset(L, kept);
    }
    if (table && !seen) {
        luaL_checkstack(L, 10, "scope: results are nested too deeply");
        lua_pushnil(L);
        while (lua_next(L, -2)) keep(L, kept, depth + 1);
    }
    lua_pop(L, 1);
}

/* Open: a fresh weak table takes the notes. The one before stays on the stack, to be put back. */
static void open_scope(lua_State *L) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_SCOPE);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawseti(L, LUA_ENVIRONINDEX, BIND_SCOPE);
    scopes.depth++;
    scopes.noted = 0;
}

/* Empty the boxes noted in `made` that aren't in `kept`; those that are belong to the scope around. */
static void close_scope(lua_State *L, int made, int kept, int n) {
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, made, i);
        bind_box *box = bind_box_at(L, -1);
        lua_pushvalue(L, -1);
        if (box) lua_rawget(L, kept);
        bool stays = lua_toboolean(L, -1);
        lua_pop(L, 1);
        if (box && stays && scopes.depth) note(L);
        if (box && !stays) {
            box->by_scope = box->by_scope || box->x;
            bind_empty(box);
        }
        lua_pop(L, 1);
    }
}

/* scope(f, ...): call f, give back its results, and empty every other box that it made. */
int bind_scope(lua_State *L) {
    if (!lua_isfunction(L, 1)) bind_error(L, "scope: argument 1 ('f') expects a function, got %s", bind_type_at(L, 1));
    bind_enter(L);
    int arguments = lua_gettop(L) - 1, outer = scopes.noted;
    open_scope(L);
    lua_insert(L, 1); /* the outer scope's table, below f */
    bool failed = lua_pcall(L, arguments, LUA_MULTRET, 0) != 0;
    int results = lua_gettop(L) - 1, made = results + 2, kept = results + 3, n = scopes.noted;
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_SCOPE);
    lua_pushvalue(L, 1);
    lua_rawseti(L, LUA_ENVIRONINDEX, BIND_SCOPE);
    scopes.depth--;
    scopes.noted = outer;
    luaL_checkstack(L, 10, "scope: too many results");
    lua_newtable(L);
    for (int i = 2; i < made; i++) {
        lua_pushvalue(L, i);
        keep(L, kept, 0);
    }
    close_scope(L, made, kept, n);
    lua_settop(L, made - 1);
    return failed ? lua_error(L) : results;
}
