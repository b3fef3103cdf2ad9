-- embedding.lua: a table of rows, one for each id, as layers: nn.Embedding gives rows, nn.EmbeddingBag their mean,
-- sum or maximum. With sparse = true the gradient is kept as rows, and an optimizer touches only those.
local Module = require 'tenmo.nn.module'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

-- The table: normal with variance 1, as PyTorch's.
local function new_table(name, words, width, options)
    if type(words) ~= 'number' or type(width) ~= 'number' then
        raise('%s: expected the number of words and the width of a row, got %s and %s', name, type(words), type(width))
    end
    return tenmo.randn(words, width, { dtype = options.dtype, requires_grad = true })
end

local Embedding = Module:extend 'Embedding'

-- nn.Embedding(words, width, { padding_idx =, sparse = false, dtype = 'float32' }); padding_idx is an id: its row is 0
-- and stays so.
function Embedding:init(words, width, options)
    options = options or {}
    self.weight = new_table('Embedding', words, width, options)
    self.options = { padding_idx = options.padding_idx, sparse = options.sparse }
    if options.padding_idx then
        if options.padding_idx < 0 or options.padding_idx >= words then
            raise('Embedding: padding_idx is an id, 0 to %d here; got %s', words - 1, options.padding_idx)
        end
        tenmo.no_grad(function()
            self.weight:at(options.padding_idx):zero_()
        end)
    end
end

function Embedding:forward(ids)
    return tenmo.embedding(ids, self.weight, self.options)
end

local EmbeddingBag = Module:extend 'EmbeddingBag'

-- nn.EmbeddingBag(words, width, { mode = 'mean', sparse = false, dtype = 'float32' })
function EmbeddingBag:init(words, width, options)
    options = options or {}
    self.weight = new_table('EmbeddingBag', words, width, options)
    self.mode, self.sparse = options.mode or 'mean', options.sparse or false
end

-- ids (bags, n), or a list whose bags begin at offsets. weights: a factor for each id; then the mode is sum.
function EmbeddingBag:forward(ids, offsets, weights)
    if not weights then
        return tenmo.embedding_bag(ids, self.weight, offsets, { mode = self.mode, sparse = self.sparse })
    elseif self.mode ~= 'sum' then
        raise("EmbeddingBag: weights of ids need mode = 'sum', this one has '%s'", self.mode)
    end
    local rows = tenmo.embedding(ids, self.weight, { sparse = self.sparse }) * weights:unsqueeze(-1)
    if not offsets then
        return rows:sum(2)
    end
    return tenmo.embedding_bag(tenmo.arange(ids:numel()), rows, offsets, { mode = 'sum' })
end

return { Embedding = Embedding, EmbeddingBag = EmbeddingBag }
