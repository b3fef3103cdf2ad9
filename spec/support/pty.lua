-- pty.lua: a program behind a pseudo-terminal: keys are typed, the screen is read.
--
--     local t = pty.open({ program, 'argument' }, { HOME = folder })
--     t:wait '> '            until the screen's last line is that text
--     t:type 'x = 3\n'
--     t:screen()             what a person would see: lines without their trailing blanks
--     t:close()              the exit status
--
-- The screen understands what line editors write: carriage return, backspace, and moving, deleting, inserting.

local bit = require 'bit'
local ffi = require 'ffi'

-- Busted loads this file anew for each spec that asks for it, and a struct can be declared once.
if not pcall(ffi.typeof, 'struct tenmo_pollfd') then ffi.cdef [[
int posix_openpt(int flags); int grantpt(int fd); int unlockpt(int fd); char *ptsname(int fd);
int open(const char *path, int flags, ...); int close(int fd); int dup2(int from, int to);
int fork(void); int setsid(void); int execve(const char *path, char *const *argv, char *const *envp);
void _exit(int status); int kill(int pid, int number); int waitpid(int pid, int *status, int options);
int ioctl(int fd, unsigned long request, ...);
long read(int fd, void *to, size_t n); long write(int fd, const void *from, size_t n);
struct tenmo_pollfd { int fd; short events, revents; };
int poll(struct tenmo_pollfd *fds, unsigned long n, int timeout);
]] end
local C = ffi.C
local O_RDWR, O_NOCTTY, TIOCSCTTY, TIOCSWINSZ, POLLIN = 2, 256, 0x540E, 0x5414, 1

local Pty = {}
Pty.__index = Pty

local pty = {}

