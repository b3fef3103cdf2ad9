-- csv_spec.lua: tables of a person's own, well-formed and not; and CIFAR-10's files.

local program = require 'spec.support.program'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local folder = require 'spec.support.folder' (setup, teardown)
local path, write = folder.path, folder.write

local function csv(text, options)
    return tenmo.data.csv(write('table.csv', text), options)
end

describe('a CSV file', function()
    it('becomes features and classes', function()
        local all = assert(csv 'width,colour,kind\n1.5,red,cat\n2,blue,dog\n-3e1,red,cat\n')
        assert.same({ 'width', 'colour=blue', 'colour=red' }, all.names)
        assert.same({ { 1.5, 0, 1 }, { 2, 1, 0 }, { -30, 0, 1 } }, all.x:totable())
        assert.same({ 'classify', 'kind', { 'cat', 'dog' } }, { all.task, all.target, all.classes })
        assert.same({ 0, 1, 0 }, all.y:totable())
        assert.same({ 'float32', 'int64' }, { all.x.dtype, all.y.dtype })
    end)

    it('or a regression', function()
        local all = assert(csv('a,b\n1,0.5\n2,1\n3,1.5\n', { target = 'b' }))
        assert.same({ 'regress', { { 0.5 }, { 1 }, { 1.5 } } }, { all.task, all.y:totable() })
        assert.same({ { 0.5 }, { 1 }, { 1.5 } }, assert(csv('a,b\n1,0.5\n2,1\n3,1.5\n', { target = 1 })).x:totable())
        assert.equal('regress', assert(csv('a,b\n1,5\n2,6\n', { task = 'regress' })).task)
    end)

    it('has quotes, other separators, other line ends, a byte order mark, gz', function()
        local all = assert(csv '\239\187\191"the ""a"", here";b\r\n 1 ;"x;\ny"\r\n2;z\r\n\r\n3;z')
        assert.same({ 'the "a", here' }, all.names)
        assert.same({ 'x;\ny', 'z' }, all.classes)
        assert.same({ { 1 }, { 2 }, { 3 } }, all.x:totable())
        assert.same({ { 4 } , { 5 } }, assert(csv '4\ta\n5\tb').x:totable())
        assert(os.execute(("gzip -kf '%s'"):format(write('zipped.csv', '1,0\n2,1\n'))) == 0)
        assert.same({ { 1 }, { 2 } }, assert(tenmo.data.csv(path 'zipped.csv.gz')).x:totable())
    end)

    it('may lack a header, or have scikit-learn\'s', function()
        local all = assert(csv '1,2,0\n3,4,1\n')
        assert.same({ 'column 1', 'column 2' }, all.names)
        all = assert(csv '2,2,no,yes\n1,2,0\n3,4,1\n')
        assert.same({ { 1, 2 }, { 3, 4 } }, all.x:totable())
        assert.same({ 'no', 'yes' }, all.classes)
        assert.same({ 'a', 'c' }, assert(csv('a,b\nc,d\n', { header = false })).names and
            assert(csv('x,y\na,1\nc,2\n', { target = 'x' })).classes)
    end)

    it('leaves out text that is always different, and says so', function()
        local rows = { 'id,a,b' }
        for i = 1, 30 do
            rows[i + 1] = ('r%d,%d,%d'):format(i, i, i % 2)
        end
        local all = assert(csv(table.concat(rows, '\n')))
        assert.same({ { 'a' }, { 'id' } }, { all.names, all.left_out })
    end)

    it('leaves out rows that lack a value, or fills them, where it is asked to', function()
        local text = 'a,town,y\n1,Bern,10\n,Chur,20\n3,NA,30\n5,Bern,?\n8,Bern,40\n'
        local all = assert(csv(text, { missing = 'drop', task = 'regress' }))
        assert.same({ 2, 3, { { 1, 1 }, { 8, 1 } }, { { 10 }, { 40 } } },
            { all.n, all.dropped, all.x:totable(), all.y:totable() })
        all = assert(csv(text, { missing = 'mean', task = 'regress' }))
        assert.same({ 4, 1 }, { all.n, all.dropped })
        assert.same({ 'a', 'town=Bern', 'town=Chur', 'town=missing' }, all.names)
        assert.same({ { 1, 1, 0, 0 }, { 4, 0, 1, 0 }, { 3, 0, 0, 1 }, { 8, 1, 0, 0 } }, all.x:totable())
        assert.same({ nil, path 'table.csv: all but 1 of its 2 rows lack a value' },
            { csv('a,b\n1,2\n,3\n', { missing = 'drop' }) })
        assert.equal("data.csv: missing is 'fail', 'drop' or 'mean', got 'zero'",
            (tensors.failure(csv, text, { missing = 'zero' })))
    end)

    local HINT = "; missing = 'drop' leaves such rows out, missing = 'mean' fills them"
    for text, message in pairs {
        ['a,b\n1,2\n3\n'] = ':3: 1 fields, but the line before has 2',
        ['a,b\n1,2\n3,4,5\n'] = ':3: 3 fields, but the line before has 2',
        ['a,b\n1,2\n\n3,\n'] = ":4: field 2 ('b') is empty" .. HINT,
        ['a,b\n' .. ('1,2\n'):rep(9) .. 'NaN,3\n'] = ":11: column 'a': expected a number, got 'NaN'" .. HINT,
        ['a,b\n' .. ('1,2\n'):rep(9) .. '1e999,3\n'] = ":11: column 'a': expected a number, got '1e999'",
        ['a,b\n1,"2\n3,4\n'] = ':2: a quote is not closed',
        ['a,b\n1,"2"x\n3,4\n'] = ':2: text behind the closing quote of field 2',
        ['a,b\n' .. ('1,2\n'):rep(9) .. 'o,3\n'] = ":11: column 'a': expected a number, got 'o'",
        [''] = ': 0 rows are too few',
        ['a,b\n'] = ': 1 rows are too few',
        ['a\n1\n2\n'] = ': no column is left to predict from; fields are separated by commas, semicolons or tabs',
    } do
        it(('%q'):format(text) .. ': nil and a message', function()
            assert.same({ nil, path 'table.csv' .. message }, { csv(text) })
        end)
    end

    it('explains a wrong target, task, option or path', function()
        local text = 'width,kind\n1,a\n2,b\n'
        assert.same({ nil, path 'table.csv' .. ": there is no column 'widht'; did you mean 'width'?" },
            { csv(text, { target = 'widht' }) })
        assert.same({ nil, path 'table.csv' .. ': there is no column 3; it has 2' }, { csv(text, { target = 3 }) })
        assert.same({ nil, path 'table.csv' .. ": column 'kind' holds text such as 'a'; numbers are needed for a "
            .. 'regression' }, { csv(text, { task = 'regress' }) })
        assert.equal("data.csv: unknown option 'targte'; did you mean 'target'?",
            (tensors.failure(csv, text, { targte = 1 })))
        assert.equal("data.csv: task is 'classify' or 'regress', got 'guess'",
            (tensors.failure(csv, text, { task = 'guess' })))
        assert.is_nil((tenmo.data.csv(path 'missing')))
        assert.is_nil((tenmo.data.csv(folder.name)))
    end)

    it('gives a part in batches: each row once with its label, in an order that seed and epoch decide', function()
        local rows = { 'value,label' }
        for i = 1, 50 do
            rows[#rows + 1] = ('%d,%s'):format(i, i % 2 == 0 and 'even' or 'odd')
        end
        local train = assert(csv(table.concat(rows, '\n'))):split { test = 0.2 }
        local function walk(epoch)
            local seen, sizes = {}, {}
            for x, y in train:batches { batch = 16, shuffle = true, seed = 7, epoch = epoch } do
                sizes[#sizes + 1] = x:size(1)
                for i = 1, x:size(1) do
                    seen[#seen + 1] = ('%.6f %d'):format(x[{ i, 1 }]:item(), y[i]:item())
                end
            end
            return seen, sizes
        end
        local first, sizes = walk(1)
        assert.same({ 16, 16, 8 }, sizes)
        assert.same(first, (walk(1)))
        local second = walk(2)
        assert.is_false(table.concat(first, ';') == table.concat(second, ';'))
        local all = {}
        for i = 1, 40 do
            all[i] = ('%.6f %d'):format(train.x[{ i, 1 }]:item(), train.y[i]:item())
        end
        table.sort(all)
        table.sort(first)
        assert.same(all, first)
    end)

    it('says what a path and a share are', function()
        assert.equal('data.csv: expected a path, got nil', (tensors.failure(tenmo.data.csv)))
        local all = assert(csv 'a,b\n1,2\n3,4\n5,6\n')
        for _, share in ipairs { 0, 1, 2, -1 } do
            assert.equal('split: test is the share of rows to test with, between 0 and 1; got ' .. share,
                (tensors.failure(all.split, all, { test = share })))
        end
    end)

    it('splits into parts that have each row once, standardised by the first', function()
        local rows = {}
        for i = 1, 50 do
            rows[i] = ('%d,7,%g'):format(i, i + 0.5)
        end
        local train, test = assert(csv(table.concat(rows, '\n'))):split { test = 0.2, seed = 3 }
        assert.same({ 40, 10 }, { train.n, test.n })
        assert.is_true(math.abs(train.x:mean():item()) < 1e-5)
        assert.is_true(math.abs(train.x[{ {}, 1 }]:square():mean():item() - 1) < 1e-4)
        assert.equal(0, train.x[{ {}, 2 }]:abs():max():item()) -- a column of one value
        local seen, n = {}, 0
        for _, part in ipairs { train, test } do
            for _, y in ipairs(tensors.flatten(part.y)) do
                local value = math.floor(y * part.y_std + part.y_mean)
                n = n + (seen[value] and 0 or 1)
                seen[value] = true
            end
        end
        assert.equal(50, n)
    end)
end)

describe('CIFAR-10', function()
    -- n records; image i is full of i, its label is i.
    local function batch(n)
        local records = {}
        for i = 1, n do
            records[i] = string.char(i) .. string.char(i):rep(3072)
        end
        return table.concat(records)
    end

    local function make(where, change)
        os.execute(("mkdir -p '%s/cifar-10-batches-bin'"):format(where))
        for _, name in ipairs { 'data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5',
            'test_batch' } do
            local file = assert(io.open(('%s/cifar-10-batches-bin/%s.bin'):format(where, name), 'wb'))
            file:write(change and change[name] or batch(3))
            file:close()
        end
    end

    local PRINT = [[local train, test = require 'tenmo'.data.cifar_10()
        if not train then print(test) os.exit(1, true) end
        print(train.about, train.images:size(2), train.labels:sum():item(), test.images[2]:float():mean():item(),
            train.names[4])]]

    local function load(env)
        if not program.path() then
            pending 'the specs do not run inside tenmo-lua'
        end
        return program.run { '-e', PRINT, env = env }
    end

    local GOOD = 'CIFAR-10, 3 x 32 x 32 pixels: 15 to train, 3 to test\t3\t30\t2\tcat\n'

    it('comes from its files in $TENMO_DATA', function()
        make(path 'data')
        assert.same({ GOOD, 0 }, { load('TENMO_DATA=' .. path 'data') })
    end)

    it('comes out of its archive, which writes nothing else', function()
        make(path 'inside')
        write('evil', 'evil')
        local cache = path 'cache/tenmo-lua/cifar-10'
        -- a member that climbs out, and a link in the way
        local status = os.execute(([[mkdir -p '%s' && cd '%s' && ln -s /tmp cifar-10-batches-bin/link &&
            tar -czPf '%s/cifar-10-binary.tar.gz' cifar-10-batches-bin ../evil --transform 's|^../evil|../../evil|']])
            :format(cache, path 'inside', cache))
        assert.equal(0, status)
        assert.same({ GOOD, 0 }, { load('-u TENMO_DATA XDG_CACHE_HOME=' .. path 'cache') })
        local names = {}
        for name in io.popen(("cd '%s' && find . -type f -o -type l | sort"):format(path 'cache')):lines() do
            names[#names + 1] = name:match '[^/]*$'
        end
        assert.same({ 'cifar-10-binary.tar.gz', 'data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin',
            'data_batch_4.bin', 'data_batch_5.bin', 'test_batch.bin' }, names)
    end)

    it('damaged: a message', function()
        make(path 'short', { test_batch = 'abc' })
        assert.same({ path 'short/cifar-10-batches-bin/test_batch.bin'
            .. ': 3 bytes are no whole number of records of 3073\n', 1 }, { load('TENMO_DATA=' .. path 'short') })
        make(path 'label', { data_batch_2 = batch(10) })
        assert.same({ path 'label/cifar-10-batches-bin/data_batch_2.bin: a label is 10; there are 10 kinds, from 0\n',
            1 }, { load('TENMO_DATA=' .. path 'label') })
    end)

    it('not at hand: a message that says where it goes', function()
        assert.same({ 'no CIFAR-10 (TENMO_OFFLINE is set); put its binary files into '
            .. '$TENMO_DATA/cifar-10-batches-bin/\n', 1 }, { load '-u TENMO_DATA' })
    end)
end)
