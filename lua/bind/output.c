/* output.c: bytes that grow outside of Lua's heap. The userdata on the stack gives them back when it is collected, so
 * a Lua error may jump away at any time. */
#include "bind.h"

#include <stdlib.h>
#include <string.h>

static int collect(lua_State *L) {
    bind_output *out = lua_touserdata(L, 1);
    free(out->data);
    *out = (bind_output){0};
    return 0;
}

/* No script ever sees one: they stay on the stacks of C functions. */
static void push_metatable(lua_State *L) {
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_OUTPUT);
    if (!lua_isnil(L, -1)) return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_ENVIRONINDEX, BIND_OUTPUT);
}

bind_output *bind_new_output(lua_State *L) {
    bind_output *out = lua_newuserdata(L, sizeof *out);
    *out = (bind_output){0};
    push_metatable(L);
    lua_setmetatable(L, -2);
    return out;
}

void bind_write(lua_State *L, bind_output *out, const char *text, size_t n) {
    if (n > out->room - out->n) {
        size_t room = 2 * out->room + n + 64;
        char *data = room > out->room ? realloc(out->data, room) : NULL;
        if (!data) bind_error(L, "out of memory: no room for a text of %zu bytes", out->n + n);
        out->data = data;
        out->room = room;
    }
    if (n) memcpy(out->data + out->n, text, n);
    out->n += n;
}
