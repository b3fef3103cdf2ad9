-- nn_spec.lua: modules, layers, initialisation, losses.

local naive = require 'spec.support.naive'
local oracles = require 'spec.oracles'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'
local nn = tenmo.nn

local function names(model)
    local list = {}
    for name in model:named_parameters() do
        list[#list + 1] = name
    end
    return list
end

local function mlp()
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10))
end

describe('nn.Module', function()
    it('finds what lies in a plain table, which may be filled later', function()
        local Net = nn.class 'Net'
        function Net:init()
            self.layers = {}
            self.heads = { b = nn.Linear(2, 1), a = { nn.Linear(2, 1) } }
            self.sizes = { 2, 2, 2 }
            for i = 1, 11 do
                self.layers[i] = nn.Linear(2, 2, { bias = false })
            end
            self.layers.again = self.layers[1]
        end
        local net = Net()
        local list = names(net)
        assert.equal(11 + 4, #list)
        assert.same({ 'layers.1.weight', 'layers.2.weight', 'layers.11.weight', 'heads.a.1.weight', 'heads.b.bias' },
            { list[1], list[2], list[11], list[12], list[15] })
        assert.equal('float64', net:double().layers[11].weight.dtype)
        assert.matches('heads.a.1 +Linear +weight %(1, 2%)  bias %(1%) +3\n', tostring(net))
        net.layers.again = net.layers
        assert.equal(15, #net:parameters())
    end)

    it('names parameters in the order in which they were set', function()
        local Net = nn.class 'Net'
        function Net:init()
            self.second = nn.Linear(2, 3)
            self.first = nn.Linear(3, 1, { bias = false })
            self.scale = tenmo.ones(1, { requires_grad = true })
            self.mean = tenmo.zeros(1) -- a buffer
        end
        function Net:forward(x)
            return self.first(self.second(x)) * self.scale
        end
        local net = Net()
        assert.same({ 'second.weight', 'second.bias', 'first.weight', 'scale' }, names(net))
        assert.equal(4, #net:parameters())
        assert.equal(6 + 3 + 3 + 1, net:count())
        assert.same({ 5, 1 }, net(tenmo.ones(5, 2)).shape)
        assert.equal(5, (function(n)
            for _ in pairs(net:state()) do
                n = n + 1
            end
            return n
        end)(0))
    end)

    it('a parameter used in two places counts once', function()
        local shared = nn.Linear(2, 2)
        assert.equal(6, nn.Sequential(shared, nn.ReLU(), shared):count())
    end)

    it('train and eval reach every part', function()
        local model = mlp():eval()
        assert.is_false(model.training)
        assert.is_false(model[3].training)
        model:train()
        assert.is_true(model[3].training)
    end)

    it('zero_grad clears every gradient', function()
        local model = nn.Linear(2, 1)
        model(tenmo.ones(1, 2)):sum():backward()
        assert.is_not_nil(model.weight.grad)
        model:zero_grad()
        assert.is_nil(model.weight.grad)
    end)

    it('to changes the dtype of what is floating', function()
        local model = nn.Sequential(nn.Linear(2, 3)):double()
        assert.equal('float64', model[1].weight.dtype)
        assert.is_true(model[1].weight.requires_grad)
        assert.is_true(model[1].weight:is_leaf())
        assert.equal('float64', model(tenmo.ones(1, 2, { dtype = 'float64' })).dtype)
    end)

    it('finds what was no tensor at first', function()
        local Net = nn.class 'Net'
        function Net:init()
            self.scale = false
            self.inner = nn.Linear(2, 1)
            self.scale = tenmo.ones(1, { requires_grad = true })
        end
        assert.same({ 'inner.weight', 'inner.bias', 'scale' }, names(Net()))
    end)

    it('to keeps shared weights shared, and knows the halves', function()
        local model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        model[2].weight = model[1].weight
        model:double()
        assert.is_true(rawequal(model[1].weight, model[2].weight))
        assert.equal('float64', model[2].weight.dtype)
        assert.equal('bfloat16', model:to('bfloat16')[2].bias.dtype)
        assert.equal('float32', model:float()[2].bias.dtype)
        for _, target in ipairs { 'int64', false } do
            assert.equal("to: expected a device, 'cpu' or 'cuda', or a dtype of floats for the model's, got "
                .. tostring(target), (tensors.failure(model.to, model, target)))
        end
    end)

    it('a class is given a name and a class', function()
        assert.matches('^class: expected a name .* got nil and nil', (tensors.failure(nn.class)))
        assert.matches('got string and number', (tensors.failure(nn.class, 'Net', 3)))
        assert.matches('got string and table', (tensors.failure(nn.class, 'Net', nn.Linear(2, 2))))
        assert.is_true(nn.Module.is_module(nn.class('Net', nn.Linear)(2, 2)))
    end)

    it('state goes into another model, and the two are apart then', function()
        tenmo.manual_seed(1)
        local a, b = mlp(), mlp()
        local x = tenmo.randn(3, 784)
        b:load_state(a:state())
        assert.is_true(tensors.same(a(x):detach(), b(x):detach()))
        tenmo.no_grad(function()
            a[2].weight:zero_()
        end)
        assert.is_false(tensors.same(a(x):detach(), b(x):detach()))
    end)

    it('load_state explains what does not fit', function()
        local model, state = nn.Linear(2, 3), nn.Linear(2, 4):state()
        assert.equal("load_state: 'weight' is (3, 2) in the model, (4, 2) in the state",
            (tensors.failure(model.load_state, model, state)))
        assert.equal("load_state: 'weight' is missing", (tensors.failure(model.load_state, model, {})))
        assert.equal("load_state: the model has no 'wait'; it has weight, bias",
            (tensors.failure(model.load_state, model, { wait = 1 })))
        assert.equal("load_state: 'bias' is a number, not a tensor",
            (tensors.failure(model.load_state, model, { bias = 1 })))
        assert.equal('load_state: expected a table of tensors by name, as state() gives it, got string; load reads a '
            .. 'file', (tensors.failure(model.load_state, model, 'x')))
        assert.matches('got a module$', (tensors.failure(model.load_state, model, model)))
    end)

    it('prints as a table with parameter counts', function()
        assert.equal(table.concat({
            'Sequential',
            '  layer  kind     tensors                        parameters',
            '  1      Flatten',
            '  2      Linear   weight (128, 784)  bias (128)     100,480',
            '  3      ReLU',
            '  4      Linear   weight (32, 128)  bias (32)         4,128',
            '  5      ReLU',
            '  6      Linear   weight (10, 32)  bias (10)            330',
            '  total                                             104,938',
        }, '\n'), tostring(mlp()))
    end)

    it('a missing forward is explained', function()
        local Empty = nn.class 'Empty'
        assert.matches('^Empty has no forward', (tensors.failure(Empty())))
    end)

    it('a misspelt layer is near another', function()
        assert.equal("nn has no 'Liner'; did you mean 'Linear'?", (tensors.failure(function()
            return nn.Liner
        end)))
    end)
end)

describe('layers', function()
    it('Linear is x W^T + b', function()
        local layer = nn.Linear(4, 3, { dtype = 'float64' })
        nn.init.normal_(layer.bias)
        local x = tensors.draw({ 5, 4 }, '-2..2', 'float64')
        local want = oracles.linear.cases[1].want(x, tensors.array(layer.weight), tensors.array(layer.bias))
        tensors.expect(layer(tensors.make(x, 'float64')):detach(), want, 'float64', 'Linear', 1e-12, 1e-12)
        assert.is_nil(nn.Linear(4, 3, { bias = false }).bias)
    end)

    it('a wrong width names the layer, what it expected and what it got', function()
        local model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(4, 1))
        assert.equal("Linear(4, 1), layer '3': expected an input (..., 4), got (2, 3)",
            (tensors.failure(model, tenmo.ones(2, 4))))
        assert.equal('Linear(4, 3): expected an input (..., 4), got (5)',
            (tensors.failure(nn.Linear(4, 3), tenmo.ones(5))))
    end)

    it('the error has the line of the script', function()
        local model = nn.Sequential(nn.Linear(4, 3))
        local line = debug.getinfo(1, 'l').currentline + 1
        local _, message = pcall(function() return (model(tenmo.ones(2, 5))) end)
        assert.matches('nn_spec.lua:' .. line .. ': ', message)
    end)

    it('Sequential with fused layers gives the bits of separate ones, and the same gradients', function()
        tenmo.manual_seed(3)
        local model = nn.Sequential(nn.Linear(20, 33), nn.ReLU(), nn.Linear(33, 7), nn.Tanh())
        local x = tenmo.randn(9, 20, { requires_grad = true })
        local fused = model(x)
        fused:sum():backward()
        local gx, gw = x.grad, model[1].weight.grad
        x.grad = nil
        model:zero_grad()
        local y = x
        for i = 1, #model do
            y = model[i](y)
        end
        y:sum():backward()
        assert.is_true(tensors.same(fused:detach(), y:detach()))
        assert.is_true(tensors.same(gx, x.grad))
        assert.is_true(tensors.same(gw, model[1].weight.grad))
    end)

    it('Flatten keeps the first axis', function()
        assert.same({ 2, 12 }, nn.Flatten()(tenmo.ones(2, 3, 4)).shape)
        assert.same({ 0, 12 }, nn.Flatten()(tenmo.ones(0, 3, 4)).shape)
        assert.same({ 3, 1 }, nn.Flatten()(tenmo.ones(3)).shape)
    end)

    for _, name in ipairs { 'ReLU', 'Sigmoid', 'Tanh' } do
        it(name .. ' is its op', function()
            local x = tenmo.tensor { -1, 0, 2 }
            assert.is_true(tensors.same(nn[name]()(x), tenmo[name:lower()](x)))
        end)
    end
end)

describe('nn.init', function()
    -- mean and deviation of a large weight (300, 200): 200 inputs, 300 outputs
    for _, case in ipairs {
        { 'kaiming_normal_', nil, math.sqrt(2 / 200) },
        { 'kaiming_normal_', { mode = 'fan_out' }, math.sqrt(2 / 300) },
        { 'kaiming_normal_', { nonlinearity = 'tanh' }, 5 / 3 / math.sqrt(200) },
        { 'kaiming_normal_', { nonlinearity = 'leaky_relu', a = 1 }, 1 / math.sqrt(200) },
        { 'kaiming_uniform_', nil, math.sqrt(2 / 200), true },
        { 'xavier_normal_', nil, math.sqrt(2 / 500) },
        { 'xavier_uniform_', nil, math.sqrt(2 / 500), true },
        { 'xavier_uniform_', 5 / 3, 5 / 3 * math.sqrt(2 / 500), true },
    } do
        local name, option, deviation, uniform = unpack(case)
        it(('%s has deviation %.4f'):format(name, deviation), function()
            tenmo.manual_seed(1)
            local w = tenmo.zeros(300, 200, { requires_grad = true })
            assert.is_true(rawequal(w, nn.init[name](w, option)))
            local n, sum, squares, most = 60000, 0, 0, 0
            for _, v in ipairs(tensors.flatten(w)) do
                sum, squares, most = sum + v, squares + v * v, math.max(most, math.abs(v))
            end
            assert.is_true(math.abs(sum / n) < 5 * deviation / math.sqrt(n))
            assert.is_true(math.abs(math.sqrt(squares / n) / deviation - 1) < 5 / math.sqrt(2 * n))
            assert.is_true(not uniform or (most <= deviation * math.sqrt(3) * (1 + 1e-6) and most > deviation * 1.7))
            assert.is_true(w:is_leaf() and w.requires_grad)
        end)
    end

    it('explains what it cannot fill', function()
        assert.equal('xavier_normal_: expected a weight of at least two axes (out, in), got (3)',
            (tensors.failure(nn.init.xavier_normal_, tenmo.ones(3))))
        assert.matches("unknown nonlinearity 'relo'", (tensors.failure(nn.init.calculate_gain, 'relo')))
        assert.equal('normal_: expected a tensor to fill, got nil', (tensors.failure(nn.init.normal_)))
        assert.equal('kaiming_normal_: expected a tensor to fill, got table',
            (tensors.failure(nn.init.kaiming_normal_, nn.Linear(2, 2))))
        assert.equal('uniform_: low is a number, got string', (tensors.failure(nn.init.uniform_, tenmo.ones(2), 'x')))
        assert.equal("kaiming_normal_: unknown option 'mod'; did you mean 'mode'?",
            (tensors.failure(nn.init.kaiming_normal_, tenmo.ones(2, 2), { mod = 'fan_out' })))
        assert.equal("nn.init has no 'normal'; did you mean 'normal_'?", (tensors.failure(function()
            return nn.init.normal
        end)))
    end)

    it('Linear starts as Kaiming says, with a bias of 0', function()
        tenmo.manual_seed(1)
        local layer = nn.Linear(200, 300)
        local squares = 0
        for _, v in ipairs(tensors.flatten(layer.weight)) do
            squares = squares + v * v
        end
        assert.is_true(math.abs(math.sqrt(squares / 60000 / (2 / 200)) - 1) < 0.02)
        assert.equal(0, layer.bias:abs():max():item())
    end)
end)

describe('losses', function()
    local POINTWISE = {
        mse_loss = function(x, t)
            return (x - t) ^ 2
        end,
        l1_loss = function(x, t)
            return math.abs(x - t)
        end,
        binary_cross_entropy = oracles.bce,
        binary_cross_entropy_with_logits = function(x, t)
            return oracles.bce(1 / (1 + math.exp(-x)), t)
        end,
    }
    local MODULES = { mse_loss = 'MSELoss', l1_loss = 'L1Loss', binary_cross_entropy = 'BCELoss',
        binary_cross_entropy_with_logits = 'BCEWithLogitsLoss' }

    for name, pointwise in pairs(POINTWISE) do
        for _, reduction in ipairs { 'mean', 'sum', 'none' } do
            it(('%s, %s: value and gradient'):format(name, reduction), function()
                local probability = name == 'binary_cross_entropy'
                local x = tensors.draw({ 3, 4 }, probability and '0.1..0.9' or '-2..2!0', 'float64')
                local t = tensors.draw({ 3, 4 }, '0..1', 'float64')
                local function want()
                    local each = naive.map(pointwise, x, t)
                    if reduction == 'none' then
                        return each
                    end
                    return naive.reduce(each, nil, false, function(list)
                        return naive.total(list) / (reduction == 'mean' and #list or 1)
                    end)
                end
                local leaf = tensors.make(x, 'float64'):detach():requires_grad_()
                local target = tensors.make(t, 'float64')
                local y = tenmo[name](leaf, target, { reduction = reduction })
                tensors.expect(y:detach(), want(), 'float64', name, 1e-12, 1e-12)
                local module = nn[MODULES[name]] { reduction = reduction }
                assert.is_true(tensors.same(y:detach(), module(leaf, target):detach()))
                y:sum():backward()
                local slope = { shape = x.shape }
                for i = 1, #x do
                    local kept, sides = x[i], {}
                    for side = 1, 2 do
                        x[i] = kept + (side == 1 and 1e-5 or -1e-5)
                        sides[side] = naive.total(want())
                    end
                    x[i] = kept
                    slope[i] = (sides[1] - sides[2]) / 2e-5
                end
                tensors.expect(leaf.grad, slope, 'float64', name .. ' gradient', 1e-6, 1e-7)
            end)
        end
    end

    it('with logits are exact far from 0', function()
        local x = tenmo.tensor({ -200, 200, 200 }, { requires_grad = true })
        local y = tenmo.binary_cross_entropy_with_logits(x, tenmo.tensor { 0, 1, 0 }, { reduction = 'none' })
        assert.same({ 0, 0, 200 }, tensors.flatten(y))
        y:sum():backward()
        assert.same({ 0, 0, 1 }, tensors.flatten(x.grad))
    end)

    it('refuse shapes that would broadcast', function()
        assert.equal('mse_loss: (4, 1) and target (4): expected equal shapes; did you mean target:reshape(x.shape)?',
            (tensors.failure(tenmo.mse_loss, tenmo.ones(4, 1), tenmo.ones(4))))
        assert.equal("mse_loss: option 'reduction' can't be 'avg'; it is one of mean/sum/none",
            (tensors.failure(tenmo.mse_loss, tenmo.ones(4), tenmo.ones(4), { reduction = 'avg' })))
        assert.equal("l1_loss: there is no option 'reduce'; there are: reduction",
            (tensors.failure(tenmo.l1_loss, tenmo.ones(4), tenmo.ones(4), { reduce = 'sum' })))
    end)

    it('CrossEntropyLoss and nn.functional are the same functions', function()
        local x, ids = tenmo.randn(3, 4), tenmo.ids { 0, 3, 1 }
        assert.equal(tenmo.cross_entropy(x, ids):item(), nn.CrossEntropyLoss()(x, ids):item())
        assert.equal(tenmo.cross_entropy, nn.functional.cross_entropy)
        assert.equal(tenmo.mse_loss, nn.functional.mse_loss)
    end)
end)

describe('layers that behave differently while they are trained', function()
    it('BatchNorm keeps running statistics, and uses them after eval()', function()
        local norm = nn.BatchNorm1d(2, { momentum = 0.5 })
        local y = norm(tenmo.tensor { { 1, 10 }, { 3, 30 } })
        assert.near(-1, y:at(0):totable()[1], 1e-4)
        assert.same({ 1, 10 }, norm.running_mean:totable())
        assert.same({ 0.5 * 1 + 0.5 * 2, 0.5 * 1 + 0.5 * 200 }, norm.running_var:totable())
        assert.same({ 'weight', 'bias' }, names(norm))
        norm:eval()
        local z = norm(tenmo.tensor { { 2, 10 } }):totable()[1]
        assert.near(1 / math.sqrt(1.5), z[1], 1e-4)
        assert.near(0, z[2], 1e-6)
        assert.same({ 1, 10 }, norm.running_mean:totable())
    end)

    it('Dropout drops its share, scales the rest, and passes gradients where it passed x', function()
        tenmo.manual_seed(1)
        local x = tenmo.ones(10000, { requires_grad = true })
        local drop = nn.Dropout(0.25)
        local y = drop(x)
        y:sum():backward()
        local kept = y:gt(0):float():mean():item()
        assert.near(0.75, kept, 0.025)
        assert.near(4 / 3, y:max():item(), 1e-6)
        assert.is_true(tensors.same(y:detach(), x.grad))
        assert.equal(x, drop:eval()(x))
    end)

    it('back through a convolution\'s ReLU flows what it let pass, for planes of any size', function()
        tenmo.manual_seed(3)
        for _, case in ipairs { { 'float32', 1 }, { 'float32', 65 }, { 'float64', 130 }, { 'float32', 4321 } } do
            local dtype, n = unpack(case)
            local options = { dtype = dtype }
            local x, w, b = tenmo.randn(2, 3, n, options), tenmo.randn(2, 3, 1, options), tenmo.randn(2, options)
            w.requires_grad, b.requires_grad = true, true
            local y, m = tenmo.conv1d(x, w, b, { relu = true }), tenmo.randn(2, 2, n, options)
            y:mul(m):sum():backward()
            local xs, ys, ms = tensors.flatten(x), tensors.flatten(y:detach()), tensors.flatten(m)
            local dw, db = naive.array({ 2, 3, 1 }, { 0, 0, 0, 0, 0, 0 }), naive.array({ 2 }, { 0, 0 })
            for at, v in ipairs(ys) do
                local image, channel, place = math.floor((at - 1) / n / 2), math.floor((at - 1) / n) % 2, (at - 1) % n
                local flow = v > 0 and ms[at] or 0
                db[channel + 1] = db[channel + 1] + flow
                for c = 0, 2 do
                    local k = channel * 3 + c + 1
                    dw[k] = dw[k] + flow * xs[(image * 3 + c) * n + place + 1]
                end
            end
            local near = dtype == 'float32' and 2e-5 or 1e-12
            tensors.expect(b.grad, db, dtype, 'bias', near, near * math.sqrt(n))
            tensors.expect(w.grad, dw, dtype, 'weight', near, near * math.sqrt(n))
        end
    end)

    it('a convolution and the ReLU after it run as one, with the same result', function()
        tenmo.manual_seed(1)
        local conv, x = nn.Conv2d(2, 3, 3, { padding = 'same' }), tenmo.randn(2, 2, 5, 4)
        assert.is_true(tensors.same(conv(x):relu(), nn.Sequential(conv, nn.ReLU())(x)))
        assert.same({ 2, 3, 5, 4 }, conv(x).shape)
    end)
end)
