-- optim_spec.lua: optimizers against one update of plain numbers.

local oracles = require 'spec.oracles'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local CASES = {
    { 'SGD', 'sgd', { lr = 0.1 } },
    { 'SGD', 'sgd', { lr = 0.1, momentum = 0.9 } },
    { 'SGD', 'sgd', { lr = 0.1, momentum = 0.9, weight_decay = 0.01 } },
    { 'SGD', 'sgd', { lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 0.1 } },
    { 'SGD', 'sgd', { lr = 0.1, weight_decay = 0.1 } },
    { 'Adam', 'adam', { lr = 0.01 } },
    { 'Adam', 'adam', { lr = 0.01, beta1 = 0.8, beta2 = 0.99, eps = 1e-3, weight_decay = 0.1 } },
    { 'AdamW', 'adam', { lr = 0.01, weight_decay = 0.1 }, { decoupled = true } },
    { 'AdamW', 'adam', { lr = 0.01 }, { decoupled = true, weight_decay = 0.01 } }, -- the default decay
}

local function merged(a, b)
    local all = {}
    for _, t in ipairs { a, b or {} } do
        for k, v in pairs(t) do
            all[k] = v
        end
    end
    return all
end

local function text(settings)
    local words = {}
    for k, v in pairs(settings) do
        words[#words + 1] = ('%s = %s'):format(k, tostring(v))
    end
    table.sort(words)
    return table.concat(words, ', ')
end

local TOLERANCE = { float32 = 1e-5, float64 = 1e-12 }

describe('optimizers', function()
    for _, case in ipairs(CASES) do
        for dtype, tolerance in pairs(TOLERANCE) do
            it(('%s {%s} on %s: five steps'):format(case[1], text(case[3]), dtype), function()
                -- two parameters, one of more than a block; gradients depend on the parameters
                local shapes, params, numbers, states = { { 3 }, { 7, 61 } }, {}, {}, {}
                for i, shape in ipairs(shapes) do
                    local array = tensors.draw(shape, '-2..2', 'float64')
                    params[i] = tensors.make(array, dtype):detach()
                    params[i].requires_grad = true
                    numbers[i], states[i] = array, {}
                end
                local optimizer = tenmo.optim[case[1]](params, case[3])
                for _ = 1, 5 do
                    optimizer:zero_grad()
                    local loss = (params[1]:square():sum() + (params[2] * params[2] * 0.5):sum())
                    loss:backward()
                    optimizer:step()
                    for i, array in ipairs(numbers) do
                        for k, v in ipairs(array) do
                            states[i][k] = states[i][k] or {}
                            array[k] = oracles[case[2]](v, i == 1 and 2 * v or v, states[i][k],
                                merged(case[3], case[4]))
                        end
                    end
                end
                for i, param in ipairs(params) do
                    tensors.expect(param:detach(), numbers[i], dtype, case[1] .. ' parameter ' .. i, tolerance,
                        tolerance)
                end
            end)
        end
    end

    local function parameter(...)
        return tenmo.tensor({ ... }, { requires_grad = true })
    end

    it('skips a parameter without a gradient, and says so', function()
        local a, b = parameter(1, 2), parameter(3, 4)
        local optimizer = tenmo.optim.SGD({ a, b }, { lr = 0.5 })
        a:sum():backward()
        optimizer:step()
        assert.same({ 0.5, 1.5 }, tensors.flatten(a))
        assert.same({ 3, 4 }, tensors.flatten(b))
        assert.same({ 2 }, optimizer:unmoved())
        assert.is_true(optimizer:updated(1))
        assert.is_false(optimizer:updated(2))
    end)

    it('settings are read and set between steps', function()
        local a = parameter(1)
        local optimizer = tenmo.optim.SGD({ a }, { lr = 0.5 })
        assert.equal(0.5, optimizer.lr)
        optimizer.lr = 0.25
        a:sum():backward()
        optimizer:step()
        assert.equal(0.75, a[1]:item())
        assert.equal(0.9, tenmo.optim.Adam({ parameter(1) }).beta1)
    end)

    it('zero_grad clears', function()
        local a = parameter(1)
        local optimizer = tenmo.optim.SGD({ a }, { lr = 1 })
        a:sum():backward()
        optimizer:zero_grad()
        assert.is_true(a.grad == nil or a.grad[1]:item() == 0)
        a:sum():backward()
        assert.equal(1, a.grad[1]:item())
    end)

    for _, kind in ipairs { 'SGD', 'Adam' } do
        it(kind .. ' goes on from a copy of its state with the same bits', function()
            local settings = kind == 'SGD' and { lr = 0.1, momentum = 0.9 } or { lr = 0.1 }
            local function advance(a, optimizer, n)
                for _ = 1, n do
                    optimizer:zero_grad();
                    (a * a * a):sum():backward()
                    optimizer:step()
                end
            end
            local a = parameter(1, -2, 3)
            local optimizer = tenmo.optim[kind]({ a }, settings)
            advance(a, optimizer, 3)
            local b = parameter(unpack(tensors.flatten(a)))
            local second = tenmo.optim[kind]({ b }, settings)
            second:set_state(1, optimizer:state(1))
            assert.equal(3, second:state(1).steps)
            advance(a, optimizer, 2)
            advance(b, second, 2)
            assert.same(tensors.flatten(a), tensors.flatten(b))
        end)
    end

    it('refuse what cannot be trained', function()
        local x = tenmo.ones(2)
        for _, case in ipairs {
            { { x }, 'parameter 1, shape %(2%), does not require a gradient' },
            { {}, 'empty table' },
            { { parameter(1) * 2 }, 'is the result of an op' },
        } do
            assert.matches('SGD: .*' .. case[2], (tensors.failure(tenmo.optim.SGD, case[1], { lr = 0.1 })))
        end
        local a = parameter(1)
        assert.matches("there is no option 'momentun'; did you mean 'momentum'%?",
            (tensors.failure(tenmo.optim.SGD, { a }, { momentun = 0.9 })))
        assert.matches('the same tensor', (tensors.failure(tenmo.optim.SGD, { a, a }, { lr = 0.1 })))
        assert.matches('nesterov', (tensors.failure(tenmo.optim.SGD, { a }, { lr = 0.1, nesterov = true })))
    end)
end)
