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
--     a case may have a domain of its own
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

oracles.empty_like = like(0)

-- A constructor called with these arguments; want() gives the array.
local function made(dtype, want, ...)
    local arguments = { ... }
    return {
        inputs = {}, dtype = dtype, want = want,
        call = function(op)
            return op(unpack(arguments))
        end,
    }
end

local function constructor(...)
    return { cases = { ... }, differentiable = false }
end

local function diagonal(n, m)
    return function()
        return naive.build({ n, m }, function(index) return index[1] == index[2] and 1 or 0 end)
    end
end

oracles.eye = constructor(made('float32', diagonal(3, 3), 3), made('int64', diagonal(2, 4), 2, 4, { dtype = 'int64' }),
    made('float32', diagonal(0, 2), 0, 2))

local function spaced(first, last, steps, f)
    return function()
        return naive.array({ steps }, function(i)
            local v = steps == 1 and first or first + (last - first) * (i - 1) / (steps - 1)
            return f and f(v) or v
        end)
    end
end

oracles.linspace = constructor(made('float32', spaced(-1, 2, 7), -1, 2, 7), made('float32', spaced(3, 9, 1), 3, 9, 1),
    made('float64', spaced(0, 1, 10), 0, 1, 10, { dtype = 'float64' }), made('float32', spaced(0, 1, 0), 0, 1, 0),
    made('int64', spaced(0, 10, 6), 0, 10, 6, { dtype = 'int64' }))
oracles.logspace = constructor(
    made('float32', spaced(-1, 2, 7, function(v) return 10 ^ v end), -1, 2, 7),
    made('float64', spaced(0, 8, 9, function(v) return 2 ^ v end), 0, 8, 9, { base = 2, dtype = 'float64' }))

