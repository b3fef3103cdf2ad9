-- repl_spec.lua: the prompt, driven through a pseudo-terminal: keys are typed, the screen is read.
--
-- Typical screens are kept in spec/screens and looked at by people; TENMO_SCREENS=write writes them anew.

local program = require 'spec.support.program'
local pty = require 'spec.support.pty'
local same_screen = require 'spec.support.screens'
local tenmo = require 'tenmo'

local home = os.tmpname()
os.remove(home)
os.execute(("mkdir -p '%s'"):format(home))

local function test(name, f)
    it(name, function()
        if not program.path() then
            pending 'the specs do not run inside tenmo-lua'
        end
        f()
    end)
end

local function open(...)
    return pty.open({ program.path(), ... }, { HOME = home })
end

local function prompt(...)
    local t = open(...)
    t:wait '> '
    return t
end

local function leave(t)
    t:type '\4'
    assert.equal(0, t:close())
end

describe('the prompt', function()
    test('is there at the first start, and shows where to begin', function()
        local t = prompt()
        t:line '?'
        same_screen('first_start', t)
        leave(t)
    end)

    test('shows values, is silent after ; and keeps the last as _', function()
        local t = prompt()
        assert.equal('42', t:line '6 * 7')
        assert.equal('43', t:line '_ + 1')
        assert.equal('', t:line '_ + 1;')
        assert.equal('44', t:line '_')
        assert.equal('1       "two"', t:line "1, 'two'")
        assert.equal('{ 1, 2, a = {} }', t:line '{1, 2, a = {}}')
        t:line 'x = tenmo.tensor{{1, 2}, {3, 4}}'
        assert.equal('[[1., 2.],\n [3., 4.]]\nfloat32 (2, 2)', t:line 'x')
        t:line 'x.shape'
        t:line 'x:sum(-1)'
        same_screen('a_value', t)
        leave(t)
    end)

    test('reads on until a function is complete; its locals stay', function()
        local t = prompt()
        t:type 'local function twice(x)\n'
        t:wait '>> '
        t:type 'return x * 2\n'
        t:wait '>> '
        t:line 'end'
        assert.equal('42', t:line 'twice(21)')
        t:line 'local n = 0; function inc() n = n + 1 end'
        t:line 'inc()'
        assert.equal('1', t:line 'n')
        t:line 'n = 5'
        t:line 'inc()'
        assert.equal('6', t:line 'n')
        assert.equal('nil', t:line 'rawget(_G, "n")')
        same_screen('a_function', t)
        leave(t)
    end)

    test('takes a pasted script as one', function()
        local t = prompt()
        t:type '\27[200~local total = 0\nfor i = 1, 3 do\n    total = total + i\nend\nprint(total)\27[201~'
        t:wait(function(screen)
            return screen:find '\n6\n>'
        end)
        assert.equal('6', t:line 'total')
        t:type '\27[200~1 + 1\27[201~'
        t:wait '> 1 + 1'
        assert.equal('2', t:line '')
        leave(t)
    end)

    test('completes names, fields, methods, options and files', function()
        local t = prompt()
        local function tab(typed, wanted)
            t:type(typed .. '\t')
            t:wait('> ' .. wanted)
            t:type '\3'
            t:wait '> '
        end
        t:line 'x = tenmo.ones(2, 3, {requires_grad = true})'
        t:line 'model = tenmo.nn.Sequential(tenmo.nn.Linear(2, 3))'
        t:line 'some_long_name = 1'
        tab('some_l', 'some_long_name')
        tab('tenmo.matm', 'tenmo.matmul')
        tab('tenmo.nn.Seq', 'tenmo.nn.Sequential')
        tab('y = x:soft', 'y = x:soft')
        tab('x.req', 'x.requires_grad')
        tab('model[1].wei', 'model[1].weight')
        tab('model[1].weight:tota', 'model[1].weight:totable')
        tab('tenmo.ones(2):tota', 'tenmo.ones(2):totable')
        tab('model:named_p', 'model:named_parameters')
        tab('x:sum(1, {kee', 'x:sum(1, {keepdim =')
        tab('tenmo.optim.SGD(p, {lr = 1, mom', 'tenmo.optim.SGD(p, {lr = 1, momentum =')
        tab("io.open('" .. SPEC.root .. 'spec/support/pt', "io.open('" .. SPEC.root .. 'spec/support/pty.lua')
        tab('? cross_', '? cross_entropy')
        tab(':w', ':wh')
        t:type 'tenmo.log\t\t'
        t:wait(function(screen)
            return screen:find 'logical_or' and screen:find '> tenmo.log$'
        end)
        t:type '\3'
        t:wait '> '
        leave(t)
    end)

    test('lists what Tab may mean', function()
        local t = prompt()
        t:type 'tenmo.optim.\t'
        t:wait(function(screen)
            return screen:find 'AdamW' and screen:find '> tenmo.optim.$'
        end)
        same_screen('completion', t)
        t:type '\3'
        t:wait '> '
        leave(t)
    end)

    test('runs nothing of yours, and no kernel, when it completes', function()
        local complete = require 'tenmo.repl.complete'
        local ran = false
        rawset(_G, 'trap', setmetatable({}, { __index = function() ran = true end }))
        complete('trap.some.thing', function() return {} end)
        complete('trap:', function() return {} end)
        rawset(_G, 'trap', nil)
        assert.is_false(ran)
        local before = tenmo.counts().kernels
        complete('tenmo.ones(2):s', function() return {} end)
        assert.equal(before, tenmo.counts().kernels)
    end)

    test('has help', function()
        local t = prompt()
        t:line '? matmul'
        t:line 'help(tenmo.tanh)'
        assert.equal("help: nothing is known about 'matmull'; did you mean 'matmul'?", t:line '? matmull')
        same_screen('help', t)
        leave(t)
    end)

    test("shows an error with the person's line, and lives on", function()
        local t = prompt()
        t:line 'nn = tenmo.nn'
        t:line 'model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(100, 10))'
        t:line 'model(tenmo.ones(64, 784))'
        t:line 'tenmo.ones(64, 784):matmul(model[1].weight)'
        same_screen('a_shape_error', t)
        assert.equal("stdin:1: attempt to call global 'tensr' (a nil value); did you mean tenmo.tensor?",
            t:line 'tensr{1}')
        t:type 'function f(a)\n'
        t:wait '>> '
        t:type '  return a + nil\n'
        t:wait '>> '
        t:line 'end'
        assert.equal('stdin:2: attempt to perform arithmetic on a nil value\n    return a + nil', t:line 'f(1)')
        assert.matches('^stdin:1: ', t:line 'x = = 1')
        assert.equal('3', t:line '1 + 2')
        leave(t)
    end)

    test('Ctrl-C clears a line, and stops what runs', function()
        local t = prompt()
        t:type 'not this one'
        t:wait '> not this one'
        t:type '\3'
        t:wait '> '
        for _, loop in ipairs { 'while true do end', 'local x = tenmo.ones(9) while true do x = x + 1 end' } do
            t:type("print('running') " .. loop .. '\n')
            t:wait 'running'
            t:type '\3'
            t:wait '> '
            assert.matches('stdin:1: interrupted\n>$', t:screen())
        end
        assert.equal('2', t:line '1 + 1')
        leave(t)
    end)

    test('has commands', function()
        local t = prompt()
        assert.equal('no names of yours yet', t:line ':who')
        t:line 'weights = tenmo.zeros(300, 300)'
        t:line 'local view = weights[1]'
        t:line "words = {'a', 'b'}"
        t:line ':who'
        t:line ':mem'
        same_screen('memory', t)
        assert.matches('^[%d.]+ %a?s; 1 kernels, 1 allocations, 64 B$',
            (t:line ':time tenmo.ones(4, 4)':gsub(', the middle of %d+ runs from .- to [^;]*', '')))
        t:line 'local function twice(x) return 2 * x end'
        assert.equal('-- stdin:1\nlocal function twice(x) return 2 * x end', t:line ':src twice')
        assert.matches('^name +tanh\nsignature +x\nformula +tanh%(x%)\n', t:line ':src tenmo.tanh')
        assert.matches('ops/losses.lua:%d+\n', t:line ':src tenmo.mse_loss')
        assert.equal('the compiler is off; there are the commands  :jit on  and  :jit off', t:line ':jit')
        t:line ':jit on'
        assert.equal('true', t:line '(jit.status())')
        assert.equal("there is no command ':whoo'; did you mean ':who'?", t:line ':whoo')
        assert.equal('no script is paused; Ctrl-C pauses one that was started with -i', t:line ':continue')
        assert.matches(':who +your names', t:line ':help')
        t:type ':quit\n'
        assert.equal(0, t:close())
    end)

    test('remembers lines across runs', function()
        local t = prompt()
        t:line 'remembered = 17'
        leave(t)
        t = prompt()
        t:type '\27[A'
        t:wait '> remembered = 17'
        t:line ''
        assert.equal('17', t:line 'remembered')
        leave(t)
    end)
end)

