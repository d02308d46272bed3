"""Asks whether the addresses that documentation, messages and recipes lead to still answer. Needs a network.

    python -m tools.check_links

Links inside the repository are checked without one: by the tests, and by the build of the site.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tools.site_links import split_fences
from tools.site_pages import written_pages

ROOT = Path(__file__).parents[1]
ADDRESS = re.compile(r"\]\((https?://[^\s()]+)\)|<(https?://[^\s<>]+)>")
# In code and recipes; what reads http there is a name of a format or this machine, what has no dot a part of a text.
IN_CODE = re.compile(r"https://[\w-]+\.[^\s\"'`<>(){}\[\]\\]+")
CODE = ("vitrine/**/*", "configs/**/*.yaml", "benchmarks/**/*.py", "findings/*", "docker/*", "requirements*.txt")
TEXTS = {".py", ".yaml", ".yml", ".jinja", ".html", ".css", ".js", ".sh", ".md", ".txt", ".Dockerfile", ""}
# A server that answers like this is there, and does not like programs.
THERE = (401, 403, 405, 429)
TIMEOUT_SECONDS = 20
AT_ONCE = 8


def main() -> int:
    """Prints each dead link with the pages that have it; exit code 1 where there is one."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    dead = find_dead([*written_pages(ROOT).values(), *code_files(ROOT)], ask)
    for address, (reason, pages) in dead.items():
        print(f"{address}: {reason}; in {', '.join(pages)}")
    print(f"{len(dead)} dead links" if dead else "every link answers")
    return 1 if dead else 0


def find_dead(pages: Iterable[Path], ask: Callable[[str], str]) -> dict[str, tuple[str, list[str]]]:
    """Addresses that do not answer, each with the reason and the pages that lead there.

    Args:
        pages: Markdown files, and files of code or settings.
        ask: gives the reason why an address does not answer; "" where it does.
    """
    places: dict[str, list[str]] = {}
    for page in pages:
        read = addresses if page.suffix == ".md" else addresses_in_code
        for address in read(page.read_text("utf-8")):
            places.setdefault(address, []).append(page.name)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reasons = dict(zip(places, pool.map(ask, places), strict=True))
    return {address: (reason, places[address]) for address, reason in reasons.items() if reason}


def addresses(text: str) -> list[str]:
    """Addresses of other sites that a Markdown text links to, each once; what is code is not a link."""
    prose = "".join(part for part, in_fence in split_fences(text) if not in_fence)
    return list(dict.fromkeys((one or other).split("#")[0] for one, other in ADDRESS.findall(prose)))


def addresses_in_code(text: str) -> list[str]:
    """Addresses of other sites in a program, a message or a recipe, each once."""
    return list(dict.fromkeys(found.split("#")[0].rstrip(".,;:") for found in IN_CODE.findall(text)))


def code_files(root: Path) -> list[Path]:
    """Files of the repository that may name addresses, without the pages of the documentation.

    Args:
        root: of the repository.
    """
    found = {path for pattern in CODE for path in root.glob(pattern) if path.is_file() and path.suffix in TEXTS}
    return sorted(path for path in found if "__pycache__" not in path.parts)


def ask(address: str) -> str:
    """Why an address does not answer; "" where it does."""
    request = Request(address, headers={"User-Agent": "Mozilla/5.0 (link check)"})  # noqa: S310 (http by ADDRESS)
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
            return ""
    except HTTPError as error:
        return "" if error.code in THERE else f"answers {error.code}"
    except (URLError, TimeoutError, OSError) as error:
        return f"does not answer ({getattr(error, 'reason', error)})"


if __name__ == "__main__":
    sys.exit(main())
