-- text_data_spec.lua: texts out of files and archives, windows and lists of ids, ids in mapped files. The archives and
-- compressed files are made by tar, gzip, bzip2 and xz.
local tenmo = require 'tenmo'

local folder = require 'spec.support.folder' (setup, teardown)
local path, write = folder.path, folder.write

local function sh(command, ...)
    return os.execute(('cd %s && %s 2>/dev/null'):format(folder.name, command:format(...))) == 0
end

local function collect(iterator)
    local list = {}
    for item in iterator do
        list[#list + 1] = item
    end
    return list
end

-- The message of what goes wrong, wherever it does.
local function why(f, ...)
    local good, a, b = pcall(f, ...)
    return good and b or tostring(a)
end

describe('lines', function()
    local TEXT = 'one\r\n\nthree \0 3\n' .. ('x'):rep(200000) .. '\nlast'

    it('come out of plain and compressed files, of several members too', function()
        local lines = { 'one', '', 'three \0 3', ('x'):rep(200000), 'last' }
        local file = write('lines.txt', TEXT)
        assert.same(lines, collect(tenmo.text.lines(file)))
        for _, tool in ipairs { 'gzip', 'bzip2', 'xz' } do
            if sh('%s -c lines.txt > lines.%s', tool, tool) then
                assert.same(lines, collect(tenmo.text.lines(path('lines.' .. tool))))
                sh('(printf "a\\nb" | %s -c; printf "c\\n" | %s -c) > two.%s', tool, tool, tool)
                assert.same({ 'a', 'bc' }, collect(tenmo.text.lines(path('two.' .. tool))))
            end
        end
        assert.same({}, collect(tenmo.text.lines(write('empty', ''))))
        assert.same({ '' }, collect(tenmo.text.lines(write('empty', '\n'))))
        assert.same({ 'BZh is no bz2' }, collect(tenmo.text.lines(write('text', 'BZh is no bz2'))))
    end)

    it('end with an error where a file is cut short or damaged, whatever byte it is', function()
        write('lines.txt', ('a line of text\n'):rep(300))
        for _, tool in ipairs { 'gzip', 'bzip2', 'xz' } do
            if sh('%s -c lines.txt > whole.%s', tool, tool) then
                local bytes = folder.read('whole.' .. tool)
                local function read(text)
                    return collect(tenmo.text.lines(write('broken', text)))
                end
                for n = 10, #bytes - 1, 7 do
                    assert.matches('cut short', why(read, bytes:sub(1, n)))
                end
                local damaged = 0
                for at = 12, #bytes, 3 do -- a flipped bit may hit a byte that means nothing, such as the time in gz
                    local text = bytes:sub(1, at - 1) .. string.char(255 - bytes:byte(at)) .. bytes:sub(at + 1)
                    damaged = damaged + (pcall(read, text) and 0 or 1)
                end
                assert(damaged > #bytes / 3 - 10)
                assert.is_false(pcall(read, bytes .. 'rubbish'))
                assert.is_true(pcall(read, bytes .. '\0\0\0\0'))
            end
        end
        assert.matches("'/nope' can't be opened: No such file", why(tenmo.text.lines, '/nope'))
        assert.matches('is a folder, not a file', why(tenmo.text.lines, folder.name))
        assert.matches("has a line longer than 10 bytes, its line 2 %(option 'longest'%)", why(function()
            collect(tenmo.text.lines(write('long', 'a\n' .. ('x'):rep(11)), { longest = 10 }))
        end))
    end)

    it('are cleaned from file to file', function()
        write('in.txt', "It's <b>1</b>\n'so'\nto be")
        local clean = tenmo.text.cleaner()
        assert.equal(#"It's\nso\nto be", clean:file(path 'in.txt', path 'out.txt'))
        assert.equal("It's\nso\nto be", folder.read 'out.txt')
        clean:file(path 'in.txt', path 'out.txt', { lines = false })
        assert.equal("It's so to be", folder.read 'out.txt')
        write('bad.txt', 'fine\n\255')
        assert.matches("bad.txt': clean: the text isn't UTF%-8: byte 0xff at position 6",
            select(2, clean:file(path 'bad.txt', path 'out.txt')))
        assert.equal("It's so to be", folder.read 'out.txt') -- what was there stays
    end)
end)

-- --- archives --------------------------------------------------------------------------------------------------------

local function entries(file)
    local all = {}
    for name, contents, size in assert(tenmo.text.archive(file)) do
        all[name] = contents()
        assert.equal(size, #all[name])
    end
    return all
end

-- A header as POSIX describes it, by our own hand: tar makes no bad ones.
local function header(name, size, kind)
    local text = name .. ('\0'):rep(100 - #name) .. '0000644\0' .. ('0000000\0'):rep(2) .. ('%011o\0'):format(size)
        .. ('0'):rep(11) .. '\0' .. (' '):rep(8) .. kind .. ('\0'):rep(100) .. 'ustar\00000' .. ('\0'):rep(247)
    local total = 0
    for i = 1, 512 do
        total = total + text:byte(i)
    end
    return text:sub(1, 148) .. ('%06o\0 '):format(total) .. text:sub(157)
end

local END = ('\0'):rep(1024)

describe('an archive', function()
    it('gives what tar packed, in each of its formats', function()
        local long = ('folder/'):rep(40) .. 'name.txt'
        os.execute(("mkdir -p '%s/%s'"):format(folder.name, long:match '^(.*)/'))
        write(long, 'deep')
        write('a.txt', ('0123456789'):rep(100))
        write('empty.txt', '')
        sh 'ln -sf /etc/passwd link'
        for _, format in ipairs { 'gnu', 'pax', 'oldgnu' } do
            assert(sh('tar --format=%s -czf a.tar.gz folder a.txt empty.txt link', format), format)
            assert.same({ [long] = 'deep', ['a.txt'] = ('0123456789'):rep(100), ['empty.txt'] = '' },
                entries(path 'a.tar.gz'))
        end
        local n = 0
        for name, contents, size in tenmo.text.archive(path 'a.tar.gz') do -- contents that nobody asks for
            n = n + 1
            assert.is_true(#name > 0 and size >= 0)
            if name == 'a.txt' then
                contents()
                assert.matches('can be had once', why(contents))
            end
        end
        assert.equal(3, n)
    end)

    it('that is hostile or damaged is an error, and writes nothing', function()
        local function bad(text)
            return why(function()
                return entries(write('bad.tar', text))
            end)
        end
        assert.matches('is no tar archive', bad '')
        assert.matches('is no tar archive', bad(('no tar'):rep(200)))
        assert.matches('the end of the archive is missing', bad(header('a', 0, '0')))
        assert.matches('it ends inside a$', bad(header('a', 10, '0') .. 'four'))
        assert.matches('it ends inside big$', bad(header('big', 2 ^ 32, '5') .. END))
        assert.matches('holds huge of 8589934591 bytes', bad(header('huge', 2 ^ 33 - 1, '0') .. END))
        assert.matches('holds .* of 4194304 bytes', bad(header('l', 2 ^ 22, 'L') .. END))
        local wrong = header('b', 0, '0')
        assert.matches('the header of its entry 2 is wrong', bad(header('a', 0, '0') .. 'c' .. wrong:sub(2) .. END))
        assert.same({ ['../../etc/x'] = 'text' },
            entries(write('up.tar', header('../../etc/x', 4, '0') .. 'text' .. ('\0'):rep(508) .. END)))
        assert.is_nil(io.open(path '../../etc/x'))
        local pax = '30 path=\n99999999999999999999 size=x\n'
        assert.is_table(entries(write('pax.tar', header('x', #pax, 'x') .. pax .. ('\0'):rep(512 - #pax)
            .. header('a', 0, '0') .. END)))
    end)
end)

describe('movie reviews', function()
    it('come out of an archive or the unpacked folder, in one order, by rating', function()
        sh 'mkdir -p aclImdb/train/pos aclImdb/train/neg aclImdb/train/unsup aclImdb/test/pos'
        for name, text in pairs { ['train/pos/10_9.txt'] = 'ten', ['train/pos/2_7.txt'] = 'two',
            ['train/neg/0_3.txt'] = 'bad', ['train/neg/1_1.txt'] = 'worst', ['train/unsup/3_0.txt'] = 'none',
            ['test/pos/0_10.txt'] = 'test',
            ['train/README'] = 'x' } do
            write('aclImdb/' .. name, text)
        end
        sh 'tar -czf imdb.tar.gz aclImdb'
        sh 'tar -cf part.tar aclImdb/train'
        for _, from in ipairs { 'imdb.tar.gz', 'part.tar', 'aclImdb', 'aclImdb/train' } do
            local reviews = assert(tenmo.data.imdb { from = path(from) })
            assert.same({ 'two', 'ten', 'bad', 'worst' }, reviews.texts)
            assert.same({ 1, 1, 0, 0 }, reviews.labels:totable())
            assert.same({ 7, 9, 3, 1 }, reviews.ratings)
            assert.same({ 'pos/2_7.txt', 'pos/10_9.txt', 'neg/0_3.txt', 'neg/1_1.txt' }, reviews.names)
        end
        local from = path 'imdb.tar.gz'
        assert.same({ 'ten', 'worst' }, tenmo.data.imdb({ from = from, positive = 8, negative = 2 }).texts)
        assert.same({ 'test' }, tenmo.data.imdb({ from = from, part = 'test' }).texts)
        assert.matches("has no reviews of the part 'test'", select(2, tenmo.data.imdb { from = path 'part.tar',
            part = 'test' }))
        sh 'head -c 150 imdb.tar.gz > cut.tar.gz'
        assert.matches('cut.tar.gz. is cut short', select(2, tenmo.data.imdb { from = path 'cut.tar.gz' }))
        assert.matches("imdb: unknown option 'parts'; did you mean 'part'%?", why(tenmo.data.imdb, { parts = 'train' }))
        assert.matches("option 'part' expects 'train' or 'test', got 'dev'", why(tenmo.data.imdb, { part = 'dev' }))
    end)

    it('of the published set: 12,500 of each kind, and the 252,001 entries of the post', function()
        if not tenmo.data.find 'imdb/imdb-train.tar.xz' then
            pending '$TENMO_DATA/imdb/imdb-train.tar.xz is not at hand'
        end
        local reviews = assert(tenmo.data.imdb())
        assert.same({ 25000, 12500 }, { reviews.n, reviews.labels:sum():item() })
        assert.equal(252001, #tenmo.text.words(tenmo.text.cleaner():all(reviews.texts)))
    end)
end)

-- --- ids ------------------------------------------------------------------------------------------------------

describe('windows', function()
    it('slide over ids, the next id as target', function()
        local set = tenmo.data.windows(tenmo.arange(100, 112):int(), { length = 3, step = 4 })
        assert.equal(3, set.n)
        local seen = {}
        for x, y in set:batches { batch = 2 } do
            seen[#seen + 1] = { x:totable(), y:totable(), x.dtype }
        end
        assert.same({
            { { { 100, 101, 102 }, { 104, 105, 106 } }, { { 101, 102, 103 }, { 105, 106, 107 } }, 'int64' },
            { { { 108, 109, 110 } }, { { 109, 110, 111 } }, 'int64' } }, seen)
        tenmo.manual_seed(3)
        local starts = {}
        for _ = 1, 300 do
            local x, y = set:random(2)
            assert.same({ { 1, 1, 1 }, { 1, 1, 1 } }, (y - x):totable())
            starts[x[{ 1, 1 }]:item()] = true
        end
        for first = 100, 108 do
            assert.is_true(starts[first], first)
        end
        assert.is_nil(starts[109])
    end)

    it('say what they need', function()
        local ids = tenmo.arange(5)
        assert.matches('5 ids hold no window of 5 and the id behind it', why(tenmo.data.windows, ids, { length = 5 }))
        assert.matches("option 'length' expects a whole number from 1 up, got nil", why(tenmo.data.windows, ids))
        assert.matches("expects an integer tensor of one axis, got float32 %(5%)",
            why(tenmo.data.windows, ids:float(), { length = 2 }))
        assert.matches("unknown option 'size'", why(tenmo.data.windows, ids, { size = 2 }))
    end)
end)

describe('lists of unequal length', function()
    it('are padded to the longest of a batch, with a mask', function()
        local set = tenmo.data.ragged({ { 1, 2, 3 }, tenmo.ids { 4 }, {}, { 5, 6, 7, 8 } },
            { labels = tenmo.ids { 9, 8, 7, 6 }, pad = -1, longest = 3 })
        local x, y, mask = set:rows(tenmo.ids { 3, 2, 1 })
        assert.same({ { 5, 6, 7 }, { -1, -1, -1 }, { 4, -1, -1 } }, x:totable())
        assert.same({ 6, 7, 8 }, y:totable())
        assert.same({ { true, true, true }, { false, false, false }, { true, false, false } }, mask:totable())
        x, y, mask = tenmo.data.ragged({ {}, {} }):rows(tenmo.ids { 0, 1 })
        assert.same({ { 2, 0 }, { 0, 0 }, { 2, 0 } }, { x.shape, y:totable(), mask.shape })
    end)

    it('hold the ids that they were made of, in batches of any order', function()
        local lists = {}
        for i = 1, 700 do
            lists[i] = {}
            for k = 1, i * 7 % 13 do
                lists[i][k] = i * k
            end
        end
        local n, total = 0, 0
        for x, lengths, mask in tenmo.data.ragged(lists):batches { batch = 32, shuffle = true, keep = false } do
            n, total = n + x:size(1), total + x:sum():item()
            assert.same(lengths:totable(), mask:long():sum(-1):totable())
        end
        local expected = 0
        for _, list in ipairs(lists) do
            for _, id in ipairs(list) do
                expected = expected + id
            end
        end
        assert.same({ 700, expected }, { n, total })
    end)

    it('say what they need', function()
        assert.matches('list 2 expects a tensor or a table of ids, got a string', why(tenmo.data.ragged, { {}, 'a' }))
        assert.matches('1 lists, but labels %(2%)', why(tenmo.data.ragged, { {} }, { labels = tenmo.ids { 1, 2 } }))
        assert.matches("unknown option 'padding'", why(tenmo.data.ragged, {}, { padding = 1 }))
        assert.matches('longest is 1 or more, and pad an id; got %-1 and 0', why(tenmo.data.ragged, {},
            { longest = -1 }))
        assert.matches("option 'labels': expected a tensor, got a table", why(tenmo.data.ragged, {}, { labels = {} }))
    end)
end)

describe('a mapped file', function()
    local npy = tenmo.npy

    it('has what was written, whole or piece by piece', function()
        local file = path 'x.npy'
        for _, dtype in ipairs { 'uint8', 'int32', 'int64', 'float32', 'float64' } do
            for _, shape in ipairs { { 6 }, { 2, 3 }, { 1, 2, 3 }, {}, { 0, 4 } } do
                local n = 1
                for _, size in ipairs(shape) do
                    n = n * size
                end
                local x = tenmo.arange(n):reshape(shape):to(dtype)
                assert(npy.save(file, x))
                local y = assert(npy.map(file))
                assert.same({ x.shape, x.dtype, x:totable() }, { y.shape, y.dtype, y:totable() })
            end
        end
        local writer = assert(npy.writer(file, 'int32'))
        for i = 0, 99 do
            writer:add(tenmo.arange(i * 10, i * 10 + 10))
        end
        assert.equal(1000, writer:close())
        local x = assert(npy.map(file))
        assert.equal(999 * 500, x:sum():item())
        x:add_(1) -- in memory alone
        assert.same({ 999 * 500 + 1000, 999 * 500 }, { x:sum():item(), npy.map(file):sum():item() })
        assert.same({ 1, 2, 3 }, x:slice({ { 1, 3 } }):totable())
    end)

    it('is read as NumPy wrote it', function() -- numpy.save of arange(3, dtype='<i2' and '<f8'), as bytes
        local text = "\147NUMPY\1\0v\0{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }" .. (' '):rep(60)
            .. '\n' .. ('\0'):rep(8) .. '\0\0\0\0\0\0\240?' .. '\0\0\0\0\0\0\0@'
        assert.same({ 0, 1, 2 }, npy.map(write('n.npy', text)):totable())
        assert.same({ { 0, 1, 2 } }, npy.map(write('n.npy', (text:gsub('False', 'True '):gsub('%(3,%), } ',
            '(1,3), }')))):totable())
        local short = (text:gsub('<f8', '<i2')):sub(1, -19)
        assert.matches("has elements of type '<i2', which are converted first: npz.load reads them",
            why(npy.map, write('n.npy', short)))
        assert.same({ 0, 0, 0 }, tenmo.npz.load(write('n.npy', short)):totable())
        assert.matches("has elements of type 'c8'; known are", why(npy.map, write('n.npy', (text:gsub('<f8', '<c8')))))
        assert.matches('cut short: its header promises %(3%) float64, 24 bytes of elements; the file has 23',
            why(npy.map, write('n.npy', text:sub(1, -2))))
        assert.matches('too long', why(npy.map, write('n.npy', text .. 'x')))
        assert.matches('is no .npy file', why(npy.map, write('n.npy', 'text')))
        assert.matches('has a header that is no array', why(npy.map, write('n.npy', (text:gsub('3,', '3x')))))
        assert.matches('impossible shape', why(npy.map, write('n.npy', (text:gsub('%(3,%), }' .. (' '):rep(20),
            '(9999999999999999999,), }    ')))))
        for n = 0, 127 do
            assert.is_nil((npy.map(write('n.npy', text:sub(1, n)))), n)
        end
    end)

    it('that becomes shorter is an error of what reads it, and never the end of the program', function()
        for _, left in ipairs { 100, 4096, 40000, 399000 } do
            local file = path 'short.npy'
            assert(npy.save(file, tenmo.arange(50000)))
            local x = assert(npy.map(file))
            local set = tenmo.data.windows(x, { length = 10 })
            assert.is_true(x:sum():item() > 0)
            assert(sh('truncate -s %d short.npy', left))
            for _ = 1, 2 do
                for _, f in ipairs { x.sum, x.totable, x.tobytes, tostring, function()
                    return set:rows(tenmo.ids { set.n - 1 })
                end } do
                    assert.matches("the file '.*short.npy' has become shorter, or can't be read, since it was mapped",
                        why(f, x))
                end
            end
            assert.equal(6, (tenmo.ones(2, 3)):sum():item())
        end
        collectgarbage()
    end)

    it('is written whole or not at all', function()
        local file = path 'w.npy'
        local writer = assert(npy.writer(file, 'uint8'))
        writer:add(tenmo.ids { 1, 2 })
        assert.is_nil(io.open(file))
        writer:close()
        assert.same({ 1, 2 }, npy.map(file):totable())
        assert.matches('this file was closed', why(writer.add, writer, tenmo.ids { 1 }))
        assert.is_nil((npy.writer('/nope/x.npy', 'int32')))
        assert.is_nil((npy.save('/nope/x.npy', tenmo.ones(1))))
        for name, f in pairs { map = npy.map, save = npy.save, writer = npy.writer } do
            assert.matches(name .. ': expected a path, got nil', why(f))
        end
        assert.matches('holds uint8, int32, int64, float32 or float64, not bool',
            why(npy.save, file, tenmo.ones(1):bool()))
    end)
end)
