-- weights.lua: the weight and the bias of a layer, with their first values.
local tenmo = require 'tenmo'

local weights = {}

-- What a layer's options may say of them. init is the name of a function of nn.init without its "_", or a function
-- that is given the weight. Kaiming (normal, the gain of a ReLU) is the default; a bias starts at 0.
weights.OPTIONS = { bias = { 'boolean', true }, init = { 'string/function', 'kaiming_normal' },
    dtype = { 'string', 'float32' } }

-- Puts a weight of this shape into the layer, and one number for each output as its bias.
function weights.add(layer, shape, outputs, options)
    local create = { dtype = options.dtype, requires_grad = true }
    layer.weight = tenmo.zeros(shape, create)
    if options.bias then
        layer.bias = tenmo.zeros(outputs, create)
    end
    local fill = options.init
    if type(fill) == 'string' then
        fill = tenmo.nn.init[fill .. '_']
    end
    fill(layer.weight)
end

return weights
