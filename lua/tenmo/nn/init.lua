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
        local known = parent == nil or type(parent) == 'table' and rawget(parent, '_is_module')
        if type(name) ~= 'string' or not known then
            require 'tenmo.raise'('class: expected a name and, if it has one, its parent, a class of modules; got %s '
                .. 'and %s', type(name), type(parent))
        end
        return (parent or Module):extend(name)
    end,
}

-- Each file with the names of what it has.
local PARTS = {
    { 'initialise', 'init' },
    { 'linear', 'Linear' },
    { 'embedding', 'Embedding EmbeddingBag' },
    { 'convolution', 'Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d' },
    { 'pooling', 'MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d AdaptiveAvgPool1d '
        .. 'AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d Unfold Fold' },
    { 'shapes', 'ConstantPad1d ConstantPad2d ConstantPad3d ZeroPad1d ZeroPad2d ZeroPad3d ReflectionPad1d '
        .. 'ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d CircularPad1d '
        .. 'CircularPad2d CircularPad3d Upsample UpsamplingNearest2d UpsamplingBilinear2d PixelShuffle '
        .. 'PixelUnshuffle' },
    { 'normalisation', 'BatchNorm1d BatchNorm2d BatchNorm3d InstanceNorm1d InstanceNorm2d LayerNorm RMSNorm GroupNorm '
        .. 'LocalResponseNorm Dropout Dropout1d Dropout2d' },
    { 'sequential', 'Sequential' },
    { 'activations', 'ReLU ReLU6 LeakyReLU PReLU ELU SELU CELU GELU SiLU Mish Sigmoid LogSigmoid Tanh Softplus '
        .. 'Softsign Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink Tanhshrink Threshold GLU Softmax Softmin '
        .. 'LogSoftmax Softmax2d Identity Flatten Unflatten' },
    { 'losses', 'MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss CrossEntropyLoss NLLLoss KLDivLoss '
        .. 'PoissonNLLLoss GaussianNLLLoss HingeEmbeddingLoss SoftMarginLoss MultiMarginLoss MarginRankingLoss '
        .. 'CosineEmbeddingLoss TripletMarginLoss CosineSimilarity PairwiseDistance' },
    { 'clip', 'clip_grad_norm_ clip_grad_value_' },
}

local FILES = {}
for _, part in ipairs(PARTS) do
    for name in part[2]:gmatch '%S+' do
        FILES[name] = 'tenmo.nn.' .. part[1]
    end
end

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