describe('the locals of a line', function()
    local scope = require 'tenmo.repl.scope'

    for text, names in pairs {
        ['local a, b = 1'] = { 'a', 'b' },
        ['local a\nlocal b'] = { 'a', 'b' },
        ['local function f() local g end local h'] = { 'f', 'h' },
        ['do local a end'] = {},
        ['for i = 1, 2 do local a end local b'] = { 'b' },
        ['if x then local a elseif y then local b else local c end'] = {},
        ['repeat local a until a'] = {},
        ["local s = 'local t' -- local u\nlocal v = [[local w]]"] = { 's', 'v' },
        ['local a print(a)'] = { 'a' },
        ['local a\nprint(a)'] = { 'a' },
        ['local a while a do local b end'] = { 'a' },
    } do
        it(('of %q'):format(text), function()
            assert.same(names, scope.declared(text))
        end)
    end
end)

-- A training script that goes on long enough to be interrupted, and prints its last bits.
local TRAINING = [[
local tenmo, ffi = require 'tenmo', require 'ffi'
ffi.cdef 'int getpid(void); int kill(int pid, int number);'
tenmo.manual_seed(3)
local model = tenmo.nn.Linear(4, 1)
local optimizer = tenmo.optim.SGD(model:parameters(), { lr = 1e-5 })
local stop_at, last = tonumber(arg[1]), tonumber(arg[2])
local seen = 0
local function step(x)
    local loss = model(x):square():mean()
    optimizer:zero_grad()
    loss:backward()
    optimizer:step()
    seen = seen + 1
    if seen == stop_at then
        ffi.C.kill(ffi.C.getpid(), 2)
    end
end
print 'training'
for i = 1, last do
    step(tenmo.randn(8, 4))
end
print(('weights %.17g after %d'):format(model.weight:double():sum():item(), seen))
]]

