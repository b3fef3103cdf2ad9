#!/usr/bin/env bash
# word2vec.sh [ROUNDS [EPOCHS]]: known words a second on IMDB's 25,000 training reviews: tenmo-lua, gensim (if there is a
# Python with it: TENMO_BENCH_PYTHON) and the loop of word2vec.c, by turns, with 1 and 2 threads. TENMO_DATA has imdb/.
set -euo pipefail

rounds=${1:-3} epochs=${2:-5}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
lua=${TENMO_LUA:-$root/build/tenmo-lua} python=${TENMO_BENCH_PYTHON:-python3} out=$root/build/bench
mkdir -p "$out"

# The cleaned reviews, one a line, and their ids for the loop in C.
[ -s "$out/imdb.tokens" ] || "$lua" -e "
    local tenmo = require 'tenmo'
    local texts = tenmo.text.cleaner 'letters':all(assert(tenmo.data.imdb { part = 'train' }).texts)
    local file = assert(io.open('$out/imdb.txt', 'w'))
    file:write(table.concat(texts, '\n'), '\n')
    file:close()
    local vocab = tenmo.text.words(texts, { min_freq = 5 })
    file = assert(io.open('$out/imdb.tokens', 'wb'))
    local ends = tenmo.ids { -1 }:int():tobytes()
    for _, text in ipairs(texts) do
        local ids = vocab:encode(text, { skip_unknown = true })
        if ids:numel() > 0 then file:write((ids - 1):int():tobytes(), ends) end
    end
    file:close()"
[ "$out/word2vec_loop" -nt "$here/word2vec_loop.c" ] ||
    "${CC:-gcc}" -O3 -march=native -ffast-math -pthread -o "$out/word2vec_loop" "$here/word2vec_loop.c" -lm

pairs=()
[ -n "${TENMO_DATA:-}" ] && [ -r "$TENMO_DATA/words/wordsim353.tsv" ] && pairs=(--pairs "$TENMO_DATA/words/wordsim353.tsv")
results=$out/word2vec.jsonl
for ((round = 1; round <= rounds; round++)); do
    for kind in cbow skip_gram; do
        for threads in 1 2; do
            "$lua" "$here/word2vec.lua" "$out/imdb.txt" $kind --threads $threads --epochs "$epochs" --seed "$round" "${pairs[@]}"
            "$out/word2vec_loop" "$out/imdb.tokens" $kind $threads "$epochs"
            if "$python" -c 'import gensim' 2>/dev/null; then
                "$python" "$here/gensim_word2vec.py" "$out/imdb.txt" $kind $threads "$epochs" "$round"
            fi
        done
    done
    "$lua" "$here/word2vec.lua" "$out/imdb.txt" plain --threads 1 --seed "$round"
done | tee "$results"

# The best of each, and how many times gensim's and the loop's ours is.
"$lua" -e "
    local best = {}
    for line in io.lines '$results' do
        local program, case = line:match '\"program\": \"([^\"]+)\", (\"kind\": \"[^\"]+\", \"threads\": %d+)'
        local rate = tonumber(line:match '\"words_per_s\": (%d+)')
        best[case] = best[case] or {}
        best[case][program] = math.max(rate, best[case][program] or rate)
    end
    for case, rates in pairs(best) do
        local ours = rates['tenmo-lua']
        print(('%-40s %.2fM%s%s'):format(case, ours / 1e6,
            rates.gensim and (', %.1f times gensim'):format(ours / rates.gensim) or '',
            rates.loop and (', %.1f times the loop'):format(ours / rates.loop) or ''))
    end"
