-- data.lua: what docs.lua says about data sets and batches.
return {
    ['data.find'] = { 'name', 'the path of a file in $TENMO_DATA, or nil and why not',
        "tenmo.data.find('no such file') == nil", 'true', gives = 'string|nil; string?' },
    ['data.set'] = { 'images labels | mean:num=0 std:num=1 about:text?',
        'a set of images (bytes) and their class ids',
        "local images = tenmo.zeros(10, 4, 4, {dtype = 'uint8'})\nreturn tenmo.data.set(images, tenmo.arange(10)).n",
        '10', gives = 'tenmo.Set' },
    ['data.idx'] = { 'images_path labels_path | mean:num=0 std:num=1 about:text?',
        'a set from two IDX files, or nil and a message',
        "local digits = tenmo.paths.data .. '/digits-test-'\n"
            .. "return tenmo.data.idx(digits .. 'images-idx3-ubyte.gz', digits .. 'labels-idx1-ubyte.gz').n",
        '360', gives = 'tenmo.Set|nil; string?' },
    ['data.digits'] = { '', '1,797 digits of 8 x 8 pixels that come with tenmo-lua: training and test set',
        'local train, test = tenmo.data.digits()\nreturn train.n, test.n, train.images.shape',
        '1437\t360\t{ 1437, 8, 8 }', gives = 'tenmo.Set; tenmo.Set' },
    ['data.mnist'] = { '', "MNIST's training and test set, or the built-in digits; train.about says which",
        'local train, test = tenmo.data.mnist()\nreturn train.images.shape, test.n', '{ 60000, 28, 28 }\t10000',
        gives = 'tenmo.Set; tenmo.Set', needs = 'mnist/train-images-idx3-ubyte.gz' },
    ['data.cifar_10'] = { '', "CIFAR-10's training and test set, or nil and a message that says where its files go",
        'tenmo.data.cifar_10().n', '50000',
        gives = 'tenmo.Set|nil; tenmo.Set', needs = 'cifar-10-batches-bin/data_batch_1.bin' },
    ['data.csv'] = { 'path | target:column=-1 task:classify/regress? header:bool=true '
        .. 'missing:fail/drop/mean=fail',
        'a CSV file as features and a column to predict; all:split{test = 0.2} gives two parts',
        "local path = os.tmpname()\nlocal file = io.open(path, 'w')\n"
            .. "file:write('size,kind\\n1,reed\\n2,rose\\n3,reed\\n')\nfile:close()\n"
            .. "local all = assert(tenmo.data.csv(path, {target = 'kind'}))\nos.remove(path)\n"
            .. 'return all.n, all.names, all.classes, all.y',
        '3\t{ "size" }\t{ "reed", "rose" }\t[0, 1, 0]\nint64 (3)', gives = 'tenmo.Table|nil; string?' },
    ['data.obtain'] = { 'set', 'the folder with all files of a data set: $TENMO_DATA, the cache, or a download',
        "local folder = tenmo.data.obtain {\n    folder = 'mnist', from = { 'https://example.org/' },\n"
            .. "    { name = 't10k-labels-idx1-ubyte.gz', bytes = 4542,\n"
            .. "        sha256 = 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6' },\n}\n"
            .. "return folder:match '[^/]+/?$'", '"mnist"',
        gives = 'string|nil; string?', needs = 'mnist/t10k-labels-idx1-ubyte.gz' },

    ['set:batches'] = { '| batch:int=64 shuffle:bool=false seed:int=0 epoch:int=0 position:int=0 keep:bool=true',
        'for x, y in set:batches{batch = 64} do; with keep = false a batch is gone when the next one comes',
        'local train = tenmo.data.digits()\nlocal n = 0\n'
            .. 'for x, y in train:batches{batch = 100, shuffle = true} do n = n + y:numel() end\nreturn n', '1437',
        gives = 'tenmo.Batches' },
    ['set:rows'] = { 'ids', 'x and y of the rows with these ids; what batches gives a part at a time',
        'local x, y = tenmo.data.digits():rows(tenmo.ids{0, 1, 2})\nreturn x.shape, y',
        '{ 3, 8, 8 }\t[0, 1, 2]\nint64 (3)', gives = 'tenmo.Tensor; tenmo.Tensor' },
    ['set:to'] = { 'device', 'the same set with its bytes on another device; batches are gathered there',
        "tenmo.data.digits():to('cpu').n", '1437', gives = 'tenmo.Set' },
    ['set:pick'] = { 'ids', 'the set of those images whose ids these are',
        'tenmo.data.digits():pick(tenmo.ids{0, 1, 2}).n', '3', gives = 'tenmo.Set' },
    ['set:width'] = { '', 'how many numbers one image has',
        'tenmo.data.digits():width()', '64', gives = 'integer' },

    ['table:split'] = { '| test:num=0.2 seed:int=0',
        'two parts of the rows, drawn at random: to train and to test; x is standardised by the first',
        "local path = os.tmpname()\nlocal file = io.open(path, 'w')\n"
            .. "file:write('a,b\\n1,2\\n2,4\\n3,6\\n4,8\\n5,10\\n')\nfile:close()\n"
            .. 'local train, test = tenmo.data.csv(path):split{test = 0.4}\nos.remove(path)\nreturn train.n, test.n',
        '3\t2', gives = 'tenmo.Set; tenmo.Set' },

    ['batches:left'] = { '',
        'how many batches there are left',
        'tenmo.data.digits():batches{batch = 100}:left()', '15', gives = 'integer' },
    ['batches:state'] = { '',
        'where an epoch stands: a plain table of seed, epoch and position',
        'local batches = tenmo.data.digits():batches{batch = 100}\nlocal x, y = batches()\nreturn batches:state()',
        '{ epoch = 0, position = 100, seed = 0 }', gives = 'table' },
    ['batches:set_state'] = { 'state',
        'goes on from what state() gave',
        'local batches = tenmo.data.digits():batches{batch = 100}\n'
            .. 'return batches:set_state{seed = 0, epoch = 1, position = 1400}:left()', '1',
        gives = 'tenmo.Batches' },
}
