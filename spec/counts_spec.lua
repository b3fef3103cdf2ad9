-- counts_spec.lua: what one MNIST step costs, in numbers that do not depend on time. A change that adds a
-- kernel, an allocation or a node to the step shows here.

local tenmo = require 'tenmo'

local BATCH = 64

local function setup_step()
    tenmo.manual_seed(1)
    local nn = tenmo.nn
    local model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10))
    local optimizer = tenmo.optim.SGD(model:parameters(), { lr = 0.01, momentum = 0.9 })
    local set = tenmo.data.set(tenmo.randint(0, 256, { 1000, 28, 28 }, { dtype = 'uint8' }), tenmo.randint(0, 10, { 1000 }), { mean = 33, std = 78 })
    local batches = set:batches { batch = BATCH, shuffle = true, seed = 1 }
    return function()
        local x, y = batches()
        local loss = tenmo.cross_entropy(model(x), y)
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
        return loss:item()
    end
end

-- The kernels of a step, in order, with the parts that are gradients numbered.
local KERNELS = {
    'gather_normalize', 'index_select', -- the batch
    'linear', 'linear', 'linear', 'cross_entropy', -- forward
}

describe('one MNIST step', function()
    local step = setup_step()
    step()
    step()
    tenmo.debug.record(true)
    local before = tenmo.counts()
    step()
    local after = tenmo.counts()
    tenmo.debug.record(false)
    local kernels = tenmo.debug.recorded()
    local names = {}
    for i, kernel in ipairs(kernels) do
        names[i] = kernel.op .. (kernel.part > 0 and '/' .. kernel.part or '')
    end

    it('runs these kernels forward', function()
        for i, name in ipairs(KERNELS) do
            assert.equal(name, names[i])
        end
    end)

    it('ends with one pass over all parameters', function()
        assert.equal('sgd', names[#names])
    end)

    it('has these counts', function()
        assert.same({ kernels = 0, nodes = 4, allocations = 0, bytes = 0 }, {
            kernels = after.kernels - before.kernels,
            nodes = after.nodes - before.nodes,
            allocations = after.allocations - before.allocations,
            bytes = after.bytes - before.bytes,
        })
    end)
end)
