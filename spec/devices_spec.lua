-- devices_spec.lua: a device with memory of its own: moving there and back, gradients across, mixing, late errors,
-- memory that runs out, modules, optimizers, data. Most of it needs such a device: test.sh gives the specs the
-- emulated one (TENMO_CUDA_EMULATE=1) and the CPU's kernels behind a curtain (TENMO_PLUGINS=build/spec/wrapped).

local program = require 'spec.support.program'
local settle = require 'spec.support.settle'
local steps = require 'spec.support.step'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local nn = tenmo.nn
local CUDA = { device = 'cuda' }

local function temporary_folder()
    local folder = os.tmpname()
    os.remove(folder)
    assert(os.execute('mkdir ' .. folder) == 0)
    return folder
end

describe('a device that is missing', function()
    local function without(folder, code)
        return program.run { '-e', code, env = '-u TENMO_CUDA_EMULATE TENMO_PLUGINS=' .. folder }
    end

    it('is named in one line, and the CPU goes on', function()
        local output, status = without('/nonexistent', [[
            local tenmo = require 'tenmo'
            print(select(2, pcall(tenmo.zeros, 2, { device = 'cuda' })))
            print(tenmo.device_available 'cuda')
            print(tenmo.ones(2):sum():item(), tenmo.describe().devices.cuda)]])
        assert.equal(0, status)
        local why = 'there is no libtenmo%-cuda.so beside the engine; [^\n]*'
        assert.matches("^[^\n]*device 'cuda' can't be used: " .. why .. '\nnil\t' .. why .. '\n2\tnil\n$', output)
    end)

    it('a library that is none is refused', function()
        local module = program.module()
        if not module then
            return pending 'tenmo.so is not built here'
        end
        local folder = temporary_folder()
        os.execute(('cp %s/tenmo.so %s/libtenmo-cuda.so'):format(module, folder))
        local output = without(folder, "print(require 'tenmo'.device_available 'cuda')")
        os.execute('rm -r ' .. folder)
        assert.matches('^nil\t.*libtenmo%-cuda.so', output)
    end)
end)

if not os.getenv 'TENMO_PLUGINS' and not os.getenv 'TENMO_CUDA_EMULATE' then
    return describe('a second device', function()
        pending 'there is none here: see test.sh'
    end)
end

describe('a second device', function()
    it('says what it is: emulated, or which GPU', function()
        local emulated = os.getenv 'TENMO_CUDA_EMULATE' == '1' or os.getenv 'TENMO_PLUGINS':find 'wrapped/?$'
        local is = emulated and 'emulated' or '%S.*, CUDA %d+%.%d, compute capability %d+%.%d, %d+%.%d GB'
        assert.matches('^' .. is, tenmo.describe().devices.cuda)
        assert.matches('^' .. is, tenmo.device_available 'cuda')
        assert.matches('cuda %(' .. is, (program.run { '--version' }))
    end)

    it('holds what was moved there, of every dtype and layout', function()
        for _, dtype in ipairs(tensors.DTYPES) do
            local x = tenmo.arange(24):reshape(2, 3, 4):to(dtype)
            for _, view in ipairs { x, x:transpose(1, 3), x[{ {}, { 2, 3 } }], x[1], x[{ 1, 1, 1 }], x:expand(2, 3, 4),
                tenmo.zeros({ 0, 3 }, { dtype = dtype }) } do
                local there = view:to 'cuda'
                assert.equal('cuda', there.device)
                assert.is_true(tensors.same(view, there:cpu()), dtype)
                assert.same(view:totable(), there:totable())
            end
        end
        local x = tenmo.ones(3)
        assert.is_true(rawequal(x, x:to 'cpu'))
        local y = x:cuda()
        assert.is_true(rawequal(y, y:to 'cuda'))
        assert.equal('float64', x:to('cuda', 'float64').dtype)
        assert.equal('cuda', x:to('float64', 'cuda').device)
    end)

    it('is read wherever bytes are read', function()
        local x = tenmo.tensor({ { 1, 2 }, { 3, 4 } }, CUDA)
        assert.matches('^%[%[1., 2.%],\n %[3., 4.%]%]\nfloat32 %(2, 2%), cuda', tostring(x))
        assert.same({ { 1, 2 }, { 3, 4 } }, x:totable())
        assert.equal(4, x[{ 2, 2 }]:item())
        assert.equal(3LL, x:long()[{ 2, 1 }]:item 'int64')
        assert.equal(x:cpu():t():tobytes(), x:t():tobytes())
        assert.equal(2, tenmo.ids({ 2 }, CUDA):item())
    end)

    it('constructors put tensors there', function()
        for _, x in ipairs { tenmo.zeros(3, CUDA), tenmo.ones({ 3 }, CUDA), tenmo.full({ 3 }, 7, CUDA),
            tenmo.arange(3, CUDA), tenmo.rand(3, CUDA), tenmo.randn(3, CUDA), tenmo.randint(0, 9, { 3 }, CUDA),
            tenmo.randperm(3, CUDA), tenmo.tensor({ 1, 2, 3 }, CUDA), tenmo.empty(3, CUDA),
            tenmo.zeros_like(tenmo.ones(3, CUDA)), tenmo.full_like(tenmo.ones(3, CUDA), 2) } do
            assert.equal('cuda', x.device)
            assert.equal(3, x:numel())
        end
        local leaf = tenmo.tensor({ 1 }, { device = 'cuda', requires_grad = true })
        assert.is_true(leaf:is_leaf() and leaf.requires_grad)
    end)

    it('draws the same uniform numbers, integers and orders', function()
        local function draw(device)
            tenmo.manual_seed(5)
            local o = { device = device }
            return { tenmo.rand(1000, o), tenmo.randint(-5, 1000, { 1000 }, o), tenmo.randperm(777, o),
                tenmo.rand(10, { device = device, dtype = 'float64' }), tenmo.randn(1000, o) }
        end
        local here, there = draw 'cpu', draw 'cuda'
        for i = 1, 4 do
            assert.is_true(tensors.same(here[i], there[i]:cpu()), 'draw ' .. i)
        end
        tensors.expect(there[5]:cpu(), tensors.array(here[5]), 'float32', 'randn', 1e-5, 1e-6)
    end)
end)

