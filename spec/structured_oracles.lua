-- structured_oracles.lua: the oracles of rows that are not elementwise: naive loops over nested arrays.
-- What an oracle is, and what its cases are, stands in oracles.lua, which takes these in.
local naive = require 'spec.support.naive'
local philox = require 'spec.support.philox'

local oracles = {}

local function truth(condition)
    return condition and 1 or 0
end

-- --- helpers for the other rows ------------------------------------------------------------------------------

local function floats_only(dtype)
    return dtype:find '^float' and dtype or nil
end

local function always(result)
    return function()
        return result
    end
end

-- A case of one input: the op gets the tensor and what follows.
local function case(shape, want, ...)
    local rest, n = { ... }, select('#', ...)
    return {
        inputs = { shape },
        want = want,
        call = function(op, x)
            return op(x, unpack(rest, 1, n))
        end,
    }
end

-- --- casts -------------------------------------------------------------------------------------------------------

local function cast(dtype)
    local integral = not dtype:find '^float'
    local one = case({ 3, 4 }, function(x)
        return naive.map(function(v)
            if dtype == 'bool' then
                return truth(v ~= 0)
            end
            if not integral then
                return v
            end
            v = v < 0 and math.ceil(v) or math.floor(v)
            -- floats saturate, integers wrap
            return dtype == 'uint8' and x.dtype:find '^float' and math.max(v, 0) or v
        end, x)
    end, dtype)
    one.dtype = dtype
    return one
end

oracles.cast = {
    cases = { cast 'float32', cast 'float64', cast 'int64', cast 'int32', cast 'uint8', cast 'bool' },
}

oracles.to_device = {
    cases = {
        case({ 3, 4 }, function(x)
            return naive.map(function(v)
                return v
            end, x)
        end, 'cpu'),
    },
}

-- --- reductions ------------------------------------------------------------------------------------------------

