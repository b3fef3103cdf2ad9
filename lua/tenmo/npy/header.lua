-- header.lua: what stands before the elements in NumPy's files of one array
-- (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html), read and written.
--
--     "\147NUMPY" MAJOR MINOR LENGTH     LENGTH: 2 bytes in version 1, 4 in 2 and 3, little-endian
--     {'descr': '<i4', 'fortran_order': False, 'shape': (3, 4), }
--     elements, row by row
--
-- The dictionary is Python's; it is read as text, and nothing is evaluated.
local shape_text = require 'tenmo.shape_text'

local header = {}

-- NumPy's code without its byte order: the dtype and the bytes of an element. Integers that no dtype has are widened:
-- the third is their type in C.
local KINDS = {
    f8 = { 'float64', 8 }, f4 = { 'float32', 4 }, f2 = { 'float16', 2 }, i8 = { 'int64', 8 }, i4 = { 'int32', 4 },
    u1 = { 'uint8', 1 }, b1 = { 'bool', 1 }, i1 = { 'int32', 1, 'int8_t' }, i2 = { 'int32', 2, 'int16_t' },
    u2 = { 'int32', 2, 'uint16_t' }, u4 = { 'int64', 4, 'uint32_t' },
}
local CODES = { float64 = '<f8', float32 = '<f4', float16 = '<f2', int64 = '<i8', int32 = '<i4', uint8 = '|u1',
    bool = '|b1' }

header.LONGEST = 2 ^ 20 -- bytes of a file in which its header is looked for
local SHORTEST = 128 -- bytes that are written, so that a longer shape still has room

-- The little-endian number of n bytes of a text from position `at` (1-based) on.
function header.number(text, at, n)
    local value = 0
    for i = n - 1, 0, -1 do
        value = value * 256 + (text:byte(at + i) or 0)
    end
    return value
end

-- --- reading ------------------------------------------------------------------------------------------------------

-- The value of a key in the dictionary's text, as a pattern finds it.
local function field(text, key, pattern)
    return text:match("['\"]" .. key .. "['\"]%s*:%s*" .. pattern)
end

local function read_shape(text)
    local inside = field(text, 'shape', '%(([%d%s,L]*)%)')
    if not inside then
        return nil
    end
    local shape = {}
    for size in inside:gmatch '%d+' do
        shape[#shape + 1] = tonumber(size)
    end
    return #shape <= 8 and shape or nil
end

-- The dictionary's text and where the elements start, or nil and what is wrong.
local function dictionary(text)
    if text:sub(1, 6) ~= '\147NUMPY' then
        return nil, 'is no .npy file: it doesn\'t start with \\147NUMPY'
    end
    local major = text:byte(7)
    local wide = major == 2 or major == 3
    if not wide and major ~= 1 then
        return nil, ('has version %d of the format; known are 1, 2 and 3'):format(major or 0)
    end
    local at = wide and 13 or 11
    local stop = at + header.number(text, 9, wide and 4 or 2) - 1
    if stop > #text then
        return nil, 'ends inside its header'
    end
    return text:sub(at, stop), stop
end

-- What a header says: { code =, swap =, kind =, shape =, columns =, at =, bytes = } with `at` where the elements start;
-- or nil and what is wrong. `text` is the start of the file. columns: the elements lie column by column.
function header.read(text)
    local words, at = dictionary(text)
    if not words then
        return nil, at
    end
    local order, code = field(words, 'descr', "['\"]([<>|=]?)(%w+)['\"]")
    local fortran, shape = field(words, 'fortran_order', '(%a+)'), read_shape(words)
    if not code or not shape or (fortran ~= 'True' and fortran ~= 'False') then
        return nil, 'has a header that is no array of plain numbers of up to 8 axes'
    elseif not KINDS[code] then
        return nil, ("has elements of type '%s'; known are f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 b1"):format(code)
    end
    local bytes = KINDS[code][2]
    for _, size in ipairs(shape) do
        bytes = bytes * size
    end
    if bytes > 2 ^ 52 then
        return nil, 'claims an impossible shape: ' .. shape_text(shape)
    end
    return { code = order .. code, swap = order == '>', kind = KINDS[code], shape = shape, columns = fortran == 'True',
        at = at, bytes = bytes }
end

-- What is wrong where `found` bytes stand behind the header, or nil.
function header.check_length(h, found)
    if found == h.bytes then
        return nil
    end
    return ('is %s: its header promises %s %s, %.0f bytes of elements; the file has %.0f'):format(
        found < h.bytes and 'cut short' or 'too long', shape_text(h.shape), h.kind[1], h.bytes, found)
end

-- May the elements stay in the file, from byte `at` on? Not where they have to be looked at first.
function header.can_map(h, at)
    return not h.swap and not h.kind[3] and h.kind[1] ~= 'bool' and at % h.kind[2] == 0
end

-- The tensor that make(shape) gives for the elements in the order in which they lie: column by column the axes were
-- written the other way round.
function header.arranged(h, make)
    local turned, axes, n = {}, {}, #h.shape
    for i = 1, n do
        turned[i], axes[i] = h.shape[n + 1 - i], n + 1 - i
    end
    local x, why = make(h.columns and turned or h.shape)
    if not x then
        return nil, why
    end
    return h.columns and n > 1 and x:permute(axes) or x
end

-- --- writing ------------------------------------------------------------------------------------------------------

-- NumPy's code of a dtype, or nil.
function header.code_of(dtype)
    return CODES[dtype]
end

-- A header of a multiple of 64 bytes, so that the elements behind it can be mapped.
function header.write(code, shape)
    local text = ("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"):format(code, #shape == 1
        and shape[1] .. ',' or table.concat(shape, ', '))
    local room = SHORTEST - 10
    while room - 1 < #text do
        room = room + 64
    end
    return '\147NUMPY\1\0' .. string.char(room % 256, math.floor(room / 256)) .. text .. (' '):rep(room - 1 - #text)
        .. '\n'
end

return header
