/* text_build.c: how tokenizers are made. lua/tenmo/text makes them out of `builders`, vocabularies that grow. */
#include "text_tokens.h"

const char tokens_builder_kind, tokens_tokenizer_kind;

holder *tokens_holder(lua_State *L, int i, const void *kind) {
    holder *h = lua_touserdata(L, i);
    return h && lua_objlen(L, i) == sizeof *h && h->kind == kind ? h : NULL;
}

tm_words *tokens_builder(lua_State *L, int i) {
    holder *h = tokens_holder(L, i, &tokens_builder_kind);
    if (!h || !h->words) bind_error(L, "tokens: argument %d expects a builder, got %s", i, bind_type_at(L, i));
    return h->words;
}

tm_tokenizer *tokens_self(lua_State *L, const char *name) {
    holder *h = tokens_holder(L, 1, &tokens_tokenizer_kind);
    if (!h || !h->t)
        bind_error(L, "%s: expects a tokenizer before the colon, as in tokenizer:%s(...), got %s", name, name,
                   bind_type_at(L, 1));
    return h->t;
}

tm_text tokens_text(lua_State *L, int i, const char *name, const char *argument) {
    if (lua_type(L, i) != LUA_TSTRING)
        bind_error(L, "%s: argument %d ('%s') expects a string, got %s", name, i - 1, argument, bind_type_at(L, i));
    tm_text text;
    text.at = lua_tolstring(L, i, &text.n);
    return text;
}

/* Upvalue 1: the metatable. */
static holder *tokens_new(lua_State *L, const void *kind, int metatable) {
    holder *h = lua_newuserdata(L, sizeof *h);
    *h = (holder){.kind = kind};
    lua_pushvalue(L, metatable);
    lua_setmetatable(L, -2);
    return h;
}

/* What goes wrong in core is raised; there is no scope open. */
int tokens_fail(lua_State *L) { return bind_raise(L, tm_scope_open()); }

/* --- builders ---------------------------------------------------------------------------------------------------- */

int tokens_new_builder(lua_State *L) {
    holder *h = tokens_new(L, &tokens_builder_kind, lua_upvalueindex(1));
    h->words = tm_words_new();
    return h->words ? 1 : tokens_fail(L);
}

int tokens_builder_collect(lua_State *L) {
    holder *h = tokens_holder(L, 1, &tokens_builder_kind);
    if (h) tm_words_free(h->words);
    if (h) h->words = NULL;
    return 0;
}

/* builder:count(text, ngrams = 1, stop = nil): counts the words of a document */
static int count_text(lua_State *L) {
    tm_words *w = tokens_builder(L, 1), *stop = lua_isnoneornil(L, 4) ? NULL : tokens_builder(L, 4);
    tm_text text = tokens_text(L, 2, "count", "text");
    if (!tm_words_count_text(w, text, (int)luaL_optinteger(L, 3, 1), stop)) return tokens_fail(L);
    return 0;
}

static int count_characters(lua_State *L) {
    tm_words *w = tokens_builder(L, 1);
    if (!tm_words_count_characters(w, tokens_text(L, 2, "count_characters", "text"))) return tokens_fail(L);
    return 0;
}

/* builder:add(word, count = 0, hidden = false) is its id */
static int add_word(lua_State *L) {
    tm_words *w = tokens_builder(L, 1);
    tm_text word = tokens_text(L, 2, "add", "word");
    int64_t count = (int64_t)luaL_optnumber(L, 3, 0);
    int64_t id =
        lua_toboolean(L, 4) ? tm_words_add_hidden(w, word.at, word.n, count) : tm_words_add(w, word.at, word.n, count);
    if (id < 0) return tokens_fail(L);
    lua_pushnumber(L, (lua_Number)id);
    return 1;
}

/* builder:select(from, min_count, most, order): takes words of another; returns how many occurrences stayed behind */
static int select_words(lua_State *L) {
    static const char *const orders[] = {"word", "count", "seen", NULL};
    tm_words *to = tokens_builder(L, 1), *from = tokens_builder(L, 2);
    int64_t left = 0, most = (int64_t)luaL_checknumber(L, 4);
    tm_order order = (tm_order)luaL_checkoption(L, 5, "word", orders);
    if (!tm_words_select(to, from, (int64_t)luaL_checknumber(L, 3), most, order, &left)) return tokens_fail(L);
    lua_pushnumber(L, (lua_Number)left);
    return 1;
}

