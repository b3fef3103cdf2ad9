-- complete.lua: what Tab proposes for the text left of the cursor.
--
--     complete(text, files) gives what to insert ('' if nothing is sure) and the list of candidates.
--
-- files(folder) lists a folder, names of folders with / at the end. Nothing that could do something is called:
-- tables are read raw, and only through metatables whose __index is a table.
local docs = require 'tenmo.docs'
local help = require 'tenmo.help'
local scope = require 'tenmo.repl.scope'
local tenmo = require 'tenmo'

local KEYWORDS = { 'and', 'break', 'do', 'else', 'elseif', 'end', 'false', 'for', 'function', 'if', 'in', 'local',
    'nil', 'not', 'or', 'repeat', 'return', 'then', 'true', 'until', 'while' }
local FIELDS = { 'shape', 'dtype', 'device', 'grad', 'requires_grad' }

local function sorted(set)
    local list = {}
    for name in pairs(set) do
        list[#list + 1] = name
    end
    table.sort(list)
    return list
end

local function documented(owner, set)
    for name in pairs(docs.names) do
        local key = name:match('^' .. owner .. '[.:]([%w_]+)$')
        if key then
            set[key] = true
        end
    end
end

-- --- names after a value ------------------------------------------------------------------------------------------

local function raw_keys(t, set, methods_only)
    for key, value in next, t do
        if type(key) == 'string' and key:find '^[%a][%w_]*$' and (not methods_only or type(value) == 'function') then
            set[key] = true
        end
    end
end

-- The names that value.NAME, or value:NAME, may take.
local function names_of(value, methods_only)
    local set = {}
    help.load_all()
    if tenmo.is_tensor(value) then
        raw_keys(tenmo.methods, set)
        for _, field in ipairs(methods_only and {} or FIELDS) do
            set[field] = true
        end
    elseif type(value) == 'userdata' and getmetatable(value) == 'tenmo.optimizer' then
        documented('optimizer', set)
        if not methods_only then
            set.lr = true
        end
    elseif type(value) == 'string' then
        raw_keys(string, set)
    elseif type(value) == 'table' then
        if value == tenmo then
            documented('tenmo', set)
        elseif value == rawget(tenmo, 'nn') then
            documented('nn', set)
        end
        local holder = value
        for _ = 1, 10 do
            raw_keys(holder, set, methods_only)
            local meta = debug.getmetatable(holder)
            holder = meta and rawget(meta, '__index')
            if type(holder) ~= 'table' then
                break
            end
        end
    end
    return set
end

-- One step along a path, without running the person's code; nil if it can't be told.
local function field(value, key)
    if tenmo.is_tensor(value) then
        if key == 'grad' or key == 'shape' or key == 'dtype' then
            return value[key]
        end
        return tenmo.methods[key]
    elseif value == tenmo or value == rawget(tenmo, 'nn') then
        local good, found = pcall(function()
            return value[key]
        end)
        return good and found or nil
    end
    for _ = 1, 10 do
        if type(value) ~= 'table' then
            return nil
        end
        local found = rawget(value, key)
        if found ~= nil then
            return found
        end
        local meta = debug.getmetatable(value)
        value = meta and rawget(meta, '__index')
    end
end

-- The value of "model[1].weight"; nil if it has none.
local function resolve(path)
    local name, at = path:match '^([%a_][%w_]*)()'
    if not name then
        return nil
    end
    local value = scope.environment[name]
    while value ~= nil and at <= #path do
        local key, after = path:match('^[.:]([%a_][%w_]*)()', at)
        if not key then
            key, after = path:match('^%[(%d+)%]()', at)
            key = tonumber(key)
        end
        if not key then
            return nil
        end
        value, at = field(value, key), after
    end
    return value
end

-- --- options of a call ----------------------------------------------------------------------------------------------

-- The function in whose table of options the text ends: "tenmo.randn" of "x = tenmo.randn(3, {dt", or nil.
local function call_around(text)
    local closed = { [')'] = '(', [']'] = '[', ['}'] = '{' }
    local stack = {}
    local brace
    for at = #text, 1, -1 do
        local c = text:sub(at, at)
        if closed[c] then
            stack[#stack + 1] = closed[c]
        elseif c == '(' or c == '[' or c == '{' then
            if #stack > 0 then
                stack[#stack] = nil
            elseif c == '{' and not brace then
                brace = true
                local name = text:sub(1, at - 1):match '([%a_][%w_.:]*)%s*$'
                if name then
                    return name
                end
            elseif c == '(' and brace then
                return text:sub(1, at - 1):match '([%w_.:]+)%s*$'
            else
                return nil
            end
        end
    end
end

local function signature_of(name)
    local short = name:match '([%w_]+)$'
    for _, row in ipairs(tenmo.rows()) do
        if row.name == short and not row.internal then
            return row.signature
        end
    end
    for _, op in ipairs(tenmo.compositions) do
        if op.name == short then
            return op.signature
        end
    end
    for known, doc in pairs(docs.names) do
        if known:match '([%w_]+)$' == short then
            return doc[1]
        end
    end
end

local function option_names(name)
    local set = {}
    for _, option in ipairs(help.options(signature_of(name) or '')) do
        set[option[1] .. ' = '] = true
    end
    return set
end

-- --- files ----------------------------------------------------------------------------------------------------------

-- The text inside a string that isn't closed, or nil.
local function open_string(text)
    local at, quote, from = 1, nil, nil
    while at <= #text do
        local c = text:sub(at, at)
        if quote then
            if c == '\\' then
                at = at + 1
            elseif c == quote then
                quote = nil
            end
        elseif c == '"' or c == "'" then
            quote, from = c, at + 1
        elseif c == '-' and text:sub(at, at + 1) == '--' then
            return nil
        end
        at = at + 1
    end
    return quote and text:sub(from) or nil
end

local function file_names(path, files)
    local folder, start = path:match '^(.*/)([^/]*)$'
    local set = {}
    for _, name in ipairs(files(folder or '.') or {}) do
        if name:sub(1, 1) ~= '.' or (start or path):sub(1, 1) == '.' then
            set[name] = true
        end
    end
    return set, start or path
end

-- --- all of it ------------------------------------------------------------------------------------------------------

local COMMANDS = { ':abort', ':continue', ':help', ':jit off', ':jit on', ':mem', ':quit', ':src ', ':time ', ':where',
    ':who' }

local function globals()
    local set = {}
    raw_keys(_G, set)
    for _, word in ipairs(KEYWORDS) do
        set[word] = true
    end
    for name in pairs(scope.kept) do
        set[name] = name ~= '_' or nil
    end
    for _, entry in ipairs(scope.locals()) do
        set[entry[1]] = true
    end
    return set
end

-- The set of candidates and the part of a word that is there already.
local function candidates(text, files)
    local path = open_string(text)
    if path then
        return file_names(path, files)
    end
    if text:find '^%s*:%a*$' or text:find '^%s*:jit%s' then
        local set = {}
        for _, command in ipairs(COMMANDS) do
            set[command] = true
        end
        return set, text:match '^%s*(.*)$'
    end
    local page = text:match '^%s*%?%s*([%w_.:]*)$'
    if page and not page:find '[.:]' then
        local set = {}
        for _, name in ipairs(help.names()) do
            set[name:match '([%w_]+)$'] = true
        end
        return set, page
    end
    local before, separator, start = text:match '^(.-)([.:])([%a_]?[%w_]*)$'
    if separator and not before:find '[.]$' then
        local value = resolve(before:match '([%a_][%w_.:%[%]]*)$' or '')
        if value == nil and separator == ':' and before:find '[%)%]%w_]$' then
            return names_of(tenmo.zeros(0), true), start -- the result of a call: most often a tensor
        end
        return names_of(value, separator == ':'), start
    end
    start = text:match '([%a_]?[%w_]*)$'
    local call = text:find '[{,]%s*[%w_]*$' and call_around(text:sub(1, #text - #start))
    local set = call and option_names(call) or {}
    if next(set) then
        return set, start
    end
    return start ~= '' and globals() or {}, start
end

local function common(list)
    local text = list[1]
    for _, other in ipairs(list) do
        while other:sub(1, #text) ~= text do
            text = text:sub(1, -2)
        end
    end
    return text
end

return function(text, files)
    local set, start = candidates(text, files)
    local list = {}
    for _, name in ipairs(sorted(set)) do
        if name:sub(1, #start) == start and (start ~= '' or not name:find '^_') then
            list[#list + 1] = name
        end
    end
    if #list == 0 then
        return '', list
    end
    return common(list):sub(#start + 1), list
end
