-- reference.lua: the reference page and the annotations for editors, made of what help knows.
--
--     tenmo-lua lua/docs/write.lua       writes lua/docs/reference.md and lua/docs/library/tenmo.lua
--
-- Everything comes from the op table, the compositions and docs.lua; a spec fails when the files are stale.
local docs = require 'tenmo.docs'
local help = require 'tenmo.help'
local tenmo = require 'tenmo'

local reference = {}

-- --- names by group ------------------------------------------------------------------------------------------------

-- Headings of the page, and the prefixes of docs.lua's names that belong below them.
local GROUPS = {
    { 'Functions of tenmo', '^tenmo%.' },
    { 'Tensors: fields', '^x%.' },
    { 'Tensors: methods', '^x:' },
    { 'Layers and losses', '^nn%.' },
    { 'First values for weights', '^init%.' },
    { 'Models', '^model:' },
    { 'Optimizers', '^optim' },
    { 'Data', '^data%.', '^set', '^table', '^batches' },
    { 'Text', '^text%.', '^clean:', '^feed:', '^npy', '^regex%.', '^re:', '^tokenizer:', '^vectors:' },
    { 'What a program shows, and what it takes', '^bar', '^draw', '^flags', '^npz', '^safetensors', '^story' },
}

local function sorted(list)
    table.sort(list)
    return list
end

