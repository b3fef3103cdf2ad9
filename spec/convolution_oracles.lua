-- convolution_oracles.lua: rows and compositions that move windows over the last axes of a tensor: loops over every
-- window and every place in it. Merged into oracles.lua (rows) and composition_oracles.lua (compositions).
local naive = require 'spec.support.naive'
local walks = require 'spec.support.naive_windows'

local each_axis, every, windows, y_shape_of = walks.each_axis, walks.every, walks.windows, walks.y_shape
local products, accumulate, pooler = walks.products, walks.accumulate, walks.pooler
local rows, compositions = {}, {}

local function floats_only(dtype)
    return dtype:find '^float' and dtype or nil
end

local function per_channel(bias, shape)
    return function(p)
        return bias and bias[naive.index(shape, p)[2]] or 0
    end
end

local function without_batch(shape)
    return { unpack(shape, 2) }
end

-- options.single: x without a batch axis; options.bias: with a bias; the rest is the op's.
local function inputs_of(x_shape, w_shape, channels, options)
    local inputs = { options.single and without_batch(x_shape) or x_shape, w_shape }
    inputs[3] = options.bias and { channels } or nil
    return inputs
end

local function caller(options)
    local given = {}
    for name, value in pairs(options) do
        if name ~= 'single' and name ~= 'bias' then
            given[name] = value
        end
    end
    return function(op, x, w, bias)
        return op(x, w, bias, given)
    end
end

local function conv(x_shape, w_shape, options)
    options = options or {}
    local y_shape = y_shape_of(x_shape, w_shape, options)
    local positions = products(x_shape, y_shape, w_shape, options)
    return {
        inputs = inputs_of(x_shape, w_shape, w_shape[1], options),
        call = caller(options),
        want = function(x, w, bias)
            local xs, ys, ws = positions()
            local y = accumulate(naive.array(y_shape, per_channel(bias, y_shape)), ys, x, xs, w, ws)
            for p = 1, options.relu and #y or 0 do
                y[p] = math.max(y[p], 0)
            end
            y.shape = options.single and without_batch(y_shape) or y_shape
            return y
        end,
    }
end

local function conv_transpose(y_shape, w_shape, options)
    options = options or {}
    local axes, x_shape = #w_shape - 2, { y_shape[1], w_shape[2] * (options.groups or 1) }
    local stride, padding = each_axis(options.stride, axes, 1), each_axis(options.padding, axes, 0)
    local dilation, more = each_axis(options.dilation, axes, 1), each_axis(options.output_padding, axes, 0)
    for d = 1, axes do
        x_shape[2 + d] = (y_shape[2 + d] - 1) * stride[d] - 2 * padding[d] + dilation[d] * (w_shape[2 + d] - 1) + 1
            + more[d]
    end
    local positions = products(x_shape, y_shape, w_shape, options)
    return {
        inputs = inputs_of(y_shape, w_shape, x_shape[2], options),
        call = caller(options),
        want = function(y, w, bias)
            local xs, ys, ws = positions()
            local x = accumulate(naive.array(x_shape, per_channel(bias, x_shape)), xs, y, ys, w, ws)
            x.shape = options.single and without_batch(x_shape) or x_shape
            return x
        end,
    }
end

local function conv_weight(x_shape, w_shape, options)
    options = options or {}
    local y_shape = y_shape_of(x_shape, w_shape, options)
    local positions = products(x_shape, y_shape, w_shape, options)
    return {
        inputs = { x_shape, y_shape },
        call = function(op, x, y)
            return op(x, y, { unpack(w_shape, 3) }, options)
        end,
        want = function(x, y)
            local xs, ys, ws = positions()
            return accumulate(naive.array(w_shape, function() return 0 end), ws, x, xs, y, ys)
        end,
    }
end

local function oracle(cases)
    return { dtype = floats_only, cases = cases }
end

