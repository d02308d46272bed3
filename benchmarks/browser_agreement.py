"""How far a page of `build-space --static` answers otherwise than Python, and how long it takes, in Chromium.

    python benchmarks/browser_agreement.py SITE [FOLDER ...] [--pictures 300] [--generated 60]

SITE is the folder of the page; Python is asked with the very model.onnx in it. From each FOLDER the pictures are taken
at equal distances. The generated ones have 2 to 24 megapixels, in turn as JPEG, PNG and WebP.
"""

import argparse
import functools
import http.server
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from vitrine.data.images.decoding import ImageError
from vitrine.predict.predictor import Predictor

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif")
FORMATS = ("jpeg", "png", "webp")
MEGAPIXELS = (2, 24)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--generated", type=int, default=60)
    options = parser.parse_args()
    handler = functools.partial(_Quiet, directory=options.site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    predictor = Predictor.load(str(options.site / "model.onnx"))
    chromium = next(path for name in ("chromium", "google-chrome") if (path := shutil.which(name)))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        first = Path(place) / "first.jpeg"
        Image.effect_noise((500, 375), 80).convert("RGB").save(first)
        _time_first_answer(page, f"http://127.0.0.1:{server.server_port}/", first)
        for folder in options.folders:
            found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
            _compare(page, predictor, folder.name, found[:: max(1, len(found) // options.pictures)][: options.pictures])
        if options.generated:
            _compare(page, predictor, "generated", _draw(Path(place), options.generated))
        browser.close()


def _time_first_answer(page: Page, address: str, path: Path) -> None:
    """From the address to an answer; cold, and once more with what the browser has kept."""
    for name in ("cold", "warm"):
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_selector("body[data-state=ready]", timeout=120_000)
        ready = time.perf_counter() - start
        _ask(page, path)
        print(f"{name}: ready after {ready:.2f} s, first answer after {time.perf_counter() - start:.2f} s")
        page.get_by_text("also without a network").wait_for(timeout=120_000)


def _compare(page: Page, predictor: Predictor, name: str, paths: Sequence[Path] | Iterator[Path]) -> None:
    gaps, changed, refused, seconds = [], 0, 0, []
    for path in paths:
        start = time.perf_counter()
        found = _ask(page, path)
        seconds.append(time.perf_counter() - start)
        try:
            expected = predictor.predict_images([predictor.open_image(path)])[0]
        except ImageError:
            refused += 1
            continue
        if found is None:
            refused += 1
            print(f"  {path.name}: {page.locator('#message').text_content()}")
            continue
        ranking = dict(expected.ranking)
        gaps.append(max(abs(share - ranking[label]) for label, share in found.items()))
        changed += next(iter(found)) != expected.ranking[0][0]
        if gaps[-1] > 1e-4:
            print(f"  {path}: {gaps[-1]:.2g}")
    worst = f"largest {max(gaps):.2g}, median {np.median(gaps):.2g}" if gaps else "none"
    print(
        f"{name}: {len(gaps)} pictures, gap of probability {worst}, {changed} changed answers, {refused} refused, "
        f"{np.median(seconds):.2f} s each (median)",
        flush=True,
    )


def _ask(page: Page, path: Path) -> dict[str, float] | None:
    page.locator("#file").set_input_files(path)
    page.wait_for_selector("body:not([data-state=computing])", timeout=120_000)
    if page.locator("#message").is_visible():
        return None
    rows = page.locator(".bars li").evaluate_all(
        "all => all.map(one => [one.querySelector('.bar-name').textContent, Number(one.dataset.probability)])"
    )
    return dict(rows)


def _draw(folder: Path, count: int) -> Iterator[Path]:
    """Coarse and fine patches of any proportions; one file at a time, since they are large."""
    generator = np.random.default_rng(0)
    for number in range(count):
        pixels = 1e6 * generator.uniform(*MEGAPIXELS)
        oblong = generator.uniform(0.4, 2.5)
        size = (int((pixels * oblong) ** 0.5), int((pixels / oblong) ** 0.5))
        coarse, fine = (
            Image.fromarray(generator.integers(0, 256, (cells, cells, 3)).astype(np.uint8)).resize(size)
            for cells in (int(generator.integers(2, 30)), 400)
        )
        path = folder / f"drawn.{FORMATS[number % 3]}"
        Image.blend(coarse, fine, 0.3).save(path)
        yield path


if __name__ == "__main__":
    main()
