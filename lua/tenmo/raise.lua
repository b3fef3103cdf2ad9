-- raise.lua: errors of the Lua part carry the line of the person's script, as the engine's do.
--
--     raise('mm: expected two matrices, got %s', shape)

-- The folder of this file, as it stands in the sources of the library's own functions.
local library = debug.getinfo(1, 'S').source:match('^(.*)raise%.lua$')

-- "script.lua:31: ", the position of the innermost frame outside the library; "" when there is none.
local function position()
    for level = 3, 250 do
        local frame = debug.getinfo(level, 'Sl')
        if not frame then
            break
        end
        if frame.currentline > 0 and frame.source:sub(1, #library) ~= library then
            return ('%s:%d: '):format(frame.short_src, frame.currentline)
        end
    end
    return ''
end

return function(message, ...)
    if select('#', ...) > 0 then
        message = message:format(...)
    end
    error(position() .. message, 0)
end
