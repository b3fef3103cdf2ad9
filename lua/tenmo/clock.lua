-- clock.lua: tenmo.clock() is the time in seconds since some fixed moment. It never jumps, and unlike
-- os.clock it doesn't add up the time of several threads.
local ffi = require 'ffi'

-- The struct has no name, so that this file may be loaded twice.
ffi.cdef 'int clock_gettime(int clock, void *now);'

local MONOTONIC = 1
local now = ffi.new 'struct { long seconds, nanoseconds; }'

return function()
    ffi.C.clock_gettime(MONOTONIC, now)
    return tonumber(now.seconds) + tonumber(now.nanoseconds) * 1e-9
end
