-- shape_oracles.lua: rows and compositions that put elements elsewhere: each case says where every element of the
-- result comes from. Merged into oracles.lua (rows) and composition_oracles.lua (compositions).
local assert = require 'luassert'
local naive = require 'spec.support.naive'

local rows, compositions = {}, {}

-- The op is called with x and the rest; element `index` of the result, of shape `to`, is x's at from(index...), or the
-- number that from gives instead.
local function picked(shape, to, from, ...)
    local rest, n = { ... }, select('#', ...)
    return {
        inputs = { shape },
        want = function(x)
            return naive.build(to, function(index)
                local source = from(unpack(index))
                return type(source) == 'table' and naive.at(x, source) or source
            end)
        end,
        call = function(op, x)
            return op(x, unpack(rest, 1, n))
        end,
    }
end

-- The same elements in row-major order, in another shape.
local function reshaped(shape, to, ...)
    return picked(shape, to, function(...)
        return naive.index(shape, naive.position(to, { ... }))
    end, ...)
end

-- One tensor of the list that the op gives.
local function one_of(k, case)
    local call = case.call
    function case.call(op, ...)
        return call(op, ...)[k]
    end
    return case
end

local function oracle(cases, view)
    return { domain = '-3..3', cases = cases, view = view }
end

-- --- rows ---------------------------------------------------------------------------------------------------------

rows.diagonal = oracle({
    picked({ 3, 4 }, { 3 }, function(i) return { i, i } end),
    picked({ 3, 4 }, { 3 }, function(i) return { i, i + 1 } end, 1),
    picked({ 3, 4 }, { 2 }, function(i) return { i + 1, i } end, -1),
    picked({ 3, 4 }, { 0 }, function() end, 4),
    picked({ 2, 3, 4 }, { 3, 2 }, function(j, i) return { i, j, i + 1 } end, { offset = 1, axis1 = 1, axis2 = 3 }),
    picked({ 2, 3, 4 }, { 2, 2 }, function(b, i) return { b, i + 1, i } end, { offset = -1, axis1 = 2, axis2 = -1 }),
    picked({ 0, 4 }, { 0 }, function() end),
}, true)

rows.unfold = oracle({
    picked({ 7 }, { 3, 3 }, function(w, i) return { 2 * w - 2 + i } end, 1, 3, 2),
    picked({ 5 }, { 2, 2 }, function(w, i) return { 3 * w - 3 + i } end, -1, 2, 3),
    picked({ 4, 3 }, { 3, 3, 2 }, function(w, j, i) return { w - 1 + i, j } end, 1, 2, 1),
    picked({ 4 }, { 5, 0 }, function() end, 1, 0, 1),
}, true)

rows.as_strided = oracle({
    picked({ 3, 4 }, { 2, 3 }, function(i, j) return naive.index({ 3, 4 }, 4 * i + j - 2) end, { 2, 3 }, { 4, 1 },
        { offset = 2 }),
    picked({ 6 }, { 4, 3 }, function(i, j) return { i + j - 1 } end, { 4, 3 }, { 1, 1 }),
    picked({ 5 }, { 3, 2 }, function(i) return { i } end, { 3, 2 }, { 1, 0 }, { offset = 0 }),
    picked({ 5 }, {}, function() return { 4 } end, {}, {}, { offset = 3 }),
    picked({ 5 }, { 0, 2 }, function() end, { 0, 2 }, { 1, 1 }),
})
rows.as_strided.contiguous = true -- others are refused

rows.flip = oracle {
    picked({ 3, 4 }, { 3, 4 }, function(i, j) return { i, 5 - j } end, -1),
    picked({ 3, 4 }, { 3, 4 }, function(i, j) return { 4 - i, j } end, 1),
    picked({ 2, 3, 4 }, { 2, 3, 4 }, function(i, j, k) return { 3 - i, j, 5 - k } end, { 1, 3 }),
    picked({ 3, 70 }, { 3, 70 }, function(i, j) return { i, 71 - j } end, 2),
    picked({ 70, 3 }, { 70, 3 }, function(i, j) return { 71 - i, j } end, 1),
    picked({ 0, 4 }, { 0, 4 }, function() end, 2),
    picked({}, {}, function() return {} end, {}),
}

