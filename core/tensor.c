/* tensor.c: a tensor is a view (shape, strides, offset, dtype) on a counted storage. */
#include "engine.h"

#include <math.h>
#include <stdio.h>

tm_tensor tm_none = {.refs = 1};
const tm_device *tm_working_on;

/* --- shapes ------------------------------------------------------------------------------------------- */

int64_t tm_product(int rank, const int64_t *shape) {
    int64_t n = 1;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0) return -1;
        if (shape[i] == 0) n = 0;
    }
    for (int i = 0; n && i < rank; i++)
        if (__builtin_mul_overflow(n, shape[i], &n)) return -1;
    return n;
}

const char *tm_shape_words(int rank, const int64_t *shape) {
    static char text[8][160];
    static int turn;
    char *t = text[turn++ & 7];
    size_t n = 0, room = sizeof text[0];
    t[n++] = '(';
    for (int i = 0; i < rank; i++) n += (size_t)snprintf(t + n, room - n, i ? ", %lld" : "%lld", (long long)shape[i]);
    snprintf(t + n, room - n, ")");
    return t;
}

const char *tm_shape_text(const tm_tensor *x) { return tm_shape_words(x->rank, x->shape); }

int tm_axis(const char *op, int64_t axis, int rank) {
    if (axis >= 0 && axis < rank) return (int)axis;
    if (axis < 0 && axis >= -rank) return (int)axis + rank;
    if (rank == 0)
        tm_fail(TM_MISUSE, "%s: a tensor of one number has no axes", op);
    else
        tm_fail(TM_MISUSE, "%s: axis %lld is out of range; the tensor has %d ax%s: 1..%d or -%d..-1", op,
                (long long)(axis < 0 ? axis : axis + 1), rank, rank == 1 ? "is" : "es", rank, rank);
    return -1;
}

/* --- making and freeing ---------------------------------------------------------------------------------- */

/* numel is the product of the sizes in shape. */
static tm_tensor *new_header(int rank, const int64_t *shape, tm_dtype dtype, int64_t numel) {
    if (!tm_scope_reserve()) return NULL;
    tm_tensor *x = tm_new(sizeof *x);
    if (!x) return NULL;
    memset(x, 0, offsetof(tm_tensor, shape));
    x->refs = 1;
    x->dtype = (uint8_t)dtype;
    x->rank = (uint8_t)rank;
    x->numel = numel;
    x->contiguous = true;
    int64_t stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
        x->shape[i] = shape[i];
        x->stride[i] = stride;
        stride *= shape[i] > 1 ? shape[i] : 1;
    }
    x->storage = NULL;
    x->node = NULL;
    x->grad = x->link = NULL;
    x->hooks = NULL;
    x->rows = NULL;
    tm_scope_add(x);
    return x;
}

tm_tensor *tm_header(int rank, const int64_t *shape, tm_dtype dtype) {
    if (rank > TM_MAX_RANK)
        return tm_fail(TM_MISUSE, "%s: a tensor has at most %d axes, not %d", tm_doing, TM_MAX_RANK, rank);
    int64_t numel = tm_product(rank, shape);
    if (numel < 0)
        return tm_fail(TM_MISUSE, "%s: shape %s: sizes must be 0 or more, and their product a number of elements",
                       tm_doing, tm_shape_words(rank, shape));
    return new_header(rank, shape, dtype, numel);
}

tm_tensor *tm_empty_like(const tm_tensor *x) {
    tm_tensor *y = new_header(x->rank, x->shape, x->dtype, x->numel);
    if (!y) return NULL;
    y->storage = tm_storage_new(tm_device_of(x), (size_t)x->numel * tm_dtype_size(x->dtype));
    return y->storage ? y : NULL;
}

tm_tensor *tm_empty_on(const tm_device *device, int rank, const int64_t *shape, tm_dtype dtype) {
    tm_tensor *x = tm_header(rank, shape, dtype);
    int64_t bytes;
    if (!x) return NULL;
    if (__builtin_mul_overflow(x->numel, (int64_t)tm_dtype_size(dtype), &bytes))
        return tm_fail(TM_MEMORY, "%s: out of memory: a tensor of shape %s has more bytes than a machine", tm_doing,
                       tm_shape_text(x));
    x->storage = tm_storage_new(device, (size_t)bytes);
    return x->storage ? x : NULL;
}

tm_tensor *tm_empty(int rank, const int64_t *shape, tm_dtype dtype) {
    return tm_empty_on(tm_working_on ? tm_working_on : tm_cpu(), rank, shape, dtype);
}

