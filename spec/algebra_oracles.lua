-- algebra_oracles.lua: products composed in lua/tenmo/ops, as sums of products written out. Merged into
-- composition_oracles.lua.
local naive = require 'spec.support.naive'

local oracles = {}

local function floats(dtype)
    return dtype:find '^float' and dtype or nil
end

-- The sum of f(index, inner...) over a grid of inner sizes.
local function summed(sizes, index, f)
    local total = 0
    for p = 1, naive.count(sizes) do
        total = total + f(index, unpack(naive.index(sizes, p)))
    end
    return total
end

-- want: element `index` of shape `to` is the sum over `inner` of f(x, w, v, index, inner...).
local function case(shapes, to, inner, f, call)
    return {
        inputs = shapes,
        want = function(x, w, v)
            return naive.build(to, function(index)
                return summed(inner, index, function(_, ...)
                    return f(x, w, v, index, ...)
                end)
            end)
        end,
        call = call or function(op, ...)
            return op(...)
        end,
    }
end

local function numbers(dtype)
    return dtype ~= 'bool' and dtype or nil
end

local function two(cases, refused)
    return { domain = '-2..2 -2..2', cases = cases, dtype = refused and numbers or nil }
end

local function at(a, ...)
    return naive.at(a, { ... })
end

-- --- vectors ------------------------------------------------------------------------------------------------------

local function outer(n, m)
    return case({ { n }, { m } }, { n, m }, {}, function(x, w, _, i) return at(x, i[1]) * at(w, i[2]) end)
end
oracles.outer = two { outer(2, 3), outer(0, 2) }

oracles.vdot = two({ case({ { 4 }, { 4 } }, {}, { 4 }, function(x, w, _, _, k) return at(x, k) * at(w, k) end) }, true)

oracles.inner = two({
    case({ { 2, 3 }, { 4, 3 } }, { 2, 4 }, { 3 }, function(x, w, _, i, k) return at(x, i[1], k) * at(w, i[2], k) end),
    case({ { 3 }, { 2, 3 } }, { 2 }, { 3 }, function(x, w, _, i, k) return at(x, k) * at(w, i[1], k) end),
    case({ { 3 }, { 3 } }, {}, { 3 }, function(x, w, _, _, k) return at(x, k) * at(w, k) end),
    case({ { 2, 0 }, { 3, 0 } }, { 2, 3 }, { 0 }, function() end),
}, true)

local function cross(shape, axis, given)
    return case({ shape, shape }, shape, {}, function(x, w, _, index)
        local function along(a, by)
            local other = { unpack(index) }
            other[axis] = (index[axis] - 1 + by) % 3 + 1
            return naive.at(a, other)
        end
        return along(x, 1) * along(w, 2) - along(x, 2) * along(w, 1)
    end, given and function(op, x, w)
        return op(x, w, { axis = given })
    end)
end
oracles.cross = two { cross({ 3 }, 1), cross({ 2, 3 }, 2), cross({ 3, 2 }, 1, 1) }
oracles.cross.dtype = function(dtype)
    return dtype ~= 'bool' and dtype or nil
end

oracles.kron = two {
    case({ { 2 }, { 3 } }, { 6 }, {}, function(x, w, _, i)
        return at(x, math.ceil(i[1] / 3)) * at(w, (i[1] - 1) % 3 + 1)
    end),
    case({ { 2, 2 }, { 1, 3 } }, { 2, 6 }, {}, function(x, w, _, i)
        return at(x, i[1], math.ceil(i[2] / 3)) * at(w, 1, (i[2] - 1) % 3 + 1)
    end),
    case({ { 2, 2 }, { 2 } }, { 2, 4 }, {}, function(x, w, _, i)
        return at(x, i[1], math.ceil(i[2] / 2)) * at(w, (i[2] - 1) % 2 + 1)
    end),
}

-- --- matrices -----------------------------------------------------------------------------------------------------

