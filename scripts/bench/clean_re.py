"""clean_re.py: the rules of tenmo.text.cleaner() in Python's re, as the post has them: MB/s over a file's lines.

    python3 clean_re.py FILE
"""
import re
import sys
import time

STEPS = [(re.compile(r"<[^>]+>"), " "), (re.compile(r"http\S+|www\.\S+"), " "), (re.compile(r"\d+"), " "),
         (re.compile(r"(?<!\w)'|'(?!\w)"), " "), (re.compile(r"\s+"), " ")]


def clean(text):
    for pattern, replacement in STEPS:
        text = pattern.sub(replacement, text)
    return " ".join(word for word in text.split() if len(word) >= 2)


with open(sys.argv[1], encoding="utf-8", newline="\n") as file:
    texts = file.read().split("\n")
started = time.perf_counter()
cleaned = [clean(text) for text in texts]
seconds = time.perf_counter() - started
print(f'{{"megabytes_a_second": {sum(len(t.encode()) for t in texts) / 1e6 / seconds:.2f}}}')
if len(sys.argv) > 2:
    with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(cleaned))
