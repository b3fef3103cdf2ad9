-- models.lua: training steps to measure, on random images: each is one step as the script of its name does it.
local tenmo = require 'tenmo'
local nn = tenmo.nn

local models = {}

-- The step of a model that takes images of this shape; clip: the norm that gradients are cut to.
local function step_of(model, batch, shape, clip)
    local images = tenmo.randint(0, 256, 10000, 784, { dtype = 'uint8' })
    local labels, ids = tenmo.randint(0, 10, 10000), tenmo.randint(0, 10000, batch)
    local optimizer = tenmo.optim.SGD(model:parameters(), { lr = 0.01, momentum = 0.9 })
    return function()
        local x, y = images:gather_normalize(ids, 33, 79), labels:index_select(1, ids)
        local loss = tenmo.cross_entropy(model(shape and x:reshape(-1, unpack(shape)) or x), y)
        optimizer:zero_grad()
        loss:backward()
        if clip then
            nn.clip_grad_norm_(model:parameters(), clip)
        end
        optimizer:step()
        tenmo.release(x, y) -- as batches { keep = false } does
        return loss:item()
    end
end

function models.mnist(batch)
    return step_of(nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10)), batch)
end

function models.mnist_conv(batch)
    return step_of(nn.Sequential(
        nn.Conv2d(1, 32, 3, { padding = 'same' }), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, { padding = 'same' }), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 32), nn.ReLU(), nn.Linear(32, 10)), batch, { 1, 28, 28 }, 1)
end

return models
