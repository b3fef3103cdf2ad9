-- table_spec.lua: walks the op table: every row against its oracle, as support/walk.lua says. Nothing here names an op.

local oracles = require 'spec.oracles'
local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'
local walk = require 'spec.support.walk'

local SECOND = tensors.devices()[2]
-- Not walked there: to_device, whose result is elsewhere (devices_spec has it).
local ELSEWHERE = { to_device = true }

-- A test on the second device, pending where an op needs a kernel that this device doesn't have yet.
local function it_there(name, test)
    it(name, function()
        local ok, why = pcall(test)
        if ok then
            return
        end
        local message = tostring(type(why) == 'table' and why.message or why)
        local lacking = message:match 'device [^:]- has no kernel for [^;]*'
        if lacking then
            pending(lacking)
        end
        error(why, 0)
    end)
end

describe('the op table', function()
    for _, row in ipairs(tenmo.rows()) do
        row.oracle = oracles[row.name]
        row.tries = oracles.options[row.name]
        row.random_state = oracles.random_state
        row.in_place = row.elementwise and tenmo.methods[row.name .. '_'] and not oracles.not_in_place[row.name]
        describe(row.name, function()
            it('has an oracle, a domain and a line of documentation', function()
                assert.is_truthy(row.internal or row.oracle, 'spec/oracles.lua has no entry for ' .. row.name)
                assert.is_true(row.internal or #walk.words(row.domain) >= walk.n_inputs(row), 'the domain is too short')
                assert.is_true(#row.doc > 0)
            end)
            if not row.internal and row.oracle then
                walk.op(row, it)
            end
        end)
        if SECOND and not row.internal and row.n_inputs + (row.variadic and 1 or 0) > 0 and not ELSEWHERE[row.name] then
            describe(row.name .. ' on the ' .. SECOND, function()
                walk.op(row, it_there, SECOND)
            end)
        end
    end

    it('is covered without anything left over', function()
        local rows = { options = true, random_state = true, not_in_place = true }
        for _, row in ipairs(tenmo.rows()) do
            rows[row.name] = true
        end
        for name in pairs(oracles) do
            assert.is_true(rows[name], 'oracle of no row: ' .. name)
        end
    end)
end)
