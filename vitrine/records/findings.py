"""What the checks of a data set found, and how it is kept; light to read, since no picture library is needed for it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from vitrine.records.atomic import write_text


@dataclass(frozen=True)
class Finding:
    """One kind of problem.

    Attributes:
        name: for programs, e.g. "near_copies".
        title: for people, without a number: "Nearly the same picture".
        count: how many it concerns.
        noun: of what, in the singular: "file", "picture", "group", "class".
        rows: positions in the manifest.
        done: what was done about it.
        advice: what a person can do.
        level: "warning" where results may be wrong if nothing is done.
        groups: positions that belong together (copies), else empty.
        remarks: a few words on each group, or on each row where there are no groups; may be empty.
    """

    name: str
    title: str
    count: int
    noun: str
    rows: tuple[int, ...]
    done: str
    advice: str
    level: Literal["warning", "note"] = "note"
    groups: tuple[tuple[int, ...], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def amount(self) -> str:
        """Number and noun, as people read them."""
        plural = "classes" if self.noun == "class" else f"{self.noun}s"
        return f"{self.count:,} {self.noun if self.count == 1 else plural}"


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """Keeps findings as JSON for `read_findings`."""
    write_text(path, json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False))


def read_findings(path: Path) -> list[Finding]:
    """What `write_findings` kept."""
    return [
        Finding(**{name: _as_tuple(value) for name, value in values.items()})
        for values in json.loads(path.read_text("utf-8"))
    ]


def _as_tuple(value: object) -> Any:
    return tuple(_as_tuple(one) for one in value) if isinstance(value, list) else value
