#!/bin/sh
# FastAPI: the disk that an upload is written to is full.
#
# One would guess: the server's disk is the server's fault, so the answer is a 5xx and the log says what happened.
# What happens: the client is told 400 "There was an error parsing the body", and the log has no word of it; a program that
# trusts the status stops sending sound files, and nobody finds the cause.
# Output seen: small file: 200; no room: 400 {"detail":"There was an error parsing the body"}; warnings in the log: 0
# Seen with: FastAPI 0.121.0, Starlette 0.49.3, python-multipart 0.0.20, httpx 0.28.1, Python 3.11, Linux.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet fastapi==0.121.0 starlette==0.49.3 python-multipart==0.0.20 httpx==0.28.1
"$folder/venv/bin/python" - <<'PROGRAM'
import logging
import resource
import signal

from fastapi import FastAPI, File, UploadFile
from fastapi.testclient import TestClient

lines = []
logging.basicConfig(level=logging.WARNING, handlers=[type("Kept", (logging.Handler,), {"emit": lambda _, line: lines.append(line)})()])
app = FastAPI()


@app.post("/pictures")
def pictures(picture: UploadFile = File()) -> int:
    return len(picture.file.read())


client = TestClient(app)
sound = client.post("/pictures", files={"picture": b"x" * 100})
# A disk without room, made by a limit on the size of files: from one megabyte on an upload is written to one.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
lines.clear()
refused = client.post("/pictures", files={"picture": b"x" * 3_000_000})
print(f"small file: {sound.status_code}; no room: {refused.status_code} {refused.text}; warnings in the log: {len(lines)}")
assert sound.status_code == 200
assert refused.status_code == 400 and not lines, "it is said to be the server's fault now"
PROGRAM
