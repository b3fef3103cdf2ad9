-- regex.lua: PCRE2's regular expressions, compiled to machine code.
--
--     local re = tenmo.regex([[(?<name>\w+)@(\w+)]], { caseless = true })
--     re:find(text), re:match(text), re:gsub(text, '%{name} at %2'), re:split(text)
--     for name, host in re:gmatch(text) do
--
-- A pattern knows Unicode; positions count bytes, from 1, as string.find's do. lua/bind/regex.c has the methods.
local engine = require('tenmo')._text

local regex = {}

-- The text as a pattern that matches it and nothing else.
function regex.escape(text)
    return (text:gsub('[^%w_\128-\255%z]', '\\%0'):gsub('%z', '\\x00'))
end

regex.methods = engine.regex_methods

return setmetatable(regex, {
    __call = function(_, pattern, options)
        return engine.regex(pattern, options)
    end,
})
