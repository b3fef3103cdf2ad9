-- timing.lua: what the benchmarks share: the stopwatch, medians, and peers that run beside in processes of their own.
local tenmo = require 'tenmo'

local timing = {}
local here = debug.getinfo(1, 'S').source:match '^@(.*/)' or './'
local out = here .. '../../build/bench'

function timing.median(values)
    table.sort(values)
    return values[math.floor(#values / 2) + 1]
end

-- What a measurement waits for at its end: a device that computes while the script goes on.
function timing.wait() end

local function sample(f, n)
    local started = tenmo.clock()
    for _ = 1, n do
        f()
    end
    timing.wait()
    return math.max(tenmo.clock() - started, 1e-9)
end

-- Two threads of a new process may share a core for a tenth of a second, until the system moves one of them: what is
-- measured first would look slow. bench_torch.py does the same.
function timing.warm_up()
    local x, started = tenmo.ones(1e6), tenmo.clock()
    while tenmo.clock() - started < 0.3 do
        x:add_(1)
    end
end

-- The first results lie in memory that the system has yet to give, which takes milliseconds where it gives huge pages.
local function warm(f, seconds)
    local started, calls, took = tenmo.clock(), 0, 0
    while took < seconds / 10 or calls < 20 and took < seconds do
        f()
        calls, took = calls + 1, tenmo.clock() - started
    end
    timing.wait()
end

-- Nanoseconds of one f(): the median and the least of 20 samples of seconds / 20 each, and how many calls that
-- were. A slow f gets fewer samples, never less than 7. bench_torch.py measures in the same way.
function timing.measure(f, seconds)
    warm(f, seconds)
    local n, took = 1, sample(f, 1)
    while took < seconds / 60 do
        n = math.max(n + 1, math.min(n * 4, math.floor(n * seconds / 40 / took)))
        took = sample(f, n)
    end
    n = math.max(1, math.floor(n * seconds / 20 / took + 0.5))
    local samples, total = {}, 0
    while #samples < 20 and (total < 15 * seconds or #samples < 7) do
        took = sample(f, n)
        total = total + took
        samples[#samples + 1] = took / n * 1e9
    end
    return timing.median(samples), samples[1], n * #samples
end

-- A flat JSON object of one line as a table; null becomes false.
function timing.decode(line)
    local object = {}
    for name, value in line:gmatch '"([%w_]+)": ?([^,}]+)' do
        object[name] = value:match '^"(.*)"$' or tonumber(value) or value == 'true'
    end
    return object
end

-- Does a name have one of these patterns, which are separated by spaces?
local function fits(name, patterns)
    for pattern in patterns:gmatch '%S+' do
        if name:match(pattern) then
            return true
        end
    end
    return patterns == ''
end

-- The objects of a file or of what a command prints, without those whose name doesn't fit: what they would leave on the
-- heap is walked by each collection.
local function objects(file, patterns)
    local list = {}
    for line in file:lines() do
        if line:match '^{' and fits(line:match '"name": "(.-)"' or '', patterns or '') then
            list[#list + 1] = timing.decode(line)
        end
    end
    file:close()
    return list
end

-- The cases of a file (ops_bench.json unless another is named), all or those that patterns name.
function timing.cases(path, patterns)
    return objects(assert(io.open(path or here .. 'ops_bench.json')), patterns)
end

function timing.run(command)
    return objects(assert(io.popen(command)))
end

-- limits.c at some threads: { [key] = { [ws] = value } }, the better of plain stores and stores past the cache.
function timing.limits(threads, what)
    local build = ("cd '%s' && mkdir -p ../../build/bench && { [ ../../build/bench/limits -nt limits.c ] || gcc -O3 "
        .. '-march=native -mprefer-vector-width=512 -ffast-math -fopenmp limits.c -o ../../build/bench/limits -lm; }')
    if os.execute(build:format(here)) ~= 0 then
        error('limits.c does not build here', 0)
    end
    local limits = {}
    for _, line in ipairs(timing.run(("OMP_NUM_THREADS=%d '%s/limits' %s"):format(threads, out, what))) do
        local key = line.key:gsub('_nt$', '')
        limits[key] = limits[key] or {}
        limits[key][line.ws] = math.max(line.value, limits[key][line.ws] or 0)
    end
    return limits
end

local function by_case(lines)
    local ns = {}
    for _, line in ipairs(lines) do
        ns[line.case] = line.ns_median
    end
    return ns
end

-- ops.lua on cases that patterns name: { [case] = ns }. Like PyTorch it runs in a process of its own, with the heap of
-- a small script.
function timing.ours(threads, seconds, patterns)
    return by_case(timing.run(("'%s' '%sops.lua' --threads %d --time %g --only '%s' 2>/dev/null"):format(
        arg[-1] or 'tenmo-lua', here, threads, seconds, patterns)))
end

-- PyTorch on cases whose names match: { [case] = ns }, empty where there is no PyTorch.
-- $TENMO_BENCH_PYTHON is a python that has it.
function timing.torch(threads, seconds, only, spec)
    local python = os.getenv 'TENMO_BENCH_PYTHON' or 'python3'
    local command = "'%s' '%sbench_torch.py' --threads %d --time %g --only '%s' --spec '%s' 2>/dev/null"
    return by_case(timing.run(command:format(python, here, threads, seconds, only,
        here .. (spec or 'ops_bench.json'))))
end

-- A run of this program again, with other arguments, in a process of its own.
function timing.again(arguments)
    local program = arg[-1] or 'tenmo-lua'
    return timing.run(("'%s' '%s' %s"):format(program, arg[0], arguments))
end

-- "1.23", or "-" for what was not measured.
function timing.cell(value, format)
    return value and (format or '%.2f'):format(value) or '-'
end

return timing
