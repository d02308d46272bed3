"""The figures of a search hold its trials."""

import numpy as np
import pytest

from tests.reports.fabricated_search import fabricate_result
from vitrine.reports.search.plots import parallel_coordinates, parameter_importance, place_on_axis, search_history
from vitrine.ui.figures import to_svg
from vitrine.ui.palette import DARK, LIGHT
from vitrine.ui.texts import load_texts


def test_values_lie_where_they_belong_on_their_axes():
    result = fabricate_result()
    rate = result.parameters[3]
    trial = result.trials[0].model_copy(update={"values": {rate.name: 1e-4}})
    assert place_on_axis(rate, trial) == 0
    middle = trial.model_copy(update={"values": {rate.name: 10**-2.75}})
    assert place_on_axis(rate, middle) == pytest.approx(0.5)
    filters = result.parameters[0]
    assert place_on_axis(filters, trial.model_copy(update={"values": {filters.name: "[32, 64, 128]"}})) == 1


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("count", [1, 30, 200])
def test_figures_are_drawn_for_few_and_many_trials(theme, count):
    result = fabricate_result(count)
    history = to_svg(search_history(result, ENGLISH, theme)).decode()
    assert "best so far" in history
    assert ("failed" in history) is (count >= 11)
    lines = parallel_coordinates(result, ENGLISH, theme)
    complete = sum(trial.state == "complete" for trial in result.trials)
    assert sum(len(line.get_xdata()) == len(result.parameters) + 1 for line in lines.axes[0].lines) == complete
    assert "65" in to_svg(parameter_importance(result.parameters, ENGLISH, theme)).decode()


ENGLISH, FRENCH = load_texts("en"), load_texts("fr")


def test_the_best_so_far_never_gets_worse_and_ends_at_the_best():
    result = fabricate_result(30)
    axes = search_history(result, ENGLISH).axes[0]
    so_far, trials = (line.get_ydata() for line in axes.lines[:2])
    assert (np.diff(so_far) <= 0).all()
    assert so_far[-1] == min(trials) == result.best_trial.loss
    accuracy = fabricate_result(30, "validation_accuracy")
    assert (np.diff(search_history(accuracy, ENGLISH).axes[0].lines[0].get_ydata()) >= 0).all()


def test_trials_without_a_figure_stand_below_under_their_numbers():
    result = fabricate_result(30)
    strip = search_history(result, ENGLISH).axes[1]
    for line, state in zip(strip.lines, ("pruned", "failed"), strict=True):
        assert list(line.get_xdata()) == [trial.number for trial in result.trials if trial.state == state]


def test_the_longest_bar_is_the_most_important_parameter_and_stands_on_top():
    bars = parameter_importance(fabricate_result().parameters, ENGLISH).axes[0].patches
    assert [bar.get_width() for bar in bars] == [0.04, 0.11, 0.2, 0.65]


def test_losses_far_apart_are_drawn_on_a_logarithmic_scale():
    result = fabricate_result(30)
    assert search_history(result, ENGLISH).axes[0].get_yscale() == "linear"
    trials = [trial.model_copy(update={"loss": 100.0}) if trial.number == 2 else trial for trial in result.trials]
    assert search_history(result.model_copy(update={"trials": tuple(trials)}), ENGLISH).axes[0].get_yscale() == "log"
