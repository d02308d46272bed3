"""Links lead from the repository to the site; and every link of README and docs leads somewhere."""

import re
from pathlib import Path

import pytest

from tools.site_links import LINK, adapt_links, split_fences
from tools.site_pages import written_pages

ROOT = Path(__file__).parents[2]
PAGES = sorted(written_pages(ROOT).values())


@pytest.fixture
def repository(tmp_path):
    for name in ("README.md", "docs/a.md", "docs/fr/b.md", "configs/c.yaml", "docs/pictures/p.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    return tmp_path


def adapted(repository, name, text):
    source = repository / name
    source.write_text(text, "utf-8")
    places = {"README.md": "index.md", "docs/a.md": "a.md", "docs/fr/b.md": "fr/b.md", "docs/pictures/p.png": "p.png"}
    targets = {repository / one: target for one, target in places.items()}
    return adapt_links(source, places[name], targets, repository)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("README.md", "[a](docs/a.md#part)", "[a](a.md#part)"),
        ("README.md", "![p](docs/pictures/p.png)", "![p](p.png)"),
        ("docs/fr/b.md", "[a](../a.md)", "[a](../a.md)"),
        ("docs/fr/b.md", "[home](../../README.md)", "[home](../index.md)"),
        ("docs/a.md", "[`c`](../configs/c.yaml)", "`c`"),
        ("docs/a.md", "[gone](gone.md)", "[gone](gone.md)"),
        ("docs/a.md", "[web](https://example.org)", "[web](https://example.org)"),
        ("docs/a.md", "```\n[c](../configs/c.yaml)\n```\n", "```\n[c](../configs/c.yaml)\n```\n"),
        ("README.md", "---\ntitle: x\n---\n\n# X\n", "# X\n"),
    ],
)
def test_a_link_leads_to_where_its_file_lies_in_the_site(repository, name, before, after):
    assert adapted(repository, name, before) == after


def anchors(path):
    """Of the headings of a page, as sites and code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_of_it(page):
    prose = "".join(part for part, in_fence in split_fences(page.read_text("utf-8")) if not in_fence)
    for found in LINK.finditer(prose):
        address, _, anchor = found["address"].partition("#")
        if "://" in address:
            continue
        target = (page.parent / address).resolve() if address else page
        assert target.exists(), f"{page.name}: {found[0]}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {found[0]}"
