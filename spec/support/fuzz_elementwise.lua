-- fuzz_elementwise.lua: the elementwise rows of the op table as random programs draw them: where their inputs may lie,
-- which options they get, what they must give. All rows are drawn. Values come from spec/oracles.lua; what is here are
-- the corners that those leave out, because the specs' domains keep away from them and a chain of ops doesn't.

local calls = require 'spec.support.fuzz_calls'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'
local oracles = require 'spec.oracles'
local tenmo = require 'tenmo'

local NAN = 0 / 0
local elementwise = { rows = {} }

for _, row in ipairs(tenmo.rows()) do
    if row.elementwise then
        elementwise.rows[#elementwise.rows + 1] = row
    end
end

-- --- corners -----------------------------------------------------------------------------------------------

local corners = {}

-- Rows that divide integers: by 0 is an error. Of floats a quotient that is next to a whole number, and isn't one, may
-- be rounded onto it, and a large one passes several whole numbers within a difference's step: what these give then is
-- anybody's guess, and NaN ends the step.
for _, name in ipairs { 'div_trunc', 'div_floor', 'fmod', 'remainder' } do
    corners[name] = function(x, w, _, options)
        local q = x / w
        local far = math.abs(q - math.floor(q + 0.5)) > 1e-6 * (1 + math.abs(q))
        local sure = (far or math.fmod(x, w) == 0) and math.abs(q) < 1000
        return (options.integer or sure) and oracles[name](x, w) or NAN
    end
end
local DIVIDES = { div_trunc = true, div_floor = true, fmod = true, remainder = true }

function corners.round(x)
    local low = math.floor(x)
    if x - low == 0.5 then
        return low % 2 == 0 and low or low + 1
    end
    return x - low < 0.5 and low or low + 1
end

-- Corners that no difference shows, if the inputs move together or not at all.
function corners.atan2(x, w)
    return x == 0 and w == 0 and NAN or math.atan2(x, w)
end

function corners.clamp(x, min, max)
    return x == min and x == max and NAN or oracles.clamp(x, min, max)
end

function corners.copysign(x, w)
    return x == 0 and w == 0 and NAN or (w < 0 or 1 / w < 0) and -math.abs(x) or math.abs(x)
end

function corners.bitwise_left_shift(x, w)
    return w >= 0 and w < 64 and x * 2 ^ w or 0
end

function corners.bitwise_right_shift(x, w)
    return w >= 0 and w < 64 and math.floor(x / 2 ^ w) or x < 0 and -1 or 0
end

-- --- where inputs may lie ----------------------------------------------------------------------------------

-- Domains that are wider than the row's, and symmetric ones outside of which there is nothing, or a pole.
local ANYWHERE = { atan2 = true, hypot = true, lerp = true }
local NARROW = { acos = true, asin = true, atanh = true, erfinv = true, tan = true, pow = true }
-- Their oracles are long sums: few elements.
local MOST = { digamma = 12, polygamma = 12, erfinv = 60 }

-- low, high; strict: it is wrong, steep or undefined elsewhere; whole: only 0 and 1 will do
function elementwise.domain(row, i)
    local k = 0
    for word in row.domain:gmatch '%S+' do
        k = k + 1
        if k == i and word == 'bool' then
            return 0, 1, row.class == 'FLOAT', row.class == 'FLOAT', true
        elseif k == i then
            local low, high = word:match '^(%-?[%d.]+)%.%.(%-?[%d.]+)'
            low, high = tonumber(low:match '^%-?%d+%.?%d*'), tonumber(high:match '^%-?%d+%.?%d*')
            return low, high, NARROW[row.name] or (low ~= -high and row.class == 'FLOAT' and not ANYWHERE[row.name])
        end
    end
end

-- Are all its values where the op is defined and smooth, and are they few enough?
function elementwise.within(x, row, i)
    local low, high, strict, whole = elementwise.domain(row, i)
    local values = type(x) == 'number' and { x } or model.array(x)
    if #values > (MOST[row.name] or #values) then
        return false
    end
    for p = 1, strict and #values or 0 do
        if values[p] < low or values[p] > high or (whole and values[p] ~= math.floor(values[p])) then
            return false
        end
    end
    return true
end

-- The call that brings any x into a domain.
function elementwise.bring(x, low, high)
    local width = high - low
    return {
        text = ('tenmo.sigmoid($1) * %.17g + %.17g'):format(width, low), inputs = { x },
        dtype = model.promote('FLOAT', { x }),
        f = function(arrays)
            return naive.map(function(v)
                return low + width / (1 + math.exp(-v))
            end, arrays[1])
        end,
    }
end

-- --- calls -------------------------------------------------------------------------------------------------

local function options_of(row)
    local list = oracles.options[row.name]
    local options = list and calls.one_of(list)
    local words = {}
    for name, v in pairs(options or {}) do
        words[#words + 1] = ('%s = %.17g'):format(name, v)
    end
    table.sort(words)
    return options or {}, options and ', { ' .. table.concat(words, ', ') .. ' }' or ''
end

-- What the row gives for arrays; nothing where an integer is divided by 0.
local function function_of(row, options, integer)
    local value, all = corners[row.name] or oracles[row.name], { integer = integer }
    for name, v in pairs(options) do
        all[name] = v
    end
    return function(arrays)
        local by_zero = false
        local y = naive.map(function(a, b, d)
            if integer and b == 0 and DIVIDES[row.name] then
                by_zero = true
                return 0
            end
            return value(a, b, d, all)
        end, unpack(arrays))
        return not by_zero and y or nil
    end
end

-- still: inputs that get no gradient. rest: the text of what follows x.
function elementwise.call(row, inputs)
    local options, text = options_of(row)
    local dtype, integer = model.promote(row.class, inputs)
    local still = {}
    for i = 1, row.n_inputs do
        still[i] = not row.rules[i]
    end
    return {
        elementwise = true, still = still, may_refuse = integer and DIVIDES[row.name],
        inputs = inputs, dtype = dtype, f = function_of(row, options, integer), constant = not row.differentiable,
        rest = (row.n_inputs > 1 and ', $2' or '') .. (row.n_inputs > 2 and ', $3' or '') .. text,
    }
end

return elementwise
