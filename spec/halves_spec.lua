-- halves_spec.lua: float16 and bfloat16: every number of theirs, rounding to them, and ops, which compute in float32.

local ffi = require 'ffi'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local HALVES = { 'float16', 'bfloat16' }
local LAYOUT = { float16 = { exponent = 5, fraction = 10 }, bfloat16 = { exponent = 8, fraction = 7 } }

-- All 65536 of them, by their bits, and what the bits mean.
local function all(dtype)
    local bits = ffi.new 'uint16_t[65536]'
    for i = 0, 65535 do
        bits[i] = i
    end
    return tenmo.from_bytes(ffi.string(bits, 131072), { 65536 }, dtype)
end

local function meaning(i, dtype)
    local fraction_bits, exponent_bits = LAYOUT[dtype].fraction, LAYOUT[dtype].exponent
    local sign = i >= 32768 and -1 or 1
    local fraction = i % 2 ^ fraction_bits
    local exponent = math.floor(i % 32768 / 2 ^ fraction_bits)
    local bias = 2 ^ (exponent_bits - 1) - 1
    if exponent == 2 ^ exponent_bits - 1 then
        return fraction == 0 and sign * math.huge or 0 / 0
    elseif exponent == 0 then
        return sign * fraction * 2 ^ (1 - bias - fraction_bits)
    end
    return sign * (1 + fraction / 2 ^ fraction_bits) * 2 ^ (exponent - bias)
end

