-- pointwise_oracles.lua: more elementwise oracles (see oracles.lua): rests and roundings, bits, angles, special
-- functions, activations. No tenmo, and no formula of ops.def or special.h.

local bit = require 'bit'

local oracles = { options = {} }

local INF, PI = math.huge, math.pi

-- --- division, rounding, bits -------------------------------------------------------------------------------------

local function toward_zero(x)
    return x < 0 and math.ceil(x) or math.floor(x)
end

function oracles.div_trunc(x, w)
    return toward_zero(x / w)
end

function oracles.div_floor(x, w)
    return math.floor(x / w)
end

function oracles.fmod(x, w)
    return math.fmod(x, w)
end

function oracles.remainder(x, w)
    return x - math.floor(x / w) * w
end

function oracles.fmax(x, w)
    return math.max(x, w)
end

function oracles.fmin(x, w)
    return math.min(x, w)
end

function oracles.copysign(x, w)
    return w < 0 and -math.abs(x) or math.abs(x)
end

function oracles.heaviside(x, values)
    return x < 0 and 0 or x == 0 and values or 1
end

function oracles.hypot(x, w)
    return math.sqrt(x * x + w * w)
end

function oracles.lerp(x, last, weight)
    return (1 - weight) * x + weight * last
end

function oracles.addcmul(x, a, b, options)
    return x + (options.value or 1) * a * b
end

function oracles.addcdiv(x, a, b, options)
    return x + (options.value or 1) * a / b
end

oracles.options.addcmul = { false, { value = -2 } }
oracles.options.addcdiv = { false, { value = -2 } }

oracles.floor, oracles.ceil, oracles.trunc = math.floor, math.ceil, toward_zero

function oracles.round(x)
    return math.floor(x + 0.5) -- the domain keeps away from halves; pointwise_spec has them
end

function oracles.frac(x)
    return x - toward_zero(x)
end

for name, f in pairs { ['and'] = bit.band, ['or'] = bit.bor, xor = bit.bxor, left_shift = bit.lshift,
    right_shift = bit.arshift } do
    oracles['bitwise_' .. name] = function(x, w)
        return f(x, w)
    end
end

function oracles.logical_xor(x, w)
    return (x ~= 0) ~= (w ~= 0) and 1 or 0
end

function oracles.isnan(x)
    return x ~= x and 1 or 0
end

function oracles.isinf(x)
    return math.abs(x) == INF and 1 or 0
end

function oracles.isfinite(x)
    return math.abs(x) < INF and 1 or 0
end

function oracles.signbit(x)
    return (x < 0 or 1 / x < 0) and 1 or 0
end

-- --- exponentials, angles ------------------------------------------------------------------------------------------

function oracles.exp2(x)
    return 2 ^ x
end

function oracles.expm1(x)
    return math.exp(x) - 1
end

function oracles.log2(x)
    return math.log(x) / math.log(2)
end

oracles.log10 = math.log10

function oracles.rsqrt(x)
    return x ^ -0.5
end

function oracles.logaddexp(x, w)
    return math.log(math.exp(x) + math.exp(w))
end

function oracles.logaddexp2(x, w)
    return math.log(2 ^ x + 2 ^ w) / math.log(2)
end

function oracles.xlogy(x, w)
    return x * math.log(w)
end

for _, name in ipairs { 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh' } do
    oracles[name] = function(x, w)
        return math[name](x, w)
    end
end

function oracles.asinh(x)
    return math.log(x + math.sqrt(x * x + 1))
end

function oracles.acosh(x)
    return math.log(x + math.sqrt(x * x - 1))
end

function oracles.atanh(x)
    return math.log((1 + x) / (1 - x)) / 2
end

function oracles.sinc(x)
    return x == 0 and 1 or math.sin(PI * x) / (PI * x)
end

-- --- special functions: slow ways that anybody can check -----------------------------------------------------------

-- The power series: 2 / sqrt(pi) * sum of (-1)^k x^(2k+1) / (k! (2k+1)); far out, where its terms would cancel, 1 minus
-- exp(-x^2) / sqrt(pi) times the continued fraction 1 / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))).
function oracles.erf(x)
    if math.abs(x) > 2.5 then
        local size = math.abs(x)
        local rest = size
        for k = 80, 1, -1 do
            rest = size + k / 2 / rest
        end
        return (x < 0 and -1 or 1) * (1 - math.exp(-size * size) / math.sqrt(PI) / rest)
    end
    local sum, term = 0, x
    for k = 0, 80 do
        sum = sum + term / (2 * k + 1)
        term = -term * x * x / (k + 1)
    end
    return 2 / math.sqrt(PI) * sum
end

function oracles.erfc(x)
    return 1 - oracles.erf(x)
end

-- By Newton's method from 0.
function oracles.erfinv(x)
    local y = 0
    for _ = 1, 60 do
        y = y - (oracles.erf(y) - x) / (2 / math.sqrt(PI) * math.exp(-y * y))
    end
    return y
