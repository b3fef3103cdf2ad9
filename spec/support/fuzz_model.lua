-- fuzz_model.lua: what a program of tensor ops must do, in plain Lua numbers. No tenmo here.
--
-- A variable is a view: `places` says where in its storage each element lies, in row-major order. A view is any
-- choice of places, and what a write through it changes needs no strides.
--
--     variable  shape, dtype, storage, places, view (made as a view), needs (a gradient), leaf (the number of one),
--               node, tangents
--     storage   the values by place; version; stale: a recorded write gave its tensor other bytes
--     node      parents, reads (storages and the versions that the op saw), freed
--
-- Gradients are held to derivatives along one random direction for each leaf. tangents[leaf] is how a variable moves
-- when that leaf moves along its direction: central differences of each op along its inputs' tangents, so what is
-- detached or computed without recording stands still, as it should.

local naive = require 'spec.support.naive'

local model = {}

local STEP = 2e-5
local UNSURE = 2e-7 -- by which derivatives from different steps may differ
local LARGEST, STEEPEST = 100, 200 -- beyond these a program says little about float32
local LARGEST_INTEGER = 1e6
local MOST = 1500 -- elements

function model.is_float(dtype)
    return dtype == 'float32' or dtype == 'float64'
end

local RANK = { bool = 1, uint8 = 2, int32 = 3, int64 = 4, float32 = 5, float64 = 6 }

-- A value as a dtype keeps it. float32 is not rounded: the engine's own bits take its place once they were compared.
local function stored(v, dtype)
    if dtype == 'bool' then
        return v ~= 0 and 1 or 0
    elseif dtype == 'uint8' then
        return v % 256
    end
    return v
end

-- A float that goes into an integer dtype loses its fraction.
function model.convert(v, from, to)
    if model.is_float(from) and not model.is_float(to) and to ~= 'bool' then
        v = v < 0 and math.ceil(v) or math.floor(v)
        return to == 'uint8' and math.min(math.max(v, 0), 255) or v
    end
    return stored(v, to)
end

-- --- variables ---------------------------------------------------------------------------------------------

function model.array(x)
    local a = { shape = x.shape, dtype = x.dtype }
    for p, place in ipairs(x.places) do
        a[p] = x.storage[place]
    end
    return a
end

local function counted(n)
    local places = {}
    for p = 1, n do
        places[p] = p
    end
    return places
end

