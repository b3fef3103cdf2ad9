-- normalisation.lua: layers that bring their input to mean 0 and variance 1, and Dropout.
local Module = require 'tenmo.nn.module'
local check = require 'tenmo.options'
local expect = require 'tenmo.nn.expect'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

-- Options that several layers take.
local AFFINE, BIAS, DTYPE = { 'boolean', true }, { 'boolean', true }, { 'string', 'float32' }
local EPS = { 'number', 1e-5 }

local function filled(value, shape, options, requires_grad)
    return tenmo.full(shape, value, { dtype = options.dtype, requires_grad = requires_grad })
end

-- weight and bias, one number for each of the channels, or of a shape; not with affine = false.
local function add_affine(self, shape, options)
    if options.affine then
        self.weight = filled(1, shape, options, true)
        if options.bias then
            self.bias = filled(0, shape, options, true)
        end
    end
end

-- nn.BatchNorm2d(channels, { eps = 1e-5, momentum = 0.1, affine = true, bias = true, dtype = 'float32' }): while it is
-- trained it uses the batch's mean and variance, and keeps running ones, which it uses after model:eval().
local function batch_norm(name, ranks, layout)
    local class = Module:extend(name)
    class.passing = true -- see Sequential
    function class:init(channels, options)
        options = check(name, options, { eps = EPS, momentum = { 'number', 0.1 }, affine = AFFINE, bias = BIAS,
            dtype = DTYPE })
        self.channels = expect.count(name, 'the number of channels', channels)
        self.eps, self.momentum = options.eps, options.momentum
        add_affine(self, { channels }, options)
        self.running_mean = filled(0, { channels }, options)
        self.running_var = filled(1, { channels }, options)
    end
    function class:forward(x)
        if not tenmo.is_tensor(x) or not ranks[x:dim()] or x:size(2) ~= self.channels then
            expect.another_input(('%s(%d)'):format(name, self.channels),
                layout:format(self.channels, self.channels), x)
        end
        return tenmo.batch_norm(x, self.running_mean, self.running_var, { weight = self.weight, bias = self.bias,
            training = self.training, momentum = self.momentum, eps = self.eps })
    end
    return class
end

-- A number or a list of sizes, the last axes of the input.
local function sizes(name, size)
    size = type(size) == 'table' and size or { size }
    for i = 1, math.max(1, #size) do
        expect.count(name, 'the size of the last axis, or a list of the last sizes', size[i])
    end
    return size
end

-- nn.LayerNorm(size, { eps = 1e-5, affine = true, bias = true, dtype = 'float32' })
local LayerNorm = Module:extend 'LayerNorm'
LayerNorm.passing = true
function LayerNorm:init(size, options)
    options = check('LayerNorm', options, { eps = EPS, affine = AFFINE, bias = BIAS, dtype = DTYPE })
    self.size, self.eps = sizes('LayerNorm', size), options.eps
    add_affine(self, self.size, options)
end
function LayerNorm:forward(x)
    return tenmo.layer_norm(x, self.size, self.weight, self.bias, { eps = self.eps })
end

-- nn.RMSNorm(size, { eps = that of the dtype, affine = true, dtype = 'float32' })
local RMSNorm = Module:extend 'RMSNorm'
RMSNorm.passing = true
function RMSNorm:init(size, options)
    options = check('RMSNorm', options, { eps = { 'number' }, affine = AFFINE, dtype = DTYPE })
    self.size, self.eps = sizes('RMSNorm', size), options.eps
    add_affine(self, self.size, options)
end
function RMSNorm:forward(x)
    return tenmo.rms_norm(x, self.size, self.weight, self.eps and { eps = self.eps } or nil)
end

-- nn.GroupNorm(groups, channels, { eps = 1e-5, affine = true, dtype = 'float32' })
local GroupNorm = Module:extend 'GroupNorm'
GroupNorm.passing = true
function GroupNorm:init(groups, channels, options)
    options = check('GroupNorm', options, { eps = EPS, affine = AFFINE, bias = BIAS, dtype = DTYPE })
    expect.count('GroupNorm', 'the number of groups', groups)
    expect.count('GroupNorm', 'the number of channels', channels)
    if channels % groups ~= 0 then
        raise("GroupNorm: %d groups can't share %d channels", groups, channels)
    end
    self.groups, self.eps = groups, options.eps
    add_affine(self, { channels }, options)
end
function GroupNorm:forward(x)
    return tenmo.group_norm(x, self.groups, self.weight, self.bias, { eps = self.eps })
end

-- nn.InstanceNorm2d(channels, { eps = 1e-5, affine = false, dtype = 'float32' }): each channel of each sample.
local function instance_norm(name, rank, layout)
    local class = Module:extend(name)
    class.passing = true
    function class:init(channels, options)
        options = check(name, options, { eps = EPS, affine = { 'boolean', false }, bias = BIAS, dtype = DTYPE })
        self.channels, self.eps = expect.count(name, 'the number of channels', channels), options.eps
        add_affine(self, { channels }, options)
    end
    function class:forward(x)
        if not tenmo.is_tensor(x) or x:dim() ~= rank or x:size(2) ~= self.channels then
            expect.another_input(('%s(%d)'):format(name, self.channels), layout:format(self.channels), x)
        end
        return tenmo.instance_norm(x, self.weight, self.bias, { eps = self.eps })
    end
    return class
end

-- nn.LocalResponseNorm(size, { alpha = 1e-4, beta = 0.75, k = 1 })
local LocalResponseNorm = Module:extend 'LocalResponseNorm'
LocalResponseNorm.passing = true
function LocalResponseNorm:init(size, options)
    self.size = expect.count('LocalResponseNorm', 'how many channels count', size)
    self.options = check('LocalResponseNorm', options, { alpha = { 'number' }, beta = { 'number' }, k = { 'number' } })
end
function LocalResponseNorm:forward(x)
    return tenmo.local_response_norm(x, self.size, next(self.options) and self.options or nil)
end

-- nn.Dropout(p = 0.5): while it is trained each element (each channel) is 0 with probability p; after model:eval() it
-- does nothing.
local function dropout(name, op)
    local class = Module:extend(name)
    function class:init(p)
        self.p = p or 0.5
        if type(self.p) ~= 'number' or self.p < 0 or self.p > 1 then
            raise('%s: p is a probability, 0 to 1; got %s', name, tostring(p))
        end
    end
    function class:forward(x)
        return tenmo[op](x, self.p, self.training)
    end
    return class
end

return {
    BatchNorm1d = batch_norm('BatchNorm1d', { [2] = true, [3] = true }, '(N, %d) or (N, %d, L)'),
    BatchNorm2d = batch_norm('BatchNorm2d', { [4] = true }, '(N, %d, H, W)'),
    BatchNorm3d = batch_norm('BatchNorm3d', { [5] = true }, '(N, %d, D, H, W)'),
    InstanceNorm1d = instance_norm('InstanceNorm1d', 3, '(N, %d, L)'),
    InstanceNorm2d = instance_norm('InstanceNorm2d', 4, '(N, %d, H, W)'),
    LocalResponseNorm = LocalResponseNorm,
    LayerNorm = LayerNorm,
    RMSNorm = RMSNorm,
    GroupNorm = GroupNorm,
    Dropout = dropout('Dropout', 'dropout'),
    Dropout1d = dropout('Dropout1d', 'dropout1d'),
    Dropout2d = dropout('Dropout2d', 'dropout2d'),
}
