-- library.lua: completes the table that the engine's binding made, with what is written in Lua.
--
-- Ops composed of others live in tenmo/ops, one file a family; each file is a function of tenmo that
-- returns an array of
--     { name =, signature =, doc =, formula =, example =, run =, method = }
-- and every run becomes tenmo.NAME and, unless method = false, x:NAME(...). Gradients come for free.
-- Larger parts are loaded when they are first named.

local FAMILIES = { 'tenmo.ops.create', 'tenmo.ops.products', 'tenmo.ops.losses' }

local PARTS = {
    nn = 'tenmo.nn',
    data = 'tenmo.data',
    flags = 'tenmo.flags',
    clock = 'tenmo.clock',
    progress = 'tenmo.progress',
    draw = 'tenmo.draw',
    trace = 'tenmo.trace',
    safetensors = 'tenmo.safetensors',
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

-- tenmo is the binding's table, methods what x:NAME() finds; a script may add to both.
return function(tenmo, methods)
    tenmo.compositions, tenmo.methods = {}, methods
    for _, family in ipairs(FAMILIES) do
        for _, op in ipairs(require(family)(tenmo)) do
            table.insert(tenmo.compositions, op)
            tenmo[op.name] = op.run
            if op.method ~= false then
                methods[op.name] = op.run
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
