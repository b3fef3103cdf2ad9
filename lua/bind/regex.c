/* regex.c: compiled patterns as userdata.
 *
 * A regex may be used while it is in use: a replacement function may call it, and so may a finalizer that runs while
 * captures become strings. So a matcher is taken for each match and given back before anything of Lua's is called;
 * whoever comes in between gets another. */
#include "bind.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Uses at once. When Lua has no memory left, one may stay taken until the regex is collected. */
#define MATCHERS 8

static const char regex_kind;

typedef struct holder {
    const void *kind;
    tm_regex *regex;
    tm_matcher *matcher[MATCHERS]; /* made when first needed */
    bool busy[MATCHERS];
    bool checks; /* texts have to be UTF-8 */
} holder;

static holder *holder_at(lua_State *L, int i) {
    holder *h = lua_touserdata(L, i);
    return h && lua_objlen(L, i) == sizeof *h && h->kind == &regex_kind ? h : NULL;
}

static holder *self(lua_State *L, int i, const char *name) {
    holder *h = holder_at(L, i);
    if (!h || !h->regex) bind_error(L, "%s: expects a regex before the colon, as in re:%s(text)", name, name);
    return h;
}

/* --- making --------------------------------------------------------------------------------------------------- */

static const char *const names[] = {"caseless", "multiline", "dotall", "extended", "ungreedy", "anchored", "bytes",
                                    "ascii",    "lenient",   "steps",  "depth",    "heap",     NULL};

static uint32_t limit(lua_State *L, int options, const char *name) {
    double value = bind_option_number(L, options, "regex", name, 0);
    if (!(value >= 0 && value < 4294967296.0) || value != (double)(uint32_t)value)
        bind_error(L, "regex: option '%s' expects a whole number below 2^32, got %.14g", name, value);
    return (uint32_t)value;
}

tm_regex_options bind_regex_options(lua_State *L, int i) {
    int options = bind_options(L, i, "regex", names);
    tm_regex_options o = {0};
    bool *const flags[] = {&o.caseless, &o.multiline, &o.dotall, &o.extended, &o.ungreedy,
                           &o.anchored, &o.bytes,     &o.ascii,  &o.lenient};
    for (size_t k = 0; k < sizeof flags / sizeof *flags; k++)
        *flags[k] = bind_option_bool(L, options, "regex", names[k], false);
    o.steps = limit(L, options, "steps");
    o.depth = limit(L, options, "depth");
    o.heap = limit(L, options, "heap");
    return o;
}

/* regex(pattern, options): the holder's environment keeps the pattern, and the last long text that was checked */
static int new_regex(lua_State *L) {
    size_t n;
    if (lua_type(L, 1) != LUA_TSTRING)
        bind_error(L, "regex: argument 1 ('pattern') expects a string, got %s", bind_type_at(L, 1));
    tm_regex_options options = bind_regex_options(L, 2);
    bind_enter(L);
    holder *h = lua_newuserdata(L, sizeof *h);
    *h = (holder){.kind = &regex_kind, .checks = !options.bytes && !options.lenient};
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_REGEX);
    lua_setmetatable(L, -2);
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    lua_setfenv(L, -2);
    const char *pattern = lua_tolstring(L, 1, &n);
    h->regex = tm_regex_new(pattern, n, &options);
    if (!h->regex) bind_raise(L, -1);
    return 1;
}

static int collect(lua_State *L) {
    holder *h = holder_at(L, 1);
    if (!h) return 0;
    for (int i = 0; i < MATCHERS; h->matcher[i++] = NULL) tm_matcher_free(h->matcher[i]);
    tm_regex_free(h->regex);
    h->regex = NULL;
    return 0;
}

/* --- texts ------------------------------------------------------------------------------------------------------- */

typedef struct subject {
    holder *h;
    const char *text;
    size_t n, from;
    const char *who;
} subject;

