"""Makes the pictures of README and documentation: the app and a report, as a browser shows them, in each language.

    python -m tools.make_pictures                  into docs/pictures
    python -m tools.make_pictures --into elsewhere

Fruit is drawn, a head is trained on it (a minute on two cores), and Chromium or Chrome takes the pictures. The extra
`dev` brings Playwright, which drives the browser of the machine.
"""

import argparse
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

import vitrine
from tools.drawn_pictures import write_drawn_pictures
from vitrine.app.languages import LANGUAGES
from vitrine.app.private_folder import private_folder
from vitrine.commands.console import run_command
from vitrine.commands.serving import find_port
from vitrine.errors import UserError
from vitrine.models.calibration.selective import Unsure
from vitrine.records.folder import MODEL
from vitrine.reports.run.page import write_run_report
from vitrine.ui.texts import Language

FOLDER = Path("docs/pictures")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
# Where macOS and Windows install them, off the PATH.
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
PER_KIND = 60
SHOWN = (1280, 860)
NARROW = (412, 850)
ANSWER = "#answer .answer-label"
TABS = "[role=tablist]:visible"
MARGIN = 14  # px above the part that begins a view


def main() -> int:
    """Makes all pictures; exit code 2, with a message, where there is no browser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=FOLDER, help="folder of the pictures (default: %(default)s)")
    options = parser.parse_args()
    return run_command(lambda: make_pictures(options.into))


def make_pictures(folder: Path) -> None:
    """Writes app.png, app-narrow.png and report.png, and the first two in French as app.fr.png and report.fr.png.

    Args:
        folder: for the pictures; made where it is not there.

    Raises:
        UserError: no browser, or nothing that drives it.
    """
    browser = find_browser()
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as workplace, chdir(workplace):
        pictures = write_drawn_pictures(Path("fruit"), PER_KIND)
        data = vitrine.prepare(pictures, name="fruit", **{"data.test_fraction": 0.3})
        head_only = {"model.trainable_part": "head", "report.study": False}
        run = vitrine.train(data, backbone="efficientnet_lite0", **head_only)
        example = choose_example(vitrine.load(run))
        for language in LANGUAGES:
            write_run_report(run.folder, data, language)
            with _driving(browser, language) as shots, _serving(run.folder / MODEL, language) as address:
                page, shown = run.report.path.resolve().as_uri(), f"{address}?example={example}"
                shots.take(page, folder / name_picture("report", language), SHOWN, "main")
                shots.take(shown, folder / name_picture("app", language), SHOWN, ANSWER)
                if language == "en":  # there is no French page that shows it
                    shots.take(shown, folder / "app-narrow.png", NARROW, ANSWER, top=TABS)
    for path in sorted(folder.glob("*.png")):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def name_picture(page: str, language: Language) -> str:
    """The file of the picture of a page; pages of the documentation are named so, too (README.fr.md)."""
    return f"{page}.png" if language == "en" else f"{page}.{language}.png"


def choose_example(model: vitrine.Model) -> str:
    """The first test picture that the model is unsure about, for that shows most of its answers; else the first.

    Args:
        model: brings test pictures along.
    """
    names = {
        PurePosixPath(one.file).stem: model.predictor.folder / one.file for one in model.predictor.metadata.examples
    }
    unsure = (name for name, path in names.items() if isinstance(model.predict(path).decision, Unsure))
    return next(unsure, next(iter(names)))


def find_browser() -> str:
    """The program of a Chromium, Chrome or Edge of this machine.

    Raises:
        UserError: there is none.
    """
    named = os.environ.get("BROWSER_PATH", "")
    found = named or next(filter(None, map(shutil.which, BROWSERS)), None) or next(filter(os.path.exists, PLACES), None)
    if found is None:
        raise UserError(
            "No browser was found: install Chromium or Chrome, or name its program in the environment variable "
            "BROWSER_PATH. The pictures that are there stay as they are."
        )
    return found


@contextmanager
def _serving(model: Path, language: Language) -> Iterator[str]:
    from vitrine.app.server import load_ready, open_page

    host = "127.0.0.1"
    with private_folder(), open_page(load_ready(str(model)), host, find_port(host, 0), language) as address:
        yield address


class Shots:
    """Pages as pictures.

    Args:
        browser: of Playwright.
        language: of whoever looks; the buttons of Gradio follow it.
    """

    def __init__(self, browser: Any, language: Language) -> None:
        self.browser, self.language = browser, language

    def take(self, address: str, path: Path, size: tuple[int, int], awaited: str, top: str = "") -> None:
        """Opens a page, waits for a part of it, and writes what is in view as a PNG file; `top` begins the view."""
        viewport = dict(zip(("width", "height"), size, strict=True))
        page = self.browser.new_page(viewport=viewport, device_scale_factor=1, locale=self.language)
        page.goto(address, wait_until="load")
        page.wait_for_selector(awaited)
        page.wait_for_timeout(2500)  # bars grow for a moment
        if top:
            page.locator(top).first.evaluate(f"part => scrollBy(0, part.getBoundingClientRect().top - {MARGIN})")
        Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(path, optimize=True)
        page.close()


@contextmanager
def _driving(program: str, language: Language) -> Iterator[Shots]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise UserError("Playwright drives the browser and is missing: pip install -r requirements-dev.txt") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield Shots(browser, language)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
