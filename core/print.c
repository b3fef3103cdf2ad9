/* print.c: a tensor as people like to read it: aligned columns, the same number of digits everywhere, the middle
 * of long axes left out, and a last line with dtype and shape. */
#include "engine.h"

#include <math.h>
#include <stdio.h>

#define EDGE 3    /* shown at each end of a long axis */
#define LONG 1000 /* elements from which axes are shortened */

typedef struct style {
    bool real, scientific, shorten;
    int digits, width;
} style;

typedef struct sink {
    tm_write_fn write;
    void *to;
} sink;

static void put(sink *s, const char *text) { s->write(s->to, text, strlen(text)); }

static bool left_out(const style *s, int64_t size, int64_t i) {
    return s->shorten && size > 2 * EDGE && i >= EDGE && i < size - EDGE;
}

static int format(const style *s, const tm_tensor *x, int64_t i, char *text, size_t room) {
    if (x->dtype == TM_BOOL) return snprintf(text, room, "%s", tm_element_int(x, i) ? "true" : "false");
    if (!s->real) return snprintf(text, room, "%lld", (long long)tm_element_int(x, i));
    double v = tm_element(x, i);
    if (isnan(v)) return snprintf(text, room, "nan");
    if (isinf(v)) return snprintf(text, room, v < 0 ? "-inf" : "inf");
    if (s->scientific) return snprintf(text, room, "%.*e", s->digits, v);
    return snprintf(text, room, s->digits ? "%.*f" : "%.*f.", s->digits, v);
}

/* Call `see` for the index of each element that is shown. */
static void each_shown(const tm_tensor *x, const style *s, int axis, int64_t at, void (*see)(void *, int64_t),
                       void *self) {
    if (axis == x->rank) {
        see(self, at);
        return;
    }
    for (int64_t i = 0; i < x->shape[axis]; i++) {
        if (left_out(s, x->shape[axis], i)) i = x->shape[axis] - EDGE;
        each_shown(x, s, axis + 1, at * x->shape[axis] + i, see, self);
    }
}

typedef struct survey {
    const tm_tensor *x;
    style *s;
    double least, most;
    bool whole;
} survey;

static void see_range(void *self, int64_t i) {
    survey *v = self;
    double a = fabs(tm_element(v->x, i));
    if (!isfinite(a)) return;
    if (a != floor(a)) v->whole = false;
    if (a > v->most) v->most = a;
    if (a > 0 && a < v->least) v->least = a;
}

static void see_width(void *self, int64_t i) {
    survey *v = self;
    char text[512];
    int width = format(v->s, v->x, i, text, sizeof text);
    if (width > v->s->width) v->s->width = width;
}

static style choose(const tm_tensor *x) {
    style s = {.real = tm_dtype_is_float(x->dtype), .shorten = x->numel > LONG};
    survey v = {x, &s, INFINITY, 0, true};
    if (s.real) {
        each_shown(x, &s, 0, 0, see_range, &v);
        s.scientific = v.most >= 1e8 || (!v.whole && (v.most / v.least > 1e5 || v.least < 1e-4));
        s.digits = v.whole && !s.scientific ? 0 : 4;
    }
    each_shown(x, &s, 0, 0, see_width, &v);
    return s;
}

static void put_element(const tm_tensor *x, const style *s, int64_t i, sink *to) {
    char text[512], padded[600];
    format(s, x, i, text, sizeof text);
    snprintf(padded, sizeof padded, "%*s", s->width, text);
    put(to, padded);
}

static void put_axis(const tm_tensor *x, const style *s, int axis, int64_t at, sink *to) {
    int64_t size = x->shape[axis];
    bool last = axis == x->rank - 1;
    put(to, "[");
    for (int64_t i = 0; i < size; i++) {
        if (i && last) put(to, ", ");
        if (i && !last) {
            put(to, ",\n");
            for (int k = axis; k < x->rank - 2; k++) put(to, "\n");
            for (int k = 0; k <= axis; k++) put(to, " ");
        }
        if (left_out(s, size, i)) {
            put(to, "...");
            i = size - EDGE - 1;
        } else if (last) {
            put_element(x, s, at * size + i, to);
        } else {
            put_axis(x, s, axis + 1, at * size + i, to);
        }
    }
    put(to, "]");
}

static void put_facts(const tm_tensor *x, sink *to) {
    put(to, x->rank ? "\n" : " ");
    put(to, tm_dtype_name(x->dtype));
    put(to, " ");
    put(to, tm_shape_text(x));
    if (tm_device_of(x) != tm_cpu()) {
        put(to, ", ");
        put(to, tm_device_title(tm_device_of(x)));
    }
    if (x->requires_grad) put(to, ", requires_grad");
    if (x->node) {
        put(to, ", made by ");
        put(to, tm_name(x->node->op));
    }
}

void tm_print(const tm_tensor *x, tm_write_fn write, void *to) {
    sink s = {write, to};
    int scope = tm_scope_open();
    const tm_tensor *host = tm_on_host((tm_tensor *)x);
    if (host) {
        style how = choose(host);
        if (x->rank)
            put_axis(host, &how, 0, 0, &s);
        else
            put_element(host, &how, 0, &s);
        put_facts(x, &s);
    }
    tm_scope_close(scope);
}
