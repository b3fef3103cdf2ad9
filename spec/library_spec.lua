-- library_spec.lua: names are loaded when they are named, each from where library.lua says, and none is lost.

local tenmo = require 'tenmo'
local program = require 'spec.support.program'
local tensors = require 'spec.support.tensors'

local families = getmetatable(tenmo).families

-- What a new process prints.
local function fresh(code)
    return (program.run { '-e', code })
end

local COUNT = [[local function loaded()
    local n = 0
    for name in pairs(package.loaded) do n = n + (name:find '^tenmo%.ops' and 1 or 0) end
    return n
end ]]

describe('library.lua', function()
    it('lists the ops of each family, none twice', function()
        local seen, listed = {}, 0
        for _, family in ipairs(families) do
            for name in family[2]:gmatch '%S+' do
                assert.is_nil(seen[name], name)
                seen[name], listed = family[1], listed + 1
            end
        end
        assert.equal(listed, #tenmo.compositions)
        for _, op in ipairs(tenmo.compositions) do
            assert.matches('^tenmo%.ops%.', seen[op.name])
        end
    end)

    it('reads a family when one of its names is first named, as function or method, and makes that one', function()
        assert.equal('0 nil 1 nil 1 function 2\n', fresh(COUNT .. [[
            local before, mm = loaded(), rawget(tenmo, 'mm')
            local x = tenmo.tensor{1, 2}
            local y = x:dot(x)
            io.write(before, ' ', tostring(mm), ' ', loaded(), ' ', type(rawget(tenmo, 'mm')), ' ')
            local f = tenmo.nn.functional.bmm
            io.write(loaded(), ' ', type(tenmo.nn.functional.stack), ' ', loaded(), '\n')]]))
    end)

    it('forgets what nobody named of a family, and reads it again when somebody does', function()
        assert.equal('true 1 2 true 8\n', fresh [[
            local reads = 0
            table.insert(getmetatable(tenmo).families, { 'fake', 'twice quadruple' })
            package.preload.fake = function()
                reads = reads + 1
                return function()
                    return { { name = 'twice', signature = 'x', run = function(x) return x + x end },
                        { name = 'quadruple', signature = 'x', run = function(x) return tenmo.twice(x + x) end } }
                end
            end
            local x, twice = tenmo.tensor{2}, tenmo.twice
            local same, once = twice == x.twice, reads
            collectgarbage() collectgarbage()
            local y = x:quadruple()
            io.write(tostring(same), ' ', once, ' ', reads, ' ', tostring(twice == tenmo.twice), ' ', y:item(), '\n')]])
    end)

    it('makes a function of the engine when it is first named', function()
        assert.equal('nil nil true function nil function \n', fresh [[
            local function tell(f) io.write(type(f), ' ') end
            tell(rawget(tenmo, 'relu')) tell(rawget(tenmo.methods, 'relu'))
            io.write(tostring(tenmo.relu == tenmo.ones(1).relu), ' ')
            tell(rawget(tenmo, 'relu')) tell(rawget(tenmo.methods, 'relu_')) tell(tenmo.methods.relu_)
            print()]])
    end)

    it('leaves what a script put there', function()
        assert.equal('mine mine 11 theirs\n', fresh [[
            function tenmo.mm() return 'mine' end
            function tenmo.methods.relu() return 'theirs' end
            local x, y = tenmo.tensor{1, 2}, tenmo.tensor{3, 4}
            local first = tenmo.mm()
            local dot = tenmo.dot(x, y):item()
            local f = tenmo.relu, tenmo.compositions
            print(first .. ' ' .. tenmo.mm() .. ' ' .. dot .. ' ' .. x:relu())]])
    end)

    it('lets a family stand before a row of its name, of which it is made', function()
        assert.equal('true -5 -1 -5\n', fresh [[
            table.insert(getmetatable(tenmo).families, { 'fake', 'sign' })
            package.preload.fake = function()
                return function(t)
                    local row = t.sign
                    return { { name = 'sign', signature = 'x', run = function(x) return row(x) * 5, row(x) end } }
                end
            end
            local x = tenmo.tensor{-2}
            local y, z = x:sign()
            print(tostring(tenmo.sign == x.sign) .. ' ' .. y:item() .. ' ' .. z:item() .. ' '
                .. tenmo.sign(x):item())]])
    end)

    it('finds the nearest name among those that were never named', function()
        assert.matches("did you mean 'mse_loss'%?",
            fresh 'print(select(2, pcall(function() return tenmo.mse_los end)))')
        assert.matches("did you mean 'bmm'%?", fresh [[local x = tenmo.ones(1)
            print(select(2, pcall(function() return x:bmn() end)))]])
    end)

    for _, case in ipairs {
        { 'more', "tenmo%.ops%.fake has an op 'more', which library%.lua doesn't list" },
        { nil, "tenmo%.ops%.fake has no op 'fake', which library%.lua lists" },
    } do
        it('refuses a family with ' .. (case[1] and 'an op too many' or 'an op too few'), function()
            table.insert(families, { 'tenmo.ops.fake', 'fake' })
            package.preload['tenmo.ops.fake'] = function()
                return function()
                    return case[1] and { { name = 'fake', run = print }, { name = case[1], run = print } } or {}
                end
            end
            local message = tensors.failure(function()
                return tenmo.fake
            end)
            table.remove(families)
            package.preload['tenmo.ops.fake'], package.loaded['tenmo.ops.fake'] = nil, nil
            assert.matches(case[2], message)
            assert.is_nil(rawget(tenmo, 'fake'))
        end)
    end
end)
