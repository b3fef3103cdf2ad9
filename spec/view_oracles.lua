-- view_oracles.lua: the oracles of rows that show the same elements otherwise, and of those that join or replace parts.
-- structured_oracles.lua takes them in.
local naive = require 'spec.support.naive'

-- case(shape, want, ...) makes a case of one input.
return function(oracles, case)
    local function reshape(from, to, ...)
        return case(from, function(x)
            return naive.reshape(x, to)
        end, ...)
    end

    oracles.reshape = {
        cases = {
            reshape({ 3, 4 }, { 2, 6 }, 2, 6), reshape({ 3, 4 }, { 2, 6 }, { 2, -1 }), reshape({ 3, 4 }, { 12 }, -1),
            reshape({ 2, 3, 4 }, { 6, 4 }, 6, 4), reshape({}, { 1, 1 }, 1, 1), reshape({ 1 }, {}, {}),
            reshape({ 0, 4 }, { 2, 0 }, 2, 0),
        },
    }

    oracles.view = {
        view = true,
        contiguous = true, -- other layouts may be refused
        cases = { reshape({ 3, 4 }, { 2, 6 }, 2, 6), reshape({ 3, 4 }, { 12 }, -1),
            reshape({ 2, 3, 4 }, { 2, 12 }, 2, 12) },
    }

    local function permuted(shape, order, ...)
        return case(shape, function(x)
            return naive.permute(x, order)
        end, ...)
    end

    oracles.transpose = {
        view = true,
        cases = {
            permuted({ 3, 4 }, { 2, 1 }, 1, 2), permuted({ 2, 3, 4 }, { 3, 2, 1 }, 1, -1),
            permuted({ 2, 3, 4 }, { 1, 3, 2 }, -2, -1),
            permuted({ 0, 4 }, { 2, 1 }, 1, 2),
        },
    }

    oracles.t = { view = true, cases = { permuted({ 3, 4 }, { 2, 1 }), permuted({ 4 }, { 1 }),
        permuted({ 0, 4 }, { 2, 1 }) } }

    oracles.permute = {
        view = true,
        cases = { permuted({ 2, 3, 4 }, { 3, 1, 2 }, 3, 1, 2), permuted({ 2, 3, 4 }, { 2, 3, 1 }, { -2, -1, 1 }),
            permuted({ 3 }, { 1 }, 1) },
    }

    oracles.squeeze = {
        view = true,
        cases = {
            reshape({ 1, 3, 1 }, { 3 }), reshape({ 1, 3, 1 }, { 3 }, { 1, -1 }),
            reshape({ 1, 3, 1 }, { 3, 1 }, 1), reshape({ 1, 3, 1 }, { 1, 3 }, -1),
            reshape({ 3, 4 }, { 3, 4 }, 1),
            reshape({ 1, 1 }, {}),
        },
    }

    oracles.unsqueeze = {
        view = true,
        cases = { reshape({ 3, 4 }, { 1, 3, 4 }, 1), reshape({ 3, 4 }, { 3, 4, 1 }, -1),
            reshape({ 3, 4 }, { 3, 1, 4 }, 2), reshape({}, { 1 }, 1) },
    }

    local function expand(from, to, ...)
        return case(from, function(x)
            return naive.build(to, function(index)
                return naive.broadcast_at(x, index)
            end)
        end, ...)
    end

    oracles.expand = {
        view = true,
        cases = {
            expand({ 1, 4 }, { 3, 4 }, 3, 4), expand({ 3, 1 }, { 3, 4 }, { -1, 4 }),
            expand({ 4 }, { 2, 3, 4 }, 2, 3, 4),
            expand({}, { 2, 2 }, 2, 2),
            expand({ 1, 4 }, { 0, 4 }, 0, 4),
        },
    }

    -- Positions of a range { from, to, step } of a size; a number is one position and its axis goes.
    local function positions(entry, size)
        local function place(p)
            return p < 0 and p + size + 1 or p
        end
        if type(entry) == 'number' then
            return { place(entry) }, true
        end
        local list = {}
        local from = entry[1] or 1
        for p = place(from), place(entry[2] or (entry[1] and from or -1)), entry[3] or 1 do
            list[#list + 1] = p
        end
        return list
    end

    -- The shape that an index selects, and a function from an index in it to one in x.
    local function selection(x, index)
        local shape, lists, keeps = {}, {}, {}
        for axis, size in ipairs(x.shape) do
            local list, drops = positions(index[axis] or {}, size)
            lists[axis], keeps[axis] = list, not drops
            if not drops then
                shape[#shape + 1] = #list
            end
        end
        return shape, function(at)
            local full, k = {}, 0
            for axis in ipairs(x.shape) do
                if keeps[axis] then
                    k = k + 1
                end
                full[axis] = lists[axis][keeps[axis] and at[k] or 1]
            end
            return full
        end
    end

    local function slice(shape, index)
        return case(shape, function(x)
            local selected, place = selection(x, index)
            return naive.build(selected, function(at)
                return naive.at(x, place(at))
            end)
        end, index)
    end

    oracles.slice = {
        view = true,
        cases = {
            slice({ 5, 6 }, { 2 }), slice({ 5, 6 }, { { 2, 4 } }), slice({ 5, 6 }, { { 1, -1, 2 }, { 2, -2, 3 } }),
            slice({ 5, 6 }, { {}, -1 }),
            slice({ 5, 6 }, { { 3 }, {} }), slice({ 2, 3, 4 }, { {}, 2, { -2, -1 } }), slice({ 5 }, { -5 }),
        },
    }

    local function assign(shape, index, value)
        return {
            inputs = { shape, value },
            want = function(x, v)
                local y = naive.array(shape, x)
                local selected, place = selection(x, index)
                for p = 1, naive.count(selected) do
                    local at = naive.index(selected, p)
                    y[naive.position(shape, place(at))] = naive.broadcast_at(v, at)
                end
                return y
            end,
            call = function(op, x, v)
                return op(x, index, v)
            end,
        }
    end

    oracles.assign_slice = {
        cases = {
            assign({ 5, 6 }, { 2 }, { 6 }), assign({ 5, 6 }, { { 2, 4 } }, { 3, 6 }),
            assign({ 5, 6 }, { { 1, -1, 2 }, { 2, -2, 3 } }, { 3, 1 }),
            assign({ 5, 6 }, { {}, -1 }, {}), assign({ 5 }, { 3 }, {}),
        },
    }

    local function cat(axis, ...)
        return {
            inputs = { ... },
            want = function(...)
                local xs, shape = { ... }, {}
                local along_axis = naive.axis(xs[1], axis or 1)
                for i, size in ipairs(xs[1].shape) do
                    shape[i] = size
                end
                for k = 2, #xs do
                    shape[along_axis] = shape[along_axis] + xs[k].shape[along_axis]
                end
                return naive.build(shape, function(index)
                    for _, x in ipairs(xs) do
                        if index[along_axis] <= x.shape[along_axis] then
                            return naive.at(x, index)
                        end
                        index[along_axis] = index[along_axis] - x.shape[along_axis]
                    end
                end)
            end,
            call = function(op, ...)
                return op({ ... }, axis and { axis = axis })
            end,
        }
    end

    oracles.cat = { cases = { cat(nil, { 2, 3 }, { 4, 3 }), cat(-1, { 2, 3 }, { 2, 1 }),
        cat(2, { 2, 3, 2 }, { 2, 0, 2 }),
        cat(1, { 3 }, { 2 }) } }
end
