#!/bin/sh
# datasets: a column of whole numbers as an array, `numpy.asarray(rows["label"])`.
#
# One would guess: Arrow holds such a column as one piece of memory, so that an array of it costs nearly nothing, and
# selecting the rows in another order before changes little.
# What happens: each number becomes an object of Python on the way; that takes hundreds of times as long as Arrow's own
# `to_numpy` of the same column, and a shuffled `select` makes it slower still. `rows["label"][:]` is taken at once.
# Output seen: 500,000 labels: 3.9 s as stored, 0.03 s with [:], 10.2 s in another order, 4 ms by Arrow
# Seen with: datasets 5.2.0, pyarrow 26.0.1, Python 3.11, Linux.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet datasets==5.2.0 pyarrow==26.0.1
cd "$folder"
"$folder/venv/bin/python" - <<'PROGRAM'
import time

import datasets
import numpy as np

COUNT = 500_000
datasets.Dataset.from_dict({"label": list(range(COUNT))}).save_to_disk("rows")
rows = datasets.load_from_disk("rows")
order = np.random.default_rng(0).permutation(COUNT)
selected = rows.select(order)


def timed(work):
    start = time.perf_counter()
    return work(), time.perf_counter() - start


stored, as_stored = timed(lambda: np.asarray(rows["label"]))
shuffled, in_order = timed(lambda: np.asarray(selected["label"]))
_, sliced = timed(lambda: np.asarray(rows["label"][:]))
arrow, by_arrow = timed(lambda: selected.data.column("label").to_numpy()[order])
assert (stored == np.arange(COUNT)).all()
assert (shuffled == arrow).all()
print(
    f"{COUNT:,} labels: {as_stored:.1f} s as stored, {sliced:.2f} s with [:], {in_order:.1f} s in another order, "
    f"{1000 * by_arrow:.0f} ms by Arrow"
)
assert as_stored > 10 * sliced
assert as_stored > 50 * by_arrow, "it has become faster: see vitrine/data/prepared/columns.py"
assert in_order > 50 * by_arrow
PROGRAM
