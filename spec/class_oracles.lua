-- class_oracles.lua: losses of scores against classes, one sample after another. Merged into composition_oracles.lua.
local naive = require 'spec.support.naive'

local oracles = {}

local function floats_only(dtype)
    return dtype:find '^float' and dtype or nil
end

-- The scores of the sample at this index of (N, d...), of x (N, C, d...) or (C).
local function scores_at(x, index)
    local scores, single = {}, #x.shape == 1
    for c = 1, x.shape[single and 1 or 2] do
        local at = single and { c } or { index[1], c, unpack(index, 2) }
        scores[c] = naive.at(x, at)
    end
    return scores
end

local function log_softmax(scores)
    local sum, y = 0, {}
    for _, v in ipairs(scores) do
        sum = sum + math.exp(v)
    end
    for c, v in ipairs(scores) do
        y[c] = v - math.log(sum)
    end
    return y
end

local function but_classes(shape)
    return #shape == 1 and {} or { shape[1], unpack(shape, 3) }
end

-- target(index) gives a probability for each class, weighed with what the mean counts; nil where nothing counts.
local function reduced(x, logarithms, reduction, target)
    local weights, shape = 0, but_classes(x.shape)
    local each = naive.build(shape, function(index)
        local p, counted = target(index)
        weights = weights + (counted or 0)
        local loss, y = 0, logarithms(scores_at(x, index))
        for c, part in ipairs(p or {}) do
            loss = loss - part * y[c]
        end
        return loss
    end)
    if reduction == 'none' then
        return each
    end
    local total = naive.total(each)
    return naive.array({}, { reduction == 'sum' and total or total / weights })
end

-- The target of ids: what label_smoothing leaves of 1 at the id, the rest spread, each times its class's weight.
local function of_ids(x, ids, weight, options)
    local shape, classes = but_classes(x.shape), x.shape[#x.shape == 1 and 1 or 2]
    local smooth = options.label_smoothing or 0
    return function(index)
        local id = ids[naive.position(shape, index)]
        if id == options.ignore_index then
            return nil
        end
        local p = {}
        for c = 1, classes do
            p[c] = ((c == id + 1 and 1 - smooth or 0) + smooth / classes) * (weight and weight[c] or 1)
        end
        return p, weight and weight[id + 1] or 1
    end
end

local function ids_case(shape, options, logarithms)
    local classes, n = shape[#shape == 1 and 1 or 2], naive.count(but_classes(shape))
    return {
        inputs = { shape, { ids = classes, n = n }, options.weighed and { classes } or nil },
        call = function(op, x, ids, weight)
            return op(x, ids:reshape(but_classes(shape)), { reduction = options.reduction, weight = weight,
                ignore_index = options.ignore_index, label_smoothing = options.label_smoothing })
        end,
        want = function(x, ids, weight)
            return reduced(x, logarithms, options.reduction or 'mean', of_ids(x, ids, weight, options))
        end,
    }
end

local function same(scores)
    return scores
end

local CASES = {
    { { 3, 4 }, { ignore_index = 1 } }, { { 3, 4 }, { weighed = true } }, { { 4 }, {} }, { { 2, 3, 2 }, {} },
    { { 2, 3, 2 }, { weighed = true, ignore_index = 0, reduction = 'sum' } },
    { { 2, 3, 2, 2 }, { weighed = true, ignore_index = 2, reduction = 'none' } },
}
oracles.nll_loss = { domain = '-3..3 ids 0.5..2', dtype = floats_only, cases = {} }
oracles.cross_entropy = { domain = '-3..3 ids 0.5..2', dtype = floats_only, cases = {} }
for _, one in ipairs(CASES) do
    table.insert(oracles.nll_loss.cases, ids_case(one[1], one[2], same))
    table.insert(oracles.cross_entropy.cases, ids_case(one[1], one[2], log_softmax))
end
for _, one in ipairs {
    { { 3, 4 }, { label_smoothing = 0.2 } },
    { { 2, 3, 2 }, { label_smoothing = 0.3, weighed = true, ignore_index = 1 } },
} do
    table.insert(oracles.cross_entropy.cases, ids_case(one[1], one[2], log_softmax))
end

-- A target drawn in the scores' shape, and a number for each class.
local function probabilities(shape, options)
    local classes = shape[#shape == 1 and 1 or 2]
    return {
        inputs = { shape, shape, options.weighed and { classes } or nil },
        call = function(op, x, target, weight)
            return op(x, target, { reduction = options.reduction, weight = weight,
                label_smoothing = options.label_smoothing })
        end,
        want = function(x, target, weight)
            local smooth = options.label_smoothing or 0
            return reduced(x, log_softmax, options.reduction or 'mean', function(index)
                local p = scores_at(target, index)
                for c, part in ipairs(p) do
                    p[c] = (part * (1 - smooth) + smooth / classes) * (weight and weight[c] or 1)
                end
                return p, 1
            end)
        end,
    }
end
for _, one in ipairs { probabilities({ 3, 4 }, {}), probabilities({ 4 }, { reduction = 'none' }),
    probabilities({ 2, 3, 2 }, { weighed = true, label_smoothing = 0.3 }) } do
    one.domain = '-3..3 0.1..1 0.5..2'
    table.insert(oracles.cross_entropy.cases, one)
end

return oracles
