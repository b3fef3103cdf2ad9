/* text_tokens.c: tokenizers as userdata: what a person does with them. */
#include "text_tokens.h"

#include <stdlib.h>
#include <string.h>

/* --- encoding ----------------------------------------------------------------------------------------------------- */

typedef struct encode_options {
    tm_encoding how;
    bool as_table;
    int64_t pad; /* -1: none */
} encode_options;

static int64_t special_at(lua_State *L, int i, const tm_tokenizer *t, const char *name) {
    size_t n;
    const char *text = lua_type(L, i) == LUA_TSTRING ? lua_tolstring(L, i, &n) : NULL;
    int64_t id = text ? tm_tokenizer_find_special(t, text, n) : -1;
    if (id < 0)
        bind_error(L, "%s: %s is no special token of this tokenizer; specials() lists them", name, bind_type_at(L, i));
    return id;
}

/* specials = true: all; a list: those. The ids stay on the stack as a userdata. */
static void read_allowed(lua_State *L, int options, const tm_tokenizer *t, const char *name, tm_encoding *how) {
    lua_pushliteral(L, "specials");
    lua_rawget(L, options);
    int n = tm_tokenizer_specials(t), given = lua_gettop(L);
    bool all = lua_isboolean(L, given) && lua_toboolean(L, given), list = lua_istable(L, given);
    if (lua_isnil(L, given) || (lua_isboolean(L, given) && !all)) return;
    if (!all && !list)
        bind_error(L, "%s: option 'specials' expects true or a list of special tokens, got %s", name,
                   bind_type_at(L, given));
    int count = all ? n : (int)lua_objlen(L, given);
    int64_t *ids = lua_newuserdata(L, sizeof *ids * (size_t)(count + 1));
    for (int i = 0; i < count; i++) {
        if (all) {
            ids[i] = tm_tokenizer_special(t, i);
            continue;
        }
        lua_rawgeti(L, given, i + 1);
        ids[i] = special_at(L, -1, t, name);
        lua_pop(L, 1);
    }
    how->allowed = ids;
    how->n_allowed = count;
}

static int64_t read_pad(lua_State *L, int options, const tm_tokenizer *t, const char *name) {
    lua_pushliteral(L, "pad");
    lua_rawget(L, options);
    int64_t id = -1;
    if (lua_type(L, -1) == LUA_TSTRING)
        id = special_at(L, lua_gettop(L), t, name);
    else if (!lua_isnil(L, -1) && (!bind_read_int(L, -1, &id) || id < 0))
        bind_error(L, "%s: option 'pad' expects an id or a special token, got %s", name, bind_type_at(L, -1));
    return id;
}

static void read_options(lua_State *L, int i, const tm_tokenizer *t, const char *name, const char *const *known,
                         encode_options *o) {
    *o = (encode_options){.pad = -1};
    int options = bind_options(L, i, name, known);
    if (!options) return;
    o->how.skip_unknown = bind_option_bool(L, options, name, "skip_unknown", false);
    o->as_table = bind_option_bool(L, options, name, "table", false);
    read_allowed(L, options, t, name, &o->how);
    o->how.around = bind_option_bool(L, options, name, "add_special_tokens", false);
    double longest = bind_option_number(L, options, name, "max_length", 1e15);
    if (!(longest >= 1 && longest <= 1e15))
        bind_error(L, "%s: option 'max_length' expects a whole number from 1 up", name);
    o->how.longest = longest < 1e15 ? (int64_t)longest : 0;
    if (!strcmp(name, "encode_batch")) o->pad = read_pad(L, options, t, name);
}

