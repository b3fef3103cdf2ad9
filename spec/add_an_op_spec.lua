-- add_an_op_spec.lua: the guide "add an op" is followed, in a copy of the tree: its edits are made, its commands run,
-- and they print what it shows.
--
-- An edit is a block behind "In `FILE`, below `TEXT`:"; a ```sh block is run, and a ```text block behind it is what
-- that prints. The guide's other Lua is run by guides_spec.

local program = require 'spec.support.program'

local GUIDE = SPEC.root .. 'lua/docs/guides/add-an-op.md'

-- The guide's steps in order: { file =, below =, text = } or { command =, printed = }.
local function steps()
    local guide, list, at = program.read(GUIDE), {}, 1
    while true do
        local from, start, language = guide:find('\n```(%l+)\n', at)
        if not from then
            return list
        end
        local stop, after = guide:find('\n```\n', start, true)
        local text, before = guide:sub(start + 1, stop), guide:sub(at, from)
        local file, below = before:match 'In `([^`]+)`,%s+below%s+`([^`]+)`:%s*$'
        if file then
            list[#list + 1] = { file = file, below = below, text = text }
        elseif language == 'sh' then
            list[#list + 1] = { command = text }
        elseif language == 'text' and list[#list] and list[#list].command then
            list[#list].printed = text
        end
        at = after
    end
end

local function write(path, text)
    local file = assert(io.open(path, 'w'))
    file:write(text)
    file:close()
end

local function edit(folder, step)
    local path = folder .. '/' .. step.file
    local text = program.read(path)
    local _, at = text:find(step.below, 1, true)
    assert(at, ('%s has no %s'):format(step.file, step.below))
    local stop = text:find('\n', at, true)
    write(path, text:sub(1, stop) .. step.text .. text:sub(stop + 1))
end

-- What a command prints, errors too, and its exit status.
local function run(folder, command)
    write(folder .. '/step.sh', command)
    local pipe = io.popen(('cd %s && CMAKE_BUILD_PARALLEL_LEVEL=$(nproc) sh -e step.sh 2>&1 < /dev/null; echo "[$?]"')
        :format(folder))
    local text, status = pipe:read('*a'):match '^(.*)%[(%d+)%]\n$'
    pipe:close()
    return text, tonumber(status)
end

local function can_build()
    for _, name in ipairs { 'cmake', os.getenv 'CC' or 'gcc', 'luajit' } do
        if os.execute(('command -v %s > /dev/null'):format(name)) ~= 0 then
            return false
        end
    end
    return io.open(SPEC.root .. 'core/table.c') ~= nil
end

describe('the guide add-an-op', function()
    it('works when it is followed in a copy of the tree #slow', function()
        if not os.getenv 'TENMO_SLOW' then
            pending 'it builds the whole engine; scripts/test.sh, or TENMO_SLOW=1, runs it'
        elseif not can_build() then
            pending 'cmake, a compiler and luajit are needed'
        end
        local folder = os.tmpname()
        os.remove(folder)
        local parts = 'CMakeLists.txt README.md LICENSE core kernels lua scripts spec data'
        assert.equal(0, os.execute(("mkdir %s && cd '%s' && cp -r %s %s"):format(folder, SPEC.root, parts, folder)))
        local commands = 0
        for _, step in ipairs(steps()) do
            if step.file then
                edit(folder, step)
            else
                commands = commands + 1
                local text, status = run(folder, step.command)
                if step.printed then
                    assert.equal(step.printed, text)
                else
                    assert.equal(0, status, text)
                end
            end
        end
        assert.equal(4, commands)
        os.execute(("rm -r '%s'"):format(folder))
    end)
end)
