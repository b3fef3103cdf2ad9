-- convolutions.lua: windows as columns, composed of convolutions with fixed weights.
local floats = require 'tenmo.floats'
local planes = require 'tenmo.ops.planes'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local each_axis, as_planes, from_planes = planes.each_axis, planes.of, planes.back

    -- Weights that pick each place of a window: (places, 1, rows, columns).
    local function pickers(size, like)
        local n = size[1] * size[2]
        local ones = tenmo.ones(n, { dtype = like.dtype, device = like.device })
        return ones:diag():reshape(n, 1, size[1], size[2])
    end

    -- The size, dilation, padding and stride of windows over two axes.
    local function windows(name, size, dilation, padding, stride)
        return each_axis(name, 'the size', size, 2, 1), each_axis(name, 'dilation', dilation, 2, 1, { 1 }),
            each_axis(name, 'padding', padding, 2, 0, { 0 }), each_axis(name, 'stride', stride, 2, 1, { 1 })
    end

    local function im2col(x, ...)
        local size, dilation, padding, stride = windows('im2col', ...)
        local images, lead = as_planes('im2col', x, 2)
        planes.check_room('im2col', x, size, padding, dilation)
        local y = tenmo.conv2d(images, pickers(size, x), { dilation = dilation, padding = padding, stride = stride })
        local shape, places = { lead[1], lead[2] }, y:size(2)
        shape[#shape] = shape[#shape] * places
        shape[#shape + 1] = y:size(3) * y:size(4)
        return y:reshape(shape)
    end

    -- How many windows there are along an axis of `output` elements, and what they leave over.
    local function windows_in(output, size, dilation, padding, stride)
        local room = output + 2 * padding - dilation * (size - 1) - 1
        return math.max(math.floor(room / stride) + 1, 0), room % stride
    end

    local function col2im(x, output, ...)
        floats('col2im', x)
        output = each_axis('col2im', 'output', output, 2, 1)
        local size, dilation, padding, stride = windows('col2im', ...)
        local places, shape, counts, more = size[1] * size[2], x.shape, {}, {}
        for d = 1, 2 do
            counts[d], more[d] = windows_in(output[d], size[d], dilation[d], padding[d], stride[d])
        end
        local lead, all = { unpack(shape, 1, #shape - 1) }, counts[1] * counts[2]
        if #shape < 2 or #shape > 3 or all == 0 or shape[#shape] ~= all or lead[#lead] % places ~= 0 then
            raise('col2im: x has shape %s; expected (N, C * %d, %d) for %d x %d windows', shape_text(shape), places,
                all, counts[1], counts[2])
        end
        lead[#lead] = lead[#lead] / places
        local columns = x:reshape((lead[2] or 1) * lead[1], places, counts[1], counts[2])
        return from_planes(tenmo.conv_transpose2d(columns, pickers(size, x), { dilation = dilation, padding = padding,
            stride = stride, output_padding = more }), lead)
    end

    return {
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