-- A variable with bytes of its own.
function model.fresh(array, dtype)
    local storage = { version = 0 }
    for p = 1, naive.count(array.shape) do
        storage[p] = stored(array[p], dtype)
    end
    return { shape = array.shape, dtype = dtype, storage = storage, places = counted(#storage), tangents = {} }
end

-- Do several elements share a place?
function model.overlaps(x)
    local seen = {}
    for _, place in ipairs(x.places) do
        if seen[place] then
            return true
        end
        seen[place] = true
    end
    return false
end

function model.contiguous(x)
    for p, place in ipairs(x.places) do
        if place ~= x.places[1] + p - 1 then
            return false
        end
    end
    return true
end

-- Are these places what some strides give in this shape? Then a reshape is a view.
function model.strided(shape, places)
    if #places == 0 then
        return true
    end
    local step = {}
    for axis, size in ipairs(shape) do
        local index = {}
        for i = 1, #shape do
            index[i] = i == axis and size > 1 and 2 or 1
        end
        step[axis] = places[naive.position(shape, index)] - places[1]
    end
    for p, place in ipairs(places) do
        local sum = places[1]
        for axis, i in ipairs(naive.index(shape, p)) do
            sum = sum + (i - 1) * step[axis]
        end
        if sum ~= place then
            return false
        end
    end
    return true
end

-- --- dtypes of elementwise ops -----------------------------------------------------------------------------

-- Inputs are variables, or numbers, which are weak. Returns the result's dtype and whether integers are computed, or
-- nothing where the op is refused.
function model.promote(class, inputs)
    local common, fraction, number
    for i = class == 'SELECT' and 2 or 1, #inputs do
        local x = inputs[i]
        if type(x) == 'number' then
            number, fraction = true, fraction or x ~= math.floor(x)
        elseif not common or RANK[x.dtype] > RANK[common] then
            common = x.dtype
        end
    end
    if not common then
        common = fraction and 'float32' or 'int64'
    elseif not model.is_float(common) then
        common = fraction and 'float32' or number and common == 'bool' and 'int64' or common
    end
    if class == 'FLOAT' and not model.is_float(common) then
        common = 'float32'
    elseif (class == 'NUMBER' or class == 'INTEGER') and common == 'bool' then
        return nil
    elseif (class == 'BITS' or class == 'INTEGER') and model.is_float(common) then
        return nil
    end
    local out = (class == 'COMPARE' or class == 'LOGIC') and 'bool' or common
    return out, not model.is_float(common)
end

-- --- values and tangents -----------------------------------------------------------------------------------

function model.arrays(inputs)
    local arrays = {}
    for i, x in ipairs(inputs) do
        arrays[i] = type(x) == 'number' and { shape = {}, x } or model.array(x)
    end
    return arrays
end

-- Neither too many nor too large, and numbers?
function model.tame(array, dtype)
    if naive.count(array.shape) > MOST then
        return false
    end
    local limit = model.is_float(dtype) and LARGEST or LARGEST_INTEGER
    for p = 1, naive.count(array.shape) do
        if array[p] ~= array[p] or math.abs(array[p]) > limit then
            return false
        end
    end
    return true
end

-- The arrays moved by h along the tangents of a leaf.
local function moved(arrays, inputs, leaf, h)
    local list = {}
    for i, a in ipairs(arrays) do
        local t = type(inputs[i]) == 'table' and inputs[i].needs and inputs[i].tangents[leaf]
        list[i] = a
        if t then
            list[i] = { shape = a.shape, dtype = a.dtype }
            for p = 1, #a do
                list[i][p] = a[p] + h * t[p]
            end
        end
    end
    return list
end

local function steepest(inputs, leaf)
    local most = 0
    for _, x in ipairs(inputs) do
        for _, t in ipairs(type(x) == 'table' and x.needs and x.tangents[leaf] or {}) do
            most = math.max(most, math.abs(t))
        end
    end
    return most
end

-- The derivative of f along the tangents of a leaf; nothing where f has a corner, or its derivative one, as elu's at 0:
-- there steps of two sizes don't tell the same.
local function slope(f, arrays, inputs, leaf, middle)
    local most = steepest(inputs, leaf)
    local t = {}
    if most == 0 then
        for p = 1, #middle do
            t[p] = 0
        end
        return t
    end
    local h = STEP / most
    local above, below = f(moved(arrays, inputs, leaf, h)), f(moved(arrays, inputs, leaf, -h))
    local half_above, half_below = f(moved(arrays, inputs, leaf, h / 2)), f(moved(arrays, inputs, leaf, -h / 2))
    for p = 1, #middle do
        local coarse = (above[p] - below[p]) / (2 * h)
        t[p] = (half_above[p] - half_below[p]) / h
        -- how much the slope differs before and after, but for what a curve's bend makes of that, which halves with h
        local corner = (4 * (half_above[p] + half_below[p] - 2 * middle[p]) - (above[p] + below[p] - 2 * middle[p])) / h
        local sure = math.abs(t[p] - coarse) <= UNSURE * most and math.abs(corner) <= UNSURE * most
        if not sure or math.abs(t[p]) > STEEPEST then
            return nil
        end
    end
    return t
end

local function leaves_of(inputs)
    local leaves = {}
    for _, x in ipairs(inputs) do
        for leaf in pairs(type(x) == 'table' and x.needs and x.tangents or {}) do
            leaves[leaf] = true
        end
    end
    return leaves
end

function model.any_needs(inputs)
    for _, x in ipairs(inputs) do
        if type(x) == 'table' and x.needs then
            return true
        end
    end
    return false
end

local function node_of(inputs, y)
    local node = { parents = {}, reads = { { y.storage, y.storage.version } } }
    for _, x in ipairs(inputs) do
        if type(x) == 'table' then
            node.parents[#node.parents + 1] = x.node
            node.reads[#node.reads + 1] = { x.storage, x.storage.version }
        end
    end
    return node
end

-- y as the recorded result of f; false where f has a corner.
local function record(y, f, arrays, inputs)
    for leaf in pairs(leaves_of(inputs)) do
        y.tangents[leaf] = slope(f, arrays, inputs, leaf, model.array(y))
        if not y.tangents[leaf] then
            return false
        end
    end
    y.needs, y.node = true, node_of(inputs, y)
    return true
end

-- The result of f(arrays) -> array as a new variable, or nil where this program is not worth going on with.
-- how: dtype; view: the result shows the first input's bytes; recorded: tangents are wanted.
function model.apply(f, inputs, how)
    local arrays = model.arrays(inputs)
    local value = f(arrays)
    if not value or not model.tame(value, how.dtype) then
        return nil
    end
    local y
    if how.view then
        local places = { shape = inputs[1].shape, unpack(inputs[1].places) }
        local chosen = f { places }
        y = { shape = value.shape, dtype = how.dtype, storage = inputs[1].storage, places = chosen, view = true,
            tangents = {} }
        chosen.shape = nil
    else
        y = model.fresh(value, how.dtype)
    end
    if how.recorded and model.is_float(how.dtype) and model.any_needs(inputs)
        and not record(y, f, arrays, inputs) then
        return nil
    end
    return y
end

-- Values into x's places, as its dtype keeps them.
function model.write(x, array, dtype)
    for p, place in ipairs(x.places) do
        x.storage[place] = model.convert(array[p], dtype, x.dtype)
    end
    x.storage.version = x.storage.version + 1
end

-- --- backward ----------------------------------------------------------------------------------------------

-- Visits the nodes behind x, each once.
function model.walk(x, visit)
    local seen, list = {}, { x.node }
    while #list > 0 do
        local node = table.remove(list)
        if not seen[node] then
            seen[node] = true
            visit(node)
            for _, parent in ipairs(node.parents) do
                list[#list + 1] = parent
            end
        end
    end
end

-- 'freed' if an earlier walk used one of the nodes up; 'changed' if bytes that an op saw were written since, so that
-- backward may refuse; nil if it must do its work.
function model.trouble(x)
    local trouble
    model.walk(x, function(node)
        for _, read in ipairs(node.reads) do
            if read[1].version ~= read[2] then
                trouble = trouble or 'changed'
            end
        end
        trouble = node.freed and 'freed' or trouble
    end)
    return trouble
end

-- What a leaf's gradient times its direction gains, and the size of the terms.
function model.along(x, leaf, seed)
    local sum, size = 0, 0
    for p, t in ipairs(x.tangents[leaf] or {}) do
        sum, size = sum + seed[p] * t, size + math.abs(seed[p] * t)
    end
    return sum, size
end

return model
