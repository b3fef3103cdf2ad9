-- write.lua: writes the reference page and the annotations for editors anew, from what help knows.
--
--     tenmo-lua lua/docs/write.lua
local tenmo = require 'tenmo'
local reference = require 'tenmo.reference'

local folder = tenmo.paths.lua .. '/docs/'
for name, text in pairs { ['reference.md'] = reference.page(), ['library/tenmo.lua'] = reference.annotations() } do
    local file = assert(io.open(folder .. name, 'w'))
    assert(file:write(text))
    assert(file:close())
    print('wrote ' .. folder .. name)
end
