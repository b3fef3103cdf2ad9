-- luacheck: no max line length (the messages stand as they are)
-- errors_spec.lua: wrong scripts, and what each is told. The line is the script's own: in all of these the
-- mistake is on line 3.

local tenmo = require 'tenmo'

local CORPUS = {
    shapes = {
        ['a:matmul(tenmo.ones(128, 784))'] = 'matmul: (64, 784) x (128, 784): inner sizes differ (784 and 128); did you mean b:t()?',
        ['a:matmul(tenmo.ones(5, 3))'] = 'matmul: (64, 784) x (5, 3): inner sizes differ (784 and 5)',
        ['a:matmul(2)'] = "matmul: argument 2 ('other') expects a tensor, got number 2",
        ['tenmo.mm(tenmo.ones(2), b)'] = 'mm: (2) x (2, 3): expected two matrices; x:matmul(y) takes any of them',
        ['tenmo.bmm(tenmo.ones(2, 3, 4), tenmo.ones(3, 4, 5))'] = 'bmm: (2, 3, 4) x (3, 4, 5): the batches differ (2 and 3)',
        ['b + tenmo.ones(2, 4)'] = "add: shapes (2, 3) and (2, 4) don't broadcast: sizes 3 and 4 of axis 1 from the end differ, and neither is 1",
        ['b:reshape(4, 2)'] = "reshape: (2, 3) has 6 elements, which don't fit shape (4, 2)",
        ['b:reshape(-1, -1)'] = 'reshape: shape (-1, -1): sizes must be 0 or more, and one of them may be -1',
        ['b:t():view(6)'] = "view: (3, 2) with strides (1, 3) can't be seen as (6) without a copy; use reshape, which copies where it must",
        ['tenmo.ones(2, 3, 4):t()'] = 't: expected a matrix, got shape (2, 3, 4); x:transpose(-2, -1) exchanges the last two axes',
        ['b:expand(4, 3)'] = "expand: (2, 3) can't become (4, 3): only axes of size 1, and new ones in front, can grow",
        ['tenmo.cat({ b, tenmo.ones(2, 4) }, 1)'] = 'cat: tensor 2 has shape (2, 4), the first (2, 3); all sizes but that of axis 1 must agree',
        ['tenmo.linear(b, tenmo.ones(4, 5))'] = 'linear: x (2, 3), weight (4, 5): expected x (..., 5) for a weight of shape (out, in)',
        ['tenmo.linear(b, tenmo.ones(4, 3), tenmo.ones(5))'] = 'linear: bias is float32 of shape (5); expected float32 of shape (4)',
        ['tenmo.ones(3):add_(b)'] = 'add_: the result has shape (2, 3), and x has (3); a write in place keeps the shape',
        ['b:item()'] = 'item: the tensor of shape (2, 3) has 6 elements; item reads a tensor of one',
        ['tenmo.zeros(-1)'] = 'zeros: shape (-1): sizes must be 0 or more, and their product a number of elements',
        ["tenmo.zeros('3')"] = "zeros: argument 1 ('shape') expects a shape: sizes, or a table of them, got string '3'",
        ['tenmo.zeros(1, 1, 1, 1, 1, 1, 1, 1, 1)'] = "zeros: argument 1 ('shape') has more than 8 numbers, and a tensor has at most 8 axes",
        ['tenmo.tensor { { 1, 2 }, { 3 } }'] = 'tensor: the table is ragged: [2] has size 1, but its neighbours have size 2',
        ['tenmo.tensor { 1, { 2 } }'] = 'tensor: the table is ragged: [2] is a table, but its neighbours are numbers',
        ['tenmo.cross_entropy(a, tenmo.ids { 0, 1 })'] = 'cross_entropy: scores (64, 784), ids (2): expected (N, C) and (N), a row of scores and a class id for each sample',
        ['tenmo.nn.Linear(4, 2)(b)'] = 'Linear(4, 2): expected an input (..., 4), got (2, 3)',
        ['tenmo.mse_loss(b, tenmo.ones(6))'] = 'mse_loss: (2, 3) and target (6): expected equal shapes; did you mean target:reshape(x.shape)?',
        ['b:sum():matmul(b)'] = 'matmul: () x (2, 3): both need at least one axis; * multiplies element by element',
        ['b:unsqueeze(5)'] = 'unsqueeze: position 5 is out of range; a new axis of a tensor with 2 can stand at 1..3 or -3..-1',
        ['b:unsqueeze(0)'] = 'unsqueeze: position 0 is out of range; a new axis of a tensor with 2 can stand at 1..3 or -3..-1',
        ['b:expand(3)'] = "expand: shape (3) has fewer axes than the tensor's (2, 3)",
        ['tenmo.ones(1, 1, 1, 1, 1, 1, 1, 1):unsqueeze(1)'] = 'unsqueeze: a tensor has at most 8 axes, not 9',
        ['tenmo.ones(1, 1, 1, 1, 1, 1, 1, 1):unfold(1, 1, 1)'] = 'unfold: a tensor has at most 8 axes, not 9',
        ['b:diagonal(0, 1, 1)'] = 'diagonal: needs two axes, got axis 1 twice',
        ['b:unfold(1, 3, 1)'] = 'unfold: windows of 3 elements every 1 along axis 1, which has 2: the size must be in 0 .. 2, the step at least 1',
        ['b:unfold(1, 1, 0)'] = 'unfold: windows of 1 elements every 0 along axis 1, which has 2: the size must be in 0 .. 2, the step at least 1',
        ['b:t():as_strided({ 2 }, { 1 })'] = "as_strided: counts x's elements in row-major order, and x, of shape (3, 2), doesn't lie so; use x:contiguous() first",
        ['b:as_strided({ 7 }, { 1 })'] = "as_strided: shape (7) with strides (1) from element 0 on doesn't stay inside the 6 elements of x (each axis needs a size and a stride, both 0 or more)",
        ['b:as_strided({ 2, 2 }, { 1 })'] = "as_strided: shape (2, 2) with strides (1) from element 0 on doesn't stay inside the 6 elements of x (each axis needs a size and a stride, both 0 or more)",
        ['b:hardtanh(2, 1)'] = 'hardtanh: min_val is 2 and max_val 1; expected min_val <= max_val',
        ['b:softshrink(-1)'] = 'softshrink: lambd is -1; expected 0 or more',
        ['b:linear(tenmo.ones(3), tenmo.ones(1))'] = 'linear: bias is float32 of shape (1); a weight of shape (3) has one output, so expected float32 of shape ()',
        ['b:conv1d(tenmo.ones(1, 2, 2), { padding = "full" })'] = "conv1d: option 'padding' can't be 'full'; it is numbers, or one of same/valid",
        ['b:conv1d(tenmo.ones(1, 2, 2), { padding = "same", stride = 2 })'] = "conv1d: padding = 'same' keeps the size of x, which a stride of 2 can't; use 1, or say how much padding there is",
        ['b:topk(9)'] = 'topk: k is 9; axis 2 of shape (2, 3) has 3 elements to choose from',
    },
    beginnings = {
        ['tenmo.nn.Linear(4, 2, { bais = false })'] = "Linear: unknown option 'bais'; did you mean 'bias'?",
        ['tenmo.nn.Sequential(tenmo.nn.Linear(4, 2), tenmo.nn.ReLU)'] = 'Sequential: argument 2: expected a module, got the class ReLU; write nn.ReLU()',
        ['tenmo.nn.Sequential { tenmo.nn.ReLU() }'] = 'Sequential: argument 1: expected a module, got a list of them; write nn.Sequential(unpack(list))',
        ['tenmo.data.mnst()'] = "data has no 'mnst'; did you mean 'mnist'?",
        ['tenmo.optim.SGD(tenmo.nn.Linear(2, 2), { lr = 0.1 })'] = "SGD: argument 1 ('params') is an empty table; it holds the tensors to train, as model:parameters() lists them",
        ['tenmo.optim.SGD({ a }, { learning_rate = 0.1 })'] = "SGD: there is no option 'learning_rate'; there are: lr, momentum, weight_decay, nesterov",
        ["assert(tenmo.safetensors.save('/nowhere/w', {}))"] = '/nowhere/w: No such file or directory',
    },
    ['linear algebra'] = {
        ['b:pinv { hermitian = true }'] = 'pinv: expected square matrices (..., n, n), got shape (2, 3)',
        ['b:pinv { rtol = w }'] = 'pinv: rtol has shape (2), x (2, 3); expected a number, or one for each matrix',
        ['b:inv()'] = 'inv: expected square matrices (..., n, n), got shape (2, 3); lstsq and pinv take others',
        ['b:det()'] = 'det: expected square matrices (..., n, n), got shape (2, 3)',
        ['w:svd()'] = 'svd: expected a matrix or a batch of them (..., m, n), got shape (2)',
        ['tenmo.ones(2, 2):solve(w)'] = 'solve: the matrix is singular: pivot 2 is 0; pinv and lstsq take such matrices',
        ['tenmo.stack { b:matmul(b:t()) + tenmo.ones(2):diag(), tenmo.zeros(2, 2) }:inv()'] = 'inv: matrix 2 of the batch is singular: pivot 1 is 0; pinv and lstsq take such matrices',
        ['tenmo.solve(tenmo.ones(2, 2), b:t())'] = 'solve: a (2, 2) and b (3, 2): b needs 2 rows, as many as a has',
        ['tenmo.solve(tenmo.ones(3, 3), b:t(), { left = false })'] = 'solve: a (3, 3) and b (3, 2): b needs 3 columns, as many as a has',
        ['tenmo.solve(tenmo.ones(2, 2), w, { left = false })'] = 'solve: b has shape (2): expected matrices (..., k, n); b:unsqueeze(-2) makes a vector one',
        ['tenmo.solve(tenmo.ones(2, 2), w:double())'] = "solve: expected two float32 or two float64 tensors, got float32 and float64; cast one with :to('float32')",
        ['tenmo.solve_triangular(tenmo.ones(2, 2), w, { upper = true })'] = 'solve_triangular: b has shape (2): expected matrices (..., n, k); b:unsqueeze(-1) makes a vector one',
        ['tenmo.solve_triangular(tenmo.zeros(2, 2), b, { upper = true })'] = 'solve_triangular: the matrix is singular: pivot 1 is 0; pinv and lstsq take such matrices',
        ['(-tenmo.ones(2, 2)):cholesky()'] = 'cholesky: the matrix is not positive definite: its leading minor of order 1 is not positive; is it symmetric, with positive eigenvalues?',
        ['(b:t():matmul(b) / 0):eigh()'] = 'eigh: the matrix holds NaN or infinity',
        ['(tenmo.stack { b, b / 0 }):svd()'] = 'svd: matrix 2 of the batch holds NaN or infinity',
    },
    axes = {
        ['b:sum(3)'] = "sum: argument 2 ('axes') is 3; the tensor has 2 axes: 1 to 2, or -1 to -2",
        ['b:sum(0)'] = "sum: argument 2 ('axes') is 0; axes are counted from 1, or from -1 backwards",
        ['b:sum { 1, -2 }'] = "sum: argument 2 ('axes') names axis 1 twice",
        ['b:transpose(1, 3)'] = "transpose: argument 3 ('axis2') is 3; the tensor has 2 axes: 1 to 2, or -1 to -2",
        ['b:squeeze(5)'] = "squeeze: argument 2 ('axes') is 5; the tensor has 2 axes: 1 to 2, or -1 to -2",
        ['b:sum():sum(2)'] = "sum: argument 2 ('axes') is 2, but the tensor has no axes",
    },
    types = {
        ["b + 'text'"] = "add: argument 2 ('other') expects a tensor or a number, got string 'text'",
        ['b + nil'] = "add: argument 2 ('other') expects a tensor or a number, got nil",
        ["b:sum('rows')"] = "sum: argument 2 ('axes') expects numbers, or a table of them, got string 'rows'",
        ["b:clamp('a')"] = "clamp: argument 2 ('min') expects a tensor or a number, got string 'a'",
        ['tenmo.add(b)'] = "add: argument 2 ('other') is missing; it expects a tensor or a number",
        ['tenmo.exp(b, 3)'] = 'exp: too many arguments: 2 is number 3; it takes (x)',
        ['tenmo.where(1, 2, 3)'] = 'where: expects a tensor, got only numbers',
        ["tenmo.tensor { 1, 'a' }"] = "tensor: [2] is string 'a', expected a number",
        ['tenmo.tensor { x = 1 }'] = 'tensor: argument 1 expects a number or nested tables of numbers, got a table with names or holes; options come second',
        ['tenmo.cat({ b, 5 })'] = "cat: argument 1 ('xs') expects a table of tensors, but its element 2 is number 5",
        ['tenmo.cat({})'] = "cat: argument 1 ('xs') is an empty table; it needs at least one tensor",
        ['tenmo.no_grad(5)'] = "no_grad: argument 1 ('f') expects a function, got number 5",
        ['tenmo.read_idx(5)'] = "read_idx: argument 1 ('path') expects a string, got number 5",
        ['tenmo.optim.SGD(b)'] = "SGD: argument 1 ('params') expects a table of tensors, such as model:parameters(), got a tensor",
        ['tenmo.nn.Sequential(5)'] = 'Sequential: argument 1: expected a module, got number',
        ['tenmo.nn.Linear(2)'] = 'Linear: expected the numbers of inputs and outputs, got number and nil',
        ['b < b'] = 'tensors can\'t be compared with < or <=, which give one boolean; x:lt(y), x:le(y), x:gt(y) and x:ge(y) compare element by element',
        ["b .. 'x'"] = "a tensor can't be joined with ..; tostring(x) makes text of it, tenmo.cat(x, y) joins tensors",
        ['#b:sum()'] = '#x: the tensor has no axes; it is a single number',
    },
    names = {
        ['b:sum(1, { keepdims = true })'] = "sum: there is no option 'keepdims'; did you mean 'keepdim'?",
        ["tenmo.zeros(2, { dtyp = 'int64' })"] = "zeros: there is no option 'dtyp'; did you mean 'dtype'?",
        ["b:to('float46')"] = "to: there is no dtype 'float46'; did you mean 'float16'?",
        ["b:to('cuda:1')"] = "to: there is no device 'cuda:1'; there are cpu and cuda",
        ["tenmo.tensor({ 1 }, { device = 'gpu' })"] = "tensor: there is no device 'gpu'; there are cpu and cuda",
        ["tenmo.zeros(2, { device = 'gpu' })"] = "zeros: option 'device' can't be 'gpu'; it is one of cpu/cuda",
        ["b:to('cpu', 'cpu')"] = 'to: argument 3 names a second device',
        ['(b * 1):to_(3)'] = "to_: argument 2 expects a device, 'cpu' or 'cuda', got number 3",
        ["tenmo.cross_entropy(b, tenmo.ids { 0, 1 }, { reduction = 'avg' })"] = "cross_entropy: option 'reduction' can't be 'avg'; it is one of mean/sum/none",
        ['b.shap'] = "a tensor has no field or method 'shap'; did you mean 'shape'?",
        ['b:summ()'] = "a tensor has no field or method 'summ'; did you mean 'sum'?",
        ['tenmo.zero(2)'] = "tenmo has no 'zero'; did you mean 'zeros'?",
        ['tenmo.nn.Relu()'] = "nn has no 'Relu'; did you mean 'ReLU'?",
    },
    dtypes = {
        ['b:gt(0):matmul(b:gt(0):t())'] = "matmul: expected two float32 or two float64 tensors, got bool and bool; cast one with :to('float32')",
        ['b:double():matmul(b:t())'] = "matmul: expected two float32 or two float64 tensors, got float64 and float32; cast one with :to('float32')",
        ['tenmo.ids { 1, 2 }:mean()'] = 'mean: expected floats, got int64; cast first: x:float()',
        ['tenmo.ids { 1, 2 }:softmax()'] = 'softmax: expected floats, got int64; cast first: x:float()',
        ['tenmo.tensor { true }:neg()'] = "neg: is not defined for bool; cast first, for example x:to('int64')",
        ['tenmo.ids { 1, 2 }:exp_()'] = "exp_: the result is float32 and can't be kept in x, which is int64; use x:exp(...) for a new tensor",
        ['tenmo.cross_entropy(a, tenmo.ones(64))'] = 'cross_entropy: ids must be integers (int64, int32 or uint8), got float32; cast with ids:long()',
        ["tenmo.tensor({ 256 }, { dtype = 'uint8' })"] = "tensor: [1] is number 256, which uint8 can't hold",
        ['tenmo.ids { 1.5 }'] = "ids: [1] is number 1.5, which int64 can't hold",
        ["tenmo.rand(2, { dtype = 'int64' })"] = 'rand: expected dtype float32 or float64, got int64; randint draws integers',
        ['tenmo.ids { 1 }:requires_grad_(true)'] = 'requires_grad: only float32 and float64 tensors have gradients, this one is int64; cast it with x:float()',
        ["b:scatter_reduce(1, tenmo.zeros(1, 3, { dtype = 'int64' }), tenmo.ones(1, 3):double())"] = "scatter_reduce: source is float64, x float32; cast one: source:to('float32')",
        ['b:index_select(1, b)'] = 'index_select: ids must be a list of integers (int64, int32 or uint8), got float32 of shape (2, 3); tenmo.ids{...} makes one',
    },
    indices = {
        ['b[3]'] = 'x[...]: position 3 is out of range: axis 1 has size 2 (1 to 2, or -1 to -2)',
        ['b[0]'] = 'x[...]: axis 1: position 0; positions are counted from 1, or from -1 backwards (for an id use x:at(id))',
        ['b[{ 1, 2, 3 }]'] = 'x[...]: the index names 3 axes, and the tensor of shape (2, 3) has 2',
        ['a[{ { 3, 1 } }]'] = 'x[...]: axis 1: the range {3, 1} runs backwards; steps are positive',
        ['a[{ { 1, 4, -1 } }]'] = 'x[...]: axis 1: a step is a whole number from 1 up, got number -1',
        ['b[1.5]'] = 'x[...]: axis 1: a position is a whole number, got number 1.5',
        ['b[tenmo.ids { 2 }]'] = 'x[...]: id 2 is out of range; ids count from 0, and here run to 1',
        ['b:slice(tenmo.ids { 1 })'] = "slice: a tensor can't be an index here; x[...] takes ids and masks, x:index_put(index, value) too",
        ['b:at(2)'] = 'at: id 2 is out of range; ids count from 0, and here run to 1 (x[i] takes positions from 1)',
    },
    ['class ids'] = {
        ['tenmo.cross_entropy(b, tenmo.ids { 0, 3 })'] = 'cross_entropy: id 3 is out of range; ids count from 0, and here run to 2',
        ['tenmo.cross_entropy(b, tenmo.ids { 0, -1 })'] = 'cross_entropy: id -1 is out of range; ids count from 0, and here run to 2',
        ['b:index_select(1, tenmo.ids { 2 })'] = 'index_select: id 2 is out of range; ids count from 0, and here run to 1',
        ['b:index_add(1, tenmo.ids { 7 }, tenmo.ones(1, 3))'] = 'index_add: id 7 is out of range; ids count from 0, and here run to 1',
        ['b:index_add(1, tenmo.ids { 0, 1 }, tenmo.ones(3, 3))'] = 'index_add: source is float32 of shape (3, 3); expected float32 of shape (2, 3) (x with one slice for each id)',
        ['b:byte():gather_normalize(tenmo.ids { 3 })'] = 'gather_normalize: id 3 is out of range; ids count from 0, and here run to 1',
        ['b:index_select(1, tenmo.ids { { 0 } })'] = 'index_select: ids must be a list of integers (int64, int32 or uint8), got int64 of shape (1, 1); tenmo.ids{...} makes one',
        ['b:gather(1, tenmo.ids { 0 })'] = 'gather: ids have shape (1), x (2, 3): ids need as many axes, and at most as many elements along each of them but axis 1 of x',
        ['tenmo.ones(2):sum():gather_normalize(tenmo.ids { 0 })'] = 'gather_normalize: a tensor of one number has no rows',
        ['b:byte():gather_normalize(tenmo.ids { 0 }, { std = 0 })'] = 'gather_normalize: std must not be 0',
        ["tenmo.embedding(tenmo.zeros({ 1, 1, 1, 1, 1, 1, 1, 1 }, { dtype = 'int64' }), b)"] = 'embedding: ids of shape (1, 1, 1, 1, 1, 1, 1, 1): the result would have more than 8 axes',
        ["tenmo.embedding_bag(tenmo.ids { 0, 1 }, b, tenmo.zeros(2, 2, { dtype = 'int64' }))"] = 'embedding_bag: offsets are one list of integers, got shape (2, 2)',
        ['tenmo.embedding_bag(tenmo.ids { 0, 1 }, b, tenmo.ones(1))'] = 'embedding_bag: ids must be integers (int64, int32 or uint8), got float32 of shape (1); tenmo.ids{...} makes them',
    },
    ['empty tensors'] = {
        ['tenmo.zeros(0):max()'] = 'max: a tensor of shape (0) has no elements to choose from',
        ['tenmo.zeros(2, 0):argmax(2)'] = 'argmax: a tensor of shape (2, 0) has no elements to choose from',
        ['tenmo.cross_entropy(tenmo.ones(0, 10), tenmo.arange(0))'] = 'cross_entropy: scores (0, 10) have no rows to take the mean over',
        ['tenmo.zeros(0, 3)[1]'] = 'x[...]: axis 1 has size 0, so it has no position 1',
    },
    gradients = {
        ['b:backward()'] = 'backward: nothing behind this tensor needs a gradient; set requires_grad on a parameter before it is used',
        ['w:backward()'] = 'backward: the tensor has shape (2); a gradient starts from one number: reduce it first (x:sum()), or pass the gradient to start with',
        ['tenmo.grad(w:sum(), b)'] = 'grad: input 1 needs no gradient; set requires_grad on it before it is used',
        ['w:add_(1)'] = 'add_: x is a leaf that needs a gradient; writing into it while recording would lose that gradient: wrap the write in tenmo.no_grad(function() ... end), or use an op that gives a new tensor',
        ['(function() local y = (w * w):sum() y:backward() y:backward() end)()'] = 'backward: the graph behind sum (wrong.lua:3) was freed by an earlier backward; call that one with {retain_graph = true}, or compute the loss anew',
        ['(function() local y = w * 1 local v = y[1] y:add_(1) v = v + 1 end)()'] = 'add: this tensor is a view of bytes that are no longer current: a recorded write in place at wrong.lua:3 gave its base new ones; take the view again after that line',
        ['(function() local k = tenmo.ones(2) local y = w * k k:mul_(2) y:sum():backward() end)()'] = 'backward: the input of mul (recorded at wrong.lua:3) was changed in place at wrong.lua:3, and its gradient needs the old values; change a clone instead, or write before the op',
        ['(function() w.grad = tenmo.ones(3) end)()'] = 'grad: expected float32 of shape (2), got float32 of shape (3)',
        ['(function() w.grad = 5 end)()'] = 'x.grad can be set to a tensor or nil, got number 5',
        ['(w * 1):requires_grad_(false)'] = 'requires_grad: this tensor was made by mul and carries its history; x:detach() gives one without',
        ['b:retain_grad()'] = 'retain_grad: this tensor has no history and needs no gradient; set x.requires_grad = true before it is used',
        ['w:backward(tenmo.ones(3))'] = 'backward: the gradient to start with has shape (3), the tensor (2)',
        ['tenmo.grad(b:sum(), w)'] = 'grad: nothing behind the output needs a gradient',
        ['tenmo.optim.SGD({ b }, { lr = 0.1 })'] = 'SGD: parameter 1, shape (2, 3), does not require a gradient; did you mean x:requires_grad_(true)?',
        ['tenmo.optim.SGD({ w * 1 }, { lr = 0.1 })'] = 'SGD: parameter 1, shape (2), is the result of an op; expected the tensor that it was made of',
        ['tenmo.optim.SGD({ w, w }, { lr = 0.1 })'] = 'SGD: parameters 1 and 2 are the same tensor, which would be updated twice',
        ['tenmo.optim.SGD({ b:t():requires_grad_(true) }, { lr = 0.1 })'] = 'SGD: parameter 1, shape (3, 2), is not contiguous; optimize x:clone() instead',
    },
    ['freed things'] = {
        ['(function() tenmo.release(b) b = b + 1 end)()'] = "add: argument 1 ('x'): this tensor was released",
        ['(function() local inside tenmo.scope(function() inside = b + 1 end) inside = inside + 1 end)()'] = "add: argument 1 ('x'): this tensor was released by tenmo.scope",
    },
    ['writes'] = {
        ['(function() b:long()[1] = b[1] end)()'] = "assignment: the value is float32 and would lose its fraction in x, which is int64; cast it first: value:to('int64')",
        ['(function() b:long()[1] = 0.5 end)()'] = 'assignment: 0.5 would lose its fraction in x, which is int64',
        ['(function() b[{ {}, 1 }] = tenmo.ones(2, 2) end)()'] = "assignment: a value of shape (2, 2) doesn't fit the selected part, which has shape (2)",
        ['(function() b.shape = { 6 } end)()'] = "x.shape can't be set; x:reshape(...), x:to(dtype) give a new tensor",
        ["(function() b[1] = 'x' end)()"] = "x[...] = v: v is a number or a tensor, got string 'x'",
        ['(function() b[1] = tenmo.ones(4) end)()'] = "assignment: shapes (3) and (4) don't broadcast: sizes 3 and 4 of axis 1 from the end differ, and neither is 1",
        ['tenmo.arange(5):unfold(1, 3, 2):add_(1)'] = 'add_: x is a view of windows that overlap, so several of its elements share one address; write into x:clone()',
        ['b:expand(2, 2, 3):add_(1)'] = 'add_: x is expanded, so several of its elements share one address; write into x:clone()',
    },
    ['numbers'] = {
        ['tenmo.arange(1, 2, 0)'] = 'arange: from 1 to 2 with step 0 is not a finite number of steps',
        ['tenmo.randint(5, 5, { 2 })'] = 'randint: low must be less than high, got 5 and 5; high itself is never drawn',
        ['tenmo.randperm(-1)'] = 'randperm: n must be 0 or more, got -1',
        ['tenmo.set_threads(0)'] = "set_threads: argument 1 ('n') expects a whole number from 1 up, got number 0",
        ['tenmo.full({ 2 })'] = "full: argument 2 ('value') is missing; it expects a number",
    },
    windows = {
        ['tenmo.conv1d(tenmo.ones(4), tenmo.ones(1, 1, 2))'] = 'conv1d: x has shape (4); expected (N, C, L), or (C, L) without a batch',
        ['tenmo.conv1d(tenmo.ones(1, 1, 4), tenmo.ones(1, 2))'] = 'conv1d: weight has shape (1, 2); expected 3 axes',
        ['tenmo.conv1d(tenmo.ones(1, 1, 4), tenmo.ones(2, 1, 2), tenmo.ones(3))'] = 'conv1d: bias is float32 of shape (3); expected float32 of shape (2)',
        ['tenmo.conv1d(tenmo.ones(1, 1, 4), tenmo.ones(2, 1, 9))'] = 'conv1d: x (1, 1, 4), weight (2, 1, 9): a window is 9 long there, and x, padded, only 4; pad more, or use smaller weights',
        ['tenmo.conv1d(tenmo.ones(1, 2, 4), tenmo.ones(3, 1, 2), { groups = 2 })'] = "conv1d: weight (3, 1, 2) has 3 outputs, which 2 groups can't share",
        ['tenmo.conv1d(tenmo.ones(1, 2, 4), tenmo.ones(3, 1, 2))'] = 'conv1d: x (1, 2, 4) has 2 channels, and weight (3, 1, 2) in 1 group takes 1: weight is (out, in / groups, L)',
        ['tenmo.conv1d(tenmo.ones(1, 2, 4), tenmo.ones(3, 2, 2), { groups = 0 })'] = 'conv1d: groups is 0; at least 1',
        ['tenmo.conv1d(tenmo.ones(1, 2, 4), tenmo.ones(3, 2, 2), { stride = 0 })'] = 'conv1d: stride is one number, 1 or more; got (0)',
        ['tenmo.conv1d(tenmo.ones(1, 2, 4), tenmo.ones(3, 2, 2), { stride = { 1, 2 } })'] = 'conv1d: stride is one number, 1 or more; got (1, 2)',
        ['tenmo.conv1d(tenmo.ones(1, 2, 4), tenmo.ones(3, 2, 2):double())'] = "conv1d: expected two float32 or two float64 tensors, got float32 and float64; cast one with :to('float32')",
        ['tenmo.conv1d(tenmo.ones(1, 1, 0), tenmo.ones(1, 1, 1), { padding = 1 })'] = 'conv1d: x (1, 1, 0) has no elements along the axes that windows move over',
        ['tenmo.conv_transpose1d(tenmo.ones(1, 2, 4), tenmo.ones(3, 2, 2))'] = 'conv_transpose1d: x (1, 2, 4), weight (3, 2, 2), groups 1: expected weight (in, out / groups, L) with as many inputs as x has channels, shared by the groups',
        ['tenmo.conv_transpose1d(tenmo.ones(1, 2, 4), tenmo.ones(2, 3, 2), { output_padding = 2 })'] = 'conv_transpose1d: output_padding is 2; it must be smaller than stride or dilation',
        ['tenmo.conv_transpose1d(tenmo.ones(1, 2, 1), tenmo.ones(2, 3, 2), { padding = 2 })'] = 'conv_transpose1d: x (1, 2, 1), weight (2, 3, 2): with padding 2 nothing is left of the result',
        ['tenmo.conv_weight(tenmo.ones(1, 2, 4), tenmo.ones(1, 3, 3, 3), { 2 })'] = 'conv_weight: grad has shape (1, 3, 3, 3); expected 3 axes',
        ['tenmo.conv_weight(tenmo.ones(2, 4), tenmo.ones(1, 3, 3), { 2 })'] = 'conv_weight: x has shape (2, 4); expected (N, C, ...) with one to three axes more',
        ['tenmo.conv_weight(tenmo.ones(1, 2, 4), tenmo.ones(1, 3, 7), { 2 })'] = "conv_weight: x (1, 2, 4), grad (1, 3, 7), size (2): grad isn't the shape that such a convolution gives",
        ['tenmo.conv_weight(tenmo.ones(2), tenmo.ones(1, 3, 7), { 2 })'] = 'conv_weight: x has shape (2); expected (N, C, ...) with one to three axes more',
        ['tenmo.max_pool1d(tenmo.ones(1, 1, 4), 2, { padding = 2 })'] = "max_pool1d: padding 2 is more than half of the window's 2",
        ['tenmo.layer_norm(tenmo.ones(2, 3), { 4 })'] = 'layer_norm: x has shape (2, 3); expected its last axes to have the shape to normalise, (4)',
        ['tenmo.layer_norm(tenmo.ones(2, 3), { 3 }, tenmo.ones(2))'] = 'layer_norm: weight is float32 of shape (2); expected float32 of shape (3), the shape to normalise',
        ['tenmo.layer_norm(tenmo.ones(2, 3), { 3 }, nil, tenmo.ones(3):double())'] = 'layer_norm: bias is float64 of shape (3); expected float32 of shape (3), the shape to normalise',
        ['tenmo.rms_norm(tenmo.ids { 1, 2 }, { 2 })'] = 'rms_norm: expected floats, got int64; cast first: x:float()',
        ['tenmo.ids { 1, 2 }:logcumsumexp()'] = 'logcumsumexp: expected floats, got int64; cast first: x:float()',
        ['tenmo.batch_norm(tenmo.ones(2, 3), 1, 2)'] = "batch_norm: argument 2 ('mean') expects a tensor, got number 1",
        ['tenmo.batch_norm(tenmo.ones(2, 3), nil, nil, { training = 1 })'] = "batch_norm: option 'training' expects a boolean, got number 1",
        ['tenmo.batch_norm(tenmo.ones(2, 3), nil, nil, { weight = 2 })'] = "batch_norm: option 'weight' expects a tensor, got number",
        ['tenmo.batch_norm(tenmo.ones(2, 3), nil, nil, { weigth = 2 })'] = "batch_norm: there is no option 'weigth'; there are weight, bias, training, momentum and eps",
        ['tenmo.batch_norm(tenmo.ones(1, 3), nil, nil, { training = true })'] = 'batch_norm: x (1, 3) has 1 element for each channel; with training = true it needs 2 or more',
        ['tenmo.dropout(tenmo.ones(2), 0 / 0)'] = 'dropout: p is a probability, 0 to 1; got nan',
        ['tenmo.scaled_dot_product_attention(tenmo.ones(2, 3), tenmo.ones(2, 3), tenmo.ones(2, 3), nil, { dropout = 2 })'] = 'scaled_dot_product_attention: dropout is a probability, 0 to 1; got 2',
        ['tenmo.scaled_dot_product_attention(tenmo.ones(2, 3, 4), tenmo.ones(3, 3, 4), tenmo.ones(3, 3, 4))'] = "scaled_dot_product_attention (batch axes): shapes (2) and (3) don't broadcast: sizes 2 and 3 of axis 1 from the end differ, and neither is 1",
        ['tenmo.max_pool1d(tenmo.ones(1, 1, 2), 2, { padding = 1, dilation = 3 })'] = 'max_pool1d: x (1, 1, 2): dilation 3 leaps from the padding over all 2 elements there; use less of either',
        ['tenmo.max_pool1d(tenmo.ones(1, 1, 4), 0)'] = 'max_pool1d: size is one number, 1 or more; got (0)',
        ['tenmo.max_pool1d(tenmo.ones(1, 1, 4), {})'] = 'max_pool1d: expected the size of a window, got an empty list',
        ['tenmo.max_pool1d(tenmo.ones(1, 1, 1):expand(1, 1, 2 ^ 31), 2)'] = 'max_pool1d: x (1, 1, 2147483648) has more elements along the axes that windows move over than ids count to, 2147483647',
        ['tenmo.conv3d(tenmo.ones(1, 1, 1, 1, 1), tenmo.ones(1, 1, 1, 1, 1), { stride = 2 ^ 30, padding = 2 ^ 30 })'] = 'out of memory: conv3d found no room for its scratch data',
        ['tenmo.max_pool1d(tenmo.ones(1, 1, 4), 5)'] = 'max_pool1d: x (1, 1, 4): a window is 5 long there, and x, padded, only 4',
        ['tenmo.max_pool1d(tenmo.ids { { { 1, 2 } } }, 1)'] = 'max_pool1d: expected floats, got int64; cast first: x:float()',
        ['tenmo.max_pool1d(tenmo.ones(4), 2)'] = 'max_pool1d: x has shape (4); expected (N, C, L), or (C, L) without a batch',
        ['tenmo.max_pool1d(tenmo.zeros(1, 1, 0), 1, { ceil_mode = true })'] = 'max_pool1d: x (1, 1, 0): a window is 1 long there, and x, padded, only 0',
    },
}

