#!/bin/sh
# torch, libgomp: a thread that once computed a network slows down every other thread that computes one, while it does nothing.
#
# One would guess: threads that are idle cost nothing. A server may ask its network from any thread of its pool, one at a
#   time; and it does not matter whether the main thread computed something while it loaded the weights.
# What happens: GNU's OpenMP gives every calling thread helpers of its own, and keeps them for as long as the caller lives.
#   As soon as there are more of all these threads than cores, helpers no longer wait for the next layer at full speed but
#   asleep, whether the others have something to do or not. A layer of a small network takes less time than waking up does,
#   so that the whole network takes twice as long, until the second caller ends.
# On an idle machine. Where another program wants a core, it is the other way round: helpers that wait at full speed keep
#   the one from running for which all wait, and the network takes several times as long as with a second caller.
# Only with two cores and more, where torch is built with libgomp (the wheels for Linux).
# Seen with: torch 2.14.1, Python 3.11, Linux x86-64, two cores:
#   "alone 10.3 ms, beside an idle thread that computed once 30.3 ms, when it has ended 10.2 ms".
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6
"$work/env/bin/python" - <<'PY'
import os
import statistics
import threading
import time

import torch

if (os.cpu_count() or 1) < 2:
    raise SystemExit("this shows with two cores and more")
torch.set_num_threads(os.cpu_count())
layers = [torch.nn.Conv2d(32, 32, 3, padding=1, groups=32) for _ in range(60)]
network = torch.nn.Sequential(*layers).eval()
picture = torch.zeros(1, 32, 56, 56)


@torch.inference_mode()
def milliseconds():
    """Of the network, asked in the main thread; other programs can only add to it."""
    times = []
    for _ in range(100):
        start = time.perf_counter()
        network(picture)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.quantiles(times, n=10)[0]


def compute_once_and_stay():
    with torch.inference_mode():
        network(picture)
    computed.set()
    may_end.wait()


before = milliseconds()
computed, may_end = threading.Event(), threading.Event()
other = threading.Thread(target=compute_once_and_stay)
other.start()
computed.wait()
time.sleep(1)  # whatever it left running has ended
beside = milliseconds()
may_end.set()
other.join()
after = milliseconds()
print(f"alone {before:.1f} ms, beside an idle thread that computed once {beside:.1f} ms, when it has ended {after:.1f} ms")
if beside < 1.4 * max(before, after):
    raise SystemExit("an idle caller no longer slows the other one down")
PY
