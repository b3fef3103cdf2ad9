-- npz.lua: NumPy's files of any kind: .npy holds one tensor, .npz (a zip of them) several by name. npy.lua has what is
-- made for long lists of ids.
--
--     local x = assert(tenmo.npz.load 'x.npy')           mapped: bytes are read when they are first looked at
--     local all = assert(tenmo.npz.load 'all.npz')       a table by name
--     assert(tenmo.npz.save('x.npy', x))                 assert(tenmo.npz.save('all.npz', { x = x, y = y }))
--
-- The format: "\147NUMPY", a version, the header's length, the header (a Python dictionary, read here as text: nothing
-- is evaluated), the elements. What is wrong with a file comes back as nil and a message.
local bit = require 'bit'
local ffi = require 'ffi'
local files = require 'tenmo.files'
local npy = require 'tenmo.npy'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local npz = {}

-- --- numbers in files ---------------------------------------------------------------------------------------------

-- The little-endian number of n bytes of a text from position `at` (1-based) on.
local function number(text, at, n)
    local value = 0
    for i = n - 1, 0, -1 do
        value = value * 256 + (text:byte(at + i) or 0)
    end
    return value
end

local function bytes_of(value, n)
    local list = {}
    for i = 1, n do
        list[i] = string.char(value % 256)
        value = math.floor(value / 256)
    end
    return table.concat(list)
end

-- --- dtypes -------------------------------------------------------------------------------------------------------

-- NumPy's code without its byte order: the dtype and the bytes of an element. Integers that no dtype has are widened:
-- the third is their type in C.
local KINDS = {
    f8 = { 'float64', 8 }, f4 = { 'float32', 4 }, f2 = { 'float16', 2 }, i8 = { 'int64', 8 }, i4 = { 'int32', 4 },
    u1 = { 'uint8', 1 }, b1 = { 'bool', 1 }, i1 = { 'int32', 1, 'int8_t' }, i2 = { 'int32', 2, 'int16_t' },
    u2 = { 'int32', 2, 'uint16_t' }, u4 = { 'int64', 4, 'uint32_t' },
}
local CODES = { float64 = '<f8', float32 = '<f4', float16 = '<f2', int64 = '<i8', int32 = '<i4', uint8 = '|u1',
    bool = '|b1' }

local C_TYPES = { int32 = 'int32_t', int64 = 'int64_t' }

-- --- the header ---------------------------------------------------------------------------------------------------

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

-- What a header says: { code =, swap =, kind =, shape =, columns =, at = } with `at` where the elements start; or nil
-- and what is wrong. `text` is the start of the file.
local function read_header(text)
    if text:sub(1, 6) ~= '\147NUMPY' then
        return nil, 'is no .npy file: it doesn\'t start with \\147NUMPY'
    end
    local major = text:byte(7)
    local wide = major == 2 or major == 3
    if not wide and major ~= 1 then
        return nil, ('has version %d of the format; known are 1, 2 and 3'):format(major or 0)
    end
    local at = wide and 13 or 11
    local length = number(text, 9, wide and 4 or 2)
    if at + length - 1 > #text then
        return nil, 'ends inside its header'
    end
    local header = text:sub(at, at + length - 1)
    local order, code = field(header, 'descr', "['\"]([<>|=]?)(%w+)['\"]")
    local fortran, shape = field(header, 'fortran_order', '(%a+)'), read_shape(header)
    if not code or not shape or (fortran ~= 'True' and fortran ~= 'False') then
        return nil, 'has a header that is no array of plain numbers of up to 8 axes'
    elseif not KINDS[code] then
        return nil, ("has elements of type '%s'; known are f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 b1"):format(code)
    end
    return { code = code, swap = order == '>', kind = KINDS[code], shape = shape, columns = fortran == 'True',
        at = at + length - 1 }
end

-- The bytes that the elements take, or nil where that can't be counted.
local function size_of(header)
    local n = header.kind[2]
    for _, size in ipairs(header.shape) do
        n = n * size
    end
    return n <= 2 ^ 52 and n or nil
