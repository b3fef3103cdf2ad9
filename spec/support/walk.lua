-- walk.lua: holds one op to its oracle: values in every layout and dtype, gradients against central differences in
-- float64, second gradients against differences of the first, in-place forms, errors. Rows of the op table and
-- compositions of them are walked alike; nothing here names an op.
--
--     walk.op(row, it)            defines the tests of one op, inside a describe; it is busted's
--     walk.op(row, it, 'cuda')    the same with tensors on that device
--
-- row is as tenmo.rows() gives it, with an oracle (see spec/oracles.lua), the options to try (tries), and where random
-- numbers start (random_state).

local assert = require 'luassert'
local naive = require 'spec.support.naive'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local walk = {}

-- Allowed differences, relative and absolute. Inputs are exact in float32; the oracle computes in double.
local VALUE = { float32 = { 2e-6, 5e-7 }, float64 = { 1e-12, 1e-13 } }
local SUMS = { float32 = { 1e-5, 1e-5 }, float64 = { 1e-12, 1e-12 } }
local ON_DEVICE = 4 -- times that where the mathematics is another device's
local GRADIENT, STEP = { 1e-6, 1e-7 }, 1e-5 -- the absolute part grows with the number of terms
local SECOND = { 1e-5, 1e-6 }

local VALUE_LAYOUTS = { 'contiguous', 'transposed', 'sliced', 'expanded' }

local function allowed_for(table, dtype)
    local allowed = table[dtype] or {}
    if tensors.device == 'cpu' or not allowed[1] then
        return allowed
    end
    return { ON_DEVICE * allowed[1], ON_DEVICE * allowed[2] }
end

local function words(text)
    local list = {}
    for word in text:gmatch '%S+' do
        list[#list + 1] = word
    end
    return list
end

-- The same draws each time, whatever was run before.
local function seed(row)
    local n = 0
    for i = 1, #row.name do
        n = n * 31 % 65521 + row.name:byte(i)
    end
    math.randomseed(n)
end

local function n_inputs(row)
    local n = 0
    for _, item in ipairs(row.items) do
        n = n + (item.type == 'tensor' and 1 or 0)
    end
    return n
end

-- --- elementwise rows ---------------------------------------------------------------------------------

-- Shapes of the inputs, and the layout of the first and of the others.
local function settings(n)
    local list = {}
    local function add(name, shapes, first, others)
        list[#list + 1] = { name = name, shapes = shapes, layouts = { first, others or 'contiguous',
            others or 'contiguous' } }
    end
    local function same(shape)
        return { shape, shape, shape }
    end
    for _, layout in ipairs(VALUE_LAYOUTS) do
        add(layout, same { 3, 4 }, layout)
        if n > 1 and layout ~= 'contiguous' then
            add('contiguous and ' .. layout, same { 3, 4 }, 'contiguous', layout)
            add('both ' .. layout, same { 3, 4 }, layout, layout)
        end
    end
    add('three axes transposed', same { 2, 3, 4 }, 'transposed', 'sliced')
    add('empty', same { 0, 4 }, 'contiguous')
    add('0-d', same {}, 'contiguous')
    add('long', same { 2, 301 }, 'contiguous')
    add('long, sliced', same { 2, 301 }, 'sliced', 'transposed')
    if n > 1 then
        add('row', { { 3, 4 }, { 4 }, { 3, 1 } }, 'contiguous')
        add('column', { { 3, 4 }, { 3, 1 }, { 1 } }, 'transposed')
        add('outer', { { 3, 1 }, { 1, 4 }, { 4 } }, 'contiguous')
        add('grows', { { 4 }, { 2, 3, 4 }, { 3, 4 } }, 'contiguous', 'transposed')
        add('0-d with vector', { {}, { 5 }, {} }, 'contiguous')
        add('vector with 0-d', { { 5 }, {}, { 5 } }, 'contiguous')
        add('empty, broadcast', { { 0, 4 }, { 1, 1 }, { 4 } }, 'contiguous')
    end
    return list
end

