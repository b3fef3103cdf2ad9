-- linalg_oracles.lua: rows and compositions of linear algebra, by elimination, substitution and rotations in plain Lua.
-- Merged into oracles.lua (rows) and composition_oracles.lua (compositions).
--
-- What comes in is drawn at random; a case makes well-conditioned matrices of it, twice: of tensors for the op, of
-- lists for the oracle. What is unique only up to signs is compared where the signs have gone.
local naive = require 'spec.support.naive'

-- loaded when a case calls it: the build reads this file without it
local tenmo = setmetatable({}, { __index = function(_, name)
    return require 'tenmo'[name]
end })

local rows, compositions = {}, {}

-- --- matrices as lists of rows ------------------------------------------------------------------------------------

local function build(n, m, f)
    local a = { columns = m }
    for i = 1, n do
        a[i] = {}
        for j = 1, m do
            a[i][j] = f(i, j)
        end
    end
    return a
end

local function turned(a)
    return build(a.columns, #a, function(i, j) return a[j][i] end)
end

local function times(a, b)
    return build(#a, b.columns, function(i, j)
        local sum = 0
        for k = 1, #b do
            sum = sum + a[i][k] * b[k][j]
        end
        return sum
    end)
end

local function unit(n)
    return build(n, n, function(i, j) return i == j and 1 or 0 end)
end

-- Gauss and Jordan: the solution of a x = b, and the determinant of a.
local function eliminate(a, b)
    local n, det = #a, 1
    a, b = build(n, n, function(i, j) return a[i][j] end), build(n, b.columns, function(i, j) return b[i][j] end)
    for k = 1, n do
        local best = k
        for i = k + 1, n do
            best = math.abs(a[i][k]) > math.abs(a[best][k]) and i or best
        end
        if best ~= k then
            a[k], a[best], b[k], b[best], det = a[best], a[k], b[best], b[k], -det
        end
        det = det * a[k][k]
        for i = 1, n do
            local factor = i ~= k and a[i][k] / a[k][k] or 0
            for j = 1, n do
                a[i][j] = a[i][j] - factor * a[k][j]
            end
            for j = 1, b.columns do
                b[i][j] = b[i][j] - factor * b[k][j]
            end
        end
    end
    return build(n, b.columns, function(i, j) return b[i][j] / a[i][i] end), det
end

local function inverse(a)
    return (eliminate(a, unit(#a)))
end

local function determinant(a)
    return select(2, eliminate(a, unit(#a)))
end

local function cholesky(a)
    local l = build(#a, #a, function() return 0 end)
    for i = 1, #a do
        for j = 1, i do
            local sum = a[i][j]
            for k = 1, j - 1 do
                sum = sum - l[i][k] * l[j][k]
            end
            l[i][j] = i == j and math.sqrt(sum) or sum / l[j][j]
        end
    end
    return l
end

-- Gram and Schmidt: the columns of Q as rows, then R; its diagonal is positive.
local function orthogonal(a)
    local m, n = #a, a.columns
    local k, columns = math.min(m, n), turned(a)
    local q = build(k, m, function() return 0 end)
    for i = 1, k do
        local v = { unpack(columns[i]) }
        for j = 1, i - 1 do
            local dot = times({ q[j], columns = m }, turned { v, columns = m })[1][1]
            for l = 1, m do
                v[l] = v[l] - dot * q[j][l]
            end
        end
        local length = math.sqrt(times({ v, columns = m }, turned { v, columns = m })[1][1])
        for l = 1, m do
            q[i][l] = v[l] / length
        end
    end
    local r = times(q, a)
    return q, build(k, n, function(i, j) return j < i and 0 or r[i][j] end)
end

-- Jacobi's rotations of a symmetric matrix: its eigenvalues, rising.
local function eigenvalues(a)
    local n = #a
    a = build(n, n, function(i, j) return a[i][j] end)
    for _ = 1, 30 do
        for p = 1, n - 1 do
            for q = p + 1, n do
                local angle = 0.5 * math.atan2(2 * a[p][q], a[q][q] - a[p][p])
                local turn = unit(n)
                turn[p][p], turn[q][q] = math.cos(angle), math.cos(angle)
                turn[p][q], turn[q][p] = math.sin(angle), -math.sin(angle)
                a = times(times(turned(turn), a), turn)
            end
        end
    end
    local values = {}
    for i = 1, n do
        values[i] = a[i][i]
    end
    table.sort(values)
    return values
end

-- The roots of the eigenvalues of a a' or a' a, falling.
local function singular_values(a)
    local values = eigenvalues(#a > a.columns and times(turned(a), a) or times(a, turned(a)))
    table.sort(values, function(v, w) return v > w end)
    for i, value in ipairs(values) do
        values[i] = math.sqrt(value)
    end
    return values
end

-- exp(a) by its series, a of moderate size.
local function exponential(a)
    local sum, term = unit(#a), unit(#a)
    for i = 1, 40 do
        term = times(term, a)
        term = build(#a, #a, function(r, c) return term[r][c] / i end)
        sum = build(#a, #a, function(r, c) return sum[r][c] + term[r][c] end)
    end
    return sum
end

local function pseudoinverse(a)
    local t = turned(a)
    if #a >= a.columns then
        return times(inverse(times(t, a)), t)
    end
    return times(t, inverse(times(a, t)))
end

-- --- batches ------------------------------------------------------------------------------------------------------

-- f of the matrices of each batch element (of vectors: columns; axes says how many an input has), which gives a
-- number, a list or a matrix.
local function batched(f, axes, ...)
    local xs, heads = { ... }, {}
    for k, x in ipairs(xs) do
        heads[k] = { shape = { unpack(x.shape, 1, #x.shape - axes[k]) } }
    end
    local batch, y = naive.broadcast_shape(unpack(heads)), {}
    for p = 1, naive.count(batch) do
        local at, matrices = naive.index(batch, p), {}
        for k, x in ipairs(xs) do
            local n = x.shape[#x.shape - axes[k] + 1]
            matrices[k] = build(n, axes[k] == 2 and x.shape[#x.shape] or 1, function(i, j)
                local index = { unpack(at) }
                index[#index + 1] = i
                index[#index + 1] = axes[k] == 2 and j or nil
                return naive.broadcast_at({ shape = x.shape, unpack(x) }, index)
            end)
        end
        y[p] = f(unpack(matrices))
    end
    return y, batch
end

local function flat(values, shape)
    local y = { shape = shape }
    local function put(value)
        if type(value) == 'table' then
            for _, part in ipairs(value) do
                put(part)
            end
        else
            y[#y + 1] = value
        end
    end
    put(values)
    return y
end

local function extended(batch, ...)
    local shape = { unpack(batch) }
    for _, size in ipairs { ... } do
        shape[#shape + 1] = size
    end
    return shape
end

-- --- well-conditioned matrices --------------------------------------------------------------------------------------

local function is_float(x)
    return x.dtype:find '^float' ~= nil
end

-- Three ways, each for tensors and for lists. Numbers are within -1 .. 1.
local make = {
    -- the diagonal prevails
    regular = {
        function(x)
            local n, m = x:size(-2), x:size(-1)
            return x + tenmo.full({ math.max(n, m) }, 2, { dtype = x.dtype, device = x.device })
                :diag()[{ { 1, n }, { 1, m } }] * math.max(n, m, 2)
        end,
        function(a)
            return build(#a, a.columns, function(i, j)
                return a[i][j] + (i == j and 2 * math.max(#a, a.columns, 2) or 0)
            end)
        end,
    },
    positive = {
        function(x)
            return x:matmul(x:transpose(-2, -1)) + tenmo.full({ x:size(-1) }, 1, { dtype = x.dtype, device = x.device })
                :diag()
        end,
        function(a)
            local s = times(a, turned(a))
            return build(#a, #a, function(i, j) return s[i][j] + (i == j and 1 or 0) end)
        end,
    },
    -- symmetric, its eigenvalues apart
    symmetric = {
        function(x)
            local n = x:size(-1)
            local line = tenmo.arange(n, { device = x.device }):to(x.dtype)
            return (x + x:transpose(-2, -1)) * 0.1 + line:diag() * 0.5
        end,
        function(a)
            return build(#a, #a, function(i, j)
                return 0.1 * (a[i][j] + a[j][i]) + (i == j and 0.5 * (i - 1) or 0)
            end)
        end,
    },
    -- its singular values apart
    spread = {
        function(x)
            local n, m = x:size(-2), x:size(-1)
            local line = tenmo.arange(math.max(n, m), { device = x.device }):to(x.dtype) + 1
            return x * 0.2 + line:diag()[{ { 1, n }, { 1, m } }]
        end,
        function(a)
            return build(#a, a.columns, function(i, j)
                return 0.2 * a[i][j] + (i == j and i or 0)
            end)
        end,
    },
}

-- A case of one matrix: call(op, matrix) gives one tensor, want(matrix) a number, list or matrix, inner its sizes.
local function case(shape, way, call, want, inner)
    return {
        inputs = { shape },
        call = function(op, x)
            return call(op, is_float(x) and x:numel() > 0 and make[way][1](x) or x)
        end,
        want = function(x)
            local values, batch = batched(function(a)
                return want(make[way][2](a))
            end, { 2 }, x)
            return flat(values, extended(batch, unpack(inner)))
        end,
    }
end

local TOLERANCE = { float32 = { 2e-5, 2e-5 }, float64 = { 1e-11, 1e-11 } }

local function oracle(cases, domain)
    return {
        domain = domain or '-1..1', cases = cases, tolerance = TOLERANCE,
        dtype = function(dtype)
            return dtype:find '^float' and dtype or nil
        end,
    }
end

local function first(op, ...)
    return (op(...))
end

-- --- systems --------------------------------------------------------------------------------------------------------

-- a of one shape, b of another; vector: b holds vectors.
local function system(a_shape, b_shape, options, vector)
    local left = not options or options.left ~= false
    return {
        inputs = { a_shape, b_shape },
        call = function(op, a, b)
            return op(is_float(a) and a:numel() > 0 and make.regular[1](a) or a, b, options)
        end,
        want = function(a, b)
            local values, batch = batched(function(m, r)
                m = make.regular[2](m)
                return left and eliminate(m, r) or turned((eliminate(turned(m), turned(r))))
            end, { 2, vector and 1 or 2 }, a, b)
            local n = #b.shape
            return flat(values, vector and extended(batch, b.shape[n]) or extended(batch, b.shape[n - 1], b.shape[n]))
        end,
    }
end

rows.solve = oracle({
    system({ 3, 3 }, { 3, 2 }), system({ 3, 3 }, { 3 }, nil, true), system({ 2, 3, 3 }, { 2, 3, 1 }),
    system({ 2, 3, 3 }, { 2, 3 }, nil, true), system({ 2, 1, 2, 2 }, { 3, 2, 2 }),
    system({ 2, 2, 2 }, { 2 }, nil, true),
    system({ 3, 3 }, { 2, 3 }, { left = false }), system({ 2, 2 }, { 2, 1, 2 }, { left = false }),
    system({ 1, 1 }, { 1, 1 }), system({ 0, 0 }, { 0, 2 }), system({ 0, 2, 2 }, { 2, 2 }),
})

-- Only a triangle of a counts.
local function triangular(a_shape, b_shape, options)
    local one = system(a_shape, b_shape)
    function one.call(op, a, b)
        return op(is_float(a) and make.regular[1](a) or a, b, options)
    end
    function one.want(a, b)
        local values, batch = batched(function(m, r)
            m = make.regular[2](m)
            m = build(#m, #m, function(i, j)
                local inside = options.upper and i <= j or not options.upper and i >= j
                return i == j and options.unitriangular and 1 or inside and m[i][j] or 0
            end)
            return options.left ~= false and eliminate(m, r) or turned((eliminate(turned(m), turned(r))))
        end, { 2, 2 }, a, b)
        return flat(values, extended(batch, b.shape[#b.shape - 1], b.shape[#b.shape]))
    end
    return one
end

rows.solve_triangular = oracle({
    triangular({ 3, 3 }, { 3, 2 }, { upper = false }), triangular({ 3, 3 }, { 3, 2 }, { upper = true }),
    triangular({ 2, 3, 3 }, { 3, 1 }, { upper = true, unitriangular = true }),
    triangular({ 3, 3 }, { 3, 2 }, { upper = false, unitriangular = true }),
    triangular({ 3, 3 }, { 2, 3 }, { upper = false, left = false }),
    triangular({ 2, 2 }, { 2, 3, 2 }, { upper = true, left = false, unitriangular = true }),
})

local function inverted(shape)
    return case(shape, 'regular', first, inverse, { shape[#shape], shape[#shape] })
end
rows.inv = oracle {
    inverted { 3, 3 }, inverted { 1, 1 }, inverted { 2, 3, 3 }, inverted { 0, 0 }, inverted { 0, 2, 2 },
}

-- --- determinants ---------------------------------------------------------------------------------------------------

local function determinants(call, want)
    local list = {}
    for i, shape in ipairs { { 3, 3 }, { 1, 1 }, { 2, 3, 3 }, { 2, 2, 2, 2 }, { 0, 0 }, { 0, 2, 2 } } do
        list[i] = case(shape, 'regular', call, want, {})
    end
    -- a row with its sign turned: the determinant is negative
    list[#list + 1] = case({ 3, 3 }, 'regular', function(op, x)
        return call(op, is_float(x) and x * tenmo.tensor({ -1, 1, 1 },
            { dtype = x.dtype, device = x.device }):unsqueeze(-1) or x)
    end, function(a)
        a[1] = { -a[1][1], -a[1][2], -a[1][3] }
        return want(a)
    end, {})
    return oracle(list)
end

local function log_determinant(a)
    return math.log(math.abs(determinant(a)))
end

rows.det = determinants(first, determinant)
rows.logabsdet = determinants(first, log_determinant)
compositions.slogdet = determinants(function(op, x)
    local sign, logarithm = op(x)
    return sign * logarithm
end, function(a)
    return log_determinant(a) * (determinant(a) < 0 and -1 or 1)
end)

-- --- decompositions -------------------------------------------------------------------------------------------------

local function factored(shape, upper)
    return case(shape, 'positive', function(op, x)
        return upper and op(x, { upper = true }) or op(x)
    end, function(a)
        return upper and turned(cholesky(a)) or cholesky(a)
    end, { shape[#shape], shape[#shape] })
end
rows.cholesky = oracle {
    factored { 3, 3 }, factored({ 3, 3 }, true), factored { 1, 1 }, factored { 2, 3, 3 }, factored { 0, 0 },
}

-- Each row with the sign that makes R's diagonal positive.
local function positive(q, r)
    local signs = r:diagonal(0, -2, -1):sign():unsqueeze(-1)
    return tenmo.cat({ q:transpose(-2, -1) * signs, r * signs }, -1)
end

local function qr(shape, call)
    local m, n = shape[#shape - 1], shape[#shape]
    return case(shape, 'regular', call, function(a)
        local q, r = orthogonal(a)
        return build(#q, m + n, function(i, j) return j <= m and q[i][j] or r[i][j - m] end)
    end, { math.min(m, n), m + n })
end

local function qr_cases(call)
    return oracle { qr({ 3, 3 }, call), qr({ 4, 2 }, call), qr({ 2, 4 }, call), qr({ 2, 3, 2 }, call),
        qr({ 1, 1 }, call) }
end
rows.qr_rows = qr_cases(function(op, x)
    local y = op(x)
    local m, n = x:size(-2), x:size(-1)
    return positive(y:narrow(-1, 1, m):transpose(-2, -1), y:narrow(-1, m + 1, n))
end)
compositions.qr = qr_cases(function(op, x)
    local q, r = op(x)
    return is_float(x) and positive(q, r)
end)

-- split(op, x) gives values and vectors: the values, and the matrix's exponential of both.
local function eigh_cases(split)
    local list = {}
    for _, shape in ipairs { { 3, 3 }, { 1, 1 }, { 2, 3, 3 }, { 4, 4 }, { 0, 0 } } do
        local n = shape[#shape]
        list[#list + 1] = case(shape, 'symmetric', function(op, x)
            return (split(op, x))
        end, eigenvalues, { n })
        list[#list + 1] = case(shape, 'symmetric', function(op, x)
            local values, v = split(op, x)
            return (v * values:exp():unsqueeze(-2)):matmul(v:transpose(-2, -1))
        end, exponential, { n, n })
    end
    return oracle(list)
end
rows.eigh_rows = eigh_cases(function(op, x)
    local y = op(x)
    return y:select(-1, 1), y:narrow(-1, 2, x:size(-1)):transpose(-2, -1)
end)
compositions.eigh = eigh_cases(function(op, x)
    return op(x)
end)

-- split gives U, S, V: the values, and U S^3 V', which is x x' x.
local function svd_cases(split)
    local list = {}
    for _, shape in ipairs { { 3, 3 }, { 4, 2 }, { 2, 4 }, { 2, 3, 2 }, { 1, 1 } } do
        local m, n = shape[#shape - 1], shape[#shape]
        list[#list + 1] = case(shape, 'spread', function(op, x)
            local _, s = split(op, x)
            return s
        end, singular_values, { math.min(m, n) })
        list[#list + 1] = case(shape, 'spread', function(op, x)
            local u, s, v = split(op, x)
            return (u * (s * s * s):unsqueeze(-2)):matmul(v:transpose(-2, -1))
        end, function(a)
            return times(times(a, turned(a)), a)
        end, { m, n })
    end
    return oracle(list)
end
rows.svd_rows = svd_cases(function(op, x)
    local y = op(x)
    local m, n = x:size(-2), x:size(-1)
    return y:narrow(-1, 2, m):transpose(-2, -1), y:select(-1, 1), y:narrow(-1, m + 2, n):transpose(-2, -1)
end)
compositions.svd = svd_cases(function(op, x)
    return op(x)
end)

-- --- pseudoinverse and least squares --------------------------------------------------------------------------------

local function pinv(shape, ...)
    local options = { ... }
    return case(shape, 'regular', function(op, x)
        return op(x, unpack(options))
    end, pseudoinverse, { shape[#shape], shape[#shape - 1] })
end

-- Of rank 1: u v' has the pseudoinverse v u' / (|u|^2 |v|^2).
local rank_one = {
    inputs = { { 3 }, { 2 } },
    call = function(op, u, v)
        return is_float(u) and op((u + 2):unsqueeze(-1) * (v + 2)) or op(u:unsqueeze(-1) * v)
    end,
    want = function(u, v)
        local function plus(x) return naive.map(function(a) return a + 2 end, x) end
        local function square(x) return naive.total(naive.map(function(a) return a * a end, x)) end
        u, v = plus(u), plus(v)
        return naive.build({ 2, 3 }, function(index)
            return v[index[1]] * u[index[2]] / square(u) / square(v)
        end)
    end,
}
local function hermitian(shape)
    return case(shape, 'symmetric', function(op, x)
        return op(x, { hermitian = true })
    end, pseudoinverse, { shape[#shape], shape[#shape] })
end

-- The largest singular value of diag(u, v / 4) counts alone, where rtol or atol is a tensor that says so.
local function split(options)
    return {
        inputs = { { 2 }, { 2 } },
        call = function(op, u, v)
            local x = tenmo.stack({ (u * 0.1 + 2):abs(), (v * 0.01):abs() }, -1):diag_embed()
            local given = {}
            for name, value in pairs(options) do
                given[name] = type(value) == 'table' and tenmo.tensor(value, { dtype = x.dtype, device = x.device })
                    or value
            end
            return is_float(u) and op(x, given) or op(u:unsqueeze(-1))
        end,
        want = function(u, v)
            local function larger(i)
                return 1 / math.abs(u[i] * 0.1 + 2)
            end
            return naive.array({ 2, 2, 2 }, { larger(1), 0, 0, 0 * v[1], larger(2), 0, 0, 0 })
        end,
    }
end
rows.pinv = oracle({
    hermitian { 3, 3 }, hermitian { 2, 3, 3 }, hermitian { 1, 1 }, split { rtol = { 0.1, 0.1 } },
    split { atol = { 0.1, 0.2 } }, split { atol = 0.1, rtol = { 0 } }, split { rtol = 0.1, hermitian = true },
    pinv { 3, 3 }, pinv { 4, 2 }, pinv { 2, 4 }, pinv { 2, 3, 2 }, pinv({ 3, 2 }, { rtol = 1e-3 }),
    pinv({ 3, 2 }, { atol = 1e-3 }), pinv { 0, 2 }, rank_one,
})
rows.pinv.tolerance = { float32 = { 1e-4, 1e-4 }, float64 = TOLERANCE.float64 }

-- call(op, a, b) gives one of the results, want(a, b, x) what it is for one pair, inner its sizes.
local function fitted(a_shape, b_shape, call, want, inner)
    local vector = #b_shape < #a_shape
    return {
        inputs = { a_shape, b_shape },
        call = function(op, a, b)
            return call(op, is_float(a) and make.regular[1](a) or a, b)
        end,
        want = function(a, b)
            local values, batch = batched(function(m, r)
                m = make.regular[2](m)
                local x = times(pseudoinverse(m), r)
                return want(m, r, x)
            end, { 2, vector and 1 or 2 }, a, b)
            return flat(values, extended(batch, unpack(inner)))
        end,
    }
end

local function solution(_, _, x)
    return x
end

local function what_is_left(a, b, x)
    local y, sums = times(a, x), {}
    for j = 1, b.columns do
        sums[j] = 0
        for i = 1, #b do
            sums[j] = sums[j] + (y[i][j] - b[i][j]) ^ 2
        end
    end
    return sums
end

compositions.lstsq = oracle({
    fitted({ 4, 2 }, { 4, 3 }, first, solution, { 2, 3 }),
    fitted({ 2, 3, 3 }, { 2, 3, 1 }, first, solution, { 3, 1 }),
    fitted({ 2, 4 }, { 2, 2 }, first, solution, { 4, 2 }), fitted({ 4, 2 }, { 4 }, first, solution, { 2 }),
    fitted({ 4, 2 }, { 4, 3 }, function(op, a, b)
        return (select(2, op(a, b)))
    end, what_is_left, { 3 }),
}, '-1..1 -1..1')
compositions.lstsq.tolerance = rows.pinv.tolerance

-- --- what compositions of other families ask of this one: more cases for them --------------------------------------

local function matrix_norm(shape, p, want, keepdim)
    return case(shape, 'spread', function(op, x)
        return op(x, p, keepdim)
    end, function(a)
        return want(singular_values(a))
    end, keepdim and { 1, 1 } or {})
end

local function largest(values)
    return values[1]
end

local function power(n, want)
    return case({ 2, 2 }, 'spread', function(op, x)
        return op(x, n)
    end, want, { 2, 2 })
end

local more = {
    matrix_norm = {
        matrix_norm({ 2, 3 }, 'two', largest), matrix_norm({ 2, 3 }, 'nuc', naive.total),
        matrix_norm({ 2, 3, 2 }, 'two', largest, true), matrix_norm({ 2, 3, 2 }, 'nuc', naive.total, true),
    },
    matrix_power = {
        power(-1, inverse),
        power(-2, function(a)
            return times(inverse(a), inverse(a))
        end),
    },
}

return { rows = rows, compositions = compositions, more = more }
