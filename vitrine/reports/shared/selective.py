"""When the model does not answer: the section on thresholds, and what they do."""

from dataclasses import dataclass

from vitrine.records.selective import DecisionShare, Rejection
from vitrine.reports.shared.reliability_plots import risk_curve
from vitrine.ui.figures import inline_figure
from vitrine.ui.sentences.rejection import tell_claim, tell_similarity, tell_threshold
from vitrine.ui.texts import Texts


@dataclass(frozen=True)
class DecisionRow:
    """One decision as the page shows it.

    Attributes:
        name: in words.
        share: of the test pictures.
        pictures: how many.
        right: what became of them, in words.
    """

    name: str
    share: float
    pictures: int
    right: str


def show_rejection(rejection: Rejection, texts: Texts) -> dict[str, object]:
    """The content of `shared/selective.html.jinja`, which finds it under `rejection`.

    Args:
        rejection: the section of metrics.json.
        texts: of the page's language.
    """
    return {
        "claim": tell_claim(rejection, texts),
        "threshold": tell_threshold(rejection, texts),
        "similarity": tell_similarity(rejection, texts),
        "rows": [_show_decision(row, rejection.pictures, texts) for row in rejection.decisions],
        "caption": texts("rejection.decisions", count=rejection.pictures),
        "figure": inline_figure(lambda theme: risk_curve(rejection, texts, theme)),
    }


def _show_decision(row: DecisionShare, pictures: int, texts: Texts) -> DecisionRow:
    found = "right_of_two" if row.decision == "unsure" else "right"
    share = texts.percent(getattr(row, found) / row.pictures, 1) if row.pictures else ""
    return DecisionRow(
        name=texts(f"rejection.names.{row.decision}"),
        share=row.pictures / pictures,
        pictures=row.pictures,
        right=texts(f"rejection.found.{row.decision}", share=share) if row.pictures else "",
    )
