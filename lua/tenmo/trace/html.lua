-- html.lua: a story as one page that needs nothing else: no script, no font, no picture.
local shape_text = require 'tenmo.shape_text'
local walk = require 'tenmo.trace.walk'

local STYLE = [[
:root { color-scheme: light dark; --line: #8885; --soft: #8881; --mark: #b5560f; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; color: var(--mark); }
p { margin: .3rem 0; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .4rem 0; font-size: .85rem; }
th, td { text-align: left; padding: .15rem .7rem .15rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } td, code { font-family: ui-monospace, monospace; font-size: .82rem; }
.buffer { background: var(--soft); border-left: 3px solid var(--mark); padding: .3rem .7rem; margin: .4rem 0; }
.cells { display: flex; flex-wrap: wrap; gap: 2px; margin-top: .2rem; }
.cell { border: 1px solid var(--line); padding: 0 .4rem; text-align: center; font-family: ui-monospace, monospace;
  font-size: .78rem; } .cell b { display: block; font-weight: 400; opacity: .65; }
]]

local function escape(text)
    return (text:gsub('[&<>"]', { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;' }))
end

-- One box for each number: its bytes above, its value below.
local function cells(tensor)
    local boxes = {}
    for i, x in ipairs(tensor.numbers) do
        local raw = tensor.buffer.raw:sub((i - 1) * tensor.size + 1, i * tensor.size)
        local hex = raw:gsub('.', function(c)
            return ('%02x '):format(c:byte())
        end)
        boxes[i] = ('<span class="cell"><b>%s</b>%s</span>'):format(hex, ('%.6g'):format(x))
    end
    return '<div class="cells">' .. table.concat(boxes) .. '<span class="cell"><b>...</b>...</span></div>'
end

local function buffer(tensor)
    local b = tensor.buffer
    return ('<div class="buffer"><code>%s</code> %s %s, strides %s, offset %d; buffer at <code>%s</code>: '
        .. '%d bytes, %d view%s, version %d%s</div>'):format(escape(tensor.name), shape_text(tensor.shape),
        tensor.dtype, shape_text(tensor.stride), tensor.offset, b.address, b.bytes, b.views,
        b.views == 1 and '' or 's', b.version, cells(tensor))
end

local function row(tag, texts)
    local parts = {}
    for i, text in ipairs(texts) do
        parts[i] = ('<%s>%s</%s>'):format(tag, escape(text), tag)
    end
    return '<tr>' .. table.concat(parts) .. '</tr>'
end

local function grid(item)
    local lines = { '<div class="scroll"><table>' .. row('th', item.head) }
    for _, texts in ipairs(item.rows) do
        lines[#lines + 1] = row('td', texts)
    end
    return table.concat(lines, '\n') .. '</table></div>'
end

local write = { buffer = buffer, grid = grid }

function write.title(text)
    return ('<h2>%s</h2>'):format(escape(text))
end

function write.paragraph(text)
    return ('<p>%s</p>'):format(escape(text))
end

function write.heading(text)
    return ('<h3>%s</h3>'):format(escape((text:gsub('^ +', ''))))
end

return function(story)
    local lines = walk(story, write, { '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width"><title>One step of tenmo-lua</title>',
        '<style>\n' .. STYLE .. '</style></head><body>', '<h1>From bytes to gradients: one step, as it ran</h1>' })
    lines[#lines + 1] = '</body></html>\n'
    return table.concat(lines, '\n')
end
