-- fuzz.lua: random programs of ops, views, writes in place and backward, held to plain Lua numbers in float64.
--
--     tenmo-lua spec/fuzz.lua --seconds 60            programs for a minute, from a seed of the clock
--     tenmo-lua spec/fuzz.lua --seed 7 --programs 500 the first 500 programs of seed 7
--     tenmo-lua spec/fuzz.lua --log last.lua          keeps the program that runs as a script, for when it crashes
--
-- Stops at the first program that differs, prints the shortest one that it finds as a script which runs by itself, and
-- ends with status 1. support/fuzz_program.lua says what is compared.

local root = io.popen(("cd '%s..' && pwd"):format(arg[0]:match '^(.*/)' or './')):read '*l' .. '/'
package.path = root .. '?.lua;' .. package.path

local flags = require 'tenmo'.flags {
    'fuzz.lua: random programs of tensor ops, held to plain Lua.',
    { 'seed', 0, 'which programs; 0: the clock says' },
    { 'seconds', 10, 'how long' },
    { 'programs', 0, 'how many; 0: as long as there is time' },
    { 'log', '', 'a file for the program that runs' },
}
local program = require 'spec.support.fuzz_program'

local seed = flags.seed ~= 0 and flags.seed or os.time() % 1000000
local log = flags.log ~= '' and assert(io.open(flags.log, 'w')) or nil

-- The program as a script, line by line before each is run.
local function keep(number)
    if not log then
        return nil
    end
    log:close()
    log = assert(io.open(flags.log, 'w'))
    log:write(("-- seed %d, program %d\nlocal tenmo = require 'tenmo'\nlocal v = {}\n"):format(seed, number))
    return function(step)
        log:write(step.text, '\n')
        log:flush()
    end
end

print(('seed %d'):format(seed))
local stop, number, steps = os.time() + flags.seconds, 0, 0
while flags.programs == 0 and os.time() < stop or number < flags.programs do
    number = number + 1
    local difference, done = program.draw(seed * 1000003 + number, keep(number))
    if difference then
        local short, message = program.reduce(done, difference)
        print(program.script(short, message, ('seed %d, program %d'):format(seed, number)))
        io.stdout:flush()
        os.exit(1, true) -- closes the state, so that a leak checker sees what is left
    end
    steps = steps + #done
end
print(('%d programs of %d steps agree'):format(number, steps))
