"""make.py: what other tokenizers say, stored for bpe_spec.

    python3 spec/tokens/make.py "$TENMO_DATA" >spec/tokens/expected.lua

Needs tiktoken and tokenizers (here 0.14.0 and 0.23.3) and a Python whose unicodedata is Unicode 14.0 (3.11). The
specs need none of them. `--exhaust FILE` writes every text by itself instead, with its ids, for spec/tokens/exhaust.lua.
"""
import json
import struct
import sys
import unicodedata

import tiktoken
from tiktoken.load import data_gym_to_mergeable_bpe_ranks
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

assert unicodedata.unidata_version == "14.0.0"
PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
CONTEXTS = ["{}", "a{}b", "1{}2", " {} ", "{}{}", "a {}", "'{}", "{}'s", "\n{}", "{} x", ".{}."]
JOINED = "a{0}b1{0} {0}{0}'{0}\n"
EXAMPLES = [
    "Hello world", "I'll don't we've they're I'm he'd it's", "I'LL DON'T", "  two  spaces ", "tabs\tand\nnewlines\n\n",
    " 12345 6.7e-8", "naïve café — “quoted”", "中文和日本語のテキスト", "👩‍👩‍👧‍👦 family 🇩🇪", "हिन्दी में", "a\u180eb \u00a0x",
    "def f(x):\n    return x**2  # ok\n", "https://example.com/?q=1&r=2", "''s 's'", "end ", "", "\u2028\u2029\r\n", "ſ ǅ Ⅷ ²³ ½",
]
PLAIN = EXAMPLES + [
    "UNAFFABLE, résumé! [CLS] ##s", "hypotheticalistically", "Ünïcödé Straße İstanbul ﬁx", "x" * 101, "a\u0000b\ufffdc\u200dd", "a\u0085b\u000bc\td\u00a0e\u3000f",
    "don't stop-now... (really?)", "한국어 텍스트", "e\u0301 n\u0303 combining", "$100 & 50% @home #tag ~x`y^z|",
]


def letters():
    """Characters that have tokens of their own in VOCABULARY, at the start of a word and inside one."""
    yield from map(chr, range(33, 127))
    yield from "éüöïñßıſσς中文和日本語のテキストʼ한국“”—²½ⅷ😀हनद"


VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list(letters()) + ["##" + c for c in letters()] + [
    "the", "hello", "world", "don", "un", "una", "##aff", "##ffa", "##able", "hypo", "##the", "##tical", "##ist", "##ically",
    "resume", "Un", "UN", "##AFF", "##ABLE", "cafe", "na", "##ive", "##fi", "##combin", "##ing", "family", "quoted", "text",
]


def wordpiece(cased):
    ids = {token: i for i, token in enumerate(VOCABULARY)}
    bert = Tokenizer(models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    bert.add_special_tokens(VOCABULARY[:5])
    bert.normalizer = normalizers.BertNormalizer(True, True, None, not cased)
    bert.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    bert.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
    return bert


def assigned():
    for c in range(0x110000):
        if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co"):
            yield c


def ranges(codes):
    first = last = None
    for c in codes:
        if last is not None and c == last + 1:
            last = c
            continue
        if first is not None:
            yield first, last
        first = last = c
    yield first, last


def mix(ids):
    """The digest that the spec computes: exact in a double."""
    h = 0
    for i in ids:
        h = (h * 31 + i + 1) % 2147483647
    return h


def lua(text):
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else "\\%03d" % b for b in text.encode()) + '"'


def examples(name, texts, encode):
    print("    %s = {" % name)
    for text in texts:
        print("        { %s,\n            { %s } }," % (lua(text), ", ".join(map(str, encode(text)))))
    print("    },")


def main():
    data = sys.argv[1]
    ranks = data_gym_to_mergeable_bpe_ranks(data + "/gpt2/vocab.bpe", data + "/gpt2/encoder.json")
    gpt2 = tiktoken.Encoding("gpt2", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})
    if sys.argv[2:3] == ["--exhaust"]:
        return exhaust(gpt2, sys.argv[3])
    print("-- expected.lua: ids as tiktoken and Hugging Face's tokenizers give them. Made by make.py.")
    print("-- luacheck: no max line length")
    print("return {\n    -- what Unicode 14.0 assigns (private use left out): first and last of each range")
    print("    assigned = { %s }," % ", ".join("%d, %d" % r for r in ranges(assigned())))
    print("    joined = %s," % lua(JOINED.replace("{0}", "%s")))
    print("    -- digests of the ids of all characters of a block of 4096, each in `joined`")
    blocks = {}
    for c in assigned():
        blocks.setdefault(c // 4096, []).append(chr(c))
    print("    blocks = {")
    for block, chars in sorted(blocks.items()):
        text = "".join(JOINED.format(c) for c in chars)
        print("        [%d] = %d," % (block, mix(gpt2.encode_ordinary(text))))
    print("    },")
    examples("gpt2", EXAMPLES, gpt2.encode_ordinary)
    print("    vocabulary = { %s }," % ", ".join(map(lua, VOCABULARY)))
    for cased in False, True:
        bert = wordpiece(cased)
        examples("cased" if cased else "bert", PLAIN, lambda text: bert.encode(text).ids)
    print("}")


def exhaust(gpt2, path):
    with open(path, "wb") as out:
        for c in assigned():
            for context in CONTEXTS:
                text = context.format(*[chr(c)] * 2)
                ids = gpt2.encode_ordinary(text)
                data = text.encode()
                out.write(struct.pack("<HH", len(data), len(ids)) + data + struct.pack("<%dI" % len(ids), *ids))


main()
