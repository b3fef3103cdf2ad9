-- products_spec.lua: products whose inner dimension is so long that the kernels walk it in parts.

local tenmo = require 'tenmo'

describe('a product with a long inner dimension', function()
    for _, dtype in ipairs { 'float32', 'float64' } do
        for _, k in ipairs { 1024, 1025, 3136 } do
            it(('of %d %s is exact on small integers'):format(k, dtype), function()
                tenmo.manual_seed(k)
                local function draw(rows)
                    return tenmo.randint(-3, 4, { rows, k }):to(dtype)
                end
                local x, w, bias = draw(6), draw(7), tenmo.arange(7, { dtype = dtype })
                local y, a, b = x:linear(w, bias):relu():totable(), x:totable(), w:totable()
                for i = 1, 6 do
                    for j = 1, 7 do
                        local sum = j - 1
                        for p = 1, k do
                            sum = sum + a[i][p] * b[j][p]
                        end
                        assert.equal(math.max(sum, 0), y[i][j])
                    end
                end
            end)
        end
    end
end)