static int set_count(lua_State *L) {
    tm_words *w = tokens_builder(L, 1);
    int64_t id;
    if (!bind_read_int(L, 2, &id) || id < 0 || id >= tm_words_size(w)) bind_error(L, "set_count: no such id");
    tm_words_set_count(w, id, (int64_t)luaL_checknumber(L, 3));
    return 0;
}

static int builder_size(lua_State *L) {
    lua_pushnumber(L, (lua_Number)tm_words_size(tokens_builder(L, 1)));
    return 1;
}

/* --- making tokenizers -------------------------------------------------------------------------------------------- */

const char *const tokens_kinds[] = {"words", "characters", "bytes", "bpe", "wordpiece", NULL};

/* tokenizer(kind, builder): takes over the builder's words */
int tokens_new_tokenizer(lua_State *L) {
    tm_tokenizer_kind kind = (tm_tokenizer_kind)luaL_checkoption(L, 1, NULL, tokens_kinds);
    holder *h = tokens_new(L, &tokens_tokenizer_kind, lua_upvalueindex(1));
    tm_words *words = tokens_builder(L, 2);
    tokens_holder(L, 2, &tokens_builder_kind)->words = NULL;
    h->t = tm_tokenizer_new(kind, words);
    return h->t ? 1 : tokens_fail(L);
}

int tokens_tokenizer_collect(lua_State *L) {
    holder *h = tokens_holder(L, 1, &tokens_tokenizer_kind);
    if (h) tm_tokenizer_free(h->t);
    if (h) h->t = NULL;
    return 0;
}

int64_t tokens_id(lua_State *L, int i, const tm_tokenizer *t, const char *name) {
    int64_t id;
    if (!bind_read_int(L, i, &id) || id < 0 || id >= tm_tokenizer_size(t))
        bind_error(L, "%s: expects an id from 0 to %lld, got %s", name, (long long)tm_tokenizer_size(t) - 1,
                   bind_type_at(L, i));
    return id;
}

static int set_unknown(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "set_unknown");
    if (!tm_tokenizer_set_unknown(t, tokens_id(L, 2, t, "set_unknown"))) return tokens_fail(L);
    return 0;
}

static int add_special(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "add_special");
    tm_text name = tokens_text(L, 2, "add_special", "name");
    int64_t id = tm_tokenizer_add_special(t, name.at, name.n);
    if (id < 0) return tokens_fail(L);
    lua_pushnumber(L, (lua_Number)id);
    return 1;
}

static int mark_special(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "mark_special");
    if (!tm_tokenizer_mark_special(t, tokens_id(L, 2, t, "mark_special"))) return tokens_fail(L);
    return 0;
}

/* set_words(t, ngrams, stop = nil): takes over the stop words */
static int set_words(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "set_words");
    int ngrams = (int)luaL_checkinteger(L, 2);
    tm_words *stop = NULL;
    if (!lua_isnoneornil(L, 3)) {
        stop = tokens_builder(L, 3);
        tokens_holder(L, 3, &tokens_builder_kind)->words = NULL;
    }
    tm_tokenizer_set_words(t, ngrams, stop);
    return 0;
}

/* --- byte-pair encoding ------------------------------------------------------------------------------------------- */

static tm_tokenizer *self_bpe(lua_State *L, const char *name) {
    tm_tokenizer *t = tokens_self(L, name);
    if (tm_tokenizer_kind_of(t) != TM_BPE) bind_error(L, "%s: expects a tokenizer of byte-pair encoding", name);
    return t;
}

/* set_pattern(t, pattern): a regular expression whose matches are the pieces */
static int set_pattern(lua_State *L) {
    tm_tokenizer *t = self_bpe(L, "set_pattern");
    tm_text pattern = tokens_text(L, 2, "set_pattern", "pattern");
    if (!tm_tokenizer_set_pattern(t, pattern.at, pattern.n)) return tokens_fail(L);
    return 0;
}

static int set_whole(lua_State *L) {
    tm_tokenizer_set_whole(self_bpe(L, "set_whole"), lua_toboolean(L, 2));
    return 0;
}

static int add_merge(lua_State *L) {
    tm_tokenizer *t = self_bpe(L, "add_merge");
    tm_text left = tokens_text(L, 2, "add_merge", "left"), right = tokens_text(L, 3, "add_merge", "right");
    return tm_tokenizer_add_merge(t, left, right) ? 0 : tokens_fail(L);
}

