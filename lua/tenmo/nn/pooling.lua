-- pooling.lua: one number for each window, as layers: nn.MaxPool2d, nn.AvgPool2d and their like, the adaptive ones,
-- which are told how many windows there are to be, and windows as columns.
local family = require 'tenmo.nn.family'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local layers, new = family()

-- What the op gives: with return_indices = true also the ids.
local function result(options, y, ids)
    if options.return_indices then
        return y, ids
    end
    return y
end

-- nn.MaxPool2d(size, { stride = size, padding = 0, ... }): the options of the op; stride may also stand as a number.
local function options_of(name, stride, options)
    if type(stride) == 'table' and stride[1] == nil then
        stride, options = nil, stride
    end
    if options ~= nil and type(options) ~= 'table' then
        raise('%s: what follows the stride is a table of options, such as { padding = 1 }; got %s', name,
            tostring(options))
    end
    local list = {}
    for key, value in pairs(options or {}) do
        list[key] = value
    end
    list.stride = stride or list.stride
    return list
end

local function pool(name, op)
    local class, run = new(name), nil
    function class:init(size, stride, options)
        self.size = size or raise('%s: expected the size of a window', name)
        self.options = options_of(name, stride, options)
    end
    function class:forward(x)
        run = run or tenmo[op]
        return result(self.options, run(x, self.size, next(self.options) and self.options or nil))
    end
end

-- nn.LPPool2d(p, size, stride = size)
local function lp_pool(name, op)
    local class = new(name)
    function class:init(p, size, stride, options)
        if type(p) ~= 'number' or not size then
            raise('%s: expected p and the size of a window, got %s and %s', name, type(p), type(size))
        end
        self.p, self.size, self.options = p, size, options_of(name, stride, options)
    end
    function class:forward(x)
        return tenmo[op](x, self.p, self.size, next(self.options) and self.options or nil)
    end
end

local function adaptive(name, op)
    local class = new(name)
    function class:init(size, options)
        self.size = size or raise('%s: expected how many windows there are to be', name)
        self.options = options_of(name, nil, options)
    end
    function class:forward(x)
        return result(self.options, tenmo[op](x, self.size, next(self.options) and self.options or nil))
    end
end

for axes = 1, 3 do
    pool(('MaxPool%dd'):format(axes), ('max_pool%dd'):format(axes))
    pool(('AvgPool%dd'):format(axes), ('avg_pool%dd'):format(axes))
    adaptive(('AdaptiveAvgPool%dd'):format(axes), ('adaptive_avg_pool%dd'):format(axes))
    adaptive(('AdaptiveMaxPool%dd'):format(axes), ('adaptive_max_pool%dd'):format(axes))
end
for axes = 1, 2 do
    lp_pool(('LPPool%dd'):format(axes), ('lp_pool%dd'):format(axes))
end

-- nn.Unfold(size, { dilation =, padding =, stride = }): every window as a column.
pool('Unfold', 'im2col')

-- nn.Fold(output, size, { ... }): columns added up to an image of this size.
local Fold = new 'Fold'
function Fold:init(output, size, options)
    if not output or not size then
        raise 'Fold: expected the size of the image and that of a window'
    end
    self.output, self.size, self.options = output, size, options_of('Fold', nil, options)
end
function Fold:forward(x)
    return tenmo.col2im(x, self.output, self.size, next(self.options) and self.options or nil)
end

return layers
