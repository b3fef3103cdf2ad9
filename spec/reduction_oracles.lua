-- reduction_oracles.lua: the compositions of lua/tenmo/ops/reductions.lua as loops over lists. Merged into
-- composition_oracles.lua.
local naive = require 'spec.support.naive'

local oracles = {}

local function floats(dtype)
    return dtype:find '^float' and dtype or nil
end
local function widened(dtype)
    return dtype:find '^float' and dtype or 'int64'
end
local function always(dtype)
    return function()
        return dtype
    end
end

-- Cases over shapes and axes of what combine(list) leaves of a group; rest: more options by name.
local function reduced(combine, dtype, rest, shapes)
    local cases = {}
    for _, one in ipairs(shapes or { { { 3, 4 } }, { { 3, 4 }, { 1 } }, { { 3, 4 }, { -1 }, true },
        { { 2, 3, 4 }, { 1, 3 } }, { { 5 }, { 1 } } }) do
        local shape, axes, keepdim = one[1], one[2], one[3]
        cases[#cases + 1] = {
            inputs = { shape },
            want = function(x)
                return naive.reduce(x, axes, keepdim or false, combine)
            end,
            call = function(op, x)
                local options = { axes = axes, keepdim = keepdim }
                for key, value in pairs(rest or {}) do
                    options[key] = value
                end
                local y, other = op(x, options)
                if rest and rest.p == 0 then -- a count has no gradient to compare
                    options.p = 1
                    y = y + 0 * op(x, options)
                end
                return y, other
            end,
        }
    end
    return { domain = '-3..3', cases = cases, dtype = dtype,
        tolerance = { float32 = { 2e-5, 2e-5 }, float64 = { 1e-11, 1e-11 } } }
end

