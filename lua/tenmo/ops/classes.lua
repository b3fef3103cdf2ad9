-- classes.lua: losses of scores against classes, with weights, ids that don't count and smoothed labels; margins
-- between the scores. A plain cross_entropy is the row of that name.
local floats = require 'tenmo.floats'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local LAYOUT = '(N, C, ...) and (N, ...), or (C) and ()'

    -- The axis of the classes, and the shape of the ids.
    local function axis_of(name, x)
        floats(name, x)
        if x:dim() == 0 then
            raise('%s: scores have shape (): expected %s', name, LAYOUT)
        end
        local axis, shape = x:dim() == 1 and 1 or 2, x.shape
        table.remove(shape, axis)
        return axis, shape
    end

    local function check_weight(name, weight, classes)
        if weight and (weight:dim() ~= 1 or weight:size(1) ~= classes) then
            raise('%s: weight has shape %s: expected (%d), a number for each class', name, shape_text(weight.shape),
                classes)
        end
    end

    local function check_ids(name, ids)
        if ids.dtype:find 'float' or ids.dtype == 'bool' then
            raise("%s: ids must be integers (int64, int32 or uint8), got %s; cast with ids:long()", name, ids.dtype)
        end
    end

    -- Each id's weight, 0 where it is to be ignored; and the ids, all in range.
    local function weights_of(name, x, ids, weight, ignored, axis, shape)
        check_ids(name, ids)
        if shape_text(ids.shape) ~= shape_text(shape) then
            raise('%s: scores %s, ids %s: expected %s', name, shape_text(x.shape), shape_text(ids.shape), LAYOUT)
        end
        check_weight(name, weight, x:size(axis))
        local counts = ignored and ids:ne(ignored)
        local used = counts and tenmo.where(counts, ids, 0) or ids
        local each = weight and weight:index_select(1, used:reshape(-1)):reshape(ids.shape)
            or tenmo.ones({}, { dtype = x.dtype, device = x.device }):expand(ids.shape)
        return counts and tenmo.where(counts, each, 0) or each, used, counts
    end

    -- A mean is one over weights.
    local function reduced(each, reduction, weights)
        if reduction == 'none' then
            return each
        end
        return reduction == 'sum' and each:sum() or each:sum() / weights:sum()
    end

    -- x times the weight of the class.
    local function by_class(x, weight, axis)
        local shape = {}
        for i = 1, x:dim() do
            shape[i] = i == axis and x:size(axis) or 1
        end
        return weight and x * weight:reshape(shape) or x
    end

    local function without(counts, each)
        return counts and tenmo.where(counts, each, 0) or each
    end

    -- x are logarithms of probabilities.
    local function nll(name, x, ids, weight, ignored, reduction, smoothing)
        local axis, shape = axis_of(name, x)
        local weights, used, counts = weights_of(name, x, ids, weight, ignored, axis, shape)
        local each = without(counts, -x:gather(axis, used:unsqueeze(axis)):squeeze(axis) * weights)
        if smoothing > 0 then
            local of_all = without(counts, by_class(x, weight, axis):sum(axis))
            each = each * (1 - smoothing) - of_all * (smoothing / x:size(axis))
        end
        return reduced(each, reduction, weights)
    end

    -- The target is a probability for each class.
    local function of_probabilities(x, target, weight, reduction, smoothing)
        local axis = axis_of('cross_entropy', x)
        local classes = x:size(axis)
        check_weight('cross_entropy', weight, classes)
        target = smoothing > 0 and target * (1 - smoothing) + smoothing / classes or target
        local each = -by_class(x * target, weight, axis):sum(axis)
        if reduction == 'none' then
            return each
        end
        return reduction == 'sum' and each:sum() or each:sum() / (x:numel() / classes)
    end

    local function cross_entropy(x, target, reduction, weight, ignored, smoothing)
        if not (smoothing >= 0 and smoothing <= 1) then
            raise('cross_entropy: label_smoothing is 0 to 1, got %g', smoothing)
        end
        local axis = axis_of('cross_entropy', x)
        local scores = x:log_softmax(axis)
        if not target.dtype:find 'float' then
            return nll('cross_entropy', scores, target, weight, ignored, reduction, smoothing)
        elseif shape_text(target.shape) ~= shape_text(x.shape) then
            raise('cross_entropy: scores %s, target %s: a target of floats is a probability for each class, in the '
                .. 'shape of the scores; ids are integers: target:long()', shape_text(x.shape),
                shape_text(target.shape))
        elseif ignored then
            raise('cross_entropy: ignore_index is an id, and the target holds probabilities')
        end
        return of_probabilities(scores, target, weight, reduction, smoothing)
    end

    -- How much the other scores lack to be below that of the class by margin.
    local function multi_margin(x, ids, reduction, p, margin, weight)
        floats('multi_margin_loss', x)
        check_ids('multi_margin_loss', ids)
        if p ~= 1 and p ~= 2 then
            raise('multi_margin_loss: p is 1 or 2, got %g', p)
        end
        x = x:dim() == 0 and x:reshape(1) or x
        local shape, classes = x.shape, x:size(-1)
        shape[#shape] = nil
        if classes == 0 or #shape > 1 or ids:numel() ~= (shape[1] or 1) or ids:dim() > 1 then
            raise('multi_margin_loss: x %s, ids %s: expected (N, C) and (N), or (C) and ()', shape_text(x.shape),
                shape_text(ids.shape))
        end
        check_weight('multi_margin_loss', weight, classes)
        ids = ids:reshape(shape):unsqueeze(-1)
        local lack = tenmo.clamp(margin - x:gather(-1, ids) + x, { min = 0 })
        lack = p == 2 and lack:square() or lack
        if weight then
            lack = lack * weight:index_select(1, ids:reshape(-1)):reshape(ids.shape)
        end
        local chosen = tenmo.arange(classes, { device = x.device }):eq(ids)
        local each = tenmo.where(chosen, 0, lack):sum(-1) / classes
        return reduction == 'none' and each or each[reduction](each)
    end

    -- What the row of that name takes. It also says what is wrong with what it doesn't.
    local function plain(x, target, options)
        if not tenmo.is_tensor(x) or not tenmo.is_tensor(target) then
            return true
        end
        if x:dim() ~= 2 or target:dim() ~= 1 then
            return false
        end
        if type(options) == 'table' then
            for name in pairs(options) do
                if name ~= 'reduction' then
                    return false
                end
            end
        end
        return true
    end

    local OPTIONS = 'reduction:mean/sum/none=mean weight? ignore_index:int?'
    return {
        {
            name = 'cross_entropy', plain = plain,
            signature = 'x target | ' .. OPTIONS .. ' label_smoothing:num=0',
            shapes = "x (N, C, ...) or (C), ids (N, ...) or (), or probabilities as x give (); with "
                .. "reduction = 'none' as ids",
            doc = "-log(softmax(x)) at each row's class id, or its mean over probabilities of the classes; weight has "
                .. 'a number for each class, the id ignore_index does not count, label_smoothing takes that part of '
                .. 'each target and spreads it over all classes; a mean is one over the weights',
            formula = '-sum over classes of target * log(softmax(x)) * weight',
            example = 'tenmo.cross_entropy(tenmo.tensor{{2, 1}, {0, 3}}, tenmo.ids{0, -1}, {ignore_index = -1})',
            prints = '0.3133 float32 ()', call = cross_entropy,
        },
        {
            name = 'nll_loss', signature = 'x ids | ' .. OPTIONS,
            shapes = "x (N, C, ...) or (C), ids (N, ...) or () give (); with reduction = 'none' as ids",
            doc = 'the negative log likelihood: -x at each class id, where x are logarithms of probabilities, as '
                .. 'log_softmax gives them; weight and ignore_index as in cross_entropy',
            formula = '-x[id] * weight[id]',
            example = 'tenmo.nll_loss(tenmo.tensor{{2, 1}, {0, 3}}:log_softmax(), tenmo.ids{0, 1})',
            prints = '0.1809 float32 ()',
            call = function(x, ids, reduction, weight, ignored)
                return nll('nll_loss', x, ids, weight, ignored, reduction, 0)
            end,
        },
        {
            name = 'multi_margin_loss', signature = 'x ids | reduction:mean/sum/none=mean p:num=1 margin:num=1 weight?',
            shapes = "x (N, C), ids (N), weight (C) give (); with reduction = 'none' as ids", call = multi_margin,
            doc = 'how much every other score lacks to be below that of the class id by margin',
            formula = 'weight[id] * sum over i ~= id of max(0, margin - x[id] + x[i])^p / C',
            example = 'tenmo.multi_margin_loss(tenmo.tensor{{1, 0.5, 3}}, tenmo.ids{0})', prints = '1.1667 float32 ()',
        },
    }
end
