-- vectors_spec.lua: word vectors asked, written and read.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local path = os.tmpname()

local function write(text)
    local file = assert(io.open(path, 'wb'))
    file:write(text)
    file:close()
    return path
end

local function load(text)
    return tenmo.text.vectors.load(write(text))
end

-- Directions in the plane: what is near what can be seen.
local PLANE = 'king 3 1\nman 2 0\nqueen 1 3\nwoman 0 2\nking_kong 3.1 1\napple -3 -1\n'

local function words_of(answers)
    local words = {}
    for i, answer in ipairs(answers) do
        words[i] = answer.word
    end
    return table.concat(words, ' ')
end

describe('word vectors', function()
    it('know what is near, without the word itself and runs of words', function()
        local vectors = assert(load('6 2\n' .. PLANE))
        assert.equal(6, vectors:size())
        assert.equal('man queen woman apple', words_of(vectors:similar 'king'))
        assert.equal('man queen', words_of(vectors:similar('king', { n = 2 })))
        assert.equal('man queen woman apple', words_of(vectors:similar('king', { metric = 'euclid' })))
        assert.is_true(math.abs(-math.sqrt(2) - vectors:similar('king', { metric = 'euclid' })[1].score) < 1e-6)
        assert.is_true(math.abs(vectors:similarity('king', 'queen') - 0.6) < 1e-6)
    end)

    it('answer a is to b as c is to ...', function()
        local vectors = assert(load('6 2\n' .. PLANE))
        assert.equal('queen', vectors:analogy('man', 'king', 'woman')[1].word)
    end)

    it('agree with people as far as their ranks do', function()
        local vectors = assert(load('6 2\n' .. PLANE))
        -- cosines: king man 0.95, king queen 0.6, king woman 0.32, man woman 0
        local triples = { { 'king', 'man', 9 }, { 'king', 'queen', 7 }, { 'king', 'woman', 2 }, { 'man', 'woman', 3 },
            { 'king', 'zebra', 1 } }
        local rho, known = vectors:agreement(triples)
        assert.equal(4, known)
        assert.is_true(math.abs(rho - 0.8) < 1e-12) -- 1 - 6 * 2 / (4 * 15)
    end)

    for _, binary in ipairs { false, true } do
        it('come back as they were from a ' .. (binary and 'binary' or 'text') .. ' file', function()
            local vocab = tenmo.text.words { "don't stop naïve b" }
            tenmo.manual_seed(1)
            local vectors = tenmo.text.vectors(tenmo.randn(5, 7) * 1e-3, vocab)
            assert(vectors:save(path, { binary = binary }))
            local back = assert(tenmo.text.vectors.load(path))
            assert.equal(4, back:size()) -- without UNKNOWN
            for id = 1, 4 do
                assert.is_true(tensors.same(vectors.table:at(id), back:vector(vocab:word(id))))
            end
        end)
    end

    it('come from files of word2vec.c: with a space at the line end, and binary without line ends', function()
        assert.equal(2, assert(load '1 2\na 2 3 \n'):vector 'a'[1]:item())
        local binary = '2 1\nx ' .. tenmo.tensor { 4 }:tobytes() .. 'y ' .. tenmo.tensor { 5 }:tobytes()
        assert.equal(5, assert(load(binary)):vector 'y':item())
    end)
end)

describe('damaged vectors', function()
    local bytes = tenmo.tensor { 1, 2 }:tobytes()
    for what, text in pairs {
        [':1: expected the numbers of words and of dimensions, got \'king 1 2'] = 'king 1 2\n',
        [':1: expected the numbers'] = '',
        [':1: 3000000000 words of 100 numbers need more bytes'] = '3000000000 100\na 1 2\n',
        [':2: 1 numbers, expected 2'] = '2 2\na 1\nb 1 2\n',
        [':3: more than 2 numbers'] = '2 2\na 1 2\nb 1 2 3\n',
        [":2: 'e' is no number"] = '2 2\na 1 e\nb 1 2\n',
        [":3: the word 'a' stands there twice"] = '2 2\na 1 2\na 1 2\n',
        [":3: expected a word and 2 numbers, got ''"] = '2 2\na 1 2111\n',
        ['there is more behind the 1 words'] = '1 2\na 1 2\nb 1 2\n',
        ['the file ends within word 2 of 2'] = '2 2\na ' .. bytes .. '\nb ' .. bytes:sub(1, 5),
        ["the word 'a' stands there twice"] = '2 2\na ' .. bytes .. '\na ' .. bytes,
        ['there is more behind the 1 words '] = '1 2\na ' .. bytes .. '\nb ' .. bytes,
    } do
        it(what, function()
            local vectors, why = load(text)
            assert.is_nil(vectors)
            assert.matches(what:gsub(' $', ''), why)
        end)
    end

    it('that are missing, and words that are not there', function()
        assert.is_nil((tenmo.text.vectors.load(path .. '.none')))
        local vectors = assert(load('6 2\n' .. PLANE))
        assert.matches("there is no word 'zebra'", tensors.failure(vectors.similar, vectors, 'zebra'))
        assert.matches("option 'metric' is cosine or euclid", tensors.failure(vectors.similar, vectors, 'king',
            { metric = 'taxi' }))
        assert.matches('a row for each of the 2 words, got %(3, 2%)', tensors.failure(tenmo.text.vectors,
            tenmo.zeros(3, 2), tenmo.text.words { 'a' }))
    end)
end)