describe('gradients across devices', function()
    it('come back to where the source is', function()
        local x = tenmo.tensor({ 1, 2, 3 }, { requires_grad = true })
        local y = x:to 'cuda'
        y:retain_grad();
        (y * y):sum():backward()
        assert.equal('cpu', x.grad.device)
        assert.equal('cuda', y.grad.device)
        assert.same({ 2, 4, 6 }, x.grad:totable());
        ((x:to 'cuda' * 3):to 'cpu' * 2):sum():backward()
        assert.same({ 8, 10, 12 }, x.grad:totable())
    end)

    it('twice', function()
        local x = tenmo.tensor({ 1, 2, 3 }, { requires_grad = true, dtype = 'float64' })
        local g = tenmo.grad((x:to 'cuda' ^ 3):sum(), x, { create_graph = true })
        tensors.expect(g, { shape = { 3 }, 3, 12, 27 }, 'float64', 'the first', 1e-12)
        tensors.expect(tenmo.grad(g:sum(), x), { shape = { 3 }, 6, 12, 18 }, 'float64', 'the second', 1e-12)
    end)

    it('end where they are cut off', function()
        local x = tenmo.ones(2, { requires_grad = true })
        assert.is_false(x:to('cuda', { detach = true }).requires_grad)
        assert.is_true(x:to('cuda').requires_grad)
        local y = x:to('cpu', { detach = true })
        assert.is_true(y:same_storage(x))
        assert.is_false(y.requires_grad)
    end)

    it('a gradient on another device is refused', function()
        local x = tenmo.ones(2, { requires_grad = true, device = 'cuda' })
        assert.matches("^grad: the tensor is on cuda.* and its gradient on cpu; g:to%('cuda'%)", (tensors.failure(
            function()
                x.grad = tenmo.ones(2)
            end)))
        assert.matches('^backward: the gradient to start with is on cpu, the tensor on cuda',
            (tensors.failure((x * 2).backward, x * 2, tenmo.ones(2))))
    end)
end)

