/* place.c: which line of the person's script is running.
 *
 * Nodes and errors carry it. The frames of our own Lua modules are skipped, so a call inside nn.Linear is
 * noted at the line that called the model. Finding the line costs a walk of one or two frames; the name of
 * its file is looked up by the address of the chunk's name, which is pinned so that it stays what it was. */
#include "bind.h"

#include <stdio.h>
#include <string.h>

enum { SLOTS = 64, MOST_PINS = 4096 };

static struct place {
    const char *source; /* as Lua has it: the address is the key */
    const char *file;   /* as people read it; NULL: ours, or C */
} known[SLOTS];

static int pins;

void bind_forget_places(void) {
    memset(known, 0, sizeof known);
    pins = 0;
}

static bool ours(const char *source) {
    const char *lua = bind_path(BIND_LUA);
    size_t n = strlen(lua);
    return !strcmp(source, "=[C]") ||
           (n && source[0] == '@' && !strncmp(source + 1, lua, n) && !strncmp(source + 1 + n, "/tenmo/", 7));
}

/* Keep the chunk's name alive, so that no other string gets its address. Only for files and short names; one that lost
 * its slot to another is pinned already. */
static bool pin(lua_State *L, const char *source) {
    if (source[0] != '@' && source[0] != '=') return false;
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_PINS);
    lua_pushstring(L, source); /* strings are unique: this is the same one */
    lua_rawget(L, -2);
    bool pinned = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!pinned && pins < MOST_PINS) {
        lua_pushstring(L, source);
        lua_pushboolean(L, 1);
        lua_rawset(L, -3);
        pins++;
        pinned = true;
    }
    lua_pop(L, 1);
    return pinned;
}

static const char *look_up(lua_State *L, const lua_Debug *ar, struct place *slot) {
    const char *source = ar->source;
    const bool pinned = pin(L, source);
    const char *file = ours(source) ? NULL : pinned || pins < MOST_PINS ? tm_intern(ar->short_src) : "[string]";
    if (pinned) *slot = (struct place){source, file};
    return file;
}

/* The person's frame: the innermost Lua function that isn't ours. */
static const char *find(lua_State *L, int *line) {
    lua_Debug ar;
    for (int level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        struct place *slot = &known[(uintptr_t)ar.source / 16 % SLOTS];
        const char *file = slot->source == ar.source ? slot->file : look_up(L, &ar, slot);
        if (file && ar.currentline > 0) {
            *line = ar.currentline;
            return file;
        }
    }
    return NULL;
}

bool bind_all_places;

void bind_place(lua_State *L) { tm_here.file = find(L, &tm_here.line); }

bool bind_where(lua_State *L, char *text, size_t n) {
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline <= 0 || ours(ar.source)) continue;
        snprintf(text, n, "%s:%d: ", ar.short_src, ar.currentline);
        return true;
    }
    return false;
}
