-- text.lua: from raw text to ids. Its parts are loaded when they are first named.
local engine = require('tenmo')._text
local near = require 'tenmo.near'
local raise = require 'tenmo.raise'
local source = require 'tenmo.text.source'

local PARTS = {
    cleaner = 'tenmo.text.cleaner',
    words = 'tenmo.text.words',
    characters = 'tenmo.text.characters',
    bpe = 'tenmo.text.bpe',
    gpt2 = 'tenmo.text.gpt2',
    wordpiece = 'tenmo.text.wordpiece',
    bytes = 'tenmo.text.bytes',
    tokenizer = 'tenmo.text.load',
    word2vec = 'tenmo.text.word2vec',
    plain_word2vec = 'tenmo.text.plain_word2vec',
    vectors = 'tenmo.text.vectors',
}

local text = { valid = engine.valid, repair = engine.repair, lines = source.lines, archive = source.archive }

return setmetatable(text, {
    __index = function(self, name)
        if not PARTS[name] then
            local names = { 'valid', 'repair', 'lines', 'archive' }
            for known in pairs(PARTS) do
                names[#names + 1] = known
            end
            table.sort(names)
            local guess = near(tostring(name), names)
            raise("tenmo.text has no '%s'%s", tostring(name), guess and ("; did you mean '%s'?"):format(guess) or '')
        end
        local part = require(PARTS[name])
        rawset(self, name, part)
        return part
    end,
})
