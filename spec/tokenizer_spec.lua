-- tokenizer_spec.lua: from text to ids and back, for every kind of tokenizer; files good and damaged; misuse.

local tenmo = require 'tenmo'
local text = tenmo.text

local folder

local function path(name)
    return folder .. '/' .. name
end

local function write(name, bytes)
    local file = assert(io.open(path(name), 'wb'))
    file:write(bytes)
    file:close()
    return path(name)
end

local function read(name)
    local file = assert(io.open(path(name), 'rb'))
    local bytes = file:read '*a'
    file:close()
    return bytes
end

setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute(("mkdir '%s'"):format(folder)) == 0)
end)

teardown(function()
    os.execute(("rm -r '%s'"):format(folder))
end)

-- Seeded documents of characters of every UTF-8 length, combining marks, white space, and bytes that are no UTF-8.
local ALPHABET = { 'a', 'b', 'E', '1', "'", ' ', ' ', '  ', '\n', '\t', '.', '<', 'é', 'ß', 'İ', '\204\129', '中', '文',
    '한', 'ﬁ', '\226\128\168', '\194\160', '\227\128\128', '😀', '𝔘', '\0', '\255', '\192\175', '\237\160\128',
    '\195', "'s", "don't", ' the', '123', '!?' }
local function fuzz(seed, documents, most)
    local list, state = {}, seed
    local function draw(n) -- the least random generator that serves: x -> 16807 x mod 2^31 - 1
        state = state * 16807 % 2147483647
        return state % n
    end
    for i = 1, documents do
        local parts = {}
        for k = 1, draw(most) do
            parts[k] = ALPHABET[draw(#ALPHABET) + 1]
        end
        list[i] = table.concat(parts)
    end
    return list
end

-- White space in Unicode, for the words of a text as a plain loop sees them.
local function plain_words(document)
    for _, white in ipairs { '\194\133', '\194\160', '\225\154\128', '\226\128\168', '\226\128\169', '\226\128\175',
        '\226\129\159', '\227\128\128' } do
        document = document:gsub(white, ' ')
    end
    document = document:gsub('\226\128[\128-\138]', ' ')
    local words = {}
    for word in document:gmatch '[^ \t\r\n\v\f]+' do
        words[#words + 1] = word
    end
    return words
end

describe('a vocabulary of words', function()
    local reviews = { 'the film was good', 'good  film\n the end', '' }

    it('is sorted by bytes, counts, and has UNKNOWN at 0', function()
        local vocab = text.words(reviews)
        local list = {}
        for id = 0, #vocab - 1 do
            list[#list + 1] = vocab:word(id) .. vocab:count(id)
        end
        assert.same({ 'UNKNOWN0', 'end1', 'film2', 'good2', 'the2', 'was1' }, list)
        assert.same({ 0, 1, 2, 2, 2, 1 }, vocab:counts():totable())
        assert.same({ 6, 3, nil }, { vocab:size(), vocab:id 'good', vocab:id 'bad' })
        assert.same({ 4, 0, 3 }, vocab:encode('the bad good', { table = true }))
        assert.equal('the UNKNOWN good', vocab:decode { 4, 0, 3 })
        assert.equal('the good', vocab:decode({ 4, 0, 3 }, { specials = false }))
        assert.same({ 4, 3 }, vocab:encode('the bad good', { skip_unknown = true }):totable())
        assert.same({ 'int64', { 0 } }, { vocab:encode('').dtype, vocab:encode('').shape })
    end)

    it('takes a text, a list, a function', function()
        local i = 0
        local function one_at_a_time()
            i = i + 1
            return reviews[i]
        end
        local whole = text.words(table.concat(reviews, ' ')):counts():totable()
        assert.same(whole, text.words(reviews):counts():totable())
        assert.same(whole, text.words(one_at_a_time):counts():totable())
    end)

    it('leaves out rare words, words beyond its size, and stop words', function()
        local rare = text.words(reviews, { min_freq = 2 })
        assert.same({ 4, 2, 0 }, { #rare, rare:count(0), rare:encode('end', { table = true })[1] })
        local small = text.words(reviews, { max_size = 3 })
        assert.same({ 'UNKNOWN', 'film', 'good', 4 }, { small:word(0), small:word(1), small:word(2), small:count(0) })
        local stop = text.words(reviews, { stop = { 'the', 'was' } })
        assert.same({ nil, { 2, 3 } }, { stop:id 'the', stop:encode('the film was good', { table = true }) })
        assert.equal(1, #text.words(''))
        assert.equal(1, #text.words('a b', { max_size = 1 }))
    end)

    it('is ordered by count or as words came', function()
        local by_count = text.words('b b c a c c', { order = 'count' })
        assert.same({ 'c', 'b', 'a' }, { by_count:word(1), by_count:word(2), by_count:word(3) })
        local seen = text.words('b b c a c c', { order = 'seen', max_size = 3 })
        assert.same({ 'b', 'c' }, { seen:word(1), seen:word(2) })
    end)

    it('can be without UNKNOWN', function()
        local vocab = text.words('a b', { unknown = false })
        assert.same({ 2, { 1, 0 } }, { #vocab, vocab:encode('b a', { table = true }) })
        assert.error_matches(function()
            vocab:encode 'a new word'
        end, "encode: the word 'new' is not in the vocabulary, and there is no id for unknown words")
    end)

    it('has runs of words, which end at a text', function()
        local vocab = text.words({ 'not good', 'film not  good' }, { ngrams = 3 })
        local list = {}
        for id = 1, #vocab - 1 do
            list[id] = vocab:word(id)
        end
        assert.same({ 'film', 'film not', 'film not good', 'good', 'not', 'not good' }, list)
        local ids = vocab:encode('not good film', { table = true })
        assert.same({ 5, 4, 1, 6 }, ids)
        assert.equal('not good film', vocab:decode(ids))
        local stop = text.words('not a good film', { ngrams = 2, stop = { 'a' } })
        assert.is_number(stop:id 'not good')
    end)

    it('sees words as a plain loop does', function()
        local documents = fuzz(7, 200, 30)
        local vocab, counts, n = text.words(documents), {}, 1
        for _, document in ipairs(documents) do
            for _, word in ipairs(plain_words(document)) do
                n = n + (counts[word] and 0 or 1)
                counts[word] = (counts[word] or 0) + 1
            end
        end
        assert.equal(n, #vocab)
        for word, count in pairs(counts) do
            assert.equal(count, vocab:count(vocab:id(word)))
        end
        for _, document in ipairs(documents) do
            assert.equal(table.concat(plain_words(document), ' '), vocab:decode(vocab:encode(document)))
        end
    end)

    it('keeps special tokens apart from words of the same name', function()
        local vocab = text.words('a <pad> UNKNOWN', { specials = { '<pad>' } })
        assert.same({ 5, { UNKNOWN = 0, ['<pad>'] = 1 } }, { #vocab, vocab:specials() })
        local plain = vocab:encode('<pad> UNKNOWN', { table = true })
        assert.equal('<pad> UNKNOWN', vocab:word(plain[1]) .. ' ' .. vocab:word(plain[2]))
        assert(plain[1] > 1 and plain[2] > 1)
        local special = vocab:encode('<pad>a', { table = true, specials = { '<pad>' } })
        assert.same({ 1, vocab:id 'a' }, special)
    end)
end)

describe('characters and bytes', function()
    it('round-trip any bytes', function()
        local documents = fuzz(11, 300, 40)
        for _, made in ipairs { text.characters(documents), text.bytes() } do
            for _, document in ipairs(documents) do
                assert.equal(document, made:decode(made:encode(document)))
            end
        end
    end)

    it('know characters, and name one they do not know', function()
        local made = text.characters 'aé\255'
        assert.same({ 'a', 'é', '\255' }, { made:word(0), made:word(1), made:word(2) })
        assert.error_matches(function()
            made:encode 'aü'
        end, "encode: the character 'ü' %(U%+00FC%) at byte 2 is not among the 3 characters known")
        assert.error_matches(function()
            made:encode 'a\254'
        end, 'encode: byte FE at 2, no valid UTF%-8, is not among the 3 characters known')
        local special = text.characters('b', { specials = { '<pad>' } })
        assert.same({ 2, { ['<pad>'] = 0 } }, { #special, special:specials() })
        local unknown = text.characters('aab', { unknown = '<unk>', specials = { '<pad>' }, min_freq = 2 })
        assert.same({ { 2, 0, 0 }, 1 }, { unknown:encode('abc', { table = true }), unknown:count(0) })
    end)
end)

describe('a batch', function()
    local vocab = text.words { 'a b c', 'd' }

    it('is ragged, padded, cut, or lists', function()
        local texts = { 'a b c', '', 'd a' }
        local ids, offsets = vocab:encode_batch(texts)
        assert.same({ { 1, 2, 3, 4, 1 }, { 0, 3, 3, 5 } }, { ids:totable(), offsets:totable() })
        local padded, mask = vocab:encode_batch(texts, { pad = 0 })
        assert.same({ { 1, 2, 3 }, { 0, 0, 0 }, { 4, 1, 0 } }, padded:totable())
        assert.same({ { true, true, true }, { false, false, false }, { true, true, false } }, mask:totable())
        padded = vocab:encode_batch(texts, { pad = 0, max_length = 2 })
        assert.same({ { 1, 2 }, { 0, 0 }, { 4, 1 } }, padded:totable())
        assert.same({ { 1, 2, 3 }, {}, { 4, 1 } }, vocab:encode_batch(texts, { table = true }))
        assert.same({ { 0 }, { 1 } }, { vocab:encode_batch({}).shape, select(2, vocab:encode_batch {}).shape })
    end)

    it('is the same on any number of threads', function()
        local documents = fuzz(3, 100, 50)
        local made, threads = text.words(documents), tenmo.threads()
        local expected = {}
        for i, document in ipairs(documents) do
            expected[i] = made:encode(document, { table = true })
        end
        for n = 1, 5 do
            tenmo.set_threads(n)
            assert.same(expected, made:encode_batch(documents, { table = true }))
        end
        tenmo.set_threads(threads)
    end)
end)

describe('a file', function()
    it('brings back every kind', function()
        local documents = fuzz(5, 50, 30)
        for name, made in pairs {
            words = text.words(documents, { specials = { '<pad>' }, stop = { 'the' }, ngrams = 2 }),
            plain = text.words(documents, { unknown = false }),
            characters = text.characters(documents, { unknown = '?', specials = { '<s>' } }),
            bytes = text.bytes { specials = { '<s>' } },
        } do
            assert(made:save(path(name)))
            local again = assert(text.tokenizer(path(name)))
            assert.same({ #made, made:specials(), made:counts():totable() },
                { #again, again:specials(), again:counts():totable() })
            for _, document in ipairs(documents) do
                assert.same(made:encode(document, { table = true, specials = true }),
                    again:encode(document, { table = true, specials = true }))
            end
        end
    end)

    it('can be read by a person', function()
        assert(text.words('b a b', { specials = { '<pad>' } }):save(path 'vocab.txt'))
        assert.equal('tenmo-lua words 1\n{"size":4,"unknown":true,"special":2,"ngrams":1,"stop":[]}\n'
            .. 'UNKNOWN\t0\n<pad>\t0\na\t1\nb\t2\n', read 'vocab.txt')
    end)

    it('that is damaged is refused with its line', function()
        local good = 'tenmo-lua words 1\n{"size":2,"unknown":true,"special":1,"ngrams":1,"stop":[]}\nUNKNOWN\t0\na\t1\n'
        for _, case in ipairs {
            { good:gsub('a\t1', 'a 1'), ':4: expected a word, a tab and a count' },
            { good:gsub('"size":2', '"size":3'), ':5: expected 3, found 2 words' },
            { good:gsub('{', ''), ':2: expected JSON with size' },
            { good:gsub('"ngrams":1', '"ngrams":99'), ':2: expected JSON with size' },
            { good .. 'a\t3\n', ":5: the word 'a' stands there twice" },
            { good:sub(1, -3), ':4: expected 2, found 1 words' },
            { '', ':1: is no tokenizer' },
            { 'PK\3\4', ':1: is no tokenizer' },
            { '{ "format": "tenmo-lua bytes 1",', ': is damaged' },
            { '{ "format": "tenmo-lua characters 1", "symbols": [["a", 1], ["a", 1]] }',
                ': symbol 2 stands there twice' },
            { '{ "format": "tenmo-lua characters 1", "symbols": [[1, 1]] }', ': symbol 1 is none' },
            { '{ "format": "tenmo-lua characters 1", "unknown": 4, "symbols": [] }', ': "unknown" is the id' },
        } do
            local made, why = text.tokenizer(write('damaged', case[1]))
            assert.is_nil(made)
            assert(why:find(path 'damaged' .. case[2], 1, true), why)
        end
        assert.same({ nil, path 'none' .. ': No such file or directory' }, { text.tokenizer(path 'none') })
        assert.is_nil((text.bytes():save(path 'no/folder')))
    end)
end)

-- --- byte-pair encoding --------------------------------------------------------------------------------------------

-- GPT-2's pattern for ASCII, with Lua's string library.
local function plain_pieces(document)
    local pieces, at = {}, 1
    while at <= #document do
        local piece = document:match("^'[stmd]", at) or document:match("^'re", at) or document:match("^'ve", at)
            or document:match("^'ll", at) or document:match('^ ?%a+', at) or document:match('^ ?%d+', at)
            or document:match('^ ?[^%s%w]+', at)
        if not piece then
            piece = document:match('^%s+', at)
            if at + #piece <= #document and #piece > 1 then
                piece = piece:sub(1, -2)
            end
        end
        pieces[#pieces + 1] = piece
        at = at + #piece
    end
    return pieces
end

-- Every neighbouring pair that is `left` and `right`, from the left, becomes `made`.
local function plain_merge(ids, left, right, made)
    local result, i = {}, 1
    while i <= #ids do
        local here = ids[i] == left and ids[i + 1] == right
        result[#result + 1] = here and made or ids[i]
        i = i + (here and 2 or 1)
    end
    return result
end

-- Learns merges by counting everything anew each time; returns { left, right, made } by rank and the tokens by id.
local function plain_training(document, merges, min_freq)
    local pieces, learned, words, id_of = {}, {}, {}, {}
    for byte = 0, 255 do
        words[byte], id_of[string.char(byte)] = string.char(byte), byte
    end
    for i, piece in ipairs(plain_pieces(document)) do
        pieces[i] = { piece:byte(1, -1) }
    end
    for _ = 1, merges do
        local counts, best, most = {}, nil, 0
        for _, ids in ipairs(pieces) do
            for i = 1, #ids - 1 do
                local key = ids[i] * 2 ^ 20 + ids[i + 1]
                counts[key] = (counts[key] or 0) + 1
            end
        end
        for key, count in pairs(counts) do
            if count > most or count == most and key < best then
                best, most = key, count
            end
        end
        if most < min_freq then
            break
        end
        local left, right = math.floor(best / 2 ^ 20), best % 2 ^ 20
        local joined = words[left] .. words[right]
        local made = id_of[joined] or #words + 1
        words[made], id_of[joined] = joined, made
        learned[#learned + 1] = { left, right, made }
        for i, ids in ipairs(pieces) do
            pieces[i] = plain_merge(ids, left, right, made)
        end
    end
    return learned, words
end

local function plain_encoding(document, learned)
    local result = {}
    for _, piece in ipairs(plain_pieces(document)) do
        local ids = { piece:byte(1, -1) }
        for _, merge in ipairs(learned) do
            ids = plain_merge(ids, merge[1], merge[2], merge[3])
        end
        for _, id in ipairs(ids) do
            result[#result + 1] = id
        end
    end
    return result
end

local PLAY = ("Aye, 'tis he: banana bandanas! ''tis  the 1st, the 22nd, the 333rd of them.\n\nHe's here; they'll see,"
    .. " I've said we're where we were.  aaaa aaaaa aaaaaaaa abababab   \n"):rep(3) .. 'The end'

describe('byte-pair encoding', function()
    local learned, words = plain_training(PLAY, 100, 2)

    it('learns what counting everything anew learns', function()
        local tokens = require 'tenmo.bind.tokens'
        for _, case in ipairs { { 100, 2 }, { 10, 2 }, { 100, 9 }, { 0, 1 }, { 500, 1 } } do
            local expected, tokens_of = plain_training(PLAY, case[1], case[2])
            local bpe = text.bpe(PLAY, { merges = case[1], min_freq = case[2] })
            local left, right = tokens.merges(bpe)
            assert.equal(#expected, #left)
            for i, merge in ipairs(expected) do
                assert.same({ merge[1], merge[2] }, { left[i], right[i] })
            end
            assert.equal(#tokens_of + 1, #bpe)
            for id = 0, #bpe - 1 do
                assert.equal(tokens_of[id], bpe:word(id))
            end
        end
    end)

    it('encodes as merging step by step does', function()
        local bpe = text.bpe(PLAY, { merges = 100 })
        for _, document in ipairs { PLAY, "the band's bananas aaa aaaaaaa  x 9", '', ' ', '\n \n', "it's'" } do
            assert.same(plain_encoding(document, learned), bpe:encode(document, { table = true }))
        end
        -- a piece long enough for the other way of merging
        for _, long in ipairs { ('banana'):rep(40), ('a'):rep(301), ('ab'):rep(100) .. ('aab'):rep(60) } do
            assert.same(plain_encoding(long, learned), bpe:encode(long, { table = true }))
        end
        assert.equal(' banana', words[bpe:encode(' banana', { table = true })[1]])
    end)

    it('round-trips any bytes', function()
        local documents = fuzz(13, 300, 40)
        local bpe = text.bpe(documents, { merges = 200, specials = { '<|end|>' } })
        for _, document in ipairs(documents) do
            assert.equal(document, bpe:decode(bpe:encode(document)))
        end
        assert.same({ 257, 257 }, { #text.bpe('', { specials = { '<|end|>' } }), text.bpe(''):size() + 1 })
        local huge = ('x\255y'):rep(300000)
        assert.equal(huge, bpe:decode(bpe:encode(huge)))
    end)

    it('takes a pattern, whose gaps are pieces too', function()
        local bpe = text.bpe('ab-ab-ab ab', { pattern = '[a-z]+', merges = 5 })
        assert.same({ 256, 45, 256, 45, 45, 256 }, bpe:encode('ab-ab--ab', { table = true }))
        assert.error_matches(function()
            text.bpe('a', { pattern = '[a' })
        end, 'regex: missing terminating %]')
    end)

    it('knows special tokens only where they are allowed', function()
        local bpe = text.bpe(PLAY, { merges = 20, specials = { '<|end|>', '<|end|>more' } })
        local document = 'he<|end|>he<|end|>more'
        local plain = bpe:encode(document, { table = true })
        assert.equal(document, bpe:decode(plain))
        for _, id in ipairs(plain) do
            assert(id < bpe:id '<|end|>')
        end
        local he = bpe:encode('he', { table = true })[1]
        assert.same({ he, 276, he, 277 }, bpe:encode(document, { table = true, specials = true }))
        assert.same({ he, 276, he, 276, unpack(bpe:encode('more', { table = true })) },
            bpe:encode(document, { table = true, specials = { '<|end|>' } }))
        assert.equal('hehe', bpe:decode(bpe:encode(document, { specials = true }), { specials = false }))
    end)

    it('comes back from its tokenizer.json', function()
        local documents = fuzz(17, 60, 30)
        for name, bpe in pairs {
            plain = text.bpe(documents, { merges = 100, specials = { '<|end|>', 'é s' } }),
            pattern = text.bpe(documents, { merges = 100, pattern = '\\p{L}+|\\s' }),
        } do
            assert(bpe:save(path(name)))
            local again = assert(text.tokenizer(path(name)))
            assert.same({ #bpe, bpe:specials() }, { #again, again:specials() })
            for _, document in ipairs(documents) do
                assert.same(bpe:encode(document, { table = true }), again:encode(document, { table = true }))
            end
            assert(again:save(path 'again'))
            assert.equal(read(name), read 'again')
        end
    end)

    it('that is damaged or needs more is refused', function()
        assert(text.bpe('abab', { merges = 1 }):save(path 'good'))
        local good = read 'good'
        local function with(what, by)
            local from, to = good:find(what, 1, true)
            return good:sub(1, from - 1) .. by .. good:sub(to + 1)
        end
        for _, case in ipairs {
            { good:sub(1, -4), 'is damaged' },
            { ('{"a":'):rep(100000), 'is damaged' },
            { '{}', 'has no model, so it is no tokenizer.json' },
            { '{ "model": { "type": "Unigram" } }', 'the model Unigram is not supported; BPE and WordPiece are' },
            { with('"normalizer": null', '"normalizer": { "type": "NFC" }'),
                'a normalizer before byte-level BPE is not' },
            { with('"byte_fallback": false', '"byte_fallback": true'), 'byte_fallback is not supported' },
            { with('"add_prefix_space": false', '"add_prefix_space": true'), 'add_prefix_space of ByteLevel is not' },
            { with('"ByteLevel"', '"Metaspace"'), 'the pre_tokenizer Metaspace is not supported' },
            { with('"ab": 256', '"ab": 257'), 'the vocabulary is damaged: id 256 belongs to no token' },
            { with('"ab": 256', '"ab": 97'), "the vocabulary is damaged: id 97 belongs to" },
            { with('"ab": 256', '"中": 256'), "token 256 ('中') has letters that stand for no byte" },
            { with('["a", "b"]', '["a", "c"]'), "merge 1: 'ac' is merged, but it is no token" },
            { with('["a", "b"]', '"a"'), 'merge 1 is none: expected two tokens' },
        } do
            local made, why = text.tokenizer(write('damaged', case[1]))
            assert.is_nil(made)
            assert(why:find(path 'damaged' .. ': ' .. case[2], 1, true), why)
        end
    end)
end)

describe('GPT-2', function()
    local gpt2, why = text.gpt2()
    local expected = require 'spec.tokens.expected'
    local test = gpt2 and it or function(name)
        pending(name .. ': ' .. tostring(why))
    end

    test('has the ids that tiktoken has', function()
        for _, case in ipairs(expected.gpt2) do
            assert.same(case[2], gpt2:encode(case[1], { table = true }))
            assert.equal(case[1], gpt2:decode(case[2]))
        end
        assert.same({ 50257, { ['<|endoftext|>'] = 50256 } }, { #gpt2, gpt2:specials() })
    end)

    local function utf8(c)
        local char, floor = string.char, math.floor
        return c < 0x80 and char(c) or c < 0x800 and char(0xC0 + floor(c / 64), 0x80 + c % 64)
            or c < 0x10000 and char(0xE0 + floor(c / 4096), 0x80 + floor(c / 64) % 64, 0x80 + c % 64)
            or char(0xF0 + floor(c / 262144), 0x80 + floor(c / 4096) % 64, 0x80 + floor(c / 64) % 64, 0x80 + c % 64)
    end

    test('has them for every character of Unicode 14.0', function()
        local blocks = {}
        for i = 1, #expected.assigned, 2 do
            for c = expected.assigned[i], expected.assigned[i + 1] do
                local block = math.floor(c / 4096)
                blocks[block] = blocks[block] or {}
                table.insert(blocks[block], (expected.joined:gsub('%%s', (utf8(c):gsub('%%', '%%%%')))))
            end
        end
        for block, parts in pairs(blocks) do
            local digest, document = 0, table.concat(parts)
            local ids = gpt2:encode(document)
            for _, id in ipairs(ids:totable()) do
                digest = (digest * 31 + id + 1) % 2147483647
            end
            assert.equal(expected.blocks[block], digest, ('block %X'):format(block * 4096))
            assert(gpt2:decode(ids) == document)
        end
    end)

    test('round-trips later characters and any bytes', function()
        for _, document in ipairs(fuzz(19, 300, 40)) do
            assert.equal(document, gpt2:decode(gpt2:encode(document)))
        end
        local later = utf8(0x1FAE8) .. utf8(0x10D4A) .. utf8(0x10FFFF) .. utf8(0xE000)
        assert.equal(later, gpt2:decode(gpt2:encode(later)))
    end)

    test('is refused where its files are damaged', function()
        local function folder_with(encoder, merges)
            write('encoder.json', encoder)
            write('vocab.bpe', merges)
            return text.gpt2(folder)
        end
        local _, message = folder_with('{"a": 0, "b": 1, "ab": 2}', '#version: 0.2\na b\na c\n')
        assert.equal(path "vocab.bpe:3: 'c' is merged, but it is no token", message)
        _, message = folder_with('{"a": 0, "b": 1, "ab": 2}', 'a  b\n')
        assert.equal(path 'vocab.bpe:1: expected two tokens with a space between', message)
        _, message = folder_with('{"a": 0, "b": 2}', '')
        assert.equal(path 'encoder.json: id 1 belongs to no token', message)
        _, message = folder_with('{"a": 0, ', '')
        assert.matches('encoder.json: is damaged', message)
        local small = assert(folder_with('{"a": 0, "b": 1, "ab": 2}', '#version: 0.2\na b\n'))
        assert.same({ 2, 0 }, small:encode('aba', { table = true }))
        assert.error_matches(function()
            small:encode 'abc'
        end, 'encode: this vocabulary has no token for byte 0x63')
        assert.is_nil((text.gpt2(path 'nowhere')))
    end)
end)

describe('WordPiece', function()
    local expected = require 'spec.tokens.expected'
    local uncased = text.wordpiece(expected.vocabulary)

    it("has the ids that Hugging Face's tokenizers give", function()
        local cased = text.wordpiece(expected.vocabulary, { lowercase = false })
        for kind, made in pairs { bert = uncased, cased = cased } do
            for _, case in ipairs(expected[kind]) do
                local ids = made:encode(case[1], { table = true, specials = true, add_special_tokens = true })
                assert.same(case[2], ids, case[1])
            end
        end
    end)

    it('puts special tokens around a text, and cuts the text to fit', function()
        local function words(...)
            local options = { table = true, add_special_tokens = true, max_length = ... }
            local list = uncased:encode('hello world the', options)
            for i, id in ipairs(list) do
                list[i] = uncased:word(id)
            end
            return table.concat(list, ' ')
        end
        assert.equal('[CLS] hello world the [SEP]', words(nil))
        assert.equal('[CLS] hello world the [SEP]', words(5))
        assert.equal('[CLS] hello [SEP]', words(3))
        assert.equal('[CLS] [SEP]', words(1))
        local ids, mask = uncased:encode_batch({ 'hello', 'hello world the' },
            { pad = '[PAD]', max_length = 4, add_special_tokens = true })
        assert.same({ 2, 4 }, ids.shape)
        assert.same({ true, true, true, false }, mask[1]:totable())
    end)

    it('decodes words', function()
        assert.equal('una, hello! [UNK]', uncased:decode(uncased:encode 'Una, HELLO! \1\226\152\131'))
        assert.equal('unaffable', uncased:decode(uncased:encode 'unaffable'))
    end)

    it('has an unknown word where bytes are no UTF-8', function()
        assert.same({ 1, uncased:id 'the' }, uncased:encode('hel\255lo the', { table = true }))
        assert.same({ uncased:id 'the' }, uncased:encode('hel\255lo the', { table = true, skip_unknown = true }))
        assert.same({ 1 }, uncased:encode(('x'):rep(1e6), { table = true }))
        for _, document in ipairs(fuzz(23, 300, 40)) do
            uncased:decode(uncased:encode(document))
        end
    end)

    it('comes back from its tokenizer.json, and from a list of its tokens', function()
        for _, lowercase in ipairs { true, false } do
            local made = text.wordpiece(expected.vocabulary, { lowercase = lowercase })
            assert(made:save(path 'wordpiece'))
            local again = assert(text.tokenizer(path 'wordpiece'))
            assert.same({ #made, made:specials() }, { #again, again:specials() })
            for _, document in ipairs(fuzz(29, 60, 30)) do
                assert.same(made:encode(document, { table = true, add_special_tokens = true }),
                    again:encode(document, { table = true, add_special_tokens = true }))
            end
            assert(again:save(path 'again'))
            assert.equal(read 'wordpiece', read 'again')
        end
        local from_lines = assert(text.wordpiece(write('vocab.txt', table.concat(expected.vocabulary, '\n') .. '\n')))
        assert.same({ #uncased, uncased:specials() }, { #from_lines, from_lines:specials() })
    end)

    it('that is damaged or needs more is refused', function()
        assert(text.wordpiece({ '[UNK]', 'a' }, {}):save(path 'good'))
        local good = read 'good'
        for _, case in ipairs {
            { good:gsub('BertNormalizer', 'Lowercase'), 'the normalizer Lowercase before WordPiece is not supported' },
            { good:gsub('BertPreTokenizer', 'Whitespace'), 'the pre_tokenizer Whitespace before WordPiece' },
            { good:gsub('"unk_token": "%[UNK%]"', '"unk_token": "b"'),
                'unk_token is missing, or not in the vocabulary' },
            { good:gsub('"post_processor": null', '"post_processor": { "type": "TemplateProcessing", "single": '
                .. '[{ "SpecialToken": { "id": "[CLS]" } }] }'), "post_processor: '[CLS]' is no special token" },
            { good:gsub('"##"', '"@@"'), 'continuing_subword_prefix is not ##' },
        } do
            local made, why = text.tokenizer(write('damaged', case[1]))
            assert.is_nil(made)
            assert(why:find(path 'damaged' .. ': ' .. case[2], 1, true), why)
        end
        local made, why = text.wordpiece(write('vocab.txt', '[UNK]\na\na\n'))
        assert.same({ path "vocab.txt:3: the token 'a' stands there twice" }, { made or why })
        made, why = text.wordpiece(write('vocab.txt', 'a\n'))
        assert.same({ path "vocab.txt:2: the token '[UNK]' for unknown words is missing" }, { made or why })
        assert.error_matches(function()
            text.wordpiece { 'a' }
        end, "text.wordpiece: token 2: the token '%[UNK%]' for unknown words is missing")
    end)
end)

describe('misuse', function()
    local vocab = text.words('a b', { specials = { '<pad>' } })
    for _, case in ipairs {
        { 'an id beyond the table', function() vocab:decode { 1, 4 } end,
            'decode: id 4 is out of range; ids count from 0, and here run to 3' },
        { 'a negative id', function() vocab:decode(tenmo.ids { -1 }) end, 'decode: id %-1 is out of range' },
        { 'a float tensor', function() vocab:decode(tenmo.ones(2)) end, 'expects integers on one axis, got float32' },
        { 'a matrix of ids', function() vocab:decode(tenmo.ids { { 1 } }) end, 'expects integers on one axis' },
        { 'a word as id', function() vocab:decode { 'a' } end, "element 1 of argument 1 %('ids'%) expects an id" },
        { 'a number as text', function() vocab:encode(3) end,
            "encode: argument 1 %('text'%) expects a string, got number 3" },
        { 'a text as batch', function() vocab:encode_batch 'a' end, "expects a list of strings, got string 'a'" },
        { 'a hole in a batch', function() vocab:encode_batch { 'a', 1 } end, "element 2 of argument 1 %('texts'%)" },
        { 'a special that is none', function() vocab:encode('a', { specials = { '<s>' } }) end,
            "encode: string '<s>' is no special token of this tokenizer; specials%(%) lists them" },
        { 'a misspelt option', function() vocab:encode('a', { tabel = true }) end,
            "there is no option 'tabel'; did you mean 'table'" },
        { 'word of an id beyond the table', function() vocab:word(4) end,
            'word: expects an id from 0 to 3, got number 4' },
        { 'a dot for a colon', function() vocab.encode 'a' end, 'encode: expects a tokenizer before the colon' },
        { 'a misspelt option of words', function() text.words('a', { min_frequ = 2 }) end,
            "text.words: unknown option 'min_frequ'; did you mean 'min_freq'" },
        { 'a wrong option of words', function() text.words('a', { min_freq = 0 }) end,
            "text.words: option 'min_freq': expected a whole number from 1 up, got 0" },
        { 'a number as texts', function() text.words(3) end,
            'text.words: expected a text, a list of texts or a function' },
        { 'a number among texts', function() text.words { 'a', 3 } end,
            'text.words: text 2: expected a string, got number' },
        { 'a part that is none', function() return text.wrods end, "tenmo.text has no 'wrods'; did you mean 'words'" },
    } do
        it('(' .. case[1] .. ') says what is wrong', function()
            assert.error_matches(case[2], case[3])
        end)
    end

    it('of what the modules stand on raises, too, or does no harm', function()
        local bpe, counter = text.bpe('abab', { merges = 1 }), require('tenmo.bind.tokens').builder()
        assert.same({ 256 }, bpe:encode('ab', { table = true }))
        require('tenmo.bind.tokens').set_pattern(bpe, '.')
        assert.same({ 97, 98 }, bpe:encode('ab', { table = true }))
        counter:count(('a '):rep(100), 1000)
        assert.equal(8, counter:size())

        local tokens = require 'tenmo.bind.tokens'
        local builder = tokens.builder()
        tokens.tokenizer('words', builder)
        for _, call in ipairs {
            function() builder:add 'a' end,
            function() tokens.tokenizer('words', builder) end,
            function() tokens.tokenizer('words', vocab) end,
            function() local other = tokens.builder() other:select(other, 1, 1, 'word') end,
            function() tokens.set_unknown(vocab, 17) end,
            function() tokens.set_unknown(tenmo.ones(3), 0) end,
            function() getmetatable('').__index.count(vocab) end,
        } do
            assert.has_error(call)
        end
    end)
end)
