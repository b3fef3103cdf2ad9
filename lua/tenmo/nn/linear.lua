-- linear.lua: y = x W^T + b, with the weight as (out, in).
local Module = require 'tenmo.nn.module'
local check = require 'tenmo.options'
local expect = require 'tenmo.nn.expect'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'
local weights = require 'tenmo.nn.weights'

local Linear = Module:extend 'Linear'
Linear.passing = true -- see Sequential

-- nn.Linear(inputs, outputs, { bias = true, init = 'kaiming_normal', dtype = 'float32' })
function Linear:init(inputs, outputs, options)
    if type(inputs) ~= 'number' or type(outputs) ~= 'number' then
        raise('Linear: expected the numbers of inputs and outputs, got %s and %s', type(inputs), type(outputs))
    end
    self.inputs, self.outputs = inputs, outputs
    weights.add(self, { outputs, inputs }, outputs, check('Linear', options, weights.OPTIONS))
end

-- Is x as wide as this layer expects? If not, say which layer it is.
function Linear:check(x)
    if not tenmo.is_tensor(x) or x:dim() == 0 or x:size(-1) ~= self.inputs then
        local place = rawget(self, '_place')
        expect.another_input(('Linear(%d, %d)%s'):format(self.inputs, self.outputs,
            place and (", layer '%s'"):format(place) or ''), ('(..., %d)'):format(self.inputs), x)
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
