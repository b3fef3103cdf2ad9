-- boxes_spec.lua: the userdata behind a tensor: where it lies, when its tensor goes, and what is none.

local program = require 'spec.support.program'
local tenmo = require 'tenmo'

-- Every box is made while a finalizer makes another one, and a string of 39 characters, which is as large as a box: the
-- collector runs all the time over a small heap.
local NESTED = [[
local tenmo = require 'tenmo'
local strings, tensors, n = {}, {}, 0
collectgarbage('setpause', 0)
collectgarbage('setstepmul', 100000)
for i = 1, 2000 do
    getmetatable(newproxy(true)).__gc = function()
        n = n + 1
        strings[n % 50] = ('%039d'):format(i)
        tensors[n % 50] = tenmo.full({ 3 }, i)
    end
    local x = tenmo.full({ 2 }, i) + 1
    assert(x:sum():item() == 2 * i + 2)
end
for k, x in pairs(tensors) do
    assert(x:sum():item() == 3 * tonumber(strings[k]))
end
print(n > 1900)
]]

describe('a box', function()
    it('gives its bytes back in the first collection that finds it dead', function()
        collectgarbage()
        local before = tenmo.memory().live
        local x = tenmo.ones(1000) -- luacheck: ignore
        assert.is_true(tenmo.memory().live >= before + 4000)
        x = nil
        collectgarbage()
        assert.equal(before, tenmo.memory().live)
    end)

    it('keeps its tensor while many others come and go', function()
        local kept = {}
        for i = 1, 5000 do
            kept[i] = tenmo.full({ 2 }, i)
        end
        for i = 1, 5000, 2 do
            kept[i] = nil
        end
        collectgarbage()
        for i = 2, 5000, 2 do
            assert.equal(2 * i, kept[i]:sum():item())
            kept[i - 1] = tenmo.full({ 2 }, -i)
        end
        for i = 2, 5000, 2 do
            assert.equal(2 * i, kept[i]:sum():item())
            assert.equal(-2 * i, kept[i - 1]:sum():item())
        end
    end)

    for name, value in pairs {
        ['a userdata of Lua'] = newproxy(true),
        ['a file'] = io.stdout,
        ['a light userdata'] = debug.upvalueid(function() return tenmo end, 1),
        ['an optimizer'] = tenmo.optim.SGD({ tenmo.ones(2, { requires_grad = true }) }, { lr = 1 }),
    } do
        it('is not ' .. name, function()
            assert.has_error(function()
                return tenmo.exp(value)
            end)
            assert.has_error(function()
                return tenmo.ones(2) + value
            end)
        end)
    end
end)

-- Everything is alive to the end, and the last finalizers still make tensors.
local ENDING = [[
local tenmo = require 'tenmo'
held = {}
for i = 1, 3000 do
    held[i] = tenmo.full({ 4 }, i)
end
last = newproxy(true)
getmetatable(last).__gc = function()
    print((held[3000] + tenmo.ones(4)):sum():item())
end
]]

-- Several Lua states in one process; they end in another order than they began, with boxes in many chunks each.
local STATES = [[
jit.off()
local ffi = require 'ffi'
ffi.cdef 'typedef struct lua_State lua_State; lua_State *luaL_newstate(void); void luaL_openlibs(lua_State *L);'
ffi.cdef 'int luaL_loadstring(lua_State *L, const char *s); int lua_pcall(lua_State *L, int n, int r, int f);'
ffi.cdef 'void lua_close(lua_State *L); const char *lua_tolstring(lua_State *L, int i, size_t *n);'
local function run(L, code)
    if ffi.C.luaL_loadstring(L, code) ~= 0 or ffi.C.lua_pcall(L, 0, 0, 0) ~= 0 then
        error(ffi.string(ffi.C.lua_tolstring(L, -1, nil)), 0)
    end
end
local function open()
    local L = ffi.C.luaL_newstate()
    ffi.C.luaL_openlibs(L)
    run(L, "tenmo = require 'tenmo' held = {} for i = 1, 20000 do held[i] = tenmo.full({ 2 }, i) end")
    return L
end
local CHECK = 'for i = 1, 20000 do assert(held[i]:sum():item() == 2 * i) end'
local tenmo = require 'tenmo'
local mine = tenmo.full({ 2 }, 7)
for round = 1, 3 do
    local states = { open(), open(), open() }
    for _, k in ipairs { 2, 1, 3 } do
        run(states[k], CHECK)
        ffi.C.lua_close(states[k])
        assert((mine + tenmo.ones(2)):sum():item() == 16)
    end
end
collectgarbage()
print(tenmo.memory().live <= 256)
]]

describe('the boxes of a script', function()
    it('can be made while finalizers make others, and strings of their size', function()
        if not program.path() then
            pending 'the specs do not run inside tenmo-lua'
        end
        assert.same({ 'true\n', 0 }, { program.run { '-e', NESTED } })
    end)

    it('stay to the end: the last finalizer finds every tensor in place', function()
        if not program.path() then
            pending 'the specs do not run inside tenmo-lua'
        end
        assert.same({ '12004\n', 0 }, { program.run { '-e', ENDING } })
    end)

    it('are kept apart where there are several Lua states', function()
        local folder = program.module()
        if not folder then
            pending 'tenmo.so is not built here'
        end
        assert.same({ 'true\n', 0 }, { program.run { '-e', STATES, program = 'luajit',
            env = ("LUA_CPATH='%s/?.so'"):format(folder) } })
    end)

    it('stay to the end of a plain luajit', function()
        local folder = program.module()
        if not folder then
            pending 'tenmo.so is not built here'
        end
        assert.same({ '12004\n', 0 }, { program.run { '-e', ENDING, program = 'luajit',
            env = ("LUA_CPATH='%s/?.so'"):format(folder) } })
    end)
end)
