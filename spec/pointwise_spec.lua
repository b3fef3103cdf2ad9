-- pointwise_spec.lua: the corners of pointwise ops that draws from a domain never meet: integers by zero, the smallest
-- integer, shifts beyond the word, halves, NaN and infinity, what is exact near 0; and published values.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local NAN, INF = 0 / 0, math.huge
local list = tensors.flatten

-- Equal, and NaN where NaN is expected; -0 is told from 0.
local function same(want, x)
    local got = list(x)
    assert.equal(#want, #got)
    for i, v in ipairs(want) do
        if v ~= v then
            assert.is_true(got[i] ~= got[i], ('element %d is %g, expected NaN'):format(i, got[i]))
        else
            assert.equal(v, got[i])
            assert.equal(1 / v, 1 / got[i])
        end
    end
end

local function double(values)
    return tenmo.tensor(values, { dtype = 'float64' })
end

-- Every other call with so large a result walks its blocks from the last to the first.
describe('a large result', function()
    for _, n in ipairs { 65536, 70003, 131072 + 16, 300001 } do
        it(('of %d elements is the same whichever way it is walked'):format(n), function()
            local x, w = tenmo.arange(n):float(), tenmo.arange(n):float() * 2
            for _ = 1, 2 do
                for i, v in ipairs((x + w):totable()) do
                    if v ~= 3 * (i - 1) then
                        assert.equal(3 * (i - 1), v)
                    end
                end
            end
        end)
    end
end)

-- The loops go by 16 elements. A short tensor with bytes of its own lets them run on behind its end.
describe('a short line', function()
    for _, dtype in ipairs { 'float32', 'float64', 'float16', 'int64' } do
        it('of ' .. dtype .. ' is summed and written as far as it goes', function()
            for n = 1, 34 do
                local base = tenmo.arange(40):to(dtype)
                local x, y, part = tenmo.arange(n):to(dtype), tenmo.ones(n, { dtype = dtype }), base:narrow(1, 1, n)
                local sum, sum_of_part = list(x + y), list(part + y)
                x:add_(y)
                part:add_(y)
                y:mul_(x)
                for i = 1, n do
                    assert.same({ i, i, i, i }, { sum[i], sum_of_part[i], list(x)[i], list(y)[i] })
                end
                for i, v in ipairs(list(base)) do
                    assert.equal(i <= n and i or i - 1, v)
                end
            end
        end)
    end
end)

-- Long rows are walked one by one: first and last elements twice, unless the result lies over an input.
describe('a matrix and a vector', function()
    for _, dtype in ipairs { 'float32', 'float64', 'int64' } do
        for _, width in ipairs { 95, 97, 130, 192, 203, 259, 513, 4099 } do
            it(('of rows of %d %s are added by rows, by columns, in place'):format(width, dtype), function()
                local x = tenmo.arange(5 * width):to(dtype):reshape(5, width)
                local row, column = tenmo.arange(width):to(dtype) * 3, tenmo.arange(5):to(dtype):view(5, 1) * 7
                local by_row, by_column, both = list(x + row), list(x - column), list((row + column):to(dtype))
                local part = x:clone()
                part:narrow(2, 2, width - 1):add_(row:narrow(1, 1, width - 1)):sub_(column)
                part = list(part)
                for i = 0, 4 do
                    for j = 0, width - 1 do
                        local k = i * width + j
                        if by_row[k + 1] ~= k + 3 * j or by_column[k + 1] ~= k - 7 * i or both[k + 1] ~= 3 * j + 7 * i
                            or part[k + 1] ~= (j > 0 and k + 3 * (j - 1) - 7 * i or k) then
                            assert.same({ k + 3 * j, k - 7 * i, 3 * j + 7 * i, j > 0 and k + 3 * (j - 1) - 7 * i or k },
                                { by_row[k + 1], by_column[k + 1], both[k + 1], part[k + 1] })
                        end
                    end
                end
            end)
        end
    end
end)

describe('whole division', function()
    it('of integers rounds as asked, with rests that go with it', function()
        local x, w = tenmo.ids { 7, -7, 7, -7 }, tenmo.ids { 2, 2, -2, -2 }
        same({ 3, -4, -4, 3 }, x:div(w, { rounding = 'floor' }))
        same({ 3, -3, -3, 3 }, x:div(w, { rounding = 'trunc' }))
        same({ 1, 1, -1, -1 }, x % w)
        same({ 1, -1, 1, -1 }, x:fmod(w))
        assert.equal('int64', x:div_floor(w).dtype)
    end)

    it('of floats goes with the rest too', function()
        same({ 9, -10, INF, NAN }, double { 1, -1, 1, 0 }:floor_divide(double { 0.1, 0.1, 0, 0 }))
        same({ 1, -1, NAN }, double { -3, 3, 1 } % double { 2, -2, 0 })
        same({ -1, 1, NAN, 3 }, double { -3, 3, INF, 3 }:fmod(double { 2, -2, 1, INF }))
    end)

    it('by the integer 0 is an error that names the op, and writes nothing', function()
        for _, dtype in ipairs { 'int64', 'int32', 'uint8' } do
            local x = tenmo.arange(600):to(dtype)
            local w = tenmo.ones(600, { dtype = dtype })
            w[600] = 0
            for _, op in ipairs { 'div_floor', 'div_trunc', 'fmod', 'remainder' } do
                local message = op .. ': an integer was divided by zero'
                assert.equal(message, (tensors.failure(x[op], x, w)))
                assert.equal(message, (tensors.failure(x[op], x, 0)))
                assert.equal(message, (tensors.failure(x[op .. '_'], x, w)))
                assert.equal(message, (tensors.failure(tenmo[op], 5, w)))
            end
            assert.equal(3, x[4]:item())
        end
    end)

    it('of the smallest integer by -1 wraps', function()
        local least = tenmo.ids(-2 ^ 62) * 2
        assert.equal('-9223372036854775808LL', tostring(least:div_floor(-1):item 'int64'))
        assert.equal('-9223372036854775808LL', tostring(least:div_trunc(-1):item 'int64'))
        same({ 0 }, least % -1)
        same({ 0 }, least:fmod(-1))
        assert.equal('-9223372036854775808LL', tostring((-least):item 'int64'))
        assert.equal('-9223372036854775808LL', tostring(least:abs():item 'int64'))
        assert.equal(-2 ^ 31, tenmo.tensor(-2 ^ 31, { dtype = 'int32' }):div_floor(-1):item())
    end)
end)

describe('bits', function()
    it('beyond the word are none: to the right the sign stays', function()
        local x = tenmo.ids { 5, -5, 5, -5 }
        same({ 0, 0, 0, 0 }, x:bitwise_left_shift(tenmo.ids { 64, 64, -1, 1000 }))
        same({ 0, -1, 0, -1 }, x:bitwise_right_shift(tenmo.ids { 64, 64, -1, 1000 }))
        same({ -2 ^ 31 }, tenmo.tensor({ 1 }, { dtype = 'int32' }):bitwise_left_shift(31))
        same({ 128 }, tenmo.tensor({ 3 }, { dtype = 'uint8' }):bitwise_left_shift(7))
    end)

    it('not: of integers -1 - x, of uint8 255 - x, of bool the contrary', function()
        same({ -1, -6, 4 }, tenmo.ids { 0, 5, -5 }:bitwise_not())
        same({ 255, 250 }, tenmo.tensor({ 0, 5 }, { dtype = 'uint8' }):bitwise_not())
        local x = tenmo.tensor { true, false }
        assert.same({ false, true }, x:bitwise_not():totable())
        assert.same({ false, true }, x:bitwise_not_():totable())
        assert.matches('^bitwise_not: is for integers and bool, got float32',
            (tensors.failure(tenmo.bitwise_not, tenmo.ones(1))))
    end)

    it('of bool are logic', function()
        local x, w = tenmo.tensor { true, true, false }, tenmo.tensor { true, false, false }
        assert.same({ { true, false, false }, { true, true, false }, { false, true, false } }, {
            x:bitwise_and(w):totable(), x:bitwise_or(w):totable(), x:bitwise_xor(w):totable() })
    end)
end)

describe('rounding', function()
    it('takes halves to the even number, and keeps -0, NaN and infinity', function()
        local x = double { -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, NAN, INF, -0.2 }
        same({ -2, -2, -0.0, 0, 2, 2, NAN, INF, -0.0 }, x:round())
        same({ -3, -2, -1, 0, 1, 2, NAN, INF, -1 }, x:floor())
        same({ -2, -1, -0.0, 1, 2, 3, NAN, INF, -0.0 }, x:ceil())
        same({ -2, -1, -0.0, 0, 1, 2, NAN, INF, -0.0 }, x:trunc())
        same({ -0.5, -0.5, -0.5, 0.5, 0.5, 0.5 }, x[{ { 1, 6 } }]:frac())
    end)

    it('leaves integers as they are', function()
        for _, op in ipairs { 'floor', 'ceil', 'trunc', 'round' } do
            assert.equal('int64', tenmo.ids { 3 }[op](tenmo.ids { 3 }).dtype)
        end
        same({ 0 }, tenmo.ids { 3 }:frac())
    end)
end)

describe('round with decimals', function()
    it('keeps digits behind the point, or drops them before it', function()
        same({ 1.25, -1.38, 2 }, double { 1.254, -1.376, 2.0049 }:round(2))
        same({ 1200, -300, 0 }, double { 1249, -251, 50 }:round { decimals = -2 })
        same({ 3, -2 }, double { 2.6, -2.4 }:round { decimals = 0 })
        same({ 0.5 }, double { 0.46 }:round_(1))
        assert.equal("round: decimals is for floats, got int64; cast first: x:float()",
            (tensors.failure(tenmo.round, tenmo.ids { 15 }, -1)))
    end)

    it('has a gradient of 0', function()
        local x = double { 1.26 }:requires_grad_()
        x:round(1):sum():backward()
        same({ 0 }, x.grad)
    end)
end)

describe('alpha', function()
    it('multiplies what add and sub take', function()
        local x = tenmo.tensor { 1, 2 }
        assert.is_true(rawequal(x, x:add_(tenmo.tensor { 10, 20 }, { alpha = 0.5 })))
        same({ 6, 12 }, x)
        same({ 0, 2 }, x:sub_(tenmo.tensor { 3, 5 }, 2))
        same({ 5, 5 }, tenmo.add(2, tenmo.tensor { 1, 1 }, { alpha = 3 }))
        same({ 7 }, tenmo.ids { 1 }:add(tenmo.ids { 2 }, 3))
    end)

    it('is a whole number for integers, and not for bool', function()
        assert.equal('add: alpha is 0.5, and the tensors hold integers; cast one first: x:float()',
            (tensors.failure(tenmo.add, tenmo.ids { 1 }, tenmo.ids { 1 }, 0.5)))
        assert.equal("sub: there is no option 'alfa'; did you mean 'alpha'?",
            (tensors.failure(tenmo.sub, tenmo.ones(1), 1, { alfa = 1 })))
    end)
end)

describe('NaN and infinity', function()
    local x = double { NAN, INF, -INF, 0, -0.0, 1 }

    it('are told', function()
        same({ 1, 0, 0, 0, 0, 0 }, x:isnan())
        same({ 0, 1, 1, 0, 0, 0 }, x:isinf())
        same({ 0, 0, 0, 1, 1, 1 }, x:isfinite())
        same({ 0, 1, 0, 1 }, double { 0, -0.0, 1, -1 }:signbit())
        local largest = tenmo.ids { 2 ^ 53 } * 512 + (tenmo.ids { 2 ^ 53 } * 512 - 1)
        assert.equal('9223372036854775807LL', tostring(largest:item 'int64'))
        same({ 0 }, largest:isinf())
        same({ 1 }, largest:isfinite())
    end)

    it('are replaced on request', function()
        same({ 0, 1.7976931348623157e308, -1.7976931348623157e308, 0, -0.0, 1 }, x:nan_to_num())
        same({ -1, 7, -9, 0, -0.0, 1 }, x:nan_to_num { nan = -1, posinf = 7, neginf = -9 })
        assert.equal(3.4028234663852886e38, tenmo.tensor { INF }:nan_to_num():item())
    end)

    it('fmax and fmin prefer numbers', function()
        same({ 1, 1, NAN, 2 }, double { NAN, 1, NAN, 1 }:fmax(double { 1, NAN, NAN, 2 }))
        same({ 1, 1, NAN, 1 }, double { NAN, 1, NAN, 1 }:fmin(double { 1, NAN, NAN, 2 }))
    end)

    it('stay in the activations', function()
        for _, op in ipairs { 'relu6', 'hardtanh', 'leaky_relu', 'elu', 'celu', 'selu', 'gelu', 'silu', 'mish',
            'hardsigmoid', 'hardswish', 'hardshrink', 'softshrink', 'tanhshrink', 'softsign', 'threshold', 'softplus',
            'logsigmoid', 'erf', 'lgamma', 'digamma', 'erfinv', 'sinc', 'logit' } do
            local y = tenmo.tensor { NAN }[op](tenmo.tensor { NAN }):item()
            assert.is_true(y ~= y, op)
        end
    end)

    it('logarithms of sums bear infinities', function()
        same({ INF, INF, -INF, NAN }, double { INF, INF, -INF, NAN }:logaddexp(double { INF, 1, -INF, 1 }))
        same({ INF, 3, -INF }, double { INF, 2, -INF }:logaddexp2(double { INF, 2, -INF }))
        same({ 0, 0, NAN, INF }, double { 0, 0, 0, 2 }:xlogy(double { 0, INF, NAN, INF }))
    end)
end)

describe('clamp', function()
    it('takes numbers and tensors, one or both', function()
        local x = tenmo.tensor { -3, 0.5, 3 }
        same({ -1, 0.5, 1 }, x:clamp(-1, 1))
        same({ -3, 0.5, 1 }, x:clamp { max = 1 })
        same({ 0, 1, 3 }, x:clamp { min = tenmo.tensor { 0, 1, 2 } })
        same({ 0, 0.5, 1 }, x:clamp(tenmo.tensor { 0 }, 1))
        same({ 1, 1, 1 }, x:clamp(2, 1)) -- min above max: max
        assert.equal('clamp: needs one option at least; it takes (x | min=-inf max=inf)',
            (tensors.failure(x.clamp, x)))
    end)

    it('keeps integers unless a limit has a fraction', function()
        assert.equal('int64', tenmo.ids { 5 }:clamp(0, 3).dtype)
        assert.equal('int64', tenmo.ids { 5 }:clamp { max = 3 }.dtype)
        assert.equal('float32', tenmo.ids { 5 }:clamp(0.5, 3).dtype)
        assert.equal('uint8', tenmo.tensor({ 5 }, { dtype = 'uint8' }):clamp { min = 7 }.dtype)
    end)

    it('has gradients for its limits', function()
        local x = double { -3, 0, 3 }
        local low, high = double { -1, -1, -1 }, double { 1, 1, 1 }
        for _, leaf in ipairs { x, low, high } do
            leaf.requires_grad = true
        end
        x:clamp(low, high):sum():backward()
        same({ 0, 1, 0 }, x.grad)
        same({ 1, 0, 0 }, low.grad)
        same({ 0, 0, 1 }, high.grad)
    end)
end)

describe('a choice', function()
    it('picks another row, also in place and recorded', function()
        local x = double { 0.5, -1 }
        same(list(x:gelu_tanh()), x:gelu { approximate = 'tanh' })
        assert.is_true(list(x:gelu())[1] ~= list(x:gelu_tanh())[1])
        same({ 3, -4 }, double { 7, -7 }:div_(2, { rounding = 'floor' }))
        same({ 3, -3 }, double { 7, -7 }:div_(2, { rounding = 'trunc' }))
        assert.equal("div: option 'rounding' can't be 'up'; it is one of none/trunc/floor",
            (tensors.failure(x.div, x, 2, { rounding = 'up' })))
    end)
end)

describe('closeness', function()
    it('bears infinities and NaN', function()
        local x = double { INF, INF, NAN, 1, 0 }
        local w = double { INF, -INF, NAN, 1 + 1e-6, 1e-9 }
        same({ 1, 0, 0, 1, 1 }, x:isclose(w))
        same({ 1, 0, 1, 1, 1 }, x:isclose(w, { equal_nan = true }))
        assert.is_false(x:allclose(w))
        assert.is_true(double { 1, 2 }:allclose(double { 1, 2 }))
        assert.is_true(tenmo.zeros(0):allclose(tenmo.zeros(0)))
        same({ 1, 0 }, tenmo.ids { 100000, 5 }:isclose(tenmo.ids { 100001, 6 }))
    end)

    it('equal asks for the shape too', function()
        assert.is_true(tenmo.ids { 1, 2 }:equal(tenmo.ids { 1, 2 }))
        assert.is_false(tenmo.ids { 1, 2 }:equal(tenmo.ids { 1, 3 }))
        assert.is_false(tenmo.ids { 1, 2 }:equal(tenmo.ids { { 1, 2 } }))
    end)
end)

describe('masked_fill', function()
    it('keeps the dtype, and refuses what it cannot hold', function()
        local x = tenmo.ids { 1, 2 }
        same({ 9, 2 }, x:masked_fill(tenmo.tensor { true, false }, 9))
        assert.equal('int64', x:masked_fill(tenmo.tensor { true, false }, 9).dtype)
        assert.matches("^masked_fill: value 1.5 doesn't fit int64",
            (tensors.failure(x.masked_fill, x, tenmo.tensor { true, false }, 1.5)))
        assert.matches('^masked_fill: the mask is bool, got int64', (tensors.failure(x.masked_fill, x, x, 1)))
        x:masked_fill_(x:eq(2), -1)
        same({ 1, -1 }, x)
    end)
end)

-- Published: Abramowitz and Stegun, tables 6.1 to 6.4 and 7.1 (digits as printed there).
describe('published values of', function()
    for name, pairs_of in pairs {
        lgamma = { { 1.5, -0.12078223763524522 }, { 0.5, 0.5723649429247001 }, { 1, 0 }, { 2, 0 },
            { 10, 12.801827480081469 }, { 100, 359.1342053695754 }, { -0.5, 1.2655121234846454 },
            { 0, INF }, { -3, INF }, { INF, INF } },
        digamma = { { 1, -0.5772156649015329 }, { 0.5, -1.9635100260214235 }, { 10, 2.251752589066721 },
            { -0.5, 0.03648997397857652 }, { 0, -INF }, { -0.0, INF }, { -2, NAN } },
        erf = { { 0.5, 0.5204998778130465 }, { 1, 0.8427007929497149 }, { 2, 0.9953222650189527 }, { INF, 1 },
            { 1e-300, 1.1283791670955126e-300 } },
        erfc = { { 10, 2.088487583762545e-45 }, { 3, 2.209049699858544e-05 }, { -1, 1.8427007929497148 } },
        erfinv = { { 0.5, 0.4769362762044699 },
            { 1 - 2 ^ -50, 5.686128441310391 }, { 1, INF }, { -1, -INF }, { 2, NAN },
            { 1e-200, 8.862269254527581e-201 }, { 0, 0 }, { -0.0, -0.0 } },
    } do
        it(name, function()
            for _, pair in ipairs(pairs_of) do
                local y, want = double { pair[1] }[name](double { pair[1] }):item(), pair[2]
                if want ~= want or want == 0 or math.abs(want) == INF then
                    same({ want }, double { y })
                else
                    assert.is_true(math.abs(y - want) <= 8e-15 * math.max(math.abs(want), name:find 'gamma' and 1 or 0),
                        ('%s(%.17g) is %.17g, expected %.17g'):format(name, pair[1], y, want))
                end
            end
        end)
    end

    it('polygamma: trigamma(1) is pi^2 / 6, its derivative -2 zeta(3)', function()
        local x = double { 1, 0.5, -0.5 }
        local y = list(x:polygamma(1))
        for i, want in ipairs { math.pi ^ 2 / 6, math.pi ^ 2 / 2, math.pi ^ 2 / 2 + 4 } do
            assert.is_true(math.abs(y[i] - want) < 1e-13 * want)
        end
        assert.is_true(math.abs(x:polygamma(2)[1]:item() + 2 * 1.2020569031595942) < 1e-13)
    end)
end)

describe('near 0', function()
    it('nothing is lost', function()
        local tiny = double { 1e-12 }
        for name, want in pairs { expm1 = 1e-12 + 5e-25, log1p = 1e-12 - 5e-25, sinh = 1e-12, asinh = 1e-12,
            atanh = 1e-12, tanh = 1e-12, tan = 1e-12, asin = 1e-12, erf = 1.1283791670955126e-12, elu = 1e-12 } do
            local y = tiny[name](tiny):item()
            assert.is_true(math.abs(y - want) <= 1e-27, ('%s gives %.17g'):format(name, y))
        end
        local y = (-tiny):elu():item()
        assert.is_true(math.abs(y + 1e-12 - 5e-25) <= 1e-27)
    end)
end)

describe('gradients at kinks', function()
    -- what PyTorch gives at these places
    for _, case in ipairs {
        { 'relu', { 0 }, { 0 } }, { 'relu6', { 0, 6 }, { 0, 0 } }, { 'hardtanh', { -1, 1 }, { 0, 0 } },
        { 'leaky_relu', { 0 }, { 0.01 } }, { 'elu', { 0 }, { 1 } }, { 'hardsigmoid', { -3, 3 }, { 0, 0 } },
        { 'hardswish', { -3, 3 }, { 0, 1 } }, { 'hardshrink', { -0.5, 0.5 }, { 0, 0 } },
        { 'softshrink', { -0.5, 0.5 }, { 0, 0 } }, { 'threshold', { 0 }, { 0 } }, { 'abs', { 0 }, { 0 } },
        { 'softsign', { 0 }, { 1 } }, { 'sinc', { 0 }, { 0 } }, { 'frac', { 1 }, { 1 } }, { 'floor', { 1 }, { 0 } },
    } do
        it(case[1], function()
            local x = double(case[2])
            x.requires_grad = true
            x[case[1]](x):sum():backward()
            same(case[3], x.grad)
        end)
    end

    it('of equals are shared', function()
        for _, op in ipairs { 'maximum', 'minimum', 'fmax', 'fmin', 'clamp_min', 'clamp_max' } do
            local x, w = double { 2 }, double { 2 }
            x.requires_grad, w.requires_grad = true, true
            x[op](x, w):sum():backward()
            same({ 0.5 }, x.grad)
            same({ 0.5 }, w.grad)
        end
        local x = double { 2 }
        x.requires_grad = true
        x:clamp_min(2):sum():backward() -- of a number nothing is shared
        same({ 1 }, x.grad)
    end)

    it('hypot has none at the origin, from where it rises every way', function()
        local x, w = double { 0, 0, 3 }, double { 0, -2, -4 }
        x.requires_grad, w.requires_grad = true, true
        tenmo.hypot(x, w):sum():backward()
        same({ 0, 0, 0.6 }, x.grad)
        same({ 0, -1, -0.8 }, w.grad)
    end)

    it('second gradients have no NaN where one branch overflows', function()
        for _, op in ipairs { 'elu', 'celu', 'selu', 'softplus', 'silu', 'mish', 'gelu', 'sinc' } do
            local x = double { -900, 0, 900 }
            x.requires_grad = true
            local g = tenmo.grad(x[op](x):sum(), x, { create_graph = true })
            if g.requires_grad then
                for _, v in ipairs(list(tenmo.grad(g:sum(), x))) do
                    assert.is_true(v == v, op)
                end
            end
        end
    end)
end)
