-- cases.lua: a function for each `op` of ops_bench.json. It takes the case, makes its inputs and returns the function
-- to be timed; bench_torch.py has the same ones for PyTorch. A new op of tenmo's that the list names is added here.
local tenmo = require 'tenmo'
local randn, randint = tenmo.randn, tenmo.randint
local GRAD = { requires_grad = true }
local DTYPE = { f32 = { dtype = 'float32' }, f64 = { dtype = 'float64' } }

local function product(x, y)
    return function() return x:matmul(y) end
end

return {
    unary = function(c)
        local f, x = tenmo[c.fn], randn(c.n)
        return function() return f(x) end
    end,
    binary = function(c)
        local f, x, y = tenmo[c.fn], randn(c.n, DTYPE[c.dtype or 'f32']), randn(c.n, DTYPE[c.dtype or 'f32'])
        return function() return f(x, y) end
    end,
    inplace = function(c)
        local x, y = randn(c.n), randn(c.n) * 1e-9
        return function() return x:add_(y) end
    end,
    broadcast = function(c)
        local x, y = randn(c.rows, c.cols), c.row and randn(c.cols) or randn(c.rows, 1)
        return function() return x + y end
    end,
    add_t = function(c)
        local x, y = randn(c.m, c.m), randn(c.m, c.m)
        return function() return x + y:t() end
    end,
    copy_t = function(c)
        local x = randn(c.m, c.m)
        return function() return x:t():contiguous() end
    end,
    clone = function(c)
        local x = randn(c.n)
        return function() return x:clone() end
    end,
    reduce = function(c)
        local f, x, axis = tenmo[c.fn], randn(c.rows, c.cols), ({ last = 2, first = 1 })[c.axis]
        return function() return f(x, axis) end
    end,
    rows = function(c)
        local f, x = tenmo[c.fn], randn(c.rows, c.cols)
        if c.fn == 'layer_norm' then
            local weight, bias = tenmo.ones(c.cols), tenmo.zeros(c.cols)
            return function() return f(x, { c.cols }, weight, bias) end
        end
        local second = c.fn == 'cross_entropy' and randint(0, c.cols, c.rows) or 2
        return function() return f(x, second) end
    end,
    rows_fb = function(c)
        local f, x, ids = tenmo[c.fn], randn(c.rows, c.cols, GRAD), randint(0, c.cols, c.rows)
        if c.fn == 'layer_norm' then
            local weight, bias = tenmo.ones(c.cols, GRAD), tenmo.zeros(c.cols, GRAD)
            local gradient = randn(c.rows, c.cols)
            return function()
                x.grad, weight.grad, bias.grad = nil, nil, nil
                f(x, { c.cols }, weight, bias):backward(gradient)
            end
        end
        return function()
            x.grad = nil
            f(x, ids):backward()
        end
    end,
    matmul = function(c)
        local x = c.ta and randn(c.k, c.m):t() or randn(c.m, c.k)
        return product(x, c.tb and randn(c.n2, c.k):t() or randn(c.k, c.n2))
    end,
    bmm = function(c) return product(randn(c.b, c.m, c.m), randn(c.b, c.m, c.m)) end,
    mv = function(c) return product(randn(c.m, c.m), randn(c.m)) end,
    conv = function(c)
        local f, x = tenmo.conv2d, randn(c.N, c.ci, c.h, c.h)
        local weight, bias = randn(c.co, c.ci, 3, 3), randn(c.co)
        return function() return f(x, weight, bias, { padding = 1 }) end
    end,
    conv_fb = function(c)
        local f, x, weight = tenmo.conv2d, randn(c.N, c.ci, c.h, c.h, GRAD), randn(c.co, c.ci, 3, 3, GRAD)
        local bias, gradient = randn(c.co, GRAD), randn(c.N, c.co, c.h, c.h)
        return function()
            x.grad, weight.grad, bias.grad = nil, nil, nil
            f(x, weight, bias, { padding = 1 }):backward(gradient)
        end
    end,
    maxpool = function(c)
        local f, x = tenmo.max_pool2d, randn(c.N, c.c, c.h, c.h)
        return function() return f(x, 2) end
    end,
    maxpool_fb = function(c)
        local f, x = tenmo.max_pool2d, randn(c.N, c.c, c.h, c.h, GRAD)
        local gradient = randn(c.N, c.c, c.h / 2, c.h / 2)
        return function()
            x.grad = nil
            f(x, 2):backward(gradient)
        end
    end,
    sort = function(c)
        local f, x = tenmo.sort, randn(c.n)
        return function() return f(x) end
    end,
    topk = function(c)
        local f, x = tenmo.topk, randn(c.n)
        return function() return f(x, c.k) end
    end,
    cumsum = function(c)
        local f, x = tenmo.cumsum, c.rows == 1 and randn(c.n) or randn(c.rows, c.n / c.rows)
        return function() return f(x, -1) end
    end,
    gather = function(c)
        local w, ids = randn(c.V, c.D), randint(0, c.V, c.K)
        return function() return w:index_select(1, ids) end
    end,
    gather_fb = function(c)
        local w, ids, g = randn(c.V, c.D, GRAD), randint(0, c.V, c.K), randn(c.K, c.D)
        return function()
            w.grad = nil
            w:index_select(1, ids):backward(g)
        end
    end,
    -- Both in place, as PyTorch's cases are.
    index_add = function(c)
        local w, ids, source = tenmo.zeros(c.V, c.D), randint(0, c.V, c.K), randn(c.K, c.D)
        return function() return w:index_add_(1, ids, source) end
    end,
    scatter_add = function(c)
        local w, ids, source = tenmo.zeros(c.m), randint(0, c.m, c.n), randn(c.n)
        return function() return w:index_add_(1, ids, source) end
    end,
    cat = function(c)
        local x, y = randn(c.rows, c.cols), randn(c.rows, c.cols)
        return function() return tenmo.cat({ x, y }, c.dim + 1) end
    end,
    rand = function(c)
        if c.fn == 'bernoulli' then
            local f, half = tenmo.bernoulli, tenmo.full({ c.n }, 0.5)
            return function() return f(half) end
        end
        local f = tenmo[c.fn]
        return function() return f(c.n) end
    end,
    compare = function(c)
        local x, y = randint(0, 9, c.n), randint(0, 9, c.n)
        return function() return x:lt(y) end
    end,
    where = function(c)
        local x, y = randn(c.n), randn(c.n)
        local condition = x:gt(y)
        return function() return condition:where(x, y) end
    end,
    mlp = function(c)
        local x, ids = randn(64, 784), randint(0, 10, 64)
        local w1, b1 = (randn(784, 128) * 0.05):requires_grad_(), tenmo.zeros(128, GRAD)
        local w2, b2 = (randn(128, 10) * 0.05):requires_grad_(), tenmo.zeros(10, GRAD)
        local optimizer = tenmo.optim.SGD({ w1, b1, w2, b2 }, { lr = 0.01 })
        return function()
            optimizer:zero_grad()
            tenmo.cross_entropy((x:matmul(w1) + b1):relu():matmul(w2) + b2, ids):backward()
            return c.step and optimizer:step()
        end
    end,
    chain = function(c)
        local x, y = tenmo.zeros(1), tenmo.ones(1)
        x.requires_grad = c.mode ~= 'nograd'
        return function()
            local z = x
            for _ = 1, 100 do
                z = z + y
            end
            if c.mode == 'fb' then
                x.grad = nil
                z:backward()
            end
        end
    end,
    optim = function(c)
        local x, momentum = randn(c.n, GRAD), c.fn == 'sgd_mom' and 0.9 or nil
        x.grad = randn(c.n) * 1e-6
        local kind = c.fn:match '^sgd' and tenmo.optim.SGD or tenmo.optim.Adam
        local optimizer = kind({ x }, { lr = 1e-9, momentum = momentum })
        return function() optimizer:step() end
    end,
}
