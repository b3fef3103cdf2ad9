-- fuzz_shape.lua: structured ops of random programs (see fuzz_ops.lua): views, and copies that put elements elsewhere.

local calls = require 'spec.support.fuzz_calls'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'

local any_axis, chance, listed, picked, with = calls.any_axis, calls.chance, calls.listed, calls.picked, calls.with
local random = math.random
local ops = {}

-- --- views -------------------------------------------------------------------------------------------------

-- Sizes with this product.
local function factored(n)
    local shape = {}
    for _ = 1, random(0, 2) do
        local divisors = {}
        for d = 1, n do
            if n % d == 0 then
                divisors[#divisors + 1] = d
            end
        end
        shape[#shape + 1] = n == 0 and random(0, 3) or divisors[random(#divisors)]
        n = n == 0 and 0 or n / shape[#shape]
    end
    shape[#shape + 1] = n
    return shape
end

local function reshaped(name)
    return function(x)
        local to = factored(naive.count(x.shape))
        local words = { unpack(to) }
        local k = random(#words)
        local rest = 1
        for i, size in ipairs(to) do
            rest = rest * (i == k and 1 or size)
        end
        if chance(0.3) and rest > 0 then
            words[k] = -1
        end
        local call = picked(('$1:%s(%s)'):format(name, listed(words)), to, function(index)
            return naive.index(x.shape, naive.position(to, index))
        end, 'maybe')
        call.must_view = name == 'view'
        return call
    end
end
ops.reshape, ops.view = reshaped 'reshape', reshaped 'view'

local function permuted(x, text, order)
    local to = {}
    for i, axis in ipairs(order) do
        to[i] = x.shape[axis]
    end
    return picked(text, to, function(index)
        local from = {}
        for i, axis in ipairs(order) do
            from[axis] = index[i]
        end
        return from
    end, true)
end

local function axes_of(x)
    local order = {}
    for i = 1, #x.shape do
        order[i] = i
    end
    return order
end

function ops.transpose(x)
    if #x.shape < 2 then
        return nil
    end
    local one, i = any_axis(x)
    local two, j = any_axis(x)
    local order = axes_of(x)
    order[i], order[j] = order[j], order[i]
    return permuted(x, ('$1:transpose(%d, %d)'):format(one, two), order)
end

function ops.permute(x)
    local order = axes_of(x)
    for i = #order, 2, -1 do
        local j = random(i)
        order[i], order[j] = order[j], order[i]
    end
    return #order > 0 and permuted(x, ('$1:permute(%s)'):format(listed(order)), order) or nil
end

function ops.squeeze(x)
    local to, kept = {}, {}
    for axis, size in ipairs(x.shape) do
        if size ~= 1 then
            to[#to + 1], kept[#kept + 1] = size, axis
        end
    end
    return picked('$1:squeeze()', to, function(index)
        local from = {}
        for axis = 1, #x.shape do
            from[axis] = 1
        end
        for i, axis in ipairs(kept) do
            from[axis] = index[i]
        end
        return from
    end, true)
end

function ops.unsqueeze(x)
    if #x.shape > 3 then
        return nil
    end
    local axis = random(#x.shape + 1)
    local to = { unpack(x.shape) }
    table.insert(to, axis, 1)
    return picked(('$1:unsqueeze(%d)'):format(axis), to, function(index)
        local from = { unpack(index) }
        table.remove(from, axis)
        return from
    end, true)
end

function ops.expand(x)
    local to, words = {}, {}
    if #x.shape < 3 and chance(0.5) then
        to[1] = random(0, 3)
        words[1] = to[1]
    end
    local skip = #to
    for axis, size in ipairs(x.shape) do
        local wider = size == 1 and chance(0.7) and random(3) or size
        to[axis + skip], words[axis + skip] = wider, wider == size and chance(0.3) and -1 or wider
    end
    return picked(('$1:expand(%s)'):format(listed(words)), to, function(index)
        local from = {}
        for axis, size in ipairs(x.shape) do
            from[axis] = size == 1 and 1 or index[axis + skip]
        end
        return from
    end, true)
end

-- An index of x[...]: its text, the shape of what it selects, and where that lies.
function ops.index(x)
    local words, to, axes = {}, {}, {}
    for axis = 1, random(#x.shape) do
        local size = x.shape[axis]
        local kind = random(3)
        if size == 0 or kind == 1 then
            words[axis] = size == 0 and chance(0.5) and '{ 1, 0 }' or '{}'
            to[#to + 1] = size
            axes[axis] = { 1, 1, #to }
        elseif kind == 2 then
            local at = random(size)
            words[axis] = tostring(chance(0.5) and at or at - size - 1)
            axes[axis] = { at }
        else
            local from, step = random(size), random(2)
            local till = random(from - 1, size)
            words[axis] = listed { from, till, step }
            to[#to + 1] = till < from and 0 or math.floor((till - from) / step) + 1
            axes[axis] = { from, step, #to }
            if till == 0 then
                words[axis] = '{ 1, 0 }'
            end
        end
    end
    for axis = #axes + 1, #x.shape do
        to[#to + 1] = x.shape[axis]
        axes[axis] = { 1, 1, #to }
    end
    return '[{ ' .. table.concat(words, ', ') .. ' }]', to, function(index)
        local from = {}
        for axis, a in ipairs(axes) do
            from[axis] = a[3] and a[1] + (index[a[3]] - 1) * a[2] or a[1]
        end
        return from
    end
end

function ops.slice(x)
    if #x.shape == 0 then
        return nil
    end
    local text, to, from = ops.index(x)
    return picked('$1' .. text, to, from, true)
end

function ops.diagonal(x)
    if #x.shape < 2 then
        return nil
    end
    local order = axes_of(x)
    local i = table.remove(order, random(#order))
    local j = table.remove(order, random(#order))
    local offset = random(-1, 1)
    local to, n = {}, 0
    for p = 1, math.max(x.shape[i], x.shape[j]) do
        local r, c = p + math.max(-offset, 0), p + math.max(offset, 0)
        n = r <= x.shape[i] and c <= x.shape[j] and p or n
    end
    for k, axis in ipairs(order) do
        to[k] = x.shape[axis]
    end
    to[#to + 1] = n
    return picked(('$1:diagonal(%d, %d, %d)'):format(offset, i, j), to, function(index)
        local from = {}
        for k, axis in ipairs(order) do
            from[axis] = index[k]
        end
        from[i], from[j] = index[#index] + math.max(-offset, 0), index[#index] + math.max(offset, 0)
        return from
    end, true)
end

function ops.unfold(x)
    if #x.shape == 0 or #x.shape > 3 then
        return nil
    end
    local word, axis = any_axis(x)
    if x.shape[axis] == 0 then
        return nil
    end
    local size, step = random(x.shape[axis]), random(3)
    local to = with(x.shape, axis, math.floor((x.shape[axis] - size) / step) + 1)
    to[#to + 1] = size
    return picked(('$1:unfold(%d, %d, %d)'):format(word, size, step), to, function(index)
        local from = { unpack(index, 1, #index - 1) }
        from[axis] = (index[axis] - 1) * step + index[#index]
        return from
    end, true)
end

function ops.as_strided(x)
    local n = naive.count(x.shape)
    if n == 0 or not model.contiguous(x) then
        return nil
    end
    local to, strides, last = {}, {}, random(0, n - 1)
    local offset = random(0, n - 1 - last)
    for axis = 1, random(2) do
        strides[axis] = random(0, math.min(3, n - 1))
        to[axis] = strides[axis] == 0 and random(2) or math.floor(last / strides[axis]) + 1
        last = last - (to[axis] - 1) * strides[axis]
    end
    local call = picked(('$1:as_strided(%s, %s, %d)'):format(listed(to), listed(strides), offset), to, function(index)
        local p = offset
        for axis, i in ipairs(index) do
            p = p + (i - 1) * strides[axis]
        end
        return naive.index(x.shape, p + 1)
    end, true)
    call.free_strides = true
    return call
end

-- --- copies that put elements elsewhere --------------------------------------------------------------------

function ops.flip(x)
    if #x.shape == 0 then
        return nil
    end
    local word, axis = any_axis(x)
    return picked(('$1:flip(%d)'):format(word), x.shape, function(index)
        return with(index, axis, x.shape[axis] + 1 - index[axis])
    end)
end

function ops.roll(x)
    if #x.shape == 0 then
        return nil
    end
    local word, axis = any_axis(x)
    local shift = random(-4, 4)
    return picked(('$1:roll(%d, { axes = %d })'):format(shift, word), x.shape, function(index)
        return with(index, axis, (index[axis] - 1 - shift) % x.shape[axis] + 1)
    end)
end

function ops.tril(x)
    if #x.shape < 2 then
        return nil
    end
    local k = random(-1, 1)
    return picked(('$1:tril(%d)'):format(k), x.shape, function(index)
        return index[#index] - index[#index - 1] <= k and index or 0
    end)
end

function ops.pad(x)
    if #x.shape == 0 then
        return nil
    end
    local before, after, last = random(0, 2), random(0, 2), #x.shape
    local size = x.shape[last]
    return picked(('$1:pad{ %d, %d }'):format(before, after), with(x.shape, last, before + size + after),
        function(index)
            local i = index[last] - before
            return i >= 1 and i <= size and with(index, last, i) or 0
        end)
end

function ops.cat(x, draw)
    if #x.shape == 0 then
        return nil
    end
    local word, axis = any_axis(x)
    local size = x.shape[axis]
    local w = draw.other(with(x.shape, axis, chance(0.5) and size or random(0, 3)), x.dtype)
    return {
        text = ('tenmo.cat({ $1, $2 }, %d)'):format(word), inputs = { x, w },
        f = function(arrays)
            return naive.build(with(x.shape, axis, size + w.shape[axis]), function(index)
                if index[axis] <= size then
                    return naive.at(arrays[1], index)
                end
                return naive.at(arrays[2], with(index, axis, index[axis] - size))
            end)
        end,
    }
end

function ops.stack(x, draw)
    if #x.shape > 3 then
        return nil
    end
    local w = draw.other(x.shape, x.dtype)
    local axis = random(#x.shape + 1)
    local to = { unpack(x.shape) }
    table.insert(to, axis, 2)
    return {
        text = ('tenmo.stack({ $1, $2 }, %d)'):format(axis), inputs = { x, w },
        f = function(arrays)
            return naive.build(to, function(index)
                local from = { unpack(index) }
                return naive.at(arrays[table.remove(from, axis)], from)
            end)
        end,
    }
end

return ops
