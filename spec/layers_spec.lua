-- layers_spec.lua: layers and losses that are an op and its options give what the op gives, and tell what is wrong.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'
local nn = tenmo.nn

describe('a layer is its op', function()
    local function f(op, ...)
        local rest = { ... }
        return function(...)
            local arguments = { ... }
            for _, one in ipairs(rest) do
                arguments[#arguments + 1] = one
            end
            return tenmo[op](unpack(arguments))
        end
    end
    tenmo.manual_seed(5)
    local flat, image = tenmo.randn(2, 4), tenmo.randn(2, 4, 6, 6)
    local line, cube = tenmo.randn(2, 3, 6), tenmo.randn(1, 2, 4, 4, 4)
    local ids, signs = tenmo.ids { 3, 1 }, tenmo.tensor { 1, -1 }
    local p = tenmo.rand(2, 4) * 0.8 + 0.1
    local weight = tenmo.tensor { 1, 2, 0.5, 1 }
    local CASES = {
        { 'ReLU6', {}, f 'relu6', flat }, { 'LeakyReLU', { 0.3 }, f('leaky_relu', 0.3), flat },
        { 'ELU', { { alpha = 2 } }, f('elu', 2), flat }, { 'SELU', {}, f 'selu', flat },
        { 'CELU', { 0.5 }, f('celu', 0.5), flat }, { 'GELU', {}, f 'gelu', flat },
        { 'GELU', { 'tanh' }, f('gelu', { approximate = 'tanh' }), flat }, { 'SiLU', {}, f 'silu', flat },
        { 'Mish', {}, f 'mish', flat }, { 'LogSigmoid', {}, f 'logsigmoid', flat },
        { 'Softplus', { 2, 1 }, f('softplus', 2, 1), flat }, { 'Softsign', {}, f 'softsign', flat },
        { 'Hardtanh', { -0.5, 2 }, f('hardtanh', -0.5, 2), flat }, { 'Hardsigmoid', {}, f 'hardsigmoid', flat },
        { 'Hardswish', {}, f 'hardswish', flat }, { 'Hardshrink', { 0.2 }, f('hardshrink', 0.2), flat },
        { 'Softshrink', { 0.2 }, f('softshrink', 0.2), flat }, { 'Tanhshrink', {}, f 'tanhshrink', flat },
        { 'Threshold', { 0.1, 9 }, f('threshold', 0.1, 9), flat }, { 'GLU', { 1 }, f('glu', 1), flat },
        { 'Softmax', { 1 }, f('softmax', 1), flat }, { 'Softmin', {}, f 'softmin', flat },
        { 'LogSoftmax', { { axis = 1 } }, f('log_softmax', 1), flat }, { 'Softmax2d', {}, f('softmax', 2), image },
        { 'LocalResponseNorm', { 3, { alpha = 1 } }, f('local_response_norm', 3, 1), image },
        { 'PReLU', { 4 }, f('leaky_relu', 0.25), flat }, { 'Identity', {}, function(x) return x end, flat },
        { 'Flatten', { 1, 2 }, f('flatten', 1, 2), line },
        { 'Unflatten', { 2, { 2, 2 } }, f('unflatten', 2, { 2, 2 }), flat },
        { 'MaxPool3d', { 2 }, f('max_pool3d', 2), cube }, { 'AvgPool3d', { 2, { padding = 1 } },
            f('avg_pool3d', 2, { padding = 1 }), cube },
        { 'AvgPool2d', { 3, { ceil_mode = true } }, f('avg_pool2d', 3, { ceil_mode = true }), image },
        { 'LPPool1d', { 2, 3 }, f('lp_pool1d', 2, 3), line },
        { 'LPPool2d', { 3, 2, 1 }, f('lp_pool2d', 3, 2, 1), image },
        { 'AdaptiveMaxPool1d', { 2 }, f('adaptive_max_pool1d', 2), line },
        { 'AdaptiveMaxPool2d', { { 2, 3 } }, f('adaptive_max_pool2d', { 2, 3 }), image },
        { 'Unfold', { 2 }, f('im2col', 2), image },
        { 'Fold', { { 2, 3 }, 2 }, f('col2im', { 2, 3 }, 2), tenmo.ones(4, 2) },
        { 'ConstantPad1d', { { 1, 2 }, 7 }, f('pad', { 1, 2 }, { value = 7 }), line },
        { 'ZeroPad2d', { 1 }, f('pad', { 1, 1, 1, 1 }), image },
        { 'ReflectionPad2d', { 2 }, f('pad', { 2, 2, 2, 2 }, { mode = 'reflect' }), image },
        { 'ReplicationPad1d', { 2 }, f('pad', { 2, 2 }, { mode = 'replicate' }), line },
        { 'CircularPad3d', { 1 }, f('pad', { 1, 1, 1, 1, 1, 1 }, { mode = 'circular' }), cube },
        { 'Upsample', { 9 }, f('interpolate', 9), line },
        { 'Upsample', { { scale_factor = 2, mode = 'bicubic' } }, f('interpolate', { 12, 12 }, 'bicubic'), image },
        { 'UpsamplingNearest2d', { { 3, 9 } }, f('interpolate', { 3, 9 }), image },
        { 'UpsamplingBilinear2d', { { scale_factor = 2 } }, f('interpolate', 12, 'bilinear', true), image },
        { 'PixelShuffle', { 2 }, f('pixel_shuffle', 2), image },
        { 'PixelUnshuffle', { 3 }, f('pixel_unshuffle', 3), image },
        { 'InstanceNorm1d', { 3 }, f 'instance_norm', line }, { 'InstanceNorm2d', { 4 }, f 'instance_norm', image },
        { 'SmoothL1Loss', { { beta = 0.5 } }, f('smooth_l1_loss', { beta = 0.5 }), flat, p },
        { 'HuberLoss', { { delta = 2 } }, f('huber_loss', { delta = 2 }), flat, p },
        { 'NLLLoss', { { weight = weight } }, f('nll_loss', { weight = weight }), flat, ids },
        { 'CrossEntropyLoss', { { weight = weight, label_smoothing = 0.1 } },
            f('cross_entropy', { weight = weight, label_smoothing = 0.1 }), flat, ids },
        { 'KLDivLoss', { { reduction = 'batchmean' } }, f('kl_div', { reduction = 'batchmean' }), flat, p },
        { 'PoissonNLLLoss', { { full = true } }, f('poisson_nll_loss', { full = true }), flat, p },
        { 'GaussianNLLLoss', {}, f 'gaussian_nll_loss', flat, flat * 2, p },
        { 'HingeEmbeddingLoss', { { margin = 2 } }, f('hinge_embedding_loss', { margin = 2 }),
            tenmo.tensor { 1, 2 }, signs },
        { 'SoftMarginLoss', {}, f 'soft_margin_loss', tenmo.tensor { 1, 2 }, signs },
        { 'MultiMarginLoss', { { p = 2 } }, f('multi_margin_loss', { p = 2 }), flat, ids },
        { 'MarginRankingLoss', { { margin = 1 } }, f('margin_ranking_loss', { margin = 1 }), tenmo.tensor { 1, 2 },
            tenmo.tensor { 3, 1 }, signs },
        { 'CosineEmbeddingLoss', {}, f 'cosine_embedding_loss', flat, p, signs },
        { 'TripletMarginLoss', { { p = 1 } }, f('triplet_margin_loss', { p = 1 }), flat, p, flat * 3 },
        { 'CosineSimilarity', { { axis = 1 } }, f('cosine_similarity', { axis = 1 }), flat, p },
        { 'PairwiseDistance', { { p = 3 } }, f('pairwise_distance', { p = 3 }), flat, p },
    }
    for _, case in ipairs(CASES) do
        local name, arguments, want = case[1], case[2], case[3]
        it(name, function()
            local layer = nn[name](unpack(arguments))
            local y = layer(unpack(case, 4))
            assert.is_true(tensors.same(y:detach(), want(unpack(case, 4))))
            assert.equal(name, layer.name)
        end)
    end

    it('ConvTranspose is conv_transpose with weights of its own', function()
        for axes, x in ipairs { line, image, cube } do
            local name = ('ConvTranspose%dd'):format(axes)
            local layer = nn[name](x:size(2), 5, 3, { stride = 2, output_padding = 1 })
            local y = tenmo[('conv_transpose%dd'):format(axes)](x, layer.weight, layer.bias,
                { stride = 2, output_padding = 1 })
            assert.is_true(tensors.same(y:detach(), layer(x):detach()))
            assert.equal(5 * (1 + x:size(2) * 3 ^ axes), layer:count())
        end
        assert.matches('^ConvTranspose2d: 3 groups can\'t share 4 channels in',
            (tensors.failure(nn.ConvTranspose2d, 4, 3, 3, { groups = 3 })))
        assert.matches("unknown option 'outputs'", (tensors.failure(nn.ConvTranspose1d, 4, 3, 3, { outputs = 3 })))
    end)

    it('with return_indices a pool gives ids too', function()
        local _, at = nn.AdaptiveMaxPool2d(2, { return_indices = true })(image)
        assert.same({ 2, 4, 2, 2 }, at.shape)
        assert.equal('int64', select(2, nn.MaxPool2d(2, { return_indices = true })(image)).dtype)
    end)

    it('tells what it does not know', function()
        for call, message in pairs {
            [function() nn.LeakyReLU { slope = 1 } end] = "LeakyReLU: unknown option 'slope'",
            [function() nn.ReLU(1) end] = 'ReLU: takes 0 arguments, got 1',
            [function() nn.ELU 'x' end] = "ELU: option 'alpha': expected a number, got a string",
            [function() nn.HuberLoss { beta = 1 } end] = "HuberLoss: unknown option 'beta'",
            [function() nn.NLLLoss { weight = 1 } end] = "NLLLoss: option 'weight': expected a tensor, got a number",
            [function() nn.CrossEntropyLoss { weight = { 1, 2 } } end] =
                "CrossEntropyLoss: option 'weight': expected a tensor, got a table",
            [function() nn.UpsamplingNearest2d(2, { mode = 'linear' }) end] =
                'UpsamplingNearest2d: its mode is nearest',
            [function() nn.ZeroPad2d { 1, 2 } end] = 'ZeroPad2d: expected a number, or a list of 4',
            [function() nn.Dropout2d(2) end] = 'Dropout2d: p is a probability',
            [function() nn.PixelShuffle() end] = 'PixelShuffle: expected a factor, got nil',
            [function() nn.Conv2d(3, 8, 3, 1) end] = 'Conv2d: options are a table, got number',
            [function() nn.Conv2d(3, 8, 3, { strid = 2 }) end] =
                "Conv2d: unknown option 'strid'; did you mean 'stride'?",
            [function() nn.Conv2d(3, 8, 3, { bias = 1 }) end] =
                "Conv2d: option 'bias': expected a boolean, got a number",
            [function() nn.Conv2d(3, 8, 3, { stride = 0 }) end] =
                'Conv2d: stride is a whole number from 1 on, or a list of 2; got 0',
            [function() nn.Conv2d(3, 8, { 3, 3, 3 }) end] =
                'Conv2d: the size is a whole number from 1 on, or a list of 2; got a list of 3',
            [function() nn.Conv2d(3, 8) end] = 'Conv2d: the size is a whole number from 1 on, or a list of 2; got nil',
            [function() nn.Conv2d(3, 0.5, 3) end] =
                'Conv2d: expected the number of channels out, a whole number from 1 on, got 0.5',
            [function() nn.Conv2d(3, 8, 3, { init = 'kaiming' }) end] = "nn.init has no 'kaiming_'; there are ",
            [function() nn.BatchNorm2d(3, 0.1) end] = 'BatchNorm2d: options are a table, got number',
            [function() nn.BatchNorm2d(3, { momentom = 1 }) end] =
                "BatchNorm2d: unknown option 'momentom'; did you mean 'momentum'?",
            [function() nn.LayerNorm {} end] =
                'LayerNorm: expected the size of the last axis, or a list of the last sizes',
            [function() nn.RMSNorm(3, { bias = true }) end] = "RMSNorm: unknown option 'bias'",
            [function() nn.GroupNorm(2, 5) end] = "GroupNorm: 2 groups can't share 5 channels",
            [function() nn.InstanceNorm1d(0) end] = 'InstanceNorm1d: expected the number of channels, a whole number',
            [function() nn.Embedding(9, 2, { padding = 0 }) end] =
                "Embedding: unknown option 'padding'; there are dtype padding_idx sparse",
            [function() nn.Embedding(9, 2, { padding_idx = 0.5 }) end] =
                'Embedding: padding_idx is an id, 0 to 8 here; got 0.5',
            [function() nn.EmbeddingBag(9, 2, { mode = 'avg' }) end] =
                "EmbeddingBag: mode is mean, sum or max, got 'avg'",
            [function() nn.MaxPool2d(2, 2, 1) end] =
                'MaxPool2d: what follows the stride is a table of options, such as { padding = 1 }; got 1',
            [function() nn.ZeroPad2d(1, 5) end] = 'ZeroPad2d: takes the sizes alone; nn.ConstantPad2d takes a value',
            [function() nn.ConstantPad1d(1, 'x') end] = 'ConstantPad1d: the value of a border is a number, got string',
            [function() nn.Upsample() end] = 'Upsample: expected a size or a scale_factor, got neither',
            [function() nn.Upsample(2, { scale_factor = 2 }) end] =
                'Upsample: expected a size or a scale_factor, got both',
        } do
            assert.equal(message, tensors.failure(call):sub(1, #message))
        end
    end)

    it('a wrong input is told by the layer', function()
        for layer, message in pairs {
            [nn.Flatten()] = 'Flatten: expected an input (N, ...), got nil',
            [nn.Softmax2d()] = 'Softmax2d: expected an input (N, C, H, W) or (C, H, W), got nil',
            [nn.ZeroPad2d(1)] = 'ZeroPad2d: expected an input (N, C, ...) or (C, ...) with 2 axes behind the channels, '
                .. 'got nil',
            [nn.Linear(3, 4)] = 'Linear(3, 4): expected an input (..., 3), got nil',
            [nn.BatchNorm2d(3)] = 'BatchNorm2d(3): expected an input (N, 3, H, W), got nil',
            [nn.Unflatten(2, { 2, 2 })] = "unflatten: argument 1 ('x') expects a tensor, got nil",
        } do
            assert.equal(message, (tensors.failure(layer)))
        end
        assert.equal('Flatten: expected an input (N, ...), got ()', (tensors.failure(nn.Flatten(), tenmo.ones {})))
        local bag = nn.EmbeddingBag(9, 2, { mode = 'sum' })
        assert.equal('EmbeddingBag: expected ids and as many weights, got (1, 2) and (2)',
            (tensors.failure(bag, tenmo.ids { { 1, 2 } }, nil, tenmo.ones(2))))
    end)

    it('Dropout2d drops whole channels while it is trained', function()
        tenmo.manual_seed(1)
        local drop = nn.Dropout2d(0.5)
        local y = drop(tenmo.ones(50, 8, 3, 2))
        local each = y:sum { axes = { 3, 4 } }
        assert.equal(400, (each:eq(0) + each:eq(12)):gt(0):sum():item())
        assert.near(0.5, each:eq(0):float():mean():item(), 0.1)
        assert.equal(2400, drop:eval()(tenmo.ones(50, 8, 3, 2)):sum():item())
    end)
end)
