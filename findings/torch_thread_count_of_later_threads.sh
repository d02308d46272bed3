#!/bin/sh
# torch: a worker that sets its own number of threads sets that of all threads started later, but not the caller's.
#
# One would guess: torch.set_num_threads(1), called inside a worker thread, holds for that thread (as it seems to: the
#   main thread goes on reporting its own number), or for the whole process (then the main thread would report 1).
# What happens: neither. The main thread keeps its number; every thread that is started afterwards, in any pool,
#   begins with the worker's number. A pool of decoders that are told to use one thread each slows down whatever
#   computes in a thread of its own an hour later, with nothing to see in the main thread.
# Seen with: torch 2.14.1, numpy 2.4.6, Python 3.11: "main 2, new 2, worker 1, main after 2, new after 1".
# Source of the guess: the documentation says "sets the number of threads used for intraop parallelism on CPU".
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6
"$work/env/bin/python" - <<'PY'
import threading

import torch


def threads_in_a_new_thread(own=None):
    seen = []

    def work():
        if own is not None:
            torch.set_num_threads(own)
        seen.append(torch.get_num_threads())

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    return seen[0]


torch.set_num_threads(2)
before = torch.get_num_threads(), threads_in_a_new_thread()
worker = threads_in_a_new_thread(own=1)
after = torch.get_num_threads(), threads_in_a_new_thread()
print(f"main {before[0]}, new {before[1]}, worker {worker}, main after {after[0]}, new after {after[1]}")
assert (before, worker, after) == ((2, 2), 1, (2, 1)), "changed"
PY
