-- embedding_spec.lua: gradients kept as rows, against a dense twin; padding; optimizers that touch only those rows.
-- Values and gradients of embedding and embedding_bag themselves are held to their oracles in table_spec.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local IDS = tenmo.ids { { 3, 1, 3 }, { 7, 1, 3 } }

local function table_of(values)
    tenmo.manual_seed(4)
    return values or tenmo.randn(9, 5, { dtype = 'float64', requires_grad = true })
end

-- The loss weighs each element differently, so that no two gradients are alike.
local function backward(weight, options, ids)
    local y = tenmo.embedding(ids or IDS, weight, options)
    local scale = tenmo.arange(y:numel(), { dtype = 'float64' }):reshape(y.shape):mul(0.1):add(1)
    y:square():mul(scale):sum():backward()
    return weight
end

describe('gradients as rows', function()
    it('are the dense ones: each id once, rising, equal ids summed', function()
        local sparse, dense = backward(table_of(), { sparse = true }), backward(table_of())
        assert.is_nil(dense:grad_rows())
        local ids, rows = sparse:grad_rows()
        assert.same({ 1, 3, 7 }, ids:totable())
        assert.is_true(tensors.same(dense.grad:index_select(1, ids), rows))
        assert.is_true(tensors.same(dense.grad, sparse.grad))
    end)

    it('accumulate over several backwards, and beside dense ones', function()
        local sparse, dense = table_of(), table_of()
        for _, ids in ipairs { IDS, tenmo.ids { 0, 8, 7, 7 } } do
            backward(sparse, { sparse = true }, ids)
            backward(dense, nil, ids)
        end
        assert.same({ 0, 1, 3, 7, 8 }, (sparse:grad_rows()):totable())
        assert.is_true(tensors.same(dense.grad, sparse.grad))
        backward(sparse)
        backward(dense)
        assert.is_nil(sparse:grad_rows())
        assert.is_true(tensors.same(dense.grad, sparse.grad))
    end)

    it('stay rows when somebody looks at x.grad, and give way when it is written to', function()
        local weight = backward(table_of(), { sparse = true })
        assert.same({ 9, 5 }, weight.grad.shape)
        assert.is_truthy(weight:grad_rows())
        weight.grad:mul_(2)
        assert.is_nil(weight:grad_rows())
        local twice = backward(table_of()).grad * 2
        assert.is_true(tensors.same(twice, weight.grad))
        backward(weight, { sparse = true })
        assert.is_true(tensors.same(twice + backward(table_of()).grad, weight.grad))
        weight.grad = nil
        assert.is_nil(weight.grad)
    end)

    it('are added to a gradient that is a view of something else, in bytes of their own', function()
        local weight, given = table_of(), tenmo.ones(45, { dtype = 'float64' })
        weight.grad = given:view(9, 5)
        backward(weight, { sparse = true })
        local want = given:view(9, 5) + backward(table_of()).grad
        assert.is_true((want - weight.grad):abs():max():item() < 1e-13)
        assert.equal(45, given:sum():item())
    end)

    it('are dense for a table that is the result of an op, and where gradients are recorded', function()
        local weight = table_of()
        backward(weight * 2, { sparse = true })
        assert.is_nil(weight:grad_rows())
        weight.grad = nil
        tenmo.embedding(IDS, weight, { sparse = true }):square():sum():backward { create_graph = true }
        assert.is_nil(weight:grad_rows())
        local second = tenmo.grad(weight.grad:sum(), weight)
        assert.equal(2 * 3, second:at(3)[1]:item()) -- d2/dx2 of three squares of row 3
        assert.equal(0, second:at(0)[1]:item())
        weight.grad = nil
    end)

    it('leave the row of padding_idx alone', function()
        local sparse = backward(table_of(), { sparse = true, padding_idx = 3 })
        local dense = backward(table_of(), { padding_idx = 3 })
        assert.is_true(tensors.same(dense.grad, sparse.grad))
        assert.equal(0, dense.grad:at(3):abs():sum():item())
        assert.is_true(dense.grad:at(1):abs():sum():item() > 0)
    end)

    for _, mode in ipairs { 'sum', 'mean', 'max' } do
        it('of bags: ' .. mode, function()
            local function run(sparse)
                local weight = table_of()
                tenmo.embedding_bag(tenmo.ids { 4, 4, 2, 8, 1, 4 }, weight, tenmo.ids { 0, 3, 3 },
                    { mode = mode, sparse = sparse }):square():sum():backward()
                return weight
            end
            assert.is_true(tensors.same(run(false).grad, run(true).grad))
            assert.equal(mode ~= 'max', run(true):grad_rows() ~= nil)
        end)
    end

    it('have the same bits for any number of threads', function()
        local threads = tenmo.threads()
        local function run(n)
            tenmo.set_threads(n)
            tenmo.manual_seed(1)
            local weight = tenmo.randn(300, 64, { requires_grad = true })
            tenmo.embedding(tenmo.randint(0, 300, { 4000 }), weight, { sparse = true }):square():sum():backward()
            tenmo.set_threads(threads)
            return weight.grad
        end
        assert.is_true(tensors.same(run(1), run(3)))
    end)
end)

