-- trace.lua: one training step told layer by layer, by the engine itself.
--
--     local story = tenmo.trace(function() step(x, y) end)     print(story)
--     tenmo.trace(function() step(x, y) end, { html = 'trace.html' })
--
-- f runs once, as it would without being watched; what it returns is dropped. The story is a table of sections, each
-- with a title and items (trace/story.lua says which); tostring(story) is a text for the terminal, story:html() one
-- page that stands alone. `tenmo-lua --trace script.lua` does the same with the first step of a script.
local Module = require 'tenmo.nn.module'
local ffi = require 'ffi'
local files = require 'tenmo.files'
local raise = require 'tenmo.raise'
local tell = require 'tenmo.trace.story'
local tenmo = require 'tenmo'

local NUMBER = { float32 = 'float', float64 = 'double', int64 = 'int64_t', int32 = 'int32_t', uint8 = 'uint8_t',
    bool = 'uint8_t' }

local trace, Story = {}, {}
Story.__index = Story

function Story:__tostring()
    return require 'tenmo.trace.text'(self)
end

function Story:html()
    return require 'tenmo.trace.html'(self)
end

-- Writes the page; nil and a message where it can't be written.
function Story:save(path)
    local page = self:html()
    return files.write_whole(path, function(file)
        return file:write(page)
    end)
end

-- --- what Lua adds to the engine's events: modules, what they were given, their parameters ---------------------------

local marks, depth, names, places -- names: of parameters, by address; places: what tenmo.debug.places was

-- A tensor's view and the first bytes of its buffer.
local function describe(name, x)
    local buffer = tenmo.debug.buffer(x)
    local stride, numbers = {}, {}
    for axis = 1, x:dim() do
        stride[axis] = x:stride(axis)
    end
    local data = ffi.cast(NUMBER[x.dtype] .. ' const *', buffer.raw)
    for i = 0, #buffer.raw / ffi.sizeof(NUMBER[x.dtype]) - 1 do
        numbers[i + 1] = tonumber(data[i])
    end
    return { name = name, shape = x.shape, stride = stride, offset = x:offset(), dtype = x.dtype,
        buffer = buffer, numbers = numbers, size = ffi.sizeof(NUMBER[x.dtype]) }
end

local function mark(entry)
    marks[#marks + 1] = entry
    entry.depth = depth
    tenmo.debug.mark(#marks)
end

local function learn_names(module)
    for name, parameter in module:named_parameters() do
        names[tenmo.debug.buffer(parameter).first] = name
    end
end

local function own_tensors(module)
    local list = {}
    for _, member in ipairs(module:_own()) do
        local first = tenmo.debug.buffer(member[2]).first
        list[#list + 1] = describe(names[first] or member[1], member[2])
    end
    return list
end

local function leave(good, ...)
    depth = depth - 1
    if not good then
        error((...), 0)
    end
    mark { what = 'leave' }
    return ...
end

-- Stands between a module and whoever calls it, while something is traced.
local function watch(module, method, x, ...)
    if depth == 0 then
        learn_names(module)
    end
    mark { what = 'enter', module = module.name, fused = method == 'forward_relu',
        given = tenmo.is_tensor(x) and describe('x', x) or nil, tensors = own_tensors(module) }
    depth = depth + 1
    return leave(pcall(module[method], module, x, ...))
end

local function listen(how)
    if Module.watch then
        raise('trace: a trace is running already')
    end
    marks, names, depth = {}, {}, 0
    Module.watch = watch
    places = tenmo.debug.places(true)
    tenmo.debug.trace(how)
end

local function fall_silent()
    Module.watch = nil
    tenmo.debug.places(places)
    local events, lost = tenmo.debug.traced()
    tenmo.debug.trace(false)
    return events, lost
end

-- --- for a person's script ------------------------------------------------------------------------------------------

local function run(f, options)
    if type(f) ~= 'function' then
        raise('trace: expected the function that takes one step, got %s', type(f))
    end
    for name in pairs(options or {}) do
        if name ~= 'html' then
            raise("trace: there is no option '%s'; there is html = 'page.html'", tostring(name))
        end
    end
    listen(true)
    local good, message = pcall(f)
    local events, lost = fall_silent()
    if not good then
        error(message, 0)
    end
    local story = setmetatable(tell(events, marks, names, lost), Story)
    if options and options.html then
        local saved, why = story:save(options.html)
        if not saved then
            raise('trace: %s', why)
        end
    end
    return story
end

-- --- for tenmo-lua --trace ------------------------------------------------------------------------------------------

function trace.begin()
    listen 'step'
end

-- The script failed, and its error was printed.
function trace.forget()
    if Module.watch then
        fall_silent()
    end
end

-- Tells what was heard.
function trace.finish(path)
    local events, lost = fall_silent()
    local story = setmetatable(tell(events, marks, names, lost), Story)
    if #story == 0 then
        error('trace: the script ended without a backward, so there is no step to tell', 0)
    end
    print(story)
    local saved, why = story:save(path)
    io.stderr:write(saved and ('\ntrace: the same as a page: %s\n'):format(path)
        or ('\ntrace: no page was written: %s\n'):format(why))
end

-- The same name is that of a matrix's trace.
return setmetatable(trace, { __call = function(_, f, options)
    if tenmo.is_tensor(f) then
        return f:trace(options)
    end
    return run(f, options)
end })
