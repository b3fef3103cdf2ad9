-- family.lua: the layers of a file, which pass one tensor on (see Sequential), by their names.
--
--     local layers, new = family()
--     local MaxPool2d = new 'MaxPool2d'
local Module = require 'tenmo.nn.module'

return function()
    local layers = {}
    return layers, function(name)
        local class = Module:extend(name)
        class.passing = true
        layers[name] = class
        return class
    end
end