describe('an optimizer', function()
    local function sgd(settings)
        return function(parameters)
            return tenmo.optim.SGD(parameters, settings)
        end
    end
    local function adam(settings)
        return function(parameters)
            return tenmo.optim.Adam(parameters, settings)
        end
    end

    -- Rows that every step uses see the same numbers as a dense table; the others see none.
    for name, make in pairs {
        SGD = sgd { lr = 0.1 }, momentum = sgd { lr = 0.1, momentum = 0.9, nesterov = true },
        decay = sgd { lr = 0.1, weight_decay = 0.1 }, Adam = adam { lr = 0.1, weight_decay = 0.01 },
    } do
        it('touches only the rows that have a gradient: ' .. name, function()
            local sparse, dense = table_of(), table_of()
            local before = sparse:detach():clone()
            local one, other = make { sparse }, make { dense }
            for _ = 1, 3 do
                for weight, optimizer in pairs { [sparse] = one, [dense] = other } do
                    optimizer:zero_grad()
                    backward(weight, { sparse = weight == sparse })
                    optimizer:step()
                end
            end
            local used, unused = tenmo.ids { 1, 3, 7 }, tenmo.ids { 0, 2, 4, 5, 6, 8 }
            assert.is_true(tensors.same(dense:detach():index_select(1, used), sparse:detach():index_select(1, used)))
            assert.is_true(tensors.same(before:index_select(1, unused), sparse:detach():index_select(1, unused)))
        end)
    end
end)

describe('index_add_', function()
    it('writes the rows in place, without a node; one row goes to every id', function()
        local x, row = tenmo.zeros(4, 2), tenmo.tensor { 1, 2 }
        local nodes = tenmo.counts().nodes
        assert.is_true(rawequal(x, x:index_add_(1, tenmo.ids { 0, 3, 0 }, row, { alpha = 2 })))
        assert.same({ { 4, 8 }, { 0, 0 }, { 0, 0 }, { 2, 4 } }, x:totable())
        x:index_add_(1, tenmo.ids { 0, 1 }, x[{ { 1, 2 } }])
        assert.same({ { 8, 16 }, { 0, 0 }, { 0, 0 }, { 2, 4 } }, x:totable())
        assert.equal(nodes, tenmo.counts().nodes)
    end)

    it('refuses a leaf that needs a gradient, and changes nothing where an id is wrong', function()
        local x = tenmo.zeros(2, 2)
        assert.matches('index_add: id 2 is out of range', tensors.failure(x.index_add_, x, 1, tenmo.ids { 0, 2 },
            tenmo.tensor { 1, 1 }))
        assert.same({ { 0, 0 }, { 0, 0 } }, x:totable())
        x.requires_grad = true
        assert.matches('index_add_: x is a leaf that needs a gradient',
            tensors.failure(x.index_add_, x, 1, tenmo.ids { 0 }, tenmo.tensor { 1, 1 }))
    end)
end)

