-- vectors.lua: word vectors to be asked.
--
--     local vectors = tenmo.text.vectors.load 'imdb.vec'
--     vectors:similar 'terrible'                   { { word = 'horrible', score = 0.87 }, ... }
--     vectors:analogy('man', 'king', 'woman')      man is to king as woman is to ...
--
-- The query, special tokens and words with "_" (runs of words) are left out of the answers.
local file = require 'tenmo.text.vectors_file'
local options = require 'tenmo.options'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local Vectors = {}
Vectors.__index = Vectors

-- table (words, dim) float32; vocab knows word(id), id(word) and specials(), as tenmo.text.words makes them.
local function new(table, vocab)
    if not tenmo.is_tensor(table) or table:dim() ~= 2 or #table ~= vocab:size() then
        raise('vectors: expected a row for each of the %d words, got %s', vocab:size(),
            tenmo.is_tensor(table) and shape_text(table.shape) or type(table))
    end
    local special = {}
    for _, id in pairs(vocab:specials()) do
        special[id] = true
    end
    return setmetatable({ table = table:detach(), vocab = vocab, special = special }, Vectors)
end

-- How many words there are.
function Vectors:size()
    return #self.table
end

function Vectors:id(word)
    local id = self.vocab:id(word)
    return id or raise("vectors: there is no word '%s'", tostring(word))
end

-- The vector of a word.
function Vectors:vector(word)
    return self.table:at(self:id(word))
end

-- All vectors at length 1, made once; refresh() after the table was written to.
function Vectors:unit()
    if not self.units then
        local length = self.table:square():sum(-1, { keepdim = true }):sqrt()
        self.units = self.table / length:maximum(1e-12)
    end
    return self.units
end

function Vectors:refresh()
    self.units = nil
    return self
end

-- The n words with the highest scores, but for those in `without` (by id).
local function best(self, scores, n, without)
    local list, numbers = {}, scores:totable()
    for i, score in ipairs(numbers) do
        local id = i - 1
        if (not list[n] or score > list[n].score) and not without[id] and not self.special[id] then
            local word = self.vocab:word(id)
            if not word:find('_', 1, true) then
                local at = math.min(#list + 1, n)
                while at > 1 and list[at - 1].score < score do
                    list[at] = list[at - 1]
                    at = at - 1
                end
                list[at] = { word = word, score = score }
            end
        end
    end
    return list
end

local function check_n(name, n)
    if n < 1 or n % 1 ~= 0 then
        raise("%s: option 'n' is a whole number from 1 up, got %s", name, n)
    end
    return n
end

-- The n words nearest to a word: by the cosine of the angle, or with metric = 'euclid' by minus the distance.
function Vectors:similar(word, given)
    local o = options('similar', given, { n = { 'number', 10 }, metric = { 'string', 'cosine' } })
    local id = self:id(word)
    local scores
    if o.metric == 'cosine' then
        scores = self:unit():mv(self:unit():at(id))
    elseif o.metric == 'euclid' then
        scores = -(self.table - self.table:at(id)):square():sum(-1):sqrt()
    else
        raise("similar: option 'metric' is cosine or euclid, not '%s'", o.metric)
    end
    return best(self, scores, check_n('similar', o.n), { [id] = true })
end

-- a is to b as c is to ...: the words nearest to b - a + c, each at length 1 (Mikolov, Yih and Zweig 2013).
function Vectors:analogy(a, b, c, given)
    local o = options('analogy', given, { n = { 'number', 10 } })
    local ids, unit = { self:id(a), self:id(b), self:id(c) }, self:unit()
    local target = unit:at(ids[2]) - unit:at(ids[1]) + unit:at(ids[3])
    local scores = unit:mv(target / target:square():sum():sqrt():maximum(1e-12))
    return best(self, scores, check_n('analogy', o.n), { [ids[1]] = true, [ids[2]] = true, [ids[3]] = true })
end

-- The cosine of the angle between two words.
function Vectors:similarity(a, b)
    return self:unit():at(self:id(a)):dot(self:unit():at(self:id(b))):item()
end

-- Ranks from 1; equal numbers share the mean of theirs.
local function ranks(numbers)
    local order, result = {}, {}
    for i = 1, #numbers do
        order[i] = i
    end
    table.sort(order, function(x, y)
        return numbers[x] < numbers[y]
    end)
    local first = 1
    while first <= #order do
        local last = first
        while last < #order and numbers[order[last + 1]] == numbers[order[first]] do
            last = last + 1
        end
        for i = first, last do
            result[order[i]] = (first + last) / 2
        end
        first = last + 1
    end
    return tenmo.tensor(result, { dtype = 'float64' })
end

-- How well the vectors agree with people: Spearman's correlation of the cosines with { word, word, score } triples,
-- over those whose words are known, and how many these are.
function Vectors:agreement(triples)
    local ours, theirs = {}, {}
    for _, triple in ipairs(triples) do
        if self.vocab:id(triple[1]) and self.vocab:id(triple[2]) then
            table.insert(ours, self:similarity(triple[1], triple[2]))
            table.insert(theirs, triple[3])
        end
    end
    if #ours < 2 then
        raise('agreement: of %d pairs %d are known; two at least are needed', #triples, #ours)
    end
    local x, y = ranks(ours), ranks(theirs)
    x, y = x - x:mean(), y - y:mean()
    return (x:dot(y) / (x:dot(x) * y:dot(y)):sqrt()):item(), #ours
end

-- Writes word2vec's format: text, or with binary = true its binary one. The vectors, or nil and a message.
function Vectors:save(path, given)
    local o = options('save', given, { binary = { 'boolean', false } })
    local good, why = file.write(path, self.table, self.vocab, self.special, o.binary)
    if not good then
        return nil, why
    end
    return self
end

-- The picture of words in the plane: see vectors_picture.lua.
function Vectors:picture(words, given)
    return require 'tenmo.text.vectors_picture'(self, words, given)
end

return setmetatable({
    load = function(path)
        local table, vocab = file.read(path)
        if not table then
            return nil, vocab
        end
        return new(table, vocab)
    end,
}, {
    __call = function(_, table, vocab)
        return new(table, vocab)
    end,
})
