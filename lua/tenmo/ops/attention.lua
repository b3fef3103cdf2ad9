-- attention.lua: attention, gates and dropout, and channels that become pixels.
local floats = require 'tenmo.floats'
local planes = require 'tenmo.ops.planes'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    -- shape: that of the decisions, which is x's unless given.
    local function drop(name, x, p, training, shape)
        if not (p >= 0 and p <= 1) then
            raise('%s: p is a probability, 0 to 1; got %g', name, p)
        end
        floats(name, x)
        if not training or p == 0 then
            return x
        elseif p == 1 then
            return x * 0
        end
        local kept = tenmo.rand(shape or x.shape, { device = x.device }):ge(p)
        return tenmo.where(kept, x * (1 / (1 - p)), 0)
    end

    local function dropout(x, p, training)
        return drop('dropout', x, p, training)
    end

    -- Whole channels, of (N, C, sizes) or (C, sizes).
    local function channel_dropout(axes)
        local name = ('dropout%dd'):format(axes)
        return function(x, p, training)
            planes.check(name, x, axes)
            local shape = x.shape
            for d = 1, axes do
                shape[#shape - d + 1] = 1
            end
            return drop(name, x, p, training, shape)
        end
    end

    -- The softmax of the scores (..., L, S) that count; 0 in a row where none does.
    local function counted(scores, seen)
        local least = scores.dtype == 'float16' and -65504 or -3e38 -- finite: a row of infinities would be one of NaN
        return tenmo.where(seen, tenmo.where(seen, scores, least):softmax(-1), 0)
    end

    -- mask is added to the scores, or says which of them count.
    local function weights_of(scores, mask, causal)
        local seen
        if causal then
            local shape = scores.shape
            seen = tenmo.ones(shape[#shape - 1], shape[#shape], { device = scores.device }):tril():gt(0)
        end
        if mask and mask.dtype == 'bool' then
            seen = seen and seen:logical_and(mask) or mask
        elseif mask then
            scores = scores + mask
        end
        return seen and counted(scores, seen) or scores:softmax(-1)
    end

    local function attend(query, key, value, mask, causal, p, scale)
        if query:dim() < 2 or key:dim() < 2 or value:dim() < 2 or query:size(-1) ~= key:size(-1)
            or key:size(-2) ~= value:size(-2) then
            raise('scaled_dot_product_attention: query %s, key %s, value %s: expected (..., L, E), (..., S, E) and '
                .. '(..., S, V)', shape_text(query.shape), shape_text(key.shape), shape_text(value.shape))
        end
        if not (p >= 0 and p <= 1) then
            raise('scaled_dot_product_attention: dropout is a probability, 0 to 1; got %g', p)
        end
        local scores = (query * (scale or 1 / math.sqrt(query:size(-1)))):matmul(key:transpose(-2, -1))
        local weights = weights_of(scores, mask, causal)
        return (p > 0 and dropout(weights, p, true) or weights):matmul(value)
    end

    local function glu(x, axis)
        floats('glu', x)
        local n = x:size(axis)
        if n % 2 ~= 0 then
            raise('glu: x %s: axis %d has %d elements, which make no two halves', shape_text(x.shape), axis, n)
        end
        return x:narrow(axis, 1, n / 2) * x:narrow(axis, n / 2 + 1, n / 2):sigmoid()
    end

    -- x as (n, C, H, W), and the leading sizes.
    local function as_images(name, x)
        local shape, n = x.shape, 1
        if #shape < 3 then
            raise('%s: x has shape %s; expected (..., C, H, W)', name, shape_text(shape))
        end
        local lead = { unpack(shape, 1, #shape - 3) }
        for _, size in ipairs(lead) do
            n = n * size
        end
        return n, lead, unpack(shape, #shape - 2)
    end

    local function with_lead(lead, ...)
        local shape = { unpack(lead) }
        for i = 1, 3 do
            shape[#shape + 1] = (select(i, ...))
        end
        return shape
    end

    local function pixel_shuffle(x, r)
        local n, lead, c, h, w = as_images('pixel_shuffle', x)
        if r < 1 or c % (r * r) ~= 0 then
            raise('pixel_shuffle: x %s has %d channels, which are no multiple of %d squared', shape_text(x.shape), c, r)
        end
        c = c / (r * r)
        local y = x:reshape(n, c, r, r, h, w):permute(1, 2, 5, 3, 6, 4)
        return y:reshape(with_lead(lead, c, h * r, w * r))
    end

    local function pixel_unshuffle(x, r)
        local n, lead, c, h, w = as_images('pixel_unshuffle', x)
        if r < 1 or h % r ~= 0 or w % r ~= 0 then
            raise("pixel_unshuffle: x %s: %d x %d pixels aren't made of squares of %d", shape_text(x.shape), h, w, r)
        end
        local y = x:reshape(n, c, h / r, r, w / r, r):permute(1, 2, 4, 6, 3, 5)
        return y:reshape(with_lead(lead, c * r * r, h / r, w / r))
    end

    return {
        {
            name = 'dropout', signature = 'x | p:num=0.5 training:bool=true', call = dropout,
            doc = 'each element is 0 with probability p, and over (1 - p) otherwise; x itself with training = false',
            formula = 'y = x / (1 - p) or 0',
            example = 'tenmo.manual_seed(1)\nreturn tenmo.ones(8):dropout(0.75)',
            prints = '[4., 4., 0., 0., 0., 4., 0., 0.]\nfloat32 (8)',
        },
        {
            name = 'dropout1d', signature = 'x | p:num=0.5 training:bool=true', call = channel_dropout(1),
            doc = 'each channel of (N, C, L) or (C, L) is 0 with probability p, and over (1 - p) otherwise',
            formula = 'y = x / (1 - p) or 0',
            example = 'tenmo.manual_seed(1)\nreturn tenmo.ones(3, 2):dropout1d(0.75)',
            prints = '[[4., 4.],\n [4., 4.],\n [0., 0.]]\nfloat32 (3, 2)',
        },
        {
            name = 'dropout2d', signature = 'x | p:num=0.5 training:bool=true', call = channel_dropout(2),
            doc = 'each channel of (N, C, H, W) or (C, H, W) is 0 with probability p, and over (1 - p) otherwise',
            formula = 'y = x / (1 - p) or 0',
            example = 'tenmo.manual_seed(1)\nreturn tenmo.ones(3, 1, 2):dropout2d(0.75)',
            prints = '[[[4., 4.]],\n\n [[4., 4.]],\n\n [[0., 0.]]]\nfloat32 (3, 1, 2)',
        },
        {
            name = 'scaled_dot_product_attention',
            signature = 'query key value mask? | causal:bool=false dropout:num=0 scale:num?', call = attend,
            method = false,
            doc = 'the mean of values, weighed by how well each key fits a query: query (..., L, E), key (..., S, E), '
                .. 'value (..., S, V) give (..., L, V). A bool mask says what counts, another one is added to the '
                .. 'scores; with causal = true a query sees no key behind its own place. One that sees none gets 0',
            formula = 'softmax(query key^T * scale + mask) value, scale 1 / sqrt(E)',
            example = 'tenmo.scaled_dot_product_attention(tenmo.zeros(1, 2), tenmo.ones(2, 2), tenmo.tensor{{1}, {3}})',
            prints = '[[2.]]\nfloat32 (1, 1)',
        },
        {
            name = 'glu', signature = 'x | axis:axis=-1', call = glu,
            doc = 'the first half along an axis times the sigmoid of the second',
            formula = 'a * sigmoid(b)',
            example = 'tenmo.tensor{1, 2, 0, 0}:glu()', prints = '[0.5000, 1.0000]\nfloat32 (2)',
        },
        {
            name = 'pixel_shuffle', signature = 'x factor:int', call = pixel_shuffle,
            doc = '(..., C r r, H, W) becomes (..., C, H r, W r): channels become squares of r x r pixels',
            example = 'tenmo.arange(4):reshape(4, 1, 1):pixel_shuffle(2)',
            prints = '[[[0, 1],\n  [2, 3]]]\nint64 (1, 2, 2)',
        },
        {
            name = 'pixel_unshuffle', signature = 'x factor:int', call = pixel_unshuffle,
            doc = '(..., C, H r, W r) becomes (..., C r r, H, W): squares of r x r pixels become channels',
            example = 'tenmo.arange(4):reshape(1, 2, 2):pixel_unshuffle(2).shape', prints = '{ 4, 1, 1 }',
        },
    }
end
