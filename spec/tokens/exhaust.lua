-- exhaust.lua: compares GPT-2's ids with those in a file of make.py --exhaust, text by text.
--
--     build/tenmo-lua spec/tokens/exhaust.lua FILE
local ffi = require 'ffi'
local tenmo = require 'tenmo'

local gpt2 = assert(tenmo.text.gpt2())
local file = assert(io.open(arg[1], 'rb'))
local content = file:read '*a'
file:close()

local bytes = ffi.cast('const uint8_t *', content)
local at, texts, wrong = 0, 0, 0
local function number(size)
    local value = 0
    for i = size - 1, 0, -1 do
        value = value * 256 + bytes[at + i]
    end
    at = at + size
    return value
end
while at < #content do
    local length, n = number(2), number(2)
    local text = content:sub(at + 1, at + length)
    at = at + length
    local ids = gpt2:encode(text, { table = true })
    local same = #ids == n and gpt2:decode(ids) == text
    for i = 1, n do
        same = number(4) == ids[i] and same
    end
    texts, wrong = texts + 1, wrong + (same and 0 or 1)
    if not same and wrong <= 20 then
        print(('differs: %q'):format(text))
    end
end
print(('%d texts, %d differ'):format(texts, wrong))
os.exit(wrong == 0 and 0 or 1)
