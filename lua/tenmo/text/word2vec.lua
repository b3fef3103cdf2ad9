-- word2vec.lua: word vectors by prediction (Mikolov et al. 2013), trained in the engine on all threads.
--
--     local model = tenmo.text.word2vec(reviews, { epochs = 5 })      reviews: cleaned texts, words between spaces
--     model:vectors():similar 'terrible'
--
-- In two steps, which allows training on: word2vec.new(reviews, options), model:train(). Windows never cross a text.
-- The same in plain Lua, to be read: plain_word2vec.lua.
local noise = require 'tenmo.text.noise'
local options = require 'tenmo.options'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local KNOWN = {
    model = { 'string', 'cbow' }, -- or skip_gram
    dim = { 'number', 100 },
    window = { 'number', 5 }, -- words on each side, at most
    left = { 'number' }, -- the same for one side
    right = { 'number' },
    whole = { 'boolean', false }, -- windows are not shortened by chance
    negative = { 'number', 5 }, -- words that are drawn beside each; 0: hierarchical softmax
    power = { 'number', 0.75 }, -- of the counts, for these draws; 1: as a draw from the corpus
    sample = { 'number', 1e-3 }, -- words above this share are left out by chance; 0: none
    min_freq = { 'number', 5 },
    lr = { 'number' }, -- 0.05 for CBOW, 0.025 for skip-gram
    min_lr = { 'number' }, -- where it falls to; a ten-thousandth of lr
    epochs = { 'number', 5 },
    exact = { 'boolean', false }, -- CBOW: the gradient of the mean; else each word of a window gets all of it
    deterministic = { 'boolean', false }, -- the same bits each time; on one thread
    seed = { 'number', 1 },
    vocab = { 'userdata' }, -- a vocabulary of tenmo.text.words; else one is made, with min_freq
    progress = { 'boolean', false },
}
local SLICE = 200000 -- words of a call, about: between calls there is Ctrl-C and progress

local function check(o)
    if o.model ~= 'cbow' and o.model ~= 'skip_gram' then
        raise("word2vec: option 'model' is cbow or skip_gram, not '%s'", o.model)
    end
    local bounds = { dim = { 1, 65536 }, left = { 0, 127 }, right = { 0, 127 }, negative = { 0, 64 },
        epochs = { 1, 1e6 }, window = { 1, 127 } }
    for name, bound in pairs(bounds) do
        if o[name] % 1 ~= 0 or o[name] < bound[1] or o[name] > bound[2] then
            raise("word2vec: option '%s' is a whole number from %d to %d, got %s", name, bound[1], bound[2], o[name])
        end
    end
    if o.left + o.right == 0 then
        raise 'word2vec: a window of no words, left = 0 and right = 0'
    end
end

local function read_options(given)
    local o = options('word2vec', given, KNOWN)
    o.left, o.right = o.left or o.window, o.right or o.window
    o.lr = o.lr or (o.model == 'cbow' and 0.05 or 0.025)
    o.min_lr = o.min_lr or o.lr * 1e-4
    check(o)
    return o
end

