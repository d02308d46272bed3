#!/bin/sh
# glibc, torch: memory that mallopt has the C library keep is given back all the same by threads other than the first.
#
# One would guess: mallopt holds for the process. With M_MMAP_MAX 0 and M_TRIM_THRESHOLD -1 nothing is given back to the
#   system, so that a network computed again and again fetches its memory once, in whatever thread.
# What happens: this holds for the first arena, the main thread's. Other threads get arenas of their own, made of pieces of
#   64 MB, and a piece in which nothing is left is given back whatever the thresholds say. A network that such a thread
#   computes takes page faults by the ten thousands. M_ARENA_MAX, set before the thread starts, ends it.
# Seen with: torch 2.14.1, glibc 2.36, Python 3.11, x86-64:
#   "main thread: 3,136 page faults, another thread: 2,634,960 page faults, 4.9 s of the system, one arena: 6,272".
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6
cat > "$work/layers.py" <<'PY'
import ctypes
import resource
import sys
import threading

library = ctypes.CDLL(None)
assert library.mallopt(-4, 0)  # M_MMAP_MAX
assert library.mallopt(-1, -1)  # M_TRIM_THRESHOLD
if sys.argv[1] == "one arena":
    assert library.mallopt(-8, 1)  # M_ARENA_MAX
import torch

torch.set_num_threads(1)
layers = torch.nn.Sequential(
    *(torch.nn.Sequential(torch.nn.Conv2d(24, 24, 3, padding=1, groups=24), torch.nn.ReLU6()) for _ in range(6))
)
pictures = torch.rand(8, 24, 224, 224)


@torch.inference_mode()
def compute():
    layers(pictures)
    before = resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(20):
        layers(pictures)
    after = resource.getrusage(resource.RUSAGE_SELF)
    print(after.ru_minflt - before.ru_minflt, after.ru_stime - before.ru_stime)


if sys.argv[1] == "main thread":
    compute()
else:
    thread = threading.Thread(target=compute)
    thread.start()
    thread.join()
PY
cat > "$work/compare.py" <<'PY'
import subprocess
import sys

told = {}
for way in ("main thread", "another thread", "one arena"):
    answer = subprocess.run([sys.executable, sys.argv[1], way], capture_output=True, text=True, check=True)
    told[way] = [float(number) for number in answer.stdout.split()]
    print("{}: {:,.0f} page faults, {:.1f} s of the system".format(way, *told[way]))
assert told["another thread"][0] > 10 * max(told["main thread"][0], told["one arena"][0], 1), "changed"
PY
"$work/env/bin/python" "$work/compare.py" "$work/layers.py"
