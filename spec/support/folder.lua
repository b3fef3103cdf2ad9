-- folder.lua: a folder of its own for the tests of a file or of one describe, which goes with the last of them.
--
--     local folder = require 'spec.support.folder' (setup, teardown)
--     folder.path 'a', folder.write('a', bytes), folder.read 'a'      paths are the folder's; write returns one,
--     read nil where there is no such file

return function(setup, teardown) -- which only a spec itself sees
    local folder = {}

    setup(function()
        folder.name = os.tmpname()
        os.remove(folder.name)
        assert(os.execute(("mkdir '%s'"):format(folder.name)) == 0)
    end)

    teardown(function()
        os.execute(("rm -r '%s'"):format(folder.name))
    end)

    function folder.path(name)
        return folder.name .. '/' .. name
    end

    function folder.write(name, bytes)
        local file = assert(io.open(folder.path(name), 'wb'))
        file:write(bytes)
        file:close()
        return folder.path(name)
    end

    function folder.read(name)
        local file = io.open(folder.path(name), 'rb')
        local bytes = file and file:read '*a'
        if file then
            file:close()
        end
        return bytes
    end

    return folder
end
