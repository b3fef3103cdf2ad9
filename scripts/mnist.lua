-- mnist.lua: a network learns to read handwritten digits.
--
--     tenmo-lua mnist.lua --epochs 3 --save digits.safetensors
--     tenmo-lua mnist.lua --epochs 0 --load digits.safetensors
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'mnist.lua: a network learns to read handwritten digits.',
    { 'epochs', 15, 'passes over the training images' },
    { 'batch', 64, 'images in a step' },
    { 'lr', 0.01, 'learning rate' },
    { 'momentum', 0.9, 'share of the last update that is kept' },
    { 'seed', 1, 'first weights and order of the images' },
    { 'threads', 0, 'threads to compute with; 0: as many as there are cores' },
    { 'device', 'cpu', 'where to compute' },
    { 'load', '', 'start from the weights in this file' },
    { 'save', '', 'write the weights to this file (safetensors) at the end' },
}
tenmo.flags.start(flags) -- seed, threads, device
local train, test = assert(tenmo.data.mnist())
train, test = train:to(flags.device), test:to(flags.device)
print(train.about)

-- Each image is a row of numbers; ten scores come out, one a digit. Weights start as Kaiming He's.
local model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(train:width(), 128), nn.ReLU(),
    nn.Linear(128, 32), nn.ReLU(),
    nn.Linear(32, 10)
):to(flags.device)
print(model)
if flags.load ~= '' then
    assert(model:load(flags.load))
end
local optimizer = tenmo.optim.SGD(model:parameters(), { lr = flags.lr, momentum = flags.momentum })

-- One step: how wrong are the scores, which way would each weight make it less, and a bit that way.
local function step(x, y)
    local loss = tenmo.cross_entropy(model(x), y)
    optimizer:zero_grad()
    loss:backward()
    optimizer:step()
    return loss:item()
end

-- The digit that the model reads in each image of a set: the one with the highest score.
local function read(set)
    return tenmo.no_grad(function()
        local digits = {}
        for x in set:batches { batch = 1000 } do
            digits[#digits + 1] = model(x):argmax(-1)
        end
        return tenmo.cat(digits)
    end)
end

for epoch = 1, flags.epochs do
    local batches = train:batches {
        batch = flags.batch, shuffle = true, seed = flags.seed, epoch = epoch, keep = false }
    local bar = tenmo.progress(batches, { label = ('epoch %2d'):format(epoch), unit = 'images', keep = false })
    local started, total, seen = tenmo.clock(), 0, 0
    for x, y in bar do
        local n = y:numel()
        total, seen = total + step(x, y) * n, seen + n
        bar:show { loss = total / seen }
    end
    local seconds = tenmo.clock() - started
    print(('epoch %2d  loss %.4f  test accuracy %.2f %%  %d images/s'):format(
        epoch, total / train.n, 100 * read(test):eq(test.labels):float():mean():item(), train.n / seconds))
end
if flags.save ~= '' then
    assert(model:save(flags.save))
end

-- Which digit was taken for which, and the first that were misread.
local digits = read(test)
print('\nrows: the digit it is; columns: what was read\n' .. tenmo.draw.confusion(test.labels, digits))
print('\n' .. tenmo.draw.misread(test.images, test.labels, digits))