describe('bad input', function()
    local weight = tenmo.zeros(4, 2)
    for what, case in pairs {
        ['embedding: id 4 is out of range'] = { tenmo.embedding, tenmo.ids { 1, 4 }, weight },
        ['embedding: id %-1 is out of range'] = { tenmo.embedding, tenmo.ids { -1 }, weight },
        ['embedding: ids must be integers .*float32'] = { tenmo.embedding, tenmo.ones(2), weight },
        ['embedding: weight is the table.*%(4%)'] = { tenmo.embedding, tenmo.ids { 1 }, tenmo.zeros(4) },
        ['embedding: padding_idx is an id, 0 to 3 here; got 4'] = { tenmo.embedding, tenmo.ids { 1 }, weight,
            { padding_idx = 4 } },
        ['embedding_bag: id 9 is out of range'] = { tenmo.embedding_bag, tenmo.ids { { 9 } }, weight },
        ['embedding_bag: ids have shape %(2%)'] = { tenmo.embedding_bag, tenmo.ids { 1, 2 }, weight },
        ['embedding_bag: with offsets ids are one list'] = { tenmo.embedding_bag, tenmo.ids { { 1 } }, weight,
            tenmo.ids { 0 } },
        ['embedding_bag: offsets begin with 0.*bag 0'] = { tenmo.embedding_bag, tenmo.ids { 1 }, weight,
            tenmo.ids { 1 } },
        ['embedding_bag: offsets begin with 0.*end at 2.*bag 2'] = { tenmo.embedding_bag, tenmo.ids { 1, 2 }, weight,
            tenmo.ids { 0, 2, 1 } },
        ['embedding_bag: expected a table of float32'] = { tenmo.embedding_bag, tenmo.ids { { 1 } },
            tenmo.ids { { 1, 2 } } },
    } do
        it(what, function()
            assert.matches(what, tensors.failure(unpack(case)))
        end)
    end
end)

describe('layers', function()
    it('keep the row of the padding at 0', function()
        local layer = tenmo.nn.Embedding(4, 3, { padding_idx = 2, sparse = true })
        local sgd = tenmo.optim.SGD(layer:parameters(), { lr = 1 })
        layer(tenmo.ids { 2, 1, 2 }):sum():backward()
        sgd:step()
        assert.same({ 0, 0, 0 }, layer.weight:at(2):totable())
        assert.matches('padding_idx is an id, 0 to 3 here; got 4', tensors.failure(tenmo.nn.Embedding, 4, 3,
            { padding_idx = 4 }))
    end)

    it('weigh each id of a bag', function()
        local layer = tenmo.nn.EmbeddingBag(4, 2, { mode = 'sum', dtype = 'float64', sparse = true })
        local ids, weights = tenmo.ids { 3, 0, 3 }, tenmo.tensor({ 2, 5, -1 }, { dtype = 'float64' })
        local want = layer.weight:at(3) * 2 + layer.weight:at(0) * 5
        assert.is_true(tensors.same(want:detach(), layer(ids, tenmo.ids { 0, 2 }, weights)[1]:detach()))
        layer(ids, tenmo.ids { 0, 2 }, weights):sum():backward()
        assert.same({ { 5, 5 }, { 0, 0 }, { 0, 0 }, { 1, 1 } }, layer.weight.grad:totable())
        assert.equal(weights:sum():item(), 6)
        assert.matches("need mode = 'sum'", tensors.failure(tenmo.nn.EmbeddingBag(4, 2), ids, nil, weights))
    end)
end)
