-- losses.lua: losses as modules: nn.MSELoss{ reduction = 'sum' }(x, target). Their options are those of the op, which
-- docs.lua lists; weights are kept by the module and move with it.
local Module = require 'tenmo.nn.module'
local check = require 'tenmo.options'
local tenmo = require 'tenmo'

local losses = {}

-- inputs: how many tensors the op takes. options: the names and types of what it takes besides.
local function loss(name, op, inputs, options)
    local class = Module:extend(name)
    local known = { reduction = { 'string', 'mean' } }
    for option, kind in pairs(options or {}) do
        known[option] = { kind }
    end
    if options and options.reduction == false then
        known.reduction = nil
    end
    function class:init(given)
        self.options = check(name, given, known)
    end
    local run
    if inputs == 3 then
        function class:forward(x, other, target)
            run = run or tenmo[op]
            return run(x, other, target, self.options)
        end
    else
        function class:forward(x, target)
            run = run or tenmo[op]
            return run(x, target, self.options)
        end
    end
    losses[name] = class
end

loss('MSELoss', 'mse_loss', 2)
loss('L1Loss', 'l1_loss', 2)
loss('SmoothL1Loss', 'smooth_l1_loss', 2, { beta = 'number' })
loss('HuberLoss', 'huber_loss', 2, { delta = 'number' })
loss('BCELoss', 'binary_cross_entropy', 2, { weight = 'tensor' })
loss('BCEWithLogitsLoss', 'binary_cross_entropy_with_logits', 2, { weight = 'tensor', pos_weight = 'tensor' })
loss('CrossEntropyLoss', 'cross_entropy', 2, { weight = 'tensor', ignore_index = 'number',
    label_smoothing = 'number' })
loss('NLLLoss', 'nll_loss', 2, { weight = 'tensor', ignore_index = 'number' })
loss('KLDivLoss', 'kl_div', 2, { log_target = 'boolean' })
loss('PoissonNLLLoss', 'poisson_nll_loss', 2, { log_input = 'boolean', full = 'boolean', eps = 'number' })
loss('GaussianNLLLoss', 'gaussian_nll_loss', 3, { full = 'boolean', eps = 'number' })
loss('HingeEmbeddingLoss', 'hinge_embedding_loss', 2, { margin = 'number' })
loss('SoftMarginLoss', 'soft_margin_loss', 2)
loss('MultiMarginLoss', 'multi_margin_loss', 2, { p = 'number', margin = 'number', weight = 'tensor' })
loss('MarginRankingLoss', 'margin_ranking_loss', 3, { margin = 'number' })
loss('CosineEmbeddingLoss', 'cosine_embedding_loss', 3, { margin = 'number' })
loss('TripletMarginLoss', 'triplet_margin_loss', 3, { margin = 'number', p = 'number', eps = 'number',
    swap = 'boolean' })
loss('CosineSimilarity', 'cosine_similarity', 2, { reduction = false, axis = 'number', eps = 'number' })
loss('PairwiseDistance', 'pairwise_distance', 2, { reduction = false, p = 'number', eps = 'number',
    keepdim = 'boolean' })

return losses