-- --- shape.lua ---------------------------------------------------------------------------------------

compositions.flatten = oracle { reshaped({ 2, 3, 4 }, { 24 }), reshaped({ 2, 3, 4 }, { 2, 12 }, 2),
    reshaped({ 2, 3, 4 }, { 6, 4 }, 1, -2), reshaped({}, { 1 }), reshaped({ 0, 4 }, { 0 }) }
compositions.unflatten = oracle { reshaped({ 2, 12 }, { 2, 3, 4 }, 2, { 3, -1 }),
    reshaped({ 6 }, { 2, 3 }, 1, { 2, 3 }),
    reshaped({ 0, 4 }, { 0, 5, 4 }, 1, { 0, 5 }) }
compositions.ravel = oracle { reshaped({ 2, 3 }, { 6 }), reshaped({}, { 1 }), reshaped({ 0, 4 }, { 0 }) }

-- x in the shape of another tensor, whose own elements don't matter.
local function as_other(shape, other, from)
    local case = from and picked(shape, other, from) or reshaped(shape, other)
    local want = case.want
    case.inputs = { shape, other }
    function case.want(x)
        return want(x)
    end
    function case.call(op, x, w)
        return op(x, w) + 0 * w -- so that the other one has a gradient to compare, of zeros
    end
    return case
end
compositions.reshape_as = oracle { as_other({ 2, 3 }, { 3, 2 }), as_other({ 6 }, { 2, 3 }) }
compositions.view_as = oracle { as_other({ 2, 3 }, { 3, 2 }), as_other({ 6 }, { 2, 3 }) }
compositions.view_as.contiguous = true
compositions.expand_as = oracle {
    as_other({ 3 }, { 2, 3 }, function(_, j) return { j } end),
    as_other({ 3, 1 }, { 3, 4 }, function(i) return { i, 1 } end),
}
for _, name in ipairs { 'reshape_as', 'view_as', 'expand_as' } do
    compositions[name].dtype = function(dtype) -- the sum lifts bool
        return dtype == 'bool' and 'int64' or dtype
    end
end