local function triangle(rows, columns, keep)
    return function()
        local row_ids, column_ids = {}, {}
        for r = 0, rows - 1 do
            for c = 0, columns - 1 do
                if keep(c - r) then
                    table.insert(row_ids, r)
                    table.insert(column_ids, c)
                end
            end
        end
        local all = { shape = { 2, #row_ids }, unpack(row_ids) }
        for _, c in ipairs(column_ids) do
            table.insert(all, c)
        end
        return all
    end
end

oracles.tril_indices = constructor(made('int64', triangle(3, 4, function(d) return d <= 0 end), 3, 4),
    made('int64', triangle(4, 3, function(d) return d <= -1 end), 4, 3, { offset = -1 }),
    made('int64', triangle(2, 5, function(d) return d <= 2 end), 2, 5, 2))
oracles.triu_indices = constructor(made('int64', triangle(3, 4, function(d) return d >= 0 end), 3, 4),
    made('int64', triangle(4, 3, function(d) return d >= 1 end), 4, 3, { offset = 1 }))

for _, name in ipairs { 'rand_like', 'randn_like', 'randint_like', 'bernoulli', 'normal', 'multinomial', 'one_hot' } do
    oracles[name] = { elsewhere = 'create_spec' }
end

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
            return dtype ~= 'bool' and dtype or nil
        end,
    }
end

oracles.dot = product({ { 4 }, { 4 } }, { { 0 }, { 0 } })
oracles.mm = product({ { 3, 4 }, { 4, 2 } }, { { 1, 1 }, { 1, 5 } }, { { 0, 4 }, { 4, 2 } })
oracles.mv = product({ { 3, 4 }, { 4 } }, { { 2, 0 }, { 0 } })
oracles.vm = product({ { 3 }, { 3, 4 } })
oracles.bmm = product({ { 2, 3, 4 }, { 2, 4, 5 } }, { { 0, 3, 4 }, { 0, 4, 5 } })

-- --- pointwise ----------------------------------------------------------------------------------------------------

local pointwise = require 'spec.pointwise_oracles'

-- What they have beside the rows of those names, which table_spec walks.
oracles.add = {
    domain = '-3..3 -3..3', class = 'NUMBER', options = { { alpha = -2 } },
    value = function(x, w, _, options) return x + options.alpha * w end,
}
oracles.sub = {
    domain = '-3..3 -3..3', class = 'NUMBER', options = { { alpha = 3 } },
    value = function(x, w, _, options) return x - options.alpha * w end,
}
oracles.round = { elsewhere = 'pointwise_spec' }
oracles.rsub = {
    domain = '-3..3 -3..3', class = 'NUMBER',
    value = function(x, w) return w - x end,
}
oracles.true_divide = {
    domain = '-3..3 0.5..3',
    value = function(x, w) return x / w end,
}
oracles.floor_divide = { domain = '-3..3!0 0.8..3', class = 'NUMBER', value = pointwise.div_floor }
oracles.positive = { domain = '-3..3', class = 'NUMBER', value = function(x) return x end }
oracles.sgn = {
    domain = '-3..3!0', class = 'ANY',
    value = function(x) return x > 0 and 1 or x < 0 and -1 or 0 end,
}
oracles.clamp_min = { domain = '-3..0 0.1..3', class = 'ANY', value = function(x, w) return math.max(x, w) end }
oracles.clamp_max = { domain = '-3..0 0.1..3', class = 'ANY', value = function(x, w) return math.min(x, w) end }
oracles.rad2deg = { domain = '-3..3', value = math.deg }
oracles.deg2rad = { domain = '-3..3', value = math.rad }
oracles.ldexp = { domain = '-3..3 -3..3', value = function(x, w) return x * 2 ^ w end }
oracles.bitwise_not = { elsewhere = 'pointwise_spec' } -- of bool it is another thing
oracles.nan_to_num = { domain = '-3..3', class = 'ANY', value = function(x) return x end } -- see pointwise_spec
oracles.isclose = {
    domain = '-1..1 -1..1', class = 'COMPARE', differentiable = false,
    options = { { atol = 0.26, rtol = 0 }, { rtol = 0.51 } },
    value = function(x, w, _, options)
        return math.abs(x - w) <= (options.atol or 1e-8) + (options.rtol or 1e-5) * math.abs(w) and 1 or 0
    end,
}
oracles.allclose, oracles.equal = { elsewhere = 'pointwise_spec' }, { elsewhere = 'pointwise_spec' }

-- A case of several inputs, called with the options.
local function case(shapes, want, options)
    return {
        inputs = shapes, want = want,
        call = function(op, ...)
            local arguments = { ... }
            arguments[#arguments + 1] = options
            return op(unpack(arguments))
        end,
    }
end

oracles.float_power = {
    domain = '0.3..3 -2..2',
    dtype = function() return 'float64' end,
    cases = {
        case({ { 3, 4 }, { 3, 4 } }, function(x, w)
            return naive.map(function(a, b) return a ^ b end, x, w)
        end),
    },
}

oracles.masked_fill = {
    domain = '-3..3',
    cases = {
        {
            inputs = { { 3, 4 } },
            call = function(op, x)
                return op(x, x:gt(0), 7)
            end,
            want = function(x)
                return naive.map(function(v) return v > 0 and 7 or v end, x)
            end,
        },
    },
    ties = true,
}

oracles.prelu = {
    domain = '-3..3!0 -1..1',
    cases = {
        case({ { 3, 4 }, { 1 } }, function(x, w)
            return naive.map(function(v) return v > 0 and v or w[1] * v end, x)
        end),
        case({ { 2, 3, 2 }, { 3 } }, function(x, w)
            return naive.build(x.shape, function(index)
                local v = naive.at(x, index)
                return v > 0 and v or w[index[2]] * v
            end)
        end),
        case({ {}, { 1 } }, function(x, w)
            return naive.map(function(v) return v > 0 and v or w[1] * v end, x)
        end),
    },
}

-- --- losses -------------------------------------------------------------------------------------------------------

local COMBINE = {
    mean = function(list)
        return naive.total(list) / #list
    end,
    sum = naive.total,
}

local function reduced(each, reduction)
    return reduction == 'none' and each or naive.reduce(each, nil, false, COMBINE[reduction])
end

-- The loss of pointwise(x, target, ...) of `n` inputs under each reduction; of a 0-d one and of nothing too; and once
-- with each table of options, which pointwise gets after the third input.
local function loss(pointwise_loss, domain, n, ...)
    local cases = {}
    local function add(shape, options, called)
        local shapes = { shape, shape, n == 3 and shape or nil }
        cases[#cases + 1] = case(shapes, function(x, w, v)
            return reduced(naive.map(function(a, b, c)
                return pointwise_loss(a, b, c, options)
            end, x, w, v), options.reduction or 'mean')
        end, called and options or nil)
    end
    for _, shape in ipairs { { 3, 4 }, {}, { 2, 3, 2 } } do
        for _, reduction in ipairs { 'mean', 'sum', 'none' } do
            add(shape, { reduction = reduction }, true)
        end
    end
    add({ 3, 4 }, {}, false)
    add({ 0, 4 }, { reduction = 'sum' }, true)
    for _, options in ipairs { ... } do
        add({ 3, 4 }, options, true)
    end
    return {
        domain = domain, cases = cases,
        dtype = function(dtype)
            return dtype:find '^float' and dtype or nil
        end,
    }
end

oracles.mse_loss = loss(function(x, target)
    return (x - target) ^ 2
end, '-3..3 -3..3', 2)

oracles.l1_loss = loss(function(x, target)
    return math.abs(x - target)
end, '-3..-0.5 0..3', 2)

local function huber(d, delta)
    return d < delta and 0.5 * d * d or delta * (d - 0.5 * delta)
end

oracles.smooth_l1_loss = loss(function(x, target, _, options)
    local d, beta = math.abs(x - target), options.beta or 1
    return beta == 0 and d or huber(d, beta) / beta
end, '-3..-0.5 0..3', 2, { beta = 2.0003 }, { beta = 0 })

oracles.huber_loss = loss(function(x, target, _, options)
    return huber(math.abs(x - target), options.delta or 1)
end, '-3..-0.5 0..3', 2, { delta = 2.0003 })

oracles.binary_cross_entropy = loss(function(p, target)
    return -(target * math.log(p) + (1 - target) * math.log(1 - p))
end, '0.1..0.9 0..1', 2)

oracles.binary_cross_entropy_with_logits = loss(function(x, target)
    return math.log(1 + math.exp(x)) - x * target
end, '-4..4 0..1', 2)

-- With weights, which broadcast.
local function weighed(oracle, shapes, options, pointwise_loss)
    table.insert(oracle.cases, {
        inputs = shapes,
        call = function(op, x, target, a, b)
            return op(x, target, options(a, b))
        end,
        want = function(x, target, a, b)
            local each = naive.build(x.shape, function(index)
                return pointwise_loss(naive.at(x, index), naive.at(target, index), naive.broadcast_at(a, index),
                    b and naive.broadcast_at(b, index))
            end)
            return reduced(each, 'mean')
        end,
    })
    oracle.domain = oracle.domain .. ' 0.5..2 0.5..2'
end

weighed(oracles.binary_cross_entropy, { { 3, 4 }, { 3, 4 }, { 4 } }, function(a)
    return { weight = a }
end, function(p, target, weight)
    return -weight * (target * math.log(p) + (1 - target) * math.log(1 - p))
end)

weighed(oracles.binary_cross_entropy_with_logits, { { 3, 4 }, { 3, 4 }, { 3, 1 }, { 4 } }, function(a, b)
    return { weight = a, pos_weight = b }
end, function(x, target, weight, positive)
    local p = 1 / (1 + math.exp(-x))
    return -weight * (positive * target * math.log(p) + (1 - target) * math.log(1 - p))
end)

oracles.kl_div = loss(function(x, target, _, options)
    local logarithm = options.log_target and target or math.log(target)
    local p = options.log_target and math.exp(target) or target
    return p * (logarithm - x)
end, '-3..0 0.1..1', 2, { log_target = true })

table.insert(oracles.kl_div.cases, case({ { 3, 4 }, { 3, 4 } }, function(x, target)
    local sum = 0
    for i = 1, #x do
        sum = sum + target[i] * (math.log(target[i]) - x[i])
    end
    return naive.array({}, { sum / 3 })
end, { reduction = 'batchmean' }))

-- Targets are 1 and -1, made of the sign of what is drawn; they have no gradient.
local function signs(x)
    return naive.map(function(v) return v > 0 and 1 or -1 end, x)
end

local function with_signs(oracle, last)
    for _, one in ipairs(oracle.cases) do
        local call, want = one.call, one.want
        one.call = function(op, ...)
            local xs = { ... }
            xs[last] = xs[last]:detach():gt(0):to(xs[last].dtype) * 2 - 1
            return call(op, unpack(xs))
        end
        one.want = function(...)
            local arrays = { ... }
            arrays[last] = signs(arrays[last])
            return want(unpack(arrays))
        end
    end
    return oracle
end

oracles.hinge_embedding_loss = with_signs(loss(function(x, target, _, options)
    return target == 1 and x or math.max(0, (options.margin or 1) - x)
end, '-3..3!1!2 -3..3!0', 2, { margin = 2 }), 2)

oracles.soft_margin_loss = with_signs(loss(function(x, target)
    return math.log(1 + math.exp(-target * x))
end, '-3..3 -3..3!0', 2), 2)

oracles.margin_ranking_loss = with_signs(loss(function(x1, x2, target, options)
    return math.max(0, -target * (x1 - x2) + (options.margin or 0))
end, '-3..0 0.1..3 -3..3!0', 3, { margin = 0.05 }), 3)

oracles.poisson_nll_loss = loss(function(x, target, _, options)
    local y = options.log_input == false and x - target * math.log(x + (options.eps or 1e-8))
        or math.exp(x) - target * x
    if options.full and target > 1 then
        y = y + target * math.log(target) - target + 0.5 * math.log(2 * math.pi * target)
    end
    return y
end, '0.3..3 0.1..4!1', 2, { log_input = false }, { full = true }, { log_input = false, eps = 0.5 })

oracles.gaussian_nll_loss = loss(function(x, target, var, options)
    local y = 0.5 * (math.log(var) + (x - target) ^ 2 / var)
    return options.full and y + 0.5 * math.log(2 * math.pi) or y
end, '-3..3 -3..3 0.3..3', 3, { full = true })

-- --- losses and distances of vectors --------------------------------------------------------------------------------

-- f(list of x, list of w, ...) for each row of (n, d) arrays, as an array (n).
local function by_row(f, ...)
    local arrays = { ... }
    local n, d = arrays[1].shape[1], arrays[1].shape[2]
    return naive.array({ n }, function(row)
        local lists = {}
        for k, array in ipairs(arrays) do
            lists[k] = {}
            for j = 1, d do
                lists[k][j] = array[(row - 1) * d + j]
            end
        end
        return f(unpack(lists))
    end)
end

local function dot(a, b)
    local sum = 0
    for i = 1, #a do
        sum = sum + a[i] * b[i]
    end
    return sum
end

local function cosine(a, b)
    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))
