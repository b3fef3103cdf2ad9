-- fuzz_tensors.lua: the tensors of random programs, new ones from literals and those that are there. fuzz_program.lua
-- says what a step is.

local calls = require 'spec.support.fuzz_calls'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'

local chance, one_of = calls.chance, calls.one_of
local random = math.random
local tensors = {}

-- --- tensors from literals ---------------------------------------------------------------------------------

local function nested(array, axis, first, count)
    if axis > #array.shape then
        local v = array[first]
        return array.dtype == 'bool' and tostring(v ~= 0) or ('%.17g'):format(v)
    end
    local parts, size = {}, count / array.shape[axis]
    for i = 1, array.shape[axis] do
        parts[i] = nested(array, axis + 1, first + (i - 1) * size, size)
    end
    return '{ ' .. table.concat(parts, ', ') .. ' }'
end

function tensors.literal(array, leaf)
    local options = ("dtype = '%s'%s"):format(array.dtype, leaf and ', requires_grad = true' or '')
    local n = naive.count(array.shape)
    if n == 0 then
        return ('tenmo.zeros({ %s }, { %s })'):format(table.concat(array.shape, ', '), options)
    end
    return ('tenmo.tensor(%s, { %s })'):format(nested(array, 1, 1, n), options)
end

function tensors.random_value(dtype, low, high)
    if model.is_float(dtype) then
        return math.floor((low + random() * (high - low)) * 1024) / 1024
    elseif dtype == 'bool' or dtype == 'uint8' and high < 0 then -- a domain that has no such numbers
        return random(0, 1)
    end
    low, high = math.ceil(dtype == 'uint8' and math.max(low, 0) or low), math.floor(high)
    return high < low and high or random(low, high)
end

-- A step that makes variable n: a constant, or a leaf with a direction of its own.
function tensors.making(n, shape, dtype, leaf, low, high)
    local array, direction = { shape = shape, dtype = dtype }, {}
    for p = 1, naive.count(shape) do
        array[p] = tensors.random_value(dtype, low or -3, high or 3)
        direction[p] = (0.5 + random()) * (chance(0.5) and 1 or -1)
    end
    return {
        text = ('v[%d] = %s'):format(n, tensors.literal(array, leaf)), out = n, uses = {}, coarse = dtype == 'float32',
        apply = function(state)
            local x = model.fresh(array, dtype)
            if leaf then
                x.needs, x.leaf, x.tangents = true, n, { [n] = direction }
                state.leaves[#state.leaves + 1], state.gained[n] = n, { sum = 0, size = 0 }
            end
            state.v[n] = x
            return 'ok', n
        end,
    }
end

function tensors.random_shape()
    local shape = {}
    if chance(0.02) then
        return chance(0.5) and { random(250, 600) } or { 2, random(250, 310) }
    end
    for axis = 1, random(0, 3) do
        shape[axis] = chance(0.06) and 0 or random(1, 4)
    end
    return shape
end

-- --- choosing what is there --------------------------------------------------------------------------------

-- A step list under construction: `made` new variables come first.
function tensors.context(state, n)
    local c = { state = state, n = n, made = {}, v = {} }
    for k, x in pairs(state.v) do
        c.v[#c.v + 1] = k
        c[k] = x
    end
    table.sort(c.v)
    function c.new(shape, dtype, low, high)
        c.n = c.n + 1
        local leaf = model.is_float(dtype) and chance(0.2)
        local step = tensors.making(c.n, shape, dtype, leaf, low, high)
        c.made[#c.made + 1] = step
        local mock = { v = {}, leaves = {}, gained = {} }
        step.apply(mock)
        mock.v[c.n].n = c.n
        return mock.v[c.n]
    end
    return c
end

function tensors.numbered(c, k)
    local x = c.state.v[k]
    return setmetatable({ n = k }, { __index = x })
end

function tensors.alike(x, shape, dtype)
    return x.dtype == dtype and table.concat(x.shape, ',') == table.concat(shape, ',')
end

-- What structured ops draw their other inputs with.
function tensors.drawer(c)
    local draw = {}
    function draw.other(shape, dtype)
        local fitting = {}
        for _, k in ipairs(c.v) do
            if tensors.alike(c.state.v[k], shape, dtype) then
                fitting[#fitting + 1] = k
            end
        end
        return #fitting > 0 and chance(0.6) and tensors.numbered(c, one_of(fitting)) or c.new(shape, dtype)
    end
    function draw.ids(shape, bound)
        return c.new(shape, 'int64', 0, chance(0.02) and bound or bound - 1)
    end
    return draw
end

return tensors
