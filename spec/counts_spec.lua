-- counts_spec.lua: what one MNIST step costs, in numbers that do not depend on time. A change that adds a
-- kernel, an allocation or a node to the step shows here.

local tenmo = require 'tenmo'

local BATCH = 64

local function setup_step()
    tenmo.manual_seed(1)
    local nn = tenmo.nn
    local model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(),
        nn.Linear(32, 10))
    local optimizer = tenmo.optim.SGD(model:parameters(), { lr = 0.01, momentum = 0.9 })
    local set = tenmo.data.set(tenmo.randint(0, 256, { 1000, 28, 28 }, { dtype = 'uint8' }),
        tenmo.randint(0, 10, { 1000 }), { mean = 33, std = 78 })
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

-- The kernels of a step in order; "/1" is a gradient's.
local KERNELS = {
    'gather_normalize', 'index_select', -- the batch
    'linear', 'linear', 'linear', 'cross_entropy', -- forward; the ReLUs are part of the first two
    'full', 'cross_entropy/1', -- backward starts with 1
    'linear/1', 'matmul', 'matmul', -- last layer: bias; input, weight
    'linear/1', 'matmul', 'matmul', -- behind the ReLU, and bias; then the same
    'linear/1', 'matmul', -- first layer: the images need no gradient
    'sgd', -- one pass over all parameters
}

-- Elements of what the step allocates: each is one allocation.
local FLOATS = {
    BATCH * 784, BATCH * 128, BATCH * 32, BATCH * 10, 1, BATCH, -- images, outputs, loss, its log-sums
    1, BATCH * 10, -- the gradient that backward starts with; of the scores
    BATCH * 32, 10 * 32, 10, -- last layer: of its input, weight, bias
    BATCH * 32, BATCH * 128, 32 * 128, 32, -- behind the second ReLU, then the same
    BATCH * 128, 128 * 784, 128,
}
local IDS = { BATCH } -- labels; the order of the epoch was drawn before

describe('one MNIST step', function()
    local step = setup_step()
    step()
    step()
    tenmo.debug.record(true)
    local before = tenmo.counts()
    step()
    local after = tenmo.counts()
    tenmo.debug.record(false)

    it('runs these kernels', function()
        local names = {}
        for i, kernel in ipairs(tenmo.debug.recorded()) do
            names[i] = kernel.op .. (kernel.part > 0 and '/' .. kernel.part or '')
        end
        assert.same(KERNELS, names)
    end)

    it('allocates this, and records these nodes', function()
        local bytes = 0
        for _, n in ipairs(FLOATS) do
            bytes = bytes + 4 * n
        end
        for _, n in ipairs(IDS) do
            bytes = bytes + 8 * n
        end
        assert.same({ kernels = #KERNELS, nodes = 4, allocations = #FLOATS + #IDS, bytes = bytes }, {
            kernels = after.kernels - before.kernels,
            nodes = after.nodes - before.nodes, -- three layers and the loss
            allocations = after.allocations - before.allocations,
            bytes = after.bytes - before.bytes,
        })
    end)
end)
