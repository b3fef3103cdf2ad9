-- program.lua: runs tenmo-lua, as a person would, and reads what it says.

local ffi = require 'ffi'

ffi.cdef 'long readlink(const char *path, char *text, size_t n);'

local program = {}

-- The program that runs the specs; nil if that is another one.
function program.path()
    local text = ffi.new 'char[4096]'
    local n = tonumber(ffi.C.readlink('/proc/self/exe', text, 4096))
    local path = n > 0 and ffi.string(text, n)
    return path and path:find 'tenmo%-lua$' and path or nil
end

-- The folder that tenmo.so lies in, for LUA_CPATH; nil where it isn't built (with the sanitizers).
function program.module()
    local folder = (program.path() or ''):match '^(.*)/'
    local file = folder and io.open(folder .. '/tenmo.so')
    if file then
        file:close()
        return folder
    end
end

local function quote(word)
    return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- Nothing is downloaded, and what a person has downloaded isn't seen.
local AT_HOME = 'TENMO_OFFLINE=1 XDG_CACHE_HOME=/nonexistent'

-- run { 'script.lua', '--flag', input = 'typed text', env = 'NAME=value', cwd = folder }
-- returns what was printed (errors too) and the exit status.
function program.run(options)
    local words = {}
    for i, word in ipairs(options) do
        words[i] = quote(word)
    end
    local input = ''
    if options.input then
        local name = os.tmpname()
        local file = assert(io.open(name, 'w'))
        file:write(options.input)
        file:close()
        input = name
    end
    local pipe = io.popen(('cd %s && env %s env %s %s %s < %s 2>&1; echo "[$?]"'):format(
        quote(options.cwd or SPEC.root), AT_HOME, options.env or '', options.program or quote(program.path()),
        table.concat(words, ' '), input ~= '' and input or '/dev/null'))
    local text = pipe:read '*a'
    pipe:close()
    if input ~= '' then
        os.remove(input)
    end
    local output, status = text:match '^(.*)%[(%d+)%]\n$'
    return output, tonumber(status)
end

-- The whole text of a file.
function program.read(path)
    local file = assert(io.open(path))
    local text = file:read '*a'
    file:close()
    return text
end

-- A temporary file with this text; removed when the specs end.
function program.file(text, suffix)
    local name = os.tmpname()
    os.remove(name)
    name = name .. (suffix or '.lua')
    local file = assert(io.open(name, 'w'))
    file:write(text)
    file:close()
    return name
end

return program