tm_tensor *tm_from_data(int rank, const int64_t *shape, tm_dtype dtype, const void *data) {
    tm_tensor *x = tm_empty(rank, shape, dtype);
    tm_capture_refuse("a tensor is made of numbers");
    if (x && x->numel) memcpy(x->storage->data, data, (size_t)x->numel * tm_dtype_size(dtype));
    return x;
}

tm_tensor *tm_from_borrowed(int rank, const int64_t *shape, tm_dtype dtype, void *data, void (*release)(void *owner),
                            void *owner) {
    tm_tensor *x = tm_header(rank, shape, dtype);
    if (!x) return NULL;
    x->storage = tm_storage_borrow(tm_cpu(), data, (size_t)x->numel * tm_dtype_size(dtype), release, owner);
    return x->storage ? x : NULL;
}

static tm_tensor *weak(tm_dtype dtype, tm_value value) {
    tm_tensor *x = tm_header(0, NULL, dtype);
    if (!x) return NULL;
    x->weak = true;
    x->scalar = value;
    return x;
}

tm_tensor *tm_scalar(double value) { return weak(TM_FLOAT64, (tm_value){.f = value}); }
tm_tensor *tm_scalar_int(int64_t value) { return weak(TM_INT64, (tm_value){.i = value}); }

static bool row_major(const tm_tensor *x) {
    int64_t stride = 1;
    for (int i = x->rank - 1; i >= 0; i--) {
        if (x->shape[i] != 1 && x->stride[i] != stride) return x->numel == 0;
        stride *= x->shape[i];
    }
    return true;
}

tm_tensor *tm_view_of(tm_tensor *x, int rank, const int64_t *shape, const int64_t *stride, int64_t offset) {
    tm_tensor *y = tm_header(rank, shape, x->dtype);
    if (!y) return NULL;
    for (int i = 0; i < rank; i++) y->stride[i] = stride[i];
    y->contiguous = row_major(y);
    y->offset = offset;
    y->is_view = true;
    y->weak = x->weak;
    y->scalar = x->scalar;
    y->storage = x->storage;
    if (y->storage) y->storage->refs++;
    return y;
}

void tm_own(tm_tensor *x) { x->is_view = false; }

tm_tensor *tm_alias(tm_tensor *x) {
    tm_tensor *y = x ? tm_view_of(x, x->rank, x->shape, x->stride, x->offset) : NULL;
    if (y) y->is_view = x->is_view;
    return y;
}

tm_tensor *tm_retain(tm_tensor *x) {
    if (x) x->refs++;
    return x;
}

/* A tensor's end may end its node, which ends what the node kept, and so on along a tape of any length:
 * so the dead are queued, and one loop buries them. */
void tm_release(tm_tensor *x) {
    static tm_tensor *dead;
    static bool burying;
    if (!x || x == TM_NONE || --x->refs) return;
    x->link = dead;
    dead = x;
    if (burying) return;
    burying = true;
    while (dead) {
        x = dead;
        dead = x->link;
        tm_storage_release(x->storage);
        tm_release(x->grad);
        tm_rows_release(x);
        if (x->node && x->node->out == x) x->node->out = NULL;
        tm_node_release(x->node);
        tm_hooks_release(x->hooks);
        tm_delete(x);
    }
    burying = false;
}

/* --- facts ------------------------------------------------------------------------------------------------ */

int tm_rank(const tm_tensor *x) { return x->rank; }
int64_t tm_size(const tm_tensor *x, int axis) { return x->shape[axis]; }
const int64_t *tm_shape(const tm_tensor *x) { return x->shape; }
const int64_t *tm_strides(const tm_tensor *x) { return x->stride; }
int64_t tm_numel(const tm_tensor *x) { return x->numel; }
tm_dtype tm_dtype_of(const tm_tensor *x) { return x->dtype; }
int64_t tm_offset(const tm_tensor *x) { return x->offset; }
uint32_t tm_version(const tm_tensor *x) { return x->storage ? x->storage->version : 0; }
const tm_device *tm_device_of(const tm_tensor *x) {
    return x->storage ? x->storage->device : tm_working_on ? tm_working_on : tm_cpu();
}
const char *tm_device_name(const tm_tensor *x) { return tm_device_of(x)->name; }
bool tm_same_storage(const tm_tensor *x, const tm_tensor *y) { return x->storage && x->storage == y->storage; }