describe('two devices in one op', function()
    local here, there = tenmo.ones(2, 2), nil
    setup(function()
        there = tenmo.ones({ 2, 2 }, CUDA)
    end)

    for name, case in pairs {
        ['add'] = { function() return here + there end, 'add: x is on cpu and other on cuda[^;]*; an op works on one '
            .. "device: x:to%('cpu'%) moves x there" },
        ['the other way round'] = { function() return there:matmul(here) end,
            'matmul: x is on cuda.* and other on cpu' },
        ['three'] = { function() return tenmo.linear(there, there, tenmo.ones(2)) end,
            'linear: x is on cuda.*bias on cpu' },
        ['a list'] = { function() return tenmo.cat({ there, there, here }) end,
            'cat: tensor 1 is on cuda.* and tensor 3 on cpu' },
        ['ids'] = { function() return there:index_select(1, tenmo.ids { 0 }) end,
            'index_select: x is on cuda.* and ids on cpu' },
        ['in place'] = { function() return there:add_(here) end, 'add: x is on cuda.* and other on cpu' },
        ['an assignment'] = { function() there[1] = here[1] end, 'assign_slice: x is on cuda.* and value on cpu' },
    } do
        it(name, function()
            assert.matches('^' .. case[2], (tensors.failure(case[1])))
        end)
    end

    it('numbers belong to none, and copy_ copies across', function()
        assert.same({ { 3, 3 }, { 3, 3 } }, ((4 - there) * 2 / 2):totable())
        assert.same({ { 5, 5 }, { 5, 5 } }, tenmo.zeros({ 2, 2 }, CUDA):copy_(here * 5):totable())
        assert.same({ { 1, 1 }, { 1, 1 } }, tenmo.zeros(2, 2):copy_(there):totable())
        there[{ 1, 1 }] = 9
        assert.equal(9, there[{ 1, 1 }]:item())
        there[{ 1, 1 }] = 1
    end)
end)

describe('an error found late', function()
    it('may be about a bag', function()
        local list, words, offsets = tenmo.ids({ 0, 1, 1 }, CUDA), tenmo.ones(2, 3, CUDA), tenmo.ids({ 0, 4 }, CUDA)
        local bags = tenmo.embedding_bag(list, words, offsets)
        local said = tensors.failure(bags.cpu, bags)
        assert.matches('embedding_bag %(.*%): offsets begin with 0, never fall, and end at 3, .*; the offset of bag 1 '
            .. "doesn't fit %(cuda.* found it now%)", said)
    end)

    local SCRIPT = [[
local tenmo = ...
local x = tenmo.ones(4, 2, { device = 'cuda' })
local y = x:index_select(1, tenmo.ids({ 0, 9 }, { device = 'cuda' }))
local z = y * 2
%s
]]
    local READS = {
        'z:totable()', 'z[{ 1, 1 }]:item()', 'local text = tostring(z)', 'z:tobytes()', "z:to 'cpu'",
        "tenmo.synchronize 'cuda'",
    }
    for _, read in ipairs(READS) do
        it('names op and line where the script waits: ' .. read, function()
            local ok, message = pcall(assert(loadstring(SCRIPT:format(read), '@late.lua')), tenmo)
            assert.is_false(ok)
            assert.matches('^late.lua:5: index_select %(late.lua:3%): id 9 is out of range; ids count from 0, and '
                .. 'there run to 3', message)
            tenmo.synchronize 'cuda' -- it is told once
            assert.same({ 2, 2 }, (tenmo.ones(2, CUDA) * 2):totable())
        end)
    end

    it('is the first of several', function()
        local x, zero = tenmo.arange(4, CUDA), tenmo.zeros(4, { device = 'cuda', dtype = 'int64' })
        local function wrong()
            local a = x:index_select(1, tenmo.ids({ 5 }, CUDA))
            local b = x:index_select(1, tenmo.ids({ 6 }, CUDA))
            return a + b
        end
        assert.matches('id 5 is out of range', (tensors.failure(function()
            return wrong():item()
        end)))
        assert.equal(0, zero:sum():item())
    end)
end)

