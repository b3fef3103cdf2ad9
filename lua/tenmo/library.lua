-- library.lua: completes the table that the engine's binding made, with what is written in Lua.
--
-- Ops composed of others live in tenmo/ops, one file a family; each file is a function of tenmo that
-- returns an array of
--     { name =, signature =, doc =, formula =, example =, prints =, run = or call =, method =, numbers =, in_place = }
-- and every run becomes tenmo.NAME and, unless method = false, x:NAME(...). Gradients come for free. Instead of run,
-- call is a function of the arguments as the signature reads them (see bind/signature.c): checked, in order, with
-- presets; numbers = true lets numbers stand for tensors. in_place = true adds x:NAME_(...), which writes the result
-- over x; a function stands for it as it is. func = false leaves tenmo.NAME to a larger part of that name. A
-- composition that bears a row's name stands before it, with more to offer; plain(...) says whether the arguments ask
-- for no more than the row has, which runs then (in_place is called as call is). lines = true lets the axis of a tensor
-- of no axes be named.
--
-- Nothing is made before it is named: an op by its family's file, which is read then and forgotten with the next
-- collection but for that op, a larger part by its own file, a function of the engine (an op, a method) by find. So a
-- script pays only for what it names, at its start and whenever Lua's collector walks over all there is.
-- tenmo.compositions makes all: look there before you walk over tenmo or tenmo.methods.

-- Each family with the names of its ops.
local FAMILIES = {
    { 'tenmo.ops.create', 'zeros ones empty zeros_like ones_like full_like empty_like rand_like randn_like '
        .. 'randint_like eye linspace logspace bernoulli normal multinomial one_hot tril_indices '
        .. 'triu_indices' },
    { 'tenmo.ops.arithmetic', 'add sub round' },
    { 'tenmo.ops.pointwise', 'rsub true_divide floor_divide float_power positive sgn clamp_min clamp_max rad2deg '
        .. 'deg2rad ldexp bitwise_not masked_fill nan_to_num isclose allclose equal' },
    { 'tenmo.ops.activations', 'prelu' },
    { 'tenmo.ops.products', 'dot mm mv vm bmm' },
    { 'tenmo.ops.losses', 'kl_div margin_ranking_loss gaussian_nll_loss cosine_similarity pairwise_distance '
        .. 'cosine_embedding_loss triplet_margin_loss mse_loss l1_loss '
        .. 'smooth_l1_loss huber_loss binary_cross_entropy binary_cross_entropy_with_logits '
        .. 'hinge_embedding_loss soft_margin_loss poisson_nll_loss' },
    { 'tenmo.ops.classes', 'cross_entropy nll_loss multi_margin_loss' },
    { 'tenmo.ops.shape', 'flatten unflatten ravel view_as reshape_as expand_as broadcast_to movedim tile '
        .. 'repeat_interleave roll rot90 flipud fliplr narrow select' },
    { 'tenmo.ops.joining', 'stack hstack vstack dstack column_stack split chunk unbind broadcast_tensors meshgrid '
        .. 'block_diag' },
    { 'tenmo.ops.linalg', 'slogdet qr eigh svd lstsq' },
    { 'tenmo.ops.diagonals', 'tril triu diag diag_embed pad' },
    { 'tenmo.ops.algebra', 'outer inner vdot addmm addmv baddbmm addbmm addr tensordot kron cross cdist trace '
        .. 'matrix_power' },
    { 'tenmo.ops.einsum', 'einsum' },
    { 'tenmo.ops.indexing', 'index_get index_put masked_select masked_scatter take put take_along_dim index_fill '
        .. 'scatter scatter_add argwhere where' },
    { 'tenmo.ops.orders', 'argsort msort bucketize median nanmedian kthvalue mode quantile nanquantile '
        .. 'unique unique_consecutive bincount histc' },
    { 'tenmo.ops.reductions', 'aminmax any all count_nonzero var std var_mean std_mean norm vector_norm '
        .. 'matrix_norm '
        .. 'dist logsumexp nansum nanmean diff trapezoid softmin' },
    { 'tenmo.ops.convolutions', 'im2col col2im' },
    { 'tenmo.ops.pooling', 'avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d '
        .. 'adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d lp_pool1d lp_pool2d' },
    { 'tenmo.ops.resizing', 'interpolate' },
    { 'tenmo.ops.normalisation', 'batch_norm group_norm instance_norm local_response_norm '
        .. 'normalize' },
    { 'tenmo.ops.attention', 'dropout dropout1d dropout2d scaled_dot_product_attention glu pixel_shuffle '
        .. 'pixel_unshuffle' },
}

