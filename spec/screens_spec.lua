-- screens_spec.lua: what programs show on a terminal, through a pseudo-terminal: a picture, a pause, a cut download.
-- (The prompt's screens are in repl_spec.)

local program = require 'spec.support.program'
local pty = require 'spec.support.pty'
local same_screen = require 'spec.support.screens'

local folder = os.tmpname()
os.remove(folder)

local function open(environment, ...)
    environment.HOME, environment.TENMO_DATA, environment.NO_COLOR = folder, false, '1'
    environment.TENMO_OFFLINE = environment.TENMO_OFFLINE or '1'
    return pty.open({ program.path(), ... }, environment)
end

local function test(name, f)
    it(name, function()
        if not program.path() then
            pending 'the specs do not run inside tenmo-lua'
        end
        os.execute(("rm -rf '%s' && mkdir '%s'"):format(folder, folder))
        f()
    end)
end

describe('on a terminal', function()
    teardown(function()
        os.execute(("rm -rf '%s'"):format(folder))
    end)

    test('spiral.lua draws what it learned', function()
        local t = open({}, 'spiral.lua', '--epochs', '1000')
        assert.equal(0, t:close())
        same_screen('spiral', t:screen():match 'epoch 1000.*', 40)
    end)

    test('Ctrl-C pauses mnist.lua, :continue goes on, and the weights are the same to the last bit #slow', function()
        local flags = ('mnist.lua --epochs 150 --batch 2 --lr 1e-3 --threads 1 --save %s/'):format(folder)
        local function mnist(text)
            local words = {}
            for word in text:gmatch '%S+' do
                words[#words + 1] = word
            end
            return open({}, unpack(words))
        end
        assert.equal(0, mnist(flags .. 'alone'):close())
        local t = mnist('-i ' .. flags .. 'paused')
        t:wait(function(screen)
            return screen:find 'epoch  3 '
        end)
        t:type '\3'
        t:wait 'paused> '
        t:line('train.about', 'paused> ')
        t:line('model[2].weight.shape', 'paused> ')
        t:line('optimizer.lr', 'paused> ')
        t:type ':continue\n'
        t:wait(function(screen)
            return screen:find 'read as %d' and screen:find '\n> ?$'
        end)
        local text = t:screen():match 'paused at.-:continue\n'
        t:type '\4'
        assert.equal(0, t:close())
        same_screen('mnist_paused', (text:gsub('paused at [^\n]*', 'paused at FILE:LINE  THE LINE')))
        assert.is_true(program.read(folder .. '/alone') == program.read(folder .. '/paused'))
    end)

    test('a download that is cut is told, and mnist.lua goes on with the built-in digits', function()
        if os.execute 'command -v python3 curl > /dev/null' ~= 0 then
            pending 'python3 and curl are needed'
        end
        local file = assert(io.open(folder .. '/train-images-idx3-ubyte.gz', 'w'))
        file:write(('bytes '):rep(30000))
        file:close()
        -- The server ends when its standard input does.
        local server = io.popen(("python3 '%sspec/support/server.py' '%s' > '%s/port'"):format(SPEC.root, folder,
            folder), 'w')
        local port
        for _ = 1, 200 do
            os.execute 'sleep 0.05'
            port = program.read(folder .. '/port'):match '%d+'
            if port then
                break
            end
        end
        local t = open({ TENMO_OFFLINE = '', TENMO_MIRROR = ('http://127.0.0.1:%s/cut'):format(port),
            XDG_CACHE_HOME = folder .. '/cache', no_proxy = '127.0.0.1' }, 'mnist.lua', '--epochs', '1')
        assert.equal(0, t:close())
        server:close()
        same_screen('a_cut_download', t:screen():match '^(.-)\nSequential')
    end)
end)
