/* use_engine.c: the engine without Lua. Learns XOR with a hidden layer of four, once more with the step captured, then
 * provokes an error, and gives memory back as a collector does.
 *
 * The specs build it twice: in the build tree, and against an installed engine through pkg-config. It ends with a
 * line "N passed, N failed, N skipped". */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <tenmo.h>

static int passed, failed;

static void check(bool condition, const char *what) {
    if (condition)
        passed++;
    else
        failed++;
    if (!condition) printf("failed: %s (%s)\n", what, tm_error_message());
}

/* Weights in -1 .. 1. They outlive the scope that they are made in. */
static tm_tensor *parameter(int64_t rows, int64_t columns) {
    tm_args args;
    tm_args_init(&args, TM_OP_rand);
    args.list[0] = (tm_list){2, {rows, columns}};
    tm_tensor *uniform = tm_apply(TM_OP_rand, &args, NULL);
    tm_tensor *w = tm_sub(tm_mul(uniform, tm_scalar(2)), tm_scalar(1));
    if (!w || !tm_set_requires_grad(w, true)) return NULL;
    return tm_retain(w);
}

typedef struct network {
    tm_tensor *w1, *b1, *w2, *b2;
} network;

static tm_tensor *forward(const network *net, tm_tensor *x) {
    tm_tensor *hidden = tm_sigmoid(tm_add(tm_matmul(x, net->w1), net->b1)); /* (4, 4) */
    return tm_sigmoid(tm_add(tm_matmul(hidden, net->w2), net->b2));         /* (4, 1) */
}

/* One step of gradient descent on the mean squared error. */
static bool train_step(const network *net, tm_tensor *x, tm_tensor *y, tm_optimizer *sgd) {
    int scope = tm_scope_open();
    tm_tensor *error = tm_square(tm_sub(forward(net, x), y));
    tm_tensor *loss = tm_mul(tm_sum(error, 0, NULL, false), tm_scalar(0.25));
    bool done = loss && tm_backward(loss, NULL, false, false) && tm_optimizer_step(sgd);
    tm_optimizer_zero_grad(sgd);
    tm_scope_close(scope);
    return done;
}

/* The step, or, once it has been recorded, its replay. */
static bool captured_step(const network *net, tm_tensor *x, tm_tensor *y, tm_optimizer *sgd, tm_capture *c, int *n) {
    if (tm_capture_ready(c)) return ++*n, tm_capture_replay(c);
    bool records = tm_capture_begin(c), done = train_step(net, x, y, sgd);
    if (records) tm_capture_end(c);
    return done;
}

static void learn_xor(bool captured) {
    const float corners[] = {0, 0, 0, 1, 1, 0, 1, 1}, answers[] = {0, 1, 1, 0};
    int scope = tm_scope_open();
    tm_seed(1);
    tm_tensor *x = tm_from_data(2, (int64_t[]){4, 2}, TM_FLOAT32, corners);
    tm_tensor *y = tm_from_data(2, (int64_t[]){4, 1}, TM_FLOAT32, answers);
    network net = {parameter(2, 4), parameter(1, 4), parameter(4, 1), parameter(1, 1)};
    tm_tensor *params[] = {net.w1, net.b1, net.w2, net.b2};
    tm_settings settings = {.lr = 0.5, .momentum = 0.9};
    tm_optimizer *sgd = tm_optimizer_new(TM_SGD, 4, params, &settings);
    check(sgd != NULL, "an optimizer over four parameters");
    tm_capture *capture = captured ? tm_capture_new() : NULL;
    int replays = 0;
    bool steps = sgd != NULL;
    for (int i = 0; steps && i < 2000; i++)
        steps = captured ? captured_step(&net, x, y, sgd, capture, &replays) : train_step(&net, x, y, sgd);
    check(steps, "2000 steps of training");
    if (captured) check(replays == 1998, "all but two of them were replayed");
    check(sgd && tm_optimizer_updated(sgd, 0), "the weights moved");
    tm_tensor *p = forward(&net, x);
    for (int i = 0; p && i < 4; i++) check(fabs(tm_element(p, i) - answers[i]) < 0.03, "the answer is within 0.03");
    check(p != NULL, "an answer");
    tm_capture_free(capture);
    tm_optimizer_free(sgd);
    for (int i = 0; i < 4; i++) tm_release(params[i]);
    tm_scope_close(scope);
}

static void explain_error(void) {
    int scope = tm_scope_open();
    tm_tensor *x = tm_full(2, (int64_t[]){2, 3}, 1, TM_FLOAT32);
    tm_tensor *y = tm_relu(tm_matmul(x, x));
    check(!y && tm_error() == TM_MISUSE, "a product whose inner sizes differ is refused");
    check(strstr(tm_error_message(), "(2, 3)") != NULL, "and the message has the shapes");
    tm_error_clear();
    check(!tm_read_idx("no such file") && tm_error() == TM_OUTSIDE, "a missing file is the outside world's failure");
    tm_error_clear();
    tm_scope_close(scope);
}

/* What a sweep gives back, the youngest first, is taken again in that order, also where somebody takes some meanwhile.
 */
static void sweep(void) {
    const int64_t n = 5000;
    int scope = tm_scope_open();
    tm_tensor *x[4], *y[4];
    void *at[4];
    tm_memory_trim();
    tm_memory_set_cache(true);
    for (int i = 0; i < 4; i++) {
        x[i] = tm_retain(tm_empty(1, &n, TM_FLOAT32));
        at[i] = tm_data(x[i]);
    }
    tm_scope_close(scope);
    scope = tm_scope_open();
    tm_memory_sweep(true);
    tm_release(x[3]);
    tm_release(x[2]);
    y[0] = tm_empty(1, &n, TM_FLOAT32);
    tm_release(x[1]);
    y[1] = tm_empty(1, &n, TM_FLOAT32);
    y[2] = tm_empty(1, &n, TM_FLOAT32); /* all that the sweep gave back is taken */
    tm_release(x[0]);
    tm_memory_sweep(false);
    y[3] = tm_empty(1, &n, TM_FLOAT32);
    for (int i = 0; i < 4; i++) check(y[i] && tm_data(y[i]) == at[3 - i], "the youngest memory is taken first");
    tm_scope_close(scope);
}

int main(void) {
    if (!tm_start()) {
        fprintf(stderr, "%s\n", tm_error_message());
        return 1;
    }
    int64_t blocks = tm_memory_now().blocks;
    learn_xor(false);
    learn_xor(true);
    explain_error();
    sweep();
    check(tm_memory_now().live == 0, "no tensor bytes are left");
    check(tm_memory_now().blocks <= blocks + 2, "no objects are left but the scopes' own two arrays");
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
