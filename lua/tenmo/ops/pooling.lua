-- pooling.lua: one number for each window: means by convolutions with fixed weights, and windows that are as many as
-- asked for. max_pool is a row.
local planes = require 'tenmo.ops.planes'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local each_axis, as_planes, from_planes = planes.each_axis, planes.of, planes.back
    local CONV = { tenmo.conv1d, tenmo.conv2d, tenmo.conv3d }

    -- The windows along one axis: how many, and how far the last one reaches beyond the padding. With ceil_mode one
    -- that is cut off counts too, if it begins before the padding behind.
    local function windows_along(size, k, stride, padding, ceil_mode)
        local room = size + 2 * padding - k
        local n = math.floor(room / stride) + 1
        if ceil_mode and room % stride ~= 0 and n * stride < size + padding then
            n = n + 1
        end
        return n, math.max((n - 1) * stride - room, 0)
    end

    -- How many elements each of n windows has, with or without those of the padding.
    local function counts_along(n, size, k, stride, padding, include)
        local counts, edge = {}, include and padding or 0
        for i = 0, n - 1 do
            local from = i * stride - padding
            counts[i + 1] = math.min(from + k, size + edge) - math.max(from, -edge)
        end
        return counts
    end

    -- What each window's sum is divided by: a number where all are alike, else a tensor (n1, n2 ...).
    local function divisors(counts, like)
        local product, alike = nil, 1
        for d, list in ipairs(counts) do
            local shape = {}
            for i in ipairs(counts) do
                shape[i] = i == d and #list or 1
            end
            local along = tenmo.tensor(list, { dtype = like.dtype }):to(like.device):reshape(shape)
            product = product and product * along or along
            for _, n in ipairs(list) do
                alike = alike and n == list[1] and alike
            end
            alike = alike and #list > 0 and alike * list[1]
        end
        return alike or product
    end

    -- x with its planes' borders, where windows reach beyond an even padding.
    local function padded(x, padding, over)
        local sizes = {}
        for d = #padding, 1, -1 do
            sizes[#sizes + 1], sizes[#sizes + 2] = padding[d], padding[d] + over[d]
        end
        return x:pad(sizes)
    end

    local function check_padding(name, size, padding)
        for d, k in ipairs(size) do
            if 2 * padding[d] > k then
                raise('%s: padding %d beside windows of %d: it is at most half of them', name, padding[d], k)
            end
        end
    end

    -- The sum of each window, and how many elements there are to one of them.
    local function sums(name, x, size, stride, padding, include, ceil_mode)
        local axes, y, lead = #size, as_planes(name, x, #size)
        local over, counts, reach = {}, {}, 0
        planes.check_room(name, x, size, padding, nil, ceil_mode)
        for d, k in ipairs(size) do
            local n, long = windows_along(y:size(2 + d), k, stride[d], padding[d], ceil_mode)
            if n < 1 then
                planes.check_room(name, x, size, padding)
            end
            counts[d] = counts_along(n, y:size(2 + d), k, stride[d], padding[d], include)
            over[d], reach = long, reach + long
        end
        if reach > 0 then
            y, padding = padded(y, padding, over), nil
        end
        local weight = tenmo.ones({ 1, 1, unpack(size) }, { dtype = x.dtype, device = x.device })
        return from_planes(CONV[axes](y, weight, { stride = stride, padding = padding }), lead), counts
    end

    local function avg_pool(axes, name)
        name = name or ('avg_pool%dd'):format(axes)
        return function(x, size, stride, padding, include, ceil_mode, divisor)
            size = each_axis(name, 'the size', size, axes, 1)
            stride = each_axis(name, 'stride', stride, axes, 1, size)
            padding = each_axis(name, 'padding', padding, axes, 0, { 0 })
            check_padding(name, size, padding)
            if divisor == 0 then
                raise('%s: divisor_override is 0', name)
            end
            local y, counts = sums(name, x, size, stride, padding, include, ceil_mode)
            return y / (divisor or divisors(counts, x))
        end
    end

    -- avg_pool1d has no divisor of its own, as in PyTorch.
    local function avg_pool1d(run)
        return function(x, size, stride, padding, include, ceil_mode)
            return run(x, size, stride, padding, include, ceil_mode)
        end
    end

    -- --- windows that are told how many they are --------------------------------------------------------------------

    -- Window i of n along an axis of `size` elements: from floor(i size / n) to ceil((i + 1) size / n) - 1, from 0.
    local function window(i, n, size)
        return math.floor(i * size / n), math.ceil((i + 1) * size / n)
    end

    -- (n, size): row i takes the mean of window i.
    local function means(n, size, like)
        local rows = {}
        if n == 0 or size == 0 then
            return tenmo.zeros(n, size, { dtype = like.dtype, device = like.device })
        end
        for i = 0, n - 1 do
            local from, to = window(i, n, size)
            rows[i + 1] = {}
            for j = 1, size do
                rows[i + 1][j] = j > from and j <= to and 1 / (to - from) or 0
            end
        end
        return tenmo.tensor(rows, { dtype = like.dtype }):to(like.device)
    end

    local function check_adaptive(name, x, size, axes)
        as_planes(name, x, axes) -- for its refusals
        for d, n in ipairs(size) do
            if n > 0 and x:size(d - axes - 1) == 0 then
                raise('%s: x has shape %s: there is nothing in axis %d', name, shape_text(x.shape), d - axes - 1)
            end
        end
    end

    local function adaptive_avg_pool(axes)
        local name = ('adaptive_avg_pool%dd'):format(axes)
        return function(x, size)
            size = each_axis(name, 'the size', size, axes, 0)
            check_adaptive(name, x, size, axes)
            if axes == 3 then
                local shape = x.shape
                x = means(size[1], x:size(-3), x):matmul(x:flatten(-2, -1))
                shape[#shape - 2] = size[1]
                x = x:reshape(shape)
            end
            if axes > 1 then
                x = means(size[axes - 1], x:size(-2), x):matmul(x)
            end
            return x:matmul(means(size[axes], x:size(-1), x):t())
        end
    end

    -- The ids of n windows' elements along an axis, each window as long as the longest: its last element stands in
    -- for what it lacks.
    local function elements_of(n, size, device)
        local ids, longest = {}, 0
        for i = 0, n - 1 do
            local from, to = window(i, n, size)
            longest = math.max(longest, to - from)
        end
        for i = 0, n - 1 do
            local from, to = window(i, n, size)
            for k = 0, longest - 1 do
                ids[#ids + 1] = math.min(from + k, to - 1)
            end
        end
        return (#ids > 0 and tenmo.ids(ids) or tenmo.empty(0, { dtype = 'int64' })):to(device), longest
    end

    -- (..., sizes) as (..., windows, elements), for windows along the last axes.
    local function in_windows(x, size)
        local axes, lead = #size, x:dim() - #size
        local shape, order, flat, count = { unpack(x.shape, 1, lead) }, {}, { unpack(x.shape, 1, lead) }, 1
        for d, n in ipairs(size) do
            local ids, longest = elements_of(n, x:size(lead + d), x.device)
            x = x:index_select(lead + d, ids)
            shape[lead + 2 * d - 1], shape[lead + 2 * d] = n, longest
            flat[lead + d], count = n, count * longest
        end
        for i = 1, lead do
            order[i] = i
        end
        for d = 1, axes do
            order[lead + d], order[lead + axes + d] = lead + 2 * d - 1, lead + 2 * d
        end
        flat[#flat + 1] = count
        return x:reshape(shape):permute(order):reshape(flat)
    end

    local function adaptive_max_pool(axes)
        local name = ('adaptive_max_pool%dd'):format(axes)
        return function(x, size, return_indices)
            size = each_axis(name, 'the size', size, axes, 0)
            check_adaptive(name, x, size, axes)
            local y = in_windows(x, size)
            if y:numel() == 0 then
                y = y:sum(-1)
                return y, return_indices and y:long() or nil
            end
            local values, chosen = y:max(-1)
            if not return_indices then
                return values
            end
            local sizes = { unpack(x.shape, x:dim() - axes + 1) }
            local places = in_windows(tenmo.arange(x:numel() > 0 and tenmo.tensor(sizes):prod():item() or 0,
                { device = x.device }):reshape(sizes), size)
            local wide = y.shape
            return values, places:expand(wide):gather(-1, chosen:unsqueeze(-1)):squeeze(-1)
        end
    end

    -- The p-th root of the sum of p-th powers. Where the sum is 0 it has no slope: it gives none, instead of NaN.
    local function lp_pool(axes)
        local name = ('lp_pool%dd'):format(axes)
        local sum = avg_pool(axes, name)
        return function(x, p, size, stride, ceil_mode)
            as_planes(name, x, axes) -- for its refusals
            if not (p > 0 and p < math.huge) then
                raise('%s: p is a number above 0, got %g%s', name, p,
                    p == math.huge and ('; max_pool%dd takes the largest'):format(axes) or '')
            end
            local powers = sum(x:abs():pow(p), size, stride, nil, true, ceil_mode, 1)
            local none = powers:detach():eq(0)
            return tenmo.where(none, 0, tenmo.where(none, 1, powers):pow(1 / p))
        end
    end

    local POOL = 'x size:ints | stride:ints? padding:ints? count_include_pad:bool=true ceil_mode:bool=false'
    local LP = 'x p:num size:ints | stride:ints? ceil_mode:bool=false'
    local MEAN = 'the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or '
        .. 'not at all with count_include_pad = false; with ceil_mode = true a window that is cut off counts too'
    local DIVISOR = '; divisor_override divides the sums instead'
    local MOST = 'the largest element of each of so many windows that cover the last %s; they overlap where it must '
        .. 'be; with return_indices = true also its id, counted through the plane'
    return {
        {
            name = 'avg_pool1d', signature = POOL, call = avg_pool1d(avg_pool(1)), doc = MEAN,
            example = 'tenmo.tensor{{1, 3, 2, 4}}:avg_pool1d(2)', prints = '[[2., 3.]]\nfloat32 (1, 2)',
        },
        {
            name = 'avg_pool2d', signature = POOL .. ' divisor_override:int?', call = avg_pool(2),
            doc = MEAN .. DIVISOR,
            example = 'tenmo.arange(16):float():reshape(1, 4, 4):avg_pool2d(2)',
            prints = '[[[ 2.5000,  4.5000],\n  [10.5000, 12.5000]]]\nfloat32 (1, 2, 2)',
        },
        {
            name = 'avg_pool3d', signature = POOL .. ' divisor_override:int?', call = avg_pool(3),
            doc = MEAN .. DIVISOR,
            example = 'tenmo.ones(8, 3, 4, 6, 8):avg_pool3d(2).shape', prints = '{ 8, 3, 2, 3, 4 }',
        },
        {
            name = 'adaptive_avg_pool1d', signature = 'x size:ints', call = adaptive_avg_pool(1),
            doc = 'the means of so many windows that cover the axis; they overlap where it must be',
            example = 'tenmo.tensor{{1, 3, 2, 4, 5}}:adaptive_avg_pool1d(1)', prints = '[[3.]]\nfloat32 (1, 1)',
        },
        {
            name = 'adaptive_avg_pool2d', signature = 'x size:ints', call = adaptive_avg_pool(2),
            doc = 'the means of so many windows that cover the last two axes; they overlap where it must be',
            example = 'tenmo.ones(8, 3, 7, 5):adaptive_avg_pool2d({2, 1}).shape', prints = '{ 8, 3, 2, 1 }',
        },
        {
            name = 'adaptive_avg_pool3d', signature = 'x size:ints', call = adaptive_avg_pool(3),
            doc = 'the means of so many windows that cover the last three axes; they overlap where it must be',
            example = 'tenmo.ones(8, 3, 7, 5, 4):adaptive_avg_pool3d({2, 1, 3}).shape', prints = '{ 8, 3, 2, 1, 3 }',
        },
        {
            name = 'adaptive_max_pool1d', signature = 'x size:ints | return_indices:bool=false',
            gives = 'tenmo.Tensor; tenmo.Tensor|nil', call = adaptive_max_pool(1), doc = MOST:format 'axis',
            example = 'tenmo.tensor{{1, 3, 2, 4, 5}}:adaptive_max_pool1d(2)', prints = '[[3., 5.]]\nfloat32 (1, 2)',
        },
        {
            name = 'adaptive_max_pool2d', signature = 'x size:ints | return_indices:bool=false',
            gives = 'tenmo.Tensor; tenmo.Tensor|nil', call = adaptive_max_pool(2), doc = MOST:format 'two axes',
            example = 'tenmo.arange(9):float():reshape(1, 3, 3):adaptive_max_pool2d(2)',
            prints = '[[[4., 5.],\n  [7., 8.]]]\nfloat32 (1, 2, 2)',
        },
        {
            name = 'adaptive_max_pool3d', signature = 'x size:ints | return_indices:bool=false',
            gives = 'tenmo.Tensor; tenmo.Tensor|nil', call = adaptive_max_pool(3), doc = MOST:format 'three axes',
            example = 'tenmo.ones(8, 3, 7, 5, 4):adaptive_max_pool3d({2, 1, 3}).shape', prints = '{ 8, 3, 2, 1, 3 }',
        },
        {
            name = 'lp_pool1d', signature = LP, call = lp_pool(1),
            doc = 'the p-norm of each window', formula = '(sum over the window of |x|^p)^(1/p)',
            example = 'tenmo.tensor{{3, 4, 6, 8}}:lp_pool1d(2, 2)', prints = '[[ 5., 10.]]\nfloat32 (1, 2)',
        },
        {
            name = 'lp_pool2d', signature = LP, call = lp_pool(2),
            doc = 'the p-norm of each window', formula = '(sum over the window of |x|^p)^(1/p)',
            example = 'tenmo.tensor{{{3, 0}, {0, 4}}}:lp_pool2d(2, {2, 2})', prints = '[[[5.]]]\nfloat32 (1, 1, 1)',
        },
    }
end
