-- callbacks_spec.lua: what backward calls: hooks, operators written in Lua, checkpoints; clipped gradients; the first
-- NaN.
local nn = require 'tenmo'.nn
local oracles = require 'spec.oracles'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local function leaf(values, dtype)
    return tenmo.tensor(values, { requires_grad = true, dtype = dtype })
end

local function values(x)
    return x:totable()
end

describe('a hook', function()
    it('sees the whole gradient of a leaf once a walk, and what it returns is collected', function()
        local x, seen = leaf { 1, 2 }, {}
        x:register_hook(function(g)
            seen[#seen + 1] = values(g)
            return g * 2
        end)
        ;((x * x):sum() + x:sum()):backward()
        assert.same({ { 3, 5 } }, seen)
        assert.same({ 6, 10 }, values(x.grad))
        ;(x * 3):sum():backward()
        assert.same({ 12, 16 }, values(x.grad))
    end)

    it('changes what flows on from an intermediate, before it is retained', function()
        local x = leaf { 1, 2 }
        local y = x * 3
        y:retain_grad()
        y:register_hook(function(g)
            return g * 10
        end)
        ;(y * y):sum():backward()
        assert.same({ 60, 120 }, values(y.grad))
        assert.same({ 180, 360 }, values(x.grad))
    end)

    it('runs in the order of registration, until it is taken away', function()
        local x, order = leaf { 1 }, {}
        local remove
        remove = x:register_hook(function()
            order[#order + 1] = 1
            assert.is_true(remove()) -- in the middle of its own run
        end)
        x:register_hook(function()
            order[#order + 1] = 2
        end)
        for _ = 1, 2 do
            x:sum():backward()
        end
        assert.same({ 1, 2, 2 }, order)
        assert.is_false(remove())
    end)

    it('works with tenmo.grad and with second derivatives', function()
        local x = leaf({ 2 }, 'float64')
        x:register_hook(function(g)
            return g * g
        end)
        local g = tenmo.grad((x ^ 3):sum(), x, { create_graph = true })
        assert.same({ 144 }, values(g)) -- (3 x^2)^2
        -- d(9 x^4)/dx = 36 x^3, through the hook again
        assert.same({ 288 * 288 }, values(tenmo.grad(g:sum(), x)))
    end)

    it('that keeps its gradient keeps those numbers', function()
        local x, kept = leaf { 1, 2 }, nil
        x:register_hook(function(g)
            kept = kept or g
        end)
        for _ = 1, 3 do
            (x * 2):sum():backward()
        end
        assert.same({ 2, 2 }, values(kept))
        assert.same({ 6, 6 }, values(x.grad))
    end)

    local wrong = {
        ['hook changed its gradient in place'] = function(g) g:mul_(2) end,
        ['hook returned float32 of shape %(1%) for a gradient, float32 of shape %(2%)'] = function()
            return tenmo.ones(1)
        end,
        ["hook's result 1: expected a tensor or nil, got number 3"] = function() return 3 end,
        ['my own error'] = function() error 'my own error' end,
        ['raised something that is no text'] = function() error {} end,
    }
    for message, hook in pairs(wrong) do
        it('is refused: ' .. message, function()
            local x = leaf { 1, 2 }
            x:register_hook(hook)
            assert.matches(message, tensors.failure(function() (x * x):sum():backward() end))
            assert.is_nil(x.grad)
        end)
    end

    it("can't walk the graph that is being walked, and the outer walk goes on", function()
        local x, why = leaf { 1, 2 }, nil
        local loss = (x * x):sum()
        x:register_hook(function()
            local _
            _, why = pcall(loss.backward, loss)
        end)
        local y = x * 1
        y:register_hook(function(g)
            local z, was = leaf { 5 }, tenmo.set_recording(true)
            ;(z * z):sum():backward() -- another graph may be walked
            tenmo.set_recording(was)
            return g * z.grad
        end)
        loss = loss + y:sum()
        loss:backward()
        assert.matches('part of the graph that is being walked', why)
        assert.same({ 12, 14 }, values(x.grad))
    end)

    it('needs a gradient to look at', function()
        assert.matches('register_hook: this tensor has no gradient', tensors.failure(function()
            tenmo.ones(2):register_hook(print)
        end))
    end)

    it('and what it holds go with the tensor', function()
        local weak = setmetatable({}, { __mode = 'k' })
        for _ = 1, 50 do
            local held = {}
            weak[held] = true
            local y = leaf { 1, 2 } * 2
            y:register_hook(function()
                return held[1]
            end)
            y:sum():backward()
        end
        for _ = 1, 3 do -- a collection may find Lua in the middle of one of its own
            collectgarbage()
            tenmo.ones(1):sum() -- the next call lets go of them
        end
        collectgarbage()
        assert.is_nil(next(weak))
    end)
end)

local function cube(more)
    local spec = {
        name = 'cube',
        forward = function(ctx, x)
            ctx.x = x
            return x ^ 3
        end,
        backward = function(ctx, g)
            return g * 3 * ctx.x ^ 2
        end,
    }
    for key, value in pairs(more or {}) do
        spec[key] = value
    end
    return tenmo.operator(spec)
end

describe('an operator', function()
    it('has the gradient that it says, and second ones of the ops in it', function()
        local x = leaf({ 1, 2 }, 'float64')
        local y = cube()(x)
        assert.same({ 1, 8 }, values(y))
        local g = tenmo.grad(y:sum(), x, { create_graph = true })
        assert.same({ 3, 12 }, values(g))
        assert.same({ 6, 12 }, values(tenmo.grad(g:sum(), x)))
    end)

    it('takes several tensors and other arguments, and knows whose gradient is wanted', function()
        local needed
        local scaled = tenmo.operator {
            name = 'scaled',
            forward = function(ctx, x, factor, w)
                ctx.x, ctx.w, ctx.factor = x, w, factor
                return x * w * factor
            end,
            backward = function(ctx, g)
                needed = { ctx.needed[1], ctx.needed[3] }
                return g * ctx.w * ctx.factor, nil, ctx.needed[3] and g * ctx.x * ctx.factor
            end,
        }
        local x, w = leaf { 1, 2 }, tenmo.tensor { 3, 4 }
        scaled(x, 10, w):sum():backward()
        assert.same({ 30, 40 }, values(x.grad))
        assert.same({ true, false }, needed)
        w.requires_grad = true
        scaled(x, 10, w):sum():backward()
        assert.same({ 10, 20 }, values(w.grad))
    end)

    it('is compared with differences the first time, once', function()
        local calls = 0
        local wrong = cube { backward = function(ctx, g)
            calls = calls + 1
            return g * 2 * ctx.x ^ 2
        end }
        local message = tensors.failure(wrong, leaf { 1, 2 })
        assert.matches('cube: backward disagrees with differences of forward: along a random direction of argument 1',
            message)
        assert.equal(1, calls)
        local x = leaf { 1, 2 }
        cube { check = false, backward = function(_, g) return g end }(x):sum():backward()
        assert.same({ 1, 1 }, values(x.grad))
    end)

    it('leaves the random numbers as they were', function()
        tenmo.manual_seed(5)
        local want = values(tenmo.rand(2))
        tenmo.manual_seed(5)
        cube()(leaf { 1, 2 })
        assert.same(want, values(tenmo.rand(2)))
    end)

    it('records nothing where nothing needs a gradient', function()
        local before = tenmo.counts().nodes
        local y = cube()(tenmo.ones(2))
        tenmo.no_grad(cube(), leaf { 1 })
        assert.is_false(y.requires_grad)
        assert.equal(before, tenmo.counts().nodes)
    end)

    it('has its name on the tape and in errors', function()
        local x = leaf { 1, 2 }
        local y = cube()(x)
        assert.equal('cube', y:tape()[1].op)
        local message = tensors.failure(function()
            local z = cube { backward = function() error 'lost' end, check = false }(x)
            z:sum():backward()
        end)
        assert.matches('lost', message)
    end)

    local wrong = {
        ['cube: forward has to return one tensor, it returned 2 values'] = { forward = function(_, x) return x, x end },
        ['cube: forward has to return one tensor, it returned a number'] = { forward = function() return 3 end },
        ['cube: backward gave a gradient of shape %(1%) for input 1, which has shape %(2%)'] = {
            check = false, backward = function() return tenmo.ones(1) end },
        ["backward's result 1: expected a tensor or nil, got string 'no'"] = {
            check = false, backward = function() return 'no' end },
        ["operator: there is no field 'backwards'"] = { backwards = print },
        ["operator: field 'name' expects a string, got number"] = { name = 3 },
    }
    for message, more in pairs(wrong) do
        it('is refused: ' .. message, function()
            assert.matches(message, tensors.failure(function()
                cube(more)(leaf { 1, 2 }):sum():backward()
            end))
        end)
    end

    it('takes as many tensors as it likes', function()
        local join = tenmo.operator {
            name = 'join',
            forward = function(_, ...)
                return tenmo.cat { ... }
            end,
            backward = function(_, g)
                return unpack(g:split(1))
            end,
            check = false,
        }
        local xs = {}
        for i = 1, 9 do
            xs[i] = leaf { i }
        end
        local y = join(unpack(xs))
        ;(y * tenmo.arange(9)):sum():backward()
        for i, x in ipairs(xs) do
            assert.same({ i - 1 }, values(x.grad))
        end
    end)

    it('tells of a result that was changed', function()
        local z = cube()(leaf { 1, 2 })
        tenmo.no_grad(function()
            z:mul_(2)
        end)
        assert.matches('backward: the result of cube', tensors.failure(function()
            z:sum():backward()
        end))
    end)

    it('tells of a kept tensor that was changed', function()
        local x = leaf { 1, 2 }
        local y = x * 1
        local z = cube()(y)
        tenmo.no_grad(function()
            y:mul_(2)
        end)
        assert.matches('cube: ctx.x was changed in place', tensors.failure(function()
            z:sum():backward()
        end))
    end)

    it("doesn't keep its graph alive", function()
        local op = cube { check = false }
        collectgarbage()
        local before = tenmo.memory().blocks
        for _ = 1, 200 do
            op(leaf { 1, 2 })
        end
        for _ = 1, 3 do
            collectgarbage()
            tenmo.ones(1):sum()
        end
        collectgarbage()
        assert.is_true(tenmo.memory().blocks < before + 50)
    end)
end)

describe('a checkpoint', function()
    local model
    before_each(function()
        tenmo.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 2))
    end)

    local function gradients(run)
        local x = tenmo.arange(12):reshape(3, 4):float() * 0.1
        x.requires_grad = true
        model:zero_grad()
        local y = run(x)
        y:square():sum():backward()
        local list = { values(y), values(x.grad) }
        for _, parameter in ipairs(model:parameters()) do
            list[#list + 1] = values(parameter.grad)
        end
        return list
    end

    it('gives the same bits, to arguments and to parameters', function()
        local want = gradients(model)
        assert.same(want, gradients(function(x)
            return tenmo.checkpoint(model, x)
        end))
        assert.same(want, gradients(function(x)
            local h = x
            for _, layer in ipairs(model) do
                h = tenmo.checkpoint(layer, h)
            end
            return h
        end))
    end)

    it('keeps one node where the function makes several', function()
        local x = tenmo.ones(3, 4)
        local before = tenmo.counts().nodes
        local y = tenmo.checkpoint(model, x)
        assert.equal(before + 1, tenmo.counts().nodes)
        assert.is_true(y.requires_grad)
        y:sum():backward() -- parameters alone need gradients
        assert.is_truthy(model:parameters()[1].grad)
    end)

    it('draws the same random numbers again', function()
        local function noisy(x)
            return x * tenmo.rand(x.shape)
        end
        local x = leaf { 1, 1, 1 }
        local y = tenmo.checkpoint(noisy, x)
        local after = values(tenmo.rand(1))
        tenmo.manual_seed(3)
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 2)) -- as many draws
        y:sum():backward()
        assert.same(values(y), values(x.grad))
        tenmo.rand(3)
        assert.same(after, values(tenmo.rand(1))) -- and the stream went on as if backward had drawn nothing
    end)

    it('refuses what it cannot do', function()
        assert.matches('checkpoint: the function has to return one tensor, it returned 2 values', tensors.failure(
            tenmo.checkpoint, function(x) return x, x end, leaf { 1 }))
        assert.matches("checkpoint: argument 1 %('f'%) expects a function or a module, got number", tensors.failure(
            tenmo.checkpoint, 3))
        local x = leaf { 1, 2 }
        assert.matches("second derivatives can't go through", tensors.failure(function()
            tenmo.checkpoint(function(v) return v * v end, x):sum():backward { create_graph = true }
        end))
    end)
end)

