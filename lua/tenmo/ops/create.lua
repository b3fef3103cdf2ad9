-- create.lua: constructors composed of full, empty, rand and randn.

return function(tenmo)
    -- zeros(2, 3), zeros({2, 3}), both with an options table at the end.
    -- A mistake is reported under the name that was called, not as one of full.
    local function filled(name, value)
        return function(...)
            local n = select('#', ...)
            local last = select(n, ...)
            local options
            if type(last) == 'table' and type(next(last)) == 'string' then
                options, n = last, n - 1
            end
            local shape = ...
            if type(shape) ~= 'table' or n == 0 then
                shape = { ... }
                shape[n + 1] = nil
            end
            local ok, result = pcall(tenmo.full, shape, value, options)
            if not ok then
                error((tostring(result):gsub('full: ', name .. ': ', 1)), 0)
            end
            return result
        end
    end

    -- Options of a new tensor that is to be like x.
    local function like(x, options)
        local all = { dtype = x.dtype }
        for key, value in pairs(options or {}) do
            all[key] = value
        end
        return all
    end

    return {
        {
            name = 'zeros',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false',
            doc = 'every element is 0',
            example = 'tenmo.zeros(2, 3)',
            method = false,
            run = filled('zeros', 0),
        },
        {
            name = 'ones',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false',
            doc = 'every element is 1',
            example = "tenmo.ones(2, 3, {dtype = 'int64'})",
            method = false,
            run = filled('ones', 1),
        },
        {
            name = 'empty',
            signature = 'shape:shape | dtype:dtype=float32 requires_grad:bool=false',
            doc = 'a tensor to be written into; what is in it at first means nothing (zeros, today)',
            example = 'tenmo.empty(2, 3)',
            method = false,
            run = filled('empty', 0),
        },
        {
            name = 'zeros_like',
            signature = 'x | dtype:dtype? requires_grad:bool=false',
            doc = 'zeros in the shape and dtype of x',
            example = 'tenmo.zeros_like(x)',
            method = false,
            run = function(x, options)
                return tenmo.full(x.shape, 0, like(x, options))
            end,
        },
        {
            name = 'ones_like',
            signature = 'x | dtype:dtype? requires_grad:bool=false',
            doc = 'ones in the shape and dtype of x',
            example = 'tenmo.ones_like(x)',
            method = false,
            run = function(x, options)
                return tenmo.full(x.shape, 1, like(x, options))
            end,
        },
        {
            name = 'full_like',
            signature = 'x value:num | dtype:dtype? requires_grad:bool=false',
            doc = 'value everywhere, in the shape and dtype of x',
            example = 'tenmo.full_like(x, 7)',
            method = false,
            run = function(x, value, options)
                return tenmo.full(x.shape, value, like(x, options))
            end,
        },
    }
end