rows.conv1d = oracle {
    conv({ 2, 3, 9 }, { 4, 3, 3 }), conv({ 2, 2, 8 }, { 3, 2, 3 }, { bias = true, padding = 1, stride = 2 }),
    conv({ 1, 4, 11 }, { 4, 2, 2 }, { groups = 2, dilation = 3, single = true, bias = true }),
    conv({ 2, 1, 70 }, { 1, 1, 5 }, { padding = 4, stride = 3 }), conv({ 0, 2, 5 }, { 3, 2, 2 }),
    conv({ 2, 2, 6 }, { 3, 2, 4 }, { padding = 'same', bias = true }),
    conv({ 2, 1, 5 }, { 2, 1, 3 }, { padding = 'same' }), conv({ 1, 0, 4 }, { 2, 0, 2 }, { bias = true }),
}
rows.conv2d = oracle {
    conv({ 2, 3, 5, 6 }, { 4, 3, 3, 3 }, { padding = 1, bias = true }),
    conv({ 2, 2, 7, 6 }, { 3, 2, 3, 2 }, { stride = 2, bias = true }),
    conv({ 1, 2, 9, 8 }, { 3, 2, 3, 2 }, { stride = { 3, 2 }, padding = { 2, 1 }, dilation = { 2, 3 } }),
    conv({ 2, 4, 5, 5 }, { 6, 2, 2, 3 }, { groups = 2, padding = 1, stride = { 1, 2 }, single = false }),
    conv({ 1, 2, 4, 4 }, { 9, 2, 1, 1 }, { stride = 3, single = true }),
    conv({ 3, 3, 4, 4 }, { 3, 1, 3, 3 }, { groups = 3, padding = 1, relu = true, bias = true }),
    conv({ 1, 2, 5, 23 }, { 17, 2, 2, 2 }, { padding = 1, dilation = 2 }),
    conv({ 2, 1, 3, 4 }, { 2, 1, 3, 3 }, { stride = { 2 ^ 30, 2 } }), -- one window: the stride moves nothing
    conv({ 1, 2, 5, 4 }, { 3, 2, 2, 4 }, { padding = 'same', dilation = { 3, 1 }, relu = true, bias = true }),
    conv({ 1, 2, 5, 4 }, { 2, 1, 3, 2 }, { padding = 'same', groups = 2, single = true }),
}
rows.conv3d = oracle {
    conv({ 2, 2, 3, 4, 5 }, { 3, 2, 2, 3, 2 }, { padding = { 1, 0, 1 }, bias = true }),
    conv({ 1, 1, 3, 2, 4 }, { 2, 1, 2, 3, 4 }, { padding = 'same' }),
    conv({ 1, 2, 4, 3, 5 }, { 2, 1, 2, 2, 2 }, { stride = { 2, 1, 3 }, dilation = { 1, 2, 1 }, groups = 2 }),
}
rows.conv_transpose1d = oracle {
    conv_transpose({ 2, 3, 5 }, { 3, 2, 3 }, { bias = true }),
    conv_transpose({ 2, 2, 4 }, { 2, 3, 2 }, { stride = 3, output_padding = 1 }),
    conv_transpose({ 1, 2, 1 }, { 2, 2, 2 }, { stride = 7, output_padding = 3, bias = true }),
    conv_transpose({ 1, 2, 3 }, { 2, 2, 2 }, { dilation = 3, output_padding = 2, padding = 1, bias = true }),
    conv_transpose({ 1, 4, 5 }, { 4, 1, 3 }, { groups = 2, stride = 2, padding = 1, dilation = 2, single = true,
        bias = true }),
    conv_transpose({ 1, 0, 3 }, { 0, 2, 2 }, { bias = true }), conv_transpose({ 1, 0, 2 }, { 0, 2, 20 }),
}
rows.conv_transpose2d = oracle {
    conv_transpose({ 2, 3, 3, 4 }, { 3, 2, 3, 3 }, { stride = 2, padding = 1, output_padding = 1, bias = true }),
    conv_transpose({ 1, 4, 3, 3 }, { 4, 2, 2, 3 }, { stride = { 3, 1 }, groups = 2, padding = { 0, 1 } }),
    conv_transpose({ 1, 2, 3, 2 }, { 2, 2, 1, 1 }, { stride = 2, bias = true, single = true }),
    conv_transpose({ 2, 1, 4, 4 }, { 1, 2, 3, 2 }, { stride = 3, dilation = { 2, 3 }, padding = 2 }),
}
rows.conv_transpose3d = oracle {
    conv_transpose({ 1, 2, 2, 3, 2 }, { 2, 2, 2, 1, 3 }, { stride = { 2, 1, 2 }, padding = { 0, 0, 1 }, bias = true }),
}
rows.conv_weight = oracle {
    conv_weight({ 2, 2, 7 }, { 3, 2, 3 }, { stride = 2, padding = 1 }),
    conv_weight({ 3, 2, 5, 4 }, { 4, 2, 3, 2 }, { padding = 1 }),
    conv_weight({ 2, 4, 6, 5 }, { 2, 2, 2, 2 }, { groups = 2, stride = { 2, 1 }, dilation = { 2, 1 } }),
    conv_weight({ 1, 1, 3, 4, 3 }, { 2, 1, 2, 3, 2 }, { stride = 1 }),
}

