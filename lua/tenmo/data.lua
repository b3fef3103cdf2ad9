-- data.lua: data sets, kept as the bytes they come in; batches are gathered and normalised when a step
-- asks for them.
--
--     local train, test = assert(tenmo.data.mnist())
--     for x, y in train:batches { batch = 64, shuffle = true, seed = 1, epoch = 1 } do ... end
--
-- What can be missing or broken outside returns nil and a message.
local check = require 'tenmo.options'
local download = require 'tenmo.download'
local files = require 'tenmo.files'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local data = {}

-- The path of a file or folder in $TENMO_DATA, or nil and why not. Folders: name it with one of its files.
function data.find(name)
    if type(name) ~= 'string' then
        raise('data.find: expected the name of a file or a folder, got %s', type(name))
    end
    local folder = os.getenv 'TENMO_DATA'
    if not folder or folder == '' then
        return nil, 'TENMO_DATA is not set'
    end
    local path = folder .. '/' .. name
    if files.exists(path) then
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

-- The set of those images whose ids these are.
function Set:pick(ids)
    if not tenmo.is_tensor(ids) then
        raise('pick: expected a tensor of ids, got %s; tenmo.ids{...} makes one', type(ids))
    end
    ids = ids:to(self.device)
    return setmetatable({
        images = self.images:index_select(1, ids),
        labels = self.labels:index_select(1, ids),
        n = ids:numel(),
        mean = self.mean,
        std = self.std,
        device = self.device,
    }, Set)
end

-- The same set with its bytes on another device; batches are gathered there.
function Set:to(device)
    local moved = setmetatable({}, Set)
    for name, value in pairs(self) do
        moved[name] = value
    end
    moved.images, moved.labels = self.images:to(device), self.labels:to(device)
    moved.device = moved.images.device
    return moved
end

-- The images at these ids as float32, normalised, and their labels as int64.
function Set:rows(ids)
    return self.images:gather_normalize(ids, self.mean, self.std), self.labels:index_select(1, ids)
end

-- for images, labels in set:batches { batch = 64, shuffle = true, seed = 1, epoch = 1 } do
Set.batches = require 'tenmo.batches'

-- A set of images (uint8, one along the first axis) and their class ids. options: mean and std of the
-- bytes, for normalising; about, a line that says what it is.
function data.set(images, labels, options)
    options = check('data.set', options, { mean = { 'number', 0 }, std = { 'number', 1 }, about = { 'string' } })
    if not tenmo.is_tensor(images) or not tenmo.is_tensor(labels) or images:dim() == 0 then
        raise('data.set: expected a tensor of images, one along the first axis, and one of their labels, got %s and %s',
            tenmo.is_tensor(images) and shape_text(images.shape) or type(images),
            tenmo.is_tensor(labels) and shape_text(labels.shape) or type(labels))
    elseif options.std == 0 then
        raise 'data.set: std is 0; images are divided by it'
    end
    local n = images:size(1)
    if labels:dim() ~= 1 or labels:size(1) ~= n then
        raise('data.set: %d images, but labels %s', n, shape_text(labels.shape))
    end
    return setmetatable({
        images = images,
        labels = labels:to 'int64',
        device = images.device,
        n = n,
        mean = options.mean,
        std = options.std,
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

-- --- data sets from elsewhere ------------------------------------------------------------------------------

-- The folder with all of a data set's files: $TENMO_DATA's, the user's cache, or a download into that cache.
-- Or nil and why there is none.
function data.obtain(set)
    local folder, why = data.find(set.folder .. '/' .. set[1].name)
    if folder then
        return files.folder(folder)
    end
    local cache, no_cache = download.cache()
    if not cache then
        return nil, no_cache
    end
    folder = cache .. '/' .. set.folder
    for _, file in ipairs(set) do
        local name, urls = set.folder .. '/' .. file.name, {}
        for i, base in ipairs(set.from) do
            urls[i] = base .. file.name
        end
        local path, message = download.file(folder .. '/' .. file.name,
            { name = name, urls = urls, sha256 = file.sha256, bytes = file.bytes })
        if not path then
            return nil, os.getenv 'TENMO_DATA' and ('%s; %s'):format(why, message) or message
        end
    end
    return folder
end

local MNIST_FILES = {
    folder = 'mnist',
    from = { 'https://ossci-datasets.s3.amazonaws.com/mnist/', 'https://storage.googleapis.com/cvdf-datasets/mnist/' },
    { name = 'train-images-idx3-ubyte.gz', bytes = 9912422,
        sha256 = '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609' },
    { name = 'train-labels-idx1-ubyte.gz', bytes = 28881,
        sha256 = '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c' },
    { name = 't10k-images-idx3-ubyte.gz', bytes = 1648877,
        sha256 = '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6' },
    { name = 't10k-labels-idx1-ubyte.gz', bytes = 4542,
        sha256 = 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6' },
}

-- MNIST from $TENMO_DATA/mnist, the cache or the net, else the built-in digits; `about` of the first set says which.
function data.mnist()
    local folder, why = data.obtain(MNIST_FILES)
    if not folder then
        local train, test = data.digits()
        if train then
            train.about = ('no MNIST (%s), so %s'):format(why, train.about)
        end
        return train, test
    end
    local train, test = pair(folder .. '/', {
        { MNIST_FILES[1].name, MNIST_FILES[2].name },
        { MNIST_FILES[3].name, MNIST_FILES[4].name },
    }, MNIST)
    if not train then
        return nil, test
    end
    train.about = ('MNIST, 28 x 28 pixels: %d to train, %d to test'):format(train.n, test.n)
    return train, test
end

-- CIFAR-10 and CSV files have files of their own.
function data.cifar_10()
    return require 'tenmo.cifar'()
end

-- Movie reviews, windows over ids and lists of unequal length have files of their own.
function data.imdb(options)
    return require 'tenmo.imdb'(options)
end

function data.windows(ids, options)
    return require 'tenmo.windows'(ids, options)
end

function data.ragged(lists, options)
    return require 'tenmo.ragged'(lists, options)
end

function data.csv(path, options)
    return require 'tenmo.csv'(path, options)
end

return setmetatable(data, {
    __index = function(self, name)
        local names = {}
        for known in pairs(self) do
            names[#names + 1] = known
        end
        local near = require 'tenmo.near'(tostring(name), names)
        raise("data has no '%s'%s", tostring(name), near and ("; did you mean '%s'?"):format(near) or '')
    end,
})
