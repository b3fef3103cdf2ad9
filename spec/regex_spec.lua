-- regex_spec.lua: PCRE2's patterns in Lua. What they have to find is what Python's re finds (3.11); the table below was
-- made with it once.
local tenmo = require 'tenmo'

-- pattern, text, every match as { first, last, groups... }, the matches in brackets, the pieces between them
local CASES = {
    { '\\w+', 'héllo wörld 42', { { 1, 6 }, { 8, 13 }, { 15, 16 } },
        '[héllo] [wörld] [42]', { '', ' ', ' ', '' } },
    { 'x*', 'axbc', { { 1, 0 }, { 2, 2 }, { 3, 2 }, { 4, 3 }, { 5, 4 } },
        '[]a[x][]b[]c[]', { '', 'a', '', 'b', 'c', '' } },
    { 'x*', 'abxd', { { 1, 0 }, { 2, 1 }, { 3, 3 }, { 4, 3 }, { 5, 4 } },
        '[]a[]b[x][]d[]', { '', 'a', 'b', '', 'd', '' } },
    { '', 'né', { { 1, 0 }, { 2, 1 }, { 4, 3 } },
        '[]n[]é[]', { '', 'n', 'é', '' } },
    { 'a|b|', 'abc', { { 1, 1 }, { 2, 2 }, { 3, 2 }, { 4, 3 } },
        '[a][b][]c[]', { '', '', '', 'c', '' } },
    { '(\\d+)-(\\d+)?', '10-20 7-', { { 1, 5, '10', '20' }, { 7, 8, '7', false } },
        '[10-20] [7-]', { '', ' ', '' } },
    { '(?i)straße', 'STRAßE straße', { { 1, 7 }, { 9, 15 } },
        '[STRAßE] [straße]', { '', ' ', '' } },
    { '\\s+', 'a b c　d', { { 2, 2 }, { 4, 4 }, { 6, 8 } },
        'a[ ]b[ ]c[　]d', { 'a', 'b', 'c', 'd' } },
    { "(?<!\\w)\\'|\\'(?!\\w)", "'don't' rock 'n' roll'", { { 1, 1 }, { 7, 7 }, { 14, 14 }, { 16, 16 }, { 22, 22 } },
        "[']don't['] rock [']n['] roll[']", { '', "don't", ' rock ', 'n', ' roll', '' } },
    { '[^<]+?(?=<|$)', 'ab<cd', { { 1, 2 }, { 4, 5 } },
        '[ab]<[cd]', { '', '<', '' } },
    { '\\b', 'ab, cd', { { 1, 0 }, { 3, 2 }, { 5, 4 }, { 7, 6 } },
        '[]ab[], []cd[]', { '', 'ab', ', ', 'cd', '' } },
    { '(?m)^.', 'ab\ncd\n', { { 1, 1 }, { 4, 4 } },
        '[a]b\n[c]d\n', { '', 'b\n', 'd\n' } },
    { '\\d+', 'x٣٤ 12', { { 2, 5 }, { 7, 8 } },
        'x[٣٤] [12]', { 'x', ' ', '' } },
    { '(a)|(b)', 'abba', { { 1, 1, 'a', false }, { 2, 2, false, 'b' }, { 3, 3, false, 'b' }, { 4, 4, 'a', false } },
        '[a][b][b][a]', { '', '', '', '', '' } },
    { 'a\\0b', 'a\0b a\0b', { { 1, 3 }, { 5, 7 } },
        '[a\0b] [a\0b]', { '', ' ', '' } },
    { '(?P<y>\\d{4})-(?P<m>\\d\\d)', '2024-05 and 1999-12', { { 1, 7, '2024', '05' }, { 13, 19, '1999', '12' } },
        '[2024-05] and [1999-12]', { '', ' and ', '' } },
}

