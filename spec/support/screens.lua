-- screens.lua: typical screens, kept in spec/screens and looked at by people; TENMO_SCREENS=write writes them anew.
--
--     same_screen('a_value', t)             what a pseudo-terminal (pty.lua) shows
--     same_screen('spiral', text, 20)       a text; so many characters may differ (other processors, other last bits)

local assert = require 'luassert'

-- Versions, times, paths and byte counts of the cache may differ.
local function masked(text)
    return text:gsub('tenmo%-lua %d[%d.]*, LuaJIT [^;]*', 'tenmo-lua VERSION, LuaJIT VERSION')
        :gsub('/tmp/lua_%w+%.lua', 'script.lua')
        :gsub('weights [%d.e-]+ after', 'weights BITS after')
        :gsub('live .- collections', 'live BYTES, cached BYTES, peak BYTES, limit none; N collections')
        :gsub('127%.0%.0%.1:%d+', '127.0.0.1:PORT')
end

local function differences(a, b)
    local n = math.abs(#a - #b)
    for i = 1, math.min(#a, #b) do
        n = n + (a:byte(i) ~= b:byte(i) and 1 or 0)
    end
    return n
end

return function(name, shown, allowed)
    local path = SPEC.root .. 'spec/screens/' .. name .. '.txt'
    local text = masked(type(shown) == 'string' and shown or shown:screen()) .. '\n'
    if os.getenv 'TENMO_SCREENS' == 'write' then
        local file = assert(io.open(path, 'w'))
        file:write(text)
        file:close()
    end
    local file = assert(io.open(path))
    local kept = file:read '*a'
    file:close()
    if allowed then
        assert.is_true(differences(kept, text) <= allowed, text)
    else
        assert.equal(kept, text)
    end
end
