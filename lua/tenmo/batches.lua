-- batches.lua: a set of rows in parts, in an order that seed and epoch alone decide.
--
--     for x, y in set:batches { batch = 64, shuffle = true, seed = 1, epoch = 1 } do ... end
--
-- A set has n, how many rows there are, and set:rows(ids), which gives those rows as x and y. Its device, if it has
-- such a field, is where the ids are to be.
-- keep = false: a batch is gone when the next one comes, and using it then is an error; faster, and enough for
-- most loops. The loss of a batch may be kept all the same.
local check = require 'tenmo.options'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local Batches = {}
Batches.__index = Batches

-- The draws that order an epoch have a range of streams of their own, away from a model's draws.
local FIRST_STREAM = 2 ^ 40

-- The ids of one epoch in their order: a keyed bijection of 0 .. n-1, so that seed and epoch say it all.
local function order(batches)
    local where = { device = batches.set.device }
    if not batches.shuffle then
        return tenmo.arange(batches.set.n, where)
    end
    local seed, stream = tenmo.random_state()
    tenmo.set_random_state(batches.seed, FIRST_STREAM + batches.epoch)
    local ids = tenmo.randperm(batches.set.n, where)
    tenmo.set_random_state(seed, stream)
    return ids
end

-- The next batch, as set:rows gives it. The last one may be short.
-- With keep = false the batch before it is released, so that its memory, still in the cache, serves again.
function Batches:__call()
    local set, first = self.set, self.position
    if not self.keep and self.last then
        tenmo.release(unpack(self.last))
    end
    if first >= set.n then
        return nil
    end
    local last = math.min(first + self.batch, set.n)
    self.ids = self.ids or order(self)
    self.position = last
    local ids = self.ids:slice { { first + 1, last } }
    local x, y, more = set:rows(ids)
    tenmo.release(ids)
    self.last = not self.keep and { x, y, more } or nil
    return x, y, more
end

-- seed, epoch and position count from 0.
local function check_place(name, place)
    for _, key in ipairs { 'seed', 'epoch', 'position' } do
        local value = place[key]
        if type(value) ~= 'number' or value < 0 or value % 1 ~= 0 then
            raise("%s: %s is a whole number from 0 up, got %s", name, key, tostring(value))
        end
    end
end

-- Where an epoch stands: a plain table that set_state takes.
function Batches:state()
    return { seed = self.seed, epoch = self.epoch, position = self.position }
end

function Batches:set_state(state)
    if type(state) ~= 'table' then
        raise('set_state: expected a table, as state() gives it, got %s', type(state))
    end
    check_place('set_state', state)
    self.seed, self.epoch, self.position, self.ids = state.seed, state.epoch, state.position, nil
    return self
end

-- How many batches there are left.
function Batches:left()
    return math.ceil((self.set.n - self.position) / self.batch)
end

local OPTIONS = { batch = { 'number', 64 }, shuffle = { 'boolean', false }, seed = { 'number', 0 },
    epoch = { 'number', 0 }, position = { 'number', 0 }, keep = { 'boolean', true } }

return function(set, options)
    local batches = check('batches', options, OPTIONS)
    if batches.batch < 1 or batches.batch % 1 ~= 0 then
        raise('batches: batch must be a whole number of at least 1, got %s', tostring(batches.batch))
    end
    check_place('batches', batches)
    batches.set = set
    return setmetatable(batches, Batches)
end
