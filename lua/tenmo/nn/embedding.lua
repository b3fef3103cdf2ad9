-- embedding.lua: a table of rows, one for each id, as layers: nn.Embedding gives rows, nn.EmbeddingBag their mean,
-- sum or maximum. With sparse = true the gradient is kept as rows, and an optimizer touches only those.
local Module = require 'tenmo.nn.module'
local check = require 'tenmo.options'
local expect = require 'tenmo.nn.expect'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

-- The table: normal with variance 1, as PyTorch's.
local function new_table(name, words, width, options)
    expect.count(name, 'the number of words', words)
    expect.count(name, 'the width of a row', width)
    return tenmo.randn(words, width, { dtype = options.dtype, requires_grad = true })
end

local Embedding = Module:extend 'Embedding'

-- nn.Embedding(words, width, { padding_idx =, sparse = false, dtype = 'float32' }); padding_idx is an id: its row is 0
-- and stays so.
function Embedding:init(words, width, options)
    options = check('Embedding', options, { padding_idx = { 'number' }, sparse = { 'boolean', false },
        dtype = { 'string', 'float32' } })
    self.weight = new_table('Embedding', words, width, options)
    local padding = options.padding_idx
    self.options = { padding_idx = padding, sparse = options.sparse }
    if padding and (padding < 0 or padding >= words or padding % 1 ~= 0) then
        raise('Embedding: padding_idx is an id, 0 to %d here; got %s', words - 1, padding)
    elseif padding then
        tenmo.no_grad(function()
            self.weight:at(padding):zero_()
        end)
    end
end

function Embedding:forward(ids)
    return tenmo.embedding(ids, self.weight, self.options)
end

local EmbeddingBag = Module:extend 'EmbeddingBag'
local MODES = { mean = true, sum = true, max = true }

-- nn.EmbeddingBag(words, width, { mode = 'mean', sparse = false, dtype = 'float32' })
function EmbeddingBag:init(words, width, options)
    options = check('EmbeddingBag', options, { mode = { 'string', 'mean' }, sparse = { 'boolean', false },
        dtype = { 'string', 'float32' } })
    if not MODES[options.mode] then
        raise("EmbeddingBag: mode is mean, sum or max, got '%s'", options.mode)
    end
    self.weight = new_table('EmbeddingBag', words, width, options)
    self.mode, self.sparse = options.mode, options.sparse
end

-- ids (bags, n), or a list whose bags begin at offsets. weights: a factor for each id; then the mode is sum.
function EmbeddingBag:forward(ids, offsets, weights)
    if not weights then
        return tenmo.embedding_bag(ids, self.weight, offsets, { mode = self.mode, sparse = self.sparse })
    elseif self.mode ~= 'sum' then
        raise("EmbeddingBag: weights of ids need mode = 'sum', this one has '%s'", self.mode)
    elseif not tenmo.is_tensor(ids) or not tenmo.is_tensor(weights)
        or shape_text(ids.shape) ~= shape_text(weights.shape) then
        raise('EmbeddingBag: expected ids and as many weights, got %s and %s', expect.text_of(ids),
            expect.text_of(weights))
    end
    local rows = tenmo.embedding(ids, self.weight, { sparse = self.sparse }) * weights:unsqueeze(-1)
    if not offsets then
        return rows:sum(2)
    end
    return tenmo.embedding_bag(tenmo.arange(ids:numel(), { device = ids.device }), rows, offsets, { mode = 'sum' })
end

return { Embedding = Embedding, EmbeddingBag = EmbeddingBag }
