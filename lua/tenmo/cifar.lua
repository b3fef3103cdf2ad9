-- cifar.lua: CIFAR-10 (A. Krizhevsky, 2009): 60,000 photographs of 32 x 32 pixels, ten kinds of things.
--
-- Its binary files are records of 3,073 bytes: the label, then 1,024 bytes each of red, green and blue
-- (https://www.cs.toronto.edu/~kriz/cifar.html). They come as an archive. Members are taken out of it by name and
-- through a pipe, so that whatever an archive holds, nothing is written but those six files.
local data = require 'tenmo.data'
local files = require 'tenmo.files'
local tenmo = require 'tenmo'

local ARCHIVE = {
    folder = 'cifar-10',
    from = { 'https://www.cs.toronto.edu/~kriz/' },
    { name = 'cifar-10-binary.tar.gz', bytes = 170052171,
        sha256 = 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd' },
}
local INSIDE = 'cifar-10-batches-bin/'
local TRAIN = { 'data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin' }
local TEST = { 'test_batch.bin' }
local RECORD, SIDE = 3073, 32
-- Mean and deviation of all training bytes.
local OPTIONS = { mean = 0.4734 * 255, std = 0.2516 * 255 }
local NAMES = { 'airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck' }

-- Takes a member out of the archive, or nil and why not.
local function take_out(archive, name, path)
    local pipe = io.popen(('tar -xzOf %s %s 2>/dev/null'):format(files.quote(archive), files.quote(INSIDE .. name)))
    local bytes = pipe and pipe:read '*a'
    if pipe then
        pipe:close()
    end
    if not bytes or #bytes == 0 then
        return nil, ("'%s': %s%s can't be taken out of it"):format(archive, INSIDE, name)
    end
    return files.write_whole(path, function(file)
        return file:write(bytes)
    end)
end

-- The folder with the six files, or nil and why there is none.
local function folder_of_files()
    local first = data.find(INSIDE .. TRAIN[1]) or data.find('cifar-10/' .. TRAIN[1])
    if first then
        return files.folder(first) .. '/'
    end
    local folder, why = data.obtain(ARCHIVE)
    if not folder then
        return nil, why
    end
    for _, list in ipairs { TRAIN, TEST } do
        for _, name in ipairs(list) do
            local path = folder .. '/' .. name
            if not files.exists(path) then
                local good
                good, why = take_out(folder .. '/' .. ARCHIVE[1].name, name, path)
                if not good then
                    return nil, why
                end
            end
        end
    end
    return folder .. '/'
end

-- Images (n, 3, 32, 32) and labels of one file, or nil and why not.
local function read(path)
    local file, why = io.open(path, 'rb')
    local bytes = file and file:read '*a'
    if file then
        file:close()
    end
    if not bytes then
        return nil, why or path .. ": can't be read"
    end
    local n = #bytes / RECORD
    if n < 1 or n % 1 ~= 0 then
        return nil, ('%s: %d bytes are no whole number of records of %d'):format(path, #bytes, RECORD)
    end
    local x = tenmo.from_bytes(bytes, { n, RECORD }, 'uint8')
    local labels = x[{ {}, 1 }]:long()
    if labels:max():item() >= #NAMES then
        return nil, ('%s: a label is %d; there are 10 kinds, from 0'):format(path, labels:max():item())
    end
    return x[{ {}, { 2, RECORD } }]:reshape(n, 3, SIDE, SIDE), labels
end

local function set_of(folder, names)
    local images, labels = {}, {}
    for i, name in ipairs(names) do
        images[i], labels[i] = read(folder .. name)
        if not images[i] then
            return nil, labels[i]
        end
    end
    return data.set(tenmo.cat(images), tenmo.cat(labels), OPTIONS)
end

-- Training and test set, or nil and a message. train.names has the ten kinds.
return function()
    local folder, why = folder_of_files()
    if not folder then
        return nil, ('no CIFAR-10 (%s); put its binary files into $TENMO_DATA/%s'):format(why, INSIDE)
    end
    local train, test
    train, why = set_of(folder, TRAIN)
    if train then
        test, why = set_of(folder, TEST)
    end
    if not test then
        return nil, why
    end
    train.names, test.names = NAMES, NAMES
    train.about = ('CIFAR-10, 3 x 32 x 32 pixels: %d to train, %d to test'):format(train.n, test.n)
    return train, test
end
