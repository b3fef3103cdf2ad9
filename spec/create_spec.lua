-- create_spec.lua: tensors from draws by weights, from memory that somebody else owns, and from NumPy's files.

local ffi = require 'ffi'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local list = tensors.flatten

describe('draws', function()
    before_each(function()
        tenmo.manual_seed(7)
    end)

    it('like a tensor are those of its shape and dtype', function()
        local x = tenmo.zeros(2, 3, { dtype = 'float64' })
        for name, extra in pairs { rand = {}, randn = {}, randint = { 0, 9 } } do
            tenmo.manual_seed(3)
            local y = tenmo[name .. '_like'](x, unpack(extra))
            tenmo.manual_seed(3)
            local arguments = { unpack(extra) }
            table.insert(arguments, x.shape)
            table.insert(arguments, { dtype = 'float64' })
            assert.is_true(tensors.same(tenmo[name](unpack(arguments)), y), name)
        end
        assert.equal('float32', tenmo.rand_like(x, { dtype = 'float32' }).dtype)
    end)

    it('bernoulli gives 1 as often as asked', function()
        local p = tenmo.full({ 20000 }, 0.3)
        local mean = tenmo.bernoulli(p):mean():item()
        assert.is_true(math.abs(mean - 0.3) < 5 * math.sqrt(0.3 * 0.7 / 20000))
        assert.same({ 0, 1 }, list(tenmo.tensor { 0, 1 }:bernoulli()))
        assert.matches('^bernoulli: x holds probabilities', (tensors.failure(tenmo.bernoulli,
            tenmo.tensor { 0.5, 1.5 })))
        assert.matches('^bernoulli: expected float', (tensors.failure(tenmo.bernoulli, tenmo.ids { 0 })))
    end)

    it('normal moves and stretches randn', function()
        local y = tenmo.normal(5, 2, { 3 })
        tenmo.manual_seed(7)
        assert.is_true(tensors.same(tenmo.randn(3) * 2 + 5, y))
        assert.same({ 2, 3 }, tenmo.normal(tenmo.zeros(2, 1), tenmo.ones(3)).shape)
        assert.same({ 4, 4 }, list(tenmo.normal(tenmo.tensor { 4, 4 }, 0)))
        assert.matches('^normal: std is 0 or more, got %-1', (tensors.failure(tenmo.normal, 0, -1, { 2 })))
        assert.matches('^normal: std is 0 or more, got %-1', (tensors.failure(tenmo.normal, tenmo.zeros(1), -1)))
    end)

    it('multinomial draws ids by their weights', function()
        local weights = tenmo.tensor { 1, 0, 3, 4 }
        local counts = { [0] = 0, 0, 0, 0 }
        for _, id in ipairs(list(weights:multinomial(20000, { replacement = true }))) do
            counts[id] = counts[id] + 1
        end
        assert.equal(0, counts[1])
        for id, share in pairs { [0] = 1 / 8, [2] = 3 / 8, [3] = 1 / 2 } do
            assert.is_true(math.abs(counts[id] / 20000 - share) < 0.02)
        end
    end)

    it('multinomial without replacement draws each at most once', function()
        local rows = tenmo.tensor({ { 1, 2, 3, 4 }, { 0, 1, 0, 1 } }, { dtype = 'float64' })
        for _, row in ipairs(rows:multinomial(2):totable()) do
            assert.is_true(row[1] ~= row[2])
        end
        local second = rows:multinomial(2)[2]:totable()
        table.sort(second)
        assert.same({ 1, 3 }, second)
        assert.same({ 2, 0 }, rows:multinomial(0).shape)
        local first = { [0] = 0, 0, 0, 0 }
        for _ = 1, 2000 do
            local id = rows[1]:multinomial():item()
            first[id] = first[id] + 1
        end
        assert.is_true(math.abs(first[3] / 2000 - 0.4) < 0.06)
    end)

    it('a temperature sharpens or evens out', function()
        local weights = tenmo.tensor { 1, 2 }
        local cold = weights:multinomial(2000, { replacement = true, temperature = 0.1 }):double():mean():item()
        local hot = weights:multinomial(2000, { replacement = true, temperature = 100 }):double():mean():item()
        assert.is_true(cold > 0.99)
        assert.is_true(math.abs(hot - 0.5) < 0.06)
    end)

    it('multinomial says what is wrong', function()
        local op = tenmo.multinomial
        for message, arguments in pairs {
            ['weights are finite, and 0 or more; the least is %-1'] = { tenmo.tensor { -1, 2 } },
            ['3 draws of 2 without replacement; did you mean {replacement = true}%?'] = { tenmo.ones(2), 3 },
            ['2 draws, but a row has only 1 weights above 0'] = { tenmo.tensor { 0, 2 }, 2 },
            ['expected weights %(C%) or %(N, C%), got %(1, 2, 3%)'] = { tenmo.ones(1, 2, 3) },
            ['temperature is above 0, got 0'] = { tenmo.ones(2), 1, { temperature = 0 } },
        } do
            assert.matches('^multinomial: ' .. message, (tensors.failure(op, unpack(arguments))))
        end
    end)
end)

