-- programs.lua: what docs.lua says about flags, bars, pictures, files and traces.
return {
    ['bar:show'] = { 'values:table',
        'numbers or words to show beside the bar',
        'local bar, total = tenmo.progress(3, {keep = false}), 0\nfor i in bar do\n    total = total + i\n'
            .. '    bar:show{total = total}\nend\nreturn total', '6', gives = 'tenmo.Bar' },
    ['bar:step'] = { 'values:table? items:num=1',
        'one more round, in a loop that is not over the bar itself',
        'local bar = tenmo.progress(2, {keep = false})\nbar:step()\nbar:step{loss = 0.5}\nbar:done()\n'
            .. 'return bar.rounds', '2', gives = 'tenmo.Bar' },
    ['bar:print'] = { '...',
        'print above the bar',
        'local bar = tenmo.progress(2, {keep = false})\nfor i in bar do\n'
            .. "    if i > 2 then bar:print('never') end\nend\nreturn bar.rounds", '2', gives = 'tenmo.Bar' },
    ['bar:done'] = { '',
        'the loop is over; a for loop over the bar says so itself, a break does not',
        'local bar = tenmo.progress(10, {keep = false})\nfor i in bar do\n    if i == 4 then break end\nend\n'
            .. 'bar:done()\nreturn bar.rounds', '3', gives = 'tenmo.Bar' },

    ['draw.images'] = { 'images | captions:texts? colour:bool? width:int?',
        'several images side by side; images is an array of tensors or a tensor (n, h, w)',
        "tenmo.draw.images({tenmo.tensor{{0, 1}}, tenmo.tensor{{1, 0}}}, {colour = false, captions = {'a', 'b'}})",
        '"a   b\\\n @  @"', gives = 'string' },
    ['draw.confusion'] = { 'labels guesses | names:texts?',
        'a table of which class was taken for which, and how many were right',
        "tenmo.draw.confusion(tenmo.ids{0, 0, 1}, tenmo.ids{0, 1, 1}, {names = {'reed', 'rose'}})",
        '"     reed rose   right\\\nreed    1    1   50.0 %\\\nrose    .    1  100.0 %"', gives = 'string' },
    ['draw.misread'] = { 'images labels guesses | most:int=8 names:texts? colour:bool? width:int?',
        'the first images whose guess is not their label, with both',
        'local images = tenmo.tensor{{{0, 1}}, {{1, 0}}}\n'
            .. 'return tenmo.draw.misread(images, tenmo.ids{0, 1}, tenmo.ids{0, 0}, {colour = false})',
        '"1, read as 0\\\n@"', gives = 'string' },
    ['draw.plane'] = { 'f:function x y | columns:int=64 rows:int=24 colour:bool?',
        'where f, which turns points (n, 2) into n values of 0 to 1, is above a half, and the points x of classes y',
        'local function right(points) return points[{ {}, 1 }]:gt(0):float() end\n'
            .. 'return tenmo.draw.plane(right, tenmo.tensor{{-1, -1}, {1, 1}}, tenmo.tensor{0, 1},\n'
            .. '    {columns = 12, rows = 4})',
        '"      .....x\\\n      ......\\\n      ......\\\no     ......"', gives = 'string' },

    ['story:html'] = { '',
        'the page, as a string',
        'local w = tenmo.ones(2, {requires_grad = true})\n'
            .. 'local story = tenmo.trace(function() w:sum():backward() end)\n'
            .. "return story:html():match '<title>(.-)</title>'", '"One step of tenmo-lua"', gives = 'string' },
    ['story:save'] = { 'path',
        'writes the page; true, or nil and a message',
        'local path, w = os.tmpname(), tenmo.ones(2, {requires_grad = true})\n'
            .. 'local story = tenmo.trace(function() w:sum():backward() end)\nassert(story:save(path))\n'
            .. 'os.remove(path)\nreturn #story > 3', 'true', gives = 'boolean|nil; string?' },

    ['flags.parse'] = { 'spec arguments',
        'the flags in a list of arguments, or nil and what is wrong with them',
        "tenmo.flags.parse({ 'mine.lua: what it does.', { 'lr', 0.1, 'learning rate' } }, { '--lr', 'fast' })",
        'nil\t"--lr: expected a number, got \'fast\'"', gives = 'table<string, any>|nil; string?' },
    ['flags.start'] = { 'values',
        'does what the flags seed, threads and device ask for, where values has them',
        'tenmo.flags.start{seed = 7}\nreturn tenmo.random_state()', '7\t0', gives = 'nothing' },

    ['npz.load'] = { 'path | map:bool=true',
        "the tensor in NumPy's .npy file, or those in a .npz by name; nil and a message if that fails. With map the "
            .. 'bytes stay in the file until they are looked at',
        "tenmo.npz.load 'no such file'", 'nil\t"no such file: No such file or directory"',
        gives = 'tenmo.Tensor|table|nil; string?' },
    ['npz.save'] = { 'path what',
        'writes a tensor as .npy, or a table of tensors by name as .npz; nil and a message if that fails',
        'local path = os.tmpname()\nlocal good = tenmo.npz.save(path, {x = tenmo.ones(2)})\n'
            .. 'os.remove(path)\nreturn good', 'true', gives = 'boolean|nil; string?' },
    ['safetensors.save'] = { 'path state metadata?',
        'writes tensors by name to a file; true, or nil and a message',
        'local path = os.tmpname()\n'
            .. "local good = tenmo.safetensors.save(path, {w = tenmo.ones(2)}, {made = 'by hand'})\n"
            .. 'os.remove(path)\nreturn good', 'true', gives = 'boolean|nil; string?' },
    ['safetensors.load'] = { 'path',
        'the tensors of a file by name, and its metadata; or nil and a message',
        "tenmo.safetensors.load 'no such file'", 'nil\t"no such file: No such file or directory"',
        gives = 'table<string, tenmo.Tensor>|nil; any' },
}
