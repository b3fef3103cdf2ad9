-- products_spec.lua: products whose inner dimension is so long that the kernels walk it in parts, and convolutions.

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

describe('a convolution', function()
    for _, stride in ipairs { 1, 2 } do
        it('with long sums is a product of unfolded windows, so are its gradients: stride ' .. stride, function()
            tenmo.manual_seed(5)
            local options = { dtype = 'float64' }
            local x, w = tenmo.randn(2, 70, 9, 20, options), tenmo.randn(37, 70, 3, 3, options)
            x.requires_grad, w.requires_grad = true, true
            local y = x:conv2d(w, { padding = 1, stride = stride })
            local windows = tenmo.nn.functional.unfold(x, { 3, 3 }, { padding = 1, stride = stride })
            local z = w:reshape(37, -1):matmul(windows):reshape(unpack(y.shape))
            local g = tenmo.randn(unpack(y.shape)):double()
            local dx, dw = unpack(tenmo.grad(y, { x, w }, { grad_outputs = g }))
            local dx2, dw2 = unpack(tenmo.grad(z, { x, w }, { grad_outputs = g }))
            for _, pair in ipairs { { y, z }, { dx, dx2 }, { dw, dw2 } } do
                assert.is_true((pair[1] - pair[2]):abs():max():item() < 1e-11)
            end
        end)
    end
end)
