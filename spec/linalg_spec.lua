-- linalg_spec.lua: decompositions put together again at sizes where LAPACK works in blocks, and what the walk over the
-- table can't say: equal eigenvalues, ranks.
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local function turned(x)
    return x:transpose(-2, -1)
end

local function largest(x)
    return x:abs():max():item()
end

describe('decompositions of larger matrices', function()
    for dtype, least in pairs { float32 = 2e-4, float64 = 1e-12 } do
        for _, shape in ipairs { { 120, 70 }, { 70, 120 }, { 2, 65, 65 } } do
            it(('(%s), %s'):format(table.concat(shape, ', '), dtype), function()
                tenmo.manual_seed(1)
                local x = tenmo.randn(shape, { dtype = dtype })
                local k = math.min(shape[#shape], shape[#shape - 1])
                local one = tenmo.ones({ k }, { dtype = dtype }):diag()
                local q, r = x:qr()
                assert.is_true(largest(q:matmul(r) - x) < least)
                assert.is_true(largest(turned(q):matmul(q) - one) < least)
                assert.equal(0, largest(r:tril(-1)))
                local u, s, v = x:svd()
                assert.is_true(largest((u * s:unsqueeze(-2)):matmul(turned(v)) - x) < least)
                assert.is_true(largest(turned(u):matmul(u) - one) < least)
                assert.is_true((s:narrow(-1, 1, k - 1) - s:narrow(-1, 2, k - 1)):min():item() >= 0)
                local p = x:pinv()
                assert.is_true(largest(x:matmul(p):matmul(x) - x) < 10 * least)
            end)
        end

        it('square ones, ' .. dtype, function()
            tenmo.manual_seed(2)
            local x = tenmo.randn({ 90, 90 }, { dtype = dtype })
            local one = tenmo.ones({ 90 }, { dtype = dtype }):diag()
            local symmetric = x + x:t()
            local values, vectors = symmetric:eigh()
            assert.is_true(largest(symmetric:matmul(vectors) - vectors * values) < 10 * least)
            local positive = x:matmul(x:t()) + one
            local l = positive:cholesky()
            assert.is_true(largest(l:matmul(l:t()) - positive) < 10 * least)
            assert.is_true(largest(positive:matmul(positive:inv()) - one) < 10 * least)
            local sign, logarithm = positive:slogdet()
            assert.equal(1, sign:item())
            assert.is_true(math.abs(logarithm:item() - l:diagonal():log():sum():item() * 2) < 1e3 * least)
        end)
    end
end)

describe('full forms', function()
    local function square_ones(x, least)
        local one = tenmo.ones({ x:size(-1) }, { dtype = x.dtype }):diag()
        assert.equal(x:size(-1), x:size(-2))
        assert.is_true(largest(turned(x):matmul(x) - one) < least)
    end

    for _, shape in ipairs { { 5, 2 }, { 2, 5 }, { 3, 3 }, { 2, 4, 1 } } do
        it(('of (%s)'):format(table.concat(shape, ', ')), function()
            tenmo.manual_seed(3)
            local x = tenmo.randn(shape, { dtype = 'float64' })
            local m, n = x:size(-2), x:size(-1)
            local q, r = x:qr 'complete'
            square_ones(q, 1e-12)
            assert.same({ m, n }, { r:size(-2), r:size(-1) })
            assert.is_true(largest(q:matmul(r) - x) < 1e-12)
            local u, s, v = x:svd(true)
            square_ones(u, 1e-12)
            square_ones(v, 1e-12)
            local k = math.min(m, n)
            local part = u:narrow(-1, 1, k) * s:unsqueeze(-2)
            assert.is_true(largest(part:matmul(turned(v:narrow(-1, 1, k))) - x) < 1e-12)
            assert.is_true(tensors.same(x:qr('r'), (select(2, x:qr()))))
        end)
    end

    it('of nothing are the identity', function()
        local u, _, v = tenmo.zeros(3, 0):svd(true)
        assert.is_true(tensors.same(u, tenmo.eye(3)))
        assert.same({ 0, 0 }, v.shape)
    end)

    it('have the gradient of the reduced ones, or none', function()
        local x = tenmo.randn(4, 2):requires_grad_()
        local function of(full)
            local u, s = x:svd(full)
            return tenmo.grad((u:narrow(-1, 1, 2):square() * s):sum() + s:square():sum(), x)
        end
        assert.is_true(largest(of(true) - of(false)) < 1e-6)
        assert.matches("^qr: with mode = 'complete' x of shape %(4, 2%) has no gradient",
            (tensors.failure(tenmo.qr, x, 'complete')))
        assert.same({ 4, 4 }, (x:detach():qr('complete')).shape)
    end)
end)

describe('equal eigenvalues', function()
    it('give the trace its gradient', function()
        local x = tenmo.full({ 3 }, 2, 'float64'):diag():requires_grad_(true)
        tenmo.eigh(x):sum():backward()
        assert.is_true(tensors.same(tenmo.ones({ 3 }, 'float64'):diag(), x.grad))
    end)

    it('and equal singular values the nuclear norm its own', function()
        local x = tenmo.full({ 3 }, 2, 'float64'):diag():requires_grad_(true)
        local _, s = x:svd()
        s:sum():backward()
        assert.is_true(largest(x.grad - tenmo.ones({ 3 }, 'float64'):diag()) < 1e-12)
    end)
end)

describe('the gradient of det', function()
    local CASES = {
        { { { 1, 2 }, { 2, 4 } }, { { 4, -2 }, { -2, 1 } } },
        { { { 0, 0 }, { 0, 0 } }, { { 0, 0 }, { 0, 0 } } },
        { { { 1, 2, 3 }, { 4, 5, 6 }, { 5, 7, 9 } }, { { 3, -6, 3 }, { 3, -6, 3 }, { -3, 6, -3 } } },
        { { { 0, 1 }, { 2, 3 } }, { { 3, -2 }, { -1, 0 } } },
    }
    for i, case in ipairs(CASES) do
        it('is made of cofactors, also where there is no inverse, ' .. i, function()
            for dtype, least in pairs { float32 = 1e-5, float64 = 1e-13 } do
                local x = tenmo.tensor(case[1], { dtype = dtype, requires_grad = true })
                x:det():backward()
                assert.is_true(largest(x.grad - tenmo.tensor(case[2], { dtype = dtype })) < least)
            end
        end)
    end

    it('recorded, needs the inverse', function()
        local x = tenmo.tensor({ { 1, 2 }, { 2, 4 } }, { requires_grad = true })
        assert.matches('^inv: the matrix is singular', (tensors.failure(tenmo.grad, x:det(), x,
            { create_graph = true })))
    end)
end)

describe('lstsq', function()
    it('tells the rank, and takes what is not full', function()
        local a = tenmo.tensor { { 1, 2 }, { 2, 4 }, { 3, 6 } }
        local x, rest, rank, s = a:lstsq(tenmo.tensor { 1, 2, 3 })
        assert.is_true(largest(x - tenmo.tensor { 0.2, 0.4 }) < 1e-6) -- on the line x + 2 y = 1, nearest to 0
        assert.same({ 0 }, rest.shape)
        assert.equal(1, rank:item())
        assert.is_true(math.abs(s[1]:item() - math.sqrt(70)) < 1e-5)
    end)

    it('of a symmetric matrix reads its lower triangle', function()
        local x = tenmo.tensor { { 2, 100 }, { 1, 2 } }
        local whole = tenmo.tensor { { 2, 1 }, { 1, 2 } }
        assert.is_true(largest(x:pinv { hermitian = true } - whole:pinv()) < 1e-6)
    end)

    it('refuses what pinv refuses', function()
        assert.equal('lstsq: expected a matrix or a batch of them (..., m, n), got shape (2)',
            (tensors.failure(tenmo.lstsq, tenmo.ones(2), tenmo.ones(2))))
        assert.equal('lstsq: a (3, 2) and b (4, 1): b needs 3 rows, as many as a has',
            (tensors.failure(tenmo.lstsq, tenmo.ones(3, 2), tenmo.ones(4, 1))))
    end)
end)
