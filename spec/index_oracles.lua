-- index_oracles.lua: rows and compositions that choose and put by ids and masks, and that follow from order, as loops
-- over lists. Merged into oracles.lua (rows) and composition_oracles.lua (compositions).
local naive = require 'spec.support.naive'

local rows, compositions = {}, {}

local function always(dtype)
    return function()
        return dtype
    end
end
local function floats(dtype)
    return dtype:find '^float' and dtype or nil
end

-- A case: inputs, then the call and what it must give.
local function case(inputs, call, want)
    return { inputs = inputs, call = call, want = want }
end
local function oracle(cases, more)
    local o = { domain = '-3..3', cases = cases }
    for key, value in pairs(more or {}) do
        o[key] = value
    end
    return o
end

-- Ids of a shape; a mask is the ids 0 and 1 of one, compared with 1.
local function ids_of(shape, bound)
    return { ids = bound, n = naive.count(shape) }
end
local function mask_of(ids, shape)
    return ids:reshape(shape):eq(1)
end

-- The elements of a whose index passes, one after another.
local function those(a, passes)
    local list, indices = {}, {}
    for p = 1, #a do
        local index = naive.index(a.shape, p)
        if passes(a[p], index, p) then
            list[#list + 1], indices[#indices + 1] = a[p], index
        end
    end
    return list, indices
end

-- --- nonzero ------------------------------------------------------------------------------------------------------

local function above(v)
    return v > 0
end
local function rows_of(x)
    local _, indices = those(x, above)
    return naive.build({ #indices, #x.shape }, function(at)
        return indices[at[1]][at[2]] - 1
    end)
end
local function ids_in_order(x)
    local y = { shape = { 0 } }
    those(x, function(v, _, p)
        if v > 0 then
            y[#y + 1] = p - 1
            y.shape[1] = #y
        end
    end)
    return y
end
local function found(shape, flat)
    return case({ shape }, function(op, x)
        return op(x:gt(0):to(x.dtype), flat and { flat = true } or nil)
    end, flat and ids_in_order or rows_of)
end
rows.nonzero = { dtype = always 'int64', cases = { found { 3, 4 }, found { 2, 3, 4 }, found { 7 }, found { 0, 4 },
    found {}, found({ 3, 4 }, true), found({ 300 }, true), found({ 90, 100 }, true), found({ 0 }, true) } }
compositions.argwhere = oracle({ found { 3, 4 }, found { 5 } }, { dtype = always 'int64', differentiable = false })

compositions.where = oracle({
    case({ { 3, 4 } }, function(op, x)
        local first, second = op(x:gt(0))
        return require 'tenmo'.stack({ first, second }, 2)
    end, rows_of),
    case({ { 3 }, { 2, 3 } }, function(op, x, other)
        return op(x:ge(-100), x, other) -- the row's own work is table_spec's business
    end, function(x)
        return naive.build({ 2, 3 }, function(index) return x[index[2]] end)
    end),
}, { differentiable = false })
compositions.where.cases[1].dtype = 'int64'

-- --- slices by id --------------------------------------------------------------------------------------------------

-- source(...) is the value of an element of a slice; combine(old, new) what becomes of it.
local function put_slices(shape, axis, n, call, combine, value)
    local from = { unpack(shape) }
    from[axis] = n
    return case({ shape, { ids = shape[axis], n = n }, not value and from or nil }, call, function(x, ids, source)
        local y = naive.array(shape, x)
        for p = 1, naive.count(from) do
            local index = naive.index(from, p)
            local new = value or source[p]
            index[axis] = ids[index[axis]] + 1
            local at = naive.position(shape, index)
            y[at] = combine and combine(y[at], new) or new
        end
        return y
    end)
end
local function plus(a, b)
    return a + b
end

local function copied(shape, axis, n)
    return put_slices(shape, axis, n, function(op, x, ids, source)
        return op(x, axis, ids, source)
    end)
end
rows.index_copy = { cases = { copied({ 5, 3 }, 1, 4), copied({ 5, 3 }, 2, 7), copied({ 2, 4, 3 }, 2, 3),
    copied({ 6 }, 1, 9), copied({ 5, 3 }, 1, 0), copied({ 300 }, 1, 270) } }

local function filled(shape, axis, n)
    return put_slices(shape, axis, n, function(op, x, ids)
        return op(x, axis, ids, 1)
    end, nil, 1)
end
compositions.index_fill = oracle { filled({ 5, 3 }, 1, 4), filled({ 2, 4, 3 }, 2, 3), filled({ 6 }, 1, 2) }

-- --- x[...] --------------------------------------------------------------------------------------------------------
-- masks_spec.lua walks many more forms of an index.

local function get(shape, ids_shape)
    local to = { unpack(ids_shape) }
    for i = 2, #shape do
        to[#to + 1] = shape[i]
    end
    return case({ shape, ids_of(ids_shape, shape[1]) }, function(op, x, ids)
        return op(x, ids:reshape(ids_shape))
    end, function(x, ids)
        return naive.build(to, function(index)
            local at, from = {}, {}
            for i = 1, #ids_shape do
                at[i] = index[i]
            end
            from[1] = ids[naive.position(ids_shape, at)] + 1
            for i = 2, #shape do
                from[i] = index[#ids_shape + i - 1]
            end
            return naive.at(x, from)
        end)
    end)
end
compositions.index_get = oracle { get({ 5, 3 }, { 4 }), get({ 5 }, { 2, 3 }), get({ 3, 4, 2 }, {}),
    get({ 5, 3 }, { 0 }) }

local function put(shape, n, accumulate)
    return put_slices(shape, 1, n, function(op, x, ids, source)
        return op(x, ids, source, { accumulate = accumulate })
    end, accumulate and plus or nil)
end
compositions.index_put = oracle({ put({ 5, 3 }, 4), put({ 5, 3 }, 7, true), put({ 6 }, 3), put({ 2, 2, 3 }, 2, true) })

-- --- masks ---------------------------------------------------------------------------------------------------------

local function masked(shape, mask_shape, call, want)
    return case({ shape, ids_of(mask_shape, 2) }, function(op, x, ids, ...)
        return call(op, x, mask_of(ids, mask_shape), ...)
    end, function(x, ids, ...)
        local mask = naive.reshape(ids, mask_shape)
        return want(x, naive.map(function(v) return v end, naive.build(naive.broadcast_shape(x, mask), function(index)
            return naive.broadcast_at(mask, index)
        end)), ...)
    end)
end
local function selected(shape, mask_shape)
    return masked(shape, mask_shape, function(op, x, mask)
        return op(x, mask)
    end, function(x, mask)
        local list = those(naive.build(mask.shape, function(index)
            return naive.broadcast_at(x, index)
        end), function(_, index)
            return naive.at(mask, index) == 1
        end)
        return naive.array({ #list }, list)
    end)
end
compositions.masked_select = oracle { selected({ 3, 4 }, { 3, 4 }), selected({ 3, 4 }, { 4 }),
    selected({ 4 }, { 3, 1 }), selected({ 0, 4 }, { 0, 4 }), selected({ 300 }, { 300 }) }

local function spread(shape, mask_shape, n)
    local one = masked(shape, mask_shape, function(op, x, mask, source)
        return op(x, mask, source)
    end, function(x, mask, source)
        local k = 0
        return naive.build(shape, function(index)
            if naive.at(mask, index) ~= 1 then
                return naive.at(x, index)
            end
            k = k + 1
            return source[k]
        end)
    end)
    one.inputs[3] = n
    return one
end
compositions.masked_scatter = oracle { spread({ 3, 4 }, { 3, 4 }, { 12 }), spread({ 3, 4 }, { 4 }, { 4, 4 }),
    spread({ 5 }, { 5 }, { 6 }) }

-- --- elements by id -------------------------------------------------------------------------------------------------

local function taken(shape, ids_shape, call)
    return case({ shape, ids_of(ids_shape, naive.count(shape)) }, function(op, x, ids)
        return op(x, ids:reshape(ids_shape))
    end, function(x, ids)
        return naive.build(call or ids_shape, function(index)
            return x[ids[naive.position(call or ids_shape, index)] + 1]
        end)
    end)
end
compositions.take = oracle { taken({ 3, 4 }, { 5 }), taken({ 5 }, { 2, 3 }), taken({ 2, 3 }, {}),
    taken({ 2, 3 }, { 0 }) }

local function placed(shape, ids_shape, accumulate)
    return case({ shape, ids_of(ids_shape, naive.count(shape)), ids_shape }, function(op, x, ids, source)
        return op(x, ids:reshape(ids_shape), source, { accumulate = accumulate })
    end, function(x, ids, source)
        local y = naive.array(shape, x)
        for p = 1, #ids do
            y[ids[p] + 1] = accumulate and y[ids[p] + 1] + source[p] or source[p]
        end
        return y
    end)
end
compositions.put = oracle { placed({ 3, 4 }, { 5 }, true), placed({ 6 }, { 2, 3 }, true), placed({ 30, 4 }, { 1 }) }

compositions.take_along_dim = oracle { taken({ 3, 4 }, { 2, 2 }, { 4 }),
    case({ { 3, 4 }, ids_of({ 3, 2 }, 4) }, function(op, x, ids)
        return op(x, ids:reshape(3, 2), -1)
    end, function(x, ids)
        return naive.build({ 3, 2 }, function(index)
            return naive.at(x, { index[1], ids[naive.position({ 3, 2 }, index)] + 1 })
        end)
    end),
    case({ { 3, 4 }, ids_of({ 2, 1 }, 3) }, function(op, x, ids)
        return op(x, ids:reshape(2, 1), 1)
    end, function(x, ids)
        return naive.build({ 2, 4 }, function(index)
            return naive.at(x, { ids[index[1]] + 1, index[2] })
        end)
    end) }

local function scattered(shape, axis, ids_shape, combine, number)
    return case({ shape, ids_of(ids_shape, shape[axis]), not number and ids_shape or nil }, function(op, x, ids, source)
        return op(x, axis, ids:reshape(ids_shape), number or source)
    end, function(x, ids, source)
        local y = naive.array(shape, x)
        for p = 1, naive.count(ids_shape) do
            local index = naive.index(ids_shape, p)
            index[axis] = ids[p] + 1
            local at = naive.position(shape, index)
            y[at] = combine(y[at], number or source[p])
        end
        return y
    end)
end
local function second(_, b)
    return b
end
-- (what is put twice: lines_oracles.lua says it of scatter_reduce)
compositions.scatter = oracle { scattered({ 3, 4 }, 1, { 1, 4 }, second), scattered({ 3, 4 }, 2, { 3, 1 }, second),
    scattered({ 3, 4 }, 2, { 3, 2 }, second, 2), scattered({ 4 }, 1, { 6 }, second, 1) }
compositions.scatter_add = oracle { scattered({ 3, 4 }, 1, { 5, 4 }, plus), scattered({ 4 }, 1, { 6 }, plus),
    put_slices({ 5, 3 }, 1, 4, function(op, x, ids, source) return op(x, 1, ids, source) end, plus),
    case({ { 4, 3 }, ids_of({ 5 }, 4), { 3 } }, function(op, x, ids, source)
        return op(x, 1, ids, source)
    end, function(x, ids, source)
        local y = naive.array({ 4, 3 }, x)
        for _, id in ipairs(ids) do
            for j = 1, 3 do
                y[id * 3 + j] = y[id * 3 + j] + source[j]
            end
        end
        return y
    end) }

-- --- places in sorted lines -----------------------------------------------------------------------------------------

-- How many of a line are below v: a count, no search.
local function below(line, v, right)
    local n = 0
    for _, one in ipairs(line) do
        n = n + ((one < v or right and one == v) and 1 or 0)
    end
    return n
end
local function line_of(a, index)
    local line, at = {}, { unpack(index) }
    for i = 1, a.shape[#a.shape] do
        at[#a.shape] = i
        line[i] = naive.at(a, at)
    end
    return line
end
local function searched(sorted, values, right)
    return case({ sorted, values }, function(op, line, v)
        return op(line:sort(), v, { right = right })
    end, function(lines, v)
        return naive.build(values, function(index)
            return below(#sorted == 1 and lines or line_of(lines, index), naive.at(v, index), right)
        end)
    end)
end
rows.searchsorted = { ties = true, dtype = always 'int64', cases = { searched({ 6 }, { 5 }),
    searched({ 6 }, { 2, 3 }, true), searched({ 2, 5 }, { 2, 3 }), searched({ 2, 3, 4 }, { 2, 3, 2 }, true),
    searched({ 1 }, {}), searched({ 0 }, { 3 }), searched({ 100 }, { 90 }), searched({ 3 }, { 0, 2 }) } }
compositions.bucketize = oracle({
    case({ { 2, 5 }, { 4 } }, function(op, x, boundaries)
        return op(x, (boundaries:sort()), { right = true })
    end, function(x, boundaries)
        return naive.map(function(v) return below(boundaries, v, true) end, x)
    end),
}, { dtype = always 'int64', differentiable = false })

-- --- order --------------------------------------------------------------------------------------------------------

-- Positions in the order of their values, stable: an insertion.
local function order(line)
    local places = {}
    for i, v in ipairs(line) do
        local at = #places + 1
        while at > 1 and line[places[at - 1]] > v do
            at = at - 1
        end
        table.insert(places, at, i)
    end
    return places
end

-- choose(line) gives the position of the chosen element; whole: of all, without ids.
local function chosen(shape, axis, keepdim, choose, call)
    return case({ shape }, call, function(x)
        local function pick(f)
            return naive.reduce(x, axis and { axis }, keepdim or false, function(line)
                return f(line, choose(line))
            end)
        end
        local values = pick(function(line, i) return line[i] end)
        if not axis and #shape > 0 then
            return values
        end
        return values, pick(function(_, i) return i - 1 end)
    end)
end
local function middle(line)
    return order(line)[math.floor((#line + 1) / 2)]
end
local function medians()
    return oracle({
        chosen({ 3, 4 }, nil, nil, middle, function(op, x) return (op(x)) end),
        chosen({ 3, 4 }, -1, nil, middle, function(op, x) return op(x, -1) end),
        chosen({ 3, 4 }, 1, true, middle, function(op, x) return op(x, 1, true) end),
        chosen({ 2, 3, 4 }, 2, nil, middle, function(op, x) return op(x, 2) end),
        chosen({}, nil, nil, middle, function(op, x) return op(x) end),
    }, { ties = true, dtype = function(dtype) return dtype ~= 'bool' and dtype or 'bool' end })
end
compositions.median, compositions.nanmedian = medians(), medians()

local function kth(k)
    return function(line)
        return order(line)[k]
    end
end
compositions.kthvalue = oracle({
    chosen({ 3, 4 }, -1, nil, kth(2), function(op, x) return op(x, 2) end),
    chosen({ 3, 4 }, 1, true, kth(3), function(op, x) return op(x, 3, { axis = 1, keepdim = true }) end),
    chosen({ 2, 40 }, -1, nil, kth(2), function(op, x) return op(x, 2) end),
    chosen({}, nil, nil, kth(1), function(op, x) return op(x, 1) end),
}, { ties = true })

local function most_frequent(line)
    local best, best_n
    for _, i in ipairs(order(line)) do
        local n, last = 0, nil
        for k, v in ipairs(line) do
            if v == line[i] then
                n, last = n + 1, k
            end
        end
        if not best or n > best_n then
            best, best_n = last, n
        end
    end
    return best
end
-- (the integers of the domain repeat; floats hardly do)
compositions.mode = oracle({
    chosen({ 3, 4 }, -1, nil, most_frequent, function(op, x) return op(x) end),
    chosen({ 4, 2 }, 1, true, most_frequent, function(op, x) return op(x, 1, true) end),
    chosen({ 3, 1 }, -1, nil, most_frequent, function(op, x) return op(x) end),
}, { ties = true })

compositions.argsort = oracle({
    case({ { 3, 4 } }, function(op, x) return op(x) end, function(x)
        return naive.along(x, -1, function(line)
            local places = order(line)
            for i, p in ipairs(places) do
                places[i] = p - 1
            end
            return places
        end)
    end),
}, { dtype = always 'int64', differentiable = false })
compositions.msort = oracle({
    case({ { 4, 3 } }, function(op, x) return op(x) end, function(x)
        return naive.along(x, 1, function(line)
            local values = {}
            for i, p in ipairs(order(line)) do
                values[i] = line[p]
            end
            return values
        end)
    end),
}, { ties = true })

-- --- quantiles -----------------------------------------------------------------------------------------------------

local function at_part(q, how)
    return function(line)
        local sorted = {}
        for i, p in ipairs(order(line)) do
            sorted[i] = line[p]
        end
        local at = q * (#line - 1) + 1
        local low, high = math.floor(at), math.ceil(at)
        if how == 'lower' then
            return sorted[low]
        elseif how == 'higher' then
            return sorted[high]
        elseif how == 'midpoint' then
            return (sorted[low] + sorted[high]) / 2
        elseif how == 'nearest' then
            return sorted[at - low < 0.5 and low or high]
        end
        return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
    end
end
local function quantiles(shape, q, axis, keepdim, how)
    return case({ shape }, function(op, x)
        return op(x, q, { axis = axis, keepdim = keepdim, interpolation = how })
    end, function(x)
        return naive.reduce(x, axis and { axis }, keepdim or false, at_part(q, how))
    end)
end
-- Of 4 numbers, with q between the second and the third, where it has a gradient.
local function parts_of(q)
    return 0.5 + 0.04 * q
end
local quantile_cases = { quantiles({ 3, 4 }, 0.3), quantiles({ 3, 4 }, 0.5, -1),
    case({ { 2, 4 }, { 3 } }, function(op, x, q)
        return op(x, parts_of(q), -1)
    end, function(x, q)
        local y = {}
        for i = 1, 3 do
            local at = naive.reduce(x, { -1 }, false, at_part(parts_of(q[i])))
            y[#y + 1], y[#y + 2] = at[1], at[2]
        end
        return naive.array({ 3, 2 }, y)
    end),
    quantiles({ 4, 3 }, 1, 1, true),
    quantiles({ 3, 4 }, 0.6, nil, true, 'lower'), quantiles({ 7 }, 0.21, 1, nil, 'higher'),
    quantiles({ 7 }, 0.4, 1, nil, 'midpoint'), quantiles({ 7 }, 0.7, 1, nil, 'nearest'),
    case({ { 2, 5 } }, function(op, x)
        return op(x, require 'tenmo'.tensor({ 0.25, 0.5 }, { dtype = 'float64' }), -1)
    end, function(x)
        local first, other = naive.reduce(x, { -1 }, false, at_part(0.25)), naive.reduce(x, { -1 }, false, at_part(0.5))
        return naive.array({ 2, 2 }, { first[1], first[2], other[1], other[2] })
    end),
}
compositions.quantile = oracle(quantile_cases, { ties = true, dtype = floats })
compositions.nanquantile = oracle(quantile_cases, { ties = true, dtype = floats })

-- --- what differs, and counts ---------------------------------------------------------------------------------------

local function different(x)
    local list = {}
    for _, p in ipairs(order(x)) do
        if x[p] ~= list[#list] then
            list[#list + 1] = x[p]
        end
    end
    return naive.array({ #list }, list)
end
local function place(list, v)
    for i, one in ipairs(list) do
        if one == v then
            return i
        end
    end
end
local function unique(call, want, dtype)
    local one = case({ { 4, 5 } }, call, want)
    one.dtype = dtype
    return one
end
compositions.unique = oracle({
    unique(function(op, x) return (op(x)) end, different),
    unique(function(op, x) return (select(2, op(x, true))) end, function(x)
        local list = different(x)
        return naive.map(function(v) return place(list, v) - 1 end, x)
    end, 'int64'),
    unique(function(op, x) return (select(2, op(x, false, true))) end, function(x)
        return naive.map(function(v)
            local n = 0
            for _, one in ipairs(x) do
                n = n + (one == v and 1 or 0)
            end
            return n
        end, different(x))
    end, 'int64'),
}, { differentiable = false })

-- Slices of 0s and 1s along an axis of (n, m), so that some are equal: as texts, in the order in which they come.
local function bits(x, axis)
    local list = {}
    for k = 1, x.shape[axis] do
        local text = {}
        for other = 1, x.shape[3 - axis] do
            text[other] = naive.at(x, axis == 1 and { k, other } or { other, k }) > 0 and '1' or '0'
        end
        list[k] = table.concat(text)
    end
    return list
end

-- The texts as slices again.
local function slices(list, width, axis)
    return naive.build(axis == 1 and { #list, width } or { width, #list }, function(index)
        return tonumber(list[index[axis]]:sub(index[3 - axis], index[3 - axis]))
    end)
end

-- Each text once, as it comes or only where it differs from the one before; then for each its place, and how many.
local function distinct(list, sorted, consecutive)
    local all, at, counts = {}, {}, {}
    for _, text in ipairs(list) do
        local known = place(all, text)
        if consecutive then
            known = all[#all] == text and #all
        end
        all[known or #all + 1] = text
    end
    if sorted then
        table.sort(all)
    end
    local k = 0
    for i, text in ipairs(list) do
        k = consecutive and (i > 1 and list[i - 1] == text and k or k + 1) or place(all, text)
        at[i], counts[k] = k - 1, (counts[k] or 0) + 1
    end
    return all, naive.array({ #at }, at), naive.array({ #all }, counts)
end

-- which: 1 the slices, 2 places, 3 counts
local function rows_case(shape, axis, which, sorted, consecutive)
    local one = case({ shape }, function(op, x)
        local options = { axis = axis, return_inverse = which == 2, return_counts = which == 3 }
        if not consecutive then
            options.sorted = sorted
        end
        return (select(math.min(which, 2), op(x:gt(0):long(), options)))
    end, function(x)
        local list = bits(x, axis)
        local parts = { distinct(list, sorted, consecutive) }
        return which == 1 and slices(parts[1], shape[3 - axis], axis) or parts[which]
    end)
    one.dtype = 'int64'
    return one
end
compositions.unique_consecutive = oracle({}, { differentiable = false })
for which = 1, 3 do
    table.insert(compositions.unique.cases, rows_case({ 9, 2 }, 1, which, true))
    table.insert(compositions.unique.cases, rows_case({ 3, 20 }, 2, which, false))
    table.insert(compositions.unique_consecutive.cases, rows_case({ 30, 1 }, 1, which, false, true))
    table.insert(compositions.unique_consecutive.cases, rows_case({ 2, 12 }, 2, which, false, true))
end

local function counted(n, bound, minlength, weighted)
    local one = case({ { ids = bound, n = n }, weighted and { n } or nil }, function(op, ids, weights)
        return op(ids, weights and weights:double() or nil, { minlength = minlength })
    end, function(ids, weights)
        local y = { shape = { minlength } }
        for i = 1, minlength do
            y[i] = 0
        end
        for i, id in ipairs(ids) do
            y[id + 1] = y[id + 1] + (weights and weights[i] or 1)
        end
        return y
    end)
    one.dtype = weighted and 'float64' or 'int64'
    return one
end
compositions.bincount = oracle({ counted(9, 5, 7), counted(0, 5, 5), counted(300, 40, 40), counted(9, 5, 5, true) })

compositions.histc = oracle({
    case({ { 40 } }, function(op, x) return op(x, 6, -3.25, 3) end, function(x)
        local y = naive.array({ 6 }, { 0, 0, 0, 0, 0, 0 })
        for _, v in ipairs(x) do
            for k = 1, 6 do
                local from, to = -3.25 + (k - 1) * 6.25 / 6, -3.25 + k * 6.25 / 6
                y[k] = y[k] + (v >= from and (v < to or k == 6 and v <= 3) and 1 or 0)
            end
        end
        return y
    end),
}, { dtype = floats, differentiable = false })

return { rows = rows, compositions = compositions }
