-- products_spec.lua: products whose inner dimension is long, and walked in parts, or short, and
-- one operand is turned; convolutions.

local tenmo = require 'tenmo'

local function dot(a, b)
    local sum = 0
    for p, v in ipairs(a) do
        sum = sum + v * b[p]
    end
    return sum
end

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
                        assert.equal(math.max(dot(a[i], b[j]) + j - 1, 0), y[i][j])
                    end
                end
            end)
        end
    end
end)

-- Where k is short, or rows are many, B's columns are turned into rows, in squares of up to 16 and panels of
-- up to 48. The shapes lie on both sides of all of these, and of the rows and the k from which on it is done.
describe('a product of rows with rows', function()
    local SHAPES = { { 15, 9, 3 }, { 16, 1, 2 }, { 17, 16, 16 }, { 16, 31, 49 }, { 21, 64, 10 }, { 33, 100, 48 },
        { 16, 255, 97 }, { 40, 256, 33 }, { 16, 257, 5 },
        { 127, 300, 5 }, { 128, 257, 7 }, { 130, 1024, 5 }, { 128, 1025, 3 } }
    for _, dtype in ipairs { 'float32', 'float64' } do
        for _, shape in ipairs(SHAPES) do
            local m, k, n = unpack(shape)
            it(('(%d, %d) and (%d, %d) in %s is exact on small integers'):format(m, k, n, k, dtype), function()
                tenmo.manual_seed(m * k + n)
                local x = tenmo.randint(-3, 4, { m, k + 2 }):to(dtype)[{ {}, { 2, k + 1 } }]
                local w, bias = tenmo.randint(-3, 4, { n, k }):to(dtype), tenmo.randint(-9, 9, { n }):to(dtype)
                local y, relu = x:matmul(w:t()):totable(), x:linear(w, bias, { relu = true }):totable()
                local a, b, c = x:totable(), w:totable(), bias:totable()
                for i = 1, m do
                    for j = 1, n do
                        local sum = dot(a[i], b[j])
                        assert.equal(sum, y[i][j])
                        assert.equal(math.max(sum + c[j], 0), relu[i][j])
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
