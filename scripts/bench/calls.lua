-- calls.lua: what a call costs, in nanoseconds, beside two floors of the same run: an empty C function called from
-- Lua, and that plus a userdata with a finalizer, which every result is. PyTorch's figures where it is at hand.
--
--     tenmo-lua calls.lua
local tenmo = require 'tenmo'
local timing = dofile((arg[0]:match '^(.*/)' or './') .. 'timing.lua')

local flags = tenmo.flags {
    'calls.lua: what a call costs, in nanoseconds.',
    { 'time', 0.2, 'seconds a line and round' },
    { 'rounds', 3, 'the best of so many rounds counts' },
}
tenmo.set_threads(1)

local x, y = tenmo.tensor { 1, 2, 3, 4 }, tenmo.tensor { 5, 6, 7, 8 }
local weight = tenmo.tensor({ 1, 2, 3, 4 }, { requires_grad = true })
local one, grown = tenmo.ones(1), tenmo.ones(1, { requires_grad = true })
local empty, INNER = io.type, 1000 -- io.type of a number: nothing to do

-- A userdata with a finalizer in C, as a tensor's box is.
local parent = newproxy(true)
getmetatable(parent).__gc = empty

-- A loop of INNER calls, written out so that no function call of Lua's own comes between.
local function loop(body, chunk)
    local text = 'local empty, parent, x, y, weight = ...; local newproxy = newproxy; return function() '
        .. 'for _ = 1, %d do local _ = %s end end'
    return assert(loadstring(text:format(INNER, body), chunk or '=calls.lua'))(empty, parent, x, y, weight)
end

local function chain(first, backward)
    return function()
        for _ = 1, 10 do
            local z = first
            for _ = 1, 100 do
                z = z + one
            end
            if backward then
                first.grad = nil
                z:backward()
            end
        end
    end
end

-- What it is, the function (INNER calls or ops), the floor it stands on, PyTorch's case and the calls in that.
local inside = '@' .. tenmo.paths.lua .. '/tenmo/bench.lua' -- passes for one of our own modules
local lines = {
    { 'empty C function', loop 'empty(1)' },
    { 'the same and a userdata with __gc', loop 'newproxy(parent)' },
    { 'x:dim(), a checked tensor', loop 'x:dim()', 1 },
    { 'x:numel()', loop 'x:numel()', 1, 'numel', 1 },
    { 'x:at(0):item()', loop 'x:at(0):item()', 2 },
    { 'x[1]', loop 'x[1]', 2 },
    { 'x:sum()', loop 'x:sum()', 2, 'sum4', 1 },
    { 'x + y, 4 elements, no graph', loop 'x + y', 2, 'add4', 1 },
    { 'x + 1', loop 'x + 1', 2 },
    { 'x:add_(y)', loop 'x:add_(y)', 1 },
    { 'weight + y, with graph', loop 'weight + y', 2 },
    { 'the same, one more frame to look past', loop('weight + y', inside), 2 },
    { 'chain of 100 adds, an op', chain(one), 2, 'chain100_nograd', 100 },
    { 'chain, recorded', chain(grown), 2, 'chain100_fwd', 100 },
    { 'chain, recorded, and backward', chain(grown, true), 2, 'chain100_fb', 100 },
}

local torch, floors = timing.torch(1, flags.time, '', 'calls.json'), {}
for _ = 1, flags.rounds do
    for _, line in ipairs(lines) do
        collectgarbage()
        line.ns = math.min(line.ns or math.huge, timing.measure(line[2], flags.time) / INNER)
    end
end
print('| call | ns | times its floor | PyTorch ns | times ours |')
print('|---|---|---|---|---|')
for i, line in ipairs(lines) do
    local name, _, floor, case, calls = unpack(line)
    floors[i] = line.ns
    local peer = torch[case] and torch[case] / calls
    print(('| %s | %.0f | %s | %s | %s |'):format(name, line.ns, timing.cell(floor and line.ns / floors[floor]),
        timing.cell(peer, '%.0f'), timing.cell(peer and peer / line.ns, '%.1f')))
end
