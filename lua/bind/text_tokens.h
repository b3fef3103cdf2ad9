/* text_tokens.h: what text_tokens.c (what a person does with a tokenizer) and text_build.c (how it is made) share. */
#ifndef TENMO_BIND_TOKENS_H
#define TENMO_BIND_TOKENS_H

#include "bind.h"
#include "text/tokens.h"

#pragma GCC visibility push(hidden)

/* A userdata, told from others by `kind`. */
typedef struct holder {
    const void *kind;
    union {
        tm_words *words; /* NULL: a tokenizer took it over */
        tm_tokenizer *t;
    };
} holder;

extern const char tokens_builder_kind, tokens_tokenizer_kind;
extern const char *const tokens_kinds[];                      /* names of tm_tokenizer_kind */
holder *tokens_holder(lua_State *L, int i, const void *kind); /* NULL: something else */
tm_words *tokens_builder(lua_State *L, int i);
tm_tokenizer *tokens_self(lua_State *L, const char *name); /* argument 1 of a method */
tm_text tokens_text(lua_State *L, int i, const char *name, const char *argument);
int64_t tokens_id(lua_State *L, int i, const tm_tokenizer *t, const char *name);
int tokens_fail(lua_State *L); /* raises what went wrong in core; there is no scope open */

/* For the module: the makers' upvalue 1 is the metatable. */
int tokens_new_builder(lua_State *L);
int tokens_new_tokenizer(lua_State *L);
int tokens_builder_collect(lua_State *L);
int tokens_tokenizer_collect(lua_State *L);
extern const luaL_Reg tokens_builder_methods[], tokens_tools[];

#pragma GCC visibility pop

#endif