-- The dtype of a result, or nil if inputs of that dtype are refused.
local function result_dtype(row, dtype)
    if row.class == 'COMPARE' or row.class == 'LOGIC' then
        return 'bool'
    elseif row.class == 'FLOAT' then
        return tensors.is_float(dtype) and dtype or 'float32'
    elseif (row.class == 'NUMBER' or row.class == 'INTEGER') and dtype == 'bool' then
        return nil
    elseif (row.class == 'BITS' or row.class == 'INTEGER') and tensors.is_float(dtype) then
        return nil
    end
    return dtype
end

local function refusal(row, dtype)
    if tensors.is_float(dtype) then
        return ("%s: is for integers%s, got %s; cast first, for example x:to('int64')"):format(row.name,
            row.class == 'BITS' and ' and bool' or '', dtype)
    end
    return row.name .. ": is not defined for bool; cast first, for example x:to('int64')"
end

-- Arrays for a setting, or nil if the domain has no numbers of that dtype.
local function draw(row, setting, dtype, n)
    local domain, arrays = words(row.domain), {}
    for i = 1, n do
        local own = row.class == 'SELECT' and i == 1 and 'bool' or dtype
        arrays[i] = tensors.draw(setting.shapes[i], domain[i], own, row.class == 'COMPARE')
        if not arrays[i] then
            return nil
        end
        tensors.fit(arrays[i], setting.layouts[i])
    end
    return arrays
end

local function make(row, arrays, setting, dtype)
    local xs = {}
    for i, array in ipairs(arrays) do
        local own = row.class == 'SELECT' and i == 1 and 'bool' or dtype
        xs[i] = tensors.make(array, own, setting.layouts[i])
        if not xs[i] then
            return nil
        end
    end
    return xs
end

local function expected(row, arrays, options, integer)
    local value = row.oracle
    local all = { integer = integer }
    for name, v in pairs(options or {}) do
        all[name] = v
    end
    return naive.map(function(x, w, v)
        return value(x, w, v, all)
    end, unpack(arrays))
end

