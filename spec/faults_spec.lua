-- faults_spec.lua: memory runs out at every possible place of a training step.

local settle = require 'spec.support.settle'
local steps = require 'spec.support.step'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

local function alive()
    settle()
    local m = tenmo.memory()
    return m.blocks, m.live
end

-- One world for each try: two steps done, so that momentum is there; the third meets the fault.
local function world(optimizer)
    local w = steps.new { optimizer = optimizer, settings = optimizer == 'Adam' and { lr = 0.01 } or nil }
    w:step()
    return w
end

-- A table whose gradient is kept as rows: gathered twice, merged, looked at.
local function rows_world()
    tenmo.manual_seed(1)
    local words = tenmo.randn(6, 3, { requires_grad = true })
    local adam = tenmo.optim.Adam({ words }, { lr = 0.1 })
    local w = {}
    function w.step()
        adam:zero_grad()
        local loss = tenmo.embedding(tenmo.ids { 4, 1, 4 }, words, { sparse = true }):square():sum()
            + tenmo.embedding_bag(tenmo.ids { { 1, 2 } }, words, { sparse = true }):square():sum()
        loss:backward()
        assert.equal(6, #words.grad)
        adam:step()
        return loss:item()
    end
    function w.weights()
        return tensors.flatten(words)
    end
    return w
end

-- How a step goes that meets no fault: its loss, weights after it, its number of allocations.
local function reference(make)
    local w = make()
    tenmo.debug.inject(0)
    local loss = w:step()
    return loss, w:weights(), tenmo.debug.inject(0)
end

local function try(make, n, onwards, loss, weights)
    local w = make()
    tenmo.debug.inject(n, onwards)
    local ok, result = pcall(w.step, w)
    tenmo.debug.inject(0)
    local what = ('allocation %d%s'):format(n, onwards and ' and all after it' or '')
    if ok then
        assert.equal(loss, result, what)
        assert.is_true(steps.same(weights, w:weights()), what .. ': other weights')
    else
        assert.equal('string', type(result), what)
        assert.matches('^[^\n]-:%d+: .*out of memory', result, what)
    end
    local again, why = pcall(w.step, w)
    assert.is_true(again, ('%s: the next step failed: %s'):format(what, tostring(why)))
    return ok
end

describe('a failed allocation', function()
    local cache -- off at all times with the address sanitizer

    setup(function()
        tenmo.debug.trim()
        cache = tenmo.debug.set_cache(false)
    end)

    teardown(function()
        tenmo.debug.inject(0)
        tenmo.debug.set_cache(cache)
    end)

    local MAKERS = {
        ['in a step'] = function()
            return world 'SGD'
        end,
        ['in the first step'] = function()
            return steps.new()
        end,
        ['in a step of Adam'] = function()
            return world 'Adam'
        end,
        ['in a step with a gradient of rows'] = rows_world,
    }
    for where, make in pairs(MAKERS) do
        for _, onwards in ipairs { true, false } do
            it(('%s, %s: a clean error or the same bits, and nothing is leaked'):format(where,
                onwards and 'and all later ones' or 'alone'),
                function()
                    local loss, weights, n = reference(make)
                    assert.is_true(n > 20, 'the step makes ' .. n .. ' allocations')
                    local failures = 0
                    try(make, 1, onwards, loss, weights) -- what is set up once
                    local blocks, live = alive()
                    for i = 1, n do
                        failures = failures + (try(make, i, onwards, loss, weights) and 0 or 1)
                    end
                    local blocks_after, live_after = alive()
                    assert.equal(blocks, blocks_after, 'engine objects')
                    assert.equal(live, live_after, 'live bytes')
                    if onwards then
                        assert.equal(n, failures)
                    end
                end)
        end
    end

    it('in backward through recorded rules', function()
        local function make()
            local x = tenmo.tensor({ 0.5, 2 }, { dtype = 'float64', requires_grad = true })
            return {
                step = function()
                    local g = tenmo.grad((x:exp() * x:log() + x:softmax():tanh()):sum(), x, { create_graph = true })
                    return tenmo.grad(g:square():sum(), x):sum():item()
                end,
                weights = function()
                    return {}
                end,
            }
        end
        local loss, weights, n = reference(make)
        try(make, 1, true, loss, weights)
        local blocks, live = alive()
        for i = 1, n do
            try(make, i, true, loss, weights)
            try(make, i, false, loss, weights)
        end
        local blocks_after, live_after = alive()
        assert.equal(blocks, blocks_after)
        assert.equal(live, live_after)
    end)
end)

describe('an absurd size', function()
    for _, case in ipairs {
        { 'too many elements', function() return tenmo.zeros(2 ^ 40, 2 ^ 40) end, '^zeros: ' },
        { 'more than the machine has', function() return tenmo.zeros(2 ^ 44) end, 'out of memory: .* asked for' },
        { 'an expanded tensor made whole', function() return tenmo.zeros(1):expand(2 ^ 44):contiguous() end,
            'out of memory: .* asked for' },
    } do
        it(case[1], function()
            local ok, message = pcall(case[2])
            assert.is_false(ok)
            assert.matches('spec.lua:%d+: ', message)
            assert.matches(case[3], (message:gsub('^.-:%d+: ', '')))
        end)
    end

    it('the limit is kept, and named', function()
        collectgarbage()
        tenmo.set_memory_limit(tenmo.memory().live + 2 ^ 20)
        local ok, message = pcall(tenmo.zeros, 2 ^ 20)
        tenmo.set_memory_limit(0)
        assert.is_false(ok)
        assert.matches('TENMO_MEMORY_LIMIT', message)
        assert.equal(2 ^ 20, tenmo.zeros(2 ^ 20):numel())
    end)
end)
