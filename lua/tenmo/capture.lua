-- capture.lua: tenmo.capture(step), a step that is recorded once and replayed.
--
--     local step = tenmo.capture(function(x, y)
--         local loss = tenmo.cross_entropy(model(x), y)
--         optimizer:zero_grad()
--         loss:backward()
--         optimizer:step()
--         return loss
--     end)
--     for x, y in batches do step(x, y) end
--
-- The first calls run the function as always, and record what it does; once two of them agree, a call replays that
-- without running any Lua: the inputs are copied into tensors that stay, and the results are tensors that stay, whose
-- numbers the next call replaces. The learning rate, step numbers and random numbers are those of the moment.
-- Where that isn't possible the function runs as always: step.reason says why, and one line on standard error says so
-- once. step.replays counts the calls that were replayed.
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local Capture = {}
Capture.__index = Capture

local MOST_CHANGES = 8 -- times that a step may become another one and be recorded anew

local function pack(...)
    return { n = select('#', ...), ... }
end

local function explain(self, reason)
    self.reason = reason
    if not self.told then
        self.told = true
        io.stderr:write('capture: the step is run, not replayed: ', reason, '\n')
    end
end

-- Copies that stay, for the tensors among the arguments.
local function fix(arguments)
    local fixed = { n = arguments.n }
    tenmo.no_grad(function()
        for i = 1, arguments.n do
            local value = arguments[i]
            fixed[i] = tenmo.is_tensor(value) and value:clone() or value
        end
    end)
    return fixed
end

-- Puts the arguments into the fixed ones; false and which one doesn't fit.
local function feed(self, arguments)
    local fixed = self.fixed
    if arguments.n ~= fixed.n then
        return false, ('it is called with %d arguments, and was recorded with %d'):format(arguments.n, fixed.n)
    end
    for i = 1, fixed.n do
        local value = arguments[i]
        if tenmo.is_tensor(fixed[i]) and tenmo.is_tensor(value) then
            if not self.recorder:feed(fixed[i], value) then
                return false, ('argument %d has another shape, dtype or device than was recorded, or a history')
                    :format(i)
            end
        elseif value ~= fixed[i] then
            return false, ('argument %d is not what it was when the step was recorded; give what changes as a tensor')
                :format(i)
        end
    end
    return true
end

-- Numbers and other values that come back must be the same at each call.
local function same_values(a, b)
    if not a then
        return true
    end
    for i = 1, math.max(a.n, b.n) do
        if not (tenmo.is_tensor(a[i]) and tenmo.is_tensor(b[i])) and a[i] ~= b[i] then
            return false
        end
    end
    return true
end

-- Runs the step and records it.
local function record(self)
    local recorder = self.recorder
    if not recorder:begin() then
        explain(self, 'another step is being recorded')
        return self.step(unpack(self.fixed, 1, self.fixed.n))
    end
    local results = pack(pcall(self.step, unpack(self.fixed, 1, self.fixed.n)))
    if not results[1] then
        recorder:abandon()
        error(results[2], 0)
    end
    results = pack(unpack(results, 2, results.n))
    local ready, why = recorder:finish()
    if not why and not same_values(self.results, results) then
        why = 'it returns a value that is no tensor, and changes'
    end
    self.ready, self.results = ready and not why, results
    if why then
        self.given_up = true
        explain(self, why)
    end
    return unpack(results, 1, results.n)
end

function Capture:__call(...)
    if self.given_up then
        return self.step(...)
    end
    local arguments = pack(...)
    self.fixed = self.fixed or fix(arguments)
    local fits, why = feed(self, arguments)
    if not fits then
        explain(self, why)
        return self.step(...)
    end
    if self.ready then
        fits, why = self.recorder:replay()
        if fits then
            self.replays = self.replays + 1
            return unpack(self.results, 1, self.results.n)
        end
        explain(self, why)
        self.ready, self.results, self.changes = false, nil, self.changes + 1
        self.given_up = self.changes > MOST_CHANGES
        return self.step(...)
    end
    return record(self)
end

function Capture:__tostring()
    return ('captured step, replayed %d times%s'):format(self.replays, self.reason and '; ' .. self.reason or '')
end

return function(step)
    if type(step) ~= 'function' then
        raise("capture: argument 1 ('step') expects a function, got %s", type(step))
    end
    return setmetatable({ step = step, recorder = tenmo.debug.recorder(), replays = 0, changes = 0 }, Capture)
end
