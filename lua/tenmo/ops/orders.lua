-- orders.lua: what follows from the order of elements (medians, quantiles, the most frequent, what differs) and counts,
-- composed of sort, topk, scans and index_add.
local floats = require 'tenmo.floats'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local function is_float(x)
        return x.dtype:find 'float' ~= nil
    end

    local function position(axis, x)
        return axis < 0 and axis + x:dim() + 1 or axis
    end

    -- Lines to choose from: x and a position of an axis of it. A tensor of one number is a line.
    local function lines(name, x, axis)
        if x:dim() == 0 then
            x, axis = x:reshape(1), 1
        end
        axis = axis and position(axis, x)
        local n = axis and x:size(axis) or x:numel()
        if n == 0 then
            raise('%s: x has shape %s, so there is nothing to choose from', name, shape_text(x.shape))
        end
        return axis and x or x:reshape(-1), axis or 1, n
    end

    -- What was chosen along an axis (values and ids of size 1 there) as it is returned.
    local function results(x, axis, keepdim, values, ids)
        if x:dim() == 0 then
            return values:reshape {}, ids:reshape {}
        elseif not axis then
            return values:reshape {}
        elseif keepdim then
            return values, ids
        end
        return values:squeeze(axis), ids:squeeze(axis)
    end

    -- --- medians --------------------------------------------------------------------------------------------------

    -- The lower of the two in the middle. NaN comes last in order: it is the median of a line that has one, or of what
    -- is a number in the line (skip).
    local function median(name, x, axis, keepdim, skip)
        local line, along = lines(name, x, axis)
        return results(x, axis, keepdim, line:order_statistic(0, { axis = along, skip_nan = skip }))
    end

    local function kthvalue(x, k, axis, keepdim)
        local line, along, n = lines('kthvalue', x, axis)
        if k < 1 or k > n then
            raise('kthvalue: k is %d; axis %d of shape %s has %d elements, and k counts from 1', k, along,
                shape_text(x.shape), n)
        end
        if k <= 32 and k * 16 < n then -- few candidates, most of which lose at once
            local values, ids = line:topk(k, { axis = along, largest = false })
            return results(x, axis, keepdim, values:narrow(along, k, 1), ids:narrow(along, k, 1))
        end
        return results(x, axis, keepdim, line:order_statistic(k, along))
    end

    -- Is an element of sorted lines another one than that before it?
    local function begins(sorted, along)
        local n = sorted:size(along)
        local first = tenmo.ones_like(sorted:narrow(along, 1, 1)):to 'bool'
        return n == 1 and first or tenmo.cat({ first,
            sorted:narrow(along, 2, n - 1):ne(sorted:narrow(along, 1, n - 1)) }, along)
    end

    -- How far each element of a sorted line is from where its value begins: the first place that is the furthest away
    -- ends the longest run, of the smallest such value.
    local function mode(x, axis, keepdim)
        local line, along, n = lines('mode', x, axis)
        local values, ids = line:sort(along)
        local shape = {}
        for i = 1, line:dim() do
            shape[i] = i == along and n or 1
        end
        local places = tenmo.arange(n, { dtype = 'int64', device = x.device }):reshape(shape)
        local starts = tenmo.where(begins(values:detach(), along), places, 0)
        local longest = (places - starts:cummax(along)):argmax { axis = along, keepdim = true }
        return results(x, axis, keepdim, values:gather(along, longest), ids:gather(along, longest))
    end

    -- --- quantiles --------------------------------------------------------------------------------------------------

    -- Between which two places of n (from 0), and how far from the first.
    local function between(q, n, interpolation)
        local at = q * (n - 1)
        local low = math.floor(at)
        local high = math.min(low + 1, n - 1)
        if interpolation == 'lower' or at == low then
            return low, low, 0
        elseif interpolation == 'higher' then
            return high, high, 0
        elseif interpolation == 'midpoint' then
            return low, high, 0.5
        elseif interpolation == 'nearest' then
            local half = at - low == 0.5
            local near = half and low + low % 2 or math.floor(at + 0.5) -- of two that are as near, the even one
            return near, near, 0
        end
        return low, high, at - low
    end

    -- A tensor of one that is 0 and has the slope of its place in q, where a gradient flows there.
    local function slope_of(q, i, interpolation, dtype)
        if interpolation ~= 'linear' or not tenmo.is_tensor(q) or not q.requires_grad then
            return nil
        end
        local one = q:reshape(-1):select(1, i):to(dtype)
        return one - one:detach()
    end

    -- Of n numbers in order: where NaN is among them, NaN.
    local function quantile_of_all(values, along, n, q, slope, interpolation)
        local last = values:narrow(along, n, 1)
        local low, high, weight = between(q, n, interpolation)
        local y = values:narrow(along, low + 1, 1)
        if high > low and weight > 0 then
            weight = slope and slope * (n - 1) + weight or weight
            y = y + (values:narrow(along, high + 1, 1) - y) * weight
        end
        return tenmo.where(last:ne(last), last, y)
    end

    -- Of those that are no NaN, which come first: each line has its own number of them.
    local function quantile_of_numbers(values, along, _, q, slope, interpolation)
        local numbers = values:detach():eq(values):sum { axes = along, keepdim = true }
        local most = (numbers - 1):clamp { min = 0 }:double()
        local at = most * q
        if interpolation == 'nearest' then
            at = at:round()
        elseif interpolation == 'lower' then
            at = at:floor()
        elseif interpolation == 'higher' then
            at = at:ceil()
        end
        local low = at:floor()
        local weight = at - low
        local between_two = weight:ne(0)
        weight = interpolation == 'midpoint' and 0.5 or weight:to(values.dtype)
        weight = slope and slope * most:to(values.dtype) + weight or weight
        local y, above = values:gather(along, low:to 'int64'), values:gather(along, at:ceil():to 'int64')
        return tenmo.where(between_two, y + (above - y) * weight, y)
    end

    local function quantile(name, of, x, q, axis, keepdim, interpolation)
        if not tenmo.is_tensor(x) then
            raise("%s: argument 1 ('x') expects a tensor, got number %s", name, x)
        end
        floats(name, x)
        local list = tenmo.is_tensor(q) and q:reshape(-1):totable() or { q }
        local line, along, n = lines(name, x, axis)
        local values, found = line:sort(along), {}
        for i, one in ipairs(list) do
            if not (one >= 0 and one <= 1) then
                raise('%s: q is %s; expected 0 .. 1', name, one)
            end
            local y = of(values, along, n, one, slope_of(q, i, interpolation, x.dtype), interpolation)
            if keepdim and not axis then
                local ones = {}
                for k = 1, x:dim() do
                    ones[k] = 1
                end
                found[i] = y:reshape(ones)
            else
                found[i] = results(x, axis, keepdim, y, y)
            end
        end
        if not tenmo.is_tensor(q) or q:dim() == 0 then
            return found[1]
        end
        return #found > 0 and tenmo.stack(found) or raise('%s: q is an empty tensor', name)
    end

    -- --- what differs -----------------------------------------------------------------------------------------------

    -- What is told apart, a row each: the elements of x, or its slices along an axis.
    local function items(name, x, axis)
        local n = axis and x:size(axis) or x:numel()
        if axis and n > 0 and x:numel() == 0 then
            raise('%s: x has shape %s, so the slices along axis %d have no elements', name, shape_text(x.shape), axis)
        end
        local rows = axis and x:movedim(axis, 1):reshape(n, n > 0 and x:numel() / n or 0) or x:reshape(n, 1)
        return x.dtype == 'bool' and rows:to 'uint8' or rows, n
    end

    -- The ids that bring rows in order, the first number first; equal ones keep theirs.
    local function row_order(rows, n)
        local ids
        for column = rows:size(2), 1, -1 do
            local numbers = rows:select(2, column)
            ids = ids and ids:index_select(1, numbers:index_select(1, ids):argsort()) or numbers:argsort()
        end
        return ids or tenmo.arange(n, { dtype = 'int64', device = rows.device })
    end

    -- Is a row another one than that before it?
    local function rows_begin(rows, n)
        local first = tenmo.ones({ math.min(n, 1) }, { dtype = 'bool', device = rows.device })
        if n < 2 then
            return first
        end
        local differ = rows:narrow(1, 2, n - 1):ne(rows:narrow(1, 1, n - 1))
        return tenmo.cat({ first, rows:size(2) == 1 and differ:reshape(n - 1) or differ:any(-1) }, 1)
    end

    local function taken(x, axis, ids)
        return (axis and x or x:reshape(-1)):index_select(axis or 1, ids)
    end

    -- How long each run is, and for each row the id of its run.
    local function runs_of(starts, new, n)
        local ends = tenmo.cat { starts, tenmo.full({ 1 }, n, { dtype = 'int64', device = new.device }) }
        return ends:diff(), new:cumsum() - 1
    end

    local function asked(values, return_inverse, inverse, return_counts, counts)
        local given = { values, return_inverse and inverse or nil }
        given[#given + 1] = return_counts and counts or nil
        return unpack(given)
    end

    -- The least of integers and how far the largest is from it, where so few values can be counted out.
    local function narrow_range(x)
        if x:numel() == 0 or is_float(x) or x.dtype == 'bool' then
            return nil
        end
        local least, most = x:amin(), x:amax()
        local range = most:double():item() - least:double():item() + 1
        if range <= math.max(2 * x:numel(), 1024) then
            return least:to 'int64', range
        end
    end

    local function unique_counted(x, least, range, return_inverse, return_counts)
        local ids = x:reshape(-1):to 'int64' - least
        local one = tenmo.ones({}, { dtype = 'int64', device = x.device })
        local counts = tenmo.zeros({ range }, { dtype = 'int64', device = x.device }):index_add(1, ids, one)
        local there = counts:nonzero { flat = true }
        local inverse = return_inverse and (counts:gt(0):cumsum() - 1):index_select(1, ids):reshape(x.shape)
        return asked((there + least):to(x.dtype), return_inverse, inverse, return_counts,
            return_counts and counts:index_select(1, there))
    end

    -- Rows in order: the ids that bring them there, and where another one begins.
    local function in_order(rows, n)
        if rows:size(2) == 1 then
            local values, ids = rows:reshape(n):sort()
            return ids, rows_begin(values:reshape(n, 1), n)
        end
        local ids = row_order(rows, n)
        return ids, rows_begin(rows:index_select(1, ids), n)
    end

    local function unique(x, return_inverse, return_counts, axis, sorted)
        local least, range
        if not axis and sorted then
            least, range = narrow_range(x)
        end
        if least then
            return unique_counted(x, least, range, return_inverse, return_counts)
        end
        local rows, n = items('unique', x, axis)
        local ids, new = in_order(rows, n)
        local starts = new:nonzero { flat = true }
        local firsts, counts, runs = ids:index_select(1, starts), nil, nil
        if return_inverse or return_counts then
            counts, runs = runs_of(starts, new, n)
        end
        if not sorted then
            local order = firsts:argsort()
            firsts, counts = firsts:index_select(1, order), counts and counts:index_select(1, order)
            runs = runs and order:argsort():index_select(1, runs)
        end
        local inverse = return_inverse and tenmo.zeros_like(ids):index_copy(1, ids, runs)
        if inverse and not axis then
            inverse = inverse:reshape(x.shape)
        end
        return asked(taken(x, axis, firsts), return_inverse, inverse, return_counts, counts)
    end

    local function unique_consecutive(x, return_inverse, return_counts, axis)
        local rows, n = items('unique_consecutive', x, axis)
        local new = rows_begin(rows, n)
        local starts = new:nonzero { flat = true }
        local counts, runs = runs_of(starts, new, n)
        return asked(taken(x, axis, starts), return_inverse, axis and runs or runs:reshape(x.shape), return_counts,
            counts)
    end

    -- --- counts -----------------------------------------------------------------------------------------------------

    local function bincount(ids, weights, minlength)
        if ids:dim() ~= 1 or is_float(ids) or ids.dtype == 'bool' then
            raise('bincount: expected a list of ids (integers), got %s of shape %s', ids.dtype, shape_text(ids.shape))
        elseif weights and shape_text(weights.shape) ~= shape_text(ids.shape) then
            raise('bincount: weights have shape %s and ids %s; expected one weight for each id',
                shape_text(weights.shape), shape_text(ids.shape))
        elseif minlength < 0 then
            raise('bincount: minlength is %d; expected 0 or more', minlength)
        end
        local least, most = 0, -1
        if ids:numel() > 0 then
            least, most = ids:amin():item(), ids:amax():item()
        end
        if least < 0 then
            raise('bincount: there is an id %d; ids count from 0', least)
        end
        weights = weights and (is_float(weights) and weights or weights:double())
        local dtype = weights and weights.dtype or 'int64'
        return tenmo.zeros({ math.max(minlength, most + 1) }, { dtype = dtype, device = ids.device })
            :index_add(1, ids, weights or tenmo.ones({}, { dtype = 'int64', device = ids.device }))
    end

    -- What lies outside min .. max, and NaN, goes into one bin more, which is cut off.
    local function histc(x, bins, min, max)
        floats('histc', x)
        if bins < 1 then
            raise('histc: bins is %d; expected 1 or more', bins)
        elseif min > max then
            raise('histc: min is %s and max %s; expected min <= max', min, max)
        end
        x = x:detach():reshape(-1)
        if min == max and x:numel() > 0 then
            min, max = x:amin():item(), x:amax():item()
        end
        if min == max then
            min, max = min - 1, max + 1
        end
        if not (min > -math.huge and max < math.huge) then
            raise('histc: the range %s .. %s is not finite; give min and max', min, max)
        end
        local inside = x:ge(min):logical_and(x:le(max))
        local ids = ((x - min) * (bins / (max - min))):to('int64'):clamp { max = bins - 1 }
        return tenmo.zeros({ bins + 1 }, { dtype = x.dtype, device = x.device })
            :index_add(1, tenmo.where(inside, ids, bins), tenmo.ones({}, { dtype = x.dtype, device = x.device }))
            :narrow(1, 1, bins)
    end

    return {
        {
            name = 'argsort', lines = true,
            signature = 'x | axis:axis=-1 descending:bool=false',
            doc = 'the ids that bring the elements in order along an axis; equal ones keep their order',
            example = 'tenmo.tensor{3, 1, 2}:argsort()',
            prints = '[1, 2, 0]\nint64 (3)',
            call = function(x, axis, descending)
                return (select(2, x:sort { axis = axis, descending = descending }))
            end,
        },
        {
            name = 'msort',
            signature = 'x',
            doc = 'the elements in order along the first axis',
            example = 'tenmo.tensor{{3, 1}, {2, 4}}:msort()',
            prints = '[[2., 1.],\n [3., 4.]]\nfloat32 (2, 2)',
            call = function(x)
                return (x:sort(x:dim() > 0 and 1 or -1))
            end,
        },
        {
            name = 'bucketize',
            signature = 'x boundaries | right:bool=false',
            doc = 'how many of the sorted boundaries are less than each element; right = true counts equal ones too',
            example = 'tenmo.tensor{0, 5, 15}:bucketize(tenmo.tensor{5, 10})',
            prints = '[0, 0, 2]\nint64 (3)',
            call = function(x, boundaries, right)
                if boundaries:dim() ~= 1 then
                    raise('bucketize: boundaries have shape %s; expected a list', shape_text(boundaries.shape))
                end
                return tenmo.searchsorted(boundaries, x, { right = right })
            end,
        },
        {
            name = 'median', lines = true,
            signature = 'x | axis:axis? keepdim:bool=false',
            doc = 'the element in the middle of all, or along an axis with its ids; the lower of two; NaN where there '
                .. 'is one',
            example = 'tenmo.tensor{5, 1, 9, 3}:median()',
            prints = '3. float32 ()',
            call = function(x, axis, keepdim)
                return median('median', x, axis, keepdim)
            end,
        },
        {
            name = 'nanmedian', lines = true,
            signature = 'x | axis:axis? keepdim:bool=false',
            doc = 'the median of what is not NaN',
            example = 'tenmo.tensor{5, 0/0, 9, 3}:nanmedian()',
            prints = '5. float32 ()',
            call = function(x, axis, keepdim)
                return median('nanmedian', x, axis, keepdim, true)
            end,
        },
        {
            name = 'kthvalue', lines = true,
            signature = 'x k:int | axis:axis=-1 keepdim:bool=false',
            doc = 'the k-th smallest element along an axis (k counts from 1), and its ids',
            example = 'tenmo.tensor{5, 1, 9}:kthvalue(2)',
            prints = '5. float32 ()\t0 int64 ()',
            call = kthvalue,
        },
        {
            name = 'mode', lines = true,
            signature = 'x | axis:axis=-1 keepdim:bool=false',
            doc = 'the most frequent value along an axis, the smallest of several, and the id of its last element',
            example = 'tenmo.tensor{3, 1, 3, 1, 2}:mode()',
            prints = '1. float32 ()\t3 int64 ()',
            call = mode,
        },
        {
            name = 'quantile', lines = true,
            signature = 'x q | axis:axis? keepdim:bool=false interpolation:linear/lower/higher/midpoint/nearest=linear',
            doc = 'what a part q (0 .. 1) of the elements is less than, of all or along an axis; of a list of q one '
                .. 'slice each; between two elements it has a gradient in q too',
            example = 'tenmo.tensor{1, 2, 3, 4}:quantile(0.5)',
            prints = '2.5000 float32 ()',
            numbers = true,
            call = function(...)
                return quantile('quantile', quantile_of_all, ...)
            end,
        },
        {
            name = 'nanquantile', lines = true,
            signature = 'x q | axis:axis? keepdim:bool=false interpolation:linear/lower/higher/midpoint/nearest=linear',
            doc = 'the quantile of what is not NaN; NaN where there is nothing else',
            example = 'tenmo.tensor{1, 0/0, 3}:nanquantile(0.5)',
            prints = '2. float32 ()',
            numbers = true,
            call = function(...)
                return quantile('nanquantile', quantile_of_numbers, ...)
            end,
        },
        {
            name = 'unique', lines = true,
            signature = 'x | return_inverse:bool=false return_counts:bool=false axis:axis? sorted:bool=true',
            doc = 'the different elements, or slices along an axis, in order, or with sorted = false as they come; on '
                .. 'request for each element the id of its value among them, and how often each occurs',
            example = 'tenmo.ids{3, 1, 3}:unique{return_inverse = true, return_counts = true}',
            prints = '[1, 3]\nint64 (2)\t[1, 0, 1]\nint64 (3)\t[1, 2]\nint64 (2)',
            call = unique,
        },
        {
            name = 'unique_consecutive', lines = true,
            signature = 'x | return_inverse:bool=false return_counts:bool=false axis:axis?',
            doc = 'one of each run of equal elements, or of equal slices along an axis; on request for each element '
                .. 'the id of its run, and how long each is',
            example = 'tenmo.ids{1, 1, 3, 1}:unique_consecutive{return_counts = true}',
            prints = '[1, 3, 1]\nint64 (3)\t[2, 1, 1]\nint64 (3)',
            gives = 'tenmo.Tensor; tenmo.Tensor|nil; tenmo.Tensor|nil',
            call = unique_consecutive,
        },
        {
            name = 'bincount',
            signature = 'ids weights? | minlength:int=0',
            doc = 'how often each id occurs, or the sum of its weights; minlength sizes at least',
            example = 'tenmo.ids{0, 2, 2}:bincount()',
            prints = '[1, 0, 2]\nint64 (3)',
            call = bincount,
        },
        {
            name = 'histc',
            signature = 'x | bins:int=100 min:num=0 max:num=0',
            doc = 'how many elements lie in each of equal bins between min and max; both 0: between the smallest and '
                .. 'the largest',
            example = 'tenmo.tensor{0, 1, 1, 4}:histc(4)',
            prints = '[1., 2., 0., 1.]\nfloat32 (4)',
            call = histc,
        },
    }
end
