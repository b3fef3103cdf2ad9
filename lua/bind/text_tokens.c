/* text_tokens.c: tokenizers as userdata. lua/tenmo/text makes them out of `builders` (vocabularies that grow); what a
 * person sees are the methods of a tokenizer. */
#include "bind.h"
#include "text/tokens.h"

#include <stdlib.h>
#include <string.h>

static const char builder_kind, tokenizer_kind;

typedef struct holder {
    const void *kind;
    union {
        tm_words *words; /* NULL: a tokenizer took it over */
        tm_tokenizer *t;
    };
} holder;

static holder *holder_at(lua_State *L, int i, const void *kind) {
    holder *h = lua_touserdata(L, i);
    return h && lua_objlen(L, i) == sizeof *h && h->kind == kind ? h : NULL;
}

static tm_words *builder_at(lua_State *L, int i) {
    holder *h = holder_at(L, i, &builder_kind);
    if (!h || !h->words) bind_error(L, "tokens: argument %d expects a builder, got %s", i, bind_type_at(L, i));
    return h->words;
}

static tm_tokenizer *self(lua_State *L, const char *name) {
    holder *h = holder_at(L, 1, &tokenizer_kind);
    if (!h || !h->t)
        bind_error(L, "%s: expects a tokenizer before the colon, as in tokenizer:%s(...), got %s", name, name,
                   bind_type_at(L, 1));
    return h->t;
}

static tm_text text_at(lua_State *L, int i, const char *name, const char *argument) {
    if (lua_type(L, i) != LUA_TSTRING)
        bind_error(L, "%s: argument %d ('%s') expects a string, got %s", name, i - 1, argument, bind_type_at(L, i));
    tm_text text;
    text.at = lua_tolstring(L, i, &text.n);
    return text;
}

/* Upvalue 1: the metatable. */
static holder *new_holder(lua_State *L, const void *kind, int metatable) {
    holder *h = lua_newuserdata(L, sizeof *h);
    *h = (holder){.kind = kind};
    lua_pushvalue(L, metatable);
    lua_setmetatable(L, -2);
    return h;
}

/* What goes wrong in core is raised; there is no scope open. */
static int fail(lua_State *L) { return bind_raise(L, tm_scope_open()); }

/* --- builders ---------------------------------------------------------------------------------------------------- */

static int new_builder(lua_State *L) {
    holder *h = new_holder(L, &builder_kind, lua_upvalueindex(1));
    h->words = tm_words_new();
    return h->words ? 1 : fail(L);
}

static int builder_collect(lua_State *L) {
    holder *h = holder_at(L, 1, &builder_kind);
    if (h) tm_words_free(h->words);
    if (h) h->words = NULL;
    return 0;
}

/* builder:count(text, ngrams = 1, stop = nil): counts the words of a document */
static int count_text(lua_State *L) {
    tm_words *w = builder_at(L, 1), *stop = lua_isnoneornil(L, 4) ? NULL : builder_at(L, 4);
    tm_text text = text_at(L, 2, "count", "text");
    if (!tm_words_count_text(w, text, (int)luaL_optinteger(L, 3, 1), stop)) return fail(L);
    return 0;
}

static int count_characters(lua_State *L) {
    tm_words *w = builder_at(L, 1);
    if (!tm_words_count_characters(w, text_at(L, 2, "count_characters", "text"))) return fail(L);
    return 0;
}

/* builder:add(word, count = 0, hidden = false) is its id */
static int add_word(lua_State *L) {
    tm_words *w = builder_at(L, 1);
    tm_text word = text_at(L, 2, "add", "word");
    int64_t count = (int64_t)luaL_optnumber(L, 3, 0);
    int64_t id =
        lua_toboolean(L, 4) ? tm_words_add_hidden(w, word.at, word.n, count) : tm_words_add(w, word.at, word.n, count);
    if (id < 0) return fail(L);
    lua_pushnumber(L, (lua_Number)id);
    return 1;
}

