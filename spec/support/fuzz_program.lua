-- fuzz_program.lua: random programs of tensor ops, run by the engine and by the model (fuzz_model.lua) side by side.
--
-- A step is
--     text   a line of Lua that uses v[1], v[2] ... and tenmo
--     uses   the variables it names; out: the one it makes
--     apply  function(state) -> verdict, changed: what the model makes of it. verdict is 'ok'; 'refuse' (the engine has
--            to raise an error); 'either' (it may refuse, but not give wrong numbers); nil: not worth running
-- After each step every variable is compared. What a step has just computed may differ by rounding, and the engine's
-- bits then replace the model's, so that errors don't add up and comparisons see the same numbers.

local draws = require 'spec.support.fuzz_draws'
local model = require 'spec.support.fuzz_model'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local program = {}

local ROUNDING = { float32 = 1e-5, float64 = 1e-11 }
local DERIVATIVE = { float32 = 2e-3, float64 = 1e-6 }

-- --- comparing ---------------------------------------------------------------------------------------------

local function shape_text(shape)
    return '(' .. table.concat(shape, ', ') .. ')'
end

local function differs(n, what, got, want)
    return ('v[%d]: %s is %s, expected %s'):format(n, what, tostring(got), tostring(want))
end

-- How far rounding may take an element of a result from inputs of that scale.
local function allowed(x, want, scale)
    return scale and (ROUNDING[x.dtype] or 0) * (scale + math.abs(want)) or 0
end

local function far(got, want, distance)
    return got ~= got or math.abs(got - want) > distance
end

local function element(n, p, got, want)
    return ('v[%d]: element %d is %.17g, expected %.17g'):format(n, p, got, want)
end

-- The first difference between a tensor and its model, or nil. scale: nil where the bits have to agree.
local function compare(n, tensor, x, scale)
    if tensor.dtype ~= x.dtype then
        return differs(n, 'dtype', tensor.dtype, x.dtype)
    elseif shape_text(tensor.shape) ~= shape_text(x.shape) then
        return differs(n, 'shape', shape_text(tensor.shape), shape_text(x.shape))
    elseif tensor.requires_grad ~= (x.needs or false) then
        return differs(n, 'requires_grad', tensor.requires_grad, x.needs or false)
    end
    local got, want = tensors.flatten(tensor), model.array(x)
    for p = 1, #want do
        if far(got[p], want[p], allowed(x, want[p], scale)) then
            return element(n, p, got[p], want[p])
        end
    end
    if scale then
        for p, place in ipairs(x.places) do
            x.storage[place] = got[p]
        end
    end
end

-- Variables share bytes where the model says so, and nowhere else.
local function compare_storage(n, run, x)
    for k, other in pairs(run.state.v) do
        if k ~= n and #x.places > 0 and #other.places > 0 then
            local same = run.env.v[n]:same_storage(run.env.v[k])
            if same ~= (x.storage == other.storage) then
                return ('v[%d] and v[%d] share bytes: %s, expected %s'):format(n, k, tostring(same), tostring(not same))
            end
        end
    end
end

-- All that must be as it was, or as the step has made it.
local function compare_all(run, changed, scale)
    if changed then
        local x = run.state.v[changed]
        local difference = compare(changed, run.env.v[changed], x, scale) or compare_storage(changed, run, x)
        if difference then
            return difference
        end
    end
    for n, x in pairs(run.state.v) do
        if n ~= changed and not x.storage.stale then
            local difference = compare(n, run.env.v[n], x)
            if difference then
                return difference
            end
        end
    end
end

local function compare_gradients(run)
    for _, leaf in ipairs(run.state.leaves) do
        local want, grad = run.state.gained[leaf], run.env.v[leaf].grad
        local sum, size = 0, want.size
        for p, g in ipairs(grad and tensors.flatten(grad) or {}) do
            local t = run.state.v[leaf].tangents[leaf][p]
            sum, size = sum + g * t, math.max(size, math.abs(g * t))
        end
        local coarse = run.state.coarse and 'float32' or 'float64'
        if far(sum, want.sum, DERIVATIVE[coarse] * (1 + size)) then
            return ('v[%d].grad: along its direction %.17g, expected %.17g'):format(leaf, sum, want.sum)
        end
    end
end

-- --- running -----------------------------------------------------------------------------------------------

local function new_run()
    return { state = { v = {}, leaves = {}, gained = {} }, env = { v = {}, tenmo = tenmo } }
end

local function execute(run, step)
    local chunk = assert(loadstring(step.text, '=program'))
    return pcall(setfenv(chunk, run.env))
