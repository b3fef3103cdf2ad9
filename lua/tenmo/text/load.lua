-- load.lua: text.tokenizer(path) reads a tokenizer that save wrote, or a tokenizer.json of Hugging Face.
local raise = require 'tenmo.raise'

-- What a file begins with, and the module whose read(content) gives a tokenizer, or nil, the line (if known) and a
-- message.
local KINDS = {
    { '^tenmo%-lua words 1\n', 'tenmo.text.words_file' },
    { '^{ "format": "tenmo%-lua %l+ 1"', 'tenmo.text.symbols' },
    { '^%s*{', 'tenmo.text.huggingface' },
}

return function(path)
    if type(path) ~= 'string' then
        raise('text.tokenizer: expected a path, got %s', type(path))
    end
    local file, why = io.open(path, 'rb')
    if not file then
        return nil, why
    end
    local content = file:read '*a'
    file:close()
    if not content then
        return nil, ("'%s' can't be read"):format(path)
    end
    for _, kind in ipairs(KINDS) do
        if content:find(kind[1]) then
            local made, line, wrong = require(kind[2]).read(content)
            if not made then
                return nil, line and ('%s:%d: %s'):format(path, line, wrong) or ('%s: %s'):format(path, wrong)
            end
            return made
        end
    end
    return nil, ("%s:1: is no tokenizer's file: it begins with '%s'"):format(path, content:sub(1, 20):gsub('%c', '?'))
end
