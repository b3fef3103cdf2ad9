-- people.lua: what the person has made: globals, locals of earlier lines, locals of a paused script.
local help = require 'tenmo.help'
local scope = require 'tenmo.repl.scope'
local shape_text = require 'tenmo.shape_text'
local show = require 'tenmo.repl.show'
local tenmo = require 'tenmo'

local people = {}

local STANDARD = {}
for name in ([[_G _VERSION arg assert bit collectgarbage coroutine debug dofile error gcinfo getfenv getmetatable io
    ipairs jit load loadfile loadstring math module newproxy next os package pairs pcall print rawequal rawget rawlen
    rawset require select setfenv setmetatable string table tenmo tonumber tostring type unpack xpcall help _]])
    :gmatch '%S+' do
    STANDARD[name] = true
end

-- { name, value, where } of everything that is the person's, sorted by name; inner names hide outer ones.
function people.names()
    local list, seen = {}, {}
    local function add(name, value, where)
        if type(name) == 'string' and not seen[name] and not STANDARD[name] and value ~= nil then
            seen[name] = true
            list[#list + 1] = { name, value, where }
        end
    end
    for _, entry in ipairs(scope.locals()) do
        add(entry[1], entry[2], entry[3])
    end
    for name, accessor in pairs(scope.kept) do
        add(name, accessor.get(), 'prompt')
    end
    for name, value in next, _G do
        add(name, value, '')
    end
    table.sort(list, function(a, b)
        return a[1] < b[1]
    end)
    return list
end

local function is_module(value)
    return rawget(tenmo, 'nn') and tenmo.nn.Module.is_module(value)
end

function people.bytes_of(x)
    return x:numel() * help.item_size(x.dtype)
end

-- Calls visit(x, path) for every tensor that can be reached from a value through tables, upvalues and .grad.
local function walk(value, path, visit, seen)
    if type(value) == 'userdata' then
        if tenmo.is_tensor(value) and not seen[value] then
            seen[value] = true
            local good, grad = pcall(function()
                visit(value, path)
                return value.grad
            end)
            if good and grad then
                visit(grad, path .. '.grad')
            end
        end
        return
    end
    if type(value) ~= 'table' and type(value) ~= 'function' or seen[value] or seen.n > 50000 then
        return
    end
    seen[value], seen.n = true, seen.n + 1
    if type(value) == 'table' then
        for key, inner in next, value do
            walk(inner, type(key) == 'number' and ('%s[%d]'):format(path, key)
                or path .. '.' .. tostring(key), visit, seen)
        end
    else
        for i = 1, 60 do
            local name, inner = debug.getupvalue(value, i)
            if not name then
                break
            end
            walk(inner, name, visit, seen)
        end
    end
end

-- What has been seen before the walk: the library, so that it isn't walked.
local function nothing_seen()
    local seen = { n = 0, [_G] = true, [tenmo] = true, [package.loaded] = true, [scope.environment] = true }
    for _, loaded in pairs(package.loaded) do
        seen[loaded] = true
    end
    return seen
end

local function bytes_inside(value)
    local total, storages = 0, {}
    walk(value, '', function(x)
        for _, known in ipairs(storages) do
            if #storages < 100 and x:same_storage(known) then
                return
            end
        end
        storages[#storages + 1] = x
        total = total + people.bytes_of(x)
    end, nothing_seen())
    return total
end

-- The person's names as rows { name, kind, shape, bytes, where }.
function people.who()
    local rows = {}
    for _, entry in ipairs(people.names()) do
        local name, value, where = unpack(entry)
        local kind, shape, bytes = type(value), '', 0
        if tenmo.is_tensor(value) then
            local good = pcall(function()
                kind, shape, bytes = value.dtype, shape_text(value.shape), people.bytes_of(value)
            end)
            kind = good and kind or 'released'
        elseif is_module(value) then
            kind, shape, bytes = value.name, ('%d parameters'):format(value:count()), bytes_inside(value)
        elseif kind == 'table' then
            local n = 0
            for _ in next, value do
                n = n + 1
            end
            shape, bytes = ('%d entries'):format(n), bytes_inside(value)
        elseif kind == 'number' or kind == 'boolean' or kind == 'string' then
            shape = show.value(value)
            shape = #shape > 40 and shape:sub(1, 37) .. '...' or shape
        elseif kind == 'userdata' and getmetatable(value) == 'tenmo.optimizer' then
            kind, shape = 'optimizer', tostring(value)
        end
        rows[#rows + 1] = { name, kind, shape, bytes > 0 and show.bytes(bytes) or '', where }
    end
    return rows
end

-- The largest tensors in reach: { path, x, bytes }, each storage once.
function people.largest(most)
    local list, seen = {}, nothing_seen()
    for _, entry in ipairs(people.names()) do
        walk(entry[2], entry[1], function(x, path)
            list[#list + 1] = { path, x, people.bytes_of(x) }
        end, seen)
    end
    table.sort(list, function(a, b)
        return a[3] > b[3] or a[3] == b[3] and a[1] < b[1]
    end)
    local top = {}
    for _, entry in ipairs(list) do
        local known = #top >= most
        for _, other in ipairs(top) do
            known = known or entry[2]:same_storage(other[2])
        end
        if not known then
            top[#top + 1] = entry
        end
    end
    return top
end

return people
