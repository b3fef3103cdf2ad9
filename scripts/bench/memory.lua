-- memory.lua: the MNIST step with 50 MB of live Lua tables beside it: what the collector's walks cost, and the most
-- memory the process held. Every run is a process of its own.
--
--     tenmo-lua memory.lua --rounds 5
local tenmo = require 'tenmo'
local timing = dofile((arg[0]:match '^(.*/)' or './') .. 'timing.lua')

local flags = tenmo.flags {
    'memory.lua: the MNIST step with live Lua tables beside it.',
    { 'threads', 1, 'threads to compute with' },
    { 'steps', 4690, 'steps to measure; 938 are an epoch' },
    { 'warm', 1876, 'steps before that, in which memory grows and the collector finds its pace' },
    { 'rounds', 5, 'rounds of all kinds by turns' },
    { 'megabytes', 50, 'how much Lua holds' },
    { 'kind', '', 'run this kind alone: none, numbers, tables or strings' },
}

-- fill[kind](i) makes the i-th piece of what stays alive.
local fill = {
    none = false,
    numbers = function()
        local list = {}
        for k = 1, 131072 do
            list[k] = k + 0.5
        end
        return list
    end,
    tables = function(i) return { x = i, y = i } end,
    strings = function(i) return 'the key of entry ' .. i end,
}

local function live_tables(kind)
    local kept, i, start = {}, 0, collectgarbage 'count'
    while fill[kind] and collectgarbage 'count' - start < flags.megabytes * 1024 do
        i = i + 1
        if kind == 'strings' then
            kept[fill.strings(i)] = i
        else
            kept[i] = fill[kind](i)
        end
    end
    return kept
end

-- Seconds since this process began, to a hundredth.
local function age()
    local started = io.open '/proc/self/stat':read '*a':match('%) (.*)')
    local field = 0
    for word in started:gmatch '%S+' do
        field = field + 1
        if field == 20 then
            return tonumber(io.open '/proc/uptime':read '*a':match '%S+') - tonumber(word) / 100
        end
    end
end

local function peak()
    return tonumber(io.open '/proc/self/status':read '*a':match 'VmHWM:%s*(%d+)') / 1024
end

-- One run: prints us a step, the process's peak in MiB, collections, and seconds from the start to the first step.
local function run()
    tenmo.set_threads(flags.threads)
    local train, nn = assert(tenmo.data.mnist()), tenmo.nn
    local model = nn.Sequential(nn.Flatten(), nn.Linear(train:width(), 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(),
        nn.Linear(32, 10))
    local optimizer = tenmo.optim.SGD(model:parameters(), { lr = 0.01, momentum = 0.9 })
    local kept, first = live_tables(flags.kind), nil
    local steps, started, collections = 0, 0, 0
    for epoch = 1, math.huge do
        for x, y in train:batches { batch = 64, shuffle = true, seed = 1, epoch = epoch, keep = false } do
            local loss = tenmo.cross_entropy(model(x), y)
            optimizer:zero_grad()
            loss:backward()
            optimizer:step()
            loss:item()
            first = first or age()
            steps = steps + 1
            if steps == flags.warm then
                started, collections = tenmo.clock(), tenmo.memory().collections
            elseif steps == flags.warm + flags.steps then
                local took = (tenmo.clock() - started) / flags.steps
                print(('{"us":%.2f,"peak":%.1f,"collections":%d,"first":%.2f}'):format(took * 1e6, peak(),
                    tenmo.memory().collections - collections, first))
                return kept
            end
        end
    end
end

if flags.kind ~= '' then
    return run()
end
local kinds, us, ratios, last = { 'none', 'numbers', 'tables', 'strings' }, {}, {}, {}
for round = 1, flags.rounds do
    for _, kind in ipairs(kinds) do
        local line = timing.again(('--kind %s --threads %d --steps %d --warm %d --megabytes %d'):format(kind,
            flags.threads, flags.steps, flags.warm, flags.megabytes))[1]
        us[kind], ratios[kind], last[kind] = us[kind] or {}, ratios[kind] or {}, line
        us[kind][round] = line.us
        ratios[kind][round] = line.us / us.none[round]
    end
end
print(('| %d MB of | us a step | times without | peak MiB | collections a step | first step after |'):format(
    flags.megabytes))
print('|---|---|---|---|---|---|')
for _, kind in ipairs(kinds) do
    local middle = timing.median(ratios[kind])
    print(('| %s | %.1f | %.2f (%.2f to %.2f) | %.0f | %.4f | %.2f s |'):format(kind, timing.median(us[kind]), middle,
        ratios[kind][1], ratios[kind][flags.rounds], last[kind].peak, last[kind].collections / flags.steps,
        last[kind].first))
end
