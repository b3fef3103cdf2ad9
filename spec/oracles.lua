-- oracles.lua: what each row of the op table must give, in plain Lua: math.*, loops, no tenmo.
--
-- Elementwise rows: a function of numbers, one for each input, then the row's options:
--     value(x, w, v, options)     options.integer is true for integer arithmetic
-- What dtype the result has and how it wraps is the spec's business.
--
-- Other rows: a table
--     cases = array of (the arrays that want gets carry a field dtype)
--         inputs  one shape for each tensor; { ids = bound, n = count } where the row takes ids
--         call    function(op, tensors...) that calls the op
--         want    function(arrays...) that returns the expected array, and a second one where there are two
--         check   instead of want, for random results: function(values, shape), asserts by itself
--         scalar  true: the result is compared as given by tenmo, not as an array (constructors)
--     dtype   function(dtype) of the result's dtype for inputs of that dtype, or nil if it is refused;
--             the dtype itself unless given
--     view    true: the result shares its bytes with the first input
--     ties    true: no differences where several elements are the same variable
-- Internal rows (optimizers): a function that makes one update of plain numbers.


local oracles = {}

-- --- arithmetic --------------------------------------------------------------------------------------

function oracles.add(x, w)
    return x + w
end

function oracles.sub(x, w)
    return x - w
end

function oracles.mul(x, w)
    return x * w
end

function oracles.div(x, w)
    return x / w
end

-- For integers a negative power is 0, but for 1 and -1.
function oracles.pow(x, w, _, options)
    if not (options and options.integer) then
        return x ^ w
    end
    if w < 0 then
        return x == 1 and 1 or x == -1 and (w % 2 == 0 and 1 or -1) or 0
    end
    local y = 1
    for _ = 1, w do
        y = y * x
    end
    return y
end

function oracles.maximum(x, w)
    return math.max(x, w)
end

function oracles.minimum(x, w)
    return math.min(x, w)
end

function oracles.neg(x)
    return -x
end

function oracles.abs(x)
    return math.abs(x)
end

function oracles.sign(x)
    return x > 0 and 1 or x < 0 and -1 or 0
end

function oracles.square(x)
    return x * x
end

function oracles.reciprocal(x)
    return 1 / x
end

-- --- exponentials, roots, activations ------------------------------------------------------------------

oracles.exp, oracles.sqrt, oracles.tanh = math.exp, math.sqrt, math.tanh

function oracles.log(x)
    return math.log(x)
end

function oracles.log1p(x)
    return math.log(1 + x)
end

function oracles.relu(x)
    return math.max(x, 0)
end

function oracles.sigmoid(x)
    return 1 / (1 + math.exp(-x))
end

function oracles.clamp(x, min, max)
    return math.min(math.max(x, min), max)
end

-- Rows whose op_ form is something else.
oracles.not_in_place = { copy = true }

-- Options that the spec tries on elementwise rows that have some; false: none.
oracles.options = {}

-- What pointwise_oracles.lua has more: the oracles, and options for them.
for name, oracle in pairs(require 'spec.pointwise_oracles') do
    if name == 'options' then
        oracles.options = oracle
    else
        oracles[name] = oracle
    end
end

function oracles.bce(p, target)
    return -(target * math.max(math.log(p), -100) + (1 - target) * math.max(math.log(1 - p), -100))
end

-- --- comparisons and choice ------------------------------------------------------------------------------

local function truth(condition)
    return condition and 1 or 0
end

function oracles.eq(x, w)
    return truth(x == w)
end

function oracles.ne(x, w)
    return truth(x ~= w)
end

function oracles.lt(x, w)
    return truth(x < w)
end

function oracles.le(x, w)
    return truth(x <= w)
end

function oracles.gt(x, w)
    return truth(x > w)
end

function oracles.ge(x, w)
    return truth(x >= w)
end

function oracles.logical_and(x, w)
    return truth(x ~= 0 and w ~= 0)
end

function oracles.logical_or(x, w)
    return truth(x ~= 0 or w ~= 0)
end

function oracles.logical_not(x)
    return truth(x == 0)
end

function oracles.where(condition, x, w)
    return condition ~= 0 and x or w
end

function oracles.copy(x)
    return x
end

for name, oracle in pairs(require 'spec.structured_oracles') do
    oracles[name] = oracle
end

-- --- optimizers ---------------------------------------------------------------------------------------

-- One update of a number p with gradient g; state is a table that starts empty.
function oracles.sgd(p, g, state, s)
    g = g + (s.weight_decay or 0) * p
    if (s.momentum or 0) ~= 0 then
        state.b = state.b and s.momentum * state.b + g or g
        g = s.nesterov and g + s.momentum * state.b or state.b
    end
    return p - s.lr * g
end

-- The p-norm of a list, and the list scaled so that its norm is at most max_norm.
function oracles.clip_norm(list, max_norm, p)
    local total, scaled = 0, {}
    for _, v in ipairs(list) do
        total = p == math.huge and math.max(total, math.abs(v)) or total + math.abs(v) ^ p
    end
    total = p == math.huge and total or total ^ (1 / p)
    for i, v in ipairs(list) do
        scaled[i] = v * math.min(1, max_norm / (total + 1e-6))
    end
    return total, scaled
end

function oracles.adam(p, g, state, s)
    local beta1, beta2 = s.beta1 or 0.9, s.beta2 or 0.999
    if s.decoupled then
        p = p - s.lr * (s.weight_decay or 0) * p
    else
        g = g + (s.weight_decay or 0) * p
    end
    state.t = (state.t or 0) + 1
    state.m = beta1 * (state.m or 0) + (1 - beta1) * g
    state.v = beta2 * (state.v or 0) + (1 - beta2) * g * g
    local m, v = state.m / (1 - beta1 ^ state.t), state.v / (1 - beta2 ^ state.t)
    return p - s.lr * m / (math.sqrt(v) + (s.eps or 1e-8))
end

-- --- word2vec ---------------------------------------------------------------------------------------------

-- One window: rows of inputs and of outputs (lists of lists), the outputs' labels. Returns what each row gains: the
-- gradient of the log-likelihood times lr. An input's gain is summed over the outputs.
function oracles.word2vec(inputs, outputs, labels, lr)
    local gain_in, gain_out = {}, {}
    for i, x in ipairs(inputs) do
        gain_in[i] = {}
        for j, o in ipairs(outputs) do
            local dot = 0
            for k in ipairs(x) do
                dot = dot + x[k] * o[k]
            end
            local g = lr * (labels[j] - 1 / (1 + math.exp(-dot)))
            gain_out[j] = gain_out[j] or {}
            for k in ipairs(x) do
                gain_in[i][k] = (gain_in[i][k] or 0) + g * o[k]
                gain_out[j][k] = (gain_out[j][k] or 0) + g * x[k]
            end
        end
    end
    return gain_in, gain_out
end

return oracles
