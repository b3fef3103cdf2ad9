-- help_spec.lua: everything public has its line, examples print what they say, and help shows it.

local tenmo = require 'tenmo'
local docs = require 'tenmo.docs'
local help = require 'tenmo.help'

help.load_all() -- pairs(tenmo) and pairs(tenmo.methods) are to meet everything

local function known(list)
    local set = {}
    for _, row in ipairs(tenmo.rows()) do
        set['tenmo.' .. row.name], set['x:' .. row.name], set['x:' .. row.name .. '_'] = true, true, true
    end
    for _, op in ipairs(tenmo.compositions) do
        set['tenmo.' .. op.name], set['x:' .. op.name], set['x:' .. op.name .. '_'] = true, true, true
    end
    local missing = {}
    for _, name in ipairs(list) do
        if not set[name] and not docs.names[name] then
            missing[#missing + 1] = name
        end
    end
    return missing
end

-- The public names of a table, under a prefix; what begins with _ is private.
local function names(prefix, t, list)
    list = list or {}
    for key in pairs(t) do
        if type(key) == 'string' and not key:find '^_' then
            list[#list + 1] = prefix .. key
        end
    end
    table.sort(list)
    return list
end

describe('docs.lua has a line for every', function()
    it('function and part of tenmo', function()
        assert.same({}, known(names('tenmo.', getmetatable(tenmo).parts, names('tenmo.', tenmo))))
    end)

    it('method and field of a tensor', function()
        assert.same({}, known(names('x:', tenmo.methods)))
        for _, field in ipairs { 'shape', 'dtype', 'device', 'grad', 'requires_grad' } do
            assert.is_table(docs.names['x.' .. field])
        end
    end)

    it('layer, loss and initialisation', function()
        local files
        local index = getmetatable(tenmo.nn).__index
        for i = 1, 10 do
            local name, value = debug.getupvalue(index, i)
            files = name == 'FILES' and value or files
        end
        local list = names('nn.', files, { 'nn.Module', 'nn.class', 'nn.functional' })
        assert.same({}, known(names('init.', tenmo.nn.init, list)))
    end)

    it('method of a module', function()
        local list = names('model:', tenmo.nn.Module)
        for i = #list, 1, -1 do
            if type(tenmo.nn.Module[list[i]:sub(7)]) ~= 'function' then
                table.remove(list, i)
            end
        end
        assert.same({}, known(list))
    end)

    it('optimizer, and method of one', function()
        assert.same({}, known(names('optim.', tenmo.optim)))
        local optimizer = tenmo.optim.SGD({ tenmo.ones(1, { requires_grad = true }) }, { lr = 1 })
        local _, methods = debug.getupvalue(debug.getmetatable(optimizer).__index, 1)
        assert.same({}, known(names('optimizer:', methods)))
    end)

    it('function of data', function()
        local list = {}
        for key, value in pairs(tenmo.data) do
            list[#list + 1] = type(value) == 'function' and 'data.' .. key or nil
        end
        assert.same({}, known(list))
    end)

    it('function of regex and text, and method of what they make', function()
        local list = names('re:', tenmo.regex.methods, names('text.', tenmo.text, { 'regex.escape' }))
        names('clean:', tenmo.text.cleaner.methods, list)
        names('feed:', tenmo._text.feed_methods, list)
        assert.same({}, known(list))
    end)

    it('part of text, and method of a tokenizer', function()
        local _, parts_of_text = debug.getupvalue(getmetatable(tenmo.text).__index, 1)
        local methods = names('tokenizer:', require('tenmo.bind.tokens').methods)
        assert.same({}, known(names('text.', parts_of_text, methods)))
    end)

    it('method of what programs show and of data', function()
        local list = names('draw.', tenmo.draw)
        names('npz.', tenmo.npz, list)
        names('safetensors.', tenmo.safetensors, list)
        names('npy.', { map = 1, save = 1, writer = 1 }, list)
        names('flags.', { parse = tenmo.flags.parse, start = tenmo.flags.start }, list)
        names('bar:', getmetatable(tenmo.progress(1, { keep = false })).__index, list)
        names('story:', getmetatable(tenmo.trace(function() end)).__index, list)
        local digits = tenmo.data.digits()
        for key, value in pairs(getmetatable(digits).__index) do
            list[#list + 1] = type(value) == 'function' and not key:find '^_' and 'set:' .. key or nil
        end
        names('batches:', getmetatable(digits:batches()).__index, list)
        assert.same({}, known(list))
    end)

    it('and none of something that is not there', function()
        for name in pairs(docs.names) do
            local owner, key = name:match '^(%w+)[.:]([%w_]+)$'
            local holder = ({ tenmo = tenmo, nn = tenmo.nn, optim = tenmo.optim, data = tenmo.data,
                regex = tenmo.regex, re = tenmo.regex.methods,
                clean = tenmo.text.cleaner.methods, text = tenmo.text, npy = tenmo.npy, init = tenmo.nn.init,
                model = tenmo.nn.Module, x = tenmo.ones(1, { requires_grad = true }) })[owner]
            if holder and name ~= 'x.grad' then
                assert(holder[key] ~= nil, name)
            end
        end
        for name in pairs(docs.ops) do
            assert(rawget(tenmo, name), name)
        end
    end)
end)

describe('the example of', function()
    for name, doc in pairs(docs.names) do
        it(name .. ' prints what it says', function()
            assert.is_string(doc[3], 'a public name needs an example in docs.lua')
            if doc.needs and not tenmo.data.find(doc.needs) then
                pending('$TENMO_DATA/' .. doc.needs .. ' is not at hand')
            end
            assert.equal(doc[4], help.printed(doc[3]))
        end)
    end

    for _, row in ipairs(tenmo.rows()) do
        if not row.internal then
            it(row.name .. ' prints what it says', function()
                local extra = docs.ops[row.name]
                if extra and extra[1] then
                    assert.equal(extra[2], help.printed(extra[1]))
                else
                    assert(row.elementwise, 'a row without a formula needs an example in docs.lua')
                    assert.is_string(help.printed(help.make_example(row)))
                end
            end)
        end
    end

    for _, op in ipairs(tenmo.compositions) do
        it(op.name .. ' prints what it says', function()
            local extra = docs.ops[op.name] or {}
            local code, prints = extra[1] or op.example, extra[2] or op.prints
            assert(code and prints, 'a composition needs an example and what it prints')
            assert.equal(prints, help.printed(code))
        end)
    end
end)

describe('the mistake that help shows of', function()
    for name, extra in pairs(docs.ops) do
        if extra.mistake then
            it(name .. ' is told as it says', function()
                local good, message = pcall(help.printed, extra.mistake[1])
                assert.is_false(good)
                assert.equal(extra.mistake[2], (tostring(message):gsub('^[^\n]-:%d+: ', '')))
            end)
        end
    end
end)

describe('help', function()
    it('shows the formula and the gradient of a row as people write them', function()
        local text = help.about 'tanh'
        assert.matches('^tanh: the hyperbolic tangent\n', text)
        assert.matches('call       tenmo.tanh%(x%)   x:tanh%(%)\n', text)
        assert.matches('gradient   x: g %* %(1 %- y%^2%)\n', text)
        assert.matches('example    tenmo.tensor{%-1, 0.5, 2}:tanh%(%)\n +%[%-0.7616,  0.4621,  0.9640%]', text)
    end)

    it('keeps the meaning of nested formulas', function()
        local function written(rule)
            return help.formula { formula = rule, rules = {}, items = { { name = 'x' }, { name = 'w' } },
                n_inputs = 2 }
        end
        assert.equal('x - (w - x)', written 'sub(x, sub(w, x))')
        assert.equal('x - w - x', written 'sub(sub(x, w), x)')
        assert.equal('x / (w * x)', written 'div(x, mul(w, x))')
        assert.equal('-(x + w)', written 'neg(add(x, w))')
        assert.equal('(-x)^2', written 'square(neg(x))')
        assert.equal('(x^w)^2', written 'square(pow(x, w))')
        assert.equal('where(x <= 0, -1, x * w)', written 'where(le(x, num(0)), num(-1), mul(x, w))')
    end)

    it('shows shapes, options and an example of a structured row', function()
        local text = help.about 'matmul'
        for _, word in ipairs { 'x:matmul(other)', '(n, k) x (k, m) gives (n, m)', 'other: x^T g', '[ 3., 40.]]' } do
            assert(text:find(word, 1, true), word)
        end
        assert.matches('options    reduction %(mean or sum or none, mean unless given%)', help.about 'cross_entropy')
    end)

    it('shows what comes back, and a mistake with its message', function()
        assert.matches('gives      Table, or nil and a message\n', help.about 'data.csv')
        assert.matches('gives      integer, integer\n', help.about 'tenmo.random_state')
        assert.matches('mistake    tenmo.ones%(2, 3, 4%):t%(%)\n +t: expected a matrix', help.about 'x:t')
    end)

    it('lists the ops by family, and each op in one', function()
        local all, seen = help.about 'ops', {}
        assert.matches('\n  products       .-matmul', all)
        assert.matches('^family losses; .*\n  mse_loss +the mean squared error\n', help.about 'losses')
        assert.matches('^x.shape: .*\n\nfamily shape; .*\n  cat +the tensors one after another', help.about 'shape')
        for _, family in ipairs(help.families()) do
            assert.matches('^%l+$', family.word)
            for _, op in ipairs(family.ops) do
                assert.is_nil(seen[op.name], op.name)
                seen[op.name] = true
            end
        end
        for _, row in ipairs(tenmo.rows()) do
            assert.equal(not row.internal, seen[row.name] ~= nil, row.name)
        end
    end)

    it('takes values', function()
        assert.equal(help.about 'relu', help.about(tenmo.relu))
        assert.equal(help.about 'nn.Linear', help.about(tenmo.nn.Linear))
        assert.equal(help.about 'x:item', help.about(tenmo.methods.item))
        assert.matches('^a tensor %(3, 2%) of float32, 24 bytes\n  strides    %(1, 3%), a view',
            help.about(tenmo.ones(2, 3):t()))
        assert.matches('^nn.Linear: .*Linear\n  layer', help.about(tenmo.nn.Linear(2, 3)))
        assert.matches('^SGD of 1 parameters\n  methods    param%(%)',
            help.about(tenmo.optim.SGD({ tenmo.ones(1, { requires_grad = true }) }, { lr = 1 })))
        assert.matches('a function, .*help_spec.lua:%d+ to %d+', help.about(known))
        assert.matches('^%? NAME', help.about(nil))
    end)

    it('finds names with and without their owner, and says what it was called with', function()
        assert.equal(help.about 'tenmo.relu', help.about 'relu')
        assert.equal(help.about 'relu', help.about 'relu_(x)')
        assert.equal(help.about 'x:relu', help.about ' relu ')
        assert.equal(help.about 'nn.init.ones_', help.about 'init.ones_')
        assert.equal(help.about 'tenmo.nn.Linear', help.about 'Linear')
        assert.matches('^model:float: .*\n\nx:float: ', help.about 'float')
    end)

    it('proposes the nearest name', function()
        local text, why = help.about 'matmull'
        assert.is_nil(text)
        assert.equal("help: nothing is known about 'matmull'; did you mean 'matmul'?", why)
        assert.equal("help: nothing is known about 'qqqqqqqqqq'; ? alone shows where to begin",
            select(2, help.about 'qqqqqqqqqq'))
    end)
end)
