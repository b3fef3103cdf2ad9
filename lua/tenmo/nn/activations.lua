-- activations.lua: layers that are an op and its options: nn.LeakyReLU(0.1) or nn.LeakyReLU{ negative_slope = 0.1 }.
local Module = require 'tenmo.nn.module'
local check = require 'tenmo.options'
local expect = require 'tenmo.nn.expect'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local layers = {}

-- The options of a layer, given one by one in this order or as a table. known: an array of { name, types, preset }.
local function options_of(name, known, ...)
    local first, types = ..., {}
    for _, option in ipairs(known) do
        types[option[1]] = { option[2], option[3] }
    end
    if type(first) == 'table' and not tenmo.is_tensor(first) and (first[1] == nil or #known == 0) then
        return check(name, first, types)
    end
    local given = {}
    for i = 1, select('#', ...) do
        local option = known[i] or raise('%s: takes %d arguments, got %d', name, #known, select('#', ...))
        given[option[1]] = (select(i, ...))
    end
    return check(name, given, types)
end

-- A layer that calls tenmo[op] with the options that it was given.
local function layer(name, op, ...)
    local known, class, run = { ... }, Module:extend(name), nil
    class.passing = true -- see Sequential
    function class:init(...)
        local options = options_of(name, known, ...)
        self.options = next(options) and options
    end
    function class:forward(x)
        run = run or tenmo[op]
        if self.options then
            return (run(x, self.options))
        end
        return (run(x))
    end
    layers[name] = class
end

layer('ReLU', 'relu')
layer('ReLU6', 'relu6')
layer('LeakyReLU', 'leaky_relu', { 'negative_slope', 'number' })
layer('ELU', 'elu', { 'alpha', 'number' })
layer('SELU', 'selu')
layer('CELU', 'celu', { 'alpha', 'number' })
layer('GELU', 'gelu', { 'approximate', 'string' })
layer('SiLU', 'silu')
layer('Mish', 'mish')
layer('Sigmoid', 'sigmoid')
layer('LogSigmoid', 'logsigmoid')
layer('Tanh', 'tanh')
layer('Softplus', 'softplus', { 'beta', 'number' }, { 'threshold', 'number' })
layer('Softsign', 'softsign')
layer('Hardtanh', 'hardtanh', { 'min_val', 'number' }, { 'max_val', 'number' })
layer('Hardsigmoid', 'hardsigmoid')
layer('Hardswish', 'hardswish')
layer('Hardshrink', 'hardshrink', { 'lambd', 'number' })
layer('Softshrink', 'softshrink', { 'lambd', 'number' })
layer('Tanhshrink', 'tanhshrink')
layer('Threshold', 'threshold', { 'threshold', 'number' }, { 'value', 'number' })
layer('GLU', 'glu', { 'axis', 'number' })
layer('Softmax', 'softmax', { 'axis', 'number' })
layer('Softmin', 'softmin', { 'axis', 'number' })
layer('LogSoftmax', 'log_softmax', { 'axis', 'number' })

-- (N, C, H, W): over the channels of each pixel.
local Softmax2d = Module:extend 'Softmax2d'
Softmax2d.passing = true
function Softmax2d.forward(_, x)
    if not tenmo.is_tensor(x) or x:dim() ~= 3 and x:dim() ~= 4 then
        expect.another_input('Softmax2d', '(N, C, H, W) or (C, H, W)', x)
    end
    return x:softmax(-3)
end

-- nn.PReLU(channels = 1, init = 0.25): the slopes below 0 are trained, one for all or one for each channel.
local PReLU = Module:extend 'PReLU'
PReLU.passing = true
function PReLU:init(...)
    local o = options_of('PReLU', { { 'channels', 'number', 1 }, { 'init', 'number', 0.25 },
        { 'dtype', 'string', 'float32' } }, ...)
    self.weight = tenmo.full({ o.channels }, o.init, { dtype = o.dtype, requires_grad = true })
end
function PReLU:forward(x)
    return tenmo.prelu(x, self.weight)
end

local Identity = Module:extend 'Identity'
function Identity.forward(_, x)
    return x
end

-- nn.Flatten(first = 2, last = -1): (n, ...) becomes (n, width).
local Flatten = Module:extend 'Flatten'
Flatten.passing = true
function Flatten:init(...)
    local o = options_of('Flatten', { { 'first', 'number', 2 }, { 'last', 'number', -1 } }, ...)
    self.first, self.last = o.first, o.last
end
function Flatten:forward(x)
    if not tenmo.is_tensor(x) or x:dim() == 0 then
        expect.another_input('Flatten', '(N, ...)', x)
    end
    if self.first ~= 2 or self.last ~= -1 then
        return x:flatten(self.first, self.last)
    end
    local width = 1
    for axis = 2, x:dim() do
        width = width * x:size(axis)
    end
    return x:reshape(x:size(1), width)
end

-- nn.Unflatten(axis, sizes)
local Unflatten = Module:extend 'Unflatten'
Unflatten.passing = true
function Unflatten:init(axis, sizes)
    if type(axis) ~= 'number' or type(sizes) ~= 'table' then
        raise('Unflatten: expected an axis and a list of sizes, got %s and %s', type(axis), type(sizes))
    end
    self.axis, self.sizes = axis, sizes
end
function Unflatten:forward(x)
    return tenmo.unflatten(x, self.axis, self.sizes)
end

layers.Softmax2d, layers.PReLU, layers.Identity = Softmax2d, PReLU, Identity
layers.Flatten, layers.Unflatten = Flatten, Unflatten
return layers
