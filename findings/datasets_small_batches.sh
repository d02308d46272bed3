#!/bin/sh
# datasets, pyarrow: a memory-mapped file takes memory all the same, by the number of its record batches.
#
# One would guess: `Dataset.from_file` maps an Arrow file into memory, so that an opened data set takes hardly any, however
#   it was written.
# What happens: for each record batch a reader keeps objects of its columns and buffers. A file of 320,000 rows in batches
#   of 16 takes 64 MB when it is opened, 200 bytes for each row; in batches of 1,000 it takes 3 MB.
# Seen with: datasets 5.2.0, pyarrow 26.0.1, Python 3.11, Linux.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet datasets==5.2.0 pyarrow==26.0.1
cat > "$work/open.py" <<'PY'
import subprocess
import sys

import pyarrow as pa

ROWS = 320_000
OPEN = """
import datasets, sys
def own():
    return int(open("/proc/self/status").read().split("RssAnon:")[1].split()[0]) / 1024
before = own()
rows = datasets.Dataset.from_file(sys.argv[1])
print(own() - before)
"""


def megabytes_to_open(batch):
    """What a file with so many rows a batch takes when it is opened."""
    image = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    schema = pa.schema({"image": image, "label": pa.int64(), "file": pa.string()})
    rows = [{"image": {"bytes": b"0" * 700, "path": None}, "label": 1, "file": f"{row:09d}.jpg"} for row in range(batch)]
    with pa.ipc.new_stream("rows.arrow", schema) as stream:
        for _ in range(ROWS // batch):
            stream.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
    told = subprocess.run([sys.executable, "-c", OPEN, "rows.arrow"], capture_output=True, text=True, check=True)
    return float(told.stdout)


small, large = megabytes_to_open(16), megabytes_to_open(1_000)
print(f"opened, {ROWS:,} rows: {small:.0f} MB in batches of 16, {large:.0f} MB in batches of 1,000")
sys.exit(small < 5 * max(large, 1))
PY
cd "$work"
"$work/env/bin/python" open.py
