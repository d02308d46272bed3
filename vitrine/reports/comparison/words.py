"""What the figures of a comparison say, in sentences of the reader's language."""

from collections.abc import Sequence
from typing import Literal

from vitrine.records.comparison import ComparisonFigures, PairFigures, Spread, VariantFigures
from vitrine.records.difference import Verdict
from vitrine.ui.texts import Texts

# Below this many runs of each variant the spread between seeds is a guess.
FEW_RUNS = 3


def points(value: float, texts: Texts, sign: bool = False) -> str:
    """Percentage points with one decimal: "1.1", "+1.1"; what rounds to nothing has no sign."""
    return ("+" if sign and round(value, 1) > 0 else "") + texts.number(value, 1)


def judgement(pair: PairFigures, texts: Texts) -> str:
    """What may be said: "not shown to help", "shown to be better" ..."""
    difference = pair.difference
    if difference.verdict is not Verdict.NOT_SHOWN:
        return texts(f"comparison.verdict.{difference.verdict.value}")
    helps = round(difference.points, 1) > 0
    return texts("comparison.verdict.not_shown_to_help" if helps else "comparison.verdict.no_difference")


def measured(pair: PairFigures, texts: Texts) -> str:
    """The difference: "+1.1 points, interval -0.2 to 2.4: not shown to help"."""
    low, high = pair.difference.interval
    return texts(
        "comparison.measured",
        points=points(pair.difference.points, texts, sign=True),
        low=points(low, texts),
        high=points(high, texts),
        judgement=judgement(pair, texts),
    )


def sentence(pair: PairFigures, texts: Texts) -> str:
    """With names: "light against none: +1.1 points, interval -0.2 to 2.4: not shown to help"."""
    return texts("comparison.sentence", variant=pair.variant, base=pair.base, measured=measured(pair, texts))


def spread(figure: Spread, texts: Texts, decimals: int = 1) -> str:
    """A share with its standard deviation: "96.4 % ± 0.8"."""
    if figure.deviation is None:
        return texts.percent(figure.mean, decimals)
    return f"{texts.percent(figure.mean, decimals)} ± {texts.number(100 * figure.deviation, decimals)}"


def answer(figures: ComparisonFigures, texts: Texts) -> tuple[str, str]:
    """The claim, and what it rests on."""
    if not figures.variants:
        return texts("comparison.nothing.claim"), texts("comparison.nothing.evidence")
    if not figures.pairs:
        return _answer_for_one(figures.variants[0], texts)
    with_reference = [pair for pair in figures.pairs if pair.base == figures.reference] or figures.pairs[:1]
    if len(figures.pairs) == 1:
        return _answer_for_two(figures, with_reference[0], texts)
    return _answer_for_several(figures, with_reference, texts)


def _answer_for_one(variant: VariantFigures, texts: Texts) -> tuple[str, str]:
    low, high = variant.accuracy_interval
    claim = texts("comparison.one.claim", name=variant.name, accuracy=texts.percent(variant.accuracy.mean, 1))
    if variant.accuracy.deviation is None:
        return claim, texts("comparison.one.single", interval=texts.interval(low, high, 1))
    deviation = points(100 * variant.accuracy.deviation, texts)
    return claim, texts(
        "comparison.one.evidence", count=variant.runs, deviation=deviation, interval=texts.interval(low, high, 1)
    )


def _answer_for_two(figures: ComparisonFigures, pair: PairFigures, texts: Texts) -> tuple[str, str]:
    claim = texts(f"comparison.two.{pair.difference.verdict.value}", base=pair.base, variant=pair.variant)
    by_name = {variant.name: variant for variant in figures.variants}
    base, variant = by_name[pair.base], by_name[pair.variant]
    values = {
        "base_accuracy": texts.percent(base.accuracy.mean, 1),
        "variant_accuracy": texts.percent(variant.accuracy.mean, 1),
        "measured": measured(pair, texts),
    }
    if not base.cpu_seconds.mean:
        return claim, texts("comparison.two.evidence_without_time", **values)
    times = texts.number(variant.cpu_seconds.mean / base.cpu_seconds.mean, 1)
    return claim, texts("comparison.two.evidence", variant=pair.variant, times=times, **values)


def _answer_for_several(figures: ComparisonFigures, pairs: Sequence[PairFigures], texts: Texts) -> tuple[str, str]:
    better = [pair.variant for pair in pairs if pair.difference.verdict is Verdict.BETTER]
    best = max(figures.variants, key=lambda variant: variant.accuracy.mean)
    base = pairs[0].base
    if better:
        key = "one" if len(better) == 1 else "other"
        claim = texts(f"comparison.several.better.{key}", names=texts.join(better), base=base)
    else:
        claim = texts("comparison.several.none", base=base)
    evidence = texts("comparison.several.highest", name=best.name, accuracy=texts.percent(best.accuracy.mean, 1))
    shown = [pair for pair in pairs if pair.variant == best.name]
    if shown:
        evidence += " " + texts("comparison.several.against", base=base, measured=measured(shown[0], texts))
    return claim, evidence


def notes(figures: ComparisonFigures, texts: Texts) -> list[tuple[Literal["warning", "note"], str]]:
    """What a reader must know before believing the answer: (level, sentence)."""
    found: list[tuple[Literal["warning", "note"], str]] = []
    if figures.failures:
        found.append(("warning", texts("comparison.notes.failed", count=len(figures.failures))))
    waiting = figures.planned - len(figures.runs) - len(figures.failures)
    if waiting:
        found.append(
            ("warning", texts("comparison.notes.waiting", count=waiting, planned=texts.number(figures.planned)))
        )
    fewest = min((variant.runs for variant in figures.variants), default=0)
    if fewest == 1:
        found.append(("warning", texts("comparison.notes.one_run")))
    elif 1 < fewest < FEW_RUNS:
        found.append(("note", texts("comparison.notes.few_runs", count=fewest)))
    if any(pair.way == "other_pictures" for pair in figures.pairs):
        found.append(("warning", texts("comparison.notes.other_pictures")))
    if any(pair.way == "other_seeds" for pair in figures.pairs):
        found.append(("note", texts("comparison.notes.other_seeds")))
    if len(figures.variants) > 2:
        found.append(("note", texts("comparison.notes.chosen")))
    if figures.folds is not None:
        found.append(("note", texts("comparison.notes.folds", folds=figures.folds)))
    return found
