-- progress.lua: a bar for any loop.
--
--     for x, y in tenmo.progress(train:batches { batch = 64 }, { label = 'epoch 1', unit = 'images' }) do
--     for i in tenmo.progress(1000) do
--     for _, path in tenmo.progress(paths) do                       an array
--
-- and with numbers beside it:
--
--     local bar = tenmo.progress(batches)
--     for x, y in bar do
--         bar:show { loss = step(x, y) }
--     end
--
-- A loop of another kind counts by itself: bar = tenmo.progress(1000), then bar:step { loss = loss } each time
-- and bar:done() at the end (which a for loop does itself; after a break, call it).
--
-- In such a loop bar:print(...) prints above the bar.
--
-- A loss that is NaN is told, once in a program, with the step in which it was first shown.
--
-- Options: label; total, how many rounds there will be, where the source can't tell; unit, what is counted for
-- the rate (with tensors: their first axis, else rounds); keep = false to wipe the bar away at the end.
--
-- The bar goes to standard error, so a program's output stays clean. It is redrawn at most ten times a second, and
-- between two redraws a round costs a few comparisons: not even the clock is asked. The remaining time comes from
-- the rate of the last five seconds, not from the whole. Where lines can't be redrawn (no terminal, NO_COLOR), a
-- plain line comes every ten seconds, and one at the end.
local clock = require 'tenmo.clock'
local near = require 'tenmo.near'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'
local terminal = require 'tenmo.terminal'

local REDRAW, PLAIN = 0.1, 10 -- seconds between two drawings
local SAMPLES = 50 -- drawings that the recent rate looks back over: five seconds
local BAR, LEAST = 24, 8 -- columns of the bar, and below how many it goes

local Progress = {}
Progress.__index = Progress

-- 1234567 -> "1,234,567"; small numbers keep a digit or two behind the point.
local function count_text(n)
    if n < 10 then
        return ('%.2g'):format(n)
    end
    local text = ('%.0f'):format(n)
    return (text:reverse():gsub('(%d%d%d)', '%1,'):reverse():gsub('^,', ''))
end

local function time_text(seconds)
    seconds = math.floor(seconds + 0.5)
    if seconds >= 3600 then
        return ('%d:%02d:%02d'):format(seconds / 3600, seconds / 60 % 60, seconds % 60)
    end
    return ('%d:%02d'):format(seconds / 60, seconds % 60)
end

