-- data_spec.lua: IDX files, good and broken; batches, their order and their state.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'
local data = tenmo.data

local folder = require 'spec.support.folder' (setup, teardown)
local write = folder.write

-- The header of an IDX file: two zeros, the code of the type, the number of axes, then sizes, big-endian.
local function header(code, ...)
    local text = string.char(0, 0, code, select('#', ...))
    for _, size in ipairs { ... } do
        text = text .. string.char(math.floor(size / 2 ^ 24) % 256, math.floor(size / 2 ^ 16) % 256,
            math.floor(size / 256) % 256, size % 256)
    end
    return text
end

local function gz(path)
    assert(os.execute(("gzip -kf '%s'"):format(path)) == 0)
    return path .. '.gz'
end

local function bytes(n)
    local list = {}
    for i = 1, n do
        list[i] = string.char((i * 7) % 256)
    end
    return table.concat(list)
end

describe('IDX', function()
    it('bytes, plain and gz', function()
        local path = write('good', header(8, 2, 3) .. string.char(1, 2, 3, 4, 5, 255))
        for _, p in ipairs { path, gz(path) } do
            local x = assert(tenmo.read_idx(p))
            assert.same({ 'uint8', 2, 3 }, { x.dtype, x:size(1), x:size(2) })
            assert.same({ 1, 2, 3, 4, 5, 255 }, tensors.flatten(x))
        end
    end)

    for _, case in ipairs {
        -- code of the type, its bytes (big-endian), what they are
        { 'int32', 12, '\0\0\1\2\255\255\255\255', { 258, -1 } },
        { 'float32', 13, '\63\192\0\0\192\0\0\0', { 1.5, -2 } },
        { 'float64', 14, '\63\248\0\0\0\0\0\0\192\0\0\0\0\0\0\0', { 1.5, -2 } },
    } do
        it(case[1] .. ' is turned from big-endian', function()
            local x = assert(tenmo.read_idx(write('typed', header(case[2], 2) .. case[3])))
            assert.equal(case[1], x.dtype)
            assert.same(case[4], tensors.flatten(x))
        end)
    end

    it('an empty set is a set', function()
        assert.same({ 0, 3 }, assert(tenmo.read_idx(write('empty', header(8, 0, 3)))).shape)
    end)

    local BROKEN = {
        ['no file'] = false,
        ['an empty file'] = '',
        ['another magic number'] = 'PNG!' .. bytes(20),
        ['an unknown type'] = header(7, 2) .. '12',
        ['half a header'] = header(8, 2, 3):sub(1, 7),
        ['no axes'] = header(8),
        ['nine axes'] = header(8, 1, 1, 1, 1, 1, 1, 1, 1, 1) .. 'x',
        ['too few bytes'] = header(8, 2, 3) .. '12345',
        ['too many bytes'] = header(8, 2, 3) .. '1234567',
        ['absurd sizes'] = header(8, 2 ^ 31, 2 ^ 31, 2 ^ 31) .. '12',
    }
    for what, text in pairs(BROKEN) do
        it(what .. ': nil and a message with the path', function()
            local path = text and write('broken', text) or folder.path 'missing'
            local x, message = tenmo.read_idx(path)
            assert.is_nil(x)
            assert.equal('string', type(message))
            assert.is_truthy(message:find(path, 1, true), message)
        end)
    end

    it('gz that is cut anywhere, or damaged: nil and a message', function()
        gz(write('cut', header(8, 40, 5) .. bytes(200)))
        local whole = folder.read 'cut.gz'
        for length = 0, #whole - 1 do
            local x, message = tenmo.read_idx(write('cut.gz', whole:sub(1, length)))
            assert.is_nil(x, 'cut at ' .. length)
            assert.equal('string', type(message))
        end
        local at = math.floor(#whole / 2)
        local x, message = tenmo.read_idx(write('cut.gz', whole:sub(1, at) .. string.char(255 - whole:byte(at + 1))
            .. whole:sub(at + 2)))
        assert.is_nil(x)
        assert.equal('string', type(message))
    end)

    it('plain that is cut anywhere: nil and a message', function()
        local whole = header(8, 4, 5) .. bytes(20)
        for length = 0, #whole - 1 do
            assert.is_nil((tenmo.read_idx(write('cut', whole:sub(1, length)))))
        end
    end)

    it('a failure leaks nothing', function()
        local path = write('leak', header(8, 200, 3) .. '12345')
        tenmo.read_idx(path)
        collectgarbage()
        collectgarbage()
        local before = tenmo.memory()
        for _ = 1, 10 do
            tenmo.read_idx(path)
        end
        collectgarbage()
        collectgarbage()
        assert.equal(before.blocks, tenmo.memory().blocks)
        assert.equal(before.live, tenmo.memory().live)
    end)

    it('images and labels that do not belong together: nil and a message', function()
        local images, labels = write('images', header(8, 2, 2, 2) .. bytes(8)),
            write('labels', header(8, 3) .. bytes(3))
        local set, message = data.idx(images, labels)
        assert.is_nil(set)
        assert.equal(labels .. ': expected 2 labels, got (3)', message)
        set, message = data.idx(labels, labels)
        assert.is_nil(set)
        assert.equal(labels .. ': expected images of bytes, got uint8 (3)', message)
    end)
end)

describe('batches', function()
    -- image i is full of i, its label is i
    local function set(n)
        local rows = {}
        for i = 1, n do
            rows[i] = { i - 1, i - 1 }
        end
        local ids = tenmo.arange(n)
        return data.set(tenmo.tensor(rows, { dtype = 'uint8' }), ids, { mean = 10, std = 2 })
    end

    local function labels(batches)
        local all, sizes = {}, {}
        for x, y in batches do
            sizes[#sizes + 1] = y:numel()
            local values, images = tensors.flatten(y), tensors.flatten(x)
            for i, label in ipairs(values) do
                all[#all + 1] = label
                assert.equal((label - 10) / 2, images[2 * i])
            end
        end
        return all, sizes
    end

    it('come in order, normalised, the last one short', function()
        local all, sizes = labels(set(10):batches { batch = 4 })
        assert.same({ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, all)
        assert.same({ 4, 4, 2 }, sizes)
    end)

    it('are float32 images and int64 labels', function()
        local x, y = set(3):batches {}()
        assert.same({ 'float32', 'int64' }, { x.dtype, y.dtype })
        assert.same({ 3, 2 }, x.shape)
    end)

    it('shuffled, have each image once, in an order that seed and epoch decide', function()
        local s = set(100)
        local function order(seed, epoch)
            return (labels(s:batches { batch = 7, shuffle = true, seed = seed, epoch = epoch }))
        end
        local first = order(1, 1)
        local sorted = { unpack(first) }
        table.sort(sorted)
        for i, v in ipairs(sorted) do
            assert.equal(i - 1, v)
        end
        assert.same(first, order(1, 1))
        assert.not_same(first, order(1, 2))
        assert.not_same(first, order(2, 1))
    end)

    it('leave the random numbers of the model alone', function()
        tenmo.manual_seed(5)
        labels(set(10):batches { shuffle = true, seed = 9 })
        local seed, stream = tenmo.random_state()
        assert.same({ 5, 0 }, { seed, stream })
    end)

    it('go on from a state', function()
        local s = set(50)
        local options = { batch = 8, shuffle = true, seed = 3, epoch = 2 }
        local whole = labels(s:batches(options))
        local batches = s:batches(options)
        batches()
        batches()
        local state = batches:state()
        assert.same({ seed = 3, epoch = 2, position = 16 }, state)
        assert.equal(5, batches:left())
        local rest = labels(s:batches({ batch = 8, shuffle = true }):set_state(state))
        assert.same({ unpack(whole, 17) }, rest)
    end)

    it('of a part of a set', function()
        assert.same({ 7, 2 }, (labels(set(10):pick(tenmo.ids { 7, 2 }):batches {})))
    end)

    it('an empty set has none', function()
        for message, f in pairs {
            ['data.set: expected a tensor of images, one along the first axis, and one of their labels, got (2, 2) and '
                .. 'nil'] = function() data.set(tenmo.ones(2, 2)) end,
            ['data.set: 2 images, but labels (3)'] = function() data.set(tenmo.ones(2, 2), tenmo.arange(3)) end,
            ['data.set: std is 0; images are divided by it'] = function()
                data.set(tenmo.ones(2, 2), tenmo.arange(2), { std = 0 })
            end,
            ['pick: expected a tensor of ids, got table; tenmo.ids{...} makes one'] = function() set(3):pick { 1 } end,
            ['batches: position is a whole number from 0 up, got -1'] = function() set(3):batches { position = -1 } end,
            ['batches: seed is a whole number from 0 up, got 1.5'] = function() set(3):batches { seed = 1.5 } end,
            ['set_state: epoch is a whole number from 0 up, got nil'] = function()
                set(3):batches():set_state { seed = 1 }
            end,
            ['set_state: expected a table, as state() gives it, got nil'] = function() set(3):batches():set_state() end,
        } do
            assert.equal(message, (tensors.failure(f)))
        end
        local empty = data.set(tenmo.zeros(0, 2, { dtype = 'uint8' }), tenmo.arange(0))
        assert.is_nil((empty:batches {}()))
    end)

    it('explain a wrong option', function()
        local s = set(3)
        assert.equal("batches: unknown option 'suffle'; did you mean 'shuffle'?",
            (tensors.failure(s.batches, s, { suffle = true })))
        assert.equal("batches: option 'batch': expected a number, got a string",
            (tensors.failure(s.batches, s, { batch = '64' })))
        assert.equal('batches: batch must be a whole number of at least 1, got 0',
            (tensors.failure(s.batches, s, { batch = 0 })))
    end)
end)

describe('data sets', function()
    it('the built-in digits: 1,437 to train, 360 to test', function()
        local train, test = assert(data.digits())
        assert.same({ 1437, 8, 8 }, train.images.shape)
        assert.same({ 360, 8, 8 }, test.images.shape)
        assert.same({ 'uint8', 'int64' }, { train.images.dtype, train.labels.dtype })
        assert.same({ 0, 16 }, { train.images:min():item(), train.images:max():item() })
        assert.same({ 0, 9 }, { train.labels:min():item(), train.labels:max():item() })
        assert.equal(64, train:width())
        -- the constants that normalise
        local pixels = train.images:float()
        assert.is_true(math.abs(pixels:mean():item() - train.mean) < 0.05)
        assert.is_true(math.abs(math.sqrt((pixels - train.mean):square():mean():item()) - train.std) < 0.05)
    end)

    it('MNIST from $TENMO_DATA', function()
        if not data.find 'mnist/train-images-idx3-ubyte.gz' then
            pending 'TENMO_DATA has no MNIST'
        end
        local train, test = assert(data.mnist())
        assert.same({ 60000, 28, 28 }, train.images.shape)
        assert.same({ 10000, 28, 28 }, test.images.shape)
        local pixels = train.images:float()
        assert.is_true(math.abs(pixels:mean():item() - train.mean) < 0.05)
        assert.is_true(math.abs(math.sqrt((pixels - train.mean):square():mean():item()) - train.std) < 0.05)
    end)
end)
