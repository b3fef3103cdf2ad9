-- byte_letters.lua: GPT-2's way to write bytes as letters, so that tokens are text in JSON: a byte that Latin-1 shows
-- stands for itself, the others follow from U+0100 on (a space is Ġ).
local letters, bytes = {}, {} -- by byte; by letter

local function utf8(code)
    if code < 0x80 then
        return string.char(code)
    end
    return string.char(0xC0 + math.floor(code / 64), 0x80 + code % 64)
end

local next_code = 256
for byte = 0, 255 do
    local shown = byte >= 33 and byte <= 126 or byte >= 161 and byte ~= 173
    letters[string.char(byte)] = utf8(shown and byte or next_code)
    next_code = next_code + (shown and 0 or 1)
end
for byte, letter in pairs(letters) do
    bytes[letter] = byte
end

local byte_letters = {}

function byte_letters.write(text)
    return (text:gsub('.', letters))
end

-- The bytes that a token's letters stand for, or nil if it has others.
function byte_letters.read(token)
    local good = true
    local text = token:gsub('[%z\1-\127\194-\244][\128-\191]*', function(letter)
        good = good and bytes[letter]
        return bytes[letter]
    end)
    return good and text or nil
end

return byte_letters
