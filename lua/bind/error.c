/* error.c: from what went wrong to a Lua error that begins with the person's line; and Ctrl-C. */
#include "bind.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- raising ------------------------------------------------------------------------------------------------ */

static void push_with_place(lua_State *L, const char *message) {
    char place[LUA_IDSIZE + 32];
    lua_pushfstring(L, "%s%s", bind_where(L, place, sizeof place) ? place : "", message);
}

int bind_error(lua_State *L, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    push_with_place(L, message);
    lua_error(L);
    __builtin_unreachable();
}

/* The engine's message has to be copied before Lua is called again: a finalizer may use the engine. */
static tm_error_kind take_error(char *message, size_t n, int scope) {
    tm_error_kind kind = tm_error();
    snprintf(message, n, "%s", kind == TM_OK ? "the engine failed without a reason" : tm_error_message());
    tm_error_clear();
    tm_scope_close(scope);
    return kind;
}

int bind_raise(lua_State *L, int scope) {
    char message[1024];
    if (take_error(message, sizeof message, scope) == TM_INTERRUPTED) bind_forget_interrupt(L);
    push_with_place(L, message);
    lua_error(L);
    __builtin_unreachable();
}

int bind_outside(lua_State *L, int scope) {
    if (tm_error() != TM_OUTSIDE) bind_raise(L, scope);
    char message[1024];
    take_error(message, sizeof message, scope);
    lua_pushnil(L);
    lua_pushstring(L, message);
    return 2;
}

/* --- words for messages ---------------------------------------------------------------------------------------- */

const char *bind_type_at(lua_State *L, int i) {
    static char text[4][64];
    static int turn;
    if (bind_box_at(L, i)) return "a tensor";
    switch (lua_type(L, i)) {
    case LUA_TNONE: return "no value";
    case LUA_TNUMBER:
        turn = (turn + 1) & 3;
        if (isnan(lua_tonumber(L, i))) return "number nan"; /* printf may say -nan */
        snprintf(text[turn], sizeof text[turn], "number %.14g", lua_tonumber(L, i));
        return text[turn];
    case LUA_TSTRING:
        turn = (turn + 1) & 3;
        snprintf(text[turn], sizeof text[turn], "string '%.40s'", lua_tostring(L, i));
        return text[turn];
    default: return luaL_typename(L, i);
    }
}

/* Edit distance with exchanged neighbours (optimal string alignment), for names shorter than 32. */
static int distance(const char *a, const char *b) {
    enum { MOST = 32 };
    int n = (int)strlen(a), m = (int)strlen(b), d[MOST + 1][MOST + 1];
    if (n > MOST || m > MOST) return MOST;
    for (int i = 0; i <= n; i++) d[i][0] = i;
    for (int j = 0; j <= m; j++) d[0][j] = j;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

/* Of two candidates at the same distance: one that continues the name, then the first in the alphabet, so that
 * the answer doesn't depend on the order of a hash table. */
static bool better(const char *name, const char *candidate, const char *found) {
    size_t n = strlen(name);
    bool continues = !strncmp(candidate, name, n), found_continues = found && !strncmp(found, name, n);
    return !found || (continues != found_continues ? continues : strcmp(candidate, found) < 0);
}

const char *bind_nearest(const char *name, bind_names next, const void *context) {
    const char *found = NULL, *candidate;
    int least = strlen(name) <= 3 ? 1 : (int)strlen(name) / 3 + 1; /* further than that is another word */
    for (int i = 0; (candidate = next(context, i)); i++) {
        int d = distance(name, candidate);
        if (d > least || (d == least && !better(name, candidate, found))) continue;
        least = d;
        found = candidate;
    }
    return found;
}

static const char *dtype_name(const void *context, int i) {
    (void)context;
    return i < TM_DTYPES ? tm_dtype_name((tm_dtype)i) : NULL;
}

const char *bind_nearest_dtype(const char *name) { return bind_nearest(name, dtype_name, NULL); }

/* --- Ctrl-C ------------------------------------------------------------------------------------------------------ */

volatile bool bind_started;

static void stop(lua_State *L, lua_Debug *ar) {
    (void)ar;
    bind_forget_interrupt(L);
    bind_error(L, "interrupted");
}

/* May be called from a signal handler: both calls only set flags. */
void bind_interrupt(lua_State *L) {
    if (bind_started) tm_interrupt();
    lua_sethook(L, stop, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
}

/* Whichever of engine and hook saw the interrupt, the other must not report it again. */
void bind_forget_interrupt(lua_State *L) {
    if (lua_gethook(L) != stop) return;
    lua_sethook(L, NULL, 0, 0);
    tm_forget_interrupt();
}