/* builder:select(from, min_count, most, order): takes words of another; returns how many occurrences stayed behind */
static int select_words(lua_State *L) {
    static const char *const orders[] = {"word", "count", "seen", NULL};
    tm_words *to = builder_at(L, 1), *from = builder_at(L, 2);
    int64_t left = 0, most = (int64_t)luaL_checknumber(L, 4);
    tm_order order = (tm_order)luaL_checkoption(L, 5, "word", orders);
    if (!tm_words_select(to, from, (int64_t)luaL_checknumber(L, 3), most, order, &left)) return fail(L);
    lua_pushnumber(L, (lua_Number)left);
    return 1;
}

static int set_count(lua_State *L) {
    tm_words *w = builder_at(L, 1);
    int64_t id;
    if (!bind_read_int(L, 2, &id) || id < 0 || id >= tm_words_size(w)) bind_error(L, "set_count: no such id");
    tm_words_set_count(w, id, (int64_t)luaL_checknumber(L, 3));
    return 0;
}

static int builder_size(lua_State *L) {
    lua_pushnumber(L, (lua_Number)tm_words_size(builder_at(L, 1)));
    return 1;
}

/* --- making tokenizers
 * ------------------------------------------------------------------------------------------------ */

static const char *const kinds[] = {"words", "characters", "bytes", "bpe", "wordpiece", NULL};

/* tokenizer(kind, builder): takes over the builder's words */
static int new_tokenizer(lua_State *L) {
    tm_tokenizer_kind kind = (tm_tokenizer_kind)luaL_checkoption(L, 1, NULL, kinds);
    holder *h = new_holder(L, &tokenizer_kind, lua_upvalueindex(1));
    tm_words *words = builder_at(L, 2);
    holder_at(L, 2, &builder_kind)->words = NULL;
    h->t = tm_tokenizer_new(kind, words);
    return h->t ? 1 : fail(L);
}

static int tokenizer_collect(lua_State *L) {
    holder *h = holder_at(L, 1, &tokenizer_kind);
    if (h) tm_tokenizer_free(h->t);
    if (h) h->t = NULL;
    return 0;
}

static int64_t id_at(lua_State *L, int i, const tm_tokenizer *t, const char *name) {
    int64_t id;
    if (!bind_read_int(L, i, &id) || id < 0 || id >= tm_tokenizer_size(t))
        bind_error(L, "%s: expects an id from 0 to %lld, got %s", name, (long long)tm_tokenizer_size(t) - 1,
                   bind_type_at(L, i));
    return id;
}

static int set_unknown(lua_State *L) {
    tm_tokenizer *t = self(L, "set_unknown");
    if (!tm_tokenizer_set_unknown(t, id_at(L, 2, t, "set_unknown"))) return fail(L);
    return 0;
}

static int add_special(lua_State *L) {
    tm_tokenizer *t = self(L, "add_special");
    tm_text name = text_at(L, 2, "add_special", "name");
    int64_t id = tm_tokenizer_add_special(t, name.at, name.n);
    if (id < 0) return fail(L);
    lua_pushnumber(L, (lua_Number)id);
    return 1;
}

static int mark_special(lua_State *L) {
    tm_tokenizer *t = self(L, "mark_special");
    if (!tm_tokenizer_mark_special(t, id_at(L, 2, t, "mark_special"))) return fail(L);
    return 0;
}

/* set_words(t, ngrams, stop = nil): takes over the stop words */
static int set_words(lua_State *L) {
    tm_tokenizer *t = self(L, "set_words");
    int ngrams = (int)luaL_checkinteger(L, 2);
    tm_words *stop = NULL;
    if (!lua_isnoneornil(L, 3)) {
        stop = builder_at(L, 3);
        holder_at(L, 3, &builder_kind)->words = NULL;
    }
    tm_tokenizer_set_words(t, ngrams, stop);
    return 0;
}

/* --- byte-pair encoding
 * -------------------------------------------------------------------------------------------------- */

static tm_tokenizer *self_bpe(lua_State *L, const char *name) {
    tm_tokenizer *t = self(L, name);
    if (tm_tokenizer_kind_of(t) != TM_BPE) bind_error(L, "%s: expects a tokenizer of byte-pair encoding", name);
    return t;
}

