-- losses.lua: losses as modules: nn.MSELoss{ reduction = 'sum' }(x, target).
local Module = require 'tenmo.nn.module'
local tenmo = require 'tenmo'

local function loss(name, run)
    local class = Module:extend(name)
    function class:init(options)
        self.options = { reduction = options and options.reduction or 'mean' }
    end
    function class:forward(x, target)
        return run(x, target, self.options)
    end
    return class
end

return {
    MSELoss = loss('MSELoss', tenmo.mse_loss),
    L1Loss = loss('L1Loss', tenmo.l1_loss),
    BCELoss = loss('BCELoss', tenmo.binary_cross_entropy),
    BCEWithLogitsLoss = loss('BCEWithLogitsLoss', tenmo.binary_cross_entropy_with_logits),
    CrossEntropyLoss = loss('CrossEntropyLoss', tenmo.cross_entropy),
}