-- --- pools --------------------------------------------------------------------------------------------------------

-- rest are the op's arguments after x; y_sizes is worked out by hand.
local function max_pool(shape, y_sizes, size, options)
    local axes = #y_sizes
    local full = { size = each_axis(size, axes), padding = each_axis(options.padding, axes, 0),
        dilation = each_axis(options.dilation, axes, 1) }
    full.stride = options.stride and each_axis(options.stride, axes) or full.size
    local pooled = pooler(shape, axes, y_sizes, full)
    local function best(values)
        return naive.extreme(values, 1)
    end
    return {
        inputs = { shape },
        call = function(op, x)
            return op(x, size, options)
        end,
        want = function(x)
            local y = pooled(x, function(values) return values[best(values)] end)
            local ids = pooled(x, function(values, places) return places[best(values)] end)
            return y, options.return_indices and ids or nil
        end,
    }
end

local function max_pools(cases)
    return { dtype = floats_only, ties = true, cases = cases }
end
rows.max_pool1d = max_pools {
    max_pool({ 2, 3, 8 }, { 4 }, 2, {}), max_pool({ 3, 10 }, { 4 }, 3, { stride = 2, return_indices = true }),
    max_pool({ 1, 2, 9 }, { 3 }, 3, { stride = 4, padding = 1, ceil_mode = true }),
    max_pool({ 0, 2, 6 }, { 3 }, 2, {}),
}
rows.max_pool2d = max_pools {
    max_pool({ 2, 3, 6, 4 }, { 3, 2 }, 2, { return_indices = true }), max_pool({ 2, 6, 7 }, { 2, 3 }, { 3, 2 }, {}),
    max_pool({ 2, 2, 7, 9 }, { 4, 3 }, 3, { stride = { 2, 3 }, padding = 1, return_indices = true }),
    max_pool({ 1, 2, 8, 9 }, { 6, 3 }, { 2, 3 }, { stride = { 1, 2 }, dilation = { 2, 2 } }),
    max_pool({ 1, 1, 5, 6 }, { 3, 2 }, { 2, 3 }, { stride = { 2, 4 }, ceil_mode = true }),
    max_pool({ 1, 2, 3, 40 }, { 2, 20 }, 2, { stride = { 1, 2 } }),
    -- rows of windows longer than a vector, some with edges in the padding
    max_pool({ 1, 2, 4, 75 }, { 2, 38 }, 3, { stride = 2, padding = 1, return_indices = true }),
    max_pool({ 1, 1, 3, 37 }, { 2, 36 }, 2, { stride = 1, return_indices = true }),
    max_pool({ 1, 1, 4, 70 }, { 1, 24 }, { 3, 2 }, { stride = 3, padding = { 0, 1 }, return_indices = true }),
}
rows.max_pool3d = max_pools {
    max_pool({ 1, 2, 4, 5, 6 }, { 2, 2, 3 }, 2, { return_indices = true }),
    max_pool({ 2, 3, 3, 4 }, { 2, 2, 2 }, 2, { stride = { 1, 1, 2 } }),
}

-- --- means of windows, windows as columns -------------------------------------------------------------------------

local function composed(cases)
    local made = oracle(cases)
    made.domain = '0.5..3'
    return made
end

local function mean_of(values)
    return naive.total(values) / #values
end

-- combine(values, places of the whole window); rest are the op's arguments after x.
local function window_case(shape, y_sizes, size, options, combine, ...)
    local axes, rest, n = #y_sizes, { ... }, select('#', ...)
    local full = { size = each_axis(size, axes), padding = each_axis(options.padding, axes, 0),
        dilation = each_axis(options.dilation, axes, 1) }
    full.stride = options.stride and each_axis(options.stride, axes) or full.size
    local pooled = pooler(shape, axes, y_sizes, full)
    return {
        inputs = { shape },
        call = function(op, x)
            return op(x, unpack(rest, 1, n))
        end,
        want = function(x)
            return pooled(x, function(values)
                return combine(values, naive.count(full.size))
            end)
        end,
    }
end

