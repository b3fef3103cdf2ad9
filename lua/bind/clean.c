/* clean.c: cleaners, feeds and streams of core/text.h as userdata; lua/tenmo/text checks what people give them. */
#include "bind.h"
#include "text.h"

#include <errno.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char CLEANER[] = "cleaner", FEED[] = "feed", STREAM[] = "stream", CLEANED[] = "cleaned", LIST[] = "list";

static void free_cleaner(void *c) { tm_cleaner_free(c); }
static void free_feed(void *f) { tm_feed_free(f); }
static void free_stream(void *s) { tm_stream_close(s); }
static void free_cleaned(void *r) { tm_cleaned_free(r); }

static void *self(lua_State *L, const char *kind) {
    void *object = bind_owned_at(L, 1, kind);
    if (!object) bind_error(L, "text: expects a %s that is open, got %s", kind, bind_type_at(L, 1));
    return object;
}

/* --- cleaners --------------------------------------------------------------------------------------------------- */

static const char *const kinds[] = {"lower",       "tags",  "urls",    "digits", "letters",
                                    "apostrophes", "words", "replace", NULL};

/* A field of the table on the stack's top, which stays alive with the table. */
static const char *text_field(lua_State *L, const char *name, size_t *n) {
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, n) : NULL;
    lua_pop(L, 1);
    return text;
}

/* The step on the stack's top: { kind =, least =, pattern =, with =, options = }, checked in Lua. */
static void read_step(lua_State *L, tm_step *step) {
    size_t n;
    const char *kind = text_field(L, "kind", &n);
    for (int i = 0; kind && kinds[i]; i++)
        if (!strcmp(kinds[i], kind)) step->kind = (tm_step_kind)i;
    lua_getfield(L, -1, "least");
    step->least = (uint32_t)lua_tonumber(L, -1);
    lua_pop(L, 1);
    step->pattern = text_field(L, "pattern", &step->pattern_n);
    step->with = text_field(L, "with", &step->with_n);
    lua_getfield(L, -1, "options");
    step->options = bind_regex_options(L, lua_gettop(L));
    lua_pop(L, 1);
}

/* cleaner(steps, invalid, merge) */
static int new_cleaner(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *invalid = luaL_checkstring(L, 2);
    bool merge = lua_toboolean(L, 3);
    int n = (int)lua_objlen(L, 1);
    bind_enter(L);
    tm_step *steps = lua_newuserdata(L, ((size_t)n + 1) * sizeof *steps);
    memset(steps, 0, ((size_t)n + 1) * sizeof *steps);
    void **c = bind_own(L, CLEANER, free_cleaner);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        read_step(L, &steps[i]);
        lua_pop(L, 1);
    }
    *c = tm_cleaner_new(n, steps,
                        !strcmp(invalid, "keep")      ? TM_INVALID_KEEP
                        : !strcmp(invalid, "replace") ? TM_INVALID_REPLACE
                                                      : TM_INVALID_ERROR,
                        merge);
    if (!*c) bind_raise(L, -1);
    return 1;
}

/* passes(cleaner): how many steps each pass does */
static int passes(lua_State *L) {
    tm_cleaner *c = self(L, CLEANER);
    lua_newtable(L);
    for (int i = 0; i < tm_cleaner_passes(c); i++) {
        lua_pushnumber(L, tm_cleaner_pass_steps(c, i));
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* clean(cleaner, list): a list of the texts that came out */
static int clean(lua_State *L) {
    tm_cleaner *c = self(L, CLEANER);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    size_t n = lua_objlen(L, 2);
    bind_enter(L);
    void **list = bind_own(L, LIST, free), **result = bind_own(L, CLEANED, free_cleaned);
    *list = malloc((n + 1) * (sizeof(char *) + sizeof(size_t)));
    if (!*list) bind_error(L, "clean: out of memory for a list of %zu texts", n);
    const char **text = *list;
    size_t *length = (size_t *)(text + n + 1);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            bind_error(L, "clean: text %zu expects a string, got %s", i + 1, bind_type_at(L, -1));
        text[i] = lua_tolstring(L, -1, &length[i]);
        lua_pop(L, 1);
    }
    *result = tm_clean(c, (int64_t)n, text, length);
    if (!*result) bind_raise(L, -1);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        size_t bytes;
        const char *cleaned = tm_cleaned_text(*result, (int64_t)i, &bytes);
        lua_pushlstring(L, cleaned, bytes);
        lua_rawseti(L, -2, (int)i + 1);
    }
    bind_free_owned(L, 3, LIST);
    bind_free_owned(L, 4, CLEANED);
    return 1;
}

/* A few large strings make much garbage in few steps of Lua's collector, which counts steps: so it is run now and then.
 */
static void collect_strings(lua_State *L, size_t bytes) {
    static size_t since;
    since += bytes;
    if (since < (size_t)64 << 20) return;
    since = 0;
    lua_gc(L, LUA_GCCOLLECT, 0);
}

/* --- feeds -------------------------------------------------------------------------------------------------------- */

