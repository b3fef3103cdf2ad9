-- bpe_spec.lua: byte-pair encoding learned and loaded, WordPiece: against plain loops and what other tokenizers say.

local fuzz = require 'spec.support.fuzz'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'
local text = tenmo.text

local folder = require 'spec.support.folder' (setup, teardown)
local path, write, read = folder.path, folder.write, folder.read

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

    it('takes a piece that is a token as it is, if its tokenizer.json says so', function()
        assert(text.bpe('abab', { merges = 1 }):save(path 'merged'))
        local more = read('merged'):gsub('"ab": 256', '"ab": 256, "abc": 257') -- which no merge makes
        local merging = assert(text.tokenizer(write('merged', more)))
        local without = more:gsub('"ignore_merges": false', '"ignore_merges": true')
        local whole = assert(text.tokenizer(write('whole', without)))
        assert.same({ 256, 99 }, merging:encode('abc', { table = true }))
        assert.same({ 257 }, whole:encode('abc', { table = true }))
        assert.same({ 256, 97 }, whole:encode('aba', { table = true }))
    end)

    it('gives up a pattern that takes too long', function()
        local bpe = text.bpe('ab ab', { pattern = '(?:a+)+$|b|\\s', merges = 1 })
        assert.matches('encode: the match was given up', tensors.failure(function()
            return bpe:encode(('a'):rep(60) .. 'b')
        end))
        assert.is_truthy(bpe:encode 'aab')
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
            return text.gpt2(folder.name)
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
