-- near.lua: the name that somebody probably meant.

-- The number of letters to insert, delete or replace to get from a to b (Levenshtein).
local function distance(a, b)
    local row = {}
    for j = 0, #b do
        row[j] = j
    end
    for i = 1, #a do
        local diagonal = row[0]
        row[0] = i
        for j = 1, #b do
            local change = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
            diagonal = row[j]
            row[j] = math.min(change, row[j] + 1, row[j - 1] + 1)
        end
    end
    return row[#b]
end

-- near(name, names) is the entry of the array `names` closest to name, or nil if none is close.
return function(name, names)
    local best, least = nil, math.max(1, math.floor(#name / 2)) + 0.5
    for _, candidate in ipairs(names) do
        local d = distance(name, candidate)
        if d < least then
            best, least = candidate, d
        end
    end
    return best
end
