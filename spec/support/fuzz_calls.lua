-- fuzz_calls.lua: what draws calls of ops, shared by the families of structured ops (fuzz_ops.lua) and others.

local naive = require 'spec.support.naive'

local random = math.random
local calls = {}

function calls.listed(list)
    return '{ ' .. table.concat(list, ', ') .. ' }'
end

function calls.chance(p)
    return random() < p
end

function calls.one_of(list)
    return list[random(#list)]
end

-- An axis of x as a program may name it, and which it is.
function calls.any_axis(x)
    local axis = random(#x.shape)
    return calls.chance(0.5) and axis - #x.shape - 1 or axis, axis
end

function calls.with(shape, axis, size)
    local to = { unpack(shape) }
    to[axis] = size
    return to
end

-- A call whose result's element at an index is x's at from(index).
function calls.picked(text, to, from, view)
    return {
        text = text, view = view,
        f = function(arrays)
            return naive.build(to, function(index)
                local source = from(index)
                return type(source) == 'table' and naive.at(arrays[1], source) or source
            end)
        end,
    }
end

return calls