/* Somebody who looks for the next match again and again has a long text checked once, not at each call. */
static void check_text(lua_State *L, int regex, int i, const subject *s) {
    bool keep = s->from > 0 && s->n >= 1024;
    if (!s->h->checks) return;
    if (keep) {
        lua_getfenv(L, regex);
        lua_rawgeti(L, -1, 2);
        bool known = lua_rawequal(L, -1, i);
        lua_pop(L, 2);
        if (known) return;
    }
    size_t good = tm_utf8_valid(s->text, s->n);
    if (good < s->n)
        bind_error(L,
                   "%s: the text isn't UTF-8: byte 0x%02x at position %zu; regex's option lenient passes over such "
                   "bytes, bytes takes each as a character, text.repair puts U+FFFD for them",
                   s->who, (unsigned char)s->text[good], good + 1);
    if (!keep) return;
    lua_getfenv(L, regex);
    lua_pushvalue(L, i);
    lua_rawseti(L, -2, 2);
    lua_pop(L, 1);
}

/* Where to start: 1-based, negative from the end, as string.find has it. Beyond the end: no match, false. */
static bool read_start(lua_State *L, int i, subject *s) {
    int64_t start = 1;
    if (!lua_isnoneornil(L, i) && !bind_read_int(L, i, &start))
        bind_error(L, "%s: argument %d ('init') expects a whole number, got %s", s->who, i - 1, bind_type_at(L, i));
    if (start < 0) start += (int64_t)s->n + 1;
    if (start < 1) start = 1;
    if (start - 1 > (int64_t)s->n) return false;
    s->from = (size_t)start - 1;
    return true;
}

static bool read_subject(lua_State *L, int i, int init, subject *s) {
    if (lua_type(L, i) != LUA_TSTRING && lua_type(L, i) != LUA_TNUMBER)
        bind_error(L, "%s: argument 1 ('text') expects a string, got %s", s->who, bind_type_at(L, i));
    s->text = lua_tolstring(L, i, &s->n);
    if (init && !read_start(L, init, s)) return false;
    check_text(L, 1, i, s);
    if (s->h->checks && s->from < s->n && (s->text[s->from] & 0xC0) == 0x80)
        bind_error(L, "%s: position %zu lies inside a character", s->who, s->from + 1);
    return true;
}

/* --- matches ------------------------------------------------------------------------------------------------------ */

static tm_matcher *take(lua_State *L, holder *h) {
    int i = 0;
    while (i < MATCHERS && h->busy[i]) i++;
    if (i == MATCHERS) bind_error(L, "regex: it is in use %d times at once", MATCHERS);
    if (!h->matcher[i]) h->matcher[i] = tm_matcher_new(h->regex);
    if (!h->matcher[i]) bind_raise(L, -1);
    h->busy[i] = true;
    return h->matcher[i];
}

static void give(holder *h, const tm_matcher *m) {
    for (int i = 0; i < MATCHERS; i++)
        if (h->matcher[i] == m) h->busy[i] = false;
}

/* The next match, or NULL; the matcher has to be given back. */
static tm_matcher *search(lua_State *L, const subject *s, bool not_empty) {
    tm_matcher *m = take(L, s->h);
    if (tm_regex_match(m, s->text, s->n, s->from, not_empty)) return m;
    bool gave_up = tm_matcher_code(m) != 0;
    if (gave_up) tm_matcher_fail(m, s->who);
    give(s->h, m);
    if (gave_up) bind_raise(L, -1);
    return NULL;
}

/* A group that took no part is false, so that { re:match(text) } has no holes. */
static void push_group(lua_State *L, const subject *s, const size_t *o, int group) {
    if (o[2 * group] == TM_UNSET)
        lua_pushboolean(L, false);
    else
        lua_pushlstring(L, s->text + o[2 * group], o[2 * group + 1] - o[2 * group]);
}

/* The captures, or the whole match where the pattern has none (and whole asks for it). */
static int push_captures(lua_State *L, const subject *s, const tm_matcher *m, bool whole) {
    const size_t *o = tm_matcher_offsets(m);
    int groups = tm_regex_groups(s->h->regex);
    luaL_checkstack(L, groups + 1, "too many groups");
    if (groups == 0 && whole) {
        push_group(L, s, o, 0);
        return 1;
    }
    for (int i = 1; i <= groups; i++) push_group(L, s, o, i);
    return groups;
}

