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
    dtype = floats_only,
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

oracles.linear = {
    dtype = floats_only,
    cases = {
        linear(3, 4, 5, true), linear(3, 4, 5), linear(3, 4, 5, true, true), linear(1, 1, 1, true),
        linear(9, 33, 17, true, true),
        linear(2, 5, 3, false, true), linear(0, 4, 5, true), linear(3, 0, 5, true),
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

-- --- shapes -------------------------------------------------------------------------------------------

local function reshape(from, to, ...)
    return case(from, function(x)
        return naive.reshape(x, to)
    end, ...)
end

oracles.reshape = {
    cases = {
        reshape({ 3, 4 }, { 2, 6 }, 2, 6), reshape({ 3, 4 }, { 2, 6 }, { 2, -1 }), reshape({ 3, 4 }, { 12 }, -1),
        reshape({ 2, 3, 4 }, { 6, 4 }, 6, 4), reshape({}, { 1, 1 }, 1, 1), reshape({ 1 }, {}, {}),
        reshape({ 0, 4 }, { 2, 0 }, 2, 0),
    },
}

oracles.view = {
    view = true,
    contiguous = true, -- other layouts may be refused
    cases = { reshape({ 3, 4 }, { 2, 6 }, 2, 6), reshape({ 3, 4 }, { 12 }, -1),
        reshape({ 2, 3, 4 }, { 2, 12 }, 2, 12) },
}

local function permuted(shape, order, ...)
    return case(shape, function(x)
        return naive.permute(x, order)
    end, ...)
end

oracles.transpose = {
    view = true,
    cases = {
        permuted({ 3, 4 }, { 2, 1 }, 1, 2), permuted({ 2, 3, 4 }, { 3, 2, 1 }, 1, -1),
        permuted({ 2, 3, 4 }, { 1, 3, 2 }, -2, -1),
        permuted({ 0, 4 }, { 2, 1 }, 1, 2),
    },
}

oracles.t = { view = true, cases = { permuted({ 3, 4 }, { 2, 1 }), permuted({ 4 }, { 1 }),
    permuted({ 0, 4 }, { 2, 1 }) } }

oracles.permute = {
    view = true,
    cases = { permuted({ 2, 3, 4 }, { 3, 1, 2 }, 3, 1, 2), permuted({ 2, 3, 4 }, { 2, 3, 1 }, { -2, -1, 1 }),
        permuted({ 3 }, { 1 }, 1) },
}

oracles.squeeze = {
    view = true,
    cases = {
        reshape({ 1, 3, 1 }, { 3 }), reshape({ 1, 3, 1 }, { 3 }, { 1, -1 }),
        reshape({ 1, 3, 1 }, { 3, 1 }, 1), reshape({ 1, 3, 1 }, { 1, 3 }, -1),
        reshape({ 3, 4 }, { 3, 4 }, 1),
        reshape({ 1, 1 }, {}),
    },
}

oracles.unsqueeze = {
    view = true,
    cases = { reshape({ 3, 4 }, { 1, 3, 4 }, 1), reshape({ 3, 4 }, { 3, 4, 1 }, -1),
        reshape({ 3, 4 }, { 3, 1, 4 }, 2), reshape({}, { 1 }, 1) },
}

local function expand(from, to, ...)
    return case(from, function(x)
        return naive.build(to, function(index)
            return naive.broadcast_at(x, index)
        end)
    end, ...)
end

oracles.expand = {
    view = true,
    cases = {
        expand({ 1, 4 }, { 3, 4 }, 3, 4), expand({ 3, 1 }, { 3, 4 }, { -1, 4 }), expand({ 4 }, { 2, 3, 4 }, 2, 3, 4),
        expand({}, { 2, 2 }, 2, 2),
        expand({ 1, 4 }, { 0, 4 }, 0, 4),
    },
}

-- Positions of a range { from, to, step } of a size; a number is one position and its axis goes.
local function positions(entry, size)
    local function place(p)
        return p < 0 and p + size + 1 or p
    end
    if type(entry) == 'number' then
        return { place(entry) }, true
    end
    local list = {}
    local from = entry[1] or 1
    for p = place(from), place(entry[2] or (entry[1] and from or -1)), entry[3] or 1 do
        list[#list + 1] = p
    end
    return list
end

-- The shape that an index selects, and a function from an index in it to one in x.
local function selection(x, index)
    local shape, lists, keeps = {}, {}, {}
    for axis, size in ipairs(x.shape) do
        local list, drops = positions(index[axis] or {}, size)
        lists[axis], keeps[axis] = list, not drops
        if not drops then
            shape[#shape + 1] = #list
        end
    end
    return shape, function(at)
        local full, k = {}, 0
        for axis in ipairs(x.shape) do
            if keeps[axis] then
                k = k + 1
            end
            full[axis] = lists[axis][keeps[axis] and at[k] or 1]
        end
        return full
    end
end

local function slice(shape, index)
    return case(shape, function(x)
        local selected, place = selection(x, index)
        return naive.build(selected, function(at)
            return naive.at(x, place(at))
        end)
    end, index)
end

oracles.slice = {
    view = true,
    cases = {
        slice({ 5, 6 }, { 2 }), slice({ 5, 6 }, { { 2, 4 } }), slice({ 5, 6 }, { { 1, -1, 2 }, { 2, -2, 3 } }),
        slice({ 5, 6 }, { {}, -1 }),
        slice({ 5, 6 }, { { 3 }, {} }), slice({ 2, 3, 4 }, { {}, 2, { -2, -1 } }), slice({ 5 }, { -5 }),
    },
}

local function assign(shape, index, value)
    return {
        inputs = { shape, value },
        want = function(x, v)
            local y = naive.array(shape, x)
            local selected, place = selection(x, index)
            for p = 1, naive.count(selected) do
                local at = naive.index(selected, p)
                y[naive.position(shape, place(at))] = naive.broadcast_at(v, at)
            end
            return y
        end,
        call = function(op, x, v)
            return op(x, index, v)
        end,
    }
end

oracles.assign_slice = {
    cases = {
        assign({ 5, 6 }, { 2 }, { 6 }), assign({ 5, 6 }, { { 2, 4 } }, { 3, 6 }),
        assign({ 5, 6 }, { { 1, -1, 2 }, { 2, -2, 3 } }, { 3, 1 }),
        assign({ 5, 6 }, { {}, -1 }, {}), assign({ 5 }, { 3 }, {}),
    },
}

local function cat(axis, ...)
    return {
        inputs = { ... },
        want = function(...)
            local xs, shape = { ... }, {}
            local along_axis = naive.axis(xs[1], axis or 1)
            for i, size in ipairs(xs[1].shape) do
                shape[i] = size
            end
            for k = 2, #xs do
                shape[along_axis] = shape[along_axis] + xs[k].shape[along_axis]
            end
            return naive.build(shape, function(index)
                for _, x in ipairs(xs) do
                    if index[along_axis] <= x.shape[along_axis] then
                        return naive.at(x, index)
                    end
                    index[along_axis] = index[along_axis] - x.shape[along_axis]
                end
            end)
        end,
        call = function(op, ...)
            return op({ ... }, axis and { axis = axis })
        end,
    }
end

oracles.cat = { cases = { cat(nil, { 2, 3 }, { 4, 3 }), cat(-1, { 2, 3 }, { 2, 1 }), cat(2, { 2, 3, 2 }, { 2, 0, 2 }),
    cat(1, { 3 }, { 2 }) } }

-- --- rows by id ---------------------------------------------------------------------------------------

local function index_select(shape, axis, n)
    return {
        inputs = { shape, { ids = shape[axis < 0 and axis + #shape + 1 or axis], n = n } },
        want = function(x, ids)
            local a, to = naive.axis(x, axis), {}
            for i, size in ipairs(shape) do
                to[i] = i == a and n or size
            end
            return naive.build(to, function(index)
                index[a] = ids[index[a]] + 1
                return naive.at(x, index)
            end)
        end,
        call = function(op, x, ids)
            return op(x, axis, ids)
        end,
    }
end

oracles.index_select = {
    cases = { index_select({ 5, 3 }, 1, 4), index_select({ 5, 3 }, -1, 7), index_select({ 2, 4, 3 }, 2, 5),
        index_select({ 6 }, 1, 3), index_select({ 5, 3 }, 1, 0) },
}

local function index_add(shape, axis, n, alpha)
    local source = {}
    for i, size in ipairs(shape) do
        source[i] = i == axis and n or size
    end
    return {
        inputs = { shape, { ids = shape[axis], n = n }, source },
        want = function(x, ids, from)
            local y = naive.array(shape, x)
            for p = 1, #from do
                local index = naive.index(source, p)
                index[axis] = ids[index[axis]] + 1
                local at = naive.position(shape, index)
                y[at] = y[at] + (alpha or 1) * from[p]
            end
            return y
        end,
        call = function(op, x, ids, from)
            return op(x, axis, ids, from, alpha and { alpha = alpha })
        end,
    }
end

-- One slice for all ids.
local function index_add_one(shape, n)
    local whole = index_add(shape, 1, n)
    local one = { select(2, unpack(shape)) }
    return {
        inputs = { shape, whole.inputs[2], one },
        want = function(x, ids, from)
            return whole.want(x, ids, naive.build(whole.inputs[3], function(index)
                return naive.at(from, { select(2, unpack(index)) })
            end))
        end,
        call = whole.call,
    }
end

oracles.index_add = {
    sums_bool = true, -- bool: true where any is
    cases = { index_add_one({ 5, 3 }, 4), index_add_one({ 4, 2, 3 }, 3), index_add_one({ 6 }, 5),
        index_add({ 5, 3 }, 1, 4), index_add({ 5, 3 }, 2, 7, 2), index_add({ 2, 4, 3 }, 2, 5),
        index_add({ 6 }, 1, 9), index_add({ 5, 3 }, 1, 0) },
}

-- Ids of `shape`, taken from a list; rows of a table of `words` rows.
local function embedding(shape, words, width, options)
    local n, to = naive.count(shape), { unpack(shape) }
    to[#to + 1] = width
    return {
        inputs = { { ids = words, n = n }, { words, width } },
        padding = options and options.padding_idx,
        want = function(ids, weight)
            return naive.build(to, function(index)
                local column = table.remove(index)
                return naive.at(weight, { ids[naive.position(shape, index)] + 1, column })
            end)
        end,
        call = function(op, ids, weight)
            return op(ids:reshape(shape), weight, options)
        end,
    }
end

oracles.embedding = {
    cases = { embedding({ 4 }, 5, 3), embedding({ 2, 3 }, 5, 2), embedding({}, 4, 3), embedding({ 0 }, 4, 3),
        embedding({ 9 }, 3, 2, { sparse = true }), embedding({ 2, 2, 2 }, 6, 1), embedding({ 70 }, 40, 17) },
}

-- Bags begin at `starts` (0-based), or are the rows of ids (starts a number of bags).
local function embedding_bag(n, words, width, starts, mode, sparse)
    local bags = type(starts) == 'table' and #starts or starts
    local function first(bag)
        return type(starts) == 'table' and (starts[bag] or n) or (bag - 1) * n / bags
    end
    return {
        inputs = { { ids = words, n = n }, { words, width } },
        want = function(ids, weight)
            return naive.build({ bags, width }, function(index)
                local list = {}
                for i = first(index[1]) + 1, first(index[1] + 1) do
                    list[#list + 1] = naive.at(weight, { ids[i] + 1, index[2] })
                end
                if #list == 0 then
                    return 0
                elseif mode == 'max' then
                    return math.max(unpack(list))
                end
                return naive.total(list) / (mode == 'sum' and 1 or #list)
            end)
        end,
        call = function(op, ids, weight)
            if type(starts) == 'table' then
                return op(ids, weight, require 'tenmo'.ids(starts):to(weight.device), { mode = mode, sparse = sparse })
            end
            return op(ids:reshape(bags, n / bags), weight, { mode = mode, sparse = sparse })
        end,
    }
end

oracles.embedding_bag = {
    dtype = floats_only,
    cases = { embedding_bag(6, 5, 3, 2), embedding_bag(7, 5, 2, { 0, 2, 2, 6 }),
        embedding_bag(7, 4, 3, { 0, 3 }, 'sum', true), embedding_bag(7, 9, 2, { 0, 0, 3 }, 'max'),
        embedding_bag(0, 4, 2, { 0, 0 }), embedding_bag(80, 40, 17, 8, 'mean', true) },
}

local function gather_normalize(shape, n, mean, std)
    local pick = index_select(shape, 1, n)
    return {
        inputs = pick.inputs,
        want = function(x, ids)
            return naive.map(function(v)
                return (v - (mean or 0)) / (std or 1)
            end, pick.want(x, ids))
        end,
        call = function(op, x, ids)
            return op(x, ids, mean and { mean = mean, std = std })
        end,
    }
end

oracles.gather_normalize = {
    dtype = always 'float32',
    cases = { gather_normalize({ 5, 3 }, 4, 100, 50), gather_normalize({ 5, 2, 3 }, 7),
        gather_normalize({ 3, 300 }, 2, 33, 78), gather_normalize({ 4 }, 3, 1, 2) },
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

for _, family in ipairs { require 'spec.shape_oracles'.rows, require 'spec.lines_oracles',
    require 'spec.index_oracles'.rows, require 'spec.convolution_oracles'.rows,
    require 'spec.linalg_oracles'.rows, require 'spec.layer_oracles'.rows } do
    for name, oracle in pairs(family) do
        oracles[name] = oracle
    end
end

return oracles
