-- guides_spec.lua: every block of code in lua/docs/guides runs, and prints what the guide shows.
--
-- The Lua blocks of one guide are one script. A ```text block behind a Lua block is what it prints;
-- TENMO_GUIDES=write writes those anew. Files and functions that a guide names must exist.

local program = require 'spec.support.program'

local FOLDER = SPEC.root .. 'lua/docs/guides/'

-- The blocks of a guide: { code, printed or nil, where the printed text begins and ends }; not those that are an edit
-- of a file of the engine ("In `FILE`, below `TEXT`:"), which add_an_op_spec makes.
local function blocks(text)
    local list, at = {}, 1
    while true do
        local _, start = text:find('\n```lua\n', at, true)
        if not start then
            return list
        end
        local stop, after = text:find('\n```\n', start, true)
        local block = { code = text:sub(start + 1, stop) }
        local from = text:match('^\n```text\n()', after + 1)
        if from then
            local last = text:find('```\n', from, true)
            block.printed, block.from, block.to = text:sub(from, last - 1), from, last - 1
        end
        if not text:sub(at, start):find 'below%s+`[^`]+`:\n\n```lua\n$' then
            list[#list + 1] = block
        end
        at = after
    end
end

local MARK = 'end of a block'

local function run(list)
    local codes = {}
    for i, block in ipairs(list) do
        codes[i] = ('%s\nprint %q\n'):format(block.code, MARK)
    end
    local script = program.file(table.concat(codes))
    local folder = script .. '.d'
    os.execute(("mkdir '%s'"):format(folder))
    local text, status = program.run { script, cwd = folder }
    os.execute(("rm -r '%s' '%s'"):format(folder, script))
    local printed, at = {}, 1
    for i = 1, #list do
        local stop, after = text:find(MARK .. '\n', at, true)
        printed[i] = stop and text:sub(at, stop - 1) or text:sub(at)
        at = (after or #text) + 1
    end
    return printed, status
end

local function write(name, text, list, printed)
    for i = #list, 1, -1 do
        if list[i].printed then
            text = text:sub(1, list[i].from - 1) .. printed[i] .. text:sub(list[i].to + 1)
        end
    end
    local file = assert(io.open(FOLDER .. name, 'w'))
    file:write(text)
    file:close()
end

local sources

local function mentioned_in_source(word)
    if not sources then
        local pipe = io.popen(("cat '%s'core/*.[ch] '%s'kernels/*.h '%s'kernels/cpu/*.[ch] '%s'lua/bind/*.[ch]"):format(
            SPEC.root, SPEC.root, SPEC.root, SPEC.root))
        sources = pipe:read '*a'
        pipe:close()
    end
    return sources:find('%f[%w_]' .. word .. '%f[^%w_]') ~= nil
end

local function exists(path)
    local file = io.open(SPEC.root .. path)
    return file and file:close()
end

describe('the guide', function()
    for name in io.popen(("ls '%s'"):format(FOLDER)):lines() do
        it(name .. ' shows what its code prints', function()
            if not program.path() then
                pending 'the specs do not run inside tenmo-lua'
            end
            local text = program.read(FOLDER .. name)
            local list = blocks(text)
            local printed, status = run(list)
            assert.equal(0, status, printed[#printed])
            if os.getenv 'TENMO_GUIDES' == 'write' then
                write(name, text, list, printed)
                return
            end
            for i, block in ipairs(list) do
                assert.equal(block.printed or '', printed[i])
            end
        end)

        it(name .. ' names files and functions that exist', function()
            for word in program.read(FOLDER .. name):gmatch '`([^`\n]+)`' do
                if word:find '^tm_[%w_]+$' or word:find '^bind_[%w_]+$' then
                    assert.is_true(mentioned_in_source(word), word)
                elseif word:find '^[%w_]+/[%w_/.]+%.%w+$' then
                    assert.is_truthy(exists(word), word)
                end
            end
        end)
    end
end)
