#!/bin/sh
# pyarrow: the first array that is made of Python values imports pandas, where pandas is installed.
#
# One would guess: `pa.array([1.0], pa.float64())`, and a table of plain lists, need pyarrow alone; `import pyarrow` does not
#   import pandas either.
# What happens: pyarrow asks whether the values are of pandas, and imports all of it to find out: half a second of the
#   processor in each process that writes a table. A schema, a file read, or a table made of arrays do not.
# Seen with: pyarrow 26.0.1, pandas 3.1.1, Python 3.11, Linux: 0.4 s.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet pyarrow==26.0.1 pandas==3.1.1
cat > "$work/first_array.py" <<'PY'
import sys
import time

import pyarrow as pa

assert "pandas" not in sys.modules
before = time.process_time()
pa.array([1.0], pa.float64())
print(f"the first array: {time.process_time() - before:.2f} s, pandas imported: {'pandas' in sys.modules}")
sys.exit("pandas" not in sys.modules)
PY
"$work/env/bin/python" "$work/first_array.py"
