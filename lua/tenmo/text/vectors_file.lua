-- vectors_file.lua: word2vec's two formats. Both begin with a line "words dim". Then, as text, a line for each word
-- with its numbers; or, binary, the word, a space, dim floats of 4 bytes (little-endian) and perhaps a line end.
local ffi = require 'ffi'
local files = require 'tenmo.files'
local tenmo = require 'tenmo'

local file = {}

-- --- writing ------------------------------------------------------------------------------------------------------

-- Nine digits bring every float back.
local function text_line(word, numbers)
    local parts = { word }
    for i, v in ipairs(numbers) do
        parts[i + 1] = ('%.9g'):format(v)
    end
    return table.concat(parts, ' ') .. '\n'
end

local function write_all(out, vectors, vocab, special, binary)
    local n = 0
    for _ in pairs(special) do
        n = n + 1
    end
    local good, why = out:write(('%d %d\n'):format(#vectors - n, vectors:size(2)))
    for id = 0, #vectors - 1 do
        if good and not special[id] then
            local row = vectors:at(id)
            good, why = out:write(binary and vocab:word(id) .. ' ' .. row:tobytes() .. '\n'
                or text_line(vocab:word(id), row:totable()))
        end
    end
    return good, why
end

-- True, or nil and a message; special tokens stay out.
function file.write(path, vectors, vocab, special, binary)
    return files.write_whole(path, function(out)
        return write_all(out, vectors, vocab, special, binary)
    end)
end

-- --- reading ------------------------------------------------------------------------------------------------------

-- The words of a file, with the methods of a vocabulary.
local List = {}
List.__index = List

function List:size()
    return #self.words
end

function List:word(id)
    return self.words[id + 1]
end

function List:id(word)
    return self.ids[word]
end

function List.specials()
    return {}
end

-- Notes the next word; false if it was there before.
local function add(list, word)
    if list.ids[word] then
        return false
    end
    list.words[#list.words + 1] = word
    list.ids[word] = #list.words - 1
    return true
end

local function read_text(content, at, words, dim, list, to)
    for n = 1, words do
        local stop = content:find('\n', at, true) or #content + 1
        local line = content:sub(at, stop - 1)
        local word, rest = line:match '^(%S+) (.*)$'
        if not word then
            return nil, n + 1, ("expected a word and %d numbers, got '%s'"):format(dim, line:sub(1, 40))
        elseif not add(list, word) then
            return nil, n + 1, ("the word '%s' stands there twice"):format(word)
        end
        local k, base = 0, (n - 1) * dim
        for text in rest:gmatch '%S+' do
            local number = tonumber(text)
            if not number or k == dim then
                return nil, n + 1, not number and ("'%s' is no number"):format(text:sub(1, 40))
                    or ('more than %d numbers'):format(dim)
            end
            to[base + k] = number
            k = k + 1
        end
        if k < dim then
            return nil, n + 1, ('%d numbers, expected %d'):format(k, dim)
        end
        at = stop + 1
    end
    return at
end

local function read_binary(content, at, words, dim, list, to)
    for n = 1, words do
        at = content:match('^[\r\n]+()', at) or at
        local space = content:find(' ', at, true)
        if not space or space + dim * 4 > #content then
            return nil, nil, ('the file ends within word %d of %d'):format(n, words)
        end
        local word = content:sub(at, space - 1)
        if word == '' or not add(list, word) then
            return nil, nil, word == '' and ('word %d is empty'):format(n)
                or ("the word '%s' stands there twice"):format(word)
        end
        ffi.copy(to + (n - 1) * dim, content:sub(space + 1, space + dim * 4), dim * 4)
        at = space + 1 + dim * 4
    end
    return content:match('^[\r\n]+()', at) or at
end

-- Text has only characters that people read behind its first word.
local function is_text(content, at)
    local sample = content:sub(at, at + 4095)
    local numbers = sample:match '^%S+ ([^\n]*)' or ''
    return not sample:find '[%z\1-\8\14-\31]' and numbers:find '^[%deE%+%-%. infa\r]*$' ~= nil
end

local function parse(content)
    local words, dim, at = content:match '^(%d+) (%d+)[ \r]*\n()'
    words, dim = tonumber(words), tonumber(dim)
    if not words or words == 0 or dim == 0 then
        return nil, 1, ("expected the numbers of words and of dimensions, got '%s'"):format(
            content:sub(1, 40):gsub('[%c]', ' '))
    elseif words * dim * 2 > #content then
        return nil, 1, ('%d words of %d numbers need more bytes than the file has'):format(words, dim)
    end
    local list, to = setmetatable({ words = {}, ids = {} }, List), ffi.new('float[?]', words * dim)
    local read = is_text(content, at) and read_text or read_binary
    local stop, line, why = read(content, at, words, dim, list, to)
    if not stop then
        return nil, line, why
    elseif stop <= #content and content:find('%S', stop) then
        return nil, nil, ('there is more behind the %d words'):format(words)
    end
    return tenmo.from_bytes(ffi.string(to, words * dim * 4), { words, dim }), list
end

-- The vectors and their words, or nil and a message.
function file.read(path)
    local input, why = io.open(path, 'rb')
    if not input then
        return nil, why
    end
    local content = input:read '*a'
    input:close()
    if not content then
        return nil, ("'%s' can't be read"):format(path)
    end
    local vectors, list, wrong = parse(content)
    if not vectors then
        return nil, list and ('%s:%d: %s'):format(path, list, wrong) or ('%s: %s'):format(path, wrong)
    end
    return vectors, list
end

return file
