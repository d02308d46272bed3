"""The decisions of DESIGN.md, a page each, so that each has an address."""

import re
from dataclasses import dataclass

HEADING = "## Decisions\n"
ONE = re.compile(r"^(?P<number>\d+)\. (?=\*\*)", re.MULTILINE)
SENTENCE_END = re.compile(r"(?<!\.)[.:,]$")  # not the last of three points, which stand for more
TITLE = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


@dataclass(frozen=True)
class Decision:
    """A decision.

    Attributes:
        number: as others refer to it.
        title: its first words, as Markdown.
        text: all of it, the title too.
    """

    number: int
    title: str
    text: str

    @property
    def page(self) -> str:
        """Its file in the folder of decisions."""
        return f"{self.number:03d}.md"


def split_decisions(design: str) -> list[Decision]:
    """All decisions of DESIGN.md, in order."""
    section = _section(design)
    starts = list(ONE.finditer(section))
    ends = [*(start.start() for start in starts[1:]), len(section)]
    return [_read(start, section[start.end() : end]) for start, end in zip(starts, ends, strict=True)]


def decision_pages(design: str) -> dict[str, str]:
    """A page for each, and one that lists them."""
    decisions = split_decisions(design)
    rows = "\n".join(f"{one.number}. [{one.title}]({one.page})" for one in decisions)
    index = f"# Decisions\n\nWhy it is as it is: what was chosen, what was considered, what was measured.\n\n{rows}\n"
    pages = {f"decisions/{one.page}": f"# {one.number}. {one.title}\n\n{one.text}\n" for one in decisions}
    return {"decisions/index.md": index, **pages}


def design_page(design: str) -> str:
    """The overview, which leads to the decisions instead of holding them."""
    return design.replace(_section(design), "\nEach decision has [a page of its own](decisions/index.md).\n\n")


def _section(design: str) -> str:
    after = design.split(HEADING, 1)[1]
    return after[: end.start()] if (end := re.search(r"^## ", after, re.MULTILINE)) else after


def _read(start: re.Match[str], text: str) -> Decision:
    lines = [line.removeprefix(" " * 4) if line.startswith("    ") else line.lstrip() for line in text.splitlines()]
    flat = "\n".join(lines).strip()
    found = TITLE.match(flat)
    title = " ".join((found[1] if found else flat.split(".")[0]).split())
    return Decision(int(start["number"]), SENTENCE_END.sub("", title), flat)
