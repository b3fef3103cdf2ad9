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
-- classified, so are up to 20 different whole numbers); header, false where the first line is no header; missing,
-- what to do with a value that is not there (empty, NA, NaN ...): 'fail' unless given; 'drop' leaves the row out and
-- counts it in all.dropped; 'mean' puts the column's mean there, in a column of texts the text 'missing'.
-- Fields are separated by commas, semicolons or tabs; "quotes" may hold separators, lines and "" for a quote. A text
-- column becomes one feature for each of its values, up to 20; with more it is left out, and all.left_out says so.
local check = require 'tenmo.options'
local near = require 'tenmo.near'
local raise = require 'tenmo.raise'
local rows_of = require 'tenmo.csv.rows'
local tenmo = require 'tenmo'

local FEW = 20 -- different values that are classes, or features of their own

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

-- The number that a text stands for, or nil: NaN, infinity and 0x10 are none.
local function number_of(text)
    local number = text:find '^[%d+.-]' and not text:find '[xX]' and tonumber(text)
    return number and math.abs(number) < math.huge and number or nil
end

-- What stands where a value is missing.
local ABSENT = { [''] = true, NA = true, ['N/A'] = true, NaN = true, nan = true, null = true, None = true,
    ['?'] = true }

-- A column as { name =, values =, numeric =, kinds =, n_kinds =, whole = }; kinds are its different values, sorted.
local function column_of(rows, position, name)
    local column = { name = name, values = {}, numeric = true, whole = true, kinds = {} }
    local seen = {}
    for i, row in ipairs(rows) do
        local text = row[position]
        local number = number_of(text)
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

