"""How long a page of `build-space --static` takes from its address to a first answer, in Chromium.

    python benchmarks/page_start.py SITE [SITE ...] [--rounds 5]

Every round takes a new profile for each SITE and starts the browser anew for each of three visits: the first one, one
with what the service worker kept, and one with the machine code that the browser kept in the second. A fourth,
"return", is a tab of a browser that has run for a while, as most people's has; the start of the browser is not counted
there. The picture, a JPEG of 500 x 375, is handed over by a script in the page at the moment the page is ready. Seconds
are those of the page itself, from the start of the navigation to the answer on the screen; seconds of processors are of
all processes of the browser, until the answer, which other work on the machine changes less.
"""

import argparse
import base64
import functools
import http.server
import io
import os
import shutil
import statistics
import tempfile
import threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserType, sync_playwright

VISITS = ("first", "second", "third", "return")
SETTLED_MS = 8_000  # after which the browser has kept machine code
# Notes when the page is ready, gives it the picture, and notes when the answer is there.
SCRIPT = """
window.found = new Promise((done) => {
  let ready = 0;
  new MutationObserver(() => {
    if (!ready && document.body?.dataset.state === "ready") {
      ready = performance.now();
      const bytes = Uint8Array.from(atob("%s"), (letter) => letter.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "first.jpeg", {type: "image/jpeg"}));
      document.dispatchEvent(new DragEvent("drop", {dataTransfer: data}));
    } else if (ready && document.querySelector(".bars li")) {
      requestAnimationFrame(() => done([ready / 1000, performance.now() / 1000]));
    }
  }).observe(document, {subtree: true, attributes: true, childList: true});
});
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sites", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    servers = [_serve(site) for site in options.sites]
    found: dict[tuple[Path, str], list[tuple[float, float, float]]] = {}
    with sync_playwright() as playwright:
        for _ in range(options.rounds):
            for site, server in zip(options.sites, servers, strict=True):
                with tempfile.TemporaryDirectory(prefix="vitrine-") as profile:
                    for visit in VISITS:
                        address = f"http://127.0.0.1:{server.server_port}/"
                        found.setdefault((site, visit), []).append(
                            _visit(playwright.chromium, profile, address, SETTLED_MS if visit == "return" else 0)
                        )
    for (site, visit), figures in found.items():
        spread = [
            f"{statistics.median(one):.2f} ({min(one):.2f} to {max(one):.2f})" for one in zip(*figures, strict=True)
        ]
        print(f"{site.name}, {visit} visit: ready {spread[0]} s, answer {spread[1]} s, processors {spread[2]} s")


def _serve(folder: Path) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _visit(chromium: BrowserType, profile: str, address: str, settled_ms: int) -> tuple[float, float, float]:
    """Seconds until the page is ready, until the answer, and of processors until the answer.

    The browser has run for `settled_ms` milliseconds by then.
    """
    path = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    context = chromium.launch_persistent_context(profile, executable_path=path, args=["--no-sandbox"])
    context.add_init_script(SCRIPT % _draw())
    page = context.new_page()
    page.wait_for_timeout(settled_ms)
    before = _processor_seconds(profile)
    page.goto(address, wait_until="commit")
    ready, answer = page.evaluate("window.found")
    used = _processor_seconds(profile) - before
    page.get_by_text("also without a network").wait_for(timeout=120_000)
    page.wait_for_timeout(SETTLED_MS)
    context.close()
    return ready, answer, used


@functools.cache
def _draw() -> str:
    stored = io.BytesIO()
    Image.effect_noise((500, 375), 80).convert("RGB").save(stored, "JPEG")
    return base64.b64encode(stored.getvalue()).decode()


def _processor_seconds(profile: str) -> float:
    """Of the processes whose command line names the profile: the browser and all its children."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if profile in (folder / "cmdline").read_text():
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        except OSError:
            pass  # it ended meanwhile
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
