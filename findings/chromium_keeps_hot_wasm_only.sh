#!/bin/sh
# Chromium: which machine code of a WebAssembly file it keeps for the next visit.
#
# One would guess: `WebAssembly.compileStreaming` keeps what it compiled, so that a page starts sooner the next time.
# What happens: only functions that ran often enough to be compiled a second time, with optimisation, are kept, and only of
# a response that came from the server (or a service worker's cache) as it is. Of a response that the page made itself,
# as by unpacking gzip, nothing is kept, and of code that ran once nothing either.
# Output seen: bytes kept: fetched and run often 15,515; run once 0; unpacked by the page and run often 0
# Seen with: Chromium 156 (Debian), Playwright 1.65.0, Python 3.11. Needs Chromium or Chrome on the machine.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet playwright==1.65.0
cd "$folder"
venv/bin/python - <<'PROGRAM'
import functools, http.server, pathlib, shutil, tempfile, threading
from playwright.sync_api import sync_playwright


def number(value):
    low = bytes([value & 127 | (128 if value > 127 else 0)])
    return low + (number(value >> 7) if value > 127 else b"")


def section(kind, content):
    return bytes([kind]) + number(len(content)) + content


STEPS = 3000  # local 1 = local 1 * 31 + local 0, so often
code = b"\x03\x40" + b"\x20\x01\x41\x1f\x6c\x20\x00\x6a\x21\x01" * STEPS
code += b"\x20\x00\x41\x01\x6b\x22\x00\x0d\x00\x0b\x20\x01\x0b"  # until local 0 is counted down
body = b"\x01\x01\x7f" + code
wasm = b"\0asm\1\0\0\0" + section(1, b"\x01\x60\x01\x7f\x01\x7f") + section(3, b"\x01\x00")
wasm += section(7, b"\x01\x03run\x00\x00") + section(10, b"\x01" + number(len(body)) + body)
site = pathlib.Path("site")
site.mkdir()
(site / "module.wasm").write_bytes(wasm)
(site / "index.html").write_text("<!DOCTYPE html><title>page</title>")
VISIT = """async ([remade, times]) => {
  let response = await fetch("module.wasm");
  if (remade) response = new Response(response.body, {headers: {"content-type": "application/wasm"}});
  const {run} = (await WebAssembly.instantiate(await WebAssembly.compileStreaming(response))).exports;
  for (let turn = 0; turn < times; turn++) run(100);
  await new Promise((done) => setTimeout(done, 6000));
}"""


class Server(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=site))
threading.Thread(target=server.serve_forever, daemon=True).start()
chromium = next(path for name in ("chromium", "google-chrome") if (path := shutil.which(name)))


def visit(remade, times):
    """Bytes that the browser keeps of a visit."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=["--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.evaluate(VISIT, [remade, times])
        browser.close()
        kept = pathlib.Path(profile, "Default", "Code Cache", "wasm")
        return sum(path.stat().st_size for path in kept.glob("*_0"))


often, once, made = visit(False, 2000), visit(False, 1), visit(True, 2000)
print(f"bytes kept: fetched and run often {often:,}; run once {once:,}; unpacked by the page and run often {made:,}")
assert often > 0 and once == made == 0, "Chromium keeps other code now"
PROGRAM
