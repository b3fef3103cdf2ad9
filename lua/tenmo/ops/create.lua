-- create.lua: constructors composed of full, arange, rand, randn and randint.
local ffi = require 'ffi'
local floats = require 'tenmo.floats'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local full = tenmo.full

    local function filled(value)
        return function(shape, dtype, requires_grad, device)
            return full(shape, value, dtype, requires_grad, device)
        end
    end

    -- A tensor like x, of `value` everywhere.
    local function like(value)
        return function(x, dtype, requires_grad, device)
            return full(x.shape, value, dtype or x.dtype, requires_grad, device or x.device)
        end
    end

    local function leaf(x, requires_grad)
        if requires_grad then
            x.requires_grad = true
        end
        return x
    end

    -- `steps` numbers from first to last, counted from whichever end is nearer, so that both ends are exact.
    local function line(first, last, steps)
        if steps < 0 then
            raise('linspace: steps is 0 or more, got %d', steps)
        elseif steps == 1 then
            return tenmo.full({ 1 }, first, { dtype = 'float64' })
        end
        local i, step = tenmo.arange(steps):double(), (last - first) / (steps - 1)
        return tenmo.where(i:lt(steps / 2), i * step + first, (i - (steps - 1)) * step + last)
    end

    -- The ids (row, column) of a rows x columns matrix that keep(column - row) wants, as a (2, n) tensor.
    local function ids_where(rows, columns, keep)
        local n = 0
        local list = ffi.new('int64_t[?]', 2 * rows * columns)
        for row = 0, rows - 1 do
            for column = 0, columns - 1 do
                if keep(column - row) then
                    list[n], list[n + rows * columns] = row, column
                    n = n + 1
                end
            end
        end
        return tenmo.from_bytes(ffi.string(list, n * 8) .. ffi.string(list + rows * columns, n * 8), { 2, n }, 'int64')
    end

    local function triangle(name, keep)
        return function(rows, columns, offset)
            if rows < 0 or columns < 0 then
                raise('%s: rows and columns are 0 or more, got %d and %d', name, rows, columns)
            end
            return ids_where(rows, columns, function(d)
                return keep(d, offset)
            end)
        end
    end

    local normal_numbers = tenmo.arguments('normal', 'mean:num std:num shape:shape | dtype:dtype=float32')
    local normal_tensors = tenmo.arguments('normal', 'mean std', true)

    -- An exponential time of rate `weight` for each id: the one that comes first is drawn with a chance of its share of
    -- the weights, the n first are a sample without replacement (Efraimidis and Spirakis, "Weighted random sampling
    -- with a reservoir", 2006).
    local function times_of(weights, shape)
        local times = -(1 - tenmo.rand(shape, { dtype = 'float64' })):log() / weights
        return tenmo.where(weights:gt(0), times, math.huge)
    end

    local function with_replacement(weights, n)
        local rows, classes = weights:size(1), weights:size(2)
        return (-times_of(weights:unsqueeze(2), { rows, n, classes })):argmax(-1)
    end

    local function without_replacement(weights, n)
        local times, classes, ids = times_of(weights, weights.shape), tenmo.arange(weights:size(2)), {}
        for k = 1, n do
            ids[k] = (-times):argmax(-1):unsqueeze(-1)
            times = tenmo.where(classes:eq(ids[k]), math.huge, times)
        end
        return n > 0 and tenmo.cat(ids, -1) or tenmo.zeros(weights:size(1), 0, { dtype = 'int64' })
    end

    local function check_weights(x, n, replacement)
        if x:dim() < 1 or x:dim() > 2 or x:size(-1) == 0 then
            raise('multinomial: expected weights (C) or (N, C), got %s', shape_text(x.shape))
        end
        local least, positive = x:min():item(), x:gt(0):sum(-1)
        if x:numel() > 0 and not (least >= 0 and x:max():item() < math.huge) then
            raise('multinomial: weights are finite, and 0 or more; the least is %g', least)
        elseif n < 0 or not replacement and n > x:size(-1) then
            raise('multinomial: %d draws of %d without replacement; did you mean {replacement = true}?', n, x:size(-1))
        elseif positive:min():item() < (replacement and 1 or n) then
            raise('multinomial: %d draws, but a row has only %d weights above 0', n, positive:min():item())
        end
    end

    return {
        {
            name = 'zeros',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false device:cpu/cuda=cpu',
            doc = 'every element is 0',
            example = 'tenmo.zeros(2, 3)',
            method = false,
            call = filled(0),
        },
        {
            name = 'ones',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false device:cpu/cuda=cpu',
            doc = 'every element is 1',
            example = "tenmo.ones(2, 3, {dtype = 'int64'})",
            method = false,
            call = filled(1),
        },
        {
            name = 'empty',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false device:cpu/cuda=cpu',
            doc = 'a tensor to be written into; what is in it at first means nothing (zeros, today)',
            example = 'tenmo.empty(2, 3)',
            method = false,
            call = filled(0),
        },
        {
            name = 'zeros_like',
            signature = 'x | dtype:dtype? requires_grad:bool=false device:cpu/cuda?',
            doc = 'zeros in the shape and dtype of x, on its device',
            example = 'tenmo.zeros_like(x)',
            method = false,
            call = like(0),
        },
        {
            name = 'ones_like',
            signature = 'x | dtype:dtype? requires_grad:bool=false device:cpu/cuda?',
            doc = 'ones in the shape and dtype of x, on its device',
            example = 'tenmo.ones_like(x)',
            method = false,
            call = like(1),
        },
        {
            name = 'full_like',
            signature = 'x value:num | dtype:dtype? requires_grad:bool=false device:cpu/cuda?',
            doc = 'value everywhere, in the shape and dtype of x, on its device',
            example = 'tenmo.full_like(x, 7)',
            method = false,
            call = function(x, value, dtype, requires_grad, device)
                return full(x.shape, value, dtype or x.dtype, requires_grad, device or x.device)
            end,
        },
        {
            name = 'empty_like',
            signature = 'x | dtype:dtype? requires_grad:bool=false device:cpu/cuda?',
            doc = 'a tensor to be written into, in the shape and dtype of x',
            example = 'tenmo.empty_like(tenmo.ids{3, 4}).dtype', prints = '"int64"',
            method = false,
            call = like(0),
        },
        {
            name = 'rand_like', signature = 'x | dtype:dtype? requires_grad:bool=false',
            doc = 'uniform in [0, 1), in the shape and dtype of x',
            example = 'tenmo.manual_seed(1)\nreturn tenmo.rand_like(tenmo.zeros(2))',
            prints = '[0.8903, 0.8947]\nfloat32 (2)', method = false,
            call = function(x, dtype, requires_grad)
                return tenmo.rand(x.shape, { dtype = dtype or x.dtype, requires_grad = requires_grad })
            end,
        },
        {
            name = 'randn_like', signature = 'x | dtype:dtype? requires_grad:bool=false',
            doc = 'normal with mean 0 and variance 1, in the shape and dtype of x',
            example = 'tenmo.manual_seed(1)\nreturn tenmo.randn_like(tenmo.zeros(2))',
            prints = '[ 0.3804, -0.2963]\nfloat32 (2)', method = false,
            call = function(x, dtype, requires_grad)
                return tenmo.randn(x.shape, { dtype = dtype or x.dtype, requires_grad = requires_grad })
            end,
        },
        {
            name = 'randint_like', signature = 'x low:int high:int | dtype:dtype?',
            doc = 'integers from low to high - 1, in the shape and dtype of x',
            example = 'tenmo.manual_seed(1)\nreturn tenmo.randint_like(tenmo.ids{0, 0, 0}, 0, 10)',
            prints = '[8, 5, 6]\nint64 (3)', method = false,
            call = function(x, low, high, dtype)
                return tenmo.randint(low, high, x.shape, { dtype = dtype or x.dtype })
            end,
        },
        {
            name = 'eye', signature = 'n:int m:int? | dtype:dtype=float32 requires_grad:bool=false',
            doc = '1 on the diagonal of an (n, m) matrix, 0 elsewhere; m is n unless given',
            shapes = '(n, m)', example = 'tenmo.eye(2, 3)',
            prints = '[[1., 0., 0.],\n [0., 1., 0.]]\nfloat32 (2, 3)', method = false,
            call = function(n, m, dtype, requires_grad)
                if n < 0 or (m or n) < 0 then
                    raise('eye: sizes are 0 or more, got %d and %d', n, m or n)
                end
                return leaf(tenmo.arange(n):unsqueeze(-1):eq(tenmo.arange(m or n)):to(dtype), requires_grad)
            end,
        },
        {
            name = 'linspace',
            signature = 'first:num last:num steps:int | dtype:dtype=float32 requires_grad:bool=false',
            doc = 'steps numbers from first to last, both included, evenly spaced', shapes = '(steps)',
            example = 'tenmo.linspace(0, 1, 5)', prints = '[0.0000, 0.2500, 0.5000, 0.7500, 1.0000]\nfloat32 (5)',
            method = false,
            call = function(first, last, steps, dtype, requires_grad)
                return leaf(line(first, last, steps):to(dtype), requires_grad)
            end,
        },
        {
            name = 'logspace',
            signature = 'first:num last:num steps:int | base:num=10 dtype:dtype=float32 requires_grad:bool=false',
            doc = 'powers of base, the exponents evenly spaced from first to last', shapes = '(steps)',
            formula = 'base^linspace(first, last, steps)',
            example = 'tenmo.logspace(0, 2, 3)', prints = '[  1.,  10., 100.]\nfloat32 (3)', method = false,
            call = function(first, last, steps, base, dtype, requires_grad)
                return leaf((base ^ line(first, last, steps)):to(dtype), requires_grad)
            end,
        },
        {
            name = 'bernoulli', signature = 'x',
            doc = '1 with the probability that x gives, else 0; a draw of rand_like is less than x',
            shapes = 'as x', example = 'tenmo.manual_seed(1)\nreturn tenmo.bernoulli(tenmo.tensor{0, 0.95, 1, 0.5})',
            prints = '[0., 1., 1., 0.]\nfloat32 (4)',
            call = function(x)
                floats('bernoulli', x)
                if x:numel() > 0 then
                    local least, most = x:min(), x:max()
                    if not least:ge(0):logical_and(most:le(1)):item() then -- one look at the device's memory
                        raise('bernoulli: x holds probabilities, 0 to 1; it goes from %g to %g', least:item(),
                            most:item())
                    end
                end
                return tenmo.rand(x.shape, { dtype = x.dtype }):lt(x):to(x.dtype)
            end,
        },
        {
            name = 'normal', signature = 'mean std shape:shape? | dtype:dtype=float32',
            doc = 'normal with that mean and standard deviation: two numbers and a shape, or tensors',
            formula = 'mean + std * randn', shapes = 'as asked for, or as mean and std broadcast',
            example = 'tenmo.manual_seed(1)\nreturn tenmo.normal(10, tenmo.tensor{1, 100})',
            prints = '[ 10.3804, -19.6278]\nfloat32 (2)', method = false,
            run = function(mean, std, ...)
                if type(mean) == 'number' and type(std) == 'number' then
                    local shape, dtype
                    mean, std, shape, dtype = normal_numbers(mean, std, ...)
                    if std < 0 then
                        raise('normal: std is 0 or more, got %g', std)
                    end
                    return tenmo.randn(shape, { dtype = dtype }) * std + mean
                end
                mean, std = normal_tensors(mean, std, ...)
                local like_both = mean + std * 0
                floats('normal', like_both)
                local least = tenmo.is_tensor(std) and (std:numel() > 0 and std:min():item() or 0) or std
                if least < 0 then
                    raise('normal: std is 0 or more, got %g', least)
                end
                return tenmo.randn(like_both.shape, { dtype = like_both.dtype }) * std + mean
            end,
        },
        {
            name = 'multinomial', signature = 'x n:int=1 | replacement:bool=false temperature:num=1',
            doc = 'ids drawn by the weights that x gives, a row each; they need not sum to 1. A temperature below 1 '
                .. 'favours the large weights, above 1 evens them out',
            formula = 'weights x^(1/temperature)', shapes = 'x (C) gives (n), x (N, C) gives (N, n)',
            example = 'tenmo.manual_seed(1)\nreturn tenmo.multinomial(tenmo.tensor{1, 0, 3}, 4, {replacement = true})',
            prints = '[2, 2, 2, 2]\nint64 (4)',
            call = function(x, n, replacement, temperature)
                floats('multinomial', x)
                check_weights(x, n, replacement)
                if temperature <= 0 then
                    raise('multinomial: temperature is above 0, got %g; x:argmax(-1) always takes the largest',
                        temperature)
                end
                local weights = (x:dim() == 1 and x:unsqueeze(1) or x):detach():double()
                if temperature ~= 1 then
                    weights = (weights / weights:max(-1, { keepdim = true })) ^ (1 / temperature)
                end
                local ids = (replacement and with_replacement or without_replacement)(weights, n)
                return x:dim() == 1 and ids[1] or ids
            end,
        },
        {
            name = 'one_hot', signature = 'ids classes:int?',
            doc = '1 at each id, 0 elsewhere, along a new last axis; classes is one more than the largest id unless '
                .. 'given', shapes = '(...) gives (..., classes)',
            example = 'tenmo.one_hot(tenmo.ids{2, 0})', prints = '[[0, 0, 1],\n [1, 0, 0]]\nint64 (2, 3)',
            call = function(ids, classes)
                classes = classes ~= -1 and classes or nil -- -1 is PyTorch's word for it
                if ids.dtype:find 'float' or ids.dtype == 'bool' then
                    raise("one_hot: expected ids of an integer dtype, got %s; cast first: x:long()", ids.dtype)
                end
                local most = ids:numel() > 0 and ids:max():item() or -1
                if not classes and ids:numel() == 0 then
                    raise('one_hot: without ids, classes has to be given')
                elseif ids:numel() > 0 and (ids:min():item() < 0 or classes and most >= classes) then
                    raise('one_hot: ids go from %d to %d, and classes is %d; ids count from 0', ids:min():item(), most,
                        classes or most + 1)
                end
                return ids:unsqueeze(-1):eq(tenmo.arange(classes or most + 1, { device = ids.device })):long()
            end,
        },
        {
            name = 'tril_indices', signature = 'rows:int columns:int | offset:int=0',
            doc = 'the ids (row, column) on and below a diagonal, offset above the main one', shapes = '(2, n)',
            example = 'tenmo.tril_indices(2, 3)', prints = '[[0, 1, 1],\n [0, 0, 1]]\nint64 (2, 3)', method = false,
            call = triangle('tril_indices', function(d, offset) return d <= offset end),
        },
        {
            name = 'triu_indices', signature = 'rows:int columns:int | offset:int=0',
            doc = 'the ids (row, column) on and above a diagonal, offset above the main one', shapes = '(2, n)',
            example = 'tenmo.triu_indices(2, 2)', prints = '[[0, 0, 1],\n [0, 1, 1]]\nint64 (2, 3)', method = false,
            call = triangle('triu_indices', function(d, offset) return d >= offset end),
        },
    }
end
