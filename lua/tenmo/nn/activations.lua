-- activations.lua: layers without weights.
local Module = require 'tenmo.nn.module'
local tenmo = require 'tenmo'

local function layer(name, forward)
    local class = Module:extend(name)
    class.passing = true -- see Sequential
    function class.forward(_, x)
        return forward(x)
    end
    return class
end

return {
    ReLU = layer('ReLU', tenmo.relu),
    Sigmoid = layer('Sigmoid', tenmo.sigmoid),
    Tanh = layer('Tanh', tenmo.tanh),
    -- (n, ...) becomes (n, width): all axes but the first in one.
    Flatten = layer('Flatten', function(x)
        local width = 1
        for axis = 2, x:dim() do
            width = width * x:size(axis)
        end
        return x:reshape(x:size(1), width)
    end),
}
