"""Links of a Markdown file, led from where it lies in the repository to where it lies in the site."""

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?P<address>[^()\s]+)\)")
FENCE = re.compile(r"^ *```", re.MULTILINE)
HEAD = re.compile(r"\A---\n.*?\n---\n+", re.DOTALL)
ELSEWHERE = ("http://", "https://", "mailto:", "#")


def adapt_links(source: Path, target: str, targets: Mapping[Path, str], root: Path) -> str:
    """The text of a page, without the head that is for another program, and with its links as `lead_links` has them."""
    return lead_links(HEAD.sub("", source.read_text("utf-8")), source, target, targets, root)


def lead_links(text: str, source: Path, target: str, targets: Mapping[Path, str], root: Path) -> str:
    """A text in Markdown, with its links as the site needs them.

    A link to a file that is not a page (a recipe, a Dockerfile) becomes its text; one that leads nowhere is left as it
    is, for the generator to complain of.

    Args:
        text: of the file, as a page.
        source: the file.
        target: its place in the site.
        targets: place in the site of each file that has one.
        root: of the repository.
    """

    def lead(found: re.Match[str]) -> str:
        address, _, anchor = found["address"].partition("#")
        if found["address"].startswith(ELSEWHERE):
            return found[0]
        place = (source.parent / address).resolve()
        if place in targets:
            to = posixpath.relpath(targets[place], posixpath.dirname(target) or ".")
            return f"{found['image']}[{found['text']}]({to}{'#' + anchor if anchor else ''})"
        return found["text"] if place.is_relative_to(root) and place.exists() else found[0]

    return "".join(part if in_fence else LINK.sub(lead, part) for part, in_fence in split_fences(text))


def split_fences(text: str) -> list[tuple[str, bool]]:
    """Parts of a Markdown text in order, each with whether it is a block of code, fences included."""
    parts, inside, lines = [], False, []
    for line in text.splitlines(keepends=True):
        if FENCE.match(line) and not inside:
            parts.append(("".join(lines), False))
            lines, inside = [line], True
        elif FENCE.match(line):
            parts.append(("".join([*lines, line]), True))
            lines, inside = [], False
        else:
            lines.append(line)
    return [*parts, ("".join(lines), inside)]
