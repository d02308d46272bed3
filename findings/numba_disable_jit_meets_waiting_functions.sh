#!/bin/sh
# Numba: its compiler switched off (`numba.config.DISABLE_JIT = True`) after functions were decorated with `njit`.
#
# One would guess: these functions go on as they are decorated, compiled at their first call; only later ones are plain
# Python. So it is for most.
# What happens: a function that calls one of Numba's own replacements of the standard library, such as heapq, ends in an
# AttributeError: the replacement is made at the first call, finds the compiler switched off, and is no function that
# compiled code can call. So a switch around one's own call breaks a library that somebody else imported before (SHAP's
# way of halving a picture takes heapq).
# Output seen: without heapq: 7; with heapq: AttributeError
# Seen with: numba 0.68.1, NumPy as it asks for it, Python 3.11, Linux.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet numba==0.68.1
cd "$folder"
"$folder/venv/bin/python" - <<'PROGRAM'
import heapq

import numba


@numba.njit
def add(number):
    return number + 4


@numba.njit
def smallest(numbers):
    return heapq.heappop(numbers)


numbers = numba.typed.List([3, 1, 2])
numba.config.DISABLE_JIT = True
told = []
for name, function, argument in (("without heapq", add, 3), ("with heapq", smallest, numbers)):
    try:
        told.append(f"{name}: {function(argument)}")
    except Exception as error:
        told.append(f"{name}: {type(error).__name__}")
print("; ".join(told))
assert told == ["without heapq: 7", "with heapq: AttributeError"], "it has changed: see vitrine/explain/shap_values.py"
PROGRAM