static void push_ids(lua_State *L, const int64_t *ids, int64_t n) {
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        lua_pushnumber(L, (lua_Number)ids[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
}

/* Put a copy of the elements into the box; false: recorded. */
static bool fill(bind_box *box, int rank, const int64_t *shape, tm_dtype dtype, const void *data) {
    tm_tensor *x = tm_from_data(rank, shape, dtype, data);
    if (x) bind_fill(box, x);
    return x != NULL;
}

/* Lists of ids whose memory a userdata owns, so that a Lua error frees them. */
static int lists_collect(lua_State *L) {
    tm_ids_free(lua_touserdata(L, 1));
    return 0;
}

static tm_ids *new_ids(lua_State *L) {
    tm_ids *ids = lua_newuserdata(L, sizeof *ids);
    *ids = (tm_ids){0};
    lua_pushvalue(L, lua_upvalueindex(1)); /* a metatable with lists_collect */
    lua_setmetatable(L, -2);
    return ids;
}

/* tokenizer:encode(text | table, specials, skip_unknown) */
static int encode(lua_State *L) {
    static const char *const known[] = {"table", "specials", "skip_unknown", "add_special_tokens", "max_length", NULL};
    encode_options o;
    lua_settop(L, 3);
    bind_enter(L);
    bind_box *box = bind_new_box(L);
    int boxed = lua_gettop(L);
    tm_ids *ids = new_ids(L);
    tm_tokenizer *t = tokens_self(L, "encode");
    tm_text text = tokens_text(L, 2, "encode", "text");
    read_options(L, 3, t, "encode", known, &o);
    if (!tm_encode(t, text, &o.how, ids)) return tokens_fail(L);
    if (o.as_table) {
        push_ids(L, ids->v, (int64_t)ids->n);
        return 1;
    }
    int scope = tm_scope_open();
    int64_t n = (int64_t)ids->n;
    if (!fill(box, 1, &n, TM_INT64, ids->v)) bind_raise(L, scope);
    tm_scope_close(scope);
    tm_ids_free(ids);
    lua_pushvalue(L, boxed);
    return 1;
}

static tm_text *texts_at(lua_State *L, int i, int64_t *n) {
    if (!lua_istable(L, i))
        bind_error(L, "encode_batch: argument 1 ('texts') expects a list of strings, got %s", bind_type_at(L, i));
    *n = (int64_t)lua_objlen(L, i);
    tm_text *texts = lua_newuserdata(L, sizeof *texts * (size_t)(*n + 1));
    for (int64_t k = 0; k < *n; k++) {
        lua_rawgeti(L, i, (int)k + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            bind_error(L, "encode_batch: element %lld of argument 1 ('texts') expects a string, got %s",
                       (long long)k + 1, bind_type_at(L, -1));
        texts[k].at = lua_tolstring(L, -1, &texts[k].n);
        lua_pop(L, 1);
    }
    return texts;
}

/* (n, longest) ids, and a mask that is true where there is a token */
static bool fill_padded(bind_box *box, bind_box *mask_box, const tm_ids *ids, const int64_t *offsets, int64_t n,
                        int64_t pad) {
    int64_t longest = 0;
    for (int64_t i = 0; i < n; i++)
        if (offsets[i + 1] - offsets[i] > longest) longest = offsets[i + 1] - offsets[i];
    int64_t shape[2] = {n, longest}, cells = n * longest;
    int64_t *all = malloc((size_t)(cells + 1) * sizeof *all);
    bool *mask = malloc((size_t)cells + 1), good = all && mask;
    for (int64_t i = 0; good && i < n; i++)
        for (int64_t k = 0, length = offsets[i + 1] - offsets[i]; k < longest; k++) {
            all[i * longest + k] = k < length ? ids->v[offsets[i] + k] : pad;
            mask[i * longest + k] = k < length;
        }
    if (!good) tm_fail(TM_MEMORY, "out of memory: no room for a padded batch of %lld ids", (long long)cells);
    good = good && fill(box, 2, shape, TM_INT64, all) && fill(mask_box, 2, shape, TM_BOOL, mask);
    free(all);
    free(mask);
    return good;
}

static int push_lists(lua_State *L, const tm_ids *ids, const int64_t *offsets, int64_t n) {
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        push_ids(L, ids->v + offsets[i], offsets[i + 1] - offsets[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* tokenizer:encode_batch(texts | ...) is ids, offsets; with pad = id it is ids (n, longest), mask */
static int encode_batch(lua_State *L) {
    static const char *const known[] = {"table", "specials", "skip_unknown", "add_special_tokens", "max_length",
                                        "pad",   NULL};
    encode_options o;
    int64_t n;
    lua_settop(L, 3);
    bind_enter(L);
    bind_box *box = bind_new_box(L), *second = bind_new_box(L);
    tm_ids *ids = new_ids(L), *offsets = new_ids(L);
    tm_tokenizer *t = tokens_self(L, "encode_batch");
    read_options(L, 3, t, "encode_batch", known, &o);
    tm_text *texts = texts_at(L, 2, &n);
    if (!tm_ids_reserve(offsets, (size_t)n + 1) || !tm_encode_batch(t, n, texts, &o.how, ids, offsets->v))
        return tokens_fail(L);
    if (o.as_table) return push_lists(L, ids, offsets->v, n);
    int scope = tm_scope_open();
    int64_t all = (int64_t)ids->n, ends = n + 1;
    bool good = o.pad >= 0 ? fill_padded(box, second, ids, offsets->v, n, o.pad)
                           : fill(box, 1, &all, TM_INT64, ids->v) && fill(second, 1, &ends, TM_INT64, offsets->v);
    if (!good) bind_raise(L, scope);
    tm_scope_close(scope);
    tm_ids_free(ids);
    tm_ids_free(offsets);
    lua_pushvalue(L, 4);
    lua_pushvalue(L, 5);
    return 2;
}

/* --- decoding ----------------------------------------------------------------------------------------------------- */

/* Copy the ids of a list or a tensor. */
static bool ids_at(lua_State *L, int i, const char *name, tm_ids *ids) {
    bind_box *box = bind_box_at(L, i);
    if (box ? !box->x : !lua_istable(L, i))
        bind_error(L, "%s: argument 1 ('ids') expects an int64 tensor or a list, got %s", name, bind_type_at(L, i));
    if (box && (tm_dtype_is_float(tm_dtype_of(box->x)) || tm_rank(box->x) > 1))
        bind_error(L, "%s: argument 1 ('ids') expects integers on one axis, got %s %s", name,
                   tm_dtype_name(tm_dtype_of(box->x)), tm_shape_text(box->x));
    int64_t n = box ? tm_numel(box->x) : (int64_t)lua_objlen(L, i);
    if (!tm_ids_reserve(ids, (size_t)n)) return false;
    for (int64_t k = 0; k < n; k++) {
        int64_t id = 0;
        if (box) {
            id = tm_element_int(box->x, k);
        } else {
            lua_rawgeti(L, i, (int)k + 1);
            if (!bind_read_int(L, -1, &id))
                bind_error(L, "%s: element %lld of argument 1 ('ids') expects an id, got %s", name, (long long)k + 1,
                           bind_type_at(L, -1));
            lua_pop(L, 1);
        }
        ids->v[ids->n++] = id;
    }
    return true;
}

/* tokenizer:decode(ids | specials = true) */
static int decode(lua_State *L) {
    static const char *const known[] = {"specials", NULL};
    lua_settop(L, 3);
    bind_enter(L);
    tm_ids *ids = new_ids(L);
    tm_tokenizer *t = tokens_self(L, "decode");
    int options = bind_options(L, 3, "decode", known);
    bool specials = bind_option_bool(L, options, "decode", "specials", true);
    if (!ids_at(L, 2, "decode", ids)) return tokens_fail(L);
    tm_bytes text = {0};
    bool good = tm_decode(t, ids->v, ids->n, specials, &text);
    tm_ids_free(ids);
    if (!good) tm_bytes_free(&text);
    if (!good) return tokens_fail(L);
    lua_pushlstring(L, text.n ? text.at : "", text.n);
    tm_bytes_free(&text);
    return 1;
}

/* --- the vocabulary ----------------------------------------------------------------------------------------------- */

/* tokenizer:id(word), or nil */
static int id_of(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "id");
    tm_text word = tokens_text(L, 2, "id", "word");
    int64_t id = tm_words_find(tm_tokenizer_tokens(t), word.at, word.n);
    if (id < 0) id = tm_tokenizer_find_special(t, word.at, word.n);
    if (id < 0)
        lua_pushnil(L);
    else
        lua_pushnumber(L, (lua_Number)id);
    return 1;
}

static int word_of(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "word");
    tm_text word = tm_words_word(tm_tokenizer_tokens(t), tokens_id(L, 2, t, "word"));
    lua_pushlstring(L, word.at, word.n);
    return 1;
}

static int count_of(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "count");
    lua_pushnumber(L, (lua_Number)tm_words_count(tm_tokenizer_tokens(t), tokens_id(L, 2, t, "count")));
    return 1;
}

/* tokenizer:counts() is an int64 tensor of them, by id */
static int counts(lua_State *L) {
    bind_enter(L);
    bind_box *box = bind_new_box(L);
    const tm_words *w = tm_tokenizer_tokens(tokens_self(L, "counts"));
    int64_t n = tm_words_size(w);
    tm_ids all = {0};
    int scope = tm_scope_open();
    bool good = tm_ids_reserve(&all, (size_t)n);
    for (int64_t i = 0; good && i < n; i++) all.v[i] = tm_words_count(w, i);
    good = good && fill(box, 1, &n, TM_INT64, all.v);
    tm_ids_free(&all);
    if (!good) bind_raise(L, scope);
    tm_scope_close(scope);
    return 1;
}

/* tokenizer:specials() is a table from name to id */
static int specials(lua_State *L) {
    tm_tokenizer *t = tokens_self(L, "specials");
    lua_newtable(L);
    for (int i = 0; i < tm_tokenizer_specials(t); i++) {
        int64_t id = tm_tokenizer_special(t, i);
        tm_text word = tm_words_word(tm_tokenizer_tokens(t), id);
        lua_pushlstring(L, word.at, word.n);
        lua_pushnumber(L, (lua_Number)id);
        lua_rawset(L, -3);
    }
    return 1;
}

static int size(lua_State *L) {
    lua_pushnumber(L, (lua_Number)tm_tokenizer_size(tokens_self(L, "size")));
    return 1;
}

static int to_string(lua_State *L) {
    holder *h = tokens_holder(L, 1, &tokens_tokenizer_kind);
    if (!h || !h->t)
        lua_pushliteral(L, "tokenizer");
    else
        lua_pushfstring(L, "tokenizer (%s) of %f ids", tokens_kinds[tm_tokenizer_kind_of(h->t)],
                        (lua_Number)tm_tokenizer_size(h->t));
    return 1;
}

/* --- the module --------------------------------------------------------------------------------------------------- */

static const luaL_Reg methods[] = {
    {"id", id_of},  {"word", word_of},      {"count", count_of}, {"counts", counts},
    {"size", size}, {"specials", specials}, {NULL, NULL},
};
static const luaL_Reg list_methods[] = {
    {"encode", encode},
    {"encode_batch", encode_batch},
    {"decode", decode},
    {NULL, NULL},
};

/* Functions that have the value at `upvalue` as their first upvalue become fields of the table. */
static void register_with(lua_State *L, int table, const luaL_Reg *list, int upvalue) {
    for (; list->name; list++) {
        lua_pushvalue(L, upvalue);
        lua_pushcclosure(L, list->func, 1);
        lua_setfield(L, table, list->name);
    }
}

/* Pushes a metatable whose __index is the table on the stack's top, which it replaces. */
static int new_metatable(lua_State *L, const char *name, lua_CFunction collect) {
    lua_newtable(L);
    lua_insert(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    return lua_gettop(L);
}

/* The module that lua/tenmo/text stands on: builder(), tokenizer(kind, builder), tools, and `methods` of tokenizers. */
int bind_tokens(lua_State *L) {
    lua_settop(L, 0);
    lua_newtable(L);
    lua_newtable(L);
    int lists = new_metatable(L, "tenmo.ids", lists_collect);
    lua_newtable(L);
    bind_register(L, lua_gettop(L), tokens_builder_methods);
    int builder = new_metatable(L, "tenmo.builder", tokens_builder_collect);
    register_with(L, 1, (const luaL_Reg[]){{"builder", tokens_new_builder}, {NULL, NULL}}, builder);
    lua_newtable(L);
    bind_register(L, lua_gettop(L), methods);
    register_with(L, lua_gettop(L), list_methods, lists);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, "methods");
    int tokenizer = new_metatable(L, "tenmo.tokenizer", tokens_tokenizer_collect);
    lua_pushcfunction(L, size);
    lua_setfield(L, tokenizer, "__len");
    lua_pushcfunction(L, to_string);
    lua_setfield(L, tokenizer, "__tostring");
    register_with(L, 1, (const luaL_Reg[]){{"tokenizer", tokens_new_tokenizer}, {NULL, NULL}}, tokenizer);
    bind_register(L, 1, tokens_tools);
    lua_settop(L, 1);
    return 1;
}
