-- tokenizers.lua: megabytes a second from text to ids and back, beside tiktoken and Hugging Face's tokenizers on the
-- same text, by turns in each round.
--
--     tenmo-lua tokenizers.lua --threads 1
--
-- The text is the first megabytes of the IMDB reviews ($TENMO_DATA/imdb/imdb-train.tar.xz), or tiny Shakespeare again
-- and again. GPT-2's files are needed ($TENMO_DATA/gpt2), and --bert names a tokenizer.json with WordPiece.
local tenmo = require 'tenmo'
local here = arg[0]:match '^(.*/)' or './'
local timing = dofile(here .. 'timing.lua')

local flags = tenmo.flags {
    'tokenizers.lua: megabytes a second, beside tiktoken and tokenizers.',
    { 'rounds', 5, 'the median of so many rounds counts' },
    { 'mb', 8, 'megabytes of text' },
    { 'threads', 1, 'of batches' },
    { 'bert', '', "a tokenizer.json of WordPiece, such as all-MiniLM-L6-v2's" },
}
tenmo.set_threads(flags.threads)

local data, out = os.getenv 'TENMO_DATA' or '.', here .. '../../build/bench/'
os.execute(("mkdir -p '%s'"):format(out))

local function read(command)
    local pipe = io.popen(command)
    local content = pipe:read '*a'
    pipe:close()
    return content
end

-- Lines of about flags.mb megabytes, at the end of a line.
local function text_of_reviews()
    local bytes = math.floor(flags.mb * 1e6)
    local reviews = read(("tar xJOf '%s/imdb/imdb-train.tar.xz' --wildcards '*/pos/*.txt' '*/neg/*.txt' 2>/dev/null "
        .. '| head -c %d'):format(data, bytes))
    local play = read(("cat '%s/text/tinyshakespeare.txt'"):format(data))
    if #reviews < bytes then
        reviews = play:rep(math.ceil(bytes / #play)):sub(1, bytes)
    end
    local whole = reviews:match '^(.*)[%s]' or reviews -- no half character at the end
    local lines = {}
    for i = 1, #whole, 2000 do
        lines[#lines + 1] = whole:sub(i, i + 1999)
    end
    return whole, lines, play
end

local text, lines, play = text_of_reviews()
local gpt2 = assert(tenmo.text.gpt2())
local bert = flags.bert ~= '' and assert(tenmo.text.tokenizer(flags.bert))
local ids = gpt2:encode(text)

local function write(name, content)
    local file = assert(io.open(out .. name, 'wb'))
    file:write(content)
    file:close()
end
write('tokenizers.txt', text)
write('play.txt', play)
assert(gpt2:save(out .. 'gpt2.json'))

-- Name, bytes that it works on, the function; the peers' names for it are the same.
local cases = {
    { 'gpt2 encode', #text, function() gpt2:encode(text) end },
    { 'gpt2 decode', #text, function() gpt2:decode(ids) end },
    { 'gpt2 encode_batch', #text, function() gpt2:encode_batch(lines) end },
    { 'bert encode', #text, bert and function() bert:encode(text) end },
    { 'train 1000 merges', #play, function() tenmo.text.bpe(play, { merges = 1000 }) end },
    { 'count words', #text, function() tenmo.text.words(text) end },
}

local function peers()
    local python = os.getenv 'TENMO_BENCH_PYTHON' or 'python3'
    local command = "RAYON_NUM_THREADS=%d TOKENIZERS_PARALLELISM=%s '%s' '%stokenizers_peers.py' '%s' '%s' %d '%s'"
        .. ' 2>/dev/null'
    local seconds = {}
    for _, line in ipairs(timing.run(command:format(flags.threads, tostring(flags.threads > 1), python, here, data, out,
        flags.threads, flags.bert))) do
        seconds[line.peer] = seconds[line.peer] or {}
        seconds[line.peer][line.case] = line.seconds
    end
    return seconds
end

local PEERS = { 'tiktoken', 'tokenizers', 'python' }
local ours, ratios = {}, {}
for _ = 1, flags.rounds do
    local theirs = peers()
    for _, case in ipairs(cases) do
        local name, run = case[1], case[3]
        if run then
            collectgarbage()
            local started = tenmo.clock()
            run()
            local took = tenmo.clock() - started
            ours[name] = ours[name] or {}
            table.insert(ours[name], took)
            for _, peer in ipairs(PEERS) do
                local seconds = theirs[peer] and theirs[peer][name]
                ratios[name .. peer] = ratios[name .. peer] or {}
                table.insert(ratios[name .. peer], seconds and seconds / took)
            end
        end
    end
end

print(('%.1f MB, %d ids, threads: %d'):format(#text / 1e6, ids:numel(), flags.threads))
print '| case | ms | MB/s | times as fast as tiktoken | as tokenizers | as plain Python |'
print '|---|---|---|---|---|---|'
for _, case in ipairs(cases) do
    local name = case[1]
    if ours[name] then
        local seconds = timing.median(ours[name])
        local row = { name, ('%.1f'):format(seconds * 1e3), ('%.1f'):format(case[2] / seconds / 1e6) }
        for _, peer in ipairs(PEERS) do
            local list = ratios[name .. peer]
            row[#row + 1] = #list > 0 and timing.cell(timing.median(list)) or '-'
        end
        print('| ' .. table.concat(row, ' | ') .. ' |')
    end
end
