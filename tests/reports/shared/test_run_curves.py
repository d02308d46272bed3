"""Curves of several runs in one figure."""

import pandas as pd
import pytest

from vitrine.records.folder import HISTORY
from vitrine.reports.shared.run_curves import MOST_NAMES, CurveOptions, RunCurve, read_run_curve, run_curves
from vitrine.ui.palette import DARK, LIGHT
from vitrine.ui.texts import load_texts


def curve(name, losses):
    epochs = range(1, len(losses) + 1)
    return RunCurve(
        name,
        pd.DataFrame({"epoch": epochs, "validation_loss": losses, "validation_accuracy": [0.9 for _ in epochs]}),
    )


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_runs_of_one_name_have_one_color_and_one_entry(theme):
    figure = run_curves([curve("a", [3.0, 2.0]), curve("a", [3.0, 1.0]), curve("b", [4.0])], load_texts("en"), theme)
    loss, accuracy = figure.axes
    assert [list(line.get_ydata()) for line in loss.lines] == [[3.0, 2.0], [3.0, 1.0], [4.0]]
    first, second, other = (line.get_color() for line in loss.lines)
    assert first == second != other
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    assert len(accuracy.lines) == 3


def test_no_two_names_look_alike_and_no_axis_goes_above_all_right():
    figure = run_curves([curve(f"run {number}", [1.0]) for number in range(MOST_NAMES)], load_texts("fr"))
    looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
    assert len(looks) == MOST_NAMES
    assert figure.axes[1].get_ylim()[1] <= 1.02


@pytest.mark.parametrize("text", [None, "", "epoch,seconds\n1,2\n"], ids=["missing", "empty", "other columns"])
def test_a_run_without_a_history_has_no_curve(tmp_path, text):
    if text is not None:
        (tmp_path / HISTORY).write_text(text)
    assert read_run_curve("a", tmp_path) is None


def test_a_history_is_read(tmp_path):
    (tmp_path / HISTORY).write_text("epoch,validation_loss,validation_accuracy,seconds\n1,0.5,0.75,2\n")
    found = read_run_curve("a", tmp_path)
    assert (found.name, found.history["validation_loss"].tolist()) == ("a", [0.5])


def test_a_smoothed_line_lies_over_the_measured_one_at_the_time_of_each_epoch():
    own = curve("a", [4.0, 2.0, 1.0])
    own = RunCurve("a", own.history.assign(seconds=[10.0, 5.0, 5.0]))
    options = CurveOptions(smoothing=0.5, relative_time=True)
    measured, smoothed = run_curves([own], load_texts("en"), options=options).axes[0].lines
    assert list(measured.get_xdata()) == list(smoothed.get_xdata()) == [10, 15, 20]
    assert list(measured.get_ydata()) == [4, 2, 1]
    # each value counts half as much as the one after it: (4 / 2 + 2) / 1.5, (4 / 4 + 2 / 2 + 1) / 1.75
    assert list(smoothed.get_ydata()) == pytest.approx([4, 4 / 1.5, 3 / 1.75])