-- a (64, 784), b (2, 3), w a leaf of two elements; the mistake stands on line 3.
local SCRIPT = [[
local tenmo = ...
local a, b, w = tenmo.ones(64, 784), tenmo.ones(2, 3), tenmo.ones(2, { requires_grad = true })
local result = %s
return a, b, w, result]]

describe('wrong scripts', function()
    for kind, scripts in pairs(CORPUS) do
        describe(kind, function()
            for code, message in pairs(scripts) do
                it(code, function()
                    local script = assert(loadstring(SCRIPT:format(code:gsub('%%', '%%%%')), '@wrong.lua'))
                    local ok, got = pcall(script, tenmo)
                    assert.is_false(ok, 'expected an error')
                    assert.equal('wrong.lua:3: ' .. message, got)
                    assert.is_true(tenmo.is_recording())
                end)
            end
        end)
    end

    it('the line is that of the script, also from deep inside the library', function()
        local script = assert(loadstring([[
local nn = require 'tenmo'.nn
local model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(9, 2))
local x = require 'tenmo'.ones(5, 4)

local y = model(x)
return y]], '@wrong.lua'))
        local ok, got = pcall(script)
        assert.is_false(ok)
        assert.equal("wrong.lua:5: Linear(9, 2), layer '3': expected an input (..., 9), got (5, 3)", got)
    end)
end)