end

local function norm(a, b, p, eps)
    local sum = 0
    for i = 1, #a do
        sum = sum + math.abs(a[i] - b[i] + (eps or 1e-6)) ^ p
    end
    return sum ^ (1 / p)
end

local function floats_only(dtype)
    return dtype:find '^float' and dtype or nil
end

oracles.cosine_similarity = {
    domain = '0.3..3 -3..3', dtype = floats_only,
    cases = {
        case({ { 3, 4 }, { 3, 4 } }, function(x, w) return by_row(cosine, x, w) end),
        case({ { 4, 3 }, { 4, 3 } }, function(x, w)
            return by_row(cosine, naive.permute(x, { 2, 1 }), naive.permute(w, { 2, 1 }))
        end, { axis = 1 }),
    },
}

oracles.pairwise_distance = {
    domain = '-3..-0.5 0.5..3', dtype = floats_only,
    cases = {
        case({ { 3, 4 }, { 3, 4 } }, function(x, w)
            return by_row(function(a, b) return norm(a, b, 2) end, x, w)
        end),
        case({ { 3, 4 }, { 3, 4 } }, function(x, w)
            local y = by_row(function(a, b) return norm(a, b, 3, 0.01) end, x, w)
            return naive.reshape(y, { 3, 1 })
        end, { p = 3, eps = 0.01, keepdim = true }),
    },
}

