-- noise.lua: what word2vec tells a word from: other words drawn by chance, or the turns of a Huffman tree.
local ffi = require 'ffi'
local tenmo = require 'tenmo'

local noise = {}

-- Walker's alias method (Vose 1991), for draws in proportion to weights (a list; entry i is for id i - 1). An int64
-- for each id: the low half says (in 2^-32) how often the id itself stands for its share, the high half what else does.
function noise.alias(weights)
    local n, total = #weights, 0
    for i = 1, n do
        total = total + weights[i]
    end
    local share, small, large = ffi.new('double[?]', n), {}, {}
    local halves = ffi.new('uint32_t[?]', 2 * n)
    for i = 0, n - 1 do
        share[i] = weights[i + 1] * n / total
        halves[2 * i], halves[2 * i + 1] = 0xFFFFFFFF, i
        table.insert(share[i] < 1 and small or large, i)
    end
    while #small > 0 and #large > 0 do
        local less, more = table.remove(small), large[#large]
        halves[2 * less], halves[2 * less + 1] = math.min(share[less] * 2 ^ 32, 2 ^ 32 - 1), more
        share[more] = share[more] - (1 - share[less])
        if share[more] < 1 then
            table.remove(large)
            table.insert(small, more)
        end
    end
    return tenmo.from_bytes(ffi.string(halves, 8 * n), { n }, 'int64')
end

-- The chance that a word is kept (Mikolov et al. 2013, as word2vec.c computes it): words that make up more than
-- `sample` of the corpus are left out the more often, the more frequent they are.
function noise.keep(counts, sample)
    local total, chances = 0, {}
    for i = 1, #counts do
        total = total + counts[i]
    end
    for i = 1, #counts do
        local most = sample * total
        chances[i] = counts[i] == 0 and 1 or math.min(1, (math.sqrt(counts[i] / most) + 1) * most / counts[i])
    end
    return tenmo.tensor(chances)
end

-- The parents and the codes of a Huffman tree over counts: leaves are nodes 0 .. n-1, inner ones n .. 2n-2. Leaves are
-- taken from the least frequent on; inner nodes come in rising order by themselves.
local function huffman(counts)
    local n, order = #counts, {}
    for i = 1, n do
        order[i] = i - 1
    end
    table.sort(order, function(a, b)
        if counts[a + 1] ~= counts[b + 1] then
            return counts[a + 1] < counts[b + 1]
        end
        return a < b
    end)
    local weight, parent, code = {}, {}, {}
    for i = 1, n do
        weight[i - 1] = counts[i]
    end
    local leaf, inner = 1, n
    local function take(made)
        if leaf <= n and (inner >= made or weight[order[leaf]] <= weight[inner]) then
            leaf = leaf + 1
            return order[leaf - 1]
        end
        inner = inner + 1
        return inner - 1
    end
    for made = n, 2 * n - 2 do
        for turn = 0, 1 do
            local child = take(made)
            parent[child], code[child] = made, turn
            weight[made] = (weight[made] or 0) + weight[child]
        end
    end
    return parent, code
end

-- The paths of a Huffman tree, from its root to each word, as int32: where each word's path starts, one more at the
-- end, then for each turn 2 * node + code; inner nodes count from 0. Returns also how many there are.
function noise.tree(counts)
    local n = #counts
    local parent, code = huffman(counts)
    local starts, turns = {}, {}
    for word = 0, n - 1 do
        starts[word + 1] = n + 1 + #turns
        local path, node = {}, word
        while parent[node] do
            path[#path + 1] = 2 * (parent[node] - n) + code[node]
            node = parent[node]
        end
        for i = #path, 1, -1 do
            turns[#turns + 1] = path[i]
        end
    end
    starts[n + 1] = n + 1 + #turns
    for _, turn in ipairs(turns) do
        starts[#starts + 1] = turn
    end
    return tenmo.ids(starts):int(), math.max(n - 1, 1)
end

return noise
