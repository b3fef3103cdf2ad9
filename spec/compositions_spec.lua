-- compositions_spec.lua: walks the ops composed of others, as table_spec walks the rows of the op table. Each needs an
-- entry in composition_oracles.lua; nothing here names an op.

local oracles = require 'spec.composition_oracles'
local tenmo = require 'tenmo'
local walk = require 'spec.support.walk'

-- The bare words of a signature are tensors; types and options don't matter here.
local function items_of(signature)
    local items = {}
    for word in signature:gmatch '%S+' do
        local name = word:match '^([%w_]+)%??$'
        if name or word ~= '|' then
            items[#items + 1] = { name = name or word:match '^[%w_]+', type = name and 'tensor' or 'other' }
        end
    end
    return items
end

-- A composition as walk.op wants it: in the form of a row.
local function row_of(op, oracle)
    local elementwise = oracle.value ~= nil
    local row = {
        name = op.name, composed = true, elementwise = elementwise, class = oracle.class or 'FLOAT',
        domain = oracle.domain or '', items = items_of(op.signature), rules = {},
        oracle = oracle.value or oracle, tries = oracle.options, random_state = oracles.random_state,
        differentiable = oracle.differentiable ~= false,
        in_place = elementwise and tenmo.methods[op.name .. '_'] ~= nil,
    }
    if elementwise then
        local n = #walk.words(row.domain) -- as many inputs as are drawn: those that may be left out come last
        while #row.items > n do
            table.remove(row.items)
        end
        for i = 1, n do
            row.rules[i] = not (oracle.constant or {})[i]
        end
    end
    return row
end

describe('the compositions', function()
    for _, op in ipairs(tenmo.compositions) do
        describe(op.name, function()
            local oracle = oracles[op.name]
            it('has an oracle', function()
                assert.is_truthy(oracle, 'spec/composition_oracles.lua has no entry for ' .. op.name)
            end)
            if oracle and not oracle.elsewhere then
                walk.op(row_of(op, oracle), it)
            end
        end)
    end

    it('are covered without anything left over', function()
        local known = { random_state = true }
        for _, op in ipairs(tenmo.compositions) do
            known[op.name] = true
        end
        for name in pairs(oracles) do
            assert.is_true(known[name], 'oracle of no composition: ' .. name)
        end
    end)
end)