describe('every number of', function()
    for _, dtype in ipairs(HALVES) do
        it(dtype .. ' means what its bits say, and comes back', function()
            local x = all(dtype)
            local values, bytes = tensors.flatten(x:double()), x:float():to(dtype):tobytes()
            local direct = x:double():to(dtype):tobytes()
            for i = 0, 65535 do
                local want, have = meaning(i, dtype), values[i + 1]
                assert(have == want or have ~= have and want ~= want, i)
                for _, text in ipairs { bytes, direct } do
                    local back = text:byte(2 * i + 1) + 256 * text:byte(2 * i + 2)
                    assert(back == i or want ~= want and meaning(back, dtype) ~= meaning(back, dtype), i)
                end
            end
        end)

        it(dtype .. ' is rounded to from both sides: the nearest, halves to the even one', function()
            local last = LAYOUT[dtype].exponent == 5 and 0x7bff or 0x7f7f
            local numbers, wants = {}, {}
            for i = 0, last - 1, 13 do -- between one number and the next
                local low, high = meaning(i, dtype), meaning(i + 1, dtype)
                local middle = (low + high) / 2
                for _, try in ipairs { { middle, i % 2 == 0 and low or high }, { middle + (high - low) / 4096, high },
                    { middle - (high - low) / 4096, low } } do
                    numbers[#numbers + 1], wants[#wants + 1] = try[1], try[2]
                    numbers[#numbers + 1], wants[#wants + 1] = -try[1], -try[2]
                end
            end
            local x = tenmo.tensor(numbers, { dtype = 'float64' })
            local rounded = tensors.flatten(x:to(dtype):double())
            local read = tensors.flatten(tenmo.tensor(numbers, { dtype = dtype }):double())
            for i, want in ipairs(wants) do
                assert(rounded[i] == want and read[i] == want, numbers[i])
            end
        end)
    end

    it('float64 is rounded once', function()
        -- just above the middle of two halves, by less than float32 can tell
        assert.equal(1 + 2 ^ -10, tenmo.tensor({ 1 + 2 ^ -11 + 2 ^ -40 }, { dtype = 'float64' }):half():item())
        assert.equal(1, tenmo.tensor({ 1 + 2 ^ -11 - 2 ^ -40 }, { dtype = 'float64' }):half():item())
        assert.equal(1 + 2 ^ -7, tenmo.tensor({ 1 + 2 ^ -8 + 2 ^ -40 }, { dtype = 'float64' }):bfloat16():item())
    end)

    it('what is too large is infinite, what is too small 0', function()
        local x = tenmo.tensor { 65519, 65520, -1e9, 2 ^ -25, 2 ^ -25 * 1.001, 2 ^ -24 }
        assert.same({ 65504, math.huge, -math.huge, 0, 2 ^ -24, 2 ^ -24 }, x:half():totable())
    end)
end)

describe('ops on halves', function()
    it('compute in float32 and round once: every elementwise row', function()
        for _, row in ipairs(tenmo.rows()) do
            if row.elementwise and row.class ~= 'BITS' and row.class ~= 'INTEGER' then
                for _, dtype in ipairs(HALVES) do
                    math.randomseed(5)
                    local halves, floats = {}, {}
                    local position = 0
                    for word in row.domain:gmatch '%S+' do
                        position = position + 1
                        local array = tensors.draw({ 3, 37 }, word, 'float32')
                        halves[position] = tensors.make(array, 'float32', position == 1 and 'transposed'):to(dtype)
                        floats[position] = halves[position]:float()
                    end
                    local y, want = tenmo[row.name](unpack(halves)), tenmo[row.name](unpack(floats))
                    assert.equal(want.dtype == 'bool' and 'bool' or dtype, y.dtype, row.name)
                    assert.is_true(tensors.same(want:to(y.dtype), y), row.name .. ' ' .. dtype)
                end
            end
        end
    end)

    it('structured ones give halves too, and their gradients are halves', function()
        for _, dtype in ipairs(HALVES) do
            local x, w = tenmo.randn(3, 4):to(dtype), tenmo.randn(4, 2):to(dtype)
            local wide = x:float()
            for name, y in pairs { matmul = x:matmul(w), sum = x:sum(1), mean = x:mean(), softmax = x:softmax(),
                max = (x:max(-1)), t = x:t(), cat = tenmo.cat(x, x), select = x:index_select(1, tenmo.ids { 2, 0 }) } do
                assert.equal(dtype, y.dtype, name)
            end
            assert.is_true(tensors.same(wide:matmul(w:float()):to(dtype), x:matmul(w)))
            assert.is_true(tensors.same(wide:softmax():to(dtype), x:softmax()))
            assert.equal('int64', x:argmax().dtype)
            x.requires_grad = true
            x:matmul(w):sum():backward()
            assert.equal(dtype, x.grad.dtype)
            wide.requires_grad = true
            wide:matmul(w:float()):sum():backward()
            assert.is_true(tensors.same(wide.grad:to(dtype), x.grad))
        end
    end)

    it('promote: with float32 to it, with integers and numbers they stay, with each other to float32', function()
        local x, b = tenmo.ones(2):half(), tenmo.ones(2):bfloat16()
        assert.same({ 'float32', 'float64', 'float16', 'float16', 'bfloat16', 'float32' }, {
            (x + tenmo.ones(2)).dtype, (x + tenmo.ones(2):double()).dtype, (x + tenmo.ids { 1, 2 }).dtype,
            (x * 1.5).dtype, (b / 3).dtype, (x + b).dtype })
    end)

    it('in place, indices and constructors', function()
        local x = tenmo.zeros(2, 3, { dtype = 'float16' })
        x[1] = 0.1
        x:add_(1)
        assert.same({ { 1.099609375, 1.099609375, 1.099609375 }, { 1, 1, 1 } }, x:totable())
        assert.equal('[0.1001, 3.0000]\nbfloat16 (2)', tostring(tenmo.tensor({ 0.1, 3 }, { dtype = 'bfloat16' })))
        local r = tenmo.rand(5000, { dtype = 'bfloat16' })
        assert.is_true(r:max():item() < 1 and r:min():item() >= 0)
        assert.equal('float16', tenmo.randn(3, { dtype = 'float16' }).dtype)
        assert.equal('float16', tenmo.linspace(0, 1, 3, { dtype = 'float16' }).dtype)
    end)

    it('are the same on every layout', function()
        local x = tenmo.randn(40, 50):half()
        assert.is_true(tensors.same(x:exp():t():contiguous(), x:t():exp():contiguous()))
        assert.is_true(tensors.same(x:exp()[{ {}, { 3, 40, 2 } }], x[{ {}, { 3, 40, 2 } }]:exp()))
    end)

    it('are kept by files', function()
        local path = os.tmpname()
        local state = { a = tenmo.randn(5):half(), b = tenmo.randn(2, 2):bfloat16() }
        assert(tenmo.safetensors.save(path, state))
        local back = assert(tenmo.safetensors.load(path))
        assert.is_true(tensors.same(state.a, back.a) and tensors.same(state.b, back.b))
        assert(tenmo.npz.save(path, state.a))
        assert.is_true(tensors.same(state.a, assert(tenmo.npz.load(path))))
        assert.matches('bfloat16 has no name in NumPy', (tensors.failure(tenmo.npz.save, path, state.b)))
        os.remove(path)
    end)

    it('are not optimized: their steps would be lost', function()
        local w = tenmo.ones(2, { dtype = 'float16', requires_grad = true })
        assert.matches('only float32 and float64 can be optimized', (tensors.failure(tenmo.optim.SGD, { w },
            { lr = 1 })))
    end)
end)
