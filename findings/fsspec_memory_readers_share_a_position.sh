#!/bin/sh
# fsspec: the store in memory (`memory://`), which stands in for S3 or the Hub in many tests, and two readers of one file.
#
# One would guess: as in every other store, and on a disk, each `open(path, "rb")` gives a reader with a position of its own,
# so that two of them, in two threads or one after the other, read the file from its beginning.
# What happens: both are one and the same object. What one reads the other one skips, and opening the file once more sends
# every reader back to the beginning. So `get_file` in two threads writes copies with pieces missing, in silence. `cat_file`
# is safe: it takes the bytes without a reader.
# Output seen: memory: same object True, second reader b'efgh'; local: same object False, second reader b'abcd'
# Seen with: fsspec 2026.9.0, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet fsspec==2026.9.0
FOLDER="$folder" "$folder/venv/bin/python" - <<'PROGRAM'
import os

import fsspec

told = {}
for name, place in (("memory", "/bucket/letters"), ("local", f"{os.environ['FOLDER']}/letters")):
    store = fsspec.filesystem(name)
    store.pipe_file(place, b"abcdefgh")
    first, second = store.open(place, "rb"), store.open(place, "rb")
    assert first.read(4) == b"abcd"
    told[name] = (first is second, second.read(4))
    assert store.cat_file(place) == b"abcdefgh"
print("; ".join(f"{name}: same object {same}, second reader {read!r}" for name, (same, read) in told.items()))
assert told["local"] == (False, b"abcd")
assert told["memory"] == (True, b"efgh"), "it has changed: see tests/data/sources/stores.py"
PROGRAM
