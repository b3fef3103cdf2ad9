/* optimizer.c: tenmo.optim.SGD, Adam, AdamW as userdata. The step itself is one pass in the engine. */
#include "bind.h"

#include <stddef.h>
#include <string.h>

static const char optimizer_kind;

typedef struct holder {
    const void *kind;
    tm_optimizer *o;
    tm_optimizer_kind which;
    bool decoupled;
} holder;

static holder *holder_at(lua_State *L, int i) {
    holder *h = lua_touserdata(L, i);
    return h && lua_objlen(L, i) == sizeof *h && h->kind == &optimizer_kind ? h : NULL;
}

static tm_optimizer *self(lua_State *L, const char *name) {
    holder *h = holder_at(L, 1);
    if (!h || !h->o) bind_error(L, "%s: expects an optimizer before the colon, as in optimizer:%s()", name, name);
    return h->o;
}

/* --- settings ----------------------------------------------------------------------------------------------------- */

static const struct setting {
    const char *name;
    size_t offset;
    bool sgd, adam, boolean;
    double low, high; /* low <= value <= high; a beta stays below 1 */
} settings[] = {
    {"lr", offsetof(tm_settings, lr), true, true, false, 0, 1e308},
    {"momentum", offsetof(tm_settings, momentum), true, false, false, 0, 1},
    {"weight_decay", offsetof(tm_settings, weight_decay), true, true, false, 0, 1e308},
    {"nesterov", offsetof(tm_settings, nesterov), true, false, true, 0, 1},
    {"beta1", offsetof(tm_settings, beta1), false, true, false, 0, 0x1.fffffffffffffp-1},
    {"beta2", offsetof(tm_settings, beta2), false, true, false, 0, 0x1.fffffffffffffp-1},
    {"eps", offsetof(tm_settings, eps), false, true, false, 0, 1e308},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

static const struct setting *find_setting(const char *name, tm_optimizer_kind which) {
    for (int i = 0; i < SETTINGS; i++)
        if (!strcmp(settings[i].name, name) && (which == TM_SGD ? settings[i].sgd : settings[i].adam))
            return &settings[i];
    return NULL;
}

/* Put the value on the stack's top where it belongs. */
static void write_setting(lua_State *L, const char *name, tm_settings *all, const struct setting *s) {
    char *at = (char *)all + s->offset;
    if (s->boolean) {
        if (!lua_isboolean(L, -1))
            bind_error(L, "%s: '%s' expects a boolean, got %s", name, s->name, bind_type_at(L, -1));
        *(bool *)at = lua_toboolean(L, -1);
        return;
    }
    double v = lua_tonumber(L, -1);
    if (lua_type(L, -1) != LUA_TNUMBER)
        bind_error(L, "%s: '%s' expects a number, got %s", name, s->name, bind_type_at(L, -1));
    if (!(v >= s->low && v <= s->high)) bind_error(L, "%s: '%s' can't be %g", name, s->name, v);
    *(double *)at = v;
}

static void read_settings(lua_State *L, const char *name, tm_optimizer_kind which, tm_settings *all) {
    const char *known[SETTINGS + 1];
    int n = 0;
    for (int i = 0; i < SETTINGS; i++)
        if (find_setting(settings[i].name, which)) known[n++] = settings[i].name;
    known[n] = NULL;
    int options = bind_options(L, 2, name, known);
    for (int i = 0; options && i < n; i++) {
        lua_pushstring(L, known[i]);
        lua_rawget(L, options);
        if (!lua_isnil(L, -1)) write_setting(L, name, all, find_setting(known[i], which));
        lua_pop(L, 1);
    }
}

/* --- making ------------------------------------------------------------------------------------------------------- */

static void read_params(lua_State *L, const char *name, int n, tm_tensor **params) {
    if (n == 0)
        bind_error(L,
                   "%s: argument 1 ('params') is an empty table; it holds the tensors to train, as model:parameters() "
                   "lists them",
                   name);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        bind_box *box = bind_box_at(L, -1);
        if (!box || !box->x)
            bind_error(L, "%s: argument 1 ('params') expects tensors, but its element %d is %s", name, i + 1,
                       box ? "a released tensor" : bind_type_at(L, -1));
        params[i] = box->x;
        lua_pop(L, 1);
    }
}

