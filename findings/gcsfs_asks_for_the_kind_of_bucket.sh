#!/bin/sh
# gcsfs: reading small files from a server that speaks the JSON interface of Google Cloud Storage and no gRPC.
#
# One would guess: a file of one byte is one short request, also without credentials (token="anon"), and what kind of
# bucket it is does not matter to `cat_file`.
# What happens: before each file gcsfs asks by gRPC for the kind of bucket, up to a minute, and forgets that it got no
# answer. GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false, set before the import, has it read at once.
# Output seen: two files of one byte: as installed 73 s, without that support 0.0 s
# Seen with: gcsfs 2026.10.1, gcp-storage-emulator 2026.7.19, Python 3.11, Linux.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet gcsfs==2026.10.1 gcp-storage-emulator==2026.7.19
cd "$folder"
"$folder/venv/bin/python" - <<'PROGRAM'
import os
import socket
import subprocess
import sys
import time

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
environment = os.environ | {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}", "NO_PROXY": "*"}
start = [os.path.join(os.path.dirname(sys.executable), "gcp-storage-emulator"), "start", "--in-memory", "--port", str(port)]
server = subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
program = """
import sys, time
import gcsfs
store = gcsfs.GCSFileSystem(token="anon", project="p")
if sys.argv[1] == "put":
    store.mkdir("dogs")
    store.pipe_file("dogs/1", b"x")
    store.pipe_file("dogs/2", b"y")
else:
    start = time.monotonic()
    assert store.cat_file("dogs/1") + store.cat_file("dogs/2") == b"xy"
    print(time.monotonic() - start)
"""


def run(what, support):
    variables = environment | {"GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": support}
    command = [sys.executable, "-c", program, what]
    return subprocess.run(command, env=variables, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


try:
    for _ in range(60):
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.5)
    run("put", "false")
    off, on = float(run("get", "false")), float(run("get", "true"))
finally:
    server.kill()
print(f"two files of one byte: as installed {on:.0f} s, without that support {off:.1f} s")
assert off < 5
assert on > 20, "it has changed: see vitrine/data/sources/stores.py"
PROGRAM
