-- cleaner_spec.lua: cleaning texts. What comes out is held to Python's re (support/cleaned.lua), the merged pass to its
-- steps one by one, which PCRE2 does.
local tenmo = require 'tenmo'
local cleaned = require 'spec.support.cleaned'
local cleaner = tenmo.text.cleaner

local function draws(seed)
    local state = seed
    return function(n)
        state = state * 16807 % 2147483647
        return state % n + 1
    end
end

local PIECES = { '<', '>', '<b>', '<br />', '<>', '<a\nb>', 'http', 'www.', 'ht', 'w', 'h', 'http://x.y', 'Http',
    'WWW.x', '3', '10', '\217\163', "'", "'", "n't", 'a', 'I', 'é', 'İ', 'K', 'Ⱥ', ' ', '  ', '\t', '\194\133',
    '\194\160', '　',
    '\28', '\n', '\r\n', '漢字', '_', '-', '.', '\204\135', 'ǅ', 'Ⅷ', '𝟙', '🙂', '\0', '²', '\244\143\191\191',
    'word', 'words' }

local function random_text(draw, most, pieces)
    local text = {}
    for i = 1, draw(most) do
        text[i] = (pieces or PIECES)[draw(#(pieces or PIECES))]
    end
    return table.concat(text)
end

-- The text in pieces of random length, through a feed.
local function fed(clean, text, draw, longest, options)
    local feed, out, at = clean:feed(options), {}, 1
    while at <= #text do
        local n = draw(longest)
        out[#out + 1] = assert(feed:add(text:sub(at, at + n - 1)))
        at = at + n
    end
    out[#out + 1] = assert(feed:add('', true))
    return table.concat(out)
end

local function by_lines(clean, text)
    local lines = {}
    for line, stop in text:gmatch '([^\n]*)(\n?)' do
        lines[#lines + 1] = clean(line) .. stop
    end
    return table.concat(lines)
end

describe('cleaning', function()
    local words, letters = cleaner(), cleaner 'letters'

    it('gives what Python gives', function()
        for _, case in ipairs(cleaned) do
            assert.equal(case[2], words(case[1]), case[1])
            assert.equal(case[3], letters(case[1]), case[1])
        end
    end)

    it('keeps contractions and drops what quotes', function()
        assert.same({ 'don\'t', 'rock', 'roll' }, words:words "'don't' rock 'n' roll'")
        assert.equal('', words 'a')
        assert.equal('ab', words ' ab ')
        assert.equal('i a', letters 'I 1a')
    end)

    it('does the same by one pass as step by step, whatever the steps', function()
        local draw = draws(1)
        local STEPS = { 'lower', 'tags', 'urls', 'digits', 'letters', 'apostrophes', 'spaces', { words = 2 },
            { words = 4 }, { replace = 'w', with = "'" } }
        for _ = 1, 150 do
            local steps, alone = {}, { merge = false }
            for i = 1, draw(7) do
                steps[i] = STEPS[draw(#STEPS)]
                alone[i] = steps[i]
            end
            local merged, separate = cleaner(steps), cleaner(alone)
            for _ = 1, 20 do
                local text = random_text(draw, 20)
                assert.equal(separate(text), merged(text), ('%s: %q'):format(tostring(separate), text))
            end
        end
    end)

    it('tells which steps became one pass', function()
        assert.same({ 'tags+urls+digits+apostrophes+spaces+words' }, words.passes)
        assert.same({ 'lower+tags+urls+letters+apostrophes+spaces' }, letters.passes)
        assert.same({ 'digits', 'tags+spaces', 'replace', 'lower' },
            cleaner({ 'digits', 'tags', 'spaces', { replace = 'a' }, 'lower' }).passes)
        assert.equal('cleaner: digits, tags+spaces', tostring(cleaner { 'digits', 'tags', 'spaces' }))
    end)

    it('replaces patterns', function()
        local clean = cleaner { { replace = '[.,]', with = '%1' }, { replace = 'A', options = { caseless = true } },
            'spaces' }
        assert.equal('b %1 %1b', clean 'bA. a,b')
        assert.equal('-a-b-', cleaner { { replace = '', with = '-' } } 'ab')
    end)

    it('takes a tag of 65,535 characters, and no longer one', function()
        for _, clean in ipairs { cleaner { 'tags', 'spaces' }, cleaner { 'tags', 'spaces', merge = false } } do
            assert.equal('x y', clean('x<' .. ('ä'):rep(65535) .. '>y'))
            local longer = 'x<' .. ('ä'):rep(65536) .. '>y'
            assert.equal(longer, clean(longer))
            assert.equal(longer, fed(clean, longer, draws(2), 9000))
        end
    end)
end)

describe('bytes that are not UTF-8', function()
    local TEXT = 'ab\255cd <b\128> \240\159\153 x\237\160\128y 12\1939'

    it('are an error unless said otherwise', function()
        local good, why = pcall(cleaner(), TEXT)
        assert.is_false(good)
        assert.matches("clean: the text isn't UTF%-8: byte 0xff at position 3; the cleaner's option invalid = 'keep' "
            .. "or 'replace' says what is to become of such bytes$", why)
        good, why = pcall(cleaner().all, cleaner(), { 'a', 'b\128' })
        assert.is_false(good)
        assert.matches("clean: text 2 isn't UTF%-8: byte 0x80 at position 2;", why)
        local feed = cleaner():feed()
        assert.equal('', feed:add 'ab\nc\226' and '')
        local text
        text, why = feed:add 'x'
        assert.is_nil(text)
        assert.matches("byte 0xe2 at position 5", why)
        assert.has_error(function()
            feed:add 'more'
        end)
        assert.is_nil((cleaner():feed():add('\226', true)))
    end)

    it('are kept, or become U+FFFD, in one pass and in several', function()
        local kept = 'ab\255cd \240\159\153 x\237\160\128y \193'
        local replaced = kept:gsub('\240\159\153', '\239\191\189'):gsub('[\255\193\237\160\128]', '\239\191\189')
        for _, merge in ipairs { true, false } do
            local function steps(invalid)
                return cleaner { 'tags', 'digits', 'spaces', invalid = invalid, merge = merge }
            end
            assert.equal(kept, steps 'keep'(TEXT))
            assert.equal(replaced, steps 'replace'(TEXT))
            for seed = 1, 20 do
                assert.equal(kept, fed(steps 'keep', TEXT, draws(seed), 3, { lines = merge }))
                assert.equal(replaced, fed(steps 'replace', TEXT, draws(seed), 3, { lines = merge }))
            end
        end
        assert.equal('\244\143\191\129\129', cleaner { 'spaces', invalid = 'keep' } ' \244\143\191\129\129 ')
    end)

    it('are never lost where they are kept', function()
        local draw, clean = draws(3), cleaner { { replace = '~', with = '~' }, 'lower', invalid = 'keep' }
        local bytes = { '\128', '\255', '\192', '\237\160\128', '\240\159', '\244\143\191\191', '\244\143', 'a', 'é',
            '\n', '\226\130' }
        for _ = 1, 300 do
            local text = random_text(draw, 12, bytes)
            assert.equal(text, clean(text))
            assert.equal(text, fed(clean, text, draw, 3))
        end
    end)
end)

describe('a feed', function()
    it('gives the same bytes however the text is cut, for any number of threads', function()
        local draw, threads = draws(4), tenmo.threads()
        for _, spec in ipairs { {}, { merge = false }, 'letters', { 'lower', { replace = 'o+' }, { words = 3 } } } do
            local clean = cleaner(spec)
            local text = random_text(draw, 3000)
            local whole, lines = clean(text), by_lines(clean, text)
            for n = 1, 3 do
                tenmo.set_threads(n)
                for _, longest in ipairs { 1, 5, 100, 100000 } do
                    assert.equal(whole, fed(clean, text, draw, longest, { lines = false }))
                    assert.equal(lines, fed(clean, text, draw, longest))
                end
            end
        end
        local many = {}
        for i = 1, 4000 do
            many[i] = random_text(draw, 60)
        end
        local joined = table.concat(many, '\n')
        local clean, results, lines = cleaner(), {}, {}
        for n = 1, 3 do
            tenmo.set_threads(n)
            results[n], lines[n] = table.concat(clean:all(many), '\n'), fed(clean, joined, draw, 300000)
        end
        tenmo.set_threads(threads)
        assert.is_true(results[1] == results[2] and results[1] == results[3])
        assert.is_true(lines[1] == lines[2] and lines[1] == lines[3])
        assert.is_true(lines[1] == by_lines(clean, joined))
    end)

    it('takes a line of any length in little memory', function()
        local feed, n = cleaner():feed(), 0
        local piece = ("it's <b>http://here.is/x 12 a "):rep(40000)
        for _ = 1, 20 do
            n = n + #assert(feed:add(piece))
        end
        n = n + #assert(feed:add('<', true))
        assert.equal(20 * 40000 * #"it's " - 1, n)
        local open = cleaner { 'tags', 'spaces' }:feed()
        for _, text in ipairs { ('<'):rep(2e6), ('x'):rep(2e6) } do -- no tag ends here
            assert.is_true(math.abs(#open:add(text) - #text) <= 262200)
        end
    end)

    it('says where a document is too long for a pattern', function()
        local clean = cleaner { { replace = 'a+b' }, longest = 1000 }
        local text, why = clean:feed():add(('a\n'):rep(7) .. ('a'):rep(1001))
        assert.is_nil(text)
        assert.equal("clean: line 8 is longer than 1000 bytes, and this cleaner's patterns have to see it whole "
            .. "(option 'longest')", why)
        text, why = clean:feed({ lines = false }):add(('a\n'):rep(501))
        assert.is_nil(text)
        assert.matches('^clean: the text is longer than 1000 bytes', why)
    end)

    it('says in which line a pattern gave up', function()
        local clean = cleaner { { replace = '(a+)+$', options = { steps = 1000 } } }
        local bad = ('a'):rep(40) .. 'b'
        local text, why = pcall(function()
            return assert(clean:feed():add('a\na\n' .. bad .. '\n'))
        end)
        assert.is_false(text)
        assert.matches('clean: line 3: the match was given up after 1000 steps', why)
        text, why = pcall(clean.all, clean, { 'a', bad, bad })
        assert.is_false(text)
        assert.matches('clean: text 2: the match was given up', why)
    end)
end)

describe('a cleaner says', function()
    local function says(message, ...)
        local good, why = pcall(cleaner, ...)
        assert.is_false(good)
        assert.equal(message, (tostring(why):gsub('^[^\n]-:%d+: ', '')))
    end

    it('what it was made of', function()
        says("cleaner: there is no step 'tag'; did you mean 'tags'?", { 'tag' })
        says("cleaner: there is no set of rules named 'leters'; did you mean 'letters'?", 'leters')
        says("cleaner: there is no option 'merged'; did you mean 'merge'?", { 'tags', merged = true })
        says("cleaner: option 'merge' expects a boolean, got a number", { merge = 1 })
        says("cleaner: there is no choice of invalid named 'skip'; there are error, keep, replace",
            { invalid = 'skip' })
        says('cleaner: expects a table of steps or the name of a set of rules, got a number', 3)
        says('cleaner: step 2 expects a name, { words = n } or { replace = pattern }, got another table',
            { 'tags', {} })
        says('cleaner: step 1: words expects a whole number from 1 to 65535, got 0', { { words = 0 } })
        says("cleaner: step 1: 'words' expects a number, got a string", { { words = '2' } })
        says("cleaner: there is no field of step 1 named 'wit'; did you mean 'with'?",
            { { replace = 'a', wit = 'b' } })
        says('regex: missing closing parenthesis at position 3 of the pattern:\n    (a\n      ^',
            { { replace = '(a' } })
    end)

    it('what it was called with', function()
        assert.has_error(function()
            cleaner()(nil)
        end, 'clean: expects a string, got a nil')
        assert.has_error(function()
            cleaner():all 'text'
        end)
        assert.has_error(function()
            cleaner():all { 'a', 2 }
        end)
    end)
end)