-- beta x + alpha product; x broadcast to the product's shape `to`.
local function added(shapes, to, inner, product, beta, alpha)
    local plain = case(shapes, to, inner, product)
    return {
        inputs = shapes,
        dtype = function(dtype) -- factors with a fraction make floats of integers
            local whole = (beta or 1) % 1 == 0 and (alpha or 1) % 1 == 0
            return dtype ~= 'bool' and (whole or dtype:find '^float') and dtype or dtype ~= 'bool' and 'float32' or nil
        end,
        want = function(x, w, v)
            local y = plain.want(x, w, v)
            return naive.build(to, function(index)
                local x_part = beta == 0 and 0 or (beta or 1) * naive.broadcast_at(x, index)
                return x_part + (alpha or 1) * naive.at(y, index)
            end)
        end,
        call = function(op, x, w, v)
            if beta == 0 then -- x is left out, but its gradient is asked for
                return op(x, w, v, { beta = beta, alpha = alpha }) + 0 * x
            end
            return op(x, w, v, beta and { beta = beta, alpha = alpha } or nil)
        end,
    }
end
local function three(...)
    return { domain = '-2..2 -2..2 -2..2', cases = { ... } }
end

local function mm(_, w, v, i, k)
    return at(w, i[1], k) * at(v, k, i[2])
end
oracles.addmm = three(added({ { 2, 4 }, { 2, 3 }, { 3, 4 } }, { 2, 4 }, { 3 }, mm),
    added({ { 4 }, { 2, 3 }, { 3, 4 } }, { 2, 4 }, { 3 }, mm, 0.5, 2),
    added({ { 2, 4 }, { 2, 3 }, { 3, 4 } }, { 2, 4 }, { 3 }, mm, 0, 2))
oracles.addmv = three(added({ { 2 }, { 2, 3 }, { 3 } }, { 2 }, { 3 },
    function(_, w, v, i, k) return at(w, i[1], k) * at(v, k) end, 2, 0.5))
oracles.addr = three(added({ { 2, 3 }, { 2 }, { 3 } }, { 2, 3 }, {},
    function(_, w, v, i) return at(w, i[1]) * at(v, i[2]) end, 2, 3))
for _, one in ipairs(oracles.addr.cases) do
    one.dtype = nil
end
oracles.addr.dtype = function(dtype)
    return dtype == 'bool' and 'int64' or dtype
end
oracles.baddbmm = three(added({ { 2, 2, 2 }, { 2, 2, 3 }, { 2, 3, 2 } }, { 2, 2, 2 }, { 3 },
    function(_, w, v, i, k) return at(w, i[1], i[2], k) * at(v, i[1], k, i[3]) end, 0.5, 2))
oracles.addbmm = three(added({ { 2, 2 }, { 2, 2, 3 }, { 2, 3, 2 } }, { 2, 2 }, { 2, 3 },
    function(_, w, v, i, b, k) return at(w, b, i[1], k) * at(v, b, k, i[2]) end, 0.5, 2))

oracles.trace = { domain = '-3..3', cases = {
    case({ { 3, 4 } }, {}, { 3 }, function(x, _, _, _, k) return at(x, k, k) end),
    case({ { 0, 4 } }, {}, { 0 }, function() end),
}, dtype = function(dtype) return dtype:find '^float' and dtype or 'int64' end }

local function power(n, want)
    return {
        inputs = { { 2, 2 } },
        want = want,
        call = function(op, x)
            return n > 0 and op(x, n) or op(x, n) + 0 * x
        end,
    }
end
oracles.matrix_power = {
    domain = '-2..2', dtype = floats,
    cases = {
        power(1, function(x) return x end),
        power(2, function(x) return naive.matmul(x, x) end),
        power(3, function(x) return naive.matmul(naive.matmul(x, x), x) end),
        power(0, function() return { shape = { 2, 2 }, 1, 0, 0, 1 } end),
    },
}

-- --- tensors --------------------------------------------------------------------------------------------------------

local function contraction(axes)
    return function(op, x, w)
        return op(x, w, axes)
    end
end
oracles.tensordot = two({
    case({ { 2, 3, 2 }, { 3, 2, 4 } }, { 2, 4 }, { 3, 2 },
        function(x, w, _, i, j, k) return at(x, i[1], j, k) * at(w, j, k, i[2]) end),
    case({ { 2, 3 }, { 3, 2 } }, { 2, 2 }, { 3 }, function(x, w, _, i, k) return at(x, i[1], k) * at(w, k, i[2]) end,
        contraction(1)),
    case({ { 2, 3 }, { 2, 3 } }, { 3, 3 }, { 2 }, function(x, w, _, i, k) return at(x, k, i[1]) * at(w, k, i[2]) end,
        contraction { { 1 }, { -2 } }),
    case({ { 2 }, { 3 } }, { 2, 3 }, {}, function(x, w, _, i) return at(x, i[1]) * at(w, i[2]) end, contraction(0)),
}, true)

