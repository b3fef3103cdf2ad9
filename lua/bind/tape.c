/* tape.c: x:tape(), the nodes behind a tensor as Lua tables. */
#include "bind.h"

#include <stdlib.h>

typedef struct list {
    const tm_node **node;
    size_t n, room;
    bool failed;
} list;

static void collect(void *self, const tm_node *node) {
    list *all = self;
    if (all->n == all->room) {
        size_t room = all->room ? 2 * all->room : 64;
        const tm_node **larger = realloc(all->node, room * sizeof *larger);
        if (!larger) {
            all->failed = true;
            return;
        }
        all->node = larger;
        all->room = room;
    }
    tm_tape_hold(node); /* a finalizer may run, and end the graph, while Lua makes tables */
    all->node[all->n++] = node;
}

static void push_input(lua_State *L, const tm_node *node, int i) {
    tm_tape_input input = tm_tape_input_of(node, i);
    lua_createtable(L, 0, 5);
    bind_push_sizes(L, input.rank, input.shape);
    lua_setfield(L, -2, "shape");
    bind_text_field(L, "dtype", tm_dtype_name(input.dtype));
    bind_bool_field(L, "kept", input.kept);
    if (input.maker) bind_number_field(L, "node", (double)tm_tape_node_of(input.maker).number);
    bind_bool_field(L, "leaf", input.leaf != NULL);
}

static void push_node(lua_State *L, const tm_node *node) {
    tm_tape_node facts = tm_tape_node_of(node);
    lua_createtable(L, 0, 9);
    bind_number_field(L, "node", (double)facts.number);
    bind_text_field(L, "op", facts.name);
    bind_line_field(L, &facts.place);
    bind_number_field(L, "used", facts.used);
    bind_bool_field(L, "keeps_output", facts.keeps_output);
    bind_bool_field(L, "keeps_extra", facts.keeps_extra);
    bind_text_field(L, "dtype", tm_dtype_name(facts.dtype));
    bind_push_sizes(L, facts.rank, facts.shape);
    lua_setfield(L, -2, "shape");
    lua_createtable(L, facts.n_inputs, 0);
    for (int i = 0; i < facts.n_inputs; i++) {
        push_input(L, node, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "inputs");
}

static int push_list(lua_State *L) {
    list *all = lua_touserdata(L, 1);
    lua_createtable(L, (int)all->n, 0);
    for (size_t i = 0; i < all->n; i++) {
        push_node(L, all->node[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* x:tape(): the nodes behind x in the order of backward. What may raise comes before the nodes are held, or is called
 * protected. */
int bind_tape(lua_State *L) {
    list all = {0};
    tm_tensor *x = bind_self(L, "tape");
    lua_pushcfunction(L, push_list);
    lua_pushlightuserdata(L, &all);
    bool ok = tm_tape(x, collect, &all);
    int status = ok && !all.failed ? lua_pcall(L, 1, 1, 0) : 0;
    for (size_t i = 0; i < all.n; i++) tm_tape_drop(all.node[i]);
    free(all.node);
    if (!ok) bind_raise(L, -1);
    if (all.failed) bind_error(L, "tape: out of memory");
    return status ? lua_error(L) : 1;
}