describe('Ctrl-C in a script', function()
    local script

    setup(function()
        script = program.file(TRAINING)
    end)
    teardown(function()
        os.remove(script)
        os.execute(("rm -rf '%s'"):format(home))
    end)

    test('run with -i pauses it, shows its locals, and :continue goes on with the same bits', function()
        local alone = program.run { script, '0', '60' }:match 'weights [^\n]*'
        local t = open('-i', script, '20', '60')
        t:wait 'paused> '
        t:line('seen', 'paused> ')
        t:line(':where', 'paused> ')
        t:line(':who', 'paused> ')
        t:line(':continue', '> ')
        same_screen('a_paused_script', t)
        assert.equal(alone, t:screen():match 'weights [^\n]*')
        leave(t)
    end)

    test('pauses code that is given with -e alike', function()
        local t = open('-i', '-e', "arg = { '20', '60' } " .. TRAINING)
        t:wait 'paused> '
        assert.equal('20', t:line('seen', 'paused> '))
        t:line(':continue', '> ')
        assert.matches('after 60\n', t:screen())
        leave(t)
    end)

    test('what is drawn or broken at the prompt changes nothing', function()
        local alone = program.run { script, '0', '60' }:match 'weights [^\n]*'
        local t = open('-i', script, '20', '60')
        t:wait 'paused> '
        t:line('tenmo.randn(3):sum():item() < 99', 'paused> ')
        t:line("error 'mine'", 'paused> ')
        t:line('tenmo.set_recording(false)', 'paused> ')
        t:type "print 'running' while true do end\n"
        t:wait 'running'
        t:type '\3'
        t:wait 'paused> '
        t:line(':continue', '> ')
        assert.equal(alone, t:screen():match 'weights [^\n]*')
        leave(t)
    end)

    test('locals and upvalues can be set', function()
        local t = open('-i', script, '20', '60')
        t:wait 'paused> '
        assert.equal('20', t:line('i', 'paused> '))
        assert.equal('true', t:line('x:size(1) == 8 and loss ~= nil and model ~= nil', 'paused> '))
        t:line('seen = 1000', 'paused> ')
        t:line('optimizer.lr = 0', 'paused> ')
        assert.equal('1000', t:line('seen', 'paused> '))
        assert.equal('nil', t:line('rawget(_G, "seen")', 'paused> '))
        t:line('stop_at = 1002', 'paused> ')
        t:type ':continue\n'
        t:wait(function(screen)
            return select(2, screen:gsub('paused at', '')) == 2 and screen:find 'paused>$'
        end)
        assert.equal('1002', t:line('seen', 'paused> '))
        t:line(':continue', '> ')
        assert.matches('after 1040\n', t:screen())
        leave(t)
    end)

    test('a real key, many times, and still the same bits', function()
        local alone = program.run { script, '0', '40000' }:match 'weights [^\n]*'
        local t = open('-i', script, '0', '40000')
        t:wait 'training'
        for n = 1, 3 do
            t:type '\3'
            t:wait(function(screen)
                local _, times = screen:gsub('paused at', '')
                return times == n and screen:find 'paused>$' or screen:find 'weights'
            end)
            if t:screen():find 'weights' then
                break
            end
            t:type ':continue\n'
            t:wait(function(screen)
                return screen:find ':continue$' or screen:find 'weights'
            end)
            for _ = 1, 5 do
                t:read(10)
            end
        end
        t:wait(function(screen)
            return screen:find 'weights' and screen:find '\n>$'
        end)
        assert.equal(alone, t:screen():match 'weights [^\n]*')
        leave(t)
    end)

    test(':abort stops it with an error', function()
        local t = open('-i', script, '20', '60')
        t:wait 'paused> '
        t:line(':abort', '> ')
        assert.matches('%.lua:1[57]: aborted at the prompt', t:screen())
        assert.equal('nil', t:line 'seen')
        leave(t)
    end)

    test('stops it without -i, with status 130', function()
        local t = open(script, '20', '60')
        assert.equal(130, t:close())
        assert.matches('%.lua:1[57]: interrupted$', t:screen())
    end)
end)
