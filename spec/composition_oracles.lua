-- composition_oracles.lua: what each op composed in lua/tenmo/ops must give, in plain Lua: math.*, loops, no tenmo.
--
-- Pointwise ones: a table
--     domain    what each input is drawn from, as in ops.def: "-4..4 0.5..3"
--     value     function(x, w, v, options) of numbers
--     class     FLOAT (unless given), NUMBER, ANY, COMPARE, LOGIC or SELECT, as in ops.def
--     options   a list of option tables to try; false is none
--     constant  { [i] = true } for inputs without a gradient
--     differentiable = false   no gradients at all
-- Others: a table
--     domain, cases, dtype, view, ties, contiguous   as in oracles.lua
--     differentiable = false
--     tolerance { float32 = {relative, absolute}, float64 = ... }   where the usual one is too strict
-- elsewhere = 'file'    what these forms can't say, and which spec says it

local naive = require 'spec.support.naive'
local structured = require 'spec.structured_oracles'

local oracles = { random_state = structured.random_state }

-- --- create -------------------------------------------------------------------------------------------------------

-- Constructors have no inputs: one case for each shape and dtype.
local function filled(value, make)
    local cases = {}
    for _, dtype in ipairs { 'float32', 'float64', 'int64', 'int32', 'uint8', 'bool' } do
        for _, shape in ipairs { { 2, 3 }, {}, { 0, 4 } } do
            cases[#cases + 1] = {
                inputs = {}, dtype = dtype,
                call = function(op)
                    return make(op, shape, { dtype = dtype })
                end,
                want = function()
                    return naive.array(shape, function() return value end)
                end,
            }
        end
    end
    return { cases = cases, differentiable = false }
end

local function by_shape(op, shape, options)
    return op(shape, options)
end

oracles.zeros, oracles.ones, oracles.empty = filled(0, by_shape), filled(1, by_shape), filled(0, by_shape)

-- In the shape and dtype of x.
local function like(value, ...)
    local rest = { ... }
    local function with(shape)
        return {
            inputs = { shape },
            call = function(op, x)
                return op(x, unpack(rest))
            end,
            want = function(x)
                return naive.map(function() return value end, x)
            end,
        }
    end
    return { domain = '-3..3', cases = { with { 3, 4 }, with {}, with { 0, 4 } }, differentiable = false }
end

oracles.zeros_like, oracles.ones_like, oracles.full_like = like(0), like(1), like(7, 7)

-- --- products -----------------------------------------------------------------------------------------------------

local function product(...)
    local cases = {}
    for i, shapes in ipairs { ... } do
        cases[i] = {
            inputs = shapes,
            call = function(op, x, w)
                return op(x, w)
            end,
            want = naive.matmul,
        }
    end
    return {
        domain = '-2..2 -2..2', cases = cases,
        dtype = function(dtype)
            return dtype:find '^float' and dtype or nil
        end,
    }
end

oracles.dot = product({ { 4 }, { 4 } }, { { 0 }, { 0 } })
oracles.mm = product({ { 3, 4 }, { 4, 2 } }, { { 1, 1 }, { 1, 5 } }, { { 0, 4 }, { 4, 2 } })
oracles.mv = product({ { 3, 4 }, { 4 } }, { { 2, 0 }, { 0 } })
oracles.vm = product({ { 3 }, { 3, 4 } })
oracles.bmm = product({ { 2, 3, 4 }, { 2, 4, 5 } }, { { 0, 3, 4 }, { 0, 4, 5 } })

-- --- losses -------------------------------------------------------------------------------------------------------

-- The loss of pointwise(x, target) under each reduction; of a 0-d one and of nothing too.
local function loss(pointwise, domain)
    local combine = {
        mean = function(list)
            return naive.total(list) / #list
        end,
        sum = naive.total,
    }
    local cases = {}
    local function add(shape, reduction, called)
        cases[#cases + 1] = {
            inputs = { shape, shape },
            call = function(op, x, target)
                return op(x, target, called and { reduction = reduction } or nil)
            end,
            want = function(x, target)
                local each = naive.map(pointwise, x, target)
                return reduction == 'none' and each or naive.reduce(each, nil, false, combine[reduction])
            end,
        }
    end
    for _, shape in ipairs { { 3, 4 }, {}, { 2, 3, 2 } } do
        for _, reduction in ipairs { 'mean', 'sum', 'none' } do
            add(shape, reduction, true)
        end
    end
    add({ 3, 4 }, 'mean', false)
    add({ 0, 4 }, 'sum', true)
    return {
        domain = domain, cases = cases,
        dtype = function(dtype)
            return dtype:find '^float' and dtype or nil
        end,
    }
end

oracles.mse_loss = loss(function(x, target)
    return (x - target) ^ 2
end, '-3..3 -3..3')

oracles.l1_loss = loss(function(x, target)
    return math.abs(x - target)
end, '-3..-0.5 0..3')

oracles.binary_cross_entropy = loss(function(p, target)
    return -(target * math.log(p) + (1 - target) * math.log(1 - p))
end, '0.1..0.9 0..1')

oracles.binary_cross_entropy_with_logits = loss(function(x, target)
    return math.log(1 + math.exp(x)) - x * target
end, '-4..4 0..1')

for _, family in ipairs { require 'spec.shape_oracles'.compositions, require 'spec.algebra_oracles',
    require 'spec.reduction_oracles', require 'spec.index_oracles'.compositions,
    require 'spec.convolution_oracles'.compositions, require 'spec.layer_oracles'.compositions,
    require 'spec.linalg_oracles'.compositions } do
    for name, oracle in pairs(family) do
        oracles[name] = oracle
    end
end

for name, cases in pairs(require 'spec.linalg_oracles'.more) do
    for _, case in ipairs(cases) do
        table.insert(oracles[name].cases, case)
    end
end

return oracles
