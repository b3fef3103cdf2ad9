-- trace.lua: one training step, told down to its bytes by the engine that takes it.
--
--     tenmo-lua trace.lua --hidden 16 --html step.html
--
-- For a script as it is: tenmo-lua --trace script.lua.
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'trace.lua: one training step, told down to its bytes by the engine that takes it.',
    { 'hidden', 8, 'numbers in the middle layer' },
    { 'batch', 4, 'images in the step' },
    { 'lr', 0.01, 'learning rate' },
    { 'momentum', 0.9, 'share of the last update that is kept' },
    { 'steps', 1, 'steps taken; the last one is told' },
    { 'seed', 1, 'first weights and order of the images' },
    { 'threads', 0, 'threads to compute with; 0: as many as there are cores' },
    { 'device', 'cpu', 'where to compute' },
    { 'html', '', 'write the same as a page to this file' },
}
tenmo.flags.start(flags) -- seed, threads, device

local train = assert(tenmo.data.mnist())
print(train.about)
train = train:to(flags.device)

local model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(train:width(), flags.hidden), nn.Tanh(),
    nn.Linear(flags.hidden, 10)
):to(flags.device)
local optimizer = tenmo.optim.SGD(model:parameters(), { lr = flags.lr, momentum = flags.momentum })

local function step(x, y)
    local loss = tenmo.cross_entropy(model(x), y)
    optimizer:zero_grad()
    loss:backward()
    optimizer:step()
end

local taken = 0
for x, y in train:batches { batch = flags.batch, shuffle = true, seed = flags.seed } do
    taken = taken + 1
    if taken >= flags.steps then
        local story = tenmo.trace(function()
            step(x, y)
        end)
        print(story)
        if flags.html ~= '' then
            assert(story:save(flags.html))
        end
        break
    end
    step(x, y)
end
