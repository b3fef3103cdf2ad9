-- fuzz_ops.lua: the structured ops of random programs: which call to draw for a variable, and what it must give, in
-- plain Lua. Elementwise ops need no entry: they are drawn from the table of ops and held to spec/oracles.lua.
--
-- An entry is a function of the variable (shape, dtype, ...) and `draw` (see below). It gives nil where the op says
-- nothing for such a variable, or a call:
--     text    Lua, with $1 $2 ... for the inputs
--     inputs  the variables; the first is x unless said otherwise
--     f       function(arrays) -> array, or nil where the engine has to refuse
--     dtype   of the result; x's unless said otherwise
--     view    true: the result shows x's bytes. 'maybe': where some strides show them so. Its f only moves elements
--     constant true: no gradient
--     may_refuse true: f may give nil
-- draw.other(shape, dtype) is a variable like that, old or new; draw.ids(shape, bound) is one of ids below bound.

local ops = {}

for _, family in ipairs { 'shape', 'ids', 'axes', 'products', 'windows', 'layers' } do
    for name, entry in pairs(require('spec.support.fuzz_' .. family)) do
        ops[name] = entry
    end
end

return ops
