-- naive_windows.lua: windows over the last axes of arrays, by loops over every window and every place in it: what the
-- oracles of convolutions and pools and the random programs share.
local naive = require 'spec.support.naive'

local walks = {}

-- An option that is a number for all axes, a list, or left out.
function walks.each_axis(option, n, preset)
    local list = {}
    for d = 1, n do
        list[d] = type(option) == 'table' and (option[d] or option[1]) or tonumber(option) or preset
    end
    return list
end

-- Calls visit(place) for every index of a shape.
function walks.every(shape, visit)
    for p = 1, naive.count(shape) do
        visit(naive.index(shape, p))
    end
end

-- The windows of a convolution: calls visit(x, y, w) for every product in it, the indices of its elements.
function walks.windows(x_shape, y_shape, w_shape, options, visit)
    local axes, groups = #x_shape - 2, options.groups or 1
    local stride, padding = walks.each_axis(options.stride, axes, 1), walks.each_axis(options.padding, axes, 0)
    local dilation = walks.each_axis(options.dilation, axes, 1)
    for d = 1, options.padding == 'same' and axes or 0 do -- of an odd number of places one more behind
        padding[d] = math.floor(dilation[d] * (w_shape[2 + d] - 1) / 2)
    end
    local sizes = { x_shape[1], groups, w_shape[1] / groups, w_shape[2] }
    for d = 1, axes do
        sizes[4 + d], sizes[4 + axes + d] = y_shape[2 + d], w_shape[2 + d]
    end
    walks.every(sizes, function(i)
        local u, k, h, inside = {}, {}, {}, true
        for d = 1, axes do
            u[d], k[d] = i[4 + d], i[4 + axes + d]
            h[d] = (u[d] - 1) * stride[d] + (k[d] - 1) * dilation[d] - padding[d] + 1
            inside = inside and h[d] >= 1 and h[d] <= x_shape[2 + d]
        end
        if inside then
            local n, group, o, c = i[1], i[2], i[3], i[4]
            visit({ n, (group - 1) * sizes[4] + c, unpack(h) }, { n, (group - 1) * sizes[3] + o, unpack(u) },
                { (group - 1) * sizes[3] + o, c, unpack(k) })
        end
    end)
end

-- The same products as positions: three lists, of those in x, in y and in w. They are made when they are first asked
-- for and kept, since differences ask for a result hundreds of times.
function walks.products(x_shape, y_shape, w_shape, options)
    local xs, ys, ws
    return function()
        if not xs then
            xs, ys, ws = {}, {}, {}
            walks.windows(x_shape, y_shape, w_shape, options, function(x, y, w)
                local i = #xs + 1
                xs[i], ys[i] = naive.position(x_shape, x), naive.position(y_shape, y)
                ws[i] = naive.position(w_shape, w)
            end)
        end
        return xs, ys, ws
    end
end

-- Adds a[p] * b[q] to sum[at], for the positions in three lists.
function walks.accumulate(sum, at, a, p, b, q)
    for i = 1, #at do
        sum[at[i]] = sum[at[i]] + a[p[i]] * b[q[i]]
    end
    return sum
end

-- What the spatial sizes of y are.
function walks.y_shape(x_shape, w_shape, options)
    local axes, shape = #w_shape - 2, { x_shape[1], w_shape[1] }
    local stride, padding = walks.each_axis(options.stride, axes, 1), walks.each_axis(options.padding, axes, 0)
    local dilation = walks.each_axis(options.dilation, axes, 1)
    if options.padding == 'same' then
        return { x_shape[1], w_shape[1], unpack(x_shape, 3) }
    end
    for d = 1, axes do
        local room = x_shape[2 + d] + 2 * padding[d] - dilation[d] * (w_shape[2 + d] - 1) - 1
        shape[2 + d] = math.floor(room / stride[d]) + 1
    end
    return shape
end

-- Pools x, (planes..., sizes): the result is combine(values, ids) of each window, whose ids count through the plane
-- from 0. size is a list, as are the others. Where the windows lie is found when it is first asked for, and kept.
function walks.pooler(x_shape, axes, y_sizes, options)
    local lead, shape = #x_shape - axes, {}
    for i = 1, #x_shape do
        shape[i] = i <= lead and x_shape[i] or y_sizes[i - lead]
    end
    local function find(p)
        local u, window = naive.index(shape, p), { places = {}, ids = {} }
        walks.every(options.size, function(place)
            local at, id, inside = { unpack(u, 1, lead) }, 0, true
            for d = 1, axes do
                local h = (u[lead + d] - 1) * options.stride[d] + (place[d] - 1) * options.dilation[d]
                    - options.padding[d]
                inside = inside and h >= 0 and h < x_shape[lead + d]
                at[lead + d], id = h + 1, id * x_shape[lead + d] + h
            end
            if inside then
                table.insert(window.places, naive.position(x_shape, at))
                table.insert(window.ids, id)
            end
        end)
        return window
    end
    local found
    return function(x, combine)
        found = found or naive.array(shape, find)
        return naive.array(shape, function(p)
            local values = {}
            for i, place in ipairs(found[p].places) do
                values[i] = x[place]
            end
            return combine(values, found[p].ids)
        end)
    end
end

return walks
