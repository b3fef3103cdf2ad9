-- text.lua: how fast texts are cleaned, beside a look at every byte (is it UTF-8?) and Python's re; and how much memory
-- a large file takes.
--
--     TENMO_BENCH_PYTHON=python3 tenmo-lua text.lua --rounds 5
--     tenmo-lua text.lua --gigabytes 1
local tenmo = require 'tenmo'
local timing = dofile((arg[0]:match '^(.*/)' or './') .. 'timing.lua')

local flags = tenmo.flags {
    'text.lua: cleaning the 25,000 training reviews of IMDB.',
    { 'threads', 1, 'threads to clean with' },
    { 'rounds', 3, 'rounds of all kinds by turns' },
    { 'gigabytes', 0, 'clean a file of so many, lines and one line, and show the most memory that was held' },
}
tenmo.flags.start(flags)
local texts = assert(tenmo.data.imdb()).texts
local bytes = 0
for i, text in ipairs(texts) do
    texts[i] = text:gsub('[\r\n]', ' ')
    bytes = bytes + #text
end

local function rate(f)
    collectgarbage()
    local started = tenmo.clock()
    local result = f()
    return bytes / 1e6 / (tenmo.clock() - started), result
end

local function peak() -- MiB that this process held at most
    for line in io.lines '/proc/self/status' do
        local kib = line:match '^VmHWM:%s*(%d+)'
        if kib then
            return kib / 1024
        end
    end
end

local function large(name, ending)
    local path, out = os.tmpname(), os.tmpname()
    local file, block, n = assert(io.open(path, 'wb')), table.concat(texts, ending) .. ending, 0
    while n < flags.gigabytes * 1e9 do
        n = n + #block
        assert(file:write(block))
    end
    file:close()
    block, texts = nil, { 'done' } -- luacheck: ignore 311
    collectgarbage()
    local refs = assert(io.open('/proc/self/clear_refs', 'w'))
    refs:write '5' -- the peak starts anew here
    refs:close()
    local before, started = peak(), tenmo.clock()
    local written = assert(tenmo.text.cleaner():file(path, out))
    print(('%s: %.2f GB became %.2f in %.1f s, %.0f MiB held at most, %.0f before'):format(name, n / 1e9, written / 1e9,
        tenmo.clock() - started, peak(), before))
    os.remove(path)
    os.remove(out)
end

if flags.gigabytes > 0 then
    local kept = texts
    large('a line for each review', '\n')
    texts = kept
    large('one line', ' ')
    os.exit(0)
end

local cleaners = { { 'one pass', tenmo.text.cleaner() }, { 'each step alone', tenmo.text.cleaner { merge = false } },
    { 'lower case, letters', tenmo.text.cleaner 'letters' } }
local rates, results = { valid = {}, python = {} }, {}
local path, out = os.tmpname(), os.tmpname()
local file = assert(io.open(path, 'wb'))
file:write(table.concat(texts, '\n'))
file:close()
for _ = 1, flags.rounds do
    table.insert(rates.valid, (rate(function()
        for _, text in ipairs(texts) do
            assert(not tenmo.text.valid(text))
        end
    end)))
    for _, c in ipairs(cleaners) do
        rates[c[1]] = rates[c[1]] or {}
        local mbs, result = rate(function() return c[2]:all(texts) end)
        table.insert(rates[c[1]], mbs)
        results[c[1]] = result
    end
    local python = os.getenv 'TENMO_BENCH_PYTHON' or 'python3'
    local pipe = io.popen(('%s %s %s %s'):format(python, (arg[0]:match '^(.*/)' or './') .. 'clean_re.py', path, out))
    local mbs = (pipe:read '*a'):match ': ([%d.]+)'
    pipe:close()
    table.insert(rates.python, tonumber(mbs))
end
local cleaned = io.open(out):read '*a'
print('| what | MB/s | times Python\'s re |')
print('|---|---|---|')
for _, name in ipairs { 'valid', 'one pass', 'each step alone', 'lower case, letters', 'python' } do
    print(('| %s | %.0f (%.0f to %.0f) | %.1f |'):format(name, timing.median(rates[name]), rates[name][1],
        rates[name][#rates[name]], timing.median(rates[name]) / timing.median(rates.python)))
end
print(('the bytes of one pass are Python\'s: %s; of each step alone: %s'):format(
    table.concat(results['one pass'], '\n') == cleaned, table.concat(results['each step alone'], '\n') == cleaned))
os.remove(path)
os.remove(out)
