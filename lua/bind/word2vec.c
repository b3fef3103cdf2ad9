/* word2vec.c: tenmo.word2vec_pass, on which lua/tenmo/text/word2vec.lua stands. */
#include "bind.h"

#include <string.h>

static const char *const known[] = {"inputs",    "outputs",   "tokens", "starts", "noise", "keep",          "from",
                                    "to",        "lr",        "slope",  "seed",   "pass",  "left",          "right",
                                    "negatives", "skip_gram", "tree",   "whole",  "exact", "deterministic", NULL};

/* The tensor in a field of the table at 1; NULL if there is none and it may be left out. */
static tm_tensor *tensor_field(lua_State *L, const char *name, bool optional) {
    lua_pushstring(L, name);
    lua_rawget(L, 1);
    bind_box *box = bind_box_at(L, -1);
    if (!(box && box->x) && !(optional && lua_isnil(L, -1)))
        bind_error(L, "word2vec_pass: '%s' expects a tensor, got %s", name, bind_type_at(L, -1));
    lua_pop(L, 1); /* the table keeps it */
    return box ? box->x : NULL;
}

static int64_t whole_field(lua_State *L, const char *name, double preset) {
    double v = bind_option_number(L, 1, "word2vec_pass", name, preset);
    if (!(v >= -0x1p53 && v <= 0x1p53)) bind_error(L, "word2vec_pass: '%s' can't be %g", name, v);
    return (int64_t)v;
}

static unsigned flags(lua_State *L) {
    static const struct {
        const char *name;
        unsigned flag;
    } all[] = {
        {"skip_gram", TM_WORD2VEC_SKIP_GRAM},
        {"tree", TM_WORD2VEC_TREE},
        {"whole", TM_WORD2VEC_WHOLE},
        {"exact", TM_WORD2VEC_EXACT},
        {"deterministic", TM_WORD2VEC_DETERMINISTIC},
    };
    unsigned set = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (bind_option_bool(L, 1, "word2vec_pass", all[i].name, false)) set |= all[i].flag;
    return set;
}

/* word2vec_pass{inputs =, outputs =, tokens =, starts =, noise =, from = 0, to =, lr =, ...} */
int bind_word2vec(lua_State *L) {
    if (!lua_istable(L, 1)) bind_error(L, "word2vec_pass: expects a table of options, got %s", bind_type_at(L, 1));
    bind_enter(L);
    bind_place(L);
    bind_options(L, 1, "word2vec_pass", known);
    tm_word2vec w = {
        .from = whole_field(L, "from", 0),
        .to = whole_field(L, "to", 0),
        .lr = bind_option_number(L, 1, "word2vec_pass", "lr", 0.025),
        .slope = bind_option_number(L, 1, "word2vec_pass", "slope", 0),
        .seed = whole_field(L, "seed", 0),
        .pass = whole_field(L, "pass", 0),
        .flags = flags(L),
    };
    int64_t left = whole_field(L, "left", 5), right = whole_field(L, "right", 5), n = whole_field(L, "negatives", 5);
    if (left < 0 || left > 127 || right < 0 || right > 127 || n < 0 || n > 64)
        bind_error(L, "word2vec_pass: windows are 0 to 127 words, negatives 0 to 64");
    w.left = (int)left;
    w.right = (int)right;
    w.negatives = (int)n;
    w.inputs = tensor_field(L, "inputs", false);
    w.outputs = tensor_field(L, "outputs", false);
    w.tokens = tensor_field(L, "tokens", false);
    w.starts = tensor_field(L, "starts", false);
    w.noise = tensor_field(L, "noise", false);
    w.keep = tensor_field(L, "keep", true);
    if (!tm_word2vec_train(&w)) bind_raise(L, -1);
    return 0;
}
