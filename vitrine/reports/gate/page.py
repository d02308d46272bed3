"""gate.html: what a retrained model learned, what it was asked, and why it was accepted or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from vitrine.data.manifest.split_names import GATE as GATE_SPLIT
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.records.atomic import write_text
from vitrine.records.gate import GATE_REPORT, GateReport
from vitrine.reports.gate.words import claim, describe_check, explain, say_learned, say_new_class
from vitrine.ui.frame import Thumbnail, render, thumbnail
from vitrine.ui.texts import Language, load_texts

MOST_SHOWN = 24  # pictures of which the answer changed, of each kind
SIDE = 160  # pixels


@dataclass(frozen=True)
class Changed:
    """A picture of the gate that only one of the models names rightly."""

    picture: Thumbnail
    file: str
    label_name: str
    before: str
    now: str


def write_gate_page(
    folder: Path, report: GateReport, answers: pd.DataFrame, prepared: PreparedDataset, language: Language
) -> None:
    """Writes the page.

    Args:
        folder: takes gate.html.
        report: of the retraining.
        answers: one row per picture of the gate: file, label_name, before, now.
        prepared: data set that the retrained model learned from.
        language: of the page.
    """
    texts = load_texts(language)
    right_before, right_now = (answers[when] == answers["label_name"] for when in ("before", "now"))
    lost, gained = answers[right_before & ~right_now], answers[right_now & ~right_before]
    content = {
        "report": report,
        "claim": claim(report, texts),
        "explanation": explain(report.findings, texts),
        "learned": say_learned(report.learned, texts),
        "rows": [describe_check(check, texts) for check in report.findings.checks],
        "new_classes": [say_new_class(new, texts) for new in report.findings.new_classes],
        "changed": {
            "lost": (len(lost), _show(lost, prepared)),
            "gained": (len(gained), _show(gained, prepared)),
        },
        "other": int(((answers["before"] != answers["now"]) & ~right_before & ~right_now).sum()),
        "pictures": len(answers),
    }
    write_text(folder / GATE_REPORT, render("gate/page.html.jinja", content, texts))


def _show(rows: pd.DataFrame, prepared: PreparedDataset) -> Sequence[Changed]:
    split = prepared.splits[GATE_SPLIT]
    places = {file: place for place, file in enumerate(split["file"])}
    return [
        Changed(
            thumbnail(prepared.show(split[places[row["file"]]], SIDE)),
            row["file"],
            row["label_name"],
            row["before"],
            row["now"],
        )
        for row in rows.head(MOST_SHOWN).to_dict("records")
    ]
