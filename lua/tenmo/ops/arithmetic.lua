-- arithmetic.lua: what a few rows of that family take besides. Called as the row is, each is the row.
local raise = require 'tenmo.raise'

return function(tenmo)
    local function no_alpha(_, _, alpha)
        return alpha == nil
    end

    local function check_alpha(name, x, other, alpha)
        local bools = true
        for _, one in ipairs { x, other } do
            if tenmo.is_tensor(one) and one.dtype:find 'float' then
                return
            end
            bools = bools and tenmo.is_tensor(one) and one.dtype == 'bool'
        end
        if bools then
            raise("%s: with alpha is not defined for bool; cast first, for example x:to('int64')", name)
        elseif alpha == math.floor(alpha) then
            return
        end
        raise('%s: alpha is %g, and the tensors hold integers; cast one first: x:float()', name, alpha)
    end

    -- x + sign * alpha * other in one pass.
    local function scaled(name, sign, addcmul)
        return function(x, other, alpha)
            check_alpha(name, x, other, alpha)
            return addcmul(x, other, sign * alpha)
        end
    end
    local addcmul, addcmul_ = tenmo.addcmul, tenmo.methods.addcmul_
    local round = tenmo.round -- the row's own

    return {
        {
            name = 'add', signature = 'x other | alpha:num=1', numbers = true, plain = no_alpha,
            doc = 'x + other, or x + alpha * other', formula = 'x + alpha * other',
            example = 'tenmo.tensor{1, 2}:add(tenmo.tensor{10, 20}, {alpha = 0.5})', prints = '[ 6., 12.]\nfloat32 (2)',
            call = scaled('add', 1, addcmul), in_place = scaled('add_', 1, addcmul_),
        },
        {
            name = 'sub', signature = 'x other | alpha:num=1', numbers = true, plain = no_alpha,
            doc = 'x - other, or x - alpha * other', formula = 'x - alpha * other',
            example = 'tenmo.tensor{1, 2}:sub(tenmo.tensor{10, 20}, {alpha = 0.5})', prints = '[-4., -8.]\nfloat32 (2)',
            call = scaled('sub', -1, addcmul), in_place = scaled('sub_', -1, addcmul_),
        },
        {
            name = 'round', signature = 'x | decimals:int=0', in_place = true,
            plain = function(_, decimals) return decimals == nil end,
            doc = 'the nearest whole number, halves to the even one; with decimals so many digits stay behind the '
                .. 'point, or become 0 before it (decimals < 0)',
            formula = 'round(x * 10^decimals) / 10^decimals',
            example = 'tenmo.tensor{3.14159, 2.5}:round{decimals = 2}', prints = '[3.1400, 2.5000]\nfloat32 (2)',
            call = function(x, decimals)
                if decimals == 0 then
                    return round(x)
                elseif not x.dtype:find 'float' then
                    raise('round: decimals is for floats, got %s; cast first: x:float()', x.dtype)
                end
                local scale = 10 ^ math.abs(decimals)
                return decimals > 0 and round(x * scale) / scale or round(x / scale) * scale
            end,
        },
    }
end
