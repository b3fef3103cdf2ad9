-- run.lua: runs the specs inside tenmo-lua, with busted's core and a short report of our own.
--
--     tenmo-lua spec/run.lua                      all
--     tenmo-lua spec/run.lua nn optim             nn_spec.lua and optim_spec.lua
--     tenmo-lua spec/run.lua table --filter=relu  tests whose full name has "relu" (a Lua pattern)
--     tenmo-lua spec/run.lua --exclude-tags=slow  without tests marked #slow; --tags=slow only those
--     tenmo-lua spec/run.lua --verbose            every test's name and time
--
-- Ends with "N passed, N failed, N skipped"; the exit status is 0 when nothing failed.

local root = io.popen(("cd '%s..' && pwd"):format(arg[0]:match '^(.*/)' or './')):read '*l' .. '/'
package.path = root .. '?.lua;' .. package.path

local options = { tags = {}, excludeTags = {}, filter = {}, filterOut = {}, names = {}, verbose = false }
local LISTS = { ['tags'] = 'tags', ['exclude-tags'] = 'excludeTags', ['filter'] = 'filter',
    ['filter-out'] = 'filterOut' }

for _, word in ipairs(arg) do
    local name, value = word:match '^%-%-([%w-]+)=(.*)$'
    if LISTS[name] then
        for part in value:gmatch(name:find 'tags' and '[^,]+' or '.+') do
            table.insert(options[LISTS[name]], part)
        end
    elseif word == '--verbose' then
        options.verbose = true
    elseif word:sub(1, 1) == '-' then
        io.stderr:write(("run.lua: unknown option '%s'\n"):format(word))
        os.exit(2)
    else
        table.insert(options.names, word)
    end
end

-- The spec files that were named, else all.
local function files()
    local list = {}
    for path in io.popen(("ls '%sspec'"):format(root)):lines() do
        local name = path:match '^(.*)_spec%.lua$'
        local wanted = name and #options.names == 0
        for _, given in ipairs(options.names) do
            wanted = wanted or name == (given:match '([%w_]+)_spec%.lua$' or given)
        end
        if name and wanted then
            table.insert(list, root .. 'spec/' .. path)
        end
    end
    if #list == 0 then
        io.stderr:write('run.lua: no such spec: ', table.concat(options.names, ' '), '\n')
        os.exit(2)
    end
    return list
end

-- What specs may need to know about where they are.
_G.SPEC = { root = root }

-- Busted forgets after each file what that has loaded. A second ffi would know other types by the numbers that the
-- cdata of the first one bear, which Lua would then free by wrong sizes: its count of its heap, and with it the pace of
-- its collector, would be void.
require 'ffi'

local busted = require 'busted.core'()
require 'busted'(busted)
require 'busted.modules.filter_loader'()(busted, options)

local passed, failed, skipped = 0, 0, 0

-- "file describe it"
local function full_name(element)
    local words, at = {}, element
    while at and at.name do
        table.insert(words, 1, (tostring(at.name):gsub('^.*/', '')))
        at = busted.context.parent(at)
    end
    return table.concat(words, ' | ')
end

local function report(what, element, message)
    io.stdout:write(('%s  %s\n    %s\n'):format(what, full_name(element), tostring(message):gsub('\n', '\n    ')))
    io.stdout:flush()
end

busted.subscribe({ 'test', 'end' }, function(element, _, status)
    if status == 'success' then
        passed = passed + 1
    elseif status == 'pending' then
        skipped = skipped + 1
    else
        failed = failed + 1
    end
    if options.verbose then
        print(('%-7s %8.1f ms  %s'):format(status, (element.duration or 0) * 1000, full_name(element)))
    end
    return nil, true
end)

busted.subscribe({ 'pending' }, function(element, _, message)
    report('PENDING', element, message or '')
    return nil, true
end)

for _, kind in ipairs { 'failure', 'error' } do
    busted.subscribe({ kind }, function(element, _, message)
        if element.descriptor ~= 'it' then
            failed = failed + 1 -- a file that doesn't load, a setup that fails
        end
        report(kind == 'failure' and 'FAILED' or 'ERROR', element, message)
        return nil, true
    end)
end

require 'busted.modules.test_file_loader'(busted, { 'lua' })(files(), {}, { excludes = {}, recursive = false })
require 'busted.execute'(busted)(1, { sort = false, seed = 1 })

print(('%d passed, %d failed, %d skipped'):format(passed, failed, skipped))
io.stdout:flush()
os.exit(failed == 0 and 0 or 1, true) -- closes the state, so that a leak checker sees what is left
