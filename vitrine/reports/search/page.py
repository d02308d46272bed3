"""The page of a search: what it gained, what it found, what it cost; verdict first."""

from typing import Any

from vitrine.records.difference import Difference
from vitrine.records.search import ParameterRecord, SearchResult, TrialRecord
from vitrine.reports.search.plots import parallel_coordinates, parameter_importance, place_on_axis, search_history
from vitrine.ui.figures import inline_figure
from vitrine.ui.frame import render
from vitrine.ui.sentences.verdict import Notice
from vitrine.ui.texts import Texts

PAGE = "search.html"
MOST_REASONS = 5


def tell_gain(result: SearchResult, texts: Texts) -> str:
    """The sentence on top: the gain on the test pictures with its interval, and what it means."""
    if result.gain is not None:
        return texts("search.verdict.gain", gain=_points(result.gain, texts), meaning=_meaning(result.gain, texts))
    return texts("search.verdict.nothing" if result.found_nothing else "search.verdict.not_measured")


def _points(gain: Difference, texts: Texts) -> str:
    """The gain in points and its interval, as a phrase."""
    low, high = (texts.number(end, 1) for end in gain.interval)
    sign = "+" if round(gain.points, 1) > 0 else ""
    return texts("search.verdict.points", points=f"{sign}{texts.number(gain.points, 1)}", low=low, high=high)


def _meaning(gain: Difference, texts: Texts) -> str:
    return texts(f"search.verdict.{gain.verdict.value}")


def render_search_page(result: SearchResult, recipe: str, address: str, texts: Texts) -> str:
    """The whole page.

    Args:
        result: of the search.
        recipe: the best one, as text.
        address: of its file, for train.py.
        texts: language of the page.
    """
    has_importance = all(parameter.importance is not None for parameter in result.parameters)
    content: dict[str, Any] = {
        "result": result,
        "sentence": tell_gain(result, texts),
        "evidence": _give_evidence(result, texts),
        "notices": find_notices(result, texts),
        "cost_words": tell_cost(result, texts),
        "parameters": sorted(result.parameters, key=lambda parameter: -(parameter.importance or 0.0)),
        "ranges": {parameter.name: write_range(parameter, texts) for parameter in result.parameters},
        "history": inline_figure(lambda theme: search_history(result, texts, theme)),
        "lines": inline_figure(lambda theme: parallel_coordinates(result, texts, theme)),
        "importance": inline_figure(lambda theme: parameter_importance(result.parameters, texts, theme))
        if has_importance
        else None,
        "reasons": count_reasons(result),
        "figures": {trial.number: _write_figure(result, trial, texts) for trial in result.trials},
        "values": {trial.number: _write_values(trial) for trial in result.trials},
        "recipe": recipe,
        "address": address,
    }
    return render("search/page.html.jinja", content, texts)


def _give_evidence(result: SearchResult, texts: Texts) -> str:
    gain = result.gain
    if gain is not None:
        return texts(
            "search.verdict.evidence",
            before=texts.percent(gain.base_accuracy, 1),
            best=texts.percent(gain.variant_accuracy, 1),
            pictures=texts("common.test_pictures", count=gain.pictures),
            seeds=texts("search.trainings", count=len(result.seeds)),
        )
    best, default = result.best_trial, result.default_trial
    if default is None or result.found_nothing:
        return texts("search.verdict.best_alone", best=_write_figure(result, best, texts))
    return texts(
        "search.verdict.validation_only",
        best=_write_figure(result, best, texts),
        before=_write_figure(result, default, texts),
    )


def write_range(parameter: ParameterRecord, texts: Texts) -> str:
    """What was searched, in the page's language; names and choices stay as a recipe writes them."""
    if parameter.low is None or parameter.high is None:
        return parameter.words
    key = "search.found.log_range" if parameter.is_log else "search.found.plain_range"
    return texts(key, low=f"{parameter.low:g}", high=f"{parameter.high:g}")


def tell_cost(result: SearchResult, texts: Texts) -> list[str]:
    """What the computing was spent on, in sentences."""
    spent = {
        state: texts.duration(sum(trial.seconds or 0.0 for trial in result.trials if trial.state == state))
        for state in ("pruned", "complete")
    }
    whole = texts.duration(result.cost.trial_seconds + result.cost.final_seconds)
    words = [texts("search.cost.share", **spent)]
    if result.gain is None:
        words.append(texts("search.cost.whole_alone", time=whole))
    else:
        one = result.cost.final_seconds / sum(result.gain.seeds)
        words.append(texts("search.cost.whole", time=whole, one=texts.duration(one)))
    if result.cost.retried:
        words.append(texts("search.cost.retried", count=result.cost.retried))
    return words


def _write_figure(result: SearchResult, trial: TrialRecord, texts: Texts) -> str:
    figure = result.figure(trial)
    if figure is None:
        return ""
    if result.objective == "validation_loss":
        return texts("search.loss", value=texts.number(figure, 4))
    return texts("search.accuracy", value=texts.percent(figure, 1))


def _write_values(trial: TrialRecord) -> str:
    """`filters [32, 64], dropout 0.12`: the last part of a name says enough beside its neighbours."""
    parts = [
        f"{name.rsplit('.', 1)[-1]} {value if isinstance(value, str) else f'{value:.3g}'}"
        for name, value in trial.values.items()
    ]
    return ", ".join(parts)


def count_reasons(result: SearchResult) -> list[tuple[str, int]]:
    """Why trials failed, the most frequent first."""
    reasons = [trial.reason for trial in result.trials if trial.state == "failed"]
    ranked = sorted(set(reasons), key=lambda reason: (-reasons.count(reason), reason))
    return [(reason, reasons.count(reason)) for reason in ranked[:MOST_REASONS]]


def find_notices(result: SearchResult, texts: Texts) -> list[Notice]:
    """What a reader must know before believing the page."""
    found = []
    missing = result.wanted - len(result.trials)
    if missing > 0:
        found.append(Notice("note", texts("search.notices.unfinished", count=missing)))
    if 2 * result.cost.failed >= len(result.trials):
        share = texts.percent(result.cost.failed / len(result.trials))
        found.append(Notice("warning", texts("search.notices.many_failed", share=share)))
    edges = [parameter.name for parameter in result.parameters if _lies_at_an_edge(parameter.name, result)]
    if edges and not result.found_nothing:
        found.append(Notice("note", texts("search.notices.edge", names=texts.quote(edges), count=len(edges))))
    if result.gain_failure:
        found.append(Notice("warning", texts("search.notices.gain_failed", reason=result.gain_failure)))
    if result.gain is not None and len(result.seeds) == 1:
        found.append(Notice("note", texts("search.notices.one_seed")))
    return found


def _lies_at_an_edge(name: str, result: SearchResult) -> bool:
    """Whether the best value lies in the outermost twentieth of its range: beyond it may be better ones."""
    parameter = next(one for one in result.parameters if one.name == name)
    if parameter.low is None:
        return False
    place = place_on_axis(parameter, result.best_trial)
    natural = parameter.low == 0 and place < 0.5  # nothing lies beyond no dropout at all
    return not natural and not 0.05 <= place <= 0.95