static int make(lua_State *L, const char *name, tm_optimizer_kind which, tm_settings all) {
    if (!lua_istable(L, 1))
        bind_error(L, "%s: argument 1 ('params') expects a table of tensors, such as model:parameters(), got %s", name,
                   bind_type_at(L, 1));
    read_settings(L, name, which, &all);
    bind_enter(L);
    int n = (int)lua_objlen(L, 1);
    holder *h = lua_newuserdata(L, sizeof *h);
    *h = (holder){&optimizer_kind, NULL, which, all.decoupled};
    lua_rawgeti(L, LUA_ENVIRONINDEX, BIND_OPTIMIZER);
    lua_setmetatable(L, -2);
    tm_tensor **params = lua_newuserdata(L, sizeof *params * (size_t)(n + 1));
    read_params(L, name, n, params);
    int scope = tm_scope_open();
    h->o = tm_optimizer_new(which, n, params, &all);
    if (!h->o) bind_raise(L, scope);
    tm_scope_close(scope);
    lua_pop(L, 1);
    return 1;
}

static int new_sgd(lua_State *L) { return make(L, "SGD", TM_SGD, (tm_settings){.lr = 0.01}); }

static int new_adam(lua_State *L) {
    return make(L, "Adam", TM_ADAM, (tm_settings){.lr = 0.001, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8});
}

static int new_adamw(lua_State *L) {
    return make(
        L, "AdamW", TM_ADAM,
        (tm_settings){.lr = 0.001, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01, .decoupled = true});
}

static int collect(lua_State *L) {
    holder *h = holder_at(L, 1);
    if (h && h->o) tm_optimizer_free(h->o);
    if (h) h->o = NULL;
    return 0;
}

/* --- methods ------------------------------------------------------------------------------------------------------ */

static int step(lua_State *L) {
    bind_enter(L);
    bind_place(L);
    tm_optimizer *o = self(L, "step");
    int scope = tm_scope_open();
    if (!tm_optimizer_step(o)) bind_raise(L, scope);
    tm_scope_close(scope);
    return 0;
}

static int zero_grad(lua_State *L) {
    bind_enter(L);
    tm_optimizer_zero_grad(self(L, "zero_grad"));
    return 0;
}

/* Argument 2 as the 0-based number of a parameter. */
static int number_at(lua_State *L, const tm_optimizer *o, const char *name) {
    int64_t i;
    int n = tm_optimizer_count(o);
    if (!bind_read_int(L, 2, &i) || i < 1 || i > n)
        bind_error(L, "%s: argument 2 expects the position of a parameter, 1 to %d, got %s", name, n,
                   bind_type_at(L, 2));
    return (int)i - 1;
}

static int updated(lua_State *L) {
    tm_optimizer *o = self(L, "updated");
    lua_pushboolean(L, tm_optimizer_updated(o, number_at(L, o, "updated")));
    return 1;
}

/* Positions of the parameters that the last step didn't reach, for want of a gradient. */
static int unmoved(lua_State *L) {
    tm_optimizer *o = self(L, "unmoved");
    lua_newtable(L);
    for (int i = 0, n = 0; i < tm_optimizer_count(o); i++) {
        if (tm_optimizer_updated(o, i)) continue;
        lua_pushinteger(L, i + 1);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

static int param(lua_State *L) {
    bind_box *box = bind_new_box(L);
    tm_optimizer *o = self(L, "param");
    bind_fill(box, tm_optimizer_param(o, number_at(L, o, "param")));
    return 1;
}

static const char *const *state_names(const holder *h) {
    static const char *const sgd[] = {"momentum", "steps", NULL}, *const adam[] = {"mean", "variance", "steps", NULL};
    return h->which == TM_SGD ? sgd : adam;
}

/* state(i): {steps =, momentum =} or {steps =, mean =, variance =}; a tensor is absent before the first step. */
static int state(lua_State *L) {
    bind_enter(L);
    tm_optimizer *o = self(L, "state");
    int i = number_at(L, o, "state");
    const char *const *names = state_names(holder_at(L, 1));
    lua_newtable(L);
    for (int which = 0; strcmp(names[which], "steps"); which++) {
        tm_tensor *x = tm_optimizer_state(o, i, which);
        if (!x) continue;
        bind_fill(bind_new_box(L), x);
        lua_setfield(L, -2, names[which]);
    }
    lua_pushnumber(L, (lua_Number)tm_optimizer_steps(o, i));
    lua_setfield(L, -2, "steps");
    return 1;
}

static void set_one_state(lua_State *L, tm_optimizer *o, int i, int which, const char *name) {
    bind_box *box = bind_box_at(L, -1);
    if (!box || !box->x) bind_error(L, "set_state: '%s' expects a tensor, got %s", name, bind_type_at(L, -1));
    int scope = tm_scope_open();
    if (!tm_optimizer_set_state(o, i, which, box->x)) bind_raise(L, scope);
    tm_scope_close(scope);
}

static int set_state(lua_State *L) {
    bind_enter(L);
    tm_optimizer *o = self(L, "set_state");
    int i = number_at(L, o, "set_state");
    const char *const *names = state_names(holder_at(L, 1));
    int options = bind_options(L, 3, "set_state", names);
    if (!options)
        bind_error(L, "set_state: argument 3 expects a table as state(i) gives it, got %s", bind_type_at(L, 3));
    double steps = bind_option_number(L, options, "set_state", "steps", (double)tm_optimizer_steps(o, i));
    if (!(steps >= 0 && steps < 0x1p53)) bind_error(L, "set_state: 'steps' can't be %g", steps);
    for (int which = 0; strcmp(names[which], "steps"); which++) {
        lua_pushstring(L, names[which]);
        lua_rawget(L, options);
        if (!lua_isnil(L, -1)) set_one_state(L, o, i, which, names[which]);
        lua_pop(L, 1);
    }
    tm_optimizer_set_steps(o, i, (int64_t)steps);
    return 0;
}

/* --- o.lr and o.lr = v -------------------------------------------------------------------------------------------- */

/* Upvalue 1: the methods. */
static int get(lua_State *L) {
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1) || lua_type(L, 2) != LUA_TSTRING) return 1;
    const char *name = lua_tostring(L, 2);
    tm_optimizer *o = self(L, name);
    const struct setting *s = find_setting(name, holder_at(L, 1)->which);
    if (!s) bind_error(L, "an optimizer has no field or method '%.40s'", name);
    const char *at = (const char *)tm_optimizer_settings(o) + s->offset;
    if (s->boolean)
        lua_pushboolean(L, *(const bool *)at);
    else
        lua_pushnumber(L, *(const double *)at);
    return 1;
}

