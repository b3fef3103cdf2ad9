-- joining.lua: tensors put together and taken apart, composed of cat, reshape, expand and slices.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local function part(x, axis, first, n)
        return x:narrow(axis, first, n)
    end

    local function some(name, xs)
        if #xs == 0 then
            raise('%s: expected a list with at least one tensor', name)
        end
        return xs
    end

    local function mapped(xs, f)
        local ys = {}
        for i, x in ipairs(xs) do
            ys[i] = f(x)
        end
        return ys
    end

    -- x with axes of size 1 put in until it has at least `rank`: vectors become rows, matrices get a last axis.
    local function at_least(rank)
        return function(x)
            if x:dim() == 0 then
                x = x:reshape(1)
            end
            if rank >= 2 and x:dim() == 1 then
                x = x:unsqueeze(1)
            end
            if rank >= 3 and x:dim() == 2 then
                x = x:unsqueeze(3)
            end
            return x
        end
    end

    local function stack(xs, axis)
        some('stack', xs)
        local shape = shape_text(xs[1].shape)
        for i, x in ipairs(xs) do
            if shape_text(x.shape) ~= shape then
                raise('stack: tensor %d has shape %s, the first %s; all must have the same (cat joins along an axis)',
                    i, shape_text(x.shape), shape)
            end
        end
        local rank = xs[1]:dim() + 1
        if axis == 0 or math.abs(axis) > rank then
            raise('stack: the new axis can stand at 1..%d or -%d..-1, not at %d', rank, rank, axis)
        end
        return tenmo.cat(mapped(xs, function(x)
            return x:unsqueeze(axis)
        end), { axis = axis < 0 and axis + rank + 1 or axis })
    end

    -- Sizes along an axis that has `size`: equal ones (the last may be smaller), or as listed.
    local function sizes_of(name, sizes, size, axis)
        local list, total = {}, 0
        if type(sizes) == 'table' then
            for i, n in ipairs(sizes) do
                if type(n) ~= 'number' or n < 0 or n ~= math.floor(n) then
                    raise('%s: size %d is %s; expected a whole number from 0 up', name, i, tostring(n))
                end
                list[i], total = n, total + n
            end
            if total ~= size then
                raise('%s: sizes add up to %d, and axis %d has %d', name, total, axis, size)
            end
            return list
        elseif type(sizes) ~= 'number' or sizes < 1 or sizes ~= math.floor(sizes) then
            raise('%s: expected a size from 1 up, or a list of sizes, got %s', name, tostring(sizes))
        end
        repeat
            list[#list + 1] = math.min(sizes, size - total)
            total = total + list[#list]
        until total >= size
        return list
    end

    local function parts(x, sizes, axis)
        local list, first = {}, 1
        for i, n in ipairs(sizes) do
            list[i] = part(x, axis, first, n)
            first = first + n
        end
        return list
    end

    -- A list of more sizes than a tensor has axes can't be read as a row's, so sizes are looked at here.
    local read_split = tenmo.arguments('split', 'x | axis:axis=1')
    local function split(x, sizes, axis)
        if sizes == nil then
            raise("split: argument 2 ('sizes') is missing: a size, or a list of sizes")
        end
        x, axis = read_split(x, axis)
        axis = axis < 0 and axis + x:dim() + 1 or axis
        return parts(x, sizes_of('split', sizes, x:size(axis), axis), axis)
    end

    local function chunk(x, n, axis)
        if n < 1 then
            raise('chunk: expected how many parts, 1 or more, got %d', n)
        end
        local size = x:size(axis)
        return parts(x, sizes_of('chunk', math.max(math.ceil(size / n), 1), size, axis), axis)
    end

    local function unbind(x, axis)
        local list = {}
        for i = 1, x:size(axis) do
            list[i] = x:select(axis, i)
        end
        return list
    end

    local function broadcast_tensors(xs)
        local shape = {}
        for _, x in ipairs(some('broadcast_tensors', xs)) do
            local skip = #shape - x:dim()
            for _ = skip, -1 do
                table.insert(shape, 1, 1)
            end
            for i, n in ipairs(x.shape) do
                local k = math.max(skip, 0) + i
                if shape[k] ~= n and shape[k] ~= 1 and n ~= 1 then
                    raise('broadcast_tensors: shapes %s and %s: sizes %d and %d differ, and neither is 1',
                        shape_text(shape), shape_text(x.shape), shape[k], n)
                end
                shape[k] = shape[k] == 1 and n or shape[k]
            end
        end
        return mapped(xs, function(x)
            return x:expand(shape)
        end)
    end

    local function meshgrid(xs, indexing)
        local shape = {}
        for i, x in ipairs(some('meshgrid', xs)) do
            if x:dim() > 1 then
                raise('meshgrid: tensor %d has shape %s; expected vectors', i, shape_text(x.shape))
            end
            shape[i] = x:numel()
        end
        local turned = indexing == 'xy' and #xs > 1
        local grids = {}
        for i, x in ipairs(xs) do
            local line = {}
            for k = 1, #xs do
                line[k] = k == i and shape[i] or 1
            end
            grids[i] = x:reshape(line):expand(shape)
            grids[i] = turned and grids[i]:transpose(1, 2) or grids[i]
        end
        return grids
    end

    local function block_diag(xs)
        local rows, columns, dtype = 0, 0, nil
        local blocks = mapped(some('block_diag', xs), function(x)
            if x:dim() > 2 then
                raise('block_diag: got a tensor of shape %s; expected matrices', shape_text(x.shape))
            end
            return at_least(2)(x)
        end)
        local list = {}
        for i, x in ipairs(blocks) do
            columns = columns + x:size(2)
            dtype = dtype and (tenmo.zeros({ 1 }, dtype) + tenmo.zeros({ 1 }, x.dtype)).dtype or x.dtype
            list[i] = x
        end
        local before = 0
        for i, x in ipairs(list) do
            local height, width = x:size(1), x:size(2)
            list[i] = tenmo.cat({ tenmo.zeros({ height, before }, { dtype = dtype, device = x.device }), x:to(dtype),
                tenmo.zeros({ height, columns - before - width }, { dtype = dtype, device = x.device }) }, { axis = 2 })
            before, rows = before + width, rows + height
        end
        return tenmo.cat(list)
    end

    return {
        {
            name = 'stack',
            signature = 'xs... | axis:int=1',
            doc = 'tensors of one shape along a new axis at that position',
            example = 'tenmo.stack{tenmo.tensor{1, 2}, tenmo.tensor{3, 4}}',
            prints = '[[1., 2.],\n [3., 4.]]\nfloat32 (2, 2)',
            method = false,
            call = stack,
        },
        {
            name = 'hstack',
            signature = 'xs...',
            doc = 'side by side: vectors one after another, others along the second axis',
            example = 'tenmo.hstack{tenmo.tensor{1, 2}, tenmo.tensor{3}}',
            prints = '[1., 2., 3.]\nfloat32 (3)',
            method = false,
            call = function(xs)
                local ys = mapped(some('hstack', xs), at_least(1))
                return tenmo.cat(ys, { axis = ys[1]:dim() == 1 and 1 or 2 })
            end,
        },
        {
            name = 'vstack',
            signature = 'xs...',
            doc = 'one below another, vectors as rows',
            example = 'tenmo.vstack{tenmo.tensor{1, 2}, tenmo.tensor{3, 4}}',
            prints = '[[1., 2.],\n [3., 4.]]\nfloat32 (2, 2)',
            method = false,
            call = function(xs)
                return tenmo.cat(mapped(some('vstack', xs), at_least(2)))
            end,
        },
        {
            name = 'dstack',
            signature = 'xs...',
            doc = 'one behind another, along a third axis',
            example = 'tenmo.dstack{tenmo.ones(2, 3), tenmo.ones(2, 3)}.shape',
            prints = '{ 2, 3, 2 }',
            method = false,
            call = function(xs)
                return tenmo.cat(mapped(some('dstack', xs), at_least(3)), { axis = 3 })
            end,
        },
        {
            name = 'column_stack',
            signature = 'xs...',
            doc = 'side by side, vectors as columns',
            example = 'tenmo.column_stack{tenmo.tensor{1, 2}, tenmo.tensor{3, 4}}',
            prints = '[[1., 3.],\n [2., 4.]]\nfloat32 (2, 2)',
            method = false,
            call = function(xs)
                return tenmo.cat(mapped(some('column_stack', xs), function(x)
                    return x:dim() < 2 and x:reshape(-1, 1) or x
                end), { axis = 2 })
            end,
        },
        {
            name = 'split',
            signature = 'x sizes | axis:axis=1',
            doc = 'a list of views along an axis: of that size (the last may be smaller), or of the listed sizes',
            example = 'tenmo.arange(5):split(2)[3]',
            prints = '[4]\nint64 (1)',
            run = split,
        },
        {
            name = 'chunk',
            signature = 'x n:int | axis:axis=1',
            doc = 'a list of at most n views along an axis, all but the last of equal size',
            example = '#tenmo.arange(5):chunk(3)',
            prints = '3',
            call = function(x, n, axis)
                return chunk(x, n, axis < 0 and axis + x:dim() + 1 or axis)
            end,
        },
        {
            name = 'unbind',
            signature = 'x | axis:axis=1',
            doc = 'a list of the slices along an axis, without it',
            example = 'tenmo.tensor{{1, 2}, {3, 4}}:unbind()[2]',
            prints = '[3., 4.]\nfloat32 (2)',
            call = function(x, axis)
                if x:dim() == 0 then
                    raise('unbind: a tensor of one number has no axes')
                end
                return unbind(x, axis < 0 and axis + x:dim() + 1 or axis)
            end,
        },
        {
            name = 'broadcast_tensors',
            signature = 'xs...',
            doc = 'a list of views in the shape that all of them broadcast to',
            example = 'tenmo.broadcast_tensors{tenmo.ones(3, 1), tenmo.ones(2)}[2].shape',
            prints = '{ 3, 2 }',
            method = false,
            call = broadcast_tensors,
        },
        {
            name = 'meshgrid',
            signature = 'xs... | indexing:ij/xy=ij',
            doc = "a list of the coordinates of a grid over vectors; 'xy' exchanges the first two axes",
            example = 'tenmo.meshgrid{tenmo.tensor{1, 2}, tenmo.tensor{3, 4, 5}}[1]',
            prints = '[[1., 1., 1.],\n [2., 2., 2.]]\nfloat32 (2, 3)',
            method = false,
            call = meshgrid,
        },
        {
            name = 'block_diag',
            signature = 'xs...',
            doc = 'matrices along the diagonal of a larger one, zeros elsewhere',
            example = 'tenmo.block_diag{tenmo.ones(1, 2), tenmo.ones(1, 1)}',
            prints = '[[1., 1., 0.],\n [0., 0., 1.]]\nfloat32 (2, 3)',
            method = false,
            call = block_diag,
        },
    }
end