describe('one_hot', function()
    it('marks ids', function()
        assert.same({ { { 1, 0, 0 }, { 0, 0, 1 } } }, tenmo.one_hot(tenmo.ids { { 0, 2 } }):totable())
        assert.same({ 1, 5 }, tenmo.one_hot(tenmo.ids { 2 }, 5).shape)
        assert.same({ 0, 4 }, tenmo.one_hot(tenmo.zeros(0, { dtype = 'int64' }), 4).shape)
        assert.matches('^one_hot: ids go from 0 to 3, and classes is 2', (tensors.failure(tenmo.one_hot,
            tenmo.ids { 0, 3 }, 2)))
        assert.matches('^one_hot: ids go from %-1', (tensors.failure(tenmo.one_hot, tenmo.ids { -1 })))
        assert.matches('^one_hot: expected ids of an integer dtype, got float32', (tensors.failure(tenmo.one_hot,
            tenmo.ones(2))))
    end)
end)

describe('linspace', function()
    it('meets both ends exactly, and is symmetric', function()
        local x = list(tenmo.linspace(-0.1, 0.1, 11, { dtype = 'float64' }))
        assert.equal(-0.1, x[1])
        assert.equal(0.1, x[11])
        for i = 1, 11 do
            assert.equal(-x[i], x[12 - i])
        end
        assert.matches('^linspace: steps is 0 or more, got %-1', (tensors.failure(tenmo.linspace, 0, 1, -1)))
    end)
end)

describe('borrowed memory', function()
    it('is seen where it lies, and its owner stays as long as a view', function()
        local buffer = ffi.new('double[6]', 1, 2, 3, 4, 5, 6)
        local gone = false
        local owner = newproxy(true)
        getmetatable(owner).__gc = function()
            gone = true
        end
        local x = tenmo.from_pointer(buffer, { 2, 3 }, 'float64', owner)
        local view = x[2]
        owner, x = nil, nil -- luacheck: ignore
        buffer[3] = 40
        collectgarbage()
        collectgarbage()
        assert.is_false(gone)
        assert.same({ 40, 5, 6 }, view:totable())
        view:zero_()
        assert.equal(0, buffer[5])
        view = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        tenmo.ones(1) -- the next call from Lua lets the owner go
        collectgarbage()
        collectgarbage()
        assert.is_true(gone)
    end)

    it('without an owner keeps the cdata itself', function()
        local x = tenmo.from_pointer(ffi.new('int32_t[2]', 7, 8), { 2 }, 'int32')
        collectgarbage()
        collectgarbage()
        assert.same({ 7, 8 }, x:totable())
    end)

    it('is refused where it makes no sense', function()
        local bytes = ffi.new('char[9]')
        for message, arguments in pairs {
            ["argument 1 %('pointer'%) expects a cdata"] = { 'text', { 1 } },
            ["the pointer is NULL"] = { ffi.cast('float *', nil), { 1 } },
            ['the address is no multiple of 8 bytes, as float64 needs'] = { bytes + 1, { 1 }, 'float64' },
            ["argument 2 %('shape'%) expects a table"] = { bytes, 3 },
            ['the shape is too large'] = { bytes, { 2 ^ 40, 2 ^ 40 } },
        } do
            assert.matches('^from_pointer: ' .. message, (tensors.failure(tenmo.from_pointer, unpack(arguments))))
        end
    end)
end)

-- --- NumPy's files --------------------------------------------------------------------------------------------------

