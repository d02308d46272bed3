#!/bin/sh
# scikit-learn: top_k_accuracy_score of two classes, with k=1 and one score for each picture.
#
# One would guess: scores of two classes may be probabilities or differences (of the second class less the first), as the
# documentation of y_score allows; a difference above 0 is an answer for the second class, whatever the other pictures
# have.
# What happens: where all scores of the call lie from 0 to 1 they are taken for probabilities and cut at 0.5, else at 0.
# Differences of pictures that are all called the second class are such scores: an answer that was right with 0.6
# against 0.4 counts as wrong, and as right as soon as one more picture has a difference below 0.
# Output seen: share of rightly named: 4 of 4; top_k_accuracy_score 0.25; with a fifth picture, rightly named, 1.0
# Seen with: scikit-learn 1.9.1, NumPy 2.4.6, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet scikit-learn==1.9.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PROGRAM'
import numpy as np
from sklearn.metrics import top_k_accuracy_score

second = np.array([0.6, 0.7, 0.65, 0.9])  # probability of the second class, which is right each time
labels = np.ones(4, int)
right = int(((second > 0.5) == labels).sum())
four = top_k_accuracy_score(labels, 2 * second - 1, k=1, labels=[0, 1])
five = top_k_accuracy_score([*labels, 0], [*(2 * second - 1), -0.2], k=1, labels=[0, 1])
print(f"share of rightly named: {right} of 4; top_k_accuracy_score {four}; with a fifth picture, rightly named, {five}")
assert right == 4
assert (four, five) == (0.25, 1.0), "it has changed: see vitrine/evaluation/metrics.py"
PROGRAM
