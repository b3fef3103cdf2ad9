-- fuzz_spec.lua: random programs agree with plain Lua numbers, a fixed number of them (fuzz.lua runs more); and the
-- fuzzer finds faults that are planted.

local program = require 'spec.support.fuzz_program'
local tenmo = require 'tenmo'

local function search(seed, programs)
    local steps = 0
    for number = 1, programs do
        local difference, done = program.draw(seed * 1000003 + number)
        if difference then
            local short, message = program.reduce(done, difference)
            return program.script(short, message, ('seed %d, program %d'):format(seed, number)), #short
        end
        steps = steps + #done
    end
    return nil, steps
end

describe('random programs', function()
    it('agree with plain Lua numbers', function()
        local script, steps = search(1, 1000)
        assert.is_nil(script, script)
        assert.is_true(steps > 10000)
    end)

    -- replace(name) stands for the function of that name while f runs
    local function planted(name, replace, f)
        local true_one = tenmo[name]
        tenmo[name] = replace(true_one)
        local ok, script, steps = pcall(f)
        tenmo[name] = true_one
        assert(ok, script)
        return script, steps
    end

    it('show a wrong value, in a short program that runs by itself', function()
        local script, steps = planted('tanh', function(tanh)
            return function(x)
                return tanh(x) + 1e-3
            end
        end, function()
            return search(3, 400)
        end)
        assert.matches('v%[%d+%]: element 1 is ', script)
        assert.matches('tenmo%.tanh%(v%[%d+%]%)', script)
        assert.is_true(steps <= 4)
        assert.is_function(loadstring(script))
    end)

    it('show a wrong gradient', function()
        local script = planted('square', function(square)
            return function(x)
                if not x.dtype:find 'float' then
                    return square(x)
                end
                return square(x) + x * 1e-2 - (x * 1e-2):detach()
            end
        end, function()
            return search(3, 400)
        end)
        assert.matches('v%[%d+%]%.grad: along its direction', script)
        assert.matches('tenmo%.square', script)
    end)

    it('show bytes that ought not to be shared', function()
        local script = planted('copy', function(copy)
            return function(x)
                return x.requires_grad and copy(x) or x:detach()
            end
        end, function()
            return search(4, 400)
        end)
        assert.matches('share bytes: true, expected false', script)
    end)
end)
