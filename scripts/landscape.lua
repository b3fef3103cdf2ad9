-- landscape.lua: words as vectors without learning: one-hot, counts, TF-IDF. glove.lua and word2vec learn theirs.
--
--     tenmo-lua landscape.lua --word terrible
local tenmo = require 'tenmo'

local flags = tenmo.flags {
    'landscape.lua: words as vectors without learning: one-hot, counts, TF-IDF.',
    { 'file', '', 'a text, one document a line, plain or compressed; movie reviews unless given' },
    { 'documents', 2000, 'documents to read, from all over the text' },
    { 'words', 5000, 'words of the vocabulary, the most frequent ones' },
    { 'word', 'terrible', 'the word to look at' },
    { 'threads', 2, 'threads to compute with' },
}
tenmo.flags.start(flags)
local all, texts = {}, {}
if flags.file ~= '' then
    for line in assert(tenmo.text.lines(flags.file)) do
        all[#all + 1] = line
    end
else
    all = assert(tenmo.data.imdb()).texts
end
for i = 1, #all, math.max(1, math.floor(#all / flags.documents)) do
    texts[#texts + 1] = all[i]
end
texts = tenmo.text.cleaner('letters'):all(texts)
local vocab = tenmo.text.words(texts, { max_size = flags.words })
local V, N = vocab:size(), #texts
print(('%d documents, %d words'):format(N, V))

-- One-hot: a word is a row of the identity. No two words are closer than any other two.
local function onehot(word)
    return tenmo.arange(V):eq(vocab:id(word)):float()
end
local other = vocab:word(V - 1)
local one = onehot(flags.word)
print(('one-hot    %s times itself %g, times %s %g'):format(flags.word, one:dot(one):item(), other,
    one:dot(onehot(other)):item()))

-- Bag of words: a document is how often each word stands in it.
local bags = {}
for i, text in ipairs(texts) do
    local ids = vocab:encode(text, { skip_unknown = true })
    bags[i] = tenmo.zeros(V):index_add(1, ids, tenmo.ones(ids:numel()))
end

-- The ids of the highest numbers, and what stands there, as a line.
local function highest(scores, n, name)
    local list, values = {}, scores:totable()
    for i = 1, #values do
        list[i] = i
    end
    table.sort(list, function(a, b)
        return values[a] > values[b] or values[a] == values[b] and a < b
    end)
    for i = 1, n do
        list[i] = ('%s %.3g'):format(name(list[i] - 1), values[list[i]])
    end
    return table.concat(list, ', ', 1, n)
end
local function word_of(id)
    return vocab:word(id)
end
print('counts     ' .. highest(bags[1], 6, word_of))

-- TF-IDF: counts weigh less the more documents have the word.
local df = tenmo.zeros(V)
for _, bag in ipairs(bags) do
    df = df + bag:gt(0):float()
end
local idf = (N / (df + 1)):log()
print('TF-IDF     ' .. highest(bags[1] * idf, 6, word_of))
print(('documents for %s: %s'):format(flags.word, highest(tenmo.stack(bags):mv(one * idf), 3, tostring)))
