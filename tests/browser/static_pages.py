"""Pages that run a model in the browser: what tests do with them."""

import json
import shutil
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.ship.browser.pages import serving


def open_ready(new_page, address, **options):
    page = new_page(address, **options)
    page.wait_for_selector("body[data-state=ready]")
    return page


@contextmanager
def changed_page(site, folder, **facts):
    """Serves a copy of a page with other facts."""
    shutil.copytree(site, folder)
    content = json.loads((site / "page.json").read_text("utf-8")) | facts
    (folder / "page.json").write_text(json.dumps(content), "utf-8")
    with serving(folder) as address:
        yield address


def ask(page, path):
    """The probabilities of a file by label, None where it is refused."""
    page.locator("#file").set_input_files(path)
    page.wait_for_selector("body:not([data-state=computing])")
    if page.locator("#message").is_visible():
        return None
    expect(page.locator(".answer-lead")).to_contain_text(path.name)
    return dict(
        page.locator(".bars li").evaluate_all(
            "all => all.map(one => [one.querySelector('.bar-name').textContent, Number(one.dataset.probability)])"
        )
    )