oracles.cosine_embedding_loss = { domain = '0.3..3 -3..-0.3 -3..3!0', dtype = floats_only, cases = {} }
for _, options in ipairs { {}, { reduction = 'sum' }, { reduction = 'none', margin = -0.95 } } do
    table.insert(oracles.cosine_embedding_loss.cases, case({ { 3, 4 }, { 3, 4 }, { 3 } }, function(x1, x2, target)
        local cos = by_row(cosine, x1, x2)
        return reduced(naive.map(function(c, t)
            return t == 1 and 1 - c or math.max(0, c - (options.margin or 0))
        end, cos, target), options.reduction or 'mean')
    end, options))
end
with_signs(oracles.cosine_embedding_loss, 3)

oracles.triplet_margin_loss = { domain = '-3..3 -3..3 -3..3', dtype = floats_only, cases = {} }
for _, options in ipairs { {}, { reduction = 'sum', margin = 20 }, { reduction = 'none', p = 3, margin = 2 },
    { swap = true, margin = 5 } } do
    table.insert(oracles.triplet_margin_loss.cases, case({ { 3, 4 }, { 3, 4 }, { 3, 4 } }, function(a, p, n)
        return reduced(by_row(function(anchor, positive, negative)
            local far = norm(anchor, negative, options.p or 2)
            if options.swap then
                far = math.min(far, norm(positive, negative, options.p or 2))
            end
            return math.max(0, norm(anchor, positive, options.p or 2) - far + (options.margin or 1))
        end, a, p, n), options.reduction or 'mean')
    end, options))
