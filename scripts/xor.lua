-- xor.lua: a small network learns "one or the other, not both".
--
--     tenmo-lua xor.lua
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'xor.lua: a small network learns "one or the other, not both".',
    { 'epochs', 2000, 'steps; each sees all four cases' },
    { 'batch', 4, 'cases in a step' },
    { 'lr', 0.5, 'learning rate' },
    { 'momentum', 0.9, 'share of the last update that is kept' },
    { 'seed', 1, 'first weights' },
    { 'threads', 1, 'threads to compute with' },
    { 'device', 'cpu', 'where to compute' },
}
tenmo.flags.start(flags) -- seed, threads, device

local x = tenmo.tensor({ { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } }, { device = flags.device })
local y = tenmo.tensor({ { 0 }, { 1 }, { 1 }, { 0 } }, { device = flags.device })

-- Weights start as Kaiming He's, biases at 0.
local model = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, 1), nn.Sigmoid()):to(flags.device)
print(model)

local optimizer = tenmo.optim.SGD(model:parameters(), { lr = flags.lr, momentum = flags.momentum })

for epoch = 1, flags.epochs do
    local total = 0
    for first = 1, 4, flags.batch do
        local rows = { { first, math.min(first + flags.batch - 1, 4) } }
        local loss = tenmo.mse_loss(model(x[rows]), y[rows])
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
        total = total + loss:item()
    end
    if epoch % 400 == 0 then
        print(('epoch %4d  loss %.6f'):format(epoch, total))
    end
end

local answers = tenmo.no_grad(function()
    return model(x):totable()
end)
for i, case in ipairs(x:totable()) do
    print(('%d xor %d = %.3f'):format(case[1], case[2], answers[i][1]))
end
