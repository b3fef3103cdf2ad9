-- shape.lua: the same elements in another shape or order, composed of reshape, permute, expand, slices and cat.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local MOST = 8 -- axes of a tensor

    -- A list with n entries replaced, from position `at`, by those of another.
    local function spliced(list, at, n, by)
        local result = {}
        for i = 1, at - 1 do
            result[i] = list[i]
        end
        for _, value in ipairs(by) do
            result[#result + 1] = value
        end
        for i = at + n, #list do
            result[#result + 1] = list[i]
        end
        return result
    end

    -- x with its elements along an axis from position `first` on, n of them: a view.
    local function part(x, axis, first, n)
        local index = {}
        for i = 1, x:dim() do
            index[i] = {}
        end
        index[axis] = { first, first + n - 1 }
        return x[index]
    end

    -- An axis as a position, named in errors as that of `name`.
    local function position(name, axis, rank)
        if axis == 0 or math.abs(axis) > rank then
            raise('%s: axis %d is out of range; the tensor has %d axes: 1..%d or -%d..-1', name, axis, rank, rank, rank)
        end
        return axis < 0 and axis + rank + 1 or axis
    end

    -- Where each axis goes: an order for permute.
    local function movedim(x, source, destination)
        local rank, order, taken = x:dim(), {}, {}
        if #source ~= #destination then
            raise('movedim: %d axes to move and %d places for them', #source, #destination)
        end
        for k, axis in ipairs(source) do
            local from, to = position('movedim', axis, rank), position('movedim', destination[k], rank)
            if taken[from] or order[to] then
                raise('movedim: an axis is named twice in (%s) to (%s)', table.concat(source, ', '),
                    table.concat(destination, ', '))
            end
            order[to], taken[from] = from, true
        end
        local from = 1
        for to = 1, rank do
            if not order[to] then
                while taken[from] do
                    from = from + 1
                end
                order[to], taken[from] = from, true
            end
        end
        return x:permute(order)
    end

    -- Each repeated axis gets a new one in front of it, which is expanded and then joined with it. That takes room
    -- among the axes, so with many of them it's done in rounds.
    local function tile(x, repeats)
        local shape = x.shape
        while #shape < #repeats do
            table.insert(shape, 1, 1)
        end
        for i, n in ipairs(repeats) do
            if n < 0 then
                raise('tile: axis %d is to be repeated %d times; 0 or more', i, n)
            end
        end
        local skip, i = #shape - #repeats, #shape
        x = x:reshape(shape)
        while i > skip do
            local apart, wide, whole, room = {}, {}, {}, MOST - #shape
            for k = 1, #shape do
                apart[k], wide[k], whole[k] = shape[k], shape[k], shape[k]
            end
            repeat
                local n = repeats[i - skip]
                if n ~= 1 then
                    apart, wide = spliced(apart, i, 0, { 1 }), spliced(wide, i, 0, { n })
                    whole[i], room = shape[i] * n, room - 1
                end
                i = i - 1
            until i == skip or room <= 0
            if room < 0 then
                raise('tile: a tensor of %d axes leaves no room to repeat one', #shape)
            end
            x, shape = x:reshape(apart):expand(wide):reshape(whole), whole
        end
        return x
    end

    local function repeat_each(x, n, axis)
        if n < 0 or n ~= math.floor(n) then
            raise('repeat_interleave: expected how often as a whole number from 0 up, got %s', n)
        end
        local shape = x.shape
        local wide = spliced(shape, axis + 1, 0, { n })
        return x:unsqueeze(axis + 1):expand(wide):reshape(spliced(shape, axis, 1, { shape[axis] * n }))
    end

    local function repeat_interleave(x, repeats, axis)
        if not tenmo.is_tensor(x) then
            raise("repeat_interleave: argument 1 ('x') expects a tensor, got %s", type(x))
        end
        if not axis then
            x, axis = x:reshape(-1), 1
        end
        if not tenmo.is_tensor(repeats) then
            return repeat_each(x, repeats, axis)
        end
        local size = x:size(axis)
        if repeats.dtype:find 'float' or repeats.dtype == 'bool' or repeats:dim() ~= 1 or repeats:numel() ~= size then
            raise('repeat_interleave: repeats is %s of shape %s; expected a number or %d integers, one for each slice',
                repeats.dtype, shape_text(repeats.shape), size)
        end
        local ids = {}
        for i, n in ipairs(repeats:totable()) do
            if n < 0 then
                raise('repeat_interleave: slice %d is to be repeated %d times; 0 or more', i, n)
            end
            for _ = 1, n do
                ids[#ids + 1] = i - 1
            end
        end
        ids = #ids > 0 and tenmo.ids(ids) or tenmo.full({ 0 }, 0, 'int64')
        return x:index_select(axis, ids:to(x.device))
    end

    local function roll_one(x, shift, axis)
        local n = x:size(axis)
        shift = n > 0 and shift % n or 0
        if shift == 0 then
            return x
        end
        return tenmo.cat({ part(x, axis, n - shift + 1, shift), part(x, axis, 1, n - shift) }, { axis = axis })
    end

    local function roll(x, shifts, axes)
        if not axes then
            if #shifts ~= 1 then
                raise('roll: %d shifts need as many axes; they go into a table or the options: x:roll(1, {axes = 2})',
                    #shifts)
            end
            return roll_one(x:reshape(-1), shifts[1], 1):reshape(x.shape):clone()
        elseif #axes ~= #shifts then
            raise('roll: %d shifts for %d axes', #shifts, #axes)
        end
        local y = x
        for k, axis in ipairs(axes) do
            y = roll_one(y, shifts[k], axis)
        end
        return rawequal(y, x) and x:clone() or y
    end

    local function rot90(x, k, axes)
        axes = axes or { 1, 2 }
        if x:dim() < 2 or #axes ~= 2 then
            raise('rot90: turns the plane of two axes; got %d axes of a tensor of shape %s', #axes, shape_text(x.shape))
        end
        local one, two = axes[1], axes[2]
        k = k % 4
        if k == 1 then
            return x:flip(two):transpose(one, two)
        elseif k == 3 then
            return x:flip(one):transpose(one, two)
        end
        return k == 2 and x:flip(axes) or x:clone()
    end

    local function flipped(name, axis)
        return function(x)
            if x:dim() < axis then
                raise('%s: turns axis %d round; the tensor has shape %s', name, axis, shape_text(x.shape))
            end
            return x:flip(axis)
        end
    end

    return {
        {
            name = 'flatten',
            signature = 'x | first:axis=1 last:axis=-1',
            doc = 'the axes from first to last joined into one',
            example = 'tenmo.ones(2, 3, 4):flatten(2).shape',
            prints = '{ 2, 12 }',
            call = function(x, first, last)
                local shape, rank = x.shape, x:dim()
                if rank == 0 then
                    return x:reshape(1)
                end
                first, last = position('flatten', first, rank), position('flatten', last, rank)
                if first > last then
                    raise('flatten: first (axis %d) comes after last (axis %d)', first, last)
                end
                local size = 1
                for i = first, last do
                    size = size * shape[i]
                end
                return x:reshape(spliced(shape, first, last - first + 1, { size }))
            end,
        },
        {
            name = 'unflatten',
            signature = 'x axis:axis shape:shape',
            doc = 'an axis split into several; one of their sizes may be -1',
            example = 'tenmo.ones(2, 12):unflatten(2, {3, -1}).shape',
            prints = '{ 2, 3, 4 }',
            call = function(x, axis, shape)
                local size, known, open = x:size(axis), 1, 0
                for _, n in ipairs(shape) do
                    known, open = n == -1 and known or known * n, open + (n == -1 and 1 or 0)
                end
                if #shape == 0 or open > 1 or (open == 0 and known ~= size)
                    or (open == 1 and (known == 0 or size % known ~= 0)) then
                    raise('unflatten: axis %d has size %d, which does not split into %s', axis, size, shape_text(shape))
                end
                for i, n in ipairs(shape) do
                    shape[i] = n == -1 and size / known or n
                end
                return x:reshape(spliced(x.shape, axis, 1, shape))
            end,
        },
        {
            name = 'ravel',
            signature = 'x',
            doc = 'all elements in one row',
            example = 'tenmo.ones(2, 3):ravel().shape',
            prints = '{ 6 }',
            call = function(x)
                return x:reshape(-1)
            end,
        },
        {
            name = 'view_as',
            signature = 'x other',
            doc = 'x:view(other.shape): never a copy',
            example = 'tenmo.ones(2, 3):view_as(tenmo.ones(6)).shape',
            prints = '{ 6 }',
            call = function(x, other)
                return x:view(other.shape)
            end,
        },
        {
            name = 'reshape_as',
            signature = 'x other',
            doc = 'x:reshape(other.shape)',
            example = 'tenmo.ones(2, 3):reshape_as(tenmo.ones(3, 2)).shape',
            prints = '{ 3, 2 }',
            call = function(x, other)
                return x:reshape(other.shape)
            end,
        },
        {
            name = 'expand_as',
            signature = 'x other',
            doc = 'x:expand(other.shape)',
            example = 'tenmo.ones(3):expand_as(tenmo.ones(2, 3)).shape',
            prints = '{ 2, 3 }',
            call = function(x, other)
                return x:expand(other.shape)
            end,
        },
        {
            name = 'broadcast_to',
            signature = 'x shape:shape',
            doc = 'x repeated along axes of size 1 and new axes in front, as a view',
            example = 'tenmo.ones(3, 1):broadcast_to(2, 3, 4).shape',
            prints = '{ 2, 3, 4 }',
            call = function(x, shape)
                return x:expand(shape)
            end,
        },
        {
            name = 'movedim',
            signature = 'x source:ints destination:ints',
            doc = 'a view in which the axes of source stand at the places of destination; the others keep their order',
            example = 'tenmo.ones(2, 3, 4):movedim(1, -1).shape',
            prints = '{ 3, 4, 2 }',
            call = movedim,
        },
        {
            name = 'tile',
            signature = 'x repeats:ints',
            doc = "x laid side by side so often along each axis (Torch's repeat)",
            example = 'tenmo.tensor{1, 2}:tile(2, 2)',
            prints = '[[1., 2., 1., 2.],\n [1., 2., 1., 2.]]\nfloat32 (2, 4)',
            call = tile,
        },
        {
            name = 'repeat_interleave',
            signature = 'x repeats | axis:axis?',
            doc = 'each slice along an axis repeated: a number, or an integer tensor with one number for each slice; '
                .. 'without an axis, of the flattened tensor',
            example = 'tenmo.tensor{1, 2}:repeat_interleave(3)',
            prints = '[1., 1., 1., 2., 2., 2.]\nfloat32 (6)',
            numbers = true,
            call = repeat_interleave,
        },
        {
            name = 'roll',
            signature = 'x shifts:ints | axes:axes?',
            doc = 'elements moved along axes, those that leave one end coming in at the other; without axes, of the '
                .. 'flattened tensor',
            example = 'tenmo.tensor{1, 2, 3}:roll(1)',
            prints = '[3., 1., 2.]\nfloat32 (3)',
            call = roll,
        },
        {
            name = 'rot90',
            signature = 'x | k:int=1 axes:axes?',
            doc = 'the plane of two axes (the first two) turned by k quarters, from the first towards the second',
            example = 'tenmo.tensor{{1, 2}, {3, 4}}:rot90()',
            prints = '[[2., 4.],\n [1., 3.]]\nfloat32 (2, 2)',
            call = rot90,
        },
        {
            name = 'flipud',
            signature = 'x',
            doc = 'a copy with its first axis turned round',
            example = 'tenmo.tensor{1, 2, 3}:flipud()',
            prints = '[3., 2., 1.]\nfloat32 (3)',
            call = flipped('flipud', 1),
        },
        {
            name = 'fliplr',
            signature = 'x',
            doc = 'a copy with its second axis turned round',
            example = 'tenmo.tensor{{1, 2}, {3, 4}}:fliplr()',
            prints = '[[2., 1.],\n [4., 3.]]\nfloat32 (2, 2)',
            call = flipped('fliplr', 2),
        },
        {
            name = 'narrow',
            signature = 'x axis:axis start:int length:int',
            doc = 'a view of `length` slices along an axis, from position start (counted from 1) on',
            example = 'tenmo.arange(6):narrow(1, 2, 3)',
            prints = '[1, 2, 3]\nint64 (3)',
            call = function(x, axis, start, length)
                local n = x:size(axis)
                local first = start < 0 and start + n + 1 or start
                if first < 1 or length < 0 or first + length - 1 > n then
                    raise('narrow: %d slices from position %d on; axis %d has %d', length, start, axis, n)
                end
                return part(x, axis, first, length)
            end,
        },
        {
            name = 'select',
            signature = 'x axis:axis index:int',
            doc = 'a view of one slice, by its position from 1 or negative from the end, without that axis',
            example = 'tenmo.tensor{{1, 2}, {3, 4}}:select(2, -1)',
            prints = '[2., 4.]\nfloat32 (2)',
            call = function(x, axis, index)
                local n = x:size(axis)
                if index == 0 or math.abs(index) > n then
                    raise('select: position %d; axis %d has size %d: 1 to %d, or -1 to -%d', index, axis, n, n, n)
                end
                return part(x, axis, index < 0 and index + n + 1 or index, 1):squeeze(axis)
            end,
        },
    }
end