tm_buffer tm_buffer_of(const tm_tensor *x) {
    const tm_storage *s = x->storage;
    return s ? (tm_buffer){s->data, s->bytes, s->capacity, s->refs, s->made}
             : (tm_buffer){.data = &x->scalar, .views = 1};
}

void *tm_data(const tm_tensor *x) {
    if (!x->storage) return (void *)&x->scalar;
    return (char *)x->storage->data + x->offset * (int64_t)tm_dtype_size(x->dtype);
}

bool tm_is_contiguous(const tm_tensor *x) { return x->contiguous; }

bool tm_is_expanded(const tm_tensor *x) {
    for (int i = 0; i < x->rank; i++)
        if (x->shape[i] > 1 && x->stride[i] == 0) return true;
    return false;
}

/* Taken from the smallest stride up, each axis has to step over all that those before it span. */
bool tm_may_overlap(const tm_tensor *x) {
    int64_t span = 0;
    unsigned done = 0;
    for (int n = 0; n < x->rank && x->numel; n++) {
        int next = -1;
        for (int i = 0; i < x->rank; i++)
            if (!(done >> i & 1) && (next < 0 || x->stride[i] < x->stride[next])) next = i;
        done |= 1u << next;
        if (x->shape[next] == 1) continue;
        if (x->stride[next] <= span) return true;
        span += x->stride[next] * (x->shape[next] - 1);
    }
    return false;
}

const tm_device *tm_device_among(int n, tm_tensor *const *x) {
    for (int i = 0; i < n; i++)
        if (x[i]->storage) return x[i]->storage->device;
    return tm_device_of(x[0]);
}

void tm_touch(tm_tensor *x) {
    if (!x->storage) return;
    if (tm_recorder) tm_capture_write(x->storage);
    x->storage->version++;
    x->storage->written = tm_here;
}

/* --- single elements ---------------------------------------------------------------------------------------- */

static const void *address(const tm_tensor *x, int64_t i) {
    if (!x->storage) return &x->scalar;
    int64_t at = x->offset;
    for (int axis = x->rank - 1; axis >= 0; axis--) {
        at += i % x->shape[axis] * x->stride[axis];
        i /= x->shape[axis];
    }
    return (const char *)x->storage->data + at * (int64_t)tm_dtype_size(x->dtype);
}

/* Where the host can read element i; copied to `room` from a device with memory of its own. */
static const void *readable(const tm_tensor *x, int64_t i, int64_t *room) {
    const void *p = address(x, i);
    tm_capture_refuse("an element is read on the host");
    if (!tm_device_of(x)->remote) return p;
    *room = 0;
    tm_fetch(tm_device_of(x), room, p, tm_dtype_size(x->dtype));
    return room;
}

double tm_element(const tm_tensor *x, int64_t i) {
    int64_t room;
    const void *p = readable(x, i, &room);
    if (x->dtype == TM_FLOAT64) return *(const double *)p;
    if (x->dtype == TM_FLOAT32) return *(const float *)p;
    if (tm_dtype_is_half(x->dtype)) return tm_half_value(x->dtype, *(const uint16_t *)p);
    return (double)tm_element_int(x, i);
}

int64_t tm_element_int(const tm_tensor *x, int64_t i) {
    int64_t room;
    const void *p = readable(x, i, &room);
    switch (x->dtype) {
    case TM_INT64: return *(const int64_t *)p;
    case TM_INT32: return *(const int32_t *)p;
    case TM_FLOAT16:
    case TM_BFLOAT16:
    case TM_FLOAT32:
    case TM_FLOAT64: {
        double value = tm_element(x, i);
        if (isnan(value)) return 0;
        return value >= 0x1p63 ? INT64_MAX : value < -0x1p63 ? INT64_MIN : (int64_t)value;
    }
    default: return *(const uint8_t *)p;
    }
}

static bool one_element(const tm_tensor *x) {
    if (x->numel == 1) return true;
    tm_fail(TM_MISUSE, "item: the tensor has %lld elements, shape %s; item reads a tensor of one (totable reads all)",
            (long long)x->numel, tm_shape_text(x));
    return false;
}

bool tm_item(const tm_tensor *x, double *value) {
    if (!one_element(x)) return false;
    *value = tm_element(x, 0);
    return tm_error() == TM_OK;
}

bool tm_item_int(const tm_tensor *x, int64_t *value) {
    if (!one_element(x)) return false;
    *value = tm_element_int(x, 0);
    return tm_error() == TM_OK;
}
