-- reference_spec.lua: the reference page and the annotations are those that the op table and docs.lua give now.

local program = require 'spec.support.program'
local tenmo = require 'tenmo'
local reference = require 'tenmo.reference'

local function kept(name)
    return program.read(SPEC.root .. 'lua/docs/' .. name)
end

describe('lua/docs', function()
    for name, make in pairs { ['reference.md'] = reference.page, ['library/tenmo.lua'] = reference.annotations } do
        it(name .. ' is not stale', function()
            assert.is_true(make() == kept(name), name .. ' is stale; run tenmo-lua lua/docs/write.lua')
        end)
    end

    it('leaves no name out', function()
        assert.same({}, reference.left_out())
        local page = kept 'reference.md'
        for _, row in ipairs(tenmo.rows()) do
            assert.equal(not row.internal, page:find(('\n### tenmo.%s\n'):format(row.name), 1, true) ~= nil, row.name)
        end
    end)

    it('annotates what exists, in Lua that compiles, each parameter once', function()
        local text = kept 'library/tenmo.lua'
        assert(loadstring(text))
        local n, documented = 0, {}
        for line in text:gmatch '[^\n]+' do
            local parameter = line:match '^%-%-%-@param ([%w_.]+)'
            local owner, mark, name, list = line:match '^function (%w+)([.:])([%w_]+)%((.-)%) end$'
            if parameter then
                documented[#documented + 1] = parameter
            elseif owner then
                assert.equal(list, table.concat(documented, ', '), line)
                documented, n = {}, n + 1
                if owner == 'tenmo' then
                    assert.is_truthy(tenmo[name], line)
                elseif owner == 'Tensor' then
                    assert.is_function(tenmo.methods[name], line)
                elseif mark == '.' and owner ~= 'init' then
                    assert.is_truthy(tenmo[owner][name], line)
                end
            end
        end
        assert.is_true(n > 200)
    end)
end)
