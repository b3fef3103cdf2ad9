-- convolution.lua: windows that move over the last axes of a batch, as layers: nn.Conv1d, nn.Conv2d, nn.Conv3d.
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

local function layer(axes)
    local name = ('Conv%dd'):format(axes)
    local run = tenmo[('conv%dd'):format(axes)]
    local Conv = Module:extend(name)
    Conv.passing = true -- see Sequential

    -- nn.Conv2d(inputs, outputs, size, { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true,
    --     init = 'kaiming_normal', dtype = 'float32' }); padding = 'same' keeps the size.
    function Conv:init(inputs, outputs, size, options)
        if type(inputs) ~= 'number' or type(outputs) ~= 'number' or not size then
            raise('%s: expected the channels in and out and the size of a window, got %s, %s and %s', name,
                type(inputs), type(outputs), type(size))
        end
        options = options or {}
        for key in pairs(options) do
            if not OPTIONS[key] then
                raise("%s: there is no option '%s'; there are stride, padding, dilation, groups, bias, init and dtype",
                    name, tostring(key))
            end
        end
        local groups = options.groups or 1
        if inputs % groups ~= 0 or outputs % groups ~= 0 then
            raise("%s: %d groups can't share %d channels in and %d out", name, groups, inputs, outputs)
        end
        size = each_axis(name, 'the size', size, axes)
        local stride = each_axis(name, 'stride', options.stride or 1, axes)
        local dilation = each_axis(name, 'dilation', options.dilation or 1, axes)
        local padding = options.padding == 'same' and same_padding(name, size, dilation, stride)
            or each_axis(name, 'padding', options.padding or 0, axes)
        self.inputs, self.outputs, self.size = inputs, outputs, size
        self.options = { stride = stride, padding = padding, dilation = dilation, groups = groups }
        self.relu_options = { stride = stride, padding = padding, dilation = dilation, groups = groups, relu = true }
        local create = { dtype = options.dtype or 'float32', requires_grad = true }
        self.weight = tenmo.zeros({ outputs, inputs / groups, unpack(size) }, create)
        if options.bias ~= false then
            self.bias = tenmo.zeros(outputs, create)
        end
        local fill = options.init or 'kaiming_normal'
        if type(fill) == 'string' then
            fill = tenmo.nn.init[fill .. '_'] or raise("%s: nn.init has no '%s_'", name, fill)
        end
        fill(self.weight)
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

return { Conv1d = layer(1), Conv2d = layer(2), Conv3d = layer(3) }
