-- convolution.lua: windows that move over the last axes of a batch, as layers: nn.Conv1d, nn.Conv2d, nn.Conv3d, and run
-- backwards nn.ConvTranspose1d, 2d, 3d.
local Module = require 'tenmo.nn.module'
local check = require 'tenmo.options'
local expect = require 'tenmo.nn.expect'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'
local weights = require 'tenmo.nn.weights'

-- stride = 1, padding = 0, dilation = 1: numbers for all axes, or lists.
local OPTIONS = { stride = { 'number/table', 1 }, padding = { 'number/table/string', 0 },
    dilation = { 'number/table', 1 }, groups = { 'number', 1 } }
for name, kind in pairs(weights.OPTIONS) do
    OPTIONS[name] = kind
end

-- A number for all axes, or a list of one for each, from `least` on.
local function each_axis(name, option, value, axes, least)
    local list, fits = {}, type(value) ~= 'table' or #value == axes
    for d = 1, axes do
        list[d] = type(value) == 'table' and value[d] or value
        fits = fits and type(list[d]) == 'number' and list[d] % 1 == 0 and list[d] >= least
    end
    if not fits then
        raise('%s: %s is a whole number from %d on, or a list of %d; got %s', name, option, least, axes,
            type(value) == 'table' and ('a list of %d'):format(#value) or tostring(value))
    end
    return list
end

-- Numbers, or the word 'same' or 'valid'; a transposed convolution knows no words.
local function padding_of(name, axes, padding, stride, transposed)
    if type(padding) ~= 'string' or transposed then
        return each_axis(name, 'padding', padding, axes, 0)
    elseif padding ~= 'same' and padding ~= 'valid' then
        raise("%s: padding is a number, a list of %d, 'same' or 'valid'; got '%s'", name, axes, padding)
    end
    for d = 1, padding == 'same' and axes or 0 do
        if stride[d] ~= 1 then
            raise("%s: padding = 'same' keeps the size, which a stride of %s can't", name, stride[d])
        end
    end
    return padding
end

-- The options of the layer's op; and its size, for each axis.
local function settings(name, axes, inputs, outputs, size, options)
    expect.count(name, 'the number of channels in', inputs)
    expect.count(name, 'the number of channels out', outputs)
    local groups = expect.count(name, 'groups', options.groups)
    if inputs % groups ~= 0 or outputs % groups ~= 0 then
        raise("%s: %d groups can't share %d channels in and %d out", name, groups, inputs, outputs)
    end
    size = each_axis(name, 'the size', size, axes, 1)
    local o = { groups = groups }
    o.stride = each_axis(name, 'stride', options.stride, axes, 1)
    o.dilation = each_axis(name, 'dilation', options.dilation, axes, 1)
    o.padding = padding_of(name, axes, options.padding, o.stride, options.output_padding)
    return o, size
end

local function layer(axes)
    local name = ('Conv%dd'):format(axes)
    local run = tenmo[('conv%dd'):format(axes)]
    local Conv = Module:extend(name)
    Conv.passing = true -- see Sequential

    -- nn.Conv2d(inputs, outputs, size, { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true,
    --     init = 'kaiming_normal', dtype = 'float32' }); padding = 'same' keeps the size, 'valid' is 0.
    function Conv:init(inputs, outputs, size, options)
        options = check(name, options, OPTIONS)
        self.inputs, self.outputs = inputs, outputs
        self.options, self.size = settings(name, axes, inputs, outputs, size, options)
        self.relu_options = { relu = true }
        for key, value in pairs(self.options) do
            self.relu_options[key] = value
        end
        weights.add(self, { outputs, inputs / self.options.groups, unpack(self.size) }, outputs, options)
    end

    function Conv:forward(x)
        return run(x, self.weight, self.bias, self.options)
    end

    -- relu(forward(x)) in one pass.
    function Conv:forward_relu(x)
        return run(x, self.weight, self.bias, self.relu_options)
    end
    return Conv
end

local TRANSPOSED = { output_padding = { 'number/table', 0 } }
for name, kind in pairs(OPTIONS) do
    TRANSPOSED[name] = kind
end

-- nn.ConvTranspose2d(inputs, outputs, size, { stride = 1, padding = 0, output_padding = 0, ... as above })
local function transposed(axes)
    local name = ('ConvTranspose%dd'):format(axes)
    local run = tenmo[('conv_transpose%dd'):format(axes)]
    local Conv = Module:extend(name)
    Conv.passing = true
    function Conv:init(inputs, outputs, size, options)
        options = check(name, options, TRANSPOSED)
        self.inputs, self.outputs = inputs, outputs
        self.options, self.size = settings(name, axes, inputs, outputs, size, options)
        self.options.output_padding = each_axis(name, 'output_padding', options.output_padding, axes, 0)
        weights.add(self, { inputs, outputs / self.options.groups, unpack(self.size) }, outputs, options)
    end

    function Conv:forward(x)
        return run(x, self.weight, self.bias, self.options)
    end
    return Conv
end

return {
    Conv1d = layer(1), Conv2d = layer(2), Conv3d = layer(3),
    ConvTranspose1d = transposed(1), ConvTranspose2d = transposed(2), ConvTranspose3d = transposed(3),
}
