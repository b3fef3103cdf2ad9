-- text.lua: a story for the terminal.
local shape_text = require 'tenmo.shape_text'
local walk = require 'tenmo.trace.walk'

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

-- Two lines: the view, and the bytes it looks at.
local function buffer(tensor)
    local b = tensor.buffer
    local view = ('  %s %s %s  strides %s  offset %d  on a buffer at %s: %d bytes, %d view%s, version %d'):format(
        tensor.name, shape_text(tensor.shape), tensor.dtype, shape_text(tensor.stride), tensor.offset, b.address,
        b.bytes, b.views, b.views == 1 and '' or 's', b.version)
    return ('%s\n     bytes %s ... = %s ...'):format(view, hex(b.raw), numbers(tensor))
end

local function grid(item)
    local width = {}
    local function measure(cells)
        for i, text in ipairs(cells) do
            width[i] = math.max(width[i] or 0, #text)
        end
    end
    measure(item.head)
    for _, cells in ipairs(item.rows) do
        measure(cells)
    end
    local lines = {}
    local function add(cells)
        local texts = {}
        for i, text in ipairs(cells) do
            texts[i] = text .. (' '):rep(width[i] - #text)
        end
        lines[#lines + 1] = ('  ' .. table.concat(texts, '  ')):gsub(' +$', '')
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
    return '  ' .. text
end

function write.heading(text)
    return '\n' .. text
end

return function(story)
    return table.concat(walk(story, write, {}), '\n')
end
