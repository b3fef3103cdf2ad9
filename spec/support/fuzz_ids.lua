-- fuzz_ids.lua: structured ops of random programs (see fuzz_ops.lua): elements and slices by id.

local calls = require 'spec.support.fuzz_calls'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'

local any_axis, chance, with = calls.any_axis, calls.chance, calls.with
local random = math.random
local ops = {}

-- Are all ids of this array below bound? The engine has to refuse others.
local function valid(ids, bound)
    for p = 1, naive.count(ids.shape) do
        if ids[p] < 0 or ids[p] >= bound then
            return false
        end
    end
    return true
end

function ops.index_select(x, draw)
    if #x.shape == 0 then
        return nil
    end
    local word, axis = any_axis(x)
    local size = x.shape[axis]
    local ids = draw.ids({ size == 0 and 0 or random(0, 4) }, size)
    return {
        text = ('$1:index_select(%d, $2)'):format(word), inputs = { x, ids },
        f = function(arrays)
            return valid(arrays[2], size) and naive.build(with(x.shape, axis, ids.shape[1]), function(index)
                return naive.at(arrays[1], with(index, axis, arrays[2][index[axis]] + 1))
            end) or nil
        end,
    }
end

function ops.gather(x, draw)
    if #x.shape == 0 then
        return nil
    end
    local word, axis = any_axis(x)
    local size = x.shape[axis]
    local to = with(x.shape, axis, size == 0 and 0 or random(0, 4))
    local ids = draw.ids(to, size)
    return {
        text = ('$1:gather(%d, $2)'):format(word), inputs = { x, ids },
        f = function(arrays)
            return valid(arrays[2], size) and naive.build(to, function(index)
                return naive.at(arrays[1], with(index, axis, naive.at(arrays[2], index) + 1))
            end) or nil
        end,
    }
end

local REDUCE = {
    sum = function(a, b) return a + b end,
    prod = function(a, b) return a * b end,
    amax = math.max,
    amin = math.min,
}

function ops.scatter_reduce(x, draw)
    if #x.shape == 0 or x.dtype == 'bool' then
        return nil
    end
    local word, axis = any_axis(x)
    local size = x.shape[axis]
    local to = with(x.shape, axis, size == 0 and 0 or random(0, 4))
    local reduce = ({ 'sum', 'prod', 'amax', 'amin' })[random(4)]
    return {
        text = ("$1:scatter_reduce(%d, $2, $3, { reduce = '%s' })"):format(word, reduce),
        inputs = { x, draw.ids(to, size), draw.other(to, x.dtype) },
        f = function(arrays)
            local y = { shape = x.shape, unpack(arrays[1]) }
            if not valid(arrays[2], size) then
                return nil
            end
            for p = 1, naive.count(to) do
                local index = naive.index(to, p)
                local at = naive.position(x.shape, with(index, axis, arrays[2][p] + 1))
                y[at] = REDUCE[reduce](y[at], arrays[3][p])
            end
            return y
        end,
    }
end

function ops.index_add(x, draw)
    if #x.shape == 0 or x.dtype == 'bool' then
        return nil
    end
    local word, axis = any_axis(x)
    local size = x.shape[axis]
    local n = size == 0 and 0 or random(0, 4)
    local from, alpha = with(x.shape, axis, n), random(-1, 2)
    return {
        text = ('$1:index_add(%d, $2, $3, { alpha = %d })'):format(word, alpha),
        inputs = { x, draw.ids({ n }, size), draw.other(from, x.dtype) },
        f = function(arrays)
            local y = { shape = x.shape, unpack(arrays[1]) }
            if not valid(arrays[2], size) then
                return nil
            end
            for p = 1, naive.count(from) do
                local index = naive.index(from, p)
                local at = naive.position(x.shape, with(index, axis, arrays[2][index[axis]] + 1))
                y[at] = y[at] + alpha * arrays[3][p]
            end
            return y
        end,
    }
end

function ops.embedding(x, draw)
    if #x.shape ~= 2 or x.shape[1] == 0 or not model.is_float(x.dtype) then
        return nil
    end
    local shape = chance(0.5) and { random(0, 3) } or { random(2), 2 }
    local to = { unpack(shape) }
    to[#to + 1] = x.shape[2]
    return {
        text = 'tenmo.embedding($2, $1)', inputs = { x, draw.ids(shape, x.shape[1]) },
        f = function(arrays)
            return valid(arrays[2], x.shape[1]) and naive.build(to, function(index)
                local column = table.remove(index)
                return naive.at(arrays[1], { naive.at(arrays[2], index) + 1, column })
            end) or nil
        end,
    }
end

return ops
