-- symbols.lua: the JSON file of characters and bytes: one symbol a line, a special token as { "special": "..." },
-- a byte that is no valid UTF-8 as its number.
local tokenizer = require 'tenmo.text.tokenizer'
local tokens = require 'tenmo.bind.tokens'

local symbols = {}

local function entry_of(self, id, special)
    local word = self:word(id)
    local quote = tokenizer.json().quotestring
    if special then
        return ('{ "special": %s, "count": %.0f }'):format(quote(word), self:count(id))
    elseif #word == 1 and word:byte() >= 128 then
        return ('[%d, %.0f]'):format(word:byte(), self:count(id))
    end
    return ('[%s, %.0f]'):format(quote(word), self:count(id))
end

function tokenizer.writers.characters(self, file)
    local kind, unknown = tokens.about(self)
    local special, lines = {}, {}
    for _, id in pairs(self:specials()) do
        special[id] = true
    end
    for id = kind == 'bytes' and 256 or 0, #self - 1 do
        lines[#lines + 1] = '  ' .. entry_of(self, id, special[id])
    end
    return file:write(('{ "format": "tenmo-lua %s 1",\n"unknown": %s,\n"symbols": [\n%s\n] }\n'):format(kind,
        unknown and ('%d'):format(unknown) or 'false', table.concat(lines, ',\n')))
end
tokenizer.writers.bytes = tokenizer.writers.characters

-- The text, the count and whether it is special; nil if the entry is none.
local function parts_of(entry)
    if type(entry) ~= 'table' then
        return nil
    end
    local text, count = entry[1] or entry.special, entry[2] or entry.count
    if type(text) == 'number' and text >= 128 and text < 256 and text % 1 == 0 then
        text = string.char(text)
    end
    if type(text) ~= 'string' or text == '' or type(count) ~= 'number' or count < 0 or count >= 2 ^ 53 then
        return nil
    end
    return text, count, entry.special ~= nil
end

local function add_all(builder, list)
    local special = {}
    for i, entry in ipairs(list) do
        local text, count, is_special = parts_of(entry)
        if not text then
            return nil, nil, ('symbol %d is none: expected [text or byte, count] or { "special": text }'):format(i)
        end
        local before = builder:size()
        if builder:add(text, count, is_special) ~= before then
            return nil, nil, ('symbol %d stands there twice'):format(i)
        end
        if is_special then
            special[#special + 1] = before
        end
    end
    return special
end

-- The 256 bytes as a builder.
function symbols.bytes()
    local builder = tokens.builder()
    for byte = 0, 255 do
        builder:add(string.char(byte))
    end
    return builder
end

function symbols.finish(kind, builder, special, unknown)
    local made = tokens.tokenizer(kind, builder)
    for _, id in ipairs(special) do
        tokens.mark_special(made, id)
    end
    if unknown then
        tokens.set_unknown(made, unknown)
    end
    return made
end

function symbols.read(content)
    local good, head, _, wrong = pcall(tokenizer.json().decode, content)
    if not good or type(head) ~= 'table' or type(head.symbols) ~= 'table' then
        return nil, nil, 'is damaged: ' .. tostring(good and (wrong or 'no list of symbols') or 'nested too deeply')
    end
    local kind = head.format == 'tenmo-lua bytes 1' and 'bytes' or 'characters'
    local builder = kind == 'bytes' and symbols.bytes() or tokens.builder()
    local special, line, why = add_all(builder, head.symbols)
    if not special then
        return nil, line, why
    end
    local unknown = head.unknown
    if unknown and (type(unknown) ~= 'number' or unknown % 1 ~= 0 or unknown < 0 or unknown >= builder:size()) then
        return nil, nil, '"unknown" is the id of a symbol, or false'
    end
    return symbols.finish(kind, builder, special, unknown or nil)
end

return symbols
