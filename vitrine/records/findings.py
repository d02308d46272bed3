"""What the checks of a data set found, and how it is kept; light to read, since no picture library is needed for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from vitrine.errors import UserError
from vitrine.records.atomic import write_bytes
from vitrine.records.schema import Count, Record


class Finding(Record):
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
    count: Count
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


_FINDINGS = TypeAdapter(list[Finding])


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """Keeps findings as JSON for `read_findings`."""
    write_bytes(path, _FINDINGS.dump_json(list(findings), indent=1))


def read_findings(path: Path) -> list[Finding]:
    """What `write_findings` kept.

    Raises:
        UserError: the file is missing, or another version of Vitrine wrote it.
    """
    try:
        return _FINDINGS.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run python data_prep.py again") from None
    except ValidationError as error:
        raise UserError(f"{path} is not as this version writes it; run python data_prep.py again") from error
