-- files.lua: the few things about files that Lua's io lacks. Failures return nil and a message.
local ffi = require 'ffi'

ffi.cdef [[
int open(const char *path, int flags, ...);
int close(int fd);
int fsync(int fd);
int fileno(void *file);
int flock(int fd, int operation);
int mkdir(const char *path, unsigned int mode);
int getpid(void);
char *strerror(int code);
]]

local O_RDONLY, O_RDWR, O_CREAT = 0, 2, 64 -- Linux
local LOCK_EX, LOCK_NB = 2, 4
local EEXIST = 17

local files = {}

local function failure(path)
    return nil, ("'%s': %s"):format(path, ffi.string(ffi.C.strerror(ffi.errno())))
end

function files.exists(path)
    local file = io.open(path, 'rb')
    if file then
        file:close()
    end
    return file ~= nil
end

-- The folder that a path lies in.
function files.folder(path)
    local folder = path:match '^(.*)/[^/]*$'
    return folder == '' and '/' or folder or '.'
end

-- path as one word for the shell
function files.quote(path)
    return "'" .. path:gsub("'", "'\\''") .. "'"
end

-- Makes a folder, and those above it.
function files.make_folder(path)
    local at = path:sub(1, 1) == '/' and '/' or ''
    for part in path:gmatch '[^/]+' do
        at = at .. part
        if ffi.C.mkdir(at, 493) ~= 0 and ffi.errno() ~= EEXIST then -- 0755
            return failure(at)
        end
        at = at .. '/'
    end
    return true
end

-- Everything written to the file (or, for a folder, its entries) is on the disk.
local function sync_folder(path)
    local fd = ffi.C.open(path, O_RDONLY)
    if fd >= 0 then
        ffi.C.fsync(fd)
        ffi.C.close(fd)
    end
end

-- Moves a finished file to its place, for good.
function files.move(from, to)
    local good, why = os.rename(from, to)
    if good then
        sync_folder(files.folder(to))
    end
    return good, why
end

-- Writes a file so that it's there whole or not at all: write(file) fills a temporary one beside it, which is
-- synced and renamed. Whatever goes wrong, what stood at path stays.
function files.write_whole(path, write)
    local temporary = ('%s.%d.new'):format(path, ffi.C.getpid())
    local file, why = io.open(temporary, 'wb')
    if not file then
        return nil, (why:gsub('%.%d+%.new', '', 1))
    end
    local called, good, message = pcall(write, file)
    if called and good then
        good, message = file:flush()
    end
    if called and good and ffi.C.fsync(ffi.C.fileno(file)) ~= 0 then
        good, message = failure(temporary)
    end
    file:close()
    if called and good then
        good, message = files.move(temporary, path)
    end
    if not called or not good then
        os.remove(temporary)
        if not called then
            error(good, 0)
        end
        return nil, message
    end
    return true
end

-- Waits until no other process holds this lock, then holds it; waiting() is called first if there is a wait.
-- Returns a function that lets it go; so does the end of the process.
function files.lock(path, waiting)
    local fd = ffi.C.open(path, O_RDWR + O_CREAT, ffi.cast('int', 420)) -- 0644
    if fd < 0 then
        return failure(path)
    end
    if ffi.C.flock(fd, LOCK_EX + LOCK_NB) ~= 0 then
        waiting()
        if ffi.C.flock(fd, LOCK_EX) ~= 0 then
            local _, why = failure(path)
            ffi.C.close(fd)
            return nil, why
        end
    end
    return function()
        ffi.C.close(fd)
    end
end

return files