-- The sum of each window over how many places it has, those of the padding among them or not.
local function avg_pool(shape, y_sizes, size, options)
    local axes, lead, to = #y_sizes, #shape - #y_sizes, {}
    local k, padding = each_axis(size, axes), each_axis(options.padding, axes, 0)
    local stride = options.stride and each_axis(options.stride, axes) or k
    for i = 1, #shape do
        to[i] = i <= lead and shape[i] or y_sizes[i - lead]
    end
    return {
        inputs = { shape },
        call = function(op, x)
            return op(x, size, options)
        end,
        want = function(x)
            return naive.build(to, function(u)
                local sum, places = 0, 0
                every(k, function(place)
                    local at, inside, reached = { unpack(u, 1, lead) }, true, true
                    for d = 1, axes do
                        local h, most = (u[lead + d] - 1) * stride[d] + place[d] - padding[d], shape[lead + d]
                        inside = inside and h >= 1 and h <= most
                        reached = reached and h <= most + padding[d]
                        at[lead + d] = h
                    end
                    sum = sum + (inside and naive.at(x, at) or 0)
                    local counts = inside or reached and options.count_include_pad ~= false
                    places = places + (counts and 1 or 0)
                end)
                return sum / (options.divisor_override or places)
            end)
        end,
    }
end
compositions.avg_pool1d = composed {
    avg_pool({ 2, 3, 8 }, { 4 }, 2, {}), avg_pool({ 3, 9 }, { 4 }, 3, { stride = 2 }),
    avg_pool({ 1, 2, 9 }, { 3 }, 3, { stride = 4, padding = 1 }),
    avg_pool({ 2, 8 }, { 3 }, 3, { ceil_mode = true }), avg_pool({ 2, 7 }, { 4 }, 2, { padding = 1, ceil_mode = true }),
    avg_pool({ 1, 6 }, { 2 }, 2, { stride = 5, ceil_mode = true }),
}
compositions.avg_pool2d = composed {
    avg_pool({ 2, 3, 6, 4 }, { 3, 2 }, 2, {}), avg_pool({ 2, 6, 7 }, { 2, 3 }, { 3, 2 }, {}),
    avg_pool({ 2, 2, 7, 9 }, { 4, 3 }, 3, { stride = { 2, 3 }, padding = 1, count_include_pad = false }),
    avg_pool({ 1, 2, 5, 5 }, { 3, 5 }, { 3, 3 }, { stride = { 2, 1 }, padding = 1 }),
    avg_pool({ 2, 5, 6 }, { 3, 3 }, 3, { stride = { 2, 2 }, padding = { 1, 0 }, ceil_mode = true,
        count_include_pad = false }),
    avg_pool({ 2, 4, 4 }, { 2, 2 }, 2, { divisor_override = 3 }),
}
compositions.avg_pool3d = composed {
    avg_pool({ 1, 2, 2, 4, 3 }, { 1, 2, 1 }, { 2, 2, 3 }, {}),
    avg_pool({ 2, 3, 2, 3 }, { 2, 1, 2 }, 2, { padding = { 1, 0, 1 }, ceil_mode = true, count_include_pad = false }),
}

local function lp_pool(shape, y_sizes, p, size, stride)
    return window_case(shape, y_sizes, size, { stride = stride }, function(values)
        local sum = 0
        for _, v in ipairs(values) do
            sum = sum + math.abs(v) ^ p
        end
        return sum ^ (1 / p)
    end, p, size, { stride = stride })
end
compositions.lp_pool1d = composed { lp_pool({ 2, 3, 7 }, { 3 }, 2, 3, 2), lp_pool({ 2, 6 }, { 3 }, 3, 2) }
compositions.lp_pool2d = composed { lp_pool({ 2, 2, 5, 4 }, { 2, 2 }, 2, 2),
    lp_pool({ 1, 4, 6 }, { 2, 2 }, 3, { 2, 3 }) }

