/* table.c: ops.def as data: names, signatures, what a rule keeps, and the functions behind each row. */
#include "engine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* --- the rows as written --------------------------------------------------------------------------------- */

typedef struct text {
    int parts; /* kernels; 0: views and what is composed */
    const char *name, *signature, *domain, *doc, *formula, *rule[TM_MAX_INPUTS];
    bool elementwise, differentiable, internal;
} text;

static const text texts[TM_OPS] = {
#define TM_UNARY(name, sig, class, value, kx, gx, dom, doc)                                                            \
    [TM_OP_##name] = {1, #name, sig, dom, doc, #value, {#gx}, true, DIFFERENTIABLE_##class, false},
#define TM_BINARY(name, sig, class, value, kx, gx, kw, gw, dom, doc)                                                   \
    [TM_OP_##name] = {1, #name, sig, dom, doc, #value, {#gx, #gw}, true, DIFFERENTIABLE_##class, false},
#define TM_TERNARY(name, sig, class, value, kx, gx, kw, gw, kv, gv, dom, doc)                                          \
    [TM_OP_##name] = {1, #name, sig, dom, doc, #value, {#gx, #gw, #gv}, true, DIFFERENTIABLE_##class, false},
#define TM_STRUCTURED(name, sig, parts, keeps, dom, doc)                                                               \
    [TM_OP_##name] = {parts, #name, sig, dom, doc, "", {0}, false, true, false},
#define TM_PLAIN(name, sig, parts, dom, doc)                                                                           \
    [TM_OP_##name] = {parts, #name, sig, dom, doc, "", {0}, false, false, false},
#define TM_INTERNAL(name, parts, doc) [TM_OP_##name] = {parts, #name, "", "", doc, "", {0}, false, false, true},
/* classes without a derivative */
#define DIFFERENTIABLE_FLOAT true
#define DIFFERENTIABLE_NUMBER true
#define DIFFERENTIABLE_ANY true
#define DIFFERENTIABLE_SELECT true
#define DIFFERENTIABLE_COMPARE false
#define DIFFERENTIABLE_LOGIC false
#define DIFFERENTIABLE_BITS false
#define DIFFERENTIABLE_INTEGER false
#include "ops.def"
};

/* --- what the engine calls ----------------------------------------------------------------------------------- */

#define TM_STRUCTURED(name, ...)                                                                                       \
    void tm_forward_##name(const tm_args *a, tm_result *r);                                                            \
    void tm_backward_##name(tm_rule *c);
#define TM_PLAIN(name, ...) void tm_forward_##name(const tm_args *a, tm_result *r);
#include "ops.def"

enum { NONE = KEEP_NONE, X = KEEP_X, W = KEEP_W, V = KEEP_V, Y = KEEP_Y, OTHERS = KEEP_OTHERS, CONST = KEEP_CONST };

tm_entry tm_entries[TM_OPS] = {
#define TM_UNARY(name, sig, class, value, kx, gx, ...) [TM_OP_##name] = {CLASS_##class, NULL, NULL, {kx}},
#define TM_BINARY(name, sig, class, value, kx, gx, kw, gw, ...) [TM_OP_##name] = {CLASS_##class, NULL, NULL, {kx, kw}},
#define TM_TERNARY(name, sig, class, value, kx, gx, kw, gw, kv, gv, ...)                                               \
    [TM_OP_##name] = {CLASS_##class, NULL, NULL, {kx, kw, kv}},
#define TM_STRUCTURED(name, sig, parts, keeps, ...)                                                                    \
    [TM_OP_##name] = {CLASS_NONE, tm_forward_##name, tm_backward_##name, {keeps}},
#define TM_PLAIN(name, ...) [TM_OP_##name] = {CLASS_NONE, tm_forward_##name, NULL, {NONE}},
#include "ops.def"
};

static tm_row rows[TM_OPS];

const tm_row *tm_row_of(tm_op op) { return &rows[op]; }
const char *tm_name(tm_op op) { return texts[op].name; }
int tm_parts(tm_op op) { return texts[op].parts; }

int tm_find_op(const char *name) {
    for (int i = 0; i < TM_OPS; i++)
        if (!strcmp(texts[i].name, name)) return i;
    return -1;
}

/* --- reading signatures ----------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    tm_item_type type;
} types[] = {
    {"num", TM_ITEM_NUM},     {"int", TM_ITEM_INT},     {"bool", TM_ITEM_BOOL},
    {"axis", TM_ITEM_AXIS},   {"axes", TM_ITEM_AXES},   {"ints", TM_ITEM_INTS},
    {"shape", TM_ITEM_SHAPE}, {"dtype", TM_ITEM_DTYPE}, {"index", TM_ITEM_INDEX},
};

/* What follows ":", and the words to choose from if there are any: of "ints/same/valid" those behind ints. */
static tm_item_type type_of(const char *word, const char **choices) {
    const size_t n = strcspn(word, "/");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strlen(types[i].word) != n || strncmp(word, types[i].word, n)) continue;
        if (word[n] && types[i].type != TM_ITEM_INTS) break;
        *choices = word[n] ? word + n + 1 : NULL;
        return types[i].type;
    }
    *choices = word;
    return TM_ITEM_CHOICE;
}

static int choice_position(const char *choices, const char *word) {
    size_t n = strlen(word);
    for (int position = 0;; position++) {
        size_t length = strcspn(choices, "/");
        if (length == n && !strncmp(choices, word, n)) return position;
        if (!choices[length]) return -1;
        choices += length + 1;
    }
}

/* What stands for an item that is left out; text is what follows "=", or NULL. */
static tm_value preset_of(const tm_item_info *item, const char *text) {
    tm_value v = {.i = TM_ABSENT};
    tm_dtype dtype;
    switch (item->type) {
    case TM_ITEM_TENSOR:
    case TM_ITEM_NUM: v.f = text ? strtod(text, NULL) : NAN; break;
    case TM_ITEM_BOOL: v.i = text && !strcmp(text, "true"); break;
    case TM_ITEM_INT:
    case TM_ITEM_AXIS:
        if (text) v.i = strtoll(text, NULL, 10);
        if (item->type == TM_ITEM_AXIS && v.i > 0) v.i--; /* signatures count from 1 as people do, tm_args from 0 */
        break;
    case TM_ITEM_DTYPE:
        if (text && tm_dtype_from_name(text, &dtype)) v.i = dtype;
        break;
    case TM_ITEM_CHOICE: v.i = text ? choice_position(item->choices, text) : TM_ABSENT; break;
    default: break;
    }
    return v;
}

/* Give the item its place among the inputs, the values or the lists. */
static void place_item(tm_row *row, tm_item_info *item) {
    switch (item->type) {
    case TM_ITEM_TENSORS: row->variadic = true; break;
    case TM_ITEM_TENSOR: item->slot = row->n_inputs++; break;
    case TM_ITEM_AXES:
    case TM_ITEM_INTS:
    case TM_ITEM_SHAPE: item->slot = row->n_lists++; break;
    case TM_ITEM_INDEX:
        item->slot = row->n_lists;
        row->n_lists += 3;
        item->value_slot = row->n_values++;
        break;
    default: item->slot = row->n_values++;
    }
}

/* One word: name, name?, name..., name:type, name:type?, name:type=preset. The word is cut up in place. */
static void read_item(tm_row *row, char *word, bool named) {
    tm_item_info *item = &row->item[row->n_items++];
    char *preset = strchr(word, '='), *type = strchr(word, ':'), *dots = strstr(word, "...");
    if (preset) *preset++ = 0;
    char *end = word + strlen(word);
    item->optional = preset || end[-1] == '?';
    if (end[-1] == '?') end[-1] = 0;
    if (type) *type++ = 0;
    if (dots) *dots = 0;
    item->name = word;
    item->named = named;
    item->choices = NULL;
    item->type = type ? type_of(type, &item->choices) : dots ? TM_ITEM_TENSORS : TM_ITEM_TENSOR;
    item->preset = preset_of(item, preset);
    place_item(row, item);
}

static bool has_room(const tm_row *row) {
    return row->n_items <= TM_MAX_ITEMS && row->n_inputs <= TM_MAX_INPUTS && row->n_values <= TM_MAX_VALUES &&
           row->n_lists <= TM_MAX_LISTS;
}

/* A copy of a signature to be cut up: the names of a row's items point into it, so all of them are kept for good. */
static char *kept_copy(const char *text) {
    static struct copy {
        struct copy *next;
        char text[];
    } * copies;
    size_t n = strlen(text) + 1;
    struct copy *copy = malloc(sizeof *copy + n);
    if (!copy) return NULL;
    copy->next = copies;
    copies = copy;
    return memcpy(copy->text, text, n);
}

static bool read_signature(tm_row *row) {
    char *words = kept_copy(row->signature);
    if (!words) return tm_fail(TM_MEMORY, "out of memory while reading the signature of %s", row->name);
    bool named = false;
    for (char *save, *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        if (!strcmp(word, "|")) {
            named = true;
            continue;
        }
        if (row->n_items < TM_MAX_ITEMS)
            read_item(row, word, named);
        else
            row->n_items++;
        if (!has_room(row)) return tm_fail(TM_MISUSE, "%s: the signature has too many items", row->name);
    }
    return true;
}

bool tm_row_read(tm_row *row, const char *name, const char *signature) {
    *row = (tm_row){.name = tm_intern(name), .signature = tm_intern(signature), .formula = ""};
    if (!row->name || !row->signature) return tm_fail(TM_MEMORY, "out of memory while reading a signature");
    return read_signature(row);
}

static bool read_row(int op) {
    const text *t = &texts[op];
    tm_row *row = &rows[op];
    *row = (tm_row){.name = t->name,
                    .signature = t->signature,
                    .doc = t->doc,
                    .domain = t->domain,
                    .formula = t->formula,
                    .elementwise = t->elementwise,
                    .differentiable = t->differentiable,
                    .internal = t->internal};
    for (int i = 0; i < TM_MAX_INPUTS; i++) {
        row->rule[i] = tm_entries[op].keeps[i] == KEEP_CONST ? NULL : t->rule[i];
        tm_entries[op].pass[i] = row->rule[i] && !strcmp(row->rule[i], "g");
    }
    if (t->elementwise) row->differentiable &= row->rule[0] || row->rule[1] || row->rule[2];
    return t->internal || read_signature(row); /* internal: no arguments */
}

/* What an elementwise row's items say beyond their reading: presets of inputs, and the rows behind a choice. */
static bool finish_row(tm_row *row) {
    row->choice = -1;
    for (int i = 0; row->elementwise && i < row->n_items; i++) {
        const tm_item_info *item = &row->item[i];
        row->has_presets |= item->type == TM_ITEM_TENSOR && item->optional;
        if (item->type != TM_ITEM_CHOICE) continue;
        row->choice = item->slot;
        row->chosen[0] = (tm_op)(row - rows);
        const char *word = item->choices;
        for (int k = 1; (word = strchr(word, '/')) && k < 4; k++) {
            char name[64];
            word++;
            snprintf(name, sizeof name, "%s_%.*s", row->name, (int)strcspn(word, "/"), word);
            int op = tm_find_op(name);
            if (op < 0) return tm_fail(TM_MISUSE, "ops.def has no row %s, which %s offers", name, row->name);
            row->chosen[k] = (tm_op)op;
        }
    }
    return true;
}

bool tm_table_start(void);
bool tm_table_start(void) {
    for (int op = 0; op < TM_OPS; op++)
        if (!read_row(op)) return false;
    for (int op = 0; op < TM_OPS; op++)
        if (!finish_row(&rows[op])) return false;
    for (int op = 0; op < TM_OPS; op++) {
        tm_entry *entry = &tm_entries[op];
        entry->plain = entry->klass == CLASS_FLOAT || entry->klass == CLASS_NUMBER || entry->klass == CLASS_ANY;
        entry->settles = rows[op].elementwise && (rows[op].has_presets || rows[op].n_values);
    }
    tm_rules_install();
    return true;
}

void tm_args_init(tm_args *args, tm_op op) { tm_args_preset(args, &rows[op]); }

void tm_args_preset(tm_args *args, const tm_row *row) {
    for (int i = 0; i < TM_MAX_INPUTS; i++) args->in[i] = TM_NONE;
    args->many = NULL;
    args->n_many = 0;
    for (int i = 0; i < row->n_lists; i++) args->list[i].n = TM_ABSENT_LIST;
    if (!row->n_values) return;
    for (int i = 0; i < row->n_items; i++) {
        const tm_item_info *item = &row->item[i];
        if (item->type == TM_ITEM_INDEX)
            args->value[item->value_slot].i = 0;
        else if (item->type > TM_ITEM_TENSORS && item->type != TM_ITEM_AXES && item->type != TM_ITEM_INTS &&
                 item->type != TM_ITEM_SHAPE)
            args->value[item->slot] = item->preset;
    }
}