/* set_pattern(t, pattern): a regular expression whose matches are the pieces */
static int set_pattern(lua_State *L) {
    tm_tokenizer *t = self_bpe(L, "set_pattern");
    tm_text pattern = text_at(L, 2, "set_pattern", "pattern");
    if (!tm_tokenizer_set_pattern(t, pattern.at, pattern.n)) return fail(L);
    return 0;
}

static int set_whole(lua_State *L) {
    tm_tokenizer_set_whole(self_bpe(L, "set_whole"), lua_toboolean(L, 2));
    return 0;
}

static int add_merge(lua_State *L) {
    tm_tokenizer *t = self_bpe(L, "add_merge");
    tm_text left = text_at(L, 2, "add_merge", "left"), right = text_at(L, 3, "add_merge", "right");
    return tm_tokenizer_add_merge(t, left, right) ? 0 : fail(L);
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
    tm_tokenizer *t = self(L, "set_normaliser");
    static const unsigned bits[] = {TM_CLEAN, TM_CHINESE, TM_STRIP_ACCENTS, TM_LOWERCASE};
    unsigned how = 0;
    for (int i = 0; i < 4; i++) how |= lua_toboolean(L, i + 2) ? bits[i] : 0;
    tm_tokenizer_set_normaliser(t, how);
    return 0;
}

/* set_around(t, before, behind): lists of ids */
static int set_around(lua_State *L) {
    tm_tokenizer *t = self(L, "set_around");
    int64_t ids[2][16];
    size_t n[2] = {0, 0};
    for (int side = 0; side < 2; side++) {
        luaL_checktype(L, side + 2, LUA_TTABLE);
        for (size_t length = lua_objlen(L, side + 2); n[side] < length && n[side] < 16; n[side]++) {
            lua_rawgeti(L, side + 2, (int)n[side] + 1);
            ids[side][n[side]] = id_at(L, -1, t, "set_around");
            lua_pop(L, 1);
        }
    }
    return tm_tokenizer_set_around(t, ids[0], n[0], ids[1], n[1]) ? 0 : fail(L);
}

/* around(t) is the two lists */
static int around(lua_State *L) {
    tm_tokenizer *t = self(L, "around");
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
    tm_text text = text_at(L, 2, "count_pieces", "text");
    return tm_tokenizer_count_pieces(t, text, builder_at(L, 3)) ? 0 : fail(L);
}

static int train(lua_State *L) {
    tm_tokenizer *t = self_bpe(L, "train");
    tm_words *pieces = builder_at(L, 2);
    int64_t n = (int64_t)luaL_checknumber(L, 3), least = (int64_t)luaL_checknumber(L, 4);
    return tm_tokenizer_train(t, pieces, n, least) ? 0 : fail(L);
}

/* about(t) is kind, id of unknown text or nil, ngrams */
static int about(lua_State *L) {
    tm_tokenizer *t = self(L, "about");
    lua_pushstring(L, kinds[tm_tokenizer_kind_of(t)]);
    if (tm_tokenizer_unknown(t) >= 0)
        lua_pushnumber(L, (lua_Number)tm_tokenizer_unknown(t));
    else
        lua_pushnil(L);
    lua_pushinteger(L, tm_tokenizer_ngrams(t));
    return 3;
}

