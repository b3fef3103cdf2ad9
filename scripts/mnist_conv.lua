-- mnist_conv.lua: a network with convolutions learns to read handwritten digits.
--
--     tenmo-lua mnist_conv.lua --save digits.safetensors
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'mnist_conv.lua: a network with convolutions learns to read handwritten digits.',
    { 'epochs', 5, 'passes over the training images' },
    { 'batch', 128, 'images in a step' },
    { 'lr', 0.03, 'greatest learning rate; it rises for a tenth of the steps, then falls to 0 along half a cosine' },
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
-- 28 x 28 pixels; 32 channels of 14 x 14 after the first pool, 64 of 7 x 7 after the second; ten scores, one a digit.
local side = math.sqrt(train:width()) -- of an image; the smaller digits have 8
local model = nn.Sequential(
    nn.Conv2d(1, 32, 3, { padding = 'same' }), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, { padding = 'same' }), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(64 * math.floor(side / 4) ^ 2, 32), nn.ReLU(),
    nn.Linear(32, 10)
):to(flags.device)
print(model)
if flags.load ~= '' then
    assert(model:load(flags.load))
end
local optimizer = tenmo.optim.SGD(model:parameters(), { lr = flags.lr, momentum = flags.momentum })

local function scores(x)
    return model(x:reshape(-1, 1, side, side))
end

local function step(x, y)
    local loss = tenmo.cross_entropy(scores(x), y)
    optimizer:zero_grad()
    loss:backward()
    nn.clip_grad_norm_(model:parameters(), 1) -- the first ones are some 70 long
    optimizer:step()
    return loss:item()
end

-- The share of a set's images that are read right, in percent.
local function accuracy(set)
    return tenmo.no_grad(function()
        local right = 0
        for x, y in set:batches { batch = 1000 } do
            right = right + scores(x):argmax(-1):eq(y):sum():item()
        end
        return 100 * right / set.n
    end)
end

local steps, done = flags.epochs * math.ceil(train.n / flags.batch), 0
for epoch = 1, flags.epochs do
    local batches = train:batches {
        batch = flags.batch, shuffle = true, seed = flags.seed, epoch = epoch, keep = false }
    local bar = tenmo.progress(batches, { label = ('epoch %2d'):format(epoch), unit = 'images', keep = false })
    local started, total, seen = tenmo.clock(), 0, 0
    for x, y in bar do
        optimizer.lr = flags.lr * math.min(1, 10 * (done + 1) / steps) * 0.5 * (1 + math.cos(math.pi * done / steps))
        total, seen, done = total + step(x, y) * y:numel(), seen + y:numel(), done + 1
        bar:show { loss = total / seen }
    end
    local seconds = tenmo.clock() - started
    print(('epoch %2d  loss %.4f  test accuracy %.2f %%  %d images/s'):format(
        epoch, total / train.n, accuracy(test), train.n / seconds))
end
if flags.save ~= '' then
    assert(model:save(flags.save))
end
