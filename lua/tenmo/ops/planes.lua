-- planes.lua: what ops that move windows over the last axes share: their sizes, and x as planes without channels.
local floats = require 'tenmo.floats'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

local LAYOUT = { 'L', 'H, W', 'D, H, W' }
local planes = {}

-- A number for all axes, or a list of one for each; from `least` on. An empty list in a call may have meant no options.
function planes.each_axis(name, option, list, axes, least, preset)
    if preset and (not list or #list == 0) then
        list = preset
    end
    local each = {}
    for d = 1, axes do
        each[d] = #list == axes and list[d] or list[1]
        if #list ~= 1 and #list ~= axes or each[d] < least then
            raise('%s: %s is one number%s, %d or more; got (%s)', name, option,
                axes > 1 and (', or a list of %d'):format(axes) or '', least, table.concat(list, ', '))
        end
    end
    return each
end

-- Refuses what is not (N, C, sizes) or (C, sizes).
function planes.check(name, x, axes)
    if x:dim() ~= axes + 1 and x:dim() ~= axes + 2 then
        raise('%s: x has shape %s; expected (N, C, %s), or (C, %s) without a batch', name, shape_text(x.shape),
            LAYOUT[axes], LAYOUT[axes])
    end
end

-- Refuses a plane without elements, and one that is shorter, with its padding, than a window: unless one that is cut
-- off counts.
function planes.check_room(name, x, size, padding, dilation, may_cut)
    for d, k in ipairs(size) do
        local window, length = (dilation and dilation[d] or 1) * (k - 1) + 1, x:size(d - #size - 1)
        if length == 0 then
            raise('%s: x %s has no elements along the axes that windows move over', name, shape_text(x.shape))
        elseif length + 2 * padding[d] < window and not may_cut then
            raise('%s: x %s: a window is %d long there, and x, padded, only %d', name, shape_text(x.shape), window,
                length + 2 * padding[d])
        end
    end
end

-- (..., sizes) as (planes, 1, sizes); the leading sizes.
function planes.of(name, x, axes)
    floats(name, x)
    planes.check(name, x, axes)
    local shape, lead, sizes, n = x.shape, {}, {}, 1
    for i, size in ipairs(shape) do
        if i <= #shape - axes then
            lead[i], n = size, n * size
        else
            sizes[#sizes + 1] = size
        end
    end
    return x:reshape { n, 1, unpack(sizes) }, lead
end

-- The planes' results, (planes, 1, sizes), behind the leading sizes again.
function planes.back(y, lead)
    local shape = y.shape
    for i = #lead, 1, -1 do
        table.insert(shape, 1, lead[i])
    end
    table.remove(shape, #lead + 1)
    table.remove(shape, #lead + 1)
    return y:reshape(shape)
end

return planes
