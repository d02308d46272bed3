#!/bin/sh
# s3fs: `get_file` of one large file to the disk.
#
# One would guess: to copy a file to the disk takes memory for a buffer, whatever the size of the file.
# What happens: s3fs asks for ten parts of 50 MiB at a time, and holds each whole before it is written. A copy of 600 MB
# takes as much memory, one of 1.5 GB takes 1.1. `get_file(..., max_concurrency=1)` reads one stream and takes none.
# Output seen: memory beyond that of a first small copy, file of 600 MB: parts 613 MB, one stream 0 MB
# Seen with: s3fs 2026.9.0, moto 5.1.16, Python 3.11, Linux.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet s3fs==2026.9.0 'moto[server]==5.1.16'
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
environment = os.environ | {
    "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "NO_PROXY": "*",
}
SIZE = 600_000_000
server = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
put = f"""
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="pictures")
s3.put_object(Bucket="pictures", Key="small", Body=b"x")
s3.put_object(Bucket="pictures", Key="large", Body=bytes({SIZE}))
"""
get = """
import resource, sys
import s3fs
store = s3fs.S3FileSystem()
store.get_file("pictures/small", "small")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
store.get_file("pictures/large", "large", **eval(sys.argv[1]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1000)
"""
try:
    for _ in range(60):
        with socket.socket() as asked:
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.5)
    subprocess.run([sys.executable, "-c", put], env=environment, check=True)
    taken = {}
    for name, options in (("parts", "{}"), ("one stream", "{'max_concurrency': 1}")):
        told = subprocess.run([sys.executable, "-c", get, options], env=environment, check=True, capture_output=True, text=True)
        taken[name] = int(told.stdout)
        assert os.path.getsize("large") == SIZE
finally:
    server.kill()
print(f"memory beyond that of a first small copy, file of {SIZE // 1_000_000} MB: "
      + ", ".join(f"{name} {megabytes} MB" for name, megabytes in taken.items()))
assert taken["one stream"] < 100
assert taken["parts"] > 300, "it has changed: see vitrine/data/sources/addresses.py"
PROGRAM
