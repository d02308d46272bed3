"""Labels at the axes of figures: decimals where they are needed only, in the page's language."""

import pytest
from matplotlib.figure import Figure

from vitrine.ui.texts import load_texts
from vitrine.ui.ticks import NumberTicks, PercentTicks


def labels(formatter, places, low, high):
    axes = Figure().subplots()
    axes.set_xticks(places)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_formatter(formatter)
    return [formatter.format_ticks(places)[number] for number in range(len(places))]


@pytest.mark.parametrize(
    ("language", "places", "expected"),
    [
        ("en", [0, 1, 2], ["0", "1", "2"]),
        ("en", [0, 0.5, 1], ["0.0", "0.5", "1.0"]),
        ("fr", [0, 0.5, 1], ["0,0", "0,5", "1,0"]),
        ("fr", [0, 0.025, 0.05], ["0,000", "0,025", "0,050"]),
        ("en", [0, 2000], ["0", "2,000"]),
    ],
)
def test_numbers_have_as_many_decimals_as_tell_the_ticks_apart(language, places, expected):
    assert labels(NumberTicks(load_texts(language)), places, 0, 2000) == expected


@pytest.mark.parametrize(
    ("places", "expected"), [([0.5, 1.0, 1.1], ["50 %", "100 %", ""]), ([0.95, 0.975], ["95.0 %", "97.5 %"])]
)
def test_percents_end_at_a_hundred(places, expected):
    assert [
        text.replace("\N{NO-BREAK SPACE}", " ") for text in labels(PercentTicks(load_texts("en")), places, 0, 1)
    ] == expected


def test_ticks_out_of_view_do_not_ask_for_decimals():
    assert labels(NumberTicks(load_texts("en")), [0.001, 1, 2], 1, 2)[1:] == ["1", "2"]
