-- draw.lua: pictures and tables as text, for the terminal. Every function returns a string: print it.
--
--     print(tenmo.draw(image))                             (h, w) grey, or (3, h, w) red, green, blue
--     print(tenmo.draw.images({ a, b, c }, { captions = { 'seven', 'two', 'one' } }))
--     print(tenmo.draw.confusion(labels, guesses))
--     print(tenmo.draw.misread(images, labels, guesses))
--     print(tenmo.draw.plane(function(points) return model(points):sigmoid() end, x, y))
--
-- With colours (256 of them) a character shows two pixels, one above the other; without, a character's density
-- shows the mean of the two. Options: colour = true or false, where the terminal's answer isn't wanted;
-- low and high, the values of black and white (the image's own extremes unless given).
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'
local terminal = require 'tenmo.terminal'

local draw = {}

local DENSITY = ' .:-=+*#%@'
local GAP = 2 -- columns between two images

local function with_colour(options)
    if options.colour ~= nil then
        return options.colour
    end
    return terminal.colour(1)
end

-- Pictures in colour are made of a character that only UTF-8 has.
local function with_blocks(options)
    return with_colour(options) and (options.colour or terminal.utf8())
end

-- --- pixels ----------------------------------------------------------------------------------------------

-- An image as { h =, w =, channels =, rows }, rows[c][y][x] in 0 .. 1. A wide one loses columns and rows.
local function pixels(image, options)
    if not tenmo.is_tensor(image) then
        raise('draw: expected an image (a tensor), got %s', type(image))
    end
    local shape = image.shape
    if #shape == 2 then
        image = image:reshape(1, shape[1], shape[2])
    elseif #shape ~= 3 or (shape[1] ~= 1 and shape[1] ~= 3) then
        raise('draw: expected an image (h, w), (1, h, w) or (3, h, w), got %s; x[i] takes one of several',
            shape_text(shape))
    end
    local _, h, w = unpack(image.shape)
    if h == 0 or w == 0 then
        raise('draw: the image is empty: %s', shape_text(shape))
    end
    local step = math.ceil(w / math.max(options.width or terminal.width(1), 1))
    image = image:detach()[{ {}, { 1, h, step }, { 1, w, step } }]:double()
    local low, high = options.low or image:min():item(), options.high or image:max():item()
    local rows = image:totable()
    local scale = high > low and 1 / (high - low) or 0
    for _, channel in ipairs(rows) do
        for _, row in ipairs(channel) do
            for x, v in ipairs(row) do
                v = (v - low) * scale
                row[x] = v == v and math.max(0, math.min(1, v)) or 0
            end
        end
    end
    return { h = image:size(2), w = image:size(3), channels = #rows, rows = rows }
end

-- The number of a colour among the 256: 24 greys between black (16) and white (231), or a cube of 6 x 6 x 6.
local function colour(picture, y, x)
    if y > picture.h then
        return 16
    end
    local rows = picture.rows
    if picture.channels == 1 then
        local grey = math.floor(rows[1][y][x] * 25 + 0.5)
        return grey == 0 and 16 or grey == 25 and 231 or 231 + grey
    end
    local function level(c)
        return math.floor(rows[c][y][x] * 5 + 0.5)
    end
    return 16 + 36 * level(1) + 6 * level(2) + level(3)
end

local function brightness(picture, y, x)
    if y > picture.h then
        return 0
    end
    local rows = picture.rows
    if picture.channels == 1 then
        return rows[1][y][x]
    end
    return 0.299 * rows[1][y][x] + 0.587 * rows[2][y][x] + 0.114 * rows[3][y][x]
end

-- The lines of a picture; each is picture.w columns wide.
local function lines_of(picture, colours)
    local lines = {}
    for y = 1, picture.h, 2 do
        local line, last = {}, nil
        for x = 1, picture.w do
            if colours then
                local pair = ('\27[38;5;%d;48;5;%dm'):format(colour(picture, y, x), colour(picture, y + 1, x))
                line[#line + 1] = pair ~= last and pair or ''
                line[#line + 1] = '▀'
                last = pair
            else
                local mean = (brightness(picture, y, x) + brightness(picture, math.min(y + 1, picture.h), x)) / 2
                local place = 1 + math.floor(mean * (#DENSITY - 1) + 0.5)
                line[#line + 1] = DENSITY:sub(place, place)
            end
        end
        lines[#lines + 1] = table.concat(line) .. (colours and '\27[0m' or '')
    end
    return lines
end

-- text in exactly `width` columns
local function fit(text, width)
    return ('%-' .. width .. 's'):format(text:sub(1, width))
end

-- One row of images, captions above.
local function side_by_side(pictures, captions, widths, first, last, colours, out)
    local columns, tallest = {}, 0
    for i = first, last do
        columns[i] = lines_of(pictures[i], colours)
        tallest = math.max(tallest, #columns[i])
    end
    local function add(cell)
        local cells = {}
        for i = first, last do
            cells[#cells + 1] = cell(i) .. (' '):rep(GAP)
        end
        out[#out + 1] = (table.concat(cells):gsub('%s+$', ''))
    end
    if captions then
        add(function(i)
            return fit(captions[i] or '', widths[i])
        end)
    end
    for y = 1, tallest do
        add(function(i)
            local line = columns[i][y]
            return line and line .. (' '):rep(widths[i] - pictures[i].w) or (' '):rep(widths[i])
        end)
    end
end

-- Several images, side by side as far as the terminal is wide. images is an array, or a tensor (n, h, w).
-- options: captions, an array of texts; width, of the terminal.
function draw.images(images, options)
    options = options or {}
    local width, pictures, widths = options.width or terminal.width(1), {}, {}
    for i = 1, #images do
        local caption = options.captions and options.captions[i] or ''
        pictures[i] = pixels(images[i], options)
        widths[i] = math.min(math.max(pictures[i].w, #caption), width)
    end
    local out, first, colours = {}, 1, with_blocks(options)
    while pictures[first] do
        local last, used = first, widths[first]
        while pictures[last + 1] and used + GAP + widths[last + 1] <= width do
            last = last + 1
            used = used + GAP + widths[last]
        end
        side_by_side(pictures, options.captions, widths, first, last, colours, out)
        first = last + 1
    end
    return table.concat(out, '\n')
end

-- --- a table of mistakes ---------------------------------------------------------------------------------------

local function ids_of(ids, what)
    if tenmo.is_tensor(ids) then
        ids = ids:reshape(-1):totable()
    end
    if type(ids) ~= 'table' then
        raise('draw: expected %s as a tensor of ids or an array, got %s', what, type(ids))
    end
    return ids
end

-- counts[label][guess], both from 0, and the number of classes.
local function count(labels, guesses, least)
    local counts, classes = {}, least
    if #labels ~= #guesses then
        raise('draw.confusion: %d labels, but %d guesses', #labels, #guesses)
    end
    for i = 1, #labels do
        classes = math.max(classes, labels[i] + 1, guesses[i] + 1)
    end
    for a = 0, classes - 1 do
        counts[a] = {}
        for b = 0, classes - 1 do
            counts[a][b] = 0
        end
    end
    for i = 1, #labels do
        local row = counts[labels[i]]
        row[guesses[i]] = row[guesses[i]] + 1
    end
    return counts, classes
end

-- Which class was taken for which: a row for each true class, a column for each guess, and the share that was right.
-- options: names, an array of the classes' names (their ids unless given).
function draw.confusion(labels, guesses, options)
    options = options or {}
    local names = { unpack(options.names or {}) }
    local counts, classes = count(ids_of(labels, 'labels'), ids_of(guesses, 'guesses'), #names)
    local colours, out = with_colour(options), {}
    local widest, cell = 4, 4
    for a = 0, classes - 1 do
        names[a + 1] = names[a + 1] or tostring(a)
        widest = math.max(widest, #names[a + 1])
        cell = math.max(cell, math.min(#names[a + 1], classes > 6 and 4 or 10))
        for b = 0, classes - 1 do
            cell = math.max(cell, #tostring(counts[a][b]))
        end
    end
    local line = { (' '):rep(widest) }
    for a = 0, classes - 1 do
        line[#line + 1] = ('%' .. cell .. 's'):format(names[a + 1]:sub(1, cell))
    end
    out[1] = table.concat(line, ' ') .. '   right'
    for a = 0, classes - 1 do
        local total = 0
        line = { ('%' .. widest .. 's'):format(names[a + 1]) }
        for b = 0, classes - 1 do
            local n = counts[a][b]
            total = total + n
            local text = ('%' .. cell .. 's'):format(n == 0 and '.' or n)
            local code = n > 0 and (a == b and '\27[32m' or '\27[31m') or '\27[2m'
            line[#line + 1] = colours and code .. text .. '\27[0m' or text
        end
        out[#out + 1] = table.concat(line, ' ') .. (total > 0 and ('  %5.1f %%'):format(100 * counts[a][a] / total)
            or '      -')
    end
    return table.concat(out, '\n')
end

-- The first images whose guess is not their label, with both. options: most (8), names, and those of images.
function draw.misread(images, labels, guesses, options)
    options = setmetatable({ captions = {} }, { __index = options })
    labels, guesses = ids_of(labels, 'labels'), ids_of(guesses, 'guesses')
    local names, shown = options.names or {}, {}
    for i, label in ipairs(labels) do
        if label ~= guesses[i] and #shown < (options.most or 8) then
            shown[#shown + 1] = images[i]
            options.captions[#shown] = ('%s, read as %s'):format(names[label + 1] or label,
                names[guesses[i] + 1] or guesses[i])
        end
    end
    return #shown > 0 and draw.images(shown, options) or 'nothing was misread'
end

-- --- a function over the plane ---------------------------------------------------------------------------------

local SIDES = { [0] = { 0.1, 0.15, 0.45 }, { 0.5, 0.25, 0.05 } } -- where the function is below and above a half
local POINTS = { [0] = { 0.45, 0.75, 1 }, { 1, 0.8, 0.2 } }

-- The rectangle around the points, a little wider.
local function around(x)
    local low, high = x:min(1):totable(), x:max(1):totable()
    local box = {}
    for axis = 1, 2 do
        local margin = 0.05 * (high[axis] - low[axis]) + 1e-9
        box[axis] = { low[axis] - margin, high[axis] + margin }
    end
    return box
end

-- The side of a half that f takes in every cell: sides[row][column], the top row first.
local function sides_of(f, box, w, h, device)
    local grid = {}
    for row = 1, h do
        for column = 1, w do
            grid[#grid + 1] = {
                box[1][1] + (column - 0.5) / w * (box[1][2] - box[1][1]),
                box[2][2] - (row - 0.5) / h * (box[2][2] - box[2][1]),
            }
        end
    end
    local values = tenmo.no_grad(function()
        return f(tenmo.tensor(grid, { device = device })):reshape(h, w):totable()
    end)
    for _, row in ipairs(values) do
        for column, v in ipairs(row) do
            row[column] = v > 0.5 and 1 or 0
        end
    end
    return values
end

-- Where f, which turns points (n, 2) into n values of 0 .. 1, lies below and above a half, and on it points x (n, 2)
-- of the classes y (0 or 1). Without colours: `.` above a half, `o` and `x` the points.
-- options: columns (64) and rows (24 lines).
function draw.plane(f, x, y, options)
    options = options or {}
    local colours = with_blocks(options)
    local w, h = options.columns or 64, (options.rows or 24) * (colours and 2 or 1)
    local box = around(x)
    local cells = sides_of(f, box, w, h, x.device)
    local points, labels = x:totable(), y:reshape(-1):totable()
    local channels, text = { {}, {}, {} }, {}
    for row = 1, h do
        text[row] = {}
        for c = 1, 3 do
            channels[c][row] = {}
        end
        for column = 1, w do
            local side = cells[row][column]
            text[row][column] = side == 1 and '.' or ' '
            for c = 1, 3 do
                channels[c][row][column] = SIDES[side][c]
            end
        end
    end
    for i, point in ipairs(points) do
        local column = math.ceil((point[1] - box[1][1]) / (box[1][2] - box[1][1]) * w)
        local row = math.ceil((box[2][2] - point[2]) / (box[2][2] - box[2][1]) * h)
        local label = labels[i] > 0.5 and 1 or 0
        text[row][column] = label == 1 and 'x' or 'o'
        for c = 1, 3 do
            channels[c][row][column] = POINTS[label][c]
        end
    end
    if colours then
        return draw.images({ tenmo.tensor(channels) }, { low = 0, high = 1, colour = true, width = w })
    end
    for row = 1, h do
        text[row] = table.concat(text[row]):gsub('%s+$', '')
    end
    return table.concat(text, '\n')
end

return setmetatable(draw, {
    __call = function(_, image, options)
        return draw.images({ image }, options)
    end,
})
