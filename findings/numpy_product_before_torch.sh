#!/bin/sh
# NumPy beside torch: what a product of NumPy costs the network that torch computes next.
#
# One would guess: its own time. A vector times a matrix of 1280 x 770 numbers takes less than a millisecond, and a network
# whose features go through such a product afterwards (nearest neighbours, a classifier of scikit-learn) takes that much longer.
# What happens: the layers of torch take two to three times as long. OpenBLAS, which comes with NumPy's wheels, shares the
# product out among threads of its own, and these go on spinning when it is done, on the very cores on which torch's
# OpenMP threads compute the next layers; each layer waits for the thread that does not get its core.
# Smaller products, OPENBLAS_NUM_THREADS=1, or torch's own product (whose threads are the network's) cost nothing.
# Only with two cores and more, and with as many threads of torch as there are cores (the default).
# Output seen on two cores: "alone 6.4 ms, after NumPy's product 15.2 ms, after torch's 6.6 ms", with one thread of
# OpenBLAS "alone 6.4 ms, after NumPy's product 6.2 ms, after torch's 6.4 ms".
# Seen with: numpy 2.4.6, torch 2.14.1, Python 3.11, Linux x86-64.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "numpy==2.4.6" "torch==2.14.1"
cat > "$folder/beside.py" <<'PROGRAM'
import os
import statistics
import time

import numpy as np
import torch

if (os.cpu_count() or 1) < 2:
    raise SystemExit("this shows with two cores and more")
layers = [torch.nn.Conv2d(32, 32, 3, padding=1, groups=32) for _ in range(60)]
network = torch.nn.Sequential(*layers).eval()
picture = torch.zeros(1, 32, 56, 56)
vector, matrix = np.ones((1, 1280), np.float32), np.ones((1280, 770), np.float32)
own_vector, own_matrix = torch.from_numpy(vector), torch.from_numpy(matrix)


@torch.inference_mode()
def milliseconds(between):
    """Of the network alone, after something else."""
    times = []
    for _ in range(40):
        between()
        start = time.perf_counter()
        network(picture)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[5:])


milliseconds(lambda: None)
alone = milliseconds(lambda: None)
after_numpy = milliseconds(lambda: vector @ matrix)
after_torch = milliseconds(lambda: own_vector @ own_matrix)
print(f"alone {alone:.1f} ms, after NumPy's product {after_numpy:.1f} ms, after torch's {after_torch:.1f} ms")
if after_numpy < 1.5 * max(alone, after_torch):
    raise SystemExit("NumPy's threads no longer slow torch's down")
PROGRAM
"$folder/venv/bin/python" "$folder/beside.py"
if OPENBLAS_NUM_THREADS=1 "$folder/venv/bin/python" "$folder/beside.py" > "$folder/one"; then
    echo "NumPy slows torch down with one thread, too"
    exit 1
fi
echo "with one thread of OpenBLAS: $(cat "$folder/one")"
