-- lines_oracles.lua: rows that work along an axis: scans, sort, topk, gather, scatter_reduce, shared extremes. Merged
-- into structured_oracles.lua.
local naive = require 'spec.support.naive'

local oracles = {}

-- A case whose line along the axis (as a list) becomes another by f, whose second list are ids.
local function lined(shape, axis, f, call, size)
    return {
        inputs = { shape },
        want = function(x)
            local a = #shape > 0 and naive.axis(x, axis or -1) or 1
            local to = { unpack(shape) }
            if #shape > 0 then
                to[a] = size or shape[a]
            end
            local values, ids = { shape = to }, select(2, f {}) and { shape = to }
            for p = 1, naive.count(to) do
                local index, line = naive.index(to, p), {}
                local at = #shape > 0 and index[a] or 1
                for i = 1, #shape > 0 and shape[a] or 1 do
                    if #shape > 0 then
                        index[a] = i
                    end
                    line[i] = naive.at(x, index)
                end
                local results, places = f(line)
                values[p] = results[at]
                if places then
                    ids[p] = places[at] - 1
                end
            end
            return values, ids
        end,
        distinct = true,
        call = call or function(op, x)
            if axis then
                return op(x, axis)
            end
            return op(x)
        end,
    }
end

local function widened(dtype)
    return dtype:find '^float' and dtype or 'int64'
end

local function running(f)
    local function scan(line)
        local results = {}
        for i = 1, #line do
            results[i] = i == 1 and line[1] or f(results[i - 1], line[i])
        end
        return results
    end
    return { lined({ 3, 4 }, nil, scan), lined({ 3, 4 }, 1, scan), lined({ 2, 3, 4 }, 2, scan), lined({ 5 }, -1, scan),
        lined({ 300 }, 1, scan), lined({}, nil, scan), lined({ 0, 4 }, 1, scan), lined({ 4, 0 }, 2, scan) }
end

oracles.cumsum = { dtype = widened, cases = running(function(a, b) return a + b end),
    tolerance = { float32 = { 1e-5, 2e-5 }, float64 = { 1e-12, 1e-12 } } }
oracles.cumprod = { dtype = widened, cases = running(function(a, b) return a * b end) }
table.remove(oracles.cumprod.cases, 5) -- 300 factors overflow integers
oracles.logcumsumexp = {
    dtype = function(dtype)
        return dtype:find '^float' and dtype or nil
    end,
    cases = running(function(a, b) return math.log(math.exp(a) + math.exp(b)) end),
}

local function extreme(better)
    local function scan(line)
        local values, places, best = {}, {}, nil
        for i, value in ipairs(line) do
            best = (not best or better(value, line[best])) and i or best
            values[i], places[i] = line[best], best
        end
        return values, places
    end
    return {
        ties = true,
        cases = { lined({ 3, 4 }, nil, scan), lined({ 3, 4 }, 1, scan), lined({ 2, 3, 4 }, 2, scan), lined({}, nil,
            scan),
            lined({ 4, 0 }, 1, scan) },
        dtype = function(dtype)
            return dtype ~= 'bool' and dtype or nil
        end,
    }
end
oracles.cummax = extreme(function(a, b) return a >= b end)
oracles.cummin = extreme(function(a, b) return a <= b end)

-- --- order --------------------------------------------------------------------------------------------------------

-- Insertion sort, stable.
local function ordered(line, descending)
    local values, places = {}, {}
    for i, value in ipairs(line) do
        local at = i
        while at > 1 and (descending and values[at - 1] < value or not descending and values[at - 1] > value) do
            values[at], places[at] = values[at - 1], places[at - 1]
            at = at - 1
        end
        values[at], places[at] = value, i
    end
    return values, places
end
local function falling(line)
    return ordered(line, true)
end
local function sort_falling(op, x)
    return op(x, { descending = true })
end

oracles.sort = { ties = true, cases = {
    lined({ 3, 4 }, nil, ordered), lined({ 4, 3 }, 1, ordered), lined({ 2, 5 }, -1, falling, sort_falling),
    lined({ 300 }, nil, ordered), lined({ 2, 40 }, 2, falling, sort_falling), lined({ 2, 3, 4 }, 2, ordered),
    lined({}, nil, ordered), lined({ 0, 4 }, 1, ordered), lined({ 1 }, 1, ordered),
} }

