-- vectors_picture.lua: words in the plane, as text for the terminal and as a PNG.
--
--     print(vectors:picture({ 'good', 'bad', 'awful' }, { method = 'tsne', png = 'words.png' }))
--
-- The PNG is drawn by cairo (Debian: libcairo2, with a font such as fonts-dejavu-core), which has letters and writes
-- the file; it is loaded when the first one is asked for.
local ffi = require 'ffi'
local files = require 'tenmo.files'
local options = require 'tenmo.options'
local plane = require 'tenmo.plane'
local raise = require 'tenmo.raise'
local terminal = require 'tenmo.terminal'
local tenmo = require 'tenmo'

local KNOWN = {
    method = { 'string', 'pca' }, -- or tsne
    perplexity = { 'number', 30 },
    n = { 'number', 200 }, -- of the most frequent words, where none are given
    width = { 'number' }, -- of the text, in columns
    height = { 'number', 30 },
    png = { 'string' }, -- a path
    size = { 'number', 1200 }, -- of the PNG, in pixels
}

-- The places of the points, 0 .. 1 in both directions; y grows upwards.
local function spread(points)
    local low, high = points:min(1), points:max(1)
    return ((points - low) / (high - low):maximum(1e-12)):totable()
end

-- --- text ---------------------------------------------------------------------------------------------------------

local function columns_of(word)
    local _, n = word:gsub('[^\128-\191]', '')
    return n
end

-- The row nearest to `row` on which `size` columns from `column` on are free, or nil.
local function free_row(grid, row, column, size, height)
    for away = 0, 2 do
        for _, at in ipairs { row + away, row - away } do
            local free = at >= 1 and at <= height
            for i = column - 1, column + size do
                free = free and not grid[at][i]
            end
            if free then
                return at
            end
        end
    end
end

-- Earlier words have the right of way; what finds no place is a dot.
local function as_text(words, places, width, height)
    local grid = {}
    for row = 1, height do
        grid[row] = {}
    end
    for k, word in ipairs(words) do
        local size = columns_of(word)
        local column = 1 + math.floor(places[k][1] * math.max(width - size, 0))
        local row = 1 + math.floor((1 - places[k][2]) * (height - 1) + 0.5)
        local at = size <= width and free_row(grid, row, column, size, height)
        if at then
            grid[at][column] = word
            for i = column + 1, column + size - 1 do
                grid[at][i] = ''
            end
        elseif not grid[row][column] then
            grid[row][column] = '.'
        end
    end
    local lines = {}
    for row = 1, height do
        local cells = {}
        for column = 1, width do
            cells[column] = grid[row][column] or ' '
        end
        lines[row] = table.concat(cells):gsub(' +$', '')
    end
    return table.concat(lines, '\n')
end

-- --- PNG ----------------------------------------------------------------------------------------------------------

local cairo

local function load_cairo()
    if cairo then
        return cairo
    end
    ffi.cdef [[
    void *dlopen(const char *path, int flags);
    void *cairo_image_surface_create(int format, int width, int height);
    void *cairo_create(void *surface);
    void cairo_set_source_rgb(void *cr, double red, double green, double blue);
    void cairo_paint(void *cr);
    void cairo_select_font_face(void *cr, const char *family, int slant, int weight);
    void cairo_set_font_size(void *cr, double size);
    void cairo_move_to(void *cr, double x, double y);
    void cairo_show_text(void *cr, const char *utf8);
    void cairo_arc(void *cr, double x, double y, double radius, double from, double to);
    void cairo_fill(void *cr);
    int cairo_status(void *cr);
    int cairo_surface_write_to_png(void *surface, const char *path);
    const char *cairo_status_to_string(int status);
    void cairo_destroy(void *cr);
    void cairo_surface_destroy(void *surface);
    ]]
    local found, library = pcall(ffi.load, 'libcairo.so.2')
    if not found then
        return nil, 'a PNG needs cairo (Debian and Ubuntu: apt install libcairo2 fonts-dejavu-core)'
    end
    local RTLD_LAZY, RTLD_NODELETE = 1, 0x1000 -- it keeps fonts for good: unloaded, it would lose them
    ffi.C.dlopen('libcairo.so.2', RTLD_LAZY + RTLD_NODELETE)
    cairo = library
    return cairo
end

local function paint(c, cr, words, places, size)
    local margin, font = size / 16, size / 75
    c.cairo_set_source_rgb(cr, 1, 1, 1)
    c.cairo_paint(cr)
    c.cairo_select_font_face(cr, 'sans-serif', 0, 0)
    c.cairo_set_font_size(cr, font)
    for k, word in ipairs(words) do
        local x = margin + places[k][1] * (size - 3 * margin)
        local y = margin + (1 - places[k][2]) * (size - 2 * margin)
        c.cairo_set_source_rgb(cr, 0.8, 0.3, 0.2)
        c.cairo_arc(cr, x, y, font / 6, 0, 2 * math.pi)
        c.cairo_fill(cr)
        c.cairo_set_source_rgb(cr, 0.1, 0.1, 0.2)
        c.cairo_move_to(cr, x + font / 3, y + font / 3)
        c.cairo_show_text(cr, word)
    end
end

-- True, or nil and a message; the file is there whole or not at all.
local function write_png(path, words, places, size)
    local c, why = load_cairo()
    if not c then
        return nil, why
    end
    local temporary = path .. '.new'
    local surface = c.cairo_image_surface_create(1, size, size) -- 1: RGB of 24 bits
    local cr = c.cairo_create(surface)
    paint(c, cr, words, places, size)
    local status = c.cairo_status(cr)
    if status == 0 then
        status = c.cairo_surface_write_to_png(surface, temporary)
    end
    c.cairo_destroy(cr)
    c.cairo_surface_destroy(surface)
    if status ~= 0 then
        os.remove(temporary)
        return nil, ("'%s': %s"):format(path, ffi.string(c.cairo_status_to_string(status)))
    end
    return files.move(temporary, path)
end

-- --- both ---------------------------------------------------------------------------------------------------------

-- The n most frequent words, or the first where a file tells no counts.
local function frequent(vectors, n)
    local vocab, ids = vectors.vocab, {}
    for id = 0, vectors:size() - 1 do
        if not vectors.special[id] then
            ids[#ids + 1] = id
        end
    end
    if vocab.counts then
        table.sort(ids, function(a, b)
            local x, y = vocab:count(a), vocab:count(b)
            if x ~= y then
                return x > y
            end
            return a < b
        end)
    end
    local words = {}
    for i = 1, math.min(n, #ids) do
        words[i] = vocab:word(ids[i])
    end
    return words
end

local METHODS = {
    pca = function(x)
        return plane.pca(x)
    end,
    tsne = function(x, o)
        return plane.tsne(x, { perplexity = o.perplexity })
    end,
}

-- A text; nil and a message if the PNG can't be written.
return function(vectors, words, given)
    local o = options('picture', given, KNOWN)
    local method = METHODS[o.method] or raise("picture: option 'method' is pca or tsne, not '%s'", o.method)
    words = words or frequent(vectors, o.n)
    local ids = {}
    for i, word in ipairs(words) do
        ids[i] = vectors:id(word)
    end
    if #ids < 2 then
        raise('picture: expected two words or more, got %d', #ids)
    end
    local places = spread(method(vectors.table:index_select(1, tenmo.ids(ids)), o))
    if o.png then
        local good, why = write_png(o.png, words, places, o.size)
        if not good then
            return nil, why
        end
    end
    return as_text(words, places, o.width or terminal.width(1), o.height)
end
