-- operator.lua: an op written in Lua, with its own backward.
--
--     local cube = tenmo.operator {
--         name = 'cube',
--         forward = function(ctx, x)          -- runs without recording; ctx is a table to keep things in
--             ctx.x = x
--             return x ^ 3
--         end,
--         backward = function(ctx, g, y)      -- a gradient for each argument of forward; nil for what is no tensor
--             return g * 3 * ctx.x ^ 2        -- ctx.needed[i]: is the gradient of argument i wanted?
--         end,
--     }
--     local y = cube(x)
--
-- The result y is an argument of backward: kept in ctx it would keep itself alive. The first time that a gradient is
-- recorded, backward is compared with central differences of forward, in float64 along two random directions;
-- check = false leaves that out (for a backward that is meant to be another function, such as a straight-through one).
-- If backward is made of ops, its results have gradients too.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local KNOWN = { name = 'string', forward = 'function', backward = 'function', check = 'boolean' }

local function expect(spec)
    if type(spec) ~= 'table' then
        raise('operator: expected a table with name, forward and backward, got %s', type(spec))
    end
    for key in pairs(spec) do
        if not KNOWN[key] then
            raise("operator: there is no field '%s'; there are name, forward, backward, check", tostring(key))
        end
    end
    for key, kind in pairs(KNOWN) do
        if type(spec[key]) ~= kind and (key ~= 'check' or spec.check ~= nil) then
            raise("operator: field '%s' expects a %s, got %s", key, kind, type(spec[key]))
        end
    end
end

-- forward without recording, and the state it leaves: the context, the versions of the tensors in it.
local function forward(spec, needed, n, args)
    local ctx, versions = { needed = needed }, {}
    local results = { tenmo.no_grad(spec.forward, ctx, unpack(args, 1, n)) }
    if #results ~= 1 or not tenmo.is_tensor(results[1]) then
        raise('%s: forward has to return one tensor, it returned %s', spec.name,
            #results == 1 and 'a ' .. type(results[1]) or #results .. ' values')
    end
    for key, value in pairs(ctx) do
        if tenmo.is_tensor(value) then
            versions[key] = value:version()
        end
    end
    return results[1], ctx, versions
end

local function backward(spec, ctx, versions, positions, g, y)
    for key, version in pairs(versions) do
        if tenmo.is_tensor(ctx[key]) and ctx[key]:version() ~= version then
            raise('%s: ctx.%s was changed in place after forward had kept it, and backward needs the old values',
                spec.name, tostring(key))
        end
    end
    local results, chosen = { spec.backward(ctx, g, y) }, {}
    for i, position in ipairs(positions) do
        chosen[i] = results[position]
    end
    return unpack(chosen, 1, #positions)
end

-- --- backward against differences ---------------------------------------------------------------------------------

local STEP, RELATIVE, ABSOLUTE = 1e-6, 1e-4, 1e-6

local function check(spec, n, args, needed, positions)
    local seed, stream = tenmo.random_state()
    local doubles = {}
    for i = 1, n do
        doubles[i] = args[i]
    end
    for _, position in ipairs(positions) do
        if args[position].dtype:find 'float' then
            doubles[position] = args[position]:detach():double()
        end
    end
    -- The same random numbers for every evaluation.
    local function value(arguments)
        tenmo.set_random_state(seed, stream + 1)
        return (forward(spec, needed, n, arguments))
    end
    tenmo.set_random_state(seed, stream + 1)
    local y, ctx, versions = forward(spec, needed, n, doubles)
    if y.dtype ~= 'float64' then
        raise("%s: can't be checked: forward gives %s for float64 inputs; check = false leaves the check out",
            spec.name,
            y.dtype)
    end
    local weights = tenmo.randn(y.shape, 'float64')
    local gradients = { tenmo.no_grad(backward, spec, ctx, versions, positions, weights, y) }
    for k, position in ipairs(positions) do
        local x, gradient = doubles[position], gradients[k]
        if needed[position] then
            if gradient and shape_text(gradient.shape) ~= shape_text(x.shape) then
                raise('%s: backward gave a gradient of shape %s for argument %d, which has shape %s', spec.name,
                    shape_text(gradient.shape), position, shape_text(x.shape))
            end
            for _ = 1, 2 do
                local direction = tenmo.randn(x.shape, 'float64')
                local function along(step)
                    doubles[position] = x + direction * step
                    return (value(doubles) * weights):sum():item()
                end
                local slope = (along(STEP) - along(-STEP)) / (2 * STEP)
                doubles[position] = x
                local given = gradient and (gradient * direction):sum():item() or 0
                local room = ABSOLUTE * math.sqrt(y:numel() + 1) + RELATIVE * math.max(math.abs(slope), math.abs(given))
                local apart = math.abs(slope - given)
                if (apart > room or apart ~= apart) and slope == slope then
                    raise('%s: backward disagrees with differences of forward: along a random direction of argument %d '
                        .. 'it says %.6g, forward changes by %.6g; check = false leaves this check out', spec.name,
                        position, given, slope)
                end
            end
        end
    end
    tenmo.set_random_state(seed, stream)
end

-- --- the operator ---------------------------------------------------------------------------------------------------

return function(spec)
    expect(spec)
    local unchecked = spec.check ~= false
    return function(...)
        local n, args, inputs, positions, needed = select('#', ...), { ... }, {}, {}, {}
        local wanted = false
        for i = 1, n do
            if tenmo.is_tensor(args[i]) then
                inputs[#inputs + 1], positions[#positions + 1] = args[i], i
                needed[i] = tenmo.is_recording() and args[i].requires_grad
                wanted = wanted or needed[i]
            end
        end
        if wanted and unchecked then
            unchecked = false
            tenmo.no_grad(check, spec, n, args, needed, positions)
        end
        local y, ctx, versions = forward(spec, needed, n, args)
        return tenmo._operator(spec.name, y, inputs, function(_, g, result)
            return backward(spec, ctx, versions, positions, g, result)
        end)
    end
end
