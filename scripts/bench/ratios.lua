-- ratios.lua: a table of medians, and of ratios to tenmo-lua, from the lines "round threads program seconds" that
-- mnist.sh writes. A ratio is taken within a round and then the median over rounds, so that a slow minute of the
-- machine, which hits a whole round, drops out. In brackets: the least and the greatest.
local seconds, threads_seen, programs, rounds = {}, {}, {}, 0

local function add_once(list, value)
    for _, known in ipairs(list) do
        if known == value then
            return
        end
    end
    list[#list + 1] = value
end

for line in io.lines((assert(arg[1], 'usage: tenmo-lua ratios.lua RESULTS'))) do
    local round, threads, program, value = line:match '^(%d+) (%d+) (%S+) (%S+)$'
    round = tonumber(round)
    seconds[threads .. program .. round] = tonumber(value)
    rounds = math.max(rounds, round)
    add_once(threads_seen, threads)
    add_once(programs, program)
end

local function spread(values)
    table.sort(values)
    return values[math.ceil(#values / 2)], values[1], values[#values]
end

print("| threads | program | seconds an epoch | times tenmo-lua's |")
print('|---|---|---|---|')
for _, threads in ipairs(threads_seen) do
    for _, program in ipairs(programs) do
        local times, ratios = {}, {}
        for round = 1, rounds do
            local value, ours = seconds[threads .. program .. round], seconds[threads .. 'tenmo-lua' .. round]
            if value and ours then
                times[#times + 1] = value
                ratios[#ratios + 1] = value / ours
            end
        end
        if #times > 0 then
            print(('| %s | %s | %.4f (%.4f to %.4f) |'):format(threads, program, spread(times))
                .. (' %.2f (%.2f to %.2f) |'):format(spread(ratios)))
        end
    end
end
