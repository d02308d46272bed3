#!/bin/sh
# torch, torchvision, transformers: a program that has done its work waits for seconds before its process ends.
#
# One would guess: after the last line of a program the prompt is back at once; nothing is left to do.
# What happens: importing these libraries makes 400,000 objects that last. At the end Python looks
#   for garbage among all of them, several times: 3.3 s of a 12 s process on two cores. `gc.freeze()` as the last
#   statement (or by `atexit`) takes them out of that search, and the process ends in 0.5 s. Nothing is skipped that
#   matters: `atexit` functions run, files are flushed; `os._exit` would skip both.
# Seen with: torch 2.14.1, torchvision 0.29.1, transformers 5.24.0, Python 3.11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 transformers==5.24.0
cat > "$work/leave.py" <<'PY'
import subprocess
import sys
import time

PROGRAM = "import torch, torchvision, transformers.modeling_utils, gc, time; {last}; print(len(gc.get_objects()), time.time())"


def seconds_to_leave(last):
    """Median of three, between the last line of a program and the end of its process; and its objects."""
    found = []
    for _ in range(3):
        program = subprocess.run([sys.executable, "-c", PROGRAM.format(last=last)], capture_output=True, text=True)
        objects, said = program.stdout.split()
        found.append((time.time() - float(said), int(objects)))
    return sorted(found)[1]


plain, objects = seconds_to_leave("pass")
frozen, _ = seconds_to_leave("import atexit; atexit.register(gc.freeze)")
print(f"{objects:,} objects; {plain:.1f} s to leave, {frozen:.1f} s with gc.freeze at exit")
assert objects > 300_000 and plain > 2 * frozen, "changed"
PY
"$work/env/bin/python" "$work/leave.py"
