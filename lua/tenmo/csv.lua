-- csv.lua: tables of a person's own: CSV files, plain or .gz, as tensors.
--
--     local all = assert(tenmo.data.csv('iris.csv', { target = -1 }))
--     all.x, all.y          float32 (n, features); int64 class ids, or float32 (n, 1) for a regression
--     all.task              'classify' or 'regress'
--     all.classes           the classes' names, by id + 1
--     all.names             the features' names
--     local train, test = all:split { test = 0.2, seed = 1 }       both standardised by the training part
--     for x, y in train:batches { batch = 64, shuffle = true, seed = 1, epoch = 1 } do
--
-- Options: target, the name or position of the column to predict (the last); task, 'classify' or 'regress' (text is
-- classified, so are up to 20 different whole numbers); header, false where the first line is no header.
-- Fields are separated by commas, semicolons or tabs; "quotes" may hold separators, lines and "" for a quote. A text
-- column becomes one feature for each of its values, up to 20; with more it is left out, and all.left_out says so.
local files = require 'tenmo.files'
local near = require 'tenmo.near'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local FEW = 20 -- different values that are classes, or features of their own

-- --- reading -----------------------------------------------------------------------------------------------

local function contents(path)
    local file, why = io.open(path, 'rb')
    if not file then
        return nil, why
    end
    local text = file:read '*a'
    file:close()
    if text and text:sub(1, 2) == '\31\139' then
        local pipe = io.popen('gzip -dc < ' .. files.quote(path) .. ' 2>&1')
        text = pipe:read '*a'
        pipe:close()
    end
    if not text then
        return nil, path .. ": can't be read"
    end
    return (text:gsub('^\239\187\191', '')) -- a mark that some programs begin UTF-8 with
end

-- The separator that the first line has most of, outside of quotes.
local function separator_of(text)
    local line = text:gsub('"[^"]*"', ''):match '^[^\r\n]*'
    local best, most = ',', 0
    for _, separator in ipairs { ',', ';', '\t' } do
        local _, n = line:gsub(separator, '')
        if n > most then
            best, most = separator, n
        end
    end
    return best
end