/* merges(t) is a list of left ids and one of right ids */
static int merges(lua_State *L) {
    tm_tokenizer *t = self_bpe(L, "merges");
    int64_t n = tm_tokenizer_merges(t), left, right;
    lua_createtable(L, (int)n, 0);
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        tm_tokenizer_merge(t, i, &left, &right);
        lua_pushnumber(L, (lua_Number)left);
        lua_rawseti(L, -3, (int)i + 1);
        lua_pushnumber(L, (lua_Number)right);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 2;
}

/* set_normaliser(t, clean, chinese, strip_accents, lowercase) */
static int set_normaliser(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "set_normaliser");
    static const unsigned bits[] = {TM_CLEAN, TM_CHINESE, TM_STRIP_ACCENTS, TM_LOWERCASE};
    unsigned how = 0;
    for (int i = 0; i < 4; i++) how |= lua_toboolean(L, i + 2) ? bits[i] : 0;
    tm_tokenizer_set_normaliser(t, how);
    return 0;
}

/* set_around(t, before, behind): lists of ids */
static int set_around(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "set_around");
    int64_t ids[2][16];
    size_t n[2] = {0, 0};
    for (int side = 0; side < 2; side++) {
        luaL_checktype(L, side + 2, LUA_TTABLE);
        for (size_t length = lua_objlen(L, side + 2); n[side] < length && n[side] < 16; n[side]++) {
            lua_rawgeti(L, side + 2, (int)n[side] + 1);
            ids[side][n[side]] = tokens_id(L, -1, t, "set_around");
            lua_pop(L, 1);
        }
    }
    return tm_tokenizer_set_around(t, ids[0], n[0], ids[1], n[1]) ? 0 : tokens_fail(L);
}

/* around(t) is the two lists */
static int around(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "around");
    for (int side = 0; side < 2; side++) {
        const tm_ids *ids = tm_tokenizer_around(t, side);
        lua_createtable(L, (int)ids->n, 0);
        for (size_t i = 0; i < ids->n; i++) {
            lua_pushnumber(L, (lua_Number)ids->v[i]);
            lua_rawseti(L, -2, (int)i + 1);
        }
    }
    return 2;
}

static int count_pieces(lua_State *L) {
    tm_tokenizer *t = self_bpe(L, "count_pieces");
    tm_text text = tokens_text(L, 2, "count_pieces", "text");
    return tm_tokenizer_count_pieces(t, text, tokens_builder(L, 3)) ? 0 : tokens_fail(L);
}

static int train(lua_State *L) {
    tm_tokenizer *t = self_bpe(L, "train");
    tm_words *pieces = tokens_builder(L, 2);
    int64_t n = (int64_t)luaL_checknumber(L, 3), least = (int64_t)luaL_checknumber(L, 4);
    return tm_tokenizer_train(t, pieces, n, least) ? 0 : tokens_fail(L);
}

/* about(t) is kind, id of unknown text or nil, ngrams */
static int about(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "about");
    lua_pushstring(L, tokens_kinds[tm_tokenizer_kind_of(t)]);
    if (tm_tokenizer_unknown(t) >= 0)
        lua_pushnumber(L, (lua_Number)tm_tokenizer_unknown(t));
    else
        lua_pushnil(L);
    lua_pushinteger(L, tm_tokenizer_ngrams(t));
    return 3;
}

/* stop_words(t) is a list of them */
static int stop_words(lua_State *L) {
    const tm_words *stop = tm_tokenizer_stop(tokens_self(L, "stop_words"));
    lua_newtable(L);
    for (int64_t i = 0; stop && i < tm_words_size(stop); i++) {
        tm_text word = tm_words_word(stop, i);
        lua_pushlstring(L, word.at, word.n);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* --- what the module shows of this file ------------------------------------------------------------------------- */

const luaL_Reg tokens_builder_methods[] = {
    {"count", count_text},
    {"count_characters", count_characters},
    {"add", add_word},
    {"select", select_words},
    {"set_count", set_count},
    {"size", builder_size},
    {NULL, NULL},
};
const luaL_Reg tokens_tools[] = {
    {"set_unknown", set_unknown},
    {"add_special", add_special},
    {"mark_special", mark_special},
    {"set_words", set_words},
    {"about", about},
    {"stop_words", stop_words},
    {"set_pattern", set_pattern},
    {"set_whole", set_whole},
    {"add_merge", add_merge},
    {"merges", merges},
    {"count_pieces", count_pieces},
    {"train", train},
    {"set_normaliser", set_normaliser},
    {"set_around", set_around},
    {"around", around},
    {NULL, NULL},
};
