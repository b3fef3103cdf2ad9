-- download_spec.lua: data from the net: whole, cut, resumed, wrong, by two at once, and not at all. A small server on
-- the loopback (python3) plays the net; nothing goes outside.

local program = require 'spec.support.program'

local folder = require 'spec.support.folder' (setup, teardown)
local path, write, contents = folder.path, folder.write, folder.read
local server, port, sum

-- The requests since the last look.
local function requests()
    local text = contents 'served/requests' or ''
    os.remove(path 'served/requests')
    return text
end

local BYTES = ('0123456789abcde\n'):rep(8192)

-- A line of Lua that fetches served/file into the cache and prints what came of it.
local function chunk(name, sha, bytes)
    return ([[require 'tenmo' print(require 'tenmo.download'.file('%s', { name = '%s', sha256 = '%s', bytes = %d,
        urls = { 'http://127.0.0.1:1/outside' } }))]]):format(path 'cache/set/file', name or 'file', sha or sum,
        bytes or #BYTES)
end

local ONLINE = 'no_proxy=127.0.0.1 TENMO_OFFLINE='

local function fetch(kind, options)
    options = options or {}
    local text, status = program.run {
        '-e', chunk(options.name, options.sha, options.bytes),
        env = options.env or ('%s TENMO_MIRROR=http://127.0.0.1:%s/%s'):format(ONLINE, port, kind),
    }
    assert.equal(0, status, text)
    return text:match '([^\n]*)\n$', text
end

describe('a download', function()
    setup(function()
        assert(os.execute(("mkdir '%s'"):format(path 'served')) == 0)
        write('served/file', BYTES)
        sum = io.popen(("sha256sum '%s'"):format(path 'served/file')):read '*a':match '^%x+'
        if program.path() and os.execute 'python3 -c "" 2> /dev/null && command -v curl > /dev/null' == 0 then
            -- The server's standard input is a pipe that ends when we close it.
            server = io.popen(("python3 '%sspec/support/server.py' '%s' > '%s'"):format(SPEC.root, path 'served',
                path 'port'), 'w')
            for _ = 1, 100 do
                port = (contents 'port' or ''):match '%d+'
                if port then
                    break
                end
                os.execute 'sleep 0.05'
            end
        end
    end)

    teardown(function()
        if server then
            server:close()
        end
    end)

    before_each(function()
        os.execute(("rm -rf '%s'"):format(path 'cache'))
        if port then
            requests()
        end
    end)

    local function test(name, f)
        it(name, function()
            if not port then
                pending 'needs tenmo-lua, curl and python3'
            end
            f()
        end)
    end

    test('comes from the mirror and is moved into place', function()
        assert.equal(path 'cache/set/file', (fetch 'good'))
        assert.equal(BYTES, contents 'cache/set/file')
        assert.is_nil(contents 'cache/set/file.part')
        assert.equal('/good/file None\n', requests())
        assert.equal(path 'cache/set/file', (fetch 'good')) -- now it is there
        assert.equal('', requests())
    end)

    test('that was cut stays in parts, and the next run goes on from there', function()
        local line, text = fetch 'cut'
        assert.matches('^nil\thttp://[%d.:]+/cut/file: the connection was cut$', line)
        assert.matches('^downloading http://[%d.:]+/cut/file %(0.1 MB%)\n', text)
        assert.is_nil(contents 'cache/set/file')
        assert.equal(#BYTES / 2, #contents 'cache/set/file.part')
        requests()
        assert.equal(path 'cache/set/file', (fetch 'good'))
        assert.equal(BYTES, contents 'cache/set/file')
        assert.equal(('/good/file bytes=%d-\n'):format(#BYTES / 2), requests())
    end)

    test('begins anew where the server knows no ranges', function()
        fetch 'cut'
        requests()
        assert.equal(path 'cache/set/file', (fetch 'whole'))
        assert.equal(BYTES, contents 'cache/set/file')
        assert.equal(('/whole/file bytes=%d-\n/whole/file None\n'):format(#BYTES / 2), requests())
    end)

    test('begins anew where what is there is wrong', function()
        os.execute(("mkdir -p '%s'"):format(path 'cache/set'))
        for _, part in ipairs { 'wrong', ('x'):rep(#BYTES), ('x'):rep(#BYTES + 1) } do
            write('cache/set/file.part', part)
            assert.equal(path 'cache/set/file', (fetch 'good'))
            assert.equal(BYTES, contents 'cache/set/file')
            os.remove(path 'cache/set/file')
        end
    end)

    test('of other bytes than expected is thrown away', function()
        local line = fetch('good', { sha = ('0'):rep(64) })
        assert.matches('^nil\thttp://[%d.:]+/good/file: these are not the expected bytes %(SHA%-256%)$', line)
        assert.is_nil(contents 'cache/set/file')
        assert.is_nil(contents 'cache/set/file.part')
    end)

    test('that is larger than expected is refused', function()
        assert.matches('it is larger than expected', (fetch('good', { bytes = 100 })))
        assert.is_nil(contents 'cache/set/file')
    end)

    test('that the server lacks, or without a server: nil and a message', function()
        assert.matches("^nil\t.*/good/none: the server doesn't have it$", (fetch('good', { name = 'none' })))
        assert.matches('^nil\thttp://127.0.0.1:1/outside: no connection$',
            (fetch(nil, { env = 'no_proxy=127.0.0.1 TENMO_OFFLINE= CI=' })))
    end)

    test('by two at once happens once', function()
        local words = {}
        for i = 1, 2 do
            words[i] = ([[env %s TENMO_MIRROR=http://127.0.0.1:%s/slow '%s' -e "%s" 2> '%s' &]]):format(ONLINE, port,
                program.path(), chunk(), path('err' .. i))
        end
        local pipe = io.popen(table.concat(words, '\n') .. '\nwait')
        local text = pipe:read '*a'
        pipe:close()
        assert.equal((path 'cache/set/file' .. '\n'):rep(2), text)
        assert.equal(BYTES, contents 'cache/set/file')
        assert.equal('/slow/file None\n', requests())
        assert.matches('waiting: another run is downloading', contents 'err1' .. contents 'err2')
    end)

    test('is not tried without curl, offline, under CI without a mirror, or from a strange mirror', function()
        os.execute(("mkdir -p '%s'"):format(path 'bin'))
        for env, message in pairs {
            ['TENMO_OFFLINE=1'] = 'TENMO_OFFLINE is set',
            ['TENMO_OFFLINE= CI=true'] = 'nothing is downloaded under CI',
            ['TENMO_OFFLINE= TENMO_MIRROR=file:///etc'] =
                "TENMO_MIRROR is 'file:///etc', expected http:// or https://",
            ['TENMO_OFFLINE= CI= PATH=' .. path 'bin'] = 'curl is not installed',
        } do
            assert.equal('nil\t' .. message, (fetch(nil, { env = env })))
        end
        assert.equal('', requests())
    end)

    test('to a place where nothing can be written: nil and a message', function()
        write('cache', 'a file, no folder')
        assert.matches('^nil\t', (fetch 'good'))
    end)

    test('that fails leaves mnist.lua with the built-in digits, and one line that says so', function()
        local text, status = program.run { 'scripts/mnist.lua', '--epochs', '0', env =
            ('-u TENMO_DATA no_proxy=127.0.0.1 TENMO_OFFLINE= XDG_CACHE_HOME=%s TENMO_MIRROR=http://127.0.0.1:%s/good')
            :format(path 'cache', port) }
        assert.equal(0, status, text)
        assert.matches("\nno MNIST %(http://[%d.:]+/good/mnist/train%-images%-idx3%-ubyte.gz: "
            .. "the server doesn't have it%)" .. ', so built%-in digits', text)
    end)
end)
