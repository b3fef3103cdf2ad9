-- philox.lua: Philox4x32-10 as in its paper (Salmon et al., SC11), in plain Lua numbers; and the numbers
-- that tenmo makes of it.

local bit = require 'bit'

local philox = {}

local function u32(x)
    return x % 2 ^ 32
end

-- High and low half of a product of two 32-bit numbers, by 16-bit parts.
local function wide(a, b)
    local al, ah, bl, bh = a % 65536, math.floor(a / 65536), b % 65536, math.floor(b / 65536)
    local middle = ah * bl + math.floor(al * bl / 65536)
    local cross = al * bh + middle % 65536
    return ah * bh + math.floor(middle / 65536) + math.floor(cross / 65536), cross % 65536 * 65536 + al * bl % 65536
end

local function xor(...)
    return u32(bit.bxor(...))
end

-- Four words from a counter of four words and a key of two.
function philox.words(c0, c1, c2, c3, k0, k1)
    for _ = 1, 10 do
        local h0, l0 = wide(0xD2511F53, c0)
        local h1, l1 = wide(0xCD9E8D57, c2)
        c0, c1, c2, c3 = xor(h1, c1, k0), l1, xor(h0, c3, k1), l0
        k0, k1 = u32(k0 + 0x9E3779B9), u32(k1 + 0xBB67AE85)
    end
    return { c0, c1, c2, c3 }
end

-- Words of one draw: the seed is the key; the counter is the group of four words, then the stream.
function philox.draw(seed, stream, group)
    return philox.words(u32(group), math.floor(group / 2 ^ 32), u32(stream), math.floor(stream / 2 ^ 32), u32(seed),
        math.floor(seed / 2 ^ 32))
end

-- Element i (from 0) of tenmo.rand's float32 numbers: 24 bits of a word.
function philox.float(seed, stream, i)
    return math.floor(philox.draw(seed, stream, math.floor(i / 4))[i % 4 + 1] / 256) * 2 ^ -24
end

return philox
