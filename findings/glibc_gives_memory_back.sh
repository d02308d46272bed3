#!/bin/sh
# glibc, torch: a network that one thread computes spends as much time in the system as in its layers.
#
# One would guess: memory that one layer frees is there for the next; a long run pays for it once.
# What happens: glibc gives large free blocks back to the system (blocks above 32 MB are always mapped anew, smaller ones
#   go when the top of the heap is free), and gets them again, page by page and zeroed, for the next layer. Setting one
#   of the two thresholds alone changes little; `mallopt` with both, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD, ends it.
# Seen with: torch 2.14.1, glibc 2.36, Python 3.11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet torch==2.14.1 numpy
cat > "$work/layers.py" <<'PY'
import ctypes
import resource
import sys

import torch

if sys.argv[1] == "kept":
    library = ctypes.CDLL(None)
    assert library.mallopt(-3, 1 << 30) and library.mallopt(-1, 1 << 30)
torch.set_num_threads(1)
layers = torch.nn.Sequential(
    *(torch.nn.Sequential(torch.nn.Conv2d(24, 24, 3, padding=1, groups=24), torch.nn.ReLU6()) for _ in range(6))
)
pictures = torch.rand(8, 24, 224, 224)
with torch.inference_mode():
    layers(pictures)
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(20):
        layers(pictures)
after = resource.getrusage(resource.RUSAGE_SELF)
print(after.ru_minflt - before.ru_minflt, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime)
PY
cat > "$work/compare.py" <<'PY'
import subprocess
import sys

told = {}
for way in ("plain", "kept"):
    answer = subprocess.run([sys.executable, sys.argv[1], way], capture_output=True, text=True, check=True)
    told[way] = [float(number) for number in answer.stdout.split()]
    print(way, "page faults {:,.0f}, {:.1f} s of its own, {:.1f} s of the system".format(*told[way]))
assert told["plain"][0] > 10 * told["kept"][0], "changed"
PY
"$work/env/bin/python" "$work/compare.py" "$work/layers.py"
