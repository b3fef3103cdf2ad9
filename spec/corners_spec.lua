-- corners_spec.lua: where PyTorch's operator samples (torch.testing, version 2.15) lead: tensors of no axes whose axis
-- is named, ids that are repeated, limits beyond each other, padding that cuts. Figures are PyTorch's.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local list = tensors.flatten

local function double(values)
    return tenmo.tensor(values, { dtype = 'float64', requires_grad = true })
end

local function near(want, x)
    local got = list(x)
    assert.equal(#want, #got)
    for i, v in ipairs(want) do
        assert.near(v, got[i], 1e-9)
    end
end

describe('a tensor of no axes is a line of one where its axis is named:', function()
    local ones = { -- the gradient; false is none
        sum = 1, mean = 1, amax = 1, amin = 1, cumsum = 1, cumprod = 1, flip = 1, prod = 1, nansum = 1, nanmean = 1,
        logsumexp = 1, norm = 1, vector_norm = 1, squeeze = 1, logcumsumexp = 1, max = 1, min = 1, sort = 1, cummax = 1,
        cummin = 1, median = 1, kthvalue = 1, mode = 1, softmax = 0, log_softmax = 0, softmin = 0, argmax = false,
        argsort = false, any = false, all = false, count_nonzero = false, argmin = false,
    }
    for name, slope in pairs(ones) do
        it(name, function()
            for _, axis in ipairs { 1, -1 } do
                local x = double(3)
                local options = (name == 'kthvalue') and { 1, axis } or { axis }
                local y, ids = tenmo[name](x, unpack(options))
                assert.same({}, y.shape)
                assert.same({}, ids and ids.shape or {})
                assert.equal(ids and 0, ids and ids:item())
                if slope then
                    near({ slope }, tenmo.grad(y, x))
                end
            end
        end)
    end

    it('with keepdim too', function()
        assert.same({}, double(3):sum(1, true).shape)
        assert.same({}, double(3):prod(-1, true).shape)
        assert.same({}, (double(3):max(1, true)).shape)
    end)

    it('by ids', function()
        local x = double(3)
        assert.same({}, x:index_select(1, tenmo.ids { 0 }).shape)
        near({ 7 }, x:index_add(1, tenmo.ids { 0 }, tenmo.full({}, 4, 'float64')))
        near({ 4 }, x:index_copy(1, tenmo.ids { 0 }, tenmo.full({}, 4, 'float64')))
        near({ 5 }, x:index_fill(1, tenmo.ids { 0 }, 5))
        near({ 6 }, x:index_fill(1, tenmo.ids { 0 }, tenmo.tensor(6)))
        assert.same({ 1 }, x:unfold(1, 1, 1).shape)
        assert.same({}, x:transpose(1, -1).shape)
        assert.same({ 2 }, x:quantile(double { 0, 1 }:detach(), 1).shape)
    end)

    it('but there is one only', function()
        assert.equal("cumsum: argument 2 ('axis') is 2, but the tensor has no axes",
            (tensors.failure(tenmo.cumsum, tenmo.tensor(3), 2)))
        assert.matches('^prod: .* is %-2, but the tensor has no axes',
            (tensors.failure(tenmo.prod, tenmo.tensor(3), -2)))
    end)
end)

describe('ids', function()
    it('of which one is repeated leave the gradient to the last writer', function()
        local ids, zeros = tenmo.ids { 1, 1, 0 }, tenmo.zeros(4, { dtype = 'float64' })
        for name, put in pairs {
            scatter = function(x) return zeros:scatter(1, ids, x) end,
            put = function(x) return zeros:put(ids, x) end,
            index_put = function(x) return zeros:index_put(ids, x) end,
            index_copy = function(x) return zeros:index_copy(1, ids, x) end,
        } do
            local x = double { 5, 6, 7 }
            local y = put(x)
            assert.same({ 7, 6, 0, 0 }, list(y), name)
            local g = tenmo.grad((y * y):sum(), x, { create_graph = true })
            assert.same({ 0, 12, 14 }, list(g), name)
            assert.same({ 0, 2, 2 }, list(tenmo.grad(g:sum(), x)), name)
        end
    end)

    it('in a matrix, too', function()
        local x = double { { 1, 2 }, { 3, 4 }, { 5, 6 } }
        local y = tenmo.zeros(2, 2, { dtype = 'float64' }):scatter(1, tenmo.ids { { 0, 1 }, { 0, 0 }, { 1, 1 } }, x)
        assert.same({ 3, 4, 5, 6 }, list(y))
        assert.same({ 0, 0, 1, 1, 1, 1 }, list(tenmo.grad(y:sum(), x)))
    end)

    it('are checked though slices have no elements', function()
        local x = tenmo.ones(3, 0)
        assert.equal('index_select: id 3 is out of range; ids count from 0, and here run to 2',
            (tensors.failure(tenmo.index_select, x, 1, tenmo.ids { 0, 3 })))
        assert.same({ 2, 0 }, x:index_select(1, tenmo.ids { 0, 2 }).shape)
        assert.matches('^index_select: x has no slices along this axis',
            (tensors.failure(tenmo.index_select, tenmo.ones(0, 0), 1, tenmo.ids { 0 })))
    end)
end)

describe('ids that lie in x itself', function()
    it('are those from before the write', function()
        local n = 2000
        for name, last in pairs { scatter_ = 2e12, scatter_add_ = 2e12 * n + n - 1, index_copy_ = 2e12,
            index_add_ = 2e12 * n + n - 1 } do
            local x = tenmo.full({ n }, n - 1, 'int64')
            x[name](x, 1, x, tenmo.full({ n }, 2e12, 'int64'))
            assert.equal(last, x[-1]:item())
            assert.equal(n - 1, x[1]:item())
        end
    end)
end)

describe('a product', function()
    -- The product of a row without the places i and k.
    local function without(row, i, k)
        local p = 1
        for j, v in ipairs(row) do
            p = (j == i or j == k) and p or p * v
        end
        return p
    end

    it('has its first and second derivatives at zeros, one or several', function()
        local rows, by = { { 2, 3, -4, 5 }, { 2, 0, 3, 4 }, { 0, 3, 0, 2 }, { 0, 0, 0, 4 } }, { 1, -2, 3, 4 }
        local x = double(rows)
        local slope = tenmo.grad(x:prod(-1):sum(), x, { create_graph = true })
        local plain, first, second = tenmo.grad(x:prod(-1):sum(), x), {}, {}
        for _, row in ipairs(rows) do
            for i = 1, 4 do
                local bend = 0
                for k = 1, 4 do
                    bend = bend + (k ~= i and by[k] * without(row, i, k) or 0)
                end
                first[#first + 1], second[#second + 1] = without(row, i), bend
            end
        end
        near(first, plain)
        near(first, slope)
        near(second, tenmo.grad((slope * tenmo.tensor(by, { dtype = 'float64' })):sum(), x))
    end)

    it('passes through what float32 cannot hold', function()
        local x = tenmo.cat { tenmo.full({ 300 }, 1e30), tenmo.full({ 300 }, 1e-30) }
        local mixed = tenmo.stack({ x[{ { 1, 9 } }], x[{ { 301, 309 } }] }, -1)
        assert.near(1, mixed:prod():item(), 1e-4)
        assert.near(1, mixed:t():contiguous():prod():item(), 1e-4)
        assert.near(1, mixed:t():prod(1):prod():item(), 1e-4)
    end)

    it('of many factors, in every layout, is what the logarithms say', function()
        tenmo.manual_seed(3)
        for _, shape in ipairs { { 333, 777 }, { 70000 }, { 3000, 5 }, { 5, 3000 }, { 7, 40, 300 } } do
            local x = tenmo.rand(shape) * 0.02 + 0.99
            for _, y in ipairs { x, x:transpose(1, -1), x:half() } do
                for axis = 0, #shape do
                    local axes = axis > 0 and { axis } or nil
                    local got, want = y:prod(axes), y:double():log():sum(axes):exp()
                    local off = ((got:double() - want) / want):abs():max():item()
                    assert.is_true(off < (y.dtype == 'float16' and 2e-3 or 2e-6))
                end
            end
        end
    end)

    it('of integers wraps', function()
        for _, shape in ipairs { { 200 }, { 200, 3 }, { 200, 100 } } do
            local x = tenmo.full(shape, 3, 'int32')
            local y, want = x:prod(1), 1LL
            for _ = 1, 200 do
                want = want * 3
            end
            assert.is_true(y:reshape(-1)[1]:item 'int64' == want)
        end
    end)
end)

describe("a composition's result", function()
    it('that ends in a view of its own may be written, recorded', function()
        local x = double { { -1, 2 }, { 3, -4 } }
        local y = x:matrix_norm 'one'
        y:neg_()
        near({ -6 }, y)
        near({ 0, -1, 0, 1 }, tenmo.grad(y, x))
    end)

    it("that is a view of an argument's bytes may not", function()
        local x = double { { 1, 2 }, { 3, 4 } } * 1
        local y = x:narrow(1, 1, 1)
        assert.matches('^abs_: x is a view and the write is recorded', (tensors.failure(y.abs_, y)))
    end)
end)

describe('values', function()
    it('of logit whose limits lie beyond each other', function()
        near({ math.log(1.5), math.log(1.5), -math.log(1.5) }, double { 0.2, 0.5, 0.7 }:logit(0.6))
    end)

    it('of normalize by any norm', function()
        near({ 1.5, 2 }, double { 3, 4 }:normalize(0, 1))
        near({ 0.75, 1 }, double { 3, 4 }:normalize(math.huge, 1))
        near({ 1, 4 / 3 }, double { 3, 4 }:normalize(-math.huge, 1))
    end)

    it('of padding that cuts and goes round', function()
        near({ 2, 3, 4, 2, 3 }, double { 1, 2, 3, 4 }:pad({ -1, 2 }, { mode = 'circular' }))
        near({ 2, 3, 1, 2, 3 }, double { 1, 2, 3, 4 }:pad({ 2, -1 }, { mode = 'circular' }))
    end)

    it('of diff with what stands beside', function()
        near({ 1, 3, -1 }, double { 1, 4 }:diff { prepend = double { 0 }, append = double { 3 } })
        near({ 2, -4 }, double { 1, 4 }:diff { n = 2, prepend = double { 0 }, append = double { 3 } })
        near({ 1, 4 }, double { 1, 4 }:diff { n = 0, prepend = double { 0 } })
    end)

    it('of logsumexp of integers, rsub with alpha, ids as one hot', function()
        assert.near(math.log(2), tenmo.ids { 0, 0 }:logsumexp():item(), 1e-6)
        near({ 8, 6 }, double { 1, 2 }:rsub(10, { alpha = 2 }))
        assert.same({ 0, 1, 1, 0 }, list(tenmo.one_hot(tenmo.ids { 1, 0 }, -1)))
    end)

    it('of interpolate by the sizes or by the factor', function()
        local x = double { { { 0, 1, 2 } } }
        local by_factor = x:interpolate { scale_factor = 1.5, mode = 'linear' }
        local by_size = x:interpolate { scale_factor = 1.5, mode = 'linear', recompute_scale_factor = true }
        near({ 0, 0.5, 7 / 6, 11 / 6 }, by_factor)
        near({ 0, 0.625, 1.375, 2 }, by_size)
    end)

    it('of losses whose target is spread, or that have one sample', function()
        local x, var = double { 1, 3 }, tenmo.ones(2, { dtype = 'float64' })
        near({ 1 }, x:gaussian_nll_loss(tenmo.tensor({ 1 }, { dtype = 'float64' }), var))
        near({ 1 }, x:gaussian_nll_loss(tenmo.full({}, 1, 'float64'), var))
        near({ 3.5 / 3 }, double { 1, 0.5, 3 }:multi_margin_loss(tenmo.full({}, 0, 'int64')))
    end)

    it('of losses and pools where a root or a logarithm has no slope', function()
        local x = double { { 1, 2 } }
        near({ 0, 0 }, tenmo.grad(tenmo.pairwise_distance(x, x:detach(), { eps = 0 }), x))
        near({ 2 }, tenmo.pairwise_distance(x, x:detach() + 1, { p = 0 }))
        near({ 1 }, tenmo.pairwise_distance(x, x:detach() + 1, { p = math.huge, eps = 0 }))
        local zeros = double { { 0, 0, 3, 4 } }
        near({ 0, 0, 0.6, 0.8 }, tenmo.grad(tenmo.lp_pool1d(zeros, 2, 2):sum(), zeros))
        local counts = double { 0, 1 }
        near({ -3, -3 }, tenmo.grad(tenmo.poisson_nll_loss(counts:detach() * 0 + 3, counts,
            { full = true, reduction = 'sum' }), counts))
    end)

    it('of attention that sees nothing, and its gradient', function()
        local q, k = double { { 1, 2 }, { 3, 4 } }, double { { 1, 0 }, { 0, 1 } }
        local y = tenmo.scaled_dot_product_attention(q, k, double { { 1, 2 }, { 3, 4 } },
            tenmo.tensor { { true, false }, { false, false } })
        near({ 1, 2, 0, 0 }, y)
        near({ 0, 0, 0, 0 }, tenmo.grad(y:sum(), q))
    end)

    it('of a huber loss without a limit, cosines of long vectors, no windows', function()
        near({ 2, 8 }, tenmo.huber_loss(double { 2, 4 }, double { 0, 0 }, { delta = math.huge, reduction = 'none' }))
        assert.near(1, tenmo.cosine_similarity(tenmo.full({ 1, 2 }, 1e15), tenmo.full({ 1, 2 }, 1e15)):item(), 1e-6)
        for _, name in ipairs { 'adaptive_avg_pool2d', 'adaptive_max_pool2d' } do
            assert.same({ 1, 0, 3 }, tenmo[name](tenmo.ones(1, 4, 4), { 0, 3 }).shape)
        end
    end)
end)

describe('what PyTorch refuses is refused', function()
    for call, message in pairs {
        [function() tenmo.arange(0, -3, 2) end] = 'arange: step 2 leads away from -3, where it starts at 0',
        [function() tenmo.ones(2):isclose(tenmo.ones(2), { rtol = -1 }) end] = 'isclose: rtol and atol are 0 or more',
        [function()
            tenmo.triplet_margin_loss(tenmo.ones(1, 2), tenmo.ones(1, 2), tenmo.ones(1, 2), { margin = -1 })
        end] = 'triplet_margin_loss: margin is more than 0, got -1',
        [function() tenmo.multi_margin_loss(tenmo.ones(2, 3), tenmo.ones(2)) end] =
            'multi_margin_loss: ids must be integers (int64, int32 or uint8), got float32; cast with ids:long()',
        [function() tenmo.multi_margin_loss(tenmo.ones(2, 3), tenmo.ids { 0, 3 }) end] =
            'multi_margin_loss: id 3 is out of range; ids count from 0, and here run to 2',
        [function() tenmo.multi_margin_loss(tenmo.ones(2, 0), tenmo.ids { 0, 0 }) end] =
            'multi_margin_loss: x (2, 0), ids (2): expected (N, C) and (N), or (C) and ()',
        [function() tenmo.multi_margin_loss(tenmo.ones(2, 3), tenmo.ids { 0, 0 }, { weight = tenmo.ones(2, 3) }) end] =
            'multi_margin_loss: weight has shape (2, 3): expected (3), a number for each class',
        [function() tenmo.avg_pool2d(tenmo.ones(1, 4, 4), 2, { padding = 2 }) end] =
            'avg_pool2d: padding 2 beside windows of 2: it is at most half of them',
        [function() tenmo.gaussian_nll_loss(tenmo.ones(4), tenmo.ones(3), tenmo.ones(4)) end] =
            'gaussian_nll_loss: (4) and target (3): expected equal shapes',
        [function() tenmo.gaussian_nll_loss(tenmo.ones(4), tenmo.ones(4), tenmo.ones(2, 4)) end] =
            'gaussian_nll_loss: x (4), var (2, 4): expected var as x, with 1 along axes, or without the last axis',
        [function() tenmo.cosine_similarity(tenmo.ones(3), tenmo.ones(3)) end] =
            'cosine_similarity: axis is 2, of x (3) and other (3); it is the axis along which a vector lies',
        [function() tenmo.cross_entropy(tenmo.ones(1, 2), tenmo.ids { 0 }, { label_smoothing = 0 / 0 }) end] =
            'cross_entropy: label_smoothing is 0 to 1, got nan',
        [function() tenmo.lp_pool1d(tenmo.ones(1, 4), 0, 2) end] = 'lp_pool1d: p is a number above 0, got 0',
        [function() tenmo.lp_pool1d(tenmo.ones(1, 4), math.huge, 2) end] =
            'lp_pool1d: p is a number above 0, got inf; max_pool1d takes the largest',
        [function() tenmo.avg_pool1d(tenmo.ones(1, 4), 2, { stride = 0 }) end] =
            'avg_pool1d: stride is one number, 1 or more; got (0)',
        [function() tenmo.avg_pool2d(tenmo.ones(1, 4, 4), { 1, 2, 3 }) end] =
            'avg_pool2d: the size is one number, or a list of 2, 1 or more; got (1, 2, 3)',
        [function() tenmo.avg_pool1d(tenmo.ones(1, 0), 3, { padding = 1, ceil_mode = true }) end] =
            'avg_pool1d: x (1, 0) has no elements along the axes that windows move over',
        [function() tenmo.avg_pool1d(tenmo.ones(1, 2), 3) end] =
            'avg_pool1d: x (1, 2): a window is 3 long there, and x, padded, only 2',
        [function() tenmo.im2col(tenmo.ones(1, 4, 4), 3, { dilation = 2 }) end] =
            'im2col: x (1, 4, 4): a window is 5 long there, and x, padded, only 4',
        [function() tenmo.col2im(tenmo.ones(16, 4), { 1, 1 }, { 4, 4 }) end] =
            'col2im: x has shape (16, 4); expected (N, C * 16, 0) for 0 x 0 windows',
        [function() tenmo.col2im(tenmo.ones(4, 1), 2, 2, { stride = 0 }) end] =
            'col2im: stride is one number, or a list of 2, 1 or more; got (0)',
        [function() tenmo.interpolate(tenmo.ones(1, 1, 4), { 2, 2 }) end] =
            'interpolate: the size is one number, 1 or more; got (2, 2)',
        [function() tenmo.interpolate(tenmo.ones(1, 1, 4), { scale_factor = { 'x' } }) end] =
            "interpolate: option 'scale_factor' expects a number above 0, or a list of them, got string",
        [function() tenmo.interpolate(tenmo.ones(1, 1, 4), { scale_factor = 0 / 0 }) end] =
            "interpolate: option 'scale_factor' expects a number above 0, or a list of them, got nan",
    } do
        it(message, function()
            assert.equal(message, tensors.failure(call):sub(1, #message))
        end)
    end
end)
