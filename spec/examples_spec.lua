-- examples_spec.lua: the programs that people see first, run as they would run them.

local program = require 'spec.support.program'

local run = program.run

local function test(name, f)
    it(name, function()
        if not program.path() then
            pending 'the specs do not run inside tenmo-lua'
        end
        f()
    end)
end

-- What a program shows on a terminal of 100 columns.
local function on_terminal(words, env)
    if os.execute 'script --version > /dev/null 2>&1' ~= 0 then
        pending 'needs script(1)'
    end
    return (run { '-qec', ("stty columns 100; exec env %s '%s' %s"):format(env, program.path(), words), '/dev/null',
        program = 'script' })
end

local function file(name)
    local handle = assert(io.open(name))
    local text = handle:read '*a'
    handle:close()
    return text
end

describe('every program', function()
    for name in io.popen(("ls '%sscripts'"):format(SPEC.root)):lines() do
        if name:find '%.lua$' then
            it(name .. ' is under 80 lines', function()
                local _, lines = file(SPEC.root .. 'scripts/' .. name):gsub('\n', '')
                assert.is_true(lines < 80, lines .. ' lines')
            end)

            test(name .. ' has --help', function()
                local text, status = run { name, '--help' }
                assert.equal(0, status)
                assert.equal(name, text:match '^(%S+):')
                assert.matches('\nFlags:\n', text)
            end)
        end
    end
end)

describe('spiral.lua', function()
    for seed = 1, 3 do
        test(('gets at least 99 %% right with seed %d, and draws the plane'):format(seed), function()
            local text, status = run { 'spiral.lua', '--seed', tostring(seed) }
            assert.equal(0, status, text)
            assert.is_true(tonumber(text:match 'epoch 3000  loss %S+  accuracy (%S+) %%') >= 99, text)
            local _, dots = text:gsub('%.%.%.', '')
            assert.is_true(dots > 50 and text:find('x.x', 1, true) ~= nil and text:find 'o' ~= nil, text)
        end)
    end
end)

describe('binary_mnist.lua', function()
    test('tells zeros from ones', function()
        local text, status = run { 'binary_mnist.lua', '--epochs', '4', '--threads', '1', env = '-u TENMO_DATA' }
        assert.equal(0, status, text)
        assert.matches('zeros and ones: 289 to train, 71 to test', text)
        assert.is_true(tonumber(text:match 'epoch  4  loss %S+  test accuracy (%S+) %%') > 97, text)
        assert.matches('zero%s+one%s+right', text)
    end)
end)

describe('landscape.lua and glove.lua', function()
    local lines = {}
    for i = 1, 120 do -- good and fine stand where bad and poor don't
        local good = i % 2 == 0
        lines[i] = ('a %s film, really %s acting %d'):format(good and 'good' or 'bad', good and 'fine' or 'poor', i)
    end

    test('show vectors of the words of a file', function()
        local name = program.file(table.concat(lines, '\n') .. '\n', '.txt')
        local text, status = run { 'landscape.lua', '--file', name, '--word', 'good' }
        assert.equal(0, status, text)
        assert.matches('^120 documents, 9 words\none%-hot    good times itself 1, times really 0\n', text)
        assert.matches('TF%-IDF     bad 0%.67', text)
        text, status = run { 'glove.lua', '--file', name, '--word', 'good', '--width', '8', '--epochs', '300' }
        assert.equal(0, status, text)
        assert.matches('^120 documents, 9 words, ', text)
        assert.matches(' 1%.000  good\n', text)
        local first, last = text:match 'epoch 1  loss (%S+)', text:match 'epoch 300  loss (%S+)'
        assert.is_true(tonumber(last) < tonumber(first) / 100, text)
        os.remove(name)
    end)
end)

