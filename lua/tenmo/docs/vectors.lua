-- vectors.lua: what docs.lua says about word vectors.
local VECTORS = "tenmo.text.vectors(tenmo.tensor{{0, 0}, {1, 0}, {0, 1}, {2, 1}}, tenmo.text.words 'a b c')"

return {
    ['text.word2vec'] = { 'texts | model:cbow/skip_gram=cbow dim:int=100 window:int=5 negative:int=5 sample:num=0.001 '
            .. 'min_freq:int=5 lr:num? epochs:int=5 deterministic:bool=false seed:int=1',
        'word vectors learned from cleaned texts, in the engine; .new(texts, options) only makes the model',
        "tenmo.text.word2vec({'a b a b c'}, {min_freq = 1, dim = 4}):vectors():size()", '4', gives = 'table' },
    ['text.plain_word2vec'] = { '', 'the same in plain Lua, gradients by hand: plain_word2vec.new(texts, options)',
        "tenmo.text.plain_word2vec.new({'a b a b c'}, {dim = 4}).inputs.shape", '{ 4, 4 }', gives = 'table' },
    ['text.vectors'] = { 'table vocab', 'word vectors to be asked; vectors.load(path) reads the files of word2vec',
        "tenmo.text.vectors(tenmo.tensor{{0, 0}, {1, 0}, {0, 1}}, tenmo.text.words 'a b'):similarity('a', 'b')",
        '0', gives = 'tenmo.Vectors' },
    ['vectors:similar'] = { 'word:text | n:int=10 metric:cosine/euclid=cosine',
        'the words nearest to a word, with scores; not the word itself, no special tokens, no words with "_"',
        VECTORS .. ":similar('a', {n = 1})[1].word", '"c"', gives = 'table[]' },
    ['vectors:analogy'] = { 'a:text b:text c:text | n:int=10', 'a is to b as c is to these words',
        VECTORS .. ":analogy('a', 'c', 'b', {n = 1})", '{}', gives = 'table[]' },
    ['vectors:similarity'] = { 'a:text b:text', 'the cosine of the angle between two words',
        VECTORS .. ":similarity('a', 'b')", '0', gives = 'number' },
    ['vectors:vector'] = { 'word:text', 'the vector of a word', VECTORS .. ":vector 'c'",
        '[2., 1.]\nfloat32 (2)', gives = 'tenmo.Tensor' },
    ['vectors:agreement'] = { 'triples:table',
        "Spearman's correlation of the cosines with { word, word, score } triples, and how many are known",
        VECTORS .. ":agreement{{'a', 'b', 1}, {'a', 'c', 5}, {'b', 'c', 3}}", '1\t3', gives = 'number; integer' },
    ['vectors:picture'] = { 'words:texts? | method:pca/tsne=pca png:text? width:int? height:int=30',
        'words in the plane, as text, and as a PNG',
        VECTORS .. ":picture({'a', 'b'}, {width = 20, height = 1}):match '%S+'", '"a"', gives = 'string|nil; string?' },
    ['vectors:save'] = { 'path:text | binary:bool=false',
        "writes word2vec's format, which vectors.load reads; nil and a message if that fails",
        "local path = os.tmpname()\nassert(" .. VECTORS .. ":save(path))\n"
            .. "local n = tenmo.text.vectors.load(path):size()\nos.remove(path)\nreturn n", '3',
        gives = 'tenmo.Vectors|nil; string?' },
}
