/* rows.c: the op table as Lua tables, for specs, help and the reference page. */
#include "bind.h"

static const char *const classes[TM_OPS] = {
#define TM_UNARY(name, signature, class, ...) [TM_OP_##name] = #class,
#define TM_BINARY(name, signature, class, ...) [TM_OP_##name] = #class,
#define TM_TERNARY(name, signature, class, ...) [TM_OP_##name] = #class,
#include "ops.def"
};

const char *bind_class_of(tm_op op) { return classes[op] ? classes[op] : ""; }

/* The table from the top, headings and ops: a heading has no op, an op no heading. */
static const struct {
    const char *family;
    int op;
} headings[] = {
#define TM_FAMILY(word) {word, -1},
#define TM_UNARY(name, ...) {NULL, TM_OP_##name},
#define TM_BINARY(name, ...) {NULL, TM_OP_##name},
#define TM_TERNARY(name, ...) {NULL, TM_OP_##name},
#define TM_STRUCTURED(name, ...) {NULL, TM_OP_##name},
#define TM_PLAIN(name, ...) {NULL, TM_OP_##name},
#define TM_INTERNAL(name, ...) {NULL, TM_OP_##name},
#include "ops.def"
};

static const char *family_of(int op) {
    const char *family = "";
    for (size_t i = 0; headings[i].op != op; i++)
        if (headings[i].family) family = headings[i].family;
    return family;
}

static const char *type_name(tm_item_type type) {
    static const char *const names[] = {
        [TM_ITEM_TENSOR] = "tensor", [TM_ITEM_TENSORS] = "tensors", [TM_ITEM_NUM] = "num",
        [TM_ITEM_INT] = "int",       [TM_ITEM_BOOL] = "bool",       [TM_ITEM_AXIS] = "axis",
        [TM_ITEM_AXES] = "axes",     [TM_ITEM_INTS] = "ints",       [TM_ITEM_SHAPE] = "shape",
        [TM_ITEM_DTYPE] = "dtype",   [TM_ITEM_CHOICE] = "choice",   [TM_ITEM_INDEX] = "index",
    };
    return names[type];
}

static void push_item(lua_State *L, const tm_item_info *item) {
    lua_createtable(L, 0, 5);
    bind_text_field(L, "name", item->name);
    bind_text_field(L, "type", type_name(item->type));
    bind_bool_field(L, "optional", item->optional);
    bind_bool_field(L, "named", item->named);
    bind_text_field(L, "choices", item->choices);
}

static void push_row(lua_State *L, tm_op op) {
    const tm_row *row = tm_row_of(op);
    lua_createtable(L, 0, 13);
    bind_text_field(L, "name", row->name);
    bind_text_field(L, "family", family_of(op));
    bind_text_field(L, "signature", row->signature);
    bind_text_field(L, "doc", row->doc);
    bind_text_field(L, "domain", row->domain);
    bind_text_field(L, "formula", row->formula);
    bind_text_field(L, "class", bind_class_of(op));
    bind_bool_field(L, "elementwise", row->elementwise);
    bind_bool_field(L, "differentiable", row->differentiable);
    bind_bool_field(L, "internal", row->internal);
    bind_bool_field(L, "variadic", row->variadic);
    lua_pushinteger(L, row->n_inputs);
    lua_setfield(L, -2, "n_inputs");
    lua_createtable(L, TM_MAX_INPUTS, 0);
    for (int i = 0; i < TM_MAX_INPUTS; i++) {
        if (row->rule[i])
            lua_pushstring(L, row->rule[i]);
        else
            lua_pushboolean(L, 0); /* so that the list has no holes */
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "rules");
    lua_createtable(L, row->n_items, 0);
    for (int i = 0; i < row->n_items; i++) {
        push_item(L, &row->item[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "items");
}

int bind_rows(lua_State *L) {
    lua_createtable(L, TM_OPS, 0);
    for (int op = 0; op < TM_OPS; op++) {
        push_row(L, (tm_op)op);
        lua_rawseti(L, -2, op + 1);
    }
    return 1;
}