describe('clipping', function()
    local function two()
        local a, b = leaf { 1, 1 }, leaf { 1 }
        ;((a * tenmo.tensor { 3, 0 }):sum() + (b * 4):sum()):backward()
        return a, b
    end

    it('by norm scales all gradients by one factor', function()
        local a, b = two()
        assert.equal(5, nn.clip_grad_norm_({ a, b, leaf { 7 } }, 10):item())
        assert.same({ { 3, 0 }, { 4 } }, { values(a.grad), values(b.grad) })
        nn.clip_grad_norm_({ a, b }, 1)
        tensors.expect(a.grad, { shape = { 2 }, 0.6, 0 }, 'float32', 'a', 1e-5, 1e-6)
        tensors.expect(b.grad, { shape = { 1 }, 0.8 }, 'float32', 'b', 1e-5, 1e-6)
    end)

    -- Leaves of these shapes and dtypes with gradients, and all their gradients as one list.
    local function many(turned)
        tenmo.manual_seed(5)
        local leaves, list = {}, {}
        for i, shape in ipairs { { 3000 }, { 7, 5 }, { 1 }, { 64, 70 }, {}, { 0 } } do
            local x = tenmo.zeros(shape, { dtype = i == 2 and 'float64' or 'float32' })
            x.requires_grad = true
            x.grad = tenmo.randn(shape):to(x.dtype)
            if turned and i == 4 then
                x.grad = tenmo.randn(70, 64):t()
            end
            for _, v in ipairs(tensors.array(x.grad)) do
                list[#list + 1] = v
            end
            leaves[i] = x
        end
        return leaves, list
    end

    it('is done by two kernels, and composed where they do not fit, with the same result', function()
        for _, p in ipairs { 2, 1, 3, math.huge } do
            for _, max_norm in ipairs { 0.5, 1e6 } do
                for _, turned in ipairs { false, true } do
                    local leaves, list = many(turned)
                    local kernels = tenmo.counts().kernels
                    local norm = nn.clip_grad_norm_(leaves, max_norm, { norm_type = p })
                    assert.equal(not turned, tenmo.counts().kernels - kernels == 2)
                    local want, scaled = oracles.clip_norm(list, max_norm, p)
                    assert.equal('float64', norm.dtype)
                    assert.near(1, norm:item() / want, 1e-5)
                    local at = 0
                    for _, x in ipairs(leaves) do
                        for _, v in ipairs(tensors.array(x.grad)) do
                            at = at + 1
                            assert.near(scaled[at], v, 2e-6 * math.abs(scaled[at]) + 1e-12)
                        end
                    end
                end
            end
        end
    end)

    it('keeps NaN and infinity in sight', function()
        for _, bad in ipairs { 0 / 0, math.huge } do
            local x, y = leaf { 1, 2 }, leaf { 3 }
            x.grad, y.grad = tenmo.tensor { 1, bad }, tenmo.tensor { 3 }
            local norm = nn.clip_grad_norm_({ x, y }, 1):item()
            assert.is_true(norm ~= norm and bad ~= bad or norm == bad)
            assert.is_true(x.grad[2]:item() ~= x.grad[2]:item())
        end
    end)

    it('by other norms, by value, of rows', function()
        local a, b = two()
        assert.equal(7, nn.clip_grad_norm_({ a, b }, 100, { norm_type = 1 }):item())
        assert.equal(4, nn.clip_grad_norm_({ a, b }, 100, { norm_type = math.huge }):item())
        nn.clip_grad_value_({ a, b }, 2)
        assert.same({ { 2, 0 }, { 2 } }, { values(a.grad), values(b.grad) })
        local w = tenmo.ones(4, 2, { requires_grad = true })
        ;(tenmo.embedding(tenmo.ids { 1, 3 }, w, { sparse = true }) * 3):sum():backward()
        assert.equal(6, nn.clip_grad_norm_(w, 3):item())
        tensors.expect(w.grad, { shape = { 4, 2 }, 0, 0, 1.5, 1.5, 0, 0, 1.5, 1.5 }, 'float32', 'rows', 1e-5, 1e-6)
    end)

    it('says what is wrong', function()
        assert.matches("clip_grad_norm_: argument 2 %('max_norm'%) expects a number above 0, got nil",
            tensors.failure(nn.clip_grad_norm_, {}))
        assert.matches("clip_grad_value_: argument 1 %('parameters'%) expects a table", tensors.failure(
            nn.clip_grad_value_, 3, 1))
        assert.matches('such as model:parameters%(%), got a module$', tensors.failure(nn.clip_grad_norm_,
            nn.Linear(1, 1), 1))
        assert.matches("unknown option 'norm'; there are norm_type", tensors.failure(nn.clip_grad_norm_, {}, 1,
            { norm = 1 }))
    end)
end)

describe('the first NaN', function()
    local before
    before_each(function()
        before = tenmo.check_nan(true)
    end)
    after_each(function()
        tenmo.check_nan(before)
    end)

    it('is told of the op that made it', function()
        local x = tenmo.tensor { -1, 2 }
        assert.matches('^log: made a NaN of inputs that have none', tensors.failure(function()
            return x:log()
        end))
        local given = tenmo.tensor { 0 / 0, 1 }
        assert.is_truthy(given * 2) -- it was there before
        assert.is_truthy(tenmo.cat { x, given })
    end)

    it('is told of the rule that made it, with the line of its op', function()
        local x = leaf { 0, 2 }
        local y = x:sqrt()
        assert.matches('backward of sqrt: made the first NaN, in the gradient of input 1', tensors.failure(function()
            (y * 0):sum():backward()
        end))
    end)

    it('costs nothing when it is off', function()
        tenmo.check_nan(false)
        local kernels = tenmo.counts().kernels
        tenmo.ones(2):log()
        assert.equal(kernels + 2, tenmo.counts().kernels)
    end)
end)
