#!/bin/sh
# faiss: lists that are chosen by the caller (`IndexIVF.search_preassigned`) in an index with fewer lists than `nprobe`.
#
# One would guess: as for `search`, an `nprobe` that is larger than the number of lists means all of them. The Python
# wrapper insists on a table of `nprobe` columns, as `quantizer.search(x, nprobe)` gives it, filled up with -1; and -1
# means "no list".
# What happens: the wrapper asks for `nprobe` columns, the library reads rows of min(nprobe, number of lists). So each
# question but the first gets lists of the questions before it, or none, in silence; with columns for all lists and no more
# the wrapper raises an AssertionError. Both agree once `nprobe` is no larger than the number of lists.
# Output seen: right first answers of 200, 4 lists: search 200, preassigned 50 (nprobe 16), 200 (nprobe 4)
# Seen with: faiss-cpu 1.15.1, NumPy 2.4.6, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet faiss-cpu==1.15.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import faiss
import numpy as np

vectors = np.random.default_rng(0).normal(size=(200, 32)).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
index = faiss.IndexIVFFlat(faiss.IndexFlatIP(32), 32, 4, faiss.METRIC_INNER_PRODUCT)
index.train(vectors)
index.add(vectors)


def count_right(place):
    return int((place[:, 0] == np.arange(len(vectors))).sum())


def ask_preassigned(nprobe):
    index.nprobe = nprobe
    similarity, lists = index.quantizer.search(vectors, nprobe)
    return count_right(index.search_preassigned(vectors, 1, lists, similarity)[1])


index.nprobe = 16
plain, too_many, as_many = count_right(index.search(vectors, 1)[1]), ask_preassigned(16), ask_preassigned(4)
print(f"right first answers of 200, 4 lists: search {plain}, preassigned {too_many} (nprobe 16), {as_many} (nprobe 4)")
assert plain == as_many == 200
assert too_many < 100, "it has changed: see vitrine/data/checks/indexed_search.py"
PROGRAM
