-- characters.lua: every character of a text has an id.
--
--     local characters = tenmo.text.characters(play)
--     characters:decode(characters:encode 'To be') == 'To be'
--
-- A byte that is no valid UTF-8 counts as a character. One that was not in the text is an error, unless `unknown`
-- names a token for it, which gets id 0.
local options = require 'tenmo.options'
local symbols = require 'tenmo.text.symbols'
local tokenizer = require 'tenmo.text.tokenizer'
local tokens = require 'tenmo.bind.tokens'

local KNOWN = { min_freq = { 'number', 1 }, unknown = { 'string' }, specials = { 'table', {} } }

return function(source, given)
    local o = options('text.characters', given, KNOWN)
    tokenizer.check_whole('text.characters', 'min_freq', o.min_freq, 1)
    local all, builder, special = tokens.builder(), tokens.builder(), {}
    tokenizer.each_document('text.characters', source, function(document)
        all:count_characters(document)
    end)
    local names = { unpack(o.specials) }
    if o.unknown then
        table.insert(names, 1, o.unknown)
    end
    for _, name in ipairs(names) do
        special[#special + 1] = builder:add(tokenizer.check_name('text.characters', name), 0, true)
    end
    local left = builder:select(all, o.min_freq, -1, 'word')
    if o.unknown then
        builder:set_count(0, left)
    end
    return symbols.finish('characters', builder, special, o.unknown and 0 or nil)
end
