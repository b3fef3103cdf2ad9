-- fuzz.lua: documents that hurt.

-- Seeded documents of characters of every UTF-8 length, combining marks, white space, and bytes that are no UTF-8.
local ALPHABET = { 'a', 'b', 'E', '1', "'", ' ', ' ', '  ', '\n', '\t', '.', '<', 'é', 'ß', 'İ', '\204\129', '中', '文',
    '한', 'ﬁ', '\226\128\168', '\194\160', '\227\128\128', '😀', '𝔘', '\0', '\255', '\192\175', '\237\160\128',
    '\195', "'s", "don't", ' the', '123', '!?' }
return function(seed, documents, most)
    local list, state = {}, seed
    local function draw(n) -- the least random generator that serves: x -> 16807 x mod 2^31 - 1
        state = state * 16807 % 2147483647
        return state % n
    end
    for i = 1, documents do
        local parts = {}
        for k = 1, draw(most) do
            parts[k] = ALPHABET[draw(#ALPHABET) + 1]
        end
        list[i] = table.concat(parts)
    end
    return list
end
