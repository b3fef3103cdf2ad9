-- download.lua: files that come from the net, once.
--
--     local path, why = download.file(path, { name = 'mnist/x.gz', urls = {...}, sha256 = '...', bytes = 1234 })
--
-- curl does the transfer. What has come so far lies in PATH.part; a run that was cut goes on from there. Only when
-- the SHA-256 of all of it is the expected one is it moved to PATH, so what lies at PATH is whole. One lock for the
-- folder keeps two runs from writing one file: the second waits, and then finds it there.
--
-- TENMO_MIRROR, the address of a folder, replaces the urls: files are taken from TENMO_MIRROR/NAME.
-- TENMO_OFFLINE, if set, forbids downloads; so does CI, unless there is a mirror.
local files = require 'tenmo.files'
local terminal = require 'tenmo.terminal'

local CONNECT = 4 -- seconds to wait for a server
local STALL = 10 -- seconds with less than 1,000 bytes each until we give up

-- curl's exit codes that people meet, in words.
local CODES = {
    [6] = "the server's name can't be found", [7] = 'no connection', [18] = 'the connection was cut',
    [22] = "the server doesn't have it", [23] = "it can't be written", [28] = 'the server is too slow or silent',
    [33] = 'the server sends only whole files', [35] = 'no secure connection', [47] = 'redirected too often',
    [52] = 'the server sent nothing', [56] = 'the connection was cut', [60] = "the server's certificate is not trusted",
    [63] = 'it is larger than expected', [126] = "curl can't be run", [127] = 'curl is not installed',
}

local download = {}

local function set(name)
    local value = os.getenv(name)
    return value and value ~= '' and value
end

local function say(...)
    io.stdout:flush()
    io.stderr:write(string.format(...), '\n')
end

-- The folder for what was downloaded, or nil and why there is none.
function download.cache()
    local base = set 'XDG_CACHE_HOME'
    if base and base:sub(1, 1) == '/' then
        return base .. '/tenmo-lua'
    end
    local home = set 'HOME'
    if not home then
        return nil, 'there is no HOME for a cache'
    end
    return home .. '/.cache/tenmo-lua'
end

-- true, or nil and why nothing may be downloaded.
local function allowed()
    local mirror = set 'TENMO_MIRROR'
    if set 'TENMO_OFFLINE' then
        return nil, 'TENMO_OFFLINE is set'
    elseif mirror and not mirror:find '^https?://' then
        return nil, ("TENMO_MIRROR is '%s', expected http:// or https://"):format(mirror)
    elseif set 'CI' and not mirror then
        return nil, 'nothing is downloaded under CI'
    end
    return true
end

local function sha256(path)
    local pipe = io.popen('sha256sum < ' .. files.quote(path) .. ' 2>/dev/null')
    local sum = pipe and pipe:read '*l'
    if pipe then
        pipe:close()
    end
    return sum and sum:match '^%x+'
end

local function size(path)
    local file = io.open(path, 'rb')
    local n = file and file:seek 'end' or 0
    if file then
        file:close()
    end
    return n
end

-- Runs curl: its exit code. It goes on after what is in part already.
local function curl(url, part, bytes)
    local status = os.execute(table.concat({
        'exec curl --fail --location --max-redirs 5', "--proto '=http,https' --proto-redir '=http,https'",
        '--connect-timeout', CONNECT, '--speed-limit 1000 --speed-time', STALL, '--max-filesize', bytes,
        terminal.lively(2) and '--progress-bar' or '--silent', '--continue-at - --output', files.quote(part),
        '--url', files.quote(url), terminal.lively(2) and '' or '2>/dev/null',
    }, ' '))
    if status % 128 == 2 then
        error('interrupted', 0)
    end
    return math.floor(status / 256)
end

-- Brings part up to the expected bytes from one address: true, or nil and why not.
local function transfer(url, part, source)
    for _ = 1, 2 do
        local before = size(part)
        if before >= source.bytes then
            if before == source.bytes and sha256(part) == source.sha256 then
                return true
            end
            os.remove(part) -- whole, and wrong: begin anew
            before = 0
        end
        local code = curl(url, part, source.bytes)
        if code == 0 and sha256(part) == source.sha256 then
            return true
        end
        if code == 0 then
            os.remove(part)
        elseif before > 0 and (code == 33 or code == 22) then
            os.remove(part) -- the server can't go on in the middle
        else
            return nil, ('%s: %s'):format(url, CODES[code] or ('curl failed with code %d'):format(code))
        end
        if code == 0 and before == 0 then
            break
        end
    end
    return nil, ('%s: these are not the expected bytes (SHA-256)'):format(url)
end

local function addresses(source)
    local mirror = set 'TENMO_MIRROR'
    return mirror and { mirror:gsub('/+$', '') .. '/' .. source.name } or source.urls
end

local function fetch(path, source)
    if files.exists(path) then -- another run was faster
        return path
    end
    if os.execute 'command -v curl > /dev/null 2>&1' ~= 0 then
        return nil, 'curl is not installed'
    end
    local why
    for _, url in ipairs(addresses(source)) do
        say('downloading %s (%.1f MB)', url, source.bytes / 1e6)
        local good
        good, why = transfer(url, path .. '.part', source)
        if good then
            good, why = files.move(path .. '.part', path)
            if good then
                return path
            end
            return nil, why
        end
    end
    return nil, why
end

-- The path, when the file lies there (now); or nil and why not.
function download.file(path, source)
    if files.exists(path) then
        return path
    end
    local good, why = allowed()
    if good then
        good, why = files.make_folder(files.folder(path))
    end
    if not good then
        return nil, why
    end
    local unlock
    unlock, why = files.lock(files.folder(path) .. '/.lock', function()
        say('waiting: another run is downloading to %s', files.folder(path))
    end)
    if not unlock then
        return nil, why
    end
    local called, result, message = pcall(fetch, path, source)
    unlock()
    if not called then
        error(result, 0)
    end
    if result then
        return result
    end
    return nil, message
end

return download
