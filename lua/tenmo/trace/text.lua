-- text.lua: a story for the terminal.
local shape_text = require 'tenmo.shape_text'
local walk = require 'tenmo.trace.walk'

local WIDTH, LEAST = 118, 12 -- columns of a line, and of a column that is made narrower

local function hex(raw)
    return (raw:sub(1, 16):gsub('.', function(c)
        return ('%02x '):format(c:byte())
    end):gsub(' $', ''))
end

local function numbers(tensor)
    local texts = {}
    for i, x in ipairs(tensor.numbers) do
        texts[i] = ('%.6g'):format(x)
    end
    return table.concat(texts, ' ')
end

-- A text as lines of at most n columns, broken between words.
local function wrapped(text, n)
    local lines, line = {}, ''
    for word in text:gmatch '%S+' do
        if line ~= '' and #line + 1 + #word > n then
            lines[#lines + 1], line = line, word
        else
            line = line == '' and word or line .. ' ' .. word
        end
    end
    lines[#lines + 1] = line
    return lines
end

-- Three lines: the view, the buffer that it looks at, and the bytes there.
local function buffer(tensor)
    local b = tensor.buffer
    local view = ('  %s %s %s  strides %s  offset %d'):format(tensor.name, shape_text(tensor.shape), tensor.dtype,
        shape_text(tensor.stride), tensor.offset)
    local lies = ('     on a buffer at %s: %d bytes, %d view%s, version %d'):format(b.address, b.bytes, b.views,
        b.views == 1 and '' or 's', b.version)
    return ('%s\n%s\n     bytes %s ... = %s ...'):format(view, lies, hex(b.raw), numbers(tensor))
end

-- The widths of a table's columns: as wide as their cells, the widest made narrower until a line has room for all.
local function widths(item)
    local width, total = {}, 2
    for _, cells in ipairs { item.head, unpack(item.rows) } do
        for i, text in ipairs(cells) do
            width[i] = math.max(width[i] or 0, #text)
        end
    end
    for _, w in ipairs(width) do
        total = total + w + 2
    end
    while total > WIDTH do
        local widest = 1
        for i, w in ipairs(width) do
            widest = w > width[widest] and i or widest
        end
        if width[widest] <= LEAST then
            break
        end
        width[widest], total = width[widest] - 1, total - 1
    end
    return width
end

local function grid(item)
    local width, lines = widths(item), {}
    local function add(cells)
        local parts, height = {}, 1
        for i, text in ipairs(cells) do
            parts[i] = wrapped(text, width[i])
            height = math.max(height, #parts[i])
        end
        for n = 1, height do
            local texts = {}
            for i, part in ipairs(parts) do
                local text = part[n] or ''
                texts[i] = text .. (' '):rep(width[i] - #text)
            end
            lines[#lines + 1] = ('  ' .. table.concat(texts, '  ')):gsub(' +$', '')
        end
    end
    add(item.head)
    for _, cells in ipairs(item.rows) do
        add(cells)
    end
    return table.concat(lines, '\n')
end

local write = { buffer = buffer, grid = grid }

function write.title(text, first)
    return (first and '' or '\n') .. text .. '\n' .. ('='):rep(#text)
end

function write.paragraph(text)
    return '  ' .. table.concat(wrapped(text, WIDTH - 2), '\n  ')
end

function write.heading(text)
    return '\n' .. text
end

return function(story)
    return table.concat(walk(story, write, {}), '\n')
end
