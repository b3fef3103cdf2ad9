-- cleaning.lua: what docs.lua says about cleaning texts.
return {
    ['text.cleaner'] = { 'spec?',
        "cleans texts by steps given as data, or by the rules 'words' or 'letters': clean(text), clean:all(texts) ...",
        [[tenmo.text.cleaner()("<br />It's 'great', see http://a.b 10/10")]], [["It's great see"]],
        gives = 'tenmo.Cleaner' },
    ['clean:all'] = { 'texts', 'a list of texts cleaned, on all threads',
        "tenmo.text.cleaner('letters'):all{'One, 2', 'THREE'}", '{ "one", "three" }', gives = 'string[]' },
    ['clean:words'] = { 'text:text', 'the words of a text, as a list', "tenmo.text.cleaner():words 'to be, or not'",
        '{ "to", "be,", "or", "not" }', gives = 'string[]' },
    ['clean:feed'] = { '| lines:bool=true', 'for a text in pieces: feed:add(piece) gives what is clean by now',
        "local feed = tenmo.text.cleaner{'digits', 'spaces'}:feed()\nreturn feed:add 'a 1', feed:add('2 b', true)",
        '""	"a b"', gives = 'tenmo.Feed' },
    ['clean:stream'] = { 'path:text | lines:bool=true',
        'for text in clean:stream(path) do: a file cleaned as it is read',
        "select(2, tenmo.text.cleaner():stream 'no such file')",
        [["'no such file' can't be opened: No such file or directory"]], gives = 'fun(): string|nil; string?' },
    ['clean:file'] = { 'from:text to:text | lines:bool=true',
        'cleans a file (plain, gz, bz2, xz) into another; how many bytes were written, or nil and a message',
        "local path = os.tmpname()\nlocal file = io.open(path, 'w')\nfile:write \"It's 'so'\"\nfile:close()\n"
            .. 'local n = assert(tenmo.text.cleaner():file(path, path))\nlocal text = io.open(path):read()\n'
            .. 'os.remove(path)\nreturn n, text',
        [[7	"It's so"]], gives = 'integer|nil; string?' },
    ['feed:add'] = { 'text:text last:bool=false', 'what is clean by now of a text in pieces; nil and a message',
        "tenmo.text.cleaner():feed():add(\"it's 'so'\", true)", [["it's so"]], gives = 'string|nil; string?' },
}
