"""What the checks found, with examples to look at: the section of the data report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from PIL import Image

from vitrine.data.manifest.scan import LEFT_OUT
from vitrine.records.findings import Finding
from vitrine.ui.frame import Thumbnail, thumbnail
from vitrine.ui.palette import SPLIT_WORDS

MOST_EXAMPLES = 8  # of single pictures
MOST_GROUPS = 6
MOST_MEMBERS = 4  # of a group: the first ones tell what it is
LONGEST_SIDE = 192  # pixels; about 8 kB each

PictureOf = Callable[[int], Image.Image | None]


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


def show_findings(findings: Sequence[Finding], manifest: pd.DataFrame, picture_of: PictureOf) -> list[ShownFinding]:
    """Chooses examples of each finding and fetches their pictures.

    Args:
        findings: of `quality.find_problems`.
        manifest: the one they are about, with the columns file, label_name, split, status.
        picture_of: gives the picture of a row by its position, in its own proportions, or None where there is none
            (a file that cannot be read).
    """
    fetched: dict[int, Thumbnail | None] = {}

    def show(row: int, remark: str = "") -> Example:
        if row not in fetched:
            picture = picture_of(row)
            fetched[row] = None if picture is None else thumbnail(_shrink(picture))
        values = manifest.iloc[row]
        return Example(
            picture=fetched[row],
            file=str(values["file"]),
            label_name=str(values["label_name"]),
            split=SPLIT_WORDS.get(str(values["split"]), ""),
            remark=remark,
            is_left_out=values["status"] == LEFT_OUT,
        )

    return [_show_finding(finding, show) for finding in findings]


def _show_finding(finding: Finding, show: Callable[..., Example]) -> ShownFinding:
    remarks = finding.remarks or ("",) * max(len(finding.rows), len(finding.groups))
    groups = [
        ExampleGroup([show(row) for row in group[:MOST_MEMBERS]], remark, max(0, len(group) - MOST_MEMBERS))
        for group, remark in list(zip(finding.groups, remarks, strict=False))[:MOST_GROUPS]
    ]
    singles = () if finding.groups else finding.rows
    examples = [show(row, remark) for row, remark in list(zip(singles, remarks, strict=False))[:MOST_EXAMPLES]]
    return ShownFinding(
        name=finding.name,
        title=finding.title,
        amount=finding.amount,
        level=finding.level,
        done=finding.done,
        advice=finding.advice,
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