-- What show and step were given last: "loss 0.1234", names in order.
local function values_text(values)
    local names, words = {}, {}
    for name in pairs(values) do
        names[#names + 1] = name
    end
    table.sort(names)
    for _, name in ipairs(names) do
        local value = values[name]
        words[#words + 1] = ('%s %s'):format(name, type(value) ~= 'number' and tostring(value)
            or value % 1 == 0 and ('%d'):format(value) or ('%.4f'):format(value))
    end
    return words
end

-- Rounds and items a second over the last samples.
local function recent(bar, now)
    local first = bar.samples[1]
    local seconds = now - first.time
    if seconds <= 0 then
        return 0, 0
    end
    return (bar.rounds - first.rounds) / seconds, (bar.items - first.items) / seconds
end

-- The words of the line, without the bar.
local function words_of(bar, now, finished)
    local words = values_text(bar.values)
    local rounds, items = recent(bar, now)
    local spent = now - bar.started
    if finished and spent > 0 then
        items = bar.items / spent
    end
    if items > 0 then
        words[#words + 1] = ('%s %s/s'):format(count_text(items), bar.unit)
    end
    if finished then
        words[#words + 1] = spent < 10 and ('%.1f s'):format(spent) or time_text(spent)
    elseif bar.total and rounds > 0 then
        words[#words + 1] = time_text(math.max(bar.total - bar.rounds, 0) / rounds) .. ' left'
    end
    return words
end

-- "━━━━━───": how much is done.
local function picture(bar, width)
    local full, rest = '━', '─'
    if not bar.utf8 then
        full, rest = '#', '-'
    end
    local n = math.floor(width * math.min(bar.rounds / math.max(bar.total, 1), 1) + 0.5)
    return ('\27[36m%s\27[2;37m%s\27[0m'):format(full:rep(n), rest:rep(width - n))
end

local function place_text(bar)
    if not bar.total then
        return ('%d'):format(bar.rounds)
    end
    local total = ('%d'):format(bar.total)
    return ('%' .. #total .. 'd/%s'):format(bar.rounds, total)
end

-- The columns that a text takes.
local function columns(text)
    return #text:gsub('[\128-\191]', '')
end

-- The whole line; on a terminal with its bar, and cut to fit.
local function line_of(bar, now, finished)
    local words = words_of(bar, now, finished)
    table.insert(words, 1, place_text(bar))
    if bar.label then
        table.insert(words, 1, bar.label)
    end
    if not bar.lively then
        if bar.total and not finished then
            words[#words] = words[#words] .. (', %.0f %% done'):format(100 * bar.rounds / math.max(bar.total, 1))
        end
        return table.concat(words, '  ')
    end
    local room = terminal.width(2) - 1
    local before = bar.label and table.remove(words, 1) .. '  ' or ''
    local text = table.concat(words, '  ')
    local width = math.min(BAR, room - columns(before) - columns(text) - 2)
    if bar.total and width >= LEAST then
        return before .. picture(bar, width) .. '  ' .. text
    end
    text = before .. text
    return columns(text) <= room and text or text:sub(1, room)
end

local function draw(bar, now)
    io.stdout:flush() -- so that what the program printed before stands before
    if bar.lively then
        io.stderr:write('\r', line_of(bar, now), '\27[K')
    else
        io.stderr:write(line_of(bar, now), '\n')
    end
    io.stderr:flush()
    bar.drawn = true
end

-- Look at the clock; draw if it is time, and guess after how many rounds to look again.
local function look(bar)
    local now = clock()
    local seconds = now - bar.looked
    local rounds = bar.rounds - bar.looked_at
    bar.looked, bar.looked_at = now, bar.rounds
    -- Half a redraw's rounds at the last pace, but never more than twice as many as before.
    bar.stride = math.max(1, math.min(2 * bar.stride, math.floor(rounds * REDRAW / 2 / math.max(seconds, 1e-9))))
    bar.next_look = bar.rounds + bar.stride
    if now - bar.drawn_at < bar.every then
        return
    end
    draw(bar, now)
    bar.drawn_at = now
    table.insert(bar.samples, { time = now, rounds = bar.rounds, items = bar.items })
    if #bar.samples > SAMPLES then
        table.remove(bar.samples, 1)
    end
end

-- A line above the bar: the bar makes room, and comes back below.
local function above(bar, write)
    if bar.drawn and bar.lively then
        io.stderr:write '\r\27[K'
        io.stderr:flush()
    end
    write()
    if bar.drawn and bar.lively then
        draw(bar, clock())
    end
end

local nan_told = false

local function tell_nan(bar)
    nan_told = true
    above(bar, function()
        io.stdout:flush()
        io.stderr:write(('%sthe loss is nan from step %d on; with tenmo.check_nan(true) before the loop, the op that '
            .. 'makes the first NaN is an error with its line\n'):format(bar.label and bar.label .. ': ' or '',
            bar.rounds + 1))
        io.stderr:flush()
    end)
end

-- Numbers (or words) to show beside the bar.
function Progress:show(values)
    if type(values) ~= 'table' then
        raise('progress: show expects a table such as { loss = 0.5 }, got %s', type(values))
    end
    self.values = values
    local loss = values.loss
    if loss ~= loss and not nan_told then
        tell_nan(self)
    end
    return self
end

-- One more round, of `items` things (1 unless given).
function Progress:step(values, items)
    if values ~= nil then
        self:show(values)
    end
    self.rounds = self.rounds + 1
    self.items = self.items + (items or 1)
    if self.rounds >= self.next_look then
        look(self)
    end
    return self
end

-- print, where a bar is.
function Progress:print(...)
    local words, n = { ... }, select('#', ...)
    above(self, function()
        print(unpack(words, 1, n))
    end)
    return self
end

-- The loop is over: the bar shows the whole time and rate, or goes. Calling it twice does nothing.
function Progress:done()
    if self.finished then
        return self
    end
    self.finished = true
    if self.keep then
        local start, finish = self.lively and '\r' or '', self.lively and '\27[K\n' or '\n'
        io.stdout:flush()
        io.stderr:write(start, line_of(self, clock(), true), finish)
    elseif self.drawn and self.lively then
        io.stderr:write '\r\27[K'
    end
    io.stderr:flush()
    return self
end

-- How many things the source gave: batches tell how far they are, a tensor has its first axis, else it is one.
local function pending(bar, first)
    local position = bar.position
    if position then
        bar.position = bar.batches.position
        return bar.position - position
    end
    return tenmo.is_tensor(first) and first:dim() > 0 and first:size(1) or 1
end

-- Hands on what the source gave, and counts the round that is now finished. This is what a round costs.
local function hand_on(bar, first, ...)
    if bar.pending then
        bar.rounds = bar.rounds + 1
        bar.items = bar.items + bar.pending
        if bar.rounds >= bar.next_look then
            look(bar)
        end
    end
    if first == nil then
        bar:done()
        return nil
    end
    bar.pending = pending(bar, first)
    bar.control = first
    return first, ...
end

-- Called by `for`.
function Progress:__call()
    if not self.source then
        raise 'progress: give it something to loop over: a number, an array or an iterator'
    end
    return hand_on(self, self.source(self.state, self.control))
end

-- source is a number, an array, or an iterator as `for` takes it; returns next function, state, start, total.
local function iterator(source)
    if type(source) == 'number' then
        return function(last, i)
            if i < last then
                return i + 1
            end
        end, source, 0, source
    end
    local meta = type(source) == 'table' and getmetatable(source)
    if type(source) == 'function' or (type(meta) == 'table' and meta.__call) then
        local left = type(source) == 'table' and source.left
        return source, nil, nil, left and source:left() or nil
    end
    if type(source) ~= 'table' then
        raise('progress: expected a number, an array or an iterator, got %s', type(source))
    end
    local step, state, start = ipairs(source)
    return step, state, start, #source
end

local OPTIONS = { label = 'string', total = 'number', unit = 'string', keep = 'boolean' }

local function check(options)
    for name, value in pairs(options) do
        if not OPTIONS[name] then
            local guess = near(tostring(name), { 'label', 'total', 'unit', 'keep' })
            raise("progress: unknown option '%s'%s", tostring(name), guess and ("; did you mean '%s'?"):format(guess)
                or '')
        elseif type(value) ~= OPTIONS[name] then
            raise("progress: option '%s': expected a %s, got a %s", name, OPTIONS[name], type(value))
        end
    end
end

return setmetatable({ time_text = time_text, count_text = count_text }, {
    __call = function(_, source, options)
        options = options or {}
        check(options)
        local step, state, start, total = iterator(source)
        local now, lively = clock(), terminal.lively(2)
        local batches = type(source) == 'table' and source.left and source or {}
        return setmetatable({
            batches = batches, position = batches.position,
            source = step, state = state, control = start,
            total = options.total or total,
            label = options.label,
            unit = options.unit or 'rounds',
            keep = options.keep ~= false,
            values = {},
            lively = lively, utf8 = terminal.utf8(), every = lively and REDRAW or PLAIN,
            started = now, looked = now, looked_at = 0, drawn_at = now,
            rounds = 0, items = 0, stride = 1, next_look = 1,
            samples = { { time = now, rounds = 0, items = 0 } },
        }, Progress)
    end,
})
