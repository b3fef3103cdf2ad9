-- scope.lua: where a name at the prompt is looked for, and where an assignment goes.
--
-- In this order: _, the locals and upvalues of a paused script from the innermost function outwards, the locals of
-- earlier lines, the globals. A new name becomes a global, as in any Lua.
local scope = {}

-- Locals of earlier lines: accessors { get =, set = } by name.
local kept = {}
-- A paused script's frames, innermost first; nil: none is paused.
local paused

scope.kept = kept

-- --- a paused script ---------------------------------------------------------------------------------------------
-- A frame is known by its height above the stack's bottom, since its level changes with every call.

-- How many levels the caller of this function sees in the paused thread.
local function levels()
    local n = 0
    while debug.getinfo(paused.thread, n, 'l') do
        n = n + 1
    end
    return coroutine.running() == paused.running and n - 1 or n
end

local function is_ours(source)
    local library = debug.getinfo(1, 'S').source:match '^(.*)repl/scope%.lua$'
    return source:sub(1, #library) == library
end

-- Notes the frames of the person's functions in a thread that stands in a hook.
function scope.pause(thread)
    paused = { thread = thread, running = coroutine.running() }
    local n = levels()
    for level = 1, n - 1 do
        local info = debug.getinfo(thread, level, 'Slnf')
        if info and info.what ~= 'C' and info.currentline > 0 and not is_ours(info.source) then
            paused[#paused + 1] = { height = n - level, func = info.func, name = info.name, what = info.what,
                place = ('%s:%d'):format(info.short_src, info.currentline), source = info.source,
                line = info.currentline }
        end
    end
    return paused
end

function scope.continue()
    paused = nil
end

function scope.frames()
    return paused or {}
end

-- The index of a local in a frame; the innermost of several with the same name.
local function find_local(frame, name)
    local level, found = levels() - frame.height, nil
    for i = 1, 250 do
        local known = debug.getlocal(paused.thread, level, i)
        if not known then
            break
        end
        found = known == name and i or found
    end
    return found
end

local function find_upvalue(frame, name)
    for i = 1, 250 do
        local known = debug.getupvalue(frame.func, i)
        if not known or known == name then
            return known and i
        end
    end
end

-- Reads (or, with `write`, sets) a name in the paused frames: whether it is there, and its value.
local function in_frames(name, write, value)
    for _, frame in ipairs(paused or {}) do
        local i = find_local(frame, name)
        if i then
            local level = levels() - frame.height
            if write then
                local _ = debug.setlocal(paused.thread, level, i, value)
                return true
            end
            local _, found = debug.getlocal(paused.thread, level, i)
            return true, found
        end
        i = find_upvalue(frame, name)
        if i then
            if write then
                debug.setupvalue(frame.func, i, value)
                return true
            end
            local _, found = debug.getupvalue(frame.func, i)
            return true, found
        end
    end
    return false
end

-- The names in the paused frames: { name, value, place } with inner ones first, each name once.
function scope.locals()
    local list, seen = {}, {}
    local function add(name, place)
        if not seen[name] and name:find '^[%a_]' and name ~= '_' and name ~= '_ENV' then
            seen[name] = true
            local _, value = in_frames(name)
            list[#list + 1] = { name, value, place }
        end
    end
    for _, frame in ipairs(paused or {}) do
        local level = levels() - frame.height
        for i = 1, 250 do
            local name = debug.getlocal(paused.thread, level, i)
            if not name then
                break
            end
            add(name, frame.place)
        end
        for i = 1, 250 do
            local name = debug.getupvalue(frame.func, i)
            if not name then
                break
            end
            add(name, frame.place)
        end
    end
    return list
end

-- --- locals of earlier lines ---------------------------------------------------------------------------------------

-- A line's locals stay in reach: f is a closure over them, so line and prompt share the variables.
function scope.keep(f)
    for i = 1, 60 do
        local name = debug.getupvalue(f, i)
        if not name then
            break
        end
        kept[name] = {
            get = function()
                local _, value = debug.getupvalue(f, i)
                return value
            end,
            set = function(value)
                debug.setupvalue(f, i, value)
            end,
        }
    end
end

-- A name at the prompt that isn't a global.
function scope.define(name, value)
    kept[name] = {
        get = function()
            return value
        end,
        set = function(new)
            value = new
        end,
    }
end

-- The names that a chunk declares with `local` outside any block, each once. Lua's own grammar decides where a block
-- begins: function, do, if, repeat; and where it ends: end, until.
function scope.declared(text)
    local names, seen, depth, at = {}, {}, 0, 1
    local OPEN = { ['function'] = 1, ['do'] = 1, ['if'] = 1, ['repeat'] = 1, ['end'] = -1, ['until'] = -1 }
    while at <= #text do
        local level = text:match('^%-?%-?%[(=*)%[', at)
        local word = text:match('^[%a_][%w_]*', at)
        if level and (text:find('^%-%-', at) or text:find('^%[', at)) then
            local _, stop = text:find(']' .. level .. ']', at, true)
            at = (stop or #text) + 1
        elseif text:find('^%-%-', at) then
            at = (text:find('\n', at, true) or #text) + 1
        elseif text:find('^["\']', at) then
            local quote = text:sub(at, at)
            at = at + 1
            while at <= #text and text:sub(at, at) ~= quote do
                at = at + (text:sub(at, at) == '\\' and 2 or 1)
            end
            at = at + 1
        elseif word == 'local' and depth == 0 then
            local name, after = text:match('^local%s+function%s+([%a_][%w_]*)()', at)
            if not name then
                name, after = text:match('^local%s+([%a_][%w_]*)()', at)
            end
            while name do
                names[#names + 1] = not seen[name] and name or nil
                seen[name] = true
                name, after = text:match('^%s*,%s*([%a_][%w_]*)()', after)
            end
            at = at + #'local'
        elseif word then
            depth = depth + (OPEN[word] or 0)
            at = at + #word
        else
            at = at + 1
        end
    end
    return names
end

-- --- the environment of lines --------------------------------------------------------------------------------------

scope.environment = setmetatable({}, {
    __index = function(_, name)
        if name ~= '_' then
            local there, value = in_frames(name)
            if there then
                return value
            end
        end
        local mine = kept[name]
        if mine then
            return (mine.get())
        end
        return _G[name]
    end,
    __newindex = function(_, name, value)
        if name ~= '_' and in_frames(name, true, value) then
            return
        end
        local mine = kept[name]
        if mine then
            mine.set(value)
        else
            _G[name] = value
        end
    end,
})

return scope
