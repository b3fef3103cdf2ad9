-- fuzz_windows.lua: structured ops of random programs (see fuzz_ops.lua): convolutions and pools.

local calls = require 'spec.support.fuzz_calls'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'
local walks = require 'spec.support.naive_windows'

local chance, listed = calls.chance, calls.listed
local random = math.random
local ops = {}

-- So many numbers, drawn from `least` on.
local function numbers(n, least, most)
    local list = {}
    for d = 1, n do
        list[d] = chance(0.5) and least or random(least, most)
    end
    return list
end

local function given(options)
    local words = {}
    for _, name in ipairs { 'stride', 'padding', 'output_padding', 'dilation', 'groups', 'relu', 'ceil_mode',
        'count_include_pad' } do
        local value = options[name]
        if value ~= nil then
            words[#words + 1] = name .. ' = ' .. (type(value) == 'table' and listed(value)
                or (type(value) == 'string' and "'%s'" or '%s'):format(tostring(value)))
        end
    end
    return listed(words)
end

-- x as a batch: its shape, or nil where the op says nothing.
local function batch_of(x, axes)
    if not model.is_float(x.dtype) or #x.shape ~= axes + 1 and #x.shape ~= axes + 2 then
        return nil
    end
    return #x.shape == axes + 2 and x.shape or { 1, unpack(x.shape) }
end

local function with_rank_of(x, y)
    return #x.shape == #y.shape and y or naive.reshape(y, { unpack(y.shape, 2) })
end

local function by_channel(bias, shape)
    return function(p)
        return bias and bias[naive.index(shape, p)[2]] or 0
    end
end

-- Does a list of sizes leave something everywhere?
local function all_from(least, shape, first)
    for d = first, #shape do
        if shape[d] < least then
            return false
        end
    end
    return true
end

local function options_of(axes, groups)
    return { stride = numbers(axes, 1, 3), padding = numbers(axes, 0, 2), dilation = numbers(axes, 1, 2),
        groups = groups }
end

local function groups_of(channels)
    return channels > 0 and channels % 2 == 0 and chance(0.4) and 2 or 1
end

-- The call of a convolution of `y` outputs, whose f makes a batch; to_shape: of that batch.
local function convolution(name, x, draw, weight_shape, outputs, options, f)
    local inputs = { x, draw.other(weight_shape, x.dtype) }
    if chance(0.5) then
        inputs[3] = draw.other({ outputs }, x.dtype)
    end
    return {
        text = ('tenmo.%s($1, $2, %s, %s)'):format(name, inputs[3] and '$3' or 'nil', given(options)),
        inputs = inputs, may_refuse = true,
        f = function(arrays)
            local y = f(arrays)
            return y and with_rank_of(arrays[1], y)
        end,
    }
end

local function conv(axes)
    local name = ('conv%dd'):format(axes)
    return function(x, draw)
        local x_shape = batch_of(x, axes)
        if not x_shape then
            return nil
        end
        local groups = groups_of(x_shape[2])
        local w_shape = { groups * random(2), x_shape[2] / groups, unpack(numbers(axes, 1, 3)) }
        local options = options_of(axes, groups)
        options.relu = chance(0.2) or nil
        if chance(0.15) then
            options.stride, options.padding = nil, 'same'
        end
        local y_shape = walks.y_shape(x_shape, w_shape, options)
        local products = walks.products(x_shape, y_shape, w_shape, options)
        return convolution(name, x, draw, w_shape, w_shape[1], options, function(arrays)
            if not all_from(1, y_shape, 3) or not all_from(1, x_shape, 3) then
                return nil
            end
            local from, to, by = products()
            local y = naive.array(y_shape, by_channel(arrays[3], y_shape))
            walks.accumulate(y, to, arrays[1], from, arrays[2], by)
            return options.relu and naive.map(function(v) return math.max(v, 0) end, y) or y
        end)
    end
end

local function conv_transpose(axes)
    local name = ('conv_transpose%dd'):format(axes)
    return function(x, draw)
        local y_shape = batch_of(x, axes)
        if not y_shape then
            return nil
        end
        local groups = groups_of(y_shape[2])
        local w_shape = { y_shape[2], random(2), unpack(numbers(axes, 1, 3)) }
        local options, to, fits = options_of(axes, groups), { y_shape[1], w_shape[2] * groups }, true
        options.output_padding = numbers(axes, 0, 1)
        for d = 1, axes do
            local more, step, spread = options.output_padding[d], options.stride[d], options.dilation[d]
            to[2 + d] = (y_shape[2 + d] - 1) * step - 2 * options.padding[d] + spread * (w_shape[2 + d] - 1) + 1 + more
            fits = fits and (more == 0 or more < step or more < spread)
        end
        local products = walks.products(to, y_shape, w_shape, options)
        return convolution(name, x, draw, w_shape, to[2], options, function(arrays)
            if not fits or not all_from(1, to, 3) or not all_from(1, y_shape, 3) then
                return nil
            end
            local into, from, by = products()
            return walks.accumulate(naive.array(to, by_channel(arrays[3], to)), into, arrays[1], from, arrays[2], by)
        end)
    end