/* stop_words(t) is a list of them */
static int stop_words(lua_State *L) {
    const tm_words *stop = tm_tokenizer_stop(self(L, "stop_words"));
    lua_newtable(L);
    for (int64_t i = 0; stop && i < tm_words_size(stop); i++) {
        tm_text word = tm_words_word(stop, i);
        lua_pushlstring(L, word.at, word.n);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* --- encoding
 * ------------------------------------------------------------------------------------------------------------- */

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
    tm_tokenizer *t = self(L, "encode");
    tm_text text = text_at(L, 2, "encode", "text");
    read_options(L, 3, t, "encode", known, &o);
    if (!tm_encode(t, text, &o.how, ids)) return fail(L);
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
    tm_tokenizer *t = self(L, "encode_batch");
    read_options(L, 3, t, "encode_batch", known, &o);
    tm_text *texts = texts_at(L, 2, &n);
    if (!tm_ids_reserve(offsets, (size_t)n + 1) || !tm_encode_batch(t, n, texts, &o.how, ids, offsets->v))
        return fail(L);
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

/* --- decoding
 * --------------------------------------------------------------------------------------------------------------- */

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
    tm_tokenizer *t = self(L, "decode");
    int options = bind_options(L, 3, "decode", known);
    bool specials = bind_option_bool(L, options, "decode", "specials", true);
    if (!ids_at(L, 2, "decode", ids)) return fail(L);
    tm_bytes text = {0};
    bool good = tm_decode(t, ids->v, ids->n, specials, &text);
    tm_ids_free(ids);
    if (!good) tm_bytes_free(&text);
    if (!good) return fail(L);
    lua_pushlstring(L, text.n ? text.at : "", text.n);
    tm_bytes_free(&text);
    return 1;
}

/* --- the vocabulary
 * -------------------------------------------------------------------------------------------------------- */

/* tokenizer:id(word), or nil */
static int id_of(lua_State *L) {
    tm_tokenizer *t = self(L, "id");
    tm_text word = text_at(L, 2, "id", "word");
    int64_t id = tm_words_find(tm_tokenizer_tokens(t), word.at, word.n);
    if (id < 0) id = tm_tokenizer_find_special(t, word.at, word.n);
    if (id < 0)
        lua_pushnil(L);
    else
        lua_pushnumber(L, (lua_Number)id);
    return 1;
}

static int word_of(lua_State *L) {
    tm_tokenizer *t = self(L, "word");
    tm_text word = tm_words_word(tm_tokenizer_tokens(t), id_at(L, 2, t, "word"));
    lua_pushlstring(L, word.at, word.n);
    return 1;
}

static int count_of(lua_State *L) {
    tm_tokenizer *t = self(L, "count");
    lua_pushnumber(L, (lua_Number)tm_words_count(tm_tokenizer_tokens(t), id_at(L, 2, t, "count")));
    return 1;
}

/* tokenizer:counts() is an int64 tensor of them, by id */
static int counts(lua_State *L) {
    bind_enter(L);
    bind_box *box = bind_new_box(L);
    const tm_words *w = tm_tokenizer_tokens(self(L, "counts"));
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
    tm_tokenizer *t = self(L, "specials");
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
    lua_pushnumber(L, (lua_Number)tm_tokenizer_size(self(L, "size")));
    return 1;
}

static int to_string(lua_State *L) {
    holder *h = holder_at(L, 1, &tokenizer_kind);
    if (!h || !h->t)
        lua_pushliteral(L, "tokenizer");
    else
        lua_pushfstring(L, "tokenizer (%s) of %f ids", kinds[tm_tokenizer_kind_of(h->t)],
                        (lua_Number)tm_tokenizer_size(h->t));
    return 1;
}

/* --- the module
 * -------------------------------------------------------------------------------------------------------------- */

static const luaL_Reg builder_methods[] = {
    {"count", count_text},
    {"count_characters", count_characters},
    {"add", add_word},
    {"select", select_words},
    {"set_count", set_count},
    {"size", builder_size},
    {NULL, NULL},
};
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
static const luaL_Reg tools[] = {
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
    bind_register(L, lua_gettop(L), builder_methods);
    int builder = new_metatable(L, "tenmo.builder", builder_collect);
    register_with(L, 1, (const luaL_Reg[]){{"builder", new_builder}, {NULL, NULL}}, builder);
    lua_newtable(L);
    bind_register(L, lua_gettop(L), methods);
    register_with(L, lua_gettop(L), list_methods, lists);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, "methods");
    int tokenizer = new_metatable(L, "tenmo.tokenizer", tokenizer_collect);
    lua_pushcfunction(L, size);
    lua_setfield(L, tokenizer, "__len");
    lua_pushcfunction(L, to_string);
    lua_setfield(L, tokenizer, "__tostring");
    register_with(L, 1, (const luaL_Reg[]){{"tokenizer", new_tokenizer}, {NULL, NULL}}, tokenizer);
    bind_register(L, 1, tools);
    lua_settop(L, 1);
    return 1;
}