compositions.broadcast_to = oracle({
    picked({ 3, 1 }, { 2, 3, 4 }, function(_, i) return { i, 1 } end, 2, 3, 4),
    picked({}, { 2 }, function() return {} end, { 2 }),
})
compositions.movedim = oracle({
    picked({ 2, 3, 4 }, { 3, 4, 2 }, function(i, j, k) return { k, i, j } end, 1, -1),
    picked({ 2, 3, 4 }, { 4, 2, 3 }, function(i, j, k) return { j, k, i } end, { 3 }, { 1 }),
    picked({ 2, 3, 4 }, { 4, 3, 2 }, function(i, j, k) return { k, j, i } end, { 1, -1 }, { -1, 1 }),
}, true)
compositions.tile = oracle {
    picked({ 2 }, { 6 }, function(i) return { (i - 1) % 2 + 1 } end, 3),
    picked({ 2, 3 }, { 4, 3 }, function(i, j) return { (i - 1) % 2 + 1, j } end, { 2, 1 }),
    picked({ 2 }, { 3, 4 }, function(_, j) return { (j - 1) % 2 + 1 } end, 3, 2),
    picked({ 2, 3 }, { 2, 6 }, function(i, j) return { i, (j - 1) % 3 + 1 } end, 2),
    picked({ 1, 2, 1, 1, 2 }, { 2, 4, 2, 2, 4 }, function(_, j, _, _, m)
        return { 1, (j - 1) % 2 + 1, 1, 1, (m - 1) % 2 + 1 }
    end, { 2, 2, 2, 2, 2 }),
    picked({}, { 3 }, function() return {} end, 3),
    picked({ 2 }, { 0 }, function() end, 0),
}
compositions.roll = oracle {
    picked({ 5 }, { 5 }, function(i) return { (i - 3) % 5 + 1 } end, 2),
    picked({ 3, 4 }, { 3, 4 }, function(i, j) return { i, j % 4 + 1 } end, -1, { axes = 2 }),
    picked({ 3, 4 }, { 3, 4 }, function(i, j) return { (i - 2) % 3 + 1, (j - 3) % 4 + 1 } end, { 1, 6 }, { 1, 2 }),
    picked({ 2, 3 }, { 2, 3 }, function(i, j) return naive.index({ 2, 3 }, (3 * i + j - 5) % 6 + 1) end, 1),
    picked({ 3 }, { 3 }, function(i) return { i } end, { 3 }, 1),
    picked({ 0, 4 }, { 0, 4 }, function() end, { 1 }, 1),
}
compositions.rot90 = oracle {
    picked({ 2, 3 }, { 3, 2 }, function(i, j) return { j, 4 - i } end),
    picked({ 2, 3 }, { 2, 3 }, function(i, j) return { 3 - i, 4 - j } end, 2),
    picked({ 2, 3 }, { 3, 2 }, function(i, j) return { 3 - j, i } end, -1),
    picked({ 2, 3 }, { 2, 3 }, function(i, j) return { i, j } end, 4),
    picked({ 2, 2, 3 }, { 2, 3, 2 }, function(b, i, j) return { b, j, 4 - i } end, 1, { 2, 3 }),
}
compositions.flipud = oracle { picked({ 3, 2 }, { 3, 2 }, function(i, j) return { 4 - i, j } end) }
compositions.fliplr = oracle { picked({ 3, 2 }, { 3, 2 }, function(i, j) return { i, 3 - j } end) }
compositions.narrow = oracle({
    picked({ 5, 2 }, { 3, 2 }, function(i, j) return { i + 1, j } end, 1, 2, 3),
    picked({ 2, 4 }, { 2, 2 }, function(i, j) return { i, j + 2 } end, -1, -2, 2),
    picked({ 3 }, { 0 }, function() end, 1, 4, 0),
}, true)
compositions.select = oracle({
    picked({ 3, 4 }, { 4 }, function(j) return { 2, j } end, 1, 2),
    picked({ 3, 4 }, { 3 }, function(i) return { i, 4 } end, -1, -1),
    picked({ 3 }, {}, function() return { 1 } end, 1, 1),
}, true)

local function with_repeats(shape, repeats, ids, axis)
    local case = picked(shape, nil, nil)
    function case.want(x)
        local to = {}
        for i, size in ipairs(shape) do
            to[i] = i == axis and #ids or size
        end
        return naive.build(to, function(index)
            index[axis] = ids[index[axis]]
            return naive.at(x, index)
        end)
    end
    function case.call(op, x)
        return op(x, require 'tenmo'.ids(repeats), axis)
    end
    return case
end
compositions.repeat_interleave = oracle {
    picked({ 3 }, { 6 }, function(i) return { math.ceil(i / 2) } end, 2),
    picked({ 2, 3 }, { 12 }, function(i) return naive.index({ 2, 3 }, math.ceil(i / 2)) end, 2),
    picked({ 2, 3 }, { 2, 6 }, function(i, j) return { i, math.ceil(j / 2) } end, 2, 2),
    picked({ 2, 3 }, { 6, 3 }, function(i, j) return { math.ceil(i / 3), j } end, 3, { axis = 1 }),
    picked({ 2 }, { 0 }, function() end, 0),
    with_repeats({ 3, 2 }, { 2, 0, 1 }, { 1, 1, 3 }, 1),
    with_repeats({ 2, 3 }, { 0, 0, 0 }, {}, 2),
}



-- --- joining.lua ---------------------------------------------------------------------------------------

-- from(index...) gives the number of the tensor and the index in it; 0 stands for a zero.
local function joined(shapes, to, from, options)
    return {
        inputs = shapes,
        want = function(...)
            local xs = { ... }
            return naive.build(to, function(index)
                local k, source = from(unpack(index))
                return k == 0 and 0 or naive.at(xs[k], source)
            end)
        end,
        call = function(op, ...)
            return op({ ... }, options)
        end,
    }
end

