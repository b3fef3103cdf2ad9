-- tokenizer.lua: what every kind of tokenizer shares: where texts come from, special tokens, files.
--
-- A tokenizer is a userdata (lua/bind/text_tokens.c). Its methods encode, encode_batch, decode, id, word, count,
-- counts, specials and size are C; save is here. Each kind says how it is written; load.lua knows how its file begins.
local files = require 'tenmo.files'
local raise = require 'tenmo.raise'
local tokens = require 'tenmo.bind.tokens'

local tokenizer = {}

-- kind = write(tokenizer, file), which returns what file:write returns.
tokenizer.writers = {}

-- What a tokenizer's file says beyond what the engine keeps: by tokenizer.
tokenizer.details = setmetatable({}, { __mode = 'k' })

-- A message of the engine without the line of a script.
function tokenizer.without_place(message)
    return (tostring(message):gsub('^[^\n]-:%d+: ', ''))
end

function tokenizer.json()
    local found, library = pcall(require, 'dkjson')
    if not found then
        error('tokenizer: needs the JSON library dkjson (Debian and Ubuntu: apt install lua-dkjson)', 0)
    end
    return library
end

-- Calls use(document) for each: a string is one document; a list, or a function that gives one at a time until nil,
-- are many.
function tokenizer.each_document(name, source, use)
    if type(source) == 'string' then
        return use(source)
    end
    local next_document, i = source, 0
    if type(source) == 'table' then
        next_document = function()
            i = i + 1
            return source[i]
        end
    elseif type(source) ~= 'function' then
        raise('%s: expected a text, a list of texts or a function that gives one at a time, got %s', name, type(source))
    end
    local n = 0
    for document in next_document do
        n = n + 1
        if type(document) ~= 'string' then
            raise('%s: text %d: expected a string, got %s', name, n, type(document))
        end
        use(document)
    end
end

function tokenizer.check_name(name, special)
    if type(special) ~= 'string' or special == '' then
        raise('%s: the name of a special token is a text, got %s', name,
            special == '' and 'an empty one' or type(special))
    elseif special:find '[\t\r\n]' then
        raise("%s: the name of a special token can't have tabs or line ends", name)
    end
    return special
end

-- A whole number from `least` up, or an error.
function tokenizer.check_whole(name, option, value, least)
    if value % 1 ~= 0 or value < least or value >= 2 ^ 31 then
        raise("%s: option '%s': expected a whole number from %d up, got %s", name, option, least, tostring(value))
    end
    return value
end

-- The names of a table from name to id, in the order of the ids, which are 0, 1, 2 ...; nil and what is wrong.
function tokenizer.in_order(vocabulary)
    local names, n = {}, 0
    for name, id in pairs(vocabulary) do
        if type(name) ~= 'string' or type(id) ~= 'number' or id % 1 ~= 0 or id < 0 or id >= 2 ^ 31 then
            return nil, ("'%s' has no id"):format(tostring(name))
        elseif names[id + 1] then
            return nil, ("id %d belongs to '%s' and to '%s'"):format(id, names[id + 1], name)
        end
        names[id + 1], n = name, n + 1
    end
    for id = 1, n do
        if not names[id] then
            return nil, ('id %d belongs to no token'):format(id - 1)
        end
    end
    return names
end

-- The names of a table from name to id, in the order of the ids, which are 0, 1, 2 ...; nil and what is wrong.
function tokenizer.in_order(vocabulary)
    local names, n = {}, 0
    for name, id in pairs(vocabulary) do
        if type(name) ~= 'string' or type(id) ~= 'number' or id % 1 ~= 0 or id < 0 or id >= 2 ^ 31 then
            return nil, ("'%s' has no id"):format(tostring(name))
        elseif names[id + 1] then
            return nil, ("id %d belongs to '%s' and to '%s'"):format(id, names[id + 1], name)
        end
        names[id + 1], n = name, n + 1
    end
    for id = 1, n do
        if not names[id] then
            return nil, ('id %d belongs to no token'):format(id - 1)
        end
    end
    return names
end

-- The special tokens of a list get ids behind those that are there.
function tokenizer.add_specials(name, made, specials)
    for _, special in ipairs(specials) do
        tokens.add_special(made, tokenizer.check_name(name, special))
    end
    return made
end

-- Writes the tokenizer to a file that text.tokenizer(path) reads. true, or nil and a message.
function tokens.methods.save(self, path)
    if type(path) ~= 'string' then
        raise('save: expected a path, got %s', type(path))
    end
    local write = tokenizer.writers[tokens.about(self)]
    return files.write_whole(path, function(file)
        return write(self, file)
    end)
end

return tokenizer
