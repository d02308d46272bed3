"""Builds the documentation site into build/site: README, docs/, DESIGN, EXPERIMENTS, and what the code says of itself.

    python -m tools.build_docs             as `make docs` does
    python -m tools.build_docs --no-site   the pages alone, as Markdown, in build/pages

Nothing is fetched. A link that leads nowhere inside the site is an error.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from tools.site_links import adapt_links, lead_links
from tools.site_pages import NAVIGATION_ORDER, generated_pages, notebook_page, notebooks, written_pages
from vitrine.commands.console import run_command
from vitrine.errors import UserError

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
ASSETS = ("pictures/*.png",)


def main() -> int:
    """Builds pages and site; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-site", action="store_true", help="write the Markdown only")
    options = parser.parse_args()

    def build() -> None:
        write_pages(ROOT, BUILD / "pages")
        if not options.no_site:
            build_site(BUILD)

    return run_command(build)


def write_pages(root: Path, folder: Path) -> list[str]:
    """Writes every page as the generator reads it, and mkdocs.yml beside the folder.

    Args:
        root: of the repository.
        folder: emptied before.

    Returns:
        Paths of the pages in the site, in the order of the navigation.
    """
    shutil.rmtree(folder, ignore_errors=True)
    written = written_pages(root)
    targets = {source: target for target, source in written.items()}
    targets |= {path: f"{path.stem}.md" for path in notebooks(root)}
    for pattern in ASSETS:
        for asset in sorted((root / "docs").glob(pattern)):
            targets[asset] = asset.relative_to(root / "docs").as_posix()
            _write(folder / targets[asset], asset.read_bytes())
    pages = {target: adapt_links(source, target, targets, root) for target, source in written.items()}
    pages |= generated_pages(root)
    pages |= {
        targets[path]: lead_links(notebook_page(path), path, targets[path], targets, root) for path in notebooks(root)
    }
    for target, text in pages.items():
        _write(folder / target, text.encode())
    settings = {
        "INHERIT": "../mkdocs.yml",
        "docs_dir": folder.name,
        "site_dir": "site",
        "theme": {"custom_dir": str(root / "tools/site_theme")},
        "nav": _navigation(pages),
    }
    (folder.parent / "mkdocs.yml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), "utf-8")
    return list(pages)


def build_site(build: Path) -> None:
    """Runs the generator on what `write_pages` wrote; its site lies in `site` of the same folder.

    Raises:
        UserError: the generator is missing, or has found a fault, which it printed.
    """
    try:
        import mkdocs  # noqa: F401 (it runs in a process of its own; this only tells whether it is there)
    except ImportError:
        raise UserError(
            "MkDocs builds the site and is missing: pip install -r requirements-docs.txt (`make docs` does)"
        ) from None
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--config-file",
        str(build / "mkdocs.yml"),
    ]
    if subprocess.run(command, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=False).returncode:
        raise UserError("The documentation was not built: see what MkDocs says above.")
    site = build / "site"
    print(f"Open {site / 'index.html'}; with its search: python -m http.server --bind 127.0.0.1 --directory {site}")


def _navigation(pages: Iterable[str]) -> list[dict[str, object]]:
    """Sections in their order; what none of them names goes where a pattern takes it."""
    named = {pattern for patterns in NAVIGATION_ORDER.values() for pattern in patterns}
    left, navigation = list(pages), []
    for title, patterns in NAVIGATION_ORDER.items():
        found = [page for pattern in patterns for page in left if _is_at(page, pattern, named)]
        left = [page for page in left if page not in found]
        if found:
            found = list(dict.fromkeys(found))
            navigation.append({title: found if len(found) > 1 else found[0]})
    if left:
        raise UserError(f"No section of the navigation takes {', '.join(left)}: see NAVIGATION_ORDER")
    return navigation


def _is_at(page: str, pattern: str, named: set[str]) -> bool:
    if page in named:
        return page == pattern
    return page.count("/") == pattern.count("/") and Path(page).match(pattern)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
