-- tensors.lua: between the oracles' plain arrays and tenmo's tensors, in every layout; and comparing.

local naive = require 'spec.support.naive'
local tenmo = require 'tenmo'

local tensors = {}

-- Where make() puts its tensors.
tensors.device = 'cpu'

-- The devices that the op table is walked on: the second one where test.sh gives the specs one.
function tensors.devices()
    local second = os.getenv 'TENMO_PLUGINS' or os.getenv 'TENMO_CUDA_EMULATE'
    return { 'cpu', second and 'cuda' or nil }
end

tensors.DTYPES = { 'float32', 'float64', 'int64', 'int32', 'uint8', 'bool' }

function tensors.is_float(dtype)
    return dtype:find '^float' ~= nil
end

-- --- to tensors ---------------------------------------------------------------------------------------

local function contiguous(array, dtype)
    local list = {}
    for i = 1, naive.count(array.shape) do
        list[i] = array[i]
        if dtype == 'bool' then
            list[i] = array[i] ~= 0
        end
    end
    local options = { dtype = dtype, device = tensors.device }
    local flat = #list > 0 and tenmo.tensor(list, options) or tenmo.empty(0, options)
    return flat:reshape(array.shape)
end

local LAYOUTS = { contiguous = contiguous }

-- The first and the last axis exchanged in memory.
function LAYOUTS.transposed(array, dtype)
    local order = {}
    for axis = 1, #array.shape do
        order[axis] = axis
    end
    order[1], order[#order] = order[#order], order[1]
    return contiguous(naive.permute(array, order), dtype):transpose(1, -1)
end

-- Every second element along each axis of a larger tensor, whose others are 1.
function LAYOUTS.sliced(array, dtype)
    local shape, index = {}, {}
    for axis, size in ipairs(array.shape) do
        shape[axis] = 2 * size + 1
        index[axis] = size > 0 and { 2, 2 * size, 2 } or { 2, 1 }
    end
    local large = tenmo.full(shape, 1, { dtype = dtype, device = tensors.device })
    large[index] = contiguous(array, dtype)
    return large[index]
end

-- Axis 1 repeated: the array has to be the same along it.
function LAYOUTS.expanded(array, dtype)
    local shape = { unpack(array.shape) }
    shape[1] = 1
    return contiguous(naive.array(shape, array), dtype):expand(array.shape)
end

-- A tensor with the array's elements in that layout, or nil where the shape has no such layout.
function tensors.make(array, dtype, layout)
    layout = layout or 'contiguous'
    local rank = #array.shape
    if (layout == 'transposed' and rank < 2) or (layout ~= 'contiguous' and rank < 1)
        or (layout == 'expanded' and array.shape[1] == 0) then
        return nil
    end
    return LAYOUTS[layout](array, dtype)
end

-- Make the array fit a layout: expanded ones repeat their first slice.
function tensors.fit(array, layout)
    if layout == 'expanded' and #array.shape > 0 then
        local slice = #array / math.max(array.shape[1], 1)
        for i = slice + 1, #array do
            array[i] = array[i - slice]
        end
    end
    return array
end

-- --- from tensors ----------------------------------------------------------------------------------------

-- The elements in row-major order as plain numbers, bool as 0 and 1.
function tensors.flatten(x)
    local list = {}
    local function walk(t)
        if type(t) == 'table' then
            for _, part in ipairs(t) do
                walk(part)
            end
        else
            list[#list + 1] = t == true and 1 or t == false and 0 or t
        end
    end
    walk(x:totable())
    return list
end

function tensors.array(x)
    local list = tensors.flatten(x)
    list.shape = x.shape
    return list
end

-- --- drawing inputs from a row's domain ---------------------------------------------------------------------

-- Numbers are multiples of 1/1024, so that float32 holds them exactly.
local GRID = 1024

local function parse(word)
    local excluded = {}
    for c in word:gmatch '!(%-?[%d.]+)' do
        table.insert(excluded, tonumber(c))
    end
    local low, high = word:match '^(%-?%d+%.?%d*)%.%.(%-?%d+%.?%d*)'
    assert(low, "domain '" .. word .. "'")
    return tonumber(low), tonumber(high), excluded
end

-- The integers of a domain that a dtype can hold.
local function integers(low, high, excluded, dtype)
    if dtype == 'uint8' or dtype == 'bool' then
        low = math.max(low, 0)
    end
    if dtype == 'bool' then
        high = math.min(high, 1)
    end
    local list = {}
    for v = math.ceil(low), math.floor(high) do
        local bad = false
        for _, c in ipairs(excluded) do
            bad = bad or v == c
        end
        if not bad then
            list[#list + 1] = v
        end
    end
    return list
end

-- An array drawn from one word of a domain, or nil where that dtype has no such numbers.
function tensors.draw(shape, word, dtype, coarse)
    if word == 'bool' then
        return naive.array(shape, function()
            return math.random(0, 1)
        end)
    end
    local low, high, excluded = parse(word)
    if not tensors.is_float(dtype) then
        local list = integers(low, high, excluded, dtype)
        if #list == 0 then
            return nil
        end
        return naive.array(shape, function()
            return list[math.random(#list)]
        end)
    end
    local grid = coarse and 2 or GRID
    return naive.array(shape, function()
        local v, clear
        repeat
            v = math.floor((low + math.random() * (high - low)) * grid + 0.5) / grid
            clear = v >= low and v <= high
            for _, c in ipairs(excluded) do
                clear = clear and math.abs(v - c) > 0.05
            end
        until clear
        return v
    end)
end

function tensors.draw_ids(n, bound)
    return naive.array({ n }, function()
        return math.random(0, bound - 1)
    end)
end

-- --- comparing --------------------------------------------------------------------------------------------------

local function shape_text(shape)
    return '(' .. table.concat(shape, ', ') .. ')'
end

-- What an exact result looks like in a dtype.
local function stored(v, dtype)
    if dtype == 'bool' then
        return v ~= 0 and 1 or 0
    elseif dtype == 'uint8' then
        return v % 256
    end
    return v
end

-- Fails unless x has this array's shape and elements (nil: any); what says which case it is.
function tensors.expect(x, array, dtype, what, relative, absolute)
    if x.dtype ~= dtype then
        error(('%s: dtype is %s, expected %s'):format(what, x.dtype, dtype), 2)
    end
    if shape_text(x.shape) ~= shape_text(array.shape) then
        error(('%s: shape is %s, expected %s'):format(what, shape_text(x.shape), shape_text(array.shape)), 2)
    end
    local got = tensors.flatten(x)
    for i = 1, naive.count(array.shape) do
        local want, have = array[i] ~= nil and stored(array[i], dtype) or got[i], got[i]
        local same = have == want or (have ~= have and want ~= want)
        if not same and tensors.is_float(dtype) then
            same = math.abs(have - want) <= (absolute or 0) + (relative or 0) * math.abs(want)
        end
        if not same then
            error(('%s: element %d is %.17g, expected %.17g'):format(what, i, have, want), 2)
        end
    end
end

-- The same tensor values, bit for bit.
function tensors.same(a, b)
    if a.dtype ~= b.dtype or shape_text(a.shape) ~= shape_text(b.shape) then
        return false
    end
    local one, two = tensors.flatten(a), tensors.flatten(b)
    for i = 1, #one do
        if one[i] ~= two[i] and (one[i] == one[i] or two[i] == two[i]) then
            return false
        end
    end
    return true
end

-- The message that f fails with, without its "file:line: ".
function tensors.failure(f, ...)
    local ok, message = pcall(f, ...)
    if ok then
        error('expected an error', 2)
    end
    if type(message) ~= 'string' then
        error('expected a message, got ' .. tostring(message), 2)
    end
    return (message:gsub('^[^\n]-:%d+: ', '')), message
end

return tensors
