-- fuzz_ops.lua: the structured ops of random programs: which call to draw for a variable, and what it must give, in
-- plain Lua. Elementwise ops need no entry: they are drawn from the table of ops and held to spec/oracles.lua.
--
-- An entry is a function of the variable (shape, dtype, ...) and `draw` (see below). It gives nil where the op says
-- nothing for such a variable, or a call:
--     text    Lua, with $1 $2 ... for the inputs
--     inputs  the variables; the first is x unless said otherwise
--     f       function(arrays) -> array, or nil where the engine has to refuse
--     dtype   of the result; x's unless said otherwise
--     view    true: the result shows x's bytes. 'maybe': where some strides show them so. Its f only moves elements
--     constant true: no gradient
-- draw.other(shape, dtype) is a variable like that, old or new; draw.ids(shape, bound) is one of ids below bound.

local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'

local random = math.random
local ops = {}

local function listed(list)
    return '{ ' .. table.concat(list, ', ') .. ' }'
end

local function chance(p)
    return random() < p
end

-- An axis of x as a program may name it, and which it is.
local function any_axis(x)
    local axis = random(#x.shape)
    return chance(0.5) and axis - #x.shape - 1 or axis, axis
end

local function with(shape, axis, size)
    local to = { unpack(shape) }
    to[axis] = size
    return to
end

-- A call whose result's element at an index is x's at from(index).
local function picked(text, to, from, view)
    return {
        text = text, view = view,
        f = function(arrays)
            return naive.build(to, function(index)
                local source = from(index)
                return type(source) == 'table' and naive.at(arrays[1], source) or source
            end)
        end,
    }
end

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

-- --- elements and slices by id -----------------------------------------------------------------------------

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

-- --- along axes --------------------------------------------------------------------------------------------

local function widened(dtype)
    return model.is_float(dtype) and dtype or 'int64'
end

-- wants: 'float', or 'elements': an empty list has no answer
local function reduction(name, combine, dtype, wants)
    return function(x)
        if wants == 'float' and not model.is_float(x.dtype) then
            return nil
        end
        local axes, keepdim, n = nil, chance(0.4), naive.count(x.shape)
        if #x.shape > 0 and chance(0.7) then
            axes = { (any_axis(x)) }
            n = x.shape[naive.axis(x, axes[1])]
        end
        if wants and n == 0 then
            return nil
        end
        local text = ('$1:%s{ %skeepdim = %s }'):format(name, axes and 'axes = ' .. listed(axes) .. ', ' or '',
            tostring(keepdim))
        return {
            text = text, dtype = dtype and dtype(x.dtype) or x.dtype, constant = dtype and dtype '' == 'bool',
            f = function(arrays)
                return naive.reduce(arrays[1], axes, keepdim, combine)
            end,
        }
    end
end

local function mean(list)
    return naive.total(list) / #list
end

local function variance(list)
    local m, sum = mean(list), 0
    for _, v in ipairs(list) do
        sum = sum + (v - m) ^ 2
    end
    return sum / #list
end

local function product(list)
    local y = 1
    for _, v in ipairs(list) do
        y = y * v
    end
    return y
end

local function largest(sign)
    return function(list)
        return list[naive.extreme(list, sign)]
    end
end

ops.sum = reduction('sum', naive.total, widened)
ops.prod = reduction('prod', product, widened)
ops.mean = reduction('mean', mean, nil, 'float')
ops.amax = reduction('amax', largest(1), nil, 'elements')
ops.amin = reduction('amin', largest(-1), nil, 'elements')
ops.logsumexp = reduction('logsumexp', function(list)
    local sum = 0
    for _, v in ipairs(list) do
        sum = sum + math.exp(v)
    end
    return math.log(sum)
end, nil, 'float')
local var = reduction('var', variance, nil, 'float')
function ops.var(x)
    local call = var(x)
    if call then
        call.text = call.text:gsub('{ ', '{ unbiased = false, ', 1)
    end
    return call
end
ops.any = reduction('any', function(list)
    local any = 0
    for _, v in ipairs(list) do
        any = v ~= 0 and 1 or any
    end
    return any
end, function() return 'bool' end)

local function positions(name, sign)
    return function(x)
        if #x.shape == 0 then
            return nil
        end
        local word, axis = any_axis(x)
        if x.shape[axis] == 0 then
            return nil
        end
        return {
            text = ('$1:%s(%d)'):format(name, word), dtype = 'int64', constant = true,
            f = function(arrays)
                return naive.reduce(arrays[1], { axis }, false, function(list)
                    return naive.extreme(list, sign) - 1
                end)
            end,
        }
    end
end
ops.argmax, ops.argmin = positions('argmax', 1), positions('argmin', -1)

-- A line becomes another one.
local function along(name, f, dtype, wants)
    return function(x)
        if #x.shape == 0 or (wants == 'float' and not model.is_float(x.dtype))
            or (wants == 'number' and x.dtype == 'bool') then
            return nil
        end
        local word, axis = any_axis(x)
        return {
            text = ('$1:%s(%d)'):format(name, word), dtype = dtype and dtype(x.dtype),
            f = function(arrays)
                return naive.along(arrays[1], axis, f)
            end,
        }
    end
end

local function running(combine)
    return function(line)
        local y = {}
        for i, v in ipairs(line) do
            y[i] = i == 1 and v or combine(y[i - 1], v)
        end
        return y
    end
end

local function softmax(line)
    local y, sum = {}, 0
    for i, v in ipairs(line) do
        y[i] = math.exp(v)
        sum = sum + y[i]
    end
    for i = 1, #line do
        y[i] = y[i] / sum
    end
    return y
end

ops.cumsum = along('cumsum', running(function(a, b) return a + b end), widened)
ops.cumprod = along('cumprod', running(function(a, b) return a * b end), widened)
ops.cummax = along('cummax', running(math.max), nil, 'number')
ops.cummin = along('cummin', running(math.min), nil, 'number')
ops.logcumsumexp = along('logcumsumexp', running(function(a, b)
    return math.log(math.exp(a) + math.exp(b))
end), nil, 'float')
ops.softmax = along('softmax', softmax, nil, 'float')
ops.log_softmax = along('log_softmax', function(line)
    local y = softmax(line)
    for i, v in ipairs(y) do
        y[i] = math.log(v)
    end
    return y
end, nil, 'float')
ops.sort = along('sort', function(line)
    local y = { unpack(line) }
    table.sort(y)
    return y
end)

function ops.topk(x)
    local call = #x.shape > 0 and x.shape[#x.shape] > 0 and ops.sort(x)
    if not call then
        return nil
    end
    local k = random(0, x.shape[#x.shape])
    local to = with(x.shape, #x.shape, k)
    call.text = ('$1:topk(%d)'):format(k)
    function call.f(arrays)
        local falling = naive.along(arrays[1], -1, function(line)
            local y = { unpack(line) }
            table.sort(y, function(a, b)
                return a > b
            end)
            return y
        end)
        return naive.build(to, function(index)
            return naive.at(falling, index)
        end)
    end
    return call
end

-- --- products and casts ------------------------------------------------------------------------------------

function ops.matmul(x, draw)
    if #x.shape == 0 or not model.is_float(x.dtype) then
        return nil
    end
    local k, columns = x.shape[#x.shape], random(0, 3)
    local shape = ({ { k }, { k, columns }, { 2, k, columns } })[random(#x.shape >= 3 and 2 or 3)]
    return {
        text = '$1:matmul($2)', inputs = { x, draw.other(shape, x.dtype) },
        f = function(arrays)
            return naive.matmul(arrays[1], arrays[2])
        end,
    }
end

function ops.linear(x, draw)
    if #x.shape ~= 2 or not model.is_float(x.dtype) then
        return nil
    end
    local out, relu = random(3), chance(0.3)
    return {
        text = ('tenmo.linear($1, $2, $3%s)'):format(relu and ', { relu = true }' or ''),
        inputs = { x, draw.other({ out, x.shape[2] }, x.dtype), draw.other({ out }, x.dtype) },
        f = function(arrays)
            return naive.map(function(v, b)
                return relu and math.max(v + b, 0) or v + b
            end, naive.matmul(arrays[1], naive.permute(arrays[2], { 2, 1 })), arrays[3])
        end,
    }
end

local DTYPES = { 'float32', 'float64', 'int64', 'int32', 'uint8', 'bool' }

function ops.cast(x)
    local dtype = DTYPES[random(#DTYPES)]
    if dtype == x.dtype then
        return nil -- x itself
    end
    return {
        text = ("$1:to('%s')"):format(dtype), dtype = dtype,
        f = function(arrays)
            return naive.map(function(v)
                return model.convert(v, x.dtype, dtype)
            end, arrays[1])
        end,
    }
end

return ops
