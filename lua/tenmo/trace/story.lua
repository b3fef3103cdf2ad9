-- story.lua: the engine's events become the sections of a story.
--
-- A section is { title =, items }; an item is a string (a paragraph), { heading = text }, { buffer = tensor } (a view
-- and its bytes, as trace.lua describes them), or { head = {...}, rows = { {...}, ... } } (a table).
local docs = require 'tenmo.docs'
local help = require 'tenmo.help'
local shape_text = require 'tenmo.shape_text'
local tenmo = require 'tenmo'

local rows = {}
for _, row in ipairs(tenmo.rows()) do
    rows[row.name] = row
end

local function short(line)
    return line and line:match '[^/]*$' or '?'
end

local function number(x)
    return ('%.6g'):format(x)
end

local function time(ns)
    if ns < 1e4 then
        return ('%d ns'):format(ns)
    end
    return ns < 1e7 and ('%.1f us'):format(ns / 1e3) or ('%.1f ms'):format(ns / 1e6)
end

local function count(n, noun)
    return ('%d %s%s'):format(n, noun, n == 1 and '' or 's')
end

-- --- where the step begins and ends in the list of events ----------------------------------------------------------

-- The first node that the backward reaches, and the backward itself; nil where there is none.
local function find_step(events)
    local backward, reached = nil, {}
    for i, event in ipairs(events) do
        if event.kind == 'backward' and not backward then
            backward = i
        elseif event.kind == 'visit' and backward then
            reached[event.node] = true
        elseif event.kind == 'backward' or (event.kind == 'kernel' and event.update) then
            break
        end
    end
    for i = 1, backward or 0 do
        if events[i].kind == 'node' and reached[events[i].node] then
            return i, backward
        end
    end
end

-- Back from its first node to the outermost module that it lies in, or to the node's own kernel.
local function find_start(events, marks, node)
    for i = node - 1, 1, -1 do
        local mark = events[i].kind == 'mark' and marks[events[i].mark]
        if mark and mark.depth == 0 then
            return mark.what == 'enter' and i or node - 1
        end
    end
    return events[node - 1] and events[node - 1].kind == 'kernel' and node - 1 or node
end

-- The update, if nothing else is recorded before it; else the end of the walk.
local function find_end(events, backward)
    local done
    for i = backward + 1, #events do
        local event = events[i]
        if event.update then
            return i
        elseif event.kind == 'done' then
            done = done or i
        elseif event.kind == 'node' or event.kind == 'backward' then
            break
        end
    end
    return done or #events
end

-- The next update, if any, and how many backwards came before it: a script may add up their gradients.
local function find_update(events, backward)
    local more = 0
    for i = backward + 1, #events do
        if events[i].update then
            return events[i], more
        end
        more = more + (events[i].kind == 'backward' and 1 or 0)
    end
end

-- --- kernels and nodes in words --------------------------------------------------------------------------------------

local function kernel_name(event)
    return event.part == 0 and event.op or ('%s, its gradient %d'):format(event.op, event.part)
end

local function work(event)
    local pieces = count(event.pieces, 'piece') .. ' on ' .. count(event.threads, 'thread')
    return event.way and ('%s, %s'):format(event.way, pieces) or pieces
end

local function sample(event)
    local texts = {}
    for i, x in ipairs(event.sample) do
        texts[i] = number(x)
    end
    return #texts > 0 and table.concat(texts, ' ') .. ' ...' or ''
end

local function output(event)
    return event.operands[1] and event.operands[1].address or ''
end

local KERNEL_HEAD = { 'kernel', 'walks over', 'how', 'time', 'writes to', 'first numbers' }

local function kernel_row(event)
    return { kernel_name(event), shape_text(event.shape) .. (event.reduced > 0
        and (', the last %d summed'):format(event.reduced) or ''), work(event), time(event.ns), output(event),
        sample(event) }
end

local INPUT = { 'x', 'w', 'v' }

-- The names of a row's inputs, as its signature has them.
local function input_name(row, i)
    local item = row.items[i]
    return item and item.name or INPUT[i] or ('input ' .. i)
end