compositions.stack = oracle {
    joined({ { 2, 3 }, { 2, 3 } }, { 2, 2, 3 }, function(k, i, j) return k, { i, j } end),
    joined({ { 2, 3 }, { 2, 3 } }, { 2, 3, 2 }, function(i, j, k) return k, { i, j } end, { axis = -1 }),
    joined({ { 2, 3 }, { 2, 3 } }, { 2, 2, 3 }, function(i, k, j) return k, { i, j } end, { axis = 2 }),
    joined({ {}, {} }, { 2 }, function(k) return k, {} end),
}
compositions.hstack = oracle {
    joined({ { 2 }, { 3 } }, { 5 }, function(i) return i <= 2 and 1 or 2, { i <= 2 and i or i - 2 } end),
    joined({ { 2, 2 }, { 2, 1 } }, { 2, 3 }, function(i, j) return j <= 2 and 1 or 2, { i, j <= 2 and j or 1 } end),
    joined({ {}, {} }, { 2 }, function(k) return k, {} end),
}
compositions.vstack = oracle {
    joined({ { 3 }, { 3 } }, { 2, 3 }, function(k, j) return k, { j } end),
    joined({ { 1, 2 }, { 2, 2 } }, { 3, 2 }, function(i, j) return i == 1 and 1 or 2, { i == 1 and 1 or i - 1, j } end),
}
compositions.dstack = oracle {
    joined({ { 2, 3 }, { 2, 3 } }, { 2, 3, 2 }, function(i, j, k) return k, { i, j } end),
    joined({ { 2 }, { 2 } }, { 1, 2, 2 }, function(_, i, k) return k, { i } end),
}
compositions.column_stack = oracle {
    joined({ { 2 }, { 2 } }, { 2, 2 }, function(i, k) return k, { i } end),
    joined({ { 2, 2 }, { 2 } }, { 2, 3 }, function(i, j) return j <= 2 and 1 or 2, j <= 2 and { i, j } or { i } end),
}
compositions.block_diag = oracle {
    joined({ { 1, 2 }, { 2, 1 } }, { 3, 3 }, function(i, j)
        if i == 1 and j <= 2 then
            return 1, { 1, j }
        end
        return i > 1 and j == 3 and 2 or 0, { i - 1, 1 }
    end),
    joined({ { 2 }, {} }, { 2, 3 }, function(i, j)
        return i == 1 and j <= 2 and 1 or i == 2 and j == 3 and 2 or 0, i == 1 and { j } or {}
    end),
}