static int find_or_match(lua_State *L, bool find) {
    subject s = {.who = find ? "find" : "match"};
    s.h = self(L, 1, s.who);
    if (!read_subject(L, 2, 3, &s)) return lua_pushnil(L), 1;
    tm_matcher *m = search(L, &s, false);
    if (!m) return lua_pushnil(L), 1;
    int n = 0;
    if (find) {
        lua_pushnumber(L, (lua_Number)tm_matcher_offsets(m)[0] + 1);
        lua_pushnumber(L, (lua_Number)tm_matcher_offsets(m)[1]);
        n = 2;
    }
    n += push_captures(L, &s, m, !find);
    give(s.h, m);
    return n;
}

static int method_find(lua_State *L) { return find_or_match(L, true); }
static int method_match(lua_State *L) { return find_or_match(L, false); }

/* captures(text, init): a table of all groups by number (0: the whole match) and by name */
static int method_captures(lua_State *L) {
    subject s = {.who = "captures", .h = self(L, 1, "captures")};
    if (!read_subject(L, 2, 3, &s)) return lua_pushnil(L), 1;
    tm_matcher *m = search(L, &s, false);
    if (!m) return lua_pushnil(L), 1;
    const size_t *o = tm_matcher_offsets(m);
    lua_newtable(L);
    for (int i = 0; i <= tm_regex_groups(s.h->regex); i++) {
        push_group(L, &s, o, i);
        lua_rawseti(L, -2, i);
    }
    const char *name;
    for (int i = 0, group; (name = tm_regex_name(s.h->regex, i, &group)); i++) {
        if (o[2 * group] == TM_UNSET) continue; /* a name may stand for several groups: the one that matched */
        lua_pushstring(L, name);
        push_group(L, &s, o, group);
        lua_rawset(L, -3);
    }
    give(s.h, m);
    return 1;
}

/* Upvalues: the regex, the text, where to go on, whether the last match was empty. */
static int next_match(lua_State *L) {
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    subject s = {.who = "gmatch", .h = self(L, 1, "gmatch")};
    s.text = lua_tolstring(L, lua_upvalueindex(2), &s.n);
    s.from = (size_t)lua_tonumber(L, lua_upvalueindex(3));
    if (s.from > s.n) return 0;
    tm_matcher *m = search(L, &s, lua_toboolean(L, lua_upvalueindex(4)));
    const size_t *o = m ? tm_matcher_offsets(m) : NULL;
    lua_pushnumber(L, m ? (lua_Number)o[1] : (lua_Number)s.n + 1);
    lua_replace(L, lua_upvalueindex(3));
    if (!m) return 0;
    lua_pushboolean(L, o[0] == o[1]);
    lua_replace(L, lua_upvalueindex(4));
    int n = push_captures(L, &s, m, true);
    give(s.h, m);
    return n;
}