end

-- --- elements -----------------------------------------------------------------------------------------------------

-- Each group of n bytes turned round.
local function swapped(text, n)
    local to, from = ffi.new('uint8_t[?]', #text), ffi.cast('const uint8_t *', text)
    for i = 0, #text - n, n do
        for k = 0, n - 1 do
            to[i + k] = from[i + n - 1 - k]
        end
    end
    return ffi.string(to, #text)
end

local function widened(text, kind)
    local n = #text / kind[2]
    local from, to = ffi.cast('const ' .. kind[3] .. ' *', text), ffi.new(C_TYPES[kind[1]] .. '[?]', n)
    for i = 0, n - 1 do
        to[i] = from[i]
    end
    return ffi.string(to, n * ffi.sizeof(C_TYPES[kind[1]]))
end

-- Column after column: the axes were written the other way round.
local function reversed(list)
    local other = {}
    for i, v in ipairs(list) do
        other[#list + 1 - i] = v
    end
    return other
end

local function arranged(header, make)
    local x = make(header.columns and reversed(header.shape) or header.shape)
    if not header.columns or #header.shape < 2 then
        return x
    end
    local axes = {}
    for i = 1, #header.shape do
        axes[i] = i
    end
    return x:permute(reversed(axes))
end

local function from_text(header, text)
    local kind = header.kind
    if header.swap and kind[2] > 1 then
        text = swapped(text, kind[2])
    end
    if kind[3] then
        text = widened(text, kind)
    end
    return arranged(header, function(shape)
        return tenmo.from_bytes(text, shape, kind[1])
    end)
end

-- May the elements stay in the file? Not where they have to be looked at first.
local function can_map(header, at)
    return not header.swap and not header.kind[3] and header.kind[1] ~= 'bool' and at % header.kind[2] == 0
end

-- --- .npy ---------------------------------------------------------------------------------------------------------

local LONGEST_HEADER = 2 ^ 20

-- The array that starts at byte `start` of an open file and ends before `limit`.
local function load_array(path, file, start, limit, map)
    file:seek('set', start)
    local header, why = read_header(file:read(math.min(limit - start, LONGEST_HEADER)) or '')
    if not header then
        return nil, why
    end
    local bytes = size_of(header)
    if not bytes or start + header.at + bytes > limit then
        return nil, ('has %d bytes after its header; its shape needs %s'):format(limit - start - header.at,
            bytes and ('%d'):format(bytes) or 'more than can be counted')
    end
    if map and can_map(header, start + header.at) then
        local failure
        local x = arranged(header, function(shape)
            local mapped, message = tenmo.map_file(path, shape, header.kind[1], start + header.at)
            failure = message
            return mapped or tenmo.zeros(shape)
        end)
        if not failure then
            return x
        end
    end
    file:seek('set', start + header.at)
    local text = bytes > 0 and file:read(bytes) or ''
    if not text or #text < bytes then
        return nil, 'ends inside its elements'
    end
    return from_text(header, text)
end

-- --- zip ----------------------------------------------------------------------------------------------------------

-- What stands in the extra field `id` of a zip's entry.
local function extra_field(text, id)
    local at = 1
    while at + 3 <= #text do
        local size = number(text, at + 2, 2)
        if number(text, at, 2) == id then
            return text:sub(at + 4, at + 3 + size)
        end
        at = at + 4 + size
    end
end

-- Sizes and offset of a directory entry; those that don't fit 32 bits stand in the extra field 1 (zip64), in order.
local function entry_of(text, at, name_length, extra_length)
    local entry = {
        method = number(text, at + 10, 2), flags = number(text, at + 8, 2), crc = number(text, at + 16, 4),
        packed = number(text, at + 20, 4), size = number(text, at + 24, 4), offset = number(text, at + 42, 4),
        name = text:sub(at + 46, at + 45 + name_length),
    }
    local long = extra_field(text:sub(at + 46 + name_length, at + 45 + name_length + extra_length), 1) or ''
    local from = 1
    for _, key in ipairs { 'size', 'packed', 'offset' } do
        if entry[key] == 0xffffffff then
            entry[key] = number(long, from, 8)
            from = from + 8
        end
    end
    return entry
end

-- Where the directory is: from the record at the end of the file, or its zip64 form.
local function find_directory(file, size)
    local tail = math.min(size, 65535 + 22 + 20)
    file:seek('set', size - tail)
    local text = file:read(tail) or ''
    for at = #text - 21, 1, -1 do
        if text:sub(at, at + 3) == 'PK\5\6' then
            local count, bytes, offset = number(text, at + 10, 2), number(text, at + 12, 4), number(text, at + 16, 4)
            if offset == 0xffffffff or count == 0xffff then
                local where = text:sub(at - 20, at - 17) == 'PK\6\7' and number(text, at - 12, 8) or size
                if where + 56 > size then
                    return nil
                end
                file:seek('set', where)
                local long = file:read(56) or ''
                if long:sub(1, 4) ~= 'PK\6\6' then
                    return nil
                end
                count, bytes, offset = number(long, 33, 8), number(long, 41, 8), number(long, 49, 8)
            end
            return count, bytes, offset
        end
    end
end

local function read_directory(file, size)
    local count, bytes, offset = find_directory(file, size)
    if not count or offset + bytes > size or bytes > 2 ^ 28 then
        return nil, 'is a zip without its directory: was it cut off?'
    end
    file:seek('set', offset)
    local text = file:read(bytes) or ''
    local entries, at = {}, 1
    for i = 1, count do
        if text:sub(at, at + 3) ~= 'PK\1\2' then
            return nil, ('has a damaged directory at entry %d'):format(i)
        end
        local name, extra, comment = number(text, at + 28, 2), number(text, at + 30, 2), number(text, at + 32, 2)
        entries[i] = entry_of(text, at, name, extra)
        at = at + 46 + name + extra + comment
    end
    return entries
end

-- Where a member's bytes start in the file, from its own header.
local function start_of(file, entry, size)
    if entry.offset + 30 > size then
        return nil
    end
    file:seek('set', entry.offset)
    local text = file:read(30) or ''
    if text:sub(1, 4) ~= 'PK\3\4' then
        return nil
    end
    local start = entry.offset + 30 + number(text, 27, 2) + number(text, 29, 2)
    return start + entry.packed <= size and start or nil
end

local function load_deflated(file, entry, start)
    file:seek('set', start)
    local text = tenmo.inflate(file:read(entry.packed) or '', entry.size)
    if not text then
        return nil, 'is damaged: its deflated bytes make no sense'
    elseif tenmo.crc32(text) ~= entry.crc then
        return nil, 'is damaged: its checksum is another'
    end
    local header, why = read_header(text)
    if not header then
        return nil, why
    end
    local bytes = size_of(header)
    if not bytes or header.at + bytes > #text then
        return nil, 'ends inside its elements'
    end
    return from_text(header, text:sub(header.at + 1, header.at + bytes))
end

local function load_member(path, file, entry, size, map)
    local start = start_of(file, entry, size)
    if not start then
        return nil, 'is damaged: its place in the file is wrong'
    elseif bit.band(entry.flags, 1) == 1 then
        return nil, 'is encrypted'
    elseif entry.method == 0 then
        return load_array(path, file, start, start + entry.packed, map)
    elseif entry.method == 8 then
        return load_deflated(file, entry, start)
    end
    return nil, ('is packed by method %d; known are stored and deflated'):format(entry.method)
end

local function load_zip(path, file, size, map)
    local entries, why = read_directory(file, size)
    if not entries then
        return nil, ("'%s': %s"):format(path, why)
    end
    local all = {}
    for _, entry in ipairs(entries) do
        local x, wrong = load_member(path, file, entry, size, map)
        if not x then
            return nil, ("'%s': '%s' %s"):format(path, entry.name, wrong)
        end
        all[(entry.name:gsub('%.npy$', ''))] = x
    end
    return all
end

-- The tensor in a .npy file, or the tensors of a .npz by name; nil and a message if that fails. { map = false } reads
-- everything at once instead of mapping the file.
function npz.load(path, options)
    if type(path) ~= 'string' then
        raise('npz.load: expected a path, got %s', type(path))
    end
    for key in pairs(options or {}) do
        if key ~= 'map' then
            raise("npz.load: there is no option '%s'; there is map", tostring(key))
        end
    end
    local map = not options or options.map ~= false
    local file, why = io.open(path, 'rb')
    local size = file and file:seek 'end'
    if not size then
        return nil, why or ("'%s': is no file that can be read"):format(path)
    end
    file:seek 'set'
    local start = file:read(4) or ''
    local result
    if start:sub(1, 2) == 'PK' then
        result, why = load_zip(path, file, size, map)
    else
        result, why = load_array(path, file, 0, size, map)
        why = why and ("'%s': %s"):format(path, why)
    end
    file:close()
    return result, why
end

-- --- writing ------------------------------------------------------------------------------------------------------

local function header_text(x)
    local code = CODES[x.dtype]
    if not code then
        raise('npz.save: %s has no name in NumPy; cast first, for example x:float()', x.dtype)
    end
    return npy._header(code, x.shape)
end

-- The members of a zip, stored; NumPy reads them, and so does every unzip. A member starts where its elements are
-- aligned, so that they can be mapped.
local function zip_pieces(state, names)
    local pieces, directory, at = {}, {}, 0
    local function put(text)
        pieces[#pieces + 1] = text
        at = at + #text
    end
    for _, name in ipairs(names) do
        local data = header_text(state[name]) .. state[name]:tobytes()
        local file = name .. '.npy'
        if at + #data > 0xfffffffe then
            raise("npz.save: the file would be larger than 4 GB; save some of the tensors elsewhere")
        end
        local pad = -(at + 30 + #file) % 64
        pad = pad > 0 and pad < 4 and pad + 64 or pad
        local extra = pad > 0 and '\255\255' .. bytes_of(pad - 4, 2) .. ('\0'):rep(pad - 4) or ''
        local common = '\20\0\0\0\0\0\0\0\33\0' .. bytes_of(tenmo.crc32(data), 4) .. bytes_of(#data, 4)
            .. bytes_of(#data, 4) .. bytes_of(#file, 2)
        directory[#directory + 1] = 'PK\1\2\20\0' .. common .. ('\0'):rep(12) .. bytes_of(at, 4) .. file
        put('PK\3\4' .. common .. bytes_of(#extra, 2) .. file .. extra)
        put(data)
    end
    local start = at
    for _, entry in ipairs(directory) do
        put(entry)
    end
    put('PK\5\6\0\0\0\0' .. bytes_of(#directory, 2):rep(2) .. bytes_of(at - start, 4) .. bytes_of(start, 4) .. '\0\0')
    return pieces
end

-- Writes a tensor as .npy, or a table of tensors by name as .npz. true, or nil and a message.
function npz.save(path, what)
    if type(path) ~= 'string' or not (tenmo.is_tensor(what) or type(what) == 'table') then
        raise('npz.save: expected a path and a tensor or a table of them, got %s and %s', type(path), type(what))
    end
    local pieces
    if tenmo.is_tensor(what) then
        pieces = { header_text(what), what:tobytes() }
    else
        local names = {}
        for name, x in pairs(what) do
            if type(name) ~= 'string' or not tenmo.is_tensor(x) then
                raise("npz.save: the table holds tensors by name; '%s' is a %s", tostring(name), type(x))
            end
            names[#names + 1] = name
        end
        table.sort(names)
        pieces = zip_pieces(what, names)
    end
    return files.write_whole(path, function(file)
        for _, piece in ipairs(pieces) do
            local good, why = file:write(piece)
            if not good then
                return nil, why
            end
        end
        return true
    end)
end

return npz
