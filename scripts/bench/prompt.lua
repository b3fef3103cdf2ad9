-- prompt.lua: how long a person waits: for the first prompt, and for Tab.
--
--     build/tenmo-lua scripts/bench/prompt.lua [rounds]
--
-- The first prompt is read from a pseudo-terminal (spec/support/pty.lua); the floor is `luajit -e ''`. Completion is
-- timed inside, over what Tab is asked most: names, fields, methods, options, files. Medians.
package.path = './?.lua;' .. package.path
local tenmo = require 'tenmo'
local pty = require 'spec.support.pty'
local program = require 'spec.support.program'

local rounds = tonumber(arg[1]) or 30
local home = os.tmpname() -- a file, so that no history is kept

local function median(f)
    local times = {}
    for i = 1, rounds do
        local start = tenmo.clock()
        f()
        times[i] = (tenmo.clock() - start) * 1e3
    end
    table.sort(times)
    return times[math.ceil(rounds / 2)]
end

local floor = median(function()
    os.execute "luajit -e ''"
end)
local ends = {}
local prompt = median(function()
    local t = pty.open({ program.path() }, { HOME = home, XDG_STATE_HOME = home })
    t:wait '> '
    ends[#ends + 1] = t
end)
for _, t in ipairs(ends) do
    t:type '\4'
    t:close()
end
print(("first prompt %.1f ms, luajit -e '' (with its shell) %.1f ms: %.1f times"):format(prompt, floor, prompt / floor))

local complete = require 'tenmo.repl.complete'
rawset(_G, 'x', tenmo.ones(2, 3))
rawset(_G, 'model', tenmo.nn.Sequential(tenmo.nn.Linear(2, 3)))
local files = function() return { 'a.lua', 'b.lua', 'c/' } end
local worst, which = 0, ''
for _, text in ipairs { '', 'tenmo.', 'x:', 'x.', 'model[1].weight:', 'x:sum(1, {', 'tenmo.optim.SGD(p, {',
    "io.open('", '? ', ':' } do
    local took = median(function()
        complete(text, files)
    end)
    if took > worst then
        worst, which = took, text
    end
end
os.remove(home)
print(("completion: at most %.2f ms, for '%s'"):format(worst, which))
