-- ragged.lua: lists of ids of unequal length, in batches that are as long as their longest.
--
--     local set = tenmo.data.ragged(lists, { labels = labels, pad = 0, longest = 256 })
--     for x, y, mask in set:batches { batch = 64, shuffle = true, seed = 1, epoch = 1 } do ... end
--
-- lists holds tensors of ids or tables of numbers. x is int64 (batch, T), with `pad` behind what a list has; mask is
-- bool (batch, T), true where an id of the list stands; y the labels of those lists, or their lengths where there are
-- none. longest cuts what is longer, from its end. A list may be empty.
local check = require 'tenmo.options'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local Ragged = {}
Ragged.__index = Ragged
Ragged.batches = require 'tenmo.batches'

function Ragged:rows(ids)
    local n, lengths = ids:numel(), self.lengths:index_select(1, ids)
    local most = n > 0 and lengths:max():item() or 0
    local places = tenmo.arange(most)
    local mask = places:lt(lengths:reshape(n, 1))
    local at = self.starts:index_select(1, ids):reshape(n, 1) + tenmo.where(mask, places, 0)
    local x = self.ids:index_select(1, at:clamp(0, math.max(self.ids:numel() - 1, 0)):reshape(-1)):reshape(n, most)
    return tenmo.where(mask, x, self.pad), self.labels and self.labels:index_select(1, ids) or lengths, mask
end

-- One row of all of them; a call of cat takes as many tensors as fit onto Lua's stack.
local function joined(parts)
    while #parts > 1 do
        local fewer = {}
        for i = 1, #parts, 200 do
            fewer[#fewer + 1] = tenmo.cat(unpack(parts, i, math.min(i + 199, #parts)))
        end
        parts = fewer
    end
    return parts[1]
end

local function flat(list, i)
    if tenmo.is_tensor(list) then
        if list:dim() ~= 1 then
            raise('ragged: list %d is a tensor of %d axes; expected one', i, list:dim())
        end
        return list:long()
    elseif type(list) ~= 'table' then
        raise('ragged: list %d expects a tensor or a table of ids, got a %s', i, type(list))
    end
    return #list > 0 and tenmo.ids(list) or tenmo.zeros(0, { dtype = 'int64' })
end

local KNOWN = { labels = { 'tensor' }, pad = { 'number', 0 }, longest = { 'number', math.huge } }

return function(lists, options)
    options = check('ragged', options, KNOWN)
    if type(lists) ~= 'table' then
        raise("ragged: argument 1 ('lists') expects a table of lists of ids, got a %s", type(lists))
    elseif options.labels and (options.labels:dim() == 0 or options.labels:size(1) ~= #lists) then
        raise('ragged: %d lists, but labels %s', #lists, shape_text(options.labels.shape))
    elseif options.longest < 1 or options.pad % 1 ~= 0 then
        raise('ragged: longest is 1 or more, and pad an id; got %s and %s', options.longest, options.pad)
    end
    local parts, starts, lengths, total = {}, {}, {}, 0
    for i, list in ipairs(lists) do
        local ids = flat(list, i)
        local n = math.min(ids:numel(), options.longest)
        parts[i] = n < ids:numel() and ids:slice { { 1, n } } or ids
        starts[i], lengths[i], total = total, n, total + n
    end
    parts[#parts + 1] = tenmo.full({ 1 }, options.pad, { dtype = 'int64' }) -- so that there is an id to read
    return setmetatable({ n = #lists, ids = joined(parts), starts = tenmo.ids(starts),
        lengths = tenmo.ids(lengths), labels = options.labels, pad = options.pad }, Ragged)
end
