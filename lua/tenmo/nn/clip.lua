-- clip.lua: gradients kept from growing too large, between backward and the optimizer's step.
local check = require 'tenmo.options'
local raise = require 'tenmo.raise'
local is_module = require 'tenmo.nn.module'.is_module
local tenmo = require 'tenmo'

local clip = {}

-- The tensors that hold the gradients: whole ones, or the rows of those that are kept as rows.
local function gradients(name, parameters)
    if tenmo.is_tensor(parameters) then
        parameters = { parameters }
    elseif type(parameters) ~= 'table' or is_module(parameters) then
        raise("%s: argument 1 ('parameters') expects a table of tensors, such as model:parameters(), got %s", name,
            is_module(parameters) and 'a module' or type(parameters))
    end
    local list = {}
    for i, parameter in ipairs(parameters) do
        if not tenmo.is_tensor(parameter) then
            raise('%s: parameter %d is a %s', name, i, type(parameter))
        end
        local _, rows = parameter:grad_rows()
        local g = rows or parameter.grad
        list[#list + 1] = g and g:numel() > 0 and g or nil
    end
    return list
end

local function expect_positive(name, argument, value)
    if type(value) ~= 'number' or value <= 0 or value ~= value then
        raise("%s: argument 2 ('%s') expects a number above 0, got %s", name, argument, tostring(value))
    end
end

-- Scales all gradients by one factor, so that their norm together is at most max_norm. Returns the norm that they had,
-- a tensor. options.norm_type: 2 unless given; math.huge takes the largest element.
function clip.clip_grad_norm_(parameters, max_norm, options)
    local list = gradients('clip_grad_norm_', parameters)
    expect_positive('clip_grad_norm_', 'max_norm', max_norm)
    local p = check('clip_grad_norm_', options, { norm_type = { 'number', 2 } }).norm_type
    if p <= 0 or p ~= p then
        raise("clip_grad_norm_: option 'norm_type' expects a number above 0, got %s", tostring(p))
    end
    if #list == 0 then
        return tenmo.tensor(0)
    end
    return tenmo.optim._clip_norm(list, max_norm, p) or tenmo.no_grad(function() -- where no kernel does it
        local total
        for _, g in ipairs(list) do
            local part = p == 2 and g:square():sum() or p == math.huge and g:abs():max() or (g:abs() ^ p):sum()
            total = not total and part or p == math.huge and total:maximum(part) or total + part
        end
        total = p == 2 and total:sqrt() or p == math.huge and total or total ^ (1 / p)
        local factor = (max_norm / (total + 1e-6)):clamp { max = 1 }
        for _, g in ipairs(list) do
            g:mul_(factor)
        end
        return total
    end)
end

-- Keeps every element of every gradient within -limit .. limit.
function clip.clip_grad_value_(parameters, limit)
    local list = gradients('clip_grad_value_', parameters)
    expect_positive('clip_grad_value_', 'limit', limit)
    tenmo.no_grad(function()
        for _, g in ipairs(list) do
            g:clamp_ { min = -limit, max = limit }
        end
    end)
end

return clip
