-- data.lua: data sets, kept as the bytes they come in; batches are gathered and normalised when a step
-- asks for them.
--
--     local train, test = assert(tenmo.data.mnist())
--     for x, y in train:batches { batch = 64, shuffle = true, seed = 1, epoch = 1 } do ... end
--
-- What can be missing or broken outside returns nil and a message.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local data = {}

local function exists(path)
    local file = io.open(path, 'rb')
    if file then
        file:close()
    end
    return file ~= nil
end

-- The path of a file or folder in $TENMO_DATA, or nil and why not. Folders: name it with one of its files.
function data.find(name)
    local folder = os.getenv 'TENMO_DATA'
    if not folder or folder == '' then
        return nil, 'TENMO_DATA is not set'
    end
    local path = folder .. '/' .. name
    if exists(path) then
        return path
    end
    return nil, ('%s: not found'):format(path)
end

-- --- a set of images with labels ---------------------------------------------------------------------

local Set = {}
Set.__index = Set

function Set:__len()
    return self.n
end

-- How many numbers one image has.
function Set:width()
    return self.images:numel() / math.max(self.n, 1)
end

local Batches = {}
Batches.__index = Batches

-- The draws that order an epoch have a range of streams of their own, away from a model's draws.
local FIRST_STREAM = 2 ^ 40

-- The ids of one epoch in their order: a keyed bijection of 0 .. n-1, so that seed and epoch say it all.
local function order(batches)
    if not batches.shuffle then
        return tenmo.arange(batches.set.n)
    end
    local seed, stream = tenmo.random_state()
    tenmo.set_random_state(batches.seed, FIRST_STREAM + batches.epoch)
    local ids = tenmo.randperm(batches.set.n)
    tenmo.set_random_state(seed, stream)
    return ids
end

-- The next batch: images as float32, normalised, and labels as int64. The last one may be short.
-- With keep = false the batch before it is released, so that its memory, still in the cache, serves again.
function Batches:__call()
    local set, first = self.set, self.position
    if not self.keep and self.last then
        tenmo.release(unpack(self.last))
    end
    if first >= set.n then
        return nil
    end
    local last = math.min(first + self.batch, set.n)
    self.ids = self.ids or order(self)
    self.position = last
    local ids = self.ids:slice { { first + 1, last } }
    local x, y = set.images:gather_normalize(ids, set.mean, set.std), set.labels:index_select(1, ids)
    tenmo.release(ids)
    self.last = not self.keep and { x, y } or nil
    return x, y
end

-- Where an epoch stands: a plain table that set_state takes.
function Batches:state()
    return { seed = self.seed, epoch = self.epoch, position = self.position }
end

function Batches:set_state(state)
    self.seed, self.epoch, self.position, self.ids = state.seed, state.epoch, state.position, nil
    return self
end

-- How many batches there are left.
function Batches:left()
    return math.ceil((self.set.n - self.position) / self.batch)
end

local DEFAULTS = { batch = 64, shuffle = false, seed = 0, epoch = 0, position = 0, keep = true }

-- for images, labels in set:batches { batch = 64, shuffle = true, seed = 1, epoch = 1 } do
-- keep = false: a batch is gone when the next one comes, and using it then is an error; faster, and enough for
-- most loops. The loss of a batch may be kept all the same.
function Set:batches(options)
    local batches = { set = self }
    for name, value in pairs(options or {}) do
        if type(DEFAULTS[name]) ~= type(value) then
            local names = { 'batch', 'shuffle', 'seed', 'epoch', 'position', 'keep' }
            local near = DEFAULTS[name] == nil and require 'tenmo.near'(tostring(name), names)
            raise("batches: %s%s", DEFAULTS[name] == nil and ("unknown option '%s'"):format(tostring(name))
                or ("option '%s': expected a %s, got a %s"):format(name, type(DEFAULTS[name]), type(value)),
                near and ("; did you mean '%s'?"):format(near) or '')
        end
        batches[name] = value
    end
    for name, value in pairs(DEFAULTS) do
        if batches[name] == nil then
            batches[name] = value
        end
    end
    if batches.batch < 1 or batches.batch % 1 ~= 0 then
        raise('batches: batch must be a whole number of at least 1, got %s', tostring(batches.batch))
    end
    return setmetatable(batches, Batches)
end

-- A set of images (uint8, one along the first axis) and their class ids. options: mean and std of the
-- bytes, for normalising; about, a line that says what it is.
function data.set(images, labels, options)
    options = options or {}
    local n = images:size(1)
    if labels:dim() ~= 1 or labels:size(1) ~= n then
        raise('data.set: %d images, but labels %s', n, shape_text(labels.shape))
    end
    return setmetatable({
        images = images,
        labels = labels:to 'int64',
        n = n,
        mean = options.mean or 0,
        std = options.std or 1,
        about = options.about,
    }, Set)
end

-- A set from two IDX files (plain or gz), or nil and a message.
function data.idx(images_path, labels_path, options)
    local images, why = tenmo.read_idx(images_path)
    if not images then
        return nil, why
    end
    local labels
    labels, why = tenmo.read_idx(labels_path)
    if not labels then
        return nil, why
    end
    if images:dim() < 2 or images.dtype ~= 'uint8' then
        return nil, ('%s: expected images of bytes, got %s %s'):format(images_path, images.dtype,
            shape_text(images.shape))
    end
    if labels:dim() ~= 1 or labels:size(1) ~= images:size(1) then
        return nil, ('%s: expected %d labels, got %s'):format(labels_path, images:size(1),
            shape_text(labels.shape))
    end
    return data.set(images, labels, options)
end

-- --- handwritten digits ----------------------------------------------------------------------------------

-- Mean and deviation of the training images' bytes.
local MNIST = { mean = 0.1307 * 255, std = 0.3081 * 255 }
local DIGITS = { mean = 4.88, std = 6.02 }

local function pair(folder, names, options)
    local sets = {}
    for i, name in ipairs(names) do
        local set, why = data.idx(folder .. name[1], folder .. name[2], options)
        if not set then
            return nil, why
        end
        sets[i] = set
    end
    return sets[1], sets[2]
end

-- 1,797 digits of 8 x 8 pixels that come with tenmo-lua: training and test set.
function data.digits()
    local train, test = pair(tenmo.paths.data .. '/', {
        { 'digits-train-images-idx3-ubyte.gz', 'digits-train-labels-idx1-ubyte.gz' },
        { 'digits-test-images-idx3-ubyte.gz', 'digits-test-labels-idx1-ubyte.gz' },
    }, DIGITS)
    if not train then
        return nil, test
    end
    train.about = ('built-in digits, 8 x 8 pixels: %d to train, %d to test'):format(train.n, test.n)
    return train, test
end

-- MNIST from $TENMO_DATA/mnist, else the built-in digits; `about` of the first set says which it is.
function data.mnist()
    local first, why = data.find 'mnist/train-images-idx3-ubyte.gz'
    if not first then
        local train, test = data.digits()
        if train then
            train.about = ('no MNIST (%s), so %s'):format(why, train.about)
        end
        return train, test
    end
    local train, test = pair(first:match '^(.*/)', {
        { 'train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz' },
        { 't10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz' },
    }, MNIST)
    if not train then
        return nil, test
    end
    train.about = ('MNIST, 28 x 28 pixels: %d to train, %d to test'):format(train.n, test.n)
    return train, test
end

return data