describe('a regex', function()
    for _, case in ipairs(CASES) do
        local pattern, text, matches, marked, pieces = unpack(case)

        it(('%q finds in %q what Python finds'):format(pattern, text), function()
            local re = tenmo.regex(pattern)
            local function whole(i)
                return text:sub(matches[i][1], matches[i][2])
            end
            assert.same({ marked, #matches }, { re:gsub(text, '[%0]') })
            assert.same(pieces, re:split(text))
            assert.same(matches[1], { re:find(text) })
            local n = 0
            for a, b in re:gmatch(text) do
                n = n + 1
                assert.same(#matches[n] == 2 and { whole(n) } or { matches[n][3], matches[n][4] }, { a, b })
            end
            assert.equal(#matches, n)
            n = 0
            local kept = re:gsub(text, function(a)
                n = n + 1
                assert.equal(#matches[n] == 2 and whole(n) or matches[n][3], a)
            end)
            assert.equal(text, kept)
            assert.equal(#matches, n)
        end)
    end

    it('replaces by groups, names, tables and functions', function()
        local re = tenmo.regex '(?<name>\\w+)@(\\w+)'
        assert.same({ 'b at a: 100%, c', 1 }, { re:gsub('a@b, c', '%2 at %{name}: 100%%') })
        assert.same({ 'a@b c@d', 2 }, { re:gsub('a@b c@d', '%{1}@%{2}') })
        assert.same({ 'x, 1, c@d', 3 }, { re:gsub('a@b, b@b, c@d', { a = 'x', b = 1, c = false }) })
        assert.same({ 'ba, c@d', 1 }, { re:gsub('a@b, c@d', function(a, b)
            return b .. a
        end, 1) })
        assert.same({ 'a@b', 0 }, { re:gsub('a@b', '', 0) })
        assert.equal('-\0-', tenmo.regex 'a':gsub('a\0a', '-'))
        assert.equal('10', tenmo.regex 'a':gsub('10', ''))
    end)

    it('captures by number and by name', function()
        local re = tenmo.regex '(?J)(?:(?<year>\\d{4})|(?<year>\\d\\d))(-(?<month>\\d\\d))?'
        assert.same({ [0] = '99-12', false, '99', '-12', '12', year = '99', month = '12' }, re:captures 'in 99-12')
        assert.same({ [0] = '1999', '1999', false, false, false, year = '1999' }, re:captures('1999', 1))
        assert.is_nil(re:captures 'none')
        assert.same({ 3, 2 }, { tenmo.regex('x*'):find('ab', 3) })
        assert.is_nil(tenmo.regex('x*'):find('ab', 4))
        assert.same({ 3, 3 }, { tenmo.regex('b'):find('bab', -2) })
        assert.equal('12', tenmo.regex('\\d+'):match(12))
    end)

    it('tells what it is', function()
        local re = tenmo.regex '(?<a>.)(.)'
        local info = re:info()
        assert.same({ '(?<a>.)(.)', 2, { a = 1 } }, { info.pattern, info.groups, info.names })
        assert.is_boolean(info.jit)
        assert.equal("regex '(?<a>.)(.)'", tostring(re))
        assert.equal('regex', getmetatable(re))
    end)

    it('takes options', function()
        for option, case in pairs {
            caseless = { 'ä', 'Ä' }, multiline = { '^b', 'a\nb' }, dotall = { 'a.b', 'a\nb' },
            extended = { 'a b # both', 'ab' }, bytes = { '^...$', 'ä!' }, lenient = { 'b', '\255b' },
        } do
            local re = tenmo.regex(case[1], { [option] = true })
            assert.is_truthy(re:find(case[2]), option)
            if option ~= 'lenient' then
                assert.is_nil(tenmo.regex(case[1]):find(case[2]))
            end
        end
        assert.equal('a', tenmo.regex('a+', { ungreedy = true }):match 'aaa')
        assert.is_nil(tenmo.regex('b', { anchored = true }):find 'ab')
        assert.is_nil(tenmo.regex('\\w', { ascii = true }):find 'ä')
        assert.same({ 1, 2 }, { tenmo.regex('.', { ascii = true }):find 'ä' })
    end)

    it('escapes what would mean something', function()
        local text = 'a.b*c\\d [e] \0 (ä) #\n'
        assert.same({ 1, #text }, { tenmo.regex(tenmo.regex.escape(text)):find(text) })
        assert.same({ 1, #text }, { tenmo.regex(tenmo.regex.escape(text), { extended = true }):find(text) })
    end)
end)

describe('a regex says', function()
    local function says(message, f, ...)
        local good, why = pcall(f, ...)
        assert.is_false(good)
        assert.equal(message, (tostring(why):gsub('^[^\n]-:%d+: ', '')))
    end

    local PATTERNS = {
        { 'äb[c',
            "regex: missing terminating ] for character class at position 6 of the pattern:\n    äb[c\n        ^" },
        { 'a(b', 'regex: missing closing parenthesis at position 4 of the pattern:\n    a(b\n       ^' },
        { 'a\n(?<n>b))c\nd', 'regex: unmatched closing parenthesis at position 10 of the pattern:\n    (?<n>b))c\n'
            .. '           ^' },
        { ('x'):rep(100) .. '*+*' .. ('y'):rep(100),
            'regex: quantifier does not follow a repeatable item at position 103 of the pattern:\n    ...'
                .. ('x'):rep(28) .. '*+*' .. ('y'):rep(29) .. '...\n' .. (' '):rep(37) .. '^' },
        { 'a\255', "regex: the pattern isn't valid UTF-8: byte 0xff at position 2" },
        { '\\C', 'regex: using \\C is disabled by the application at position 3 of the pattern:\n    \\C\n      ^' },
    }

    it('where a pattern is wrong', function()
        for _, case in ipairs(PATTERNS) do
            says(case[2], tenmo.regex, case[1])
        end
    end)

    it('what it was called with', function()
        local re = tenmo.regex 'a'
        says("regex: there is no option 'casless'; did you mean 'caseless'?", tenmo.regex, 'a', { casless = true })
        says("regex: option 'steps' expects a whole number below 2^32, got -1", tenmo.regex, 'a', { steps = -1 })
        says("regex: argument 1 ('pattern') expects a string, got nil", tenmo.regex)
        says("find: argument 1 ('text') expects a string, got table", re.find, re, {})
        says("find: argument 2 ('init') expects a whole number, got number 1.5", re.find, re, 'a', 1.5)
        says('find: expects a regex before the colon, as in re:find(text)', re.find, 'a', 'a')
        says('find: position 2 lies inside a character', re.find, re, 'ä', 2)
        says("find: the text isn't UTF-8: byte 0xff at position 2; regex's option lenient passes over such bytes, "
            .. 'bytes takes each as a character, text.repair puts U+FFFD for them', re.find, re, 'a\255')
        says("gsub: argument 2 ('replacement') expects a string, a table or a function, got no value", re.gsub, re,
            'a')
        says("gsub: the replacement for 'a' is table; expected a string, a number, or nil to keep it", re.gsub, re, 'a',
            function()
                return {}
            end)
        says('gsub: the replacement names group 1; the pattern has 0', re.gsub, re, 'a', '%1')
        says("gsub: the pattern has no group named 'b'", re.gsub, re, 'a', '%{b}')
        says('gsub: in the replacement % is followed by a digit, {name} or %', re.gsub, re, 'a', 'x%')
        says("gsub: the replacement has a '%{' without a name and '}'", re.gsub, re, 'a', '%{b')
    end)

    it('when a match would take too long', function()
        local slow = '(a+)+$'
        local text = ('a'):rep(40) .. 'b'
        local why = 'the match was given up after 1000 steps; does the pattern repeat what repeats? '
            .. "(option 'steps' sets the limit)"
        local re = tenmo.regex(slow, { steps = 1000 })
        says('find: ' .. why, re.find, re, text)
        says('gsub: ' .. why, re.gsub, re, text, '')
        says('split: ' .. why, re.split, re, text)
        says('gmatch: ' .. why, re:gmatch(text))
        assert.is_false(pcall(tenmo.regex(slow).find, tenmo.regex(slow), text))
        assert.is_truthy(re:find 'aaa')
        local deep = tenmo.regex '^(?:(a)|b|c)*?$' -- more than the JIT's stack holds
        assert.is_false(pcall(deep.find, deep, ('abc'):rep(1e6)))
        assert.is_truthy(deep:find 'abc')
    end)
end)

describe('a regex in use', function()
    it('may be used by the function that replaces', function()
        local re = tenmo.regex '(\\w)(\\w)'
        local text = re:gsub('ab cd', function(a, b)
            local inner = re:gsub(b .. a, function(c, d)
                return d .. c .. select(2, re:find 'xy')
            end)
            collectgarbage()
            return '<' .. inner .. '>'
        end)
        assert.equal('<ab2> <cd2>', text)
    end)

    it('survives errors in that function', function()
        local re = tenmo.regex '(.)'
        for _ = 1, 100 do
            assert.is_false(pcall(re.gsub, re, ('x'):rep(1000), function()
                error 'no'
            end))
        end
        assert.is_false(pcall(re.gsub, re, 'x', setmetatable({}, { __index = function()
            error 'no'
        end })))
        assert.equal('yy', re:gsub('xx', 'y'))
    end)

    it('may be used by a finalizer while captures become strings, and in coroutines by turns', function()
        local re = tenmo.regex '(\\d)(\\w+)'
        local function litter()
            local proxy = newproxy(true)
            getmetatable(proxy).__gc = function()
                assert(re:match('9zzz') == '9')
            end
        end
        local text, n = ('1abcdefgh '):rep(2000), 0
        for digit, rest in re:gmatch(text) do
            litter()
            assert(digit == '1' and rest == 'abcdefgh')
            n = n + 1
        end
        assert.equal(2000, n)
        local a, b = re:gmatch '1a 2b', re:gmatch '3c 4d'
        assert.same({ '1', '3', '2', '4' }, { (a()), (b()), (a()), (b()) })
        assert.is_nil(a())
        assert.is_nil(a())
    end)

    it('looks through a long text once when somebody goes through it step by step', function()
        local re, text, at, n = tenmo.regex 'ä', ('äb'):rep(20000), 1, 0
        while true do
            local _, last = re:find(text, at)
            if not last then
                break
            end
            at, n = last + 1, n + 1
        end
        assert.equal(20000, n)
        assert.is_false(pcall(re.find, re, text .. '\255', 3))
    end)

    it('goes with Lua, however many there were', function()
        collectgarbage()
        collectgarbage() -- what the first one finalized
        local before = tenmo.memory().blocks
        for i = 1, 2000 do
            tenmo.regex('a' .. i):find 'b'
        end
        collectgarbage()
        collectgarbage()
        assert.equal(before, tenmo.memory().blocks)
    end)
end)

describe('random patterns', function()
    -- Seeded: what is checked is that nothing crashes, and that split, gsub and gmatch see the same matches.
    it('end with matches or with errors', function()
        local state = 1
        local function draw(n)
            state = (state * 16807) % 2147483647
            return state % n + 1
        end
        local ATOMS = { 'a', 'b', 'ä', '.', '\\w', '\\d', '\\s', '\\b', '^', '$', '(', ')', '(?:', '|', '*', '+', '?',
            '{2}', '[a-c]', '[^a]', '(?=', '(?<=', '(?!',
            '\\1', '\\K', '(?R)', '\\X', '\\p{L}', '\\R', '(*ACCEPT)', '(?>', '++' }
        local TEXTS = { 'a', 'b', 'ä', ' ', '1', '\n', '\r\n', '\0', '漢', 'e\204\129' }
        local compiled = 0
        for _ = 1, 3000 do
            local pattern, text = {}, {}
            for i = 1, draw(6) do
                pattern[i] = ATOMS[draw(#ATOMS)]
            end
            for i = 1, draw(12) do
                text[i] = TEXTS[draw(#TEXTS)]
            end
            pattern, text = table.concat(pattern), table.concat(text)
            local good, re = pcall(tenmo.regex, pattern, { steps = 10000 })
            if good then
                compiled = compiled + 1
                local fine, pieces = pcall(re.split, re, text)
                if fine then
                    local _, n = re:gsub(text, '%0')
                    assert.equal(text, (re:gsub(text, '%0')), pattern)
                    assert.equal(n + 1, #pieces, pattern)
                end
            end
        end
        assert(compiled > 500, compiled)
    end)
end)
