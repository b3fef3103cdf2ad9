-- plane.lua: points of many dimensions brought into the plane, to be looked at.
--
--     plane.pca(x)             along the two directions in which x (n, dim) varies most
--     plane.tsne(x, options)   so that near points stay near (van der Maaten and Hinton 2008); for up to some 2,000
--
-- Both give (n, 2); the same points give the same picture.
local options = require 'tenmo.options'
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local plane = {}

local function check(name, x, least)
    if not tenmo.is_tensor(x) or x:dim() ~= 2 or #x < least then
        raise('%s: expected %d points or more, (n, dim), got %s', name, least,
            tenmo.is_tensor(x) and shape_text(x.shape) or type(x))
    end
    return x:detach()
end

function plane.pca(x)
    x = check('pca', x, 2):double()
    x = x - x:mean(1)
    local dim = x:size(2)
    if dim == 1 then
        return tenmo.cat({ x, x * 0 }, { axis = 2 }):float()
    end
    local _, directions = (x:t():mm(x) / #x):eigh()
    local last = directions[{ {}, { dim - 1, dim } }]
    return x:mm(tenmo.cat({ last[{ {}, { 2 } }], last[{ {}, { 1 } }] }, { axis = 2 })):float()
end

-- Squared distances of all pairs.
local function distances(x)
    local squares = x:square():sum(-1, { keepdim = true })
    return (squares + squares:t() - x:mm(x:t()) * 2):maximum(0)
end

-- 1 for each pair, 0 for a point and itself.
local function pairs_mask(n)
    local ids = tenmo.arange(n)
    return ids:unsqueeze(2):ne(ids):float()
end

-- How likely each point would choose each other as its neighbour, with a bell whose width gives this perplexity: the
-- width is found by halving, for all rows at once.
local function affinities(x, perplexity, mask)
    local d, n = distances(x), #x
    d = d / d:mean() -- so that the search starts near its end
    local wanted = math.log(perplexity)
    local beta, low, high = tenmo.ones(n, 1), tenmo.zeros(n, 1), tenmo.full({ n, 1 }, math.huge)
    local p
    for _ = 1, 60 do
        p = (-d * beta):exp() * mask
        local sum = p:sum(-1, { keepdim = true }):maximum(1e-30)
        local entropy = sum:log() + beta * (d * p):sum(-1, { keepdim = true }) / sum
        local wide = entropy:gt(wanted)
        low, high = tenmo.where(wide, beta, low), tenmo.where(wide, high, beta)
        beta = tenmo.where(high:eq(math.huge), beta * 2, (low + high:minimum(1e30)) / 2)
        p = p / sum
    end
    return ((p + p:t()) / (2 * n)):maximum(1e-12)
end

-- The gradient of Kullback and Leibler's divergence between the affinities and those in the plane.
local function slope(p, y, mask)
    local near = mask / (distances(y) + 1)
    local w = (p - near / near:sum()) * near
    return (w:sum(-1, { keepdim = true }) * y - w:mm(y)) * 4
end

local KNOWN = { perplexity = { 'number', 30 }, steps = { 'number', 750 }, progress = { 'boolean', false } }
local EARLY, EXAGGERATION = 250, 12 -- clusters form while affinities are exaggerated

function plane.tsne(x, given)
    local o = options('tsne', given, KNOWN)
    x = check('tsne', x, 4):float()
    local n = #x
    if o.perplexity < 1 then
        raise("tsne: option 'perplexity' is about how many neighbours count, 1 or more; got %g", o.perplexity)
    end
    return tenmo.no_grad(function()
        local mask = pairs_mask(n)
        local p = affinities(x, math.min(o.perplexity, (n - 1) / 3), mask)
        local y = plane.pca(x)
        y = y / y[{ {}, 1 }]:square():mean():sqrt():maximum(1e-12) * 1e-4
        local velocity, gains, lr = tenmo.zeros(n, 2), tenmo.ones(n, 2), math.max(n / EXAGGERATION / 4, 50)
        local bar = o.progress and tenmo.progress(o.steps, { label = 't-SNE' })
        for step = 1, o.steps do
            y, velocity, gains = tenmo.scope(function()
                local early = step <= EARLY
                local g = slope(early and p * EXAGGERATION or p, y, mask)
                local same = (g * velocity):gt(0)
                local gain = tenmo.where(same, gains * 0.8, gains + 0.2):maximum(0.01)
                local v = velocity * (early and 0.5 or 0.8) - gain * g * lr
                local moved = y + v
                return moved - moved:mean(1), v, gain
            end)
            if bar then
                bar:step()
            end
        end
        if bar then
            bar:done()
        end
        return y
    end)
end

return plane