/* feed(cleaner, lines, longest): holds on to its cleaner */
static int new_feed(lua_State *L) {
    tm_cleaner *c = self(L, CLEANER);
    bool lines = lua_toboolean(L, 2);
    size_t longest = (size_t)luaL_checknumber(L, 3);
    bind_enter(L);
    void **f = bind_own(L, FEED, free_feed);
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    lua_setfenv(L, -2);
    *f = tm_feed_new(c, lines, longest);
    if (!*f) bind_raise(L, -1);
    return 1;
}

/* feed:add(text, last): what is clean by now; nil and a message */
static int feed_add(lua_State *L) {
    size_t n, written;
    const char *text = luaL_checklstring(L, 2, &n), *out;
    collect_strings(L, n);
    tm_feed *f = self(L, FEED);
    out = tm_feed_add(f, text, n, lua_toboolean(L, 3), &written);
    if (!out) return bind_outside(L, -1);
    bind_output *copy = bind_new_output(L); /* a finalizer that runs while the string is made may use the feed */
    f = self(L, FEED);
    bind_write(L, copy, out, written);
    lua_pushlstring(L, copy->n ? copy->data : "", copy->n);
    free(copy->data);
    *copy = (bind_output){0};
    return 1;
}

/* --- streams ------------------------------------------------------------------------------------------------------ */

static int open_stream(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    bind_enter(L);
    void **s = bind_own(L, STREAM, free_stream);
    *s = tm_stream_open(path);
    if (!*s) return bind_outside(L, -1);
    return 1;
}

/* stream:read(n): a string of up to n bytes, nil at the end; nil and a message */
static int stream_read(lua_State *L) {
    enum { MOST = 1 << 30 };
    self(L, STREAM);
    lua_Number n = luaL_checknumber(L, 2);
    if (!(n >= 0 && n <= MOST)) bind_error(L, "read: expects a number of bytes from 0 to 2^30, got %.14g", n);
    collect_strings(L, (size_t)n);
    bind_output *out = bind_new_output(L);
    tm_stream *s = self(L, STREAM);
    out->data = malloc((size_t)n + 1);
    if (!out->data) bind_error(L, "read: out of memory for %.0f bytes", n);
    int64_t got = tm_stream_read(s, out->data, (size_t)n);
    if (got < 0) return bind_outside(L, -1);
    if (got == 0 && n > 0) return lua_pushnil(L), 1;
    lua_pushlstring(L, out->data, (size_t)got);
    free(out->data);
    out->data = NULL;
    return 1;
}

/* stream:pump(feed, file, buffer): the next block, cleaned, to a file without becoming a string; how many bytes were
 * written and whether it was the last, or nil and a message */
static int stream_pump(lua_State *L) {
    enum { BLOCK = 1 << 22 };
    tm_stream *s = self(L, STREAM);
    tm_feed *f = bind_owned_at(L, 2, FEED);
    FILE **file = luaL_checkudata(L, 3, LUA_FILEHANDLE);
    if (!f || !*file) bind_error(L, "pump: expects a feed and a file that is open");
    char *block = malloc(BLOCK);
    if (!block) bind_error(L, "pump: out of memory for a block");
    size_t written = 0;
    int64_t n = tm_stream_read(s, block, BLOCK);
    const char *out = n < 0 ? NULL : tm_feed_add(f, block, (size_t)n, n < BLOCK, &written);
    free(block);
    if (!out) return bind_outside(L, -1);
    errno = 0;
    if (fwrite(out, 1, written, *file) < written) {
        lua_pushnil(L);
        lua_pushstring(L, strerror(errno ? errno : EIO));
        return 2;
    }
    lua_pushnumber(L, (lua_Number)written);
    lua_pushboolean(L, n < BLOCK);
    return 2;
}

static int stream_kind(lua_State *L) { return lua_pushstring(L, tm_stream_kind(self(L, STREAM))), 1; }
static int stream_close(lua_State *L) { return bind_free_owned(L, 1, STREAM), 0; }

/* --- all of them -------------------------------------------------------------------------------------------------- */

static const luaL_Reg functions[] = {
    {"cleaner", new_cleaner}, {"passes", passes},    {"clean", clean},
    {"feed", new_feed},       {"open", open_stream}, {NULL, NULL},
};
static const luaL_Reg feed_methods[] = {{"add", feed_add}, {NULL, NULL}};
static const luaL_Reg stream_methods[] = {
    {"read", stream_read}, {"pump", stream_pump}, {"kind", stream_kind}, {"close", stream_close}, {NULL, NULL}};

static void kind_with(lua_State *L, int text, const char *kind, const char *field, const luaL_Reg *methods) {
    lua_newtable(L);
    bind_register(L, lua_gettop(L), methods);
    bind_own_kind(L, kind, lua_gettop(L));
    lua_setfield(L, text, field);
}

void bind_clean(lua_State *L, int text) {
    bind_own_kind(L, CLEANER, 0);
    bind_own_kind(L, CLEANED, 0);
    bind_own_kind(L, LIST, 0);
    kind_with(L, text, FEED, "feed_methods", feed_methods);
    kind_with(L, text, STREAM, "stream_methods", stream_methods);
    bind_register(L, text, functions);
}
