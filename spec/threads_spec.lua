-- threads_spec.lua: the same bits for any number of threads; close results on any ISA level.

local program = require 'spec.support.program'
local steps = require 'spec.support.step'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local threads = tenmo.threads()

local function with_threads(n, f)
    tenmo.set_threads(n)
    local ok, result = pcall(f)
    tenmo.set_threads(threads)
    assert(ok, result)
    return result
end

-- Work that is large enough to be shared among threads.
local WORK = {
    ['training steps'] = function()
        local w = steps.new { batch = 64, inputs = 784, hidden = 128, classes = 10 }
        for _ = 1, 5 do
            w:step()
        end
        return w:weights()
    end,
    ['products'] = function()
        tenmo.manual_seed(1)
        local a, b = tenmo.randn(257, 301), tenmo.randn(301, 129)
        return tensors.flatten((a:matmul(b)):matmul(b:t():contiguous()):sum(1))
    end,
    ['products in float64'] = function()
        tenmo.manual_seed(1)
        local a, b = tenmo.randn(257, 301, { dtype = 'float64' }), tenmo.randn(129, 301, { dtype = 'float64' })
        return tensors.flatten(a:matmul(b:t()):sum(-1))
    end,
    ['convolutions'] = function()
        tenmo.manual_seed(1)
        local x, w = tenmo.randn(5, 6, 19, 17), tenmo.randn(12, 3, 3, 3)
        local y = tenmo.conv2d(x, w, { padding = 1, groups = 2 })
        return tensors.flatten(tenmo.cat { y:reshape(-1),
            tenmo.conv_transpose2d(y, w, { padding = 1, groups = 2 }):reshape(-1),
            tenmo.conv_weight(x, y, { 3, 3 }, { padding = 1, groups = 2 }):reshape(-1),
            tenmo.conv2d(x[{ { 1 } }], w, { groups = 2 }):reshape(-1) })
    end,
    ['pools, and back through them and a ReLU'] = function()
        tenmo.manual_seed(1)
        local x, w, b = tenmo.randn(9, 1, 35, 41), tenmo.randn(7, 1, 3, 3), tenmo.randn(7)
        w.requires_grad, b.requires_grad = true, true
        local y = tenmo.conv2d(x, w, b, { relu = true }):max_pool2d(2)
        y:square():sum():backward()
        return tensors.flatten(tenmo.cat { y:detach():reshape(-1), w.grad:reshape(-1), b.grad })
    end,
    ['elementwise ops'] = function()
        tenmo.manual_seed(1)
        local x = tenmo.randn(1000, 301)
        return tensors.flatten((x:exp() + x:t():contiguous():t():sigmoid()):sum(1))
    end,
    ['reductions'] = function()
        tenmo.manual_seed(1)
        local x = tenmo.randn(1000, 501)
        return { x:sum():item(), x:mean():item(), x:max():item(), x:sum(1):square():sum():item(),
            x:sum(2):square():sum():item(), (x * 0.001 + 1):prod():item(),
            (x * 0.001 + 1):prod(1):sum():item(), (x * 0.001 + 1):prod(2):sum():item(),
            x:softmax():square():sum():item(), x:argmax(1):sum():item() }
    end,
    ['random numbers'] = function()
        tenmo.manual_seed(1)
        return { tenmo.randn(400000):sum():item(), tenmo.rand(400000):square():sum():item(),
            tenmo.randperm(400000)[7]:item() }
    end,
}

describe('the same bits', function()
    -- 300 are more than ever share (kernels/cpu/threads.c).
    for name, work in pairs(WORK) do
        it(name .. ', with 1, 2, 3 and 300 threads', function()
            local one = with_threads(1, work)
            for _, n in ipairs { 2, 3, 300, 2 } do
                assert.is_true(steps.same(one, with_threads(n, work)), n .. ' threads')
            end
        end)
    end

    it('after a pause in which the threads fall asleep', function()
        local work = WORK.products
        local one = with_threads(1, work)
        for _, seconds in ipairs { 0, 0.001, 0.01 } do
            local over = tenmo.clock() + seconds
            while tenmo.clock() < over do
                work = WORK.products
            end
            assert.is_true(steps.same(one, with_threads(2, work)))
        end
    end)
end)

-- From 24 MB on a result is written past the caches; its parts are not.
describe('a result larger than the caches', function()
    for _, dtype in ipairs { 'float32', 'float64', 'int64' } do
        it('has the bits of its parts: ' .. dtype, function()
            local n, part = 7000003, 1000000
            local x = tenmo.arange(n, { dtype = dtype })
            local y = x:mul(x):add(x) -- all inputs contiguous, none of them the result
            for first = 1, n, part do
                local range = { { first, math.min(first + part - 1, n) } }
                local z = x[range]
                assert.equal(0, y[range]:ne(z:mul(z):add(z)):sum():item())
            end
        end)
    end
end)

describe('ISA level', function()
    local script = [[
        package.path = '%s?.lua;' .. package.path
        local w = require 'spec.support.step'.new { batch = 64, inputs = 200, hidden = 65, classes = 10 }
        local loss
        for _ = 1, 10 do loss = w:step() end
        print(require 'tenmo'.describe().devices.cpu)
        print(('%%.9g'):format(loss))
    ]]
    local here
    for _, level in ipairs { 'base', 'v2', 'v3', 'v4' } do
        it(level .. ' trains to the same loss, within 1e-4', function()
            if not program.path() then
                pending 'the specs do not run inside tenmo-lua'
            end
            local text, status = program.run { '-e', script:format(SPEC.root), env = 'TENMO_ISA=' .. level }
            if status ~= 0 and text:find(level, 1, true) then
                pending('this machine has no ' .. level)
            end
            assert.equal(0, status, text)
            local loss = tonumber(text:match '([%d.e-]+)\n$')
            here = here or loss
            assert.is_true(math.abs(loss / here - 1) < 1e-4, text)
        end)
    end
end)
