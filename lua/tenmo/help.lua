-- help.lua: what is known about an op, a function, a method, a layer or a value, as text.
--
--     help(tenmo.matmul)   help 'matmul'   help(model)   and at the prompt  ? matmul
--
-- Everything comes from the op table, the compositions' own lines, and docs.lua.
local docs = require 'tenmo.docs'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local help = {}

-- --- formulas, from the vocabulary of ops.def to how people write them -------------------------------------------

local INFIX = {
    add = { ' + ', 4 }, sub = { ' - ', 4 }, mul = { ' * ', 5 }, div = { ' / ', 5 }, pow = { '^', 7 },
    eq = { ' == ', 3 }, ne = { ' ~= ', 3 }, lt = { ' < ', 3 }, le = { ' <= ', 3 }, gt = { ' > ', 3 },
    ge = { ' >= ', 3 }, logical_and = { ' and ', 2 }, logical_or = { ' or ', 1 },
}
local ATOM = 9

local function bracket(text, own, least)
    return own < least and '(' .. text .. ')' or text
end

-- "mul(g, sub(num(1), square(y)))" from position `at`: its text, how tightly that binds, and where it ends.
-- names: what x, w, v, p0 ... are called.
local function infix(rule, at, names)
    local word, after = rule:match('^%s*([%w_.+-]+)()', at)
    if rule:sub(after, after) ~= '(' then
        return names[word] or word, ATOM, after
    end
    local parts, binds = {}, {}
    at = after + 1
    repeat
        local text, tight, stop = infix(rule, at, names)
        parts[#parts + 1], binds[#parts + 1] = text, tight
        at = stop + 1
    until rule:sub(stop, stop) == ')'
    local operator = INFIX[word]
    if operator then
        -- The right side of - / ^ needs brackets at equal strength, the left side of ^ too.
        local left = operator[2] + (word == 'pow' and 1 or 0)
        local right = operator[2] + ((word == 'sub' or word == 'div') and 1 or 0)
        return bracket(parts[1], binds[1], left) .. operator[1] .. bracket(parts[2], binds[2], right), operator[2], at
    elseif word == 'num' then
        return parts[1], parts[1]:sub(1, 1) == '-' and 6 or ATOM, at
    elseif word == 'neg' then
        return '-' .. bracket(parts[1], binds[1], 6), 6, at
    elseif word == 'square' then
        return bracket(parts[1], binds[1], 8) .. '^2', 7, at
    end
    return word .. '(' .. table.concat(parts, ', ') .. ')', ATOM, at
end

-- What a row's formulas call its inputs and numbers.
local function names_of(row)
    local names, inputs, numbers = { inf = 'inf' }, { 'x', 'w', 'v' }, 0
    for i, item in ipairs(row.items) do
        if i <= row.n_inputs then
            names[inputs[i]] = item.name
        elseif item.type == 'num' then
            names['p' .. numbers] = item.name
            numbers = numbers + 1
        end
    end
    return names
end

-- The formula of a row as people write it, and its gradients by input.
function help.formula(row)
    if row.formula == nil or row.formula == '' then
        return nil, {}
    end
    local names, gradients = names_of(row), {}
    for i, rule in ipairs(row.rules) do
        if rule and row.differentiable then
            gradients[#gradients + 1] = { row.items[i].name, (infix(rule, 1, names)) }
        end
    end
    return (infix(row.formula, 1, names)), gradients
end

-- --- examples ----------------------------------------------------------------------------------------------------

local function first_number(word)
    return tonumber(word:match '^(-?[%d.]+)%.%.') or 0
end

-- The example of an elementwise row, made of the domain that the row gives for its inputs.
function help.make_example(row)
    if row.class == 'BITS' or row.class == 'INTEGER' then
        return ('tenmo.ids{12, -7}:%s(tenmo.ids{5, 2})'):format(row.name)
    end
    local words = {}
    for word in row.domain:gmatch '%S+' do
        local list = word == 'bool' and '1, 0, 1' or first_number(word) >= 0 and '0.25, 0.5, 1' or '-1, 0.5, 2'
        words[#words + 1] = ('tenmo.tensor{%s}'):format(list)
    end
    local self = table.remove(words, 1)
    return ('%s:%s(%s)'):format(self, row.name, table.concat(words, ', '))
end

-- What the prompt prints for a piece of code: every value it returns.
function help.printed(code)
    local chunk = loadstring('return ' .. code) or assert(loadstring(code))
    setfenv(chunk, setmetatable({ tenmo = tenmo, nn = tenmo.nn }, { __index = _G }))
    local function print_all(...)
        return require 'tenmo.repl.show'.values(select('#', ...), ...)
    end
    return print_all(chunk())
end

-- --- everything that has a name -----------------------------------------------------------------------------------

local rows -- by name, loaded when first asked for

local function row_of(name)
    if not rows then
        rows = {}
        for _, row in ipairs(tenmo.rows()) do
            if not row.internal then
                rows[row.name] = row
            end
        end
    end
    return rows[name]
end

local function composition(name)
    for _, op in ipairs(tenmo.compositions) do
        if op.name == name then
            return op
        end
    end
end

-- The word of a composition's family: the name of the file in ops/ that it is from, unless it says another.
local function family_of(op)
    return op.family or debug.getinfo(op.call or op.run, 'S').source:match '([%w_]+)%.lua$' or 'others'
end

-- The public ops by family, in the order of the op table: an array of { word =, ops = }, the ops by name.
function help.families()
    local list, by_word = {}, {}
    local function add(word, op)
        if not by_word[word] then
            by_word[word] = { word = word, ops = {} }
            list[#list + 1] = by_word[word]
        end
        table.insert(by_word[word].ops, op)
    end
    for _, row in ipairs(tenmo.rows()) do
        if not row.internal and not composition(row.name) then
            add(row.family, row)
        end
    end
    for _, op in ipairs(tenmo.compositions) do
        add(family_of(op), op)
    end
    for _, family in ipairs(list) do
        table.sort(family.ops, function(a, b)
            return a.name < b.name
        end)
    end
    return list
end

-- Everything is loaded, so that pairs(tenmo) and pairs(tenmo.methods) meet it.
function help.load_all()
    return tenmo.compositions
end

-- Every name that help knows, sorted: 'matmul', 'tenmo.scope', 'x:item', 'nn.Linear' ...
function help.names()
    local list = {}
    row_of ''
    for name in pairs(rows) do
        list[#list + 1] = name
    end
    for _, op in ipairs(tenmo.compositions) do
        list[#list + 1] = op.name
    end
    for name in pairs(docs.names) do
        list[#list + 1] = name
    end
    table.sort(list)
    return list
end

-- The part after the last . or :, "matmul" of "tenmo.matmul".
local function last_name(name)
    return name:match '([%w_]+)$' or name
end

-- The entries of docs.lua that a name may mean: the whole name, else all that end in it.
local function documented(name)
    name = name:gsub('^tenmo%.(%w+)([.:])', '%1%2'):gsub('^nn%.init%.', 'init.')
    if docs.names[name] then
        return { name }
    end
    local list = {}
    if not name:find '^tenmo%.' then
        for known in pairs(docs.names) do
            if last_name(known) == last_name(name) then
                list[#list + 1] = known
            end
        end
    end
    table.sort(list)
    return list
end

-- --- pages --------------------------------------------------------------------------------------------------------

local PAGE = 100 -- columns of the reference page
local width = PAGE

-- "label     text", the text in lines of at most `width`, the later ones below the first. A text with line ends stays.
-- indent: columns of the label.
local function entry(lines, label, text, indent)
    if not text or text == '' then
        return
    end
    indent = indent or 11
    local rest = label
    local line
    local function flush()
        lines[#lines + 1] = (('  %-' .. indent .. 's%s'):format(rest, line):gsub('%s+$', ''))
        rest, line = '', nil
    end
    for part in (text .. '\n'):gmatch '(.-)\n' do
        line = nil
        for word, gap in part:gmatch '(%S+)(%s*)' do
            if line and #line + #word > width - 2 - indent then
                flush()
            end
            line = (line or part:match '^%s*' .. '') .. word .. (#gap > 0 and gap or '')
        end
        line = (line or ''):gsub('%s+$', '')
        flush()
    end
end

local function example(lines, code, printed)
    if not code then
        return
    end
    entry(lines, 'example', code)
    local indent = (' '):rep(13)
    for line in ((printed or '') .. '\n'):gmatch '(.-)\n' do
        if line ~= '' then
            lines[#lines + 1] = indent .. line
        end
    end
end

-- A call that goes wrong, and what it is told; mistake: { code, message }.
local function wrong(lines, mistake)
    if mistake then
        entry(lines, 'mistake', mistake[1])
        entry(lines, '', mistake[2])
    end
end

-- "x axis? | keepdim:bool=false" as a call: "matmul(x, other)", "x:matmul(other)"
local function call_text(signature)
    local before = signature:match '^[^|]*'
    local words = {}
    for word in before:gmatch '%S+' do
        words[#words + 1] = word == '...' and word
            or word:match '^[%w_]+' .. (word:find '%.%.%.$' and ' ...' or word:find '%?$' and '?' or '')
    end
    return words
end

-- The options of a signature: { {name, type, default} ... }, those after | .
function help.options(signature)
    local list = {}
    for word in (signature:match '|(.*)$' or ''):gmatch '%S+' do
        local name, kind, default = word:match '^([%w_]+):([^=?]+)=?([^?]*)%??$'
        list[#list + 1] = { name or word:match '^[%w_]+', kind or '', default or '' }
    end
    return list
end

local function options_text(signature)
    local words = {}
    for _, option in ipairs(help.options(signature)) do
        local kind = option[2]:gsub('/', ' or ') .. (option[3] ~= '' and (', %s unless given'):format(option[3]) or '')
        words[#words + 1] = option[1] .. (kind ~= '' and (' (%s)'):format(kind) or '')
    end
    return table.concat(words, ', ')
end

local function calls(name, signature, is_method)
    local words = call_text(signature)
    local tail = signature:find '|' and #help.options(signature) > 0 and '{...}'
    local function call(prefix, from)
        local list = { unpack(words, from) }
        list[#list + 1] = tail or nil
        return prefix .. name .. '(' .. table.concat(list, ', ') .. ')'
    end
    local text = call('tenmo.', 1)
    if is_method and words[1] and not words[1]:find '%.%.%.' then
        text = text .. '   ' .. call(words[1]:gsub('%?', '') .. ':', 2)
    end
    return text
end

-- One case a line.
local function shapes_text(extra)
    return extra.shapes and (extra.shapes:gsub('; ', '\n'))
end

local function row_page(row)
    local extra = docs.ops[row.name] or {}
    local lines = { row.name .. ': ' .. row.doc }
    local formula, gradients = help.formula(row)
    local method = tenmo.methods[row.name] ~= nil
    entry(lines, 'call', calls(row.name, row.signature, method))
    entry(lines, 'options', options_text(row.signature))
    entry(lines, 'formula', formula or extra.formula)
    if #gradients > 0 then
        local words = {}
        for i, pair in ipairs(gradients) do
            words[i] = pair[1] .. ': ' .. pair[2]
        end
        entry(lines, 'gradient', table.concat(words, '\n'))
    else
        entry(lines, 'gradient', extra.gradient or (row.differentiable and 'flows through it' or 'none'))
    end
    entry(lines, 'shapes', shapes_text(extra) or row.elementwise and (row.n_inputs == 1 and 'as x'
        or 'the inputs are broadcast to one shape') or nil)
    if tenmo.methods[row.name .. '_'] then
        entry(lines, 'in place', ('x:%s_(...) writes the result over x'):format(row.name))
    end
    if extra[1] then
        example(lines, extra[1], extra[2])
    elseif row.elementwise then
        local code = help.make_example(row)
        local good, printed = pcall(help.printed, code)
        example(lines, good and code, printed)
    end
    wrong(lines, extra.mistake)
    return table.concat(lines, '\n')
end

local function composition_page(op)
    local lines, extra = { op.name .. ': ' .. op.doc }, docs.ops[op.name] or {}
    entry(lines, 'call', calls(op.name, op.signature, op.method ~= false))
    entry(lines, 'options', options_text(op.signature))
    entry(lines, 'formula', op.formula)
    entry(lines, 'gradient', not op.signature:find '^%w+:' and 'by the ops that it is made of; :src ' .. op.name
        .. ' shows them' or nil)
    entry(lines, 'shapes', shapes_text(extra) or op.shapes)
    if op.in_place then
        local how = type(op.in_place) == 'function' and 'into x' or 'the result over x'
        entry(lines, 'in place', ('x:%s_(...) writes %s'):format(op.name, how))
    end
    example(lines, extra[1] or op.example, extra[2] or op.prints)
    wrong(lines, extra.mistake or op.mistake)
    return table.concat(lines, '\n')
end

-- The type of what comes back, in words.
local function gives_text(types)
    if not types or types == 'any' then
        return nil
    elseif types == 'self' then
        return 'the thing itself, so that calls can be chained'
    end
    return (types:gsub('tenmo%.', '')
        :gsub('|nil; string%?', ', or nil and a message'):gsub(';', ','):gsub('^fun%(%): ', 'for each: '))
end

local function documented_page(name)
    local doc = docs.names[name]
    local lines = { name .. ': ' .. doc[2] }
    if not name:find '^x%.' and (doc[1] ~= '' or name:find ':') then
        local words = call_text(doc[1])
        if #help.options(doc[1]) > 0 then
            words[#words + 1] = '{...}'
        end
        entry(lines, 'call', name .. '(' .. table.concat(words, ', ') .. ')')
    end
    entry(lines, 'options', options_text(doc[1]))
    entry(lines, 'gives', gives_text(doc.gives))
    example(lines, doc[3], doc[4])
    return table.concat(lines, '\n')
end

-- The page of a name, or nil. A name that several things have gives all their pages.
local function page(name)
    local short = last_name(name)
    local bare = not name:find '[.:]' or name:find '^tenmo%.[%w_]+$' or name:find '^x[.:]'
    local op = bare and (composition(short) or composition((short:gsub('_$', ''))))
    if op then
        return composition_page(op)
    end
    local row = bare and (row_of(short) or row_of((short:gsub('_$', ''))))
    if row then
        return row_page(row)
    end
    local pages = {}
    for i, known in ipairs(documented(name)) do
        pages[i] = documented_page(known)
    end
    return #pages > 0 and table.concat(pages, '\n\n') or nil
end

-- All ops by family, or those of one family with what they do; nil where the word is no family's.
local function family_page(word)
    local lines = {}
    for _, family in ipairs(help.families()) do
        local names, widest = {}, 0
        for i, op in ipairs(family.ops) do
            names[i], widest = op.name, math.max(widest, #op.name)
        end
        if word == 'ops' then
            entry(lines, family.word, table.concat(names, ' '), 15)
        elseif word == family.word then
            for _, op in ipairs(family.ops) do
                entry(lines, op.name, op.doc, widest + 2)
            end
        end
    end
    local title = word == 'ops' and 'ops by family; ? FAMILY says what each does, ? NAME everything about one'
        or ('family %s; ? NAME says everything about one'):format(word)
    return #lines > 0 and title .. '\n' .. table.concat(lines, '\n') or nil
end

-- --- values -------------------------------------------------------------------------------------------------------

-- The name under which a function or table of ours is known, or nil.
function help.name_of(value)
    for name, known in pairs(tenmo) do
        if rawequal(known, value) then
            return 'tenmo.' .. name
        end
    end
    for name, known in pairs(tenmo.methods) do
        if rawequal(known, value) then
            return 'x:' .. name
        end
    end
    for name in pairs(docs.names) do
        local owner, key = name:match '^(%w+)[.:]([%w_]+)$'
        local holder = owner == 'model' and tenmo.nn.Module or owner == 'init' and tenmo.nn.init
            or owner ~= 'x' and rawget(tenmo, owner)
        if type(holder) == 'table' and rawequal(rawget(holder, key), value) and value ~= nil then
            return name
        end
    end
end

local function tensor_page(x)
    local lines = { ('a tensor %s of %s, %d bytes'):format(shape_text(x.shape), x.dtype,
        x:numel() * (help.item_size(x.dtype))) }
    entry(lines, 'strides', shape_text(x:stride()) .. (x:is_contiguous() and ', contiguous' or ', a view')
        .. (x:offset() > 0 and (', from element %d of its storage'):format(x:offset()) or ''))
    entry(lines, 'gradient', x.requires_grad and (x:is_leaf() and 'required' .. (x.grad and ', there is one' or '')
        or 'flows through it') or 'none')
    entry(lines, 'fields', 'x.shape, x.dtype, x.device, x.grad, x.requires_grad')
    local names = {}
    help.load_all()
    for name in pairs(tenmo.methods) do
        if not name:find '_$' then
            names[#names + 1] = name
        end
    end
    table.sort(names)
    entry(lines, 'methods', table.concat(names, ' '))
    return table.concat(lines, '\n')
end

local SIZES = { float64 = 8, float32 = 4, float16 = 2, bfloat16 = 2, int64 = 8, int32 = 4, int16 = 2, int8 = 1,
    uint8 = 1, bool = 1 }

function help.item_size(dtype)
    return SIZES[dtype] or 4
end

local function module_page(model)
    local name = model.name
    local lines = { docs.names['nn.' .. name] and page('nn.' .. name) or name .. ': a module' }
    entry(lines, 'methods', 'parameters() state() load_state(t) train() eval() to(dtype) count() named_parameters() '
        .. 'named_modules() zero_grad() apply(f)')
    return table.concat(lines, '\n') .. '\n\n' .. tostring(model)
end

local OVERVIEW = [[
? NAME       what is known about an op, a function, a method or a layer:
             ? matmul, ? nn.Linear, ? backward
? ops        every op, by family; ? losses says what those of a family do
help(value)  the same for a value: help(tenmo.relu), help(x), help(model)
Tab          completes names, fields, methods, the options of a call, files
EXPRESSION   shows its value; with ; at its end it is silent; _ is the last
:help        what else the prompt can do

to begin with
  making     tensor ids zeros ones full arange rand randn randint randperm
  computing  + - * / ^  matmul exp log sqrt abs clamp where
  reducing   sum mean max min argmax softmax
  shapes     reshape transpose t squeeze expand cat  x[i]  x[{ {2, 5}, -1 }]  x[x:gt(0)]
  learning   backward no_grad cross_entropy mse_loss  nn.Linear nn.Sequential
             tenmo.optim.SGD tenmo.optim.Adam  tenmo.data.mnist tenmo.progress]]

-- What there is to say about a value or a name; nil and a message with the nearest name if nothing is known.
function help.about(value)
    if type(value) == 'string' then
        local name = value:match '^%s*(.-)%s*$':gsub('%s*%(.*$', '')
        local text, family = page(name), family_page(name)
        if text or family then
            return text and family and text .. '\n\n' .. family or text or family
        end
        local names, shorts = help.names(), {}
        for i, known in ipairs(names) do
            shorts[i] = last_name(known)
        end
        local near = require 'tenmo.near'(last_name(name), shorts)
        return nil, ("help: nothing is known about '%s'%s"):format(name,
            near and ("; did you mean '%s'?"):format(near) or '; ? alone shows where to begin')
    elseif tenmo.is_tensor(value) then
        return tensor_page(value)
    end
    local name = help.name_of(value)
    if name then
        return page(name) or name
    elseif type(value) == 'table' and rawget(tenmo, 'nn') and tenmo.nn.Module.is_module(value) then
        return module_page(value)
    elseif type(value) == 'userdata' and getmetatable(value) == 'tenmo.optimizer' then
        local words = {}
        for known in pairs(docs.names) do
            words[#words + 1] = known:match '^optimizer:([%w_]+)$'
        end
        table.sort(words)
        return tostring(value) .. '\n  methods    ' .. table.concat(words, '() ') .. '()\n  fields     lr ...'
    elseif type(value) == 'function' then
        local info = debug.getinfo(value, 'S')
        return info.what == 'C' and 'a function in C, of which no more is known'
            or ('a function, %s:%d to %d; :src shows it'):format(info.short_src, info.linedefined,
                info.lastlinedefined)
    elseif value == nil then
        return OVERVIEW
    end
    return 'a ' .. type(value)
end

-- Printed, as wide as the terminal allows.
return setmetatable(help, {
    __call = function(_, value)
        width = math.min(PAGE, require 'tenmo.terminal'.width(1))
        local text, why = help.about(value)
        width = PAGE
        print(text or why)
    end,
})
