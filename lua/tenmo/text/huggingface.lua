-- huggingface.lua: tokenizer.json, the format of Hugging Face's tokenizers
-- (https://huggingface.co/docs/tokenizers), for byte-level BPE and for WordPiece.
--
-- What a file asks for and this library doesn't do is an error when it is read, not a difference in ids later.
local byte_letters = require 'tenmo.text.byte_letters'
local tokenizer = require 'tenmo.text.tokenizer'
local tokens = require 'tenmo.bind.tokens'

local huggingface = {}

-- --- writing -------------------------------------------------------------------------------------------------------

local function quote(text)
    return tokenizer.json().quotestring(text)
end

local function added_tokens(self)
    local list = {}
    for name, id in pairs(self:specials()) do
        list[#list + 1] = { id, name }
    end
    table.sort(list, function(a, b)
        return a[1] < b[1]
    end)
    for i, special in ipairs(list) do
        list[i] = ('    { "id": %d, "content": %s, "single_word": false, "lstrip": false, "rstrip": false, '
            .. '"normalized": false, "special": true }'):format(special[1], quote(special[2]))
    end
    return '[\n' .. table.concat(list, ',\n') .. ' ]'
end

-- One token a line. A special token is written as it is, the others in letters that stand for bytes.
local function vocabulary(self, letters)
    local special, seen, lines = {}, {}, {}
    for _, id in pairs(self:specials()) do
        special[id] = true
    end
    for id = 0, #self - 1 do
        local name = self:word(id)
        name = special[id] and name or letters(name)
        if seen[name] then
            return nil, ("tokens %d and %d are both written '%s' in this format"):format(seen[name], id, name)
        end
        seen[name] = id
        lines[#lines + 1] = ('      %s: %d'):format(quote(name), id)
    end
    return '{\n' .. table.concat(lines, ',\n') .. ' }'
end

local function merges(self)
    local lefts, rights = tokens.merges(self)
    local lines = {}
    for i, left in ipairs(lefts) do
        lines[i] = ('      [%s, %s]'):format(quote(byte_letters.write(self:word(left))),
            quote(byte_letters.write(self:word(rights[i]))))
    end
    return '[\n' .. table.concat(lines, ',\n') .. ' ]'
end

local BYTE_LEVEL = '{ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": %s }'

local function pre_tokenizer(pattern)
    if not pattern then
        return BYTE_LEVEL:format 'true'
    end
    return ('{ "type": "Sequence", "pretokenizers": [\n    { "type": "Split", "pattern": { "Regex": %s }, '
        .. '"behavior": "Isolated", "invert": false },\n    %s ] }'):format(quote(pattern), BYTE_LEVEL:format 'false')
end

-- What stands around a text.
local function post_processor(self)
    local around, parts, names = { tokens.around(self) }, {}, {}
    local function add(id)
        local name = quote(self:word(id))
        parts[#parts + 1] = ('{ "SpecialToken": { "id": %s, "type_id": 0 } }'):format(name)
        names[#names + 1] = ('%s: { "id": %s, "ids": [%d], "tokens": [%s] }'):format(name, name, id, name)
    end
    for _, id in ipairs(around[1]) do
        add(id)
    end
    parts[#parts + 1] = '{ "Sequence": { "id": "A", "type_id": 0 } }'
    for _, id in ipairs(around[2]) do
        add(id)
    end
    if #parts == 1 then
        return 'null'
    end
    local all = table.concat(parts, ', ')
    return ('{ "type": "TemplateProcessing",\n    "single": [%s],\n    "pair": [%s, '
        .. '{ "Sequence": { "id": "B", "type_id": 1 } }],\n    "special_tokens": { %s } }'):format(all, all,
        table.concat(names, ', '))
end

local function as_it_is(text)
    return text
end

function tokenizer.writers.wordpiece(self, file)
    local details = tokenizer.details[self]
    local words, why = vocabulary(self, as_it_is)
    if not words then
        return nil, why
    end
    local _, unknown = tokens.about(self)
    return file:write(('{\n  "version": "1.0", "truncation": null, "padding": null,\n  "added_tokens": %s,\n'
        .. '  "normalizer": { "type": "BertNormalizer", "clean_text": %s, "handle_chinese_chars": %s, '
        .. '"strip_accents": %s, "lowercase": %s },\n  "pre_tokenizer": { "type": "BertPreTokenizer" },\n'
        .. '  "post_processor": %s,\n  "decoder": { "type": "WordPiece", "prefix": "##", "cleanup": true },\n'):format(
        added_tokens(self), tostring(details.clean), tostring(details.chinese), tostring(details.strip),
        tostring(details.lowercase), post_processor(self)),
        ('  "model": { "type": "WordPiece", "unk_token": %s, "continuing_subword_prefix": "##",\n'
        .. '    "max_input_chars_per_word": 100,\n    "vocab": %s } }\n'):format(quote(self:word(unknown)), words))
end

function tokenizer.writers.bpe(self, file)
    local details = tokenizer.details[self] or {}
    local words, why = vocabulary(self, byte_letters.write)
    if not words then
        return nil, why
    end
    return file:write(('{\n  "version": "1.0", "truncation": null, "padding": null,\n  "added_tokens": %s,\n'
        .. '  "normalizer": null,\n  "pre_tokenizer": %s,\n  "post_processor": %s,\n  "decoder": %s,\n'):format(
        added_tokens(self), pre_tokenizer(details.pattern), post_processor(self), BYTE_LEVEL:format 'true'),
        ('  "model": { "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",\n'
        .. '    "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "ignore_merges": %s,\n'
        .. '    "vocab": %s,\n    "merges": %s } }\n'):format(tostring(details.whole or false), words, merges(self)))
end

-- --- reading -------------------------------------------------------------------------------------------------------

-- Problems are thrown as tables with a message, and caught by read.
local function refuse(...)
    error({ message = select('#', ...) > 1 and string.format(...) or ... }, 0)
end

local function need(condition, ...)
    return condition or refuse(...)
end

local function is_table(value, name)
    return need(type(value) == 'table' and value, '%s is missing or no object', name)
end

-- JSON's null is nil here, so an absent field and null are one.
local function unwanted(value, name)
    need(not value, "%s is not supported", name)
end

-- The regular expression of a Split before ByteLevel; nil: GPT-2's pattern.
local function read_pattern(pre)
    is_table(pre, 'pre_tokenizer')
    local list = pre.type == 'Sequence' and is_table(pre.pretokenizers, 'pre_tokenizer.pretokenizers') or { pre }
    local level, split = list[#list], #list > 1 and list[1]
    need(#list < 3 and type(level) == 'table' and level.type == 'ByteLevel', 'the pre_tokenizer %s is not supported; '
        .. 'ByteLevel is, alone or behind a Split', tostring(type(level) == 'table' and level.type))
    unwanted(level.add_prefix_space, 'add_prefix_space of ByteLevel')
    if not split then
        need(level.use_regex ~= false, 'ByteLevel without a pattern is not supported')
        return nil
    end
    need(type(split) == 'table' and split.type == 'Split' and level.use_regex == false and split.behavior == 'Isolated'
        and not split.invert and type(split.pattern) == 'table' and type(split.pattern.Regex) == 'string',
        'this Sequence of pre_tokenizers is not supported; a Split by a Regex, Isolated, before ByteLevel is')
    return split.pattern.Regex
end

-- The added tokens: by name, and a list by id.
local function read_added(all)
    local by_name, list = {}, {}
    for i, token in ipairs(all.added_tokens or {}) do
        need(type(token) == 'table' and type(token.content) == 'string' and token.content ~= ''
            and type(token.id) == 'number', 'added token %d has no content or no id', i)
        by_name[token.content] = token.id
        list[#list + 1] = { token.id, token.content }
    end
    table.sort(list, function(a, b)
        return a[1] < b[1]
    end)
    return by_name, list
end

-- A builder with every token by its id; text(name) is what an ordinary one stands for.
local function build(vocab, by_name, added, text)
    local all = {}
    for name, id in pairs(vocab) do
        all[name] = id
    end
    for _, token in ipairs(added) do
        all[token[2]] = token[1]
    end
    local names, why = tokenizer.in_order(all)
    need(names, 'the vocabulary is damaged: %s', why)
    local builder, special = tokens.builder(), {}
    for id, name in ipairs(names) do
        if by_name[name] then
            special[#special + 1] = builder:add(name, 0, true)
        else
            local bytes = need(text(name), "token %d ('%s') has letters that stand for no byte", id - 1, name)
            need(builder:add(bytes) == id - 1, "token %d ('%s') stands there twice", id - 1, name)
        end
    end
    return builder, special
end

-- The special tokens around one text, of a TemplateProcessing or what BERT's and RoBERTa's old files have.
local function set_around(made, post)
    local around = { {}, {} }
    local function add(side, name)
        table.insert(around[side], need(type(name) == 'string' and made:specials()[name],
            "post_processor: '%s' is no special token", tostring(name)))
    end
    if not post or post.type == 'ByteLevel' then
        return
    elseif post.type == 'BertProcessing' or post.type == 'RobertaProcessing' then
        add(1, is_table(post.cls, 'post_processor.cls')[1])
        add(2, is_table(post.sep, 'post_processor.sep')[1])
    else
        need(post.type == 'TemplateProcessing', 'the post_processor %s is not supported', tostring(post.type))
        local side = 1
        for _, part in ipairs(is_table(post.single, 'post_processor.single')) do
            if type(part) == 'table' and type(part.SpecialToken) == 'table' then
                add(side, part.SpecialToken.id)
            else
                side = 2
            end
        end
    end
    need(#around[1] <= 16 and #around[2] <= 16, 'post_processor: more than 16 special tokens around a text')
    tokens.set_around(made, around[1], around[2])
end

local function mark_specials(made, special, post)
    for _, id in ipairs(special) do
        tokens.mark_special(made, id)
    end
    set_around(made, post)
    return made
end

local function add_merges(made, list)
    for i, merge in ipairs(list) do
        local left, right
        if type(merge) == 'string' then
            left, right = merge:match '^(%S+) (%S+)$'
        elseif type(merge) == 'table' then
            left, right = merge[1], merge[2]
        end
        left = type(left) == 'string' and byte_letters.read(left)
        right = type(right) == 'string' and byte_letters.read(right)
        need(left and right, 'merge %d is none: expected two tokens', i)
        local good, why = pcall(tokens.add_merge, made, left, right)
        need(good, 'merge %d: %s', i, tokenizer.without_place(why))
    end
end

local function read_bpe(all)
    local model = all.model
    unwanted(all.normalizer, 'a normalizer before byte-level BPE')
    unwanted(model.byte_fallback, 'byte_fallback')
    unwanted(model.dropout, 'dropout')
    unwanted(model.continuing_subword_prefix and model.continuing_subword_prefix ~= '', 'continuing_subword_prefix')
    unwanted(model.end_of_word_suffix and model.end_of_word_suffix ~= '', 'end_of_word_suffix')
    local pattern = read_pattern(all.pre_tokenizer)
    local by_name, added = read_added(all)
    local builder, special = build(is_table(model.vocab, 'model.vocab'), by_name, added, byte_letters.read)
    local made = mark_specials(tokens.tokenizer('bpe', builder), special, all.post_processor)
    if pattern then
        local good, why = pcall(tokens.set_pattern, made, pattern)
        need(good, 'pre_tokenizer: %s', tokenizer.without_place(why))
    end
    tokens.set_whole(made, model.ignore_merges == true)
    add_merges(made, is_table(model.merges, 'model.merges'))
    tokenizer.details[made] = { pattern = pattern, whole = model.ignore_merges == true }
    return made
end

local function read_wordpiece(all)
    local model, normal = all.model, is_table(all.normalizer, 'normalizer')
    need(normal.type == 'BertNormalizer', 'the normalizer %s before WordPiece is not supported; BertNormalizer is',
        tostring(normal.type))
    need(is_table(all.pre_tokenizer, 'pre_tokenizer').type == 'BertPreTokenizer',
        'the pre_tokenizer %s before WordPiece is not supported; BertPreTokenizer is', tostring(all.pre_tokenizer.type))
    need((model.continuing_subword_prefix or '##') == '##', 'continuing_subword_prefix is not ##')
    need((model.max_input_chars_per_word or 100) == 100, 'max_input_chars_per_word is not 100')
    local by_name, added = read_added(all)
    local builder, special = build(is_table(model.vocab, 'model.vocab'), by_name, added, as_it_is)
    local made = mark_specials(tokens.tokenizer('wordpiece', builder), special, all.post_processor)
    local unknown = need(type(model.unk_token) == 'string' and made:id(model.unk_token),
        'unk_token is missing, or not in the vocabulary')
    tokens.set_unknown(made, unknown)
    local lowercase = normal.lowercase ~= false
    local strip = normal.strip_accents
    if strip == nil then
        strip = lowercase
    end
    local details = { clean = normal.clean_text ~= false, chinese = normal.handle_chinese_chars ~= false,
        strip = strip, lowercase = lowercase }
    tokens.set_normaliser(made, details.clean, details.chinese, details.strip, details.lowercase)
    tokenizer.details[made] = details
    return made
end

local MODELS = { BPE = read_bpe, WordPiece = read_wordpiece }

local function parse(content)
    local good, all, _, wrong = pcall(tokenizer.json().decode, content)
    need(good and type(all) == 'table', 'is damaged: %s', tostring(good and (wrong or 'no object')
        or 'nested too deeply'))
    need(type(all.model) == 'table', 'has no model, so it is no tokenizer.json')
    local kind = all.model.type or (all.model.merges and 'BPE')
    return need(MODELS[kind], 'the model %s is not supported; BPE and WordPiece are', tostring(kind))(all)
end

-- A tokenizer, or nil, nil and what is wrong.
function huggingface.read(content)
    local good, made = pcall(parse, content)
    if good then
        return made
    elseif type(made) ~= 'table' then
        error(made, 0)
    end
    return nil, nil, made.message
end

return huggingface
