-- algebra.lua: products of vectors, matrices and tensors, composed of matmul, * and sums.
local floats = require 'tenmo.floats'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local function vectors(name, x, other)
        if x:dim() ~= 1 or other:dim() ~= 1 then
            raise('%s: %s and %s: expected two vectors', name, shape_text(x.shape), shape_text(other.shape))
        end
    end

    -- beta * x + alpha * product. Factors of 1 cost nothing; beta = 0 leaves x out, whatever is in it.
    local function added(name, x, beta, alpha, product)
        local y = alpha == 1 and product or product * alpha
        if beta == 0 then
            return y
        end
        y = (beta == 1 and x or x * beta) + y
        if shape_text(y.shape) ~= shape_text(product.shape) then
            raise('%s: x has shape %s, which does not broadcast to that of the product, %s', name, shape_text(x.shape),
                shape_text(product.shape))
        end
        return y
    end

    local ADDED = '| beta:num=1 alpha:num=1'
    local function plus(name, inputs, doc, formula, example, prints, product)
        return {
            name = name,
            signature = inputs .. ' ' .. ADDED,
            doc = doc,
            formula = formula,
            example = example,
            prints = prints,
            in_place = true,
            call = function(x, a, b, beta, alpha)
                return added(name, x, beta, alpha, product(a, b))
            end,
        }
    end

    local function outer(x, other)
        return x:unsqueeze(-1) * other
    end

    local function inner(x, other)
        if x:dim() == 0 or other:dim() == 0 then
            return x * other
        end
        local size, width = x:size(-1), other:size(-1)
        if size ~= width then
            raise('inner: %s and %s: the last axes differ (%d and %d)', shape_text(x.shape), shape_text(other.shape),
                size, width)
        end
        local shape = x.shape
        shape[#shape] = nil
        for i = 1, other:dim() - 1 do
            shape[#shape + 1] = other:size(i)
        end
        local rows, columns = 1, 1
        for i, n in ipairs(shape) do
            if i < x:dim() then
                rows = rows * n
            else
                columns = columns * n
            end
        end
        return x:reshape(rows, size):matmul(other:reshape(columns, size):t()):reshape(shape)
    end

    -- The axes that tensordot sums over, as positions in x and in other.
    local function contracted(x, axes)
        local of_x, of_other = {}, {}
        if type(axes) == 'number' then
            for i = 1, axes do
                of_x[i], of_other[i] = x:dim() - axes + i, i
            end
        elseif type(axes) == 'table' and type(axes[1]) == 'table' and type(axes[2]) == 'table' then
            of_x, of_other = axes[1], axes[2]
        else
            raise('tensordot: axes is a number of axes, or {{axes of x}, {axes of other}}, got %s', type(axes))
        end
        if #of_x ~= #of_other then
            raise('tensordot: %d axes of x for %d of other', #of_x, #of_other)
        end
        return of_x, of_other
    end

    -- x with the given axes last (or first), and the sizes of the others.
    local function parted(x, axes, first)
        local taken, order, sizes = {}, {}, {}
        for _, axis in ipairs(axes) do
            if type(axis) ~= 'number' or axis == 0 or math.abs(axis) > x:dim() then
                raise('tensordot: axis %s of a tensor of shape %s', tostring(axis), shape_text(x.shape))
            end
            axis = axis < 0 and axis + x:dim() + 1 or axis
            if taken[axis] then
                raise('tensordot: axis %d is named twice', axis)
            end
            taken[axis] = true
        end
        for axis = 1, x:dim() do
            if not taken[axis] then
                order[#order + 1], sizes[#sizes + 1] = axis, x:size(axis)
            end
        end
        for i, axis in ipairs(axes) do
            table.insert(order, first and i or #order + 1, axis < 0 and axis + x:dim() + 1 or axis)
        end
        return #order > 0 and x:permute(order) or x, sizes
    end

    local function count(sizes)
        local n = 1
        for _, size in ipairs(sizes) do
            n = n * size
        end
        return n
    end

    local function tensordot(x, other, axes)
        local of_x, of_other = contracted(x, axes == nil and 2 or axes)
        local a, rows = parted(x, of_x, false)
        local b, columns = parted(other, of_other, true)
        local n = 1
        for i, axis in ipairs(of_x) do
            local size, width = x:size(axis), other:size(of_other[i])
            if size ~= width then
                raise('tensordot: %s and %s: axis %d of x has size %d, axis %d of other %d', shape_text(x.shape),
                    shape_text(other.shape), axis, size, of_other[i], width)
            end
            n = n * size
        end
        local shape = {}
        for _, sizes in ipairs { rows, columns } do
            for _, size in ipairs(sizes) do
                shape[#shape + 1] = size
            end
        end
        return a:reshape(count(rows), n):matmul(b:reshape(n, count(columns))):reshape(shape)
    end

    local read_two = tenmo.arguments('tensordot', 'x other')

    -- Blocks x[i][j] * other: the axes of both side by side, then joined in pairs.
    local function kron(x, other)
        local rank = math.max(x:dim(), other:dim())
        if rank > 4 then
            raise('kron: at most 4 axes, got %s and %s', shape_text(x.shape), shape_text(other.shape))
        end
        local left, right, shape = {}, {}, {}
        for i = 1, rank do
            local k, m = i - rank + x:dim(), i - rank + other:dim()
            local n, w = k > 0 and x:size(k) or 1, m > 0 and other:size(m) or 1
            left[2 * i - 1], left[2 * i], right[2 * i - 1], right[2 * i] = n, 1, 1, w
            shape[i] = n * w
        end
        return (x:reshape(left) * other:reshape(right)):reshape(shape)
    end

    local function cross(x, other, axis)
        axis = axis < 0 and axis + x:dim() + 1 or axis
        if x.dtype == 'bool' and other.dtype == 'bool' then
            raise('cross: expected floats or integers, got bool')
        elseif x:dim() ~= other:dim() or x:dim() == 0 or x:size(axis) ~= 3 or other:size(axis) ~= 3 then
            raise('cross: %s and %s: both need as many axes, and size 3 along axis %d', shape_text(x.shape),
                shape_text(other.shape), axis)
        end
        local function turned(y, by)
            return y:roll({ by }, { axis })
        end
        return turned(x, -1) * turned(other, -2) - turned(x, -2) * turned(other, -1)
    end

    -- Square roots whose gradient at 0 is 0, as of a distance to itself.
    local function root(x)
        local zero = x:eq(0)
        return tenmo.where(zero, 0, tenmo.where(zero, 1, x):sqrt())
    end

    -- |x|^2 + |y|^2 - 2 x y: for many points, where a product is much faster than differences.
    local function euclidean_by_product(x, other)
        local squares = x:square():sum(-1, { keepdim = true }) + other:square():sum(-1):unsqueeze(-2)
        return root((squares - 2 * x:matmul(other:transpose(-2, -1))):clamp { min = 0 })
    end

    local MANY = 25
    local function cdist(x, other, p)
        if x:dim() < 2 or other:dim() < 2 or x:size(-1) ~= other:size(-1) then
            raise('cdist: %s and %s: expected points as rows, (..., n, k) and (..., m, k)', shape_text(x.shape),
                shape_text(other.shape))
        elseif p < 0 then
            raise('cdist: p is 0 or more, got %g', p)
        end
        floats('cdist', x)
        floats('cdist', other)
        if p == 2 and x:size(-2) > MANY and other:size(-2) > MANY then
            return euclidean_by_product(x, other)
        end
        local apart = x:unsqueeze(-2) - other:unsqueeze(-3)
        if p == 2 then
            return root(apart:square():sum(-1))
        end
        apart = apart:abs()
        if p == 0 then
            return apart:ne(0):to(x.dtype):sum(-1)
        elseif p == 1 then
            return apart:sum(-1)
        elseif p == math.huge then
            return (apart:max(-1))
        end
        local zero = apart:eq(0)
        local powers = tenmo.where(zero, 0, tenmo.where(zero, 1, apart) ^ p):sum(-1)
        zero = powers:eq(0)
        return tenmo.where(zero, 0, tenmo.where(zero, 1, powers) ^ (1 / p))
    end

    local function matrix_power(x, n)
        if x:dim() < 2 or x:size(-1) ~= x:size(-2) then
            raise('matrix_power: expected square matrices, got shape %s', shape_text(x.shape))
        end
        floats('matrix_power', x)
        if n < 0 then
            x, n = tenmo.inv(x), -n
        end
        local result
        while n > 0 do
            if n % 2 == 1 then
                result = result and result:matmul(x) or x
            end
            n = math.floor(n / 2)
            x = n > 0 and x:matmul(x) or x
        end
        return result or tenmo.ones(x:size(-1), { dtype = x.dtype, device = x.device }):diag():expand(x.shape):clone()
    end

    return {
        {
            name = 'outer',
            signature = 'x other',
            doc = 'every element of one vector times every element of another',
            formula = 'y[i][j] = x[i] * other[j]',
            example = 'tenmo.tensor{1, 2}:outer(tenmo.tensor{3, 4})',
            prints = '[[3., 4.],\n [6., 8.]]\nfloat32 (2, 2)',
            call = function(x, other)
                vectors('outer', x, other)
                return outer(x, other)
            end,
        },
        {
            name = 'inner',
            signature = 'x other',
            doc = 'the sum of products over the last axes of both',
            formula = 'y[...][...] = sum over k of x[...][k] * other[...][k]',
            example = 'tenmo.ones(2, 3):inner(tenmo.ones(4, 3)).shape',
            prints = '{ 2, 4 }',
            call = inner,
        },
        {
            name = 'vdot',
            signature = 'x other',
            doc = 'the sum of the products of two vectors, as dot',
            formula = 'sum of x[i] * other[i]',
            example = 'tenmo.vdot(tenmo.tensor{1, 2}, tenmo.tensor{3, 4})',
            prints = '11. float32 ()',
            call = function(x, other)
                vectors('vdot', x, other)
                return tenmo.dot(x, other)
            end,
        },
        plus('addmm', 'x mat1 mat2', 'beta * x + alpha * the product of two matrices',
            'beta * x + alpha * (mat1 @ mat2)', 'tenmo.ones(2, 2):addmm(tenmo.ones(2, 3), tenmo.ones(3, 2))',
            '[[4., 4.],\n [4., 4.]]\nfloat32 (2, 2)',
            tenmo.mm),
        plus('addmv', 'x mat vec', 'beta * x + alpha * a matrix times a vector', 'beta * x + alpha * (mat @ vec)',
            'tenmo.ones(2):addmv(tenmo.ones(2, 3), tenmo.ones(3))', '[4., 4.]\nfloat32 (2)', tenmo.mv),
        plus('baddbmm', 'x batch1 batch2', 'beta * x + alpha * the products of two batches of matrices',
            'beta * x + alpha * (batch1 @ batch2)',
            'tenmo.ones(5, 2, 2):baddbmm(tenmo.ones(5, 2, 3), tenmo.ones(5, 3, 2)).shape', '{ 5, 2, 2 }', tenmo.bmm),
        plus('addbmm', 'x batch1 batch2', 'beta * x + alpha * the sum of the products of two batches of matrices',
            'beta * x + alpha * sum over b of (batch1[b] @ batch2[b])',
            'tenmo.zeros(1, 1):addbmm(tenmo.ones(5, 1, 3), tenmo.ones(5, 3, 1))', '[[15.]]\nfloat32 (1, 1)',
            function(a, b)
                return tenmo.bmm(a, b):sum(1)
            end),
        plus('addr', 'x vec1 vec2', 'beta * x + alpha * the outer product of two vectors',
            'beta * x + alpha * vec1[i] * vec2[j]', 'tenmo.ones(2, 2):addr(tenmo.tensor{1, 2}, tenmo.tensor{3, 4})',
            '[[4., 5.],\n [7., 9.]]\nfloat32 (2, 2)', function(a, b)
                vectors('addr', a, b)
                return outer(a, b)
            end),
        {
            name = 'tensordot',
            signature = 'x other axes:ints?',
            doc = 'the sum of products over several axes: the last n of x and the first n of other (axes = n, 2 unless '
                .. 'given), or {{axes of x}, {axes of other}}',
            example = 'tenmo.ones(2, 3, 4):tensordot(tenmo.ones(3, 4, 5)).shape',
            prints = '{ 2, 5 }',
            run = function(x, other, axes)
                x, other = read_two(x, other)
                if type(axes) == 'table' and axes.axes then
                    axes = axes.axes
                end
                return tensordot(x, other, axes)
            end,
        },
        {
            name = 'kron',
            signature = 'x other',
            doc = 'the Kronecker product: each element of x replaced by itself times other',
            example = 'tenmo.tensor{1, 2}:kron(tenmo.tensor{1, 10})',
            prints = '[ 1., 10.,  2., 20.]\nfloat32 (4)',
            call = kron,
        },
        {
            name = 'cross',
            signature = 'x other | axis:axis=-1',
            doc = 'the vector product of vectors of 3 along an axis',
            formula = 'y[1] = x[2] other[3] - x[3] other[2], and so on in a circle',
            example = 'tenmo.tensor{1, 0, 0}:cross(tenmo.tensor{0, 1, 0})',
            prints = '[0., 0., 1.]\nfloat32 (3)',
            call = cross,
        },
        {
            name = 'cdist',
            signature = 'x other | p:num=2',
            doc = 'the distances between the rows of x and those of other; Euclidean, or of another norm p',
            formula = 'y[i][j] = (sum over k of |x[i][k] - other[j][k]|^p)^(1/p)',
            example = 'tenmo.tensor{{0, 0}}:cdist(tenmo.tensor{{3, 4}, {0, 1}})',
            prints = '[[5., 1.]]\nfloat32 (1, 2)',
            call = cdist,
        },
        {
            name = 'trace',
            signature = 'x',
            doc = 'the sum of the diagonal of a matrix; tenmo.trace(x) too, though tenmo.trace(step) traces a training '
                .. 'step',
            formula = 'sum of x[i][i]',
            example = 'tenmo.ones(3, 3):trace()',
            func = false,
            prints = '3. float32 ()',
            call = function(x)
                if x:dim() ~= 2 then
                    raise('trace: expected a matrix, got shape %s', shape_text(x.shape))
                end
                return x:diagonal():sum()
            end,
        },
        {
            name = 'matrix_power',
            signature = 'x n:int',
            doc = 'a square matrix multiplied by itself n times; 0 gives the identity, a negative n takes the inverse',
            example = 'tenmo.tensor{{1, 1}, {0, 1}}:matrix_power(5)',
            prints = '[[1., 5.],\n [0., 1.]]\nfloat32 (2, 2)',
            call = matrix_power,
        },
    }
end