local function strings(list)
    local array = ffi.new('const char *[?]', #list + 1)
    for i, text in ipairs(list) do
        array[i - 1] = text
    end
    return array
end

-- Starts words[1] with the arguments that follow. environment is added to a small one; cwd stays.
function pty.open(words, environment)
    local all = { TERM = 'xterm', PATH = os.getenv 'PATH', HOME = '/nowhere', LC_ALL = 'C.UTF-8',
        TENMO_DATA = os.getenv 'TENMO_DATA' }
    for name, value in pairs(environment or {}) do
        all[name] = value or nil -- false takes it away
    end
    local list = {}
    for name, value in pairs(all) do
        list[#list + 1] = name .. '=' .. value
    end
    local argv, envp = strings(words), strings(list)
    local master = C.posix_openpt(bit.bor(O_RDWR, O_NOCTTY))
    assert(master >= 0 and C.grantpt(master) == 0 and C.unlockpt(master) == 0, 'no pseudo-terminal')
    local name = ffi.string(C.ptsname(master))
    C.ioctl(master, ffi.cast('unsigned long', TIOCSWINSZ), ffi.new('unsigned short[4]', { 50, 100, 0, 0 }))
    local pid = C.fork()
    if pid == 0 then
        C.setsid()
        local slave = C.open(name, O_RDWR)
        C.ioctl(slave, ffi.cast('unsigned long', TIOCSCTTY), ffi.cast('int', 0))
        for fd = 0, 2 do
            C.dup2(slave, fd)
        end
        for fd = 3, 63 do
            C.close(fd)
        end
        C.execve(words[1], ffi.cast('char *const *', argv), ffi.cast('char *const *', envp))
        C._exit(127)
    end
    return setmetatable({ fd = master, pid = pid, lines = { {} }, row = 1, column = 1, typed = 0 }, Pty)
end

-- --- the screen ------------------------------------------------------------------------------------------------

local function put(self, text)
    local line = self.lines[self.row]
    for i = #line + 1, self.column - 1 do
        line[i] = ' '
    end
    line[self.column] = text
    self.column = self.column + 1
end

local function go_to(self, row)
    self.row = math.max(1, row)
    for i = #self.lines + 1, self.row do
        self.lines[i] = {}
    end
end

local function cut(line, from)
    for i = #line, from, -1 do
        line[i] = nil
    end
end

-- What follows ESC [: numbers and a letter.
local function control(self, numbers, letter)
    local n = tonumber(numbers:match '^%d+')
    local line = self.lines[self.row]
    if letter == 'K' and not n then
        cut(line, self.column)
    elseif letter == 'J' and not n then
        cut(line, self.column)
        for i = #self.lines, self.row + 1, -1 do
            self.lines[i] = nil
        end
    elseif letter == 'A' then
        go_to(self, self.row - (n or 1))
    elseif letter == 'B' then
        go_to(self, self.row + (n or 1))
    elseif letter == 'C' then
        self.column = self.column + (n or 1)
    elseif letter == 'D' then
        self.column = math.max(1, self.column - (n or 1))
    elseif letter == 'G' then
        self.column = n or 1
    elseif letter == 'P' then
        for _ = 1, n or 1 do
            if line[self.column] then
                table.remove(line, self.column)
            end
        end
    elseif letter == '@' then
        for _ = 1, n or 1 do
            table.insert(line, math.min(self.column, #line + 1), ' ')
        end
    elseif letter == 'H' then
        self.column, self.row = 1, 1
    end
end

local function draw(self, text)
    text = (self.rest or '') .. text
    local at = 1
    while at <= #text do
        local c = text:sub(at, at)
        local numbers, letter, after = text:match('^\27%[([%d;?]*)(%a)()', at)
        numbers = numbers or text:match('^\27%[[%d;?]*@', at) and text:match('^\27%[([%d;?]*)', at)
        if numbers then
            control(self, numbers, letter or '@')
            at = after or at + 3 + #numbers
        elseif c == '\27' and #text - at < 12 and not text:find('^\27[^%[]', at) then
            break -- the rest is still to come
        elseif c == '\27' then
            at = at + 2
        else
            local size = c:byte() >= 0xF0 and 4 or c:byte() >= 0xE0 and 3 or c:byte() >= 0xC0 and 2 or 1
            if c == '\r' then
                self.column = 1
            elseif c == '\n' then
                go_to(self, self.row + 1)
            elseif c == '\b' then
                self.column = math.max(1, self.column - 1)
            elseif c == '\t' then
                self.column = math.floor((self.column + 7) / 8) * 8 + 1
            elseif c:byte() >= 32 then
                put(self, text:sub(at, at + size - 1))
            end
            at = at + size
        end
    end
    self.rest = text:sub(at)
end

-- Everything that has been on the screen, also what a real one would have scrolled away.
function Pty:screen()
    local lines = {}
    for i, line in ipairs(self.lines) do
        for k = 1, #line do
            line[k] = line[k] or ' '
        end
        lines[i] = table.concat(line):gsub('%s+$', '')
    end
    return (table.concat(lines, '\n'):gsub('%s+$', ''))
end

-- The text below the n-th last line that begins with this prompt and what was typed.
function Pty:below(typed)
    local screen = '\n' .. self:screen() .. '\n'
    local at, stop
    repeat
        local a, b = screen:find('\n' .. typed .. '\n', stop or 1, true)
        at, stop = a or at, b and b - 1 or nil
    until not stop
    return at and screen:sub(at + #typed + 2):gsub('\n$', '') or nil
end

-- --- keys ------------------------------------------------------------------------------------------------------

local BUFFER = ffi.new 'char[65536]'

-- Reads what has come; false when nothing came within these milliseconds, nil at the end.
function Pty:read(timeout)
    local fds = ffi.new('struct tenmo_pollfd[1]')
    fds[0].fd, fds[0].events = self.fd, POLLIN
    if C.poll(fds, 1, timeout) <= 0 then
        return false
    end
    local n = tonumber(C.read(self.fd, BUFFER, 65536))
    if n <= 0 then
        return nil
    end
    draw(self, ffi.string(BUFFER, n))
    return true
end

-- Reads until the last line is this text (a plain text), or `pattern(screen)` holds; gives the screen. Where the last
-- keys ended a line, that line's own prompt is no answer: a text counts from the next row on.
function Pty:wait(wanted, seconds)
    for _ = 1, (seconds or 20) * 50 do
        local screen = self:screen()
        local last = screen:match '[^\n]*$'
        local there
        if type(wanted) == 'function' then
            there = wanted(screen)
        else
            there = #self.lines > self.typed and last == wanted:gsub('%s+$', '')
        end
        if there then
            return screen
        end
        if self:read(20) == nil then
            break
        end
    end
    error(('waited for %s, got\n%s'):format(tostring(wanted), self:screen()), 2)
end

function Pty:type(text)
    self.typed = text:sub(-1) == '\n' and #self.lines or 0
    assert(C.write(self.fd, text, #text) == #text)
end

-- Types a line and waits for the next prompt; gives what came between.
function Pty:line(text, prompt)
    self:type(text .. '\n')
    local rows = self.typed
    self:wait(prompt or '> ')
    local lines = {}
    for line in (self:screen() .. '\n'):gmatch '(.-)\n' do
        lines[#lines + 1] = line
    end
    return table.concat(lines, '\n', rows + 1, #lines - 1)
end

-- Waits for the program's end; gives the exit status, or the signal's number negated.
function Pty:close()
    for _ = 1, 500 do
        if self:read(20) == nil then
            break
        end
    end
    local status = ffi.new 'int[1]'
    C.close(self.fd)
    for _ = 1, 500 do
        if C.waitpid(self.pid, status, 1) == self.pid then
            local code = status[0]
            return bit.band(code, 127) == 0 and bit.rshift(code, 8) or -bit.band(code, 127)
        end
        C.poll(nil, 0, 10)
    end
    C.kill(self.pid, 9)
    C.waitpid(self.pid, status, 0)
    return nil, 'had to be killed'
end

return pty
