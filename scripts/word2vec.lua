-- word2vec.lua: from raw film reviews to word vectors: which words are near a word?
--
--     tenmo-lua word2vec.lua
--     tenmo-lua word2vec.lua --post --word terrible          the recipe of the post
--     tenmo-lua word2vec.lua --plain --reviews 5000 --post   the same in plain Lua, gradients by hand
--     tenmo-lua word2vec.lua --file texts.txt                texts of your own, one a line
--
-- The reviews are IMDB's (Maas et al. 2011). Cleaning, vocabulary and training are one line each.
local tenmo = require 'tenmo'
local text = tenmo.text

local flags = tenmo.flags {
    'word2vec.lua: word vectors from raw film reviews.',
    { 'word', 'terrible', 'the word whose neighbours are shown' },
    { 'model', 'cbow', 'cbow or skip_gram' },
    { 'dim', 100, 'numbers of a vector' },
    { 'window', 5, 'words on each side' },
    { 'negative', 5, 'words drawn beside each; 0: hierarchical softmax' },
    { 'sample', 1e-3, 'words above this share are left out by chance' },
    { 'min_freq', 5, 'rarer words are left out' },
    { 'lr', '', 'learning rate, a number; what is usual for the model unless given' },
    { 'epochs', 5, 'passes over the reviews' },
    { 'reviews', 0, 'only so many of them; 0: all' },
    { 'post', false, 'as in the post: its cleaning, all words, 3 words before and 2 behind, rate 0.01' },
    { 'plain', false, 'in plain Lua, with gradients by hand' },
    { 'deterministic', false, 'the same vectors each time, on one thread' },
    { 'file', '', 'a file with one text a line instead of the reviews' },
    { 'save', '', 'write the vectors here (.bin: the binary format)' },
    { 'png', '', 'draw the neighbours here' },
    { 'seed', 1, 'first vectors, and what is drawn' },
    { 'threads', 0, 'threads to compute with; 0: all' },
    { 'device', 'cpu', 'where to compute' },
}
tenmo.flags.start(flags)

local function lines(path)
    local list = {}
    for line in assert(io.open(path)):lines() do
        list[#list + 1] = line
    end
    return list
end

local raw = flags.file ~= '' and lines(flags.file) or assert(tenmo.data.imdb { part = 'train' }).texts
if flags.reviews > 0 then
    raw = { unpack(raw, 1, flags.reviews) }
end
local reviews = text.cleaner(flags.post and 'words' or 'letters'):all(raw)

local settings = { dim = flags.dim, negative = flags.negative, seed = flags.seed, progress = true,
    lr = tonumber(flags.lr) or flags.post and 0.01 or nil }
local extra = flags.plain and { left = 3, right = 2, min_freq = flags.post and 1 or flags.min_freq }
    or flags.post and { left = 3, right = 2, whole = true, power = 1, sample = 0, exact = true, min_freq = 1,
        min_lr = settings.lr }
    or { window = flags.window, sample = flags.sample, min_freq = flags.min_freq }
for name, value in pairs(extra) do
    settings[name] = value
end
if not flags.plain then
    settings.model, settings.deterministic = flags.model, flags.deterministic
end

local model = (flags.plain and text.plain_word2vec or text.word2vec).new(reviews, settings)
print(('%d reviews, %d words, %d in the vocabulary'):format(#reviews, model.words, model.vocab:size()))
local before, rate = model:sum(), model:train(flags.epochs)
print(('%.0f words a second; the sum of the weights moved by %.1f'):format(rate, model:sum() - before))

local vectors, near = model:vectors(), { flags.word }
for _, answer in ipairs(vectors:similar(flags.word, { metric = flags.post and 'euclid' or 'cosine' })) do
    print(('  %-16s %.4f'):format(answer.word, answer.score))
    near[#near + 1] = answer.word
end
print(vectors:picture(near, { png = flags.png ~= '' and flags.png or nil, height = 16 }))
if flags.save ~= '' then
    assert(vectors:save(flags.save, { binary = flags.save:find '%.bin$' ~= nil }))
end
