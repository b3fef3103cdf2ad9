/* scope.c: who owns results until somebody keeps them.
 *
 * Every new tensor joins the innermost open scope. Closing a scope gives back what it owns, so code between
 * open and close never frees anything by hand, on whatever path it leaves. */
#include "engine.h"

static struct {
    tm_tensor **owned;
    int64_t *start; /* where each open scope begins in owned */
    int64_t n, room;
    int depth, depth_room;
} stack;

/* Make an array larger, for n elements that it holds and more. */
static bool grow(void **array, int64_t *room, int64_t n, size_t size) {
    int64_t wanted = *room ? 2 * *room : 256;
    void *larger = tm_new((size_t)wanted * size);
    if (!larger) return false;
    if (n) memcpy(larger, *array, (size_t)n * size);
    tm_delete(*array);
    *array = larger;
    *room = wanted;
    return true;
}

bool tm_scope_reserve(void) {
    return stack.n < stack.room || grow((void **)&stack.owned, &stack.room, stack.n, sizeof *stack.owned);
}

bool tm_scope_add(tm_tensor *x) {
    if (!tm_scope_reserve()) return false;
    stack.owned[stack.n++] = x;
    return true;
}

/* A scope that could not be noted for want of memory is merged with the one around it. */
int tm_scope_open(void) {
    if (stack.depth == stack.depth_room) {
        int64_t room = stack.depth_room;
        if (!grow((void **)&stack.start, &room, stack.depth, sizeof *stack.start)) return -1;
        stack.depth_room = (int)room;
    }
    stack.start[stack.depth] = stack.n;
    return stack.depth++;
}

void tm_scope_close(int scope) {
    if (scope < 0 || scope >= stack.depth) return;
    int64_t start = stack.start[scope];
    stack.depth = scope;
    while (stack.n > start) tm_release(stack.owned[--stack.n]);
}
