-- rows.lua: the text of a CSV file, plain or .gz, as rows of texts. csv.lua makes tensors of them.
local files = require 'tenmo.files'

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

-- The rows of a file, or nil and a message.
return function(path)
    local text, why = contents(path)
    if not text then
        return nil, why
    end
    return rows_of(text, path)
end
