-- einsum.lua: sums of products by names of axes, composed of permute, reshape, products and sums.
--
-- Operands are contracted two at a time, from the left. Of two, an axis is either in both and still wanted (a batch
-- axis), in both and not wanted any more (summed over by the product), or in one alone; so each pair is one batched
-- product of matrices, whose axes are put into that order and joined. Axes that nobody else wants are summed first.
local raise = require 'tenmo.raise'
local shape_text = require 'tenmo.shape_text'

return function(tenmo)
    local function has(labels, label)
        for _, other in ipairs(labels) do
            if other == label then
                return true
            end
        end
        return false
    end

    -- "i...j" as a list of labels; the dots as '...'.
    local function labels_of(equation, term)
        local labels, at = {}, 1
        while at <= #term do
            if term:sub(at, at + 2) == '...' and not has(labels, '...') then
                labels[#labels + 1], at = '...', at + 3
            elseif term:find('^%a', at) then
                labels[#labels + 1], at = term:sub(at, at), at + 1
            else
                raise("einsum: '%s' has a '%s'; axes are letters, and ... stands for any others, once a term", equation,
                    term:sub(at, at))
            end
        end
        return labels
    end

    local function parse(equation, n)
        local text = equation:gsub('%s', '')
        local left, right = text:match '^(.-)%->(.*)$'
        left = left or text
        local terms = {}
        for term in (left .. ','):gmatch '(.-),' do
            terms[#terms + 1] = labels_of(equation, term)
        end
        if #terms ~= n then
            raise("einsum: '%s' speaks of %d tensors, and %d came", equation, #terms, n)
        end
        return terms, right and labels_of(equation, right)
    end

    -- The dots become labels of their own, '.1' being the last axis they stand for.
    local function fill_dots(labels, n)
        local filled = {}
        for _, label in ipairs(labels) do
            if label == '...' then
                for k = n, 1, -1 do
                    filled[#filled + 1] = '.' .. k
                end
            else
                filled[#filled + 1] = label
            end
        end
        return filled
    end

    -- What is not said: the dots, then every letter that occurs once, in alphabetical order.
    local function implied(terms, dots)
        local count, labels = {}, {}
        for _, term in ipairs(terms) do
            for _, label in ipairs(term) do
                count[label] = (count[label] or 0) + 1
            end
        end
        for label, n in pairs(count) do
            if n == 1 and label:sub(1, 1) ~= '.' then
                labels[#labels + 1] = label
            end
        end
        table.sort(labels)
        for k = 1, dots do
            table.insert(labels, 1, '.' .. k)
        end
        return labels
    end

    -- Axes of one name within a tensor become one: their diagonal.
    local function without_repeats(x, labels)
        local i = 1
        while i <= #labels do
            local k = i + 1
            while k <= #labels and labels[k] ~= labels[i] do
                k = k + 1
            end
            if k <= #labels then
                x = x:diagonal(0, i, k)
                local label = table.remove(labels, k)
                table.remove(labels, i)
                labels[#labels + 1] = label
            else
                i = i + 1
            end
        end
        return x, labels
    end

    -- Sums over the axes whose label is not among those wanted.
    local function summed(x, labels, wanted)
        local axes, rest = {}, {}
        for i, label in ipairs(labels) do
            if wanted[label] then
                rest[#rest + 1] = label
            else
                axes[#axes + 1] = i
            end
        end
        return #axes > 0 and x:sum(axes) or x, rest
    end

    -- x with its axes in the order of labels; one that it lacks has size 1.
    local function ordered(x, own, labels)
        local order, shape = {}, {}
        for i, label in ipairs(labels) do
            for k, other in ipairs(own) do
                if other == label then
                    order[#order + 1] = k
                    shape[i] = x:size(k)
                end
            end
            shape[i] = shape[i] or 1
        end
        return #order > 0 and x:permute(order):reshape(shape) or x:reshape(shape), shape
    end

    local function joined(...)
        local all = {}
        for _, list in ipairs { ... } do
            for _, label in ipairs(list) do
                all[#all + 1] = label
            end
        end
        return all
    end

    -- x as a batch of matrices: batch axes, then `rows`, then `columns`, each group one axis.
    local function matrices(x, own, batch, rows, columns, sizes)
        local y = ordered(x, own, joined(batch, rows, columns))
        local shape = {}
        for g, group in ipairs { batch, rows, columns } do
            shape[g] = 1
            for _, label in ipairs(group) do
                shape[g] = shape[g] * sizes[label]
            end
        end
        return y:reshape(shape)
    end

    local function pair(x, xs, w, ws, wanted, sizes)
        local keep = {}
        for label in pairs(wanted) do
            keep[label] = true
        end
        for _, label in ipairs(ws) do
            keep[label] = true
        end
        x, xs = summed(x, xs, keep)
        for _, label in ipairs(xs) do
            keep[label] = true
        end
        w, ws = summed(w, ws, keep)
        local batch, inner, rows, columns, equal = {}, {}, {}, {}, true
        for i, label in ipairs(xs) do
            local both = has(ws, label)
            local group = both and (wanted[label] and batch or inner) or rows
            group[#group + 1] = label
            equal = equal and (not both or x:size(i) == sizes[label])
        end
        for i, label in ipairs(ws) do
            if not has(xs, label) then
                columns[#columns + 1] = label
            else
                equal = equal and w:size(i) == sizes[label]
            end
        end
        local result = joined(batch, rows, columns)
        if #inner == 0 or not equal or not x.dtype:find '^float' or x.dtype ~= w.dtype then
            local all = joined(result, inner)
            return summed(ordered(x, xs, all) * ordered(w, ws, all), all, wanted)
        end
        local y = matrices(x, xs, batch, rows, inner, sizes):matmul(matrices(w, ws, batch, inner, columns, sizes))
        local shape = {}
        for i, label in ipairs(result) do
            shape[i] = sizes[label]
        end
        return y:reshape(shape), result
    end

    -- The size of each label; 1 stretches to what the others have.
    local function sizes_of(equation, xs, terms)
        local sizes = {}
        for k, x in ipairs(xs) do
            for i, label in ipairs(terms[k]) do
                local n, known = x:size(i), sizes[label]
                if known and known ~= n and known ~= 1 and n ~= 1 then
                    raise("einsum: '%s': axis %s of tensor %d has size %d, and %d elsewhere", equation,
                        label:sub(1, 1) == '.' and '...' or label, k, n, known)
                end
                sizes[label] = (not known or known == 1) and n or known
            end
        end
        return sizes
    end

    local function prepare(equation, xs)
        local terms, output = parse(equation, #xs)
        local dots = 0
        for k, x in ipairs(xs) do
            local has_dots = has(terms[k], '...')
            local letters = #terms[k] - (has_dots and 1 or 0)
            if x:dim() < letters or (x:dim() > letters and not has_dots) then
                raise("einsum: '%s': tensor %d has shape %s, and its term names %d axes", equation, k,
                    shape_text(x.shape), letters)
            end
            terms[k] = fill_dots(terms[k], x:dim() - letters)
            dots = math.max(dots, x:dim() - letters)
        end
        output = output and fill_dots(output, dots) or implied(terms, dots)
        local sizes = sizes_of(equation, xs, terms)
        for i, label in ipairs(output) do
            for k = 1, i - 1 do
                if output[k] == label then
                    raise("einsum: '%s' names axis %s of the result twice", equation, label)
                end
            end
            if not sizes[label] then
                raise("einsum: '%s' asks for axis %s, which no tensor has", equation, label)
            end
        end
        return terms, output, sizes
    end

    local function einsum(equation, ...)
        local xs = { ... }
        if #xs == 1 and type(xs[1]) == 'table' then
            xs = xs[1]
        end
        if type(equation) ~= 'string' then
            raise("einsum: argument 1 ('equation') expects a text such as 'ij,jk->ik', got %s", type(equation))
        end
        if #xs == 0 then
            raise("einsum: argument 2 ('xs') is missing; it expects tensors")
        end
        for i, x in ipairs(xs) do
            if not tenmo.is_tensor(x) then
                raise('einsum: argument %d expects a tensor, got %s', i + 1, type(x))
            end
        end
        local terms, output, sizes = prepare(equation, xs)
        local y, labels = without_repeats(xs[1], terms[1])
        for k = 2, #xs do
            local wanted = {}
            for _, label in ipairs(output) do
                wanted[label] = true
            end
            for later = k + 1, #xs do
                for _, label in ipairs(terms[later]) do
                    wanted[label] = true
                end
            end
            local w, ws = without_repeats(xs[k], terms[k])
            y, labels = pair(y, labels, w, ws, wanted, sizes)
        end
        local wanted = {}
        for _, label in ipairs(output) do
            wanted[label] = true
        end
        y, labels = summed(y, labels, wanted)
        return (ordered(y, labels, output))
    end

    return {
        {
            name = 'einsum',
            signature = 'equation xs...',
            doc = "sums of products by named axes: 'ij,jk->ik' is a matrix product; axes that the result does not name "
                .. 'are summed over, ... stands for any others',
            formula = "'bij,bjk->bik': y[b][i][k] = sum over j of x[b][i][j] * w[b][j][k]",
            example = "tenmo.einsum('ij,j->i', tenmo.ones(2, 3), tenmo.tensor{1, 2, 3})",
            prints = '[6., 6.]\nfloat32 (2)',
            method = false,
            run = einsum,
        },
    }
end
