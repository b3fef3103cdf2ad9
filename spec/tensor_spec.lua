-- tensor_spec.lua: tensors as Lua sees them: tables, views, indices, printing, dtypes, numbers beside tensors.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local function list(x)
    return tensors.flatten(x)
end

describe('tensors and tables', function()
    it('go there and back', function()
        local nested = { { { 1, 2, 3 }, { 4, 5, 6 } }, { { 7, 8, 9 }, { 10, 11, 12 } } }
        assert.same(nested, tenmo.tensor(nested):totable())
        assert.same({ 2, 2, 3 }, tenmo.tensor(nested).shape)
        assert.equal(7, tenmo.tensor(7):totable())
        assert.same({}, tenmo.tensor(7).shape)
        assert.same({ true, false }, tenmo.tensor({ true, false }):totable())
    end)

    it('have the dtypes of DESIGN', function()
        assert.equal('float32', tenmo.tensor({ 1, 2 }).dtype)
        assert.equal('int64', tenmo.ids({ 1, 2 }).dtype)
        assert.equal('bool', tenmo.tensor({ true }).dtype)
        assert.equal('uint8', tenmo.tensor({ 255 }, { dtype = 'uint8' }).dtype)
    end)

    it('keep int64 exact, and say when a Lua number cannot', function()
        local x = tenmo.ids(2 ^ 53)
        assert.equal(2 ^ 53, x:item())
        local y = x + 1
        assert.matches('9007199254740993', (tensors.failure(y.item, y)))
        assert.equal('9007199254740993LL', tostring(y:item 'int64'))
    end)
end)

