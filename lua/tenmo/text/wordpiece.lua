-- wordpiece.lua: BERT's tokenizer from a list of its tokens.
--
--     local bert = assert(tenmo.text.wordpiece 'vocab.txt')        one token a line, as BERT's models come
--     bert:encode('Unaffable!', { add_special_tokens = true })     [CLS] una ##ffa ##ble ! [SEP]
--
-- Texts are normalised first: control characters go, Chinese characters stand alone, and with lowercase = true letters
-- become small and lose their accents. A word that no tokens make up is [UNK].
local options = require 'tenmo.options'
local raise = require 'tenmo.raise'
local tokenizer = require 'tenmo.text.tokenizer'
local tokens = require 'tenmo.bind.tokens'

require 'tenmo.text.huggingface' -- how it is saved

local SPECIAL = { '[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]' }
local KNOWN = {
    lowercase = { 'boolean', true },
    strip_accents = { 'boolean' }, -- as lowercase, unless given
    unknown = { 'string', '[UNK]' },
    specials = { 'table', SPECIAL },
}

local function lines_of(path)
    local file, why = io.open(path, 'rb')
    if not file then
        return nil, why
    end
    local list = {}
    for line in file:lines() do
        list[#list + 1] = line:gsub('\r$', '')
    end
    file:close()
    return list
end

-- A tokenizer of a list of tokens, or nil, the number of the token at fault and what is wrong.
local function make(list, o)
    local special, ids, builder = {}, {}, tokens.builder()
    for _, name in ipairs(o.specials) do
        special[tokenizer.check_name('text.wordpiece', name)] = true
    end
    special[o.unknown] = true
    for i, token in ipairs(list) do
        if ids[token] or builder:add(token, 0, special[token]) ~= i - 1 then
            return nil, i, ("the token '%s' stands there twice"):format(token)
        end
        ids[token] = special[token] and i - 1
    end
    if not ids[o.unknown] then
        return nil, #list + 1, ("the token '%s' for unknown words is missing"):format(o.unknown)
    end
    local made = tokens.tokenizer('wordpiece', builder)
    for _, id in pairs(ids) do
        tokens.mark_special(made, id)
    end
    tokens.set_unknown(made, ids[o.unknown])
    if ids['[CLS]'] and ids['[SEP]'] then
        tokens.set_around(made, { ids['[CLS]'] }, { ids['[SEP]'] })
    end
    return made
end

return function(source, given)
    local o = options('text.wordpiece', given, KNOWN)
    if type(source) ~= 'string' and type(source) ~= 'table' then
        raise('text.wordpiece: expected a path or a list of tokens, got %s', type(source))
    end
    local list, why = source, nil
    if type(source) == 'string' then
        list, why = lines_of(source)
    end
    if not list then
        return nil, why
    end
    for i, token in ipairs(list) do
        if type(token) ~= 'string' then
            raise('text.wordpiece: token %d is a %s', i, type(token))
        end
    end
    local made, line, wrong = make(list, o)
    if not made then
        if type(source) == 'table' then
            raise('text.wordpiece: token %d: %s', line, wrong)
        end
        return nil, ('%s:%d: %s'):format(source, line, wrong)
    end
    local strip = o.strip_accents
    if strip == nil then
        strip = o.lowercase
    end
    tokens.set_normaliser(made, true, true, strip, o.lowercase)
    tokenizer.details[made] = { clean = true, chinese = true, strip = strip, lowercase = o.lowercase }
    return made
end
