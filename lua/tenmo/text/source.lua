-- source.lua: texts as they come out of files: lines, and the entries of tar archives; plain or compressed.
--
--     for line in tenmo.text.lines 'reviews.txt.gz' do
--     for name, contents in tenmo.text.archive 'aclImdb_v1.tar.gz' do print(name, #contents()) end
--
-- gz, bz2 and xz are told by how a file begins. A file that can't be opened gives nil and a message; one that turns out
-- to be damaged or cut short raises an error in the loop. Nothing of an archive is ever written anywhere.
local engine = require('tenmo')._text
local raise = require 'tenmo.raise'

local BLOCK = 2 ^ 16
local LONGEST = 64 * 2 ^ 20 -- bytes of a line or of an archive's entry that become one string, unless asked for more

local source = {}

local function longest(options, who)
    for name, value in pairs(options or {}) do
        if name ~= 'longest' or type(value) ~= 'number' then
            raise("%s: expects no option but longest, a number of bytes; got '%s'", who, tostring(name))
        end
    end
    return options and options.longest or LONGEST
end

local function damaged(path, format, ...)
    error(("'%s' " .. format):format(path, ...), 0)
end

-- n bytes of a stream, or fewer where it ends.
local function read(stream, n)
    local text, why = stream:read(n)
    if why then
        error(why, 0)
    end
    return text or ''
end

-- --- lines ---------------------------------------------------------------------------------------------------------

-- for line in lines(path) do: without the "\n" or "\r\n" that ends it.
function source.lines(path, options)
    local most = longest(options, 'lines')
    local stream, why = engine.open(path)
    if not stream then
        return nil, why
    end
    local parts, size, block, at, n = {}, 0, '', 1, 0
    return function()
        while stream do
            local stop = block:find('\n', at, true)
            local part = block:sub(at, stop and stop - 1)
            parts[#parts + 1], size = part, size + #part
            if size > most then
                damaged(path, "has a line longer than %d bytes, its line %d (option 'longest')", most, n + 1)
            end
            if stop then
                at, n = stop + 1, n + 1
            else
                block, at = read(stream, BLOCK), 1
            end
            if stop or block == '' then
                local line = table.concat(parts)
                parts, size = {}, 0
                if not stop then
                    stream:close()
                    stream = nil
                end
                if stop or line ~= '' then
                    return (line:gsub('\r$', ''))
                end
            end
        end
    end
end

-- --- archives --------------------------------------------------------------------------------------------------------

local RECORD = 512

-- A number of a header: octal, or with the first bit set a binary one.
local function number(field)
    if field:byte() >= 128 then
        local value = field:byte() % 128
        for i = 2, #field do
            value = value * 256 + field:byte(i)
        end
        return value
    end
    return tonumber(field:match '^[ %z]*([0-7]+)' or '0', 8)
end

-- The sum of a header's bytes, its own eight counted as spaces.
local function sum(header)
    local total = 8 * 32
    for i = 1, RECORD do
        if i < 149 or i > 156 then
            total = total + header:byte(i)
        end
    end
    return total
end

local function text_until_zero(field)
    return field:match '^[^%z]*'
end

local Archive = {}
Archive.__index = Archive

function Archive:skip(n)
    while n > 0 do
        local got = #read(self.stream, math.min(n, BLOCK))
        if got == 0 then
            damaged(self.path, 'is cut short: it ends inside %s', self.name)
        end
        n = n - got
    end
end

function Archive:contents(n, most)
    if n > (most or self.most) then
        damaged(self.path, "holds %s of %d bytes, more than one string may have here (option 'longest')", self.name, n)
    end
    local text = read(self.stream, n)
    if #text < n then
        damaged(self.path, 'is cut short: it ends inside %s', self.name)
    end
    return text
end

-- The next header, or nil at the end, which is a record of zeros.
function Archive:header()
    local header = read(self.stream, RECORD)
    if #header < RECORD then
        damaged(self.path, self.count == 0 and 'is no tar archive' or 'is cut short: the end of the archive is missing')
    elseif not header:find '[^%z]' then
        return nil
    elseif number(header:sub(149, 156)) ~= sum(header) then
        damaged(self.path, self.count == 0 and 'is no tar archive'
            or ('is damaged: the header of its entry %d is wrong'):format(self.count + 1))
    end
    return header
end

-- "LENGTH KEY=VALUE\n" of a pax header.
local function read_pax(text, pax)
    local at = 1
    while at <= #text do
        local length = tonumber(text:match('^(%d+) ', at))
        if not length or length < 5 then
            return
        end
        local key, value = text:sub(at, at + length - 2):match '^%d+ ([^=]+)=(.*)$'
        if key then
            pax[key] = value
        end
        at = at + length
    end
end

-- The next file: its name and size; what stands in front of it (long names, pax) is taken into account.
function Archive:next()
    local pax = {}
    while true do
        local header = self:header()
        if not header then
            return nil
        end
        self.count = self.count + 1
        local kind, size = header:sub(157, 157), number(header:sub(125, 136))
        local name, prefix = text_until_zero(header:sub(1, 100)), text_until_zero(header:sub(346, 500))
        self.name = name
        if kind == 'x' or kind == 'L' then
            local text = self:contents(size, 2 ^ 20)
            self:skip(-size % RECORD)
            if kind == 'x' then
                read_pax(text, pax)
            else
                pax.path = text_until_zero(text)
            end
        else
            local ustar = header:sub(258, 262) == 'ustar' and header:sub(263, 263) == '\0'
            self.name = pax.path or ustar and prefix ~= '' and prefix .. '/' .. name or name
            size = tonumber(pax.size) or size
            if kind == '0' or kind == '\0' or kind == '7' then
                return self.name, size
            end
            self:skip(size + -size % RECORD) -- folders, links, devices: nobody follows them
            pax = {}
        end
    end
end

-- for name, contents, size in archive(path) do: contents() is the file's text, if it is asked for before the next round
function source.archive(path, options)
    local most = longest(options, 'archive')
    local stream, why = engine.open(path)
    if not stream then
        return nil, why
    end
    local archive = setmetatable({ stream = stream, path = path, most = most, count = 0 }, Archive)
    local left, padding = 0, 0
    return function()
        archive:skip(left + padding)
        left, padding = 0, 0
        local name, size = archive:next()
        if not name then
            stream:close()
            return nil
        end
        left, padding = size, -size % RECORD
        return name, function()
            if archive.name ~= name or left < size then
                raise("archive: the contents of '%s' can be had once, before the loop goes on", name)
            end
            local text = archive:contents(size)
            left = 0
            return text
        end, size
    end
end

return source
