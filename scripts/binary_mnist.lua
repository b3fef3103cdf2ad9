-- binary_mnist.lua: is it a 0 or a 1? The smallest network that reads handwriting: one number comes out.
--
--     tenmo-lua binary_mnist.lua
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'binary_mnist.lua: a network learns to tell handwritten zeros from ones.',
    { 'epochs', 3, 'passes over the training images' },
    { 'batch', 64, 'images in a step' },
    { 'lr', 0.01, 'learning rate' },
    { 'momentum', 0.9, 'share of the last update that is kept' },
    { 'seed', 1, 'first weights and order of the images' },
    { 'threads', 0, 'threads to compute with; 0: as many as there are cores' },
    { 'device', 'cpu', 'where to compute' },
}
tenmo.flags.start(flags) -- seed, threads, device

-- The images of a set whose label is 0 or 1.
local function zeros_and_ones(set)
    local ids = {}
    for i, label in ipairs(set.labels:totable()) do
        if label <= 1 then
            ids[#ids + 1] = i - 1
        end
    end
    return set:pick(tenmo.ids(ids))
end

local train, test = assert(tenmo.data.mnist())
print(train.about)
train, test = zeros_and_ones(train):to(flags.device), zeros_and_ones(test):to(flags.device)
print(('zeros and ones: %d to train, %d to test'):format(train.n, test.n))

-- One number comes out; the sigmoid makes it the probability of a 1.
local model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(train:width(), 32), nn.ReLU(),
    nn.Linear(32, 8), nn.ReLU(),
    nn.Linear(8, 1), nn.Sigmoid()
):to(flags.device)
print(model)
local optimizer = tenmo.optim.SGD(model:parameters(), { lr = flags.lr, momentum = flags.momentum })

-- What the model takes each image of a set for: 1 or 0.
local function read(set)
    return tenmo.no_grad(function()
        local x = set:batches { batch = set.n }()
        return model(x):squeeze(-1):gt(0.5):long()
    end)
end

for epoch = 1, flags.epochs do
    local batches = train:batches { batch = flags.batch, shuffle = true, seed = flags.seed, epoch = epoch }
    local bar = tenmo.progress(batches, { label = ('epoch %2d'):format(epoch), unit = 'images', keep = false })
    local total = 0
    for x, y in bar do
        local loss = tenmo.binary_cross_entropy(model(x), y:float():unsqueeze(-1))
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
        local value = loss:item()
        total = total + value * y:numel()
        bar:show { loss = value }
    end
    print(('epoch %2d  loss %.4f  test accuracy %.2f %%'):format(epoch, total / train.n,
        100 * read(test):eq(test.labels):float():mean():item()))
end

print('\n' .. tenmo.draw.confusion(test.labels, read(test), { names = { 'zero', 'one' } }))
print('\n' .. tenmo.draw.misread(test.images, test.labels, read(test)))