local function documented(group)
    local list = {}
    for name in pairs(docs.names) do
        for i = 2, #group do
            if name:find(group[i]) then
                list[#list + 1] = name
            end
        end
    end
    return sorted(list)
end

-- The names of docs.lua that no group takes; a spec wants none.
function reference.left_out()
    local taken, left = {}, {}
    for _, group in ipairs(GROUPS) do
        for _, name in ipairs(documented(group)) do
            taken[name] = true
        end
    end
    for name in pairs(docs.names) do
        if not taken[name] then
            left[#left + 1] = name
        end
    end
    return sorted(left)
end

-- Ops: { name, signature, doc, numbers, method, in_place }, rows and compositions, by family.
local function ops()
    local families = help.families()
    for _, family in ipairs(families) do
        for i, op in ipairs(family.ops) do
            local row = op.items and op -- not a composition
            family.ops[i] = { name = op.name, signature = op.signature, doc = op.doc,
                numbers = op.numbers or row and row.elementwise and row.n_inputs > 1,
                in_place = op.in_place or row and tenmo.methods[op.name .. '_'],
                method = row and tenmo.methods[op.name] or not row and op.method ~= false,
                gives = op.gives or docs.ops[op.name] and docs.ops[op.name].gives }
        end
    end
    return families
end

-- --- the page ------------------------------------------------------------------------------------------------------

local HEAD = [[
# Reference

Made by `tenmo-lua lua/docs/write.lua` from the op table and docs.lua. `? NAME` at the prompt shows the same. Positions
and axes count from 1, or from the end with -1; ids count from 0. What stands after `options` may also be given in a
table that ends the call: `x:sum(-1, {keepdim = true})`. A dtype or shape that does not fit is an error that names the
op, the argument and what was expected; `mistake` shows one.
]]

-- The heading's anchor, as GitHub makes it.
local function anchor(title)
    return title:lower():gsub('[^%w _-]', ''):gsub(' ', '-')
end

function reference.page()
    local lines, contents = {}, {}
    local function heading(level, title)
        lines[#lines + 1] = ('#'):rep(level) .. ' ' .. title .. '\n'
        return ('[%s](#%s)'):format(title, anchor(title))
    end
    local function add(name)
        heading(4, name)
        lines[#lines + 1] = '```text\n' .. help.about(name) .. '\n```\n'
    end
    heading(2, 'Ops')
    for _, family in ipairs(ops()) do
        local names = {}
        local link = heading(3, 'Ops: ' .. family.word)
        for i, op in ipairs(family.ops) do
            names[i] = op.name
            add('tenmo.' .. op.name)
        end
        contents[#contents + 1] = ('- %s: %s'):format(link, table.concat(names, ' '))
    end
    for _, group in ipairs(GROUPS) do
        contents[#contents + 1] = '- ' .. heading(2, group[1])
        for _, name in ipairs(documented(group)) do
            add(name)
        end
    end
    return HEAD .. '\n' .. table.concat(contents, '\n') .. '\n\n' .. table.concat(lines, '\n')
end

-- --- annotations ---------------------------------------------------------------------------------------------------

local TYPES = {
    num = 'number', int = 'integer', bool = 'boolean', axis = 'integer', axes = 'integer|integer[]', ints = 'integer[]',
    shape = 'integer|integer[]', dtype = 'tenmo.dtype', index = 'table|integer', text = 'string', name = 'string',
    tensors = 'tenmo.Tensor|tenmo.Tensor[]', ['function'] = 'function|tenmo.Module', int64 = "'int64'", table = 'table',
    column = 'string|integer', texts = 'string[]',
}
local WORDS = { x = 'tenmo.Tensor', f = 'function|tenmo.Module', path = 'string', ids = 'tenmo.Tensor',
    other = 'tenmo.Tensor' }
-- What comes back where docs.lua doesn't say.
local GIVES = { nn = 'tenmo.Module', optim = 'tenmo.Optimizer', init = 'tenmo.Tensor', x = 'tenmo.Tensor' }
local KEYWORDS = { ['end'] = true, ['repeat'] = true, ['function'] = true, ['in'] = true }

local type_of
function type_of(kind)
    local words = kind:match '^ints/(.*)'
    if words then
        return TYPES.ints .. '|' .. type_of(words)
    elseif kind:find '/' then
        return "'" .. kind:gsub('/', "'|'") .. "'"
    end
    return TYPES[kind] or 'any'
end

-- A signature's words as { name, type, optional }, those after | marked.
local function parameters(signature, op)
    local list, after = {}, false
    for word in signature:gmatch '%S+' do
        local name, kind = word:match '^([%w_]+):([^=?]+)'
        if word == '|' then
            after = true
        elseif word:find '%.%.%.$' then
            list[#list + 1] = { name = '...',
                type = op and 'tenmo.Tensor|tenmo.Tensor[]|table' or 'any' }
        else
            name = name or word:match '^[%w_]+'
            local what = kind and type_of(kind) or op and 'tenmo.Tensor' .. (op.numbers and '|number' or '')
                or WORDS[name] or 'any'
            list[#list + 1] = { name = KEYWORDS[name] and name .. '_' or name, type = what, named = after,
                optional = after or word:find '[=?]' ~= nil }
        end
    end
    return list
end

-- The class of the table that may end a call, and its name.
local function options_class(lines, full_name, list)
    local name = full_name:gsub('^tenmo%.(%w+%.)', 'tenmo.%1'):gsub(':', '.') .. '.options'
    name = name:find '^tenmo%.' and name or 'tenmo.' .. name
    lines[#lines + 1] = '---@class ' .. name
    for _, p in ipairs(list) do
        if p.named and p.name ~= '...' then
            lines[#lines + 1] = ('---@field %s? %s'):format(p.name, p.type)
        end
    end
    lines[#lines + 1] = ''
    return name
end

-- The types of what comes back, one a value.
local function each_type(gives)
    return (gives and gives ~= 'nothing' and gives or ''):gmatch '[^;%s][^;]*'
end

-- A function or method. Each option may be given by position, or in the table that ends the call, which is a class of
-- its own; a method shares that of its function. skip: parameters that stand before the colon.
local function annotate(lines, full_name, signature, doc, gives, op, skip)
    local list = parameters(signature, op)
    local options = signature:find '|' and (skip and 'tenmo.' .. op.name .. '.options'
        or options_class(lines, full_name, list))
    lines[#lines + 1] = '---' .. doc
    local names = {}
    for i = 1 + (skip or 0), #list do
        local p = list[i]
        names[#names + 1] = p.name
        lines[#lines + 1] = p.name == '...' and ('---@param ... %s'):format(p.type)
            or ('---@param %s%s %s%s'):format(p.name, p.optional and '?' or '', p.type,
                p.named and '|' .. options or '')
        if p.name == '...' then
            break
        end
    end
    for one in each_type(gives) do
        lines[#lines + 1] = '---@return ' .. one
    end
    if signature:find ':shape' then -- sizes may stand one by one: x:reshape(2, -1)
        lines[#lines + 1] = ('---@overload fun(%s...: integer%s): %s'):format(skip and 'self: tenmo.Tensor, '
            or signature:find '^x ' and 'x: tenmo.Tensor, ' or '', options and '|' .. options or '', gives)
    end
    lines[#lines + 1] = ('function %s(%s) end\n'):format(full_name, table.concat(names, ', '))
end

local function annotate_op(lines, op)
    local gives = op.gives or 'tenmo.Tensor'
    annotate(lines, 'tenmo.' .. op.name, op.signature, op.doc, gives, op)
    if not op.method then
        return
    end
    annotate(lines, 'Tensor:' .. op.name, op.signature, op.doc, gives, op, 1)
    if op.in_place then
        annotate(lines, ('Tensor:%s_'):format(op.name), op.signature, op.doc .. '; written over x', 'tenmo.Tensor', op,
            1)
    end
end

-- A part of tenmo that can be called, such as tenmo.draw: a class with a call.
local function annotate_callable(lines, key, doc)
    local list, words = parameters(doc[1]), {}
    local options = doc[1]:find '|' and options_class(lines, 'tenmo.' .. key, list)
    for i, p in ipairs(list) do
        words[i] = ('%s%s: %s%s'):format(p.name, p.optional and '?' or '', p.type, p.named and '|' .. options or '')
    end
    lines[#lines + 1] = ('---%s\n---@class tenmo.%s\n---@overload fun(%s): %s\nlocal %s = {}\ntenmo.%s = %s\n'):format(
        doc[2], key, table.concat(words, ', '), doc.gives, key, key, key)
end

local META = [[
---@meta tenmo
-- luacheck: ignore
-- Made by `tenmo-lua lua/docs/write.lua`; don't edit. For lua-language-server: lua/README.md says how.

---@alias tenmo.dtype 'bool'|'uint8'|'int32'|'int64'|'float16'|'bfloat16'|'float32'|'float64'

---@class tenmo.Module
---@field name string
---@field training boolean
---@field weight tenmo.Tensor
---@field bias tenmo.Tensor
---@field [integer] tenmo.Module
---@field [string] any
---@overload fun(x: tenmo.Tensor, ...): tenmo.Tensor
local Module = {}

---@class tenmo.Class
---@field [string] any
---@overload fun(...): tenmo.Module

---@class tenmo.Optimizer
---@field lr number
local Optimizer = {}

---@class tenmo.Set
---@field n integer
---@field x tenmo.Tensor
---@field y tenmo.Tensor
---@field images tenmo.Tensor
---@field labels tenmo.Tensor
---@field mean number
---@field std number
---@field y_mean number
---@field y_std number
---@field names string[]
---@field about string
local Set = {}

---@class tenmo.Table
---@field n integer
---@field x tenmo.Tensor
---@field y tenmo.Tensor
---@field task 'classify'|'regress'
---@field target string
---@field names string[]
---@field classes string[]
---@field left_out string[]
local Table = {}

---@class tenmo.Regex
local Regex = {}

---@class tenmo.Cleaner
---@field passes string[]
---@overload fun(text: string): string
local Cleaner = {}

---@class tenmo.Feed
local Feed = {}

---@class tenmo.Tokenizer
---@operator len: integer
local Tokenizer = {}

---@class tenmo.Batches
---@field position integer
---@overload fun(): tenmo.Tensor, tenmo.Tensor
local Batches = {}

---@class tenmo.Bar
---@field rounds integer
---@overload fun(): any, any
local Bar = {}

---@class tenmo.Story
---@field [integer] table
local Story = {}

local nn, optim, data, init, safetensors, regex, text, npy, npz = {}, {}, {}, {}, {}, {}, {}, {}, {}

---@class tenmo
---@field version string
---@field paths table<string, string>
---@field methods table<string, function>
---@field compositions table[]
---@field debug table<string, function>
local tenmo = { nn = nn, optim = optim, data = data, safetensors = safetensors, text = text, npy = npy, npz = npz }
nn.init = init
nn.functional = tenmo
---@type tenmo.Module
nn.Module = Module

---@class tenmo.Tensor
---@operator add(tenmo.Tensor|number): tenmo.Tensor
---@operator sub(tenmo.Tensor|number): tenmo.Tensor
---@operator mul(tenmo.Tensor|number): tenmo.Tensor
---@operator div(tenmo.Tensor|number): tenmo.Tensor
---@operator pow(tenmo.Tensor|number): tenmo.Tensor
---@operator unm: tenmo.Tensor
---@operator len: integer
---@field shape integer[]
---@field dtype tenmo.dtype
---@field device string
---@field grad tenmo.Tensor|nil
---@field requires_grad boolean
---@field [integer|table|tenmo.Tensor] tenmo.Tensor|number
local Tensor = {}
]]

local OWNERS = { x = 'Tensor', model = 'Module', optimizer = 'Optimizer', set = 'Set', table = 'Table',
    batches = 'Batches', bar = 'Bar', story = 'Story',
    re = 'Regex', clean = 'Cleaner', feed = 'Feed', tokenizer = 'Tokenizer', vectors = 'Vectors' }

local function annotate_name(lines, name)
    local owner, mark, key = name:match '^(%w+)([.:])([%w_]+)$'
    local doc = docs.names[name]
    local value = owner == 'tenmo' and tenmo[key] or owner == 'nn' and tenmo.nn[key]
    if owner .. mark == 'x.' or name == 'nn.Module' then
        return
    elseif type(value) == 'table' and owner == 'tenmo' then
        if (getmetatable(value) or {}).__call then
            annotate_callable(lines, key, doc)
        end
    elseif not value or type(value) == 'function' or name:find '^nn%.%u' then
        annotate(lines, (mark == ':' and OWNERS[owner] or owner) .. mark .. key, doc[1], doc[2],
            doc.gives or GIVES[owner])
    end
end

function reference.annotations()
    local lines, done = { META }, {}
    for _, family in ipairs(ops()) do
        for _, op in ipairs(family.ops) do
            annotate_op(lines, op)
            done['tenmo.' .. op.name], done['x:' .. op.name], done['x:' .. op.name .. '_'] = true, true, true
        end
    end
    local names = {}
    for name in pairs(docs.names) do
        names[#names + 1] = name
    end
    -- A part comes before what is in it.
    table.sort(names, function(a, b)
        local first, second = a:find '^tenmo%.' ~= nil, b:find '^tenmo%.' ~= nil
        return first and not second or first == second and a < b
    end)
    for _, name in ipairs(names) do
        if not done[name] then
            annotate_name(lines, name)
        end
    end
    lines[#lines + 1] = 'return tenmo\n'
    return table.concat(lines, '\n')
end

return reference
