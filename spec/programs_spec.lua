-- programs_spec.lua: tenmo-lua and the programs, run from outside.

local program = require 'spec.support.program'

local run = program.run

-- A test that needs the program itself: under a plain luajit it is pending.
local function test(name, f)
    it(name, function()
        if not program.path() then
            pending 'the specs do not run inside tenmo-lua'
        end
        f()
    end)
end

describe('tenmo-lua', function()
    test('--version says what it is made of', function()
        local text, status = run { '--version' }
        assert.equal(0, status)
        for _, word in ipairs { '^tenmo%-lua %d+%.%d+%.%d+', 'LuaJIT', 'OpenBLAS', '%d threads?', 'devices: cpu' } do
            assert.matches(word, text)
        end
    end)

    test('--help', function()
        local text, status = run { '--help' }
        assert.equal(0, status)
        assert.matches('^usage: tenmo%-lua', text)
    end)

    test('-e runs a line, with tenmo at hand', function()
        local text, status = run { '-e', "print(require('tenmo').ones(2):sum():item())" }
        assert.same({ '2\n', 0 }, { text, status })
    end)

    test('-l makes a module a global', function()
        assert.same({ 'table\n', 0 }, { run { '-l', 'tenmo', '-e', 'print(type(tenmo))' } })
    end)

    test('an unknown option', function()
        local text, status = run { '--bogus' }
        assert.is_true(status ~= 0)
        assert.matches('there is no option %-%-bogus', text)
    end)

    test('arg holds the script and what follows', function()
        local name = program.file "print(arg[0], arg[1], arg[2], #arg, ...)"
        local text = run { name, 'a', 'b c' }
        assert.equal(name .. '\ta\tb c\t2\ta\tb c\n', text)
        os.remove(name)
    end)

    test('a script from standard input', function()
        assert.same({ '42\n', 0 }, { run { '-', input = 'print(42)' } })
    end)

    test('finds an installed script by its name', function()
        local text, status = run { 'xor.lua', '--help', cwd = '/' }
        assert.equal(0, status)
        assert.matches('^xor.lua: ', text)
    end)

    test('a script that is not there', function()
        local text, status = run { 'nowhere.lua' }
        assert.is_true(status ~= 0)
        assert.matches('nowhere.lua', text)
    end)

    test("an error ends with the person's line and a status", function()
        local name = program.file("local tenmo = require 'tenmo'\nlocal nn = tenmo.nn\n\n"
            .. 'nn.Linear(3, 2)(tenmo.ones(4, 5))\n')
        local text, status = run { name }
        assert.equal(1, status)
        assert.equal(('tenmo-lua: %s:4: Linear(3, 2): expected an input (..., 3), got (4, 5)\n'):format(name), text)
        text = run { '--traceback', name }
        assert.matches('stack traceback:', text)
        assert.matches('linear.lua:%d+:', text)
        os.remove(name)
    end)

    test('os.exit hands its status on', function()
        local _, status = run { '-e', 'os.exit(7)' }
        assert.equal(7, status)
    end)

    test('Ctrl-C stops a loop of engine calls, with the line', function()
        -- The loop sends itself what Ctrl-C sends, so nothing depends on how fast the program starts.
        local text, status = run {
            '-e', "local ffi, x = require 'ffi', require 'tenmo'.ones(3) "
                .. "ffi.cdef 'int getpid(void); int kill(int, int);' "
                .. 'for i = 1, 1e9 do x = x + 1 if i == 1000 then ffi.C.kill(ffi.C.getpid(), 2) end end',
        }
        assert.is_true(status ~= 0)
        assert.equal('tenmo-lua: (command line):1: interrupted\n', text)
    end)

    test('TENMO_MEMORY_LIMIT is read as people write it', function()
        for text, want in pairs { ['1e9'] = '1000000000\n', ['64k'] = '65536\n', ['500M'] = '524288000\n',
            ['2G'] = '2147483648\n' } do
            local code = "io.write(('%d\\n'):format(require 'tenmo'.memory().limit))"
            assert.equal(want, (run { '-e', code, env = 'TENMO_MEMORY_LIMIT=' .. text }))
        end
        local text, status = run { '-e', 'print(1)', env = 'TENMO_MEMORY_LIMIT=2x' }
        assert.matches("TENMO_MEMORY_LIMIT: expected bytes such as 2000000000, 500M or 2G, got '2x'", text)
        assert.equal(1, status)
    end)

    test('TENMO_MEMORY_LIMIT is kept, and named', function()
        local text, status = run { '-e', "require 'tenmo'.zeros(1e6)", env = 'TENMO_MEMORY_LIMIT=1M' }
        assert.equal(1, status)
        assert.matches(':1: zeros: out of memory: 3.8 MiB asked for, .* of the limit of 1.0 MiB .*TENMO_MEMORY_LIMIT',
            text)
    end)

    test('a syntax error', function()
        local name = program.file 'x = = 1'
        local text, status = run { name }
        assert.equal(1, status)
        assert.matches(':1: ', text)
        os.remove(name)
    end)
end)

