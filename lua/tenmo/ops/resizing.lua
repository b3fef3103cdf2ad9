-- resizing.lua: interpolate, one axis after another: each element of the result is a sum of few of x's along the axis,
-- which are selected by id. Formulas as PyTorch's.
local floats = require 'tenmo.floats'
local planes = require 'tenmo.ops.planes'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    -- How many axes a mode is for; nearest and area take any.
    local AXES = { linear = 1, bilinear = 2, trilinear = 3, bicubic = 2 }

    -- Where place i (from 0) of n lies among `size` elements, `scale` of them for one of the result: its centre lies
    -- where theirs do, or with align_corners the first and the last are the same in both.
    local function position(i, scale, aligned)
        return aligned and i * scale or (i + 0.5) * scale - 0.5
    end

    -- Lists of ids, and of a weight for each; no weights stand for 1.
    local TAPS = {}
    function TAPS.nearest(i, size, scale)
        return { math.min(math.floor(i * scale), size - 1) }
    end
    TAPS['nearest-exact'] = function(i, size, scale)
        return { math.min(math.floor((i + 0.5) * scale), size - 1) }
    end
    function TAPS.linear(i, size, scale, aligned)
        local at = math.max(position(i, scale, aligned), 0)
        local low = math.min(math.floor(at), size - 1)
        local part = math.min(at - low, 1)
        return { low, math.min(low + 1, size - 1) }, { 1 - part, part }
    end

    -- Keys's cubic convolution (1981) with a = -0.75, for distances up to 1 and up to 2.
    local function near(d)
        return (1.25 * d - 2.25) * d * d + 1
    end
    local function far(d)
        return ((-0.75 * d + 3.75) * d - 6) * d + 3
    end
    function TAPS.bicubic(i, size, scale, aligned)
        local at = position(i, scale, aligned)
        local low = math.floor(at)
        local part, ids = at - low, {}
        for k = -1, 2 do
            ids[k + 2] = math.min(math.max(low + k, 0), size - 1)
        end
        return ids, { far(part + 1), near(part), near(1 - part), far(2 - part) }
    end
    TAPS.bilinear, TAPS.trilinear = TAPS.linear, TAPS.linear

    -- x with n elements along an axis.
    local function resized(x, axis, n, scale, mode, aligned)
        local size, ids, weights = x:size(axis), {}, {}
        for i = 0, n - 1 do
            local of, by = TAPS[mode](i, size, scale, aligned)
            for k, id in ipairs(of) do
                ids[k], weights[k] = ids[k] or {}, weights[k] or by and {}
                ids[k][i + 1] = id
                if by then
                    weights[k][i + 1] = by[k]
                end
            end
        end
        local y
        local shape = {}
        for i = 1, x:dim() do
            shape[i] = i == axis and n or 1
        end
        for k, list in ipairs(ids) do
            local part = x:index_select(axis, tenmo.ids(list):to(x.device))
            if weights[k] then
                part = part * tenmo.tensor(weights[k], { dtype = x.dtype }):to(x.device):reshape(shape)
            end
            y = y and y + part or part
        end
        return y
    end

    -- scale_factor as a list.
    local function factors(factor)
        local list = type(factor) == 'table' and factor or { factor }
        for _, v in ipairs(list) do
            if type(v) ~= 'number' or not (v > 0 and v < math.huge) then
                raise("interpolate: option 'scale_factor' expects a number above 0, or a list of them, got %s",
                    type(v) == 'number' and v or type(v))
            end
        end
        return list
    end

    -- The sizes of the result, and how many elements of x there are to one of it.
    local function plan(x, size, factor, aligned, recompute)
        local axes, scales = x:dim() - 2, {}
        if size and factor or not (size or factor) then
            raise('interpolate: expected a size, or an option scale_factor%s', size and '; got both' or '')
        end
        local given = planes.each_axis('interpolate', size and 'the size' or 'scale_factor', size or factors(factor),
            axes, size and 1 or 0)
        local to = {}
        for d, v in ipairs(given) do
            local from = x:size(d + 2)
            to[d] = size and v or math.floor(from * v)
            if to[d] < 1 or from < 1 then
                raise('interpolate: %d elements of axis %d can not become %d', from, d + 2, to[d])
            end
            scales[d] = (size or recompute) and from / to[d] or 1 / v
            if aligned then
                scales[d] = to[d] > 1 and (from - 1) / (to[d] - 1) or 0
            end
        end
        return to, scales
    end

    local function interpolate(x, size, mode, aligned, recompute, factor)
        local axes = x:dim() - 2
        if axes < 1 or axes > 3 or AXES[mode] and AXES[mode] ~= axes then
            raise("interpolate: x has shape %s: mode '%s' expects (N, C, %s)", shape_text(x.shape), mode,
                ({ 'L', 'H, W', 'D, H, W' })[AXES[mode]] or 'L), (N, C, H, W) or (N, C, D, H, W')
        elseif aligned and not AXES[mode] then
            raise("interpolate: align_corners is for linear, bilinear, trilinear and bicubic, not '%s'", mode)
        elseif mode ~= 'nearest' and mode ~= 'nearest-exact' then
            floats('interpolate', x)
        end
        local to, scales = plan(x, size, factor, aligned, recompute)
        if mode == 'area' then
            return tenmo[('adaptive_avg_pool%dd'):format(axes)](x, to)
        end
        for d, n in ipairs(to) do
            x = resized(x, d + 2, n, scales[d], mode, aligned)
        end
        return x
    end

    -- scale_factor may be a number or a list of any numbers, which no signature says: it is read here.
    local MODES = 'mode:nearest/nearest-exact/linear/bilinear/trilinear/bicubic/area=nearest'
    local OPTIONS = MODES .. ' align_corners:bool=false recompute_scale_factor:bool=false'
    local read = tenmo.arguments('interpolate', 'x | size:ints? ' .. OPTIONS)
    local function run(...)
        local arguments, n, factor = { ... }, select('#', ...), nil
        local last = arguments[n]
        if type(last) == 'table' and not tenmo.is_tensor(last) and last.scale_factor ~= nil then
            local others = {}
            for key, value in pairs(last) do
                others[key] = value
            end
            factor, others.scale_factor = last.scale_factor, nil
            arguments[n] = others
        end
        local x, size, mode, aligned, recompute = read(unpack(arguments, 1, n))
        return interpolate(x, size and #size > 0 and size or nil, mode, aligned, recompute, factor)
    end

    return {
        {
            name = 'interpolate', run = run,
            signature = 'x | size:ints? scale_factor? ' .. OPTIONS,
            shapes = '(N, C, L), (N, C, H, W) or (N, C, D, H, W) gives (N, C, size), or each size times scale_factor',
            doc = 'x resized along all axes but the first two: by the nearest element, by lines between neighbours '
                .. '(linear, bilinear, trilinear), cubic curves (bicubic) or means (area). With align_corners = true '
                .. 'the elements at the ends stay what they are; recompute_scale_factor = true goes by the whole '
                .. 'sizes that scale_factor gave',
            formula = 'the element at (i + 0.5) * scale - 0.5, or at i * (L - 1) / (size - 1) with align_corners',
            example = "tenmo.tensor{{{1, 3}}}:interpolate({4}, {mode = 'linear'})",
            prints = '[[[1.0000, 1.5000, 2.5000, 3.0000]]]\nfloat32 (1, 1, 4)',
        },
    }
end
