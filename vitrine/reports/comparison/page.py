"""The page of a comparison: the answer first, then every figure that it rests on."""

from collections.abc import Sequence
from pathlib import Path

from vitrine.records.atomic import write_text
from vitrine.records.comparison import ComparisonFigures, PairFigures, Spread, VariantFigures
from vitrine.records.difference import Verdict
from vitrine.reports.comparison.plots import Gap, Row, accuracy_against_time, accuracy_dots, difference_bars
from vitrine.reports.comparison.words import answer, judgement, notes, points, spread
from vitrine.reports.shared.run_curves import MOST_NAMES, RunCurve, read_run_curve, run_curves
from vitrine.ui.figures import inline_figure
from vitrine.ui.frame import render
from vitrine.ui.sentences.verdict import Notice
from vitrine.ui.texts import Texts

PAGE = "comparison.html"
MOST_CHANGES = 30  # rows of the table of what differs
SMALLEST_P = 0.001
NOT_KNOWN = "-"  # with one training, or in figures of an earlier build


def write_comparison_page(figures: ComparisonFigures, folder: Path, texts: Texts) -> Path:
    """Writes `comparison.html`, one file that needs no network.

    Args:
        figures: of the comparison.
        folder: of the comparison; the curves are those of the run folders that are still in it.
        texts: of the page's language.

    Returns:
        The page's path.
    """
    claim, evidence = answer(figures, texts)
    with_reference = [pair for pair in figures.pairs if pair.base == figures.reference]
    rows = [_plot_row(figures, variant) for variant in figures.variants]
    gaps = [_gap(pair) for pair in with_reference]
    curves = _read_curves(figures, folder)
    content = {
        "figures": figures,
        "claim": claim,
        "evidence": evidence,
        "notices": [Notice(level, text) for level, text in notes(figures, texts)],
        "variants": [_table_row(variant, figures.reference, texts) for variant in figures.variants],
        "spread": [_spread_row(figures, variant, texts) for variant in figures.variants],
        "curves": inline_figure(lambda theme: run_curves(curves, texts, theme)) if curves else None,
        "pairs": [_pair_row(pair, texts) for pair in figures.pairs],
        "dots": inline_figure(lambda theme: accuracy_dots(rows, texts, theme)) if rows else None,
        "bars": inline_figure(lambda theme: difference_bars(gaps, figures.reference, texts, theme)) if gaps else None,
        "times": inline_figure(lambda theme: accuracy_against_time(rows, texts, theme)) if rows else None,
        "cpu_in_all": texts.duration(sum(run.cpu_seconds for run in figures.runs)),
        "devices": "; ".join(dict.fromkeys(run.device for run in figures.runs)),
        "changes": figures.changes[:MOST_CHANGES],
        "more_changes": max(0, len(figures.changes) - MOST_CHANGES),
        "test_pictures": _test_pictures(figures.variants, texts),
        "seeds": ", ".join(map(str, figures.seeds)),
    }
    page = folder / PAGE
    write_text(page, render("comparison/page.html.jinja", content, texts))
    return page


def _plot_row(figures: ComparisonFigures, variant: VariantFigures) -> Row:
    values = tuple(run.accuracy for run in figures.runs if run.variant == variant.name)
    return Row(variant.name, values, variant.accuracy.mean, variant.accuracy_interval, variant.seconds.mean)


def _gap(pair: PairFigures) -> Gap:
    difference = pair.difference
    return Gap(pair.variant, difference.points, difference.interval, difference.verdict is not Verdict.NOT_SHOWN)


def _table_row(variant: VariantFigures, reference: str, texts: Texts) -> dict[str, object]:
    low, high = variant.accuracy_interval
    return {
        "name": variant.name,
        "is_reference": variant.name == reference,
        "runs": texts.number(variant.runs),
        "test": spread(variant.accuracy, texts),
        "interval": texts.interval(low, high, 1),
        "macro_f1": _plain(variant.macro_f1, texts),
        "kappa": _plain(variant.cohen_kappa, texts),
        "validation": spread(variant.validation_accuracy, texts),
        "training": spread(variant.training_accuracy, texts),
        "time": texts.duration(variant.seconds.mean),
        "epoch_seconds": _duration(variant.epoch_seconds, texts),
        "validation_seconds": _duration(variant.validation_seconds, texts),
        "cpu": texts.duration(variant.cpu_seconds.mean),
        "speed": texts.number(variant.images_per_second.mean),
        "parameters": texts.number(variant.parameters),
        "trained": texts.number(variant.trainable_parameters),
    }


def _spread_row(figures: ComparisonFigures, variant: VariantFigures, texts: Texts) -> dict[str, object]:
    values = [run.accuracy for run in figures.runs if run.variant == variant.name]
    deviation, variance = variant.accuracy.deviation, variant.accuracy.variance
    return {
        "name": variant.name,
        "test_loss": _plain(variant.test_loss, texts),
        "validation_loss": _plain(variant.validation_loss, texts),
        "lowest": texts.percent(min(values), 1),
        "highest": texts.percent(max(values), 1),
        "deviation": NOT_KNOWN if deviation is None else texts.number(100 * deviation, 2),
        "variance": NOT_KNOWN if variance is None else texts.number(100**2 * variance, 2),
    }


def _read_curves(figures: ComparisonFigures, folder: Path) -> list[RunCurve]:
    shown = {variant.name for variant in figures.variants[:MOST_NAMES]}
    found = [read_run_curve(run.variant, folder / run.folder) for run in figures.runs if run.variant in shown]
    return [curve for curve in found if curve is not None]


def _duration(figure: Spread | None, texts: Texts) -> str:
    return NOT_KNOWN if figure is None else texts.duration(figure.mean)


def _plain(figure: Spread | None, texts: Texts) -> str:
    if figure is None:
        return NOT_KNOWN
    mean = texts.number(figure.mean, 3)
    return mean if figure.deviation is None else f"{mean} ± {texts.number(figure.deviation, 3)}"


def _pair_row(pair: PairFigures, texts: Texts) -> dict[str, object]:
    difference = pair.difference
    low, high = difference.interval
    remark = {
        "paired": "",
        "other_seeds": texts("comparison.differences.other_seeds"),
        "other_pictures": texts("comparison.differences.unpaired"),
    }[pair.way]
    return {
        "name": texts("comparison.differences.against", variant=pair.variant, base=pair.base),
        "points": points(difference.points, texts, sign=True),
        "interval": texts("common.interval", low=points(low, texts), high=points(high, texts)),
        "p": _probability(difference.p, texts),
        "p_holm": _probability(difference.p_holm, texts),
        "says": judgement(pair, texts),
        "verdict": difference.verdict.value,
        "remark": remark,
    }


def _probability(p: float, texts: Texts) -> str:
    return texts("comparison.differences.below") if p < SMALLEST_P else texts.number(p, 3)


def _test_pictures(variants: Sequence[VariantFigures], texts: Texts) -> str:
    counts = dict.fromkeys(variant.test_pictures for variant in variants)
    return " / ".join(texts.number(count) for count in counts)