-- Window i of n along an axis begins at floor((i - 1) size / n) and ends before ceil(i size / n). combine(values, ids).
local function adaptive(shape, y_sizes, combine)
    local axes, lead = #y_sizes, #shape - #y_sizes
    local to = { unpack(shape, 1, lead) }
    for d = 1, axes do
        to[lead + d] = y_sizes[d]
    end
    return {
        inputs = { shape },
        call = function(op, x)
            return op(x, y_sizes)
        end,
        want = function(x)
            return naive.build(to, function(u)
                local from, sizes, values, ids = {}, {}, {}, {}
                for d = 1, axes do
                    local size, n, i = shape[lead + d], y_sizes[d], u[lead + d]
                    from[d] = math.floor((i - 1) * size / n)
                    sizes[d] = math.ceil(i * size / n) - from[d]
                end
                every(sizes, function(place)
                    local at, id = { unpack(u, 1, lead) }, 0
                    for d = 1, axes do
                        at[lead + d], id = from[d] + place[d], id * shape[lead + d] + from[d] + place[d] - 1
                    end
                    values[#values + 1], ids[#ids + 1] = naive.at(x, at), id
                end)
                return (combine or mean_of)(values, ids)
            end)
        end,
    }
end
compositions.adaptive_avg_pool1d = composed { adaptive({ 2, 3, 7 }, { 3 }), adaptive({ 3, 6 }, { 2 }),
    adaptive({ 2, 3 }, { 5 }) }
compositions.adaptive_avg_pool2d = composed { adaptive({ 2, 3, 7, 5 }, { 3, 2 }), adaptive({ 2, 4, 4 }, { 1, 1 }) }

local function most_of(shape, y_sizes, with_ids)
    local one = adaptive(shape, y_sizes, function(values) return values[naive.extreme(values, 1)] end)
    if not with_ids then
        return one
    end
    local values, ids = one.want, adaptive(shape, y_sizes, function(list, places)
        return places[naive.extreme(list, 1)]
    end).want
    function one.call(op, x)
        return op(x, y_sizes, true)
    end
    function one.want(x)
        return values(x), ids(x)
    end
    return one
end
compositions.adaptive_max_pool1d = composed { most_of({ 2, 3, 7 }, { 3 }, true), most_of({ 3, 6 }, { 2 }),
    most_of({ 2, 3 }, { 5 }) }
compositions.adaptive_max_pool2d = composed { most_of({ 2, 3, 7, 5 }, { 3, 2 }, true), most_of({ 2, 4, 4 }, { 1, 1 }),
    most_of({ 0, 4, 4 }, { 2, 1 }) }
compositions.adaptive_avg_pool3d = composed { adaptive({ 1, 2, 3, 4, 5 }, { 2, 3, 2 }),
    adaptive({ 2, 2, 2, 3 }, { 1, 1, 2 }) }
compositions.adaptive_max_pool3d = composed { most_of({ 1, 2, 3, 4, 3 }, { 2, 3, 2 }, true) }
compositions.adaptive_max_pool3d.ties = true
compositions.adaptive_max_pool1d.ties, compositions.adaptive_max_pool2d.ties = true, true

-- Column w of channel c holds the places of window w: all windows of all places, as y and w of a convolution.
local function columns(shape, size, options)
    local w_shape = { 1, 1, size[1], size[2] }
    local y = y_shape_of({ 1, 1, shape[#shape - 1], shape[#shape] }, w_shape, options)
    local places, n = size[1] * size[2], y[3] * y[4]
    local lead = { unpack(shape, 1, #shape - 2) }
    local to = { unpack(lead) }
    to[#to], to[#to + 1] = to[#to] * places, n
    -- calls visit(position in x, position among the columns)
    local function each(visit)
        local planes, plane = naive.count(lead), shape[#shape - 1] * shape[#shape]
        windows({ 1, 1, shape[#shape - 1], shape[#shape] }, y, w_shape, options, function(x, u, k)
            local at = naive.position({ shape[#shape - 1], shape[#shape] }, { x[3], x[4] })
            local place = naive.position(size, { k[3], k[4] })
            local window = naive.position({ y[3], y[4] }, { u[3], u[4] })
            for p = 0, planes - 1 do
                visit(p * plane + at, (p * places + place - 1) * n + window)
            end
        end)
    end
    return to, each
end

local function im2col(shape, size, options)
    local to, each = columns(shape, size, options)
    return {
        inputs = { shape },
        call = function(op, x)
            return op(x, size, options)
        end,
        want = function(x)
            local y = naive.array(to, function() return 0 end)
            each(function(at, column) y[column] = x[at] end)
            return y
        end,
    }
end

local function col2im(shape, size, options)
    local from, each = columns(shape, size, options)
    return {
        inputs = { from },
        call = function(op, x)
            return op(x, { shape[#shape - 1], shape[#shape] }, size, options)
        end,
        want = function(x)
            local y = naive.array(shape, function() return 0 end)
            each(function(at, column) y[at] = y[at] + x[column] end)
            return y
        end,
    }
end
compositions.im2col = composed { im2col({ 2, 3, 4, 5 }, { 2, 3 }, {}), im2col({ 2, 5, 4 }, { 3, 2 }, { padding = 1 }),
    im2col({ 1, 2, 6, 7 }, { 2, 2 }, { stride = { 2, 3 }, dilation = 2 }) }
compositions.col2im = composed { col2im({ 2, 3, 4, 5 }, { 2, 3 }, {}), col2im({ 2, 5, 4 }, { 3, 2 }, { padding = 1 }),
    col2im({ 1, 2, 6, 7 }, { 2, 2 }, { stride = { 2, 3 }, dilation = 2 }) }

return { rows = rows, compositions = compositions }
