-- checkpoint.lua: memory for time: what happens inside a function is not kept for backward, but computed again there.
--
--     local h = tenmo.checkpoint(block, x)        -- instead of block(x)
--
-- The function runs without recording; only its arguments are kept. When backward arrives, it runs once more, with the
-- random numbers of the first time, recorded, and gradients flow through it to its arguments and to the parameters it
-- uses. It has to give the same result both times, and one tensor. Second derivatives can't go through.
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local function recomputed(f, n, args, seed, stream)
    local now_seed, now_stream = tenmo.random_state()
    tenmo.set_random_state(seed, stream)
    local was = tenmo.set_recording(true)
    local ok, y = pcall(f, unpack(args, 1, n))
    tenmo.set_recording(was)
    tenmo.set_random_state(now_seed, now_stream)
    if not ok then
        error(y, 0)
    end
    return y
end

return function(f, ...)
    if type(f) ~= 'function' and not (getmetatable(f) or {}).__call then
        raise("checkpoint: argument 1 ('f') expects a function or a module, got %s", type(f))
    end
    local n, args = select('#', ...), { ... }
    if not tenmo.is_recording() then
        return f(...)
    end
    local seed, stream = tenmo.random_state()
    local results = { tenmo.no_grad(function() return f(unpack(args, 1, n)) end) }
    if #results ~= 1 or not tenmo.is_tensor(results[1]) then
        raise('checkpoint: the function has to return one tensor, it returned %s',
            #results == 1 and 'a ' .. type(results[1]) or #results .. ' values')
    end
    -- One input that needs a gradient comes first, since only parameters inside of f may need one.
    local inputs, positions = { tenmo.zeros({}, { requires_grad = true }) }, {}
    for i = 1, n do
        if tenmo.is_tensor(args[i]) then
            inputs[#inputs + 1], positions[#positions + 1] = args[i], i
        end
    end
    return tenmo._operator('checkpoint', results[1], inputs, function(needed, g)
        if tenmo.is_recording() then
            raise "checkpoint: second derivatives can't go through it; call the function itself"
        end
        local own = { unpack(args, 1, n) }
        for k, i in ipairs(positions) do
            own[i] = args[i]:detach()
            own[i].requires_grad = needed[k + 1]
        end
        local y = recomputed(f, n, own, seed, stream)
        if y.requires_grad then
            y:backward(g)
        end
        local gradients = {}
        for k, i in ipairs(positions) do
            gradients[k] = needed[k + 1] and own[i].grad or nil
        end
        return nil, unpack(gradients, 1, #positions)
    end)
end
