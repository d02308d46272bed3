import numpy as np
import pytest
from PIL import Image

from tests.reports.fabricated import write_history
from vitrine.reports.shared.plots import (
    WIDTH,
    class_distribution,
    prediction_wall,
    training_curves,
)
from vitrine.ui.figures import to_svg


def test_curves_mark_the_kept_epoch(tmp_path):
    figure = training_curves(write_history(tmp_path, 6), best_epoch=4)
    assert list(figure.get_size_inches()) == [WIDTH, 5.2]
    assert "kept: epoch 4" in to_svg(figure).decode()
    for axes in figure.axes:
        assert [4] in [list(line.get_xdata()) for line in axes.lines]


def test_curves_of_a_single_epoch_show_points(tmp_path):
    figure = training_curves(write_history(tmp_path, 1), best_epoch=1)
    lines = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 1]
    assert len(lines) == 7
    assert all(line.get_marker() == "o" for line in lines)


def test_curves_survive_an_epoch_of_infinite_loss(tmp_path):
    history = write_history(tmp_path, 3)
    history.loc[1, "train_loss"] = np.inf
    assert training_curves(history, best_epoch=3).axes[0].get_ylim()[1] == pytest.approx(1.32)


def test_distribution_puts_the_largest_class_on_top_and_its_total_at_the_end():
    counts = {"train": {"few": 2, "many": 1900}, "validation": {"few": 1, "many": 50}, "test": {"many": 51}}
    axes = class_distribution(counts).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["few", "many"]  # counted from the bottom
    assert [text.get_text() for text in axes.texts] == ["3", "2,001"]
    assert class_distribution({split: dict.fromkeys(map(str, range(40)), 1) for split in counts}).get_figheight() > 10


def test_wall_marks_right_and_wrong_by_more_than_color():
    pictures = [Image.new("RGB", size) for size in ((8, 8), (300, 100), (100, 300), (64, 64))]
    figure = prediction_wall(pictures, [f"true {i} / predicted, 97 %" for i in range(4)], [True, False, True, True])
    titles = [axes.get_title(loc="left") for axes in figure.axes[:4]]
    assert [title[0] for title in titles] == ["✓", "✗", "✓", "✓"]
    assert list(figure.get_size_inches()) == pytest.approx([WIDTH, 2 * (WIDTH / 3 + 0.46)])
    assert prediction_wall(pictures[:1], ["a / b, 1 %"], [False]).get_figwidth() == pytest.approx(WIDTH / 3)


def test_of_many_classes_the_largest_and_the_smallest_have_bars():
    counts = {"train": {f"class {number:03d}": 500 - number for number in range(300)}, "validation": {}, "test": {}}
    figure = class_distribution(counts)
    drawn = to_svg(figure).decode()
    assert figure.get_size_inches()[1] * 160 <= 2000
    assert "… 260 classes between …" in drawn
    shown = [number for number in range(300) if f"class {number:03d}" in drawn]
    assert shown == [*range(20), *range(280, 300)]
    few = {"train": {str(number): 1 for number in range(40)}, "validation": {}, "test": {}}
    assert len(class_distribution(few).axes[0].texts) == 40
