/* optimize_loops.h: the optimizers' loops, for the type that TM_SUFFIX names. */

#define T TM_PASTE(tm, TM_SUFFIX)
#define NAME(name) TM_PASTE(name, TM_SUFFIX)

/* g += wd p; b = mu b + g (b = g at first); p -= lr (nesterov ? g + mu b : b). The flags are constants where it is
 * inlined, so each case is one loop that touches each element once. */
static inline __attribute__((always_inline)) void NAME(sgd_pass)(T *restrict p, T *restrict b, const T *restrict grad,
                                                                 int64_t n, T lr, T mu, T wd, const int decays,
                                                                 const int first, const int nesterov) {
    for (int64_t i = 0; i < n; i++) {
        const T g = decays ? grad[i] + wd * p[i] : grad[i];
        const T v = first ? g : mu * b[i] + g;
        b[i] = v;
        p[i] -= lr * (nesterov ? g + mu * v : v);
    }
}

static void NAME(sgd)(const tm_call *call, const tm_slot *slot, int64_t from, int64_t n) {
    T *restrict p = (T *)slot->param + from;
    const T *restrict grad = (const T *)slot->grad + from;
    const T lr = (T)call->value[0].f, mu = (T)call->value[1].f, wd = (T)call->value[2].f;
    if (!slot->state[0]) {
        for (int64_t i = 0; i < n; i++) p[i] -= lr * (grad[i] + wd * p[i]);
        return;
    }
    T *restrict b = (T *)slot->state[0] + from;
    const int first = slot->step <= 1, nesterov = call->value[3].i != 0;
    if (first && nesterov)
        NAME(sgd_pass)(p, b, grad, n, lr, mu, wd, 1, 1, 1);
    else if (first)
        NAME(sgd_pass)(p, b, grad, n, lr, mu, wd, 1, 1, 0);
    else if (nesterov)
        NAME(sgd_pass)(p, b, grad, n, lr, mu, wd, 1, 0, 1);
    else if (wd != 0)
        NAME(sgd_pass)(p, b, grad, n, lr, mu, wd, 1, 0, 0);
    else
        NAME(sgd_pass)(p, b, grad, n, lr, mu, wd, 0, 0, 0);
}

/* m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g g; p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps).
 * Decay is added to g, or, decoupled, taken from p (Kingma and Ba 2015; Loshchilov and Hutter 2019). */
static void NAME(adam)(const tm_call *call, const tm_slot *slot, int64_t from, int64_t n) {
    T *restrict p = (T *)slot->param + from, *restrict m = (T *)slot->state[0] + from;
    T *restrict v = (T *)slot->state[1] + from;
    const T *restrict grad = (const T *)slot->grad + from;
    const double lr = call->value[0].f, beta1 = call->value[1].f, beta2 = call->value[2].f, decay = call->value[4].f;
    const int decoupled = call->value[5].i != 0;
    const T b1 = (T)beta1, c1 = (T)(1 - beta1), b2 = (T)beta2, c2 = (T)(1 - beta2), eps = (T)call->value[3].f;
    const T wd = (T)(decoupled ? 0 : decay), keep = (T)(decoupled ? 1 - lr * decay : 1);
    const T step = (T)(lr / (1 - (pow)(beta1, slot->step)));
    const T correct = (T)(1 / (sqrt)(1 - (pow)(beta2, slot->step)));
    for (int64_t i = 0; i < n; i++) {
        const T g = grad[i] + wd * p[i];
        m[i] = b1 * m[i] + c1 * g;
        v[i] = b2 * v[i] + c2 * g * g;
        p[i] = keep * p[i] - step * m[i] / (TM_WORD(sqrt)(v[i]) * correct + eps);
    }
}

#undef NAME
#undef T
