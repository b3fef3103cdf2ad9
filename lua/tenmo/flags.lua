-- flags.lua: the flags of a program.
--
--     local flags = tenmo.flags {
--         'mnist.lua: a network learns to read handwritten digits.',
--         { 'epochs', 15, 'passes over the training images' },
--         { 'lr', 0.01, 'learning rate' },
--     }
--     flags.epochs
--
-- A flag is { name, default, help }. The default's type is the flag's: a string, a number (a whole one if
-- the default is whole), or false for a switch. `--lr 0.1` and `--lr=0.1` both work; --help prints all.
-- tenmo.flags.start(flags) does what --seed, --threads (0: as many as there are cores) and --device ask for.
local near = require 'tenmo.near'

-- The text that --help prints.
local function help(spec)
    local lines, width = { spec[1], '', 'Flags:' }, 4
    for i = 2, #spec do
        width = math.max(width, #spec[i][1])
    end
    for i = 2, #spec do
        local name, default, what = unpack(spec[i])
        lines[#lines + 1] = ('  --%-' .. width .. 's  %s%s'):format(name, what,
            default ~= false and (' (%s)'):format(default) or '')
    end
    lines[#lines + 1] = ('  --%-' .. width .. 's  this text'):format 'help'
    return table.concat(lines, '\n')
end

-- The value that text stands for, or nil and what was expected.
local function convert(text, default)
    if type(default) ~= 'number' then
        return text
    end
    local number = tonumber(text)
    local whole = default % 1 == 0
    if number and (not whole or number % 1 == 0) then
        return number
    end
    return nil, whole and 'a whole number' or 'a number'
end

-- parse(spec, arguments) is a table of values, or nil and a message.
local function parse(spec, arguments)
    local values, names, defaults = {}, { 'help' }, { help = false }
    for i = 2, #spec do
        local name, default = spec[i][1], spec[i][2]
        names[#names + 1] = name
        values[name], defaults[name] = default, default
    end
    local i = 1
    while arguments[i] do
        local name, text = arguments[i]:match '^%-%-([%w_-]+)=(.*)$'
        name = name or arguments[i]:match '^%-%-([%w_-]+)$'
        if not name then
            return nil, ("'%s' is not a flag; --help shows them"):format(arguments[i])
        end
        local default = defaults[name]
        if default == nil then
            local guess = near(name, names)
            return nil, ('unknown flag --%s%s'):format(name, guess and ('; did you mean --%s?'):format(guess)
                or '; --help shows them')
        end
        if default == false then
            if text then
                return nil, ('--%s takes no value'):format(name)
            end
            values[name] = true
        else
            if not text then
                i = i + 1
                text = arguments[i]
            end
            if not text then
                return nil, ('--%s needs a value'):format(name)
            end
            local value, wanted = convert(text, default)
            if value == nil then
                return nil, ("--%s: expected %s, got '%s'"):format(name, wanted, text)
            end
            values[name] = value
        end
        i = i + 1
    end
    return values
end

-- What the flags --seed, --threads and --device ask for, where a program has them.
local function start(values)
    local tenmo = require 'tenmo'
    if values.seed then
        tenmo.manual_seed(values.seed)
    end
    if values.threads and values.threads > 0 then
        tenmo.set_threads(values.threads)
    end
    if values.device and values.device ~= 'cpu' then
        local device, why = tenmo.device_available(values.device)
        if not device then
            error(("device '%s': %s"):format(values.device, why), 0)
        end
    end
end

return setmetatable({ parse = parse, help = help, start = start }, {
    __call = function(_, spec)
        local values, why = parse(spec, _G.arg or {})
        if not values then
            error(why, 0)
        end
        if values.help then
            print(help(spec))
            os.exit(0)
        end
        return values
    end,
})
