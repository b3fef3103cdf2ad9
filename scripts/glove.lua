-- glove.lua: word vectors whose products give the logarithm of how often words stand near each other (Pennington,
-- Socher, Manning, "GloVe", 2014).
--
--     tenmo-lua glove.lua --word terrible
local tenmo = require 'tenmo'

local flags = tenmo.flags {
    'glove.lua: word vectors by factorising co-occurrences.',
    { 'file', '', 'a text, one document a line, plain or compressed; movie reviews unless given' },
    { 'documents', 2000, 'documents to read, from all over the text' },
    { 'words', 3000, 'words of the vocabulary, the most frequent ones' },
    { 'word', 'terrible', 'whose neighbours to show' },
    { 'window', 5, 'words to each side that count as near' },
    { 'width', 50, 'numbers in a vector' },
    { 'epochs', 6, 'passes over the co-occurrences' },
    { 'lr', 0.02, 'learning rate' },
    { 'seed', 1, 'first vectors and the order' },
    { 'threads', 2, 'threads to compute with' },
}
tenmo.flags.start(flags)
local all, texts, pairs_of = {}, {}, {}
if flags.file ~= '' then
    for line in assert(tenmo.text.lines(flags.file)) do all[#all + 1] = line end
else
    all = assert(tenmo.data.imdb()).texts
end
for i = 1, #all, math.max(1, math.floor(#all / flags.documents)) do texts[#texts + 1] = all[i] end
texts = tenmo.text.cleaner('letters'):all(texts)
local vocab = tenmo.text.words(texts, { max_size = flags.words })
local V = vocab:size()

for _, text in ipairs(texts) do -- a word at distance k counts 1 / k
    local d = vocab:encode(text, { table = true, skip_unknown = true })
    for i = 1, #d do
        for k = 1, math.min(flags.window, #d - i) do
            local a, b = d[i] * V + d[i + k], d[i + k] * V + d[i]
            pairs_of[a], pairs_of[b] = (pairs_of[a] or 0) + 1 / k, (pairs_of[b] or 0) + 1 / k
        end
    end
end
local first, second, counts = {}, {}, {}
for key, n in pairs(pairs_of) do
    first[#first + 1], second[#second + 1], counts[#counts + 1] = math.floor(key / V), key % V, n
end
print(('%d documents, %d words, %d of %d pairs stand together'):format(#texts, V, #counts, V * V))

local i, j, x = tenmo.ids(first), tenmo.ids(second), tenmo.tensor(counts)
local target, weight = x:log(), (x / 100):clamp(0, 1) ^ 0.75 -- what is rare counts less
local function leaf(n) return (tenmo.randn(V, n) * 0.1):detach():requires_grad_() end
local w, c, bw, bc = leaf(flags.width), leaf(flags.width), leaf(1), leaf(1)
local adam = tenmo.optim.Adam({ w, c, bw, bc }, { lr = flags.lr })
for epoch = 1, flags.epochs do
    local order, total = tenmo.randperm(#counts), 0
    for at = 1, #counts, 8192 do
        local pick = order:slice { { at, math.min(at + 8191, #counts) } }
        local a, b = i:index_select(1, pick), j:index_select(1, pick)
        local guess = (tenmo.embedding(a, w) * tenmo.embedding(b, c)):sum(-1)
            + (tenmo.embedding(a, bw) + tenmo.embedding(b, bc)):reshape(-1)
        local wrong = guess - target:index_select(1, pick)
        local loss = (weight:index_select(1, pick) * wrong * wrong):mean()
        adam:zero_grad()
        loss:backward()
        adam:step()
        total = total + loss:item() * pick:numel()
    end
    print(('epoch %d  loss %.4f'):format(epoch, total / #counts))
end

local v = (w + c):detach() -- words near by cosine
v = v / (v * v):sum(-1, { keepdim = true }):sqrt()
local near, list = v:mv(v:at(vocab:id(flags.word))):totable(), {}
for k = 1, V do list[k] = k end
table.sort(list, function(a, b) return near[a] > near[b] end)
for k = 1, 8 do print(('%6.3f  %s'):format(near[list[k]], vocab:word(list[k] - 1))) end
