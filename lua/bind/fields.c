/* fields.c: fields of the table on the stack's top. */
#include "bind.h"

void bind_number_field(lua_State *L, const char *name, double value) {
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

void bind_text_field(lua_State *L, const char *name, const char *text) {
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

void bind_bool_field(lua_State *L, const char *name, bool value) {
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

void bind_address_field(lua_State *L, const char *name, const void *at) {
    lua_pushfstring(L, "%p", at);
    lua_setfield(L, -2, name);
}

void bind_line_field(lua_State *L, const tm_place *place) {
    if (!place->file) return;
    lua_pushfstring(L, "%s:%d", place->file, place->line);
    lua_setfield(L, -2, "line");
}
