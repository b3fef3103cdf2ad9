-- autograd_spec.lua: what the tape promises beyond each op's own gradient.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local function leaf(values, dtype)
    return tenmo.tensor(values, { dtype = dtype or 'float64', requires_grad = true })
end

local function list(x)
    return tensors.flatten(x)
end

describe('autograd', function()
    it('accumulates in a leaf over several backward passes', function()
        local x = leaf { 1, 2, 3 }
        x:square():sum():backward()
        x:square():sum():backward()
        assert.same({ 4, 8, 12 }, list(x.grad))
        x.grad = nil
        assert.is_nil(x.grad)
        x:sum():backward()
        assert.same({ 1, 1, 1 }, list(x.grad))
    end)

    it('adds what arrives at a tensor that is used more than once', function()
        local x = leaf { 1, 2, 3 }
        local y = x * 2
        local z = y * y + y + x -- 4x^2 + 2x + x
        z:sum():backward()
        assert.same({ 11, 19, 27 }, list(x.grad))
    end)

    it('reaches each of many inputs', function()
        local xs = {}
        for i = 1, 9 do
            xs[i] = leaf { i }
        end
        ;(tenmo.cat(xs) * tenmo.arange(9)):sum():backward()
        for i, x in ipairs(xs) do
            assert.same({ i - 1 }, list(x.grad))
        end
    end)

    it('visits a diamond of any depth once', function()
        local x = leaf(1)
        local y = x
        for _ = 1, 60 do
            y = y + y
        end
        y:backward()
        assert.equal(2 ^ 60, x.grad:item())
    end)

    it('passes through casts', function()
        local x = leaf { 1.5, 2.5 };
        (x:float() * tenmo.tensor { 2, 4 }):sum():backward()
        assert.same({ 2, 4 }, list(x.grad))
        assert.equal('float64', x.grad.dtype)
        assert.is_false(x:long().requires_grad)
    end)

    it('sums gradients over what was broadcast', function()
        local x, row, number = leaf { { 1, 2 }, { 3, 4 } }, leaf { 10, 20 }, leaf(2);
        ((x + row) * number):sum():backward()
        assert.same({ 2, 2, 2, 2 }, list(x.grad))
        assert.same({ 4, 4 }, list(row.grad))
        assert.equal(70, number.grad:item())
    end)

    it('gives the gradient the dtype of its leaf', function()
        local a, b = leaf({ 1, 2 }, 'float32'), leaf({ 3, 4 }, 'float64');
        (a * b):sum():backward()
        assert.equal('float32', a.grad.dtype)
        assert.equal('float64', b.grad.dtype)
    end)

    it('frees the graph, unless it is to be retained', function()
        local x = leaf(3)
        local y = x:square()
        y:backward { retain_graph = true }
        y:backward { retain_graph = true }
        y:backward()
        assert.equal(18, x.grad:item())
        local message = tensors.failure(y.backward, y)
        assert.matches('^backward: the graph behind square %(.*spec.lua:%d+%) was freed by an earlier', message)
        assert.matches('retain_graph = true', message)
    end)

    it('leaves no nodes behind', function()
        collectgarbage()
        collectgarbage()
        local before = tenmo.debug.nodes_alive()
        do
            local x = leaf { 1, 2 }
            x:exp():sum():backward()
        end
        collectgarbage()
        collectgarbage()
        assert.equal(before, tenmo.debug.nodes_alive())
    end)

    it('differentiates gradients with create_graph', function()
        local x = leaf(2)
        local y = x * x * x
        local first = tenmo.grad(y, x, { create_graph = true })
        local second = tenmo.grad(first, x, { create_graph = true })
        local third = tenmo.grad(second, x)
        assert.same({ 12, 12, 6 }, { first:item(), second:item(), third:item() })
        assert.is_nil(x.grad)
    end)

    it('create_graph in backward makes grad itself differentiable', function()
        local x = leaf(3)
        x:square():square():backward { create_graph = true }
        assert.equal(108, x.grad:item())
        assert.is_true(x.grad.requires_grad)
        assert.equal(108, tenmo.grad(x.grad, x):item()) -- 12 x^2
    end)

    it('grad gives nil for what the output does not depend on, and touches no leaf', function()
        local x, other = leaf(2), leaf(5)
        local result = tenmo.grad(x:square(), { x, other })
        assert.equal(4, result[1]:item())
        assert.is_nil(result[2])
        assert.is_nil(x.grad)
    end)

    it('grad reaches intermediates and takes a seed', function()
        local x = leaf { 1, 2 }
        local y = x * 3
        local z = y:square()
        local gy = tenmo.grad(z, y, { grad_outputs = tenmo.tensor({ 1, 10 }, { dtype = 'float64' }) })
        assert.same({ 6, 120 }, list(gy))
    end)

    it('backward takes a seed, and asks for one where there are several elements', function()
        local x = leaf { 1, 2 }
        local y = x * 3
        assert.matches('^backward: the tensor has shape %(2%).*one number', (tensors.failure(y.backward, y)))
        y:backward(tenmo.tensor({ 1, 10 }, { dtype = 'float64' }))
        assert.same({ 3, 30 }, list(x.grad))
    end)

    it('records nothing within no_grad, and goes on after it, also after an error', function()
        local x = leaf { 1, 2 }
        local y = tenmo.no_grad(function()
            return x * 2
        end)
        assert.is_false(y.requires_grad)
        pcall(tenmo.no_grad, function()
            error 'out'
        end)
        assert.is_true(tenmo.is_recording())
        assert.is_true((x * 2).requires_grad)
    end)

    it('detach shares the bytes and drops the history', function()
        local x = leaf { 1, 2 }
        local y = (x * 2):detach()
        assert.is_false(y.requires_grad)
        local z = x:detach()
        assert.is_true(z:same_storage(x));
        (x * 3 + y):sum():backward()
        assert.same({ 3, 3 }, list(x.grad))
    end)

    it('keeps an intermediate gradient on request', function()
        local x = leaf { 1, 2 }
        local y = x * 2
        y:retain_grad()
        y:square():sum():backward()
        assert.same({ 4, 8 }, list(y.grad))
        assert.is_nil((x * 2).grad)
    end)

    it('says which lines met when a kept value was overwritten', function()
        local x = leaf { 1, 2 }
        local w = tenmo.tensor({ 3, 4 }, { dtype = 'float64' })
        local y = x * w; local recorded = debug.getinfo(1, 'l').currentline
        w:add_(1); local written = debug.getinfo(1, 'l').currentline
        local message = tensors.failure(function()
            y:sum():backward()
        end)
        assert.matches('the input of mul', message)
        assert.matches('spec.lua:' .. recorded .. '%)', message)
        assert.matches('spec.lua:' .. written .. ',', message)
    end)

    it('says so of what was scattered', function()
        for _, how in ipairs { 'amax', 'prod' } do
            local source = leaf { 3, 4 } * 1
            local x, ids = tenmo.ones(3, { dtype = 'float64' }), tenmo.ids { 0, 2 }
            local y = x:scatter_reduce(1, ids, source, { reduce = how })
            tenmo.no_grad(function()
                source:mul_(2)
            end)
            assert.matches('the input of scatter_reduce .* was changed in place', tensors.failure(function()
                y:sum():backward()
            end))
        end
    end)

    it('an op that keeps nothing of an input does not mind', function()
        local x = leaf { 1, 2 }
        local w = tenmo.tensor({ 3, 4 }, { dtype = 'float64' })
        local y = x + w
        w:add_(1)
        y:sum():backward()
        assert.same({ 1, 1 }, list(x.grad))
    end)

    it('refuses to write into a leaf while recording, allows it in no_grad', function()
        local x = leaf { 1, 2 }
        assert.matches('^add_: x is a leaf that needs a gradient', (tensors.failure(x.add_, x, 1)))
        tenmo.no_grad(function()
            x:add_(1)
        end)
        assert.same({ 2, 3 }, list(x))
    end)

    describe('in place, not recorded', function()
        it('writes the storage, and every view sees it', function()
            local x = tenmo.zeros(2, 3)
            local row, column = x[2], x[{ {}, 1 }]
            x:add_(5)
            assert.same({ 5, 5, 5 }, list(row))
            row:mul_(2)
            assert.same({ 5, 5, 5, 10, 10, 10 }, list(x))
            assert.same({ 5, 10 }, list(column))
        end)
    end)

    describe('in place, recorded', function()
        it('rebinds the box, and keeps what the tape needs', function()
            local x = leaf { 1, 2 }
            local y = x * 1
            local z = y:square() -- keeps y
            y:mul_(10)
            assert.same({ 10, 20 }, list(y));
            (z:sum() + y:sum()):backward()
            assert.same({ 12, 14 }, list(x.grad))
        end)

        it('makes older views of it unusable, naming the line', function()
            local x = leaf { { 1, 2 }, { 3, 4 } }
            local y = x * 1
            local row = y[1]
            y:add_(1); local written = debug.getinfo(1, 'l').currentline
            local message = tensors.failure(row.sum, row)
            assert.matches('^sum: .*no longer current.*spec.lua:' .. written, message)
        end)

        it('refuses a view, and says how to write it', function()
            local y = leaf { { 1, 2 }, { 3, 4 } } * 1
            local row = y[1]
            assert.matches('^add_: x is a view and the write is recorded.*base%[1%] = value',
                (tensors.failure(row.add_, row, 1)))
        end)

        it('assignment to a part is recorded', function()
            local x, v = leaf { { 1, 2 }, { 3, 4 } }, leaf { 10, 20 }
            local y = x * 1
            y[1] = v
            assert.same({ 10, 20, 3, 4 }, list(y));
            (y * y):sum():backward()
            assert.same({ 0, 0, 6, 8 }, list(x.grad))
            assert.same({ 20, 40 }, list(v.grad))
        end)
    end)

    it('a chain of a million nodes is walked and released without a deep stack', function()
        local x = leaf(1)
        local total = x
        for _ = 1, 1e6 do
            total = total + x
        end
        total:backward()
        assert.equal(1e6 + 1, x.grad:item())
        -- and released without having been walked
        total = x
        for _ = 1, 1e6 do
            total = total + x
        end
        total = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        assert.is_true(tenmo.debug.nodes_alive() < 1000)
    end)

    it('an input whose gradient does not exist makes no result need one', function()
        local n = tenmo.tensor({ 0, 1 }, { requires_grad = true })
        assert.is_false(tenmo.polygamma(tenmo.ones(2), n).requires_grad)
        local x = tenmo.ones(2, { requires_grad = true })
        tenmo.polygamma(x, n):sum():backward()
        assert.is_nil(n.grad)
        assert.is_not_nil(x.grad)
        -- nor is its graph walked, which may be gone
        local whole = n:floor()
        whole:sum():backward()
        tenmo.polygamma(x, whole):sum():backward()
    end)

    it('gradients of integers do not exist', function()
        local x = tenmo.ids { 1, 2 }
        assert.matches('^requires_grad: only float32 and float64', (tensors.failure(x.requires_grad_, x, true)))
    end)
end)