end

-- The sum over k < N of f(k), and its rest as an integral from N - 1/2 on (midpoint rule, wrong by about 1 / N^3).
local N = 20000

-- digamma's series, sum of 1 / (k + 1) - 1 / (k + x), minus Euler's constant.
local function digamma(x)
    local sum = 0
    for k = N - 1, 0, -1 do
        sum = sum + (x - 1) / ((k + 1) * (k + x))
    end
    return sum + math.log((N - 0.5 + x) / (N + 0.5)) - 0.57721566490153286
end

oracles.digamma = digamma

-- The derivatives of that series, term by term.
function oracles.polygamma(x, n)
    if n == 0 then
        return digamma(x)
    end
    local sum, factorial = 0, 1
    for k = N - 1, 0, -1 do
        sum = sum + (k + x) ^ (-n - 1)
    end
    for k = 2, n do
        factorial = factorial * k
    end
    return (-1) ^ (n + 1) * factorial * (sum + (N - 0.5 + x) ^ -n / n)
end

-- Lanczos's approximation with g = 7 and nine coefficients (Godfrey), good to about 15 digits.
local LANCZOS = { 0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7 }

function oracles.lgamma(x)
    local sum = LANCZOS[1]
    for k = 1, 8 do
        sum = sum + LANCZOS[k + 1] / (x - 1 + k)
    end
    local t = x + 6.5
    return math.log(math.sqrt(2 * PI) * sum) + (x - 0.5) * math.log(t) - t
end

-- --- activations ---------------------------------------------------------------------------------------------------

local function logistic(x)
    return 1 / (1 + math.exp(-x))
end

function oracles.softplus(x, _, _, options)
    local beta = options.beta or 1
    return beta * x > (options.threshold or 20) and x or math.log(1 + math.exp(beta * x)) / beta
end

oracles.options.softplus = { false, { beta = 2 }, { beta = 0.5, threshold = 1.2 } }

function oracles.logsigmoid(x)
    return math.log(logistic(x))
end

function oracles.logit(x, _, _, options)
    local eps = options.eps or 0
    x = math.min(math.max(x, eps), 1 - eps)
    return math.log(x / (1 - x))
end

oracles.options.logit = { false, { eps = 0.2003 } }

function oracles.relu6(x)
    return math.min(math.max(x, 0), 6)
end

function oracles.hardtanh(x, _, _, options)
    return math.min(math.max(x, options.min_val or -1), options.max_val or 1)
end

oracles.options.hardtanh = { false, { min_val = -2 }, { min_val = 1, max_val = 2 } }

function oracles.leaky_relu(x, _, _, options)
    return x > 0 and x or (options.negative_slope or 0.01) * x
end

oracles.options.leaky_relu = { false, { negative_slope = 0.2 } }

function oracles.elu(x, _, _, options)
    return x > 0 and x or (options.alpha or 1) * (math.exp(x) - 1)
end

function oracles.celu(x, _, _, options)
    local alpha = options.alpha or 1
    return x > 0 and x or alpha * (math.exp(x / alpha) - 1)
end

oracles.options.elu = { false, { alpha = 0.5 } }
oracles.options.celu = { false, { alpha = 0.5 } }

-- Klambauer et al., "Self-normalizing neural networks": lambda and alpha.
function oracles.selu(x)
    return 1.0507009873554804934193349852946 * (x > 0 and x or 1.6732632423543772848170429916717 * (math.exp(x) - 1))
end

function oracles.gelu(x)
    return x * (1 + oracles.erf(x / math.sqrt(2))) / 2
end

function oracles.gelu_tanh(x)
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / PI) * (x + 0.044715 * x ^ 3)))
end

function oracles.silu(x)
    return x * logistic(x)
end

function oracles.mish(x)
    return x * math.tanh(math.log(1 + math.exp(x)))
end

function oracles.hardsigmoid(x)
    return x <= -3 and 0 or x >= 3 and 1 or x / 6 + 0.5
end

function oracles.hardswish(x)
    return x * oracles.hardsigmoid(x)
end

function oracles.hardshrink(x, _, _, options)
    local l = options.lambd or 0.5
    return (x > l or x < -l) and x or 0
end

function oracles.softshrink(x, _, _, options)
    local l = options.lambd or 0.5
    return x > l and x - l or x < -l and x + l or 0
end

oracles.options.hardshrink = { false, { lambd = 1.0003 } }
oracles.options.softshrink = { false, { lambd = 1.0003 } }

function oracles.tanhshrink(x)
    return x - math.tanh(x)
end

function oracles.softsign(x)
    return x / (1 + math.abs(x))
end

function oracles.threshold(x, _, _, options)
    return x > (options.threshold or 0) and x or options.value or 0
end

oracles.options.threshold = { false, { threshold = 1, value = -7 } }

return oracles