local function sum(equation, shapes, to, inner, f)
    return case(shapes, to, inner, f, function(op, ...)
        local y = op(equation, ...)
        return y.dtype:find '^float' and y or y:long() -- integers that aren't summed keep their dtype
    end)
end
oracles.einsum = {
    domain = '-2..2 -2..2 -2..2',
    dtype = function(dtype)
        return dtype:find '^float' and dtype or 'int64'
    end,
    cases = {
        sum('ij,jk->ik', { { 2, 3 }, { 3, 2 } }, { 2, 2 }, { 3 },
            function(x, w, _, i, k) return at(x, i[1], k) * at(w, k, i[2]) end),
        sum('ij, jk', { { 2, 3 }, { 3, 2 } }, { 2, 2 }, { 3 },
            function(x, w, _, i, k) return at(x, i[1], k) * at(w, k, i[2]) end),
        sum('bij,bkj->bki', { { 2, 2, 3 }, { 2, 3, 3 } }, { 2, 3, 2 }, { 3 },
            function(x, w, _, i, k) return at(x, i[1], i[3], k) * at(w, i[1], i[2], k) end),
        sum('...ij,...jk->...ik', { { 2, 1, 3 }, { 3, 2 } }, { 2, 1, 2 }, { 3 },
            function(x, w, _, i, k) return at(x, i[1], i[2], k) * at(w, k, i[3]) end),
        sum('i,i->', { { 4 }, { 4 } }, {}, { 4 }, function(x, w, _, _, k) return at(x, k) * at(w, k) end),
        sum('i,j,k->kij', { { 2 }, { 3 }, { 2 } }, { 2, 2, 3 }, {},
            function(x, w, v, i) return at(x, i[2]) * at(w, i[3]) * at(v, i[1]) end),
        sum('ij,jk,kl->il', { { 2, 3 }, { 3, 2 }, { 2, 2 } }, { 2, 2 }, { 3, 2 },
            function(x, w, v, i, j, k) return at(x, i[1], j) * at(w, j, k) * at(v, k, i[2]) end),
        sum('ij,ik->ij', { { 2, 3 }, { 2, 2 } }, { 2, 3 }, { 2 },
            function(x, w, _, i, k) return at(x, i[1], i[2]) * at(w, i[1], k) end),
        sum('ij,ij->ij', { { 2, 3 }, { 1, 3 } }, { 2, 3 }, {},
            function(x, w, _, i) return at(x, i[1], i[2]) * at(w, 1, i[2]) end),
        sum('ij,kj->ik', { { 2, 3 }, { 2, 1 } }, { 2, 2 }, { 3 },
            function(x, w, _, i, k) return at(x, i[1], k) * at(w, i[2], 1) end),
        sum('ii->i', { { 3, 3 } }, { 3 }, {}, function(x, _, _, i) return at(x, i[1], i[1]) end),
        sum('iji->j', { { 2, 3, 2 } }, { 3 }, { 2 }, function(x, _, _, i, k) return at(x, k, i[1], k) end),
        sum('i...->...', { { 2, 3 } }, { 3 }, { 2 }, function(x, _, _, i, k) return at(x, k, i[1]) end),
    },
}
local function distance(p)
    return function(x, w)
        return naive.build({ x.shape[1], w.shape[1] }, function(i)
            local total, most = 0, 0
            for k = 1, x.shape[2] do
                local d = math.abs(at(x, i[1], k) - at(w, i[2], k))
                total = total + (p == 0 and (d ~= 0 and 1 or 0) or d ^ p)
                most = math.max(most, d)
            end
            return p == math.huge and most or p == 0 and total or total ^ (1 / p)
        end)
    end
end
local function distances(p, n)
    return {
        inputs = { { n or 3, 2 }, { n or 4, 2 } },
        want = distance(p),
        call = function(op, x, w)
            return p == 2 and op(x, w) or op(x, w, { p = p })
        end,
    }
end
oracles.cdist = { domain = '-3..-1 1..3', dtype = floats,
    tolerance = { float32 = { 1e-4, 1e-4 }, float64 = { 1e-10, 1e-12 } },
    cases = { distances(2), distances(1), distances(3), distances(math.huge), distances(2, 30) } }

return oracles
