"""The page of a search and its figures."""

import re

import pytest

from tests.reports.fabricated_search import fabricate_result
from vitrine.records.search import SearchResult
from vitrine.reports.search.page import count_reasons, find_notices, render_search_page, tell_cost, tell_gain
from vitrine.ui.texts import load_texts

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")
RECIPE = "optim:\n  name: adamw  # <b>\n"


def render(result, texts=ENGLISH):
    return render_search_page(result, RECIPE, "runs/search/digits/best.yaml", texts)


def test_the_gain_is_told_with_its_interval_and_what_it_means():
    sentence = tell_gain(fabricate_result(gain_of=2), ENGLISH)
    assert re.fullmatch(r"The search gained \+0\.7 points, interval -\d\.\d to \d\.\d: not shown to help\.", sentence)
    assert tell_gain(fabricate_result(gain_of=2), FRENCH).endswith("aucune amélioration n’est établie.")
    assert tell_gain(fabricate_result(gain_of=8), ENGLISH).endswith(": shown to help.")


def test_nothing_found_and_nothing_measured_are_said():
    result = fabricate_result(gain_of=None)
    assert "not measured" in tell_gain(result, ENGLISH)
    same = [one.model_copy(update={"before": one.found}) for one in result.parameters]
    nothing = result.model_copy(update={"parameters": tuple(same)})
    assert tell_gain(nothing, ENGLISH) == "The search found nothing better than the recipe as it was."
    assert "flatter" in render(nothing)


@pytest.mark.parametrize(
    ("texts", "objective", "count", "gain_of"),
    [
        (ENGLISH, "validation_loss", 30, 2),
        (FRENCH, "validation_accuracy", 30, 2),
        (FRENCH, "validation_loss", 3, None),
        (ENGLISH, "validation_accuracy", 1, 0),
    ],
    ids=["whole", "french", "without gain", "one trial"],
)
def test_every_search_has_its_page(texts, objective, count, gain_of):
    page = render(fabricate_result(count, objective, gain_of), texts)
    assert f'<html lang="{texts.language}">' in page
    assert "<script" not in page
    assert not re.search(r"\bnan\b", re.sub(r"base64,[A-Za-z0-9+/=]+", "", page), re.IGNORECASE)
    assert "&lt;b&gt;" in page


def test_the_result_survives_its_file():
    result = fabricate_result()
    assert SearchResult.model_validate_json(result.model_dump_json()) == result


def test_reasons_of_failures_are_counted():
    assert count_reasons(fabricate_result()) == [("out of memory", 2)]


def test_the_cost_tells_what_early_stops_and_retries_took():
    told = " ".join(tell_cost(fabricate_result(), ENGLISH))
    assert "1 further trial died" in told
    assert "One training of the recipe takes 30" in told


def test_a_training_at_the_end_that_failed_is_told_with_its_reason():
    result = fabricate_result(gain_of=None).model_copy(update={"gain_failure": "the loss is <b> no number"})
    for texts, words in ((ENGLISH, "nobody knows what the search gained"), (FRENCH, "reste inconnu")):
        page = render(result, texts)
        assert words in page
        assert "the loss is &lt;b&gt; no number" in page


def test_notices_name_missing_trials_one_seed_failures_and_edges():
    result = fabricate_result()
    assert find_notices(result, ENGLISH) == []
    texts = [
        notice.text
        for changed in (
            {"wanted": 40},
            {"seeds": (0,)},
            {"cost": result.cost.model_copy(update={"failed": 20})},
            {"parameters": tuple(_narrow(one, result) for one in result.parameters)},
        )
        for notice in find_notices(result.model_copy(update=changed), ENGLISH)
    ]
    assert [text.split()[0] for text in texts] == ["10", "Each", "67", "The"]
    assert "'optim.learning_rate' lies at the edge" in texts[3]


def _narrow(parameter, result):
    """The rate's range ends just above the best value."""
    if parameter.name != "optim.learning_rate":
        return parameter
    return parameter.model_copy(update={"high": 1.01 * result.best_trial.values[parameter.name]})
