-- words_file.lua: the file of a vocabulary of words, and the tokenizer that is made of its parts.
--
--     tenmo-lua words 1
--     {"size":3,"unknown":true,"special":1,"ngrams":1,"stop":[]}
--     UNKNOWN<tab>0           the first `special` lines: UNKNOWN, if there is one, and special tokens
--     film<tab>40155          then each word and how often it came; ids count from 0
local raise = require 'tenmo.raise'
local tokenizer = require 'tenmo.text.tokenizer'
local tokens = require 'tenmo.bind.tokens'

local HEAD = 'tenmo-lua words 1'
local MOST_NGRAMS = 8

local words_file = {}

function words_file.stop_builder(name, stop)
    local builder = tokens.builder()
    for i, word in ipairs(stop) do
        if type(word) ~= 'string' then
            raise("%s: option 'stop' is a list of words; its element %d is a %s", name, i, type(word))
        end
        builder:add(word)
    end
    return builder:size() > 0 and builder or nil
end

function words_file.finish(builder, o, stop)
    local made = tokens.tokenizer('words', builder)
    local first = o.unknown and 1 or 0
    for i = 0, first + #o.specials - 1 do
        tokens.mark_special(made, i)
    end
    if o.unknown then
        tokens.set_unknown(made, 0)
    end
    tokens.set_words(made, o.ngrams, stop)
    return made
end

function tokenizer.writers.words(self, file)
    local _, unknown, ngrams = tokens.about(self)
    local n, special = #self, 0
    for _ in pairs(self:specials()) do
        special = special + 1
    end
    local head = { size = n, unknown = unknown ~= nil, special = special, ngrams = ngrams,
        stop = setmetatable(tokens.stop_words(self), { __jsontype = 'array' }) }
    local order = { keyorder = { 'size', 'unknown', 'special', 'ngrams', 'stop' } }
    local lines = { HEAD, tokenizer.json().encode(head, order) }
    for id = 0, n - 1 do
        lines[#lines + 1] = ('%s\t%.0f'):format(self:word(id), self:count(id))
    end
    lines[#lines + 1] = ''
    return file:write(table.concat(lines, '\n'))
end

-- The second line, or nil and what is wrong with it.
local function read_head(line)
    local good, head = pcall(tokenizer.json().decode, line)
    local function whole(value)
        return type(value) == 'number' and value % 1 == 0 and value >= 0 and value < 2 ^ 31
    end
    if not good or type(head) ~= 'table' or not whole(head.size) or not whole(head.special) or not whole(head.ngrams)
        or head.ngrams < 1 or head.ngrams > MOST_NGRAMS or type(head.unknown) ~= 'boolean'
        or type(head.stop) ~= 'table' then
        return nil, 'expected JSON with size, unknown, special, ngrams, stop'
    end
    for _, word in ipairs(head.stop) do
        if type(word) ~= 'string' then
            return nil, "'stop' is a list of words"
        end
    end
    return head
end

-- A tokenizer of the text of a file, or nil, the line and what is wrong with it.
function words_file.read(content)
    local number, builder, head = 0, tokens.builder(), nil
    for line in content:gmatch '([^\n]*)\n' do
        number = number + 1
        if number == 2 then
            local why
            head, why = read_head(line)
            if not head then
                return nil, 2, why
            end
        elseif number > 2 then
            local word, count = line:match '^([^\t]+)\t(%d+)$'
            if not word then
                return nil, number, 'expected a word, a tab and a count'
            end
            local id = builder:add(word, tonumber(count), number - 3 < head.special)
            if id ~= number - 3 then
                return nil, number, ("the word '%s' stands there twice"):format(word)
            end
        end
    end
    if not head or builder:size() ~= head.size or head.special > head.size or (head.unknown and head.special < 1) then
        return nil, number + 1, ('expected %s, found %d words'):format(head and head.size or 'a head', builder:size())
    end
    local specials = {}
    for i = 1, head.special - (head.unknown and 1 or 0) do
        specials[i] = i
    end
    return words_file.finish(builder, { unknown = head.unknown, specials = specials, ngrams = head.ngrams },
        words_file.stop_builder('text.tokenizer', head.stop))
end

return words_file
