-- windows.lua: windows over one long row of ids, as language models read a text.
--
--     local set = tenmo.data.windows(ids, { length = 64, step = 64 })
--     for x, y in set:batches { batch = 12, shuffle = true, seed = 1, epoch = 1 } do ... end
--     local x, y = set:random(12)                     windows that begin anywhere, from tenmo's random numbers
--
-- x and y are int64 (batch, length); y is x one id further on. ids is an integer tensor of one axis; it may be a
-- mapped file (tenmo.npy.map), of which a batch reads what it needs. step is how far apart the windows of batches begin
-- (length, unless given).
local check = require 'tenmo.options'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local Windows = {}
Windows.__index = Windows
Windows.batches = require 'tenmo.batches'

-- The windows that begin at these places, which count from 0.
function Windows:at(starts)
    local n = starts:numel()
    local places = starts:reshape(n, 1) + tenmo.arange(self.length + 1)
    local both = self.ids:index_select(1, places:reshape(-1)):long():reshape(n, self.length + 1)
    return both:slice { {}, { 1, self.length } }:contiguous(), both:slice { {}, { 2, self.length + 1 } }:contiguous()
end

function Windows:rows(ids)
    return self:at(ids * self.step)
end

function Windows:random(batch)
    return self:at(tenmo.randint(0, self.ids:numel() - self.length, { batch }))
end

local INTEGERS = { uint8 = true, int32 = true, int64 = true }

local function whole(name, value)
    if not value or value % 1 ~= 0 or value < 1 then
        raise("windows: option '%s' expects a whole number from 1 up, got %s", name, tostring(value))
    end
    return value
end

return function(ids, options)
    if not tenmo.is_tensor(ids) or ids:dim() ~= 1 or not INTEGERS[ids.dtype] then
        raise("windows: argument 1 ('ids') expects an integer tensor of one axis, got %s",
            tenmo.is_tensor(ids) and ids.dtype .. ' ' .. shape_text(ids.shape) or 'a ' .. type(ids))
    end
    options = check('windows', options, { length = { 'number' }, step = { 'number' } })
    local length = whole('length', options.length)
    local step = whole('step', options.step or length)
    if ids:numel() <= length then
        raise('windows: %d ids hold no window of %d and the id behind it', ids:numel(), length)
    end
    return setmetatable({ ids = ids, length = length, step = step,
        n = math.floor((ids:numel() - length - 1) / step) + 1 }, Windows)
end