describe('fields and sizes', function()
    local x = tenmo.zeros(3, 4, { dtype = 'float64' })

    it('shape, dtype, device, sizes and strides', function()
        assert.same({ 3, 4 }, x.shape)
        assert.equal('float64', x.dtype)
        assert.equal('cpu', x.device)
        assert.same({ 12, 2, 3, 4, 4 }, { x:numel(), x:dim(), #x, x:size(-1), x:size(2) })
        assert.same({ 4, 1 }, { x:stride(1), x:stride(2) })
        assert.same({ 1, 4 }, x:t():stride())
        assert.is_true(x:is_contiguous())
        assert.is_false(x:t():is_contiguous())
    end)

    it('a shape is the caller\'s own table', function()
        x.shape[1] = 99
        assert.same({ 3, 4 }, x.shape)
    end)
end)

describe('indices', function()
    local x = tenmo.arange(24):reshape(2, 3, 4)

    for _, case in ipairs {
        { 'a position', 2, { 3, 4 }, 12 },
        { 'a negative position', -1, { 3, 4 }, 12 },
        { 'positions', { 1, 2, 3 }, {}, 6 },
        { 'fewer positions than axes', { 2, -1 }, { 4 }, 20 },
        { 'a range keeps its axis', { { 1, 1 } }, { 1, 3, 4 }, 0 },
        { 'a range of one', { { 2 } }, { 1, 3, 4 }, 12 },
        { 'both ends count', { {}, { 2, 3 } }, { 2, 2, 4 }, 4 },
        { 'a step', { {}, {}, { 2, -1, 2 } }, { 2, 3, 2 }, 1 },
        { 'mixed', { 2, {}, -2 }, { 3 }, 14 },
        { 'all', {}, { 2, 3, 4 }, 0 },
    } do
        it(case[1], function()
            local part = x[case[2]]
            assert.same(case[3], part.shape)
            assert.equal(case[4], list(part)[1])
            assert.is_true(part:same_storage(x))
        end)
    end

    it('at takes ids from 0', function()
        assert.same({ 12, 13, 14, 15 }, list(x:at(1)[1]))
        assert.matches('^at: id 2 is out of range', (tensors.failure(x.at, x, 2)))
    end)

    it('assignment writes numbers and tensors, and broadcasts', function()
        local y = tenmo.zeros(2, 3)
        y[1] = 5
        y[{ {}, -1 }] = tenmo.tensor { 7, 8 }
        assert.same({ 5, 5, 7, 0, 0, 8 }, list(y))
        y[{}] = tenmo.tensor { 1, 2, 3 }
        assert.same({ 1, 2, 3, 1, 2, 3 }, list(y))
    end)

    it('assignment converts to the dtype of the target', function()
        local y = tenmo.zeros(2, { dtype = 'float64' })
        y[1] = tenmo.tensor(1.5)
        y[2] = tenmo.ids(3)
        assert.same({ 1.5, 3 }, list(y))
    end)

    it('assignment from an overlapping view reads the old values', function()
        local y = tenmo.arange(5)
        y[{ { 2, 5 } }] = y[{ { 1, 4 } }]
        assert.same({ 0, 0, 1, 2, 3 }, list(y))
    end)
end)

describe('views', function()
    it('share bytes; copies do not', function()
        local x = tenmo.zeros(2, 6)
        for name, view in pairs {
            reshape = x:reshape(3, 4), view = x:view(12), t = x:t(), transpose = x:transpose(1, 2), slice = x[1],
            unsqueeze = x:unsqueeze(1), expand = x:unsqueeze(1):expand(4, 2, 6), permute = x:permute(2, 1),
        } do
            assert.is_true(view:same_storage(x), name)
        end
        assert.is_false(x:clone():same_storage(x))
        assert.is_false(x:t():contiguous():same_storage(x))
        assert.is_true(rawequal(x, x:contiguous()))
        assert.is_false(x:t():reshape(12):same_storage(x)) -- needs a copy
    end)

    it('view refuses what needs a copy', function()
        local x = tenmo.zeros(2, 6):t()
        assert.matches('^view: %(6, 2%) with strides %(1, 6%)', (tensors.failure(x.view, x, 12)))
    end)

    it('have up to eight axes', function()
        local x = tenmo.zeros(1, 1, 1, 1, 1, 1, 1, 2)
        assert.equal(8, x:dim())
        tensors.failure(x.unsqueeze, x, 1)
    end)

    it('an expanded tensor is not written in place', function()
        local x = tenmo.zeros(3, 1):expand(3, 4)
        assert.matches('^add_: x is expanded', (tensors.failure(x.add_, x, 1)))
    end)
end)

describe('promotion', function()
    -- of two dtypes the later one wins; uint8 with any integer gives that integer
    local order = { 'bool', 'uint8', 'int32', 'int64', 'float32', 'float64' }
    it('gives the later of two dtypes', function()
        for i, a in ipairs(order) do
            for j, b in ipairs(order) do
                local x, y = tenmo.ones(2, { dtype = a }), tenmo.ones(2, { dtype = b })
                assert.equal(order[math.max(i, j)], (x + y).dtype, a .. ' + ' .. b)
            end
        end
    end)

    for _, case in ipairs {
        { 'float32', 1.5, 'add', 'float32' }, { 'float32', 1, 'add', 'float32' }, { 'float64', 1.5, 'mul', 'float64' },
        { 'int64', 2, 'add', 'int64' }, { 'int64', 1.5, 'add', 'float32' }, { 'uint8', 2, 'mul', 'uint8' },
        { 'int32', 3, 'div', 'float32' }, { 'int64', 2, 'pow', 'int64' }, { 'bool', 1, 'add', 'int64' },
        { 'bool', 0.5, 'mul', 'float32' },
    } do
        local dtype, number, op, result = unpack(case)
        it(('%s %s %g is %s'):format(dtype, op, number, result), function()
            local x = tenmo.ones(2, { dtype = dtype })
            assert.equal(result, x[op](x, number).dtype)
            assert.equal(result, tenmo[op](number, x).dtype)
        end)
    end
end)

describe('operators', function()
    local x, y = tenmo.tensor { 6, 8 }, tenmo.tensor { 2, 4 }

    it('do what the ops do', function()
        for _, case in ipairs {
            { x + y, { 8, 12 } }, { x - y, { 4, 4 } }, { x * y, { 12, 32 } }, { x / y, { 3, 2 } },
            { y ^ 2, { 4, 16 } }, { -x, { -6, -8 } },
            { 1 + x, { 7, 9 } }, { 10 - x, { 4, 2 } }, { 2 * x, { 12, 16 } }, { 24 / x, { 4, 3 } },
            { 2 ^ y, { 4, 16 } },
        } do
            assert.same(case[2], list(case[1]))
        end
    end)

    it('comparing with < explains itself; == is identity', function()
        local message = tensors.failure(function()
            return x < y
        end)
        assert.matches('x:lt%(y%)', message)
        assert.is_false(x == y)
        assert.is_true(x == x) -- luacheck: ignore
    end)
end)

describe('integers', function()
    it('wrap', function()
        assert.same({ 44, 0 }, list(tenmo.tensor({ 200, 128 }, { dtype = 'uint8' }) + tenmo.tensor({ 100, 128 },
            { dtype = 'uint8' })))
        assert.equal(-2 ^ 31, (tenmo.tensor(2 ^ 31 - 1, { dtype = 'int32' }) + 1):item())
    end)

    it('divide as floats', function()
        assert.same({ 0.5 }, list(tenmo.ids { 1 } / 2))
        assert.equal(math.huge, (tenmo.ids { 1 } / 0):item())
    end)

    it('are chosen by a condition in its own dtype', function()
        local condition = tenmo.tensor { 0.5, 0, -0.2 }
        assert.same({ 1, -7, 3 }, tenmo.where(condition, tenmo.ids { 1, 2, 3 }, -7):totable())
        assert.same({ 1, 2, 3 }, tenmo.where(0.5, tenmo.ids { 1, 2, 3 }, -7):totable())
        local tiny = tenmo.tensor({ 1e-300, 0 }, { dtype = 'float64' })
        local x = tenmo.tensor({ 1, 2 }, { requires_grad = true })
        tenmo.where(tiny, x, 0):sum():backward()
        assert.same({ 1, 0 }, x.grad:totable())
    end)

    it('powers of negative exponents are 0, but for 1 and -1', function()
        assert.same({ 0, 1, -1, 1 }, list(tenmo.ids { 2, 1, -1, -1 } ^ tenmo.ids { -1, -5, -3, -2 }))
    end)

    it('casts cut towards 0, saturate, and make NaN 0', function()
        local x = tenmo.tensor({ 1.9, -1.9, 300, -5, 0 / 0, 1e20 }, { dtype = 'float64' })
        assert.same({ 1, -1, 300, -5, 0, 2 ^ 31 - 1 }, list(x:int()))
        assert.same({ 1, 0, 255, 0, 0, 255 }, list(x:byte()))
        assert.same({ 1, 1, 1, 1, 1, 1 }, list(x:bool()))
    end)
end)

describe('NaN and infinity', function()
    local nan, inf = 0 / 0, math.huge
    local x = tenmo.tensor { nan, 1 }

    it('travel', function()
        for name, y in pairs {
            relu = x:relu(), maximum = x:maximum(0), minimum = x:minimum(5), clamp = x:clamp(0, 5), sign = x:sign(),
            abs = x:abs(),
            max = x:max(), min = x:min(), sum = x:sum(),
        } do
            local first = list(y)[1]
            assert.is_true(first ~= first, name)
        end
    end)

    it('large arguments do not overflow', function()
        local big = tenmo.tensor { -1000, -90, 90, 1000 }
        assert.same({ 0, 1 }, { list(big:sigmoid())[1], list(big:sigmoid())[4] })
        assert.same({ -1, -1, 1, 1 }, list(big:tanh()))
        assert.same({ 0, 1000 }, { list(big:softplus())[1], list(big:softplus())[4] })
        assert.same({ 0, 0, 0, 1 }, list(big:softmax()))
        assert.equal(0, list(big:log_softmax())[4])
        assert.equal(inf, list(big:exp())[4])
    end)
end)

describe('the first NaN', function()
    for _, n in ipairs { 3, 40, 5000 } do
        it('is the largest and the smallest of ' .. n, function()
            for _, at in ipairs { 1, math.floor(n / 2), n } do
                for _, dtype in ipairs { 'float32', 'float64' } do
                    local x = tenmo.arange(n):to(dtype)
                    x[{ { at, n } }] = 0 / 0
                    assert.equal(at - 1, x:argmax():item())
                    assert.equal(at - 1, x:argmin():item())
                    assert.same({ at - 1 }, x:reshape(n, 1):argmax(1):totable())
                end
            end
        end)
    end
end)

describe('elements of every width', function()
    for _, dtype in ipairs { 'uint8', 'bfloat16', 'float16', 'int32', 'float32', 'int64', 'float64' } do
        it(dtype .. ' are moved by ids, whatever lies between them', function()
            local x = tenmo.arange(24):to(dtype):reshape(2, 3, 4)
            local turned = x:transpose(1, 3) -- (4, 3, 2): element i, j, k is 12 k + 4 j + i
            local picked = turned:index_select(1, tenmo.ids { 3, 0 })
            assert.same({ { { 3, 15 }, { 7, 19 }, { 11, 23 } }, { { 0, 12 }, { 4, 16 }, { 8, 20 } } }, picked:totable())
            assert.same({ { { 8, 9, 10, 11 } }, { { 20, 21, 22, 23 } } }, x:index_select(2, tenmo.ids { 2 }):totable())
            local gathered = turned:gather(3, tenmo.ids { { { 1, 0, 1 } } })
            assert.same({ { { 12, 0, 12 } } }, gathered:totable())
            assert.equal(dtype, gathered.dtype)
        end)
    end
end)

describe('printing', function()
    for _, case in ipairs {
        { 'a number', tenmo.tensor(3.5), '3.5000 float32 ()' },
        { 'whole numbers', tenmo.tensor { 1, 2, 3 }, '[1., 2., 3.]\nfloat32 (3)' },
        { 'integers in columns', tenmo.ids { { 1, 20 }, { 300, 4 } }, '[[  1,  20],\n [300,   4]]\nint64 (2, 2)' },
        { 'booleans', tenmo.tensor { true, false }, '[ true, false]\nbool (2)' },
        { 'fractions', tenmo.tensor { 0.5, -1.25 }, '[ 0.5000, -1.2500]\nfloat32 (2)' },
        { 'nothing', tenmo.zeros(0, 3), '[]\nfloat32 (0, 3)' },
        { 'a leaf', tenmo.zeros(1, { requires_grad = true }), '[0.]\nfloat32 (1), requires_grad' },
        { 'a long vector', tenmo.arange(2000), '[   0,    1,    2, ..., 1997, 1998, 1999]\nint64 (2000)' },
        { 'three axes', tenmo.ids { { { 1 }, { 2 } }, { { 3 }, { 4 } } },
            '[[[1],\n  [2]],\n\n [[3],\n  [4]]]\nint64 (2, 2, 1)' },
    } do
        it(case[1], function()
            assert.equal(case[3], tostring(case[2]))
        end)
    end
end)

describe('scopes', function()
    it('empty what was made inside and not returned', function()
        local inside
        local kept, others = tenmo.scope(function()
            inside = tenmo.ones(3)
            return inside * 2, { tenmo.ones(2) }
        end)
        assert.same({ 2, 2, 2 }, list(kept))
        assert.same({ 1, 1 }, list(others[1]))
        assert.matches('released by tenmo.scope', (tensors.failure(function()
            return inside + 1
        end)))
    end)
end)

describe('every op', function()
    it('is a function and a method alike', function()
        for _, row in ipairs(tenmo.rows()) do
            if not row.internal then
                assert.is_function(tenmo[row.name], row.name)
            end
        end
        for _, op in ipairs(tenmo.compositions) do
            assert.is_true(op.func == false or tenmo[op.name] == op.run, op.name)
            assert.is_true(op.method == false or tenmo.methods[op.name] == op.run, op.name)
            assert.is_true(#op.doc > 0 and #op.signature > 0 and #op.example > 0, op.name)
        end
    end)
end)

describe('compositions', function()
    local naive = require 'spec.support.naive'

    local function array(...)
        return tensors.draw({ ... }, '-2..2', 'float64')
    end

    for _, case in ipairs {
        { 'dot', { 4 }, { 4 } }, { 'mm', { 3, 4 }, { 4, 2 } }, { 'mv', { 3, 4 }, { 4 } }, { 'vm', { 3 }, { 3, 4 } },
        { 'bmm', { 2, 3, 4 }, { 2, 4, 5 } },
    } do
        local name, a, b = unpack(case)
        it(name .. ' is the product of just these ranks', function()
            local x, w = array(unpack(a)), array(unpack(b))
            local y = tenmo[name](tensors.make(x, 'float64'), tensors.make(w, 'float64'))
            tensors.expect(y, naive.matmul(x, w), 'float64', name, 1e-12, 1e-12)
            local message = tensors.failure(tenmo[name], tenmo.ones(2, 3, 4), tenmo.ones(2, 3))
            assert.matches('^' .. name .. ': %(2, 3, 4%) x %(2, 3%): expected', message)
        end)
    end

    it('examples run, and give what they say', function()
        for _, op in ipairs(tenmo.compositions) do
            local code, result = op.example:match '^(.-)%s*%-%->%s*(.*)$'
            local head, body = 'local tenmo, x = ... ', code or op.example
            local f = loadstring(head .. 'return ' .. body) or assert(loadstring(head .. body))
            local y = f(tenmo, tenmo.ones(2, 3))
            if result and tenmo.is_tensor(y) then
                local numbers = {}
                for i, v in ipairs(list(y)) do
                    numbers[i] = ('%.4f'):format(v):gsub('%.?0+$', '')
                end
                assert.equal(result, table.concat(numbers, ', '), op.name)
            elseif result then
                assert.equal(result, '{' .. table.concat(y, ', ') .. '}', op.name)
            end
        end
    end)

    it('constructors', function()
        assert.same({ 0, 0 }, list(tenmo.zeros(2)))
        assert.same({ 1, 1 }, list(tenmo.ones { 2 }))
        local x = tenmo.ones(2, 3, { dtype = 'int32' })
        assert.same({ 'int32', 'float64', 'int32' },
            { tenmo.zeros_like(x).dtype, tenmo.ones_like(x, { dtype = 'float64' }).dtype, tenmo.full_like(x, 7).dtype })
        assert.same({}, tenmo.zeros({}).shape)
        assert.is_true(tenmo.zeros(2, { requires_grad = true }).requires_grad)
    end)
end)