end

for axes = 1, 2 do
    ops[('conv%dd'):format(axes)] = conv(axes)
    ops[('conv_transpose%dd'):format(axes)] = conv_transpose(axes)
end

-- What flows back into weights, of a convolution that fits.
function ops.conv_weight(x, draw)
    if #x.shape ~= 3 or not model.is_float(x.dtype) then
        return nil
    end
    local groups, size = groups_of(x.shape[2]), random(3)
    local options = options_of(1, groups)
    local w_shape = { groups * random(2), x.shape[2] / groups, size }
    local y_shape = walks.y_shape(x.shape, w_shape, options)
    if not all_from(1, y_shape, 3) then
        return nil
    end
    local products = walks.products(x.shape, y_shape, w_shape, options)
    return {
        text = ('tenmo.conv_weight($1, $2, { %d }, %s)'):format(size, given(options)),
        inputs = { x, draw.other(y_shape, x.dtype) }, may_refuse = true,
        f = function(arrays)
            if not all_from(1, x.shape, 3) then
                return nil
            end
            local from, to, by = products()
            return walks.accumulate(naive.array(w_shape, function() return 0 end), by, arrays[1], from, arrays[2], to)
        end,
    }
end

-- --- pools --------------------------------------------------------------------------------------------------------

-- How many windows there are along an axis, by trying: they begin a stride apart, and end inside the padded axis or,
-- with ceil_mode, begin inside x or the padding in front and reach beyond.
local function count_windows(size, k, stride, padding, dilation, ceil_mode)
    local n, reach = 0, dilation * (k - 1) + 1
    while true do
        local from = n * stride - padding
        local whole = from + reach <= size + padding
        -- the window before may have reached the end already
        local cut = ceil_mode and from < size and from - stride + reach < size + padding
        if not whole and not cut then
            return n
        end
        n = n + 1
    end
end

-- Has each of n windows along an axis one of its elements?
local function all_hold(n, size, k, stride, padding, dilation)
    for i = 0, n - 1 do
        local holds = false
        for place = 0, k - 1 do
            local at = i * stride - padding + place * dilation
            holds = holds or at >= 0 and at < size
        end
        if not holds then
            return false
        end
    end
    return true
end

local function pool_options(axes, dilates)
    local size = numbers(axes, 1, 3)
    local options = { stride = chance(0.6) and numbers(axes, 1, 3) or nil, padding = {},
        dilation = dilates and numbers(axes, 1, 3) or nil, ceil_mode = chance(0.3) or nil }
    for d = 1, axes do
        options.padding[d] = chance(0.3) and math.floor(size[d] / 2) or 0
    end
    return size, options
end

-- combine(values): those of a window that are inside x.
local function pool(name, axes, dilates, combine)
    return function(x)
        if not batch_of(x, axes) then
            return nil
        end
        local size, options = pool_options(axes, dilates)
        if not dilates then
            options.count_include_pad = false
        end
        local full = { size = size, stride = options.stride or size, padding = options.padding,
            dilation = options.dilation or numbers(axes, 1, 1) }
        local lead, counts, fits = #x.shape - axes, {}, true
        for d = 1, axes do
            local length, k, stride, padding = x.shape[lead + d], size[d], full.stride[d], full.padding[d]
            counts[d] = count_windows(length, k, stride, padding, full.dilation[d], options.ceil_mode)
            fits = fits and length > 0 and counts[d] > 0
                and all_hold(counts[d], length, k, stride, padding, full.dilation[d])
        end
        local pooled = walks.pooler(x.shape, axes, counts, full)
        return {
            text = ('$1:%s(%s, %s)'):format(name, listed(size), given(options)), may_refuse = true,
            f = function(arrays)
                return fits and pooled(arrays[1], combine) or nil
            end,
        }
    end
end

local function largest(values)
    return values[naive.extreme(values, 1)]
end

local function mean(values)
    return naive.total(values) / #values
end

for axes = 1, 2 do
    local most, middle = ('max_pool%dd'):format(axes), ('avg_pool%dd'):format(axes)
    ops[most], ops[middle] = pool(most, axes, true, largest), pool(middle, axes, false, mean)
end

return ops
