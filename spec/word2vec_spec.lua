-- word2vec_spec.lua: the update by hand (the oracle), in the engine, in plain Lua and by autograd; what a tiny corpus
-- teaches; same bits for any number of threads.

local oracles = require 'spec.oracles'
local tenmo = require 'tenmo'
local noise = require 'tenmo.text.noise'
local tensors = require 'spec.support.tensors'

local plain_word2vec, word2vec = tenmo.text.plain_word2vec, tenmo.text.word2vec

local WORDS, DIM, PADDED, LR = 5, 19, 32, 0.3

-- A table of numbers in a list of lists, and as the engine takes it: padded with zeros.
local function new_table(seed, words)
    math.randomseed(seed)
    local list = {}
    words = words or WORDS
    for i = 1, words do
        list[i] = {}
        for k = 1, DIM do
            list[i][k] = math.random() - 0.5
        end
    end
    local padded = tenmo.zeros(words, PADDED)
    padded[{ {}, { 1, DIM } }] = tenmo.tensor(list)
    return list, padded
end

-- Powers of two: the two rarest meet in node 0, that and the third in node 1, and so on: 7 outputs for the rarest.
local STEEP = { 1, 2, 4, 8, 16, 32, 64, 128 }
local LONG = { {}, {}, { { 6, 0 }, { 5, 0 }, { 4, 0 }, { 3, 0 }, { 2, 0 }, { 1, 1 } } }
for node = 6, 0, -1 do
    table.insert(LONG[1], { node, 0 })
    table.insert(LONG[2], { node, node == 0 and 1 or 0 })
end

-- Every draw of the noise is word 4.
local function only_word_4()
    local weights = {}
    for i = 1, WORDS do
        weights[i] = i == 5 and 1 or 0
    end
    return noise.alias(weights)
end

local function pick(list, ids)
    local rows = {}
    for i, id in ipairs(ids) do
        rows[i] = list[id + 1]
    end
    return rows
end

local function add(list, ids, gains, scale)
    for i, id in ipairs(ids) do
        for k, gain in ipairs(gains[i]) do
            list[id + 1][k] = list[id + 1][k] + (scale or 1) * gain
        end
    end
end

local function mean(rows)
    local sum = {}
    for k in ipairs(rows[1]) do
        sum[k] = 0
        for _, row in ipairs(rows) do
            sum[k] = sum[k] + row[k] / #rows
        end
    end
    return sum
end

