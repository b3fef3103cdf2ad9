-- progress_spec.lua: the bar, on a terminal and as plain lines; what it counts and what it must not cost.

local program = require 'spec.support.program'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

-- What a chunk writes to standard error and output on a terminal (a real one, made by script(1)).
local function on_terminal(chunk, env)
    if not program.path() or os.execute 'script --version > /dev/null 2>&1' ~= 0 then
        pending 'needs tenmo-lua and script(1)'
    end
    local name = program.file(chunk)
    local command = ("stty columns 100; exec env %s '%s' %s"):format(env or 'LC_ALL=C.UTF-8 TERM=xterm',
        program.path(), name)
    local text = program.run { '-qec', command, '/dev/null', program = 'script' }
    os.remove(name)
    return text
end

local function plain(chunk)
    if not program.path() then
        pending 'the specs do not run inside tenmo-lua'
    end
    local name = program.file(chunk)
    local text, status = program.run { name }
    os.remove(name)
    assert.equal(0, status, text)
    return text
end

-- Sleeps a little in each round, so that the bar is drawn.
local SLEEP = [[
local tenmo = require 'tenmo'
local ffi = require 'ffi'
ffi.cdef 'int usleep(unsigned microseconds);'
local function sleep() ffi.C.usleep(10000) end
]]

describe('progress', function()
    local function all(...)
        local list = {}
        for a, b in tenmo.progress(...) do
            list[#list + 1] = b == nil and a or { a, b }
        end
        return list
    end

    local quiet = { keep = false }

    it('hands on what a number, an array, a function or batches give', function()
        assert.same({ 1, 2, 3 }, all(3, quiet))
        assert.same({}, all(0, quiet))
        assert.same({ { 1, 'a' }, { 2, 'b' } }, all({ 'a', 'b' }, quiet))
        assert.same({ 'x', 'y' }, all(('x y'):gmatch '%a', quiet))
        local set = tenmo.data.set(tenmo.zeros(10, 2, { dtype = 'uint8' }), tenmo.arange(10))
        local n = 0
        for x, y in tenmo.progress(set:batches { batch = 4 }, quiet) do
            assert.same({ x:size(1), 2 }, x.shape)
            n = n + y:numel()
        end
        assert.equal(10, n)
    end)

    it('knows how many rounds and things there were', function()
        local set = tenmo.data.set(tenmo.zeros(10, 2, { dtype = 'uint8' }), tenmo.arange(10))
        local bar = tenmo.progress(set:batches { batch = 4 }, quiet)
        assert.equal(3, bar.total)
        for _ in bar do
            bar:show { loss = 1 }
        end
        assert.same({ 3, 10, true }, { bar.rounds, bar.items, bar.finished })
    end)

    it('counts by hand', function()
        local bar = tenmo.progress(5, quiet)
        bar:step():step { loss = 2 }:step(nil, 10)
        assert.same({ 3, 12 }, { bar.rounds, bar.items })
        bar:done():done()
    end)

    it('explains a wrong argument or option', function()
        assert.equal("progress: unknown option 'lable'; did you mean 'label'?",
            (tensors.failure(tenmo.progress, 3, { lable = 'x' })))
        assert.equal("progress: option 'total': expected a number, got a string",
            (tensors.failure(tenmo.progress, 3, { total = '3' })))
        assert.equal('progress: expected a number, an array or an iterator, got nil', (tensors.failure(tenmo.progress)))
    end)

    it('makes no kernel run and no tensor', function()
        local before = tenmo.counts()
        all(1000, quiet)
        assert.same(before, tenmo.counts())
    end)

    it('asks for the clock only now and then', function()
        local asked, clock = 0, package.loaded['tenmo.clock']
        package.loaded['tenmo.clock'] = function()
            asked = asked + 1
            return clock()
        end
        package.loaded['tenmo.progress'] = nil
        local progress = require 'tenmo.progress'
        package.loaded['tenmo.clock'] = clock
        for _ in progress(1e6, quiet) do end -- luacheck: ignore 542
        package.loaded['tenmo.progress'] = tenmo.progress
        assert.is_true(asked < 20000, 'asked ' .. asked .. ' times in 1,000,000 rounds')
    end)

    it('writes one plain line at the end where there is no terminal', function()
        local text = plain(SLEEP .. [[
            local bar = tenmo.progress(20, { label = 'twenty', unit = 'things' })
            for _ in bar do sleep() bar:show { loss = 0.5, what = 'words' } end
        ]])
        assert.matches('^twenty  20/20  loss 0%.5000  what words  %d+ things/s  %d%.%d s\n$', text)
    end)

    it('writes nothing with keep = false and no terminal', function()
        assert.equal('', plain(SLEEP .. 'for _ in tenmo.progress(20, { keep = false }) do sleep() end'))
    end)

    it('redraws one line on a terminal: bar, values, rate, time left', function()
        local text = on_terminal(SLEEP .. [[
            local bar = tenmo.progress(60, { label = 'epoch 1' })
            for _ in bar do sleep() bar:show { loss = 0.25 } end
            print 'after'
        ]])
        assert.matches('\repoch 1  \27%[36m━.-\27%[2;37m─.-\27%[0m  %d+/60  loss 0%.2500  %d+ rounds/s'
            .. '  0:0%d left\27%[K', text)
        assert.matches('60/60  loss 0%.2500  %d+ rounds/s  %d%.%d s\27%[K\r?\n[^\n]*after', text)
        local _, drawings = text:gsub('\repoch', '')
        assert.is_true(drawings <= 60 * 0.1 * 10, drawings .. ' drawings') -- a slow machine sleeps longer
    end)

    it('makes room for what bar:print prints', function()
        local text = on_terminal(SLEEP .. [[
            local bar = tenmo.progress(30, { keep = false })
            for i in bar do sleep() if i == 20 then bar:print('in', 'between') end end
        ]])
        assert.matches('\r\27%[Kin\tbetween\r\n\r', text)
        assert.equal('in\tbetween\n', plain [[
            local bar = require 'tenmo'.progress(1, { keep = false })
            for _ in bar do bar:print('in', 'between') end
        ]])
    end)

    it('tells of a NaN loss once, with its step and what finds the op', function()
        assert.equal('epoch 1: the loss is nan from step 3 on; with tenmo.check_nan(true) before the loop, the op that '
            .. 'makes the first NaN is an error with its line\n', plain [[
            for epoch = 1, 2 do
                local bar = require 'tenmo'.progress(4, { label = 'epoch ' .. epoch, keep = false })
                for i in bar do bar:show { loss = (epoch == 2 or i > 2) and 0 / 0 or 1 / 0 } end
            end
        ]])
    end)

    it('wipes itself away with keep = false', function()
        local text = on_terminal(SLEEP .. [[
            for _ in tenmo.progress(30, { keep = false }) do sleep() end
            print 'after'
        ]])
        assert.matches('\r\27%[Kafter', text)
    end)

    for _, env in ipairs { 'NO_COLOR=1', 'TERM=dumb' } do
        it('is plain lines under ' .. env, function()
            local text = on_terminal(SLEEP .. 'for _ in tenmo.progress(20) do sleep() end', env)
            assert.is_nil(text:find '\27')
            assert.matches('^20/20  %d+ rounds/s  %d%.%d s\r\n$', text)
        end)
    end

    it('draws with plain characters where the language is no UTF-8', function()
        local text = on_terminal(SLEEP .. 'for _ in tenmo.progress(30) do sleep() end', 'LC_ALL=C TERM=xterm')
        assert.matches('\27%[36m#+\27%[2;37m%-+\27%[0m', text)
    end)
end)
