-- linalg.lua: decompositions as people call them, cut out of the rows that the engine gives: the parts are views, and
-- their gradients meet in those rows.

local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local function turned(x)
        return x:transpose(-2, -1)
    end

    -- The parts of each row, of these widths.
    local function parts(rows, first, second, third)
        return rows:narrow(-1, 1, first), rows:narrow(-1, first + 1, second),
            third and rows:narrow(-1, first + second + 1, third)
    end

    -- zeros behind x along an axis, so that it has n there
    local function lengthened(x, axis, n)
        local shape = x.shape
        axis = axis + #shape + 1
        shape[axis] = n - shape[axis]
        return tenmo.cat({ x, tenmo.zeros(shape, { dtype = x.dtype, device = x.device }) }, { axis = axis })
    end

    -- Orthonormal columns and as many more as make them a square: Householder's reflections leave a basis of the rest
    -- behind, whatever columns of zeros stand there. The rest is any basis: it has no gradient.
    local function completed(q)
        local m, k = q:size(-2), q:size(-1)
        if k == m then
            return q
        end
        local rest = tenmo.no_grad(function()
            return turned(tenmo.qr_rows(lengthened(q:detach(), -1, m)):narrow(-1, 1, m)):narrow(-1, k + 1, m - k)
        end)
        return tenmo.cat({ q, rest }, { axis = -1 })
    end

    local function qr(x, mode)
        local q, r = parts(tenmo.qr_rows(x), x:size(-2), x:size(-1))
        if mode == 'r' then
            return r
        elseif mode == 'reduced' or x:size(-2) <= x:size(-1) then
            return turned(q), r
        elseif tenmo.is_recording() and x.requires_grad then
            raise("qr: with mode = 'complete' x of shape %s has no gradient, since the last columns of Q are any "
                .. "basis; mode = 'reduced' has one, or take x:detach()", shape_text(x.shape))
        end
        return completed(turned(q)), lengthened(r, -2, x:size(-2))
    end

    local function eigh(x)
        local values, vectors = parts(tenmo.eigh_rows(x), 1, x:size(-1))
        return values:squeeze(-1), turned(vectors)
    end

    local function svd(x, full)
        local s, u, v = parts(tenmo.svd_rows(x), 1, x:size(-2), x:size(-1))
        u, v = turned(u), turned(v)
        if full then
            u, v = completed(u), completed(v)
        end
        return u, s:squeeze(-1), v
    end

    local function slogdet(x)
        local logarithm, sign = tenmo.logabsdet(x)
        return sign, logarithm
    end

    -- b is a vector for each matrix of a, as solve has it.
    local function is_vector(a, b)
        local shape = a.shape
        shape[#shape] = nil
        return b:dim() == 1 or table.concat(shape, ' ') == table.concat(b.shape, ' ')
    end

    local function residuals(a, x, b, full)
        if a:size(-2) <= a:size(-1) or not full then
            return tenmo.zeros({ 0 }, { dtype = a.dtype, device = a.device })
        end
        return (a:matmul(x) - b):square():sum(-2)
    end

    local function lstsq(a, b, rcond)
        local inverse = tenmo.pinv(a, { rtol = rcond })
        local least = math.min(a:size(-2), a:size(-1))
        local vector = is_vector(a, b)
        if b:dim() == 0 or b:size(vector and -1 or -2) ~= a:size(-2) then
            raise('lstsq: a %s and b %s: b needs %d rows, as many as a has', shape_text(a.shape), shape_text(b.shape),
                a:size(-2))
        end
        local columns = vector and b:unsqueeze(-1) or b
        local x = inverse:matmul(columns)
        local _, s = tenmo.no_grad(svd, a)
        rcond = rcond or math.max(a:size(-2), a:size(-1)) * (a.dtype == 'float32' and 2 ^ -23 or 2 ^ -52)
        local rank = s:gt((least > 0 and s:narrow(-1, 1, 1) or s) * rcond):sum(-1)
        local rest = residuals(a, x, columns, rank:ne(least):sum():item() == 0)
        if vector then
            return x:squeeze(-1), rest:squeeze(-1), rank, s
        end
        return x, rest, rank, s
    end

    return {
        {
            name = 'slogdet',
            signature = 'x',
            doc = 'the sign of the determinant of square matrices, and the logarithm of its absolute value',
            formula = 'det x = sign * exp(logarithm)',
            example = 'tenmo.slogdet(tenmo.tensor{{0, 1}, {1, 0}})',
            prints = '-1. float32 ()\t0. float32 ()',
            gives = 'tenmo.Tensor; tenmo.Tensor',
            call = slogdet,
        },
        {
            name = 'qr',
            signature = 'x | mode:reduced/complete/r=reduced',
            doc = "Q with orthonormal columns and R, upper triangular, with Q R = x; mode = 'complete' gives a square "
                .. "Q, 'r' just R",
            formula = "x = Q R, Q' Q = 1",
            example = 'select(2, tenmo.qr(tenmo.ones(3, 2))).shape',
            prints = '{ 2, 2 }',
            gives = 'tenmo.Tensor; tenmo.Tensor|nil',
            call = qr,
        },
        {
            name = 'eigh',
            signature = 'x',
            doc = 'the eigenvalues of symmetric matrices (..., n, n), rising, and their vectors in the columns of a '
                .. 'second result; only the lower triangle is read',
            formula = "x = V diag(values) V'",
            example = '(tenmo.eigh(tenmo.tensor{{3, 0}, {0, 2}}))',
            prints = '[2., 3.]\nfloat32 (2)',
            gives = 'tenmo.Tensor; tenmo.Tensor',
            call = eigh,
        },
        {
            name = 'svd',
            signature = 'x | full_matrices:bool=false',
            doc = 'U, the singular values, falling, and V (not transposed); with full_matrices = true U and V are '
                .. 'square, and what that adds to them is any basis, without a gradient',
            formula = "x = U diag(S) V'",
            example = '(select(2, tenmo.svd(tenmo.tensor{{3, 0}, {0, -2}, {0, 0}})))',
            prints = '[3., 2.]\nfloat32 (2)',
            gives = 'tenmo.Tensor; tenmo.Tensor; tenmo.Tensor',
            call = svd,
        },
        {
            name = 'lstsq',
            signature = 'a b | rcond:num?',
            doc = 'x of least norm with a x nearest to b; then the sums of squares that are left, for each column '
                .. '(none where m <= n or the rank is less), the rank, the singular values; those up to rcond * the '
                .. 'largest count as 0',
            formula = 'x = pinv(a) b',
            example = '(tenmo.lstsq(tenmo.tensor{{2, 0}, {0, 4}, {0, 0}}, tenmo.tensor{2, 4, 3}))',
            prints = '[1., 1.]\nfloat32 (2)',
            gives = 'tenmo.Tensor; tenmo.Tensor; tenmo.Tensor; tenmo.Tensor',
            call = lstsq,
        },
    }
end