local function with_options(xs, options)
    local arguments = { unpack(xs) }
    arguments[#arguments + 1] = options
    return unpack(arguments)
end

-- Calls visit(setting, arrays, tensors, dtype, what) for every setting and dtype that exists.
local function each_case(row, dtypes, visit)
    seed(row)
    local n = n_inputs(row)
    for _, setting in ipairs(settings(n)) do
        for _, dtype in ipairs(dtypes) do
            local arrays = draw(row, setting, dtype, n)
            local xs = arrays and make(row, arrays, setting, dtype)
            if xs then
                visit(setting, arrays, xs, dtype, ('%s, %s, %s'):format(row.name, setting.name, dtype))
            end
        end
    end
end

local function options_of(row)
    return row.tries or { false }
end

local function elementwise_values(row)
    for _, options in ipairs(options_of(row)) do
        each_case(row, tensors.DTYPES, function(_, arrays, xs, dtype, what)
            local result = result_dtype(row, dtype)
            if not result then
                local message = tensors.failure(tenmo[row.name], with_options(xs, options or nil))
                if row.composed then
                    assert.matches('^' .. row.name .. ': .*' .. dtype, message)
                else
                    assert.equal(refusal(row, dtype), message)
                end
                return
            end
            local want = expected(row, arrays, options, not tensors.is_float(dtype))
            local allowed = allowed_for(VALUE, result)
            local y = tenmo[row.name](with_options(xs, options or nil))
            tensors.expect(y, want, result, what, unpack(allowed))
            local method = xs[1][row.name](with_options(xs, options or nil))
            assert.is_true(tensors.same(y, method), what .. ': the method gives something else')
        end)
    end
end

-- --- numeric derivatives -----------------------------------------------------------------------------------

-- d f / d array[k][i] by central differences, for every element of array k, or for some fifty of a large one.
-- f takes the arrays.
local function differences(f, arrays, k)
    local slope = { shape = arrays[k].shape }
    for i = 1, #arrays[k], math.max(1, math.floor(#arrays[k] / 50)) do
        local kept = arrays[k][i]
        arrays[k][i] = kept + STEP
        local above = f(arrays)
        arrays[k][i] = kept - STEP
        local below = f(arrays)
        arrays[k][i] = kept
        slope[i] = (above - below) / (2 * STEP)
    end
    return slope
end

-- The sum of an array times fixed weights, a number that depends on every element.
local function weigh(array)
    local total = 0
    for i, v in ipairs(array) do
        total = total + v * (0.5 + i * 0.37 % 1)
    end
    return total
end

local function weights(shape)
    return tensors.make(naive.array(shape, function(i)
        return 0.5 + i * 0.37 % 1
    end), 'float64')
end

local function weighed(y)
    return (y * weights(y.shape)):sum()
end

-- Gradients of the weighed result with respect to chosen inputs; nil becomes zeros.
local function gradients(y, xs, create_graph)
    local loss = weighed(y)
    if not loss.requires_grad then
        return nil
    end
    return tenmo.grad(loss, xs, { create_graph = create_graph, retain_graph = true })
end

local function check(g, slope, what, allowed)
    if not g then
        g = tenmo.zeros(slope.shape, { dtype = 'float64' })
    end
    tensors.expect(g, slope, 'float64', what, unpack(allowed))
end

-- call(xs) -> result; want(arrays) -> array; xs and arrays in the same order; chosen: positions to derive.
local function check_gradients(call, want, arrays, xs, chosen, what)
    local inputs = {}
    for i, k in ipairs(chosen) do
        if xs[k].requires_grad == false then
            xs[k].requires_grad = true
        end
        inputs[i] = xs[k]
    end
    local y = call(xs)
    assert.is_true(y.requires_grad, what .. ': the result requires no gradient')
    local first = gradients(y, inputs, false)
    for i, k in ipairs(chosen) do
        local slope = differences(function(a)
            return weigh((want(a)))
        end, arrays, k)
        check(first and first[i], slope, ('%s, gradient of input %d'):format(what, k),
            { GRADIENT[1], GRADIENT[2] * math.max(1, y:numel() / 50) })
    end
end

-- Second gradients: of the weighed first gradients, against differences of the first.
local function check_second(call, arrays, make_all, chosen, what)
    local function first_of(xs, create_graph)
        local inputs = {}
        for i, k in ipairs(chosen) do
            if xs[k].requires_grad == false then
                xs[k].requires_grad = true
            end
            inputs[i] = xs[k]
        end
        local first = gradients(call(xs), inputs, create_graph) or {}
        local total = tenmo.zeros({}, { dtype = 'float64', device = tensors.device })
        for i = 1, #inputs do
            if first[i] then
                total = total + weighed(first[i])
            end
        end
        return total, inputs
    end
    local total, inputs = first_of(make_all(arrays), true)
    local second = total.requires_grad and tenmo.grad(total, inputs) or {}
    for i, k in ipairs(chosen) do
        local slope = differences(function(a)
            return (first_of(make_all(a), false)):item()
        end, arrays, k)
        check(second[i], slope, ('%s, second gradient of input %d'):format(what, k), SECOND)
    end
end

-- Which inputs of an elementwise row have a gradient.
local function derived(row)
    local chosen = {}
    for i = 1, n_inputs(row) do
        if row.rules[i] then
            chosen[#chosen + 1] = i
        end
    end
    return chosen
end

-- A leaf behind the view, so that gradients travel through the layout.
local function leaf_views(arrays, setting, row)
    local xs = make(row, arrays, setting, 'float64')
    for i, x in ipairs(xs) do
        if tensors.is_float(x.dtype) then
            xs[i] = x:detach()
        end
    end
    return xs
end

local function elementwise_gradients(row, second)
    for _, options in ipairs(options_of(row)) do
        each_case(row, { 'float64' }, function(setting, arrays, _, _, what)
            if #arrays[1] > 100 or (second and (setting.name:find 'both' or setting.name:find 'expanded')) then
                return
            end
            local function call(xs)
                return tenmo[row.name](with_options(xs, options or nil))
            end
            if second then
                check_second(call, arrays, function(a)
                    return leaf_views(a, setting, row)
                end, derived(row), what)
            else
                check_gradients(call, function(a)
                    return expected(row, a, options)
                end, arrays, leaf_views(arrays, setting, row), derived(row), what)
            end
        end)
    end
end

local function in_place(row)
    local name = row.name .. '_'
    for _, options in ipairs(options_of(row)) do
        each_case(row, tensors.DTYPES, function(setting, arrays, xs, dtype, what)
            local result = result_dtype(row, dtype)
            local shape = naive.broadcast_shape(unpack(arrays))
            local refused = not result or table.concat(shape, ',') ~= table.concat(arrays[1].shape, ',')
                or (setting.layouts[1] == 'expanded' and #arrays[1] > 0)
                    or (tensors.is_float(result) and not tensors.is_float(dtype))
            if refused then
                local message = tensors.failure(xs[1][name], with_options(xs, options or nil))
                assert.equal(row.name, message:match '^(.-)_?: ', message)
                return
            end
            local y = xs[1]
            local version = y:version()
            local got = y[name](with_options(xs, options or nil))
            assert.is_true(rawequal(got, y), what .. ': in place returns x itself')
            assert.is_true(y:version() > version or y:numel() == 0, what .. ': the version is not raised')
            local want = expected(row, arrays, options, not tensors.is_float(dtype))
            tensors.expect(y, want, dtype, name .. ' ' .. what, unpack(allowed_for(VALUE, dtype)))
        end)
    end
end

-- Recorded, an in-place op gives the gradient of the functional one.
local function in_place_recorded(row)
    seed(row)
    local n = n_inputs(row)
    local setting = { shapes = { { 3, 4 }, { 3, 4 }, { 3, 4 } },
        layouts = { 'contiguous', 'contiguous', 'contiguous' } }
    for _, options in ipairs(options_of(row)) do
        local arrays = draw(row, setting, 'float64', n)
        local function run(write)
            local leaves, xs = make(row, arrays, setting, 'float64'), {}
            for i, leaf in ipairs(leaves) do
                leaf.requires_grad = true
                xs[i] = leaf
            end
            xs[1] = leaves[1] * 1
            local y = write and xs[1][row.name .. '_'](with_options(xs, options or nil))
                or tenmo[row.name](with_options(xs, options or nil))
            weighed(y):backward()
            return y, leaves
        end
        local y, leaves = run(true)
        local functional, others = run(false)
        assert.is_true(tensors.same(y:detach(), functional:detach()))
        for _, i in ipairs(derived(row)) do
            assert.is_true(tensors.same(leaves[i].grad, others[i].grad), row.name .. '_: another gradient')
        end
    end
end

local function elementwise_errors(row)
    local op, n = tenmo[row.name], n_inputs(row)
    local bits = row.class == 'BITS' or row.class == 'INTEGER'
    local function tensor(...)
        local shape = { ... }
        return tenmo.ones(shape, { dtype = bits and 'int64' or 'float32' })
    end
    local first = row.items[1].name
    local kind = n > 1 and 'a tensor or a number' or 'a tensor'
    assert.equal(("%s: argument 1 ('%s') expects %s, got string 'no'"):format(row.name, first, kind),
        (tensors.failure(op, 'no', tensor(2), tensor(2))))
    assert.equal(("%s: argument 1 ('%s') is missing; it expects %s"):format(row.name, first, kind),
        (tensors.failure(op)))
    assert.matches(row.name .. ': .*there is no option .*bogus', 'x' and
        (tensors.failure(op, tensor(2), n > 1 and tensor(2) or nil, n > 2 and tensor(2) or nil,
            { bogus = 1 })):gsub('takes no options, got',
            'there is no option'))
    if n > 1 then
        local message = tensors.failure(op, tensor(2, 3), tensor(2, 4), n > 2 and tensor(2, 3) or nil)
        assert.matches('^' .. row.name .. ': .*%(2, 3%).*%(2, 4%)', message)
        assert.equal(row.name .. ': expects a tensor, got only numbers',
            (tensors.failure(op, 1, 2, n > 2 and 3 or nil)))
    end
end

-- --- other rows -------------------------------------------------------------------------------------------------

-- The arrays of a case, or nil where the domain has no such numbers.
local function draw_case(row, case, dtype)
    local domain, arrays = words(case.domain or row.domain), {}
    for i, shape in ipairs(case.inputs) do
        if shape.ids then
            arrays[i] = tensors.draw_ids(shape.n, shape.ids)
        else
            arrays[i] = tensors.draw(shape, domain[math.min(i, #domain)], dtype)
        end
        if not arrays[i] then
            return nil
        end
        arrays[i].dtype = dtype
    end
    return arrays
end

-- Ids come in every integer dtype.
local function id_dtype(dtype, bound)
    return (dtype == 'int32' or dtype == 'uint8' and bound < 256) and dtype or 'int64'
end

local function make_case(case, arrays, dtype, layout)
    local xs = {}
    for i, array in ipairs(arrays) do
        xs[i] = tensors.make(array, case.inputs[i].ids and id_dtype(dtype, case.inputs[i].ids) or dtype, layout)
        if not xs[i] then
            return nil
        end
    end
    return xs
end

local STRUCTURED_LAYOUTS = { 'contiguous', 'transposed', 'sliced', 'expanded' }

-- visit(case, arrays, tensors, dtype, what, layout) for every case, layout and dtype.
local function each_structured(row, dtypes, visit)
    seed(row)
    local oracle = row.oracle
    for number, case in ipairs(oracle.cases) do
        for _, dtype in ipairs(#case.inputs == 0 and { case.dtype } or dtypes) do
            for _, layout in ipairs((oracle.contiguous or #case.inputs == 0) and { 'contiguous' }
                or STRUCTURED_LAYOUTS) do
                local arrays = draw_case(row, case, dtype)
                for i, array in ipairs(arrays or {}) do
                    if not case.inputs[i].ids or layout == 'expanded' then
                        tensors.fit(array, layout)
                    end
                end
                local xs = arrays and make_case(case, arrays, dtype, layout)
                if xs then
                    visit(case, arrays, xs, dtype, ('%s, case %d, %s, %s'):format(row.name, number, layout, dtype),
                        layout)
                end
            end
        end
    end
end

local function check_result(case, row, arrays, y, second, result, what)
    local want, ids = case.want(unpack(arrays))
    tensors.expect(y, want, result, what, unpack(allowed_for(row.oracle.tolerance or SUMS, result)))
    if ids then
        tensors.expect(second, ids, 'int64', what .. ', ids')
    else
        assert.is_nil(second, what .. ': a second result')
    end
end

-- The dtype of a result, or nil where inputs of this one are refused. A case's own comes first: a string or a function.
local function dtype_of(case, oracle, dtype)
    local own = case.dtype or oracle.dtype or dtype
    return type(own) == 'string' and own or own(dtype)
end

local function structured_values(row)
    local oracle = row.oracle
    each_structured(row, tensors.DTYPES, function(case, arrays, xs, dtype, what)
        local result = dtype_of(case, oracle, dtype)
        if not result then
            local message = tensors.failure(case.call, tenmo[row.name], unpack(xs))
            -- a composition may leave the refusal to the op that it is made of
            assert.matches('^' .. (row.composed and '[%w_]+' or row.name) .. ': expected .*float', message)
            return
        end
        if #xs == 0 then
            tenmo.set_random_state(row.random_state.seed, row.random_state.stream)
        end
        local y, second = case.call(tenmo[row.name], unpack(xs))
        if case.check then
            assert.equal(result, y.dtype)
            case.check(tensors.flatten(y), y.shape)
            return
        end
        check_result(case, row, arrays, y, second, result, what)
        if oracle.view and y:numel() > 0 then
            assert.is_true(y:same_storage(xs[1]), what .. ': is no view')
        end
    end)
end

-- Inputs of a structured row that have a gradient: all but ids.
local function derived_case(case)
    local chosen = {}
    for i, shape in ipairs(case.inputs) do
        if not shape.ids then
            chosen[#chosen + 1] = i
        end
    end
    return chosen
end

local function smooth(case, arrays)
    if case.distinct then -- of equal elements only one has the gradient
        local seen = {}
        for _, v in ipairs(arrays[1]) do
            if seen[v] then
                return false
            end
            seen[v] = true
        end
    end
    if not case.away_from_zero then
        return true
    end
    for _, v in ipairs((case.want(unpack(arrays)))) do
        if v > 0 and v < 0.01 then
            return false
        end
    end
    return true
end

local function structured_gradients(row, second)
    local function leaves(case, arrays, layout)
        local xs = make_case(case, arrays, 'float64', layout)
        for i, x in ipairs(xs) do
            xs[i] = x:detach()
        end
        return xs
    end
    each_structured(row, { 'float64' }, function(case, arrays, _, _, what, layout)
        local result = dtype_of(case, {}, 'float64')
        local size = 0
        for _, array in ipairs(arrays) do
            size = size + #array
        end
        if not tensors.is_float(result) or size > (second and 60 or 1000)
            or (layout == 'expanded' and (second or row.oracle.ties)) or not smooth(case, arrays) then
            return
        end
        local function call(xs)
            local y = case.call(tenmo[row.name], unpack(xs))
            return y.dtype == 'float64' and y or y:to 'float64'
        end
        if result ~= 'float64' then
            return -- a cast to float32 is too coarse for differences; autograd_spec has its gradient
        end
        if second then
            check_second(call, arrays, function(a)
                return leaves(case, a, layout)
            end, derived_case(case), what)
        else
            check_gradients(call, function(a)
                return (case.want(unpack(a)))
            end, arrays, leaves(case, arrays, layout), derived_case(case), what)
        end
    end)
end

local function structured_errors(row)
    local op, item = tenmo[row.name], row.items[1]
    if item.type == 'tensor' then
        local message = tensors.failure(op, 'no')
        assert.matches(("^%s: argument 1 %%('%s'%%) expects a tensor.*, got string 'no'$"):format(row.name,
            item.name), message)
    end
    local message = tensors.failure(op)
    assert.matches('^' .. row.name .. ": argument 1 %('" .. item.name .. "'%) is missing", message)
end

-- A composition names itself, whatever its own checks say.
local function composed_errors(row)
    local op = tenmo[row.name]
    if row.items[1] and row.items[1].type == 'tensor' then
        assert.matches('^' .. row.name .. ': ', (tensors.failure(op, 'no')))
    end
    assert.matches('^' .. row.name .. ': ', (tensors.failure(op)))
end

-- --- one op -----------------------------------------------------------------------------------------------------

walk.words, walk.n_inputs = words, n_inputs

-- A test whose tensors are on a device.
local function on(device, it)
    return function(name, f)
        it(name, function()
            tensors.device = device
            local ok, why = pcall(f)
            tensors.device = 'cpu'
            if not ok then
                error(why, 0)
            end
        end)
    end
end

function walk.op(row, it, device)
    local elementwise = row.elementwise
    it = on(device or 'cpu', it)
    it('values in every layout and dtype', function()
        (elementwise and elementwise_values or structured_values)(row)
    end)
    it('errors', function()
        (row.composed and composed_errors or elementwise and elementwise_errors or structured_errors)(row)
    end)
    if row.differentiable then
        it('gradients', function()
            (elementwise and elementwise_gradients or structured_gradients)(row)
        end)
        it('second gradients', function()
            (elementwise and elementwise_gradients or structured_gradients)(row, true)
        end)
    end
    if row.in_place then
        it('in place', function()
            in_place(row)
        end)
    end
    if row.in_place and row.differentiable then
        it('in place, recorded', function()
            in_place_recorded(row)
        end)
    end
end

return walk