-- The quoted field whose quote stands at `at`: its text, and where it ends; or nil.
local function quoted(text, at)
    local parts, first = {}, at + 1
    while true do
        local quote = text:find('"', first, true)
        if not quote then
            return nil
        end
        parts[#parts + 1] = text:sub(first, quote - 1)
        if text:sub(quote + 1, quote + 1) ~= '"' then
            return table.concat(parts, '"'), quote + 1
        end
        first = quote + 2
    end
end

local function trimmed(text)
    return text:match '^%s*(.-)%s*$'
end

-- Rows of texts, each with .line, the line where it begins; or nil and a message.
local function rows_of(text, path)
    local separator = separator_of(text)
    local plain = '[^\r\n' .. separator .. ']*'
    local rows, row, at, line = {}, { line = 1 }, 1, 1
    while at <= #text do
        local field, behind
        if text:sub(at, at) == '"' then
            field, behind = quoted(text, at)
            if not field then
                return nil, ('%s:%d: a quote is not closed'):format(path, row.line)
            end
            local _, breaks = field:gsub('\n', '')
            line = line + breaks
        else
            local _, last = text:find(plain, at)
            field, behind = trimmed(text:sub(at, last)), last + 1
        end
        row[#row + 1] = field
        local ending = text:match('^\r?\n', behind) or text:match('^\r', behind)
        if ending or behind > #text then
            if #row > 1 or row[1] ~= '' then -- an empty line is no row
                rows[#rows + 1] = row
            end
            line = line + 1
            row, at = { line = line }, behind + #(ending or '')
        elseif text:sub(behind, behind) == separator then
            at = behind + 1
            if at > #text then
                row[#row + 1] = ''
                rows[#rows + 1] = row
            end
        else
            return nil, ("%s:%d: text behind the closing quote of field %d"):format(path, row.line, #row)
        end
    end
    return rows
end

-- scikit-learn's files begin with "rows,features,class,class...": the names of the classes, or nil.
local function classes_line(rows)
    local first, second = rows[1], rows[2]
    if second and tonumber(first[1]) == #rows - 1 and tonumber(first[2]) == #second - 1 then
        return { unpack(first, 3) }
    end
end

local function has_header(rows)
    for _, field in ipairs(rows[1]) do
        if tonumber(field) or field == '' then
            return false
        end
    end
    return true
end

-- --- columns ---------------------------------------------------------------------------------------------------

-- A column as { name =, values =, numeric =, kinds =, n_kinds =, whole = }; kinds are its different values, sorted.
local function column_of(rows, position, name)
    local column = { name = name, values = {}, numeric = true, whole = true, kinds = {} }
    local seen = {}
    for i, row in ipairs(rows) do
        local text = row[position]
        local number = tonumber(text)
        column.numeric = column.numeric and number ~= nil
        column.whole = column.whole and number ~= nil and number % 1 == 0
        column.values[i] = text
        if not seen[text] then
            seen[text] = true
            column.kinds[#column.kinds + 1] = text
        end
    end
    table.sort(column.kinds, function(a, b)
        if column.numeric and tonumber(a) ~= tonumber(b) then
            return tonumber(a) < tonumber(b)
        end
        return a < b
    end)
    return column
end

-- What is wrong with the shape of the rows, or nil.
local function malformed(rows, path)
    for _, row in ipairs(rows) do
        if #row ~= #rows[1] then
            return ('%s:%d: %d fields, but the line before has %d'):format(path, row.line, #row, #rows[1])
        end
        for position, field in ipairs(row) do
            if field == '' then
                return ('%s:%d: field %d is empty'):format(path, row.line, position)
            end
        end
    end
end

-- A column that has mostly numbers and a few texts is a slip: the line of the first text, or nil.
local function slip(column, rows, path)
    if column.numeric then
        return
    end
    local numbers, first = 0, nil
    for i, text in ipairs(column.values) do
        if tonumber(text) then
            numbers = numbers + 1
        else
            first = first or i
        end
    end
    if numbers > 0.8 * #column.values then
        return ("%s:%d: column '%s': expected a number, got '%s'"):format(path, rows[first].line, column.name,
            column.values[first])
    end
end

-- The position of the column that `wanted` names, or nil and a message.
local function find_target(names, wanted, path)
    if type(wanted) == 'number' then
        local position = wanted < 0 and #names + 1 + wanted or wanted
        if names[position] then
            return position
        end
        return nil, ('%s: there is no column %s; it has %d'):format(path, wanted, #names)
    end
    for position, name in ipairs(names) do
        if name == wanted then
            return position
        end
    end
    local guess = near(wanted, names)
    return nil, ("%s: there is no column '%s'%s"):format(path, wanted, guess
        and ("; did you mean '%s'?"):format(guess) or '; it has ' .. table.concat(names, ', '))
end

-- Appends the column to the features: one number a row, or one for each kind of text.
local function add_feature(features, names, column)
    if column.numeric then
        names[#names + 1] = column.name
        for i, text in ipairs(column.values) do
            table.insert(features[i], tonumber(text))
        end
        return true
    end
    if #column.kinds > FEW then
        return false
    end
    for _, kind in ipairs(column.kinds) do
        names[#names + 1] = column.name .. '=' .. kind
        for i, text in ipairs(column.values) do
            table.insert(features[i], text == kind and 1 or 0)
        end
    end
    return true
end

-- --- the table --------------------------------------------------------------------------------------------------

local Table = {}
Table.__index = Table

-- y of the target column, and what it tells about the task.
local function set_target(all, column, task, class_names)
    task = task or ((not column.numeric or (column.whole and #column.kinds <= FEW)) and 'classify' or 'regress')
    if task == 'regress' and not column.numeric then
        return nil, ("column '%s' holds text such as '%s'; numbers are needed for a regression"):format(column.name,
            column.kinds[1])
    end
    all.task, all.target = task, column.name
    local values, ids = {}, {}
    for id, kind in ipairs(column.kinds) do
        ids[kind] = id - 1
    end
    for i, text in ipairs(column.values) do
        values[i] = task == 'classify' and ids[text] or { tonumber(text) }
    end
    all.y = task == 'classify' and tenmo.ids(values) or tenmo.tensor(values)
    all.classes = task == 'classify' and (class_names and #class_names == #column.kinds and class_names
        or column.kinds) or nil
    return true
end

-- A part of a table: x, y, n, and what a loop over it needs.
local Part = { batches = require 'tenmo.batches' }
Part.__index = Part

function Part:rows(ids)
    return self.x:index_select(1, ids), self.y:index_select(1, ids)
end

-- The same part with its numbers on another device.
function Part:to(device)
    local moved = setmetatable({}, Part)
    for name, value in pairs(self) do
        moved[name] = value
    end
    moved.x, moved.y, moved.device = self.x:to(device), self.y:to(device), device
    return moved
end

-- Two parts, drawn at random: to train and to test. x is standardised by the training part's mean and deviation, so
-- is a regression's y; parts carry y_mean and y_std to turn it back.
function Table:split(options)
    options = options or {}
    local n = self.n
    local held = math.min(n - 1, math.max(1, math.floor(n * (options.test or 0.2) + 0.5)))
    local seed, stream = tenmo.random_state()
    tenmo.set_random_state(options.seed or 0, 2 ^ 41) -- a stream of its own, away from a model's draws
    local ids = tenmo.randperm(n)
    tenmo.set_random_state(seed, stream)
    local function standard(x, first)
        local mean = first:mean(1, { keepdim = true })
        local std = (first - mean):square():mean(1, { keepdim = true }):sqrt()
        std = std + std:eq(0):float()
        return (x - mean) / std, mean, std
    end
    local function part(which)
        return setmetatable({ x = self.x:index_select(1, which), y = self.y:index_select(1, which), n = which:numel() },
            Part)
    end
    local train, test = part(ids[{ { held + 1, n } }]), part(ids[{ { 1, held } }])
    local first = train.x
    test.x, train.x = standard(test.x, first), standard(train.x, first)
    if self.task == 'regress' then
        local y, mean, std = standard(train.y, train.y)
        test.y, train.y = standard(test.y, train.y), y
        train.y_mean, train.y_std = mean:item(), std:item()
        test.y_mean, test.y_std = train.y_mean, train.y_std
    end
    return train, test
end

-- The options, or an error that names the unknown one.
local function checked(options)
    for name in pairs(options) do
        if name ~= 'target' and name ~= 'task' and name ~= 'header' then
            local guess = near(tostring(name), { 'target', 'task', 'header' })
            raise("data.csv: unknown option '%s'%s", tostring(name), guess and ("; did you mean '%s'?"):format(guess)
                or '; it has target, task, header')
        end
    end
    if options.task ~= nil and options.task ~= 'classify' and options.task ~= 'regress' then
        raise("data.csv: task is 'classify' or 'regress', got '%s'", tostring(options.task))
    end
    return options
end

-- The table, or nil and a message with the line.
return function(path, options)
    options = checked(options or {})
    local text, why = contents(path)
    local rows
    if text then
        rows, why = rows_of(text, path)
    end
    if not rows then
        return nil, why
    end
    if #rows < 2 then
        return nil, ('%s: %d rows are too few'):format(path, #rows)
    end
    local class_names, names = options.header ~= false and classes_line(rows) or nil, {}
    if class_names then
        table.remove(rows, 1)
    elseif options.header ~= false and has_header(rows) then
        names = rows[1]
    end
    local wrong = malformed(rows, path)
    if wrong then
        return nil, wrong
    end
    if #names > 0 then
        table.remove(rows, 1)
    end
    for position = #names + 1, #rows[1] do
        names[position] = 'column ' .. position
    end
    local target
    target, why = find_target(names, options.target or -1, path)
    if not target then
        return nil, why
    end
    local all, features = setmetatable({ names = {}, left_out = {} }, Table), {}
    for i = 1, #rows do
        features[i] = {}
    end
    for position, name in ipairs(names) do
        local column = column_of(rows, position, name)
        wrong = slip(column, rows, path)
        if wrong then
            return nil, wrong
        end
        if position == target then
            local good
            good, why = set_target(all, column, options.task, class_names)
            if not good then
                return nil, path .. ': ' .. why
            end
        elseif not add_feature(features, all.names, column) then
            table.insert(all.left_out, name)
        end
    end
    if #all.names == 0 then
        return nil, ('%s: no column is left to predict from%s'):format(path, #names == 1
            and '; fields are separated by commas, semicolons or tabs' or '')
    end
    all.x, all.n = tenmo.tensor(features), #rows
    return all
end
