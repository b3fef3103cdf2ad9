-- losses.lua: losses composed of ops; cross_entropy is an op of its own.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local REDUCTIONS = { mean = tenmo.mean, sum = tenmo.sum, none = function(x) return x end }

    -- The loss that reduces pointwise(x, target). Shapes must be equal: a target (64) beside an output
    -- (64, 1) would broadcast to (64, 64), a mistake that no error would tell.
    local function loss(name, pointwise)
        return function(x, target, options)
            for position, tensor in ipairs { x or false, target or false } do
                if not tenmo.is_tensor(tensor) then
                    raise('%s: argument %d: expected a tensor, got %s', name, position, type(({ x, target })[position]))
                end
            end
            if not (x.dtype:find '^float' and target.dtype:find '^float') then
                raise('%s: expected float32 or float64, got %s and %s; cast first: x:float()', name, x.dtype,
                    target.dtype)
            end
            local reduction = options
            if type(options) == 'table' then
                for key in pairs(options) do
                    if key ~= 'reduction' then
                        raise("%s: unknown option '%s'; it has reduction", name, tostring(key))
                    end
                end
                reduction = options.reduction
            end
            local reduce = REDUCTIONS[reduction == nil and 'mean' or reduction]
            if not reduce then
                raise("%s: reduction is 'mean', 'sum' or 'none', got '%s'", name, tostring(reduction))
            end
            local a, b = x.shape, target.shape
            local same = #a == #b
            for i = 1, #a do
                same = same and a[i] == b[i]
            end
            if not same then
                raise('%s: %s and target %s: expected equal shapes%s', name, shape_text(a), shape_text(b),
                    x:numel() == target:numel() and '; did you mean target:reshape(x.shape)?' or '')
            end
            return reduce(pointwise(x, target))
        end
    end

    local SIGNATURE = 'x target | reduction:mean/sum/none=mean'
    return {
        {
            name = 'mse_loss',
            signature = SIGNATURE,
            doc = 'the mean squared error',
            formula = '(x - target)^2',
            example = 'tenmo.mse_loss(tenmo.tensor{1, 2}, tenmo.tensor{1, 4})  --> 2',
            run = loss('mse_loss', function(x, target)
                return (x - target):square()
            end),
        },
        {
            name = 'l1_loss',
            signature = SIGNATURE,
            doc = 'the mean absolute error',
            formula = '|x - target|',
            example = 'tenmo.l1_loss(tenmo.tensor{1, 2}, tenmo.tensor{1, 4})  --> 1',
            run = loss('l1_loss', function(x, target)
                return (x - target):abs()
            end),
        },
        {
            name = 'binary_cross_entropy',
            signature = SIGNATURE,
            doc = 'binary cross-entropy of probabilities; logarithms are kept above -100',
            formula = '-(target log(x) + (1 - target) log(1 - x))',
            example = 'tenmo.binary_cross_entropy(tenmo.tensor{0.5}, tenmo.tensor{1})  --> 0.6931',
            run = loss('binary_cross_entropy', tenmo.bce),
        },
        {
            name = 'binary_cross_entropy_with_logits',
            signature = SIGNATURE,
            doc = 'binary cross-entropy of sigmoid(x), without overflow',
            formula = 'log(1 + exp(x)) - x target',
            example = 'tenmo.binary_cross_entropy_with_logits(tenmo.tensor{0}, tenmo.tensor{1})  --> 0.6931',
            run = loss('binary_cross_entropy_with_logits', function(x, target)
                return x:softplus() - x * target
            end),
        },
    }
end
