-- imdb.lua: the Large Movie Review Dataset (Maas et al., 2011) as it is published: an archive (tar, tar.gz, tar.xz), or
-- the folder that was unpacked from it.
--
--     local reviews = assert(tenmo.data.imdb { part = 'train' })
--     reviews.n, reviews.texts, reviews.labels (int64: 1 positive, 0 negative), reviews.ratings (1 to 10),
--     reviews.names
--
-- Options: part, 'train' or 'test'; from, the archive or folder; positive and negative, the ratings from and up to
-- which reviews are taken (7 and 4, which are all there are). Positive ones come first, in the order of their numbers,
-- whatever they were read from. Without from it is looked for in $TENMO_DATA/imdb and the cache, else downloaded.
local data = require 'tenmo.data'
local files = require 'tenmo.files'
local near = require 'tenmo.near'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local PUBLISHED = {
    folder = 'imdb',
    from = { 'https://ai.stanford.edu/~amaas/data/sentiment/' },
    { name = 'aclImdb_v1.tar.gz', bytes = 84125825,
        sha256 = 'c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe' },
}

local DEFAULTS = { part = 'train', positive = 7, negative = 4, from = '' }

local function read_options(given)
    local options = {}
    for name, value in pairs(given or {}) do
        if type(DEFAULTS[name]) ~= type(value) then
            local guess = DEFAULTS[name] == nil and near(tostring(name), { 'part', 'positive', 'negative', 'from' })
            raise('imdb: %s%s', DEFAULTS[name] == nil and ("unknown option '%s'"):format(tostring(name))
                or ("option '%s' expects a %s, got a %s"):format(name, type(DEFAULTS[name]), type(value)),
                guess and ("; did you mean '%s'?"):format(guess) or '')
        end
        options[name] = value
    end
    for name, value in pairs(DEFAULTS) do
        options[name] = options[name] == nil and value or options[name]
    end
    if options.part ~= 'train' and options.part ~= 'test' then
        raise("imdb: option 'part' expects 'train' or 'test', got '%s'", options.part)
    end
    return options
end

-- Where the reviews of a part may lie, or nil and why nowhere.
local function find(part)
    for _, name in ipairs { ('imdb-%s.tar.xz'):format(part), ('imdb-%s.tar.gz'):format(part), 'aclImdb_v1.tar.gz' } do
        local path = data.find('imdb/' .. name)
        if path then
            return path
        end
    end
    local folder = data.find(('imdb/aclImdb/%s/pos/0_9.txt'):format(part))
    if folder then
        return folder:match '^(.*)/pos/'
    end
    local cached, why = data.obtain(PUBLISHED)
    return cached and cached .. '/' .. PUBLISHED[1].name, why
end

-- --- from an archive, from a folder -------------------------------------------------------------------------------

local function from_archive(path, take)
    local entries, why = tenmo.text.archive(path)
    if not entries then
        return nil, why
    end
    for name, contents in entries do
        take(name, contents)
    end
    return true
end

-- find lists a folder; its names go no further than to io.open.
local function from_folder(path, take)
    local pipe = io.popen(('find %s -type f -name "*.txt"'):format(files.quote(path)))
    for name in pipe:lines() do
        take(name, function()
            local file = assert(io.open(name, 'rb'))
            local text = file:read '*a'
            file:close()
            return text
        end)
    end
    pipe:close()
    return true
end

local function is_folder(path)
    local file = io.open(path, 'rb')
    local text, _, code = nil, nil, nil
    if file then
        text, _, code = file:read(1)
        file:close()
    end
    return file and not text and code == 21 -- EISDIR
end

-- --- reviews ---------------------------------------------------------------------------------------------------------

local function order(a, b)
    if a.label ~= b.label then
        return a.label > b.label
    end
    return a.id < b.id
end

-- A folder may be named from the top (aclImdb), or be the part itself; an archive of one part has its name too.
local function collect(path, options)
    local list, folder = {}, is_folder(path)
    local read = folder and from_folder or from_archive
    local function take(name, contents)
        local kind, id, rating = name:match '([^/]+)/(%d+)_(%d+)%.txt$'
        local part = name:match '([^/]+)/[^/]+/[^/]+$'
        local whole = folder and part ~= 'train' and part ~= 'test'
        rating = tonumber(rating)
        if (part ~= options.part and not whole) or (kind ~= 'pos' and kind ~= 'neg') then
            return
        end
        if kind == 'pos' and rating >= options.positive or kind == 'neg' and rating <= options.negative then
            list[#list + 1] = { text = contents(), label = kind == 'pos' and 1 or 0, rating = rating, id = tonumber(id),
                name = name:match '[^/]+/[^/]+$' }
        end
    end
    local called, good, why = pcall(read, path, take)
    if not called or not good then
        return nil, called and why or good
    end
    table.sort(list, order)
    return list
end

return function(given)
    local options = read_options(given)
    local path, why = options.from, nil
    if path == '' then
        path, why = find(options.part)
    end
    if not path then
        return nil, why
    end
    local list
    list, why = collect(path, options)
    if not list then
        return nil, why
    end
    if #list == 0 then
        return nil, ("'%s' has no reviews of the part '%s': files such as %s/pos/0_9.txt"):format(path, options.part,
            options.part)
    end
    local reviews, labels = { n = #list, texts = {}, ratings = {}, names = {} }, {}
    for i, review in ipairs(list) do
        reviews.texts[i], reviews.ratings[i], reviews.names[i] = review.text, review.rating, review.name
        labels[i] = review.label
    end
    reviews.labels = tenmo.ids(labels)
    reviews.about = ('%d movie reviews from %s'):format(#list, path)
    return reviews
end
