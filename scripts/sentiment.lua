-- sentiment.lua: is a film review good or bad? The mean of its words' embeddings decides.
--
--     tenmo-lua sentiment.lua
--     tenmo-lua sentiment.lua --bigrams      pairs of words count too
--
-- The reviews are IMDB's, 25,000 to learn from and 25,000 to test (Maas et al. 2011). The gradient of the table is kept
-- as rows (sparse), so a step touches only the words of its batch.
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'sentiment.lua: is a film review good or bad?',
    { 'epochs', 4, 'passes over the training reviews' },
    { 'batch', 64, 'reviews in a step' },
    { 'lr', 0.003, 'learning rate' },
    { 'dim', 32, 'numbers of an embedding' },
    { 'min_freq', 5, 'rarer words are unknown' },
    { 'bigrams', false, 'pairs of words have embeddings too' },
    { 'seed', 1, 'first weights and the order of reviews' },
    { 'threads', 0, 'threads to compute with; 0: all' },
    { 'device', 'cpu', 'where to compute' },
}
tenmo.flags.start(flags)

local clean = tenmo.text.cleaner 'letters'
local train, test = assert(tenmo.data.imdb { part = 'train' }), assert(tenmo.data.imdb { part = 'test' })
local train_texts = clean:all(train.texts)
local vocab = tenmo.text.words(train_texts, { min_freq = flags.min_freq, ngrams = flags.bigrams and 2 or 1 })

-- Ids of all reviews one after another, where each begins, and labels; in random order, once.
local function prepare(texts, labels)
    local order, shuffled = tenmo.randperm(#texts), {}
    for i, id in ipairs(order:totable()) do
        shuffled[i] = texts[id + 1]
    end
    local ids, starts = vocab:encode_batch(shuffled, { skip_unknown = true })
    return { ids = ids, starts = starts, at = starts:totable(), labels = labels:index_select(1, order):float() }
end

local train_set, test_set = prepare(train_texts, train.labels), prepare(clean:all(test.texts), test.labels)
print(('%d reviews to train, %d to test, %d words in the vocabulary'):format(#train_set.labels, #test_set.labels,
    vocab:size()))

local bag, head = nn.EmbeddingBag(vocab:size(), flags.dim, { sparse = true }), nn.Linear(flags.dim, 1)
tenmo.no_grad(function()
    bag.weight:mul_(0.1)
end)
local adam = tenmo.optim.Adam({ bag.weight, head.weight, head.bias }, { lr = flags.lr })

-- Scores and labels of reviews first .. last.
local function look(set, first, last)
    local from, to = set.at[first], set.at[last + 1]
    local ids, offsets = set.ids[{ { from + 1, to } }], set.starts[{ { first, last } }] - from
    return head(bag(ids, offsets)):squeeze(-1), set.labels[{ { first, last } }]
end

local function accuracy(set)
    return tenmo.no_grad(function()
        local scores, labels = look(set, 1, #set.labels)
        return 100 * scores:gt(0):float():eq(labels):float():mean():item()
    end)
end

local n = #train_set.labels
for epoch = 1, flags.epochs do
    local total, batches = 0, math.ceil(n / flags.batch)
    local order = tenmo.randperm(batches):totable()
    for i in tenmo.progress(batches, { label = 'epoch ' .. epoch, keep = false }) do
        local first = order[i] * flags.batch + 1
        local scores, labels = look(train_set, first, math.min(first + flags.batch - 1, n))
        local loss = tenmo.binary_cross_entropy_with_logits(scores, labels)
        adam:zero_grad()
        loss:backward()
        adam:step()
        total = total + loss:item()
    end
    print(('epoch %2d  loss %.4f  test accuracy %.2f %%'):format(epoch, total / batches, accuracy(test_set)))
end
