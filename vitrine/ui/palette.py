"""The colours of every figure and page, once for light and once for dark surroundings.

Chosen so that colours which stand side by side stay apart for people with protanopia, deuteranopia and tritanopia
(after Okabe and Ito, "Color Universal Design", 2008, darkened for text on white); a test measures it. A colour never
stands alone all the same: a mark, a line style or a word says the same.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Colours as `#rrggbb`; the names say what a colour means, not what it looks like."""

    page: str
    surface: str
    raised: str
    text: str
    muted: str
    line: str
    training: str
    validation: str
    test: str
    gate: str
    right: str
    wrong: str


LIGHT = Theme(
    page="#f4f2ee",
    surface="#ffffff",
    raised="#f6f5f2",
    text="#1d2126",
    muted="#5b636d",
    line="#dcd9d3",
    training="#1766a6",
    validation="#e0930c",
    test="#86c5ea",
    gate="#7a4fb5",
    right="#00735a",
    wrong="#c4401c",
)

DARK = Theme(
    page="#121417",
    surface="#1b1f24",
    raised="#242930",
    text="#e9ebee",
    muted="#a3abb6",
    line="#363d46",
    training="#4a97d6",
    validation="#f2b04a",
    test="#b5def5",
    gate="#b692f0",
    right="#45d0a6",
    wrong="#f5764e",
)

# Keyed like the splits of every prepared data set, in the order in which they are shown; some have "gate" as well.
SPLITS = ("train", "validation", "test")


def split_color(theme: Theme, split: str) -> str:
    """The colour that stands for a split in every figure."""
    return {"train": theme.training, "validation": theme.validation, "test": theme.test, "gate": theme.gate}[split]


# Classes as dots in light and in dark surroundings; where there are more classes, shapes tell them apart as well.
CLASS_COLORS = (
    ("#1766a6", "#4a97d6"),
    ("#c4401c", "#f5764e"),
    ("#00735a", "#45d0a6"),
    ("#a86a00", "#f2b04a"),
    ("#7a4fb5", "#b692f0"),
    ("#b8327f", "#f28cc8"),
    ("#11809c", "#62cfe8"),
    ("#5f6f00", "#c6d24e"),
)
