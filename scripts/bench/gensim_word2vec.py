#!/usr/bin/env python3
"""gensim_word2vec.py CORPUS cbow|skip_gram THREADS [EPOCHS] [SEED]: the peer of word2vec.lua, with its corpus_file way, the
fastest that gensim has. Prints one line of JSON: known words of the corpus times epochs over the seconds of training."""
import json
import sys
import time

from gensim.models import Word2Vec

corpus, kind, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
epochs = int(sys.argv[4]) if len(sys.argv) > 4 else 5
seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1
skip_gram = kind == 'skip_gram'
model = Word2Vec(vector_size=100, window=5, negative=5, min_count=5, sample=1e-3, sg=int(skip_gram), hs=0,
                 workers=threads, alpha=0.025 if skip_gram else 0.05, epochs=epochs, seed=seed)
model.build_vocab(corpus_file=corpus)
words = sum(model.wv.get_vecattr(w, 'count') for w in model.wv.index_to_key)
begin = time.perf_counter()
model.train(corpus_file=corpus, total_words=model.corpus_total_words, total_examples=model.corpus_count, epochs=epochs)
seconds = time.perf_counter() - begin
print(json.dumps({'program': 'gensim', 'kind': kind, 'threads': threads, 'seed': seed,
                  'words_per_s': round(words * epochs / seconds)}))