describe('word2vec.lua', function()
    local function texts()
        local lines, topics = {}, { { 'red', 'green', 'blue', 'paint', 'brush' }, { 'bread', 'butter', 'milk', 'egg',
            'oven' } }
        math.randomseed(1)
        for i = 1, 400 do
            local words = {}
            for k = 1, 12 do
                words[k] = topics[i % 2 + 1][math.random(5)]
            end
            lines[i] = table.concat(words, ' ')
        end
        return program.file(table.concat(lines, '\n'))
    end

    for _, way in ipairs { '--deterministic', '--plain' } do
        test('finds the neighbours of a word in texts of your own: ' .. way, function()
            local path = texts()
            local text, status = run { 'word2vec.lua', '--file', path, '--word', 'red', '--dim', '16', '--sample', '0',
                '--lr', way == '--plain' and '0.5' or '0.05', '--epochs', '10', way }
            os.remove(path)
            assert.equal(0, status, text)
            assert.matches('400 reviews, 4800 words, 11 in the vocabulary', text)
            local near = {}
            for word in text:gmatch '\n  (%a+) +%-?[%d.]+' do
                near[#near + 1] = word
            end
            near = { unpack(near, 1, 4) }
            table.sort(near)
            assert.same({ 'blue', 'brush', 'green', 'paint' }, near, text)
        end)
    end
end)

describe('sentiment.lua', function()
    test('tells good reviews from bad ones', function()
        local data = require 'tenmo'.data
        if not (data.imdb and data.find 'imdb/imdb-test.tar.xz') then
            pending '$TENMO_DATA/imdb is not at hand'
        end
        local text, status = run { 'sentiment.lua', '--epochs', '1' }
        assert.equal(0, status, text)
        assert.matches('25000 reviews to train, 25000 to test', text)
        assert.is_true(tonumber(text:match 'epoch  1  loss %S+  test accuracy (%S+) %%') > 84, text)
    end)
end)

describe('cifar_10.lua', function()
    test('says where its data goes if it is not at hand', function()
        local text, status = run { 'cifar_10.lua', env = '-u TENMO_DATA' }
        assert.equal(1, status)
        assert.equal('tenmo-lua: no CIFAR-10 (TENMO_OFFLINE is set); put its binary files into '
            .. '$TENMO_DATA/cifar-10-batches-bin/\n', text)
    end)

    test('learns', function()
        if not require 'tenmo'.data.find 'cifar-10-batches-bin/data_batch_1.bin' then
            pending 'TENMO_DATA has no CIFAR-10'
        end
        local text, status = run { 'cifar_10.lua', '--epochs', '2' }
        assert.equal(0, status, text)
        assert.is_true(tonumber(text:match 'epoch  2  loss %S+  test accuracy (%S+) %%') > 35, text)
    end)
end)

describe('mine.lua', function()
    local function table_of(f)
        local rows = {}
        for i = 1, 120 do
            local a, b = (i * 37 % 101) / 10, (i * 53 % 97) / 10
            rows[i] = ('%g,%g,%s'):format(a, b, f(a, b))
        end
        return program.file('a,b,c\n' .. table.concat(rows, '\n') .. '\n', '.csv')
    end

    test('classifies', function()
        local name = table_of(function(a, b)
            return a > b and 'more' or 'less'
        end)
        local text, status = run { 'mine.lua', '--file', name, '--epochs', '60' }
        assert.equal(0, status, text)
        assert.matches("^classify 'c' from 2 features: 96 rows to train, 24 to test\n", text)
        assert.is_true(tonumber(text:match 'epoch   60 .- test rows (%S+) %% right') > 85, text)
        assert.matches('less%s+more%s+right', text)
        os.remove(name)
    end)

    test('regresses, in the unit of the column', function()
        local name = table_of(function(a, b)
            return 100 * a + 50 * b
        end)
        local text, status = run { 'mine.lua', '--file', name, '--target', 'c', '--epochs', '60' }
        assert.equal(0, status, text)
        assert.matches("^regress 'c' from 2 features", text)
        assert.is_true(tonumber(text:match 'epoch   60 .- test rows off by (%S+)') < 100, text)
        os.remove(name)
    end)

    test('says what is missing or wrong', function()
        assert.same({ 'tenmo-lua: which table? mine.lua --file yours.csv; --help shows the rest\n', 1 },
            { run { 'mine.lua' } })
        local name = program.file('a,b\n1,2\n3\n', '.csv')
        assert.same({ ('tenmo-lua: %s:3: 1 fields, but the line before has 2\n'):format(name), 1 },
            { run { 'mine.lua', '--file', name } })
        os.remove(name)
    end)
end)

describe('mnist_conv.lua', function()
    it('reads the digits that come with the project', function()
        local text, status = run { 'mnist_conv.lua', '--epochs', '5', '--batch', '32', '--threads', '1',
            env = '-u TENMO_DATA' }
        assert.equal(0, status, text)
        assert.is_true(tonumber(text:match 'epoch  5 .*accuracy ([%d.]+) %%') > 80, text)
    end)
end)

describe('mnist.lua', function()
    local DIGITS = '-u TENMO_DATA LC_ALL=C.UTF-8 TERM=xterm'

    test('prints a confusion table and misread digits, in plain characters where there is no terminal', function()
        local text, status = run { 'mnist.lua', '--epochs', '2', '--threads', '1', env = '-u TENMO_DATA' }
        assert.equal(0, status)
        assert.is_nil(text:find '[\27\r]')
        assert.matches('\nepoch  2  loss %d%.%d+  test accuracy %d+%.%d+ %%  %d+ images/s\n', text)
        assert.matches('\n        0    1    2    3    4    5    6    7    8    9   right\n', text)
        assert.matches('\n%d, read as %d', text)
    end)

    test('saves its weights and reads with them again', function()
        local name = os.tmpname()
        local before = run { 'mnist.lua', '--epochs', '2', '--threads', '1', '--save', name, env = '-u TENMO_DATA' }
        local after, status = run { 'mnist.lua', '--epochs', '0', '--load', name, env = '-u TENMO_DATA' }
        assert.equal(0, status, after)
        local function result(text)
            return text:match '\nrows: .*$'
        end
        assert.equal(result(before), result(after))
        os.remove(name)
    end)

    test('says what is wrong with a file of weights', function()
        local name = program.file('not weights', '.safetensors')
        local text, status = run { 'mnist.lua', '--load', name, env = '-u TENMO_DATA' }
        assert.equal(1, status)
        assert.matches('\ntenmo%-lua: [^\n]*' .. name:gsub('%p', '%%%0') .. ': claims a header of', text)
        os.remove(name)
    end)

    test('on a terminal has a bar for each epoch and digits in colours', function()
        -- These epochs are shorter than the time between two drawings, so the clock goes faster.
        local faster = program.file [[
            require 'tenmo'
            local clock = require 'tenmo.clock'
            package.loaded['tenmo.clock'] = function() return 100 * clock() end
        ]]
        local text = on_terminal(("-e 'dofile \"%s\"' mnist.lua --epochs 3 --batch 2 --threads 1"):format(faster),
            DIGITS)
        os.remove(faster)
        assert.matches('\repoch  1  \27%[36m.-\27%[0m  *%d+/719  loss %d%.%d+  [%d,]+ images/s'
            .. '  0:%d%d left\27%[K', text)
        assert.matches('\r\27%[Kepoch  3  loss %d%.%d+  test accuracy', text)
        assert.matches('\27%[38;5;%d+;48;5;%d+m▀', text)
    end)

    test('on a terminal with NO_COLOR prints plain lines', function()
        local text = on_terminal('mnist.lua --epochs 1 --threads 1', '-u TENMO_DATA NO_COLOR=1 TERM=xterm')
        assert.is_nil(text:find '\27')
        assert.matches('\nepoch  1  loss', text)
    end)
end)
