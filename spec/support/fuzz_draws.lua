-- fuzz_draws.lua: the steps that random programs are made of: tensors, ops of the table, views, writes in place,
-- backward. fuzz_program.lua says what a step is.

local calls = require 'spec.support.fuzz_calls'
local elementwise = require 'spec.support.fuzz_elementwise'
local model = require 'spec.support.fuzz_model'
local naive = require 'spec.support.naive'
local oracles = require 'spec.oracles'
local structured = require 'spec.support.fuzz_ops'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.fuzz_tensors'

local chance, one_of = calls.chance, calls.one_of
local random = math.random
local draws = {}

local DTYPES = { 'float32', 'float32', 'float64', 'float64', 'float64', 'int64', 'int32', 'uint8', 'bool' }
local NUMBERS = { -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3 }

local structured_names, rows = {}, {}
for _, row in ipairs(tenmo.rows()) do
    rows[row.name] = row
end
for name in pairs(structured) do
    structured_names[#structured_names + 1] = name
end
table.sort(structured_names)

-- --- from calls to steps -----------------------------------------------------------------------------------

local function any_stale(inputs)
    for _, x in ipairs(inputs) do
        if type(x) == 'table' and x.storage.stale then
            return true
        end
    end
    return false
end

-- The variables of a call as the state has them now; numbers stay. Some inputs, as conditions, have no gradient.
local function current(state, call)
    local list = {}
    for i, x in ipairs(call.inputs) do
        list[i] = type(x) == 'number' and x or state.v[x.n]
        if call.still and call.still[i] and type(x) ~= 'number' then
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
            if call.may_refuse and not call.f(model.arrays(now)) then
                -- where there is nothing to take, ids are not read
                return call.ids and #now[1].places == 0 and 'either' or 'refuse'
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
    local low, high, _, _, boolean = elementwise.domain(row, i)
    if not boolean and chance(0.2) then
        local number = one_of(NUMBERS)
        return elementwise.within(number, row, i) and number or 1
    end
    local fitting = {}
    for _, k in ipairs(c.v) do
        local w = c.state.v[k]
        if broadcasts(x.shape, w.shape) and elementwise.within(w, row, i) then
            fitting[#fitting + 1] = k
        end
    end
    if #fitting > 0 and chance(0.65) then
        return tensors.numbered(c, one_of(fitting))
    end
    local dtype = boolean and 'bool' or chance(0.8) and x.dtype or one_of(DTYPES)
    return c.new(companion(x.shape), dtype, low, high)
end

-- x, or a new variable that is x brought into the domain of the row's i-th input; nil if that leads nowhere.
local function brought(c, row, i, x)
    if elementwise.within(x, row, i) then
        return x
    end
    local low, high, _, whole = elementwise.domain(row, i)
    if whole or chance(0.3) then
        return nil
    end
    local step = call_step(c, elementwise.bring(x, low, high))
    local mock = { v = { [x.n] = c.state.v[x.n] } }
    local y = step.apply(mock) == 'ok' and mock.v[step.out]
    if not y or not elementwise.within(y, row, i) then
        return nil
    end
    c.made[#c.made + 1] = step
    y.n = step.out
    return y
end

-- The inputs of an elementwise op, with x among them (the first, for a write), or nil.
local function operands(c, row, x, first)
    local inputs = {}
    local at = first and 1 or random(row.n_inputs)
    x = first and elementwise.within(x, row, 1) and x or not first and brought(c, row, at, x)
    for i = 1, x and row.n_inputs or 0 do
        inputs[i] = i == at and x or operand(c, row, i, x)
    end
    return x and inputs
end

local function elementwise_step(c, x)
    local row = one_of(elementwise.rows)
    local inputs = operands(c, row, x)
    if not inputs then
        return nil
    end
    local call = elementwise.call(row, inputs)
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
    local call = structured[name](x, tensors.drawer(c))
    if not call then
        return nil
    end
    call.inputs = call.inputs or { x }
    call.dtype = call.dtype or x.dtype
    call.composed = not rows[name]
    call.ids = call.inputs[2] and call.inputs[2].dtype == 'int64' and name ~= 'cat' and name ~= 'stack'
    call.may_refuse = call.may_refuse or call.ids
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
    elseif y.dtype ~= x.dtype or not tensors.alike(y, x.shape, x.dtype) then
        return 'refuse'
    end
    x.storage.stale = true
    state.v[n] = y
    return 'ok', n
end

-- Into x's bytes.
local function overwrite(x, n, call, now)
    local fits = (not model.is_float(call.dtype) or model.is_float(x.dtype))
        and (x.dtype ~= 'bool' or call.dtype == 'bool')
    if not fits or model.overlaps(x) or not fit_together(call, now) then
        return 'refuse'
    end
    local arrays = model.arrays(now)
    if not call.part and not tensors.alike(x, naive.broadcast_shape(unpack(arrays)), x.dtype) then
        return 'refuse'
    end
    local values = call.f(arrays)
    if not values then
        return 'refuse'
    elseif not model.tame(values, x.dtype) then
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
    local row = one_of(elementwise.rows)
    if not tenmo.methods[row.name .. '_'] or oracles.not_in_place[row.name] then
        return nil
    end
    local inputs = operands(c, row, x, true)
    if not inputs then
        return nil
    end
    local call = elementwise.call(row, inputs)
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
        value = tensors.drawer(c).other(chance(0.7) and to or companion(to), x.dtype)
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
        seed[p] = tensors.random_value(x.dtype, -1, 1)
    end
    return {
        text = ('v[%d]:backward(%s, { retain_graph = %s })'):format(x.n, tensors.literal(seed), tostring(retain)),
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
    return tensors.numbered(c, c.v[k])
end

-- The steps that come next: tensors that are needed, then what uses them.
function draws.steps(state, n)
    local c = tensors.context(state, n)
    if #c.v == 0 or chance(0.08) then
        local dtype = #c.v == 0 and one_of { 'float64', 'float64', 'float32' } or one_of(DTYPES)
        local leaf = #c.v == 0 or (model.is_float(dtype) and chance(0.4))
        return { tensors.making(n + 1, tensors.random_shape(), dtype, leaf) }
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
