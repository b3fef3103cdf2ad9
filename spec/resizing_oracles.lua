-- resizing_oracles.lua: interpolate by its definition: every element of the result is the sum of all elements of x,
-- each times what a curve around the place gives for its distance. Merged into composition_oracles.lua.
local naive = require 'spec.support.naive'

local function hat(d)
    return math.max(0, 1 - math.abs(d))
end

-- Keys's cubic convolution with a = -0.75.
local function cubic(d)
    local a = -0.75
    d = math.abs(d)
    if d <= 1 then
        return (a + 2) * d ^ 3 - (a + 3) * d ^ 2 + 1
    end
    return d < 2 and a * d ^ 3 - 5 * a * d ^ 2 + 8 * a * d - 4 * a or 0
end

-- The weight of element j (from 0) of `size` in element i of n.
local WEIGHT = {}
function WEIGHT.nearest(i, j, _, _, scale)
    return math.floor(i * scale) == j and 1 or 0
end
WEIGHT['nearest-exact'] = function(i, j, _, _, scale)
    return math.floor((i + 0.5) * scale) == j and 1 or 0
end
function WEIGHT.area(i, j, size, n)
    local from, to = math.floor(i * size / n), math.ceil((i + 1) * size / n)
    return j >= from and j < to and 1 / (to - from) or 0
end
function WEIGHT.linear(i, j, size, n, scale, aligned)
    local at = aligned and (n > 1 and i * (size - 1) / (n - 1) or 0) or (i + 0.5) * scale - 0.5
    return hat(math.min(math.max(at, 0), size - 1) - j)
end
function WEIGHT.bicubic(i, j, size, n, scale, aligned)
    local at = aligned and (n > 1 and i * (size - 1) / (n - 1) or 0) or (i + 0.5) * scale - 0.5
    local sum = 0
    for k = math.floor(at) - 1, math.floor(at) + 2 do -- beyond the ends lies what is there
        sum = sum + (math.min(math.max(k, 0), size - 1) == j and cubic(at - k) or 0)
    end
    return sum
end
WEIGHT.bilinear, WEIGHT.trilinear = WEIGHT.linear, WEIGHT.linear

local function resized(x, axis, n, scale, mode, aligned)
    local shape, size = { unpack(x.shape) }, x.shape[axis]
    shape[axis] = n
    return naive.build(shape, function(u)
        local sum, at = 0, { unpack(u) }
        for j = 0, size - 1 do
            at[axis] = j + 1
            sum = sum + naive.at(x, at) * WEIGHT[mode](u[axis] - 1, j, size, n, scale, aligned)
        end
        return sum
    end)
end

-- to: the sizes; factor: given instead of them.
local function case(shape, to, mode, aligned, factor)
    return {
        inputs = { shape },
        call = function(op, x)
            if factor then
                return op(x, { scale_factor = factor, mode = mode, align_corners = aligned })
            end
            return op(x, to, { mode = mode, align_corners = aligned })
        end,
        want = function(x)
            for d, n in ipairs(to) do
                local f = type(factor) == 'table' and factor[d] or factor
                x = resized(x, d + 2, n, f and 1 / f or shape[d + 2] / n, mode or 'nearest', aligned)
            end
            return x
        end,
    }
end

local cases = {
    case({ 2, 2, 3 }, { 7 }, 'linear'), case({ 1, 2, 5 }, { 3 }, 'linear', true),
    case({ 1, 1, 4 }, { 1 }, 'linear', true),
    case({ 2, 1, 4 }, { 6 }, 'linear', false, 1.5),
    case({ 1, 2, 3, 2 }, { 5, 4 }, 'bilinear'),
    case({ 1, 2, 3, 4 }, { 4, 2 }, 'bilinear', true), case({ 1, 1, 2, 3 }, { 4, 7 }, 'bilinear', nil, { 2, 2.5 }),
    case({ 1, 1, 4, 3 }, { 3, 5 }, 'bicubic'), case({ 1, 1, 3, 4 }, { 5, 2 }, 'bicubic', true),
    case({ 1, 1, 2, 3, 2 }, { 3, 2, 3 }, 'trilinear'), case({ 1, 2, 5, 3 }, { 2, 2 }, 'area'),
    case({ 2, 1, 6 }, { 4 }, 'area'),
}
for _, one in ipairs(cases) do
    function one.dtype(dtype)
        return dtype:find '^float' and dtype or nil
    end
end
for _, one in ipairs { case({ 2, 3, 3 }, { 7 }), case({ 1, 2, 5, 4 }, { 2, 9 }), case({ 1, 1, 2, 3, 2 }, { 4, 3, 1 }),
    case({ 1, 2, 5 }, { 3 }, 'nearest-exact'), case({ 1, 1, 4, 5 }, { 6, 7 }, 'nearest', nil, 1.5) } do
    cases[#cases + 1] = one -- of any dtype
end

return { interpolate = { domain = '-3..3', cases = cases } }
