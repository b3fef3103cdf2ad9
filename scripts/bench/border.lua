-- border.lua: from which size is OpenBLAS faster than our tiles? For each level of instructions, dtype and way in which
-- the operands lie (NN, TN, NT), at one thread. The table `border` in kernels/cpu/product.c is made of what it prints.
--
--     tenmo-lua border.lua
local tenmo = require 'tenmo'

local flags = tenmo.flags {
    "border.lua: OpenBLAS's time / our tiles' at products of growing size; above 1, ours are faster.",
    { 'inner', '', "set when it runs itself: the program's path" },
    { 'levels', 'base v2 v3 v4', 'levels of instructions' },
}

local FORMS = { 'NN', 'TN', 'NT' }
local SHAPES = { { 16, 64, 16 }, { 32, 128, 32 }, { 64, 256, 64 }, { 64, 784, 128 }, { 128, 1024, 128 },
    { 128, 3136, 128 }, { 512, 512, 512 }, { 1024, 1024, 1024 } } -- m, k, n

local function operands(form, m, k, n, dtype)
    local function make(rows, columns, turned)
        local options = { dtype = dtype }
        return turned and tenmo.randn(columns, rows, options):t() or tenmo.randn(rows, columns, options)
    end
    return make(m, k, form == 'TN'), make(k, n, form == 'NT')
end

-- Nanoseconds of one product: the least of some samples.
local function measure(a, b)
    local least, started, n = math.huge, tenmo.clock(), 0
    while n < 3 or (tenmo.clock() - started < 0.02 and n < 1000) do
        local from = tenmo.clock()
        a:matmul(b)
        least, n = math.min(least, tenmo.clock() - from), n + 1
    end
    return least * 1e9
end

if flags.inner ~= '' then
    tenmo.set_threads(1)
    for _, dtype in ipairs { 'float32', 'float64' } do
        for _, form in ipairs(FORMS) do
            for _, s in ipairs(SHAPES) do
                print(measure(operands(form, s[1], s[2], s[3], dtype)))
            end
        end
    end
    return
end

local program, script = arg[-1] or 'tenmo-lua', arg[0]

local function times(level, way)
    local list = {}
    local pipe = io.popen(("TENMO_ISA=%s TENMO_PRODUCT=%s '%s' '%s' --inner 1"):format(level, way, program, script))
    for line in pipe:lines() do
        list[#list + 1] = tonumber(line)
    end
    pipe:close()
    return list
end

local head = { '| level | dtype | form |' }
for _, s in ipairs(SHAPES) do
    head[#head + 1] = (' %d x %d x %d |'):format(s[1], s[2], s[3])
end
print(table.concat(head))
print('|---|---|---|' .. ('---|'):rep(#SHAPES))
for level in flags.levels:gmatch '%S+' do
    local tiles, library, at = times(level, 'tiles'), times(level, 'openblas'), 0
    for _, dtype in ipairs { 'float32', 'float64' } do
        for _, form in ipairs(FORMS) do
            local line = { ('| %s | %s | %s |'):format(level, dtype, form) }
            for _ = 1, #SHAPES do
                at = at + 1
                line[#line + 1] = (' %.2f |'):format(library[at] / tiles[at])
            end
            print(table.concat(line))
        end
    end
end
