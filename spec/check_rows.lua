-- check_rows.lua: a row of the op table without a domain or an oracle fails the build.
--
--     luajit spec/check_rows.lua [ops.def [oracles.lua]]

local root = arg[0]:match '^(.*)spec/[^/]*$' or './'
package.path = root .. '?.lua;' .. package.path

local function read(path)
    local file = assert(io.open(path))
    local text = file:read '*a'
    file:close()
    return text
end

-- The arguments of the macro call whose "(" stands at `open`: split at commas outside brackets and strings.
local function arguments(text, open)
    local list, depth, start, at = {}, 0, open + 1, open
    repeat
        local c = text:sub(at, at)
        if c == '"' then
            at = text:find('"', at + 1, true)
        elseif c == '(' then
            depth = depth + 1
        elseif c == ')' then
            depth = depth - 1
        end
        if c == ',' and depth == 1 or depth == 0 then
            list[#list + 1] = text:sub(start, at - 1):match '^%s*(.-)%s*$'
            start = at + 1
        end
        at = at + 1
    until depth == 0
    return list
end

local oracles = dofile(arg[2] or root .. 'spec/oracles.lua')
local rows, wrong = 0, {}

local source = '\n' .. read(arg[1] or root .. 'kernels/ops.def'):gsub('/%*.-%*/', ''):gsub('\nTM_FAMILY%b()', '')
for kind, open in source:gmatch '\nTM_(%u+)()%(' do
    local row = arguments(source, open)
    local name, signature = row[1], row[2]:match '^"(.*)"$' or ''
    rows = rows + 1
    if kind ~= 'INTERNAL' then
        local domain = row[#row - 1]:match '^"(.*)"$'
        local inputs = 0
        for word in signature:gmatch '%S+' do
            inputs = inputs + (word:find '^[%w_]+%.*%??$' and 1 or 0)
        end
        local words = 0
        for _ in (domain or ''):gmatch '%S+' do
            words = words + 1
        end
        if not domain or words < inputs then
            wrong[#wrong + 1] = ('%s: %d inputs, but its domain is "%s"'):format(name, inputs, domain or '')
        end
    end
    local oracle = oracles[name]
    local cases = type(oracle) == 'table' and oracle.cases
    local computes = kind ~= 'INTERNAL' or row[2] ~= '0' -- parts: 0 has no kernel
    if computes and type(oracle) ~= 'function' and not (cases and #cases > 0) then
        wrong[#wrong + 1] = ('%s: spec/oracles.lua has no oracle for it'):format(name)
    end
end

if rows == 0 then
    wrong[1] = 'no rows found: has ops.def changed its form?'
end
for _, message in ipairs(wrong) do
    io.stderr:write('ops.def: ', message, '\n')
end
os.exit(#wrong == 0 and 0 or 1)
