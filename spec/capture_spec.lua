-- capture_spec.lua: a step that is recorded once and replayed: the same bits as without, kernel by kernel, nothing
-- allocated; and what can't be replayed is run as always, with a reason. On the CPU, and on a second device where the
-- specs have one (see devices_spec.lua).

local settle = require 'spec.support.settle'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local nn = tenmo.nn
local DEVICES = { 'cpu', (os.getenv 'TENMO_PLUGINS' or os.getenv 'TENMO_CUDA_EMULATE') and 'cuda' or nil }

-- Reasons go to standard error, which stays empty here.
local said
local function quietly(f)
    local stderr = io.stderr
    said = {}
    rawset(io, 'stderr', { write = function(_, ...)
        said[#said + 1] = table.concat { ... }
    end })
    local ok, why = pcall(f)
    rawset(io, 'stderr', stderr)
    return ok or error(why, 0)
end

-- The MNIST network with its batches. options: device, optimizer, lr (of step i), extra (done in each step), captured.
local function world(options)
    local device = options.device or 'cpu'
    tenmo.manual_seed(1)
    local model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(),
        nn.Linear(32, 10)):to(device)
    local set = tenmo.data.set(tenmo.randint(0, 256, { 200, 28, 28 }, { dtype = 'uint8' }),
        tenmo.randint(0, 10, { 200 }), { mean = 33, std = 78 }):to(device)
    local self = { model = model, set = set,
        optimizer = tenmo.optim[options.optimizer or 'SGD'](model:parameters(), { lr = 0.01 }) }
    if (options.optimizer or 'SGD') == 'SGD' then
        self.optimizer.momentum = 0.9
    end
    local function step(x, y)
        local scores = model(x)
        if options.noise then
            scores = scores + tenmo.randn(scores.shape, { device = device }) * 0.1
        end
        local loss = tenmo.cross_entropy(scores, y)
        self.optimizer:zero_grad()
        loss:backward()
        self.optimizer:step()
        return loss
    end
    self.step = options.captured and tenmo.capture(step) or step
    return self
end

