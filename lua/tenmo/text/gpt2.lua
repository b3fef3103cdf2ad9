-- gpt2.lua: GPT-2's tokenizer from the two files that came with it.
--
--     local gpt2 = assert(tenmo.text.gpt2 'folder')      encoder.json and vocab.bpe in it
--     gpt2:encode 'Hello world'                          15496, 995
local byte_letters = require 'tenmo.text.byte_letters'
local raise = require 'tenmo.raise'
local tokenizer = require 'tenmo.text.tokenizer'
local tokens = require 'tenmo.bind.tokens'

require 'tenmo.text.huggingface' -- how it is saved

local SPECIAL = '<|endoftext|>'

local function read_file(path)
    local file, why = io.open(path, 'rb')
    if not file then
        return nil, why
    end
    local content = file:read '*a'
    file:close()
    return content or nil, not content and ("'%s' can't be read"):format(path) or nil
end

-- The names of encoder.json in the order of their ids, or nil and what is wrong.
local function names_of(content)
    local good, vocabulary, _, wrong = pcall(tokenizer.json().decode, content)
    if not good or type(vocabulary) ~= 'table' then
        return nil, 'is damaged: ' .. tostring(good and wrong or 'nested too deeply')
    end
    return tokenizer.in_order(vocabulary)
end

local function add_tokens(names)
    local builder, special = tokens.builder(), nil
    for id, name in ipairs(names) do
        if name == SPECIAL then
            special = builder:add(name, 0, true)
        else
            local bytes = byte_letters.read(name)
            if not bytes then
                return nil, ("token %d ('%s') has letters that stand for no byte"):format(id - 1, name)
            elseif builder:add(bytes) ~= id - 1 then
                return nil, ("token %d ('%s') stands there twice"):format(id - 1, name)
            end
        end
    end
    local made = tokens.tokenizer('bpe', builder)
    if special then
        tokens.mark_special(made, special)
    end
    return made
end

-- nil, or the line and what is wrong with it
local function add_merges(made, content)
    local number = 0
    for line in content:gmatch '([^\n]*)\n?' do
        number = number + 1
        if line ~= '' and not (number == 1 and line:find '^#version') then
            local left, right = line:match '^(%S+) (%S+)\r?$'
            left, right = left and byte_letters.read(left), right and byte_letters.read(right)
            if not left or not right then
                return number, 'expected two tokens with a space between'
            end
            local good, why = pcall(tokens.add_merge, made, left, right)
            if not good then
                return number, tokenizer.without_place(why)
            end
        end
    end
end

return function(folder)
    if folder == nil then
        folder = (os.getenv 'TENMO_DATA' or '.') .. '/gpt2'
    elseif type(folder) ~= 'string' then
        raise('text.gpt2: expected a folder, got %s', type(folder))
    end
    local encoder, merges = folder .. '/encoder.json', folder .. '/vocab.bpe'
    local vocabulary, why = read_file(encoder)
    if not vocabulary then
        return nil, why
    end
    local list, made
    list, why = names_of(vocabulary)
    if list then
        made, why = add_tokens(list)
    end
    if not made then
        return nil, ('%s: %s'):format(encoder, why)
    end
    local content
    content, why = read_file(merges)
    if not content then
        return nil, why
    end
    local line, wrong = add_merges(made, content)
    if line then
        return nil, ('%s:%d: %s'):format(merges, line, wrong)
    end
    return made
end
