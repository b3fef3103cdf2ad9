-- nn.lua: layers. Each is loaded from its own file when it is first named.
--
--     local model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
--     local scores = model(x)
--     print(model)
--
-- A layer of your own:
--
--     local Twice = nn.class('Twice')
--     function Twice:init(width) self.inner = nn.Linear(width, width) end
--     function Twice:forward(x) return self.inner(self.inner(x)) end
local Module = require 'tenmo.nn.module'

local nn = {
    Module = Module,
    -- nn.class(name, parent): a new kind of module; parent is nn.Module unless given.
    class = function(name, parent)
        return (parent or Module):extend(name)
    end,
}

local FILES = {
    init = 'tenmo.nn.initialise',
    Linear = 'tenmo.nn.linear',
    Embedding = 'tenmo.nn.embedding',
    EmbeddingBag = 'tenmo.nn.embedding',
    Conv1d = 'tenmo.nn.convolution',
    Conv2d = 'tenmo.nn.convolution',
    Conv3d = 'tenmo.nn.convolution',
    MaxPool1d = 'tenmo.nn.pooling',
    MaxPool2d = 'tenmo.nn.pooling',
    AvgPool1d = 'tenmo.nn.pooling',
    AvgPool2d = 'tenmo.nn.pooling',
    AdaptiveAvgPool1d = 'tenmo.nn.pooling',
    AdaptiveAvgPool2d = 'tenmo.nn.pooling',
    BatchNorm1d = 'tenmo.nn.normalisation',
    BatchNorm2d = 'tenmo.nn.normalisation',
    LayerNorm = 'tenmo.nn.normalisation',
    RMSNorm = 'tenmo.nn.normalisation',
    GroupNorm = 'tenmo.nn.normalisation',
    Dropout = 'tenmo.nn.normalisation',
    Sequential = 'tenmo.nn.sequential',
    ReLU = 'tenmo.nn.activations',
    Sigmoid = 'tenmo.nn.activations',
    Tanh = 'tenmo.nn.activations',
    Flatten = 'tenmo.nn.activations',
    MSELoss = 'tenmo.nn.losses',
    L1Loss = 'tenmo.nn.losses',
    BCELoss = 'tenmo.nn.losses',
    BCEWithLogitsLoss = 'tenmo.nn.losses',
    CrossEntropyLoss = 'tenmo.nn.losses',
    clip_grad_norm_ = 'tenmo.nn.clip',
    clip_grad_value_ = 'tenmo.nn.clip',
}

-- What tenmo has under another name: there unfold is a view.
local OTHER_NAMES = { unfold = 'im2col', fold = 'col2im' }

return setmetatable(nn, {
    __index = function(self, name)
        if name == 'functional' then
            -- The same functions under PyTorch's other name.
            local tenmo = require 'tenmo'
            self.functional = setmetatable({}, { __index = function(_, op)
                return tenmo[OTHER_NAMES[op] or op]
            end })
            return self.functional
        end
        local part = FILES[name] and require(FILES[name])
        if not part then
            local names = {}
            for known in pairs(FILES) do
                table.insert(names, known)
            end
            table.sort(names)
            local near = require 'tenmo.near'(tostring(name), names)
            require 'tenmo.raise'("nn has no '%s'%s", tostring(name),
                near and ("; did you mean '%s'?"):format(near) or '')
        end
        -- A file with several layers returns a table of them, by name.
        local value = rawget(part, name) or part
        self[name] = value
        return value
    end,
})
