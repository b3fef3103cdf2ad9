-- summary.lua: the table that print(model) shows.
local shape_text = require 'tenmo.shape_text'

-- 104938 as "104,938"
local function thousands(n)
    local text = ('%d'):format(n)
    local first = (#text - 1) % 3 + 1
    return text:sub(1, first) .. text:sub(first + 1):gsub('%d%d%d', ',%0')
end

-- The module's own tensors: "weight (128, 784)  bias (128)" and how many numbers are trained.
local function own(module)
    local texts, count = {}, 0
    for _, member in ipairs(module:_own()) do
        local name, x = unpack(member)
        texts[#texts + 1] = ('%s %s'):format(name, shape_text(x.shape))
        count = count + (x.requires_grad and x:numel() or 0)
    end
    return table.concat(texts, '  '), count
end

return function(model)
    local rows = { { 'layer', 'kind', 'tensors', 'parameters' } }
    local function add(name, module)
        local tensors, count = own(module)
        rows[#rows + 1] = { name, module.name, tensors, count > 0 and thousands(count) or '' }
    end
    if own(model) ~= '' or not model:named_modules()() then
        add('.', model)
    end
    for name, module in model:named_modules() do
        add(name, module)
    end
    rows[#rows + 1] = { 'total', '', '', thousands(model:count()) }

    local width = { 0, 0, 0, 0 }
    for _, row in ipairs(rows) do
        for column, text in ipairs(row) do
            width[column] = math.max(width[column], #text)
        end
    end
    local lines = { model.name }
    for _, row in ipairs(rows) do
        lines[#lines + 1] = ('  %-' .. width[1] .. 's  %-' .. width[2] .. 's  %-' .. width[3] .. 's  %' .. width[4]
            .. 's'):format(unpack(row))
    end
    for i, line in ipairs(lines) do
        lines[i] = line:gsub(' +$', '')
    end
    return table.concat(lines, '\n')
end
