-- tokenizer_spec.lua: from text to ids and back, for every kind of tokenizer; files good and damaged; misuse.

local fuzz = require 'spec.support.fuzz'
local tenmo = require 'tenmo'
local text = tenmo.text

local folder = require 'spec.support.folder' (setup, teardown)
local path, write, read = folder.path, folder.write, folder.read

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
