-- random_spec.lua: Philox against its published vectors, the draws, the shuffle.

local philox = require 'spec.support.philox'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local function list(x)
    return tensors.flatten(x)
end

describe('Philox4x32-10', function()
    -- Known answers of Random123 1.14 (kat_vectors): counter, key, result.
    local F = 0xffffffff
    for i, v in ipairs {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { F, F, F, F }, { F, F }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
            { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    } do
        it('known answer ' .. i .. ', in the oracle', function()
            local c, k = v[1], v[2]
            assert.same(v[3], philox.words(c[1], c[2], c[3], c[4], k[1], k[2]))
        end)
    end

    it('known answer 1, in the engine', function()
        tenmo.set_random_state(0, 0)
        local want = {}
        for i, word in ipairs { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } do
            want[i] = math.floor(word / 256) * 2 ^ -24
        end
        assert.same(want, list(tenmo.rand(4)))
    end)

    it('agrees with the oracle for other seeds, streams and elements', function()
        for _, state in ipairs { { 1, 0 }, { 0, 1 }, { 2 ^ 40 + 3, 2 ^ 41 + 7 }, { 2 ^ 53, 2 ^ 32 } } do
            tenmo.set_random_state(state[1], state[2])
            local x = list(tenmo.rand(1003))
            for _, i in ipairs { 0, 1, 2, 3, 4, 255, 256, 1002 } do
                assert.equal(philox.float(state[1], state[2], i), x[i + 1])
            end
        end
    end)
end)

describe('draws', function()
    it('repeat from a seed, and take a new stream each', function()
        tenmo.manual_seed(7)
        local a, b = list(tenmo.rand(5)), list(tenmo.rand(5))
        local seed, stream = tenmo.random_state()
        assert.same({ 7, 2 }, { seed, stream })
        tenmo.manual_seed(7)
        assert.same(a, list(tenmo.rand(5)))
        assert.same(b, list(tenmo.rand(5)))
        assert.not_same(a, b)
        tenmo.set_random_state(7, 1)
        assert.same(b, list(tenmo.rand(5)))
    end)

    it('do not depend on the shape', function()
        tenmo.manual_seed(3)
        local a = list(tenmo.randn(6, 50))
        tenmo.manual_seed(3)
        assert.same(a, list(tenmo.randn(300)))
    end)

    it('are uniform: moments and every tenth', function()
        tenmo.manual_seed(1)
        for _, dtype in ipairs { 'float32', 'float64' } do
            local n, sum, squares, tenths = 100000, 0, 0, {}
            for _, v in ipairs(list(tenmo.rand(n, { dtype = dtype }))) do
                assert.is_true(v >= 0 and v < 1)
                sum, squares = sum + v, squares + v * v
                tenths[math.floor(v * 10)] = (tenths[math.floor(v * 10)] or 0) + 1
            end
            assert.is_true(math.abs(sum / n - 0.5) < 5 * math.sqrt(1 / 12 / n))
            assert.is_true(math.abs(squares / n - 1 / 3) < 5 * math.sqrt(4 / 45 / n))
            for i = 0, 9 do
                assert.is_true(math.abs(tenths[i] - n / 10) < 5 * math.sqrt(n * 0.09))
            end
        end
    end)

    it('randn has normal quantiles', function()
        tenmo.manual_seed(2)
        local n, within = 100000, { 0, 0, 0 }
        for _, v in ipairs(list(tenmo.randn(n))) do
            for k = 1, 3 do
                within[k] = within[k] + (math.abs(v) < k and 1 or 0)
            end
        end
        for k, share in ipairs { 0.682689, 0.954500, 0.997300 } do
            assert.is_true(math.abs(within[k] / n - share) < 5 * math.sqrt(share * (1 - share) / n))
        end
    end)

    it('neighbouring streams are not correlated', function()
        local n, sum = 10000, 0
        tenmo.set_random_state(5, 0)
        local a, b = list(tenmo.rand(n)), list(tenmo.rand(n))
        for i = 1, n do
            sum = sum + (a[i] - 0.5) * (b[i] - 0.5)
        end
        assert.is_true(math.abs(sum / n) < 5 / 12 / math.sqrt(n))
    end)
end)

describe('shuffle', function()
    it('is a bijection of 0 .. n-1 for any n and key', function()
        for _, n in ipairs { 1, 2, 3, 5, 16, 17, 100, 1437 } do
            for _, key in ipairs { 0, 1, 2 ^ 40 } do
                local seen, fixed = {}, 0
                for position = 1, n do
                    local id = tenmo.shuffle(key, n, position)
                    assert.is_true(id >= 0 and id < n and id % 1 == 0)
                    assert.is_nil(seen[id])
                    seen[id] = true
                    fixed = fixed + (id == position - 1 and 1 or 0)
                end
                assert.is_true(n < 10 or fixed < n / 2, 'hardly shuffled')
            end
        end
    end)

    it('spreads each position over all ids', function()
        -- where position 1 of 10 goes, over 5,000 keys
        local counts = {}
        for key = 1, 5000 do
            local id = tenmo.shuffle(key, 10, 1)
            counts[id] = (counts[id] or 0) + 1
        end
        for id = 0, 9 do
            assert.is_true(math.abs(counts[id] - 500) < 5 * math.sqrt(450))
        end
    end)

    it('randperm differs from draw to draw', function()
        tenmo.manual_seed(1)
        assert.not_same(list(tenmo.randperm(100)), list(tenmo.randperm(100)))
    end)
end)