local PARTS = {
    nn = 'tenmo.nn',
    data = 'tenmo.data',
    flags = 'tenmo.flags',
    clock = 'tenmo.clock',
    progress = 'tenmo.progress',
    draw = 'tenmo.draw',
    plane = 'tenmo.plane',
    trace = 'tenmo.trace',
    capture = 'tenmo.capture',
    safetensors = 'tenmo.safetensors',
    regex = 'tenmo.regex',
    npy = 'tenmo.npy',
    npz = 'tenmo.npz',
    operator = 'tenmo.operator',
    checkpoint = 'tenmo.checkpoint',
    text = 'tenmo.text',
}

local function unknown(tenmo, name)
    local names = { tenmo.compositions and 'compositions' } -- so all others are there too
    for known in pairs(tenmo) do
        names[#names + 1] = known
    end
    for known in pairs(PARTS) do
        names[#names + 1] = known
    end
    table.sort(names)
    local near = require 'tenmo.near'(tostring(name), names)
    require 'tenmo.raise'("tenmo has no '%s'%s", tostring(name), near and ("; did you mean '%s'?"):format(near) or '')
end

-- What an op inside refuses is told under the name that was called: "full: shape (-1) ..." as "zeros: shape (-1) ...".
local function renamed(name, ok, ...)
    if ok then
        return ...
    end
    local message = ...
    if type(message) == 'string' then
        local place, rest = message:match '^(.-:%d+: )[%w_]+(:.*)$'
        if not place then -- "matmul (batch axes): ..."
            place, rest = message:match '^(.-:%d+: )[%w_]+( %([%w ]+%):.*)$'
        end
        message = rest and place .. name .. rest or message
    end
    error(message, 0)
end

-- Where the axes stand among the arguments.
local function axes_of(signature)
    local places, n = {}, 0
    for word in signature:gmatch '[^%s|]+' do
        n = n + 1
        if word:find ':ax[ei]s' then
            places[#places + 1] = n
        end
    end
    return places
end

local function as_numbers(tenmo, ...)
    local list, n = { ... }, select('#', ...)
    for i, y in pairs(list) do
        if tenmo.is_tensor(y) and y:dim() == 1 and y:numel() == 1 then
            list[i] = y:reshape {}
        end
    end
    return unpack(list, 1, n)
end

-- A tensor of no axes of which one is named: as for a row (see core/apply.c), it is a line of one element.
local function on_lines(tenmo, signature, call)
    local places = axes_of(signature)
    return function(x, ...)
        if x:dim() == 0 then
            for _, place in ipairs(places) do
                if select(place - 1, ...) ~= nil then
                    return as_numbers(tenmo, call(x:reshape(1), ...))
                end
            end
        end
        return call(x, ...)
    end
end

local function reader(tenmo, op, name, call)
    local read = tenmo.arguments(name, op.signature, op.numbers)
    call = op.lines and on_lines(tenmo, op.signature, call) or call
    return function(...)
        return renamed(name, pcall(tenmo._settle, call, read(...)))
    end
end

local function settled(tenmo, run)
    return function(...)
        return tenmo._settle(run, ...)
    end
end

-- The row's function where it does, else the composition's.
local function chooser(plain, row, run)
    return function(...)
        if plain(...) then
            return row(...)
        end
        return run(...)
    end
end

-- The result of a composition written over its first input, whose shape it must have.
local function writer(tenmo, name, run)
    local raise, shape_text = require 'tenmo.raise', require 'tenmo.shape_text'
    return function(x, ...)
        if not tenmo.is_tensor(x) then
            raise("%s_: argument 1 ('x') expects a tensor, got %s", name, type(x))
        end
        local y = run(x, ...)
        if shape_text(y.shape) ~= shape_text(x.shape) then
            raise('%s_: the result has shape %s, and x has %s; a write in place keeps the shape', name,
                shape_text(y.shape), shape_text(x.shape))
        elseif y.dtype:find 'float' and not x.dtype:find 'float' then
            raise("%s_: the result is %s and can't be kept in x, which is %s; use x:%s(...) for a new tensor", name,
                y.dtype, x.dtype, name)
        end
        local ok, message = pcall(x.copy_, x, y)
        if not ok then
            error(type(message) == 'string' and message:gsub('x%[%.%.%.%] = value: ', name .. '_: ') or message, 0)
        end
        return x
    end
end

-- The ops, which have to have just the names that the family's line gives.
local function check(family, ops)
    local given = {}
    for _, op in ipairs(ops) do
        given[op.name] = true
    end
    for name in family[2]:gmatch '%S+' do
        if not given[name] then
            error(("%s has no op '%s', which library.lua lists"):format(family[1], name), 0)
        end
        given[name] = nil
    end
    local extra = next(given)
    if extra then
        error(("%s has an op '%s', which library.lua doesn't list"):format(family[1], extra), 0)
    end
    return ops
end

-- tenmo is the binding's table, methods what x:NAME() finds; a script may add to both, and what it added stays.
-- find(name) and find_all() put functions of the engine into them, where nothing stands yet.
return function(tenmo, methods, find, find_all)
    local lists = setmetatable({}, { __mode = 'v' }) -- the ops of a family, while anybody uses the list
    local made = {} -- what became of an op, by name
    local borrowed = {} -- of a family that is being read, or makes an op: the rows' functions that it found under names
    -- of its own, which stand for these there and then, but not for others

    -- f(...) for the family
    local function within(family, f, ...)
        borrowed[family] = {}
        local good, first, second = pcall(f, ...)
        for name, row in pairs(borrowed[family]) do
            for _, t in ipairs { tenmo, methods } do
                if rawget(t, name) == row then
                    rawset(t, name, nil)
                end
            end
        end
        borrowed[family] = nil
        if not good then
            error(first, 0)
        end
        return first, second
    end

    local function put(t, name, value)
        if rawget(t, name) == nil then
            rawset(t, name, value)
        end
    end

    local function read(family)
        package.loaded[family[1]] = nil
        local ops = check(family, require(family[1])(tenmo))
        package.loaded[family[1]] = true -- known, but not kept
        return ops
    end

    local function list_of(family)
        if not lists[family] then
            lists[family] = within(family, read, family)
        end
        return lists[family]
    end

    -- An op's function, and the one that writes in place.
    local function functions_of(op)
        local run, in_place = op.run and settled(tenmo, op.run) or reader(tenmo, op, op.name, op.call), op.in_place
        if in_place == true then
            in_place = writer(tenmo, op.name, run)
        elseif in_place and op.plain then
            in_place = reader(tenmo, op, op.name .. '_', in_place)
        end
        if op.plain then
            run = chooser(op.plain, tenmo[op.name], run)
            in_place = in_place and chooser(op.plain, methods[op.name .. '_'], in_place)
        end
        return run, in_place
    end

    local function make(family, op)
        if not made[op.name] then
            local run, in_place = within(family, functions_of, op)
            made[op.name] = run
            if op.func ~= false then
                put(tenmo, op.name, run)
            end
            if op.method ~= false then
                put(methods, op.name, run)
            end
            if in_place then
                put(methods, op.name .. '_', in_place)
            end
        end
        op.run = made[op.name]
    end

    local function make_all()
        local all = {}
        for _, family in ipairs(FAMILIES) do
            for _, op in ipairs(list_of(family)) do
                make(family, op)
                all[#all + 1] = op
            end
        end
        find_all()
        return all
    end

    local function family_of(name)
        for _, family in ipairs(FAMILIES) do
            if family[2]:find('%f[%w_]' .. name .. '%f[^%w_]') then
                return family, name
            end
        end
        if name:find '_$' then
            return family_of(name:sub(1, -2))
        end
    end

    -- What t[name] is, once it is made, or found in the engine; nil if there is no such thing.
    local function bring(t, name)
        if type(name) ~= 'string' or not name:find '^[%a_][%w_]*$' then
            return nil
        end
        local family, op_name = family_of(name)
        local mine = borrowed[family or false]
        if family and not mine then
            for _, op in ipairs(list_of(family)) do
                if op.name == op_name then
                    make(family, op)
                end
            end
        end
        if rawget(t, name) == nil then
            find(name)
            if mine then
                mine[name] = rawget(t, name)
            end
        end
        return rawget(t, name)
    end

    tenmo.methods = setmetatable(methods, { __index = bring, make_all = make_all })
    return setmetatable(tenmo, {
        families = FAMILIES,
        parts = PARTS,
        __index = function(self, name)
            local value = bring(self, name)
            if value ~= nil then
                return value
            elseif name == 'compositions' then
                value = make_all()
            elseif PARTS[name] then
                value = require(PARTS[name])
            else
                unknown(self, name)
            end
            rawset(self, name, value)
            return value
        end,
    })
end