static int set(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    tm_optimizer *o = self(L, name);
    const struct setting *s = find_setting(name, holder_at(L, 1)->which);
    if (!s) bind_error(L, "an optimizer has no setting '%.40s'", name);
    write_setting(L, "optimizer", tm_optimizer_settings(o), s);
    return 0;
}

static int to_string(lua_State *L) {
    holder *h = holder_at(L, 1);
    const char *name = !h || !h->o ? "optimizer" : h->which == TM_SGD ? "SGD" : h->decoupled ? "AdamW" : "Adam";
    lua_pushfstring(L, "%s of %d parameters", name, h && h->o ? tm_optimizer_count(h->o) : 0);
    return 1;
}

static int length(lua_State *L) {
    lua_pushinteger(L, tm_optimizer_count(self(L, "#")));
    return 1;
}

static const luaL_Reg methods[] = {
    {"step", step},   {"zero_grad", zero_grad}, {"updated", updated},     {"unmoved", unmoved},
    {"param", param}, {"state", state},         {"set_state", set_state}, {NULL, NULL},
};
static const luaL_Reg metamethods[] = {
    {"__gc", collect}, {"__newindex", set}, {"__tostring", to_string}, {"__len", length}, {NULL, NULL},
};
/* _clip_norm(gradients, max_norm, p): the norm, or nil where no kernel takes them. */
static int clip_norm(lua_State *L) {
    bind_enter(L);
    bind_place(L);
    bind_box *norm = bind_new_box(L);
    int n = (int)lua_objlen(L, 1);
    tm_tensor **gradients = lua_newuserdata(L, sizeof *gradients * (size_t)(n + 1));
    read_params(L, "clip_grad_norm_", n, gradients);
    int scope = tm_scope_open();
    tm_tensor *y = tm_clip_norm(n, gradients, lua_tonumber(L, 2), lua_tonumber(L, 3));
    if (!y) bind_raise(L, scope);
    if (y != TM_NONE) bind_fill(norm, y);
    tm_scope_close(scope);
    if (y == TM_NONE)
        lua_pushnil(L);
    else
        lua_pop(L, 1);
    return 1;
}

static const luaL_Reg makers[] = {
    {"SGD", new_sgd}, {"Adam", new_adam}, {"AdamW", new_adamw}, {"_clip_norm", clip_norm}, {NULL, NULL}};

void bind_optimizers(lua_State *L) {
    lua_newtable(L);
    int metatable = lua_gettop(L);
    bind_register(L, metatable, metamethods);
    lua_newtable(L);
    bind_register(L, metatable + 1, methods);
    lua_pushcclosure(L, get, 1);
    lua_setfield(L, metatable, "__index");
    lua_pushliteral(L, "tenmo.optimizer");
    lua_setfield(L, metatable, "__metatable");
    lua_rawseti(L, LUA_ENVIRONINDEX, BIND_OPTIMIZER);
    lua_newtable(L);
    bind_register(L, lua_gettop(L), makers);
}
