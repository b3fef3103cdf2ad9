-- cleaner.lua: cleaning text, with steps as data.
--
--     local clean = tenmo.text.cleaner()                     -- for word vectors: see RULES.words
--     local clean = tenmo.text.cleaner 'letters'             -- lower case, letters and apostrophes only
--     local clean = tenmo.text.cleaner { 'tags', { replace = [[\(c\) \d+]] }, 'spaces', invalid = 'replace' }
--     clean(text), clean:all(texts), clean:words(text), clean:file('in.txt.gz', 'out.txt')
--
-- Steps are done in their order, each on what the ones before it left:
--
--     'lower'                               every character becomes its lower case
--     'tags'           <[^>]{1,65535}>      becomes a space
--     'urls'           http\S+|www\.\S+     becomes a space
--     'digits'         \d+                  becomes a space
--     'letters'        [^\pL']+             becomes a space
--     'apostrophes'    (?<!\w)'|'(?!\w)     becomes a space: those that quote, not that in "don't"
--     'spaces'                              runs of white space become one space, none stays at the ends
--     { words = n }                         words of fewer than n characters go; the others stand one space apart
--     { replace = pattern, with = text }    what tenmo.regex's pattern matches becomes that text, or a space
--
-- Steps in this order up to 'spaces' or words are one pass over the bytes (core/text/scan.c); clean.passes tells
-- which were. Options beside the steps: invalid, what becomes of bytes that aren't UTF-8 ('error', 'keep', 'replace');
-- merge = false does each step alone; longest, how many bytes a document may have that a pattern has to see whole.
local engine = require('tenmo')._text
local files = require 'tenmo.files'
local near = require 'tenmo.near'
local raise = require 'tenmo.raise'

local RULES = {
    words = { 'tags', 'urls', 'digits', 'apostrophes', 'spaces', { words = 2 } },
    letters = { 'lower', 'tags', 'urls', 'letters', 'apostrophes', 'spaces' },
}
local PLAIN = { lower = 'lower', tags = 'tags', urls = 'urls', digits = 'digits', letters = 'letters',
    apostrophes = 'apostrophes', spaces = 'words' }
local INVALID = { error = true, keep = true, replace = true }
local BLOCK = 4 * 2 ^ 20 -- bytes of a file at a time

local Cleaner = {}
Cleaner.__index = Cleaner

-- --- steps -----------------------------------------------------------------------------------------------------

local function sorted_keys(t)
    local keys = {}
    for key in pairs(t) do
        keys[#keys + 1] = key
    end
    table.sort(keys)
    return keys
end

local function unknown(what, name, known)
    local guess = near(tostring(name), known)
    raise("cleaner: there is no %s '%s'%s", what, tostring(name), guess and ("; did you mean '%s'?"):format(guess)
        or '; there are ' .. table.concat(known, ', '))
end

local FIELDS = { words = { words = 'number' }, replace = { replace = 'string', with = 'string', options = 'table' } }

local function check_fields(step, kind, i)
    for name, value in pairs(step) do
        local expected = FIELDS[kind][name]
        if not expected then
            unknown(("field of step %d named"):format(i), name, sorted_keys(FIELDS[kind]))
        elseif type(value) ~= expected then
            raise("cleaner: step %d: '%s' expects a %s, got a %s", i, name, expected, type(value))
        end
    end
end

-- A step as the engine takes it, and its name.
local function read_step(step, i)
    if type(step) == 'string' then
        if not PLAIN[step] then
            unknown('step', step, sorted_keys(PLAIN))
        end
        return { kind = PLAIN[step], least = 1 }, step
    elseif type(step) ~= 'table' or not (step.words or step.replace) then
        raise("cleaner: step %d expects a name, { words = n } or { replace = pattern }, got %s", i,
            type(step) == 'table' and 'another table' or 'a ' .. type(step))
    end
    local kind = step.words and 'words' or 'replace'
    check_fields(step, kind, i)
    if kind == 'words' and (step.words < 1 or step.words > 65535 or step.words % 1 ~= 0) then
        raise('cleaner: step %d: words expects a whole number from 1 to 65535, got %s', i, tostring(step.words))
    end
    return { kind = kind, least = step.words, pattern = step.replace, with = step.with or ' ', options = step.options },
        kind
end

local OPTIONS = { invalid = 'string', merge = 'boolean', longest = 'number' }

local function check_options(spec)
    for name, value in pairs(spec) do
        if type(name) ~= 'number' then
            if not OPTIONS[name] then
                unknown('option', name, sorted_keys(OPTIONS))
            elseif type(value) ~= OPTIONS[name] then
                raise("cleaner: option '%s' expects a %s, got a %s", name, OPTIONS[name], type(value))
            end
        end
    end
    if spec.invalid and not INVALID[spec.invalid] then
        unknown('choice of invalid named', spec.invalid, sorted_keys(INVALID))
    end
end

local function new(spec)
    spec = spec or 'words'
    if type(spec) == 'string' then
        if not RULES[spec] then
            unknown('set of rules named', spec, sorted_keys(RULES))
        end
        spec = RULES[spec]
    elseif type(spec) ~= 'table' then
        raise('cleaner: expects a table of steps or the name of a set of rules, got a %s', type(spec))
    end
    check_options(spec)
    local steps, names = {}, {}
    local given = #spec > 0 and spec or RULES.words
    for i, step in ipairs(given) do
        steps[i], names[i] = read_step(step, i)
    end
    local engine_cleaner = engine.cleaner(steps, spec.invalid or 'error', spec.merge ~= false)
    local passes, at = {}, 0
    for i, n in ipairs(engine.passes(engine_cleaner)) do
        passes[i] = table.concat(names, '+', at + 1, at + n)
        at = at + n
    end
    return setmetatable({ engine = engine_cleaner, passes = passes, longest = spec.longest or 64 * 2 ^ 20 }, Cleaner)
end

-- --- texts -------------------------------------------------------------------------------------------------------

function Cleaner:__tostring()
    return 'cleaner: ' .. table.concat(self.passes, ', ')
end

function Cleaner:__call(text)
    if type(text) ~= 'string' then
        raise('clean: expects a string, got a %s', type(text))
    end
    return engine.clean(self.engine, { text })[1]
end

-- A list of texts, on all threads.
function Cleaner:all(texts)
    if type(texts) ~= 'table' then
        raise('clean:all: expects a list of strings, got a %s', type(texts))
    end
    return engine.clean(self.engine, texts)
end

-- The words of a text, as a list: what white space divides.
function Cleaner:words(text)
    local words = {}
    for word in self(text):gmatch '[^%s]+' do
        words[#words + 1] = word
    end
    return words
end

-- --- streams --------------------------------------------------------------------------------------------------------

-- A text that comes in pieces: feed:add(text) gives what is clean by now, feed:add(text, true) the rest. Each line is a
-- document unless lines = false. nil and a message where the text itself is at fault.
function Cleaner:feed(options)
    local lines = not options or options.lines ~= false
    return engine.feed(self.engine, lines, self.longest)
end

-- Clean pieces of a file as they come: for text in clean:stream(path) do. An error of the file is raised.
function Cleaner:stream(path, options)
    local source, why = engine.open(path)
    if not source then
        return nil, why
    end
    local feed = self:feed(options)
    return function()
        while source do
            local block, broken = source:read(BLOCK)
            if broken then
                error(broken, 0)
            end
            local text, wrong = feed:add(block or '', not block)
            if not text then
                error(("'%s': %s"):format(path, wrong), 0)
            end
            if not block then
                source:close()
                source = nil
            end
            if text ~= '' then
                return text
            end
        end
    end
end

-- Cleans a file (plain, gz, bz2, xz) into another, which is there whole or not at all. Each line is a document unless
-- lines = false. Returns how many bytes were written, or nil and a message.
function Cleaner:file(from, to, options)
    local source, why = engine.open(from)
    if not source then
        return nil, why
    end
    local feed, bytes, wrong = self:feed(options), 0, nil
    local good, message = files.write_whole(to, function(file)
        while true do
            local n, last = source:pump(feed, file)
            if not n then
                wrong = ("'%s': %s"):format(from, last)
                return nil, wrong
            end
            bytes = bytes + n
            if last then
                return true
            end
        end
    end)
    source:close()
    if not good then
        return nil, wrong or message
    end
    return bytes
end

return setmetatable({ RULES = RULES, methods = Cleaner }, {
    __call = function(_, spec)
        return new(spec)
    end,
})
