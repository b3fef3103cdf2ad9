-- word2vec.lua: known words a second and agreement with people, of one model; word2vec.sh runs it beside gensim.
--
--     tenmo-lua scripts/bench/word2vec.lua CORPUS cbow|skip_gram|plain [--threads 2] [--epochs 5] [--seed 1]
--                                          [--pairs wordsim353.tsv] [--deterministic]
--
-- CORPUS has one cleaned text a line. The settings are gensim's in word2vec.sh: 100 numbers, 5 words on each side, 5
-- negatives, words that came 5 times, sample 1e-3. Prints one line of JSON.
local tenmo = require 'tenmo'

local corpus, kind = arg[1], arg[2]
local flags = assert(tenmo.flags.parse({ '', { 'threads', 2, '' }, { 'epochs', 5, '' }, { 'seed', 1, '' },
    { 'pairs', '', '' }, { 'deterministic', false, '' } }, { unpack(arg, 3) }))
tenmo.set_threads(flags.threads)

local texts = {}
for line in assert(io.open(corpus)):lines() do
    texts[#texts + 1] = line
end

local settings = { seed = flags.seed, min_freq = 5 }
local plain = kind == 'plain'
if not plain then
    settings.model, settings.epochs, settings.deterministic = kind, flags.epochs, flags.deterministic
end
local model = (plain and tenmo.text.plain_word2vec or tenmo.text.word2vec).new(texts, settings)
local before = model:sum()
local rate
if plain then
    rate = model:train(1, 2000) -- texts: the rate is what counts here
else
    rate = model:train()
end
assert(model:sum() ~= before, 'the weights have not moved')

local rho, known = 0, 0
if flags.pairs ~= '' and not plain then
    local triples = {}
    for line in assert(io.open(flags.pairs)):lines() do
        local a, b, score = line:match '^([^#\t]+)\t([^\t]+)\t([%d.]+)'
        if a then
            triples[#triples + 1] = { a:lower(), b:lower(), tonumber(score) }
        end
    end
    rho, known = model:vectors():agreement(triples)
end
print(('{"program": "tenmo-lua", "kind": "%s", "threads": %d, "seed": %d, "words_per_s": %.0f, "spearman": %.4f, '
    .. '"pairs": %d}'):format(kind, flags.threads, flags.seed, rate, rho, known))