/* gmatch(text): for word in re:gmatch(text) do */
static int method_gmatch(lua_State *L) {
    subject s = {.who = "gmatch", .h = self(L, 1, "gmatch")};
    read_subject(L, 2, 0, &s);
    lua_settop(L, 2);
    lua_pushnumber(L, 0);
    lua_pushboolean(L, false);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

/* split(text): the pieces between the matches, one more than there are matches */
static int method_split(lua_State *L) {
    subject s = {.who = "split", .h = self(L, 1, "split")};
    read_subject(L, 2, 0, &s);
    lua_settop(L, 2);
    lua_newtable(L);
    size_t last = 0;
    int n = 0;
    bool empty = false;
    for (tm_matcher *m; (m = search(L, &s, empty));) {
        const size_t *o = tm_matcher_offsets(m);
        size_t first = o[0];
        s.from = o[1];
        give(s.h, m);
        empty = first == s.from;
        lua_pushlstring(L, s.text + last, first - last);
        lua_rawseti(L, 3, ++n);
        last = s.from;
    }
    lua_pushlstring(L, s.text + last, s.n - last);
    lua_rawseti(L, 3, ++n);
    return 1;
}

/* --- gsub --------------------------------------------------------------------------------------------------------- */

/* The group that %{name} or %{12} stands for, at the brace; *end is behind it. */
static int braced_group(lua_State *L, const holder *h, const char *text, size_t n, size_t *end) {
    size_t i = 1;
    while (i < n && text[i] != '}') i++;
    char name[64];
    if (i == n || i == 1 || i > sizeof name) bind_error(L, "gsub: the replacement has a '%%{' without a name and '}'");
    memcpy(name, text + 1, i - 1);
    name[i - 1] = 0;
    *end = i + 1;
    int group;
    const char *known;
    for (int k = 0; (known = tm_regex_name(h->regex, k, &group)); k++)
        if (!strcmp(known, name)) return group;
    char *rest;
    long number = strtol(name, &rest, 10);
    if (*rest || number < 0 || number > 65535) bind_error(L, "gsub: the pattern has no group named '%s'", name);
    return (int)number;
}

/* %0 to %9, %{name}, %{12}: the group at the percent sign, -1 for %%; *end is behind it. */
static int escaped_group(lua_State *L, const holder *h, const char *text, size_t n, size_t *end) {
    *end = 2;
    if (n < 2 || !(text[1] == '%' || text[1] == '{' || (text[1] >= '0' && text[1] <= '9')))
        bind_error(L, "gsub: in the replacement %% is followed by a digit, {name} or %%");
    if (text[1] == '%') return -1;
    if (text[1] != '{') return text[1] - '0';
    int group = braced_group(L, h, text + 1, n - 1, end);
    (*end)++;
    return group;
}

/* Write the replacement for a match at o; or, without out, look whether it can be. */
static void write_replacement(lua_State *L, bind_output *out, const subject *s, const size_t *o) {
    size_t n, end;
    const char *text = lua_tolstring(L, 3, &n);
    for (; n; text += end, n -= end) {
        const char *percent = memchr(text, '%', n);
        end = percent ? (size_t)(percent - text) : n;
        if (out) bind_write(L, out, text, end);
        if (!percent) continue;
        text += end;
        n -= end;
        int group = escaped_group(L, s->h, text, n, &end), groups = tm_regex_groups(s->h->regex);
        if (group > groups) bind_error(L, "gsub: the replacement names group %d; the pattern has %d", group, groups);
        if (out && group < 0) bind_write(L, out, "%", 1);
        if (out && group >= 0 && o[2 * group] != TM_UNSET)
            bind_write(L, out, s->text + o[2 * group], o[2 * group + 1] - o[2 * group]);
    }
}

/* What a table or a function says for a match: a string or number; nil or false keep the match. */
static void write_answer(lua_State *L, bind_output *out, const subject *s, size_t first, size_t last) {
    size_t n;
    if (!lua_toboolean(L, -1)) {
        bind_write(L, out, s->text + first, last - first);
    } else if (lua_isstring(L, -1)) {
        const char *text = lua_tolstring(L, -1, &n);
        bind_write(L, out, text, n);
    } else
        bind_error(L, "gsub: the replacement for '%.40s' is %s; expected a string, a number, or nil to keep it",
                   s->text + first, bind_type_at(L, -1));
}

/* Replace one match, which m holds; m is given back before Lua is called. */
static void replace(lua_State *L, bind_output *out, const subject *s, tm_matcher *m) {
    size_t first = tm_matcher_offsets(m)[0], last = tm_matcher_offsets(m)[1];
    int top = lua_gettop(L), n;
    if (lua_isstring(L, 3)) {
        write_replacement(L, out, s, tm_matcher_offsets(m));
        give(s->h, m);
        return;
    }
    if (lua_isfunction(L, 3)) lua_pushvalue(L, 3);
    n = push_captures(L, s, m, true);
    give(s->h, m);
    if (lua_isfunction(L, 3)) {
        lua_call(L, n, 1);
    } else {
        lua_settop(L, top + 1);
        lua_gettable(L, 3);
    }
    write_answer(L, out, s, first, last);
    lua_settop(L, top);
}

static double read_count(lua_State *L) {
    int64_t most;
    if (lua_isnoneornil(L, 4)) return 1e300;
    if (!bind_read_int(L, 4, &most))
        bind_error(L, "gsub: argument 3 ('most') expects a whole number, got %s", bind_type_at(L, 4));
    return (double)most;
}

/* gsub(text, replacement, most): the text with its matches replaced, and how many there were */
static int method_gsub(lua_State *L) {
    subject s = {.who = "gsub", .h = self(L, 1, "gsub")};
    read_subject(L, 2, 0, &s);
    if (!lua_isstring(L, 3) && !lua_isfunction(L, 3) && !lua_istable(L, 3))
        bind_error(L, "gsub: argument 2 ('replacement') expects a string, a table or a function, got %s",
                   bind_type_at(L, 3));
    if (lua_isstring(L, 3)) write_replacement(L, NULL, &s, NULL);
    double most = read_count(L), n = 0;
    lua_settop(L, 3);
    bind_output *out = bind_new_output(L);
    bool empty = false;
    size_t last = 0;
    for (tm_matcher *m; n < most && (m = search(L, &s, empty)); n++) {
        const size_t *o = tm_matcher_offsets(m);
        bind_write(L, out, s.text + last, o[0] - last);
        empty = o[0] == o[1];
        last = s.from = o[1];
        replace(L, out, &s, m);
    }
    if (n == 0) {
        lua_pushvalue(L, 2);
    } else {
        bind_write(L, out, s.text + last, s.n - last);
        lua_pushlstring(L, out->data, out->n);
    }
    lua_pushnumber(L, n);
    return 2;
}

/* --- what it is --------------------------------------------------------------------------------------------------- */

/* info(): { pattern =, groups =, names = { name = group }, jit = } */
static int method_info(lua_State *L) {
    holder *h = self(L, 1, "info");
    lua_createtable(L, 0, 4);
    lua_getfenv(L, 1);
    lua_rawgeti(L, -1, 1);
    lua_setfield(L, -3, "pattern");
    lua_pop(L, 1);
    bind_number_field(L, "groups", tm_regex_groups(h->regex));
    bind_bool_field(L, "jit", tm_regex_has_jit(h->regex));
    lua_newtable(L);
    const char *name;
    for (int i = 0, group; (name = tm_regex_name(h->regex, i, &group)); i++) bind_number_field(L, name, group);
    lua_setfield(L, -2, "names");
    return 1;
}

static int to_string(lua_State *L) {
    self(L, 1, "tostring");
    lua_getfenv(L, 1);
    lua_rawgeti(L, -1, 1);
    lua_pushfstring(L, "regex '%s'", lua_tostring(L, -1));
    return 1;
}

static const luaL_Reg methods[] = {
    {"find", method_find},   {"match", method_match}, {"captures", method_captures}, {"gmatch", method_gmatch},
    {"split", method_split}, {"gsub", method_gsub},   {"info", method_info},         {NULL, NULL},
};

void bind_regex(lua_State *L, int text) {
    lua_createtable(L, 0, 4);
    int metatable = lua_gettop(L);
    lua_newtable(L);
    bind_register(L, metatable + 1, methods);
    lua_pushvalue(L, metatable + 1);
    lua_setfield(L, text, "regex_methods");
    lua_setfield(L, metatable, "__index");
    lua_pushcfunction(L, to_string);
    lua_setfield(L, metatable, "__tostring");
    lua_pushcfunction(L, collect);
    lua_setfield(L, metatable, "__gc");
    lua_pushliteral(L, "regex");
    lua_setfield(L, metatable, "__metatable");
    lua_rawseti(L, LUA_ENVIRONINDEX, BIND_REGEX);
    lua_pushcfunction(L, new_regex);
    lua_setfield(L, text, "regex");
}
