-- mnist.lua: a network learns to read handwritten digits.
--
--     tenmo-lua mnist.lua
--     tenmo-lua mnist.lua --epochs 3 --lr 0.05
--
-- The images are MNIST's where $TENMO_DATA has them, else 1,797 smaller ones that come with the program.
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
}
tenmo.manual_seed(flags.seed)
if flags.threads > 0 then
    tenmo.set_threads(flags.threads)
end
if flags.device ~= 'cpu' then
    error(("device '%s': there is only 'cpu' so far"):format(flags.device), 0)
end

local train, test = assert(tenmo.data.mnist())
print(train.about)

-- Each image is a row of numbers; ten scores come out, one a digit. Weights start as Kaiming He's.
local model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(train:width(), 128), nn.ReLU(),
    nn.Linear(128, 32), nn.ReLU(),
    nn.Linear(32, 10)
)
print(model)

local optimizer = tenmo.optim.SGD(model:parameters(), { lr = flags.lr, momentum = flags.momentum })

-- One step: how wrong are the scores, which way would each weight make it less, and a bit that way.
local function step(x, y)
    local loss = tenmo.cross_entropy(model(x), y)
    optimizer:zero_grad()
    loss:backward()
    optimizer:step()
    return loss:item()
end

-- The share of a set's images whose highest score is the right digit's.
local function accuracy(set)
    local right = 0
    tenmo.no_grad(function()
        for x, y in set:batches { batch = 1000 } do
            right = right + model(x):argmax(-1):eq(y):sum():item()
        end
    end)
    return right / set.n
end

for epoch = 1, flags.epochs do
    local started, total = tenmo.clock(), 0
    for x, y in train:batches { batch = flags.batch, shuffle = true, seed = flags.seed, epoch = epoch } do
        total = total + step(x, y) * y:numel()
    end
    local seconds = tenmo.clock() - started
    print(('epoch %2d  loss %.4f  test accuracy %.2f %%  %d images/s'):format(
        epoch, total / train.n, 100 * accuracy(test), train.n / seconds))
end
