/* text.c: tenmo._text, the engine's functions for text. lua/tenmo/regex.lua and lua/tenmo/text make of it what people
 * see. */
#include "text.h"
#include "bind.h"

#include <string.h>

/* valid(text): nil, or the position of the first byte that isn't UTF-8 */
static int valid(lua_State *L) {
    size_t n, good;
    if (lua_type(L, 1) != LUA_TSTRING)
        bind_error(L, "text.valid: argument 1 ('text') expects a string, got %s", bind_type_at(L, 1));
    const char *text = lua_tolstring(L, 1, &n);
    good = tm_utf8_valid(text, n);
    if (good == n) return 0;
    lua_pushnumber(L, (lua_Number)good + 1);
    return 1;
}

/* repair(text): with U+FFFD for what isn't UTF-8, and how many there are */
static int repair(lua_State *L) {
    size_t n, at = 0;
    if (lua_type(L, 1) != LUA_TSTRING)
        bind_error(L, "text.repair: argument 1 ('text') expects a string, got %s", bind_type_at(L, 1));
    lua_settop(L, 1);
    const char *text = lua_tolstring(L, 1, &n);
    lua_Number count = 0;
    bind_output *out = NULL;
    for (;;) {
        size_t good = tm_utf8_valid(text + at, n - at);
        if (at + good == n && !out) break; /* nothing to mend: the same string */
        if (!out) out = bind_new_output(L);
        bind_write(L, out, text + at, good);
        at += good;
        if (at == n) break;
        bind_write(L, out, "\xEF\xBF\xBD", 3);
        at += tm_utf8_broken(text + at, n - at);
        count++;
    }
    if (out)
        lua_pushlstring(L, out->data, out->n);
    else
        lua_pushvalue(L, 1);
    lua_pushnumber(L, count);
    return 2;
}

static const luaL_Reg functions[] = {{"valid", valid}, {"repair", repair}, {NULL, NULL}};

void bind_text(lua_State *L) {
    lua_newtable(L);
    int text = lua_gettop(L);
    bind_register(L, text, functions);
    bind_regex(L, text);
    bind_clean(L, text);
}
