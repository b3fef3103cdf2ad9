-- make_digits.lua: turn digits.csv.gz into the four IDX files of this folder.
--
--     luajit data/make_digits.lua path/to/digits.csv.gz
--
-- A row of the CSV is 64 pixel values 0..16 and a label 0..9. The rows stay in the order of the file: the first
-- 1,437 are for training, the last 360 for testing. gzip -n leaves out name and time, so the same input gives the
-- same bytes wherever it runs.
local source = assert(arg[1], 'usage: luajit data/make_digits.lua path/to/digits.csv.gz')
local folder = arg[0]:match('^(.*)/') or '.'
local TRAIN, ROWS, SIDE = 1437, 1797, 8

local function quoted(path)
    return "'" .. path:gsub("'", [['\'']]) .. "'"
end

local function big_endian(n)
    return string.char(math.floor(n / 2 ^ 24) % 256, math.floor(n / 2 ^ 16) % 256, math.floor(n / 2 ^ 8) % 256, n % 256)
end

--- IDX: two zero bytes, the type (8 is unsigned byte), the rank, each size in big-endian, then the elements.
local function write_idx(name, shape, bytes)
    local pipe = assert(io.popen('gzip -9n > ' .. quoted(folder .. '/' .. name), 'w'))
    pipe:write('\0\0\8', string.char(#shape))
    for _, size in ipairs(shape) do
        pipe:write(big_endian(size))
    end
    pipe:write(bytes)
    pipe:close()
end

local images, labels = {}, {}
for line in assert(io.popen('gzip -dc ' .. quoted(source))):lines() do
    local row = {}
    for number in line:gmatch('%d+') do
        row[#row + 1] = tonumber(number)
    end
    assert(#row == SIDE * SIDE + 1, 'row ' .. #labels + 1 .. ' has ' .. #row .. ' numbers, not 65')
    labels[#labels + 1] = string.char(table.remove(row))
    images[#images + 1] = string.char(unpack(row))
end
assert(#labels == ROWS, source .. ' has ' .. #labels .. ' rows, not ' .. ROWS)

for _, part in ipairs { { 'train', 1, TRAIN }, { 'test', TRAIN + 1, ROWS } } do
    local name, first, last = 'digits-' .. part[1], part[2], part[3]
    local n = last - first + 1
    write_idx(name .. '-images-idx3-ubyte.gz', { n, SIDE, SIDE }, table.concat(images, '', first, last))
    write_idx(name .. '-labels-idx1-ubyte.gz', { n }, table.concat(labels, '', first, last))
end
