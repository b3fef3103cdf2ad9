-- options.lua: a table of options, held to what a function knows.
--
--     local o = options('text.words', given, { min_freq = { 'number', 1 }, stop = { 'table' } })
--
-- gives the defaults where nothing was given. Unknown names and wrong types raise. A type may list
-- several: 'table/boolean'. 'tensor' is one.
local near = require 'tenmo.near'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local function unknown(name, option, known)
    local names = {}
    for key in pairs(known) do
        names[#names + 1] = key
    end
    table.sort(names)
    local guess = near(tostring(option), names)
    raise("%s: unknown option '%s'%s", name, tostring(option), guess and ("; did you mean '%s'?"):format(guess)
        or '; there are ' .. table.concat(names, ' '))
end

local function kind_of(value)
    return tenmo.is_tensor(value) and 'tensor' or type(value)
end

return function(name, given, known)
    if given ~= nil and type(given) ~= 'table' then
        raise('%s: options are a table, got %s', name, kind_of(given))
    end
    for option, value in pairs(given or {}) do
        local expected = known[option] or unknown(name, option, known)
        if not ('/' .. expected[1] .. '/'):find('/' .. kind_of(value) .. '/', 1, true) then
            raise("%s: option '%s': expected a %s, got a %s", name, option, (expected[1]:gsub('/', ' or a ')),
                kind_of(value))
        end
    end
    local result = {}
    for option, expected in pairs(known) do
        result[option] = expected[2]
        if given and given[option] ~= nil then
            result[option] = given[option]
        end
    end
    return result
end
