-- library.lua: completes the table that the engine's binding made, with what is written in Lua.
--
-- Ops composed of others live in tenmo/ops, one file a family; each file is a function of tenmo that
-- returns an array of
--     { name =, signature =, doc =, formula =, example =, prints =, run = or call =, method =, numbers =, in_place = }
-- and every run becomes tenmo.NAME and, unless method = false, x:NAME(...). Gradients come for free. Instead of run,
-- call is a function of the arguments as the signature reads them (see bind/signature.c): checked, in order, with
-- presets; numbers = true lets numbers stand for tensors. in_place = true adds x:NAME_(...), which writes the result
-- over x. A composition that bears a row's name stands before it, with more to offer.
-- Larger parts are loaded when they are first named.

local FAMILIES = { 'tenmo.ops.create', 'tenmo.ops.products', 'tenmo.ops.losses', 'tenmo.ops.shape', 'tenmo.ops.joining',
    'tenmo.ops.diagonals' }

local PARTS = {
    nn = 'tenmo.nn',
    data = 'tenmo.data',
    flags = 'tenmo.flags',
    clock = 'tenmo.clock',
    progress = 'tenmo.progress',
    draw = 'tenmo.draw',
    trace = 'tenmo.trace',
    safetensors = 'tenmo.safetensors',
    regex = 'tenmo.regex',
    text = 'tenmo.text',
}

local function unknown(tenmo, name)
    local names = {}
    for known in pairs(tenmo) do
        names[#names + 1] = known
    end
    for known in pairs(PARTS) do
        names[#names + 1] = known
    end
    table.sort(names)
    local near = require 'tenmo.near'(tostring(name), names)
    require 'tenmo.raise'("tenmo has no '%s'%s", tostring(name), near and ("; did you mean '%s'?"):format(near) or '')
end

-- What an op inside refuses is told under the name that was called: "full: shape (-1) ..." as "zeros: shape (-1) ...".
local function renamed(name, ok, ...)
    if ok then
        return ...
    end
    local message = ...
    if type(message) == 'string' then
        local place, rest = message:match '^(.-:%d+: )[%w_]+: (.*)$'
        message = rest and place .. name .. ': ' .. rest or message
    end
    error(message, 0)
end

local function reader(tenmo, op)
    local read, call, name = tenmo.arguments(op.name, op.signature, op.numbers), op.call, op.name
    return function(...)
        return renamed(name, pcall(call, read(...)))
    end
end

-- The result of a composition written over its first input, whose shape it must have.
local function writer(tenmo, op)
    local raise, shape_text = require 'tenmo.raise', require 'tenmo.shape_text'
    return function(x, ...)
        if not tenmo.is_tensor(x) then
            raise("%s_: argument 1 ('x') expects a tensor, got %s", op.name, type(x))
        end
        local y = op.run(x, ...)
        if shape_text(y.shape) ~= shape_text(x.shape) then
            raise('%s_: the result has shape %s, and x has %s; a write in place keeps the shape', op.name,
                shape_text(y.shape), shape_text(x.shape))
        elseif y.dtype:find 'float' and not x.dtype:find 'float' then
            raise("%s_: the result is %s and can't be kept in x, which is %s; use x:%s(...) for a new tensor", op.name,
                y.dtype, x.dtype, op.name)
        end
        return x:copy_(y)
    end
end

-- tenmo is the binding's table, methods what x:NAME() finds; a script may add to both.
return function(tenmo, methods)
    tenmo.compositions, tenmo.methods = {}, methods
    for _, family in ipairs(FAMILIES) do
        for _, op in ipairs(require(family)(tenmo)) do
            op.run = op.run or reader(tenmo, op)
            table.insert(tenmo.compositions, op)
            tenmo[op.name] = op.run
            if op.method ~= false then
                methods[op.name] = op.run
                methods[op.name .. '_'] = op.in_place and writer(tenmo, op) or nil
            end
        end
    end

    -- A part that is named for the first time is loaded; any other unknown name is a mistake.
    return setmetatable(tenmo, {
        __index = function(self, name)
            if not PARTS[name] then
                unknown(self, name)
            end
            local part = require(PARTS[name])
            rawset(self, name, part)
            return part
        end,
    })
end
