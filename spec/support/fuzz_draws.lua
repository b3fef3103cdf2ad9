-- fuzz_draws.lua: the steps that random programs are made of: tensors, ops of the table, views, writes in place,
-- backward. fuzz_program.lua says what a step is.

local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'
local oracles = require 'spec.oracles'
local structured = require 'spec.support.fuzz_ops'
local tenmo = require 'tenmo'

local random = math.random
local draws = {}

local DTYPES = { 'float32', 'float32', 'float64', 'float64', 'float64', 'int64', 'int32', 'uint8', 'bool' }
local NUMBERS = { -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3 }

local elementwise, structured_names, rows = {}, {}, {}
-- Rows whose oracles stand in pointwise_oracles.lua, and clamp between tensors, have corners (bits, kinks, poles,
-- options) that a chain of ops can't be held to, and that the model doesn't know.
local corners = require 'spec.pointwise_oracles'
for _, row in ipairs(tenmo.rows()) do
    if row.elementwise and not corners[row.name] and row.name ~= 'clamp' then
        elementwise[#elementwise + 1] = row
    end
    rows[row.name] = row
end
for name in pairs(structured) do
    structured_names[#structured_names + 1] = name
end
table.sort(structured_names)

local function chance(p)
    return random() < p
end

local function one_of(list)
    return list[random(#list)]
end

-- --- tensors from literals ---------------------------------------------------------------------------------

local function nested(array, axis, first, count)
    if axis > #array.shape then
        local v = array[first]
        return array.dtype == 'bool' and tostring(v ~= 0) or ('%.17g'):format(v)
    end
    local parts, size = {}, count / array.shape[axis]
    for i = 1, array.shape[axis] do
        parts[i] = nested(array, axis + 1, first + (i - 1) * size, size)
    end
    return '{ ' .. table.concat(parts, ', ') .. ' }'
end

local function literal(array, leaf)
    local options = ("dtype = '%s'%s"):format(array.dtype, leaf and ', requires_grad = true' or '')
    local n = naive.count(array.shape)
    if n == 0 then
        return ('tenmo.zeros({ %s }, { %s })'):format(table.concat(array.shape, ', '), options)
    end
    return ('tenmo.tensor(%s, { %s })'):format(nested(array, 1, 1, n), options)
end

local function random_value(dtype, low, high)
    if model.is_float(dtype) then
        return math.floor((low + random() * (high - low)) * 1024) / 1024
    elseif dtype == 'bool' or dtype == 'uint8' and high < 0 then -- a domain that has no such numbers
        return random(0, 1)
    end
    low, high = math.ceil(dtype == 'uint8' and math.max(low, 0) or low), math.floor(high)
    return high < low and high or random(low, high)
end

-- A step that makes variable n: a constant, or a leaf with a direction of its own.
local function making(n, shape, dtype, leaf, low, high)
    local array, direction = { shape = shape, dtype = dtype }, {}
    for p = 1, naive.count(shape) do
        array[p] = random_value(dtype, low or -3, high or 3)
        direction[p] = (0.5 + random()) * (chance(0.5) and 1 or -1)
    end
    return {
        text = ('v[%d] = %s'):format(n, literal(array, leaf)), out = n, uses = {}, coarse = dtype == 'float32',
        apply = function(state)
            local x = model.fresh(array, dtype)
            if leaf then
                x.needs, x.leaf, x.tangents = true, n, { [n] = direction }
                state.leaves[#state.leaves + 1], state.gained[n] = n, { sum = 0, size = 0 }
            end
            state.v[n] = x
            return 'ok', n
        end,
    }
end

local function random_shape()
    local shape = {}
    if chance(0.02) then
        return chance(0.5) and { random(250, 600) } or { 2, random(250, 310) }
    end
    for axis = 1, random(0, 3) do
        shape[axis] = chance(0.06) and 0 or random(1, 4)
    end
    return shape
end

-- --- choosing what is there --------------------------------------------------------------------------------

-- A step list under construction: `made` new variables come first.
local function context(state, n)
    local c = { state = state, n = n, made = {}, v = {} }
    for k, x in pairs(state.v) do
        c.v[#c.v + 1] = k
        c[k] = x
    end
    table.sort(c.v)
    function c.new(shape, dtype, low, high)
        c.n = c.n + 1
        local leaf = model.is_float(dtype) and chance(0.2)
        local step = making(c.n, shape, dtype, leaf, low, high)
        c.made[#c.made + 1] = step
        local mock = { v = {}, leaves = {}, gained = {} }
        step.apply(mock)
        mock.v[c.n].n = c.n
        return mock.v[c.n]
    end
    return c
end

local function numbered(c, k)
    local x = c.state.v[k]
    return setmetatable({ n = k }, { __index = x })
end

local function alike(x, shape, dtype)
    return x.dtype == dtype and table.concat(x.shape, ',') == table.concat(shape, ',')
end

-- What structured ops draw their other inputs with.
local function drawer(c)
    local draw = {}
    function draw.other(shape, dtype)
        local fitting = {}
        for _, k in ipairs(c.v) do
            if alike(c.state.v[k], shape, dtype) then
                fitting[#fitting + 1] = k
            end
        end
        return #fitting > 0 and chance(0.6) and numbered(c, one_of(fitting)) or c.new(shape, dtype)
    end
    function draw.ids(shape, bound)
        return c.new(shape, 'int64', 0, chance(0.02) and bound or bound - 1)
    end
    return draw
end

-- --- from calls to steps -----------------------------------------------------------------------------------

local function any_stale(inputs)
    for _, x in ipairs(inputs) do
        if type(x) == 'table' and x.storage.stale then
            return true
        end
    end
    return false
end

-- The variables of a call as the state has them now; numbers stay. A condition has no gradient.
local function current(state, call)
    local list = {}
    for i, x in ipairs(call.inputs) do
        list[i] = type(x) == 'number' and x or state.v[x.n]
        if i == 1 and call.condition and type(x) ~= 'number' then
            local c = list[i]
            list[i] = { shape = c.shape, dtype = c.dtype, storage = c.storage, places = c.places, tangents = {} }
        end
    end
    return list
end

local function uses_of(inputs)
    local uses = {}
    for _, x in ipairs(inputs) do
        if type(x) ~= 'number' then
            uses[#uses + 1] = x.n
        end
    end
    return uses
end

local function filled(text, inputs)
    return (text:gsub('%$(%d)', function(i)
        local x = inputs[tonumber(i)]
        return type(x) == 'number' and ('%.17g'):format(x) or ('v[%d]'):format(x.n)
    end))
end

local function unrecorded(text)
    return ('tenmo.no_grad(function() %s end)'):format(text)
end

local function broadcasts(a, b)
    for i = 1, math.min(#a, #b) do
        local m, n = a[#a + 1 - i], b[#b + 1 - i]
        if m ~= n and m ~= 1 and n ~= 1 then
            return false
        end
    end
    return true
end

-- Do the inputs of an elementwise op broadcast?
local function fit_together(call, now)
    for i = 1, call.elementwise and #now or 0 do
        for k = 1, i - 1 do
            if type(now[i]) ~= 'number' and type(now[k]) ~= 'number' and not broadcasts(now[i].shape, now[k].shape) then
                return false
            end
        end
    end
    return true
end

-- Is the result of a view op a view here? 'maybe': if strides can show it.
local function is_view(call, x)
    if call.view ~= 'maybe' then
        return call.view, true
    end
    local to = call.f { { shape = x.shape, unpack(x.places) } }
    local shape = to.shape
    to.shape = nil
    local strided = #to > 0 and model.strided(shape, to)
    return strided, strided or #to == 0 or not call.must_view
end

local function call_step(c, call, name)
    local inputs, no_grad = call.inputs, chance(0.08)
    c.n = c.n + 1
    local n = c.n
    local text = ('v[%d] = %s'):format(n, filled(call.text, inputs))
    return {
        text = no_grad and unrecorded(text) or text, out = n, uses = uses_of(inputs), coarse = call.dtype == 'float32',
        apply = function(state)
            local now = current(state, call)
            if any_stale(now) then
                return 'refuse'
            end
            local view, possible = is_view(call, now[1])
            if not possible or not call.dtype or not fit_together(call, now) then
                return 'refuse'
            end
            if call.ids and not call.f { model.array(now[1]), model.array(now[2]), now[3] and model.array(now[3]) } then
                return #now[1].places == 0 and 'either' or 'refuse' -- where there is nothing to take, ids are not read
            end
            local y = model.apply(call.f, now, { dtype = call.dtype, view = view,
                recorded = not no_grad and not call.constant })
            if not y then
                return nil
            end
            y.composed = call.composed or (view and now[1].composed)
            y.free_strides = call.free_strides or (view and now[1].free_strides)
            state.v[n] = y
            return 'ok', n
        end,
        name = name,
    }
end

-- --- elementwise ops ---------------------------------------------------------------------------------------

local function domain_of(row, i)
    local k = 0
    for word in row.domain:gmatch '%S+' do
        k = k + 1
        if k == i then
            local low, high = word:match '^(%-?[%d.]+)%.%.(%-?[%d.]+)'
            low, high = tonumber((low or '0'):match '^%-?%d+%.?%d*'), tonumber(high and high:match '^%-?%d+%.?%d*' or 1)
            return low, high, low ~= -high and (row.class == 'FLOAT' or row.name == 'pow'), word == 'bool'
        end
    end
end

-- Are all its values where the op is defined and smooth?
local function within(x, row, i)
    local low, high, strict = domain_of(row, i)
    if not strict then
        return true
    end
    local values = type(x) == 'number' and { x } or model.array(x)
    for p = 1, #values do
        if values[p] < low or values[p] > high then
            return false
        end
    end
    return true
end

-- A shape that broadcasts with another.
local function companion(shape)
    local other = {}
    for axis, size in ipairs(shape) do
        other[axis] = chance(0.25) and 1 or size
    end
    for _ = 1, chance(0.25) and random(0, #other) or 0 do
        table.remove(other, 1)
    end
    return other
end

local function operand(c, row, i, x)
    local low, high, _, boolean = domain_of(row, i)
    if not boolean and chance(0.2) then
        local number = one_of(NUMBERS)
        return within(number, row, i) and number or 1
    end
    local fitting = {}
    for _, k in ipairs(c.v) do
        local w = c.state.v[k]
        if broadcasts(x.shape, w.shape) and within(w, row, i) then
            fitting[#fitting + 1] = k
        end
    end
    if #fitting > 0 and chance(0.65) then
        return numbered(c, one_of(fitting))
    end
    local dtype = boolean and 'bool' or chance(0.8) and x.dtype or one_of(DTYPES)
    return c.new(companion(x.shape), dtype, low, high)
end

local function options_of(row)
    local list = (oracles.options or {})[row.name]
    local options = list and one_of(list)
    local words = {}
    for name, v in pairs(options or {}) do
        words[#words + 1] = ('%s = %.17g'):format(name, v)
    end
    table.sort(words)
    return options, options and ', { ' .. table.concat(words, ', ') .. ' }' or ''
end

-- The inputs of an elementwise op, with x among them (the first, for a write), or nil.
local function operands(c, row, x, first)
    local inputs = {}
    local at = first and 1 or random(row.n_inputs)
    if not within(x, row, at) then
        return nil
    end
    for i = 1, row.n_inputs do
        inputs[i] = i == at and x or operand(c, row, i, x)
    end
    return inputs
end

local function function_of(row, options, integer)
    local value, all = oracles[row.name], { integer = integer }
    for name, v in pairs(options or {}) do
        all[name] = v
    end
    return function(arrays)
        return naive.map(function(a, b, d)
            return value(a, b, d, all)
        end, unpack(arrays))
    end
end

local function elementwise_call(row, inputs)
    local options, text = options_of(row)
    local dtype, integer = model.promote(row.class, inputs)
    return {
        elementwise = true, condition = row.class == 'SELECT',
        inputs = inputs, dtype = dtype, f = function_of(row, options, integer), constant = not row.differentiable,
        rest = (row.n_inputs > 1 and ', $2' or '') .. (row.n_inputs > 2 and ', $3' or '') .. text,
    }
end

local function elementwise_step(c, x)
    local row = one_of(elementwise)
    local inputs = operands(c, row, x)
    if not inputs then
        return nil
    end
    local call = elementwise_call(row, inputs)
    call.text = ('tenmo.%s($1%s)'):format(row.name, call.rest)
    return call_step(c, call, row.name)
end

-- What these give depends on strides, and those of a composition's result are its own business.
local BY_STRIDES = { reshape = true, view = true, as_strided = true }

local function structured_step(c, x)
    local name = one_of(structured_names)
    if name == 'index' or (x.composed and BY_STRIDES[name]) then
        return nil
    end
    local call = structured[name](x, drawer(c))
    if not call then
        return nil
    end
    call.inputs = call.inputs or { x }
    call.dtype = call.dtype or x.dtype
    call.composed = not rows[name]
    call.ids = call.inputs[2] and call.inputs[2].dtype == 'int64' and name ~= 'cat' and name ~= 'stack'
    return call_step(c, call, name)
end

-- --- writes in place ---------------------------------------------------------------------------------------

-- The new value of x, recorded: x is another tensor from now on, and views of the old one are of no use.
local function rebind(state, n, call, now)
    local x = now[1]
    if x.leaf or x.view or not fit_together(call, now) then
        return 'refuse'
    end
    local y = model.apply(call.f, now, { dtype = call.dtype, recorded = true })
    if not y then
        return nil
    elseif y.dtype ~= x.dtype or not alike(y, x.shape, x.dtype) then
        return 'refuse'
    end
    x.storage.stale = true
    state.v[n] = y
    return x.composed and 'either' or 'ok', n
end

-- Into x's bytes.
local function overwrite(x, n, call, now)
    local fits = (not model.is_float(call.dtype) or model.is_float(x.dtype))
        and (x.dtype ~= 'bool' or call.dtype == 'bool')
    if not fits or model.overlaps(x) or not fit_together(call, now) then
        return 'refuse'
    end
    local arrays = {}
    for i, y in ipairs(now) do
        arrays[i] = type(y) == 'number' and { shape = {}, y } or model.array(y)
    end
    if not call.part and not alike(x, naive.broadcast_shape(unpack(arrays)), x.dtype) then
        return 'refuse'
    end
    local values = call.f(arrays)
    if not model.tame(values, x.dtype) then
        return nil
    end
    model.write(x, values, call.dtype)
    return (#x.places == 0 or x.free_strides) and 'either' or 'ok', n
end

local function write_step(x, call)
    local no_grad = chance(0.3)
    local inputs = call.inputs
    local text = filled(call.text, inputs)
    return {
        text = no_grad and unrecorded(text) or text, uses = uses_of(inputs),
        apply = function(state)
            local now = current(state, call)
            if any_stale(now) or not call.dtype then
                return 'refuse'
            elseif not no_grad and not call.constant and model.any_needs(now) then
                return rebind(state, x.n, call, now)
            end
            return overwrite(now[1], x.n, call, now)
        end,
    }
end

local function in_place_step(c, x)
    local row = one_of(elementwise)
    if not tenmo.methods[row.name .. '_'] or oracles.not_in_place[row.name] then
        return nil
    end
    local inputs = operands(c, row, x, true)
    if not inputs then
        return nil
    end
    local call = elementwise_call(row, inputs)
    call.text = ('$1:%s_(%s)'):format(row.name, (call.rest:gsub('^, ', '')))
    return write_step(x, call)
end

-- v[n][{...}] = value
local function assign_step(c, x)
    if #x.shape == 0 then
        return nil
    end
    local text, to, from = structured.index(x)
    local value = one_of(NUMBERS)
    if model.is_float(x.dtype) and chance(0.7) then
        value = drawer(c).other(chance(0.7) and to or companion(to), x.dtype)
    elseif not model.is_float(x.dtype) then
        value = x.dtype == 'bool' and random(0, 1) or math.abs(math.floor(value))
    end
    local function assigned(arrays)
        local y = { shape = x.shape, unpack(arrays[1]) }
        for p = 1, naive.count(to) do
            local index = naive.index(to, p)
            y[naive.position(x.shape, from(index))] = naive.broadcast_at(arrays[2], index)
        end
        return y
    end
    -- Broadcasting is within the part: to the model the write has x's shape.
    return write_step(x, { text = ('$1%s = $2'):format(text), inputs = { x, value }, dtype = x.dtype, f = assigned,
        part = true })
end

-- --- what ends a program, or begins it anew ----------------------------------------------------------------

local function detach_step(c, x)
    c.n = c.n + 1
    local n = c.n
    return {
        text = ('v[%d] = v[%d]:detach()'):format(n, x.n), out = n, uses = { x.n },
        apply = function(state)
            local from = state.v[x.n]
            state.v[n] = { shape = from.shape, dtype = from.dtype, storage = from.storage, places = from.places,
                view = true, tangents = {}, free_strides = from.free_strides }
            return 'ok', not from.storage.stale and n or nil
        end,
    }
end

local function backward_step(_, x)
    if not x.needs then
        return nil
    end
    local retain = chance(0.4)
    local seed = { shape = x.shape, dtype = x.dtype }
    for p = 1, naive.count(x.shape) do
        seed[p] = random_value(x.dtype, -1, 1)
    end
    return {
        text = ('v[%d]:backward(%s, { retain_graph = %s })'):format(x.n, literal(seed), tostring(retain)),
        uses = { x.n }, derives = true,
        apply = function(state)
            local root = state.v[x.n]
            if not root.needs then
                return nil
            end
            local trouble = root.node and model.trouble(root)
            if trouble == 'freed' then
                return 'refuse'
            end
            for _, leaf in ipairs(state.leaves) do
                local sum, size = model.along(root, leaf, seed)
                local gained = state.gained[leaf]
                gained.sum, gained.size = gained.sum + sum, gained.size + size
            end
            if root.node and not retain then
                model.walk(root, function(node)
                    node.freed = true
                end)
            end
            return trouble and 'either' or 'ok'
        end,
    }
end

-- --- the next steps ----------------------------------------------------------------------------------------

local KINDS = { { 0.38, elementwise_step }, { 0.76, structured_step }, { 0.84, in_place_step }, { 0.91, assign_step },
    { 0.93, detach_step }, { 1, backward_step } }

-- A variable: rather a new one than an old one.
local function choose(c)
    local k = math.max(random(#c.v), random(#c.v))
    return numbered(c, c.v[k])
end

-- The steps that come next: tensors that are needed, then what uses them.
function draws.steps(state, n)
    local c = context(state, n)
    if #c.v == 0 or chance(0.08) then
        local dtype = #c.v == 0 and one_of { 'float64', 'float64', 'float32' } or one_of(DTYPES)
        return { making(n + 1, random_shape(), dtype, #c.v == 0 or (model.is_float(dtype) and chance(0.4))) }
    end
    local x, kind = choose(c), random()
    for _, entry in ipairs(KINDS) do
        if kind <= entry[1] then
            local step = entry[2](c, x)
            local steps = step and c.made or {}
            steps[#steps + 1] = step
            return steps
        end
    end
end

return draws