-- The ids of the texts without unknown words, where each text begins, and the vocabulary.
local function read_corpus(texts, o)
    if type(texts) == 'function' then
        local list = {}
        for text in texts do
            list[#list + 1] = text
        end
        texts = list
    elseif type(texts) ~= 'table' then
        raise('word2vec: expected a list of texts or a function that gives one at a time, got %s', type(texts))
    end
    local vocab = o.vocab or tenmo.text.words(texts, { min_freq = o.min_freq })
    local tokens, starts = vocab:encode_batch(texts, { skip_unknown = true })
    local sizes = starts[{ { 2, -1 } }] - starts[{ { 1, -2 } }]
    if #texts == 0 or sizes:max():item() < 2 then
        raise('word2vec: no text has two known words, so there is no window to learn from; there %s %d text%s and %d '
            .. 'words that came %d times or more', #texts == 1 and 'is' or 'are', #texts, #texts == 1 and '' or 's',
            vocab:size() - 1, o.min_freq)
    end
    return vocab, tokens:int(), starts
end

-- How often each word came; special tokens (UNKNOWN) are never drawn.
local function counts_of(vocab)
    local counts = vocab:counts():totable()
    for _, id in pairs(vocab:specials()) do
        counts[id + 1] = 0
    end
    return counts
end

local function powers(counts, power)
    local list = {}
    for i, count in ipairs(counts) do
        list[i] = count > 0 and count ^ power or 0
    end
    return list
end

local Model = {}
Model.__index = Model

-- The vectors begin at random in +- 0.5 / dim, what they are compared with at 0. Rows are padded to whole registers.
local function new_tables(o, words, outputs)
    local padded = math.ceil(o.dim / 16) * 16
    local inputs = tenmo.zeros(words, padded)
    local seed, stream = tenmo.random_state()
    tenmo.manual_seed(o.seed)
    inputs[{ {}, { 1, o.dim } }] = (tenmo.rand(words, o.dim) - 0.5) / o.dim
    tenmo.set_random_state(seed, stream)
    return inputs, tenmo.zeros(outputs, padded)
end

local function new(texts, given)
    local o = read_options(given)
    local vocab, tokens, starts = read_corpus(texts, o)
    local self = setmetatable({ options = o, vocab = vocab, tokens = tokens, starts = starts, passes = 0 }, Model)
    local counts, outputs = counts_of(vocab), vocab:size()
    if o.negative > 0 then
        self.noise = noise.alias(powers(counts, o.power))
    else
        self.noise, outputs = noise.tree(counts)
    end
    if o.sample > 0 then
        self.keep = noise.keep(counts, o.sample)
    end
    self.inputs, self.outputs = new_tables(o, vocab:size(), outputs)
    self.words = tokens:numel() -- known words of the corpus
    return self
end

-- Texts of a slice.
function Model:slice()
    return math.max(1, math.floor((#self.starts - 1) * SLICE / self.words))
end

-- One pass over the corpus; show(words) after each slice.
function Model:pass(epochs, show)
    local o, texts, step = self.options, #self.starts - 1, self:slice()
    local epoch = self.passes % epochs
    local fall = (o.min_lr - o.lr) / epochs
    for from = 0, texts - 1, step do
        local to = math.min(from + step, texts)
        tenmo.word2vec_pass {
            inputs = self.inputs, outputs = self.outputs, tokens = self.tokens, starts = self.starts,
            noise = self.noise, keep = self.keep, from = from, to = to, lr = o.lr + fall * epoch,
            slope = fall / self.words, seed = o.seed, pass = self.passes, left = o.left, right = o.right,
            negatives = o.negative, skip_gram = o.model == 'skip_gram', tree = o.negative == 0, whole = o.whole,
            exact = o.exact, deterministic = o.deterministic,
        }
        if show then
            show(self.starts:at(to):item() - self.starts:at(from):item())
        end
    end
    self.passes = self.passes + 1
end

-- Trains for so many epochs, over which the learning rate falls. Returns known words a second.
function Model:train(epochs)
    epochs = epochs or self.options.epochs
    local start, bar = tenmo.clock(), nil
    if self.options.progress then
        local slices = math.ceil((#self.starts - 1) / self:slice())
        bar = tenmo.progress(epochs * slices, { unit = 'words', label = self.options.model })
    end
    for _ = 1, epochs do
        self:pass(epochs, bar and function(words)
            bar:step(nil, words)
        end)
    end
    if bar then
        bar:done()
    end
    return epochs * self.words / (tenmo.clock() - start)
end

-- The sum of all weights: if it doesn't change, nothing is learned.
function Model:sum()
    return self.inputs:sum():item() + self.outputs:sum():item()
end

-- The vectors as they are now, to ask them: tenmo.text.vectors. They share their bytes with the model.
function Model:vectors()
    return tenmo.text.vectors(self.inputs[{ {}, { 1, self.options.dim } }], self.vocab)
end

return setmetatable({ new = new, Model = Model }, {
    __call = function(_, texts, given)
        local model = new(texts, given)
        model:train()
        return model
    end,
})
