-- sequential.lua: layers one after another.
--
--     local model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
--     model[1].weight, #model
local Module = require 'tenmo.nn.module'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'
local ReLU = require 'tenmo.nn.activations'.ReLU

local Sequential = Module:extend 'Sequential'

function Sequential:init(...)
    for position = 1, select('#', ...) do
        local layer = select(position, ...)
        if not Module.is_module(layer) then
            local list = type(layer) == 'table' and Module.is_module(layer[1])
            local class = type(layer) == 'table' and rawget(layer, '_is_module')
            raise('Sequential: argument %d: expected a module, got %s', position,
                class and ('the class %s; write nn.%s()'):format(layer.name, layer.name)
                    or list and 'a list of them; write nn.Sequential(unpack(list))' or type(layer))
        end
        self[position] = layer
    end
end

-- A Linear or a convolution and the ReLU after it run as one op, with the same result.
local function fuses(layer, following)
    return rawget(getmetatable(layer), 'forward_relu') and following and getmetatable(following) == ReLU
        and rawget(layer, 'forward') == nil and rawget(following, 'forward') == nil
end

-- Layers of ours that hold on to neither what they are given nor what they return.
local function is_passing(layer)
    return rawget(getmetatable(layer), 'passing') and rawget(layer, 'forward') == nil
end

-- What one passing layer hands to the next is seen by nobody else: it is released at once, so that its memory is
-- free when the step needs it again. (What backward needs of it the tape keeps.)
function Sequential:forward(x)
    local position, handed_on = 1, false
    while position <= #self do
        local layer, following = self[position], self[position + 1]
        local fused = fuses(layer, following)
        local y
        if fused then
            y = Module.watch and Module.watch(layer, 'forward_relu', x) or layer:forward_relu(x)
        else
            y = layer(x)
        end
        local passing = is_passing(layer)
        if handed_on and passing and y ~= x then
            tenmo.release(x)
        end
        x, handed_on = y, passing and y ~= x
        position = position + (fused and 2 or 1)
    end
    return x
end

return Sequential
