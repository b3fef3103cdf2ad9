-- linear.lua: y = x W^T + b, with the weight as (out, in).
local Module = require 'tenmo.nn.module'
local check = require 'tenmo.options'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local Linear = Module:extend 'Linear'
Linear.passing = true -- see Sequential

-- nn.Linear(inputs, outputs, { bias = true, init = 'kaiming_normal', dtype = 'float32' })
-- init is the name of a function of nn.init without its "_", or a function that is given the weight.
-- Kaiming (normal, the gain of a ReLU) is the default; a bias starts at 0.
function Linear:init(inputs, outputs, options)
    if type(inputs) ~= 'number' or type(outputs) ~= 'number' then
        raise('Linear: expected the numbers of inputs and outputs, got %s and %s', type(inputs), type(outputs))
    end
    options = check('Linear', options, { bias = { 'boolean', true }, init = { 'string/function', 'kaiming_normal' },
        dtype = { 'string', 'float32' } })
    self.inputs, self.outputs = inputs, outputs
    local create = { dtype = options.dtype, requires_grad = true }
    self.weight = tenmo.zeros(outputs, inputs, create)
    if options.bias then
        self.bias = tenmo.zeros(outputs, create)
    end
    local fill = options.init
    if type(fill) == 'string' then
        fill = tenmo.nn.init[fill .. '_'] or raise("Linear: nn.init has no '%s_'", fill)
    end
    fill(self.weight)
end

-- Is x as wide as this layer expects? If not, say which layer it is.
function Linear:check(x)
    if not tenmo.is_tensor(x) then
        raise('Linear: expected a tensor, got %s', type(x))
    end
    if x:dim() == 0 or x:size(-1) ~= self.inputs then
        local place = rawget(self, '_place')
        raise("Linear(%d, %d)%s: expected an input (..., %d), got %s", self.inputs, self.outputs,
            place and (", layer '%s'"):format(place) or '', self.inputs, shape_text(x.shape))
    end
end

function Linear:forward(x)
    self:check(x)
    return tenmo.linear(x, self.weight, self.bias)
end

-- relu(forward(x)) in one pass.
function Linear:forward_relu(x)
    self:check(x)
    return tenmo.linear(x, self.weight, self.bias, true)
end

return Linear
