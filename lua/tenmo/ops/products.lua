-- products.lua: matmul under the names that say which ranks are meant.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local matmul = tenmo.matmul

    local function describe(x)
        if not tenmo.is_tensor(x) then
            return 'a ' .. type(x)
        end
        return shape_text(x.shape)
    end

    -- A product whose operands must have exactly these ranks.
    local function strict(name, rank1, rank2, wanted)
        return function(x, other, ...)
            local right = tenmo.is_tensor(x) and tenmo.is_tensor(other) and select('#', ...) == 0
            if not (right and x:dim() == rank1 and other:dim() == rank2) then
                raise('%s: %s x %s: expected %s; x:matmul(y) takes any of them', name, describe(x), describe(other),
                    wanted)
            end
            local result = matmul(x, other)
            return result
        end
    end

    return {
        {
            name = 'dot',
            signature = 'x other',
            doc = 'the sum of the products of two vectors',
            formula = 'sum of x[i] * other[i]',
            example = 'tenmo.dot(tenmo.tensor{1, 2}, tenmo.tensor{3, 4})  --> 11',
            run = strict('dot', 1, 1, 'two vectors'),
        },
        {
            name = 'mm',
            signature = 'x other',
            doc = 'the product of two matrices',
            formula = 'y[i][j] = sum over k of x[i][k] * other[k][j]',
            example = 'tenmo.ones(2, 3):mm(tenmo.ones(3, 4)).shape  --> {2, 4}',
            run = strict('mm', 2, 2, 'two matrices'),
        },
        {
            name = 'mv',
            signature = 'x other',
            doc = 'a matrix times a vector',
            formula = 'y[i] = sum over k of x[i][k] * other[k]',
            example = 'tenmo.ones(2, 3):mv(tenmo.ones(3))  --> 3, 3',
            run = strict('mv', 2, 1, 'a matrix and a vector'),
        },
        {
            name = 'vm',
            signature = 'x other',
            doc = 'a vector times a matrix',
            formula = 'y[j] = sum over k of x[k] * other[k][j]',
            example = 'tenmo.ones(2):vm(tenmo.ones(2, 3))  --> 2, 2, 2',
            run = strict('vm', 1, 2, 'a vector and a matrix'),
        },
        {
            name = 'bmm',
            signature = 'x other',
            doc = 'the products of two equally long batches of matrices',
            formula = 'y[b] = x[b] times other[b]',
            example = 'tenmo.ones(5, 2, 3):bmm(tenmo.ones(5, 3, 4)).shape  --> {5, 2, 4}',
            run = (function()
                local product = strict('bmm', 3, 3, 'two batches of matrices, (b, n, k) x (b, k, m)')
                return function(x, other, ...)
                    if tenmo.is_tensor(x) and tenmo.is_tensor(other) and x:dim() == 3 and other:dim() == 3
                        and x:size(1) ~= other:size(1) then
                        raise('bmm: %s x %s: the batches differ (%d and %d)', describe(x), describe(other), x:size(1),
                            other:size(1))
                    end
                    local result = product(x, other, ...)
                    return result
                end
            end)(),
        },
    }
end
