"""When a model does not answer, in sentences."""

from vitrine.records.selective import Rejection
from vitrine.ui.texts import Texts


def tell_rejection(rejection: Rejection, texts: Texts) -> list[str]:
    """When the model does not answer, in sentences.

    Args:
        rejection: the section of metrics.json.
        texts: of the page's language.
    """
    threshold = tell_threshold(rejection, texts)
    return [tell_claim(rejection, texts), *([threshold] if threshold else []), tell_similarity(rejection, texts)]


def tell_claim(rejection: Rejection, texts: Texts) -> str:
    """Whether its answers kept the precision that was asked for; arguments as for `tell_rejection`."""
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


def tell_threshold(rejection: Rejection, texts: Texts) -> str:
    """From which probability on it answers; "" where it never does. Arguments as for `tell_rejection`."""
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


def tell_similarity(rejection: Rejection, texts: Texts) -> str:
    """When it says that a picture is of none of its classes; arguments as for `tell_rejection`."""
    if rejection.similarity_threshold is None or rejection.refused is None or rejection.validation_refused is None:
        return texts("rejection.no_similarity")
    return texts(
        "rejection.similarity",
        threshold=texts.number(rejection.similarity_threshold, 3),
        neighbors=texts.number(rejection.neighbors or 0),
        validation=texts.percent(rejection.validation_refused, 1),
        test=texts.percent(rejection.refused, 1),
    )


def _decimals(share: float) -> int:
    """None for 95 %, one for 99.5 %."""
    return 0 if abs(100 * share - round(100 * share)) < 1e-6 else 1
