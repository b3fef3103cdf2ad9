-- repl.lua: reads a line, runs it, prints what it gives. C gives it the terminal:
--     read(prompt)     a line, or several that were pasted; nil at the end of input, false after Ctrl-C
--     remember(text)   into the history; load(path), save(path) keep it
--     rearm(on)        whether Ctrl-C stops what runs next
--     complete(f)      f(text) says what Tab does: what to insert, and the candidates
--     files(folder)    the names in a folder
--     interactive      false: no prompts, as when lines come through a pipe
-- repl.run(terminal) is the prompt; repl.pause(terminal, thread) is the prompt inside a script that Ctrl-C paused.
-- The parts in repl/ are loaded when they are first needed, so that the prompt is there at once.

local scope = require 'tenmo.repl.scope'
local tenmo = require 'tenmo'

local repl = {}

-- --- words ------------------------------------------------------------------------------------------------------

local chunks, last_chunk = {}, 0 -- text by chunk name; how many there were

-- "stdin#7:1: message" as "stdin:1: message".
local function readable(message)
    return (tostring(message):gsub('stdin#%d+:', 'stdin:'))
end

local function complain(message)
    io.stdout:flush()
    io.stderr:write(readable(message), '\n')
end

-- An unknown global in a message: the name it may have been meant as, or nil.
local function propose(message)
    local name = message:match "global '([%w_]+)' %(a nil value%)"
    if not name then
        return nil
    end
    local whole, names = {}, {}
    local function add(known, prefix)
        if type(known) == 'string' and not whole[known] then
            whole[known] = (prefix or '') .. known
            names[#names + 1] = known
        end
    end
    for known in next, _G do
        add(known)
    end
    for known in pairs(scope.kept) do
        add(known)
    end
    for _, entry in ipairs(scope.locals()) do
        add(entry[1])
    end
    require 'tenmo.help'.load_all()
    for known in pairs(tenmo) do
        add(known, 'tenmo.')
    end
    table.sort(names)
    local guess = require 'tenmo.near'(name, names)
    return guess and whole[guess]
end

-- An error of a line: its message, a proposal, and where the chunk has several lines the one that failed.
local function complain_about(message)
    message = tostring(message)
    local guess = propose(message)
    complain(message .. (guess and ('; did you mean %s?'):format(guess) or ''))
    local name, number = message:match '^(stdin#%d+):(%d+):'
    local text = name and chunks['=' .. name] or ''
    if text:find '\n.*%S' then
        local i = 0
        for line in (text .. '\n'):gmatch '(.-)\n' do
            i = i + 1
            if i == tonumber(number) then
                io.stderr:write('    ', line:match '^%s*(.-)%s*$', '\n')
            end
        end
    end
end

-- --- running a line ----------------------------------------------------------------------------------------------

local function incomplete(message)
    return message ~= nil and message:find("near '<eof>'", 1, true) ~= nil
end

-- A function, or nil and whether more lines may complete it, and the message. An expression becomes the
-- argument of the chunk's first argument: as a plain `return f()` it would be a tail call, which hides the line.
-- A chunk's own locals are handed to its second argument, so that later lines see them.
local function compile(text, name)
    local chunk = loadstring('local _show_ = ... return _show_(' .. text:gsub(';%s*$', '') .. '\n)', name)
    if chunk then
        return chunk
    end
    local names = text:find('local', 1, true) and scope.declared(text) or {}
    for first = 1, #names, 50 do
        local keep = table.concat(names, ', ', first, math.min(#names, first + 49))
        local longer = loadstring(('%s\ndo local _, _keep_ = ... _keep_(function() return %s end) end'):format(
            text, keep), name)
        if not longer then
            break
        end
        chunk = longer
    end
    if chunk then
        return chunk
    end
    local _, as_value = loadstring('return ' .. text, name)
    local message
    chunk, message = loadstring(text, name)
    return chunk, incomplete(message) or incomplete(as_value), message
end

-- Prints values and keeps the first as _.
local function show_values(silent, n, ...)
    if n > 0 then
        scope.define('_', (...))
        if not silent then
            print(require 'tenmo.repl.show'.values(n, ...))
        end
    end
end

local function count(...)
    return { n = select('#', ...), ... }
end

local function run(chunk, text)
    local values
    local good, message = pcall(setfenv(chunk, scope.environment), function(...)
        values = count(...)
    end, scope.keep)
    if good and values then
        good, message = pcall(show_values, text:find ';%s*$' ~= nil, values.n, unpack(values, 1, values.n))
    end
    if not good then
        complain_about(message)
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
    if not path or not terminal.interactive then
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

local prepared

local function prepare(terminal)
    if prepared then
        return
    end
    prepared = true
    scope.define('help', setmetatable({}, {
        __call = function(_, ...)
            return require 'tenmo.help'(...)
        end,
        __tostring = function()
            return 'help(value) tells what is known about a value or a name; ? shows where to begin'
        end,
    }))
    local _, path = history_path()
    if terminal.interactive and path then
        terminal.load(path)
    end
    terminal.complete(function(text)
        return require 'tenmo.repl.complete'(text, terminal.files)
    end)
end

-- --- the loop ----------------------------------------------------------------------------------------------------

local function is_command(text)
    return text:find '^%s*:%a' or text:find '^%s*%?'
end

-- Lines until they make a chunk. Returns the text, or nil at the end of input, or false after Ctrl-C.
local function read_chunk(terminal, prompt)
    local text = terminal.read(prompt)
    while text do
        if is_command(text) or text:find('^%s*$') then
            return text
        end
        local chunk, more = compile(text, '=stdin')
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

-- One line. Returns what the loop has to do: nil for the next line, 'end', 'quit', 'continue', 'abort'.
local function step(terminal, prompt)
    local text = read_chunk(terminal, prompt)
    if not text then
        return text == nil and 'end' or nil
    end
    terminal.remember((text:gsub('%s+$', '')))
    terminal.rearm(true)
    local page = text:match '^%s*%?%s*(.-)%s*$'
    if page then
        require 'tenmo.help'(page ~= '' and page or nil)
    elseif is_command(text) then
        local commands = require 'tenmo.repl.commands'
        commands.chunks = chunks
        local result, complaint = commands.run(text:match '^%s*(.*)')
        if complaint then
            complain(complaint)
        end
        return result
    elseif not text:find('^%s*$') then
        last_chunk = last_chunk + 1
        local name = '=stdin#' .. last_chunk
        text = text:gsub('^%s*=', '')
        chunks[name] = text
        local chunk, _, message = compile(text, name)
        if chunk then
            run(chunk, text)
        else
            complain_about(message)
        end
    end
end

-- A line, after which Ctrl-C does nothing; a late one is caught by the loop.
local function guarded(terminal, prompt)
    local good, result = pcall(step, terminal, prompt)
    terminal.rearm(false)
    return good, result
end

-- Lines until one of them ends the loop.
local function loop(terminal, prompt)
    while true do
        local _, good, result = pcall(guarded, terminal, prompt)
        if not good then
            complain(result or 'interrupted') -- Ctrl-C, or an error of a command
        elseif result and good == true then
            return result
        elseif good ~= true then
            complain(good)
        end
    end
end

function repl.run(terminal)
    tenmo.debug.places(true) -- :mem names the line that made a tensor
    jit.off()
    jit.flush()
    if terminal.interactive then
        print(('tenmo-lua %s, %s; ? shows where to begin, Ctrl-D leaves'):format(tenmo.version, jit.version))
    end
    prepare(terminal)
    terminal.rearm(false)
    loop(terminal, '> ')
    terminal.rearm(true)
    save_history(terminal)
end

-- --- a paused script ------------------------------------------------------------------------------------------------

-- The line of a file, or nil.
local function source_line(source, number)
    local file = source:sub(1, 1) == '@' and io.open(source:sub(2))
    if not file then
        return nil
    end
    local i = 0
    for line in file:lines() do
        i = i + 1
        if i == number then
            file:close()
            return line:match '^%s*(.-)%s*$'
        end
    end
    file:close()
end

-- Called from a hook in the thread that runs. Returns 'continue', 'abort' or 'quit'. What the prompt draws in
-- random numbers doesn't count, unless a new seed was set: the script goes on as if it had not been stopped.
function repl.pause(terminal, thread)
    local compiling = jit.status()
    local recording = tenmo.is_recording()
    local seed, stream = tenmo.random_state()
    jit.off()
    jit.flush()
    local frames = scope.pause(thread)
    local here = frames[1]
    local line = here and source_line(here.source, here.line)
    print(('\npaused at %s%s\n:continue goes on, :abort stops the script; its locals are in reach, :who shows them')
        :format(here and here.place or '?', line and '  ' .. line or ''))
    prepare(terminal)
    local result = loop(terminal, 'paused> ')
    save_history(terminal)
    scope.continue()
    tenmo.set_recording(recording)
    if tenmo.random_state() == seed then
        tenmo.set_random_state(seed, stream)
    end
    if compiling then
        jit.on()
    end
    return result == 'end' and 'continue' or result
end

return repl
