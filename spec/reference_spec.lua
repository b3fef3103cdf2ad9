-- reference_spec.lua: the reference page and the annotations are those that the op table and docs.lua give now.

local program = require 'spec.support.program'
local tenmo = require 'tenmo'
local docs = require 'tenmo.docs'
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
            assert.equal(not row.internal, page:find(('\n#### tenmo.%s\n'):format(row.name), 1, true) ~= nil, row.name)
        end
    end)

    it('has a link to each of its parts', function()
        local page = kept 'reference.md'
        for title, anchor in page:gmatch '%[([^%]]+)%]%(#([^)]+)%)' do
            assert.matches('\n##+ ' .. title:gsub('%p', '%%%0') .. '\n', page)
            assert.equal(title:lower():gsub('[^%w -]', ''):gsub(' ', '-'), anchor)
        end
    end)

    -- What an annotated function gives back is said, or that it gives nothing.
    local function gives_nothing(owner, mark, name)
        local owners = { Module = 'model', Optimizer = 'optimizer', Tensor = 'x' }
        local doc = docs.names[(owners[owner] or owner) .. mark .. name]
        return doc and (doc.gives == 'nothing' or owner == 'tenmo' and not doc.gives)
    end

    it('annotates what exists, in Lua that compiles, each parameter once, and what comes back', function()
        local text = kept 'library/tenmo.lua'
        assert(loadstring(text))
        local n, documented, returns = 0, {}, 0
        for line in text:gmatch '[^\n]+' do
            local parameter = line:match '^%-%-%-@param ([%w_.]+)'
            local owner, mark, name, list = line:match '^function (%w+)([.:])([%w_]+)%((.-)%) end$'
            if parameter then
                documented[#documented + 1] = parameter
            elseif line:find '^%-%-%-@return' then
                returns = returns + 1
            elseif owner then
                assert.equal(list, table.concat(documented, ', '), line)
                assert.is_true(returns > 0 or gives_nothing(owner, mark, name), line .. ' gives nothing?')
                documented, n, returns = {}, n + 1, 0
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

    it('makes lua-language-server content with the scripts', function()
        local pipe = io.popen 'command -v lua-language-server'
        local server = pipe:read '*l'
        pipe:close()
        if not server then
            pending 'no lua-language-server here'
        end
        local folder = os.tmpname()
        os.remove(folder)
        os.execute(("mkdir '%s' && cp '%s'scripts/*.lua '%s'"):format(folder, SPEC.root, folder))
        local file = assert(io.open(folder .. '/.luarc.json', 'w'))
        file:write(('{ "runtime.version": "LuaJIT", "workspace.library": ["%slua/docs/library"] }'):format(SPEC.root))
        file:close()
        pipe = io.popen(("'%s' --check '%s' --checklevel=Information --logpath='%s/log' 2>&1"):format(server, folder,
            folder))
        local text = pipe:read '*a'
        pipe:close()
        os.execute(("rm -r '%s'"):format(folder))
        assert.matches('no problems found', text)
    end)
end)