describe('the prompt', function()
    test('shows values, keeps going after an error, and reads on where a line is not complete', function()
        local text, status = run {
            '-i', input = table.concat({
                'x = 6',
                'x * 7',
                "require('tenmo').ones(2, 3):matmul(require('tenmo').ones(4, 5))",
                'for i = 1, 2 do',
                'print("line", i)',
                'end',
                "'still here'",
                '',
            }, '\n'),
        }
        assert.equal(0, status)
        for _, word in ipairs { '42', 'matmul: %(2, 3%) x %(4, 5%): inner sizes differ', 'line\t1', 'line\t2',
            'still here' } do
            assert.matches(word, text)
        end
    end)
end)

describe('require from a plain luajit', function()
    test('works with tenmo.so on the path', function()
        local folder = program.module()
        if not folder then
            pending 'tenmo.so is not built here'
        end
        local text, status = run {
            '-e', "local tenmo = require 'tenmo'; print(tenmo.nn.Linear(2, 3)(tenmo.ones(1, 2)):size(-1))",
            program = 'luajit',
            env = ("LUA_CPATH='%s/?.so'"):format(folder),
        }
        assert.same({ '3\n', 0 }, { text, status })
    end)
end)

describe('xor.lua', function()
    for seed = 1, 5 do
        test(('comes within 0.03 of 0, 1, 1, 0 with seed %d'):format(seed), function()
            local text, status = run { 'scripts/xor.lua', '--seed', tostring(seed) }
            assert.equal(0, status)
            local n = 0
            for a, b, answer in text:gmatch '(%d) xor (%d) = (%d%.%d+)' do
                n = n + 1
                local want = a ~= b and 1 or 0
                assert.is_true(math.abs(tonumber(answer) - want) <= 0.03, text)
            end
            assert.equal(4, n)
        end)
    end
end)

describe('mnist.lua', function()
    test('--help shows the flags', function()
        local text, status = run { 'scripts/mnist.lua', '--help' }
        assert.equal(0, status)
        for _, flag in ipairs { 'epochs', 'batch', 'lr', 'seed', 'threads', 'device', 'help' } do
            assert.matches('\n  %-%-' .. flag, text)
        end
    end)

    for arguments, message in pairs {
        ['--epoch 3'] = 'unknown flag --epoch; did you mean --epochs?',
        ['--epochs many'] = "--epochs: expected a whole number, got 'many'",
        ['--epochs 1.5'] = "--epochs: expected a whole number, got '1.5'",
        ['--lr'] = '--lr needs a value',
        ['fast'] = "'fast' is not a flag; --help shows them",
        ['--device gpu'] = "device 'gpu': there is no such device; there are cpu and cuda",
    } do
        test(arguments .. ' is explained', function()
            local words = { 'scripts/mnist.lua' }
            for word in arguments:gmatch '%S+' do
                words[#words + 1] = word
            end
            assert.same({ 'tenmo-lua: ' .. message .. '\n', 1 }, { run(words) })
        end)
    end

    test('learns the built-in digits, and says that it took them', function()
        local text, status = run { 'scripts/mnist.lua', '--epochs', '4', '--threads', '1', env = '-u TENMO_DATA' }
        assert.equal(0, status)
        assert.equal('no MNIST (TENMO_OFFLINE is set), so built-in digits, 8 x 8 pixels: 1437 to train, 360 to test',
            text:match '^[^\n]*')
        assert.is_true(tonumber(text:match 'epoch  4  loss %S+  test accuracy (%S+) %%') > 80, text)
    end)

    test('learns MNIST', function()
        if not require 'tenmo'.data.find 'mnist/train-images-idx3-ubyte.gz' then
            pending 'TENMO_DATA has no MNIST'
        end
        local text, status = run { 'scripts/mnist.lua', '--epochs', '1' }
        assert.equal(0, status)
        assert.matches('^MNIST, 28 x 28 pixels: 60000 to train, 10000 to test\n', text)
        assert.is_true(tonumber(text:match 'test accuracy (%S+) %%') > 95, text)
    end)

    test('the same seed gives the same numbers, another seed others', function()
        local function losses(seed)
            local list = {}
            for loss in (run { 'scripts/mnist.lua', '--epochs', '2', '--threads', '1', '--seed', seed,
                env = '-u TENMO_DATA' }):gmatch 'loss %S+  test accuracy %S+' do
                list[#list + 1] = loss
            end
            assert.equal(2, #list)
            return list
        end
        assert.same(losses '1', losses '1')
        assert.not_same(losses '1', losses '2')
    end)
end)

describe('README.md', function()
    test('its first script runs', function()
        local file = assert(io.open(SPEC.root .. 'README.md'))
        local script = file:read('*a'):match '```lua\n(.-)```'
        file:close()
        local name = program.file(assert(script, 'no Lua block'))
        local text, status = run { name }
        os.remove(name)
        assert.equal(0, status, text)
    end)
end)
