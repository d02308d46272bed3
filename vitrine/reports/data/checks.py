"""What the checks found, with examples to look at: the section of the data report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from PIL import Image

from vitrine.data.manifest.scan import LEFT_OUT
from vitrine.records.findings import Finding
from vitrine.ui.frame import Thumbnail, thumbnail
from vitrine.ui.stored import translate
from vitrine.ui.texts import Texts

MOST_EXAMPLES = 8  # of single pictures
MOST_GROUPS = 6
MOST_MEMBERS = 4  # of a group: the first ones tell what it is
LONGEST_SIDE = 192  # pixels; about 8 kB each

ImageOf = Callable[[int], Image.Image | None]


@dataclass(frozen=True)
class Example:
    """One picture of a finding; `picture` is None where there is none to show."""

    picture: Thumbnail | None
    file: str
    label_name: str
    split: str
    remark: str
    is_left_out: bool


@dataclass(frozen=True)
class ExampleGroup:
    """Pictures that belong together; `more` counts those that are not shown."""

    members: list[Example]
    remark: str
    more: int


@dataclass(frozen=True)
class ShownFinding:
    """A finding as the page shows it: `examples` of single pictures, or `groups`; `more` counts what is not shown."""

    name: str
    title: str
    amount: str
    level: str
    done: str
    advice: str
    examples: list[Example]
    groups: list[ExampleGroup]
    more: int


def show_findings(
    findings: Sequence[Finding], manifest: pd.DataFrame, picture_of: ImageOf, texts: Texts
) -> list[ShownFinding]:
    """Chooses examples of each finding and fetches their pictures.

    Args:
        findings: of `quality.find_problems`.
        manifest: the one they are about, or of it the rows of `list_rows` with their numbers as index; with the columns
            file, label_name, split, status.
        picture_of: gives the picture of a row by its position, in its own proportions, or None where there is none
            (a file that cannot be read).
        texts: of the page's language.
    """
    fetched: dict[int, Thumbnail | None] = {}

    def show(row: int, remark: str = "") -> Example:
        if row not in fetched:
            picture = picture_of(row)
            fetched[row] = None if picture is None else thumbnail(_shrink(picture))
        values = manifest.loc[row]
        return Example(
            picture=fetched[row],
            file=str(values["file"]),
            label_name=str(values["label_name"]),
            split=texts(f"common.splits.{values['split']}") if values["split"] else "",
            remark=translate(remark, texts),
            is_left_out=bool(values["status"] == LEFT_OUT),
        )

    return [_show_finding(finding, show, texts) for finding in findings]


def list_rows(findings: Sequence[Finding]) -> list[int]:
    """Rows of the manifest of which pictures are shown."""
    groups = [group[:MOST_MEMBERS] for finding in findings for group in finding.groups[:MOST_GROUPS]]
    singles = [finding.rows[:MOST_EXAMPLES] for finding in findings if not finding.groups]
    return [row for rows in (*groups, *singles) for row in rows]


def say_amount(finding: Finding, texts: Texts) -> str:
    """How many of what a finding concerns."""
    return texts(f"data.checks.amounts.{finding.noun}", count=finding.count)


def _show_finding(finding: Finding, show: Callable[..., Example], texts: Texts) -> ShownFinding:
    remarks = finding.remarks or ("",) * max(len(finding.rows), len(finding.groups))
    groups = [
        ExampleGroup(
            [show(row) for row in group[:MOST_MEMBERS]], translate(remark, texts), max(0, len(group) - MOST_MEMBERS)
        )
        for group, remark in list(zip(finding.groups, remarks, strict=False))[:MOST_GROUPS]
    ]
    singles = () if finding.groups else finding.rows
    examples = [show(row, remark) for row, remark in list(zip(singles, remarks, strict=False))[:MOST_EXAMPLES]]
    return ShownFinding(
        name=finding.name,
        title=translate(finding.title, texts),
        amount=say_amount(finding, texts),
        level=finding.level,
        done=translate(finding.done, texts),
        advice=translate(finding.advice, texts),
        examples=examples,
        groups=groups,
        more=len(finding.groups) - len(groups) + len(singles) - len(examples),
    )


def _shrink(picture: Image.Image) -> Image.Image:
    """To thumbnail size; small pictures stay as they are, so that their pixels can be shown as such."""
    scale = LONGEST_SIDE / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
