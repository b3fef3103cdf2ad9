-- floats.lua: refuses a tensor that holds no floats, in the words that all compositions use.
--
--     floats('var', x)
local raise = require 'tenmo.raise'

return function(name, x)
    if not x.dtype:find 'float' then
        raise('%s: expected floats, got %s; cast first: x:float()', name, x.dtype)
    end
end
