-- terminal.lua: what is known about the terminal that a program writes to.
--
--     terminal.lively(2)   may lines be redrawn, on standard error? Not on a dumb terminal or under NO_COLOR
--     terminal.colour(1)   may colours be used, on standard output?
--     terminal.width(1)    columns; 80 where nobody knows
--     terminal.utf8()      does the language setting say UTF-8?
local ffi = require 'ffi'

ffi.cdef [[
int isatty(int fd);
int ioctl(int fd, unsigned long request, ...);
]]

local TIOCGWINSZ = 0x5413 -- Linux on x86 and ARM

local terminal = {}

local function set(name)
    local value = os.getenv(name)
    return value and value ~= '' and value
end

function terminal.lively(fd)
    return ffi.C.isatty(fd) == 1 and not set 'NO_COLOR' and os.getenv 'TERM' ~= 'dumb'
end

terminal.colour = terminal.lively

function terminal.width(fd)
    local size = ffi.new 'struct { unsigned short rows, columns, x, y; }' -- no name: specs load this file twice
    if ffi.C.ioctl(fd, TIOCGWINSZ, size) == 0 and size.columns > 0 then
        return size.columns
    end
    return tonumber(set 'COLUMNS') or 80
end

function terminal.utf8()
    local language = set 'LC_ALL' or set 'LC_CTYPE' or set 'LANG' or ''
    return language:upper():find 'UTF%-?8' ~= nil
end

return terminal
