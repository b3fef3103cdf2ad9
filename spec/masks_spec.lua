-- masks_spec.lua: x[...] where ids and masks stand in the index, read and written, against loops; and what it refuses.
local assert = require 'luassert'
local naive = require 'spec.support.naive'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

-- --- an index in plain Lua ----------------------------------------------------------------------------------------

local function ids(...)
    return { ids = naive.array({ select('#', ...) }, { ... }) }
end
local function table_of(shape, ...)
    return { ids = naive.array(shape, { ... }) }
end
local function mask(shape, ...)
    return { mask = naive.array(shape, { ... }) }
end

-- For each axis of x: keep (a list of positions that stay an axis), drop (a position), or chosen by tensor number k.
local function axes_of(shape, entries)
    local axes, chosen = {}, {}
    local function add(axis)
        axes[#axes + 1] = axis
    end
    for _, entry in ipairs(entries) do
        local size = shape[#axes + 1]
        if type(entry) == 'number' then
            add { drop = entry < 0 and entry + size + 1 or entry }
        elseif entry.ids then
            chosen[#chosen + 1] = entry.ids
            add { chosen = #chosen }
        elseif entry.mask then
            local lists, rank = {}, #entry.mask.shape
            for axis = 1, rank do
                lists[axis] = { shape = { 0 } }
            end
            for p, v in ipairs(entry.mask) do
                for axis, i in ipairs(v == 1 and naive.index(entry.mask.shape, p) or {}) do
                    table.insert(lists[axis], i - 1)
                    lists[axis].shape[1] = #lists[axis]
                end
            end
            for axis = 1, rank do
                chosen[#chosen + 1] = lists[axis]
                add { chosen = #chosen }
            end
        else
            local keep = {}
            for i = entry[1] or 1, entry[2] or entry[1] or size, entry[3] or 1 do
                keep[#keep + 1] = i
            end
            add { keep = keep }
        end
    end
    while #axes < #shape do
        local keep = {}
        for i = 1, shape[#axes + 1] do
            keep[i] = i
        end
        add { keep = keep }
    end
    return axes, chosen
end

-- The shape of what is selected, and where in x its element at an index lies. What tensors choose stands where they
-- stand, or in front if axes that stay lie between them.
local function selection(shape, entries)
    local axes, chosen = axes_of(shape, entries)
    local block = naive.broadcast_shape(unpack(chosen))
    local front, first, ended = false, nil, false
    local kept = {}
    for _, axis in ipairs(axes) do
        if axis.chosen then
            front, first = front or ended, first or #kept
        elseif axis.keep then
            kept[#kept + 1] = axis.keep
            ended = first ~= nil
        end
    end
    local at = front and 0 or first -- kept axes before the block
    local to = {}
    for i = 1, at do
        to[i] = #kept[i]
    end
    for _, size in ipairs(block) do
        to[#to + 1] = size
    end
    for i = at + 1, #kept do
        to[#to + 1] = #kept[i]
    end
    return to, function(index)
        local inside, from, k = {}, {}, 0
        for i = 1, #block do
            inside[i] = index[at + i]
        end
        for i, axis in ipairs(axes) do
            if axis.keep then
                k = k + 1
                from[i] = axis.keep[index[k <= at and k or k + #block]]
            else
                from[i] = axis.drop or naive.broadcast_at(chosen[axis.chosen], inside) + 1
            end
        end
        return naive.position(shape, from)
    end
end

local function index_for(entries, dtype)
    local index = {}
    for i, entry in ipairs(entries) do
        index[i] = type(entry) == 'table' and (entry.ids and tensors.make(entry.ids, dtype or 'int64')
            or entry.mask and tensors.make(entry.mask, 'bool')) or entry
    end
    return entries.alone and index[1] or index
end

local CASES = {
    { { 4, 3 }, { ids(2, 0, 2), alone = true } },
    { { 4, 3 }, { table_of({ 2, 2 }, 3, 0, 1, 1), alone = true } },
    { { 4, 3 }, { table_of({}, 3), alone = true } },
    { { 4, 3 }, { {}, ids(2, 0) } },
    { { 4, 3 }, { 2, ids(2, 0) } },
    { { 4, 3 }, { ids(1, 3), -1 } },
    { { 5, 3 }, { { 2, 5, 2 }, ids(2, 0, 1, 1) } },
    { { 4, 3 }, { ids(0, 3), ids(2, 1) } },
    { { 4, 3 }, { table_of({ 2, 1 }, 0, 3), ids(2, 1, 0) } },
    { { 2, 3, 4 }, { {}, ids(2, 0), ids(3, 1) } },
    { { 2, 3, 4 }, { ids(1, 0), {}, ids(3, 1) } },
    { { 2, 3, 4 }, { ids(1, 0), 2, ids(3, 1) } },
    { { 2, 3, 2, 2 }, { { 1 }, ids(2, 0), {}, table_of({ 2, 1 }, 1, 0) } },
    { { 4, 3 }, { mask({ 4 }, 1, 0, 0, 1), alone = true } },
    { { 4, 3 }, { mask({ 4, 3 }, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1), alone = true } },
    { { 4, 3 }, { mask({ 4, 3 }, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), alone = true } },
    { { 4, 3 }, { {}, mask({ 3 }, 1, 0, 1) } },
    { { 4, 3 }, { { 3, 4 }, mask({ 3 }, 0, 1, 1) } },
    { { 2, 2, 3 }, { 2, mask({ 2, 3 }, 0, 1, 1, 0, 0, 1) } },
    { { 2, 2, 3 }, { mask({ 2, 2 }, 0, 1, 1, 1), ids(0, 2, 1) } },
    { { 2, 2, 3 }, { mask({ 2 }, 1, 1), {}, ids(2, 0) } },
    { { 3 }, { ids(), alone = true } },
}

local function drawn(shape, dtype)
    return tensors.draw(shape, '-9..9', dtype)
end

-- visit(x, index, array, to, from, what) for every case, dtype and layout.
local function each(dtypes, visit)
    math.randomseed(5)
    for number, one in ipairs(CASES) do
        local to, from = selection(unpack(one))
        for _, dtype in ipairs(dtypes) do
            for _, layout in ipairs { 'contiguous', 'transposed', 'sliced' } do
                local array = drawn(one[1], dtype)
                local x = tensors.make(array, dtype, layout)
                if x then
                    visit(x, index_for(one[2], number % 2 == 0 and 'int32' or 'int64'), array, to, from,
                        ('case %d, %s, %s'):format(number, dtype, layout))
                end
            end
        end
    end
end

local function fresh(shape, dtype)
    local array = drawn(shape, dtype)
    return array, tensors.make(array, dtype)
end

-- x with the values put where the selection says.
local function written(array, to, from, source, add)
    local y = naive.array(array.shape, array)
    for p = 1, naive.count(to) do
        local at = from(naive.index(to, p))
        y[at] = add and y[at] + source[p] or source[p]
    end
    return y
end

describe('x[...] with ids and masks', function()
    it('reads', function()
        each({ 'float32', 'int64', 'bool' }, function(x, index, array, to, from, what)
            tensors.expect(x[index], naive.build(to, function(i) return array[from(i)] end), x.dtype, what)
        end)
    end)

    it('writes tensors, where x lies', function()
        each({ 'float32', 'int32' }, function(x, index, array, to, from, what)
            local source, value = fresh(to, x.dtype)
            x[index] = value
            tensors.expect(x, written(array, to, from, source), x.dtype, what)
        end)
    end)

    it('writes numbers', function()
        each({ 'float64', 'uint8' }, function(x, index, array, to, from, what)
            local source = naive.array(to, function() return 7 end)
            x[index] = 7
            tensors.expect(x, written(array, to, from, source), x.dtype, what)
        end)
    end)

    it('adds, as often as an id is named', function()
        each({ 'float32', 'int64' }, function(x, index, array, to, from, what)
            local source, value = fresh(to, x.dtype)
            local y = x:index_put(index, value, { accumulate = true })
            tensors.expect(y, written(array, to, from, source, true), x.dtype, what)
            x:index_put_(index, value, { accumulate = true })
            tensors.expect(x, written(array, to, from, source, true), x.dtype, what .. ', in place')
        end)
    end)

    it('gives gradients: to what was read, to what was written, none to what was replaced', function()
        each({ 'float64' }, function(x, index, array, to, from, what)
            local zeros = naive.array(array.shape, function() return 0 end)
            local weight, w = fresh(to, 'float64')
            local leaf = x:detach()
            leaf.requires_grad = true;
            (leaf[index] * w):sum():backward()
            tensors.expect(leaf.grad, written(zeros, to, from, weight, true), 'float64', what)

            local all, wide = fresh(array.shape, 'float64')
            local _, value = fresh(to, 'float64')
            local base, nothing = leaf * 1, naive.array(to, function() return 0 end)
            leaf.grad, value.requires_grad = nil, true
            base[index] = value;
            (base * wide):sum():backward()
            tensors.expect(leaf.grad, written(all, to, from, nothing), 'float64', what .. ', x written to')
            local last = {}
            for p = 1, naive.count(to) do
                last[from(naive.index(to, p))] = p
            end
            tensors.expect(value.grad, naive.build(to, function(i)
                local at = from(i)
                return last[at] == naive.position(to, i) and all[at] or 0
            end), 'float64', what .. ', the value')
        end)
    end)

    it('spreads a value that broadcasts', function()
        local x = tenmo.zeros(3, 4)
        x[{ {}, tenmo.ids { 0, 3 } }] = tenmo.tensor { { 1 }, { 2 }, { 3 } }
        assert.same({ { 1, 0, 0, 1 }, { 2, 0, 0, 2 }, { 3, 0, 0, 3 } }, x:totable())
        x[x:gt(1)] = -1
        assert.same({ { 1, 0, 0, 1 }, { -1, 0, 0, -1 }, { -1, 0, 0, -1 } }, x:totable())
    end)

    it('writes through views, into what they share', function()
        local x = tenmo.zeros(3, 4)
        x[2][tenmo.ids { 1, 2 }] = 5
        x:t()[tenmo.ids { 0 }] = 7
        assert.same({ { 7, 0, 0, 0 }, { 7, 5, 5, 0 }, { 7, 0, 0, 0 } }, x:totable())
        local row = x[1]
        row[tenmo.ids { 0, 1 }] = x[2][{ { 2, 3 } }]
        assert.same({ 5, 5, 0, 0 }, x[1]:totable())
    end)

    local x = tenmo.arange(12):reshape(3, 4)
    local function put(index, value)
        return function()
            x[index] = value
        end
    end
    local REFUSED = {
        { function() return x[tenmo.ids { 1, 3 }] end,
            'x[...]: id 3 is out of range; ids count from 0, and here run to 2' },
        { function() return x[{ tenmo.ids { 0 }, tenmo.ids { -1 } }] end,
            'x[...]: tensor 2: id -1 is out of range; ids count from 0, and here run to 3' },
        { put(tenmo.ids { 7 }, 0), 'x[...] = v: id 7 is out of range; ids count from 0, and here run to 2' },
        { function() return x[tenmo.ones(3)] end,
            "x[...]: a tensor in an index holds ids (integers) or is a mask (bool), got float32 of shape (3); "
                .. "x:to('int64') makes ids, x:ne(0) a mask" },
        { function() return x[tenmo.tensor { true, false }] end,
            'x[...]: the mask has shape (2), and x has (3, 4): from axis 1 on their sizes have to agree; a mask '
                .. 'comes from a comparison such as x:gt(0)' },
        { function() return x[{ {}, tenmo.tensor { true, false, true } }] end,
            'x[...]: the mask has shape (3), and x has (3, 4): from axis 2 on their sizes have to agree; a mask '
                .. 'comes from a comparison such as x:gt(0)' },
        { function() return x[{ 1, 1, tenmo.ids { 0 } }] end,
            'x[...]: the index names more axes than x has, whose shape is (3, 4)' },
        { function() return x[{ tenmo.ids { 0, 1 }, tenmo.ids { 0, 1, 2 } }] end,
            "x[...]: shapes (2) and (3) don't broadcast: sizes 2 and 3 of axis 1 from the end differ, and "
                .. "neither is 1" },
        { put(tenmo.ids { 0, 1 }, tenmo.ids { 1, 2, 3 }),
            "x[...] = v: a value of shape (3) doesn't fit the selected part, which has shape (2, 4)" },
        { put(tenmo.ids { 0 }, 0.5), 'x[...] = v: 0.5 would lose its fraction in x, which is int64' },
        { put(tenmo.ids { 0 }, tenmo.ones(4)),
            "x[...] = v: the value is float32 and would lose its fraction in x, which is int64; cast it first: "
                .. "value:to('int64')" },
        { put({ tenmo.ids { 0 }, { 1, 9 } }, 0),
            'x[...] = v: position 9 is out of range: axis 2 has size 4 (1 to 4, or -1 to -4)' },
        { put(tenmo.ids { 0 }, 'no'), 'x[...] = v: v is a number or a tensor, got string' },
        { function() return x:index_get { 1 } end,
            'x[...]: the index has no ids and no mask; x[...] takes positions and ranges' },
        { function() return x:masked_scatter(x:gt(5), tenmo.ids { 1 }) end,
            'masked_scatter: the mask names 6 elements and the source has 1' },
        { function() return x:masked_select(x) end,
            'masked_select: the mask is int64; expected bool, as a comparison gives it: x:gt(0)' },
        { function() return x:float():quantile(1.5) end, 'quantile: q is 1.5; expected 0 .. 1' },
        { function() return x:kthvalue(5) end,
            'kthvalue: k is 5; axis 2 of shape (3, 4) has 4 elements, and k counts from 1' },
        { function() return tenmo.zeros(0, 2):median(1) end,
            'median: x has shape (0, 2), so there is nothing to choose from' },
        { function() return tenmo.ids { 1, -2 }:bincount() end, 'bincount: there is an id -2; ids count from 0' },
        { function() return tenmo.searchsorted(tenmo.ones(2, 3), tenmo.ones(3, 3)) end,
            'searchsorted: sorted has shape (2, 3), values (3, 3); sorted is one line for all values, or has a '
                .. 'line for each of theirs: the same shape but for the last axis' },
    }
    for number, one in ipairs(REFUSED) do
        it('refuses, and says why: ' .. number, function()
            local before = x:totable()
            assert.equal(one[2], (tensors.failure(one[1])))
            assert.same(before, x:totable())
        end)
    end

    it('does not write into a leaf while recording', function()
        local leaf = tenmo.zeros(3, { requires_grad = true })
        assert.matches('is a leaf that needs a gradient', (tensors.failure(function()
            leaf[tenmo.ids { 0 }] = 1
        end)))
        tenmo.no_grad(function()
            leaf[tenmo.ids { 0 }] = 1
        end)
        assert.same({ 1, 0, 0 }, leaf:totable())
    end)
end)

describe('direct forms', function()
    it('scatter_add_ and scatter_ write into x and make no node', function()
        local x = tenmo.zeros(3, 2)
        local nodes = tenmo.counts().nodes
        assert.is_true(rawequal(x, x:scatter_add_(1, tenmo.ids { 2, 2, 0 }, tenmo.tensor { 1, 10 })))
        x:scatter_(2, tenmo.ids { { 1 }, { 0 }, { 0 } }, 9)
        assert.same({ { 1, 9 }, { 9, 0 }, { 9, 20 } }, x:totable())
        assert.equal(nodes, tenmo.counts().nodes)
    end)
end)

describe('medians and the like with NaN', function()
    local nan = 0 / 0
    local x = tenmo.tensor { { 3, nan, 1, 2 }, { 4, 8, 6, 7 }, { nan, nan, nan, nan } }
    it('NaN is the median of a line that has one; nanmedian looks past it', function()
        local values, places = x:median(-1)
        local list = values:totable()
        assert.is_true(list[1] ~= list[1] and list[3] ~= list[3])
        assert.equal(6, list[2])
        assert.equal(1, places:totable()[1])
        list = x:nanmedian(-1):totable()
        assert.same({ 2, 6 }, { list[1], list[2] })
        assert.is_true(list[3] ~= list[3])
    end)
    it('of long lines, with repeated numbers, is what sorting finds', function()
        for _, n in ipairs { 65, 300, 5000, 9001 } do
            for dtype, by in pairs { float32 = 1, float64 = 100, int64 = 3 } do
                tenmo.manual_seed(n)
                local line = (tenmo.randn(n) * (by == 1 and 1000 or 3 * by)):to(dtype)
                line = by == 1 and line or line:float():round():to(dtype)
                local order = {}
                for i, v in ipairs(line:totable()) do
                    order[i] = { v, i - 1 }
                end
                table.sort(order, function(a, b)
                    return a[1] < b[1] or a[1] == b[1] and a[2] < b[2]
                end)
                for _, k in ipairs { 1, 40, math.floor((n + 1) / 2), n } do
                    local value, id = line:kthvalue(k)
                    assert.same(order[k], { value:item(), id:item() })
                end
                assert.equal(order[math.floor((n + 1) / 2)][1], line:median():item())
            end
        end
    end)
    it('unique counts integers of a narrow range, and sorts others', function()
        for _, by in ipairs { 1, 1e6 } do
            local list, seen, want, counts = {}, {}, {}, {}
            for i = 1, 600 do
                list[i] = ((i * i * 7) % 43 - 20) * by
                seen[list[i]] = (seen[list[i]] or 0) + 1
            end
            for v in pairs(seen) do
                want[#want + 1] = v
            end
            table.sort(want)
            for i, v in ipairs(want) do
                counts[i] = seen[v]
            end
            for _, dtype in ipairs { 'int64', 'int32', 'float32' } do
                local values, inverse, times = tenmo.tensor(list, { dtype = dtype }):reshape(20, 30):unique(true, true)
                assert.same({ want, counts }, { values:totable(), times:totable() })
                assert.same({ 20, 30 }, inverse.shape)
                assert.same(list, values:index_select(1, inverse:reshape(-1)):totable())
                assert.equal(dtype, values.dtype)
            end
        end
    end)
    it('quantile is NaN where there is one, histc leaves it out', function()
        local list = x:quantile(0.5, -1):totable()
        assert.is_true(list[1] ~= list[1])
        assert.equal(6.5, list[2])
        list = x:nanquantile(0.25, -1):totable()
        assert.same({ 1.5, 5.5 }, { list[1], list[2] })
        assert.is_true(list[3] ~= list[3])
        local leaf = x:clone()
        leaf.requires_grad = true
        assert.same({ { 0.5, 0, 0.5, 0.5 }, { 0.5, 1, 0.5, 0.5 }, { 0, 0, 0, 0 } },
            tenmo.grad(leaf:nanquantile(0.5, 1):sum(), leaf):totable())
        assert.same({ 3, 4 }, x:histc(2, 0, 8):totable())
    end)
end)
