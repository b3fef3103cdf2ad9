-- initialise.lua: nn.init, first values for weights. Every function fills its tensor in place, unrecorded,
-- and returns it. Formulas as in PyTorch's torch.nn.init:
--   xavier:  Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010)
--   kaiming: He et al., "Delving deep into rectifiers" (2015)
local check = require 'tenmo.options'
local near = require 'tenmo.near'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local init = {}

local function check_tensor(name, t)
    if not tenmo.is_tensor(t) then
        raise('%s: expected a tensor to fill, got %s', name, type(t))
    end
end

local function number(name, what, value, preset)
    if value ~= nil and type(value) ~= 'number' then
        raise('%s: %s is a number, got %s', name, what, type(value))
    end
    return value or preset
end

local function fill(name, t, values)
    check_tensor(name, t)
    tenmo.no_grad(function()
        t:copy_(values())
    end)
    return t
end

-- Uniform in [low, high), 0 to 1 unless given.
function init.uniform_(t, low, high)
    low, high = number('uniform_', 'low', low, 0), number('uniform_', 'high', high, 1)
    return fill('uniform_', t, function()
        return tenmo.rand(t.shape, { dtype = t.dtype }) * (high - low) + low
    end)
end

-- Normal with this mean and standard deviation, 0 and 1 unless given.
function init.normal_(t, mean, deviation)
    mean, deviation = number('normal_', 'mean', mean, 0), number('normal_', 'deviation', deviation, 1)
    return fill('normal_', t, function()
        return tenmo.randn(t.shape, { dtype = t.dtype }) * deviation + mean
    end)
end

function init.constant_(t, value)
    return fill('constant_', t, function()
        return tenmo.full(t.shape, value, { dtype = t.dtype })
    end)
end

function init.zeros_(t)
    return init.constant_(t, 0)
end

function init.ones_(t)
    return init.constant_(t, 1)
end

local GAINS = {
    linear = 1,
    sigmoid = 1,
    tanh = 5 / 3,
    relu = math.sqrt(2),
    selu = 3 / 4,
}

-- The factor by which a nonlinearity shrinks the standard deviation, inverted; slope is leaky_relu's.
function init.calculate_gain(nonlinearity, slope)
    if nonlinearity == 'leaky_relu' then
        return math.sqrt(2 / (1 + number('calculate_gain', 'slope', slope, 0.01) ^ 2))
    end
    return GAINS[nonlinearity] or raise("calculate_gain: unknown nonlinearity '%s'; there are linear sigmoid tanh relu "
        .. 'selu leaky_relu', tostring(nonlinearity))
end

-- How many inputs and outputs each unit of a weight (out, in, ...) has.
local function fans(name, t)
    check_tensor(name, t)
    local shape = t.shape
    if #shape < 2 then
        raise('%s: expected a weight of at least two axes (out, in), got %s', name, shape_text(shape))
    end
    local field = 1
    for axis = 3, #shape do
        field = field * shape[axis]
    end
    return shape[2] * field, shape[1] * field
end

-- gain / sqrt(fan): options mode = 'fan_in' or 'fan_out', nonlinearity = 'relu', a = slope of leaky_relu
local function kaiming_deviation(name, t, options)
    options = check(name, options, { mode = { 'string', 'fan_in' }, nonlinearity = { 'string', 'relu' },
        a = { 'number' } })
    local mode, fan_in, fan_out = options.mode, fans(name, t)
    if mode ~= 'fan_in' and mode ~= 'fan_out' then
        raise("%s: mode is 'fan_in' or 'fan_out', got '%s'", name, mode)
    end
    local fan = mode == 'fan_in' and fan_in or fan_out
    return init.calculate_gain(options.nonlinearity, options.a) / math.sqrt(fan)
end

-- Variance gain^2 / fan.
function init.kaiming_normal_(t, options)
    return init.normal_(t, 0, kaiming_deviation('kaiming_normal_', t, options))
end

-- Uniform with the same variance: within sqrt(3) deviations.
function init.kaiming_uniform_(t, options)
    local bound = math.sqrt(3) * kaiming_deviation('kaiming_uniform_', t, options)
    return init.uniform_(t, -bound, bound)
end

-- Variance gain^2 * 2 / (fan_in + fan_out); gain is 1 unless given.
function init.xavier_normal_(t, gain)
    local fan_in, fan_out = fans('xavier_normal_', t)
    return init.normal_(t, 0, (gain or 1) * math.sqrt(2 / (fan_in + fan_out)))
end

function init.xavier_uniform_(t, gain)
    local fan_in, fan_out = fans('xavier_uniform_', t)
    local bound = (gain or 1) * math.sqrt(6 / (fan_in + fan_out))
    return init.uniform_(t, -bound, bound)
end

return setmetatable(init, { __index = function(_, name)
    local names = {}
    for known in pairs(init) do
        names[#names + 1] = known
    end
    table.sort(names)
    local guess = near(tostring(name), names)
    raise("nn.init has no '%s'%s", tostring(name), guess and ("; did you mean '%s'?"):format(guess)
        or '; there are ' .. table.concat(names, ' '))
end })
