-- device_step.lua: microseconds of a training step of mnist.lua's network on a device, on random images that lie there:
-- plain, with the loss left unread, and captured. device_step.py measures the same in PyTorch.
--
--     tenmo-lua device_step.lua --device cuda --batch 64
local tenmo = require 'tenmo'
local here = arg[0]:match '^(.*/)' or './'
local timing = dofile(here .. 'timing.lua')

local nn = tenmo.nn
local flags = tenmo.flags {
    'device_step.lua: us of a step of mnist.lua on a device.',
    { 'device', 'cuda', 'where to compute' },
    { 'batch', 64, 'images in a step' },
    { 'time', 0.5, 'seconds a measurement' },
    { 'threads', 2, 'threads to compute with, on the cpu' },
}
tenmo.flags.start(flags)
tenmo.manual_seed(1)
local ROWS, on = 10000, { device = flags.device }

local images = tenmo.randint(0, 256, { ROWS, 784 }, { dtype = 'uint8', device = flags.device })
local labels, ids = tenmo.randint(0, 10, { ROWS }, on), tenmo.randint(0, ROWS, { flags.batch }, on)
local model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10))
model:to(flags.device)
local optimizer = tenmo.optim.SGD(model:parameters(), { lr = 0.01, momentum = 0.9 })

local function draw()
    return images:gather_normalize(ids, 33, 79), labels:index_select(1, ids)
end

local function step(x, y)
    local loss = tenmo.cross_entropy(model(x), y)
    optimizer:zero_grad()
    loss:backward()
    optimizer:step()
    return loss
end

function timing.wait()
    tenmo.synchronize(flags.device)
end

local function report(name, f)
    local median, least = timing.measure(f, flags.time)
    print(('tenmo-lua %-34s %8.1f us (at least %.1f)'):format(name, median / 1e3, least / 1e3))
end

-- run(x, y), with a batch drawn for it, whose memory is free again at once.
local function drawn(run)
    return function()
        local x, y = draw()
        local loss = run(x, y)
        tenmo.release(x, y)
        return loss
    end
end

report('step, loss read', function()
    return drawn(step)():item()
end)
report('step, loss not read', drawn(step))
local captured = tenmo.capture(step)
local x, y = draw()
report('captured step', function()
    captured(x, y)
end)
report('captured step, batch drawn', drawn(captured))
report('captured step, batch drawn, loss read', function()
    return drawn(captured)():item()
end)
if captured.reason then
    print('not replayed: ' .. captured.reason)
end
