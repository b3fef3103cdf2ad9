-- activations.lua: activations that are no rows of the op table.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    return {
        {
            name = 'prelu', signature = 'x weight',
            doc = 'x above 0, weight * x below; weight has one number, or one for each channel (axis 2)',
            formula = 'where(x > 0, x, weight * x)', shapes = 'x (N, C, ...), weight (1) or (C) gives as x',
            example = 'tenmo.tensor{{-2, -2}, {4, -1}}:prelu(tenmo.tensor{0.5, 0.1})',
            prints = '[[-1.0000, -0.2000],\n [ 4.0000, -0.1000]]\nfloat32 (2, 2)',
            call = function(x, weight)
                local n, channels = weight:numel(), x:dim() > 1 and x:size(2) or 1
                if weight:dim() > 1 or n ~= 1 and n ~= channels then
                    raise('prelu: weight %s beside x %s: expected one number, or (%d), one for each channel',
                        shape_text(weight.shape), shape_text(x.shape), channels)
                end
                local shape = { n }
                for _ = 3, x:dim() do
                    shape[#shape + 1] = 1
                end
                if x:dim() == 0 then
                    shape = {}
                end
                return tenmo.where(x:gt(0), x, weight:reshape(shape) * x)
            end,
        },
    }
end
