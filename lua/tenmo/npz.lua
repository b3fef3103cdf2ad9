-- npz.lua: NumPy's files of any kind: .npy holds one tensor, .npz (a zip of them) several by name. npy.lua has what is
-- made for long lists of ids; npy/header.lua and npz/zip.lua read and write the formats.
--
--     local x = assert(tenmo.npz.load 'x.npy')           mapped: bytes are read when they are first looked at
--     local all = assert(tenmo.npz.load 'all.npz')       a table by name
--     assert(tenmo.npz.save('x.npy', x))                 assert(tenmo.npz.save('all.npz', { x = x, y = y }))
--
-- What is wrong with a file comes back as nil and a message.
local bit = require 'bit'
local check = require 'tenmo.options'
local ffi = require 'ffi'
local files = require 'tenmo.files'
local header = require 'tenmo.npy.header'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'
local zip = require 'tenmo.npz.zip'

local npz = {}

local C_TYPES = { int32 = 'int32_t', int64 = 'int64_t' }

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

local function from_text(h, text)
    local kind = h.kind
    if h.swap and kind[2] > 1 then
        text = swapped(text, kind[2])
    end
    if kind[3] then
        text = widened(text, kind)
    end
    return header.arranged(h, function(shape)
        return tenmo.from_bytes(text, shape, kind[1])
    end)
end

-- --- reading ------------------------------------------------------------------------------------------------------

-- The array that starts at byte `start` of an open file and ends before `limit`. What follows it is another's: NumPy
-- writes several into one file.
local function load_array(path, file, start, limit, map)
    file:seek('set', start)
    local h, why = header.read(file:read(math.min(limit - start, header.LONGEST)) or '')
    if not h then
        return nil, why
    end
    local found, at = limit - start - h.at, start + h.at
    if found < h.bytes then
        return nil, header.check_length(h, found)
    end
    local x = map and header.can_map(h, at) and header.arranged(h, function(shape)
        return (tenmo.map_file(path, shape, h.kind[1], at))
    end)
    if x then
        return x
    end
    file:seek('set', at)
    local text = h.bytes > 0 and file:read(h.bytes) or ''
    if not text or #text < h.bytes then
        return nil, 'ends inside its elements'
    end
    return from_text(h, text)
end

local function load_deflated(file, entry, start)
    file:seek('set', start)
    local text = tenmo.inflate(file:read(entry.packed) or '', entry.size)
    if not text then
        return nil, 'is damaged: its deflated bytes make no sense'
    elseif tenmo.crc32(text) ~= entry.crc then
        return nil, 'is damaged: its checksum is another'
    end
    local h, why = header.read(text)
    if not h then
        return nil, why
    elseif #text - h.at < h.bytes then
        return nil, header.check_length(h, #text - h.at)
    end
    return from_text(h, text:sub(h.at + 1, h.at + h.bytes))
end

local function load_member(path, file, entry, size, map)
    local start = zip.start_of(file, entry, size)
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
    local entries, why = zip.directory(file, size)
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
    local map = check('npz.load', options, { map = { 'boolean', true } }).map
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

local function header_of(x)
    local code = header.code_of(x.dtype)
    if not code then
        raise('npz.save: %s has no name in NumPy; cast first, for example x:float()', x.dtype)
    end
    return header.write(code, x.shape)
end

-- The members of an archive, in the order of their names.
local function members_of(state)
    local names, members = {}, {}
    for name, x in pairs(state) do
        if type(name) ~= 'string' or not tenmo.is_tensor(x) then
            raise("npz.save: the table holds tensors by name; '%s' is a %s", tostring(name), type(x))
        end
        names[#names + 1] = name
    end
    table.sort(names)
    for i, name in ipairs(names) do
        members[i] = { name .. '.npy', header_of(state[name]) .. state[name]:tobytes() }
    end
    return members
end

-- Writes a tensor as .npy, or a table of tensors by name as .npz. true, or nil and a message.
function npz.save(path, what)
    if type(path) ~= 'string' or not (tenmo.is_tensor(what) or type(what) == 'table') then
        raise('npz.save: expected a path and a tensor or a table of them, got %s and %s', type(path), type(what))
    end
    local pieces = tenmo.is_tensor(what) and { header_of(what), what:tobytes() } or zip.pieces(members_of(what))
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
