-- text_data.lua: what docs.lua says about texts in files, windows and lists of ids, and NumPy's files.
local FILE = "local path = os.tmpname()\nlocal file = io.open(path, 'w')\nfile:write 'to be\\nor not'\nfile:close()\n"
local NPY = 'local path = os.tmpname()\n'

return {
    ['text.lines'] = { 'path:text | longest:int=67108864',
        'for line in tenmo.text.lines(path) do: of a file, plain, gz, bz2 or xz; nil and a message',
        FILE .. 'local all = {}\nfor l in tenmo.text.lines(path) do all[#all + 1] = l end\n'
            .. 'os.remove(path)\nreturn all', '{ "to be", "or not" }', gives = 'fun(): string|nil; string?' },
    ['text.archive'] = { 'path:text | longest:int=67108864',
        'for name, contents, size in tenmo.text.archive(path) do: a tar, perhaps compressed; contents() gives a text',
        "select(2, tenmo.text.archive 'no such file')",
        [["'no such file' can't be opened: No such file or directory"]],
        gives = 'fun(): string, function|nil; string?' },
    ['data.imdb'] = { '| part:text=train positive:int=7 negative:int=4 from:text?',
        'movie reviews: a table of n, texts, labels, ratings, names; or nil and a message',
        "tenmo.data.imdb{part = 'test', positive = 10}.n", '17499', gives = 'table|nil; string?',
        needs = 'imdb/imdb-test.tar.xz' },
    ['data.windows'] = { 'ids | length:int step:int?',
        'windows over one long row of ids, the next id as target; set:batches, set:random(n)',
        'tenmo.data.windows(tenmo.arange(10), {length = 3}):rows(tenmo.ids{0, 1})',
        '[[0, 1, 2],\n [3, 4, 5]]\nint64 (2, 3)\t[[1, 2, 3],\n [4, 5, 6]]\nint64 (2, 3)', gives = 'tenmo.Set' },
    ['data.ragged'] = { 'lists | labels:tensor? pad:int=0 longest:int?',
        'lists of ids of unequal length; batches of x, labels or lengths, and a mask',
        'tenmo.data.ragged{{1, 2}, {3}}:rows(tenmo.ids{0, 1})',
        '[[1, 2],\n [3, 0]]\nint64 (2, 2)\t[2, 1]\nint64 (2)\t[[ true,  true],\n [ true, false]]\nbool (2, 2)',
        gives = 'tenmo.Set' },
    ['tenmo.npy'] = { '', "tensors in NumPy's files, mapped: npy.map(path), npy.save(path, x), npy.writer(path)",
        "select(2, tenmo.npy.map 'no such file')",
        [["no such file: No such file or directory"]] },
    ['npy.map'] = { 'path:text',
        'the tensor in a .npy file, whose bytes are read when they are needed; nil and a message',
        NPY .. 'tenmo.npy.save(path, tenmo.arange(3))\nlocal x = tenmo.npy.map(path)\nos.remove(path)\nreturn x',
        '[0, 1, 2]\nint64 (3)', gives = 'tenmo.Tensor|nil; string?' },
    ['npy.save'] = { 'path:text x', 'writes a tensor to a .npy file, whole or not at all; true, or nil and a message',
        "tenmo.npy.save('/no such folder/x.npy', tenmo.ones(1)) == nil", 'true', gives = 'boolean|nil; string?' },
    ['npy.writer'] = { 'path:text dtype:dtype=int32', 'a .npy file of one axis that grows: file:add(ids), file:close()',
        NPY .. "local file = tenmo.npy.writer(path, 'uint8')\nfile:add(tenmo.ids{1, 2}):add(tenmo.ids{3})\n"
            .. 'file:close()\nlocal x = tenmo.npy.map(path)\nos.remove(path)\nreturn x', '[1, 2, 3]\nuint8 (3)',
        gives = 'table|nil; string?' },
}