-- The cases of several, which differ in their options.
local function together(...)
    local all
    for _, one in ipairs { ... } do
        if not all then
            all = one
        else
            for _, case in ipairs(one.cases) do
                all.cases[#all.cases + 1] = case
            end
        end
    end
    return all
end

-- Two results: one after the other.
local function both(first, second, dtype, rest)
    local one, two = reduced(first, dtype, rest), reduced(second, dtype, rest)
    for i, case in ipairs(one.cases) do
        local call, want, other = case.call, case.want, two.cases[i].want
        function case.call(...)
            local a, b = call(...)
            return require 'tenmo'.cat { a:reshape(-1), b:reshape(-1) }
        end
        function case.want(x)
            local list = {}
            for _, half in ipairs { want(x), other(x) } do
                for _, v in ipairs(half) do
                    list[#list + 1] = v
                end
            end
            list.shape = { #list }
            return list
        end
    end
    one.ties = true
    return one
end
oracles.aminmax = both(function(list)
    return list[naive.extreme(list, -1)]
end, function(list)
    return list[naive.extreme(list, 1)]
end)

local function truth(condition)
    return condition and 1 or 0
end
local function nonzero(list)
    local n = 0
    for _, v in ipairs(list) do
        n = n + truth(v ~= 0)
    end
    return n
end
oracles.any = reduced(function(list) return truth(nonzero(list) > 0) end, always 'bool')
oracles.all = reduced(function(list) return truth(nonzero(list) == #list) end, always 'bool')
oracles.count_nonzero = reduced(nonzero, always 'int64', nil, { { { 3, 4 } }, { { 3, 4 }, { 1 } }, { { 2, 3, 4 },
    { 1, 3 } } })
for _, name in ipairs { 'any', 'all', 'count_nonzero' } do
    oracles[name].differentiable = false
end

local function mean(list)
    return naive.total(list) / #list
end
local function variance(correction)
    return function(list)
        local m, total = mean(list), 0
        for _, v in ipairs(list) do
            total = total + (v - m) ^ 2
        end
        return total / (#list - correction)
    end
end
local function deviation(correction)
    local f = variance(correction)
    return function(list)
        return math.sqrt(f(list))
    end
end
oracles.var = together(reduced(variance(1), floats), reduced(variance(0), floats, { unbiased = false }),
    reduced(variance(2), floats, { correction = 2 }))
oracles.std = together(reduced(deviation(1), floats), reduced(deviation(0), floats, { correction = 0 }))
oracles.var_mean = both(variance(1), mean, floats)
oracles.std_mean = both(deviation(0), mean, floats, { unbiased = false })

local function norm(p)
    return function(list)
        local total, most, least = 0, 0, math.huge
        for _, v in ipairs(list) do
            local size = math.abs(v)
            total = total + (p == 0 and truth(v ~= 0) or size ^ p)
            most, least = math.max(most, size), math.min(least, size)
        end
        return p == math.huge and most or p == -math.huge and least or p == 0 and total or total ^ (1 / p)
    end
end
local function norms()
    local list = { reduced(norm(2), floats) }
    for _, p in ipairs { 0, 1, 3, 0.5, math.huge, -math.huge } do
        list[#list + 1] = reduced(norm(p), floats, { p = p }, { { { 3, 4 } }, { { 3, 4 }, { 2 }, true } })
    end
    local all = together(unpack(list))
    all.domain, all.ties = '0.5..3', true
    return all
end
oracles.norm, oracles.vector_norm = norms(), norms()

local function matrix_norm(p, shape, to, f)
    return {
        inputs = { shape },
        want = function(x)
            return naive.build(to, function(index)
                return f(function(i, j)
                    local at = { i, j }
                    if #shape == 3 then
                        at = { index[1], i, j }
                    end
                    return math.abs(naive.at(x, at))
                end)
            end)
        end,
        call = function(op, x)
            return p and op(x, p) or op(x)
        end,
    }
end
local function sums(rows, columns, turned)
    return function(at)
        local most = 0
        for j = 1, turned and rows or columns do
            local total = 0
            for i = 1, turned and columns or rows do
                total = total + (turned and at(j, i) or at(i, j))
            end
            most = math.max(most, total)
        end
        return most
    end
end
oracles.matrix_norm = { domain = '0.5..3', dtype = floats, ties = true, cases = {
    matrix_norm(nil, { 2, 3 }, {}, function(at)
        local total = 0
        for i = 1, 2 do
            for j = 1, 3 do
                total = total + at(i, j) ^ 2
            end
        end
        return math.sqrt(total)
    end),
    matrix_norm('one', { 2, 3 }, {}, sums(2, 3, false)), matrix_norm('inf', { 2, 3 }, {}, sums(2, 3, true)),
    matrix_norm('one', { 2, 3, 2 }, { 2 }, sums(3, 2, false)),
}, tolerance = { float32 = { 2e-5, 2e-5 }, float64 = { 1e-11, 1e-11 } } }

oracles.dist = { domain = '-3..-0.5 0.5..3', dtype = floats, cases = {},
    tolerance = { float32 = { 2e-5, 2e-5 }, float64 = { 1e-11, 1e-11 } } }
for _, p in ipairs { 2, 1, 3 } do
    table.insert(oracles.dist.cases, {
        inputs = { { 3, 4 }, { 4 } },
        want = function(x, w)
            return naive.reduce(naive.build({ 3, 4 }, function(index)
                return naive.at(x, index) - w[index[2]]
            end), nil, false, norm(p))
        end,
        call = function(op, x, w)
            return p == 2 and op(x, w) or op(x, w, { p = p })
        end,
    })
end

oracles.logsumexp = together(reduced(function(list)
    local total = 0
    for _, v in ipairs(list) do
        total = total + math.exp(v)
    end
    return math.log(total)
end, function(dtype)
    return dtype:find '^float' and dtype or 'float32'
end))

oracles.nansum = reduced(naive.total, widened)
oracles.nanmean = reduced(mean, floats)

-- --- differences ----------------------------------------------------------------------------------------------------

local function differences(shape, to, axis, call)
    return {
        inputs = { shape },
        want = function(x)
            return naive.build(to, function(index)
                local later = { unpack(index) }
                later[axis] = later[axis] + 1
                return naive.at(x, later) - naive.at(x, index)
            end)
        end,
        call = call or function(op, x)
            return op(x)
        end,
    }
end
oracles.diff = {
    domain = '-3..3',
    dtype = function(dtype)
        return dtype
    end,
    cases = { differences({ 3, 4 }, { 3, 3 }, 2), differences({ 5 }, { 4 }, 1), differences({ 1 }, { 0 }, 1),
        differences({ 3, 4 }, { 2, 4 }, 1, function(op, x) return op(x, { axis = 1 }) end) },
}
table.insert(oracles.diff.cases, {
    inputs = { { 5 } },
    want = function(x)
        return naive.build({ 3 }, function(index)
            local i = index[1]
            return x[i + 2] - 2 * x[i + 1] + x[i]
        end)
    end,
    call = function(op, x) -- of bool, differences say whether neighbours differ, and those of those are something else
        return x.dtype == 'bool' and op(x:long(), 2):bool() or op(x, 2)
    end,
})

local function integral(y, places)
    local total = 0
    for i = 1, #y - 1 do
        total = total + (y[i] + y[i + 1]) / 2 * (places and places[i + 1] - places[i] or 1)
    end
    return total
end
oracles.trapezoid = { domain = '-3..3 -3..3', dtype = floats, cases = {
    { inputs = { { 5 } }, want = function(y) return { shape = {}, integral(y) } end,
        call = function(op, y) return op(y) end },
    { inputs = { { 3, 4 } },
        want = function(y) return naive.reduce(y, { 2 }, false, function(list) return integral(list) * 0.5 end) end,
        call = function(op, y) return op(y, { dx = 0.5 }) end },
    { inputs = { { 3, 4 }, { 4 } },
        want = function(y, x) return naive.reduce(y, { 2 }, false, function(list) return integral(list, x) end) end,
        call = function(op, y, x) return op(y, x) end },
    { inputs = { { 3, 4 }, { 3 } },
        want = function(y, x) return naive.reduce(y, { 1 }, false, function(list) return integral(list, x) end) end,
        call = function(op, y, x) return op(y, x, { axis = 1 }) end },
} }

local function along(shape, axis, f)
    return {
        inputs = { shape },
        want = function(x)
            return naive.along(x, axis or -1, f)
        end,
        call = function(op, x)
            return axis and op(x, axis) or op(x)
        end,
    }
end
local function softmin(list)
    local total, results = 0, {}
    for _, v in ipairs(list) do
        total = total + math.exp(-v)
    end
    for i, v in ipairs(list) do
        results[i] = math.exp(-v) / total
    end
    return results
end
oracles.softmin = { domain = '-3..3', dtype = floats, cases = { along({ 3, 4 }, nil, softmin),
    along({ 3, 4 }, 1, softmin) } }

return oracles
