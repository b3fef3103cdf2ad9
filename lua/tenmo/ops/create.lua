-- create.lua: constructors composed of full, empty, rand and randn.

return function(tenmo)
    local full = tenmo.full

    local function filled(value)
        return function(shape, dtype, requires_grad, device)
            return full(shape, value, dtype, requires_grad, device)
        end
    end

    -- A tensor like x, of `value` everywhere.
    local function like(value)
        return function(x, dtype, requires_grad, device)
            return full(x.shape, value, dtype or x.dtype, requires_grad, device or x.device)
        end
    end

    return {
        {
            name = 'zeros',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false device:cpu/cuda=cpu',
            doc = 'every element is 0',
            example = 'tenmo.zeros(2, 3)',
            method = false,
            call = filled(0),
        },
        {
            name = 'ones',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false device:cpu/cuda=cpu',
            doc = 'every element is 1',
            example = "tenmo.ones(2, 3, {dtype = 'int64'})",
            method = false,
            call = filled(1),
        },
        {
            name = 'empty',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false device:cpu/cuda=cpu',
            doc = 'a tensor to be written into; what is in it at first means nothing (zeros, today)',
            example = 'tenmo.empty(2, 3)',
            method = false,
            call = filled(0),
        },
        {
            name = 'zeros_like',
            signature = 'x | dtype:dtype? requires_grad:bool=false device:cpu/cuda?',
            doc = 'zeros in the shape and dtype of x, on its device',
            example = 'tenmo.zeros_like(x)',
            method = false,
            call = like(0),
        },
        {
            name = 'ones_like',
            signature = 'x | dtype:dtype? requires_grad:bool=false device:cpu/cuda?',
            doc = 'ones in the shape and dtype of x, on its device',
            example = 'tenmo.ones_like(x)',
            method = false,
            call = like(1),
        },
        {
            name = 'full_like',
            signature = 'x value:num | dtype:dtype? requires_grad:bool=false device:cpu/cuda?',
            doc = 'value everywhere, in the shape and dtype of x, on its device',
            example = 'tenmo.full_like(x, 7)',
            method = false,
            call = function(x, value, dtype, requires_grad, device)
                return full(x.shape, value, dtype or x.dtype, requires_grad, device or x.device)
            end,
        },
    }
end
