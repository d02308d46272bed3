#!/bin/sh
# Makes the virtual environment, after checking that Python is new enough and the disk has room.
# Usage: sh tools/make_environment.sh FOLDER NEEDED_GB
set -eu
folder=$1
needed_gb=$2

if [ -x "$folder/bin/python" ] && "$folder/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    exit 0
fi

for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "${python:-}" ]; then
    found=$(python3 --version 2>/dev/null || echo "no python3")
    echo "error: Vitrine needs Python 3.11 or newer with its venv module; found: $found." >&2
    echo "       Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python)," >&2
    echo "       or name it: make demo PYTHON=/path/to/python3.12" >&2
    exit 2
fi

free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
if [ "$free_kb" -lt $((needed_gb * 1000000)) ]; then
    echo "error: the disk has $((free_kb / 1000000)) GB free, the environment needs about $needed_gb GB." >&2
    echo "       Make room, or clone the project to a larger disk." >&2
    exit 2
fi

echo "Making the environment in $folder (a few minutes the first time)"
rm -rf "$folder"
"$python" -m venv "$folder"
