-- ops.lua: the cases of ops_bench.json, one JSON line each, as bench_torch.py prints them for PyTorch.
--
--     tenmo-lua ops.lua --threads 2 >ops.jsonl
--     tenmo-lua ops.lua --only '^add_'
--     tenmo-lua ops.lua --device cuda
--
-- Results are made anew at every call, as a script makes them. A case that tenmo has no op for is printed with an
-- error in place of its time. compare.py sets two such files side by side, limit.py sets them beside the machine.
local tenmo = require 'tenmo'
local here = arg[0]:match '^(.*/)' or './'
local timing = dofile(here .. 'timing.lua')

local flags = tenmo.flags {
    'ops.lua: times the cases of ops_bench.json.',
    { 'threads', 2, 'threads to compute with' },
    { 'time', 0.2, 'seconds a case' },
    { 'only', '', 'cases whose name matches one of these Lua patterns, separated by spaces' },
    { 'device', 'cpu', 'where to compute' },
    { 'spec', here .. 'ops_bench.json', 'the cases' },
}
tenmo.flags.start(flags)
tenmo.manual_seed(0)

-- The cases make their tensors without a word of devices: the constructors get one here.
local function make_on(device)
    for _, name in ipairs { 'randn', 'rand', 'randint', 'zeros', 'ones', 'full', 'arange', 'randperm' } do
        local make = tenmo[name]
        tenmo[name] = function(...)
            local words, n = { ... }, select('#', ...)
            local options = { device = device }
            if type(words[n]) == 'table' then
                for key, value in pairs(words[n]) do
                    options[key] = value
                end
                n = n - 1
            end
            words[n + 1] = options
            return make(unpack(words, 1, n + 1))
        end
    end
    timing.wait = function() tenmo.synchronize(device) end
end
if flags.device ~= 'cpu' then
    make_on(flags.device)
end
local ops = dofile(here .. 'cases.lua')

local function time_case(c)
    if not ops[c.op] then
        error(("tenmo has no '%s'"):format(c.op), 0)
    end
    local median, least, calls = timing.measure(ops[c.op](c), flags.time)
    return ('"ns_median":%.1f,"ns_min":%.1f,"iters":%d,"engine":"tenmo-lua %s"'):format(median, least, calls,
        tenmo.version)
end

timing.warm_up()
local done, left = 0, {}
for _, c in ipairs(timing.cases(flags.spec, flags.only)) do
    local good, text = pcall(time_case, c)
    if good then
        done = done + 1
    else
        left[#left + 1] = c.name
        text = ('"error":"%s"'):format(text:gsub('["\\]', "'"))
    end
    io.write(('{"case":"%s","threads":%d,%s}\n'):format(c.name, flags.threads, text))
    io.flush()
    collectgarbage()
end
io.stderr:write(('%d cases measured, %d not: %s\n'):format(done, #left, table.concat(left, ', ')))
