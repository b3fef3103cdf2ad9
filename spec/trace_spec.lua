-- trace_spec.lua: what the trace tells is what happened, for any model; and it costs nothing when it is off.

local program = require 'spec.support.program'
local tenmo = require 'tenmo'
local nn, optim = tenmo.nn, tenmo.optim

local function section(story, title)
    for _, found in ipairs(story) do
        if found.title == title then
            return found
        end
    end
    error(('no section %q'):format(title), 2)
end

-- All headings, paragraphs and cells of a section, one a line.
local function words(found)
    local lines = {}
    for _, item in ipairs(found) do
        if type(item) == 'string' then
            lines[#lines + 1] = item
        elseif item.heading then
            lines[#lines + 1] = item.heading
        elseif item.rows then
            for _, row in ipairs(item.rows) do
                lines[#lines + 1] = table.concat(row, ' | ')
            end
        end
    end
    return table.concat(lines, '\n')
end

local function small_step(make)
    tenmo.manual_seed(5)
    local model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    local optimizer = make(model:parameters())
    local x, ids = tenmo.tensor { { 1, -2, 0.5 }, { 0, 0, 3 } }, tenmo.ids { 0, 1 }
    return function()
        local loss = tenmo.cross_entropy(model(x), ids)
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
    end, model, x
end

local function sgd(parameters)
    return optim.SGD(parameters, { lr = 0.1, momentum = 0.9 })
end

describe('a trace', function()
    it('shows the bytes of the input, as IEEE 754 has them', function()
        local story = tenmo.trace((small_step(sgd)))
        local seen
        for _, item in ipairs(section(story, 'Forward, layer by layer')) do
            seen = seen or item.buffer
        end
        assert.same({ 2, 3 }, seen.shape)
        assert.same({ 3, 1 }, seen.stride)
        assert.same({ 1, -2, 0.5, 0 }, seen.numbers)
        assert.equal('\0\0\128\63\0\0\0\192\0\0\0\63\0\0\0\0', seen.buffer.raw) -- 1, -2, 0.5, 0, little end first
        assert.equal(24, seen.buffer.bytes)
    end)

    it('tells layers, nodes, what they keep, and who gives what to whom', function()
        local story = tenmo.trace((small_step(sgd)))
        local forward = words(section(story, 'Forward, layer by layer'))
        for _, line in ipairs { '1%. Sequential', '2%. Linear', '3%. Tanh', '4%. Linear', 'after the model' } do
            assert.matches(line, forward)
        end
        local tape = section(story, 'The tape as it stands')
        local ops = {}
        for i, row in ipairs(tape[2].rows) do
            ops[i] = row[2]
            assert.matches('^trace_spec.lua:%d+$', row[4])
        end
        assert.same({ 'linear', 'tanh', 'linear', 'cross_entropy' }, ops)
        assert.matches('tanh | %(2, 4%) | [^|]+ | node %d+ | 1\n', words(tape))
        assert.matches('tanh | its result %(2, 4%) | x: g %* %(1 %- y%^2%)\n', words(tape))
        assert.matches('linear | x %(2, 4%), weight %(2, 4%) | x: g weight; weight: g%^T x; bias: [^|]* '
            .. '%(tm_backward_linear%)\n', words(tape))
        local back = words(section(story, 'Backward, in reverse'))
        local order = {}
        for op in back:gmatch 'node %d+: ([%w_]+), trace_spec' do
            order[#order + 1] = op
        end
        assert.same({ 'cross_entropy', 'linear', 'tanh', 'linear' }, order)
        for _, name in ipairs { '1%.weight', '1%.bias', '3%.weight', '3%.bias' } do
            assert.matches('to ' .. name .. '%.grad, largest', back)
        end
    end)

    it('is no wider than 118 columns as text, and loses no word of a cell', function()
        local story = tenmo.trace((small_step(sgd)))
        local text = tostring(story)
        for line in text:gmatch '[^\n]+' do
            assert.is_true(#line <= 118, line)
        end
        for word in words(section(story, 'The tape as it stands')):gmatch '%S+' do
            assert.is_truthy(word == '|' or text:find(word, 1, true), word)
        end
    end)

    it('counts how many gradients meet', function()
        local w = tenmo.tensor({ 1, 2 }, { requires_grad = true })
        local story = tenmo.trace(function()
            local h = w:tanh()
            local y = h * h + h
            y:sum():backward()
        end)
        assert.matches('tanh | %(2%) | [^|]+ | a leaf %(2%) | 3\n',
            words(section(story, 'The tape as it stands')))
        assert.matches('added to what was there', words(section(story, 'Backward, in reverse')))
        assert.equal('No update', story[#story].title)
    end)

    it('finds the update behind several backwards, and tells the first one', function()
        local w = tenmo.tensor({ 1, 2 }, { requires_grad = true })
        local optimizer = optim.SGD({ w }, { lr = 0.25 })
        local story = tenmo.trace(function()
            for k = 1, 3 do
                (w * k):sum():backward()
            end
            optimizer:step()
        end)
        local update = section(story, 'The update')
        assert.equal(1 - 0.25 * 6, update.by_hand) -- 1 + 2 + 3 met in the gradient
        assert.matches('2 more backwards', update[1])
        local _, visits = words(section(story, 'Backward, in reverse')):gsub('node %d+: mul', '')
        assert.equal(1, visits)
    end)

    it('measures gradients that lie expanded or contain NaN', function()
        local w = tenmo.tensor({ { 1, 2 }, { 3, 4 } }, { requires_grad = true })
        local function back(f)
            return words(section(tenmo.trace(function()
                f():backward()
            end), 'Backward, in reverse'))
        end
        local plain = back(function() return (w * -3):sum() end)
        assert.is_nil(plain:find('magnitude -', 1, true))
        assert.matches('largest magnitude 3', plain)
        assert.matches('largest magnitude %-?nan', back(function()
            return (w * tenmo.tensor { { 0 / 0, 1 }, { 2, 5 } }):sum()
        end))
    end)

    it('stands where it stood after a module that failed', function()
        local model = nn.Sequential(nn.Linear(3, 1))
        local story = tenmo.trace(function()
            pcall(model, tenmo.ones(2, 5))
            model(tenmo.ones(2, 3)):sum():backward()
        end)
        local forward = words(section(story, 'Forward, layer by layer')):gsub('\n +', '\n')
        assert.matches('1%. Sequential\n2%. Linear', forward)
    end)

    for name, make in pairs {
        ['SGD'] = function(p) return optim.SGD(p, { lr = 0.1 }) end,
        ['SGD with all options'] = function(p)
            return optim.SGD(p, { lr = 0.1, momentum = 0.9, weight_decay = 0.01, nesterov = true })
        end,
        ['Adam'] = function(p) return optim.Adam(p, { lr = 0.1, weight_decay = 0.01 }) end,
        ['AdamW'] = function(p) return optim.AdamW(p, { lr = 0.1 }) end,
    } do
        it('works out the update of one weight by hand: ' .. name, function()
            local step, model = small_step(make)
            step()
            local story = tenmo.trace(step) -- the second step, where the state counts
            local update = section(story, 'The update')
            assert.is_true(math.abs(update.by_hand - update.kernel) < 1e-6)
            assert.matches('the same', update[#update])
            local found = false
            for _, parameter in ipairs(model:parameters()) do
                for _, value in ipairs(parameter:reshape(-1):totable()) do
                    found = found or value == update.kernel
                end
            end
            assert.is_true(found)
        end)
    end

    it('changes nothing, and leaves nothing behind', function()
        local function cost(step)
            local before = tenmo.counts()
            step()
            local after = tenmo.counts()
            return { after.kernels - before.kernels, after.nodes - before.nodes, after.allocations - before.allocations,
                after.bytes - before.bytes }
        end
        local plain, model = small_step(sgd)
        local traced, other = small_step(sgd)
        local expected = cost(plain)
        assert.same(expected, cost(function()
            tenmo.trace(traced)
        end))
        assert.same(model[1].weight:totable(), other[1].weight:totable())
        assert.same(cost(plain), cost(traced))
    end)

    it('is not troubled by a parameter without elements', function()
        local w, empty = tenmo.ones(2, { requires_grad = true }), tenmo.zeros(0, { requires_grad = true })
        local optimizer = optim.SGD({ empty, w }, { lr = 1 })
        local story = tenmo.trace(function()
            (w:sum() + empty:sum()):backward()
            optimizer:step()
        end)
        assert.equal('The update', story[#story].title)
        assert.same({ 0, 0 }, w:totable())
    end)

    it('passes on all that a module returns', function()
        local Two = nn.class 'Two'
        function Two.forward(_, x)
            return x * 2, nil, 'third'
        end
        local n, third
        tenmo.trace(function()
            n = select('#', Two()(tenmo.ones(1)))
            third = select(3, Two()(tenmo.ones(1)))
        end)
        assert.same({ 3, 'third' }, { n, third })
    end)

    it('ends with the error of what it traces, and can begin again', function()
        assert.has_error(function()
            tenmo.trace(function()
                error 'mine'
            end)
        end)
        assert.error_matches(function()
            tenmo.trace(function()
                tenmo.trace(function() end)
            end)
        end, 'running already')
        assert.error_matches(function() tenmo.trace(1) end, 'expected the function')
        assert.error_matches(function() tenmo.trace(print, { page = 1 }) end, "no option 'page'")
        assert.equal(5, #tenmo.trace((small_step(sgd))))
        assert.equal(0, #tenmo.trace(function() end))
    end)

    it('is a page that stands alone', function()
        local path = os.tmpname()
        local story = tenmo.trace((small_step(sgd)), { html = path })
        local page = program.read(path)
        os.remove(path)
        assert.equal(story:html(), page)
        assert.matches('^<!DOCTYPE html>', page)
        assert.is_nil(page:find 'https?:')
        assert.is_nil(page:find '<script' or page:find 'src=' or page:find 'href=' or page:find '@import')
        for _, tag in ipairs { 'table', 'tr', 'td', 'th', 'div', 'p', 'h2', 'h3', 'span' } do
            local opened = select(2, page:gsub('<' .. tag .. '[ >]', ''))
            assert.is_true(opened > 0)
            assert.equal(opened, select(2, page:gsub('</' .. tag .. '>', '')))
        end
        local saved, message = story:save '/nonexistent/page.html'
        assert.is_nil(saved)
        assert.matches('nonexistent', message)
    end)
end)

describe('tape', function()
    it('lists the nodes behind a tensor in the order of backward', function()
        local a, b = tenmo.ones(2, 3, { requires_grad = true }), tenmo.ones(3)
        local tape = ((a * b):exp() + a):sum():tape()
        local ops = {}
        for i, node in ipairs(tape) do
            ops[i] = node.op
        end
        assert.same({ 'sum', 'add', 'exp', 'mul' }, ops)
        assert.same({ true, false }, { tape[3].keeps_output, tape[3].inputs[1].kept })
        assert.equal(tape[4].node, tape[3].inputs[1].node)
        assert.same({ true, false, false }, { tape[4].inputs[1].leaf, tape[4].inputs[2].leaf, tape[4].inputs[1].kept })
        assert.is_true(tape[4].inputs[2].kept)
        assert.same({}, b:tape())
    end)

    it('of a graph that was freed is an error', function()
        local y = (tenmo.ones(2, { requires_grad = true }) * 2):exp():sum()
        y:backward()
        assert.error_matches(function() y:tape() end, 'freed by an earlier backward')
    end)

    it('does not change what backward gives', function()
        local x = tenmo.ones(2, { requires_grad = true })
        local y = (x * x + x):sum()
        y:tape()
        y:backward()
        assert.same({ 3, 3 }, x.grad:totable())
    end)
end)

describe('--trace', function()
    local function run(script, ...)
        if not program.path() then
            pending 'the specs do not run inside tenmo-lua'
        end
        local folder = os.tmpname()
        os.remove(folder)
        os.execute(("mkdir '%s'"):format(folder))
        local text, status = program.run { '--trace', script, cwd = folder, ... }
        local file = io.open(folder .. '/trace.html')
        local page = file and file:read '*a'
        if file then
            file:close()
        end
        os.execute(("rm -r '%s'"):format(folder))
        return text, status, page
    end

    it('tells the first step of a script and ends there', function()
        local text, status, page = run 'xor.lua'
        assert.equal(0, status)
        assert.matches('\nThe update\n', text)
        assert.matches('%d%. Linear', text)
        assert.matches('the same to the last bit', text)
        assert.is_nil(text:find 'traced; the run ends', 1)
        assert.matches('</html>', page)
    end)

    it('ends a script that catches every error', function()
        local script = program.file [[
            local tenmo = require 'tenmo'
            local w = tenmo.ones(2, { requires_grad = true })
            local optimizer = tenmo.optim.SGD({ w }, { lr = 0.1 })
            local function step()
                w:sum():backward()
                optimizer:step()
                print 'on and on'
            end
            while true do
                pcall(step)
                xpcall(step, function(message) return message end)
                coroutine.resume(coroutine.create(step))
            end
        ]]
        local text, status = run(script)
        os.remove(script)
        assert.equal(0, status)
        assert.matches('\nThe update\n', text)
        assert.is_nil(text:find 'on and on')
    end)

    it('of a script that fails leaves the prompt able to trace', function()
        local script = program.file "error 'mine'"
        local text = program.run { '-i', '--trace', script, input = 'print(#tenmo.trace(function() end))\n' }
        os.remove(script)
        assert.matches('mine\n.*0\n', text)
        assert.is_nil(text:find 'running already')
    end)

    it('says so where a script takes no step', function()
        local script = program.file 'print(1)'
        local text, status, page = run(script)
        os.remove(script)
        assert.equal(1, status)
        assert.matches('ended without a backward', text)
        assert.is_nil(page)
    end)
end)