-- The k-th along an axis, or of k = 0 the lower of the two in the middle.
local function kth(shape, axis, k)
    return lined(shape, axis, function(line)
        local values, places = ordered(line)
        local at = k > 0 and k or math.floor((#line + 1) / 2)
        return { values[at] }, { places[at] }
    end, function(op, x)
        return op(x, k, axis)
    end, 1)
end
oracles.order_statistic = { ties = true, cases = {
    kth({ 3, 4 }, -1, 2), kth({ 4, 3 }, 1, 4), kth({ 5 }, -1, 0), kth({ 2, 300 }, 2, 0), kth({ 2, 3, 4 }, 2, 0),
    kth({ 300 }, 1, 211), kth({ 1 }, 1, 1),
} }

oracles.topk = { ties = true, cases = {
    lined({ 3, 5 }, nil, falling, function(op, x) return op(x, 2) end, 2),
    lined({ 5, 3 }, 1, ordered, function(op, x) return op(x, 3, { axis = 1, largest = false }) end, 3),
    lined({ 300 }, nil, falling, function(op, x) return op(x, 7, -1) end, 7),
    lined({ 700 }, nil, ordered, function(op, x) return op(x, 9, { largest = false }) end, 9),
    lined({ 2, 4 }, nil, falling, function(op, x) return op(x, 4) end, 4),
    lined({ 2, 4 }, nil, falling, function(op, x) return op(x, 0) end, 0),
} }

-- --- elements by id -------------------------------------------------------------------------------------------------

local function gathered(shape, axis, to)
    local a = axis < 0 and axis + #shape + 1 or axis
    return {
        inputs = { shape, { ids = shape[a], n = naive.count(to) } },
        want = function(x, ids)
            return naive.build(to, function(index)
                local from = { unpack(index) }
                from[a] = ids[naive.position(to, index)] + 1
                return naive.at(x, from)
            end)
        end,
        call = function(op, x, ids)
            return op(x, axis, ids:reshape(to))
        end,
    }
end
oracles.gather = { cases = { gathered({ 3, 4 }, 1, { 5, 4 }), gathered({ 3, 4 }, -1, { 3, 2 }), gathered({ 6 }, 1,
    { 4 }),
    gathered({ 2, 3, 2 }, 2, { 2, 4, 1 }), gathered({ 3, 4 }, 1, { 2, 3 }), gathered({ 3, 4 }, 2, { 3, 0 }) } }

local REDUCE = {
    sum = function(a, b) return a + b end,
    prod = function(a, b) return a * b end,
    amax = math.max,
    amin = math.min,
    set = function(_, b) return b end,
}
local function scattered(shape, axis, ids_shape, reduce, source_shape)
    local f = REDUCE[reduce]
    return {
        inputs = { shape, { ids = shape[axis], n = naive.count(ids_shape) }, source_shape or ids_shape },
        want = function(x, ids, source)
            local y = { shape = shape, unpack(x) }
            for p = 1, naive.count(ids_shape) do
                local index = naive.index(ids_shape, p)
                local value = naive.at(source, index)
                index[axis] = ids[p] + 1
                local at = naive.position(shape, index)
                y[at] = f(y[at], value)
            end
            return y
        end,
        call = function(op, x, ids, source)
            return op(x, axis, ids:reshape(ids_shape), source, { reduce = reduce })
        end,
    }
end
-- What comes together at a place, with what was there or without, as a list of which `finish` leaves a number.
local function collected(shape, axis, ids_shape, reduce, include_self, finish)
    local one = scattered(shape, axis, ids_shape, 'sum')
    function one.want(x, ids, source)
        local y, lists = { shape = shape }, {}
        for p = 1, naive.count(shape) do
            lists[p] = include_self and { x[p] } or {}
        end
        for p = 1, naive.count(ids_shape) do
            local index = naive.index(ids_shape, p)
            local value = naive.at(source, index)
            index[axis] = ids[p] + 1
            table.insert(lists[naive.position(shape, index)], value)
        end
        for p, list in ipairs(lists) do
            y[p] = #list > 0 and finish(list) or x[p]
            y[p] = x.dtype:find 'int' and math.floor(y[p]) or y[p]
        end
        return y
    end
    function one.call(op, x, ids, source)
        return op(x, axis, ids:reshape(ids_shape), source, { reduce = reduce, include_self = include_self })
    end
    function one.dtype(dtype)
        return (reduce ~= 'mean' or dtype ~= 'bool') and dtype or nil
    end
    return one
end
local FINISH = {
    sum = naive.total,
    mean = function(list) return naive.total(list) / #list end,
    amax = function(list) return math.max(unpack(list)) end,
    amin = function(list) return math.min(unpack(list)) end,
    prod = function(list)
        local p = 1
        for _, v in ipairs(list) do
            p = p * v
        end
        return p
    end,
}
oracles.scatter_reduce = { ties = true, cases = {} }
for _, one in ipairs { { 'mean', true }, { 'mean', false }, { 'sum', false }, { 'prod', false }, { 'amax', false },
    { 'amin', false } } do
    for _, of in ipairs { { { 3, 4 }, 1, { 5, 4 } }, { { 3, 4 }, 2, { 2, 2 } }, { { 4 }, 1, { 3 } } } do
        table.insert(oracles.scatter_reduce.cases, collected(of[1], of[2], of[3], one[1], one[2], FINISH[one[1]]))
    end
end
for _, reduce in ipairs { 'sum', 'prod', 'amax', 'amin' } do
    for _, one in ipairs {
        scattered({ 3, 4 }, 1, { 5, 4 }, reduce), scattered({ 3, 4 }, 2, { 3, 2 }, reduce),
        scattered({ 4 }, 1, { 6 }, reduce, { 7 }), scattered({ 3, 4 }, 1, { 2, 3 }, reduce, { 2, 4 }),
    } do
        table.insert(oracles.scatter_reduce.cases, one)
    end
end
-- What is set twice is set by the last one; the gradient then counts both, so ids here don't repeat.
local permuted = scattered({ 4 }, 1, { 4 }, 'set')
permuted.inputs[2].n = 4
local want, call = permuted.want, permuted.call
local places = { shape = { 4 }, 2, 0, 3, 1 }
function permuted.want(x, _, source)
    return want(x, places, source)
end
function permuted.call(op, x, _, source)
    return call(op, x, require 'tenmo'.ids({ unpack(places) }):to(x.device), source)
end
table.insert(oracles.scatter_reduce.cases, permuted)

-- --- extremes that share their gradient ---------------------------------------------------------------------

local function reduced(combine)
    local function with(shape, axes, keepdim)
        return {
            inputs = { shape },
            want = function(x)
                return naive.reduce(x, axes, keepdim, combine)
            end,
            call = function(op, x)
                return op(x, axes and #axes == 1 and axes[1] or axes, keepdim)
            end,
        }
    end
    return { ties = true, cases = { with({ 3, 4 }), with({ 3, 4 }, { 1 }), with({ 3, 4 }, { -1 }, true),
        with({ 5 }, { 1 }),
        with({ 2, 3, 4 }, { 1, 3 }), with({ 2, 3, 4 }, { -1, 1 }, true), with({}), with({ 0, 4 }, { 2 }) } }
end
local function largest(list)
    return list[naive.extreme(list, 1)]
end
local function smallest(list)
    return list[naive.extreme(list, -1)]
end
oracles.amax, oracles.amin = reduced(largest), reduced(smallest)

local function position_of_smallest(shape, axis)
    return {
        inputs = { shape },
        want = function(x)
            return naive.reduce(x, axis and { axis }, false, function(list)
                return naive.extreme(list, -1) - 1
            end)
        end,
        call = function(op, x)
            return op(x, axis)
        end,
    }
end
oracles.argmin = {
    dtype = function() return 'int64' end,
    cases = { position_of_smallest { 3, 4 }, position_of_smallest({ 3, 4 }, 1), position_of_smallest({ 2, 3, 4 }, -1),
        position_of_smallest { 300 } },
}

return oracles
