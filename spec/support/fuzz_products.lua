-- fuzz_products.lua: structured ops of random programs (see fuzz_ops.lua): products and casts.

local calls = require 'spec.support.fuzz_calls'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'

local chance = calls.chance
local random = math.random
local ops = {}

function ops.matmul(x, draw)
    if #x.shape == 0 or not model.is_float(x.dtype) then
        return nil
    end
    local k, columns = x.shape[#x.shape], random(0, 3)
    local shape = ({ { k }, { k, columns }, { 2, k, columns } })[random(#x.shape >= 3 and 2 or 3)]
    return {
        text = '$1:matmul($2)', inputs = { x, draw.other(shape, x.dtype) },
        f = function(arrays)
            return naive.matmul(arrays[1], arrays[2])
        end,
    }
end

function ops.linear(x, draw)
    if #x.shape ~= 2 or not model.is_float(x.dtype) then
        return nil
    end
    local out, relu = random(3), chance(0.3)
    return {
        text = ('tenmo.linear($1, $2, $3%s)'):format(relu and ', { relu = true }' or ''),
        inputs = { x, draw.other({ out, x.shape[2] }, x.dtype), draw.other({ out }, x.dtype) },
        f = function(arrays)
            return naive.map(function(v, b)
                return relu and math.max(v + b, 0) or v + b
            end, naive.matmul(arrays[1], naive.permute(arrays[2], { 2, 1 })), arrays[3])
        end,
    }
end

local DTYPES = { 'float32', 'float64', 'int64', 'int32', 'uint8', 'bool' }

function ops.cast(x)
    local dtype = DTYPES[random(#DTYPES)]
    if dtype == x.dtype then
        return nil -- x itself
    end
    return {
        text = ("$1:to('%s')"):format(dtype), dtype = dtype,
        f = function(arrays)
            return naive.map(function(v)
                return model.convert(v, x.dtype, dtype)
            end, arrays[1])
        end,
    }
end

return ops
