/* options.c: the options table of functions that aren't rows of the op table (grad, backward, optimizers). */
#include "bind.h"

#include <string.h>

static const char *known_name(const void *context, int i) { return ((const char *const *)context)[i]; }

static void check_names(lua_State *L, int i, const char *name, const char *const *known) {
    for (lua_pushnil(L); lua_next(L, i); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            bind_error(L, "%s: the options table has a key that isn't a name: %s", name, bind_type_at(L, -2));
        const char *key = lua_tostring(L, -2);
        int k = 0;
        while (known[k] && strcmp(known[k], key)) k++;
        if (known[k]) continue;
        const char *near = bind_nearest(key, known_name, known);
        if (near) bind_error(L, "%s: there is no option '%.40s'; did you mean '%s'?", name, key, near);
        for (k = 0; known[k]; k++) lua_pushfstring(L, k ? ", %s" : "%s", known[k]);
        lua_concat(L, k);
        bind_error(L, "%s: there is no option '%.40s'; there are: %s", name, key, lua_tostring(L, -1));
    }
}

int bind_options(lua_State *L, int i, const char *name, const char *const *known) {
    if (lua_isnoneornil(L, i)) return 0;
    if (!lua_istable(L, i))
        bind_error(L, "%s: argument %d expects a table of options, got %s", name, i, bind_type_at(L, i));
    check_names(L, i, name, known);
    return i;
}

/* Push the option; false if it was left out. */
static bool push(lua_State *L, int options, const char *option) {
    if (!options) return false;
    lua_pushstring(L, option);
    lua_rawget(L, options);
    if (!lua_isnil(L, -1)) return true;
    lua_pop(L, 1);
    return false;
}

bool bind_option_bool(lua_State *L, int options, const char *name, const char *option, bool preset) {
    if (!push(L, options, option)) return preset;
    if (!lua_isboolean(L, -1))
        bind_error(L, "%s: option '%s' expects a boolean, got %s", name, option, bind_type_at(L, -1));
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

double bind_option_number(lua_State *L, int options, const char *name, const char *option, double preset) {
    if (!push(L, options, option)) return preset;
    if (lua_type(L, -1) != LUA_TNUMBER)
        bind_error(L, "%s: option '%s' expects a number, got %s", name, option, bind_type_at(L, -1));
    double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

/* Words that people use for devices of other libraries aren't taken for dtypes. */
const char *bind_device_word(lua_State *L, int i, const char *name) {
    const char *word = lua_tostring(L, i);
    for (int k = 0; k < TM_DEVICES; k++)
        if (!strcmp(word, tm_device_known(k))) return tm_device_known(k);
    if (strncmp(word, "cuda", 4) && strncmp(word, "gpu", 3) && strncmp(word, "cpu", 3)) return NULL;
    bind_error(L, "%s: there is no device '%.40s'; there are %s and %s", name, word, tm_device_known(0),
               tm_device_known(1));
}

const char *bind_option_device(lua_State *L, int options, const char *name) {
    if (!push(L, options, "device")) return tm_device_known(0);
    int at = lua_gettop(L);
    const char *device = lua_type(L, at) == LUA_TSTRING ? bind_device_word(L, at, name) : NULL;
    if (!device)
        bind_error(L, "%s: option 'device' expects %s or %s, got %s", name, tm_device_known(0), tm_device_known(1),
                   bind_type_at(L, at));
    lua_pop(L, 1);
    return device;
}

tm_dtype bind_option_dtype(lua_State *L, int options, const char *name, tm_dtype preset) {
    if (!push(L, options, "dtype")) return preset;
    tm_dtype value = bind_dtype_at(L, lua_gettop(L), name);
    lua_pop(L, 1);
    return value;
}
