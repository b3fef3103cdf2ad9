-- spiral.lua: two arms of a spiral, wound into each other; a network learns which arm a point lies on.
--
--     tenmo-lua spiral.lua
--
-- At the end it draws the plane: the points, and what the network takes the rest of the plane for.
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'spiral.lua: a network learns which arm of a spiral a point lies on.',
    { 'epochs', 3000, 'passes over the points' },
    { 'batch', 100, 'points in a step' },
    { 'lr', 0.01, 'learning rate' },
    { 'momentum', 0.9, 'share of the last update that is kept' },
    { 'points', 100, 'points of each arm' },
    { 'turns', 1, 'how often an arm winds around the middle' },
    { 'noise', 0.02, 'how far points lie beside their arm' },
    { 'seed', 1, 'first weights, points and their order' },
    { 'threads', 1, 'threads to compute with' },
    { 'device', 'cpu', 'where to compute' },
}
tenmo.flags.start(flags) -- seed, threads, device

-- Each arm runs from the middle outwards; the second is the first turned by half a circle.
local points, arms = {}, {}
for arm = 0, 1 do
    for i = 1, flags.points do
        local way = 0.1 + 0.9 * i / flags.points
        local angle = 2 * math.pi * flags.turns * way + math.pi * arm
        points[#points + 1], arms[#arms + 1] = { way * math.cos(angle), way * math.sin(angle) }, { arm }
    end
end
local n, y = #points, tenmo.tensor(arms):to(flags.device)
local x = (tenmo.tensor(points) + tenmo.randn(n, 2) * flags.noise):to(flags.device)

local model = nn.Sequential(
    nn.Linear(2, 64), nn.ReLU(),
    nn.Linear(64, 32), nn.ReLU(),
    nn.Linear(32, 16), nn.ReLU(),
    nn.Linear(16, 1), nn.Sigmoid()
):to(flags.device)
print(model)
local optimizer = tenmo.optim.SGD(model:parameters(), { lr = flags.lr, momentum = flags.momentum })

-- The share of points that the model takes for the right arm's.
local function accuracy()
    return tenmo.no_grad(function()
        return model(x):gt(0.5):float():eq(y):float():mean():item()
    end)
end

local bar = tenmo.progress(flags.epochs, { label = 'spiral', unit = 'epochs', keep = false })
for epoch in bar do
    local total, order = 0, tenmo.randperm(n, { device = flags.device })
    for first = 1, n, flags.batch do
        local ids = order[{ { first, math.min(first + flags.batch - 1, n) } }]
        local loss = tenmo.binary_cross_entropy(model(x:index_select(1, ids)), y:index_select(1, ids))
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
        total = total + loss:item() * ids:numel()
    end
    bar:show { loss = total / n }
    if epoch % 500 == 0 then
        bar:print(('epoch %4d  loss %.5f  accuracy %.2f %%'):format(epoch, total / n, 100 * accuracy()))
    end
end

print(tenmo.draw.plane(model, x, y))
