-- row_oracles.lua: the oracles of rows that choose slices by ids, or add to them. structured_oracles.lua takes them in.
local naive = require 'spec.support.naive'

local oracles = {}

local function floats_only(dtype)
    return dtype:find '^float' and dtype or nil
end

local function index_select(shape, axis, n)
    return {
        inputs = { shape, { ids = shape[axis < 0 and axis + #shape + 1 or axis], n = n } },
        want = function(x, ids)
            local a, to = naive.axis(x, axis), {}
            for i, size in ipairs(shape) do
                to[i] = i == a and n or size
            end
            return naive.build(to, function(index)
                index[a] = ids[index[a]] + 1
                return naive.at(x, index)
            end)
        end,
        call = function(op, x, ids)
            return op(x, axis, ids)
        end,
    }
end

oracles.index_select = {
    cases = { index_select({ 5, 3 }, 1, 4), index_select({ 5, 3 }, -1, 7), index_select({ 2, 4, 3 }, 2, 5),
        index_select({ 6 }, 1, 3), index_select({ 5, 3 }, 1, 0) },
}

local function index_add(shape, axis, n, alpha)
    local source = {}
    for i, size in ipairs(shape) do
        source[i] = i == axis and n or size
    end
    return {
        inputs = { shape, { ids = shape[axis], n = n }, source },
        want = function(x, ids, from)
            local y = naive.array(shape, x)
            for p = 1, #from do
                local index = naive.index(source, p)
                index[axis] = ids[index[axis]] + 1
                local at = naive.position(shape, index)
                y[at] = y[at] + (alpha or 1) * from[p]
            end
            return y
        end,
        call = function(op, x, ids, from)
            return op(x, axis, ids, from, alpha and { alpha = alpha })
        end,
    }
end

-- One slice for all ids.
local function index_add_one(shape, n)
    local whole = index_add(shape, 1, n)
    local one = { select(2, unpack(shape)) }
    return {
        inputs = { shape, whole.inputs[2], one },
        want = function(x, ids, from)
            return whole.want(x, ids, naive.build(whole.inputs[3], function(index)
                return naive.at(from, { select(2, unpack(index)) })
            end))
        end,
        call = whole.call,
    }
end

oracles.index_add = {
    sums_bool = true, -- bool: true where any is
    cases = { index_add_one({ 5, 3 }, 4), index_add_one({ 4, 2, 3 }, 3), index_add_one({ 6 }, 5),
        index_add({ 5, 3 }, 1, 4), index_add({ 5, 3 }, 2, 7, 2), index_add({ 2, 4, 3 }, 2, 5),
        index_add({ 6 }, 1, 9), index_add({ 5, 3 }, 1, 0) },
}

-- Ids of `shape`, taken from a list; rows of a table of `words` rows.
local function embedding(shape, words, width, options)
    local n, to = naive.count(shape), { unpack(shape) }
    to[#to + 1] = width
    return {
        inputs = { { ids = words, n = n }, { words, width } },
        padding = options and options.padding_idx,
        want = function(ids, weight)
            return naive.build(to, function(index)
                local column = table.remove(index)
                return naive.at(weight, { ids[naive.position(shape, index)] + 1, column })
            end)
        end,
        call = function(op, ids, weight)
            return op(ids:reshape(shape), weight, options)
        end,
    }
end

oracles.embedding = {
    cases = { embedding({ 4 }, 5, 3), embedding({ 2, 3 }, 5, 2), embedding({}, 4, 3), embedding({ 0 }, 4, 3),
        embedding({ 9 }, 3, 2, { sparse = true }), embedding({ 2, 2, 2 }, 6, 1), embedding({ 70 }, 40, 17) },
}

-- Bags begin at `starts` (0-based), or are the rows of ids (starts a number of bags).
local function embedding_bag(n, words, width, starts, mode, sparse)
    local bags = type(starts) == 'table' and #starts or starts
    local function first(bag)
        return type(starts) == 'table' and (starts[bag] or n) or (bag - 1) * n / bags
    end
    return {
        inputs = { { ids = words, n = n }, { words, width } },
        want = function(ids, weight)
            return naive.build({ bags, width }, function(index)
                local list = {}
                for i = first(index[1]) + 1, first(index[1] + 1) do
                    list[#list + 1] = naive.at(weight, { ids[i] + 1, index[2] })
                end
                if #list == 0 then
                    return 0
                elseif mode == 'max' then
                    return math.max(unpack(list))
                end
                return naive.total(list) / (mode == 'sum' and 1 or #list)
            end)
        end,
        call = function(op, ids, weight)
            if type(starts) == 'table' then
                return op(ids, weight, require 'tenmo'.ids(starts):to(weight.device), { mode = mode, sparse = sparse })
            end
            return op(ids:reshape(bags, n / bags), weight, { mode = mode, sparse = sparse })
        end,
    }
end

oracles.embedding_bag = {
    dtype = floats_only,
    cases = { embedding_bag(6, 5, 3, 2), embedding_bag(7, 5, 2, { 0, 2, 2, 6 }),
        embedding_bag(7, 4, 3, { 0, 3 }, 'sum', true), embedding_bag(7, 9, 2, { 0, 0, 3 }, 'max'),
        embedding_bag(0, 4, 2, { 0, 0 }), embedding_bag(80, 40, 17, 8, 'mean', true) },
}

local function gather_normalize(shape, n, mean, std)
    local pick = index_select(shape, 1, n)
    return {
        inputs = pick.inputs,
        want = function(x, ids)
            return naive.map(function(v)
                return (v - (mean or 0)) / (std or 1)
            end, pick.want(x, ids))
        end,
        call = function(op, x, ids)
            return op(x, ids, mean and { mean = mean, std = std })
        end,
    }
end

oracles.gather_normalize = {
    dtype = function()
        return 'float32'
    end,
    cases = { gather_normalize({ 5, 3 }, 4, 100, 50), gather_normalize({ 5, 2, 3 }, 7),
        gather_normalize({ 3, 300 }, 2, 33, 78), gather_normalize({ 4 }, 3, 1, 2) },
}

return oracles
