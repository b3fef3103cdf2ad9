-- npy.lua: tensors in NumPy's files, one array each: written whole or piece by piece, read by mapping them.
--
--     tenmo.npy.save('ids.npy', ids)
--     local file = assert(tenmo.npy.writer('ids.npy', 'int32'))     for more ids than memory holds
--     file:add(ids) ... assert(file:close())
--     local ids = assert(tenmo.npy.map 'ids.npy')
--
-- A mapped tensor's bytes are read when an op needs them; writing in place changes memory alone. A file that becomes
-- shorter while it is mapped is an error of the next op that reads it (core/map.c). numpy.load reads the same files.
local ffi = require 'ffi'
local files = require 'tenmo.files'
local header = require 'tenmo.npy.header'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local KEPT = { uint8 = true, int32 = true, int64 = true, float32 = true, float64 = true }

assert(ffi.abi 'le', 'npy: written for little-endian machines')

local npy = {}

local function check_path(path, who)
    if type(path) ~= 'string' then
        raise('%s: expected a path, got %s', who, type(path))
    end
end

-- The header of a file that has just this array, or nil and what is wrong.
local function read_header(file, size)
    local h, why = header.read(file:read(header.LONGEST) or '')
    why = h and header.check_length(h, size - h.at) or why
    if not why and not header.can_map(h, h.at) then
        why = ("has elements of type '%s', which are converted first: npz.load reads them"):format(h.code)
    end
    return not why and h or nil, why
end

-- The tensor in a file, whose bytes stay there; nil and a message if the file can't be mapped.
function npy.map(path)
    check_path(path, 'map')
    local file, why = io.open(path, 'rb')
    local size = file and file:seek 'end'
    if not size or size == math.huge then
        return nil, why or ("'%s': is no file that can be read"):format(path)
    end
    file:seek 'set'
    local h, wrong = read_header(file, size)
    file:close()
    if not h then
        return nil, ("'%s' %s"):format(path, wrong)
    end
    return header.arranged(h, function(shape)
        return tenmo.map_file(path, shape, h.kind[1], h.at)
    end)
end

local function check_dtype(dtype, who)
    if not KEPT[dtype] then
        raise('%s: a .npy file of tenmo holds uint8, int32, int64, float32 or float64, not %s', who, tostring(dtype))
    end
end

-- Writes x to a file that is there whole or not at all; true, or nil and a message.
function npy.save(path, x)
    check_path(path, 'save')
    if not tenmo.is_tensor(x) then
        raise("save: argument 2 ('x') expects a tensor, got a %s", type(x))
    end
    check_dtype(x.dtype, 'save')
    return files.write_whole(path, function(file)
        return file:write(header.write(header.code_of(x.dtype), x.shape), x:tobytes())
    end)
end

local Writer = {}
Writer.__index = Writer

-- Adds the elements of a tensor of one axis, converted to the file's dtype.
function Writer:add(x)
    if not self.file then
        raise 'add: this file was closed'
    elseif not tenmo.is_tensor(x) or x:dim() ~= 1 then
        raise("add: expects a tensor of one axis, got %s", tenmo.is_tensor(x) and x:dim() .. ' axes' or 'a ' .. type(x))
    end
    local good, why = self.file:write(x:to(self.dtype):tobytes())
    self.why = self.why or not good and why or nil
    self.n = self.n + x:numel()
    return good and self, why
end

-- Puts the file in its place; how many elements it has, or nil and a message.
function Writer:close()
    local file, why = self.file, self.why
    self.file = nil
    if not file then
        raise 'close: this file was closed before'
    end
    local good = not why
    if good then
        file:seek('set', 0)
        good, why = file:write(header.write(header.code_of(self.dtype), { self.n }))
    end
    if good then
        good, why = file:flush()
    end
    if good and ffi.C.fsync(ffi.C.fileno(file)) ~= 0 then
        good, why = nil, ("'%s' can't be written to the disk"):format(self.path)
    end
    file:close()
    if good then
        good, why = files.move(self.temporary, self.path)
    end
    if not good then
        os.remove(self.temporary)
        return nil, why
    end
    return self.n
end

-- A file of one axis that grows by add(x); it is in its place when close() says so.
function npy.writer(path, dtype)
    check_path(path, 'writer')
    dtype = dtype or 'int32'
    check_dtype(dtype, 'writer')
    local temporary = ('%s.%d.new'):format(path, ffi.C.getpid())
    local file, why = io.open(temporary, 'wb')
    if not file then
        return nil, why
    end
    file:write(header.write(header.code_of(dtype), { 0 }))
    return setmetatable({ file = file, path = path, temporary = temporary, dtype = dtype, n = 0 }, Writer)
end

npy.methods = Writer

return npy
