-- cifar_10.lua: a network of plain layers learns what small photographs show.
--
--     tenmo-lua cifar_10.lua
--
-- It gets about half of the ten kinds right; layers that look at neighbourhoods would do better.
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'cifar_10.lua: a network learns what small photographs show (CIFAR-10).',
    { 'epochs', 10, 'passes over the training images' },
    { 'batch', 128, 'images in a step' },
    { 'lr', 0.001075, 'learning rate' },
    { 'momentum', 0.9, 'share of the last update that is kept' },
    { 'seed', 1, 'first weights and order of the images' },
    { 'threads', 0, 'threads to compute with; 0: as many as there are cores' },
    { 'device', 'cpu', 'where to compute' },
}
tenmo.flags.start(flags) -- seed, threads, device

local train, test = tenmo.data.cifar_10()
train = train or error(test, 0)
print(train.about)
train, test = train:to(flags.device), test:to(flags.device)

local model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(train:width(), 256), nn.ReLU(),
    nn.Linear(256, 64), nn.ReLU(),
    nn.Linear(64, 10)
):to(flags.device)
print(model)
local optimizer = tenmo.optim.SGD(model:parameters(), { lr = flags.lr, momentum = flags.momentum })

-- The kind that the model sees in each image of a set.
local function see(set)
    return tenmo.no_grad(function()
        local kinds = {}
        for x in set:batches { batch = 1000 } do
            kinds[#kinds + 1] = model(x):argmax(-1)
        end
        return tenmo.cat(kinds)
    end)
end

for epoch = 1, flags.epochs do
    local batches = train:batches {
        batch = flags.batch, shuffle = true, seed = flags.seed, epoch = epoch, keep = false }
    local bar = tenmo.progress(batches, { label = ('epoch %2d'):format(epoch), unit = 'images', keep = false })
    local started, total = tenmo.clock(), 0
    for x, y in bar do
        local loss = tenmo.cross_entropy(model(x), y)
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
        local value = loss:item()
        total = total + value * y:numel()
        bar:show { loss = value }
    end
    local seconds = tenmo.clock() - started
    print(('epoch %2d  loss %.4f  test accuracy %.2f %%  %d images/s'):format(
        epoch, total / train.n, 100 * see(test):eq(test.labels):float():mean():item(), train.n / seconds))
end

local kinds = see(test)
print('\n' .. tenmo.draw.confusion(test.labels, kinds, { names = test.names }))
print('\n' .. tenmo.draw.misread(test.images, test.labels, kinds, { names = test.names }))