end

-- An error of the engine's names what was called; one of Lua's own, or none at all, is a fault.
local function well_said(message)
    return type(message) == 'string' and message:find '^[^\n]-:%d+: [%w_%.%[%]= ]+: ' and not message:find 'attempt to'
end

local function scale_of(state, step)
    local most, n = 1, 0
    for _, k in ipairs(step.uses) do
        for _, v in ipairs(state.v[k] and model.array(state.v[k]) or {}) do
            most, n = math.max(most, math.abs(v)), n + 1
        end
    end
    return most * most * (1 + n / 16)
end

-- Runs a step. Returns a difference, or nil; and 'ended' where the program can't go on.
local function advance(run, step)
    local scale = scale_of(run.state, step)
    local verdict, changed = step.apply(run.state)
    if not verdict then
        return nil, 'skipped'
    end
    run.state.coarse = run.state.coarse or step.coarse
    local ok, message = execute(run, step)
    if not ok and not well_said(message) then
        return 'a strange error: ' .. tostring(message)
    elseif not ok and verdict == 'ok' then
        return 'refused: ' .. message
    elseif ok and verdict == 'refuse' then
        return 'ought to be an error'
    elseif not ok and verdict == 'either' then
        return nil, 'ended'
    end
    local difference = compare_all(run, ok and changed or nil, scale)
    return difference or (ok and step.derives and compare_gradients(run) or nil)
end

-- Runs steps from the start; those that don't fit are left out. Returns what differs and the steps up to there.
function program.run(steps)
    local run, done = new_run(), {}
    for _, step in ipairs(steps) do
        local ready = true
        for _, n in ipairs(step.uses) do
            ready = ready and run.state.v[n] ~= nil
        end
        local difference, what
        if ready then
            difference, what = advance(run, step)
        end
        if ready and what ~= 'skipped' then
            done[#done + 1] = step
        end
        if difference or what == 'ended' then
            return difference, done
        end
    end
    return nil, done
end

-- Draws a program and runs it as it grows. before(step) is called before the engine sees a step. Returns what differs
-- and the steps, or nil and how many steps were run.
function program.draw(seed, before)
    math.randomseed(seed)
    local run, steps, n = new_run(), {}, 0
    local length, tries = math.random(4, 24), 0
    while #steps < length and tries < 4 * length do
        tries = tries + 1
        for _, step in ipairs(draws.steps(run.state, n)) do
            n = math.max(n, step.out or 0)
            if before then
                before(step)
            end
            local difference, what = advance(run, step)
            if what ~= 'skipped' then
                steps[#steps + 1] = step
            end
            if difference or what == 'ended' then
                return difference, steps
            elseif what == 'skipped' then
                break
            end
        end
    end
    return nil, steps
end

-- --- reducing ----------------------------------------------------------------------------------------------

-- The steps without the k-th and all that need what it makes.
local function without(steps, k)
    local gone, kept = { [steps[k].out or 0] = true }, {}
    for i, step in ipairs(steps) do
        local needed = i ~= k
        for _, n in ipairs(step.uses) do
            needed = needed and not gone[n]
        end
        if needed then
            kept[#kept + 1] = step
        elseif step.out then
            gone[step.out] = true
        end
    end
    return kept
end

-- The shortest program found by leaving out one step after another that still differs.
function program.reduce(steps, difference)
    local shorter = true
    while shorter do
        shorter = false
        for k = #steps, 1, -1 do
            local message, done
            if steps[k] then
                message, done = program.run(without(steps, k))
            end
            if message then
                steps, difference, shorter = done, message, true
            end
        end
    end
    return steps, difference
end

-- --- the script --------------------------------------------------------------------------------------------

-- A reduced program as a script that shows what is wrong.
function program.script(steps, difference, title)
    local lines = { '-- ' .. title, '-- ' .. difference:gsub('\n', '\n-- '), "local tenmo = require 'tenmo'",
        'local v = {}', '' }
    for _, step in ipairs(steps) do
        lines[#lines + 1] = step.text
    end
    local n, p, want = difference:match '^v%[(%d+)%]: element (%d+) is .-, expected (.*)$'
    if n then
        lines[#lines + 1] = ('print(v[%s]) -- element %s ought to be %s'):format(n, p, want)
    elseif difference:find '^v%[%d+%]' then
        lines[#lines + 1] = ('print(%s)'):format(difference:match '^v%[%d+%]%.?%a*')
    end
    return table.concat(lines, '\n') .. '\n'
end

return program