end

oracles.multi_margin_loss = { domain = '-3..3 ids', dtype = floats_only, cases = {} }
for _, options in ipairs { {}, { reduction = 'sum', p = 2, margin = 0.5 }, { reduction = 'none', margin = 7.0003 } } do
    table.insert(oracles.multi_margin_loss.cases, case({ { 3, 4 }, { ids = 4, n = 3 } }, function(x, target)
        local each = naive.array({ 3 }, function(row)
            local sum, own = 0, x[(row - 1) * 4 + target[row] + 1]
            for c = 0, 3 do
                if c ~= target[row] then
                    sum = sum + math.max(0, (options.margin or 1) - own + x[(row - 1) * 4 + c + 1]) ^ (options.p or 1)
                end
            end
            return sum / 4
        end)
        return reduced(each, options.reduction or 'mean')
    end, options))
end

for _, family in ipairs { require 'spec.shape_oracles'.compositions, require 'spec.algebra_oracles',
    require 'spec.reduction_oracles', require 'spec.index_oracles'.compositions,
    require 'spec.convolution_oracles'.compositions, require 'spec.layer_oracles'.compositions,
    require 'spec.linalg_oracles'.compositions, require 'spec.class_oracles', require 'spec.resizing_oracles' } do
    for name, oracle in pairs(family) do
        oracles[name] = oracle
    end
end

for name, cases in pairs(require 'spec.linalg_oracles'.more) do
    for _, one in ipairs(cases) do
        table.insert(oracles[name].cases, one)
    end
end

return oracles