-- Every tensor of the list that the op gives, of these shapes, one after another: from(k, index...).
local function all_of(shapes, tos, from, options)
    local case, n = joined(shapes, nil, nil, options), 0
    for _, to in ipairs(tos) do
        n = n + naive.count(to)
    end
    function case.want(...)
        local xs, all = { ... }, { shape = { n } }
        for k, to in ipairs(tos) do
            for _, value in ipairs(naive.build(to, function(index)
                return naive.at(xs[k], from(k, unpack(index)))
            end)) do
                all[#all + 1] = value
            end
        end
        return all
    end
    local call = case.call
    function case.call(op, ...)
        local tenmo, parts = require 'tenmo', {}
        for k, y in ipairs(call(op, ...)) do
            assert.same(tos[k], y.shape)
            parts[k] = y:reshape(-1)
        end
        return tenmo.cat(parts)
    end
    return case
end

compositions.meshgrid = oracle {
    all_of({ { 2 }, { 3 } }, { { 2, 3 }, { 2, 3 } }, function(k, i, j) return { k == 1 and i or j } end),
    all_of({ { 2 }, { 3 } }, { { 3, 2 }, { 3, 2 } }, function(k, i, j) return { k == 1 and j or i } end,
        { indexing = 'xy' }),
    all_of({ { 2 }, {}, { 3 } }, { { 2, 1, 3 }, { 2, 1, 3 }, { 2, 1, 3 } }, function(k, i, _, j)
        return k == 2 and {} or { k == 1 and i or j }
    end),
}
compositions.broadcast_tensors = oracle {
    all_of({ { 3, 1 }, { 2 } }, { { 3, 2 }, { 3, 2 } }, function(k, i, j) return k == 1 and { i, 1 } or { j } end),
    all_of({ {}, { 2 } }, { { 2 }, { 2 } }, function(k, i) return k == 1 and {} or { i } end),
}

compositions.split = oracle({
    one_of(3, picked({ 5 }, { 1 }, function(i) return { i + 4 } end, 2)),
    one_of(2, picked({ 2, 5 }, { 2, 3 }, function(i, j) return { i, j + 2 } end, { 2, 3 }, { axis = -1 })),
    one_of(1, picked({ 0, 4 }, { 0, 4 }, function() end, 2)),
}, true)
compositions.chunk = oracle({
    one_of(3, picked({ 5 }, { 1 }, function(i) return { i + 4 } end, 3)),
    one_of(2, picked({ 2, 4 }, { 2, 2 }, function(i, j) return { i, j + 2 } end, 2, -1)),
}, true)
compositions.unbind = oracle({
    one_of(2, picked({ 3, 4 }, { 4 }, function(j) return { 2, j } end)),
    one_of(4, picked({ 3, 4 }, { 3 }, function(i) return { i, 4 } end, -1)),
}, true)



-- --- diagonals.lua ---------------------------------------------------------------------------------------

local function triangle(shape, inside, ...)
    return picked(shape, shape, function(...)
        local index = { ... }
        return inside(index[#index - 1], index[#index]) and index or 0
    end, ...)
end
compositions.tril = oracle { triangle({ 3, 4 }, function(i, j) return j <= i end),
    triangle({ 4, 3 }, function(i, j) return j - i <= 1 end, 1),
    triangle({ 2, 3, 3 }, function(i, j) return j < i end, -1),
    triangle({ 0, 4 }, function() end) }
compositions.triu = oracle { triangle({ 3, 4 }, function(i, j) return j >= i end),
    triangle({ 4, 3 }, function(i, j) return j - i >= 1 end, 1),
    triangle({ 2, 3, 3 }, function(i, j) return j - i >= -1 end, -1) }

compositions.diag = oracle {
    picked({ 2 }, { 2, 2 }, function(i, j) return i == j and { i } or 0 end),
    picked({ 2 }, { 3, 3 }, function(i, j) return j == i + 1 and { i } or 0 end, 1),
    picked({ 2 }, { 3, 3 }, function(i, j) return i == j + 1 and { j } or 0 end, -1),
    picked({ 3, 4 }, { 3 }, function(i) return { i, i } end),
    picked({ 3, 4 }, { 2 }, function(i) return { i, i + 2 } end, 2),
    picked({ 0 }, { 0, 0 }, function() end),
}
compositions.diag_embed = oracle {
    picked({ 2, 3 }, { 2, 3, 3 }, function(b, i, j) return i == j and { b, i } or 0 end),
    picked({ 2, 2 }, { 2, 3, 3 }, function(b, i, j) return j == i + 1 and { b, i } or 0 end, 1),
    picked({ 2, 3 }, { 3, 2, 3 }, function(i, b, j) return i == j and { b, i } or 0 end, 0, 1, 3),
}
compositions.pad = oracle {
    picked({ 3 }, { 6 }, function(i) return i > 2 and i < 6 and { i - 2 } or 0 end, { 2, 1 }),
    picked({ 2, 3 }, { 3, 4 }, function(i, j) return i > 1 and j < 4 and { i - 1, j } or 0 end, { 0, 1, 1, 0 }),
    picked({ 4 }, { 3 }, function(i) return i < 3 and { i + 2 } or 1 end, { -2, 1 }, { value = 1 }),
    picked({ 4 }, { 8 }, function(i) return { ({ 3, 2, 1, 2, 3, 4, 3, 2 })[i] } end, { 2, 2 }, { mode = 'reflect' }),
    picked({ 2, 2 }, { 2, 5 }, function(i, j) return { i, ({ 1, 1, 1, 2, 2 })[j] } end, { 2, 1 },
        { mode = 'replicate' }),
    picked({ 3 }, { 6 }, function(i) return { ({ 2, 3, 1, 2, 3, 1 })[i] } end, { 2, 1 }, { mode = 'circular' }),
    picked({ 3 }, { 3 }, function(i) return { i } end, {}),
}

return { rows = rows, compositions = compositions }
