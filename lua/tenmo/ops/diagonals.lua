-- diagonals.lua: triangles, diagonals and borders, composed of where, cat and index_select.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    -- columns minus rows for every place of a matrix beside x: which diagonal it lies on
    local function diagonals(x, rows, columns)
        local there = { device = x.device }
        return tenmo.arange(columns, there) - tenmo.arange(rows, there):unsqueeze(-1)
    end

    local function like(x)
        return { dtype = x.dtype, device = x.device }
    end

    -- What is not x's: of its dtype, which a number would not leave to bool.
    local function nothing(x)
        return x.dtype == 'bool' and tenmo.zeros({}, like(x)) or 0
    end

    local function triangle(name, inside)
        return function(x, diagonal)
            if x:dim() < 2 then
                raise('%s: expected a matrix or a batch of them, got shape %s', name, shape_text(x.shape))
            end
            return tenmo.where(inside(diagonals(x, x:size(-2), x:size(-1)), diagonal), x, nothing(x))
        end
    end

    -- The elements of x's last axis on a diagonal of a square matrix: as its columns, moved right (offset > 0) or
    -- down, wherever row and column meet there.
    local function embedded(x, offset)
        local side = x:size(-1) + math.abs(offset)
        local shape, padding = x.shape, x.shape
        padding[#padding] = math.abs(offset)
        local zeros = tenmo.zeros(padding, like(x))
        local line = tenmo.cat({ x, zeros }, { axis = -1 })
        if offset > 0 then
            line = tenmo.cat({ zeros, x }, { axis = -1 })
        end
        shape[#shape] = side
        table.insert(shape, #shape, side)
            return tenmo.where(diagonals(x, side, side):eq(offset), line:unsqueeze(-2):expand(shape), nothing(x))
    end

    local function diag_embed(x, offset, axis1, axis2)
        if x:dim() == 0 then
            raise('diag_embed: a tensor of one number has no axes')
        end
        return embedded(x, offset):movedim({ -2, -1 }, { axis1, axis2 })
    end

    local function diag(x, diagonal)
        if x:dim() == 1 then
            return embedded(x, diagonal)
        elseif x:dim() == 2 then
            return x:diagonal(diagonal):clone()
        end
        raise('diag: expected a vector or a matrix, got shape %s; diagonal and diag_embed take more axes',
            shape_text(x.shape))
    end

    -- Which element of an axis of n stands at place i (from 1, also before and behind it), for each way to continue.
    local SOURCE = {
        reflect = function(i, n)
            return i < 1 and 2 - i or i > n and 2 * n - i or i
        end,
        replicate = function(i, n)
            return math.min(math.max(i, 1), n)
        end,
        circular = function(i, n)
            return (i - 1) % n + 1
        end,
    }

    local function pad_constant(x, axis, before, behind, value)
        local n = x:size(axis)
        local first, last = math.max(1 - before, 1), math.min(n + behind, n)
        if last < first - 1 then
            raise('pad: %d and %d cut more off axis %d than the %d it has', before, behind, axis, n)
        end
        local function border(width)
            local shape = x.shape
            shape[axis] = math.max(width, 0)
            return tenmo.full(shape, value, like(x))
        end
        return tenmo.cat({ border(before), x:narrow(axis, first, last - first + 1), border(behind) }, { axis = axis })
    end

    local function pad_from_inside(x, axis, before, behind, mode)
        if mode == 'circular' and (before < 0 or behind < 0) then -- what is cut off is gone before the rest goes round
            x = pad_constant(x, axis, math.min(before, 0), math.min(behind, 0), 0)
            before, behind = math.max(before, 0), math.max(behind, 0)
        end
        local n, ids = x:size(axis), {}
        local most = mode == 'reflect' and n - 1 or mode == 'circular' and n or math.huge
        if n == 0 or before > most or behind > most then
            raise('pad: %s can add at most %s on a side of axis %d, which has %d; got %d and %d', mode,
                n > 0 and most or 0, axis, n, before, behind)
        end
        for i = 1 - before, n + behind do
            ids[#ids + 1] = SOURCE[mode](i, n) - 1
        end
        if #ids == 0 then
            return x:narrow(axis, 1, 0)
        end
        return x:index_select(axis, tenmo.ids(ids):to(x.device))
    end

    -- Up to 16 sizes: more than a row's list can hold, so they are looked at here.
    local read_pad = tenmo.arguments('pad', 'x | mode:constant/reflect/replicate/circular=constant value:num=0')
    local function pad(x, sizes, ...)
        if type(sizes) ~= 'table' then
            raise("pad: argument 2 ('sizes') expects a list: before and behind of the last axis, then of the one "
                .. 'before it ..., got %s', type(sizes))
        end
        local mode, value
        x, mode, value = read_pad(x, ...)
        if #sizes % 2 ~= 0 or #sizes > 2 * x:dim() then
            raise('pad: %d sizes for a tensor of shape %s; expected two for each axis, the last axis first', #sizes,
                shape_text(x.shape))
        end
        local y = x
        for k = 1, #sizes, 2 do
            local axis, before, behind = x:dim() - (k - 1) / 2, sizes[k], sizes[k + 1]
            for _, n in ipairs { before, behind } do
                if type(n) ~= 'number' or n ~= math.floor(n) then
                    raise('pad: sizes are whole numbers, got %s', tostring(n))
                end
            end
            if before ~= 0 or behind ~= 0 then
                y = mode == 'constant' and pad_constant(y, axis, before, behind, value)
                    or pad_from_inside(y, axis, before, behind, mode)
            end
        end
        return rawequal(y, x) and x:clone() or y
    end

    return {
        {
            name = 'tril',
            signature = 'x | diagonal:int=0',
            doc = 'the lower triangle of the last two axes, zeros above; diagonal > 0 keeps so many diagonals more',
            formula = 'x[i][j] where j - i <= diagonal, else 0',
            example = 'tenmo.ones(2, 2):tril()',
            prints = '[[1., 0.],\n [1., 1.]]\nfloat32 (2, 2)',
            in_place = true,
            call = triangle('tril', tenmo.le),
        },
        {
            name = 'triu',
            signature = 'x | diagonal:int=0',
            doc = 'the upper triangle of the last two axes, zeros below; diagonal > 0 keeps so many diagonals fewer',
            formula = 'x[i][j] where j - i >= diagonal, else 0',
            example = 'tenmo.ones(2, 2):triu()',
            prints = '[[1., 1.],\n [0., 1.]]\nfloat32 (2, 2)',
            in_place = true,
            call = triangle('triu', tenmo.ge),
        },
        {
            name = 'diag',
            signature = 'x | diagonal:int=0',
            doc = 'the matrix with this vector on a diagonal, or a copy of the diagonal of a matrix',
            example = 'tenmo.tensor{1, 2}:diag()',
            prints = '[[1., 0.],\n [0., 2.]]\nfloat32 (2, 2)',
            call = diag,
        },
        {
            name = 'diag_embed',
            signature = 'x | offset:int=0 axis1:int=-2 axis2:int=-1',
            doc = 'the last axis laid on a diagonal of two new axes, which stand at axis1 and axis2 of the result',
            example = 'tenmo.ones(5, 3):diag_embed().shape',
            prints = '{ 5, 3, 3 }',
            call = diag_embed,
        },
        {
            name = 'pad',
            signature = 'x sizes:ints | mode:constant/reflect/replicate/circular=constant value:num=0',
            doc = 'borders put on: before and behind of the last axis, then of the one before it ...; a negative '
                .. 'number cuts off',
            example = 'tenmo.tensor{1, 2, 3}:pad({2, 0}, {mode = "reflect"})',
            prints = '[3., 2., 1., 2., 3.]\nfloat32 (5)',
            run = pad,
        },
    }
end
