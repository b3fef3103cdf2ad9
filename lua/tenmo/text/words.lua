-- words.lua: a vocabulary of words.
--
--     local vocab = tenmo.text.words(reviews, { min_freq = 5 })
--     vocab:encode 'a truly terrible film'      ids; a word that isn't there is 0
--
-- Words are what stands between white space: clean the text first. Id 0 is UNKNOWN; special tokens follow, then the
-- words by their bytes (or by count, or as they came). The file is text: a line of JSON, then one line for each id.
local options = require 'tenmo.options'
local raise = require 'tenmo.raise'
local tokenizer = require 'tenmo.text.tokenizer'
local tokens = require 'tenmo.bind.tokens'
local file = require 'tenmo.text.words_file'

local MOST_NGRAMS = 8
local ORDERS = { word = true, count = true, seen = true }
local KNOWN = {
    min_freq = { 'number', 1 }, -- words that came less often are left out
    max_size = { 'number' }, -- at most so many ids, of the most frequent words
    ngrams = { 'number', 1 }, -- runs of up to so many words have ids too
    stop = { 'table', {} }, -- words that are left out of every text
    order = { 'string', 'word' },
    unknown = { 'string/boolean', 'UNKNOWN' }, -- false: a word that isn't there is an error
    specials = { 'table', {} },
}

local function check(name, o)
    if not ORDERS[o.order] then
        raise("%s: option 'order' is one of word, count and seen, not '%s'", name, o.order)
    elseif o.unknown == true then
        raise("%s: option 'unknown' is a name, or false", name)
    end
    tokenizer.check_whole(name, 'min_freq', o.min_freq, 1)
    tokenizer.check_whole(name, 'ngrams', o.ngrams, 1)
    if o.ngrams > MOST_NGRAMS then
        raise("%s: option 'ngrams' goes up to %d, got %d", name, MOST_NGRAMS, o.ngrams)
    end
    if o.max_size then
        tokenizer.check_whole(name, 'max_size', o.max_size, 1)
    end
end

-- UNKNOWN and the special tokens, in front of the words.
local function begin(name, o)
    local builder = tokens.builder()
    if o.unknown then
        builder:add(tokenizer.check_name(name, o.unknown), 0, true)
    end
    for _, special in ipairs(o.specials) do
        builder:add(tokenizer.check_name(name, special), 0, true)
    end
    return builder
end

return function(source, given)
    local o = options('text.words', given, KNOWN)
    check('text.words', o)
    local stop, all = file.stop_builder('text.words', o.stop), tokens.builder()
    tokenizer.each_document('text.words', source, function(document)
        all:count(document, o.ngrams, stop)
    end)
    local builder = begin('text.words', o)
    local room = o.max_size and math.max(0, o.max_size - builder:size()) or -1
    local left = builder:select(all, o.min_freq, room, o.order)
    if o.unknown then
        builder:set_count(0, left)
    end
    return file.finish(builder, o, stop)
end
