-- show.lua: values as the prompt prints them.
local tenmo = require 'tenmo'

local show = {}

local function is_name(key)
    return type(key) == 'string' and key:match('^[%a_][%w_]*$')
end

-- A value inside a table, in a few words.
local function brief(value)
    if type(value) == 'string' then
        return ('%q'):format(#value > 60 and value:sub(1, 57) .. '...' or value)
    elseif tenmo.is_tensor(value) then
        return ('%s(%s)'):format(value.dtype, table.concat(value.shape, ', '))
    elseif type(value) == 'table' and not (getmetatable(value) or {}).__tostring then
        return next(value) == nil and '{}' or '{...}'
    end
    return (tostring(value):gsub('\n', ' '))
end

local function by_name(a, b)
    if type(a) == type(b) and (type(a) == 'number' or type(a) == 'string') then
        return a < b
    end
    return type(a) == 'number' and type(b) ~= 'number' or type(a) < type(b)
end

-- One level of a table: the list part in a row, then the names, sorted.
local function show_table(t)
    local words, keys, most = {}, {}, 40
    for i = 1, math.min(#t, most) do
        words[i] = brief(rawget(t, i))
    end
    for key in pairs(t) do
        if not (type(key) == 'number' and key >= 1 and key <= #t and key % 1 == 0) then
            table.insert(keys, key)
        end
    end
    table.sort(keys, by_name)
    for i = 1, math.min(#keys, most) do
        local key = keys[i]
        table.insert(words, ('%s = %s'):format(is_name(key) or '[' .. brief(key) .. ']', brief(rawget(t, key))))
    end
    local left = math.max(0, #t - most) + math.max(0, #keys - most)
    if left > 0 then
        table.insert(words, ('... %d more'):format(left))
    end
    local line = '{ ' .. table.concat(words, ', ') .. ' }'
    return #line <= 100 and (#words > 0 and line or '{}') or '{\n  ' .. table.concat(words, ',\n  ') .. '\n}'
end

function show.value(value)
    if type(value) == 'string' then
        return ('%q'):format(value)
    elseif type(value) == 'table' and not (debug.getmetatable(value) or {}).__tostring then
        return show_table(value)
    end
    return tostring(value)
end

-- n values side by side.
function show.values(n, ...)
    local words = {}
    for i = 1, n do
        words[i] = show.value((select(i, ...)))
    end
    return table.concat(words, '\t')
end

-- 1536 bytes as "1.5 KB"
function show.bytes(n)
    local units, i = { 'B', 'KB', 'MB', 'GB', 'TB' }, 1
    while n >= 1024 and i < #units do
        n, i = n / 1024, i + 1
    end
    return (i == 1 and '%d %s' or '%.1f %s'):format(n, units[i])
end

return show
