"""The figures of a comparison hold its runs, means and intervals."""

import pytest

from vitrine.reports.comparison.plots import Gap, Row, accuracy_against_time, accuracy_dots, difference_bars
from vitrine.ui.palette import DARK, LIGHT
from vitrine.ui.texts import load_texts

ENGLISH, FRENCH = load_texts("en"), load_texts("fr")
ROWS = [
    Row("plain", (0.8, 0.82, 0.84), 0.82, (0.8, 0.84), 10.0),
    Row("a very long name of a variant that fits nowhere", (0.9,), 0.9, (0.85, 0.95), 20.0),
]


def names_beside(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_each_run_is_a_dot_on_the_line_of_its_variant(theme):
    (axes,) = accuracy_dots(ROWS, ENGLISH, theme).axes
    assert names_beside(axes)[0] == "plain"
    assert len(names_beside(axes)[1]) <= 24
    interval, dots, mean = axes.lines[:3]
    assert list(interval.get_xdata()) == [0.8, 0.84]
    assert list(dots.get_xdata()) == [0.8, 0.82, 0.84]
    assert len(set(dots.get_ydata())) == 3  # equal values do not hide each other
    assert (list(mean.get_xdata()), list(mean.get_ydata())) == ([0.82], [0])
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first variant on top


def test_a_difference_that_is_shown_has_another_mark_and_the_color_of_its_direction():
    gaps = [
        Gap("better", 3.0, (1.0, 5.0), True),
        Gap("worse", -2.0, (-3.0, -1.0), True),
        Gap("open", 1.0, (-1.0, 3.0), False),
    ]
    (axes,) = difference_bars(gaps, "plain", ENGLISH).axes
    zero, *lines = axes.lines
    assert list(zero.get_xdata()) == [0, 0]
    intervals, marks = lines[::2], lines[1::2]
    assert [tuple(line.get_xdata()) for line in intervals] == [gap.interval for gap in gaps]
    assert [line.get_marker() for line in marks] == ["D", "D", "o"]
    assert [line.get_color() for line in marks] == [LIGHT.right, LIGHT.wrong, LIGHT.muted]
    assert "plain" in axes.get_xlabel()


def test_time_is_drawn_on_a_plain_axis_unless_one_takes_many_times_as_long():
    (axes,) = accuracy_against_time(ROWS, FRENCH).axes
    assert axes.get_xscale() == "linear"
    assert [line.get_xydata().tolist() for line in axes.lines[1::2]] == [[[10.0, 0.82]], [[20.0, 0.9]]]
    slow = Row("slow", (0.9,), 0.9, (0.8, 1.0), 1000.0)
    assert accuracy_against_time([*ROWS, slow], ENGLISH).axes[0].get_xscale() == "log"


def test_no_axis_promises_more_than_all_right():
    perfect = [Row("perfect", (1.0, 1.0), 1.0, (0.98, 1.0), 5.0), Row("good", (0.9,), 0.9, (0.8, 1.0), 5.0)]
    assert accuracy_dots(perfect, ENGLISH).axes[0].get_xlim()[1] < 1.03
    assert accuracy_against_time(perfect, ENGLISH).axes[0].get_ylim()[1] < 1.03
