-- clock.lua: tenmo.clock() is the time in seconds since some fixed moment. It never jumps, and unlike
-- os.clock it doesn't add up the time of several threads.
local ffi = require 'ffi'

ffi.cdef [[
struct tenmo_timespec { long seconds, nanoseconds; };
int clock_gettime(int clock, struct tenmo_timespec *now);
]]

local MONOTONIC = 1
local now = ffi.new('struct tenmo_timespec')

return function()
    ffi.C.clock_gettime(MONOTONIC, now)
    return tonumber(now.seconds) + tonumber(now.nanoseconds) * 1e-9
end
