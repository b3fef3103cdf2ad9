-- sequential.lua: layers one after another.
--
--     local model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
--     model[1].weight, #model
local Linear = require 'tenmo.nn.linear'
local Module = require 'tenmo.nn.module'
local raise = require 'tenmo.raise'
local ReLU = require 'tenmo.nn.activations'.ReLU

local Sequential = Module:extend 'Sequential'

function Sequential:init(...)
    for position = 1, select('#', ...) do
        local layer = select(position, ...)
        if not Module.is_module(layer) then
            raise('Sequential: argument %d: expected a module, got %s', position, type(layer))
        end
        self[position] = layer
    end
end

-- A Linear and the ReLU after it run as one op, with the same result.
local function fuses(layer, following)
    return getmetatable(layer) == Linear and following and getmetatable(following) == ReLU
        and rawget(layer, 'forward') == nil and rawget(following, 'forward') == nil
end

function Sequential:forward(x)
    local position = 1
    while position <= #self do
        local layer, following = self[position], self[position + 1]
        if fuses(layer, following) then
            x = layer:forward_relu(x)
            position = position + 2
        else
            x = layer(x)
            position = position + 1
        end
    end
    return x
end

return Sequential
