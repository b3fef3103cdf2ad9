-- losses.lua: losses composed of ops; those of classes stand in classes.lua.
local floats = require 'tenmo.floats'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

local SHAPES = "equal shapes give (); with reduction = 'none' the same shape"
local REDUCTION = 'reduction:mean/sum/none=mean'

return function(tenmo)
    local REDUCE = { mean = tenmo.mean, sum = tenmo.sum, none = function(x) return x end }
    local clamp = tenmo.clamp

    local function where(...) -- of another family, which is loaded when it is needed
        return tenmo.where(...)
    end

    local function check_floats(name, ...)
        for _, x in ipairs { ... } do
            floats(name, x)
        end
    end

    -- A target (64) beside an output (64, 1) would broadcast to (64, 64), a mistake that no error would tell.
    local function check_shapes(name, x, target, what)
        if shape_text(x.shape) ~= shape_text(target.shape) then
            raise('%s: %s and %s %s: expected equal shapes%s', name, shape_text(x.shape), what or 'target',
                shape_text(target.shape),
                x:numel() == target:numel() and ('; did you mean %s:reshape(x.shape)?'):format(what or 'target') or '')
        end
    end

    -- The loss that reduces pointwise(x, target, options ...). options: what the signature has besides.
    local function loss(name, options, pointwise, fields)
        fields.name, fields.shapes = name, SHAPES
        fields.signature = ('x target | %s %s'):format(REDUCTION, options):gsub('%s+$', '')
        function fields.call(x, target, reduction, ...)
            check_floats(name, x, target)
            check_shapes(name, x, target)
            return REDUCE[reduction](pointwise(x, target, ...))
        end
        return fields
    end

    local function weighed(each, weight)
        return weight and each * weight or each
    end

    local function positive_part(x)
        return clamp(x, { min = 0 })
    end

    -- log(1 + exp(x)) to the last digit: softplus's threshold is for gradients of old.
    local function softplus(x)
        return x:softplus(1, math.huge)
    end

    -- Half the square of |x - target| up to delta, and delta times as steep as |x - target| beyond.
    local function smooth(x, target, delta)
        local off = (x - target):abs()
        local near = clamp(off, { max = delta })
        return near * (off - near * 0.5)
    end

    local function distance(x, other, p, eps)
        return tenmo.vector_norm(x - other + eps, p, -1)
    end

    -- The norms are multiplied, not their squares, which would leave float32 from 1e10 on.
    local function cosine(x, other, axis, eps)
        local xx, ww = (x * x + other * 0):sum(axis), (other * other + x * 0):sum(axis)
        local least = { min = eps * eps }
        return (x * other):sum(axis) / (clamp(xx, least):sqrt() * clamp(ww, least):sqrt())
    end

    local function check_var(x, var)
        local fits = var:dim() == 0 or var:dim() == x:dim() or var:dim() == x:dim() - 1
        for i = 1, fits and var:dim() or 0 do
            fits = fits and (var:size(i) == x:size(i) or var:size(i) == 1)
        end
        if not fits then
            raise('gaussian_nll_loss: x %s, var %s: expected var as x, with 1 along axes, or without the last axis',
                shape_text(x.shape), shape_text(var.shape))
        end
    end

    return {
        loss('mse_loss', '', function(x, target)
            return (x - target):square()
        end, {
            doc = 'the mean squared error', formula = '(x - target)^2',
            example = 'tenmo.mse_loss(tenmo.tensor{1, 2}, tenmo.tensor{1, 4})', prints = '2. float32 ()',
        }),
        loss('l1_loss', '', function(x, target)
            return (x - target):abs()
        end, {
            doc = 'the mean absolute error', formula = '|x - target|',
            example = 'tenmo.l1_loss(tenmo.tensor{1, 2}, tenmo.tensor{1, 4})', prints = '1. float32 ()',
        }),
        loss('smooth_l1_loss', 'beta:num=1', function(x, target, beta)
            if beta < 0 then
                raise('smooth_l1_loss: beta is 0 or more, got %g', beta)
            end
            return beta == 0 and (x - target):abs() or smooth(x, target, beta) / beta
        end, {
            doc = 'the absolute error, but squared within beta of 0',
            formula = 'with d = |x - target|: d^2 / (2 beta) where d < beta, else d - beta / 2',
            example = 'tenmo.smooth_l1_loss(tenmo.tensor{0, 3}, tenmo.zeros(2))', prints = '1.2500 float32 ()',
        }),
        loss('huber_loss', 'delta:num=1', function(x, target, delta)
            if delta <= 0 then
                raise('huber_loss: delta is more than 0, got %g', delta)
            end
            return smooth(x, target, delta)
        end, {
            doc = 'half the squared error, but linear beyond delta',
            formula = 'with d = |x - target|: d^2 / 2 where d < delta, else delta (d - delta / 2)',
            example = 'tenmo.huber_loss(tenmo.tensor{0, 3}, tenmo.zeros(2), {delta = 2})', prints = '2. float32 ()',
        }),
        loss('binary_cross_entropy', 'weight?', function(x, target, weight)
            return weighed(tenmo.bce(x, target), weight)
        end, {
            doc = 'binary cross-entropy of probabilities; logarithms are kept above -100',
            formula = '-(target log(x) + (1 - target) log(1 - x)) weight',
            example = 'tenmo.binary_cross_entropy(tenmo.tensor{0.5}, tenmo.tensor{1})', prints = '0.6931 float32 ()',
        }),
        loss('binary_cross_entropy_with_logits', 'weight? pos_weight?', function(x, target, weight, pos_weight)
            if not pos_weight then
                return weighed(softplus(x) - x * target, weight)
            end
            return weighed((1 - target) * x + ((pos_weight - 1) * target + 1) * softplus(-x), weight)
        end, {
            doc = 'binary cross-entropy of sigmoid(x), without overflow; pos_weight multiplies the part of target 1',
            formula = '-(pos_weight target log(sigmoid(x)) + (1 - target) log(1 - sigmoid(x))) weight',
            example = 'tenmo.binary_cross_entropy_with_logits(tenmo.tensor{0}, tenmo.tensor{1})',
            prints = '0.6931 float32 ()',
        }),
        {
            name = 'kl_div', signature = 'x target | reduction:mean/sum/none/batchmean=mean log_target:bool=false',
            shapes = SHAPES, doc = 'how far the distribution target is from exp(x): x are logarithms, target with '
                .. 'log_target too; batchmean divides by the rows, which is the divergence itself',
            formula = 'target (log(target) - x)',
            example = "tenmo.kl_div(tenmo.tensor{{0.5, 0.5}}:log(), tenmo.tensor{{1, 0}}, {reduction = 'batchmean'})",
            prints = '0.6931 float32 ()',
            call = function(x, target, reduction, log_target)
                check_floats('kl_div', x, target)
                check_shapes('kl_div', x, target)
                local each = log_target and target:exp() * (target - x) or target:xlogy(target) - target * x
                if reduction == 'batchmean' then
                    return each:sum() / (x:dim() > 0 and x:size(1) or 1)
                end
                return REDUCE[reduction](each)
            end,
        },
        loss('hinge_embedding_loss', 'margin:num=1', function(x, target, margin)
            return where(target:ne(-1), x, 0) + where(target:ne(1), positive_part(margin - x), 0)
        end, {
            doc = 'x where target is 1, what x lacks of margin where it is -1: for distances of pairs',
            formula = 'where(target == 1, x, max(0, margin - x))',
            example = 'tenmo.hinge_embedding_loss(tenmo.tensor{0.5, 0.25}, tenmo.tensor{1, -1})',
            prints = '0.6250 float32 ()',
        }),
        loss('soft_margin_loss', '', function(x, target)
            return softplus(-target * x)
        end, {
            doc = 'the logistic loss for targets 1 and -1', formula = 'log(1 + exp(-target x))',
            example = 'tenmo.soft_margin_loss(tenmo.tensor{0}, tenmo.tensor{1})', prints = '0.6931 float32 ()',
        }),
        {
            name = 'margin_ranking_loss', signature = 'x1 x2 target | ' .. REDUCTION .. ' margin:num=0',
            shapes = SHAPES, doc = 'how much x1 lacks to rank above x2 by margin (target 1), or below it (-1)',
            formula = 'max(0, -target (x1 - x2) + margin)',
            example = 'tenmo.margin_ranking_loss(tenmo.tensor{1}, tenmo.tensor{3}, tenmo.tensor{1})',
            prints = '2. float32 ()',
            call = function(x1, x2, target, reduction, margin)
                check_floats('margin_ranking_loss', x1, x2, target)
                check_shapes('margin_ranking_loss', x1, x2, 'x2')
                check_shapes('margin_ranking_loss', x1, target)
                return REDUCE[reduction](positive_part(-target * (x1 - x2) + margin))
            end,
        },
        loss('poisson_nll_loss', 'log_input:bool=true full:bool=false eps:num=1e-8',
            function(x, target, log_input, full, eps)
                local each = log_input and x:exp() - target * x or x - target * (x + eps):log()
                if full then -- Stirling's approximation of log(target!)
                    local n = clamp(target, { min = 1 })
                    local log_factorial = n * n:log() - n + (n * (2 * math.pi)):log() * 0.5
                    each = each + where(target:gt(1), log_factorial, 0)
                end
                return each
            end, {
                doc = 'the negative log likelihood of counts: x is the logarithm of the rate, or with '
                    .. 'log_input = false the rate; full adds log(target!)',
                formula = 'exp(x) - target x, or x - target log(x + eps)',
                example = 'tenmo.poisson_nll_loss(tenmo.tensor{0}, tenmo.tensor{2})', prints = '1. float32 ()',
            }),
        {
            name = 'gaussian_nll_loss', signature = 'x target var | ' .. REDUCTION .. ' full:bool=false eps:num=1e-6',
            shapes = 'x (N, ...), target and var as x, or with 1 along axes, var also without the last',
            doc = 'the negative log likelihood of target under normal numbers with mean x and variance var, which is '
                .. 'kept above eps; full adds log(2 pi) / 2',
            formula = '(log(var) + (x - target)^2 / var) / 2',
            example = 'tenmo.gaussian_nll_loss(tenmo.tensor{1}, tenmo.tensor{3}, tenmo.tensor{1})',
            prints = '2. float32 ()',
            call = function(x, target, var, reduction, full, eps)
                check_floats('gaussian_nll_loss', x, target, var)
                local spread = target:dim() == 0 or target:dim() == x:dim() -- along axes of one element
                for i = 1, target:dim() do
                    spread = spread and (target:size(i) == 1 or target:size(i) == x:size(i))
                end
                target = spread and target:expand(x.shape) or target
                check_shapes('gaussian_nll_loss', x, target)
                check_var(x, var)
                if var:dim() == x:dim() - 1 then -- one for each row
                    var = var:unsqueeze(-1)
                end
                if var:numel() > 0 and var:detach():min():item() < 0 then
                    raise('gaussian_nll_loss: var has entries below 0; it is a variance: predict its logarithm, '
                        .. 'and give log_var:exp()')
                end
                var = var + (clamp(var, { min = eps }) - var):detach() -- the limit is no part of the gradient
                local each = (var:log() + (x - target):square() / var) * 0.5
                return REDUCE[reduction](full and each + 0.5 * math.log(2 * math.pi) or each)
            end,
        },
        {
            name = 'cosine_similarity', signature = 'x other | axis:int=2 eps:num=1e-8',
            shapes = '(n, d) and (n, d) give (n)', doc = 'the cosine of the angle between vectors along an axis',
            formula = 'sum(x other) / sqrt(max(sum(x^2), eps^2) max(sum(other^2), eps^2))',
            example = 'tenmo.cosine_similarity(tenmo.tensor{{1, 0}, {1, 0}}, tenmo.tensor{{0, 2}, {3, 0}})',
            prints = '[0., 1.]\nfloat32 (2)',
            call = function(x, other, axis, eps)
                check_floats('cosine_similarity', x, other)
                while x:dim() < other:dim() do -- axes are those of the broadcast shape
                    x = x:unsqueeze(1)
                end
                while other:dim() < x:dim() do
                    other = other:unsqueeze(1)
                end
                if axis == 0 or math.abs(axis) > math.max(x:dim(), 1) then
                    raise('cosine_similarity: axis is %d, of x %s and other %s; it is the axis along which a vector '
                        .. 'lies, from 1 on or from -1 backwards', axis, shape_text(x.shape), shape_text(other.shape))
                end
                return cosine(x, other, axis, eps)
            end,
        },
        {
            name = 'pairwise_distance', signature = 'x other | p:num=2 eps:num=1e-6 keepdim:bool=false',
            shapes = '(n, d) and (n, d) give (n)', doc = 'the p-norm of the difference along the last axis, eps added '
                .. 'to each component', formula = 'sum(|x - other + eps|^p)^(1/p)',
            example = 'tenmo.pairwise_distance(tenmo.tensor{{3, 0}}, tenmo.tensor{{0, 4}})',
            prints = '[5.]\nfloat32 (1)',
            call = function(x, other, p, eps, keepdim)
                check_floats('pairwise_distance', x, other)
                local y = distance(x, other, p, eps)
                return keepdim and y:unsqueeze(-1) or y
            end,
        },
        {
            name = 'cosine_embedding_loss', signature = 'x1 x2 target | ' .. REDUCTION .. ' margin:num=0',
            shapes = 'x1 and x2 (N, D), target (N) give ()',
            doc = '1 - cosine where target is 1, what the cosine is above margin where it is -1',
            formula = 'where(target == 1, 1 - cos(x1, x2), max(0, cos(x1, x2) - margin))',
            example = 'tenmo.cosine_embedding_loss(tenmo.tensor{{1, 0}}, tenmo.tensor{{0, 1}}, tenmo.tensor{1})',
            prints = '1. float32 ()',
            call = function(x1, x2, target, reduction, margin)
                check_floats('cosine_embedding_loss', x1, x2)
                check_shapes('cosine_embedding_loss', x1, x2, 'x2')
                local xx, ww = (x1 * x1):sum(-1) + 1e-12, (x2 * x2):sum(-1) + 1e-12
                local cos = (x1 * x2):sum(-1) / (xx:sqrt() * ww:sqrt())
                check_shapes('cosine_embedding_loss', cos, target)
                local each = where(target:eq(1), 1 - cos, 0) + where(target:eq(-1), positive_part(cos - margin), 0)
                return REDUCE[reduction](each)
            end,
        },
        {
            name = 'triplet_margin_loss',
            signature = 'anchor positive negative | ' .. REDUCTION .. ' margin:num=1 p:num=2 '
                .. 'eps:num=1e-6 swap:bool=false',
            shapes = 'three of (N, D) give ()',
            doc = 'how much closer than margin the negative is than the positive; swap takes the distance between '
                .. 'positive and negative where that is less',
            formula = 'max(0, |anchor - positive| - |anchor - negative| + margin)',
            example = 'tenmo.triplet_margin_loss(tenmo.zeros(1, 1), tenmo.tensor{{2}}, tenmo.tensor{{1}})',
            prints = '2. float32 ()',
            call = function(anchor, positive, negative, reduction, margin, p, eps, swap)
                check_floats('triplet_margin_loss', anchor, positive, negative)
                if margin <= 0 then
                    raise('triplet_margin_loss: margin is more than 0, got %g', margin)
                end
                local near, far = distance(anchor, positive, p, eps), distance(anchor, negative, p, eps)
                if swap then
                    far = far:minimum(distance(positive, negative, p, eps))
                end
                return REDUCE[reduction](positive_part(near - far + margin))
            end,
        },
    }
end