describe('memory of a second device', function()
    it('is counted apart', function()
        settle()
        local cache = tenmo.debug.set_cache(true)
        local here, there = tenmo.memory().live, tenmo.memory('cuda').live
        local x = tenmo.zeros(1000, CUDA)
        assert.equal(here, tenmo.memory().live)
        assert.equal(there + 4096, tenmo.memory('cuda').live)
        assert.is_true(tenmo.memory('cuda').peak >= there + 4096)
        tenmo.release(x)
        assert.equal(there, tenmo.memory('cuda').live)
        assert.is_true(tenmo.memory('cuda').cached >= 4096)
        tenmo.debug.trim()
        assert.equal(0, tenmo.memory('cuda').cached)
        tenmo.debug.set_cache(cache)
    end)

    it('runs out with a clear error, after which the run goes on', function()
        settle()
        finally(function()
            tenmo.set_memory_limit(0, 'cuda')
        end)
        local limit = tenmo.memory('cuda').live + 2 ^ 20 -- other specs may still hold memory there
        tenmo.set_memory_limit(limit, 'cuda')
        local message = tensors.failure(tenmo.zeros, 2 ^ 20, CUDA)
        assert.matches(('out of memory on cuda.*: 4.0 MiB asked for, .* of the limit of %.1f MiB are in use$'):format(
            limit / 2 ^ 20), message)
        for _ = 1, 20 do -- garbage is collected in time
            assert.equal(1024, tenmo.ones(1024 * 100, CUDA)[{ { 1, 1024 } }]:sum():item())
        end
        tenmo.set_memory_limit(0, 'cuda')
        assert.equal(2 ^ 20, tenmo.ones(2 ^ 20, CUDA):sum():item())
    end)

    it('runs out where the device has no more', function()
        settle()
        local message = tensors.failure(tenmo.zeros, 2 ^ 38, CUDA)
        assert.matches('out of memory on cuda.*: 1024.0 GiB asked for, .* are available$', message)
        assert.equal(3, tenmo.ones(3, CUDA):sum():item())
    end)

    it('garbage there starts collections, though later than garbage here', function()
        settle()
        local before = tenmo.memory('cuda').live
        local collections = tenmo.debug.collector({ threshold = 2 ^ 22 / 64 }).collections
        for _ = 1, 3 do -- 3 MB here would start some
            tenmo.zeros(2 ^ 18, CUDA)
        end
        assert.equal(collections, tenmo.debug.collector().collections)
        for _ = 1, 200 do
            tenmo.zeros(2 ^ 18, CUDA)
        end
        tenmo.debug.collector { threshold = false }
        assert.is_true(tenmo.memory('cuda').live - before < 8 * 2 ^ 20)
    end)
end)

describe('modules and optimizers there', function()
    local function small()
        tenmo.manual_seed(3)
        local model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4))
        model.scale = tenmo.full({ 1 }, 2) -- a buffer
        return model
    end

    it('model:to moves parameters and buffers in place, and back', function()
        local model = small()
        local w = model:parameters()[1]
        local numbers = w:totable()
        w.grad = tenmo.ones(w.shape)
        assert.is_true(rawequal(model, model:to 'cuda'))
        assert.is_true(rawequal(w, model:parameters()[1]))
        for _, p in ipairs(model:parameters()) do
            assert.equal('cuda', p.device)
            assert.is_true(p:is_leaf() and p.requires_grad)
        end
        assert.equal('cuda', model.scale.device)
        assert.equal('cuda', w.grad.device)
        assert.same(numbers, w:totable())
        assert.equal('cpu', model:cpu().scale.device)
        assert.equal('cpu', model:cuda():cpu():parameters()[1].device)
        assert.same(numbers, w:totable())
        assert.matches("there is no device 'gpu'", (tensors.failure(model.to, model, 'gpu')))
    end)

    it('what was recorded before a move is an error in backward', function()
        local w = tenmo.ones(2, { requires_grad = true })
        local y = (w * w):sum()
        w:to_ 'cuda'
        assert.matches('was changed in place', (tensors.failure(y.backward, y)))
        assert.matches('^to_: this tensor was made by mul', (tensors.failure(w.to_, w * 2, 'cpu')))
        assert.matches('^to_: this tensor is a view', (tensors.failure(w.to_, w:detach()[1], 'cpu')))
    end)

    for _, name in ipairs { 'SGD', 'Adam', 'AdamW' } do
        it(name .. ' made before or after the move trains as on the CPU', function()
            local function train(moves)
                local w = steps.new { optimizer = name, settings = { lr = 0.05 } }
                for i = 1, 6 do
                    if moves[i] then
                        w.model:to(moves[i])
                        w.x, w.y = w.x:to(moves[i]), w.y:to(moves[i])
                    end
                    w:step()
                end
                w.model:to 'cpu'
                return w:weights()
            end
            local here = train {}
            for _, moves in ipairs { { 'cuda' }, { [3] = 'cuda' }, { 'cuda', [4] = 'cpu' } } do
                for i, v in ipairs(train(moves)) do
                    local what = ('%s: weight %d is %g, on the CPU %g'):format(name, i, v, here[i])
                    assert.is_true(math.abs(v - here[i]) < 2e-5, what)
                end
            end
        end)
    end

    it('a step over two devices is refused', function()
        local a, b = tenmo.ones(2, { requires_grad = true }), tenmo.ones(2, { requires_grad = true, device = 'cuda' })
        local sgd = tenmo.optim.SGD({ a, b }, { lr = 1 })
        a.grad, b.grad = tenmo.ones(2), tenmo.ones(2, CUDA)
        assert.matches('^SGD: parameter 2 is on cuda.*, and others are on cpu', (tensors.failure(sgd.step, sgd)))
    end)

    it('optimizer state follows, and can be set from anywhere', function()
        local w = tenmo.ones(2, { requires_grad = true, device = 'cuda' })
        local adam = tenmo.optim.Adam({ w }, { lr = 0.1 })
        adam:set_state(1, { steps = 3, mean = tenmo.ones(2), variance = tenmo.ones(2) })
        assert.equal('cuda', adam:state(1).mean.device)
        w.grad = tenmo.ones(2, CUDA)
        adam:step()
        assert.equal(4, adam:state(1).steps)
    end)

    it('files are the same wherever the model is', function()
        local path, second = os.tmpname(), os.tmpname()
        local model, other = small(), small():to 'cuda'
        assert(model:save(path))
        assert(other:save(second))
        assert.equal(io.open(path):read '*a', io.open(second):read '*a')
        nn.init.zeros_(other:parameters()[1])
        assert(other:load(path))
        assert.equal('cuda', other:parameters()[1].device)
        assert.same(model:parameters()[1]:totable(), other:parameters()[1]:totable())
        os.remove(path)
        os.remove(second)
    end)

    it('first weights are those of the CPU', function()
        local w = tenmo.zeros(20, 30, CUDA)
        tenmo.manual_seed(1)
        nn.init.kaiming_normal_(w)
        tenmo.manual_seed(1)
        assert.is_true(tensors.same(nn.init.kaiming_normal_(tenmo.zeros(20, 30)), w:cpu()))
    end)