-- Trains for two short epochs; the last batch of each is smaller. The losses, and the world.
local function train(options)
    local w, losses = world(options), {}
    tenmo.manual_seed(2)
    for epoch = 1, 2 do
        for x, y in w.set:batches { batch = 16, shuffle = true, seed = 1, epoch = epoch } do
            w.optimizer.lr = 0.02 / (1 + #losses)
            losses[#losses + 1] = w.step(x, y):item()
        end
    end
    return losses, w
end

for _, device in ipairs(DEVICES) do
    describe('a captured step on the ' .. device, function()
        for _, optimizer in ipairs { 'SGD', 'Adam', 'AdamW' } do
            it(('with %s ends with the same bits, versions, gradients and state'):format(optimizer), function()
                local plain, a = train { device = device, optimizer = optimizer, noise = true }
                quietly(function()
                    local captured, b = train { device = device, optimizer = optimizer, noise = true, captured = true }
                    assert.same(plain, captured)
                    assert.is_true(b.step.replays >= 18, b.step.replays .. ' replays')
                    local others = b.model:parameters()
                    for i, p in ipairs(a.model:parameters()) do
                        local q = others[i]
                        assert.is_true(tensors.same(p, q))
                        assert.equal(p:version(), q:version())
                        assert.is_true(tensors.same(p.grad, q.grad))
                        local s, t = a.optimizer:state(i), b.optimizer:state(i)
                        assert.equal(s.steps, t.steps)
                        assert.is_true(b.optimizer:updated(i))
                        for _, name in ipairs { 'momentum', 'mean', 'variance' } do
                            assert.is_true(not s[name] or tensors.same(s[name], t[name]))
                        end
                    end
                end)
                -- The last batch of an epoch is a smaller one.
                assert.matches('^capture: the step is run, not replayed: argument 1 has another shape', said[1])
                assert.equal(1, #said)
            end)
        end

        it('runs the same kernels, without allocation, tape or launches of its own', function()
            local function count(w)
                local batches = w.set:batches { batch = 16 }
                for _ = 1, 6 do
                    local x, y = batches()
                    w.step(x, y)
                end
                local x, y = batches()
                tenmo.debug.record(true)
                local before = tenmo.counts()
                w.step(x, y)
                local after, names = tenmo.counts(), {}
                tenmo.debug.record(false)
                for _, kernel in ipairs(tenmo.debug.recorded()) do
                    names[#names + 1] = kernel.op .. '/' .. kernel.part
                end
                local difference = {}
                for name, n in pairs(after) do
                    difference[name] = n - before[name]
                end
                return names, difference, select(2, tenmo.debug.recorded())
            end
            local names, plain = count(world { device = device })
            local again, captured, launches = count(world { device = device, captured = true })
            if device == 'cpu' then -- where the inputs are copied by kernels
                assert.equal('copy/0', table.remove(again, 1))
                assert.equal('copy/0', table.remove(again, 1))
                assert.equal(0, captured.launches)
                assert.equal(0, launches)
            else
                assert.equal(1, captured.launches)
                assert.equal(1, launches)
                assert.equal(#names, plain.launches)
                assert.is_true(plain.launches + 2 <= 20) -- and two for the batch
            end
            assert.same(names, again)
            assert.equal(4, plain.nodes)
            assert.same({ 0, 0, 0 }, { captured.allocations, captured.bytes, captured.nodes })
        end)

        it('leaves nothing behind when it goes', function()
            local function run()
                local w = world { device = device, captured = true }
                local batches = w.set:batches { batch = 16 }
                for _ = 1, 6 do
                    local x, y = batches()
                    w.step(x, y)
                end
            end
            local function alive()
                settle()
                return tenmo.memory().blocks, tenmo.memory(device).live
            end
            run()
            local blocks, live = alive()
            run()
            local blocks_after, live_after = alive()
            assert.equal(blocks, blocks_after)
            assert.equal(live, live_after)
        end)

        it('finds a wrong label in a replay, and goes on', function()
            local w = world { device = device, captured = true }
            local x, y = w.set:batches { batch = 16 }()
            for _ = 1, 5 do
                w.step(x, y)
            end
            local wrong = y:clone()
            wrong[3] = 77
            local message = tensors.failure(function()
                local loss = w.step(x, wrong):item()
                return loss
            end)
            assert.matches('cross_entropy.*id 77 is out of range', message)
            local before = w.step.replays
            pcall(w.step, x, y)
            assert.is_true(w.step.replays >= before)
        end)

        it('sees what is changed between calls: weights, state, settings', function()
            local function run(captured)
                local w = world { device = device, captured = captured, optimizer = 'Adam' }
                local x, y = w.set:batches { batch = 16 }()
                for i = 1, 12 do
                    if i == 6 then
                        tenmo.no_grad(function()
                            w.model:parameters()[1]:mul_(0.5)
                        end)
                    elseif i == 8 then
                        w.optimizer:set_state(1, { mean = tenmo.zeros(128, 784), steps = 1 })
                    elseif i == 10 then
                        w.optimizer.beta1 = 0.5
                    end
                    w.step(x, y)
                end
                return w
            end
            local plain = run(false)
            quietly(function()
                local captured = run(true)
                for i, p in ipairs(plain.model:parameters()) do
                    assert.is_true(tensors.same(p, captured.model:parameters()[i]))
                end
                assert.matches('a parameter, or the state of an optimizer, is another', captured.step.reason)
            end)
        end)
    end)
end

describe('a model that moves', function()
    it('takes the state of its optimizer along, and its step is replayed', function()
        local device = DEVICES[2] or pending 'there is no second device here'
        for _, optimizer in ipairs { 'SGD', 'Adam' } do
            local w = world { optimizer = optimizer }
            local x, y = w.set:batches { batch = 16 }()
            w.step(x, y)
            w.model:to(device)
            x, y = x:to(device), y:to(device)
            local step, last = tenmo.capture(w.step)
            for _ = 1, 8 do
                last = step(x, y)
            end
            assert.is_nil(step.reason)
            assert.is_true(step.replays >= 4)
            local alone = world { optimizer = optimizer }
            local a, b = alone.set:batches { batch = 16 }()
            local expected
            for _ = 1, 9 do
                expected = alone.step(a, b)
            end
            tensors.expect(last:cpu(), { shape = {}, expected:item() }, 'float32', optimizer, 1e-4)
        end
    end)
end)

describe('what can not be replayed', function()
    local weight, sgd

    before_each(function()
        weight = tenmo.ones(3, { requires_grad = true })
        sgd = tenmo.optim.SGD({ weight }, { lr = 0.1 })
    end)

    local function update(loss)
        sgd:zero_grad()
        loss:backward()
        sgd:step()
        return loss
    end

    -- Five calls of a step that must do what the plain one does; the reason, without its first words.
    local function reason_of(make, x)
        local captured
        quietly(function()
            local plain = make()
            local expected = {}
            for i = 1, 7 do
                expected[i] = plain(x):detach():clone()
            end
            local numbers = weight:totable()
            weight, sgd = tenmo.ones(3, { requires_grad = true }), nil
            sgd = tenmo.optim.SGD({ weight }, { lr = 0.1 })
            captured = tenmo.capture(make())
            for i = 1, 7 do
                assert.is_true(tensors.same(expected[i], captured(x):detach()), 'call ' .. i)
            end
            assert.same(numbers, weight:totable())
        end)
        return captured.reason or 'none', captured.replays
    end

    for name, case in pairs {
        ['reads a number'] = { function(x)
            local loss = update((weight * x):sum())
            loss:item()
            return loss
        end, '^a tensor is read on the host %(.*capture_spec.lua:%d+%)$' },
        ['prints'] = { function(x)
            local loss = update((weight * x):sum())
            return tostring(loss) and loss
        end, '^a tensor is read on the host' },
        ['makes a tensor of numbers'] = { function(x)
            return update((weight * x * tenmo.tensor { 1, 2, 3 }):sum())
        end, '^a tensor is made of numbers %(.*capture_spec.lua:%d+%)$' },
        ['accumulates'] = { function(x)
            local loss = (weight * x):sum()
            loss:backward()
            sgd:step()
            return loss
        end, '^backward adds to a gradient from before the step' },
        ['sets the seed'] = { function(x)
            tenmo.manual_seed(3)
            return update((weight * x * tenmo.rand(3)):sum())
        end, '^the state of the random numbers is set' },
        ['takes two steps'] = { function(x)
            update((weight * x):sum())
            return update((weight * x):square():sum())
        end, '^an optimizer takes two steps' },
    } do
        it(name, function()
            local reason, replays = reason_of(function()
                return function(x)
                    return case[1](x)
                end
            end, tenmo.tensor { 1, 2, 3 })
            assert.matches(case[2], reason)
            assert.equal(0, replays)
            assert.equal(1, #said)
        end)
    end

    it('a number that changes', function()
        local reason = reason_of(function()
            local n = 0
            return function(x)
                n = n + 1
                return update((weight * x * (n + 0.5)):sum())
            end
        end, tenmo.ones(3))
        assert.matches('^mul %(.*:%d+%) takes a number that changes from call to call', reason)
    end)

    it('a number of an op that changes', function()
        local reason = reason_of(function()
            local n = 0
            return function(x)
                n = n + 1
                return update((weight * x + tenmo.full({ 3 }, n)):sum())
            end
        end, tenmo.ones(3))
        assert.matches('^full %(.*:%d+%) takes a number that changes from call to call; give it as a tensor', reason)
    end)

    it('optimizers that take turns', function()
        local reason = reason_of(function()
            local n, turns = 0, {}
            for i = 1, 2 do
                turns[i] = tenmo.optim.SGD({ weight }, { lr = 0.1 })
            end
            return function(x)
                n = n + 1
                local loss = (weight * x):sum()
                weight.grad = nil
                loss:backward()
                turns[n % 2 + 1]:step()
                return loss
            end
        end, tenmo.ones(3))
        assert.matches('^sgd %(.*:%d+%) works on another tensor at each call', reason)
    end)

    it('a tensor that is another each time', function()
        local xs = tenmo.rand(10, 3)
        local reason = reason_of(function()
            local n = 0
            return function()
                n = n + 1
                return update((weight * xs[n]):sum())
            end
        end)
        assert.matches('^mul %(.*:%d+%) works on another tensor at each call; give it to the step as an argument',
            reason)
    end)

    it('other kernels from call to call', function()
        local reason, replays = reason_of(function()
            local n = 0
            return function(x)
                n = n + 1
                return update((n % 2 == 0 and weight * x or weight + x):sum())
            end
        end, tenmo.ones(3))
        assert.matches('^the kernels differ from call to call: ', reason)
        assert.equal(0, replays)
    end)

    it('an argument that changes and is no tensor', function()
        quietly(function()
            local captured = tenmo.capture(function(x, factor)
                return update((weight * x * factor):sum())
            end)
            for i = 1, 5 do
                captured(tenmo.ones(3), i < 4 and 2 or i)
            end
            assert.equal(1, captured.replays)
            assert.matches('^argument 2 is not what it was', captured.reason)
            captured(tenmo.ones(3), 2)
            assert.equal(2, captured.replays)
        end)
    end)

    it('an error in the step is the caller\'s, and the next call goes on', function()
        local n = 0
        local captured = tenmo.capture(function(x)
            n = n + 1
            if n == 2 then
                error('mine', 0)
            end
            return update((weight * x):sum())
        end)
        local x = tenmo.ones(3)
        captured(x)
        assert.equal('mine', select(2, pcall(captured, x)))
        for _ = 1, 5 do
            captured(x)
        end
        assert.is_true(captured.replays > 0)
        assert.is_nil(captured.reason)
    end)

    it('a gradient that was not there when it was recorded', function()
        quietly(function()
            local captured = tenmo.capture(function(x)
                local loss = (weight * x):sum()
                loss:backward()
                sgd:step()
                sgd:zero_grad()
                return loss
            end)
            local x = tenmo.ones(3)
            for _ = 1, 5 do
                captured(x)
            end
            assert.is_true(captured.replays > 0)
            weight.grad = tenmo.ones(3)
            local before = weight:totable()[1]
            captured(x)
            assert.is_true(math.abs(weight:totable()[1] - (before - 0.1 * 2)) < 1e-6)
            assert.matches('a gradient is there that was not', captured.reason)
        end)
    end)

    it('no function, no step', function()
        assert.equal("capture: argument 1 ('step') expects a function, got table", (tensors.failure(tenmo.capture, {})))
    end)
end)

describe('a captured step without gradients', function()
    it('is replayed too, and its results stay', function()
        local model = nn.Sequential(nn.Linear(4, 3), nn.Tanh())
        local predict = tenmo.capture(function(x)
            return tenmo.no_grad(function()
                local y = model(x)
                return y, y:argmax(-1)
            end)
        end)
        local first
        for i = 1, 6 do
            local x = tenmo.full({ 2, 4 }, i)
            local y, ids = predict(x)
            assert.is_true(tensors.same(model(x):detach(), y:detach()))
            assert.is_true(tensors.same(y:argmax(-1), ids))
            if predict.replays == 1 then
                first = y
            end
            assert.is_true(not first or rawequal(first, y))
        end
        assert.equal(4, predict.replays)
    end)
end)
