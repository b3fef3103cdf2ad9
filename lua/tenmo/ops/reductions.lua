-- reductions.lua: sums, spreads, norms and counts, composed of sum, amax, amin and scans.
local floats = require 'tenmo.floats'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local REDUCED = '| axes:axes? keepdim:bool=false'

    -- No axes, like an empty list of them, means all.
    local function over(axes)
        return axes and #axes > 0 and axes or nil
    end

    local function keeping(axes)
        return { axes = axes, keepdim = true }
    end

    -- How many elements are reduced to one.
    local function count(x, axes)
        if not axes then
            return x:numel()
        end
        local n = 1
        for _, axis in ipairs(axes) do
            n = n * x:size(axis)
        end
        return n
    end

    -- Square roots whose gradient at 0 is 0.
    local function root(x)
        local zero = x:eq(0)
        return tenmo.where(zero, 0, tenmo.where(zero, 1, x):sqrt())
    end

    -- --- spread ---------------------------------------------------------------------------------------------------

    local function variance(name, x, axes, correction, keepdim)
        floats(name, x)
        local apart = x - x:mean(keeping(axes))
        local n = count(x, axes) - correction
        return apart:square():sum { axes = axes, keepdim = keepdim } * (1 / math.max(n, 0))
    end

    -- unbiased = false is correction = 0.
    local function spread(name, finish)
        return function(x, axes, correction, unbiased, keepdim)
            if unbiased == false then
                correction = 0
            end
            axes = over(axes)
        return finish(variance(name, x, axes, correction, keepdim), x, axes, keepdim)
        end
    end
    local SPREAD = 'x | axes:axes? correction:num=1 unbiased:bool=true keepdim:bool=false'
    local function same(y)
        return y
    end
    local function with_mean(finish)
        return function(y, x, axes, keepdim)
            return finish(y), x:mean { axes = axes, keepdim = keepdim }
        end
    end
    local deviation = root

    -- --- norms ----------------------------------------------------------------------------------------------------

    local function vector_norm(name, x, p, axes, keepdim)
        floats(name, x)
        local how = { axes = axes, keepdim = keepdim }
        if p == 2 then
            return root(x:square():sum(how))
        end
        local sizes = x:abs()
        if p == math.huge then
            return sizes:amax(how)
        elseif p == -math.huge then
            return sizes:amin(how)
        elseif p == 0 then
            return x:ne(0):to(x.dtype):sum(how)
        elseif p == 1 then
            return sizes:sum(how)
        end
        local zero = sizes:eq(0)
        local powers = tenmo.where(zero, p < 0 and math.huge or 0, tenmo.where(zero, 1, sizes) ^ p):sum(how)
        zero = powers:eq(0)
        return tenmo.where(zero, 0, tenmo.where(zero, 1, powers) ^ (1 / p))
    end

    local function matrix_norm(x, p, keepdim)
        if x:dim() < 2 then
            raise('matrix_norm: expected a matrix or a batch of them, got shape %s', shape_text(x.shape))
        end
        floats('matrix_norm', x)
        local rank = x:dim()
        if p == 'fro' then
            return vector_norm('matrix_norm', x, 2, { rank - 1, rank }, keepdim)
        elseif p == 'nuc' or p == 'two' then
            local values = select(2, tenmo.svd(x))
            local y = p == 'nuc' and values:sum(-1) or values:amax(-1)
            return keepdim and y:unsqueeze(-1):unsqueeze(-1) or y
        end
        -- 'one': the largest sum of a column; 'inf': of a row
        local summed, chosen = p == 'one' and -2 or -1, p == 'one' and -1 or -2
        local sums = x:abs():sum { axes = summed, keepdim = true }:amax { axes = chosen, keepdim = true }
        return keepdim and sums or sums:squeeze { rank - 1, rank }
    end

    -- --- logarithms of sums ------------------------------------------------------------------------------------------

    local function logsumexp(x, axes, keepdim)
        x = x.dtype:find 'float' and x or x:float()
        axes = over(axes)
        local most = x:detach():amax(keeping(axes))
        most = tenmo.where(most:abs():eq(math.huge), 0, most) -- an infinity is not taken away from itself
        local y = (x - most):exp():sum(keeping(axes)):log() + most
        if keepdim then
            return y
        end
        return axes and y:squeeze(axes) or y:reshape {}
    end

    -- --- without NaN -----------------------------------------------------------------------------------------------

    local function without_nan(x)
        if not x.dtype:find 'float' then
            return x
        end
        return tenmo.where(x:ne(x), 0, x)
    end

    local function nanmean(x, axes, keepdim)
        floats('nanmean', x)
        local how = { axes = axes, keepdim = keepdim }
        return without_nan(x):sum(how) / x:eq(x):sum(how):to(x.dtype)
    end

    -- --- differences -----------------------------------------------------------------------------------------------

    local function diff(x, n, axis)
        if x:dim() == 0 then
            raise('diff: a tensor of one number has no axes')
        elseif n < 0 then
            raise('diff: n is how often differences are taken, 0 or more, got %d', n)
        end
        axis = axis < 0 and axis + x:dim() + 1 or axis
        for _ = 1, n do
            local size = x:size(axis)
            if size < 2 then
                return x:narrow(axis, 1, 0)
            end
            local later, earlier = x:narrow(axis, 2, size - 1), x:narrow(axis, 1, size - 1)
            x = x.dtype == 'bool' and later:ne(earlier) or later - earlier
        end
        return x
    end

    -- With what stands before and behind x.
    local function diff_with(x, n, axis, before, behind)
        if n > 0 and (before or behind) then
            local list = { x }
            if before then
                table.insert(list, 1, before)
            end
            list[#list + 1] = behind
            x = tenmo.cat(list, axis)
        end
        return diff(x, n, axis)
    end

    local function trapezoid(y, x, dx, axis)
        floats('trapezoid', y)
        if y:dim() == 0 then
            raise('trapezoid: a tensor of one number has no axes')
        end
        axis = axis < 0 and axis + y:dim() + 1 or axis
        local n = math.max(y:size(axis) - 1, 0)
        local both = y:narrow(axis, math.min(2, y:size(axis) + 1), n) + y:narrow(axis, 1, n)
        if not x then
            return (both * (dx / 2)):sum(axis)
        end
        local steps = diff(x, 1, -1)
        if x:dim() == 1 and y:dim() > 1 then
            local line = {}
            for i = 1, y:dim() do
                line[i] = i == axis and steps:numel() or 1
            end
            steps = steps:reshape(line)
        elseif x:dim() > 1 then
            steps = diff(x, 1, axis)
        end
        return (both * steps * 0.5):sum(axis)
    end

    return {
        {
            name = 'aminmax', lines = true,
            signature = 'x ' .. REDUCED,
            doc = 'the smallest and the largest element, over all or over axes',
            example = 'tenmo.tensor{3, 1, 2}:aminmax()',
            prints = '1. float32 ()\t3. float32 ()',
            call = function(x, axes, keepdim)
                local how = { axes = axes, keepdim = keepdim }
                return x:amin(how), x:amax(how)
            end,
        },
        {
            name = 'any', lines = true,
            signature = 'x ' .. REDUCED,
            doc = 'is any element true (not 0)?',
            example = 'tenmo.tensor{0, 1}:any()',
            prints = 'true bool ()',
            call = function(x, axes, keepdim)
                return x:ne(0):sum { axes = axes, keepdim = keepdim }:gt(0)
            end,
        },
        {
            name = 'all', lines = true,
            signature = 'x ' .. REDUCED,
            doc = 'are all elements true (not 0)?',
            example = 'tenmo.tensor{0, 1}:all()',
            prints = 'false bool ()',
            call = function(x, axes, keepdim)
                return x:eq(0):sum { axes = axes, keepdim = keepdim }:eq(0)
            end,
        },
        {
            name = 'count_nonzero', lines = true,
            signature = 'x | axes:axes?',
            doc = 'how many elements are not 0',
            example = 'tenmo.tensor{0, 1, 2}:count_nonzero()',
            prints = '2 int64 ()',
            call = function(x, axes)
                return x:ne(0):sum { axes = axes }
            end,
        },
        {
            name = 'var', lines = true,
            signature = SPREAD,
            doc = 'the variance, divided by n - correction; unbiased = false divides by n',
            formula = 'the sum of (x - mean)^2, over n - correction',
            example = 'tenmo.tensor{1, 2, 3}:var()',
            prints = '1. float32 ()',
            call = spread('var', same),
        },
        {
            name = 'std', lines = true,
            signature = SPREAD,
            doc = 'the standard deviation: the square root of var',
            example = 'tenmo.tensor{1, 3, 5}:std()',
            prints = '2. float32 ()',
            call = spread('std', deviation),
        },
        {
            name = 'var_mean', lines = true,
            signature = SPREAD,
            doc = 'the variance and the mean',
            example = 'tenmo.tensor{1, 2, 3}:var_mean()',
            prints = '1. float32 ()\t2. float32 ()',
            call = spread('var_mean', with_mean(same)),
        },
        {
            name = 'std_mean', lines = true,
            signature = SPREAD,
            doc = 'the standard deviation and the mean',
            example = 'tenmo.tensor{1, 3, 5}:std_mean()',
            prints = '2. float32 ()\t3. float32 ()',
            call = spread('std_mean', with_mean(deviation)),
        },
        {
            name = 'norm', lines = true,
            signature = 'x | p:num=2 axes:axes? keepdim:bool=false',
            doc = 'the p-norm of all elements, or over axes; p may be inf or -inf, and 0 counts what is not 0',
            formula = '(the sum of |x|^p)^(1/p)',
            example = 'tenmo.tensor{3, 4}:norm()',
            prints = '5. float32 ()',
            call = function(x, p, axes, keepdim)
                return vector_norm('norm', x, p, axes, keepdim)
            end,
        },
        {
            name = 'vector_norm', lines = true,
            signature = 'x | p:num=2 axes:axes? keepdim:bool=false',
            doc = 'norm under its other name',
            example = 'tenmo.tensor{3, -4}:vector_norm(1)',
            prints = '7. float32 ()',
            call = function(x, p, axes, keepdim)
                return vector_norm('vector_norm', x, p, axes, keepdim)
            end,
        },
        {
            name = 'matrix_norm',
            signature = 'x | p:fro/nuc/one/two/inf=fro keepdim:bool=false',
            doc = "of the last two axes: 'fro' as of a vector, 'nuc' the sum of the singular values, 'two' the largest "
                .. "of them, 'one' the largest sum of a column, 'inf' of a row",
            example = "tenmo.tensor{{1, -2}, {3, 4}}:matrix_norm('inf')",
            prints = '7. float32 ()',
            call = matrix_norm,
        },
        {
            name = 'dist',
            signature = 'x other | p:num=2',
            doc = 'the p-norm of x - other',
            example = 'tenmo.tensor{3, 4}:dist(tenmo.zeros(2))',
            prints = '5. float32 ()',
            call = function(x, other, p)
                return vector_norm('dist', x - other, p)
            end,
        },
        {
            name = 'logsumexp', lines = true,
            signature = 'x ' .. REDUCED,
            doc = 'log(sum(exp(x))), without overflow',
            example = 'tenmo.zeros(2):logsumexp()',
            prints = '0.6931 float32 ()',
            call = logsumexp,
        },
        {
            name = 'nansum', lines = true,
            signature = 'x ' .. REDUCED,
            doc = 'the sum of what is not NaN',
            example = 'tenmo.tensor{1, 0/0, 2}:nansum()',
            prints = '3. float32 ()',
            call = function(x, axes, keepdim)
                return without_nan(x):sum { axes = axes, keepdim = keepdim }
            end,
        },
        {
            name = 'nanmean', lines = true,
            signature = 'x ' .. REDUCED,
            doc = 'the mean of what is not NaN',
            example = 'tenmo.tensor{1, 0/0, 2}:nanmean()',
            prints = '1.5000 float32 ()',
            call = nanmean,
        },
        {
            name = 'diff',
            signature = 'x | n:int=1 axis:axis=-1 prepend? append?',
            doc = 'the differences of neighbours along an axis, taken n times; of x with prepend before and append '
                .. 'behind it',
            formula = 'y[i] = x[i + 1] - x[i]',
            example = 'tenmo.tensor{1, 4, 9}:diff()',
            prints = '[3., 5.]\nfloat32 (2)',
            call = diff_with,
        },
        {
            name = 'trapezoid',
            signature = 'y x? | dx:num=1 axis:axis=-1',
            doc = 'the integral along an axis by the trapezoidal rule, at the places x or dx apart',
            formula = 'the sum of (y[i] + y[i + 1]) / 2 * (x[i + 1] - x[i])',
            example = 'tenmo.tensor{1, 2, 3}:trapezoid()',
            prints = '4. float32 ()',
            call = trapezoid,
        },
        {
            name = 'softmin', lines = true,
            signature = 'x | axis:axis=-1',
            doc = 'softmax(-x)',
            example = 'tenmo.zeros(2):softmin()',
            prints = '[0.5000, 0.5000]\nfloat32 (2)',
            call = function(x, axis)
                floats('softmin', x)
                return (-x):softmax(axis)
            end,
        },
    }
end
