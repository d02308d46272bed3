#!/bin/sh
# faiss: a question to vectors that are kept as whole numbers of 8 bits without a scale (QT_8bit_direct_signed).
#
# One would guess: as with faiss's other scalar quantizers (QT_8bit, QT_fp16), what is stored has few bits, the question
# keeps its own, and similarities are those of the question with what is stored. Vectors of whole numbers are stored
# exactly so, and `reconstruct` gives them back.
# What happens: the question is cut to whole numbers too, in silence. A question of length 1 becomes zeros: each
# similarity is 0, and the vectors that come back are any. A question of larger fractions gets answers that are a little off.
# Output seen: right first answers of 200: QT_8bit 200, QT_8bit_direct_signed 0 (largest similarity 0.0)
# Seen with: faiss-cpu 1.15.1, NumPy 2.4.6, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet faiss-cpu==1.15.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import faiss
import numpy as np

random = np.random.default_rng(0)
stored = random.integers(-128, 128, (3000, 96)).astype(np.float32)
questions = random.normal(size=(200, 96)).astype(np.float32)
questions /= np.linalg.norm(questions, axis=1, keepdims=True)
nearest = (questions @ stored.T).argmax(axis=1)
right, largest = {}, {}
for name in ("QT_8bit", "QT_8bit_direct_signed"):
    index = faiss.IndexScalarQuantizer(96, getattr(faiss.ScalarQuantizer, name), faiss.METRIC_INNER_PRODUCT)
    index.train(stored)
    index.add(stored)
    similarity, place = index.search(questions, 1)
    right[name], largest[name] = int((place[:, 0] == nearest).sum()), float(np.abs(similarity).max())
assert np.array_equal(index.reconstruct(7), stored[7]), "what is stored is exact"
plain, direct = right.values()
print(f"right first answers of 200: QT_8bit {plain}, QT_8bit_direct_signed {direct} "
      f"(largest similarity {largest['QT_8bit_direct_signed']})")
assert plain > 180
assert direct < 10, "it has changed: see vitrine/data/checks/indexed_search.py"
PROGRAM
