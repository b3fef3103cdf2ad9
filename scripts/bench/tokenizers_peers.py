"""tokenizers_peers.py: what tiktoken and Hugging Face's tokenizers need for the cases of tokenizers.lua, which runs it.

    tokenizers_peers.py DATA FOLDER THREADS [BERT]     one JSON object a line: peer, case, seconds

A peer that isn't installed is left out.
"""
import collections
import json
import sys
import time

data, folder, threads, bert = sys.argv[1], sys.argv[2], int(sys.argv[3]), (sys.argv + [""])[4]
text = open(folder + "tokenizers.txt", encoding="utf-8").read()
play = open(folder + "play.txt", encoding="utf-8").read()
lines = [text[i : i + 2000] for i in range(0, len(text), 2000)]
PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""


def measure(peer, case, run):
    started = time.perf_counter()
    result = run()
    print(json.dumps({"peer": peer, "case": case, "seconds": time.perf_counter() - started}), flush=True)
    return result


try:
    import tiktoken
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks

    ranks = data_gym_to_mergeable_bpe_ranks(data + "/gpt2/vocab.bpe", data + "/gpt2/encoder.json")
    gpt2 = tiktoken.Encoding("gpt2", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})
    gpt2.encode_ordinary(text[:10000])
    ids = measure("tiktoken", "gpt2 encode", lambda: gpt2.encode_ordinary(text))
    measure("tiktoken", "gpt2 decode", lambda: gpt2.decode(ids))
    measure("tiktoken", "gpt2 encode_batch", lambda: gpt2.encode_ordinary_batch(lines, num_threads=threads))
except ImportError:
    pass

try:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    hf = Tokenizer.from_file(folder + "gpt2.json")
    ids = measure("tokenizers", "gpt2 encode", lambda: hf.encode(text)).ids
    measure("tokenizers", "gpt2 decode", lambda: hf.decode(ids))
    measure("tokenizers", "gpt2 encode_batch", lambda: hf.encode_batch(lines))
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=1256, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    measure("tokenizers", "train 1000 merges", lambda: learner.train_from_iterator([play], trainer))
    if bert:
        wordpiece = Tokenizer.from_file(bert)
        wordpiece.no_truncation()
        wordpiece.no_padding()
        measure("tokenizers", "bert encode", lambda: wordpiece.encode(text))
except ImportError:
    pass

measure("python", "count words", lambda: sorted(collections.Counter(text.split())))
