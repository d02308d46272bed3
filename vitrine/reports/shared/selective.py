"""When the model does not answer: the section on thresholds, and what they do."""

from dataclasses import dataclass

from vitrine.records.selective import DecisionShare, Rejection
from vitrine.reports.shared.reliability_plots import risk_curve
from vitrine.ui.figures import inline_figure
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
        "claim": _claim(rejection, texts),
        "threshold": _describe_threshold(rejection, texts),
        "similarity": _describe_similarity(rejection, texts),
        "rows": [_show_decision(row, rejection.pictures, texts) for row in rejection.decisions],
        "caption": texts("rejection.decisions", count=rejection.pictures),
        "figure": inline_figure(lambda theme: risk_curve(rejection, texts, theme)),
    }


def tell_rejection(rejection: Rejection, texts: Texts) -> list[str]:
    """The same in sentences alone, for a text without figures; arguments as for `show_rejection`."""
    threshold = _describe_threshold(rejection, texts)
    return [_claim(rejection, texts), *([threshold] if threshold else []), _describe_similarity(rejection, texts)]


def _claim(rejection: Rejection, texts: Texts) -> str:
    asked = texts.percent(rejection.precision, _decimals(rejection.precision))
    if rejection.why_never is not None:
        words = {"precision": asked, "count": rejection.validation_pictures, "basis": _name_basis(rejection, texts)}
        return texts(f"rejection.never.{rejection.why_never}", **words)
    if rejection.accuracy_answered is None or rejection.accuracy_answered_interval is None:
        return texts("rejection.nothing_answered", precision=asked)
    kept = "kept" if rejection.accuracy_answered >= rejection.precision else "broken"
    claim = texts(
        f"rejection.{kept}",
        answered=texts.percent(rejection.coverage, 1),
        right=texts.percent(rejection.accuracy_answered, 1),
        interval=texts.interval(*rejection.accuracy_answered_interval, decimals=1),
        precision=asked,
    )
    return claim if rejection.proven else f"{claim} {texts('rejection.unproven')}"


def _describe_threshold(rejection: Rejection, texts: Texts) -> str:
    if rejection.confidence_threshold is None:
        return ""
    return texts(
        "rejection.threshold" if rejection.proven else "rejection.threshold_unproven",
        threshold=texts.percent(rejection.confidence_threshold, 1),
        precision=texts.percent(rejection.precision, _decimals(rejection.precision)),
        lost=texts.percent(1 - rejection.validation_coverage, 1),
        basis=_name_basis(rejection, texts),
    )


def _name_basis(rejection: Rejection, texts: Texts) -> str:
    return texts(f"common.basis.{rejection.basis}", count=rejection.validation_pictures)


def _describe_similarity(rejection: Rejection, texts: Texts) -> str:
    if rejection.similarity_threshold is None or rejection.refused is None or rejection.validation_refused is None:
        return texts("rejection.no_similarity")
    return texts(
        "rejection.similarity",
        threshold=texts.number(rejection.similarity_threshold, 3),
        neighbors=texts.number(rejection.neighbors or 0),
        validation=texts.percent(rejection.validation_refused, 1),
        test=texts.percent(rejection.refused, 1),
    )


def _show_decision(row: DecisionShare, pictures: int, texts: Texts) -> DecisionRow:
    found = "right_of_two" if row.decision == "unsure" else "right"
    share = texts.percent(getattr(row, found) / row.pictures, 1) if row.pictures else ""
    return DecisionRow(
        name=texts(f"rejection.names.{row.decision}"),
        share=row.pictures / pictures,
        pictures=row.pictures,
        right=texts(f"rejection.found.{row.decision}", share=share) if row.pictures else "",
    )


def _decimals(share: float) -> int:
    """None for 95 %, one for 99.5 %."""
    return 0 if abs(100 * share - round(100 * share)) < 1e-6 else 1
