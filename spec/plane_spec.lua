-- plane_spec.lua: points brought into the plane, and the pictures of words that are made of them.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

-- Three clouds of n points each, far apart in `dim` dimensions.
local function clouds(n, dim)
    tenmo.manual_seed(2)
    local points = tenmo.randn(3 * n, dim)
    for k = 0, 2 do
        points[{ { k * n + 1, (k + 1) * n }, k + 1 }]:add_(30)
    end
    return points
end

describe('pca', function()
    it('finds the directions in which points vary most', function()
        -- (3, 4) / 5 with variance 4, then (4, -3) / 5 with variance 1, and nothing along the third axis
        local points = tenmo.tensor { { 6, 8, 7 }, { -6, -8, 7 }, { 4, -3, 7 }, { -4, 3, 7 } }
        local y = tenmo.plane.pca(points):abs():totable()
        for i, want in ipairs { { 10, 0 }, { 10, 0 }, { 0, 5 }, { 0, 5 } } do
            for k = 1, 2 do
                assert.is_true(math.abs(want[k] - y[i][k]) < 1e-5)
            end
        end
    end)

    it('takes points of one dimension, and refuses what has none', function()
        assert.same({ { -1, 0 }, { 1, 0 } }, tenmo.plane.pca(tenmo.tensor { { 1 }, { 3 } }):totable())
        assert.matches('pca: expected 2 points or more, %(n, dim%), got %(3%)', tensors.failure(tenmo.plane.pca,
            tenmo.ones(3)))
    end)
end)

describe('tsne', function()
    it('keeps clouds together and apart', function()
        local n = 8
        local y = tenmo.plane.tsne(clouds(n, 20), { perplexity = 5 }):totable()
        local inside, outside = 0, math.huge
        for i = 1, 3 * n do
            for j = 1, i - 1 do
                local away = math.sqrt((y[i][1] - y[j][1]) ^ 2 + (y[i][2] - y[j][2]) ^ 2)
                if math.floor((i - 1) / n) == math.floor((j - 1) / n) then
                    inside = math.max(inside, away)
                else
                    outside = math.min(outside, away)
                end
            end
        end
        assert.is_true(outside > inside, ('%g inside, %g outside'):format(inside, outside))
    end)

    it('gives the same picture each time', function()
        local x = clouds(3, 4)
        assert.is_true(tensors.same(tenmo.plane.tsne(x, { steps = 20 }), tenmo.plane.tsne(x, { steps = 20 })))
        assert.matches("tsne: option 'perplexity'", tensors.failure(tenmo.plane.tsne, x, { perplexity = 0 }))
    end)
end)

describe('a picture of words', function()
    local vocab = tenmo.text.words 'near nearby far naïve'
    local places = tenmo.tensor { { 9, 9 }, { 0, 9 }, { 0, 0 }, { 4, 4 }, { 4, 4.1 } } -- by id; UNKNOWN is the first
    local vectors = tenmo.text.vectors(places, vocab)

    it('is text: each word where it belongs, once', function()
        local text = vectors:picture(nil, { width = 40, height = 9 })
        local _, lines = text:gsub('\n', '')
        assert.equal(8, lines)
        local words = {}
        for word in text:gmatch '%S+' do
            words[#words + 1] = word
        end
        table.sort(words)
        assert.same({ 'far', 'naïve', 'near', 'nearby' }, words)
    end)

    it('is a PNG too', function()
        if not pcall(require('ffi').load, 'libcairo.so.2') then
            pending 'cairo is not installed'
        end
        local path = os.tmpname()
        assert(vectors:picture({ 'near', 'far' }, { png = path, size = 200 }))
        local file = assert(io.open(path, 'rb'))
        local bytes = file:read '*a'
        file:close()
        os.remove(path)
        assert.equal('\137PNG\r\n\26\n\0\0\0\rIHDR\0\0\0\200\0\0\0\200', bytes:sub(1, 24))
        local good, why = vectors:picture({ 'near', 'far' }, { png = '/nowhere/at/all.png' })
        assert.is_nil(good)
        assert.matches("^'/nowhere/at/all.png': ", why)
    end)

    it('needs words that are there, two at least, and a method', function()
        for what, call in pairs {
            ["there is no word 'zebra'"] = { { 'zebra', 'far' } },
            ['expected two words or more, got 1'] = { { 'far' } },
            ["option 'method' is pca or tsne, not 'umap'"] = { { 'far', 'near' }, { method = 'umap' } },
        } do
            assert.matches(what, tensors.failure(vectors.picture, vectors, unpack(call)))
        end
    end)
end)
