-- commands.lua: what begins with a colon at the prompt.
local help = require 'tenmo.help'
local near = require 'tenmo.near'
local people = require 'tenmo.repl.people'
local scope = require 'tenmo.repl.scope'
local shape_text = require 'tenmo.shape_text'
local show = require 'tenmo.repl.show'
local tenmo = require 'tenmo'

local commands = {}

-- The text of earlier chunks by their names, for :src.
commands.chunks = {}

local HELP = [[
? NAME         help on a name; ? alone shows where to begin
:who           your names: kind, shape, bytes
:mem           memory of tensors, and the largest in reach
:time EXPR     how long an expression takes, with its kernels and allocations
:src NAME      the source of a Lua function, the row of an op
:jit on|off    LuaJIT's compiler; with it on, Ctrl-C can't stop a loop without engine calls
:quit          leaves, as Ctrl-D does
Ctrl-C in a script that was started with -i pauses it; then
:where         the functions that are running
:continue      goes on (:abort stops the script with an error)]]

-- Rows of words in columns; those of `right` are set to the right.
local function columns(rows, right)
    local width = {}
    for _, row in ipairs(rows) do
        for i, word in ipairs(row) do
            width[i] = math.max(width[i] or 0, #word)
        end
    end
    for _, row in ipairs(rows) do
        local words = {}
        for i, word in ipairs(row) do
            words[i] = (right[i] and '%' or '%-') .. width[i] .. 's'
            words[i] = words[i]:format(word)
        end
        print((table.concat(words, '  '):gsub('%s+$', '')))
    end
end

function commands.help()
    print(HELP)
end

function commands.who()
    local rows = people.who()
    if #rows == 0 then
        print 'no names of yours yet'
    end
    columns(rows, { [4] = true })
end

-- Where a tensor's bytes were asked for, as errors name it.
local function line_of(x)
    return (tenmo.debug.buffer(x).line or ''):gsub('^stdin#%d+', 'stdin')
end

function commands.mem()
    local m = tenmo.memory()
    print(('live %s, cached %s, peak %s, limit %s; %d collections'):format(show.bytes(m.live), show.bytes(m.cached),
        show.bytes(m.peak), m.limit > 0 and show.bytes(m.limit) or 'none', m.collections))
    local rows = {}
    for i, entry in ipairs(people.largest(8)) do
        local x = entry[2]
        rows[i] = { '  ' .. entry[1], x.dtype, shape_text(x.shape), show.bytes(entry[3]), (line_of(x)) }
    end
    columns(rows, { [4] = true })
end

local function seconds(t)
    local units = { { 1, 's' }, { 1e-3, 'ms' }, { 1e-6, 'us' } }
    for _, unit in ipairs(units) do
        if t >= unit[1] then
            return ('%.3g %s'):format(t / unit[1], unit[2])
        end
    end
    return ('%.3g ns'):format(t / 1e-9)
end

-- One run for the counts, then more for a fifth of a second where it is short.
function commands.time(text)
    local chunk, why = loadstring('return ' .. text, '=stdin')
    if not chunk then
        chunk = loadstring(text, '=stdin')
    end
    if text == '' or not chunk then
        return nil, text == '' and ':time needs an expression' or why
    end
    setfenv(chunk, scope.environment)
    local counted, started = tenmo.counts(), tenmo.clock()
    chunk()
    local took = tenmo.clock() - started
    local now, times = tenmo.counts(), { took }
    local stop = tenmo.clock() + 0.2
    while took < 0.1 and #times < 10000 and tenmo.clock() < stop do
        started = tenmo.clock()
        chunk()
        times[#times + 1] = tenmo.clock() - started
    end
    table.sort(times)
    print(('%s%s; %d kernels, %d allocations, %s'):format(seconds(times[math.ceil(#times / 2)]),
        #times > 1 and (', the middle of %d runs from %s to %s'):format(#times, seconds(times[1]),
            seconds(times[#times])) or '',
        now.kernels - counted.kernels, now.allocations - counted.allocations, show.bytes(now.bytes - counted.bytes)))
end

-- Lines first .. last of a text.
local function cut(text, first, last)
    local lines, i = {}, 0
    for line in (text .. '\n'):gmatch '(.-)\n' do
        i = i + 1
        if i >= first and i <= last then
            lines[#lines + 1] = line
        end
    end
    return table.concat(lines, '\n')
end

local function print_function(f)
    local info = debug.getinfo(f, 'S')
    if info.what == 'C' then
        return nil, 'a function in C; ? shows what is known about it'
    end
    local text = commands.chunks[info.source]
    if not text and info.source:sub(1, 1) == '@' then
        local file = io.open(info.source:sub(2))
        text = file and file:read '*a'
        if file then
            file:close()
        end
    end
    if not text then
        return nil, ('its source (%s) is not at hand'):format(info.short_src)
    end
    print(('-- %s:%d'):format((info.short_src:gsub('^stdin#%d+', 'stdin')), info.linedefined))
    print(cut(text, info.linedefined, info.lastlinedefined))
end

local function print_row(row)
    local lines = { { 'name', row.name }, { 'signature', row.signature }, { 'formula', row.formula or '' } }
    for i, rule in ipairs(row.rules) do
        lines[#lines + 1] = rule and { 'gradient ' .. i, rule } or nil
    end
    lines[#lines + 1] = { 'class', row.class }
    lines[#lines + 1] = { 'doc', row.doc }
    for _, line in ipairs(lines) do
        if line[2] ~= '' then
            print(('%-11s %s'):format(line[1], line[2]))
        end
    end
end

function commands.src(text)
    local name = text:match '^[%w_.:]+$'
    if not name then
        return nil, ':src needs a name, such as :src tenmo.mse_loss'
    end
    local chunk = loadstring('return ' .. name:gsub(':', '.'))
    local good, value = pcall(setfenv(chunk or function() end, scope.environment))
    local short = name:match '([%w_]+)$'
    local known = good and help.name_of(value)
    help.load_all()
    for _, row in ipairs(tenmo.rows()) do
        if row.name == short and (not good or value == nil or known and known:match '([%w_]+)$' == short)
            and rawget(tenmo, short) and debug.getinfo(tenmo[short], 'S').what == 'C' then
            return print_row(row)
        end
    end
    if not good or value == nil then
        value = rawget(tenmo, short) or tenmo.methods[short]
    end
    for _, op in ipairs(tenmo.compositions) do
        value = rawequal(value, op.run) and op.call or value -- what it does, without the reading of arguments
    end
    if type(value) == 'table' then
        -- a class: its constructor, or its forward
        value = rawget(value, 'init') or rawget(value, 'forward') or (debug.getmetatable(value) or {}).__call
    end
    if type(value) ~= 'function' then
        return nil, ("there is no function or op '%s'"):format(name)
    end
    return print_function(value)
end

function commands.jit(text)
    if text == 'on' then
        jit.on()
    elseif text == 'off' then
        jit.off()
        jit.flush()
    else
        return nil, ('the compiler is %s; there are the commands  :jit on  and  :jit off'):format(
            jit.status() and 'on' or 'off')
    end
end

function commands.quit()
    return 'quit'
end

local function only_paused(what)
    return function()
        if #scope.frames() == 0 then
            return nil, 'no script is paused; Ctrl-C pauses one that was started with -i'
        end
        return what
    end
end

commands.continue = only_paused 'continue'
commands.abort = only_paused 'abort'

function commands.where()
    if #scope.frames() == 0 then
        return nil, 'no script is paused'
    end
    for _, frame in ipairs(scope.frames()) do
        print(('%s  %s'):format(frame.place, frame.what == 'main' and 'main chunk' or frame.name or 'a function'))
    end
end

-- Runs ":name text". Returns what the loop has to do ('quit', 'continue', 'abort'), or nil and a complaint.
function commands.run(line)
    local name, text = line:match '^:(%a+)%s*(.-)%s*$'
    local command = name ~= 'run' and name ~= 'chunks' and commands[name]
    if command then
        return command(text)
    end
    local names = { 'help', 'who', 'mem', 'time', 'src', 'jit', 'quit', 'continue', 'abort', 'where' }
    local guess = near(name, names)
    return nil, ("there is no command ':%s'%s"):format(name, guess and ("; did you mean ':%s'?"):format(guess)
        or '; :help shows them')
end

return commands