-- One window in plain numbers: context ids, output ids with labels.
local function by_hand(inputs, outputs, context, ids, labels, kind)
    if kind == 'skip_gram' then
        local gain_in, gain_out = oracles.word2vec(pick(inputs, context), pick(outputs, ids), labels, LR)
        add(inputs, context, gain_in)
        add(outputs, ids, gain_out)
    else
        local gain_in, gain_out = oracles.word2vec({ mean(pick(inputs, context)) }, pick(outputs, ids), labels, LR)
        for _, id in ipairs(context) do
            add(inputs, { id }, gain_in, kind == 'exact' and 1 / #context or 1)
        end
        add(outputs, ids, gain_out)
    end
end

-- A sentence of words 0 1 2 with one word on each side.
local WINDOWS = { { 0, { 1 } }, { 1, { 0, 2 } }, { 2, { 1 } } }
local COUNTS = { 5, 9, 12, 13, 16 }
-- The Huffman codes of these counts, from the root: 5 and 9 meet in node 0, 12 and 13 in 1, node 0 and 16 in 2, nodes 1
-- and 2 in 3, the root.
local PATHS = { { { 3, 1 }, { 2, 0 }, { 0, 0 } }, { { 3, 1 }, { 2, 0 }, { 0, 1 } }, { { 3, 0 }, { 1, 0 } } }

local function outputs_of(word, negatives, paths)
    local ids, labels = { word }, { 1 }
    for n = 1, negatives do
        ids[n + 1], labels[n + 1] = 4, 0
    end
    if negatives == 0 then
        for i, turn in ipairs((paths or PATHS)[word + 1]) do
            ids[i], labels[i] = turn[1], 1 - turn[2]
        end
    end
    return ids, labels
end

local function close(want, got, what)
    for i, row in ipairs(want) do
        for k, v in ipairs(row) do
            local is = got[i][k]:item()
            assert.is_true(math.abs(is - v) < 2e-6, ('%s: row %d, %d: %.9g, expected %.9g'):format(what, i, k, is, v))
        end
    end
end

describe('word2vec in the engine', function()
    for _, kind in ipairs { 'cbow', 'exact', 'skip_gram' } do
        for _, negatives in ipairs { 0, 1, 3, 9 } do
            it(('computes what the formulas say: %s, %d negatives'):format(kind, negatives), function()
                local inputs, x = new_table(1)
                local outputs, o = new_table(2)
                for _, window in ipairs(WINDOWS) do
                    local ids, labels = outputs_of(window[1], negatives)
                    by_hand(inputs, outputs, window[2], ids, labels, kind)
                end
                tenmo.word2vec_pass {
                    inputs = x, outputs = o, tokens = tenmo.ids { 0, 1, 2 }:int(), starts = tenmo.ids { 0, 3 }, to = 1,
                    noise = negatives == 0 and noise.tree(COUNTS) or only_word_4(), tree = negatives == 0,
                    negatives = negatives, left = 1, right = 1, whole = true, lr = LR, exact = kind == 'exact',
                    skip_gram = kind == 'skip_gram', deterministic = true,
                }
                close(inputs, x, 'inputs')
                close(outputs, o, 'outputs')
                assert.equal(0, x[{ {}, { DIM + 1, -1 } }]:abs():sum():item())
            end)
        end
    end

    for _, kind in ipairs { 'cbow', 'exact', 'skip_gram' } do
        it('computes what the formulas say: ' .. kind .. ', paths longer than what is taken at a time', function()
            local inputs, x = new_table(1, #STEEP)
            local outputs, o = new_table(2, #STEEP - 1)
            for _, window in ipairs(WINDOWS) do
                local ids, labels = outputs_of(window[1], 0, LONG)
                by_hand(inputs, outputs, window[2], ids, labels, kind)
            end
            tenmo.word2vec_pass {
                inputs = x, outputs = o, tokens = tenmo.ids { 0, 1, 2 }:int(), starts = tenmo.ids { 0, 3 }, to = 1,
                noise = noise.tree(STEEP), tree = true, negatives = 0, left = 1, right = 1, whole = true, lr = LR,
                exact = kind == 'exact', skip_gram = kind == 'skip_gram', deterministic = true,
            }
            close(inputs, x, 'inputs')
            close(outputs, o, 'outputs')
        end)
    end

    it('gives the gradients that autograd gives, by rows', function()
        local inputs, x = new_table(1)
        local outputs, o = new_table(2)
        local vectors = tenmo.tensor(inputs, { requires_grad = true })
        local others = tenmo.tensor(outputs, { requires_grad = true })
        local h = tenmo.embedding(tenmo.ids { 0, 2 }, vectors, { sparse = true }):mean(1)
        local scores = tenmo.embedding(tenmo.ids { 1, 4 }, others, { sparse = true }):mv(h)
        tenmo.binary_cross_entropy_with_logits(scores, tenmo.tensor { 1, 0 }, { reduction = 'sum' }):backward()
        assert.same({ 0, 2 }, (vectors:grad_rows()):totable())
        by_hand(inputs, outputs, { 0, 2 }, { 1, 4 }, { 1, 0 }, 'exact')
        local moved = vectors:detach() - vectors.grad * LR
        close(inputs, moved, 'by autograd')
        close(outputs, others:detach() - others.grad * LR, 'by autograd')
        local plain = plain_word2vec.new({ 'a b c' }, { left = 1, right = 1 })
        plain.inputs, plain.outputs = x[{ {}, { 1, DIM } }]:clone(), o[{ {}, { 1, DIM } }]:clone()
        local context, targets = tenmo.ids { 0, 2 }, tenmo.ids { 1, 4 }
        local before = tenmo.counts().nodes
        plain:step(plain:forward(context, targets), tenmo.tensor { 1, 0 }, context, targets, LR)
        assert.equal(before, tenmo.counts().nodes)
        close(inputs, plain.inputs, 'in plain Lua')
        close(outputs, plain.outputs, 'in plain Lua')
    end)

    it('draws in proportion to the weights', function()
        local weights = { 0, 1, 2, 5 }
        local halves = noise.alias(weights)
        -- an entry's share goes to the id itself up to the threshold, then to the other
        local share = { 0, 0, 0, 0 }
        for id = 0, 3 do
            local entry = halves:at(id):item 'int64'
            local kept = tonumber(entry % 2LL ^ 32) / 2 ^ 32
            share[id + 1] = share[id + 1] + kept / 4
            local other = tonumber(entry / 2LL ^ 32)
            share[other + 1] = share[other + 1] + (1 - kept) / 4
        end
        for i, weight in ipairs(weights) do
            assert.is_true(math.abs(share[i] - weight / 8) < 1e-9, i)
        end
    end)

    it('keeps frequent words less often', function()
        -- word2vec.c: (sqrt(f / t) + 1) t / f with f = count / total
        local chances = noise.keep({ 900, 100, 0 }, 0.01)
        assert.is_true(math.abs((math.sqrt(90) + 1) / 90 - chances[1]:item()) < 1e-6)
        assert.is_true(math.abs((math.sqrt(10) + 1) / 10 - chances[2]:item()) < 1e-6)
        assert.equal(1, chances[3]:item())
    end)
end)

-- Texts about two things, whose words never meet.
local function two_topics()
    math.randomseed(3)
    local topics = { { 'red', 'green', 'blue', 'paint', 'brush', 'colour' }, { 'bread', 'butter', 'milk', 'egg', 'oven',
        'flour' } }
    local texts = {}
    for i = 1, 400 do
        local words, topic = {}, topics[i % 2 + 1]
        for k = 1, 12 do
            words[k] = topic[math.random(#topic)]
        end
        texts[i] = table.concat(words, ' ')
    end
    return texts, topics
end

local SMALL = { dim = 12, window = 3, sample = 0, epochs = 3, lr = 0.05, deterministic = true }

local function with(options)
    local all = {}
    for _, t in ipairs { SMALL, options } do
        for k, v in pairs(t) do
            all[k] = v
        end
    end
    return all
end

describe('a tiny corpus', function()
    for name, options in pairs {
        cbow = {}, skip_gram = { model = 'skip_gram' }, tree = { negative = 0 }, exact = { exact = true, lr = 0.2 },
        ['the post'] = { left = 3, right = 2, whole = true, power = 1, exact = true, lr = 0.2, min_lr = 0.2 },
    } do
        it('teaches which words go together: ' .. name, function()
            local texts, topics = two_topics()
            local model = word2vec.new(texts, with(options))
            local sum = model:sum()
            model:train()
            assert.is_true(sum ~= model:sum())
            local is_food = {}
            for _, word in ipairs(topics[2]) do
                is_food[word] = true
            end
            for _, word in ipairs { 'red', 'milk' } do
                for _, answer in ipairs(model:vectors():similar(word, { n = 5 })) do
                    assert.equal(is_food[word], is_food[answer.word], word .. ' ' .. answer.word)
                end
            end
        end)
    end

    it('has the same bits for any number of threads, and others for another seed', function()
        local texts, threads = two_topics(), tenmo.threads()
        local function run(n, seed, kind)
            tenmo.set_threads(n)
            local model = word2vec(texts, with { seed = seed, sample = 0.05, model = kind })
            tenmo.set_threads(threads)
            return model.inputs
        end
        for _, kind in ipairs { 'cbow', 'skip_gram' } do
            assert.is_true(tensors.same(run(1, 7, kind), run(3, 7, kind)))
            assert.is_false(tensors.same(run(1, 7, kind), run(1, 8, kind)))
        end
    end)

    it('is learned without locks too, and in plain Lua', function()
        local texts = two_topics()
        local plain = plain_word2vec.new(texts, { dim = 12, lr = 0.3 })
        local fast = word2vec(texts, with { deterministic = false })
        local before, sum = tenmo.counts().nodes, plain:sum()
        plain:train()
        plain:train()
        assert.equal(before, tenmo.counts().nodes)
        assert.is_true(sum ~= plain:sum())
        for _, vectors in ipairs { plain:vectors(), fast:vectors() } do
            assert.is_true(vectors:similarity('red', 'blue') > vectors:similarity('red', 'milk') + 0.2)
        end
    end)

    it('leaves the random numbers of the script alone', function()
        tenmo.manual_seed(5)
        local seed, stream = tenmo.random_state()
        word2vec(two_topics(), with { epochs = 1 })
        assert.same({ seed, stream }, { tenmo.random_state() })
    end)

    it('that is one word over and over is no failure', function()
        local vectors = word2vec({ 'a a a a a a' }, with {}):vectors()
        assert.same({}, vectors:similar 'a')
    end)
end)

describe('bad input', function()
    for what, run in pairs {
        ['no text has two known words.*there are 2 texts and 0 words'] = function()
            word2vec { 'only once', 'here' }
        end,
        ['no text has two known words'] = function()
            word2vec({ 'a', 'a', '' }, { min_freq = 1 })
        end,
        ["unknown option 'widow'; did you mean 'window'"] = function()
            word2vec({ 'a a' }, { widow = 3 })
        end,
        ["option 'model' is cbow or skip_gram, not 'glove'"] = function()
            word2vec({ 'a a' }, { model = 'glove' })
        end,
        ["option 'dim' is a whole number from 1 to"] = function()
            word2vec({ 'a a' }, { dim = 0 })
        end,
        ['a window of no words'] = function()
            word2vec({ 'a a' }, { left = 0, right = 0 })
        end,
        ['expected a list of texts or a function'] = function()
            word2vec 'a text'
        end,
    } do
        it(what, function()
            assert.matches(what, tensors.failure(run))
        end)
    end

    -- The engine checks what it is given: nothing is written where it doesn't belong.
    local function pass(changes)
        local all = { inputs = tenmo.zeros(3, 16), outputs = tenmo.zeros(3, 16), tokens = tenmo.ids { 0, 1, 2 }:int(),
            starts = tenmo.ids { 0, 3 }, noise = noise.alias { 1, 1, 1 }, to = 1 }
        for name, value in pairs(changes) do
            all[name] = value
        end
        return tenmo.word2vec_pass(all)
    end
    for what, changes in pairs {
        ['id 3 is out of range'] = { tokens = tenmo.ids { 0, 3, 1 }:int() },
        ['id 9 is out of range'] = { starts = tenmo.ids { 0, 9 } },
        ['id 1000 is out of range'] = { noise = tenmo.ids { 0, 1000 * 2 ^ 32, 0 } },
        ['id 7 is out of range'] = { noise = tenmo.ids { 4, 5, 5, 5, 14 }:int(), tree = true },
        ['sentences 0 to 2; there are 1'] = { to = 2 },
        ['expected equal widths, a multiple of 16'] = { inputs = tenmo.zeros(3, 15) },
        ["don't go together"] = { outputs = tenmo.zeros(2, 16) },
        ['tokens are int64'] = { tokens = tenmo.ids { 0, 1 } },
        ["there is no option 'toes'"] = { toes = 1 },
    } do
        it('of the pass: ' .. what, function()
            assert.matches(what, tensors.failure(pass, changes))
        end)
    end
end)
