-- convolutions.lua: windows as columns, composed of convolutions with fixed weights.
local plane = require 'tenmo.ops.planes'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local each_axis, as_planes, from_planes = plane.each_axis, plane.of, plane.back

    -- {} in a call may have meant no options.
    local function given(list)
        return list and #list > 0 and list or nil
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
        local y = tenmo.conv2d(planes, pickers(size, x), { dilation = dilation, padding = padding, stride = stride })
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
        local y = tenmo.conv_transpose2d(x:reshape(n, places, rows, columns), pickers(all.size, x), {
            dilation = all.dilation, padding = all.padding, stride = all.stride,
            output_padding = { more_rows, more_columns },
        })
        return from_planes(y, lead)
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
