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
    { 'Data', '^data%.', '^set' },
    { 'Text', '^text%.', '^regex%.', '^re:', '^tokenizer:', '^tenmo%.regex$', '^tenmo%.text$' },
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

-- Ops: { name, signature, doc, elementwise, n_inputs, method, in_place }, rows and compositions, by name.
local function ops()
    local list = {}
    for _, row in ipairs(tenmo.rows()) do
        if not row.internal then
            list[#list + 1] = { name = row.name, signature = row.signature, doc = row.doc,
                numbers = row.elementwise and row.n_inputs > 1, method = rawget(tenmo.methods, row.name) ~= nil,
                in_place = rawget(tenmo.methods, row.name .. '_') ~= nil }
        end
    end
    for _, op in ipairs(tenmo.compositions) do
        list[#list + 1] = { name = op.name, signature = op.signature, doc = op.doc, numbers = op.numbers,
            method = op.method ~= false, in_place = op.in_place }
    end
    table.sort(list, function(a, b)
        return a.name < b.name
    end)
    return list
end

-- --- the page ------------------------------------------------------------------------------------------------------

function reference.page()
    local lines = { '# Reference', '',
        'Made by `tenmo-lua lua/docs/write.lua` from the op table and docs.lua. `? NAME` at the prompt shows',
        'the same. Positions and axes count from 1, or from the end with -1; ids count from 0. What stands after',
        '`options` may also be given in a table that ends the call: `x:sum(-1, {keepdim = true})`.', '', '## Ops', '' }
    local function add(name)
        lines[#lines + 1] = '### ' .. name .. '\n\n```text\n' .. help.about(name) .. '\n```\n'
    end
    for _, op in ipairs(ops()) do
        add('tenmo.' .. op.name)
    end
    for _, group in ipairs(GROUPS) do
        lines[#lines + 1] = '## ' .. group[1] .. '\n'
        for _, name in ipairs(documented(group)) do
            add(name)
        end
    end
    return table.concat(lines, '\n')
end

-- --- annotations ---------------------------------------------------------------------------------------------------

local TYPES = {
    num = 'number', int = 'integer', bool = 'boolean', axis = 'integer', axes = 'integer|integer[]', ints = 'integer[]',
    shape = 'integer|integer[]', dtype = 'tenmo.dtype', index = 'table|integer', text = 'string', name = 'string',
    tensors = 'tenmo.Tensor|tenmo.Tensor[]', ['function'] = 'function', int64 = "'int64'",
}
local WORDS = { x = 'tenmo.Tensor', f = 'function', path = 'string', ids = 'tenmo.Tensor', other = 'tenmo.Tensor' }
local RETURNS = { ['nn'] = 'tenmo.Module', ['optim'] = 'tenmo.Optimizer' }
local KEYWORDS = { ['end'] = true, ['repeat'] = true, ['function'] = true, ['in'] = true }

local function type_of(kind)
    if kind:find '/' then
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
            list[#list + 1] = { name = '...', type = op and 'tenmo.Tensor' or 'any' }
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

-- What may stand in the table at a call's end becomes a class of its own; each option may be given by position too.
local function annotate(lines, full_name, signature, doc, returned, op, skip)
    local list = parameters(signature, op)
    local options = full_name:gsub('^Tensor:', op and 'tenmo.' or 'Tensor.'):gsub(':', '.') .. '.options'
    if signature:find '|' and not skip then -- a method shares the class of its function
        lines[#lines + 1] = ('---@class %s'):format(options)
        for _, p in ipairs(list) do
            if p.named and p.name ~= '...' then
                lines[#lines + 1] = ('---@field %s? %s'):format(p.name, p.type)
            end
        end
        lines[#lines + 1] = ''
    end
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
    if returned then
        lines[#lines + 1] = '---@return ' .. returned
    end
    lines[#lines + 1] = ('function %s(%s) end\n'):format(full_name, table.concat(names, ', '))
end

local function annotate_op(lines, op)
    annotate(lines, 'tenmo.' .. op.name, op.signature, op.doc, 'tenmo.Tensor', op)
    if not op.method then
        return
    end
    annotate(lines, 'Tensor:' .. op.name, op.signature, op.doc, 'tenmo.Tensor', op, 1)
    if op.in_place then
        annotate(lines, ('Tensor:%s_'):format(op.name), op.signature, op.doc .. '; written over x', 'tenmo.Tensor', op,
            1)
    end
end

local HEAD = [[
---@meta tenmo
-- luacheck: ignore
-- Made by `tenmo-lua lua/docs/write.lua`; don't edit. For lua-language-server: lua/README.md says how.

---@alias tenmo.dtype 'bool'|'uint8'|'int32'|'int64'|'float32'|'float64'

---@class tenmo.Module
---@overload fun(x: tenmo.Tensor, ...): tenmo.Tensor
local Module = {}

---@class tenmo.Optimizer
---@field lr number
local Optimizer = {}

---@class tenmo.Set
local Set = {}

---@class tenmo.Regex
local Regex = {}

local nn, optim, data, init, regex, text = {}, {}, {}, {}, {}, {}

---@class tenmo
---@field version string
local tenmo = { nn = nn, optim = optim, data = data, regex = regex, text = text }
nn.init = init

---@class tenmo.Tensor
---@operator add(tenmo.Tensor|number): tenmo.Tensor
---@operator sub(tenmo.Tensor|number): tenmo.Tensor
---@operator mul(tenmo.Tensor|number): tenmo.Tensor
---@operator div(tenmo.Tensor|number): tenmo.Tensor
---@operator pow(tenmo.Tensor|number): tenmo.Tensor
---@operator unm: tenmo.Tensor
---@field shape integer[]
---@field dtype tenmo.dtype
---@field device string
---@field grad tenmo.Tensor|nil
---@field requires_grad boolean
local Tensor = {}
]]

local OWNERS = { x = 'Tensor', model = 'Module', optimizer = 'Optimizer', set = 'Set', re = 'Regex' }

function reference.annotations()
    local lines, done = { HEAD }, {}
    for _, op in ipairs(ops()) do
        annotate_op(lines, op)
        done['tenmo.' .. op.name], done['x:' .. op.name], done['x:' .. op.name .. '_'] = true, true, true
    end
    local names = {}
    for name in pairs(docs.names) do
        names[#names + 1] = name
    end
    for _, name in ipairs(sorted(names)) do
        local owner, mark, key = name:match '^(%w+)([.:])([%w_]+)$'
        local doc = docs.names[name]
        local is_part = owner == 'tenmo' and type(tenmo[key]) ~= 'function'
        if owner and not done[name] and owner .. mark ~= 'x.' and not is_part then
            annotate(lines, (mark == ':' and OWNERS[owner] or owner) .. mark .. key, doc[1], doc[2], RETURNS[owner])
        end
    end
    lines[#lines + 1] = 'return tenmo\n'
    return table.concat(lines, '\n')
end

return reference
