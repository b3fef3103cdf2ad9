-- elementwise.lua: add, mul, relu, exp and tanh of float32, a fresh result at every call, beside the memory limit of
-- the same minutes (limits.c at the same working set) and PyTorch where it is at hand.
--
--     tenmo-lua elementwise.lua --threads 2
local tenmo = require 'tenmo'
local here = arg[0]:match '^(.*/)' or './'
local timing = dofile(here .. 'timing.lua')

local flags = tenmo.flags {
    'elementwise.lua: elementwise ops beside the memory limit.',
    { 'threads', 2, 'threads to compute with' },
    { 'time', 0.2, 'seconds a case and round' },
    { 'rounds', 3, 'the limit, PyTorch and ours by turns, so many times' },
}
-- Patterns of Lua's that are regular expressions too.
local names = { '^add_1e[467]$', '^mul_1e[467]$', '^relu_1e[467]$', '^exp_1e[467]$', '^tanh_1e[467]$' }

local cases, sizes, seen = timing.cases(nil, table.concat(names, ' ')), {}, {}
for _, c in ipairs(cases) do
    c.ours, c.limit, c.torch = {}, {}, {}
    if not seen[c.ws] then
        seen[c.ws] = true
        sizes[#sizes + 1] = c.ws
    end
end
table.sort(cases, function(a, b)
    return a.n > b.n or a.n == b.n and a.name < b.name
end)

for _ = 1, flags.rounds do
    local limits = timing.limits(flags.threads, 'bandwidth ' .. table.concat(sizes, ' '))
    local torch = timing.torch(flags.threads, flags.time, table.concat(names, '|'))
    local ours = timing.ours(flags.threads, flags.time, table.concat(names, ' '))
    for _, c in ipairs(cases) do
        c.ours[#c.ours + 1] = ours[c.name]
        c.limit[#c.limit + 1] = c.bytes / limits['bw_' .. c.mix][c.ws]
        c.torch[#c.torch + 1] = torch[c.name]
    end
end

-- The median over rounds, and in brackets the least and the greatest, of a / b within a round.
local function ratio(a, b)
    local values = {}
    for i = 1, math.min(#a, #b) do
        values[i] = a[i] / b[i]
    end
    local middle = timing.median(values)
    return middle and ('%.2f (%.2f to %.2f)'):format(middle, values[1], values[#values]) or '-'
end

print(('%d threads'):format(flags.threads))
print("| case | us | the memory's us | ours / the memory's | PyTorch's / ours |")
print('|---|---|---|---|---|')
for _, c in ipairs(cases) do
    local limited, peer = ratio(c.ours, c.limit), ratio(c.torch, c.ours)
    print(('| %s | %.2f | %.2f | %s | %s |'):format(c.name, timing.median(c.ours) / 1e3, timing.median(c.limit) / 1e3,
        limited, peer))
end
