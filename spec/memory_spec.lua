-- memory_spec.lua: garbage tensors are collected in time, without collectgarbage in the script.

local settle = require 'spec.support.settle'
local steps = require 'spec.support.step'
local tenmo = require 'tenmo'

local MB = 2 ^ 20

-- The most bytes that live tensors held while f ran, above what lived before. Collections come when tensors
-- have grown by max(8 MB, twice the Lua heap), up to 512 MB where they would cost too much time, and never
-- by more than a quarter of the memory limit. With this limit that is the bound.
local BOUND = 24 * MB

local function growth(f)
    settle()
    tenmo.debug.reset_peak()
    local before = tenmo.memory().live
    tenmo.set_memory_limit(4 * BOUND)
    tenmo.debug.collector { threshold = false } -- looks at the limit anew
    f()
    tenmo.set_memory_limit(0)
    return tenmo.memory().peak - before
end

local function expect_bound(grown)
    assert.is_true(grown < BOUND + 2 * MB, ('grew by %.1f MB'):format(grown / MB))
end

describe('memory', function()
    it('stays within the bound over 200,000 steps that make garbage', function()
        local x = tenmo.ones(64)
        expect_bound(growth(function()
            for _ = 1, 200000 do
                local y = x * 2 + 1
                y = y:relu() -- luacheck: ignore
            end
        end))
    end)

    it('stays there with large tensors', function()
        local x = tenmo.ones(2 ^ 18)
        expect_bound(growth(function()
            for _ = 1, 500 do
                local y = x + 1 -- luacheck: ignore
            end
        end))
    end)

    it('stays there in a training loop', function()
        local w = steps.new { batch = 64, inputs = 256, hidden = 64, classes = 10 }
        w:step()
        expect_bound(growth(function()
            for _ = 1, 2000 do
                w:step()
            end
        end))
    end)

    it('a collection before every op changes nothing', function()
        local function run()
            local w = steps.new()
            for _ = 1, 20 do
                w:step()
            end
            return w:weights()
        end
        local usual = run()
        tenmo.debug.collector { threshold = 0 }
        local ok, eager = pcall(run)
        tenmo.debug.collector { threshold = false }
        assert.is_true(ok, tostring(eager))
        assert.is_true(steps.same(usual, eager))
    end)

    it('is given back when nothing refers to it', function()
        settle()
        local before = tenmo.memory()
        do
            local x = tenmo.ones(1000, { requires_grad = true })
            local y = (x * 2):sum()
            y:backward()
        end
        settle()
        local after = tenmo.memory()
        assert.equal(before.live, after.live)
        assert.equal(before.blocks, after.blocks)
    end)

    it('release empties a tensor at once', function()
        local x = tenmo.ones(1000)
        local before = tenmo.memory().live
        tenmo.release(x)
        assert.is_true(tenmo.memory().live <= before - 4000)
        assert.is_false((pcall(function()
            return x + 1
        end)))
    end)

    it('cached bytes are reused', function()
        local cache = tenmo.debug.set_cache(true) -- off with the address sanitizer
        tenmo.debug.trim()
        local x = tenmo.ones(1000)
        tenmo.release(x)
        local cached = tenmo.memory().cached
        assert.is_true(cached >= 4000)
        x = tenmo.ones(1000)
        assert.is_true(tenmo.memory().cached < cached)
        tenmo.release(x)
        tenmo.debug.trim()
        assert.equal(0, tenmo.memory().cached)
        tenmo.debug.set_cache(cache)
    end)
end)
