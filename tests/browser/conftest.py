"""A real browser for the tests of pages: the Chromium or Chrome of the machine, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.ship.browser.pages import serving, write_onnx
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor

NAMES = ("chromium", "chromium-browser", "google-chrome")
# A container's root cannot use the sandbox, and the pages opened here are our own. The camera shows a test picture.
ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",  # Chromium's own calls to its maker
    "--disable-component-update",
]
PATIENCE_MS = 20_000  # a machine that does other things as well may take seconds to answer

NewPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A running Playwright browser; skips where there is none, but never on CI."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        message = f"needs one of {', '.join(NAMES)} on the PATH"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[NewPage]:
    """Opens served pages: `new_page(address, width=1280, height=900, color_scheme="light", script="")`.

    The script runs in the page before its own. At the end it holds each of them to three rules: no error on the
    console, no failed request, and no request to anywhere but the page's own address.
    """
    contexts = []
    complaints: list[str] = []

    def open_page(
        address: str, width: int = 1280, height: int = 900, color_scheme: str = "light", script: str = ""
    ) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=color_scheme)
        context.grant_permissions(["clipboard-read", "clipboard-write", "camera"])
        contexts.append(context)
        context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        own = ("/".join(address.split("/")[:3]), "data:", "blob:")
        page.on("console", lambda entry: complaints.append(entry.text) if entry.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda sent: complaints.append(sent.url) if not sent.url.startswith(own) else None)
        page.on("response", lambda got: complaints.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a page that runs a tiny model in the browser; skips where its runtime cannot be fetched."""
    from vitrine.ship.browser.build import build_page
    from vitrine.ship.browser.runtime import fetch_runtime

    try:
        fetch_runtime()
    except UserError as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("site")
    return build_page(str(write_onnx(folder / "tiny.onnx")), folder / "site").folder


@pytest.fixture(scope="session")
def page_address(site: Path) -> Iterator[str]:
    """Where that page is served."""
    with serving(site) as address:
        yield address


@pytest.fixture(scope="session")
def page_predictor(site: Path) -> Predictor:
    """Python's view of its model."""
    return Predictor.load(str(site / "model.onnx"))
