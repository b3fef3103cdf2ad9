-- normalisation.lua: ops that bring elements to mean 0 and variance 1, or to length 1, over some of the axes.
local floats = require 'tenmo.floats'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    -- (x - mean) / sqrt(variance + eps) over axes; the variance divides by n.
    local function standardised(x, axes, eps)
        local centred = x - x:mean(axes, true)
        return centred / (centred:square():mean(axes, true) + eps):sqrt()
    end

    -- y * weight + bias, where given; both are brought to this shape.
    local function affine(y, weight, bias, shape)
        if weight then
            y = y * (shape and weight:reshape(shape) or weight)
        end
        if bias then
            y = y + (shape and bias:reshape(shape) or bias)
        end
        return y
    end

    -- (1, C, 1, ...) of x's rank.
    local function along_channels(x)
        local shape = {}
        for axis = 1, x:dim() do
            shape[axis] = axis == 2 and x:size(2) or 1
        end
        return shape
    end

    local function check_channels(name, x, tensors)
        floats(name, x)
        if x:dim() < 2 then
            raise('%s: x has shape %s; expected (N, C, ...)', name, shape_text(x.shape))
        end
        for what, tensor in pairs(tensors) do
            if tensor:dim() ~= 1 or tensor:size(1) ~= x:size(2) then
                raise('%s: %s has shape %s; expected (%d), one number for each channel of x %s', name, what,
                    shape_text(tensor.shape), x:size(2), shape_text(x.shape))
            end
        end
    end

    -- All axes but the channels'.
    local function but_channels(x)
        local axes = { 1 }
        for axis = 3, x:dim() do
            axes[#axes + 1] = axis
        end
        return axes
    end

    -- New running statistics: the variance that is kept divides by n - 1.
    local function keep_statistics(running, new, momentum)
        tenmo.no_grad(function()
            running:copy_(running * (1 - momentum) + new * momentum)
        end)
    end

    local function batch_norm(weight, bias, x, mean, variance, training, momentum, eps)
        check_channels('batch_norm', x, { mean = mean, variance = variance, weight = weight, bias = bias })
        local shape = along_channels(x)
        if not training then
            if not mean or not variance then
                raise 'batch_norm: without training = true it needs the mean and the variance to use'
            end
            local y = (x - mean:reshape(shape)) / (variance:reshape(shape) + eps):sqrt()
            return affine(y, weight, bias, shape)
        end
        local axes, n = but_channels(x), x:numel() / x:size(2)
        if n < 2 then
            raise('batch_norm: x %s has %d element%s for each channel; with training = true it needs 2 or more',
                shape_text(x.shape), n, n == 1 and '' or 's')
        end
        local own = x:mean(axes, true)
        local centred = x - own
        local spread = centred:square():mean(axes, true)
        if mean then
            keep_statistics(mean, own:detach():reshape(-1), momentum)
        end
        if variance then
            keep_statistics(variance, spread:detach():reshape(-1) * (n / (n - 1)), momentum)
        end
        return affine(centred / (spread + eps):sqrt(), weight, bias, shape)
    end

    -- weight and bias are more tensors than a signature holds: they are taken out of the options here.
    local OPTIONS = { weight = true, bias = true, training = true, momentum = true, eps = true }
    local read = tenmo.arguments('batch_norm', 'x mean? variance? | training:bool=false momentum:num=0.1 eps:num=1e-5')
    local function run(...)
        local arguments, n, beside, others = { ... }, select('#', ...), {}, {}
        local options = arguments[n]
        if type(options) == 'table' then
            for key, value in pairs(options) do
                if not OPTIONS[key] then
                    raise("batch_norm: there is no option '%s'; there are weight, bias, training, momentum and eps",
                        tostring(key))
                elseif key == 'weight' or key == 'bias' then
                    beside[key] = tenmo.is_tensor(value) and value
                        or raise("batch_norm: option '%s' expects a tensor, got %s", key, type(value))
                else
                    others[key] = value
                end
            end
            arguments[n] = others
        end
        return batch_norm(beside.weight, beside.bias, read(unpack(arguments, 1, n)))
    end

    local function by_group(name, x, groups, weight, bias, eps)
        check_channels(name, x, { weight = weight, bias = bias })
        local channels = x:size(2)
        if groups < 1 or channels % groups ~= 0 then
            raise("%s: %d groups can't share the %d channels of x %s", name, groups, channels, shape_text(x.shape))
        end
        local inside = x:numel() / math.max(1, x:size(1) * groups)
        local y = standardised(x:reshape(x:size(1), groups, inside), { -1 }, eps)
        return affine(y:reshape(x.shape), weight, bias, along_channels(x))
    end

    local function group_norm(x, groups, weight, bias, eps)
        return by_group('group_norm', x, groups, weight, bias, eps)
    end

    local function instance_norm(x, weight, bias, eps)
        check_channels('instance_norm', x, { weight = weight, bias = bias })
        return by_group('instance_norm', x, math.max(1, x:size(2)), weight, bias, eps)
    end

    -- The mean of squares over `size` channels around each, those beyond the ends as 0.
    local function local_response_norm(x, size, alpha, beta, k)
        check_channels('local_response_norm', x, {})
        if size < 1 then
            raise('local_response_norm: size is %d; at least 1', size)
        end
        local shape = x.shape
        local channels, before = shape[2], math.floor(size / 2)
        local squares, sum = x:square():reshape(shape[1], channels, x:numel() / math.max(1, shape[1] * channels)), nil
        squares = tenmo.pad(squares, { 0, 0, before, size - 1 - before })
        for i = 1, size do
            local part = squares:narrow(2, i, channels)
            sum = sum and sum + part or part
        end
        return x / (sum * (alpha / size) + k):pow(beta):reshape(shape)
    end

    local function normalize(x, p, axis, eps)
        floats('normalize', x)
        if p == 2 then -- the root of what is at least eps^2, so that its slope is 0, not NaN, where all are 0
            return x / x:square():sum(axis, true):clamp(eps * eps):sqrt()
        elseif p == 1 then
            return x / x:abs():sum(axis, true):clamp(eps)
        end
        return x / tenmo.vector_norm(x, p, axis, true):clamp(eps)
    end

    return {
        {
            name = 'batch_norm',
            signature = 'x mean? variance? | weight:tensor? bias:tensor? training:bool=false momentum:num=0.1 '
                .. 'eps:num=1e-5',
            run = run,
            doc = 'each channel of x (N, C, ...) less mean, over the root of variance, times weight plus bias; with '
                .. 'training = true mean and variance are those of x, and those given move towards them',
            formula = '(x - mean) / sqrt(variance + eps) * weight + bias',
            example = 'tenmo.tensor{{1, 10}, {3, 30}}:batch_norm(nil, nil, {training = true})',
            prints = '[[-1.0000, -1.0000],\n [ 1.0000,  1.0000]]\nfloat32 (2, 2)',
        },
        {
            name = 'group_norm', signature = 'x groups:int weight? bias? | eps:num=1e-5', call = group_norm,
            doc = 'each group of channels of each sample of x (N, C, ...) at mean 0 and variance 1, times weight plus '
                .. 'bias, one number a channel',
            formula = '(x - mean) / sqrt(variance + eps) * weight + bias',
            example = 'tenmo.tensor{{1, 3, 10, 30}}:group_norm(2)',
            prints = '[[-1.0000,  1.0000, -1.0000,  1.0000]]\nfloat32 (1, 4)',
        },
        {
            name = 'instance_norm', signature = 'x weight? bias? | eps:num=1e-5', call = instance_norm,
            doc = 'each channel of each sample of x (N, C, ...) at mean 0 and variance 1, times weight plus bias',
            formula = '(x - mean) / sqrt(variance + eps) * weight + bias',
            example = 'tenmo.tensor{{{1, 3}, {10, 30}}}:instance_norm()',
            prints = '[[[-1.0000,  1.0000],\n  [-1.0000,  1.0000]]]\nfloat32 (1, 2, 2)',
        },
        {
            name = 'local_response_norm', signature = 'x size:int | alpha:num=1e-4 beta:num=0.75 k:num=1',
            call = local_response_norm,
            doc = 'x (N, C, ...) over a power of the mean of squares of `size` channels around each',
            formula = 'x / (k + alpha * mean(x^2))^beta',
            example = 'tenmo.tensor{{1, 2, 3}}:local_response_norm(3, {alpha = 3, beta = 1})',
            prints = '[[0.1667, 0.1333, 0.2143]]\nfloat32 (1, 3)',
        },
        {
            name = 'normalize', signature = 'x | p:num=2 axis:axis=2 eps:num=1e-12', call = normalize,
            doc = 'x over its p-norm along an axis, which is taken as at least eps',
            formula = 'x / max(norm(x), eps)',
            example = 'tenmo.tensor{{3, 4}}:normalize()', prints = '[[0.6000, 0.8000]]\nfloat32 (1, 2)',
        },
    }
end
