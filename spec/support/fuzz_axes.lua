-- fuzz_axes.lua: structured ops of random programs (see fuzz_ops.lua): reductions, and ops that make a line of a line.

local calls = require 'spec.support.fuzz_calls'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'

local any_axis, chance, listed, with = calls.any_axis, calls.chance, calls.listed, calls.with
local random = math.random
local ops = {}

local function widened(dtype)
    return model.is_float(dtype) and dtype or 'int64'
end

-- wants: 'float', or 'elements': an empty list has no answer
local function reduction(name, combine, dtype, wants)
    return function(x)
        if wants == 'float' and not model.is_float(x.dtype) then
            return nil
        end
        local axes, keepdim, n = nil, chance(0.4), naive.count(x.shape)
        if #x.shape > 0 and chance(0.7) then
            axes = { (any_axis(x)) }
            n = x.shape[naive.axis(x, axes[1])]
        end
        if wants and n == 0 then
            return nil
        end
        local text = ('$1:%s{ %skeepdim = %s }'):format(name, axes and 'axes = ' .. listed(axes) .. ', ' or '',
            tostring(keepdim))
        return {
            text = text, dtype = dtype and dtype(x.dtype) or x.dtype, constant = dtype and dtype '' == 'bool',
            f = function(arrays)
                return naive.reduce(arrays[1], axes, keepdim, combine)
            end,
        }
    end
end

local function mean(list)
    return naive.total(list) / #list
end

local function variance(list)
    local m, sum = mean(list), 0
    for _, v in ipairs(list) do
        sum = sum + (v - m) ^ 2
    end
    return sum / #list
end

local function product(list)
    local y = 1
    for _, v in ipairs(list) do
        y = y * v
    end
    return y
end

local function largest(sign)
    return function(list)
        return list[naive.extreme(list, sign)]
    end
end

ops.sum = reduction('sum', naive.total, widened)
ops.prod = reduction('prod', product, widened)
ops.mean = reduction('mean', mean, nil, 'float')
ops.amax = reduction('amax', largest(1), nil, 'elements')
ops.amin = reduction('amin', largest(-1), nil, 'elements')
ops.logsumexp = reduction('logsumexp', function(list)
    local sum = 0
    for _, v in ipairs(list) do
        sum = sum + math.exp(v)
    end
    return math.log(sum)
end, nil, 'float')
local var = reduction('var', variance, nil, 'float')
function ops.var(x)
    local call = var(x)
    if call then
        call.text = call.text:gsub('{ ', '{ unbiased = false, ', 1)
    end
    return call
end
ops.any = reduction('any', function(list)
    local any = 0
    for _, v in ipairs(list) do
        any = v ~= 0 and 1 or any
    end
    return any
end, function() return 'bool' end)

local function positions(name, sign)
    return function(x)
        if #x.shape == 0 then
            return nil
        end
        local word, axis = any_axis(x)
        if x.shape[axis] == 0 then
            return nil
        end
        return {
            text = ('$1:%s(%d)'):format(name, word), dtype = 'int64', constant = true,
            f = function(arrays)
                return naive.reduce(arrays[1], { axis }, false, function(list)
                    return naive.extreme(list, sign) - 1
                end)
            end,
        }
    end
end
ops.argmax, ops.argmin = positions('argmax', 1), positions('argmin', -1)

-- A line becomes another one.
local function along(name, f, dtype, wants)
    return function(x)
        if #x.shape == 0 or (wants == 'float' and not model.is_float(x.dtype))
            or (wants == 'number' and x.dtype == 'bool') then
            return nil
        end
        local word, axis = any_axis(x)
        return {
            text = ('$1:%s(%d)'):format(name, word), dtype = dtype and dtype(x.dtype),
            f = function(arrays)
                return naive.along(arrays[1], axis, f)
            end,
        }
    end
end

local function running(combine)
    return function(line)
        local y = {}
        for i, v in ipairs(line) do
            y[i] = i == 1 and v or combine(y[i - 1], v)
        end
        return y
    end
end

local function softmax(line)
    local y, sum = {}, 0
    for i, v in ipairs(line) do
        y[i] = math.exp(v)
        sum = sum + y[i]
    end
    for i = 1, #line do
        y[i] = y[i] / sum
    end
    return y
end

ops.cumsum = along('cumsum', running(function(a, b) return a + b end), widened)
ops.cumprod = along('cumprod', running(function(a, b) return a * b end), widened)
ops.cummax = along('cummax', running(math.max), nil, 'number')
ops.cummin = along('cummin', running(math.min), nil, 'number')
ops.logcumsumexp = along('logcumsumexp', running(function(a, b)
    return math.log(math.exp(a) + math.exp(b))
end), nil, 'float')
ops.softmax = along('softmax', softmax, nil, 'float')
ops.log_softmax = along('log_softmax', function(line)
    local y = softmax(line)
    for i, v in ipairs(y) do
        y[i] = math.log(v)
    end
    return y
end, nil, 'float')
ops.sort = along('sort', function(line)
    local y = { unpack(line) }
    table.sort(y)
    return y
end)

function ops.topk(x)
    local call = #x.shape > 0 and x.shape[#x.shape] > 0 and ops.sort(x)
    if not call then
        return nil
    end
    local k = random(0, x.shape[#x.shape])
    local to = with(x.shape, #x.shape, k)
    call.text = ('$1:topk(%d)'):format(k)
    function call.f(arrays)
        local falling = naive.along(arrays[1], -1, function(line)
            local y = { unpack(line) }
            table.sort(y, function(a, b)
                return a > b
            end)
            return y
        end)
        return naive.build(to, function(index)
            return naive.at(falling, index)
        end)
    end
    return call
end

return ops
