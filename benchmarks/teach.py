"""From pictures in a browser to a first model that answers: how long does a visitor of the teach page wait.

Starts `vitrine teach` as a user does, opens it in Chromium, gives it pictures of two classes, and clicks. Timed are the
start of the server, the upload, the training from the click on, and the first answer; a mean over rounds, each in a new
folder and a new process.

    python benchmarks/teach.py PICTURES [--number 20] [--rounds 3]

PICTURES holds a folder for each class; the first two are taken.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).parent.parent
PATIENCE_MS = 600_000
NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path, help="folder with one folder for each class")
    parser.add_argument("--number", type=int, default=20, help="of pictures in all (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    browser = next((found for name in NAMES if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"this needs one of {', '.join(NAMES)} on the PATH")
    folders = sorted(path for path in options.pictures.iterdir() if path.is_dir())[:2]
    half = options.number // 2
    classes = {f"class {place}": sorted(folder.iterdir())[: half + 1] for place, folder in enumerate(folders, 1)}
    given = {name: files[:half] for name, files in classes.items()}
    rounds = [measure(browser, given, classes["class 1"][half]) for _ in range(options.rounds)]
    for key in rounds[0]:
        values = [one[key] for one in rounds]
        spread = f" +- {statistics.stdev(values):.1f}" if len(values) > 1 else ""
        print(f"{key:<40} {statistics.mean(values):6.1f} s{spread}")


def measure(browser: str, given: dict[str, list[Path]], other: Path) -> dict[str, float]:
    """Seconds of each step of one visit."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-u", "-m", "vitrine", "teach", f"{folder}/lesson", "--port", "0"],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            address = wait_for_address(server)
            ready = time.perf_counter()
            with sync_playwright() as playwright:
                page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
                return {"start of the server": ready - started, **visit(page, address, given, other)}
        finally:
            server.terminate()
            server.wait()


def wait_for_address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://\S+", line):
            return found.group(0)
    sys.exit("the server ended before it answered")


def visit(page: Page, address: str, given: dict[str, list[Path]], other: Path) -> dict[str, float]:
    """What a visitor does, and how long each part takes."""
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"{address}?language=en")
    marks = [time.perf_counter()]
    for name, files in given.items():
        page.locator("#class-name :is(input, textarea)").fill(name)
        page.locator("#class-files input[type=file]").set_input_files(files)
        expect(page.locator("#lesson-classes")).to_contain_text(name)
        expect(page.locator("#class-files :is(.file-preview, progress)")).to_have_count(0)
    expect(page.locator("#lesson-pictures img")).to_have_count(sum(map(len, given.values())))
    marks.append(time.perf_counter())
    page.locator("#lesson-train").click()
    expect(page.locator("#lesson-outcome strong")).to_be_visible()
    marks.append(time.perf_counter())
    page.locator("#lesson-try input[type=file]").set_input_files(other)
    expect(page.locator("#answer .answer-label")).to_be_visible()
    marks.append(time.perf_counter())
    names = ("all pictures given", "from the click to a model", "answer to another picture")
    return {name: end - begin for name, begin, end in zip(names, marks[:-1], marks[1:], strict=True)}


if __name__ == "__main__":
    main()
