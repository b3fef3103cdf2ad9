-- fuzz_layers.lua: structured ops of random programs (see fuzz_ops.lua): normalisation.

local calls = require 'spec.support.fuzz_calls'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'

local chance, listed = calls.chance, calls.listed
local random = math.random
local ops = {}

local EPS = 0.125 -- large enough that slopes stay those of a curve

-- Elements that are standardised together have one key: y = (x - mean) / sqrt(mean((x - mean)^2) + eps), the mean left
-- out where centred is false. number(index) is the one of weight and bias for an element. nil: a set is too small.
local function standardised(arrays, key, number, centred, least)
    local x, weight, bias = unpack(arrays, 1, 3)
    local sums, squares, counts = {}, {}, {}
    local function each(visit)
        for p = 1, #x do
            local index = naive.index(x.shape, p)
            visit(p, key(index), number(index))
        end
    end
    each(function(p, k)
        sums[k], counts[k] = (sums[k] or 0) + x[p], (counts[k] or 0) + 1
    end)
    local function off(p, k)
        return x[p] - (centred and sums[k] / counts[k] or 0)
    end
    each(function(p, k)
        squares[k] = (squares[k] or 0) + off(p, k) ^ 2
    end)
    local y = { shape = x.shape }
    each(function(p, k, i)
        y[p] = off(p, k) / math.sqrt(squares[k] / counts[k] + EPS) * (weight and weight[i] or 1)
            + (bias and bias[i] or 0)
        y = counts[k] >= least and y or { shape = x.shape, short = true }
    end)
    return y
end

-- x and, at times, one or two tensors of this shape beside it.
local function affine(x, draw, shape, most)
    local inputs = { x }
    for i = 1, chance(0.6) and random(most) or 0 do
        inputs[1 + i] = draw.other(shape, x.dtype)
    end
    return inputs
end

local function over_last(name, most, centred)
    return function(x, draw)
        if not model.is_float(x.dtype) or #x.shape == 0 or naive.count(x.shape) == 0 then
            return nil
        end
        local first = random(#x.shape)
        local size = { unpack(x.shape, first) }
        local inputs = affine(x, draw, size, most)
        local words = {}
        for i = 2, 1 + most do
            words[i - 1] = inputs[i] and '$' .. i or 'nil'
        end
        return {
            text = ('tenmo.%s($1, %s, %s, { eps = %g })'):format(name, listed(size), table.concat(words, ', '), EPS),
            inputs = inputs,
            f = function(arrays)
                return standardised(arrays, function(index)
                    return table.concat(index, ' ', 1, first - 1)
                end, function(index)
                    return naive.position(size, { unpack(index, first) })
                end, centred, 1)
            end,
        }
    end
end

ops.layer_norm = over_last('layer_norm', 2, true)
ops.rms_norm = over_last('rms_norm', 1, false)

local function channel(index)
    return index[2]
end

-- The channels of each sample in groups.
local function by_group(name, groups_of)
    return function(x, draw)
        if not model.is_float(x.dtype) or #x.shape < 2 or naive.count(x.shape) == 0 then
            return nil
        end
        local inputs, groups = affine(x, draw, { x.shape[2] }, 2), groups_of(x.shape[2])
        return {
            text = ('tenmo.%s($1, %s%s, %s, { eps = %g })'):format(name, name == 'group_norm' and groups .. ', ' or '',
                inputs[2] and '$2' or 'nil', inputs[3] and '$3' or 'nil', EPS),
            inputs = inputs,
            f = function(arrays)
                local size = x.shape[2] / groups
                return standardised(arrays, function(index)
                    return index[1] .. ' ' .. math.floor((index[2] - 1) / size)
                end, channel, true, 1)
            end,
        }
    end
end

ops.group_norm = by_group('group_norm', function(channels)
    return channels % 2 == 0 and random(2) or 1
end)
ops.instance_norm = by_group('instance_norm', function(channels)
    return channels
end)

function ops.batch_norm(x, draw)
    if not model.is_float(x.dtype) or #x.shape < 2 or naive.count(x.shape) == 0 then
        return nil
    end
    local inputs = affine(x, draw, { x.shape[2] }, 2)
    local beside = (inputs[2] and ', weight = $2' or '') .. (inputs[3] and ', bias = $3' or '')
    return {
        text = ('tenmo.batch_norm($1, nil, nil, { training = true, eps = %g%s })'):format(EPS, beside),
        inputs = inputs, may_refuse = true,
        f = function(arrays)
            local y = standardised(arrays, channel, channel, true, 2)
            return not y.short and y or nil
        end,
    }
end

return ops
