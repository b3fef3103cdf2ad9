-- repl.lua: reads a line, runs it, prints what it gives. C gives it the terminal:
--     read(prompt)     a line; nil at the end of input, false after Ctrl-C
--     remember(text)   into the history; load(path), save(path) keep it
--     rearm()          Ctrl-C stops what runs next
--     interactive      false: no prompts, as when lines come through a pipe

local tenmo = require 'tenmo'

local CHUNK = '=stdin'

-- --- showing values ------------------------------------------------------------------------------------------

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

local function show(value)
    if type(value) == 'string' then
        return ('%q'):format(value)
    elseif type(value) == 'table' and not (debug.getmetatable(value) or {}).__tostring then
        return show_table(value)
    end
    return tostring(value)
end

local function print_values(n, ...)
    local words = {}
    for i = 1, n do
        words[i] = show((select(i, ...)))
    end
    if n > 0 then
        print(table.concat(words, '\t'))
    end
end

-- --- running a line --------------------------------------------------------------------------------------------

local function complain(message)
    io.stdout:flush()
    io.stderr:write(tostring(message), '\n')
end

local function incomplete(message)
    return message ~= nil and message:find("near '<eof>'", 1, true) ~= nil
end

-- A function, or nil and whether more lines may complete it, and the message. An expression becomes the
-- argument of the chunk's own argument: as a plain `return f()` it would be a tail call, which hides the line.
local function compile(text)
    local chunk = loadstring('return (...)(' .. text .. '\n)', CHUNK)
    if chunk then
        return chunk
    end
    local _, as_value = loadstring('return ' .. text, CHUNK)
    local message
    chunk, message = loadstring(text, CHUNK)
    return chunk, incomplete(message) or incomplete(as_value), message
end

local function pass(...)
    return ...
end

local function finish(good, ...)
    if not good then
        return complain((...))
    end
    local message
    good, message = pcall(print_values, select('#', ...), ...)
    if not good then
        complain(message)
    end
end

local function run(chunk)
    finish(pcall(chunk, pass))
end

-- --- commands ----------------------------------------------------------------------------------------------------

-- With the JIT on, a compiled loop without engine calls can't be stopped by Ctrl-C.
local function command(text)
    local jit_mode = text:match('^:jit%s+(%a+)%s*$')
    if jit_mode == 'on' then
        jit.on()
    elseif jit_mode == 'off' then
        jit.off()
        jit.flush()
    else
        complain('there are the commands  :jit on  and  :jit off')
    end
end

-- --- history -----------------------------------------------------------------------------------------------------

local function quote(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- $XDG_STATE_HOME/tenmo-lua/history; nil where there is no home.
local function history_path()
    local state = os.getenv('XDG_STATE_HOME')
    local home = os.getenv('HOME')
    if not state or state == '' then
        state = home and home ~= '' and home .. '/.local/state'
    end
    return state and state .. '/tenmo-lua', state and state .. '/tenmo-lua/history'
end

local function save_history(terminal)
    local folder, path = history_path()
    if not path then
        return
    end
    local file = io.open(path, 'a')
    if file then
        file:close()
    else
        os.execute('mkdir -p ' .. quote(folder))
    end
    terminal.save(path)
end

-- --- the loop ----------------------------------------------------------------------------------------------------

-- Lines until they make a chunk. Returns the text, or nil at the end of input, or false after Ctrl-C.
local function read_chunk(terminal)
    local text = terminal.read('> ')
    while text do
        if text:find('^%s*:%a') or text:find('^%s*$') then
            return text
        end
        local chunk, more = compile(text)
        if chunk or not more then
            return text
        end
        local line = terminal.read('>> ')
        if line == nil then
            return text -- the end of input: let the message say what is missing
        end
        text = line and text .. '\n' .. line
    end
    return text
end

local function step(terminal)
    local text = read_chunk(terminal)
    if not text then
        return text
    end
    terminal.remember((text:gsub('%s+$', '')))
    terminal.rearm()
    if text:find('^%s*:%a') then
        command(text:match('^%s*(.*)'))
    elseif not text:find('^%s*$') then
        local chunk, _, message = compile(text:gsub('^%s*=', ''))
        if chunk then
            run(chunk)
        else
            complain(message)
        end
    end
    return true
end

return function(terminal)
    jit.off()
    jit.flush()
    local _, path = history_path()
    if terminal.interactive then
        print(('tenmo-lua %s, %s; Ctrl-D leaves'):format(tenmo.version, jit.version))
        if path then
            terminal.load(path)
        end
    end
    while true do
        local good, result = pcall(step, terminal)
        if not good then
            complain(result) -- Ctrl-C between two lines
        elseif result == nil then
            break
        end
    end
    if terminal.interactive then
        save_history(terminal)
    end
end
