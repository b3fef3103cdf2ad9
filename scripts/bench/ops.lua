-- ops.lua: the cases of ops_bench.json, one JSON line each, as bench_torch.py prints them for PyTorch.
--
--     tenmo-lua ops.lua --threads 2 >ops.jsonl
--     tenmo-lua ops.lua --only '^add_'
--
-- Results are made anew at every call, as a script makes them. A case that tenmo has no op for is printed with an
-- error in place of its time. compare.py sets two such files side by side, limit.py sets them beside the machine.
local tenmo = require 'tenmo'
local here = arg[0]:match '^(.*/)' or './'
local timing, ops = dofile(here .. 'timing.lua'), dofile(here .. 'cases.lua')

local flags = tenmo.flags {
    'ops.lua: times the cases of ops_bench.json.',
    { 'threads', 2, 'threads to compute with' },
    { 'time', 0.2, 'seconds a case' },
    { 'only', '', 'cases whose name matches this Lua pattern' },
}
tenmo.set_threads(flags.threads)
tenmo.manual_seed(0)

local function time_case(c)
    if not ops[c.op] then
        error(("tenmo has no '%s'"):format(c.op), 0)
    end
    local median, least, calls = timing.measure(ops[c.op](c), flags.time)
    return ('"ns_median":%.1f,"ns_min":%.1f,"iters":%d,"engine":"tenmo-lua %s"'):format(median, least, calls,
        tenmo.version)
end

local done, left = 0, {}
for _, c in ipairs(timing.cases()) do
    if c.name:match(flags.only) then
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
end
io.stderr:write(('%d cases measured, %d not: %s\n'):format(done, #left, table.concat(left, ', ')))
