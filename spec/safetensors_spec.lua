-- safetensors_spec.lua: tensors by name in files, good, broken and malicious; models saved and loaded.

local program = require 'spec.support.program'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'
local safetensors, nn = tenmo.safetensors, tenmo.nn

local folder = require 'spec.support.folder' (setup, teardown)
local path, write = folder.path, folder.write

-- A file with this header and this data.
local function packed(header, data)
    return string.char(#header % 256, math.floor(#header / 256), 0, 0, 0, 0, 0, 0) .. header .. (data or '')
end

describe('bytes', function()
    it('of a tensor, and back', function()
        local x = tenmo.tensor { { 1, 2, 3 }, { 4, 5, 6 } }
        assert.equal('\0\0\128\63\0\0\128\64', x:t()[1]:tobytes())
        assert.is_true(tensors.same(x:t(), tenmo.from_bytes(x:t():tobytes(), { 3, 2 })))
        assert.same({ 258, -1 }, tenmo.from_bytes('..\2\1\0\0\255\255\255\255', { 2 }, 'int32', 2):totable())
        assert.same({ true, false }, tenmo.from_bytes('\7\0', { 2 }, 'bool'):totable())
        assert.equal('', tenmo.zeros(0, 3):tobytes())
        assert.same({ 0, 3 }, tenmo.from_bytes('', { 0, 3 }).shape)
    end)

    it('that do not fit are an error', function()
        for message, call in pairs {
            ['from_bytes: 8 bytes are needed, but the text has 3 from offset 0 on'] = { 'abc', { 2 } },
            ['from_bytes: 4 bytes are needed, but the text has 0 from offset 9 on'] = { 'abc', { 1 }, 'float32', 9 },
            ['from_bytes: the shape is too large'] = { 'abc', { 2 ^ 40, 2 ^ 40 } },
            ["from_bytes: argument 2 ('shape') expects a table of sizes, got no value"] = { 'abc' },
            ["from_bytes: argument 1 ('text') expects a string, got no value"] = {},
            ['from_bytes: shape[1] expects a whole number from 0 up, got number -1'] = { 'abc', { -1 } },
        } do
            assert.equal(message, (tensors.failure(tenmo.from_bytes, unpack(call))))
        end
    end)
end)

describe('safetensors', function()
    local STATE = {
        weight = tenmo.tensor { { 1.5, -2 }, { 0 / 0, 1 / 0 } },
        double = tenmo.tensor({ 1 / 3 }, { dtype = 'float64' }),
        ids = tenmo.ids { -1, 2 ^ 53 },
        int = tenmo.tensor({ -7 }, { dtype = 'int32' }),
        bytes = tenmo.tensor({ 0, 255 }, { dtype = 'uint8' }),
        flags = tenmo.tensor { true, false, true },
        scalar = tenmo.tensor(3),
        empty = tenmo.zeros(0, 4),
        ['a "name"\n with \\ and é'] = tenmo.ones(1),
    }

    it('saves every dtype and shape, and loads the same bits', function()
        assert(safetensors.save(path 'all', STATE, { note = 'two\nlines' }))
        local state, metadata = assert(safetensors.load(path 'all'))
        for name, x in pairs(STATE) do
            assert.is_true(tensors.same(x, state[name]), name)
            state[name] = nil
        end
        assert.same({}, state)
        assert.equal('two\nlines', metadata.note)
    end)

    it('writes the same bytes each time, aligned', function()
        assert(safetensors.save(path 'one', STATE))
        assert(safetensors.save(path 'two', STATE))
        assert.equal(folder.read 'one', folder.read 'two')
        assert.equal(0, folder.read('one'):byte(1) % 8)
    end)

    it('reads a file as the format\'s description gives it', function()
        local state = assert(safetensors.load(write('given', packed(
            '{"__metadata__":{"by":"hand"}, "b":{"shape":[1],"dtype":"U8","data_offsets":[8,9]},'
            .. '"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}   ', '\0\0\128\63\0\0\0\64\9'))))
        assert.same({ { 1 }, { 2 } }, state.a:totable())
        assert.same({ 9 }, state.b:totable())
    end)

    local function one(fields)
        return packed('{"a":{' .. fields .. '}}', '1234')
    end

    for what, bytes in pairs {
        ['an empty file'] = '',
        ['seven bytes'] = '1234567',
        ['a header longer than the file'] = '\255\255\0\0\0\0\0\0{}',
        ['a header of 2^64 bytes'] = ('\255'):rep(8) .. '{}',
        ['no JSON'] = packed 'return os.exit(3)',
        ['JSON that is no object'] = packed '[1, 2]',
        ['half of a JSON object'] = packed '{"a": {',
        ['deep nesting'] = packed('{"a":' .. ('['):rep(60000)),
        ['an entry that is no table'] = packed '{"a": 3}',
        ['metadata that is no table'] = packed '{"__metadata__": 3}',
        ['an unknown dtype'] = one '"dtype":"F4","shape":[1],"data_offsets":[0,4]',
        ['no dtype'] = one '"shape":[1],"data_offsets":[0,4]',
        ['no shape'] = one '"dtype":"F32","data_offsets":[0,4]',
        ['a negative size'] = one '"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]',
        ['half a size'] = one '"dtype":"F32","shape":[0.5,2],"data_offsets":[0,4]',
        ['sizes that overflow'] = one '"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]',
        ['many axes'] = one('"dtype":"F32","shape":[' .. ('1,'):rep(20) .. '1],"data_offsets":[0,4]'),
        ['a size that is text'] = one '"dtype":"F32","shape":["1"],"data_offsets":[0,4]',
        ['offsets behind the file'] = one '"dtype":"F32","shape":[1],"data_offsets":[4,8]',
        ['offsets that do not fit the shape'] = one '"dtype":"F32","shape":[1],"data_offsets":[0,3]',
        ['offsets in the wrong order'] = one '"dtype":"F32","shape":[1],"data_offsets":[4,0]',
        ['no offsets'] = one '"dtype":"F32","shape":[1]',
        ['an overlap'] = packed('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
            .. '"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', '1234'),
        ['data nobody names'] = packed('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', '12345678'),
        ['a gap'] = packed('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', '12345678'),
    } do
        it(what .. ': nil and a message with the path', function()
            local state, message = safetensors.load(write('broken', bytes))
            assert.is_nil(state)
            assert.is_truthy(message:find(path 'broken', 1, true), message)
        end)
    end

    it('a file that is cut anywhere: nil and a message', function()
        assert(safetensors.save(path 'whole', { a = tenmo.ones(3), b = tenmo.ids { 1 } }))
        local whole = folder.read 'whole'
        for length = 0, #whole - 1 do
            local state, message = safetensors.load(write('cut', whole:sub(1, length)))
            assert.is_nil(state, length)
            assert.equal('string', type(message))
        end
    end)

    it('a file damaged in any byte: never an error', function()
        assert(safetensors.save(path 'whole', { a = tenmo.ones(3), b = tenmo.ids { 1 } }))
        local whole = folder.read 'whole'
        for at = 1, #whole do
            for _, byte in ipairs { 0, 34, 57, 255 } do
                safetensors.load(write('damaged', whole:sub(1, at - 1) .. string.char(byte) .. whole:sub(at + 1)))
            end
        end
    end)

    it('no file, and a folder: nil and a message', function()
        for _, name in ipairs { path 'missing', folder.name } do
            local state, message = safetensors.load(name)
            assert.is_nil(state)
            assert.is_truthy(message:find(name, 1, true), message)
        end
    end)

    it('a failed save leaves what was there, and nothing else', function()
        assert(safetensors.save(path 'kept', { a = tenmo.ones(1) }))
        local before = folder.read 'kept'
        local good, message = safetensors.save('/dev/full/x', { a = tenmo.ones(1) })
        assert.is_nil(good)
        assert.equal('string', type(message))
        if program.path() then -- no more than 512 bytes may be written: what a full disk does
            local _, status = program.run { '-c', ([[ulimit -f 1; trap '' XFSZ; '%s' -e "local tenmo = require 'tenmo'
                local good, why = tenmo.safetensors.save('%s', { a = tenmo.ones(9999) })
                os.exit(good == nil and type(why) == 'string' and 0 or 9)"]]):format(program.path(), path 'kept'),
                program = 'sh' }
            assert.equal(0, status)
        end
        assert.equal(before, folder.read 'kept')
        for name in io.popen(("ls '%s'"):format(folder.name)):lines() do
            assert.is_nil(name:find 'new$', name)
        end
    end)

    it('explains misuse', function()
        assert.equal("safetensors.save: 'a': expected a tensor, got number",
            (tensors.failure(safetensors.save, path 'x', { a = 1 })))
        assert.equal("safetensors.save: metadata is text by name; 'n' is a number",
            (tensors.failure(safetensors.save, path 'x', { a = tenmo.ones(1) }, { n = 1 })))
        assert.equal('safetensors.load: expected a path, got nil', (tensors.failure(safetensors.load)))
    end)

    describe('models', function()
        local function model(width)
            return nn.Sequential(nn.Linear(3, width or 4), nn.ReLU(), nn.Linear(width or 4, 2))
        end

        it('save and load their weights', function()
            local first, second = model(), model()
            assert.equal(first, first:save(path 'model'))
            assert.equal(second, second:load(path 'model'))
            local x = tenmo.randn(5, 3)
            assert.is_true(tensors.same(first(x), second(x)))
        end)

        it('that do not fit the file say why, and stay as they are', function()
            assert(model():save(path 'model'))
            local other = model(5)
            local before = other[1].weight:clone()
            local good, message = other:load(path 'model')
            assert.is_nil(good)
            assert.equal(path 'model' .. ": '1.weight' is (5, 3) in the model, (4, 3) in the state", message)
            assert.is_true(tensors.same(before, other[1].weight))
            assert.is_nil((other:load(path 'missing')))
            assert.is_nil((other:save(path 'missing/model')))
        end)
    end)
end)
