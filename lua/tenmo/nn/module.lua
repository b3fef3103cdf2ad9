-- module.lua: what all layers have in common.
--
-- A module is a Lua table. A tensor that requires a gradient, put into one of its fields, is a parameter;
-- another tensor is a buffer (kept with the state, not trained); a module is a part. So are those in a plain table:
-- self.layers = { a, b } has the parts layers.1 and layers.2. Their order is the order in which the fields were
-- first set, so names and parameters are the same in every run; a field that was something else at first comes last.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local Module = { name = 'Module' }
local is_module

local function is_plain(value)
    return type(value) == 'table' and getmetatable(value) == nil
end

-- Fields that hold tensors, modules and plain tables, in order: kept in self._order, an array of field names.
local function set_field(self, key, value)
    if type(value) == 'userdata' and tenmo.is_tensor(value) or is_module(value) or is_plain(value) then
        local order = rawget(self, '_order')
        if not order then
            order = {}
            rawset(self, '_order', order)
        end
        local known = false
        for _, name in ipairs(order) do
            known = known or name == key
        end
        if not known then
            order[#order + 1] = key
        end
        if is_module(value) then
            rawset(value, '_place', tostring(key))
        end
    end
    rawset(self, key, value)
end

local function make(class, ...)
    local self = setmetatable({ training = true }, class)
    if class.init then
        class.init(self, ...)
    end
    return self
end

local function prepare(class)
    class.__index = class
    class.__newindex = set_field
    class.__call = function(self, ...)
        if Module.watch then -- a trace: trace.lua
            return Module.watch(self, 'forward', ...)
        end
        return self:forward(...)
    end
    class.__tostring = function(self)
        return require 'tenmo.nn.summary'(self)
    end
    class._is_module = true
end

is_module = function(value)
    local class = type(value) == 'table' and getmetatable(value)
    return type(class) == 'table' and rawget(class, '_is_module') == true
end

prepare(Module)
setmetatable(Module, { __call = make })
Module.is_module = is_module

-- A new kind of module. Its `init` is called with the arguments of the constructor.
function Module:extend(name)
    local class = { name = name }
    prepare(class)
    return setmetatable(class, { __index = self, __call = make })
end

function Module:forward()
    raise('%s has no forward; write function %s:forward(x) ... end', self.name, self.name)
end

local function sorted_keys(t)
    local keys = {}
    for key in pairs(t) do
        keys[#keys + 1] = key
    end
    table.sort(keys, function(x, y)
        if type(x) == type(y) and (type(x) == 'number' or type(x) == 'string') then
            return x < y
        end
        return type(x) == 'number' and type(y) ~= 'number'
    end)
    return keys
end

-- Calls visit(name, value, owner, key) for the tensors and modules that a table holds itself, or in plain tables.
local function members(self, keys, prefix, visit, seen)
    for _, key in ipairs(keys) do
        local value, name = rawget(self, key), prefix .. tostring(key)
        if type(value) == 'userdata' and tenmo.is_tensor(value) or is_module(value) then
            visit(name, value, self, key)
        elseif is_plain(value) and not seen[value] then
            seen[value] = true
            members(value, sorted_keys(value), name .. '.', visit, seen)
        end
    end
end

-- The names of fields that may hold members, in order. What replaced a number, say, didn't pass set_field.
local function fields(self)
    local order = rawget(self, '_order') or {}
    local known, others = { _order = true }, {}
    for _, key in ipairs(order) do
        known[key] = true
    end
    for key, value in pairs(self) do
        if not known[key] and (type(value) == 'userdata' or type(value) == 'table') then
            others[key] = true
        end
    end
    if next(others) == nil then
        return order
    end
    local all = { unpack(order) }
    for _, key in ipairs(sorted_keys(others)) do
        all[#all + 1] = key
    end
    return all
end

-- An array of { name, tensor }: the module's own tensors, not those of its parts.
function Module:_own()
    local list = {}
    members(self, fields(self), '', function(name, value)
        if not is_module(value) then
            list[#list + 1] = { name, value }
        end
    end, {})
    return list
end

-- The same for all inside, depth first, each once.
local function walk(self, prefix, visit, seen)
    members(self, fields(self), prefix, function(name, value, owner, key)
        if not seen[value] then
            seen[value] = true
            visit(name, value, owner, key)
            if is_module(value) then
                walk(value, name .. '.', visit, seen)
            end
        end
    end, {})
end

local function each(self, visit)
    walk(self, '', visit, { [self] = true })
end

-- An iterator over an array of { name, value } pairs.
local function pairs_of(list)
    local i = 0
    return function()
        i = i + 1
        if list[i] then
            return list[i][1], list[i][2]
        end
    end
end

-- for name, tensor in model:named_parameters() do
function Module:named_parameters()
    local list = {}
    each(self, function(name, value)
        if not is_module(value) and value.requires_grad then
            list[#list + 1] = { name, value }
        end
    end)
    return pairs_of(list)
end

-- for name, module in model:named_modules() do: the parts, not the module itself
function Module:named_modules()
    local list = {}
    each(self, function(name, value)
        if is_module(value) then
            list[#list + 1] = { name, value }
        end
    end)
    return pairs_of(list)
end

-- An array of the parameters, as optimizers take it.
function Module:parameters()
    local list = {}
    for _, parameter in self:named_parameters() do
        list[#list + 1] = parameter
    end
    return list
end

-- How many numbers are trained.
function Module:count()
    local n = 0
    for _, parameter in self:named_parameters() do
        n = n + parameter:numel()
    end
    return n
end

function Module:train(on)
    on = on ~= false
    rawset(self, 'training', on)
    for _, part in self:named_modules() do
        rawset(part, 'training', on)
    end
    return self
end

function Module:eval()
    return self:train(false)
end

function Module:zero_grad()
    for _, parameter in self:named_parameters() do
        parameter.grad = nil
    end
    return self
end

local FLOATS = { float16 = true, bfloat16 = true, float32 = true, float64 = true }
local INTEGERS = { int64 = true, int32 = true, uint8 = true, bool = true }

-- Calls visit(tensor, owner, key) for every place that holds one: what is shared is met more than once.
local function each_place(self, visit)
    local function own(module)
        members(module, fields(module), '', function(_, value, owner, key)
            if not is_module(value) then
                visit(value, owner, key)
            end
        end, {})
    end
    own(self)
    for _, part in self:named_modules() do
        own(part)
    end
end

local function change_dtype(self, dtype)
    local changed, places = {}, {}
    each_place(self, function(x, owner, key)
        if x.dtype:find 'float' and x.dtype ~= dtype then
            if not changed[x] then
                changed[x] = x:detach():to(dtype)
                changed[x].requires_grad = x.requires_grad
            end
            places[#places + 1] = { owner, key, changed[x] }
        end
    end)
    for _, place in ipairs(places) do
        rawset(unpack(place))
    end
end

-- Moves every tensor to a device, in place: an optimizer made of the parameters before goes on with them there, and
-- takes its state along at its next step. Or puts every floating tensor into another dtype. The parameters are new
-- tensors then: do this before an optimizer is made of them.
function Module:to(target)
    if type(target) ~= 'string' or INTEGERS[target] then
        raise("to: expected a device, 'cpu' or 'cuda', or a dtype of floats for the model's, got %s", tostring(target))
    elseif FLOATS[target] then
        change_dtype(self, target)
    else
        each(self, function(_, value)
            if not is_module(value) then
                value:to_(target)
            end
        end)
    end
    return self
end

function Module:cpu()
    return self:to 'cpu'
end

function Module:cuda()
    return self:to 'cuda'
end

function Module:float()
    return self:to 'float32'
end

function Module:double()
    return self:to 'float64'
end

-- Calls f(module) for every part and for the module itself, parts first.
function Module:apply(f)
    for _, part in self:named_modules() do
        f(part)
    end
    f(self)
    return self
end

-- A plain table from name to tensor: parameters and buffers, sharing their bytes with the model.
function Module:state()
    local state = {}
    each(self, function(name, value)
        if not is_module(value) then
            state[name] = value:detach()
        end
    end)
    return state
end

-- What keeps a state from fitting the model, as a message; or nil, the names in order and the tensors by name.
local function mismatch(self, state)
    local targets, names = {}, {}
    each(self, function(name, value)
        if not is_module(value) then
            targets[name] = value
            names[#names + 1] = name
        end
    end)
    for name, value in pairs(state) do
        if not targets[name] then
            return ("the model has no '%s'; it has %s"):format(tostring(name), table.concat(names, ', '))
        elseif not tenmo.is_tensor(value) then
            return ("'%s' is a %s, not a tensor"):format(name, type(value))
        end
    end
    for _, name in ipairs(names) do
        if not state[name] then
            return ("'%s' is missing"):format(name)
        end
        local want, got = shape_text(targets[name].shape), shape_text(state[name].shape)
        if want ~= got then
            return ("'%s' is %s in the model, %s in the state"):format(name, want, got)
        end
    end
    return nil, names, targets
end

-- Copies a table as state() gives it into the model; names and shapes must match.
function Module:load_state(state)
    if type(state) ~= 'table' or is_module(state) then
        raise('load_state: expected a table of tensors by name, as state() gives it, got %s%s',
            is_module(state) and 'a module' or type(state), type(state) == 'string' and '; load reads a file' or '')
    end
    local wrong, names, targets = mismatch(self, state)
    if wrong then
        raise('load_state: %s', wrong)
    end
    tenmo.no_grad(function()
        for _, name in ipairs(names) do
            targets[name]:copy_(state[name])
        end
    end)
    return self
end

-- Writes the model's state to a safetensors file: the model, or nil and a message.
function Module:save(path)
    local good, why = tenmo.safetensors.save(path, self:state())
    if not good then
        return nil, why
    end
    return self
end

-- Reads a file that save wrote into the model: the model, or nil and a message; then nothing has changed.
function Module:load(path)
    local state, why = tenmo.safetensors.load(path)
    if not state then
        return nil, why
    end
    local wrong = mismatch(self, state)
    if wrong then
        return nil, ('%s: %s'):format(path, wrong)
    end
    return self:load_state(state)
end

return Module
