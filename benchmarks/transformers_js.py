"""How far transformers.js in Chromium answers otherwise than Python, on pictures of any size.

    npm install @huggingface/transformers@4.3.2
    python benchmarks/transformers_js.py MODEL FOLDER node_modules PICTURES [--pictures 300]

MODEL is the model folder that Python answers by, FOLDER what `export --format transformers-js` made of it. PICTURES are
taken at equal distances; those that Chromium reads by another colour profile are among them.
"""

import argparse
import functools
import http.server
import shutil
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from vitrine.predict.predictor import Predictor

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
PAGE = """\
<!DOCTYPE html><meta charset="utf-8"><title>waiting</title><script type="module">
import { env, pipeline } from "./node_modules/@huggingface/transformers/dist/transformers.min.js";
env.localModelPath = "/";
env.allowRemoteModels = false;
env.allowLocalModels = true;
env.backends.onnx.wasm.wasmPaths = "/node_modules/onnxruntime-web/dist/";
const classify = await pipeline("image-classification", "model", { dtype: "fp32", device: "wasm" });
window.ask = (file) => classify(file, { top_k: 1000 });
document.title = "ready";
</script>
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("model", "folder", "packages", "source"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--pictures", type=int, default=300)
    options = parser.parse_args()
    found = sorted(path for path in options.source.rglob("*") if path.suffix.lower() in ENDINGS)
    paths = found[:: max(1, len(found) // options.pictures)][: options.pictures]
    predictor = Predictor.load(str(options.model))
    with tempfile.TemporaryDirectory() as place:
        for name, target in (
            ("node_modules", options.packages),
            ("model", options.folder),
            ("pictures", options.source),
        ):
            (Path(place) / name).symlink_to(target.resolve())
        (Path(place) / "index.html").write_text(PAGE, "utf-8")
        _compare(predictor, Path(place), options.source, paths)


def _compare(predictor: Predictor, place: Path, source: Path, paths: list[Path]) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=place))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = next(path for name in ("chromium", "google-chrome") if (path := shutil.which(name)))
    gaps, changed = [], 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("pageerror", lambda error: print(f"  {error}"))
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        page.wait_for_function("document.title === 'ready'", timeout=120_000)
        for path in paths:
            answer = page.evaluate("file => window.ask(file)", f"/pictures/{path.relative_to(source).as_posix()}")
            theirs = {row["label"]: row["score"] for row in answer}
            ours = dict(predictor.predict_images([predictor.open_image(path)])[0].ranking)
            gaps.append(max(abs(ours[label] - theirs[label]) for label in ours))
            changed += max(ours, key=ours.__getitem__) != max(theirs, key=theirs.__getitem__)
        browser.close()
    print(
        f"{len(gaps)} pictures: gap of probability {max(gaps):.3f} at most, median {np.median(gaps):.4f}; "
        f"{changed} changed first answers"
    )


if __name__ == "__main__":
    main()