-- What the node kept, and which rule reads it.
local function kept(event)
    local row, texts = rows[event.op], {}
    for i, input in ipairs(event.inputs) do
        if input.kept then
            texts[#texts + 1] = ('%s %s'):format(input_name(row, i), input.shape)
        end
    end
    if event.keeps_output then
        texts[#texts + 1] = 'its result ' .. event.shape
    end
    if event.keeps_extra then
        texts[#texts + 1] = 'what its kernel saved'
    end
    return #texts > 0 and table.concat(texts, ', ') or 'nothing'
end

-- What flows back, in words or as a formula; of a structured op with the function that does it.
local function rule(row)
    local _, formulas = help.formula(row)
    local texts, extra = {}, docs.ops[row.name] or {}
    for i, pair in ipairs(formulas) do
        texts[i] = ('%s: %s'):format(pair[1], pair[2])
    end
    if #texts == 0 then
        return ('%s (tm_backward_%s)'):format(extra.gradient and extra.gradient:gsub('%s%s+', '; ') or 'see core',
            row.name)
    end
    return table.concat(texts, '; ')
end

local function from(event, names)
    local texts = {}
    for i, input in ipairs(event.inputs) do
        if input.maker > 0 then
            texts[#texts + 1] = ('node %d'):format(input.maker)
        elseif input.leaf then
            texts[#texts + 1] = names[input.leaf] or ('a leaf %s'):format(input.shape)
        else
            texts[#texts + 1] = ('%s %s, no gradient'):format(input_name(rows[event.op], i), input.shape)
        end
    end
    return table.concat(texts, '; ')
end

-- --- the sections --------------------------------------------------------------------------------------------------

local function summary(events, first, backward, last)
    local kernels, nodes, ns, forward = 0, 0, 0, 0
    for i = first, last do
        local event = events[i]
        if event.kind == 'kernel' then
            kernels, ns = kernels + 1, ns + event.ns
            forward = forward + (i < backward and event.ns or 0)
        end
        nodes = nodes + (event.kind == 'node' and 1 or 0)
    end
    return { title = 'One step',
        ('%s and %s on the tape; %s in kernels: forward %s, backward and update %s.'):format(count(kernels, 'kernel'),
            count(nodes, 'node'), time(ns), time(forward), time(ns - forward)),
        'A kernel is a loop over bytes; a node is what an op leaves on the tape, so that backward can find its way.' }
end

-- Groups kernels that follow each other into one table.
local function kernel_item(section, event)
    local item = section[#section]
    if type(item) ~= 'table' or item.head ~= KERNEL_HEAD then
        item = { head = KERNEL_HEAD, rows = {} }
        section[#section + 1] = item
    end
    item.rows[#item.rows + 1] = kernel_row(event)
end

-- Behind the last node: the kernels that make the gradient which backward starts from.
local function find_turn(events, backward)
    local turn = backward
    while turn > 1 and events[turn - 1].kind == 'kernel' do
        turn = turn - 1
    end
    return turn
end

local function forward(events, marks, first, backward, given)
    local section = { title = 'Forward, layer by layer' }
    for i = first - 1, 1, -1 do -- what wrote the bytes that the model is given, last
        if events[i].kind == 'kernel' and given and output(events[i]) == given.buffer.first then
            section[#section + 1] = { heading = 'the input' }
            kernel_item(section, events[i])
            break
        end
    end
    local layer = 0
    for i = first, find_turn(events, backward) - 1 do
        local event = events[i]
        local mark = event.kind == 'mark' and marks[event.mark]
        if mark and mark.what == 'enter' then
            layer = layer + 1
            section[#section + 1] = { heading = ('%s%d. %s%s'):format(('  '):rep(mark.depth), layer, mark.module,
                mark.fused and ' and the ReLU behind it, in one pass' or '') }
            if mark.given then
                section[#section + 1] = { buffer = mark.given }
            end
            for _, tensor in ipairs(mark.tensors) do
                section[#section + 1] = { buffer = tensor }
            end
        elseif mark and mark.depth == 0 then
            section[#section + 1] = { heading = 'after the model' }
        elseif event.kind == 'kernel' then
            kernel_item(section, event)
        elseif event.kind == 'node' then
            section[#section + 1] = ('node %d: %s at %s; keeps %s.'):format(event.node, event.op, short(event.line),
                kept(event))
        end
    end
    return section
end

local function tape(events, first, backward, last, names)
    local used, table_rows, rules = {}, {}, {}
    for i = backward, last do
        if events[i].kind == 'visit' then
            used[events[i].node] = events[i].used
        end
    end
    for i = first, backward - 1 do
        local event = events[i]
        if event.kind == 'node' then
            table_rows[#table_rows + 1] = { tostring(event.node), event.op, event.shape, short(event.line),
                from(event, names), used[event.node] and tostring(used[event.node]) or 'not reached' }
            rules[#rules + 1] = { tostring(event.node), event.op, kept(event), rule(rows[event.op]) }
        end
    end
    return { title = 'The tape as it stands',
        'Each op that a gradient will flow through left a node. It points to the nodes that made its inputs, and keeps '
            .. 'only what its rule reads.',
        { head = { 'node', 'op', 'result', 'line', 'inputs from', 'gradients that meet' }, rows = table_rows },
        'What a node keeps, and the rule that reads it; g is the gradient that arrives, y the result.',
        { head = { 'node', 'op', 'keeps', 'rule' }, rows = rules } }
end

local function receiver(event, names)
    if event.to > 0 then
        return ('node %d'):format(event.to)
    end
    local name = event.leaf and names[event.leaf]
    return name and name .. '.grad' or event.leaf and 'the gradient of a leaf' or 'nobody'
end

local function backwards(events, backward, last, names)
    local section = { title = 'Backward, in reverse',
        ('The walk starts at node %d with a gradient of %s. A node runs when all gradients that meet there have '
            .. 'arrived.'):format(events[backward].node, number(events[backward].largest)) }
    for i = find_turn(events, backward), last do
        local event = events[i]
        if event.update then
            break
        elseif event.kind == 'visit' then
            section[#section + 1] = { heading = ('node %d: %s, %s'):format(event.node, event.op, short(event.line)) }
            section[#section + 1] = ('%s arrived: %s, largest magnitude %s.'):format(count(event.used, 'gradient'),
                event.shape, number(event.largest))
        elseif event.kind == 'kernel' then
            kernel_item(section, event)
        elseif event.kind == 'give' then
            section[#section + 1] = ('gives %s to %s%s, largest magnitude %s.'):format(event.shape,
                receiver(event, names), event.first and '' or ', added to what was there', number(event.largest))
        end
    end
    return section
end

local f32 = require 'ffi'.typeof 'float[1]'

local function float32(x)
    return tonumber(f32(x)[0])
end

-- The formulas of ops.def's sgd and adam, in Lua's numbers: each gives lines, and the new weight.
local function by_hand(op, u)
    local v, p, g = u.values, u.weight[1], u.gradient
    local function line(format, ...)
        return format:format(...)
    end
    if op == 'sgd' then
        local lr, mu, wd, nesterov = unpack(v)
        local d = g + wd * p
        local b = mu ~= 0 and (u.step > 1 and mu * u.state1[1] + d or d) or d
        local move = nesterov ~= 0 and d + mu * b or b
        local lines = { line('g = gradient + weight_decay w = %s + %s * %s = %s', number(g), number(wd), number(p),
            number(d)) }
        if mu ~= 0 then
            lines[#lines + 1] = u.step > 1 and line('b = momentum b + g = %s * %s + %s = %s', number(mu),
                number(u.state1[1]), number(d), number(b)) or line('b = g = %s   (the first step)', number(b))
        end
        if nesterov ~= 0 then
            lines[#lines + 1] = line('move = g + momentum b = %s', number(move))
        end
        local what = nesterov ~= 0 and 'move' or mu ~= 0 and 'b' or 'g'
        lines[#lines + 1] = line('w = w - lr %s = %s - %s * %s = %s', what, number(p), number(lr),
            number(move), number(p - lr * move))
        return lines, p - lr * move
    end
    local lr, beta1, beta2, eps, wd, decoupled = unpack(v)
    local d = decoupled ~= 0 and g or g + wd * p
    local start = decoupled ~= 0 and p * (1 - lr * wd) or p
    local m, s = beta1 * u.state1[1] + (1 - beta1) * d, beta2 * u.state2[1] + (1 - beta2) * d * d
    local mh, sh = m / (1 - beta1 ^ u.step), s / (1 - beta2 ^ u.step)
    local w = start - lr * mh / (math.sqrt(sh) + eps)
    return {
        line('m = beta1 m + (1 - beta1) g = %s', number(m)),
        line('v = beta2 v + (1 - beta2) g^2 = %s', number(s)),
        line('step %d: m / (1 - beta1^t) = %s,  v / (1 - beta2^t) = %s', u.step, number(mh), number(sh)),
        line('w = %s - lr m / (sqrt(v) + eps) = %s - %s * %s / %s = %s', number(start), number(start), number(lr),
            number(mh), number(math.sqrt(sh) + eps), number(w)),
    }, w
end

local function update(event, more, names)
    local u = event.update
    local lines, w = by_hand(event.op, u)
    local near = math.abs(w - u.weight[2]) <= 1e-5 * math.max(math.abs(w), math.abs(w - u.weight[1]))
    local section = { title = 'The update', by_hand = w, kernel = u.weight[2],
        ('One kernel, %s, goes once over %s (%s, %s).'):format(event.op, count(u.parameters, 'parameter'),
            work(event), time(event.ns)),
        ('One weight in numbers: element %d of %s, where the gradient is largest: %s.'):format(u.at,
            names[u.address] or 'the first parameter', number(u.weight[1])) }
    if more > 0 then
        table.insert(section, 1, ('Before it, %s added to the gradients; the first one is told above.'):format(
            count(more, 'more backward')))
    end
    for _, line in ipairs(lines) do
        section[#section + 1] = line
    end
    section[#section + 1] = ('The kernel wrote %s%s.'):format(number(u.weight[2]), float32(w) == u.weight[2]
        and ', the same to the last bit of a float32' or near and ', the same up to rounding'
        or ', which is NOT what the formula gives')
    return section
end

-- events and how many found no room: tenmo.debug.traced(); marks: trace.lua's; names: of parameters by address.
return function(events, marks, names, lost)
    local node, backward = find_step(events)
    if not node then
        return {}
    end
    local first = find_start(events, marks, node)
    local last = find_end(events, backward)
    local mark = events[first].kind == 'mark' and marks[events[first].mark]
    local story = {
        summary(events, first, backward, last),
        forward(events, marks, first, backward, mark and mark.given),
        tape(events, first, backward, last, names),
        backwards(events, backward, last, names),
    }
    local step, more = find_update(events, backward)
    if step then
        story[#story + 1] = update(step, more, names)
    else
        story[#story + 1] = { title = 'No update', 'No optimizer made a step behind this backward.' }
    end
    if lost > 0 then
        table.insert(story[1], ('%d events found no room and are not told.'):format(lost))
    end
    return story
end
