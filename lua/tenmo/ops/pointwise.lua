-- pointwise.lua: what PyTorch has beside the op table's rows, element by element.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

-- The largest finite number of each dtype.
local LARGEST = { float64 = 0x1.fffffffffffffp1023, float32 = 0x1.fffffep127, float16 = 65504, bfloat16 = 0x1.fep127 }

return function(tenmo)
    local clamp = tenmo.clamp

    local function where(...) -- of another family, which is loaded when it is needed
        return tenmo.where(...)
    end

    local function is_float(x)
        return x.dtype:find 'float' ~= nil
    end

    local function double(x)
        return tenmo.is_tensor(x) and x:to 'float64' or x
    end

    -- |x - other| <= atol + rtol * |other|; equal infinities are close, NaN only where that is asked for.
    local function isclose(x, other, rtol, atol, equal_nan)
        if rtol < 0 or atol < 0 then
            raise('isclose: rtol and atol are 0 or more, got %g and %g', rtol, atol)
        end
        local close = x:eq(other)
        if is_float(x) or tenmo.is_tensor(other) and is_float(other) then
            local w = tenmo.is_tensor(other) and other or tenmo.full({}, other, { dtype = x.dtype })
            local near = (x - w):abs():le(w:abs() * rtol + atol):logical_and(w:isfinite()):logical_and(x:isfinite())
            close = close:logical_or(near)
            if equal_nan then
                close = close:logical_or(x:isnan():logical_and(w:isnan()))
            end
        elseif x.dtype ~= 'bool' then
            close = close:logical_or((x - other):abs():double():le(other * 1.0 * rtol + atol))
        end
        return close
    end

    local function all(condition)
        return condition:sum():item() == condition:numel()
    end

    return {
        {
            name = 'rsub', family = 'arithmetic',
            signature = 'x other | alpha:num=1', numbers = true, doc = 'other - alpha * x',
            formula = 'other - alpha * x',
            example = 'tenmo.tensor{1, 2}:rsub(10)', prints = '[9., 8.]\nfloat32 (2)',
            call = function(x, other, alpha)
                return alpha == 1 and other - x or tenmo.sub(other, x, alpha)
            end,
        },
        {
            name = 'true_divide', family = 'arithmetic',
            signature = 'x other', numbers = true, in_place = true, doc = 'div by another name',
            formula = 'x / other', example = 'tenmo.ids{3, 4}:true_divide(2)', prints = '[1.5000, 2.0000]\nfloat32 (2)',
            call = function(x, other) return x / other end,
        },
        {
            name = 'floor_divide', family = 'arithmetic',
            signature = 'x other', numbers = true, in_place = true,
            doc = "x / other rounded down, as div with rounding = 'floor'", formula = 'floor(x / other)',
            example = 'tenmo.ids{7, -7}:floor_divide(2)', prints = '[ 3, -4]\nint64 (2)',
            call = function(x, other) return tenmo.div_floor(x, other) end,
        },
        {
            name = 'float_power', family = 'arithmetic',
            signature = 'x exponent', numbers = true,
            doc = 'x to the power of exponent, computed in float64', formula = 'x^exponent',
            example = 'tenmo.ids{2, 3}:float_power(-1)', prints = '[0.5000, 0.3333]\nfloat64 (2)',
            call = function(x, exponent) return double(x) ^ double(exponent) end,
        },
        {
            name = 'positive', family = 'arithmetic',
            signature = 'x', doc = 'x itself; bool is refused', formula = '+x',
            example = 'tenmo.tensor{1, -2}:positive()', prints = '[ 1., -2.]\nfloat32 (2)',
            call = function(x)
                if x.dtype == 'bool' then
                    raise("positive: is not defined for bool; cast first, for example x:to('int64')")
                end
                return x
            end,
        },
        {
            name = 'sgn', family = 'arithmetic',
            signature = 'x', in_place = true, doc = 'sign by another name', formula = 'sign(x)',
            example = 'tenmo.tensor{3, 0, -2}:sgn()', prints = '[ 1.,  0., -1.]\nfloat32 (3)',
            call = function(x) return x:sign() end,
        },
        {
            name = 'clamp_min', family = 'arithmetic',
            signature = 'x min', numbers = true, in_place = true,
            doc = 'x, but min where x is less',
            formula = 'max(x, min)', example = 'tenmo.tensor{-1, 2}:clamp_min(0)', prints = '[0., 2.]\nfloat32 (2)',
            call = function(x, min)
                return tenmo.is_tensor(min) and x:maximum(min) or clamp(x, { min = min })
            end,
        },
        {
            name = 'clamp_max', family = 'arithmetic',
            signature = 'x max', numbers = true, in_place = true,
            doc = 'x, but max where x is more',
            formula = 'min(x, max)', example = 'tenmo.tensor{-1, 2}:clamp_max(0)', prints = '[-1.,  0.]\nfloat32 (2)',
            call = function(x, max)
                return tenmo.is_tensor(max) and x:minimum(max) or clamp(x, { max = max })
            end,
        },
        {
            name = 'rad2deg', family = 'angles',
            signature = 'x', in_place = true, doc = 'radians as degrees', formula = 'x * 180 / pi',
            example = 'tenmo.tensor{math.pi}:rad2deg()', prints = '[180.]\nfloat32 (1)',
            call = function(x) return x * (180 / math.pi) end,
        },
        {
            name = 'deg2rad', family = 'angles',
            signature = 'x', in_place = true, doc = 'degrees as radians', formula = 'x * pi / 180',
            example = 'tenmo.tensor{180, 90}:deg2rad()', prints = '[3.1416, 1.5708]\nfloat32 (2)',
            call = function(x) return x * (math.pi / 180) end,
        },
        {
            name = 'ldexp', family = 'exponentials',
            signature = 'x other', numbers = true, in_place = true,
            doc = 'x times 2 to the power of other',
            formula = 'x * 2^other', example = 'tenmo.tensor{1, 3}:ldexp(tenmo.ids{4, -1})',
            prints = '[16.0000,  1.5000]\nfloat32 (2)',
            call = function(x, other)
                return x * (tenmo.is_tensor(other) and other:exp2() or 2 ^ other)
            end,
        },
        {
            name = 'bitwise_not', family = 'bits',
            signature = 'x', in_place = true, doc = 'the bits that x lacks; of bool its contrary',
            formula = '-1 - x', example = 'tenmo.ids{0, 5}:bitwise_not()', prints = '[-1, -6]\nint64 (2)',
            call = function(x)
                return x.dtype == 'bool' and x:logical_not() or x:bitwise_xor(-1)
            end,
        },
        {
            name = 'masked_fill', family = 'comparisons',
            signature = 'x mask value', numbers = true, in_place = true,
            doc = 'value where the mask (bool) is true, else x; the dtype stays', formula = 'where(mask, value, x)',
            example = 'tenmo.tensor{1, 2}:masked_fill(tenmo.tensor{true, false}, -9)',
            prints = '[-9.,  2.]\nfloat32 (2)',
            call = function(x, mask, value)
                if not tenmo.is_tensor(mask) or mask.dtype ~= 'bool' then
                    raise('masked_fill: the mask is bool, got %s; x:gt(0) and the like make one',
                        tenmo.is_tensor(mask) and mask.dtype or type(mask))
                elseif tenmo.is_tensor(value) and value:dim() > 0 then
                    raise('masked_fill: value is one number, got a tensor of shape %s; tenmo.where(mask, value, x) '
                        .. 'takes any', shape_text(value.shape))
                end
                local y = where(mask, value, x)
                if y.dtype ~= x.dtype and y.dtype:find 'float' and not is_float(x) then
                    raise("masked_fill: value %s doesn't fit %s; cast first, for example x:float()",
                        tostring(tenmo.is_tensor(value) and value:item() or value), x.dtype)
                end
                return y:to(x.dtype)
            end,
        },
        {
            name = 'nan_to_num', family = 'comparisons',
            signature = 'x | nan:num=0 posinf:num? neginf:num?', in_place = true,
            doc = "nan for NaN, posinf and neginf for the infinities: the dtype's largest numbers, unless given",
            formula = 'where(isnan(x), nan, ...)', example = 'tenmo.tensor{0/0, 1/0, 2}:nan_to_num{posinf = 9}',
            prints = '[0., 9., 2.]\nfloat32 (3)',
            call = function(x, nan, posinf, neginf)
                if not is_float(x) then
                    return x
                end
                local largest = LARGEST[x.dtype]
                local y = where(x:isnan(), nan, x)
                y = where(x:eq(math.huge), posinf or largest, y)
                return where(x:eq(-math.huge), neginf or -largest, y)
            end,
        },
        {
            name = 'isclose', family = 'comparisons',
            signature = 'x other | rtol:num=1e-5 atol:num=1e-8 equal_nan:bool=false', numbers = true,
            doc = 'is x within atol + rtol |other| of other? equal infinities are',
            formula = '|x - other| <= atol + rtol * |other|',
            example = 'tenmo.tensor{1, 2}:isclose(tenmo.tensor{1.000001, 2.1})', prints = '[ true, false]\nbool (2)',
            call = function(x, other, ...)
                if not tenmo.is_tensor(x) then
                    raise("isclose: argument 1 ('x') expects a tensor, got %s", type(x))
                end
                return isclose(x, other, ...)
            end,
        },
        {
            name = 'allclose', family = 'comparisons',
            signature = 'x other | rtol:num=1e-5 atol:num=1e-8 equal_nan:bool=false',
            doc = 'are all elements close, as isclose says? a boolean', formula = 'all(isclose(x, other))',
            example = 'tenmo.tensor{1, 2}:allclose(tenmo.tensor{1, 2.0000001})', prints = 'true',
            call = function(...) return all(isclose(...)) end,
        },
        {
            name = 'equal', family = 'comparisons',
            signature = 'x other', doc = 'have both the same shape and elements? a boolean',
            formula = 'all(x == other)', example = 'tenmo.ids{1, 2}:equal(tenmo.ids{1, 2})', prints = 'true',
            call = function(x, other)
                return shape_text(x.shape) == shape_text(other.shape) and all(x:eq(other))
            end,
        },
    }
end