-- The rows that lack nothing, or nothing in the column `only`.
local function complete(rows, only)
    local kept = {}
    for _, row in ipairs(rows) do
        local whole = true
        for position, field in ipairs(row) do
            whole = whole and not (ABSENT[field] and (not only or position == only))
        end
        kept[#kept + 1] = whole and row or nil
    end
    return kept
end

-- Where a column lacks a value: the mean of the others, or in a column of texts a kind of its own.
local function fill(rows, position)
    local total, n, numeric = 0, 0, true
    for _, row in ipairs(rows) do
        if not ABSENT[row[position]] then
            local number = number_of(row[position])
            numeric, total, n = numeric and number ~= nil, total + (number or 0), n + 1
        end
    end
    for _, row in ipairs(rows) do
        if ABSENT[row[position]] then
            row[position] = numeric and n > 0 and ('%.17g'):format(total / n) or 'missing'
        end
    end
end

local HINT = "; missing = 'drop' leaves such rows out, missing = 'mean' fills them"

-- What is wrong with the shape of the rows, or nil.
local function malformed(rows, names, missing, path)
    for _, row in ipairs(rows) do
        if #row ~= #rows[1] then
            return ('%s:%d: %d fields, but the line before has %d'):format(path, row.line, #row, #rows[1])
        end
        for position, field in ipairs(row) do
            if field == '' and missing == 'fail' then
                return ('%s:%d: field %d%s is empty%s'):format(path, row.line, position,
                    names[position] and (" ('%s')"):format(names[position]) or '', HINT)
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
        if number_of(text) then
            numbers = numbers + 1
        else
            first = first or i
        end
    end
    if numbers > 0.8 * #column.values then
        return ("%s:%d: column '%s': expected a number, got '%s'%s"):format(path, rows[first].line, column.name,
            column.values[first], ABSENT[column.values[first]] and HINT or '')
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

local function part_of(all, ids)
    return setmetatable({ x = all.x:index_select(1, ids), y = all.y:index_select(1, ids), n = ids:numel() }, Part)
end

-- The ids of n rows in an order that the seed decides, by a stream of its own, away from a model's draws.
local function shuffled(n, own_seed)
    local seed, stream = tenmo.random_state()
    tenmo.set_random_state(own_seed, 2 ^ 41)
    local ids = tenmo.randperm(n)
    tenmo.set_random_state(seed, stream)
    return ids
end

-- x less the mean of `first`, over its deviation (1 where that is 0); and these two.
local function standard(x, first)
    local mean = first:mean(1, { keepdim = true })
    local std = (first - mean):square():mean(1, { keepdim = true }):sqrt()
    std = std + std:eq(0):float()
    return (x - mean) / std, mean, std
end

-- Two parts, drawn at random: to train and to test. x is standardised by the training part's mean and deviation, so
-- is a regression's y; parts carry y_mean and y_std to turn it back.
function Table:split(options)
    options = check('split', options, { test = { 'number', 0.2 }, seed = { 'number', 0 } })
    if not (options.test > 0 and options.test < 1) then
        raise('split: test is the share of rows to test with, between 0 and 1; got %s', options.test)
    end
    local n = self.n
    local held = math.min(n - 1, math.max(1, math.floor(n * options.test + 0.5)))
    local ids = shuffled(n, options.seed)
    local train, test = part_of(self, ids[{ { held + 1, n } }]), part_of(self, ids[{ { 1, held } }])
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

local OPTIONS = { target = { 'string/number', -1 }, task = { 'string' }, header = { 'boolean', true },
    missing = { 'string', 'fail' } }

local function checked(options)
    options = check('data.csv', options, OPTIONS)
    for name, known in pairs { task = { classify = true, regress = true },
        missing = { fail = true, drop = true, mean = true } } do
        if options[name] and not known[options[name]] then
            raise("data.csv: %s is %s, got '%s'", name, name == 'task' and "'classify' or 'regress'"
                or "'fail', 'drop' or 'mean'", options[name])
        end
    end
    return options
end

-- The names of the classes, of a file that begins with them, and those of the columns that the first row gives.
local function names_of(rows, header)
    local classes = header and classes_line(rows) or nil
    if classes then
        table.remove(rows, 1)
    end
    return classes, not classes and header and has_header(rows) and rows[1] or {}
end

-- The rows and their columns' names, whole and without a header; the position of the target. nil and what is wrong.
local function prepared(rows, names, options, path)
    local wrong = malformed(rows, names, options.missing, path)
    if wrong then
        return nil, wrong
    end
    if #names > 0 then
        table.remove(rows, 1)
    end
    for position = #names + 1, #rows[1] do
        names[position] = 'column ' .. position
    end
    local target, why = find_target(names, options.target, path)
    if not target then
        return nil, why
    end
    local n = #rows
    if options.missing ~= 'fail' then
        rows = complete(rows, options.missing == 'mean' and target or nil)
        if #rows < 2 then
            return nil, ('%s: all but %d of its %d rows lack a value'):format(path, #rows, n)
        end
    end
    return rows, target, n - #rows
end

-- Makes each column the target or features of the table; what is wrong, or nil.
local function add_columns(all, features, rows, names, target, options, path)
    for position, name in ipairs(names) do
        if options.missing == 'mean' then
            fill(rows, position)
        end
        local column = column_of(rows, position, name)
        local wrong = slip(column, rows, path)
        if wrong then
            return wrong
        end
        if position == target then
            local good, why = set_target(all, column, options.task, options.classes)
            if not good then
                return path .. ': ' .. why
            end
        elseif not add_feature(features, all.names, column) then
            table.insert(all.left_out, name)
        end
    end
    if #all.names == 0 then
        return ('%s: no column is left to predict from%s'):format(path, #names == 1
            and '; fields are separated by commas, semicolons or tabs' or '')
    end
end

-- The table, or nil and a message with the line.
return function(path, options)
    options = checked(options)
    if type(path) ~= 'string' then
        raise('data.csv: expected a path, got %s', type(path))
    end
    local all_rows, why = rows_of(path)
    if not all_rows then
        return nil, why
    elseif #all_rows < 2 then
        return nil, ('%s: %d rows are too few'):format(path, #all_rows)
    end
    local names
    options.classes, names = names_of(all_rows, options.header)
    local rows, target, dropped = prepared(all_rows, names, options, path)
    if not rows then
        return nil, target
    end
    local all, features = setmetatable({ names = {}, left_out = {}, n = #rows, dropped = dropped }, Table), {}
    for i = 1, #rows do
        features[i] = {}
    end
    local wrong = add_columns(all, features, rows, names, target, options, path)
    if wrong then
        return nil, wrong
    end
    all.x = tenmo.tensor(features)
    return all
end
