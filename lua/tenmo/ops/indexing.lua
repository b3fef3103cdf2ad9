-- indexing.lua: x[...] where tensors stand in the index: ids (0-based integers) and masks (bool), alone or beside
-- positions and ranges; and what is chosen or put by ids and masks under names of its own.
--
-- An index is brought to one form in steps. Positions and ranges are a slice, in which each id tensor stands for an
-- axis and a mask for as many as it has. A mask's axes are joined to one, of which it names ids. Several id tensors are
-- broadcast together; their axes are brought side by side (to the front, where others lay between them) and joined.
-- What remains is a list of ids along one axis: index_select reads it, index_copy and index_add write it.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local row_where = tenmo.where -- the row's own function: see library.lua

    -- What an op inside refuses, under another name.
    local function under(name, f, ...)
        local function finish(ok, ...)
            if ok then
                return ...
            end
            local message = ...
            local place, rest = tostring(message):match '^(.-:%d+: )[%w_]+: (.*)$'
            error(rest and place .. name .. ': ' .. rest or message, 0)
        end
        return finish(pcall(f, ...))
    end

    local function is_ids(x)
        return not x.dtype:find 'float' and x.dtype ~= 'bool'
    end

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

    local function product(list, from, to)
        local n = 1
        for i = from or 1, to or #list do
            n = n * list[i]
        end
        return n
    end

    -- --- reading an index ------------------------------------------------------------------------------------------

    local function check_mask(name, x, mask, axis)
        local rank = mask:dim()
        local fits = rank > 0 and axis + rank - 1 <= x:dim()
        for i = 1, fits and rank or 0 do
            fits = fits and mask:size(i) == x:size(axis + i - 1)
        end
        if not fits then
            raise('%s: the mask has shape %s, and x has %s: from axis %d on their sizes have to agree; '
                .. 'a mask comes from a comparison such as x:gt(0)', name, shape_text(mask.shape), shape_text(x.shape),
                axis)
        end
    end

    -- The slice's index, and the tensors with the axis of the slice at which each starts.
    local function parts_of(name, x, index)
        local entries = tenmo.is_tensor(index) and { index } or index
        local slice, tensors, plain = {}, {}, true
        local axis = 1 -- of the slice
        for _, entry in ipairs(entries) do
            if not tenmo.is_tensor(entry) then
                slice[#slice + 1] = entry
                plain = plain and type(entry) == 'table' and next(entry) == nil
                axis = axis + (type(entry) == 'number' and 0 or 1)
            elseif entry.dtype == 'bool' then
                check_mask(name, x, entry, #slice + 1)
                tensors[#tensors + 1] = { axis = axis, mask = entry }
                for _ = 1, entry:dim() do
                    slice[#slice + 1] = {}
                end
                axis = axis + entry:dim()
            elseif is_ids(entry) then
                if #slice == x:dim() then
                    raise('%s: the index names more axes than x has, whose shape is %s', name, shape_text(x.shape))
                end
                slice[#slice + 1] = {}
                tensors[#tensors + 1] = { axis = axis, ids = entry }
                axis = axis + 1
            else
                raise('%s: a tensor in an index holds ids (integers) or is a mask (bool), got %s of shape %s; '
                    .. "x:to('int64') makes ids, x:ne(0) a mask", name, entry.dtype, shape_text(entry.shape))
            end
        end
        return not plain and slice or nil, tensors
    end

    -- The shape in which each mask's axes are one, and ids in the masks' places.
    local function join_masks(view, tensors)
        local shape, gone, joined = view.shape, 0, false
        for _, t in ipairs(tensors) do
            t.axis = t.axis - gone
            if t.mask then
                local rank = t.mask:dim()
                t.ids = t.mask:nonzero { flat = true }
                shape = spliced(shape, t.axis, rank, { product(shape, t.axis, t.axis + rank - 1) })
                gone, joined = gone + rank - 1, joined or rank > 1
            end
        end
        return joined and shape or nil
    end

    -- The order that brings the tensors' axes side by side; nil where they are.
    local function order_of(rank, tensors)
        local first, together, indexed = tensors[1].axis, true, {}
        for k, t in ipairs(tensors) do
            together = together and t.axis == first + k - 1
            indexed[t.axis] = true
        end
        if together then
            return nil, first
        end
        local order = {}
        for k, t in ipairs(tensors) do
            order[k] = t.axis
        end
        for axis = 1, rank do
            if not indexed[axis] then
                order[#order + 1] = axis
            end
        end
        return order, 1
    end

    -- Ids along the joined axis. What each tensor adds is looked up in a table of its axis, which finds wrong ids.
    local function join_ids(name, shape, axis, tensors)
        local step, total = product(shape, axis, axis + #tensors - 1), nil
        for k, t in ipairs(tensors) do
            local size = shape[axis + k - 1]
            step = size > 0 and step / size or 0
            local table_of = tenmo.arange(size, { dtype = 'int64', device = t.ids.device }) * step
            local each = under(name .. ': tensor ' .. k, table_of.gather, table_of, 1, t.ids:reshape(-1))
            each = each:reshape(t.ids.shape)
            total = total and under(name, tenmo.add, total, each) or each
        end
        return total
    end

    -- How to reach what an index names: the view (slice, joined, permuted, joined again) and ids along its `axis`.
    local function plan_for(name, x, index)
        local slice, tensors = parts_of(name, x, index)
        if #tensors == 0 then
            raise('%s: the index has no ids and no mask; x[...] takes positions and ranges', name)
        end
        local view = slice and under(name, x.slice, x, slice) or x
        local p = { slice = slice, sliced = view.shape }
        local joined = join_masks(view, tensors)
        view = joined and view:reshape(joined) or view
        p.joined = view.shape
        p.order, p.axis = order_of(view:dim(), tensors)
        view = p.order and view:permute(p.order) or view
        p.ordered = view.shape
        p.ids = tensors[1].ids
        if #tensors > 1 then
            p.ids = join_ids(name, p.ordered, p.axis, tensors)
            view = view:reshape(spliced(p.ordered, p.axis, #tensors,
                { product(p.ordered, p.axis, p.axis + #tensors - 1) }))
        end
        p.direct = not joined and not p.order and #tensors == 1 -- the view has x's own bytes
        p.view, p.flat = view, p.ids:dim() == 1 and p.ids or p.ids:reshape(-1)
        p.shape = spliced(view.shape, p.axis, 1, p.ids.shape) -- of what is chosen
        return p
    end

    local function index_get(x, index)
        local name = 'x[...]'
        if tenmo.is_tensor(index) and index:dim() == 1 and is_ids(index) and x:dim() > 0 then
            return under(name, x.index_select, x, 1, index)
        end
        local p = plan_for(name, x, index)
        local y = under(name, p.view.index_select, p.view, p.axis, p.flat)
        return p.ids:dim() == 1 and y or y:reshape(p.shape)
    end

    -- --- writing through one ---------------------------------------------------------------------------------------

    -- The value in x's dtype: a tensor of any shape that still has to be spread.
    local function value_for(name, x, value)
        if type(value) == 'number' then
            if not x.dtype:find 'float' and value ~= math.floor(value) then
                raise('%s: %s would lose its fraction in x, which is %s', name, value, x.dtype)
            end
            return tenmo.full({}, value, { dtype = x.dtype, device = x.device })
        elseif type(value) == 'boolean' and x.dtype == 'bool' then
            return tenmo.full({}, value and 1 or 0, { dtype = 'bool', device = x.device })
        elseif not tenmo.is_tensor(value) then
            raise('%s: v is a number or a tensor, got %s', name, type(value))
        elseif value.dtype:find 'float' and not x.dtype:find 'float' then
            raise("%s: the value is %s and would lose its fraction in x, which is %s; cast it first: value:to('%s')",
                name, value.dtype, x.dtype, x.dtype)
        end
        return value.dtype == x.dtype and value or value:to(x.dtype)
    end

    -- The value as slices along the joined axis, one for each id.
    local function source_for(name, p, value)
        local fits, wide = pcall(value.expand, value, p.shape)
        if not fits then
            raise("%s: a value of shape %s doesn't fit the selected part, which has shape %s", name,
                shape_text(value.shape), shape_text(p.shape))
        end
        return p.ids:dim() == 1 and wide or wide:reshape(spliced(p.view.shape, p.axis, 1, { p.flat:numel() }))
    end

    -- Back from the joined view to all of x.
    local function whole(p, x, y)
        y = y:reshape(p.ordered)
        if p.order then
            local back = {}
            for to, from in ipairs(p.order) do
                back[from] = to
            end
            y = y:permute(back)
        end
        y = y:reshape(p.sliced)
        return p.slice and x:assign_slice(p.slice, y) or y
    end

    local function put_through(name, x, p, value, accumulate)
        local source = source_for(name, p, value)
        return whole(p, x, under(name, accumulate and p.view.index_add or p.view.index_copy, p.view, p.axis, p.flat,
            source))
    end

    -- A mask over x's first axes and one number for all it names: a choice for each element.
    local function by_choice(name, x, index, value)
        if not tenmo.is_tensor(index) or index.dtype ~= 'bool' or value:dim() > 0 then
            return nil
        end
        check_mask(name, x, index, 1)
        local shape = index.shape
        for i = #shape + 1, x:dim() do
            shape[i] = 1
        end
        return row_where(index:reshape(shape), value, x)
    end

    local function index_put(x, index, value, accumulate)
        value = value_for('index_put', x, value)
        return not accumulate and by_choice('index_put', x, index, value)
            or put_through('index_put', x, plan_for('index_put', x, index), value, accumulate)
    end

    -- x[index] = value. Where nothing is recorded and ids go along one axis, they are written where they belong.
    local function index_put_(x, index, value, accumulate)
        local name = 'x[...] = v'
        value = value_for(name, x, value)
        local recorded = tenmo.is_recording() and (x.requires_grad or value.requires_grad)
        local y = not accumulate and by_choice(name, x, index, value)
        if not y then
            local p = plan_for(name, x, index)
            if p.direct and not recorded then
                local source = source_for(name, p, value)
                under(name, accumulate and p.view.index_add_ or p.view.index_copy_, p.view, p.axis, p.flat, source)
                return x
            end
            y = put_through(name, x, p, value, accumulate)
        end
        return under(name, x.copy_, x, y)
    end

    -- The public forms check what x[...] has checked before it comes here.
    local function checked(name, f)
        return function(x, index, value, accumulate)
            if not tenmo.is_tensor(x) then
                raise(x == nil and "%s: argument 1 ('x') is missing; it expects a tensor"
                    or "%s: argument 1 ('x') expects a tensor, got %s", name, type(x))
            elseif not tenmo.is_tensor(index) and type(index) ~= 'table' then
                raise("%s: argument 2 ('index') expects ids, a mask, or a table as x[...] takes it, got %s", name,
                    type(index))
            end
            if type(accumulate) == 'table' then
                accumulate = accumulate.accumulate
            end
            return f(x, index, value, accumulate)
        end
    end

    -- --- masks ------------------------------------------------------------------------------------------------------

    local function masked(name, x, mask)
        if mask.dtype ~= 'bool' then
            raise('%s: the mask is %s; expected bool, as a comparison gives it: x:gt(0)', name, mask.dtype)
        end
        return unpack(tenmo.broadcast_tensors { x, mask })
    end

    local function masked_select(x, mask)
        x, mask = masked('masked_select', x, mask)
        return x:reshape(-1):gather(1, mask:nonzero { flat = true })
    end

    local function masked_scatter(x, mask, source)
        local shape = shape_text(x.shape)
        x, mask = masked('masked_scatter', x, mask)
        if shape_text(x.shape) ~= shape then
            raise('masked_scatter: the mask has shape %s and x %s; the mask must fit into x', shape_text(mask.shape),
                shape)
        end
        local ids = mask:nonzero { flat = true }
        if source:numel() < ids:numel() then
            raise('masked_scatter: the mask names %d elements and the source has %d', ids:numel(), source:numel())
        end
        source = source:reshape(-1):narrow(1, 1, ids:numel())
        return x:reshape(-1):scatter_reduce(1, ids, source, { reduce = 'set' }):reshape(x.shape)
    end

    -- --- ids -------------------------------------------------------------------------------------------------------

    local function take_along_dim(x, ids, axis)
        if not axis then
            return x:reshape(-1):gather(1, ids:reshape(-1))
        end
        if x:dim() ~= ids:dim() then
            raise('take_along_dim: x has shape %s and ids %s; expected as many axes', shape_text(x.shape),
                shape_text(ids.shape))
        end
        axis = axis < 0 and axis + x:dim() + 1 or axis
        local wide, long = x.shape, ids.shape -- equal but along the axis
        for i = 1, #wide do
            if i ~= axis then
                wide[i], long[i] = math.max(wide[i], long[i]), math.max(wide[i], long[i])
            end
        end
        return x:expand(wide):gather(axis, ids:expand(long))
    end

    local function scatter_source(name, x, ids, source)
        if not tenmo.is_tensor(x) or not tenmo.is_tensor(ids) then
            raise('%s: x and ids have to be tensors', name)
        end
        return tenmo.is_tensor(source) and source
            or tenmo.full({}, source, { dtype = x.dtype, device = x.device }):expand(ids.shape)
    end

    -- A list of ids names slices: of a source with as many axes as x each id has its own, else all have the same.
    local function adds_slices(x, ids)
        return x:dim() > 1 and ids:dim() == 1
    end

    local function scatter_add(x, axis, ids, source)
        if adds_slices(x, ids) then
            return x:index_add(axis, ids, source)
        end
        return x:scatter_reduce(axis, ids, source)
    end

    local read_add = tenmo.arguments('scatter_add_', 'x axis:axis ids source')
    local read_scatter = tenmo.arguments('scatter_', 'x axis:axis ids source', true)

    return {
        {
            name = 'index_get',
            signature = 'x index:index',
            doc = 'x[index] as a function, where ids (0-based) or a mask (bool) are the index or stand in its table, '
                .. 'beside positions and ranges; a mask stands for as many axes as it has, and several id tensors '
                .. 'are broadcast together',
            example = 'tenmo.index_get(tenmo.tensor{5, 6, 7}, tenmo.ids{2, 0})',
            prints = '[7., 5.]\nfloat32 (2)',
            run = checked('index_get', index_get),
        },
        {
            name = 'index_put',
            signature = 'x index:index value | accumulate:bool=false',
            doc = 'x with what the ids and masks of an index name replaced by value; accumulate = true adds instead, '
                .. 'once for each time that an id is named',
            example = 'tenmo.zeros(3):index_put(tenmo.ids{0, 2, 0}, 1, {accumulate = true})',
            prints = '[2., 0., 1.]\nfloat32 (3)',
            run = checked('index_put', index_put),
            in_place = checked('index_put_', index_put_),
        },
        {
            name = 'masked_select',
            signature = 'x mask',
            doc = 'the elements where the mask (bool) is true, one after another; x and mask are broadcast',
            example = 'tenmo.tensor{1, -2, 3}:masked_select(tenmo.tensor{true, false, true})',
            prints = '[1., 3.]\nfloat32 (2)',
            call = masked_select,
        },
        {
            name = 'masked_scatter',
            signature = 'x mask source',
            doc = "x with the source's elements, in their order, where the mask (bool) is true",
            example = 'tenmo.zeros(3):masked_scatter(tenmo.tensor{true, false, true}, tenmo.tensor{7, 8})',
            prints = '[7., 0., 8.]\nfloat32 (3)',
            call = masked_scatter,
            in_place = true,
        },
        {
            name = 'take',
            signature = 'x ids',
            doc = 'elements of the flattened x at ids of any shape',
            example = 'tenmo.tensor{{1, 2}, {3, 4}}:take(tenmo.ids{3, 0})',
            prints = '[4., 1.]\nfloat32 (2)',
            call = function(x, ids)
                return x:reshape(-1):gather(1, ids:reshape(-1)):reshape(ids.shape)
            end,
        },
        {
            name = 'put',
            signature = 'x ids source | accumulate:bool=false',
            doc = 'x with the source at ids of its flattened form; accumulate = true adds instead',
            example = 'tenmo.zeros(2, 2):put(tenmo.ids{3, 0}, tenmo.tensor{7, 8})',
            prints = '[[8., 0.],\n [0., 7.]]\nfloat32 (2, 2)',
            call = function(x, ids, source, accumulate)
                if ids:numel() ~= source:numel() then
                    raise('put: %d ids and a source of %d elements; expected as many', ids:numel(), source:numel())
                end
                return x:reshape(-1):scatter_reduce(1, ids:reshape(-1), source:reshape(-1),
                    { reduce = accumulate and 'sum' or 'set' }):reshape(x.shape)
            end,
            in_place = true,
        },
        {
            name = 'take_along_dim',
            signature = 'x ids | axis:axis?',
            doc = 'gather whose other axes are broadcast, as argsort and argmax with keepdim give ids; without an axis '
                .. 'of the flattened x',
            example = 'tenmo.tensor{{3, 1}, {2, 4}}:take_along_dim(tenmo.ids{{1}, {0}}, -1)',
            prints = '[[1.],\n [2.]]\nfloat32 (2, 1)',
            call = take_along_dim,
        },
        {
            name = 'index_fill', lines = true,
            signature = 'x axis:axis ids value', numbers = true,
            doc = 'x with its slices along an axis at these ids filled with a number, or a tensor of one',
            example = 'tenmo.zeros(3):index_fill(1, tenmo.ids{0, 2}, 9)',
            prints = '[9., 0., 9.]\nfloat32 (3)',
            call = function(x, axis, ids, value)
                if not tenmo.is_tensor(x) or not tenmo.is_tensor(ids) then
                    raise('index_fill: x and ids have to be tensors')
                elseif tenmo.is_tensor(value) and value:dim() > 0 then
                    raise('index_fill: value is one number, got a tensor of shape %s', shape_text(value.shape))
                end
                local shape = x.shape
                shape[axis < 0 and axis + x:dim() + 1 or axis] = ids:numel()
                return x:index_copy(axis, ids, value_for('index_fill', x, value):expand(shape))
            end,
            in_place = true,
        },
        {
            name = 'scatter',
            signature = 'x axis:axis ids source',
            doc = 'x with the source (or a number) put at ids along an axis, one id for each element; of repeated ids '
                .. 'the last one counts',
            formula = 'y[ids[i][j]][j] = source[i][j] along the first axis',
            example = 'tenmo.zeros(2, 3):scatter(-1, tenmo.ids{{2}, {0}}, 5)',
            prints = '[[0., 0., 5.],\n [5., 0., 0.]]\nfloat32 (2, 3)',
            numbers = true,
            call = function(x, axis, ids, source)
                return x:scatter_reduce(axis, ids, scatter_source('scatter', x, ids, source), { reduce = 'set' })
            end,
            in_place = function(...)
                local x, axis, ids, source = read_scatter(...)
                return x:scatter_reduce_(axis, ids, scatter_source('scatter_', x, ids, source), { reduce = 'set' })
            end,
        },
        {
            name = 'scatter_add',
            signature = 'x axis:axis ids source',
            doc = 'x with the source added at ids along an axis; repeated ids accumulate. ids of the rank of x say it '
                .. 'for each element; a list of ids names slices, and a source of one slice goes to all of them',
            example = 'tenmo.zeros(3, 2):scatter_add(1, tenmo.ids{2, 0, 2}, tenmo.tensor{1, 10})',
            prints = '[[ 1., 10.],\n [ 0.,  0.],\n [ 2., 20.]]\nfloat32 (3, 2)',
            call = scatter_add,
            in_place = function(...)
                local x, axis, ids, source = read_add(...)
                if adds_slices(x, ids) then
                    return x:index_add_(axis, ids, source)
                end
                return x:scatter_reduce_(axis, ids, source)
            end,
        },
        {
            name = 'argwhere',
            signature = 'x',
            doc = 'a row of ids for each element that is not 0: nonzero under its other name',
            example = 'tenmo.tensor{{0, 1}, {1, 0}}:argwhere()',
            prints = '[[0, 1],\n [1, 0]]\nint64 (2, 2)',
            call = function(x)
                return x:nonzero()
            end,
        },
        {
            name = 'where',
            signature = 'condition x? other?',
            doc = 'x where the condition holds, else other; of the condition alone the ids of what is true, a tensor '
                .. 'for each axis',
            example = 'tenmo.where(tenmo.tensor{{0, 1}, {1, 0}})',
            prints = '[0, 1]\nint64 (2)\t[1, 0]\nint64 (2)',
            run = function(...)
                if select('#', ...) == 1 and tenmo.is_tensor(...) then
                    return unpack((...):nonzero():unbind(2))
                end
                return row_where(...)
            end,
        },
    }
end
