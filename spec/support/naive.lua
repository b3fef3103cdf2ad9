-- naive.lua: arrays in plain Lua and loops over them, for the oracles. No tenmo here.
--
-- An array is { shape = {2, 3}, 1, 2, 3, 4, 5, 6 }: its elements in row-major order.

local naive = {}

function naive.count(shape)
    local n = 1
    for _, size in ipairs(shape) do
        n = n * size
    end
    return n
end

function naive.array(shape, values)
    local a = { shape = shape }
    for i = 1, naive.count(shape) do
        a[i] = type(values) == 'function' and values(i) or values[i]
    end
    return a
end

-- Position of an index (1-based, one for each axis) among the elements.
function naive.position(shape, index)
    local p = 0
    for axis, size in ipairs(shape) do
        p = p * size + index[axis] - 1
    end
    return p + 1
end

-- The index of the p-th element.
function naive.index(shape, p)
    local index = {}
    p = p - 1
    for axis = #shape, 1, -1 do
        index[axis] = p % shape[axis] + 1
        p = math.floor(p / shape[axis])
    end
    return index
end

-- A new array whose element at an index is f(index).
function naive.build(shape, f)
    local a = { shape = shape }
    for p = 1, naive.count(shape) do
        a[p] = f(naive.index(shape, p))
    end
    return a
end

function naive.at(a, index)
    return a[naive.position(a.shape, index)]
end

-- Where the element lies that broadcasting puts at this index: axes are matched from the last, sizes of 1 repeat.
local function broadcast_position(a, index)
    local p, skip = 0, #index - #a.shape
    for axis, size in ipairs(a.shape) do
        p = p * size + (size == 1 and 1 or index[axis + skip]) - 1
    end
    return p + 1
end

function naive.broadcast_at(a, index)
    return a[broadcast_position(a, index)]
end

function naive.broadcast_shape(...)
    local shape, arrays = {}, { ... }
    local rank = 0
    for _, a in ipairs(arrays) do
        rank = math.max(rank, #a.shape)
    end
    for axis = 1, rank do
        shape[axis] = 1
        for _, a in ipairs(arrays) do
            local size = a.shape[axis - rank + #a.shape]
            if size and size ~= 1 then
                shape[axis] = size
            end
        end
    end
    return shape
end

-- f of the elements of one, two or three arrays.
function naive.map(f, a, b, c)
    local shape = naive.broadcast_shape(a, b, c)
    return naive.build(shape, function(index)
        return f(naive.broadcast_at(a, index), b and naive.broadcast_at(b, index), c and naive.broadcast_at(c, index))
    end)
end

-- 1-based axis from one that may be negative.
function naive.axis(a, axis)
    return axis < 0 and axis + #a.shape + 1 or axis
end

-- What is left of each group of elements that agree outside `axes` (nil: all), as combine(list) says.
function naive.reduce(a, axes, keepdim, combine)
    local gone = {}
    for axis = 1, #a.shape do
        gone[axis] = axes == nil
    end
    for _, axis in ipairs(axes or {}) do
        gone[naive.axis(a, axis)] = true
    end
    local kept, shape = {}, {}
    for axis, size in ipairs(a.shape) do
        kept[axis] = gone[axis] and 1 or size
        if keepdim or not gone[axis] then
            shape[#shape + 1] = kept[axis]
        end
    end
    local lists = {}
    for p = 1, naive.count(kept) do
        lists[p] = {}
    end
    for p = 1, #a do
        local index = naive.index(a.shape, p)
        for axis in ipairs(a.shape) do
            index[axis] = gone[axis] and 1 or index[axis]
        end
        table.insert(lists[naive.position(kept, index)], a[p])
    end
    return naive.array(shape, function(p)
        return combine(lists[p])
    end)
end

function naive.total(list)
    local sum = 0
    for _, v in ipairs(list) do
        sum = sum + v
    end
    return sum
end

-- The position of the largest (sign 1) or smallest (sign -1) of a list, the first of equals.
function naive.extreme(list, sign)
    local best = 1
    for i, v in ipairs(list) do
        if sign * v > sign * list[best] then
            best = i
        end
    end
    return best
end

-- a with its axes in another order.
function naive.permute(a, order)
    local shape = {}
    for i, axis in ipairs(order) do
        shape[i] = a.shape[axis]
    end
    return naive.build(shape, function(index)
        local from = {}
        for i, axis in ipairs(order) do
            from[axis] = index[i]
        end
        return naive.at(a, from)
    end)
end

function naive.reshape(a, shape)
    return naive.array(shape, a)
end

-- The product of matrices or batches of them, (..., n, k) x (..., k, m).
local function product(a, b)
    local n, k, m = a.shape[#a.shape - 1], a.shape[#a.shape], b.shape[#b.shape]
    local function batch(x)
        local shape = {}
        for axis = 1, #x.shape - 2 do
            shape[axis] = x.shape[axis]
        end
        return { shape = shape }
    end
    local shape = naive.broadcast_shape(batch(a), batch(b))
    local rank = #shape
    shape[rank + 1], shape[rank + 2] = n, m
    return naive.build(shape, function(index)
        local sum, j = 0, index[rank + 2]
        index[rank + 2] = 1
        local row = broadcast_position(a, index)
        index[rank + 1], index[rank + 2] = 1, j
        local column = broadcast_position(b, index)
        for inner = 0, k - 1 do
            sum = sum + a[row + inner] * b[column + inner * m]
        end
        return sum
    end)
end

-- PyTorch's matmul: a vector counts as a row on the left, as a column on the right.
function naive.matmul(a, b)
    local row, column = #a.shape == 1, #b.shape == 1
    a = row and naive.reshape(a, { 1, #a }) or a
    b = column and naive.reshape(b, { #b, 1 }) or b
    -- the inner axis must not be mistaken for one that broadcasts
    local y = product(a, b)
    local shape = {}
    for axis, size in ipairs(y.shape) do
        if not (row and axis == #y.shape - 1) and not (column and axis == #y.shape) then
            shape[#shape + 1] = size
        end
    end
    return naive.reshape(y, shape)
end

-- f(list) of each line along an axis, put back in its place.
function naive.along(a, axis, f)
    axis = naive.axis(a, axis)
    local y = { shape = a.shape }
    for p = 1, #a do
        local index = naive.index(a.shape, p)
        if index[axis] == 1 then
            local places, line = {}, {}
            for i = 1, a.shape[axis] do
                index[axis] = i
                places[i] = naive.position(a.shape, index)
                line[i] = a[places[i]]
            end
            for i, v in ipairs(f(line)) do
                y[places[i]] = v
            end
        end
    end
    return y
end

return naive
