-- convolution.lua: windows that move over the last axes of a batch, as layers: nn.Conv1d, nn.Conv2d, nn.Conv3d, and run
-- backwards nn.ConvTranspose1d, 2d, 3d.
local Module = require 'tenmo.nn.module'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local OPTIONS = { bias = true, stride = true, padding = true, dilation = true, groups = true, init = true,
    dtype = true }

-- A number for all axes, or a list of one for each.
local function each_axis(name, option, value, axes)
    local list = {}
    for d = 1, axes do
        list[d] = type(value) == 'table' and value[d] or value
        if type(list[d]) ~= 'number' then
            raise('%s: %s is a number, or a list of %d; got %s', name, option, axes, type(value))
        end
    end
    return list
end

-- So much padding that a stride of 1 keeps the size.
local function same_padding(name, size, dilation, stride)
    local list = {}
    for d, k in ipairs(size) do
        if stride[d] ~= 1 or dilation[d] * (k - 1) % 2 ~= 0 then
            raise("%s: padding = 'same' needs stride 1 and an odd window, or an even dilation", name)
        end
        list[d] = dilation[d] * (k - 1) / 2
    end
    return list
end

-- The layer's settings, checked; and its size, for each axis.
local function settings(name, axes, known, inputs, outputs, size, options)
    if type(inputs) ~= 'number' or type(outputs) ~= 'number' or not size then
        raise('%s: expected the channels in and out and the size of a window, got %s, %s and %s', name,
            type(inputs), type(outputs), type(size))
    end
    for key in pairs(options) do
        if not known[key] then
            raise("%s: there is no option '%s'; there are stride, padding, %sdilation, groups, bias, init and dtype",
                name, tostring(key), known.output_padding and 'output_padding, ' or '')
        end
    end
    local groups = options.groups or 1
    if inputs % groups ~= 0 or outputs % groups ~= 0 then
        raise("%s: %d groups can't share %d channels in and %d out", name, groups, inputs, outputs)
    end
    size = each_axis(name, 'the size', size, axes)
    local o = { groups = groups }
    o.stride = each_axis(name, 'stride', options.stride or 1, axes)
    o.dilation = each_axis(name, 'dilation', options.dilation or 1, axes)
    o.padding = options.padding == 'same' and not known.output_padding
        and same_padding(name, size, o.dilation, o.stride) or each_axis(name, 'padding', options.padding or 0, axes)
    return o, size
end

-- Weights of this shape, and a bias, with their first values.
local function add_weights(self, name, shape, options)
    local create = { dtype = options.dtype or 'float32', requires_grad = true }
    self.weight = tenmo.zeros(shape, create)
    if options.bias ~= false then
        self.bias = tenmo.zeros(self.outputs, create)
    end
    local fill = options.init or 'kaiming_normal'
    if type(fill) == 'string' then
        fill = tenmo.nn.init[fill .. '_'] or raise("%s: nn.init has no '%s_'", name, fill)
    end
    fill(self.weight)
end

local function layer(axes)
    local name = ('Conv%dd'):format(axes)
    local run = tenmo[('conv%dd'):format(axes)]
    local Conv = Module:extend(name)
    Conv.passing = true -- see Sequential

    -- nn.Conv2d(inputs, outputs, size, { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true,
    --     init = 'kaiming_normal', dtype = 'float32' }); padding = 'same' keeps the size.
    function Conv:init(inputs, outputs, size, options)
        options = options or {}
        self.inputs, self.outputs = inputs, outputs
        self.options, self.size = settings(name, axes, OPTIONS, inputs, outputs, size, options)
        self.relu_options = { relu = true }
        for key, value in pairs(self.options) do
            self.relu_options[key] = value
        end
        add_weights(self, name, { outputs, inputs / self.options.groups, unpack(self.size) }, options)
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

local TRANSPOSED = { output_padding = true }
for key in pairs(OPTIONS) do
    TRANSPOSED[key] = true
end

-- nn.ConvTranspose2d(inputs, outputs, size, { stride = 1, padding = 0, output_padding = 0, ... as above })
local function transposed(axes)
    local name = ('ConvTranspose%dd'):format(axes)
    local run = tenmo[('conv_transpose%dd'):format(axes)]
    local Conv = Module:extend(name)
    Conv.passing = true
    function Conv:init(inputs, outputs, size, options)
        options = options or {}
        self.inputs, self.outputs = inputs, outputs
        self.options, self.size = settings(name, axes, TRANSPOSED, inputs, outputs, size, options)
        self.options.output_padding = each_axis(name, 'output_padding', options.output_padding or 0, axes)
        add_weights(self, name, { inputs, outputs / self.options.groups, unpack(self.size) }, options)
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