end)

describe('programs there', function()
    local function says(name, device, ...)
        local output, status = program.run { env = '-u TENMO_DATA', SPEC.root .. 'scripts/' .. name, '--device', device,
            ... }
        assert.equal(0, status, output)
        return output
    end

    it('mnist.lua learns the same from the same weights and batches', function()
        local here, there = says('mnist.lua', 'cpu', '--epochs', '2'), says('mnist.lua', 'cuda', '--epochs', '2')
        for epoch = 1, 2 do
            local pattern = ('epoch  %d  loss ([%%d.]+)  test accuracy ([%%d.]+)'):format(epoch)
            local loss, right = here:match(pattern)
            local loss_there, right_there = there:match(pattern)
            assert.is_true(math.abs(loss - loss_there) < 0.002, loss_there)
            assert.is_true(math.abs(right - right_there) < 1, right_there)
        end
    end)

    for name, flags in pairs { ['xor.lua'] = { '--epochs', '40' }, ['binary_mnist.lua'] = { '--epochs', '1' },
        ['spiral.lua'] = { '--epochs', '2' }, ['trace.lua'] = {} } do
        it(name .. ' runs', function()
            says(name, 'cuda', unpack(flags))
        end)
    end
end)

describe('data there', function()
    it('batches are gathered there, in the same order with the same numbers', function()
        local set = tenmo.data.set(tenmo.randint(0, 256, { 50, 4, 4 }, { dtype = 'uint8' }),
            tenmo.randint(0, 10, { 50 }), { mean = 100, std = 50 })
        local there = set:to 'cuda'
        local others = there:batches { batch = 16, shuffle = true, seed = 3, epoch = 2 }
        local n = 0
        for x, y in set:batches { batch = 16, shuffle = true, seed = 3, epoch = 2 } do
            local x2, y2 = others()
            assert.equal('cuda', x2.device)
            assert.is_true(tensors.same(y, y2:cpu()))
            tensors.expect(x2:cpu(), tensors.array(x), 'float32', 'images', 1e-6, 1e-6)
            n = n + 1
        end
        assert.equal(4, n)
        assert.equal('cuda', there:pick(tenmo.ids { 3, 1 }).images.device)
    end)
end)
