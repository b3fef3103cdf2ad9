-- expect.lua: what layers ask of their arguments and inputs, refused in one form of words.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local expect = {}

-- A size or a number of things: expect.count('GroupNorm', 'the number of groups', groups)
function expect.count(name, what, value)
    if type(value) ~= 'number' or value < 1 or value % 1 ~= 0 then
        raise('%s: expected %s, a whole number from 1 on, got %s', name, what, tostring(value))
    end
    return value
end

-- What was given instead: a shape, or a type.
function expect.text_of(x)
    return tenmo.is_tensor(x) and shape_text(x.shape) or type(x)
end

-- Says that x, which may be no tensor, is not an input of this layout.
function expect.another_input(name, layout, x)
    raise('%s: expected an input %s, got %s', name, layout, expect.text_of(x))
end

return expect
