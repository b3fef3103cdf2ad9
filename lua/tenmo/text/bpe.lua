-- bpe.lua: byte-pair encoding learned from texts.
--
--     local bpe = tenmo.text.bpe(play, { merges = 1000 })
--     bpe:encode 'To be, or not to be'
--
-- A text is divided into pieces (by GPT-2's pattern, or one of your own), and pieces into bytes, whose values are the
-- first 256 ids. Each merge makes one token of the pair of neighbours that is the most frequent; of equals, the one
-- with the lesser left id, then the lesser right id. So any text has ids, and no byte is lost.
local options = require 'tenmo.options'
local symbols = require 'tenmo.text.symbols'
local tokenizer = require 'tenmo.text.tokenizer'
local tokens = require 'tenmo.bind.tokens'

require 'tenmo.text.huggingface' -- how it is saved

local KNOWN = {
    merges = { 'number', 1000 },
    min_freq = { 'number', 2 }, -- pairs that come less often are not merged
    pattern = { 'string' },
    specials = { 'table', {} },
}

return function(source, given)
    local o = options('text.bpe', given, KNOWN)
    tokenizer.check_whole('text.bpe', 'merges', o.merges, 0)
    tokenizer.check_whole('text.bpe', 'min_freq', o.min_freq, 1)
    local made = tokens.tokenizer('bpe', symbols.bytes())
    if o.pattern then
        tokens.set_pattern(made, o.pattern)
        tokenizer.details[made] = { pattern = o.pattern }
    end
    local pieces = tokens.builder()
    tokenizer.each_document('text.bpe', source, function(document)
        tokens.count_pieces(made, document, pieces)
    end)
    tokens.train(made, pieces, o.merges, o.min_freq)
    return tokenizer.add_specials('text.bpe', made, o.specials)
end
