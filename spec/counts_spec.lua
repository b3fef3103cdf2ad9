-- counts_spec.lua: what one MNIST step costs, in numbers that do not depend on time. A change that adds a
-- kernel, an allocation, a node or many instructions to the step shows here.

local tenmo = require 'tenmo'
local program = require 'spec.support.program'

local step_of = require 'spec.support.step'

local BATCH = 64

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
    local step = step_of.mnist(BATCH)
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

    -- Of the instructions, 1.7 million are the vector multiply-adds of the products, 3 * 64 * 784 * 128 less the first
    -- layer's input gradient, eight at a time. Two runs, since a start counts too.
    it('takes about 4 million instructions with AVX2', function()
        local function instructions(steps)
            local code = ("jit.off() print(tenmo.describe().devices.cpu) "
                .. "local step = require 'spec.support.step'.mnist(64) for _ = 1, %d do step() end"):format(steps)
            return (program.run {
                '--tool=callgrind', '--callgrind-out-file=/dev/null', program.path(), '-e', code,
                program = 'valgrind', env = 'TENMO_ISA=v3 OMP_NUM_THREADS=1',
            })
        end
        local text = instructions(2)
        local few = tonumber(text:match 'Collected : (%d+)')
        if text:find 'valgrind.*No such file' then
            return pending 'valgrind is not at hand'
        elseif few and not text:find 'AVX2' then
            return pending 'this processor has no AVX2'
        end
        assert.is_number(few, text)
        local n = (tonumber(instructions(7):match 'Collected : (%d+)') - few) / 5
        assert.is_true(n > 3.6e6 and n < 4.4e6, ('%.0f instructions a step'):format(n))
    end)
end)

describe('the profile', function()
    it('counts calls by op, part and shape, with as many axes as an iteration has', function()
        tenmo.debug.profile(true)
        for _ = 1, 3 do
            tenmo.conv3d(tenmo.ones(2, 1, 4, 5, 6), tenmo.ones(3, 1, 2, 2, 2))
        end
        tenmo.debug.profile(false)
        local found
        for _, kernel in ipairs((tenmo.debug.profiled())) do
            found = kernel.op == 'conv3d' and kernel or found
        end
        assert.same({ 2, 1, 3, 3, 4, 5, 1, 2, 2, 2 }, found.shape)
        assert.equal(3, found.calls)
        assert.equal(2 * 2 * 3 * 3 * 4 * 5 * 8, found.flops)
    end)
end)