-- Cases over shapes, axes and keepdim; combine(list) says what is left of a group.
local function reductions(combine, empty)
    local function with(shape, axes, keepdim)
        return case(shape, function(x)
            return naive.reduce(x, axes, keepdim, combine)
        end, axes and #axes == 1 and axes[1] or axes, keepdim)
    end
    local cases = {
        with({ 3, 4 }), with({ 3, 4 }, { 1 }), with({ 3, 4 }, { -1 }), with({ 3, 4 }, { 2 }, true),
        with({ 2, 3, 4 }, { 1, 3 }), with({ 2, 3, 4 }, { 2 }), with({ 2, 3, 4 }, { -1, 1 }, true), with({ 5 }, { 1 }),
        with({}), with({ 3, 300 }, { 2 }), with({ 300, 3 }, { 1 }),
    }
    if empty then
        table.insert(cases, with({ 0, 4 }, { 1 }))
        table.insert(cases, with({ 0, 4 }))
        table.insert(cases, with({ 3, 0 }, { 1 }))
    end
    return cases
end

oracles.sum = {
    dtype = function(dtype)
        return dtype:find '^float' and dtype or 'int64'
    end,
    cases = reductions(naive.total, true),
}

-- Few factors: a difference of a long product tells nothing.
oracles.prod = { dtype = oracles.sum.dtype, cases = {} }
for i, one in ipairs(reductions(function(list)
    local p = 1
    for _, v in ipairs(list) do
        p = p * v
    end
    return p
end, true)) do
    if i ~= 10 and i ~= 11 then
        table.insert(oracles.prod.cases, one)
    end
end

oracles.mean = {
    dtype = floats_only,
    cases = reductions(function(list)
        return naive.total(list) / #list
    end, true),
}

-- max and min: values, and along an axis the ids too
local function extremes(sign)
    local function value(list)
        return list[naive.extreme(list, sign)]
    end
    local function id(list)
        return naive.extreme(list, sign) - 1
    end
    local function with(shape, axis, keepdim)
        return case(shape, function(x)
            return naive.reduce(x, { axis }, keepdim, value), naive.reduce(x, { axis }, keepdim, id)
        end, axis, keepdim)
    end
    local function all(shape)
        return case(shape, function(x)
            return naive.reduce(x, nil, false, value)
        end)
    end
    return {
        ties = true, -- equal elements share the gradient, which differences can't see
        cases = {
            all { 3, 4 }, all {}, with({ 3, 4 }, 1), with({ 3, 4 }, -1), with({ 3, 4 }, 2, true), with({ 2, 3, 4 }, 2),
            with({ 3, 300 }, 2), with({ 0, 4 }, 2),
        },
    }
end

oracles.max = extremes(1)
oracles.min = extremes(-1)

local function argmax(shape, axis, keepdim)
    return case(shape, function(x)
        return naive.reduce(x, axis and { axis }, keepdim, function(list)
            return naive.extreme(list, 1) - 1
        end)
    end, axis, keepdim)
end

oracles.argmax = {
    dtype = always 'int64',
    cases = {
        argmax { 3, 4 }, argmax({ 3, 4 }, 1), argmax({ 3, 4 }, -1), argmax({ 3, 4 }, 2, true), argmax({ 2, 3, 4 }, 2),
        argmax({ 3, 300 }, -1), argmax({ 0, 4 }, 2),
    },
}

-- --- products -------------------------------------------------------------------------------------------------------

local function product(a, b)
    return {
        inputs = { a, b },
        want = naive.matmul,
        call = function(op, x, w)
            return op(x, w)
        end,
    }
end

oracles.matmul = {
    dtype = function(dtype)
        return dtype ~= 'bool' and dtype or nil
    end,
    cases = {
        product({ 3, 4 }, { 4, 5 }), product({ 4 }, { 4 }), product({ 3, 4 }, { 4 }), product({ 3 }, { 3, 4 }),
        product({ 2, 3, 4 }, { 2, 4, 5 }), product({ 2, 3, 4 }, { 4, 5 }), product({ 2, 1, 3, 4 }, { 3, 4, 2 }),
        product({ 3 }, { 2, 3, 4 }), product({ 2, 3, 4 }, { 4 }), product({ 1, 1 }, { 1, 1 }),
        product({ 17, 33 }, { 33, 9 }),
        product({ 0, 4 }, { 4, 5 }), product({ 3, 0 }, { 0, 5 }),
    },
}

local function linear(n, inputs, outputs, bias, relu)
    return {
        inputs = { { n, inputs }, { outputs, inputs }, bias and { outputs } or nil },
        away_from_zero = relu, -- the derivative of the ReLU jumps at 0
        want = function(x, w, b)
            local y = naive.matmul(x, naive.permute(w, { 2, 1 }))
            return naive.map(function(v, c)
                v = v + (c or 0)
                return relu and math.max(v, 0) or v
            end, y, b)
        end,
        call = function(op, x, w, b)
            if relu then
                return op(x, w, b, { relu = true })
            end
            return op(x, w, b)
        end,
    }
end

-- A weight of one output without an axis: the last axis of x goes.
local function linear_line(shape, bias, relu)
    local one = linear(1, 1, 1, bias, relu)
    one.inputs = { shape, { shape[#shape] }, bias and {} or nil }
    function one.want(x, w, b)
        local y = { shape = { unpack(shape, 1, #shape - 1) } }
        for p = 1, naive.count(y.shape) do
            y[p] = b and b[1] or 0
            for i = 1, #w do
                y[p] = y[p] + x[(p - 1) * #w + i] * w[i]
            end
            y[p] = relu and math.max(y[p], 0) or y[p]
        end
        return y
    end
    return one
end
oracles.linear = {
    dtype = floats_only,
    cases = {
        linear(3, 4, 5, true), linear(3, 4, 5), linear(3, 4, 5, true, true), linear(1, 1, 1, true),
        linear(9, 33, 17, true, true),
        linear(2, 5, 3, false, true), linear(0, 4, 5, true), linear(3, 0, 5, true),
        linear_line({ 3, 4 }, true), linear_line { 2, 3, 5 }, linear_line({ 6 }, true),
        linear_line({ 2, 4, 3 }, true, true),
    },
}

-- --- softmax and losses -------------------------------------------------------------------------------

local function softmax(line)
    local total, y = 0, {}
    for i, v in ipairs(line) do
        y[i] = math.exp(v)
        total = total + y[i]
    end
    for i in ipairs(line) do
        y[i] = y[i] / total
    end
    return y
end

local function log_softmax(line)
    local y = softmax(line)
    for i, v in ipairs(y) do
        y[i] = math.log(v)
    end
    return y
end

local function along(f)
    local function with(shape, axis)
        return case(shape, function(x)
            return naive.along(x, axis or -1, f)
        end, axis)
    end
    return {
        dtype = floats_only,
        cases = {
            with { 3, 4 }, with({ 3, 4 }, 1), with({ 2, 3, 4 }, 2), with({ 2, 3, 4 }, -1), with { 5 },
            with { 3, 300 }, with { 3, 1 },
            with { 0, 4 },
        },
    }
end

oracles.softmax = along(softmax)
oracles.log_softmax = along(log_softmax)

local function cross_entropy(n, classes, reduction)
    return {
        inputs = { { n, classes }, { ids = classes, n = n } },
        want = function(x, ids)
            local logs = naive.along(x, 2, log_softmax)
            local each = naive.build({ n }, function(index)
                return -naive.at(logs, { index[1], ids[index[1]] + 1 })
            end)
            if reduction == 'none' then
                return each
            end
            return naive.reduce(each, nil, false, function(list)
                return naive.total(list) / (reduction == 'sum' and 1 or #list)
            end)
        end,
        call = function(op, x, ids)
            return op(x, ids, reduction and { reduction = reduction })
        end,
    }
end

oracles.cross_entropy = {
    dtype = floats_only,
    cases = { cross_entropy(5, 4), cross_entropy(5, 4, 'sum'), cross_entropy(5, 4, 'none'), cross_entropy(1, 1),
        cross_entropy(3, 300) },
}

-- --- constructors -------------------------------------------------------------------------------------

-- A call without tensors; dtype is that of the result.
local function made(dtype, shape, value, ...)
    local rest, n = { ... }, select('#', ...)
    return {
        inputs = {},
        dtype = dtype,
        want = function()
            return naive.array(shape, value)
        end,
        call = function(op)
            return op(unpack(rest, 1, n))
        end,
    }
end

local function same(value)
    return function()
        return value
    end
end

oracles.full = {
    cases = {
        made('float32', { 2, 3 }, same(1.5), { 2, 3 }, 1.5),
        made('int64', { 2 }, same(-7), { 2 }, -7, { dtype = 'int64' }),
        made('bool', { 3 }, same(1), { 3 }, 1, { dtype = 'bool' }),
        made('float64', {}, same(0.1), {}, 0.1, { dtype = 'float64' }),
        made('uint8', { 0, 2 }, same(1), { 0, 2 }, 1, { dtype = 'uint8' }),
        made('int32', { 300 }, same(5), { 300 }, 5, { dtype = 'int32' }),
    },
}

oracles.arange = {
    cases = {
        made('int64', { 5 }, function(i) return i - 1 end, 5),
        made('int64', { 3 }, function(i) return 2 + 3 * (i - 1) end, 2, 10, 3),
        made('int64', { 4 }, function(i) return 4 - (i - 1) end, 4, 0, -1),
        made('float32', { 4 }, function(i) return (i - 1) * 0.25 end, 0, 1, 0.25),
        made('float64', { 300 }, function(i) return i - 1 end, 300, { dtype = 'float64' }),
        made('int64', { 0 }, same(0), 5, 5),
    },
}

-- Random rows: the spec seeds with these before the call.
oracles.random_state = { seed = 12345, stream = 6 }
local SEED, STREAM = oracles.random_state.seed, oracles.random_state.stream

oracles.rand = {
    cases = { made('float32', { 3, 101 }, function(i) return philox.float(SEED, STREAM, i - 1) end, 3, 101) },
}

-- A sample whose mean and variance must lie within five standard errors.
local function moments(dtype, shape, mean, variance, ...)
    local one = made(dtype, shape, nil, ...)
    one.want = nil
    one.check = function(values)
        local n, sum, squares = #values, 0, 0
        for _, v in ipairs(values) do
            sum, squares = sum + v, squares + (v - mean) ^ 2
        end
        assert(math.abs(sum / n - mean) < 5 * math.sqrt(variance / n), ('mean is %g'):format(sum / n))
        assert(math.abs(squares / n - variance) < 5 * variance * math.sqrt(2 / n),
            ('variance is %g'):format(squares / n))
    end
    return one
end

oracles.randn = { cases = { moments('float32', { 100, 100 }, 0, 1, 100, 100),
    moments('float64', { 10000 }, 0, 1, 10000, { dtype = 'float64' }) } }

local function range(low, high)
    local one = moments('int64', { 10000 }, (low + high - 1) / 2, ((high - low) ^ 2 - 1) / 12, low, high, { 10000 })
    local check = one.check
    one.check = function(values)
        check(values)
        for _, v in ipairs(values) do
            assert(v >= low and v < high and v % 1 == 0, v)
        end
    end
    return one
end

oracles.randint = { cases = { range(0, 10), range(-3, 4), range(0, 2 ^ 40) } }

local function permutation(n)
    return {
        inputs = {},
        dtype = 'int64',
        call = function(op)
            return op(n)
        end,
        check = function(values)
            assert(#values == n)
            local seen = {}
            for _, v in ipairs(values) do
                assert(v >= 0 and v < n and v % 1 == 0 and not seen[v], v)
                seen[v] = true
            end
        end,
    }
end

oracles.randperm = { cases = { permutation(1), permutation(2), permutation(10), permutation(1000), permutation(0) } }

require 'spec.view_oracles'(oracles, case)
for _, family in ipairs { require 'spec.shape_oracles'.rows, require 'spec.lines_oracles',
    require 'spec.index_oracles'.rows, require 'spec.convolution_oracles'.rows,
    require 'spec.linalg_oracles'.rows, require 'spec.layer_oracles'.rows, require 'spec.row_oracles' } do
    for name, oracle in pairs(family) do
        oracles[name] = oracle
    end
end

return oracles
