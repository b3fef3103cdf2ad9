-- safetensors.lua: tensors by name in one file, the format in which most published weights come
-- (https://github.com/huggingface/safetensors):
--
--     8 bytes    the length of the header, little-endian
--     header     JSON: { "name": { "dtype": "F32", "shape": [2, 3], "data_offsets": [first, behind] }, ...
--                "__metadata__": { "key": "text" } }
--     data       the tensors' elements, little-endian, row-major, without gaps
--
--     assert(tenmo.safetensors.save('model.safetensors', { weight = w, bias = b }, { epoch = '3' }))
--     local state, metadata = assert(tenmo.safetensors.load 'model.safetensors')
--
-- Saving writes a temporary file, which is synced and renamed: what stood there before stays until the new file is
-- whole. Loading never runs anything. It compares all that the header claims with the file before it asks for
-- memory; a file that is missing, damaged, cut or malicious gives nil and a message.
local files = require 'tenmo.files'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local LONGEST_HEADER = 100e6 -- bytes; the published reader's limit too
local MOST_AXES = 8
local KINDS = {
    float64 = { 'F64', 8 }, int64 = { 'I64', 8 }, float32 = { 'F32', 4 }, int32 = { 'I32', 4 },
    uint8 = { 'U8', 1 }, bool = { 'BOOL', 1 }, float16 = { 'F16', 2 }, bfloat16 = { 'BF16', 2 },
}
local DTYPES = {}
for dtype, kind in pairs(KINDS) do
    DTYPES[kind[1]] = dtype
end

local safetensors = {}

local function json()
    local found, library = pcall(require, 'dkjson')
    if not found then
        error('safetensors: needs the JSON library dkjson (Debian and Ubuntu: apt install lua-dkjson)', 0)
    end
    return library
end

-- --- saving ----------------------------------------------------------------------------------------------

local function little_endian(n)
    local bytes = {}
    for i = 1, 8 do
        bytes[i] = string.char(n % 256)
        n = math.floor(n / 256)
    end
    return table.concat(bytes)
end

-- Names, elements of many bytes first so that all data is aligned, then by name.
local function ordered(state)
    local names = {}
    for name, x in pairs(state) do
        if type(name) ~= 'string' or name == '__metadata__' then
            raise("safetensors.save: '%s' can't be the name of a tensor", tostring(name))
        elseif not tenmo.is_tensor(x) then
            raise("safetensors.save: '%s': expected a tensor, got %s", name, type(x))
        elseif not KINDS[x.dtype] then
            raise("safetensors.save: '%s': %s can't be saved", name, x.dtype)
        end
        names[#names + 1] = name
    end
    table.sort(names, function(a, b)
        local sizes = { KINDS[state[a].dtype][2], KINDS[state[b].dtype][2] }
        if sizes[1] ~= sizes[2] then
            return sizes[1] > sizes[2]
        end
        return a < b
    end)
    return names
end

local function header_of(state, names, metadata)
    local library = json()
    local header, at = {}, 0
    if metadata and next(metadata) ~= nil then
        for key, value in pairs(metadata) do
            if type(key) ~= 'string' or type(value) ~= 'string' then
                raise("safetensors.save: metadata is text by name; '%s' is a %s", tostring(key), type(value))
            end
        end
        header.__metadata__ = metadata
    end
    for _, name in ipairs(names) do
        local x = state[name]
        local kind, bytes = KINDS[x.dtype][1], x:numel() * KINDS[x.dtype][2]
        header[name] = {
            dtype = kind,
            shape = setmetatable(x.shape, { __jsontype = 'array' }),
            data_offsets = { at, at + bytes },
        }
        at = at + bytes
    end
    local text = library.encode(setmetatable(header, { __jsontype = 'object' }),
        { keyorder = { '__metadata__', 'dtype', 'shape', 'data_offsets', unpack(names, 1, math.min(#names, 4000)) } })
    return text .. (' '):rep(-#text % 8)
end

-- Writes the tensors of a table by name; metadata, if any, is a table of texts by name. true, or nil and a message.
function safetensors.save(path, state, metadata)
    if type(path) ~= 'string' or type(state) ~= 'table' then
        raise('safetensors.save: expected a path and a table of tensors, got %s and %s', type(path), type(state))
    end
    local names = ordered(state)
    local header = header_of(state, names, metadata)
    return files.write_whole(path, function(file)
        local good, why = file:write(little_endian(#header), header)
        for _, name in ipairs(names) do
            if not good then
                break
            end
            good, why = file:write(state[name]:tobytes())
        end
        return good, why
    end)
end

-- --- loading ---------------------------------------------------------------------------------------------

local function whole(value, limit)
    return type(value) == 'number' and value >= 0 and value <= limit and value % 1 == 0
end

-- The header's text and where the data starts, or nil and what is wrong.
local function read_header(file, size)
    local bytes = file:read(8)
    if not bytes or #bytes < 8 then
        return nil, ('has %d bytes; a safetensors file has at least 8'):format(size)
    end
    local length = 0
    for i = 8, 1, -1 do
        length = length * 256 + bytes:byte(i)
    end
    if length > LONGEST_HEADER or 8 + length > size then
        return nil, ('claims a header of %.0f bytes; the file has %d'):format(length, size)
    end
    local text = length > 0 and file:read(length) or ''
    if not text or #text < length then
        return nil, 'ends inside its header'
    end
    return text, 8 + length
end

-- An entry of the header as { name =, dtype =, shape =, first =, bytes = }, or nil and what is wrong.
local function entry_of(name, claim, room)
    local function wrong(what)
        return nil, ("'%s' %s"):format(name, what)
    end
    if type(claim) ~= 'table' then
        return wrong 'is no tensor'
    end
    local dtype, shape, offsets = DTYPES[claim.dtype], claim.shape, claim.data_offsets
    if not dtype then
        return wrong(('has the dtype %s; known are F64 F32 I64 I32 U8 BOOL'):format(tostring(claim.dtype)))
    end
    if type(shape) ~= 'table' or #shape > MOST_AXES then
        return wrong 'has no shape, or more axes than a tensor can have'
    end
    local bytes = KINDS[dtype][2]
    for i, n in ipairs(shape) do
        if not whole(n, 2 ^ 53) then
            return wrong(('has an impossible size on axis %d'):format(i))
        end
        bytes = bytes * n
    end
    if type(offsets) ~= 'table' or not whole(offsets[1], room) or not whole(offsets[2], room)
        or offsets[2] - offsets[1] ~= bytes then
        return wrong "has data offsets that don't fit its shape and the file"
    end
    local sizes = { unpack(shape) }
    return { name = name, dtype = dtype, shape = sizes, first = offsets[1], bytes = bytes }
end

-- The tensors of a header in the order of their data, and the metadata; or nil and what is wrong.
local function entries_of(text, room)
    local library = json()
    local parsed, header, _, why = pcall(library.decode, text, 1, nil, nil, nil)
    if not parsed or type(header) ~= 'table' or text:sub(1, 1) ~= '{' then
        return nil, ('has a header that is no JSON object (%s)'):format(tostring(parsed and (why or type(header))
            or 'nested too deeply'))
    end
    local metadata, entries = header.__metadata__, {}
    header.__metadata__ = nil
    if metadata ~= nil and type(metadata) ~= 'table' then
        return nil, 'has metadata that is no table'
    end
    for name, claim in pairs(header) do
        local entry, wrong = entry_of(tostring(name), claim, room)
        if not entry then
            return nil, wrong
        end
        entries[#entries + 1] = entry
    end
    table.sort(entries, function(a, b)
        return a.first < b.first or (a.first == b.first and a.bytes < b.bytes)
    end)
    local at = 0
    for _, entry in ipairs(entries) do
        if entry.first ~= at then
            return nil, ("has a gap or an overlap before '%s'"):format(entry.name)
        end
        at = at + entry.bytes
    end
    if at ~= room then
        return nil, ('has %.0f bytes of data, but its header names %.0f'):format(room, at)
    end
    return entries, metadata or {}
end

local function read(file)
    local size = file:seek 'end'
    if not size or size == math.huge or size >= 2 ^ 53 then
        return nil, 'is not a regular file'
    end
    file:seek 'set'
    local text, start = read_header(file, size)
    if not text then
        return nil, start
    end
    local entries, metadata = entries_of(text, size - start)
    if not entries then
        return nil, metadata
    end
    local state = {}
    for _, entry in ipairs(entries) do
        local bytes = entry.bytes > 0 and file:read(entry.bytes) or ''
        if not bytes or #bytes < entry.bytes then
            return nil, 'changed while it was read'
        end
        state[entry.name] = tenmo.from_bytes(bytes, entry.shape, entry.dtype)
    end
    return state, metadata
end

-- A table of tensors by name and the table of metadata, or nil and a message.
function safetensors.load(path)
    if type(path) ~= 'string' then
        raise('safetensors.load: expected a path, got %s', type(path))
    end
    local file, why = io.open(path, 'rb')
    if not file then
        return nil, why
    end
    local state, second = read(file)
    file:close()
    if not state then
        return nil, ('%s: %s'):format(path, second)
    end
    return state, second
end

return safetensors
