-- zip.lua: archives of stored members, as NumPy's .npz are: their directory read, and archives written.
local header = require 'tenmo.npy.header'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local number = header.number
local zip = {}

local function bytes_of(value, n)
    local list = {}
    for i = 1, n do
        list[i] = string.char(value % 256)
        value = math.floor(value / 256)
    end
    return table.concat(list)
end

-- --- reading ------------------------------------------------------------------------------------------------------

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

-- The members: { name =, method =, flags =, crc =, packed =, size =, offset = }; or nil and what is wrong.
function zip.directory(file, size)
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
function zip.start_of(file, entry, size)
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

-- --- writing ------------------------------------------------------------------------------------------------------

-- What an archive of these members, { name, bytes } each, consists of. A member's bytes start at a multiple of 64, so
-- that they can be mapped.
function zip.pieces(members)
    if #members >= 0xffff then
        raise('npz.save: %d tensors are too many for one file', #members)
    end
    local pieces, directory, at = {}, {}, 0
    local function put(text)
        pieces[#pieces + 1] = text
        at = at + #text
    end
    for _, member in ipairs(members) do
        local file, data = unpack(member)
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

return zip
