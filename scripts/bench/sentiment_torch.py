#!/usr/bin/env python3
"""sentiment_torch.py FOLDER [--bigrams] [--epochs 4] [--seed 1] [--threads 2]: sentiment.lua in PyTorch.

FOLDER holds imdb-train.tar.xz and imdb-test.tar.xz. The same cleaning, vocabulary, model (EmbeddingBag of 32 and a linear
layer), batches of 64 and lazy Adam; prints the test accuracy after each epoch, and the seconds that training took."""
import argparse
import collections
import re
import tarfile
import time

import torch
from torch import nn

TAG, OTHER = re.compile(r'<[^>]+>'), re.compile(r"[^a-z']+")
STRAY = re.compile(r"(?<![a-z])'+|'+(?![a-z])")


def read(path):
    texts, labels = [], []
    with tarfile.open(path) as archive:
        for member in archive:
            folder = member.name.split('/')[-2] if member.isfile() else ''
            if folder in ('pos', 'neg'):
                text = archive.extractfile(member).read().decode('utf8')
                texts.append(STRAY.sub(' ', OTHER.sub(' ', TAG.sub(' ', text).lower())).split())
                labels.append(float(folder == 'pos'))
    return texts, labels


def grams(words, bigrams):
    return words + [a + ' ' + b for a, b in zip(words, words[1:])] if bigrams else words


def encode(texts, labels, vocab, bigrams, generator):
    ids, starts, order = [], [0], torch.randperm(len(texts), generator=generator).tolist()
    for i in order:
        ids += [vocab[w] for w in grams(texts[i], bigrams) if w in vocab]
        starts.append(len(ids))
    return torch.tensor(ids), starts, torch.tensor([labels[i] for i in order])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('folder')
    parser.add_argument('--bigrams', action='store_true')
    parser.add_argument('--epochs', type=int, default=4)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--threads', type=int, default=2)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    generator = torch.Generator().manual_seed(a.seed)
    train, test = read(f'{a.folder}/imdb-train.tar.xz'), read(f'{a.folder}/imdb-test.tar.xz')
    counts = collections.Counter(w for text in train[0] for w in grams(text, a.bigrams))
    vocab = {w: i for i, w in enumerate(sorted(w for w, n in counts.items() if n >= 5))}
    train, test = (encode(*part, vocab, a.bigrams, generator) for part in (train, test))
    bag, head = nn.EmbeddingBag(len(vocab), 32, mode='mean', sparse=True), nn.Linear(32, 1)
    with torch.no_grad():
        bag.weight.mul_(0.1)
    optimizers = torch.optim.SparseAdam(bag.parameters(), lr=0.003), torch.optim.Adam(head.parameters(), lr=0.003)

    def look(part, first, last):
        ids, starts, labels = part
        offsets = torch.tensor(starts[first:last]) - starts[first]
        return head(bag(ids[starts[first]:starts[last]], offsets)).squeeze(-1), labels[first:last]

    seconds = 0
    for epoch in range(1, a.epochs + 1):
        begin = time.perf_counter()
        for batch in torch.randperm((len(train[2]) + 63) // 64, generator=generator).tolist():
            loss = nn.functional.binary_cross_entropy_with_logits(
                *look(train, batch * 64, min(batch * 64 + 64, len(train[2]))))
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
        seconds += time.perf_counter() - begin
        with torch.no_grad():
            scores, labels = look(test, 0, len(test[2]))
            print(f'epoch {epoch}  test accuracy {100 * ((scores > 0) == (labels > 0.5)).float().mean():.2f} %', flush=True)
    print(f'{len(vocab)} words, {seconds:.1f} s')


main()
