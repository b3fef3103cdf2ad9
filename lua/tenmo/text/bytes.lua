-- bytes.lua: the id of a byte is its value; special tokens count from 256.
local options = require 'tenmo.options'
local symbols = require 'tenmo.text.symbols'
local tokenizer = require 'tenmo.text.tokenizer'

return function(given)
    local o = options('text.bytes', given, { specials = { 'table', {} } })
    return tokenizer.add_specials('text.bytes', symbols.finish('bytes', symbols.bytes(), {}), o.specials)
end
