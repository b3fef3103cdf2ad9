/* misuse.c: what a C program is told that calls the engine wrongly, where Lua's binding would have spoken before.
 *
 * Each case makes a mistake, and the message must have the words beside it. Ends with "N passed, N failed, N skipped".
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <tenmo.h>
#include <text/tokens.h>

static int passed, failed;

static void check(bool condition, const char *what) {
    if (condition)
        passed++;
    else
        failed++;
    if (!condition) printf("failed: %s (%s)\n", what, tm_error_message());
}

/* The mistake was noticed, and told with these words. */
static void told(tm_error_kind kind, const char *words) {
    check(tm_error() == kind && strstr(tm_error_message(), words), words);
    tm_error_clear();
}

static tm_tensor *ones(int64_t rows, int64_t columns, tm_dtype dtype) {
    return tm_full(2, (int64_t[]){rows, columns}, 1, dtype);
}

static tm_tensor *line(int64_t n, tm_dtype dtype) { return tm_full(1, &n, 1, dtype); }

/* --- ops: an op of one or two inputs with numbers and lists that the binding would refuse ----------------------- */

static void ops(void) {
    tm_tensor *x = ones(2, 3, TM_FLOAT32), *number = tm_scalar(2), *single = tm_full(0, NULL, 1, TM_FLOAT32);
    const tm_list none = {.n = TM_ABSENT_LIST}, first = {2, {0, 0}}, ends = {2, {0, 4}}, steps = {2, {1, 1}};
    const struct {
        tm_op op;
        tm_tensor *x, *w;
        int64_t value;
        tm_list list[3];
        const char *words;
    } wrong[] = {
        {TM_OP_matmul, number, x, 0, {none}, "matmul: expected tensors, got a number"},
        {TM_OP_conv1d, x, number, 1, {none}, "conv1d: expected tensors, got a number"},
        {TM_OP_max_pool1d, number, TM_NONE, 0, {none}, "max_pool1d: expected floats, got a number"},
        {TM_OP_sum, x, TM_NONE, 0, {first}, "sum: axis 1 is named twice"},
        {TM_OP_cumsum, x, TM_NONE, 5, {none}, "cumsum: axis 6 is out of range; the tensor has 2 axes"},
        {TM_OP_cumsum, x, TM_NONE, -3, {none}, "cumsum: axis -3 is out of range"},
        {TM_OP_diagonal, single, TM_NONE, 0, {none}, "diagonal: a tensor of one number has no axes"},
        {TM_OP_reshape, x, TM_NONE, 0, {none}, "reshape: needs a shape"},
        {TM_OP_expand, x, TM_NONE, 0, {none}, "expand: shape () has fewer axes"},
        {TM_OP_slice, x, TM_NONE, 0, {none, none, none}, "slice: the index speaks of 0 axes"},
        {TM_OP_slice,
         x,
         TM_NONE,
         0,
         {first, ends, steps},
         "slice: axis 2 has size 3; the range starts at 1 and takes 4"},
        {TM_OP_cat, TM_NONE, TM_NONE, 0, {none}, "cat: expected a list with at least one tensor"},
        {TM_OP_embedding, number, x, 0, {none}, "embedding: ids must be integers"},
        {TM_OP_index_select, x, number, 0, {none}, "index_select: ids must be a list of integers"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tm_args a;
        tm_args_init(&a, wrong[i].op);
        a.in[0] = wrong[i].x;
        a.in[1] = wrong[i].w;
        a.value[0].i = wrong[i].value;
        memcpy(a.list, wrong[i].list, sizeof wrong[i].list);
        check(!tm_apply(wrong[i].op, &a, NULL), wrong[i].words);
        told(TM_MISUSE, wrong[i].words);
    }
    tm_args a;
    tm_args_init(&a, TM_OP_add);
    a.in[0] = a.in[1] = number;
    check(!tm_apply_in_place(TM_OP_add, &a), "a number is not written in place");
    told(TM_MISUSE, "add_: a number can't be written in place");
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static void elements(void) {
    const double values[] = {NAN, 1e300, -1e300, 2.9};
    const int64_t as_integers[] = {0, INT64_MAX, INT64_MIN, 2};
    tm_tensor *x = tm_from_data(1, (int64_t[]){4}, TM_FLOAT64, values);
    for (int i = 0; i < 4; i++) check(tm_element_int(x, i) == as_integers[i], "a float read as an integer saturates");
    check(tm_element(line(2, TM_UINT8), 1) == 1 && tm_element_int(line(2, TM_INT32), 0) == 1, "integers as they are");
    check(tm_element(line(2, TM_BFLOAT16), 1) == 1 && tm_element_int(line(2, TM_FLOAT16), 1) == 1, "halves too");
    double value;
    int64_t integer;
    check(tm_item(line(1, TM_FLOAT32), &value) && value == 1, "one element");
    check(tm_item_int(line(1, TM_INT64), &integer) && integer == 1, "one integer");
    check(!tm_item(x, &value), "an item of several");
    told(TM_MISUSE, "item: the tensor has 4 elements");
    check(!tm_item_int(x, &integer), "an integer of several");
    told(TM_MISUSE, "item: the tensor has 4 elements");
    check(!tm_map_file("/dev/null", 1, 1, (int64_t[]){4}, TM_FLOAT32), "a file mapped between two elements");
    told(TM_MISUSE, "offset 1 is no multiple of 4 bytes");
    check(!tm_empty(2, (int64_t[]){INT64_C(1) << 31, INT64_C(1) << 31}, TM_FLOAT64), "more bytes than there are");
    told(TM_MEMORY, "more bytes than a machine");
}

static void rows_of_signatures(void) {
    tm_row row;
    check(tm_row_read(&row, "mine", "x w? | way:this/that=that") && row.item[2].preset.i == 1, "a signature");
    check(!tm_row_read(&row, "mine", "a b c d e f g h i j k l m"), "a signature that is too long");
    told(TM_MISUSE, "mine: the signature has too many items");
}

/* --- what isn't an op --------------------------------------------------------------------------------------------- */

static void random_numbers(void) {
    uint64_t seed, stream;
    tm_seed(7);
    tm_random_state(&seed, &stream);
    check(tm_shuffle(seed, 5, 5) == -1, "a position behind the last");
    told(TM_MISUSE, "shuffle: position 5 is not one of 0 .. 4");
    tm_set_random_state(seed, stream + 3);
    tm_random_state(&seed, &stream);
    check(seed == 7 && stream == 3, "the state that was set");
}

static void optimizers(void) {
    tm_tensor *w = line(2, TM_FLOAT32), *missing = NULL;
    tm_set_requires_grad(w, true);
    const struct {
        tm_optimizer_kind kind;
        tm_settings settings;
        const char *words;
    } wrong[] = {
        {TM_SGD, {.lr = -1}, "SGD: lr is -1; expected a finite number, 0 or more"},
        {TM_SGD, {.lr = 1, .momentum = INFINITY}, "SGD: momentum is inf"},
        {TM_ADAM, {.lr = 1, .beta1 = 1}, "Adam: beta1 is 1; expected a number from 0 to below 1"},
        {TM_ADAM, {.lr = 1, .eps = NAN, .decoupled = true}, "AdamW: eps is"},
        {TM_SGD, {.lr = 1, .nesterov = true}, "SGD: nesterov looks ahead"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        check(!tm_optimizer_new(wrong[i].kind, 1, &w, &wrong[i].settings), wrong[i].words);
        told(TM_MISUSE, wrong[i].words);
    }
    tm_settings settings = {.lr = 1};
    check(!tm_optimizer_new(TM_SGD, 1, &missing, &settings), "a parameter that is missing");
    told(TM_MISUSE, "SGD: parameter 1 is missing");
    tm_optimizer *sgd = tm_optimizer_new(TM_SGD, 1, &w, &settings);
    check(!tm_optimizer_param(sgd, 1), "a parameter that it doesn't have");
    told(TM_MISUSE, "SGD: there is no parameter 2; there are 1");
    tm_optimizer_set_steps(sgd, 0, -1);
    told(TM_MISUSE, "SGD: parameter 1 can't have made -1 steps");
    tm_optimizer_set_steps(sgd, 0, 4);
    check(tm_optimizer_steps(sgd, 0) == 4 && !tm_optimizer_state(sgd, 0, 2), "steps, and a state that isn't there");
    check(!tm_optimizer_set_state(sgd, 0, 1, w), "a second state of SGD");
    told(TM_MISUSE, "SGD: there is no state 2; it has 1");
    check(!tm_optimizer_set_state(sgd, 0, 0, line(3, TM_FLOAT32)), "a state of another shape");
    told(TM_MISUSE, "SGD: parameter 1 has shape (2), and the state given for it (3)");
    tm_optimizer_free(sgd);
}

static void word2vec(void) {
    tm_tensor *rows = ones(4, 16, TM_FLOAT32), *three = line(3, TM_INT64), *four = line(4, TM_INT64);
    const tm_word2vec good = {.inputs = rows,
                              .outputs = rows,
                              .tokens = line(3, TM_INT32),
                              .starts = three,
                              .noise = four,
                              .to = 1,
                              .left = 2,
                              .right = 2,
                              .negatives = 1};
    tm_word2vec w = good;
    w.inputs = ones(4, 17, TM_FLOAT32);
    check(!tm_word2vec_train(&w), "widths");
    told(TM_MISUSE, "expected equal widths, a multiple of 16");
    w = good, w.noise = three;
    check(!tm_word2vec_train(&w), "too little noise");
    told(TM_MISUSE, "inputs (4, 16), outputs (4, 16), noise (3) don't go together");
    w = good, w.keep = line(3, TM_FLOAT32);
    check(!tm_word2vec_train(&w), "chances for three of four words");
    told(TM_MISUSE, "word2vec: keep has 3 elements; expected one for each of the 4 words");
    w = good, w.to = 3;
    check(!tm_word2vec_train(&w), "a sentence behind the last");
    told(TM_MISUSE, "word2vec: sentences 0 to 3; there are 2");
    w = good, w.left = w.right = 0;
    check(!tm_word2vec_train(&w), "no window");
    told(TM_MISUSE, "word2vec: a window of 0 and 0 words");
    w = good, w.negatives = 65;
    check(!tm_word2vec_train(&w), "too many samples");
    told(TM_MISUSE, "word2vec: 65 negative samples; expected 1 to 64");
}

static void devices(void) {
    check(!tm_to(line(2, TM_FLOAT32), "abacus"), "a device that nobody knows");
    told(TM_MISUSE, "there is no device 'abacus'");
    check(strstr(tm_device_absent("abacus"), "there are cpu and cuda") != NULL, "which devices there are");
    check(!tm_describe_device("abacus") && !tm_device_known(99), "nothing to tell of others");
    tm_interrupt();
    check(!tm_add(line(2, TM_FLOAT32), tm_scalar(1)), "an op after an interrupt");
    told(TM_INTERRUPTED, "interrupted");
    check(tm_add(line(2, TM_FLOAT32), tm_scalar(1)) != NULL, "and the one after that");
}

/* A step that calls add one time and mul the next is never replayed; without a script there are no lines to name. */
static void captures(void) {
    tm_capture *c = tm_capture_new();
    tm_tensor *x = line(2, TM_FLOAT32);
    for (int i = 0; i < 20 && !tm_capture_why(c); i++) {
        tm_capture_begin(c);
        check((i % 2 ? tm_add(x, x) : tm_mul(x, x)) != NULL, "a step");
        check(!tm_capture_end(c), "a step like none before");
    }
    const char *why = tm_capture_why(c);
    check(why && strstr(why, "the kernels differ from call to call: "), "why it isn't replayed");
    tm_capture_free(c);
}

static void tokenizers(void) {
    tm_words *words = tm_words_new();
    tm_words_add(words, "a", 1, 1);
    tm_tokenizer *t = tm_tokenizer_new(TM_WORDS, words);
    check(t && !tm_tokenizer_set_unknown(t, 1), "an id beyond the vocabulary");
    told(TM_MISUSE, "the id 1 of unknown text is not in the vocabulary");
    check(tm_tokenizer_set_unknown(t, -1) && tm_tokenizer_unknown(t) == -1, "unknown text is an error");
    tm_tokenizer_free(t);
}

int main(void) {
    if (!tm_start()) {
        fprintf(stderr, "%s\n", tm_error_message());
        return 1;
    }
    void (*const cases[])(void) = {ops,      elements, rows_of_signatures, random_numbers, optimizers,
                                   word2vec, devices,  captures,           tokenizers};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int scope = tm_scope_open();
        cases[i]();
        tm_scope_close(scope);
    }
    check(tm_memory_now().live == 0, "no tensor bytes are left");
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
