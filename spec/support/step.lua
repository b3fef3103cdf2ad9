-- step.lua: small training steps that several specs share.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local step = {}

local Step = {}
Step.__index = Step

function Step:step()
    local loss = tenmo.cross_entropy(self.model(self.x), self.y)
    self.optimizer:zero_grad()
    loss:backward()
    self.optimizer:step()
    return loss:item()
end

-- All weights as one list of numbers.
function Step:weights()
    local all = {}
    for _, parameter in self.model:named_parameters() do
        for _, v in ipairs(tensors.flatten(parameter)) do
            all[#all + 1] = v
        end
    end
    return all
end

-- A model, a batch and an optimizer of these sizes; :step() makes one training step and returns the loss.
function step.new(options)
    local nn = tenmo.nn
    local o = { batch = 6, inputs = 3, hidden = 5, classes = 4, seed = 1 }
    for name, value in pairs(options or {}) do
        o[name] = value
    end
    tenmo.manual_seed(o.seed)
    local self = {
        model = nn.Sequential(nn.Linear(o.inputs, o.hidden), nn.ReLU(), nn.Linear(o.hidden, o.classes)),
        x = tenmo.randn(o.batch, o.inputs),
        y = tenmo.randint(0, o.classes, { o.batch }),
    }
    self.optimizer = tenmo.optim[o.optimizer or 'SGD'](self.model:parameters(),
        o.settings or { lr = 0.1, momentum = 0.9 })
    return setmetatable(self, Step)
end

-- A function that makes a step of mnist.lua's network, batch included, on random images; it returns the loss.
function step.mnist(batch)
    tenmo.manual_seed(1)
    local nn = tenmo.nn
    local model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(),
        nn.Linear(32, 10))
    local optimizer = tenmo.optim.SGD(model:parameters(), { lr = 0.01, momentum = 0.9 })
    local set = tenmo.data.set(tenmo.randint(0, 256, { 1000, 28, 28 }, { dtype = 'uint8' }),
        tenmo.randint(0, 10, { 1000 }), { mean = 33, std = 78 })
    local batches = set:batches { batch = batch, shuffle = true, seed = 1 }
    return function()
        local x, y = batches()
        local loss = tenmo.cross_entropy(model(x), y)
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
        return loss:item()
    end
end

-- Are two lists the same numbers, bit for bit?
function step.same(a, b)
    if #a ~= #b then
        return false
    end
    for i = 1, #a do
        if a[i] ~= b[i] then
            return false
        end
    end
    return true
end

return step
