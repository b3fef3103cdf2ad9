-- layer_oracles.lua: normalisation, attention, gates: each element of the result by the formula, over a list of
-- elements. Merged into composition_oracles.lua.
local naive = require 'spec.support.naive'

local rows, compositions = {}, {}

local function floats_only(dtype)
    return dtype:find '^float' and dtype or nil
end

local function oracle(domain, cases)
    return { domain = domain, dtype = floats_only, cases = cases,
        tolerance = { float32 = { 2e-5, 1e-5 }, float64 = { 1e-11, 1e-11 } } }
end

-- --- normalisation ------------------------------------------------------------------------------------------------

-- For each element of an array, where those are whose index agrees with its own but for the axes of `over` (a set) and,
-- where it is given, with alike(index, other). Made when it is first asked for, and kept, since differences ask for a
-- result hundreds of times. What comes back is of(x, index): the list of those elements of x.
local function neighbours(shape, over, alike)
    local places
    local function find(p)
        local index, list = naive.index(shape, p), {}
        for q = 1, naive.count(shape) do
            local other, same = naive.index(shape, q), true
            for axis in ipairs(index) do
                same = same and (over[axis] or other[axis] == index[axis])
            end
            if same and (not alike or alike(index, other)) then
                list[#list + 1] = q
            end
        end
        return list
    end
    return function(x, index)
        places = places or naive.array(shape, find)
        local list = {}
        for i, p in ipairs(places[naive.position(shape, index)]) do
            list[i] = x[p]
        end
        return list
    end
end

local function moments(list)
    local mean, sum = naive.total(list) / #list, 0
    for _, v in ipairs(list) do
        sum = sum + (v - mean) ^ 2
    end
    return mean, sum / #list
end

local function set(...)
    local s = {}
    for _, v in ipairs { ... } do
        s[v] = true
    end
    return s
end

-- pick(index) is the index in weight and bias.
local function standardised(shape, inputs, over, alike, pick, call, eps)
    local group = neighbours(shape, over, alike)
    return {
        inputs = { shape, unpack(inputs) },
        call = call,
        want = function(x, weight, bias)
            return naive.build(x.shape, function(index)
                local mean, variance = moments(group(x, index))
                local y = (naive.at(x, index) - mean) / math.sqrt(variance + (eps or 1e-5))
                y = weight and y * naive.at(weight, pick(index)) or y
                return bias and y + naive.at(bias, pick(index)) or y
            end)
        end,
    }
end

local function last(n)
    return function(index)
        return { unpack(index, #index - n + 1) }
    end
end

local function layer_norm(shape, size, affine, eps)
    local over = {}
    for i = 1, #size do
        over[#shape - #size + i] = true
    end
    return standardised(shape, affine and { size, size } or {}, over, nil, last(#size), function(op, x, w, b)
        return op(x, size, w, b, { eps = eps or 1e-5 })
    end, eps)
end
rows.layer_norm = oracle(nil, { layer_norm({ 3, 5 }, { 5 }),
    layer_norm({ 2, 3, 4 }, { 3, 4 }, true), layer_norm({ 2, 2, 17 }, { 17 }, true, 0.1),
    layer_norm({ 70, 4 }, { 4 }, true), layer_norm({ 2, 150 }, { 150 }, true) })

local function rms_norm(shape, size, affine, eps)
    local over = {}
    for i = 1, #size do
        over[#shape - #size + i] = true
    end
    local group = neighbours(shape, over)
    return {
        inputs = { shape, affine and size or nil },
        call = function(op, x, w)
            return op(x, size, w, { eps = eps })
        end,
        want = function(x, weight)
            return naive.build(shape, function(index)
                local list, squares = group(x, index), 0
                for _, v in ipairs(list) do
                    squares = squares + v * v
                end
                local y = naive.at(x, index) / math.sqrt(squares / #list + eps)
                return weight and y * naive.at(weight, last(#size)(index)) or y
            end)
        end,
    }
end
rows.rms_norm = oracle(nil, { rms_norm({ 3, 5 }, { 5 }, false, 0.01),
    rms_norm({ 2, 3, 4 }, { 3, 4 }, true, 1e-5), rms_norm({ 40, 6 }, { 6 }, true, 1e-5),
    rms_norm({ 2, 75 }, { 75 }, true, 0.1) })

local function channel(index)
    return { index[2] }
end

local function group_norm(shape, groups, affine)
    local over, size, c = set(2, 3, 4), shape[2] / groups, { shape[2] }
    return standardised(shape, affine and { c, c } or {}, over, function(index, other)
        return math.floor((index[2] - 1) / size) == math.floor((other[2] - 1) / size)
    end, channel, function(op, x, w, b)
        return op(x, groups, w, b)
    end)
end
compositions.group_norm = oracle('-3..3 -2..2 -2..2', { group_norm({ 2, 4, 3 }, 2), group_norm({ 2, 6, 2, 2 }, 3, true),
    group_norm({ 3, 4 }, 1, true) })

local function instance_norm(shape, affine)
    local c = { shape[2] }
    return standardised(shape, affine and { c, c } or {}, set(3, 4), nil, channel, function(op, x, w, b)
        return op(x, w, b)
    end)
end
compositions.instance_norm = oracle('-3..3 -2..2 -2..2', { instance_norm({ 2, 3, 5 }),
    instance_norm({ 2, 2, 3, 2 }, true) })

local function batch_norm(shape, affine)
    local c = { shape[2] }
    return standardised(shape, affine and { c, c } or {}, set(1, 3, 4), nil, channel, function(op, x, w, b)
        return op(x, nil, nil, { weight = w, bias = b, training = true })
    end)
end
-- by statistics that are given
local function with_statistics(shape)
    return {
        inputs = { shape, { shape[2] } },
        call = function(op, x, mean)
            local tenmo = require 'tenmo'
            return op(x, mean, tenmo.full({ shape[2] }, 2, { dtype = x.dtype }), { eps = 0.25 })
        end,
        want = function(x, mean)
            return naive.build(shape, function(index)
                return (naive.at(x, index) - mean[index[2]]) / 1.5
            end)
        end,
    }
end
compositions.batch_norm = oracle('-3..3 -2..2 -2..2', { batch_norm({ 4, 3 }), batch_norm({ 2, 3, 2, 2 }, true),
    with_statistics({ 2, 3, 4 }) })

local function local_response_norm(shape, size, alpha, beta, k)
    return {
        inputs = { shape },
        call = function(op, x)
            return op(x, size, { alpha = alpha, beta = beta, k = k })
        end,
        want = function(x)
            return naive.build(shape, function(index)
                local sum, c = 0, index[2]
                for i = c - math.floor(size / 2), c - math.floor(size / 2) + size - 1 do
                    if i >= 1 and i <= shape[2] then
                        index[2] = i
                        sum = sum + naive.at(x, index) ^ 2
                    end
                end
                index[2] = c
                return naive.at(x, index) / (k + alpha * sum / size) ^ beta
            end)
        end,
    }
end
compositions.local_response_norm = oracle('-3..3', { local_response_norm({ 2, 5 }, 3, 0.5, 0.75, 1),
    local_response_norm({ 2, 4, 3 }, 2, 1, 1, 2) })

local function normalize(shape, p, axis)
    return {
        inputs = { shape },
        call = function(op, x)
            return op(x, { p = p, axis = axis })
        end,
        want = function(x)
            return naive.along(x, axis, function(line)
                local sum, y = 0, {}
                for _, v in ipairs(line) do
                    sum = sum + math.abs(v) ^ p
                end
                for i, v in ipairs(line) do
                    y[i] = v / sum ^ (1 / p)
                end
                return y
            end)
        end,
    }
end
compositions.normalize = oracle('0.5..3', { normalize({ 3, 4 }, 2, 2), normalize({ 3, 4 }, 1, 1),
    normalize({ 2, 3, 2 }, 3, -2) })

-- --- attention, gates, pixels -------------------------------------------------------------------------------------

-- What is drawn at random: nn_spec.
local function as_it_is(...)
    local rest = { ... }
    return {
        inputs = { { 3, 4 } },
        call = function(op, x)
            return op(x, unpack(rest))
        end,
        want = function(x)
            return x
        end,
    }
end
compositions.dropout = oracle('-3..3', { as_it_is(0), as_it_is(0.5, false) })
compositions.dropout1d = compositions.dropout
compositions.dropout2d = oracle('-3..3', { as_it_is(0), as_it_is(0.5, false) })
for _, one in ipairs(compositions.dropout2d.cases) do
    one.inputs = { { 2, 3, 2 } }
end

-- q (b, l, e), k (b, s, e), v (b, s, w); a mask (l, s) that is added.
local function attention(b, l, s, e, w, options, with_mask)
    return {
        inputs = { { b, l, e }, { b, s, e }, { b, s, w }, with_mask and { l, s } or nil },
        call = function(op, q, k, v, mask)
            return op(q, k, v, mask, options)
        end,
        want = function(q, k, v, mask)
            return naive.build({ b, l, w }, function(index)
                local batch, i, column = unpack(index)
                local total, sum = 0, 0
                for j = 1, options.causal and math.min(i, s) or s do
                    local score = 0
                    for d = 1, e do
                        score = score + naive.at(q, { batch, i, d }) * naive.at(k, { batch, j, d })
                    end
                    score = score * (options.scale or 1 / math.sqrt(e)) + (mask and naive.at(mask, { i, j }) or 0)
                    total = total + math.exp(score)
                    sum = sum + math.exp(score) * naive.at(v, { batch, j, column })
                end
                return sum / total
            end)
        end,
    }
end
compositions.scaled_dot_product_attention = oracle('-2..2 -2..2 -2..2 -2..2', {
    attention(2, 3, 4, 2, 3, { causal = false }), attention(1, 4, 4, 3, 2, { causal = true }),
    attention(2, 2, 3, 2, 2, { scale = 0.5 }, true),
})

local function glu(shape, axis)
    return {
        inputs = { shape },
        call = function(op, x)
            return op(x, axis)
        end,
        want = function(x)
            local to, half = { unpack(shape) }, shape[axis] / 2
            to[axis] = half
            return naive.build(to, function(index)
                local a = naive.at(x, index)
                index[axis] = index[axis] + half
                return a / (1 + math.exp(-naive.at(x, index)))
            end)
        end,
    }
end
compositions.glu = oracle('-3..3', { glu({ 3, 4 }, 2), glu({ 4, 3 }, 1), glu({ 2, 2, 6 }, 3) })

-- Pixel (i, j) of channel c comes from channel (c, i % r, j % r); back again.
local function pixels(shape, r, back)
    local lead = { unpack(shape, 1, #shape - 3) }
    local c, h, w = unpack(shape, #shape - 2)
    local small, large = { unpack(lead) }, { unpack(lead) }
    for i, size in ipairs { c * r * r, h, w } do
        small[#lead + i] = size
    end
    for i, size in ipairs { c, h * r, w * r } do
        large[#lead + i] = size
    end
    local function small_index(index)
        local at, n = { unpack(index) }, #lead
        local i, j = index[n + 2] - 1, index[n + 3] - 1
        at[n + 1] = ((index[n + 1] - 1) * r + i % r) * r + j % r + 1
        at[n + 2], at[n + 3] = math.floor(i / r) + 1, math.floor(j / r) + 1
        return at
    end
    return {
        inputs = { back and large or small },
        call = function(op, x)
            return op(x, r)
        end,
        want = function(x)
            if not back then
                return naive.build(large, function(index) return naive.at(x, small_index(index)) end)
            end
            local y = naive.array(small, {})
            for p = 1, naive.count(large) do
                y[naive.position(small, small_index(naive.index(large, p)))] = x[p]
            end
            return y
        end,
    }
end
compositions.pixel_shuffle = { domain = '-3..3', cases = { pixels({ 2, 1, 2, 3 }, 2), pixels({ 2, 3, 2 }, 3) } }
compositions.pixel_unshuffle = { domain = '-3..3', cases = { pixels({ 2, 1, 2, 3 }, 2, true),
    pixels({ 2, 3, 2 }, 3, true) } }

return { rows = rows, compositions = compositions }
