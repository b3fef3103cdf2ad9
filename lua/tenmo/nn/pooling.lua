-- pooling.lua: one number for each window, as layers: nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d and the
-- adaptive ones, which are told how many windows there are to be.
local Module = require 'tenmo.nn.module'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

-- nn.MaxPool2d(size, { stride = size, padding = 0, ... }): the options of the op; stride may also stand as a number.
local function pool(name, op)
    local class, run = Module:extend(name), tenmo[op]
    class.passing = true -- see Sequential
    function class:init(size, stride, options)
        if not size then
            raise('%s: expected the size of a window', name)
        end
        if type(stride) == 'table' and stride[1] == nil then
            stride, options = nil, stride
        end
        self.size, self.options = size, {}
        for key, value in pairs(options or {}) do
            self.options[key] = value
        end
        self.options.stride = stride or self.options.stride
    end
    function class:forward(x)
        return (run(x, self.size, next(self.options) and self.options or nil))
    end
    return class
end

local function adaptive(name, op)
    local class, run = Module:extend(name), tenmo[op]
    class.passing = true
    function class:init(size)
        self.size = size or raise('%s: expected how many windows there are to be', name)
    end
    function class:forward(x)
        return (run(x, self.size))
    end
    return class
end

return {
    MaxPool1d = pool('MaxPool1d', 'max_pool1d'),
    MaxPool2d = pool('MaxPool2d', 'max_pool2d'),
    AvgPool1d = pool('AvgPool1d', 'avg_pool1d'),
    AvgPool2d = pool('AvgPool2d', 'avg_pool2d'),
    AdaptiveAvgPool1d = adaptive('AdaptiveAvgPool1d', 'adaptive_avg_pool1d'),
    AdaptiveAvgPool2d = adaptive('AdaptiveAvgPool2d', 'adaptive_avg_pool2d'),
}