local function write(path, text)
    local file = assert(io.open(path, 'wb'))
    file:write(text)
    file:close()
end

local function read(path)
    local file = assert(io.open(path, 'rb'))
    local text = file:read '*a'
    file:close()
    return text
end

-- A .npy file as NumPy writes it.
local function npy_text(descr, shape, data, fortran)
    local header = ("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }"):format(descr,
        fortran and 'True' or 'False', shape)
    header = header .. (' '):rep(-(10 + #header + 1) % 64) .. '\n'
    return '\147NUMPY\1\0' .. string.char(#header % 256, math.floor(#header / 256)) .. header .. data
end

describe('npz', function()
    local path

    before_each(function()
        path = os.tmpname()
    end)

    after_each(function()
        os.remove(path)
    end)

    it('keeps every dtype and shape, mapped or read', function()
        for _, dtype in ipairs { 'float64', 'float32', 'int64', 'int32', 'uint8', 'bool' } do
            for _, shape in ipairs { {}, { 3 }, { 2, 3 }, { 0, 4 } } do
                local x = tenmo.randint(0, 2, shape):to(dtype)
                assert(tenmo.npz.save(path, x))
                for _, map in ipairs { true, false } do
                    assert.is_true(tensors.same(x, assert(tenmo.npz.load(path, { map = map }))))
                end
            end
        end
        assert(tenmo.npz.save(path, tenmo.arange(6):reshape(2, 3):t()))
        assert.same({ { 0, 3 }, { 1, 4 }, { 2, 5 } }, tenmo.npz.load(path):totable())
    end)

    it('writing into a mapped tensor leaves the file alone', function()
        assert(tenmo.npz.save(path, tenmo.ones(4)))
        local before = read(path)
        tenmo.npz.load(path):zero_()
        assert.equal(before, read(path))
    end)

    it('reads what NumPy writes: other byte orders, columns first, small integers', function()
        for _, case in ipairs {
            { npy_text('>i4', '2,', '\0\0\0\5\255\255\255\254'), 'int32', { 5, -2 } },
            { npy_text('<i2', '2,', '\1\0\254\255'), 'int32', { 1, -2 } },
            { npy_text('|i1', '2,', '\1\254'), 'int32', { 1, -2 } },
            { npy_text('<u4', '1,', '\255\255\255\255'), 'int64', { 4294967295 } },
            { npy_text('<i4', '2, 2', '\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0', true), 'int32', { { 1, 3 }, { 2, 4 } } },
            { npy_text('|b1', '2,', '\7\0'), 'bool', { true, false } },
            { npy_text('|u1', '', '\9'), 'uint8', 9 },
        } do
            write(path, case[1])
            local x = assert(tenmo.npz.load(path))
            assert.equal(case[2], x.dtype)
            assert.same(case[3], x:totable())
        end
    end)

    it('damaged files give nil and a message', function()
        local good = npy_text('<f4', '2,', '\0\0\0\0\0\0\0\0')
        for text, message in pairs {
            [''] = 'is no .npy file',
            ['\147NUMPY'] = 'has version 0',
            ['\147NUMPY\9\0'] = 'has version 9',
            [good:sub(1, 40)] = 'ends inside its header',
            [good:sub(1, -2)] =
                'is cut short: its header promises (2) float32, 8 bytes of elements; the file has 7',
            [npy_text('<c8', '1,', '\0\0\0\0\0\0\0\0')] = "has elements of type 'c8'",
            [npy_text('|O', '1,', '')] = "has elements of type 'O'",
            [npy_text('<f4', '-1,', '')] = 'has a header that is no array',
            [npy_text('<f4', '99999999999, 99999999999', '')] =
                'claims an impossible shape: (99999999999, 99999999999)',
            [npy_text('<f4', '1, 1, 1, 1, 1, 1, 1, 1, 1', '\0\0\0\0')] = 'up to 8 axes',
            ["\147NUMPY\1\0\30\0os.execute('false') .. ('x')    "] = 'has a header that is no array',
        } do
            write(path, text)
            local x, why = tenmo.npz.load(path)
            assert.is_nil(x)
            assert(why:find(message, 1, true), why)
        end
        local x, why = tenmo.npz.load '/nowhere/x.npy'
        assert.is_nil(x)
        assert.matches('No such file', why)
        assert.is_nil((tenmo.npz.load '/'))
    end)


    it('npz keeps tensors by name, aligned so that they are mapped', function()
        local state = { a = tenmo.arange(1000), ['layer.weight'] = tenmo.rand(3, 5),
            flag = tenmo.tensor { true, false },
            none = tenmo.zeros(0, 2) }
        assert(tenmo.npz.save(path, state))
        for _, map in ipairs { true, false } do
            local all = assert(tenmo.npz.load(path, { map = map }))
            for name, x in pairs(state) do
                assert.is_true(tensors.same(x, all[name]), name)
            end
        end
    end)

    -- A zip of one deflated member, packed as a block that is stored as it is.
    local function deflated(data, crc)
        local function number(value, n)
            local text = ''
            for _ = 1, n do
                text, value = text .. string.char(value % 256), math.floor(value / 256)
            end
            return text
        end
        local packed = '\1' .. number(#data, 2) .. number(65535 - #data, 2) .. data
        local common = '\20\0\0\0\8\0\0\0\33\0' .. number(crc or tenmo.crc32(data), 4) .. number(#packed, 4)
            .. number(#data, 4) .. '\5\0\0\0'
        local first = 'PK\3\4' .. common .. 'a.npy' .. packed
        local second = 'PK\1\2\20\0' .. common .. ('\0'):rep(14) .. 'a.npy'
        return first .. second .. 'PK\5\6\0\0\0\0\1\0\1\0' .. number(#second, 4) .. number(#first, 4) .. '\0\0'
    end

    it('deflated members are inflated, and their checksum is looked at', function()
        local data = npy_text('<i4', '2,', '\1\0\0\0\2\0\0\0')
        write(path, deflated(data))
        assert.same({ 1, 2 }, assert(tenmo.npz.load(path)).a:totable())
        write(path, deflated(data, 7))
        local x, why = tenmo.npz.load(path)
        assert.is_nil(x)
        assert.matches("'a.npy' is damaged: its checksum is another", why)
    end)

    it('a damaged npz gives nil and a message, wherever it is cut or changed', function()
        assert(tenmo.npz.save(path, { a = tenmo.arange(3), b = tenmo.ones(2, 2) }))
        local whole = read(path)
        for n = 0, #whole - 1, 7 do
            write(path, whole:sub(1, n))
            local x, why = tenmo.npz.load(path)
            assert.is_nil(x, n)
            assert.is_string(why)
        end
        math.randomseed(1)
        for _ = 1, 300 do -- never an error, whatever byte is another
            local at = math.random(#whole)
            write(path, whole:sub(1, at - 1) .. string.char(math.random(0, 255)) .. whole:sub(at + 1))
            assert.is_true((pcall(tenmo.npz.load, path)))
        end
    end)

    it('misuse is an error', function()
        assert.matches('^npz.save: expected a path and a tensor', (tensors.failure(tenmo.npz.save, path, 3)))
        assert.matches("^npz.save: the table holds tensors by name; '1' is a number", (tensors.failure(tenmo.npz.save,
            path, { 5 })))
        assert.matches("^npz.load: unknown option 'mmap'; did you mean 'map'", (tensors.failure(tenmo.npz.load, path,
            { mmap = true })))
        assert.is_nil((tenmo.npz.save('/nowhere/x.npy', tenmo.ones(1))))
    end)
end)

describe('map_file and inflate', function()
    it('say what is wrong', function()
        local x, why = tenmo.map_file('/nowhere/x', { 1 })
        assert.is_nil(x)
        assert.matches('No such file', why)
        x, why = tenmo.map_file(tenmo.paths.data .. '/digits-test-labels-idx1-ubyte.gz', { 2 ^ 30 })
        assert.is_nil(x)
        assert.matches('fewer bytes', why)
        assert.is_nil((tenmo.map_file('/', { 1 })))
        local setting = '/sys/kernel/mm/transparent_hugepage/enabled' -- it has a page, which is no memory
        x, why = tenmo.map_file(setting, { 1 })
        assert.is_nil(x)
        assert.matches("map: '" .. setting .. "' can't be mapped", why)
        assert.is_nil(tenmo.inflate('nonsense', 8))
        assert.is_nil(tenmo.inflate('\75\4\0', 2)) -- it holds one byte
        assert.is_nil(tenmo.inflate('', 2 ^ 40))
    end)
end)
