-- convolutions.lua: means over windows, and windows as columns, composed of convolutions with fixed weights.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local LAYOUT = { 'L', 'H, W' }

    -- A number for all axes, or a list of one for each.
    local function each_axis(name, option, list, axes)
        local each = {}
        for d = 1, axes do
            each[d] = list[d] or #list == 1 and list[1]
                or raise('%s: %s is one number, or %d', name, option, axes)
        end
        return each
    end

    -- {} in a call may have meant no options.
    local function given(list)
        return list and #list > 0 and list or nil
    end

    -- (..., sizes) as (planes, 1, sizes); the leading sizes.
    local function as_planes(name, x, axes)
        if not x.dtype:find '^float' then
            raise('%s: expected float32 or float64, got %s; cast first with x:float()', name, x.dtype)
        end
        local shape, lead, planes, n = x.shape, {}, {}, 1
        if #shape ~= axes + 1 and #shape ~= axes + 2 then
            raise('%s: x has shape %s; expected (N, C, %s), or (C, %s) without a batch', name, shape_text(shape),
                LAYOUT[axes], LAYOUT[axes])
        end
        for i, size in ipairs(shape) do
            if i <= #shape - axes then
                lead[i], n = size, n * size
            else
                planes[#planes + 1] = size
            end
        end
        return x:reshape { n, 1, unpack(planes) }, lead
    end

    -- The planes' results, (planes, 1, sizes), behind the leading sizes again.
    local function from_planes(y, lead)
        local shape = y.shape
        for i = #lead, 1, -1 do
            table.insert(shape, 1, lead[i])
        end
        table.remove(shape, #lead + 1)
        table.remove(shape, #lead + 1)
        return y:reshape(shape)
    end

    local CONV = { tenmo.conv1d, tenmo.conv2d }
    local BACK = { tenmo.conv_transpose1d, tenmo.conv_transpose2d }

    local function avg_pool(axes)
        local name = ('avg_pool%dd'):format(axes)
        return function(x, size, stride, padding, include_padding)
            size = each_axis(name, 'the size', size, axes)
            local options, n = { stride = given(stride) or size, padding = padding }, 1
            for _, k in ipairs(size) do
                n = n * k
            end
            local planes, lead = as_planes(name, x, axes)
            local where = { dtype = x.dtype, device = x.device }
            local weight = tenmo.full({ 1, 1, unpack(size) }, 1 / n, where)
            local y = CONV[axes](planes, weight, options)
            if not include_padding and given(padding) then
                local one = planes.shape
                one[1] = 1
                y = y / CONV[axes](tenmo.ones(one, where), weight, options)
            end
            return from_planes(y, lead)
        end
    end

    -- Window i of n along an axis of `size` elements: from floor(i size / n) to ceil((i + 1) size / n) - 1, from 0.
    local function window(i, n, size)
        return math.floor(i * size / n), math.ceil((i + 1) * size / n)
    end

    -- (n, size): row i takes the mean of window i.
    local function means(n, size, like)
        local rows = {}
        for i = 0, n - 1 do
            local from, to = window(i, n, size)
            rows[i + 1] = {}
            for j = 1, size do
                rows[i + 1][j] = j > from and j <= to and 1 / (to - from) or 0
            end
        end
        return tenmo.tensor(rows, { dtype = like.dtype }):to(like.device)
    end

    local function adaptive_avg_pool(axes)
        local name = ('adaptive_avg_pool%dd'):format(axes)
        return function(x, size)
            size = each_axis(name, 'the size', size, axes)
            as_planes(name, x, axes) -- for its refusals
            if axes == 2 then
                x = means(size[1], x:size(-2), x):matmul(x)
            end
            return x:matmul(means(size[axes], x:size(-1), x):t())
        end
    end

    -- The p-th root of the sum of p-th powers.
    local function lp_pool(axes)
        local mean = avg_pool(axes)
        local name = ('lp_pool%dd'):format(axes)
        return function(x, p, size, stride)
            as_planes(name, x, axes) -- for its refusals
            local n = 1
            for _, k in ipairs(each_axis(name, 'the size', size, axes)) do
                n = n * k
            end
            return (mean(x:abs():pow(p), size, stride, nil, true) * n):pow(1 / p)
        end
    end

    -- Weights that pick each place of a window: (places, 1, rows, columns).
    local function pickers(size, like)
        local n = size[1] * size[2]
        local ones = tenmo.ones(n, { dtype = like.dtype, device = like.device })
        return ones:diag():reshape(n, 1, size[1], size[2])
    end

    local function im2col(x, size, dilation, padding, stride)
        size = each_axis('im2col', 'the size', size, 2)
        local planes, lead = as_planes('im2col', x, 2)
        local y = CONV[2](planes, pickers(size, x), { dilation = dilation, padding = padding, stride = stride })
        local shape, places = { lead[1], lead[2] }, y:size(2)
        shape[#shape] = shape[#shape] * places
        shape[#shape + 1] = y:size(3) * y:size(4)
        return y:reshape(shape)
    end

    -- How many windows there are along axis d, and what they leave over of `output`.
    local function windows_in(output, size, dilation, padding, stride)
        local room = output + 2 * padding - dilation * (size - 1) - 1
        return math.floor(room / stride) + 1, room % stride
    end

    local function col2im(x, output, size, dilation, padding, stride)
        local all = { output = output, size = size, dilation = given(dilation) or { 1 },
            padding = given(padding) or { 0 }, stride = given(stride) or { 1 } }
        for option, list in pairs(all) do
            all[option] = each_axis('col2im', option, list, 2)
        end
        local places, shape = all.size[1] * all.size[2], x.shape
        local rows, more_rows = windows_in(all.output[1], all.size[1], all.dilation[1], all.padding[1], all.stride[1])
        local columns, more_columns = windows_in(all.output[2], all.size[2], all.dilation[2], all.padding[2],
            all.stride[2])
        local lead = { unpack(shape, 1, #shape - 1) }
        if #shape < 2 or #shape > 3 or shape[#shape] ~= rows * columns or lead[#lead] % places ~= 0 then
            raise('col2im: x has shape %s; expected (N, C * %d, %d) for %d x %d windows', shape_text(shape), places,
                rows * columns, rows, columns)
        end
        lead[#lead] = lead[#lead] / places
        local n = (lead[2] or 1) * lead[1]
        local y = BACK[2](x:reshape(n, places, rows, columns), pickers(all.size, x), { dilation = all.dilation,
            padding = all.padding, stride = all.stride, output_padding = { more_rows, more_columns } })
        return from_planes(y, lead)
    end

    local POOL = 'x size:ints | stride:ints? padding:ints? count_include_pad:bool=true'
    local LP = 'x p:num size:ints | stride:ints?'
    return {
        {
            name = 'avg_pool1d', signature = POOL, call = avg_pool(1),
            doc = 'the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or '
                .. 'not at all with count_include_pad = false',
            example = 'tenmo.tensor{{1, 3, 2, 4}}:avg_pool1d(2)', prints = '[[2., 3.]]\nfloat32 (1, 2)',
        },
        {
            name = 'avg_pool2d', signature = POOL, call = avg_pool(2),
            doc = 'the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or '
                .. 'not at all with count_include_pad = false',
            example = 'tenmo.arange(16):float():reshape(1, 4, 4):avg_pool2d(2)',
            prints = '[[[ 2.5000,  4.5000],\n  [10.5000, 12.5000]]]\nfloat32 (1, 2, 2)',
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
            name = 'lp_pool1d', signature = LP, call = lp_pool(1),
            doc = 'the p-norm of each window', formula = '(sum over the window of |x|^p)^(1/p)',
            example = 'tenmo.tensor{{3, 4, 6, 8}}:lp_pool1d(2, 2)', prints = '[[ 5., 10.]]\nfloat32 (1, 2)',
        },
        {
            name = 'lp_pool2d', signature = LP, call = lp_pool(2),
            doc = 'the p-norm of each window', formula = '(sum over the window of |x|^p)^(1/p)',
            example = 'tenmo.tensor{{{3, 0}, {0, 4}}}:lp_pool2d(2, {2, 2})', prints = '[[[5.]]]\nfloat32 (1, 1, 1)',
        },
        {
            name = 'im2col', signature = 'x size:ints | dilation:ints? padding:ints? stride:ints?', call = im2col,
            doc = 'every window of the last two axes as a column: (N, C, H, W) gives (N, C * size, windows); also '
                .. 'nn.functional.unfold',
            example = 'tenmo.arange(6):float():reshape(1, 2, 3):im2col({2, 2})',
            prints = '[[0., 1.],\n [1., 2.],\n [3., 4.],\n [4., 5.]]\nfloat32 (4, 2)',
        },
        {
            name = 'col2im', signature = 'x output:ints size:ints | dilation:ints? padding:ints? stride:ints?',
            call = col2im,
            doc = 'columns as im2col makes them, added up to an image whose last two axes have the size of output; '
                .. 'also nn.functional.fold',
            example = 'tenmo.ones(4, 2):col2im({2, 3}, {2, 2})',
            prints = '[[[1., 2., 1.],\n  [1., 2., 1.]]]\nfloat32 (1, 2, 3)',
        },
    }
end
