-- plain_word2vec.lua: CBOW with negative sampling in plain Lua, gradients by hand, without a tape.
--
-- The gradient of binary cross-entropy by the scores before the sigmoid is p - t, so nothing has to be recorded:
-- forward gathers, averages and compares; step adds to the rows that took part and leaves all others alone. The same in
-- the engine, many times faster: word2vec.lua.
local ffi = require 'ffi'
local options = require 'tenmo.options'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local KNOWN = {
    dim = { 'number', 100 },
    left = { 'number', 3 }, -- words of a window before the word, and behind it
    right = { 'number', 2 },
    negative = { 'number', 5 },
    lr = { 'number', 0.01 },
    seed = { 'number', 1 },
    min_freq = { 'number', 1 },
    vocab = { 'userdata' },
    progress = { 'boolean', false },
}

local Plain = {}
Plain.__index = Plain

-- Two tables: one row for each word as context, one as the word that is to be told from others.
function Plain.new(texts, given)
    local o = options('plain_word2vec', given, KNOWN)
    local vocab = o.vocab or tenmo.text.words(texts, { min_freq = o.min_freq })
    local tokens, starts = vocab:encode_batch(texts, { skip_unknown = true })
    if tokens:numel() < 2 then
        raise('plain_word2vec: the texts have %d known words; two at least are needed', tokens:numel())
    end
    local self = setmetatable({ options = o, vocab = vocab, words = tokens:numel() }, Plain)
    self.bytes = tokens:int():tobytes() -- keeps the ids that tokens points to
    self.tokens, self.starts = ffi.cast('const int32_t *', self.bytes), starts:totable()
    math.randomseed(o.seed)
    tenmo.manual_seed(o.seed)
    self.inputs = (tenmo.rand(vocab:size(), o.dim) - 0.5) * 0.2
    self.outputs = (tenmo.rand(vocab:size(), o.dim) - 0.5) * 0.2
    return self
end

-- How likely each target is, given the context (ids): sigmoid(U[targets] mean(V[context])).
function Plain:forward(context, targets)
    self.mean = self.inputs:index_select(1, context):mean(1)
    self.rows = self.outputs:index_select(1, targets)
    return self.rows:mv(self.mean):sigmoid()
end

-- What the scores should have been is labels. The context's rows all get the same vector, each target one of its own.
function Plain:step(scores, labels, context, targets, lr)
    local gradient = scores - labels
    local by_mean = gradient:vm(self.rows)
    self.inputs:index_add_(1, context, by_mean, -lr / #context)
    self.outputs:index_add_(1, targets, gradient:unsqueeze(2) * self.mean, -lr)
end

-- The ids around position i (0-based) of a text that runs from `first` to before `stop`; nil if there are none.
function Plain:context(i, first, stop)
    local tokens, o, list = self.tokens, self.options, {}
    for at = math.max(first, i - o.left), math.min(stop - 1, i + o.right) do
        if at ~= i then
            list[#list + 1] = tokens[at]
        end
    end
    return #list > 0 and tenmo.ids(list) or nil
end

-- The word itself, then words drawn from the corpus.
function Plain:targets(i)
    local list = { self.tokens[i] }
    for n = 1, self.options.negative do
        list[n + 1] = self.tokens[math.random(0, self.words - 1)]
    end
    return tenmo.ids(list)
end

function Plain:labels()
    local labels = tenmo.zeros(self.options.negative + 1)
    labels[1] = 1
    return labels
end

-- One word: compare, then step. What this makes is emptied at its end, so that the next word finds it in the cache.
function Plain:word(i, first, stop, labels)
    local context = self:context(i, first, stop)
    if context then
        local targets = self:targets(i)
        self:step(self:forward(context, targets), labels, context, targets, self.options.lr)
    end
end

-- Every word of the texts from .. to (positions, from 1) once. Returns words a second.
function Plain:train(from, to)
    from, to = from or 1, to or #self.starts - 1
    local labels, start, words = self:labels(), tenmo.clock(), 0
    local bar = self.options.progress and tenmo.progress(to - from + 1, { unit = 'words' })
    tenmo.no_grad(function()
        for text = from, to do
            local first, stop = self.starts[text], self.starts[text + 1]
            for i = first, stop - 1 do
                tenmo.scope(self.word, self, i, first, stop, labels)
            end
            words = words + stop - first
            if bar then
                bar:step(nil, stop - first)
            end
        end
    end)
    if bar then
        bar:done()
    end
    return words / (tenmo.clock() - start)
end

-- If this doesn't change, no gradient has arrived.
function Plain:sum()
    return self.inputs:sum():item() + self.outputs:sum():item()
end

function Plain:vectors()
    return tenmo.text.vectors(self.inputs, self.vocab)
end

return Plain
