-- twins_spec.lua: the composed forms that an op takes on a device without its kernel, held to the kernel.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'

-- { op, part }, and what is computed from x (4, 3), w (5, 3), b (5), ids (4): a result that depends on it.
local TWINS = {
    { 'linear', 0, function(x, w, b)
        return tenmo.linear(x, w, b, { relu = true }) + tenmo.linear(x, w) + x[1]:linear(w, b):reshape(1, 5)
    end },
    { 'linear', 1, function(x, w, b)
        return tenmo.linear(x, w, b, { relu = true }) + tenmo.linear(x, w, b)
    end },
    { 'conv1d', 1, function(x, w, b)
        return tenmo.conv1d(x:reshape(2, 3, 2), w:reshape(5, 3, 1), b, { relu = true })
            + tenmo.conv1d(x:reshape(2, 3, 2), w:reshape(5, 3, 1))
    end },
    { 'conv2d', 1, function(x, w, b)
        return tenmo.conv2d(x:reshape(3, 2, 2), w:reshape(5, 3, 1, 1), b, { relu = true })
            + tenmo.conv2d(x:reshape(3, 2, 2), w:reshape(5, 3, 1, 1), b)
    end },
    { 'conv3d', 1, function(x, w, b)
        return tenmo.conv3d(x:reshape(1, 1, 3, 2, 2), w:reshape(5, 1, 3, 1, 1), b, { relu = true })
    end },
    { 'softmax', 0, function(x)
        return x:softmax() + x:softmax(1)
    end },
    { 'softmax', 1, function(x)
        return x:softmax():square()
    end },
    { 'log_softmax', 0, function(x)
        return x:log_softmax(1)
    end },
    { 'log_softmax', 1, function(x)
        return x:log_softmax():square()
    end },
    { 'cross_entropy', 1, function(x, _, _, ids)
        return tenmo.cross_entropy(x, ids) + tenmo.cross_entropy(x, ids, { reduction = 'none' })
    end },
    { 'layer_norm', 0, function(x, w, b)
        return x:layer_norm({ 3 }, w[1], w[2]) + x:layer_norm { 4, 3 }
            + x:t():reshape(3, 4):layer_norm({ 4 }, nil, b[{ { 1, 4 } }]):t()
    end },
    { 'layer_norm', 1, function(x, w, b)
        return x:layer_norm({ 3 }, w[1], w[2]) + x:t():reshape(3, 4):layer_norm({ 4 }, nil, b[{ { 1, 4 } }]):t()
    end },
    { 'rms_norm', 0, function(x, w)
        return x:rms_norm({ 3 }, w[1]) + x:rms_norm { 3 }
    end },
    { 'rms_norm', 1, function(x, w)
        return x:rms_norm({ 3 }, w[1]) + w[{ { 1, 4 } }]:rms_norm { 3 }
    end },
    { 'mean', 0, function(x)
        return x:mean() + x:mean(1, { keepdim = true }) * x:mean(-1, { keepdim = true })
    end },
    { 'prod', 0, function(x)
        return x:prod() + x:prod(1, { keepdim = true }) * x:prod(-1, { keepdim = true })
    end },
    { 'gather_normalize', 0, function(x, _, _, ids)
        return x:detach():gather_normalize(ids, { mean = 2, std = 3 }) * x
    end },
}
for _, row in ipairs(tenmo.rows()) do -- gradients of elementwise ops, whose rules are composed
    if row.elementwise and row.differentiable and row.n_inputs == 1 and row.rules[1] ~= 'g' then
        table.insert(TWINS, { row.name, 1, function(x)
            return tenmo[row.name](x:sigmoid() * 0.5 + 0.3)
        end })
    end
end

describe('composed in place of the kernel', function()
    for _, twin in ipairs(TWINS) do
        local op, part, compute = unpack(twin)
        it(('%s, part %d'):format(op, part), function()
            local function run()
                tenmo.manual_seed(4)
                local x, w, b = tenmo.randn(4, 3), tenmo.randn(5, 3), tenmo.randn(5)
                for _, leaf in ipairs { x, w, b } do
                    leaf.requires_grad = true
                end
                tenmo.debug.record(true)
                local y = compute(x, w, b, tenmo.ids { 2, 0, 1, 2 })
                y:square():sum():backward()
                tenmo.debug.record(false)
                local ran = 0
                for _, kernel in ipairs((tenmo.debug.recorded())) do
                    ran = ran + (kernel.op == op and kernel.part == part and 1 or 0)
                end
                return { y:detach(), x.grad, w.grad, b.grad }, ran
            end
            local kernel, ran = run()
            assert.is_true(ran > 0, 'the kernel runs')
            tenmo.debug.hide(op, part, true)
            local ok, composed, ran_hidden = pcall(run)
            tenmo.debug.hide(op, part, false)
            assert.is_true(ok, composed)
            assert.equal(0, ran_hidden)
            for i = 1, 4 do
                if kernel[i] then
                    tensors.expect(composed[i], tensors.array(kernel[i]), 'float32', 'result ' .. i, 1e-5, 1e-5)
                end
            end
        end)
    end
end)
